//! Puts the parts of a configuration together.

use super::families::{Column, Family};
use super::fields::Fields;
use super::json::Document;
use super::{Problem, Reading, attention, blocks, parts, placement, stored};
use crate::model::Model;
use crate::model::limits::{KINDS_MAX, PARAMS_MAX, VOCAB_MAX, WIDTH_MAX};
use crate::units::Params;
use std::collections::BTreeSet;

/// Reads an object that should describe a decoder.
pub(super) fn read(document: &Document) -> Reading {
    account(document).0
}

/// The same, with the paths of the fields that were read.
pub(super) fn account(document: &Document) -> (Reading, BTreeSet<String>) {
    let mut fields = Fields::new(&document.value);
    for key in &document.repeated {
        let hint = "The last value was taken, as Python does.";
        fields.warn(&super::json::shortened(key), "the same key twice", "each key once", hint);
    }
    let mut model = decoder(&mut fields).filter(|_| !fields.failed);
    if model.is_none() && fields.problems.is_empty() {
        let hint = "Enter the model's numbers by hand.";
        fields.warn("", "these fields", "fields that make a model", hint);
    }
    let stored = stored::stored(&mut fields, model.as_ref());
    let format = stored.as_ref().map(|own| own.format);
    if let Some(model) = &mut model {
        model.stored.extend(stored);
    }
    let mut ignored = fields.ignored();
    let latent = attention::is_latent(&fields);
    for key in &mut ignored {
        if let Some(reason) = reason_ignored(key, latent) {
            key.push_str(reason);
        }
    }
    let Fields { read, defaulted, problems, used, .. } = fields;
    (Reading { model, stored: format, read, defaulted, ignored, problems }, used)
}

/// A number that is not given: the family's default where a wrapper leaves defaults out, else a
/// problem.
pub(super) fn missing(fields: &mut Fields<'_>, key: &str, default: Option<u32>) -> Option<u32> {
    if fields.failed && fields.problems.iter().any(|problem| problem.key.ends_with(key)) {
        return None;
    }
    if let Some(default) = default.filter(|_| fields.is_nested()) {
        fields.assume(key, default.to_string(), "nested configurations leave defaults out");
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
        blocks::layers(fields, family, hidden, layers)?
    } else {
        parts::layers(fields, family, hidden, layers)?
    };
    let name = name(fields);
    let Some(mut model) = Model::of_layers(&name, hidden, layers) else {
        let expected = format!("at most {KINDS_MAX} kinds of layers");
        fields.refuse("layers", "more kinds".to_owned(), expected, "Check the lists of layers.");
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
        fields.assume("model_type", "llama".to_owned(), "absent: read as a plain decoder");
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
        fields.warn("model_type", &format!("{given:?}"), "a known model type", hint);
    }
    Some(family)
}

fn refuse_type(fields: &mut Fields<'_>, given: &str, expected: &str) {
    let hint = "This page plans decoder-only language models.";
    fields.refuse("model_type", format!("{given:?}"), expected.to_owned(), hint);
}

/// Quantised copies may pad widths (Qwen2.5-VL-72B AWQ: 29,568 to 29,696).
fn warn_quantized(fields: &mut Fields<'_>) {
    let method =
        fields.peek("quantization_config.quant_method").and_then(|(_, value)| value.text());
    if let Some(method @ ("awq" | "gptq")) = method {
        let hint = "Such copies may pad widths; the original's config.json is surer.";
        fields.warn("quantization_config", method, "the original model", hint);
    }
}

fn name(fields: &mut Fields<'_>) -> String {
    let given = fields.peek("_name_or_path").and_then(|(_, value)| value.text());
    let given = given.filter(|name| !name.trim().is_empty());
    let family = fields.peek("model_type").and_then(|(_, value)| value.text());
    let name: String = given.or(family).unwrap_or("custom").chars().take(96).collect();
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
    fields.count(&keys, "multi-token-prediction layers", 0..=64).unwrap_or(0)
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
    Some(if bias { other.saturating_add(u64::from(model.vocab)) } else { other })
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
fn reason_ignored(key: &str, latent: bool) -> Option<&'static str> {
    let last = key.rsplit('.').next().unwrap_or(key);
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
