//! The innermost part of the search: schedules, chunks, slots, placement, ZeRO, offload and recompute, for given
//! degrees and micro-batch.

use super::bound::Stage;
use super::census::{Census, offload_techniques};
use super::{Candidate, Rank};
use crate::estimate::{Book, Sheet, SheetKey, Stages};
use crate::layout::rules::uses;
use crate::layout::space::{self, Pipeline, Split, takes_batches};
use crate::layout::split::{Cut, CutKey};
use crate::layout::{Layout, Offload, Placement, Recompute};
use crate::units::{Bytes, Seconds};

/// The degrees that are settled.
pub(super) struct Cell<'s> {
    pub split: Split,
    pub stage: &'s Stage,
    pub experts: (u32, u32),
    pub micro_batch: u32,
    pub m: u32,
    pub placements: &'static [Placement],
    pub key: SheetKey,
}

/// Looks at everything that is not.
pub(super) struct Solver<'a, 'b> {
    book: &'b Book<'a>,
    census: &'b Census<'a>,
    capacity: Bytes,
    pub best: Option<(Rank, Candidate)>,
    pub estimated: u64,
    left: u64,
}

impl<'a, 'b> Solver<'a, 'b> {
    pub(super) fn new(
        book: &'b Book<'a>,
        census: &'b Census<'a>,
        capacity: Bytes,
        best: Option<(Rank, Candidate)>,
        left: u64,
    ) -> Self {
        Self { book, census, capacity, best, estimated: 0, left }
    }

    pub(super) fn solve(&mut self, cell: &Cell<'_>) {
        let sheet = self.book.sheet(&cell.key);
        let work = self.book.all_work(&sheet);
        let pp = cell.stage.pp;
        let mut ordered: Vec<(Seconds, &Pipeline)> = cell
            .stage
            .pipelines
            .iter()
            .filter(|(pipeline, pp)| takes_batches(pipeline, *pp, cell.m))
            .map(|(p, _)| {
                let least = self.book.least_time(&work, p.schedule, pp, p.vpp, cell.m);
                (Seconds::new(least * (1.0 - 1e-9)), p)
            })
            .collect();
        ordered.sort();
        for (least, pipeline) in ordered {
            if self.slower(least) || self.estimated >= self.left {
                break;
            }
            self.solve_pipeline(cell, pipeline, &sheet);
        }
    }

    fn slower(&self, least: Seconds) -> bool {
        self.best.as_ref().is_some_and(|(rank, _)| least > rank.step)
    }

    fn solve_pipeline(&mut self, cell: &Cell<'_>, pipeline: &Pipeline, sheet: &Sheet) {
        let base = cell.layout(pipeline);
        let cut = Cut::new(&self.book.case().model, CutKey::of(&base));
        let stages = Stages::new(self.book, sheet, &cut);
        let free = self.book.least_pipeline_time(&base, sheet, &stages);
        if self.slower(Seconds::new(free * (1.0 - 1e-9))) {
            return;
        }
        for placement in cell.placements {
            for (zero, shard) in &cell.stage.shards {
                let layout = Layout { placement: *placement, zero: *zero, shard: *shard, ..base };
                if self.census.together(uses(&layout)) {
                    self.solve_states(pipeline, &layout, sheet, &stages);
                }
            }
        }
    }

    /// Offload, selective recompute and recomputed layers, for everything else given.
    fn solve_states(
        &mut self,
        pipeline: &Pipeline,
        layout: &Layout,
        sheet: &Sheet,
        stages: &Stages<'_>,
    ) {
        let (_, time) = self.book.time(layout, sheet, stages);
        self.estimated += 1;
        if self.slower(time.total()) {
            return;
        }
        if self.offer(layout, sheet, stages) {
            // Nothing is gained by spending time on memory that is not needed.
            return;
        }
        for offload in self.census.offloads() {
            let allowed = offload_techniques(offload);
            if !self.census.together(uses(layout) | allowed) {
                continue;
            }
            for selective in self.census.selective() {
                let recompute = Recompute { selective: *selective, full_layers: 0 };
                let layout = Layout { offload: *offload, recompute, ..*layout };
                if self.slower(self.book.time(&layout, sheet, stages).1.total()) {
                    continue;
                }
                self.solve_recompute(pipeline, &layout, sheet, stages);
            }
        }
    }

    /// The smallest number of recomputed layers that fits: memory falls and time rises with each.
    fn solve_recompute(
        &mut self,
        pipeline: &Pipeline,
        layout: &Layout,
        sheet: &Sheet,
        stages: &Stages<'_>,
    ) {
        let plain = layout.offload == Offload::default() && !layout.recompute.selective;
        if !plain && self.offer(layout, sheet, stages) {
            return;
        }
        let case = self.book.case();
        let Some((low, high)) = space::recomputed_layers(case, pipeline.chunk_layers_max) else {
            return;
        };
        let with = |k: u32| Layout {
            recompute: Recompute { full_layers: k, ..layout.recompute },
            ..*layout
        };
        if !self.fits(&with(high), sheet, stages) {
            return;
        }
        let (mut low, mut high) = (low, high);
        while low < high {
            let middle = u32::midpoint(low, high);
            if self.fits(&with(middle), sheet, stages) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        self.offer(&with(high), sheet, stages);
    }

    fn fits(&self, layout: &Layout, sheet: &Sheet, stages: &Stages<'_>) -> bool {
        let (_, memory, host) = self.book.memory(layout, sheet, stages);
        memory.total() <= self.capacity && host <= self.book.case().cluster.host.memory
    }

    /// Takes the layout if it is legal, fits and is the best so far; whether it is legal and fits.
    fn offer(&mut self, layout: &Layout, sheet: &Sheet, stages: &Stages<'_>) -> bool {
        let none = layout.recompute.full_layers == 0;
        if none && !space::may_recompute_none(self.book.case()) {
            return false;
        }
        if !self.census.together(uses(layout)) || !self.fits(layout, sheet, stages) {
            return false;
        }
        self.estimated += 1;
        let estimate = self.book.estimate_with(layout, sheet, stages);
        let candidate = Candidate { layout: *layout, estimate };
        let rank = Rank::of(&candidate);
        if self.best.as_ref().is_none_or(|(best, _)| rank < *best) {
            self.best = Some((rank, candidate));
        }
        true
    }
}

impl Cell<'_> {
    fn layout(&self, pipeline: &Pipeline) -> Layout {
        Layout {
            tp: self.split.tp,
            sp: self.split.sp,
            cp: self.split.cp,
            cp_kind: self.split.cp_kind,
            pp: self.stage.pp,
            schedule: pipeline.schedule,
            vpp: pipeline.vpp,
            slots: pipeline.slots,
            dp: self.stage.dp,
            ep: self.experts.0,
            etp: self.experts.1,
            micro_batch: self.micro_batch,
            ..Layout::SINGLE
        }
    }
}
