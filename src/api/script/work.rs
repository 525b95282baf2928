//! Questions answered.

use super::question::inputs_of;
use super::serve::*;
use super::wire::*;
use super::{Fault, Plain, SCRIPT_VERSION, Wrong, limits::MODELS_MAX};
use crate::api::assume::assumptions;
use crate::api::links::{pinned, schedule_key};
use crate::api::view::{plan_view, stuck_view};
use crate::api::{PlanView, StuckView};
use crate::case::Case;
use crate::inputs::{Inputs, Key, Resolution};
use crate::layout::{ContextKind, Layout, Placement};
use crate::link;
use crate::plan::{self, Amount, Finding, Obstacle, Part, Plan, Removed, Tally};
use crate::units::{Bytes, DollarsPerHour};
use serde::Serialize;

/// Purpose of answers about training.
const TRAIN: &str = "train";

/// An answer about a training run, or about a model in service.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Either<R, S> {
    /// Of a training run.
    Run(R),
    /// Of a model in service.
    Service(S),
}

/// Everything about the best plan.
///
/// # Errors
/// When it is not a question, or its values make no case.
pub fn analyze(question: &Plain) -> Result<Either<Analysis, ServingAnalysis>, Fault> {
    let own = match Question::read(question)? {
        Either::Run(own) => own,
        Either::Service(own) => return Ok(Either::Service(own.analysis())),
    };
    let (plan, nothing) = match plan::find(&own.case) {
        Finding::Plan(plan) => (Some(own.plan(&plan)), None),
        Finding::Nothing(tally) => (None, Some(own.nothing(&tally))),
    };
    let assumed = assumptions(&own.inputs, &own.case).into_iter();
    let assumptions = assumed.map(|one| AssumptionOut {
        text: one.text,
        source: one.source,
        verified: one.verified,
    });
    let assumptions = assumptions.collect();
    let (version, purpose, asked) = (SCRIPT_VERSION, TRAIN, own.asked());
    Ok(Either::Run(Analysis { version, purpose, asked, plan, nothing, assumptions }))
}

/// The best layout alone.
///
/// # Errors
/// When it is not a question, or its values make no case.
pub fn best_config(question: &Plain) -> Result<Either<BestConfig, ServingConfig>, Fault> {
    let own = match Question::read(question)? {
        Either::Run(own) => own,
        Either::Service(own) => return Ok(Either::Service(own.config())),
    };
    let found = plan::find(&own.case);
    let nothing = own.why_nothing(&found);
    let (layout, step, search) = match &found {
        Finding::Plan(plan) => {
            let search = search(&plan.tally, plan.is_proven());
            (Some(own.layout(&plan.layout)), Some(own.step(plan)), search)
        }
        Finding::Nothing(tally) => (None, None, search(tally, true)),
    };
    let (version, purpose, asked) = (SCRIPT_VERSION, TRAIN, own.asked());
    Ok(Either::Run(BestConfig { version, purpose, asked, layout, step, search, nothing }))
}

/// Whether anything that the question allows fits, and its memory by part and stage.
///
/// # Errors
/// When it is not a question, or its values make no case.
pub fn check_memory(question: &Plain) -> Result<Either<MemoryCheck, ServingMemoryCheck>, Fault> {
    let own = match Question::read(question)? {
        Either::Run(own) => own,
        Either::Service(own) => return Ok(Either::Service(own.memory())),
    };
    let found = plan::find(&own.case);
    let nothing = own.why_nothing(&found);
    let nearest = nothing.as_ref().and_then(|nothing| nothing.nearest.clone());
    let (layout, memory) = match found.plan() {
        Some(plan) => (Some(own.layout(&plan.layout)), Some(own.memory(&plan))),
        None => nearest.map(|own| (own.layout, own.memory)).unzip(),
    };
    let (version, purpose, asked) = (SCRIPT_VERSION, TRAIN, own.asked());
    let fits = nothing.is_none();
    Ok(Either::Run(MemoryCheck { version, purpose, asked, fits, layout, memory, nothing }))
}

/// What the whole run costs, without failures and with them.
///
/// # Errors
/// When it is not a question, or its values make no case.
pub fn estimate_cost(question: &Plain) -> Result<Either<CostEstimate, ServingCostEstimate>, Fault> {
    let own = match Question::read(question)? {
        Either::Run(own) => own,
        Either::Service(own) => return Ok(Either::Service(own.cost())),
    };
    let found = plan::find(&own.case);
    let nothing = own.why_nothing(&found);
    let plan = found.plan();
    Ok(Either::Run(CostEstimate {
        version: SCRIPT_VERSION,
        purpose: TRAIN,
        asked: own.asked(),
        layout: plan.as_ref().map(|plan| own.layout(&plan.layout)),
        run: plan.as_ref().map(|plan| own.run(plan)),
        with_failures: plan.as_ref().map(|plan| own.failures(plan)),
        nothing,
    }))
}

/// The same question for several models.
///
/// # Errors
/// When it is not a question, its values make no case with one of the models, or there are none or too many of them.
pub fn compare_models(
    models: &[String],
    question: &Plain,
) -> Result<Either<ModelComparison, ServingComparison>, Fault> {
    if models.is_empty() || models.len() > MODELS_MAX {
        let expected = format!("1 to {MODELS_MAX} models");
        return Err(Wrong::new("too_many", "models", &expected, &models.len().to_string()).into());
    }
    let base = inputs_of(question)?;
    let (mut runs, mut served) = (Vec::new(), Vec::new());
    for model in models {
        match Question::new(base.clone().with(Key::Model, model.clone()))? {
            Either::Run(own) => runs.push(own.row()),
            Either::Service(own) => served.push(own.row()),
        }
    }
    if runs.is_empty() {
        return Ok(Either::Service(comparison(served)));
    }
    let fastest_step = least(&runs, |row| row.step.as_ref().map(|step| step.seconds));
    let cheapest_run = least(&runs, |row| row.run.as_ref()?.with_failures.cost_usd);
    let (version, purpose, models) = (SCRIPT_VERSION, TRAIN, runs);
    Ok(Either::Run(ModelComparison { version, purpose, models, fastest_step, cheapest_run }))
}

/// The answer in words, as the page shows it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Description {
    /// Version of this object.
    pub version: u32,
    /// `train`.
    pub purpose: &'static str,
    /// The question as it was understood.
    pub asked: Asked,
    /// The plan in words; none where nothing fits.
    pub plan: Option<PlanView>,
    /// Why nothing fits, in words.
    pub stuck: Option<StuckView>,
}

/// The answer in words, with every number's formula and source.
///
/// # Errors
/// When it is not a question, or its values make no case.
pub fn describe(question: &Plain) -> Result<Either<Description, ServingDescription>, Fault> {
    let own = match Question::read(question)? {
        Either::Run(own) => own,
        Either::Service(own) => return Ok(Either::Service(own.description())),
    };
    let (plan, stuck) = match plan::find(&own.case) {
        Finding::Plan(plan) => (Some(plan_view(&own.inputs, &own.case, &plan)), None),
        Finding::Nothing(tally) => {
            let stuck = obstacle(&own.case, &tally).map(|found| stuck_view(&own.case, &found));
            (None, Some(stuck.unwrap_or_default()))
        }
    };
    let (version, purpose, asked) = (SCRIPT_VERSION, TRAIN, own.asked());
    Ok(Either::Run(Description { version, purpose, asked, plan, stuck }))
}

/// A question that makes a case.
struct Question {
    inputs: Inputs,
    case: Case,
    notes: Vec<Note>,
}

impl Question {
    fn read(question: &Plain) -> Result<Either<Self, Service>, Fault> {
        Self::new(inputs_of(question)?)
    }

    fn new(inputs: Inputs) -> Result<Either<Self, Service>, Fault> {
        let Resolution { case, ask, problems, notes, .. } = inputs.resolve();
        let note = |note: crate::inputs::Note| Note {
            field: super::fields::path(note.key),
            text: note.text,
        };
        let notes: Vec<Note> = notes.into_iter().map(note).collect();
        if let Some(ask) = ask {
            return Ok(Either::Service(Service::new(inputs, ask, notes)));
        }
        let Some(case) = case else {
            let problems = problems.iter().map(Wrong::input).collect();
            let none = || Wrong::not_plain("it makes no case").into();
            return Err(Fault::of(problems).unwrap_or_else(none));
        };
        Ok(Either::Run(Self { inputs, case, notes }))
    }

    fn row(&self) -> ModelRowOut {
        let found = plan::find(&self.case);
        let nothing = self.why_nothing(&found);
        let plan = found.plan();
        ModelRowOut {
            asked: self.asked(),
            layout: plan.as_ref().map(|plan| self.layout(&plan.layout)),
            step: plan.as_ref().map(|plan| self.step(plan)),
            needed_bytes: plan.as_ref().map(|plan| plan.estimate.memory.total().as_f64()),
            run: plan.as_ref().map(|plan| self.run(plan)),
            nothing,
        }
    }

    fn asked(&self) -> Asked {
        let case = &self.case;
        Asked {
            link: link::encode(&self.inputs),
            model: ModelAsked::of(&case.model),
            accelerator: case.cluster.accelerator.name.clone(),
            accelerators: case.cluster.count,
            global_batch_sequences: case.training.global_batch,
            sequence_tokens: case.training.sequence,
            total_tokens: case.training.tokens.as_f64(),
            precision: case.training.precision.key(),
            stack: case.stack.key.clone(),
            stack_version: case.stack.version.clone(),
            your_stack: case.stack.own.as_ref().map(|_| case.stack.told()),
            notes: self.notes.clone(),
        }
    }

    fn plan(&self, plan: &Plan) -> PlanOut {
        let explained = plan::explain(&self.case, plan);
        PlanOut {
            layout: self.layout(&plan.layout),
            step: self.step(plan),
            step_parts: explained.time.children.iter().map(time_part).collect(),
            memory: self.memory_of(plan, &explained.memory),
            run: self.run(plan),
            search: search(&plan.tally, plan.is_proven()),
            binds: plan::binds(&self.case, plan),
        }
    }

    fn layout(&self, layout: &Layout) -> LayoutOut {
        let spread = layout.cp > 1;
        LayoutOut {
            text: plan::layout_text(&self.case, layout),
            link: link::encode(&pinned(&self.inputs, &self.case, layout)),
            tensor_parallel: layout.tp,
            sequence_parallel: layout.sp,
            context_parallel: layout.cp,
            context_exchange: spread.then_some(match layout.cp_kind {
                ContextKind::Ring => "ring",
                ContextKind::Gather => "gather",
                ContextKind::Ulysses => "ulysses",
            }),
            pipeline_parallel: layout.pp,
            schedule: (layout.pp > 1).then(|| schedule_key(layout.schedule)),
            virtual_stages: layout.vpp,
            embedding_slots: layout.slots.embedding,
            head_slots: layout.slots.head,
            data_parallel: layout.dp,
            expert_parallel: layout.ep,
            expert_tensor_parallel: layout.etp,
            micro_batch_sequences: layout.micro_batch,
            micro_batches: layout.n_micro_batches(self.case.training.global_batch),
            zero_stage: layout.zero.number(),
            zero_shard_ranks: layout.shard,
            selective_recompute: layout.recompute.selective,
            recomputed_layers_per_chunk: layout.recompute.full_layers,
            offload_optimizer: layout.offload.optimizer,
            offload_activations: layout.offload.activations,
            offload_parameters: layout.offload.parameters,
            pipeline_inside: layout.placement == Placement::PipelineInside,
        }
    }

    fn memory(&self, plan: &Plan) -> MemoryOut {
        self.memory_of(plan, &plan::memory(&self.case, plan))
    }

    fn memory_of(&self, plan: &Plan, parts: &Part) -> MemoryOut {
        let needed = plan.estimate.memory.total();
        let capacity = self.case.cluster.accelerator.memory;
        let range = plan::memory_range(&self.case, plan);
        let stages = plan::stages(&self.case, plan).into_iter();
        MemoryOut {
            needed_bytes: needed.as_f64(),
            needed_bytes_range: range.map(|range| span(&range)),
            capacity_bytes: capacity.as_f64(),
            usable_bytes: plan::capacity(&self.case).as_f64(),
            free_bytes: capacity.as_f64() - needed.as_f64(),
            parts: parts.children.iter().map(memory_part).collect(),
            stages: stages.map(stage).collect(),
        }
    }

    fn step(&self, plan: &Plan) -> StepOut {
        let bill = &plan.bill;
        let each = bill.tokens_each.get();
        StepOut {
            seconds: plan.step().get(),
            seconds_range: self.range("step_time", Amount::Time(plan.step())),
            mfu_ratio: bill.mfu.get(),
            tokens_per_s: each * f64::from(self.case.cluster.count),
            tokens_per_s_per_accelerator: each,
            model_flops_per_s_per_accelerator: bill.flops_each.get(),
        }
    }

    fn run(&self, plan: &Plan) -> RunOut {
        let bill = &plan.bill;
        let rate = self.case.offer.rate;
        let known = rate > DollarsPerHour::ZERO;
        let cost = known.then(|| bill.cost.get());
        let tokens = self.case.training.tokens.as_f64();
        RunOut {
            steps: bill.n_steps as f64,
            seconds: bill.time.get(),
            seconds_range: self.range("days", Amount::Time(bill.time)),
            accelerator_hours: bill.accelerator_hours.get(),
            usd_per_accelerator_hour: known.then(|| rate.get()),
            price_source: self.case.offer.source.clone(),
            cost_usd: cost,
            cost_usd_range: cost.and(self.range("cost", Amount::Dollars(bill.cost))),
            usd_per_million_tokens: cost.map(|cost| cost / tokens * 1e6),
            energy_kwh: bill.energy_kwh.map(|energy| energy.get()),
            with_failures: self.failures(plan),
        }
    }

    fn range(&self, id: &'static str, amount: Amount) -> Option<Span> {
        let figure =
            plan::Figure { id, label: "", amount, derivation: plan::Derivation::default() };
        plan::range(&self.case, &figure).map(|range| span(&range))
    }

    /// Time and cost are those that the page shows first.
    fn failures(&self, plan: &Plan) -> FailuresOut {
        let reliability = self.inputs.fleet().reliability;
        let told = plan.with_failures(&self.case, &reliability);
        let shown = plan::budget::ranged(&self.inputs, &self.case, plan, Vec::new());
        let own = |id: &str| shown.iter().find(|own| own.figure.id == id);
        let range = |id: &str| own(id).and_then(|own| own.range.as_ref()).map(span);
        let seconds = own("run_days").and_then(|own| match own.figure.amount {
            Amount::Days(time) => Some(time.get()),
            _ => None,
        });
        let cost_usd = own("run_cost").and_then(|own| match own.figure.amount {
            Amount::Dollars(cost) => Some(cost.get()),
            _ => None,
        });
        let level = self.inputs.get(Key::Failures).to_owned();
        let fact = crate::catalogue::reliability::find(&format!("failures_{level}"));
        FailuresOut {
            level,
            seconds: seconds.unwrap_or_else(|| told.time.total().get()),
            seconds_range: range("run_days"),
            cost_usd,
            cost_usd_range: range("run_cost"),
            failures: told.failures().get(),
            checkpoint_interval_seconds: told.basis.interval.get(),
            useful_ratio: told.useful_share().get(),
            source: fact.map(|fact| fact.source.clone()).unwrap_or_default(),
        }
    }

    fn why_nothing(&self, found: &Finding) -> Option<Nothing> {
        match found {
            Finding::Plan(_) => None,
            Finding::Nothing(tally) => Some(self.nothing(tally)),
        }
    }

    fn nothing(&self, tally: &Tally) -> Nothing {
        let found = obstacle(&self.case, tally);
        let message = match &found {
            Some(found) => plan::headline(&self.case, found),
            None => plan::nothing_fits(&self.case, tally),
        };
        let mut nothing = Nothing { because: "host", message, nearest: None, rules: Vec::new() };
        match found {
            Some(Obstacle::Rules(rules)) => {
                nothing.because = "rules";
                nothing.rules = rules.iter().map(cut).collect();
            }
            Some(Obstacle::Memory { nearest, missing }) => {
                nothing.because = "memory";
                let (layout, memory) = (self.layout(&nearest.layout), self.memory(&nearest));
                let missing_bytes = missing.as_f64();
                nothing.nearest = Some(Nearest { layout, memory, missing_bytes });
            }
            Some(Obstacle::Unbounded) | None => {}
        }
        nothing
    }
}

fn obstacle(case: &Case, tally: &Tally) -> Option<Obstacle> {
    plan::obstacle(case, tally, &mut || true)
}

fn search(tally: &Tally, complete: bool) -> SearchOut {
    let cuts = plan::cuts(tally).iter().map(cut).collect();
    SearchOut { layouts: tally.space as f64, complete, cuts }
}

fn cut(removed: &Removed) -> CutOut {
    let (name, reason) = (removed.name.clone(), removed.reason.clone());
    CutOut { name, reason, layouts: removed.count as f64 }
}

pub(super) fn span(range: &plan::Range) -> Span {
    let value = |amount: Amount| match amount {
        // Long times are told in seconds, like short ones.
        Amount::Days(time) => time.get(),
        other => other.value().get(),
    };
    Span { low: value(range.low), high: value(range.high) }
}

pub(super) fn memory_part(part: &Part) -> MemoryPart {
    let bytes = match part.amount {
        Amount::Bytes(bytes) => bytes,
        _ => Bytes::ZERO,
    };
    MemoryPart {
        id: part.id.clone(),
        label: part.label,
        bytes: bytes.as_f64(),
        parts: part.children.iter().map(memory_part).collect(),
    }
}

pub(super) fn time_part(part: &Part) -> TimePart {
    TimePart {
        id: part.id.clone(),
        label: part.label,
        seconds: part.amount.value().get(),
        parts: part.children.iter().map(time_part).collect(),
    }
}

fn stage(row: plan::StageRow) -> StageOut {
    StageOut {
        stage: row.stage,
        layers: row.layers,
        extras: row.extras,
        micro_batch_seconds: row.time.get(),
        bytes: row.memory.as_f64(),
    }
}

/// Place of the row with the least value, the first of equals.
pub(super) fn least<T>(rows: &[T], value: impl Fn(&T) -> Option<f64>) -> Option<u32> {
    let mut best: Option<(u32, f64)> = None;
    for (place, row) in (0..).zip(rows) {
        if let Some(own) = value(row).filter(|own| best.is_none_or(|(_, least)| *own < least)) {
            best = Some((place, own));
        }
    }
    best.map(|(place, _)| place)
}
