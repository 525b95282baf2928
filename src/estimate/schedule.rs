//! F4: pipeline schedules: what is in flight, and how long stages wait.

use super::stage::Stages;
use super::step::{Pace, StageTime};
use crate::layout::split::StageClass;
use crate::layout::{Layout, Schedule};
use crate::units::Ratio;

/// A schedule with its numbers of stages and of chunks on each.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Way {
    pub schedule: Schedule,
    pub pp: u32,
    pub vpp: u32,
}

impl Way {
    /// Micro-batches of `m` whose activations a stage holds at its peak, in the whole stage's worth.
    pub(super) fn chunks_in_flight(&self, m: u32, class: &StageClass) -> f64 {
        let Self { schedule, pp, vpp } = *self;
        let in_flight = in_flight_chunks(schedule, pp, vpp, m, class.first);
        in_flight.max(1) as f64 / class.chunks.len().max(1) as f64
    }
}

/// Chunks of one stage's activations that are alive at its peak, for micro-batches of `vpp` chunks each.
///
/// GPipe and breadth-first keep every micro-batch. 1F1B keeps `pp - stage` (arXiv 2104.04473, section 2.2.1),
/// ZB-H1 as many (arXiv 2401.10241, table 2). Interleaved 1F1B warms up with
/// `2 (pp - stage - 1) + (vpp - 1) pp` chunks and starts one more (arXiv 2205.05198, appendix: the factor
/// `1 + (pp - 1) / (pp vpp)` on the first stage). ZB-V keeps `2 pp` half-stages everywhere (arXiv 2405.15362,
/// table 1). DualPipe keeps `pp + 1` chunks (arXiv 2412.19437, table 2).
#[must_use]
pub fn in_flight_chunks(schedule: Schedule, pp: u32, vpp: u32, m: u32, stage: u32) -> u64 {
    let (pp, vpp, m) = (u64::from(pp), u64::from(vpp), u64::from(m));
    let after = pp.saturating_sub(u64::from(stage) + 1);
    match schedule {
        Schedule::OneFOneB | Schedule::ZeroBubble => (after + 1).min(m),
        Schedule::GPipe | Schedule::BreadthFirst => m * vpp,
        Schedule::Interleaved => (2 * after + (vpp - 1) * pp + 1).min(m * vpp),
        Schedule::ZeroBubbleV => (2 * pp).min(2 * m),
        Schedule::DualPipe => (pp + 1).min(m),
    }
}

/// Bubble over ideal time for equal stages: `(pp - 1) / (vpp m)` (arXiv 2104.04473, section 2.2.2).
#[must_use]
pub fn ideal_bubble(pp: u32, vpp: u32, m: u32) -> Ratio {
    Ratio::new(f64::from(pp.saturating_sub(1)) / (f64::from(vpp) * f64::from(m)))
}

/// Seconds that the slowest stage waits in a step: what the formulas of equal stages say, with the longest wait
/// taken out of the sum of all, so that more work on any stage never shortens it.
///
/// 1F1B and GPipe: the first micro-batch must pass the other stages and come back, `sum t - t_max`, for equal
/// stages `(pp - 1)(F + B)`. Interleaving divides that by `vpp` (arXiv 2104.04473). ZB-H1 fills it with
/// weight gradients, `(pp - 1)(F + B - 2 W)` with `B` the whole backward, and the V schedule
/// `(pp - 1)(F + B - 3 W)` as ZB-H2 (arXiv 2401.10241, table 2). DualPipe: [`dual_wait`].
pub(crate) fn bubble(layout: &Layout, stages: &Stages<'_>, times: &[StageTime]) -> f64 {
    let Layout { schedule, pp, vpp, .. } = *layout;
    let paces = times.iter().map(StageTime::pace);
    waits(&Way { schedule, pp, vpp }, stages.classes.iter().map(|stage| stage.count).zip(paces))
}

/// The same, of stages told by their number and their pace.
pub(crate) fn waits(way: &Way, stages: impl Iterator<Item = (f64, Pace)> + Clone) -> f64 {
    let Way { schedule, pp, vpp } = *way;
    if pp <= 1 {
        return 0.0;
    }
    let others = |wait: fn(&Pace) -> f64| {
        // All but the longest: `all - most` in an order that adding to one never makes smaller.
        let (all, _) = stages.clone().fold((0.0, 0.0_f64), |(all, most), (count, time)| {
            let one = wait(&time);
            (all + (count - 1.0) * one + most.min(one), most.max(one))
        });
        all
    };
    match schedule {
        Schedule::OneFOneB | Schedule::GPipe => others(|stage| stage.total),
        Schedule::Interleaved | Schedule::BreadthFirst => {
            others(|stage| stage.total) / f64::from(vpp)
        }
        Schedule::ZeroBubble => others(|stage| (stage.total - 2.0 * stage.weight).max(0.0)),
        Schedule::ZeroBubbleV => others(|stage| (stage.total - 3.0 * stage.weight).max(0.0)),
        Schedule::DualPipe => dual_wait(f64::from(pp), stages),
    }
}

/// What a step of DualPipe takes beyond its micro-batches, each at the pace `F&B` of two chunks that hide each other's
/// exchanges: the longest way through the order of its authors' code (deepseek-ai/DualPipe, dualpipe.py @bb214e8).
///
/// With `h = pp / 2`, `F` and `B` chunks that run alone, their exchanges in the open, and `W` the weight gradients in
/// `B`, equal stages take `(m - h - 2) F&B` and the longer of `2 h F + 3 h B - 3 (h - 1) W` and
/// `3 h F + (2 h + 1) B - 2 (h - 1) W`. Where no exchange is in the open and `B - W = F`, that is
/// `(h - 1)(F&B + B - 3 W)` beyond `m F&B`, as arXiv 2412.19437 has it (table 2). Both ways cross all stages, so they
/// take the average one; the slowest sets the pace of the rest.
fn dual_wait(pp: f64, stages: impl Iterator<Item = (f64, Pace)>) -> f64 {
    let (mut slowest, mut forward, mut backward, mut weight) = (0.0_f64, 0.0, 0.0, 0.0);
    for (count, pace) in stages {
        let share = count / pp;
        slowest = slowest.max(pace.total);
        forward += share * (pace.total - pace.backward + pace.alone[0]);
        backward += share * (pace.backward + pace.alone[1]);
        weight += share * pace.weight;
    }
    let h = pp / 2.0;
    let early = 2.0 * h * forward + 3.0 * h * backward - 3.0 * (h - 1.0) * weight;
    let late = 3.0 * h * forward + (2.0 * h + 1.0) * backward - 2.0 * (h - 1.0) * weight;
    (early.max(late) - (h + 2.0) * slowest).max(0.0)
}
