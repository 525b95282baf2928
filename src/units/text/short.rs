//! Text for links: the shortest that reads back as exactly the same value.

use super::Decimal;
use crate::units::{
    Bytes, BytesPerSecond, Dollars, DollarsPerHour, FlopsPerSecond, PerSecond, Ratio, Seconds,
    Watts,
};

/// A whole number: `2048`, `15.6T`.
#[must_use]
pub fn count(n: u64) -> String {
    let scales = [("", 0), ("k", 3), ("M", 6), ("B", 9), ("T", 12)];
    shortest(scales.iter().map(|(unit, tens)| (Decimal::new(u128::from(n), -tens), *unit)))
}

/// Memory: `80GiB`, `1.5TB`.
#[must_use]
pub fn bytes(bytes: Bytes) -> String {
    let n = u128::from(bytes.get());
    let binary = [("GiB", 30), ("TiB", 40), ("MiB", 20)];
    let whole = binary.iter().filter(|(_, bits)| n > 0 && n.is_multiple_of(1 << bits));
    let whole = whole.map(|(unit, bits)| (Decimal::new(n >> bits, 0), *unit));
    let decimal = [("GB", 9), ("TB", 12), ("MB", 6), ("kB", 3), ("B", 0)];
    let decimal = decimal.iter().map(|(unit, tens)| (Decimal::new(n, -tens), *unit));
    shortest(whole.chain(decimal))
}

/// Bandwidth in bytes: `900GB/s`.
#[must_use]
pub fn bandwidth(rate: BytesPerSecond) -> String {
    metric(Decimal::of(rate.get()), &[("GB/s", 9), ("TB/s", 12), ("MB/s", 6), ("B/s", 0)])
}

/// Bandwidth in bits: `400Gbps`.
#[must_use]
pub fn bandwidth_bits(rate: BytesPerSecond) -> String {
    let Some(bits) = Decimal::of(rate.get()).times(Decimal::new(8, 0)) else {
        return bandwidth(rate);
    };
    metric(bits, &[("Gbps", 9), ("Tbps", 12), ("Mbps", 6), ("bps", 0)])
}

/// Arithmetic: `989TFLOPS`.
#[must_use]
pub fn flop_rate(rate: FlopsPerSecond) -> String {
    let units = [("TFLOPS", 12), ("PFLOPS", 15), ("GFLOPS", 9), ("FLOPS", 0)];
    metric(Decimal::of(rate.get()), &units)
}

/// A price of one accelerator for one hour, in dollars: `3.5`.
#[must_use]
pub fn price(rate: DollarsPerHour) -> String {
    number(rate.get())
}

/// Money, in dollars: `5000000`.
#[must_use]
pub fn dollars(dollars: Dollars) -> String {
    number(dollars.get())
}

/// Time: `30d`, `36h`, `50ms`.
#[must_use]
pub fn time(time: Seconds) -> String {
    let seconds = time.get();
    let thousandths = seconds * 1e3;
    if seconds < 1.0 && thousandths >= 1.0 && thousandths.floor() / 1e3 == seconds {
        return format!("{thousandths}ms");
    }
    // Only whole numbers of days and hours come back as they were.
    let whole = [("d", 86_400.0), ("h", 3600.0)].into_iter().find_map(|(unit, size)| {
        let n = seconds / size;
        ((1.0..1e9).contains(&n) && n.floor() * size == seconds).then(|| format!("{n}{unit}"))
    });
    whole.unwrap_or_else(|| format!("{}s", number(seconds)))
}

/// A rate of requests: `10/s`, `600/min`, `5000/h`.
#[must_use]
pub fn frequency(rate: PerSecond) -> String {
    let a_second = rate.get();
    // Only whole numbers come back as they were.
    let whole = [("s", 1.0), ("min", 60.0), ("h", 3600.0), ("d", 86_400.0)];
    let whole = whole.into_iter().find_map(|(unit, size)| {
        let n = (a_second * size + 0.5).floor();
        ((1.0..1e9).contains(&n) && n / size == a_second).then(|| format!("{n}/{unit}"))
    });
    whole.unwrap_or_else(|| format!("{}/s", number(a_second)))
}

/// A fraction or factor: `0.05`.
#[must_use]
pub fn ratio(ratio: Ratio) -> String {
    number(ratio.get())
}

/// Power: `700W`.
#[must_use]
pub fn power(power: Watts) -> String {
    metric(Decimal::of(power.get()), &[("W", 0), ("kW", 3), ("MW", 6)])
}

/// Plain digits, or digits with an exponent where those are many.
fn number(value: f64) -> String {
    let (plain, scientific) = (Decimal::of(value).text(), format!("{value:e}"));
    if plain.len() <= scientific.len() + 4 { plain } else { scientific }
}

fn metric(value: Decimal, units: &[(&'static str, i32)]) -> String {
    let scaled =
        |(unit, tens): &(&'static str, i32)| Some((value.times(Decimal::new(1, -tens))?, *unit));
    shortest(units.iter().filter_map(scaled))
}

/// The shortest of the candidates; of equals, the first.
fn shortest(candidates: impl Iterator<Item = (Decimal, &'static str)>) -> String {
    let texts = candidates.map(|(value, unit)| format!("{}{unit}", value.text()));
    texts.min_by_key(String::len).unwrap_or_default()
}
