//! Texts of a day: the time of its peak, and its traffic slot by slot.

use crate::units::text::{read as texts, short, show, span};
use crate::units::{PerSecond, Ratio};

/// Slots that a day may be typed in: hours, halves and quarters of them.
const SLOTS: [usize; 3] = [24, 48, 96];
/// Minutes of a day.
const MINUTES: f64 = 1440.0;
/// Most requests a second of a slot.
const RATE_MAX: f64 = crate::inputs::limits::FREQUENCY_MAX;

/// Hours after midnight: `15`, `15:30`, `3 pm`.
pub(super) fn hour(text: &str) -> Option<Ratio> {
    let lower = text.trim().to_ascii_lowercase();
    let (clock, late) = match (lower.strip_suffix("pm"), lower.strip_suffix("am")) {
        (Some(clock), _) => (clock.trim(), Some(true)),
        (_, Some(clock)) => (clock.trim(), Some(false)),
        _ => (lower.trim_end_matches('h').trim(), None),
    };
    let (hours, minutes) = clock.split_once(':').unwrap_or((clock, "0"));
    let number = |text: &str| text.parse::<u32>().ok().filter(|_| text.len() <= 2);
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    let hours = match late {
        None if hours < 24 => hours,
        None if hours == 24 && minutes == 0 => 0,
        Some(late) if (1..=12).contains(&hours) => hours % 12 + if late { 12 } else { 0 },
        _ => return None,
    };
    (minutes < 60).then(|| Ratio::new(f64::from(hours) + f64::from(minutes) / 60.0))
}

/// `15:30`.
pub(super) fn clock(hour: Ratio) -> String {
    let minutes = (hour.get() * 60.0 + 0.5).floor().min(MINUTES - 1.0) as u32;
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

/// Rates in their canonical spelling, or what is wrong with them.
pub(super) fn canonical(text: &str) -> Result<String, String> {
    let all = rates(text)?;
    if all.iter().all(|rate| *rate == PerSecond::ZERO) {
        return Err("at some time of the day something must come".to_owned());
    }
    let words: Vec<String> = all.iter().map(|rate| short::ratio(Ratio::new(rate.get()))).collect();
    Ok(words.join(","))
}

/// The day in words.
pub(super) fn meaning(text: &str) -> Option<String> {
    let all = rates(text).ok()?;
    let sum: f64 = all.iter().map(|rate| rate.get()).sum();
    let mean = PerSecond::new(sum / all.len().max(1) as f64);
    let (least, most) = (all.iter().min()?, all.iter().max()?);
    Some(format!(
        "{}, {} on the mean",
        span::between(&show::frequency(*least), &show::frequency(*most)),
        show::frequency(mean)
    ))
}

/// The slots; with a peak they are its shape alone.
pub(super) fn slots(text: &str, peak: Option<PerSecond>) -> Option<Vec<PerSecond>> {
    let all = rates(text).ok()?;
    let most = all.iter().max()?.get();
    let times = peak.filter(|_| most > 0.0).map_or(1.0, |peak| peak.get() / most);
    Some(all.into_iter().map(|rate| rate * times).collect())
}

fn rates(text: &str) -> Result<Vec<PerSecond>, String> {
    let words = text.split([',', ';', ' ', '\t', '\n', '\r', '\u{a0}']).map(str::trim);
    let mut words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    // A unit after the last number is that of all.
    let unit = match words.last() {
        Some(last) if last.starts_with('/') => words.pop().unwrap_or_default(),
        _ => "",
    };
    let one = |word: &&str| {
        let rate = texts::frequency(&format!("{word}{unit}"));
        let rate = rate.ok().filter(|rate| rate.get() <= RATE_MAX);
        rate.ok_or_else(|| format!("\"{}\" is no rate of requests", short(word)))
    };
    if !SLOTS.contains(&words.len()) {
        return Err(format!(
            "write 24 numbers from midnight on, one an hour (48 or 96 for halves and quarters); \
             {} stand there",
            words.len()
        ));
    }
    words.iter().map(one).collect()
}

fn short(text: &str) -> String {
    text.chars().take(20).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_people_write_them() {
        for (text, wanted) in [
            ("15", "15:00"),
            ("15:30", "15:30"),
            ("3 pm", "15:00"),
            ("12am", "00:00"),
            ("12:15 pm", "12:15"),
            ("24", "00:00"),
            ("9h", "09:00"),
        ] {
            assert_eq!(hour(text).map(clock).as_deref(), Some(wanted), "{text}");
        }
        for text in ["25", "noon", "15:60", "13 pm", "", "-1", "1e1", "24:30"] {
            assert_eq!(hour(text), None, "{text}");
        }
    }

    #[test]
    fn a_day_has_one_spelling() {
        let day: Vec<String> = (0..24).map(|n| format!("{}", n * 60)).collect();
        let typed = format!("{} /min", day.join(" "));
        let short = canonical(&typed).expect("a day");
        assert!(short.starts_with("0,1,2,3") && short.ends_with(",23"), "{short}");
        assert_eq!(canonical(&short), Ok(short.clone()));
        let gap = show::GAP;
        assert_eq!(
            meaning(&short),
            Some(format!("0 to 23{gap}requests/s, 11.5{gap}requests/s on the mean"))
        );
        let half = slots(&short, Some(PerSecond::new(11.5))).expect("a day");
        assert_eq!((half.len(), half[23]), (24, PerSecond::new(11.5)));
        assert!(canonical("1 2 3").unwrap_err().contains("3 stand there"));
        assert!(canonical(&"0 ".repeat(24)).unwrap_err().contains("must come"));
        assert!(canonical(&"x ".repeat(24)).unwrap_err().contains("is no rate"));
        assert!(canonical(&"-1 ".repeat(24)).is_err());
    }
}
