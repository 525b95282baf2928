//! A node whose degrees are settled, opened: its pipelines wait in the order of a lower bound, which is worked out
//! in steps, each dearer and closer than the one before, and only while it is the least of all that wait.

use super::axes::{Pipes, StageAxes, WayAxes};
use super::census::{Census, Signature};
use super::dues::Choices;
use super::solve::{SAFE, Solver};
use crate::estimate::{Book, LeastStates, Loads, Sheet, Way, Whole};
use crate::layout::rules::schedule_takes_batches;
use crate::layout::space::{Pipeline, Split};
use crate::layout::split::Cut;
use crate::layout::{Layout, Placement, Schedule};
use crate::units::Seconds;
use std::cmp::Reverse;
use std::rc::Rc;

/// What a bound is of, and how close it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    /// Pipelines that differ in their slots alone, by their index: by the average stage.
    Average(u32),
    /// The same, by the stage with the head.
    Head(u32),
    /// A pipeline, by its index among those of that many stages: as the ones above.
    Open(u32),
    /// By its stages, doing nothing twice.
    Plain(u32),
    /// The same, and what it costs to make it fit.
    Fitting(u32),
}

/// Pipelines that wait.
#[derive(Clone, Copy, Debug)]
struct Waiting {
    bound: Seconds,
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
    /// What all stages together take.
    whole: Whole,
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
        let waiting = Vec::with_capacity(at.pipes.ways.len());
        let (whole, choices) = (*whole, Vec::new());
        let mut cell = Self { sheet, loads, whole, choices, send, waiting, touched: false };
        cell.set_waiting(book, census, at);
        cell
    }

    fn set_waiting(&mut self, book: &Book<'_>, census: &Census<'_>, at: &Grounds<'_>) {
        let m = f64::from(at.m);
        // With one micro-batch the slowest stage need not take more than the average one.
        let hides = at.axes.pp == 1 || at.m > 1;
        let mut dues: Vec<(Schedule, f64)> = Vec::new();
        for (i, WayAxes { way, .. }) in at.pipes.ways.iter().enumerate() {
            let Way { schedule, pp, vpp } = *way;
            if pp > 1 && !schedule_takes_batches(schedule, pp, at.m) {
                continue;
            }
            let average = self.whole.average(schedule, pp);
            let due = dues.iter().find(|(of, _)| *of == schedule).map(|(_, due)| *due);
            let due = due.unwrap_or_else(|| {
                let choices = at.choices(book, census, schedule);
                let sends = self.sends(book, schedule, at.pipes.most(schedule));
                let slow = if hides { average.total + sends } else { f64::INFINITY };
                let due = choices.least(book, slow, (m, m));
                self.choices.push(choices);
                dues.push((schedule, due));
                due
            });
            if !due.is_finite() {
                continue;
            }
            let total = average.total + self.sends(book, schedule, vpp);
            let least = book.least_time((total, average.weight), total, way, at.m) + due;
            let bound = Seconds::new(least * SAFE);
            self.waiting.push(Waiting { bound, step: Step::Average(i as u32) });
        }
        self.waiting.sort_unstable_by_key(|waiting| Reverse(waiting.turn()));
    }

    fn sends(&self, book: &Book<'_>, schedule: Schedule, vpp: u32) -> f64 {
        let visited = if schedule == Schedule::DualPipe { 1.0 } else { f64::from(vpp) };
        book.sends(self.send, (schedule, vpp), visited)
    }

    /// The least bound of all that wait.
    pub(super) fn bound(&self) -> Option<Seconds> {
        self.waiting.last().map(|first| first.bound)
    }

    /// Takes the first in turn one step further; the last step is to look at a pipeline's layouts.
    pub(super) fn advance(&mut self, solver: &mut Solver<'_, '_>, at: &Grounds<'_>) {
        let Some(first) = self.waiting.pop() else {
            return;
        };
        solver.bounds += 1;
        match first.step {
            Step::Average(way) if at.axes.pp > 1 => self.head(solver, at, way, first.bound),
            Step::Average(way) | Step::Head(way) => {
                let ways = at.pipes.ways.get(way as usize);
                for pipeline in ways.map_or(0..0, |way| way.pipelines.clone()) {
                    self.insert(Waiting { step: Step::Open(pipeline), ..first });
                }
            }
            Step::Open(pipeline) | Step::Plain(pipeline) | Step::Fitting(pipeline) => {
                self.advance_pipeline(solver, at, pipeline, first);
            }
        }
    }

    fn advance_pipeline(
        &mut self,
        solver: &mut Solver<'_, '_>,
        at: &Grounds<'_>,
        index: u32,
        first: Waiting,
    ) {
        let Some((pipeline, cut)) = at.pipes.get(solver.book, index as usize) else {
            return;
        };
        let choices = self.choices.iter().find(|c| c.schedule == pipeline.schedule).cloned();
        let Some(choices) = choices else { return };
        let (step, least) = match first.step {
            Step::Open(_) => {
                let Pipeline { schedule, vpp, .. } = *pipeline;
                let way = Way { schedule, pp: at.axes.pp, vpp };
                if self.overflows(solver, at, (cut, &way)) {
                    (Step::Plain(index), f64::INFINITY)
                } else {
                    (Step::Plain(index), self.plain(solver, at, (cut, &way), &choices))
                }
            }
            Step::Plain(_) => {
                let least = solver.least(at, &self.sheet, pipeline, cut, &choices);
                (Step::Fitting(index), least)
            }
            _ => {
                self.touched = true;
                solver.solve(at, &self.sheet, pipeline, cut, &choices);
                return;
            }
        };
        self.wait(solver, step, least, first.bound);
    }

    /// Bounds the pipelines of a way by the stage with the head, which takes more than its share.
    fn head(&mut self, solver: &Solver<'_, '_>, at: &Grounds<'_>, index: u32, before: Seconds) {
        let book = solver.book;
        let Some((way, cut)) = at.pipes.head(book, index as usize) else {
            return;
        };
        let choices = self.choices.iter().find(|c| c.schedule == way.schedule);
        let Some(choices) = choices else { return };
        let least = if self.overflows(solver, at, (cut, way)) {
            f64::INFINITY
        } else {
            let average = self.whole.average(way.schedule, way.pp);
            let each = book.average_each(&choices.each, way.pp);
            let total = average.total + each + self.sends(book, way.schedule, way.vpp);
            let loads = (&self.loads, &choices.each);
            let slow = book.plain_slowest(loads, cut, way, self.send).max(total);
            let hides = if at.m > 1 { slow } else { f64::INFINITY };
            book.least_time((total, average.weight), slow, way, at.m)
                + choices.least(book, hides, (0.0, 0.0))
        };
        self.wait(solver, Step::Head(index), least, before);
    }

    /// Waits for its turn again, if what is bound to take `least` may be as fast as the best.
    fn wait(&mut self, solver: &Solver<'_, '_>, step: Step, least: f64, before: Seconds) {
        let bound = Seconds::new(least * SAFE).max(before);
        self.touched |= !least.is_finite();
        if least.is_finite() && !solver.slower(bound) {
            self.insert(Waiting { bound, step });
        }
    }

    fn insert(&mut self, one: Waiting) {
        let at = self.waiting.partition_point(|other| other.turn() > one.turn());
        self.waiting.insert(at, one);
    }

    /// Whether every layout of a cut needs more memory than there is.
    fn overflows(&self, solver: &Solver<'_, '_>, at: &Grounds<'_>, cut: (&Cut, &Way)) -> bool {
        let room = (solver.census.thrift(), solver.capacity.as_f64() / SAFE);
        solver.book.overflows(cut, at.m, at.states, &self.sheet, room)
    }

    fn plain(
        &self,
        solver: &mut Solver<'_, '_>,
        at: &Grounds<'_>,
        (cut, way): (&Cut, &Way),
        choices: &Choices,
    ) -> f64 {
        let book = solver.book;
        let scratch = &mut solver.scratch;
        // One stage owes as much as the average one; of several, each what lies on it.
        let one = at.axes.pp == 1;
        let loads = (&self.loads, (!one).then_some(&choices.each));
        let (total, slow) = book.plain_step(loads, cut, way, at.m, self.send, scratch);
        let m = if one { f64::from(at.m) } else { 0.0 };
        total + choices.least(book, slow, (m, m))
    }
}

impl Waiting {
    fn turn(&self) -> (Seconds, Step) {
        (self.bound, self.step)
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
