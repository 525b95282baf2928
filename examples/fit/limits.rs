//! What the figures that are missed are made of: experiments on the runs themselves, written to `docs/limits.md`.

use crate::Judged;
use crate::noise::Noise;
use crate::ranges::quantile;
use crate::rank::spearman;
use crate::report::{self, Sweep};
use std::collections::BTreeMap;
use std::fmt::Write;

/// Re-run noise of one layout, as a share: one cluster, two, and the largest that the notes of the runs state.
const NOISES: [f64; 3] = [0.02, 0.05, 0.07];
/// Draws of noise for each.
const DRAWS: usize = 1_000;
/// Layouts of a large sweep.
const LARGE: usize = 20;
/// Twins that are listed.
const LISTED: usize = 12;
/// Median of the absolute value of a normal variable with a standard deviation of 1.
const MEDIAN_NORMAL: f64 = 0.6745;

/// The page for `docs`.
pub fn report(judged: &[Judged]) -> String {
    let mut text = "# What the misses are made of\n\n\
        Written by `cargo run --release --example fit -- RUNS.csv`: experiments on the measured \
        runs\n\
        that say how much of an error a better formula could still take away. Errors are natural\n\
        logarithms of predicted over measured step time, each group of runs unseen by the fit \
        unless\n\
        said otherwise; a group is one model on one kind of machine with one kind of software.\n\n"
        .to_owned();
    levels(&mut text, judged);
    columns(&mut text, judged);
    silent(&mut text, judged);
    twins(&mut text, judged);
    ranks(&mut text, judged);
    free(&mut text, judged);
    neighbours(&mut text, judged);
    text
}

/// Errors by group.
fn groups(judged: &[Judged], error: fn(&Judged) -> f64) -> BTreeMap<&str, Vec<f64>> {
    let mut groups: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for row in judged {
        groups.entry(&row.run.group).or_default().push(error(row));
    }
    groups
}

fn median(values: &[f64]) -> f64 {
    quantile(values, 0.5)
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let all: Vec<f64> = values.collect();
    all.iter().sum::<f64>() / all.len().max(1) as f64
}

fn sizes(values: &[f64], level: f64) -> Vec<f64> {
    values.iter().map(|value| (value - level).abs()).collect()
}

/// How much of the error is a level of each group, and how much lies within groups.
fn levels(text: &mut String, judged: &[Judged]) {
    let unseen = groups(judged, |row| row.unseen);
    let seen = groups(judged, |row| row.seen);
    let own = |errors: &[f64]| median(&sizes(errors, median(errors)));
    let plain = |errors: &[f64]| median(&sizes(errors, 0.0));
    let table = |groups: &BTreeMap<&str, Vec<f64>>, of: &dyn Fn(&[f64]) -> f64| {
        100.0 * mean(groups.values().map(|errors| of(errors)))
    };
    let level: Vec<f64> = unseen.values().map(|errors| median(errors)).collect();
    let spread = 1.4826 * median(&sizes(&level, 0.0));
    let rms = (mean(level.iter().map(|level| level * level))).sqrt();
    writeln!(
        text,
        "## Levels of groups\n\n\
         Mean over groups of the median error, as it is and when each group's own level (the \
         median of\n\
         its errors) is given away, which no prediction is told:\n\n\
         | | as it is | own level given |\n|---|---|---|\n\
         | group unseen | {:.1} % | {:.1} % |\n| every run seen | {:.1} % | {:.1} % |\n\n\
         Between groups the levels of unseen groups differ with a standard deviation of {:.1} % \
         (from\n\
         their median; {:.1} % root mean square). A model that predicted each group's rows \
         perfectly\n\
         among themselves, but knew nothing of this difference, would still miss by {:.1} % in \
         the\n\
         median. Most of what is missed is one level for each group: a cause that a whole \
         group shares and\n\
         its rows do not state, or a formula that none of its rows tests alone. What follows \
         asks what\n\
         could know it.\n",
        table(&unseen, &plain),
        table(&unseen, &own),
        table(&seen, &plain),
        table(&seen, &own),
        100.0 * spread,
        100.0 * rms,
        100.0 * spread * MEDIAN_NORMAL,
    )
    .unwrap_or_default();
}

/// Whether any stated column, or two of them, knows the levels: each group is corrected by the level of the other
/// groups with the same value, drawn to nothing as a mean of few should be.
fn columns(text: &mut String, judged: &[Judged]) {
    type Key = fn(&Judged) -> String;
    let keys: [(&str, Key); 10] = [
        ("stack", |row| row.sample.setup.case.stack.key.clone()),
        ("generation of accelerators", |row| generation(row).to_owned()),
        ("accelerator", |row| row.sample.setup.case.cluster.accelerator.name.clone()),
        ("number format", |row| row.run.precision.clone()),
        ("source", |row| row.run.source.clone()),
        ("task", |row| row.run.task.clone()),
        ("model", |row| row.run.model.clone()),
        ("experts or none", |row| experts(row).to_string()),
        ("stack and generation", |row| {
            format!("{} {}", row.sample.setup.case.stack.key, generation(row))
        }),
        ("generation, experts or none", |row| format!("{} {}", generation(row), experts(row))),
    ];
    text.push_str(
        "\n## Could a stated column know the levels?\n\n\
         Each group's errors less the level of the other groups that share a value with it \
         (their mean,\n\
         times n / (n + 1)). A column that helped would be below the first line:\n\n\
         | column | mean over groups of the median error |\n|---|---|\n",
    );
    let all = groups(judged, |row| row.unseen);
    let of = |correct: &dyn Fn(&str) -> f64| {
        100.0 * mean(all.iter().map(|(group, errors)| median(&sizes(errors, correct(group)))))
    };
    writeln!(text, "| none | {:.1} % |", of(&|_| 0.0)).unwrap_or_default();
    for (name, key) in keys {
        let mut values: BTreeMap<&str, String> = BTreeMap::new();
        for row in judged {
            values.entry(&row.run.group).or_insert_with(|| key(row));
        }
        let level = |group: &str| {
            let others = all
                .iter()
                .filter(|(other, _)| **other != group && values.get(*other) == values.get(group));
            let levels: Vec<f64> = others.map(|(_, errors)| median(errors)).collect();
            let n = levels.len() as f64;
            levels.iter().sum::<f64>() / (n + 1.0)
        };
        writeln!(text, "| {name} | {:.1} % |", of(&level)).unwrap_or_default();
    }
}

fn generation(row: &Judged) -> &str {
    &row.sample.setup.case.cluster.accelerator.generation
}

fn experts(row: &Judged) -> bool {
    row.sample.setup.case.model.experts() > 0
}

/// What sources leave out.
fn silent(text: &mut String, judged: &[Judged]) {
    text.push_str(
        "\n## What sources do not state\n\n\
         Groups of which some run leaves a field blank, beside the others:\n\n\
         | field | groups silent | median error | groups that state it | median error |\n\
         |---|---|---|---|---|\n",
    );
    let all = groups(judged, |row| row.unseen);
    for (name, word) in [
        ("recompute", "recompute not stated"),
        ("ZeRO stage", "ZeRO stage not stated"),
        ("network between machines", "network not stated"),
        ("size of the vocabulary", "vocabulary not stated"),
    ] {
        let is_silent = |group: &str| {
            judged.iter().any(|row| {
                row.run.group == group
                    && row.sample.setup.remarks.iter().any(|remark| remark.starts_with(word))
            })
        };
        let (silent, stated): (Vec<_>, Vec<_>) =
            all.iter().partition(|(group, _)| is_silent(group));
        let error = |groups: &[(&&str, &Vec<f64>)]| {
            100.0 * mean(groups.iter().map(|(_, errors)| median(&sizes(errors, 0.0))))
        };
        writeln!(
            text,
            "| {name} | {} | {:.1} % | {} | {:.1} % |",
            silent.len(),
            error(&silent),
            stated.len(),
            error(&stated)
        )
        .unwrap_or_default();
    }
}

/// Pairs of runs of one group that are alike in every column but those of release, date and place, with the logarithm
/// of how far apart they ran.
fn alike(judged: &[Judged]) -> Vec<(f64, &Judged, &Judged)> {
    let mut same: BTreeMap<String, Vec<&Judged>> = BTreeMap::new();
    for row in judged {
        let run = &row.run;
        let d = &run.degrees;
        let key = format!(
            "{} {} {} {:?} {} {} {} {d:?} {} {} {:?} {:?} {} {} {}",
            run.group,
            run.task,
            run.model,
            run.numbers.layers,
            run.count.unwrap_or(0),
            run.accelerator,
            run.precision,
            run.zero,
            run.sequence_parallel,
            run.global_batch,
            run.sequence,
            run.recompute,
            run.schedule,
            run.overlap,
        );
        same.entry(key).or_default().push(row);
    }
    let mut pairs: Vec<(f64, &Judged, &Judged)> = Vec::new();
    for rows in same.values() {
        for (i, first) in rows.iter().enumerate() {
            for other in rows.iter().skip(i + 1) {
                let (Some(a), Some(b)) = (first.measured.step_s, other.measured.step_s) else {
                    continue;
                };
                pairs.push(((a / b).ln().abs(), first, other));
            }
        }
    }
    pairs
}

/// Runs alike in all that a prediction may use, but for the release or the place, and how far apart they ran.
fn twins(text: &mut String, judged: &[Judged]) {
    let mut pairs = alike(judged);
    pairs.sort_by(|a, b| b.0.total_cmp(&a.0));
    let apart: Vec<f64> = pairs.iter().map(|(apart, ..)| *apart).collect();
    writeln!(
        text,
        "\n## Runs alike in every stated column\n\n\
         {} pairs of runs of one group are alike in model, machines, degrees, batch, format, \
         recompute and\n\
         ZeRO stage, and differ in release, date or laboratory at most. Their step times differ \
         by\n\
         {:.1} % (median), {:.1} % (90th percentile), {:.1} % (most). Between two such runs no \
         prediction\n\
         can be nearer than half of that to both. The widest:\n\n\
         | runs | releases | seconds | apart |\n|---|---|---|---|",
        apart.len(),
        100.0 * median(&apart),
        100.0 * quantile(&apart, 0.9),
        100.0 * quantile(&apart, 1.0),
    )
    .unwrap_or_default();
    for (apart, a, b) in pairs.iter().take(LISTED) {
        let seconds = |row: &Judged| row.measured.step_s.unwrap_or(0.0);
        let release = |row: &Judged| {
            let run = &row.run;
            let flags = if run.flags.len() < 40 { run.flags.as_str() } else { "other flags" };
            format!("{} {} {flags}", run.version, run.date).trim().to_owned()
        };
        writeln!(
            text,
            "| {}, {} ({}) | {}; {} | {:.3}, {:.3} | {:.2} |",
            a.run.id,
            b.run.id,
            a.run.group,
            release(a),
            release(b),
            seconds(a),
            seconds(b),
            apart
        )
        .unwrap_or_default();
    }
}

/// Rank correlation that a perfect prediction would have with a second measurement of the same sweep.
fn ranks(text: &mut String, judged: &[Judged]) {
    text.push_str(
        "\n## Ranking: what a perfect prediction would reach\n\n\
         Spearman's correlation of each sweep with itself when every time is measured again with \
         noise\n\
         of that standard deviation (mean of 1,000 draws): re-runs on one cluster and between \
         clusters\n\
         differ by 2 to 7 %. \"Half\": the widest that the middle half of the sweep's times lies \
         apart.\n\n\
         | sweep | layouts | half | reached | 2 % | 5 % | 7 % |\n|---|---|---|---|---|---|---|\n",
    );
    let mut noise = Noise::new();
    for Sweep { name, measured, predicted, .. } in report::sweeps(judged) {
        let logs: Vec<f64> = measured.iter().map(|seconds| seconds.ln()).collect();
        let half = quantile(&logs, 0.75) - quantile(&logs, 0.25);
        let ceilings = NOISES.map(|size| {
            let again = (0..DRAWS).filter_map(|_| {
                let drawn: Vec<f64> = logs.iter().map(|log| log + size * noise.normal()).collect();
                spearman(&logs, &drawn)
            });
            mean(again)
        });
        let rho = spearman(&measured, &predicted).unwrap_or(0.0);
        let name: Vec<&str> = name.split(", ").take(4).collect();
        writeln!(
            text,
            "| {} | {} | {:.1} % | {rho:.2} | {:.2} | {:.2} | {:.2} |",
            name.join(", "),
            measured.len(),
            100.0 * half,
            ceilings[0],
            ceilings[1],
            ceilings[2]
        )
        .unwrap_or_default();
    }
}

/// Large sweeps when each degree of tensor parallelism may have a factor of its own.
fn free(text: &mut String, judged: &[Judged]) {
    text.push_str(
        "\n## Ranking: which term would be missing\n\n\
         Sweeps of 20 layouts or more when every degree of tensor parallelism gets the factor \
         that suits\n\
         its own layouts best, and among the layouts of the most frequent degree alone:\n\n\
         | sweep | layouts | reached | free factors | among one degree | factors |\n\
         |---|---|---|---|---|---|\n",
    );
    for Sweep { name, measured, predicted, tensor } in report::sweeps(judged) {
        if measured.len() < LARGE {
            continue;
        }
        let mut errors: BTreeMap<u32, Vec<f64>> = BTreeMap::new();
        let all = || tensor.iter().zip(measured.iter().zip(&predicted));
        for (tp, (measured, said)) in all() {
            errors.entry(*tp).or_default().push((said / measured).ln());
        }
        let level = |tp: &u32| mean(errors.get(tp).into_iter().flatten().copied());
        let mended: Vec<f64> = all().map(|(tp, (_, said))| said * (-level(tp)).exp()).collect();
        let most = errors.iter().max_by_key(|(_, errors)| errors.len()).map_or(1, |(tp, _)| *tp);
        let (times, said): (Vec<f64>, Vec<f64>) =
            all().filter(|(tp, _)| **tp == most).map(|(_, (a, b))| (*a, *b)).unzip();
        let rho = |a: &[f64], b: &[f64]| spearman(a, b).unwrap_or(0.0);
        let factors = errors
            .iter()
            .map(|(tp, errors)| format!("TP {tp}: {:+.2} ({} layouts)", level(tp), errors.len()));
        let name: Vec<&str> = name.split(", ").take(4).collect();
        writeln!(
            text,
            "| {} | {} | {:.2} | {:.2} | TP {most}: {:.2} of {} | {} |",
            name.join(", "),
            measured.len(),
            rho(&measured, &predicted),
            rho(&measured, &mended),
            rho(&times, &said),
            times.len(),
            factors.collect::<Vec<_>>().join("; ")
        )
        .unwrap_or_default();
    }
    text.push_str(
        "\nA negative factor: predicted too fast. Where the factors do not rise or fall with the \
        degree,\n\
         no formula of what tensor parallelism does gives them.\n",
    );
}

/// Layouts of a sweep that differ in their tensor parallelism alone, where the middle one is the slowest.
fn neighbours(text: &mut String, judged: &[Judged]) {
    text.push_str(
        "\n## Ranking: layouts that contradict each other\n\n\
         Layouts of one sweep that differ in one degree alone (data parallelism takes up the \
         rest) and\n\
         whose middle one is more than 5 % slower than both others. More of that degree means \
         more\n\
         communication and less bubble or less state, step by step: no formula that is smooth in \
         it puts\n\
         the middle one last, so one of the three was disturbed or ran something that is not \
         stated.\n\n\
         | sweep | same | degree | seconds | errors |\n|---|---|---|---|---|\n",
    );
    let mut lines: BTreeMap<(String, &str), Vec<(u32, &Judged)>> = BTreeMap::new();
    for row in judged {
        let d = &row.run.degrees;
        let (tp, pp, mbs) = (d.tp.unwrap_or(1), d.pp.unwrap_or(1), d.micro_batch.unwrap_or(1));
        let head = format!(
            "{} {}, {} layers, {} accelerators, {} sequences",
            row.run.group,
            row.run.model,
            row.run.numbers.layers.unwrap_or(0),
            row.run.count.unwrap_or(0),
            row.run.global_batch.unwrap_or(0)
        );
        let rest = format!("{:?} {:?} {:?} {}", d.vpp, d.cp, d.ep, row.run.precision);
        for (degree, value, same) in [
            ("tensor", tp, format!("pipeline {pp}, micro-batch {mbs}")),
            ("micro-batch", mbs, format!("tensor {tp}, pipeline {pp}")),
        ] {
            let key = (format!("{head}\n{same}\n{rest}"), degree);
            lines.entry(key).or_default().push((value, row));
        }
    }
    let mut found = 0;
    for ((key, degree), rows) in &mut lines {
        rows.sort_by_key(|(value, _)| *value);
        rows.dedup_by_key(|(value, _)| *value);
        for three in rows.windows(3) {
            let time = |i: usize| three[i].1.measured.step_s.unwrap_or(0.0);
            if time(1) < 1.05 * time(0).max(time(2)) {
                continue;
            }
            found += 1;
            let list = |of: &dyn Fn(&Judged) -> String| {
                three.iter().map(|(_, row)| of(row)).collect::<Vec<_>>().join(", ")
            };
            let mut words = key.split('\n');
            writeln!(
                text,
                "| {} | {} | {degree} {} | {} | {} |",
                words.next().unwrap_or(""),
                words.next().unwrap_or(""),
                three.iter().map(|(value, _)| value.to_string()).collect::<Vec<_>>().join(", "),
                list(&|row| format!("{:.2}", row.measured.step_s.unwrap_or(0.0))),
                list(&|row| format!("{:+.3}", row.unseen)),
            )
            .unwrap_or_default();
        }
    }
    writeln!(text, "\nSuch threes: {found}.").unwrap_or_default();
}
