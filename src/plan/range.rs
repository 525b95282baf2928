//! F6: how far what is measured may lie from what is said here.
//!
//! The factors are those of measured runs that the fit had not seen (`Stack::spread`): 80 % of them lay within. Times
//! and what is proportional to them take the factors as they are, rates take their reciprocals.

use super::amount::{Amount, Figure};
use super::choice::Plan;
use crate::case::Case;
use crate::stack::Spread;
use crate::units::Ratio;
use crate::units::text::{show, span};

/// The range that holds 80 % of measured runs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Range {
    /// Least.
    pub low: Amount,
    /// Greatest.
    pub high: Amount,
}

/// On which runs the ranges of a plan rest.
#[derive(Clone, Debug, PartialEq)]
pub struct Basis {
    /// In a sentence or two.
    pub text: String,
    /// Whether runs of this stack, or of its kin, on this generation or another, were measured.
    pub measured: bool,
}

impl Range {
    /// For people: `4.3 to 5.3 s`.
    #[must_use]
    pub fn text(&self) -> String {
        span::text(&self.low.text(), &self.high.text())
    }
}

/// The range of a figure; none for what is counted rather than predicted.
#[must_use]
pub fn range(case: &Case, figure: &Figure) -> Option<Range> {
    let (low, high) = spread(case)?.time;
    match figure.id {
        "step_time" | "days" | "gpu_hours" | "cost" | "energy" => {
            Some(between(figure.amount, (low, high)))
        }
        "mfu" | "tokens_per_gpu" | "tokens_per_s" | "flops_each" => {
            let inverse = |factor: Ratio| Ratio::checked(1.0 / factor.get());
            Some(between(figure.amount, (inverse(high)?, inverse(low)?)))
        }
        _ => None,
    }
}

/// The range of the fullest stage's memory.
#[must_use]
pub fn memory_range(case: &Case, plan: &Plan) -> Option<Range> {
    let factors = spread(case)?.memory;
    Some(between(Amount::Bytes(plan.estimate.memory.total()), factors))
}

/// That a plan which fits may not, where the range of its memory passes the accelerator's.
#[must_use]
pub fn memory_doubt(case: &Case, plan: &Plan) -> Option<String> {
    let high = memory_range(case, plan)?.high;
    let capacity = Amount::Bytes(case.cluster.accelerator.memory);
    let passes = high.value().get() > capacity.value().get();
    let high = high.text();
    passes.then(|| format!("It may not fit: the range of measured runs reaches {high}."))
}

/// On which runs the ranges rest, `machine` being the accelerator's name for people; none where there are none.
#[must_use]
pub fn basis(case: &Case, machine: &str) -> Option<Basis> {
    let own = spread(case)?;
    let unseen = if own.stack.is_empty() && case.stack.own.is_some() {
        Some(format!("No run of {} was measured", case.stack.told()))
    } else if own.generation.is_empty() {
        Some(format!("No run on {machine} was measured"))
    } else if own.stack.is_empty() {
        Some(format!("No run of {} was measured", case.stack.name))
    } else {
        None
    };
    let (rows, groups) = (show::grouped(own.rows.into()), show::grouped(own.groups.into()));
    let basis = &own.basis;
    let text = match &unseen {
        None => format!(
            "80% of {rows} measured runs lay within such ranges of what was said before they \
             were seen: {basis}, {groups} groups."
        ),
        Some(unseen) => format!(
            "{unseen}, so the ranges are wider: 80% of {rows} other runs lay within them \
             ({basis}, {groups} groups)."
        ),
    };
    Some(Basis { text, measured: unseen.is_none() })
}

fn spread(case: &Case) -> Option<&Spread> {
    case.stack.spread(&case.cluster.accelerator.generation)
}

fn between(amount: Amount, (low, high): (Ratio, Ratio)) -> Range {
    Range { low: amount.times(low), high: amount.times(high) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inputs::{Inputs, Key};
    use crate::plan::{Finding, explain, find};
    use crate::units::Seconds;

    fn case(accelerator: &str, stack: &str) -> Case {
        let inputs = Inputs::default()
            .with(Key::Model, "meta-llama/Llama-2-7b-hf")
            .with(Key::Accelerator, accelerator)
            .with(Key::Count, "64")
            .with(Key::Stack, stack);
        inputs.resolve().case.expect("a case")
    }

    #[test]
    fn times_and_rates_keep_their_product() {
        let mut case = case("h100", "megatron");
        for spread in &mut case.stack.spreads {
            spread.time = (Ratio::new(0.8), Ratio::new(1.25));
            spread.memory = (Ratio::new(0.5), Ratio::new(2.0));
        }
        let Finding::Plan(plan) = find(&case) else { panic!("a plan") };
        let figures = explain(&case, &plan).figures;
        let value = |amount: Amount| amount.value().get();
        let of = |id: &str| {
            let figure = figures.iter().find(|figure| figure.id == id).expect("a figure");
            let range = range(&case, figure).expect("a range");
            (value(range.low), value(figure.amount), value(range.high))
        };
        for id in ["step_time", "days", "gpu_hours", "cost", "mfu", "tokens_per_gpu", "energy"] {
            let (low, middle, high) = of(id);
            assert!((low / middle - 0.8).abs() < 1e-9, "{id}: {low} {middle}");
            assert!((high / middle - 1.25).abs() < 1e-9, "{id}: {middle} {high}");
        }
        let steps = figures.iter().find(|figure| figure.id == "steps").expect("steps");
        assert_eq!(range(&case, steps), None);
        let memory = memory_range(&case, &plan).expect("a range");
        assert!((value(memory.high) / value(memory.low) - 4.0).abs() < 1e-6);
    }

    #[test]
    fn what_no_run_is_like_says_so_and_is_wider() {
        let width = |case: &Case| {
            let (low, high) = spread(case).expect("a spread").time;
            high.get() / low.get()
        };
        let known = case("h100", "megatron");
        let basis_known = basis(&known, "H100").expect("a basis");
        assert!(basis_known.measured && basis_known.text.contains("runs"), "{basis_known:?}");
        for (accelerator, stack) in [("v100", "megatron"), ("h100", "hai-llm")] {
            let strange = case(accelerator, stack);
            let basis = basis(&strange, accelerator).expect("a basis");
            assert!(!basis.measured && basis.text.starts_with("No run o"), "{basis:?}");
            assert!(width(&strange) > width(&known), "{accelerator} {stack}");
        }
    }

    #[test]
    fn a_range_reads_as_one() {
        let seconds = |value| Amount::Time(Seconds::new(value));
        let range = Range { low: seconds(4.36), high: seconds(5.32) };
        assert_eq!(range.text(), "4.4 to 5.3\u{a0}s");
    }
}
