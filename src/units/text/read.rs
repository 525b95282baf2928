//! Reading quantities.

use super::decimal::{scan, tidy};
use super::unit::{self, Unit};
use super::{Decimal, Fault, Misread, QUANTITY_CHARS_MAX};
use crate::units::{
    Bytes, BytesPerSecond, Dollars, DollarsPerHour, FlopsPerSecond, PerSecond, Ratio, Seconds,
    Tokens, Watts,
};

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Noun {
    /// Nothing in particular: a degree, a width.
    Plain,
    /// Accelerators.
    Accelerators,
    /// Tokens.
    Tokens,
    /// Sequences.
    Sequences,
    /// Layers.
    Layers,
    /// Heads.
    Heads,
    /// Experts.
    Experts,
    /// Parameters.
    Params,
}

/// A global batch as typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Batch {
    /// So many sequences.
    Sequences(u64),
    /// So many tokens, whatever the sequence length.
    Tokens(Tokens),
}

struct Wanted {
    expected: &'static str,
    example: &'static str,
}

impl Noun {
    pub(super) const ALL: [Self; 8] = [
        Self::Accelerators,
        Self::Tokens,
        Self::Sequences,
        Self::Layers,
        Self::Heads,
        Self::Experts,
        Self::Params,
        Self::Plain,
    ];

    pub(super) const fn words(self) -> &'static [&'static str] {
        match self {
            Self::Plain => &[],
            Self::Accelerators => &[
                "accelerators",
                "accelerator",
                "gpus",
                "gpu",
                "tpus",
                "tpu",
                "chips",
                "chip",
                "devices",
                "device",
                "cards",
                "card",
            ],
            Self::Tokens => &["tokens", "token", "toks", "tok"],
            Self::Sequences => {
                &["sequences", "sequence", "seqs", "seq", "samples", "sample", "examples"]
            }
            Self::Layers => &["layers", "layer", "blocks", "block"],
            Self::Heads => &["heads", "head"],
            Self::Experts => &["experts", "expert"],
            Self::Params => &["parameters", "parameter", "params", "param"],
        }
    }

    pub(super) const fn plural(self) -> &'static str {
        match self {
            Self::Plain => "a plain number",
            Self::Accelerators => "accelerators",
            Self::Tokens => "tokens",
            Self::Sequences => "sequences",
            Self::Layers => "layers",
            Self::Heads => "heads",
            Self::Experts => "experts",
            Self::Params => "parameters",
        }
    }

    const fn wanted(self) -> Wanted {
        let (expected, example) = match self {
            Self::Plain => ("a whole number", "64"),
            Self::Accelerators => ("a number of accelerators", "16,384"),
            Self::Tokens => ("a number of tokens", "15.6T"),
            Self::Sequences => ("a number of sequences", "2,048"),
            Self::Layers => ("a number of layers", "126"),
            Self::Heads => ("a number of heads", "128"),
            Self::Experts => ("a number of experts", "256"),
            Self::Params => ("a number of parameters", "70B"),
        };
        Wanted { expected, example }
    }
}

/// A whole number of something: `2048`, `2k`, `16,384 GPUs`, `2^20`, `8*1024`.
///
/// # Errors
/// When the text is not one.
pub fn count(text: &str, noun: Noun) -> Result<u64, Misread> {
    let wanted = noun.wanted();
    let value = read(text, &wanted, |unit| unit::count(unit, noun))?;
    whole(value).map_err(|fault| misread(text, fault, &wanted))
}

/// Tokens: `15T`, `15T tokens`, `15.6e12`, `14.8 trillion`, `2M`.
///
/// # Errors
/// When the text is not a whole number of tokens.
pub fn tokens(text: &str) -> Result<Tokens, Misread> {
    count(text, Noun::Tokens).map(Tokens::new)
}

/// A global batch: `2048`, `2,048 sequences`, or `16M tokens`.
///
/// # Errors
/// When the text is neither a whole number of sequences nor of tokens.
pub fn batch(text: &str) -> Result<Batch, Misread> {
    let wanted = Wanted { expected: "a number of sequences or tokens", example: "16M tokens" };
    let unit_of_tokens = |unit: &str| match unit::count(unit, Noun::Plain) {
        Unit::Is(_) => Unit::Other,
        _ => unit::count(unit, Noun::Tokens),
    };
    if let Ok(value) = read(text, &wanted, unit_of_tokens) {
        let tokens = whole(value).map_err(|fault| misread(text, fault, &wanted))?;
        return Ok(Batch::Tokens(Tokens::new(tokens)));
    }
    let value = read(text, &wanted, |unit| unit::count(unit, Noun::Sequences))?;
    whole(value).map(Batch::Sequences).map_err(|fault| misread(text, fault, &wanted))
}

/// Memory: `80 GiB`, `80GB`, `1.5TB`; decimal and binary units apart, to the nearest byte.
///
/// # Errors
/// When the text is not an amount of memory.
pub fn bytes(text: &str) -> Result<Bytes, Misread> {
    let wanted = Wanted { expected: "an amount of memory", example: "80 GiB" };
    let value = read(text, &wanted, |unit| named(unit, unit::bytes))?;
    let too_large = || misread(text, Fault::TooLarge, &wanted);
    let bytes = value.rounded().ok_or_else(too_large)?;
    if bytes == 0 && !value.is_zero() {
        return Err(misread(text, Fault::TooSmall, &wanted));
    }
    Ok(Bytes::new(bytes))
}

/// Bandwidth: `400 Gb/s`, `400Gbps`, `50 GB/s`.
///
/// # Errors
/// When the text is not a bandwidth.
pub fn bandwidth(text: &str) -> Result<BytesPerSecond, Misread> {
    let wanted = Wanted { expected: "a bandwidth", example: "400 Gb/s" };
    let value = read(text, &wanted, |unit| named(unit, unit::bandwidth))?;
    measure(value, BytesPerSecond::checked).map_err(|fault| misread(text, fault, &wanted))
}

/// Arithmetic: `989 TFLOPS`, `2.25 PFLOP/s`.
///
/// # Errors
/// When the text is not a rate of operations.
pub fn flop_rate(text: &str) -> Result<FlopsPerSecond, Misread> {
    let wanted = Wanted { expected: "a rate of operations", example: "989 TFLOPS" };
    let value = read(text, &wanted, |unit| named(unit, unit::flop_rate))?;
    measure(value, FlopsPerSecond::checked).map_err(|fault| misread(text, fault, &wanted))
}

/// A price of one accelerator: `3.5 $/h`, `$3.50/GPU/h`, `2 USD/hour`; by the hour unless another
/// period is named.
///
/// # Errors
/// When the text is not a price in dollars.
pub fn price(text: &str) -> Result<DollarsPerHour, Misread> {
    let wanted = Wanted { expected: "a price of one accelerator", example: "3.5 $/h" };
    let mut hours = Decimal::ONE;
    let amount = read(without_dollar(text), &wanted, |unit| match unit::price_hours(unit) {
        Unit::Is(period) => {
            hours = period;
            Unit::Is(Decimal::ONE)
        }
        other => other,
    })
    .map_err(|problem| misread(text, problem.fault, &wanted))?;
    measure(amount, |value| DollarsPerHour::checked(value / hours.as_f64()))
        .map_err(|fault| misread(text, fault, &wanted))
}

/// Money: `$71M`, `5 million dollars`.
///
/// # Errors
/// When the text is not an amount of dollars.
pub fn dollars(text: &str) -> Result<Dollars, Misread> {
    let wanted = Wanted { expected: "an amount of dollars", example: "$5M" };
    let value = read(without_dollar(text), &wanted, unit::dollars)
        .map_err(|problem| misread(text, problem.fault, &wanted))?;
    measure(value, Dollars::checked).map_err(|fault| misread(text, fault, &wanted))
}

/// Time: `6 weeks`, `3 days`, `90 min`, `1 h 30 min`.
///
/// # Errors
/// When the text is not a time.
pub fn time(text: &str) -> Result<Seconds, Misread> {
    let wanted = Wanted { expected: "a time", example: "6 weeks" };
    let mut total = 0.0;
    let start: String = text.chars().take(QUANTITY_CHARS_MAX + 1).collect();
    for part in time_parts(&tidy(&start)) {
        let value = read(&part, &wanted, |unit| named(unit, unit::time))
            .map_err(|problem| misread(text, problem.fault, &wanted))?;
        total += measure(value, Some).map_err(|fault| misread(text, fault, &wanted))?;
    }
    Seconds::checked(total).ok_or_else(|| misread(text, Fault::TooLarge, &wanted))
}

/// A rate of requests: `10/s`, `600 requests/min`, `2M per day`; a bare number is by the second.
///
/// # Errors
/// When the text is not one.
pub fn frequency(text: &str) -> Result<PerSecond, Misread> {
    let wanted = Wanted { expected: "a rate of requests", example: "10/s" };
    let mut period = Decimal::ONE;
    let value = read(text, &wanted, |unit| {
        let (size, time) = unit::frequency(unit);
        period = time;
        size
    })?;
    measure(value, |value| PerSecond::checked(value / period.as_f64()))
        .map_err(|fault| misread(text, fault, &wanted))
}

/// A fraction or factor: `5%`, `0.05`, `1.2x`, `2:1`.
///
/// # Errors
/// When the text is neither.
pub fn ratio(text: &str) -> Result<Ratio, Misread> {
    let wanted = Wanted { expected: "a fraction or percentage", example: "5%" };
    let value = read(text, &wanted, unit::ratio)?;
    measure(value, Ratio::checked).map_err(|fault| misread(text, fault, &wanted))
}

/// Power: `700 W`, `1.2 kW`.
///
/// # Errors
/// When the text is not a power.
pub fn power(text: &str) -> Result<Watts, Misread> {
    let wanted = Wanted { expected: "a power", example: "700 W" };
    let value = read(text, &wanted, |unit| named(unit, unit::power))?;
    measure(value, Watts::checked).map_err(|fault| misread(text, fault, &wanted))
}

/// The number in `text` times the size of its unit.
fn read(
    text: &str,
    wanted: &Wanted,
    mut unit_of: impl FnMut(&str) -> Unit,
) -> Result<Decimal, Misread> {
    let fail = |fault| misread(text, fault, wanted);
    if text.chars().nth(QUANTITY_CHARS_MAX).is_some() {
        return Err(fail(Fault::TooLong));
    }
    let tidy = tidy(text);
    if tidy.is_empty() {
        return Err(fail(Fault::Empty));
    }
    let (number, rest) = scan(&tidy).map_err(fail)?;
    let unit: String = rest.chars().filter(|c| *c != ' ').collect();
    match unit_of(&unit) {
        Unit::Is(size) => number.times(size).ok_or_else(|| fail(Fault::TooLarge)),
        Unit::Ambiguous(both) => Err(fail(Fault::AmbiguousUnit(both))),
        Unit::Other if unit.is_empty() => Err(fail(Fault::NoUnit)),
        Unit::Other => Err(fail(match unit::measures(&unit) {
            Some(what) => Fault::WrongUnit(what),
            None => Fault::UnknownUnit(rest.chars().take(20).collect()),
        })),
    }
}

/// A unit that must be there.
fn named(unit: &str, size: fn(&str) -> Unit) -> Unit {
    if unit.is_empty() { Unit::Other } else { size(unit) }
}

fn whole(value: Decimal) -> Result<u64, Fault> {
    if !value.is_whole() {
        return Err(Fault::NotWhole);
    }
    value.rounded().ok_or(Fault::TooLarge)
}

fn measure<T>(value: Decimal, make: impl FnOnce(f64) -> Option<T>) -> Result<T, Fault> {
    let float = value.as_f64();
    if float == 0.0 && !value.is_zero() {
        return Err(Fault::TooSmall);
    }
    if !float.is_finite() {
        return Err(Fault::TooLarge);
    }
    make(float).ok_or(Fault::TooLarge)
}

fn misread(text: &str, fault: Fault, wanted: &Wanted) -> Misread {
    Misread::new(text, fault, wanted.expected, wanted.example)
}

/// The amount after a dollar sign, or the text itself.
fn without_dollar(text: &str) -> &str {
    let trimmed = text.trim();
    let signs = ["US$", "USD", "$", "\u{ff04}"];
    signs.iter().find_map(|sign| trimmed.strip_prefix(sign)).unwrap_or(trimmed)
}

/// Cuts `1 h 30 min` into its terms: a new one begins where a digit follows a letter.
fn time_parts(text: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut after_letter = false;
    for c in text.chars() {
        if c.is_ascii_digit() && after_letter {
            parts.push(String::new());
        }
        after_letter = c.is_alphabetic() && c != 'e' && c != 'E' || (after_letter && c == ' ');
        if let Some(part) = parts.last_mut() {
            part.push(c);
        }
    }
    parts
}
