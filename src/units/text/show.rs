//! Text for people: rounded, with units, digits grouped by narrow no-break spaces.

use crate::units::{
    Bytes, BytesPerSecond, Dollars, DollarsPerHour, Flops, FlopsPerSecond, KilogramsCo2, Params,
    PerSecond, Ratio, Seconds, Tokens, Watts,
};

/// Between a number and its unit.
pub const GAP: char = '\u{a0}';
/// Between groups of three digits.
pub const GROUP: char = '\u{202f}';

const COUNT_UNITS: [(f64, &str); 5] =
    [(1e15, "quadrillion"), (1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k")];
const METRIC: [(f64, &str); 6] =
    [(1e18, "E"), (1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")];
const SUPERSCRIPTS: [char; 10] = [
    '\u{2070}', '\u{b9}', '\u{b2}', '\u{b3}', '\u{2074}', '\u{2075}', '\u{2076}', '\u{2077}',
    '\u{2078}', '\u{2079}',
];

/// All digits, in groups of three: `16 384`.
#[must_use]
pub fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 2);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(GROUP);
        }
        text.push(digit);
    }
    text
}

/// The noun for so many: `accelerator` of one, else with an `s`.
#[must_use]
pub fn plural(n: u64, noun: &str) -> String {
    if n == 1 { noun.to_owned() } else { format!("{noun}s") }
}

/// A large count in thousands, millions, billions, trillions: `405.9 B`; whole below ten thousand.
#[must_use]
pub fn count(n: u64) -> String {
    if n < 10_000 { grouped(n) } else { scaled(n as f64, &COUNT_UNITS, "") }
}

/// Parameters: `405.9 B`.
#[must_use]
pub fn params(params: Params) -> String {
    count(params.get())
}

/// Tokens: `15.6 T tokens`.
#[must_use]
pub fn tokens(tokens: Tokens) -> String {
    format!("{}{GAP}{}", count(tokens.get()), plural(tokens.get(), "token"))
}

/// Tokens a second: `2.96 M tokens/s`.
#[must_use]
pub fn tokens_per_second(tokens: Tokens, time: Seconds) -> String {
    let rate = tokens.per_second(time);
    let text = if rate < 10_000.0 { rounded(rate) } else { scaled(rate, &COUNT_UNITS, "") };
    format!("{text}{GAP}tokens/s")
}

/// Memory in binary units: `71.3 GiB`.
#[must_use]
pub fn bytes(bytes: Bytes) -> String {
    let units = [(40, "TiB"), (30, "GiB"), (20, "MiB"), (10, "KiB")];
    let n = bytes.get();
    match units.iter().find(|(bits, unit)| n >> bits >= if *unit == "TiB" { 10 } else { 1 }) {
        Some((bits, unit)) => format!("{}{GAP}{unit}", fixed(n as f64 / (1u64 << bits) as f64, 1)),
        None => format!("{n}{GAP}B"),
    }
}

/// Memory in binary gigabytes with one decimal, whatever its size: `0.4 GiB`.
#[must_use]
pub fn gib(bytes: Bytes) -> String {
    format!("{}{GAP}GiB", fixed(bytes.as_gib(), 1))
}

/// Bandwidth in bytes: `900 GB/s`.
#[must_use]
pub fn bandwidth(rate: BytesPerSecond) -> String {
    scaled(rate.get(), &METRIC, "B/s")
}

/// Bandwidth in bits: `400 Gbit/s`.
#[must_use]
pub fn bandwidth_bits(rate: BytesPerSecond) -> String {
    scaled(rate.get() * 8.0, &METRIC, "bit/s")
}

/// Arithmetic: `989 TFLOP/s`; below a petaflop's tenfold in tera.
#[must_use]
pub fn flop_rate(rate: FlopsPerSecond) -> String {
    let tera = rate.get() / 1e12;
    if (1.0..10_000.0).contains(&tera) {
        return format!("{}{GAP}TFLOP/s", trimmed(tera, if tera < 9.995 { 2 } else { 1 }));
    }
    scaled(rate.get(), &METRIC, "FLOP/s")
}

/// Operations: `3.79×10²⁵ FLOPs`.
#[must_use]
pub fn flops(flops: Flops) -> String {
    let text = format!("{:.2e}", flops.get());
    let (head, tens) = text.split_once('e').unwrap_or((&text, "0"));
    if tens.len() < 2 {
        return format!("{}{GAP}FLOPs", rounded(flops.get()));
    }
    let raised = tens.chars().filter_map(|c| SUPERSCRIPTS.get(c.to_digit(10)? as usize));
    format!("{head}\u{d7}10{}{GAP}FLOPs", raised.collect::<String>())
}

/// Time in the unit that suits it: `54.2 days`, `7.31 s`, `412 ms`, `38 µs`.
#[must_use]
pub fn time(time: Seconds) -> String {
    let s = time.get();
    let units = [
        (2.0 * 31_557_600.0, 31_557_600.0, "years"),
        (2.0 * 86_400.0, 86_400.0, "days"),
        (2.0 * 3_600.0, 3_600.0, "h"),
        (2.0 * 60.0, 60.0, "min"),
        (1.0, 1.0, "s"),
        (1e-3, 1e-3, "ms"),
        (0.0, 1e-6, "\u{b5}s"),
    ];
    if s == 0.0 {
        return format!("0{GAP}s");
    }
    if s >= 31_557_600e6 {
        return "longer than a million years".to_owned();
    }
    // A value that would round up to the next unit is shown in that unit.
    let row = units.iter().find(|(from, ..)| s * 1.0005 >= *from);
    row.map_or_else(String::new, |(_, size, unit)| format!("{}{GAP}{unit}", rounded(s / size)))
}

/// Money: `$71.3 M`, `$2 410`, `$3.50`.
#[must_use]
pub fn dollars(dollars: Dollars) -> String {
    let value = dollars.get();
    if value < 1000.0 {
        return format!("${}", fixed(value, if value < 100.0 { 2 } else { 0 }));
    }
    if value < 100_000.0 {
        return format!("${}", grouped((value + 0.5).floor() as u64));
    }
    format!("${}", scaled(value, &COUNT_UNITS, ""))
}

/// Carbon: `412 kg CO2e`, `8 930 t CO2e`.
#[must_use]
pub fn carbon(carbon: KilogramsCo2) -> String {
    let kg = carbon.get();
    let (value, unit) = if kg < 1000.0 { (kg, "kg") } else { (kg / 1000.0, "t") };
    format!("{}{GAP}{unit}{GAP}CO2e", rounded(value))
}

/// A rate of requests: `12.5 requests/s`, `3.2 requests/h`.
#[must_use]
pub fn frequency(rate: PerSecond) -> String {
    let units = [(1.0, 1.0, "s"), (1.0 / 60.0, 60.0, "min"), (0.0, 3600.0, "h")];
    let row = units.iter().find(|(from, ..)| rate.get() * 1.0005 >= *from);
    let (_, size, unit) = row.copied().unwrap_or((1.0, 1.0, "s"));
    format!("{}{GAP}requests/{unit}", rounded(rate.get() * size))
}

/// A price of a million tokens: `$0.215`, `$12.40`.
#[must_use]
pub fn million(price: Dollars) -> String {
    let value = price.get();
    match value {
        0.0..0.1 => format!("${}", fixed(value, 4)),
        0.1..1.0 => format!("${}", fixed(value, 3)),
        _ => dollars(price),
    }
}

/// A price of one accelerator: `$3.50/h`.
#[must_use]
pub fn price(rate: DollarsPerHour) -> String {
    let places = match rate.get() {
        0.0 => 0,
        small if small < 0.1 => 4,
        _ => 2,
    };
    format!("${}/h", fixed(rate.get(), places))
}

/// A share: `38.2%`.
#[must_use]
pub fn percent(ratio: Ratio) -> String {
    format!("{}%", fixed(ratio.get() * 100.0, 1))
}

/// A share that was typed: `90%`, `97.5%`.
#[must_use]
pub fn percent_typed(ratio: Ratio) -> String {
    let text = percent(ratio);
    text.strip_suffix(".0%").map_or(text.clone(), |whole| format!("{whole}%"))
}

/// A factor: `1.35×`.
#[must_use]
pub fn factor(ratio: Ratio) -> String {
    format!("{}\u{d7}", rounded(ratio.get()))
}

/// Power: `700 W`, `11.5 MW`.
#[must_use]
pub fn power(power: Watts) -> String {
    scaled(power.get(), &METRIC, "W")
}

/// Three significant digits, all of them above a hundred: `7.31`, `54.2`, `412`, `16 384`.
#[must_use]
pub fn rounded(value: f64) -> String {
    let places = if value < 9.995 {
        2
    } else if value < 99.95 {
        1
    } else {
        0
    };
    trimmed(value, places)
}

/// That many decimals, the whole part grouped.
#[must_use]
pub fn fixed(value: f64, places: usize) -> String {
    let text = format!("{value:.places$}");
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let whole = whole.parse().map_or_else(|_| whole.to_owned(), grouped);
    if fraction.is_empty() { whole } else { format!("{whole}.{fraction}") }
}

/// With a metric or counting prefix: two decimals below 10, one below 1000 of the unit.
fn scaled(value: f64, units: &[(f64, &str)], unit: &str) -> String {
    // A value that would round up to the next unit is shown in that unit.
    let row = units.iter().find(|(size, _)| value * 1.000_05 >= *size);
    let (size, prefix) = row.copied().unwrap_or((1.0, ""));
    let scaled = value / size;
    let text = trimmed(scaled, if scaled < 9.995 { 2 } else { 1 });
    if prefix.is_empty() && unit.is_empty() { text } else { format!("{text}{GAP}{prefix}{unit}") }
}

/// That many decimals, none where all would be zeros and nothing was rounded away.
fn trimmed(value: f64, places: usize) -> String {
    let exact = value == value.floor();
    fixed(value, if exact { 0 } else { places })
}
