//! F6: measured runs. What was run becomes a case and a layout ([`setup`]); what was measured is compared with
//! what the estimate says.

mod architecture;
mod machine;
pub mod memory;
pub mod pace;
mod predict;
mod recompute;
pub mod run;
pub mod score;
pub mod serve;
mod setup;
mod software;

pub use predict::{Prediction, of_setup, predict};
pub use run::{Measured, Run};
pub use setup::{Setup, setup, setup_stated};
