//! To the clipboard.

use leptos::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};

use super::dom;
use super::live::words;

/// A button that copies something, and says whether it did.
pub fn copier(
    class: &'static str,
    name: &'static str,
    what: impl Fn() -> String + Send + 'static,
) -> AnyView {
    copier_boxed(class, name, Box::new(what))
}

/// Copies a text, and tells whether the browser let it.
pub async fn to_clipboard(text: &str) -> bool {
    let clipboard = js_sys::Reflect::get(&window().navigator(), &"clipboard".into());
    let there = clipboard.is_ok_and(|clipboard| !clipboard.is_undefined());
    there && JsFuture::from(window().navigator().clipboard().write_text(text)).await.is_ok()
}

fn copier_boxed(
    class: &'static str,
    name: &'static str,
    what: Box<dyn Fn() -> String + Send>,
) -> AnyView {
    let said = RwSignal::new(name.to_owned());
    let copy = move || {
        let text = what();
        spawn_local(async move {
            let done = to_clipboard(&text).await;
            said.set(if done { "Copied" } else { "Not allowed here" }.to_owned());
            dom::later(2000, move || {
                said.try_set(name.to_owned());
            });
        });
    };
    view! {
        <button type="button" class=class on:click=move |_| copy()>
            <span aria-live="polite">{words(move || said.get())}</span>
        </button>
    }
    .into_any()
}
