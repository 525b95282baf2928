//! Time against memory: the fastest layout for each amount of memory left free.

use std::sync::Arc;

use leptos::prelude::*;

use super::fold::Fold;
use crate::api::{PlanView, StudyView};
use crate::chart::{Curve, Extent, Sample, curve};
use crate::ui::plot::Plot;
use crate::ui::state::state;
use crate::units::text::show;

const GIB: f64 = 1_073_741_824.0;

/// The frontier, with the plan and its runners-up on it.
#[component]
pub fn Frontier(plan: Signal<Option<Arc<PlanView>>>) -> AnyView {
    let state = state();
    let samples = Memo::new(move |_| {
        let study = state.study.get();
        study
            .map(|study| samples(&study, plan.get().as_deref()))
            .unwrap_or_default()
    });
    let scene = move |width: f64| {
        samples.with(|samples| {
            let chart = Curve {
                samples,
                x: Extent {
                    title: "Memory left free, GiB".into(),
                    log: false,
                },
                y: Extent {
                    title: "Step time, s".into(),
                    log: false,
                },
                steps: true,
                ideal: &[],
                empty: "Looking for the trade…",
                x_tick: &show::rounded,
                y_tick: &show::rounded,
            };
            curve(&chart, width, 280.0)
        })
    };
    let label = Signal::derive(move || {
        let n = samples.with(|samples| samples.iter().filter(|sample| !sample.aside).count());
        format!("Step time against memory left free, {n} layouts; the table holds the figures")
    });
    let table = move || {
        state
            .study
            .with(|study| study.as_deref().map(frontier_table))
    };
    view! {
        <section class="part" id="frontier" aria-labelledby="frontier-title">
            <div class="part-head">
                <h2 id="frontier-title">"Time against memory"</h2>
            </div>
            <Plot scene=scene label=label/>
            <p class="quiet">
                "Line: nothing is both faster and smaller. Rings beside it: runners-up."
            </p>
            <Fold id="frontier-table" title="The trade as a table">{table.clone()}</Fold>
        </section>
    }
    .into_any()
}

fn samples(study: &StudyView, plan: Option<&PlanView>) -> Vec<Sample> {
    let chosen = plan.map(|plan| plan.pinned_link.as_str());
    let on_line = study.frontier.iter().enumerate().map(|(i, point)| Sample {
        x: point.headroom.value / GIB,
        y: Some(point.step.value),
        text: format!(
            "{} · {} free · {}",
            point.step.text, point.headroom.text, point.layout
        ),
        current: chosen == Some(&point.link) || i == 0,
        aside: false,
        link: Some(point.link.clone()),
    });
    let beside = study.runners_up.iter().map(|other| Sample {
        x: other.headroom.value / GIB,
        y: Some(other.step.value),
        text: format!(
            "{} · {} free · {}",
            other.step.text, other.headroom.text, other.layout
        ),
        current: false,
        aside: true,
        link: Some(other.link.clone()),
    });
    beside.chain(on_line).collect()
}

fn frontier_table(study: &StudyView) -> AnyView {
    let row = |point: &crate::api::FrontierPoint| {
        view! {
            <tr>
                <td class="number">{point.headroom.text.clone()}</td>
                <td class="number">{point.step.text.clone()}</td>
                <th scope="row"><a href=format!("#{}", point.link)>{point.layout.clone()}</a></th>
            </tr>
        }
    };
    view! {
        <div class="table-frame">
            <table>
                <caption class="hidden">
                    "Fastest layout for each amount of memory left free"
                </caption>
                <thead>
                    <tr>
                        <th scope="col" class="number">"Free"</th>
                        <th scope="col" class="number">"Step"</th>
                        <th scope="col">"Layout"</th>
                    </tr>
                </thead>
                <tbody>{study.frontier.iter().map(row).collect_view()}</tbody>
            </table>
        </div>
    }
    .into_any()
}
