//! Machines that stand outside data centres, as wholes (`data/systems.csv`).

use super::table::{Row, Table};
use crate::units::Ratio;
use std::sync::OnceLock;

/// What is known of a whole machine, by the key of its accelerator or by the generation.
#[derive(Clone, Debug, PartialEq)]
pub struct SystemRow {
    /// Key of an accelerator, or a generation.
    pub key: String,
    /// Power of the whole over that of its accelerators, and where that was read or why it is taken.
    pub over: (Ratio, String),
    /// Share of the whole memory that the accelerator's row states; none: it states all.
    pub share: Ratio,
    /// Shares of the whole memory that people have the system give to programs instead.
    pub raised: Vec<Ratio>,
    /// Nobody joins it to others.
    pub alone: bool,
    /// Place among the machines that are suggested where more memory or speed is needed; none: it is not suggested.
    pub larger: Option<u32>,
}

/// All of them, in the order of the table.
#[must_use]
pub fn all() -> &'static [SystemRow] {
    static ROWS: OnceLock<Vec<SystemRow>> = OnceLock::new();
    ROWS.get_or_init(|| {
        Table::read(include_str!("data/systems.csv")).rows().filter_map(read).collect()
    })
}

/// That of an accelerator, else of its generation; none of what stands in a data centre.
#[must_use]
pub fn find(key: &str, generation: &str) -> Option<&'static SystemRow> {
    let of = |name: &str| all().iter().find(|row| row.key == name);
    of(key).or_else(|| of(generation))
}

/// Keys of those that are suggested where more memory or speed is needed, in that order.
#[must_use]
pub fn larger() -> Vec<&'static str> {
    let mut rows: Vec<&SystemRow> = all().iter().filter(|row| row.larger.is_some()).collect();
    crate::units::order::sort_by_key(&mut rows, |row| row.larger);
    rows.into_iter().map(|row| row.key.as_str()).collect()
}

fn read(row: Row<'_>) -> Option<SystemRow> {
    let share = |text: &str| text.parse().ok().and_then(Ratio::checked);
    Some(SystemRow {
        key: row.text("key").to_owned(),
        over: (share(row.text("over"))?, [row.text("source"), row.text("date")].join(", ")),
        share: share(row.text("share")).unwrap_or(Ratio::ONE),
        raised: row.list("raised", ' ').into_iter().filter_map(share).collect(),
        alone: row.text("alone") == "1",
        larger: row.count("larger"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::accelerators;

    #[test]
    fn every_line_is_of_a_known_machine() {
        let table = Table::read(include_str!("data/systems.csv"));
        assert!(table.is_even() && table.rows().count() == all().len());
        let machines = || accelerators::all().iter().chain(accelerators::edge());
        for (i, row) in all().iter().enumerate() {
            let known = |own: &accelerators::MachineRow| {
                [&own.key, &own.accelerator.generation].contains(&&row.key)
            };
            assert!(machines().any(known), "{}", row.key);
            assert!(all()[..i].iter().all(|other| other.key != row.key), "{} twice", row.key);
            // What is raised is more than what is given untold, and no more than all.
            assert!(
                row.raised.iter().all(|own| *own > row.share && *own < Ratio::ONE),
                "{}",
                row.key
            );
        }
    }

    /// The sizes that Apple sells, of which the rows state three quarters; phones state what they have.
    #[test]
    fn the_memory_of_whole_machines_is_what_is_sold() {
        let sizes = [
            ("m4-max-36g", 36),
            ("m4-max-64g", 64),
            ("m4-max", 128),
            ("m3-ultra", 512),
            ("a18-pro", 8),
        ];
        for (key, gib) in sizes {
            let own = &accelerators::find_serving(key).expect("a row").accelerator;
            let share = find(key, &own.generation).expect("a system").share;
            assert_eq!(own.memory.as_gib() / share.get(), f64::from(gib), "{key}");
        }
    }

    /// Each suggestion has at least as much memory as the one before, or more speed.
    #[test]
    fn suggestions_grow() {
        let all: Vec<_> = larger().into_iter().filter_map(accelerators::find_serving).collect();
        assert_eq!(all.len(), 5);
        for two in all.windows(2) {
            let [one, next] = [&two[0].accelerator, &two[1].accelerator];
            assert!(next.memory > one.memory || next.memory_bandwidth > one.memory_bandwidth);
        }
    }
}
