//! F6: playing a schedule through.

use super::order::{Task, Work, order};
use super::{Block, BlockKind, splits_backward};
use crate::estimate::StageReport;
use crate::layout::{Layout, Schedule};
use crate::units::Seconds;
use std::collections::VecDeque;

/// A pass with its time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Played {
    /// The pass.
    pub task: Task,
    /// When it starts.
    pub start: Seconds,
    /// When it ends.
    pub end: Seconds,
}

impl Played {
    pub(super) fn block(&self) -> Block {
        let kind = BlockKind::Pass(self.task.work);
        let (micro_batch, chunk) = (self.task.micro_batch, self.task.chunk);
        Block { start: self.start, end: self.end, kind, micro_batch, chunk }
    }
}

/// Every pass of `m` micro-batches on every stage, in time order on each.
#[must_use]
pub fn play(layout: &Layout, stages: &[StageReport], m: u32) -> Vec<Vec<Played>> {
    let mut player = Player::new(layout, stages, m);
    let orders: Option<Vec<Vec<Task>>> =
        (0..layout.pp).map(|stage| order(layout, stage, m)).collect();
    match orders {
        Some(orders) => player.in_order(&orders),
        None => player.as_ready(),
    }
    player.played
}

/// What has been played so far.
struct Player<'a> {
    layout: &'a Layout,
    stages: &'a [StageReport],
    m: u32,
    /// Stages that a micro-batch passes.
    depth: u32,
    /// When each stage is free.
    free: Vec<f64>,
    /// End of each forward and backward, by place along the pipeline and micro-batch.
    forward: Vec<Option<f64>>,
    backward: Vec<Option<f64>>,
    played: Vec<Vec<Played>>,
}

impl<'a> Player<'a> {
    fn new(layout: &'a Layout, stages: &'a [StageReport], m: u32) -> Self {
        let depth = layout.pp * layout.vpp;
        let cells = depth as usize * m as usize;
        let pp = layout.pp as usize;
        Self {
            layout,
            stages,
            m,
            depth,
            free: vec![0.0; pp],
            forward: vec![None; cells],
            backward: vec![None; cells],
            played: vec![Vec::new(); pp],
        }
    }

    /// Place of a stage's chunk along the way of a micro-batch.
    fn place(&self, stage: u32, task: Task) -> u32 {
        let pp = self.layout.pp;
        match self.layout.schedule {
            Schedule::ZeroBubbleV if task.chunk == 1 => 2 * pp - 1 - stage,
            // The second half of the micro-batches comes from the other end.
            Schedule::DualPipe if 2 * task.micro_batch >= self.m => pp - 1 - stage,
            Schedule::ZeroBubbleV | Schedule::DualPipe => stage,
            _ => task.chunk * pp + stage,
        }
    }

    fn cell(&self, place: u32, micro_batch: u32) -> usize {
        place as usize * self.m as usize + micro_batch as usize
    }

    /// When what a pass needs is there; nothing while it is not.
    fn ready(&self, stage: u32, task: Task) -> Option<f64> {
        let place = self.place(stage, task);
        let at = |ends: &[Option<f64>], place: u32| {
            ends.get(self.cell(place, task.micro_batch)).copied().flatten()
        };
        match task.work {
            Work::Forward if place == 0 => Some(0.0),
            Work::Forward => at(&self.forward, place - 1),
            Work::Backward if place + 1 == self.depth => at(&self.forward, place),
            Work::Backward => {
                let own = at(&self.forward, place)?;
                Some(at(&self.backward, place + 1)?.max(own))
            }
            Work::Weight => at(&self.backward, place),
        }
    }

    fn duration(&self, stage: u32, work: Work) -> f64 {
        let Some(report) = self.stages.get(stage as usize) else {
            return 0.0;
        };
        let splits = splits_backward(self.layout.schedule);
        let weight = if splits { report.weight } else { Seconds::ZERO };
        let time = match work {
            Work::Forward => report.forward,
            Work::Backward => report.backward.less(weight),
            Work::Weight => weight,
        };
        time.get() / f64::from(self.layout.vpp)
    }

    fn run(&mut self, stage: u32, task: Task, ready: f64) {
        let Some(free) = self.free.get_mut(stage as usize) else {
            return;
        };
        let start = free.max(ready);
        let end = start + self.duration(stage, task.work);
        if let Some(free) = self.free.get_mut(stage as usize) {
            *free = end;
        }
        let cell = self.cell(self.place(stage, task), task.micro_batch);
        let ends = match task.work {
            Work::Forward => self.forward.get_mut(cell),
            Work::Backward => self.backward.get_mut(cell),
            Work::Weight => None,
        };
        if let Some(place) = ends {
            *place = Some(end);
        }
        if let Some(lane) = self.played.get_mut(stage as usize) {
            lane.push(Played { task, start: Seconds::new(start), end: Seconds::new(end) });
        }
    }

    /// Each stage takes its passes in a fixed order, as soon as the next one can start.
    fn in_order(&mut self, orders: &[Vec<Task>]) {
        let mut next = vec![0_usize; orders.len()];
        let mut moved = true;
        while moved {
            moved = false;
            for (stage, (order, next)) in (0..).zip(orders.iter().zip(&mut next)) {
                while let Some(task) = order.get(*next).copied() {
                    let Some(ready) = self.ready(stage, task) else {
                        break;
                    };
                    self.run(stage, task, ready);
                    *next += 1;
                    moved = true;
                }
            }
        }
    }

    /// Each stage takes what is ready: backwards first, then forwards as far as memory allows, and
    /// weight gradients where nothing else is.
    fn as_ready(&mut self) {
        let mut queues: Vec<Queues> = (0..self.layout.pp).map(|s| Queues::new(self, s)).collect();
        loop {
            let mut best: Option<(f64, u32, Task, f64)> = None;
            for (stage, queues) in (0..).zip(&queues) {
                let free = self.free.get(stage as usize).copied().unwrap_or(0.0);
                for task in queues.candidates() {
                    let Some(ready) = self.ready(stage, task) else {
                        continue;
                    };
                    let start = ready.max(free);
                    if best.as_ref().is_none_or(|(earliest, ..)| start < *earliest) {
                        best = Some((start, stage, task, ready));
                    }
                }
            }
            let Some((_, stage, task, ready)) = best else {
                break;
            };
            self.run(stage, task, ready);
            if let Some(queues) = queues.get_mut(stage as usize) {
                queues.took(task);
            }
        }
    }
}

/// What is left for one stage to do.
struct Queues {
    streams: Vec<Stream>,
    weight: VecDeque<Task>,
}

/// One chunk of a stage, or one direction.
struct Stream {
    forward: VecDeque<Task>,
    backward: VecDeque<Task>,
    in_flight: u32,
    /// As in 1F1B over all places: as many as there are places from here to the end of the way.
    in_flight_max: u32,
}

impl Queues {
    fn new(player: &Player<'_>, stage: u32) -> Self {
        let m = player.m;
        let streams: Vec<(u32, u32, u32)> = match player.layout.schedule {
            Schedule::DualPipe => vec![(0, 0, m.div_ceil(2)), (0, m.div_ceil(2), m)],
            // The chunk that ends the way first, so that it comes before new micro-batches.
            Schedule::ZeroBubbleV => vec![(1, 0, m), (0, 0, m)],
            _ => vec![(0, 0, m)],
        };
        let stream = |(chunk, from, to): (u32, u32, u32)| {
            let all = |work| {
                (from..to).map(move |micro_batch| Task { work, micro_batch, chunk }).collect()
            };
            let first = Task { work: Work::Forward, micro_batch: from, chunk };
            Stream {
                forward: all(Work::Forward),
                backward: all(Work::Backward),
                in_flight: 0,
                in_flight_max: player.depth - player.place(stage, first),
            }
        };
        Self { streams: streams.into_iter().map(stream).collect(), weight: VecDeque::new() }
    }

    /// What could be next, the most urgent first.
    fn candidates(&self) -> impl Iterator<Item = Task> {
        let backward = self.streams.iter().filter_map(|stream| stream.backward.front());
        let may = self.streams.iter().filter(|stream| stream.in_flight < stream.in_flight_max);
        let forward = may.filter_map(|stream| stream.forward.front());
        backward.chain(forward).chain(self.weight.front()).copied()
    }

    fn took(&mut self, task: Task) {
        if task.work == Work::Weight {
            self.weight.pop_front();
            return;
        }
        for stream in &mut self.streams {
            if stream.forward.front() == Some(&task) {
                stream.forward.pop_front();
                stream.in_flight += 1;
            } else if stream.backward.front() == Some(&task) {
                stream.backward.pop_front();
                stream.in_flight = stream.in_flight.saturating_sub(1);
                self.weight.push_back(Task { work: Work::Weight, ..task });
            }
        }
    }
}
