//! The room that a wanted chance asks for: by how much measured runs lay above what was said of them.

use super::{Engine, ServeRange};
use crate::units::chance::stretch;
use crate::units::{Ratio, Seconds};

/// What a prediction is made worse by before it is compared with a goal: factors, all 1 where goals are compared with the
/// prediction itself.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Room {
    /// On the time to the first token.
    pub first: Ratio,
    /// On the time a token.
    pub further: Ratio,
    /// The same where one sequence runs at a time.
    pub alone: Ratio,
    /// Of what an instance can answer over what may be asked of it.
    pub rate: Ratio,
}

impl Room {
    /// More than one sequence at once.
    pub const MANY: u32 = 2;
    /// Goals are compared with the prediction itself.
    pub const NONE: Self =
        Self { first: Ratio::ONE, further: Ratio::ONE, alone: Ratio::ONE, rate: Ratio::ONE };

    /// What each goal takes to be kept with that chance by an engine on a generation of accelerators; a figure whose
    /// range nobody measured is left as it is.
    #[must_use]
    pub fn of(engine: &Engine, generation: &str, wanted: Ratio) -> Self {
        let room = |(figure, batch): (&str, u32)| {
            let Some((turned, range)) = engine.range_of(figure, generation, batch) else {
                return Ratio::ONE;
            };
            let (low, high) = range.factor;
            stretch(if turned { Ratio::new(1.0 / low.get()) } else { high }, wanted)
        };
        let [first, further, alone, rate] =
            [("ttft", Self::MANY), ("tpot", Self::MANY), ("tpot", 1), ("tok_s", Self::MANY)]
                .map(room);
        Self { first, further, alone, rate }
    }

    /// The times of an instance that runs so many sequences at once, made worse.
    #[must_use]
    pub fn worse(&self, (first, further): (Seconds, Seconds), batch: u32) -> (Seconds, Seconds) {
        (first * self.first.get(), further * self.of_batch(batch).get())
    }

    /// The factor on the time a token of so many sequences at once.
    #[must_use]
    pub const fn of_batch(&self, batch: u32) -> Ratio {
        if batch <= 1 { self.alone } else { self.further }
    }
}

impl Engine {
    /// The range that the time to the first token (`ttft`), the time a token (`tpot`) with so many sequences at once, or
    /// what comes at random over what is answered (`tok_s`) goes by, and whether it is one of its reciprocal.
    #[must_use]
    pub fn range_of(
        &self,
        figure: &str,
        generation: &str,
        batch: u32,
    ) -> Option<(bool, &ServeRange)> {
        // Of single streams, tokens a second were measured more often than the time of one.
        let (figure, mode) = match figure {
            "tpot" if batch <= 1 => ("tok_s", "single"),
            _ => (figure, "closed"),
        };
        Some((figure == "tok_s", self.range(figure, generation, mode)?))
    }
}
