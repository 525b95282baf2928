//! Prompts and answers on machines of their own, beside the deployment that does both.

use std::sync::Arc;

use leptos::prelude::*;

use crate::ui::budget::sheet_view;
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

fn sheet(state: State) -> AnyView {
    match state.serve_study() {
        Some(study) if !study.pools.id.is_empty() => sheet_view(&Arc::new(study.pools.clone())),
        _ => view! { <p class="quiet">"Weighing pools of their own…"</p> }.into_any(),
    }
}
