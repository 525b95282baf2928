//! What a region charges and emits beside its machines.

use crate::units::{DollarsPerGb, GramsPerKwh, Ratio};

/// A region of a provider.
#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    /// Who runs it.
    pub provider: String,
    /// The provider's name for it.
    pub region: String,
    /// Country as two letters (ISO 3166-1).
    pub country: String,
    /// Power of the building over power of its machines.
    pub pue: Option<Ratio>,
    /// Carbon of the grid, by place.
    pub carbon: Option<GramsPerKwh>,
    /// What data costs here.
    pub tariff: Tariff,
    /// Where the figures were read, for people.
    pub source: String,
}

/// What moving and keeping data costs, per decimal gigabyte; none where it is not known.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Tariff {
    /// To the internet, first tier.
    pub egress: Option<DollarsPerGb>,
    /// To another region of the same provider, median over destinations.
    pub between: Option<DollarsPerGb>,
    /// One month in object storage.
    pub storage: Option<DollarsPerGb>,
}
