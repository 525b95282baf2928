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

pub use breakdown::breakdown_of;
pub use colours::of_part;
pub use derivation::{derivation, linked, told};
pub use fold::fold;
pub use headline::{Filled, degrees, detailed, key_figure, memory_bar, parted, swatch_row, trust};
pub use parts::parts_table;
pub use why::cuts;

use crate::ui::live::{live, words};
use leptos::prelude::*;

use super::address::address;
use super::budget::BudgetPane;
use super::compare;
use super::day::DayPane;
use super::dom;
use super::fleet::FleetPane;
use super::serve;
use super::state::{State, Verdict, state};
use super::truth::TruthPane;
use super::worker::UNLOADED;
use crate::inputs::{Inputs, Key};

/// Half-typed inputs dim the plan at once; what stays wrong for this long is said.
const WRONG_MS: u32 = 450;

/// Everything to the right of the inputs.
#[component]
pub fn AnswerPane() -> AnyView {
    let state = state();
    let wrong = stays_wrong();
    let is_stuck = Memo::new(move |_| wrong.get() && matches!(state.verdict(), Verdict::Stuck(_)));
    let is_planned = Memo::new(move |_| state.plan().is_some() && !is_stuck.get());
    let compares = Memo::new(move |_| state.is_comparing());
    paint_first(state);
    let serves = Memo::new(move |_| state.inputs(Inputs::is_serving));
    let body = move || match (is_stuck.get(), is_planned.get()) {
        _ if compares.get() => compare::pane(),
        _ if serves.get() && !is_stuck.get() => serve::pane(),
        (true, _) => live(move || stuck_view(state)),
        (false, true) => plan_view(),
        (false, false) => {
            view! { <p class="waiting">{words(move || waiting(state))}</p> }.into_any()
        }
    };
    view! {
        <div
            id="answer"
            class="answer"
            class:stale=move || state.is_stale()
            aria-busy=move || state.slow.get().to_string()
        >
            <div class="notices" role="status">{live(move || notices(state, wrong.get()))}</div>
            {live(move || body())}
            {below(state, || view! { <FleetPane/> }.into_any())}
            // Kept while a model is served: what it waits for outlives a switch.
            <div hidden=move || serves.get()>
                {below(state, || view! { <BudgetPane/> }.into_any())}
            </div>
            // Of a day and its places nothing can be said where nothing serves.
            <div hidden=move || !serves.get() || is_stuck.get()>
                {below(state, || view! { <DayPane/> }.into_any())}
            </div>
            {below(state, move || {
                // Made anew for the runs of what is asked now.
                serves.track();
                view! { <TruthPane/> }.into_any()
            })}
        </div>
    }
    .into_any()
}

/// Milliseconds after which the rest is made though nothing was painted, as in a tab that nobody sees.
const UNSEEN_MS: u32 = 200;

/// The first answer is painted before the rest of the page is made.
fn paint_first(state: State) {
    Effect::new(move |_| {
        let run = state.run.get();
        if run == 0 || state.answered.get() != run || state.painted.get_untracked() {
            return;
        }
        let done = move || {
            if state.painted.try_get_untracked() == Some(false) {
                state.painted.set(true);
            }
        };
        // The second of two frames begins when the first has been painted.
        request_animation_frame(move || request_animation_frame(move || dom::later(0, done)));
        dom::later(UNSEEN_MS, done);
    });
}

/// What lies below the first screen, once the first answer has been painted.
pub fn below(state: State, view: impl Fn() -> AnyView + Send + 'static) -> AnyView {
    live(move || if state.painted.get() { view() } else { ().into_any() })
}

/// Whether the inputs have been wrong for a while, or from the start.
fn stays_wrong() -> RwSignal<bool> {
    let state = state();
    let stays = RwSignal::new(false);
    let settle = dom::debounced(WRONG_MS, move || stays.set(untrack(|| state.is_stale())));
    Effect::new(move |_| {
        let stale = state.is_stale();
        if stale && state.has_answer() {
            settle();
        } else {
            stays.set(stale);
        }
    });
    stays
}

fn stuck_view(state: State) -> AnyView {
    match state.verdict() {
        Verdict::Stuck(why) => stuck::stuck(&why),
        _ => ().into_any(),
    }
}

fn waiting(state: State) -> String {
    match state.verdict() {
        Verdict::Waiting => "Searching…".to_owned(),
        _ => "No plan yet.".to_owned(),
    }
}

/// Every part of a plan.
fn plan_view() -> AnyView {
    let state = state();
    let headline = move || match state.plan() {
        Some(plan) => headline::headline(&plan),
        None => ().into_any(),
    };
    let why = move || match state.plan() {
        Some(plan) => why::why(&plan),
        None => ().into_any(),
    };
    view! {
        <div class="plan">
            {live(move || headline())}
            {below(state, move || {
                view! {
                    {live(move || why())}
                    <div class="pair">{breakdown::memory_parts()} {breakdown::time_parts()}</div>
                    {pipeline::pipeline()}
                    <div class="pair">{scaling::scaling()} {frontier::frontier()}</div>
                    {assumptions::assumptions()}
                }
                .into_any()
            })}
        </div>
    }
    .into_any()
}

/// What is not as it should be, above the answer.
fn notices(state: State, wrong: bool) -> AnyView {
    let mut all: Vec<AnyView> = Vec::new();
    let problems = state.link_problems();
    let unread = state.unread();
    if !unread.is_empty() {
        let title = "This link could not be read, so what you see is a plan of the page's own.";
        let kept = format!("It stays in the address until you change something: #{unread}");
        all.push(notice("notice bad", title, problems, &kept));
    } else if !problems.is_empty() {
        all.push(notice("notice", "Not all of the link is understood.", problems, ""));
    }
    let dropped = state.dropped.get();
    if !dropped.is_empty() {
        all.push(notice("notice", &dropped, Vec::new(), ""));
    }
    let long: Vec<&str> = state.left_out().into_iter().map(Key::label).collect();
    if !long.is_empty() {
        let text = format!("{} too long for a link, so it cannot be planned.", long.join(", "));
        all.push(notice("notice bad", &text, Vec::new(), ""));
    }
    for lines in state.broken_promises() {
        let mut lines = lines.into_iter();
        let title = lines.next().unwrap_or_default();
        all.push(notice("notice", &title, lines.collect(), ""));
    }
    match state.verdict() {
        Verdict::Invalid(problems) if wrong => {
            let shown = state.has_answer();
            let below = if shown { "The plan below is the last that was found." } else { "" };
            let title = "These inputs do not make a question yet.";
            all.push(notice("notice bad", title, problems, below));
        }
        Verdict::Broken(reason) => {
            let kept = "Your inputs are kept; any change starts it again.";
            let (title, fault) = if reason == UNLOADED {
                ("The search could not start.", format!("{reason} {kept}"))
            } else {
                ("The search stopped by a fault of its own.", format!("{kept} The fault: {reason}"))
            };
            let link = address(&state.link_now());
            all.push(notice("notice bad", title, vec![fault], &link));
        }
        _ => {}
    }
    all.into_any()
}

/// Something that is not as it should be: a title, lines below it, and a last line or a link.
pub fn notice(class: &'static str, title: &str, lines: Vec<String>, below: &str) -> AnyView {
    let rows = lines.into_iter().map(|text| view! { <li>{text}</li> }).collect_view();
    let below = if below.starts_with("http") {
        let link = below.to_owned();
        view! { <a href=link.clone()>{link.clone()}</a> }.into_any()
    } else {
        below.to_owned().into_any()
    };
    view! {
        <div class=class>
            <p><strong>{title.to_owned()}</strong></p>
            <ul>{rows}</ul>
            <p class="quiet fault-link">{below}</p>
        </div>
    }
    .into_any()
}

/// In small windows, while the inputs are open: the answer in one line.
#[component]
pub fn Strip(on_show: Callback<()>) -> AnyView {
    let state = state();
    let line = move || {
        if state.is_comparing() {
            return format!("{} plans side by side", state.columns().len());
        }
        if matches!(state.verdict(), Verdict::Stuck(_)) {
            return "Nothing fits".to_owned();
        }
        if state.inputs(Inputs::is_serving) {
            return serve::strip(state);
        }
        let Some(plan) = state.plan() else {
            return String::new();
        };
        let pick = |id: &str| {
            let figure = plan.figures.iter().find(|figure| figure.id == id);
            figure.map(|figure| figure.shown.text.clone())
        };
        let parts = ["step_time", "run_days", "run_cost"].map(pick);
        parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
    };
    let show = move || {
        on_show.run(());
        dom::later(0, || dom::scroll_to("answer"));
    };
    view! {
        <button
            type="button"
            class="strip"
            class:stale=move || state.is_stale()
            on:click=move |_| show()
        >
            <span>{words(move || line())}</span>
            <span class="strip-act">"Show plan"</span>
        </button>
    }
    .into_any()
}
