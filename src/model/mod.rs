//! F1: a transformer as numbers. What it is made of, not how it is split or how long it takes.
//!
//! A model is a list of layers; equal layers share one [`LayerKind`]. A layer is a mixer (attention of some
//! sort, or a linear-time one) followed by a feed-forward part; either may be absent (Nemotron-H blocks).

mod count;
pub mod custom;
pub mod limits;
pub mod linear;
mod pattern;
mod stored;

use crate::units::Params;
pub use count::{KindParams, ModelParams};
pub use stored::{Blocks, Kept, Parts, Stored, WeightPart};

/// A decoder-only transformer.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    /// Hub id or the user's own name.
    pub name: String,
    /// Model width (`hidden_size`).
    pub hidden: u32,
    /// Rows of the embedding table as trained.
    pub vocab: u32,
    /// Whether the output head reuses the embedding table.
    pub tied: bool,
    /// The distinct layers, in order of first use.
    pub kinds: Vec<LayerKind>,
    /// For each layer, the index of its kind in `kinds`.
    pub pattern: Vec<u8>,
    /// Multi-token-prediction layers after the last one (each costs one more layer of the last kind).
    pub mtp_layers: u32,
    /// Parameters outside layers, embedding and head: final norm, learned positions, head bias.
    pub other_params: Params,
    /// Longest context the authors state, where they do.
    pub max_positions: Option<u32>,
    /// Published checkpoints that quantise it, one a format, as far as they are known.
    pub stored: Vec<Stored>,
}

/// One kind of layer.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerKind {
    /// What mixes tokens.
    pub mixer: Mixer,
    /// What works on each token alone.
    pub ffn: Ffn,
    /// Norm weights and biases of the layer itself (not those inside attention).
    pub norm_params: u32,
}

/// What mixes tokens with one another.
#[derive(Clone, Debug, PartialEq)]
pub enum Mixer {
    /// Multi-head, grouped-query or multi-query softmax attention.
    Attention(Attention),
    /// Multi-head latent attention (DeepSeek-V2, arXiv 2405.04434).
    Mla(Mla),
    /// A linear-time mixer: gated DeltaNet, KDA, lightning attention, Mamba 1 or 2.
    Linear(Linear),
    /// None: the block is feed-forward only.
    None,
}

/// Softmax attention.
#[derive(Clone, Debug, PartialEq)]
pub struct Attention {
    /// Query heads.
    pub heads: u32,
    /// Key and value heads (equal to `heads` for multi-head attention).
    pub kv_heads: u32,
    /// Width of a query or key head.
    pub head_dim: u32,
    /// Width of a value head.
    pub v_head_dim: u32,
    /// Sliding window or chunk, in tokens.
    pub window: Option<u32>,
    /// Query, key and value projections carry a bias.
    pub qkv_bias: bool,
    /// The output projection carries a bias.
    pub out_bias: bool,
    /// Weights of query and key norms in one layer.
    pub qk_norm_params: u32,
    /// The query projection also makes an output gate (Qwen3-Next).
    pub output_gate: bool,
    /// Keys serve as values too, so there is no value projection (Gemma 4 global layers).
    pub values_are_keys: bool,
    /// Any other weights, such as attention sinks (one a head).
    pub extra_params: u32,
}

/// Multi-head latent attention: keys and values rebuilt from one narrow vector a token.
#[derive(Clone, Debug, PartialEq)]
pub struct Mla {
    /// Query heads.
    pub heads: u32,
    /// Rank of the query compression; none where queries are projected directly.
    pub q_rank: Option<u32>,
    /// Rank of the key-value compression.
    pub kv_rank: u32,
    /// Width of a head's part without position.
    pub qk_nope: u32,
    /// Width of the rotary part (keys share one across heads).
    pub qk_rope: u32,
    /// Width of a value head.
    pub v_head_dim: u32,
    /// Any other weights: a sparse-attention indexer, extra norms.
    pub extra_params: u32,
    /// Tokens that each query attends to when an indexer chooses them.
    pub sparse_top_k: Option<u32>,
}

/// A linear-time mixer, reduced to what memory and time need.
#[derive(Clone, Debug, PartialEq)]
pub struct Linear {
    /// All weights of the mixer.
    pub params: u32,
    /// Width of the input projection's output (everything made from the token).
    pub in_width: u32,
    /// Width of the output projection's input.
    pub out_width: u32,
    /// Heads, for tensor-parallel splitting.
    pub heads: u32,
    /// Elements of recurrent state in one head.
    pub state_per_head: u32,
}

/// What works on each token alone.
#[derive(Clone, Debug, PartialEq)]
pub enum Ffn {
    /// One feed-forward network for all tokens.
    Dense(Dense),
    /// Routed experts, perhaps with shared ones.
    Moe(Moe),
    /// None: the block is a mixer only.
    None,
}

/// A dense feed-forward network.
#[derive(Clone, Debug, PartialEq)]
pub struct Dense {
    /// Inner width.
    pub width: u32,
    /// Gated (SwiGLU, GeGLU): three matrices instead of two.
    pub gated: bool,
    /// The matrices carry biases.
    pub bias: bool,
}

/// Routed experts.
#[derive(Clone, Debug, PartialEq)]
pub struct Moe {
    /// Routed experts.
    pub experts: u32,
    /// Routed experts that each token visits.
    pub top_k: u32,
    /// Where a token only visits experts of some groups: groups, and those of one token.
    pub groups: Option<(u32, u32)>,
    /// Inner width of a routed expert.
    pub width: u32,
    /// Gated experts: three matrices instead of two.
    pub gated: bool,
    /// Inner width of all shared experts together (0: none).
    pub shared_width: u32,
    /// Width the routed experts work in, where it is not the model's (latent MoE).
    pub latent: Option<u32>,
    /// Inner width of a dense network that runs beside the experts (Gemma 4; 0: none).
    pub dense_width: u32,
    /// Any other weights: router bias, shared-expert gate, expert biases.
    pub extra_params: u32,
    /// The part of `extra_params` held by one token's experts (for the active count).
    pub extra_active: u32,
}

impl Model {
    /// Number of layers, without multi-token-prediction layers.
    #[must_use]
    pub fn n_layers(&self) -> u32 {
        self.pattern.len() as u32
    }

    /// The largest number of routed experts in any layer (0: dense model).
    #[must_use]
    pub fn experts(&self) -> u32 {
        self.kinds.iter().map(|kind| kind.ffn.moe().map_or(0, |moe| moe.experts)).max().unwrap_or(0)
    }
}

impl Moe {
    /// Whether the router has a bias for each expert, by which training evens out how many tokens each takes (DeepSeek-V3,
    /// arXiv 2412.19437, section 2.1.2): told by the weights beside the experts, a norm of the latent left aside.
    #[must_use]
    pub fn has_router_bias(&self) -> bool {
        let norm = self.latent.unwrap_or(0);
        [self.experts, self.experts.saturating_add(norm)].contains(&self.extra_params)
    }

    /// Experts that one of `ranks` holds: whole ones. Where ranks do not divide them, the places left over hold copies, as
    /// DeepSeek's do (256 on 144 are two each, 32 of them copies: DeepSeek-V3, arXiv 2412.19437, section 3.4).
    #[must_use]
    pub const fn held_by(&self, ranks: u32) -> u32 {
        self.experts.div_ceil(if ranks > 0 { ranks } else { 1 })
    }

    /// Whether shared experts have a gate: one weight for each of `hidden` numbers, beside which a router has no bias
    /// (Qwen1.5-MoE, Qwen2-MoE, Qwen3-Next and later).
    #[must_use]
    pub const fn gates_shared(&self, hidden: u32) -> bool {
        self.shared_width > 0 && self.latent.is_none() && self.extra_params == hidden
    }
}

impl Ffn {
    /// The routed experts, if these are any.
    #[must_use]
    pub fn moe(&self) -> Option<&Moe> {
        match self {
            Self::Moe(moe) => Some(moe),
            _ => None,
        }
    }
}

impl Mixer {
    /// Query heads, or the heads of a linear mixer; 0 where there is no mixer.
    #[must_use]
    pub fn heads(&self) -> u32 {
        match self {
            Self::Attention(a) => a.heads,
            Self::Mla(m) => m.heads,
            Self::Linear(l) => l.heads,
            Self::None => 0,
        }
    }
}
