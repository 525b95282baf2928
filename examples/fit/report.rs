//! How true the estimate is, in words and tables.

use crate::Judged;
use crate::ranges::{Ranges, quantile};
use crate::rank::spearman;
use autoparallel::fit::score::{GroupErrors, LogRatio, by_group, summary as sum_up};
use std::fmt::Write;

/// Which error of a run is meant.
type Error = fn(&Judged) -> f64;

/// Sweeps of layouts at one model and number of accelerators: at least this many layouts.
const SWEEP_MIN: usize = 4;
/// Worst runs that are listed.
const WORST: usize = 15;

/// Layouts of one model on one number of accelerators: what was measured and what was said, in
/// seconds a sequence.
pub struct Sweep {
    /// Group, model, layers, accelerators and the rest, with commas.
    pub name: String,
    /// Measured.
    pub measured: Vec<f64>,
    /// Said, the group unseen.
    pub predicted: Vec<f64>,
    /// Degrees of tensor parallelism.
    pub tensor: Vec<u32>,
}

fn groups(judged: &[Judged], error: Error) -> Vec<GroupErrors> {
    by_group(judged.iter().map(|row| (row.run.group.as_str(), LogRatio(error(row)))))
}

/// The figures in a few lines.
pub fn summary(judged: &[Judged], ranges: &Ranges) -> String {
    let mut text = String::new();
    let errors: [(&str, Error); 3] = [
        ("all runs seen", |row| row.seen),
        ("own group unseen", |row| row.unseen),
        ("own group and the own constants of every stack unseen", |row| row.unknown),
    ];
    for (name, error) in errors {
        writeln!(text, "{name}: {}", sum_up(&groups(judged, error))).unwrap_or_default();
    }
    let (rows, mean) = ranges.coverage();
    writeln!(
        text,
        "80 % ranges hold {:.1} % of runs, {:.1} % as a mean over groups (own group unseen)",
        100.0 * rows,
        100.0 * mean
    )
    .unwrap_or_default();
    for (name, error) in [
        ("peak memory", (|row| row.memory) as fn(&Judged) -> Option<f64>),
        ("peak memory, own group unseen", |row| row.memory_unseen),
    ] {
        let errors =
            judged.iter().filter_map(|row| Some((row.run.group.as_str(), LogRatio(error(row)?))));
        writeln!(text, "{name}: {}", sum_up(&by_group(errors))).unwrap_or_default();
    }
    let (rows, mean) = ranges.memory_coverage();
    writeln!(
        text,
        "80 % ranges of memory hold {:.1} % of runs, {:.1} % as a mean over groups (own group \
        unseen)",
        100.0 * rows,
        100.0 * mean
    )
    .unwrap_or_default();
    text.push_str(&ranking(judged));
    text
}

/// Regret and rank correlation within sweeps.
fn ranking(judged: &[Judged]) -> String {
    let mut text = String::new();
    let mut regrets = Vec::new();
    for sweep in sweeps(judged) {
        let best = sweep.measured.iter().copied().fold(f64::INFINITY, f64::min);
        let pairs = sweep.measured.iter().zip(&sweep.predicted);
        let chosen =
            pairs.min_by(|a, b| a.1.total_cmp(b.1)).map_or(best, |(measured, _)| *measured);
        let regret = chosen / best - 1.0;
        regrets.push(regret);
        let rho = spearman(&sweep.measured, &sweep.predicted);
        let rho = rho.map_or("-".to_owned(), |rho| format!("{rho:.2}"));
        writeln!(
            text,
            "sweep {}: {} layouts, regret {:.1} %, Spearman {rho}",
            sweep.name,
            sweep.measured.len(),
            100.0 * regret
        )
        .unwrap_or_default();
    }
    writeln!(
        text,
        "regret over {} sweeps: median {:.1} %, 90th percentile {:.1} %",
        regrets.len(),
        100.0 * quantile(&regrets, 0.5),
        100.0 * quantile(&regrets, 0.9)
    )
    .unwrap_or_default();
    text
}

/// Runs of one group, model, size, precision and release that differ in layout.
pub fn sweeps(judged: &[Judged]) -> Vec<Sweep> {
    let mut sweeps: Vec<Sweep> = Vec::new();
    for row in judged {
        let run = &row.run;
        let Some(step) = row.measured.step_s else { continue };
        let name = [
            run.group.as_str(),
            &run.model,
            &format!("{} layers", run.numbers.layers.unwrap_or(0)),
            &format!("{} accelerators", run.count.unwrap_or(0)),
            &run.precision,
            &run.accelerator,
            &format!("{} x {} tokens", run.global_batch.unwrap_or(0), run.sequence.unwrap_or(0)),
        ]
        .join(", ");
        let tp = run.degrees.tp.unwrap_or(1);
        let per_sequence = step / f64::from(run.global_batch.unwrap_or(1));
        let predicted = per_sequence * row.unseen.exp();
        match sweeps.iter_mut().find(|sweep| sweep.name == name) {
            Some(sweep) => {
                sweep.measured.push(per_sequence);
                sweep.predicted.push(predicted);
                sweep.tensor.push(tp);
            }
            None => sweeps.push(Sweep {
                name,
                measured: vec![per_sequence],
                predicted: vec![predicted],
                tensor: vec![tp],
            }),
        }
    }
    sweeps.retain(|sweep| {
        let distinct = |values: &[f64]| {
            let mut sorted = values.to_vec();
            sorted.sort_by(f64::total_cmp);
            sorted.dedup_by(|a, b| (*a / *b - 1.0).abs() < 1e-3);
            sorted.len()
        };
        distinct(&sweep.predicted) >= SWEEP_MIN
    });
    sweeps
}

/// The page for `docs`.
pub fn report(judged: &[Judged], ranges: &Ranges) -> String {
    let mut text = "# How true the training estimate is\n\n\
        Written by `cargo run --release --example fit -- RUNS.csv`. An error is the natural\n\
        logarithm of predicted over measured step time; positive: predicted too slow.\n\
        \"Unseen\": the constants were fitted without any run of the same group (one model,\n\
        machine and software). What the misses are made of: [limits.md](limits.md).\n\n```\n"
        .to_owned();
    text.push_str(&summary(judged, ranges));
    text.push_str(
        "```\n\n## By group\n\n\
         | group | stack | runs | median seen | median unseen | middle 80 % unseen |\n\
         |---|---|---|---|---|---|\n",
    );
    let seen = groups(judged, |row| row.seen);
    for (seen, unseen) in seen.iter().zip(groups(judged, |row| row.unseen)) {
        let row = judged.iter().find(|row| row.run.group == seen.group);
        let stack = row.map_or("", |row| row.sample.setup.case.stack.key.as_str());
        let plain = |errors: &[LogRatio]| errors.iter().map(|error| error.0).collect::<Vec<f64>>();
        let (seen_errors, errors) = (plain(&seen.errors), plain(&unseen.errors));
        let at = |share| quantile(&errors, share);
        writeln!(
            text,
            "| {} | {stack} | {} | {:+.3} | {:+.3} | {:+.3} to {:+.3} |",
            seen.group,
            seen.errors.len(),
            quantile(&seen_errors, 0.5),
            at(0.5),
            at(0.1),
            at(0.9)
        )
        .unwrap_or_default();
    }
    text.push_str(
        "\n## Worst runs, own group unseen\n\n\
         | run | model | accelerators | error | what was taken where the source is silent |\n\
         |---|---|---|---|---|\n",
    );
    let mut worst: Vec<&Judged> = judged.iter().collect();
    worst.sort_by(|a, b| b.unseen.abs().total_cmp(&a.unseen.abs()));
    for row in worst.into_iter().take(WORST) {
        writeln!(
            text,
            "| {} ({}) | {} | {} {} | {:+.3} | {} |",
            row.run.id,
            row.run.group,
            row.run.model,
            row.run.count.unwrap_or(0),
            row.run.accelerator,
            row.unseen,
            row.sample.setup.remarks.join("; ")
        )
        .unwrap_or_default();
    }
    text
}
