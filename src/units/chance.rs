//! Chances by 80 % ranges, and the room that a chance asks for.

use super::{Ratio, halved};

/// Normal quantile of 90 %: 80 % lie between both ends.
const Z: f64 = 1.281_551_565_544_600_4;
/// Most that a normal distribution is looked along, in standard deviations: 5e-10 lie beyond.
const FAR: f64 = 6.2;
/// Halvings of that, down to the last bit of what is near one.
const HALVINGS: u32 = 60;

/// Chance that a quantity whose 80 % range and middle these are stays within a limit, its logarithm taken as normal on
/// either side of the middle.
#[must_use]
pub fn chance([low, middle, high]: [Ratio; 3], limit: Ratio) -> Ratio {
    let (middle, limit) = (middle.get(), limit.get());
    let end = if limit < middle { low.get() } else { high.get() };
    let width = libm::log(end / middle).abs();
    let off = libm::log(limit / middle);
    if width.is_nan() || width < 1e-9 || off.is_nan() {
        return if limit >= middle { Ratio::ONE } else { Ratio::ZERO };
    }
    Ratio::new(below(off / width * Z))
}

/// The least limit over the middle within which a quantity stays with that chance, the upper end of whose 80 % range is
/// so many times its middle: [`chance`] the other way round. 1 for a chance of a half or less.
#[must_use]
#[inline(never)]
pub fn stretch(high: Ratio, wanted: Ratio) -> Ratio {
    if wanted.get() <= 0.5 {
        return Ratio::ONE;
    }
    let (_, far) = halved((0.0, FAR), HALVINGS, |deviations| below(deviations) < wanted.get());
    Ratio::new(libm::exp(libm::log(high.get()).abs() * far / Z))
}

/// Standard deviations above its middle that a normal distribution stays within with that chance, within 4.5e-4 of them;
/// none for a half or less (Abramowitz and Stegun 1964, 26.2.23): for looks by the hundred thousand, where the halvings of
/// [`stretch`], exact to the last bit, take too long.
#[must_use]
pub fn deviations(wanted: Ratio) -> f64 {
    let above = (1.0 - wanted.get()).max(1e-9);
    if above >= 0.5 {
        return 0.0;
    }
    let t = (-2.0 * libm::log(above)).sqrt();
    let over = 2.515_517 + t * (0.802_853 + t * 0.010_328);
    let under = 1.0 + t * (1.432_788 + t * (0.189_269 + t * 0.001_308));
    t - over / under
}

/// What a lognormal of that standard deviation over its mean has so many deviations of its logarithm from the middle, over
/// its mean.
#[must_use]
pub fn lognormal(spread: Ratio, deviations: f64) -> Ratio {
    let square = 1.0 + spread.get() * spread.get();
    Ratio::new(libm::exp(libm::log(square).sqrt() * deviations) / square.sqrt())
}

/// Share of a normal distribution below so many standard deviations from its middle.
fn below(deviations: f64) -> f64 {
    (0.5 * libm::erfc(-deviations / core::f64::consts::SQRT_2)).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deviations_are_those_of_the_normal_law() {
        // Abramowitz and Stegun 1964, table 26.1.
        for (share, expected) in [(0.5, 0.0), (0.9, 1.281_55), (0.99, 2.326_35), (0.999, 3.090_23)]
        {
            assert!((deviations(Ratio::new(share)) - expected).abs() < 5e-4, "{share}");
        }
    }

    #[test]
    fn a_chance_is_that_of_its_range() {
        let range = [80.0, 100.0, 130.0].map(Ratio::new);
        for (limit, expected) in [(80.0, 0.1), (100.0, 0.5), (130.0, 0.9), (1e9, 1.0), (1e-9, 0.0)]
        {
            let found = chance(range, Ratio::new(limit)).get();
            assert!((found - expected).abs() < 1e-9, "{limit}: {found}");
        }
        let sure = [Ratio::ONE; 3];
        assert_eq!(chance(sure, Ratio::new(0.9)), Ratio::ZERO);
        assert_eq!(chance(sure, Ratio::ONE), Ratio::ONE);
    }

    /// Of the standard lognormal the median is 1 over the root of 1 + spread^2 of the mean, and one deviation up is so many
    /// times that; what does not spread is all the same.
    #[test]
    fn a_lognormal_has_its_median_below_its_mean() {
        let near = |found: Ratio, wanted: f64| (found.get() - wanted).abs() < 1e-12;
        let spread = Ratio::new((core::f64::consts::E - 1.0).sqrt());
        assert!(near(lognormal(spread, 0.0), (-0.5f64).exp()));
        assert!(near(lognormal(spread, 1.0), 0.5f64.exp()));
        assert!(near(lognormal(Ratio::ZERO, 3.0), 1.0));
    }

    #[test]
    fn room_is_a_chance_the_other_way_round() {
        // The upper end itself is kept with 90 %; its square root, half as far, with what lies below 0.6408 deviations.
        let high = Ratio::new(1.96);
        assert!((stretch(high, Ratio::new(0.9)).get() - 1.96).abs() < 1e-12);
        assert!((stretch(high, Ratio::new(0.739_165_815_4)).get() - 1.4).abs() < 1e-6);
        for wanted in 50..100 {
            let wanted = Ratio::new(f64::from(wanted) / 100.0);
            for high in [1.0, 1.08, 1.9, 31.97] {
                let most = stretch(Ratio::new(high), wanted);
                let told = chance([Ratio::new(0.7), Ratio::ONE, Ratio::new(high)], most);
                assert!(told.get() >= wanted.get() - 1e-12, "{wanted:?} {high}: {told:?}");
                assert!(high == 1.0 || told.get() < wanted.get() + 1e-9);
            }
        }
        assert_eq!(stretch(high, Ratio::new(0.5)), Ratio::ONE);
    }
}
