//! Software of the user's own: what is chosen above, and what differs from it.

mod measured;
mod rows;

use leptos::prelude::*;

use super::field::{field, note};
use super::{group_of, more};
use crate::catalogue::constants::Part;
use crate::inputs::Key;
use crate::inputs::software::{self, OWN_ENGINE, OWN_STACK};
use crate::stack::Technique;
use crate::ui::lists;
use crate::ui::live::{live, words};
use crate::ui::state::{State, state};

/// The disclosure below the choice of a stack or engine.
pub fn part(key: Key) -> AnyView {
    let keys = keys(key);
    view! {
        {note(key)}
        <div class="mores">
            {more(name(key), keys.to_vec(), move || panel(key))}
        </div>
    }
    .into_any()
}

const fn keys(key: Key) -> [Key; 3] {
    match key {
        Key::OwnEngine => OWN_ENGINE,
        _ => OWN_STACK,
    }
}

const fn name(key: Key) -> &'static str {
    match key {
        Key::OwnEngine => "Your own engine",
        _ => "Your own stack",
    }
}

fn panel(key: Key) -> AnyView {
    let state = state();
    let [_, label, version] = keys(key);
    let base = Memo::new(move |_| state.inputs(|inputs| lists::software_name(key, inputs)));
    let lead = move || {
        format!(
            "{} with what you change. What you type stands in the link; an empty field is as {} \
             has it.",
            base.get(),
            base.get()
        )
    };
    let parts = Part::ALL.into_iter().map(|of| rows::part(key, of, base));
    view! {
        <p class="note">{words(lead)}</p>
        <div class="columns">
            {field(label, "Name", "as it is called")} {field(version, "Version", "1.2, 2026-11")}
        </div>
        <div class="mores">
            {measured::part(key)} {parts.collect_view()}
            {(key == Key::OwnStack).then(|| techniques(key))}
        </div>
        {live(move || {
            if is_own(state, key) { reset(state, key, base.get()) } else { ().into_any() }
        })}
    }
    .into_any()
}

fn is_own(state: State, key: Key) -> bool {
    let typed = |key: &Key| state.inputs(|inputs| inputs.typed(*key).is_some());
    keys(key).iter().any(typed)
}

fn reset(state: State, key: Key, base: String) -> AnyView {
    let clear = move |_| state.change(|inputs| keys(key).iter().for_each(|key| inputs.clear(*key)));
    view! {
        <button type="button" class="text-button" on:click=clear>
            {format!("Back to {base} as it is")}
        </button>
    }
    .into_any()
}

/// What was typed for one name.
fn typed(state: State, key: Key, field: &str) -> String {
    let text = state.inputs(|inputs| inputs.get(key).to_owned());
    let own = software::items(&text).into_iter().find(|(name, _)| name == field);
    own.map(|(_, value)| value).unwrap_or_default()
}

/// Types a value for one name; none takes it back to the base's.
fn set(state: State, key: Key, field: &str, value: &str) {
    state.change(|inputs| {
        let text = software::with(inputs.get(key), field, value);
        inputs.set(key, text);
    });
}

fn techniques(key: Key) -> AnyView {
    let state = state();
    let changed = move || {
        let text = state.inputs(|inputs| inputs.get(key).to_owned());
        let is = |(name, _): &(String, String)| Technique::from_key(name).is_some();
        software::items(&text).iter().filter(|own| is(own)).count()
    };
    let body = move || {
        let rows = Technique::ALL.iter().map(|one| technique(state, key, *one)).collect_view();
        view! {
            <fieldset class="checks">
                <legend class="hidden">"Techniques that it can run"</legend>
                {rows}
            </fieldset>
        }
        .into_any()
    };
    group_of("Techniques", Box::new(changed), Box::new(body))
}

fn technique(state: State, key: Key, one: Technique) -> AnyView {
    let of_base = move || state.inputs(|inputs| lists::base_has(inputs, one));
    let own = Memo::new(move |_| typed(state, key, one.key()));
    let on = move || match own.get().as_str() {
        "" => of_base(),
        own => own == "on",
    };
    let differs = Memo::new(move |_| on() != of_base());
    let turn = move |on: bool| {
        let value = match (on == of_base(), on) {
            (true, _) => "",
            (_, true) => "on",
            _ => "off",
        };
        set(state, key, one.key(), value);
    };
    let mark = move || match (differs.get(), on()) {
        (true, true) => " added",
        (true, false) => " taken away",
        _ => "",
    };
    view! {
        <label class="check" class:changed=move || differs.get()>
            <input
                type="checkbox"
                prop:checked=on
                on:change=move |ev| turn(event_target_checked(&ev))
            />
            <span>{one.label()} <strong>{mark}</strong></span>
        </label>
    }
    .into_any()
}
