//! What is done with a comparison as a whole.

use leptos::prelude::*;

use super::{ONLY, TITLE, act, line, refocus, rows};
use crate::api;
use crate::catalogue::presets::Preset;
use crate::link::limits::COLUMNS_MAX;
use crate::ui::copier::copier;
use crate::ui::lists;
use crate::ui::live::{live, words};
use crate::ui::segments::segments;
use crate::ui::share;
use crate::ui::state::{State, state};

/// Value of the choice that is no published run.
const COPY: &str = "copy";

/// The heading, and the ways out.
pub fn head() -> AnyView {
    let state = state();
    let title = move || format!("{} plans side by side", state.columns().len());
    let markdown = move || {
        let (view, only) = untrack(|| (state.comparison(), state.unfolded(ONLY).get()));
        let text = view.map(|view| api::comparison_markdown(&view, &rows(only, &view)));
        share::markdown(&text.unwrap_or_default())
    };
    let close = move || {
        state.close_comparison();
        refocus();
    };
    view! {
        <div class="headline-top">
            <h2 id=TITLE class="plan-title" tabindex="-1">{words(move || title())}</h2>
            <div class="headline-acts">
                {copier("quiet-button", "Copy as Markdown", markdown)}
                {act("quiet-button", "Back to the plan".into_any(), String::new(), Box::new(close))}
            </div>
        </div>
    }
    .into_any()
}

/// Which rows are shown, and what can be added.
pub fn bar() -> AnyView {
    let state = state();
    let taken = RwSignal::new(u32::from(state.unfolded(ONLY).get_untracked()));
    let turn = move |i| {
        taken.set(i);
        state.unfold(ONLY, i == 1);
    };
    let full = Memo::new(move |_| state.columns().len() >= COLUMNS_MAX);
    let add = move || {
        if full.get() {
            line("quiet", "Four columns are the most.".to_owned())
        } else {
            adder(state)
        }
    };
    view! {
        <div class="compare-bar">
            {segments("Rows", "compare-rows", &["All rows", "Only what differs"], taken, turn)}
            {live(move || add())}
        </div>
    }
    .into_any()
}

fn adder(state: State) -> AnyView {
    let chosen = RwSignal::new(COPY.to_owned());
    let option = |preset: &Preset| {
        let text = format!("{}, {}", preset.title, preset.note);
        view! { <option value=preset.link.clone()>{text}</option> }.into_any()
    };
    let options: Vec<AnyView> = lists::preset_rows().iter().map(option).collect();
    let add = move || {
        let link = match chosen.get_untracked() {
            link if link == COPY => state.link_now(),
            link => link,
        };
        state.add_column(&link);
        refocus();
    };
    view! {
        <div class="compare-add">
            <label for="compare-add">"Add"</label>
            <select id="compare-add" on:change=move |ev| chosen.set(event_target_value(&ev))>
                <option value=COPY>"a copy of the inputs"</option>
                {options}
            </select>
            {act("button", "Add column".into_any(), String::new(), Box::new(add))}
        </div>
    }
    .into_any()
}
