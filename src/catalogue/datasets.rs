//! Sets of requests that benchmarks send, by the model they are sent to (`data/datasets.csv`).

use super::table::{Row, Table};
use crate::serving::Traffic;
use crate::units::Ratio;

/// Relative spread of the lengths of answers to people's questions: an exponential law has 1, answers cut at a
/// limit less (ShareGPT as vLLM's paper shows it, arXiv 2309.06180, figure 11).
const SPREAD: f64 = 0.7;

/// The requests that MLPerf sends to a model of that name.
#[must_use]
pub fn mlperf(model: &str) -> Option<Traffic> {
    let table = Table::read(include_str!("data/datasets.csv"));
    let traffic = |row: Row<'_>| {
        row.list("models", ' ').contains(&model).then_some(())?;
        Some(Traffic {
            prompt: row.number("prompt")?,
            output: row.number("output")?,
            spread: SPREAD,
            prompt_spread: 0.0,
            cached: Ratio::ZERO,
        })
    };
    table.rows().find_map(traffic)
}
