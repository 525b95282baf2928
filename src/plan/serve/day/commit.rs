//! How much of a day's machines to commit to, the rest by the hour.

use super::figures::number;
use super::{Day, Told};
use crate::plan::Amount;
use crate::plan::budget::{Cell, Grid, Line, Price, Sheet, derived, figure, less};
use crate::plan::buy::{Reserve, Tariff};
use crate::plan::serve::baseline;
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
    if let Some(i) = weighed(&found, &tariffs) {
        sheet.figures.push(even(&told, &found, (sold.get(i), tariffs.get(i))));
    }
    sheet.figures.push(figure(
        "commit_machines",
        "Machines to commit to",
        Amount::Count(found.baseline.into()),
        derived(
            "the most machines that are paid for during at least the break-even share of the time",
            format!("{} machines", fine::count(found.baseline.into())),
            RULE,
        ),
    ));
    sheet.tables = vec![ways(&told, &found, (&sold, &tariffs)), moved(&found)];
    sheet.notes.push(
        "A commitment is paid whether or not it is used, is renewed until the time is over, and its \
         last term is paid in full. Spot machines are not counted here."
            .to_owned(),
    );
    sheet
}

/// The commitment that was taken, else the cheapest for the time.
fn weighed(found: &Reserve, tariffs: &[Tariff]) -> Option<usize> {
    found.commitment.or((!tariffs.is_empty()).then_some(0))
}

fn says(told: &Told<'_>, found: &Reserve, sold: &[&Price]) -> Vec<String> {
    let time = show::time(told.day.horizon);
    let (cost, hourly) = (found.cost(), found.uncommitted);
    let machine = show::plural(found.baseline.into(), "machine");
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
            "No commitment for these machines is on the list: type its price, as in 1y:2.1."
                .to_owned(),
        ],
        None => vec![format!(
            "Commit to nothing: all by the hour is {} over {time}. A commitment pays for a machine \
             that is wanted for {} of that time at least.",
            show::dollars(hourly),
            show::percent(found.break_even)
        )],
    }
}

fn seller(price: &Price) -> String {
    if price.seller.is_empty() { String::new() } else { format!(", {}", price.seller) }
}

fn even(
    told: &Told<'_>,
    found: &Reserve,
    (price, tariff): (Option<&&Price>, Option<&Tariff>),
) -> crate::plan::Figure {
    let rate = price.map(|own| told.day.machine_rate(own)).unwrap_or_default();
    let least = tariff.map_or(Seconds::ZERO, |own| own.least);
    let time = told.day.horizon.get();
    let terms = (time / least.get().max(1.0) * (1.0 - 1e-9)).ceil().max(1.0);
    let text = format!(
        "{} × {} × {} / ({} × {}) = {}",
        show::price(rate),
        number(terms),
        fine::time(least),
        show::price(told.month.prices.demand),
        fine::time(told.day.horizon),
        fine::percent(found.break_even)
    );
    let source = |price: &&Price| format!("{}{}: {}", price.name(), seller(price), price.source);
    let own = derived(
        "price of the commitment × its terms / (price by the hour × time): the share of the time for \
         which a machine must be wanted",
        text,
        &format!("{RULE}; {}", price.map(source).unwrap_or_default()),
    );
    figure("commit_even", "A commitment pays from", Amount::Share(found.break_even), own)
}

/// By the hour or committed, following the traffic or not.
fn ways(told: &Told<'_>, found: &Reserve, (sold, tariffs): (&[&Price], &[Tariff])) -> Grid {
    let months = told.day.horizon.get() / (730.0 * 3600.0);
    let fixed = told.month.fixed_spend.month.total() * months;
    let machines = told.month.packing.machines(told.month.fixed.most());
    let time = told.day.horizon.get();
    let whole = |i: usize| {
        let (price, tariff) = (sold.get(i)?, tariffs.get(i)?);
        let terms = (time / tariff.least.get().max(1.0) * (1.0 - 1e-9)).ceil().max(1.0);
        let rate = told.day.machine_rate(price);
        let each = rate * (tariff.least * terms);
        let text = format!(
            "{} × {} × {} × {} = {}",
            fine::count(machines.into()),
            show::price(rate),
            number(terms),
            fine::time(tariff.least),
            show::dollars(each * f64::from(machines))
        );
        let formula = "machines of the peak × price of the commitment × its terms";
        let source = format!("{}{}: {}", price.name(), seller(price), price.source);
        let name = format!("as the peak needs, {}", price.name());
        Some((name, machines, each * f64::from(machines), derived(formula, text, &source)))
    };
    let hours = told.month.spend.machine_hours.get();
    let by_hour = |machine_hours: f64, total: Dollars| {
        let text = format!(
            "{} × {} × {} months = {}",
            number(machine_hours),
            show::price(told.month.prices.demand),
            number(months),
            show::dollars(total)
        );
        let formula = "machine-hours of a month × price by the hour × months";
        derived(formula, text, told.day.price(None).map_or("", |price| &price.source))
    };
    let sum = format!(
        "{} + {} = {}",
        show::dollars(found.committed),
        show::dollars(found.bursts),
        show::dollars(found.cost())
    );
    let mut rows = vec![
        (
            "as the peak needs, by the hour".to_owned(),
            0,
            fixed,
            by_hour(told.month.fixed_spend.machine_hours.get(), fixed),
        ),
        (
            "follow the traffic, by the hour".to_owned(),
            0,
            found.uncommitted,
            by_hour(hours, found.uncommitted),
        ),
    ];
    rows.extend((0..sold.len()).filter_map(whole));
    if found.baseline > 0 {
        let name = "a baseline committed to, the rest follows by the hour".to_owned();
        let own = derived("commitments + the rest by the hour", sum, RULE);
        rows.push((name, found.baseline, found.cost(), own));
    }
    let best = rows.iter().map(|row| row.2).min().unwrap_or_default();
    let row = |(name, n, total, own): (String, u32, Dollars, crate::plan::Derivation)| Line {
        cells: vec![
            Cell::words(&name),
            Cell::of(Amount::Count(n.into())).from_where(derived(
                "machines that are committed to",
                format!("{} machines", fine::count(n.into())),
                "the row's own choice",
            )),
            Cell::of(Amount::Dollars(total)).from_where(own),
        ],
        marked: total == best,
    };
    let columns = vec!["Machines", "Committed to", "In all"];
    Grid { caption: "Ways to pay for the day", columns, rows: rows.into_iter().map(row).collect() }
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
