//! Layers that a configuration describes one by one (Nemotron-NAS).

use super::attention;
use super::families::Family;
use super::fields::{Fields, whole};
use super::json::Json;
use crate::model::limits::WIDTH_MAX;
use crate::model::{Attention, Dense, Ffn, LayerKind, Mixer};

/// Layers of a Nemotron-NAS model, each with its own key-value heads and width, or without.
pub(super) fn layers(
    fields: &mut Fields<'_>,
    family: Family,
    hidden: u32,
    count: u32,
) -> Option<Vec<LayerKind>> {
    let items = fields.list(&["block_configs"], "attention and network of each layer")?;
    let base = attention::attention(fields, family, hidden)?;
    if items.len() != count as usize {
        let given = format!("{} blocks", items.len());
        let expected = format!("{count}, one for each layer");
        fields.refuse("block_configs", given, expected, "Copy the file again.");
        return None;
    }
    let mut kinds = Vec::with_capacity(items.len());
    for item in items {
        let Some(kind) = block(item, &base, hidden) else {
            let expected = "n_heads_in_group and ffn_mult, or no_op".to_owned();
            let hint = "This block replaces attention or the network by something not covered.";
            fields.refuse("block_configs", item.brief(), expected, hint);
            return None;
        };
        kinds.push(kind);
    }
    Some(kinds)
}

fn block(item: &Json, base: &Attention, hidden: u32) -> Option<LayerKind> {
    let (attention, ffn) = (item.get("attention")?, item.get("ffn")?);
    let flag = |part: &Json, key| part.get(key) == Some(&Json::Bool(true));
    if flag(attention, "replace_with_linear") || flag(ffn, "replace_with_linear") {
        return None;
    }
    let mut norms = 0;
    let mut mixer = Mixer::None;
    if !flag(attention, "no_op") {
        let group = whole(attention.get("n_heads_in_group")?).ok()?;
        let kv_heads = base.heads.checked_div(group).filter(|&kv| kv > 0)?;
        if kv_heads.checked_mul(group) != Some(base.heads) {
            return None;
        }
        mixer = Mixer::Attention(Attention { kv_heads, ..base.clone() });
        norms += 1;
    }
    let mut network = Ffn::None;
    if !flag(ffn, "no_op") {
        let Json::Number(text) = ffn.get("ffn_mult")? else {
            return None;
        };
        let factor: f64 = text.parse().ok()?;
        let width = (2.0 * factor * f64::from(hidden) / 3.0).floor();
        let in_range = width >= 1.0 && width <= f64::from(WIDTH_MAX - 256);
        let width = if in_range {
            (width as u32).div_ceil(256) * 256
        } else {
            return None;
        };
        network = Ffn::Dense(Dense { width, gated: true, bias: false });
        norms += 1;
    }
    let norms = if norms == 0 { 1 } else { norms };
    Some(LayerKind { mixer, ffn: network, norm_params: hidden.saturating_mul(norms) })
}
