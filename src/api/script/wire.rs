//! What a program gets, version 1. Fields are only ever added.

use crate::model::Model;
use serde::Serialize;

/// From the least to the greatest of what 80 % of measured runs of this kind were, in the unit of the field's name.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Span {
    /// Least.
    pub low: f64,
    /// Greatest.
    pub high: f64,
}

/// The question as it was understood.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Asked {
    /// Its link, without `#`.
    pub link: String,
    /// The model.
    pub model: ModelAsked,
    /// Key of the accelerator.
    pub accelerator: String,
    /// How many.
    pub accelerators: u32,
    /// Sequences of one step.
    pub global_batch_sequences: u32,
    /// Tokens of a sequence.
    pub sequence_tokens: u32,
    /// Tokens of the whole run.
    pub total_tokens: f64,
    /// Number format of the large matrix products.
    pub precision: &'static str,
    /// Key of the stack.
    pub stack: String,
    /// Its version.
    pub stack_version: String,
    /// Where the stack is the user's own: its name, and what it is made of.
    pub your_stack: Option<String>,
    /// Things worth knowing that do not stand in the way.
    pub notes: Vec<Note>,
}

/// The model that is asked about.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ModelAsked {
    /// Hub id or name.
    pub name: String,
    /// All parameters but those of multi-token prediction.
    pub parameters: f64,
    /// Those that one token uses.
    pub active_parameters: f64,
}

impl ModelAsked {
    /// What is said of a model.
    pub(super) fn of(model: &Model) -> Self {
        let params = model.params();
        Self {
            name: model.name.clone(),
            parameters: params.total as f64,
            active_parameters: params.active as f64,
        }
    }
}

/// A remark on a field.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Note {
    /// `training.precision`.
    pub field: String,
    /// The remark.
    pub text: String,
}

/// A layout.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LayoutOut {
    /// For people: `TP 8 · PP 16 · DP 128`.
    pub text: String,
    /// Link that fixes all of it.
    pub link: String,
    /// Ranks that share each matrix.
    pub tensor_parallel: u32,
    /// Whether norms and dropout are split along the sequence within that group.
    pub sequence_parallel: bool,
    /// Ranks that share each sequence.
    pub context_parallel: u32,
    /// How they exchange keys and values: `ring`, `gather` or `ulysses`; none for one rank.
    pub context_exchange: Option<&'static str>,
    /// Pipeline stages.
    pub pipeline_parallel: u32,
    /// Order of the work of a stage; none for one stage.
    pub schedule: Option<&'static str>,
    /// Chunks of layers on each stage.
    pub virtual_stages: u32,
    /// Places before the first layer that count as layers.
    pub embedding_slots: u8,
    /// Places after the last.
    pub head_slots: u8,
    /// Replicas.
    pub data_parallel: u32,
    /// Ranks that share the experts of a layer.
    pub expert_parallel: u32,
    /// Ranks that share each expert.
    pub expert_tensor_parallel: u32,
    /// Sequences of a micro-batch.
    pub micro_batch_sequences: u32,
    /// Micro-batches of a replica in a step.
    pub micro_batches: u32,
    /// ZeRO stage.
    pub zero_stage: u32,
    /// Ranks over which it splits.
    pub zero_shard_ranks: u32,
    /// Whether cheap operations are computed again.
    pub selective_recompute: bool,
    /// Layers of each chunk that are computed again whole.
    pub recomputed_layers_per_chunk: u32,
    /// Whether the optimizer's state waits on the host.
    pub offload_optimizer: bool,
    /// Whether activations do.
    pub offload_activations: bool,
    /// Whether parameters do.
    pub offload_parameters: bool,
    /// Whether stages are neighbours on the network rather than replicas.
    pub pipeline_inside: bool,
}

/// A part of memory; its parts sum to it exactly.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MemoryPart {
    /// Stable name.
    pub id: String,
    /// For people.
    pub label: &'static str,
    /// How much.
    pub bytes: f64,
    /// What it is made of.
    pub parts: Vec<MemoryPart>,
}

/// A part of the step; its parts sum to it exactly.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TimePart {
    /// Stable name.
    pub id: String,
    /// For people.
    pub label: &'static str,
    /// How long.
    pub seconds: f64,
    /// What it is made of.
    pub parts: Vec<TimePart>,
}

/// One pipeline stage.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StageOut {
    /// Number, from 0.
    pub stage: u32,
    /// Layers on it.
    pub layers: u32,
    /// `embedding`, `head`, `MTP`.
    pub extras: Vec<&'static str>,
    /// Forward and backward of one micro-batch.
    pub micro_batch_seconds: f64,
    /// Memory of one accelerator at its peak.
    pub bytes: f64,
}

/// Memory of one accelerator at its peak, on the fullest stage.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MemoryOut {
    /// What it needs.
    pub needed_bytes: f64,
    /// Where 80 % of measured runs of this kind lay.
    pub needed_bytes_range: Option<Span>,
    /// What the accelerator has.
    pub capacity_bytes: f64,
    /// What may be used of that: less what is to stay free.
    pub usable_bytes: f64,
    /// Capacity less need; negative where it does not fit.
    pub free_bytes: f64,
    /// What it is made of.
    pub parts: Vec<MemoryPart>,
    /// Every stage, in order.
    pub stages: Vec<StageOut>,
}

/// One step, and how fast the whole is.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StepOut {
    /// One step.
    pub seconds: f64,
    /// Where 80 % of measured runs of this kind lay.
    pub seconds_range: Option<Span>,
    /// Model FLOPs over what the accelerators could do.
    pub mfu_ratio: f64,
    /// Tokens a second, all accelerators.
    pub tokens_per_s: f64,
    /// Tokens a second and accelerator.
    pub tokens_per_s_per_accelerator: f64,
    /// Model FLOPs a second and accelerator.
    pub model_flops_per_s_per_accelerator: f64,
}

/// The whole run: steps alone, nothing fails; `with_failures` has what to reckon with.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RunOut {
    /// Optimizer steps.
    pub steps: f64,
    /// All steps.
    pub seconds: f64,
    /// Where 80 % of measured runs of this kind lay.
    pub seconds_range: Option<Span>,
    /// Accelerators times hours.
    pub accelerator_hours: f64,
    /// Price that the cost is at; none where none is known.
    pub usd_per_accelerator_hour: Option<f64>,
    /// Where the price is from.
    pub price_source: String,
    /// The whole; none where no price is known.
    pub cost_usd: Option<f64>,
    /// Where 80 % of measured runs of this kind lay.
    pub cost_usd_range: Option<Span>,
    /// Dollars for a million trained tokens.
    pub usd_per_million_tokens: Option<f64>,
    /// Accelerators alone at rated power; none where that is not known.
    pub energy_kwh: Option<f64>,
    /// The same when machines fail as foreseen: what the page shows first.
    pub with_failures: FailuresOut,
}

/// How the search ended.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SearchOut {
    /// Layouts of the declared space.
    pub layouts: f64,
    /// Whether the plan is proven to be the best of them.
    pub complete: bool,
    /// Where they went; the counts sum to `layouts`.
    pub cuts: Vec<CutOut>,
}

/// Layouts that one rule, bound or dominance took out.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CutOut {
    /// Its name.
    pub name: String,
    /// How it works.
    pub reason: String,
    /// How many.
    pub layouts: f64,
}

/// Why there is no plan.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Nothing {
    /// `memory`: every legal layout is too large; `rules`: none is legal; `host`: those that fit would need more of
    /// the host than it has.
    pub because: &'static str,
    /// In a sentence.
    pub message: String,
    /// The smallest layout, where memory is short.
    pub nearest: Option<Nearest>,
    /// Rules that refuse, where none is legal.
    pub rules: Vec<CutOut>,
}

/// The layout that comes nearest to fitting.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Nearest {
    /// The layout.
    pub layout: LayoutOut,
    /// Its memory.
    pub memory: MemoryOut,
    /// What it needs beyond what may be used.
    pub missing_bytes: f64,
}

/// A sentence with its source.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AssumptionOut {
    /// What is assumed.
    pub text: String,
    /// Where it comes from.
    pub source: String,
    /// Whether a primary source confirmed it.
    pub verified: bool,
}

/// The whole answer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Analysis {
    /// Version of this object.
    pub version: u32,
    /// `train`.
    pub purpose: &'static str,
    /// The question as it was understood.
    pub asked: Asked,
    /// The best layout and what it takes; none where nothing fits.
    pub plan: Option<PlanOut>,
    /// Why nothing fits; none where there is a plan.
    pub nothing: Option<Nothing>,
    /// Facts that the estimate rests on, the shakiest first.
    pub assumptions: Vec<AssumptionOut>,
}

/// The best layout and what it takes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PlanOut {
    /// The layout.
    pub layout: LayoutOut,
    /// One step.
    pub step: StepOut,
    /// What the step is made of; sums to it exactly.
    pub step_parts: Vec<TimePart>,
    /// Memory of the fullest stage.
    pub memory: MemoryOut,
    /// The whole run.
    pub run: RunOut,
    /// Proof that it is the best.
    pub search: SearchOut,
    /// What binds it, most important first.
    pub binds: Vec<String>,
}

/// The best layout alone.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BestConfig {
    /// Version of this object.
    pub version: u32,
    /// `train`.
    pub purpose: &'static str,
    /// The question as it was understood.
    pub asked: Asked,
    /// The best layout; none where nothing fits.
    pub layout: Option<LayoutOut>,
    /// One step of it.
    pub step: Option<StepOut>,
    /// How the search ended.
    pub search: SearchOut,
    /// Why nothing fits.
    pub nothing: Option<Nothing>,
}

/// Whether it fits.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MemoryCheck {
    /// Version of this object.
    pub version: u32,
    /// `train`.
    pub purpose: &'static str,
    /// The question as it was understood.
    pub asked: Asked,
    /// Whether any layout that the question allows fits.
    pub fits: bool,
    /// The fastest that fits, else the smallest; none where no layout is legal.
    pub layout: Option<LayoutOut>,
    /// Its memory.
    pub memory: Option<MemoryOut>,
    /// Why nothing fits.
    pub nothing: Option<Nothing>,
}

/// What a run costs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CostEstimate {
    /// Version of this object.
    pub version: u32,
    /// `train`.
    pub purpose: &'static str,
    /// The question as it was understood.
    pub asked: Asked,
    /// The layout; none where nothing fits.
    pub layout: Option<LayoutOut>,
    /// The run without failures.
    pub run: Option<RunOut>,
    /// The run with the failures that machines of the level asked for have.
    pub with_failures: Option<FailuresOut>,
    /// Why nothing fits.
    pub nothing: Option<Nothing>,
}

/// The run when machines fail.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FailuresOut {
    /// Level of failures: `good`, `usual` or `young`.
    pub level: String,
    /// From the first step to the last.
    pub seconds: f64,
    /// By the range of step times, from good machines to young ones.
    pub seconds_range: Option<Span>,
    /// The whole, spare machines included; none where no price is known.
    pub cost_usd: Option<f64>,
    /// By the same range.
    pub cost_usd_range: Option<Span>,
    /// Failures of machines that are expected.
    pub failures: f64,
    /// Seconds between checkpoints.
    pub checkpoint_interval_seconds: f64,
    /// Share of the time that makes steps that count.
    pub useful_ratio: f64,
    /// Where the level's figures are from.
    pub source: String,
}

/// Models side by side.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ModelComparison {
    /// Version of this object.
    pub version: u32,
    /// `train`.
    pub purpose: &'static str,
    /// One for each model, in the order asked.
    pub models: Vec<ModelRowOut>,
    /// Place in `models` of the one with the shortest step; none where nothing fits.
    pub fastest_step: Option<u32>,
    /// Place of the cheapest run, failures included.
    pub cheapest_run: Option<u32>,
}

/// One model of a comparison.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ModelRowOut {
    /// The question as it was understood.
    pub asked: Asked,
    /// The best layout; none where nothing fits.
    pub layout: Option<LayoutOut>,
    /// One step of it.
    pub step: Option<StepOut>,
    /// Memory that it needs.
    pub needed_bytes: Option<f64>,
    /// The whole run.
    pub run: Option<RunOut>,
    /// Why nothing fits.
    pub nothing: Option<Nothing>,
}
