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
        Key::Model => model(text).map(|row| row.key.replace(' ', "-")),
        Key::Accelerator => accelerators::find(text).map(|row| row.key.clone()),
        Key::Engine => engines::find(text)
            .filter(|engine| support::is_offered(&engine.key))
            .map(|engine| engine.key.clone()),
        _ => stacks::find(text).map(|stack| stack.key.clone()),
    }
}

/// The model of the catalogue that `text` calls.
pub(super) fn model(text: &str) -> Option<&'static models::ModelRow> {
    models::find(text).or_else(|| models::find(&hub_id(text)?))
}

/// Names near a text that is none.
pub(super) fn suggestions(key: Key, text: &str) -> Vec<String> {
    match key {
        Key::Model => {
            models::search(text).iter().take(SUGGESTIONS_MAX).map(|row| row.key.into()).collect()
        }
        Key::Accelerator => {
            let hits = accelerators::search(text);
            hits.iter().take(SUGGESTIONS_MAX).map(|row| row.key.clone()).collect()
        }
        Key::Engine => support::engines().iter().map(|key| (*key).to_owned()).collect(),
        _ => stacks::all().iter().map(|stack| stack.key.clone()).collect(),
    }
}
