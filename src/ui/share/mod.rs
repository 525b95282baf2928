//! What can be taken away from the page: its link, texts to paste, files.

mod files;
mod picture;

use std::sync::Arc;

use leptos::html::Details;
use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::Node;

use super::address::{address, folder};
use super::copier;
use super::live::{live, words};
use super::state::{State, state};
use crate::api::{self, PlanView};
use crate::inputs::Inputs;

/// Place of the texts that may not be put on the clipboard.
const BY_HAND: &str = "share-by-hand";

/// One way to take a plan away: its name, what it is good for, and whether a comparison has it too.
type Way = (Kind, &'static str, &'static str, bool);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Link,
    Markdown,
    Frame,
    Png,
    Svg,
    Csv,
    Json,
}

const WAYS: [Way; 7] = [
    (Kind::Link, "Copy link", "opens it, and tells if the model has changed since", true),
    (Kind::Markdown, "Copy as Markdown", "tables for a document, with the link", true),
    (Kind::Frame, "Copy HTML frame", "shows it within another page", true),
    (Kind::Png, "Save picture (PNG)", "a card; dropped on this page it opens the plan", false),
    (Kind::Svg, "Save picture (SVG)", "the same, sharp at any size", false),
    (Kind::Csv, "Save table (CSV)", "every figure and part, for a spreadsheet", false),
    (Kind::Json, "Save data (JSON)", "the whole answer, for programs", false),
];

/// The menu.
#[component]
pub fn Share() -> AnyView {
    let state = state();
    let details = NodeRef::<Details>::new();
    let said = RwSignal::new(String::new());
    let by_hand = RwSignal::new(String::new());
    let close = move || {
        if let Some(details) = details.get_untracked().filter(|details| details.open()) {
            details.set_open(false);
            said.set(String::new());
            by_hand.set(String::new());
        }
    };
    let outside = window_event_listener(leptos::ev::click, move |ev| {
        let target = ev.target().and_then(|target| target.dyn_into::<Node>().ok());
        // What was pressed may be gone from the page by now.
        let gone = target.as_ref().is_some_and(|node| !node.is_connected());
        if !gone && !details.get_untracked().is_some_and(|all| all.contains(target.as_ref())) {
            close();
        }
    });
    on_cleanup(move || outside.remove());
    let escape = move |ev: leptos::ev::KeyboardEvent| {
        if ev.key() == "Escape" {
            close();
            let summary = details.get_untracked().and_then(|all| all.first_element_child());
            drop(
                summary
                    .and_then(|own| own.dyn_into().ok())
                    .map(|own: web_sys::HtmlElement| own.focus()),
            );
        }
    };
    let ways: Vec<AnyView> = WAYS.iter().map(|way| row(state, *way, said, by_hand)).collect();
    view! {
        <details class="menu share" node_ref=details on:keydown=escape>
            <summary class="button">"Share"</summary>
            <div class="menu-rows">
                <ul>{ways}</ul>
                <p class="quiet" role="status">{words(move || said.get())}</p>
                {live(move || hand(by_hand))}
            </div>
        </details>
    }
    .into_any()
}

fn row(
    state: State,
    (kind, name, use_, compared): Way,
    said: RwSignal<String>,
    by_hand: RwSignal<String>,
) -> AnyView {
    let absent = move || match state.is_comparing() {
        true => !compared,
        false => kind != Kind::Link && state.settled_plan().is_none(),
    };
    view! {
        <li>
            <button
                type="button"
                class="menu-row"
                data-way=name
                disabled=move || absent()
                on:click=move |_| take(state, kind, said, by_hand)
            >
                <span class="menu-title">{name}</span>
                <span class="preset-note">{use_}</span>
            </button>
        </li>
    }
    .into_any()
}

/// A text that the browser let nobody put on the clipboard.
fn hand(by_hand: RwSignal<String>) -> AnyView {
    let text = by_hand.get();
    if text.is_empty() {
        return ().into_any();
    }
    view! {
        <label for=BY_HAND>"Copy it from here"</label>
        <textarea id=BY_HAND readonly=true rows="3" prop:value=text></textarea>
    }
    .into_any()
}

fn take(state: State, kind: Kind, said: RwSignal<String>, by_hand: RwSignal<String>) {
    let plan = untrack(|| state.settled_plan());
    let name = plan.as_deref().map(file_name).unwrap_or_default();
    by_hand.set(String::new());
    let saved = match (kind, plan) {
        (Kind::Link | Kind::Markdown | Kind::Frame, plan) => {
            let text = untrack(|| text(state, kind, plan.as_deref()));
            spawn_local(async move {
                let done = copier::to_clipboard(&text).await;
                said.try_set(if done { "Copied." } else { "This browser refused." }.to_owned());
                if !done {
                    by_hand.try_set(text);
                }
            });
            return;
        }
        (_, None) => return,
        (Kind::Png, Some(plan)) => {
            spawn_local(async move {
                let picture = picture::points(&plan).await;
                let saved = picture.and_then(|own| files::save(&own, "image/png", &name, "png"));
                said.try_set(files::told(saved));
            });
            return;
        }
        (Kind::Svg, Some(plan)) => {
            files::save(picture::drawing(&plan).as_bytes(), "image/svg+xml", &name, "svg")
        }
        (Kind::Csv, Some(plan)) => {
            files::save(api::plan_table(&plan).as_bytes(), "text/csv", &name, "csv")
        }
        (Kind::Json, Some(plan)) => {
            let text = serde_wasm_bindgen::to_value(&*plan).ok().and_then(|value| {
                js_sys::JSON::stringify_with_replacer_and_space(&value, &JsValue::NULL, &2.into())
                    .ok()
            });
            let text = text.map(String::from).unwrap_or_default();
            files::save(text.as_bytes(), "application/json", &name, "json")
        }
    };
    said.set(files::told(saved));
}

/// The link of what is shown: of a plan with its figures, once they are there.
pub fn link(state: State) -> String {
    match state.settled_plan().filter(|_| !state.is_comparing()) {
        Some(plan) => plan.link.clone(),
        None => state.address(),
    }
}

fn text(state: State, kind: Kind, plan: Option<&PlanView>) -> String {
    let link = link(state);
    match kind {
        Kind::Markdown => match state.comparison().filter(|_| state.is_comparing()) {
            Some(view) => {
                let rows: Vec<_> = view.rows.iter().collect();
                api::comparison_markdown(&view, &rows)
            }
            None => plan.map(|plan| markdown(plan)).unwrap_or_default(),
        },
        Kind::Frame => {
            let title = plan.filter(|_| !state.is_comparing()).map(|plan| plan.title.as_str());
            api::embed_markup(&folder(), &link, title.unwrap_or("plans side by side"))
        }
        _ => address(&link),
    }
}

/// The plan as Markdown, its link with the address of the page.
pub fn markdown(plan: &PlanView) -> String {
    plan.markdown.replace("`#", &format!("`{}", address("")))
}

/// `autoparallel-llama-3.1-405b`.
fn file_name(plan: &PlanView) -> String {
    let name = plan.title.split(" \u{b7} ").next().unwrap_or_default().to_lowercase();
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' };
    let name: String = name.chars().take(60).map(plain).collect();
    format!("autoparallel-{}", name.trim_matches(['-', '.']))
}

impl State {
    /// The plan of the inputs as they are, once it is there.
    pub fn settled_plan(self) -> Option<Arc<PlanView>> {
        let answered = self.answered.get() == self.run.get();
        let trains = !self.inputs(Inputs::is_serving);
        self.plan().filter(|_| trains && answered && !self.is_stale())
    }
}
