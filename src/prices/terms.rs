//! Ways to buy the same machine.

use crate::units::Seconds;

/// How a machine is bought.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Terms {
    /// By the hour, kept as long as wanted.
    OnDemand,
    /// By the hour, taken away when others pay more: the median over the zones of a region.
    Spot,
    /// The same in the cheapest zone of the region.
    SpotLowest,
    /// For a year, nothing paid upfront.
    Year,
    /// For three years, nothing paid upfront.
    ThreeYears,
    /// A block of some weeks that starts and ends at fixed times, paid upfront.
    Block,
}

/// Which hours a commitment is charged for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Charge {
    /// The whole term, whether or not the run fills it.
    #[default]
    WholeTerm,
    /// The hours of the run: something else fills the rest of the term.
    HoursUsed,
}

impl Terms {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::OnDemand, Self::Spot, Self::SpotLowest, Self::Year, Self::ThreeYears, Self::Block];

    /// Name in links and tables.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::OnDemand => "demand",
            Self::Spot => "spot",
            Self::SpotLowest => "spotmin",
            Self::Year => "1y",
            Self::ThreeYears => "3y",
            Self::Block => "block",
        }
    }

    /// Name for people.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::OnDemand => "on demand",
            Self::Spot => "spot, median zone",
            Self::SpotLowest => "spot, cheapest zone",
            Self::Year => "1-year commitment",
            Self::ThreeYears => "3-year commitment",
            Self::Block => "capacity block",
        }
    }

    /// The terms of that name.
    #[must_use]
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|terms| terms.key() == key)
    }

    /// Whether the machine may be taken away at any time.
    #[must_use]
    pub const fn is_spot(self) -> bool {
        matches!(self, Self::Spot | Self::SpotLowest)
    }

    /// The time that is paid for at least: the term of a commitment (years of 8,760 hours), and one day of a
    /// block (AWS Capacity Blocks are sold in steps of a day, then of weeks: its EC2 user guide, 2026).
    #[must_use]
    pub const fn least_time(self) -> Seconds {
        match self {
            Self::OnDemand | Self::Spot | Self::SpotLowest => Seconds::ZERO,
            Self::Year => Seconds::new(8760.0 * 3600.0),
            Self::ThreeYears => Seconds::new(3.0 * 8760.0 * 3600.0),
            Self::Block => Seconds::new(86_400.0),
        }
    }

    /// The longest time that can be bought at once, where there is one: 182 days of a block (AWS Capacity Blocks).
    #[must_use]
    pub const fn most_time(self) -> Option<Seconds> {
        match self {
            Self::Block => Some(Seconds::new(182.0 * 86_400.0)),
            _ => None,
        }
    }

    /// Most machines of one order, where there is a limit: 64 instances a block (AWS Capacity Blocks).
    #[must_use]
    pub const fn most_machines(self) -> Option<u32> {
        match self {
            Self::Block => Some(64),
            _ => None,
        }
    }

    /// The time that is paid for when the machine is used for `time`.
    #[must_use]
    pub fn paid(self, time: Seconds, charge: Charge) -> Seconds {
        match (self, charge) {
            (Self::Year | Self::ThreeYears, Charge::HoursUsed) => time,
            (Self::Year | Self::ThreeYears, Charge::WholeTerm) => time.max(self.least_time()),
            (Self::Block, _) => {
                let day = self.least_time().get();
                Seconds::new((time.get() / day).ceil().max(1.0) * day)
            }
            _ => time,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commitment_is_paid_whole_and_a_block_by_the_day() {
        let day = Seconds::new(86_400.0);
        let paid = |terms: Terms, days| terms.paid(day * days, Charge::WholeTerm).as_days();
        assert_eq!(paid(Terms::OnDemand, 1.5), 1.5);
        assert_eq!(paid(Terms::Block, 1.5), 2.0);
        assert_eq!(paid(Terms::Year, 1.5), 365.0);
        assert_eq!(paid(Terms::Year, 400.0), 400.0);
        assert_eq!(Terms::Year.paid(day, Charge::HoursUsed), day);
        for terms in Terms::ALL {
            assert_eq!(Terms::from_key(terms.key()), Some(terms));
        }
    }
}
