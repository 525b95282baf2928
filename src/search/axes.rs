//! The axes below a split of the layers, kept so that nodes share them.

use super::census::{Census, Signature};
use crate::case::Case;
use crate::layout::rules::schedule_takes_batches;
use crate::layout::space::{self, Pipeline, SCHEDULES, Split};
use crate::layout::split::Cut;
use crate::layout::{Schedule, ZeroStage};
use std::cell::OnceCell;

/// The ways to run a pipeline of some number of stages.
pub(super) struct Pipes {
    pub pp: u32,
    pub list: Vec<(Pipeline, OnceCell<Cut>)>,
    /// Most chunks that each schedule allows (0: not at all).
    pub vpp_most: [u32; SCHEDULES.len()],
}

/// What all nodes of one `(tp, cp, pp)` share.
pub(super) struct StageAxes {
    pub tp: u32,
    pub cp: u32,
    pub pp: u32,
    pub dp: u32,
    /// Index of the pipes of `pp`.
    pub pipes: u32,
    pub shards: Vec<(ZeroStage, u32)>,
    /// The furthest that ZeRO may go beside the pipeline.
    pub zero_most: ZeroStage,
    pub experts: Vec<(u32, u32)>,
    counts: Vec<Count>,
    /// Layouts under each split and set of schedules, over all splits of the experts.
    totals: Vec<(Split, u32, u64)>,
}

/// A number of layouts already counted.
#[derive(Clone, Copy)]
struct Count {
    split: Split,
    schedules: u32,
    folds_alike: bool,
    ep: bool,
    etp: bool,
    count: u64,
}

impl Pipes {
    pub(super) fn new(case: &Case, pp: u32) -> Self {
        let list: Vec<_> =
            space::pipelines(case, pp).into_iter().map(|p| (p, OnceCell::new())).collect();
        let mut vpp_most = [0; SCHEDULES.len()];
        for (pipeline, _) in &list {
            if let Some(most) = vpp_most.get_mut(pipeline.schedule as u8 as usize) {
                *most = pipeline.vpp.max(*most);
            }
        }
        Self { pp, list, vpp_most }
    }

    /// The schedules that run with `m` micro-batches, each with the most chunks that it allows.
    pub(super) fn running(&self, m: u32) -> impl Iterator<Item = (Schedule, u32)> {
        let runs = move |(schedule, vpp): &(Schedule, u32)| {
            *vpp > 0 && (self.pp == 1 || schedule_takes_batches(*schedule, self.pp, m))
        };
        SCHEDULES.into_iter().zip(self.vpp_most).filter(runs)
    }

    /// The same as bits.
    fn mask(&self, m: u32) -> u32 {
        self.running(m).fold(0, |mask, (schedule, _)| mask | 1 << schedule as u8)
    }
}

impl StageAxes {
    pub(super) fn new(
        census: &Census<'_>,
        split: &Split,
        pp: u32,
        dp: u32,
        pipes: u32,
    ) -> Self {
        let case = census.case();
        let shards = space::shards(case, dp * split.cp);
        // Whatever else a layout uses, it uses the pipeline: only that may keep ZeRO from going further.
        let zero_most = census.zero_most(&Signature::of_pipeline(pp), &shards);
        Self {
            tp: split.tp,
            cp: split.cp,
            pp,
            dp,
            pipes,
            shards,
            zero_most,
            experts: space::experts(case, split.tp, split.cp, dp),
            counts: Vec::new(),
            totals: Vec::new(),
        }
    }

    /// Whether experts and the rest are replicated over the same ranks.
    pub(super) fn folds_alike(&self, case: &Case, (ep, etp): (u32, u32)) -> bool {
        let folded = u64::from(ep) * u64::from(etp);
        case.model.experts() == 0 || folded == u64::from(self.tp) * u64::from(self.cp)
    }

    /// Layouts under a split and number of micro-batches, over all splits of the experts.
    pub(super) fn count_all(
        &mut self,
        census: &Census<'_>,
        pipes: &Pipes,
        split: &Split,
        m: u32,
    ) -> u64 {
        let mask = pipes.mask(m);
        let same = |(s, schedules, _): &&(Split, u32, u64)| *s == *split && *schedules == mask;
        if let Some((_, _, total)) = self.totals.iter().find(same) {
            return *total;
        }
        let mut total = 0_u64;
        for i in 0..self.experts.len() {
            let Some(experts) = self.experts.get(i).copied() else { break };
            total = total.saturating_add(self.count(census, pipes, split, m, experts));
        }
        self.totals.push((*split, mask, total));
        total
    }

    /// Layouts under a split, number of micro-batches and split of the experts.
    pub(super) fn count(
        &mut self,
        census: &Census<'_>,
        pipes: &Pipes,
        split: &Split,
        m: u32,
        (ep, etp): (u32, u32),
    ) -> u64 {
        let folds_alike = self.folds_alike(census.case(), (ep, etp));
        let mask = pipes.mask(m);
        let key = (*split, mask, folds_alike, ep > 1, etp > 1);
        let same =
            |c: &&Count| (c.split, c.schedules, c.folds_alike, c.ep, c.etp) == key;
        if let Some(count) = self.counts.iter().find(same) {
            return count.count;
        }
        let signature = Signature::new(split, self.pp, ep, etp);
        let placements = space::placements(census.case(), self.pp, self.dp, folds_alike);
        let replicas = self.dp * self.cp;
        let count = census.count(&signature, pipes, m, &self.shards, replicas, placements);
        let (ep, etp) = (ep > 1, etp > 1);
        self.counts.push(Count { split: *split, schedules: mask, folds_alike, ep, etp, count });
        count
    }
}
