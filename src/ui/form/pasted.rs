//! A config.json, pasted or dropped, and what became of its fields.

use leptos::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::DragEvent;

use super::dropped::zone;
use super::field::{id_of, note};
use crate::api;
use crate::inputs::Key;
use crate::model::config::Reading;
use crate::ui::lists::CONFIG;
use crate::ui::state::{State, state};

/// A config.json is a few thousand bytes; more than this is something else.
pub const CONFIG_BYTES_MAX: u32 = 1 << 20;
/// A picture that carries a plan may be larger.
const PICTURE_BYTES_MAX: u32 = 8 << 20;

/// The text of a config.json.
pub fn panel() -> AnyView {
    let state = state();
    let text = state.text(Key::Config);
    let problem = state.has_problem(Key::Config);
    let refused = state.refused;
    let id = id_of(Key::Config);
    let wrong = move || problem.get() || refused.with(|refused| !refused.is_empty());
    let inside = view! {
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
            on:input=move |ev| take(state, event_target_value(&ev))
        ></textarea>
        <p id=format!("{id}-refused") class="note problem">{move || refused.get()}</p>
        {note(Key::Config)}
        {move || state.reading(|reading| match &reading.config {
            Some(config) => report(config),
            None => ().into_any(),
        })}
    };
    zone(move |ev| dropped(state, ev), inside.into_any())
}

/// A file that misses its place must not take the place of the page.
pub fn catch_drops(state: State) {
    let over = window_event_listener(leptos::ev::dragover, |ev| ev.prevent_default());
    let drop = window_event_listener(leptos::ev::drop, move |ev| {
        if !ev.default_prevented() {
            ev.prevent_default();
            dropped(state, &ev);
        }
    });
    on_cleanup(move || {
        over.remove();
        drop.remove();
    });
}

/// Takes the text unless it is far too long to be a config.json.
pub fn take(state: State, text: String) {
    if text.len() as u64 > u64::from(CONFIG_BYTES_MAX) {
        state
            .refused
            .set(oversized("This text", text.len() as f64) + " The model stays as it was.");
        return;
    }
    state.refused.set(String::new());
    state.change(|inputs| {
        if !text.is_empty() {
            inputs.set(Key::Model, CONFIG);
        }
        inputs.set(Key::Config, text);
    });
}

fn oversized(what: &str, bytes: f64) -> String {
    let mebibytes = bytes / f64::from(1 << 20);
    format!("{what} has {mebibytes:.1} MiB. A config.json has a few KiB; at most 1 MiB is read.")
}

fn dropped(state: State, ev: &DragEvent) {
    let Some(data) = ev.data_transfer() else {
        return;
    };
    let Some(file) = data.files().and_then(|files| files.get(0)) else {
        let text = |kind| data.get_data(kind).ok().filter(|text| !text.is_empty());
        if let Some(text) = text("text").or_else(|| text("text/uri-list")) {
            received(state, "What was dropped", text.as_bytes());
        }
        return;
    };
    if file.size() > f64::from(PICTURE_BYTES_MAX) {
        state.refused.set(oversized(&file.name(), file.size()));
        return;
    }
    spawn_local(async move {
        let Ok(bytes) = JsFuture::from(file.array_buffer()).await else {
            state.refused.set(format!("{} could not be read.", file.name()));
            return;
        };
        received(state, &file.name(), &js_sys::Uint8Array::new(&bytes).to_vec());
    });
}

/// Opens the plan that was dropped, or takes it as a config.json where it looks like one; else all stays as it was.
fn received(state: State, name: &str, bytes: &[u8]) {
    state.dropped.set(String::new());
    if let Some(link) = api::plan_in(bytes) {
        return open(&link);
    }
    let text = std::str::from_utf8(bytes).map(|text| text.trim_start_matches('\u{feff}'));
    match text {
        Ok(text) if text.trim_start().starts_with('{') => take(state, text.to_owned()),
        _ => state.dropped.set(format!(
            "{name} carries no plan and is no config.json (an object in braces). \
             All stays as it was."
        )),
    }
}

/// Opens the plan of a file, as a step that can be undone.
fn open(link: &str) {
    drop(window().location().set_hash(link));
}

/// Every field that was read, defaulted or ignored.
fn report(reading: &Reading) -> AnyView {
    let state = state();
    let count = format!(
        "{} fields read, {} defaulted, {} ignored",
        reading.read.len(),
        reading.defaulted.len(),
        reading.ignored.len()
    );
    let read = reading.read.iter();
    let read = read.map(|one| (one.key.clone(), format!("{} · {}", one.value, one.meaning)));
    let taken = reading.defaulted.iter();
    let taken = taken.map(|one| (one.key.clone(), format!("{} · {}", one.value, one.reason)));
    let ignored = reading.ignored.iter().map(|key| (key.clone(), "no matter here".to_owned()));
    let open = state.unfolded(REPORT);
    view! {
        <details
            class="report"
            prop:open=move || open.get()
            on:toggle=move |ev| {
                let now = event_target::<web_sys::HtmlDetailsElement>(&ev).open();
                state.unfold(REPORT, now);
            }
        >
            <summary>{count}</summary>
            {list("Read", read.collect())}
            {list("Absent, so taken as", taken.collect())}
            {list("Ignored", ignored.collect())}
        </details>
    }
    .into_any()
}

const REPORT: &str = "config-report";

fn list(title: &'static str, fields: Vec<(String, String)>) -> AnyView {
    if fields.is_empty() {
        return ().into_any();
    }
    let row = |(name, text): (String, String)| {
        view! {
            <div>
                <dt>{name}</dt>
                <dd>{text}</dd>
            </div>
        }
    };
    view! {
        <h3>{title}</h3>
        <dl class="report-list">{fields.into_iter().map(row).collect_view()}</dl>
    }
    .into_any()
}
