//! What the page is told of a fleet.

use autoparallel::api::fleet::FIRST_SLICE;
use autoparallel::api::{Answer, FleetSession, FleetView, PartView};

const LIST: &str = include_str!("../public/prices-v1.csv");
/// Llama-3.1-8B on 200B tokens, in thirty days or for a hundred thousand dollars.
const LINK: &str =
    "1;m=meta-llama/Llama-3.1-8B;t=200B;b=512;fd=30d;fb=100000;ff=h100-sxm,l40s,b200";
/// 2026-11-28.
const TODAY: Option<i32> = Some(20_785);

fn finished(link: &str, list: &str) -> FleetView {
    let mut session = FleetSession::new(7, link, list, TODAY).expect("a case");
    session.advance(FIRST_SLICE);
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
        // The same machines: the plan that opens takes the time of the row.
        let plan = autoparallel::plan::find(&case).plan().expect("a plan");
        let days = plan.bill.time.as_days();
        assert!((days / (row.days.value * row.goodput.value) - 1.0).abs() < 1e-9, "{}", row.link);
    }
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
