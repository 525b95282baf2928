//! F6: workloads of many runs: searches over hyper-parameters, and training again and again.

use super::buy::Demand;
use crate::units::{Ratio, Seconds};

/// Most trials of a search.
pub const TRIALS_MAX: u32 = 1 << 20;
/// Most rungs or brackets.
const RUNGS_MAX: u32 = 64;

/// Some trials that are trained up to the same share of a whole run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rung {
    /// Trials.
    pub trials: u32,
    /// How far, as a share of one whole run.
    pub reach: Ratio,
    /// Whole runs' worth of work that it adds: the trials go on from the rung below.
    pub work: Ratio,
}

/// How a search stops what does not look good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stopping {
    /// Every trial is a whole run.
    Never,
    /// Successive halving: of each rung the best `1 / eta` go on, `eta` times as far (Jamieson and Talwalkar,
    /// AISTATS 2016).
    Halving {
        /// What survives is one in that many.
        eta: u32,
        /// Rungs above the first.
        rungs: u32,
    },
}

/// The rungs of a search over that many trials.
///
/// Trials go on from where they stopped; to start each rung afresh, as the papers count it, see [`restarted`].
#[must_use]
pub fn rungs(trials: u32, stopping: Stopping) -> Vec<Rung> {
    let trials = trials.min(TRIALS_MAX);
    match stopping {
        Stopping::Never => {
            let work = Ratio::new(f64::from(trials));
            vec![Rung { trials, reach: Ratio::ONE, work }]
        }
        Stopping::Halving { eta, rungs } => halving(trials, eta.max(2), rungs.min(RUNGS_MAX)),
    }
}

/// The brackets of Hyperband where a trial may take up to `most` times the least that tells anything: Li et al.,
/// "Hyperband", JMLR 18 (2018), algorithm 1.
#[must_use]
pub fn hyperband(most: u32, eta: u32) -> Vec<Vec<Rung>> {
    let eta = eta.max(2);
    let mut s_max = 0;
    let mut reach = u64::from(eta);
    while reach <= u64::from(most.max(1)) {
        s_max += 1;
        reach *= u64::from(eta);
    }
    let bracket = |s: u32| {
        let n = u64::from(s_max + 1) * u64::from(eta).pow(s);
        let trials = u32::try_from(n.div_ceil(u64::from(s + 1))).unwrap_or(TRIALS_MAX);
        halving(trials.min(TRIALS_MAX), eta, s)
    };
    (0..=s_max).rev().map(bracket).collect()
}

/// Whole runs' worth of work.
#[must_use]
pub fn work(rungs: &[Rung]) -> Ratio {
    rungs.iter().map(|rung| rung.work).sum()
}

/// The same where each rung starts afresh: the sum over rungs of trials times reach.
#[must_use]
pub fn restarted(rungs: &[Rung]) -> Ratio {
    rungs.iter().map(|rung| rung.reach * f64::from(rung.trials)).sum()
}

fn halving(trials: u32, eta: u32, above: u32) -> Vec<Rung> {
    let mut all: Vec<Rung> = Vec::new();
    let (mut left, mut reach) = (trials, 1.0);
    for _ in 0..above {
        reach /= f64::from(eta);
    }
    let mut before = 0.0;
    while left > 0 {
        let work = Ratio::new((reach - before) * f64::from(left));
        all.push(Rung { trials: left, reach: Ratio::new(reach), work });
        if all.len() as u32 > above {
            break;
        }
        left /= eta;
        before = reach;
        reach = if all.len() as u32 == above { 1.0 } else { reach * f64::from(eta) };
    }
    all
}

/// One model that is trained anew every so often.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cadence {
    /// From one start to the next.
    pub every: Seconds,
    /// How long one run takes.
    pub run: Seconds,
    /// Accelerators of one run.
    pub accelerators: u32,
    /// How long this goes on.
    pub horizon: Seconds,
}

/// Most runs of a cadence.
const RUNS_MAX: f64 = 1e6;

impl Cadence {
    /// Runs that start before the horizon.
    #[must_use]
    pub fn runs(&self) -> u32 {
        let runs = (self.horizon.get() / self.every.get()).ceil();
        if runs.is_nan() { 0 } else { runs.clamp(0.0, RUNS_MAX) as u32 }
    }

    /// Runs that go on at the same time once the first ones overlap.
    #[must_use]
    pub fn overlap(&self) -> u32 {
        let whole = (self.run.get() / self.every.get()).ceil();
        if whole.is_nan() { 0 } else { whole.clamp(0.0, f64::from(self.runs())) as u32 }
    }

    /// The demand of one period, as accelerators times how long: between starts, one run fewer goes on for a while.
    #[must_use]
    pub fn demand(&self) -> [Demand; 2] {
        let most = self.overlap();
        let busy = self.run.get() - f64::from(most.saturating_sub(1)) * self.every.get();
        let busy = Seconds::new(busy.clamp(0.0, self.every.get()));
        let of = |n: u32| self.accelerators.saturating_mul(n);
        [
            Demand { time: busy, accelerators: of(most) },
            Demand { time: self.every.less(busy), accelerators: of(most.saturating_sub(1)) },
        ]
    }
}
