//! A pace from what the user measured.

use std::sync::Arc;

use leptos::prelude::*;

use super::super::dropped::{Wanted, place};
use super::super::group_of;
use super::set;
use crate::api::own::{Found, OWN_RUNS_BYTES_MAX, OwnRuns, pace_of_step, pace_of_token};
use crate::inputs::Key;
use crate::ui::dom;
use crate::ui::live::live;
use crate::ui::state::{State, state};

const RUNS: Wanted = Wanted {
    id: "own-runs",
    label: "Or paste rows of runs or a fitted profile, or drop a CSV file here",
    hint: "num_accel,tp,pp,gbs,step_time_s",
    file: "A file of runs or of a profile",
    accept: ".csv,text/csv",
    mebibytes: OWN_RUNS_BYTES_MAX >> 20,
};

/// The part; open or not, it changes nothing by itself.
pub fn part(key: Key) -> AnyView {
    group_of("From your measurements", Box::new(|| 0), Box::new(move || panel(key)))
}

fn panel(key: Key) -> AnyView {
    let state = state();
    let found = RwSignal::new(Found::default());
    let text = RwSignal::new(String::new());
    let (ask, hint) = match key {
        Key::OwnEngine => ("A further token of this deployment takes", "23 ms"),
        _ => ("A step of this plan takes", "5.3 s"),
    };
    let look = move || {
        let typed = text.get_untracked();
        let now = match key {
            Key::OwnEngine => state.served_now().map(|own| pace_of_token(&own.pinned_link, &typed)),
            _ => state.plan_now().map(|own| pace_of_step(&own.pinned_link, &typed)),
        };
        found.set(now.unwrap_or_default());
    };
    let told = move || match found.with(|found| *found == Found::default()) {
        true => ().into_any(),
        false => told(state, key, found.get()),
    };
    let typed = view! {
        <div class="field own-measured">
            <label for="own-measured">{ask}</label>
            <input
                id="own-measured"
                type="text"
                autocomplete="off"
                placeholder=hint
                aria-describedby="own-runs-note"
                on:input=move |ev| text.set(event_target_value(&ev))
                on:keydown=move |ev| if ev.key() == "Enter" { look() }
            />
            <button type="button" class="quiet-button" on:click=move |_| look()>
                "Find the pace"
            </button>
        </div>
    };
    if key == Key::OwnEngine {
        return view! {
            {typed}
            <div id="own-runs-note" class="note" role="status">{live(told)}</div>
        }
        .into_any();
    }
    let take = move |given: Result<String, String>| match given {
        Ok(given) if given.trim().is_empty() => found.set(Found::default()),
        Ok(given) => {
            let runs = state.inputs_now(|inputs| OwnRuns::read(&given, inputs));
            found.set(Found { text: "Looking at the runs\u{2026}".into(), ..Found::default() });
            next(runs, found);
        }
        Err(fault) => found.set(Found { faults: vec![fault], ..Found::default() }),
    };
    view! { {typed} {place(RUNS, Arc::new(take), live(told))} }.into_any()
}

/// The next run, after what comes in between.
fn next(mut runs: OwnRuns, found: RwSignal<Found>) {
    dom::later(0, move || match runs.advance() {
        true => next(runs, found),
        false => drop(found.try_set(runs.found())),
    });
}

fn told(state: State, key: Key, found: Found) -> AnyView {
    let faults = found.faults.into_iter().map(|text| view! { <li>{text}</li> }).collect_view();
    let changes = StoredValue::new(found.changes);
    let take = move |_| {
        changes.with_value(|all| all.iter().for_each(|(name, value)| set(state, key, name, value)));
    };
    let use_it = changes.with_value(|all| !all.is_empty()).then(|| {
        let name = match key {
            Key::OwnEngine => "Use as my engine",
            _ => "Use as my stack",
        };
        view! { <button type="button" class="text-button" on:click=take>{name}</button> }
    });
    view! {
        <p>{found.text}</p>
        <ul class="problem">{faults}</ul>
        {use_it}
    }
    .into_any()
}
