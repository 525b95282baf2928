//! What each engine can run on each generation of accelerators (`data/engine_support.csv`): formats and degrees.

use super::table::{Row, Table};
use crate::serving::{KvFormat, WeightFormat};
use std::sync::OnceLock;

/// What one engine can do on some generations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Support {
    /// Key of the engine.
    pub engine: String,
    /// Generations of accelerators.
    pub generations: Vec<String>,
    /// Formats of weights, the usual first.
    pub weights: Vec<WeightFormat>,
    /// Formats of the key-value cache, the usual first.
    pub cache: Vec<KvFormat>,
    /// Ways to split a model: `tp`, `pp`, `dp`, `ep`.
    pub degrees: Vec<String>,
    /// Where it was read.
    pub source: String,
}

/// Everything that the table says.
#[must_use]
pub fn all() -> &'static [Support] {
    static ROWS: OnceLock<Vec<Support>> = OnceLock::new();
    ROWS.get_or_init(|| {
        let table = Table::read(include_str!("data/engine_support.csv"));
        table.rows().map(read).collect()
    })
}

/// What an engine can do on a generation; none where it does not run there.
#[must_use]
pub fn find(engine: &str, generation: &str) -> Option<&'static Support> {
    let runs = |row: &&Support| {
        row.engine == engine && row.generations.iter().any(|known| known == generation)
    };
    all().iter().find(runs)
}

/// Engines that something is known of, in the order of the table.
#[must_use]
pub fn engines() -> Vec<&'static str> {
    let mut keys: Vec<&'static str> = all().iter().map(|row| row.engine.as_str()).collect();
    keys.dedup();
    keys
}

/// Whether anything is known of that engine.
#[must_use]
pub fn is_offered(engine: &str) -> bool {
    all().iter().any(|row| row.engine == engine)
}

impl Support {
    /// Whether the engine splits a model in that way.
    #[must_use]
    pub fn splits(&self, degree: &str) -> bool {
        self.degrees.iter().any(|known| known == degree)
    }
}

fn read(row: Row<'_>) -> Support {
    let list = |column| row.list(column, ' ').into_iter();
    let cache = |key: &str| KvFormat::ALL.into_iter().find(|format| format.key() == key);
    Support {
        engine: row.text("engine").to_owned(),
        generations: list("generations").map(str::to_owned).collect(),
        weights: list("weights").filter_map(WeightFormat::of_key).collect(),
        cache: list("cache").filter_map(cache).collect(),
        degrees: list("degrees").map(str::to_owned).collect(),
        source: row.text("source").to_owned(),
    }
}
