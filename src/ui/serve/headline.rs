//! The deployment in five seconds: layout, latencies, throughput, money, memory.

use std::sync::Arc;

use leptos::prelude::*;

use crate::api::{GoalView, LaunchView, ServeView};
use crate::ui::answer::{Filled, degrees, detailed, fold, key_figure, linked, memory_bar, trust};
use crate::ui::budget::figures;
use crate::ui::compare;
use crate::ui::copier::copier;
use crate::ui::live::live;
use crate::ui::share;
use crate::ui::state::{State, state};

/// Figures that are shown large; the others stand in a line below.
const LARGE: &[&str] =
    &["ttft", "tpot", "tokens_per_s", "tokens_per_gpu", "whole_price", "monthly"];

/// The answer's first screen.
pub fn headline(serve: &Arc<ServeView>) -> AnyView {
    let state = state();
    let large = LARGE.iter().filter_map(|id| serve.figures.iter().find(|own| own.id == *id));
    let large: Vec<AnyView> = large.map(|figure| key_figure(state, figure)).collect();
    let small = serve.figures.iter().filter(|own| !LARGE.contains(&own.id.as_str()));
    let small: Vec<AnyView> = small.map(|figure| key_figure(state, figure)).collect();
    let markdown = serve.clone();
    let pinned = serve.pinned_link.clone();
    view! {
        <section class="headline" aria-labelledby="plan-title">
            <div class="headline-top">
                <h2 id="plan-title" class="plan-title" tabindex="-1">{serve.title.clone()}</h2>
                <div class="headline-acts">
                    {compare::button()}
                    {copier("quiet-button", "Copy as Markdown", move || {
                        share::markdown(&markdown.markdown)
                    })}
                </div>
            </div>
            {degrees(state, &serve.degrees)}
            {doubts(&serve.doubts)}
            <dl class="figures large">{large}</dl>
            {goals(serve)}
            {peak(&serve.peak)}
            <dl class="figures small">{small}</dl>
            {trust(serve.trust.as_ref())}
            {chances(&serve.goals)}
            {detailed(&serve.figures, &serve.degrees)}
            {memory_bar(&Filled {
                whole: "Memory",
                memory: &serve.memory,
                capacity: &serve.memory_capacity,
                free: &serve.memory_free,
                range: None,
                doubt: None,
            })}
            {even(serve)}
            {launch("launch", "Start one instance", serve.launch.as_ref())}
            // Known later than the rest, so last: nothing above moves when it comes.
            {live(move || apart(state, &pinned))}
        </section>
    }
    .into_any()
}

/// Whether prompts and answers on machines of their own are cheaper, and whether guessing ahead helps, once that is known of this very deployment.
fn apart(state: State, pinned: &str) -> AnyView {
    match state.serve_study() {
        Some(study) if study.of == pinned => {
            let apart = (!study.apart.is_empty())
                .then(|| super::pools::line(&study.apart, study.apart_wins));
            let class = if study.guessing_hurts { "caution" } else { "quiet" };
            let guessing = (!study.guessing.is_empty())
                .then(|| view! { <p class=class id="guessing">{study.guessing.clone()}</p> });
            view! { {apart} {guessing} }.into_any()
        }
        _ => ().into_any(),
    }
}

/// Formats that no source confirms.
fn doubts(all: &[String]) -> AnyView {
    let all = all.join(" ");
    (!all.is_empty())
        .then(|| view! { <p class="quiet figures-note" id="doubts">{all}</p> })
        .into_any()
}

fn goals(serve: &ServeView) -> AnyView {
    if serve.goals.is_empty() {
        let text = "No goal: as much as the machines can answer.";
        return view! { <p class="quiet figures-note">{text}</p> }.into_any();
    }
    let one = |own: &GoalView| {
        let chance = match own.chance.as_str() {
            "" => String::new(),
            chance => format!(" (chance {chance})"),
        };
        let within = if own.label == "Requests" { "at" } else { "within" };
        format!("{} {within} {}{chance}", own.label, own.goal.text)
    };
    let all = serve.goals.iter().map(one).collect::<Vec<_>>().join("; ");
    let rest = match serve.sure.as_str() {
        "" => "Chances go by the ranges; ask for a surer one with \u{201c}How sure\u{201d}."
            .to_owned(),
        sure => format!(
            "Each has a chance of {sure} or more, which takes room: goals are compared with the \
             prediction made worse by what measured runs scatter. All at once are less sure."
        ),
    };
    let text = format!("Expected to keep: {all}. {rest}");
    view! { <p class="quiet figures-note" id="goals">{text}</p> }.into_any()
}

/// Where the chances of the goals come from.
fn chances(all: &[GoalView]) -> AnyView {
    let all: Vec<_> = all.iter().filter_map(|own| own.figure.clone()).collect();
    if all.is_empty() {
        return ().into_any();
    }
    fold("goal-chances", "How sure each goal is", move || figures("goals", &all))
}

fn peak(text: &str) -> AnyView {
    if text.is_empty() {
        return ().into_any();
    }
    view! { <p class="caution" id="peak">{text.to_owned()}</p> }.into_any()
}

fn even(serve: &ServeView) -> AnyView {
    if serve.break_even.is_empty() {
        return ().into_any();
    }
    let told = serve.even.clone();
    view! {
        <p class="published">
            <span class="label">"By the token"</span>
            {serve.break_even.clone()}
        </p>
        {fold("even-numbers", "Where these numbers come from", move || figures("even", &told))}
    }
    .into_any()
}

/// A command that opens, with what to know of it.
pub fn launch(id: &'static str, title: &'static str, own: Option<&LaunchView>) -> AnyView {
    let Some(own) = own.filter(|own| !own.notes.is_empty()).cloned() else {
        return ().into_any();
    };
    let body = move || {
        let copied = own.command.clone();
        let notes = own.notes.iter().map(|note| view! { <li>{linked(note)}</li> }).collect_view();
        let command = (!own.command.is_empty()).then(|| {
            view! {
                <pre tabindex="0"><code>{own.command.clone()}</code></pre>
                {copier("quiet-button", "Copy command", move || copied.clone())}
            }
        });
        view! {
            <div class="launch">
                {command}
                <ul class="quiet">{notes}</ul>
            </div>
        }
        .into_any()
    };
    fold(id, title, body)
}
