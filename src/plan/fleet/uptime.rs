//! What failures leave of a run's time, for every pair of machines and a count.

use crate::catalogue::reliability as catalogue;
use crate::estimate::Uptime;
use crate::estimate::outage::{Outage, predict};
use crate::prices::Terms;
use crate::reliability::{Job, Reliability, Spot};
use crate::units::Ratio;

/// Failures of a fleet, and how spot machines come and go.
#[derive(Clone, Debug, PartialEq)]
pub struct Outages {
    /// Failures and remedies; its spot market is not looked at.
    pub reliability: Reliability,
    /// The spot market, where it is known.
    pub spot: Option<Spot>,
}

impl Outages {
    /// The usual fleet, and no spot market.
    #[must_use]
    pub fn usual() -> Self {
        Self { reliability: catalogue::usual(), spot: None }
    }

    /// Failures and remedies of machines that are bought on those terms.
    #[must_use]
    pub fn on(&self, terms: Terms) -> Reliability {
        let spot = if terms.is_spot() { self.spot } else { None };
        Reliability { spot, ..self.reliability }
    }

    /// What of the time of a job is useful and paid for, on machines that are bought on those terms.
    #[must_use]
    pub fn uptime(&self, terms: Terms, job: &Job) -> Uptime {
        uptime(&predict(job, &self.on(terms)), job)
    }
}

/// What of the time of a job is useful and paid for that fails so.
#[must_use]
pub fn uptime(told: &Outage, job: &Job) -> Uptime {
    let useful = told.useful_share();
    let paid = useful.get() / told.paid_share(job).get().max(f64::MIN_POSITIVE);
    Uptime { useful, paid: Ratio::new(paid) }
}
