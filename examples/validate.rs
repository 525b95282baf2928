//! Predicts measured runs: `cargo run --release --example validate -- RUNS.csv > PREDICTIONS.csv`.
//!
//! Reads a table with the columns of a table of training runs, in any split, and writes one line a row; what was
//! measured is only read to sum errors up on standard error, after everything was predicted.

use autoparallel::fit::run::read;
use autoparallel::fit::score::{LogRatio, by_group, summary};
use autoparallel::fit::{Measured, Prediction, Run, predict};
use autoparallel::units::Bytes;
use std::fmt::Write;

const HEADER: &str = "id,group,pred_step_s,pred_step_s_lo,pred_step_s_hi,pred_tok_s_accel,\
pred_mem_gib,pred_mem_gib_lo,pred_mem_gib_hi,pred_fits,profile,reason";

/// A run with what was said of it.
struct Row {
    run: Run,
    measured: Measured,
    said: Result<Prediction, String>,
}

fn main() {
    let Some(path) = std::env::args().nth(1) else {
        eprintln!("usage: validate RUNS.csv > PREDICTIONS.csv");
        std::process::exit(2);
    };
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) => {
            eprintln!(
                "{path}: {error}; expected a table with the columns of a table of training runs"
            );
            std::process::exit(2);
        }
    };
    let rows = read(&text).into_iter().map(|(run, measured)| {
        let said = predict(&run, &measured.memory_kind);
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
    let (id, group) = (quoted(&row.run.id), quoted(&row.run.group));
    match &row.said {
        Err(reason) => format!("{id},{group},,,,,,,,,,{}", quoted(reason)),
        Ok(said) => {
            let [low, step, high] = said.step.map(|seconds| seconds.get());
            let [less, memory, more] = said.memory.map(gib);
            let fits = if said.fits { "y" } else { "n" };
            let remarks = quoted(&said.remarks.join("; "));
            format!(
                "{id},{group},{step:.6},{low:.6},{high:.6},{:.3},\
                 {memory:.3},{less:.3},{more:.3},{fits},{},{remarks}",
                tokens_per_second(&row.run, step),
                said.profile
            )
        }
    }
}

fn gib(bytes: Bytes) -> f64 {
    bytes.as_f64() / (1u64 << 30) as f64
}

/// Tokens a second on one accelerator.
fn tokens_per_second(run: &Run, step: f64) -> f64 {
    let of = |value: Option<u32>| f64::from(value.unwrap_or(0));
    of(run.global_batch) * of(run.sequence) / (step * of(run.count).max(1.0))
}

fn quoted(field: &str) -> String {
    let plain = !field.contains([',', '"', '\n']);
    if plain { field.to_owned() } else { format!("\"{}\"", field.replace('"', "\"\"")) }
}

/// Errors of everything that was measured, and of the scoring set alone.
fn report(rows: &[Row]) -> String {
    let mut text = String::new();
    let core: Vec<&Row> = rows.iter().filter(|row| row.run.core).collect();
    let all: Vec<&Row> = rows.iter().collect();
    for (name, rows) in [("core rows", &core), ("all rows", &all)] {
        let predicted = rows.iter().filter(|row| row.said.is_ok()).count();
        writeln!(text, "{name}: {predicted} of {} predicted", rows.len()).unwrap_or_default();
        let time = rows.iter().filter_map(|row| Some((row.run.group.as_str(), time_error(row)?)));
        writeln!(text, "  step time: {}", summary(&by_group(time))).unwrap_or_default();
        let memory =
            rows.iter().filter_map(|row| Some((row.run.group.as_str(), memory_error(row)?)));
        writeln!(text, "  memory: {}", summary(&by_group(memory))).unwrap_or_default();
        write_fits(&mut text, rows);
        write_coverage(&mut text, rows);
    }
    for row in core.iter().filter(|row| row.said.is_err()) {
        let reason = row.said.as_ref().err().map_or("", String::as_str);
        writeln!(text, "not predicted: {} ({}): {reason}", row.run.id, row.run.group)
            .unwrap_or_default();
    }
    text
}

fn time_error(row: &Row) -> Option<LogRatio> {
    let said = row.said.as_ref().ok()?;
    Some(LogRatio((said.step[1].get() / row.measured.step_s?).ln()))
}

fn memory_error(row: &Row) -> Option<LogRatio> {
    let said = row.said.as_ref().ok()?;
    Some(LogRatio((gib(said.memory[1]) / row.measured.memory_gib?).ln()))
}

/// Ran or went out of memory, against said to fit or not.
fn write_fits(text: &mut String, rows: &[&Row]) {
    let count = |out: bool, fits: bool| {
        let is = |row: &&&Row| {
            let said = row.said.as_ref().is_ok_and(|said| said.fits == fits);
            said && row.measured.out_of_memory == Some(out)
        };
        rows.iter().filter(is).count()
    };
    writeln!(
        text,
        "  ran: {} said to fit, {} not; out of memory: {} said to fit, {} not",
        count(false, true),
        count(false, false),
        count(true, true),
        count(true, false)
    )
    .unwrap_or_default();
}

/// Share of measurements within their ranges.
fn write_coverage(text: &mut String, rows: &[&Row]) {
    let within = |low: f64, value: f64, high: f64| low <= value && value <= high;
    let time = rows.iter().filter_map(|row| {
        let said = row.said.as_ref().ok()?;
        Some(within(said.step[0].get(), row.measured.step_s?, said.step[2].get()))
    });
    let memory = rows.iter().filter_map(|row| {
        let said = row.said.as_ref().ok()?;
        Some(within(gib(said.memory[0]), row.measured.memory_gib?, gib(said.memory[2])))
    });
    for (what, inside) in [("step time", time.collect::<Vec<_>>()), ("memory", memory.collect())] {
        if !inside.is_empty() {
            let share =
                inside.iter().filter(|inside| **inside).count() as f64 / inside.len() as f64;
            writeln!(text, "  80 % range of {what} holds {:.1} % of rows", 100.0 * share)
                .unwrap_or_default();
        }
    }
}
