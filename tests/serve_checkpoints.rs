//! What published checkpoints hold: their sizes, and what their configurations say of each part.

use autoparallel::catalogue::checkpoints::{self, CheckpointRow};
use autoparallel::catalogue::{accelerators, engines, models};
use autoparallel::estimate::serve::{LatentForm, Load, ServeMemoryPart, Serving, counts};
use autoparallel::inputs::{Inputs, Key};
use autoparallel::link;
use autoparallel::model::config::{Reading, read, trimmed};
use autoparallel::model::{Kept, Model, Parts, Stored, WeightPart};
use autoparallel::serving::{Instance, KvFormat, Service, WeightFormat};

const GB: f64 = 1e9;
const GIB: f64 = 1_073_741_824.0;

fn service(model: Model, weights: WeightFormat, machine: &str) -> Service {
    let row = accelerators::find(machine).unwrap_or_else(|| panic!("{machine}"));
    Service {
        model,
        cluster: accelerators::cluster(row, 8),
        engine: engines::find("vllm").expect("vllm").clone(),
        weights,
        cache: KvFormat::Wide,
        speculation: None,
    }
}

fn model(name: &str) -> Model {
    models::find(name).unwrap_or_else(|| panic!("{name}")).model.clone()
}

/// Bytes of the weights in one piece, as a file has them: engines pad experts only once they have read them.
fn weights(model: Model, format: WeightFormat) -> f64 {
    let mut service = service(model, format, "b300");
    service.engine.memory.pads_experts = false;
    let memory = Serving::new(&service, &Instance::ONE).memory();
    memory.get(ServeMemoryPart::Weights).as_f64()
}

/// Sizes of the files, within 3 %. What a checkpoint holds beside the language model is counted as its configuration
/// has it: towers of vision (`agreement` of the catalogue) and modules for several tokens, in 16 bits where the
/// configuration leaves them.
#[test]
fn checkpoints_are_as_large_as_published() {
    // Weights of a module of DeepSeek-V3 with its embedding and head, and of the towers.
    let module = |name: &str| model(name).params().mtp as f64;
    let cases = [
        // gpt-oss model card (arXiv 2508.10925), table 1.
        ("gpt-oss-120b", "mxfp4", 60.8 * GIB, 0.0),
        ("gpt-oss-20b", "mxfp4", 12.8 * GIB, 0.0),
        // vllm-project/recipes, models/moonshotai/Kimi-K2.5.yaml, 2026-07: about 595 GB on disk.
        ("Kimi-K2.5", "int4-gptq", 595.0 * GB, 2.0 * 471_143_920.0),
        // The same text model; not seen in a listing: 594 GB.
        ("Kimi-K2-Thinking", "int4-gptq", 594.0 * GB, 0.0),
        // manjunathshiva/turboquant-mlx issue 70 and lyogavin/airllm pull 316, 2026-07: 1.56 TB.
        ("Kimi-K3", "mxfp4", 1560.0 * GB, 2.0 * 450_042_016.0),
        // Sum of the files of deepseek-ai/DeepSeek-V3: 688,586,727,753 bytes; its module in 8 bits as well, its tables
        // once more, block scales in 32 bits.
        (
            "DeepSeek-V3",
            "fp8",
            688_586_727_753.0,
            module("DeepSeek-V3") + 4.0 * 129_280.0 * 7168.0 + 4.0 * 41_540_496.0,
        ),
        // vllm-project/recipes, models/zai-org/GLM-5.2.yaml, 2026-07: about 465 GB; layer 78 is left out.
        ("GLM-5.2", "nvfp4", 465.0 * GB, 2.0 * module("GLM-5.2")),
    ];
    for (name, format, published, beside) in cases {
        let format = WeightFormat::of_key(format).expect("a format");
        let found = weights(model(name), format) + beside;
        let off = found / published - 1.0;
        let (found, published) = (found / GB, published / GB);
        assert!(off.abs() < 0.03, "{name}: {found:.1} GB, published {published:.1} GB: {off:+.3}");
    }
}

/// By hand: what one sequence of Kimi-K2.5 reads of the weights in a step.
#[test]
fn a_step_reads_each_part_in_its_own_width() {
    let latent = 7168 * 1536 + 7168 * (512 + 64) + 1536 * 64 * 192 + 512 * 64 * 256;
    let attention = 61.0 * f64::from(latent + 64 * 128 * 7168);
    let dense = 3.0 * 7168.0 * 18_432.0;
    let expert = 3.0 * 7168.0 * 2048.0;
    let (router, head) = (60.0 * 7168.0 * 384.0, 163_840.0 * 7168.0);
    let wide = attention + dense + 60.0 * expert + router + head;
    let read = |format| {
        let service = service(model("Kimi-K2.5"), format, "b300");
        let load = Load { decode: 1.0, rows: 1.0, ..Load::default() };
        counts(&service, &Instance::ONE, &load, LatentForm::Absorbed).bytes.as_f64()
    };
    let own = 2.0 * wide + 60.0 * 8.0 * expert * (4.0 + 16.0 / 32.0) / 8.0;
    let found = read(WeightFormat::Int4Gptq);
    assert!((found / own - 1.0).abs() < 1e-6, "{found} against {own}");
    // A copy that is not listed quantises every layer, by groups of 128 with a zero.
    let narrow = (4.0 + 20.0 / 128.0) / 8.0;
    let all = (attention + dense + 60.0 * 9.0 * expert) * narrow + 2.0 * (router + head);
    let found = read(WeightFormat::Int4Awq);
    assert!((found / all - 1.0).abs() < 1e-6, "{found} against {all}");
}

/// A text model of 61 layers with latent attention, the first three dense (DeepSeek-V3).
const LATENT: &str = r#""model_type": "deepseek_v3", "hidden_size": 7168, "num_hidden_layers": 61,
    "num_attention_heads": 128, "num_key_value_heads": 128, "q_lora_rank": 1536,
    "kv_lora_rank": 512, "qk_nope_head_dim": 128, "qk_rope_head_dim": 64, "v_head_dim": 128,
    "intermediate_size": 18432, "first_k_dense_replace": 3, "n_routed_experts": 256,
    "n_shared_experts": 1, "num_experts_per_tok": 8, "moe_intermediate_size": 2048,
    "vocab_size": 129280"#;
/// One without experts (Llama-3.1-405B).
const DENSE: &str = r#""model_type": "llama", "hidden_size": 16384, "num_hidden_layers": 126,
    "num_attention_heads": 128, "num_key_value_heads": 8, "intermediate_size": 53248,
    "vocab_size": 128256, "tie_word_embeddings": false"#;
/// One with experts, one layer of four with softmax attention (Qwen3-Next).
const MIXED: &str = r#""model_type": "qwen3_next", "hidden_size": 2048, "num_hidden_layers": 48,
    "num_attention_heads": 16, "num_key_value_heads": 2, "head_dim": 256,
    "intermediate_size": 5120, "num_experts": 512, "num_experts_per_tok": 10,
    "moe_intermediate_size": 512, "shared_expert_intermediate_size": 512,
    "linear_num_key_heads": 16, "linear_num_value_heads": 32, "linear_key_head_dim": 128,
    "linear_value_head_dim": 128, "linear_conv_kernel_dim": 4, "full_attention_interval": 4,
    "vocab_size": 151936, "tie_word_embeddings": false"#;
const INT4: &str = r#""quant_method": "compressed-tensors", "format": "pack-quantized",
    "config_groups": {"group_0": {"input_activations": null, "targets": ["Linear"],
    "weights": {"num_bits": 4, "type": "int", "group_size": 32, "symmetric": true,
    "strategy": "group"}}}"#;
const NVFP4: &str = r#""quant_method": "modelopt", "quant_algo": "NVFP4""#;
const FP8: &str = r#""quant_method": "fp8", "weight_block_size": [128, 128]"#;

/// How one author writes what a checkpoint leaves alone.
struct Dialect {
    name: &'static str,
    base: &'static str,
    method: &'static str,
    /// The list, and its patterns: `#` once for each layer.
    left: (&'static str, &'static [&'static str]),
    format: &'static str,
    wide: &'static str,
}

/// As in config.json and hf_quant_config.json of those checkpoints (aiconfigurator-core 0.12.0, 2026-09), but for
/// Llama-3.1-405B-FP8 (its card: attention is left alone, and the first and last layers) and GPTQModel's rules.
const DIALECTS: [Dialect; 10] = [
    Dialect {
        name: "Kimi-K2.5",
        base: LATENT,
        method: INT4,
        left: (
            "ignore",
            &[
                "lm_head",
                "re:.*self_attn.*",
                "re:.*shared_experts.*",
                r"re:.*mlp\\.(gate|up|gate_up|down)_proj.*",
            ],
        ),
        format: "int4-gptq",
        wide: "attention output dense shared",
    },
    Dialect {
        name: "DeepSeek-V3-0324-NVFP4",
        base: LATENT,
        method: NVFP4,
        left: (
            "exclude_modules",
            &[
                "model.layers.#.mlp.gate",
                "model.layers.#.input_layernorm",
                "model.layers.#.self_attn*",
                "model.layers.61*",
                "model.embed_tokens",
                "lm_head",
            ],
        ),
        format: "nvfp4",
        wide: "attention output",
    },
    Dialect {
        name: "DeepSeek-V3.1-NVFP4",
        base: LATENT,
        method: NVFP4,
        left: (
            "exclude_modules",
            &[
                "lm_head",
                "model.layers.#.self_attn.kv_a_proj_with_mqa",
                "model.layers.#.self_attn.kv_b_proj",
                "model.layers.#.self_attn.q_a_proj",
                "model.layers.#.self_attn.q_b_proj",
                "model.layers.61*",
            ],
        ),
        format: "nvfp4",
        wide: "attention",
    },
    Dialect {
        name: "GLM-5.2-NVFP4",
        base: LATENT,
        method: NVFP4,
        left: (
            "ignore",
            &[
                "model.layers.0*",
                "model.layers.1.*",
                "model.layers.2.*",
                "model.layers.#.mlp.shared_experts*",
                "model.layers.#.self_attn*",
            ],
        ),
        format: "nvfp4",
        wide: "attention output dense shared",
    },
    Dialect {
        name: "Qwen3-235B-A22B-FP8",
        base: LATENT,
        method: FP8,
        left: (
            "modules_to_not_convert",
            &[
                "lm_head",
                "model.layers.#.input_layernorm",
                "model.layers.#.mlp.gate",
                "model.layers.#.post_attention_layernorm",
            ],
        ),
        format: "fp8",
        wide: "",
    },
    Dialect {
        name: "MiniMax-M2.5",
        base: LATENT,
        method: FP8,
        left: ("modules_to_not_convert", &["gate", "e_score_correction_bias", "lm_head"]),
        format: "fp8",
        wide: "",
    },
    Dialect {
        name: "Llama-3.1-405B-FP8",
        base: DENSE,
        method: r#""quant_method": "fbgemm_fp8""#,
        left: (
            "modules_to_not_convert",
            &[
                "model.layers.#.self_attn.q_proj",
                "model.layers.#.self_attn.k_proj",
                "model.layers.#.self_attn.v_proj",
                "model.layers.#.self_attn.o_proj",
                "model.layers.0.mlp.down_proj",
                "model.layers.125.mlp.down_proj",
            ],
        ),
        format: "fp8",
        wide: "attention output",
    },
    Dialect {
        // Softmax attention of one layer of twelve is not most of it.
        name: "one layer of twelve",
        base: MIXED,
        method: NVFP4,
        left: (
            "ignore",
            &[
                "*.mlp.shared_expert.*",
                "model.language_model.layers.#.linear_attn*",
                "model.language_model.layers.#.mlp.shared_expert_gate",
                "model.language_model.layers.3.self_attn*",
                "model.visual*",
                "mtp.layers.0*",
            ],
        ),
        format: "nvfp4",
        wide: "linear shared",
    },
    Dialect {
        name: "gpt-oss",
        base: LATENT,
        method: r#""quant_method": "mxfp4""#,
        left: ("modules_to_not_convert", &["model.layers.*.self_attn", "lm_head"]),
        format: "mxfp4",
        wide: "attention output dense shared",
    },
    Dialect {
        name: "GPTQModel",
        base: LATENT,
        method: r#""quant_method": "gptq", "bits": 4, "group_size": 128,
            "dynamic": {"-:.*shared_experts": {}}"#,
        left: ("ignore", &[]),
        format: "int4-gptq",
        wide: "shared",
    },
];

fn text(base: &str, quantization: &str) -> String {
    format!(r#"{{{base}, "quantization_config": {{{quantization}}}}}"#)
}

/// Names of modules as a list of JSON: a pattern with `#` once for each layer.
fn names(layers: u32, patterns: &[&str]) -> String {
    let mut all = Vec::new();
    for pattern in patterns {
        let times = if pattern.contains('#') { layers } else { 1 };
        all.extend((0..times).map(|n| format!("\"{}\"", pattern.replace('#', &n.to_string()))));
    }
    format!("[{}]", all.join(", "))
}

fn stored(config: &str) -> Stored {
    let reading = read(config);
    let model = reading.model.as_ref().unwrap_or_else(|| panic!("{}", reading.message()));
    let [stored] = &model.stored[..] else { panic!("{:?}", model.stored) };
    assert_eq!(reading.stored, Some(stored.format));
    stored.clone()
}

/// Layers quantised but for those parts.
fn parts(wide: &str, eight: &str) -> Parts {
    let mut parts = Parts::layers();
    for (names, kept) in [(wide, Kept::Wide), (eight, Kept::Eight)] {
        for name in names.split_whitespace() {
            parts = parts.with(WeightPart::of_key(name).expect("a part"), kept);
        }
    }
    parts
}

/// Names of checkpoints, their models and `quantization_config`, format and parts.
fn dialects() -> Vec<(&'static str, &'static str, String, &'static str, Parts)> {
    let mut all: Vec<_> = DIALECTS
        .iter()
        .map(|own| {
            let layers = if own.base == LATENT { 61 } else { 126 };
            let list = names(layers, own.left.1);
            let quantization = format!(r#"{}, "{}": {list}"#, own.method, own.left.0);
            (own.name, own.base, quantization, own.format, parts(own.wide, ""))
        })
        .collect();
    let eight = parts("", "attention output dense shared");
    all.push(("MiniMax-M3-NVFP4", LATENT, layered(61), "nvfp4", eight));
    let head = parts("", "attention output linear").with(WeightPart::Head, Kept::Quantised);
    all.push(("Qwen3.6-NVFP4", MIXED, grouped(48), "nvfp4", head));
    all
}

/// Each layer with what it is quantised to (Model Optimizer, `MIXED_PRECISION`).
fn layered(layers: u32) -> String {
    let eight = ["self_attn.q_proj", "self_attn.o_proj", "mlp.shared_experts.w1", "mlp.up_proj"];
    let mut all = Vec::new();
    for n in 0..layers {
        let mut add = |name: &str, how: &str| {
            all.push(format!(r#""model.layers.{n}.{name}": {{"quant_algo": "{how}"}}"#));
        };
        eight.iter().for_each(|name| add(name, "MXFP8"));
        (0..8).for_each(|expert| add(&format!("mlp.experts.{expert}.w1"), "NVFP4"));
    }
    let all = all.join(", ");
    let method = r#""quant_method": "modelopt", "quant_algo": "MIXED_PRECISION""#;
    format!(r#"{method}, "quantized_layers": {{{all}}}"#)
}

/// The same as groups with targets of their own.
fn grouped(layers: u32) -> String {
    let [attention, experts] = ["model.layers.#.self_attn.", "model.layers.#.mlp."];
    let linear = "model.layers.#.linear_attn.in_proj_qkv";
    let [query, output] = ["q_proj", "o_proj"].map(|name| format!("{attention}{name}"));
    let [routed, shared] =
        ["experts", "shared_expert.up_proj"].map(|name| format!("{experts}{name}"));
    let group = |bits: u32, targets: &[&str]| {
        let (targets, weights) = (names(layers, targets), format!(r#""num_bits": {bits}"#));
        format!(r#"{{"weights": {{{weights}, "type": "float"}}, "targets": {targets}}}"#)
    };
    let (eight, four) =
        (group(8, &[linear, &query, &output]), group(4, &[&routed, &shared, "lm_head"]));
    let method = r#""quant_method": "compressed-tensors""#;
    format!(r#"{method}, "config_groups": {{"group_0": {eight}, "group_1": {four}}}"#)
}

#[test]
fn what_is_left_wide_is_read_in_every_dialect() {
    for (name, base, quantization, format, parts) in dialects() {
        let found = stored(&text(base, &quantization));
        assert_eq!((found.format, found.parts), (format, parts), "{name}");
        let bits = match name {
            "Kimi-K2.5" => Some(4.0 + 16.0 / 32.0),
            "GPTQModel" => Some(4.0 + 20.0 / 128.0),
            _ => None,
        };
        assert_eq!(found.bits.map(|bits| bits.get()), bits, "{name}");
        // The catalogue says the same of those that it lists.
        let own = |row: &&CheckpointRow| row.checkpoint.ends_with(&format!("/{name}"));
        for row in checkpoints::all().iter().filter(own) {
            assert_eq!((row.stored.parts, row.stored.bits), (found.parts, found.bits), "{name}");
        }
    }
}

/// A configuration with what large ones have: a table of labels, a tower of vision, prose.
fn large(base: &str, quantization: &str) -> String {
    let labels: Vec<String> =
        (0..4000).map(|n| format!(r#""{n}": "label of {n}, at length""#)).collect();
    let (labels, prose) = (labels.join(", "), "x".repeat(500));
    let tower = r#""vision_config": {"depth": 27, "hidden_size": 1152}"#;
    let inner = text(base, quantization);
    format!(
        r#"{{"architectures": ["A"], "id2label": {{{labels}}}, {tower}, "text_config": {inner},
        "_comment": "{prose}"}}"#
    )
}

#[test]
fn large_configurations_travel_as_what_is_read_of_them() {
    for (name, base, quantization, ..) in dialects() {
        let large = large(base, &quantization);
        assert!(large.len() > 100_000, "{name}");
        let before = read(&large);
        let short = trimmed(&large).unwrap_or_else(|| panic!("{name}: {}", before.message()));
        assert!(short.len() < 2500, "{name}: {} bytes: {short}", short.len());
        let after = read(&short);
        assert_eq!((&after.model, after.stored), (&before.model, before.stored), "{name}");
        // What was read of the shape is told in the same words.
        let told = |reading: &Reading| -> Vec<String> {
            let read = reading.read.iter().filter(|field| !field.key.contains("quantization"));
            read.map(|field| format!("{} {} {}", field.key, field.value, field.meaning)).collect()
        };
        assert_eq!(told(&after), told(&before), "{name}");
        assert_eq!(trimmed(&short).as_deref(), Some(&*short), "{name}");
        // In a link, there and back.
        let inputs = Inputs::default().with(Key::Model, "config").with(Key::Config, large);
        let encoded = link::encode_whole(&inputs);
        assert_eq!(encoded.left_out, [], "{name}");
        assert!(encoded.text.len() < 2000, "{name}: {} bytes", encoded.text.len());
        let decoded = link::decode(&encoded.text);
        assert_eq!(decoded.problems, [], "{name}");
        assert_eq!(decoded.inputs, inputs.canonical(), "{name}");
        assert_eq!(read(decoded.inputs.get(Key::Config)).model, before.model, "{name}");
        assert_eq!(link::encode_whole(&decoded.inputs).text, encoded.text, "{name}");
        // What was typed stays as it was typed.
        assert!(inputs.get(Key::Config).len() > 100_000);
    }
}

/// What is cut once is cut no further, whatever it held: a method whose name is prose leaves nothing to be read.
#[test]
fn what_is_left_of_a_configuration_is_left_of_it_again() {
    for method in ["fp8".to_owned(), "fp".repeat(40)] {
        let own = large(DENSE, &format!(r#""quant_method": "{method}", "ignored_layers": ["x"]"#));
        let short = trimmed(&own).expect("a shorter one");
        assert_eq!(trimmed(&short).as_ref(), Some(&short), "{method}");
        assert_eq!(read(&short).model, read(&own).model);
    }
}

#[test]
fn short_configurations_travel_whole() {
    let config = text(DENSE, r#""quant_method": "fp8", "ignored_layers": ["lm_head"]"#);
    let inputs = Inputs::default().with(Key::Model, "config").with(Key::Config, config);
    assert!(inputs.canonical().get(Key::Config).contains("ignored_layers"));
    // One that describes no model is not cut: its faults are told as they are.
    let broken = format!(r#"{{"hidden_size": "many", "id2label": "{}"}}"#, "x".repeat(9000));
    assert_eq!(trimmed(&broken), None);
}
