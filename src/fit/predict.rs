//! What the estimate says of a run, with the range that measurements of such runs lie in.

use super::memory::{Meter, fits};
use super::{Run, Setup, setup};
use crate::estimate::Book;
use crate::units::{Bytes, Seconds};

/// A prediction with its 80 % range.
#[derive(Clone, Debug, PartialEq)]
pub struct Prediction {
    /// Time of one optimizer step: low, expected, high.
    pub step: [Seconds; 3],
    /// Peak memory of the fullest accelerator, as the tool that the source used would show it: low, expected, high.
    pub memory: [Bytes; 3],
    /// Whether it fits.
    pub fits: bool,
    /// Key of the stack profile.
    pub profile: String,
    /// What the source did not state, and what was taken instead; how the range was found.
    pub remarks: Vec<String>,
}

/// Predicts a run from what was run alone. `memory_kind` says in words how memory was measured, if it was.
///
/// # Errors
/// Why the run cannot be predicted, for people.
pub fn predict(run: &Run, memory_kind: &str) -> Result<Prediction, String> {
    let setup = setup(run)?;
    Ok(of_setup(&setup, memory_kind))
}

/// Predicts a run of which case and layout are known.
#[must_use]
pub fn of_setup(setup: &Setup, memory_kind: &str) -> Prediction {
    let case = &setup.case;
    let estimate = Book::new(case).estimate(&setup.layout);
    let step = estimate.step();
    let shown = Meter::of_words(memory_kind).shown(&estimate);
    let mut remarks = setup.remarks.clone();
    let spread = case.stack.spread(&case.cluster.accelerator.generation);
    let (time, memory) =
        spread.map_or_else(Default::default, |spread| (spread.time, spread.memory));
    if let Some(spread) = spread {
        remarks.push(format!("range of {}", spread.basis));
    }
    let scaled = |low: f64| Seconds::new(step.get() * low);
    let bytes = |factor: f64| Bytes::from_f64(shown.as_f64() * factor);
    Prediction {
        step: [scaled(time.0.get()), step, scaled(time.1.get())],
        memory: [bytes(memory.0.get()), shown, bytes(memory.1.get())],
        fits: fits(setup, &estimate),
        profile: case.stack.key.clone(),
        remarks,
    }
}
