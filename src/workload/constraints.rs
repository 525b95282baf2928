//! What the user has decided already.

use crate::stack::Techniques;

/// Degrees that the user has fixed; what is absent is free.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fixed {
    /// Tensor parallel.
    pub tp: Option<u32>,
    /// Context parallel.
    pub cp: Option<u32>,
    /// Pipeline parallel.
    pub pp: Option<u32>,
    /// Virtual pipeline stages on one rank.
    pub vpp: Option<u32>,
    /// Expert parallel.
    pub ep: Option<u32>,
    /// Expert tensor parallel.
    pub etp: Option<u32>,
    /// Sequences in one micro-batch.
    pub micro_batch: Option<u32>,
    /// ZeRO stage, 0 to 3.
    pub zero: Option<u32>,
    /// Ranks over which ZeRO splits.
    pub shard: Option<u32>,
    /// Layers of each chunk that are recomputed whole.
    pub recompute_layers: Option<u32>,
}

/// Everything that narrows the space beyond what the stack can run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Constraints {
    /// Fixed degrees.
    pub fixed: Fixed,
    /// Techniques that must not be used.
    pub forbidden: Techniques,
    /// Memory that must stay free, in thousandths of the accelerator's.
    pub headroom_thousandths: u32,
}
