//! The tables of a day: hour by hour, against a fixed fleet, and what machine-hours are for.

use super::figures::{cost, late, late_requests, million, user};
use super::{DAYS, Told};
use crate::estimate::capacity::{Minute, MonthPart, Scaled, Spend};
use crate::plan::Amount;
use crate::plan::budget::{Cell, Grid, Line, derived};
use crate::plan::serve::text::number;
use crate::units::text::{fine, show};
use crate::units::{Dollars, PerSecond, Ratio};

const SOURCE: &str = "docs/serving.md, Day and month (estimate/capacity)";

/// Hour by hour: what the chart shows.
pub(super) fn hours(told: &Told<'_>) -> Grid {
    let minutes = &told.month.scaled.minutes;
    let rows = minutes.chunks(60).enumerate().map(|(hour, own)| Line::plain(line(told, hour, own)));
    let columns = vec!["From", "Requests/s", "Needed", "Wanted", "Paid for", "Ready", "Late"];
    Grid { caption: "Hour by hour", columns, rows: rows.collect() }
}

fn line(told: &Told<'_>, hour: usize, own: &[Minute]) -> Vec<Cell> {
    let each = told.month.held.rate.get();
    let n = own.len().max(1) as f64;
    let asked = told.day.asked;
    let most = |of: fn(&Minute) -> u32| own.iter().map(of).max().unwrap_or(0);
    let busiest = own.iter().map(|minute| minute.demand.get()).fold(0.0, f64::max);
    let mean = own.iter().map(|minute| minute.demand.get()).sum::<f64>() / n;
    let beyond = |minute: &Minute| minute.demand.get() - f64::from(minute.ready) * each;
    let late: f64 = own.iter().map(|minute| beyond(minute).max(0.0) * 60.0).sum();
    let count = |n: u32, formula: &str, text: String| {
        Cell::of(Amount::Count(n.into())).from_where(derived(formula, text, SOURCE))
    };
    let needed = most(|minute| minute.needed);
    let ready = own.iter().map(|minute| minute.ready).min().unwrap_or(0);
    let (wanted, paid) = (most(|minute| minute.wanted), most(|minute| minute.paid));
    let requests =
        Cell { text: show::rounded(mean), ..Cell::of(Amount::Requests(PerSecond::new(mean))) };
    let sum = |what: &str, n: u32| format!("{what}: {}", fine::count(n.into()));
    vec![
        Cell::words(&format!("{hour:02}:00")),
        requests.from_where(derived(
            "mean of the hour's minutes; between the middles of two slots traffic changes evenly",
            format!("the busiest minute has {}", show::frequency(PerSecond::new(busiest))),
            "typed, or a raised cosine between the quietest time and the peak",
        )),
        count(
            needed,
            "requests of the busiest minute / what one instance holds, rounded up",
            format!("{} / {} = {}", number(busiest), number(each), number(busiest / each)),
        ),
        count(
            wanted,
            "the most needed within the time ahead + spare ones, between the fewest and the most",
            sum(&format!("with {} ahead", show::time(asked.ahead)), wanted),
        ),
        count(
            paid,
            "the most wanted in the time that an instance is kept",
            sum(&format!("kept for {}", show::time(asked.hold)), paid),
        ),
        count(
            ready,
            "least of the hour: the least paid for in the time that an instance takes to start",
            sum(&format!("ready after {}", show::time(told.month.delay)), ready),
        ),
        Cell::of(Amount::Count((late + 0.5) as u64)).from_where(derived(
            "sum over the minutes of 60 s × (requests − instances that are ready × what one \
             holds), where that is more than none",
            format!("{} requests", number(late)),
            SOURCE,
        )),
    ]
}

/// Instances that follow the traffic, against as many as the peak needs at all times.
pub(super) fn fleets(told: &Told<'_>) -> Grid {
    let month = &told.month;
    let mut columns = vec!["Instances", "At most", "Machine-hours"];
    if told.priced {
        columns.extend(["Cost", "1M prompt tokens", "1M answer tokens"]);
        columns.extend(told.day.asked.users.map(|_| "A user"));
    }
    columns.push("Late a day");
    let own = match told.month.prices.spot {
        Some(_) => "follow the traffic, on spot in part",
        None => "follow the traffic",
    };
    let mut rows = vec![(own, &month.scaled, &month.spend, true)];
    rows.extend(told.by_hour.iter().map(|own| ("follow the traffic", &month.scaled, own, false)));
    rows.push(("as the peak needs", &month.fixed, &month.fixed_spend, false));
    let row = |(name, scaled, spend, own): (&str, &Scaled, &Spend, bool)| {
        let mut cells =
            vec![Cell::words(name), most(told, scaled), hours_cell(told, scaled, spend)];
        if told.priced {
            let (input, from) = million(told, spend, false);
            let (output, whence) = million(told, spend, true);
            cells.push(
                Cell::of(Amount::Dollars(spend.month.total())).from_where(cost(told, spend, own)),
            );
            cells.push(Cell::of(input).from_where(from));
            cells.push(Cell::of(output).from_where(whence));
            let user = user(told, spend);
            cells.extend(user.map(|(amount, from)| Cell::of(amount).from_where(from)));
        }
        let share = scaled.late_share();
        let from = if share > Ratio::ZERO || own {
            late(told)
        } else {
            let text = "as many are ready at any minute as the busiest one needs".to_owned();
            derived("requests beyond what is ready takes / all requests", text, SOURCE)
        };
        let late = Amount::Count(late_requests(told, share));
        cells.push(Cell::of(late).from_where(from));
        Line { cells, marked: own }
    };
    Grid {
        caption: "A month, against a fixed fleet",
        columns,
        rows: rows.into_iter().map(row).collect(),
    }
}

fn most(told: &Told<'_>, scaled: &Scaled) -> Cell {
    let n = scaled.most();
    let text = format!("{} instances on {}", fine::count(n.into()), told.machines_text(n));
    let formula = "the most that are paid for at one time";
    Cell::of(Amount::Count(n.into())).from_where(derived(formula, text, SOURCE))
}

fn hours_cell(told: &Told<'_>, scaled: &Scaled, spend: &Spend) -> Cell {
    let packing = &told.month.packing;
    let all: f64 =
        scaled.minutes.iter().map(|minute| f64::from(packing.machines(minute.paid))).sum();
    let text = format!(
        "{} / 60 × {} = {}",
        fine::count(all as u64),
        number(DAYS),
        fine::count((spend.machine_hours.get() + 0.5) as u64)
    );
    let formula = "sum over the minutes of a day of machines that hold the instances paid for / 60 \
        × days of a month (730 h)";
    Cell::of(Amount::Hours(spend.machine_hours)).from_where(derived(formula, text, SOURCE))
}

/// What the machine-hours of a month are for.
pub(super) fn parts(told: &Told<'_>) -> Grid {
    let mut columns = vec!["Machine-hours", "Following", "Share"];
    if told.priced {
        columns.push("Cost");
    }
    columns.push("Fixed fleet");
    let rows = MonthPart::ALL.iter().map(|part| {
        let own = hours_of(&told.month.spend, *part);
        let all = told.month.spend.machine_hours.get().max(1e-12);
        let mut cells = vec![
            Cell::words(label(*part)),
            part_cell(told, *part, &told.month.scaled, own),
            Cell::of(Amount::Share(Ratio::new(own / all))).from_where(derived(
                "machine-hours of the part / machine-hours of the month",
                format!(
                    "{} / {} = {}",
                    number(own),
                    number(all),
                    fine::percent(Ratio::new(own / all))
                ),
                "all shares together are the whole",
            )),
        ];
        if told.priced {
            let dollars = told.month.spend.month.get(*part);
            let rate = told.month.prices.rate();
            cells.push(Cell::of(Amount::Dollars(dollars)).from_where(derived(
                "machine-hours × price of a machine-hour",
                format!("{} h × {} = {}", number(own), show::price(rate), show::dollars(dollars)),
                "the price opens at the cost of the month",
            )));
        }
        let fixed = hours_of(&told.month.fixed_spend, *part);
        cells.push(part_cell(told, *part, &told.month.fixed, fixed));
        Line::plain(cells)
    });
    let mut rows: Vec<Line> = rows.collect();
    rows.push(all_parts(told));
    Grid { caption: "What a month's machine-hours are for", columns, rows }
}

/// The sum of the parts.
fn all_parts(told: &Told<'_>) -> Line {
    let hours = |spend: &Spend| {
        let parts = MonthPart::ALL.iter().map(|part| hours_of(spend, *part));
        let parts: Vec<String> = parts.map(number).collect();
        let all = spend.machine_hours;
        let text = format!("{} = {}", parts.join(" + "), number(all.get()));
        Cell::of(Amount::Hours(all)).from_where(derived("the sum of the parts", text, SOURCE))
    };
    let share = Cell::of(Amount::Share(Ratio::ONE)).from_where(derived(
        "the sum of the parts",
        "each part opens to its share".to_owned(),
        SOURCE,
    ));
    let mut cells = vec![Cell::words("All"), hours(&told.month.spend), share];
    if told.priced {
        let spend = &told.month.spend;
        let all = Amount::Dollars(spend.month.total());
        cells.push(Cell::of(all).from_where(cost(told, spend, true)));
    }
    cells.push(hours(&told.month.fixed_spend));
    Line { cells, marked: true }
}

/// Machine-hours of a part: its money over that of all, times all hours.
fn hours_of(spend: &Spend, part: MonthPart) -> f64 {
    let all = spend.month.total();
    let share = if all > Dollars::ZERO { spend.month.get(part).get() / all.get() } else { 0.0 };
    share * spend.machine_hours.get()
}

const fn label(part: MonthPart) -> &'static str {
    match part {
        MonthPart::Traffic => "Traffic",
        MonthPart::Rounding => "Whole instances",
        MonthPart::Spare => "Spare instances",
        MonthPart::Starting => "Starting",
        MonthPart::Kept => "Kept, or ordered ahead",
        MonthPart::Packing => "Empty places in machines",
    }
}

fn part_cell(told: &Told<'_>, part: MonthPart, scaled: &Scaled, hours: f64) -> Cell {
    let formula = match part {
        MonthPart::Traffic => {
            "requests / what one instance holds × machines of one × hours of a month, but for \
             those that come late"
        }
        MonthPart::Rounding => "instances that are needed − those that the traffic fills",
        MonthPart::Spare => "spare instances that are ready",
        MonthPart::Starting => "instances paid for − instances that are ready",
        MonthPart::Kept => "instances that are ready − needed ones − spare ones",
        MonthPart::Packing => "machines paid for − those that instances fill",
    };
    let text = if part == MonthPart::Traffic {
        let packing = &told.month.packing;
        let each = match packing.per_machine {
            0 => f64::from(packing.machines_each),
            n => 1.0 / f64::from(n),
        };
        format!(
            "{} / {} × {} × 730 × (1 − {}) = {}",
            number(told.curve.mean().get()),
            number(told.month.held.rate.get()),
            number(each),
            number(scaled.late_share().get()),
            number(hours)
        )
    } else {
        format!("summed over the minutes of a day, 730 h a month: {}", number(hours))
    };
    Cell::of(Amount::Hours(Ratio::new(hours))).from_where(derived(formula, text, SOURCE))
}
