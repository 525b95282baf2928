//! The run, its software and its price.

use leptos::prelude::*;

use super::field::{Field, Select};
use super::{Group, More};
use crate::inputs::Key;
use crate::ui::lists;

const MORE: &[(Key, &str)] = &[
    (Key::Optimizer, "Optimizer"),
    (Key::Moments, "Moments"),
    (Key::Gradients, "Gradients"),
    (Key::Imbalance, "Busiest expert over mean"),
    (Key::Master, "fp32 master weights"),
    (Key::FusedAttention, "Fused attention"),
    (Key::Causal, "Causal attention"),
    (Key::Dropout, "Dropout"),
];
const MORE_KEYS: &[Key] = &[
    Key::Optimizer,
    Key::Moments,
    Key::Gradients,
    Key::Imbalance,
    Key::Master,
    Key::FusedAttention,
    Key::Causal,
    Key::Dropout,
];

/// The workload part of the inputs.
#[component]
pub fn WorkloadPart() -> AnyView {
    let field = |(key, label): &(Key, &'static str)| {
        view! { <Field key=*key label=*label/> }
    };
    view! {
        <Group title="Workload">
            <div class="columns">
                <Field key=Key::Batch label="Global batch"/>
                <Field key=Key::Sequence label="Sequence length"/>
                <Field key=Key::Tokens label="Tokens in all"/>
                <Field key=Key::Precision label="Precision" hint="automatic"/>
            </div>
            <div class="mores">
                <More title="Optimizer and details" keys=MORE_KEYS>
                    <div class="columns">{MORE.iter().map(field).collect_view()}</div>
                </More>
            </div>
        </Group>
    }
    .into_any()
}

/// The stack and the price.
#[component]
pub fn SoftwarePart() -> AnyView {
    view! {
        <Group title="Software and price">
            <Select key=Key::Stack label="Stack" options=lists::stack_choices()/>
            <Field key=Key::Price label="Price of one accelerator" hint="as catalogued"/>
        </Group>
    }
    .into_any()
}
