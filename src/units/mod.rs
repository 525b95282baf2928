//! F0: quantities. Every number that has a unit has a type; constructors carry the unit.
//!
//! Counts ([`Bytes`], [`Tokens`], [`Params`]) are whole and saturate, so that a monstrous input reads as
//! "does not fit" and never wraps. Measures ([`Seconds`], [`Flops`], ...) are finite and never negative: a
//! value that is not (NaN, infinity, a negative) becomes the largest finite one, so that a broken plan looks
//! unaffordable and can never look free.
//!
//! Only `+ - * / sqrt min max floor ceil` and the `libm` crate are used below the page: these give the same bits natively
//! and in every browser engine (IEEE 754), unlike `exp`, `ln` and `powf` of the standard library.

pub mod chance;
mod count;
mod day;
mod halving;
mod measure;
mod moment;
pub mod order;

pub use count::{Bytes, Params, Tokens};
pub use day::Day;
pub use halving::halved;
pub use measure::{
    BytesPerSecond, Dollars, DollarsPerGb, DollarsPerHour, DollarsPerKwh, Flops, FlopsPerSecond,
    Frequency, GramsPerKwh, KilogramsCo2, KilowattHours, PerSecond, Ratio, Seconds, Watts,
};
pub use moment::Moment;
