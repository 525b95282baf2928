//! The steps that an instance takes, as loads to be looked into.

use super::{Load, Sequences, Serving};
use crate::units::{Bytes, Ratio, Tokens};

impl Serving<'_> {
    /// One step of decoding with so many sequences that each hold that many tokens; a pipeline's stages each work
    /// on their share of them.
    #[must_use]
    pub fn decode_load(&self, running: Sequences, context: Tokens) -> Load {
        let pp = f64::from(self.instance.pp.max(1));
        let running = running.0;
        let share = if pp > 1.0 { (running / pp).ceil().min(running) } else { running };
        let engine = &self.service.engine;
        let decode = if engine.padded { share.max(f64::from(engine.sequences)) } else { share };
        let guesses = self.service.speculation.as_ref().map_or(0, |own| own.guesses);
        let rows = 1.0 + f64::from(guesses);
        Load { decode, context: context.as_f64(), rows, ..Load::default() }
    }

    /// Times of such a step that one token of an answer takes: guesses cost, and yield more than one.
    #[must_use]
    pub fn steps_a_token(&self) -> Ratio {
        let of = |own: &crate::serving::Speculation| {
            let cost = 1.0 + f64::from(own.guesses) * own.cost.get();
            Ratio::new(cost / own.yielded().get().max(1.0))
        };
        self.service.speculation.as_ref().map_or(Ratio::ONE, of)
    }

    /// Times of a pass through all stages that so many steps of reading take: they follow one another, so many at once as
    /// there are stages or the engine keeps copies for.
    #[must_use]
    pub fn passes(&self, steps: Ratio) -> Ratio {
        let pp = f64::from(self.instance.pp.max(1));
        let first = self.stages_at_once().min(steps.get()).max(1.0);
        Ratio::new(steps.get() / first + (first - 1.0) / pp)
    }

    /// Bytes of keys and values that one more token takes on one accelerator, where no window has passed it.
    #[must_use]
    pub fn token_bytes(&self) -> Bytes {
        Bytes::from_f64(self.sequence_bytes(2.0) - self.sequence_bytes(1.0))
    }

    /// The largest step that reads one prompt, and how many of them it takes.
    #[must_use]
    pub fn prompt_load(&self, tokens: Tokens) -> (Load, Ratio) {
        let tokens = tokens.as_f64().max(1.0);
        let steps = self.steps_of(tokens);
        let load = Load {
            prompt: tokens / steps,
            readers: 1.0,
            reach: tokens / 2.0,
            ended: (1.0 / steps).max(1.0),
            rows: 1.0,
            ..Load::default()
        };
        (load, Ratio::new(steps))
    }
}
