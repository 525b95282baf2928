//! What one question about money comes to: sentences, figures, charts, tables.

use crate::plan::{Amount, Derivation, Figure};
use crate::units::text::{show, span};
use crate::units::{Ratio, Seconds};

/// The answer to one question.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sheet {
    /// Stable name: `ways`, `months`, `forecast`, `whatif`, `sweep`, `places`, `clients`.
    pub id: &'static str,
    /// The answer in sentences, the most important first.
    pub says: Vec<String>,
    /// Numbers that open to their derivations.
    pub figures: Vec<Figure>,
    /// Pictures of the tables.
    pub charts: Vec<Chart>,
    /// Tables.
    pub tables: Vec<Grid>,
    /// What is left out or assumed.
    pub notes: Vec<String>,
}

/// A table.
#[derive(Clone, Debug, PartialEq)]
pub struct Grid {
    /// What it holds.
    pub caption: &'static str,
    /// Titles, and whether they stand over numbers.
    pub columns: Vec<(&'static str, bool)>,
    /// Lines, each with a cell for each column.
    pub rows: Vec<Line>,
}

/// One line of a table.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Line {
    /// Its cells; the first one names it.
    pub cells: Vec<Cell>,
    /// Whether it is the one that the rest is about.
    pub marked: bool,
}

/// One cell.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cell {
    /// For people.
    pub text: String,
    /// A range or a remark below.
    pub below: String,
    /// The number, where it is one.
    pub amount: Option<Amount>,
    /// Where it comes from, where that is told here.
    pub derivation: Option<Derivation>,
}

/// A picture.
#[derive(Clone, Debug, PartialEq)]
pub enum Chart {
    /// Lines over two axes.
    Lines(Lines),
    /// Spans on one scale below one another.
    Spans(Spans),
}

/// Lines over two axes, with rules across.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Lines {
    /// What it shows.
    pub title: String,
    /// Across and up, with units.
    pub axes: [&'static str; 2],
    /// Units of both: `days`, `date`, `months`, `usd`, `count`.
    pub units: [&'static str; 2],
    /// Held until the next point.
    pub steps: bool,
    /// Points of the line.
    pub points: Vec<[Ratio; 2]>,
    /// Across, least and greatest, of the band about it.
    pub band: Vec<[Ratio; 3]>,
    /// Levels with a name: a budget, a baseline.
    pub levels: Vec<(Ratio, String)>,
    /// Places across with a name: a deadline, the end.
    pub places: Vec<(Ratio, String)>,
}

/// Spans below one another.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Spans {
    /// What it shows.
    pub title: String,
    /// The scale, with its unit.
    pub axis: &'static str,
    /// `usd` or `days`.
    pub unit: &'static str,
    /// Where a rule stands, if one does.
    pub rule: Option<Ratio>,
    /// Name, from, value, to, text.
    pub rows: Vec<(String, [Ratio; 3], String)>,
}

impl Cell {
    /// Words.
    pub fn words(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    /// Nothing to say.
    #[must_use]
    pub fn none() -> Self {
        Self::words("\u{2013}")
    }

    /// A number.
    #[must_use]
    pub fn of(amount: Amount) -> Self {
        Self { text: amount.text(), amount: Some(amount), ..Self::default() }
    }

    /// The number in the middle of three, the others as its range.
    #[must_use]
    pub fn ranged([low, middle, high]: [Amount; 3]) -> Self {
        let below = match low == high {
            true => String::new(),
            false => span::text(&low.text(), &high.text()),
        };
        Self { below, ..Self::of(middle) }
    }

    /// With a remark below.
    #[must_use]
    pub fn with_below(mut self, below: impl Into<String>) -> Self {
        self.below = below.into();
        self
    }

    /// With where it comes from.
    #[must_use]
    pub fn from_where(mut self, derivation: Derivation) -> Self {
        self.derivation = Some(derivation);
        self
    }
}

impl Line {
    /// A line like the others.
    #[must_use]
    pub const fn plain(cells: Vec<Cell>) -> Self {
        Self { cells, marked: false }
    }
}

/// Where a number comes from.
pub(super) fn derived(
    formula: impl Into<String>,
    substituted: String,
    source: impl Into<String>,
) -> Derivation {
    Derivation {
        formula: formula.into(),
        substituted,
        source: source.into(),
        constants: Vec::new(),
    }
}

/// A figure.
pub(super) const fn figure(
    id: &'static str,
    label: &'static str,
    amount: Amount,
    derivation: Derivation,
) -> Figure {
    Figure { id, label, amount, derivation }
}

/// How much less a part is than a whole: `21.4%`.
pub(super) fn less(part: f64, whole: f64) -> String {
    show::percent(Ratio::new((1.0 - part / whole).abs().min(1e6)))
}

/// Three times as days.
pub(super) fn days(times: [Seconds; 3]) -> [Amount; 3] {
    times.map(Amount::Days)
}
