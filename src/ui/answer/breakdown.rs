//! Memory by part and step time by part: a waterfall each, with the table behind it.

use std::sync::Arc;

use leptos::prelude::*;

use super::colours::ink;
use super::fold::Fold;
use super::parts::PartsTable;
use crate::api::{PartView, PlanView};
use crate::chart::{Bar, waterfall};
use crate::ui::plot::Plot;

/// Memory of the fullest stage, by part.
#[component]
pub fn MemoryParts(plan: Signal<Option<Arc<PlanView>>>) -> AnyView {
    let root = Memo::new(move |_| plan.with(|p| p.as_ref().map(|p| p.memory.clone())));
    let limit = Memo::new(move |_| {
        let capacity = plan.with(|p| p.as_ref().map(|p| p.memory_capacity.clone()));
        capacity.map(|all| (all.value, format!("{} in all", all.text)))
    });
    let limit: Signal<_> = limit.into();
    view! { <Breakdown id="memory" title="Memory by part" root=root limit=limit/> }.into_any()
}

/// Critical path of one step, by part.
#[component]
pub fn TimeParts(plan: Signal<Option<Arc<PlanView>>>) -> AnyView {
    let root = Memo::new(move |_| plan.with(|p| p.as_ref().map(|p| p.time.clone())));
    let limit = Signal::derive(move || {
        root.with(|root| {
            root.as_ref().map(|root| {
                let all = &root.figure.shown;
                (all.value, format!("{} in all", all.text))
            })
        })
    });
    view! { <Breakdown id="time" title="Step time by part" root=root limit=limit/> }.into_any()
}

#[component]
fn Breakdown(
    id: &'static str,
    title: &'static str,
    root: Memo<Option<PartView>>,
    limit: Signal<Option<(f64, String)>>,
) -> AnyView {
    let scene = move |width: f64| {
        let limit = limit.get().unwrap_or_default();
        waterfall(&bars(root.get().as_ref()), (limit.0, &limit.1), width)
    };
    let label = Signal::derive(move || {
        root.with(|root| {
            let text = root.as_ref().map(spoken).unwrap_or_default();
            format!("{title}: {text}")
        })
    });
    let table = move || {
        root.get()
            .map(|root| view! { <PartsTable root=root caption=title/> })
    };
    let heading = format!("{id}-title");
    let title_id = heading.clone();
    let total = move || root.with(|root| root.as_ref().map(|r| r.figure.shown.text.clone()));
    view! {
        <section class="part" id=id aria-labelledby=heading>
            <h2 id=title_id>{title} <span class="total-amount">{total}</span></h2>
            <Plot scene=scene label=label/>
            <Fold id=format!("{id}-table") title="Every part, with its formula">
                {table.clone()}
            </Fold>
        </section>
    }
    .into_any()
}

fn bars(root: Option<&PartView>) -> Vec<Bar> {
    let Some(root) = root else { return Vec::new() };
    let some = root
        .children
        .iter()
        .zip(0u32..)
        .filter(|(part, _)| part.figure.shown.value > 0.0);
    let bar = |(part, place): (&PartView, u32)| {
        let (ink, hatched) = ink(&part.id, place);
        Bar {
            label: part.figure.label.clone(),
            value: part.figure.shown.value,
            text: part.figure.shown.text.clone(),
            ink,
            hatched,
        }
    };
    some.map(bar).collect()
}

fn spoken(root: &PartView) -> String {
    let part = |part: &PartView| format!("{} {}", part.figure.label, part.figure.shown.text);
    let parts: Vec<String> = root.children.iter().map(part).collect();
    format!("{} in all; {}", root.figure.shown.text, parts.join(", "))
}
