//! Demand by month: `6 months at 64 GPUs, 20% bursts to 128`, or accelerator-hours month by month.
//!
//! In links a stretch is `6@64` or `6@64/0.2/128` (share of the time, and how many then), a month in hours `46720h`.

use crate::inputs::limits::{HOURS_MAX, MONTHS_MAX};
use crate::units::text::{Noun, read as texts, short, show};
use crate::units::{Ratio, Seconds};

/// A month of 730 hours, as clouds count it.
const MONTH: Seconds = Seconds::hours(730.0);

/// Accelerators that are wanted for a while.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Demanded {
    /// Number of the month, from 0.
    pub month: u32,
    /// How long.
    pub time: Seconds,
    /// How many.
    pub accelerators: u32,
}

/// Some months alike, or one month in hours.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Stretch {
    Steady { months: u32, count: u32, burst: Option<(Ratio, u32)> },
    Hours(f64),
}

/// What makes a text no demand.
pub(super) const HINT: &str = "write \"6 months at 64 GPUs, 20% bursts to 128\" (stretches parted \
    by semicolons), or accelerator-hours month by month: 30k 45k 60k";
const COMMAS: &str = "a comma may part months or group digits; part months by blanks or lines, \
    and write 30000 or 30k";

/// The text in its canonical spelling, or what is wrong with it.
pub(super) fn canonical(text: &str) -> Result<String, &'static str> {
    let words: Vec<String> = stretches(text)?.iter().map(|stretch| stretch.word()).collect();
    Ok(words.join(","))
}

/// The pieces of a demand, in order; a month with bursts is two pieces.
pub(super) fn read(text: &str) -> Option<Vec<Demanded>> {
    let mut all = Vec::new();
    let mut month = 0;
    for stretch in stretches(text).ok()? {
        match stretch {
            Stretch::Hours(hours) => {
                let n = (hours * 3600.0 / MONTH.get() + 0.5).floor() as u32;
                all.push(Demanded { month, time: MONTH, accelerators: n });
                month += 1;
            }
            Stretch::Steady { months, count, burst } => {
                for _ in 0..months {
                    let (share, peak) = burst.unwrap_or((Ratio::ZERO, count));
                    let high = MONTH * share.get();
                    let low = MONTH.less(high);
                    for (time, accelerators) in [(low, count), (high, peak)] {
                        if time > Seconds::ZERO {
                            all.push(Demanded { month, time, accelerators });
                        }
                    }
                    month += 1;
                }
            }
        }
    }
    Some(all)
}

/// The demand in words.
pub(super) fn meaning(text: &str) -> Option<String> {
    let all = stretches(text).ok()?;
    let steady = |stretch: &Stretch| match stretch {
        Stretch::Steady { months, count, burst } => Some(format!(
            "{} {} at {} accelerators{}",
            show::grouped((*months).into()),
            show::plural((*months).into(), "month"),
            show::grouped((*count).into()),
            burst.map_or(String::new(), |(share, peak)| {
                let peak = show::grouped(peak.into());
                format!(", {peak} for {} of the time", show::percent(share))
            })
        )),
        Stretch::Hours(_) => None,
    };
    let mut texts: Vec<String> = all.iter().filter_map(steady).collect();
    let counts = all.iter().filter_map(|stretch| match stretch {
        Stretch::Hours(hours) => Some((hours * 3600.0 / MONTH.get() + 0.5).floor() as u64),
        Stretch::Steady { .. } => None,
    });
    let counts: Vec<u64> = counts.collect();
    if let (Some(least), Some(most)) = (counts.iter().min(), counts.iter().max()) {
        let n = counts.len() as u64;
        texts.push(format!(
            "{} {} of {} to {} accelerators",
            show::grouped(n),
            show::plural(n, "month"),
            show::grouped(*least),
            show::grouped(*most)
        ));
    }
    Some(texts.join("; "))
}

fn stretches(text: &str) -> Result<Vec<Stretch>, &'static str> {
    let lower = text.to_ascii_lowercase().replace(" then ", ";");
    let phrased = lower.contains('@') || lower.contains(" at ");
    let mut all = Vec::new();
    if phrased {
        // In links stretches are parted by commas, which in sentences come before bursts.
        let sign = if lower.contains('@') { [';', ',', '\n'] } else { [';', ';', '\n'] };
        for part in lower.split(sign).map(str::trim).filter(|part| !part.is_empty()) {
            all.push(stretch(part).ok_or(HINT)?);
        }
    } else {
        for part in numbers(&lower)? {
            all.push(hours(part).ok_or(HINT)?);
        }
    }
    let months = |stretch: &Stretch| match stretch {
        Stretch::Steady { months, .. } => *months as usize,
        Stretch::Hours(_) => 1,
    };
    let n = all.iter().map(months).fold(0_usize, usize::saturating_add);
    if n == 0 || n > MONTHS_MAX {
        return Err("write 1 to 120 months");
    }
    Ok(all)
}

/// Numbers parted by blanks, lines, semicolons or commas that group no digits.
fn numbers(text: &str) -> Result<Vec<&str>, &'static str> {
    let bytes = text.as_bytes();
    let digit = |i: usize| bytes.get(i).is_some_and(u8::is_ascii_digit);
    for (i, _) in text.match_indices(',') {
        let three = (1..=3).all(|k| digit(i + k)) && !digit(i + 4);
        let before = (1..=4).take_while(|k| i.checked_sub(*k).is_some_and(digit)).count();
        if three && (1..=3).contains(&before) {
            return Err(COMMAS);
        }
    }
    let parts = text.split([',', ';', ' ', '\t', '\n', '\r', '\u{a0}']);
    Ok(parts.filter(|part| !part.is_empty() && !is_unit(part)).collect())
}

fn is_unit(word: &str) -> bool {
    ["h", "hours", "gpu-hours", "gpuh", "gpu-h", "accelerator-hours"].contains(&word)
}

fn hours(part: &str) -> Option<Stretch> {
    let units = ["accelerator-hours", "gpu-hours", "gpuh", "hours", "h"];
    let number = units.iter().find_map(|unit| part.strip_suffix(unit)).unwrap_or(part);
    let n = texts::count(number, Noun::Plain).ok()? as f64;
    (n <= HOURS_MAX).then_some(Stretch::Hours(n))
}

/// `6 months at 64 gpus, 20% bursts to 128`, or `6@64/0.2/128`.
fn stretch(part: &str) -> Option<Stretch> {
    let (first, rest) = part.split_once('@').or_else(|| part.split_once(" at "))?;
    let first = first.trim();
    let units = ["months", "month", "mo"];
    let months = units.iter().find_map(|unit| first.strip_suffix(unit)).unwrap_or(first);
    let months = texts::count(months, Noun::Plain).ok()?;
    let months = u32::try_from(months).ok().filter(|n| (1..=MONTHS_MAX as u32).contains(n))?;
    let mut fields = rest.split('/');
    if part.contains('@') && rest.contains('/') {
        let (count, share, peak) = (fields.next()?, fields.next()?, fields.next()?);
        return steady(months, count, Some((share, Some(peak))));
    }
    let Some((count, burst)) = rest.split_once(',') else { return steady(months, rest, None) };
    let (share, peak) = burst.split_once("burst")?;
    let peak = peak.trim_start_matches('s').trim().trim_start_matches("to").trim();
    steady(months, count, Some((share, (!peak.is_empty()).then_some(peak))))
}

/// Bursts take twice as many unless it is said how many.
fn steady(months: u32, count: &str, burst: Option<(&str, Option<&str>)>) -> Option<Stretch> {
    let count_of = |text: &str| {
        let n = texts::count(text.trim(), Noun::Accelerators).ok()?;
        u32::try_from(n).ok().filter(|n| *n <= crate::cluster::ACCELERATORS_MAX)
    };
    let count = count_of(count)?;
    let burst = match burst {
        None => None,
        Some((share, peak)) => {
            let share = texts::ratio(share.trim()).ok().filter(|share| *share <= Ratio::ONE)?;
            let peak = match peak {
                Some(peak) => count_of(peak)?,
                None => count.saturating_mul(2),
            };
            Some((share, peak))
        }
    };
    Some(Stretch::Steady { months, count, burst })
}

impl Stretch {
    fn word(self) -> String {
        match self {
            Self::Hours(hours) => format!("{hours}h"),
            Self::Steady { months, count, burst: None } => format!("{months}@{count}"),
            Self::Steady { months, count, burst: Some((share, peak)) } => {
                format!("{months}@{count}/{}/{peak}", short::ratio(share))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn demand_is_read_as_people_write_it() {
        for (text, word) in [
            ("6 months at 64 GPUs", "6@64"),
            ("6 months at 64 GPUs, 20% bursts", "6@64/0.2/128"),
            ("6 months at 64, 20 % bursts to 96; 1 month at 8", "6@64/0.2/96,1@8"),
            ("3 months at 64 then 6 months at 128", "3@64,6@128"),
            ("30k 45k 60k", "30000h,45000h,60000h"),
            ("46720 GPU-hours\n0\n46720h", "46720h,0h,46720h"),
            ("46720, 300, 5", "46720h,300h,5h"),
        ] {
            assert_eq!(canonical(text).as_deref(), Ok(word), "{text}");
            assert_eq!(canonical(word).as_deref(), Ok(word), "{word}");
        }
        // 46,720 hours of a month of 730 are 64 accelerators.
        let read = read("46720h,0h").unwrap();
        let counts: Vec<u32> = read.iter().map(|piece| piece.accelerators).collect();
        assert_eq!(counts, [64, 0]);
    }

    #[test]
    fn a_month_with_bursts_is_two_pieces() {
        let read = read("2@64/0.25/128").unwrap();
        let hours: f64 = read.iter().map(|p| p.time.get() * f64::from(p.accelerators)).sum();
        assert!((hours / 3600.0 - 2.0 * 730.0 * (0.75 * 64.0 + 0.25 * 128.0)).abs() < 1e-6);
        assert_eq!(read.last().map(|piece| piece.month), Some(1));
    }

    #[test]
    fn what_may_mean_two_things_is_refused() {
        assert_eq!(canonical("30,000 45,000"), Err(COMMAS));
        for text in ["", "soon", "6 months at many", "0 months at 8", "200 months at 8", "-5"] {
            assert!(canonical(text).is_err(), "{text}");
        }
    }
}
