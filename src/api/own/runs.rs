//! Runs of the user's own, as a table: what each row does not say is as the page has it.

use super::{Found, pace_field, paced_text, spelt, timed};
use crate::catalogue::presets::Published;
use crate::catalogue::stacks;
use crate::catalogue::table::{Row, Table};
use crate::fit::pace::{Timed, together};
use crate::inputs::software::{Items, OWN_STACK, canonical};
use crate::inputs::{Inputs, Key, read};
use crate::link;
use crate::units::{Seconds, order};
use crate::workload::Precision;

/// Longest table that is read.
pub const OWN_RUNS_BYTES_MAX: u32 = 4 << 20;
/// Most runs that are looked at.
const RUNS_MAX: usize = 200;
/// Most rows of which is told why they were not used.
const FAULTS_MAX: usize = 5;
/// Columns of the time of a step, the first that is filled.
const STEP: [&str; 3] = ["step_target_s", "step_time_s", "measured_s"];

/// A table of runs that is looked at row by row, so that nothing waits for it long.
#[derive(Clone, Debug, Default)]
pub struct OwnRuns {
    rows: Vec<(u32, Inputs, Seconds)>,
    timed: Vec<Timed>,
    faults: Vec<String>,
    /// What a profile says, where the table is one.
    profile: Items,
}

impl OwnRuns {
    /// Reads a table of runs, or of the constants of a stack (`fitted.csv` of `examples/fit`), for what the page asks.
    #[must_use]
    pub fn read(text: &str, inputs: &Inputs) -> Self {
        let table = Table::read(text);
        let mut own = Self::default();
        let has = |column: &str| table.header().iter().any(|name| name == column);
        if has("field") && has("value") {
            own.profile(&table, inputs);
            return own;
        }
        // What stands in the way of the page's question stands in that of every row.
        if let Some(problem) = inputs.resolve().problem(Key::OwnStack) {
            own.faults.push(problem.to_string());
            return own;
        }
        for row in table.rows().take(RUNS_MAX) {
            let step = STEP.iter().find_map(|column| row.number(column)).filter(|time| *time > 0.0);
            let asked = step.ok_or_else(|| format!("no time of a step in {}", STEP.join(", ")));
            match asked.and_then(|step| Ok((inputs_of(row, inputs)?, Seconds::new(step)))) {
                Ok((asked, step)) => own.rows.push((row.line(), asked, step)),
                Err(fault) => own.faults.push(format!("Line {}: {fault}.", row.line())),
            }
        }
        if table.rows().nth(RUNS_MAX).is_some() {
            own.faults.push(format!("The first {RUNS_MAX} rows are used."));
        }
        own.rows.reverse();
        own
    }

    /// The constants of the stack that is chosen, or of the only one in the table.
    fn profile(&mut self, table: &Table, inputs: &Inputs) {
        let base = stacks::find(inputs.get(Key::Stack)).map_or("", |stack| stack.key.as_str());
        let mut names: Vec<&str> = table.rows().map(|row| row.text("stack")).collect();
        names.dedup();
        let chosen = if names.contains(&base) { base } else { "" };
        if chosen.is_empty() && names.len() > 1 {
            self.faults.push(format!("It has constants of several stacks, but none of {base}."));
            return;
        }
        for row in table.rows().filter(|row| chosen.is_empty() || row.text("stack") == chosen) {
            match canonical(Key::OwnStack, row.text("field"), row.text("value")) {
                Ok(own) => self.profile.push(own),
                Err(problem) => self.faults.push(format!("Line {}: {problem}", row.line())),
            }
        }
    }

    /// Looks at one more row; whether there are more.
    pub fn advance(&mut self) -> bool {
        if let Some((line, inputs, step)) = self.rows.pop() {
            match timed(&inputs, step) {
                Some(timed) => self.timed.push(timed),
                None => {
                    let problems = inputs.resolve().problems;
                    let why = problems.first().map_or_else(
                        || "the stack cannot run its layout.".to_owned(),
                        ToString::to_string,
                    );
                    self.faults.push(format!("Line {line}: {why}"));
                }
            }
        }
        !self.rows.is_empty()
    }

    /// What all rows say together.
    #[must_use]
    pub fn found(&self) -> Found {
        let mut faults = self.faults.clone();
        let more = faults.len().saturating_sub(FAULTS_MAX);
        faults.truncate(FAULTS_MAX);
        if more > 0 {
            faults.push(format!("{more} further lines were not used."));
        }
        if !self.profile.is_empty() {
            let n = self.profile.len();
            let text = format!("{n} constants of a stack.");
            return Found { text, faults, changes: self.profile.clone() };
        }
        let mut fields: Vec<String> = self.timed.iter().map(pace_field).collect();
        order::sort_by(&mut fields, String::cmp);
        fields.dedup();
        let (mut texts, mut changes) = (Vec::new(), Vec::new());
        for field in fields {
            let own = self.timed.iter().filter(|timed| pace_field(timed) == field);
            match together(&own.cloned().collect::<Vec<_>>()) {
                Some(paced) => {
                    texts.push(paced_text(&field, &paced));
                    changes.push((field, spelt(paced.pace)));
                }
                None => texts.push(format!("{field}: no pace agrees with any run.")),
            }
        }
        if texts.is_empty() {
            texts.push("No run could be used.".to_owned());
        }
        Found { text: texts.join(" "), faults, changes }
    }
}

/// The inputs of a row: a link, or the columns of published runs over what the page asks.
fn inputs_of(row: Row<'_>, inputs: &Inputs) -> Result<Inputs, String> {
    let own = |mut asked: Inputs| {
        let stack = [Key::Stack].into_iter().chain(OWN_STACK);
        stack.for_each(|key| match inputs.typed(key) {
            Some(text) => asked.set(key, text),
            None => asked.clear(key),
        });
        asked
    };
    if !row.text("link").is_empty() {
        let decoded = link::decode(row.text("link"));
        let lost = decoded.problems.first().map(ToString::to_string);
        return lost.map_or(Ok(own(decoded.inputs)), Err);
    }
    let mut asked = inputs.freed();
    for (column, key) in [
        ("model", Key::Model),
        ("accel", Key::Accelerator),
        ("num_accel", Key::Count),
        ("accel_per_node", Key::NodeSize),
        ("gbs", Key::Batch),
        ("seq_len", Key::Sequence),
        ("etp", Key::Etp),
    ] {
        let text = row.text(column);
        // `H100-80GB-SXM (HGX)`.
        let plain =
            if key == Key::Accelerator { text.split('(').next().unwrap_or(text) } else { text };
        if plain.is_empty() {
            continue;
        }
        let value = read(key, plain)
            .map_err(|_| format!("{column} \u{201c}{text}\u{201d} is not known"))?;
        asked.set(key, value.link_text(key));
        if key == Key::Model {
            asked.clear(Key::Config);
        }
    }
    let formats = row.text("precision").to_ascii_lowercase();
    // The narrowest that is named: `bf16+fp8` multiplies in 8 bits. `mxfp8` holds the name of `fp8`.
    let format = Precision::ALL.iter().rev().find(|own| formats.contains(own.key()));
    if let Some(format) = format {
        asked.set(Key::Precision, format.key());
    }
    Ok(asked.with_layout(&layout(row)))
}

fn layout(row: Row<'_>) -> Published {
    let zero = row.text("zero_stage").to_ascii_lowercase();
    let digit = zero.bytes().next().filter(u8::is_ascii_digit).map(|digit| u32::from(digit - b'0'));
    let recompute = row.text("recompute").to_ascii_lowercase();
    let named = ["none", "selective", "full"].into_iter().find(|word| recompute.starts_with(word));
    Published {
        tp: row.count("tp"),
        pp: row.count("pp"),
        cp: row.count("cp"),
        ep: row.count("ep").filter(|ep| *ep > 1),
        vpp: row.count("vpp"),
        micro_batch: row.count("mbs"),
        zero: digit.or_else(|| zero.contains("fsdp").then_some(3)),
        recompute: named.unwrap_or_default().to_owned(),
        ..Published::default()
    }
}
