//! No layout fits: what stands in the way, and the smallest changes that help.

use leptos::prelude::*;

use super::parts::parts_table;
use super::why::cuts;
use crate::api::{Remedy, StuckView};
use crate::ui::serve;

/// Why there is no plan.
pub fn stuck(stuck: &StuckView) -> AnyView {
    let pools = stuck.pools.as_deref();
    let first = pools.map(|own| serve::pools_line(&own.says, true));
    let pools = pools.map(serve::pools_alone);
    view! {
        <section class="stuck" aria-labelledby="plan-title">
            <h2 id="plan-title" class="stuck-title" tabindex="-1">{stuck.headline.clone()}</h2>
            {first}
            {remedies(&stuck.remedies)}
            {details(stuck)}
            {pools}
        </section>
    }
    .into_any()
}

fn remedies(all: &[Remedy]) -> AnyView {
    if all.is_empty() {
        return ().into_any();
    }
    let row = |remedy: &Remedy| {
        view! {
            <li>
                <a href=format!("#{}", remedy.link)>{remedy.text.clone()}</a>
                <span class="remedy-result">{remedy.result.clone()}</span>
            </li>
        }
    };
    view! {
        <h3>"What would make it fit"</h3>
        <ul class="remedies">{all.iter().map(row).collect_view()}</ul>
    }
    .into_any()
}

/// The rules that refuse, or the memory that is too much.
fn details(stuck: &StuckView) -> AnyView {
    let rules = if stuck.details.is_empty() || stuck.memory.is_some() {
        ().into_any()
    } else {
        let table = cuts(&stuck.details, "What stands in the way", "Rule");
        view! { <h3>"What stands in the way"</h3> {table} }.into_any()
    };
    let memory = match &stuck.memory {
        Some(root) => {
            let title = "What stands in the way: memory of the smallest layout";
            view! { <h3>{title}</h3> {parts_table(root, title)} }.into_any()
        }
        None => ().into_any(),
    };
    view! { {rules} {memory} }.into_any()
}
