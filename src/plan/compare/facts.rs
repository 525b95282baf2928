//! F6: one column of a comparison.

use crate::case::Case;
use crate::inputs::{Echo, Group, Inputs, Key};
use crate::plan::budget::{self, Ranged};
use crate::plan::{self, Amount, Part, Plan, Range};
use crate::units::text::{fine, show};
use crate::units::{Bytes, DollarsPerHour};

/// Part of a comparison, in the order of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Section {
    /// What was asked.
    Asked,
    /// Time, speed, utilisation, money.
    Figures,
    /// How it is run.
    Layout,
    /// Memory of the fullest stage.
    Memory,
    /// Critical path of one step.
    Time,
}

/// Which of two numbers is the better one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Better {
    /// The smaller.
    Less,
    /// The larger.
    More,
    /// Neither.
    Neither,
}

/// One thing that is said of a plan.
#[derive(Clone, Debug, PartialEq)]
pub struct Fact {
    /// Where it stands.
    pub section: Section,
    /// Stable name: `memory.weights`, `cost`, `layout.tp`.
    pub id: String,
    /// Name for people.
    pub label: String,
    /// What is said, for people.
    pub text: String,
    /// The number, where it is one.
    pub amount: Option<Amount>,
    /// Where 80 % of measured runs of this kind lay, where it is predicted.
    pub range: Option<Range>,
    /// Which of two is better.
    pub better: Better,
    /// Whether it is worth a row where all columns say the same.
    pub main: bool,
}

/// Names of a case for people, which the catalogue knows.
#[derive(Clone, Copy, Debug)]
pub struct Named<'a> {
    /// The model.
    pub model: &'a str,
    /// The accelerator.
    pub machine: &'a str,
}

/// All that is said of one case and its plan, where one was found, in the order of the table.
/// `echoes` are its `inputs` as they were understood.
#[must_use]
pub fn column(
    case: &Case,
    plan: Option<&Plan>,
    named: Named<'_>,
    (echoes, inputs): (&[Echo], &Inputs),
) -> Vec<Fact> {
    let mut all = asked(case, named);
    all.extend(echoes.iter().filter(|echo| is_beside(echo.key)).map(|echo| Fact {
        main: false,
        ..said(Section::Asked, echo.key.link_name(), echo.key.label(), echo.meaning.clone())
    }));
    if let Some(plan) = plan {
        let own = plan::explain(case, plan);
        all.extend(budget::ranged(inputs, case, plan, own.figures.clone()).iter().map(figure));
        all.extend(layout(case, plan));
        all.extend(memory(case, plan));
        all.extend(parts(Section::Memory, &own.memory));
        all.extend(parts(Section::Time, &own.time));
    }
    all
}

/// A fact in words.
pub(in crate::plan) fn said(section: Section, id: &str, label: &str, text: String) -> Fact {
    Fact {
        section,
        id: id.to_owned(),
        label: label.to_owned(),
        text,
        amount: None,
        range: None,
        better: Better::Neither,
        main: true,
    }
}

/// A fact that is a number.
pub(in crate::plan) fn measured(section: Section, id: &str, label: &str, amount: Amount) -> Fact {
    Fact { amount: Some(amount), ..said(section, id, label, amount.text()) }
}

/// What most comparisons are about.
fn asked(case: &Case, named: Named<'_>) -> Vec<Fact> {
    let text = |id: &str, label: &str, text: String| said(Section::Asked, id, label, text);
    let count = |id: &str, label: &str, n: u64, text: String| Fact {
        text,
        ..measured(Section::Asked, id, label, Amount::Count(n))
    };
    let grouped =
        |id: &str, label: &str, n: u32| count(id, label, n.into(), show::grouped(n.into()));
    let large = |id: &str, label: &str, n: u64| count(id, label, n, fine::count(n));
    let (training, stack) = (&case.training, &case.stack);
    let params = case.model.params();
    let peak = measured(Section::Asked, "peak", "Data sheet rate", Amount::FlopRate(case.peak()));
    let price = match case.offer.rate {
        DollarsPerHour::ZERO => "not known".to_owned(),
        rate => show::price(rate),
    };
    vec![
        text("model", "Model", named.model.to_owned()),
        large("params", "Parameters", params.total),
        Fact { main: false, ..large("active", "Used by a token", params.active) },
        text("accelerator", "Accelerator", named.machine.to_owned()),
        grouped("count", "Accelerators", case.cluster.count),
        Fact { main: false, ..peak },
        grouped("batch", "Global batch", training.global_batch),
        grouped("sequence", "Sequence length", training.sequence),
        large("step_tokens", "Tokens a step", training.step_tokens().get()),
        large("tokens", "Tokens", training.tokens.get()),
        text("precision", "Precision", training.precision.key().to_owned()),
        text("stack", "Stack", stack.told()),
        text("price", "Price of one accelerator", price),
    ]
}

/// Inputs that are shown only where they differ: not those of [`asked`], and not the degrees, which
/// the layout shows.
fn is_beside(key: Key) -> bool {
    let asked = [
        Key::Model,
        Key::Config,
        Key::Accelerator,
        Key::Count,
        Key::PeakBf16,
        Key::PeakFp16,
        Key::PeakFp8,
        Key::PeakFp4,
        Key::PeakFp32,
        Key::Memory,
        Key::Batch,
        Key::Sequence,
        Key::Tokens,
        Key::Precision,
        Key::Stack,
        Key::OwnStackName,
        Key::OwnStackVersion,
        Key::Price,
    ];
    let fixes = key.group() == Group::Constraints && ![Key::Headroom, Key::Forbid].contains(&key);
    !fixes && !asked.contains(&key)
}

fn figure(ranged: &Ranged) -> Fact {
    let own = &ranged.figure;
    let better = match own.id {
        "step_time" | "run_days" | "run_cost" | "days" | "cost" | "energy" => Better::Less,
        "mfu" | "tokens_per_gpu" | "tokens_per_s" => Better::More,
        _ => Better::Neither,
    };
    let label = match own.id {
        "tokens_per_gpu" => "Tokens a second, each",
        "tokens_per_s" => "Tokens a second, all",
        _ => own.label,
    };
    let range = ranged.range;
    Fact { range, better, ..measured(Section::Figures, own.id, label, own.amount) }
}

fn layout(case: &Case, plan: &Plan) -> Vec<Fact> {
    let degree = |own: plan::DegreeText| {
        let text = if own.fixed { format!("{}, fixed", own.value) } else { own.value };
        let fact = said(Section::Layout, &format!("layout.{}", own.key), own.label, text);
        Fact { main: own.main, ..fact }
    };
    plan::degrees(case, &plan.layout).into_iter().map(degree).collect()
}

fn memory(case: &Case, plan: &Plan) -> Vec<Fact> {
    let bytes =
        |id, label, bytes: Bytes| measured(Section::Memory, id, label, Amount::Bytes(bytes));
    let used = bytes("memory", "Fullest stage", plan.estimate.memory.total());
    vec![
        Fact { range: plan::memory_range(case, plan), ..used },
        bytes("capacity", "Of an accelerator", case.cluster.accelerator.memory),
        bytes("free", "Left free", plan.headroom(case)),
    ]
}

/// The parts of a total.
pub(in crate::plan) fn parts(section: Section, whole: &Part) -> impl Iterator<Item = Fact> {
    whole.children.iter().map(move |part| measured(section, &part.id, part.label, part.amount))
}
