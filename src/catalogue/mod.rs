//! F2: embedded tables and look-up. Every row has a source and a date.

pub mod accelerators;
pub mod areas;
pub mod checkpoints;
pub mod constants;
pub mod datasets;
pub mod engines;
pub mod fact;
pub mod facts;
pub mod formats;
pub mod kernels;
pub mod models;
mod notation;
pub mod offers;
pub mod places;
pub mod platforms;
pub mod power;
pub mod presets;
pub mod reliability;
pub mod serving;
pub mod stacks;
pub mod support;
pub mod systems;
pub mod table;
