//! What a run takes that fails as foreseen: the figures that a budget-holder reads first.

use super::course::{End, Run};
use super::deal::{Deal, Money};
use super::sheet::{derived, figure};
use crate::case::Case;
use crate::estimate::outage::OutagePart;
use crate::inputs::Inputs;
use crate::plan::{Amount, Figure, Plan, Range, range};
use crate::prices::Terms;
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
pub fn ranged(inputs: &Inputs, case: &Case, plan: &Plan, figures: Vec<Figure>) -> Vec<Ranged> {
    let fleet = inputs.fleet();
    let deal = Deal::of(case, &fleet, &inputs.budget());
    let run = &Run::of(case, plan, &fleet, &deal);
    let ends = run.plain_ends();
    let plain = figures.into_iter().map(|figure| {
        let range = range(run.case, &figure);
        Ranged { figure, range }
    });
    let mut all: Vec<Ranged> = plain.collect();
    let place = PLACE.min(all.len());
    let mut own = vec![days(run, &ends)];
    if run.deal.rate > DollarsPerHour::ZERO {
        own.push(cost(run, &ends));
    }
    all.splice(place..place, own);
    all
}

fn between(ends: [Amount; 3]) -> Option<Range> {
    let [low, _, high] = ends;
    (low != high).then_some(Range { low, high })
}

fn days(run: &Run<'_>, ends: &[End; 3]) -> Ranged {
    let [a, b, c] = [&ends[0], &ends[1], &ends[2]].map(|end| run.lasts(end));
    let time = &ends[1].outage.time;
    let [before, after] = run.moves();
    let parts = OutagePart::ALL.iter().map(|part| time.get(*part));
    let parts = [before].into_iter().chain(parts).chain([after]);
    let parts = parts.filter(|time| *time > Seconds::ZERO);
    let terms: Vec<String> = parts.map(fine::time).collect();
    let text = format!("{} = {}", terms.join(" + "), fine::time(b));
    let own = derived(
        "moving the data set there + time of all steps + waiting for slow machines + for \
         checkpoints + work done again + restarts + waiting for machines + spot machines away + \
         moving the weights away; the range is that of measured step times and of failures from a \
         good to a young fleet",
        text,
        &format!(
            "docs/outage.md; {} failures expected (arXiv 2407.21783, section 3.3.4, unless another \
             fleet is chosen); {}",
            show::rounded(ends[1].outage.failures().get()),
            run.deal.kept
        ),
    );
    let range = between([a, b, c].map(Amount::Days));
    Ranged { figure: figure("run_days", "Time to finish", Amount::Days(b), own), range }
}

fn cost(run: &Run<'_>, ends: &[End; 3]) -> Ranged {
    let deal = run.deal;
    let [a, b, c] = [&ends[0], &ends[1], &ends[2]].map(|end| run.money(end));
    let end = &ends[1];
    let paid = deal.terms.map_or(end.paid(), |terms| terms.paid(end.paid(), deal.charge));
    let text = money_text(deal.rate, paid, end.outage.accelerators, &b);
    let how = deal.terms.map_or("by the hour".to_owned(), |terms| terms.label().to_owned());
    let formula = format!("{MONEY}; {how}");
    let own = derived(&formula, text, &[&*deal.source, &*deal.kept].join("; "));
    let range = between([a, b, c].map(|own| Amount::Dollars(own.total())));
    let label = match deal.terms {
        None | Some(Terms::OnDemand) => "Cost",
        Some(Terms::Spot | Terms::SpotLowest) => "Cost on spot",
        Some(Terms::Year) => "Cost of a 1-year commitment",
        Some(Terms::ThreeYears) => "Cost of a 3-year commitment",
        Some(Terms::Block) => "Cost in capacity blocks",
    };
    Ranged { figure: figure("run_cost", label, Amount::Dollars(b.total()), own), range }
}

/// What [`money_text`] works out.
pub(super) const MONEY: &str = "machines + storage of data set and checkpoints + moving the data set \
    there and the weights away; machines: time that is paid for \u{d7} accelerators, spares included \
    \u{d7} price of one";

pub(super) fn money_text(rate: DollarsPerHour, paid: Seconds, n: u32, money: &Money) -> String {
    let Money { machines, storage, transfer } = *money;
    format!(
        "{machines} + {} + {} = {}; {} \u{d7} {} \u{d7} {} = {machines}",
        show::dollars(storage),
        show::dollars(transfer),
        show::dollars(money.total()),
        fine::time(paid),
        fine::count(n.into()),
        show::price(rate),
        machines = show::dollars(machines),
    )
}
