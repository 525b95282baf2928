//! F6: memory and time of a plan as trees of named parts.

use super::derive::Explained;
use super::part::{Group, Leaf, tree};
use super::{Part, Plan};
use crate::case::Case;
use crate::estimate::{MemoryPart as M, Time, TimePart as T};
use crate::units::{Bytes, Seconds};

/// Memory of the fullest stage, by part.
#[must_use]
pub fn memory(case: &Case, plan: &Plan) -> Part {
    memory_of(&Explained::new(case, plan))
}

/// The same, with what explains it at hand.
pub(super) fn memory_of(own: &Explained<'_>) -> Part {
    let estimate = &own.plan.estimate.memory;
    let leaf = |part: M| Leaf {
        id: format!("memory.{}", part.key()),
        label: memory_label(part),
        amount: estimate.get(part),
        derivation: own.memory(part),
        children: if part == M::Activations { own.kept() } else { Vec::new() },
    };
    let group = |id, label, parts: &[M]| {
        let some = parts.iter().copied().filter(|part| estimate.get(*part) > Bytes::ZERO);
        Group::<Bytes> { id, label, leaves: some.map(leaf).collect() }
    };
    let weights = [
        M::WeightsMixer,
        M::WeightsFfn,
        M::WeightsExperts,
        M::WeightsEmbedding,
        M::WeightsHead,
        M::WeightsQuantised,
        M::WeightsGathered,
    ];
    let kept = [M::Activations, M::ActivationsEnds, M::Workspace, M::Logits];
    let groups = vec![
        group("memory.weights", "Weights", &weights),
        group("", "", &[M::Gradients]),
        group("memory.optimizer", "Optimizer state", &[M::Master, M::Moments, M::Update]),
        group("memory.activations", "Activations", &kept),
        group("", "", &[M::Buffers]),
        group("", "", &[M::Context]),
        group("", "", &[M::Slack]),
    ];
    tree("memory", "Memory of the fullest stage", groups)
}

/// Critical path of one step, by part.
pub(super) fn time_of(own: &Explained<'_>) -> Part {
    let whole = OnGrid::new(&own.plan.estimate.time);
    let leaf = |part: T| Leaf {
        id: format!("time.{}", part.key()),
        label: time_label(part),
        amount: whole.get(part),
        derivation: own.time(part),
        children: Vec::new(),
    };
    let group = |id, label, parts: &[T]| {
        let some = parts.iter().copied().filter(|part| whole.get(*part) > Seconds::ZERO);
        Group::<Seconds> { id, label, leaves: some.map(leaf).collect() }
    };
    let compute = [T::Pointwise, T::Launch, T::Straggler];
    let replicas = [T::Gradients, T::Parameters];
    let groups = vec![
        group("", "", &[T::Matmul, T::Experts, T::Attention, T::Recompute]),
        group("time.other", "Other work of the layers", &compute),
        group("", "", &[T::Tensor, T::Context, T::Expert, T::Pipeline]),
        group("time.data", "Data-parallel communication", &replicas),
        group("", "", &[T::Bubble, T::Optimizer, T::Offload, T::Overhead]),
    ];
    tree("time", "Step time", groups)
}

const fn memory_label(part: M) -> &'static str {
    match part {
        M::WeightsMixer => "Attention weights",
        M::WeightsFfn => "Feed-forward weights and norms",
        M::WeightsExperts => "Experts' weights",
        M::WeightsEmbedding => "Embedding",
        M::WeightsHead => "Output head",
        M::WeightsQuantised => "8-bit and 4-bit copies",
        M::WeightsGathered => "Gathered layers",
        M::Gradients => "Gradients",
        M::Master => "Master weights",
        M::Moments => "Moments",
        M::Update => "Copies for the update",
        M::Activations => "Kept by layers",
        M::ActivationsEnds => "Kept by embedding and head",
        M::Workspace => "Layer being recomputed",
        M::Logits => "Logits and loss",
        M::Buffers => "Communication buffers",
        M::Context => "Driver and runtime",
        M::Slack => "Lost to the allocator",
    }
}

/// Name of a part of the step for people.
pub(super) const fn time_label(part: T) -> &'static str {
    match part {
        T::Matmul => "Matrix products",
        T::Attention => "Attention",
        T::Experts => "Experts' matrix products",
        T::Pointwise => "Bandwidth-bound work",
        T::Launch => "Kernel launches",
        T::Recompute => "Recompute",
        T::Straggler => "Waiting for the slowest rank",
        T::Tensor => "Tensor-parallel communication",
        T::Context => "Context-parallel communication",
        T::Expert => "Expert-parallel communication",
        T::Pipeline => "Pipeline sends",
        T::Gradients => "Gradient reduction",
        T::Parameters => "Parameter gathering",
        T::Bubble => "Pipeline bubble",
        T::Optimizer => "Optimizer step",
        T::Offload => "Transfers to the host",
        T::Overhead => "Fixed overhead",
    }
}

/// Times rounded to multiples of the last bit of their total, the largest taking up what that
/// leaves: in any order, and in any groups, they sum to the total exactly.
struct OnGrid {
    parts: Vec<(T, f64)>,
}

impl OnGrid {
    fn new(time: &Time) -> Self {
        let total = time.total().get();
        let exponent = f64::from_bits(total.to_bits() & (0x7ff << 52));
        let unit = exponent * f64::EPSILON;
        let round = |s: f64| {
            if unit > 0.0 { (s / unit).floor() * unit } else { s }
        };
        let all = T::ALL.iter();
        let mut parts: Vec<(T, f64)> =
            all.map(|part| (*part, round(time.get(*part).get()))).collect();
        let sum: f64 = parts.iter().map(|(_, s)| s).sum();
        let largest = parts.iter_mut().max_by(|a, b| a.1.total_cmp(&b.1));
        if let Some((_, s)) = largest {
            *s += total - sum;
        }
        Self { parts }
    }

    fn get(&self, part: T) -> Seconds {
        let found = self.parts.iter().find(|(own, _)| *own == part);
        found.map_or(Seconds::ZERO, |(_, s)| Seconds::new(*s))
    }
}
