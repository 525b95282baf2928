//! F6: measured runs of inference: a row becomes a question ([`setup()`]), the estimate answers it in the row's own
//! terms ([`predict()`]).

mod predict;
mod recipe;
pub mod run;
mod setup;
mod shape;
mod software;

pub use predict::{Said, ServePrediction, of_setup, predict};
pub use run::{ServeMeasured, ServeRun};
pub use setup::{Asked, ServeSetup, setup, setup_stated};
