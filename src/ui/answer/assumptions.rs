//! What the estimate takes as given.

use crate::ui::live::live;
use leptos::prelude::*;

use super::derivation::linked;
use crate::api::Assumption;
use crate::ui::state::{State, state};
use crate::units::order;

/// Facts that the estimate rests on, the unverified ones first.
pub fn assumptions() -> AnyView {
    let state = state();
    let none = move || state.plan().is_none_or(|plan| plan.assumptions.is_empty());
    view! {
        <section
            class="part wide"
            id="assumptions"
            hidden=move || none()
            aria-labelledby="assumptions-title"
        >
            <h2 id="assumptions-title">"Taken as given"</h2>
            <ul class="assumptions">{live(move || rows(state))}</ul>
        </section>
    }
    .into_any()
}

fn rows(state: State) -> AnyView {
    let Some(plan) = state.plan() else {
        return ().into_any();
    };
    let mut all: Vec<&Assumption> = plan.assumptions.iter().collect();
    order::sort_by_key(&mut all, |one| one.verified);
    all.into_iter().map(row).collect_view().into_any()
}

fn row(one: &Assumption) -> AnyView {
    let doubt = if one.verified { "" } else { "unverified" };
    view! {
        <li>
            <span>{one.text.clone()} <span class="doubt">{doubt}</span></span>
            <span class="source">{linked(&one.source)}</span>
        </li>
    }
    .into_any()
}
