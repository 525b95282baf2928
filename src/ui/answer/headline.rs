//! The plan in five seconds: degrees, key figures, memory.

use std::sync::Arc;

use crate::ui::live::{live, words};
use leptos::html::Li;
use leptos::prelude::*;

use super::colours::of_part;
use super::derivation::{derivation, linked};
use crate::api::{Degree, Figure, PartView, PlanView, Range, Shown, Trust};
use crate::inputs::Key;
use crate::ui::compare;
use crate::ui::copier::copier;
use crate::ui::dom;
use crate::ui::share;
use crate::ui::state::{State, state};
use crate::ui::truth;
use crate::units::text::show;

/// Figures that are shown large; the others stand in a line below.
const LARGE: &[&str] = &["step_time", "mfu", "tokens_per_gpu", "run_days", "run_cost"];

/// Degrees that experts set and others need not see first.
const SECONDARY: &[&str] = &["slots", "place"];

const DETAIL: &str = "headline-detail";
const ALL_DEGREES: &str = "all-degrees";

/// The answer's first screen.
pub fn headline(plan: &Arc<PlanView>) -> AnyView {
    let state = state();
    let published = plan.published.as_ref().map(|text| {
        view! {
            <p class="published">
                <span class="label">"As published"</span>
                {linked(text)}
            </p>
        }
        .into_any()
    });
    let markdown = plan.clone();
    view! {
        <section class="headline" aria-labelledby="plan-title">
            <div class="headline-top">
                <h2 id="plan-title" class="plan-title" tabindex="-1">{plan.title.clone()}</h2>
                <div class="headline-acts">
                    {compare::button()}
                    {copier("quiet-button", "Copy as Markdown", move || {
                        share::markdown(&markdown.markdown)
                    })}
                </div>
            </div>
            {degrees(state, &plan.degrees)}
            {figures(state, plan)}
            {detailed(&plan.figures, &plan.degrees)}
            {memory_bar(&Filled {
                whole: "Memory",
                memory: &plan.memory,
                capacity: &plan.memory_capacity,
                free: &plan.memory_headroom,
                range: plan.memory_range.as_ref(),
                doubt: plan.memory_doubt.as_deref(),
            })}
            {published}
        </section>
    }
    .into_any()
}

/// The degrees as chips that open, those that matter first.
pub fn degrees(state: State, every: &[Degree]) -> AnyView {
    let all = state.unfolded(ALL_DEGREES);
    let rest = every.iter().filter(|degree| !is_first(degree)).count();
    let chips = {
        let every = every.to_vec();
        move || {
            let all = all.get();
            let shown = every.iter().filter(|degree| all || is_first(degree));
            shown.map(|degree| chip(state, degree)).collect_view().into_any()
        }
    };
    let more = (rest > 0).then(|| {
        let text = move || {
            if all.get() { "fewer".to_owned() } else { format!("{rest} more") }
        };
        view! {
            <li>
                <button
                    type="button"
                    class="chip-more"
                    aria-expanded=move || all.get().to_string()
                    on:click=move |_| state.unfold(ALL_DEGREES, !all.get_untracked())
                >
                    {words(move || text())}
                </button>
            </li>
        }
        .into_any()
    });
    view! { <ul class="degrees" aria-label="Layout">{live(move || chips())} {more}</ul> }.into_any()
}

/// Whether it stands among the first chips.
fn is_first(degree: &Degree) -> bool {
    degree.fixed || (degree.main && !SECONDARY.contains(&degree.key.as_str()))
}

fn chip(state: State, degree: &Degree) -> AnyView {
    let id = format!("degree:{}", degree.key);
    let tip = format!("tip-{}", degree.key);
    let open = is_opened(state, &id);
    let class = if degree.fixed { "chip fixed" } else { "chip" };
    let fixed = if degree.fixed { "fixed" } else { "" };
    // Each help begins with the name in full.
    let name = degree.help.split(':').next().unwrap_or_default();
    let short = !name.eq_ignore_ascii_case(&degree.label);
    let spoken =
        short.then(|| view! { <span class="hidden">{format!(" {name} ")}</span> }.into_any());
    // The tip opens towards the middle of the window.
    let end = RwSignal::new(false);
    let frame = NodeRef::<Li>::new();
    let turn_tip = move || {
        if let Some(frame) = frame.get_untracked() {
            end.set(dom::is_right(&frame));
        }
    };
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
                class=class
                aria-expanded=move || open.get().to_string()
                aria-controls=DETAIL
                aria-describedby=tip.clone()
                on:click=move |_| turn(state, &id)
            >
                <abbr class="chip-label" title=name.to_owned()>{degree.label.clone()}</abbr>
                {spoken}
                <span class="chip-value">{degree.value.clone()}</span>
                <span class="chip-fixed">{fixed}</span>
            </button>
            <span role="tooltip" id=tip.clone() class="tip">{degree.help.clone()}</span>
        </li>
    }
    .into_any()
}

fn is_opened(state: State, id: &str) -> Memo<bool> {
    let id = id.to_owned();
    Memo::new(move |_| state.opened.with(|opened| *opened == id))
}

fn turn(state: State, id: &str) {
    let open = state.opened.with_untracked(|opened| opened == id);
    state.opened.set(if open { String::new() } else { id.to_owned() });
}

fn figures(state: State, plan: &Arc<PlanView>) -> AnyView {
    let large = LARGE.iter().filter_map(|id| plan.figures.iter().find(|f| f.id == *id));
    let large: Vec<AnyView> = large.map(|figure| key_figure(state, figure)).collect();
    let small = plan.figures.iter().filter(|figure| !LARGE.contains(&figure.id.as_str()));
    let small: Vec<AnyView> = small.map(|figure| key_figure(state, figure)).collect();
    view! {
        <dl class="figures large">{large}</dl>
        <p class="quiet figures-note">
            "Time to finish and cost with failures, checkpoints, restarts, storage and moving \
             data; the line below without. "
            <button type="button" class="text-button" on:click=move |_| dom::scroll_to("budget")>
                "Budget and buying"
            </button>
            " has the rest."
        </p>
        <dl class="figures small">{small}</dl>
        {trust(plan.trust.as_ref())}
    }
    .into_any()
}

/// A figure that opens to where it comes from.
pub fn key_figure(state: State, figure: &Figure) -> AnyView {
    let id = format!("figure:{}", figure.id);
    let open = is_opened(state, &id);
    let (number, unit) = parted(&figure.shown.text);
    let range = figure.range.as_ref().map(|range| range_text(&range.text));
    view! {
        <div class="figure" data-figure=figure.id.clone()>
            <dt>{figure.label.clone()}</dt>
            <dd>
                <button
                    type="button"
                    class="figure-value"
                    aria-expanded=move || open.get().to_string()
                    aria-controls=DETAIL
                    on:click=move |_| turn(state, &id)
                >
                    {number}
                    <span class="unit">{unit}</span>
                </button>
                {range}
            </dd>
        </div>
    }
    .into_any()
}

/// Where most measured runs of this kind lay.
fn range_text(text: &str) -> AnyView {
    let text = text.to_owned();
    view! { <span class="figure-range">{text}</span> }.into_any()
}

/// What the ranges are, and the way to the runs that they rest on.
pub fn trust(trust: Option<&Trust>) -> AnyView {
    let Some(trust) = trust else {
        return ().into_any();
    };
    let class = if trust.measured { "trust" } else { "trust caution" };
    view! {
        <p class=class>
            {trust.text.clone()}" "
            <button type="button" class="text-button" on:click=move |_| truth::open()>
                "How true is this?"
            </button>
        </p>
    }
    .into_any()
}

/// The number and its unit, so that the unit can be set smaller; thousands and millions are part of the number.
pub fn parted(text: &str) -> (String, String) {
    let gaps = [' ', show::GAP];
    let mut words = text.splitn(3, gaps);
    if let (Some(number), Some(prefix @ ("k" | "M" | "B" | "T")), Some(unit)) =
        (words.next(), words.next(), words.next())
    {
        let gap = show::GAP;
        return (format!("{number}{gap}{prefix}"), format!("{gap}{unit}"));
    }
    match text.split_once(gaps) {
        Some((number, unit)) => (number.to_owned(), format!("{}{unit}", show::GAP)),
        None => (text.to_owned(), String::new()),
    }
}

/// Room for what the degree or figure that was pressed is about.
pub fn detailed(figures: &[Figure], degrees: &[Degree]) -> AnyView {
    let state = state();
    let (figures, degrees) = (figures.to_vec(), degrees.to_vec());
    view! {
        <div id=DETAIL class="detail" aria-live="polite">
            {live(move || detail(state, &figures, &degrees))}
        </div>
    }
    .into_any()
}

fn detail(state: State, figures: &[Figure], degrees: &[Degree]) -> AnyView {
    let opened = state.opened.get();
    let view = match opened.split_once(':') {
        Some(("figure", id)) => {
            let figure = figures.iter().find(|figure| figure.id == id);
            figure.map(|figure| derivation(figure, "headline-why".to_owned()))
        }
        Some((_, id)) => {
            let degree = degrees.iter().find(|degree| degree.key == id);
            degree.map(|degree| degree_detail(state, degree))
        }
        None => None,
    };
    view.unwrap_or_else(|| ().into_any())
}

fn degree_detail(state: State, degree: &Degree) -> AnyView {
    let value: String = degree.value.chars().filter(|c| *c != show::GROUP).collect();
    let value: String = value.chars().take_while(char::is_ascii_digit).collect();
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
        .into_any()
    });
    view! {
        <div class="derivation">
            <p class="derivation-title">{format!("{} {}", degree.label, degree.value)}</p>
            <p>{linked(&degree.help)}</p>
            {pin}
        </div>
    }
    .into_any()
}

/// What fills an accelerator's memory.
pub struct Filled<'a> {
    /// What the bar is named.
    pub whole: &'static str,
    /// The parts.
    pub memory: &'a PartView,
    /// All of it.
    pub capacity: &'a Shown,
    /// What stays free.
    pub free: &'a Shown,
    /// Where measured runs lay.
    pub range: Option<&'a Range>,
    /// That it may not fit.
    pub doubt: Option<&'a str>,
}

/// One bar of the accelerator's memory: the parts, and what stays free.
pub fn memory_bar(own: &Filled<'_>) -> AnyView {
    let capacity = own.capacity.value.max(f64::MIN_POSITIVE);
    let mut start = 0.0;
    let mut bars: Vec<AnyView> = Vec::new();
    let mut legend: Vec<AnyView> = Vec::new();
    for (place, part) in (0u32..).zip(&own.memory.children) {
        let (series, hatched) = of_part(&part.id, place);
        let share = (part.figure.shown.value / capacity * 100.0).clamp(0.0, 100.0);
        let (x, width) = (format!("{start:.3}%"), format!("{share:.3}%"));
        start += share;
        bars.push(bar(x.clone(), width.clone(), format!("fill-{series}")));
        if hatched {
            bars.push(bar(x, width, String::new()));
        }
        let amount = part.figure.shown.text.clone();
        legend.push(legend_row(series, hatched, &part.figure.label, amount));
    }
    let used = own.memory.figure.shown.text.clone();
    let of = own.capacity.text.clone();
    let free = own.free.text.clone();
    let range = own.range.map(|range| range_text(&range.text));
    let doubt = own.doubt.map(str::to_owned);
    let doubt = doubt.map(|text| view! { <p class="caution">{text}</p> }.into_any());
    let label = format!("{}: {used} of {of} used, {free} free", own.memory.figure.label);
    view! {
        <div class="memory">
            <p class="memory-line">
                <span class="label">{own.whole}</span>
                <span><strong>{used}</strong>" of "{of}</span>
                {range}
                <span class="memory-free"><strong>{free}</strong>" free"</span>
            </p>
            <svg class="memory-bar" width="100%" height="18" role="img" aria-label=label>
                <defs>
                    <pattern
                        id="hatch"
                        width="5"
                        height="5"
                        patternUnits="userSpaceOnUse"
                        patternTransform="rotate(45)"
                    >
                        <line x1="0" y1="0" x2="0" y2="5" class="hatch-line"/>
                    </pattern>
                </defs>
                {bar("0".into(), "100%".into(), "memory-rest".into())}
                {bars}
            </svg>
            <ul class="legend">{legend}</ul>
            {doubt}
        </div>
    }
    .into_any()
}

fn bar(x: String, width: String, class: String) -> AnyView {
    use leptos::svg::rect;
    let all = rect().attr("x", x).attr("width", width).attr("height", "100%");
    // A class of the style sheet comes before the attribute.
    all.attr("fill", "url(#hatch)").class(class).into_any()
}

/// One line of a legend: colour, name, amount.
pub fn legend_row(series: u8, hatched: bool, name: &str, amount: String) -> AnyView {
    swatch_row(series, if hatched { "hatched" } else { "" }, name, amount)
}

/// The same, with a class for what sets the colour's swatch apart.
pub fn swatch_row(series: u8, apart: &str, name: &str, amount: String) -> AnyView {
    view! {
        <li>
            <span class=format!("swatch series-{series} {apart}")></span>
            <span class="legend-name">{name.to_owned()}</span>
            <span class="legend-value">{amount}</span>
        </li>
    }
    .into_any()
}
