//! tmp
#[path = "../tests/support/mod.rs"]
mod support;
use autoparallel::estimate::Book;
use autoparallel::search::{Goal, search};
use autoparallel::units::Seconds;
use support::{LLAMA_405B, Wanted, case};
fn main() {
    let base = Wanted {
        model: "llama-3.1-70b",
        global_batch: 2048,
        tokens: 15_000_000_000_000,
        ..LLAMA_405B
    };
    for machine in ["h100-sxm", "l4", "gb200", "a100-40g", "t4", "mi300x"] {
        for count in [8, 16, 64, 96, 256, 320, 1024, 1792, 4096, 8192, 12288, 16384] {
            let p = if machine == "t4" {
                autoparallel::workload::Precision::Fp16
            } else {
                base.precision
            };
            let case = case(&Wanted { machine, count, precision: p, ..base });
            let t0 = std::time::Instant::now();
            let book = Book::new(&case);
            let t1 = t0.elapsed();
            let goal = Goal::fastest(&book);
            let out = search(&book, &goal);
            let t2 = t0.elapsed();
            let step = out.best.as_ref().map_or(0.0, |b| b.estimate.step().get());
            let time = |share: f64| {
                let t = std::time::Instant::now();
                let o = search(&book, &Goal { cutoff: Seconds::new(step * share), ..goal.clone() });
                (t.elapsed(), o.best.is_some())
            };
            let floor = autoparallel::estimate::model_flops(&case).get()
                / (case.peak().get() * f64::from(count));
            println!(
                "{machine} {count}: book {t1:?} search {t2:?} step {step:.3} floor {floor:.3} half {:?} 0.9 {:?} 0.99 {:?} nodes {} est {}",
                time(0.5),
                time(0.9),
                time(0.99),
                out.tally.nodes,
                out.tally.estimated
            );
        }
    }
}
