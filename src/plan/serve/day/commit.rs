//! How much of a day's machines to commit to, the rest by the hour.

use super::{Day, Told};
use crate::plan::budget::{Cell, Grid, Line, Price, Sheet, derived, figure, less};
use crate::plan::buy::{Reserve, Tariff};
use crate::plan::serve::baseline;
use crate::plan::serve::text::number;
use crate::plan::{Amount, Derivation, Figure};
use crate::prices::Terms;
use crate::units::text::{fine, show};
use crate::units::{Dollars, Ratio, Seconds};

const RULE: &str = "the newsvendor's rule: Arrow, Harris and Marschak, Econometrica 19 (1951)";

/// The cheapest baseline under the day, and what follows.
#[must_use]
pub fn sheet(day: &Day<'_>) -> Sheet {
    let mut sheet = Sheet { id: "commit", ..Sheet::default() };
    let told = match day.told() {
        Ok(told) if told.priced => told,
        Ok(_) => {
            sheet.says.push("No price of these machines is known: type one.".to_owned());
            return sheet;
        }
        Err(text) => {
            sheet.says.push(text);
            return sheet;
        }
    };
    let sold: Vec<&Price> =
        [Terms::Year, Terms::ThreeYears].iter().filter_map(|own| day.price(Some(*own))).collect();
    let tariffs: Vec<Tariff> = sold
        .iter()
        .map(|price| {
            let least = price.terms.map_or(Seconds::ZERO, Terms::least_time);
            Tariff::for_term(day.machine_rate(price), Ratio::ONE, least)
        })
        .collect();
    let month = &told.month;
    let demand = month.prices.demand;
    let Some(found) = baseline(&month.scaled, &month.packing, demand, &tariffs, day.horizon) else {
        return sheet;
    };
    sheet.says = says(&told, &found, &sold);
    sheet.figures.push(figure(
        "commit_cost",
        "All of it",
        Amount::Dollars(found.cost()),
        derived(
            "commitments + what is paid by the hour above them",
            format!(
                "{} + {} = {}",
                show::dollars(found.committed),
                show::dollars(found.bursts),
                show::dollars(found.cost())
            ),
            "the sum of its parts",
        ),
    ));
    let weighed = found.commitment.unwrap_or(0);
    if let (Some(price), Some(tariff)) = (sold.get(weighed), tariffs.get(weighed)) {
        sheet.figures.push(even(&told, &found, price, tariff));
    }
    sheet.figures.push(to_commit(&told, &found));
    sheet.tables.push(ways(&told, &found, (&sold, &tariffs)));
    if !sold.is_empty() {
        sheet.tables.push(moved(&found));
    }
    sheet.notes.push(
        "A commitment is paid whether or not it is used, is renewed until the time is over, and \
         its last term is paid in full. Spot machines are not counted here."
            .to_owned(),
    );
    sheet
}

/// What to commit to.
fn to_commit(told: &Told<'_>, found: &Reserve) -> Figure {
    let label = match told.day.own.machine.whole {
        true => "Machines to commit to",
        false => "Accelerators to commit to",
    };
    let formula = "the most that are paid for during at least the break-even share of the time";
    let own = derived(formula, count(told, found.baseline), RULE);
    figure("commit_machines", label, Amount::Count(found.baseline.into()), own)
}

/// So many machines, or accelerators, in words.
fn count(told: &Told<'_>, n: u32) -> String {
    format!("{} {}", fine::count(n.into()), told.day.noun(n.into()))
}

fn says(told: &Told<'_>, found: &Reserve, sold: &[&Price]) -> Vec<String> {
    let time = show::time(told.day.horizon);
    let (cost, hourly) = (found.cost(), found.uncommitted);
    let machine = told.day.noun(found.baseline.into());
    match found.commitment.and_then(|i| sold.get(i)) {
        Some(own) => vec![format!(
            "Commit to {} {machine} ({}{}) and take the rest by the hour: {} over {time}, {} less \
             than all by the hour.",
            show::grouped(found.baseline.into()),
            own.name(),
            seller(own),
            show::dollars(cost),
            less(cost.get(), hourly.get())
        )],
        None if sold.is_empty() => vec![
            format!("By the hour it is {} over {time}.", show::dollars(hourly)),
            "No commitment for them is on the list: type its price, as in 1y:2.1.".to_owned(),
        ],
        None => vec![format!(
            "Commit to nothing: all by the hour is {} over {time}. A commitment pays for what \
             is wanted for {} of that time at least{}.",
            show::dollars(hourly),
            show::percent(found.break_even),
            if found.break_even > Ratio::ONE { ", which is more than all of it" } else { "" }
        )],
    }
}

fn seller(price: &Price) -> String {
    if price.seller.is_empty() { String::new() } else { format!(", {}", price.seller) }
}

fn even(told: &Told<'_>, found: &Reserve, price: &Price, tariff: &Tariff) -> Figure {
    let text = format!(
        "{} × {} × {} / ({} × {}) = {}",
        show::price(told.day.machine_rate(price)),
        number(terms(told, tariff)),
        fine::time(tariff.least),
        show::price(told.month.prices.demand),
        fine::time(told.day.horizon),
        fine::percent(found.break_even)
    );
    let own = derived(
        "price of the commitment × its terms / (price by the hour × time): the share of the time \
         for which a machine must be wanted",
        text,
        &format!("{RULE}; {}", sold_by(price)),
    );
    figure("commit_even", "A commitment pays from", Amount::Share(found.break_even), own)
}

/// A way to pay: its name, machines committed to, dollars, and where these come from.
type WayRow = (String, u32, Dollars, Derivation);

/// By the hour or committed, following the traffic or not.
fn ways(told: &Told<'_>, found: &Reserve, (sold, tariffs): (&[&Price], &[Tariff])) -> Grid {
    let mut rows = by_the_hour(told, found);
    rows.extend(sold.iter().zip(tariffs).map(|(price, tariff)| whole(told, price, tariff)));
    if found.baseline > 0 {
        let sum = format!(
            "{} + {} = {}",
            show::dollars(found.committed),
            show::dollars(found.bursts),
            show::dollars(found.cost())
        );
        let name = "a baseline committed to, the rest follows by the hour".to_owned();
        let own = derived("commitments + the rest by the hour", sum, RULE);
        rows.push((name, found.baseline, found.cost(), own));
    }
    let best = rows.iter().map(|row| row.2).min().unwrap_or_default();
    let row = |(name, n, total, own): WayRow| Line {
        cells: vec![
            Cell::words(&name),
            Cell::of(Amount::Count(n.into())).from_where(derived(
                "what is committed to",
                count(told, n),
                "the row's own choice",
            )),
            Cell::of(Amount::Dollars(total)).from_where(own),
        ],
        marked: total == best,
    };
    let columns = vec!["Machines", "Committed to", "In all"];
    Grid { caption: "Ways to pay for the day", columns, rows: rows.into_iter().map(row).collect() }
}

/// Nothing committed to: a fixed fleet, and one that follows the traffic.
fn by_the_hour(told: &Told<'_>, found: &Reserve) -> Vec<WayRow> {
    let months = told.day.horizon.get() / (730.0 * 3600.0);
    let fixed = &told.month.fixed_spend;
    let row = |name: &str, machine_hours: f64, total: Dollars| {
        let text = format!(
            "{} h × {} × {} = {}",
            number(machine_hours),
            show::price(told.month.prices.demand),
            number(months),
            show::dollars(total)
        );
        let formula = "machine-hours of a month × price by the hour × months of 730 h";
        let source = told.day.price(None).map_or("", |price| &price.source);
        (name.to_owned(), 0, total, derived(formula, text, source))
    };
    let hours = |own: Ratio| own.get();
    let own = told.month.spend.machine_hours;
    vec![
        row(
            "as the peak needs, by the hour",
            hours(fixed.machine_hours),
            fixed.month.total() * months,
        ),
        row("follow the traffic, by the hour", hours(own), found.uncommitted),
    ]
}

/// As many as the peak needs, all committed to.
fn whole(told: &Told<'_>, price: &Price, tariff: &Tariff) -> WayRow {
    let machines = told.month.packing.machines(told.month.fixed.most());
    let terms = terms(told, tariff);
    let rate = told.day.machine_rate(price);
    let all = rate * (tariff.least * terms) * f64::from(machines);
    let text = format!(
        "{} × {} × {} × {} = {}",
        fine::count(machines.into()),
        show::price(rate),
        number(terms),
        fine::time(tariff.least),
        show::dollars(all)
    );
    let formula = "machines of the peak × price of the commitment × its terms";
    let name = format!("as the peak needs, {}", price.name());
    (name, machines, all, derived(formula, text, &sold_by(price)))
}

/// Terms that are paid for so that a commitment lasts for the time that is looked at.
fn terms(told: &Told<'_>, tariff: &Tariff) -> f64 {
    let terms = told.day.horizon.get() / tariff.least.get().max(1.0);
    (terms * (1.0 - 1e-9)).ceil().max(1.0)
}

fn sold_by(price: &Price) -> String {
    format!("{}{}: {}", price.name(), seller(price), price.source)
}

fn moved(found: &Reserve) -> Grid {
    let rows = found.moved.iter().map(|own| {
        let name = if own.factor < Ratio::ONE { "30\u{a0}% less" } else { "30\u{a0}% more" };
        let best = own.cost.less(own.regret);
        let money = |amount: Dollars, formula: &str, text: String| {
            Cell::of(Amount::Dollars(amount)).from_where(derived(formula, text, RULE))
        };
        let both = format!(
            "{} − {} = {}",
            show::dollars(own.cost),
            show::dollars(best),
            show::dollars(own.regret)
        );
        Line::plain(vec![
            Cell::words(name),
            money(
                own.cost,
                "the same baseline, the rest by the hour, with that many machines wanted",
                format!("{} machines committed to", fine::count(found.baseline.into())),
            ),
            money(
                best,
                "the cheapest baseline for that many machines",
                "looked for anew".to_owned(),
            ),
            money(own.regret, "with this baseline − with the best one", both),
        ])
    });
    let columns = vec!["Demand moves", "With this baseline", "The best for it", "Regret"];
    Grid { caption: "If the day's machines are other than planned", columns, rows: rows.collect() }
}
