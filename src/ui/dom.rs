//! Small things that the page asks of the browser. Whatever a browser refuses is quietly absent.

use std::time::Duration;

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{
    Element, HtmlElement, HtmlInputElement, ScrollBehavior, ScrollIntoViewOptions, Storage,
};

/// The element of that id.
pub fn by_id(id: &str) -> Option<HtmlElement> {
    document().get_element_by_id(id)?.dyn_into().ok()
}

/// Puts the keyboard there.
pub fn focus(id: &str) {
    if let Some(element) = by_id(id) {
        drop(element.focus());
    }
}

/// Selects what the input of that id holds, if the keyboard is in it.
pub fn select_text(id: &str) {
    let input = by_id(id).and_then(|element| element.dyn_into::<HtmlInputElement>().ok());
    let at = document().active_element();
    if let Some(input) = input.filter(|input| at.as_ref() == Some(input.as_ref())) {
        input.select();
    }
}

/// Brings it into view, at once for those who want less motion.
pub fn scroll_to(id: &str) {
    let Some(element) = by_id(id) else { return };
    let options = ScrollIntoViewOptions::new();
    let calm = media("(prefers-reduced-motion: reduce)");
    options.set_behavior(if calm { ScrollBehavior::Auto } else { ScrollBehavior::Smooth });
    element.scroll_into_view_with_scroll_into_view_options(&options);
}

/// Brings an option of a list into the list's view.
pub fn scroll_nearest(id: &str) {
    let Some(element) = by_id(id) else { return };
    let options = ScrollIntoViewOptions::new();
    options.set_block(web_sys::ScrollLogicalPosition::Nearest);
    element.scroll_into_view_with_scroll_into_view_options(&options);
}

/// Whether an element begins in the right half of the window.
pub fn is_right(element: &Element) -> bool {
    element.get_bounding_client_rect().left()
        > f64::from(document().body().map_or(0, |body| body.client_width())) / 2.0
}

/// Whether a media query holds now.
pub fn media(query: &str) -> bool {
    window().match_media(query).ok().flatten().is_some_and(|list| list.matches())
}

/// Storage that outlives the visit, where there is one.
pub fn storage() -> Option<Storage> {
    window().local_storage().ok().flatten()
}

/// The root element.
pub fn root() -> Option<Element> {
    document().document_element()
}

/// Runs `action` when `ms` milliseconds have passed without another call; never once what asked for it is gone.
pub fn debounced(ms: u32, action: impl Fn() + Clone + 'static) -> impl Fn() + Clone {
    let waiting = StoredValue::new_local(None::<TimeoutHandle>);
    on_cleanup(move || {
        waiting.try_update_value(|waiting| {
            if let Some(handle) = waiting.take() {
                handle.clear();
            }
        });
    });
    move || {
        let action = action.clone();
        waiting.try_update_value(|waiting| {
            if let Some(handle) = waiting.take() {
                handle.clear();
            }
            let delay = Duration::from_millis(u64::from(ms));
            *waiting = set_timeout_with_handle(action, delay).ok();
        });
    }
}

/// Waits for that many milliseconds.
pub async fn pause(ms: u32) {
    let wait = js_sys::Promise::new(&mut |done, _| {
        later(ms, move || drop(done.call0(&wasm_bindgen::JsValue::NULL)));
    });
    drop(wasm_bindgen_futures::JsFuture::from(wait).await);
}

/// Runs `action` after `ms` milliseconds.
pub fn later(ms: u32, action: impl FnOnce() + 'static) {
    set_timeout(action, Duration::from_millis(u64::from(ms)));
}
