//! A service over a day and near its users, end to end: every number follows from what stands beside it, hand
//! arithmetic, sums, agreement with the deployment above, residency, and what is said where nothing can be.

#![cfg(not(target_arch = "wasm32"))]

#[path = "plan/equations.rs"]
mod equations;

use autoparallel::api::budget::{BudgetDesk, SheetView};
use autoparallel::api::{Answer, Figure, OPERATION_PARTS, serve};
use autoparallel::catalogue::{areas, offers, places, serving};
use autoparallel::inputs::{DayShape, Inputs, Key};
use autoparallel::link::decode;
use autoparallel::prices::Terms;
use autoparallel::units::{PerSecond, Seconds};

const LLAMA: &str = "1;m=meta-llama/Llama-3.3-70B-Instruct;do=serve;sr=40/s;sn=256";
const SMALL: &str = "1;m=meta-llama/Llama-3.1-8B;do=serve;sg=h100-sxm;sr=90/s;stp=1;spp=1;sdp=1";

fn sheets(link: &str, parts: &[&str]) -> Vec<SheetView> {
    let mut desk = BudgetDesk::default();
    desk.take(include_str!("../public/prices-v1.csv"), Some(20_785));
    let parts: Vec<String> = parts.iter().map(|part| (*part).to_owned()).collect();
    match desk.answer(1, link, &parts) {
        Answer::Budget { run: 1, budget } => budget.sheets,
        other => panic!("{link}: {other:?}"),
    }
}

fn one(link: &str, part: &str) -> SheetView {
    sheets(link, &[part]).remove(0)
}

fn said(sheet: &SheetView) -> String {
    sheet.says.join(" ")
}

fn figure<'a>(sheet: &'a SheetView, id: &str) -> &'a Figure {
    let own = sheet.figures.iter().find(|figure| figure.id == id);
    own.unwrap_or_else(|| panic!("no {id} in {sheet:?}"))
}

/// The cell of the table of that caption whose row is named so.
fn cell(sheet: &SheetView, caption: &str, row: &str, column: &str) -> f64 {
    let table = sheet.tables.iter().find(|table| table.caption == caption);
    let table = table.unwrap_or_else(|| panic!("no {caption} in {sheet:?}"));
    let at = table.columns.iter().position(|own| own == column).expect("a column");
    let own = table.rows.iter().find(|own| own.cells[0].shown.text == row);
    own.unwrap_or_else(|| panic!("no {row} in {table:?}")).cells[at].shown.value
}

fn near(what: &str, found: f64, wanted: f64) {
    assert!((found / wanted - 1.0).abs() < 1e-6, "{what}: {found}, not {wanted}");
}

const PARTS: &str = "What a month's machine-hours are for";
const FLEETS: &str = "A month, against a fixed fleet";
const HOURS: &str = "Hour by hour";

fn links() -> Vec<String> {
    let day = ";dv=6,4,3,3,3,5,9,16,24,30,34,36,37,38,39,40,38,35,31,27,22,17,12,8";
    let corners = [
        format!("{LLAMA};dg=eu:300k:EU,ea:100k,na-east:250k;du=650k"),
        format!("{LLAMA}{day};ds=0;dk=none;dx=0.5;fz=busy;bp=spot:1.2,1y:2.1,3y:1.6;bo=1095d"),
        format!("{LLAMA};dt=120/s;dq=1/s;dh=09:30;df=600s;dl=2;dm=9;dg=oc:12/s,af:3/s"),
        format!("{LLAMA};sd=9;dq=40/s;ds=3;du=1;bp=1y:3;sf=none;st=none;dg=sea:1"),
        format!("{SMALL};dq=9/s;dw=none;de=none;da=100ms;dg=eu:5:DE,in:5,sa:5"),
        "1;m=Qwen/Qwen3-8B;do=serve;se=llamacpp;sg=m4-max;sn=4;sr=0.01/s;sf=60s;st=1s".to_owned(),
        "1;m=deepseek-ai/DeepSeek-R1;do=serve;se=sglang;dt=30/s;dg=na-west:2M,eu:1M".to_owned(),
    ];
    corners.to_vec()
}

#[test]
fn every_number_follows_from_its_derivation() {
    let (mut n, mut wrong) = (0, Vec::new());
    for link in links() {
        for sheet in sheets(&link, &OPERATION_PARTS) {
            assert!(!sheet.says.is_empty(), "{link}: {}", sheet.id);
            let cells: Vec<_> = sheet
                .tables
                .iter()
                .flat_map(|table| &table.rows)
                .flat_map(|row| &row.cells)
                .collect();
            for own in &cells {
                let number = !own.shown.unit.is_empty();
                assert!(own.shown.value.is_finite() && own.shown.value >= 0.0);
                assert_eq!(number, own.figure.is_some(), "{link}: {own:?} does not open");
            }
            let told = cells.iter().filter_map(|cell| cell.figure.as_ref()).chain(&sheet.figures);
            for figure in told {
                let name = format!("{link} {} {}: {}", sheet.id, figure.label, figure.substituted);
                assert!(!figure.formula.is_empty() && !figure.source.is_empty(), "{name}");
                let equations = match equations::check(&figure.substituted) {
                    Ok(equations) => equations,
                    Err(why) => {
                        wrong.push(format!("{name}\n  {why}"));
                        continue;
                    }
                };
                n += equations;
                let first = equations::result(&figure.substituted);
                let shown = equations::amount(&figure.shown);
                let whole = figure.shown.unit == "count" && first.meets_up_to_one(shown);
                if equations > 0 && !first.meets(shown) && !whole {
                    wrong.push(format!("{name}\n  is {}", figure.shown.text));
                }
            }
        }
    }
    wrong.dedup();
    assert!(wrong.is_empty(), "{} are wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(n > 500, "only {n} equations were found");
}

/// A flat day costs what the headline says, spare instances and whole machines included, and takes as many instances.
#[test]
fn a_flat_day_is_the_deployment_above() {
    let cases = [
        (";ds=0;stp=8;spp=1", 8.0),
        (";stp=2;spp=1", 2.0),
        (";ds=2;stp=4;spp=1;snn=8", 4.0),
        (";stp=1;spp=1;sg=b200;snn=4;spt=p99", 1.0),
    ];
    cases.iter().for_each(|(beside, ranks)| flat_day(beside, *ranks));
}

fn flat_day(beside: &str, ranks: f64) {
    let link = format!("{LLAMA};dq=40/s{beside}");
    let mut monthly = None;
    let mut instances = None;
    serve(1, &link, &|| 0.0, &mut |answer| {
        if let Answer::Served { serve, .. } = answer {
            let find = |id: &str| serve.figures.iter().find(|own| own.id == id).expect("a figure");
            monthly = Some(find("monthly").shown.value);
            instances = Some(find("accelerators").shown.value / ranks);
        }
    });
    let day = one(&link, "day");
    near("a month", figure(&day, "day_cost").shown.value, monthly.expect("a bill"));
    assert_eq!(Some(figure(&day, "day_peak").shown.value), instances);
    assert_eq!(figure(&day, "day_late").shown.value, 0.0);
    near("fixed", cell(&day, FLEETS, "as the peak needs", "Cost"), monthly.expect("a bill"));
}

#[test]
fn parts_hours_and_tokens_are_conserved() {
    for link in links() {
        let day = one(&link, "day");
        let priced = day.figures.iter().any(|own| own.id == "day_cost");
        let sum = |caption: &str, column: &str| -> f64 {
            let table = day.tables.iter().find(|own| own.caption == caption).expect("a table");
            let at = table.columns.iter().position(|own| own == column).expect("a column");
            let rows = table.rows.iter().filter(|row| row.cells[0].shown.text != "All");
            rows.map(|row| row.cells[at].shown.value).sum()
        };
        for column in ["Following", "Fixed fleet"] {
            near(column, sum(PARTS, column), cell(&day, PARTS, "All", column));
        }
        near("shares", sum(PARTS, "Share"), 1.0);
        // Each hour is rounded to whole requests.
        let late = figure(&day, "day_late").shown.value;
        assert!((sum(HOURS, "Late") - late).abs() <= 13.0, "{link}: {late}");
        if !priced {
            continue;
        }
        let cost = figure(&day, "day_cost").shown.value;
        near("cost", sum(PARTS, "Cost"), cost);
        let row = &day.tables.iter().find(|own| own.caption == FLEETS).expect("fleets").rows[0];
        let value = |column: &str| {
            let table = day.tables.iter().find(|own| own.caption == FLEETS).expect("fleets");
            let at = table.columns.iter().position(|own| own == column).expect("a column");
            row.cells[at].shown.value
        };
        let ask = decode(&link).inputs.resolve().ask.expect("a question");
        let requests = sum(HOURS, "Requests/s") * 3600.0 * 730.0 / 24.0;
        let tokens = value("1M prompt tokens") * ask.traffic.prompt
            + value("1M answer tokens") * ask.traffic.output;
        near("tokens pay for the month", tokens * requests / 1e6, cost);
    }
}

/// Twelve hours at twice the traffic of the others: half of the machines are wanted all day, and a commitment at 60 %
/// of the price by the hour pays for these alone.
#[test]
fn a_commitment_by_hand() {
    let low = "40,".repeat(12);
    let high = "80,".repeat(12);
    let link = format!(
        "{SMALL};dv={low}{high};ds=0;dk=none;dw=none;de=none;db=1000TB/s;sd=2;bp=1y:1.2;snn=8"
    );
    let (day, commit) = (one(&link, "day"), one(&link, "commit"));
    let each = figure(&day, "day_each").shown.value;
    let table = day.tables.iter().find(|own| own.caption == HOURS).expect("hours");
    let paid: Vec<f64> = table.rows.iter().map(|row| row.cells[4].shown.value).collect();
    assert_eq!((paid[6], paid[18]), ((40.0 / each).ceil(), (80.0 / each).ceil()), "{paid:?}");
    // One accelerator an instance, eight to a machine; the evening's slope is less than an hour.
    let machines = |instances: f64| (instances / 8.0).ceil();
    let (few, many) = (machines(paid[6]), machines(paid[18]));
    let even = figure(&commit, "commit_even").shown.value;
    near("60 % of the time", even, 0.6);
    let cost = figure(&commit, "commit_cost").shown.value;
    assert_eq!(figure(&commit, "commit_machines").shown.value, few);
    let hours = 8760.0;
    let bursts = (many - few) * 16.0 * hours;
    let committed = few * 8.0 * 1.2 * hours;
    assert!(cost > committed + bursts * 0.45 && cost < committed + bursts * 0.55, "{cost}");
    let all = cell(&commit, "Ways to pay for the day", "as the peak needs, by the hour", "In all");
    near("fixed", all, many * 16.0 * hours);
    // Twice as dear a commitment is not taken.
    let dear = one(&link.replace("1y:1.2", "1y:2.4"), "commit");
    assert_eq!(figure(&dear, "commit_machines").shown.value, 0.0);
    assert!(said(&dear).contains("which is more than all of it"), "{}", said(&dear));
}

/// More of what keeps requests from waiting never makes more of them late, and never costs less.
#[test]
fn what_is_ordered_sooner_is_late_less_often() {
    let at = |more: &str| {
        let day = one(&format!("{LLAMA};ds=0;dq=4/s{more}"), "day");
        (figure(&day, "day_late").shown.value, figure(&day, "day_cost").shown.value)
    };
    let plain = at("");
    assert!(plain.0 > 0.0, "{plain:?}");
    for more in [";df=600s", ";dl=7", ";dw=none;de=none"] {
        let own = at(more);
        assert!(own.0 < plain.0, "{more}: {own:?}, {plain:?}");
    }
    let (late, cost) = at(";dw=20min");
    assert!(late > plain.0, "{late}");
    near("as many are paid for", cost, plain.1);
    assert!(at(";dl=7").1 > plain.1);
    let spot = at(";dx=0.9;bp=spot:1");
    assert!(spot.1 < plain.1 && spot.0 == plain.0, "{spot:?}");
}

#[test]
fn data_stay_where_they_must_and_first_tokens_come_in_time() {
    let link = format!("{LLAMA};sg=h100-sxm;dg=eu:300k:EU,ea:100k,na-east:250k,in:9k:IN");
    let sheet = one(&link, "near");
    let users = &sheet.tables[1];
    assert_eq!(users.caption, "Users");
    let goal = decode(&link).inputs.resolve().ask.expect("a question").goals.first_token;
    for (row, (area, within)) in
        users.rows.iter().zip([("eu", "EU"), ("ea", ""), ("na-east", ""), ("in", "IN")])
    {
        let site = &row.cells[3];
        let row_of = |own: &&autoparallel::prices::Listing| {
            format!("{} {}", own.provider, own.region).trim() == site.below
        };
        let seller = offers::all().iter().find(row_of).unwrap_or_else(|| panic!("{site:?}"));
        assert!(within.is_empty() || places::within(&seller.country, within), "{seller:?}");
        let there = areas::of(&seller.country, &seller.region).expect("an area");
        let trip = areas::round_trip(area, &there.key).expect("a way").time;
        let way = row.cells[4].shown.value;
        near("way", way, (trip + Seconds::new(0.02)).get());
        near("left", row.cells[5].shown.value, goal.expect("a goal").get() - way);
    }
    // All requests are served, and money adds up.
    let sites = &sheet.tables[0];
    let sum = |at: usize| sites.rows.iter().map(|row| row.cells[at].shown.value).sum::<f64>();
    near("requests", sum(2), 40.0);
    near("money", sum(6), figure(&sheet, "near_cost").shown.value);
    let taken = sheet.tables[2].rows[0].cells[1].shown.value;
    for row in &sheet.tables[2].rows {
        let own = &row.cells[1].shown;
        assert!(own.unit.is_empty() || own.value >= taken * (1.0 - 1e-9), "{own:?}");
    }
    assert_eq!(serving::find("access").expect("a fact").value.get(), 20.0);
}

#[test]
fn what_cannot_be_is_said_plainly() {
    let bare = "1;m=meta-llama/Llama-3.3-70B-Instruct;do=serve";
    for (link, part, words) in [
        (format!("{bare};dl=2"), "day", "Say how many requests come"),
        (format!("{bare};dg=eu:3"), "near", "Say how many requests come at the peak"),
        (format!("{LLAMA};dl=1"), "near", "Say where the users are"),
        (format!("{LLAMA};dv=1,2,3"), "day", "3 stand there"),
        (format!("{LLAMA};dq=50/s"), "day", "at most the 40"),
        (format!("{LLAMA};dl=5;dm=3"), "commit", "at least the 5"),
        (format!("{LLAMA};dg=atlantis:3"), "near", "no area is called"),
        (format!("{LLAMA};dg=eu:3:NZ"), "near", "no offer of these machines stands within NZ"),
        (format!("{LLAMA};dg=eu:3:NZ"), "near", "has no offer by the hour in NZ"),
        (format!("{LLAMA};dg=eu:3:NZ"), "near", "the nearest of these machines stands there"),
        (format!("{LLAMA};dg=eu:3:CH"), "near", "There one can have"),
        (format!("{LLAMA};dg=af:3;da=1950ms"), "near", "what that leaves of"),
        (format!("{LLAMA};dm=2"), "day", "2 may run at most"),
        (format!("{LLAMA};dt=900/s"), "day", "more than the 256"),
        (format!("{LLAMA};dt=80/s"), "day", "type 80"),
    ] {
        let told = said(&one(&link, part));
        assert!(told.contains(words), "{link}: {told}");
    }
    let mut desk = BudgetDesk::default();
    let stuck = format!("{LLAMA};st=1us");
    let answer = desk.answer(7, &stuck, &["day".to_owned()]);
    assert!(matches!(answer, Answer::Invalid { run: 7, .. }), "{answer:?}");
}

#[test]
fn what_is_typed_is_what_is_asked() {
    let of = |link: &str| decode(link).inputs.operation();
    let own = of("1;do=serve;sr=40/s");
    let quiet = serving::quiet().get();
    match own.day {
        Some(DayShape::Wave { peak, trough, hour }) => {
            assert_eq!((peak, hour.get()), (PerSecond::new(40.0), 15.0));
            near("trough", trough.get(), 40.0 * quiet);
        }
        other => panic!("{other:?}"),
    }
    // Defaults of the inputs are the catalogue's figures.
    assert_eq!(own.hold, serving::time("hold"));
    assert_eq!((own.machine, own.engine), (serving::time("machine"), serving::time("engine")));
    assert_eq!(own.read, serving::read_rate());
    assert_eq!(f64::from(own.spares), serving::find("spares").expect("a fact").value.get());
    assert_eq!(own.access.get() * 1e3, serving::find("access").expect("a fact").value.get());
    let many = Inputs::default().with(Key::Hourly, "1 ".repeat(24)).with(Key::Busiest, "8/s");
    assert_eq!(many.operation().day, Some(DayShape::Slots(vec![PerSecond::new(8.0); 24])));
}

/// Instances of whole machines of 8 stand where the list has such machines by the hour, whoever sells the same for less
/// somewhere that is not said: Europe's data stay in Europe, on the cheapest machine of 8 that is offered there.
#[test]
fn whole_machines_stand_where_the_list_has_them() {
    for (link, accelerator) in [
        ("1;m=deepseek-ai/DeepSeek-R1;do=serve;se=sglang;sr=12/s;stp=8;sdp=1;spp=1", "h200-sxm"),
        ("1;m=meta-llama/Llama-3.3-70B-Instruct;do=serve;sr=10/s;stp=8;spp=1;sdp=1", "h200-sxm"),
        ("1;m=meta-llama/Llama-3.3-70B-Instruct;do=serve;sg=b200;sr=9/s;stp=8;spp=1", "b200"),
    ] {
        let sheet = one(&format!("{link};dg=eu:300k:EU,ea:100k"), "near");
        assert!(!said(&sheet).contains("no offer"), "{link}: {}", said(&sheet));
        let least = offers::all().iter().filter(|own| {
            let whole = own.machine_size() == Some(8) && own.accelerator == accelerator;
            whole && places::within(&own.country, "EU")
        });
        let least = least.filter_map(|own| own.rate(Terms::OnDemand)).min().expect("an offer");
        let europe = sheet.tables[1].rows.iter().find(|row| row.cells[0].shown.text == "Europe");
        let stands = europe.expect("Europe").cells[3].below.clone();
        let site = sheet.tables[0].rows.iter().find(|row| row.cells[0].shown.text == stands);
        let site = &site.unwrap_or_else(|| panic!("{stands}: {sheet:?}")).cells;
        near("a month", site[6].shown.value, site[5].shown.value * least.get() * 730.0);
    }
}

/// What is wrong with where users are stands in the way of sites near them, and of nothing else.
#[test]
fn a_wrong_area_spoils_no_other_question() {
    let link = format!("{LLAMA};dg=nae:300k");
    let all = sheets(&link, &OPERATION_PARTS);
    let told = |id: &str| said(all.iter().find(|own| own.id == id).expect("a sheet"));
    assert!(told("near").contains("nae"), "{}", told("near"));
    for part in ["day", "commit"] {
        assert_eq!(told(part), said(&one(LLAMA, part)), "{part}");
    }
    let both = said(&one(&format!("{link};dv=1,2,3"), "near"));
    assert!(both.contains("nae") && both.contains("3 stand there"), "{both}");
}
