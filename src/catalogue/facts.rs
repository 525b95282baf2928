//! Tables with one line for each fact about a piece of software: what is stated, what a fit found in its place, and what
//! follows from what it is based on.

use super::table::{Row, Table};
use crate::stack::Own;
use crate::units::Ratio;

/// One fact about a stack or engine, with its source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// Key of what it is about; `*`: all of them.
    pub of: String,
    /// What it says: a constant, or `techniques`, `exclude`, `name`, `version`, `date`.
    pub field: String,
    /// The value, as written in the table.
    pub value: String,
    /// Where it was read, or the reasoning.
    pub source: String,
}

/// A table of facts, and what counts before it.
#[derive(Clone, Copy)]
pub(super) struct Book {
    /// What is stated.
    pub stated: fn() -> &'static [Fact],
    /// What a fit found, if it counts.
    pub fitted: fn() -> &'static [Fact],
}

/// What is known of one, what counts first: what the user says, its own facts, as fitted and as stated, then those of
/// what it is based on.
pub(super) struct Known<'a>(Vec<&'a Fact>);

/// Every line of a table; its first column says what a fact is about.
pub(super) fn read(text: &str) -> Vec<Fact> {
    let table = Table::read(text);
    let of = table.header().first().map_or("", String::as_str);
    let fact = |row: Row<'_>| Fact {
        of: row.text(of).to_owned(),
        field: row.text("field").to_owned(),
        value: row.text("value").to_owned(),
        source: row.text("source").to_owned(),
    };
    table.rows().map(fact).collect()
}

impl Book {
    /// Keys, whether or not their facts make a whole.
    pub fn keys(self) -> Vec<&'static str> {
        let mut keys: Vec<&'static str> = (self.stated)().iter().map(|fact| &*fact.of).collect();
        keys.dedup();
        keys
    }

    /// What one takes from it does not state itself; one only follows those above it.
    pub fn base(self, key: &str) -> Option<&'static str> {
        let facts = (self.stated)();
        let at = facts.iter().position(|fact| fact.of == key && fact.field == "base")?;
        let base = facts.get(at)?.value.as_str();
        let above = facts.iter().take(at).any(|fact| fact.of == base);
        above.then_some(base)
    }

    /// What is known of one, `own` before all else.
    pub fn known<'a>(self, key: &str, own: &'a [Fact]) -> Known<'a> {
        let mut all: Vec<&'a Fact> = own.iter().collect();
        let mut at = Some(key);
        while let Some(key) = at {
            let lists = [(self.fitted)(), (self.stated)()].into_iter().flatten();
            all.extend(lists.filter(|fact| fact.of == key));
            at = self.base(key);
        }
        Known(all)
    }

    /// The fact that holds for a field.
    pub fn holds(self, key: &str, field: &str) -> Option<&'static Fact> {
        self.known(key, &[]).holds(field)
    }
}

impl<'a> Known<'a> {
    pub fn holds(&self, field: &str) -> Option<&'a Fact> {
        self.0.iter().copied().find(|fact| fact.field == field)
    }

    /// The one value of a field.
    pub fn text(&self, field: &str) -> Option<&'a str> {
        self.holds(field).map(|fact| fact.value.as_str())
    }

    pub(crate) fn number(&self, field: &str) -> Option<f64> {
        let value: f64 = self.text(field)?.parse().ok()?;
        (value.is_finite() && value >= 0.0).then_some(value)
    }

    pub fn ratio(&self, field: &str) -> Option<Ratio> {
        self.number(field).map(Ratio::new)
    }

    pub fn count(&self, field: &str) -> Option<u32> {
        self.text(field)?.parse().ok()
    }

    pub fn is(&self, field: &str) -> Option<bool> {
        Some(self.count(field)? == 1)
    }
}

/// What the user says, as facts of the software that it is about.
pub(super) fn said(key: &str, own: &Own) -> Vec<Fact> {
    let fact = |change: &crate::stack::Change| Fact {
        of: key.to_owned(),
        field: change.field.clone(),
        value: change.value.clone(),
        source: YOURS.to_owned(),
    };
    own.changes.iter().map(fact).collect()
}

/// The source of what the user says.
pub const YOURS: &str = "yours";

/// The fact that holds, where the user says it with what it is put in the place of.
pub(super) fn in_force(
    own: Option<&Own>,
    key: &str,
    field: &str,
    of_base: Option<&'static Fact>,
) -> Option<Fact> {
    let Some((own, value)) = own.and_then(|own| Some((own, own.value(field)?))) else {
        return of_base.cloned();
    };
    let before = of_base.map(|fact| format!("; {} in {}", fact.value, own.base));
    Some(Fact {
        of: key.to_owned(),
        field: field.to_owned(),
        value: value.to_owned(),
        source: format!("{YOURS}{}", before.unwrap_or_default()),
    })
}
