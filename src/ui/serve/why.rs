//! Why this deployment: what binds it, its rivals, and where the others went.

use std::sync::Arc;

use leptos::prelude::*;

use crate::api::{ServeRivalView, ServeView};
use crate::ui::answer::{cuts, fold, linked};
use crate::ui::budget::figures;
use crate::ui::live::live;
use crate::ui::state::{State, state};
use crate::ui::table::{Cell, opening, titled_table};

/// What binds it, rivals and losers.
pub fn why(serve: &Arc<ServeView>) -> AnyView {
    let state = state();
    let binds = serve.binds.iter().map(|text| view! { <li>{linked(text)}</li> }).collect_view();
    let pinned = format!("#{}", serve.pinned_link);
    let took = serve.clone();
    let space = serve.space.text.clone();
    let pairs = if space == "1" { " pair" } else { " pairs" };
    let priced = serve.figures.iter().any(|own| own.id == "monthly");
    let least =
        if priced { "these are the cheapest" } else { "this takes the fewest accelerators" };
    let kept = if serve.goals.is_empty() { "" } else { " within the goals" };
    let why = serve.why.clone();
    let numbers =
        fold("why-numbers", "Where these numbers come from", move || figures("why", &why));
    view! {
        <section class="part" id="why" aria-labelledby="why-title">
            <h2 id="why-title">"Why this one"</h2>
            <ol class="binds">{binds}</ol>
            {numbers}
            {live(move || rivals(state))}
            <p class="proof">
                <strong>{space}</strong>
                {pairs}
                " of layout and batch limit, every one looked at or beyond a limit that is \
                too slow already: of instances that read and write, "
                {least}
                {kept}
                ", found in "
                {move || format!("{:.1} ms.", state.search_ms())}
            </p>
            {fold("certificate", "Where the layouts went", move || {
                cuts(&took.lost, "What took the layouts out", "By")
            })}
            <p class="quiet"><a href=pinned>"Fix this layout"</a></p>
        </section>
    }
    .into_any()
}

fn rivals(state: State) -> AnyView {
    let Some(study) = state.serve_study() else {
        return view! { <p class="quiet">"Comparing with other kinds…"</p> }.into_any();
    };
    let lines = study.unserved.iter().map(|text| view! { <li>{text.clone()}</li> });
    let unserved = view! { <ul class="quiet unserved">{lines.collect_view()}</ul> }.into_any();
    if study.rivals.is_empty() {
        let none = view! { <p class="quiet">"No other kind of deployment serves."</p> }.into_any();
        return vec![none, unserved].into_any();
    }
    let columns = [
        ("Deployment", false),
        ("Dearer", true),
        ("Accelerators", true),
        ("TTFT", true),
        ("TPOT", true),
        ("Differs in", false),
    ];
    let line = |own: &ServeRivalView| {
        vec![
            Cell::Link(own.layout.clone(), own.link.clone()),
            opening(&own.figures, "dearer", &own.dearer.text, ""),
            opening(&own.figures, "accelerators", &own.accelerators.text, ""),
            opening(&own.figures, "ttft", &own.first_token.text, ""),
            opening(&own.figures, "tpot", &own.per_token.text, ""),
            Cell::Reason(own.loses.clone().into_any()),
        ]
    };
    let rows = study.rivals.iter().map(line).collect();
    vec![titled_table("Best of other kinds", &columns, rows), unserved].into_any()
}
