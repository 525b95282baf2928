//! What a program gets of a model in service, version 1. Fields are only ever added.

use super::super::{AssumptionOut, Changed, CutOut, MemoryPart, ModelAsked, Note, Span, TimePart};
use crate::api::ServeView;
use serde::Serialize;

/// The question as it was understood.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ServingAsked {
    /// Its link, without `#`.
    pub link: String,
    /// The model.
    pub model: ModelAsked,
    /// Key of the engine.
    pub engine: String,
    /// Its version.
    pub engine_version: String,
    /// Where the engine is the user's own: its name, and what it is made of.
    pub your_engine: Option<String>,
    /// Keys of the accelerators, any one kind of which may serve.
    pub accelerators: Vec<String>,
    /// How many there may be.
    pub accelerators_max: u32,
    /// Tokens of a prompt, on the mean.
    pub prompt_tokens: f64,
    /// Tokens of an answer, on the mean.
    pub answer_tokens: f64,
    /// Requests a second, where those were asked for.
    pub requests_per_s: Option<f64>,
    /// Requests in flight, where those were.
    pub requests_in_flight: Option<u32>,
    /// Longest time to the first token.
    pub first_token_goal_seconds: Option<f64>,
    /// Longest time of each further one.
    pub per_token_goal_seconds: Option<f64>,
    /// Whose first token must come in time: `mean`, `p50`, `p90`, `p95` or `p99`.
    pub goals_hold_for: String,
    /// Chance that is wanted that each goal is kept; none: goals are compared with the prediction itself.
    pub goals_chance_ratio: Option<f64>,
    /// Things worth knowing that do not stand in the way.
    pub notes: Vec<Note>,
}

/// How a model is served.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ServingLayout {
    /// For people: `TP 4 · fp8, cache fp16 · H200 SXM`.
    pub text: String,
    /// Link that fixes all of it.
    pub link: String,
    /// Key of the accelerator.
    pub accelerator: String,
    /// Accelerators of all instances.
    pub accelerators: u64,
    /// Copies of the engine, each with all weights.
    pub instances: u32,
    /// Of these, those that stand by.
    pub spare_instances: u32,
    /// Ranks of an instance that share each matrix.
    pub tensor_parallel: u32,
    /// Stages of an instance.
    pub pipeline_parallel: u32,
    /// Groups of an instance with sequences of their own.
    pub attention_data_parallel: u32,
    /// Ranks of an instance that share the experts of a layer.
    pub expert_parallel: u32,
    /// Sequences that run together in one instance, at most.
    pub sequences_max: u32,
    /// Format of the weights.
    pub weights_format: &'static str,
    /// Format of keys and values.
    pub cache_format: &'static str,
}

/// What users wait.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Latency {
    /// To the first token (TTFT), of the share of requests that was asked for.
    pub first_token_seconds: f64,
    /// Where 80 % of measured runs of this kind lay.
    pub first_token_seconds_range: Option<Span>,
    /// Of each further token (TPOT), on the mean.
    pub per_token_seconds: f64,
    /// Where 80 % of measured runs of this kind lay.
    pub per_token_seconds_range: Option<Span>,
    /// Of a whole answer, on the mean.
    pub answer_seconds: f64,
    /// Chance that the first token keeps to its goal, by the range of measured runs; none without a goal or a range.
    pub first_token_goal_chance_ratio: Option<f64>,
    /// The same of each further token.
    pub per_token_goal_chance_ratio: Option<f64>,
}

/// What it answers.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Throughput {
    /// Tokens of answers a second, all instances.
    pub answer_tokens_per_s: f64,
    /// The same of one accelerator.
    pub answer_tokens_per_s_per_accelerator: f64,
    /// Of one answer.
    pub answer_tokens_per_s_per_request: f64,
    /// Requests a second.
    pub requests_per_s: f64,
    /// Requests a second at which all instances are full.
    pub requests_per_s_max: f64,
    /// Answers that are being written at once, on the mean.
    pub running_requests: f64,
}

/// Memory of one accelerator, as the engine fills it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ServingMemory {
    /// What is taken.
    pub used_bytes: f64,
    /// What the accelerator has.
    pub capacity_bytes: f64,
    /// Capacity less use.
    pub free_bytes: f64,
    /// Tokens that the cache of one instance holds.
    pub cache_tokens: f64,
    /// What it is made of.
    pub parts: Vec<MemoryPart>,
}

/// What it costs while it runs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ServingCost {
    /// Price of one accelerator.
    pub usd_per_accelerator_hour: f64,
    /// Where the price is from.
    pub price_source: String,
    /// All accelerators, an hour.
    pub usd_per_hour: f64,
    /// All accelerators, a month of 730 hours.
    pub usd_per_month: f64,
    /// A million tokens of prompts: the share of the time that reading them takes.
    pub usd_per_million_prompt_tokens: f64,
    /// A million tokens of answers: the rest.
    pub usd_per_million_answer_tokens: f64,
    /// Where 80 % of measured runs of this kind lay; none where the machines wait for requests.
    pub usd_per_million_answer_tokens_range: Option<Span>,
    /// Share of the demand from which on it is cheaper than the prices by the token that were given; above 1: it
    /// never is. None where none were given.
    pub break_even_ratio: Option<f64>,
}

/// What was looked at.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ServingSearch {
    /// Pairs of a layout and a limit of the batch.
    pub looked_at: f64,
    /// Where layouts went.
    pub cuts: Vec<CutOut>,
}

/// Why nothing serves.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NothingServes {
    /// `memory`: no layout holds the model and a request; `latency`: none keeps the goals; `accelerators`: the
    /// demand takes more than there may be; `rules`: what is fixed leaves no layout.
    pub because: &'static str,
    /// In a sentence.
    pub message: String,
}

/// The deployment that answers.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DeploymentOut {
    /// How it lies.
    pub layout: ServingLayout,
    /// What users wait.
    pub latency: Latency,
    /// What it answers.
    pub throughput: Throughput,
    /// Memory of one accelerator.
    pub memory: ServingMemory,
    /// One token of every running answer.
    pub decode_parts: Vec<TimePart>,
    /// One prompt read alone.
    pub prefill_parts: Vec<TimePart>,
    /// What it costs; none where no price is known.
    pub cost: Option<ServingCost>,
    /// What was looked at.
    pub search: ServingSearch,
    /// What binds it, most important first.
    pub binds: Vec<String>,
    /// The command that starts one instance, where the engine's is known.
    pub command: Option<String>,
}

/// The whole answer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ServingAnalysis {
    /// Version of this object.
    pub version: u32,
    /// `serve`.
    pub purpose: &'static str,
    /// The question as it was understood.
    pub asked: ServingAsked,
    /// The deployment; none where nothing serves.
    pub deployment: Option<DeploymentOut>,
    /// Why nothing serves.
    pub nothing: Option<NothingServes>,
    /// Facts that the estimate rests on, the shakiest first.
    pub assumptions: Vec<AssumptionOut>,
    /// What the link promised, where that is not what is found.
    pub changed: Option<Changed>,
}

/// The best layout alone.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ServingConfig {
    /// Version of this object.
    pub version: u32,
    /// `serve`.
    pub purpose: &'static str,
    /// The question as it was understood.
    pub asked: ServingAsked,
    /// The layout; none where nothing serves.
    pub layout: Option<ServingLayout>,
    /// What users wait.
    pub latency: Option<Latency>,
    /// What it answers.
    pub throughput: Option<Throughput>,
    /// What was looked at.
    pub search: ServingSearch,
    /// Why nothing serves.
    pub nothing: Option<NothingServes>,
}

/// Whether it fits.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ServingMemoryCheck {
    /// Version of this object.
    pub version: u32,
    /// `serve`.
    pub purpose: &'static str,
    /// The question as it was understood.
    pub asked: ServingAsked,
    /// Whether any layout holds the model and one request, whatever the goals.
    pub fits: bool,
    /// The deployment's, where one keeps the goals.
    pub layout: Option<ServingLayout>,
    /// Its memory.
    pub memory: Option<ServingMemory>,
    /// Every format of the weights that the engine has on each kind of accelerator, one request at a time.
    pub formats: Vec<FormatOut>,
    /// Why nothing serves.
    pub nothing: Option<NothingServes>,
}

/// One format on one kind of accelerator, one request at a time.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FormatOut {
    /// Key of the accelerator.
    pub accelerator: String,
    /// Format of the weights.
    pub weights_format: &'static str,
    /// Accelerators of the smallest instance that holds a request; none where none does.
    pub accelerators: Option<u64>,
    /// Weights on one of them.
    pub weights_bytes: f64,
    /// Tokens that its cache holds.
    pub cache_tokens: f64,
    /// Tokens a second of one answer alone.
    pub answer_tokens_per_s: f64,
    /// Time to read a prompt alone.
    pub first_token_seconds: f64,
}

/// What it costs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ServingCostEstimate {
    /// Version of this object.
    pub version: u32,
    /// `serve`.
    pub purpose: &'static str,
    /// The question as it was understood.
    pub asked: ServingAsked,
    /// The layout; none where nothing serves.
    pub layout: Option<ServingLayout>,
    /// What it costs; none where no price is known.
    pub cost: Option<ServingCost>,
    /// Why nothing serves.
    pub nothing: Option<NothingServes>,
}

/// Models side by side.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ServingComparison {
    /// Version of this object.
    pub version: u32,
    /// `serve`.
    pub purpose: &'static str,
    /// One for each model, in the order asked.
    pub models: Vec<ServingRow>,
    /// Place in `models` of the one with the shortest time of a further token; none where nothing serves.
    pub fastest_token: Option<u32>,
    /// Place of the one whose answers cost least a token.
    pub cheapest_token: Option<u32>,
}

/// One model of a comparison.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ServingRow {
    /// The question as it was understood.
    pub asked: ServingAsked,
    /// The layout; none where nothing serves.
    pub layout: Option<ServingLayout>,
    /// What users wait.
    pub latency: Option<Latency>,
    /// What it answers.
    pub throughput: Option<Throughput>,
    /// Memory that is taken on one accelerator.
    pub used_bytes: Option<f64>,
    /// What it costs.
    pub cost: Option<ServingCost>,
    /// Why nothing serves.
    pub nothing: Option<NothingServes>,
}

/// The answer in words, as the page shows it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ServingDescription {
    /// Version of this object.
    pub version: u32,
    /// `serve`.
    pub purpose: &'static str,
    /// The question as it was understood.
    pub asked: ServingAsked,
    /// The deployment in words; none where nothing serves.
    pub serve: Option<ServeView>,
    /// Why nothing serves, in words.
    pub stuck: Option<crate::api::StuckView>,
    /// What the link promised, where that is not what is found.
    pub changed: Option<Changed>,
}
