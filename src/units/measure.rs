//! Measured quantities: finite, never negative, totally ordered.

use super::{Bytes, Tokens};
use std::cmp::Ordering;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Div, Mul};

macro_rules! measure {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq)]
        pub struct $name(f64);

        impl $name {
            /// None of it.
            pub const ZERO: Self = Self(0.0);
            /// The largest amount: what a value that is not finite or is negative becomes.
            pub const UNBOUNDED: Self = Self(f64::MAX);

            /// A value in the type's own unit. Not finite or negative becomes [`Self::UNBOUNDED`].
            #[must_use]
            pub const fn new(value: f64) -> Self {
                if value >= 0.0 && value <= f64::MAX { Self(value) } else { Self::UNBOUNDED }
            }

            /// A value in the type's own unit, or nothing when it is not finite or is negative.
            #[must_use]
            pub fn checked(value: f64) -> Option<Self> {
                (value.is_finite() && value >= 0.0).then_some(Self(value))
            }

            /// The number, in the type's own unit.
            #[must_use]
            pub const fn get(self) -> f64 {
                self.0
            }

            /// The larger of two.
            #[must_use]
            pub const fn max(self, other: Self) -> Self {
                if self.0 < other.0 { other } else { self }
            }

            /// The smaller of two.
            #[must_use]
            pub const fn min(self, other: Self) -> Self {
                if other.0 < self.0 { other } else { self }
            }

            /// What is left after taking `other`, at least nothing.
            #[must_use]
            pub const fn less(self, other: Self) -> Self {
                if other.0 < self.0 { Self(self.0 - other.0) } else { Self::ZERO }
            }
        }

        impl Eq for $name {}

        impl PartialOrd for $name {
            fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
                Some(self.cmp(other))
            }
        }

        impl Ord for $name {
            fn cmp(&self, other: &Self) -> Ordering {
                self.0.total_cmp(&other.0)
            }
        }

        impl Add for $name {
            type Output = Self;
            fn add(self, other: Self) -> Self {
                Self::new(self.0 + other.0)
            }
        }

        impl AddAssign for $name {
            fn add_assign(&mut self, other: Self) {
                *self = *self + other;
            }
        }

        impl Mul<f64> for $name {
            type Output = Self;
            fn mul(self, factor: f64) -> Self {
                Self::new(self.0 * factor)
            }
        }

        impl Sum for $name {
            fn sum<I: Iterator<Item = Self>>(iter: I) -> Self {
                iter.fold(Self::ZERO, Add::add)
            }
        }
    };
}

macro_rules! over {
    ($amount:ident / $rate:ident = $result:ident) => {
        impl Div<$rate> for $amount {
            type Output = $result;
            /// An amount over a rate of zero never ends.
            fn div(self, rate: $rate) -> $result {
                $result::new(self.0 / rate.0)
            }
        }
    };
}

measure! {
    /// Seconds.
    Seconds
}
measure! {
    /// Events a second.
    Frequency
}
measure! {
    /// Floating-point operations (a multiply-add counts as two).
    Flops
}
measure! {
    /// US dollars.
    Dollars
}
measure! {
    /// Watts.
    Watts
}
measure! {
    /// A plain fraction or factor.
    Ratio
}
measure! {
    /// Bytes a second.
    BytesPerSecond
}
measure! {
    /// Floating-point operations a second.
    FlopsPerSecond
}
measure! {
    /// US dollars an hour.
    DollarsPerHour
}
measure! {
    /// Times a second: requests, tokens.
    PerSecond
}

measure! {
    /// US dollars a decimal gigabyte: moved once, or kept for one month.
    DollarsPerGb
}
measure! {
    /// US dollars a kilowatt-hour.
    DollarsPerKwh
}
measure! {
    /// Kilowatt-hours.
    KilowattHours
}
measure! {
    /// Grams of CO2 equivalent a kilowatt-hour.
    GramsPerKwh
}
measure! {
    /// Kilograms of CO2 equivalent.
    KilogramsCo2
}

over!(Flops / FlopsPerSecond = Seconds);

impl Div<BytesPerSecond> for Bytes {
    type Output = Seconds;
    fn div(self, rate: BytesPerSecond) -> Seconds {
        Seconds::new(self.as_f64() / rate.0)
    }
}

impl Mul<Seconds> for DollarsPerHour {
    type Output = Dollars;
    fn mul(self, time: Seconds) -> Dollars {
        Dollars::new(self.0 * (time.0 / 3600.0))
    }
}

impl Mul<Bytes> for DollarsPerGb {
    type Output = Dollars;
    fn mul(self, bytes: Bytes) -> Dollars {
        Dollars::new(self.0 * (bytes.as_f64() / 1e9))
    }
}

impl Mul<KilowattHours> for DollarsPerKwh {
    type Output = Dollars;
    fn mul(self, energy: KilowattHours) -> Dollars {
        Dollars::new(self.0 * energy.0)
    }
}

impl Mul<KilowattHours> for GramsPerKwh {
    type Output = KilogramsCo2;
    fn mul(self, energy: KilowattHours) -> KilogramsCo2 {
        KilogramsCo2::new(self.0 * energy.0 / 1000.0)
    }
}

impl Mul<Seconds> for Watts {
    type Output = KilowattHours;
    fn mul(self, time: Seconds) -> KilowattHours {
        KilowattHours::new(self.0 / 1000.0 * (time.0 / 3600.0))
    }
}

impl Ratio {
    /// All of it.
    pub const ONE: Self = Self(1.0);
}

impl Seconds {
    /// Microseconds.
    #[must_use]
    pub const fn us(value: f64) -> Self {
        Self::new(value / 1e6)
    }

    /// Hours.
    #[must_use]
    pub const fn hours(value: f64) -> Self {
        Self::new(value * 3600.0)
    }

    /// Days.
    #[must_use]
    pub const fn days(value: f64) -> Self {
        Self::new(value * 86_400.0)
    }

    /// Days, for show.
    #[must_use]
    pub const fn as_days(self) -> f64 {
        self.0 / 86_400.0
    }
}

impl BytesPerSecond {
    /// Decimal gigabytes a second.
    #[must_use]
    pub const fn gb(value: f64) -> Self {
        Self::new(value * 1e9)
    }

    /// Decimal gigabits a second.
    #[must_use]
    pub const fn gbit(value: f64) -> Self {
        Self::new(value * 1.25e8)
    }
}

impl FlopsPerSecond {
    /// Tera floating-point operations a second.
    #[must_use]
    pub const fn tera(value: f64) -> Self {
        Self::new(value * 1e12)
    }
}

impl Tokens {
    /// Tokens a second over that time.
    #[must_use]
    pub fn per_second(self, time: Seconds) -> f64 {
        if time.get() > 0.0 { self.as_f64() / time.get() } else { 0.0 }
    }
}

impl Mul<Seconds> for Frequency {
    type Output = Ratio;
    /// How many events in that time.
    fn mul(self, time: Seconds) -> Ratio {
        Ratio::new(self.0 * time.0)
    }
}

impl Frequency {
    /// That many in a day.
    #[must_use]
    pub const fn per_day(events: f64) -> Self {
        Self::new(events / 86_400.0)
    }

    /// One in that time, on average.
    #[must_use]
    pub const fn every(time: Seconds) -> Self {
        Self::new(1.0 / time.0)
    }

    /// Mean time between events; what never happens takes for ever.
    #[must_use]
    pub const fn period(self) -> Seconds {
        Seconds::new(1.0 / self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_that_is_not_finite_is_never_free() {
        for bad in [f64::NAN, f64::INFINITY, -1.0] {
            assert_eq!(Seconds::new(bad), Seconds::UNBOUNDED);
            assert_eq!(Seconds::checked(bad), None);
        }
        assert_eq!(Flops::new(1.0) / FlopsPerSecond::ZERO, Seconds::UNBOUNDED);
        assert_eq!(Seconds::UNBOUNDED + Seconds::UNBOUNDED, Seconds::UNBOUNDED);
    }

    #[test]
    fn units_convert_as_their_names_say() {
        assert_eq!(BytesPerSecond::gbit(400.0), BytesPerSecond::gb(50.0));
        assert_eq!(Bytes::new(3_000_000_000) / BytesPerSecond::gb(1.5), Seconds::new(2.0));
        assert_eq!(DollarsPerHour::new(2.0) * Seconds::new(7200.0), Dollars::new(4.0));
        assert_eq!(Watts::new(500.0) * Seconds::new(7200.0), KilowattHours::new(1.0));
        assert_eq!(DollarsPerKwh::new(0.1) * KilowattHours::new(10.0), Dollars::new(1.0));
        assert_eq!(GramsPerKwh::new(400.0) * KilowattHours::new(10.0), KilogramsCo2::new(4.0));
        assert_eq!(DollarsPerGb::new(0.02) * Bytes::new(1_000_000_000_000), Dollars::new(20.0));
    }

    #[test]
    fn events_are_counted_over_time() {
        assert_eq!(Frequency::per_day(4.0) * Seconds::hours(12.0), Ratio::new(2.0));
        assert_eq!(Frequency::every(Seconds::days(0.25)).period(), Seconds::hours(6.0));
        assert_eq!(Frequency::ZERO.period(), Seconds::UNBOUNDED);
    }
}
