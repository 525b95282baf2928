//! Fits the constants of serving engines to measured runs, each group of runs predicted from the others only:
//! `cargo run --release --example fit_serve -- RUNS.csv` writes `engines_fitted.csv` and `engine_ranges.csv` beside
//! the table of engines, and `docs/accuracy_serve.md`. `--dry` writes what was said of each row to `target/` and no
//! table; `--exact WORD,WORD` leaves groups with such names out of a fit of their own (half a minute each).

mod floor;
mod parameters;
mod problem;
mod report;
mod served;
mod tables;

use autoparallel::fit::serve::run::read;
use autoparallel::fit::serve::setup_stated;
use parameters::Parameters;
use problem::{Errors, Linear, Normal, Sample, cost, linear};
use std::path::Path;

/// A source's weight grows with its number of rows, but slower.
const SOURCE_WEIGHT: f64 = -0.3;
/// Rows of sources with fewer weigh no more than those of one with so many: no constant hangs on a single row.
const FEW: f64 = 8.0;
/// One row in so many of those outside the scoring set is fitted as well.
const THINNED: usize = 3;
/// Gauss-Newton steps.
const ROUNDS: usize = 24;
/// The same where a group is left out.
const EXACT_ROUNDS: usize = 4;

/// A row with what is said of it.
pub struct Judged {
    /// The row.
    pub sample: Sample,
    /// Errors with all rows seen.
    pub seen: Errors,
    /// Errors with no row of its group seen.
    pub unseen: Errors,
}

fn main() {
    let Some(path) = std::env::args().nth(1) else {
        eprintln!("usage: fit_serve RUNS.csv");
        return;
    };
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) => {
            eprintln!("{path}: {error}");
            return;
        }
    };
    let mut parameters = Parameters::default();
    let samples = samples(&text, &mut parameters);
    eprintln!("{} rows, {} parameters", samples.len(), parameters.scopes.len());
    let (x, lines) = fit(&samples, &parameters, vec![0.0; parameters.scopes.len()], ROUNDS);
    let exact = std::env::args().skip_while(|argument| argument != "--exact").nth(1);
    let judged = validate(&samples, &parameters, &x, &lines, exact.as_deref());
    let tails = tables::tails(&judged);
    let ranges = tables::ranges(&judged, tails);
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    // For experiments: what was said of each row, and no table of the catalogue.
    if std::env::args().any(|argument| argument == "--dry") {
        let files = [
            ("target/fit_serve_rows.csv", report::rows(&judged)),
            ("target/fit_serve_constants.csv", tables::fitted(&parameters, &judged, &x)),
        ];
        for (name, text) in files {
            if let Err(error) = std::fs::write(root.join(name), text) {
                eprintln!("{name}: {error}");
            }
        }
        print!("{}{}", report::summary(&judged, tails), floor::paragraph(&read(&text), &judged));
        return;
    }
    let files = [
        ("src/catalogue/data/engines_fitted.csv", tables::fitted(&parameters, &judged, &x)),
        ("src/catalogue/data/engine_ranges.csv", tables::ranges_table(&ranges)),
        (
            "docs/accuracy_serve.md",
            report::report(&judged, tails, &floor::paragraph(&read(&text), &judged)),
        ),
        ("public/served-v1.csv", served::table(&judged, &text)),
    ];
    // Only the runs beside what was said of them: the tables of the catalogue stay.
    let only = std::env::args().any(|argument| argument == "--runs");
    let files = files.into_iter().filter(|(name, _)| !only || name.starts_with("public"));
    for (name, text) in files {
        if let Err(error) = std::fs::write(root.join(name), text) {
            eprintln!("{name}: {error}");
        }
    }
    print!("{}", report::summary(&judged, tails));
}

/// The rows of the scoring set, and some of the others, that have a figure.
fn samples(text: &str, parameters: &mut Parameters) -> Vec<Sample> {
    let known = read(text)
        .into_iter()
        .enumerate()
        .filter(|(i, (run, _))| run.tier != "C" && (run.core || i.is_multiple_of(THINNED)));
    let mut samples: Vec<Sample> = Vec::new();
    for (_, (run, measured)) in known {
        let Ok(setup) = setup_stated(&run) else { continue };
        let log_measured = Sample::measured(&run, &measured);
        if log_measured.iter().all(Option::is_none) {
            continue;
        }
        let uses = parameters.uses(&setup);
        // Rows with an ambiguous field count half.
        let weight = if run.tier == "A" { 1.0 } else { 0.7 };
        samples.push(Sample { run, setup, uses, log_measured, weight });
    }
    let sources: Vec<String> = samples.iter().map(|sample| sample.run.source.clone()).collect();
    for sample in &mut samples {
        let n = sources.iter().filter(|source| **source == sample.run.source).count() as f64;
        sample.weight *= n.max(FEW).powf(SOURCE_WEIGHT) * 2.0;
    }
    samples
}

/// The parameters that fit best, looked for from `x` on, and the linear model around them.
fn fit(
    samples: &[Sample],
    parameters: &Parameters,
    mut x: Vec<f64>,
    rounds: usize,
) -> (Vec<f64>, Vec<Linear>) {
    let n = parameters.scopes.len();
    let mut best = cost(samples, parameters, &x);
    // Of the way to where the linear model is best.
    let mut share = 1.0;
    let mut lines: Vec<Linear> = samples.iter().map(|s| linear(s, parameters, &x)).collect();
    for round in 0..rounds {
        let mut normal = Normal::new(n);
        for (sample, line) in samples.iter().zip(&lines) {
            normal.add(sample, line, &x, 1.0);
        }
        let there = normal.solve(&x, 1.0);
        let next: Vec<f64> =
            x.iter().zip(&there).map(|(from, to)| from + share * (to - from)).collect();
        let now = cost(samples, parameters, &next);
        eprintln!("round {round}: cost {best:.1} -> {now:.1}, share {share:.2}");
        if now < best {
            let done = best - now < 1e-4 * best;
            (x, best) = (next, now);
            share = f64::min(1.0, share * 2.0);
            lines = samples.iter().map(|s| linear(s, parameters, &x)).collect();
            if done {
                break;
            }
        } else {
            share *= 0.4;
        }
    }
    (x, lines)
}

/// Predicts each group from the others: by their normal equations without its own, and where the group's name has one of
/// the words of `exact`, between commas, by a fit that goes on from there without it.
fn validate(
    samples: &[Sample],
    parameters: &Parameters,
    x: &[f64],
    lines: &[Linear],
    exact: Option<&str>,
) -> Vec<Judged> {
    let n = parameters.scopes.len();
    let mut whole = Normal::new(n);
    for (sample, line) in samples.iter().zip(lines) {
        whole.add(sample, line, x, 1.0);
    }
    let mut groups: Vec<&str> = samples.iter().map(|sample| sample.run.group.as_str()).collect();
    groups.sort_unstable();
    groups.dedup();
    let mut unseen: Vec<Errors> = vec![[None; 4]; samples.len()];
    for group in groups {
        let mut others = Normal { a: whole.a.clone(), b: whole.b.clone() };
        let own = |sample: &Sample| sample.run.group == group;
        for (sample, line) in samples.iter().zip(lines).filter(|(sample, _)| own(sample)) {
            others.add(sample, line, x, -1.0);
        }
        let mut y = others.solve(x, 2.0);
        if exact.is_some_and(|words| words.split(',').any(|word| group.contains(word))) {
            let rest: Vec<Sample> = samples.iter().filter(|one| !own(one)).cloned().collect();
            eprintln!("without {group}:");
            y = fit(&rest, parameters, y, EXACT_ROUNDS).0;
        }
        for (sample, errors) in samples.iter().zip(&mut unseen) {
            if own(sample) {
                *errors = sample.errors(parameters, &|j| y[j]);
            }
        }
    }
    let judged = samples.iter().zip(unseen).map(|(sample, unseen)| Judged {
        sample: sample.clone(),
        seen: sample.errors(parameters, &|j| x[j]),
        unseen,
    });
    judged.collect()
}
