//! What a service is usually run with, as published or assumed (`data/serving.csv`).

use super::table::Table;
use crate::units::{BytesPerSecond, Ratio, Seconds};
use std::sync::OnceLock;

/// One figure.
#[derive(Clone, Debug, PartialEq)]
pub struct ServingFact {
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

/// All figures, in the order of the table.
#[must_use]
pub fn facts() -> &'static [ServingFact] {
    static FACTS: OnceLock<Vec<ServingFact>> = OnceLock::new();
    FACTS.get_or_init(|| {
        let table = Table::read(include_str!("data/serving.csv"));
        let fact = |row: super::table::Row<'_>| {
            Some(ServingFact {
                key: row.text("key").to_owned(),
                label: row.text("label").to_owned(),
                value: Ratio::checked(row.number("value")?)?,
                unit: row.text("unit").to_owned(),
                source: row.text("source").to_owned(),
                date: row.text("date").to_owned(),
            })
        };
        table.rows().filter_map(fact).collect()
    })
}

/// The figure of that name.
#[must_use]
pub fn find(key: &str) -> Option<&'static ServingFact> {
    facts().iter().find(|fact| fact.key == key)
}

/// A time of that name.
#[must_use]
pub fn time(key: &str) -> Seconds {
    Seconds::new(find(key).map_or(0.0, |fact| fact.value.get()))
}

/// Rate at which weights are read from storage.
#[must_use]
pub fn read_rate() -> BytesPerSecond {
    BytesPerSecond::gb(find("read").map_or(0.0, |fact| fact.value.get()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_figure_is_there() {
        assert_eq!(time("hold"), Seconds::new(300.0));
        assert_eq!(read_rate(), BytesPerSecond::gb(5.0));
        let known = ["machine", "engine", "spares"];
        assert!(known.iter().all(|key| find(key).is_some()));
    }
}
