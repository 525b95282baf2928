//! Sites near users: the cheapest offer of each area for deployments that a search found, by the way to every group.

use super::{Market, Question};
use crate::catalogue::{areas, places};
use crate::estimate::capacity::Packing;
use crate::plan::fleet::{narrowed, refused_terms};
use crate::prices::Terms;
use crate::search::serve::near::{Nearest, SITES_MAX, Site, nearest};
use crate::serving::Instance;
use crate::units::{DollarsPerHour, PerSecond, Seconds};

/// Users of one area.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// Key of the area: see [`areas`].
    pub area: String,
    /// Their requests a second.
    pub rate: PerSecond,
    /// Country, or `EU`, that their data may not leave; none: anywhere.
    pub jurisdiction: Option<String>,
}

/// Where a site stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Stand {
    /// Key of the area.
    pub area: String,
    /// Number of the row of the market.
    pub listing: usize,
    /// Number of the deployment.
    pub deployment: usize,
}

/// The cheapest sites, and where every site stands.
#[derive(Clone, Debug, PartialEq)]
pub struct NearPlan {
    /// What is taken.
    pub nearest: Nearest,
    /// All sites that were looked at.
    pub stands: Vec<Stand>,
    /// The same for the search.
    pub sites: Vec<Site>,
}

/// The cheapest sites for groups of users, each a number of instances that are laid out in one of those ways on a kind
/// of machine of the market; `held` says what one of that number holds for users so far away. `access` is the way from
/// users to the nearest region, beside the round trips of the table.
///
/// Sites are, for each of them and each country, the cheapest row of the market with the same machine.
#[must_use]
pub fn placed(
    question: &Question<'_>,
    market: &Market,
    deployments: &[(usize, Instance)],
    (groups, access, spares): (&[Group], Seconds, u32),
    held: &dyn Fn(usize, Seconds) -> Option<PerSecond>,
) -> Option<NearPlan> {
    let mut plan = Sites { stands: Vec::new(), sites: Vec::new(), countries: Vec::new() };
    for (number, deployment) in deployments.iter().enumerate() {
        plan.add(question, market, (number, *deployment));
    }
    let mut known: Vec<(usize, Seconds, Option<PerSecond>)> = Vec::new();
    for (at, stand) in plan.stands.iter().enumerate() {
        let country = plan.countries.get(at)?;
        let site = plan.sites.get_mut(at)?;
        for group in groups {
            let allowed =
                group.jurisdiction.as_ref().is_none_or(|own| places::within(country, own));
            let way = areas::round_trip(&group.area, &stand.area).map(|trip| trip.time + access);
            let way = way.filter(|_| allowed);
            site.holds.push(way.and_then(|way| {
                let own = |known: &&(usize, Seconds, Option<PerSecond>)| {
                    known.0 == stand.deployment && known.1 == way
                };
                if let Some((.., rate)) = known.iter().find(own) {
                    return *rate;
                }
                let rate = held(stand.deployment, way);
                known.push((stand.deployment, way, rate));
                rate
            }));
        }
    }
    let rates: Vec<PerSecond> = groups.iter().map(|group| group.rate).collect();
    let nearest = nearest(&rates, &plan.sites, spares)?;
    Some(NearPlan { nearest, stands: plan.stands, sites: plan.sites })
}

struct Sites {
    stands: Vec<Stand>,
    sites: Vec<Site>,
    countries: Vec<String>,
}

impl Sites {
    /// The cheapest row of each area and country with the machine of a deployment.
    fn add(
        &mut self,
        question: &Question<'_>,
        market: &Market,
        (number, (kind, instance)): (usize, (usize, Instance)),
    ) {
        let (Some(offer), Some(kind)) = (market.offers.get(kind), market.kinds.get(kind)) else {
            return;
        };
        let Some(model) = question.listings.get(offer.listing) else { return };
        for (index, listing) in question.listings.iter().enumerate() {
            // What spans machines needs the same network as well.
            let alone = instance.ranks() <= u64::from(kind.machine.size());
            let same = listing.accelerator == model.accelerator
                && (alone || listing.network == model.network)
                && listing.accelerators == model.accelerators
                && listing.flags.has(crate::prices::Flag::SoldEach)
                    == model.flags.has(crate::prices::Flag::SoldEach)
                && narrowed(question.limits, listing).is_none()
                && refused_terms(question.limits, listing, Terms::OnDemand).is_none();
            let area = areas::of(&listing.country, &listing.region).filter(|_| same);
            let (Some(area), Some(rate)) = (area, listing.rate(Terms::OnDemand)) else { continue };
            let off = question.discounts.iter().find(|(name, _)| *name == listing.provider);
            let keep = off.map_or(1.0, |(_, off)| (1.0 - off.get()).max(0.0));
            let times = f64::from(kind.machine.size()) / listing.accelerators.get();
            let rate = DollarsPerHour::new(rate.get() * times * keep);
            let own = &offer.row;
            let names =
                [&*listing.provider, &*listing.region, &*own.key, &*own.accelerator.generation];
            let most = [question.limits.to_be_had(&names), question.limits.machines_max];
            let machines_max = most.into_iter().flatten().min().unwrap_or(u32::MAX);
            let known = self.stands.iter().zip(&self.countries).position(|(stand, country)| {
                stand.deployment == number && stand.area == area.key && *country == listing.country
            });
            let stand = Stand { area: area.key.clone(), listing: index, deployment: number };
            match known {
                Some(at) if rate < self.sites[at].rate => {
                    self.sites[at].rate = rate;
                    self.sites[at].machines_max = machines_max;
                    self.stands[at] = stand;
                }
                None if self.sites.len() < SITES_MAX => {
                    self.stands.push(stand);
                    self.countries.push(listing.country.clone());
                    self.sites.push(Site {
                        rate,
                        packing: Packing::new(kind.machine.size(), &instance),
                        machines_max,
                        holds: Vec::new(),
                    });
                }
                _ => {}
            }
        }
    }
}
