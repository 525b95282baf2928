//! From values to pixels, and where the ticks go.

/// A straight or logarithmic map from values to pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    from: (f64, f64),
    to: (f64, f64),
    log: bool,
}

impl Scale {
    /// Equal steps for equal differences; `from` and `to` are (first, last).
    #[must_use]
    pub fn linear(from: (f64, f64), to: (f64, f64)) -> Self {
        Self { from, to, log: false }
    }

    /// Equal steps for equal ratios; values at or below zero sit at the first pixel.
    #[must_use]
    pub fn log(from: (f64, f64), to: (f64, f64)) -> Self {
        Self { from, to, log: true }
    }

    /// The pixel of a value.
    #[must_use]
    pub fn at(&self, value: f64) -> f64 {
        let share = if self.log {
            let span = (self.from.1 / self.from.0).ln();
            (value.max(self.from.0 * 1e-9) / self.from.0).ln() / span
        } else {
            (value - self.from.0) / (self.from.1 - self.from.0)
        };
        let share = if share.is_finite() { share } else { 0.0 };
        self.to.0 + share * (self.to.1 - self.to.0)
    }
}

/// Round values (1, 2, 2.5 or 5 times a power of ten) from `low` to `high`, about `n` of them.
#[must_use]
pub fn linear_ticks(low: f64, high: f64, n: u32) -> Vec<f64> {
    let span = high - low;
    if !span.is_finite() || span <= 0.0 || n == 0 {
        return vec![low];
    }
    let raw = span / f64::from(n);
    let power = 10f64.powf(raw.log10().floor());
    let step = [1.0, 2.0, 2.5, 5.0, 10.0]
        .into_iter()
        .map(|round| round * power)
        .find(|step| *step >= raw * 0.999)
        .unwrap_or(raw);
    let first = (low / step - 1e-9).ceil();
    let count = ((high / step + 1e-9).floor() - first).max(0.0) as u32;
    (0..=count.min(100)).map(|i| (first + f64::from(i)) * step).collect()
}

/// Round values on a logarithmic axis: 1, 2, 5 in each decade, or only powers of ten over many
/// decades.
#[must_use]
pub fn log_ticks(low: f64, high: f64) -> Vec<f64> {
    if !(low > 0.0 && high > low && high.is_finite()) {
        return vec![low];
    }
    let decades = (high / low).log10();
    let steps: &[f64] = if decades > 3.5 { &[1.0] } else { &[1.0, 2.0, 5.0] };
    let first = low.log10().floor() as i32;
    let last = high.log10().ceil() as i32;
    let ticks: Vec<f64> = (first..=last)
        .flat_map(|power| steps.iter().map(move |step| step * 10f64.powi(power)))
        .filter(|tick| *tick >= low * 0.999 && *tick <= high * 1.001)
        .collect();
    if ticks.is_empty() { vec![low, high] } else { ticks }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_of_a_scale_are_its_pixels() {
        let linear = Scale::linear((10.0, 30.0), (0.0, 200.0));
        assert_eq!((linear.at(10.0), linear.at(20.0), linear.at(30.0)), (0.0, 100.0, 200.0));
        let log = Scale::log((1.0, 100.0), (0.0, 200.0));
        assert!((log.at(10.0) - 100.0).abs() < 1e-9);
        let flipped = Scale::linear((0.0, 1.0), (100.0, 0.0));
        assert_eq!(flipped.at(0.25), 75.0);
    }

    #[test]
    fn a_scale_without_extent_stays_at_its_first_pixel() {
        assert_eq!(Scale::linear((5.0, 5.0), (7.0, 100.0)).at(5.0), 7.0);
        assert_eq!(Scale::log((5.0, 5.0), (7.0, 100.0)).at(5.0), 7.0);
    }

    #[test]
    fn ticks_are_round_and_inside() {
        assert_eq!(linear_ticks(0.0, 10.0, 5), [0.0, 2.0, 4.0, 6.0, 8.0, 10.0]);
        assert_eq!(linear_ticks(3.0, 3.0, 5), [3.0]);
        assert_eq!(log_ticks(8.0, 120.0), [10.0, 20.0, 50.0, 100.0]);
        assert_eq!(log_ticks(1.0, 1e6).len(), 7);
        assert_eq!(log_ticks(0.0, 10.0), [0.0]);
    }
}
