//! Memory and cache of engines against their own logs.

use autoparallel::catalogue::{accelerators, engines, models};
use autoparallel::estimate::serve::{Bound, ServeMemory, ServeMemoryPart, Serving};
use autoparallel::serving::{Instance, KvFormat, Service, Speculation, WeightFormat};
use autoparallel::units::{Bytes, Ratio, Tokens};

/// An engine with a share of memory of the log's own on so many of a machine.
fn service(engine: &str, share: f64, model: &str, weights: WeightFormat, machine: &str) -> Service {
    let row = accelerators::find(machine).unwrap_or_else(|| panic!("{machine}"));
    let mut engine = engines::find(engine).unwrap_or_else(|| panic!("{engine}")).clone();
    engine.memory.fraction = Ratio::new(share);
    Service {
        model: models::find(model).unwrap_or_else(|| panic!("{model}")).model.clone(),
        cluster: accelerators::cluster(row, 8),
        engine,
        weights,
        cache: KvFormat::Wide,
        speculation: None,
    }
}

fn within_5_percent(found: f64, logged: f64, what: &str) {
    let off = found / logged - 1.0;
    assert!(off.abs() < 0.05, "{what}: {found}, logged {logged}: {:+.1} %", 100.0 * off);
}

fn tokens(service: &Service, tp: u32) -> f64 {
    Serving::new(service, &Instance { tp, ..Instance::ONE }).memory().tokens.as_f64()
}

fn pool_gib(service: &Service, tp: u32) -> f64 {
    let memory = Serving::new(service, &Instance { tp, ..Instance::ONE }).memory();
    memory.get(ServeMemoryPart::Cache).as_gib()
}

/// vllm-project/vllm pull 10511 (2024-12): 79.22 GiB x 0.90, available for the cache 53.29 GiB.
#[test]
fn vllm_0_6_on_80_gb() {
    let service = service("vllm-2024", 0.9, "Meta-Llama-3-8B", WeightFormat::Bf16, "h100-sxm");
    within_5_percent(pool_gib(&service, 1), 53.29, "Llama-3-8B");
}

/// vllm-project/vllm issue 21348 (2025-07), four H100, no share given: 178,880 tokens.
#[test]
fn vllm_0_9_draws_for_1024_sequences_on_h100() {
    let service = service("vllm", 0.9, "Qwen3-235B-A22B", WeightFormat::Fp8, "h100-sxm");
    within_5_percent(tokens(&service, 4), 178_880.0, "Qwen3-235B-A22B-FP8");
}

/// The same issue, SGLang with `--mem-fraction-static 0.93`: 367,404 tokens.
#[test]
fn sglang_leaves_activations_to_what_it_does_not_take() {
    let service = service("sglang", 0.93, "Qwen3-235B-A22B", WeightFormat::Fp8, "h100-sxm");
    within_5_percent(tokens(&service, 4), 367_404.0, "Qwen3-235B-A22B-FP8");
}

/// ai-dynamo/aisimulate pull 263 (2026-09): DeepSeek-R1 in FP8 on eight H200, `mem_fraction_static` 0.82, a cache of 16
/// bits: about 509,000 tokens observed.
#[test]
fn sglang_keeps_one_latent_in_every_rank() {
    let service = service("sglang", 0.82, "DeepSeek-V3", WeightFormat::Fp8, "h200-sxm");
    within_5_percent(tokens(&service, 8), 509_000.0, "DeepSeek-R1");
}

/// A page of logs of vLLM 0.19 on an A100 of 80 GB with `--gpu-memory-utilization 0.65` (myoceane.fr, 2026-04):
/// gpt-oss-20b in MXFP4, weights 13.72 GiB, available for the cache 36.56 GiB.
#[test]
fn vllm_0_19_draws_for_256_sequences_on_a100() {
    let service = service("vllm", 0.65, "gpt-oss-20b", WeightFormat::Mxfp4, "a100-80g");
    within_5_percent(pool_gib(&service, 1), 36.56, "gpt-oss-20b");
}

/// The same log: weights of 13.72 GiB, 24 layers of 32 experts of 3 x 2,880 x 2,880 padded to 3,072 x 2,944 by Marlin.
#[test]
fn experts_in_4_bits_are_padded_to_whole_tiles() {
    let weights = |model, machine| {
        let service = service("vllm", 0.65, model, WeightFormat::Mxfp4, machine);
        let memory = Serving::new(&service, &Instance::ONE).memory();
        memory.get(ServeMemoryPart::Weights).as_gib()
    };
    let near = |found: f64, logged: f64| {
        assert!((found / logged - 1.0).abs() < 0.01, "{found} GiB, logged {logged}");
    };
    near(weights("gpt-oss-20b", "a100-80g"), 13.72);
    // vllm-project/vllm issue 33155 (0.14.1, Triton backend, H100).
    near(weights("gpt-oss-120b", "h100-sxm"), 64.38);
    // Issue 23278 (0.10.1, Marlin, on H100 as on A100).
    near(weights("gpt-oss-120b", "a100-80g"), 65.9651);
}

/// gpt-oss-120b on one H100 with vLLM 0.10 and 0.11, whose experts Marlin padded: nothing is left of 0.9 with 1,024
/// sequences (vllm-project/vllm issue 23278: -2.14 GiB), 1.71 GiB of 0.95 with steps of 1,024 tokens (issue 27508).
#[test]
fn gpt_oss_120b_on_one_h100_needs_more_than_the_usual_share() {
    let at = |share: f64, chunk: u32, marlin: bool| {
        let mut service = service("vllm", share, "gpt-oss-120b", WeightFormat::Mxfp4, "h100-sxm");
        service.engine.chunk = chunk;
        if marlin {
            // Any generation without Triton's kernels for it.
            "ampere".clone_into(&mut service.cluster.accelerator.generation);
        }
        let memory = Serving::new(&service, &Instance::ONE).memory();
        let parts =
            [ServeMemoryPart::Weights, ServeMemoryPart::Activations, ServeMemoryPart::Context];
        let taken: f64 = parts.map(|part| memory.get(part).as_gib()).iter().sum();
        (79.2 * share - taken, memory)
    };
    for (share, chunk, logged) in [(0.9, 8192, -2.14), (0.95, 1024, 1.71)] {
        let (found, _) = at(share, chunk, true);
        assert!((found - logged).abs() < 0.3, "{share}: {found} GiB, logged {logged}");
    }
    // With Triton's kernels as well: it is told to take steps of few rows, or more than 0.9.
    let (found, memory) = at(0.9, 8192, false);
    assert!(found < 0.0 && memory.left.bound != Bound::Share, "{found}, {memory:?}");
    assert!(memory.share.get() >= 0.9, "{memory:?}");
}

/// What ran: gpt-oss-120b on one card of 80 GB with vLLM 0.11.2, a share of 0.96, six sequences and steps of 2,048 tokens,
/// a request of 98,304 tokens (blog.huikang.dev, 2025-12-28). Few sequences draw little.
#[test]
fn few_sequences_leave_room_on_one_h100() {
    let mut service = service("vllm", 0.96, "gpt-oss-120b", WeightFormat::Mxfp4, "h100-sxm");
    service.engine.chunk = 2048;
    service.engine.memory.drawn_for(6);
    let memory = Serving::new(&service, &Instance::ONE).memory();
    assert_eq!(memory.left.bound, Bound::Share);
    assert!(memory.tokens >= Tokens::new(98_304), "{memory:?}");
    // By hand: half of the layers keep all of a request, the others a window of 128: 3.4 GiB and little.
    let room = memory.left.room.as_gib();
    assert!((3.4..12.0).contains(&room), "{room}");
}

/// A row of experts by hand: 4 of 2,880 x (2 x 2,880) or back, and what lies between, beside input and sum in 16 bits.
#[test]
fn experts_of_a_row_share_one_buffer() {
    let service = service("vllm", 0.9, "gpt-oss-120b", WeightFormat::Mxfp4, "h100-sxm");
    let (rows, each) = Serving::new(&service, &Instance::ONE).peak().layer;
    let by_hand = 2.0 * (2.0 * 2880.0 + 4.0 * (2.0 * 2880.0 + 2880.0));
    assert_eq!((rows, each), (Tokens::new(8192), Ratio::new(by_hand)));
}

/// DeepSeek-R1 over four stages: 61 layers are dealt out as 16, 15, 15 and 15, and 16 of 576 numbers of 2 bytes hold the
/// least tokens.
#[test]
fn the_fullest_stage_bounds_the_cache() {
    let service = service("vllm", 0.9, "DeepSeek-V3", WeightFormat::Fp8, "h200-sxm");
    let at = Instance { tp: 4, pp: 4, ..Instance::ONE };
    let memory = Serving::new(&service, &at).memory();
    assert_eq!(memory.left.token, Bytes::new(16 * 576 * 2));
    let blocks = memory.left.room.as_f64() / f64::from(16 * 16 * 576 * 2);
    assert_eq!(memory.tokens, Tokens::new(blocks.floor() as u64 * 16));
}

/// Neuron counts cores: four a chip of Trainium2 split eight heads of Llama-3.3-70B, and ranks beyond the heads hold
/// copies. 80 layers x heads of a chip x 256 numbers x 2 bytes; nothing of NCCL, no draw.
#[test]
fn neuron_splits_heads_over_cores() {
    let service =
        service("vllm-neuron", 0.9, "Llama-3.3-70B-Instruct", WeightFormat::Bf16, "trainium2");
    for (tp, heads) in [(1, 8), (2, 4), (4, 4), (16, 4)] {
        let serving = Serving::new(&service, &Instance { tp, ..Instance::ONE });
        let memory = serving.memory();
        assert_eq!(memory.left.token, Bytes::new(80 * heads * 256 * 2), "{tp} chips");
        assert_eq!(memory.get(ServeMemoryPart::Context), Bytes::new(1 << 30));
        assert_eq!(serving.peak().of_draw(), Bytes::ZERO);
    }
}

/// vllm-project/recipes, models/moonshotai/Kimi-K2-Thinking.yaml (2026-04): 715,072 tokens on eight H200, no share given.
/// Attention, shared experts and the dense layer lie in 16 bits beside experts in 4.
#[test]
fn vllm_holds_experts_alone_in_4_bits() {
    let service = service("vllm", 0.9, "Kimi-K2-Thinking", WeightFormat::Int4Gptq, "h200-sxm");
    within_5_percent(tokens(&service, 8), 715_072.0, "Kimi-K2-Thinking");
}

/// SGLang 0.5.23, srt/arg_groups/memory_hook.py, worked out by hand: 8,192 x 1.5 + 512 + 128 + 256 x 2 MiB of 81,559
/// are kept on one H100; on eight, 1,024 for the ranks and 512 x 2 for graphs; B200 reads 16,384 tokens a step.
#[test]
fn sglang_works_its_share_out() {
    let cases = [
        ("h100-sxm", 1, 1.0 - (12_288.0 + 512.0 + 128.0 + 512.0) / 81_559.0),
        ("h100-sxm", 8, 1.0 - (12_288.0 + 512.0 + 1024.0 + 1024.0) / 81_559.0),
        ("b200", 8, 1.0 - (24_576.0 + 512.0 + 1024.0 + 1024.0) / 183_359.0),
    ];
    for (machine, tp, share) in cases {
        let service = service("sglang", 0.0, "Meta-Llama-3-8B", WeightFormat::Bf16, machine);
        let found = Serving::new(&service, &Instance { tp, ..Instance::ONE }).share().get();
        assert!((found - share).abs() < 1e-12, "{machine} x {tp}: {found}, by hand {share}");
    }
}

/// What ran is never called impossible: DeepSeek-R1 in NVFP4 on two GB200 (vLLM's blog, 2026-02), and Llama-3-70B in 16
/// bits on six RTX 3090 with llama.cpp (XiongjieDai's table, 2024-05). What cannot be loaded is never called possible:
/// the same on five, whose 118 GiB are fewer than its 131 GiB of weights, and DeepSeek-R1 in FP8 on eight A100 of 80 GB.
#[test]
fn what_ran_fits_and_what_is_larger_does_not() {
    let full = |engine, model, weights, machine, at: Instance| {
        let share = engines::find(engine).map_or(0.9, |found| found.memory.fraction.get());
        let mut service = service(engine, share, model, weights, machine);
        // As few sequences as whoever is short of memory runs.
        service.engine.memory.drawn_for(16);
        Serving::new(&service, &at).memory().too_full
    };
    let one = Instance::ONE;
    let pair = Instance { dp: 2, ep: 2, ..one };
    assert!(!full("vllm", "DeepSeek-V3", WeightFormat::Nvfp4, "gb200", pair));
    let cards = |pp| Instance { pp, ..one };
    let llama =
        |pp| full("llamacpp-2024", "Llama-3.1-70B", WeightFormat::Bf16, "rtx-3090", cards(pp));
    assert!(!llama(6));
    assert!(llama(5));
    let eight = Instance { tp: 8, ..one };
    assert!(full("vllm", "DeepSeek-V3", WeightFormat::Fp8, "a100-80g", eight));
}

/// FasterTransformer's buffers by hand: 6.7B, batch 64, 512 + 32 tokens (docs/gpt_guide.md: 41.84 GiB): batch 76, reach
/// 654, input 614; weights with two tables, cache, five rows, mask, 7.4 words of the vocabulary, 2.67 GiB.
#[test]
fn faster_transformer_grows_buffers_by_a_fifth() {
    let service = service("ft", 0.98, "Llama-2-7b-hf", WeightFormat::Bf16, "a100-80g");
    let kv = 32.0 * 2.0 * 4096.0 * 2.0;
    let serving = Serving::new(&service, &Instance::ONE);
    let used = |batch| serving.used(batch, Tokens::new(512), Tokens::new(32)).as_f64();
    let each = 654.0 * kv + 614.0 * 5.0 * 4096.0 * 2.0 + 2.0 * 654.0 * 654.0 + 4.0 * 7.4 * 32_000.0;
    // 64 and 32 sequences have room for 76 and 38.
    assert!(((used(64) - used(32)) / (38.0 * each) - 1.0).abs() < 1e-9);
}

/// What guesses ahead lies in memory too, by hand. DeepSeek-R1 over 4 x 2 ranks with 8 expert ranks: of its own further
/// layer an eighth of the experts and a fourth of what tensor parallelism splits, in 8 bits; the latent's way in,
/// router, projection and norms whole. Its cache is a 62nd layer.
#[test]
fn layers_for_further_tokens_take_memory() {
    let instance = Instance { tp: 4, pp: 1, dp: 2, ep: 8 };
    let plain = service("sglang", 0.0, "DeepSeek-R1", WeightFormat::Fp8, "h200-sxm");
    let guess =
        |cost| Speculation { guesses: 1, acceptance: Ratio::new(0.8), cost: Ratio::new(cost) };
    let guessing = Service { speculation: Some(guess(0.03)), ..plain.clone() };
    let [without, with] =
        [&plain, &guessing].map(|service| Serving::new(service, &instance).memory());
    let (h, experts) = (7168.0, 256.0 * 3.0 * 7168.0 * 2048.0);
    let split =
        3.0 * h * 2048.0 + (1536.0 * 128.0 * 192.0 + 512.0 * 128.0 * 256.0) + 128.0 * 128.0 * h;
    let whole = h * 1536.0 + h * 576.0;
    let wide = 2.0 * (h * 256.0 + 2.0 * h * h);
    let hand = experts / 8.0 + split / 4.0 + whole + wide;
    let more = |of: ServeMemoryPart| with.get(of).as_f64() - without.get(of).as_f64();
    let weights = more(ServeMemoryPart::Weights);
    assert!((weights / hand - 1.0).abs() < 1e-3, "{weights} against {hand}");
    let tokens = with.left.token.as_f64() / without.left.token.as_f64();
    assert!((tokens - 62.0 / 61.0).abs() < 1e-6, "{tokens}");
    // The pool shrinks by the weights, and what is left of it holds fewer tokens.
    assert!((more(ServeMemoryPart::Cache) / weights + 1.0).abs() < 1e-2);
    let held = with.tokens.as_f64() / without.tokens.as_f64();
    assert!(held < 61.0 / 62.0, "{held}");
    // Guesses that are looked up in the text take nothing.
    let looked_up = Service { speculation: Some(guess(0.0)), ..plain };
    assert_eq!(Serving::new(&looked_up, &instance).memory(), without);
}

/// A draft of Llama-3.3-70B over 4 ranks, by hand: a layer and a head of 32,000 words split, a projection of three
/// hidden states whole, in 16 bits whatever the model lies in; its cache is an 81st layer.
#[test]
fn a_draft_takes_memory() {
    let instance = Instance { tp: 4, pp: 1, dp: 1, ep: 1 };
    let plain = service("vllm", 0.9, "Llama-3.3-70B-Instruct", WeightFormat::Fp8, "h100-sxm");
    let guess = Speculation { guesses: 3, acceptance: Ratio::new(0.7), cost: Ratio::new(0.03) };
    let guessing = Service { speculation: Some(guess), ..plain.clone() };
    let h = 8192.0;
    let layer = 2.0 * h * h + 2.0 * h * 1024.0 + 3.0 * h * 28_672.0;
    let hand = 2.0 * ((layer + 32_000.0 * h) / 4.0 + 3.0 * h * h);
    let [without, with] =
        [&plain, &guessing].map(|service| Serving::new(service, &instance).memory());
    let weights = |of: &ServeMemory| of.get(ServeMemoryPart::Weights).as_f64();
    let more = weights(&with) - weights(&without);
    assert!((more / hand - 1.0).abs() < 1e-3, "{more} against {hand}");
    let tokens = with.left.token.as_f64() / without.left.token.as_f64();
    assert!((tokens - 81.0 / 80.0).abs() < 1e-6, "{tokens}");
}
