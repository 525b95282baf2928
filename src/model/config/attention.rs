//! Softmax and latent attention of a configuration.

use super::decoder::missing;
use super::families::{Column, Family, Switch};
use super::fields::Fields;
use crate::model::limits::{HEADS_MAX, WIDTH_MAX};
use crate::model::{Attention, Mla};

const HEADS: [&str; 4] = ["num_attention_heads", "n_head", "n_heads", "num_heads"];
const KV_HEADS: [&str; 7] = [
    "num_key_value_heads",
    "num_kv_heads",
    "n_head_kv",
    "num_attention_groups",
    "num_query_groups",
    "multi_query_group_num",
    "attn_config.kv_n_heads",
];

/// Whether the configuration describes latent attention.
pub(super) fn is_latent(fields: &Fields<'_>) -> bool {
    fields.has(&["kv_lora_rank"])
}

/// Attention over everything before, which the other kinds start from.
pub(super) fn attention(fields: &mut Fields<'_>, family: Family, hidden: u32) -> Option<Attention> {
    let heads = head_count(fields, family)?;
    let head_dim = head_dim(fields, family, hidden, heads)?;
    let kv_heads = kv_heads(fields, family, heads)?;
    let v_head_dim = fields.count(&["v_head_dim"], "width of a value head", 1..=WIDTH_MAX);
    let output_gate = family.has("gate") && {
        let reason = "the family's query projection also makes an output gate";
        fields.flag(&["attn_output_gate"], "output gate beside the queries", (true, reason))
    };
    let attention = Attention {
        heads,
        kv_heads,
        head_dim,
        v_head_dim: v_head_dim.unwrap_or(head_dim),
        window: None,
        qkv_bias: switch(fields, family.switch("qkv", "attention_bias"), "qkv bias"),
        out_bias: switch(fields, family.switch("out", "attention_bias"), "output bias"),
        qk_norm_params: qk_norm(fields, family, heads, kv_heads, head_dim),
        output_gate,
        values_are_keys: false,
        extra_params: (if family.has("sinks") { heads } else { 0 })
            .saturating_add(block_indexer(fields, hidden)),
    };
    checked(fields, attention)
}

/// The same attention in layers that look at a window, with the widths that are their own.
pub(super) fn sliding(fields: &mut Fields<'_>, family: Family, full: &Attention) -> Attention {
    let keys: &[&str] = if family.has("chunk") {
        &["attention_chunk_size"]
    } else {
        &["sliding_window", "sliding_window_size"]
    };
    let default = if family.has("chunk") { 8192 } else { 4096 };
    let reason = (default, "default of the configuration class");
    let window = fields.count_or(keys, "tokens a sliding layer sees", 1..=u32::MAX, reason);
    let mut own =
        |key, meaning, max, otherwise| fields.count(&[key], meaning, 1..=max).unwrap_or(otherwise);
    let mut sliding = full.clone();
    let heads = own("swa_num_attention_heads", "heads of sliding layers", HEADS_MAX, full.heads);
    let kv_heads = own("swa_num_key_value_heads", "their KV heads", HEADS_MAX, full.kv_heads);
    let head_dim = own("swa_head_dim", "their head width", WIDTH_MAX, full.head_dim);
    let v_head_dim = own("swa_v_head_dim", "their value width", WIDTH_MAX, full.v_head_dim);
    (sliding.heads, sliding.kv_heads) = (heads, kv_heads);
    (sliding.head_dim, sliding.v_head_dim) = (head_dim, v_head_dim);
    sliding.window = Some(window);
    if fields.is_set(&["add_swa_attention_sink_bias"], "a sink for each head of sliding layers") {
        sliding.extra_params = heads;
    }
    checked(fields, sliding).unwrap_or_else(|| full.clone())
}

/// Attention of the layers without a window where they have widths of their own (Gemma 4).
pub(super) fn global(fields: &mut Fields<'_>, family: Family, base: &Attention) -> Attention {
    let mut full = base.clone();
    if fields.is_set(&["add_full_attention_sink_bias"], "a sink for each head of full layers") {
        full.extra_params = full.heads;
    }
    if !family.has("global") {
        return full;
    }
    let reason = "default of Gemma4TextConfig";
    let meaning = "head width of full-attention layers";
    let dim = fields.count_or(&["global_head_dim"], meaning, 1..=WIDTH_MAX, (512, reason));
    (full.head_dim, full.v_head_dim) = (dim, dim);
    full.qk_norm_params = dim.saturating_mul(2);
    if fields.is_set(&["attention_k_eq_v"], "keys of full-attention layers serve as values") {
        full.values_are_keys = true;
        let keys = ["num_global_key_value_heads"];
        let kv = fields.count(&keys, "KV heads of full-attention layers", 1..=HEADS_MAX);
        full.kv_heads = kv.unwrap_or(full.kv_heads);
    }
    checked(fields, full).unwrap_or_else(|| base.clone())
}

/// Latent attention, its indexer included.
pub(super) fn latent(fields: &mut Fields<'_>, family: Family, hidden: u32) -> Option<Mla> {
    let heads = head_count(fields, family)?;
    let q_rank = fields.count(&["q_lora_rank"], "rank of the query compression", 1..=WIDTH_MAX);
    if q_rank.is_none() {
        fields.assume("q_lora_rank", "none".to_owned(), "null or absent: queries not compressed");
    }
    let keys = ["kv_lora_rank"];
    let kv_rank = fields.count(&keys, "rank of the key-value compression", 1..=WIDTH_MAX)?;
    let mut need = |key, meaning, default| {
        let reason = (default, "default of DeepseekV3Config");
        fields.count_or(&[key], meaning, 1..=WIDTH_MAX, reason)
    };
    let qk_nope = need("qk_nope_head_dim", "width of a head without position", 128);
    let qk_rope = need("qk_rope_head_dim", "width of the rotary part", 64);
    let v_head_dim = need("v_head_dim", "width of a value head", 128);
    let mut extra = 0u64;
    let mut sparse_top_k = None;
    if let Some(top) = fields.count(&["index_topk"], "tokens the indexer picks", 1..=u32::MAX) {
        sparse_top_k = Some(top);
        extra += indexer(fields, hidden, q_rank.unwrap_or(hidden));
    }
    if fields.is_set(&["attention_bias"], "bias of the compressions and the output") {
        extra += [q_rank.unwrap_or(0), kv_rank, qk_rope, hidden].map(u64::from).iter().sum::<u64>();
    }
    if fields.is_set(&["mla_use_output_gate"], "a gate on the output (Kimi-K3)") {
        extra = extra.saturating_add(
            u64::from(hidden).saturating_mul(u64::from(heads) * u64::from(v_head_dim)),
        );
    }
    let widest = u64::from(heads) * u64::from(qk_nope.max(qk_rope).max(v_head_dim));
    if widest > HEAD_WIDTHS_MAX {
        wide(fields, widest);
        return None;
    }
    Some(Mla {
        heads,
        q_rank,
        kv_rank,
        qk_nope,
        qk_rope,
        v_head_dim,
        extra_params: u32::try_from(extra).ok()?,
        sparse_top_k,
    })
}

/// Weights of one indexer (DeepSeek-V3.2): queries from the compression, one key, its LayerNorm,
/// and a weight for each of its heads.
pub(super) fn indexer(fields: &mut Fields<'_>, hidden: u32, query_in: u32) -> u64 {
    let reason = "default of DeepseekV32Config";
    let mut get = |key, meaning, max, default| {
        u64::from(fields.count_or(&[key], meaning, 1..=max, (default, reason)))
    };
    let heads = get("index_n_heads", "heads of the indexer", 4096, 64);
    let dim = get("index_head_dim", "width of its heads", 4096, 128);
    let hidden = u64::from(hidden);
    (u64::from(query_in) * heads + hidden + 2) * dim + hidden * heads
}

/// Weights of one block indexer (MiniMax-M3): queries, one key, and a norm on each.
pub(super) fn block_indexer(fields: &mut Fields<'_>, hidden: u32) -> u32 {
    let keys = ["sparse_attention_config.sparse_num_index_heads", "index_n_heads"];
    let Some(heads) = fields.count(&keys, "heads of the block indexer", 1..=4096) else {
        return 0;
    };
    let keys = ["sparse_attention_config.sparse_index_dim", "index_head_dim"];
    let dim = fields.count(&keys, "width of its heads", 1..=4096).unwrap_or(128);
    hidden.saturating_mul(heads + 1).saturating_add(2).saturating_mul(dim)
}

/// A bias that a family or a key decides.
pub(super) fn switch(fields: &mut Fields<'_>, switch: Switch, name: &'static str) -> bool {
    match switch {
        Switch::Always => {
            fields.assume(name, "true".to_owned(), "the family has it without a key");
            true
        }
        Switch::Never => false,
        Switch::Key(key, true) => fields.flag(&[key], name, (true, "default of the family")),
        Switch::Key(key, false) => fields.is_set(&[key], name),
    }
}

/// Heads times their width, at most: sixteen of the widest models side by side.
const HEAD_WIDTHS_MAX: u64 = WIDTH_MAX as u64 * 16;

fn head_count(fields: &mut Fields<'_>, family: Family) -> Option<u32> {
    let heads = fields.count(&HEADS, "query heads", 1..=HEADS_MAX);
    heads.or_else(|| missing(fields, HEADS[0], family.default(Column::Heads)))
}

fn head_dim(fields: &mut Fields<'_>, family: Family, hidden: u32, heads: u32) -> Option<u32> {
    let keys = ["head_dim", "attention_head_dim", "kv_channels"];
    if fields.has(&keys) {
        return fields.count(&keys, "width of a head", 1..=WIDTH_MAX);
    }
    if let Some(dim) = family.default(Column::HeadDim) {
        fields.assume(keys[0], dim.to_string(), "default of the family");
        return Some(dim);
    }
    if !hidden.is_multiple_of(heads) {
        let given = format!("width {hidden} over {heads} heads");
        let expected = "a width that the heads divide, or head_dim".to_owned();
        fields.refuse(HEADS[0], given, expected, "Add head_dim, or mend one of the two.");
        return None;
    }
    fields.assume(keys[0], (hidden / heads).to_string(), "width over heads");
    Some(hidden / heads)
}

fn kv_heads(fields: &mut Fields<'_>, family: Family, heads: u32) -> Option<u32> {
    if family.has("queries") {
        return Some(falcon_kv_heads(fields, heads));
    }
    if fields.has(&KV_HEADS) {
        return fields.count(&KV_HEADS, "key-value heads", 1..=HEADS_MAX);
    }
    let fixed = family.default(Column::Kv);
    let reason = if fixed.is_some() { "default of the family" } else { "as many as query heads" };
    let kv_heads = fixed.unwrap_or(heads);
    fields.assume(KV_HEADS[0], kv_heads.to_string(), reason);
    Some(kv_heads)
}

/// Falcon: `num_kv_heads` counts only in the new architecture; else `multi_query` means one.
fn falcon_kv_heads(fields: &mut Fields<'_>, heads: u32) -> u32 {
    let new = ["new_decoder_architecture"];
    if fields.is_set(&new, "num_kv_heads counts (Falcon 40B and later)") {
        return fields.count_or(
            &KV_HEADS,
            "key-value heads",
            1..=HEADS_MAX,
            (heads, "query heads"),
        );
    }
    let default = (true, "default of the family");
    let shared = fields.flag(&["multi_query"], "one key-value head for all", default);
    if shared { 1 } else { heads }
}

fn qk_norm(fields: &mut Fields<'_>, family: Family, heads: u32, kv: u32, dim: u32) -> u32 {
    let per_head = dim.saturating_mul(2);
    let keys = ["use_qk_norm", "qk_layernorm", "qk_norm"];
    let kind = family.value("qk");
    let (kind, on) = match kind.map(|kind| (kind, kind.strip_suffix('?'))) {
        Some(("none", _)) => return 0,
        Some((_, Some(kind))) => (kind, fields.is_set(&keys, "norms on queries and keys")),
        Some((kind, None)) => (kind, true),
        None => ("head", fields.is_set(&keys, "norms on queries and keys")),
    };
    if !on {
        return 0;
    }
    let by_layer = match fields.word(&["qk_norm_type"], "what those norms span").as_deref() {
        Some("per_layer") => true,
        Some("per_head") => false,
        _ => kind == "full",
    };
    if by_layer { heads.saturating_add(kv).saturating_mul(dim) } else { per_head }
}

fn checked(fields: &mut Fields<'_>, attention: Attention) -> Option<Attention> {
    let (heads, kv) = (attention.heads, attention.kv_heads);
    if !heads.is_multiple_of(kv) {
        let given = format!("{heads} query heads over {kv} key-value heads");
        let expected = "query heads in equal groups".to_owned();
        fields.refuse(KV_HEADS[0], given, expected, "Mend one of the two.");
        return None;
    }
    let widest = u64::from(heads) * u64::from(attention.head_dim.max(attention.v_head_dim));
    if widest > HEAD_WIDTHS_MAX {
        wide(fields, widest);
        return None;
    }
    Some(attention)
}

fn wide(fields: &mut Fields<'_>, widest: u64) {
    let expected = format!("heads times their width up to {HEAD_WIDTHS_MAX}");
    fields.refuse("head_dim", widest.to_string(), expected, "Check the digits.");
}
