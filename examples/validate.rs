//! Predicts measured runs: `cargo run --release --example validate -- RUNS.csv > PREDICTIONS.csv`.

use autoparallel::estimate::Book;
use autoparallel::fit::run::read;
use autoparallel::fit::score::{by_group, quantile, summary};
use autoparallel::fit::setup;

fn main() {
    let path = std::env::args().nth(1).unwrap();
    let text = std::fs::read_to_string(path).unwrap();
    let mut time = Vec::new();
    let mut mem = Vec::new();
    let mut fail = std::collections::BTreeMap::new();
    for (run, measured) in read(&text) {
        match setup(&run) {
            Ok(setup) => {
                let book = Book::new(&setup.case);
                let e = book.estimate(&setup.layout);
                let t = e.step().get();
                let m = e.memory.total().as_f64() / (1u64 << 30) as f64;
                println!(
                    "{},{},{},{},{:.4},{:?},{:.2},{:?},{},{:?},{:?}",
                    run.id,
                    run.group,
                    run.core,
                    setup.case.stack.key,
                    t,
                    measured.step_s,
                    m,
                    measured.memory_gib,
                    setup.case.cluster.accelerator.name,
                    setup.case.training.precision,
                    setup.layout
                );
                if run.core {
                    if let Some(s) = measured.step_s {
                        time.push((run.group.clone(), (t / s).ln()));
                    }
                    if let Some(s) = measured.memory_gib {
                        mem.push((run.group.clone(), (m / s).ln()));
                    }
                }
            }
            Err(e) => {
                if run.core {
                    eprintln!("{} {}", run.id, e);
                }
                *fail.entry(e).or_insert(0) += 1;
            }
        }
    }
    for (name, list) in [("time", &time), ("mem", &mem)] {
        let groups = by_group(list.iter().map(|(g, e)| (g.as_str(), *e)));
        for g in &groups {
            eprintln!(
                "{name} {:40} n={:3} med={:+.3} p10={:+.3} p90={:+.3}",
                g.group,
                g.errors.len(),
                quantile(&g.errors, 0.5),
                quantile(&g.errors, 0.1),
                quantile(&g.errors, 0.9)
            );
        }
        eprintln!("{name} {:?}", summary(&groups));
    }
    for (k, v) in fail {
        eprintln!("{v} {k}");
    }
}
