//! Speed of serving over all embedded offers: `cargo bench --bench serve`.
//!
//! The market put in order and every deployment of instances of up to 64 accelerators looked at, on one thread: all of
//! it, and until a first deployment keeps to the goals.

use autoparallel::catalogue::offers;
use autoparallel::link;
use autoparallel::plan::fleet::Limits;
use autoparallel::plan::serve::{Question, open};
use autoparallel::serving::{KvFormat, WeightFormat};
use criterion::{Criterion, criterion_group, criterion_main};
use std::hint::black_box;

const FORMATS: [(WeightFormat, KvFormat); 4] = [
    (WeightFormat::Bf16, KvFormat::Wide),
    (WeightFormat::Fp8, KvFormat::Wide),
    (WeightFormat::Fp8, KvFormat::Fp8),
    (WeightFormat::Int4Awq, KvFormat::Wide),
];

fn markets(c: &mut Criterion) {
    let mut group = c.benchmark_group("serve-fleet");
    group.sample_size(10);
    let limits = Limits::default();
    let question =
        Question { listings: offers::all(), limits: &limits, discounts: &[], ranks_max: 64 };
    for (model, engine) in
        [("meta-llama/Llama-3.3-70B-Instruct", "vllm"), ("deepseek-ai/DeepSeek-R1", "sglang")]
    {
        let link = format!("1;do=serve;m={model};se={engine};sr=20/s");
        let ask = link::decode(&link).inputs.resolve().ask.expect("a question");
        for part in ["first", "complete"] {
            group.bench_function(format!("{model}-{part}"), |b| {
                b.iter(|| {
                    let (mut search, _) = open(&question, ask.clone(), &FORMATS);
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
