//! Names of the catalogue, in whatever way they were typed or pasted.

use super::Key;
use crate::catalogue::{accelerators, engines, models, stacks, support};
use crate::model::config::hub_id;

/// Names offered when one is not found.
const SUGGESTIONS_MAX: usize = 3;
/// The model given by the text of its config.json.
pub(super) const CONFIG: &str = "config";
/// The model or accelerator given by its numbers.
pub(super) const CUSTOM: &str = "custom";

/// The canonical name of what `text` calls; nothing when the catalogue has none of that name.
pub(super) fn canonical(key: Key, text: &str) -> Option<String> {
    let text = text.trim();
    let lower = text.to_ascii_lowercase();
    match key {
        Key::Model if lower == CONFIG || lower == CUSTOM => Some(lower),
        Key::Accelerator if lower == CUSTOM => Some(lower),
        Key::Model => checkpoint(text).map(|id| id.replace(' ', "-")),
        Key::Accelerator => accelerators::find(text).map(|row| row.key.clone()),
        Key::Engine => engines::find(engine(&lower))
            .filter(|engine| support::is_offered(&engine.key))
            .map(|engine| engine.key.clone()),
        _ => stacks::find(text).map(|stack| stack.key.clone()),
    }
}

/// Other names of engines.
const ENGINES: [(&str, &str); 10] = [
    ("tpu", "vllm-tpu"),
    ("neuron", "vllm-neuron"),
    ("nxd", "vllm-neuron"),
    ("nxdi", "vllm-neuron"),
    ("optimum-neuron", "vllm-neuron"),
    ("transformers-neuronx", "neuronx"),
    ("tensorrt-llm", "trtllm"),
    ("trt-llm", "trtllm"),
    ("llama-cpp", "llamacpp"),
    ("ollama", "llamacpp"),
];

/// The key of the engine that people call so.
fn engine(name: &str) -> &str {
    ENGINES.iter().find(|(alias, _)| *alias == name).map_or(name, |(_, key)| key)
}

/// The model of the catalogue that `text` calls.
pub(super) fn model(text: &str) -> Option<&'static models::ModelRow> {
    models::find(text).or_else(|| models::find(&hub_id(text)?))
}

/// The Hub id that `text` means, where the catalogue has its model.
pub(super) fn checkpoint(text: &str) -> Option<String> {
    models::checkpoint(text).or_else(|| models::checkpoint(&hub_id(text)?))
}

/// Names near a text that is none.
pub(super) fn suggestions(key: Key, text: &str) -> Vec<String> {
    match key {
        Key::Model => {
            let mut hits = models::search(text);
            if hits.is_empty() {
                hits = models::near(text);
            }
            hits.iter().take(SUGGESTIONS_MAX).map(|row| row.key.into()).collect()
        }
        Key::Accelerator => {
            let hits = accelerators::search(text);
            hits.iter().take(SUGGESTIONS_MAX).map(|row| row.key.clone()).collect()
        }
        Key::Engine => support::engines().iter().map(|key| (*key).to_owned()).collect(),
        _ => stacks::all().iter().map(|stack| stack.key.clone()).collect(),
    }
}
