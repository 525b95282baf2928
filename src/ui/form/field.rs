//! One input with its label, what it was understood as, and what is wrong with it.

use crate::ui::live::live;
use leptos::prelude::*;

use crate::inputs::{Echo, Key, Kind};
use crate::ui::lists::{self, Choice};
use crate::ui::state::state;

/// Where most inputs stand: what the ids of their elements begin with.
const HERE: &str = "in";

/// The id of an input's element.
pub fn id_of(key: Key) -> String {
    id_at(HERE, key)
}

fn id_at(at: &str, key: Key) -> String {
    format!("{at}-{}", key.link_name())
}

/// Some inputs, each with its label and what stands in it while it is empty.
pub fn fields(rows: &[(Key, &'static str, &'static str)]) -> AnyView {
    fields_at(HERE, rows)
}

/// The same in another place, where their ids begin with `at`: an input may stand in two places.
pub fn fields_at(at: &'static str, rows: &[(Key, &'static str, &'static str)]) -> AnyView {
    let row =
        |(key, label, hint): &(Key, &'static str, &'static str)| field_at(at, *key, label, hint);
    rows.iter().map(row).collect_view().into_any()
}

/// One input, as its kind asks.
pub fn field(key: Key, label: &str, hint: &str) -> AnyView {
    field_at(HERE, key, label, hint)
}

fn field_at(at: &'static str, key: Key, label: &str, hint: &str) -> AnyView {
    match key.kind() {
        Kind::Switch => switch(at, key, label),
        Kind::Choice(_) => {
            let mut options = lists::words(key);
            if key.default_text().is_none() {
                options.insert(0, Choice::plain("", hint));
            }
            select_at(at, key, label, Box::new(move || options.clone()))
        }
        _ => typed(at, key, label, hint),
    }
}

/// A quantity typed as people think of it.
fn typed(at: &str, key: Key, label: &str, hint: &str) -> AnyView {
    let state = state();
    let text = state.text(key);
    let problem = state.has_problem(key);
    let id = id_at(at, key);
    let listed = matches!(key, Key::ServeOn | Key::Weights | Key::Cache | Key::Sure);
    let list = listed.then(|| suggestions(&id, key, text));
    view! {
        <div class="field">
            <label for=id.clone()>{label.to_owned()}</label>
            <input
                id=id.clone()
                type="text"
                autocomplete="off"
                autocapitalize="off"
                spellcheck="false"
                placeholder=hint.to_owned()
                aria-invalid=move || problem.get().to_string()
                aria-describedby=format!("{id}-note")
                list=listed.then(|| format!("{id}-list"))
                prop:value=move || text.get()
                on:input=move |ev| state.set(key, event_target_value(&ev))
            />
            {list}
            {note_at(at, key)}
        </div>
    }
    .into_any()
}

/// What may come next in a list of words, behind what stands there already.
fn suggestions(id: &str, key: Key, text: Memo<String>) -> AnyView {
    let state = state();
    let options = move || {
        let now = text.get();
        let before = now.rfind(',').map_or("", |at| now.get(..=at).unwrap_or_default()).to_owned();
        let all = state.inputs(|inputs| lists::suggested(key, inputs));
        let option = |row: &Choice| {
            let value = format!("{before}{}", row.key);
            view! { <option value=value>{row.label.clone()}</option> }
        };
        all.iter().map(option).collect_view().into_any()
    };
    view! { <datalist id=format!("{id}-list")>{live(move || options())}</datalist> }.into_any()
}

/// On or off.
fn switch(at: &str, key: Key, label: &str) -> AnyView {
    let state = state();
    let text = state.text(key);
    let turn = move |on: bool| state.set(key, if on { "on" } else { "off" }.to_owned());
    view! {
        <div class="field">
            <label class="check" for=id_at(at, key)>
                <input
                    id=id_at(at, key)
                    type="checkbox"
                    prop:checked=move || text.get() == "on"
                    on:change=move |ev| turn(event_target_checked(&ev))
                />
                <span>{label.to_owned()}</span>
            </label>
        </div>
    }
    .into_any()
}

/// A choice among few.
pub fn select(key: Key, label: &str, options: Vec<Choice>) -> AnyView {
    select_of(key, label, Box::new(move || options.clone()))
}

/// A choice among few that change with other inputs.
pub fn select_of(key: Key, label: &str, options: Box<dyn Fn() -> Vec<Choice> + Send>) -> AnyView {
    select_at(HERE, key, label, options)
}

fn select_at(
    at: &str,
    key: Key,
    label: &str,
    options: Box<dyn Fn() -> Vec<Choice> + Send>,
) -> AnyView {
    let state = state();
    let text = state.text(key);
    let problem = state.has_problem(key);
    let id = id_at(at, key);
    view! {
        <div class="field">
            <label for=id.clone()>{label.to_owned()}</label>
            <select
                id=id.clone()
                aria-invalid=move || problem.get().to_string()
                aria-describedby=format!("{id}-note")
                on:change=move |ev| state.set(key, event_target_value(&ev))
            >
                {live(move || option_views(&options(), &text.get()))}
            </select>
            <span class="arrow" aria-hidden="true"></span>
            {note_at(at, key)}
        </div>
    }
    .into_any()
}

/// A text that is not among the choices stays, so that nothing given is lost.
fn option_views(rows: &[Choice], now: &str) -> AnyView {
    let known = rows.iter().any(|row| row.key == now);
    let lost = (!known).then(|| Choice::plain(now, &format!("{now} (not known)")));
    let option = |row: &Choice| {
        let name = if row.note.is_empty() {
            row.label.clone()
        } else {
            format!("{} · {}", row.label, row.note)
        };
        view! { <option value=row.key.clone() selected=row.key == now>{name}</option> }
    };
    lost.iter().chain(rows).map(option).collect_view().into_any()
}

/// Under an input: its problem, or else what it was understood as, and what is worth knowing.
pub fn note(key: Key) -> AnyView {
    note_at(HERE, key)
}

fn note_at(at: &str, key: Key) -> AnyView {
    let state = state();
    let problem = Memo::new(move |_| {
        state.reading(|reading| {
            let problem = reading.problem(key);
            problem.map_or_else(String::new, |p| format!("Expected {}; {}.", p.expected, p.hint))
        })
    });
    let echo = Memo::new(move |_| {
        state.reading(|reading| {
            let stands = |typed: &str| match typed {
                "" => key.default_text().unwrap_or_default().to_owned(),
                typed => typed.to_owned(),
            };
            let adds = |echo: &&Echo| adds(key, &stands(&echo.typed), &echo.meaning);
            let echo = reading.echo(key).filter(adds);
            echo.map_or_else(String::new, |echo| echo.meaning.clone())
        })
    });
    let caution = Memo::new(move |_| {
        state.reading(|reading| {
            let notes = reading.notes.iter().filter(|note| note.key == key);
            notes.map(|note| note.text.as_str()).collect::<Vec<_>>().join("; ")
        })
    });
    view! {
        <p id=format!("{}-note", id_at(at, key)) class="note">
            <span class="problem">{move || problem.get()}</span>
            <span>{move || if problem.with(String::is_empty) { echo.get() } else { String::new() }}</span>
            <span class="caution">{move || caution.get()}</span>
        </p>
    }
    .into_any()
}

/// Whether an echo says more than what stands in the field.
fn adds(key: Key, typed: &str, meaning: &str) -> bool {
    let squeezed = |text: &str| -> String {
        text.chars().filter(|c| c.is_alphanumeric() || *c == '.').collect()
    };
    let chosen = matches!(key.kind(), Kind::Choice(_))
        && (!typed.is_empty() || key.default_text().is_some());
    !chosen
        && !matches!(key, Key::Config | Key::Stack | Key::OwnStackName | Key::OwnStackVersion)
        && squeezed(typed) != squeezed(meaning)
}
