//! Calendar days, for the age of facts. No clock: today comes from outside.

use std::fmt;

/// A day of the Gregorian calendar, counted from 1970-01-01.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(i32);

/// Days of four hundred years.
const DAYS_OF_ERA: i32 = 146_097;
/// From 0000-03-01 to 1970-01-01.
const EPOCH: i32 = 719_468;

impl Day {
    /// That many days after 1970-01-01, kept within the years 0 to 9999.
    #[must_use]
    pub const fn from_epoch(days: i32) -> Self {
        Self(if days < -EPOCH {
            -EPOCH
        } else if days > 2_932_896 {
            2_932_896
        } else {
            days
        })
    }

    /// Days after 1970-01-01.
    #[must_use]
    pub const fn epoch_days(self) -> i32 {
        self.0
    }

    /// The day of a date of the calendar; nothing where there is none.
    ///
    /// Counted from 1 March, so that leap days come last (H. Hinnant, "chrono-compatible low-level
    /// date algorithms", 2021).
    #[must_use]
    pub fn from_date(year: i32, month: u32, day: u32) -> Option<Self> {
        let length = days_of_month(year, month)?;
        if !(0..=9999).contains(&year) || day == 0 || day > length {
            return None;
        }
        let year = if month <= 2 { year - 1 } else { year };
        let era = year.div_euclid(400);
        let of_era = year.rem_euclid(400);
        let month = (month as i32 + 9) % 12;
        let of_year = (153 * month + 2) / 5 + day as i32 - 1;
        let days = of_era * 365 + of_era / 4 - of_era / 100 + of_year;
        Some(Self::from_epoch(era * DAYS_OF_ERA + days - EPOCH))
    }

    /// Reads `2026-07-30`.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let mut fields = text.trim().split('-');
        let (year, month, day) = (fields.next()?, fields.next()?, fields.next()?);
        let digits = |field: &str, n| field.len() == n && field.bytes().all(|b| b.is_ascii_digit());
        if fields.next().is_some() || !digits(year, 4) || !digits(month, 2) || !digits(day, 2) {
            return None;
        }
        Self::from_date(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)
    }

    /// Year, month, day.
    #[must_use]
    pub const fn date(self) -> (i32, u32, u32) {
        let days = self.0 + EPOCH;
        let era = days.div_euclid(DAYS_OF_ERA);
        let of_era = days.rem_euclid(DAYS_OF_ERA);
        let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / (DAYS_OF_ERA - 1)) / 365;
        let of_year = of_era - (365 * year + year / 4 - year / 100);
        let month = (5 * of_year + 2) / 153;
        let day = of_year - (153 * month + 2) / 5 + 1;
        let month = if month < 10 { month + 3 } else { month - 9 };
        let year = year + era * 400 + if month <= 2 { 1 } else { 0 };
        (year, month as u32, day as u32)
    }

    /// Day of the week, Monday being 0: 1970-01-01 was a Thursday.
    #[must_use]
    pub const fn weekday(self) -> u32 {
        (self.0 + 3).rem_euclid(7) as u32
    }

    /// Days from `earlier` to this day, at least none.
    #[must_use]
    pub fn days_since(self, earlier: Self) -> u32 {
        u32::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.date();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

fn days_of_month(year: i32, month: u32) -> Option<u32> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    Some(match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_dates_agree() {
        for (text, days) in [("1970-01-01", 0), ("2000-02-29", 11_016), ("2026-11-28", 20_785)] {
            let day = Day::read(text).unwrap();
            assert_eq!(day.epoch_days(), days, "{text}");
            assert_eq!(day.to_string(), text);
        }
        let mut before = Day::read("1999-12-31").unwrap();
        for days in before.epoch_days() + 1..before.epoch_days() + 1000 {
            let day = Day::from_epoch(days);
            let (y, m, d) = day.date();
            assert_eq!(Day::from_date(y, m, d), Some(day));
            assert_eq!(day.days_since(before), 1);
            before = day;
        }
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for text in ["", "2026", "2026-13-01", "2026-02-29", "2026-1-1", "26-01-01", "2026-01-01x"]
        {
            assert_eq!(Day::read(text), None, "{text}");
        }
        assert_eq!(Day::from_epoch(i32::MAX).to_string(), "9999-12-31");
        assert_eq!(Day::from_epoch(i32::MIN).to_string(), "0000-03-01");
    }
}
