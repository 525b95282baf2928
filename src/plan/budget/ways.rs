//! Ways to buy a run: what each makes of its cost and its days.

use super::course::{End, Run, chance_text};
use super::deal::Money;
use super::headline::money_text;
use super::prices::Price;
use super::sheet::{Cell, Chart, Grid, Line, Mark, Sheet, days, derived, figure, less};
use crate::catalogue::reliability as catalogue;
use crate::plan::buy::Tariff;
use crate::plan::{Amount, Derivation, Figure};
use crate::prices::Terms;
use crate::reliability::{Reliability, Spot};
use crate::units::chance::chance;
use crate::units::text::{fine, show};
use crate::units::{Dollars, DollarsPerHour, Frequency, Ratio, Seconds, order};

/// A run bought in one way: at the better end, as expected, at the worse end.
#[derive(Clone, Debug, PartialEq)]
pub struct Way {
    /// Stable name: that of the terms, `own`, `switch`, `half`.
    pub id: &'static str,
    /// For people.
    pub name: String,
    /// Who sells it, and what else is to be said.
    pub seller: String,
    /// By the hour; of a mixture the mean.
    pub rate: DollarsPerHour,
    /// Time for which the machines are held: from the first step to the last.
    pub wall: [Seconds; 3],
    /// The same with the moving of data before and after.
    pub time: [Seconds; 3],
    /// Time that is paid for.
    pub paid: [Seconds; 3],
    /// Accelerators that are paid for.
    pub accelerators: u32,
    /// Everything, in three parts.
    pub money: [Money; 3],
    /// Everything.
    pub cost: [Dollars; 3],
    /// Share of the paid time that is useful while there is work.
    pub goodput: Ratio,
    /// Paid after the run.
    pub idle: Seconds,
    /// Paid before the first step.
    pub upfront: bool,
    /// Where the price comes from.
    pub source: String,
    /// Its day, and how many doubts there are about it.
    pub dated: String,
}

/// What is added to the machines of every way.
const KEPT: &str = "machines + storage of data set and checkpoints + moving data";
const HALF: &str = "half by the hour, half spot";

/// Ways that cannot be had, and why.
pub type Refused = (String, String);

/// Every way to buy a run at these prices, the cheapest first, and those that cannot be had.
#[must_use]
pub fn ways(run: &Run<'_>, prices: &[Price]) -> (Vec<Way>, Vec<Refused>) {
    let job = run.job();
    let mut all = Vec::new();
    let mut refused = Vec::new();
    for price in prices {
        let spot = price.terms.filter(|terms| terms.is_spot()).and(run.spot);
        if price.terms.is_some_and(Terms::is_spot) && spot.is_none() {
            refused.push((price.name().to_owned(), "no spot market is known".to_owned()));
            continue;
        }
        let ends = run.ends(&job, &|own| own.spot = spot);
        match single(run, price, &ends) {
            Some(way) => all.push(way),
            None => {
                let text = "the run is longer than can be bought at once (182 days)";
                refused.push((price.name().to_owned(), text.to_owned()));
            }
        }
    }
    let of = |terms: Terms| prices.iter().find(|price| price.terms == Some(terms));
    let hourly = of(Terms::OnDemand).or_else(|| prices.iter().find(|price| price.terms.is_none()));
    if let (Some(spot), Some(hourly), Some(zone)) = (of(Terms::Spot), hourly, run.spot) {
        all.extend(switching(run, (hourly, spot), zone));
        match halved(run, (hourly, spot), zone) {
            Some(way) => all.push(way),
            None => {
                let text = "the layout keeps one copy of the state over all machines";
                refused.push((HALF.to_owned(), text.to_owned()));
            }
        }
    }
    order::sort_by_key(&mut all, |way| way.cost[1]);
    (all, refused)
}

/// The tariff of some terms; see [`Tariff`].
pub(super) const fn tariff(terms: Option<Terms>, rate: DollarsPerHour, goodput: Ratio) -> Tariff {
    match terms {
        Some(Terms::Block) => Tariff::in_blocks(rate, goodput),
        Some(terms) => Tariff::for_term(rate, goodput, terms.least_time()),
        None => Tariff::by_the_hour(rate, goodput),
    }
}

fn single(run: &Run<'_>, price: &Price, ends: &[End; 3]) -> Option<Way> {
    let terms = price.terms.unwrap_or(Terms::OnDemand);
    let most = terms.most_time().unwrap_or(Seconds::UNBOUNDED);
    if ends.iter().any(|end| end.time() > most) {
        return None;
    }
    let wall = [0, 1, 2].map(|i: usize| ends[i].time());
    let paid = [0, 1, 2].map(|i: usize| terms.paid(ends[i].paid(), run.deal.charge));
    let money = [0, 1, 2].map(|i: usize| Money::of(&run.outlay(&ends[i], price.terms, price.rate)));
    Some(Way {
        id: price.terms.map_or("own", Terms::key),
        name: price.name().to_owned(),
        seller: price.seller.clone(),
        rate: price.rate,
        wall,
        time: wall.map(|wall| run.span(wall)),
        paid,
        accelerators: ends[1].outage.accelerators,
        cost: money.map(|money| money.total()),
        money,
        goodput: ends[1].outage.paid_share(&ends[1].job),
        idle: paid[1].less(wall[1]),
        upfront: price.terms == Some(Terms::Block),
        source: sourced(price),
        dated: dated(price),
    })
}

/// `2026-08-20, 1 doubt`.
fn dated(price: &Price) -> String {
    let day = match (price.day, price.terms) {
        (Some(day), _) => day.to_string(),
        (None, None) => "by the hour".to_owned(),
        (None, Some(_)) => price.source.clone(),
    };
    match price.doubts.len() as u64 {
        0 => day,
        n => format!("{day}, {} {}", show::grouped(n), show::plural(n, "doubt")),
    }
}

/// `price list, 2026-08-20`.
fn sourced(price: &Price) -> String {
    let day = price.day.map(|day| format!(", {day}")).unwrap_or_default();
    format!("{}{day}", price.source)
}

/// Spot machines, and machines by the hour while those are away: the job moves over and back, each time from a
/// checkpoint (Wu et al., "Can't Be Late", NSDI 2024, whose policies lie between this and waiting).
fn switching(run: &Run<'_>, (hourly, spot): (&Price, &Price), zone: Spot) -> Option<Way> {
    let cycle = zone.available + zone.away;
    let there = zone.availability().get();
    let ends = run.ends(&run.job(), &|own: &mut Reliability| {
        // One loss and one move back in every cycle.
        let whole = Spot { available: cycle, median: None, away: Seconds::ZERO, ..zone };
        own.spot = Some(whole);
        own.interventions += Frequency::every(cycle);
    });
    let rate =
        DollarsPerHour::new(spot.rate.get() * there + hourly.rate.get() * (1.0 - there).max(0.0));
    let text = format!(
        "{} of the time on spot, else {} at {}",
        show::percent(Ratio::new(there)),
        hourly.name(),
        show::price(hourly.rate)
    );
    let own = Price { rate, terms: None, seller: text, ..spot.clone() };
    let name = "spot, by the hour while it is away".to_owned();
    Some(Way { id: "switch", name, ..single(run, &own, &ends)? })
}

/// Half of the replicas by the hour, half on spot machines; those that are there go on without the others. Nothing
/// where the layout has no second replica.
fn halved(run: &Run<'_>, (hourly, spot): (&Price, &Price), zone: Spot) -> Option<Way> {
    let job = run.job();
    if job.replicas < 2 {
        return None;
    }
    let stall = catalogue::elastic_stall();
    let there = zone.availability().get();
    let ends = run.ends(&job, &|own| own.elastic = Some(stall));
    // All stall when the zone goes and when it comes back.
    let moves = Frequency::every(zone.available + zone.away) * 2.0;
    let stalled = 1.0 + libm::expm1((moves * stall).get().min(300.0));
    let speed = 0.5 + 0.5 * there;
    let wall = ends.map(|end| end.time() * (stalled / speed));
    let accelerators = ends[1].outage.accelerators;
    // Of both halves together, the share that is paid for is that which computes.
    let paid = wall.map(|wall| wall * speed);
    let rate = DollarsPerHour::new(0.5 / speed * (hourly.rate.get() + there * spot.rate.get()));
    let useful = ends[1].useful().get() * f64::from(job.accelerators);
    let money = [0, 1, 2].map(|i: usize| {
        let machines = rate * paid[i] * f64::from(accelerators);
        Money { machines, ..run.kept(wall[i]) }
    });
    Some(Way {
        id: "half",
        name: HALF.to_owned(),
        seller: format!("elastic replicas; {} at {}", hourly.name(), show::price(hourly.rate)),
        rate,
        wall,
        time: wall.map(|wall| run.span(wall)),
        paid,
        accelerators,
        cost: money.map(|money| money.total()),
        money,
        goodput: Ratio::new(useful / (paid[1].get() * f64::from(accelerators))),
        idle: Seconds::ZERO,
        upfront: false,
        source: sourced(spot),
        dated: dated(spot),
    })
}

/// What is asked of a run beside its cost.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Limits {
    /// Longest that it may take.
    pub time: Option<Seconds>,
    /// Most that it may cost.
    pub cost: Option<Dollars>,
}

/// The ways as a sheet.
#[must_use]
pub fn sheet(run: &Run<'_>, prices: &[Price], limits: Limits) -> Sheet {
    let (ways, refused) = ways(run, prices);
    let mut sheet = Sheet { id: "ways", ..Sheet::default() };
    let Some(best) = ways.first() else {
        sheet.says.push("No price is known for this accelerator: type one.".to_owned());
        return sheet;
    };
    sheet.says = verdicts(&ways, prices);
    sheet.figures = figures(best, &ways, prices, run);
    sheet.charts.push(picture(&ways, limits));
    sheet.tables.push(table(&ways, run, limits));
    let refusal = |(name, why): &Refused| format!("Not to be had: {name}, as {why}.");
    sheet.notes.extend(refused.iter().map(refusal));
    for price in prices.iter().filter(|price| !price.doubts.is_empty()) {
        let doubts = price.doubts.join("; ");
        sheet.notes.push(format!("Doubts about the price {}: {doubts}.", price.name()));
    }
    sheet.notes.push(
        "Ranges hold 80 % of measured step times together with failures of a good and of a young \
         fleet; prices and the spot market are taken as they stand. A commitment is paid for its \
         whole term, used or not. Storage and transfer are those of the place. For one run every \
         mixture of two prices lies between them: mixing buys certainty, and pays where demand \
         moves (next part)."
            .replace(" %", "\u{a0}%"),
    );
    sheet
}

/// Which is cheapest, and why; which of the others is worth a word.
fn verdicts(ways: &[Way], prices: &[Price]) -> Vec<String> {
    let mut says = Vec::new();
    let Some(best) = ways.first() else { return says };
    let (cost, time) = (show::dollars(best.cost[1]), show::time(best.time[1]));
    let first = format!("Cheapest is {}: {cost} in {time}", called(best));
    says.push(match base(ways).filter(|base| base.id != best.id) {
        None => format!("{first}: every other way pays for more time than the run takes."),
        Some(base) => {
            let saved = less(best.cost[1].get(), base.cost[1].get());
            let why = if best.rate < base.rate {
                let cheaper = less(best.rate.get(), base.rate.get());
                let lost = best.goodput.get() / base.goodput.get();
                let lost = show::percent(Ratio::new((1.0 - lost).max(0.0)));
                format!("an hour costs {cheaper} less, and {lost} less of it is useful")
            } else {
                "less of it is lost".to_owned()
            };
            format!("{first}, {saved} less than {}: {why}.", called(base))
        }
    });
    if let Some(text) = commitments(ways, prices) {
        says.push(text);
    }
    says
}

/// What others are compared with: on demand, else the plan's own price.
fn base(ways: &[Way]) -> Option<&Way> {
    ways.iter().find(|way| way.id == "demand").or_else(|| ways.iter().find(|way| way.id == "own"))
}

/// The way and its seller.
fn called(way: &Way) -> String {
    match way.seller.as_str() {
        "" => way.name.clone(),
        seller => format!("{} ({seller})", way.name),
    }
}

/// From how much use on a year's commitment pays.
fn commitments(ways: &[Way], prices: &[Price]) -> Option<String> {
    let (share, _) = break_even(prices)?;
    let year = ways.iter().find(|way| way.id == "1y")?;
    let term = Terms::Year.least_time();
    let needed = show::time(term * share.get());
    let used = show::time(term.less(year.idle));
    Some(if share >= Ratio::ONE {
        "A 1-year commitment costs no less by the hour than on demand.".to_owned()
    } else if year.idle > term * (1.0 - share.get()).max(0.0) {
        let idle = show::dollars(year.rate * year.idle * f64::from(year.accelerators));
        format!(
            "A 1-year commitment pays from {} of the year on, {needed}; the run uses {used} of it, \
             and the rest would cost {idle} unless something else uses it.",
            show::percent(share)
        )
    } else {
        format!(
            "A 1-year commitment pays from {} of the year on, {needed}; the run uses {used} of it.",
            show::percent(share)
        )
    })
}

/// Share of a year that has to be used for a commitment to cost no more than by the hour, with both prices.
pub(super) fn break_even(prices: &[Price]) -> Option<(Ratio, [&Price; 2])> {
    let of = |terms| prices.iter().find(|price| price.terms == Some(terms));
    let hourly = of(Terms::OnDemand).or_else(|| prices.iter().find(|price| price.terms.is_none()));
    let (year, hourly) = (of(Terms::Year)?, hourly?);
    let share = tariff(year.terms, year.rate, Ratio::ONE).break_even(&tariff(
        None,
        hourly.rate,
        Ratio::ONE,
    ));
    Some((share, [year, hourly]))
}

fn figures(best: &Way, ways: &[Way], prices: &[Price], run: &Run<'_>) -> Vec<Figure> {
    let mut all = vec![
        figure("way_cost", "Cheapest way", Amount::Dollars(best.cost[1]), cost_of(best)),
        figure("way_days", "Its time to finish", Amount::Days(best.time[1]), time_of(best, run)),
    ];
    let even = break_even(prices).filter(|(share, _)| *share < Ratio::ONE);
    if let Some((share, [year, hourly])) = even {
        let text = format!(
            "{} / {} = {}",
            show::price(year.rate),
            show::price(hourly.rate),
            fine::percent(share)
        );
        let formula = "price of a 1-year commitment / price by the hour: the share of the year \
                       that has to be used";
        let source = format!("{}; {}", sourced(year), sourced(hourly));
        let own = derived(formula, text, &source);
        all.push(figure("break_even", "A year pays from", Amount::Share(share), own));
    }
    if let Some(base) = base(ways).filter(|base| base.id != best.id) {
        let saved = base.cost[1].less(best.cost[1]);
        let text = format!(
            "{} \u{2212} {} = {}",
            show::dollars(base.cost[1]),
            show::dollars(best.cost[1]),
            show::dollars(saved)
        );
        let own = derived(&format!("{} \u{2212} {}", base.name, best.name), text, "counted");
        all.push(figure("saved", "Saved by it", Amount::Dollars(saved), own));
    }
    all
}

pub(super) fn cost_of(way: &Way) -> Derivation {
    let text = money_text(way.rate, way.paid[1], way.accelerators, &way.money[1]);
    let formula = match way.id {
        "half" => {
            "time to finish \u{d7} share that computes \u{d7} accelerators \u{d7} mean price of \
             what computes"
        }
        "block" => "time, in whole days \u{d7} accelerators, spares included \u{d7} price",
        "1y" | "3y" => {
            "the longer of term and run \u{d7} accelerators, spares included \u{d7} price"
        }
        _ => "time that is paid for \u{d7} accelerators, spares included \u{d7} price",
    };
    let formula = format!("{KEPT}; machines: {formula}");
    derived(&formula, text, &way.source)
}

pub(super) fn time_of(way: &Way, run: &Run<'_>) -> Derivation {
    useful_time(run, run.plan.bill.time, way.wall[1])
}

/// How the time of all steps becomes the whole.
pub(super) fn useful_time(run: &Run<'_>, work: Seconds, wall: Seconds) -> Derivation {
    let share = Ratio::new(work.get() / wall.get());
    let (text, moved) = (fine::time(wall), run.moved_text(wall));
    let text = format!("{moved}{} / {} = {text}", fine::time(work), fine::percent(share));
    let formula = "moving the data set there + machines + moving the weights away; machines: time \
                   of all steps / share of the time that is useful";
    derived(formula, text, "docs/outage.md")
}

fn per_useful(way: &Way, run: &Run<'_>) -> Cell {
    let hours = run.plan.bill.time.get() / 3600.0 * f64::from(run.case.cluster.count);
    let each = DollarsPerHour::new(way.cost[1].get() / hours);
    let text = format!(
        "{} \u{d7} 1 h / ({} \u{d7} {}) = {}",
        show::dollars(way.cost[1]),
        fine::time(run.plan.bill.time),
        fine::count(run.case.cluster.count.into()),
        show::dollars(Dollars::new(each.get()))
    );
    let own = derived(
        "cost / (time of all steps \u{d7} accelerators); while there is work that is price / \
         goodput",
        text,
        "no discount is taken for granted",
    );
    let goodput = format!("goodput {}", show::percent(way.goodput));
    let amount = Some(Amount::Dollars(Dollars::new(each.get())));
    Cell { text: show::price(each), below: goodput, amount, derivation: Some(Box::new(own)) }
}

fn table(ways: &[Way], run: &Run<'_>, limits: Limits) -> Grid {
    let mut columns =
        vec!["Way to buy", "Price of one", "Cost of the run", "Time", "A useful hour"];
    if limits.time.is_some() {
        columns.push("Chance to be in time");
    }
    if limits.cost.is_some() {
        columns.push("Chance to stay in budget");
    }
    let odds = |range: [Ratio; 3], limit: f64| {
        let own = chance(range, Ratio::new(limit));
        Cell { amount: Some(Amount::Share(own)), ..Cell::words(&chance_text(own)) }
    };
    let row = |(i, way): (usize, &Way)| {
        let cost = Cell::ranged(way.cost.map(Amount::Dollars)).from_where(cost_of(way));
        let time = Cell::ranged(days(way.time)).from_where(time_of(way, run));
        let price = Cell::words(&show::price(way.rate)).with_below(&way.dated);
        let name = Cell::words(&way.name).with_below(&way.seller);
        let mut cells = vec![name, price, cost, time, per_useful(way, run)];
        if let Some(limit) = limits.time {
            cells.push(odds(way.time.map(|time| Ratio::new(time.get())), limit.get()));
        }
        if let Some(limit) = limits.cost {
            cells.push(odds(way.cost.map(|cost| Ratio::new(cost.get())), limit.get()));
        }
        Line { cells, marked: i == 0 }
    };
    let rows = ways.iter().enumerate().map(row).collect();
    Grid { caption: "Ways to buy this run, the cheapest first", columns, rows }
}

/// What costs more times the cheapest than this is in the table alone.
const FAR: f64 = 20.0;

fn picture(ways: &[Way], limits: Limits) -> Chart {
    let row = |way: &Way| {
        let range = way.cost.map(|cost| Ratio::new(cost.get()));
        let text = format!("{} · {}", show::dollars(way.cost[1]), show::time(way.time[1]));
        Mark::span(&way.name, range, text)
    };
    // A whole term for a short run would leave no room to tell the others apart.
    let most = ways.first().map_or(Dollars::ZERO, |best| best.cost[1] * FAR);
    let near = || ways.iter().filter(|way| way.cost[1] <= most);
    let more =
        if near().count() < ways.len() { ", those below twenty times the cheapest" } else { "" };
    let mut marks: Vec<Mark> = near().map(row).collect();
    marks.extend(limits.cost.map(|cost| Mark::at("rule", "budget", Ratio::new(cost.get()))));
    Chart {
        title: format!("Cost of the run by way to buy{more}"),
        axes: ["Dollars, with the 80\u{a0}% range", ""],
        units: ["usd", ""],
        marks,
        ..Chart::default()
    }
}
