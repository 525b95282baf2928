//! Speed of full estimates and of whole searches: `cargo bench --bench search`.

#[path = "../tests/support/mod.rs"]
mod support;

use autoparallel::estimate::Book;
use autoparallel::layout::Layout;
use autoparallel::search::{Goal, search};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;
use support::{DEEPSEEK_V3, LLAMA_405B, Wanted, case};

/// Memory and time of one layout from nothing but the case: no price is shared with the layout before.
fn estimates(c: &mut Criterion) {
    let mut group = c.benchmark_group("estimate");
    for wanted in [LLAMA_405B, DEEPSEEK_V3] {
        let case = case(&wanted);
        let book = Book::new(&case);
        let best = search(&book, &Goal::fastest(&book)).best.expect("a plan").layout;
        let layouts: Vec<Layout> =
            (1..=8).map(|micro_batch| Layout { micro_batch, ..best }).collect();
        group.throughput(Throughput::Elements(layouts.len() as u64));
        group.bench_function(wanted.model, |b| {
            b.iter(|| {
                for layout in &layouts {
                    black_box(book.estimate(black_box(layout)));
                }
            });
        });
    }
    group.finish();
}

/// The whole space of the large cases.
fn searches(c: &mut Criterion) {
    let mut group = c.benchmark_group("search");
    group.sample_size(20);
    let large = Wanted { count: 131_072, global_batch: 16_384, ..LLAMA_405B };
    let cases = [("llama-405b-16k", LLAMA_405B), ("llama-405b-131k", large)];
    for (name, wanted) in cases.into_iter().chain([("deepseek-v3-2k", DEEPSEEK_V3)]) {
        let case = case(&wanted);
        let book = Book::new(&case);
        group.bench_function(name, |b| b.iter(|| black_box(search(&book, &Goal::fastest(&book)))));
    }
    group.finish();
}

criterion_group!(benches, estimates, searches);
criterion_main!(benches);
