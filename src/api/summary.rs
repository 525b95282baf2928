//! The plan in words to be read aloud, and as Markdown to be pasted.

use crate::case::Case;
use crate::plan::budget::Ranged;
use crate::plan::{self, Figure, Plan};
use crate::units::text::show;
use std::fmt::Write as _;

/// The plan in a sentence: what to run, and what it gives.
pub(super) fn sentence(case: &Case, plan: &Plan, figures: &[Ranged]) -> String {
    let text_of = |id: &str| said(figures, id);
    let name = name(case);
    let count = show::grouped(case.cluster.count.into());
    let machine = machine(case);
    let layout = plan::layout_text(case, &plan.layout);
    let mut text = format!(
        "{name} on {count} {machine} with {}: {layout}; {} a step, {} MFU, {} to finish with \
         failures",
        stack_text(case),
        text_of("step_time"),
        text_of("mfu"),
        text_of("run_days"),
    );
    let cost = text_of("run_cost");
    if !cost.is_empty() {
        let _ = write!(text, ", {cost}");
    }
    text.push('.');
    text
}

/// The plan as Markdown: the sentence, the layout, the run and the figures as tables, and the link that opens it.
pub(super) fn markdown(case: &Case, plan: &Plan, figures: &[Ranged], link: &str) -> String {
    let mut text = format!("**{}**\n\n| Layout | |\n|---|---|\n", sentence(case, plan, figures));
    for degree in plan::degrees(case, &plan.layout).iter().filter(|degree| degree.main) {
        let _ = writeln!(text, "| {} | {} |", degree.label, degree.value);
    }
    let training = &case.training;
    let batch = show::grouped(training.global_batch.into());
    let price = match case.offer.rate {
        rate if rate.get() > 0.0 => format!("{} an accelerator", show::price(rate)),
        _ => "none known".to_owned(),
    };
    text.push_str("\n| Run | |\n|---|---|\n");
    for (label, value) in [
        (
            "Global batch",
            format!("{batch} {}", show::plural(training.global_batch.into(), "sequence")),
        ),
        ("Sequence length", show::grouped(training.sequence.into())),
        ("Tokens", show::tokens(training.tokens)),
        ("Precision", training.precision.key().to_owned()),
        ("Price", price),
        ("Stack", dated(case.stack.told(), &case.stack.date)),
    ] {
        let _ = writeln!(text, "| {label} | {value} |");
    }
    text.push_str("\n| Figure | |\n|---|---|\n");
    for Ranged { figure, range } in figures {
        let range = range.map(|own| format!(" ({})", own.text()));
        let range = range.unwrap_or_default();
        let _ = writeln!(text, "| {} | {}{range} |", figure.label, figure.amount.text());
    }
    let free = show::bytes(plan.headroom(case));
    let used = show::bytes(plan.estimate.memory.total());
    let _ = writeln!(text, "| Memory | {used}, {free} free |");
    if let Some(basis) = plan::basis(case, machine(case)) {
        let _ = writeln!(text, "\nIn brackets: {}", basis.text);
    }
    let _ = writeln!(text, "\nPlan: `#{link}`");
    text.replace([show::GAP, show::GROUP], " ")
}

/// The stack's name; of one's own, what it is made of.
fn stack_text(case: &Case) -> String {
    let stack = &case.stack;
    if stack.own.is_some() { stack.told() } else { stack.name.clone() }
}

/// With its date, where it has one.
pub(super) fn dated(text: String, date: &str) -> String {
    if date.is_empty() { text } else { format!("{text}, {date}") }
}

fn said(figures: &[Ranged], id: &str) -> String {
    let own = figures.iter().find(|own| own.figure.id == id);
    own.map(|own| own.figure.amount.text()).unwrap_or_default()
}

/// The text of one figure; nothing where there is none.
pub(super) fn text_of(figures: &[Figure], id: &str) -> String {
    let figure = figures.iter().find(|figure| figure.id == id);
    figure.map(|figure| figure.amount.text()).unwrap_or_default()
}

/// The model's name without its organisation.
pub(super) fn name(case: &Case) -> &str {
    case.model.name.rsplit('/').next().unwrap_or_default()
}

/// The accelerator's name for people.
pub(super) fn machine(case: &Case) -> &str {
    let name = &case.cluster.accelerator.name;
    let row = crate::catalogue::accelerators::find(name);
    row.map_or(name.as_str(), |row| row.label.as_str())
}
