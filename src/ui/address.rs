//! The address bar: it always holds the link of the inputs, and its history is the undo.

use std::cell::RefCell;
use std::rc::Rc;

use leptos::prelude::*;
use wasm_bindgen::JsValue;

use super::dom::debounced;
use super::state::State;
use crate::link::{decode, encode};

/// Typing that pauses for this long is one step of the history.
const SETTLED_MS: u32 = 600;

/// The link in the address bar, without `#`.
pub fn fragment() -> String {
    let hash = window().location().hash().unwrap_or_default();
    hash.strip_prefix('#').unwrap_or(&hash).to_owned()
}

/// The full address of a link.
pub fn address(link: &str) -> String {
    let href = window().location().href().unwrap_or_default();
    let page = href.split('#').next().unwrap_or_default();
    format!("{page}#{link}")
}

/// Keeps the address bar and the inputs the same, both ways.
pub fn bind(state: State) {
    let written = Rc::new(RefCell::new(fragment()));
    let typing = Rc::new(RefCell::new(false));
    let settled = {
        let typing = typing.clone();
        debounced(SETTLED_MS, move || *typing.borrow_mut() = false)
    };
    Effect::new({
        let (written, typing) = (written.clone(), typing.clone());
        move |before: Option<()>| {
            let link = state.link.get();
            if *written.borrow() == link {
                return;
            }
            // The first change after a pause makes a step; those that follow rewrite it. What the
            // page was opened with is put into its own words without a step.
            let step = before.is_some() && !*typing.borrow();
            if before.is_some() {
                state.link_problems.set(Vec::new());
            }
            write(&link, step);
            *written.borrow_mut() = link;
            if before.is_some() {
                *typing.borrow_mut() = true;
                settled();
            }
        }
    });
    let listener = window_event_listener(leptos::ev::hashchange, move |_| {
        let link = fragment();
        if *written.borrow() == link {
            return;
        }
        written.borrow_mut().clone_from(&link);
        *typing.borrow_mut() = false;
        let decoded = decode(&link);
        let problems = decoded.problems.iter().map(ToString::to_string).collect();
        state.link_problems.set(problems);
        let canonical = encode(&decoded.inputs);
        if canonical != link {
            write(&canonical, false);
            *written.borrow_mut() = canonical;
        }
        state.inputs.set(decoded.inputs);
        state
            .visits
            .update(|visits| *visits = visits.wrapping_add(1));
    });
    on_cleanup(move || listener.remove());
}

/// Browsers limit how often history may change; what they refuse comes with the next change.
fn write(link: &str, step: bool) {
    let Ok(history) = window().history() else {
        return;
    };
    let url = format!("#{link}");
    let done = if step {
        history.push_state_with_url(&JsValue::NULL, "", Some(&url))
    } else {
        history.replace_state_with_url(&JsValue::NULL, "", Some(&url))
    };
    drop(done);
}
