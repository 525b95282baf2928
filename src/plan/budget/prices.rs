//! What one accelerator of a plan costs by way to buy: as typed, or the cheapest of a list.

use crate::case::Case;
use crate::catalogue::{offers, places};
use crate::cluster::Cluster;
use crate::inputs::FleetInputs;
use crate::prices::{Currency, Flag, Listing, Offer, Terms};
use crate::units::{Day, DollarsPerHour};

/// Share of the plan's network that a machine must have to be the same machine.
const SAME_NETWORK: f64 = 0.9;
const SLOWER: &str = "its network is slower than the plan's";

/// A price of one accelerator.
#[derive(Clone, Debug, PartialEq)]
pub struct Price {
    /// How it is bought; none for the plan's own price by the hour.
    pub terms: Option<Terms>,
    /// By the hour.
    pub rate: DollarsPerHour,
    /// Who sells it where, as what; empty where it was typed.
    pub seller: String,
    /// Where it was read.
    pub source: String,
    /// Its day, where known.
    pub day: Option<Day>,
    /// What makes it doubtful.
    pub doubts: Vec<&'static str>,
}

impl Price {
    /// Who sells it; empty where it was typed.
    #[must_use]
    pub fn provider(&self) -> &str {
        self.seller.split(' ').next().unwrap_or_default()
    }

    /// What it is called.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self.terms {
            None => "the plan's price",
            Some(Terms::Spot | Terms::SpotLowest) => "spot",
            Some(terms) => terms.label(),
        }
    }
}

/// The plan's own price, where it has one, and for each way to buy what was typed, else the cheapest of the list that
/// `asked` leaves.
#[must_use]
pub fn prices(
    (case, own): (&Case, bool),
    listings: &[Listing],
    asked: &FleetInputs,
    typed: &[(Terms, DollarsPerHour)],
) -> Vec<Price> {
    prices_of((&case.cluster, own.then_some(&case.offer)), listings, asked, typed)
}

/// The same of machines that nothing is trained on.
#[must_use]
pub fn prices_of(
    (cluster, own): (&Cluster, Option<&Offer>),
    listings: &[Listing],
    asked: &FleetInputs,
    typed: &[(Terms, DollarsPerHour)],
) -> Vec<Price> {
    let mut all = Vec::new();
    if let Some(offer) = own.filter(|offer| offer.rate > DollarsPerHour::ZERO) {
        all.push(Price {
            terms: None,
            rate: offer.rate,
            seller: String::new(),
            source: offer.source.clone(),
            day: None,
            doubts: Vec::new(),
        });
    }
    for terms in Terms::ALL {
        let own = typed.iter().find(|(known, _)| *known == terms).map(|(_, rate)| Price {
            terms: Some(terms),
            rate: *rate,
            seller: String::new(),
            source: "typed".to_owned(),
            day: None,
            doubts: Vec::new(),
        });
        // The cheapest zone of a region is no promise that a whole cluster is to be had there.
        let listed =
            || (terms != Terms::SpotLowest).then(|| cheapest(cluster, listings, asked, terms));
        all.extend(own.or_else(|| listed().flatten()));
    }
    all
}

fn cheapest(
    cluster: &Cluster,
    listings: &[Listing],
    asked: &FleetInputs,
    terms: Terms,
) -> Option<Price> {
    let size = cluster.node_size.max(1);
    if terms.most_machines().is_some_and(|most| cluster.count.div_ceil(size) > most) {
        return None;
    }
    let least = |fast: bool| {
        let all = listings.iter().chain(&asked.offers).filter(|own| suits(cluster, own, asked));
        let priced = all.filter(|own| !fast || is_fast(cluster, own)).filter_map(|listing| {
            let off = asked.discounts.iter().find(|(name, _)| *name == listing.provider);
            let kept = off.map_or(1.0, |(_, share)| (1.0 - share.get()).max(0.0));
            Some((listing, listing.rate_each(terms)? * kept))
        });
        priced.min_by(|a, b| a.1.cmp(&b.1))
    };
    // A machine on a slower network is another one; where there is no other, it is doubtful.
    let (listing, rate) = least(true).or_else(|| least(false))?;
    let stamp = listing.stamp(terms);
    let words = [listing.provider.as_str(), &listing.region, &listing.instance];
    let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
    let flags = listing.flags.iter().filter(|flag| terms.is_spot() || !flag.is_of_spot());
    let slow = (!is_fast(cluster, listing)).then_some(SLOWER);
    Some(Price {
        terms: Some(terms),
        rate,
        seller: words.join(" "),
        source: offers::source_text(&listing.source).to_owned(),
        day: Some(stamp.day).filter(|day| day.epoch_days() > 0),
        doubts: flags.map(Flag::text).chain(slow).collect(),
    })
}

/// Whether it has the network of the plan, as far as is known.
fn is_fast(cluster: &Cluster, listing: &Listing) -> bool {
    let outside = cluster.levels.get(1).map_or(0.0, |level| level.bandwidth.get());
    let wanted = outside * f64::from(cluster.node_size) * SAME_NETWORK;
    cluster.levels.len() < 2 || listing.network.is_none_or(|own| own.get() >= wanted)
}

/// Whether it is a machine of the plan, in a place that may be used, at a price to rely on.
fn suits(cluster: &Cluster, listing: &Listing, asked: &FleetInputs) -> bool {
    let same = listing.accelerator == cluster.accelerator.name
        && (listing.flags.has(Flag::SoldEach)
            || listing.machine_size().is_some_and(|size| size == cluster.node_size));
    let named = |list: &[String], name: &str| list.is_empty() || list.iter().any(|one| one == name);
    let placed = asked.jurisdictions.is_empty()
        || asked.jurisdictions.iter().any(|one| places::within(&listing.country, one));
    let sound = ![Flag::PartOnly, Flag::Outlier].iter().any(|flag| listing.flags.has(*flag));
    same && named(&asked.providers, &listing.provider)
        && named(&asked.regions, &listing.region)
        && placed
        && sound
        && listing.currency == Currency::USD
}
