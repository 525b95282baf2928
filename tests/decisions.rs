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

/// The cells of a row as its link answers them today.
fn answered(row: &str) -> String {
    let cells: Vec<&str> = row.split('|').map(str::trim).collect();
    let [_, name, question, _, _, _, _] = *cells else { panic!("{row}") };
    let asked = links(question)[0];
    assert_eq!(link::encode(&link::decode(asked).inputs), asked, "the link is canonical");
    let mut session = FleetSession::new(0, asked, LIST, None).expect("a case");
    while !session.advance(64) {}
    let view = session.view();
    let best = view.answers[0].row.clone().expect("a run");
    let place = [best.provider.as_str(), best.region.as_str()].join(" ");
    let machine = best.accelerator.split(' ').next().unwrap_or_default();
    let (cost, rate) = (plain(&best.cost.text), plain(&best.rate.text));
    let on = format!("{} {machine} at {}, {rate}/h", best.count, place.trim());
    format!("| {name} | {question} | {cost} | {on} | {} |", plain(&best.days.text))
}

/// `AUTOPARALLEL_BLESS=1` writes the rows anew; what the text says of them is then to be read again.
#[test]
fn every_row_is_what_its_link_answers() {
    let is_row = |line: &str| line.contains(PAGE) && line.starts_with('|');
    assert!(DOC.lines().filter(|line| is_row(line)).count() >= 10);
    let lines = DOC.lines().map(|line| if is_row(line) { answered(line) } else { line.to_owned() });
    let now = lines.collect::<Vec<String>>().join("\n") + "\n";
    if std::env::var_os("AUTOPARALLEL_BLESS").is_some() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/decisions.md");
        std::fs::write(path, now).expect("the document");
        return;
    }
    for (now, then) in now.lines().zip(DOC.lines()) {
        assert_eq!(now, then);
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
