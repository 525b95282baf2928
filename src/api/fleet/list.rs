//! A list of prices as it is read once and asked about often.

use super::PriceList;
use crate::catalogue::offers;
use crate::prices::Listing;
use crate::units::Day;

/// Months after which a price is flagged as old.
const STALE_MONTHS: u32 = 12;
/// Longest list of prices, in bytes.
pub const LIST_BYTES_MAX: u32 = 4 << 20;

/// A list that was read.
#[derive(Clone, Debug, Default)]
pub struct Prices {
    /// The rows.
    listings: Vec<Listing>,
    /// What there is to say about them, their age aside.
    about: PriceList,
    newest: Option<Day>,
}

impl Prices {
    /// Reads the text of a `prices-v1.csv`.
    #[must_use]
    pub fn read(list: &str) -> Self {
        let (listings, problems) = offers::read_listings(list);
        let newest = offers::newest(&listings);
        let about = PriceList {
            rows: listings.len() as u32,
            newest: newest.map(|day| day.to_string()).unwrap_or_default(),
            age_days: None,
            problems: problems.iter().map(ToString::to_string).collect(),
            against_built: against_built(list, newest),
        };
        Self { listings, about, newest }
    }

    /// Day of the newest price; none where no price can be used.
    #[must_use]
    pub const fn newest(&self) -> Option<Day> {
        self.newest
    }

    /// The rows.
    #[must_use]
    pub fn listings(&self) -> &[Listing] {
        &self.listings
    }

    /// The rows with the old ones flagged, today being that day.
    #[must_use]
    pub fn aged(&self, today: Option<Day>) -> Vec<Listing> {
        match today {
            Some(today) => offers::aged(&self.listings, today, STALE_MONTHS),
            None => self.listings.clone(),
        }
    }

    /// What there is to say about the list, today being that day.
    #[must_use]
    pub fn about(&self, today: Option<Day>) -> PriceList {
        let age_days = today.zip(self.newest).map(|(today, newest)| today.days_since(newest));
        PriceList { age_days, ..self.about.clone() }
    }
}

/// How the list stands to the one that this version was built with.
fn against_built(list: &str, newest: Option<Day>) -> String {
    let own = offers::built();
    let built = format!("{} ({} offers)", own.newest, own.rows);
    let Some(newest) = newest else {
        return format!(
            "No price of it can be used; this version was built with a list of {built}."
        );
    };
    if offers::hash(list) == own.hash {
        return "It is the list that this version was built with.".to_owned();
    }
    let how = match newest.to_string().cmp(&own.newest) {
        std::cmp::Ordering::Greater => "Newer than",
        std::cmp::Ordering::Equal => "As new as, but not the same as,",
        std::cmp::Ordering::Less => "Older than",
    };
    format!("{how} the list that this version was built with, of {built}.")
}
