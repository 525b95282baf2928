//! Linear-time mixers, from the numbers their authors state to what memory and time need.
//!
//! Each constructor counts every weight of one mixer; the layer's own norms are not among them.
//! All saturate, so that a monstrous shape reads as too large and never wraps.

use super::Linear;

/// A gated DeltaNet mixer (arXiv 2412.06464), as in Qwen3-Next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GatedDeltaNet {
    /// Query and key heads.
    pub key_heads: u32,
    /// Value heads.
    pub value_heads: u32,
    /// Width of a query or key head.
    pub key_dim: u32,
    /// Width of a value head.
    pub value_dim: u32,
    /// Taps of the short convolution over queries, keys and values.
    pub taps: u32,
}

/// A Kimi Delta Attention mixer (arXiv 2510.26692).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KimiDelta {
    /// Heads.
    pub heads: u32,
    /// Width of a head, also the rank of the low-rank gates.
    pub head_dim: u32,
    /// Taps of the short convolution over queries, keys and values.
    pub taps: u32,
    /// The output gate is one full matrix, not a low-rank pair (Kimi-K3).
    pub full_rank_gate: bool,
}

/// A Mamba-2 mixer (arXiv 2405.21060).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mamba2 {
    /// Heads.
    pub heads: u32,
    /// Width of a head.
    pub head_dim: u32,
    /// Groups that share the input and output maps of the state.
    pub groups: u32,
    /// State of one channel.
    pub state: u32,
    /// Taps of the short convolution, which has a bias.
    pub taps: u32,
}

/// A Mamba-1 mixer (arXiv 2312.00752), with the three inner norms of Jamba (arXiv 2403.19887).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mamba1 {
    /// Inner width.
    pub inner: u32,
    /// State of one channel.
    pub state: u32,
    /// Rank of the time-step projection.
    pub step_rank: u32,
    /// Taps of the short convolution, which has a bias.
    pub taps: u32,
    /// Norms on the time step and on the state's input and output maps.
    pub inner_norms: bool,
}

impl GatedDeltaNet {
    /// The mixer in a model of that width.
    #[must_use]
    pub fn mixer(self, hidden: u32) -> Linear {
        let [h, heads, keys] = [hidden, self.value_heads, self.key_heads].map(u64::from);
        let [key_dim, value_dim, taps] = [self.key_dim, self.value_dim, self.taps].map(u64::from);
        let (key, value) = (times(keys, key_dim), times(heads, value_dim));
        let mixed = add(times(2, key), value);
        let in_width = add(add(mixed, value), times(2, heads));
        let small = add(times(2, heads), value_dim);
        let params = add(add(times(h, in_width), times(mixed, taps)), add(small, times(value, h)));
        linear(params, in_width, value, heads, times(key_dim, value_dim))
    }
}

impl KimiDelta {
    /// The mixer in a model of that width.
    #[must_use]
    pub fn mixer(self, hidden: u32) -> Linear {
        let [h, heads, dim, taps] = [hidden, self.heads, self.head_dim, self.taps].map(u64::from);
        let wide = times(heads, dim);
        let forget = add(times(h, dim), times(dim, wide));
        let gate = if self.full_rank_gate { times(h, wide) } else { forget };
        let matrices = add(times(4, times(h, wide)), add(times(h, heads), add(forget, gate)));
        let small = add(times(times(3, wide), taps), add(add(wide, heads), dim));
        let gate_in = if self.full_rank_gate { wide } else { dim };
        let in_width = add(add(times(3, wide), heads), add(dim, gate_in));
        linear(add(matrices, small), in_width, wide, heads, times(dim, dim))
    }
}

impl Mamba2 {
    /// The mixer in a model of that width.
    #[must_use]
    pub fn mixer(self, hidden: u32) -> Linear {
        let [h, heads, dim, groups] =
            [hidden, self.heads, self.head_dim, self.groups].map(u64::from);
        let [state, taps] = [self.state, self.taps].map(u64::from);
        let inner = times(heads, dim);
        let mixed = add(inner, times(2, times(groups, state)));
        let in_width = add(add(inner, mixed), heads);
        let convolution = times(mixed, add(taps, 1));
        let small = add(times(3, heads), inner);
        let params = add(add(times(h, in_width), convolution), add(small, times(inner, h)));
        linear(params, in_width, inner, heads, times(dim, state))
    }
}

impl Mamba1 {
    /// The mixer in a model of that width. Each channel counts as a head.
    #[must_use]
    pub fn mixer(self, hidden: u32) -> Linear {
        let [h, inner, state] = [hidden, self.inner, self.state].map(u64::from);
        let [rank, taps] = [self.step_rank, self.taps].map(u64::from);
        let step = add(rank, times(2, state));
        let per_channel = add(add(taps, 1), add(add(step, rank), add(state, 2)));
        let matrices = add(times(h, times(2, inner)), times(inner, h));
        let norms = if self.inner_norms { step } else { 0 };
        let params = add(add(matrices, times(inner, per_channel)), norms);
        linear(params, times(2, inner), inner, inner, state)
    }
}

/// A lightning-attention mixer (MiniMax-01, arXiv 2501.08313): queries, keys, values, an output
/// gate, a norm and the output projection.
#[must_use]
pub fn lightning(hidden: u32, heads: u32, head_dim: u32) -> Linear {
    let [h, heads, dim] = [hidden, heads, head_dim].map(u64::from);
    let wide = times(heads, dim);
    let params = add(times(5, times(h, wide)), wide);
    linear(params, times(4, wide), wide, heads, times(dim, dim))
}

fn linear(params: u64, in_width: u64, out_width: u64, heads: u64, state: u64) -> Linear {
    Linear {
        params: narrow(params),
        in_width: narrow(in_width),
        out_width: narrow(out_width),
        heads: narrow(heads),
        state_per_head: narrow(state),
    }
}

fn narrow(n: u64) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

const fn add(a: u64, b: u64) -> u64 {
    a.saturating_add(b)
}

const fn times(a: u64, b: u64) -> u64 {
    a.saturating_mul(b)
}
