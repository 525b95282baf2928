//! What each part asks.

use leptos::prelude::*;

use crate::inputs::Key;
use crate::ui::form::fields_at;
use crate::ui::state::state;
use crate::units::Day;

pub type Row = (Key, &'static str, &'static str);

/// One part of the section.
pub struct Ask {
    /// Stable name, and that of its answer.
    pub id: &'static str,
    /// Its title.
    pub title: &'static str,
    /// What it is about.
    pub lead: &'static str,
    /// Answers that stand in it.
    pub sheets: &'static [&'static str],
    /// Inputs of its own: a link that has one of them opens the part.
    pub keys: &'static [Key],
    /// Whether it is said which list of prices it rests on.
    pub listed: bool,
    /// What is asked.
    pub fields: fn() -> AnyView,
}

/// All parts, in the order of the page.
pub const ASKS: &[Ask] = &[
    Ask {
        id: "ways",
        title: "Ways to buy this run",
        lead: "The cheapest seller of these machines for each way to buy, from the price list \
            beside the page, or prices that you type.",
        sheets: &["ways"],
        keys: &[Key::WayPrices],
        listed: true,
        fields: || three("ways", WAYS),
    },
    Ask {
        id: "months",
        title: "Months of demand: how much to commit",
        lead: "For a programme rather than one run: what is wanted month by month, and how much of \
            it to buy ahead.",
        sheets: &["months"],
        keys: &[Key::Months],
        listed: false,
        fields: || wide("months", MONTHS),
    },
    Ask {
        id: "forecast",
        title: "Spending over the calendar",
        lead: "From a first day to the last, against a budget and a date.",
        sheets: &["forecast"],
        keys: &[Key::Bought, Key::Start],
        listed: false,
        fields: dates,
    },
    Ask {
        id: "whatif",
        title: "What if: which input moves it most",
        lead: "Each input moved alone, and sliders to move some together.",
        sheets: &["moved", "whatif"],
        keys: &[Key::WhatIf],
        listed: false,
        fields: || ().into_any(),
    },
    Ask {
        id: "sweep",
        title: "Trials and retraining",
        lead: "Searches over hyper-parameters before the run, and the same run again and again.",
        sheets: &["sweep"],
        keys: &[Key::Trials, Key::Retrain],
        listed: false,
        fields: || three("sweep", SWEEP),
    },
    Ask {
        id: "places",
        title: "Several places, several clouds",
        lead: "The accelerators parted over regions or clouds that average their replicas now and \
            then, against one place.",
        sheets: &["places"],
        keys: &[
            Key::Sites,
            Key::Wan,
            Key::Latency,
            Key::Every,
            Key::WireBits,
            Key::Pieces,
            Key::Meanwhile,
            Key::Between,
            Key::Egress,
        ],
        listed: false,
        fields: || three("places", PLACES),
    },
    Ask {
        id: "clients",
        title: "Edge clients: the extreme of several places",
        lead: "The same tokens trained on where they lie, by federated averaging.",
        sheets: &["clients"],
        keys: &[Key::Clients],
        listed: false,
        fields: || three("clients", CLIENTS),
    },
];

const WAYS: &[Row] = &[
    (Key::WayPrices, "Prices of one, by way to buy", "demand:3.5, spot:1.2, 1y:2.1"),
    (Key::Providers, "Providers", "all of the list"),
    (Key::Regions, "Regions", "all"),
    (Key::Stands, "Where they stand", "aws:us-east-1, own"),
    (Key::Discounts, "Discounts", "aws:30%"),
    (Key::Deadline, "Time to finish", "30 days"),
    (Key::Budget, "Budget", "$2M"),
    (Key::Zone, "Spot market", ""),
    (Key::Failures, "Failures of machines", ""),
    (Key::Saving, "Checkpoints", ""),
];

const MONTHS: &[Row] = &[(
    Key::Months,
    "Demand",
    "6 months at 64 GPUs, 20% bursts — or accelerator-hours by month: 30k 45k 60k",
)];

const FORECAST: &[Row] = &[
    (Key::Bought, "Bought", ""),
    (Key::Start, "Begins", "2027-01-15"),
    (Key::Deadline, "Time to finish", "30 days, 2027-03-01"),
    (Key::Budget, "Budget", "$2M"),
];

const SWEEP: &[Row] = &[
    (Key::Trials, "Trials", "none"),
    (Key::TrialShare, "Length of a whole trial", ""),
    (Key::Survivors, "Of each rung goes on one in", "all go on"),
    (Key::AtATime, "Trials at a time", ""),
    (Key::Retrain, "Trained anew every", "never"),
    (Key::Horizon, "Looked at for", ""),
];

const PLACES: &[Row] = &[
    (Key::Sites, "Places", ""),
    (Key::Wan, "Way out of one place", ""),
    (Key::Latency, "Latency between them", ""),
    (Key::Every, "Steps between averages", ""),
    (Key::WireBits, "Bits of a number on the way", ""),
    (Key::Pieces, "Pieces sent at different times", ""),
    (Key::Meanwhile, "Steps that go on meanwhile", ""),
    (Key::Between, "The places are", ""),
    (Key::Egress, "Price of what leaves", "0.09, aws, gcp us-west1"),
    (Key::DataSet, "Data set", "by its tokens"),
];

const CLIENTS: &[Row] = &[
    (Key::Clients, "Edge clients", "none"),
    (Key::Goal, "Answers that a round needs", ""),
    (Key::ClientSteps, "Steps of a client", ""),
    (Key::ClientStep, "Time of one", ""),
    (Key::ClientTokens, "Tokens of one", ""),
    (Key::ClientDown, "Way to a client", ""),
    (Key::ClientUp, "Way from a client", ""),
    (Key::Participation, "Share that can take part", ""),
    (Key::ClientDropout, "Share that never answers", ""),
    (Key::ClientStraggler, "Slowest waited for", ""),
];

const DAY_MS: f64 = 86_400_000.0;

/// Inputs in columns.
pub fn three(at: &'static str, rows: &[Row]) -> AnyView {
    view! { <div class="columns three budget-asks">{fields_at(at, rows)}</div> }.into_any()
}

/// Inputs one below the other.
pub fn wide(at: &'static str, rows: &[Row]) -> AnyView {
    view! { <div class="budget-asks">{fields_at(at, rows)}</div> }.into_any()
}

/// Today, in days from 1970-01-01.
pub fn today() -> i32 {
    (js_sys::Date::now() / DAY_MS).floor() as i32
}

fn dates() -> AnyView {
    let begin = move |_| state().set(Key::Start, Day::from_epoch(today()).to_string());
    view! {
        {three("forecast", FORECAST)}
        <p class="budget-today">
            <button type="button" class="text-button" on:click=begin>"Begin today"</button>
        </p>
    }
    .into_any()
}
