//! 8-bit weights in blocks of 128 x 128: whose they are, which engines run them as such, what that adds to a layer.

use autoparallel::catalogue::{accelerators, engines, models};
use autoparallel::estimate::serve::{Load, ServePart, Serving};
use autoparallel::model::Blocks;
use autoparallel::model::config::{read, trimmed};
use autoparallel::serving::{FactorOf, Instance, KvFormat, Mode, Service, Traffic, WeightFormat};
use autoparallel::units::{PerSecond, Ratio, Tokens};

fn service(model: &str, engine: &str, weights: WeightFormat) -> Service {
    on(if engine == "vllm-tpu" { "tpu-v6e" } else { "h200-sxm" }, model, engine, weights)
}

fn on(machine: &str, model: &str, engine: &str, weights: WeightFormat) -> Service {
    let row = accelerators::find(machine).unwrap_or_else(|| panic!("{machine}"));
    Service {
        model: models::find(model).unwrap_or_else(|| panic!("{model}")).model.clone(),
        cluster: accelerators::cluster(row, 8),
        engine: engines::find(engine).unwrap_or_else(|| panic!("{engine}")).clone(),
        weights,
        cache: KvFormat::Wide,
        speculation: None,
    }
}

/// DeepSeek publishes its models in blocks; Qwen copies in blocks, in whose place TensorRT-LLM is measured with NVIDIA's own
/// (its performance overview, 1.2); Llama's copies have a scale a tensor or a channel.
#[test]
fn blocks_are_those_of_the_checkpoint_that_the_engine_runs() {
    let blocks = |model, engine, weights| service(model, engine, weights).in_blocks();
    for engine in ["vllm", "sglang", "sglang-2025", "trtllm", "deepseek"] {
        assert!(blocks("DeepSeek-R1", engine, WeightFormat::Fp8), "{engine}");
        assert!(!blocks("Llama-3.3-70B-Instruct", engine, WeightFormat::Fp8), "{engine}");
        assert!(!blocks("DeepSeek-R1", engine, WeightFormat::Nvfp4), "{engine}");
        let copy = blocks("Qwen3-235B-A22B", engine, WeightFormat::Fp8);
        assert_eq!(copy, engine != "trtllm", "{engine}");
        assert!(!blocks("Qwen3-235B-A22B", engine, WeightFormat::Bf16), "{engine}");
    }
    assert!(!blocks("DeepSeek-R1", "vllm-tpu", WeightFormat::Fp8));
    // An A100 widens 8-bit weights as it reads them (Marlin).
    assert!(!on("a100-80g", "DeepSeek-R1", "vllm", WeightFormat::Fp8).in_blocks());
    // Factors of blocks hold for blocks alone.
    let of = |model| service(model, "vllm", WeightFormat::Fp8);
    for (model, class) in [("DeepSeek-R1", "fp8-block"), ("Llama-3.3-70B-Instruct", "fp8")] {
        let own = of(model);
        assert_eq!(own.class(), class);
        let held = own.factors(FactorOf::Stream);
        let formats: Vec<&str> = held.map(|factor| factor.format.as_str()).collect();
        assert!(formats.contains(&class), "{model}: no factor of {class}");
        assert!(formats.iter().all(|format| format.is_empty() || *format == class), "{model}");
    }
}

/// A checkpoint's own words for it, and the same after a link has cut the configuration to what it means.
#[test]
fn configurations_say_whether_they_lie_in_blocks() {
    let config = |how: &str| {
        format!(
            r#"{{"model_type":"llama","hidden_size":4096,"intermediate_size":14336,
            "num_hidden_layers":32,"num_attention_heads":32,"num_key_value_heads":8,
            "vocab_size":128256,"quantization_config":{how}}}"#
        )
    };
    let blocks = |text: &str| read(text).model.expect("a model").stored[0].blocks;
    let group = |strategy| {
        format!(
            r#"{{"quant_method":"compressed-tensors","format":"float-quantized",
            "config_groups":{{"group_0":{{"weights":{{"num_bits":8,"type":"float",
            "strategy":"{strategy}"}}}}}}}}"#
        )
    };
    let deepseek = r#"{"quant_method":"fp8","weight_block_size":[128,128]}"#.to_owned();
    for (how, wanted) in [
        (deepseek, Blocks::Own),
        (r#"{"quant_method":"fp8"}"#.to_owned(), Blocks::None),
        (r#"{"quant_method":"fp8","weight_block_size":null}"#.to_owned(), Blocks::None),
        (group("block"), Blocks::Own),
        (group("channel"), Blocks::None),
        (r#"{"quant_method":"modelopt","quant_algo":"FP8_PB_WO"}"#.to_owned(), Blocks::Own),
        (r#"{"quant_method":"modelopt","quant_algo":"FP8"}"#.to_owned(), Blocks::None),
    ] {
        let text = config(&how);
        assert_eq!(blocks(&text), wanted, "{how}");
        let short = trimmed(&text).unwrap_or_else(|| panic!("{how}"));
        assert_eq!(blocks(&short), wanted, "{short}");
    }
    // Whatever stands in the place of two numbers, links keep little of it.
    let odd =
        format!(r#"{{"quant_method":"fp8","weight_block_size":[{}128]}}"#, "128,".repeat(400));
    let short = trimmed(&config(&odd)).expect("a configuration");
    assert!(short.len() < 400 && blocks(&short) == Blocks::Own, "{short}");
}

/// Kernels of one step of decoding on one accelerator, counted by hand from what a layer is made of.
#[test]
fn kernels_of_a_layer_are_those_of_its_parts() {
    let kernels = |service: &Service| {
        let load = Load { decode: 1.0, context: 1024.0, rows: 1.0, ..Load::default() };
        let counts = Serving::new(service, &Instance::ONE).part_counts(&load);
        counts[ServePart::Kernels as usize].starts.get()
    };
    let counted = |model, engine: &str, weights, attention: f64, dense: f64, routed: f64| {
        let mut own = service(model, engine, weights);
        // Whole numbers, whatever was fitted: a layer of eleven, experts of eight.
        (own.engine.kernels, own.engine.expert_kernels) = (Ratio::new(11.0), Ratio::new(8.0));
        let layers = f64::from(own.model.n_layers());
        let first = own.model.pattern.iter().filter(|at| {
            let kind = own.model.kinds.get(usize::from(**at)).expect("a kind");
            kind.ffn.moe().is_none()
        });
        let first = first.count() as f64;
        let wanted = layers * attention + first * dense + (layers - first) * routed;
        assert_eq!(kernels(&own), wanted, "{model} {engine} {weights:?}");
    };
    let (wide, eight) = (WeightFormat::Bf16, WeightFormat::Fp8);
    // Norm, product, rotary, cache, attention, product; norm, residual, product, activation, product.
    counted("Llama-3.1-8B", "vllm", wide, 6.0, 5.0, 0.0);
    counted("Llama-3.1-8B", "vllm", eight, 6.0, 5.0, 0.0);
    // Norms of query and key are one kernel, in SGLang two. Qwen's blocks: the inputs of four products are cast.
    counted("Qwen3-32B", "vllm", wide, 7.0, 5.0, 0.0);
    counted("Qwen3-32B", "sglang", wide, 8.0, 5.0, 0.0);
    counted("Qwen3-32B", "vllm", eight, 9.0, 7.0, 0.0);
    counted("Qwen3-32B", "trtllm", eight, 7.0, 5.0, 0.0);
    // No shared expert: norm, residual and the eight of the experts, of which one casts.
    counted("Qwen3-235B-A22B", "vllm", wide, 7.0, 0.0, 10.0);
    counted("Qwen3-235B-A22B", "vllm", eight, 9.0, 0.0, 11.0);
    // Three of four layers are recurrent, eight kernels each; the others gate their output, three more. The shared
    // expert: three, the sum with the routed ones, and three of its gate.
    counted("Qwen3.5-397B-A17B", "vllm", wide, 0.75 * 8.0 + 0.25 * 10.0, 0.0, 17.0);
    counted("Qwen3.5-397B-A17B", "sglang", wide, 0.75 * 8.0 + 0.25 * 11.0, 0.0, 17.0);
    // Latent attention: two norms, a product of the query, two that absorb; three inputs cast. Three dense layers.
    counted("DeepSeek-V3", "vllm", WeightFormat::Nvfp4, 11.0, 5.0, 14.0);
    counted("DeepSeek-V3", "vllm", eight, 14.0, 7.0, 17.0);
    // A query that is no latent: neither its norm nor its second product. Two shared experts, one dense layer.
    counted("DeepSeek-V2-Lite", "vllm", wide, 9.0, 5.0, 14.0);
    // SGLang makes the shared expert of DeepSeek-V3 one of the routed, not that of Kimi-K2 with its 384.
    counted("DeepSeek-V3", "sglang", eight, 14.0, 7.0, 11.0);
    counted("Kimi-K2-Instruct", "sglang", eight, 14.0, 7.0, 17.0);
}

/// A run of all at once: what fits runs together, so fewer requests than fit answer at the rate of that many, and a long run
/// at that of any number.
#[test]
fn a_short_run_answers_less_than_a_long_one() {
    let own = service("Llama-3.1-8B", "trtllm", WeightFormat::Fp8);
    let serving = Serving::new(&own, &Instance::ONE);
    let traffic = Traffic {
        prompt: 128.0,
        output: 2048.0,
        spread: 0.0,
        prompt_spread: 0.0,
        cached: Ratio::ZERO,
    };
    let rate = |n| {
        let mode = Mode::Open { rate: PerSecond::new(1e9), requests: Some(n) };
        serving.answer(&traffic, mode).output_rate.get()
    };
    let endless = serving.answer(&traffic, Mode::Offline).output_rate.get();
    let most = serving.most_running(&traffic).0;
    assert!(most > 256.0, "{most}");
    let (few, half, long) = (rate(8), rate((most / 2.0) as u32), rate(4 * most as u32));
    // Eight at once, 2,047 steps of eight.
    let step = serving.writing(
        autoparallel::estimate::serve::Sequences(8.0),
        Tokens::new(traffic.context().get() as u64),
    );
    let wanted = 8.0 * 2048.0 / (2047.0 * step.get());
    assert!((few / wanted - 1.0).abs() < 0.03, "{few} {wanted}");
    assert!(few < half && half < long, "{few} {half} {long}");
    assert!((0.85..1.15).contains(&(long / endless)), "{long} {endless}");
    // Four stages that read at once read four times as much as one after another would: prompts alone, cut in pieces.
    let prompts = Traffic { prompt: 20_000.0, output: 1.0, ..traffic };
    let read = |n, pp| {
        let serving = Serving::new(&own, &Instance { pp, ..Instance::ONE });
        let mode = Mode::Open { rate: PerSecond::new(1e9), requests: Some(n) };
        serving.answer(&prompts, mode).request_rate.get()
    };
    let alone = 1.0 / read(1, 4);
    let step = {
        let serving = Serving::new(&own, &Instance { pp: 4, ..Instance::ONE });
        let (load, steps) = serving.prompt_load(Tokens::new(20_000));
        assert_eq!(steps, Ratio::new(3.0));
        serving.step(&load).total().get()
    };
    // Three pieces through four stages: six quarters of a step; a hundred prompts: three hundred pieces and three.
    assert!((alone / (1.5 * step) - 1.0).abs() < 0.02, "{alone} {step}");
    let wanted = 100.0 / (303.0 / 4.0 * step);
    assert!((read(100, 4) / wanted - 1.0).abs() < 0.04, "{} {wanted}", read(100, 4));
    // One more than fits runs alone at the end: half of the time for one of them.
    let (all, over) = (rate(most as u32), rate(most as u32 + 1));
    assert!(over < 0.9 * all, "{over} {all}");
}
