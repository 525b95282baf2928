//! Questions about a model in service answered.

use super::super::promise::changed;
use super::super::work::{least, memory_part, span, time_part};
use super::super::{AssumptionOut, Changed, CutOut, ModelAsked, Note, SCRIPT_VERSION, Span};
use super::*;
use crate::api::promise::promising_service;
use crate::api::serve::{assumptions, launch, obstacle, pinned, serve_view};
use crate::inputs::{Inputs, Key};
use crate::link::{self, Promise};
use crate::plan::Amount;
use crate::plan::serve::{self, Deployed, Loss, Survey};
use crate::serving::{Ask, Demand};
use crate::units::{Dollars, Ratio, Seconds};

/// Purpose of all these answers.
const SERVE: &str = "serve";

/// A question about serving, and what was found.
pub(in crate::api::script) struct Service {
    inputs: Inputs,
    ask: Ask,
    notes: Vec<Note>,
    survey: Survey,
}

impl Service {
    /// Looks for the deployment.
    pub fn new(inputs: Inputs, ask: Ask, notes: Vec<Note>) -> Self {
        let survey = serve::find(&ask);
        Self { inputs, ask, notes, survey }
    }

    fn deployed(&self) -> Option<Deployed<'_>> {
        self.survey.best.as_ref().and_then(|best| Deployed::new(&self.ask, best))
    }

    pub fn analysis(&self, promise: Option<&Promise>) -> ServingAnalysis {
        let own = self.deployed();
        let assumed = own.as_ref().map(assumptions).unwrap_or_default();
        let assumed = assumed.into_iter().map(|one| AssumptionOut {
            text: one.text,
            source: one.source,
            verified: one.verified,
        });
        ServingAnalysis {
            version: SCRIPT_VERSION,
            purpose: SERVE,
            asked: self.asked(),
            deployment: own.as_ref().map(|own| self.deployment(own)),
            nothing: self.nothing(),
            assumptions: assumed.collect(),
            changed: self.changed(promise, own.as_ref()),
        }
    }

    pub fn config(&self) -> ServingConfig {
        let own = self.deployed();
        ServingConfig {
            version: SCRIPT_VERSION,
            purpose: SERVE,
            asked: self.asked(),
            layout: own.as_ref().map(|own| self.layout(own)),
            latency: own.as_ref().map(latency),
            throughput: own.as_ref().map(throughput),
            search: self.search(),
            nothing: self.nothing(),
        }
    }

    pub fn memory(&self) -> ServingMemoryCheck {
        let own = self.deployed();
        let holds = |loss: Option<Loss>| !matches!(loss, Some(Loss::Full | Loss::Short));
        ServingMemoryCheck {
            version: SCRIPT_VERSION,
            purpose: SERVE,
            asked: self.asked(),
            fits: self.survey.looked.iter().any(|looked| holds(looked.loss)),
            layout: own.as_ref().map(|own| self.layout(own)),
            memory: own.as_ref().map(memory),
            formats: serve::fits(&self.ask).iter().filter_map(|fit| self.format(fit)).collect(),
            nothing: self.nothing(),
        }
    }

    pub fn cost(&self) -> ServingCostEstimate {
        let own = self.deployed();
        ServingCostEstimate {
            version: SCRIPT_VERSION,
            purpose: SERVE,
            asked: self.asked(),
            layout: own.as_ref().map(|own| self.layout(own)),
            cost: own.as_ref().and_then(cost),
            nothing: self.nothing(),
        }
    }

    pub fn row(&self) -> ServingRow {
        let own = self.deployed();
        ServingRow {
            asked: self.asked(),
            layout: own.as_ref().map(|own| self.layout(own)),
            latency: own.as_ref().map(latency),
            throughput: own.as_ref().map(throughput),
            used_bytes: own.as_ref().map(|own| serve::memory(own).amount.value().get()),
            cost: own.as_ref().and_then(cost),
            nothing: self.nothing(),
        }
    }

    pub fn description(&self, promise: Option<&Promise>) -> ServingDescription {
        let own = self.deployed();
        let stuck = own.is_none().then(|| obstacle(&self.inputs, &self.ask, &self.survey));
        ServingDescription {
            version: SCRIPT_VERSION,
            purpose: SERVE,
            asked: self.asked(),
            serve: own.as_ref().map(|own| serve_view(&self.inputs, own, &self.survey)),
            stuck,
            changed: self.changed(promise, own.as_ref()),
        }
    }

    fn changed(&self, promise: Option<&Promise>, own: Option<&Deployed<'_>>) -> Option<Changed> {
        let now = own.map(|own| promising_service(&self.inputs, own));
        changed(promise, now.as_deref())
    }

    fn asked(&self) -> ServingAsked {
        let ask = &self.ask;
        let seconds = |goal: Option<Seconds>| goal.map(Seconds::get);
        ServingAsked {
            link: link::encode(&self.inputs),
            model: ModelAsked::of(&ask.model),
            engine: ask.engine.key.clone(),
            engine_version: ask.engine.version.clone(),
            your_engine: ask.engine.own.as_ref().map(|_| ask.engine.told()),
            accelerators: ask.machines.iter().map(|machine| machine.key.clone()).collect(),
            accelerators_max: ask.machines.first().map_or(0, |machine| machine.cluster.count),
            prompt_tokens: ask.traffic.prompt,
            answer_tokens: ask.traffic.output,
            requests_per_s: match ask.demand {
                Demand::Rate(rate) => Some(rate.get()),
                _ => None,
            },
            requests_in_flight: match ask.demand {
                Demand::InFlight(n) => Some(n),
                _ => None,
            },
            first_token_goal_seconds: seconds(ask.goals.first_token),
            per_token_goal_seconds: seconds(ask.goals.per_token),
            goals_hold_for: self.inputs.get(Key::Percentile).to_owned(),
            goals_chance_ratio: ask.sure.map(Ratio::get),
            notes: self.notes.clone(),
        }
    }

    fn deployment(&self, own: &Deployed<'_>) -> DeploymentOut {
        let parts = |whole: crate::plan::Part| whole.children.iter().map(time_part).collect();
        let decode = serve::decode(own);
        DeploymentOut {
            layout: self.layout(own),
            latency: latency(own),
            throughput: throughput(own),
            memory: memory(own),
            binds: serve::binds(own, &serve::roofline(own), &decode),
            decode_parts: parts(decode),
            prefill_parts: parts(serve::prefill(own)),
            cost: cost(own),
            search: self.search(),
            command: Some(launch(own).command).filter(|command| !command.is_empty()),
        }
    }

    fn layout(&self, own: &Deployed<'_>) -> ServingLayout {
        let (at, instance) = (&own.own.at, own.own.at.instance);
        ServingLayout {
            text: serve::layout_text(own.ask, at),
            link: link::encode(&pinned(&self.inputs, own.ask, at, Some(own.own.batch))),
            accelerator: own.machine.key.clone(),
            accelerators: own.accelerators(),
            instances: own.instances(),
            spare_instances: own.ask.spares,
            tensor_parallel: instance.tp,
            pipeline_parallel: instance.pp,
            attention_data_parallel: instance.dp,
            expert_parallel: instance.ep,
            sequences_max: own.own.batch,
            weights_format: own.formats.0.key(),
            cache_format: own.formats.1.key(),
        }
    }

    fn format(&self, fit: &serve::Fit) -> Option<FormatOut> {
        Some(FormatOut {
            accelerator: self.ask.machines.get(fit.machine)?.key.clone(),
            weights_format: fit.weights.key(),
            accelerators: fit.ranks,
            weights_bytes: fit.bytes.as_f64(),
            cache_tokens: fit.longest.as_f64(),
            answer_tokens_per_s: fit.speed.get(),
            first_token_seconds: fit.first_token.get(),
        })
    }

    fn search(&self) -> ServingSearch {
        let cuts = serve::losses(&self.survey).into_iter().map(|lost| CutOut {
            name: lost.name,
            reason: lost.reason,
            layouts: lost.count as f64,
        });
        ServingSearch { looked_at: self.survey.space as f64, cuts: cuts.collect() }
    }

    fn nothing(&self) -> Option<NothingServes> {
        if self.survey.best.is_some() {
            return None;
        }
        let looked = &self.survey.looked;
        let lost = |is: fn(&Loss) -> bool| looked.iter().filter_map(|own| own.loss).any(|l| is(&l));
        let stands = serve::stands(&self.inputs, &self.ask, &self.survey);
        let because = if stands.enough.is_some() {
            "accelerators"
        } else if lost(|loss| matches!(loss, Loss::Slow(_) | Loss::Late(_))) {
            "latency"
        } else if looked.is_empty() {
            "rules"
        } else {
            "memory"
        };
        Some(NothingServes { because, message: stands.text })
    }
}

/// Several models side by side.
pub(in crate::api::script) fn comparison(models: Vec<ServingRow>) -> ServingComparison {
    let fastest = least(&models, |row| Some(row.latency.as_ref()?.per_token_seconds));
    let cheapest = least(&models, |row| Some(row.cost.as_ref()?.usd_per_million_answer_tokens));
    ServingComparison {
        version: SCRIPT_VERSION,
        purpose: SERVE,
        models,
        fastest_token: fastest,
        cheapest_token: cheapest,
    }
}

fn latency(own: &Deployed<'_>) -> Latency {
    let (first, further) = (own.own.first_token, own.own.now.per_token);
    let chances = serve::chances(own);
    Latency {
        first_token_seconds: first.get(),
        first_token_seconds_range: range(own, "ttft", Amount::Time(first)),
        per_token_seconds: further.get(),
        per_token_seconds_range: range(own, "tpot", Amount::Time(further)),
        answer_seconds: own.own.now.whole.get(),
        first_token_goal_chance_ratio: chances[0].map(Ratio::get),
        per_token_goal_chance_ratio: chances[1].map(Ratio::get),
    }
}

fn throughput(own: &Deployed<'_>) -> Throughput {
    let (now, n) = (&own.own.now, f64::from(own.own.replicas));
    let all = now.output_rate.get() * n;
    Throughput {
        answer_tokens_per_s: all,
        answer_tokens_per_s_per_accelerator: all / own.paid().max(1) as f64,
        answer_tokens_per_s_per_request: 1.0 / now.per_token.get().max(1e-12),
        requests_per_s: now.request_rate.get() * n,
        requests_per_s_max: own.own.full.request_rate.get() * n,
        running_requests: now.running.0 * n,
    }
}

fn memory(own: &Deployed<'_>) -> ServingMemory {
    let whole = serve::memory(own);
    let (used, capacity) =
        (whole.amount.value().get(), own.machine.cluster.accelerator.memory.as_f64());
    ServingMemory {
        used_bytes: used,
        capacity_bytes: capacity,
        free_bytes: capacity - used,
        cache_tokens: crate::plan::serve::allocated(own)
            .unwrap_or(own.serving().memory().tokens)
            .as_f64(),
        parts: whole.children.iter().map(memory_part).collect(),
    }
}

fn cost(own: &Deployed<'_>) -> Option<ServingCost> {
    let bill = serve::bill(own)?;
    let million = |id, price: Dollars| range(own, id, Amount::Million(price));
    Some(ServingCost {
        usd_per_accelerator_hour: own.machine.price?.get(),
        price_source: own.machine.price_source.clone(),
        usd_per_hour: bill.hourly.get(),
        usd_per_month: bill.monthly.get(),
        usd_per_million_prompt_tokens: bill.input.get(),
        usd_per_million_answer_tokens: bill.output.get(),
        usd_per_million_answer_tokens_range: million("output_price", bill.output),
        break_even_ratio: serve::break_even(own, &bill).map(|even| Ratio::get(even.share)),
    })
}

fn range(own: &Deployed<'_>, id: &str, amount: Amount) -> Option<Span> {
    serve::range(own, id, amount).map(|range| span(&range))
}
