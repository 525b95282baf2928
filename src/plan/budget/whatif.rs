//! Which input moves cost and days most, and what becomes of them when some are moved.

use super::course::Run;
use super::sheet::{Cell, Chart, Grid, Line, Sheet, Spans, days, derived, figure};
use crate::case::Case;
use crate::estimate::Book;
use crate::estimate::outage::predict;
use crate::inputs::Moves;
use crate::plan::tornado::{Swing, tornado};
use crate::plan::{Amount, Plan};
use crate::reliability::{Job, Reliability};
use crate::units::text::{fine, show};
use crate::units::{Dollars, Ratio, Seconds, Tokens};

/// The run with the plan's own price and failures: what all else is compared with.
fn now(run: &Run<'_>) -> (Seconds, Dollars) {
    let end = predict(&run.job(), &Reliability { spot: None, ..run.reliability });
    (end.time.total(), end.cost(run.case.offer.rate))
}

/// Every input that moves cost or days, the one that moves the cost most first.
#[must_use]
pub fn sheet(run: &Run<'_>) -> Sheet {
    let mut sheet = Sheet { id: "whatif", ..Sheet::default() };
    let swings = tornado(run.case, run.plan, &Reliability { spot: None, ..run.reliability });
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
        (swing.name.to_owned(), [a.min(b), cost, a.max(b)].map(dollars), text_of(a, b))
    };
    let of_time = |swing: &Swing| {
        let [a, b] = swing.time;
        let text = format!("{} to {}", show::time(a.min(b)), show::time(a.max(b)));
        (swing.name.to_owned(), [a.min(b), time, a.max(b)].map(in_days), text)
    };
    if priced {
        let rows = swings.iter().filter(|swing| swing.cost_width() > Dollars::ZERO).map(of_cost);
        sheet.charts.push(Chart::Spans(Spans {
            title: format!("Cost when one input moves; now {}", show::dollars(cost)),
            axis: "Dollars",
            unit: "usd",
            rule: Some(dollars(cost)),
            rows: rows.collect(),
        }));
    }
    let mut slow: Vec<&Swing> = swings.iter().filter(|s| s.time_width() > Seconds::ZERO).collect();
    crate::units::order::sort_by_key(&mut slow, |swing| std::cmp::Reverse(swing.time_width()));
    sheet.charts.push(Chart::Spans(Spans {
        title: format!("Days when one input moves; now {}", show::time(time)),
        axis: "Days",
        unit: "days",
        rule: Some(in_days(time)),
        rows: slow.into_iter().map(of_time).collect(),
    }));
    sheet.tables.push(table(&swings));
    sheet.notes.push(
        "Each input alone, the layout kept; the number of accelerators is searched anew, with the \
         sliders. Spot machines are not looked at here."
            .to_owned(),
    );
    sheet
}

fn text_now(n: &str, time: Seconds) -> String {
    format!("{n} accelerators take {}", show::time(time))
}

fn text_of(a: Dollars, b: Dollars) -> String {
    format!("{} to {}", show::dollars(a.min(b)), show::dollars(a.max(b)))
}

/// `price, -30% to +30%`.
fn lowered(name: &str) -> String {
    let (head, rest) = name.split_once(',').unwrap_or((name, ""));
    format!("{} ({})", head.to_ascii_lowercase(), rest.trim())
}

fn table(swings: &[Swing]) -> Grid {
    let columns = vec![
        ("Input", false),
        ("Cost, down", true),
        ("Cost, up", true),
        ("Time, down", true),
        ("Time, up", true),
    ];
    let row = |swing: &Swing| {
        let [low, high] = swing.cost.map(Amount::Dollars);
        let [quick, slow] = swing.time.map(Amount::Days);
        let cells = [low, high, quick, slow].map(Cell::of);
        Line::plain([vec![Cell::words(swing.name)], cells.to_vec()].concat())
    };
    Grid { caption: "Each input moved alone", columns, rows: swings.iter().map(row).collect() }
}

/// The question with tokens and price moved; what else is moved is told to [`moved`].
#[must_use]
pub fn changed(case: &Case, moves: &Moves) -> Case {
    let [price, _, _, _, tokens] = moves.0;
    let mut case = case.clone();
    case.offer.rate = case.offer.rate * price.get();
    let all = case.training.tokens.as_f64() * tokens.get();
    case.training.tokens = Tokens::new((all as u64).max(1));
    case
}

/// What becomes of the run: `after` is the plan for [`changed`] on the moved number of accelerators.
#[must_use]
pub fn moved(run: &Run<'_>, after: (&Case, &Plan), moves: &Moves) -> Sheet {
    let [_, speed, failures, ..] = moves.0;
    let (case, plan) = after;
    let (time, cost) = now(run);
    let job = Book::new(case).job(&plan.layout, &plan.estimate);
    let by = 1.0 / speed.get();
    let job = Job { work: job.work * by, step: job.step * by, ..job };
    let own = Reliability {
        failures: run.reliability.failures * failures.get(),
        spot: None,
        ..run.reliability
    };
    let outage = predict(&job, &own);
    let (new_time, new_cost) = (outage.time.total(), outage.cost(case.offer.rate));
    let mut sheet = Sheet { id: "moved", ..Sheet::default() };
    let n = show::grouped(case.cluster.count.into());
    let change = |before: f64, after: f64| {
        let share = show::percent(Ratio::new((after / before - 1.0).abs().min(1e6)));
        let sign = if after < before { "\u{2212}" } else { "+" };
        format!("{sign}{share}")
    };
    let time_text = format!(
        "{} / {} = {}",
        fine::time(job.work),
        fine::percent(outage.useful_share()),
        fine::time(new_time)
    );
    let time_own = derived(
        "steps \u{d7} step / speed / share of the time that is useful",
        time_text,
        "docs/outage.md",
    );
    let cost_text = format!(
        "{} \u{d7} {} \u{d7} {} = {}",
        fine::time(outage.time.paid()),
        fine::count(outage.accelerators.into()),
        show::price(case.offer.rate),
        show::dollars(new_cost)
    );
    let cost_own = derived(
        "time that is paid for \u{d7} accelerators, spares included \u{d7} price of one",
        cost_text,
        case.offer.source.clone(),
    );
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
