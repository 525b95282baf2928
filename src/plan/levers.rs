//! F6: what would make a plan faster: the same question with one figure changed, answered again.

use super::choice::{Finding, Plan, find, find_within};
use crate::case::Case;
use crate::cluster::Cluster;
use crate::estimate::Book;
use crate::units::order;
use crate::units::{Ratio, Seconds};
use crate::workload::{Constraints, Fixed};
use std::ops::Range;

/// How much of a figure is added: a fifth.
const MORE: f64 = 1.2;
/// Savings below this share of the step are not told.
const WORTH: f64 = 0.001;

/// One figure changed, and what follows.
#[derive(Clone, Debug, PartialEq)]
pub struct Lever {
    /// `20% more memory`.
    pub name: &'static str,
    /// Step time then.
    pub step: Seconds,
    /// Share of the step that it saves.
    pub saves: Ratio,
    /// The layout then, with its estimate.
    pub plan: Plan,
}

/// Single changes that would make the step shorter, the best first; each is a search of its own.
/// Nothing when told to stop.
pub fn levers(
    case: &Case,
    plan: &Plan,
    keep_going: &mut dyn FnMut() -> bool,
) -> Option<Vec<Lever>> {
    let mut all = Vec::new();
    for (name, ask) in QUESTIONS {
        if !keep_going() {
            return None;
        }
        let Some(Finding::Plan(better)) = ask(case) else {
            continue;
        };
        let saves = 1.0 - better.step().get() / plan.step().get();
        if saves >= WORTH {
            let saves = Ratio::new(saves);
            all.push(Lever { name, step: better.step(), saves, plan: *better });
        }
    }
    order::sort_by_key(&mut all, |lever| std::cmp::Reverse(lever.saves));
    Some(all)
}

type Question = fn(&Case) -> Option<Finding>;

const QUESTIONS: [(&str, Question); 6] = [
    ("20% more memory", |case| {
        let capacity = Book::new(case).capacity();
        Some(find_within(case, capacity.times(6).shared(5)))
    }),
    ("20% higher matrix rate", |case| {
        Some(find(&changed(case, |cluster| {
            scale_peak(cluster, MORE);
        })))
    }),
    ("20% more memory bandwidth", |case| {
        Some(find(&changed(case, |cluster| {
            let rate = &mut cluster.accelerator.memory_bandwidth;
            *rate = *rate * MORE;
        })))
    }),
    ("20% faster scale-up links", |case| {
        let domain = case.cluster.domain().min(case.cluster.count);
        (domain > 1).then(|| find(&changed(case, |cluster| scale_links(cluster, 0..1, MORE))))
    }),
    ("20% faster network", |case| {
        let levels = case.cluster.levels.len();
        (levels > 1).then(|| find(&changed(case, |cluster| scale_links(cluster, 1..levels, MORE))))
    }),
    ("Letting go of what is fixed and forbidden", |case| {
        let own = &case.constraints;
        let free = Constraints {
            headroom_thousandths: own.headroom_thousandths,
            ..Constraints::default()
        };
        let bound = own.fixed != Fixed::default() || own.forbidden != free.forbidden;
        bound.then(|| find(&Case { constraints: free, ..case.clone() }))
    }),
];

fn changed(case: &Case, change: impl FnOnce(&mut Cluster)) -> Case {
    let mut case = case.clone();
    change(&mut case.cluster);
    case
}

/// Matrix rates of the data sheet, times a factor.
pub(super) fn scale_peak(cluster: &mut Cluster, by: f64) {
    for rate in cluster.accelerator.peak.rates() {
        *rate = *rate * by;
    }
}

/// Bandwidth of some levels of the network, times a factor.
pub(super) fn scale_links(cluster: &mut Cluster, levels: Range<usize>, by: f64) {
    for level in cluster.levels.iter_mut().take(levels.end).skip(levels.start) {
        level.bandwidth = level.bandwidth * by;
    }
}
