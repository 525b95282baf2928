//! No layout fits: what stands in the way, and the smallest changes that help.

use std::sync::Arc;

use leptos::prelude::*;

use super::parts::PartsTable;
use super::why::cuts;
use crate::api::{Remedy, StuckView};

/// Why there is no plan.
#[component]
pub fn Stuck(stuck: Arc<StuckView>) -> AnyView {
    let remedy = |remedy: &Remedy| {
        view! {
            <li>
                <a href=format!("#{}", remedy.link)>{remedy.text.clone()}</a>
                <span class="remedy-result">{remedy.result.clone()}</span>
            </li>
        }
    };
    let remedies = (!stuck.remedies.is_empty()).then(|| {
        view! {
            <h3>"What would make it fit"</h3>
            <ul class="remedies">{stuck.remedies.iter().map(remedy).collect_view()}</ul>
        }
    });
    let details = (!stuck.details.is_empty()).then(|| {
        view! {
            <h3>"What stands in the way"</h3>
            {cuts(&stuck.details, "What stands in the way", "Rule")}
        }
    });
    let memory = stuck.memory.clone().map(|root| {
        view! {
            <h3>"Memory of the layout that comes nearest"</h3>
            <PartsTable root=root caption="Memory of the layout that comes nearest"/>
        }
    });
    view! {
        <section class="stuck" aria-labelledby="plan-title">
            <h2 id="plan-title" class="stuck-title" tabindex="-1">{stuck.headline.clone()}</h2>
            {remedies}
            {details}
            {memory}
        </section>
    }
    .into_any()
}
