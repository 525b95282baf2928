//! Text for derivations: four significant digits, so that a reader can work the numbers through again.

use super::show::{GAP, fixed, grouped};
use crate::units::{Bytes, BytesPerSecond, Flops, FlopsPerSecond, Ratio, Seconds};

/// Whole numbers below this are written out.
const WRITTEN_OUT: f64 = 1e6;

/// A plain number: `0.8693`, `35.26`, `16 384`.
#[must_use]
pub fn number(ratio: Ratio) -> String {
    digits(ratio.get())
}

/// A whole number: `2 048`, `1.234 M`.
#[must_use]
pub fn count(n: u64) -> String {
    let n_float = n as f64;
    if n_float < WRITTEN_OUT {
        return grouped(n);
    }
    scaled(n_float, &[(1e12, "T"), (1e9, "B"), (1e6, "M")])
}

/// A share: `86.93%`.
#[must_use]
pub fn percent(ratio: Ratio) -> String {
    format!("{}%", digits(ratio.get() * 100.0))
}

/// Memory in binary units: `1.234 GiB`.
#[must_use]
pub fn bytes(bytes: Bytes) -> String {
    let kib = 1024.0;
    let units = [(kib * kib * kib, "GiB"), (kib * kib, "MiB"), (kib, "KiB"), (1.0, "bytes")];
    scaled(bytes.as_f64(), &units)
}

/// Time: `51.74 days`, `7.308 s`, `412.3 ms`, `38.25 µs`.
#[must_use]
pub fn time(time: Seconds) -> String {
    let units = [(86_400.0, "days"), (1.0, "s"), (1e-3, "ms"), (1e-6, "\u{b5}s")];
    let days = time.get() >= 2.0 * 86_400.0;
    let from = if days { 0 } else { 1 };
    scaled(time.get(), units.get(from..).unwrap_or_default())
}

/// Bandwidth in bytes: `315 GB/s`.
#[must_use]
pub fn bandwidth(rate: BytesPerSecond) -> String {
    scaled(rate.get(), &[(1e12, "TB/s"), (1e9, "GB/s"), (1e6, "MB/s"), (1.0, "B/s")])
}

/// Arithmetic: `989.5 TFLOP/s`.
#[must_use]
pub fn flop_rate(rate: FlopsPerSecond) -> String {
    scaled(rate.get(), &[(1e15, "PFLOP/s"), (1e12, "TFLOP/s"), (1e9, "GFLOP/s"), (1.0, "FLOP/s")])
}

/// Operations: `3.793 EFLOP`.
#[must_use]
pub fn flops(flops: Flops) -> String {
    let units = [
        (1e24, "YFLOP"),
        (1e21, "ZFLOP"),
        (1e18, "EFLOP"),
        (1e15, "PFLOP"),
        (1e12, "TFLOP"),
        (1e9, "GFLOP"),
        (1.0, "FLOP"),
    ];
    scaled(flops.get(), &units)
}

/// In the largest unit that it reaches, else the last.
fn scaled(value: f64, units: &[(f64, &str)]) -> String {
    let reached = units.iter().find(|(size, _)| value >= *size).or(units.last());
    let (size, unit) = reached.copied().unwrap_or((1.0, ""));
    format!("{}{GAP}{unit}", digits(value / size))
}

/// Four significant digits, all of those of a small whole number, without zeros at the end but one after the point of what
/// is not whole.
fn digits(value: f64) -> String {
    if value == value.floor() && value.abs() < WRITTEN_OUT {
        return fixed(value, 0);
    }
    let (mut places, mut size) = (3, value.abs());
    while size >= 10.0 && places > 0 {
        places -= 1;
        size /= 10.0;
    }
    while size < 1.0 && size > 0.0 && places < 12 {
        places += 1;
        size *= 10.0;
    }
    let text = fixed(value, places);
    if !text.contains('.') {
        return text;
    }
    let cut = text.trim_end_matches('0');
    // One that only rounding makes whole says so: a reader takes a whole number to be exact.
    let whole = (value - value.round()).abs() <= 1e-9 * value.abs();
    match cut.strip_suffix('.') {
        Some(cut) if whole => cut.to_owned(),
        Some(cut) => format!("{cut}.0"),
        None => cut.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_digits_are_kept() {
        assert_eq!(number(Ratio::new(0.869_32)), "0.8693");
        assert_eq!(number(Ratio::new(1.0 / 3.0)), "0.3333");
        assert_eq!(number(Ratio::new(35.256)), "35.26");
        assert_eq!(number(Ratio::new(1234.56)), "1\u{202f}235");
        assert_eq!(number(Ratio::new(0.5)), "0.5");
        assert_eq!(count(405_853_388_800), "405.9\u{a0}B");
        assert_eq!(bytes(Bytes::mib(1536)), "1.5\u{a0}GiB");
        assert_eq!(time(Seconds::new(0.003_905_4)), "3.905\u{a0}ms");
        assert_eq!(time(Seconds::ZERO), "0\u{a0}\u{b5}s");
        assert_eq!(percent(Ratio::new(0.01)), "1%");
        assert_eq!(number(Ratio::new(166.04)), "166.0");
        assert_eq!(percent(Ratio::new(0.07)), "7%");
    }
}
