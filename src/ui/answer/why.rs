//! Why this plan: what binds it, what the others lose, what would help, and the proof.

use std::sync::Arc;

use crate::ui::live::live;
use leptos::prelude::*;

use super::derivation::linked;
use super::fold::fold;
use crate::api::{Cut, Lever, PlanView, RunnerUp};
use crate::ui::form::freeing;
use crate::ui::state::{State, state};
use crate::ui::table::{Cell, table, titled_table};

/// What binds the plan, its runners-up and its certificate.
pub fn why(plan: &Arc<PlanView>) -> AnyView {
    let state = state();
    let binds = plan.binds.iter().map(|text| view! { <li>{linked(text)}</li> }).collect_view();
    let pinned = format!("#{}", plan.pinned_link);
    view! {
        <section class="part" id="why" aria-labelledby="why-title">
            <h2 id="why-title">"Why this one"</h2>
            <ol class="binds">{binds}</ol>
            {live(move || others(state))}
            {proof(state, plan)}
            <p class="quiet"><a href=pinned>"Fix every degree of this layout"</a></p>
            {live(move || bound(state))}
        </section>
    }
    .into_any()
}

/// What is lost by what is fixed, and the way back.
fn bound(state: State) -> AnyView {
    let study = state.study();
    let Some(text) = study.and_then(|study| study.bound.clone()) else {
        return ().into_any();
    };
    view! { <p class="bound">{text}" "{freeing()}</p> }.into_any()
}

fn others(state: State) -> AnyView {
    let Some(study) = state.study() else {
        return view! { <p class="quiet">"Comparing with other kinds of layout…"</p> }.into_any();
    };
    view! { {runners_up(&study.runners_up)} {levers(&study.levers)} }.into_any()
}

fn runners_up(all: &[RunnerUp]) -> AnyView {
    if all.is_empty() {
        return view! { <p class="quiet">"No other kind of layout fits."</p> }.into_any();
    }
    let columns =
        [("Layout", false), ("Step", true), ("Slower", true), ("Free", true), ("Loses on", false)];
    let line = |other: &RunnerUp| {
        vec![
            Cell::Link(other.layout.clone(), other.link.clone()),
            Cell::Number(other.step.text.clone()),
            Cell::Loss(other.slower.text.clone()),
            Cell::Quiet(other.headroom.text.clone()),
            Cell::Reason(other.loses.clone().into_any()),
        ]
    };
    titled_table("Best layouts of other kinds", &columns, all.iter().map(line).collect())
}

fn levers(all: &[Lever]) -> AnyView {
    if all.is_empty() {
        return ().into_any();
    }
    let columns = [("One change", false), ("Step", true), ("Saves", true), ("Then", false)];
    let line = |lever: &Lever| {
        vec![
            Cell::Name(lever.name.clone()),
            Cell::Number(lever.step.text.clone()),
            Cell::Number(lever.saves.text.clone()),
            Cell::Reason(lever.layout.clone().into_any()),
        ]
    };
    titled_table("What would make it faster", &columns, all.iter().map(line).collect())
}

/// How many layouts there are and where they went.
fn proof(state: State, plan: &Arc<PlanView>) -> AnyView {
    let certificate = &plan.certificate;
    let verdict = if certificate.stop == "complete" {
        "the optimum of the whole space".to_owned()
    } else {
        certificate.stop.clone()
    };
    let considered = format!(" layouts considered: {verdict}, in ");
    let took = plan.clone();
    let refused = plan.clone();
    let refusals = if certificate.refusals.is_empty() {
        ().into_any()
    } else {
        fold("refusals", "Combinations that rules refused", move || {
            cuts(&refused.certificate.refusals, "Refused combinations of degrees", "Rule")
        })
    };
    view! {
        <p class="proof">
            <strong>{certificate.space.text.clone()}</strong>
            {considered}
            {move || format!("{:.1} ms.", state.search_ms())}
        </p>
        {fold("certificate", "Where those layouts went", move || {
            cuts(&took.certificate.cuts, "What took the layouts out", "By")
        })}
        {refusals}
    }
    .into_any()
}

/// A table of what took layouts out.
pub fn cuts(all: &[Cut], caption: &'static str, what: &'static str) -> AnyView {
    let line = |cut: &Cut| {
        vec![
            Cell::Name(cut.name.clone()),
            Cell::Number(cut.count.text.clone()),
            Cell::Reason(linked(&cut.reason)),
        ]
    };
    let columns = [(what, false), ("Layouts", true), ("Because", false)];
    table(caption, &columns, all.iter().map(line).collect())
}
