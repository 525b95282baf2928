//! The units that quantities are typed in, and what each measures.
//!
//! Unit texts come without spaces. Case matters only where it tells bits from bytes.

use super::{Decimal, Noun};

/// What a unit text is, for the quantity that was asked for.
pub(super) enum Unit {
    /// One of them is that many of the quantity's own unit.
    Is(Decimal),
    /// Two readings; how to write each.
    Ambiguous(&'static str),
    /// None of this quantity's units.
    Other,
}

const DECIMAL: [(&str, i32); 8] =
    [("", 0), ("k", 3), ("m", 6), ("g", 9), ("t", 12), ("p", 15), ("e", 18), ("z", 21)];
const BINARY: [(&str, u32); 5] = [("ki", 10), ("mi", 20), ("gi", 30), ("ti", 40), ("pi", 50)];
const SCALES: [(&str, i32); 14] = [
    ("", 0),
    ("thousand", 3),
    ("million", 6),
    ("mn", 6),
    ("billion", 9),
    ("bn", 9),
    ("trillion", 12),
    ("tn", 12),
    ("quadrillion", 15),
    ("k", 3),
    ("m", 6),
    ("b", 9),
    ("g", 9),
    ("t", 12),
];
const TIMES: [(u128, i32, &[&str]); 9] = [
    (1, -9, &["ns"]),
    (1, -6, &["us", "\u{3bc}s", "microsecond", "microseconds"]),
    (1, -3, &["ms", "millisecond", "milliseconds"]),
    (1, 0, &["s", "sec", "secs", "second", "seconds"]),
    (60, 0, &["min", "mins", "minute", "minutes"]),
    (3_600, 0, &["h", "hr", "hrs", "hour", "hours"]),
    (86_400, 0, &["d", "day", "days"]),
    (604_800, 0, &["w", "wk", "wks", "week", "weeks"]),
    (31_557_600, 0, &["y", "yr", "yrs", "year", "years"]),
];
/// A twelfth of a year of 365.25 days, in seconds.
const MONTH_S: u128 = 2_629_800;
const MONTHS: [&str; 4] = ["mo", "mos", "month", "months"];

/// How many things a scale word and a noun stand for (`T tokens`, `k GPUs`, `Ki`).
pub(super) fn count(unit: &str, noun: Noun) -> Unit {
    let unit = unit.to_ascii_lowercase();
    let named = |rest: &str| rest.is_empty() || noun.words().contains(&rest);
    for (word, tens) in SCALES {
        if unit.strip_prefix(word).is_some_and(named) {
            return Unit::Is(Decimal::new(1, tens));
        }
    }
    match BINARY.iter().find(|(word, _)| unit.strip_prefix(word).is_some_and(named)) {
        Some((_, bits)) => Unit::Is(Decimal::new(1 << bits, 0)),
        None => Unit::Other,
    }
}

/// Bytes in one of a unit of memory.
pub(super) fn bytes(unit: &str) -> Unit {
    let lower = unit.to_ascii_lowercase();
    let Some((scale, rest)) = prefixed(&lower, &["b", "byte", "bytes"]) else {
        let bare = prefixed(&lower, &[""]).is_some_and(|_| !unit.is_empty());
        return if bare {
            Unit::Ambiguous("GB (10^9 bytes) or GiB (2^30 bytes)")
        } else {
            Unit::Other
        };
    };
    let bits = rest == "b" && unit.ends_with('b') && (unit != lower || lower == "b");
    if bits { Unit::Other } else { Unit::Is(scale) }
}

/// Bytes a second in one of a unit of bandwidth.
pub(super) fn bandwidth(unit: &str) -> Unit {
    let lower = unit.to_ascii_lowercase();
    let ends = ["/second", "/sec", "/s", "persecond", "persec", "ps"];
    let Some(end) = ends.iter().find(|end| lower.ends_with(**end)) else {
        return Unit::Other;
    };
    let (Some(base), Some(lower_base)) =
        (unit.get(..unit.len() - end.len()), lower.strip_suffix(end))
    else {
        return Unit::Other;
    };
    let bits = Decimal::new(125, -3);
    if let Some((scale, _)) = prefixed(lower_base, &["bit", "bits"]) {
        return scale.times(bits).map_or(Unit::Other, Unit::Is);
    }
    let Some((scale, rest)) = prefixed(lower_base, &["b", "byte", "bytes"]) else {
        return Unit::Other;
    };
    let capital_unit = base.ends_with('B');
    let capital_prefix = base.chars().next().is_some_and(char::is_uppercase) && base.len() > 1;
    let short = *end == "ps";
    let all_capital = short && unit == unit.to_ascii_uppercase();
    match (rest, capital_unit) {
        ("b", false) if capital_prefix || short => scale.times(bits).map_or(Unit::Other, Unit::Is),
        ("b", true) if !all_capital => Unit::Is(scale),
        ("b", _) => Unit::Ambiguous("GB/s for bytes or Gbit/s for bits"),
        _ => Unit::Is(scale),
    }
}

/// Operations a second in one of a unit of arithmetic.
pub(super) fn flop_rate(unit: &str) -> Unit {
    let words = ["flops", "flop/s", "flops/s", "flop", "f", "ops", "op/s", "op", ""];
    let lower = unit.to_ascii_lowercase();
    match prefixed(&lower, &words) {
        Some((scale, _)) if !unit.is_empty() => Unit::Is(scale),
        _ => Unit::Other,
    }
}

/// Seconds in one of a unit of time.
pub(super) fn time(unit: &str) -> Unit {
    let lower = unit.to_ascii_lowercase();
    if unit == "W" {
        return Unit::Other;
    }
    if lower == "m" {
        return Unit::Ambiguous("min for minutes or months");
    }
    if MONTHS.contains(&lower.as_str()) {
        return Unit::Is(Decimal::new(MONTH_S, 0));
    }
    let row = TIMES.iter().find(|(.., words)| words.contains(&lower.as_str()));
    row.map_or(Unit::Other, |(digits, tens, _)| Unit::Is(Decimal::new(*digits, *tens)))
}

/// Requests of a scale word, and seconds of the period that they are counted over.
pub(super) fn frequency(unit: &str) -> (Unit, Decimal) {
    let lower = unit.to_ascii_lowercase().replace("per", "/");
    let lower = match lower.as_str() {
        "rps" | "qps" => "",
        other => other,
    };
    let (head, tail) = lower.split_once('/').unwrap_or((lower, "s"));
    let period = match time(tail) {
        Unit::Is(period) => period,
        other => return (other, Decimal::ONE),
    };
    let words = ["requests", "request", "reqs", "req", "queries", "query"];
    let scale = words.iter().find_map(|word| head.strip_suffix(word)).unwrap_or(head);
    let row = SCALES.iter().find(|(word, _)| *word == scale);
    (row.map_or(Unit::Other, |(_, tens)| Unit::Is(Decimal::new(1, *tens))), period)
}

/// Watts in one of a unit of power.
pub(super) fn power(unit: &str) -> Unit {
    let lower = unit.to_ascii_lowercase();
    match prefixed(&lower, &["w", "watt", "watts"]) {
        Some(_) if unit.starts_with('m') && lower.starts_with("mw") => {
            Unit::Ambiguous("MW for megawatts or a part of a watt")
        }
        Some((scale, _)) => Unit::Is(scale),
        None => Unit::Other,
    }
}

/// What a plain ratio's mark stands for: nothing, percent, `x`, or `:1`.
pub(super) fn ratio(unit: &str) -> Unit {
    match unit.to_ascii_lowercase().as_str() {
        "" | "x" | "\u{d7}" | ":1" | "to1" => Unit::Is(Decimal::ONE),
        "%" | "percent" | "pct" => Unit::Is(Decimal::new(1, -2)),
        _ => Unit::Other,
    }
}

/// Hours in the period of a price such as `$/GPU/h`; a price without a period is by the hour.
pub(super) fn price_hours(unit: &str) -> Unit {
    let lower = unit.to_ascii_lowercase();
    let names = ["us$", "$", "usd", "dollars", "dollar"];
    let tail = names.iter().find_map(|name| lower.strip_prefix(name)).unwrap_or(&lower);
    let parts = tail.replace("per", "/").replace(['-', '*'], "/");
    let mut hours = None;
    for part in parts.split('/').filter(|part| !part.is_empty()) {
        let words = Noun::Accelerators.words();
        if words.contains(&part) {
            continue;
        }
        let part = words.iter().find_map(|word| part.strip_prefix(word)).unwrap_or(part);
        let Some(period) = period_hours(part) else {
            return Unit::Other;
        };
        if hours.replace(period).is_some() {
            return Unit::Other;
        }
    }
    Unit::Is(Decimal::new(hours.unwrap_or(1), 0))
}

/// Dollars in one of a unit of money: a scale word, a name of the currency, both or neither.
pub(super) fn dollars(unit: &str) -> Unit {
    let lower = unit.to_ascii_lowercase();
    let ends = ["$", "usd", "dollars", "dollar"];
    let scale = ends.iter().find_map(|end| lower.strip_suffix(end)).unwrap_or(&lower);
    let row = SCALES.iter().find(|(word, _)| *word == scale);
    row.map_or(Unit::Other, |(_, tens)| Unit::Is(Decimal::new(1, *tens)))
}

/// What `unit` measures, whatever was asked for.
pub(super) fn measures(unit: &str) -> Option<&'static str> {
    let lower = unit.to_ascii_lowercase();
    let known = |unit: Unit| !matches!(unit, Unit::Other);
    if lower.contains('$') || lower.contains("usd") || lower.contains("dollar") {
        return Some("money");
    }
    if unit.chars().any(|c| "\u{20ac}\u{a3}\u{a5}".contains(c)) || lower.contains("eur") {
        return Some(super::decimal::OTHER_CURRENCY);
    }
    if known(bandwidth(unit)) {
        return Some("bandwidth");
    }
    let long = lower.trim_start_matches(['k', 'm', 'g', 't', 'p', 'e']);
    if long.starts_with("flop") || long.starts_with("ops") || long == "f" {
        return Some("operations a second");
    }
    if matches!(bytes(unit), Unit::Is(_)) {
        return Some("bytes");
    }
    if prefixed(&lower, &["b", "bit", "bits"]).is_some() {
        return Some("bits");
    }
    if known(time(unit)) {
        return Some("time");
    }
    if known(power(unit)) {
        return Some("power");
    }
    if lower == "%" || lower == "percent" {
        return Some("percent");
    }
    if known(count(unit, Noun::Plain)) {
        return Some("a plain number");
    }
    Noun::ALL.iter().find(|noun| known(count(unit, **noun))).map(|noun| noun.plural())
}

fn period_hours(part: &str) -> Option<u128> {
    match part {
        "h" | "hr" | "hour" | "hours" => Some(1),
        "d" | "day" => Some(24),
        "mo" | "month" => Some(730),
        "y" | "yr" | "year" => Some(8_760),
        _ => None,
    }
}

/// The metric or binary prefix of a lower-case unit that goes on with one of `names`.
fn prefixed<'a>(unit: &'a str, names: &[&str]) -> Option<(Decimal, &'a str)> {
    let after = |prefix: &str| unit.strip_prefix(prefix).filter(|rest| names.contains(rest));
    let decimal = |(prefix, tens): &(&str, i32)| Some((Decimal::new(1, *tens), after(prefix)?));
    let binary = |(prefix, bits): &(&str, u32)| Some((Decimal::new(1 << bits, 0), after(prefix)?));
    DECIMAL.iter().find_map(decimal).or_else(|| BINARY.iter().find_map(binary))
}
