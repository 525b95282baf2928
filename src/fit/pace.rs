//! The pace at which the estimate takes as long as was measured: one constant, for whoever has measured a run of their
//! own.

use crate::case::Case;
use crate::catalogue::constants::PACE;
use crate::estimate::Book;
use crate::estimate::serve::Serving;
use crate::layout::Layout;
use crate::plan::serve::Deployed;
use crate::search::deploy;
use crate::serving::Factor;
use crate::stack::Pace;
use crate::units::{Ratio, Seconds, order};
use std::sync::Arc;

/// Halvings of the span of paces, in logarithms: to eight digits of its twelve doublings.
const HALVINGS: u32 = 32;

/// One measured run.
#[derive(Clone, Debug)]
pub struct Timed {
    /// What was run, on the stack whose pace is sought.
    pub case: Case,
    /// In which layout.
    pub layout: Layout,
    /// Time of a step.
    pub measured: Seconds,
}

/// What several runs say of one pace.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Paced {
    /// The median of the runs' own paces.
    pub pace: Ratio,
    /// The slowest and the fastest of them.
    pub between: (Ratio, Ratio),
    /// How far the estimate lies from what was measured at that pace: median, and at most; of |ln(estimate / measured)|.
    pub off: (Ratio, Ratio),
    /// How many.
    pub runs: u32,
}

impl Timed {
    /// Time of a step at a pace of the accelerator's own work.
    #[must_use]
    pub fn step_at(&self, pace: Ratio) -> Seconds {
        let mut case = self.case.clone();
        let accelerator = &case.cluster.accelerator;
        let own = Pace {
            accelerator: accelerator.name.clone(),
            precision: case.training.precision.key().to_owned(),
            ratio: pace,
            attention: case.pace().map_or(Ratio::ONE, |pace| pace.attention),
        };
        case.stack.paces.insert(0, own);
        Book::new(&case).estimate(&self.layout).step()
    }

    /// The pace at which it takes as long as measured; none where no pace does: what does not depend on it takes
    /// longer already, or what was measured is no step of this run.
    #[must_use]
    pub fn pace(&self) -> Option<Ratio> {
        agreeing(self.measured, &|pace| self.step_at(pace))
    }
}

/// The pace at which a deployment's further tokens take as long as measured, all that its engine does taken alike.
#[must_use]
pub fn of_service(own: &Deployed<'_>, measured: Seconds) -> Option<Ratio> {
    let per_token = |pace: Ratio| {
        let mut service = own.service.clone();
        let machine = &own.machine.cluster.accelerator.name;
        Arc::make_mut(&mut service.engine.factors).extend(Factor::of_pace(machine, pace));
        let serving = Serving::new(&service, &own.own.at.instance);
        deploy::shared(own.ask, &serving, own.own.replicas).per_token
    };
    agreeing(measured, &per_token)
}

/// Where a time that falls with the pace is as long as measured.
fn agreeing(measured: Seconds, time: &dyn Fn(Ratio) -> Seconds) -> Option<Ratio> {
    let (mut slow, mut fast) = (PACE.min, PACE.max);
    if time(Ratio::new(slow)) < measured || time(Ratio::new(fast)) > measured {
        return None;
    }
    for _ in 0..HALVINGS {
        let middle = (slow * fast).sqrt();
        if time(Ratio::new(middle)) > measured {
            slow = middle;
        } else {
            fast = middle;
        }
    }
    Ratio::checked((slow * fast).sqrt())
}

/// What runs of one accelerator and number format say together; none where no pace agrees with any.
#[must_use]
pub fn together(runs: &[Timed]) -> Option<Paced> {
    let mut paces: Vec<Ratio> = runs.iter().filter_map(Timed::pace).collect();
    order::sort_by(&mut paces, Ord::cmp);
    let pace = median(&paces)?;
    let mut off: Vec<Ratio> = runs.iter().map(|run| off(run.step_at(pace), run.measured)).collect();
    order::sort_by(&mut off, Ord::cmp);
    Some(Paced {
        pace,
        between: (*paces.first()?, *paces.last()?),
        off: (median(&off)?, *off.last()?),
        runs: u32::try_from(runs.len()).unwrap_or(u32::MAX),
    })
}

fn off(said: Seconds, measured: Seconds) -> Ratio {
    Ratio::new(libm::log(said.get() / measured.get()).abs())
}

/// The middle one, of an even number the mean of the two in the middle.
fn median(sorted: &[Ratio]) -> Option<Ratio> {
    let half = sorted.len() / 2;
    let high = sorted.get(half)?;
    let low = if sorted.len().is_multiple_of(2) { sorted.get(half.checked_sub(1)?)? } else { high };
    Some(Ratio::new((low.get() + high.get()) / 2.0))
}
