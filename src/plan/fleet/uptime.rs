//! What failures leave of a run's time, for every pair of machines and a count, before any layout is known.

use crate::case::Case;
use crate::estimate::{Book, Uptime, outage};
use crate::prices::Terms;
use crate::reliability::{Job, Reliability, Spot};
use crate::units::{Bytes, BytesPerSecond, Ratio, Seconds};

/// Failures of a fleet, and how spot machines come and go.
#[derive(Clone, Debug, PartialEq)]
pub struct Outages {
    /// Failures and remedies; its spot market is not looked at.
    pub reliability: Reliability,
    /// The spot market.
    pub spot: Spot,
    /// Bytes of one checkpoint.
    state: Bytes,
}

impl Outages {
    /// Of a run of that model.
    #[must_use]
    pub fn new(case: &Case, reliability: Reliability, spot: Spot) -> Self {
        Self { reliability, spot, state: Book::new(case).state_bytes() }
    }

    /// What of the time is useful and paid for, on the machines of `case` bought on those terms.
    ///
    /// No layout is known yet, so all machines write the checkpoint together (Megatron-Core's fully parallel saving),
    /// and a failure stops the whole job: replicas are not elastic.
    #[must_use]
    pub fn uptime(&self, terms: Terms, case: &Case, least: Seconds) -> Uptime {
        let job = self.job(case, least);
        let spot = terms.is_spot().then_some(self.spot);
        let told = outage::predict(&job, &Reliability { spot, ..self.reliability });
        let all = told.time.total().get() * f64::from(job.accelerators);
        let paid = told.time.paid().get() * f64::from(told.accelerators);
        Uptime { useful: told.useful_share(), paid: Ratio::new(paid / all.max(f64::MIN_POSITIVE)) }
    }

    /// What of the machines matters to failures.
    #[must_use]
    pub fn job(&self, case: &Case, least: Seconds) -> Job {
        let cluster = &case.cluster;
        let outside = cluster.levels.get(1).or_else(|| cluster.levels.first());
        Job {
            accelerators: cluster.count,
            node_size: cluster.node_size,
            work: least,
            step: Seconds::new(least.get() / case.training.n_steps().max(1) as f64),
            replicas: 1,
            state: self.state,
            holders: cluster.count,
            host_link: cluster.host.link,
            network: outside.map_or(BytesPerSecond::ZERO, |level| level.bandwidth),
            mfu: Ratio::ONE,
        }
    }
}
