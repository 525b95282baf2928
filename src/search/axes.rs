//! The axes below a split of the layers, kept so that nodes share them.

use super::census::{Census, Signature, ZeroCounts, zero_counts};
use super::dues::Choices;
use crate::case::Case;
use crate::estimate::{Book, LeastMemory, LeastStates, Replicas, Way};
use crate::layout::rules::schedule_takes_batches;
use crate::layout::space::{self, Pipeline, SCHEDULES, Split};
use crate::layout::split::{Cut, CutKey};
use crate::layout::{Layout, Placement, Schedule, ZeroStage};
use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;
use std::ops::Range;
use std::rc::Rc;

/// The ways to run a pipeline of some number of stages.
pub(super) struct Pipes {
    pub pp: u32,
    pub list: Vec<(Pipeline, OnceCell<Cut>)>,
    /// Most chunks that each schedule allows (0: not at all).
    pub vpp_most: [u32; SCHEDULES.len()],
    /// For each schedule, its pipelines times their choices of recomputing no layer whole, and some.
    pub recomputes: [(u64, u64); SCHEDULES.len()],
    /// Schedules with their chunks, in the order of the pipelines that run so.
    pub ways: Vec<WayAxes>,
}

/// What pipelines share that differ only in their slots.
pub(super) struct WayAxes {
    pub way: Way,
    pub pipelines: Range<u32>,
    /// The stage with the head, with no more layers of any kind than any of them puts there.
    head: OnceCell<Cut>,
}

/// Schedules, each with a number of chunks.
#[derive(Clone, Copy)]
pub(super) struct Ways {
    list: [(Schedule, u32); SCHEDULES.len()],
    n: usize,
}

impl Ways {
    pub(super) fn list(&self) -> &[(Schedule, u32)] {
        self.list.get(..self.n).unwrap_or_default()
    }
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
    /// Index of the prices of each.
    pub experts_at: Vec<u32>,
    /// Micro-batches, each with their number.
    pub batches: Vec<(u32, u32)>,
    zero_counts: ZeroCounts,
    /// What parameters need at least under each split of the experts.
    least: OnceCell<Vec<LeastStates>>,
    /// Bytes of states that every layout needs at least, whatever the split of the experts.
    pub least_states: f64,
    /// Replicas already worked out, by the ranks that share experts and the layout's ZeRO and placement.
    replicas: RefCell<BTreeMap<(u64, ZeroStage, u32, Placement), Replicas>>,
    /// Legal choices of ZeRO, by the ranks that share experts and the techniques in use.
    choices: RefCell<Vec<(u64, Signature, Rc<Choices>)>>,
    /// For each split of the experts, of what sort it is: the space holds as many layouts under all of one sort.
    sorts: Vec<u8>,
    /// Of each sort one split, and how many there are.
    of_sorts: [Option<((u32, u32), u64)>; SORTS],
    counts: RefCell<Vec<(Split, u32, SortCounts)>>,
}

/// Sorts of splits of the experts: whether they fold like the rest, and whether either of their degrees is above one.
const SORTS: usize = 8;

/// Layouts under one split of the experts of each sort.
pub(super) type SortCounts = [u64; SORTS];

impl Pipes {
    pub(super) fn new(case: &Case, pp: u32) -> Self {
        let list: Vec<_> =
            space::pipelines(case, pp).into_iter().map(|p| (p, OnceCell::new())).collect();
        let mut vpp_most = [0; SCHEDULES.len()];
        let mut recomputes = [(0, 0); SCHEDULES.len()];
        let none = u64::from(space::may_recompute_none(case));
        for (pipeline, _) in &list {
            let schedule = pipeline.schedule as u8 as usize;
            if let Some(most) = vpp_most.get_mut(schedule) {
                *most = pipeline.vpp.max(*most);
            }
            let range = space::recomputed_layers(case, pipeline.chunk_layers_max);
            if let Some(sums) = recomputes.get_mut(schedule) {
                sums.0 += none;
                sums.1 += range.map_or(0, |(low, high)| u64::from(high - low + 1));
            }
        }
        let mut ways: Vec<WayAxes> = Vec::new();
        for (i, (Pipeline { schedule, vpp, .. }, _)) in list.iter().enumerate() {
            let i = i as u32;
            let way = Way { schedule: *schedule, pp, vpp: *vpp };
            match ways.last_mut().filter(|last| last.way == way) {
                Some(last) => last.pipelines.end = i + 1,
                None => ways.push(WayAxes { way, pipelines: i..i + 1, head: OnceCell::new() }),
            }
        }
        Self { pp, list, vpp_most, recomputes, ways }
    }

    /// The pipeline of that index and its cut.
    pub(super) fn get(&self, book: &Book<'_>, index: usize) -> Option<(&Pipeline, &Cut)> {
        let (pipeline, cut) = self.list.get(index)?;
        let Pipeline { schedule, vpp, slots, .. } = *pipeline;
        let layout = Layout { pp: self.pp, vpp, slots, schedule, ..Layout::SINGLE };
        Some((
            pipeline,
            cut.get_or_init(|| Cut::new(&book.case().model, &book.layers, CutKey::of(&layout))),
        ))
    }

    /// A way, with the stage that has the head: no pipeline that runs so puts fewer layers there.
    pub(super) fn head(&self, book: &Book<'_>, way: usize) -> Option<(&Way, &Cut)> {
        let WayAxes { way, pipelines, head } = self.ways.get(way)?;
        let head = head.get_or_init(|| {
            let cuts = pipelines.clone().filter_map(|i| self.get(book, i as usize));
            let mut least: Option<Cut> = None;
            for (_, cut) in cuts {
                let class = cut.classes.iter().find(|class| class.head);
                let old = least.as_ref().and_then(|least| least.classes.first());
                let class = match (class, old) {
                    (Some(class), Some(old)) => class.less(old),
                    (Some(class), None) => class.clone(),
                    _ => continue,
                };
                least = Some(Cut { classes: vec![class], ..cut.clone() });
            }
            least.unwrap_or_default()
        });
        Some((way, head))
    }

    /// The schedules that run with `m` micro-batches, as bits.
    pub(super) fn mask(&self, m: u32) -> u32 {
        let runs = |(schedule, vpp): &(Schedule, u32)| {
            *vpp > 0 && (self.pp == 1 || schedule_takes_batches(*schedule, self.pp, m))
        };
        let all = SCHEDULES.into_iter().zip(self.vpp_most);
        all.filter(runs).fold(0, |mask, (schedule, _)| mask | 1 << schedule as u8)
    }

    /// Most chunks that a schedule allows.
    pub(super) fn most(&self, schedule: Schedule) -> u32 {
        self.vpp_most.get(schedule as u8 as usize).copied().unwrap_or(0)
    }

    /// Those schedules, each with the most chunks that it allows.
    pub(super) fn ways(&self, mask: u32) -> Ways {
        let mut ways = Ways { list: [(Schedule::OneFOneB, 0); SCHEDULES.len()], n: 0 };
        for way in self.chosen(mask) {
            if let Some(place) = ways.list.get_mut(ways.n) {
                *place = way;
                ways.n += 1;
            }
        }
        ways
    }

    /// The same, one after the other.
    pub(super) fn chosen(&self, mask: u32) -> impl Iterator<Item = (Schedule, u32)> {
        let all = SCHEDULES.into_iter().zip(self.vpp_most);
        all.filter(move |(schedule, _)| mask & (1 << *schedule as u8) != 0)
    }
}

impl StageAxes {
    pub(super) fn new(
        book: &Book<'_>,
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
        let experts = space::experts(case, split.tp, split.cp, dp);
        let zero_counts = zero_counts(&shards, dp * split.cp);
        let mut axes = Self {
            tp: split.tp,
            cp: split.cp,
            pp,
            dp,
            pipes,
            shards,
            zero_most,
            experts,
            experts_at: Vec::new(),
            batches: space::micro_batches(case, dp),
            zero_counts,
            least: OnceCell::new(),
            least_states: 0.0,
            replicas: RefCell::default(),
            choices: RefCell::default(),
            sorts: Vec::new(),
            of_sorts: [None; SORTS],
            counts: RefCell::default(),
        };
        axes.set_sorts(case);
        let fold = |(ep, etp): &&(u32, u32)| u64::from(*ep) * u64::from(*etp);
        let most = axes.experts.iter().max_by_key(fold).copied().unwrap_or((1, 1));
        let states = axes.states(book, census, most, u64::from(dp * split.cp));
        axes.least_states = states.average.bytes;
        axes
    }

    /// What the replicas of a layout with these degrees charge.
    pub(super) fn replicas(&self, book: &Book<'_>, layout: &Layout) -> Replicas {
        let folded = u64::from(layout.ep) * u64::from(layout.etp);
        let key = (folded, layout.zero, layout.shard, layout.placement);
        let mut known = self.replicas.borrow_mut();
        *known.entry(key).or_insert_with(|| book.replicas(layout))
    }

    /// The choices of ZeRO beside a schedule and the techniques of `signature`.
    pub(super) fn choices(
        &self,
        book: &Book<'_>,
        census: &Census<'_>,
        signature: &Signature,
        experts: (u32, u32),
        schedule: Schedule,
        placements: &[Placement],
    ) -> Rc<Choices> {
        let folded = u64::from(experts.0) * u64::from(experts.1);
        let mut known = self.choices.borrow_mut();
        let same = |(f, s, c): &&(u64, Signature, Rc<Choices>)| {
            *f == folded && s == signature && c.schedule == schedule
        };
        if let Some((.., choices)) = known.iter().find(same) {
            return choices.clone();
        }
        let new = Choices::new(book, census, self, signature, experts, schedule, placements);
        let choices = Rc::new(new);
        known.push((folded, *signature, choices.clone()));
        choices
    }

    /// What the parameters of every layout with the split of the experts of that index need at least.
    pub(super) fn least_states(
        &self,
        book: &Book<'_>,
        census: &Census<'_>,
        experts: usize,
    ) -> Option<&LeastStates> {
        let all = self.least.get_or_init(|| {
            let ranks = u64::from(self.tp) * u64::from(self.cp) * u64::from(self.dp);
            let replicas = u64::from(self.dp * self.cp);
            let least = |experts: &(u32, u32)| {
                let folded = u64::from(experts.0) * u64::from(experts.1);
                let shared = (ranks / folded).clamp(1, replicas);
                self.states(book, census, *experts, shared)
            };
            self.experts.iter().map(least).collect()
        });
        all.get(experts)
    }

    fn states(
        &self,
        book: &Book<'_>,
        census: &Census<'_>,
        (ep, etp): (u32, u32),
        expert_replicas: u64,
    ) -> LeastStates {
        let least = LeastMemory {
            replicas: f64::from(self.dp * self.cp),
            expert_replicas: expert_replicas as f64,
            expert_ranks: u64::from(ep) * u64::from(etp),
            zero: self.zero_most,
            offload: census.offloads().last().copied().unwrap_or_default(),
        };
        book.least_states((self.tp, self.pp), &least)
    }

    /// Whether experts and the rest are replicated over the same ranks.
    pub(super) fn folds_alike(&self, case: &Case, (ep, etp): (u32, u32)) -> bool {
        let folded = u64::from(ep) * u64::from(etp);
        case.model.experts() == 0 || folded == u64::from(self.tp) * u64::from(self.cp)
    }

    fn set_sorts(&mut self, case: &Case) {
        for (ep, etp) in &self.experts {
            let alike = self.folds_alike(case, (*ep, *etp));
            let sort = usize::from(alike) + 2 * usize::from(*ep > 1) + 4 * usize::from(*etp > 1);
            self.sorts.push(sort as u8);
            if let Some(place) = self.of_sorts.get_mut(sort) {
                let n = place.map_or(0, |(_, n)| n);
                *place = Some(((*ep, *etp), n + 1));
            }
        }
    }

    /// Layouts under a split and a set of schedules, over all splits of the experts.
    pub(super) fn count_all(
        &self,
        census: &Census<'_>,
        pipes: &Pipes,
        split: &Split,
        mask: u32,
    ) -> u64 {
        let counts = self.counts(census, pipes, split, mask);
        let all = counts.iter().zip(&self.of_sorts);
        all.fold(0, |total, (count, sort)| {
            total.saturating_add(count.saturating_mul(sort.map_or(0, |(_, n)| n)))
        })
    }

    /// Layouts under a split and a set of schedules, for one split of the experts of each sort.
    pub(super) fn counts(
        &self,
        census: &Census<'_>,
        pipes: &Pipes,
        split: &Split,
        mask: u32,
    ) -> SortCounts {
        let mut all = self.counts.borrow_mut();
        if let Some((.., known)) = all.iter().find(|(s, m, _)| s == split && *m == mask) {
            return *known;
        }
        let mut counts = [0; SORTS];
        for (sort, (count, of)) in counts.iter_mut().zip(&self.of_sorts).enumerate() {
            let Some(((ep, etp), _)) = *of else { continue };
            let signature = Signature::new(split, self.pp, ep, etp);
            let alike = sort % 2 == 1;
            let placements = space::placements(census.case(), self.pp, self.dp, alike);
            *count = census.count(&signature, pipes, mask, &self.zero_counts, placements);
        }
        all.push((*split, mask, counts));
        counts
    }

    /// Of these, that of a split of the experts by its index.
    pub(super) fn count_of(&self, counts: &SortCounts, experts: usize) -> u64 {
        let sort = self.sorts.get(experts).map_or(0, |sort| usize::from(*sort));
        counts.get(sort).copied().unwrap_or(0)
    }
}
