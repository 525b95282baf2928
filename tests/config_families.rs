//! Families of config.json beside those of the catalogue: each model's count by our reading is the
//! published one to the unit, or leaves the remainder that is named.
//!
//! Published counts: the Hub's safetensors totals (table of llmfit-core 1.1.18, October 2026).
//! Fields: the models' configurations (numbers are facts).
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used)]

use autoparallel::model::config::read;

struct Case {
    name: &'static str,
    published: u64,
    /// What the published count holds beside the text model without multi-token prediction.
    beside: u64,
    config: &'static str,
}

const CASES: &[Case] = &[
    Case {
        name: "microsoft/phi-2",
        published: 2_779_683_840,
        beside: 0,
        config: r#"{"model_type": "phi", "hidden_size": 2560, "num_hidden_layers": 32,
        "num_attention_heads": 32, "num_key_value_heads": 32, "intermediate_size": 10240,
        "vocab_size": 51200, "tie_word_embeddings": false, "qk_layernorm": false}"#,
    },
    Case {
        name: "allenai/OLMoE-1B-7B-0924",
        published: 6_919_161_856,
        beside: 0,
        config: r#"{"model_type": "olmoe", "hidden_size": 2048, "num_hidden_layers": 16,
        "num_attention_heads": 16, "num_key_value_heads": 16, "intermediate_size": 1024,
        "num_experts": 64, "num_experts_per_tok": 8, "vocab_size": 50304,
        "tie_word_embeddings": false}"#,
    },
    Case {
        name: "bigcode/starcoder2-7b",
        published: 7_173_923_840,
        beside: 0,
        config: r#"{"model_type": "starcoder2", "hidden_size": 4608, "num_hidden_layers": 32,
        "num_attention_heads": 36, "num_key_value_heads": 4, "intermediate_size": 18432,
        "vocab_size": 49152, "use_bias": true}"#,
    },
    Case {
        name: "bigcode/starcoder",
        published: 15_819_446_272,
        beside: 49_152 * 6144, // tied head stored again
        config: r#"{"model_type": "gpt_bigcode", "n_embd": 6144, "n_layer": 40, "n_head": 48,
        "n_inner": 24576, "n_positions": 8192, "multi_query": true, "vocab_size": 49152}"#,
    },
    Case {
        name: "stabilityai/stablelm-3b-4e1t",
        published: 2_795_443_200,
        beside: 0,
        config: r#"{"model_type": "stablelm", "hidden_size": 2560, "num_hidden_layers": 32,
        "num_attention_heads": 32, "num_key_value_heads": 32, "intermediate_size": 6912,
        "vocab_size": 50304, "tie_word_embeddings": false, "use_qkv_bias": false}"#,
    },
    Case {
        name: "allenai/OLMo-7B-hf",
        published: 6_888_095_744,
        beside: 0,
        config: r#"{"model_type": "olmo", "hidden_size": 4096, "num_hidden_layers": 32,
        "num_attention_heads": 32, "num_key_value_heads": 32, "intermediate_size": 11008,
        "vocab_size": 50304, "tie_word_embeddings": false}"#,
    },
    Case {
        name: "zai-org/glm-4-9b-chat-hf",
        published: 9_399_951_360,
        beside: 0,
        config: r#"{"model_type": "glm", "hidden_size": 4096, "num_hidden_layers": 40,
        "num_attention_heads": 32, "num_key_value_heads": 2, "head_dim": 128,
        "intermediate_size": 13696, "vocab_size": 151552, "tie_word_embeddings": false,
        "attention_bias": true}"#,
    },
    Case {
        name: "zai-org/GLM-4-9B-0414",
        published: 9_400_279_040,
        beside: 0,
        config: r#"{"model_type": "glm4", "hidden_size": 4096, "num_hidden_layers": 40,
        "num_attention_heads": 32, "num_key_value_heads": 2, "head_dim": 128,
        "intermediate_size": 13696, "vocab_size": 151552, "tie_word_embeddings": false,
        "attention_bias": true}"#,
    },
    Case {
        name: "zai-org/GLM-4-32B-0414",
        published: 32_566_081_536,
        beside: 0,
        config: r#"{"model_type": "glm4", "hidden_size": 6144, "num_hidden_layers": 61,
        "num_attention_heads": 48, "num_key_value_heads": 2, "head_dim": 128,
        "intermediate_size": 23040, "vocab_size": 151552, "tie_word_embeddings": false,
        "attention_bias": false}"#,
    },
    Case {
        name: "LGAI-EXAONE/EXAONE-4.0-32B",
        published: 32_003_216_384,
        beside: 0,
        config: r#"{"model_type": "exaone4", "hidden_size": 5120, "num_hidden_layers": 64,
        "num_attention_heads": 40, "num_key_value_heads": 8, "head_dim": 128,
        "intermediate_size": 27392, "vocab_size": 102400, "tie_word_embeddings": false,
        "sliding_window": 4096, "sliding_window_pattern": "LLLG"}"#,
    },
    Case {
        name: "LGAI-EXAONE/EXAONE-4.0-1.2B",
        published: 1_279_391_488,
        beside: 0,
        config: r#"{"model_type": "exaone4", "hidden_size": 2048, "num_hidden_layers": 30,
        "num_attention_heads": 32, "num_key_value_heads": 8, "head_dim": 64,
        "intermediate_size": 4096, "vocab_size": 102400, "tie_word_embeddings": true,
        "sliding_window": null, "sliding_window_pattern": null}"#,
    },
    Case {
        name: "tencent/Hunyuan-7B-Instruct",
        published: 7_504_568_320,
        beside: 0,
        config: r#"{"model_type": "hunyuan_v1_dense", "hidden_size": 4096, "num_hidden_layers": 32,
        "num_attention_heads": 32, "num_key_value_heads": 8, "head_dim": 128,
        "intermediate_size": 14336, "vocab_size": 128167, "tie_word_embeddings": true,
        "use_qk_norm": true}"#,
    },
    Case {
        name: "rednote-hilab/dots.llm1.inst",
        published: 142_774_381_696,
        beside: 0,
        config: r#"{"model_type": "dots1", "hidden_size": 4096, "num_hidden_layers": 62,
        "num_attention_heads": 32, "num_key_value_heads": 32, "head_dim": 128,
        "intermediate_size": 10944, "moe_intermediate_size": 1408, "n_routed_experts": 128,
        "num_experts_per_tok": 6, "n_shared_experts": 2, "first_k_dense_replace": 1,
        "vocab_size": 152064, "tie_word_embeddings": false, "topk_method": "noaux_tc"}"#,
    },
    Case {
        name: "baidu/ERNIE-4.5-21B-A3B-PT",
        published: 21_948_655_808,
        beside: 110_100_480 + 2 * 2560 * 2560 + 4 * 2560, // MTP with a dense network
        config: r#"{"model_type": "ernie4_5_moe", "hidden_size": 2560, "num_hidden_layers": 28,
        "num_attention_heads": 20, "num_key_value_heads": 4, "intermediate_size": 12288,
        "moe_intermediate_size": 1536, "moe_num_experts": 64, "moe_k": 6,
        "moe_num_shared_experts": 2, "moe_layer_start_index": 1, "moe_layer_end_index": 27,
        "moe_layer_interval": 1, "vocab_size": 103424, "tie_word_embeddings": true,
        "use_bias": false}"#,
    },
    Case {
        name: "baidu/ERNIE-4.5-0.3B-PT",
        published: 360_748_032,
        beside: 0,
        config: r#"{"model_type": "ernie4_5", "hidden_size": 1024, "num_hidden_layers": 18,
        "num_attention_heads": 16, "num_key_value_heads": 2, "head_dim": 128,
        "intermediate_size": 3072, "vocab_size": 103424, "tie_word_embeddings": true,
        "use_bias": false}"#,
    },
    Case {
        name: "arcee-ai/AFM-4.5B",
        published: 4_619_189_760,
        beside: 0,
        config: r#"{"model_type": "arcee", "hidden_size": 2560, "num_hidden_layers": 36,
        "num_attention_heads": 20, "num_key_value_heads": 4, "head_dim": 128,
        "intermediate_size": 18432, "vocab_size": 128005, "tie_word_embeddings": false}"#,
    },
    Case {
        name: "swiss-ai/Apertus-8B-Instruct-2509",
        published: 8_053_338_176,
        beside: 2 * 32, // two numbers of the activation in each layer
        config: r#"{"model_type": "apertus", "hidden_size": 4096, "num_hidden_layers": 32,
        "num_attention_heads": 32, "num_key_value_heads": 8, "intermediate_size": 21504,
        "vocab_size": 131072, "tie_word_embeddings": false, "qk_norm": true, "post_norm": false}"#,
    },
    Case {
        name: "swiss-ai/Apertus-70B-Instruct-2509",
        published: 70_599_864_480,
        beside: 2 * 80, // two numbers of the activation in each layer
        config: r#"{"model_type": "apertus", "hidden_size": 8192, "num_hidden_layers": 80,
        "num_attention_heads": 64, "num_key_value_heads": 8, "intermediate_size": 43008,
        "vocab_size": 131072, "tie_word_embeddings": false, "qk_norm": true}"#,
    },
    Case {
        name: "internlm/internlm3-8b-instruct",
        published: 8_804_241_408,
        beside: 0,
        config: r#"{"model_type": "internlm3", "hidden_size": 4096, "num_hidden_layers": 48,
        "num_attention_heads": 32, "num_key_value_heads": 2, "head_dim": 128,
        "intermediate_size": 10240, "vocab_size": 128512, "tie_word_embeddings": false,
        "qkv_bias": false, "bias": false}"#,
    },
    Case {
        name: "ibm-granite/granite-3.3-8b-instruct",
        published: 8_170_864_640,
        beside: 0,
        config: r#"{"model_type": "granite", "hidden_size": 4096, "num_hidden_layers": 40,
        "num_attention_heads": 32, "num_key_value_heads": 8, "intermediate_size": 12800,
        "vocab_size": 49159, "tie_word_embeddings": true}"#,
    },
    Case {
        name: "ibm-granite/granite-3.1-3b-a800m-instruct",
        published: 3_298_793_472,
        beside: 0,
        config: r#"{"model_type": "granitemoe", "hidden_size": 1536, "num_hidden_layers": 32,
        "num_attention_heads": 24, "num_key_value_heads": 8, "intermediate_size": 512,
        "num_local_experts": 40, "num_experts_per_tok": 8, "vocab_size": 49155,
        "tie_word_embeddings": true}"#,
    },
    Case {
        name: "CohereLabs/c4ai-command-a-03-2025",
        published: 111_057_580_032,
        beside: 0,
        config: r#"{"model_type": "cohere2", "hidden_size": 12288, "num_hidden_layers": 64,
        "num_attention_heads": 96, "num_key_value_heads": 8, "head_dim": 128,
        "intermediate_size": 36864, "vocab_size": 256000, "sliding_window": 4096,
        "sliding_window_pattern": 4}"#,
    },
    Case {
        name: "XiaomiMiMo/MiMo-7B-Base",
        published: 7_833_409_536,
        beside: 210_790_400, // MTP layer
        config: r#"{"model_type": "mimo", "hidden_size": 4096, "num_hidden_layers": 36,
        "num_attention_heads": 32, "num_key_value_heads": 8, "head_dim": 128,
        "intermediate_size": 11008, "vocab_size": 151680, "tie_word_embeddings": false,
        "attention_bias": true, "num_nextn_predict_layers": 1, "use_sliding_window": false,
        "sliding_window": 32768, "max_window_layers": 32}"#,
    },
    Case {
        name: "zai-org/GLM-4.7-Flash",
        published: 31_221_488_576,
        beside: 643_706_176 + 2 * 154_880 * 2048, // MTP layer with its own embedding and head
        config: r#"{"model_type": "glm4_moe_lite", "hidden_size": 2048, "num_hidden_layers": 47,
        "num_attention_heads": 20, "num_key_value_heads": 20, "q_lora_rank": 768,
        "kv_lora_rank": 512, "qk_nope_head_dim": 192, "qk_rope_head_dim": 64, "v_head_dim": 256,
        "intermediate_size": 10240, "moe_intermediate_size": 1536, "n_routed_experts": 64,
        "num_experts_per_tok": 4, "n_shared_experts": 1, "first_k_dense_replace": 1,
        "vocab_size": 154880, "tie_word_embeddings": false, "num_nextn_predict_layers": 1}"#,
    },
    Case {
        name: "nvidia/NVIDIA-Nemotron-Nano-9B-v2",
        published: 8_888_227_328,
        beside: 0,
        config: r#"{"model_type": "nemotron_h", "hidden_size": 4480, "num_hidden_layers": 56,
        "num_attention_heads": 40, "num_key_value_heads": 8, "head_dim": 128,
        "intermediate_size": 15680, "vocab_size": 131072,
        "hybrid_override_pattern": "M-M-M-MM-M-M-M*-M-M-M*-M-M-M-M*-M-M-M-M*-M-MM-M-M-M-M-M-",
        "mamba_num_heads": 128, "mamba_head_dim": 80, "n_groups": 8, "ssm_state_size": 128,
        "conv_kernel": 4, "tie_word_embeddings": false}"#,
    },
    Case {
        name: "nvidia/Nemotron-H-8B-Base-8K",
        published: 8_100_852_736,
        beside: 0,
        config: r#"{"model_type": "nemotron_h", "hidden_size": 4096, "num_hidden_layers": 52,
        "num_attention_heads": 32, "num_key_value_heads": 8, "head_dim": 128,
        "intermediate_size": 21504, "vocab_size": 131072,
        "hybrid_override_pattern": "M-M-M-M*-M-M-M-M-M*-M-M-M-M-M*-M-M-M-M-M*-M-M-M-M-M-",
        "mamba_num_heads": 128, "mamba_head_dim": 64, "n_groups": 8, "ssm_state_size": 128,
        "conv_kernel": 4, "tie_word_embeddings": false}"#,
    },
];

#[test]
fn families_count_as_published() {
    for case in CASES {
        let reading = read(case.config);
        assert_eq!(reading.problems, [], "{}: {}", case.name, reading.message());
        let params = reading.model.unwrap().params();
        assert_eq!(params.total + case.beside, case.published, "{}", case.name);
    }
    assert!(CASES.len() >= 25);
}

/// Forty layers of which four hold attention.
fn granite_layers() -> String {
    let layer = |n| {
        if n % 10 == 5 { "\"attention\"" } else { "\"mamba\"" }
    };
    (0..40).map(layer).collect::<Vec<_>>().join(",")
}

/// ibm-granite/granite-4.0-h-tiny and -h-small: Mamba-2, and experts with a shared one.
#[test]
fn granite_hybrids_count_as_published() {
    let config = |hidden, heads, kv, width, experts, top, shared, mamba| {
        format!(
            r#"{{"model_type": "granitemoehybrid", "hidden_size": {hidden}, "vocab_size": 100352,
            "num_hidden_layers": 40, "num_attention_heads": {heads}, "num_key_value_heads": {kv},
            "intermediate_size": {width}, "num_local_experts": {experts},
            "num_experts_per_tok": {top}, "shared_intermediate_size": {shared},
            "tie_word_embeddings": true, "layer_types": [{}], "mamba_n_heads": {mamba},
            "mamba_d_head": "auto", "mamba_n_groups": 1, "mamba_d_state": 128, "mamba_d_conv": 4,
            "mamba_expand": 2}}"#,
            granite_layers()
        )
    };
    let tiny = read(&config(1536, 12, 4, 512, 64, 6, 1024, 48)).model.unwrap();
    assert_eq!(tiny.params().total, 6_939_037_248);
    let small = read(&config(4096, 32, 8, 768, 72, 10, 1536, 128)).model.unwrap();
    assert_eq!(small.params().total, 32_207_337_984);
}

/// tencent/Hunyuan-A13B-Instruct gives its expert numbers as lists of equal values.
#[test]
fn lists_of_equal_numbers_are_read_as_one() {
    let list = |n: u32| format!("[{}]", vec![n.to_string(); 32].join(","));
    let text = format!(
        r#"{{"model_type": "hunyuan_v1_moe", "hidden_size": 4096, "num_hidden_layers": 32,
        "num_attention_heads": 32, "num_key_value_heads": 8, "head_dim": 128,
        "intermediate_size": 3072, "num_experts": 64, "moe_topk": {}, "num_shared_expert": {},
        "moe_intermediate_size": {}, "vocab_size": 128167, "tie_word_embeddings": true}}"#,
        list(8),
        list(1),
        list(3072)
    );
    assert_eq!(read(&text).model.unwrap().params().total, 80_393_183_232);
    let uneven = text.replacen("[8,8", "[8,4", 1);
    assert!(read(&uneven).model.is_none());
}
