//! Which input moves cost and days most, and what becomes of them when some are moved.

use super::course::Run;
use super::deal::Deal;
use super::headline::{MONEY, money_text};
use super::sheet::{Cell, Chart, Grid, Line, Mark, Sheet, days, derived, figure};
use super::ways::useful_time;
use crate::case::Case;
use crate::inputs::Moves;
use crate::plan::tornado::{Swing, tornado};
use crate::plan::{Amount, Plan};
use crate::reliability::{Job, Reliability};
use crate::units::text::{show, span};
use crate::units::{Dollars, Ratio, Seconds, Tokens};

/// A swing below this share of the whole is not drawn.
const SEEN: f64 = 0.002;

/// The run as it is bought: what all else is compared with.
fn now(run: &Run<'_>) -> (Seconds, Dollars) {
    let end = &run.plain_ends()[1];
    (run.lasts(end), run.money(end).total())
}

/// Every input that moves cost or days, the one that moves the cost most first.
#[must_use]
pub fn sheet(run: &Run<'_>) -> Sheet {
    let mut sheet = Sheet { id: "whatif", ..Sheet::default() };
    let swings = tornado(run);
    let (time, cost) = now(run);
    let most = |width: fn(&Swing) -> f64| {
        swings.iter().max_by(|a, b| width(a).total_cmp(&width(b))).map(|swing| swing.name)
    };
    let dearest = most(|swing| swing.cost_width().get());
    let longest = most(|swing| swing.time_width().get());
    if let (Some(dearest), Some(longest)) = (dearest, longest) {
        sheet.says.push(format!(
            "What moves the cost most is the {}; what moves the time most is the {}.",
            lowered(dearest),
            lowered(longest)
        ));
    }
    let dollars = |own: Dollars| Ratio::new(own.get());
    let in_days = |own: Seconds| Ratio::new(own.as_days());
    let priced = cost > Dollars::ZERO;
    let of_cost = |swing: &Swing| {
        let [a, b] = swing.cost;
        Mark::span(swing.name, [a.min(b), cost, a.max(b)].map(dollars), text_of(a, b))
    };
    let of_time = |swing: &Swing| {
        let [a, b] = swing.time;
        let text = span::between(&show::time(a.min(b)), &show::time(a.max(b)));
        Mark::span(swing.name, [a.min(b), time, a.max(b)].map(in_days), text)
    };
    if priced {
        let wide = swings.iter().filter(|swing| swing.cost_width() > cost * SEEN);
        let title = format!("Cost when one input moves; now {}", show::dollars(cost));
        let rule = Mark::at("rule", "now", dollars(cost));
        sheet.charts.push(swung(title, ("Dollars", "usd"), wide.map(of_cost).collect(), rule));
    }
    let mut slow: Vec<&Swing> = swings.iter().filter(|s| s.time_width() > time * SEEN).collect();
    crate::units::order::sort_by_key(&mut slow, |swing| std::cmp::Reverse(swing.time_width()));
    let title = format!("Days when one input moves; now {}", show::time(time));
    let rule = Mark::at("rule", "now", in_days(time));
    let rows = slow.into_iter().map(of_time).collect();
    sheet.charts.push(swung(title, ("Days", "days"), rows, rule));
    sheet.tables.push(table(&swings));
    sheet.notes.push(
        "Each input alone, the layout kept; the number of accelerators is searched anew, with the \
         sliders. Storage and transfer are in it and keep their prices."
            .to_owned(),
    );
    sheet
}

fn swung(
    title: String,
    (axis, unit): (&'static str, &'static str),
    mut marks: Vec<Mark>,
    rule: Mark,
) -> Chart {
    marks.push(rule);
    Chart { title, axes: [axis, ""], units: [unit, ""], marks, ..Chart::default() }
}

/// By how much it has changed.
fn change(before: f64, after: f64) -> String {
    let share = (after / before - 1.0).abs().min(1e6);
    if share < 0.0005 {
        return "unchanged".to_owned();
    }
    let share = show::percent(Ratio::new(share));
    let sign = if after < before { "\u{2212}" } else { "+" };
    format!("{sign}{share}")
}

fn text_now(n: &str, time: Seconds) -> String {
    format!("{n} accelerators take {}", show::time(time))
}

fn text_of(a: Dollars, b: Dollars) -> String {
    span::between(&show::dollars(a.min(b)), &show::dollars(a.max(b)))
}

/// `price, -30% to +30%`.
fn lowered(name: &str) -> String {
    let (head, rest) = name.split_once(',').unwrap_or((name, ""));
    format!("{} ({})", head.to_ascii_lowercase(), rest.trim())
}

fn table(swings: &[Swing]) -> Grid {
    let columns = vec!["Input", "Cost, down", "Cost, up", "Time, down", "Time, up"];
    let row = |swing: &Swing| {
        let [low, high] = swing.cost.map(Amount::Dollars);
        let [quick, slow] = swing.time.map(Amount::Days);
        let cells = [low, high, quick, slow].map(Cell::of);
        Line::plain([vec![Cell::words(swing.name)], cells.to_vec()].concat())
    };
    Grid { caption: "Each input moved alone", columns, rows: swings.iter().map(row).collect() }
}

/// The question with tokens moved; what else is moved is told to [`moved`].
#[must_use]
pub fn changed(case: &Case, moves: &Moves) -> Case {
    let [.., tokens] = moves.0;
    let mut case = case.clone();
    let all = case.training.tokens.as_f64() * tokens.get();
    case.training.tokens = Tokens::new((all as u64).max(1));
    case
}

/// What becomes of the run: `after` is the plan for [`changed`] on the moved number of accelerators.
#[must_use]
pub fn moved(run: &Run<'_>, after: (&Case, &Plan), moves: &Moves) -> Sheet {
    let [price, speed, failures, ..] = moves.0;
    let (case, plan) = after;
    let (time, cost) = now(run);
    let reliability =
        Reliability { failures: run.reliability.failures * failures.get(), ..run.reliability };
    let deal = Deal { rate: run.deal.rate * price.get(), ..run.deal.clone() };
    let then = Run { case, plan, reliability, spot: run.spot, deal: &deal };
    let job = then.job();
    let by = 1.0 / speed.get();
    let job = Job { work: job.work * by, step: job.step * by, ..job };
    let [_, end, _] = then.ends_of(&job);
    let money = then.money(&end);
    let (new_time, new_cost) = (then.lasts(&end), money.total());
    let mut sheet = Sheet { id: "moved", ..Sheet::default() };
    let n = show::grouped(case.cluster.count.into());
    let time_own = useful_time(&then, job.work, end.time());
    let paid = deal.terms.map_or(end.paid(), |terms| terms.paid(end.paid(), deal.charge));
    let cost_text = money_text(deal.rate, paid, end.outage.accelerators, &money);
    let cost_own = derived(MONEY, cost_text, &deal.source);
    sheet.figures = vec![figure("moved_days", "Then", days([new_time; 3])[1], time_own)];
    let mut text = format!(
        "{n} accelerators: {} ({})",
        show::time(new_time),
        change(time.get(), new_time.get())
    );
    if cost > Dollars::ZERO {
        let amount = Amount::Dollars(new_cost);
        sheet.figures.push(figure("moved_cost", "For", amount, cost_own));
        let moved = change(cost.get(), new_cost.get());
        text = format!("{text}, {} ({moved})", show::dollars(new_cost));
    }
    if *moves == Moves::NONE {
        sheet.says.push(format!("Nothing is moved yet. {} {}", text_now(&n, time), {
            if cost > Dollars::ZERO {
                format!("and {}.", show::dollars(cost))
            } else {
                String::new()
            }
        }));
        return sheet;
    }
    sheet.says.push(format!("{text}, against {} {}now.", show::time(time), {
        if cost > Dollars::ZERO { format!("and {} ", show::dollars(cost)) } else { String::new() }
    }));
    sheet
}
