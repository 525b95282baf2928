//! What the user has decided already: fixed degrees, forbidden techniques.

use std::collections::BTreeSet;

use leptos::prelude::*;

use super::field::{field, fields, note};
use super::{group, more};
use crate::inputs::{Inputs, Key};
use crate::stack::Technique;
use crate::ui::lists;
use crate::ui::state::{State, state};

const FIXED: &[(Key, &str, &str)] = &[
    (Key::Tp, "TP", "free"),
    (Key::Cp, "CP", "free"),
    (Key::Pp, "PP", "free"),
    (Key::Vpp, "Virtual", "free"),
    (Key::Ep, "EP", "free"),
    (Key::Etp, "Expert TP", "free"),
    (Key::MicroBatch, "Micro-batch", "free"),
    (Key::Zero, "ZeRO", "free"),
    (Key::Shard, "Shard over", "free"),
    (Key::Recompute, "Recompute", "free"),
    (Key::Schedule, "Schedule", "free"),
];

/// The constraints part of the inputs.
pub fn part() -> AnyView {
    let fixed = || view! { <div class="columns three">{fields(FIXED)}</div> }.into_any();
    let keys = FIXED.iter().map(|row| row.0).collect();
    let bound = Memo::new(move |_| state().inputs(Inputs::is_bound));
    let body = view! {
        {field(Key::Headroom, "Memory to keep free", "")}
        <div class="mores">
            {more("Fix degrees", keys, fixed)}
            {more("Forbid techniques", vec![Key::Forbid], forbidden)}
        </div>
        {move || bound.get().then(freeing)}
    };
    group("Constraints", body.into_any())
}

/// Takes back whatever is fixed or forbidden.
pub fn freeing() -> AnyView {
    let state = state();
    let free = move |_| state.change(|inputs| *inputs = inputs.freed());
    view! {
        <button type="button" class="text-button" on:click=free>
            "Free all degrees and techniques"
        </button>
    }
    .into_any()
}

fn forbidden() -> AnyView {
    let state = state();
    let of_stack = Memo::new(move |_| state.inputs(lists::techniques));
    view! {
        <fieldset class="checks">
            <legend class="hidden">"Techniques that must not be used"</legend>
            {move || {
                let rows = of_stack.get().into_iter().map(|one| technique(state, one));
                rows.collect_view().into_any()
            }}
            {note(Key::Forbid)}
        </fieldset>
    }
    .into_any()
}

fn technique(state: State, one: Technique) -> AnyView {
    let turn = move |on: bool| {
        state.change(|inputs| {
            let mut all = names(inputs.get(Key::Forbid));
            if on {
                all.insert(one.key().to_owned());
            } else {
                all.remove(one.key());
            }
            inputs.set(Key::Forbid, all.into_iter().collect::<Vec<_>>().join(","));
        });
    };
    let on = move || state.inputs(|inputs| names(inputs.get(Key::Forbid)).contains(one.key()));
    view! {
        <label class="check">
            <input
                type="checkbox"
                prop:checked=move || on()
                on:change=move |ev| turn(event_target_checked(&ev))
            />
            <span>{one.label()}</span>
        </label>
    }
    .into_any()
}

fn names(text: &str) -> BTreeSet<String> {
    let names = text.split([',', ' ']).map(str::trim).filter(|name| !name.is_empty());
    // Not collected: that would sort first, by code of its own.
    let mut set = BTreeSet::new();
    set.extend(names.map(str::to_owned));
    set
}
