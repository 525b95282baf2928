//! Checkpoints: how many bytes, and how long it takes to save and to read them.

use crate::estimate::{Book, Estimate, bill, model_flops};
use crate::layout::{Layout, ZeroStage};
use crate::reliability::{Job, Reliability, Way};
use crate::units::{Bytes, BytesPerSecond, Params, Ratio, Seconds};

/// How long saving and reading take.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SaveBasis {
    /// Machines that write: those of one copy of the state.
    pub writers: u32,
    /// Writing all of it to storage.
    pub write: Seconds,
    /// What training waits for.
    pub blocking: Seconds,
    /// From the start of a checkpoint until it can be restored from, beyond what training waits for.
    pub lag: Seconds,
    /// Reading it after a stop.
    pub read: Seconds,
}

impl SaveBasis {
    pub(super) fn new(job: &Job, reliability: &Reliability) -> Self {
        let saving = &reliability.checkpoint;
        let writers = job.writers();
        let over = |rate: BytesPerSecond, n: u32| job.state / (rate * f64::from(n));
        let write = over(saving.write, writers);
        let read = over(saving.read, writers);
        let holders = job.holders.max(1);
        let snapshot = over(job.host_link, holders);
        let exchange = over(job.network, holders);
        match saving.way {
            Way::Blocking => Self { writers, write, blocking: write, lag: Seconds::ZERO, read },
            Way::Memory if job.nodes() > 1 => {
                Self { writers, write, blocking: snapshot, lag: exchange, read: exchange }
            }
            // A second host is wanting, so storage has to do.
            Way::Asynchronous | Way::Memory => {
                Self { writers, write, blocking: snapshot, lag: write, read }
            }
        }
    }
}

impl Book<'_> {
    /// What of a layout matters to failures, for the whole run.
    #[must_use]
    pub fn job(&self, layout: &Layout, estimate: &Estimate) -> Job {
        let case = self.case;
        let cluster = &case.cluster;
        let bill = bill(case, estimate);
        let ranks = u32::try_from(layout.n_ranks()).unwrap_or(u32::MAX).max(1);
        let split = if layout.zero >= ZeroStage::One { layout.shard } else { 1 };
        let experts = layout.ep.saturating_mul(layout.etp).div_ceil(layout.tp.max(1));
        let whole = layout.tp.saturating_mul(layout.pp).saturating_mul(split.max(experts).max(1));
        let holders = whole.clamp(1, ranks);
        let nodes = cluster.count.div_ceil(cluster.node_size.max(1)).max(1);
        Job {
            accelerators: cluster.count,
            node_size: cluster.node_size,
            work: bill.time,
            step: estimate.step(),
            replicas: (ranks / holders).clamp(1, nodes),
            state: self.state_bytes(),
            holders,
            host_link: cluster.host.link,
            network: self.outside(),
            mfu: bill.mfu,
            waited: case.stack.profile.straggler,
        }
    }

    /// The same before a layout is chosen, when all steps take that long: the state spread over all accelerators, each
    /// machine a replica of its own where replicas are elastic. For the same work, no layout has a higher goodput,
    /// unless elastic replicas stall for longer than half a restart.
    #[must_use]
    pub fn job_at_best(&self, work: Seconds) -> Job {
        let case = self.case;
        let cluster = &case.cluster;
        let step = work * (1.0 / case.training.n_steps() as f64);
        let rate = model_flops(case).get() / (step.get() * f64::from(cluster.count));
        Job {
            accelerators: cluster.count,
            node_size: cluster.node_size,
            work,
            step,
            replicas: cluster.count.div_ceil(cluster.node_size.max(1)).max(1),
            state: self.state_bytes(),
            holders: cluster.count,
            host_link: cluster.host.link,
            network: self.outside(),
            mfu: Ratio::new(rate / case.peak().get()),
            waited: case.stack.profile.straggler,
        }
    }

    /// Network of one accelerator outside its scale-up domain, or inside where there is no other.
    fn outside(&self) -> BytesPerSecond {
        let levels = &self.case.cluster.levels;
        let outside = levels.get(1).or_else(|| levels.first());
        outside.map_or(BytesPerSecond::ZERO, |level| level.bandwidth)
    }

    /// Bytes of one checkpoint: weights, master copies and moments of everything that is trained, once for the whole
    /// model (Megatron-Core's distributed checkpoints; 14 bytes a parameter for AdamW in mixed precision).
    #[must_use]
    pub fn state_bytes(&self) -> Bytes {
        let optimizer = &self.case.training.optimizer;
        let copies = &self.case.stack.profile.weights;
        let master = if optimizer.master && !copies.working_is_master { 16 } else { 0 };
        let weights = 4 * u64::from(self.case.table_bytes());
        let quarters = weights + master + optimizer.moment_quarter_bytes();
        Bytes::new(self.trained_params().get().saturating_mul(quarters)).shared(4)
    }

    /// Parameters that are trained: all, or only the adapters.
    #[must_use]
    pub fn trained_params(&self) -> Params {
        let model = &self.case.model;
        if self.adapter_rank.is_none() {
            return Params::new(model.params().total);
        }
        let each = |kind: &u8| self.adapter_elements(usize::from(*kind), 1);
        Params::new(model.pattern.iter().map(each).fold(0, u64::saturating_add))
    }
}
