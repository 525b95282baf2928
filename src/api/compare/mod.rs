//! Plans side by side, worked out column by column.

mod markdown;
mod wire;
mod work;

pub use markdown::comparison_markdown;
pub use wire::{CompareCell, CompareColumn, CompareRow, CompareView};
pub use work::Columns;
