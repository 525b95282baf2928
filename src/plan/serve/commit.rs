//! How much of a day's machines to commit to: a baseline for a term, the rest by the hour.

use super::{MonthPlan, Offer};
use crate::estimate::capacity::{Packing, Scaled};
use crate::plan::buy::{Demand, Reserve, Tariff, reserve};
use crate::prices::{Listing, Terms};
use crate::search::serve::fleet::Kind;
use crate::units::{DollarsPerHour, Ratio, Seconds, order};

/// The cheapest baseline of machines under a day that repeats for `whole`, and bursts above it on demand: numbers of
/// [`Reserve`] are machines here. Nothing where the day has no machines.
#[must_use]
pub fn baseline(
    day: &Scaled,
    packing: &Packing,
    demand: DollarsPerHour,
    commitments: &[Tariff],
    whole: Seconds,
) -> Option<Reserve> {
    let count = |paid: u32| [u64::from(packing.machines(paid)), 0, 0];
    let mut counts: Vec<[u64; 3]> = day.minutes.iter().map(|minute| count(minute.paid)).collect();
    order::sort_keys(&mut counts);
    let n = counts.len().max(1) as f64;
    let mut pieces: Vec<Demand> = Vec::new();
    for [count, ..] in counts {
        let count = count as u32;
        match pieces.last_mut() {
            Some(last) if last.accelerators == count => last.time += whole * (1.0 / n),
            _ => pieces.push(Demand { time: whole * (1.0 / n), accelerators: count }),
        }
    }
    reserve(&pieces, commitments, &[Tariff::by_the_hour(demand, Ratio::ONE)])
}

/// The same for a month that was found, with the commitments that its row of the market sells, at its discount.
#[must_use]
pub fn commit(
    plan: &MonthPlan,
    (kind, offer, listing): (&Kind, &Offer, &Listing),
    whole: Seconds,
) -> Option<Reserve> {
    let paid = listing.rate(offer.terms)?;
    let tariff = |terms: Terms| {
        let rate = listing.rate(terms)?.get() * kind.rate().get() / paid.get();
        Some(Tariff::for_term(DollarsPerHour::new(rate), Ratio::ONE, terms.least_time()))
    };
    let sold: Vec<Tariff> =
        [Terms::Year, Terms::ThreeYears].into_iter().filter_map(tariff).collect();
    baseline(&plan.scaled, &plan.packing, kind.rate(), &sold, whole)
}
