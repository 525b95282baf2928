//! Memory by part and step time by part: a waterfall each, with the table behind it.

use crate::ui::live::words;
use leptos::prelude::*;

use super::colours::ink;
use super::fold::fold;
use super::parts::parts_table;
use crate::api::{PartView, PlanView, Shown};
use crate::chart::{Bar, Scene, waterfall};
use crate::ui::plot::plot;
use crate::ui::state::state;

/// What a breakdown shows of a plan: the whole, and where the scale ends.
type Pick = fn(&PlanView) -> (&PartView, &Shown);

/// Memory of the fullest stage, by part.
pub fn memory_parts() -> AnyView {
    breakdown("memory", "Memory by part", |plan| (&plan.memory, &plan.memory_capacity))
}

/// Critical path of one step, by part.
pub fn time_parts() -> AnyView {
    breakdown("time", "Step time by part", |plan| (&plan.time, &plan.time.figure.shown))
}

fn breakdown(id: &'static str, title: &'static str, pick: Pick) -> AnyView {
    let state = state();
    let scene = move |width: f64| match state.plan() {
        Some(plan) => {
            let (root, end) = pick(&plan);
            waterfall(&bars(root), (end.value, &format!("{} in all", end.text)), width)
        }
        None => Scene::new(width, 0.0),
    };
    let label = move || match state.plan() {
        Some(plan) => format!("{title}: {}", spoken(pick(&plan).0)),
        None => title.to_owned(),
    };
    let table = move || match state.plan() {
        Some(plan) => parts_table(pick(&plan).0, title),
        None => ().into_any(),
    };
    let total = move || match state.plan() {
        Some(plan) => pick(&plan).0.figure.shown.text.clone(),
        None => String::new(),
    };
    framed(id, title, plot(scene, label), (Box::new(total), Box::new(table)))
}

/// The same of a whole that is at hand.
pub fn breakdown_of(id: &'static str, title: &'static str, root: PartView, end: Shown) -> AnyView {
    let (drawn, spoke, total) = (root.clone(), root.clone(), root.figure.shown.text.clone());
    let scene = move |width: f64| {
        waterfall(&bars(&drawn), (end.value, &format!("{} in all", end.text)), width)
    };
    let label = move || format!("{title}: {}", spoken(&spoke));
    let table = move || parts_table(&root, title);
    framed(id, title, plot(scene, label), (Box::new(move || total.clone()), Box::new(table)))
}

type Text = Box<dyn Fn() -> String + Send>;
type Made = Box<dyn Fn() -> AnyView + Send>;

fn framed(
    id: &'static str,
    title: &'static str,
    picture: AnyView,
    (total, table): (Text, Made),
) -> AnyView {
    let heading = format!("{id}-title");
    view! {
        <section class="part" id=id aria-labelledby=heading.clone()>
            <h2 id=heading.clone()>
                {title}
                <span class="total-amount">{words(move || total())}</span>
            </h2>
            {picture}
            {fold(&format!("{id}-table"), "Every part, with its formula", table)}
        </section>
    }
    .into_any()
}

fn bars(root: &PartView) -> Vec<Bar> {
    let some = root.children.iter().zip(0u32..).filter(|(part, _)| part.figure.shown.value > 0.0);
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
