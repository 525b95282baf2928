//! F4: what one layer costs one rank for one micro-batch.

use std::ops::{Add, AddAssign};

/// Seconds of work of one pass, by what takes them.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Work {
    /// Matrix products but those of experts.
    pub matmul: f64,
    /// Scores and their use.
    pub attention: f64,
    /// Products of routed experts.
    pub experts: f64,
    /// Pointwise and other streaming work.
    pub pointwise: f64,
    /// Starting kernels.
    pub launch: f64,
    /// The part of `launch` in which the accelerator waits for the host, while the network may run.
    pub wait: f64,
    /// Tensor-parallel collectives, all of their time.
    pub tensor: f64,
    /// Context-parallel exchanges, all of their time.
    pub context: f64,
    /// Experts' exchanges, all of their time.
    pub expert: f64,
}

impl Work {
    /// What the processors do themselves.
    pub(crate) fn busy(&self) -> f64 {
        self.matmul + self.attention + self.experts + self.pointwise + self.launch
    }

    /// `n` times as much.
    pub(crate) fn times(&self, n: f64) -> Self {
        Self {
            matmul: self.matmul * n,
            attention: self.attention * n,
            experts: self.experts * n,
            pointwise: self.pointwise * n,
            launch: self.launch * n,
            wait: self.wait * n,
            tensor: self.tensor * n,
            context: self.context * n,
            expert: self.expert * n,
        }
    }
}

impl Add for Work {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self {
            matmul: self.matmul + other.matmul,
            attention: self.attention + other.attention,
            experts: self.experts + other.experts,
            pointwise: self.pointwise + other.pointwise,
            launch: self.launch + other.launch,
            wait: self.wait + other.wait,
            tensor: self.tensor + other.tensor,
            context: self.context + other.context,
            expert: self.expert + other.expert,
        }
    }
}

impl AddAssign for Work {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

/// Cost of one part of a layer (or all of it) on one rank for one micro-batch.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Cost {
    /// Forward pass.
    pub forward: Work,
    /// Backward pass, weight gradients included.
    pub backward: Work,
    /// The part of `backward` that makes weight gradients and may be put off.
    pub weight: f64,
    /// What selective recompute adds.
    pub selective: f64,
    /// Seconds of the forward pass that recomputing the layer whole leaves out.
    pub last: f64,
    /// Bytes kept for the backward pass.
    pub kept: f64,
    /// Bytes kept with selective recompute.
    pub kept_selective: f64,
    /// Bytes kept when the layer is recomputed whole: its input.
    pub kept_checkpoint: f64,
}

impl Cost {
    /// What recomputing the layer whole adds.
    pub(crate) fn again(&self) -> f64 {
        (self.forward.busy() - self.last).max(0.0)
    }
}

impl Add for Cost {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self {
            forward: self.forward + other.forward,
            backward: self.backward + other.backward,
            weight: self.weight + other.weight,
            selective: self.selective + other.selective,
            last: self.last + other.last,
            kept: self.kept + other.kept,
            kept_selective: self.kept_selective + other.kept_selective,
            kept_checkpoint: self.kept_checkpoint + other.kept_checkpoint,
        }
    }
}

/// The degrees that a layer's cost depends on, with what follows from them: plain numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Shape {
    /// Tensor parallel.
    pub tp: f64,
    /// Context parallel.
    pub cp: f64,
    /// Tokens of a micro-batch on a context-parallel rank.
    pub tokens: f64,
    /// The same, split once more by sequence parallelism where it is on.
    pub tokens_split: f64,
    /// Expert parallel.
    pub ep: f64,
    /// Expert tensor parallel.
    pub etp: f64,
    /// Seconds of one round of tensor parallelism.
    pub tensor_round: f64,
}
