//! F6: what else there is: the best layouts of other kinds, and the trade of time against memory.

use super::choice::{Finding, Plan, find_other, find_within};
use super::tree::time_label;
use crate::case::Case;
use crate::estimate::{Book, TimePart};
use crate::search::Kind;
use crate::units::order;
use crate::units::text::show;
use crate::units::{Bytes, Ratio, Seconds};

/// Most runners-up.
const RUNNERS_UP_MAX: usize = 5;
/// Step of the frontier, in thousandths of the accelerator's memory.
const FRONTIER_STEP: u32 = 50;
/// Most parts of the step that are named for a runner-up.
const LOSSES_MAX: usize = 3;

/// A layout that lost.
#[derive(Clone, Debug, PartialEq)]
pub struct RunnerUp {
    /// The layout with its estimate.
    pub plan: Plan,
    /// How much slower it is than the plan.
    pub slower: Ratio,
    /// What it loses on.
    pub loses: String,
}

/// The fastest layout that leaves some memory free.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FrontierPoint {
    /// The layout with its estimate.
    pub plan: Plan,
    /// Memory that it had to leave free, in thousandths of the accelerator's.
    pub keep_thousandths: u32,
}

/// The best layouts that differ from the plan and from one another in tensor, context, pipeline or
/// expert parallelism, fastest first. Nothing when told to stop.
pub fn runners_up(
    case: &Case,
    plan: &Plan,
    keep_going: &mut dyn FnMut() -> bool,
) -> Option<Vec<RunnerUp>> {
    let book = Book::new(case);
    let mut avoid = vec![Kind::of(&plan.layout)];
    let mut all = Vec::new();
    while all.len() < RUNNERS_UP_MAX {
        if !keep_going() {
            return None;
        }
        let Finding::Plan(other) = find_other(&book, &avoid) else {
            break;
        };
        avoid.push(Kind::of(&other.layout));
        let slower = Ratio::new((other.step().get() / plan.step().get() - 1.0).max(0.0));
        all.push(RunnerUp { plan: *other, slower, loses: losses(plan, &other) });
    }
    Some(all)
}

/// The parts of the step in which `other` loses most on the plan, and the one in which it gains
/// most.
fn losses(plan: &Plan, other: &Plan) -> String {
    let difference = |part: &TimePart| {
        let own = plan.estimate.time.get(*part).get();
        (other.estimate.time.get(*part).get() - own, *part)
    };
    let mut all: Vec<(f64, TimePart)> = TimePart::ALL.iter().map(difference).collect();
    order::sort_by(&mut all, |a, b| b.0.total_cmp(&a.0));
    let worth = plan.step().get() / 1000.0;
    let name = |part: TimePart| {
        let label = time_label(part);
        let mut letters = label.chars();
        let first = letters.next().map(|c| c.to_ascii_lowercase());
        first.into_iter().chain(letters).collect::<String>()
    };
    let mut words: Vec<String> = all
        .iter()
        .take(LOSSES_MAX)
        .filter(|(more, _)| *more > worth)
        .map(|(more, part)| format!("{} +{}", name(*part), show::time(Seconds::new(*more))))
        .collect();
    if let Some((less, part)) = all.last().filter(|(more, _)| *more < -worth) {
        words.push(format!("{} \u{2212}{}", name(*part), show::time(Seconds::new(-less))));
    }
    if words.is_empty() { "nearly the same".to_owned() } else { words.join("; ") }
}

/// The fastest layouts that leave more and more memory free, until nothing fits. Each is slower
/// than the one before it and leaves more free. Nothing when told to stop.
pub fn frontier(
    case: &Case,
    plan: &Plan,
    keep_going: &mut dyn FnMut() -> bool,
) -> Option<Vec<FrontierPoint>> {
    let own = case.constraints.headroom_thousandths;
    let mut all: Vec<FrontierPoint> = Vec::new();
    let mut keep = 0;
    while keep < 1000 {
        if !keep_going() {
            return None;
        }
        let found = if keep == own {
            Finding::Plan(Box::new(*plan))
        } else {
            find_within(case, capacity(case, keep))
        };
        let Finding::Plan(found) = found else { break };
        if all.last().is_none_or(|last| last.plan.layout != found.layout) {
            all.retain(|point| point.plan.step() < found.step());
            all.push(FrontierPoint { plan: *found, keep_thousandths: keep });
        }
        let free =
            found.headroom(case).times(1000).get() / case.cluster.accelerator.memory.get().max(1);
        // What is free already need not be asked for again.
        let next = (free as u32 / FRONTIER_STEP + 1) * FRONTIER_STEP;
        keep = if keep < own && own < next { own } else { next.max(keep + 1) };
    }
    Some(all)
}

/// Memory that may be used when that much must stay free, as [`Book::capacity`] counts it.
fn capacity(case: &Case, keep_thousandths: u32) -> Bytes {
    let all = case.cluster.accelerator.memory;
    all.less(all.times(keep_thousandths.into()).shared(1000))
}
