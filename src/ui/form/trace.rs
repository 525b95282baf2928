//! A trace of requests, pasted, dropped or chosen: its means are typed into the inputs.

use leptos::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{DragEvent, File, HtmlInputElement};

use crate::inputs::trace::{TRACE_BYTES_MAX, Trace, trace};
use crate::ui::state::{State, state};

/// What became of the last trace.
type Told = RwSignal<(String, Vec<String>)>;

/// The panel.
pub fn panel() -> AnyView {
    let state = state();
    let told: Told = RwSignal::new((String::new(), Vec::new()));
    let over = RwSignal::new(false);
    let faults = move || {
        let all = told.with(|told| told.1.clone());
        all.into_iter().map(|text| view! { <li>{text}</li> }).collect_view().into_any()
    };
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
                dropped(state, told, &ev);
            }
        >
            <label for="trace-text">"Paste rows, or drop a CSV, TSV, JSON or JSONL file here"</label>
            <textarea
                id="trace-text"
                rows="4"
                autocomplete="off"
                spellcheck="false"
                placeholder="timestamp,prompt,output"
                aria-describedby="trace-note"
                on:input=move |ev| take(state, told, &event_target_value(&ev))
            ></textarea>
            <input
                type="file"
                accept=".csv,.tsv,.txt,.json,.jsonl,text/csv"
                aria-label="A file of requests"
                on:change=move |ev| {
                    let input: HtmlInputElement = event_target(&ev);
                    if let Some(file) = input.files().and_then(|files| files.get(0)) {
                        read(state, told, file);
                    }
                }
            />
            <div id="trace-note" class="note" role="status">
                <p>{move || told.with(|told| told.0.clone())}</p>
                <ul class="problem">{move || faults()}</ul>
            </div>
        </div>
    }
    .into_any()
}

fn dropped(state: State, told: Told, ev: &DragEvent) {
    let Some(data) = ev.data_transfer() else { return };
    match data.files().and_then(|files| files.get(0)) {
        Some(file) => read(state, told, file),
        None => take(state, told, &data.get_data("text/plain").unwrap_or_default()),
    }
}

fn read(state: State, told: Told, file: File) {
    if file.size() > f64::from(TRACE_BYTES_MAX) {
        told.set((String::new(), vec![format!("{} is larger than 16 MiB", file.name())]));
        return;
    }
    spawn_local(async move {
        match JsFuture::from(file.text()).await.ok().and_then(|text| text.as_string()) {
            Some(text) => take(state, told, &text),
            None => told.set((String::new(), vec![format!("{} is no text", file.name())])),
        }
    });
}

fn take(state: State, told: Told, text: &str) {
    if text.trim().is_empty() {
        told.set((String::new(), Vec::new()));
        return;
    }
    let own: Trace = trace(text);
    state.change(|inputs| own.type_into(inputs));
    let line = if own.rows > 0 { own.text() } else { "No row could be used.".to_owned() };
    told.set((line, own.faults));
}
