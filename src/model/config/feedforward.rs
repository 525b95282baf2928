//! Dense networks and routed experts of a configuration.

use super::attention::switch;
use super::decoder::missing;
use super::families::{Column, Family};
use super::fields::Fields;
use crate::model::limits::{EXPERTS_MAX, WIDTH_MAX};
use crate::model::{Dense, Moe};

const EXPERTS: [&str; 6] = [
    "n_routed_experts",
    "num_experts",
    "num_local_experts",
    "moe_num_experts",
    "num_routed_experts",
    "ffn_config.moe_num_experts",
];
const TOP_K: [&str; 9] = [
    "num_experts_per_tok",
    "num_experts_per_token",
    "experts_per_token",
    "top_k_experts",
    "moe_k",
    "moe_topk",
    "moe_top_k",
    "num_selected_experts",
    "ffn_config.moe_top_k",
];
const WIDTHS: [&str; 8] = [
    "moe_intermediate_size",
    "expert_intermediate_size",
    "expert_ffn_hidden_size",
    "moe_ffn_hidden_size",
    "ffn_config.ffn_hidden_size",
    "intermediate_size",
    "ffn_dim",
    "n_inner",
];
const DENSE_WIDTHS: [&str; 7] = [
    "intermediate_size_mlp",
    "dense_intermediate_size",
    "intermediate_size",
    "n_inner",
    "ffn_dim",
    "ffn_hidden_size",
    "d_ff",
];

/// Routed experts, where there are any.
pub(super) fn expert_count(fields: &mut Fields<'_>) -> Option<u32> {
    let on = !fields.has(&["enable_moe_block"])
        || fields.flag(&["enable_moe_block"], "experts beside the dense network", (true, ""));
    let count = fields.count(&EXPERTS, "routed experts", 0..=EXPERTS_MAX)?;
    (on && count > 0).then_some(count)
}

/// The dense network.
pub(super) fn dense(fields: &mut Fields<'_>, family: Family, hidden: u32) -> Option<Dense> {
    let width = dense_width(fields, family, hidden)?;
    let bias = switch(fields, family.switch("mlp", "mlp_bias"), "feed-forward bias");
    Some(Dense { width, gated: is_gated(fields, family), bias })
}

/// The experts of one layer.
pub(super) fn moe(
    fields: &mut Fields<'_>,
    family: Family,
    hidden: u32,
    experts: u32,
) -> Option<Moe> {
    let top_k = fields.count(&TOP_K, "experts a token visits", 1..=EXPERTS_MAX);
    let top_k = top_k.or_else(|| missing(fields, TOP_K[0], None))?;
    if top_k > experts {
        let given = format!("{top_k} experts a token of {experts}");
        fields.refuse(TOP_K[0], given, "at most all experts".to_owned(), "Mend one of the two.");
        return None;
    }
    let width = fields.count(&WIDTHS, "width of an expert", 1..=WIDTH_MAX);
    let width = width.or_else(|| missing(fields, WIDTHS[0], None))?;
    let latent = ["moe_latent_size", "routed_expert_hidden_size"];
    let latent = fields.count(&latent, "width the experts work in", 1..=WIDTH_MAX);
    let shared_width = shared_width(fields, family, width)?;
    let beside = if family.has("global") { dense_width(fields, family, hidden)? } else { 0 };
    let (extra_params, extra_active) = extras(fields, family, hidden, width, [experts, top_k])?;
    let norm = fields.is_set(&["latent_moe_use_norm"], "a norm where the experts work");
    let norm = if norm { latent.unwrap_or(0) } else { 0 };
    Some(Moe {
        experts,
        top_k,
        groups: groups(fields),
        width,
        gated: is_gated(fields, family),
        shared_width,
        latent,
        dense_width: beside,
        extra_params: extra_params.saturating_add(norm),
        extra_active: extra_active.saturating_add(norm),
    })
}

/// Groups of experts of which a token visits some (DeepSeek-V3, arXiv 2412.19437, section 2.1.2).
fn groups(fields: &mut Fields<'_>) -> Option<(u32, u32)> {
    let all = fields.count(&["n_group"], "groups of experts", 1..=EXPERTS_MAX)?;
    let near = fields.count(&["topk_group"], "groups a token visits", 1..=EXPERTS_MAX)?;
    (near < all).then_some((all, near))
}

fn is_gated(fields: &mut Fields<'_>, family: Family) -> bool {
    if family.has("ungated") {
        fields.assume("feed-forward gate", "none".to_owned(), "the family has two matrices");
        return false;
    }
    let keys = ["mlp_hidden_act", "hidden_act", "hidden_activation"];
    let activation = fields.word(&keys, "activation");
    let plain = activation.is_some_and(|name| name == "relu2") && !family.known;
    if plain {
        fields.assume("feed-forward gate", "none".to_owned(), "squared ReLU has two matrices");
    }
    !plain
}

fn dense_width(fields: &mut Fields<'_>, family: Family, hidden: u32) -> Option<u32> {
    if fields.has(&DENSE_WIDTHS) {
        return fields.count(&DENSE_WIDTHS, "width of the dense network", 1..=WIDTH_MAX);
    }
    if family.default(Column::Ffn).is_none() && family.has("ungated") {
        let ratio = ["expansion_ratio", "ffn_hidden_multiplier"];
        let ratio = fields.count(&ratio, "width over the model's", 1..=64).unwrap_or(4);
        let width = hidden.saturating_mul(ratio);
        fields.assume(
            DENSE_WIDTHS[2],
            width.to_string(),
            "the model's width, four times by default",
        );
        return Some(width);
    }
    missing(fields, DENSE_WIDTHS[2], family.default(Column::Ffn))
}

/// Width of all shared experts together.
fn shared_width(fields: &mut Fields<'_>, family: Family, expert: u32) -> Option<u32> {
    let together = [
        "shared_expert_intermediate_size",
        "share_expert_dim",
        "share_expert_dims",
        "shared_intermediate_size",
    ];
    if let Some(width) = fields.count(&together, "width of the shared experts", 0..=WIDTH_MAX) {
        return Some(width);
    }
    let counts =
        ["n_shared_experts", "num_shared_experts", "moe_num_shared_experts", "num_shared_expert"];
    let count = fields.count(&counts, "shared experts", 0..=EXPERTS_MAX);
    let count = count.or(family.number("shared")).unwrap_or(0);
    let each = ["moe_shared_expert_intermediate_size"];
    let each = fields.count(&each, "width of a shared expert", 1..=WIDTH_MAX).unwrap_or(expert);
    let width = u64::from(count) * u64::from(each);
    if width > u64::from(WIDTH_MAX) {
        let given = format!("{count} shared experts of {each}");
        let expected = format!("a width up to {WIDTH_MAX} together");
        fields.refuse(counts[0], given, expected, "Check the digits.");
        return None;
    }
    u32::try_from(width).ok()
}

/// Router bias, shared-expert gate and expert biases: all of them, and one token's part.
fn extras(
    fields: &mut Fields<'_>,
    family: Family,
    hidden: u32,
    width: u32,
    [experts, top_k]: [u32; 2],
) -> Option<(u32, u32)> {
    let [hidden, width, experts, top_k] = [hidden, width, experts, top_k].map(u64::from);
    let by_key = fields.word(&["topk_method"], "how experts are chosen");
    let bias = by_key.as_deref() == Some("noaux_tc")
        || fields.is_set(&["use_moe_router_bias"], "a bias for each expert in the router")
        || match family.value("routerbias") {
            Some(_) => {
                let key = family.switch("routerbias", "no");
                switch(fields, key, "a bias for each expert in the router")
            }
            None => family.has("routerbias"),
        };
    let mut whole = if bias { experts } else { 0 };
    if family.has("sharedgate") {
        whole += hidden;
    }
    if family.has("global") {
        whole += hidden + experts;
    }
    let mut active = whole;
    if family.has("expertbias") {
        let each = 2 * width + hidden;
        whole += experts * each + experts;
        active += top_k * each + experts;
    }
    let narrow = |n: u64| u32::try_from(n).ok();
    if narrow(whole).is_none() {
        let expected = "expert biases below 2^32 in a layer".to_owned();
        fields.refuse(EXPERTS[0], whole.to_string(), expected, "Check the digits.");
    }
    Some((narrow(whole)?, narrow(active)?))
}
