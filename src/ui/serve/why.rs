//! Why this deployment: what binds it, its rivals, and where the others went.

use std::sync::Arc;

use leptos::prelude::*;

use crate::api::{ServeRivalView, ServeView};
use crate::ui::answer::{cuts, fold, linked};
use crate::ui::live::live;
use crate::ui::state::{State, state};
use crate::ui::table::{Cell, titled_table};

/// What binds it, rivals and losers.
pub fn why(serve: &Arc<ServeView>) -> AnyView {
    let state = state();
    let binds = serve.binds.iter().map(|text| view! { <li>{linked(text)}</li> }).collect_view();
    let pinned = format!("#{}", serve.pinned_link);
    let took = serve.clone();
    let space = serve.space.text.clone();
    view! {
        <section class="part" id="why" aria-labelledby="why-title">
            <h2 id="why-title">"Why this one"</h2>
            <ol class="binds">{binds}</ol>
            {live(move || rivals(state))}
            <p class="proof">
                <strong>{space}</strong>
                " pairs of layout and batch limit, every one looked at or beyond a limit that is \
                too \
                slow already: this is the cheapest that keeps the goals, found in "
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
    if study.rivals.is_empty() {
        return view! { <p class="quiet">"No other kind of deployment serves."</p> }.into_any();
    }
    let columns = [
        ("Deployment", false),
        ("Accelerators", true),
        ("First token", true),
        ("Further", true),
        ("Dearer", true),
        ("Differs in", false),
    ];
    let line = |own: &ServeRivalView| {
        vec![
            Cell::Link(own.layout.clone(), own.link.clone()),
            Cell::Number(own.accelerators.text.clone()),
            Cell::Quiet(own.first_token.text.clone()),
            Cell::Number(own.per_token.text.clone()),
            Cell::Loss(own.dearer.text.clone()),
            Cell::Reason(own.loses.clone().into_any()),
        ]
    };
    titled_table("Best of other kinds", &columns, study.rivals.iter().map(line).collect())
}
