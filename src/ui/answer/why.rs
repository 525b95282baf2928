//! Why this plan: what binds it, what the others lose, and the proof.

use std::sync::Arc;

use leptos::prelude::*;

use super::derivation::linked;
use super::fold::Fold;
use crate::api::{Certificate, Cut, PlanView, RunnerUp};
use crate::ui::state::state;

/// What binds the plan, its runners-up and its certificate.
#[component]
pub fn Why(plan: Arc<PlanView>) -> AnyView {
    let state = state();
    let binds = plan
        .binds
        .iter()
        .map(|text| view! { <li>{linked(text)}</li> })
        .collect_view();
    let others = move || {
        let study = state.study.get();
        study.map(|study| runners_up(&study.runners_up))
    };
    let pinned = format!("#{}", plan.pinned_link);
    view! {
        <section class="part" id="why" aria-labelledby="why-title">
            <h2 id="why-title">"Why this one"</h2>
            <ol class="binds">{binds}</ol>
            {others}
            <Proof certificate=plan.certificate.clone()/>
            <p class="quiet"><a href=pinned>"Fix every degree of this layout"</a></p>
        </section>
    }
    .into_any()
}

fn runners_up(all: &[RunnerUp]) -> AnyView {
    if all.is_empty() {
        return view! { <p class="quiet">"No other kind of layout fits."</p> }.into_any();
    }
    let row = |other: &RunnerUp| {
        view! {
            <tr>
                <th scope="row"><a href=format!("#{}", other.link)>{other.layout.clone()}</a></th>
                <td class="number">{other.step.text.clone()}</td>
                <td class="number loss">{other.slower.text.clone()}</td>
                <td class="number quiet">{other.headroom.text.clone()}</td>
                <td class="reason">{other.loses.clone()}</td>
            </tr>
        }
    };
    view! {
        <div class="table-frame">
            <table class="runners">
                <caption>"Best layouts of other kinds"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Layout"</th>
                        <th scope="col" class="number">"Step"</th>
                        <th scope="col" class="number">"Slower"</th>
                        <th scope="col" class="number">"Free"</th>
                        <th scope="col">"Loses on"</th>
                    </tr>
                </thead>
                <tbody>{all.iter().map(row).collect_view()}</tbody>
            </table>
        </div>
    }
    .into_any()
}

/// How many layouts there are and where they went.
#[component]
fn Proof(certificate: Certificate) -> AnyView {
    let state = state();
    let space = certificate.space.text.clone();
    let time = move || format!("{:.1} ms", state.search_ms.get());
    let complete = certificate.stop == "complete";
    let verdict = if complete {
        "the optimum of the whole space".to_owned()
    } else {
        certificate.stop.clone()
    };
    let refusals = certificate.refusals.clone();
    let refused = (!refusals.is_empty()).then(|| {
        view! {
            <Fold id="refusals" title="Combinations that rules refused">
                {cuts(&refusals, "Refused combinations of degrees", "Rule")}
            </Fold>
        }
    });
    let all = certificate.cuts.clone();
    view! {
        <p class="proof">
            <strong>{space}</strong>" layouts considered: "{verdict}", in "{time}"."
        </p>
        <Fold id="certificate" title="Where those layouts went">
            {cuts(&all, "What took the layouts out", "By")}
        </Fold>
        {refused}
    }
    .into_any()
}

/// A table of what took layouts out.
pub fn cuts(all: &[Cut], caption: &'static str, what: &'static str) -> AnyView {
    let row = |cut: &Cut| {
        view! {
            <tr>
                <th scope="row">{cut.name.clone()}</th>
                <td class="number">{cut.count.text.clone()}</td>
                <td class="reason">{linked(&cut.reason)}</td>
            </tr>
        }
    };
    view! {
        <div class="table-frame">
            <table>
                <caption class="hidden">{caption}</caption>
                <thead>
                    <tr>
                        <th scope="col">{what}</th>
                        <th scope="col" class="number">"Layouts"</th>
                        <th scope="col">"Because"</th>
                    </tr>
                </thead>
                <tbody>{all.iter().map(row).collect_view()}</tbody>
            </table>
        </div>
    }
    .into_any()
}
