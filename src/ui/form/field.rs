//! One input with its label, what it was understood as, and what is wrong with it.

use leptos::prelude::*;

use crate::inputs::{Key, Kind};
use crate::ui::lists::{self, Choice};
use crate::ui::state::state;

/// The id of an input's element.
pub fn id_of(key: Key) -> String {
    format!("in-{}", key.link_name())
}

/// One input, as its kind asks.
#[component]
pub fn Field(
    key: Key,
    #[prop(into)] label: String,
    #[prop(into, optional)] hint: String,
) -> AnyView {
    match key.kind() {
        Kind::Switch => view! { <Switch key=key label=label/> }.into_any(),
        Kind::Choice(_) => {
            let mut options = lists::words(key);
            if key.default_text().is_none() {
                options.insert(0, Choice::plain("", &hint));
            }
            view! { <Select key=key label=label options=options/> }.into_any()
        }
        _ => view! { <Typed key=key label=label hint=hint/> }.into_any(),
    }
}

/// A quantity typed as people think of it.
#[component]
fn Typed(key: Key, label: String, hint: String) -> AnyView {
    let state = state();
    let text = state.text(key);
    let problem = state.has_problem(key);
    let id = id_of(key);
    view! {
        <div class="field">
            <label for=id.clone()>{label}</label>
            <input
                id=id.clone()
                type="text"
                autocomplete="off"
                autocapitalize="off"
                spellcheck="false"
                placeholder=hint
                aria-invalid=move || problem.get().to_string()
                aria-describedby=format!("{id}-note")
                prop:value=move || text.get()
                on:input:target=move |ev| state.set(key, ev.target().value())
            />
            <Note key=key/>
        </div>
    }
    .into_any()
}

/// On or off.
#[component]
fn Switch(key: Key, label: String) -> AnyView {
    let state = state();
    let text = state.text(key);
    let turn = move |on: bool| state.set(key, if on { "on" } else { "off" }.to_owned());
    view! {
        <div class="field">
            <label class="check" for=id_of(key)>
                <input
                    id=id_of(key)
                    type="checkbox"
                    prop:checked=move || text.get() == "on"
                    on:change:target=move |ev| turn(ev.target().checked())
                />
                <span>{label}</span>
            </label>
        </div>
    }
    .into_any()
}

/// A choice among few.
#[component]
pub fn Select(key: Key, #[prop(into)] label: String, options: Vec<Choice>) -> AnyView {
    let state = state();
    let text = state.text(key);
    let problem = state.has_problem(key);
    let id = id_of(key);
    let rows = StoredValue::new(options);
    view! {
        <div class="field">
            <label for=id.clone()>{label}</label>
            <select
                id=id.clone()
                aria-invalid=move || problem.get().to_string()
                aria-describedby=format!("{id}-note")
                on:change:target=move |ev| state.set(key, ev.target().value())
            >
                {move || {
                    let now = text.get();
                    rows.with_value(|rows| option_views(rows, &now))
                }}
            </select>
            <span class="arrow" aria-hidden="true"></span>
            <Note key=key/>
        </div>
    }
    .into_any()
}

/// A text that is not among the choices stays, so that nothing given is lost.
fn option_views(rows: &[Choice], now: &str) -> AnyView {
    let known = rows.iter().any(|row| row.key == now);
    let lost = (!known).then(|| {
        let name = format!("{now} (not known)");
        view! { <option value=now.to_owned() selected=true>{name}</option> }
    });
    let options = rows.iter().map(|row| {
        let selected = row.key == now;
        let name = if row.note.is_empty() {
            row.label.clone()
        } else {
            format!("{} · {}", row.label, row.note)
        };
        view! { <option value=row.key.clone() selected=selected>{name}</option> }
    });
    view! { {lost} {options.collect_view()} }.into_any()
}

/// Under an input: its problem, or else what it was understood as, and what is worth knowing.
#[component]
pub fn Note(key: Key) -> AnyView {
    let state = state();
    let said = Memo::new(move |_| {
        state.reading.with(|reading| {
            let problem = reading.problem(key);
            let problem = problem.map(|p| format!("{}; {}.", p.expected, p.hint));
            let echo = reading
                .echo(key)
                .filter(|echo| adds(key, &echo.typed, &echo.meaning));
            let echo = echo.map(|echo| echo.meaning.clone());
            let notes = reading.notes.iter().filter(|note| note.key == key);
            let notes: Vec<String> = notes.map(|note| note.text.clone()).collect();
            (problem, echo, notes)
        })
    });
    let body = move || {
        let (problem, echo, notes) = said.get();
        let notes = notes
            .into_iter()
            .map(|text| view! { <span class="caution">{text}</span> });
        let main = match problem {
            Some(problem) => view! { <span class="problem">"Expected "{problem}</span> }.into_any(),
            None => echo.map(|echo| view! { <span>{echo}</span> }).into_any(),
        };
        view! { {main} {notes.collect_view()} }
    };
    view! { <p id=format!("{}-note", id_of(key)) class="note">{body}</p> }.into_any()
}

/// Whether an echo says more than what stands in the field.
fn adds(key: Key, typed: &str, meaning: &str) -> bool {
    let squeezed = |text: &str| -> String {
        text.chars()
            .filter(|c| c.is_alphanumeric() || *c == '.')
            .collect()
    };
    let chosen = matches!(key.kind(), Kind::Choice(_)) && !typed.is_empty();
    !chosen && !matches!(key, Key::Config | Key::Stack) && squeezed(typed) != squeezed(meaning)
}
