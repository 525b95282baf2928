//! A list that is searched by typing: the ARIA 1.2 combobox with a listbox.

use leptos::ev::KeyboardEvent;
use leptos::prelude::*;

use super::field::{id_of, note};
use crate::inputs::Key;
use crate::ui::dom;
use crate::ui::lists::Choice;
use crate::ui::state::state;

/// The rows for a text (all for an empty one), and the name of what an input holds.
type Lookup = (fn(&str) -> Vec<Choice>, fn(&str) -> String);

/// What the list shows and where the keyboard is in it.
#[derive(Clone, Copy)]
struct List {
    key: Key,
    open: RwSignal<bool>,
    /// What is typed, while something is being searched.
    query: RwSignal<String>,
    searching: RwSignal<bool>,
    active: RwSignal<u32>,
    /// The rows that are shown.
    found: StoredValue<Vec<Choice>>,
    lookup: StoredValue<Lookup>,
    /// Name of what is chosen.
    current: Memo<String>,
    pick: Callback<String>,
}

/// A searchable choice.
pub fn combobox(
    key: Key,
    label: &str,
    placeholder: &str,
    lookup: Lookup,
    pick: impl Fn(String) + Send + Sync + 'static,
) -> AnyView {
    let state = state();
    let text = state.text(key);
    let list = List {
        key,
        open: RwSignal::new(false),
        query: RwSignal::new(String::new()),
        searching: RwSignal::new(false),
        active: RwSignal::new(0),
        found: StoredValue::new(Vec::new()),
        lookup: StoredValue::new(lookup),
        current: Memo::new(move |_| text.with(|text| lookup.1(text))),
        pick: Callback::new(pick),
    };
    let problem = state.has_problem(key);
    let id = id_of(key);
    view! {
        <div class="field combobox">
            <label for=id.clone()>{label.to_owned()}</label>
            <input
                id=id.clone()
                type="text"
                role="combobox"
                aria-autocomplete="list"
                aria-expanded=move || list.open.get().to_string()
                aria-controls=format!("{id}-list")
                aria-activedescendant=move || list.active_id()
                aria-invalid=move || problem.get().to_string()
                aria-describedby=format!("{id}-note")
                autocomplete="off"
                autocapitalize="off"
                spellcheck="false"
                placeholder=placeholder.to_owned()
                prop:value=move || list.shown()
                on:click=move |_| list.show()
                on:focus=move |_| dom::select_text(&id_of(key))
                on:input=move |ev| list.search(event_target_value(&ev))
                on:keydown=move |ev| list.key_down(&ev)
                on:blur=move |_| list.close()
            />
            <span class="arrow" aria-hidden="true"></span>
            <ul
                id=format!("{id}-list")
                role="listbox"
                aria-label=label.to_owned()
                class="options"
                hidden=move || !list.open.get()
                on:mousedown=|ev| ev.prevent_default()
            >
                {move || list.rows()}
            </ul>
            {note(key)}
        </div>
    }
    .into_any()
}

impl List {
    fn shown(self) -> String {
        if self.searching.get() { self.query.get() } else { self.current.get() }
    }

    fn rows(self) -> AnyView {
        if !self.open.get() {
            return ().into_any();
        }
        self.query.track();
        let found = self.found.get_value();
        if found.is_empty() {
            let text = "Nothing of that name";
            return view! {
                <li class="option-none" role="option" aria-disabled="true">{text}</li>
            }
            .into_any();
        }
        let current = self.current.get();
        let row = |(i, choice): (u32, Choice)| self.row(i, choice, &current);
        (0u32..).zip(found).map(row).collect_view().into_any()
    }

    fn row(self, i: u32, choice: Choice, current: &str) -> AnyView {
        let selected = (choice.label == current).to_string();
        let doubt = if choice.unverified { "unverified" } else { "" };
        let key = choice.key;
        view! {
            <li
                id=self.option_id(i)
                role="option"
                class="option"
                class:active=move || self.active.get() == i
                aria-selected=selected
                on:click=move |_| self.choose(key.clone())
                on:mousemove=move |_| self.point_at(i)
            >
                <span class="option-name">{choice.label}</span>
                <span class="doubt" title="Some of its figures are unverified">{doubt}</span>
                <span class="option-note">{choice.note}</span>
            </li>
        }
        .into_any()
    }

    fn option_id(self, i: u32) -> String {
        format!("{}-option-{i}", id_of(self.key))
    }

    fn active_id(self) -> String {
        let some = self.open.get() && self.found.with_value(|found| !found.is_empty());
        if some { self.option_id(self.active.get()) } else { String::new() }
    }

    fn count(self) -> u32 {
        self.found.with_value(|found| u32::try_from(found.len()).unwrap_or(u32::MAX))
    }

    fn look_up(self, text: &str) {
        let search = self.lookup.with_value(|lookup| lookup.0);
        self.found.set_value(search(text));
    }

    fn show(self) {
        if self.open.get_untracked() {
            return;
        }
        self.look_up("");
        self.open.set(true);
        let current = self.current.get_untracked();
        let is_current = |choice: &Choice| choice.label == current;
        let at = self.found.with_value(|found| found.iter().position(is_current));
        self.move_to(at.and_then(|at| u32::try_from(at).ok()).unwrap_or(0));
    }

    fn close(self) {
        self.open.set(false);
        self.searching.set(false);
        self.query.set(String::new());
    }

    /// Whatever is typed next replaces the name that is shown.
    fn close_and_select(self) {
        self.close();
        let id = id_of(self.key);
        dom::later(0, move || dom::select_text(&id));
    }

    fn choose(self, key: String) {
        self.pick.run(key);
        self.close_and_select();
    }

    fn search(self, text: String) {
        self.look_up(&text);
        self.searching.set(true);
        self.query.set(text);
        self.open.set(true);
        self.move_to(0);
    }

    fn point_at(self, i: u32) {
        if self.active.get_untracked() != i {
            self.active.set(i);
        }
    }

    fn move_to(self, i: u32) {
        self.active.set(i);
        let id = self.option_id(i);
        // Once the options are there.
        dom::later(0, move || dom::scroll_nearest(&id));
    }

    fn key_down(self, ev: &KeyboardEvent) {
        let last = self.count().saturating_sub(1);
        let active = self.active.get_untracked();
        let open = self.open.get_untracked();
        match ev.key().as_str() {
            "ArrowDown" | "ArrowUp" if !open => self.show(),
            "ArrowDown" => self.move_to(if active < last { active + 1 } else { 0 }),
            "ArrowUp" => self.move_to(if active > 0 { active - 1 } else { last }),
            "PageDown" if open => self.move_to((active + 8).min(last)),
            "PageUp" if open => self.move_to(active.saturating_sub(8)),
            "Enter" if open => {
                let at = active as usize;
                let key = self.found.with_value(|found| found.get(at).map(|c| c.key.clone()));
                if let Some(key) = key {
                    self.choose(key);
                }
            }
            "Escape" if open => self.close_and_select(),
            _ => return,
        }
        ev.prevent_default();
        ev.stop_propagation();
    }
}
