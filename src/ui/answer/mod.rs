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

/// What stays wrong for this long is said above the plan.
const WRONG_MS: u32 = 700;

/// Everything to the right of the inputs.
#[component]
pub fn AnswerPane() -> AnyView {
    let state = state();
    let stuck = move || matches!(state.verdict.get(), Verdict::Stuck(_));
    let body = move || {
        let verdict = state.verdict.get();
        match verdict {
            Verdict::Stuck(stuck) => view! { <stuck::Stuck stuck=stuck/> }.into_any(),
            _ => ().into_any(),
        }
    };
    let some = Memo::new(move |_| state.plan.with(Option::is_some) && !stuck());
    view! {
        <div
            id="answer"
            class="answer"
            class:stale=move || state.is_stale()
            aria-busy=move || state.slow.get().to_string()
        >
            <Notices/>
            {body}
            {move || some.get().then(|| view! { <Plan/> })}
            {move || (!some.get() && !stuck()).then(waiting)}
        </div>
    }
    .into_any()
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
fn Notices() -> AnyView {
    let state = state();
    // Half-typed inputs dim the plan at once, but only what stays wrong pushes it down.
    let stays = RwSignal::new(false);
    let settle = dom::debounced(WRONG_MS, move || stays.set(state.is_stale()));
    Effect::new(move |_| {
        if state.is_stale() {
            settle();
        } else {
            stays.set(false);
        }
    });
    let verdict = move || match state.verdict.get() {
        Verdict::Invalid(problems) if stays.get() => {
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
    view! { <div class="notices" role="status">{link} {verdict}</div> }.into_any()
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
            let parts = ["step_time", "mfu", "days", "cost"].map(pick);
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
