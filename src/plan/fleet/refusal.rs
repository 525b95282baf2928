//! Named rules that keep an offer out of a fleet.

/// Why an offer is not looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Refusal {
    /// Its prices are in another currency.
    Currency,
    /// Its provider is not among those allowed.
    Provider,
    /// Its region is not among those allowed.
    Region,
    /// It stands elsewhere than it must, or nobody knows where.
    Jurisdiction,
    /// Its accelerator is not among those allowed.
    Family,
    /// It is not sold on terms that are allowed.
    Terms,
    /// Its price is older than is allowed.
    Old,
    /// A doubt that was ruled out hangs on its price.
    Doubtful,
    /// It is less than one accelerator.
    Fraction,
    /// Part of a machine whose network nobody states: it cannot be joined to others.
    NetworkUnknown,
    /// The stack has no code for the accelerator.
    Platform,
    /// The accelerator lacks the number format.
    Precision,
    /// What is aimed at is not known of it: the grid or the power it draws.
    CarbonUnknown,
    /// Another offer of the same machine is no worse in anything.
    Dominated,
}

impl Refusal {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::Currency,
        Self::Provider,
        Self::Region,
        Self::Jurisdiction,
        Self::Family,
        Self::Terms,
        Self::Old,
        Self::Doubtful,
        Self::Fraction,
        Self::NetworkUnknown,
        Self::Platform,
        Self::Precision,
        Self::CarbonUnknown,
        Self::Dominated,
    ];

    /// What it says, for people.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Currency => "priced in another currency, which is never converted",
            Self::Provider => "of a provider that is not allowed",
            Self::Region => "in a region that is not allowed",
            Self::Jurisdiction => "outside the jurisdictions allowed, or of unknown place",
            Self::Family => "with an accelerator that is not allowed",
            Self::Terms => "on terms that are not allowed",
            Self::Old => "at a price that is older than you allow",
            Self::Doubtful => "with a doubt on the price that is ruled out",
            Self::Fraction => "less than one accelerator",
            Self::NetworkUnknown => "part of a machine whose network nobody states",
            Self::Platform => "of an accelerator that the stack has no code for",
            Self::Precision => "of an accelerator without the number format",
            Self::CarbonUnknown => "of unknown power or grid",
            Self::Dominated => "no better in anything than another offer of the same machine",
        }
    }
}
