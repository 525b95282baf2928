//! Limits on what is typed, beside those of the types it becomes.

/// Largest factor (imbalance, oversubscription).
pub const FACTOR_MAX: f64 = 1000.0;
/// Smallest memory of an accelerator or its host's share, in bytes.
pub const MEMORY_MIN: u64 = 1 << 20;
/// Largest memory of an accelerator or its host's share, in bytes.
pub const MEMORY_MAX: u64 = 1 << 50;
/// Smallest bandwidth, in bytes a second.
pub const BANDWIDTH_MIN: f64 = 1e3;
/// Largest bandwidth, in bytes a second.
pub const BANDWIDTH_MAX: f64 = 1e17;
/// Smallest rate of arithmetic, in operations a second.
pub const FLOP_RATE_MIN: f64 = 1e6;
/// Largest rate of arithmetic, in operations a second.
pub const FLOP_RATE_MAX: f64 = 1e20;
/// Highest price of one accelerator, in dollars an hour.
pub const PRICE_MAX: f64 = 1e6;
/// Highest power of one accelerator, in watts.
pub const POWER_MAX: f64 = 1e6;
/// Most tokens of a run.
pub const TOKENS_MAX: u64 = 1 << 60;
/// Longest name that is looked up, in characters.
pub const NAME_CHARS_MAX: usize = 200;
/// Largest budget, in dollars.
pub const MONEY_MAX: f64 = 1e15;
/// Shortest time to finish, in seconds.
pub const SPAN_MIN: f64 = 1.0;
/// Longest time to finish, in seconds: a thousand years.
pub const SPAN_MAX: f64 = 3.155_76e10;
/// Longest list of words, in characters.
pub const WORDS_CHARS_MAX: usize = 1000;
/// Most words of a list.
pub const WORDS_MAX: usize = 64;
