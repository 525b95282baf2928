//! Puts the parts of a configuration together.

use super::attention;
use super::families::{Column, Family};
use super::feedforward;
use super::fields::Fields;
use super::json::{Document, Json};
use super::linear;
use super::placement::{self, Slot};
use super::{Problem, Reading};
use crate::model::limits::{KINDS_MAX, PARAMS_MAX, VOCAB_MAX, WIDTH_MAX};
use crate::model::{Attention, Dense, Ffn, LayerKind, Mixer, Model, Moe};
use crate::units::Params;

/// Reads an object that should describe a decoder.
pub(super) fn read(document: &Document) -> Reading {
    let mut fields = Fields::new(&document.value);
    for key in &document.repeated {
        let hint = "The last value was taken, as Python does.";
        fields.warn(
            &super::json::shortened(key),
            "the same key twice",
            "each key once",
            hint,
        );
    }
    let model = decoder(&mut fields).filter(|_| !fields.failed);
    if model.is_none() && fields.problems.is_empty() {
        let hint = "Enter the model's numbers by hand.";
        fields.warn("", "these fields", "fields that make a model", hint);
    }
    let mut ignored = fields.ignored();
    for key in &mut ignored {
        if let Some(reason) = reason_ignored(key, &fields) {
            key.push_str(reason);
        }
    }
    let Fields {
        read,
        defaulted,
        problems,
        ..
    } = fields;
    Reading {
        model,
        read,
        defaulted,
        ignored,
        problems,
    }
}

/// A number that is not given: the family's default where a wrapper leaves defaults out, else a
/// problem.
pub(super) fn missing(fields: &mut Fields<'_>, key: &str, default: Option<u32>) -> Option<u32> {
    if fields.failed
        && fields
            .problems
            .iter()
            .any(|problem| problem.key.ends_with(key))
    {
        return None;
    }
    if let Some(default) = default.filter(|_| fields.is_nested()) {
        fields.assume(
            key,
            default.to_string(),
            "nested configurations leave defaults out",
        );
        return Some(default);
    }
    let hint = "Add the field, or enter the model's numbers by hand.";
    fields.refuse(key, "nothing".to_owned(), "a number".to_owned(), hint);
    None
}

fn decoder(fields: &mut Fields<'_>) -> Option<Model> {
    let family = family(fields)?;
    if fields.is_set(&["is_encoder_decoder"], "encoder and decoder") {
        refuse_type(fields, "an encoder-decoder", "a decoder-only model");
        return None;
    }
    warn_quantized(fields);
    let keys = ["hidden_size", "n_embd", "d_model", "dim"];
    let hidden = fields.count(&keys, "width of the model", 1..=WIDTH_MAX);
    let hidden = hidden.or_else(|| missing(fields, keys[0], family.default(Column::Hidden)))?;
    let keys = ["vocab_size", "padded_vocab_size", "n_vocab"];
    let vocab = fields.count(&keys, "rows of the embedding table", 1..=VOCAB_MAX);
    let vocab = vocab.or_else(|| missing(fields, keys[0], family.default(Column::Vocab)))?;
    let layers = placement::layer_count(fields, family.default(Column::Layers))?;
    let layers = if family.has("blocks") && fields.has(&["block_configs"]) {
        blocks(fields, family, hidden, layers)?
    } else {
        layer_kinds(fields, family, hidden, layers)?
    };
    let name = name(fields);
    let Some(mut model) = Model::of_layers(&name, hidden, layers) else {
        let expected = format!("at most {KINDS_MAX} kinds of layers");
        fields.refuse(
            "layers",
            "more kinds".to_owned(),
            expected,
            "Check the lists of layers.",
        );
        return None;
    };
    model.vocab = vocab;
    model.tied = tied(fields, family);
    model.mtp_layers = mtp_layers(fields);
    model.max_positions = positions(fields, family);
    model.other_params = Params::new(other_params(fields, family, &model)?);
    within_limits(fields, model)
}

/// The family by `model_type`, of the language model first.
fn family(fields: &mut Fields<'_>) -> Option<Family> {
    let Some(name) = fields.word(&["model_type"], "family of the model") else {
        fields.assume(
            "model_type",
            "llama".to_owned(),
            "absent: read as a plain decoder",
        );
        return Some(Family::of(""));
    };
    let family = Family::of(&name);
    if family.has("other") {
        refuse_type(fields, &name, "a decoder-only language model");
        return None;
    }
    if family.has("beyond") {
        let hint = "Enter its numbers by hand, or choose it in the catalogue if it is there.";
        let expected = "an architecture that attention, experts and linear mixers express";
        fields.refuse("model_type", format!("{name:?}"), expected.to_owned(), hint);
        return None;
    }
    if !family.known {
        let hint = "Read as a plain decoder: check the parameter count against the model's page.";
        let given = super::json::shortened(&name);
        fields.warn(
            "model_type",
            &format!("{given:?}"),
            "a known model type",
            hint,
        );
    }
    Some(family)
}

fn refuse_type(fields: &mut Fields<'_>, given: &str, expected: &str) {
    let hint = "This page plans decoder-only language models.";
    fields.refuse(
        "model_type",
        format!("{given:?}"),
        expected.to_owned(),
        hint,
    );
}

/// Quantised copies may pad widths (Qwen2.5-VL-72B AWQ: 29,568 to 29,696).
fn warn_quantized(fields: &mut Fields<'_>) {
    let method = fields
        .peek("quantization_config.quant_method")
        .and_then(|(_, value)| value.text());
    if let Some(method @ ("awq" | "gptq")) = method {
        let hint = "Such copies may pad widths; the original's config.json is surer.";
        fields.warn("quantization_config", method, "the original model", hint);
    }
}

/// The layers in order, each built once for its kind.
fn layer_kinds(
    fields: &mut Fields<'_>,
    family: Family,
    hidden: u32,
    layers: u32,
) -> Option<Vec<LayerKind>> {
    let slots = placement::slots(fields, family, layers)?;
    let parts = Parts::read(fields, family, hidden, &slots)?;
    let sparse = match parts.moe {
        Some(_) => placement::moe_layers(fields, layers),
        None => Vec::new(),
    };
    let shared = shared_indexers(fields);
    let kinds = slots.iter().enumerate().map(|(n, &slot)| {
        let sparse = sparse.get(n).copied().unwrap_or(false);
        let shares = shared.get(n).copied().unwrap_or(false);
        LayerKind {
            mixer: parts.mixer(slot, shares),
            ffn: parts.ffn(family, slot, sparse),
            norm_params: hidden.saturating_mul(parts.norms),
        }
    });
    Some(kinds.collect())
}

/// What layers are made of.
struct Parts {
    full: Mixer,
    sliding: Mixer,
    linear: Mixer,
    /// Weights of an indexer that some layers borrow from others.
    indexer: u32,
    dense: Option<Dense>,
    moe: Option<Moe>,
    /// Norms of a layer, in widths of the model.
    norms: u32,
}

impl Parts {
    fn read(fields: &mut Fields<'_>, family: Family, hidden: u32, slots: &[Slot]) -> Option<Self> {
        let has = |slot: Slot| slots.contains(&slot);
        let (full, sliding, base) = if attention::is_latent(fields) {
            let mla = Mixer::Mla(attention::latent(fields, family, hidden)?);
            (mla.clone(), mla, None)
        } else {
            let base = attention::attention(fields, family, hidden)?;
            let full = attention::global(fields, family, &base);
            let sliding = if has(Slot::Sliding) {
                attention::sliding(fields, family, &base)
            } else {
                base.clone()
            };
            (
                Mixer::Attention(full),
                Mixer::Attention(sliding),
                Some(base),
            )
        };
        let linear = if has(Slot::Linear) {
            let heads = base
                .as_ref()
                .map_or((0, 0), |a: &Attention| (a.heads, a.head_dim));
            Mixer::Linear(linear::mixer(fields, family, hidden, heads.0, heads.1)?)
        } else {
            Mixer::None
        };
        let moe = match feedforward::expert_count(fields) {
            Some(count) => Some(feedforward::moe(fields, family, hidden, count)?),
            None => None,
        };
        let beside = fields.has(&["intermediate_size_mlp", "dense_intermediate_size"]);
        let some_dense = beside || moe.is_none() || has_dense_layers(fields);
        let wanted = if family.has("single") {
            has(Slot::Dense)
        } else {
            some_dense
        };
        let dense = if wanted {
            Some(feedforward::dense(fields, family, hidden)?)
        } else {
            None
        };
        let norms = norms(fields, family, moe.is_some());
        let indexer = indexer_params(&full, hidden, fields);
        Some(Self {
            full,
            sliding,
            linear,
            indexer,
            dense,
            moe,
            norms,
        })
    }

    fn mixer(&self, slot: Slot, shares_indexer: bool) -> Mixer {
        match (slot, &self.full) {
            (Slot::Full, Mixer::Mla(mla)) if shares_indexer => {
                let mut mla = mla.clone();
                mla.extra_params = mla.extra_params.saturating_sub(self.indexer);
                Mixer::Mla(mla)
            }
            (Slot::Full, Mixer::Attention(attention)) if shares_indexer => {
                let mut attention = attention.clone();
                attention.extra_params = attention.extra_params.saturating_sub(self.indexer);
                Mixer::Attention(attention)
            }
            (Slot::Full, full) => full.clone(),
            (Slot::Sliding, _) => self.sliding.clone(),
            (Slot::Linear, _) => self.linear.clone(),
            (Slot::Dense | Slot::Moe, _) => Mixer::None,
        }
    }

    fn ffn(&self, family: Family, slot: Slot, sparse: bool) -> Ffn {
        let dense = || self.dense.clone().map_or(Ffn::None, Ffn::Dense);
        let moe = || self.moe.clone().map_or(Ffn::None, Ffn::Moe);
        match slot {
            Slot::Moe => moe(),
            Slot::Dense => dense(),
            _ if family.has("single") => Ffn::None,
            _ if sparse => moe(),
            _ => dense(),
        }
    }
}

/// Whether any field places dense layers among those with experts.
fn has_dense_layers(fields: &Fields<'_>) -> bool {
    let keys = [
        "first_k_dense_replace",
        "moe_layer_freq",
        "mlp_layer_types",
        "moe_layers",
        "mlp_only_layers",
        "expert_layer_period",
        "interleave_moe_layer_step",
        "decoder_sparse_step",
        "moe_layer_start_index",
        "moe_layer_interval",
        "num_dense_layers",
    ];
    let says_dense = |(_, value): &(String, &Json)| match value {
        Json::List(items) => !items.is_empty(),
        Json::Number(n) => n != "0" && n != "1",
        _ => false,
    };
    let first = fields
        .peek("first_k_dense_replace")
        .or(fields.peek("moe_layer_start_index"));
    let first = first.is_some_and(|(_, value)| super::fields::whole(value) != Ok(0));
    first
        || keys
            .iter()
            .any(|key| fields.peek(key).as_ref().is_some_and(says_dense))
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
        return items
            .iter()
            .map(|item| super::fields::whole(item) == Ok(0))
            .collect();
    }
    let items = fields.list(&["indexer_types"], "own or shared indexer, layer by layer");
    let items = items.unwrap_or_default();
    items
        .iter()
        .map(|item| item.text() == Some("shared"))
        .collect()
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
        return if one && fields.is_set(&keys, "one norm for both halves") {
            2
        } else {
            two
        };
    }
    let new = fields.is_set(&["new_decoder_architecture"], "Falcon 40B and later");
    if new {
        let keys = ["num_ln_in_parallel_attn"];
        let count = fields.count_or(
            &keys,
            "LayerNorms of a layer",
            1..=2,
            (2, "new architecture"),
        );
        return 2 * count;
    }
    let default = (true, "default of the family");
    if fields.flag(&["parallel_attn"], "one LayerNorm for both halves", default) {
        2
    } else {
        4
    }
}

/// Layers of a Nemotron-NAS model, each with its own key-value heads and width, or without.
fn blocks(
    fields: &mut Fields<'_>,
    family: Family,
    hidden: u32,
    layers: u32,
) -> Option<Vec<LayerKind>> {
    let items = fields.list(&["block_configs"], "attention and network of each layer")?;
    let base = attention::attention(fields, family, hidden)?;
    if items.len() != layers as usize {
        let given = format!("{} blocks", items.len());
        let expected = format!("{layers}, one for each layer");
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
        let group = super::fields::whole(attention.get("n_heads_in_group")?).ok()?;
        let kv_heads = base.heads.checked_div(group).filter(|&kv| kv > 0)?;
        if kv_heads.checked_mul(group) != Some(base.heads) {
            return None;
        }
        mixer = Mixer::Attention(Attention {
            kv_heads,
            ..base.clone()
        });
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
        network = Ffn::Dense(Dense {
            width,
            gated: true,
            bias: false,
        });
        norms += 1;
    }
    let norms = if norms == 0 { 1 } else { norms };
    Some(LayerKind {
        mixer,
        ffn: network,
        norm_params: hidden.saturating_mul(norms),
    })
}

fn name(fields: &mut Fields<'_>) -> String {
    let given = fields
        .peek("_name_or_path")
        .and_then(|(_, value)| value.text());
    let given = given.filter(|name| !name.trim().is_empty());
    let family = fields
        .peek("model_type")
        .and_then(|(_, value)| value.text());
    let name: String = given
        .or(family)
        .unwrap_or("custom")
        .chars()
        .take(96)
        .collect();
    if given.is_some() {
        fields.take(&["_name_or_path"]);
        fields.note("_name_or_path", name.clone(), "name");
    }
    name
}

fn tied(fields: &mut Fields<'_>, family: Family) -> bool {
    let reason = if family.tied() {
        "absent: this family's class ties by default"
    } else {
        "absent: this family's class does not tie by default"
    };
    let meaning = "the head reuses the embedding table";
    fields.flag(&["tie_word_embeddings"], meaning, (family.tied(), reason))
}

fn mtp_layers(fields: &mut Fields<'_>) -> u32 {
    if fields.has(&["use_mtp"]) && !fields.flag(&["use_mtp"], "multi-token prediction", (true, ""))
    {
        return 0;
    }
    let keys = [
        "num_nextn_predict_layers",
        "mtp_num_hidden_layers",
        "num_mtp_modules",
        "num_mtp_layers",
        "mtp_num_layers",
    ];
    fields
        .count(&keys, "multi-token-prediction layers", 0..=64)
        .unwrap_or(0)
}

fn positions(fields: &mut Fields<'_>, family: Family) -> Option<u32> {
    let keys = [
        "max_position_embeddings",
        "n_positions",
        "n_ctx",
        "max_seq_len",
        "model_max_length",
        "seq_length",
    ];
    let given = fields.count(&keys, "longest context in tokens", 1..=u32::MAX);
    if given.is_none() && (fields.is_nested() || family.has("learned")) {
        let default = family.default(Column::Positions)?;
        fields.assume(keys[0], default.to_string(), "default of the family");
        return Some(default);
    }
    given
}

/// Final norm, learned positions, head bias.
fn other_params(fields: &mut Fields<'_>, family: Family, model: &Model) -> Option<u64> {
    let hidden = u64::from(model.hidden);
    let mut other = hidden * u64::from(family.number("final").unwrap_or(1));
    if family.has("learned") {
        let offset = u64::from(family.number("learned").unwrap_or(0));
        other += (u64::from(model.max_positions?) + offset).saturating_mul(hidden);
    }
    let bias = match family.value("headbias") {
        Some(key) => fields.is_set(&[key], "bias of the output head"),
        None => family.has("headbias"),
    };
    Some(if bias {
        other.saturating_add(u64::from(model.vocab))
    } else {
        other
    })
}

fn within_limits(fields: &mut Fields<'_>, model: Model) -> Option<Model> {
    let total = model.params().total;
    if total <= PARAMS_MAX {
        return Some(model);
    }
    let expected = format!("at most {PARAMS_MAX} parameters");
    let hint = "Check the digits of the widths, layers and experts.";
    fields.refuse("parameters", total.to_string(), expected, hint);
    None
}

/// Why a well-known field plays no part.
fn reason_ignored(key: &str, fields: &Fields<'_>) -> Option<&'static str> {
    let last = key.rsplit('.').next().unwrap_or(key);
    let latent = attention::is_latent(fields);
    Some(match last {
        "vision_config" | "visual" | "audio_config" => " (not part of the language model)",
        "quantization_config" | "compression_config" => " (stored format, not the shape)",
        "head_dim" | "qk_head_dim" if latent => " (latent attention has head widths of its own)",
        "num_key_value_heads" if latent => " (latent attention has no key-value heads)",
        "intermediate_size" => " (all layers hold experts of another width)",
        _ => return None,
    })
}

impl Reading {
    /// The problems that stood in the way, as one text.
    #[must_use]
    pub fn message(&self) -> String {
        let lines: Vec<String> = self.problems.iter().map(Problem::to_string).collect();
        lines.join("\n")
    }
}
