//! How much to commit to over months of demand.

use super::course::Run;
use super::prices::Price;
use super::sheet::{Cell, Chart, Grid, Line, Mark, Sheet, derived, figure, less};
use super::ways::{Way, ways};
use crate::inputs::Demanded;
use crate::plan::buy::{Demand, Moved, Reserve, STAGES_MAX, Staged, Tariff, reserve, staged};
use crate::plan::{Amount, Figure};
use crate::prices::Terms;
use crate::units::text::{fine, show};
use crate::units::{Dollars, DollarsPerHour, Ratio, Seconds};

/// A month of 730 hours.
const MONTH: Seconds = Seconds::hours(730.0);

/// A tariff and what it is called.
struct Named {
    name: String,
    rate: DollarsPerHour,
    source: String,
    tariff: Tariff,
}

/// Commitments, and what is paid by the hour above them. Spot machines are no promise, so they stand apart.
struct Market {
    commitments: Vec<Named>,
    bursts: Vec<Named>,
    spot: Vec<Named>,
}

impl Market {
    /// An hour by the hour counts as one hour of demand; one of the spot market as less, by what is lost of it.
    fn new(run: &Run<'_>, prices: &[Price]) -> Self {
        let known = ways(run, prices).0;
        let goodput = |id: &str| known.iter().find(|way: &&Way| way.id == id).map(|w| w.goodput);
        let base = goodput("demand").or_else(|| goodput("own")).unwrap_or(Ratio::ONE);
        let named = |price: &Price, share: f64| {
            let own = Ratio::new(share.min(1.0));
            let least = price.terms.map_or(Seconds::ZERO, Terms::least_time);
            Named {
                name: price.name().to_owned(),
                rate: price.rate,
                source: price.source.clone(),
                tariff: Tariff::for_term(price.rate, own, least),
            }
        };
        let mut market = Self { commitments: Vec::new(), bursts: Vec::new(), spot: Vec::new() };
        for price in prices {
            match price.terms {
                Some(Terms::Year | Terms::ThreeYears) => {
                    market.commitments.push(named(price, 1.0));
                }
                Some(Terms::Block) => {}
                Some(terms) if terms.is_spot() => {
                    if let Some(own) = goodput(terms.key()) {
                        market.spot.push(named(price, own.get() / base.get()));
                    }
                }
                Some(_) => market.bursts.push(named(price, 1.0)),
                // A median of sellers, where no seller's own price is known.
                None if prices.iter().any(|own| own.terms == Some(Terms::OnDemand)) => {}
                None => market.bursts.push(named(price, 1.0)),
            }
        }
        market
    }

    fn tariffs(all: &[Named]) -> Vec<Tariff> {
        all.iter().map(|named| named.tariff).collect()
    }
}

/// How much to commit to for that demand; for the run alone where none is told.
#[must_use]
pub fn sheet(run: &Run<'_>, prices: &[Price], told: &[Demanded]) -> Sheet {
    let mut sheet = Sheet { id: "months", ..Sheet::default() };
    let own = [Demanded {
        month: 0,
        time: run.plain_ends()[1].time(),
        accelerators: run.case.cluster.count,
    }];
    let asked: &[Demanded] = if told.is_empty() { &own } else { told };
    let demand: Vec<Demand> = asked
        .iter()
        .map(|piece| Demand { time: piece.time, accelerators: piece.accelerators })
        .collect();
    let market = Market::new(run, prices);
    let (commitments, bursts) =
        (Market::tariffs(&market.commitments), Market::tariffs(&market.bursts));
    let Some(found) = reserve(&demand, &commitments, &bursts) else {
        sheet.says.push("No price by the hour is known: type one.".to_owned());
        return sheet;
    };
    let signed = (demand.len() <= STAGES_MAX).then(|| staged(&demand, &commitments, &bursts));
    let signed = signed.flatten().filter(|signed| {
        signed.cost().get() < found.cost().get() * (1.0 - 1e-6) && !signed.signings.is_empty()
    });
    if told.is_empty() {
        let text = "Without a demand typed above, this is about the run alone.";
        sheet.says.push(text.to_owned());
    }
    sheet.says.extend(verdicts(&found, signed.as_ref(), &market, asked));
    sheet.figures = figures(&found, &market, asked);
    sheet.charts.push(picture(&found, asked));
    sheet.tables.push(mixtures(&found, &market, &demand));
    sheet.tables.push(moved(&found));
    if let Some(signed) = &signed {
        sheet.tables.push(signings(signed, &market, asked));
    }
    sheet.tables.push(by_month(&found, asked));
    sheet.notes.push(
        "Demand counts machines in use. A commitment is paid whether or not it is used, is renewed \
         until demand ends, and its last term is paid in full. Spot is no promise of capacity: it \
         stands in the table of mixtures alone, an hour of it counting for less by what is lost."
            .to_owned(),
    );
    sheet
}

fn burst<'a>(found: &Reserve, market: &'a Market) -> Option<&'a Named> {
    market.bursts.get(found.burst)
}

/// The commitment that was weighed: the one taken, else the first.
fn weighed<'a>(found: &Reserve, market: &'a Market) -> Option<&'a Named> {
    found.commitment.and_then(|i| market.commitments.get(i)).or(market.commitments.first())
}

fn verdicts(
    found: &Reserve,
    signed: Option<&Staged>,
    market: &Market,
    asked: &[Demanded],
) -> Vec<String> {
    let mut says = Vec::new();
    let (Some(burst), total) = (burst(found, market), show::dollars(found.cost())) else {
        return says;
    };
    let time: f64 = asked.iter().map(|piece| piece.time.get()).sum();
    let whole = show::time(Seconds::new(time));
    match found.commitment.and_then(|i| market.commitments.get(i)) {
        Some(taken) => says.push(format!(
            "Commit to {} accelerators ({}) and take the rest {}: {total} over {whole}, {} less \
             than all {}.",
            show::grouped(found.baseline.into()),
            taken.name,
            by(&burst.name),
            less(found.cost().get(), found.uncommitted.get()),
            by(&burst.name)
        )),
        None if market.commitments.is_empty() => {
            says.push(format!("No commitment is for sale: all {} is {total}.", by(&burst.name)));
        }
        None => says.push(format!(
            "Commit to nothing: all {} is {total} over {whole}. A commitment pays for an \
             accelerator that is wanted for {} of that time at least{}.",
            by(&burst.name),
            show::percent(found.break_even),
            if found.break_even > Ratio::ONE { ", which is more than all of it" } else { "" }
        )),
    }
    let [down, up] = found.moved;
    let regrets = down.regret + up.regret;
    if regrets == Dollars::ZERO {
        says.push("That stays so if demand moves by 30\u{a0}% either way.".to_owned());
    } else {
        says.push(regret_text(down, up));
    }
    if let Some(signed) = signed {
        let saved = found.cost().less(signed.cost());
        says.push(format!(
            "Signed as demand comes and goes rather than at once, it is {}: {} less.",
            show::dollars(signed.cost()),
            show::dollars(saved)
        ));
    }
    says
}

fn regret_text(down: Moved, up: Moved) -> String {
    format!(
        "With that baseline, 30\u{a0}% less demand than planned costs {} ({} more than the best \
         plan for it), 30\u{a0}% more {} ({} more).",
        show::dollars(down.cost),
        show::dollars(down.regret),
        show::dollars(up.cost),
        show::dollars(up.regret)
    )
}

/// All by the hour, a baseline and the rest by the hour, a baseline and the rest on spot, all on spot.
fn mixtures(found: &Reserve, market: &Market, demand: &[Demand]) -> Grid {
    let commitments = Market::tariffs(&market.commitments);
    let on_spot = reserve(demand, &commitments, &Market::tariffs(&market.spot));
    let hourly = burst(found, market).map_or("by the hour", |own| &own.name);
    let row = |name: String, baseline: u32, committed: Dollars, rest: Dollars, marked: bool| Line {
        cells: vec![
            Cell::words(&name),
            Cell::of(Amount::Count(baseline.into())),
            Cell::of(Amount::Dollars(committed)),
            Cell::of(Amount::Dollars(rest)),
            Cell::of(Amount::Dollars(committed + rest)),
        ],
        marked,
    };
    let none = Dollars::ZERO;
    let own = found.baseline > 0;
    let mut rows = vec![row(format!("all {}", by(hourly)), 0, none, found.uncommitted, !own)];
    let mixed = |rest: &str| format!("commitment, the rest {}", by(rest));
    if own {
        rows.push(row(mixed(hourly), found.baseline, found.committed, found.bursts, true));
    }
    if let Some(spot) = on_spot {
        if spot.baseline > 0 {
            rows.push(row(mixed("spot"), spot.baseline, spot.committed, spot.bursts, false));
        }
        rows.push(row(format!("all {}", by("spot")), 0, none, spot.uncommitted, false));
    }
    let columns = vec!["Mixture", "Committed to", "For commitments", "For the rest", "In all"];
    Grid { caption: "Mixtures, each with the baseline that is best for it", columns, rows }
}

/// `on demand`, `by spot`, `at the plan's price`.
fn by(name: &str) -> String {
    match name {
        "on demand" => name.to_owned(),
        "spot" => "on spot".to_owned(),
        other => format!("at {other}"),
    }
}

fn figures(found: &Reserve, market: &Market, asked: &[Demanded]) -> Vec<Figure> {
    let mut all = Vec::new();
    let cost = format!(
        "{} + {} = {}",
        show::dollars(found.committed),
        show::dollars(found.bursts),
        show::dollars(found.cost())
    );
    let own = derived("commitments + bursts", cost, "the sum of its parts");
    all.push(figure("months_cost", "All of it", Amount::Dollars(found.cost()), own));
    if let (Some(term), Some(hourly)) = (weighed(found, market), burst(found, market)) {
        let time: f64 = asked.iter().map(|piece| piece.time.get()).sum();
        let terms = (time / term.tariff.least.get() * (1.0 - 1e-9)).ceil().max(1.0);
        let text = format!(
            "{} \u{d7} {} \u{d7} {} / ({} / {} \u{d7} {}) = {}",
            show::price(term.rate),
            fine::number(Ratio::new(terms)),
            fine::time(term.tariff.least),
            show::price(hourly.rate),
            fine::percent(hourly.tariff.goodput),
            fine::time(Seconds::new(time)),
            fine::percent(found.break_even)
        );
        let own = derived(
            "price of the commitment \u{d7} its terms / (price by the hour / what is useful of an \
             hour \u{d7} time): the share of the time for which an accelerator must be wanted",
            text,
            &format!(
                "the newsvendor's rule: Arrow, Harris and Marschak, Econometrica 19 (1951); {}; {}",
                term.source, hourly.source
            ),
        );
        let amount = Amount::Share(found.break_even);
        all.push(figure("months_even", "A commitment pays from", amount, own));
    }
    let text = format!("{} accelerators", fine::count(found.baseline.into()));
    let own = derived(
        "the most that is wanted for at least the break-even share of the time",
        text,
        "the cost of a baseline is convex in it, so this is the least",
    );
    all.push(figure("baseline", "Baseline", Amount::Count(found.baseline.into()), own));
    all
}

fn moved(found: &Reserve) -> Grid {
    let columns = vec!["Demand", "With this baseline", "The best plan for it", "Regret"];
    let none = Dollars::ZERO;
    let rows = [
        ("30\u{a0}% less than planned", found.moved[0].cost, found.moved[0].regret),
        ("as planned", found.cost(), none),
        ("30\u{a0}% more than planned", found.moved[1].cost, found.moved[1].regret),
    ];
    let row = |(name, cost, regret): (&str, Dollars, Dollars)| Line {
        cells: vec![
            Cell::words(name),
            Cell::of(Amount::Dollars(cost)),
            Cell::of(Amount::Dollars(cost.less(regret))),
            Cell::of(Amount::Dollars(regret)),
        ],
        marked: name == "as planned",
    };
    Grid { caption: "If demand moves", columns, rows: rows.map(row).to_vec() }
}

fn signings(signed: &Staged, market: &Market, asked: &[Demanded]) -> Grid {
    let row = |signing: &crate::plan::buy::Signing| {
        let name = market.commitments.get(signing.commitment).map_or("", |own| &own.name);
        let month = asked.get(signing.piece).map_or(0, |piece| piece.month) + 1;
        Line::plain(vec![
            Cell::words(&format!("month {}", show::grouped(month.into()))),
            Cell::of(Amount::Count(signing.accelerators.into())),
            Cell::words(name),
        ])
    };
    let columns = vec!["Signed in", "Accelerators", "Commitment"];
    let rows = signed.signings.iter().map(row).collect();
    Grid { caption: "What to sign when", columns, rows }
}

fn by_month(found: &Reserve, asked: &[Demanded]) -> Grid {
    let columns = vec!["Month", "Wanted", "Committed, used", "Above it"];
    let last = asked.iter().map(|piece| piece.month).max().unwrap_or(0);
    let month = |month: u32| {
        let own = asked.iter().filter(|piece| piece.month == month);
        let (mut wanted, mut used, mut least, mut most) = (0.0, 0.0, u32::MAX, 0);
        for piece in own {
            let hours = piece.time.get() / 3600.0;
            wanted += f64::from(piece.accelerators) * hours;
            used += f64::from(piece.accelerators.min(found.baseline)) * hours;
            least = least.min(piece.accelerators);
            most = most.max(piece.accelerators);
        }
        let hours = |n: f64| {
            let amount = Amount::Hours(Ratio::new(n));
            Cell { text: format!("{}{}h", amount.text(), show::GAP), ..Cell::of(amount) }
        };
        let counts = match (show::grouped(least.into()), show::grouped(most.into())) {
            (least, most) if least == most => format!("{most} accelerators"),
            (least, most) => format!("{least} to {most} accelerators"),
        };
        Line::plain(vec![
            Cell::words(&show::grouped(u64::from(month) + 1)),
            hours(wanted).with_below(&counts),
            hours(used),
            hours((wanted - used).max(0.0)),
        ])
    };
    Grid {
        caption: "Demand by month, in accelerator-hours",
        columns,
        rows: (0..=last).map(month).collect(),
    }
}

fn picture(found: &Reserve, asked: &[Demanded]) -> Chart {
    let mut at = 0.0;
    let mut points = Vec::new();
    for piece in asked {
        let n = Ratio::new(f64::from(piece.accelerators));
        points.extend([Ratio::new(at / MONTH.get()), n]);
        at += piece.time.get();
    }
    if let Some(last) = points.last().copied() {
        points.extend([Ratio::new(at / MONTH.get()), last]);
    }
    let n = show::grouped(found.baseline.into());
    let level = Ratio::new(f64::from(found.baseline));
    let baseline = Mark::at("level", &format!("commit to {n}"), level);
    Chart {
        title: format!("Demand over time; the baseline is {n} accelerators"),
        axes: ["Months", "Accelerators"],
        units: ["months", "count"],
        steps: true,
        points,
        marks: if found.baseline > 0 { vec![baseline] } else { Vec::new() },
        ..Chart::default()
    }
}
