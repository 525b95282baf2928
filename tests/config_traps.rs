//! Traps of real config.json files, one named test each.
//!
//! The configurations hold the fields of the Hub's files that shape the model (numbers are facts);
//! the counts are the Hub's safetensors totals of October 2026, or those less a remainder that the
//! test names. Sources of the fields: config.json copies in ai-dynamo/aiconfigurator 0.12.0, pages
//! of the Hub, transformers 5.23.0.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used)]

use autoparallel::model::config::{Reading, read};
use autoparallel::model::{Attention, Ffn, Mixer, Model};

/// The model in a text that has no problem at all.
fn model(text: &str) -> Model {
    let reading = read(text);
    assert_eq!(reading.problems, [], "{}", reading.message());
    reading.model.unwrap()
}

fn total(text: &str) -> u64 {
    model(text).params().total
}

fn attention(model: &Model, kind: usize) -> &Attention {
    match &model.kinds.get(kind).unwrap().mixer {
        Mixer::Attention(attention) => attention,
        other => panic!("{other:?}"),
    }
}

/// Why a field was assumed, and the value.
fn assumed<'a>(reading: &'a Reading, key: &str) -> Option<&'a str> {
    let field = reading.defaulted.iter().find(|field| field.key == key);
    field.map(|field| field.value.as_str())
}

/// `items` in quotes and brackets, each repeated.
fn list(items: &[(&str, usize)], periods: usize) -> String {
    let period: Vec<String> =
        items.iter().flat_map(|(item, n)| vec![format!("\"{item}\""); *n]).collect();
    let all: Vec<String> = (0..periods).flat_map(|_| period.clone()).collect();
    format!("[{}]", all.join(","))
}

const LLAMA_8B: &str = r#"{"model_type": "llama", "hidden_size": 4096, "num_hidden_layers": 32,
    "num_attention_heads": 32, "num_key_value_heads": 8, "intermediate_size": 14336,
    "vocab_size": 128256, "tie_word_embeddings": false, "attention_bias": false,
    "mlp_bias": false, "max_position_embeddings": 131072}"#;

#[test]
fn tie_word_embeddings_is_absent_and_true_in_cohere() {
    let text = r#"{"model_type": "cohere", "hidden_size": 8192, "num_hidden_layers": 40,
        "num_attention_heads": 64, "num_key_value_heads": 64, "intermediate_size": 22528,
        "vocab_size": 256000, "model_max_length": 131072, "max_position_embeddings": 8192}"#;
    assert_eq!(total(text), 34_980_831_232);
    assert_eq!(assumed(&read(text), "tie_word_embeddings"), Some("true"));
    assert_eq!(model(text).max_positions, Some(8192));
}

#[test]
fn command_r_plus_has_norms_on_all_queries_and_keys() {
    let text = r#"{"model_type": "cohere", "hidden_size": 12288, "num_hidden_layers": 64,
        "num_attention_heads": 96, "num_key_value_heads": 8, "intermediate_size": 33792,
        "vocab_size": 256000, "use_qk_norm": true}"#;
    assert_eq!(total(text), 103_810_674_688);
}

#[test]
fn head_dim_is_absent_and_the_width_over_the_heads() {
    assert_eq!(total(LLAMA_8B), 8_030_261_248);
    assert_eq!(assumed(&read(LLAMA_8B), "head_dim"), Some("128"));
}

#[test]
fn head_dim_is_not_the_width_over_the_heads() {
    let qwen = r#"{"model_type": "qwen3", "hidden_size": 2560, "num_hidden_layers": 36,
        "num_attention_heads": 32, "num_key_value_heads": 8, "head_dim": 128,
        "intermediate_size": 9728, "vocab_size": 151936, "tie_word_embeddings": true}"#;
    assert_eq!(total(qwen), 4_022_468_096);
    let nemo = r#"{"model_type": "mistral", "hidden_size": 5120, "num_hidden_layers": 40,
        "num_attention_heads": 32, "num_key_value_heads": 8, "head_dim": 128,
        "intermediate_size": 14336, "vocab_size": 131072, "tie_word_embeddings": false}"#;
    assert_eq!(total(nemo), 12_247_782_400);
}

const GLM_5: &str = r#"{"model_type": "glm_moe_dsa", "hidden_size": 6144, "num_hidden_layers": 78,
    "num_attention_heads": 64, "num_key_value_heads": 64, "head_dim": 64, "q_lora_rank": 2048,
    "kv_lora_rank": 512, "qk_head_dim": 256, "qk_nope_head_dim": 192, "qk_rope_head_dim": 64,
    "v_head_dim": 256, "intermediate_size": 12288, "vocab_size": 154880,
    "tie_word_embeddings": false, "n_routed_experts": 256, "num_experts_per_tok": 8,
    "n_shared_experts": 1, "moe_intermediate_size": 2048, "first_k_dense_replace": 3,
    "moe_layer_freq": 1, "index_head_dim": 128, "index_n_heads": 32, "index_topk": 2048,
    "num_nextn_predict_layers": 1, "topk_method": "noaux_tc", "attention_bias": false}"#;

#[test]
fn head_dim_means_the_rotary_part_in_glm_5() {
    let params = model(GLM_5).params();
    assert_eq!(params.total, 743_911_218_432);
    assert_eq!(params.total + params.mtp, 753_864_139_008, "MTP shares embedding and head");
    let ignored = read(GLM_5).ignored;
    assert!(ignored.iter().any(|field| field.starts_with("head_dim (latent")), "{ignored:?}");
    assert_eq!(model(&GLM_5.replace("\"head_dim\": 64", "\"head_dim\": 192")), model(GLM_5));
}

#[test]
fn indexers_are_shared_by_57_of_78_layers_in_glm_5_2() {
    let rest = format!("{}]", list(&[("shared", 3), ("full", 1)], 18).trim_end_matches(']'));
    let types = format!("[\"full\",\"full\",\"full\",{},", rest.trim_matches(['[', ']']));
    let types = format!("{types}\"shared\",\"shared\",\"shared\"]");
    assert_eq!(types.matches("shared").count(), 57);
    let sparse = list(&[("sparse", 75)], 1);
    let mlp = format!("[\"dense\",\"dense\",\"dense\",{}", sparse.trim_start_matches('['));
    let more = format!("{{\"indexer_types\": {types}, \"mlp_layer_types\": {mlp},");
    let params = model(&GLM_5.replacen('{', &more, 1)).params();
    let indexer = 2048 * 32 * 128 + 6144 * 128 + 2 * 128 + 6144 * 32;
    assert_eq!(params.total, 743_911_218_432 - 57 * indexer);
    assert_eq!(params.total + params.mtp + indexer, 753_329_940_480, "MTP has its own indexer");
}

#[test]
fn qwen2_has_a_bias_on_queries_keys_and_values_without_a_key_for_it() {
    let text = r#"{"model_type": "qwen2", "hidden_size": 3584, "num_hidden_layers": 28,
        "num_attention_heads": 28, "num_key_value_heads": 4, "intermediate_size": 18944,
        "vocab_size": 152064, "tie_word_embeddings": false, "use_sliding_window": false,
        "sliding_window": 131072, "max_window_layers": 28}"#;
    assert_eq!(total(text), 7_615_616_512);
    assert_eq!(assumed(&read(text), "qkv bias"), Some("true"));
    assert_eq!(attention(&model(text), 0).window, None, "use_sliding_window is false");
}

#[test]
fn key_value_heads_are_absent_with_a_default_that_differs_by_type() {
    let llama = r#"{"model_type": "llama", "hidden_size": 4096, "num_hidden_layers": 32,
        "num_attention_heads": 32, "intermediate_size": 11008, "vocab_size": 32000,
        "tie_word_embeddings": false}"#;
    assert_eq!(total(llama), 6_738_415_616, "as many as query heads");
    let mixtral = r#"{"model_type": "mixtral", "hidden_size": 4096, "num_hidden_layers": 32,
        "num_attention_heads": 32, "intermediate_size": 14336, "vocab_size": 32000,
        "num_local_experts": 8, "num_experts_per_tok": 2, "tie_word_embeddings": false}"#;
    let params = model(mixtral).params();
    assert_eq!((params.total, params.active), (46_702_792_704, 12_879_925_248), "eight");
    assert_eq!(assumed(&read(mixtral), "num_key_value_heads"), Some("8"));
}

/// Qwen3.5-27B without its MTP layer and vision tower.
#[test]
fn an_output_gate_doubles_the_query_projection_of_qwen3_5() {
    let layers = list(&[("linear_attention", 3), ("full_attention", 1)], 16);
    let text = format!(
        r#"{{"model_type": "qwen3_5", "tie_word_embeddings": false,
        "vision_config": {{"depth": 27}}, "text_config": {{"model_type": "qwen3_5_text",
        "hidden_size": 5120, "num_hidden_layers": 64, "num_attention_heads": 24,
        "num_key_value_heads": 4, "head_dim": 256, "intermediate_size": 17408, "vocab_size": 248320,
        "attn_output_gate": true, "attention_bias": false, "full_attention_interval": 4,
        "layer_types": {layers}, "linear_conv_kernel_dim": 4, "linear_key_head_dim": 128,
        "linear_num_key_heads": 16, "linear_num_value_heads": 48, "linear_value_head_dim": 128,
        "mtp_num_hidden_layers": 1, "max_position_embeddings": 262144}}}}"#
    );
    let params = model(&text).params();
    assert_eq!(params.total, 26_895_998_464);
    assert_eq!(params.total + params.mtp + 460_730_096, 27_781_427_952, "published, with its ViT");
    let ignored = read(&text).ignored;
    assert!(ignored.contains(&"vision_config (not part of the language model)".to_owned()));
}

#[test]
fn nemotron_h_blocks_are_one_part_each_and_its_networks_have_two_matrices() {
    let pattern = "M-M-M-M*-M-M-M-M-M*-M-M-M-M-M*-M-M-M-M-M*-M-M-M-M-M*-M-M-M-M-M*-M-M-M-M-M*-M\
                   -M-M-M-M*-M-M-M-M-M*-M-M-M-M-M*-M-M-M-M-M-";
    let text = format!(
        r#"{{"model_type": "nemotron_h", "hidden_size": 8192, "num_hidden_layers": 118,
        "num_attention_heads": 64, "num_key_value_heads": 8, "attention_head_dim": 128,
        "intermediate_size": 32768, "vocab_size": 131072, "tie_word_embeddings": false,
        "hybrid_override_pattern": "{pattern}", "mamba_num_heads": 256, "mamba_head_dim": 64,
        "n_groups": 8, "ssm_state_size": 256, "conv_kernel": 4, "mlp_hidden_act": "relu2",
        "expand": 2, "time_step_limit": [0.0, Infinity]}}"#
    );
    let model = model(&text);
    assert_eq!(model.params().total, 56_324_350_464);
    let count = |wanted: fn(&Mixer) -> bool| {
        model.pattern.iter().filter(|&&n| wanted(&model.kinds[usize::from(n)].mixer)).count()
    };
    assert_eq!(count(|mixer| matches!(mixer, Mixer::Linear(_))), 54);
    assert_eq!(count(|mixer| matches!(mixer, Mixer::Attention(_))), 10);
    assert_eq!(count(|mixer| matches!(mixer, Mixer::None)), 54);
}

/// The published count of Nemotron-3 Ultra holds one MTP layer of an attention and an experts
/// block, and leaves out the router biases.
#[test]
fn layers_are_counted_by_their_list_and_experts_are_latent_in_nemotron_3_ultra() {
    let letters = "MEMEMEM*EMEMEM*EMEMEMEM*EMEMEMEM*EMEMEM*EMEMEMEM*EMEMEMEM*EMEMEM*EMEMEMEM*EM\
                   EMEMEM*EMEMEM*EMEMEMEM*EMEMEMEME";
    let words: Vec<&str> = letters
        .chars()
        .map(|letter| match letter {
            'M' => "\"mamba\"",
            'E' => "\"moe\"",
            _ => "\"attention\"",
        })
        .collect();
    assert_eq!(words.len(), 108);
    let text = format!(
        r#"{{"model_type": "nemotron_h", "hidden_size": 8192, "num_attention_heads": 64,
        "num_key_value_heads": 2, "head_dim": 128, "intermediate_size": 5120,
        "moe_intermediate_size": 5120, "moe_latent_size": 2048, "n_routed_experts": 512,
        "num_experts_per_tok": 22, "n_shared_experts": 1,
        "moe_shared_expert_intermediate_size": 10240, "vocab_size": 131072,
        "tie_word_embeddings": false, "layers_block_type": [{}], "mamba_num_heads": 256,
        "mamba_head_dim": 64, "n_groups": 8, "ssm_state_size": 128, "conv_kernel": 4,
        "mlp_hidden_act": "relu2"}}"#,
        words.join(",")
    );
    let params = model(&text).params();
    assert_eq!((params.total, params.active), (549_308_993_536, 56_058_843_136));
    assert_eq!(assumed(&read(&text), "num_hidden_layers"), Some("108"));
    let experts = 512 * 2 * 2048 * 5120 + 2 * 8192 * 2048 + 2 * 8192 * 10240 + 8192 * 512 + 8192;
    let attention = 8192 * 128 * (64 + 2 + 2 + 64) + 8192;
    let mtp = experts + attention + 2 * 8192 * 8192 + 3 * 8192;
    assert_eq!(params.total + mtp - 48 * 512, 560_524_578_816);
}

#[test]
fn experts_work_in_a_narrower_width_in_kimi_k3() {
    let experts = r#"{"model_type": "kimi_linear", "hidden_size": 7168, "num_hidden_layers": 4,
        "num_attention_heads": 96, "num_key_value_heads": 96, "kv_lora_rank": 512,
        "q_lora_rank": 1536, "qk_nope_head_dim": 128, "qk_rope_head_dim": 64, "v_head_dim": 128,
        "intermediate_size": 33792, "moe_intermediate_size": 3072, "num_experts": 896,
        "num_experts_per_token": 16, "num_shared_experts": 2, "first_k_dense_replace": 1,
        "routed_expert_hidden_size": 3584, "vocab_size": 163840, "tie_word_embeddings": false,
        "linear_attn_config": {"full_attn_layers": [4], "kda_layers": [1, 2, 3], "head_dim": 128,
        "num_heads": 96, "short_conv_kernel_size": 4}}"#;
    let model = model(experts);
    let Some(Ffn::Moe(moe)) = model.kinds.get(1).map(|kind| &kind.ffn) else { panic!() };
    assert_eq!((moe.latent, moe.shared_width, moe.top_k), (Some(3584), 6144, 16));
    assert_eq!(model.kind_params(1).experts, 896 * 3 * 3584 * 3072);
}

/// Kimi-Linear-48B: KDA and latent attention placed by one-based lists.
#[test]
fn linear_layers_are_listed_from_one_in_kimi_linear() {
    let text = r#"{"model_type": "kimi_linear", "hidden_size": 2304, "num_hidden_layers": 27,
        "num_attention_heads": 32, "num_key_value_heads": 32, "head_dim": 72,
        "kv_lora_rank": 512, "q_lora_rank": null, "qk_nope_head_dim": 128,
        "qk_rope_head_dim": 64, "v_head_dim": 128, "intermediate_size": 9216,
        "moe_intermediate_size": 1024, "num_experts": 256, "num_experts_per_token": 8,
        "num_shared_experts": 1, "first_k_dense_replace": 1, "moe_layer_freq": 1,
        "vocab_size": 163840, "tie_word_embeddings": false, "linear_attn_config":
        {"full_attn_layers": [4, 8, 12, 16, 20, 24, 27], "kda_layers": [1, 2, 3, 5, 6, 7, 9, 10,
        11, 13, 14, 15, 17, 18, 19, 21, 22, 23, 25, 26], "head_dim": 128, "num_heads": 32,
        "short_conv_kernel_size": 4}}"#;
    assert_eq!(total(text), 49_122_681_728);
}

/// gemma-4-31B: 60 layers, the full ones with heads of 512, 4 key-value heads and no value
/// projection; published with its vision tower, projector and stored layer scalars.
#[test]
fn keys_serve_as_values_and_global_heads_differ_in_gemma_4() {
    let text = format!(
        r#"{{"model_type": "gemma4", "tie_word_embeddings": true, "text_config": {{
        "model_type": "gemma4_text", "hidden_size": 5376, "num_hidden_layers": 60,
        "num_attention_heads": 32, "num_key_value_heads": 16, "head_dim": 256,
        "global_head_dim": 512, "num_global_key_value_heads": 4, "attention_k_eq_v": true,
        "intermediate_size": 21504, "vocab_size": 262144, "sliding_window": 1024,
        "enable_moe_block": false, "num_experts": null, "top_k_experts": null,
        "hidden_size_per_layer_input": 0, "layer_types": {}}}}}"#,
        list(&[("sliding_attention", 5), ("full_attention", 1)], 10)
    );
    let vision = 569_548_080 + 2 * 1152 + 1152 * 5376;
    assert_eq!(total(&text) + vision + 60, 31_273_088_876);
    let model = model(&text);
    assert_eq!(attention(&model, 0).window, Some(1024));
    let full = attention(&model, 1);
    assert_eq!((full.head_dim, full.kv_heads, full.values_are_keys), (512, 4, true));
}

/// gemma-4-26B-A4B: a dense network beside the experts, `top_k_experts`; published with the tied
/// head stored again and the vision tower.
#[test]
fn a_dense_network_runs_beside_the_experts_in_gemma_4() {
    let text = format!(
        r#"{{"model_type": "gemma4", "tie_word_embeddings": true, "text_config": {{
        "model_type": "gemma4_text", "hidden_size": 2816, "num_hidden_layers": 30,
        "num_attention_heads": 16, "num_key_value_heads": 8, "head_dim": 256,
        "global_head_dim": 512, "num_global_key_value_heads": 2, "attention_k_eq_v": true,
        "intermediate_size": 2112, "moe_intermediate_size": 704, "num_experts": 128,
        "top_k_experts": 8, "enable_moe_block": true, "vocab_size": 262144,
        "sliding_window": 1024, "layer_types": {}}}}}"#,
        list(&[("sliding_attention", 5), ("full_attention", 1)], 5)
    );
    let vision = 569_548_080 + 1152 * 2816;
    assert_eq!(total(&text) + 262_144 * 2816 + vision, 26_544_131_376);
}

const DEEPSEEK_R1: &str = r#"{"model_type": "deepseek_v3", "hidden_size": 7168,
    "num_hidden_layers": 61, "num_attention_heads": 128, "num_key_value_heads": 128,
    "q_lora_rank": 1536, "kv_lora_rank": 512, "qk_nope_head_dim": 128, "qk_rope_head_dim": 64,
    "v_head_dim": 128, "intermediate_size": 18432, "vocab_size": 129280,
    "n_routed_experts": 256, "num_experts_per_tok": 8, "n_shared_experts": 1,
    "moe_intermediate_size": 2048, "first_k_dense_replace": 3, "moe_layer_freq": 1,
    "num_nextn_predict_layers": 1, "topk_method": "noaux_tc", "tie_word_embeddings": false,
    "attention_bias": false, "quantization_config": {"quant_method": "fp8"}}"#;

#[test]
fn mtp_layers_are_stored_with_their_own_embedding_and_head_in_deepseek_r1() {
    let params = model(DEEPSEEK_R1).params();
    assert_eq!((params.total, params.active), (671_026_419_200, 37_552_297_472));
    assert_eq!(params.total + params.mtp + 2 * 129_280 * 7168, 684_489_845_504);
}

#[test]
fn fp8_scales_are_counted_in_deepseek_v3_and_minimax_m2_5() {
    let params = model(DEEPSEEK_R1).params();
    let scales = 41_540_496;
    assert_eq!(params.total + params.mtp + 2 * 129_280 * 7168 + scales, 684_531_386_000);
    let minimax = r#"{"model_type": "minimax_m2", "hidden_size": 3072, "num_hidden_layers": 62,
        "num_attention_heads": 48, "num_key_value_heads": 8, "head_dim": 128,
        "intermediate_size": 1536, "vocab_size": 200064, "num_experts_per_tok": 8,
        "num_local_experts": 256, "tie_word_embeddings": false, "use_qk_norm": true,
        "qk_norm_type": "per_layer", "use_routing_bias": true, "shared_intermediate_size": 0,
        "quantization_config": {"quant_method": "fp8"}}"#;
    assert_eq!(total(minimax) + 13_880_064, 228_703_644_928);
}

#[test]
fn tied_heads_are_counted_twice_in_small_qwen3_and_in_falcon() {
    let qwen = r#"{"model_type": "qwen3", "hidden_size": 1024, "num_hidden_layers": 28,
        "num_attention_heads": 16, "num_key_value_heads": 8, "head_dim": 128,
        "intermediate_size": 3072, "vocab_size": 151936, "tie_word_embeddings": true}"#;
    assert_eq!(total(qwen) + 151_936 * 1024, 751_632_384);
    let falcon = r#"{"model_type": "falcon", "hidden_size": 8192, "num_hidden_layers": 60,
        "num_attention_heads": 128, "num_kv_heads": 8, "new_decoder_architecture": true,
        "bias": false, "parallel_attn": true, "vocab_size": 65024}"#;
    assert_eq!(total(falcon) + 65_024 * 8192, 41_835_970_560);
}

#[test]
fn multi_query_overrules_the_key_value_heads_of_falcon_7b() {
    let falcon = r#"{"model_type": "falcon", "hidden_size": 4544, "num_hidden_layers": 32,
        "num_attention_heads": 71, "num_kv_heads": 71, "multi_query": true,
        "new_decoder_architecture": false, "bias": false, "parallel_attn": true,
        "vocab_size": 65024}"#;
    assert_eq!(attention(&model(falcon), 0).kv_heads, 1);
    assert_eq!(total(falcon) + 65_024 * 4544, 7_217_189_760);
}

#[test]
fn causal_masks_are_counted_in_gpt_2_and_gpt_neox() {
    let gpt2 = r#"{"model_type": "gpt2", "n_embd": 768, "n_layer": 12, "n_head": 12,
        "n_positions": 1024, "n_ctx": 1024, "vocab_size": 50257}"#;
    assert_eq!(total(gpt2) + 12 * 1024 * 1024, 137_022_720);
    let xl =
        gpt2.replace("768", "1600").replace(": 12,", ": 48,").replace("_head\": 48", "_head\": 25");
    assert_eq!(total(&xl) + 48 * 1024 * 1024, 1_607_942_848);
    let neox = r#"{"model_type": "gpt_neox", "hidden_size": 6144, "num_hidden_layers": 44,
        "num_attention_heads": 64, "intermediate_size": 24576, "vocab_size": 50432,
        "max_position_embeddings": 2048, "tie_word_embeddings": false}"#;
    assert_eq!(total(neox) + 44 * (2048 * 2048 + 12), 20_739_117_584);
}

#[test]
fn vocabularies_are_padded_differently_by_frameworks() {
    let gemma = r#"{"model_type": "gemma", "hidden_size": 3072, "num_hidden_layers": 28,
        "num_attention_heads": 16, "num_key_value_heads": 16, "head_dim": 256,
        "intermediate_size": 24576, "vocab_size": 256000}"#;
    assert_eq!(total(gemma), 8_537_680_896);
    let padded = gemma.replace("256000", "256128");
    assert_eq!(total(&padded), 8_537_680_896 + 128 * 3072, "as MaxText pads it");
    let mixtral = r#"{"model_type": "mixtral", "hidden_size": 6144, "num_hidden_layers": 56,
        "num_attention_heads": 48, "num_key_value_heads": 8, "intermediate_size": 16384,
        "vocab_size": 32768, "num_local_experts": 8, "num_experts_per_tok": 2}"#;
    assert_eq!(total(mixtral), 140_630_071_296, "Instruct");
    let base = mixtral.replace("32768", "32000");
    assert_eq!(total(&base), 140_630_071_296 - 2 * 768 * 6144, "base");
}

/// gemma-3-4b-it stores no heads, no vocabulary and no pattern: its class's defaults hold.
/// Published with the SigLIP tower and the projector.
#[test]
fn nested_configurations_leave_defaults_out() {
    let gemma = r#"{"model_type": "gemma3", "mm_tokens_per_image": 256, "text_config": {
        "hidden_size": 2560, "intermediate_size": 10240, "model_type": "gemma3_text",
        "num_hidden_layers": 34, "sliding_window": 1024}, "vision_config": {"hidden_size": 1152}}"#;
    assert_eq!(total(gemma) + 416_867_184 + 1152 * 2560, 4_300_079_472);
    assert_eq!(assumed(&read(gemma), "vocab_size"), Some("262208"));
    assert_eq!(model(gemma).pattern.iter().filter(|&&kind| kind == 1).count(), 5);
    let llava = r#"{"model_type": "llava", "text_config": {"model_type": "llama",
        "_name_or_path": "lmsys/vicuna-7b-v1.5", "max_position_embeddings": 4096,
        "vocab_size": 32064}, "vision_config": {"hidden_size": 1024}}"#;
    assert_eq!(total(llava) + 324_487_168, 7_063_427_072);
    assert_eq!(model(llava).name, "lmsys/vicuna-7b-v1.5");
}

/// Qwen2.5-VL-72B: the AWQ copy pads its inner width from 29,568 to 29,696.
#[test]
fn quantised_copies_pad_widths() {
    let text = r#"{"model_type": "qwen2_5_vl", "hidden_size": 8192, "num_hidden_layers": 80,
        "num_attention_heads": 64, "num_key_value_heads": 8, "intermediate_size": 29568,
        "vocab_size": 152064, "tie_word_embeddings": false}"#;
    assert_eq!(total(text) + 704_573_696, 73_410_777_344, "published, with its ViT");
    let awq = text.replace("29568", "29696").replacen(
        '{',
        "{\"quantization_config\": {\"quant_method\": \"awq\", \"bits\": 4},",
        1,
    );
    let reading = read(&awq);
    assert!(reading.message().contains("pad widths"), "{}", reading.message());
    let padded = reading.model.unwrap().params().total;
    assert_eq!(padded, total(text) + 80 * 3 * 128 * 8192);
}

#[test]
fn positions_were_revised_after_release_in_mistral_nemo() {
    let nemo = |positions: u32| {
        format!(
            r#"{{"model_type": "mistral", "hidden_size": 5120, "num_hidden_layers": 40,
            "num_attention_heads": 32, "num_key_value_heads": 8, "head_dim": 128,
            "intermediate_size": 14336, "vocab_size": 131072, "sliding_window": null,
            "max_position_embeddings": {positions}}}"#
        )
    };
    let (first, later) = (model(&nemo(1_024_000)), model(&nemo(131_072)));
    assert_eq!(first.max_positions, Some(1_024_000));
    assert_eq!(later.max_positions, Some(131_072));
    assert_eq!((first.params().total, later.params()), (12_247_782_400, first.params()));
}

/// Qwen3-30B-A3B: `intermediate_size` is there, and no layer uses it.
#[test]
fn a_dense_width_is_given_and_unused() {
    let text = r#"{"model_type": "qwen3_moe", "hidden_size": 2048, "num_hidden_layers": 48,
        "num_attention_heads": 32, "num_key_value_heads": 4, "head_dim": 128,
        "intermediate_size": 6144, "moe_intermediate_size": 768, "num_experts": 128,
        "num_experts_per_tok": 8, "decoder_sparse_step": 1, "mlp_only_layers": [],
        "vocab_size": 151936, "tie_word_embeddings": false}"#;
    let params = model(text).params();
    assert_eq!((params.total, params.active), (30_532_122_624, 3_353_032_704));
    assert!(read(text).ignored.iter().any(|field| field.starts_with("intermediate_size (")));
}

#[test]
fn the_width_of_an_expert_stands_in_intermediate_size() {
    let gpt_oss = format!(
        r#"{{"model_type": "gpt_oss", "hidden_size": 2880, "num_hidden_layers": 24,
        "num_attention_heads": 64, "num_key_value_heads": 8, "head_dim": 64,
        "intermediate_size": 2880, "num_local_experts": 32, "num_experts_per_tok": 4,
        "experts_per_token": 4, "vocab_size": 201088, "attention_bias": true,
        "sliding_window": 128, "tie_word_embeddings": false, "layer_types": {}}}"#,
        list(&[("sliding_attention", 1), ("full_attention", 1)], 12)
    );
    assert_eq!(total(&gpt_oss), 20_914_757_184);
    let phimoe = r#"{"model_type": "phimoe", "hidden_size": 4096, "num_hidden_layers": 32,
        "num_attention_heads": 32, "num_key_value_heads": 8, "intermediate_size": 6400,
        "num_local_experts": 16, "num_experts_per_tok": 2, "vocab_size": 32064,
        "attention_bias": true, "lm_head_bias": true, "tie_word_embeddings": false}"#;
    assert_eq!(total(phimoe), 41_873_153_344);
}

/// Llama-4: experts as wide as `intermediate_size`, dense layers as `intermediate_size_mlp`, one
/// shared expert without a key, every other layer sparse in Maverick; published with vision.
#[test]
fn dense_layers_have_a_width_of_their_own_in_llama_4() {
    let scout = r#"{"model_type": "llama4", "text_config": {"model_type": "llama4_text",
        "attention_chunk_size": 8192, "head_dim": 128, "hidden_size": 5120,
        "interleave_moe_layer_step": 1, "intermediate_size": 8192, "intermediate_size_mlp": 16384,
        "num_attention_heads": 40, "num_experts_per_tok": 1, "num_hidden_layers": 48,
        "num_key_value_heads": 8, "num_local_experts": 16, "use_qk_norm": true,
        "vocab_size": 202048}}"#;
    let vision = 871_932_416;
    assert_eq!(total(scout) + vision, 108_641_793_536);
    let maverick = scout
        .replace("moe_layer_step\": 1", "moe_layer_step\": 2")
        .replace("local_experts\": 16", "local_experts\": 128");
    assert_eq!(total(&maverick) + vision, 401_583_781_376);
    let windows = model(scout).pattern;
    assert_eq!(windows.get(..4), Some(&[0, 0, 0, 1][..]), "three chunked, one full");
}

#[test]
fn shared_experts_are_given_by_width_or_by_count() {
    let by_width = r#"{"model_type": "qwen2_moe", "hidden_size": 3584, "num_hidden_layers": 28,
        "num_attention_heads": 28, "num_key_value_heads": 4, "intermediate_size": 18944,
        "moe_intermediate_size": 2560, "shared_expert_intermediate_size": 20480,
        "num_experts": 64, "num_experts_per_tok": 8, "vocab_size": 151936,
        "tie_word_embeddings": false}"#;
    assert_eq!(total(by_width), 57_408_658_944);
    let by_count = r#"{"model_type": "deepseek_v2", "hidden_size": 2048, "num_hidden_layers": 27,
        "num_attention_heads": 16, "num_key_value_heads": 16, "q_lora_rank": null,
        "kv_lora_rank": 512, "qk_nope_head_dim": 128, "qk_rope_head_dim": 64, "v_head_dim": 128,
        "intermediate_size": 10944, "moe_intermediate_size": 1408, "n_routed_experts": 64,
        "num_experts_per_tok": 6, "n_shared_experts": 2, "first_k_dense_replace": 1,
        "topk_method": "greedy", "vocab_size": 102400, "tie_word_embeddings": false}"#;
    assert_eq!(total(by_count), 15_706_484_224);
}

#[test]
fn attention_and_experts_are_placed_by_period_and_offset_in_jamba() {
    let text = r#"{"model_type": "jamba", "hidden_size": 4096, "num_hidden_layers": 32,
        "num_attention_heads": 32, "num_key_value_heads": 8, "intermediate_size": 14336,
        "vocab_size": 65536, "num_experts": 16, "num_experts_per_tok": 2,
        "expert_layer_period": 2, "expert_layer_offset": 1, "attn_layer_period": 8,
        "attn_layer_offset": 4, "mamba_d_state": 16, "mamba_d_conv": 4, "mamba_expand": 2,
        "mamba_dt_rank": 256, "sliding_window": null, "tie_word_embeddings": false}"#;
    let params = model(text).params();
    assert_eq!((params.total, params.active), (51_570_323_328, 12_110_311_296));
    assert_eq!(total(&text.replace("256,", "\"auto\",")), params.total);
}

#[test]
fn shapes_nest_below_attn_config_and_ffn_config_in_dbrx() {
    let text = r#"{"model_type": "dbrx", "d_model": 6144, "n_heads": 48, "n_layers": 40,
        "max_seq_len": 32768, "vocab_size": 100352, "tie_word_embeddings": false,
        "attn_config": {"kv_n_heads": 8, "clip_qkv": 8, "rope_theta": 500000},
        "ffn_config": {"ffn_hidden_size": 10752, "moe_num_experts": 16, "moe_top_k": 4}}"#;
    let params = model(text).params();
    assert_eq!((params.total + 500_000_000) / 1_000_000_000, 132, "model card");
    assert_eq!(params.total, 131_596_523_520);
    assert!(read(text).ignored.contains(&"attn_config.clip_qkv".to_owned()));
}

/// Nemotron-NAS gives each layer its own key-value heads and width, or nothing (`no_op`).
#[test]
fn blocks_differ_layer_by_layer_in_nemotron_nas() {
    let text = r#"{"model_type": "nemotron-nas", "hidden_size": 8192, "num_hidden_layers": 3,
        "num_attention_heads": 64, "num_key_value_heads": null, "intermediate_size": null,
        "vocab_size": 128256, "tie_word_embeddings": false, "block_configs": [
        {"attention": {"n_heads_in_group": 8, "no_op": false},
         "ffn": {"ffn_mult": 5.25, "no_op": false}},
        {"attention": {"n_heads_in_group": null, "no_op": true},
         "ffn": {"ffn_mult": 2.625, "no_op": false}},
        {"attention": {"n_heads_in_group": 16, "no_op": false},
         "ffn": {"ffn_mult": null, "no_op": true}}]}"#;
    let (h, around) = (8192u64, 2 * 128_256 * 8192 + 8192);
    let first = h * 128 * (64 + 8 + 8 + 64) + 3 * h * 28672 + 2 * h;
    let second = 3 * h * 14336 + h;
    let third = h * 128 * (64 + 4 + 4 + 64) + h;
    assert_eq!(total(text), around + first + second + third);
}

/// MiniMax-Text-01: `attn_type_list` with 0 for lightning and 1 for softmax attention.
#[test]
fn zero_means_linear_in_the_attention_list_of_minimax() {
    let types: Vec<&str> = (1..=80).map(|n| if n % 8 == 0 { "1" } else { "0" }).collect();
    let text = format!(
        r#"{{"model_type": "minimax_text_01", "hidden_size": 6144, "num_hidden_layers": 80,
        "num_attention_heads": 64, "num_key_value_heads": 8, "head_dim": 128,
        "intermediate_size": 9216, "num_local_experts": 32, "num_experts_per_tok": 2,
        "vocab_size": 200064, "tie_word_embeddings": false, "shared_intermediate_size": 0,
        "attn_type_list": [{}]}}"#,
        types.join(",")
    );
    assert_eq!(total(&text), 456_089_655_296);
}

/// MiMo-V2-Flash: 1 for a window, sliding layers with heads and sinks of their own.
#[test]
fn sliding_layers_have_widths_of_their_own_in_mimo_v2() {
    let text = r#"{"model_type": "mimo_v2_flash", "hidden_size": 4096, "num_hidden_layers": 3,
        "num_attention_heads": 64, "num_key_value_heads": 4, "head_dim": 192, "v_head_dim": 128,
        "intermediate_size": 16384, "vocab_size": 152576, "sliding_window": 128,
        "swa_num_attention_heads": 64, "swa_num_key_value_heads": 8, "swa_head_dim": 192,
        "swa_v_head_dim": 128, "hybrid_layer_pattern": [0, 1, 1], "moe_layer_freq": [0, 1, 1],
        "moe_intermediate_size": 2048, "n_routed_experts": 256, "n_shared_experts": null,
        "num_experts_per_tok": 8, "topk_method": "noaux_tc", "tie_word_embeddings": false,
        "add_swa_attention_sink_bias": true, "add_full_attention_sink_bias": false}"#;
    let model = model(text);
    let (full, window) = (attention(&model, 0), attention(&model, 1));
    assert_eq!((full.kv_heads, full.v_head_dim, full.window, full.extra_params), (4, 128, None, 0));
    assert_eq!((window.kv_heads, window.window, window.extra_params), (8, Some(128), 64));
    assert_eq!(model.pattern, [0, 1, 1]);
    assert_eq!(model.kind_params(0).kv, 4096 * 4 * (192 + 128));
}

/// Qwen2.5-Omni and Qwen3-Omni nest twice, InternVL and DeepSeek-VL2 under other names.
#[test]
fn wrappers_have_several_names_and_depths() {
    let wrapped = [
        format!("{{\"thinker_config\": {{\"text_config\": {LLAMA_8B}, \"audio_config\": {{}}}}}}"),
        format!("{{\"model_type\": \"internvl_chat\", \"llm_config\": {LLAMA_8B}}}"),
        format!("{{\"model_type\": \"deepseek_vl_v2\", \"language_config\": {LLAMA_8B}}}"),
        format!("{{\"model_type\": \"mistral3\", \"text_config\": {LLAMA_8B}}}"),
    ];
    for text in wrapped {
        assert_eq!(total(&text), 8_030_261_248, "{text}");
        let read = read(&text).read;
        assert!(read.iter().all(|field| field.key.contains("_config.")), "{read:?}");
    }
}

#[test]
fn an_unknown_type_is_read_as_a_plain_decoder_and_said_to_be() {
    let reading = read(&LLAMA_8B.replace("\"llama\"", "\"brandnew_lm\""));
    assert_eq!(reading.model.unwrap().params().total, 8_030_261_248);
    let problem = reading.problems.first().unwrap();
    assert!(problem.given.contains("brandnew_lm") && problem.hint.contains("check the parameter"));
    let reading = read(&LLAMA_8B.replace("\"model_type\": \"llama\",", ""));
    assert_eq!(assumed(&reading, "model_type"), Some("llama"));
    assert!(reading.model.is_some());
}

#[test]
fn every_field_is_accounted_for_once() {
    let text = LLAMA_8B.replacen('{', "{\"torch_dtype\": \"bfloat16\", \"rope_theta\": 5e5,", 1);
    let reading = read(&text);
    assert_eq!(reading.ignored, ["torch_dtype", "rope_theta"]);
    let mut keys: Vec<&str> = reading.read.iter().map(|field| field.key.as_str()).collect();
    keys.sort_unstable();
    let given = [
        "attention_bias",
        "hidden_size",
        "intermediate_size",
        "max_position_embeddings",
        "mlp_bias",
        "model_type",
        "num_attention_heads",
        "num_hidden_layers",
        "num_key_value_heads",
        "tie_word_embeddings",
        "vocab_size",
    ];
    assert_eq!(keys, given);
    assert_eq!(reading.defaulted.len(), 1, "{:?}", reading.defaulted);
}
