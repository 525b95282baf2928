//! F4: what replicas owe one another once a step (or, with ZeRO-2 and 3, once a micro-batch): gradients,
//! parameters, the update.

use super::memory::{Elements, gcd};
use super::network::Toll;
use super::Book;
use crate::layout::{Layout, Placement, ZeroStage};
use crate::workload::OptimizerKind;

/// Where the replicas of a layout lie: those that ZeRO splits over, and the copies of the split.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Replicas {
    shard: Toll,
    copies: Toll,
    expert_shard: Toll,
    expert_copies: Toll,
    n_shard: f64,
    n_expert_shard: f64,
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
        Replicas {
            shard: net.gathering(&net.extent(tp, inner, far, outer)),
            copies: net.gathering(&net.extent(tp * inner, cp / inner, far * outer, dp / outer)),
            expert_shard: net.gathering(&net.line(near, expert_shard)),
            expert_copies: net
                .gathering(&net.line(near * expert_shard, expert_replicas / expert_shard)),
            n_shard: shard as f64,
            n_expert_shard: expert_shard as f64,
        }
    }

    /// What the replicas of a stage owe one another.
    pub(crate) fn owed(&self, layout: &Layout, replicas: &Replicas, elements: &Elements) -> Owed {
        let copies = &self.case.stack.profile.weights;
        let wire = f64::from(copies.wire_gradient);
        let gathered = f64::from(copies.gathered);
        let (dense, experts) = (elements.dense() as f64, elements.experts as f64);
        let split = |bytes: f64| {
            replicas.shard.time(dense * bytes) + replicas.expert_shard.time(experts * bytes)
        };
        // Copies of the split sum theirs: an all-reduce of a share, two gathers' worth.
        let across = 2.0 * replicas.copies.time(dense / replicas.n_shard * wire)
            + 2.0 * replicas.expert_copies.time(experts / replicas.n_expert_shard * wire);
        let mut owed = Owed { gradients: across, ..Owed::default() };
        match layout.zero {
            ZeroStage::Zero => {}
            ZeroStage::One => {
                owed.gradients += split(wire);
                owed.parameters = split(gathered);
            }
            ZeroStage::Two => {
                owed.gradients_each = split(wire);
                owed.parameters = split(gathered);
            }
            ZeroStage::Three => {
                owed.gradients_each = split(wire);
                owed.parameters_each = split(gathered);
            }
        }
        owed
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
        let optimizer = &self.case.training.optimizer;
        let copies = &self.case.stack.profile.weights;
        let n = elements.dense() as f64 / replicas.n_shard
            + elements.experts as f64 / replicas.n_expert_shard;
        let moments = optimizer.moment_quarter_bytes() as f64 / 4.0;
        let master = if optimizer.master { 4.0 } else { 0.0 };
        let gradient = optimizer.gradients.bytes() as f64;
        let state = 2.0 * (moments + master);
        let working = f64::from(copies.working);
        let muon = optimizer.kind == OptimizerKind::Muon;
        let flops = if muon { n * 2.0 * 5.0 * 6.0 * self.hidden } else { 0.0 };
        let math = self.kernels.attention_forward(flops, 128.0);
        if !layout.offload.optimizer {
            return (self.kernels.stream(n * (gradient + state + working)) + math, 0.0);
        }
        let host = &self.case.cluster.host;
        let moved = n * gradient.max(working) / host.link.get();
        let worked = n * (gradient + state + working) / host.memory_bandwidth.get();
        (math, moved + worked)
    }
}
