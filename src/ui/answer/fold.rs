//! A part of the answer that unfolds, and stays so while answers come and go.

use leptos::prelude::*;
use web_sys::HtmlDetailsElement;

use crate::ui::live::live;
use crate::ui::state::state;

/// A titled part that is folded at first; its body is made when it is unfolded.
pub fn fold(id: &str, title: &'static str, body: impl Fn() -> AnyView + Send + 'static) -> AnyView {
    fold_boxed(id, title, Box::new(body))
}

fn fold_boxed(id: &str, title: &'static str, body: Box<dyn Fn() -> AnyView + Send>) -> AnyView {
    let state = state();
    let open = state.unfolded(id);
    let id = id.to_owned();
    view! {
        <details
            class="fold"
            prop:open=move || open.get()
            on:toggle=move |ev| {
                let now = event_target::<HtmlDetailsElement>(&ev).open();
                if now != open.get_untracked() {
                    state.unfold(&id, now);
                }
            }
        >
            <summary>{title}</summary>
            {live(move || if open.get() { body() } else { ().into_any() })}
        </details>
    }
    .into_any()
}
