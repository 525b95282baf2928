//! How many parameters a model has, by the way they can be split.

use super::{Attention, Dense, Ffn, LayerKind, Mixer, Mla, Model, Moe};

/// The parameters of one layer of a kind, grouped by how tensor and expert parallelism can split
/// them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KindParams {
    /// Mixer matrices split by query heads (query and output projections, MLA up-projections).
    pub heads: u64,
    /// Key and value projections, split by key-value heads.
    pub kv: u64,
    /// Mixer weights that every tensor-parallel rank holds (MLA down-projections, query and key
    /// norms, the bias of the output projection).
    pub mixer_whole: u64,
    /// Feed-forward weights that every token uses, split by width (dense, shared experts).
    pub ffn: u64,
    /// All routed experts of the layer together.
    pub experts: u64,
    /// Router and its bias, shared-expert gate.
    pub router: u64,
    /// Norms of the layer.
    pub norms: u64,
    /// Those of all the above that one token uses.
    pub active: u64,
}

/// The parameters of a model.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ModelParams {
    /// All layers, without multi-token-prediction layers.
    pub layers: u64,
    /// The embedding table.
    pub embedding: u64,
    /// The output head (0 when tied).
    pub head: u64,
    /// Final norm, learned positions and the like.
    pub other: u64,
    /// Multi-token-prediction layers, their norms and their projection; not in `total`. Their
    /// embedding and head are those of the model (DeepSeek-V3, arXiv 2412.19437, section 2.2).
    pub mtp: u64,
    /// Everything but the multi-token-prediction layers.
    pub total: u64,
    /// What one token uses of `total`, the embedding table and the head counted whole.
    pub active: u64,
}

impl KindParams {
    /// Everything in one layer.
    #[must_use]
    pub const fn total(&self) -> u64 {
        self.heads
            .saturating_add(self.kv)
            .saturating_add(self.mixer_whole)
            .saturating_add(self.ffn)
            .saturating_add(self.experts)
            .saturating_add(self.router)
            .saturating_add(self.norms)
    }
}

impl Model {
    /// Parameters of one layer of kind `index`; nothing for an index out of range.
    #[must_use]
    pub fn kind_params(&self, index: usize) -> KindParams {
        self.kinds.get(index).map_or_else(KindParams::default, |kind| layer(self.hidden, kind))
    }

    /// Parameters of the whole model. Saturates at `u64::MAX`.
    #[must_use]
    pub fn params(&self) -> ModelParams {
        let kinds: Vec<_> = (0..self.kinds.len()).map(|index| self.kind_params(index)).collect();
        let (mut layers, mut active) = (0u64, 0u64);
        for &index in &self.pattern {
            let Some(kind) = kinds.get(usize::from(index)) else {
                continue;
            };
            layers = layers.saturating_add(kind.total());
            active = active.saturating_add(kind.active);
        }
        let embedding = product(&[self.vocab, self.hidden]);
        let head = if self.tied { 0 } else { embedding };
        let other = self.other_params.get();
        let around = sum(&[embedding, head, other]);
        let last = self.pattern.last().and_then(|&index| kinds.get(usize::from(index)));
        let mtp = last.map_or(0, |kind| self.mtp_params(kind));
        let total = layers.saturating_add(around);
        let active = active.saturating_add(around);
        ModelParams { layers, embedding, head, other, mtp, total, active }
    }

    /// Each multi-token-prediction module: a layer, the projection of the joined hidden state and
    /// embedding (2h x h), their two norms and a final one (arXiv 2412.19437, equation 21).
    fn mtp_params(&self, last: &KindParams) -> u64 {
        let projection = product(&[2, self.hidden, self.hidden]);
        let norms = product(&[3, self.hidden]);
        sum(&[last.total(), projection, norms]).saturating_mul(u64::from(self.mtp_layers))
    }
}

fn layer(hidden: u32, kind: &LayerKind) -> KindParams {
    let mut params = KindParams { norms: u64::from(kind.norm_params), ..KindParams::default() };
    match &kind.mixer {
        Mixer::Attention(attention) => add_attention(&mut params, hidden, attention),
        Mixer::Mla(mla) => add_mla(&mut params, hidden, mla),
        Mixer::Linear(linear) => params.heads = u64::from(linear.params),
        Mixer::None => {}
    }
    let idle = match &kind.ffn {
        Ffn::Dense(dense) => {
            params.ffn = dense_params(hidden, dense);
            0
        }
        Ffn::Moe(moe) => add_moe(&mut params, hidden, moe),
        Ffn::None => 0,
    };
    params.active = params.total().saturating_sub(idle);
    params
}

/// Grouped-query attention (arXiv 2305.13245): query and output by query heads, key and value by
/// key-value heads.
fn add_attention(params: &mut KindParams, hidden: u32, a: &Attention) {
    let query_copies = if a.output_gate { 2 } else { 1 };
    let query = product(&[query_copies, a.heads, a.head_dim]);
    let key = product(&[a.kv_heads, a.head_dim]);
    let value = if a.values_are_keys { 0 } else { product(&[a.kv_heads, a.v_head_dim]) };
    let rows = u64::from(hidden).saturating_add(u64::from(a.qkv_bias));
    let out = product(&[a.heads, a.v_head_dim, hidden]);
    params.heads = sum(&[query.saturating_mul(rows), out, u64::from(a.extra_params)]);
    params.kv = key.saturating_add(value).saturating_mul(rows);
    let out_bias = if a.out_bias { hidden } else { 0 };
    params.mixer_whole = sum(&[u64::from(a.qk_norm_params), u64::from(out_bias)]);
}

/// Multi-head latent attention (DeepSeek-V2, arXiv 2405.04434, section 2.1 and appendix C), the
/// norms of both compressions included.
fn add_mla(params: &mut KindParams, hidden: u32, m: &Mla) {
    let query_in = m.q_rank.unwrap_or(hidden);
    let key_dim = u64::from(m.qk_nope).saturating_add(u64::from(m.qk_rope));
    let query = product(&[query_in, m.heads]).saturating_mul(key_dim);
    let key_value = product(&[m.kv_rank, m.heads])
        .saturating_mul(u64::from(m.qk_nope).saturating_add(u64::from(m.v_head_dim)));
    let out = product(&[m.heads, m.v_head_dim, hidden]);
    params.heads = sum(&[query, key_value, out]);
    let query_down = m.q_rank.map_or(0, |rank| product(&[hidden, rank]) + u64::from(rank));
    let kv_down =
        u64::from(hidden).saturating_mul(u64::from(m.kv_rank).saturating_add(u64::from(m.qk_rope)));
    params.mixer_whole =
        sum(&[query_down, kv_down, u64::from(m.kv_rank), u64::from(m.extra_params)]);
}

fn dense_params(hidden: u32, dense: &Dense) -> u64 {
    let into = if dense.gated { 2 } else { 1 };
    let matrices = product(&[into + 1, hidden, dense.width]);
    let biases = product(&[into, dense.width]).saturating_add(u64::from(hidden));
    sum(&[matrices, if dense.bias { biases } else { 0 }])
}

/// Routed and shared experts; returns the parameters that one token leaves idle.
fn add_moe(params: &mut KindParams, hidden: u32, moe: &Moe) -> u64 {
    let matrices = if moe.gated { 3 } else { 2 };
    let one = product(&[matrices, moe.latent.unwrap_or(hidden), moe.width]);
    let idle_experts = u64::from(moe.experts.saturating_sub(moe.top_k));
    let idle_extra = u64::from(moe.extra_params.saturating_sub(moe.extra_active));
    let expert_extra = expert_extra(moe, idle_extra, idle_experts);
    let shared = product(&[matrices, hidden, moe.shared_width]);
    let beside = product(&[3, hidden, moe.dense_width]);
    let latent = moe.latent.map_or(0, |latent| product(&[2, hidden, latent]));
    params.ffn = sum(&[shared, beside, latent]);
    params.experts = one.saturating_mul(u64::from(moe.experts)).saturating_add(expert_extra);
    params.router = product(&[hidden, moe.experts])
        .saturating_add(u64::from(moe.extra_params).saturating_sub(expert_extra));
    one.saturating_mul(idle_experts).saturating_add(idle_extra)
}

/// The part of the extra weights that lies in the experts (their biases): what is idle of it, in
/// proportion to the experts that are.
fn expert_extra(moe: &Moe, idle_extra: u64, idle_experts: u64) -> u64 {
    let whole = idle_extra.saturating_mul(u64::from(moe.experts)).checked_div(idle_experts);
    whole.unwrap_or(0).min(u64::from(moe.extra_params))
}

fn product(factors: &[u32]) -> u64 {
    factors.iter().fold(1, |product, &factor| product.saturating_mul(u64::from(factor)))
}

fn sum(terms: &[u64]) -> u64 {
    terms.iter().fold(0, |sum, &term| sum.saturating_add(term))
}
