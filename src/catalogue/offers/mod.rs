//! Price lists: the embedded one, and any other in the same form.
//!
//! One row is a machine type of a provider in a region. Columns, in any order:
//! `provider`, `instance`, `accelerator` (a name of the catalogue) and `count` (accelerators in a machine) must be
//! there, and at least one rate of a machine an hour: `demand`, `spot` (median zone), `spot_min` (cheapest zone),
//! `year`, `three_years`, `block`. There may be `region`, `country` (two letters), `network_gbit_s` (of a machine),
//! `currency` (three letters; US dollars where there is none), `as_of` and `as_of_spot` (`2026-07-30`), `source`, and
//! `remarks` ([`REMARKS`]). A row that cannot be read is left out and reported with its line; the others are kept.

mod built;
mod doubts;
mod problem;
mod read;
mod ways;

pub use built::{Built, built, hash, line_of};
pub use doubts::{FLOOR, OUTLIER, SPOT_EQUAL, aged};
pub use problem::ListProblem;
pub use read::{BYTES_MAX, PROBLEMS_MAX, REMARKS, ROWS_MAX, read_listings};
pub use ways::{sold, ways_of};

use super::table::Table;
use crate::prices::{Listing, Terms};
use crate::units::Day;
use std::sync::OnceLock;

/// Version of the form of a list: `prices-v1.csv` is served beside the page.
pub const VERSION: u32 = 1;

/// Where prices and facts about regions were read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PriceSource {
    /// Key in the tables.
    pub key: String,
    /// Repository and file, for people.
    pub name: String,
    /// Licence of the data.
    pub licence: String,
    /// Date or dates of the data.
    pub date: String,
}

/// The embedded list, in its order.
#[must_use]
pub fn all() -> &'static [Listing] {
    static ROWS: OnceLock<Vec<Listing>> = OnceLock::new();
    ROWS.get_or_init(|| read_listings(include_str!("../data/offers.csv")).0)
}

/// Sources of the embedded list and of the regions.
#[must_use]
pub fn sources() -> &'static [PriceSource] {
    static ROWS: OnceLock<Vec<PriceSource>> = OnceLock::new();
    ROWS.get_or_init(|| {
        let table = Table::read(include_str!("../data/price_sources.csv"));
        let text = |row: super::table::Row<'_>, column| row.text(column).to_owned();
        let source = |row| PriceSource {
            key: text(row, "key"),
            name: text(row, "source"),
            licence: text(row, "licence"),
            date: text(row, "date"),
        };
        table.rows().map(source).collect()
    })
}

/// The source in words: the name of a key of the table; any other text as it is.
#[must_use]
pub fn source_text(source: &str) -> &str {
    let known = sources().iter().find(|known| known.key == source);
    known.map_or(source, |known| known.name.as_str())
}

/// The sources of a region in words, with their dates: its keys of the table, in order.
#[must_use]
pub fn sources_text(keys: &str) -> String {
    let known = |key: &str| sources().iter().find(|source| source.key == key);
    let mut texts: Vec<String> = Vec::new();
    for source in keys.split_whitespace().filter_map(known) {
        let text = format!("{} ({})", source.name, source.date);
        if !texts.contains(&text) {
            texts.push(text);
        }
    }
    texts.join("; ")
}

/// The day of the newest price of a list.
#[must_use]
pub fn newest(listings: &[Listing]) -> Option<Day> {
    let days = listings.iter().flat_map(|listing| {
        listing.rates.iter().map(|(terms, _)| listing.stamp(terms).day).collect::<Vec<_>>()
    });
    days.max()
}

/// Whether prices on those terms are doubtful by [`Listing::flags`].
#[must_use]
pub fn doubtful(listing: &Listing, terms: Terms) -> bool {
    listing.flags.iter().any(|flag| terms.is_spot() || !flag.is_of_spot())
}
