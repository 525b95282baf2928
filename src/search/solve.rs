//! The innermost part of the search: schedules, chunks, slots, placement, ZeRO, offload and recompute, for given
//! degrees and micro-batch.

use super::axes::{Pipes, StageAxes};
use super::census::{Census, Signature, offload_techniques};
use super::{Candidate, Rank};
use crate::estimate::{
    AllWork, Book, Memory, Owed, Relief, Replicas, Sheet, StageTime, Stages, TooFull, slowest,
};
use crate::layout::rules::uses;
use crate::layout::space::{self, Pipeline, Split, takes_batches};
use crate::layout::split::Cut;
use crate::layout::{Layout, Offload, Placement, Recompute, Schedule, ZeroStage};
use crate::units::{Bytes, Seconds};
use std::cell::OnceCell;

/// Bounds are shrunk by this much, so that rounding can never cut an equal layout.
pub(super) const SAFE: f64 = 1.0 - 1e-9;

/// The degrees that are settled.
pub(super) struct Cell<'s> {
    pub split: Split,
    pub axes: &'s StageAxes,
    pub pipes: &'s Pipes,
    pub experts: (u32, u32),
    pub micro_batch: u32,
    pub m: u32,
    pub placements: &'static [Placement],
    pub sheet: &'s Sheet,
    pub work: AllWork,
}

/// Looks at everything that is not.
pub(super) struct Solver<'a, 'b> {
    book: &'b Book<'a>,
    census: &'b Census<'a>,
    capacity: Bytes,
    pub best: Option<(Rank, Candidate)>,
    pub estimated: u64,
    left: u64,
    /// The budget ran out before everything was looked at.
    pub cut_short: bool,
}

/// One way to run the pipeline, with what does not depend on ZeRO, offload or recompute.
struct Entry<'c> {
    pipeline: &'c Pipeline,
    layout: Layout,
    stages: Stages<'c>,
    /// Memory of each stage but states, with nothing recomputed or offloaded.
    work_bytes: OnceCell<Vec<Bytes>>,
    /// Seconds that the cheapest relief takes where memory is too small with ZeRO at its furthest.
    relief: OnceCell<Option<f64>>,
}

/// The choices of ZeRO that are legal beside a schedule, for each placement.
struct Choices {
    schedule: Schedule,
    placed: Vec<(Placement, Vec<Choice>)>,
}

/// One choice of ZeRO.
struct Choice {
    zero: ZeroStage,
    shard: u32,
    replicas: OnceCell<Replicas>,
}

impl<'a, 'b> Solver<'a, 'b> {
    pub(super) fn new(
        book: &'b Book<'a>,
        census: &'b Census<'a>,
        capacity: Bytes,
        best: Option<(Rank, Candidate)>,
        left: u64,
    ) -> Self {
        Self { book, census, capacity, best, estimated: 0, left, cut_short: false }
    }

    pub(super) fn solve(&mut self, cell: &Cell<'_>) {
        let pp = cell.axes.pp;
        let average = |schedule| self.book.average_time(&cell.work, schedule, pp);
        let (plain, dual) = (average(Schedule::OneFOneB), average(Schedule::DualPipe));
        let runs = |entry: &&(Pipeline, OnceCell<Cut>)| takes_batches(&entry.0, pp, cell.m);
        let mut ordered: Vec<(Seconds, &Pipeline, &OnceCell<Cut>)> = Vec::new();
        let mut choices: Vec<Choices> = Vec::new();
        for (pipeline, cut) in cell.pipes.list.iter().filter(runs) {
            let Pipeline { schedule, vpp, .. } = *pipeline;
            let average = if schedule == Schedule::DualPipe { &dual } else { &plain };
            let least = self.book.least_time(average, schedule, pp, vpp, cell.m);
            let least = Seconds::new(least * SAFE);
            if !self.slower(least) {
                ordered.push((least, pipeline, cut));
            }
        }
        ordered.sort_by_key(|(least, pipeline, _)| (*least, **pipeline));
        for (least, pipeline, cut) in ordered {
            if self.slower(least) {
                break;
            }
            if self.estimated >= self.left {
                self.cut_short = true;
                break;
            }
            let cut = cut.get_or_init(|| cell.cut(self.book, pipeline));
            let at = choices.iter().position(|c| c.schedule == pipeline.schedule);
            let at = at.unwrap_or_else(|| {
                choices.push(self.choices(cell, pipeline.schedule));
                choices.len() - 1
            });
            if let Some(choices) = choices.get(at) {
                self.solve_pipeline(cell, pipeline, cut, choices);
            }
        }
    }

    fn slower(&self, least: Seconds) -> bool {
        self.best.as_ref().is_some_and(|(rank, _)| least > rank.step)
    }

    fn bound(&self, seconds: f64) -> bool {
        self.slower(Seconds::new(seconds * SAFE))
    }

    fn choices(&self, cell: &Cell<'_>, schedule: Schedule) -> Choices {
        let signature = Signature::new(&cell.split, cell.axes.pp, cell.experts.0, cell.experts.1);
        let replicas = cell.axes.dp * cell.axes.cp;
        let placed = cell.placements.iter().map(|placement| {
            let legal = |(zero, shard): &&(ZeroStage, u32)| {
                let hybrid = *shard < replicas;
                self.census.together(signature.beside(schedule, *placement, *zero, hybrid))
            };
            let choice = |(zero, shard): &(ZeroStage, u32)| Choice {
                zero: *zero,
                shard: *shard,
                replicas: OnceCell::new(),
            };
            (*placement, cell.axes.shards.iter().filter(legal).map(choice).collect())
        });
        Choices { schedule, placed: placed.collect() }
    }

    fn solve_pipeline(
        &mut self,
        cell: &Cell<'_>,
        pipeline: &Pipeline,
        cut: &Cut,
        choices: &Choices,
    ) {
        let entry = Entry {
            pipeline,
            layout: cell.layout(pipeline),
            stages: Stages::new(self.book, cell.sheet, cut),
            work_bytes: OnceCell::new(),
            relief: OnceCell::new(),
        };
        for (placement, list) in &choices.placed {
            let layout = Layout { placement: *placement, ..entry.layout };
            let times = self.stage_times(&layout, cell.sheet, &entry.stages, None);
            let total = self.book.quick_total(&layout, &entry.stages, &times);
            let least = self.least_total(&layout, &entry.stages, list, &times, total);
            if self.bound(least) {
                continue;
            }
            let relief =
                entry.relief.get_or_init(|| self.relief(cell, &entry, &layout, list, &times));
            let Some(relief) = *relief else { return };
            if self.bound(least + relief) {
                continue;
            }
            for choice in list {
                let layout = Layout { zero: choice.zero, shard: choice.shard, ..layout };
                self.solve_choice(cell, &entry, &layout, choice, (&times, total), relief);
            }
        }
    }

    /// At most the time of the micro-batches under any choice of ZeRO: stages 2 and 3 sum a share of the gradients.
    fn least_total(
        &self,
        layout: &Layout,
        stages: &Stages<'_>,
        list: &[Choice],
        times: &[StageTime],
        total: f64,
    ) -> f64 {
        if list.iter().all(|choice| choice.zero < ZeroStage::Two) {
            return total;
        }
        let times: Vec<StageTime> = times.iter().map(StageTime::without_sums).collect();
        self.book.quick_total(layout, stages, &times)
    }

    /// A choice of ZeRO, where the micro-batches of stages 0 and 1 take `total` and what makes room at least
    /// `relief`.
    fn solve_choice(
        &mut self,
        cell: &Cell<'_>,
        entry: &Entry<'_>,
        layout: &Layout,
        choice: &Choice,
        (times, total): (&[StageTime], f64),
        relief: f64,
    ) {
        let each = choice.zero >= ZeroStage::Two;
        if !each && self.bound(total + relief) {
            return;
        }
        let (stages, sheet) = (&entry.stages, cell.sheet);
        let replicas = choice.replicas.get_or_init(|| cell.axes.replicas(self.book, layout));
        if let (false, Some(stage), Some(time)) = (each, stages.classes.last(), times.last()) {
            let least = self.book.least_finish(layout, stage, time, replicas);
            if self.bound(total + least + relief) {
                return;
            }
        }
        let own: Vec<StageTime>;
        let (times, total) = if each {
            own = self.stage_times(layout, sheet, stages, Some(replicas));
            (own.as_slice(), self.book.quick_total(layout, stages, &own))
        } else {
            (times, total)
        };
        let total = total + self.book.finish(layout, stages, times, replicas).total();
        if !self.bound(total + relief) {
            self.solve_states(cell, entry, layout, (replicas, times, total), relief > 0.0);
        }
    }

    /// Time of a micro-batch on each stage, with what ZeRO-2 and 3 owe each time if `replicas` are given.
    fn stage_times(
        &self,
        layout: &Layout,
        sheet: &Sheet,
        stages: &Stages<'_>,
        replicas: Option<&Replicas>,
    ) -> Vec<StageTime> {
        let send = self.book.send(layout, sheet);
        let price = |stage| {
            let owed = match replicas {
                Some(replicas) => Book::owed(replicas, stage),
                None => Owed::default(),
            };
            (owed, send)
        };
        let times = stages.classes.iter().map(|stage| {
            let (owed, send) = price(&stage.elements);
            self.book.stage_time(layout, sheet, stage, &owed, send)
        });
        times.collect()
    }

    /// Offload, selective recompute and recomputed layers, for everything else given, with what was learned of
    /// it. `too_full` says that the plain form is known not to fit.
    fn solve_states(
        &mut self,
        cell: &Cell<'_>,
        entry: &Entry<'_>,
        layout: &Layout,
        (replicas, times, total): (&Replicas, &[StageTime], f64),
        too_full: bool,
    ) {
        let sheet = cell.sheet;
        let plain_fits = !too_full && self.plain_fits(entry, layout, sheet);
        if plain_fits && self.offer_fitting(layout, sheet, &entry.stages) {
            // Nothing is gained by spending time on memory that is not needed.
            return;
        }
        let full = self.too_full(entry, layout, sheet, times);
        let relief = full.map(|full| Relief::new(self.book, layout, sheet, replicas, &full));
        for offload in self.census.offloads() {
            let allowed = offload_techniques(offload);
            if !self.census.together(uses(layout) | allowed) {
                continue;
            }
            for selective in self.census.selective() {
                let least = match &relief {
                    Some(relief) => relief.least(offload, *selective),
                    None => Some(0.0),
                };
                if least.is_none_or(|least| self.bound(total + least)) {
                    continue;
                }
                let recompute = Recompute { selective: *selective, full_layers: 0 };
                let layout = Layout { offload: *offload, recompute, ..*layout };
                self.solve_recompute(cell, entry, &layout);
            }
        }
    }

    /// Whether a layout with nothing offloaded or recomputed fits.
    fn plain_fits(&self, entry: &Entry<'_>, layout: &Layout, sheet: &Sheet) -> bool {
        let work = entry.work_bytes.get_or_init(|| self.work_bytes(layout, sheet, &entry.stages));
        entry.stages.classes.iter().zip(work).all(|(stage, work)| {
            let mut memory = Memory::ZERO;
            self.book.states(layout, &stage.elements, &mut memory);
            memory.total() + *work <= self.capacity
        })
    }

    fn work_bytes(&self, layout: &Layout, sheet: &Sheet, stages: &Stages<'_>) -> Vec<Bytes> {
        let bytes = stages.classes.iter().map(|stage| {
            let mut memory = Memory::ZERO;
            self.book.work_memory(layout, sheet, stage, &mut memory);
            memory.total()
        });
        bytes.collect()
    }

    /// Least seconds that any layout of this entry needs beyond its plain form, because not even ZeRO at its
    /// furthest makes the plain form fit.
    fn relief(
        &self,
        cell: &Cell<'_>,
        entry: &Entry<'_>,
        layout: &Layout,
        list: &[Choice],
        times: &[StageTime],
    ) -> Option<f64> {
        let mut least: Option<f64> = None;
        let (two, three) = (ZeroStage::Two, ZeroStage::Three);
        // Stages 0 and 1 take the same time with each micro-batch; 1 needs less memory.
        let groups = [ZeroStage::Zero..=ZeroStage::One, two..=two, three..=three];
        for group in groups {
            let alike = list.iter().filter(|choice| group.contains(&choice.zero));
            let furthest = alike.max_by_key(|choice| (choice.zero, choice.shard));
            let Some(choice) = furthest else { continue };
            let zero = choice.zero;
            let layout = Layout { zero, shard: choice.shard, ..*layout };
            let replicas = choice.replicas.get_or_init(|| cell.axes.replicas(self.book, &layout));
            let own: Vec<StageTime>;
            let times = if zero >= ZeroStage::Two {
                own = self.stage_times(&layout, cell.sheet, &entry.stages, Some(replicas));
                own.as_slice()
            } else {
                times
            };
            let Some(full) = self.too_full(entry, &layout, cell.sheet, times) else {
                return Some(0.0);
            };
            let relief = Relief::new(self.book, &layout, cell.sheet, replicas, &full);
            let offloads = self.census.offloads().iter();
            let ways = offloads.flat_map(|o| self.census.selective().iter().map(move |s| (o, *s)));
            let all = ways.filter_map(|(offload, selective)| relief.least(offload, selective));
            least = all.chain(least).reduce(f64::min);
        }
        least
    }

    /// The fullest stage of the plain form of an entry with that choice of ZeRO, if it does not fit.
    fn too_full<'s>(
        &self,
        entry: &'s Entry<'_>,
        layout: &Layout,
        sheet: &Sheet,
        times: &[StageTime],
    ) -> Option<TooFull<'s>> {
        let work = entry.work_bytes.get_or_init(|| self.work_bytes(layout, sheet, &entry.stages));
        let stages = entry.stages.classes.iter().zip(work).zip(times);
        let sizes = stages.map(|((stage, work), time)| {
            let mut states = Memory::ZERO;
            self.book.states(layout, &stage.elements, &mut states);
            (states.total() + *work, stage, states, time)
        });
        let (bytes, stage, states, time) = sizes.max_by_key(|(bytes, ..)| *bytes)?;
        let at = slowest(times) as usize;
        let (slow, slow_time) = (entry.stages.classes.get(at)?, *times.get(at)?);
        let excess = bytes.less(self.capacity);
        let full = TooFull { stage, states, time: *time, slow, slow_time, excess };
        (excess > Bytes::ZERO).then_some(full)
    }

    /// Every number of recomputed layers: each adds work and takes away what moves to the host.
    fn solve_moved(&mut self, cell: &Cell<'_>, entry: &Entry<'_>, layout: &Layout) {
        let (stages, sheet) = (&entry.stages, cell.sheet);
        let replicas = cell.axes.replicas(self.book, layout);
        let some = space::recomputed_layers(self.book.case(), entry.pipeline.chunk_layers_max);
        let numbers = some.map_or(0..0, |(low, high)| low..high + 1);
        for full_layers in std::iter::once(0).chain(numbers) {
            let recompute = Recompute { full_layers, ..layout.recompute };
            let layout = Layout { recompute, ..*layout };
            let (_, time) = self.book.time(&layout, sheet, stages, &replicas);
            if !self.slower(time.total()) && self.fits(&layout, sheet, stages) {
                self.offer_fitting(&layout, sheet, stages);
            }
        }
    }

    /// The smallest number of recomputed layers that fits: memory falls and time rises with each.
    fn solve_recompute(&mut self, cell: &Cell<'_>, entry: &Entry<'_>, layout: &Layout) {
        let (stages, sheet) = (&entry.stages, cell.sheet);
        if layout.offload.activations {
            return self.solve_moved(cell, entry, layout);
        }
        let plain = layout.offload == Offload::default() && !layout.recompute.selective;
        if !plain {
            let replicas = cell.axes.replicas(self.book, layout);
            let (_, time) = self.book.time(layout, sheet, stages, &replicas);
            if self.slower(time.total()) {
                return;
            }
            if self.fits(layout, sheet, stages) && self.offer_fitting(layout, sheet, stages) {
                return;
            }
        }
        let case = self.book.case();
        let most = entry.pipeline.chunk_layers_max;
        let Some((low, high)) = space::recomputed_layers(case, most) else {
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
        self.offer_fitting(&with(high), sheet, stages);
    }

    fn fits(&self, layout: &Layout, sheet: &Sheet, stages: &Stages<'_>) -> bool {
        self.book.within(layout, sheet, stages, self.capacity)
    }

    /// Takes a layout that fits if it is legal and the best so far; whether it is legal.
    fn offer_fitting(&mut self, layout: &Layout, sheet: &Sheet, stages: &Stages<'_>) -> bool {
        let none = layout.recompute.full_layers == 0;
        if none && !space::may_recompute_none(self.book.case()) {
            return false;
        }
        if !self.census.together(uses(layout)) {
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
            pp: self.axes.pp,
            schedule: pipeline.schedule,
            vpp: pipeline.vpp,
            slots: pipeline.slots,
            dp: self.axes.dp,
            ep: self.experts.0,
            etp: self.experts.1,
            micro_batch: self.micro_batch,
            ..Layout::SINGLE
        }
    }

    fn cut(&self, book: &Book<'_>, pipeline: &Pipeline) -> Cut {
        use crate::layout::split::CutKey;
        Cut::new(&book.case().model, CutKey::of(&self.layout(pipeline)))
    }
}
