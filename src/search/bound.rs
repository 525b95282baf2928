//! The nodes of the search and their lower bounds.
//!
//! The bound of a node is the step time of a model in which its work is spread evenly over the stages, nothing
//! is recomputed, offloaded or owed between replicas, and the best schedule that the node allows runs. The time
//! of a stage is a convex, non-decreasing function of its work (sums and maxima of linear terms), so the slowest
//! stage takes at least the time of the average one; and a micro-batch must pass every stage. See
//! [`Search::least_time`].

use super::axes::{Pipes, StageAxes};
use super::census::Census;
use super::prices::Prices;
use super::solve::{Cell, SAFE, Solver};
use super::{Budget, Candidate, Goal, Kind, Outcome, Rank, Stop, Tally};
use crate::estimate::{AllWork, Book, SheetKey};
use crate::layout::Schedule;
use crate::layout::space::{self, Split};
use crate::units::Seconds;
use std::collections::BinaryHeap;

/// A partial layout that waits to be looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Node {
    bound: Seconds,
    index: u32,
    /// Experts' split, once chosen.
    experts: Option<(u32, u32)>,
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
    /// The schedules that run with `m` micro-batches, as bits.
    schedules: u32,
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
            axes: Vec::new(),
            pipes: Vec::new(),
            prices: Prices::new(),
            tally: Tally::default(),
            best: None,
        }
    }

    pub(super) fn run(mut self) -> Outcome {
        let mut heap = BinaryHeap::from(self.roots());
        let mut stop = Stop::Complete;
        while let Some(node) = heap.pop() {
            if self.cut_by_time(node.bound) {
                heap.push(node);
                self.leave_all(heap.into_vec(), true);
                break;
            }
            if self.tally.estimated >= self.goal.budget.candidates {
                stop = Stop::Budget { bound: node.bound };
                heap.push(node);
                self.leave_all(heap.into_vec(), false);
                break;
            }
            match node.experts {
                None => self.open(node.index, &mut heap),
                Some(experts) => {
                    if self.solve(&node, experts) {
                        stop = Stop::Budget { bound: node.bound };
                        self.leave_all(heap.into_vec(), false);
                        break;
                    }
                }
            }
        }
        Outcome { best: self.best.map(|(_, candidate)| candidate), tally: self.tally, stop }
    }

    fn cut_by_time(&self, bound: Seconds) -> bool {
        self.best.as_ref().is_some_and(|(rank, _)| bound > rank.step)
    }

    /// Counts what is left when the search ends.
    fn leave_all(&mut self, rest: Vec<Node>, by_time: bool) {
        for node in rest {
            let place = if by_time { &mut self.tally.time_bound } else { &mut self.tally.skipped };
            *place = place.saturating_add(node.count);
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
        for (pp, dp) in space::stages(case, split.tp, split.cp) {
            let at = self.axes_of(split, pp, dp);
            let mut totals: Vec<(u32, u64)> = Vec::new();
            for (micro_batch, m) in space::micro_batches(case, dp) {
                let index = self.grids.len() as u32;
                let schedules = self.schedules(at, m);
                self.grids.push(Grid { split: *split, axes: at, micro_batch, m, schedules });
                let count = match totals.iter().find(|(mask, _)| *mask == schedules) {
                    Some((_, count)) => *count,
                    None => {
                        let count = self.count_all(index);
                        totals.push((schedules, count));
                        count
                    }
                };
                self.tally.space = self.tally.space.saturating_add(count);
                if count == 0 {
                    continue;
                }
                let too_large = self.too_large(index, None);
                let Split { tp, sp, cp, cp_kind } = *split;
                let key = SheetKey { tp, sp, cp, cp_kind, ep: 1, etp: 1, micro_batch };
                if dominated && (too_large || self.prices.keeps_busy(self.book, &key)) {
                    self.tally.sequence_dominated += count;
                    continue;
                }
                self.tally.nodes += 1;
                if too_large {
                    self.tally.memory_bound += count;
                    continue;
                }
                let work = self.prices.least_work(self.book, &key);
                let bound = self.least_time(index, &work);
                nodes.push(Node { bound, index, experts: None, count });
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
        self.axes.push(StageAxes::new(self.book, &self.census, split, pp, dp, pipes as u32));
        self.axes.len() as u32 - 1
    }

    fn schedules(&self, axes: u32, m: u32) -> u32 {
        let pipes = self.axes.get(axes as usize).and_then(|a| self.pipes.get(a.pipes as usize));
        pipes.map_or(0, |pipes| pipes.mask(m))
    }

    /// A node's degrees, and what it shares with others.
    fn parts(&self, index: u32) -> Option<(&Grid, &StageAxes, &Pipes)> {
        let grid = self.grids.get(index as usize)?;
        let axes = self.axes.get(grid.axes as usize)?;
        Some((grid, axes, self.pipes.get(axes.pipes as usize)?))
    }

    /// Layouts under a node whose experts are not yet split.
    fn count_all(&mut self, index: u32) -> u64 {
        let Some(grid) = self.grids.get(index as usize) else {
            return 0;
        };
        let Some(axes) = self.axes.get_mut(grid.axes as usize) else {
            return 0;
        };
        let Some(pipes) = self.pipes.get(axes.pipes as usize) else {
            return 0;
        };
        axes.count_all(&self.census, pipes, &grid.split, grid.schedules)
    }

    /// Whether every layout under a node needs more memory than there is: see [`Book::least_states`].
    fn too_large(&self, index: u32, experts: Option<(u32, u32)>) -> bool {
        let Some((grid, axes, _)) = self.parts(index) else {
            return true;
        };
        let states = match experts {
            None => axes.least_states,
            Some(experts) => axes.least_states(self.book, &self.census, experts),
        };
        let offload = self.census.offloads().last().copied().unwrap_or_default();
        let kept = if offload.activations {
            0.0
        } else {
            self.book.least_checkpoints(&grid.sheet_key((1, 1)), axes.pp)
        };
        (states + kept) * SAFE > self.goal.capacity.as_f64()
    }

    /// Seconds that every layout under a node takes at least, its work being `work` over all stages.
    fn least_time(&self, index: u32, work: &AllWork) -> Seconds {
        let Some((grid, axes, pipes)) = self.parts(index) else {
            return Seconds::ZERO;
        };
        let plain = self.book.average_time(work, Schedule::OneFOneB, axes.pp);
        let mut least = f64::MAX;
        for (schedule, vpp) in pipes.chosen(grid.schedules) {
            let dual = schedule == Schedule::DualPipe;
            let average =
                if dual { self.book.average_time(work, schedule, axes.pp) } else { plain };
            least = least.min(self.book.least_time(&average, schedule, axes.pp, vpp, grid.m));
        }
        Seconds::new(least * SAFE)
    }

    /// Splits a node by the experts' split.
    fn open(&mut self, index: u32, heap: &mut BinaryHeap<Node>) {
        let Some((grid, axes, _)) = self.parts(index) else {
            return;
        };
        let (grid, choices, pp) = (*grid, axes.experts.clone(), axes.pp);
        let Some(slot) = self.axes.get_mut(grid.axes as usize) else {
            return;
        };
        let slot = slot.slot(&grid.split, grid.schedules);
        for experts in choices {
            let Some(axes) = self.axes.get_mut(grid.axes as usize) else {
                return;
            };
            let Some(pipes) = self.pipes.get(axes.pipes as usize) else {
                return;
            };
            let count = axes.count(&self.census, pipes, slot, experts);
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
            if self.too_large(index, Some(experts)) {
                self.tally.memory_bound += count;
                continue;
            }
            let work = self.prices.work(self.book, &grid.sheet_key(experts));
            let bound = self.least_time(index, &work);
            if self.cut_by_time(bound) {
                self.tally.time_bound += count;
            } else {
                heap.push(Node { bound, index, experts: Some(experts), count });
            }
        }
    }

    /// Looks at every layout under a node, most of them by proof; whether the budget ran out first.
    fn solve(&mut self, node: &Node, experts: (u32, u32)) -> bool {
        self.tally.solved = self.tally.solved.saturating_add(node.count);
        let Some(grid) = self.grids.get(node.index as usize) else {
            return false;
        };
        let Some(axes) = self.axes.get(grid.axes as usize) else {
            return false;
        };
        let Some(pipes) = self.pipes.get(axes.pipes as usize) else {
            return false;
        };
        let case = self.book.case();
        let sheet = self.prices.sheet(self.book, &grid.sheet_key(experts));
        let alike = axes.folds_alike(case, experts);
        let cell = Cell {
            split: grid.split,
            axes,
            pipes,
            experts,
            micro_batch: grid.micro_batch,
            m: grid.m,
            placements: space::placements(case, axes.pp, axes.dp, alike),
            sheet: &sheet,
            work: self.prices.work(self.book, &grid.sheet_key(experts)),
        };
        let Budget { candidates } = self.goal.budget;
        let left = candidates.saturating_sub(self.tally.estimated);
        let mut solver = Solver::new(self.book, &self.census, self.goal.capacity, self.best, left);
        solver.solve(&cell);
        self.best = solver.best;
        self.tally.estimated += solver.estimated;
        solver.cut_short
    }
}

impl Grid {
    const fn sheet_key(&self, (ep, etp): (u32, u32)) -> SheetKey {
        let Split { tp, sp, cp, cp_kind } = self.split;
        SheetKey { tp, sp, cp, cp_kind, ep, etp, micro_batch: self.micro_batch }
    }
}
