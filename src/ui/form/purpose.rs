//! What the model is for.

use leptos::prelude::*;

use crate::inputs::{Inputs, Key};
use crate::ui::segments::segments;
use crate::ui::state::state;

const PURPOSES: [&str; 2] = ["Train", "Serve"];
const WORDS: [&str; 2] = ["train", "serve"];

/// The switch at the top of the inputs.
pub fn part() -> AnyView {
    let state = state();
    let taken = RwSignal::new(0u32);
    Effect::new(move |_| taken.set(u32::from(state.inputs(Inputs::is_serving))));
    let turn = move |to: u32| {
        let word = WORDS.get(to as usize).copied().unwrap_or("train");
        state.opened.set(String::new());
        state.set(Key::Purpose, word.to_owned());
    };
    let switch = segments("What the model is for", "purpose", &PURPOSES, taken, turn);
    view! { <div class="purpose">{switch}</div> }.into_any()
}
