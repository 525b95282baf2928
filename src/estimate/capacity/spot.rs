//! Instances of the spot market: cheap, and taken away with little warning.
//!
//! A share of the instances stands in spot zones. While a zone is away, instances on demand stand in for its own, so
//! that as many answer as before, but for the time that those need to start. A request that is under way when a machine
//! goes is done again unless the warning lets it end (draining).

use crate::reliability::Spot;
use crate::units::{DollarsPerHour, Frequency, Ratio, Seconds};

/// Instances of the spot market.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SpotShare {
    /// Share of the instances that stand there.
    pub share: Ratio,
    /// How its zones come and go; `notice` is the warning.
    pub spot: Spot,
}

/// What comes of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SpotTold {
    /// Share of all instance-hours that the spot market gives.
    pub given: Ratio,
    /// Share of all instance-hours in which others stand in.
    pub stood_in: Ratio,
    /// How often one spot instance is taken away.
    pub taken: Frequency,
    /// Requests that are cut off and done again, over all.
    pub cut: Ratio,
    /// Share of the instances that is missing on the mean, while others start.
    pub missing: Ratio,
}

impl SpotShare {
    /// None of them.
    #[must_use]
    pub const fn none(spot: Spot) -> Self {
        Self { share: Ratio::ZERO, spot }
    }

    /// What comes of it where an answer takes `whole` and a new instance `delay`.
    ///
    /// A zone is there for a share `A / (A + D)` of the time and goes once in `A + D`. What one instance has under way
    /// (by Little's law, its rate times `whole`) is cut where it would end after the warning: of answers that began at
    /// random times, a share `1 - notice / whole`.
    #[must_use]
    pub fn told(&self, whole: Seconds, delay: Seconds) -> SpotTold {
        let share = self.share.min(Ratio::ONE).get();
        let there = self.spot.availability().get();
        let cycle = (self.spot.available + self.spot.away).max(Seconds::new(1.0));
        let taken = Frequency::every(cycle);
        let late = (1.0 - self.spot.notice.get() / whole.get().max(1e-9)).max(0.0);
        // Of an instance's requests of one cycle, those under way as it goes.
        let cut = share * late * whole.get() / cycle.get();
        let gap = delay.less(self.spot.notice).min(self.spot.away);
        SpotTold {
            given: Ratio::new(share * there),
            stood_in: Ratio::new(share * (1.0 - there)),
            taken,
            cut: Ratio::new(cut.min(share)),
            missing: Ratio::new(share * gap.get() / cycle.get()),
        }
    }

    /// What one machine costs on the mean, by the hour: spot where the market gives it, on demand otherwise.
    #[must_use]
    pub fn rate(&self, demand: DollarsPerHour, spot: DollarsPerHour) -> DollarsPerHour {
        let given = self.share.min(Ratio::ONE).get() * self.spot.availability().get();
        DollarsPerHour::new(spot.get() * given + demand.get() * (1.0 - given))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_by_hand() {
        let spot = Spot {
            available: Seconds::hours(9.0),
            median: None,
            away: Seconds::hours(1.0),
            notice: Seconds::new(120.0),
            zones: 1,
        };
        let half = SpotShare { share: Ratio::new(0.5), spot };
        // There for nine of ten hours; answers of 20 s end within two minutes; a new instance takes five.
        let told = half.told(Seconds::new(20.0), Seconds::new(300.0));
        let near = |value: Ratio, wanted: f64| (value.get() - wanted).abs() < 1e-12;
        assert!(near(told.given, 0.45) && near(told.stood_in, 0.05));
        assert!(near(told.cut, 0.0) && near(told.missing, 0.5 * 180.0 / 36_000.0));
        assert_eq!(told.taken.period(), Seconds::hours(10.0));
        // Answers of four minutes: half of those under way do not end in time.
        let told = half.told(Seconds::new(240.0), Seconds::new(300.0));
        assert!(near(told.cut, 0.5 * 0.5 * 240.0 / 36_000.0));
        // 45 % at $4 and 55 % at $10.
        let rate = half.rate(DollarsPerHour::new(10.0), DollarsPerHour::new(4.0));
        assert!((rate.get() - 7.3).abs() < 1e-12);
        assert_eq!(SpotShare::none(spot).rate(rate, DollarsPerHour::ZERO), rate);
    }
}
