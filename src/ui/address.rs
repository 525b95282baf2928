//! The address bar: it always holds the link of the inputs, and its history is the undo.

use std::cell::RefCell;
use std::rc::Rc;

use leptos::prelude::*;
use wasm_bindgen::JsValue;

use super::dom::debounced;
use super::state::State;

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

/// Whether the page is a file of the reader's: its address is of no use to others, and tells where the file lies.
pub fn is_file() -> bool {
    window().location().protocol().is_ok_and(|protocol| protocol == "file:")
}

/// A link as it is passed on: its address, or only its own part where the page is a file.
pub fn passed(link: &str) -> String {
    if is_file() { format!("#{link}") } else { address(link) }
}

/// The address of the folder that the page lies in, with its last `/`.
pub fn folder() -> String {
    let page = address("");
    let page = page.split(['?', '#']).next().unwrap_or_default();
    page.rfind('/').and_then(|at| page.get(..=at)).unwrap_or_default().to_owned()
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
            let link = state.address();
            if *written.borrow() == link {
                *typing.borrow_mut() = false;
                return;
            }
            // The first change after a pause makes a step; those that follow rewrite it. What the
            // page was opened with is put into its own words without a step.
            // To a comparison and back is a step of its own.
            let turned = link.starts_with('+') != written.borrow().starts_with('+');
            write(&link, before.is_some() && (turned || !*typing.borrow()));
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
        // The same inputs in other words make no step.
        *typing.borrow_mut() = true;
        written.borrow_mut().clone_from(&link);
        state.visit(&link);
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
