//! F2: embedded tables and look-up. Every row has a source and a date.

pub mod accelerators;
pub mod datasets;
pub mod engines;
pub mod kernels;
pub mod models;
mod notation;
pub mod presets;
pub mod stacks;
pub mod table;
