//! Checkpoints and failures that come at any time alike: how a run that is stopped again and again spends its
//! time.
//!
//! J. T. Daly, "A higher order estimate of the optimum checkpoint interval for restart dumps", Future Generation
//! Computer Systems 22 (2006); J. W. Young, "A first order approximation to the optimum checkpoint interval",
//! Communications of the ACM 17 (1974).

use crate::units::{Frequency, Ratio, Seconds};

/// Largest argument of an exponential: a run with more stops between two checkpoints never ends anyway.
const STOPS_MAX: f64 = 300.0;
/// Newton steps from Daly's estimate to the optimum; it doubles its digits with each.
const NEWTON_STEPS: u32 = 8;

/// Young's interval: `sqrt(2 d M)` for checkpoints that take `d` and a mean time `M` between stops.
#[must_use]
pub fn young(blocking: Seconds, mttf: Seconds) -> Seconds {
    Seconds::new((2.0 * blocking.get() * mttf.get()).sqrt())
}

/// Daly's higher-order interval (2006, equation 37): Young's with two terms more for `d < 2 M`, else `M`.
#[must_use]
pub fn daly(blocking: Seconds, mttf: Seconds) -> Seconds {
    let (d, m) = (blocking.get(), mttf.get());
    if d >= 2.0 * m {
        return mttf;
    }
    let half = d / (2.0 * m);
    let series = 1.0 + half.sqrt() / 3.0 + half / 9.0;
    Seconds::new(((2.0 * d * m).sqrt() * series - d).max(0.0))
}

/// The best interval of the full model: the `t` for which `t / M = 1 - exp(-(t + d) / M)` (Daly 2006, equation
/// 13, set to zero slope), which [`daly`] approximates.
#[must_use]
pub fn interval_best(blocking: Seconds, mttf: Seconds) -> Seconds {
    let (d, m) = (blocking.get() / mttf.get(), mttf.get());
    if d <= 0.0 || m >= Seconds::UNBOUNDED.get() {
        return daly(blocking, mttf);
    }
    let mut t = daly(blocking, mttf).get() / m;
    for _ in 0..NEWTON_STEPS {
        let less = libm::expm1(-(t + d));
        t -= (t + less) / (-less).max(f64::MIN_POSITIVE);
    }
    Seconds::new(t * m)
}

/// First-order share of useful time, checkpoints in the background: `1 - rate (u + t / 2)`, at least nothing
/// (arXiv 2410.21680, section 5, as used there for its projections).
#[must_use]
pub fn first_order(stops: Frequency, restart: Seconds, interval: Seconds) -> Ratio {
    let lost = stops * (restart + interval * 0.5);
    Ratio::ONE.less(lost)
}

/// Share of useful time in the full model: `(t / M) / (exp(R / M) (exp((t + d) / M) - 1))` (Daly 2006, equation
/// 13: the wall time of work in pieces of `t`).
///
/// It holds everywhere, and where stops are rare it is the first-order share; that one is only for comparison, as a
/// switch from one to the other would make goodput jump up when failures grow.
#[must_use]
pub fn full(mttf: Seconds, restart: Seconds, interval: Seconds, blocking: Seconds) -> Ratio {
    let piece = Piece { interval, blocking, restart, lag: Seconds::ZERO };
    Ratio::new(piece.spent(mttf).shares()[0])
}

/// The work between two checkpoints.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Piece {
    pub interval: Seconds,
    pub blocking: Seconds,
    /// From a stop to the next step.
    pub restart: Seconds,
    /// Until a checkpoint counts; work of that time is done again after a stop.
    pub lag: Seconds,
}

/// Expected seconds for one piece.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Spent {
    useful: f64,
    checkpoint: f64,
    lost: f64,
    restart: f64,
}

impl Piece {
    /// Expected time for one piece where stops come every `mttf` on average, at work, in checkpoints and in
    /// restarts alike: `M e^r (e^x - 1)` with `x = (t + d) / M`, `r = R / M`, of which `M (e^x - 1 - x)` is work
    /// that is lost and `M (e^r - 1) (e^x - 1)` restarts.
    pub(super) fn spent(&self, mttf: Seconds) -> Spent {
        let m = mttf.get();
        let own = self.interval.get() + self.blocking.get();
        let again = self.restart.get() + self.lag.get();
        let x = (own / m).min(STOPS_MAX);
        let grown = libm::expm1(x);
        let after = m * libm::expm1((again / m).min(STOPS_MAX)) * grown;
        let rework = if again > 0.0 { self.lag.get() / again } else { 0.0 };
        Spent {
            useful: self.interval.get(),
            checkpoint: self.blocking.get(),
            lost: (m * (grown - x)).max(0.0) + after * rework,
            restart: after * (1.0 - rework),
        }
    }
}

impl Spent {
    /// Shares of useful time, checkpoints, lost work and restarts; they sum to one.
    pub(super) fn shares(&self) -> [f64; 4] {
        let parts = [self.useful, self.checkpoint, self.lost, self.restart];
        let total: f64 = parts.iter().sum();
        if total > 0.0 && total <= f64::MAX {
            parts.map(|part| part / total)
        } else {
            [0.0, 0.0, 0.0, 1.0]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_interval_has_no_better_neighbour() {
        let none = Seconds::ZERO;
        for d in [1e-6, 1e-3, 0.1, 1.0, 3.0, 50.0] {
            let (d, m) = (Seconds::new(d * 3600.0), Seconds::new(3600.0));
            let best = interval_best(d, m);
            let at = |t: Seconds| full(m, none, t, d).get();
            for other in [0.9, 0.999, 1.001, 1.1] {
                assert!(at(best) >= at(best * other), "{d:?} {other}");
            }
        }
    }
}
