//! The nodes of the search and their lower bounds.
//!
//! The bound of a node is the step time of a model in which its work is spread evenly over the stages, nothing
//! is recomputed, offloaded or owed between replicas, and the best schedule that the node allows runs. The time
//! of a stage is a convex, non-decreasing function of its work (sums and maxima of linear terms), so the slowest
//! stage takes at least the time of the average one; and a micro-batch must pass every stage. See
//! [`Search::least_time`].

use super::axes::{Pipes, StageAxes, Ways};
use super::cell::{Cell, Grounds};
use super::census::Census;
use super::prices::Prices;
use super::solve::{SAFE, Solver};
use super::{Goal, Kind, Outcome, Stop, Tally};
use crate::estimate::{Book, SheetKey, Way, Whole, least_step};
use crate::layout::Schedule;
use crate::layout::space::{self, Split};
use crate::units::Seconds;
use std::collections::BinaryHeap;

/// A partial layout that waits to be looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Node {
    bound: Seconds,
    index: u32,
    /// Index of the experts' split, once chosen.
    experts: Option<u32>,
    /// Index among the opened ones, once it is.
    cell: Option<u32>,
    /// Layouts under it.
    count: u64,
}

/// Degrees that a node fixes.
#[derive(Clone, Copy, Debug)]
struct Grid {
    split: Split,
    /// Index of the axes that the node shares.
    axes: u32,
    micro_batch: u32,
    m: u32,
    /// Index of the prices of its layers.
    shape: u32,
    /// The schedules that run with `m` micro-batches, as bits.
    schedules: u32,
    /// Priced as if it ran sequence parallelism, which takes no more, until its turn comes.
    as_twin: bool,
}

/// One search.
pub(super) struct Search<'a, 'b> {
    book: &'b Book<'a>,
    goal: &'b Goal,
    census: Census<'a>,
    grids: Vec<Grid>,
    axes: Vec<StageAxes>,
    pipes: Vec<Pipes>,
    prices: Prices,
    cells: Vec<Option<Cell>>,
    tally: Tally,
    /// Whether the budget was spent before all nodes were made.
    unmade: bool,
}

impl PartialOrd for Node {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Node {
    /// The heap yields its greatest element: the one with the least bound, then the first made.
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        let key = |node: &Self| (node.bound, node.index, node.experts, node.cell);
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
            axes: Vec::new(),
            pipes: Vec::new(),
            prices: Prices::new(),
            cells: Vec::new(),
            tally: Tally::default(),
            unmade: false,
        }
    }

    pub(super) fn run(mut self) -> Outcome {
        let (book, goal) = (self.book, self.goal);
        let census = self.census.clone();
        let mut solver = Solver::new(book, &census, goal);
        let mut heap = BinaryHeap::from(self.roots());
        solver.bounds = self.tally.nodes;
        // Nodes that the budget did not let be made could hold anything.
        let floor = if self.unmade { least_step(book.case()) } else { Seconds::UNBOUNDED };
        let mut stop = if self.unmade { Stop::Budget { bound: floor } } else { Stop::Complete };
        let mut aside: Vec<Node> = Vec::new();
        while let Some(node) = heap.pop() {
            let by_time = solver.slower(node.bound);
            if by_time || solver.spent() {
                if !by_time {
                    stop = Stop::Budget { bound: node.bound.min(floor) };
                }
                heap.push(node);
                self.leave_all(heap.into_vec(), by_time);
                break;
            }
            let as_twin = self.grids.get(node.index as usize).is_some_and(|grid| grid.as_twin);
            if as_twin && solver.best.is_none() {
                // Where its twin does not fit, it does not.
                aside.push(node);
                continue;
            }
            if as_twin {
                self.price_alone(node, &solver, &mut heap);
                continue;
            }
            match (node.experts, node.cell) {
                (None, _) => self.open(node.index, &mut solver, &mut heap),
                (Some(experts), cell) => self.advance(&node, experts, cell, &mut solver, &mut heap),
            }
            if solver.best.is_some() {
                heap.extend(aside.drain(..));
            }
        }
        self.leave_all(aside, true);
        self.tally.estimated = solver.estimated;
        Outcome { best: solver.best.map(|(_, candidate)| candidate), tally: self.tally, stop }
    }

    /// Counts what is left when the search ends.
    fn leave_all(&mut self, rest: Vec<Node>, by_time: bool) {
        for node in rest {
            let cell = node.cell.and_then(|cell| self.cells.get(cell as usize));
            let touched = cell.is_some_and(|cell| cell.as_ref().is_some_and(|cell| cell.touched));
            let as_twin = self.grids.get(node.index as usize).is_some_and(|grid| grid.as_twin);
            let place = match (touched, by_time) {
                (true, _) => &mut self.tally.solved,
                (false, true) if as_twin => &mut self.tally.sequence_dominated,
                (false, true) => &mut self.tally.time_bound,
                (false, false) => &mut self.tally.skipped,
            };
            *place = place.saturating_add(node.count);
        }
    }

    /// Prices a node by itself that was priced as its twin that runs sequence parallelism: it takes no less but for
    /// rounding, so only what rounding could decide comes this far.
    fn price_alone(&mut self, node: Node, solver: &Solver<'_, '_>, heap: &mut BinaryHeap<Node>) {
        let Some(grid) = self.grids.get(node.index as usize).copied() else {
            return;
        };
        let shapes = self.prices.split(&grid.split);
        let shape = self.prices.shape(self.book, shapes, grid.micro_batch);
        let grid = Grid { shape, as_twin: false, ..grid };
        if let Some(place) = self.grids.get_mut(node.index as usize) {
            *place = grid;
        }
        let Some(axes) = self.axes.get(grid.axes as usize) else { return };
        let Some(pipes) = self.pipes.get(axes.pipes as usize) else { return };
        let whole = self.prices.least_whole(shape);
        let ways = pipes.ways(grid.schedules);
        let bound = least_time(self.book, &whole, ways.list(), (axes.pp, grid.m)).max(node.bound);
        let room = Room::new(self.goal, &self.census);
        let key = sheet_key(&grid.split, grid.micro_batch);
        let least = axes.least_states + room.kept(self.book, &key, axes.pp);
        if solver.slower(bound) || !room.holds(least) {
            self.tally.sequence_dominated += node.count;
        } else {
            heap.push(Node { bound, ..node });
        }
    }

    /// Opens a node whose experts are split, or takes it further while its bound is the least.
    fn advance(
        &mut self,
        node: &Node,
        split: u32,
        cell: Option<u32>,
        solver: &mut Solver<'_, '_>,
        heap: &mut BinaryHeap<Node>,
    ) {
        let index = cell.unwrap_or(self.cells.len() as u32);
        let opened = cell.and_then(|at| self.cells.get_mut(at as usize).and_then(Option::take));
        if cell.is_none() {
            self.cells.push(None);
        }
        let Some(grid) = self.grids.get(node.index as usize) else {
            return;
        };
        let Some(axes) = self.axes.get(grid.axes as usize) else {
            return;
        };
        let Some(pipes) = self.pipes.get(axes.pipes as usize) else {
            return;
        };
        let Some(experts) = axes.experts.get(split as usize).copied() else {
            return;
        };
        let Some(states) = axes.least_states(self.book, &self.census, split as usize) else {
            return;
        };
        let alike = axes.folds_alike(self.book.case(), experts);
        let at = Grounds {
            split: grid.split,
            axes,
            pipes,
            experts,
            micro_batch: grid.micro_batch,
            m: grid.m,
            placements: space::placements(self.book.case(), axes.pp, axes.dp, alike),
            states,
        };
        let mut cell = match opened {
            Some(cell) => cell,
            None => {
                let experts = axes.experts_at.get(split as usize);
                let priced = experts.and_then(|at| self.prices.priced(self.book, grid.shape, *at));
                let Some((sheet, whole)) = priced else {
                    return;
                };
                let thrift = self.census.thrift();
                let least = self.book.least_fullest(states, &sheet, axes.pp, thrift);
                if !Room::new(self.goal, &self.census).holds(least) {
                    self.tally.memory_bound += node.count;
                    return;
                }
                Cell::new(self.book, &self.census, &at, sheet, &whole)
            }
        };
        let next = heap.peek().map_or(Seconds::UNBOUNDED, |next| next.bound);
        while let Some(bound) = cell.bound() {
            if bound > next || solver.slower(bound) || solver.spent() {
                break;
            }
            cell.advance(solver, &at);
        }
        match cell.bound() {
            Some(bound) if !solver.slower(bound) => {
                heap.push(Node { bound: bound.max(node.bound), cell: Some(index), ..*node });
                if let Some(place) = self.cells.get_mut(index as usize) {
                    *place = Some(cell);
                }
            }
            _ => {
                let touched = cell.touched;
                let place =
                    if touched { &mut self.tally.solved } else { &mut self.tally.time_bound };
                *place = place.saturating_add(node.count);
            }
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
            // Across machines a sum may take less than the gathers in its place.
            let alike = self.book.sums_as_it_gathers(split.tp);
            self.add_split(split, twin && alike && !sequence_matters, &mut nodes);
        }
        nodes
    }

    fn add_split(&mut self, split: &Split, as_twin: bool, nodes: &mut Vec<Node>) {
        let case = self.book.case();
        let no_experts = case.model.experts() == 0;
        let priced = Split { sp: split.sp || as_twin, ..*split };
        let shapes = self.prices.split(&priced);
        for (pp, dp) in space::stages(case, split.tp, split.cp) {
            let at = self.axes_of(split, pp, dp);
            let Self { book, goal, census, grids, axes, pipes, prices, tally, unmade, .. } =
                &mut *self;
            let Some(axes) = axes.get(at as usize) else { continue };
            let Some(pipes) = pipes.get(axes.pipes as usize) else { continue };
            let kind = Kind { tp: split.tp, cp: split.cp, pp, ep: 1 };
            let avoided = no_experts && goal.avoid.contains(&kind);
            let room = Room::new(goal, census);
            let mut known: Vec<(u32, u64, Ways)> = Vec::new();
            for (micro_batch, m) in axes.batches.iter().copied() {
                let schedules = pipes.mask(m);
                let found = known.iter().find(|(mask, ..)| *mask == schedules).copied();
                let (_, count, ways) = found.unwrap_or_else(|| {
                    let count = axes.count_all(census, pipes, split, schedules);
                    let new = (schedules, count, pipes.ways(schedules));
                    known.push(new);
                    new
                });
                tally.space = tally.space.saturating_add(count);
                let key = sheet_key(&priced, micro_batch);
                if count == 0 {
                    continue;
                }
                if avoided {
                    tally.skipped += count;
                    continue;
                }
                if !room.holds(axes.least_states + room.kept(book, &key, pp)) {
                    tally.memory_bound += count;
                    continue;
                }
                if tally.nodes >= goal.budget.bounds {
                    *unmade = true;
                    tally.skipped += count;
                    continue;
                }
                let shape = prices.shape(book, shapes, micro_batch);
                if as_twin && prices.keeps_busy(shape) {
                    // Elsewhere what sequence parallelism saves is waited for, and rounding may decide.
                    tally.sequence_dominated += count;
                    continue;
                }
                tally.nodes += 1;
                let bound = least_time(book, &prices.least_whole(shape), ways.list(), (pp, m));
                let (split, axes) = (*split, at);
                let index = grids.len() as u32;
                grids.push(Grid { split, axes, micro_batch, m, shape, schedules, as_twin });
                // Without experts there is nothing left to split.
                let experts = no_experts.then_some(0);
                nodes.push(Node { bound, index, experts, cell: None, count });
            }
        }
    }

    /// Index of what is shared by all nodes of these degrees.
    fn axes_of(&mut self, split: &Split, pp: u32, dp: u32) -> u32 {
        let key = (split.tp, split.cp, pp);
        let found = self.axes.iter().rposition(|axes| (axes.tp, axes.cp, axes.pp) == key);
        if let Some(index) = found {
            return index as u32;
        }
        let case = self.book.case();
        let pipes = self.pipes.iter().position(|pipes| pipes.pp == pp).unwrap_or_else(|| {
            self.pipes.push(Pipes::new(case, pp));
            self.pipes.len() - 1
        });
        let mut axes = StageAxes::new(self.book, &self.census, split, pp, dp, pipes as u32);
        axes.experts_at = axes.experts.iter().map(|split| self.prices.experts(*split)).collect();
        self.axes.push(axes);
        self.axes.len() as u32 - 1
    }

    /// Splits a node by the experts' split.
    fn open(&mut self, index: u32, solver: &mut Solver<'_, '_>, heap: &mut BinaryHeap<Node>) {
        let Self { book, goal, census, grids, axes, pipes, prices, tally, .. } = self;
        let Some(grid) = grids.get(index as usize) else { return };
        let Some(axes) = axes.get(grid.axes as usize) else { return };
        let Some(pipes) = pipes.get(axes.pipes as usize) else { return };
        let Split { tp, cp, .. } = grid.split;
        let pp = axes.pp;
        let counts = axes.counts(census, pipes, &grid.split, grid.schedules);
        let ways = pipes.ways(grid.schedules);
        let room = Room::new(goal, census);
        let kept = room.kept(book, &sheet_key(&grid.split, grid.micro_batch), pp);
        for (i, (experts, at)) in axes.experts.iter().zip(&axes.experts_at).enumerate() {
            let count = axes.count_of(&counts, i);
            if count == 0 {
                continue;
            }
            if goal.avoid.contains(&Kind { tp, cp, pp, ep: experts.0 }) {
                tally.skipped += count;
                continue;
            }
            tally.nodes += 1;
            solver.bounds += 1;
            let states =
                axes.least_states(book, census, i).map_or(0.0, |states| states.average.bytes);
            if !room.holds(states + kept) {
                tally.memory_bound += count;
                continue;
            }
            let whole = prices.whole(book, grid.shape, *at);
            let bound = least_time(book, &whole, ways.list(), (pp, grid.m));
            if solver.slower(bound) {
                tally.time_bound += count;
            } else {
                heap.push(Node { bound, index, experts: Some(i as u32), cell: None, count });
            }
        }
    }
}

/// Memory that there is.
struct Room {
    capacity: f64,
    /// Activations may wait on the host.
    moved: bool,
}

impl Room {
    fn new(goal: &Goal, census: &Census<'_>) -> Self {
        let moved = census.most_offloaded().activations;
        Self { capacity: goal.capacity.as_f64(), moved }
    }

    /// Bytes that the layers of the average stage keep at least.
    fn kept(&self, book: &Book<'_>, key: &SheetKey, pp: u32) -> f64 {
        if self.moved { 0.0 } else { book.least_checkpoints(key, pp) }
    }

    /// Whether so many bytes at least may fit.
    fn holds(&self, least: f64) -> bool {
        least * SAFE <= self.capacity
    }
}

/// Seconds that every layout takes at least that runs in one of these ways, one stage that did all taking `whole`.
fn least_time(
    book: &Book<'_>,
    whole: &Whole,
    ways: &[(Schedule, u32)],
    (pp, m): (u32, u32),
) -> Seconds {
    let mut least = f64::MAX;
    for (schedule, vpp) in ways {
        let average = whole.average(*schedule, pp);
        let stage = (average.total, average.weight);
        let way = Way { schedule: *schedule, pp, vpp: *vpp };
        least = least.min(book.least_time(stage, average.total, &way, m));
    }
    Seconds::new(least * SAFE)
}

/// Without a split of the experts.
const fn sheet_key(split: &Split, micro_batch: u32) -> SheetKey {
    let Split { tp, sp, cp, cp_kind } = *split;
    SheetKey { tp, sp, cp, cp_kind, ep: 1, etp: 1, micro_batch }
}
