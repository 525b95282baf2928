//! The rate at which one instance still keeps to the goals.

use crate::estimate::serve::{Answer, Sequences, Serving};
use crate::serving::{Mode, Traffic};
use crate::units::{PerSecond, Ratio, halved};

/// Halvings of the range of loads.
const HALVINGS: u32 = 40;

/// Least rate that is looked at, over that at which one sequence decodes on the mean.
const SELDOM: f64 = 0.01;

/// What one instance answers within the goals.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Held {
    /// Requests a second.
    pub rate: PerSecond,
    /// The same over the most that it answers at all.
    pub utilisation: Ratio,
    /// What users see at that rate.
    pub answer: Answer,
}

impl Held {
    /// Share of the instance's time in which it reads prompts at that rate.
    #[must_use]
    pub fn reading_share(&self, traffic: &Traffic) -> Ratio {
        self.answer.reading_share(traffic)
    }
}

/// The highest rate at which requests that come at random are answered within the goals: where `keeps` says so of what
/// users see. Nothing where requests that hardly ever meet another one miss them.
///
/// Loads a third to a half apart are looked at, then the room above the highest that keeps to the goals is halved: what
/// is returned was looked at. (Larger batches of prompts read each of them sooner, so that waiting may fall with the
/// load before it rises.)
#[must_use]
pub fn held_while(
    serving: &Serving<'_>,
    traffic: &Traffic,
    keeps: &dyn Fn(&Answer) -> bool,
) -> Option<Held> {
    if serving.memory().too_full || !serving.holds_one(traffic) {
        return None;
    }
    let full = serving.full(traffic);
    let kept = |answer: Answer| keeps(&answer).then_some(answer);
    let told = |running: f64| kept(serving.arriving(traffic, Sequences(running), &full));
    let most = full.running.0.max(1.0);
    let best = match highest(most, &told) {
        Some((low, high, best)) => between(low, high, best, &told),
        None => {
            // So few come that mostly none is there: by their rate.
            let one = serving.arriving(traffic, Sequences(1.0), &full).request_rate;
            let seldom = |rate: f64| {
                let rate = PerSecond::new(rate);
                kept(serving.answer(traffic, Mode::Open { rate, requests: None }))
            };
            let low = one.get() * SELDOM;
            between(low, one.get(), seldom(low)?, &seldom)
        }
    };
    let rate = best.request_rate;
    let utilisation = Ratio::new(rate.get() / full.rate.get());
    Some(Held { rate, utilisation, answer: best })
}

/// The highest of loads a third to a half apart that keeps to the goals, the next above it, and the answer.
fn highest(most: f64, told: &dyn Fn(f64) -> Option<Answer>) -> Option<(f64, f64, Answer)> {
    let mut best = None;
    let mut load = 1.0;
    while load < most {
        // One, one and a half, two, three, four, six and so on: as batches are tried by the search.
        for at in [load, (1.5 * load).min(most)] {
            let next = if at > load { 2.0 * load } else { 1.5 * load };
            best = told(at).map(|answer| (at, next.min(most), answer)).or(best);
        }
        load *= 2.0;
    }
    told(most).map(|answer| (most, most, answer)).or(best)
}

/// The highest load between one that keeps to the goals and one that need not.
fn between(low: f64, high: f64, mut best: Answer, told: &dyn Fn(f64) -> Option<Answer>) -> Answer {
    let keeps = |load| told(load).map(|answer| best = answer).is_some();
    let _ = halved((low, high), HALVINGS, keeps);
    best
}
