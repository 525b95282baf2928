//! The frame of the page: header, inputs, answer, and what belongs to all of them.

use leptos::ev::{KeyboardEvent, MouseEvent};
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;
use web_sys::HtmlElement;

use super::address;
use super::answer::{AnswerPane, Strip};
use super::dom;
use super::engine::{Engine, FIRST_RUN};
use super::form::{Form, Presets, id_of};
use super::live::words;
use super::share::{self, Share};
use super::state::{State, Verdict, state};
use super::theme::ThemeButton;
use crate::inputs::Key;

/// A plan that stays this long is read aloud.
const SPOKEN_MS: u32 = 900;

const COPY_LINK: &str = "Copy link";
/// What came of it is shown for this long.
const SAID_MS: u32 = 3000;

/// The whole page.
#[component]
pub fn App() -> impl IntoView {
    let state = State::new(&address::fragment());
    provide_context(state);
    let engine = Engine::start(state);
    let early = state.run.get_untracked() == FIRST_RUN;
    Effect::new(move |before: Option<String>| {
        let link = state.address();
        // What the page was opened with may be asked already.
        let asked = before.is_none() && early;
        if before.as_ref() != Some(&link) && !asked {
            let run = state.run.get_untracked().wrapping_add(1);
            state.run.set(run);
            engine.ask(run, state.question(run));
        }
        link
    });
    address::bind(state);
    keyboard();
    let shown = RwSignal::new(dom::media("(min-width: 60rem)"));
    view! {
        <div
            id="app"
            data-worker=move || state.worker.get()
            data-answered=move || (state.answered.get() == state.run.get()).to_string()
            data-whole=move || state.painted.get().to_string()
        >
            <Header/>
            <Progress/>
            <main class="panes" class:editing=move || shown.get()>
                <Form shown=shown/>
                <AnswerPane/>
            </main>
            {move || shown.get().then(|| view! {
                <Strip on_show=Callback::new(move |()| shown.set(false))/>
            })}
            <Footer/>
            <Spoken/>
        </div>
    }
}

#[component]
fn Header() -> AnyView {
    // Not by the address: it holds the plan.
    let skip = move |ev: MouseEvent| {
        ev.prevent_default();
        dom::focus("plan-title");
    };
    view! {
        <header class="header">
            <a class="skip" href="#answer" on:click=skip>"Skip to the plan"</a>
            <h1 class="brand">"AutoParallel"</h1>
            <Presets/>
            <div class="actions">
                <CopyLink/>
                <Share/>
                <ThemeButton/>
            </div>
        </header>
    }
    .into_any()
}

#[component]
fn Footer() -> AnyView {
    view! {
        <footer class="footer">
            <p>
                "Runs in this browser alone. Nothing leaves the page unless you press Fetch; \
                the whole plan is in the address."
            </p>
            <p>
                <kbd>"/"</kbd>" searches models, "<kbd>"Esc"</kbd>" closes, back and forward undo \
                and redo."
            </p>
        </footer>
    }
    .into_any()
}

/// The address of this plan with its figures, to the clipboard.
#[component]
fn CopyLink() -> AnyView {
    let state = state();
    let said = RwSignal::new(COPY_LINK.to_owned());
    let copy = move |_| {
        spawn_local(async move {
            let (done, words) = share::copy_link(state).await;
            let plain = words.trim_end_matches('.');
            said.try_set(if done { plain } else { "Not allowed here" }.to_owned());
            dom::later(SAID_MS, move || {
                said.try_set(COPY_LINK.to_owned());
            });
        });
    };
    view! {
        <button type="button" class="button" on:click=copy>
            <span aria-live="polite">{words(move || said.get())}</span>
        </button>
    }
    .into_any()
}

/// A thin bar while a search takes long enough to be noticed.
#[component]
fn Progress() -> AnyView {
    let state = state();
    view! {
        <div class="progress" class:on=move || state.slow.get() aria-hidden="true"></div>
    }
    .into_any()
}

/// Tells screen readers of a new plan once it has settled.
#[component]
fn Spoken() -> AnyView {
    let state = state();
    let spoken = RwSignal::new(String::new());
    let speak = dom::debounced(SPOKEN_MS, move || {
        let text = match state.verdict_now() {
            _ if state.is_comparing() => state.comparison().map(|view| view.verdicts.join(" ")),
            Verdict::Good if state.serves_now() => {
                state.served_now().map(|serve| serve.summary.clone())
            }
            Verdict::Good => state.plan_now().map(|plan| plan.summary.clone()),
            Verdict::Stuck(stuck) => Some(stuck.headline.clone()),
            _ => None,
        };
        if let Some(text) = text {
            spoken.set(text);
        }
    });
    Effect::new(move |_| {
        drop(state.verdict());
        drop(state.plan());
        drop(state.comparison());
        speak();
    });
    view! { <p class="hidden" role="status">{move || spoken.get()}</p> }.into_any()
}

/// `/` goes to the search of models; `Esc` closes what the headline has opened.
fn keyboard() {
    let state = state();
    let listener = window_event_listener(leptos::ev::keydown, move |ev: KeyboardEvent| {
        if ev.ctrl_key() || ev.meta_key() || ev.alt_key() || ev.default_prevented() {
            return;
        }
        match ev.key().as_str() {
            "/" if !is_typing(&ev) => {
                ev.prevent_default();
                state.searches.update(|n| *n = n.wrapping_add(1));
                dom::later(0, || dom::focus(&id_of(Key::Model)));
            }
            "Escape" => state.opened.set(String::new()),
            _ => {}
        }
    });
    on_cleanup(move || listener.remove());
}

fn is_typing(ev: &KeyboardEvent) -> bool {
    let target = ev.target().and_then(|target| target.dyn_into::<HtmlElement>().ok());
    let name = target.map(|target| target.tag_name().to_ascii_uppercase()).unwrap_or_default();
    matches!(name.as_str(), "INPUT" | "TEXTAREA" | "SELECT")
}
