//! The nodes of the search and their lower bounds.
//!
//! The bound of a node is the step time of a model in which its work is spread evenly over the stages, nothing
//! is recomputed, offloaded or owed between replicas, and the best schedule that the node allows runs. The time
//! of a stage is a convex, non-decreasing function of its work (sums and maxima of linear terms), so the slowest
//! stage takes at least the time of the average one; and a micro-batch must pass every stage. See
//! [`Search::least_time`].

use super::census::{Census, Signature};
use super::solve::{Cell, Solver};
use super::{Budget, Candidate, Goal, Kind, Outcome, Rank, Stop, Tally};
use crate::estimate::{AllWork, Book, SheetKey};
use crate::layout::rules::schedule_takes_batches;
use crate::layout::space::{self, Pipeline, SCHEDULES, Split};
use crate::layout::{Schedule, ZeroStage};
use crate::units::Seconds;
use std::collections::BinaryHeap;

/// Bounds are shrunk by this much, so that rounding can never cut an equal layout.
const SAFE: f64 = 1.0 - 1e-9;

/// A partial layout that waits to be looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Node {
    bound: Seconds,
    index: u32,
    /// Experts' split, once chosen.
    experts: Option<(u32, u32)>,
}

/// Degrees that a node fixes.
#[derive(Clone, Copy, Debug)]
struct Grid {
    split: Split,
    stage: u32,
    micro_batch: u32,
    m: u32,
}

/// What all nodes of one `(tp, cp, pp)` share.
#[derive(Clone, Debug)]
pub(super) struct Stage {
    pub tp: u32,
    pub cp: u32,
    pub pp: u32,
    pub dp: u32,
    pub pipelines: Vec<(Pipeline, u32)>,
    pub shards: Vec<(ZeroStage, u32)>,
    pub experts: Vec<(u32, u32)>,
    /// Most chunks that each schedule allows (0: not at all).
    vpp_most: [u32; SCHEDULES.len()],
    counts: Vec<CountKey>,
    /// Layouts under each split and set of schedules, over all splits of the experts.
    totals: Vec<(Split, u32, u64)>,
}

/// A number of layouts already counted.
#[derive(Clone, Copy, Debug)]
struct CountKey {
    split: Split,
    batches: u32,
    folds_alike: bool,
    ep: bool,
    etp: bool,
    count: u64,
}

/// One search.
pub(super) struct Search<'a, 'b> {
    book: &'b Book<'a>,
    goal: &'b Goal,
    census: Census<'a>,
    grids: Vec<Grid>,
    stages: Vec<Stage>,
    tally: Tally,
    best: Option<(Rank, Candidate)>,
}

impl PartialOrd for Node {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Node {
    /// The heap yields its greatest element: the one with the least bound, then the first made.
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        let key = |node: &Self| (node.bound, node.index, node.experts);
        key(other).cmp(&key(self))
    }
}

impl<'a, 'b> Search<'a, 'b> {
    pub(super) fn new(book: &'b Book<'a>, goal: &'b Goal) -> Self {
        Self {
            book,
            goal,
            census: Census::new(book.case()),
            grids: Vec::new(),
            stages: Vec::new(),
            tally: Tally::default(),
            best: None,
        }
    }

    pub(super) fn run(mut self) -> Outcome {
        let mut heap = BinaryHeap::from(self.roots());
        let mut stop = Stop::Complete;
        while let Some(node) = heap.pop() {
            if self.cut_by_time(node.bound) {
                self.leave(node, heap.into_vec(), true);
                break;
            }
            if self.tally.estimated >= self.goal.budget.candidates {
                stop = Stop::Budget { bound: node.bound };
                self.leave(node, heap.into_vec(), false);
                break;
            }
            match node.experts {
                None => self.open(node.index, &mut heap),
                Some(experts) => self.solve(node.index, experts),
            }
        }
        Outcome { best: self.best.map(|(_, candidate)| candidate), tally: self.tally, stop }
    }

    fn cut_by_time(&self, bound: Seconds) -> bool {
        self.best.as_ref().is_some_and(|(rank, _)| bound > rank.step)
    }

    /// Counts what is left when the search ends.
    fn leave(&mut self, node: Node, rest: Vec<Node>, by_time: bool) {
        for node in std::iter::once(node).chain(rest) {
            let count = match node.experts {
                Some(experts) => self.count(node.index, experts),
                None => self.count_all(node.index),
            };
            let place = if by_time { &mut self.tally.time_bound } else { &mut self.tally.skipped };
            *place = place.saturating_add(count);
        }
    }

    /// Every node that fixes layers' split, stages and micro-batch, but those whose least memory is too much.
    fn roots(&mut self) -> Vec<Node> {
        let case = self.book.case();
        let sequence_matters = case.stack.exclusions.iter().any(|exclusion| {
            let sp = crate::stack::Technique::SequenceParallel;
            exclusion.first == sp || exclusion.second == sp
        });
        let splits = space::splits(case);
        let mut nodes = Vec::new();
        for (i, split) in splits.iter().enumerate() {
            let next = splits.get(i + 1);
            let twin = next.is_some_and(|next| Split { sp: true, ..*split } == *next && !split.sp);
            self.add_split(split, twin && !sequence_matters, &mut nodes);
        }
        nodes
    }

    fn add_split(&mut self, split: &Split, dominated: bool, nodes: &mut Vec<Node>) {
        let case = self.book.case();
        let mut average = AverageMemo::default();
        for (pp, dp) in space::stages(case, split.tp, split.cp) {
            let stage = self.stage(split, pp, dp);
            for (micro_batch, m) in space::micro_batches(case, dp) {
                let index = self.grids.len() as u32;
                self.grids.push(Grid { split: *split, stage, micro_batch, m });
                let count = self.count_all(index);
                self.tally.space = self.tally.space.saturating_add(count);
                if count == 0 {
                    continue;
                }
                if dominated {
                    self.tally.sequence_dominated += count;
                    continue;
                }
                self.tally.nodes += 1;
                let room = self.least_memory(index);
                if room > self.goal.capacity.as_f64() {
                    self.tally.memory_bound += count;
                    continue;
                }
                let work = average.get(self.book, split, micro_batch);
                let bound = self.least_time(index, &work);
                nodes.push(Node { bound, index, experts: None });
            }
        }
    }

    /// Index of what is shared by all nodes of these degrees.
    fn stage(&mut self, split: &Split, pp: u32, dp: u32) -> u32 {
        let found = self.stages.iter().rposition(|stage| {
            (stage.tp, stage.cp, stage.pp) == (split.tp, split.cp, pp)
        });
        if let Some(index) = found {
            return index as u32;
        }
        let case = self.book.case();
        let alike = self.stages.iter().find(|stage| stage.pp == pp);
        let pipelines: Vec<(Pipeline, u32)> = match alike {
            Some(stage) => stage.pipelines.clone(),
            None => space::pipelines(case, pp).into_iter().map(|p| (p, pp)).collect(),
        };
        let mut vpp_most = [0; SCHEDULES.len()];
        for (pipeline, _) in &pipelines {
            if let Some(most) = vpp_most.get_mut(pipeline.schedule as usize) {
                *most = pipeline.vpp.max(*most);
            }
        }
        self.stages.push(Stage {
            tp: split.tp,
            cp: split.cp,
            pp,
            dp,
            pipelines,
            shards: space::shards(case, dp * split.cp),
            experts: space::experts(case, split.tp, split.cp, dp),
            vpp_most,
            counts: Vec::new(),
            totals: Vec::new(),
        });
        self.stages.len() as u32 - 1
    }

    /// Layouts under a node whose experts are not yet split.
    fn count_all(&mut self, index: u32) -> u64 {
        let Some(grid) = self.grids.get(index as usize).copied() else { return 0 };
        let Some(stage) = self.stages.get(grid.stage as usize) else { return 0 };
        let batches = stage.schedules(grid.m);
        let same = |(split, mask, _): &&(Split, u32, u64)| *split == grid.split && *mask == batches;
        if let Some((_, _, total)) = stage.totals.iter().find(same) {
            return *total;
        }
        let experts = stage.experts.clone();
        let total = experts.into_iter().fold(0_u64, |total, experts| {
            total.saturating_add(self.count(index, experts))
        });
        if let Some(stage) = self.stages.get_mut(grid.stage as usize) {
            stage.totals.push((grid.split, batches, total));
        }
        total
    }

    /// Layouts under a node whose experts are split so.
    fn count(&mut self, index: u32, (ep, etp): (u32, u32)) -> u64 {
        let Some(grid) = self.grids.get(index as usize).copied() else { return 0 };
        let case = self.book.case();
        let Some(stage) = self.stages.get_mut(grid.stage as usize) else { return 0 };
        let folds_alike = folds_alike(case, stage, ep, etp);
        let batches = stage.schedules(grid.m);
        let (ep, etp) = (ep > 1, etp > 1);
        let same = |key: &&CountKey| {
            (key.split, key.batches, key.folds_alike, key.ep, key.etp)
                == (grid.split, batches, folds_alike, ep, etp)
        };
        if let Some(key) = stage.counts.iter().find(same) {
            return key.count;
        }
        let signature =
            Signature::new(&grid.split, stage.pp, 1 + u32::from(ep), 1 + u32::from(etp));
        let placements = space::placements(case, stage.pp, stage.dp, folds_alike);
        let (shards, replicas) = (&stage.shards, stage.dp * stage.cp);
        let count = self.census.count(
            &signature,
            &stage.pipelines,
            grid.m,
            shards,
            replicas,
            placements,
        );
        stage.counts.push(CountKey { split: grid.split, batches, folds_alike, ep, etp, count });
        count
    }

    /// Bytes that every layout under a node needs at least: see [`Book::least_memory`].
    fn least_memory(&self, index: u32) -> f64 {
        let Some(grid) = self.grids.get(index as usize) else { return 0.0 };
        let Some(stage) = self.stages.get(grid.stage as usize) else { return 0.0 };
        let folded = stage.experts.iter().map(|(ep, etp)| u64::from(*ep) * u64::from(*etp)).max();
        let signature = Signature::new(&grid.split, stage.pp, 1, 1);
        let zero = self.census.zero_most(&signature, &stage.shards);
        let offload = self.census.offloads().last().copied().unwrap_or_default();
        let key = sheet_key(grid, (1, 1));
        let (replicas, folded) = (stage.dp * stage.cp, folded.unwrap_or(1));
        self.book.least_memory(&key, stage.pp, replicas, folded, zero, offload) * SAFE
    }

    /// Seconds that every layout under a node takes at least, its work being `work` over all stages.
    fn least_time(&self, index: u32, work: &AllWork) -> Seconds {
        let Some(grid) = self.grids.get(index as usize) else { return Seconds::ZERO };
        let Some(stage) = self.stages.get(grid.stage as usize) else { return Seconds::ZERO };
        let mut least = f64::MAX;
        for (schedule, vpp) in SCHEDULES.into_iter().zip(stage.vpp_most) {
            let runs = stage.pp == 1 || schedule_takes_batches(schedule, stage.pp, grid.m);
            if vpp > 0 && runs {
                least = least.min(self.book.least_time(work, schedule, stage.pp, vpp, grid.m));
            }
        }
        Seconds::new(least * SAFE)
    }

    /// Splits a node by the experts' split.
    fn open(&mut self, index: u32, heap: &mut BinaryHeap<Node>) {
        let Some(grid) = self.grids.get(index as usize).copied() else { return };
        let Some(stage) = self.stages.get(grid.stage as usize) else { return };
        let (choices, pp) = (stage.experts.clone(), stage.pp);
        for experts in choices {
            let count = self.count(index, experts);
            if count == 0 {
                continue;
            }
            let Split { tp, cp, .. } = grid.split;
            let kind = Kind { tp, cp, pp, ep: experts.0 };
            if self.goal.avoid.contains(&kind) {
                self.tally.skipped += count;
                continue;
            }
            self.tally.nodes += 1;
            let sheet = self.book.sheet(&sheet_key(&grid, experts));
            let bound = self.least_time(index, &self.book.all_work(&sheet));
            if self.cut_by_time(bound) {
                self.tally.time_bound += count;
            } else {
                heap.push(Node { bound, index, experts: Some(experts) });
            }
        }
    }

    /// Looks at every layout under a node, most of them by proof.
    fn solve(&mut self, index: u32, experts: (u32, u32)) {
        let count = self.count(index, experts);
        self.tally.solved = self.tally.solved.saturating_add(count);
        let Some(grid) = self.grids.get(index as usize) else { return };
        let Some(stage) = self.stages.get(grid.stage as usize) else { return };
        let case = self.book.case();
        let cell = Cell {
            split: grid.split,
            stage,
            experts,
            micro_batch: grid.micro_batch,
            m: grid.m,
            placements: space::placements(
                case,
                stage.pp,
                stage.dp,
                folds_alike(case, stage, experts.0, experts.1),
            ),
            key: sheet_key(grid, experts),
        };
        let Budget { candidates } = self.goal.budget;
        let left = candidates.saturating_sub(self.tally.estimated);
        let mut solver = Solver::new(self.book, &self.census, self.goal.capacity, self.best, left);
        solver.solve(&cell);
        self.best = solver.best;
        self.tally.estimated += solver.estimated;
    }
}

impl Stage {
    /// The schedules that run with `m` micro-batches, as bits.
    fn schedules(&self, m: u32) -> u32 {
        let runs = |schedule: &Schedule| {
            self.pp == 1 || schedule_takes_batches(*schedule, self.pp, m)
        };
        SCHEDULES.iter().filter(|s| runs(s)).fold(0, |mask, schedule| mask | 1 << *schedule as u32)
    }
}

/// The work of all layers and both ends under a split, by micro-batch, with the experts at their least.
#[derive(Default)]
struct AverageMemo {
    known: Vec<(u32, AllWork)>,
}

impl AverageMemo {
    fn get(
        &mut self,
        book: &Book<'_>,
        split: &Split,
        micro_batch: u32,
    ) -> AllWork {
        if let Some((_, work)) = self.known.iter().find(|(size, _)| *size == micro_batch) {
            return *work;
        }
        let Split { tp, sp, cp, cp_kind } = *split;
        let key = SheetKey { tp, sp, cp, cp_kind, ep: 1, etp: 1, micro_batch };
        let work = book.least_work(&key);
        self.known.push((micro_batch, work));
        work
    }
}

fn folds_alike(case: &crate::case::Case, stage: &Stage, ep: u32, etp: u32) -> bool {
    let folded = u64::from(ep) * u64::from(etp);
    case.model.experts() == 0 || folded == u64::from(stage.tp) * u64::from(stage.cp)
}

const fn sheet_key(grid: &Grid, (ep, etp): (u32, u32)) -> SheetKey {
    let Split { tp, sp, cp, cp_kind } = grid.split;
    SheetKey { tp, sp, cp, cp_kind, ep, etp, micro_batch: grid.micro_batch }
}
