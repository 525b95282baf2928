//! A list that is searched by typing: the ARIA 1.2 combobox with a listbox.

use std::sync::Arc;

use leptos::ev::KeyboardEvent;
use leptos::prelude::*;

use super::field::{Note, id_of};
use crate::inputs::Key;
use crate::ui::dom;
use crate::ui::lists::Choice;
use crate::ui::state::state;

/// What the list shows and where the keyboard is in it.
#[derive(Clone, Copy)]
struct List {
    /// What is typed; none while nothing is being searched.
    query: RwSignal<Option<String>>,
    open: RwSignal<bool>,
    active: RwSignal<usize>,
    found: Memo<Arc<Vec<Choice>>>,
    /// Name of what is chosen.
    current: Memo<String>,
    key: Key,
}

/// A searchable choice: `search` gives the rows for a text (all for an empty one), `name` the name
/// of what the input holds.
#[component]
pub fn Combobox(
    key: Key,
    #[prop(into)] label: String,
    search: fn(&str) -> Vec<Choice>,
    name: fn(&str) -> String,
    #[prop(into)] placeholder: String,
    #[prop(into)] on_pick: Callback<String>,
) -> AnyView {
    let state = state();
    let text = state.text(key);
    let query = RwSignal::new(None::<String>);
    let list = List {
        query,
        open: RwSignal::new(false),
        active: RwSignal::new(0),
        found: Memo::new(move |_| {
            query.with(|query| Arc::new(search(query.as_deref().unwrap_or_default())))
        }),
        current: Memo::new(move |_| text.with(|text| name(text))),
        key,
    };
    let pick = move |choice: Choice| {
        on_pick.run(choice.key);
        list.close_and_select();
    };
    let problem = state.has_problem(key);
    let id = id_of(key);
    view! {
        <div class="field combobox">
            <label for=id.clone()>{label.clone()}</label>
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
                placeholder=placeholder
                prop:value=move || list.query.get().unwrap_or_else(|| list.current.get())
                on:click=move |_| list.show()
                on:focus:target=move |ev| ev.target().select()
                on:input:target=move |ev| list.search(ev.target().value())
                on:keydown=move |ev| list.key_down(&ev, &pick)
                on:blur=move |_| list.close()
            />
            <span class="arrow" aria-hidden="true"></span>
            <ul
                id=format!("{id}-list")
                role="listbox"
                aria-label=label
                class="options"
                hidden=move || !list.open.get()
                on:mousedown=|ev| ev.prevent_default()
            >
                {move || list.open.get().then(|| rows(list, pick))}
            </ul>
            <Note key=key/>
        </div>
    }
    .into_any()
}

fn rows(list: List, pick: impl Fn(Choice) + Copy + Send + Sync + 'static) -> AnyView {
    let found = list.found.get();
    if found.is_empty() {
        let text = "Nothing of that name";
        return view! { <li class="option-none" role="option" aria-disabled="true">{text}</li> }
            .into_any();
    }
    let current = list.current.get();
    let row = move |(i, choice): (usize, &Choice)| {
        let picked = choice.clone();
        let selected = choice.label == current;
        let doubt = choice.unverified.then(|| {
            view! { <span class="doubt" title="Some figures are unverified">"unverified"</span> }
        });
        view! {
            <li
                id=list.option_id(i)
                role="option"
                class="option"
                class:active=move || list.active.get() == i
                aria-selected=selected.to_string()
                on:click=move |_| pick(picked.clone())
                on:mousemove=move |_| if list.active.get_untracked() != i { list.active.set(i) }
            >
                <span class="option-name">{choice.label.clone()}</span>
                {doubt}
                <span class="option-note">{choice.note.clone()}</span>
            </li>
        }
    };
    found.iter().enumerate().map(row).collect_view().into_any()
}

impl List {
    fn option_id(self, i: usize) -> String {
        format!("{}-option-{i}", id_of(self.key))
    }

    fn active_id(self) -> Option<String> {
        let some = self.open.get() && self.active.get() < self.found.with(|found| found.len());
        some.then(|| self.option_id(self.active.get()))
    }

    fn show(self) {
        if self.open.get_untracked() {
            return;
        }
        self.open.set(true);
        let current = self.current.get_untracked();
        let at = self
            .found
            .with_untracked(|found| found.iter().position(|c| c.label == current));
        self.move_to(at.unwrap_or(0));
    }

    fn close(self) {
        self.open.set(false);
        self.query.set(None);
    }

    /// Whatever is typed next replaces the name that is shown.
    fn close_and_select(self) {
        self.close();
        let id = id_of(self.key);
        dom::later(0, move || dom::select_text(&id));
    }

    fn search(self, text: String) {
        self.query.set(Some(text));
        self.open.set(true);
        self.move_to(0);
    }

    fn move_to(self, i: usize) {
        self.active.set(i);
        let id = self.option_id(i);
        // Once the options are there.
        dom::later(0, move || dom::scroll_nearest(&id));
    }

    fn key_down(self, ev: &KeyboardEvent, pick: &impl Fn(Choice)) {
        let n = self.found.with_untracked(|found| found.len());
        let active = self.active.get_untracked();
        let open = self.open.get_untracked();
        match ev.key().as_str() {
            "ArrowDown" | "ArrowUp" if !open => self.show(),
            "ArrowDown" => self.move_to(if active + 1 < n { active + 1 } else { 0 }),
            "ArrowUp" => self.move_to(if active > 0 {
                active - 1
            } else {
                n.saturating_sub(1)
            }),
            "PageDown" if open => self.move_to((active + 8).min(n.saturating_sub(1))),
            "PageUp" if open => self.move_to(active.saturating_sub(8)),
            "Enter" if open => {
                if let Some(choice) = self
                    .found
                    .with_untracked(|found| found.get(active).cloned())
                {
                    pick(choice);
                }
            }
            "Escape" if open => self.close_and_select(),
            _ => return,
        }
        ev.prevent_default();
        ev.stop_propagation();
    }
}
