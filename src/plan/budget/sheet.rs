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
    /// Titles.
    pub columns: Vec<&'static str>,
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
    pub derivation: Option<Box<Derivation>>,
}

/// A picture: a line over two axes, or spans below one another.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Chart {
    /// What it shows.
    pub title: String,
    /// Names of the axes, across and up, with units; of spans there is one.
    pub axes: [&'static str; 2],
    /// Units of both: `days`, `date`, `months`, `usd`, `count`.
    pub units: [&'static str; 2],
    /// The line is held until the next point.
    pub steps: bool,
    /// Points of the line: across, up, across, up, ...
    pub points: Vec<Ratio>,
    /// The band about it: across, least, greatest, across, ...
    pub band: Vec<Ratio>,
    /// What has a name.
    pub marks: Vec<Mark>,
}

/// Something with a name on a picture.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Mark {
    /// `level` (a place up), `place` (a place across), `rule` (across spans), `span` (least, value, greatest).
    pub kind: &'static str,
    /// Its name.
    pub name: String,
    /// What is said beside it.
    pub text: String,
    /// Where.
    pub at: Vec<Ratio>,
}

impl Mark {
    /// A place with a name.
    #[must_use]
    #[inline(never)]
    pub fn at(kind: &'static str, name: &str, at: Ratio) -> Self {
        Self { kind, name: name.to_owned(), text: String::new(), at: vec![at] }
    }

    /// A span about a value.
    #[must_use]
    #[inline(never)]
    pub fn span(name: &str, ends: [Ratio; 3], text: String) -> Self {
        Self { kind: "span", name: name.to_owned(), text, at: ends.to_vec() }
    }
}

impl Cell {
    /// Words.
    #[inline(never)]
    pub fn words(text: &str) -> Self {
        Self { text: text.to_owned(), ..Self::default() }
    }

    /// Nothing to say.
    #[must_use]
    pub fn none() -> Self {
        Self::words("\u{2013}")
    }

    /// A number.
    #[must_use]
    #[inline(never)]
    pub fn of(amount: Amount) -> Self {
        Self { text: amount.text(), amount: Some(amount), ..Self::default() }
    }

    /// The number in the middle of three, the others as its range.
    #[must_use]
    #[inline(never)]
    pub fn ranged([low, middle, high]: [Amount; 3]) -> Self {
        let below = match low == high {
            true => String::new(),
            false => span::text(&low.text(), &high.text()),
        };
        Self { below, ..Self::of(middle) }
    }

    /// With a remark below.
    #[must_use]
    #[inline(never)]
    pub fn with_below(mut self, below: &str) -> Self {
        self.below = below.to_owned();
        self
    }

    /// With where it comes from.
    #[must_use]
    #[inline(never)]
    pub fn from_where(mut self, derivation: Derivation) -> Self {
        self.derivation = Some(Box::new(derivation));
        self
    }
}

impl Line {
    /// A line like the others.
    #[must_use]
    #[inline(never)]
    pub const fn plain(cells: Vec<Cell>) -> Self {
        Self { cells, marked: false }
    }
}

/// Where a number comes from.
#[inline(never)]
pub(in crate::plan) fn derived(formula: &str, substituted: String, source: &str) -> Derivation {
    Derivation::of(formula, substituted, source)
}

/// A figure.
#[inline(never)]
pub(in crate::plan) const fn figure(
    id: &'static str,
    label: &'static str,
    amount: Amount,
    derivation: Derivation,
) -> Figure {
    Figure { id, label, amount, derivation }
}

/// How much less a part is than a whole: `21.4%`.
#[inline(never)]
pub(in crate::plan) fn less(part: f64, whole: f64) -> String {
    show::percent(Ratio::new((1.0 - part / whole).abs().min(1e6)))
}

/// Three times as days.
pub(super) fn days(times: [Seconds; 3]) -> [Amount; 3] {
    times.map(Amount::Days)
}
