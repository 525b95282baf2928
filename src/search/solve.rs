//! The innermost part of the search: placement, ZeRO, offload and recompute, for given degrees, micro-batch and
//! pipeline.

use super::cell::Grounds;
use super::census::{Census, offload_techniques};
use super::dues::{Choices, Due, FAMILIES, GROUPS, group, plain};
use super::{Budget, Candidate, Goal, Rank};
use crate::estimate::{
    Book, Memory, Owed, Pace, Relief, Replicas, Sheet, Stage, StageTime, Stages, TooFull, slowest,
};
use crate::layout::rules::uses;
use crate::layout::space::{self, Pipeline};
use crate::layout::split::Cut;
use crate::layout::{Layout, Offload, Placement, Recompute, Schedule, ZeroStage};
use crate::stack::{Technique, Techniques};
use crate::units::{Bytes, Seconds, order};
use std::cell::OnceCell;
use std::ops::Range;

/// Bounds are shrunk by this much, so that rounding can never cut an equal layout.
pub(super) const SAFE: f64 = 1.0 - 1e-9;

/// Looks at everything that is not settled.
pub(super) struct Solver<'a, 'b> {
    pub book: &'b Book<'a>,
    pub census: &'b Census<'a>,
    pub capacity: Bytes,
    /// Time of the best so far, or what was wanted at most.
    limit: Seconds,
    budget: Budget,
    pub best: Option<(Rank, Candidate)>,
    pub estimated: u64,
    /// Bounds worked out.
    pub bounds: u64,
    /// Room for the paces of stages.
    pub scratch: Vec<(f64, Pace)>,
}

/// One way to run the pipeline, with what does not depend on ZeRO, offload or recompute.
struct Entry<'c> {
    pipeline: &'c Pipeline,
    layout: Layout,
    sheet: &'c Sheet,
    stages: Stages<'c>,
    /// Memory of each stage but states, with nothing recomputed or offloaded, and most that could be freed of it.
    work_bytes: OnceCell<Vec<(Bytes, f64)>>,
    /// Seconds that the cheapest relief takes where memory is too small with ZeRO at its furthest, for each group.
    relief: [OnceCell<f64>; GROUPS],
}

/// The plain form of a placement and a family of choices of ZeRO.
struct Plain {
    layout: Layout,
    times: Vec<StageTime>,
    /// Seconds of its micro-batches.
    total: f64,
    /// Of these, those of the slowest stage with each.
    slow: f64,
}

/// How full the stages of a layout are: one at a time, and never moved far.
#[allow(clippy::large_enum_variant)]
enum Fullness<'s> {
    Fits,
    TooFull(TooFull<'s>),
    /// Nothing that may be recomputed or moved makes them fit.
    Never,
}

impl<'a, 'b> Solver<'a, 'b> {
    pub(super) fn new(book: &'b Book<'a>, census: &'b Census<'a>, goal: &Goal) -> Self {
        let Goal { capacity, cutoff: limit, budget, .. } = *goal;
        let (best, estimated, bounds, scratch) = (None, 0, 0, Vec::new());
        Self { book, census, capacity, limit, budget, best, estimated, bounds, scratch }
    }

    /// Whether what takes at least that long is slower than the best so far, or than was wanted.
    pub(super) fn slower(&self, least: Seconds) -> bool {
        least > self.limit
    }

    /// Whether the budget is spent.
    pub(super) fn spent(&self) -> bool {
        self.estimated >= self.budget.candidates || self.bounds >= self.budget.bounds
    }

    fn bound(&self, seconds: f64) -> bool {
        self.slower(Seconds::new(seconds * SAFE))
    }

    /// Seconds that every layout of a pipeline takes at least; not finite if none fits.
    pub(super) fn least(
        &self,
        at: &Grounds<'_>,
        sheet: &Sheet,
        pipeline: &Pipeline,
        cut: &Cut,
        choices: &Choices,
    ) -> f64 {
        let entry = Entry::new(self.book, at, sheet, pipeline, cut);
        let mut all: Vec<(f64, usize, usize)> = Vec::new();
        let mut families = Vec::new();
        for (placement, list) in &choices.placed {
            let own = OnceCell::new();
            for family in FAMILIES {
                let Some(plain) = self.family(&entry, *placement, family, list, &own) else {
                    continue;
                };
                let mut least = [f64::INFINITY; GROUPS];
                for due in list.iter().filter(|due| family.contains(&group(due.zero))) {
                    let place = &mut least[group(due.zero)];
                    *place = place.min(self.with_dues(&entry, &plain, due));
                }
                all.extend(family.clone().map(|group| (least[group], families.len(), group)));
                families.push((plain, list));
            }
        }
        // Relief only adds: it is not asked for where it decides nothing.
        order::sort_by(&mut all, |a, b| a.0.total_cmp(&b.0));
        let mut least = f64::INFINITY;
        for (total, family, group) in all {
            let Some((plain, list)) = families.get(family).filter(|_| total < least) else {
                break;
            };
            let slower = self.bound(total);
            let relief = || self.relief(&entry, (&plain.layout, &plain.times), list, group);
            least = least.min(total + if slower { 0.0 } else { relief() });
        }
        least
    }

    /// Seconds that a plain form takes at least with a choice of ZeRO of its family.
    ///
    /// Stages that take longer never wait for less, so a step takes all of what the slowest takes longer with each
    /// micro-batch. Of that at most nine tenths hide what follows the micro-batches. Under DualPipe the wait ends sooner
    /// where the pace is slower, for as many micro-batches as half the stages and two.
    fn with_dues(&self, entry: &Entry<'_>, plain: &Plain, due: &Due) -> f64 {
        let Plain { layout, times, total, slow } = plain;
        let mut m = f64::from(layout.n_micro_batches(self.book.case().training.global_batch));
        if layout.schedule == Schedule::DualPipe {
            m -= f64::from(layout.pp) / 2.0 + 2.0;
        }
        if due.zero < ZeroStage::Two || m < 1.0 {
            return total + due.least(self.book, *slow, (0.0, 0.0));
        }
        let more = Book::least_owing(&entry.stages, times, &due.open);
        total + m * more + due.once(self.book, slow + more)
    }

    /// The plain layout of a placement and a family of groups of choices, with the times of its stages, if any of
    /// `list` is of it.
    fn family(
        &self,
        entry: &Entry<'_>,
        placement: Placement,
        family: &Range<usize>,
        list: &[Due],
        own: &OnceCell<Vec<StageTime>>,
    ) -> Option<Plain> {
        let any = list.iter().any(|due| family.contains(&group(due.zero)));
        any.then(|| {
            let layout = Layout { placement, zero: plain(family.start), ..entry.layout };
            let own = own.get_or_init(|| self.alone(&layout, entry));
            let mut times = self.stage_times(&layout, entry, own, None);
            if layout.zero >= ZeroStage::Two {
                // What is summed of the gradients depends on the choice.
                times = times.iter().map(StageTime::without_sums).collect();
            }
            let total = self.book.quick_total(&layout, &entry.stages, &times);
            let slow = times.get(slowest(&times) as usize).map_or(0.0, |time| time.total);
            Plain { layout, times, total, slow }
        })
    }

    /// Looks at every layout of a pipeline, most of them by proof.
    pub(super) fn solve(
        &mut self,
        at: &Grounds<'_>,
        sheet: &Sheet,
        pipeline: &Pipeline,
        cut: &Cut,
        choices: &Choices,
    ) {
        let entry = Entry::new(self.book, at, sheet, pipeline, cut);
        for (placement, list) in &choices.placed {
            let own = OnceCell::new();
            for family in FAMILIES {
                let plain = self.family(&entry, *placement, family, list, &own);
                let (Some(plain), Some(own)) = (plain, own.get()) else {
                    continue;
                };
                if self.bound(plain.total) {
                    continue;
                }
                for due in list.iter().filter(|due| family.contains(&group(due.zero))) {
                    self.bounds += 1;
                    let least = self.with_dues(&entry, &plain, due);
                    if self.bound(least) {
                        continue;
                    }
                    let Plain { layout, times, total, .. } = &plain;
                    let relief = self.relief(&entry, (layout, times), list, group(due.zero));
                    if relief.is_finite() && !self.bound(least + relief) {
                        let layout = Layout { zero: due.zero, shard: due.shard, ..*layout };
                        self.solve_choice(&entry, &layout, due, (times, own, *total), relief);
                    }
                }
            }
        }
    }

    /// A choice of ZeRO, where the micro-batches of stages 0 and 1 take `total` and what makes room at least
    /// `relief`.
    fn solve_choice(
        &mut self,
        entry: &Entry<'_>,
        layout: &Layout,
        due: &Due,
        (times, own, total): (&[StageTime], &[StageTime], f64),
        relief: f64,
    ) {
        let (stages, replicas) = (&entry.stages, &due.replicas);
        let owing: Vec<StageTime>;
        let (times, total) = if due.zero >= ZeroStage::Two {
            owing = self.stage_times(layout, entry, own, Some(replicas));
            (owing.as_slice(), self.book.quick_total(layout, stages, &owing))
        } else {
            (times, total)
        };
        let total = total + self.book.finish(layout, stages, times, replicas).total();
        if !self.bound(total + relief) {
            self.solve_states(entry, layout, (replicas, times, total), relief > 0.0);
        }
    }

    /// What does not depend on ZeRO of a micro-batch's time on each stage.
    fn alone(&self, layout: &Layout, entry: &Entry<'_>) -> Vec<StageTime> {
        let send = self.book.send(layout, entry.sheet);
        let stages = entry.stages.classes.iter();
        stages.map(|stage| self.book.stage_alone(layout, entry.sheet, stage, send)).collect()
    }

    /// Time of a micro-batch on each stage, of which `own` does not depend on ZeRO, with what ZeRO-2 and 3 owe each time
    /// if `replicas` are given.
    fn stage_times(
        &self,
        layout: &Layout,
        entry: &Entry<'_>,
        own: &[StageTime],
        replicas: Option<&Replicas>,
    ) -> Vec<StageTime> {
        let times = entry.stages.classes.iter().zip(own).map(|(stage, own)| {
            let owed = replicas.map_or_else(Owed::default, |all| Book::owed(all, &stage.elements));
            self.book.stage_owing(own, layout, stage, &owed, 0.0)
        });
        times.collect()
    }

    /// Offload, selective recompute and recomputed layers, for everything else given, with what was learned of
    /// it. `too_full` says that the plain form is known not to fit.
    fn solve_states(
        &mut self,
        entry: &Entry<'_>,
        layout: &Layout,
        (replicas, times, total): (&Replicas, &[StageTime], f64),
        too_full: bool,
    ) {
        let sheet = entry.sheet;
        let plain_fits = !too_full && self.plain_fits(entry, layout, sheet);
        if plain_fits && self.offer_fitting(layout, sheet, &entry.stages) {
            // Nothing is gained by spending time on memory that is not needed.
            return;
        }
        let relief = match self.fullness(entry, layout, sheet, times) {
            Fullness::Fits => None,
            Fullness::Never => return,
            Fullness::TooFull(full) => Some(Relief::new(self.book, layout, sheet, replicas, &full)),
        };
        let used = uses(layout);
        for offload in self.census.offloads() {
            for selective in self.census.selective() {
                let Some(whole) = self.may_recompute(used, offload, *selective) else {
                    continue;
                };
                let least = match &relief {
                    Some(relief) => relief.least(offload, *selective, whole),
                    None => Some(0.0),
                };
                if least.is_none_or(|least| self.bound(total + least)) {
                    continue;
                }
                let recompute = Recompute { selective: *selective, full_layers: 0 };
                let layout = Layout { offload: *offload, recompute, ..*layout };
                self.solve_recompute(entry, &layout, replicas, whole);
            }
        }
    }

    /// Whether a layout with nothing offloaded or recomputed fits.
    fn plain_fits(&self, entry: &Entry<'_>, layout: &Layout, sheet: &Sheet) -> bool {
        let work = entry.work_bytes.get_or_init(|| self.work_bytes(layout, sheet, &entry.stages));
        entry.stages.classes.iter().zip(work).all(|(stage, (work, _))| {
            let mut memory = Memory::ZERO;
            self.book.states(layout, &stage.elements, &mut memory);
            memory.total() + *work <= self.capacity
        })
    }

    fn work_bytes(&self, layout: &Layout, sheet: &Sheet, stages: &Stages<'_>) -> Vec<(Bytes, f64)> {
        let thrift = self.census.thrift();
        let bytes = stages.classes.iter().map(|stage| {
            let mut memory = Memory::ZERO;
            self.book.work_memory(layout, sheet, stage, &mut memory);
            (memory.total(), self.book.most_freed(layout, sheet, stage, thrift))
        });
        bytes.collect()
    }

    /// Least seconds that any layout of this entry needs beyond its plain form, of which `plain` tells the stages'
    /// times, with a group of choices of ZeRO, because not even its furthest makes the plain form fit; not finite if
    /// nothing does.
    fn relief(
        &self,
        entry: &Entry<'_>,
        plain: (&Layout, &[StageTime]),
        list: &[Due],
        group: usize,
    ) -> f64 {
        let known = entry.relief.get(group);
        known.map_or(0.0, |known| {
            *known.get_or_init(|| self.group_relief(entry, plain, list, group))
        })
    }

    fn group_relief(
        &self,
        entry: &Entry<'_>,
        (layout, times): (&Layout, &[StageTime]),
        list: &[Due],
        of: usize,
    ) -> f64 {
        // Stages 0 and 1 take the same time with each micro-batch; 1 needs less memory.
        let alike = list.iter().filter(|due| group(due.zero) == of);
        let Some(due) = alike.max_by_key(|due| (due.zero, due.shard)) else {
            return f64::INFINITY;
        };
        let layout = Layout { zero: due.zero, shard: due.shard, ..*layout };
        let full = match self.fullness(entry, &layout, entry.sheet, times) {
            Fullness::Fits => return 0.0,
            Fullness::Never => return f64::INFINITY,
            Fullness::TooFull(full) => full,
        };
        let relief = Relief::new(self.book, &layout, entry.sheet, &due.replicas, &full);
        let mut least = f64::INFINITY;
        let used = uses(&layout);
        for offload in self.census.offloads() {
            for selective in self.census.selective() {
                if let Some(whole) = self.may_recompute(used, offload, *selective) {
                    let seconds = relief.least(offload, *selective, whole);
                    least = seconds.map_or(least, |seconds| least.min(seconds));
                }
            }
        }
        least
    }

    /// Whether whole layers may be recomputed beside these and what else is used, if these may be together at all.
    fn may_recompute(&self, used: Techniques, offload: &Offload, selective: bool) -> Option<bool> {
        let mut used = used | offload_techniques(offload);
        if selective {
            used = used.with(Technique::SelectiveRecompute);
        }
        let whole = used.with(Technique::FullRecompute);
        self.census.together(used).then(|| self.census.together(whole))
    }

    /// How full the stages of the plain form of an entry are with that choice of ZeRO.
    fn fullness<'s>(
        &self,
        entry: &'s Entry<'_>,
        layout: &Layout,
        sheet: &Sheet,
        times: &[StageTime],
    ) -> Fullness<'s> {
        let work = entry.work_bytes.get_or_init(|| self.work_bytes(layout, sheet, &entry.stages));
        let stages = entry.stages.classes.iter().zip(work).zip(times);
        let moved = self.census.most_offloaded();
        let mut fullest: Option<(Bytes, &Stage<'_>, Memory, &StageTime)> = None;
        for ((stage, (work, freed)), time) in stages {
            let mut states = Memory::ZERO;
            self.book.states(layout, &stage.elements, &mut states);
            let bytes = states.total() + *work;
            if bytes <= self.capacity {
                continue;
            }
            let away = Relief::states_moved(&states, &moved).as_f64();
            if bytes.less(self.capacity).as_f64() > freed + away {
                return Fullness::Never;
            }
            if fullest.as_ref().is_none_or(|(most, ..)| *most <= bytes) {
                fullest = Some((bytes, stage, states, time));
            }
        }
        let at = slowest(times) as usize;
        match (fullest, entry.stages.classes.get(at), times.get(at)) {
            (Some((bytes, stage, states, time)), Some(slow), Some(slow_time)) => {
                let excess = bytes.less(self.capacity);
                let (time, slow_time) = (*time, *slow_time);
                Fullness::TooFull(TooFull { stage, states, time, slow, slow_time, excess })
            }
            _ => Fullness::Fits,
        }
    }

    /// Every number of recomputed layers: each adds work and takes away what moves to the host.
    fn solve_moved(
        &mut self,
        entry: &Entry<'_>,
        layout: &Layout,
        replicas: &Replicas,
        whole: bool,
    ) {
        let most = entry.pipeline.chunk_layers_max;
        self.solve_between(entry, layout, replicas, (0, 0));
        if let Some(range) = space::recomputed_layers(self.book.case(), most).filter(|_| whole) {
            self.solve_between(entry, layout, replicas, range);
        }
    }

    /// Every number of recomputed layers of a range, halved until the least work and the fewest transfers in it are
    /// too slow.
    fn solve_between(
        &mut self,
        entry: &Entry<'_>,
        layout: &Layout,
        replicas: &Replicas,
        (low, high): (u32, u32),
    ) {
        let (stages, sheet) = (&entry.stages, entry.sheet);
        let with = |full_layers: u32| Layout {
            recompute: Recompute { full_layers, ..layout.recompute },
            ..*layout
        };
        let (few, many) = (with(low), with(high));
        self.bounds += 1;
        if self.bound(self.book.least_between((&few, &many), sheet, stages, replicas)) {
            return;
        }
        if low < high {
            let middle = u32::midpoint(low, high);
            self.solve_between(entry, layout, replicas, (low, middle));
            self.solve_between(entry, layout, replicas, (middle + 1, high));
        } else if self.fits(&few, sheet, stages) {
            self.offer_fitting(&few, sheet, stages);
        }
    }

    /// The smallest number of recomputed layers that fits: memory falls and time rises with each.
    fn solve_recompute(
        &mut self,
        entry: &Entry<'_>,
        layout: &Layout,
        replicas: &Replicas,
        whole: bool,
    ) {
        let (stages, sheet) = (&entry.stages, entry.sheet);
        if layout.offload.activations {
            return self.solve_moved(entry, layout, replicas, whole);
        }
        let plain = layout.offload == Offload::default() && !layout.recompute.selective;
        if !plain {
            let (_, time) = self.book.time(layout, sheet, stages, replicas);
            if self.slower(time.total()) {
                return;
            }
            if self.fits(layout, sheet, stages) && self.offer_fitting(layout, sheet, stages) {
                return;
            }
        }
        if !whole {
            return;
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
        let wanted = rank.step <= self.limit;
        if wanted && self.best.as_ref().is_none_or(|(best, _)| rank < *best) {
            self.limit = rank.step;
            self.best = Some((rank, candidate));
        }
        true
    }
}

impl<'c> Entry<'c> {
    fn new(
        book: &Book<'_>,
        at: &Grounds<'_>,
        sheet: &'c Sheet,
        pipeline: &'c Pipeline,
        cut: &'c Cut,
    ) -> Self {
        Self {
            pipeline,
            layout: at.layout(pipeline),
            sheet,
            stages: Stages::new(book, sheet, cut),
            work_bytes: OnceCell::new(),
            relief: [const { OnceCell::new() }; GROUPS],
        }
    }
}
