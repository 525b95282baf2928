//! What the fit found, and the ranges of figures, as lines of the catalogue.

use crate::Judged;
use crate::parameters::{CONSTANTS, Parameters, Scope};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// Date of the fit.
const TODAY: &str = "2026-11-29";
/// Distances below this many spreads say nothing: the stated value stays.
const SILENT: f64 = 0.15;
/// Rows and groups that a range needs.
const ROWS_LEAST: usize = 12;
const GROUPS_LEAST: usize = 2;

/// Names of the figures in the table of ranges.
pub const FIGURES: [&str; 4] = ["ttft", "tpot", "tok_s", "whole"];

/// The fitted constants and factors, in the order of engines.
pub fn fitted(parameters: &Parameters, judged: &[Judged], x: &[f64]) -> String {
    let mut rows: BTreeMap<usize, (usize, BTreeSet<&str>)> = BTreeMap::new();
    for row in judged {
        for &k in &row.sample.uses {
            let entry = rows.entry(k).or_default();
            entry.0 += 1;
            entry.1.insert(&row.sample.run.group);
        }
    }
    let mut lines: Vec<(String, String, String)> = Vec::new();
    for (k, scope) in parameters.scopes.iter().enumerate() {
        if x[k].abs() < SILENT {
            continue;
        }
        let (n, groups) = rows.get(&k).cloned().unwrap_or_default();
        let basis = format!("fitted on {n} runs of {} groups", groups.len());
        match scope {
            Scope::Constant(engine, i) => {
                let Some((value, stated)) = parameters.constant(engine, *i, x) else { continue };
                let line = format!("{value:.4},\"{basis}; stated before: {stated:.4}\"");
                lines.push((engine.clone(), CONSTANTS[*i].field.to_owned(), line));
            }
            Scope::Factor { engine, of, machine, format, spread } => {
                let value = (x[k] * spread).exp();
                let field = format!("{}@{machine}/{format}", of.key());
                lines.push((engine.clone(), field, format!("{value:.4},{basis}")));
            }
        }
    }
    lines.sort();
    let mut text = "engine,field,value,source,date\n".to_owned();
    for (engine, field, line) in lines {
        writeln!(text, "{engine},{field},{line},{TODAY}").unwrap_or_default();
    }
    text
}

/// The range of a figure on a kind of rows: logarithms of measured over predicted that hold 80 % of groups unseen.
#[derive(Clone, Debug)]
pub struct Range {
    /// Figure, by number.
    pub figure: usize,
    /// Engine; empty: any.
    pub engine: String,
    /// Generation; empty: any.
    pub generation: String,
    /// Kind of mode; empty: any.
    pub mode: String,
    /// Factors of its ends.
    pub ends: (f64, f64),
    /// Rows.
    pub rows: usize,
}

/// Shares below a range's low end and above its high end that are tried: groups unseen spread wider than those that a
/// range was found on.
const TAILS: [f64; 8] = [0.12, 0.10, 0.08, 0.06, 0.05, 0.04, 0.03, 0.02];

/// For each figure the tails that come nearest to holding 80 % of groups unseen.
pub fn tails(judged: &[Judged]) -> [f64; 3] {
    [0, 1, 2].map(|figure| {
        let far = |tail: f64| (held(judged, figure, tail) - 0.8).abs();
        TAILS.into_iter().min_by(|a, b| far(*a).total_cmp(&far(*b))).unwrap_or(0.1)
    })
}

/// Factors of a range's ends.
type Ends = (f64, f64);

/// Share of the scoring set's rows that lie in ranges found without their group.
pub fn held(judged: &[Judged], figure: usize, tail: f64) -> f64 {
    let (mut inside, mut all) = (0.0, 0.0);
    let mut known: BTreeMap<(String, [String; 3]), Option<Ends>> = BTreeMap::new();
    for row in judged.iter().filter(|row| row.sample.run.core) {
        let Some(error) = row.unseen[figure] else { continue };
        let group = row.sample.run.group.clone();
        let own = kind(row);
        let ends = known.entry((group.clone(), own.clone())).or_insert_with(|| {
            let found = nearest(&own)
                .into_iter()
                .find_map(|kind| range(judged, figure, &kind, Some(&group), tail));
            found.map(|range| range.ends)
        });
        let Some((low, high)) = *ends else { continue };
        let ratio = (-error).exp();
        all += 1.0;
        if low <= ratio && ratio <= high {
            inside += 1.0;
        }
    }
    if all > 0.0 { inside / all } else { 0.0 }
}

/// Ranges, nearest kind of rows first: engine, generation and mode; then ever wider kinds.
pub fn ranges(judged: &[Judged], tails: [f64; 3]) -> Vec<Range> {
    let mut all = Vec::new();
    for (figure, tail) in tails.into_iter().enumerate() {
        let mut kinds: BTreeSet<[String; 3]> = BTreeSet::new();
        for row in judged {
            let [engine, generation, mode] = kind(row);
            let any = String::new;
            kinds.insert([engine.clone(), generation.clone(), mode.clone()]);
            kinds.insert([engine.clone(), any(), mode.clone()]);
            kinds.insert([engine, any(), any()]);
            kinds.insert([any(), generation, mode.clone()]);
            kinds.insert([any(), any(), mode]);
            kinds.insert([any(), any(), any()]);
        }
        for kind in kinds {
            if let Some(range) = range(judged, figure, &kind, None, tail) {
                all.push(range);
            }
        }
    }
    all
}

/// Engine, generation and kind of mode of a row.
pub fn kind(row: &Judged) -> [String; 3] {
    let service = &row.sample.setup.service;
    [
        service.engine.key.clone(),
        service.cluster.accelerator.generation.clone(),
        row.sample.setup.kind.to_owned(),
    ]
}

/// The range of a kind, without the rows of one group where one is named.
pub fn range(
    judged: &[Judged],
    figure: usize,
    wanted: &[String; 3],
    without: Option<&str>,
    tail: f64,
) -> Option<Range> {
    let (mut errors, mut seen) = (Vec::new(), Vec::new());
    let mut groups: BTreeMap<&str, usize> = BTreeMap::new();
    let fits = |row: &&Judged| {
        let own = kind(row);
        let of_kind =
            own.iter().zip(wanted).all(|(own, wanted)| wanted.is_empty() || own == wanted);
        of_kind && without.is_none_or(|group| row.sample.run.group != group)
    };
    for row in judged.iter().filter(fits) {
        if row.unseen[figure].is_some() {
            *groups.entry(&row.sample.run.group).or_default() += 1;
        }
    }
    for row in judged.iter().filter(fits) {
        if let Some(error) = row.unseen[figure] {
            // Groups count alike but for the square root of their size.
            let n = groups.get(row.sample.run.group.as_str()).copied().unwrap_or(1) as f64;
            errors.push((-error, 1.0 / n.sqrt()));
            seen.extend(row.seen[figure].map(|error| (-error, 1.0 / n.sqrt())));
        }
    }
    let least = wanted.iter().all(String::is_empty) || errors.len() >= ROWS_LEAST;
    if !least || groups.len() < GROUPS_LEAST {
        return None;
    }
    // Where few groups tell of a kind, leaving one out moves what is said of it back to what was stated before any fit, in
    // all of them alike. The fit to all rows has no such bias: the middle is its own, the width that of groups unseen.
    let moved = quantile(&mut seen, 0.5) - quantile(&mut errors, 0.5);
    let low = (quantile(&mut errors, tail) + moved).min(-0.02);
    let high = (quantile(&mut errors, 1.0 - tail) + moved).max(0.02);
    let [engine, generation, mode] = wanted.clone();
    let ends = (low.exp(), high.exp());
    Some(Range { figure, engine, generation, mode, ends, rows: errors.len() })
}

/// The value below which a share of the weights lie.
fn quantile(values: &mut [(f64, f64)], share: f64) -> f64 {
    values.sort_by(|a, b| a.0.total_cmp(&b.0));
    let all: f64 = values.iter().map(|(_, weight)| weight).sum();
    let mut sum = 0.0;
    for (value, weight) in values.iter() {
        sum += weight;
        if sum >= share * all {
            return *value;
        }
    }
    0.0
}

/// The order in which kinds are looked up: as `Engine::range` does, own engine first.
pub fn nearest(own: &[String; 3]) -> [[String; 3]; 6] {
    let [engine, generation, mode] = own.clone();
    let any = String::new;
    [
        [engine.clone(), generation.clone(), mode.clone()],
        [engine.clone(), any(), mode.clone()],
        [engine, any(), any()],
        [any(), generation, mode.clone()],
        [any(), any(), mode],
        [any(), any(), any()],
    ]
}

/// The table for the catalogue.
pub fn ranges_table(ranges: &[Range]) -> String {
    let mut text = "engine,figure,generation,mode,low,high,rows,source,date\n".to_owned();
    for range in ranges {
        let (low, high) = range.ends;
        writeln!(
            text,
            "{},{},{},{},{low:.3},{high:.3},{},docs/accuracy_serve.md,{TODAY}",
            range.engine, FIGURES[range.figure], range.generation, range.mode, range.rows
        )
        .unwrap_or_default();
    }
    text
}
