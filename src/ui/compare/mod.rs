//! Plans side by side.

mod columns;
mod tools;

use std::sync::Arc;

use leptos::prelude::*;

use super::answer::notice;
use super::dom;
use super::live::{live, words};
use super::state::{State, state};
use super::truth;
use crate::api::{CompareRow, CompareView};

/// The heading of what is shown, plan or comparison.
const TITLE: &str = "plan-title";
const ONLY: &str = "compare-only";
const SAME: &str = "The columns are the same plan. Change the inputs and the marked column \
    follows, or add a published run.";

/// On a plan: keeps it as a column, and shows the columns.
pub fn button() -> AnyView {
    let state = state();
    let name = move || match state.n_kept() {
        0 => "Compare".to_owned(),
        n => format!("Compare with {n} kept"),
    };
    let go = move || {
        state.compare();
        dom::later(0, || {
            dom::focus(TITLE);
            dom::scroll_to("answer");
        });
    };
    act("quiet-button", words(move || name()), String::new(), Box::new(go))
}

/// The comparison, in the place of a plan.
pub fn pane() -> AnyView {
    let state = state();
    let note = move || match state.comparison_note() {
        said if said.is_empty() => ().into_any(),
        said => notice("notice", &said, Vec::new(), ""),
    };
    view! {
        <section class="compare" aria-labelledby=TITLE>
            {tools::head()}
            {live(move || note())}
            {live(move || lead(state))}
            {tools::bar()}
            // The frame stays while columns come and go, and with it how far it is scrolled.
            <div class="table-frame" tabindex="0" role="region" aria-label="Table of the comparison">
                {live(move || columns::table(state))}
            </div>
            {live(move || notes(state))}
        </section>
    }
    .into_any()
}

/// Leaves the comparison, or what else takes the focused button away.
fn refocus() {
    dom::later(0, || dom::focus(TITLE));
}

/// The rows that are shown.
fn rows(only: bool, view: &CompareView) -> Vec<&CompareRow> {
    view.rows.iter().filter(|row| row.differs || !only).collect()
}

fn lead(state: State) -> AnyView {
    let Some(view) = state.comparison() else {
        return line("waiting", "Searching…".to_owned());
    };
    if is_same(&view) {
        return line("compare-lead", SAME.to_owned());
    }
    let lines = view.verdicts.iter().map(|text| line("compare-lead", text.clone()));
    lines.collect::<Vec<_>>().into_any()
}

/// Whether all columns are known and say the same.
fn is_same(view: &Arc<CompareView>) -> bool {
    view.columns.iter().all(|column| column.done) && view.rows.iter().all(|row| !row.differs)
}

/// How to read the table, and what its ranges rest on.
fn notes(state: State) -> AnyView {
    let Some(view) = state.comparison().filter(|view| !view.base.is_empty()) else {
        return ().into_any();
    };
    let base = &view.base;
    let how = format!(
        "\u{2260} marks what differs. Below a number: how many times column {base}'s it is, and \
         its range. "
    );
    let open =
        act("text-button", "How true is this?".into_any(), String::new(), Box::new(truth::open));
    vec![line("trust", format!("{how}{}", view.notes.join(" "))), open].into_any()
}

/// A line of its own.
fn line(class: &'static str, text: String) -> AnyView {
    view! { <p class=class>{text}</p> }.into_any()
}

/// Some words with a look of their own.
fn span(class: &'static str, text: String) -> AnyView {
    view! { <span class=class>{text}</span> }.into_any()
}

/// A button; `label` is its name where the text does not say it.
fn act(class: &'static str, text: AnyView, label: String, act: Box<dyn Fn()>) -> AnyView {
    let label = (!label.is_empty()).then_some(label);
    view! {
        <button type="button" class=class aria-label=label on:click=move |_| act()>
            {text}
        </button>
    }
    .into_any()
}
