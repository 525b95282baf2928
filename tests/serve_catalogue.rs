//! Engines, edge machines and measured memory: that every line is read, and that published logs come out.

use autoparallel::catalogue::{accelerators, datasets, engines, models};
use autoparallel::estimate::serve::{ServeMemoryPart, Serving};
use autoparallel::serving::{Instance, KvFormat, Service, WeightFormat};
use std::collections::BTreeSet;

#[test]
fn every_engine_is_read_whole() {
    assert_eq!(engines::all().len(), engines::keys().len());
    assert!(engines::all().len() >= 20);
    let keys: BTreeSet<_> = engines::all().iter().map(|engine| &engine.key).collect();
    assert_eq!(keys.len(), engines::all().len());
    for engine in engines::all() {
        assert_eq!(engines::find(&engine.key), Some(engine));
        assert!(engines::stated(&engine.key).is_some(), "{}", engine.key);
        assert!(engine.date.starts_with("20"), "{}: {}", engine.key, engine.date);
        for figure in ["ttft", "tpot", "tok_s"] {
            let range = engine.range(figure, "no such generation", "no such mode");
            let range = range.unwrap_or_else(|| panic!("{}: {figure}", engine.key));
            assert!(range.factor.0.get() < 1.0 && range.factor.1.get() > 1.0, "{range:?}");
        }
    }
}

/// Every fitted line is a constant or a factor of a known engine, and took effect.
#[test]
fn every_fitted_line_is_used() {
    let keys = engines::keys();
    let mut factors = 0;
    for fact in engines::fitted() {
        let known = fact.of == "*" || keys.contains(&fact.of.as_str());
        assert!(known, "{fact:?}");
        assert!(fact.value.parse::<f64>().is_ok_and(|value| value > 0.0), "{fact:?}");
        if fact.field.contains('@') {
            factors += 1;
        } else {
            assert!(engines::facts().iter().any(|stated| stated.field == fact.field), "{fact:?}");
        }
    }
    assert!(factors > 20, "{factors}");
    let engine = engines::find("vllm").expect("an engine");
    assert!(engine.factors.len() > 5);
}

#[test]
fn edge_machines_are_found_by_name() {
    let mut names = BTreeSet::new();
    for row in accelerators::edge() {
        assert!(names.insert(&row.key), "{} twice", row.key);
        assert!(accelerators::all().iter().all(|known| known.key != row.key), "{}", row.key);
        assert_eq!(accelerators::find_serving(&row.key).map(|row| &row.key), Some(&row.key));
    }
    for (name, key) in [
        ("Apple-M3-Max-40c", "m3-max"),
        ("DGX-Spark-GB10-128GB", "gb10"),
        ("RTX-3070-8GB", "rtx-3070"),
        ("Intel-Arc-Pro-B60", "arc-b60"),
        ("H200-NVL-141GB", "h200-nvl"),
    ] {
        assert_eq!(accelerators::find_serving(name).map(|row| row.key.as_str()), Some(key));
    }
    assert!(names.len() >= 40);
}

#[test]
fn mlperf_lengths_are_known() {
    let traffic = datasets::mlperf("llama-2-70b").expect("OpenOrca");
    assert!((traffic.output - 294.5).abs() < 0.1);
    assert!(datasets::mlperf("no such model").is_none());
}

fn service(model: &str, machine: &str, count: u32, engine: &str, weights: WeightFormat) -> Service {
    let row = accelerators::find_serving(machine).expect("a machine");
    Service {
        model: models::find(model).expect("a model").model.clone(),
        cluster: accelerators::cluster(row, count),
        engine: engines::find(engine).expect("an engine").clone(),
        weights,
        cache: KvFormat::Wide,
        speculation: None,
    }
}

/// Logs quoted in vLLM's issues (its memory logs): blocks of 16 tokens at the default share of 0.9.
#[test]
fn pools_of_vllm_come_out() {
    let cases = [
        ("Llama-2-7b-hf", "a100-80g", WeightFormat::Bf16, 7351.0 * 16.0),
        ("Meta-Llama-3-8B", "rtx-a6000", WeightFormat::Bf16, 13248.0 * 16.0),
        ("Llama-2-7b-hf", "rtx-a6000", WeightFormat::Int4Gptq, 4877.0 * 16.0),
    ];
    for (model, machine, weights, tokens) in cases {
        let service = service(model, machine, 1, "vllm-2024", weights);
        let found = Serving::new(&service, &Instance::ONE).memory().tokens.as_f64();
        assert!((found / tokens - 1.0).abs() < 0.05, "{model} on {machine}: {found} of {tokens}");
    }
}

/// vLLM 0.6 logs 14.96 GiB of weights for Llama-3-8B on one GPU and 7.48 on each of two.
#[test]
fn weights_of_vllm_come_out() {
    for (tp, gib) in [(1, 14.96), (2, 7.48)] {
        let service = service("Meta-Llama-3-8B", "h100-sxm", tp, "vllm-2024", WeightFormat::Bf16);
        let instance = Instance { tp, ..Instance::ONE };
        let memory = Serving::new(&service, &instance).memory();
        let found = memory.get(ServeMemoryPart::Weights).as_gib();
        assert!((found / gib - 1.0).abs() < 0.005, "{found} of {gib} GiB");
    }
}

/// 671 GB in 8 bits: not on 4 x 80 GB nor on 8, but on 8 x 141 GB.
#[test]
fn what_cannot_be_loaded_is_too_full() {
    let full = |machine: &str, tp: u32| {
        let service = service("DeepSeek-R1", machine, tp, "sglang", WeightFormat::Fp8);
        Serving::new(&service, &Instance { tp, ..Instance::ONE }).memory().too_full
    };
    assert!(full("h100-sxm", 4) && full("h100-sxm", 8) && !full("h200-sxm", 8));
}
