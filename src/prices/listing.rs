//! One row of a price list.

use super::{Currency, Flags, Offer, Terms};
use crate::units::{BytesPerSecond, Day, DollarsPerHour, Ratio};

/// One machine type of one provider in one region.
#[derive(Clone, Debug, PartialEq)]
pub struct Listing {
    /// Who sells it: `aws`, `lambda`, the user's own name for an offer of theirs.
    pub provider: String,
    /// The provider's name for the region; empty where it is not stated.
    pub region: String,
    /// Country as two letters (ISO 3166-1); empty where it is not known.
    pub country: String,
    /// The provider's name for the machine.
    pub instance: String,
    /// Catalogue key of the accelerator.
    pub accelerator: String,
    /// Accelerators in one machine; less than one for a share of one.
    pub accelerators: Ratio,
    /// Network of one machine, each way, where it is stated.
    pub network: Option<BytesPerSecond>,
    /// Rates of one machine, by terms.
    pub rates: Rates,
    /// Currency of the rates.
    pub currency: Currency,
    /// Day of the on-demand, commitment and block rates.
    pub as_of: Stamp,
    /// Day of the spot rates.
    pub as_of_spot: Stamp,
    /// Where it was read, for people.
    pub source: String,
    /// What makes it doubtful.
    pub flags: Flags,
}

/// Rates of one machine an hour, in the order of [`Terms::ALL`]; none where it is not sold so.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rates([Option<DollarsPerHour>; Terms::ALL.len()]);

/// The day that a price was in force.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stamp {
    /// The day; where the list is undated, the earliest it can be: no price looks younger than it is.
    pub day: Day,
    /// Whether the list states it.
    pub stated: bool,
}

impl Listing {
    /// Whole accelerators in one machine; none for a share of one.
    #[must_use]
    pub fn machine_size(&self) -> Option<u32> {
        let n = self.accelerators.get();
        (n >= 1.0 && n.floor() == n && n <= f64::from(1 << 16)).then_some(n as u32)
    }

    /// Rate of one machine on those terms.
    #[must_use]
    pub fn rate(&self, terms: Terms) -> Option<DollarsPerHour> {
        self.rates.get(terms)
    }

    /// Rate of one accelerator on those terms.
    #[must_use]
    pub fn rate_each(&self, terms: Terms) -> Option<DollarsPerHour> {
        let n = self.accelerators.get();
        let rate = self.rates.get(terms)?;
        (n > 0.0).then(|| DollarsPerHour::new(rate.get() / n))
    }

    /// The day of the rate on those terms.
    #[must_use]
    pub const fn stamp(&self, terms: Terms) -> Stamp {
        if terms.is_spot() { self.as_of_spot } else { self.as_of }
    }

    /// Whether the rate on those terms is from that day or later; what was typed has no day.
    #[must_use]
    pub fn is_since(&self, terms: Terms, since: Option<Day>) -> bool {
        let day = self.stamp(terms).day;
        day.epoch_days() <= 0 || since.is_none_or(|since| day >= since)
    }

    /// The same without rates that are from before that day.
    #[must_use]
    pub fn fresh(mut self, since: Option<Day>) -> Self {
        for terms in Terms::ALL {
            if !self.is_since(terms, since) {
                self.rates = self.rates.with(terms, None);
            }
        }
        self
    }

    /// What a case is priced at on those terms; nothing where the machine is not sold so.
    #[must_use]
    pub fn offer(&self, terms: Terms) -> Option<Offer> {
        let rate = self.rate_each(terms)?;
        let place = [self.provider.as_str(), self.region.as_str()].join(" ");
        let (place, machine) = (place.trim_end(), &self.instance);
        let (terms_text, day) = (terms.label(), self.stamp(terms).day);
        let source = format!("{place} {machine}, {terms_text}, {day}: {}", self.source);
        Some(Offer { rate, source })
    }
}

impl Rates {
    /// Not for sale.
    pub const NONE: Self = Self([None; Terms::ALL.len()]);

    /// The rate on those terms.
    #[must_use]
    pub const fn get(&self, terms: Terms) -> Option<DollarsPerHour> {
        self.0[terms as usize]
    }

    /// With a rate on those terms.
    #[must_use]
    pub fn with(mut self, terms: Terms, rate: Option<DollarsPerHour>) -> Self {
        self.0[terms as usize] = rate;
        self
    }

    /// The terms that it is sold on, with their rates.
    pub fn iter(&self) -> impl Iterator<Item = (Terms, DollarsPerHour)> + '_ {
        Terms::ALL.into_iter().filter_map(|terms| Some((terms, self.get(terms)?)))
    }

    /// Every rate times `factor`.
    #[must_use]
    pub fn times(self, factor: Ratio) -> Self {
        Self(self.0.map(|rate| rate.map(|rate| rate * factor.get())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listing() -> Listing {
        Listing {
            provider: "aws".to_owned(),
            region: "us-east-1".to_owned(),
            country: "US".to_owned(),
            instance: "p5.48xlarge".to_owned(),
            accelerator: "h100-sxm".to_owned(),
            accelerators: Ratio::new(8.0),
            network: Some(BytesPerSecond::gbit(3200.0)),
            rates: Rates::NONE.with(Terms::OnDemand, Some(DollarsPerHour::new(55.04))),
            currency: Currency::USD,
            as_of: Stamp { day: Day::read("2026-07-20").unwrap(), stated: true },
            as_of_spot: Stamp::default(),
            source: "price list".to_owned(),
            flags: Flags::NONE,
        }
    }

    #[test]
    fn a_listing_bought_on_some_terms_is_an_offer() {
        let offer = listing().offer(Terms::OnDemand).unwrap();
        assert_eq!(offer.rate, DollarsPerHour::new(6.88));
        let text = "aws us-east-1 p5.48xlarge, on demand, 2026-07-20: price list";
        assert_eq!(offer.source, text);
        assert_eq!(listing().offer(Terms::Year), None);
    }

    #[test]
    fn a_share_of_an_accelerator_is_no_machine_of_a_cluster() {
        let quarter = Listing { accelerators: Ratio::new(0.25), ..listing() };
        assert_eq!(quarter.machine_size(), None);
        assert_eq!(listing().machine_size(), Some(8));
        assert_eq!(quarter.rate_each(Terms::OnDemand), Some(DollarsPerHour::new(220.16)));
    }
}
