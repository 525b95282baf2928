//! A config.json, pasted or dropped, and what became of its fields.

use leptos::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::DragEvent;

use super::field::{Note, id_of};
use crate::inputs::Key;
use crate::ui::lists::CONFIG;
use crate::ui::state::{State, state};

/// A config.json is a few thousand bytes; more than this is something else.
pub const CONFIG_BYTES_MAX: u32 = 1 << 20;

/// The text of a config.json.
#[component]
pub fn ConfigPanel() -> AnyView {
    let state = state();
    let text = state.text(Key::Config);
    let problem = state.has_problem(Key::Config);
    let refused = RwSignal::new(None::<String>);
    let over = RwSignal::new(false);
    let id = id_of(Key::Config);
    let wrong = move || refused.with(|r| r.is_some()) || problem.get();
    view! {
        <div
            class="field drop"
            class:over=move || over.get()
            on:dragover=move |ev| {
                ev.prevent_default();
                over.set(true);
            }
            on:dragleave=move |_| over.set(false)
            on:drop=move |ev| {
                ev.prevent_default();
                over.set(false);
                dropped(state, refused, &ev);
            }
        >
            <label for=id.clone()>"Paste a config.json, or drop the file here"</label>
            <textarea
                id=id.clone()
                rows="7"
                autocomplete="off"
                spellcheck="false"
                placeholder="{ \"hidden_size\": 4096, … }"
                aria-invalid=move || wrong().to_string()
                aria-describedby=format!("{id}-refused {id}-note")
                prop:value=move || text.get()
                on:input:target=move |ev| take(state, refused, ev.target().value())
            ></textarea>
            <p id=format!("{id}-refused") class="note problem">{move || refused.get()}</p>
            <Note key=Key::Config/>
            <Report/>
        </div>
    }
    .into_any()
}

/// Takes the text unless it is far too long to be a config.json.
fn take(state: State, refused: RwSignal<Option<String>>, text: String) {
    if text.len() as u64 > u64::from(CONFIG_BYTES_MAX) {
        let size = f64::from(u32::try_from(text.len()).unwrap_or(u32::MAX)) / f64::from(1 << 20);
        refused.set(Some(format!(
            "This text has {size:.1} MiB. A config.json has a few KiB; at most 1 MiB is read. \
             The model stays as it was."
        )));
        return;
    }
    refused.set(None);
    state.inputs.update(|inputs| {
        if !text.is_empty() {
            inputs.set(Key::Model, CONFIG);
        }
        inputs.set(Key::Config, text);
    });
}

fn dropped(state: State, refused: RwSignal<Option<String>>, ev: &DragEvent) {
    let Some(data) = ev.data_transfer() else {
        return;
    };
    let Some(file) = data.files().and_then(|files| files.get(0)) else {
        if let Ok(text) = data.get_data("text") {
            take(state, refused, text);
        }
        return;
    };
    if file.size() > f64::from(CONFIG_BYTES_MAX) {
        refused.set(Some(format!(
            "{} has {:.1} MiB. A config.json has a few KiB; at most 1 MiB is read.",
            file.name(),
            file.size() / f64::from(1 << 20)
        )));
        return;
    }
    spawn_local(async move {
        match JsFuture::from(file.text())
            .await
            .ok()
            .and_then(|text| text.as_string())
        {
            Some(text) => take(state, refused, text),
            None => refused.set(Some(format!("{} could not be read.", file.name()))),
        }
    });
}

/// Every field that was read, defaulted or ignored.
#[component]
pub fn Report() -> AnyView {
    let state = state();
    let reading = Memo::new(move |_| state.reading.with(|reading| reading.config.clone()));
    let body = move || {
        let reading = reading.get()?;
        let count = format!(
            "{} fields read, {} defaulted, {} ignored",
            reading.read.len(),
            reading.defaulted.len(),
            reading.ignored.len()
        );
        let read = reading.read.into_iter().map(|one| {
            let text = format!("{} · {}", one.value, one.meaning);
            (one.key, text)
        });
        let defaulted = reading.defaulted.into_iter().map(|one| {
            let text = format!("{} · {}", one.value, one.reason);
            (one.key, text)
        });
        let ignored = reading.ignored.join(", ");
        let ignored = (!ignored.is_empty()).then(|| {
            view! {
                <h3>"Ignored"</h3>
                <p class="report-ignored">{ignored}</p>
            }
        });
        Some(view! {
            <details class="report">
                <summary>{count}</summary>
                {list("Read", read.collect())}
                {list("Absent, so taken as", defaulted.collect())}
                {ignored}
            </details>
        })
    };
    view! { {body} }.into_any()
}

fn list(title: &'static str, fields: Vec<(String, String)>) -> AnyView {
    if fields.is_empty() {
        return ().into_any();
    }
    let rows = fields.into_iter().map(|(name, text)| {
        view! {
            <div>
                <dt>{name}</dt>
                <dd>{text}</dd>
            </div>
        }
    });
    view! {
        <h3>{title}</h3>
        <dl class="report-list">{rows.collect_view()}</dl>
    }
    .into_any()
}
