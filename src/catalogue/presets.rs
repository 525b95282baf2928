//! Runs to open with one click: published ones beside what their authors did, and a few questions.

use super::table::{Row, Table};
use crate::units::{FlopsPerSecond, Ratio, Seconds};
use std::sync::OnceLock;

/// One run.
#[derive(Clone, Debug, PartialEq)]
pub struct Preset {
    /// Short name, stable.
    pub key: String,
    /// The model.
    pub title: String,
    /// The machines.
    pub note: String,
    /// What is special about it, in a sentence.
    pub story: String,
    /// The link that opens it, without `#`.
    pub link: String,
    /// The authors' layout, as far as they published it.
    pub layout: Published,
    /// Their time for one step.
    pub step: Option<Seconds>,
    /// Their rate on one accelerator, by their own count of operations.
    pub rate: Option<FlopsPerSecond>,
    /// Their model FLOPs utilisation, by their own count of operations.
    pub mfu: Option<Ratio>,
    /// Where this was read.
    pub source: String,
    /// When it was published (YYYY-MM).
    pub date: String,
}

/// A layout as far as it was published.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Published {
    /// Tensor parallel.
    pub tp: Option<u32>,
    /// Context parallel.
    pub cp: Option<u32>,
    /// Pipeline parallel.
    pub pp: Option<u32>,
    /// Virtual stages.
    pub vpp: Option<u32>,
    /// Data parallel.
    pub dp: Option<u32>,
    /// Expert parallel.
    pub ep: Option<u32>,
    /// Sequences in one micro-batch.
    pub micro_batch: Option<u32>,
    /// ZeRO stage.
    pub zero: Option<u32>,
    /// `none`, `selective` or `full`; empty where it was not published.
    pub recompute: String,
}

/// All of them, published runs first.
#[must_use]
pub fn all() -> &'static [Preset] {
    static ROWS: OnceLock<Vec<Preset>> = OnceLock::new();
    ROWS.get_or_init(|| table().rows().map(read).collect())
}

/// The preset of that key.
#[must_use]
pub fn find(key: &str) -> Option<&'static Preset> {
    all().iter().find(|preset| preset.key == key)
}

impl Preset {
    /// Whether its authors published how they ran it.
    #[must_use]
    pub fn is_published(&self) -> bool {
        self.layout != Published::default()
    }
}

fn table() -> Table {
    Table::read(include_str!("data/presets.csv"))
}

fn read(row: Row<'_>) -> Preset {
    let text = |column| row.text(column).to_owned();
    Preset {
        key: text("key"),
        title: text("title"),
        note: text("note"),
        story: text("story"),
        link: text("link"),
        layout: Published {
            tp: row.count("tp"),
            cp: row.count("cp"),
            pp: row.count("pp"),
            vpp: row.count("vpp"),
            dp: row.count("dp"),
            ep: row.count("ep"),
            micro_batch: row.count("mbs"),
            zero: row.count("zero"),
            recompute: text("recompute"),
        },
        step: row.number("step_s").and_then(Seconds::checked),
        rate: row.number("tflops").map(FlopsPerSecond::tera),
        mfu: row.number("mfu").and_then(Ratio::checked),
        source: text("source"),
        date: text("date"),
    }
}
