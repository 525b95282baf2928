//! From a market to kinds of machine that serve a model, each at its cheapest.

use crate::catalogue::accelerators::{self, MachineRow};
use crate::catalogue::{formats, offers, support};
use crate::plan::fleet::{Limits, Refusal, narrowed, of_family, refused_terms};
use crate::prices::{Flag, Listing, Terms};
use crate::search::serve::fleet::{Kind, ServeFleet};
use crate::serving::{Ask, AskedMachine, Engine, KvFormat, WeightFormat};
use crate::units::{BytesPerSecond, DollarsPerHour, Ratio};

/// A market, and what narrows it.
#[derive(Clone, Debug, PartialEq)]
pub struct Question<'a> {
    /// Rows of the market.
    pub listings: &'a [Listing],
    /// What narrows them. No terms: on demand, as spot machines and commitments cost what a day makes of them.
    pub limits: &'a Limits,
    /// Discount on everything of a provider, by name.
    pub discounts: &'a [(String, Ratio)],
    /// Most accelerators of one instance.
    pub ranks_max: u32,
}

/// Where a kind's price comes from.
#[derive(Clone, Debug, PartialEq)]
pub struct Offer {
    /// The catalogue's row with this machine's size and network.
    pub row: MachineRow,
    /// Number of the row of the market.
    pub listing: usize,
    /// How it is bought.
    pub terms: Terms,
}

/// The market in order.
#[derive(Clone, Debug, Default)]
pub struct Market {
    /// What the search sees.
    pub kinds: Vec<Kind>,
    /// The offer that each is priced at.
    pub offers: Vec<Offer>,
    /// Other offers of the same, which cost no less: number of the kind, rate of an accelerator, offer.
    pub others: Vec<(usize, DollarsPerHour, Offer)>,
    /// Offers (a row on some terms) that were kept out, by rule.
    pub refused: [u32; Refusal::ALL.len()],
    /// Offers in all.
    pub n_offers: u32,
}

/// A search over a market, ready to be worked through, and the market.
#[must_use]
pub fn open(
    question: &Question<'_>,
    ask: Ask,
    formats: &[(WeightFormat, KvFormat)],
) -> (ServeFleet, Market) {
    let market = Market::new(question, &ask.engine, formats);
    (ServeFleet::new(ask, market.kinds.clone()), market)
}

impl Market {
    /// Sorts a market by what an instance sees of its machines: accelerator, size, network. Of one kind the cheapest
    /// offer stays, the first of equals; all others cost more for the same.
    #[must_use]
    pub fn new(
        question: &Question<'_>,
        engine: &Engine,
        formats: &[(WeightFormat, KvFormat)],
    ) -> Self {
        let mut market = Self::default();
        for (index, listing) in question.listings.iter().enumerate() {
            let n = listing.rates.iter().count() as u32;
            market.n_offers += n;
            match shape(question, listing, engine) {
                Ok(shape) => market.add(question, (index, listing), &shape, (engine, formats)),
                Err(refusal) => market.refuse(refusal, n),
            }
        }
        market
    }

    fn refuse(&mut self, refusal: Refusal, n: u32) {
        self.refused[refusal as usize] += n;
    }

    fn add(
        &mut self,
        question: &Question<'_>,
        (index, listing): (usize, &Listing),
        shape: &Shape,
        (engine, formats): (&Engine, &[(WeightFormat, KvFormat)]),
    ) {
        let generation = &shape.row.accelerator.generation;
        let runs =
            |pair: &&(WeightFormat, KvFormat)| formats::runs(&engine.key, generation, **pair);
        let has: Vec<(WeightFormat, KvFormat)> = formats.iter().filter(runs).copied().collect();
        let off = question.discounts.iter().find(|(name, _)| *name == listing.provider);
        let keep = off.map_or(1.0, |(_, off)| (1.0 - off.get()).max(0.0));
        let times = f64::from(shape.row.node_size) / listing.accelerators.get();
        let names = [&*listing.provider, &*listing.region, &*shape.row.key, &**generation];
        let to_be_had = question.limits.to_be_had(&names);
        for (terms, rate) in listing.rates.iter() {
            let asked = !question.limits.terms.is_empty() || terms == Terms::OnDemand;
            let narrowed = (!asked).then_some(Refusal::Terms);
            let refusal = narrowed
                .or_else(|| refused_terms(question.limits, listing, terms))
                .or_else(|| has.is_empty().then_some(Refusal::Precision));
            if let Some(refusal) = refusal {
                self.refuse(refusal, 1);
                continue;
            }
            let most = [terms.most_machines(), to_be_had];
            let more = question.limits.machines_max;
            let size = f64::from(shape.row.node_size.max(1));
            let rate = DollarsPerHour::new(rate.get() * times * keep / size);
            let source = format!(
                "{} {} {}, {}",
                listing.provider,
                listing.region,
                terms.label(),
                offers::source_text(&listing.source)
            );
            let machine = AskedMachine {
                key: shape.row.key.clone(),
                label: shape.row.label.clone(),
                cluster: accelerators::cluster(&shape.row, shape.ranks_max),
                most: u32::MAX,
                whole: true,
                price: Some(rate),
                price_source: source.clone(),
                by_hour: (Some(rate), source),
                formats: has.clone(),
                degrees: support::degrees(&engine.key),
            };
            let machines_max = most.into_iter().chain([more]).flatten().min().unwrap_or(u32::MAX);
            let kind = Kind { machine, machines_max };
            let offer = Offer { row: shape.row.clone(), listing: index, terms };
            self.keep_cheapest(kind, offer);
        }
    }

    /// Takes a kind unless the same is there for no more.
    fn keep_cheapest(&mut self, kind: Kind, offer: Offer) {
        let same = self.kinds.iter().zip(&self.offers).position(|(known, from)| {
            let (own, other) = (&known.machine.cluster, &kind.machine.cluster);
            from.row.key == offer.row.key
                && known.machines_max == kind.machines_max
                && own.node_size == other.node_size
                && own.levels == other.levels
                && own.count == other.count
        });
        let Some(at) = same else {
            self.kinds.push(kind);
            self.offers.push(offer);
            return;
        };
        self.refuse(Refusal::Dominated, 1);
        let mut other = (kind, offer);
        if other.0.machine.price < self.kinds[at].machine.price {
            std::mem::swap(&mut self.kinds[at], &mut other.0);
            std::mem::swap(&mut self.offers[at], &mut other.1);
        }
        let rate = other.0.machine.price.unwrap_or_default();
        self.others.push((at, rate, other.1));
    }
}

/// A machine as an instance sees it.
struct Shape {
    row: MachineRow,
    ranks_max: u32,
}

/// The shape of a listing's machine, or why it is not looked at. Machines whose network nobody states hold whole
/// instances and are joined by none.
fn shape(question: &Question<'_>, listing: &Listing, engine: &Engine) -> Result<Shape, Refusal> {
    let limits = question.limits;
    if let Some(refusal) = narrowed(limits, listing) {
        return Err(refusal);
    }
    let row = accelerators::find(&listing.accelerator).ok_or(Refusal::Family)?;
    if !of_family(limits, row) {
        return Err(Refusal::Family);
    }
    if !formats::runs_on(&engine.key, &row.accelerator.generation) {
        return Err(Refusal::Platform);
    }
    let each = listing.flags.has(Flag::SoldEach);
    let size =
        if each { row.node_size } else { listing.machine_size().ok_or(Refusal::Fraction)? };
    let whole = if each { 1 } else { size };
    let nic = listing.network.map(|network| BytesPerSecond::new(network.get() / f64::from(whole)));
    let joined = size >= row.node_size || listing.network.is_some();
    let most = question.ranks_max.max(1);
    let ranks_max = if joined { most } else { most.min(size) };
    Ok(Shape { row: row.of_size(size, nic), ranks_max })
}
