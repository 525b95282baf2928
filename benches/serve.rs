//! Speed of serving over all embedded offers: `cargo bench --bench serve`.
//!
//! The market put in order and every deployment of instances of up to 64 accelerators looked at, on one thread: all of
//! it, and until a first deployment keeps to the goals.

use autoparallel::catalogue::{engines, models, offers};
use autoparallel::plan::fleet::Limits;
use autoparallel::plan::serve::{Question, open};
use autoparallel::search::serve::fleet::Asked;
use autoparallel::serving::{FixedServing, Goals, KvFormat, Traffic, WeightFormat};
use autoparallel::units::{PerSecond, Ratio, Seconds};
use criterion::{Criterion, criterion_group, criterion_main};
use std::hint::black_box;

fn asked(model: &str, engine: &str) -> Asked {
    Asked {
        model: models::find(model).expect("a model").model.clone(),
        engine: engines::find(engine).expect("an engine").clone(),
        formats: vec![
            (WeightFormat::Bf16, KvFormat::Wide),
            (WeightFormat::Fp8, KvFormat::Wide),
            (WeightFormat::Fp8, KvFormat::Fp8),
            (WeightFormat::Int4Awq, KvFormat::Wide),
        ],
        speculation: None,
        traffic: Traffic {
            prompt: 2048.0,
            output: 512.0,
            spread: 0.7,
            prompt_spread: 0.0,
            cached: Ratio::ZERO,
        },
        goals: Goals { first_token: Some(Seconds::new(2.0)), per_token: Some(Seconds::new(0.05)) },
        share: Some(Ratio::new(0.9)),
        rate: Some(PerSecond::new(20.0)),
        spares: 1,
        fixed: FixedServing::default(),
        further_share: None,
    }
}

fn markets(c: &mut Criterion) {
    let mut group = c.benchmark_group("serve-fleet");
    group.sample_size(10);
    let limits = Limits::default();
    let question =
        Question { listings: offers::all(), limits: &limits, discounts: &[], ranks_max: 64 };
    for (model, engine) in [("Llama-3.3-70B-Instruct", "vllm"), ("DeepSeek-R1", "sglang")] {
        let asked = asked(model, engine);
        for part in ["first", "complete"] {
            group.bench_function(format!("{model}-{part}"), |b| {
                b.iter(|| {
                    let (mut search, _) = open(&question, asked.clone());
                    while !search.advance(1) {
                        if part == "first" && search.cheapest().is_some() {
                            break;
                        }
                    }
                    assert!(black_box(search.cheapest()).is_some());
                });
            });
        }
    }
    group.finish();
}

criterion_group!(benches, markets);
criterion_main!(benches);
