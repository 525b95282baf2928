//! Predicts measured runs of inference:
//! `cargo run --release --example validate_serve -- RUNS.csv > PREDICTIONS.csv`.
//!
//! Reads any rows with the columns of a table of runs and writes one line each; what was measured is only read to sum
//! errors up on standard error, after everything was predicted. Tokens a second are in the row's own kind and scope.

use autoparallel::fit::score::{LogRatio, by_group, quantile};
use autoparallel::fit::serve::run::read;
use autoparallel::fit::serve::{ServeMeasured, ServePrediction, ServeRun, predict};
use autoparallel::units::Ratio;
use std::collections::BTreeMap;
use std::fmt::Write;

const HEADER: &str = "id,source_id,pred_ttft_ms,pred_ttft_ms_lo,pred_ttft_ms_hi,pred_tpot_ms,\
pred_tpot_ms_lo,pred_tpot_ms_hi,pred_tok_s,pred_tok_s_lo,pred_tok_s_hi,pred_mem_gib,\
pred_kv_tokens,pred_fits,profile,reason";

/// A run with what was said of it.
struct Row {
    run: ServeRun,
    measured: ServeMeasured,
    said: Result<ServePrediction, String>,
}

/// Figures of a row: predicted and measured.
#[derive(Clone, Copy)]
enum Figure {
    FirstToken,
    PerToken,
    Rate,
    Whole,
    Cached,
    Memory,
}

fn main() {
    let Some(path) = std::env::args().nth(1) else {
        eprintln!("usage: validate_serve RUNS.csv > PREDICTIONS.csv");
        std::process::exit(2);
    };
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) => {
            eprintln!("{path}: {error}; expected a table with the columns of inference runs");
            std::process::exit(2);
        }
    };
    let rows = read(&text).into_iter().map(|(run, measured)| {
        let said = predict(&run);
        Row { run, measured, said }
    });
    let rows: Vec<Row> = rows.collect();
    println!("{HEADER}");
    for row in &rows {
        println!("{}", line(row));
    }
    eprint!("{}", report(&rows));
}

fn line(row: &Row) -> String {
    let (id, source) = (quoted(&row.run.id), quoted(&row.run.source));
    match &row.said {
        Err(reason) => format!("{id},{source},{}{}", ",".repeat(13), quoted(reason)),
        Ok(said) => {
            let figures = [Figure::FirstToken, Figure::PerToken, Figure::Rate];
            let ranges = figures.iter().zip(said.ranges).map(|(figure, (low, high))| {
                figure.said(said).map_or_else(
                    || ",,".to_owned(),
                    |value| format!("{value:.5},{:.5},{:.5}", value * low, value * high),
                )
            });
            let ranges: Vec<String> = ranges.collect();
            format!(
                "{id},{source},{},{:.3},{},{},{},{}",
                ranges.join(","),
                said.said.memory.as_gib(),
                said.said.cached.get(),
                if said.said.fits { "y" } else { "n" },
                said.profile,
                quoted(&said.remarks.join("; "))
            )
        }
    }
}

impl Figure {
    fn said(self, row: &ServePrediction) -> Option<f64> {
        let said = &row.said;
        match self {
            Self::FirstToken => said.first_token.map(|time| time.get() * 1e3),
            Self::PerToken => said.per_token.map(|time| time.get() * 1e3),
            Self::Rate => said.rate.map(|rate| rate.get()),
            Self::Whole => said.whole.map(|time| time.get() * 1e3),
            Self::Cached => Some(said.cached.as_f64()),
            Self::Memory => Some(said.memory.as_gib()),
        }
    }

    fn measured(self, row: &Row) -> Option<f64> {
        let measured = &row.measured;
        match self {
            Self::FirstToken => measured.ttft_ms,
            Self::PerToken => measured.tpot_ms,
            Self::Rate => measured.tok_s,
            Self::Whole => measured.whole_ms,
            Self::Cached => measured.kv_tokens,
            Self::Memory => measured.memory,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::FirstToken => "TTFT",
            Self::PerToken => "TPOT",
            Self::Rate => "tok/s",
            Self::Whole => "whole",
            Self::Cached => "KV tokens",
            Self::Memory => "memory",
        }
    }
}

const FIGURES: [Figure; 6] = [
    Figure::FirstToken,
    Figure::PerToken,
    Figure::Rate,
    Figure::Whole,
    Figure::Cached,
    Figure::Memory,
];

fn quoted(field: &str) -> String {
    let plain = !field.contains([',', '"', '\n']);
    if plain { field.to_owned() } else { format!("\"{}\"", field.replace('"', "\"\"")) }
}

/// `ln(predicted / measured)` of a figure, and whether the measured value lies in the range.
fn error(row: &Row, figure: Figure) -> Option<(LogRatio, Option<bool>)> {
    let prediction = row.said.as_ref().ok()?;
    let measured = figure.measured(row)?;
    let mut said = figure.said(prediction)?;
    if matches!(figure, Figure::Memory) && row.run.mode == "memory" {
        said = prediction.said.weights.as_gib();
    }
    let inside = match figure {
        Figure::FirstToken | Figure::PerToken | Figure::Rate => {
            let (low, high) = prediction.ranges[figure as usize];
            Some(said * low <= measured && measured <= said * high)
        }
        _ => None,
    };
    Some((LogRatio((said / measured).ln()), inside))
}

/// Errors by figure and kind of mode, each source weighing the same; then by source; then what was not predicted.
fn report(rows: &[Row]) -> String {
    let mut text = String::new();
    let core_a = |row: &&Row| row.run.core && row.run.tier == "A";
    let sets: [(&str, Vec<&Row>); 3] = [
        ("core rows of tier A", rows.iter().filter(core_a).collect()),
        ("core rows", rows.iter().filter(|row| row.run.core).collect()),
        ("all rows but tier C", rows.iter().filter(|row| row.run.tier != "C").collect()),
    ];
    for (name, rows) in &sets {
        let predicted = rows.iter().filter(|row| row.said.is_ok()).count();
        writeln!(text, "{name}: {predicted} of {} predicted", rows.len()).unwrap_or_default();
        for figure in FIGURES {
            by_kind(&mut text, rows, figure);
        }
    }
    goals(&mut text, &sets[0].1);
    text.push_str("by source (core rows)\n");
    for figure in FIGURES {
        by_source(&mut text, &sets[1].1, figure);
    }
    let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
    for row in rows {
        if let Err(reason) = &row.said {
            *reasons.entry(format!("{}: {reason}", row.run.source)).or_default() += 1;
        }
    }
    for (reason, n) in reasons {
        writeln!(text, "not predicted, {n} rows of {reason}").unwrap_or_default();
    }
    let fits = |row: &&Row| row.said.as_ref().is_ok_and(|said| said.said.fits);
    let never: Vec<&Row> = rows.iter().filter(|row| row.said.is_ok() && !fits(row)).collect();
    let ran = rows.iter().filter(|row| row.said.is_ok()).count();
    writeln!(text, "said not to fit, but ran: {} of {ran} predicted rows", never.len())
        .unwrap_or_default();
    for row in never.into_iter().take(40) {
        writeln!(text, "said not to fit, but ran: {} {}", row.run.id, row.run.accelerator)
            .unwrap_or_default();
    }
    text
}

/// What was to be reached, each with the figure and the kinds of rows that it is about.
const GOALS: [(&str, Figure, &[&str]); 7] = [
    ("decode of one sequence, median 8 %", Figure::Rate, &["decode1"]),
    ("TPOT closed and static, median 10 %, mean 18 %", Figure::PerToken, &["closed", "static"]),
    ("TTFT, median 20 %", Figure::FirstToken, &[]),
    ("tokens/s offline, median 12 %", Figure::Rate, &["offline"]),
    ("tokens/s MLPerf with known degrees, 15 %", Figure::Rate, &["mlperf"]),
    ("cached tokens, 5 %", Figure::Cached, &[]),
    ("memory, 5 %", Figure::Memory, &[]),
];

fn goals(text: &mut String, rows: &[&Row]) {
    text.push_str("what was to be reached (core rows of tier A, constants fitted to them)\n");
    for (name, figure, kinds) in GOALS {
        let own = |row: &&&Row| kinds.is_empty() || kinds.iter().any(|kind| is_of(row, kind));
        let own: Vec<&Row> = rows.iter().filter(own).copied().collect();
        if let Some(line) = sum_up(&own, figure) {
            writeln!(text, "  {name}: {line}").unwrap_or_default();
        }
    }
}

/// Whether a row is of a kind of mode; `decode1`: one sequence that is written, whatever the mode.
fn is_of(row: &Row, kind: &str) -> bool {
    let Ok(said) = &row.said else { return false };
    let alone = said.kind == "single" || row.run.batch == Some(1.0);
    said.kind == kind || kind == "decode1" && alone && row.run.kind == "decode"
}

fn by_kind(text: &mut String, rows: &[&Row], figure: Figure) {
    let mut kinds: Vec<&str> =
        rows.iter().filter_map(|row| Some(row.said.as_ref().ok()?.kind)).collect();
    kinds.sort_unstable();
    kinds.dedup();
    for kind in kinds {
        let of_kind = |row: &&&Row| row.said.as_ref().is_ok_and(|said| said.kind == kind);
        let of_kind: Vec<&Row> = rows.iter().filter(of_kind).copied().collect();
        if let Some(line) = sum_up(&of_kind, figure) {
            writeln!(text, "  {:9} {kind:8} {line}", figure.name()).unwrap_or_default();
        }
    }
    if let Some(line) = sum_up(rows, figure) {
        writeln!(text, "  {:9} {:8} {line}", figure.name(), "all").unwrap_or_default();
    }
}

fn sum_up(rows: &[&Row], figure: Figure) -> Option<String> {
    let errors: Vec<_> = rows
        .iter()
        .filter_map(|row| Some((row.run.source.as_str(), error(row, figure)?)))
        .collect();
    if errors.is_empty() {
        return None;
    }
    let groups = by_group(errors.iter().map(|(source, (error, _))| (*source, *error)));
    let n = groups.len() as f64;
    let sizes =
        |errors: &[LogRatio]| errors.iter().map(|e| LogRatio(e.0.abs())).collect::<Vec<_>>();
    let median =
        groups.iter().map(|g| quantile(&sizes(&g.errors), Ratio::new(0.5)).0).sum::<f64>() / n;
    let of_mean =
        |g: &[LogRatio]| g.iter().map(|e| (e.0.exp() - 1.0).abs()).sum::<f64>() / g.len() as f64;
    let mean = groups.iter().map(|g| of_mean(&g.errors)).sum::<f64>() / n;
    let all: Vec<LogRatio> = groups.iter().flat_map(|g| sizes(&g.errors)).collect();
    let inside: Vec<bool> = errors.iter().filter_map(|(_, (_, inside))| *inside).collect();
    let covered =
        inside.iter().filter(|inside| **inside).count() as f64 / inside.len().max(1) as f64;
    let plain: Vec<LogRatio> = groups.iter().flat_map(|g| g.errors.clone()).collect();
    Some(format!(
        "{:4} rows {:2} sources; by source: median |ln| {:5.1} %, mean % error {:5.1} %; \
         rows: median |ln| {:5.1} %, \
         mean {:5.1} %, bias {:+.3}; range holds {:.1} %",
        errors.len(),
        groups.len(),
        100.0 * median,
        100.0 * mean,
        100.0 * quantile(&all, Ratio::new(0.5)).0,
        100.0 * of_mean(&plain),
        quantile(&plain, Ratio::new(0.5)).0,
        100.0 * covered
    ))
}

fn by_source(text: &mut String, rows: &[&Row], figure: Figure) {
    let mut sources: Vec<&str> = rows.iter().map(|row| row.run.source.as_str()).collect();
    sources.sort_unstable();
    sources.dedup();
    for source in sources {
        let of_it: Vec<&Row> =
            rows.iter().filter(|row| row.run.source == source).copied().collect();
        if let Some(line) = sum_up(&of_it, figure) {
            writeln!(text, "  {:9} {source:28} {line}", figure.name()).unwrap_or_default();
        }
    }
}
