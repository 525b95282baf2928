//! What other programs ask and get: fields are those of the page, numbers are what they say, faults name their field.

use autoparallel::api::script::{
    Plain, analyze, best_config, check_memory, compare_link, compare_models, constants,
    decode_link, describe, encode_link, estimate_cost, limits, read_field,
};
use autoparallel::inputs::{Group, Key};
use autoparallel::link;
use serde_json::{Value, json};

fn plain(value: &Value) -> Plain {
    serde_json::from_value(value.clone()).expect("a plain object")
}

fn told<T: serde::Serialize>(value: &T) -> Value {
    serde_json::to_value(value).expect("an object")
}

fn number(value: &Value, path: &str) -> f64 {
    value.pointer(path).and_then(Value::as_f64).unwrap_or_else(|| panic!("{path} in {value}"))
}

fn near(one: f64, other: f64) {
    assert!((one / other - 1.0).abs() < 1e-9, "{one} {other}");
}

const LLAMA: &str = "meta-llama/Llama-2-7b-hf";

fn small() -> Value {
    json!({
        "version": 1,
        "model": LLAMA,
        "cluster": { "accelerator": "a100-80g", "accelerators": 8 },
        "training": { "global_batch_sequences": 64, "sequence_tokens": 4096, "total_tokens": 1e9 },
        "price": { "usd_per_accelerator_hour": 2.5 },
    })
}

#[test]
fn a_question_is_the_link_that_it_writes() {
    let question = json!({
        "model": "Qwen/Qwen3-30B-A3B",
        "cluster": {
            "accelerators": 64,
            "network_bits_per_s": 4e11,
            "memory_bytes": 85_899_345_920u64,
            "scale_up_bytes_per_s": 4.5e11,
            "peak_bf16_flops_per_s": 9.89e14,
            "power_watts": 700,
            "oversubscription_ratio": 1.5,
            "adaptive_routing": false,
        },
        "training": { "global_batch_tokens": 4_194_304, "precision": "fp8" },
        "constraints": {
            "memory_headroom_ratio": 0.1,
            "tensor_parallel": 2,
            "forbidden_techniques": ["offload-optimizer"],
        },
    });
    let link = encode_link(&plain(&question), &Plain::Nothing).expect("a link").link;
    let inputs = link::decode(&link).inputs;
    for (key, text) in [
        (Key::Count, "64"),
        (Key::Nic, "400Gbit/s"),
        (Key::Memory, "80GiB"),
        (Key::Power, "700W"),
        (Key::Oversubscription, "1.5"),
        (Key::AdaptiveRouting, "off"),
        (Key::Batch, "4194304tokens"),
        (Key::Headroom, "0.1"),
        (Key::Tp, "2"),
        (Key::Forbid, "offload-optimizer"),
    ] {
        let read = |text: &str| autoparallel::inputs::read(key, text).expect("a value");
        assert_eq!(read(inputs.get(key)), read(text), "{key:?} in {link}");
    }
    let back = decode_link(&link).expect("a question");
    assert_eq!(back.link, link);
    let again = encode_link(&back.question, &Plain::Nothing).expect("a link");
    assert_eq!(again.link, link);
    assert_eq!(
        told(&back.question).pointer("/training/global_batch_tokens"),
        Some(&json!(4194304.0))
    );
}

#[test]
fn every_old_link_is_a_question_that_writes_it_again() {
    let mut n = 0;
    for entry in std::fs::read_dir("tests/links/v1").expect("the corpus").flatten() {
        let text = std::fs::read_to_string(entry.path()).expect("a readable file");
        for line in text.lines().filter_map(|line| line.strip_prefix("link: ")) {
            let Ok(decoded) = decode_link(line) else { continue };
            let again = encode_link(&decoded.question, &Plain::Nothing).expect("a link");
            assert_eq!(again.link, decoded.link, "{line}");
            n += 1;
        }
    }
    assert!(n >= 20, "{n} links");
}

#[test]
fn every_input_of_a_plan_has_a_field() {
    use Group::{Budget, Fleet, Operation};
    let beside = |key: &&Key| matches!(key.group(), Budget | Fleet | Operation);
    for key in Key::ALL.iter().filter(|key| !beside(key)) {
        let text = format!("1;{}=8", key.link_name());
        let Ok(decoded) = decode_link(&text) else { panic!("{text}") };
        // What 8 is no value of stays as it was typed, among the others.
        let other = told(&decoded.question).pointer("/other").is_some();
        let reads = autoparallel::inputs::read(*key, "8").is_ok();
        assert!(!reads || !other, "{key:?} has no field: {:?}", decoded.question);
    }
}

#[test]
fn an_analysis_keeps_its_sums_and_its_units() {
    let answer = told(&analyze(&plain(&small())).expect("an answer"));
    let plan = answer.pointer("/plan").expect("a plan");
    let n = |path: &str| number(plan, path);
    // Conservation: parts sum to their wholes, degrees to the machines, tokens to the batch.
    let sum = |path: &str, field: &str| -> f64 {
        let parts = plan.pointer(path).and_then(Value::as_array).expect("parts");
        parts.iter().map(|part| part[field].as_f64().expect("a number")).sum()
    };
    assert_eq!(sum("/memory/parts", "bytes"), n("/memory/needed_bytes"));
    near(sum("/step_parts", "seconds"), n("/step/seconds"));
    assert_eq!(sum("/search/cuts", "layouts"), n("/search/layouts"));
    let ranks = ["tensor", "context", "pipeline", "data"]
        .map(|name| n(&format!("/layout/{name}_parallel")));
    assert_eq!(ranks.iter().product::<f64>(), 8.0);
    let batch = n("/layout/data_parallel")
        * n("/layout/micro_batch_sequences")
        * n("/layout/micro_batches");
    assert_eq!(batch, 64.0);
    near(n("/step/tokens_per_s") * n("/step/seconds"), 64.0 * 4096.0);
    // A billion tokens at 64 x 4,096 a step: 3,814.7 steps, rounded up.
    assert_eq!(n("/run/steps"), 3815.0);
    near(n("/run/seconds"), 3815.0 * n("/step/seconds"));
    near(n("/run/accelerator_hours"), 8.0 * n("/run/seconds") / 3600.0);
    near(n("/run/cost_usd"), 2.5 * n("/run/accelerator_hours"));
    near(n("/run/usd_per_million_tokens"), n("/run/cost_usd") / 1000.0);
    // Rated at 400 W each.
    near(n("/run/energy_kwh"), 0.4 * n("/run/accelerator_hours"));
    assert!(
        n("/run/seconds_range/low") <= n("/run/seconds")
            && n("/run/seconds") <= n("/run/seconds_range/high")
    );
    near(
        n("/run/seconds_range/high") / n("/run/seconds"),
        n("/step/seconds_range/high") / n("/step/seconds"),
    );
    near(n("/memory/free_bytes"), n("/memory/capacity_bytes") - n("/memory/needed_bytes"));
    let most = plan.pointer("/memory/stages").and_then(Value::as_array).expect("stages");
    let most = most.iter().map(|stage| stage["bytes"].as_f64().expect("bytes")).fold(0.0, f64::max);
    assert_eq!(most, n("/memory/needed_bytes"));
    assert_eq!(number(&answer, "/asked/model/parameters"), 6_738_415_616.0);
}

/// Seconds in the unit of a figure.
fn day(figure: &Value) -> f64 {
    match figure["shown"]["unit"].as_str() {
        Some("days") => 86400.0,
        _ => 1.0,
    }
}

#[test]
fn the_calls_agree_with_one_another() {
    let question = plain(&small());
    let whole = told(&analyze(&question).expect("an answer"));
    let best = told(&best_config(&question).expect("an answer"));
    let memory = told(&check_memory(&question).expect("an answer"));
    let cost = told(&estimate_cost(&question).expect("an answer"));
    let words = told(&describe(&question).expect("an answer"));
    let both =
        compare_models(&[LLAMA.to_owned(), "meta-llama/Llama-2-13b-hf".to_owned()], &question);
    let both = told(&both.expect("an answer"));
    assert_eq!(best["layout"], whole["plan"]["layout"]);
    assert_eq!(best["search"], whole["plan"]["search"]);
    assert_eq!(memory["memory"], whole["plan"]["memory"]);
    assert_eq!(memory["fits"], json!(true));
    assert_eq!(cost["run"], whole["plan"]["run"]);
    assert_eq!(both["models"][0]["step"], whole["plan"]["step"]);
    assert_eq!((both["fastest_step"].clone(), both["cheapest_run"].clone()), (json!(0), json!(0)));
    assert!(number(&both, "/models/1/step/seconds") > number(&both, "/models/0/step/seconds"));
    let figures = words["plan"]["figures"].as_array().expect("figures");
    let step = figures.iter().find(|figure| figure["id"] == "step_time").expect("a step time");
    assert_eq!(step["shown"]["value"], whole["plan"]["step"]["seconds"]);
    // Steps alone and with failures: both are named, both are the page's.
    let shown = |id: &str| figures.iter().find(|figure| figure["id"] == id).expect(id);
    let run = &whole["plan"]["run"];
    for (id, alone, failing) in [("run_days", "seconds", true), ("days", "seconds", false)] {
        let own = if failing { &run["with_failures"] } else { run };
        near(number(shown(id), "/shown/value") * day(shown(id)), number(own, &format!("/{alone}")));
    }
    assert_eq!(shown("run_cost")["shown"]["value"], run["with_failures"]["cost_usd"]);
    assert_eq!(shown("run_cost")["range"]["low"], run["with_failures"]["cost_usd_range"]["low"]);
    assert_eq!(shown("cost")["shown"]["value"], run["cost_usd"]);
    assert_eq!(cost["with_failures"], run["with_failures"]);
    // Failures only add time and money.
    assert!(number(&cost, "/with_failures/seconds") > number(&cost, "/run/seconds"));
    assert!(number(&cost, "/with_failures/cost_usd") > number(&cost, "/run/cost_usd"));
    let link = whole["plan"]["layout"]["link"].as_str().expect("a link");
    let pinned = told(&best_config(&plain(&json!({ "link": link }))).expect("an answer"));
    assert_eq!(pinned["step"], best["step"]);
}

/// Ten requests a second for Llama-3.3-70B at a price, all typed as fields.
fn serving() -> Value {
    json!({
        "version": 1,
        "purpose": "serve",
        "model": "meta-llama/Llama-3.3-70B-Instruct",
        "serving": {
            "engine": "vllm",
            "accelerators": ["h100-sxm", "h200-sxm"],
            "accelerators_max": 32,
            "prompt_tokens": 1024,
            "answer_tokens": 256,
            "requests_per_s": 10,
            "first_token_goal_seconds": 1.5,
            "per_token_goal_seconds": 0.04,
            "goals_hold_for": "p95",
            "usd_per_accelerator_hour": 2.5,
            "api_usd_per_million_answer_tokens": 0.9,
        },
    })
}

#[test]
fn a_deployment_keeps_its_goals_its_sums_and_its_units() {
    let answer = told(&analyze(&plain(&serving())).expect("an answer"));
    assert_eq!(answer["purpose"], json!("serve"));
    let own = answer.pointer("/deployment").expect("a deployment");
    let n = |path: &str| number(own, path);
    let sum = |path: &str, field: &str| -> f64 {
        let parts = own.pointer(path).and_then(Value::as_array).expect("parts");
        parts.iter().map(|part| part[field].as_f64().expect("a number")).sum()
    };
    // Goals are kept, memory and accelerators add up, what is asked is answered.
    assert!(n("/latency/first_token_seconds") <= 1.5 && n("/latency/per_token_seconds") <= 0.04);
    assert_eq!(sum("/memory/parts", "bytes"), n("/memory/used_bytes"));
    assert_eq!(n("/memory/used_bytes") + n("/memory/free_bytes"), n("/memory/capacity_bytes"));
    let ranks = ["tensor_parallel", "pipeline_parallel", "attention_data_parallel"]
        .map(|name| n(&format!("/layout/{name}")));
    let accelerators = ranks.iter().product::<f64>() * n("/layout/instances");
    assert_eq!(accelerators, n("/layout/accelerators"));
    near(n("/throughput/requests_per_s"), 10.0);
    assert!(n("/throughput/requests_per_s_max") >= 10.0);
    // Each answer has 256 tokens, of which a request sees one every `per_token_seconds`.
    near(n("/throughput/answer_tokens_per_s"), 2560.0);
    near(n("/throughput/answer_tokens_per_s_per_accelerator") * accelerators, 2560.0);
    near(n("/throughput/answer_tokens_per_s_per_request") * n("/latency/per_token_seconds"), 1.0);
    assert!(sum("/decode_parts", "seconds") <= n("/latency/per_token_seconds"));
    // Money: by the hour, the month, and all tokens of an hour together.
    near(n("/cost/usd_per_hour"), 2.5 * accelerators);
    near(n("/cost/usd_per_month"), 730.0 * n("/cost/usd_per_hour"));
    let prompts = n("/cost/usd_per_million_prompt_tokens") * 10.0 * 1024.0;
    let answers = n("/cost/usd_per_million_answer_tokens") * 10.0 * 256.0;
    near((prompts + answers) * 3600.0 / 1e6, n("/cost/usd_per_hour"));
    let api = 0.9 * 10.0 * 256.0 * 3600.0 / 1e6;
    near(n("/cost/break_even_ratio"), n("/cost/usd_per_hour") / api);
    let low = n("/latency/per_token_seconds_range/low");
    assert!(low <= n("/latency/per_token_seconds"));
    assert_eq!(number(&answer, "/asked/first_token_goal_seconds"), 1.5);
    assert!(own["command"].as_str().is_some_and(|text| text.starts_with("vllm serve")));
}

/// A chance that is asked for comes back, and each goal has it.
#[test]
fn goals_are_as_sure_as_is_asked() {
    let mut question = serving();
    let chances = |question: &Value| {
        let answer = told(&analyze(&plain(question)).expect("an answer"));
        let of = |name: &str| number(&answer, &format!("/deployment/latency/{name}"));
        let both = [of("first_token_goal_chance_ratio"), of("per_token_goal_chance_ratio")];
        (answer.pointer("/asked/goals_chance_ratio").cloned(), both)
    };
    let (asked, both) = chances(&question);
    assert_eq!(asked, Some(Value::Null));
    assert!(both.iter().any(|chance| *chance < 0.9), "{both:?}: nothing would be shown");
    question["serving"]["goals_chance_ratio"] = json!(0.9);
    let (asked, both) = chances(&question);
    assert_eq!(asked, Some(json!(0.9)));
    assert!(both.iter().all(|chance| *chance >= 0.9 - 1e-9), "{both:?}");
}

#[test]
fn the_calls_agree_on_serving_too() {
    let question = plain(&serving());
    let whole = told(&analyze(&question).expect("an answer"));
    let own = &whole["deployment"];
    let best = told(&best_config(&question).expect("an answer"));
    let memory = told(&check_memory(&question).expect("an answer"));
    let cost = told(&estimate_cost(&question).expect("an answer"));
    let words = told(&describe(&question).expect("an answer"));
    let models = ["meta-llama/Llama-3.3-70B-Instruct", "Qwen/Qwen3-8B"].map(str::to_owned);
    let both = told(&compare_models(&models, &question).expect("an answer"));
    for answer in [&best, &memory, &cost, &words, &both] {
        assert_eq!(answer["purpose"], json!("serve"));
    }
    assert_eq!(
        (&best["layout"], &best["latency"], &best["throughput"], &best["search"]),
        (&own["layout"], &own["latency"], &own["throughput"], &own["search"])
    );
    assert_eq!((&memory["memory"], &memory["fits"]), (&own["memory"], &json!(true)));
    assert_eq!(cost["cost"], own["cost"]);
    assert_eq!(both["models"][0]["latency"], own["latency"]);
    assert_eq!(both["cheapest_token"], json!(1), "8 B cost less a token than 70 B");
    // The words are those of the page.
    let figures = words["serve"]["figures"].as_array().expect("figures");
    let shown = |id: &str| {
        let found = figures.iter().find(|figure| figure["id"] == id).expect(id);
        found["shown"]["value"].clone()
    };
    assert_eq!(shown("ttft"), own["latency"]["first_token_seconds"]);
    assert_eq!(shown("tpot"), own["latency"]["per_token_seconds"]);
    assert_eq!(shown("output_price"), own["cost"]["usd_per_million_answer_tokens"]);
    assert_eq!(shown("monthly"), own["cost"]["usd_per_month"]);
    // The link that fixes the layout gives it again, and the question's own link asks it again.
    let link = own["layout"]["link"].as_str().expect("a link");
    let pinned = told(&best_config(&plain(&json!({ "link": link }))).expect("an answer"));
    assert_eq!(pinned["latency"], own["latency"]);
    let decoded =
        decode_link(whole["asked"]["link"].as_str().expect("a link")).expect("a question");
    let again = told(&analyze(&decoded.question).expect("an answer"));
    assert_eq!(again["deployment"], whole["deployment"]);
}

#[test]
fn what_a_question_is_about_follows_from_what_it_says() {
    let purpose = |question: Value| {
        told(&best_config(&plain(&question)).expect("an answer"))["purpose"].clone()
    };
    let model = "Qwen/Qwen3-8B";
    let link = format!("1;m={model};n=8;do=serve");
    assert_eq!(purpose(json!({ "link": link })), json!("serve"));
    assert_eq!(purpose(json!({ "link": link, "purpose": "train" })), json!("train"));
    let fields = json!({ "requests_per_s": 1 });
    assert_eq!(purpose(json!({ "model": model, "serving": fields })), json!("serve"));
    let cluster = json!({ "accelerators": 8 });
    assert_eq!(purpose(json!({ "model": model, "cluster": cluster })), json!("train"));
    // Fields of serving in a link that trains stay, and it still trains.
    let decoded = decode_link(&format!("1;m={model};n=8;sr=3/s")).expect("a question");
    assert_eq!(told(&decoded.question)["serving"]["requests_per_s"], json!(3.0));
    assert_eq!(encode_link(&decoded.question, &Plain::Nothing).expect("a link").link, decoded.link);
    assert_eq!(purpose(told(&decoded.question)), json!("train"));
}

#[test]
fn what_does_not_serve_says_why() {
    let ask = |serving: Value| {
        let question = json!({
            "purpose": "serve", "model": "meta-llama/Llama-3.3-70B-Instruct", "serving": serving,
        });
        told(&check_memory(&plain(&question)).expect("an answer"))
    };
    for (serving, because, fits) in [
        (json!({ "accelerators": ["rtx-4090"], "accelerators_max": 1 }), "memory", false),
        (json!({ "per_token_goal_seconds": 0.001 }), "latency", true),
        (json!({ "requests_per_s": 1000, "accelerators_max": 8 }), "accelerators", true),
        (json!({ "tensor_parallel": 7 }), "rules", false),
    ] {
        let answer = ask(serving.clone());
        assert_eq!(answer["nothing"]["because"], json!(because), "{serving}");
        assert_eq!(answer["fits"], json!(fits), "{serving}");
        let message = answer["nothing"]["message"].as_str().unwrap_or_default();
        assert!(message.len() > 20 && answer["layout"].is_null(), "{answer}");
    }
    // Narrower weights need no more accelerators, each format told.
    let formats = ask(json!({ "accelerators": ["h200-sxm"] }))["formats"].clone();
    let of = |name: &str| {
        let all = formats.as_array().expect("formats");
        all.iter().find(|own| own["weights_format"] == name).expect(name).clone()
    };
    let (wide, narrow) = (of("bf16"), of("fp8"));
    assert!(number(&narrow, "/weights_bytes") * number(&narrow, "/accelerators") < 80e9);
    assert!(number(&wide, "/weights_bytes") * number(&wide, "/accelerators") > 140e9);
}

#[test]
fn what_does_not_fit_says_what_is_missing() {
    let mut question = small();
    question["cluster"] = json!({ "accelerator": "a100-40g", "accelerators": 1 });
    let answer = told(&check_memory(&plain(&question)).expect("an answer"));
    assert_eq!(answer["fits"], json!(false));
    assert_eq!(answer["nothing"]["because"], json!("memory"));
    let n = |path: &str| number(&answer, path);
    let missing = n("/memory/needed_bytes") - n("/memory/usable_bytes");
    assert_eq!(n("/nothing/nearest/missing_bytes"), missing);
    assert!(missing > 0.0);
    question["cluster"]["accelerators"] = json!(8);
    question["constraints"] = json!({ "tensor_parallel": 3 });
    let answer = told(&best_config(&plain(&question)).expect("an answer"));
    assert_eq!(answer["nothing"]["because"], json!("rules"));
    assert!(answer["layout"].is_null());
    assert!(!answer["nothing"]["rules"].as_array().expect("rules").is_empty());
}

#[test]
fn faults_say_which_field_and_what_is_right() {
    let wrong = |question: Value| told(&analyze(&plain(&question)).expect_err("a fault"));
    for (question, code, field) in [
        (json!({ "cluster": { "accelerators": "64" } }), "wrong_type", "cluster.accelerators"),
        (json!({ "cluster": { "accelerators": -1 } }), "wrong_type", "cluster.accelerators"),
        (json!({ "cluster": { "accelerators": 1.5 } }), "bad_value", "cluster.accelerators"),
        (json!({ "cluster": { "accelerators": 1e300 } }), "bad_value", "cluster.accelerators"),
        (json!({ "cluster": { "gpus": 8 } }), "unknown_field", "cluster.gpus"),
        (json!({ "gpus": 8 }), "unknown_field", "gpus"),
        (json!({ "cluster": 8 }), "wrong_type", "cluster"),
        (json!({ "version": 2 }), "unsupported_version", "version"),
        (json!({ "model": "no/such-model" }), "bad_value", "model.name"),
        (json!({ "model": { "layers": 3 } }), "bad_value", "model.hidden_size"),
        (json!({ "link": "9;n=64" }), "bad_link", "link"),
        (json!({ "link": 64 }), "wrong_type", "link"),
        (json!({ "training": { "dropout": "on" } }), "wrong_type", "training.dropout"),
        (json!({ "purpose": "sell" }), "bad_value", "purpose"),
        (json!({ "serving": { "rate": 8 } }), "unknown_field", "serving.rate"),
        (json!({ "serving": { "engine": "nosuch" } }), "bad_value", "serving.engine"),
        (
            json!({ "serving": { "first_token_goal_seconds": "soon" } }),
            "wrong_type",
            "serving.first_token_goal_seconds",
        ),
        (
            json!({ "serving": { "requests_per_s": 1, "requests_in_flight": 1 } }),
            "bad_value",
            "serving.requests_in_flight",
        ),
        (
            json!({ "training": { "global_batch_sequences": 8, "global_batch_tokens": 8 } }),
            "given_twice",
            "training.global_batch_tokens",
        ),
        (json!([1]), "not_plain", ""),
    ] {
        let fault = wrong(question.clone());
        assert_eq!(fault["code"], json!(code), "{question}: {fault}");
        assert_eq!(fault["field"].as_str().unwrap_or_default(), field, "{question}: {fault}");
        let message = fault["message"].as_str().unwrap_or_default();
        assert!(message.len() > 10 && fault["expected"].is_string(), "{fault}");
        assert_eq!(fault["problems"][0]["code"], fault["code"]);
    }
    let both = json!({ "model": 3, "cluster": { "gpus": 8 } });
    assert_eq!(wrong(both)["problems"].as_array().map(Vec::len), Some(2));
}

#[test]
fn fields_are_read_as_people_type_them() {
    let read = |field: &str, text: &str| read_field(field, text).map(|value| told(&value));
    assert_eq!(read("cluster.accelerators", "16k").expect("a count"), json!(16_000.0));
    assert_eq!(read("cluster.network_bits_per_s", "400 Gb/s").expect("a rate"), json!(4e11));
    assert_eq!(read("cluster.memory_bytes", "80 GiB").expect("bytes"), json!(85_899_345_920.0));
    assert_eq!(read("training.total_tokens", "15.6T").expect("tokens"), json!(1.56e13));
    assert_eq!(read("constraints.memory_headroom_ratio", "5%").expect("a share"), json!(0.05));
    let fault = read_field("cluster.accelerators", "many").expect_err("a fault");
    assert_eq!(
        (fault.first.code.as_str(), fault.first.field.as_deref()),
        ("bad_value", Some("cluster.accelerators"))
    );
    assert_eq!(read_field("nothing", "1").expect_err("a fault").first.code, "unknown_field");
}

#[test]
fn what_grows_is_bounded() {
    let mut deep = json!(1);
    for _ in 0..=limits::DEPTH_MAX {
        deep = json!({ "a": deep });
    }
    assert!(serde_json::from_value::<Plain>(deep).is_err());
    let wide: Vec<u32> = (0..=limits::MEMBERS_MAX as u32).collect();
    assert!(serde_json::from_value::<Plain>(json!(wide)).is_err());
    let long = "x".repeat(limits::TEXT_BYTES_MAX + 1);
    assert!(serde_json::from_value::<Plain>(json!(long)).is_err());
    let many = vec![LLAMA.to_owned(); limits::MODELS_MAX + 1];
    let fault = compare_models(&many, &Plain::Nothing).expect_err("a fault");
    assert_eq!(fault.first.code, "too_many");
}

/// Constants and techniques by name, numbers as numbers; the link is the page's, and back they are the same.
#[test]
fn software_of_ones_own_is_asked_about() {
    let asked = json!({
        "version": 1,
        "model": LLAMA,
        "cluster": { "accelerators": 8 },
        "training": { "global_batch_sequences": 64, "sequence_tokens": 4096 },
        "stack": {
            "name": "torchtitan",
            "your_changes": {
                "matmul": 0.5, "stops_early": true, "zero3": false, "dualpipe": true,
                "pace@h100-sxm/bf16": "0.9:0.8",
            },
            "your_name": "fork",
        },
    });
    let answer = told(&analyze(&plain(&asked)).expect("an answer"));
    let stack = "torchtitan (PyTorch FSDP2)";
    let made = format!("fork ({stack} with matmul 0.5, stops early 1 and 3 more changes)");
    assert_eq!(answer["asked"]["your_stack"], json!(made));
    assert_eq!(answer["asked"]["stack"], json!("torchtitan"));
    let link = answer["asked"]["link"].as_str().expect("a link");
    let own = "ko=matmul:0.5,stops_early:1,pace@h100-sxm/bf16:0.9:0.8,dualpipe,-zero3;kn=fork";
    assert!(link.ends_with(own), "{link}");
    let back = told(&decode_link(link).expect("a question"));
    assert_eq!(back["question"]["stack"], asked["stack"]);
    let mut plainly = asked.clone();
    plainly["stack"] = json!({ "name": "torchtitan" });
    let base = told(&analyze(&plain(&plainly)).expect("an answer"));
    assert_eq!(base["asked"]["your_stack"], Value::Null);
    assert!(number(&answer, "/plan/step/seconds") > number(&base, "/plan/step/seconds"));
    for (changes, code) in [
        (json!({ "matmul": [1] }), "wrong_type"),
        (json!({}), "wrong_type"),
        (json!({ "matmul": 9 }), "bad_value"),
        (json!({ "matmull": 0.9 }), "bad_value"),
    ] {
        let question = json!({ "stack": { "your_changes": changes } });
        let fault = analyze(&plain(&question)).expect_err("a fault");
        let fault = told(&fault);
        assert_eq!(fault["problems"][0]["code"], json!(code), "{fault}");
        assert_eq!(fault["problems"][0]["field"], json!("stack.your_changes"), "{fault}");
    }
    let engine = json!({ "step_us": 900.0, "graphs": false, "pace@h200-sxm": 1.1 });
    let served = json!({ "purpose": "serve", "serving": { "your_engine_changes": engine } });
    let answer = told(&analyze(&plain(&served)).expect("an answer"));
    let made = "your engine (vLLM (V1) with graphs 0, step us 900 and 1 more change)";
    assert_eq!(answer["asked"]["your_engine"], json!(made));
    let back = told(&decode_link(answer["asked"]["link"].as_str().expect("a link")).expect("one"));
    assert_eq!(back["question"]["serving"]["your_engine_changes"], engine);
    let all = constants();
    assert_eq!(all.iter().filter(|own| own.of == "stack").count(), 43);
    assert!(all.iter().all(|own| own.min < own.max && !own.label.is_empty()));
}

const PROMISED: &str = "1;m=meta-llama/Llama-2-7b-hf;n=8;g=a100-80g;b=64;s=4096";

#[test]
fn a_promise_is_read_written_and_held_against_what_is_found() {
    let link = format!("{PROMISED};r=0.0.1-abc,1.5s,40GB");
    let decoded = decode_link(&link).expect("a link");
    let promise =
        json!({ "model_version": "0.0.1-abc", "step_seconds": 1.5, "memory_bytes": 4e10 });
    assert_eq!(told(&decoded.promise), promise);
    let again = encode_link(&decoded.question, &plain(&promise)).expect("a link").link;
    assert_eq!(decode_link(&again).expect("a link").promise, decoded.promise);
    assert_eq!(decode_link(PROMISED).expect("a link").promise, None);

    let answer = told(&analyze(&plain(&json!({ "link": link }))).expect("an answer"));
    assert_eq!(answer["changed"]["then"], promise);
    near(
        number(&answer, "/changed/now/step_seconds"),
        // Links have five digits.
        format!("{:.4e}", number(&answer, "/plan/step/seconds")).parse().expect("a number"),
    );
    let message = answer["changed"]["message"].as_str().expect("words");
    let version = answer["changed"]["now"]["model_version"].as_str().expect("a version");
    assert!(message.contains("0.0.1-abc") && message.contains(version), "{message}");
    let words = told(&describe(&plain(&json!({ "link": link }))).expect("an answer"));
    assert_eq!(words["changed"], answer["changed"]);

    // What is promised now is kept; another question was promised nothing.
    let kept = encode_link(&decoded.question, &plain(&answer["changed"]["now"])).expect("a link");
    let same = told(&analyze(&plain(&json!({ "link": kept.link }))).expect("an answer"));
    assert_eq!(same["changed"], Value::Null);
    let other = json!({ "link": link, "cluster": { "accelerators": 16 } });
    assert_eq!(told(&analyze(&plain(&other)).expect("an answer"))["changed"], Value::Null);

    let served = json!({ "purpose": "serve", "model": "Qwen/Qwen3-8B" });
    let promise = json!({
        "model_version": "0.0.1-abc", "first_token_seconds": 1, "per_token_seconds": 0.5,
        "accelerators": 64,
    });
    let link = encode_link(&plain(&served), &plain(&promise)).expect("a link").link;
    let answer = told(&analyze(&plain(&json!({ "link": link }))).expect("an answer"));
    near(number(&answer, "/changed/then/accelerators"), 64.0);
    for bad in [json!({}), json!(1), json!({ "model_version": "a;b", "step_seconds": 1 })] {
        let wrong = encode_link(&plain(&served), &plain(&bad)).expect_err("no promise");
        assert_eq!(wrong.first.field.as_deref(), Some("promise"), "{bad}");
    }
}

#[test]
fn a_comparison_is_told_from_a_plan_and_answered_column_by_column() {
    let link = "+1;m=meta-llama/Llama-2-7b-hf;n=8+1;m=meta-llama/Llama-2-7b-hf;n=16";
    for wrong in [
        decode_link(link).expect_err("no plan"),
        analyze(&plain(&json!({ "link": link }))).expect_err("no plan"),
    ] {
        assert_eq!(wrong.first.code, "bad_link");
        let message = &wrong.first.message;
        assert!(message.contains("comparison of 2") && message.contains("compare_models"));
    }
    let rows = told(&compare_link(link).expect("rows"));
    let counts: Vec<f64> =
        (0..2).map(|i| number(&rows, &format!("/models/{i}/asked/accelerators"))).collect();
    assert_eq!(counts, [8.0, 16.0]);
    let bad = "+1;m=meta-llama/Llama-2-7b-hf;n=8+1;m=no-such-model";
    let wrong = compare_link(bad).expect_err("no such model");
    assert_eq!(wrong.first.field.as_deref(), Some("columns[1]"));
    let mixed = "+1;n=64+1;do=serve";
    assert!(compare_link(mixed).expect_err("two kinds").first.message.contains("serving"));
    assert_eq!(compare_link("1;n=64").expect_err("one plan").first.code, "bad_link");
}

#[test]
fn a_model_that_cannot_be_compared_is_told_by_its_place() {
    let models = [LLAMA.to_owned(), "no-such-model".to_owned()];
    let wrong = compare_models(&models, &plain(&small())).expect_err("no such model");
    assert_eq!(wrong.first.field.as_deref(), Some("models[1]"));
    assert_eq!(wrong.problems[0].field, wrong.first.field);
    // What is wrong with every one of them keeps its own field.
    let bad = json!({ "cluster": { "accelerators": 0 } });
    let wrong = compare_models(&models, &plain(&bad)).expect_err("no machines");
    assert_eq!(wrong.first.field.as_deref(), Some("cluster.accelerators"));
}
