//! The inputs.

mod cluster;
mod combobox;
mod constraints;
mod dropped;
mod field;
mod hub;
mod model;
mod own;
mod pasted;
mod presets;
mod purpose;
mod serve;
mod trace;
mod workload;

use crate::ui::live::{live, words};
use leptos::prelude::*;

use super::lists;
use super::state::state;
use crate::inputs::software::items;
use crate::inputs::{Inputs, Key, Kind};
pub use constraints::freeing;
pub use field::{fields, fields_at, id_of};
pub use presets::Presets;

/// All inputs, and in small windows the line that stands for them.
#[component]
pub fn Form(shown: RwSignal<bool>) -> AnyView {
    let state = state();
    let serves = Memo::new(move |_| state.inputs(Inputs::is_serving));
    view! {
        <section id="inputs" class="inputs" class:folded=move || !shown.get() aria-label="Inputs">
            <Summary shown=shown/>
            <div id="fields" class="fields">
                {purpose::part()}
                {model::part()}
                {live(move || if serves.get() { serve::parts() } else { training() })}
            </div>
        </section>
    }
    .into_any()
}

/// What training asks beside the model.
fn training() -> AnyView {
    let parts = [cluster::part(), workload::part(), workload::software_part(), constraints::part()];
    parts.collect_view().into_any()
}

/// In small windows: the inputs in one line, which opens to all of them.
#[component]
fn Summary(shown: RwSignal<bool>) -> AnyView {
    let state = state();
    let line = move || {
        state.inputs(|inputs| {
            let model = lists::model_name(inputs.get(Key::Model));
            if inputs.is_serving() {
                return serve::summary(inputs, &model);
            }
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
            <span class="summary-line">{words(move || line())}</span>
            <span class="summary-act">
                {move || if shown.get() { "Done".to_owned() } else { "Change".to_owned() }}
            </span>
        </button>
    }
    .into_any()
}

/// A titled group of fields.
fn group(title: &str, body: AnyView) -> AnyView {
    let id = format!("group-{}", title.to_ascii_lowercase().replace(' ', "-"));
    view! {
        <section class="group" aria-labelledby=id.clone()>
            <h2 id=id.clone() class="group-title">{title.to_owned()}</h2>
            {body}
        </section>
    }
    .into_any()
}

/// Fields that most people leave alone; open by themselves when one of them has a problem.
pub fn more(title: &str, keys: Vec<Key>, body: impl Fn() -> AnyView + Send + 'static) -> AnyView {
    let state = state();
    let open = RwSignal::new(false);
    let of = keys.clone();
    let set = move || {
        // Of a list, each of its words counts.
        let typed = |key: &Key| {
            state.inputs(|inputs| match inputs.typed(*key).unwrap_or_default() {
                "" => 0,
                text if *key == Key::Forbid => text.split(',').count(),
                text if key.kind() == Kind::Changes => items(text).len(),
                _ => 1,
            })
        };
        of.iter().map(typed).sum::<usize>()
    };
    Effect::new(move |_| {
        if state.reading(|reading| keys.iter().any(|key| reading.problem(*key).is_some())) {
            open.set(true);
        }
    });
    folded(title, open, Box::new(set), Box::new(body))
}

/// A part of such fields, of which `set` are not as they were.
fn group_of(
    title: &str,
    set: Box<dyn Fn() -> usize + Send + Sync>,
    body: Box<dyn Fn() -> AnyView + Send>,
) -> AnyView {
    folded(title, RwSignal::new(false), set, body)
}

/// They are made when they are opened first; only their user closes them.
fn folded(
    title: &str,
    open: RwSignal<bool>,
    set: Box<dyn Fn() -> usize + Send + Sync>,
    body: Box<dyn Fn() -> AnyView + Send>,
) -> AnyView {
    let made = Memo::new(move |before: Option<&bool>| open.get() || before == Some(&true));
    let count = Memo::new(move |_| match set() {
        0 => String::new(),
        n => format!("{n} set"),
    });
    view! {
        <details
            class="more"
            prop:open=move || open.get()
            on:toggle=move |ev| {
                let now = event_target::<web_sys::HtmlDetailsElement>(&ev).open();
                if open.get_untracked() != now {
                    open.set(now);
                }
            }
        >
            <summary>
                <span>{title.to_owned()}</span>
                <span class="more-count">{move || count.get()}</span>
            </summary>
            <div class="more-body">
                {move || if made.get() { body() } else { ().into_any() }}
            </div>
        </details>
    }
    .into_any()
}
