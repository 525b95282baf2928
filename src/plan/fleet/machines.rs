//! From the market to kinds of machine: what may be used, put together by what a layout sees of it.

use super::power::machine_power;
use super::question::{Limits, Question};
use super::refusal::Refusal;
use super::uptime::Outages;
use crate::case::Case;
use crate::catalogue::accelerators::{self, MachineRow};
use crate::catalogue::{places, platforms};
use crate::cluster::Fabric;
use crate::estimate::{Book, Draw, Purchase, Routes, Source, Uptime, least_step};
use crate::prices::{Flag, Listing, Tariff, Terms};
use crate::reliability::Job;
use crate::search::fleet::{Aim, Lot, MachineKind, Size};
use crate::units::{BytesPerSecond, DollarsPerGb, DollarsPerHour, Ratio};

/// Machines that look the same to a layout.
#[derive(Clone, Debug)]
pub struct Shape {
    /// The catalogue's row with this machine's size and network.
    pub row: MachineRow,
    /// Where each lot comes from, in the order of [`MachineKind::lots`].
    pub origins: Vec<Origin>,
}

/// Where a lot comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A row of the market, by its index, on some terms.
    Listing(u32, Terms),
    /// Machines of one's own, by their index.
    Own(u32),
}

/// The market in order.
#[derive(Clone, Debug, Default)]
pub struct Market {
    /// What layouts see.
    pub shapes: Vec<Shape>,
    /// The same for the search.
    pub kinds: Vec<MachineKind>,
    /// Offers (a row on some terms) that were kept out, by rule.
    pub refused: [u32; Refusal::ALL.len()],
    /// Offers in all.
    pub offers: u32,
}

/// Counts worth looking at: four to an octave (8, 10, 12, 14, 16, 20, ...), whole machines only. Their factors 3, 5
/// and 7 go to degrees that do not divide the batch.
#[must_use]
pub fn counts(limits: &Limits, machine_size: u32) -> Vec<u32> {
    let size = machine_size.max(1);
    let octaves =
        (0..21).flat_map(|octave| (4..8).map(move |quarter: u32| (quarter << octave) / 4));
    let mut all: Vec<u32> = octaves
        .filter(|count| count.is_multiple_of(size))
        .filter(|count| (limits.count_min..=limits.count_max).contains(count))
        .filter(|count| limits.machines_max.is_none_or(|most| count / size <= most))
        .collect();
    all.dedup();
    all
}

/// The case of some machines on a network of that kind.
#[must_use]
pub fn case_at(case: &Case, row: &MachineRow, fabric: &Fabric, count: u32) -> Option<Case> {
    // A leaf holds at least one domain.
    let fabric = Fabric { leaf: fabric.leaf.max(row.domain.max(row.node_size)), ..*fabric };
    Case::new(
        case.model.clone(),
        accelerators::cluster_on(row, count, &fabric),
        case.training.clone(),
        case.constraints,
        case.stack.clone(),
        case.offer.clone(),
    )
    .ok()
}

impl Market {
    /// Sorts the market of a question by what layouts see; sizes are those of `known`, a market of the same question
    /// with another aim, where there is one.
    #[must_use]
    pub fn new(question: &Question, known: Option<&Self>) -> Self {
        let mut market = Self::default();
        for (i, listing) in question.listings.iter().enumerate() {
            market.add_listing(question, listing, i as u32);
        }
        for (i, own) in question.own.iter().enumerate() {
            market.add_own(question, own, i as u32);
        }
        market.keep_best();
        for (i, (shape, kind)) in market.shapes.iter().zip(&mut market.kinds).enumerate() {
            kind.sizes = match known.and_then(|known| known.kinds.get(i)) {
                Some(known) => known.sizes.clone(),
                None => sizes(question, shape, kind),
            };
        }
        market
    }

    fn add_listing(&mut self, question: &Question, listing: &Listing, index: u32) {
        let n_offers = listing.rates.iter().count() as u32;
        self.offers += n_offers;
        let (row, machine_size) = match shape(question, listing) {
            Ok(shape) => shape,
            Err(refusal) => return self.refuse(refusal, n_offers),
        };
        let kind = self.kind(row, machine_size);
        let place = places::find(&listing.provider, &listing.region);
        let tariff = places::tariff(&listing.provider, &listing.region).0;
        let power = self.shapes[kind].row.accelerator.power;
        let draw = Draw {
            machine: power.map(|power| machine_power(power, machine_size)),
            pue: place.as_ref().and_then(|place| place.pue),
            grid: place.as_ref().and_then(|place| place.carbon),
        };
        let off = question.discounts.iter().find(|(name, _)| *name == listing.provider);
        let keep = off.map_or(1.0, |(_, off)| (1.0 - off.get()).max(0.0));
        let own = &self.shapes[kind].row;
        let names = [&*listing.provider, &*listing.region, &own.key, &own.accelerator.generation];
        let to_be_had = question.limits.to_be_had(&names);
        // A listing of single accelerators is bought a machine at a time.
        let times = f64::from(machine_size) / listing.accelerators.get();
        let stands = (&*listing.provider, &*listing.region);
        let (moving_in, routes) = moving(question.home.as_ref(), stands, question.ways_out);
        for (terms, rate) in listing.rates.iter() {
            let refusal = refused_terms(&question.limits, listing, terms).or_else(|| {
                let unknown = draw.machine.is_none() || draw.grid.is_none();
                (question.aim != Aim::Cost && unknown).then_some(Refusal::CarbonUnknown)
            });
            if let Some(refusal) = refusal {
                self.refuse(refusal, 1);
                continue;
            }
            let rate = DollarsPerHour::new(rate.get() * times * keep);
            let source = Source::Rented { rate, terms, charge: question.charge };
            let purchase = Purchase { source, tariff, moving_in, routes, draw };
            let most = [terms.most_machines(), to_be_had];
            let machines_max = most.into_iter().flatten().min().unwrap_or(u32::MAX);
            let lot = Lot { purchase, class: class(terms), machines_max };
            self.kinds[kind].lots.push(lot);
            self.shapes[kind].origins.push(Origin::Listing(index, terms));
        }
    }

    fn add_own(&mut self, question: &Question, own: &super::Own, index: u32) {
        self.offers += 1;
        let machines = &own.machines;
        let Some(row) = accelerators::by_key(&machines.accelerator) else {
            return self.refuse(Refusal::Family, 1);
        };
        if let Err(refusal) = usable(question, row) {
            return self.refuse(refusal, 1);
        }
        let size = machines.machine_size.max(1);
        let kind = self.kind(row.of_size(size, None), size);
        let draw = Draw {
            machine: row.accelerator.power.map(|power| machine_power(power, size)),
            pue: own.pue,
            grid: own.grid,
        };
        let (moving_in, routes) = moving(question.home.as_ref(), ("", ""), question.ways_out);
        let purchase = Purchase {
            source: Source::Owned(machines.clone()),
            tariff: Tariff::default(),
            moving_in,
            routes,
            draw,
        };
        let (class, machines_max) = (class(Terms::OnDemand), machines.machines);
        self.kinds[kind].lots.push(Lot { purchase, class, machines_max });
        self.shapes[kind].origins.push(Origin::Own(index));
    }

    fn refuse(&mut self, refusal: Refusal, n: u32) {
        self.refused[refusal as usize] += n;
    }

    /// Index of the kind of that shape.
    fn kind(&mut self, row: MachineRow, machine_size: u32) -> usize {
        let key = |row: &MachineRow| (row.node_size, row.domain, row.nic);
        let same = |shape: &Shape| shape.row.key == row.key && key(&shape.row) == key(&row);
        self.shapes.iter().position(same).unwrap_or_else(|| {
            self.shapes.push(Shape { row, origins: Vec::new() });
            let (sizes, lots) = (Vec::new(), Vec::new());
            self.kinds.push(MachineKind { machine_size, sizes, lots });
            self.kinds.len() - 1
        })
    }

    /// Drops ways to buy that another of the same kind covers; the first of equals stays.
    fn keep_best(&mut self) {
        for (shape, kind) in self.shapes.iter_mut().zip(&mut self.kinds) {
            let covered: Vec<bool> = (0..kind.lots.len())
                .map(|i| {
                    kind.lots.iter().enumerate().any(|(j, other)| {
                        let twin = || covers(&kind.lots[i], other);
                        j != i && covers(other, &kind.lots[i]) && (j < i || !twin())
                    })
                })
                .collect();
            let n = covered.iter().filter(|covered| **covered).count() as u32;
            self.refused[Refusal::Dominated as usize] += n;
            let mut keep = covered.iter().map(|covered| !covered);
            kind.lots.retain(|_| keep.next().unwrap_or(true));
            let mut keep = covered.iter().map(|covered| !covered);
            shape.origins.retain(|_| keep.next().unwrap_or(true));
        }
    }
}

/// The terms of each class of uptime, by [`Lot::class`].
const CLASSES: [Terms; 2] = [Terms::OnDemand, Terms::Spot];

/// The class of uptime of terms.
fn class(terms: Terms) -> u32 {
    u32::from(terms.is_spot())
}

/// The sizes of cluster of one kind of machine.
fn sizes(question: &Question, shape: &Shape, kind: &MachineKind) -> Vec<Size> {
    let counts = counts(&question.limits, kind.machine_size);
    let wanted = |class: u32| kind.lots.iter().any(|lot| lot.class == class);
    let most = kind.lots.iter().map(|lot| lot.machines_max).max().unwrap_or(0);
    let size = |count: u32| {
        let case = case_at(&question.case, &shape.row, &question.fabric, count)?;
        let least = least_step(&case) * case.training.n_steps() as f64;
        // More than any way to buy has: never looked at.
        let short = count / kind.machine_size.max(1) > most;
        let job = Book::new(&case).job_at_best(least);
        let uptime = uptimes(&question.outages, &job, &|class| !short && wanted(class));
        Some(Size { count, least, uptime })
    };
    counts.into_iter().filter_map(size).collect()
}

/// What of the time of a job is useful and paid for, by class; all of it in those that are not wanted.
pub(super) fn uptimes(outages: &Outages, job: &Job, wanted: &dyn Fn(u32) -> bool) -> Vec<Uptime> {
    let uptime = |(terms, class): (&Terms, u32)| match wanted(class) {
        true => outages.uptime(*terms, job),
        false => Uptime::ALL,
    };
    CLASSES.iter().zip(0..).map(uptime).collect()
}

/// Whether one way to buy is no worse than another in anything, whatever is asked.
fn covers(lot: &Lot, other: &Lot) -> bool {
    let (
        Source::Rented { rate, terms, charge },
        Source::Rented { rate: rate_other, terms: terms_other, charge: charge_other },
    ) = (&lot.purchase.source, &other.purchase.source)
    else {
        return false;
    };
    let dollars = |rate: Option<DollarsPerGb>| rate.unwrap_or(DollarsPerGb::ZERO);
    let (tariff, against) = (&lot.purchase.tariff, &other.purchase.tariff);
    let as_fast = |own: Option<BytesPerSecond>, other: Option<BytesPerSecond>| match (own, other) {
        (Some(own), Some(other)) => own >= other,
        (own, _) => own.is_none(),
    };
    let emits = |draw: &Draw| {
        let grid = draw.grid.map_or(f64::MAX, |grid| grid.get());
        grid * draw.pue.unwrap_or(Ratio::ONE).get()
    };
    terms == terms_other
        && charge == charge_other
        && lot.class == other.class
        && rate <= rate_other
        && lot.machines_max >= other.machines_max
        && dollars(tariff.storage) <= dollars(against.storage)
        && dollars(tariff.egress) <= dollars(against.egress)
        && lot.purchase.moving_in <= other.purchase.moving_in
        && as_fast(lot.purchase.routes.into, other.purchase.routes.into)
        && as_fast(lot.purchase.routes.out, other.purchase.routes.out)
        && emits(&lot.purchase.draw) <= emits(&other.purchase.draw)
}

/// Why a row of the market is narrowed out, by its provider, place or currency.
pub(in crate::plan) fn narrowed(limits: &Limits, listing: &Listing) -> Option<Refusal> {
    let among = |list: &[String], name: &str| {
        list.is_empty() || list.iter().any(|known| known.eq_ignore_ascii_case(name))
    };
    if listing.currency != limits.currency {
        return Some(Refusal::Currency);
    }
    if !among(&limits.providers, &listing.provider) {
        return Some(Refusal::Provider);
    }
    if !among(&limits.regions, &listing.region) {
        return Some(Refusal::Region);
    }
    let inside = |jurisdiction: &String| places::within(&listing.country, jurisdiction);
    let outside = !limits.jurisdictions.is_empty() && !limits.jurisdictions.iter().any(inside);
    outside.then_some(Refusal::Jurisdiction)
}

/// Whether an accelerator is among those allowed.
pub(in crate::plan) fn of_family(limits: &Limits, row: &MachineRow) -> bool {
    let families = &limits.families;
    let generation = &row.accelerator.generation;
    let named = |name: &String| {
        name.eq_ignore_ascii_case(generation)
            || row.names().any(|own| own.eq_ignore_ascii_case(name))
    };
    families.is_empty() || families.iter().any(named)
}

/// The shape of a listing's machine and its size, or why it is not looked at.
fn shape(question: &Question, listing: &Listing) -> Result<(MachineRow, u32), Refusal> {
    if let Some(refusal) = narrowed(&question.limits, listing) {
        return Err(refusal);
    }
    let row = accelerators::by_key(&listing.accelerator).ok_or(Refusal::Family)?;
    usable(question, row)?;
    let size = if listing.flags.has(Flag::SoldEach) {
        row.node_size
    } else {
        listing.machine_size().ok_or(Refusal::Fraction)?
    };
    if size < row.node_size && listing.network.is_none() {
        return Err(Refusal::NetworkUnknown);
    }
    let whole = if listing.flags.has(Flag::SoldEach) { 1 } else { size };
    let nic = listing.network.map(|network| BytesPerSecond::new(network.get() / f64::from(whole)));
    Ok((row.of_size(size, nic), size))
}

/// Whether the question allows an accelerator and can use it.
fn usable(question: &Question, row: &MachineRow) -> Result<(), Refusal> {
    let generation = &row.accelerator.generation;
    if !of_family(&question.limits, row) {
        return Err(Refusal::Family);
    }
    if !platforms::runs_on(&question.case.stack.key, generation) {
        return Err(Refusal::Platform);
    }
    if case_at(&question.case, row, &question.fabric, row.node_size).is_none() {
        return Err(Refusal::Precision);
    }
    Ok(())
}

/// Why an offer's terms rule it out.
pub(in crate::plan) fn refused_terms(
    limits: &Limits,
    listing: &Listing,
    terms: Terms,
) -> Option<Refusal> {
    if !limits.terms.is_empty() && !limits.terms.contains(&terms) {
        return Some(Refusal::Terms);
    }
    if !listing.is_since(terms, limits.since) {
        return Some(Refusal::Old);
    }
    let doubted = limits
        .doubts
        .iter()
        .any(|flag| listing.flags.has(*flag) && (terms.is_spot() || !flag.is_of_spot()));
    doubted.then_some(Refusal::Doubtful)
}

/// Price of bringing the data set from its home to a place, and how fast it and the weights move: nothing within a
/// region, between regions of one provider, or out of one provider to another, or to machines of one's own. The
/// weights leave like to another provider where no home is said; machines of one's own then keep them.
pub(in crate::plan) fn moving(
    home: Option<&(String, String)>,
    (to_provider, to_region): (&str, &str),
    [out, between]: [BytesPerSecond; 2],
) -> (DollarsPerGb, Routes) {
    let Some((provider, region)) = home else {
        let out = (!to_provider.is_empty()).then_some(out);
        return (DollarsPerGb::ZERO, Routes { into: None, out });
    };
    let tariff = places::tariff(provider, region).0;
    let (price, way) = match (provider == to_provider, region == to_region) {
        (true, true) => (None, None),
        (true, false) => (tariff.between, Some(between)),
        (false, _) => (tariff.egress, Some(out)),
    };
    (price.unwrap_or(DollarsPerGb::ZERO), Routes { into: way, out: way })
}
