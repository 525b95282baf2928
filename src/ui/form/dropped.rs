//! A place for the rows of a table: pasted, dropped, or chosen as a file.

use std::sync::Arc;

use leptos::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{DragEvent, File, HtmlInputElement};

/// What is asked for.
#[derive(Clone, Copy)]
pub struct Wanted {
    /// Id of the text.
    pub id: &'static str,
    /// Its label.
    pub label: &'static str,
    /// What stands in it while it is empty.
    pub hint: &'static str,
    /// What a file is called, for those who cannot see it.
    pub file: &'static str,
    /// Endings of files.
    pub accept: &'static str,
    /// Longest file, in MiB.
    pub mebibytes: u32,
}

/// Who takes a text, or why there is none.
pub type Take = Arc<dyn Fn(Result<String, String>) + Send + Sync>;

/// The place; what becomes of the text stands below it, with the id of the text and `-note`.
pub fn place(wanted: Wanted, take: Take, told: AnyView) -> AnyView {
    let Wanted { id, label, hint, file, accept, .. } = wanted;
    let (dropped, typed, chosen) = (take.clone(), take.clone(), take);
    let inside = view! {
        <label for=id>{label}</label>
        <textarea
            id=id
            rows="4"
            autocomplete="off"
            spellcheck="false"
            placeholder=hint
            aria-describedby=format!("{id}-note")
            on:input=move |ev| typed(Ok(event_target_value(&ev)))
        ></textarea>
        <input
            type="file"
            accept=accept
            aria-label=file
            on:change=move |ev| {
                let input: HtmlInputElement = event_target(&ev);
                if let Some(file) = input.files().and_then(|files| files.get(0)) {
                    read(wanted, chosen.clone(), file);
                }
            }
        />
        <div id=format!("{id}-note") class="note" role="status">
            {told}
        </div>
    };
    zone(move |ev| drop_on(wanted, &dropped, ev), inside.into_any())
}

/// A part of the form on which something may be dropped.
pub fn zone(take: impl Fn(&DragEvent) + 'static, inside: AnyView) -> AnyView {
    let over = RwSignal::new(false);
    view! {
        <div
            class="field drop"
            class:over=move || over.get()
            on:dragover=move |ev| {
                ev.prevent_default();
                over.set(true);
            }
            on:dragleave=move |_| over.set(false)
            on:drop=move |ev| {
                ev.prevent_default();
                over.set(false);
                take(&ev);
            }
        >
            {inside}
        </div>
    }
    .into_any()
}

fn drop_on(wanted: Wanted, take: &Take, ev: &DragEvent) {
    let Some(data) = ev.data_transfer() else { return };
    match data.files().and_then(|files| files.get(0)) {
        Some(file) => read(wanted, take.clone(), file),
        None => take(Ok(data.get_data("text/plain").unwrap_or_default())),
    }
}

fn read(wanted: Wanted, take: Take, file: File) {
    let mebibytes = wanted.mebibytes;
    if file.size() > f64::from(mebibytes << 20) {
        take(Err(format!("{} is larger than {mebibytes} MiB", file.name())));
        return;
    }
    spawn_local(async move {
        let text = JsFuture::from(file.text()).await.ok().and_then(|text| text.as_string());
        take(text.ok_or_else(|| format!("{} is no text", file.name())));
    });
}
