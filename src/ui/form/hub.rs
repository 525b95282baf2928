//! A config.json from the Hugging Face Hub: fetched on a click, from an address that is shown
//! before.

use crate::ui::live::words;
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use super::pasted::CONFIG_BYTES_MAX;
use crate::inputs::Key;
use crate::model::config::hub_id;
use crate::ui::lists::CONFIG;
use crate::ui::reader::{Failure, foreign};
use crate::ui::state::{State, state};

/// How long the Hub may take.
const TIME_OUT_MS: u32 = 10_000;

/// The id or address of a model, and the button that reads it.
pub fn panel(text: RwSignal<String>) -> AnyView {
    let state = state();
    let running = RwSignal::new(false);
    let failed = RwSignal::new(String::new());
    let id = Memo::new(move |_| text.with(|text| hub_id(text).unwrap_or_default()));
    let strange = move || id.with(String::is_empty) && text.with(|text| !text.trim().is_empty());
    let wrong = move || strange() || failed.with(|failed| !failed.is_empty());
    let note = move || {
        if failed.with(|failed| !failed.is_empty()) {
            failed.get()
        } else if running.get() {
            "Reading…".to_owned()
        } else if strange() {
            "Expected an id such as Qwen/Qwen3-8B, or the address of a model page.".to_owned()
        } else if id.with(String::is_empty) {
            "Nothing is fetched before you press the button.".to_owned()
        } else {
            format!("Will read {}", address(&id.get()))
        }
    };
    let start = move || begin(state, id.get_untracked(), running, failed);
    view! {
        <div class="field">
            <label for="in-hub">"Model id or address on Hugging Face"</label>
            <div class="row">
                <input
                    id="in-hub"
                    type="text"
                    inputmode="url"
                    autocomplete="off"
                    autocapitalize="off"
                    spellcheck="false"
                    placeholder="Qwen/Qwen3-8B"
                    aria-describedby="in-hub-note"
                    aria-invalid=move || wrong().to_string()
                    prop:value=move || text.get()
                    on:input=move |ev| {
                        text.set(event_target_value(&ev));
                        failed.set(String::new());
                    }
                    on:keydown=move |ev| if ev.key() == "Enter" { start() }
                />
                <button
                    type="button"
                    class="button"
                    disabled=move || id.with(String::is_empty) || running.get()
                    on:click=move |_| start()
                >
                    "Fetch"
                </button>
            </div>
            <p
                id="in-hub-note"
                class="note"
                class:problem=move || wrong()
                aria-live="polite"
            >
                {words(move || note())}
            </p>
        </div>
    }
    .into_any()
}

/// Fetches and reads a model's config.json, unless it is doing so already.
fn begin(state: State, id: String, running: RwSignal<bool>, failed: RwSignal<String>) {
    if id.is_empty() || running.get_untracked() {
        return;
    }
    running.set(true);
    failed.set(String::new());
    spawn_local(async move {
        let config = read(&id).await.and_then(|config| check(&id, config));
        running.try_set(false);
        match config {
            Ok(config) => accept(state, config),
            Err(reason) => drop(failed.try_set(reason)),
        }
    });
}

fn address(id: &str) -> String {
    format!("https://huggingface.co/{id}/resolve/main/config.json")
}

fn check(id: &str, config: String) -> Result<String, String> {
    if config.trim_start().starts_with('{') {
        Ok(config)
    } else {
        Err(format!("What {id} holds under that name is not a config.json."))
    }
}

fn accept(state: State, config: String) {
    state.change(|inputs| {
        inputs.set(Key::Model, CONFIG);
        inputs.set(Key::Config, config);
    });
}

async fn read(id: &str) -> Result<String, String> {
    let read = foreign(&address(id), CONFIG_BYTES_MAX as usize, TIME_OUT_MS).await;
    read.map_err(|failure| match failure {
        Failure::Unreachable | Failure::Damaged => unreachable(id),
        Failure::Late => {
            "Hugging Face did not answer within 10 s. Paste the config.json instead.".to_owned()
        }
        Failure::TooLong => oversized(id),
        Failure::Refused(status) => refusal(id, status),
    })
}

fn oversized(id: &str) -> String {
    format!("The file of {id} is larger than 1 MiB, which no config.json is. It was not read.")
}

fn unreachable(id: &str) -> String {
    format!(
        "Hugging Face could not be reached for {id}. Check the connection, or paste the \
         config.json."
    )
}

fn refusal(id: &str, status: u16) -> String {
    match status {
        401 | 403 => format!(
            "{id} is gated or private, or does not exist: Hugging Face answered {status}. \
             Open its page, copy config.json and paste it here."
        ),
        404 => format!("{id} has no config.json, or there is no such model (404)."),
        429 => "Hugging Face asks to slow down (429). Try again in a minute.".into(),
        _ => format!("Hugging Face answered {status} for {id}. Paste the config.json instead."),
    }
}
