//! A trace of requests: its means are typed into the inputs.

use std::sync::Arc;

use leptos::prelude::*;

use super::dropped::{Wanted, place};
use crate::inputs::trace::{TRACE_BYTES_MAX, Trace, trace};
use crate::ui::state::{State, state};

/// What became of the last trace.
type Told = RwSignal<(String, Vec<String>)>;

const WANTED: Wanted = Wanted {
    id: "trace-text",
    label: "Paste rows, or drop a CSV, TSV, JSON or JSONL file here",
    hint: "timestamp,prompt,output",
    file: "A file of requests",
    accept: ".csv,.tsv,.txt,.json,.jsonl,text/csv",
    mebibytes: TRACE_BYTES_MAX >> 20,
};

/// The panel.
pub fn panel() -> AnyView {
    let state = state();
    let told: Told = RwSignal::new((String::new(), Vec::new()));
    let faults = move || {
        let all = told.with(|told| told.1.clone());
        all.into_iter().map(|text| view! { <li>{text}</li> }).collect_view().into_any()
    };
    let take = move |text: Result<String, String>| match text {
        Ok(text) => take(state, told, &text),
        Err(fault) => told.set((String::new(), vec![fault])),
    };
    let said = view! {
        <p>{move || told.with(|told| told.0.clone())}</p>
        <ul class="problem">{move || faults()}</ul>
    };
    place(WANTED, Arc::new(take), said.into_any())
}

fn take(state: State, told: Told, text: &str) {
    if text.trim().is_empty() {
        told.set((String::new(), Vec::new()));
        return;
    }
    let own: Trace = trace(text);
    let mut kept = None;
    state.change(|inputs| {
        kept = own.kept(inputs);
        own.type_into(inputs);
    });
    let line = match own.rows {
        0 => "No row could be used.".to_owned(),
        _ => own.text() + &kept.unwrap_or_default(),
    };
    told.set((line, own.faults));
}
