//! Limits on what is typed, beside those of the types it becomes.

/// Largest standard deviation of lengths over their mean.
pub const SPREAD_MAX: f64 = 5.0;
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
/// Shortest time of a message or a step, in seconds.
pub const DELAY_MIN: f64 = 1e-9;
/// Longest time of a message or a step, in seconds: a day.
pub const DELAY_MAX: f64 = 86_400.0;
/// Longest phrase, in characters: the months of ten years.
pub const PHRASE_CHARS_MAX: usize = 3000;
/// Most months of demand.
pub const MONTHS_MAX: usize = 120;
/// Most accelerator-hours of a month.
pub const HOURS_MAX: f64 = 1e9;
/// A slider moves an input to this share of it at least, and to this many times it at most.
pub const MOVE_MAX: f64 = 16.0;
/// Longest list of words, in characters.
pub const WORDS_CHARS_MAX: usize = 1000;
/// Most words of a list.
pub const WORDS_MAX: usize = 64;
/// Least rate of requests, a second: one in a year.
pub const FREQUENCY_MIN: f64 = 3.168_8e-8;
/// Greatest rate of requests, a second.
pub const FREQUENCY_MAX: f64 = 1e9;
/// Shortest latency that is asked for, in seconds.
pub const LATENCY_MIN: f64 = 1e-6;
/// Longest latency that is asked for, in seconds: a day.
pub const LATENCY_MAX: f64 = 86_400.0;
/// Kinds of accelerator that are searched for one deployment.
pub const KINDS_MAX: usize = 16;
/// Areas of users.
pub const AREAS_MAX: usize = 12;
/// Longest name or version of one's own, in characters.
pub const LABEL_CHARS_MAX: usize = 60;
