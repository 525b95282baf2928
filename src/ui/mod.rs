//! The page.

pub mod worker;

use leptos::prelude::*;

/// Replaces the static fallback by the live page.
pub fn mount() {
    leptos::mount::mount_to_body(App);
    if let Some(fallback) = document().get_element_by_id("fallback") {
        fallback.remove();
    }
}

#[component]
fn App() -> impl IntoView {
    let (state, set_state) = signal("starting");
    let worker = worker::spawn(move |_reply| set_state.set("ready"));
    if worker.is_err() {
        set_state.set("unavailable");
    }
    let worker = StoredValue::new_local(worker.ok());
    on_cleanup(move || {
        if let Some(worker) = worker.try_update_value(Option::take).flatten() {
            worker.terminate();
        }
    });
    view! {
        <main id="app" data-worker=state>
            <h1>"AutoParallel"</h1>
            <p>"Search worker: " {state}</p>
        </main>
    }
}
