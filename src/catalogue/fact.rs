//! One published figure of a table of single figures: key, label, value, unit, source, date.

use super::table::{Row, Table};
use crate::units::Ratio;

/// One published figure.
#[derive(Clone, Debug, PartialEq)]
pub struct Fact {
    /// Stable name.
    pub key: String,
    /// Name for people.
    pub label: String,
    /// The figure, in its unit.
    pub value: Ratio,
    /// The unit.
    pub unit: String,
    /// Where it was read.
    pub source: String,
    /// When that was published.
    pub date: String,
}

/// All figures of a table, in its order.
pub(super) fn read(text: &'static str) -> Vec<Fact> {
    Table::read(text).rows().filter_map(fact).collect()
}

fn fact(row: Row<'_>) -> Option<Fact> {
    Some(Fact {
        key: row.text("key").to_owned(),
        label: row.text("label").to_owned(),
        value: Ratio::checked(row.number("value")?)?,
        unit: row.text("unit").to_owned(),
        source: row.text("source").to_owned(),
        date: row.text("date").to_owned(),
    })
}
