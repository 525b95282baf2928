//! What makes a price doubtful. A flagged price is shown with its flag, never hidden.

/// A reason to doubt a price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Flag {
    /// Spot at 10 % of on-demand: the lowest a provider shows, not a market price.
    SpotFloor,
    /// Spot as dear as on-demand or dearer: often no capacity rather than no discount.
    SpotNotBelow,
    /// Spot worked out from a published saving, not read: some 20 points either way.
    SpotEstimated,
    /// On-demand so far from the median of the same machine elsewhere that it may be a placeholder.
    Outlier,
    /// Accelerators only: the host around them is charged on top.
    PartOnly,
    /// A mean or the lowest of a market's offers, not one seller's price.
    Market,
    /// The list gives no date: the earliest it can be from is shown.
    Undated,
    /// Older than the limit that was asked for.
    Stale,
    /// The network is not stated: what is usual for the accelerator is taken.
    NetworkAssumed,
    /// The network is told from memory, by no source.
    NetworkUnverified,
    /// The network is reached in bursts only.
    NetworkBurst,
    /// Sold by the accelerator: the accelerator's usual machine is taken.
    SoldEach,
    /// Less than one accelerator: cannot be part of a cluster.
    Fraction,
    /// The region is not stated.
    PlaceUnknown,
    /// The country is read off the region's name, and nobody has checked it.
    CountryUnverified,
}

/// A set of flags.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flags(u16);

impl Flag {
    /// All of them.
    pub const ALL: [Self; 15] = [
        Self::SpotFloor,
        Self::SpotNotBelow,
        Self::SpotEstimated,
        Self::Outlier,
        Self::PartOnly,
        Self::Market,
        Self::Undated,
        Self::Stale,
        Self::NetworkAssumed,
        Self::NetworkUnverified,
        Self::NetworkBurst,
        Self::SoldEach,
        Self::Fraction,
        Self::PlaceUnknown,
        Self::CountryUnverified,
    ];

    /// What it says, for people.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::SpotFloor => "spot at a tenth of on-demand: a floor, not a market price",
            Self::SpotNotBelow => "spot no cheaper than on-demand: perhaps no capacity",
            Self::SpotEstimated => "spot estimated from a published saving, 20 points either way",
            Self::Outlier => "far from what the same machine costs elsewhere",
            Self::PartOnly => "accelerators only: the host is charged on top",
            Self::Market => "taken from a market of sellers",
            Self::Undated => "undated list: the earliest possible date is shown",
            Self::Stale => "price more than a year old",
            Self::NetworkAssumed => "network not stated: the accelerator's usual one is taken",
            Self::NetworkUnverified => "network told from memory",
            Self::SoldEach => "sold by the accelerator: its usual machine is taken",
            Self::NetworkBurst => "network reached in bursts only",
            Self::Fraction => "less than one accelerator",
            Self::PlaceUnknown => "region not stated",
            Self::CountryUnverified => "country read off the region's name, unverified",
        }
    }

    /// Whether it is about spot prices alone.
    #[must_use]
    pub const fn is_of_spot(self) -> bool {
        matches!(self, Self::SpotFloor | Self::SpotNotBelow | Self::SpotEstimated)
    }
}

impl Flags {
    /// None of them.
    pub const NONE: Self = Self(0);

    /// Whether `flag` is set.
    #[must_use]
    pub const fn has(self, flag: Flag) -> bool {
        self.0 & (1 << flag as u8) != 0
    }

    /// With `flag` set.
    #[must_use]
    pub const fn with(self, flag: Flag) -> Self {
        Self(self.0 | (1 << flag as u8))
    }

    /// With `flag` set where `holds`.
    #[must_use]
    pub const fn with_if(self, flag: Flag, holds: bool) -> Self {
        if holds { self.with(flag) } else { self }
    }

    /// Those that are set, in the order of [`Flag::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Flag> {
        Flag::ALL.into_iter().filter(move |flag| self.has(*flag))
    }
}
