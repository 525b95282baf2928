//! A few choices side by side, of which one is taken.

use leptos::prelude::*;

/// Radio buttons named `name`; `turn` gets the place of the one that was pressed.
pub fn segments(
    legend: &str,
    name: &str,
    labels: &[&'static str],
    taken: RwSignal<u32>,
    turn: impl Fn(u32) + Copy + Send + Sync + 'static,
) -> AnyView {
    let turn = Callback::new(turn);
    let one = |(i, label): (u32, &&'static str)| {
        view! {
            <label class="segment">
                <input
                    type="radio"
                    name=name.to_owned()
                    prop:checked=move || taken.get() == i
                    on:change=move |_| turn.run(i)
                />
                <span>{*label}</span>
            </label>
        }
    };
    let all = (0u32..).zip(labels).map(one).collect_view();
    view! {
        <fieldset class="segments">
            <legend class="hidden">{legend.to_owned()}</legend>
            {all}
        </fieldset>
    }
    .into_any()
}
