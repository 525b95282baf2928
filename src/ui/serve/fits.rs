//! What fits where, in which format, and how fast for one user alone.

use leptos::prelude::*;

use crate::api::FitView;
use crate::ui::answer::fold;
use crate::ui::live::live;
use crate::ui::state::{State, state};
use crate::ui::table::{Cell, table};

/// Kinds of accelerator of which every format is shown at once.
const BRIEF: usize = 2;

/// The section.
pub fn fits() -> AnyView {
    let state = state();
    view! {
        <section class="part" id="fits" aria-labelledby="fits-title">
            <h2 id="fits-title">"What fits, in which format"</h2>
            <p class="quiet">
                "The smallest instance in each format that the engine has, and the speed of one \
                answer alone with the range of measured runs."
            </p>
            {live(move || rows(state))}
        </section>
    }
    .into_any()
}

fn rows(state: State) -> AnyView {
    let Some(study) = state.serve_study() else {
        return ().into_any();
    };
    if study.machines.len() <= BRIEF {
        return every(&study.fits);
    }
    let brief = study.machines.iter().map(|machine| summed(machine, &study.fits)).collect();
    let columns = [
        ("Accelerator", false),
        ("Widest that fits", false),
        ("One answer", true),
        ("Fastest", false),
        ("One answer", true),
        ("Does not fit", false),
    ];
    let all = study.clone();
    vec![
        table("What fits, by accelerator", &columns, brief),
        fold("fits-every", "Every format", move || every(&all.fits)),
    ]
    .into_any()
}

/// One line for an accelerator: the widest format that fits, the fastest, and what does not.
fn summed(machine: &str, all: &[FitView]) -> Vec<Cell> {
    let own = || all.iter().filter(|own| own.machine == machine);
    let fit = || own().filter(|own| own.accelerators.is_some());
    let by = |a: &&FitView, b: &&FitView| a.bytes.value.total_cmp(&b.bytes.value);
    let mut cells = vec![Cell::Name(machine.to_owned())];
    let fastest = fit().max_by(|a, b| a.speed.value.total_cmp(&b.speed.value));
    for own in [fit().max_by(by), fastest] {
        let range = own.and_then(|own| own.range.as_ref()).map(|range| range.text.clone());
        let text =
            |of: fn(&FitView) -> &String| own.map_or("\u{2013}".to_owned(), |own| of(own).clone());
        cells.push(Cell::Text(text(|own| &own.weights)));
        cells.push(Cell::Ranged(text(|own| &own.speed.text), range.unwrap_or_default()));
    }
    let not: Vec<&str> =
        own().filter(|own| own.accelerators.is_none()).map(|own| own.weights.as_str()).collect();
    cells.push(Cell::Text(if not.is_empty() { "\u{2013}".to_owned() } else { not.join(", ") }));
    cells
}

fn every(fits: &[FitView]) -> AnyView {
    let columns = [
        ("Format", false),
        ("Accelerator", false),
        ("At least", true),
        ("Weights on each", true),
        ("Cache, tokens", true),
        ("One answer", true),
        ("Prompt read in", true),
    ];
    table("What fits, in which format", &columns, fits.iter().map(line).collect())
}

fn line(own: &FitView) -> Vec<Cell> {
    let Some(n) = &own.accelerators else {
        return vec![
            Cell::Name(own.weights.clone()),
            Cell::Text(own.machine.clone()),
            Cell::Loss("does not fit".to_owned()),
            Cell::Quiet(own.bytes.text.clone()),
            Cell::Quiet("\u{2013}".to_owned()),
            Cell::Quiet("\u{2013}".to_owned()),
            Cell::Quiet("\u{2013}".to_owned()),
        ];
    };
    let range = own.range.as_ref().map(|range| range.text.clone()).unwrap_or_default();
    vec![
        Cell::Link(own.weights.clone(), own.link.clone()),
        Cell::Text(own.machine.clone()),
        Cell::Number(n.text.clone()),
        Cell::Quiet(own.bytes.text.clone()),
        Cell::Quiet(own.longest.text.clone()),
        Cell::Ranged(own.speed.text.clone(), range),
        Cell::Number(own.first_token.text.clone()),
    ]
}
