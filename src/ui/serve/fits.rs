//! What fits where, in which format, and how fast for one user alone.

use leptos::prelude::*;

use crate::api::FitView;
use crate::ui::live::live;
use crate::ui::state::{State, state};
use crate::ui::table::{Cell, table};

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
    let columns = [
        ("Format", false),
        ("Accelerator", false),
        ("At least", true),
        ("Weights on each", true),
        ("Cache, tokens", true),
        ("One answer", true),
        ("Prompt read in", true),
    ];
    table("What fits, in which format", &columns, study.fits.iter().map(line).collect())
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
