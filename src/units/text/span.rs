//! Text of ranges: two digits, three where the first is a 1, both ends in one unit, which is named once.

use super::show::{self, GAP, GROUP, fixed};

/// Times, memory and masses whose names have nothing in common, each in one of the first.
const NAMED: [(&str, f64); 14] = [
    ("\u{b5}s", 1e-6),
    ("ms", 1e-3),
    ("s", 1.0),
    ("min", 60.0),
    ("h", 3600.0),
    ("days", 86_400.0),
    ("years", 31_557_600.0),
    ("B", 1.0),
    ("KiB", 1024.0),
    ("MiB", 1_048_576.0),
    ("GiB", 1_073_741_824.0),
    ("TiB", 1_099_511_627_776.0),
    ("kg\u{a0}CO2e", 1.0),
    ("t\u{a0}CO2e", 1e3),
];
/// Before the name of a unit, or alone after a count.
const PREFIXES: [(&str, f64); 9] = [
    ("", 1.0),
    ("k", 1e3),
    ("M", 1e6),
    ("B", 1e9),
    ("G", 1e9),
    ("T", 1e12),
    ("P", 1e15),
    ("quadrillion", 1e15),
    ("E", 1e18),
];
/// The unit of the lower end stands where the upper one has fewer digits than this before its point.
const DIGITS: f64 = 1000.0;

/// From one quantity to another of its kind, each as [`show`](super::show) writes it, both in one unit and with no more
/// digits than a range of what is not known has: `4.3 to 5.3 s`.
#[must_use]
pub fn text(low: &str, high: &str) -> String {
    written(low, high, rounded)
}

/// The same of two quantities that are known, with all three digits: `4.28 to 5.31 s`.
#[must_use]
pub fn between(low: &str, high: &str) -> String {
    written(low, high, show::rounded)
}

/// The unit is that of the lower end where the upper one reads well in it, else that of the upper one.
fn written(low: &str, high: &str, digits: fn(f64) -> String) -> String {
    let (Some(mut from), Some(mut to)) = (Written::read(low), Written::read(high)) else {
        return format!("{low} to {high}");
    };
    if from.unit != to.unit
        && let Some(size) = ratio(to.unit, from.unit)
    {
        if from.value > 0.0 && to.value * size < DIGITS {
            (to.value, to.unit) = (to.value * size, from.unit);
        } else {
            (from.value, from.unit) = (from.value / size, to.unit);
        }
    }
    if from.unit == to.unit && from.unit.starts_with(GAP) && !from.before.starts_with('$') {
        from.unit = "";
    }
    format!("{} to {}", from.told(digits), to.told(digits))
}

/// How many of one unit are in another of its kind.
fn ratio(unit: &str, other: &str) -> Option<f64> {
    let size = |all: &[(&str, f64)], unit: &str| {
        all.iter().find(|(name, _)| *name == unit).map(|(_, size)| *size)
    };
    let (unit, other) = (unit.trim_start_matches(GAP), other.trim_start_matches(GAP));
    let of = |unit: &str, other: &str| Some(size(&NAMED, unit)? / size(&NAMED, other)?);
    if let (Some((_, time)), Some((_, other))) =
        (unit.split_once("requests/"), other.split_once("requests/"))
    {
        return of(other, time);
    }
    let same = unit.bytes().rev().zip(other.bytes().rev()).take_while(|(a, b)| a == b).count();
    let prefix = |text: &str| {
        let rest = text.get(..text.len() - same)?;
        size(&PREFIXES, rest.trim_end_matches(GAP))
    };
    of(unit, other).or_else(|| Some(prefix(unit)? / prefix(other)?))
}

/// A quantity as it is written: `$`, 71.3, ` M`.
struct Written<'a> {
    before: &'a str,
    value: f64,
    unit: &'a str,
}

impl<'a> Written<'a> {
    fn read(text: &'a str) -> Option<Self> {
        let is_part = |c: char| c.is_ascii_digit() || c == '.' || c == GROUP;
        let (before, rest) = text.split_at(text.find(|c: char| c.is_ascii_digit())?);
        let (number, unit) = rest.split_at(rest.find(|c| !is_part(c)).unwrap_or(rest.len()));
        let digits: String = number.chars().filter(|c| *c != GROUP).collect();
        Some(Self { before, value: digits.parse().ok()?, unit })
    }

    fn told(&self, digits: fn(f64) -> String) -> String {
        let known = self.value > 0.0 && self.value < 1e15;
        let number = if known { digits(self.value) } else { fixed(self.value, 0) };
        format!("{}{number}{}", self.before, self.unit)
    }
}

fn rounded(value: f64) -> String {
    let mut first = 1.0;
    while first * 10.0 <= value {
        first *= 10.0;
    }
    while first > value && first > 1e-9 {
        first /= 10.0;
    }
    let mut step = if value < 2.0 * first { first / 100.0 } else { first / 10.0 };
    let value = (value / step + 0.5).floor() * step;
    let mut places = 0;
    while step < 0.999 {
        step *= 10.0;
        places += 1;
    }
    fixed(value, places)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::{Bytes, FlopsPerSecond, KilogramsCo2, PerSecond, Seconds};

    #[test]
    fn the_unit_is_named_once_where_it_is_the_same() {
        assert_eq!(text("4.36\u{a0}s", "5.32\u{a0}s"), "4.4 to 5.3\u{a0}s");
        assert_eq!(text("48.2%", "55.1%"), "48% to 55%");
        assert_eq!(text("$71.3\u{a0}M", "$102\u{a0}M"), "$71\u{a0}M to $102\u{a0}M");
    }

    #[test]
    fn both_ends_have_one_unit() {
        let told =
            |low: &str, high: &str| text(&low.replace(' ', "\u{a0}"), &high.replace(' ', "\u{a0}"));
        let all = [
            ("33 requests/h", "1.05 requests/min", "33 to 63 requests/h"),
            ("0.5 requests/h", "40 requests/s", "0.000139 to 40 requests/s"),
            ("930 ms", "1.12 s", "0.93 to 1.12 s"),
            ("50 min", "2.5 h", "50 to 150 min"),
            ("40 h", "3 days", "40 to 72 h"),
            ("300 days", "2.5 years", "300 to 910 days"),
            ("0 s", "3 min", "0 to 3.0 min"),
            ("900 MiB", "1.2 GiB", "0.88 to 1.20 GiB"),
            ("9 500 tokens/s", "12 k tokens/s", "9.5 to 12.0 k tokens/s"),
            ("$90 000", "$120 k", "$90 k to $120 k"),
            ("$0.85", "$1.20", "$0.85 to $1.20"),
            ("980 TFLOP/s", "1.1 PFLOP/s", "0.98 to 1.10 PFLOP/s"),
            ("800 kg CO2e", "1.3 t CO2e", "0.80 to 1.30 t CO2e"),
            ("900 kWh", "1.3 MWh", "0.90 to 1.30 MWh"),
            ("400 B", "1.2 T", "0.40 to 1.20 T"),
        ];
        for (low, high, range) in all {
            let (low, high) = (low.replace("9 500", "9\u{202f}500"), high.to_owned());
            let low = low.replace("90 000", "90\u{202f}000");
            assert_eq!(told(&low, &high).replace('\u{a0}', " "), range);
        }
    }

    #[test]
    fn what_is_known_keeps_three_digits() {
        assert_eq!(between("$2.05\u{a0}M", "$2.21\u{a0}M"), "$2.05\u{a0}M to $2.21\u{a0}M");
        assert_eq!(between("985\u{a0}ms", "1.12\u{a0}s"), "0.98 to 1.12\u{a0}s");
        assert_eq!(between("$950", "$1\u{202f}234"), "$950 to $1\u{202f}234");
    }

    /// Whatever the two ends are, they are told in one unit, within what two digits say of them.
    #[test]
    fn every_kind_of_quantity_keeps_its_values() {
        type Show = fn(f64) -> String;
        let kinds: [(Show, f64); 6] = [
            (|x| show::time(Seconds::new(x)), 1e-5),
            (|x| show::frequency(PerSecond::new(x)), 1e-4),
            (|x| show::bytes(Bytes::from_f64(x)), 2e3),
            (|x| show::carbon(KilogramsCo2::new(x)), 1.0),
            (|x| show::count(x as u64), 100.0),
            (|x| show::flop_rate(FlopsPerSecond::new(x)), 1e11),
        ];
        for (show, least) in kinds {
            for low in (0..36).map(|i| least * 1.7f64.powi(i)) {
                for times in [1.02, 1.3, 2.0, 7.0, 60.0, 900.0] {
                    let told = text(&show(low), &show(low * times));
                    let (from, to) = told.split_once(" to ").expect("a range");
                    let (from, to) =
                        (Written::read(from).expect("one"), Written::read(to).expect("two"));
                    assert!(from.unit.is_empty() || from.unit == to.unit, "{told}");
                    let off = to.value / from.value / times;
                    assert!((0.89..1.12).contains(&off), "{told}: {low} {times}");
                }
            }
        }
    }

    #[test]
    fn digits_are_few_but_not_lost() {
        assert_eq!(text("13.55\u{a0}h", "15.94\u{a0}h"), "13.6 to 15.9\u{a0}h");
        assert_eq!(text("0.912", "1.08"), "0.91 to 1.08");
        assert_eq!(text("16\u{202f}384", "23\u{202f}456"), "16\u{202f}400 to 23\u{202f}000");
        assert_eq!(text("99.6\u{a0}s", "120\u{a0}s"), "100 to 120\u{a0}s");
    }

    #[test]
    fn what_is_no_number_stays() {
        let long = "longer than a million years";
        assert_eq!(text(long, long), format!("{long} to {long}"));
        assert_eq!(text("0\u{a0}s", "0\u{a0}s"), "0 to 0\u{a0}s");
    }
}
