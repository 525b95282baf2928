//! Light, dark, or as the system has it.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;

use super::dom;
use super::state::{State, state};

const STORED: &str = "autoparallel.theme";

/// The choice of theme.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Theme {
    System,
    Light,
    Dark,
}

impl Theme {
    fn key(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    fn stored() -> Self {
        let stored = dom::storage().and_then(|storage| storage.get_item(STORED).ok().flatten());
        match stored.as_deref() {
            Some("light") => Self::Light,
            Some("dark") => Self::Dark,
            _ => Self::System,
        }
    }

    fn is_dark(self) -> bool {
        match self {
            Self::System => dom::media("(prefers-color-scheme: dark)"),
            Self::Light => false,
            Self::Dark => true,
        }
    }

    fn apply(self, state: State) {
        if let Some(root) = dom::root() {
            drop(root.set_attribute("data-theme", self.key()));
        }
        state.theme.update(|changes| *changes = changes.wrapping_add(1));
    }
}

/// The button that changes it: to the other of light and dark, and from there back to the system's.
#[component]
pub fn ThemeButton() -> impl IntoView {
    let state = state();
    let theme = RwSignal::new(Theme::stored());
    theme.get_untracked().apply(state);
    watch_system(state);
    let turn = move |_| {
        let system_dark = Theme::System.is_dark();
        let now = theme.get_untracked();
        let other = if now.is_dark() { Theme::Light } else { Theme::Dark };
        let next = if other.is_dark() == system_dark { Theme::System } else { other };
        theme.set(next);
        if let Some(storage) = dom::storage() {
            drop(storage.set_item(STORED, next.key()));
        }
        next.apply(state);
    };
    let dark = move || {
        state.theme.track();
        theme.get().is_dark()
    };
    let label = move || {
        if dark() { "Use light colours" } else { "Use dark colours" }
    };
    view! {
        <button type="button" class="icon-button" aria-label=move || label() title=move || label() on:click=turn>
            <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
                <circle
                    cx="8"
                    cy="8"
                    r="6.25"
                    fill="none"
                    stroke="currentColor"
                    stroke-width="1.5"
                />
                <path d="M8 1.75 a6.25 6.25 0 0 1 0 12.5 z" fill="currentColor"/>
            </svg>
        </button>
    }
}

fn watch_system(state: State) {
    let query = window().match_media("(prefers-color-scheme: dark)").ok().flatten();
    let Some(query) = query else { return };
    let changed = Closure::<dyn FnMut()>::new(move || {
        state.theme.update(|changes| *changes = changes.wrapping_add(1));
    });
    drop(query.add_event_listener_with_callback("change", changed.as_ref().unchecked_ref()));
    changed.forget();
}
