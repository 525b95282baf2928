//! Rules that flag a price. Each looks at one row, or at the same machine elsewhere; none removes a row.

use crate::prices::{Flag, Listing, Terms};
use crate::units::{Day, Ratio, order};

/// Spot at or below this share of on-demand is a floor: AWS shows exactly a tenth in many regions
/// (p5en in eu-south-2, trn1 in us-east-2: skypilot-catalog v8, 2026).
pub const FLOOR: Ratio = Ratio::new(0.1005);
/// Spot at or above this share of on-demand is no discount.
pub const SPOT_EQUAL: Ratio = Ratio::new(0.999);
/// On-demand outside this factor of the median of the same machine is an outlier: a tracker of Azure prices rejects
/// what is under a fifth of it (andy-diericks/azure-pricing-radar, 2026-08).
pub const OUTLIER: Ratio = Ratio::new(5.0);
/// Prices of a machine, at least, from which a median is taken.
const MEDIAN_OF: usize = 3;
/// Days of an average month.
const MONTH_DAYS: u32 = 30;

/// Marks every listing that a rule about prices doubts.
pub(super) fn mark(listings: &mut [Listing]) {
    let medians = medians(listings);
    for listing in listings {
        let demand = listing.rate(Terms::OnDemand).map(|rate| rate.get());
        let spot = listing.rate(Terms::Spot).map(|rate| rate.get());
        if let (Some(demand), Some(spot)) = (demand, spot) {
            listing.flags = listing
                .flags
                .with_if(Flag::SpotFloor, spot <= demand * FLOOR.get())
                .with_if(Flag::SpotNotBelow, spot >= demand * SPOT_EQUAL.get());
        }
        let key = (listing.accelerator.as_str(), listing.accelerators);
        let median = medians.iter().find(|(accelerator, n, _)| (accelerator.as_str(), *n) == key);
        if let (Some(demand), Some((.., median))) = (demand, median) {
            let far = demand * OUTLIER.get() < *median || demand > *median * OUTLIER.get();
            listing.flags = listing.flags.with_if(Flag::Outlier, far);
        }
    }
}

/// The listings with those flagged that were more than `months` old on `today`.
#[must_use]
pub fn aged(listings: &[Listing], today: Day, months: u32) -> Vec<Listing> {
    let old = |listing: &Listing| {
        let days = listing.rates.iter().map(|(terms, _)| listing.stamp(terms).day);
        days.min().is_some_and(|day| today.days_since(day) > months.saturating_mul(MONTH_DAYS))
    };
    let marked = |listing: &Listing| {
        let flags = listing.flags.with_if(Flag::Stale, old(listing));
        Listing { flags, ..listing.clone() }
    };
    listings.iter().map(marked).collect()
}

/// Median on-demand rate of each machine shape, whoever sells it.
fn medians(listings: &[Listing]) -> Vec<(String, Ratio, f64)> {
    let mut shapes: Vec<(String, Ratio, Vec<[u64; 3]>)> = Vec::new();
    for listing in listings {
        let Some(rate) = listing.rate(Terms::OnDemand) else {
            continue;
        };
        let bits = [rate.get().to_bits(), 0, 0];
        let same = |shape: &&mut (String, Ratio, Vec<[u64; 3]>)| {
            shape.0 == listing.accelerator && shape.1 == listing.accelerators
        };
        match shapes.iter_mut().find(same) {
            Some((.., rates)) => rates.push(bits),
            None => {
                let key = listing.accelerator.clone();
                shapes.push((key, listing.accelerators, vec![bits]));
            }
        }
    }
    shapes.retain(|(.., rates)| rates.len() >= MEDIAN_OF);
    let median = |(key, n, mut rates): (String, Ratio, Vec<[u64; 3]>)| {
        order::sort_keys(&mut rates);
        let middle = rates.get(rates.len() / 2).map_or(0.0, |bits| f64::from_bits(bits[0]));
        (key, n, middle)
    };
    shapes.into_iter().map(median).collect()
}
