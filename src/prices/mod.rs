//! F1: what machines cost. One rate for now: dollars an hour for one accelerator.

use crate::units::DollarsPerHour;

/// The price of one accelerator for one hour, and where it was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Offer {
    /// Dollars an hour for one accelerator.
    pub rate: DollarsPerHour,
    /// Source and date, or that the user typed it.
    pub source: String,
}
