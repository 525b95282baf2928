//! Constants, each with the value of the base and one's own.

use leptos::prelude::*;

use super::super::group_of;
use super::{set, typed};
use crate::api::own::{OwnRow, own_rows};
use crate::catalogue::constants::Part;
use crate::inputs::Key;
use crate::inputs::software::{canonical, items};
use crate::ui::live::live;
use crate::ui::state::{State, state};

/// The constants of one part.
pub fn part(key: Key, of: Part, base: Memo<String>) -> AnyView {
    let state = state();
    let rows = Memo::new(move |_| {
        state.inputs(|inputs| {
            let all = state.reading_now(|reading| own_rows(key, inputs, reading));
            all.into_iter().filter(|row| row.part == of).collect::<Vec<OwnRow>>()
        })
    });
    if rows.with_untracked(Vec::is_empty) {
        return ().into_any();
    }
    let changed = move || {
        let own = items(&state.inputs(|inputs| inputs.get(key).to_owned()));
        rows.with(|rows| rows.iter().filter(|row| own.iter().any(|own| own.0 == row.field)).count())
    };
    // Which base value is open.
    let opened = RwSignal::new(String::new());
    let body = move || {
        let lines = move || {
            let all = rows.get().into_iter();
            all.map(|row| line(state, key, row, opened, base)).collect_view().into_any()
        };
        view! {
            <div class="own-table">
                <table>
                    <caption class="hidden">{format!("{of}: constants, the base's values and yours")}</caption>
                    <thead>
                        <tr>
                            <th scope="col">"Constant"</th>
                            <th scope="col">"Base"</th>
                            <th scope="col">"Yours"</th>
                        </tr>
                    </thead>
                    <tbody>{live(lines)}</tbody>
                </table>
            </div>
        }
        .into_any()
    };
    group_of(&of.to_string(), Box::new(changed), Box::new(body))
}

fn line(
    state: State,
    key: Key,
    row: OwnRow,
    opened: RwSignal<String>,
    base: Memo<String>,
) -> AnyView {
    let field = StoredValue::new(row.field.clone());
    let own = Memo::new(move |_| field.with_value(|field| typed(state, key, field)));
    let fault = Memo::new(move |_| {
        let value = own.get();
        let read = || field.with_value(|field| canonical(key, field, &value));
        let problem = (!value.is_empty()).then(read).and_then(Result::err);
        problem.map_or_else(String::new, |p| format!("Expected {}; {}.", p.expected, p.hint))
    });
    let differs = move || own.with(|own| !own.is_empty());
    let is_open = move || field.with_value(|field| opened.with(|opened| opened == field));
    let turn = move |_| {
        opened.set(if is_open() { String::new() } else { field.get_value() });
    };
    let id = format!("own-{}-{}", key.link_name(), row.field);
    let note_id = format!("{id}-note");
    let name = row.label.clone();
    let source = StoredValue::new(row.source);
    view! {
        <tr class:changed=differs>
            <th scope="row">
                <label for=id.clone()>{row.label.clone()}</label>
                <span class="unit">{row.unit}</span>
                <span id=note_id.clone() class="note problem">{move || fault.get()}</span>
                {live(move || match is_open() {
                    true => {
                        let text = format!("{}: {}", base.get(), source.get_value());
                        view! { <span class="note">{text}</span> }.into_any()
                    }
                    false => ().into_any(),
                })}
            </th>
            <td>
                <button
                    type="button"
                    class="number"
                    aria-expanded=move || is_open().to_string()
                    aria-label=format!("{}: where {name} comes from", row.base)
                    on:click=turn
                >
                    {row.base.clone()}
                </button>
            </td>
            <td class="own-value">
                {entry(state, key, (field, id, note_id), (own, fault), row.is_switch)}
                <button
                    type="button"
                    class="quiet-button"
                    disabled=move || !differs()
                    aria-label=format!("Reset {name}")
                    on:click=move |_| field.with_value(|field| set(state, key, field, ""))
                >
                    "\u{d7}"
                </button>
            </td>
        </tr>
    }
    .into_any()
}

fn entry(
    state: State,
    key: Key,
    (field, id, note_id): (StoredValue<String>, String, String),
    (own, fault): (Memo<String>, Memo<String>),
    is_switch: bool,
) -> AnyView {
    let turn = move |value: String| field.with_value(|field| set(state, key, field, &value));
    let wrong = move || (!fault.with(String::is_empty)).to_string();
    if is_switch {
        let option = |value: &'static str, name: &'static str| {
            view! { <option value=value selected=move || own.get() == value>{name}</option> }
        };
        return view! {
            <select id=id aria-describedby=note_id aria-invalid=wrong on:change=move |ev| turn(event_target_value(&ev))>
                {option("", "\u{2013}")} {option("1", "yes")} {option("0", "no")}
            </select>
        }
        .into_any();
    }
    view! {
        <input
            id=id
            type="text"
            inputmode="decimal"
            autocomplete="off"
            placeholder="\u{2013}"
            aria-describedby=note_id
            aria-invalid=wrong
            prop:value=move || own.get()
            on:input=move |ev| turn(event_target_value(&ev))
        />
    }
    .into_any()
}
