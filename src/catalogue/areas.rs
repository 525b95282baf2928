//! Parts of the world, and the time of a round trip between them (`data/areas.csv`, `data/rtt.csv`).

use super::table::Table;
use crate::units::Seconds;
use std::sync::OnceLock;

/// Part of the name of a region that lies in the west of the United States.
const WEST: [&str; 5] = ["west", "us-la", "california", "oregon", "arizona"];

/// A part of the world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Area {
    /// Stable name.
    pub key: String,
    /// Name for people.
    pub label: String,
    /// The region that it was measured at.
    pub hub: String,
    /// Countries, as two letters.
    pub countries: Vec<String>,
}

/// Time of a round trip between two areas.
#[derive(Clone, Debug, PartialEq)]
pub struct RoundTrip {
    /// Keys of both.
    pub between: (String, String),
    /// Half of all take no longer.
    pub time: Seconds,
    /// Where it was read.
    pub source: String,
    /// When.
    pub date: String,
}

/// All areas, in the order of the table.
#[must_use]
pub fn all() -> &'static [Area] {
    static ROWS: OnceLock<Vec<Area>> = OnceLock::new();
    ROWS.get_or_init(|| {
        let table = Table::read(include_str!("data/areas.csv"));
        let rows = table.rows().map(|row| Area {
            key: row.text("area").to_owned(),
            label: row.text("label").to_owned(),
            hub: row.text("hub").to_owned(),
            countries: row.list("countries", ' ').into_iter().map(str::to_owned).collect(),
        });
        rows.collect()
    })
}

/// All round trips, in the order of the table.
#[must_use]
pub fn round_trips() -> &'static [RoundTrip] {
    static ROWS: OnceLock<Vec<RoundTrip>> = OnceLock::new();
    ROWS.get_or_init(|| {
        let table = Table::read(include_str!("data/rtt.csv"));
        let rows = table.rows().filter_map(|row| {
            Some(RoundTrip {
                between: (row.text("from").to_owned(), row.text("to").to_owned()),
                time: Seconds::us(row.number("ms")? * 1e3),
                source: row.text("source").to_owned(),
                date: row.text("date").to_owned(),
            })
        });
        rows.collect()
    })
}

/// The area of that name.
#[must_use]
pub fn find(key: &str) -> Option<&'static Area> {
    all().iter().find(|area| area.key == key)
}

/// The area that a region of a country lies in; nothing where the country is not known.
#[must_use]
pub fn of(country: &str, region: &str) -> Option<&'static Area> {
    let name = region.to_ascii_lowercase();
    if country == "US" && WEST.iter().any(|part| name.contains(part)) {
        return find("na-west");
    }
    all().iter().find(|area| area.countries.iter().any(|known| known == country))
}

/// The round trip between two areas, or within one.
#[must_use]
pub fn round_trip(a: &str, b: &str) -> Option<&'static RoundTrip> {
    round_trips().iter().find(|trip| {
        let (from, to) = (trip.between.0.as_str(), trip.between.1.as_str());
        (from, to) == (a, b) || (from, to) == (b, a)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pair_of_areas_has_a_round_trip() {
        for a in all() {
            for b in all() {
                let trip = round_trip(&a.key, &b.key).unwrap_or_else(|| panic!("{a:?} {b:?}"));
                let own = round_trip(&a.key, &a.key).expect("within").time;
                // The Gulf is as near to India as its own ends are to one another.
                assert!(a.key == b.key || trip.time.get() > 0.9 * own.get(), "{trip:?}");
            }
        }
        let n = all().len();
        assert_eq!(round_trips().len(), n * (n + 1) / 2);
    }

    /// No way is longer than twice the way over a third area: the table has no slip of a digit.
    #[test]
    fn detours_are_no_short_cuts() {
        let ms =
            |a: &Area, b: &Area| round_trip(&a.key, &b.key).map_or(0.0, |trip| trip.time.get());
        for a in all() {
            for b in all() {
                for c in all() {
                    assert!(ms(a, b) <= 2.0 * (ms(a, c) + ms(c, b)), "{a:?} {b:?} {c:?}");
                }
            }
        }
    }

    #[test]
    fn regions_lie_where_they_lie() {
        let key = |country, region| of(country, region).map(|area| area.key.as_str());
        assert_eq!(key("US", "us-west-2"), Some("na-west"));
        assert_eq!(key("US", "us-east-1"), Some("na-east"));
        assert_eq!((key("SE", "eu-north-1"), key("", "x")), (Some("eu"), None));
    }
}
