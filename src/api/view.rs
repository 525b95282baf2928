//! Domain objects as wire objects.

use super::assume::{assumptions, published};
use super::links::pinned;
use super::{
    Block, Certificate, Cut, Degree, Figure, Lane, PartView, PlanView, Range, Shown, StageView,
    StuckView, Timeline, Trust, WIRE_VERSION,
};
use super::{promise, summary};
use crate::case::Case;
use crate::catalogue::facts::YOURS;
use crate::catalogue::stacks;
use crate::inputs::{Inputs, Key};
use crate::link;
use crate::plan::budget::{self, Ranged};
use crate::plan::{self, Amount, Obstacle, Part, Plan};
use crate::units::Params;
use crate::units::text::show;

/// A number as value and text.
pub(super) fn shown(amount: Amount) -> Shown {
    Shown { value: amount.value().get(), unit: amount.unit().to_owned(), text: amount.text() }
}

/// The whole answer.
pub(super) fn plan_view(inputs: &Inputs, case: &Case, plan: &Plan) -> PlanView {
    let own = plan::explain(case, plan);
    let precedent = published(inputs, &own.figures);
    let figures = budget::ranged(inputs, case, plan, own.figures.clone());
    let (published, published_link) = precedent.map(|own| (own.text, own.link)).unzip();
    let link = promise::promising(inputs, plan);
    PlanView {
        version: WIRE_VERSION,
        title: title(case),
        summary: summary::sentence(case, plan, &figures),
        degrees: degrees(inputs, case, plan),
        figures: figures.iter().map(|own| figure(case, own)).collect(),
        memory: part(case, &own.memory),
        memory_capacity: shown(Amount::Bytes(case.cluster.accelerator.memory)),
        memory_headroom: shown(Amount::Bytes(plan.headroom(case))),
        memory_range: plan::memory_range(case, plan).as_ref().map(range),
        memory_doubt: plan::memory_doubt(case, plan),
        trust: trust(case),
        time: part(case, &own.time),
        binds: plan::binds(case, plan),
        assumptions: assumptions(inputs, case),
        timeline: timeline(case, plan),
        certificate: certificate(case, plan),
        stages: stages(case, plan),
        published,
        published_link,
        pinned_link: link::encode(&pinned(inputs, case, &plan.layout)),
        markdown: summary::markdown(case, plan, &figures, &link),
        link,
    }
}

/// Why there is no plan, remedies not yet looked for.
pub(super) fn stuck_view(case: &Case, obstacle: &Obstacle) -> StuckView {
    let headline = plan::headline(case, obstacle);
    match obstacle {
        Obstacle::Rules(rules) => {
            let details = rules.iter().map(cut).collect();
            StuckView { headline, details, ..StuckView::default() }
        }
        Obstacle::Memory { nearest, .. } => {
            let memory = plan::memory(case, nearest);
            let detail = |part: &Part| Cut {
                name: part.label.to_owned(),
                reason: format!("{} of the smallest layout", show::percent(part.share)),
                count: shown(part.amount),
            };
            let details = memory.children.iter().map(detail).collect();
            let memory = Some(part(case, &memory));
            StuckView { headline, details, memory, ..StuckView::default() }
        }
        Obstacle::Unbounded => StuckView { headline, ..StuckView::default() },
    }
}

/// What is trained on what: `Llama-3.1-405B · 405.9 B parameters on 16 384 H100 SXM5`.
fn title(case: &Case) -> String {
    let name = summary::name(case);
    let params = show::params(Params::new(case.model.params().total));
    let count = show::grouped(case.cluster.count.into());
    let machine = summary::machine(case);
    let own = case.stack.own.as_ref().map(|_| format!(" with {}", case.stack.told()));
    let own = own.unwrap_or_default();
    format!("{name} \u{b7} {params} parameters on {count}{}{machine}{own}", show::GAP)
}

fn degrees(inputs: &Inputs, case: &Case, plan: &Plan) -> Vec<Degree> {
    let all = plan::degrees(case, &plan.layout);
    let typed = |key| Key::from_link_name(key).is_some_and(|key| inputs.typed(key).is_some());
    let degree = |degree: plan::DegreeText| Degree {
        key: degree.key.to_owned(),
        label: degree.label.to_owned(),
        value: degree.value,
        help: degree.help,
        fixed: degree.fixed || typed(degree.key),
        main: degree.main,
    };
    all.into_iter().map(degree).collect()
}

fn figure(case: &Case, ranged: &Ranged) -> Figure {
    let own = &ranged.figure;
    let figure = derivation(case, own.id, own.label, own.amount, &own.derivation);
    Figure { range: ranged.range.as_ref().map(range), ..figure }
}

/// A figure that rests on no constant of a stack.
pub(super) fn plain_figure(own: &plan::Figure) -> Figure {
    plain(own.id, own.label, own.amount, &own.derivation)
}

fn plain(id: &str, label: &str, amount: Amount, own: &plan::Derivation) -> Figure {
    Figure {
        id: id.to_owned(),
        label: label.to_owned(),
        shown: shown(amount),
        formula: own.formula.clone(),
        substituted: own.substituted.clone(),
        source: own.source.clone(),
        range: None,
        parts: own.parts.iter().map(plain_figure).collect(),
    }
}

/// A part that rests on no constant of a stack.
pub(super) fn plain_part(own: &Part) -> PartView {
    PartView {
        id: own.id.clone(),
        figure: plain(&own.id, own.label, own.amount, &own.derivation),
        share: own.share.get(),
        children: own.children.iter().map(plain_part).collect(),
    }
}

/// A range as value and text.
pub(super) fn range(own: &plan::Range) -> Range {
    let (low, high) = (own.low.value().get(), own.high.value().get());
    Range { low, high, text: own.text() }
}

/// On which measured runs the ranges of a case rest.
pub(super) fn trust(case: &Case) -> Option<Trust> {
    let own = plan::basis(case, summary::machine(case))?;
    Some(Trust { text: own.text, measured: own.measured })
}

pub(super) fn part(case: &Case, own: &Part) -> PartView {
    PartView {
        id: own.id.clone(),
        figure: derivation(case, &own.id, own.label, own.amount, &own.derivation),
        share: own.share.get(),
        children: own.children.iter().map(|child| part(case, child)).collect(),
    }
}

/// A number with where it comes from; constants of the stack carry the source of the catalogue.
fn derivation(
    case: &Case,
    id: &str,
    label: &str,
    amount: Amount,
    own: &plan::Derivation,
) -> Figure {
    let mut sources = vec![own.source.clone()];
    for name in &own.constants {
        if let Some(fact) = stacks::in_stack(&case.stack, name) {
            let yours = fact.source.starts_with(YOURS);
            let stack = if yours { &case.stack.name } else { case.stack.base_name() };
            sources.push(format!("{stack}, {name} {}: {}", fact.value, fact.source));
        }
    }
    Figure { source: sources.join(". "), ..plain(id, label, amount, own) }
}

/// Layouts or combinations that something took out.
pub(super) fn cut(removed: &plan::Removed) -> Cut {
    Cut {
        name: removed.name.clone(),
        reason: removed.reason.clone(),
        count: shown(Amount::Count(removed.count)),
    }
}

fn certificate(case: &Case, plan: &Plan) -> Certificate {
    Certificate {
        space: shown(Amount::Count(plan.tally.space)),
        cuts: plan::cuts(&plan.tally).iter().map(cut).collect(),
        stop: plan::stop_text(plan),
        refusals: plan::refusals(case).iter().map(cut).collect(),
    }
}

fn stages(case: &Case, plan: &Plan) -> Vec<StageView> {
    let stage = |row: plan::StageRow| StageView {
        index: row.stage,
        layers: row.layers,
        extras: row.extras.join(", "),
        time: shown(Amount::Time(row.time)),
        memory: shown(Amount::Bytes(row.memory)),
    };
    plan::stages(case, plan).into_iter().map(stage).collect()
}

fn timeline(case: &Case, plan: &Plan) -> Timeline {
    let own = plan::timeline(case, plan);
    let block = |block: &plan::Block| Block {
        start_s: block.start.get(),
        end_s: block.end.get(),
        kind: block.kind.key().to_owned(),
        micro_batch: block.micro_batch,
        chunk: block.chunk,
    };
    let lane = |lane: &plan::Lane| Lane {
        label: format!("Stage {}", lane.stage),
        blocks: lane.blocks.iter().map(block).collect(),
    };
    Timeline { span_s: own.span.get(), lanes: own.lanes.iter().map(lane).collect(), note: own.note }
}
