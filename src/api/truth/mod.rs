//! Measured runs beside what was said of them before they were seen (`public/measured-v1.csv`): what the page asks for
//! when a reader wants to know how true an estimate is.

mod choice;
mod words;

pub use choice::{BAND, Choice, Of, Order, SourceLine, Summary};
pub use words::{generation_name, stack_name};

use crate::case::Case;
use crate::catalogue::accelerators;
use crate::catalogue::table::{Row, Table};
use crate::plan::{Amount, Range};
use crate::serving::Ask;
use crate::units::text::show;
use crate::units::{Bytes, Ratio, Seconds, order};

/// Longest table that is read.
pub const MEASURED_BYTES_MAX: u32 = 1024 * 1024;
/// Most runs that are kept.
const RUNS_MAX: usize = 4_000;

/// All runs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Runs {
    /// The runs, in the order of the table.
    pub runs: Vec<Run>,
    /// Where they were published, those with most runs first.
    pub sources: Vec<String>,
}

/// What makes one run like another.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Kind {
    /// Key of the stack.
    pub stack: String,
    /// Key of the accelerator.
    pub accelerator: String,
    /// Its generation.
    pub generation: String,
    /// How many.
    pub count: u32,
    /// Number format of the matrix products.
    pub precision: String,
    /// The model's name without its organisation.
    pub model: String,
}

/// One run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Run {
    /// What it was.
    pub kind: Kind,
    /// Where it was published.
    pub source: String,
    /// Place of the source among all, those with most runs first.
    pub category: u32,
    /// When it was published.
    pub date: String,
    /// Step time.
    pub step: Option<Pair>,
    /// Memory of the fullest accelerator.
    pub memory: Option<Pair>,
    /// How the memory was measured.
    pub memory_kind: String,
    /// Of a model in service: time to the first token, time of a further one, tokens a second as the source counts
    /// them.
    pub served: [Option<Pair>; 3],
    /// The link that opens it as a plan, without `#`.
    pub link: Option<String>,
    /// What the source left out, and what was taken instead.
    pub remarks: String,
    /// All that a reader may look for, in lower case.
    words: String,
}

/// What was measured, and what was said of it unseen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pair {
    /// Measured.
    pub measured: Amount,
    /// Said.
    pub said: Amount,
    /// Where 80 % should lie.
    pub range: Option<Range>,
}

impl Runs {
    /// Reads the table.
    ///
    /// # Errors
    /// Where it holds no runs, in words for people.
    pub fn read(text: &str) -> Result<Self, String> {
        let table = Table::read(text);
        let rows: Vec<Row<'_>> = table.rows().take(RUNS_MAX).collect();
        let counts = frequencies(rows.iter().map(|row| row.text("source")));
        let sources: Vec<String> = counts.into_iter().map(|(name, _)| name.to_owned()).collect();
        let runs: Vec<Run> = rows.into_iter().filter_map(|row| run(row, &sources)).collect();
        if runs.is_empty() {
            return Err("What was read holds no measured runs.".to_owned());
        }
        Ok(Self { runs, sources })
    }

    /// One run.
    #[must_use]
    pub fn run(&self, i: u32) -> Option<&Run> {
        self.runs.get(i as usize)
    }
}

impl Kind {
    /// What a case is.
    #[must_use]
    pub fn of(case: &Case) -> Self {
        let accelerator = &case.cluster.accelerator;
        Self {
            stack: case.stack.key.clone(),
            accelerator: accelerator.name.clone(),
            generation: accelerator.generation.clone(),
            count: case.cluster.count,
            precision: case.training.precision.key().to_owned(),
            model: super::summary::name(case).to_owned(),
        }
    }

    /// What a question about serving is: of the first kind of machine.
    #[must_use]
    pub fn of_ask(ask: &Ask) -> Self {
        let first = ask.machines.first();
        let accelerator = first.map(|machine| &machine.cluster.accelerator);
        let formats = first.and_then(|machine| machine.formats.first());
        let name = ask.model.name.rsplit('/').next().unwrap_or_default();
        Self {
            stack: ask.engine.key.clone(),
            accelerator: accelerator.map(|own| own.name.clone()).unwrap_or_default(),
            generation: accelerator.map(|own| own.generation.clone()).unwrap_or_default(),
            count: 1,
            precision: formats.map(|(weights, _)| weights.key().to_owned()).unwrap_or_default(),
            model: name.to_owned(),
        }
    }
}

impl Run {
    /// What was measured and said of a quantity.
    #[must_use]
    pub fn pair(&self, of: Of) -> Option<&Pair> {
        match of {
            Of::Step => self.step.as_ref(),
            Of::Memory => self.memory.as_ref(),
            Of::FirstToken => self.served[0].as_ref(),
            Of::PerToken => self.served[1].as_ref(),
            Of::Rate => self.served[2].as_ref(),
        }
    }

    /// `8 × H100 SXM5`.
    #[must_use]
    pub fn machines(&self) -> String {
        let key = &self.kind.accelerator;
        let row = accelerators::find_serving(key);
        let label = row.map_or(key.as_str(), |row| row.label.as_str());
        format!("{} \u{d7} {label}", show::grouped(self.kind.count.into()))
    }
}

impl Pair {
    fn new(measured: Amount, said: Amount, range: Option<Range>) -> Option<Self> {
        let usable = measured.value().get() > 0.0 && said.value().get() > 0.0;
        usable.then_some(Self { measured, said, range })
    }

    /// Natural logarithm of said over measured.
    #[must_use]
    pub fn error(&self) -> f64 {
        libm::log(self.said.value().get() / self.measured.value().get())
    }

    /// How far off it was, with its sign: `+12.0%`.
    #[must_use]
    pub fn off(&self) -> String {
        let share = self.said.value().get() / self.measured.value().get() - 1.0;
        let sign = if share < 0.0 { '\u{2212}' } else { '+' };
        format!("{sign}{}", show::percent(Ratio::new(share.abs())))
    }

    /// What was said, with its range.
    #[must_use]
    pub fn said_text(&self) -> String {
        let range = self.range.map(|range| format!(" ({})", range.text())).unwrap_or_default();
        format!("{}{range}", self.said.text())
    }

    /// Whether the measurement lay within the range.
    #[must_use]
    pub fn is_within(&self) -> Option<bool> {
        let (range, measured) = (self.range?, self.measured.value());
        Some(range.low.value() <= measured && measured <= range.high.value())
    }
}

/// The values with how often each comes, the most frequent first.
fn frequencies<'a>(values: impl Iterator<Item = &'a str>) -> Vec<(&'a str, u32)> {
    let mut all: Vec<(&str, u32)> = Vec::new();
    for value in values {
        match all.iter_mut().find(|(known, _)| *known == value) {
            Some((_, n)) => *n += 1,
            None => all.push((value, 1)),
        }
    }
    order::sort_by_key(&mut all, |(_, n)| std::cmp::Reverse(*n));
    all
}

fn run(row: Row<'_>, sources: &[String]) -> Option<Run> {
    let (seconds, gib) = (
        |value| Amount::Time(Seconds::new(value)),
        |value: f64| Amount::Bytes(Bytes::from_f64(value * Bytes::gib(1).as_f64())),
    );
    let step = pair(row, ["measured_s", "predicted_s", "low_s", "high_s"], &seconds);
    let memory = pair(row, ["measured_gib", "predicted_gib", "low_gib", "high_gib"], &gib);
    let ms = |value: f64| Amount::Time(Seconds::new(value * 1e-3));
    let rate = |value: f64| Amount::TokenRate(Ratio::new(value));
    let columns =
        |of: &str| ["measured", "predicted", "low", "high"].map(|own| format!("{own}_{of}"));
    let served = |of: &str, amount: &dyn Fn(f64) -> Amount| {
        pair(row, columns(of).each_ref().map(String::as_str), amount)
    };
    let served = [served("ttft_ms", &ms), served("tpot_ms", &ms), served("tok_s", &rate)];
    if step.is_none() && memory.is_none() && served.iter().all(Option::is_none) {
        return None;
    }
    let category = sources.iter().position(|name| name == row.text("source"))?;
    let text = |column: &str| row.text(column).to_owned();
    let mut run = Run {
        kind: Kind {
            stack: text("stack"),
            accelerator: text("accelerator"),
            generation: text("generation"),
            count: row.count("count").unwrap_or(1),
            precision: text("precision"),
            model: text("model"),
        },
        source: text("source"),
        category: u32::try_from(category).unwrap_or(u32::MAX),
        date: text("date"),
        step,
        memory,
        memory_kind: text("memory_kind"),
        served,
        link: Some(text("link")).filter(|link| !link.is_empty()),
        remarks: text("remarks"),
        words: String::new(),
    };
    let kind = &run.kind;
    let words = [
        row.text("id"),
        row.text("group"),
        row.text("source"),
        &kind.model,
        &run.machines(),
        &kind.precision,
        stack_name(&kind.stack),
        &run.remarks,
    ];
    run.words = words.join(" ").to_ascii_lowercase();
    Some(run)
}

fn pair(row: Row<'_>, columns: [&str; 4], amount: &dyn Fn(f64) -> Amount) -> Option<Pair> {
    let [measured, said, low, high] = columns.map(|column| row.number(column).map(amount));
    let range = low.zip(high).map(|(low, high)| Range { low, high });
    Pair::new(measured?, said?, range)
}
