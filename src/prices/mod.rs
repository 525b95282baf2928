//! F1: what machines cost: rows of price lists, the terms they are sold on, and the places they stand in.
//!
//! A [`Listing`] is one machine type of one provider in one region, with its rate for each of the
//! [`Terms`]. Bought on some terms it becomes an [`Offer`], which is what a case is priced at.
//! Amounts are in the listing's own [`Currency`]: it is shown, never converted.

mod currency;
mod flag;
mod listing;
mod own;
mod place;
mod terms;

pub use currency::Currency;
pub use flag::{Flag, Flags};
pub use listing::{Listing, Rates, Stamp};
pub use own::OnPremises;
pub use place::{Place, Tariff};
pub use terms::{Charge, Terms};

use crate::units::DollarsPerHour;

/// The price of one accelerator for one hour, and where it was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Offer {
    /// Dollars an hour for one accelerator.
    pub rate: DollarsPerHour,
    /// Source and date, or that the user typed it.
    pub source: String,
}
