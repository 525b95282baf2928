//! A whole run with its failures, as expected and at both ends of its range.
//!
//! The ends are those of the step time (80 % of measured runs lay within) with failures of the good and of the young
//! fleet, both at the better or both at the worse end: the range of the whole is rather too wide than too narrow.

use super::deal::Deal;
use crate::case::Case;
use crate::catalogue::reliability as catalogue;
use crate::estimate::Book;
use crate::estimate::outage::{Outage, OutagePart, predict};
use crate::inputs::FleetInputs;
use crate::plan::Plan;
use crate::prices::Terms;
use crate::reliability::{Job, Reliability, Spot};
use crate::units::{Frequency, Ratio, Seconds};

/// A plan and the failures that it is looked at under.
#[derive(Clone, Copy, Debug)]
pub struct Run<'a> {
    /// What is asked.
    pub case: &'a Case,
    /// The layout and its estimate.
    pub plan: &'a Plan,
    /// Failures and remedies, without a spot market.
    pub reliability: Reliability,
    /// The spot market.
    pub spot: Option<Spot>,
    /// How it is bought.
    pub deal: &'a Deal,
}

/// One end of a run's range, or its middle.
#[derive(Clone, Copy, Debug)]
pub struct End {
    /// What of the layout matters to failures.
    pub job: Job,
    /// Failures and remedies.
    pub reliability: Reliability,
    /// What they make of the run.
    pub outage: Outage,
}

impl<'a> Run<'a> {
    /// The run of a plan under the failures that the inputs describe.
    #[must_use]
    pub fn of(case: &'a Case, plan: &'a Plan, fleet: &FleetInputs, deal: &'a Deal) -> Self {
        Self { case, plan, reliability: fleet.reliability, spot: fleet.spot, deal }
    }

    /// What of the layout matters to failures.
    #[must_use]
    #[inline(never)]
    pub fn job(&self) -> Job {
        let book = Book::new(self.case);
        book.job(&self.plan.layout, &self.plan.estimate)
    }

    /// The run at the better end, as expected and at the worse end, as it is bought.
    #[must_use]
    pub fn plain_ends(&self) -> [End; 3] {
        self.ends_of(&self.job())
    }

    /// The same of another job.
    #[must_use]
    pub fn ends_of(&self, job: &Job) -> [End; 3] {
        self.ends(job, &|own| own.spot = self.market())
    }

    /// The spot market, where the run is bought there.
    #[must_use]
    pub fn market(&self) -> Option<Spot> {
        self.spot.filter(|_| self.deal.terms.is_some_and(Terms::is_spot))
    }

    /// The same by the hour; `change` is what else befalls it.
    #[must_use]
    pub fn ends(&self, job: &Job, change: &dyn Fn(&mut Reliability)) -> [End; 3] {
        ends(self.case, job, &self.reliability, change)
    }
}

/// A job at the better end, as expected and at the worse end, by the hour; `change` is what else befalls it.
#[must_use]
#[inline(never)]
pub fn ends(
    case: &Case,
    job: &Job,
    reliability: &Reliability,
    change: &dyn Fn(&mut Reliability),
) -> [End; 3] {
    let own = reliability.failures;
    let level = |key| catalogue::failures(key).unwrap_or(own);
    let levels = [own.min(level("failures_good")), own, own.max(level("failures_young"))];
    let spread = case.stack.spread(&case.cluster.accelerator.generation);
    let (low, high) = spread.map_or((Ratio::ONE, Ratio::ONE), |spread| spread.time);
    let factors = [low, Ratio::ONE, high];
    let end = |i: usize| -> End {
        let (failures, factor): (Frequency, Ratio) = (levels[i], factors[i]);
        let job = Job { work: job.work * factor.get(), step: job.step * factor.get(), ..*job };
        let mut reliability = Reliability { failures, spot: None, ..*reliability };
        change(&mut reliability);
        End { job, reliability, outage: predict(&job, &reliability) }
    };
    [end(0), end(1), end(2)]
}

impl End {
    /// From the first step to the last: the machines are held for it.
    #[must_use]
    pub fn time(&self) -> Seconds {
        self.outage.time.total()
    }

    /// Time that the machines are there.
    #[must_use]
    pub fn paid(&self) -> Seconds {
        self.outage.time.paid()
    }

    /// Steps that count.
    #[must_use]
    pub fn useful(&self) -> Seconds {
        self.outage.time.get(OutagePart::Useful)
    }
}

/// A chance in words, in steps that it can bear.
#[must_use]
pub fn chance_text(chance: Ratio) -> String {
    let percent = (chance.get() * 20.0 + 0.5).floor() * 5.0;
    match percent {
        low if low < 5.0 => "under 5%".to_owned(),
        high if high > 95.0 => "over 95%".to_owned(),
        middle => format!("about {middle}%"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chance_is_told_in_steps() {
        let text = |share: f64| chance_text(Ratio::new(share));
        assert_eq!([text(0.01), text(0.52), text(0.99)], ["under 5%", "about 50%", "over 95%"]);
    }
}
