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
    /// Goals are compared with the prediction itself.
    pub const NONE: Self =
        Self { first: Ratio::ONE, further: Ratio::ONE, alone: Ratio::ONE, rate: Ratio::ONE };

    /// What each goal takes to be kept with that chance by an engine on a generation of accelerators; a figure whose
    /// range nobody measured is left as it is.
    #[must_use]
    pub fn of(engine: &Engine, generation: &str, wanted: Ratio) -> Self {
        let worst = |found: Option<(bool, &ServeRange)>| {
            let (turned, range) = found?;
            let (low, high) = range.factor;
            Ratio::checked(if turned { 1.0 / low.get() } else { high.get() })
        };
        let room = |found| worst(found).map_or(Ratio::ONE, |high| stretch(high, wanted));
        let of = |figure, batch| room(engine.range_of_time(figure, generation, batch));
        // Of what comes at random, as `Most it can answer` is told of it.
        let rate = engine.range("tok_s", generation, "closed").map(|range| (true, range));
        Self {
            first: of("ttft", 2),
            further: of("tpot", 2),
            alone: of("tpot", 1),
            rate: room(rate),
        }
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
    /// The range that the time to the first token (`ttft`) or the time a token (`tpot`) with so many sequences at once
    /// goes by, and whether it is one of its reciprocal.
    #[must_use]
    pub fn range_of_time(
        &self,
        figure: &str,
        generation: &str,
        batch: u32,
    ) -> Option<(bool, &ServeRange)> {
        // Of single streams, tokens a second were measured more often than the time of one.
        match figure == "tpot" && batch <= 1 {
            true => Some((true, self.range("tok_s", generation, "single")?)),
            false => Some((false, self.range(figure, generation, "closed")?)),
        }
    }
}
