//! The model: from the catalogue, from a config.json, from the Hub, or by its numbers.

use crate::ui::live::live;
use leptos::prelude::*;

use super::combobox::combobox;
use super::field::fields;
use super::{group, hub, pasted};
use crate::inputs::Key;
use crate::model::config::hub_id;
use crate::ui::lists::{self, CONFIG, CUSTOM, Choice};
use crate::ui::segments::segments;
use crate::ui::state::{State, state};

/// Where the model comes from: a row of the catalogue, a pasted config.json, the Hub, numbers.
const SOURCES: [&str; 4] = ["Catalogue", "config.json", "Hub", "Numbers"];
const CATALOGUE: u32 = 0;
const PASTED: u32 = 1;
const FROM_HUB: u32 = 2;
const NUMBERS: u32 = 3;

const NUMBER_FIELDS: &[(Key, &str, &str)] = &[
    (Key::Layers, "Layers", "32"),
    (Key::Hidden, "Hidden size", "4096"),
    (Key::Heads, "Attention heads", "32"),
    (Key::KvHeads, "Key-value heads", "as heads"),
    (Key::HeadDim, "Head width", "hidden / heads"),
    (Key::FfnWidth, "Feed-forward width", "14336"),
    (Key::Vocab, "Vocabulary", "128256"),
    (Key::Experts, "Routed experts", "none"),
    (Key::TopK, "Experts a token", "–"),
    (Key::ExpertWidth, "Expert width", "–"),
    (Key::SharedExperts, "Shared experts", "–"),
    (Key::DenseLayers, "Dense layers first", "–"),
    (Key::Tied, "Tied embeddings", ""),
];

/// The model part of the inputs.
pub fn part() -> AnyView {
    let state = state();
    let said = Memo::new(move |_| said(state));
    let source = RwSignal::new(said.get_untracked());
    let hub_text = RwSignal::new(String::new());
    // Links, back and forward may bring a model of another source; emptying a field does not.
    Effect::new(move |before: Option<u32>| {
        let visits = state.visits.get();
        let now = said.get();
        let visited = before.is_some_and(|before| before != visits);
        if (visited || now != CATALOGUE) && source.get_untracked() != now {
            source.set(now);
        }
        visits
    });
    Effect::new(move |_| {
        if state.searches.get() > 0 {
            source.set(CATALOGUE);
        }
    });
    Effect::new(move |_| {
        if state.refused.with(|refused| !refused.is_empty()) {
            source.set(PASTED);
        }
    });
    pasted::catch_drops(state);
    let pick = move |key: String| {
        if let Some(id) = key.strip_prefix(HUB) {
            hub_text.set(id.to_owned());
            source.set(FROM_HUB);
        } else if key.starts_with('{') {
            pasted::take(state, key);
        } else {
            choose(state, key);
        }
    };
    let panel = move || match source.get() {
        PASTED => pasted::panel(),
        FROM_HUB => hub::panel(hub_text),
        NUMBERS => view! { <div class="columns">{fields(NUMBER_FIELDS)}</div> }.into_any(),
        _ => {
            let lookup = (search as fn(&str) -> Vec<Choice>, lists::model_name as fn(&str) -> _);
            combobox(Key::Model, "Model", "Search models", lookup, pick)
        }
    };
    let body = view! {
        {sources(source)}
        {live(move || panel())}
    };
    group("Model", body.into_any())
}

/// What the inputs say of the source.
fn said(state: State) -> u32 {
    state.inputs(|inputs| match inputs.get(Key::Model) {
        CONFIG => PASTED,
        CUSTOM => NUMBERS,
        _ => CATALOGUE,
    })
}

fn sources(source: RwSignal<u32>) -> AnyView {
    let state = state();
    let turn = move |to: u32| {
        source.set(to);
        if to == NUMBERS {
            start_numbers(state);
        }
    };
    segments("Where the model comes from", "model-source", &SOURCES, source, turn)
}

fn choose(state: State, key: String) {
    state.change(|inputs| {
        inputs.clear(Key::Config);
        NUMBER_FIELDS.iter().for_each(|(number, ..)| inputs.clear(*number));
        inputs.set(Key::Model, key);
    });
}

/// The numbers begin as those of the model that was there.
fn start_numbers(state: State) {
    let numbers = state.reading_now(|reading| {
        let served = reading.ask.as_ref().map(|ask| &ask.model);
        let model = reading.case.as_ref().map(|case| &case.model).or(served);
        model.map(lists::numbers_of)
    });
    state.change(|inputs| {
        inputs.set(Key::Model, CUSTOM);
        inputs.clear(Key::Config);
        for (key, text) in numbers.unwrap_or_default() {
            if inputs.typed(key).is_none() {
                inputs.set(key, text);
            }
        }
    });
}

const HUB: &str = "hub:";

/// Rows of the catalogue; a text that looks like a Hub id or address is offered as such too.
fn search(text: &str) -> Vec<Choice> {
    if text.trim_start().starts_with('{') {
        return vec![Choice::plain(text.trim(), "Read this as a config.json")];
    }
    let mut rows = lists::search_models(text);
    if let Some(id) = hub_id(text) {
        rows.push(Choice {
            note: "asks before it fetches".into(),
            ..Choice::plain(&format!("{HUB}{id}"), &format!("Read {id} from Hugging Face"))
        });
    }
    rows
}
