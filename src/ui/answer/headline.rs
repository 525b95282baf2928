//! The plan in five seconds: degrees, key figures, memory.

use std::sync::Arc;

use leptos::html::Li;
use leptos::prelude::*;

use super::colours::of_part;
use super::derivation::{Derivation, linked};
use crate::api::{Degree, Figure, PlanView};
use crate::inputs::Key;
use crate::ui::dom;
use crate::ui::state::{State, state};
use crate::units::text::show;

/// Figures that are shown large; the others stand in a line below.
const LARGE: &[&str] = &["step_time", "mfu", "tokens_per_gpu", "days", "cost"];

/// Degrees that experts set and others need not see first.
const SECONDARY: &[&str] = &["slots", "place"];

const DETAIL: &str = "headline-detail";

/// The answer's first screen.
#[component]
pub fn Headline(plan: Arc<PlanView>) -> AnyView {
    let published = plan.published.clone().map(|text| {
        view! {
            <p class="published">
                <span class="label">"As published"</span>
                {linked(&text)}
            </p>
        }
    });
    view! {
        <section class="headline" aria-labelledby="plan-title">
            <h2 id="plan-title" class="plan-title" tabindex="-1">{plan.title.clone()}</h2>
            <Degrees plan=plan.clone()/>
            <Figures plan=plan.clone()/>
            <Detail plan=plan.clone()/>
            <MemoryBar plan=plan/>
            {published}
        </section>
    }
    .into_any()
}

#[component]
fn Degrees(plan: Arc<PlanView>) -> AnyView {
    let state = state();
    const ALL: &str = "all-degrees";
    let all = Memo::new(move |_| state.unfolded.with(|unfolded| unfolded.contains(ALL)));
    let rest = plan
        .degrees
        .iter()
        .filter(|degree| !is_first(degree))
        .count();
    let chips = {
        let plan = plan.clone();
        move || {
            let all = all.get();
            let shown = plan.degrees.iter().filter(|degree| all || is_first(degree));
            shown
                .cloned()
                .map(|degree| chip(state, degree))
                .collect_view()
        }
    };
    let more = (rest > 0).then(|| {
        let text = move || {
            if all.get() {
                "fewer".to_owned()
            } else {
                format!("{rest} more")
            }
        };
        let turn = move |_| {
            state.unfolded.update(|unfolded| {
                if !unfolded.remove(ALL) {
                    unfolded.insert(ALL.to_owned());
                }
            });
        };
        view! {
            <li>
                <button
                    type="button"
                    class="chip-more"
                    aria-expanded=move || all.get().to_string()
                    on:click=turn
                >
                    {text}
                </button>
            </li>
        }
    });
    view! { <ul class="degrees" aria-label="Layout">{chips} {more}</ul> }.into_any()
}

/// Whether it stands among the first chips.
fn is_first(degree: &Degree) -> bool {
    degree.fixed || (degree.main && !SECONDARY.contains(&degree.key.as_str()))
}

fn chip(state: State, degree: Degree) -> AnyView {
    let id = format!("degree:{}", degree.key);
    let tip = format!("tip-{}", degree.key);
    let open = {
        let id = id.clone();
        move || {
            state
                .opened
                .with(|opened| opened.as_deref() == Some(&id))
                .to_string()
        }
    };
    // The tip opens towards the middle of the window.
    let end = RwSignal::new(false);
    let frame = NodeRef::<Li>::new();
    let turn_tip = move || {
        if let Some(frame) = frame.get_untracked() {
            end.set(dom::is_right(&frame));
        }
    };
    let fixed = degree
        .fixed
        .then(|| view! { <span class="chip-fixed">"fixed"</span> });
    view! {
        <li
            class="chip-frame"
            class:end=move || end.get()
            node_ref=frame
            on:mouseenter=move |_| turn_tip()
            on:focusin=move |_| turn_tip()
        >
            <button
                type="button"
                class="chip"
                class:fixed=degree.fixed
                aria-expanded=open
                aria-controls=DETAIL
                aria-describedby=tip.clone()
                on:click=move |_| turn(state, &id)
            >
                <span class="chip-label">{degree.label}</span>
                <span class="chip-value">{degree.value}</span>
                {fixed}
            </button>
            <span role="tooltip" id=tip class="tip">{degree.help}</span>
        </li>
    }
    .into_any()
}

fn turn(state: State, id: &str) {
    state.opened.update(|opened| {
        *opened = (opened.as_deref() != Some(id)).then(|| id.to_owned());
    });
}

#[component]
fn Figures(plan: Arc<PlanView>) -> AnyView {
    let state = state();
    let large = LARGE
        .iter()
        .filter_map(|id| plan.figures.iter().find(|f| f.id == *id));
    let small = plan
        .figures
        .iter()
        .filter(|figure| !LARGE.contains(&figure.id.as_str()));
    let small: Vec<AnyView> = small.map(|figure| key_figure(state, figure)).collect();
    let rest = (!small.is_empty()).then(|| view! { <dl class="figures small">{small}</dl> });
    view! {
        <dl class="figures large">{large.map(|f| key_figure(state, f)).collect_view()}</dl>
        {rest}
    }
    .into_any()
}

fn key_figure(state: State, figure: &Figure) -> AnyView {
    let id = format!("figure:{}", figure.id);
    let open = {
        let id = id.clone();
        move || {
            state
                .opened
                .with(|opened| opened.as_deref() == Some(&id))
                .to_string()
        }
    };
    let (number, unit) = parted(&figure.shown.text);
    let unit = (!unit.is_empty()).then(|| view! { <span class="unit">{unit}</span> });
    view! {
        <div class="figure" data-figure=figure.id.clone()>
            <dt>{figure.label.clone()}</dt>
            <dd>
                <button
                    type="button"
                    class="figure-value"
                    aria-expanded=open
                    aria-controls=DETAIL
                    on:click=move |_| turn(state, &id)
                >
                    {number} {unit}
                </button>
            </dd>
        </div>
    }
    .into_any()
}

/// The number and its unit, so that the unit can be set smaller.
fn parted(text: &str) -> (String, String) {
    match text.split_once([' ', show::GAP]) {
        Some((number, unit)) => (number.to_owned(), format!("\u{a0}{unit}")),
        None => (text.to_owned(), String::new()),
    }
}

/// What the degree or figure that was pressed is about.
#[component]
fn Detail(plan: Arc<PlanView>) -> AnyView {
    let state = state();
    let body = move || {
        let opened = state.opened.get()?;
        let (kind, id) = opened.split_once(':')?;
        match kind {
            "figure" => {
                let figure = plan.figures.iter().find(|figure| figure.id == id)?.clone();
                Some(view! { <Derivation figure=figure id="headline-why"/> }.into_any())
            }
            _ => plan
                .degrees
                .iter()
                .find(|d| d.key == id)
                .map(|d| degree_detail(state, d)),
        }
    };
    view! { <div id=DETAIL class="detail" aria-live="polite">{body}</div> }.into_any()
}

fn degree_detail(state: State, degree: &Degree) -> AnyView {
    let title = format!("{} {}", degree.label, degree.value);
    let value: String = degree
        .value
        .chars()
        .take_while(char::is_ascii_digit)
        .collect();
    let pin = Key::from_link_name(&degree.key).filter(|_| !value.is_empty()).map(|key| {
        let (text, value) = if degree.fixed {
            (format!("Let {} vary", degree.label), String::new())
        } else {
            (format!("Keep {} at {value}", degree.label), value)
        };
        view! {
            <button type="button" class="button" on:click=move |_| state.set(key, value.clone())>
                {text}
            </button>
        }
    });
    view! {
        <div class="derivation">
            <p class="derivation-title">{title}</p>
            <p>{linked(&degree.help)}</p>
            {pin}
        </div>
    }
    .into_any()
}

/// One bar of the accelerator's memory: the parts, and what stays free.
#[component]
fn MemoryBar(plan: Arc<PlanView>) -> AnyView {
    let capacity = plan.memory_capacity.value.max(f64::MIN_POSITIVE);
    let mut start = 0.0;
    let parts = (0u32..).zip(&plan.memory.children).map(|(place, part)| {
        let (series, hatched) = of_part(&part.id, place);
        let share = (part.figure.shown.value / capacity * 100.0).clamp(0.0, 100.0);
        let x = format!("{start:.3}%");
        start += share;
        let title = format!("{}: {}", part.figure.label, part.figure.shown.text);
        let width = format!("{share:.3}%");
        let over = hatched.then(|| {
            view! { <rect x=x.clone() width=width.clone() height="100%" fill="url(#hatch)"/> }
        });
        view! {
            <g>
                <title>{title}</title>
                <rect x=x.clone() width=width.clone() height="100%" class=format!("fill-{series}")/>
                {over}
            </g>
        }
    });
    let parts = parts.collect_view();
    let legend = (0u32..).zip(&plan.memory.children).map(|(place, part)| {
        let (series, hatched) = of_part(&part.id, place);
        view! {
            <li>
                <span class=format!("swatch series-{series}") class:hatched=hatched></span>
                <span class="legend-name">{part.figure.label.clone()}</span>
                <span class="legend-value">{part.figure.shown.text.clone()}</span>
            </li>
        }
    });
    let used = plan.memory.figure.shown.text.clone();
    let of = plan.memory_capacity.text.clone();
    let free = plan.memory_headroom.text.clone();
    let label = format!("Memory of the fullest stage: {used} of {of} used, {free} free");
    view! {
        <div class="memory">
            <p class="memory-line">
                <span class="label">"Memory"</span>
                <span><strong>{used}</strong>" of "{of}</span>
                <span class="memory-free"><strong>{free}</strong>" free"</span>
            </p>
            <svg class="memory-bar" width="100%" height="18" role="img" aria-label=label>
                <defs>
                    <pattern id="hatch" width="5" height="5" patternUnits="userSpaceOnUse"
                        patternTransform="rotate(45)">
                        <line x1="0" y1="0" x2="0" y2="5" class="hatch-line"/>
                    </pattern>
                </defs>
                <rect width="100%" height="100%" class="memory-rest"/>
                {parts}
            </svg>
            <ul class="legend">{legend.collect_view()}</ul>
        </div>
    }
    .into_any()
}
