//! The text of one input, read by its kind and range; and its canonical text.

use super::limits::{
    BANDWIDTH_MAX, BANDWIDTH_MIN, DELAY_MAX, DELAY_MIN, FACTOR_MAX, FLOP_RATE_MAX, FLOP_RATE_MIN,
    FREQUENCY_MAX, FREQUENCY_MIN, LATENCY_MAX, LATENCY_MIN, MEMORY_MAX, MEMORY_MIN, MONEY_MAX,
    NAME_CHARS_MAX, POWER_MAX, PRICE_MAX, SPAN_MAX, SPAN_MIN, SPREAD_MAX, TOKENS_MAX,
};
use super::{Group, Key, Kind, Problem, budget, fleet, names, operation, serve, software};
use crate::model::config::{self, hub_id};
use crate::model::limits::CONFIG_WHOLE_BYTES;
use crate::stack::{Technique, Techniques};
use crate::units::text::{Batch, Misread, read, short, show};
use crate::units::{
    Bytes, BytesPerSecond, Deadline, Dollars, DollarsPerHour, FlopsPerSecond, PerSecond, Ratio,
    Seconds, Tokens, Watts,
};

/// Typed where a goal is not one.
pub(super) const NO_GOAL: &str = "none";

/// What the text of an input means.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A catalogue key or word, in its canonical spelling.
    Name(String),
    /// The text of a config.json, untouched.
    Json(String),
    /// A whole number.
    Count(u64),
    /// Tokens of a run.
    Tokens(Tokens),
    /// A global batch.
    Batch(Batch),
    /// Memory.
    Bytes(Bytes),
    /// Bandwidth.
    Bandwidth(BytesPerSecond),
    /// Arithmetic.
    FlopRate(FlopsPerSecond),
    /// Price of one accelerator.
    Price(DollarsPerHour),
    /// Power.
    Power(Watts),
    /// A factor or share.
    Ratio(Ratio),
    /// On or off.
    Switch(bool),
    /// One of the words of [`Kind::Choice`].
    Word(&'static str),
    /// A list of techniques.
    Techniques(Techniques),
    /// Money.
    Money(Dollars),
    /// A time to finish.
    Deadline(Deadline),
    /// A length of time.
    Span(Seconds),
    /// Words between commas or a phrase, in their canonical spelling.
    Words(String),
    /// How often something comes.
    Frequency(PerSecond),
}

/// Reads the text of `key`.
///
/// # Errors
/// When the text is not what the input's kind and range ask for.
pub fn read(key: Key, text: &str) -> Result<Value, Problem> {
    let text = text.trim();
    let misread = |misread: Misread| {
        let hint = format!("{}; write for example {}", misread.fault, misread.example);
        Problem::new(key, text, misread.expected, hint)
    };
    match key.kind() {
        Kind::Name => name(key, text),
        Kind::Json => Ok(Value::Json(text.to_owned())),
        Kind::Count(noun, min, max) => {
            let n = read::count(text, noun).map_err(|own| in_nodes(key, text, misread(own)))?;
            counted(key, text, n, (min, max)).map(Value::Count)
        }
        Kind::Tokens => {
            let tokens = read::tokens(text).map_err(misread)?;
            counted(key, text, tokens.get(), (1, TOKENS_MAX))?;
            Ok(Value::Tokens(tokens))
        }
        Kind::Batch => read::batch(text).map(Value::Batch).map_err(misread),
        Kind::Bytes => {
            let bytes = read::bytes(text).map_err(misread)?;
            let limits = (Bytes::new(MEMORY_MIN), Bytes::new(MEMORY_MAX));
            within(key, text, bytes, limits, show::bytes).map(Value::Bytes)
        }
        Kind::Bandwidth | Kind::BandwidthBits => {
            let rate = read::bandwidth(text).map_err(misread)?;
            let limits = (BytesPerSecond::new(BANDWIDTH_MIN), BytesPerSecond::new(BANDWIDTH_MAX));
            within(key, text, rate, limits, show::bandwidth).map(Value::Bandwidth)
        }
        Kind::FlopRate => {
            let rate = read::flop_rate(text).map_err(misread)?;
            let limits = (FlopsPerSecond::new(FLOP_RATE_MIN), FlopsPerSecond::new(FLOP_RATE_MAX));
            within(key, text, rate, limits, show::flop_rate).map(Value::FlopRate)
        }
        Kind::Price => {
            let rate = read::price(text).map_err(misread)?;
            let limits = (DollarsPerHour::ZERO, DollarsPerHour::new(PRICE_MAX));
            within(key, text, rate, limits, show::price).map(Value::Price)
        }
        Kind::Power => {
            let power = read::power(text).map_err(misread)?;
            let limits = (Watts::ZERO, Watts::new(POWER_MAX));
            within(key, text, power, limits, show::power).map(Value::Power)
        }
        Kind::Factor => {
            let ratio = read::ratio(text).map_err(misread)?;
            let limits = (Ratio::ONE, Ratio::new(FACTOR_MAX));
            within(key, text, ratio, limits, show::factor).map(Value::Ratio)
        }
        Kind::Switch => switch(key, text).map(Value::Switch),
        Kind::Choice(words) => word(key, text, words).map(Value::Word),
        Kind::Techniques => techniques(key, text).map(Value::Techniques),
        Kind::Money => {
            let dollars = read::dollars(text).map_err(misread)?;
            let limits = (Dollars::ZERO, Dollars::new(MONEY_MAX));
            within(key, text, dollars, limits, show::dollars).map(Value::Money)
        }
        Kind::Deadline => deadline(key, text).map(Value::Deadline),
        Kind::Words if key.group() == Group::Serving => serve::words(key, text).map(Value::Words),
        Kind::Words => fleet::words(key, text).map(Value::Words),
        Kind::Changes | Kind::Label => software::value(key, text),
        Kind::Frequency | Kind::Latency => served(key, text, &misread),
        Kind::Share | Kind::Part => share(key, text, &misread),
        Kind::Phrase | Kind::Span | Kind::Delay => planned(key, text),
    }
}

/// What is asked of buying and planning.
fn planned(key: Key, text: &str) -> Result<Value, Problem> {
    let misread = |misread: Misread| {
        let hint = format!("{}; write for example {}", misread.fault, misread.example);
        Problem::new(key, text, misread.expected, hint)
    };
    match key.kind() {
        Kind::Phrase if key.group() == Group::Operation => {
            operation::phrase(key, text).map(Value::Words)
        }
        Kind::Phrase => budget::phrase(key, text).map(Value::Words),
        _ => {
            let time = read::time(text).map_err(misread)?;
            let (min, max) = match key.kind() {
                Kind::Delay => (DELAY_MIN, DELAY_MAX),
                _ => (SPAN_MIN, SPAN_MAX),
            };
            let limits = (Seconds::new(min), Seconds::new(max));
            within(key, text, time, limits, show::time).map(Value::Span)
        }
    }
}

/// A share of a whole: of prefix caches nearly all is known, lengths of requests spread by more than their mean; ranges of
/// measured runs say nothing of one in a hundred.
fn share(key: Key, text: &str, misread: &dyn Fn(Misread) -> Problem) -> Result<Value, Problem> {
    let ratio = read::ratio(text).map_err(misread)?;
    // `90` of what is never less than half can only mean 90%.
    let bare = key == Key::Sure && ratio > Ratio::ONE;
    let ratio = if bare { Ratio::new(ratio.get() / 100.0) } else { ratio };
    let (least, most) = match key {
        Key::Cached => (0.0, 0.999),
        Key::Spread | Key::PromptSpread => (0.0, SPREAD_MAX),
        Key::Sure => (0.5, 0.99),
        _ if matches!(key.kind(), Kind::Part) => (1e-6, 1.0),
        _ => (0.0, 0.95),
    };
    let limits = (Ratio::new(least), Ratio::new(most));
    within(key, text, ratio, limits, show::percent).map(Value::Ratio)
}

/// A rate of requests; a short time, or that there is no goal.
fn served(key: Key, text: &str, misread: &dyn Fn(Misread) -> Problem) -> Result<Value, Problem> {
    if matches!(key.kind(), Kind::Frequency) {
        let rate = read::frequency(text).map_err(misread)?;
        let limits = (PerSecond::new(FREQUENCY_MIN), PerSecond::new(FREQUENCY_MAX));
        return within(key, text, rate, limits, show::frequency).map(Value::Frequency);
    }
    if text.trim().eq_ignore_ascii_case(NO_GOAL) {
        return Ok(Value::Word(NO_GOAL));
    }
    let time = read::time(text).map_err(misread)?;
    let limits = (Seconds::new(LATENCY_MIN), Seconds::new(LATENCY_MAX));
    within(key, text, time, limits, show::time).map(Value::Span)
}

impl Value {
    /// The shortest text that reads back as exactly this value, for the links of `key`.
    #[must_use]
    pub fn link_text(&self, key: Key) -> String {
        match self {
            Self::Name(text) => text.clone(),
            Self::Json(text) => config_text(text),
            Self::Count(n) => short::count(*n),
            Self::Tokens(tokens) => short::count(tokens.get()),
            Self::Batch(Batch::Sequences(n)) => short::count(*n),
            Self::Batch(Batch::Tokens(tokens)) => format!("{}tokens", short::count(tokens.get())),
            Self::Bytes(bytes) => short::bytes(*bytes),
            Self::Bandwidth(rate) if key.kind() == Kind::BandwidthBits => {
                short::bandwidth_bits(*rate)
            }
            Self::Bandwidth(rate) => short::bandwidth(*rate),
            Self::FlopRate(rate) => short::flop_rate(*rate),
            Self::Price(rate) => short::price(*rate),
            Self::Power(power) => short::power(*power),
            Self::Ratio(ratio) => short::ratio(*ratio),
            Self::Switch(on) => if *on { "on" } else { "off" }.to_owned(),
            Self::Word(word) => (*word).to_owned(),
            Self::Money(dollars) => short::dollars(*dollars),
            Self::Span(time) => short::time(*time),
            Self::Frequency(rate) => short::frequency(*rate),
            Self::Deadline(deadline) => deadline.short(),
            Self::Words(words) => words.clone(),
            Self::Techniques(set) => set.iter().map(Technique::key).collect::<Vec<_>>().join(","),
        }
    }
}

/// A config.json without blanks; of a long one, what is read of it.
fn config_text(text: &str) -> String {
    let short = without_blanks(text);
    let long = short.len() > CONFIG_WHOLE_BYTES;
    let trimmed = long.then(|| config::trimmed(&short)).flatten();
    trimmed.filter(|own| own.len() < short.len()).unwrap_or(short)
}

fn deadline(key: Key, text: &str) -> Result<Deadline, Problem> {
    let limits = (Seconds::new(SPAN_MIN), Seconds::new(SPAN_MAX));
    match Deadline::read(text) {
        Some(Deadline::Within(time)) => {
            within(key, text, time, limits, show::time).map(Deadline::Within)
        }
        Some(deadline) => Ok(deadline),
        None if text.trim_start().starts_with(|c: char| c.is_ascii_digit()) => {
            let fault = read::time(text).err().map(|misread| misread.fault);
            let fault = fault.map_or(String::new(), |fault| format!("{fault}; "));
            let hint = format!("{fault}write for example 30 days, or 2026-12-04 18:00");
            Err(Problem::new(key, text, "a time, a day of the week or a date", hint))
        }
        None => {
            let hint = "write for example 30 days, Friday 18:00, or 2026-12-04 18:00";
            Err(Problem::new(key, text, "a time, a day of the week or a date", hint))
        }
    }
}

/// JSON without the blanks between its parts; other text keeps what may be meant.
fn without_blanks(json: &str) -> String {
    let (mut quoted, mut escaped) = (false, false);
    let keep = |c: &char| {
        let inside = quoted;
        if !escaped && *c == '"' {
            quoted = !quoted;
        }
        escaped = inside && !escaped && *c == '\\';
        inside || !c.is_ascii_whitespace()
    };
    json.chars().filter(keep).collect()
}

fn name(key: Key, text: &str) -> Result<Value, Problem> {
    let known = match key {
        Key::Model => "a model of the catalogue, its Hub id, \"config\" or \"custom\"",
        Key::Accelerator => "an accelerator of the catalogue or \"custom\"",
        Key::Engine => "an engine of the catalogue",
        _ => "a stack of the catalogue",
    };
    if text.chars().nth(NAME_CHARS_MAX).is_some() {
        return Err(Problem::new(key, text, known, "the text is too long for a name"));
    }
    if let Some(name) = names::canonical(key, text) {
        return Ok(Value::Name(name));
    }
    if key == Key::Model && hub_id(text).is_some() {
        let hint = "the catalogue does not have it; fetch or paste its config.json";
        return Err(Problem::new(key, text, known, hint));
    }
    let near = names::suggestions(key, text);
    let hint = if near.is_empty() {
        "none is called so".to_owned()
    } else {
        format!("none is called so; near it: {}", near.join(", "))
    };
    Err(Problem::new(key, text, known, hint))
}

/// What was wrong with a count, or how to write it if it was one of nodes.
fn in_nodes(key: Key, text: &str, problem: Problem) -> Problem {
    if key == Key::Count && text.to_ascii_lowercase().contains("node") {
        let hint = "write the nodes times what each holds, for example 64x8";
        return Problem { hint: hint.to_owned(), ..problem };
    }
    problem
}

fn counted(key: Key, text: &str, n: u64, (min, max): (u64, u64)) -> Result<u64, Problem> {
    if (min..=max).contains(&n) {
        return Ok(n);
    }
    let expected = format!("{} to {}", show::grouped(min), show::grouped(max));
    let hint = if n < min { "it is too small" } else { "it is too large" };
    Err(Problem::new(key, text, &expected, hint))
}

fn within<T: Copy + PartialOrd>(
    key: Key,
    text: &str,
    value: T,
    (min, max): (T, T),
    show: fn(T) -> String,
) -> Result<T, Problem> {
    if value >= min && value <= max {
        return Ok(value);
    }
    let expected = format!("{} to {}", show(min), show(max));
    let hint = if value < min { "it is too small" } else { "it is too large" };
    Err(Problem::new(key, text, &expected, hint))
}

fn switch(key: Key, text: &str) -> Result<bool, Problem> {
    match text.trim().to_ascii_lowercase().as_str() {
        "on" | "yes" | "true" | "1" => Ok(true),
        "off" | "no" | "false" | "0" => Ok(false),
        _ => Err(Problem::new(key, text, "\"on\" or \"off\"", "it is neither")),
    }
}

/// Names that people use for the words of links.
const SYNONYMS: [(&str, &str); 17] = [
    ("float32", "fp32"),
    ("tf32", "fp32"),
    ("single", "fp32"),
    ("float16", "fp16"),
    ("half", "fp16"),
    ("bfloat16", "bf16"),
    ("float8", "fp8"),
    ("fp4", "nvfp4"),
    ("adam", "adamw"),
    ("adam8bit", "adamw8"),
    ("adamw8bit", "adamw8"),
    ("sgd", "sgdm"),
    ("sgdmomentum", "sgdm"),
    ("1f1binterleaved", "interleaved"),
    ("breadthfirst", "bf"),
    ("zerobubble", "zb"),
    ("ondemand", "demand"),
];

fn word(key: Key, text: &str, words: &[&'static str]) -> Result<&'static str, Problem> {
    let plain: String = text.chars().filter(|c| c.is_alphanumeric()).take(NAME_CHARS_MAX).collect();
    let plain = plain.to_ascii_lowercase();
    let meant =
        SYNONYMS.iter().find(|(other, _)| *other == plain).map_or(&*plain, |(_, word)| word);
    let found = words.iter().copied().find(|word| *word == meant);
    found.ok_or_else(|| {
        Problem::new(key, text, &format!("one of {}", words.join(", ")), "it is none of them")
    })
}

fn techniques(key: Key, text: &str) -> Result<Techniques, Problem> {
    let mut set = Techniques::NONE;
    for word in text.split([',', ' ', '\n']).filter(|word| !word.is_empty()) {
        let Some(technique) = Technique::from_key(&word.to_ascii_lowercase()) else {
            let all = Technique::ALL.iter().map(|technique| technique.key());
            let hint = format!("the techniques are {}", all.collect::<Vec<_>>().join(", "));
            return Err(Problem::new(key, word, "a list of techniques", hint));
        };
        set = set.with(technique);
    }
    Ok(set)
}
