//! Published runs, each a link.

use leptos::html::Details;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::Node;

use crate::catalogue::presets::Preset;
use crate::inputs::Inputs;
use crate::ui::lists;
use crate::ui::live::live;
use crate::ui::state::state;

/// The runs that stand in the header of large windows.
const FIRST: [&str; 4] = ["llama-3.1-405b", "deepseek-v3", "qwen3-30b-64", "llama-2-7b"];
/// The same where a model is served.
const SERVED: [&str; 4] = ["serve-llama-70b", "serve-deepseek-r1", "serve-qwen3-8b", "edge-7b"];

/// Links to published runs: a few at hand, all in a menu.
#[component]
pub fn Presets() -> AnyView {
    let all = lists::preset_rows();
    let state = state();
    let serves = Memo::new(move |_| state.inputs(Inputs::is_serving));
    let first = move || {
        let first = if serves.get() { SERVED } else { FIRST };
        let first = first.iter().filter_map(|key| all.iter().find(|preset| preset.key == *key));
        first.map(|preset| view! { <li>{brief(preset)}</li> }).collect_view().into_any()
    };
    view! {
        <nav class="presets" aria-label="Published runs and examples">
            <ul>{live(move || first())}</ul>
            <Menu all=all/>
        </nav>
    }
    .into_any()
}

fn brief(preset: &'static Preset) -> AnyView {
    let current = is_current(preset);
    view! {
        <a
            class="preset"
            href=format!("#{}", preset.link)
            aria-current=move || current.get().then(|| "true".to_owned())
        >
            <span>{preset.title.as_str()}</span>
            <span class="preset-note">{preset.note.as_str()}</span>
        </a>
    }
    .into_any()
}

fn is_current(preset: &'static Preset) -> Memo<bool> {
    let state = state();
    Memo::new(move |_| state.link() == preset.link)
}

/// All of them, with what is special about each.
#[component]
fn Menu(all: &'static [Preset]) -> AnyView {
    let details = NodeRef::<Details>::new();
    let close = move || {
        if let Some(details) = details.get_untracked() {
            details.set_open(false);
        }
    };
    let outside = window_event_listener(leptos::ev::click, move |ev| {
        let target = ev.target().and_then(|target| target.dyn_into::<Node>().ok());
        let within = details.get_untracked().is_some_and(|all| all.contains(target.as_ref()));
        if !within {
            close();
        }
    });
    on_cleanup(move || outside.remove());
    let row = move |preset: &'static Preset| {
        let current = is_current(preset);
        view! {
            <li>
                <a
                    class="menu-row"
                    href=format!("#{}", preset.link)
                    aria-current=move || current.get().then(|| "true".to_owned())
                    on:click=move |_| close()
                >
                    <span class="menu-title">{preset.title.as_str()}</span>
                    <span class="preset-note">{preset.note.as_str()}</span>
                    <span class="menu-story">{preset.story.as_str()}</span>
                </a>
            </li>
        }
    };
    let n = all.len();
    view! {
        <details
            class="menu"
            node_ref=details
            on:keydown=move |ev| if ev.key() == "Escape" { close() }
        >
            <summary class="preset">{format!("All {n} examples")}</summary>
            <ul class="menu-rows">{all.iter().map(row).collect_view()}</ul>
        </details>
    }
    .into_any()
}
