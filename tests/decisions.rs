//! `docs/decisions.md` says what its links say: every row is held against the cheapest answer of its question.

#![cfg(not(target_arch = "wasm32"))]

use autoparallel::api::budget::BudgetDesk;
use autoparallel::api::{Answer, FleetSession};
use autoparallel::link;

const LIST: &str = include_str!("../public/prices-v1.csv");
const DOC: &str = include_str!("../docs/decisions.md");
const PAGE: &str = "](http://127.0.0.1:8080/#";

/// The links of a text, each up to its bracket.
fn links(text: &str) -> Vec<&str> {
    text.split(PAGE).skip(1).filter_map(|rest| rest.split(')').next()).collect()
}

fn plain(text: &str) -> String {
    text.replace(['\u{a0}', '\u{202f}', '\u{2009}'], " ")
}

#[test]
fn every_row_is_what_its_link_answers() {
    let rows: Vec<&str> =
        DOC.lines().filter(|line| line.contains(PAGE) && line.starts_with('|')).collect();
    assert!(rows.len() >= 10, "{} rows", rows.len());
    for row in rows {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let [_, _, question, cost, on, time, _] = *cells else { panic!("{row}") };
        let asked = links(question)[0];
        assert_eq!(link::encode(&link::decode(asked).inputs), asked, "the link is canonical");
        let mut session = FleetSession::new(0, asked, LIST, None).expect("a case");
        while !session.advance(64) {}
        let view = session.view();
        let best = view.answers[0].row.clone().expect("a run");
        let place = [best.provider.as_str(), best.region.as_str()].join(" ");
        let name = best.accelerator.split(' ').next().unwrap_or_default();
        let found =
            format!("{} {name} at {}, {}/h", best.count, place.trim(), plain(&best.rate.text));
        assert_eq!(
            (plain(&best.cost.text), found, plain(&best.days.text)),
            (cost.to_owned(), on.to_owned(), time.to_owned()),
            "{asked}"
        );
    }
}

#[test]
fn what_the_text_says_of_the_other_links_holds() {
    let other: Vec<&str> =
        DOC.lines().filter(|line| !line.starts_with('|')).flat_map(links).collect();
    let mut desk = BudgetDesk::default();
    desk.take(LIST, None);
    let mut says = Vec::new();
    for asked in &other {
        let parts = ["months".to_owned()];
        let Answer::Budget { budget, .. } = desk.answer(0, asked, &parts) else {
            panic!("{asked}")
        };
        says.push(budget.sheets[0].says[0].clone());
    }
    assert_eq!(says.len(), 2);
    assert!(says[0].starts_with("Commit to nothing"), "{}", says[0]);
    assert!(says[1].starts_with("Commit to 224"), "{}", says[1]);
    // Sweden instead of Oregon: the greener answer of the second question.
    let second = DOC.lines().find(|line| line.starts_with("| H200")).map(links).expect("a row")[0];
    let mut session = FleetSession::new(0, second, LIST, None).expect("a case");
    while !session.advance(64) {}
    let green = session.view().answers.iter().find(|own| own.id == "less_carbon").cloned();
    let green = green.expect("an answer");
    let text = plain(&green.text);
    assert!(text.contains(" 79.5% less, for $241.5 k more"), "{text}");
    assert_eq!(green.row.expect("a run").region, "eu-north-1");
}
