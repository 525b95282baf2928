//! The run, its software and its price.

use leptos::prelude::*;

use super::field::{field, fields, select, select_of};
use super::{group, more, own};
use crate::inputs::Key;
use crate::ui::lists;
use crate::ui::state::state;

const RUN: &[(Key, &str, &str)] = &[
    (Key::Batch, "Global batch", ""),
    (Key::Sequence, "Sequence length", ""),
    (Key::Tokens, "Tokens in all", ""),
];

const DETAILS: &[(Key, &str, &str)] = &[
    (Key::Optimizer, "Optimizer", ""),
    (Key::Moments, "Moments", ""),
    (Key::Gradients, "Gradients", ""),
    (Key::Imbalance, "Busiest expert over mean", ""),
    (Key::Master, "fp32 master weights", ""),
    (Key::FusedAttention, "Fused attention", ""),
    (Key::Causal, "Causal attention", ""),
    (Key::Dropout, "Dropout", ""),
    (Key::Adapters, "LoRA rank", "none: all weights"),
];

/// The workload part of the inputs.
pub fn part() -> AnyView {
    let details = || view! { <div class="columns">{fields(DETAILS)}</div> }.into_any();
    let keys = DETAILS.iter().map(|row| row.0).collect();
    let body = view! {
        <div class="columns">
            {fields(RUN)} {select_of(Key::Precision, "Precision", Box::new(precisions))}
        </div>
        <div class="mores">{more("Optimizer and details", keys, details)}</div>
    };
    group("Workload", body.into_any())
}

fn precisions() -> Vec<lists::Choice> {
    state().inputs(lists::precisions)
}

/// The stack and the price.
pub fn software_part() -> AnyView {
    let body = view! {
        {select(Key::Stack, "Stack", lists::stack_choices())}
        {own::part(Key::OwnStack)}
        {field(Key::Price, "Price of one accelerator", "as catalogued")}
    };
    group("Software and price", body.into_any())
}
