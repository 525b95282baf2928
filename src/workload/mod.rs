//! F1: what is asked for. The training run, and what the user has fixed or forbidden.

mod constraints;
mod optimizer;
mod precision;

pub use constraints::{Constraints, Fixed};
pub use optimizer::{Optimizer, OptimizerKind, StateType};
pub use precision::Precision;

use crate::units::{Ratio, Tokens};

/// Longest sequence, in tokens.
pub const SEQUENCE_MAX: u32 = 1 << 24;
/// Largest global batch, in sequences.
pub const BATCH_MAX: u32 = 1 << 24;
/// Largest rank of adapters.
pub const ADAPTER_RANK_MAX: u32 = 4096;

/// A training run.
#[derive(Clone, Debug, PartialEq)]
pub struct Training {
    /// Sequences in one optimizer step.
    pub global_batch: u32,
    /// Tokens in one sequence.
    pub sequence: u32,
    /// Tokens of the whole run.
    pub tokens: Tokens,
    /// Number format of the matrix products.
    pub precision: Precision,
    /// What updates the weights, and the types of its state.
    pub optimizer: Optimizer,
    /// Fused attention (FlashAttention, arXiv 2205.14135): the scores are never stored.
    pub fused_attention: bool,
    /// Dropout in attention and after both blocks (its masks are stored).
    pub dropout: bool,
    /// Tokens at the busiest expert over the mean (1: perfectly balanced).
    pub expert_imbalance: Ratio,
    /// Attention skips the half above the diagonal.
    pub causal: bool,
    /// Rank of low-rank adapters beside the attention projections (LoRA, arXiv 2106.09685), all else being
    /// frozen; none where every weight is trained.
    pub adapter_rank: Option<u32>,
}

impl Training {
    /// Tokens in one optimizer step.
    #[must_use]
    pub fn step_tokens(&self) -> Tokens {
        Tokens::new(u64::from(self.global_batch) * u64::from(self.sequence))
    }

    /// Optimizer steps of the whole run, rounded up.
    #[must_use]
    pub fn n_steps(&self) -> u64 {
        self.tokens.get().div_ceil(self.step_tokens().get().max(1))
    }
}
