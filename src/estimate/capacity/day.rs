//! Requests a second over a day that repeats.

use crate::units::{PerSecond, Ratio};

/// Minutes of a day.
pub const MINUTES: usize = 1440;
/// Most slots of a curve.
pub const SLOTS_MAX: usize = MINUTES;

/// A day's traffic in equal slots; between the middles of two slots it changes evenly.
#[derive(Clone, Debug, PartialEq)]
pub struct DayCurve {
    slots: Vec<PerSecond>,
}

impl DayCurve {
    /// A curve of one's own, from midnight on; nothing for no slots or too many.
    #[must_use]
    pub fn new(slots: Vec<PerSecond>) -> Option<Self> {
        let whole = !slots.is_empty() && slots.len() <= SLOTS_MAX;
        (whole && slots.iter().all(|rate| *rate < PerSecond::UNBOUNDED)).then_some(Self { slots })
    }

    /// The same at any time.
    #[must_use]
    pub fn flat(rate: PerSecond) -> Self {
        Self { slots: vec![rate] }
    }

    /// One wave a day between a peak and a trough, in 96 quarters of an hour, highest at `peak_hour`: a raised cosine,
    /// so the mean lies half way.
    #[must_use]
    pub fn wave(peak: PerSecond, trough: PerSecond, peak_hour: Ratio) -> Self {
        const SLOTS: u32 = 96;
        let (high, low) = (peak.get(), trough.get().min(peak.get()));
        let slot = |at: u32| {
            let hour = (f64::from(at) + 0.5) * 24.0 / f64::from(SLOTS);
            let turn = (hour - peak_hour.get()) / 24.0 * core::f64::consts::TAU;
            PerSecond::new(low + (high - low) * 0.5 * (1.0 + libm::cos(turn)))
        };
        Self { slots: (0..SLOTS).map(slot).collect() }
    }

    /// The curve times a factor.
    #[must_use]
    pub fn times(&self, factor: Ratio) -> Self {
        Self { slots: self.slots.iter().map(|rate| *rate * factor.get()).collect() }
    }

    /// Its slots.
    #[must_use]
    pub fn slots(&self) -> &[PerSecond] {
        &self.slots
    }

    /// The most of any minute.
    #[must_use]
    pub fn peak(&self) -> PerSecond {
        self.minutes().into_iter().max().unwrap_or(PerSecond::ZERO)
    }

    /// The mean of all minutes.
    #[must_use]
    pub fn mean(&self) -> PerSecond {
        let sum: f64 = self.minutes().iter().map(|rate| rate.get()).sum();
        PerSecond::new(sum / MINUTES as f64)
    }

    /// The rate in the middle of every minute.
    #[must_use]
    pub fn minutes(&self) -> Vec<PerSecond> {
        let n = self.slots.len();
        let minute = |at: usize| {
            // Where the minute lies, in slots from the middle of the first.
            let place = (at as f64 + 0.5) * n as f64 / MINUTES as f64 - 0.5;
            let below = place.floor();
            let share = place - below;
            let slot = |steps: f64| {
                let index = (below + steps + n as f64) as usize % n;
                self.slots.get(index).map_or(0.0, |rate| rate.get())
            };
            PerSecond::new(slot(0.0) * (1.0 - share) + slot(1.0) * share)
        };
        (0..MINUTES).map(minute).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wave_has_its_peak_its_trough_and_its_mean() {
        let day = DayCurve::wave(PerSecond::new(30.0), PerSecond::new(10.0), Ratio::new(15.0));
        let minutes = day.minutes();
        // A minute's middle is half a minute off: up to 0.022 a second.
        let near = |rate: PerSecond, wanted: f64| (rate.get() - wanted).abs() < 0.03;
        assert!(near(day.peak(), 30.0) && near(minutes[15 * 60], 30.0));
        assert!(near(minutes[3 * 60], 10.0));
        assert!((day.mean().get() - 20.0).abs() < 1e-9);
        assert!(near(minutes[9 * 60], 20.0));
    }

    #[test]
    fn slots_keep_their_mean_and_meet_in_between() {
        let slots = [4.0, 8.0, 6.0, 2.0].map(PerSecond::new).to_vec();
        let day = DayCurve::new(slots).expect("a day");
        // Slots of six hours: 03:00, 09:00, 15:00 and 21:00 are their middles.
        let minutes = day.minutes();
        let at = |hour: usize| 0.5 * (minutes[hour * 60 - 1].get() + minutes[hour * 60].get());
        assert!((at(9) - 8.0).abs() < 0.01 && (at(6) - 6.0).abs() < 1e-9);
        assert!((day.mean().get() - 5.0).abs() < 1e-9);
        assert!((0.5 * (minutes[0].get() + minutes[MINUTES - 1].get()) - 3.0).abs() < 1e-9);
        assert_eq!(DayCurve::new(Vec::new()), None);
        assert_eq!(DayCurve::flat(PerSecond::new(3.0)).peak(), PerSecond::new(3.0));
    }
}
