//! Prompts and answers on machines of their own, beside the deployment that does both.

use std::sync::Arc;

use leptos::prelude::*;

use super::headline::launch;
use crate::api::{LaunchView, PoolsView};
use crate::ui::budget::sheet_view;
use crate::ui::dom;
use crate::ui::live::live;
use crate::ui::state::{State, state};

/// The section.
pub fn pools() -> AnyView {
    let state = state();
    view! {
        <section class="part" id="pools" aria-labelledby="pools-title">
            <h2 id="pools-title">"Prompts and answers apart"</h2>
            <p class="quiet">
                "Disaggregated serving: some instances only read prompts and hand their cache to \
                others that only write, against instances that do both."
            </p>
            {live(move || sheet(state))}
        </section>
    }
    .into_any()
}

/// What pools come to, with the way to the section.
pub fn line(says: &str, wins: bool) -> AnyView {
    let class = if wins { "published apart-wins" } else { "quiet apart-line" };
    view! {
        <p class=class id="apart">
            {says.to_owned()}" "
            <button type="button" class="text-button" on:click=move |_| dom::scroll_to("pools")>
                "Both beside one another"
            </button>
        </p>
    }
    .into_any()
}

/// Pools where nothing else serves.
pub fn alone(own: &PoolsView) -> AnyView {
    view! {
        <section class="part" id="pools" aria-labelledby="pools-title">
            <h3 id="pools-title">"Prompts and answers apart"</h3>
            {sheet_view(&Arc::new(own.sheet.clone()))}
            {start(&own.launch)}
        </section>
    }
    .into_any()
}

fn start(own: &LaunchView) -> AnyView {
    launch("pools-launch", "Start both pools", Some(own))
}

fn sheet(state: State) -> AnyView {
    match state.serve_study() {
        Some(study) if !study.pools.id.is_empty() => {
            let sheet = sheet_view(&Arc::new(study.pools.clone()));
            view! { {sheet} {start(&study.pools_launch)} }.into_any()
        }
        _ => view! { <p class="quiet">"Weighing pools of their own…"</p> }.into_any(),
    }
}
