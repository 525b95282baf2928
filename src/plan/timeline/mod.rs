//! F6: the work of a pipeline over one step, stage by stage.
//!
//! The schedule is played through with each stage's own times, the nothing-hidden part of
//! communication included, so uneven stages wait where they would. A step of many micro-batches is
//! drawn as if it had fewer.

mod order;
mod play;

pub use order::{Task, Work};
pub use play::{Played, play};

use super::Plan;
use crate::case::Case;
use crate::estimate::{Book, StageReport, TimePart};
use crate::layout::{Layout, Schedule};
use crate::units::Seconds;
use crate::units::text::show;

/// Most stages that are drawn.
const LANES_MAX: u32 = 16;
/// Fewest stages that are drawn of a longer pipeline.
const LANES_MIN: u32 = 4;
/// Micro-batches that are drawn where that shows a steady state.
const MICRO_BATCHES: u32 = 24;
/// Most blocks that are drawn.
const BLOCKS_MAX: u32 = 1600;

/// Work of some stages over one step.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Timeline {
    /// Length of the time axis.
    pub span: Seconds,
    /// The stages drawn.
    pub lanes: Vec<Lane>,
    /// What was left out or simplified.
    pub note: String,
}

/// One stage.
#[derive(Clone, Debug, PartialEq)]
pub struct Lane {
    /// Its number, from 0.
    pub stage: u32,
    /// Its blocks, in time order.
    pub blocks: Vec<Block>,
}

/// One block of work.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Block {
    /// When it starts.
    pub start: Seconds,
    /// When it ends.
    pub end: Seconds,
    /// What it is.
    pub kind: BlockKind,
    /// Micro-batch, from 0.
    pub micro_batch: u32,
    /// Chunk on the stage, from 0.
    pub chunk: u32,
}

/// What a block is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum BlockKind {
    /// A pass of the pipeline.
    Pass(Work),
    /// Gradients and parameters, as far as nothing hides them.
    Communication,
    /// The update.
    Optimizer,
}

impl BlockKind {
    /// Stable name.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Pass(Work::Forward) => "forward",
            Self::Pass(Work::Backward) => "backward",
            Self::Pass(Work::Weight) => "weight",
            Self::Communication => "communication",
            Self::Optimizer => "optimizer",
        }
    }
}

/// The step of a plan.
#[must_use]
pub fn timeline(case: &Case, plan: &Plan) -> Timeline {
    let layout = &plan.layout;
    let stages = Book::new(case).stages_report(layout);
    let m = layout.n_micro_batches(case.training.global_batch).max(1);
    let drawn = drawn_micro_batches(layout, m);
    let lanes = drawn_lanes(layout, drawn);
    let played = play(layout, &stages, drawn);
    let end = played.iter().flat_map(|stage| stage.iter().map(|pass| pass.end));
    let end = end.fold(Seconds::ZERO, Seconds::max);
    let tail = Tail::new(plan, &stages, m);
    let lane = |stage: u32| {
        let passes = played.get(stage as usize).map_or(&[][..], Vec::as_slice);
        let mut blocks: Vec<Block> = passes.iter().map(Played::block).collect();
        blocks.extend(tail.blocks(end));
        Lane { stage, blocks }
    };
    let note = note(layout, m, drawn, lanes.len() as u32);
    let lanes = lanes.into_iter().map(lane).collect();
    Timeline { span: end + tail.communication + tail.optimizer, lanes, note }
}

/// What follows the last backward pass.
struct Tail {
    communication: Seconds,
    optimizer: Seconds,
}

impl Tail {
    fn new(plan: &Plan, stages: &[StageReport], m: u32) -> Self {
        let slowest = stages.iter().map(StageReport::time).fold(Seconds::ZERO, Seconds::max);
        let time = &plan.estimate.time;
        let optimizer = time.get(TimePart::Optimizer);
        let others = [
            slowest * f64::from(m),
            time.get(TimePart::Bubble),
            time.get(TimePart::Overhead),
            optimizer,
        ];
        let communication = others.into_iter().fold(plan.step(), Seconds::less);
        Self { communication, optimizer }
    }

    fn blocks(&self, from: Seconds) -> impl Iterator<Item = Block> {
        let middle = from + self.communication;
        let block = |start, end, kind| Block { start, end, kind, micro_batch: 0, chunk: 0 };
        let all = [
            block(from, middle, BlockKind::Communication),
            block(middle, middle + self.optimizer, BlockKind::Optimizer),
        ];
        all.into_iter().filter(|block| block.end > block.start)
    }
}

/// Micro-batches to draw, of `m`: enough for a steady state, and a number that the schedule takes.
fn drawn_micro_batches(layout: &Layout, m: u32) -> u32 {
    let pp = layout.pp;
    let wanted = match layout.schedule {
        Schedule::Interleaved => pp * (MICRO_BATCHES / pp).max(1),
        Schedule::DualPipe => (2 * pp).max(MICRO_BATCHES),
        _ => MICRO_BATCHES.max(pp + pp / 2),
    };
    wanted.min(m)
}

/// Stages to draw: all of a short pipeline, the ends of a long one.
fn drawn_lanes(layout: &Layout, drawn: u32) -> Vec<u32> {
    let passes = if splits_backward(layout.schedule) { 3 } else { 2 };
    let blocks = (drawn * layout.vpp * passes).max(1);
    let n = (BLOCKS_MAX / blocks).clamp(LANES_MIN, LANES_MAX).min(layout.pp);
    let (head, tail) = (n.div_ceil(2), n / 2);
    (0..head).chain(layout.pp - tail..layout.pp).collect()
}

/// Whether the schedule puts weight gradients off.
pub(super) const fn splits_backward(schedule: Schedule) -> bool {
    matches!(schedule, Schedule::ZeroBubble | Schedule::ZeroBubbleV | Schedule::DualPipe)
}

fn note(layout: &Layout, m: u32, drawn: u32, lanes: u32) -> String {
    let mut words = Vec::new();
    if drawn < m {
        words.push(format!(
            "The step has {} micro-batches; it is drawn as if it had {}, so waits look larger \
             than they are.",
            show::grouped(m.into()),
            show::grouped(drawn.into())
        ));
    }
    if lanes < layout.pp {
        words.push(format!(
            "The first {} and last {} of {} stages are drawn.",
            lanes.div_ceil(2),
            lanes / 2,
            show::grouped(layout.pp.into())
        ));
    }
    if splits_backward(layout.schedule) {
        words
            .push("The order of this schedule is approximated by taking what is ready.".to_owned());
    }
    words.join(" ")
}
