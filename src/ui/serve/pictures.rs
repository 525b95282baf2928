//! Latency against throughput with the goal drawn in, and prefill and decode under the roof.

use std::sync::Arc;

use leptos::prelude::*;

use crate::api::{RoofPointView, RoofView, ServeStudyView, ServeView, TradeView};
use crate::chart::{Dot, Ink, Plane, Stroke, plane};
use crate::ui::answer::fold;
use crate::ui::live::live;
use crate::ui::plot::plot;
use crate::ui::state::{State, state};
use crate::ui::table::{Cell, compact_table, opening, table};
use crate::units::Seconds;
use crate::units::text::show;

const HEIGHT: f64 = 320.0;

/// Tokens a second of one accelerator against the time between tokens.
pub fn tradeoff() -> AnyView {
    let state = state();
    let scene = move |width: f64| {
        let study = state.serve_study();
        let study = study.as_deref();
        let dots: Vec<Dot> =
            study.into_iter().flat_map(|study| study.points.iter().map(dot)).collect();
        let strokes = study.map(strokes).unwrap_or_default();
        let goal = study.and_then(|study| study.goal.as_ref());
        let name = goal.map(|goal| format!("within {}", goal.text)).unwrap_or_default();
        let share = study.map_or("", |study| study.share.as_str());
        let title = format!(
            "Time of each further token{}{share}",
            if share.is_empty() { "" } else { ", " }
        );
        let chart = Plane {
            dots: &dots,
            strokes: &strokes,
            goal: goal.map(|goal| (goal.value, name.as_str())),
            titles: (&title, "Tokens/s of one accelerator"),
            empty: "Looking for the trade…",
            x_tick: &|value| show::time(Seconds::new(value)),
            y_tick: &show::rounded,
        };
        plane(&chart, width, HEIGHT)
    };
    let label = move || {
        let n = state.serve_study().map_or(0, |study| study.points.len());
        format!("Throughput against time of a token, {n} deployments; the table holds the figures")
    };
    let body = move || match state.serve_study() {
        Some(study) => trade_table(&study),
        None => ().into_any(),
    };
    view! {
        <section class="part" id="tradeoff" aria-labelledby="tradeoff-title">
            <h2 id="tradeoff-title">"Latency against throughput"</h2>
            {plot(scene, label)}
            {live(move || legend(state))}
            {fold("tradeoff-table", "The trade as a table", body)}
        </section>
    }
    .into_any()
}

fn dot(own: &TradeView) -> Dot {
    Dot {
        at: (own.per_token.value, own.rate.value),
        series: (own.machine % 8) as u8,
        filled: own.keeps,
        current: own.chosen,
        text: format!("{} a token · {} · {}", own.per_token.text, own.rate.text, own.layout),
        name: String::new(),
        link: Some(own.link.clone()),
    }
}

/// One line a kind of machine.
fn strokes(study: &ServeStudyView) -> Vec<Stroke> {
    let line = |machine: u32| Stroke {
        points: study
            .points
            .iter()
            .filter(|own| own.machine == machine && !own.chosen)
            .map(|own| (own.per_token.value, own.rate.value))
            .collect(),
        ink: Ink::Series((machine % 8) as u8),
        dashed: false,
    };
    (0..study.machines.len() as u32).map(line).collect()
}

fn legend(state: State) -> AnyView {
    let Some(study) = state.serve_study() else {
        return ().into_any();
    };
    let row = |(series, name): (usize, &String)| {
        view! {
            <li>
                <span class=format!("swatch series-{}", series % 8)></span>
                <span class="legend-name">{name.clone()}</span>
            </li>
        }
    };
    let rows = study.machines.iter().enumerate().map(row).collect_view();
    let share = &study.share;
    let mut further =
        if share.is_empty() { String::new() } else { format!(", further ones at {share}") };
    if !study.sure.is_empty() {
        further += &format!(", with the room that a chance of {} asks for", study.sure);
    }
    view! {
        <ul class="legend">{rows}</ul>
        <p class="quiet">
            "Under full load. Filled: keeps all goals, the first token on the mean"{further}". \
            Large: the answer at its batch limit."
        </p>
    }
    .into_any()
}

fn trade_table(study: &ServeStudyView) -> AnyView {
    let columns = [
        ("Further token (TPOT)", true),
        ("First token (TTFT)", true),
        ("Each accelerator", true),
        ("Deployment", false),
    ];
    let line = |own: &TradeView| {
        vec![
            opening(&own.figures, "per_token", &own.per_token.text, ""),
            opening(&own.figures, "first_token", &own.first_token.text, ""),
            opening(&own.figures, "rate", &own.rate.text, ""),
            Cell::Link(own.layout.clone(), own.link.clone()),
        ]
    };
    table("Latency against throughput", &columns, study.points.iter().map(line).collect())
}

/// Prefill and decode under the accelerator's roof.
pub fn roofline(serve: &Arc<ServeView>) -> AnyView {
    let roof = serve.roof.clone();
    let drawn = roof.clone();
    let n = roof.points.len();
    let scene = move |width: f64| {
        let dots: Vec<Dot> = (0u8..).zip(&drawn.points).map(step).collect();
        let chart = Plane {
            dots: &dots,
            strokes: &[roof_line(&drawn)],
            goal: None,
            titles: ("Operations for each byte read", "TFLOP/s of one accelerator"),
            empty: "",
            x_tick: &show::rounded,
            y_tick: &show::rounded,
        };
        plane(&chart, width, HEIGHT)
    };
    let label = move || format!("Roofline of prefill and decode, {n} steps; the table holds them");
    let total = format!("{} · {}", roof.peak.text, roof.bandwidth.text);
    view! {
        <section class="part" id="roofline" aria-labelledby="roofline-title">
            <h2 id="roofline-title">
                "Under the roof"
                <span class="total-amount">{total}</span>
            </h2>
            {plot(scene, label)}
            <p class="quiet">
                "Left of the bend memory bandwidth binds, right of it arithmetic."
            </p>
            {fold("roofline-table", "The steps as a table", move || roof_table(&roof))}
        </section>
    }
    .into_any()
}

fn step((series, own): (u8, &RoofPointView)) -> Dot {
    Dot {
        at: (own.intensity.value, own.reached.value / 1e12),
        series,
        filled: true,
        text: format!(
            "{}: {} at {} operations a byte, {} of the roof",
            own.label, own.reached.text, own.intensity.text, own.share.text
        ),
        name: own.label.clone(),
        ..Dot::default()
    }
}

/// Up with the bandwidth, then level.
fn roof_line(roof: &RoofView) -> Stroke {
    let (bandwidth, peak) = (roof.bandwidth.value / 1e12, roof.peak.value / 1e12);
    let bend = peak / bandwidth.max(1e-9);
    let all = roof.points.iter().map(|own| own.intensity.value);
    let (low, high) = all.fold((bend, bend), |(low, high), at| (low.min(at), high.max(at)));
    let (low, high) = (low / 2.0, high * 2.0);
    let points = vec![(low, low * bandwidth), (bend, peak), (high, peak)];
    Stroke { points, ink: Ink::Muted, dashed: false }
}

fn roof_table(roof: &RoofView) -> AnyView {
    let columns =
        [("Step", false), ("Operations a byte", true), ("Reached", true), ("Of the roof", true)];
    let line = |own: &RoofPointView| {
        vec![
            Cell::Name(own.label.clone()),
            opening(&own.figures, "intensity", &own.intensity.text, ""),
            opening(&own.figures, "reached", &own.reached.text, ""),
            opening(&own.figures, "share", &own.share.text, ""),
        ]
    };
    compact_table("Steps under the roof", &columns, roof.points.iter().map(line).collect())
}
