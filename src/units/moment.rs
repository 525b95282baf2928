//! A time of a day of the calendar, for deadlines. No clock and no time zone: both come from outside.

use super::{Day, Seconds};
use std::fmt;

/// Seconds of a day.
const DAY: f64 = 86_400.0;
/// Most days that a span is counted over: past any calendar that is kept here.
const DAYS_MAX: f64 = 4e6;

/// A time of a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment {
    day: Day,
    of_day: Seconds,
}

impl Moment {
    /// That long after midnight of a day.
    #[must_use]
    pub fn new(day: Day, after_midnight: Seconds) -> Self {
        let days = (after_midnight.get() / DAY).floor().min(DAYS_MAX);
        let of_day = (after_midnight.get() - days * DAY).clamp(0.0, DAY);
        let day = Day::from_epoch(day.epoch_days().saturating_add(days as i32));
        Self { day, of_day: Seconds::new(of_day) }
    }

    /// The day.
    #[must_use]
    pub const fn day(self) -> Day {
        self.day
    }

    /// Since midnight.
    #[must_use]
    pub const fn of_day(self) -> Seconds {
        self.of_day
    }

    /// That much later.
    #[must_use]
    pub fn after(self, time: Seconds) -> Self {
        Self::new(self.day, self.of_day + time)
    }

    /// From here to a later moment, at least nothing.
    #[must_use]
    pub fn until(self, later: Self) -> Seconds {
        let days = f64::from(later.day.days_since(self.day)) * DAY;
        if later < self {
            Seconds::ZERO
        } else {
            Seconds::new(days + later.of_day.get()).less(self.of_day)
        }
    }

    /// Reads `2026-12-04` or `2026-12-04 18:00`, also with a `T` between.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        let (day, time) = text.split_once([' ', 'T']).unwrap_or((text, "00:00"));
        let (hours, minutes) = time.trim().split_once(':')?;
        let number = |field: &str, below: u32| {
            let digits = !field.is_empty() && field.bytes().all(|b| b.is_ascii_digit());
            field.parse().ok().filter(|n: &u32| digits && *n < below)
        };
        let (hours, minutes) = (number(hours, 24)?, number(minutes, 60)?);
        let seconds = Seconds::new(f64::from(hours * 3600 + minutes * 60));
        Some(Self::new(Day::read(day)?, seconds))
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let minutes = (self.of_day.get() / 60.0) as u32;
        write!(f, "{} {:02}:{:02}", self.day, minutes / 60, minutes % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_counted_and_shown() {
        let friday = Moment::read("2026-12-04 18:00").unwrap();
        let start = Moment::read("2026-11-28").unwrap();
        assert_eq!(start.until(friday), Seconds::days(6.75));
        assert_eq!(start.after(Seconds::days(6.75)), friday);
        assert_eq!(friday.until(start), Seconds::ZERO);
        assert_eq!(friday.to_string(), "2026-12-04 18:00");
        assert_eq!(
            Moment::read("2028-02-28T23:30").unwrap().after(Seconds::hours(1.0)).to_string(),
            "2028-02-29 00:30"
        );
        for text in ["", "2026-12-04 24:00", "2026-12-04 18", "2026-12-04 1:60", "18:00"] {
            assert_eq!(Moment::read(text), None, "{text}");
        }
        assert_eq!(start.after(Seconds::UNBOUNDED).day().to_string(), "9999-12-31");
    }
}
