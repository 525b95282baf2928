//! What a run takes that fails as foreseen: the figures that a budget-holder reads first.

use super::course::{End, Run};
use super::sheet::{derived, figure};
use crate::case::Case;
use crate::estimate::outage::OutagePart;
use crate::plan::{Amount, Figure, Plan, Range, range};
use crate::reliability::Reliability;
use crate::units::text::{fine, show};
use crate::units::{DollarsPerHour, Seconds};

/// Place of the first of these figures among the others.
const PLACE: usize = 3;

/// A figure and where 80 % of measured runs lay.
#[derive(Clone, Debug, PartialEq)]
pub struct Ranged {
    /// The figure.
    pub figure: Figure,
    /// Its range; none for what is counted rather than predicted.
    pub range: Option<Range>,
}

/// The figures of a plan with what failures, checkpoints and restarts make of its time and cost: `run_days` and
/// `run_cost` stand before those of the steps alone.
#[must_use]
pub fn ranged(
    case: &Case,
    plan: &Plan,
    reliability: &Reliability,
    figures: Vec<Figure>,
) -> Vec<Ranged> {
    let run = Run { case, plan, reliability: *reliability, spot: None };
    let ends = run.plain_ends();
    let plain = figures.into_iter().map(|figure| {
        let range = range(case, &figure);
        Ranged { figure, range }
    });
    let mut all: Vec<Ranged> = plain.collect();
    let place = PLACE.min(all.len());
    let mut own = vec![days(&ends)];
    if case.offer.rate > DollarsPerHour::ZERO {
        own.push(cost(&ends, case));
    }
    all.splice(place..place, own);
    all
}

fn between(ends: [Amount; 3]) -> Option<Range> {
    let [low, _, high] = ends;
    (low != high).then_some(Range { low, high })
}

fn days(ends: &[End; 3]) -> Ranged {
    let [a, b, c] = [&ends[0], &ends[1], &ends[2]].map(End::time);
    let time = &ends[1].outage.time;
    let parts = OutagePart::ALL.iter().filter(|part| time.get(**part) > Seconds::ZERO);
    let terms: Vec<String> = parts.map(|part| fine::time(time.get(*part))).collect();
    let text = format!("{} = {}", terms.join(" + "), fine::time(b));
    let own = derived(
        "time of all steps + waiting for slow machines + for checkpoints + work done again + \
         restarts + waiting for machines; the range is that of measured step times and of failures \
         from a good to a young fleet",
        text,
        &format!(
            "docs/outage.md; {} failures expected (arXiv 2407.21783, section 3.3.4, unless another \
             fleet is chosen)",
            show::rounded(ends[1].outage.failures().get())
        ),
    );
    let range = between([a, b, c].map(Amount::Days));
    Ranged { figure: figure("run_days", "Time to finish", Amount::Days(b), own), range }
}

fn cost(ends: &[End; 3], case: &Case) -> Ranged {
    let rate = case.offer.rate;
    let [a, b, c] = [&ends[0], &ends[1], &ends[2]].map(|end| end.outage.cost(rate));
    let outage = &ends[1].outage;
    let text = format!(
        "{} \u{d7} {} \u{d7} {} = {}",
        fine::time(outage.time.paid()),
        fine::count(outage.accelerators.into()),
        show::price(rate),
        show::dollars(b)
    );
    let formula = "time to finish \u{d7} accelerators, spares included \u{d7} price of one";
    let own = derived(formula, text, &case.offer.source);
    let range = between([a, b, c].map(Amount::Dollars));
    Ranged { figure: figure("run_cost", "Cost", Amount::Dollars(b), own), range }
}
