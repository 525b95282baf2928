//! The answer.

mod assumptions;
mod breakdown;
mod colours;
mod derivation;
mod fold;
mod frontier;
mod headline;
mod parts;
mod pipeline;
mod scaling;
mod stuck;
mod why;

use leptos::prelude::*;

use super::address::address;
use super::dom;
use super::state::{Verdict, state};
use crate::inputs::Key;

/// Half-typed inputs dim the plan at once; what stays wrong for this long is said.
const WRONG_MS: u32 = 450;

/// Everything to the right of the inputs.
#[component]
pub fn AnswerPane() -> AnyView {
    let state = state();
    let wrong = stays_wrong();
    let stuck = Memo::new(move |_| match state.verdict.get() {
        Verdict::Stuck(stuck) if wrong.get() => Some(stuck),
        _ => None,
    });
    let is_stuck = move || stuck.with(Option::is_some);
    let some = Memo::new(move |_| state.plan.with(Option::is_some) && !is_stuck());
    view! {
        <div
            id="answer"
            class="answer"
            class:stale=move || state.is_stale()
            aria-busy=move || state.slow.get().to_string()
        >
            <Notices wrong=wrong/>
            {move || stuck.get().map(|stuck| view! { <stuck::Stuck stuck=stuck/> })}
            {move || some.get().then(|| view! { <Plan/> })}
            {move || (!some.get() && !is_stuck()).then(waiting)}
        </div>
    }
    .into_any()
}

/// Whether the inputs have been wrong for a while, or from the start.
fn stays_wrong() -> RwSignal<bool> {
    let state = state();
    let stays = RwSignal::new(false);
    let settle = dom::debounced(WRONG_MS, move || stays.set(state.is_stale_untracked()));
    Effect::new(move |_| {
        let stale = state.is_stale();
        if stale && state.plan.with_untracked(Option::is_some) {
            settle();
        } else {
            stays.set(stale);
        }
    });
    stays
}

fn waiting() -> AnyView {
    let state = state();
    let text = move || match state.verdict.get() {
        Verdict::Waiting => "Searching…",
        _ => "No plan yet.",
    };
    view! { <p class="waiting">{text}</p> }.into_any()
}

/// Every part of a plan.
#[component]
fn Plan() -> AnyView {
    let state = state();
    let plan = state.plan;
    let headline = move || {
        plan.get()
            .map(|plan| view! { <headline::Headline plan=plan/> })
    };
    let why = move || plan.get().map(|plan| view! { <why::Why plan=plan/> });
    let plan: Signal<_> = plan.into();
    view! {
        <div class="plan">
            {headline}
            {why}
            <div class="pair">
                <breakdown::MemoryParts plan=plan/>
                <breakdown::TimeParts plan=plan/>
            </div>
            <pipeline::Pipeline plan=plan/>
            <div class="pair">
                <scaling::Scaling/>
                <frontier::Frontier plan=plan/>
            </div>
            <assumptions::Assumptions plan=plan/>
        </div>
    }
    .into_any()
}

/// What is not as it should be, above the answer.
#[component]
fn Notices(wrong: RwSignal<bool>) -> AnyView {
    let state = state();
    let verdict = move || match state.verdict.get() {
        Verdict::Invalid(problems) if wrong.get() => {
            Some(invalid(problems, state.plan.with(Option::is_some)))
        }
        Verdict::Broken(reason) => Some(broken(&reason)),
        _ => None,
    };
    let link = move || {
        let problems = state.link_problems.get();
        (!problems.is_empty()).then(|| {
            let rows = problems
                .into_iter()
                .map(|text| view! { <li>{text}</li> })
                .collect_view();
            view! {
                <div class="notice">
                    <p><strong>"Some of the link could not be read."</strong></p>
                    <ul>{rows}</ul>
                </div>
            }
        })
    };
    let long = move || {
        let keys = state.left_out.get();
        (!keys.is_empty()).then(|| {
            let names: Vec<&str> = keys.into_iter().map(Key::label).collect();
            let text = format!(
                "{} too long for a link, so it cannot be planned.",
                names.join(", ")
            );
            view! { <div class="notice bad"><p>{text}</p></div> }
        })
    };
    view! { <div class="notices" role="status">{link} {long} {verdict}</div> }.into_any()
}

fn invalid(problems: Vec<String>, shown: bool) -> AnyView {
    let rows = problems
        .into_iter()
        .map(|text| view! { <li>{text}</li> })
        .collect_view();
    let below = shown.then(|| {
        view! { <p class="quiet">"The plan below is for the last valid input."</p> }
    });
    view! {
        <div class="notice bad">
            <p><strong>"These inputs do not make a question yet."</strong></p>
            <ul>{rows}</ul>
            {below}
        </div>
    }
    .into_any()
}

fn broken(reason: &str) -> AnyView {
    let state = state();
    let reason = reason.to_owned();
    let link = address(&state.link.get_untracked());
    view! {
        <div class="notice bad">
            <p><strong>"The search stopped by a fault of its own."</strong></p>
            <p>"Your inputs are kept; any change starts it again. The fault: "{reason}</p>
            <p class="fault-link"><a href=link.clone()>{link.clone()}</a></p>
        </div>
    }
    .into_any()
}

/// In small windows, while the inputs are open: the answer in one line.
#[component]
pub fn Strip(on_show: Callback<()>) -> AnyView {
    let state = state();
    let line = move || {
        let stuck = matches!(state.verdict.get(), Verdict::Stuck(_));
        if stuck {
            return Some("Nothing fits".to_owned());
        }
        state.plan.with(|plan| {
            let plan = plan.as_ref()?;
            let pick = |id: &str| {
                plan.figures
                    .iter()
                    .find(|figure| figure.id == id)
                    .map(|f| f.shown.text.clone())
            };
            let parts = ["step_time", "days", "cost"].map(pick);
            Some(parts.into_iter().flatten().collect::<Vec<_>>().join(" · "))
        })
    };
    let show = move |_| {
        on_show.run(());
        dom::later(0, || dom::scroll_to("answer"));
    };
    view! {
        <button type="button" class="strip" class:stale=move || state.is_stale() on:click=show>
            <span>{line}</span>
            <span class="strip-act">"Show plan"</span>
        </button>
    }
    .into_any()
}
