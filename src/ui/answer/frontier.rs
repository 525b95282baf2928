//! Time against memory: the fastest layout for each amount of memory left free.

use leptos::prelude::*;

use super::fold::fold;
use crate::api::{FrontierPoint, PlanView, RunnerUp, StudyView};
use crate::chart::{Curve, Extent, Sample, curve};
use crate::ui::plot::plot;
use crate::ui::state::state;
use crate::ui::table::{Cell, table};
use crate::units::text::show;

const GIB: f64 = 1_073_741_824.0;

/// The frontier, with the plan and its runners-up on it.
pub fn frontier() -> AnyView {
    let state = state();
    let scene = move |width: f64| {
        let plan = state.plan();
        let study = state.study();
        let samples = study.map(|study| samples(&study, plan.as_deref())).unwrap_or_default();
        let chart = Curve {
            samples: &samples,
            x: Extent { title: "Memory left free, GiB".into(), log: false },
            y: Extent { title: "Step time, s".into(), log: false },
            steps: true,
            ideal: &[],
            empty: "Looking for the trade…",
            x_tick: &show::rounded,
            y_tick: &show::rounded,
        };
        curve(&chart, width, 280.0)
    };
    let label = move || {
        let n = state.study().map_or(0, |study| study.frontier.len());
        format!("Step time against memory left free, {n} layouts; the table holds the figures")
    };
    let table = move || match state.study() {
        Some(study) => frontier_table(&study.frontier),
        None => ().into_any(),
    };
    view! {
        <section class="part" id="frontier" aria-labelledby="frontier-title">
            <div class="part-head">
                <h2 id="frontier-title">"Time against memory"</h2>
            </div>
            {plot(scene, label)}
            <p class="quiet">
                "Line: nothing is both faster and smaller. Rings beside it: runners-up."
            </p>
            {fold("frontier-table", "The trade as a table", table)}
        </section>
    }
    .into_any()
}

fn samples(study: &StudyView, plan: Option<&PlanView>) -> Vec<Sample> {
    let is_plan = |point: &FrontierPoint| {
        plan.is_some_and(|plan| {
            let step = plan.time.figure.shown.value;
            point.step.value == step && point.headroom.value == plan.memory_headroom.value
        })
    };
    let on_line = |point: &FrontierPoint| Sample {
        x: point.headroom.value / GIB,
        y: Some(point.step.value),
        text: format!("{} · {} free · {}", point.step.text, point.headroom.text, point.layout),
        current: is_plan(point),
        aside: false,
        link: Some(point.link.clone()),
    };
    let beside = |other: &RunnerUp| Sample {
        x: other.headroom.value / GIB,
        y: Some(other.step.value),
        text: format!("{} · {} free · {}", other.step.text, other.headroom.text, other.layout),
        current: false,
        aside: true,
        link: Some(other.link.clone()),
    };
    let runners_up = study.runners_up.iter().map(beside);
    runners_up.chain(study.frontier.iter().map(on_line)).collect()
}

fn frontier_table(points: &[FrontierPoint]) -> AnyView {
    let line = |point: &FrontierPoint| {
        vec![
            Cell::Number(point.headroom.text.clone()),
            Cell::Number(point.step.text.clone()),
            Cell::Link(point.layout.clone(), point.link.clone()),
        ]
    };
    let caption = "Fastest layout for each amount of memory left free";
    let columns = [("Free", true), ("Step", true), ("Layout", false)];
    table(caption, &columns, points.iter().map(line).collect())
}
