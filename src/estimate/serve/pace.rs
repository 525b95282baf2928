//! How unevenly tokens come: percentiles of the time a token over answers, and of single gaps between tokens.
//!
//! An answer of `n` tokens takes `n d(b)` of decoding beside `b` others, and `s` more for each prompt that is read
//! meanwhile. Each request that comes during the answer adds its prompt, `s`, and from then on its place in the batch;
//! each that came before adds its place until it ends. Requests that come at random make this shot noise (Campbell's
//! theorem; Kingman 1993, section 3.2): with `c = n d'(b)` and `N` requests in an answer's time, the variance is
//! `N (s^2 + s c + 2 c^2 / 3)`, and what delays an answer lets more requests come into it, each of which is there for
//! half of what is left on the mean: that stretches deviations by `1 / (1 - x s - x c / 2)` (without `c` the delay busy
//! period of an M/G/1 queue, Kleinrock 1975, section 5.8). A simulation of an engine step by step
//! (`tests/serve_pace.rs`) finds the 50th and 90th percentiles within a tenth of these, the 99th within a fifth.

use super::Serving;
use super::batch::Answer;
use crate::serving::Traffic;
use crate::units::chance::lognormal;
use crate::units::{Ratio, Seconds};

/// Share of an instance's time that reading may take in the figures here.
const BUSY: f64 = 0.98;

/// How requests come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrivals {
    /// At random, whatever others do.
    Random,
    /// Each as another is answered: only the spread of lengths staggers them.
    Answered,
}

/// How evenly tokens come.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pace {
    /// Time a token, on the mean.
    pub mean: Seconds,
    /// Standard deviation over answers, as a share of the mean.
    pub deviation: Ratio,
    /// A gap in which no prompt is read.
    pub alone: Seconds,
    /// What one prompt (or a piece of one) adds to the gap that it falls into.
    pub extra: Seconds,
    /// Pieces of prompts that come while a gap lasts in which none is read.
    pub pieces: Ratio,
    /// Pieces that come while one is read and add to the same wait.
    pub again: Ratio,
    /// Most pieces in one gap.
    pub most: Ratio,
}

impl Pace {
    /// The value below which a share of answers have their time a token: a lognormal of that mean and deviation.
    #[must_use]
    pub fn per_token_at(&self, share: Ratio) -> Seconds {
        let factor = lognormal(self.deviation, normal(share.get())).get();
        Seconds::new((self.mean.get() * factor).max(self.alone.get().min(self.mean.get())))
    }

    /// The value below which a share of the gaps between tokens lie. Prompts that come while others are read are read
    /// before the next token: their number is a generalised Poisson variable (Consul and Jain 1973), that of a busy
    /// period.
    #[must_use]
    pub fn gap_at(&self, share: Ratio) -> Seconds {
        let (come, again) = (self.pieces.get(), self.again.get());
        let mut below = libm::exp(-come);
        let (mut n, mut factorial) = (0.0f64, 0.0f64);
        while below < share.get() && n < self.most.get() {
            n += 1.0;
            factorial += libm::log(n);
            let base = come + n * again;
            below += libm::exp(
                libm::log(come) + (n - 1.0) * libm::log(base.max(1e-300)) - base - factorial,
            );
        }
        Seconds::new(self.alone.get() + n * self.extra.get())
    }
}

/// The value below which a share of a normal distribution lies, in standard deviations: Abramowitz and Stegun 1964,
/// 26.2.23, within 4.5e-4.
fn normal(share: f64) -> f64 {
    let share = share.clamp(1e-6, 1.0 - 1e-6);
    let tail = share.min(1.0 - share);
    let t = (-2.0 * libm::log(tail)).sqrt();
    let above = 2.515_517 + t * (0.802_853 + t * 0.010_328);
    let below = 1.0 + t * (1.432_788 + t * (0.189_269 + t * 0.001_308));
    let z = t - above / below;
    if share < 0.5 { -z } else { z }
}

impl Serving<'_> {
    /// How evenly tokens come in what was answered of that traffic.
    #[must_use]
    pub fn pace(&self, traffic: &Traffic, answer: &Answer, arrivals: Arrivals) -> Pace {
        let fresh = traffic.prompt * (1.0 - traffic.cached.get());
        let context = traffic.context().get();
        let tokens = (traffic.output - 1.0).max(1.0);
        let running = answer.running.0.max(1.0);
        let mean = answer.per_token.get();
        let alone = self.decode(running, context).min(mean);
        let rate = answer.request_rate.get();
        // What the mean says of reading: all that is not decoding.
        let prompt = (mean - alone) * tokens / (rate * mean * tokens).max(1e-12);
        let busy = (rate * prompt).min(BUSY);
        let (noise, beside) = match arrivals {
            Arrivals::Random => {
                // A batch at its limit does not swing.
                let most = self.most(traffic);
                let room = ((most - running) / running.sqrt().max(1.0)).clamp(0.0, 1.0);
                // Over the swing itself: between two batches alone, a tile more or less would say it all.
                let swing = running.sqrt().max(1.0);
                let ends = ((running - swing).max(1.0), (running + swing).min(most.max(running)));
                let more = self.decode(ends.1, context) - self.decode(ends.0, context);
                let more = more.max(0.0) / (ends.1 - ends.0).max(1.0);
                (1.0, room * more * tokens)
            }
            Arrivals::Answered => (traffic.spread * traffic.spread, 0.0),
        };
        let came = rate * mean * tokens * noise;
        let square = prompt * prompt + prompt * beside + 2.0 / 3.0 * beside * beside;
        let stretch = 1.0 / (1.0 - (busy + rate * beside / 2.0).min(BUSY));
        let deviation = (came * square).sqrt() * stretch / (mean * tokens).max(1e-12);
        let chunk = f64::from(self.rows_most());
        let steps = self.steps_of(fresh);
        let pieces = rate * steps * alone;
        // Where prompts share steps with tokens, those that come in one step are read in the next, no more than fit it:
        // a Poisson autoregression, whose variance over mean is 1 / (1 - busy^2); else all are read first.
        let mixes = self.service.engine.mixes;
        let again = if mixes { 1.0 - (1.0 - busy * busy).sqrt() } else { busy };
        // Each attention group and each stage under way reads pieces of its own.
        let readers = f64::from(self.instance.dp.max(1)) * self.stages_at_once();
        let most = readers * (chunk * steps / fresh.max(1.0)).floor().max(1.0);
        let most = if mixes { most } else { 1e3 };
        let pieces = if mixes { pieces / (1.0 - busy) * (1.0 - again) } else { pieces };
        Pace {
            mean: answer.per_token,
            deviation: Ratio::new(deviation.min(10.0)),
            alone: Seconds::new(alone),
            extra: Seconds::new(prompt / steps),
            pieces: Ratio::new(pieces.clamp(1e-12, 1e3)),
            again: Ratio::new(again),
            most: Ratio::new(most),
        }
    }
}
