//! What failures leave of a run's time, for every pair of machines and a count, before any layout is known.

use crate::estimate::{Book, Uptime, outage};
use crate::prices::Terms;
use crate::reliability::{Reliability, Spot};
use crate::units::{Ratio, Seconds};

/// Failures of a fleet, and how spot machines come and go.
#[derive(Clone, Debug, PartialEq)]
pub struct Outages {
    /// Failures and remedies; its spot market is not looked at.
    pub reliability: Reliability,
    /// The spot market, where it is known.
    pub spot: Option<Spot>,
}

impl Outages {
    /// What of the time is useful and paid for, on the machines of a case bought on those terms, its steps taking at
    /// least that long together: see [`Book::job_at_best`].
    #[must_use]
    pub fn uptime(&self, terms: Terms, book: &Book<'_>, least: Seconds) -> Uptime {
        let job = book.job_at_best(least);
        let spot = if terms.is_spot() { self.spot } else { None };
        let told = outage::predict(&job, &Reliability { spot, ..self.reliability });
        let useful = told.useful_share();
        let paid = useful.get() / told.paid_share(&job).get().max(f64::MIN_POSITIVE);
        Uptime { useful, paid: Ratio::new(paid) }
    }
}
