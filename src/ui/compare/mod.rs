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

/// On a plan: keeps it as a column, and shows the columns.
pub fn button() -> AnyView {
    let state = state();
    let name = move || match state.n_kept() {
        0 => "Compare".to_owned(),
        n => format!("Compare with {n} kept"),
    };
    let go = move |_| {
        state.compare();
        dom::later(0, || {
            dom::focus(TITLE);
            dom::scroll_to("answer");
        });
    };
    view! {
        <button type="button" class="quiet-button" on:click=go>
            {words(move || name())}
        </button>
    }
    .into_any()
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
        return view! { <p class="waiting">"Searching…"</p> }.into_any();
    };
    if is_same(&view) {
        let text = "The columns are the same plan. Change the inputs and the marked column follows, or \
                    add a published run.";
        return view! { <p class="compare-lead">{text}</p> }.into_any();
    }
    let line = |text: &String| view! { <li>{text.clone()}</li> }.into_any();
    let lines: Vec<AnyView> = view.verdicts.iter().map(line).collect();
    view! { <ul class="compare-lead">{lines}</ul> }.into_any()
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
        "\u{2260} marks what differs. Below a number: how many times column {base}'s it is, and its \
         range. "
    );
    view! {
        <p class="trust">
            {how} {view.notes.join(" ")}" "
            <button type="button" class="text-button" on:click=move |_| truth::open()>
                "How true is this?"
            </button>
        </p>
    }
    .into_any()
}
