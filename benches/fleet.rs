//! Speed of a fleet search: `cargo bench --bench fleet`.
//!
//! Llama-3.1-70B on 15T tokens over every embedded offer and every useful count from 8 to 16,384, on one thread: all
//! of it, and until the frontier has its first points.

#[path = "../tests/support/mod.rs"]
mod support;

use autoparallel::catalogue::{offers, reliability};
use autoparallel::plan::fleet::{Fleet, Outages, Question};
use autoparallel::prices::Terms;
use criterion::{Criterion, criterion_group, criterion_main};
use std::hint::black_box;
use support::{LLAMA_405B, Wanted, case};

/// Layout searches after which a frontier is first shown.
const FIRST: u32 = 8;

fn fleets(c: &mut Criterion) {
    let wanted = Wanted { model: "llama-3.1-70b", tokens: 15_000_000_000_000, ..LLAMA_405B };
    let whole = Question::new(case(&wanted), offers::all().to_vec());
    let mut demand = whole.clone();
    demand.limits.terms = vec![Terms::OnDemand];
    let mut group = c.benchmark_group("fleet");
    group.sample_size(10);
    for (name, question) in [("llama-70b-all-offers", whole), ("llama-70b-on-demand", demand)] {
        let spot = reliability::zones().first().map(|zone| zone.spot);
        let question = Question { outages: Outages { spot, ..Outages::usual() }, ..question };
        for (part, searches) in [("first", FIRST), ("complete", u32::MAX)] {
            group.bench_function(format!("{name}-{part}"), |b| {
                b.iter(|| {
                    let mut fleet = Fleet::new(question.clone());
                    black_box(fleet.advance(searches));
                    assert!(!fleet.frontier().is_empty());
                });
            });
        }
    }
    group.finish();
}

criterion_group!(benches, fleets);
criterion_main!(benches);
