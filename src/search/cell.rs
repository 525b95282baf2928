//! A node whose degrees are settled, opened: its pipelines wait in the order of a lower bound, which is worked out
//! in steps, each dearer and closer than the one before, and only while it is the least of all that wait.

use super::axes::{Pipes, StageAxes};
use super::census::{Census, Signature};
use super::dues::{ALL, Choices};
use super::solve::{SAFE, Solver};
use crate::estimate::{Book, LeastStates, Loads, Sheet, Way, Whole};
use crate::layout::space::{Pipeline, Split, takes_batches};
use crate::layout::split::Cut;
use crate::layout::{Layout, Placement, Schedule};
use crate::units::Seconds;
use std::cmp::Reverse;
use std::rc::Rc;

/// How close the bound of a pipeline is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// By the average stage.
    Average,
    /// By its stages, doing nothing twice.
    Plain,
    /// The same, and what it costs to make it fit.
    Fitting,
}

/// A pipeline that waits.
#[derive(Clone, Copy, Debug)]
struct Waiting {
    bound: Seconds,
    /// Index among the pipelines of that many stages.
    pipeline: u32,
    step: Step,
}

/// The degrees that are settled, and what is shared with other nodes.
#[derive(Clone, Copy)]
pub(super) struct Grounds<'s> {
    pub split: Split,
    pub axes: &'s StageAxes,
    pub pipes: &'s Pipes,
    pub experts: (u32, u32),
    pub micro_batch: u32,
    pub m: u32,
    pub placements: &'static [Placement],
    /// Bytes of states at least.
    pub states: &'s LeastStates,
}

/// An opened node.
pub(super) struct Cell {
    pub sheet: Sheet,
    loads: Loads,
    choices: Vec<Rc<Choices>>,
    /// Least seconds of a send to the next stage.
    send: f64,
    /// The last is the first in turn.
    waiting: Vec<Waiting>,
    /// Whether any of its layouts was looked at, or found not to fit.
    pub touched: bool,
}

impl Cell {
    /// Opens a node whose stages together take that long: its pipelines with the bound of the average stage.
    pub(super) fn new(
        book: &Book<'_>,
        census: &Census<'_>,
        at: &Grounds<'_>,
        sheet: Sheet,
        whole: &Whole,
    ) -> Self {
        let placed = |placement: &Placement| {
            let layout = Layout { placement: *placement, ..at.layout_of(Schedule::OneFOneB) };
            book.send(&layout, &sheet)
        };
        let send = at.placements.iter().map(placed).fold(f64::INFINITY, f64::min);
        let loads = Loads::of(&sheet);
        let mut cell =
            Self { sheet, loads, choices: Vec::new(), send, waiting: Vec::new(), touched: false };
        cell.set_waiting(book, census, at, whole);
        cell
    }

    fn set_waiting(
        &mut self,
        book: &Book<'_>,
        census: &Census<'_>,
        at: &Grounds<'_>,
        whole: &Whole,
    ) {
        let pp = at.axes.pp;
        // With one micro-batch the slowest stage need not take more than the average one.
        let hides = pp == 1 || at.m > 1;
        let mut dues: Vec<(Schedule, f64)> = Vec::new();
        let mut ways: Vec<(Schedule, u32, Seconds)> = Vec::new();
        for (i, (pipeline, _)) in at.pipes.list.iter().enumerate() {
            let Pipeline { schedule, vpp, .. } = *pipeline;
            if !takes_batches(pipeline, pp, at.m) {
                continue;
            }
            let known = ways.iter().find(|(s, v, _)| *s == schedule && *v == vpp);
            let bound = known.map(|(.., bound)| *bound).unwrap_or_else(|| {
                let average = whole.average(schedule, pp);
                let due = dues.iter().find(|(of, _)| *of == schedule).map(|(_, due)| *due);
                let due = due.unwrap_or_else(|| {
                    let choices = at.choices(book, census, schedule);
                    let sends = self.sends(book, schedule, at.pipes.most(schedule));
                    let slow = if hides { average.total + sends } else { f64::INFINITY };
                    let least =
                        choices.least(book, (None, &ALL), slow, (f64::from(at.m), f64::from(at.m)));
                    self.choices.push(choices);
                    let due = least.into_iter().fold(f64::INFINITY, f64::min);
                    dues.push((schedule, due));
                    due
                });
                let total = average.total + self.sends(book, schedule, vpp);
                let stage = (total, average.weight);
                let least = book.least_time(stage, schedule, pp, vpp, at.m) + due;
                let bound = Seconds::new(least * SAFE);
                ways.push((schedule, vpp, bound));
                bound
            });
            let legal = dues.iter().any(|(of, due)| *of == schedule && due.is_finite());
            if legal {
                self.waiting.push(Waiting { bound, pipeline: i as u32, step: Step::Average });
            }
        }
        self.waiting.sort_unstable_by_key(|waiting| Reverse(waiting.turn()));
    }

    fn sends(&self, book: &Book<'_>, schedule: Schedule, vpp: u32) -> f64 {
        let visited = if schedule == Schedule::DualPipe { 1.0 } else { f64::from(vpp) };
        book.sends(self.send, vpp, visited)
    }

    /// The least bound of all that wait.
    pub(super) fn bound(&self) -> Option<Seconds> {
        self.waiting.last().map(|first| first.bound)
    }

    /// Takes the first pipeline in turn one step further; the last step is to look at its layouts.
    pub(super) fn advance(&mut self, solver: &mut Solver<'_, '_>, at: &Grounds<'_>) {
        let Some(first) = self.waiting.pop() else {
            return;
        };
        let model = &solver.book.case().model;
        let Some((pipeline, cut)) = at.pipes.get(model, first.pipeline as usize) else {
            return;
        };
        let choices = self.choices.iter().find(|c| c.schedule == pipeline.schedule).cloned();
        let Some(choices) = choices else { return };
        let step = match first.step {
            Step::Average => Step::Plain,
            Step::Plain => Step::Fitting,
            Step::Fitting => {
                self.touched = true;
                solver.solve(at, &self.sheet, pipeline, cut, &choices);
                return;
            }
        };
        let least = if step == Step::Plain {
            if self.too_large(solver, at, pipeline, cut) {
                self.touched = true;
                return;
            }
            self.plain(solver, at, pipeline, cut, &choices)
        } else {
            solver.least(at, &self.sheet, pipeline, cut, &choices)
        };
        let bound = Seconds::new(least * SAFE).max(first.bound);
        self.touched |= !least.is_finite();
        if least.is_finite() && !solver.slower(bound) {
            self.insert(Waiting { bound, step, ..first });
        }
    }

    fn insert(&mut self, one: Waiting) {
        let at = self.waiting.partition_point(|other| other.turn() > one.turn());
        self.waiting.insert(at, one);
    }

    /// Whether every layout of a pipeline needs more memory than there is.
    fn too_large(
        &self,
        solver: &Solver<'_, '_>,
        at: &Grounds<'_>,
        pipeline: &Pipeline,
        cut: &Cut,
    ) -> bool {
        let Pipeline { schedule, vpp, .. } = *pipeline;
        let way = Way { schedule, pp: at.axes.pp, vpp };
        let room = (solver.census.thrift(), solver.capacity.as_f64() / SAFE);
        solver.book.overflows((cut, &way), at.m, at.states, &self.sheet, room)
    }

    fn plain(
        &self,
        solver: &mut Solver<'_, '_>,
        at: &Grounds<'_>,
        pipeline: &Pipeline,
        cut: &Cut,
        choices: &Choices,
    ) -> f64 {
        let Pipeline { schedule, vpp, .. } = *pipeline;
        let way = Way { schedule, pp: at.axes.pp, vpp };
        let book = solver.book;
        let scratch = &mut solver.scratch;
        let (total, slow) = book.plain_step(&self.loads, cut, &way, at.m, self.send, scratch);
        // What is owed with each micro-batch may not fall on the slowest stage.
        let m = if at.axes.pp == 1 { f64::from(at.m) } else { 0.0 };
        let least = choices.least(book, (None, &ALL), slow, (m, m));
        total + least.into_iter().fold(f64::INFINITY, f64::min)
    }
}

impl Waiting {
    fn turn(&self) -> (Seconds, u32) {
        (self.bound, self.pipeline)
    }
}

impl Grounds<'_> {
    /// A layout with these degrees, plain in all else.
    pub(super) fn layout_of(&self, schedule: Schedule) -> Layout {
        Layout {
            tp: self.split.tp,
            sp: self.split.sp,
            cp: self.split.cp,
            cp_kind: self.split.cp_kind,
            pp: self.axes.pp,
            schedule,
            dp: self.axes.dp,
            ep: self.experts.0,
            etp: self.experts.1,
            micro_batch: self.micro_batch,
            ..Layout::SINGLE
        }
    }

    /// The same with that pipeline.
    pub(super) fn layout(&self, pipeline: &Pipeline) -> Layout {
        let Pipeline { schedule, vpp, slots, .. } = *pipeline;
        Layout { vpp, slots, ..self.layout_of(schedule) }
    }

    fn choices(&self, book: &Book<'_>, census: &Census<'_>, schedule: Schedule) -> Rc<Choices> {
        let (ep, etp) = self.experts;
        let signature = Signature::new(&self.split, self.axes.pp, ep, etp);
        self.axes.choices(book, census, &signature, (ep, etp), schedule, self.placements)
    }
}
