//! What the page is told of a fleet.

use autoparallel::api::budget::BudgetDesk;
use autoparallel::api::fleet::{Asked, FleetRow, Prices, SLICE};
use autoparallel::api::{Answer, Figure, FleetSession, FleetView, PartView, answer};
use autoparallel::units::{Day, Moment, Seconds};

const LIST: &str = include_str!("../public/prices-v1.csv");
/// Llama-3.1-8B on 200B tokens, in thirty days or for a hundred thousand dollars.
const LINK: &str =
    "1;m=meta-llama/Llama-3.1-8B;t=200B;b=512;fd=30d;fb=100000;ff=h100-sxm,l40s,b200";
/// 2026-11-28.
const TODAY: Option<i32> = Some(20_785);

fn finished(link: &str, list: &str) -> FleetView {
    let mut session = FleetSession::new(7, link, list, TODAY).expect("a case");
    session.advance(SLICE);
    assert!(!session.view().rows.is_empty(), "the first slice shows something");
    while !session.advance(16) {}
    let Answer::Fleet { run: 7, fleet } = session.answer() else { panic!("no fleet") };
    *fleet
}

fn sums(part: &PartView) {
    if part.children.is_empty() {
        return;
    }
    let sum: f64 = part.children.iter().map(|child| child.figure.shown.value).sum();
    let whole = part.figure.shown.value;
    assert!((sum - whole).abs() <= 1e-9 * whole, "{}: {sum} {whole}", part.id);
    part.children.iter().for_each(sums);
}

#[test]
fn rows_carry_price_age_source_bill_and_a_link_that_opens() {
    let view = finished(LINK, LIST);
    assert!(view.complete && view.looked_at == view.pairs && view.rows.len() >= 3);
    assert_eq!((view.prices.newest.as_str(), view.prices.age_days), ("2026-08-20", Some(100)));
    assert_eq!(view.prices.problems, Vec::<String>::new());
    for pair in view.rows.windows(2) {
        assert!(pair[0].days.value < pair[1].days.value);
        assert!(pair[0].cost.value > pair[1].cost.value);
    }
    for row in &view.rows {
        assert!(!row.source.is_empty() && !row.as_of.is_empty() && row.age_days > Some(90));
        assert!(row.rate.value > 0.0 && row.goodput.value <= 1.0 && !row.layout.is_empty());
        assert_eq!(row.bill.figure.shown.value, row.cost.value);
        sums(&row.bill);
        let range = row.cost_range.as_ref().expect("a range");
        assert!(range.low < row.cost.value && row.cost.value < range.high);
        let opened = autoparallel::link::decode(&row.link);
        let case = opened.inputs.resolve().case.expect("a case");
        assert_eq!(case.cluster.count, row.count);
        assert!((case.offer.rate.get() - row.rate.value).abs() < 1e-9);
    }
}

/// The headline of the plan that a link opens.
fn headline(link: &str) -> Vec<Figure> {
    let mut found = Vec::new();
    answer(0, link, &|| 0.0, &mut || false, &mut |own| {
        if let Answer::Plan { plan, .. } = own {
            found = plan.figures;
        }
    });
    found
}

/// Opens a row and compares days, dollars and both ranges with the headline, and the forecast with both.
fn opens_to_itself(desk: &mut BudgetDesk, row: &FleetRow) {
    let figures = headline(&row.link);
    let of = |id: &str| {
        let own = figures.iter().find(|own| own.id == id);
        own.unwrap_or_else(|| panic!("no {id} at {}", row.link))
    };
    let near = |what: &str, found: f64, row_has: f64| {
        // Prices and bandwidths of links are short texts that are read back.
        assert!((found / row_has - 1.0).abs() < 1e-9, "{what}: {found}, {row_has} at {}", row.link);
    };
    for (id, shown, range) in
        [("run_days", &row.days, &row.days_range), ("run_cost", &row.cost, &row.cost_range)]
    {
        let (own, range) = (of(id), range.as_ref().expect("a range"));
        let other = own.range.as_ref().expect("a range");
        near(id, own.shown.value, shown.value);
        near("low", other.low, range.low);
        near("high", other.high, range.high);
    }
    let parts = ["forecast".to_owned()];
    let Answer::Budget { budget, .. } = desk.answer(1, &row.link, &parts) else { panic!() };
    let spent = budget.sheets[0].figures.iter().find(|own| own.id == "forecast_cost");
    near("forecast", spent.expect("a forecast").shown.value, row.cost.value);
}

/// A row of every kind, opened: on demand, spot, committed, in blocks, one's own, a private offer, with a discount,
/// with spares, blocking checkpoints, a young fleet, a restless zone, data elsewhere; and each answer.
#[test]
fn what_a_row_opens_says_the_same() {
    let base = "1;m=meta-llama/Llama-3.1-8B;t=200B;b=512;ff=h100-sxm,h200-sxm";
    let questions = [
        ("ft=demand;fb=100000;fd=30d", "on demand", 3),
        ("ft=demand;fk=on;fc=blocking;fq=young;fx=nebius:30%,verda:20%", "on demand", 2),
        ("ft=demand;fh=aws:us-east-1;fs=300TB;fp=aws;fd=40d", "on demand", 2),
        ("ft=spot;fd=60d;fb=50000", "spot, median zone", 2),
        ("ft=spot;fz=virginia;fh=gcp:us-central1", "spot, median zone", 2),
        ("ft=spotmin;fb=30000", "spot, cheapest zone", 1),
        ("ft=1y;fp=gcp", "1-year commitment", 1),
        ("ft=3y;fp=gcp;fw=hours", "3-year commitment", 1),
        ("ft=block;fb=200000", "capacity block", 1),
        ("fm=h100-sxm:16:250000;fp=nobody;fk=on;fh=aws:us-east-1", "owned", 1),
        ("fo=acme:h100:8:16.5;fp=acme;fb=90000", "on demand", 1),
    ];
    let mut desk = BudgetDesk::default();
    desk.take(LIST, TODAY);
    for (asked, terms, least) in questions {
        let view = finished(&format!("{base};{asked}"), LIST);
        let rows: Vec<&FleetRow> = view
            .rows
            .iter()
            .chain(view.answers.iter().filter_map(|own| own.row.as_ref()))
            .collect();
        assert!(view.rows.len() >= least, "{asked}: {} rows", view.rows.len());
        for row in rows {
            assert_eq!(row.terms, terms, "{asked}");
            opens_to_itself(&mut desk, row);
        }
    }
}

/// Data that is far away costs days: what arrives later than the deadline is no answer.
#[test]
fn moving_data_counts_against_the_deadline() {
    let base = "1;m=meta-llama/Llama-3.1-8B;t=200B;b=512;ff=h100-sxm;ft=demand;fp=nebius;fs=1000TB";
    let near = finished(base, LIST);
    let fastest = near.rows[0].days.value;
    // 1 PB at 10 Gbit/s takes 9.26 days.
    let far = finished(&format!("{base};fh=aws:us-east-1"), LIST);
    let days = far.rows[0].days.value;
    assert!((days - fastest - 1e15 / 1.25e9 / 86_400.0).abs() < 1e-6, "{days} {fastest}");
    let by = |extra: &str| finished(&format!("{base};fh=aws:us-east-1;fd=8d{extra}"), LIST);
    assert!(by("").answers[0].row.is_none(), "no run ends before its data is there");
    assert!(by(";bb=100Gbps").answers[0].row.is_some());
}

#[test]
fn questions_are_answered_and_the_losers_counted() {
    let view = finished(LINK, LIST);
    let ids: Vec<&str> = view.answers.iter().map(|answer| answer.id.as_str()).collect();
    assert_eq!(&ids[..4], ["cheapest_by", "fastest_within", "most_tokens", "smallest"]);
    let cheapest = &view.answers[0];
    let row = cheapest.row.as_ref().expect("a run");
    assert!(row.days.value <= 30.0 && cheapest.question == "The cheapest within 30\u{a0}days");
    assert!(!cheapest.reasons.is_empty());
    assert!(view.answers[1].row.as_ref().expect("a run").cost.value <= 100_000.0);
    let offers: f64 =
        view.lost.iter().filter(|cut| cut.name == "offers").map(|cut| cut.count.value).sum();
    let sizes: f64 =
        view.lost.iter().filter(|cut| cut.name != "offers").map(|cut| cut.count.value).sum();
    assert!(offers > 3000.0, "{offers}");
    assert_eq!(sizes, f64::from(view.pairs));
}

#[test]
fn a_private_offer_and_a_discount_change_the_answer() {
    let plain = finished(LINK, LIST);
    let cost = |view: &FleetView| view.answers[0].row.as_ref().expect("a run").cost.value;
    let private = finished(&format!("{LINK};fo=acme:h100:8:0.8"), LIST);
    let row = private.answers[0].row.as_ref().expect("a run");
    assert_eq!((row.provider.as_str(), row.source.as_str()), ("acme", "typed"));
    assert!(cost(&private) < cost(&plain));
    let provider = &plain.answers[0].row.as_ref().expect("a run").provider;
    let cheaper = finished(&format!("{LINK};fx={provider}:0.5"), LIST);
    assert!(cost(&cheaper) < cost(&plain));
}

#[test]
fn a_list_that_was_dropped_in_is_read_row_by_row() {
    let list = "provider,instance,accelerator,count,demand\nacme,box,h100,8,16\nacme,box,h100,8,x";
    let view = finished("1;m=meta-llama/Llama-3.1-8B;t=200B;b=512", list);
    assert_eq!(view.prices.rows, 1);
    assert_eq!(view.prices.problems.len(), 1);
    assert!(view.rows.iter().all(|row| row.provider == "acme"));
    assert!(view.rows[0].as_of.is_empty() && view.rows[0].age_days.is_none());
}

#[test]
fn what_is_no_case_is_said_to_be_none() {
    let Err(answer) = FleetSession::new(3, "1;n=0", LIST, None) else { panic!("a session") };
    assert!(matches!(*answer, Answer::Invalid { run: 3, .. }));
    let nothing = FleetSession::new(3, "1;fp=nobody", LIST, None);
    let mut session = nothing.unwrap_or_else(|_| panic!("a case"));
    while !session.advance(16) {}
    let view = session.view();
    assert!(view.rows.is_empty() && view.complete);
    assert_eq!(view.answers[0].text, "Nothing that is offered does.");
}

/// Works through a question in that many workers, which tell one another what they find, in turns.
fn shared(link: &str, n: u32) -> FleetView {
    let prices = Prices::read(LIST);
    let now = Some(Moment::new(Day::from_epoch(TODAY.expect("a day")), Seconds::ZERO));
    let session = |i| FleetSession::over(&prices, Asked { run: 7, link, now, share: (i, n) });
    let mut all: Vec<FleetSession> = (0..n).map(|i| session(i).expect("a case")).collect();
    let mut searches = 0;
    loop {
        let mut idle = true;
        for i in 0..all.len() {
            idle &= all[i].advance(SLICE);
            let Some(Answer::FleetNews { run: 7, news }) = all[i].news() else { continue };
            searches += u32::from(news.lines().count() > 1);
            let others = all.iter_mut().enumerate().filter(|(j, _)| *j != i);
            others.for_each(|(_, other)| other.hear(&news));
        }
        if idle && all[0].view().complete {
            break;
        }
    }
    assert!(n == 1 || searches >= 2, "the work was shared");
    while !all[0].advance(SLICE) {}
    all[0].view()
}

#[test]
fn any_number_of_workers_finds_the_same_bits() {
    let alone = finished(LINK, LIST);
    for n in [1, 2, 5] {
        let view = shared(LINK, n);
        assert_eq!((&view.rows, &view.answers), (&alone.rows, &alone.answers), "{n} workers");
        assert_eq!((view.looked_at, view.pairs, view.complete), (alone.pairs, alone.pairs, true));
        let sizes = view.lost.iter().filter(|cut| cut.name != "offers");
        assert_eq!(sizes.map(|cut| cut.count.value).sum::<f64>(), f64::from(view.pairs));
    }
}

#[test]
fn what_is_known_is_not_searched_again_and_changes_nothing() {
    let prices = Prices::read(LIST);
    let now = Some(Moment::new(Day::from_epoch(TODAY.expect("a day")), Seconds::ZERO));
    let session = |link: &str| {
        let asked = Asked { run: 7, link, now, share: (0, 1) };
        FleetSession::over(&prices, asked).expect("a case")
    };
    let done = |mut session: FleetSession| {
        while !session.advance(SLICE) {}
        session
    };
    let before = done(session(LINK));
    // Another budget, another market, and another training.
    for (change, least) in [(";fb=50000", 0), (";fj=EU", 0), (";s=2048", 20)] {
        let link = format!("{}{change}", LINK.replace(";fb=100000", ""));
        let fresh = done(session(&link)).view();
        let mut again = session(&link);
        again.learn(&before);
        let view = done(again).view();
        assert_eq!((&view.rows, &view.answers), (&fresh.rows, &fresh.answers), "{change}");
        assert!(view.searches <= fresh.searches && view.searches >= least, "{change}");
        assert!(least > 0 || view.searches * 2 < fresh.searches, "{change}: {}", view.searches);
    }
}

#[test]
fn a_deadline_is_a_span_a_date_or_a_day_of_the_week() {
    // 2026-11-28 is a Saturday: TODAY is day 20,785.
    let question = |deadline: &str| {
        let view = finished(&LINK.replace("fd=30d", &format!("fd={deadline}")), LIST);
        view.answers[0].clone()
    };
    let friday = question("fri-18:00");
    assert_eq!(friday.question, "The cheapest by Fri 2026-12-04 18:00, 6.75\u{a0}days from now");
    let date = question("2026-12-04-18:00");
    assert_eq!((&date.question, &date.text), (&friday.question, &friday.text));
    assert!(friday.row.expect("a run").days.value <= 6.75);
    let passed = question("2026-11-01");
    assert!(passed.question.ends_with("which has passed"), "{}", passed.question);
    assert!(passed.row.is_none() && passed.reasons[0].starts_with("The fastest of all takes"));
}

#[test]
fn own_machines_capacity_home_and_charge_shape_the_bill() {
    let row = |link: &str| {
        let view = finished(link, LIST);
        view.answers[0].row.clone().expect("a run")
    };
    let base = "1;m=meta-llama/Llama-3.1-8B;t=200B;b=512;ff=h100-sxm";
    // 16 machines of 100,000 $ over five years in use for 80 % of them: 2.85 $ an hour each, far below any offer.
    let own = row(&format!("{base};fm=h100-sxm:16:100000"));
    assert_eq!((own.provider.as_str(), own.terms.as_str()), ("own machines", "owned"));
    assert!(own.machines <= 16);
    let hours = own.days.value * 24.0 * f64::from(own.machines);
    // 7.752 kW of one machine (76 % of 10.2 kW), PUE 1.56, 0.08 $/kWh.
    let expected = hours * (100_000.0 / (5.0 * 8760.0 * 0.8) + 7.752 * 1.56 * 0.08);
    assert!((own.cost.value / expected - 1.0).abs() < 1e-9, "{} {expected}", own.cost.value);
    assert!((own.rate.value - expected / hours / 8.0).abs() < 1e-9);
    // At most two machines of anything, at most one of one seller.
    assert!(row(&format!("{base};fcap=2")).machines <= 2);
    let cheapest = row(base);
    let less = row(&format!("{base};fcap={}:1", cheapest.provider));
    assert!(less.provider != cheapest.provider || less.machines == 1);
    // The data set of 60 TB lies at AWS in Virginia: 0.09 $/GB to anyone else, 5,400 $ (AWS list, 2025-06-18).
    let part = |row: &FleetRow, id: &str| {
        let groups = row.bill.children.iter().flat_map(|group| group.children.iter());
        groups.clone().find(|leaf| leaf.id == id).map_or(0.0, |leaf| leaf.figure.shown.value)
    };
    let away = row(&format!("{base};fs=60TB;fh=aws:us-east-1;fp=nebius"));
    assert!((part(&away, "cost.transfer.in") - 5400.0).abs() < 1e-6, "{:?}", away.bill);
    let home = row(&format!("{base};fs=60TB;fh=aws:us-east-1;fp=aws;fr=us-east-1"));
    assert_eq!(part(&home, "cost.transfer.in"), 0.0);
    // A year of Google Cloud for a run of weeks: the whole of it, or its hours alone.
    let year = format!("{base};ft=1y;fp=gcp");
    let (whole, hours) = (row(&year), row(&format!("{year};fw=hours")));
    assert!(part(&whole, "cost.machines.unused") > 0.0);
    assert_eq!(part(&hours, "cost.machines.unused"), 0.0);
    assert!(hours.cost.value < whole.cost.value / 5.0);
}

#[test]
fn the_network_that_is_typed_is_that_of_the_fleet() {
    let base = "1;m=meta-llama/Llama-3.1-70B;t=200B;b=512;ff=h100-sxm;fp=nebius";
    let full = finished(base, LIST);
    for network in ["ra=off;over=4", "leaf=64;over=4", "ar=off"] {
        let thin = finished(&format!("{base};{network}"), LIST);
        let fastest = |view: &FleetView| view.rows[0].days.value;
        assert!(fastest(&thin) > fastest(&full), "{network}");
        let mut desk = BudgetDesk::default();
        thin.rows.iter().for_each(|row| opens_to_itself(&mut desk, row));
    }
}

#[test]
fn a_list_says_how_it_stands_to_the_one_that_was_built_with() {
    let said = |list: &str| Prices::read(list).about(None).against_built;
    assert_eq!(said(LIST), "It is the list that this version was built with.");
    assert_eq!(said(&LIST.replace('\n', "\r\n")), said(LIST));
    let newer = LIST.replace("2026-08-20", "2026-11-01");
    assert!(said(&newer).starts_with("Newer than the list"), "{}", said(&newer));
    let older = LIST.replace("2026-08-20", "2026-08-01");
    assert!(said(&older).starts_with("Older than the list"));
    assert!(said(&format!("{LIST}\nx")).starts_with("As new as, but not the same as,"));
    assert!(said("<html>not found</html>").starts_with("No price of it can be used"));
}
