//! Machines of the spot market: a zone that is there for a while and away for a while.
//!
//! Times for which it is there are exponential, or, where half of them are much shorter than the mean, of two kinds:
//! bursts of short ones, and long ones. For the same mean, bursts never cost goodput: more of the time lies in the
//! long ones (the share of useful time is convex in the rate of stops).

use crate::reliability::Spot;
use crate::units::halved;

/// Median of an exponential time over its mean: the natural logarithm of two.
const MEDIAN_OVER_MEAN: f64 = core::f64::consts::LN_2;
/// Halvings that find the share of short times: as many as a float has bits.
const HALVINGS: u32 = 53;

/// Times of one kind: the share of the zone's time that lies in them, and their mean in seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Phase {
    pub share: f64,
    pub mean: f64,
}

/// The kinds of times for which a zone is there.
///
/// Short ones last the median on average; how many there are follows from the median of all:
/// `p e^-1 + (1 - p) e^(-m / l) = 1/2` with `l = (A - p m) / (1 - p)` so that the mean is `A`.
pub(super) fn phases(spot: &Spot) -> [Phase; 2] {
    let mean = spot.available.get().max(1e-9);
    let whole = [Phase { share: 1.0, mean }, Phase { share: 0.0, mean }];
    let Some(median) = spot.median.map(|median| median.get().max(1e-9)) else {
        return whole;
    };
    if median >= MEDIAN_OVER_MEAN * mean {
        return whole;
    }
    let long = |p: f64| (mean - p * median) / (1.0 - p);
    let above = |p: f64| {
        let left = p * libm::exp(-1.0) + (1.0 - p) * libm::exp(-median / long(p));
        left > 0.5
    };
    let (low, _) = halved((0.0, 1.0), HALVINGS, above);
    let short = low * median / mean;
    [Phase { share: short, mean: median }, Phase { share: 1.0 - short, mean: long(low) }]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Seconds;

    fn zone(mean: f64, median: f64) -> Spot {
        Spot {
            available: Seconds::new(mean),
            median: Some(Seconds::new(median)),
            away: Seconds::new(1.0),
            notice: Seconds::ZERO,
            zones: 1,
        }
    }

    #[test]
    fn phases_have_the_mean_and_the_median() {
        for (mean, median) in [(1.0, 0.33), (10.4, 1.4), (0.7, 0.3), (5.0, 3.4)] {
            let [short, long] = phases(&zone(mean, median));
            // Shares of time over means are shares of the number of times, once they are whole.
            let n = short.share / short.mean + long.share / long.mean;
            assert!((1.0 / n - mean).abs() < 1e-9 * mean);
            let p = short.share / short.mean / n;
            let left =
                p * libm::exp(-median / short.mean) + (1.0 - p) * libm::exp(-median / long.mean);
            assert!((left - 0.5).abs() < 1e-9, "{mean} {median}: {left}");
        }
        assert_eq!(phases(&zone(1.0, 0.7))[0].share, 1.0);
    }
}
