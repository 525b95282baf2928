//! A pasted config.json may be anything: each fault gets a clear message, and nothing panics.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used)]

use autoparallel::model::config::{Reading, hub_id, read};
use proptest::prelude::*;
use std::fmt::Write;

const LLAMA: &str = r#"{"model_type": "llama", "hidden_size": 4096, "num_hidden_layers": 32,
    "num_attention_heads": 32, "num_key_value_heads": 8, "intermediate_size": 14336,
    "vocab_size": 128256, "tie_word_embeddings": false}"#;

/// The reading of the text, which must have no model and say all these words.
fn refused(text: &str, words: &[&str]) -> Reading {
    let reading = read(text);
    let message = reading.message();
    assert_eq!(reading.model, None, "{message}");
    assert!(!reading.problems.is_empty());
    for word in words {
        assert!(message.contains(word), "{word:?} is missing in: {message}");
    }
    for problem in &reading.problems {
        assert!(problem.to_string().chars().count() < 400, "{problem}");
        assert!(!problem.hint.is_empty() && !problem.expected.is_empty(), "{problem}");
    }
    reading
}

/// The plain configuration with one value replaced.
fn with(key: &str, value: &str) -> String {
    let (before, after) = LLAMA.split_once(&format!("\"{key}\": ")).unwrap();
    let end = after.find([',', '}']).unwrap();
    format!("{before}\"{key}\": {value}{}", &after[end..])
}

#[test]
fn the_plain_configuration_is_read() {
    let reading = read(LLAMA);
    assert_eq!(reading.problems, []);
    assert_eq!(reading.model.unwrap().params().total, 8_030_261_248);
    assert_eq!(with("vocab_size", "128256"), LLAMA);
}

#[test]
fn what_is_not_json_is_named() {
    refused("", &["empty"]);
    refused(" \n\t ", &["empty"]);
    refused("<!DOCTYPE html><html><body>404</body></html>", &["web page", "raw"]);
    refused("<html>\n<head><title>Sign in</title>", &["web page"]);
    refused("GGUF\u{3}\u{0}\u{0}\u{0}general.architecture", &["GGUF"]);
    refused("version https://git-lfs.github.com/spec/v1\noid sha256:00", &["LFS"]);
    refused("Access to model meta-llama/Llama-3.1-8B is restricted.", &["gated"]);
    refused("{'hidden_size': 4096}", &["Python"]);
    refused("hidden_size: 4096\nnum_hidden_layers: 32\n", &["YAML"]);
    refused("Qwen/Qwen3-8B", &["line 1, column 1"]);
    refused("\u{1F600}", &["line 1"]);
}

#[test]
fn broken_json_is_placed() {
    refused(&LLAMA[..LLAMA.len() - 1], &["the end of the text", "line 3", "cut off"]);
    refused(&LLAMA.replace("\"llama\",", "\"llama\""), &["line 1", "comma"]);
    refused(&format!("{LLAMA}{LLAMA}"), &["nothing after", "line 3"]);
    refused("{\"a\": 1, // width\n}", &["line 1", "key in double quotes"]);
    refused("{\"a\": .5}", &["value", "column 7"]);
}

#[test]
fn json_that_is_no_object_is_refused() {
    for text in ["[1, 2]", "\"config\"", "42", "null", "true", "[]", "-1e999"] {
        refused(text, &["JSON"]);
    }
    refused("{}", &["hidden_size", "nothing was given"]);
    refused("{\"text_config\": {}}", &["hidden_size"]);
    refused("{\"text_config\": null, \"hidden_size\": 8}", &["vocab_size"]);
}

#[test]
fn enormous_texts_are_refused_before_they_are_read() {
    refused(&" ".repeat(10 << 20), &["10240 KiB", "1024 KiB"]);
    refused(&format!("{{\"a\": \"{}\"}}", "x".repeat(2 << 20)), &["2048 KiB"]);
    refused(&"[".repeat(1 << 20), &["64 levels"]);
    refused(&"{\"a\":".repeat(1 << 17), &["64 levels"]);
    let mut wide = String::from("{");
    for n in 0..40_000 {
        write!(wide, "\"key{n}\":{n},").unwrap();
    }
    wide.push_str("\"hidden_size\":64}");
    assert!(wide.len() < 1 << 20);
    let reading = refused(&wide, &["vocab_size"]);
    assert_eq!(reading.ignored.len(), 40_000);
}

/// Each of these takes time in proportion to its length: squared, a mebibyte would take hours.
#[test]
fn a_mebibyte_of_anything_is_read_at_once() {
    let fill = |start: &str, piece: &str, end: &str| {
        let count = ((1 << 20) - start.len() - end.len()) / piece.len();
        format!("{start}{}{end}", piece.repeat(count))
    };
    refused(&fill("{\"a\": \"", "\\n", "\"}"), &["hidden_size"]);
    refused(&fill("{\"a\": \"", "\\ud83d", "\"}"), &["hidden_size"]);
    let reading = refused(&fill("{", "\"a\":1,", "\"b\":1}"), &["the same key twice"]);
    assert!(reading.problems.len() < 20);
    refused(&fill("{\"layer_types\": [", "\"full_attention\",", "0]}"), &["hidden_size"]);
    refused(&fill("{\"a\": [", "[],", "[]]}"), &["hidden_size"]);
    refused(&fill("{\"a\": [", "{},\n", "{}]"), &["comma or a closing brace"]);
    refused(&fill("{\"a\": \"", "\u{e9}", "\"}"), &["hidden_size"]);
    refused(&fill("{\"model_type\": \"", "x", "\"}"), &["hidden_size"]);
    refused(&fill("{\"hidden_size\": ", "9", "}"), &["from 1 to"]);
}

#[test]
fn many_nested_wrappers_end() {
    let text = format!("{}{LLAMA}{}", "{\"text_config\":".repeat(40), "}".repeat(40));
    refused(&text, &["hidden_size"]);
    let text = format!("{{\"thinker_config\": {{\"text_config\": {LLAMA}}}}}");
    assert!(read(&text).model.is_some());
}

#[test]
fn numbers_as_texts_are_read_and_told() {
    let reading = read(&with("hidden_size", "\"4096\""));
    assert_eq!(reading.model.unwrap().hidden, 4096);
    let problem = reading.problems.first().unwrap();
    assert_eq!(problem.key, "hidden_size");
    assert!(problem.expected.contains("without quotes"));
    for text in ["4096.0", "4.096e3"] {
        assert_eq!(read(&with("hidden_size", text)).model.unwrap().hidden, 4096, "{text}");
    }
}

#[test]
fn numbers_out_of_range_are_refused_with_their_range() {
    for value in ["0", "-1", "-4096", "1e30", "18446744073709551616", "1e999", "0.5", "4096.5"] {
        refused(&with("hidden_size", value), &["hidden_size", value, "from 1 to 1048576"]);
    }
    for value in ["NaN", "Infinity", "-Infinity"] {
        refused(&with("num_hidden_layers", value), &["num_hidden_layers", value]);
    }
    for value in ["\"NaN\"", "\"inf\"", "\"\"", "\"four\"", "\"4,096\"", "[4096]", "{}", "true"] {
        refused(&with("hidden_size", value), &["hidden_size", "a whole number"]);
    }
    refused(&with("num_attention_heads", "0"), &["num_attention_heads", "at least one"]);
    refused(&with("num_key_value_heads", "0"), &["num_key_value_heads"]);
    refused(&with("num_key_value_heads", "-8"), &["num_key_value_heads", "cannot be negative"]);
    refused(&with("num_hidden_layers", "4294967296"), &["from 1 to 10000"]);
    refused(&with("vocab_size", "99999999999"), &["vocab_size", "16777216"]);
    refused(&with("tie_word_embeddings", "\"maybe\""), &["tie_word_embeddings", "true or false"]);
}

#[test]
fn a_null_counts_as_absent() {
    let reading = read(&with("num_key_value_heads", "null"));
    assert!(reading.defaulted.iter().any(|field| field.key == "num_key_value_heads"));
    assert_eq!(reading.model.unwrap().kinds.len(), 1);
    refused(&with("hidden_size", "null"), &["hidden_size", "nothing was given"]);
}

#[test]
fn heads_that_do_not_divide_are_refused() {
    refused(&with("num_attention_heads", "30"), &["width 4096 over 30 heads", "head_dim"]);
    refused(&with("num_key_value_heads", "5"), &["32 query heads over 5 key-value heads"]);
    refused(&with("num_key_value_heads", "64"), &["32 query heads over 64"]);
}

#[test]
fn products_that_overflow_are_refused() {
    let text = r#"{"hidden_size": 1048576, "num_hidden_layers": 10000, "num_attention_heads": 65536,
        "intermediate_size": 1048576, "vocab_size": 16777216, "head_dim": 1048576}"#;
    refused(text, &["head_dim", "heads times their width"]);
    let text = r#"{"hidden_size": 1048576, "num_hidden_layers": 10000, "num_attention_heads": 8,
        "vocab_size": 16777216, "num_experts": 65536, "num_experts_per_tok": 65536,
        "moe_intermediate_size": 1048576, "model_type": "gpt_oss", "head_dim": 1}"#;
    refused(text, &["expert biases"]);
    let text = &text.replace("gpt_oss", "qwen3_moe");
    refused(text, &["parameters", "at most"]);
    let text = r#"{"model_type": "jamba", "hidden_size": 1048576, "num_hidden_layers": 8,
        "num_attention_heads": 8, "vocab_size": 8, "intermediate_size": 8, "mamba_expand": 64}"#;
    refused(text, &["mixer", "2^32"]);
}

#[test]
fn experts_must_make_sense() {
    let moe = |experts: &str, top: &str| {
        let more = format!(
            "\"num_experts\": {experts}, \"num_experts_per_tok\": {top}, \
             \"moe_intermediate_size\": 64, \"hidden_size\""
        );
        LLAMA.replace("\"hidden_size\"", &more)
    };
    assert!(read(&moe("8", "2")).model.is_some());
    refused(&moe("8", "9"), &["9 experts a token of 8"]);
    refused(&moe("8", "0"), &["num_experts_per_tok"]);
    refused(&moe("8", "null"), &["num_experts_per_tok", "nothing was given"]);
    refused(&moe("-8", "2"), &["num_experts"]);
    assert!(read(&moe("0", "2")).model.unwrap().experts() == 0);
}

#[test]
fn equal_keys_are_told_and_the_last_counts() {
    let text = LLAMA.replace("\"vocab_size\"", "\"vocab_size\": 7, \"vocab_size\"");
    let reading = read(&text);
    assert_eq!(reading.model.unwrap().vocab, 128_256);
    assert!(reading.problems.iter().any(|problem| problem.given == "the same key twice"));
}

#[test]
fn lists_of_layers_must_agree_with_their_number() {
    let listed = |items: &str| {
        let text = "\"num_hidden_layers\": 2, \"layer_types\": ITEMS";
        LLAMA.replace("\"num_hidden_layers\": 32", &text.replace("ITEMS", items))
    };
    let full = "\"full_attention\"";
    assert!(read(&listed(&format!("[{full}, {full}]"))).model.is_some());
    refused(&listed(&format!("[{full}]")), &["2 layers, of which 1 are listed"]);
    refused(&listed("[\"conv\", \"conv\"]"), &["conv", "by hand"]);
    refused(&listed("[1, 2]"), &["layer_types"]);
    refused(&listed("\"full_attention\""), &["layer_types", "a list"]);
    refused(&listed("[\"mamba\", \"mamba\"]"), &["hybrid"]);
    refused(&listed(&format!("[{}]", vec![full; 50_000].join(","))), &["listed"]);
}

#[test]
fn other_kinds_of_models_are_refused_by_name() {
    let typed = |name: &str| LLAMA.replace("\"llama\"", &format!("\"{name}\""));
    refused(&typed("t5"), &["t5", "decoder-only"]);
    refused(&typed("bert"), &["bert"]);
    refused(&typed("mamba2"), &["mamba2", "by hand"]);
    refused(&typed("deepseek_v4"), &["deepseek_v4", "by hand"]);
    refused(&LLAMA.replace('{', "{\"is_encoder_decoder\": true,"), &["encoder-decoder"]);
}

/// The JSON reader against serde_json, on whatever serde_json prints.
fn arbitrary_json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(serde_json::Value::from),
        any::<i64>().prop_map(serde_json::Value::from),
        any::<f64>().prop_map(serde_json::Value::from),
        ".{0,8}".prop_map(serde_json::Value::from),
    ];
    leaf.prop_recursive(6, 64, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(serde_json::Value::from),
            prop::collection::btree_map(key(), inner, 0..6)
                .prop_map(|entries| serde_json::Value::Object(entries.into_iter().collect())),
        ]
    })
}

/// Keys that configurations use, so that values of every type reach every reader.
fn key() -> impl Strategy<Value = String> {
    let keys = include_str!("../src/model/config/families.csv").split([',', ' ', '\n', '=', '!']);
    let known = [
        "model_type",
        "hidden_size",
        "num_hidden_layers",
        "num_attention_heads",
        "head_dim",
        "num_key_value_heads",
        "intermediate_size",
        "vocab_size",
        "num_experts",
        "layer_types",
        "num_experts_per_tok",
        "moe_intermediate_size",
        "text_config",
        "block_configs",
        "hybrid_override_pattern",
        "kv_lora_rank",
        "q_lora_rank",
        "moe_layer_freq",
        "index_topk",
        "first_k_dense_replace",
        "linear_attn_config",
        "full_attn_layers",
        "sliding_window",
        "tie_word_embeddings",
        "quantization_config",
        "mlp_only_layers",
        "attn_config",
    ];
    let names: Vec<String> = keys.chain(known).map(str::to_owned).collect();
    prop_oneof![4 => prop::sample::select(names), 1 => ".{0,6}".prop_map(String::from)]
}

/// A plausible configuration: known types, known keys, numbers of every size.
fn arbitrary_config() -> impl Strategy<Value = String> {
    let types: Vec<&'static str> = include_str!("../src/model/config/families.csv")
        .lines()
        .filter_map(|line| line.split([',', ' ']).next())
        .collect();
    let number = prop_oneof![
        4 => 1u64..64, 2 => (0u32..40).prop_map(|bits| 1u64 << bits), 1 => any::<u64>(),
    ];
    let field = (
        key(),
        prop_oneof![
            6 => number.prop_map(serde_json::Value::from),
            1 => arbitrary_json(),
        ],
    );
    (prop::sample::select(types), prop::collection::vec(field, 0..24)).prop_map(|(name, fields)| {
        let mut object: serde_json::Map<_, _> = fields.into_iter().collect();
        for (key, value) in [
            ("hidden_size", 64),
            ("vocab_size", 100),
            ("num_hidden_layers", 4),
            ("num_attention_heads", 4),
            ("num_experts_per_tok", 2),
        ] {
            object.entry(key).or_insert(value.into());
        }
        object.insert("model_type".into(), name.into());
        serde_json::Value::Object(object).to_string()
    })
}

/// What a reading always keeps to.
fn check(reading: &Reading) {
    assert!(reading.model.is_some() || !reading.problems.is_empty(), "no word of why");
    assert!(reading.problems.iter().all(|problem| problem.given != "these fields"), "no reason");
    let Some(model) = &reading.model else { return };
    let params = model.params();
    assert!(params.total > 0 && params.active <= params.total);
    assert!(model.hidden > 0 && model.vocab > 0 && !model.pattern.is_empty());
    for &index in &model.pattern {
        assert!(usize::from(index) < model.kinds.len());
    }
}

/// As many cases as `PROPTEST_CASES` says, 2,048 by default; no file of failures.
fn effort() -> ProptestConfig {
    let given = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok());
    let cases = given.unwrap_or(2048);
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(effort())]

    #[test]
    fn no_text_panics(text in "(?s).{0,200}") {
        check(&read(&text));
        let _ = hub_id(&text);
    }

    #[test]
    fn no_json_like_text_panics(text in r#"[\[\]{}:,"\\0-9eE.+a-fnrtu \n-]{0,120}"#) {
        check(&read(&text));
        check(&read(&format!("{{{text}}}")));
    }

    #[test]
    fn no_json_panics(value in arbitrary_json()) {
        check(&read(&value.to_string()));
    }

    #[test]
    fn no_configuration_panics(text in arbitrary_config()) {
        check(&read(&text));
        let nested = format!("{{\"text_config\": {text}}}");
        check(&read(&nested));
    }

    #[test]
    fn no_cut_of_a_configuration_panics(at in 0usize..LLAMA.len(), text in ".{0,4}") {
        let text = format!("{}{text}{}", &LLAMA[..at], &LLAMA[at..]);
        check(&read(&text));
        check(&read(&LLAMA[..at]));
    }

    #[test]
    fn whatever_is_json_elsewhere_is_json_here(value in arbitrary_json()) {
        let text = serde_json::to_string_pretty(&serde_json::json!({ "extra": value })).unwrap();
        let reading = read(&text);
        prop_assert!(reading.problems.iter().all(|problem| !problem.given.contains(" in line ")));
        prop_assert_eq!(reading.ignored, ["extra"]);
    }

    #[test]
    fn every_hub_id_survives_every_address(
        org in "[a-zA-Z0-9]([a-zA-Z0-9_-]{0,20}[a-zA-Z0-9])?",
        name in "[a-zA-Z0-9]([a-zA-Z0-9_-]{0,20}[a-zA-Z0-9])?",
        tail in prop::sample::select(vec!["", "/", "/tree/main", "/blob/main/config.json", "?a=b"]),
    ) {
        let id = format!("{org}/{name}");
        prop_assert_eq!(hub_id(&id), (!is_page(&org)).then(|| id.clone()));
        let address = format!("https://huggingface.co/{id}{tail}");
        prop_assert_eq!(hub_id(&address), (!is_page(&org)).then_some(id));
    }
}

/// First parts of Hub addresses that are pages of its own.
fn is_page(org: &str) -> bool {
    ["api", "docs", "blog", "join", "login", "papers", "models", "spaces"].contains(&org)
}
