//! From a market to kinds of machine that serve a model, each at its cheapest.

use crate::catalogue::accelerators::{self, MachineRow};
use crate::catalogue::{formats, offers, support};
use crate::cluster::Cluster;
use crate::plan::fleet::{Limits, Refusal, narrowed, of_family, refused_terms};
use crate::prices::{Flag, Listing, Terms};
use crate::search::serve::fleet::{Kind, ServeFleet};
use crate::serving::{Ask, AskedMachine, Engine, KvFormat, Room, WeightFormat};
use crate::units::{BytesPerSecond, DollarsPerHour, Ratio};
use std::sync::Arc;

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
    pub row: Arc<MachineRow>,
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
        let mut sorter = Sorter {
            question,
            asked: (engine, formats),
            degrees: support::degrees(&engine.key),
            generations: Vec::new(),
            shapes: Vec::new(),
            kinds: Vec::new(),
            market: Self::default(),
        };
        for (index, listing) in question.listings.iter().enumerate() {
            let n = listing.rates.iter().count() as u32;
            sorter.market.n_offers += n;
            match sorter.shape(listing) {
                Ok(shape) => sorter.add((index, listing), shape),
                Err(refusal) => sorter.refuse(refusal, n),
            }
        }
        sorter.market
    }
}

/// What an engine has on a generation.
struct Generation {
    name: &'static str,
    /// Whether the engine runs there at all.
    runs: bool,
    /// The formats asked for that it has there.
    formats: Vec<(WeightFormat, KvFormat)>,
}

/// A machine as an instance sees it. Most rows of a market are one of few.
struct Shape {
    usual: &'static MachineRow,
    size: u32,
    nic: Option<BytesPerSecond>,
    ranks_max: u32,
    row: Arc<MachineRow>,
    cluster: Cluster,
    generation: usize,
    /// The first shape of which an instance sees the same.
    like: usize,
}

/// A market on its way to kinds.
struct Sorter<'a> {
    question: &'a Question<'a>,
    asked: (&'a Engine, &'a [(WeightFormat, KvFormat)]),
    degrees: Vec<String>,
    generations: Vec<Generation>,
    shapes: Vec<Shape>,
    /// Of each kind its shape and the most machines there are.
    kinds: Vec<(usize, u32)>,
    market: Market,
}

impl Sorter<'_> {
    fn refuse(&mut self, refusal: Refusal, n: u32) {
        self.market.refused[refusal as usize] += n;
    }

    /// The shape of a listing's machine, or why it is not looked at. Machines whose network nobody states hold whole
    /// instances and are joined by none.
    fn shape(&mut self, listing: &Listing) -> Result<usize, Refusal> {
        let limits = self.question.limits;
        if let Some(refusal) = narrowed(limits, listing) {
            return Err(refusal);
        }
        let name = &listing.accelerator;
        let known = accelerators::by_key(name).or_else(|| accelerators::find(name));
        let usual = known.ok_or(Refusal::Family)?;
        if !of_family(limits, usual) {
            return Err(Refusal::Family);
        }
        let generation = self.generation(&usual.accelerator.generation);
        if !self.generations[generation].runs {
            return Err(Refusal::Platform);
        }
        let each = listing.flags.has(Flag::SoldEach);
        let size =
            if each { usual.node_size } else { listing.machine_size().ok_or(Refusal::Fraction)? };
        let whole = f64::from(if each { 1 } else { size });
        let nic = listing.network.map(|network| BytesPerSecond::new(network.get() / whole));
        let joined = size >= usual.node_size || listing.network.is_some();
        let most = self.question.ranks_max.max(1);
        let ranks_max = if joined { most } else { most.min(size) };
        let same = self.shapes.iter().position(|known| {
            std::ptr::eq(known.usual, usual)
                && (known.size, known.nic, known.ranks_max) == (size, nic, ranks_max)
        });
        Ok(same.unwrap_or_else(|| {
            let row = Arc::new(usual.of_size(size, nic));
            let cluster = accelerators::cluster(&row, ranks_max);
            let like = self.shapes.iter().position(|known| {
                let (own, other) = (&known.cluster, &cluster);
                known.row.key == row.key
                    && own.node_size == other.node_size
                    && own.levels == other.levels
                    && own.count == other.count
            });
            let at = self.shapes.len();
            let like = like.unwrap_or(at);
            self.shapes.push(Shape { usual, size, nic, ranks_max, row, cluster, generation, like });
            at
        }))
    }

    fn generation(&mut self, name: &'static str) -> usize {
        let known = self.generations.iter().position(|known| known.name == name);
        known.unwrap_or_else(|| {
            let (engine, formats) = self.asked;
            let has = formats.iter().filter(|pair| formats::runs(&engine.key, name, **pair));
            let runs = formats::runs_on(&engine.key, name);
            self.generations.push(Generation { name, runs, formats: has.copied().collect() });
            self.generations.len() - 1
        })
    }

    fn add(&mut self, (index, listing): (usize, &Listing), at: usize) {
        let limits = self.question.limits;
        let Some(shape) = self.shapes.get(at) else { return };
        let (row, like) = (shape.row.clone(), shape.like);
        let lacks = self.generations[shape.generation].formats.is_empty();
        let discounts = self.question.discounts;
        let off = discounts.iter().find(|(name, _)| *name == listing.provider);
        let keep = off.map_or(1.0, |(_, off)| (1.0 - off.get()).max(0.0));
        let times = f64::from(row.node_size) / listing.accelerators.get();
        let generation = &*row.accelerator.generation;
        let names = [&*listing.provider, &*listing.region, &*row.key, generation];
        let to_be_had = limits.to_be_had(&names);
        for (terms, rate) in listing.rates.iter() {
            let asked = !limits.terms.is_empty() || terms == Terms::OnDemand;
            let narrowed = (!asked).then_some(Refusal::Terms);
            let refusal = narrowed
                .or_else(|| refused_terms(limits, listing, terms))
                .or_else(|| lacks.then_some(Refusal::Precision));
            if let Some(refusal) = refusal {
                self.refuse(refusal, 1);
                continue;
            }
            let most = [terms.most_machines(), to_be_had, limits.machines_max];
            let most = most.into_iter().flatten().min().unwrap_or(u32::MAX);
            let size = f64::from(row.node_size.max(1));
            let rate = DollarsPerHour::new(rate.get() * times * keep / size);
            let offer = Offer { row: row.clone(), listing: index, terms };
            self.keep_cheapest((at, like, most), rate, offer, listing);
        }
    }

    /// Takes a kind unless the same is there for no more.
    fn keep_cheapest(
        &mut self,
        (at, like, most): (usize, usize, u32),
        rate: DollarsPerHour,
        offer: Offer,
        listing: &Listing,
    ) {
        let Some(kind) = self.kinds.iter().position(|known| *known == (like, most)) else {
            let machine = self.machine(at, rate, sold(listing, offer.terms));
            self.market.kinds.push(Kind { machine, machines_max: most });
            self.market.offers.push(offer);
            self.kinds.push((like, most));
            return;
        };
        self.refuse(Refusal::Dominated, 1);
        let mut other = (rate, offer);
        let machine = &mut self.market.kinds[kind].machine;
        let known = machine.price.unwrap_or_default();
        if rate < known {
            machine.price_source = sold(listing, other.1.terms);
            machine.price = Some(rate);
            machine.by_hour = (machine.price, machine.price_source.clone());
            other.0 = known;
            std::mem::swap(&mut self.market.offers[kind], &mut other.1);
        }
        self.market.others.push((kind, other.0, other.1));
    }

    fn machine(&self, at: usize, rate: DollarsPerHour, source: String) -> AskedMachine {
        let Shape { row, cluster, generation, .. } = &self.shapes[at];
        AskedMachine {
            key: row.key.clone(),
            label: row.label.clone(),
            cluster: cluster.clone(),
            most: u32::MAX,
            whole: true,
            price: Some(rate),
            price_source: source.clone(),
            by_hour: (Some(rate), source),
            formats: self.generations[*generation].formats.clone(),
            degrees: self.degrees.clone(),
            room: Room::NONE,
        }
    }
}

/// Who sells that, where and how.
fn sold(listing: &Listing, terms: Terms) -> String {
    let Listing { provider, region, source, .. } = listing;
    format!("{provider} {region} {}, {}", terms.label(), offers::source_text(source))
}
