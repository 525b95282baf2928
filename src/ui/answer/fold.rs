//! A part of the answer that unfolds, and stays so while answers come and go.

use leptos::prelude::*;

use crate::ui::state::state;

/// A titled part that is folded at first.
#[component]
pub fn Fold(
    #[prop(into)] id: String,
    #[prop(into)] title: String,
    children: ChildrenFn,
) -> AnyView {
    let state = state();
    let open = {
        let id = id.clone();
        Memo::new(move |_| state.unfolded.with(|all| all.contains(&id)))
    };
    let turned = move |now: bool| {
        if now == open.get_untracked() {
            return;
        }
        state.unfolded.update(|all| {
            if now {
                all.insert(id.clone())
            } else {
                all.remove(&id)
            };
        });
    };
    view! {
        <details
            class="fold"
            prop:open=move || open.get()
            on:toggle:target=move |ev| turned(ev.target().open())
        >
            <summary>{title}</summary>
            {move || open.get().then(|| children())}
        </details>
    }
    .into_any()
}
