//! The model: of the catalogue, from a config.json, or by hand.

use super::names::{self, CONFIG, CUSTOM};
use super::resolve::Reader;
use super::{Key, Problem, Value};
use crate::model::custom::{self, Numbers, NumbersError};
use crate::model::{Model, config};
use crate::units::text::show;

/// The inputs that describe a model by hand.
const BY_HAND: [Key; 14] = [
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
    Key::Gated,
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
        reader.problem(Key::Config, "the text of a config.json", "paste or drop one");
        return None;
    };
    let reading = config::read(text);
    let model = reading.model.clone();
    for problem in &reading.problems {
        // With a model, the reader said what was doubtful and went on.
        match model {
            Some(_) => reader.note(Key::Config, problem.to_string()),
            None => {
                let field = if problem.key.is_empty() { "" } else { &format!("{}: ", problem.key) };
                let hint = problem.hint.trim_end_matches('.');
                let hint = format!("{field}{} was given. {hint}", problem.given);
                reader.problems.push(Problem::new(Key::Config, "", &problem.expected, hint));
            }
        }
    }
    if model.is_none() && reading.problems.is_empty() {
        reader.problem(Key::Config, "the text of a config.json", "it describes no model");
    }
    reader.config = Some(reading);
    model
}

/// What the numbers typed by hand come to.
fn by_hand(reader: &mut Reader) -> Option<Model> {
    let experts = reader.count(Key::Experts).unwrap_or(0);
    let first_k_dense = reader.count(Key::DenseLayers).unwrap_or(0);
    let mut needed = vec![Key::Layers, Key::Hidden, Key::Heads, Key::Vocab];
    if experts == 0 || first_k_dense > 0 {
        needed.push(Key::FfnWidth);
    }
    if experts > 0 {
        needed.extend([Key::TopK, Key::ExpertWidth]);
    }
    let missing: Vec<Key> = needed.into_iter().filter(|key| reader.count(*key).is_none()).collect();
    for key in &missing {
        if !reader.is_typed(*key) {
            reader.problem(*key, "a number", "a model by hand needs it");
        }
    }
    if !missing.is_empty() {
        return None;
    }
    let number = |key| reader.count(key).unwrap_or(0);
    let numbers = Numbers {
        layers: number(Key::Layers),
        hidden: number(Key::Hidden),
        heads: number(Key::Heads),
        kv_heads: reader.count(Key::KvHeads).unwrap_or(number(Key::Heads)),
        head_dim: reader.count(Key::HeadDim),
        intermediate: number(Key::FfnWidth),
        vocab: number(Key::Vocab),
        tied: reader.is_on(Key::Tied),
        gated: reader.is_on(Key::Gated),
        experts,
        top_k: number(Key::TopK),
        moe_intermediate: number(Key::ExpertWidth),
        shared_experts: number(Key::SharedExperts),
        first_k_dense,
    };
    let made = if experts == 0 { custom::dense(numbers) } else { custom::moe(numbers) };
    made.map_err(|error| report(reader, &error)).ok()
}

/// Says which number does not fit the others.
fn report(reader: &mut Reader, error: &NumbersError) {
    match error {
        NumbersError::OutOfRange { field, given, min, max } => {
            let range = format!("{} to {}", show::grouped(*min), show::grouped(*max));
            let hint = if given < min { "it is too small" } else { "it is too large" };
            reader.problem(key_of(field), &range, hint);
        }
        NumbersError::Uneven { divisor, by, field, given } => {
            let (divisor, field) = (key_of(divisor), key_of(field));
            let (of, by) = (show::grouped((*given).into()), show::grouped((*by).into()));
            // Without a head width of its own, the hidden size over the heads is taken.
            let key = if divisor == Key::Heads { Key::HeadDim } else { divisor };
            let (what, whole) =
                (divisor.label().to_ascii_lowercase(), field.label().to_ascii_lowercase());
            let hint = format!("{by} {what} do not divide {of} ({whole})");
            reader.problem(key, "a number that divides evenly", hint);
        }
    }
}

fn key_of(field: &str) -> Key {
    match field {
        "layers" => Key::Layers,
        "hidden" => Key::Hidden,
        "heads" => Key::Heads,
        "kv_heads" => Key::KvHeads,
        "head_dim" => Key::HeadDim,
        "intermediate" => Key::FfnWidth,
        "vocab" => Key::Vocab,
        "experts" => Key::Experts,
        "top_k" => Key::TopK,
        "moe_intermediate" => Key::ExpertWidth,
        "shared_experts" => Key::SharedExperts,
        "first_k_dense" => Key::DenseLayers,
        _ => Key::Model,
    }
}
