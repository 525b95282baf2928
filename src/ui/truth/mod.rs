//! "How true is this?": measured runs beside what was said of them before they were seen.

mod fetched;
mod filters;
mod picture;
mod runs;
mod store;

use leptos::ev::MouseEvent;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::Element;

use super::answer::{fold, notice};
use super::dom;
use super::live::live;
use super::state::state;
use store::{Loaded, Truth};

const SECTION: &str = "truth";
const FOLD: &str = "truth-runs";

const LEAD: &str = "The estimate was held against published training runs. Each run was predicted \
    with its own group (one model, machine and software) left out of the fit, so these are errors \
    on runs that the fit had not seen, misses included.";
const SERVED: &str = "The estimate was held against published runs of models in service. Each run \
    was predicted with its own group (one source and one model) left out of the fit, so these are \
    errors on runs that the fit had not seen, misses included.";
const SERVED_HOW: &str = "An error is the natural logarithm of predicted over measured, so that \
    half and twice count the same. Tokens a second are counted as each source counts them. The \
    method and the figures by group stand in docs/accuracy_serve.md of the project.";
const HOW: &str = "An error is the natural logarithm of predicted over measured, so that half and \
    twice count the same. The method and the figures by group stand in docs/accuracy.md of the \
    project.";
const AGAIN: &str = "Fold this part and open it again to try once more.";

/// The section; nothing of it is fetched before it is opened.
#[component]
pub fn TruthPane() -> AnyView {
    let truth = Truth::new(state());
    let body = move || {
        untrack(|| fetched::fetch(truth));
        live(move || content(truth))
    };
    view! {
        <section
            class="part truth"
            id=SECTION
            tabindex="-1"
            aria-labelledby="truth-title"
            on:click=move |ev| follow(&ev)
        >
            <h2 id="truth-title">"How true is this?"</h2>
            {note("lead", if truth.serves { SERVED } else { LEAD })}
            {fold(FOLD, "Predicted against measured, run by run", body)}
        </section>
    }
    .into_any()
}

/// Opens the section and brings it into view.
pub fn open() {
    state().unfold(FOLD, true);
    dom::later(60, || {
        dom::scroll_to(SECTION);
        dom::focus(SECTION);
    });
}

/// Once a link has opened a run as a plan, that plan is what to look at.
fn follow(ev: &MouseEvent) {
    let target = ev.target().and_then(|target| target.dyn_into::<Element>().ok());
    if target.is_some_and(|target| target.has_attribute("href")) {
        dom::later(0, || dom::scroll_to("answer"));
    }
}

fn content(truth: Truth) -> AnyView {
    match truth.loaded() {
        Loaded::Not | Loaded::Reading => note("quiet", "Reading the measured runs…"),
        Loaded::Failed(reason) => {
            let title = "The measured runs could not be read.";
            notice("notice", title, vec![reason], AGAIN)
        }
        Loaded::Ready => vec![
            filters::filters(truth),
            live(move || picture::summary(truth)),
            picture::picture(truth),
            runs::list(truth),
            note("quiet truth-note", if truth.serves { SERVED_HOW } else { HOW }),
        ]
        .into_any(),
    }
}

/// A paragraph.
fn note(class: &'static str, text: &'static str) -> AnyView {
    view! { <p class=class>{text}</p> }.into_any()
}
