//! The model: of the catalogue, from a config.json, or by hand.

use super::names::{self, CONFIG, CUSTOM};
use super::resolve::Reader;
use super::{Key, Problem, Value};
use crate::model::{Attention, Dense, Ffn, LayerKind, Mixer, Model, Moe, config, limits};
use crate::units::Params;

/// The inputs that describe a model by hand.
const BY_HAND: [Key; 13] = [
    Key::Layers,
    Key::Hidden,
    Key::Heads,
    Key::KvHeads,
    Key::HeadDim,
    Key::FfnWidth,
    Key::Vocab,
    Key::Experts,
    Key::TopK,
    Key::ExpertWidth,
    Key::SharedExperts,
    Key::DenseLayers,
    Key::Tied,
];

pub(super) fn resolve(reader: &mut Reader) -> Option<Model> {
    let name = reader.name(Key::Model)?.to_owned();
    if name != CUSTOM {
        for key in BY_HAND {
            if reader.is_typed(key) {
                let text = format!("has no effect unless the model is \"{CUSTOM}\"");
                reader.note(key, text);
            }
        }
    }
    match name.as_str() {
        CUSTOM => by_hand(reader),
        CONFIG => from_config(reader),
        _ => names::model(&name).map(|row| row.model.clone()),
    }
}

fn from_config(reader: &mut Reader) -> Option<Model> {
    let Some(Value::Json(text)) = reader.value(Key::Config) else {
        reader.problem(
            Key::Config,
            "the text of a config.json",
            "paste or drop one",
        );
        return None;
    };
    let reading = config::read(text);
    let model = reading.model.clone();
    for problem in &reading.problems {
        // With a model, the reader said what was doubtful and went on.
        match model {
            Some(_) => reader.note(Key::Config, problem.to_string()),
            None => {
                let field = if problem.key.is_empty() {
                    ""
                } else {
                    &format!("{}: ", problem.key)
                };
                let hint = problem.hint.trim_end_matches('.');
                let hint = format!("{field}{} was given. {hint}", problem.given);
                reader
                    .problems
                    .push(Problem::new(Key::Config, "", &problem.expected, hint));
            }
        }
    }
    if model.is_none() && reading.problems.is_empty() {
        reader.problem(
            Key::Config,
            "the text of a config.json",
            "it describes no model",
        );
    }
    reader.config = Some(reading);
    model
}

/// A llama-like model: gated feed-forward, two norms a layer, no biases.
fn by_hand(reader: &mut Reader) -> Option<Model> {
    let layers = need(reader, Key::Layers);
    let hidden = need(reader, Key::Hidden);
    let heads = need(reader, Key::Heads);
    let vocab = need(reader, Key::Vocab);
    let mixer = hidden
        .zip(heads)
        .and_then(|(hidden, heads)| attention(reader, hidden, heads));
    let ffns = layers.and_then(|layers| ffns(reader, layers));
    let (layers, hidden, vocab, mixer) = (layers?, hidden?, vocab?, mixer?);
    let (n_dense, ffns) = ffns?;
    let norm_params = hidden.saturating_mul(2);
    let kind = |ffn| LayerKind {
        mixer: mixer.clone(),
        ffn,
        norm_params,
    };
    let last = u8::from(ffns.len() > 1);
    let model = Model {
        name: CUSTOM.to_owned(),
        hidden,
        vocab,
        tied: reader.is_on(Key::Tied),
        kinds: ffns.into_iter().map(kind).collect(),
        pattern: (0..layers)
            .map(|layer| if layer < n_dense { 0 } else { last })
            .collect(),
        mtp_layers: 0,
        other_params: Params::new(u64::from(hidden)),
        max_positions: None,
    };
    if model.params().total > limits::PARAMS_MAX {
        reader.problem(
            Key::Model,
            "a model of at most 4,000 trillion parameters",
            "it is larger",
        );
        return None;
    }
    Some(model)
}

/// How many dense layers come first, and the kinds of feed-forward in order of first use.
fn ffns(reader: &mut Reader, layers: u32) -> Option<(u32, Vec<Ffn>)> {
    let experts = reader.count(Key::Experts).unwrap_or(0);
    let first = reader.count(Key::DenseLayers).unwrap_or(0);
    let n_dense = if experts == 0 { layers } else { first };
    if n_dense > layers {
        let expected = format!("at most the {layers} layers of the model");
        reader.problem(Key::DenseLayers, &expected, "it is too large");
        return None;
    }
    let dense = if n_dense == 0 {
        None
    } else {
        Some(need(reader, Key::FfnWidth))
    };
    let moe = if n_dense == layers {
        None
    } else {
        Some(routed(reader, experts))
    };
    let mut kinds = Vec::new();
    if let Some(width) = dense {
        kinds.push(Ffn::Dense(Dense {
            width: width?,
            gated: true,
            bias: false,
        }));
    }
    if let Some(moe) = moe {
        kinds.push(Ffn::Moe(moe?));
    }
    Some((n_dense, kinds))
}

fn attention(reader: &mut Reader, hidden: u32, heads: u32) -> Option<Mixer> {
    let kv_heads = reader.count(Key::KvHeads).unwrap_or(heads);
    if kv_heads > heads || !heads.is_multiple_of(kv_heads) {
        let expected = format!("a divisor of the {heads} heads");
        reader.problem(
            Key::KvHeads,
            &expected,
            "query heads share key-value heads evenly",
        );
        return None;
    }
    let head_dim = match reader.count(Key::HeadDim) {
        Some(width) => width,
        None if hidden.is_multiple_of(heads) => hidden / heads,
        None => {
            let hint = format!("{heads} heads do not divide a hidden size of {hidden}");
            reader.problem(Key::HeadDim, "the width of one head", hint);
            return None;
        }
    };
    Some(Mixer::Attention(Attention {
        heads,
        kv_heads,
        head_dim,
        v_head_dim: head_dim,
        window: None,
        qkv_bias: false,
        out_bias: false,
        qk_norm_params: 0,
        output_gate: false,
        values_are_keys: false,
        extra_params: 0,
    }))
}

fn routed(reader: &mut Reader, experts: u32) -> Option<Moe> {
    let top_k = need(reader, Key::TopK);
    let width = need(reader, Key::ExpertWidth);
    let shared = reader.count(Key::SharedExperts).unwrap_or(0);
    let (top_k, width) = (top_k?, width?);
    if top_k == 0 || top_k > experts {
        let expected = format!("1 to the {experts} experts of the layer");
        reader.problem(Key::TopK, &expected, "a token visits some of them");
        return None;
    }
    Some(Moe {
        experts,
        top_k,
        width,
        gated: true,
        shared_width: shared.saturating_mul(width),
        latent: None,
        dense_width: 0,
        extra_params: 0,
        extra_active: 0,
    })
}

/// A number that a model by hand cannot do without.
fn need(reader: &mut Reader, key: Key) -> Option<u32> {
    let value = reader.count(key);
    if value.is_none() && !reader.is_typed(key) {
        reader.problem(key, "a number", "a model by hand needs it");
    }
    value
}
