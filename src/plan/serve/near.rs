//! Sites near users: the cheapest offer of each area for deployments that a search found, by the way to every group.

use super::Market;
use crate::catalogue::{areas, places};
use crate::estimate::capacity::Packing;
use crate::prices::Listing;
use crate::search::serve::near::{Nearest, SITES_MAX, Site, nearest};
use crate::serving::Instance;
use crate::units::{PerSecond, Seconds};

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

/// The cheapest sites for groups of users, each a number of instances that are laid out in one of those ways on one of the
/// kinds of machine of the market that hold them so; `held` says what one of that number holds for users so far away.
/// `access` is the way from users to the nearest region, beside the round trips of the table.
///
/// Sites are, for each way, machine and country, the cheapest offer of the market.
#[must_use]
pub fn placed(
    listings: &[Listing],
    market: &Market,
    deployments: &[(Vec<usize>, Instance)],
    (groups, access, spares): (&[Group], Seconds, u32),
    held: &dyn Fn(usize, Seconds) -> Option<PerSecond>,
) -> Option<NearPlan> {
    let mut plan = Sites { stands: Vec::new(), sites: Vec::new(), countries: Vec::new() };
    for (number, (kinds, instance)) in deployments.iter().enumerate() {
        for kind in kinds {
            plan.add((listings, market), *kind, (number, instance));
        }
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
    /// The cheapest offer of a kind of machine in each area and country.
    fn add(
        &mut self,
        (listings, market): (&[Listing], &Market),
        number: usize,
        (deployment, instance): (usize, &Instance),
    ) {
        let Some(kind) = market.kinds.get(number) else { return };
        let size = kind.machine.size();
        let packing = Packing::new(size, instance);
        for (rate, offer) in market.offers_of(number) {
            let Some(listing) = listings.get(offer.listing) else { continue };
            let Some(area) = areas::of(&listing.country, &listing.region) else { continue };
            let rate = rate * f64::from(size);
            let known = self.stands.iter().zip(&self.sites).zip(&self.countries).position(
                |((stand, site), country)| {
                    stand.deployment == deployment
                        && stand.area == area.key
                        && *country == listing.country
                        && (site.packing, site.machines_max) == (packing, kind.machines_max)
                },
            );
            let stand = Stand { area: area.key.clone(), listing: offer.listing, deployment };
            match known {
                Some(at) if rate < self.sites[at].rate => {
                    self.sites[at].rate = rate;
                    self.stands[at] = stand;
                }
                None if self.sites.len() < SITES_MAX => {
                    self.stands.push(stand);
                    self.countries.push(listing.country.clone());
                    let (machines_max, holds) = (kind.machines_max, Vec::new());
                    self.sites.push(Site { rate, packing, machines_max, holds });
                }
                _ => {}
            }
        }
    }
}
