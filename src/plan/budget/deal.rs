//! How the run of a plan is bought, where it stands, and what it reads and keeps.

use super::course::{End, Run};
use crate::case::Case;
use crate::catalogue::{offers, places};
use crate::estimate::{Cargo, Draw, Outlay, Purchase, Routes, Source, moving, outlay, span};
use crate::inputs::{BudgetInputs, FleetInputs};
use crate::plan::fleet::{cargo, moving_of, uptime};
use crate::prices::{Charge, Tariff, Terms};
use crate::units::text::fine;
use crate::units::{Bytes, Dollars, DollarsPerGb, DollarsPerHour, Seconds};

/// The run of a plan as it is bought.
#[derive(Clone, Debug, PartialEq)]
pub struct Deal {
    /// How; none by the hour at the plan's price.
    pub terms: Option<Terms>,
    /// Price of one accelerator.
    pub rate: DollarsPerHour,
    /// Where that was read.
    pub source: String,
    /// Which hours of a commitment are charged.
    pub charge: Charge,
    /// What keeping and moving data costs there.
    pub tariff: Tariff,
    /// Bringing the data set there.
    pub moving_in: DollarsPerGb,
    /// How fast data moves there and away.
    pub routes: Routes,
    /// Size of the data set, where it is not that of its tokens.
    pub data_set: Option<Bytes>,
    /// Where tariff and ways were read.
    pub kept: String,
}

/// The money of a run in three parts.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Money {
    /// Machines.
    pub machines: Dollars,
    /// Keeping data set and checkpoints.
    pub storage: Dollars,
    /// Bringing the data set and taking the weights away.
    pub transfer: Dollars,
}

impl Money {
    /// Everything.
    #[must_use]
    pub fn total(&self) -> Dollars {
        self.machines + self.storage + self.transfer
    }

    pub(super) fn of(outlay: &Outlay) -> Self {
        let [rented, own, storage, transfer] =
            Outlay::GROUPS.map(|parts| parts.iter().map(|part| outlay.get(*part)).sum::<Dollars>());
        Self { machines: rented + own, storage, transfer }
    }
}

impl Deal {
    /// The deal that the inputs describe; a way to buy without a price of its own is priced by the list alone.
    #[must_use]
    pub fn of(case: &Case, fleet: &FleetInputs, asked: &BudgetInputs) -> Self {
        let bought = asked.bought.and_then(|terms| {
            let own = asked.prices.iter().find(|(known, _)| *known == terms)?;
            Some((own.0, own.1))
        });
        let (provider, region) = asked.stands.clone().unwrap_or_default();
        let own = asked.stands.is_some() && provider.is_empty();
        let (tariff, source) = match own {
            true => (Tariff::default(), String::new()),
            false => places::tariff(&provider, &region),
        };
        // Where nothing is said it stands somewhere, but not where the data set lies.
        let place = if own { "" } else { asked.stands.as_ref().map_or("?", |own| own.0.as_str()) };
        let (moving_in, routes) = moving_of(fleet.home.as_ref(), (place, &region), fleet.ways_out);
        Self {
            terms: bought.map(|own| own.0),
            rate: bought.map_or(case.offer.rate, |own| own.1),
            source: bought.map_or(case.offer.source.clone(), |_| "typed".to_owned()),
            charge: fleet.charge,
            tariff,
            moving_in,
            routes,
            data_set: fleet.data_set,
            kept: [&*offers::sources_text(&source), places::WAYS_SOURCE].join("; "),
        }
    }

    fn purchase(&self, terms: Option<Terms>, rate: DollarsPerHour) -> Purchase {
        let terms = terms.unwrap_or(Terms::OnDemand);
        Purchase {
            source: Source::Rented { rate, terms, charge: self.charge },
            tariff: self.tariff,
            moving_in: self.moving_in,
            routes: self.routes,
            draw: Draw::default(),
        }
    }
}

impl Run<'_> {
    /// Data that it reads and writes.
    #[must_use]
    pub fn cargo(&self) -> Cargo {
        let own = cargo(self.case);
        Cargo { data_set: self.deal.data_set.unwrap_or(own.data_set), ..own }
    }

    /// How long the data set takes there, and the weights away.
    #[must_use]
    pub fn moves(&self) -> [Seconds; 2] {
        moving(&self.deal.routes, &self.cargo())
    }

    /// From the first byte that is moved to the last.
    #[must_use]
    pub fn lasts(&self, end: &End) -> Seconds {
        self.span(end.time())
    }

    /// The same where its machines are held for that long.
    #[must_use]
    pub fn span(&self, wall: Seconds) -> Seconds {
        span(&self.deal.routes, &self.cargo(), wall)
    }

    /// Money by part, bought on those terms at that price of one accelerator.
    #[must_use]
    #[inline(never)]
    pub fn outlay(&self, end: &End, terms: Option<Terms>, rate: DollarsPerHour) -> Outlay {
        let purchase = self.deal.purchase(terms, rate);
        let uptime = uptime(&end.outage, &end.job);
        outlay(&purchase, &self.cargo(), end.job.accelerators, end.job.work, uptime)
    }

    /// Keeping and moving the data of a run whose machines are held for that long.
    #[must_use]
    pub fn kept(&self, wall: Seconds) -> Money {
        let purchase = self.deal.purchase(None, DollarsPerHour::ZERO);
        let all = crate::estimate::Uptime::ALL;
        Money::of(&outlay(&purchase, &self.cargo(), 1, wall, all))
    }

    /// Money of the deal.
    #[must_use]
    pub fn money(&self, end: &End) -> Money {
        Money::of(&self.outlay(end, self.deal.terms, self.deal.rate))
    }

    /// `13.3 h + 30 d + 2 min = 31 d; ` before the time of the machines, where data moves.
    pub(super) fn moved_text(&self, wall: Seconds) -> String {
        let [before, after] = self.moves();
        if before + after == Seconds::ZERO {
            return String::new();
        }
        let (wall, whole) = (fine::time(wall), fine::time(self.span(wall)));
        format!("{} + {wall} + {} = {whole}; ", fine::time(before), fine::time(after))
    }
}
