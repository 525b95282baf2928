//! The pipeline over time, and what stands on each stage.

use crate::ui::live::{live, words};
use leptos::prelude::*;

use super::fold::fold;
use super::headline::legend_row;
use crate::api::{Block, Lane, StageView, Timeline};
use crate::chart::{Ink, LaneBlock, LaneRow, Scene, lanes};
use crate::ui::plot::plot;
use crate::ui::state::{State, state};
use crate::ui::table::{Cell, compact_table};
use crate::units::Seconds;
use crate::units::text::{show, span};

/// Kinds of work, with their colour and whether they are hatched.
const KINDS: &[(&str, &str, u8, bool)] = &[
    ("forward", "Forward", 0, false),
    ("backward", "Backward", 1, false),
    ("weight", "Weight gradients", 2, false),
    ("communication", "Communication", 5, true),
    ("optimizer", "Optimizer", 3, true),
];

/// The timeline and the stages.
pub fn pipeline() -> AnyView {
    let state = state();
    let scene = move |width: f64| match state.plan() {
        Some(plan) => lanes(&rows(&plan.timeline), plan.timeline.span_s, width, &seconds),
        None => Scene::new(width, 0.0),
    };
    let label = move || {
        let n = state.plan().map_or(0, |plan| plan.timeline.lanes.len());
        format!("Work of {n} pipeline stages over one step; the table of stages holds the figures")
    };
    let stages = move || match state.plan() {
        Some(plan) => stage_table(&plan.stages),
        None => ().into_any(),
    };
    let none = move || state.plan().is_none_or(|plan| plan.timeline.lanes.is_empty());
    let note = move || state.plan().map_or_else(String::new, |plan| plan.timeline.note.clone());
    view! {
        <section
            class="part wide"
            id="pipeline"
            hidden=move || none()
            aria-labelledby="pipeline-title"
        >
            <h2 id="pipeline-title">"Pipeline over one step"</h2>
            {plot(scene, label)}
            <ul class="legend">{live(move || legend(state))}</ul>
            <p class="quiet">{words(move || note())}</p>
            {fold("stages", "Stages", stages)}
        </section>
    }
    .into_any()
}

fn legend(state: State) -> AnyView {
    let Some(plan) = state.plan() else {
        return ().into_any();
    };
    let has = |kind: &str| {
        plan.timeline.lanes.iter().any(|lane| lane.blocks.iter().any(|block| block.kind == kind))
    };
    let kinds = KINDS.iter().filter(|(kind, ..)| has(kind));
    let rows =
        kinds.map(|(_, name, series, hatched)| legend_row(*series, *hatched, name, String::new()));
    rows.collect_view().into_any()
}

fn rows(timeline: &Timeline) -> Vec<LaneRow> {
    let block = |block: &Block| {
        let kind = KINDS.iter().find(|kind| kind.0 == block.kind);
        let (name, series, hatched) =
            kind.map_or((block.kind.as_str(), 7, false), |kind| (kind.1, kind.2, kind.3));
        // What is hatched follows the passes and belongs to no micro-batch.
        let (what, mark) = if hatched {
            (name.to_owned(), String::new())
        } else {
            let what =
                format!("{name} of micro-batch {}, chunk {}", block.micro_batch, block.chunk);
            (what, block.micro_batch.to_string())
        };
        LaneBlock {
            start: block.start_s,
            end: block.end_s,
            ink: if block.chunk.is_multiple_of(2) {
                Ink::Series(series)
            } else {
                Ink::Pale(series)
            },
            hatched,
            mark,
            text: format!("{what}, {}", span::between(&time(block.start_s), &time(block.end_s))),
        }
    };
    let row = |lane: &Lane| LaneRow {
        label: lane.label.clone(),
        blocks: lane.blocks.iter().map(block).collect(),
    };
    timeline.lanes.iter().map(row).collect()
}

fn time(s: f64) -> String {
    show::time(Seconds::new(s))
}

/// A time on the axis.
fn seconds(s: f64) -> String {
    if s == 0.0 { "0".to_owned() } else { time(s) }
}

fn stage_table(stages: &[StageView]) -> AnyView {
    let line = |stage: &StageView| {
        vec![
            Cell::Number(stage.index.to_string()),
            Cell::Number(stage.layers.to_string()),
            Cell::Text(stage.extras.clone()),
            Cell::Number(stage.time.text.clone()),
            Cell::Number(stage.memory.text.clone()),
        ]
    };
    let columns = [
        ("Stage", true),
        ("Layers", true),
        ("Also", false),
        ("One micro-batch", true),
        ("Memory", true),
    ];
    let lines = stages.iter().map(line).collect();
    compact_table("What stands on each pipeline stage", &columns, lines)
}
