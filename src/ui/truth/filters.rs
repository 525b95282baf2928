//! Which of the runs are shown.

use leptos::prelude::*;

use super::store::{Truth, View};
use crate::api::truth::{Choice, Of, Run, generation_name, stack_name};
use crate::ui::segments::segments;

/// A choice among the values of one property.
struct Property {
    id: &'static str,
    label: &'static str,
    of: fn(&Run) -> &String,
    name: fn(&str) -> String,
    set: fn(&mut Choice) -> &mut String,
}

const PROPERTIES: [Property; 4] = [
    Property {
        id: "truth-generation",
        label: "Accelerators",
        of: |run| &run.kind.generation,
        name: generation_name,
        set: |choice| &mut choice.generation,
    },
    Property {
        id: "truth-stack",
        label: "Stack",
        of: |run| &run.kind.stack,
        name: |key| stack_name(key).to_owned(),
        set: |choice| &mut choice.stack,
    },
    Property {
        id: "truth-precision",
        label: "Number format",
        of: |run| &run.kind.precision,
        name: str::to_ascii_uppercase,
        set: |choice| &mut choice.precision,
    },
    Property {
        id: "truth-source",
        label: "Source",
        of: |run| &run.source,
        name: str::to_owned,
        set: |choice| &mut choice.source,
    },
];

/// What is compared, and of which runs.
pub fn filters(truth: Truth) -> AnyView {
    let (names, all): (&[&'static str], &'static [Of]) = if truth.serves {
        (&["Further token", "First token", "Tokens/s"], &[Of::PerToken, Of::FirstToken, Of::Rate])
    } else {
        (&["Step time", "Memory"], &[Of::Step, Of::Memory])
    };
    let turn = move |i: u32| {
        truth.of.set(i);
        truth.choose(|choice| choice.of = all.get(i as usize).copied().unwrap_or_default());
    };
    let selects: Vec<AnyView> = PROPERTIES.iter().map(|own| select(truth, own)).collect();
    view! {
        <div class="truth-filters">
            <div class="field truth-of">
                {segments("What is compared", "truth-of", names, truth.of, turn)}
            </div>
            {selects}
            <div class="field">
                <label for="truth-words">"Words"</label>
                <input
                    id="truth-words"
                    type="search"
                    autocomplete="off"
                    spellcheck="false"
                    placeholder="model, source, remark"
                    on:input=move |ev| {
                        let words = event_target_value(&ev);
                        truth.choose(|choice| choice.words = words);
                    }
                />
            </div>
        </div>
    }
    .into_any()
}

fn select(truth: Truth, own: &'static Property) -> AnyView {
    let option = |(key, n): &(&str, u32)| {
        let text = format!("{} ({n})", (own.name)(key));
        view! { <option value=(*key).to_owned()>{text}</option> }.into_any()
    };
    let options: Vec<AnyView> = untrack(|| {
        truth.look(|view: &View<'_>| view.measured.values(own.of).iter().map(option).collect())
    });
    view! {
        <div class="field">
            <label for=own.id>{own.label}</label>
            <select
                id=own.id
                on:change=move |ev| {
                    let value = event_target_value(&ev);
                    truth.choose(|choice| *(own.set)(choice) = value);
                }
            >
                <option value="">"All"</option>
                {options}
            </select>
        </div>
    }
    .into_any()
}
