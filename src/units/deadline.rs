//! When something must be done: within a time, by a moment of the calendar, or by a day of the week.

use super::text::{read, short, show};
use super::{Day, Moment, Seconds};

/// Seconds of a day.
const DAY: f64 = 86_400.0;
/// Days of the week, Monday first, and how links write them.
const WEEKDAYS: [&str; 7] =
    ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
/// Letters of a day of the week in links.
const LETTERS: usize = 3;

/// When something must be done.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Deadline {
    /// That long from now.
    Within(Seconds),
    /// By that moment of local time.
    At(Moment),
    /// By the next such day of the week (Monday is 0) at that time after midnight: another moment each week.
    Weekly(u32, Seconds),
}

impl Deadline {
    /// Reads `30 days`, `2026-12-04 18:00`, `Friday 18:00`, `Fri 6pm`; a day alone means its end.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let text = text.trim().to_ascii_lowercase();
        if let Some(day) = text.get(..10).and_then(Day::read) {
            let of_day = of_day(text.get(10..)?)?;
            return Some(Self::At(Moment::new(day, of_day)));
        }
        if let Ok(span) = read::time(&text) {
            return Some(Self::Within(span));
        }
        let letters = text.bytes().take_while(u8::is_ascii_alphabetic).count();
        let (name, time) = text.split_at_checked(letters)?;
        let fits = |day: &&str| name.len() >= LETTERS && day.starts_with(name);
        let weekday = WEEKDAYS.iter().position(fits)?;
        Some(Self::Weekly(weekday as u32, of_day(time)?))
    }

    /// The shortest text that reads back as the same: `30d`, `2026-12-04-18:00`, `fri-18:00`.
    #[must_use]
    pub fn short(self) -> String {
        match self {
            Self::Within(span) => short::time(span),
            Self::At(moment) => moment.to_string().replace(' ', "-"),
            Self::Weekly(weekday, of_day) => {
                let name = WEEKDAYS.get(weekday as usize).and_then(|name| name.get(..LETTERS));
                let name = name.unwrap_or_default();
                if of_day.get() >= DAY {
                    name.to_owned()
                } else {
                    format!("{name}-{}", clock(of_day))
                }
            }
        }
    }

    /// For people, where now is not known: `30 days`, `2026-12-04 18:00`, `the next Friday 18:00`.
    #[must_use]
    pub fn text(self) -> String {
        match self {
            Self::Within(span) => show::time(span),
            Self::At(moment) => moment.to_string(),
            Self::Weekly(weekday, of_day) => {
                let time =
                    if of_day.get() >= DAY { String::new() } else { format!(" {}", clock(of_day)) };
                format!("the next {}{time}", capital(weekday))
            }
        }
    }

    /// The moment meant, and how long it is until then; no moment for a mere span, and nothing where now is needed and
    /// not known.
    #[must_use]
    pub fn from(self, now: Option<Moment>) -> Option<(Option<Moment>, Seconds)> {
        let moment = match self {
            Self::Within(span) => return Some((None, span)),
            Self::At(moment) => moment,
            Self::Weekly(weekday, of_day) => next(now?, weekday, of_day),
        };
        Some((Some(moment), now?.until(moment)))
    }
}

/// `Fri 2026-12-04 18:00`.
#[must_use]
pub fn named(moment: Moment) -> String {
    format!("{} {moment}", capital(moment.day().weekday()).get(..LETTERS).unwrap_or_default())
}

/// The first such moment after now.
fn next(now: Moment, weekday: u32, of_day: Seconds) -> Moment {
    let ahead = (weekday + 7 - now.day().weekday()) % 7;
    let day = Day::from_epoch(now.day().epoch_days().saturating_add(ahead as i32));
    let moment = Moment::new(day, of_day);
    if moment > now { moment } else { moment.after(Seconds::new(7.0 * DAY)) }
}

/// Time after midnight: `18:00`, `6pm`, `6:30 pm`, `18h`; the end of the day where there is none.
fn of_day(text: &str) -> Option<Seconds> {
    let text = text.trim_matches([' ', '-', ',', 't']);
    if text.is_empty() {
        return Some(Seconds::new(DAY));
    }
    let (digits, half) = match (text.strip_suffix("am"), text.strip_suffix("pm")) {
        (Some(digits), _) => (digits.trim(), Some(0)),
        (_, Some(digits)) => (digits.trim(), Some(12)),
        _ => (text.strip_suffix('h').unwrap_or(text), None),
    };
    let plain = half.is_some() || text.len() > digits.len();
    let (hours, minutes) = match digits.split_once(':') {
        Some(parts) => parts,
        None if plain => (digits, "0"),
        None => return None,
    };
    let number = |text: &str| -> Option<u32> {
        let digits = (1..=2).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        text.parse().ok().filter(|_| digits)
    };
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    let hours = match half {
        Some(_) if !(1..=12).contains(&hours) => return None,
        Some(half) => hours % 12 + half,
        None => hours,
    };
    let good = minutes < 60 && hours * 60 + minutes <= 24 * 60;
    good.then(|| Seconds::new(f64::from(hours * 3600 + minutes * 60)))
}

fn clock(of_day: Seconds) -> String {
    let minutes = (of_day.get() / 60.0) as u32;
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

fn capital(weekday: u32) -> String {
    let name = WEEKDAYS.get(weekday as usize).copied().unwrap_or_default();
    let (first, rest) = name.split_at(name.len().min(1));
    format!("{}{rest}", first.to_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(text: &str) -> Moment {
        Moment::read(text).unwrap()
    }

    /// 2026-11-28 is a Saturday.
    #[test]
    fn friday_evening_is_six_days_and_some_hours_away() {
        let now = moment("2026-11-28 11:30");
        for text in ["Friday 18:00", "fri 6pm", "FRI, 18:00", "fri-18:00", "frida 6:00 pm"] {
            let deadline = Deadline::read(text).unwrap();
            let (at, left) = deadline.from(Some(now)).unwrap();
            assert_eq!(at, Some(moment("2026-12-04 18:00")), "{text}");
            assert_eq!(left, Seconds::hours(6.0 * 24.0 + 6.5));
            assert_eq!(deadline.short(), "fri-18:00");
            assert_eq!(deadline.from(None), None);
            assert_eq!(named(at.unwrap()), "Fri 2026-12-04 18:00");
        }
        // Today, later and earlier than now; the end of a day.
        let (later, earlier) = (Deadline::read("sat 12:00"), Deadline::read("sat 11:30"));
        let at = |deadline: Option<Deadline>| deadline.unwrap().from(Some(now)).unwrap().0;
        assert_eq!(at(later), Some(moment("2026-11-28 12:00")));
        assert_eq!(at(earlier), Some(moment("2026-12-05 11:30")));
        assert_eq!(at(Deadline::read("sunday")), Some(moment("2026-11-30 00:00")));
    }

    #[test]
    fn spans_dates_and_nonsense() {
        assert_eq!(Deadline::read("30 days"), Some(Deadline::Within(Seconds::days(30.0))));
        let by = Deadline::read("2026-12-04 18:00").unwrap();
        assert_eq!(by, Deadline::At(moment("2026-12-04 18:00")));
        assert_eq!(Deadline::read(&by.short()), Some(by));
        let day = Deadline::read("2026-12-04").unwrap();
        assert_eq!(day, Deadline::At(moment("2026-12-05 00:00")));
        // What has passed leaves no time.
        assert_eq!(by.from(Some(moment("2027-01-01 00:00"))).unwrap().1, Seconds::ZERO);
        for text in ["", "fr", "someday", "fri 25:00", "fri 13pm", "fri 18", "2026-13-01", "fri x"]
        {
            assert_eq!(Deadline::read(text), None, "{text}");
        }
    }
}
