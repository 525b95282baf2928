//! The only place where numbers become text and text becomes numbers.
//!
//! Reading ([`read`]) takes quantities as people type them (`15T tokens`, `16,384 GPUs`,
//! `400 Gb/s`) and answers with the exact value or a [`Misread`] that says what was given, what was
//! expected and an example. It never guesses: `1,5` and `80 gb/s` are refused, both readings named.
//!
//! Writing ([`show`]) makes text for people, rounded; [`fine`] the same with four digits, for derivations;
//! [`span`] writes ranges; [`short`] makes text for links, exact.

mod decimal;
pub mod fine;
mod misread;
pub mod read;
pub mod short;
pub mod show;
pub mod span;
mod unit;

pub use decimal::Decimal;
pub use misread::{Fault, Misread};
pub use read::{Batch, Noun};

/// Longest text of one quantity, in characters.
pub const QUANTITY_CHARS_MAX: usize = 64;
