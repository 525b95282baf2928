//! F4: what replicas owe one another once a step (or, with ZeRO-2 and 3, once a micro-batch): gradients,
//! parameters, the update.

use super::Book;
use super::kernel::Kernels;
use super::memory::{Elements, gcd};
use super::network::Toll;
use crate::case::Case;
use crate::layout::{Layout, Placement, ZeroStage};
use crate::units::Ratio;
use crate::workload::OptimizerKind;

/// What the replicas of a layout charge for each element, by where they lie.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Replicas {
    /// Once a step.
    gradients: Dues,
    parameters: Dues,
    /// With each micro-batch.
    gradients_each: Dues,
    parameters_each: Dues,
    /// Ranks that split the optimizer's work.
    n_shard: f64,
    n_expert_shard: f64,
}

/// Tolls of what is not experts, and of experts.
#[derive(Clone, Copy, Debug)]
struct Dues {
    dense: Toll,
    experts: Toll,
}

impl Dues {
    const FREE: Self = Self { dense: Toll::FREE, experts: Toll::FREE };

    fn time(&self, (dense, experts): (u64, u64)) -> f64 {
        self.dense.time(dense as f64) + self.experts.time(experts as f64)
    }

    /// At most the time of the stage that has most, of stages that have `share` of these each on average.
    fn least(&self, (dense, experts): (u64, u64), share: f64) -> f64 {
        (self.dense.least(dense as f64) + self.experts.least(experts as f64)) * share
    }

    const fn of_elements(&self, bytes: f64) -> Self {
        Self { dense: self.dense.of_elements(bytes), experts: self.experts.of_elements(bytes) }
    }

    const fn then(&self, other: &Self) -> Self {
        let experts = self.experts.then(&other.experts);
        Self { dense: self.dense.then(&other.dense), experts }
    }
}

/// Seconds of the collectives of a stage, all of their time.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Owed {
    /// Gradient reduction, once a step.
    pub gradients: f64,
    /// Parameter gathering, once a step.
    pub parameters: f64,
    /// Gradient reduction with each micro-batch (ZeRO-2 and 3).
    pub gradients_each: f64,
    /// Parameter gathering with each forward, and again with each backward (ZeRO-3).
    pub parameters_each: f64,
}

impl Book<'_> {
    pub(crate) fn replicas(&self, layout: &Layout) -> Replicas {
        let (tp, cp, dp) = (u64::from(layout.tp), u64::from(layout.cp), u64::from(layout.dp));
        let far = match layout.placement {
            Placement::PipelineOutside => tp * cp,
            Placement::PipelineInside => tp * cp * u64::from(layout.pp),
        };
        let shard = u64::from(layout.shard);
        let inner = gcd(shard, cp);
        let outer = (shard / inner).min(dp).max(1);
        let net = &self.network;
        let folded = u64::from(layout.ep) * u64::from(layout.etp);
        let expert_replicas = (tp * cp * dp / folded).max(1);
        let expert_shard = gcd(expert_replicas, shard);
        let near = if layout.placement == Placement::PipelineInside { far } else { folded };
        let split = Dues {
            dense: net.gathering(&net.extent(tp, inner, far, outer)),
            experts: net.gathering(&net.line(near, expert_shard)),
        };
        let copies = &self.case.stack.profile.weights;
        // Gradients kept in 16 bits cross in 16 bits.
        let kept = self.case.training.optimizer.gradients.bytes() as f64;
        let wire = f64::from(copies.wire_gradient).min(kept);
        let gathered = split.of_elements(f64::from(copies.gathered));
        let reduced = split.of_elements(wire);
        // Copies of the split sum theirs: an all-reduce of a share, two gathers' worth.
        let beyond = net.summing(&net.extent(tp * inner, cp / inner, far * outer, dp / outer));
        let expert_beyond =
            net.summing(&net.line(near * expert_shard, expert_replicas / expert_shard));
        let across = Dues {
            dense: beyond.of_elements(wire / shard as f64).twice(),
            experts: expert_beyond.of_elements(wire / expert_shard as f64).twice(),
        };
        let free = Dues::FREE;
        let (once, each) = match layout.zero {
            ZeroStage::Zero => ((across, free), (free, free)),
            ZeroStage::One => ((across.then(&reduced), gathered), (free, free)),
            ZeroStage::Two => ((across, gathered), (reduced, free)),
            ZeroStage::Three => ((across, free), (reduced, gathered)),
        };
        Replicas {
            gradients: once.0,
            parameters: once.1,
            gradients_each: each.0,
            parameters_each: each.1,
            n_shard: shard as f64,
            n_expert_shard: expert_shard as f64,
        }
    }

    /// Bytes of an element that move to the host and back, and that its update touches there.
    pub(crate) fn host_update_bytes(&self) -> (Ratio, Ratio) {
        let (moved, touched) = self.update.bytes;
        (Ratio::new(moved), Ratio::new(touched))
    }

    /// What the replicas of a stage owe one another.
    pub(crate) fn owed(replicas: &Replicas, elements: &Elements) -> Owed {
        let (all, trained) = ((elements.dense(), elements.experts), elements.trained());
        Owed {
            gradients: replicas.gradients.time(trained),
            parameters: replicas.parameters.time(trained),
            gradients_each: replicas.gradients_each.time(trained),
            parameters_each: replicas.parameters_each.time(all),
        }
    }

    /// At most what the replicas of the stage that owes most owe, of `elements` over `1 / share` stages.
    pub(crate) fn least_owed(replicas: &Replicas, elements: &Elements, share: f64) -> Owed {
        let (all, trained) = ((elements.dense(), elements.experts), elements.trained());
        Owed {
            gradients: replicas.gradients.least(trained, share),
            parameters: replicas.parameters.least(trained, share),
            gradients_each: replicas.gradients_each.least(trained, share),
            parameters_each: replicas.parameters_each.least(all, share),
        }
    }

    /// Seconds of the update itself on one rank, and of moving offloaded state.
    ///
    /// Adam reads gradient, master and moments and writes all but the gradient, and the working weight: a
    /// streaming pass. Muon adds five Newton-Schulz steps of about `6 h` products a parameter (arXiv 2502.16982).
    pub(crate) fn update(
        &self,
        layout: &Layout,
        replicas: &Replicas,
        elements: &Elements,
    ) -> (f64, f64) {
        let (dense, experts) = elements.trained();
        let n = dense as f64 / replicas.n_shard + experts as f64 / replicas.n_expert_shard;
        let update = &self.update;
        if layout.offload.optimizer {
            (n * (update.stream + update.math), n * update.away)
        } else {
            (n * (update.stream + update.math), 0.0)
        }
    }
}

/// Seconds of the update for each element.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Update {
    /// Reading and writing state beside the accelerator.
    stream: f64,
    /// Products of the update rule.
    math: f64,
    /// What nothing hides of moving gradients and weights to the host and back, and all of the host's own reading and
    /// writing, beyond the time it takes here: copies run beside other work on a stream of their own, but weights must
    /// be there before the next step (ZeRO-Offload without its one-step delay, arXiv 2101.06840, section 4.2). The host
    /// is never credited with being faster.
    away: f64,
    /// What moves each way, and what the update touches: bytes of an element.
    bytes: (f64, f64),
}

impl Update {
    pub(crate) fn new(case: &Case, kernels: &Kernels) -> Self {
        let optimizer = &case.training.optimizer;
        let copies = &case.stack.profile.weights;
        let moments = optimizer.moment_quarter_bytes() as f64 / 4.0;
        let master = if optimizer.master { 4.0 } else { 0.0 };
        let gradient = optimizer.gradients.bytes() as f64;
        let working = f64::from(copies.working);
        let touched = gradient + 2.0 * (moments + master) + working;
        let muon = optimizer.kind == OptimizerKind::Muon;
        let flops = if muon { 2.0 * 5.0 * 6.0 * f64::from(case.model.hidden) } else { 0.0 };
        let host = &case.cluster.host;
        let way = 1.0 - case.stack.profile.overlap.offload.get();
        let here = kernels.stream(touched);
        let bytes = (gradient.max(working), touched);
        let there = bytes.0 / host.link.get() * way + touched / host.memory_bandwidth.get();
        let math = kernels.wide.ideal(flops);
        Self { stream: here, math, away: (there - here).max(0.0), bytes }
    }
}
