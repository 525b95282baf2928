//! The parts that layers are made of, and the layers in their order.

use super::families::Family;
use super::fields::{Fields, whole};
use super::placement::{self, Slot};
use super::{attention, feedforward, linear};
use crate::model::{Attention, Ffn, LayerKind, Mixer, Mla};

/// The layers in order, each part read once.
pub(super) fn layers(
    fields: &mut Fields<'_>,
    family: Family,
    hidden: u32,
    count: u32,
) -> Option<Vec<LayerKind>> {
    let slots = placement::slots(fields, family, count)?;
    let mixers = Mixers::read(fields, family, hidden, &slots)?;
    let networks = networks(fields, family, hidden, &slots)?;
    let some_experts = networks.iter().any(|network| network.moe().is_some());
    let norm_params = hidden.saturating_mul(norms(fields, family, some_experts));
    let shared = shared_indexers(fields);
    let kinds = slots.iter().zip(networks).enumerate().map(|(n, (&slot, ffn))| {
        let mixer = mixers.at(slot, shared.get(n).copied().unwrap_or(false));
        LayerKind { mixer, ffn, norm_params }
    });
    Some(kinds.collect())
}

/// What mixes tokens, by the kind of layer.
struct Mixers {
    full: Mixer,
    sliding: Mixer,
    linear: Mixer,
    /// Weights of an indexer that some layers do without.
    indexer: u32,
}

impl Mixers {
    fn read(fields: &mut Fields<'_>, family: Family, hidden: u32, slots: &[Slot]) -> Option<Self> {
        let (full, sliding, base) = if attention::is_latent(fields) {
            let mla = Mixer::Mla(attention::latent(fields, family, hidden)?);
            (mla.clone(), mla, None)
        } else {
            let base = attention::attention(fields, family, hidden)?;
            let full = attention::global(fields, family, &base);
            let windowed = slots.contains(&Slot::Sliding);
            let sliding = windowed.then(|| attention::sliding(fields, family, &base));
            let sliding = sliding.unwrap_or_else(|| base.clone());
            (Mixer::Attention(full), Mixer::Attention(sliding), Some(base))
        };
        let mut linear = Mixer::None;
        if slots.contains(&Slot::Linear) {
            let (heads, head_dim) = base.map_or((0, 0), |base| (base.heads, base.head_dim));
            linear = Mixer::Linear(linear::mixer(fields, family, hidden, heads, head_dim)?);
        }
        let indexer = indexer_params(&full, hidden, fields);
        Some(Self { full, sliding, linear, indexer })
    }

    fn at(&self, slot: Slot, without_indexer: bool) -> Mixer {
        let mut mixer = match slot {
            Slot::Full => self.full.clone(),
            Slot::Sliding => self.sliding.clone(),
            Slot::Linear => self.linear.clone(),
            Slot::Dense | Slot::Moe => Mixer::None,
        };
        if without_indexer {
            match &mut mixer {
                Mixer::Mla(Mla { extra_params, .. })
                | Mixer::Attention(Attention { extra_params, .. }) => {
                    *extra_params = extra_params.saturating_sub(self.indexer);
                }
                Mixer::Linear(_) | Mixer::None => {}
            }
        }
        mixer
    }
}

/// The feed-forward part of each layer.
fn networks(
    fields: &mut Fields<'_>,
    family: Family,
    hidden: u32,
    slots: &[Slot],
) -> Option<Vec<Ffn>> {
    let experts = feedforward::expert_count(fields);
    if experts.is_none() && slots.contains(&Slot::Moe) {
        super::decoder::missing(fields, "n_routed_experts", None)?;
    }
    let count = u32::try_from(slots.len()).ok()?;
    let sparse = experts.map(|_| placement::moe_layers(fields, family, count));
    let wanted = |(n, slot): (usize, &Slot)| match slot {
        Slot::Moe => Network::Experts,
        Slot::Dense => Network::Dense,
        _ if family.has("single") => Network::None,
        _ if sparse.as_ref().is_some_and(|sparse| sparse.get(n) == Some(&true)) => Network::Experts,
        _ => Network::Dense,
    };
    let wanted: Vec<Network> = slots.iter().enumerate().map(wanted).collect();
    let mut moe = Ffn::None;
    if let Some(count) = experts {
        moe = Ffn::Moe(feedforward::moe(fields, family, hidden, count)?);
    }
    let mut dense = Ffn::None;
    if wanted.contains(&Network::Dense) {
        dense = Ffn::Dense(feedforward::dense(fields, family, hidden)?);
    }
    let pick = |network| match network {
        Network::Dense => dense.clone(),
        Network::Experts => moe.clone(),
        Network::None => Ffn::None,
    };
    Some(wanted.into_iter().map(pick).collect())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Network {
    Dense,
    Experts,
    None,
}

/// The indexer's part of the weights of attention.
fn indexer_params(full: &Mixer, hidden: u32, fields: &mut Fields<'_>) -> u32 {
    match full {
        Mixer::Mla(mla) if mla.sparse_top_k.is_some() => {
            let params = attention::indexer(fields, hidden, mla.q_rank.unwrap_or(hidden));
            u32::try_from(params).unwrap_or(u32::MAX)
        }
        Mixer::Attention(_) => attention::block_indexer(fields, hidden),
        _ => 0,
    }
}

/// Layers without an indexer of their own: they borrow another's (GLM-5.2: 57 of 78) or attend to
/// everything (MiniMax-M3: the first 3 of 60).
fn shared_indexers(fields: &mut Fields<'_>) -> Vec<bool> {
    let key = ["sparse_attention_config.sparse_attention_freq"];
    if let Some(items) = fields.list(&key, "1 for each layer with an indexer") {
        return items.iter().map(|item| whole(item) == Ok(0)).collect();
    }
    let items = fields.list(&["indexer_types"], "own or shared indexer, layer by layer");
    let items = items.unwrap_or_default();
    items.iter().map(|item| item.text() == Some("shared")).collect()
}

/// Norms of a layer in widths of the model; a LayerNorm with bias counts two.
fn norms(fields: &mut Fields<'_>, family: Family, moe: bool) -> u32 {
    if family.has("single") {
        return 1;
    }
    if family.has("global") && moe {
        return 7;
    }
    if !family.has("parallel") {
        let two = family.number("norms").unwrap_or(2);
        let keys = ["use_parallel_residual"];
        let one = family.has("norms") && two == 4 && family.value("qkv") == Some("use_qkv_bias");
        return if one && fields.is_set(&keys, "one norm for both halves") { 2 } else { two };
    }
    let new = fields.is_set(&["new_decoder_architecture"], "Falcon 40B and later");
    if new {
        let keys = ["num_ln_in_parallel_attn"];
        let count = fields.count_or(&keys, "LayerNorms of a layer", 1..=2, (2, "new architecture"));
        return 2 * count;
    }
    let default = (true, "default of the family");
    if fields.flag(&["parallel_attn"], "one LayerNorm for both halves", default) { 2 } else { 4 }
}
