//! F6: which input moves cost and time most: each is changed down and up, all others staying.
//!
//! Hardware and software change under the chosen layout, as a sweep must be quick; [`super::levers`] searches anew.

use super::Plan;
use super::budget::{Deal, Run};
use super::levers::{scale_links, scale_peak};
use crate::case::Case;
use crate::estimate::Book;
use crate::reliability::{Reliability, Spot};
use crate::units::{Dollars, Ratio, Seconds, Tokens, order};

/// One input, and what its change down and up makes of the whole run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Swing {
    /// `Price, -30% to +30%`.
    pub name: &'static str,
    /// From start to end, with the input down and up.
    pub time: [Seconds; 2],
    /// What it costs then.
    pub cost: [Dollars; 2],
}

impl Swing {
    /// By how much the cost moves.
    #[must_use]
    pub fn cost_width(&self) -> Dollars {
        let [a, b] = self.cost;
        a.max(b).less(a.min(b))
    }

    /// By how much the time moves.
    #[must_use]
    pub fn time_width(&self) -> Seconds {
        let [a, b] = self.time;
        a.max(b).less(a.min(b))
    }
}

/// A question with the failures and the price that it is asked under.
#[derive(Clone, Debug)]
struct Asked {
    case: Case,
    own: Reliability,
    spot: Option<Spot>,
    deal: Deal,
    /// On the time of a step.
    step: f64,
}

/// Changes by a factor.
type Change = fn(&mut Asked, f64);

/// What is changed, by which factors, and how.
const INPUTS: [(&str, [f64; 2], Change); 11] = [
    ("Price, \u{2212}30% to +30%", [0.7, 1.3], |asked, by| {
        asked.deal.rate = asked.deal.rate * by;
    }),
    ("Tokens, \u{2212}20% to +20%", [0.8, 1.2], |asked, by| {
        let tokens = asked.case.training.tokens.as_f64() * by;
        asked.case.training.tokens = Tokens::new(tokens as u64);
    }),
    ("Step time, over its range", [0.0, 1.0], |asked, by| {
        let spread = asked.case.stack.spread(&asked.case.cluster.accelerator.generation);
        let (low, high) = spread.map_or((Ratio::ONE, Ratio::ONE), |spread| spread.time);
        asked.step = if by > 0.0 { high.get() } else { low.get() };
    }),
    ("Matrix rate, \u{2212}20% to +20%", [0.8, 1.2], |asked, by| {
        scale_peak(&mut asked.case.cluster, by);
    }),
    ("Memory bandwidth, \u{2212}20% to +20%", [0.8, 1.2], |asked, by| {
        let rate = &mut asked.case.cluster.accelerator.memory_bandwidth;
        *rate = *rate * by;
    }),
    ("Scale-up links, half to double", [0.5, 2.0], |asked, by| {
        scale_links(&mut asked.case.cluster, 0..1, by);
    }),
    ("Network, half to double", [0.5, 2.0], |asked, by| {
        let n = asked.case.cluster.levels.len();
        scale_links(&mut asked.case.cluster, 1..n, by);
    }),
    ("Failures, half to double", [0.5, 2.0], |asked, by| {
        asked.own.failures = asked.own.failures * by;
    }),
    ("Restart, half to double", [0.5, 2.0], |asked, by| {
        asked.own.restart = asked.own.restart * by;
    }),
    ("Storage, half to double", [0.5, 2.0], |asked, by| {
        let saving = &mut asked.own.checkpoint;
        saving.write = saving.write * by;
        saving.read = saving.read * by;
    }),
    ("Time there of spot machines, half to double", [0.5, 2.0], |asked, by| {
        if let Some(spot) = &mut asked.spot {
            spot.available = spot.available * by;
            spot.median = spot.median.map(|median| median * by);
        }
    }),
];

/// Every input that moves the cost or the time of a plan, the one that moves the cost most first.
#[must_use]
pub fn tornado(run: &Run<'_>) -> Vec<Swing> {
    let swing = |(name, factors, change): &(&'static str, [f64; 2], Change)| {
        let ends = factors.map(|by| {
            let (case, deal) = (run.case.clone(), run.deal.clone());
            let mut asked = Asked { case, own: run.reliability, spot: run.spot, deal, step: 1.0 };
            change(&mut asked, by);
            whole(&asked, run.plan)
        });
        let [(a, x), (b, y)] = ends;
        Swing { name, time: [a, b], cost: [x, y] }
    };
    let mut all: Vec<Swing> = INPUTS.iter().map(swing).collect();
    all.retain(|swing| swing.cost[0] != swing.cost[1] || swing.time[0] != swing.time[1]);
    order::sort_by_key(&mut all, |swing| {
        std::cmp::Reverse((swing.cost_width(), swing.time_width()))
    });
    all
}

fn whole(asked: &Asked, plan: &Plan) -> (Seconds, Dollars) {
    let book = Book::new(&asked.case);
    let mut job = book.job(&plan.layout, &book.estimate(&plan.layout));
    job.work = job.work * asked.step;
    job.step = job.step * asked.step;
    let Asked { case, own, spot, deal, .. } = asked;
    let run = Run { case, plan, reliability: *own, spot: *spot, deal };
    let end = &run.ends_of(&job)[1];
    (run.lasts(end), run.money(end).total())
}
