//! Which layer holds what: the many ways in which configurations say so.

use super::families::Family;
use super::fields::{Fields, whole};
use super::json::Json;
use crate::model::limits::LAYERS_MAX;

/// What a layer mixes tokens with, or that it is a feed-forward block of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Slot {
    /// Attention over everything before.
    Full,
    /// Attention over a window or chunk.
    Sliding,
    /// A linear-time mixer.
    Linear,
    /// A dense feed-forward block without a mixer.
    Dense,
    /// A mixture-of-experts block without a mixer.
    Moe,
}

/// Keys that list the layers one by one.
const LISTS: [&str; 3] = ["layers_block_type", "layer_types", "block_types"];

/// Layers, counted by `num_hidden_layers` or else by a list of them.
pub(super) fn layer_count(fields: &mut Fields<'_>, default: Option<u32>) -> Option<u32> {
    let keys = ["num_hidden_layers", "n_layer", "n_layers", "num_layers"];
    if let Some(count) = fields.count(&keys, "layers", 1..=LAYERS_MAX) {
        return Some(count);
    }
    let listed = LISTS.iter().chain(&["block_configs"]).find_map(|key| {
        let (_, value) = fields.peek(key)?;
        Some((*key, value.items().len()))
    });
    let pattern = fields.peek("hybrid_override_pattern").and_then(|(_, value)| value.text());
    let pattern = pattern.map(|text| ("hybrid_override_pattern", text.chars().count()));
    let from_list = listed.or(pattern).filter(|&(_, count)| {
        count > 0 && u32::try_from(count).is_ok_and(|count| count <= LAYERS_MAX)
    });
    if let Some((key, count)) = from_list {
        fields.assume("num_hidden_layers", count.to_string(), &format!("counted in {key}"));
        return u32::try_from(count).ok();
    }
    super::decoder::missing(fields, keys[0], default)
}

/// The mixer of each layer.
pub(super) fn slots(fields: &mut Fields<'_>, family: Family, layers: u32) -> Option<Vec<Slot>> {
    if let Some(slots) = listed(fields, family) {
        return same_length(fields, slots?, layers);
    }
    if family.value("linear") == Some("delta") {
        let default = (4, "one layer in four has full attention");
        let every = full_period(fields, "full_attention_interval", default);
        return Some(full_every(every, Slot::Linear, layers));
    }
    if family.has("linear") {
        return Some(hybrid(fields, layers));
    }
    if family.has("chunk") {
        let default = (4, "every fourth layer sees everything");
        let every = full_period(fields, "no_rope_layer_interval", default);
        return Some(full_every(every, Slot::Sliding, layers));
    }
    if let Some(full) = family.number("full") {
        return Some(full_every(pattern_length(fields, full), Slot::Sliding, layers));
    }
    let from = first_window(fields, family).unwrap_or(layers);
    Some((0..layers).map(|n| if n < from { Slot::Full } else { Slot::Sliding }).collect())
}

/// The first layer that looks at a window, where any does and no pattern is known.
fn first_window(fields: &mut Fields<'_>, family: Family) -> Option<u32> {
    let on = if fields.has(&["use_sliding_window"]) {
        fields.flag(&["use_sliding_window"], "whether the window is used", (false, ""))
    } else {
        !family.has("window")
    };
    let given = fields.has(&["sliding_window", "sliding_window_size"]);
    if !on || !given {
        return None;
    }
    let keys = ["max_window_layers"];
    let first = family
        .has("window")
        .then(|| fields.count(&keys, "full-attention layers at first", 0..=LAYERS_MAX));
    Some(first.flatten().unwrap_or(0))
}

/// Full attention in every so-manieth layer.
fn full_every(every: u32, other: Slot, layers: u32) -> Vec<Slot> {
    let every = every.max(1);
    (1..=layers).map(|n| if n % every == 0 { Slot::Full } else { other }).collect()
}

fn full_period(fields: &mut Fields<'_>, key: &str, default: (u32, &str)) -> u32 {
    fields.count_or(&[key], "one full-attention layer in so many", 1..=LAYERS_MAX, default)
}

/// Which layers hold routed experts.
pub(super) fn moe_layers(fields: &mut Fields<'_>, family: Family, layers: u32) -> Vec<bool> {
    if let Some(listed) = listed_experts(fields, layers) {
        return listed;
    }
    let first = ["first_k_dense_replace", "moe_layer_start_index", "num_dense_layers"];
    let first = fields.count(&first, "dense layers at first", 0..=LAYERS_MAX).unwrap_or(0);
    let dense = fields.numbers("mlp_only_layers", "layers without experts").unwrap_or_default();
    let (every, offset) = expert_period(fields, family);
    let sparse = |n| n >= first && n % every == offset % every && !dense.contains(&n);
    (0..layers).map(sparse).collect()
}

/// Layers with experts that a list names one by one.
fn listed_experts(fields: &mut Fields<'_>, layers: u32) -> Option<Vec<bool>> {
    if let Some(items) = fields.list(&["mlp_layer_types"], "dense or sparse, layer by layer") {
        let sparse = items.iter().map(|item| item.text().is_some_and(|word| word != "dense"));
        return Some(padded(sparse.collect(), layers));
    }
    if fields.peek("moe_layer_freq").is_some_and(|(_, value)| matches!(value, Json::List(_))) {
        let items = fields.list(&["moe_layer_freq"], "1 for each layer with experts")?;
        return Some(padded(items.iter().map(|item| whole(item) != Ok(0)).collect(), layers));
    }
    let sparse = fields.numbers("moe_layers", "layers with experts")?;
    Some((0..layers).map(|n| sparse.contains(&n)).collect())
}

/// One layer with experts in so many, and the first of them.
fn expert_period(fields: &mut Fields<'_>, family: Family) -> (u32, u32) {
    let every = "one layer with experts in so many";
    if family.has("experts") || fields.has(&["expert_layer_period"]) {
        let reason = "default of JambaConfig";
        let keys = ["expert_layer_period"];
        let every = fields.count_or(&keys, every, 1..=LAYERS_MAX, (2, reason));
        let (keys, first) = (["expert_layer_offset"], "first layer with experts");
        return (every, fields.count_or(&keys, first, 0..=LAYERS_MAX, (1, reason)));
    }
    if let Some(every) = fields.count(&["moe_layer_freq"], every, 1..=LAYERS_MAX) {
        return (every, 0);
    }
    let keys = ["interleave_moe_layer_step", "decoder_sparse_step", "moe_layer_interval"];
    let every = fields.count(&keys, every, 1..=LAYERS_MAX).unwrap_or(1);
    (every, every - 1)
}

/// The period of a sliding pattern: a number, or a word such as `LLLG`.
fn pattern_length(fields: &mut Fields<'_>, default: u32) -> u32 {
    let keys = ["sliding_window_pattern", "_sliding_window_pattern"];
    let word = keys.iter().find_map(|key| fields.peek(key)?.1.text());
    if let Some(length) = word.and_then(|word| u32::try_from(word.chars().count()).ok()) {
        fields.word(&keys, "windows (L) and full attention (G) in turn");
        return length.max(1);
    }
    let reason = "the family's usual pattern";
    fields.count_or(&keys, "one full layer in so many", 1..=LAYERS_MAX, (default, reason))
}

/// Layers that a list or a pattern names one by one; inner nothing where a word is not known.
fn listed(fields: &mut Fields<'_>, family: Family) -> Option<Option<Vec<Slot>>> {
    if let Some(items) = fields.list(&LISTS, "the kind of each layer") {
        let words: Vec<&str> = items.iter().map(|item| item.text().unwrap_or("")).collect();
        return Some(words.iter().map(|word| slot(fields, word)).collect());
    }
    if let Some(text) = fields.word(&["hybrid_override_pattern"], "the kind of each block") {
        let letters = text.chars().map(|letter| slot(fields, letter.encode_utf8(&mut [0; 4])));
        return Some(letters.collect::<Vec<_>>().into_iter().collect());
    }
    let numbered = |fields: &mut Fields<'_>, key: &'static str, zero: Slot, other: Slot| {
        let items = fields.list(&[key], "0 or 1 for the kind of each layer")?;
        Some(items.iter().map(|item| if whole(item) == Ok(0) { zero } else { other }).collect())
    };
    if family.value("linear") == Some("lightning") {
        return numbered(fields, "attn_type_list", Slot::Linear, Slot::Full).map(Some);
    }
    numbered(fields, "hybrid_layer_pattern", Slot::Full, Slot::Sliding).map(Some)
}

fn slot(fields: &mut Fields<'_>, word: &str) -> Option<Slot> {
    Some(match word {
        "full_attention" | "attention" | "full" | "*" | "deepseek_sparse_attention" => Slot::Full,
        "sliding_attention" | "chunked_attention" | "local_attention" => Slot::Sliding,
        "linear_attention" | "mamba" | "mamba2" | "M" => Slot::Linear,
        "mlp" | "-" => Slot::Dense,
        "moe" | "E" => Slot::Moe,
        _ => {
            let given = super::json::shortened(word);
            let known = "full_attention, sliding_attention, linear_attention, mamba, mlp or moe";
            let hint = "This kind of layer is not covered; enter the numbers by hand.";
            if !fields.failed {
                fields.refuse("layer_types", format!("{given:?}"), known.to_owned(), hint);
            }
            return None;
        }
    })
}

/// Attention at the places that Jamba, Bamba and Kimi-Linear name; elsewhere the linear mixer.
fn hybrid(fields: &mut Fields<'_>, layers: u32) -> Vec<Slot> {
    let full = "layers with full attention";
    let pick = |is_full: &dyn Fn(u32) -> bool| {
        (0..layers).map(|n| if is_full(n) { Slot::Full } else { Slot::Linear }).collect()
    };
    if let Some(full) = fields.numbers("linear_attn_config.full_attn_layers", full) {
        fields.take(&["linear_attn_config.kda_layers"]);
        return pick(&|n| full.contains(&(n + 1)));
    }
    if let Some(full) = fields.numbers("attn_layer_indices", full) {
        return pick(&|n| full.contains(&n));
    }
    let reason = "default of JambaConfig";
    let meaning = "one attention layer in so many";
    let every = fields.count_or(&["attn_layer_period"], meaning, 1..=LAYERS_MAX, (8, reason));
    let meaning = "first attention layer";
    let offset = fields.count_or(&["attn_layer_offset"], meaning, 0..=LAYERS_MAX, (4, reason));
    pick(&|n| n % every == offset % every)
}

fn same_length(fields: &mut Fields<'_>, slots: Vec<Slot>, layers: u32) -> Option<Vec<Slot>> {
    if slots.len() == layers as usize {
        return Some(slots);
    }
    let given = format!("{layers} layers, of which {} are listed", slots.len());
    let hint = "Make num_hidden_layers and the list of layers agree.";
    fields.refuse("num_hidden_layers", given, "a list of as many layers".to_owned(), hint);
    None
}

fn padded(mut layers: Vec<bool>, count: u32) -> Vec<bool> {
    let last = layers.last().copied().unwrap_or(true);
    layers.resize(count as usize, last);
    layers
}
