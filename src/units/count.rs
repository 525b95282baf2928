//! Whole quantities: bytes, tokens, parameters. Arithmetic saturates at `u64::MAX`.

use std::iter::Sum;
use std::ops::{Add, AddAssign};

macro_rules! count {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u64);

        impl $name {
            /// None of it.
            pub const ZERO: Self = Self(0);
            /// The largest amount; what saturates ends here.
            pub const MAX: Self = Self(u64::MAX);

            /// That many of it.
            #[must_use]
            pub const fn new(n: u64) -> Self {
                Self(n)
            }

            /// How many there are.
            #[must_use]
            pub const fn get(self) -> u64 {
                self.0
            }

            /// As a float, for rates; exact below 2^53.
            #[must_use]
            pub const fn as_f64(self) -> f64 {
                self.0 as f64
            }

            /// `n` times as much, saturating.
            #[must_use]
            pub const fn times(self, n: u64) -> Self {
                Self(self.0.saturating_mul(n))
            }

            /// The largest share when split over `n` holders (`n = 0` counts as 1): rounded up.
            #[must_use]
            pub const fn shared(self, n: u64) -> Self {
                if n <= 1 { self } else { Self(self.0.div_ceil(n)) }
            }

            /// What is left after taking `other`, at least nothing.
            #[must_use]
            pub const fn less(self, other: Self) -> Self {
                Self(self.0.saturating_sub(other.0))
            }
        }

        impl Add for $name {
            type Output = Self;
            fn add(self, other: Self) -> Self {
                Self(self.0.saturating_add(other.0))
            }
        }

        impl AddAssign for $name {
            fn add_assign(&mut self, other: Self) {
                *self = *self + other;
            }
        }

        impl Sum for $name {
            fn sum<I: Iterator<Item = Self>>(iter: I) -> Self {
                iter.fold(Self::ZERO, Add::add)
            }
        }
    };
}

count! {
    /// Bytes of memory or traffic.
    Bytes
}
count! {
    /// Tokens of text.
    Tokens
}
count! {
    /// Trainable numbers of a model.
    Params
}

impl Bytes {
    /// Binary gigabytes (2^30 bytes).
    #[must_use]
    pub const fn gib(n: u64) -> Self {
        Self(n.saturating_mul(1 << 30))
    }

    /// Binary megabytes (2^20 bytes).
    #[must_use]
    pub const fn mib(n: u64) -> Self {
        Self(n.saturating_mul(1 << 20))
    }

    /// From a float amount, rounded up; not finite or too large saturates, negative is nothing.
    #[must_use]
    pub fn from_f64(bytes: f64) -> Self {
        if bytes.is_nan() { Self::MAX } else { Self(bytes.ceil() as u64) }
    }

    /// In binary gigabytes, for show.
    #[must_use]
    pub fn as_gib(self) -> f64 {
        self.as_f64() / (1u64 << 30) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_saturate_and_round_up() {
        assert_eq!(Bytes::MAX + Bytes::new(1), Bytes::MAX);
        assert_eq!(Bytes::new(10).shared(3), Bytes::new(4));
        assert_eq!(Bytes::new(10).shared(0), Bytes::new(10));
        assert_eq!(Bytes::from_f64(f64::NAN), Bytes::MAX);
        assert_eq!(Bytes::from_f64(-3.0), Bytes::ZERO);
        assert_eq!(Bytes::gib(80).as_gib(), 80.0);
    }
}
