//! The model: from the catalogue, from a config.json, from the Hub, or by its numbers.

use leptos::prelude::*;

use super::Group;
use super::combobox::Combobox;
use super::field::Field;
use super::hub::HubPanel;
use super::pasted::ConfigPanel;
use crate::inputs::Key;
use crate::model::config::hub_id;
use crate::ui::lists::{self, CONFIG, CUSTOM, Choice};
use crate::ui::state::{State, state};

/// Where the model comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    /// A row of the catalogue.
    Catalogue,
    /// A config.json, pasted or dropped.
    Config,
    /// The Hub.
    Hub,
    /// Numbers.
    Numbers,
}

impl Source {
    const ALL: [Self; 4] = [Self::Catalogue, Self::Config, Self::Hub, Self::Numbers];

    fn label(self) -> &'static str {
        match self {
            Self::Catalogue => "Catalogue",
            Self::Config => "config.json",
            Self::Hub => "Hub",
            Self::Numbers => "Numbers",
        }
    }

    /// What the inputs say.
    fn of(state: State) -> Self {
        state.inputs.with(|inputs| match inputs.get(Key::Model) {
            CONFIG => Self::Config,
            CUSTOM => Self::Numbers,
            _ => Self::Catalogue,
        })
    }
}

const NUMBERS: &[(Key, &str, &str)] = &[
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
#[component]
pub fn ModelPart() -> AnyView {
    let state = state();
    let said = Memo::new(move |_| Source::of(state));
    let source = RwSignal::new(said.get_untracked());
    let hub_text = RwSignal::new(String::new());
    // Links, back and forward may bring a model of another source; emptying a field does not.
    Effect::new(move |before: Option<u32>| {
        let visits = state.visits.get();
        let now = said.get();
        let visited = before.is_some_and(|before| before != visits);
        if (visited || now != Source::Catalogue) && source.get_untracked() != now {
            source.set(now);
        }
        visits
    });
    // The search of models is always in the page, so that `/` finds it.
    Effect::new(move |_| {
        if state.searches.get() > 0 {
            source.set(Source::Catalogue);
        }
    });
    let pick = Callback::new(move |key: String| match key.strip_prefix(HUB) {
        Some(id) => {
            hub_text.set(id.to_owned());
            source.set(Source::Hub);
        }
        None => state.inputs.update(|inputs| {
            inputs.clear(Key::Config);
            NUMBERS
                .iter()
                .for_each(|(number, ..)| inputs.clear(*number));
            inputs.set(Key::Model, key);
        }),
    });
    let panel = move || match source.get() {
        Source::Catalogue => view! {
            <Combobox
                key=Key::Model
                label="Model"
                search=search
                name=lists::model_name
                placeholder="Search models"
                on_pick=pick
            />
        }
        .into_any(),
        Source::Config => view! { <ConfigPanel/> }.into_any(),
        Source::Hub => view! { <HubPanel text=hub_text/> }.into_any(),
        Source::Numbers => numbers(),
    };
    view! {
        <Group title="Model">
            <Sources source=source/>
            {panel}
        </Group>
    }
    .into_any()
}

#[component]
fn Sources(source: RwSignal<Source>) -> AnyView {
    let state = state();
    let turn = move |of: Source| {
        source.set(of);
        if of == Source::Numbers {
            start_numbers(state);
        }
    };
    let choice = move |of: Source| {
        view! {
            <label class="segment">
                <input
                    type="radio"
                    name="model-source"
                    prop:checked=move || source.get() == of
                    on:change=move |_| turn(of)
                />
                <span>{of.label()}</span>
            </label>
        }
    };
    view! {
        <fieldset class="segments">
            <legend class="hidden">"Where the model comes from"</legend>
            {Source::ALL.map(choice).collect_view()}
        </fieldset>
    }
    .into_any()
}

/// The numbers begin as those of the model that was there.
fn start_numbers(state: State) {
    let model = state.reading.with_untracked(|reading| {
        reading
            .case
            .as_ref()
            .map(|case| lists::numbers_of(&case.model))
    });
    state.inputs.update(|inputs| {
        inputs.set(Key::Model, CUSTOM);
        inputs.clear(Key::Config);
        for (key, text) in model.unwrap_or_default() {
            if inputs.typed(key).is_none() {
                inputs.set(key, text);
            }
        }
    });
}

fn numbers() -> AnyView {
    let field = |(key, label, hint): &(Key, &'static str, &'static str)| {
        view! { <Field key=*key label=*label hint=*hint/> }
    };
    view! { <div class="columns">{NUMBERS.iter().map(field).collect_view()}</div> }.into_any()
}

const HUB: &str = "hub:";

/// Rows of the catalogue; a text that looks like a Hub id or address is offered as such too.
fn search(text: &str) -> Vec<Choice> {
    let mut rows = lists::search_models(text);
    if let Some(id) = hub_id(text) {
        rows.push(Choice {
            note: "asks before it fetches".into(),
            ..Choice::plain(
                &format!("{HUB}{id}"),
                &format!("Read {id} from Hugging Face"),
            )
        });
    }
    rows
}
