//! What replicas owe one another under each choice of ZeRO and placement, kept so that nodes share it.

use super::axes::StageAxes;
use super::census::{Census, Signature};
use crate::estimate::{Book, Each, Open, Owed, Replicas};
use crate::layout::{Layout, Placement, Schedule, ZeroStage};
use std::ops::Range;

/// A choice of ZeRO, with what its replicas charge.
pub(super) struct Due {
    pub zero: ZeroStage,
    pub shard: u32,
    pub replicas: Replicas,
    /// What each element takes at least with each micro-batch.
    pub open: Open,
    /// At most what the stage that owes most owes, and updates.
    owed: Owed,
    /// Seconds that summing gradients takes with each micro-batch, and that the update takes, on the average stage.
    busy: (f64, f64),
}

/// The choices of ZeRO that are legal beside a schedule, for each placement.
pub(super) struct Choices {
    pub schedule: Schedule,
    pub placed: Vec<(Placement, Vec<Due>)>,
    /// What is owed and summed with each micro-batch, at least, under any of them.
    pub each: Each,
}

/// A group of choices of ZeRO that take the same time with each micro-batch, but for what they owe: 0 and 1, 2, 3.
pub(super) const fn group(zero: ZeroStage) -> usize {
    match zero {
        ZeroStage::Zero | ZeroStage::One => 0,
        ZeroStage::Two => 1,
        ZeroStage::Three => 2,
    }
}

/// How many groups there are.
pub(super) const GROUPS: usize = 3;

/// Families of groups whose plain forms take the same time.
pub(super) const FAMILIES: &[Range<usize>] = &[0..1, 1..GROUPS];

/// The plain choice whose time with each micro-batch no choice of a group undercuts: with ZeRO-2 and 3, gradients are
/// not summed beside the products.
pub(super) const fn plain(group: usize) -> ZeroStage {
    if group == 0 { ZeroStage::Zero } else { ZeroStage::Two }
}

impl Choices {
    pub(super) fn new(
        book: &Book<'_>,
        census: &Census<'_>,
        axes: &StageAxes,
        signature: &Signature,
        experts: (u32, u32),
        schedule: Schedule,
        placements: &[Placement],
    ) -> Self {
        let replicas = axes.dp * axes.cp;
        let folded = u64::from(experts.0) * u64::from(experts.1);
        let elements = book.least_elements(axes.tp, folded);
        let share = 1.0 / f64::from(axes.pp);
        let layout = |zero, shard, placement| {
            let (tp, cp, pp, dp) = (axes.tp, axes.cp, axes.pp, axes.dp);
            let (ep, etp) = experts;
            let plain = Layout { schedule, zero, shard, placement, ..Layout::SINGLE };
            Layout { tp, cp, pp, dp, ep, etp, ..plain }
        };
        let due = |zero, shard, placement| {
            let own = layout(zero, shard, placement);
            let replicas = axes.replicas(book, &own);
            let (math, _) = book.update(&own, &replicas, &elements);
            let owed = Book::least_owed(&replicas, &elements, share);
            let open = book.open(&own, &replicas);
            let busy = (book.accumulate(&own, &elements) * share, math * share);
            Due { zero, shard, replicas, open, owed, busy }
        };
        let placed = placements.iter().map(|placement| {
            let legal = |(zero, shard): &&(ZeroStage, u32)| {
                let hybrid = *shard < replicas;
                census.together(signature.beside(schedule, *placement, *zero, hybrid))
            };
            let all = axes.shards.iter().filter(legal);
            (*placement, all.map(|(zero, shard)| due(*zero, *shard, *placement)).collect())
        });
        let placed: Vec<(Placement, Vec<Due>)> = placed.collect();
        let pieces = book.pieces(axes.tp, folded);
        let all = placed.iter().flat_map(|(at, list)| list.iter().map(move |due| (*at, due)));
        let each = all.map(|(placement, due)| {
            let own = layout(due.zero, due.shard, placement);
            move |piece: &_| book.least_each(&own, &due.replicas, piece)
        });
        let each = Each::least(&pieces, each);
        Self { schedule, placed, each }
    }

    /// Least seconds of what follows the micro-batches, what replicas owe with each of the first `m` and what summing
    /// gradients takes with each of the second; `slow` is what the slowest stage takes at least with each micro-batch.
    pub(super) fn least(&self, book: &Book<'_>, slow: f64, m: (f64, f64)) -> f64 {
        let all = self.placed.iter().flat_map(|(_, list)| list);
        all.map(|due| due.least(book, slow, m)).fold(f64::INFINITY, f64::min)
    }
}

impl Due {
    pub(super) fn least(&self, book: &Book<'_>, slow: f64, m: (f64, f64)) -> f64 {
        book.least_dues(&self.owed, self.busy, slow, m)
    }

    /// Least seconds of what follows the micro-batches alone.
    pub(super) fn once(&self, book: &Book<'_>, slow: f64) -> f64 {
        book.least_once(&self.owed, self.busy.1, slow)
    }
}
