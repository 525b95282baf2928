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
    }
}
