//! What the page is told of a fleet. Fields are only ever added.

use crate::api::{Cut, Figure, PartView, Range, Shown};
use serde::{Deserialize, Serialize};

/// A fleet search so far: its frontier, the answers read off it, and where the rest of the market went.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FleetView {
    /// Version of these objects.
    pub version: u32,
    /// The list that prices were taken from.
    pub prices: PriceList,
    /// Kinds of machine times counts, in all.
    pub pairs: u32,
    /// Of these, looked at or ruled out.
    pub looked_at: u32,
    /// Searches for a layout so far.
    pub searches: u32,
    /// Workers that share the search.
    #[serde(default)]
    pub workers: u32,
    /// Whether the frontier is complete, and exact.
    pub complete: bool,
    /// Points that no other beats, the fastest first.
    pub rows: Vec<FleetRow>,
    /// Answers to questions; those that rest on the whole frontier come when it is complete.
    pub answers: Vec<FleetAnswer>,
    /// Offers that were kept out, by rule, and sizes of cluster that lost, by reason.
    pub lost: Vec<Cut>,
    /// What the figures leave out.
    pub caveats: Vec<String>,
    /// Of a model in service: the best of each accelerator, and why it lost; once it is complete.
    #[serde(default)]
    pub kinds: Vec<FleetRow>,
    /// The best of each seller, in the same way.
    #[serde(default)]
    pub sellers: Vec<FleetRow>,
}

/// A list of prices.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PriceList {
    /// Rows that were read.
    pub rows: u32,
    /// Day of the newest price: `2026-08-20`.
    pub newest: String,
    /// Its age in days, where today is known.
    pub age_days: Option<u32>,
    /// Rows that could not be read, with line and reason.
    pub problems: Vec<String>,
    /// How it stands to the list that this version was built with, in a sentence.
    #[serde(default)]
    pub against_built: String,
}

/// One way to run the whole training.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FleetRow {
    /// Who sells it.
    pub provider: String,
    /// The provider's name for the region; empty where it is not stated.
    pub region: String,
    /// Country of two letters, where known.
    pub country: String,
    /// The provider's name for the machine.
    pub instance: String,
    /// How it is bought.
    pub terms: String,
    /// The accelerator, for people.
    pub accelerator: String,
    /// Accelerators.
    pub count: u32,
    /// Machines.
    pub machines: u32,
    /// Start to end.
    pub days: Shown,
    /// Where 80 % of measured runs of this kind lay.
    pub days_range: Option<Range>,
    /// Money.
    pub cost: Shown,
    /// The same for the money.
    pub cost_range: Option<Range>,
    /// Rate of one accelerator after discounts.
    pub rate: Shown,
    /// Share of the time that is not lost.
    pub goodput: Shown,
    /// Carbon, where power and grid are known.
    pub carbon: Option<Figure>,
    /// The best layout in short.
    pub layout: String,
    /// Day of the price.
    pub as_of: String,
    /// Age of the price in days, where today is known.
    pub age_days: Option<u32>,
    /// Where the price was read.
    pub source: String,
    /// What makes the price doubtful.
    pub flags: Vec<String>,
    /// The money by part, each with its formula, values and source; empty until the frontier is complete, and of
    /// deployments that lost.
    pub bill: PartView,
    /// Link that opens the plan on these machines at this price.
    pub link: String,
    /// What it gives, where a model is served; none for a training run.
    #[serde(default)]
    pub served: Option<ServedRow>,
}

/// What a deployment gives.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ServedRow {
    /// Time to the first token.
    pub first_token: Shown,
    /// Time of each further token.
    pub per_token: Shown,
    /// Tokens of answers a second of one accelerator.
    pub each: Shown,
    /// A million tokens of answers.
    pub price: Shown,
    /// Instances.
    pub replicas: u32,
    /// The numbers of the row with where they come from, and energy and carbon of a month, where they are known; empty
    /// where the bill is.
    pub power: Vec<Figure>,
    /// Why it lost, or what it misses; empty for the best.
    pub lost: String,
    /// Whether it keeps the goals.
    pub keeps: bool,
}

/// The answer to one question.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FleetAnswer {
    /// Stable name: `cheapest_by`, `fastest_within`, `most_tokens`, `smallest`, `less_carbon`.
    pub id: String,
    /// The question: `The cheapest within 30 days`.
    pub question: String,
    /// The answer in a sentence.
    pub text: String,
    /// The machines; none where nothing answers.
    pub row: Option<FleetRow>,
    /// Why it and not others.
    pub reasons: Vec<String>,
}
