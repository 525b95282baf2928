//! F6: a few cases side by side: memory, speed, cost, utilisation, and what differs.

use super::choice::{Finding, Plan, find};
use super::{Amount, explain, layout_text};
use crate::case::Case;
use crate::units::text::show;
use crate::units::{Params, Ratio};

/// Fewest cases that are compared.
pub const CASES_MIN: u32 = 2;
/// Most cases that are compared.
pub const CASES_MAX: u32 = 4;

/// Some cases, compared.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// One of each case, in their order.
    pub columns: Vec<Column>,
    /// What is asked, row by row.
    pub questions: Vec<Row<String>>,
    /// What is answered, row by row.
    pub answers: Vec<Row<Option<Amount>>>,
}

/// One case.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// The best plan; none where no layout fits.
    pub plan: Option<Plan>,
    /// The layout in short.
    pub layout: String,
}

/// One thing in all cases.
#[derive(Clone, Debug, PartialEq)]
pub struct Row<T> {
    /// Stable name.
    pub id: &'static str,
    /// Name for people.
    pub label: &'static str,
    /// Its value in each case.
    pub values: Vec<T>,
    /// Whether the cases differ in it.
    pub differs: bool,
    /// Indices of the best cases, where less or more of it is better and they differ.
    pub best: Vec<u32>,
}

/// Compares two to four cases; nothing for fewer or more.
#[must_use]
pub fn compare(cases: &[Case]) -> Option<Comparison> {
    let n = cases.len() as u32;
    if !(CASES_MIN..=CASES_MAX).contains(&n) {
        return None;
    }
    let columns: Vec<Column> = cases.iter().map(column).collect();
    let question = |(id, label, text): &(&'static str, &'static str, fn(&Case) -> String)| {
        row(id, label, cases.iter().map(text).collect(), None)
    };
    let questions = QUESTIONS.iter().map(question).collect();
    let answer = |(id, label, better): &(&'static str, &'static str, Better)| {
        let values = cases.iter().zip(&columns).map(|(case, column)| {
            let plan = column.plan.as_ref()?;
            value(id, case, plan)
        });
        row(id, label, values.collect(), Some(*better))
    };
    let answers = ANSWERS.iter().map(answer).collect();
    Some(Comparison { columns, questions, answers })
}

/// Which end of a row is the good one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Better {
    Less,
    More,
}

/// A value that can be ranked.
trait Ranked {
    fn rank(&self) -> Option<Ratio>;
}

impl Ranked for String {
    fn rank(&self) -> Option<Ratio> {
        None
    }
}

impl Ranked for Option<Amount> {
    fn rank(&self) -> Option<Ratio> {
        self.map(Amount::value)
    }
}

fn row<T: PartialEq + Ranked>(
    id: &'static str,
    label: &'static str,
    values: Vec<T>,
    better: Option<Better>,
) -> Row<T> {
    let differs = values.windows(2).any(|pair| pair[0] != pair[1]);
    let ranks: Vec<Option<Ratio>> = values.iter().map(Ranked::rank).collect();
    let known = ranks.iter().copied().flatten();
    let end = match better {
        Some(Better::Less) => known.min(),
        Some(Better::More) => known.max(),
        None => None,
    };
    let best = ranks.iter().zip(0..).filter(|(rank, _)| end.is_some() && **rank == end);
    let best = if differs { best.map(|(_, i)| i).collect() } else { Vec::new() };
    Row { id, label, values, differs, best }
}

fn column(case: &Case) -> Column {
    match find(case) {
        Finding::Plan(plan) => {
            let layout = layout_text(case, &plan.layout);
            Column { plan: Some(*plan), layout }
        }
        Finding::Nothing(_) => Column { plan: None, layout: "no layout fits".to_owned() },
    }
}

type Question = (&'static str, &'static str, fn(&Case) -> String);

const QUESTIONS: [Question; 10] = [
    ("model", "Model", |case| case.model.name.clone()),
    ("params", "Parameters", |case| show::params(Params::new(case.model.params().total))),
    ("active", "Active parameters", |case| show::params(Params::new(case.model.params().active))),
    ("accelerator", "Accelerator", |case| case.cluster.accelerator.name.clone()),
    ("count", "Accelerators", |case| show::grouped(case.cluster.count.into())),
    ("stack", "Stack", |case| case.stack.name.clone()),
    ("precision", "Precision", |case| case.training.precision.key().to_owned()),
    ("batch", "Global batch", |case| show::grouped(case.training.global_batch.into())),
    ("sequence", "Sequence", |case| show::grouped(case.training.sequence.into())),
    ("tokens", "Tokens", |case| show::tokens(case.training.tokens)),
];

const ANSWERS: [(&str, &str, Better); 9] = [
    ("memory", "Memory of the fullest stage", Better::Less),
    ("headroom", "Memory left free", Better::More),
    ("step_time", "Step time", Better::Less),
    ("tokens_per_s", "Whole cluster", Better::More),
    ("tokens_per_gpu", "Per accelerator", Better::More),
    ("mfu", "MFU", Better::More),
    ("days", "Time to finish", Better::Less),
    ("cost", "Cost", Better::Less),
    ("gpu_hours", "Accelerator-hours", Better::Less),
];

fn value(id: &str, case: &Case, plan: &Plan) -> Option<Amount> {
    match id {
        "memory" => Some(Amount::Bytes(plan.estimate.memory.total())),
        "headroom" => Some(Amount::Bytes(plan.headroom(case))),
        _ => {
            let figures = explain(case, plan).figures;
            figures.into_iter().find(|figure| figure.id == id).map(|figure| figure.amount)
        }
    }
}
