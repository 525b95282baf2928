//! The Pareto frontier of dollars (or carbon) against days over machines, counts and ways to buy them.
//!
//! Branch and bound over pairs of a kind of machine and a count. A pair's run takes at least `least`, which is known
//! without any search for a layout; where a point of the frontier beats every way to buy the pair even so, the pair
//! is cut. Otherwise [`FleetSearch::ask`] hands it out with a cutoff, the run time beyond which every way to buy it is
//! beaten, and [`FleetSearch::tell`] takes the time of its best layout. A pair is handed out once for all its ways to
//! buy. Money, carbon and days never fall as a run takes longer, nor as less of its time is useful, so a bound that
//! takes the least time and the most uptime cuts nothing that it should not. Of a pair the layout of the fastest step
//! is taken, with its own uptime ([`FleetSearch::settle`]): over these points the frontier is exact. Nothing here knows
//! prices by name, layouts or the clock.

mod frontier;

pub use frontier::{Aim, Point};

use super::solve::SAFE;
use crate::estimate::{Cargo, Purchase, Uptime, carbon, outlay, span, wall};
use crate::units::{Dollars, KilogramsCo2, Seconds, halved, order};
use frontier::Worth;

/// A kind of machine, and the ways to buy it.
#[derive(Clone, Debug, PartialEq)]
pub struct MachineKind {
    /// Accelerators in one machine.
    pub machine_size: u32,
    /// Sizes of cluster to look at, ascending.
    pub sizes: Vec<Size>,
    /// Ways to buy.
    pub lots: Vec<Lot>,
}

/// One size of cluster.
#[derive(Clone, Debug, PartialEq)]
pub struct Size {
    /// Accelerators.
    pub count: u32,
    /// Time of all steps that no layout undercuts.
    pub least: Seconds,
    /// What of the time is useful and paid for, by [`Lot::class`]: the most that any layout reaches, until one is
    /// settled on.
    pub uptime: Vec<Uptime>,
}

/// One way to buy a kind of machine.
#[derive(Clone, Debug, PartialEq)]
pub struct Lot {
    /// What it costs.
    pub purchase: Purchase,
    /// Index of its uptime.
    pub class: u32,
    /// Most machines there are of it.
    pub machines_max: u32,
}

/// A pair to find the best layout for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ask {
    /// Index of the kind of machine.
    pub kind: u32,
    /// Index of the size.
    pub size: u32,
    /// Accelerators.
    pub count: u32,
    /// Time of all steps beyond which the answer does not matter.
    pub cutoff: Seconds,
}

/// Where the pairs went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FleetTally {
    /// Pairs of a kind of machine and a count.
    pub pairs: u32,
    /// More machines than any way to buy has.
    pub short: u32,
    /// Beaten even at the time that no layout undercuts.
    pub bounded: u32,
    /// Searched: no layout fits, or none within the cutoff.
    pub beaten: u32,
    /// Searched, with a layout.
    pub found: u32,
}

/// A search that hands out its work.
#[derive(Clone, Debug)]
pub struct FleetSearch {
    kinds: Vec<MachineKind>,
    cargo: Cargo,
    aim: Aim,
    within: Seconds,
    /// Pairs left, the next one last: index of the kind and of the size.
    left: Vec<(u32, u32)>,
    frontier: Vec<Point>,
    tally: FleetTally,
}

impl FleetSearch {
    /// A search over those machines for runs that take no longer than that.
    #[must_use]
    pub fn new(kinds: Vec<MachineKind>, cargo: Cargo, aim: Aim, within: Seconds) -> Self {
        let mut search = Self {
            kinds,
            cargo,
            aim,
            within,
            left: Vec::new(),
            frontier: Vec::new(),
            tally: FleetTally::default(),
        };
        search.left = search.in_order();
        search.tally.pairs = search.left.len() as u32;
        search
    }

    /// The next pair to find a layout for; nothing when the frontier is complete.
    pub fn ask(&mut self) -> Option<Ask> {
        while let Some((kind, size)) = self.left.pop() {
            let Some(at) = self.size(kind, size) else {
                continue;
            };
            let (count, least) = (at.count, at.least);
            let lots = self.lots(kind, count);
            if lots.is_empty() {
                self.tally.short += 1;
                continue;
            }
            let cutoffs = lots.into_iter().filter_map(|lot| self.cutoff(kind, size, lot, least));
            match cutoffs.max() {
                Some(cutoff) => return Some(Ask { kind, size, count, cutoff }),
                None => self.tally.bounded += 1,
            }
        }
        None
    }

    /// Takes the time of all steps under the best layout of a pair; nothing where none fits, or none within the
    /// cutoff.
    pub fn tell(&mut self, ask: &Ask, busy: Option<Seconds>) {
        let Some(busy) = busy else {
            self.tally.beaten += 1;
            return;
        };
        self.tally.found += 1;
        self.found(ask.kind, ask.size, busy);
    }

    /// Takes what of the time is useful and paid for under the best layout of a pair, which was found.
    pub fn settle(&mut self, kind: u32, size: u32, uptime: Vec<Uptime>) {
        let at = self.kinds.get_mut(kind as usize).map(|at| &mut at.sizes);
        if let Some(size) = at.and_then(|sizes| sizes.get_mut(size as usize)) {
            size.uptime = uptime;
        }
    }

    /// Takes the time of all steps under the best layout of a pair that another worker was handed.
    pub fn found(&mut self, kind: u32, size: u32, busy: Seconds) {
        let Some(at) = self.size(kind, size) else { return };
        for lot in self.lots(kind, at.count) {
            if let Some(point) = self.point(kind, size, lot, busy) {
                frontier::add(&mut self.frontier, point, self.aim);
            }
        }
    }

    /// Points that no other beats, by time.
    #[must_use]
    pub fn frontier(&self) -> &[Point] {
        &self.frontier
    }

    /// Where the pairs went.
    #[must_use]
    pub const fn tally(&self) -> &FleetTally {
        &self.tally
    }

    /// Pairs that are still to be looked at.
    #[must_use]
    pub fn n_left(&self) -> u32 {
        self.left.len() as u32
    }

    /// The kinds of machine.
    #[must_use]
    pub fn kinds(&self) -> &[MachineKind] {
        &self.kinds
    }

    /// Every `n`th pair from the `i`th on, for one of `n` workers; together they cover all.
    pub fn keep_share(&mut self, i: u32, n: u32) {
        let (i, n) = (i as usize, n.max(1) as usize);
        let all = std::mem::take(&mut self.left);
        self.left = all.into_iter().rev().skip(i).step_by(n).collect();
        self.left.reverse();
        self.tally.pairs = self.left.len() as u32;
    }

    /// What a run of `busy` on that many machines comes to under one way to buy; nothing where it cannot be bought for
    /// so long or takes too long, or where what is aimed at is not known.
    #[must_use]
    pub fn point(&self, kind: u32, size: u32, lot: u32, busy: Seconds) -> Option<Point> {
        let at = self.kinds.get(kind as usize)?;
        let bought = at.lots.get(lot as usize)?;
        let here = at.sizes.get(size as usize)?;
        let machines = here.count.checked_div(at.machine_size)?;
        let uptime = here.uptime.get(bought.class as usize).copied().unwrap_or(Uptime::ALL);
        let lasts = wall(busy, uptime);
        let time = span(&bought.purchase.routes, &self.cargo, lasts);
        let most = bought.purchase.most_time().unwrap_or(Seconds::UNBOUNDED);
        if lasts > most || time > self.within {
            return None;
        }
        // Machines that are away draw nothing, spare ones do.
        let runs = lasts * uptime.paid.get();
        let carbon = carbon(&bought.purchase.draw, machines, runs);
        if self.aim != Aim::Cost && carbon.is_none() {
            return None;
        }
        let cost = outlay(&bought.purchase, &self.cargo, machines, busy, uptime).total();
        let carbon = carbon.unwrap_or(KilogramsCo2::UNBOUNDED);
        let count = here.count;
        Some(Point { busy, time, cost, carbon, kind, size, count, lot })
    }

    fn size(&self, kind: u32, size: u32) -> Option<&Size> {
        self.kinds.get(kind as usize)?.sizes.get(size as usize)
    }

    /// Ways to buy that have so many.
    fn lots(&self, kind: u32, count: u32) -> Vec<u32> {
        let Some(kind) = self.kinds.get(kind as usize) else {
            return Vec::new();
        };
        let machines = count / kind.machine_size.max(1);
        let enough = |(i, lot): (usize, &Lot)| (lot.machines_max >= machines).then_some(i as u32);
        kind.lots.iter().enumerate().filter_map(enough).collect()
    }

    /// The time of all steps beyond which a way to buy a pair is beaten, or a little more than that; nothing where it
    /// is beaten at `least` already.
    fn cutoff(&self, kind: u32, size: u32, lot: u32, least: Seconds) -> Option<Seconds> {
        /// How far above the bound a cutoff is sought.
        const FAR: f64 = 64.0;
        /// Halvings of the interval in which it lies.
        const HALVINGS: u32 = 16;
        let beaten = |busy: f64| {
            self.point(kind, size, lot, Seconds::new(busy)).is_none_or(|point| {
                let worth = Worth::of(&point, self.aim).shrunk(SAFE);
                frontier::beaten(&self.frontier, &worth, self.aim)
            })
        };
        let least = least.get();
        if beaten(least) {
            return None;
        }
        if !beaten(least * FAR) {
            return Some(Seconds::UNBOUNDED);
        }
        let (_, high) = halved((least, least * FAR), HALVINGS, |time| !beaten(time));
        Some(Seconds::new(high))
    }

    /// All pairs, those to look at first last: coarse sizes before fine ones, cheap kinds before dear ones.
    fn in_order(&self) -> Vec<(u32, u32)> {
        let mut all: Vec<[u64; 3]> = Vec::new();
        for (k, kind) in self.kinds.iter().enumerate() {
            for (s, size) in kind.sizes.iter().enumerate() {
                let (k, s) = (k as u32, s as u32);
                let least = self.lots(k, size.count).into_iter().filter_map(|lot| {
                    let point = self.point(k, s, lot, size.least)?;
                    Some(Worth::of(&point, self.aim).price())
                });
                let least = least.min_by(f64::total_cmp).unwrap_or(f64::MAX);
                // Amounts are never negative, and so are in the order of their bits.
                let place = u64::from(k) << 32 | u64::from(s);
                all.push([u64::from(grain(size.count)), least.to_bits(), place]);
            }
        }
        order::sort_keys(&mut all);
        let pair = |[.., place]: [u64; 3]| ((place >> 32) as u32, place as u32);
        all.into_iter().rev().map(pair).collect()
    }
}

/// How fine a size is: powers of four, other powers of two, all others.
fn grain(count: u32) -> u32 {
    match (count.is_power_of_two(), count.trailing_zeros() % 2) {
        (true, 1) => 0,
        (true, _) => 1,
        (false, _) => 2,
    }
}

impl Point {
    /// Whether it is within a budget and a deadline.
    #[must_use]
    pub fn within(&self, budget: Dollars, deadline: Seconds) -> bool {
        self.cost <= budget && self.time <= deadline
    }
}
