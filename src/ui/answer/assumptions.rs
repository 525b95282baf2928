//! What the estimate takes as given.

use std::sync::Arc;

use leptos::prelude::*;

use super::derivation::linked;
use crate::api::{Assumption, PlanView};

/// Facts that the estimate rests on, the unverified ones first.
#[component]
pub fn Assumptions(plan: Signal<Option<Arc<PlanView>>>) -> AnyView {
    let rows = move || {
        plan.with(|plan| {
            plan.as_ref().map(|plan| {
                let mut all: Vec<&Assumption> = plan.assumptions.iter().collect();
                all.sort_by_key(|one| one.verified);
                all.into_iter().map(row).collect_view()
            })
        })
    };
    let none = move || plan.with(|p| p.as_ref().is_none_or(|plan| plan.assumptions.is_empty()));
    view! {
        <section class="part wide" id="assumptions" hidden=none aria-labelledby="assumptions-title">
            <h2 id="assumptions-title">"Taken as given"</h2>
            <ul class="assumptions">{rows}</ul>
        </section>
    }
    .into_any()
}

fn row(one: &Assumption) -> AnyView {
    let doubt = (!one.verified).then(|| view! { <span class="doubt">"unverified"</span> });
    view! {
        <li>
            <span>{one.text.clone()} {doubt}</span>
            <span class="source">{linked(&one.source)}</span>
        </li>
    }
    .into_any()
}
