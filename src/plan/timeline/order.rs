//! F6: the order in which a stage takes its work, for the schedules that fix it.

use crate::layout::{Layout, Schedule};

/// Which pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Work {
    /// Forward.
    Forward,
    /// Backward; where weight gradients are put off, without them.
    Backward,
    /// Weight gradients that were put off.
    Weight,
}

/// One pass of one micro-batch through one chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Task {
    /// Which pass.
    pub work: Work,
    /// Micro-batch, from 0.
    pub micro_batch: u32,
    /// Chunk on the stage, from 0.
    pub chunk: u32,
}

/// The order on one stage; nothing for schedules that take what is ready.
pub(super) fn order(layout: &Layout, stage: u32, m: u32) -> Option<Vec<Task>> {
    match layout.schedule {
        Schedule::OneFOneB => {
            Some(one_f_one_b(layout.pp.saturating_sub(stage + 1), rounds(1, m, m)))
        }
        Schedule::Interleaved => {
            let warm_up = 2 * layout.pp.saturating_sub(stage + 1) + (layout.vpp - 1) * layout.pp;
            Some(one_f_one_b(warm_up, rounds(layout.vpp, layout.pp, m)))
        }
        Schedule::GPipe => Some(one_f_one_b(m, rounds(1, m, m))),
        Schedule::BreadthFirst => Some(one_f_one_b(layout.vpp * m, rounds(layout.vpp, m, m))),
        Schedule::ZeroBubble | Schedule::ZeroBubbleV | Schedule::DualPipe => None,
    }
}

/// Chunks and micro-batches in the order of forwards and of backwards.
struct Rounds {
    forward: Vec<(u32, u32)>,
    backward: Vec<(u32, u32)>,
}

/// `group` micro-batches pass through every chunk before the next ones do.
fn rounds(vpp: u32, group: u32, m: u32) -> Rounds {
    let mut rounds = Rounds { forward: Vec::new(), backward: Vec::new() };
    let group = group.max(1);
    let mut first = 0;
    while first < m {
        let last = (first + group).min(m);
        for chunk in 0..vpp {
            rounds.forward.extend((first..last).map(|i| (chunk, i)));
            rounds.backward.extend((first..last).map(|i| (vpp - 1 - chunk, i)));
        }
        first = last;
    }
    rounds
}

/// `warm_up` forwards, then one forward and one backward in turn, then the backwards that are left.
fn one_f_one_b(warm_up: u32, rounds: Rounds) -> Vec<Task> {
    let task = |work, (chunk, micro_batch)| Task { work, micro_batch, chunk };
    let mut forward = rounds.forward.into_iter().map(|at| task(Work::Forward, at));
    let mut backward = rounds.backward.into_iter().map(|at| task(Work::Backward, at));
    let mut all: Vec<Task> = forward.by_ref().take(warm_up as usize).collect();
    for next in forward {
        all.push(next);
        all.extend(backward.next());
    }
    all.extend(backward);
    all
}
