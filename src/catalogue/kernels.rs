//! Fitted kernel constants by family of accelerator (`data/kernels.csv`, `docs/kernels.md`).

use super::table::{Row, Table};
use crate::cluster::{Kernels, MatmulCurve};
use crate::units::{Ratio, Seconds};
use std::sync::OnceLock;

/// Kernel constants of one accelerator or family.
#[derive(Clone, Debug, PartialEq)]
pub struct KernelRow {
    /// Name by which accelerators refer to it.
    pub key: String,
    /// `measured`, or from which other row or figure it was assumed.
    pub basis: String,
    /// The constants.
    pub kernels: Kernels,
    /// How well the 16-bit, 8-bit and 4-bit curves describe what they were fitted on.
    pub fits: [Fit; 3],
    /// Where the measurements were read.
    pub source: String,
    /// Date of the fit.
    pub date: String,
}

/// How well a curve describes measurements.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Fit {
    /// Timings that it was fitted on (0: the curve is assumed).
    pub rows: u32,
    /// Median of the absolute logarithm of predicted over measured, all shapes.
    pub error: Option<Ratio>,
    /// The same, of products with at least 1,024 rows.
    pub error_large: Option<Ratio>,
}

/// All rows.
#[must_use]
pub fn all() -> &'static [KernelRow] {
    static ROWS: OnceLock<Vec<KernelRow>> = OnceLock::new();
    ROWS.get_or_init(|| {
        let table = Table::read(include_str!("data/kernels.csv"));
        table.rows().filter_map(read).collect()
    })
}

/// The row of that key.
#[must_use]
pub fn find(key: &str) -> Option<&'static KernelRow> {
    all().iter().find(|row| row.key == key)
}

/// Lines of the embedded table, whether or not they could be read.
#[must_use]
pub fn n_lines() -> usize {
    Table::read(include_str!("data/kernels.csv")).rows().count()
}

fn read(row: Row<'_>) -> Option<KernelRow> {
    let matmul = curve(row, "matmul")?;
    let kernels = Kernels {
        matmul,
        matmul_fp8: curve(row, "fp8").unwrap_or(matmul),
        matmul_fp4: curve(row, "fp4").or_else(|| curve(row, "fp8")).unwrap_or(matmul),
        attention_forward: Ratio::checked(row.number("attention_forward")?)?,
        attention_backward: Ratio::checked(row.number("attention_backward")?)?,
        attention_half: row.number("attention_half")?,
        memory: Ratio::checked(row.number("memory")?)?,
        launch: Seconds::us(row.number("launch_us")?),
    };
    Some(KernelRow {
        key: row.text("key").to_owned(),
        basis: row.text("basis").to_owned(),
        kernels,
        fits: ["matmul", "fp8", "fp4"].map(|name| fit(row, name)),
        source: row.text("source").to_owned(),
        date: row.text("date").to_owned(),
    })
}

fn curve(row: Row<'_>, name: &str) -> Option<MatmulCurve> {
    Some(MatmulCurve {
        top: Ratio::checked(row.number(&format!("{name}_top"))?)?,
        k_half: row.number(&format!("{name}_k_half"))?,
        tile_m: row.count("tile_m").filter(|tile| *tile > 0)?,
        tile_n: row.count("tile_n").filter(|tile| *tile > 0)?,
    })
}

fn fit(row: Row<'_>, name: &str) -> Fit {
    Fit {
        rows: row.count(&format!("{name}_rows")).unwrap_or(0),
        error: row.number(&format!("{name}_error")).and_then(Ratio::checked),
        error_large: row.number(&format!("{name}_error_large")).and_then(Ratio::checked),
    }
}
