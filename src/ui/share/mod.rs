//! What can be taken away from the page: its link, texts to paste, files.

mod files;
mod picture;

use std::sync::Arc;

use leptos::html::Details;
use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::Node;

use super::address::{address, folder, is_file, passed};
use super::live::{live, words};
use super::state::{State, state};
use super::{copier, dom, prices};
use crate::api::{self, Carried, PlanView, ServeView};

/// Place of the texts that may not be put on the clipboard.
const BY_HAND: &str = "share-by-hand";

/// What is copied right after a change waits so often for its answer.
const LOOKS: u32 = 60;
const LOOK_MS: u32 = 40;

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
    (Kind::Frame, "Copy HTML frame", "shows it within another page", false),
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
    let hindered = Memo::new(move |_| hindrance(state, kind, compared));
    view! {
        <li>
            <button
                type="button"
                class="menu-row"
                data-way=name
                disabled=move || hindered.get().is_some()
                on:click=move |_| take(state, kind, said, by_hand)
            >
                <span class="menu-title">{name}</span>
                <span class="preset-note">{words(move || hindered.get().unwrap_or(use_).into())}</span>
            </button>
        </li>
    }
    .into_any()
}

/// Why a way is not open now.
fn hindrance(state: State, kind: Kind, compared: bool) -> Option<&'static str> {
    if state.is_comparing() {
        return (!compared).then_some("of one plan, not of several side by side");
    }
    if kind == Kind::Frame && is_file() {
        return Some("of a page on a server; this one is a file");
    }
    if kind == Kind::Link || state.settled().is_some() {
        return None;
    }
    let done = state.answered.get() == state.run.get();
    Some(if done { "there is no plan to take away" } else { "once there is an answer" })
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
    by_hand.set(String::new());
    if matches!(kind, Kind::Link | Kind::Markdown | Kind::Frame) {
        spawn_local(async move {
            let (text, done, words) = copy(state, kind).await;
            said.try_set(if done { words } else { "This browser refused.".to_owned() });
            if !done {
                by_hand.try_set(text);
            }
        });
        return;
    }
    let Some(plan) = untrack(|| state.settled()) else { return };
    let name = file_name(plan.carried().title);
    if kind == Kind::Png {
        spawn_local(async move {
            let picture = picture::points(&plan.carried()).await;
            let saved = picture.and_then(|own| files::save(&own, "image/png", &name, "png"));
            said.try_set(files::told(saved));
        });
        return;
    }
    let (text, media_type, extension) = match kind {
        Kind::Svg => (picture::drawing(&plan.carried()), "image/svg+xml", "svg"),
        Kind::Csv => (api::plan_table(&plan.carried()), "text/csv", "csv"),
        _ => (plan.json().unwrap_or_default(), "application/json", "json"),
    };
    said.set(files::told(files::save(text.as_bytes(), media_type, &name, extension)));
}

/// Copies the link of what is shown: whether the browser let it, and what to say.
pub async fn copy_link(state: State) -> (bool, String) {
    let (_, done, words) = copy(state, Kind::Link).await;
    (done, words)
}

/// Copies a text, with the figures of the plan as soon as they are there: the text, whether the browser let it, what it
/// came without.
async fn copy(state: State, kind: Kind) -> (String, bool, String) {
    let answered = wait(state).await;
    let text = untrack(|| text(state, kind));
    let without = if is_file() {
        " without an address: this page is a file."
    } else if prices::is_own() {
        " without the price list of your own."
    } else if !answered {
        " without figures: there is no answer yet."
    } else {
        "."
    };
    let done = copier::to_clipboard(&text).await;
    (text, done, format!("Copied{without}"))
}

/// Waits for the answer to the latest change, not for long.
async fn wait(state: State) -> bool {
    let answered = || match state.is_comparing() {
        true => state.settled_comparison().is_some(),
        false => state.answered.get() == state.run.get(),
    };
    for _ in 0..LOOKS {
        if untrack(answered) {
            return true;
        }
        dom::pause(LOOK_MS).await;
    }
    untrack(answered)
}

/// The link of what is shown: of plans with their figures, once they are there.
fn link(state: State) -> String {
    if state.is_comparing() {
        return state.settled_comparison().map_or_else(|| state.address(), |own| own.promising());
    }
    state.settled().map_or_else(|| state.address(), |plan| plan.link().to_owned())
}

fn text(state: State, kind: Kind) -> String {
    let link = link(state);
    let plan = state.settled().filter(|_| !state.is_comparing());
    match kind {
        Kind::Markdown => match state.comparison().filter(|_| state.is_comparing()) {
            Some(view) => {
                let rows: Vec<_> = view.rows.iter().collect();
                markdown(&api::comparison_markdown(&view, &rows))
            }
            None => plan.map(|plan| markdown(plan.markdown())).unwrap_or_default(),
        },
        Kind::Frame => {
            let title = plan.as_ref().map(|plan| plan.carried().title);
            api::embed_markup(&folder(), &link, title.unwrap_or("plans side by side"))
        }
        _ => passed(&link),
    }
}

/// A plan as Markdown, its link to be followed; as it is where the page has no address for others.
pub fn markdown(text: &str) -> String {
    let parts = text.split_once("`#").filter(|_| !is_file());
    let link = parts.and_then(|(before, rest)| Some((before, rest.split_once('`')?)));
    let Some((before, (link, after))) = link else { return text.to_owned() };
    // A bracket would end it.
    let address = address(link).replace('(', "%28").replace(')', "%29");
    format!("{before}[Open in AutoParallel]({address}){after}")
}

/// `autoparallel-llama-3.1-405b`.
fn file_name(title: &str) -> String {
    let name = title.split(" \u{b7} ").next().unwrap_or_default().to_lowercase();
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' };
    let name: String = name.chars().take(60).map(plain).collect();
    format!("autoparallel-{}", name.trim_matches(['-', '.']))
}

/// An answer that can be taken away.
#[derive(Clone, Debug)]
pub enum Settled {
    /// Of a training run.
    Run(Arc<PlanView>),
    /// Of a model in service.
    Service(Arc<ServeView>),
}

impl Settled {
    /// As pictures and tables show it.
    pub fn carried(&self) -> Carried<'_> {
        match self {
            Self::Run(plan) => Carried::from(&**plan),
            Self::Service(serve) => Carried::from(&**serve),
        }
    }

    /// Its link with the figures that it has.
    pub fn link(&self) -> &str {
        self.carried().link
    }

    fn markdown(&self) -> &str {
        match self {
            Self::Run(plan) => &plan.markdown,
            Self::Service(serve) => &serve.markdown,
        }
    }

    fn json(&self) -> Option<String> {
        let value = match self {
            Self::Run(plan) => serde_wasm_bindgen::to_value(&**plan),
            Self::Service(serve) => serde_wasm_bindgen::to_value(&**serve),
        };
        let value = value.ok()?;
        let text =
            js_sys::JSON::stringify_with_replacer_and_space(&value, &JsValue::NULL, &2.into());
        text.ok().map(String::from)
    }
}

impl State {
    /// The answer to the inputs as they are, once it is there.
    pub fn settled(self) -> Option<Settled> {
        if self.answered.get() != self.run.get() || self.is_stale() {
            return None;
        }
        match self.inputs(crate::inputs::Inputs::is_serving) {
            true => self.served().map(Settled::Service),
            false => self.plan().map(Settled::Run),
        }
    }
}
