//! What the user has decided already: fixed degrees, forbidden techniques.

use std::collections::BTreeSet;

use leptos::prelude::*;

use super::field::{Field, Note};
use super::{Group, More};
use crate::inputs::Key;
use crate::stack::Technique;
use crate::ui::lists;
use crate::ui::state::{State, state};

const FIXED: &[(Key, &str)] = &[
    (Key::Tp, "TP"),
    (Key::Cp, "CP"),
    (Key::Pp, "PP"),
    (Key::Vpp, "Virtual"),
    (Key::Ep, "EP"),
    (Key::Etp, "Expert TP"),
    (Key::MicroBatch, "Micro-batch"),
    (Key::Zero, "ZeRO"),
    (Key::Shard, "Shard over"),
    (Key::Recompute, "Recompute"),
    (Key::Schedule, "Schedule"),
];

const FIXED_KEYS: &[Key] = &[
    Key::Tp,
    Key::Cp,
    Key::Pp,
    Key::Vpp,
    Key::Ep,
    Key::Etp,
    Key::MicroBatch,
    Key::Zero,
    Key::Shard,
    Key::Recompute,
    Key::Schedule,
];

/// The constraints part of the inputs.
#[component]
pub fn ConstraintsPart() -> AnyView {
    let field = |(key, label): &(Key, &'static str)| {
        view! { <Field key=*key label=*label hint="free"/> }
    };
    view! {
        <Group title="Constraints">
            <Field key=Key::Headroom label="Memory to keep free"/>
            <div class="mores">
            <More title="Fix degrees" keys=FIXED_KEYS>
                <div class="columns three">{FIXED.iter().map(field).collect_view()}</div>
            </More>
            <More title="Forbid techniques" keys=&[Key::Forbid]>
                <Forbidden/>
            </More>
            </div>
        </Group>
    }
    .into_any()
}

#[component]
fn Forbidden() -> AnyView {
    let state = state();
    let list = Memo::new(move |_| state.inputs.with(lists::techniques));
    let rows = move || {
        list.get()
            .into_iter()
            .map(|one| technique(state, one))
            .collect_view()
    };
    view! {
        <fieldset class="checks">
            <legend class="hidden">"Techniques that must not be used"</legend>
            {rows}
            <Note key=Key::Forbid/>
        </fieldset>
    }
    .into_any()
}

fn technique(state: State, one: Technique) -> AnyView {
    let key = one.key();
    let checked = move || {
        state
            .inputs
            .with(|inputs| forbidden(inputs.get(Key::Forbid)).contains(key))
    };
    let turn = move |on: bool| {
        let mut all = state
            .inputs
            .with_untracked(|inputs| forbidden(inputs.get(Key::Forbid)));
        if on {
            all.insert(key.to_owned());
        } else {
            all.remove(key);
        }
        let text: Vec<String> = all.into_iter().collect();
        state.set(Key::Forbid, text.join(","));
    };
    view! {
        <label class="check">
            <input
                type="checkbox"
                prop:checked=checked
                on:change:target=move |ev| turn(ev.target().checked())
            />
            <span>{one.label()}</span>
        </label>
    }
    .into_any()
}

fn forbidden(text: &str) -> BTreeSet<String> {
    let names = text
        .split([',', ' '])
        .map(str::trim)
        .filter(|name| !name.is_empty());
    names.map(str::to_owned).collect()
}
