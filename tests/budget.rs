//! Answers about money: derivations worked out again, hand arithmetic, and agreement with one another.

#![cfg(not(target_arch = "wasm32"))]

#[path = "plan/equations.rs"]
mod equations;

use autoparallel::api::budget::{BudgetDesk, PARTS, STOPS, SheetView, moves_text, stop};
use autoparallel::api::{Answer, Figure, answer};
use autoparallel::units::Ratio;
use proptest::prelude::*;

const SMALL: &str = "1;m=meta-llama/Llama-2-7b-hf;t=200B;b=512;s=4096;n=64;g=h100-sxm;c=2";
const ALL: &str = ";bp=demand:2,spot:1,1y:1.2,3y:0.9,block:1.8;bm=12@64/0.25/128;bd=2027-01-15;\
    fd=2027-01-20;fb=20000;bn=81;bt=0.01;bh=3;bc=30d;bl=2;bk=500;ec=1M";
/// The third decision of docs/decisions.md.
const YEAR: &str = "1;m=meta-llama/Llama-3.1-70B;t=4T;b=1024;s=8192;n=224;nic=100Gbps;c=11.06;\
    fp=gcp;fr=us-west1;fd=190d";

fn desk() -> BudgetDesk {
    let mut desk = BudgetDesk::default();
    desk.take(include_str!("../public/prices-v1.csv"), Some(20_785));
    desk
}

fn sheets(desk: &mut BudgetDesk, link: &str, parts: &[&str]) -> Vec<SheetView> {
    let parts: Vec<String> = parts.iter().map(|part| (*part).to_owned()).collect();
    match desk.answer(1, link, &parts) {
        Answer::Budget { run: 1, budget } => budget.sheets,
        other => panic!("{other:?}"),
    }
}

fn one(link: &str, part: &str) -> SheetView {
    sheets(&mut desk(), link, &[part]).remove(0)
}

/// The cell of a table whose row is named so.
fn cell(sheet: &SheetView, table: usize, row: &str, column: &str) -> f64 {
    let table = &sheet.tables[table];
    let at = table.columns.iter().position(|own| own == column).expect("a column");
    let own = table.rows.iter().find(|own| own.cells[0].shown.text == row);
    let row = own.unwrap_or_else(|| panic!("no {row} in {table:?}"));
    assert!(!row.cells[at].shown.unit.is_empty(), "{:?} is no number", row.cells[at]);
    row.cells[at].shown.value
}

fn figure(sheet: &SheetView, id: &str) -> f64 {
    let own = sheet.figures.iter().find(|figure| figure.id == id);
    own.unwrap_or_else(|| panic!("no {id} in {sheet:?}")).shown.value
}

fn near(what: &str, found: f64, expected: f64) {
    assert!((found / expected - 1.0).abs() < 1e-6, "{what}: {found}, not {expected}");
}

/// Figures of the headline of the plan of a link.
fn headline(link: &str) -> Vec<Figure> {
    let mut found = Vec::new();
    answer(0, link, &|| 0.0, &mut || false, &mut |own| {
        if let Answer::Plan { plan, .. } = own {
            found = plan.figures;
        }
    });
    found
}

fn of(figures: &[Figure], id: &str) -> f64 {
    figures.iter().find(|figure| figure.id == id).expect("a figure").shown.value
}

#[test]
fn every_number_follows_from_its_derivation() {
    let mut n = 0;
    let links = [
        format!("{SMALL}{ALL}"),
        format!("{SMALL};fz=virginia{ALL}"),
        format!("{SMALL};fk=on;fc=blocking;bz=8;bf=4;bv=2{ALL}"),
        SMALL.to_owned(),
        YEAR.to_owned(),
    ];
    for link in links {
        for sheet in sheets(&mut desk(), &link, &PARTS) {
            let cells =
                sheet.tables.iter().flat_map(|table| &table.rows).flat_map(|row| &row.cells);
            let told = cells.filter_map(|cell| cell.figure.as_ref()).chain(&sheet.figures);
            for figure in told {
                let name = format!("{link} {} {}: {}", sheet.id, figure.label, figure.substituted);
                assert!(!figure.formula.is_empty() && !figure.source.is_empty(), "{name}");
                n += equations::check(&figure.substituted)
                    .unwrap_or_else(|why| panic!("{name}\n{why}"));
                let last = equations::result(&figure.substituted);
                let shown = equations::amount(&figure.shown);
                assert!(last.meets(shown), "{name}\n  is shown as {}", figure.shown.text);
            }
            for value in sheet.tables.iter().flat_map(|t| &t.rows).flat_map(|r| &r.cells) {
                assert!(value.shown.value.is_finite() && value.shown.value >= 0.0);
            }
            assert!(!sheet.says.is_empty(), "{}", sheet.id);
        }
    }
    assert!(n > 100, "only {n} equations were found");
}

/// The forecast's parts sum to its bill and the bill is that of the headline, whatever is bought and wherever the data
/// lies; by hand, the data set of 200 B tokens in 2 bytes from AWS Virginia to Lambda.
#[test]
fn a_forecast_is_the_sum_of_its_parts() {
    let home = ";fh=aws:us-east-1;bs=lambda:us-east-1;bb=10Gbps";
    for buys in ["", ";by=spot;bp=spot:1", ";by=1y;bp=1y:1.2", ";by=block;bp=block:1.8"] {
        let link = format!("{}{home}{buys};bd=2027-01-15", SMALL.replace(";c=2", ""));
        let forecast = one(&link, "forecast");
        let part = |name: &str| cell(&forecast, 1, name, "Cost");
        let names = ["Machines", "Storage", "Moving data in", "Taking weights away"];
        let sum: f64 = names.iter().map(|name| part(name)).sum();
        near("sum", sum, part("The bill"));
        let figures = headline(&link);
        near("bill", part("The bill"), of(&figures, "run_cost"));
        near("days", figure(&forecast, "forecast_days"), of(&figures, "run_days"));
        // 400 GB at 0.09 $/GB (AWS, first tier).
        near("moving in", part("Moving data in"), 400.0 * 0.09);
        // 13.5 GB of weights leave Lambda, whose price is not known: that of AWS.
        near("away", part("Taking weights away"), 2.0 * 6.738_415_616 * 0.09);
        // 400 GB and 13.5 GB at 1.25 GB/s, before and after.
        let moving = (400.0 + 2.0 * 6.738_415_616) / 1.25 / 86_400.0;
        let still = headline(&link.replace(home, ";fh=lambda:us-east-1;bs=lambda:us-east-1"));
        near("moved", of(&figures, "run_days") - of(&still, "run_days"), moving);
        let last = forecast.tables[2].rows.last().expect("a month");
        let spent = |i: usize| last.cells[i].shown.value;
        near("months", spent(1) + spent(2), spent(3));
        near("end", spent(3), part("The bill"));
    }
}

/// The plan, its forecast at its own price, one place of several and an unmoved what-if tell the same days and dollars.
#[test]
fn all_places_agree() {
    let figures = headline(SMALL);
    let (days, cost) = (of(&figures, "run_days"), of(&figures, "run_cost"));
    assert!(days > of(&figures, "days") && cost > of(&figures, "cost"));
    let ways = one(SMALL, "ways");
    near("days of the way", cell(&ways, 0, "the plan's price", "Time"), days);
    near("its cost", cell(&ways, 0, "the plan's price", "Cost of the run"), cost);
    let forecast = one(SMALL, "forecast");
    near("forecast", figure(&forecast, "forecast_cost"), cost);
    near("its days", figure(&forecast, "forecast_days"), days);
    let places = one(SMALL, "places");
    near("one place", cell(&places, 0, "one place", "Cost"), cost);
    let moved = sheets(&mut desk(), SMALL, &["whatif"]);
    near("nothing moved", figure(&moved[1], "moved_cost"), cost);
    near("nothing moved", figure(&moved[1], "moved_days"), days);
}

/// Llama 3 405B: goodput above 90 % (arXiv 2407.21783, section 3.3.4), stragglers of our own on top.
#[test]
fn the_headline_reckons_with_failures() {
    let figures = headline("1");
    let share = of(&figures, "days") / of(&figures, "run_days");
    assert!((0.80..0.92).contains(&share), "{share}");
    let range = |id: &str| {
        let own = figures.iter().find(|figure| figure.id == id).unwrap();
        own.range.clone().unwrap()
    };
    let (plain, failing) = (range("days"), range("run_days"));
    assert!(failing.high / failing.low > plain.high / plain.low, "failures widen the range");
}

/// A year of 8,760 hours at the price of the list, whatever the run takes of it.
#[test]
fn a_years_commitment_against_on_demand() {
    let ways = one(YEAR, "ways");
    let term = cell(&ways, 0, "1-year commitment", "Cost of the run");
    let demand = cell(&ways, 0, "on demand", "Cost of the run");
    assert!(term > demand, "{term} {demand}");
    let row = |name: &str| {
        let table = &ways.tables[0];
        table.rows.iter().find(|row| row.cells[0].shown.text == name).expect("a row").clone()
    };
    let price = |name: &str| {
        let text = row(name).cells[1].shown.text.clone();
        text.trim_start_matches('$').trim_end_matches("/h").parse::<f64>().expect("a price")
    };
    assert!((term / (price("1-year commitment") * 8760.0 * 224.0) - 1.0).abs() < 2e-3);
    let share = figure(&ways, "break_even");
    assert!((share - price("1-year commitment") / price("on demand")).abs() < 2e-3, "{share}");
    assert!((0.6..0.8).contains(&share));
    assert!(ways.says.iter().any(|text| text.contains("pays from")), "{:?}", ways.says);
    // Six months at that many, by the month: nothing to commit to.
    let months = one(&format!("{YEAR};bm=6@224"), "months");
    assert!(months.says[0].starts_with("Commit to nothing"), "{:?}", months.says);
    // Twelve months: all of it.
    let months = one(&format!("{YEAR};bm=12@224"), "months");
    assert!(months.says[0].starts_with("Commit to 224"), "{:?}", months.says);
}

/// By hand: 3 dollars by the hour, 1.8 for a year. Twelve months at 64, for a quarter of the time 128: 64 are wanted
/// for all of the time, 128 for a quarter of it, less than 0.6.
#[test]
fn bursts_stay_by_the_hour() {
    let link = format!("{SMALL};bp=demand:3,1y:1.8;c=3;bm=12@64/0.25/128");
    let months = one(&link.replace(";c=2", ""), "months");
    assert_eq!(figure(&months, "baseline"), 64.0);
    let expected = 1.8 * 64.0 * 8760.0 + 3.0 * 64.0 * 0.25 * 8760.0;
    near("all of it", figure(&months, "months_cost"), expected);
    near("a commitment pays from", figure(&months, "months_even"), 0.6);
    let all = cell(&months, 1, "as planned", "With this baseline");
    near("the table", all, expected);
    let rest = "commitment, the rest on demand";
    near("the mixture", cell(&months, 0, rest, "In all"), expected);
    // All by the hour: 64 for all of the year and 64 more for a quarter of it.
    near(
        "all by the hour",
        cell(&months, 0, "all on demand", "In all"),
        3.0 * 64.0 * 1.25 * 8760.0,
    );
}

/// Mixtures: a mean of both prices, and never slower than waiting for spot machines.
#[test]
fn mixtures_lie_between_what_they_mix() {
    // Without ZeRO there are replicas that can go on without one another.
    let link = format!("{SMALL};bp=demand:2,spot:1;fz=ohio;zero=0");
    let ways = one(&link, "ways");
    let get = |name: &str, column: &str| cell(&ways, 0, name, column);
    let (spot, demand) = ("spot", "on demand");
    let switch = "spot, by the hour while it is away";
    let half = "half by the hour, half spot";
    // Ohio is there 5 h of 6.94 h.
    let there = 5.0 / 6.94;
    let table = &ways.tables[0];
    let row = table.rows.iter().find(|row| row.cells[0].shown.text == switch).unwrap();
    let rate: f64 =
        row.cells[1].shown.text.trim_start_matches('$').trim_end_matches("/h").parse().unwrap();
    assert!((rate - (there + 2.0 * (1.0 - there))).abs() < 0.006, "{rate}");
    assert!(get(switch, "Time") < get(spot, "Time"));
    assert!(get(half, "Time") < get(spot, "Time") && get(half, "Time") > get(demand, "Time"));
    // Half of the machines are always there, half for that share of the time.
    let speed = 0.5 + 0.5 * there;
    assert!(get(half, "Time") * speed >= get(demand, "Time") * 0.99);
}

/// A budget of half of the cost is used up after half of the time.
#[test]
fn the_day_a_budget_is_used_up_is_told() {
    let cost = of(&headline(SMALL), "run_cost");
    let days = of(&headline(SMALL), "run_days");
    let link = format!("{SMALL};bd=2027-01-15;fb={}", (cost / 2.0).round());
    let forecast = one(&link, "forecast");
    let day = autoparallel::units::Day::read("2027-01-15").unwrap();
    let crossed = autoparallel::units::Day::from_epoch(day.epoch_days() + (days / 2.0) as i32);
    assert!(
        forecast.says.iter().any(|text| text.contains(&format!("used up on {crossed}"))),
        "{:?} {crossed}",
        forecast.says
    );
    let end = autoparallel::units::Day::from_epoch(day.epoch_days() + days as i32);
    assert!(forecast.says[0].contains(&end.to_string()), "{:?}", forecast.says);
    let chart = &forecast.charts[0];
    near("the curve ends at the cost", *chart.points.last().unwrap(), cost);
    assert!(chart.band.chunks(3).all(|own| own[1] <= own[2]));
    let points: Vec<&[f64]> = chart.points.chunks(2).collect();
    assert!(points.windows(2).all(|two| two[0][0] < two[1][0] && two[0][1] <= two[1][1]));
    // Without a first day, days are counted.
    assert!(one(SMALL, "forecast").says[0].contains("day 1"));
}

/// 81 trials, one in three goes on: five rungs, 1 + 4 x 2/3 runs' worth of one trial each (Jamieson and Talwalkar 2016,
/// trials going on from where they stopped).
#[test]
fn a_search_costs_its_rungs() {
    let sweep = one(&format!("{SMALL};bn=81;bh=3;bt=0.02"), "sweep");
    let runs = 0.02 * (1.0 + 4.0 * 2.0 / 3.0);
    near("runs", figure(&sweep, "sweep_runs"), runs);
    let figures = headline(SMALL);
    near("cost", figure(&sweep, "sweep_cost"), runs * of(&figures, "run_cost"));
    assert_eq!(sweep.tables[0].rows.len(), 5);
    // One after the other, all trials take as long as their work; eighty-one at a time as long as the longest.
    near("time", figure(&sweep, "sweep_days"), runs * of(&figures, "run_days"));
    let wide = one(&format!("{SMALL};bn=81;bh=3;bt=0.02;ba=81"), "sweep");
    near("at once", figure(&wide, "sweep_days"), 0.02 * of(&figures, "run_days"));
    // Trained again every thirty days for a year: thirteen starts.
    let again = one(&format!("{SMALL};bc=30d;bo=365d"), "sweep");
    near("again", figure(&again, "cadence_cost"), 13.0 * of(&figures, "run_cost"));
}

/// Two places send the parameters once for each average, each way: 6.74 B of 4 bytes, at 0.09 $ a gigabyte.
#[test]
fn averages_between_places_are_paid_for() {
    let link = format!("{SMALL};bl=2;bk=500;bg=0.09;bb=10Gbps;bj=50ms");
    let places = one(&link, "places");
    let bytes = 4.0 * 6_738_415_616.0;
    near("sent", figure(&places, "site_sent"), bytes);
    let steps = (200e9_f64 / (512.0 * 4096.0)).ceil();
    let averages = (steps / 500.0).ceil();
    near("egress", figure(&places, "site_egress"), bytes * 2.0 * averages * 0.09 / 1e9);
    near("wait", figure(&places, "site_wait"), bytes / 1.25e9 + 2.0 * 0.05);
    // Half of the data set of 200 B tokens in 2 bytes, and one checkpoint, 14 bytes a parameter.
    near("data set", cell(&places, 1, "data set", "Size"), 200e9);
    near("checkpoint", cell(&places, 1, "checkpoint", "Size"), 14.0 * 6_738_415_616.0);
    let time = |name: &str| cell(&places, 0, name, "Time");
    assert!(time("outer steps") < time("every step averaged"));
    // Sixty-four accelerators are no whole machines in five places.
    let odd = one(&format!("{SMALL};bl=5"), "places");
    assert!(odd.says[0].contains("cannot be parted"), "{:?}", odd.says);
}

/// 200 B tokens in rounds of 1,000 answers of 100 steps of 2,048 tokens; the model of 4 bytes a parameter at 100 and
/// 20 Mbit/s.
#[test]
fn edge_clients_are_the_extreme() {
    let clients = one(&format!("{SMALL};ec=1M;bj=50ms"), "clients");
    let rounds = (200e9_f64 / (1000.0 * 100.0 * 2048.0)).ceil();
    near("rounds", figure(&clients, "client_rounds"), rounds);
    let bytes = 4.0 * 6_738_415_616.0;
    let round = bytes / 12.5e6 + bytes / 2.5e6 + 0.1 + 100.0 * 2.0 * 2.0;
    near("a round", figure(&clients, "client_round"), round);
}

#[test]
fn sliders_move_what_they_say() {
    let mut desk = desk();
    let mut moved = |by: [f64; 5]| match desk.moved(1, SMALL, &by) {
        Answer::Budget { budget, .. } => budget.sheets[0].clone(),
        other => panic!("{other:?}"),
    };
    let now = moved([1.0; 5]);
    let half = moved([0.5, 1.0, 1.0, 1.0, 1.0]);
    // Of the cost, the machines alone have that price: storage and transfer keep theirs.
    let places = one(SMALL, "places");
    let machines = cell(&places, 0, "one place", "Machines");
    let kept = cell(&places, 0, "one place", "Storage and transfer");
    near("parts", machines + kept, figure(&now, "moved_cost"));
    near("price", figure(&half, "moved_cost"), 0.5 * machines + kept);
    near("days", figure(&half, "moved_days"), figure(&now, "moved_days"));
    let fast = moved([1.0, 2.0, 1.0, 1.0, 1.0]);
    assert!(figure(&fast, "moved_days") < 0.51 * figure(&now, "moved_days"));
    let frail = moved([1.0, 1.0, 4.0, 1.0, 1.0]);
    assert!(figure(&frail, "moved_days") > figure(&now, "moved_days"));
    let wide = moved([1.0, 1.0, 1.0, 2.0, 1.0]);
    assert!(figure(&wide, "moved_days") < 0.6 * figure(&now, "moved_days"));
    let link = wide.link.clone().expect("a link");
    assert!(link.contains(";n=128"), "{link}");
    // What opens says the same.
    near("opened", of(&headline(&link), "run_days"), figure(&wide, "moved_days"));
    assert_eq!(moves_text(&[8, 8, 8, 14, 2]), "count:2,tokens:0.5");
    assert_eq!((0..17).map(|i| stop(Ratio::new(STOPS[i as usize]))).sum::<u32>(), 136);
}

/// What a plan is bought with and where: by name of the link, in all orders of what a person may type.
fn random_deal() -> impl Strategy<Value = String> {
    const WAYS: &[&str] = &[
        "",
        ";by=demand;bp=demand:PRICE",
        ";by=spot;bp=spot:PRICE",
        ";by=1y;bp=1y:PRICE",
        ";by=3y;bp=3y:PRICE",
        ";by=block;bp=block:PRICE",
    ];
    const HOMES: &[&str] =
        &["", ";fh=aws:us-east-1", ";fh=gcp:us-central1;fs=40TB", ";fh=aws:sa-east-1;bb=1Gbps"];
    const STANDS: &[&str] =
        &["", ";bs=aws:us-east-1", ";bs=aws:eu-north-1", ";bs=lambda", ";bs=own"];
    const CARES: &[&str] = &["", ";fk=on", ";fc=blocking", ";fc=memory;fw=hours", ";fz=virginia"];
    let pick = proptest::sample::select::<&str>;
    (pick(WAYS), pick(HOMES), pick(STANDS), pick(CARES))
        .prop_map(|(way, home, stands, care)| format!("{way}{home}{stands}{care}"))
}

const BARE: &str = "1;m=meta-llama/Llama-2-7b-hf;b=512;s=4096;g=h100-sxm";

/// A link of [`random_deal`] at a price, and its headline's days and dollars.
fn taken(deal: &str, price: f64, rest: &str) -> (f64, f64, String) {
    let priced = deal.replace("PRICE", &format!("{price}"));
    let own = if priced.contains("bp=") { String::new() } else { format!(";c={price}") };
    let link = format!("{BARE}{rest}{own}{priced}");
    let figures = headline(&link);
    (of(&figures, "run_days"), of(&figures, "run_cost"), link)
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None, ..ProptestConfig::with_cases(48)
    })]

    /// Relations 4, 7, 17 and 18 of any cost model, for what the page says of any plan: a lower price never costs more,
    /// more failures never end sooner nor cost less, parts sum to their whole, nothing is negative or endless, and
    /// twice the tokens take twice the time and money of all that goes with tokens.
    #[test]
    fn money_obeys_the_relations(
        deal in random_deal(), price in 0.1..20.0f64, factor in 1.0..10.0f64,
        machines in prop::sample::select(vec![1_u32, 4, 16]), billions in 20..400u32,
    ) {
        let rest = format!(";n={};t={billions}B", machines * 8);
        let (days, cost, link) = taken(&deal, price, &rest);
        prop_assert!(days.is_finite() && days > 0.0 && cost.is_finite() && cost > 0.0, "{}", link);
        let (same, dearer, _) = taken(&deal, price * factor, &rest);
        prop_assert_eq!(same, days);
        prop_assert!(dearer >= cost && dearer <= cost * factor * (1.0 + 1e-9), "{}", link);
        for (better, worse) in [(";fq=good", ";fq=usual"), (";fq=usual", ";fq=young")] {
            let (before, less, _) = taken(&deal, price, &format!("{rest}{better}"));
            let (after, more, _) = taken(&deal, price, &format!("{rest}{worse}"));
            prop_assert!(after >= before && more >= less * (1.0 - 1e-9), "{}", link);
        }
        let sheet = one(&link, "forecast");
        let part = |name: &str| cell(&sheet, 1, name, "Cost");
        let names = ["Machines", "Storage", "Moving data in", "Taking weights away"];
        let parts = names.map(part);
        let sound = parts.iter().all(|own| own.is_finite() && *own >= 0.0);
        prop_assert!(sound, "{}: {:?}", link, parts);
        let sum: f64 = parts.iter().sum();
        prop_assert!((sum / cost - 1.0).abs() < 1e-9, "{}: {} {}", link, sum, cost);
        prop_assert!((figure(&sheet, "forecast_days") / days - 1.0).abs() < 1e-9, "{}", link);
        // Terms that are paid whole, days of blocks, and a data set of fixed size do not grow with tokens.
        let grows = !["by=1y", "by=3y", "by=block", "fs="].iter().any(|own| link.contains(own));
        if grows {
            let twice = format!(";n={};t={}B", machines * 8, 2 * billions);
            let (double, money, other) = taken(&deal, price, &twice);
            // Steps are whole, and the weights go away once.
            prop_assert!((1.97..2.001).contains(&(double / days)), "{}: {} {}", link, days, double);
            let sheet = one(&other, "forecast");
            let now = cell(&sheet, 1, "Machines", "Cost");
            prop_assert!((now / parts[0] / 2.0 - 1.0).abs() < 2e-3, "{}", link);
            prop_assert!(money <= 4.0 * cost && money >= cost, "{}", link);
        }
    }
}
