//! F6: the key figures of a plan, with their derivations.

use super::{Explained, derived, plain_sum};
use crate::estimate::model_flops;
use crate::plan::{Amount, Derivation, Figure, Part};
use crate::units::text::{fine, show};
use crate::units::{DollarsPerHour, FlopsPerSecond, Ratio, Seconds};

/// Place of the cost among the figures.
const COST_PLACE: usize = 4;

/// Step time, utilisation, speed, time to finish, cost, energy.
pub(in crate::plan) fn figures(own: &Explained<'_>, time: &Part) -> Vec<Figure> {
    let plan = own.plan;
    let bill = &plan.bill;
    let all = Ratio::new(bill.tokens_each.get() * f64::from(own.case.cluster.count));
    let hours = bill.accelerator_hours;
    let figure = |id, label, amount, derivation| Figure { id, label, amount, derivation };
    let rate = FlopsPerSecond::new(bill.flops_each.get());
    let mut figures = vec![
        figure("step_time", "Step time", Amount::Time(plan.step()), own.step(time)),
        figure("mfu", "MFU", Amount::Share(bill.mfu), own.mfu()),
        figure(
            "tokens_per_gpu",
            "Per accelerator",
            Amount::TokenRate(bill.tokens_each),
            own.tokens_each(),
        ),
        figure("days", "All steps", Amount::Days(bill.time), own.days()),
        figure("tokens_per_s", "Whole cluster", Amount::TokenRate(all), own.tokens_all(all)),
        figure(
            "flops_each",
            "Model FLOP/s per accelerator",
            Amount::FlopRate(rate),
            own.flops_each(rate),
        ),
        figure("gpu_hours", "Accelerator-hours", Amount::Hours(hours), own.hours(hours)),
        figure("steps", "Steps", Amount::Count(bill.n_steps), own.steps()),
    ];
    // Where no price is known, nothing is said to cost nothing.
    if own.case.offer.rate > DollarsPerHour::ZERO {
        let cost = figure("cost", "Cost of all steps", Amount::Dollars(bill.cost), own.cost());
        figures.insert(COST_PLACE.min(figures.len()), cost);
    }
    if let Some(energy) = bill.energy_kwh {
        figures.push(figure("energy", "Energy", Amount::Energy(energy), own.energy(energy)));
    }
    figures
}

impl Explained<'_> {
    fn count_text(&self) -> String {
        fine::count(self.case.cluster.count.into())
    }

    fn step(&self, time: &Part) -> Derivation {
        let terms: Vec<String> = time
            .children
            .iter()
            .map(|part| match part.amount {
                Amount::Time(time) => fine::time(time),
                other => other.text(),
            })
            .collect();
        let text = format!("{} = {}", plain_sum(&terms), fine::time(self.plan.step()));
        let formula = "critical path of one step: m micro-batches on the slowest stage, the \
                       bubble, and what follows the last backward";
        derived(formula, text, "the sum of its parts, listed under step time by part")
    }

    fn mfu(&self) -> Derivation {
        let flops = model_flops(self.case);
        let text = format!(
            "{} / ({} \u{d7} {} \u{d7} {}) = {}",
            fine::flops(flops),
            fine::time(self.plan.step()),
            self.count_text(),
            fine::flop_rate(self.case.peak()),
            fine::percent(self.plan.bill.mfu)
        );
        let formula = "model FLOPs of a step / (step \u{d7} accelerators \u{d7} data sheet rate). \
                       Model FLOPs: 6 for each token and matrix parameter that it uses (4 where \
                       that is frozen), and 6 \
                       (d_qk + d_v) \u{d7} heads \u{d7} reach for attention, reach s / 2 when \
                       causal; recompute is not counted";
        derived(formula, text, "PaLM, arXiv 2204.02311, appendix B; arXiv 2001.08361, section 2.1")
    }

    fn flops_each(&self, rate: FlopsPerSecond) -> Derivation {
        let text = format!(
            "{} / ({} \u{d7} {}) = {}",
            fine::flops(model_flops(self.case)),
            fine::time(self.plan.step()),
            self.count_text(),
            fine::flop_rate(rate)
        );
        let formula = "model FLOPs of a step / (step \u{d7} accelerators)";
        derived(formula, text, "PaLM, arXiv 2204.02311, appendix B")
    }

    fn step_tokens(&self) -> String {
        fine::count(self.case.training.step_tokens().get())
    }

    fn tokens_each(&self) -> Derivation {
        let text = format!(
            "{} tokens / ({} \u{d7} {}) = {} tokens/s",
            self.step_tokens(),
            fine::time(self.plan.step()),
            self.count_text(),
            fine::number(self.plan.bill.tokens_each)
        );
        let formula = "batch \u{d7} sequence / (step \u{d7} accelerators)";
        derived(formula, text, "counted")
    }

    fn tokens_all(&self, rate: Ratio) -> Derivation {
        let text = format!(
            "{} tokens / {} = {} tokens/s",
            self.step_tokens(),
            fine::time(self.plan.step()),
            fine::count((rate.get() + 0.5) as u64)
        );
        derived("batch \u{d7} sequence / step", text, "counted")
    }

    fn steps(&self) -> Derivation {
        let training = &self.case.training;
        let text = format!(
            "{} tokens / ({} sequences \u{d7} {} tokens) = {} steps",
            fine::count(training.tokens.get()),
            fine::count(training.global_batch.into()),
            fine::count(training.sequence.into()),
            fine::count(self.plan.bill.n_steps)
        );
        derived("tokens / (batch \u{d7} sequence), rounded up", text, "counted")
    }

    fn days(&self) -> Derivation {
        let text = format!(
            "{} steps \u{d7} {} = {}",
            fine::count(self.plan.bill.n_steps),
            fine::time(self.plan.step()),
            fine::time(self.plan.bill.time)
        );
        derived("steps \u{d7} step, without failures, checkpoints or pauses", text, "counted")
    }

    fn hours(&self, hours: Ratio) -> Derivation {
        let text = format!(
            "{} \u{d7} {} / 1 h = {}",
            fine::time(self.plan.bill.time),
            self.count_text(),
            Amount::Hours(hours).fine_text()
        );
        derived("time of all steps \u{d7} accelerators", text, "counted")
    }

    fn cost(&self) -> Derivation {
        let time: Seconds = self.plan.bill.time;
        let text = format!(
            "{} \u{d7} {} \u{d7} {} = {}",
            fine::time(time),
            self.count_text(),
            show::price(self.case.offer.rate),
            show::dollars(self.plan.bill.cost)
        );
        let source = &self.case.offer.source;
        derived(
            "time of all steps \u{d7} accelerators \u{d7} price of one for an hour",
            text,
            source,
        )
    }

    fn energy(&self, energy: Ratio) -> Derivation {
        let power = self.case.cluster.accelerator.power.unwrap_or_default();
        let text = format!(
            "{} \u{d7} {} \u{d7} {} = {}",
            fine::time(self.plan.bill.time),
            self.count_text(),
            show::power(power),
            Amount::Energy(energy).text()
        );
        let formula = "time of all steps \u{d7} accelerators \u{d7} rated power of one; hosts, \
                       network and cooling come on top";
        derived(formula, text, "data sheet of the accelerator")
    }
}
