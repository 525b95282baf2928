//! The answer to a question about serving.

mod fits;
mod headline;
mod pictures;
mod pools;
mod why;

pub use pools::{alone as pools_alone, line as pools_line};

use std::sync::Arc;

use leptos::prelude::*;

use super::answer::{below, breakdown_of, fold};
use super::live::{live, words};
use super::state::{State, Verdict, state};
use super::table::{Cell, table};
use crate::api::{Assumption, ServeView};

/// Every part of a deployment.
pub fn pane() -> AnyView {
    let state = state();
    let body = move || match state.served() {
        Some(serve) => whole(&serve),
        None => view! { <p class="waiting">{words(move || waiting(state))}</p> }.into_any(),
    };
    live(body)
}

fn whole(serve: &Arc<ServeView>) -> AnyView {
    let rest = serve.clone();
    view! {
        <div class="plan serve">
            {headline::headline(serve)}
            {below(state(), move || below_headline(&rest))}
        </div>
    }
    .into_any()
}

fn below_headline(serve: &Arc<ServeView>) -> AnyView {
    let decode = breakdown_of(
        "decode",
        "One token of every answer",
        serve.decode.clone(),
        serve.decode.figure.shown.clone(),
    );
    let prefill = breakdown_of(
        "prefill",
        "One prompt read",
        serve.prefill.clone(),
        serve.prefill.figure.shown.clone(),
    );
    let memory = breakdown_of(
        "memory",
        "Memory by part",
        serve.memory.clone(),
        serve.memory_capacity.clone(),
    );
    view! {
        {why::why(serve)}
        <div class="pair">{pictures::tradeoff()} {pictures::roofline(serve)}</div>
        {pools::pools()}
        {fits::fits()}
        <div class="pair">{decode} {prefill}</div>
        <div class="pair">{memory} {assumptions(&serve.assumptions)}</div>
    }
    .into_any()
}

fn waiting(state: State) -> String {
    match state.verdict() {
        Verdict::Waiting | Verdict::Good => "Searching…".to_owned(),
        _ => "No deployment yet.".to_owned(),
    }
}

fn assumptions(all: &[Assumption]) -> AnyView {
    let all = all.to_vec();
    let unsure = all.iter().filter(|one| !one.verified).count();
    let rows = move || {
        let line = |one: &Assumption| {
            vec![Cell::Name(one.text.clone()), Cell::Reason(super::answer::linked(&one.source))]
        };
        table(
            "What is taken as given",
            &[("Taken as given", false), ("Source", false)],
            all.iter().map(line).collect(),
        )
    };
    view! {
        <section class="part" id="assumptions" aria-labelledby="assumptions-title">
            <h2 id="assumptions-title">"Taken as given"</h2>
            <p class="quiet">{format!("{unsure} of them no measurement or source confirms.")}</p>
            {fold("assumptions-table", "Every assumption, with its source", rows)}
        </section>
    }
    .into_any()
}

/// In small windows, while the inputs are open: the answer in one line.
pub fn strip(state: State) -> String {
    let Some(serve) = state.served() else {
        return String::new();
    };
    let pick = |id: &str| {
        let figure = serve.figures.iter().find(|figure| figure.id == id);
        figure.map(|figure| figure.shown.text.clone())
    };
    ["ttft", "tpot", "tokens_per_s"].map(pick).into_iter().flatten().collect::<Vec<_>>().join(" · ")
}
