//! Fits the constants of stack profiles to measured runs, each group of runs predicted from the others:
//! `cargo run --release --example fit -- RUNS.csv`.

mod parameters;
mod problem;

use autoparallel::fit::run::read;
use autoparallel::fit::score::{by_group, quantile, summary};
use autoparallel::fit::setup;
use parameters::Parameters;
use problem::{Sample, solve};

fn main() {
    let path = std::env::args().nth(1).unwrap();
    let text = std::fs::read_to_string(path).unwrap();
    let mut setups = Vec::new();
    let mut facts = Vec::new();
    for (run, measured) in read(&text) {
        if !run.core { continue; }
        let (Ok(setup), Some(step)) = (setup(&run), measured.step_s) else { continue };
        setups.push(setup);
        facts.push((run.id.clone(), run.group.clone(), step));
    }
    let (parameters, uses) = Parameters::of(&setups);
    let size = |group: &str| facts.iter().filter(|f| f.1 == group).count() as f64;
    let samples: Vec<Sample> = setups.into_iter().zip(uses).zip(&facts).map(|((setup, uses), fact)| Sample {
        setup, uses, log_measured: fact.2.ln(), weight: size(&fact.1).powf(-0.25),
    }).collect();
    let n = parameters.scopes.len();
    eprintln!("{} samples, {} parameters", samples.len(), n);
    let t = std::time::Instant::now();
    let x = solve(&parameters, samples.clone(), &vec![0.0; n], 3);
    eprintln!("fit {:?}", t.elapsed());
    let errors: Vec<f64> = samples.iter().map(|s| s.error(&parameters, &|j| x[j])).collect();
    let groups = by_group(facts.iter().zip(&errors).map(|(f, e)| (f.1.as_str(), *e)));
    eprintln!("in sample {:?}", summary(&groups));
    // cross-validated
    let mut cv = vec![0.0; samples.len()];
    for g in &groups {
        let rest: Vec<Sample> = samples.iter().zip(&facts).filter(|(_, f)| f.1 != g.group).map(|(s, _)| s.clone()).collect();
        let y = solve(&parameters, rest, &x, 1);
        for (i, f) in facts.iter().enumerate() {
            if f.1 == g.group { cv[i] = samples[i].error(&parameters, &|j| y[j]); }
        }
    }
    eprintln!("cv {:?}", t.elapsed());
    let cvg = by_group(facts.iter().zip(&cv).map(|(f, e)| (f.1.as_str(), *e)));
    for (a, b) in groups.iter().zip(&cvg) {
        println!("{:36} n={:3} in {:+.3} [{:+.3} {:+.3}]  cv {:+.3} [{:+.3} {:+.3}] abs {:.3}", a.group, a.errors.len(), quantile(&a.errors, 0.5), quantile(&a.errors, 0.1), quantile(&a.errors, 0.9), quantile(&b.errors, 0.5), quantile(&b.errors, 0.1), quantile(&b.errors, 0.9), quantile(&b.errors.iter().map(|e| e.abs()).collect::<Vec<_>>(), 0.5));
    }
    println!("cv {:?}", summary(&cvg));
    for (s, x) in parameters.scopes.iter().zip(&x) {
        match s {
            parameters::Scope::Constant { stack, at } => println!("{stack},{} x={x:+.2}", parameters::CONSTANTS[*at].field),
            parameters::Scope::Common { at } => println!("common {} x={x:+.2}", parameters::CONSTANTS[*at].field),
            other => println!("{other:?} x={x:+.2}"),
        }
    }
    for (f, e) in facts.iter().zip(&cv) { println!("row {} {} {:+.3}", f.0, f.1, e); }
}
