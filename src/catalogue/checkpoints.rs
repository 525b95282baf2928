//! Published checkpoints that leave parts of a model wide, or quantise by other groups than is usual
//! (`data/checkpoints.csv`). One that is not listed quantises what is usual of its format (`serving::Held`).
//!
//! Codes of the source column: `A`, its config.json or hf_quant_config.json in aiconfigurator-core 0.12.0; `B`, its model
//! card (8-bit floats in blocks of 128, `weight_block_size`); `C`, its model card ("additionally quantizes the wo module
//! in attention layers"); `D`, DeepSeek-V3's report, arXiv 2412.19437, section 3.3.2, whose way the model takes; `K`, the
//! ignore list of Kimi-K2.6 in vLLM's tests, whose card says that it is quantised as Kimi-K2-Thinking; `L`,
//! meta-llama/llama-models, models/llama4/quantization/loader.py (`fp8_mixed`; experts of the first and last layers are
//! left alone as well).

use super::table::{Row, Table};
use crate::model::{Blocks, Kept, Parts, Stored, WeightPart};
use crate::serving::WeightFormat;
use crate::units::Ratio;
use std::sync::OnceLock;

/// One checkpoint.
#[derive(Clone, Debug, PartialEq)]
pub struct CheckpointRow {
    /// Key of the model that it is a copy of.
    pub model: String,
    /// What it holds.
    pub stored: Stored,
    /// Its id on the Hub.
    pub checkpoint: String,
}

/// All of them, in the order of the table.
#[must_use]
pub fn all() -> &'static [CheckpointRow] {
    static ROWS: OnceLock<Vec<CheckpointRow>> = OnceLock::new();
    ROWS.get_or_init(|| {
        Table::read(include_str!("data/checkpoints.csv")).rows().filter_map(row).collect()
    })
}

/// That of a model in a format.
#[must_use]
pub fn find(model: &str, format: WeightFormat) -> Option<&'static CheckpointRow> {
    all().iter().find(|row| row.model == model && row.stored.format == format.key())
}

/// Those of a model.
#[must_use]
pub fn of(model: &str) -> Vec<Stored> {
    all().iter().filter(|row| row.model == model).map(|row| row.stored.clone()).collect()
}

/// One line of the table; nothing where it is not well formed, which a test rules out.
fn row(line: Row<'_>) -> Option<CheckpointRow> {
    let mut parts = Parts::layers();
    for (column, kept) in [("wide", Kept::Wide), ("eight", Kept::Eight)] {
        for name in line.list(column, ' ') {
            parts = parts.with(WeightPart::of_key(name)?, kept);
        }
    }
    let bits = match line.text("bits") {
        "" => None,
        text => Some(Ratio::new(text.parse().ok()?)),
    };
    let blocks = match line.text("blocks") {
        "" => Blocks::None,
        "copy" => Blocks::Copy,
        "own" => Blocks::Own,
        _ => return None,
    };
    let format = WeightFormat::of_key(line.text("format"))?.key();
    Some(CheckpointRow {
        model: line.text("model").to_owned(),
        stored: Stored { format, parts, bits, blocks },
        checkpoint: line.text("checkpoint").to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::models;

    #[test]
    fn every_line_is_a_checkpoint_of_a_model_that_is_listed() {
        let lines = include_str!("data/checkpoints.csv").lines().count();
        assert_eq!(all().len(), lines - 1);
        for row in all() {
            assert!(models::all().iter().any(|model| model.key == row.model), "{}", row.model);
            assert_eq!(row.checkpoint.split('/').count(), 2);
            let same = |own: &&CheckpointRow| {
                (&own.model, own.stored.format) == (&row.model, row.stored.format)
            };
            assert_eq!(all().iter().filter(same).count(), 1, "{} twice", row.model);
        }
    }
}
