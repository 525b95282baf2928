//! What is asked of a model in service.

use leptos::prelude::*;

use super::field::{field, fields, select};
use super::{group, more, own, trace};
use crate::inputs::{Inputs, Key};
use crate::ui::lists;

const MACHINES: &[(Key, &str, &str)] = &[
    (Key::ServeOn, "Accelerators, one or more kinds", "h200-sxm, b200, rtx-4090"),
    (Key::ServeMost, "How many at most", ""),
];
const OWN: &[(Key, &str, &str)] = &[
    (Key::Memory, "Memory", "as catalogued"),
    (Key::MemoryBandwidth, "Memory bandwidth", "as catalogued"),
    (Key::PeakBf16, "Peak bf16", "as catalogued"),
    (Key::PeakFp8, "Peak fp8", "as catalogued"),
    (Key::PeakFp4, "Peak fp4", "as catalogued"),
    (Key::Link, "Scale-up link", "as usual"),
    (Key::Domain, "Scale-up domain", "as usual"),
    (Key::NodeSize, "In a node", "as usual"),
];
const FORMATS: &[(Key, &str, &str)] =
    &[(Key::Weights, "Weights", "as stored or in 8 bits"), (Key::Cache, "KV cache", "as usual")];
const ALLOTTED: &[(Key, &str, &str)] =
    &[(Key::ServeMemory, "Memory of one accelerator that programs may use", "as catalogued")];
const TRAFFIC: &[(Key, &str, &str)] = &[
    (Key::Prompt, "Prompt", ""),
    (Key::Answer, "Answer", ""),
    (Key::Rate, "Requests", "the most"),
    (Key::InFlight, "or in flight", "\u{2013}"),
];
const DETAILS: &[(Key, &str, &str)] = &[
    (Key::Cached, "Found in the prefix cache", ""),
    (Key::Spread, "Spread of answers", ""),
    (Key::PromptSpread, "Spread of prompts", ""),
    (Key::Guesses, "Speculative tokens, guessed", ""),
    (Key::Acceptance, "Acceptance of guesses", ""),
];
const GOALS: &[(Key, &str, &str)] = &[
    (Key::FirstToken, "First token (TTFT) within", "none"),
    (Key::Percentile, "Kept for the first at", ""),
    (Key::PerToken, "Each further (TPOT) within", "none"),
    (Key::FurtherPercentile, "Kept for further at", ""),
];
const SURE: &[(Key, &str, &str)] = &[(Key::Sure, "How sure", "as predicted")];
const MONEY: &[(Key, &str, &str)] = &[
    (Key::ServePrice, "Price of one accelerator", "as catalogued"),
    (Key::Stands, "Where it stands", "aws:eu-north-1"),
    (Key::ServeNode, "Machines paid for whole, of", "one by one"),
    (Key::StandBy, "Spare instances, with a rate", ""),
    (Key::ApiInput, "API, 1M prompt tokens", "none"),
    (Key::ApiOutput, "API, 1M answer tokens", "none"),
];
const FIXED: &[(Key, &str, &str)] = &[
    (Key::ServeTp, "TP", "free"),
    (Key::ServePp, "PP", "free"),
    (Key::ServeDp, "Attention DP", "free"),
    (Key::ServeEp, "EP", "free"),
    (Key::BatchMax, "Batch at most", "free"),
    (Key::ServeLeast, "Instances at least, with spares", "1"),
];
const BOUGHT: &[(Key, &str, &str)] = &[
    (Key::Bought, "Bought", ""),
    (Key::WayPrices, "Its price", "spot:1.2, 1y:2.1"),
    (Key::ServeNic, "Network of one accelerator", "as usual"),
];
const POWER: &[(Key, &str, &str)] = &[(Key::Pue, "Power of the building, PUE", "")];

/// All parts but the model.
pub fn parts() -> AnyView {
    let columns = |rows| view! { <div class="columns">{fields(rows)}</div> }.into_any();
    let keys = |rows: &[(Key, &str, &str)]| rows.iter().map(|row| row.0).collect();
    let own = move || {
        let lead = "Write \u{201c}custom\u{201d} among the accelerators: the one below, with the \
            figures \
            that you type.";
        view! {
            <p class="quiet">{lead}</p>
            {field(Key::Accelerator, "Like", "")}
            {columns(OWN)}
        }
        .into_any()
    };
    let machines = view! {
        {fields(MACHINES)}
        {fields(FORMATS)}
        <div class="mores">
            {more("An accelerator of your own", keys(OWN), own)}
            {more("Memory for programs", keys(ALLOTTED), || fields(ALLOTTED))}
        </div>
    };
    let traffic = view! {
        {columns(TRAFFIC)}
        <div class="mores">
            {more("Prefix cache, spread, guessing", keys(DETAILS), move || columns(DETAILS))}
            {more("From a trace of requests", Vec::new(), trace::panel)}
        </div>
    };
    let fixed = || view! { <div class="columns three">{fields(FIXED)}</div> }.into_any();
    let money = view! {
        {columns(&MONEY[..4])}
        <div class="mores">
            {more("Way to buy, network", keys(BOUGHT), move || columns(BOUGHT))}
            {more("Against a price by the token", keys(&MONEY[4..]), move || columns(&MONEY[4..]))}
            {more("Power of the building", keys(POWER), move || columns(POWER))}
            {more("Fix the layout", keys(FIXED), fixed)}
        </div>
    };
    let engine = view! {
        {select(Key::Engine, "Engine", lists::engine_choices())}
        {own::part(Key::OwnEngine)}
    };
    let all = [
        group("Engine", engine.into_any()),
        group("Machines", machines.into_any()),
        group("Traffic", traffic.into_any()),
        group("Goals", view! { {columns(GOALS)} {fields(SURE)} }.into_any()),
        group("Price and layout", money.into_any()),
    ];
    all.collect_view().into_any()
}

/// The inputs in one line.
pub fn summary(inputs: &Inputs, model: &str) -> String {
    let kinds = inputs.get(Key::ServeOn);
    let lengths = format!("{} + {}", inputs.get(Key::Prompt), inputs.get(Key::Answer));
    format!("{model} \u{b7} {kinds} \u{b7} {lengths} tokens")
}
