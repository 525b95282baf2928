//! What fits where, in which format, and how fast for one user alone.

use leptos::prelude::*;

use crate::api::FitView;
use crate::ui::answer::fold;
use crate::ui::live::live;
use crate::ui::state::{State, state};
use crate::ui::table::{Cell, opening, table};

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
    let brief = study.machines.iter().flat_map(|machine| summed(machine, &study.fits)).collect();
    let columns = [
        ("Accelerator and format", false),
        ("One answer", true),
        ("Prompt read in", true),
        ("At least", true),
        ("", false),
    ];
    let all = study.clone();
    vec![
        table("What fits, by accelerator", &columns, brief),
        fold("fits-every", "Every format", move || every(&all.fits)),
    ]
    .into_any()
}

/// Lines of an accelerator: the widest format that fits, the usual one and the fastest; or that none does.
fn summed(machine: &str, all: &[FitView]) -> Vec<Vec<Cell>> {
    let own = || all.iter().filter(|own| own.machine == machine);
    let fit = || own().filter(|own| own.accelerators.is_some());
    let widest = fit().max_by(|a, b| a.bytes.value.total_cmp(&b.bytes.value));
    let plain = fit().filter(|own| own.said.is_empty());
    let fastest = plain.max_by(|a, b| a.speed.value.total_cmp(&b.speed.value));
    let usual = fit().find(|own| own.usual);
    let mut lines: Vec<(&FitView, String)> = Vec::new();
    for (found, name) in [(widest, "widest that fits"), (usual, "usual"), (fastest, "fastest")] {
        let Some(found) = found else { continue };
        match lines.iter_mut().find(|(own, _)| std::ptr::eq(*own, found)) {
            Some((_, names)) => *names = format!("{names}, {name}"),
            None => lines.push((found, name.to_owned())),
        }
    }
    if lines.is_empty() {
        let none = || Cell::Quiet("\u{2013}".to_owned());
        let name = Cell::Name(machine.to_owned());
        return vec![vec![name, none(), none(), none(), Cell::Text("nothing fits".to_owned())]];
    }
    let line = |(own, names): (&FitView, String)| {
        let [speed, first, least] = numbers(own);
        let name = format!("{machine}, {}", own.weights);
        vec![Cell::Link(name, own.link.clone()), speed, first, least, Cell::Quiet(names)]
    };
    lines.into_iter().map(line).collect()
}

/// Speed alone, time of a prompt, accelerators.
fn numbers(own: &FitView) -> [Cell; 3] {
    let range = own.range.as_ref().map(|range| range.text.clone()).unwrap_or_default();
    let least = own.accelerators.as_ref().map(|n| n.text.clone()).unwrap_or_default();
    [
        opening(&own.figures, "speed", &own.speed.text, &range),
        opening(&own.figures, "first_token", &own.first_token.text, ""),
        opening(&own.figures, "ranks", &least, ""),
    ]
}

fn every(fits: &[FitView]) -> AnyView {
    let columns = [
        ("Format", false),
        ("Accelerator", false),
        ("One answer", true),
        ("Prompt read in", true),
        ("At least", true),
        ("Weights on each", true),
        ("Cache, tokens", true),
    ];
    table("What fits, in which format", &columns, fits.iter().map(line).collect())
}

fn line(own: &FitView) -> Vec<Cell> {
    let doubt = if own.doubted { " (not verified)" } else { "" };
    let said = own.said.split(':').next().filter(|said| !said.is_empty());
    let said = said.map_or_else(String::new, |said| format!(" ({said})"));
    let name = format!("{}{doubt}{said}", own.weights);
    let bytes = opening(&own.figures, "bytes", &own.bytes.text, "");
    if own.accelerators.is_none() {
        let none = || Cell::Quiet("\u{2013}".to_owned());
        return vec![
            Cell::Name(name),
            Cell::Text(own.machine.clone()),
            Cell::Loss("does not fit".to_owned()),
            none(),
            none(),
            bytes,
            none(),
        ];
    }
    let [speed, first, least] = numbers(own);
    vec![
        Cell::Link(name, own.link.clone()),
        Cell::Text(own.machine.clone()),
        speed,
        first,
        least,
        bytes,
        opening(&own.figures, "longest", &own.longest.text, ""),
    ]
}
