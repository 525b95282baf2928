//! The inputs.

mod cluster;
mod combobox;
mod constraints;
mod field;
mod hub;
mod model;
mod pasted;
mod presets;
mod workload;

use leptos::html::Details;
use leptos::prelude::*;

use super::lists;
use super::state::state;
use crate::inputs::Key;
pub use field::id_of;
pub use presets::Presets;

/// All inputs, and in small windows the line that stands for them.
#[component]
pub fn Form(shown: RwSignal<bool>) -> AnyView {
    view! {
        <section id="inputs" class="inputs" class:folded=move || !shown.get() aria-label="Inputs">
            <Summary shown=shown/>
            <div id="fields" class="fields">
                <model::ModelPart/>
                <cluster::ClusterPart/>
                <workload::WorkloadPart/>
                <workload::SoftwarePart/>
                <constraints::ConstraintsPart/>
            </div>
        </section>
    }
    .into_any()
}

/// In small windows: the inputs in one line, which opens to all of them.
#[component]
fn Summary(shown: RwSignal<bool>) -> AnyView {
    let state = state();
    let line = move || {
        state.inputs.with(|inputs| {
            let model = lists::model_name(inputs.get(Key::Model));
            let accelerator = lists::accelerator_name(inputs.get(Key::Accelerator));
            let machines = format!("{} × {accelerator}", inputs.get(Key::Count));
            let batch = format!("{} × {}", inputs.get(Key::Batch), inputs.get(Key::Sequence));
            format!("{model} · {machines} · {batch}")
        })
    };
    view! {
        <button
            type="button"
            class="summary"
            aria-expanded=move || shown.get().to_string()
            aria-controls="fields"
            on:click=move |_| shown.update(|shown| *shown = !*shown)
        >
            <span class="summary-line">{line}</span>
            <span class="summary-act">{move || if shown.get() { "Done" } else { "Change" }}</span>
        </button>
    }
    .into_any()
}

/// A titled group of fields.
#[component]
fn Group(#[prop(into)] title: String, children: Children) -> AnyView {
    let id = format!("group-{}", title.to_lowercase().replace(' ', "-"));
    let title_id = id.clone();
    view! {
        <section class="group" aria-labelledby=id>
            <h2 id=title_id class="group-title">{title}</h2>
            {children()}
        </section>
    }
    .into_any()
}

/// Fields that most people leave alone; it opens by itself when one of them has a problem.
#[component]
fn More(#[prop(into)] title: String, keys: &'static [Key], children: Children) -> AnyView {
    let state = state();
    let set = Memo::new(move |_| {
        state.inputs.with(|inputs| {
            keys.iter()
                .filter(|key| inputs.typed(**key).is_some_and(|t| !t.is_empty()))
                .count()
        })
    });
    let wrong = Memo::new(move |_| {
        state
            .reading
            .with(|reading| keys.iter().any(|key| reading.problem(*key).is_some()))
    });
    let count = move || match set.get() {
        0 => String::new(),
        n => format!("{n} set"),
    };
    // It opens for a problem; only its user closes it.
    let details = NodeRef::<Details>::new();
    Effect::new(move |_| {
        if let (true, Some(details)) = (wrong.get(), details.get()) {
            details.set_open(true);
        }
    });
    view! {
        <details class="more" node_ref=details>
            <summary>
                <span>{title}</span>
                <span class="more-count">{count}</span>
            </summary>
            <div class="more-body">{children()}</div>
        </details>
    }
    .into_any()
}
