//! Spending over the calendar against a budget and a date.

use super::course::{Run, chance_text};
use super::prices::Price;
use super::sheet::{Cell, Chart, Grid, Line, Mark, Sheet, days, figure};
use super::ways::{Way, cost_of, time_of, ways};
use crate::plan::Amount;
use crate::plan::forecast::{Course, FLOWS, Flow, Forecast};
use crate::prices::Terms;
use crate::units::chance::chance;
use crate::units::text::show;
use crate::units::{Day, Deadline, Dollars, Moment, Ratio, Seconds};

/// What a forecast is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Asked {
    /// How the run is bought; none at the plan's own price by the hour.
    pub bought: Option<Terms>,
    /// First step; days are counted from it where there is none.
    pub start: Option<Moment>,
    /// When it must be done.
    pub deadline: Option<Deadline>,
    /// Most that it may cost.
    pub budget: Option<Dollars>,
}

impl Asked {
    /// The time that is left from the first step; nothing where a moment is meant and the first step is not known.
    #[must_use]
    pub fn time(&self) -> Option<Seconds> {
        Some(self.deadline?.from(self.start)?.1)
    }
}

/// The calendar of a run, or a plain count of days.
#[derive(Clone, Copy)]
struct Calendar {
    start: Moment,
    dated: bool,
}

impl Calendar {
    fn new(start: Option<Moment>) -> Self {
        let none = Moment::new(Day::from_epoch(0), Seconds::ZERO);
        Self { start: start.unwrap_or(none), dated: start.is_some() }
    }

    /// `2027-03-04`, or `day 54`.
    fn text(&self, moment: Moment) -> String {
        if self.dated {
            return moment.day().to_string();
        }
        let n = moment.day().days_since(self.start.day());
        format!("day {}", show::grouped(u64::from(n) + 1))
    }

    /// A place across: days since 1970 or since the first step.
    fn place(&self, day: Day) -> Ratio {
        Ratio::new(f64::from(day.epoch_days().max(0)))
    }
}

/// The run as it is bought, over the calendar.
#[must_use]
pub fn sheet(run: &Run<'_>, prices: &[Price], asked: &Asked) -> Sheet {
    let mut sheet = Sheet { id: "forecast", ..Sheet::default() };
    let known = ways(run, prices).0;
    let wanted = asked.bought.map_or("own", Terms::key);
    let Some(way) = known.iter().find(|way| way.id == wanted) else {
        sheet.says.push(format!(
            "No price is known for this way to buy ({}): type one.",
            asked.bought.map_or("the plan's price", Terms::label)
        ));
        return sheet;
    };
    let calendar = Calendar::new(asked.start);
    let courses = [0, 1, 2].map(|i| course(run, way, i));
    let forecast = Forecast { start: calendar.start, courses };
    let ends = way.time.map(|time| calendar.start.after(time));
    sheet.says = verdicts(way, asked, &forecast, (&calendar, ends));
    sheet.figures = vec![
        figure("forecast_cost", "Spent in all", Amount::Dollars(way.cost[1]), cost_of(way)),
        figure("forecast_days", "Time to finish", Amount::Days(way.time[1]), time_of(way, run)),
    ];
    sheet.charts.push(picture(&forecast, asked, (&calendar, ends)));
    sheet.tables.push(table(way, asked, &forecast, (&calendar, ends)));
    sheet.tables.push(by_part(way, &forecast.courses));
    sheet.tables.push(by_month(&forecast, &calendar));
    sheet.notes.push(
        "80\u{a0}% of such runs should end within the range: step times as far as measured runs \
         lay from what was said of them, failures between those of a good and of a young fleet. \
         Prices are taken as they stand. Storage and transfer: "
            .to_owned()
            + &run.deal.kept
            + ".",
    );
    sheet
}

/// Spending of one end of the range: the data set comes, the machines run, a commitment to its last day, and the
/// weights go; storage is paid for from the first byte to the last.
fn course(run: &Run<'_>, way: &Way, i: usize) -> Course {
    let (first, money) = (run.moves()[0], way.money[i]);
    let last = first + way.wall[i];
    let held = if way.idle > Seconds::ZERO { way.wall[i].max(way.paid[i]) } else { way.wall[i] };
    let held = if way.upfront { Seconds::ZERO } else { held };
    let into = run.deal.moving_in * run.cargo().data_set;
    let flow = |from, until, amount| Flow { from, until, amount };
    Course {
        flows: [
            flow(first, first + held, money.machines),
            flow(Seconds::ZERO, way.time[i], money.storage),
            flow(Seconds::ZERO, first, into),
            flow(last, way.time[i], money.transfer.less(into)),
        ],
    }
}

/// What it is spent on; the last line is the bill.
fn by_part(way: &Way, courses: &[Course; 3]) -> Grid {
    let row = |(i, name): (usize, &&str)| {
        let range = courses.map(|course| Amount::Dollars(course.flows[i].amount));
        let whole = way.cost[1].get().max(f64::MIN_POSITIVE);
        let share = Ratio::new(courses[1].flows[i].amount.get() / whole);
        let cells = [Cell::words(name), Cell::ranged(range), Cell::of(Amount::Share(share))];
        Line::plain(cells.to_vec())
    };
    let mut rows: Vec<Line> = FLOWS.iter().enumerate().map(row).collect();
    let whole = Cell::ranged(way.cost.map(Amount::Dollars)).from_where(cost_of(way));
    let cells = vec![Cell::words("The bill"), whole, Cell::of(Amount::Share(Ratio::ONE))];
    rows.push(Line { cells, marked: true });
    let columns = vec!["Part", "Cost", "Of the bill"];
    Grid { caption: "What it is spent on", columns, rows }
}

fn verdicts(
    way: &Way,
    asked: &Asked,
    forecast: &Forecast,
    (calendar, ends): (&Calendar, [Moment; 3]),
) -> Vec<String> {
    let [early, middle, late] = ends.map(|end| calendar.text(end));
    let first = if calendar.dated { calendar.text(calendar.start) } else { "day 1".to_owned() };
    let mut says = vec![format!(
        "Begun on {first} and bought {}, it ends on {middle} ({early} to {late}) and costs {}.",
        match way.id {
            "own" => "at the plan's price",
            "spot" => "on spot",
            "1y" => "by 1-year commitment",
            "3y" => "by 3-year commitment",
            "block" => "in capacity blocks",
            _ => way.name.as_str(),
        },
        show::dollars(way.cost[1])
    )];
    if let Some(limit) = asked.time() {
        let times = way.time.map(|time| Ratio::new(time.get()));
        let odds = chance_text(chance(times, Ratio::new(limit.get())));
        let last = calendar.text(calendar.start.after(limit));
        let (slack, word) = match way.time[1] > limit {
            true => (way.time[1].less(limit), "late"),
            false => (limit.less(way.time[1]), "early"),
        };
        says.push(format!(
            "It must end by {last}: expected {} {word}, {odds} to be in time.",
            show::time(slack)
        ));
    }
    if let Some(budget) = asked.budget {
        let costs = way.cost.map(|cost| Ratio::new(cost.get()));
        let odds = chance_text(chance(costs, Ratio::new(budget.get())));
        let text = show::dollars(budget);
        let [_, crossed, soonest] = forecast.crossings(budget);
        says.push(match (crossed, soonest) {
            (Some(moment), _) => format!(
                "The budget of {text} is used up on {}, before the run ends: {} are missing.",
                calendar.text(moment),
                show::dollars(way.cost[1].less(budget))
            ),
            (None, Some(moment)) => format!(
                "The budget of {text} lasts as expected ({odds}); at the worse end it is used up \
                 on {}.",
                calendar.text(moment)
            ),
            (None, None) => format!("The budget of {text} lasts over the whole range."),
        });
    }
    says
}

fn table(
    way: &Way,
    asked: &Asked,
    forecast: &Forecast,
    (calendar, ends): (&Calendar, [Moment; 3]),
) -> Grid {
    let mut columns = vec!["Course", "Ends on", "After", "Cost"];
    if asked.budget.is_some() {
        columns.push("Budget used up on");
    }
    if asked.time().is_some() {
        columns.push("Late by");
    }
    let crossings = asked.budget.map(|budget| forecast.crossings(budget));
    let row = |i: usize| {
        let names = ["better end of the range", "as expected", "worse end of the range"];
        let mut cells = vec![
            Cell::words(names[i]),
            Cell::words(&calendar.text(ends[i])),
            Cell::of(days(way.time)[i]),
            Cell::of(Amount::Dollars(way.cost[i])),
        ];
        if let Some(crossings) = crossings {
            let crossed = crossings[i].map(|moment| calendar.text(moment));
            cells.push(Cell::words(&crossed.unwrap_or_else(|| "lasts".to_owned())));
        }
        if let Some(limit) = asked.time() {
            let late = way.time[i].less(limit);
            let in_time = late == Seconds::ZERO;
            let own = if in_time { Cell::words("in time") } else { Cell::of(Amount::Days(late)) };
            cells.push(own);
        }
        Line { cells, marked: i == 1 }
    };
    Grid { caption: "The run and its range", columns, rows: [0, 1, 2].map(row).to_vec() }
}

/// Spending by the end of each month, or of each thirtieth day.
fn by_month(forecast: &Forecast, calendar: &Calendar) -> Grid {
    let all = forecast.spending();
    let mut rows = Vec::new();
    let key = |day: Day| match calendar.dated {
        true => (day.date().0, day.date().1),
        false => (0, day.days_since(calendar.start.day()) / 30),
    };
    for (i, own) in all.iter().enumerate() {
        let last = all.get(i + 1).is_none_or(|next| key(next.day) != key(own.day));
        if last {
            let day = Moment::new(own.day, Seconds::ZERO);
            // The slow course has spent less by any day, until the quick one has ended.
            let (low, high) = extremes(own.spent);
            let [machines, kept] = forecast.parts(own.day);
            let spent = [machines, kept, own.spent[1], low, high];
            let spent = spent.map(|own| Cell::of(Amount::Dollars(own)));
            let named = vec![Cell::words(&calendar.text(day))];
            rows.push(Line::plain([named, spent.to_vec()].concat()));
        }
    }
    let columns = vec![
        "By the end of",
        "On machines",
        "On storage and transfer",
        "Spent",
        "At least",
        "At most",
    ];
    Grid { caption: "Spent in all by the end of each month", columns, rows }
}

fn picture(
    forecast: &Forecast,
    asked: &Asked,
    (calendar, ends): (&Calendar, [Moment; 3]),
) -> Chart {
    let all = forecast.spending();
    let dollars = |own: Dollars| Ratio::new(own.get());
    let x = |day: Day| calendar.place(day);
    let end = |day: Day| Ratio::new(x(day).get() + 1.0);
    let none = [x(calendar.start.day()), dollars(forecast.courses[1].spent(Seconds::ZERO))];
    let mut points = none.to_vec();
    let mut band = vec![none[0], none[1], none[1]];
    for own in &all {
        points.extend([end(own.day), dollars(own.spent[1])]);
        let (low, high) = extremes(own.spent);
        band.extend([end(own.day), dollars(low), dollars(high)]);
    }
    let exact = |moment: Moment| Ratio::new(x(moment.day()).get() + moment.of_day().as_days());
    let mut marks = vec![Mark::at("place", "ends", exact(ends[1]))];
    if let Some(limit) = asked.time() {
        marks.push(Mark::at("place", "must end", exact(calendar.start.after(limit))));
    }
    if let Some(budget) = asked.budget {
        if let Some(crossed) = forecast.crossings(budget)[1] {
            marks.push(Mark::at("place", "budget used up", exact(crossed)));
        }
        let name = format!("budget {}", show::dollars(budget));
        marks.push(Mark::at("level", &name, dollars(budget)));
    }
    Chart {
        title: "Dollars spent over time, with the 80\u{a0}% range".to_owned(),
        axes: [if calendar.dated { "Day" } else { "Days from the first step" }, "Dollars spent"],
        units: [if calendar.dated { "date" } else { "days" }, "usd"],
        steps: false,
        points,
        band,
        marks,
    }
}

/// The least and the most of three courses.
fn extremes([a, b, c]: [Dollars; 3]) -> (Dollars, Dollars) {
    (a.min(b).min(c), a.max(b).max(c))
}
