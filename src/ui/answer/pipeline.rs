//! The pipeline over time, and what stands on each stage.

use std::sync::Arc;

use leptos::prelude::*;

use super::fold::Fold;
use crate::api::{Block, PlanView, StageView, Timeline};
use crate::chart::{Ink, LaneBlock, LaneRow, lanes};
use crate::ui::plot::Plot;
use crate::units::Seconds;
use crate::units::text::show;

/// Kinds of work, with their colour and whether they are hatched.
const KINDS: &[(&str, &str, u8, bool)] = &[
    ("forward", "Forward", 0, false),
    ("backward", "Backward", 1, false),
    ("weight", "Weight gradients", 2, false),
    ("communication", "Communication", 5, true),
    ("optimizer", "Optimizer", 3, true),
];

/// The timeline and the stages.
#[component]
pub fn Pipeline(plan: Signal<Option<Arc<PlanView>>>) -> AnyView {
    let timeline = Memo::new(move |_| plan.with(|p| p.as_ref().map(|p| p.timeline.clone())));
    let scene = move |width: f64| {
        timeline.with(|timeline| match timeline {
            Some(timeline) => lanes(&rows(timeline), timeline.span_s, width, &seconds),
            None => lanes(&[], 0.0, width, &seconds),
        })
    };
    let label = Signal::derive(move || {
        timeline.with(|t| {
            let n = t.as_ref().map_or(0, |t| t.lanes.len());
            format!(
                "Work of {n} pipeline stages over one step; the table of stages holds the figures"
            )
        })
    });
    let note = move || timeline.with(|t| t.as_ref().map(|t| t.note.clone()));
    let legend = move || {
        timeline.with(|timeline| {
            let kinds = KINDS
                .iter()
                .filter(|kind| timeline.as_ref().is_some_and(|t| has(t, kind.0)));
            let item = |(_, name, series, hatched): &(&str, &'static str, u8, bool)| {
                let (name, series, hatched) = (*name, *series, *hatched);
                view! {
                    <li>
                        <span class=format!("swatch series-{series}") class:hatched=hatched></span>
                        <span class="legend-name">{name}</span>
                    </li>
                }
            };
            kinds.map(item).collect_view()
        })
    };
    let stages = move || plan.with(|plan| plan.as_ref().map(|plan| stage_table(&plan.stages)));
    let some =
        Memo::new(move |_| timeline.with(|t| t.as_ref().is_some_and(|t| !t.lanes.is_empty())));
    view! {
        <section
            class="part wide"
            id="pipeline"
            hidden=move || !some.get()
            aria-labelledby="pipeline-title"
        >
            <h2 id="pipeline-title">"Pipeline over one step"</h2>
            <Plot scene=scene label=label/>
            <ul class="legend">{legend}</ul>
            <p class="quiet">{note}</p>
            <Fold id="stages" title="Stages">{stages.clone()}</Fold>
        </section>
    }
    .into_any()
}

fn has(timeline: &Timeline, kind: &str) -> bool {
    timeline
        .lanes
        .iter()
        .any(|lane| lane.blocks.iter().any(|block| block.kind == kind))
}

fn rows(timeline: &Timeline) -> Vec<LaneRow> {
    let block = |block: &Block| {
        let kind = KINDS.iter().find(|kind| kind.0 == block.kind);
        let (name, series, hatched) = kind.map_or((block.kind.as_str(), 7, false), |kind| {
            (kind.1, kind.2, kind.3)
        });
        LaneBlock {
            start: block.start_s,
            end: block.end_s,
            ink: if block.chunk % 2 == 0 {
                Ink::Series(series)
            } else {
                Ink::Pale(series)
            },
            hatched,
            mark: block.micro_batch.to_string(),
            text: format!(
                "{name} of micro-batch {}, chunk {}, {} to {}",
                block.micro_batch,
                block.chunk,
                seconds(block.start_s),
                seconds(block.end_s)
            ),
        }
    };
    let row = |lane: &crate::api::Lane| LaneRow {
        label: lane.label.clone(),
        blocks: lane.blocks.iter().map(block).collect(),
    };
    timeline.lanes.iter().map(row).collect()
}

/// A time on the axis.
fn seconds(s: f64) -> String {
    if s == 0.0 {
        "0".to_owned()
    } else {
        show::time(Seconds::new(s))
    }
}

fn stage_table(stages: &[StageView]) -> AnyView {
    let row = |stage: &StageView| {
        view! {
            <tr>
                <th scope="row" class="number">{stage.index.to_string()}</th>
                <td class="number">{stage.layers.to_string()}</td>
                <td>{stage.extras.clone()}</td>
                <td class="number">{stage.time.text.clone()}</td>
                <td class="number">{stage.memory.text.clone()}</td>
            </tr>
        }
    };
    view! {
        <div class="table-frame">
            <table class="compact">
                <caption class="hidden">"What stands on each pipeline stage"</caption>
                <thead>
                    <tr>
                        <th scope="col" class="number">"Stage"</th>
                        <th scope="col" class="number">"Layers"</th>
                        <th scope="col">"Also"</th>
                        <th scope="col" class="number">"One micro-batch"</th>
                        <th scope="col" class="number">"Memory"</th>
                    </tr>
                </thead>
                <tbody>{stages.iter().map(row).collect_view()}</tbody>
            </table>
        </div>
    }
    .into_any()
}
