//! Fits the constants of stack profiles to measured runs, each group of runs predicted from the others only:
//! `cargo run --release --example fit -- RUNS.csv` writes `fitted.csv` and `ranges.csv` beside the table of stacks,
//! `docs/accuracy.md`, `docs/limits.md`, and the table of runs that the page shows. Runs alike give files alike, to the bit. With `--dry`
//! behind the table's name nothing is written: the report is printed.

mod limits;
mod noise;
mod parameters;
mod problem;
mod ranges;
mod rank;
mod report;
mod runs;
mod tables;

use autoparallel::catalogue::stacks;
use autoparallel::fit::run::read;
use autoparallel::fit::{Measured, Run, Setup};
use autoparallel::fit::{of_setup, setup_stated};
use parameters::{Parameters, Scope};
use problem::{Sample, solve};
use std::path::Path;

/// Date of the fit, written beside what it found.
const TODAY: &str = "2026-11-28";
/// The stack whose allocator and runtime stand in where those of a stack were read off the group itself.
const UNSEEN_MEMORY: &str = "megatron";
/// A group's weight grows with its number of runs, but slower: with its square root.
const GROUP_WEIGHT: f64 = -0.25;

/// A run of the scoring set with what is said of it.
pub struct Judged {
    /// What was run.
    pub run: Run,
    /// What was measured.
    pub measured: Measured,
    /// Logarithm of predicted over measured step time with all runs seen.
    pub seen: f64,
    /// The same with no run of its group seen.
    pub unseen: f64,
    /// The same when its stack was not seen either: with what all stacks have in common.
    pub unknown: f64,
    /// Logarithm of predicted over measured peak memory, where it was measured.
    pub memory: Option<f64>,
    /// The same with no run of its group seen.
    pub memory_unseen: Option<f64>,
    /// The run, and the parameters that it depends on.
    pub sample: Sample,
}

fn main() {
    let Some(path) = std::env::args().nth(1) else {
        eprintln!("usage: fit RUNS.csv");
        return;
    };
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) => {
            eprintln!("{path}: {error}");
            return;
        }
    };
    let (parameters, mut judged) = samples(&text);
    let start = vec![0.0; parameters.scopes.len()];
    let all: Vec<Sample> = judged.iter().map(|row| row.sample.clone()).collect();
    let x = solve(&parameters, all, &start, 3);
    validate(&parameters, &mut judged, &x);
    let ranges = ranges::ranges(&judged);
    if std::env::args().any(|arg| arg == "--dry") {
        print!("{}\n{}", report::report(&judged, &ranges), limits::report(&judged));
        return;
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files = [
        ("src/catalogue/data/fitted.csv", tables::fitted(&parameters, &judged, &x)),
        ("src/catalogue/data/ranges.csv", ranges.table()),
        ("docs/accuracy.md", report::report(&judged, &ranges)),
        ("docs/limits.md", limits::report(&judged)),
        ("public/measured-v1.csv", runs::table(&judged, &ranges)),
    ];
    for (name, text) in files {
        if let Err(error) = std::fs::write(root.join(name), text) {
            eprintln!("{name}: {error}");
        }
    }
    print!("{}", report::summary(&judged, &ranges));
}

/// The runs of the scoring set that have a step time.
fn samples(text: &str) -> (Parameters, Vec<Judged>) {
    let core = read(text).into_iter().filter(|(run, _)| run.core);
    let known = core.filter_map(|(run, measured)| {
        let step = measured.step_s?;
        Some((setup_stated(&run).ok()?, run, measured, step))
    });
    let known: Vec<_> = known.collect();
    let setups: Vec<_> = known.iter().map(|(setup, ..)| setup.clone()).collect();
    let (parameters, uses) = Parameters::of(&setups);
    let sizes: Vec<String> = known.iter().map(|(_, run, ..)| run.group.clone()).collect();
    let judged = known.into_iter().zip(uses).map(|((setup, run, measured, step), uses)| {
        let size = sizes.iter().filter(|group| **group == run.group).count() as f64;
        let weight = size.powf(GROUP_WEIGHT);
        let sample = Sample { setup, uses, log_measured: step.ln(), weight };
        let memory = memory_error(&sample.setup, &measured);
        let memory_unseen = memory_error(&memory_unseen(&run, &sample.setup), &measured);
        Judged {
            run,
            measured,
            seen: 0.0,
            unseen: 0.0,
            unknown: 0.0,
            memory,
            memory_unseen,
            sample,
        }
    });
    (parameters, judged.collect())
}

/// Logarithm of predicted over measured peak memory.
fn memory_error(setup: &Setup, measured: &Measured) -> Option<f64> {
    let said = of_setup(setup, &measured.memory_kind).memory[1];
    let said = said.as_f64() / (1u64 << 30) as f64;
    measured.memory_gib.map(|gib| (said / gib).ln())
}

/// The setup with the memory constants that its stack would have, had no run of the group been seen. All of them are
/// counted or documented but two: what the allocator loses and what lies outside it were read off the BLOOM sweep.
fn memory_unseen(run: &Run, setup: &Setup) -> Setup {
    let mut setup = setup.clone();
    if let (true, Some(other)) = (run.group.starts_with("bloom"), stacks::find(UNSEEN_MEMORY)) {
        let profile = &mut setup.case.stack.profile;
        (profile.slack, profile.context) = (other.profile.slack, other.profile.context);
    }
    setup
}

/// Predicts each group from the others.
fn validate(parameters: &Parameters, judged: &mut [Judged], x: &[f64]) {
    let mut groups: Vec<String> = judged.iter().map(|row| row.run.group.clone()).collect();
    groups.dedup();
    groups.sort();
    groups.dedup();
    for group in groups {
        let others = judged.iter().filter(|row| row.run.group != group);
        let others: Vec<Sample> = others.map(|row| row.sample.clone()).collect();
        let y = solve(parameters, others, x, 1);
        // What is not common to all stacks counts as not known.
        let common = |j: usize| match parameters.scopes[j] {
            Scope::Common { .. } | Scope::Generation(_) | Scope::Format(..) => y[j],
            _ => 0.0,
        };
        for row in judged.iter_mut().filter(|row| row.run.group == group) {
            row.seen = row.sample.error(parameters, &|j| x[j]);
            row.unseen = row.sample.error(parameters, &|j| y[j]);
            row.unknown = row.sample.error(parameters, &common);
        }
    }
}
