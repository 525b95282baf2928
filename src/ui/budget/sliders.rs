//! Sliders that move some inputs of the plan together; each answers while it is dragged, and what it ends at is kept
//! in the link.

use leptos::prelude::*;

use super::store::Budget;
use crate::api::budget::{STOPS, moves_text, stop};
use crate::inputs::Key;
use crate::ui::live::words;
use crate::ui::state::state;
use crate::units::Ratio;
use crate::units::text::show;

/// The inputs that are moved, in the order of `inputs::Moves::NAMES`.
const NAMES: [&str; 5] = ["Price", "Speed of a step", "Failures", "Accelerators", "Tokens"];
const LAST: u32 = STOPS.len() as u32 - 1;

/// All of them.
pub fn sliders(budget: Budget) -> AnyView {
    let state = state();
    let places = NAMES.map(|_| RwSignal::new(LAST / 2));
    // What the link says, also when it is another.
    Effect::new(move |_| {
        let moves = state.inputs(|inputs| inputs.budget().moves);
        for (place, by) in places.iter().zip(moves.0) {
            place.set(stop(by));
        }
    });
    let drag = move || {
        let by = places.iter().map(|place| STOPS[place.get_untracked().min(LAST) as usize]);
        budget.moved(by.collect());
    };
    let keep = move || {
        budget.rest();
        let stops: Vec<u32> = places.iter().map(|place| place.get_untracked()).collect();
        state.set(Key::WhatIf, moves_text(&stops));
    };
    let one = |(name, place): (&'static str, RwSignal<u32>)| {
        let id = format!("slider-{}", name.to_ascii_lowercase().replace(' ', "-"));
        let said = move || factor(place.get());
        view! {
            <div class="slider">
                <label for=id.clone()>{name}</label>
                <input
                    id=id.clone()
                    type="range"
                    min="0"
                    max=LAST.to_string()
                    step="1"
                    aria-valuetext=move || said()
                    prop:value=move || place.get().to_string()
                    on:input=move |ev| {
                        place.set(event_target_value(&ev).parse().unwrap_or(LAST / 2));
                        drag();
                    }
                    on:change=move |_| keep()
                />
                <output for=id>{words(move || said())}</output>
            </div>
        }
        .into_any()
    };
    let all: Vec<AnyView> = NAMES.into_iter().zip(places).map(one).collect();
    let reset = move |_| {
        budget.rest();
        state.set(Key::WhatIf, String::new());
    };
    view! {
        <div class="sliders" role="group" aria-label="What if">{all}</div>
        <p class="budget-today">
            <button type="button" class="text-button" on:click=reset>"Move all back"</button>
        </p>
    }
    .into_any()
}

fn factor(place: u32) -> String {
    show::factor(Ratio::new(STOPS.get(place as usize).copied().unwrap_or(1.0)))
}
