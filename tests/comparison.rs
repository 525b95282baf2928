//! Plans side by side: what differs, by how much, which is best; and the link that holds them.

use autoparallel::api::{Columns, Request, comparison_markdown};
use autoparallel::inputs::{Inputs, Key};
use autoparallel::link::{self, decode, encode, join, limits::COLUMNS_MAX, split};
use autoparallel::plan::compare::{Better, Comparison, Fact, Row, Section, table};
use autoparallel::plan::{Amount, Range};
use autoparallel::units::{Dollars, Ratio, Seconds};
use proptest::prelude::*;
use std::path::Path;

const NAMES: [&str; 4] = ["A", "B", "C", "D"];

fn compared(columns: &[Vec<Fact>]) -> Comparison {
    table(&columns.iter().map(Vec::as_slice).collect::<Vec<_>>(), &NAMES)
}

fn fact(section: Section, id: &str, text: &str) -> Fact {
    Fact {
        section,
        id: id.into(),
        label: id.into(),
        text: text.into(),
        amount: None,
        range: None,
        better: Better::Neither,
        main: true,
    }
}

fn cost(usd: f64, range: Option<(f64, f64)>) -> Fact {
    let dollars = |usd| Amount::Dollars(Dollars::new(usd));
    let amount = dollars(usd);
    let range = range.map(|(low, high)| Range { low: dollars(low), high: dollars(high) });
    let better = Better::Less;
    Fact {
        amount: Some(amount),
        range,
        better,
        ..fact(Section::Figures, "run_cost", &amount.text())
    }
}

fn step(s: f64) -> Fact {
    let amount = Amount::Time(Seconds::new(s));
    let text = amount.text();
    Fact {
        amount: Some(amount),
        better: Better::Less,
        ..fact(Section::Figures, "step_time", &text)
    }
}

fn row<'r>(rows: &'r [Row], id: &str) -> &'r Row {
    rows.iter().find(|row| row.id == id).unwrap_or_else(|| panic!("no row {id}"))
}

fn ratios(row: &Row) -> Vec<Option<f64>> {
    row.cells.iter().map(|cell| cell.as_ref()?.ratio.map(Ratio::get)).collect()
}

fn bests(row: &Row) -> Vec<bool> {
    row.cells.iter().map(|cell| cell.as_ref().is_some_and(|cell| cell.best)).collect()
}

#[test]
fn ratios_are_to_the_first_column_and_the_best_is_the_least() {
    // 50 / 200 = 0.25, 300 / 200 = 1.5, by hand.
    let columns = [200.0, 50.0, 300.0].map(|usd| vec![cost(usd, None)]);
    let own = compared(&columns);
    assert_eq!(own.base, Some(0));
    let cost = row(&own.rows, "run_cost");
    assert!(cost.differs);
    assert_eq!(ratios(cost), [None, Some(0.25), Some(1.5)]);
    assert_eq!(bests(cost), [false, true, false]);
    assert_eq!(own.verdicts, ["Costs least: B, $50.00."]);
}

#[test]
fn what_is_the_same_neither_differs_nor_wins() {
    let columns = [70.0, 70.0].map(|usd| vec![cost(usd, None)]);
    let own = compared(&columns);
    let costs = row(&own.rows, "run_cost");
    assert!(!costs.differs);
    assert_eq!(bests(costs), [false, false]);
    assert_eq!(own.verdicts, Vec::<String>::new());
    // Two that say the same are as good as one another, and better than a third.
    let three = [70.0, 70.0, 90.0].map(|usd| vec![cost(usd, None)]);
    let own = compared(&three);
    assert_eq!(bests(row(&own.rows, "run_cost")), [true, true, false]);
    assert_eq!(own.verdicts, ["Costs least: A and B, $70.00."]);
}

#[test]
fn ranges_that_meet_are_said_to() {
    let say = |b: (f64, f64, f64)| {
        let columns = [vec![cost(100.0, Some((90.0, 110.0)))], vec![cost(b.0, Some((b.1, b.2)))]];
        compared(&columns).verdicts
    };
    assert_eq!(say((120.0, 108.0, 132.0)), ["Costs least: A, $100; the range reaches that of B."]);
    assert_eq!(say((130.0, 117.0, 143.0)), ["Costs least: A, $100."]);
}

#[test]
fn a_step_of_other_tokens_is_not_judged() {
    let column = |tokens: &str, s| vec![fact(Section::Asked, "step_tokens", tokens), step(s)];
    let same = compared(&[column("4 M", 2.0), column("4 M", 1.0)]);
    assert_eq!(bests(row(&same.rows, "step_time")), [false, true]);
    let other = compared(&[column("4 M", 2.0), column("1 M", 1.0)]);
    let other = row(&other.rows, "step_time");
    assert_eq!(bests(other), [false, false]);
    assert_eq!(ratios(other), [None, Some(0.5)]);
}

#[test]
fn rows_keep_the_order_of_their_columns_and_parts() {
    let text = |section, id: &str| fact(section, id, "x");
    let first = vec![text(Section::Asked, "a"), text(Section::Layout, "l")];
    let second = vec![
        text(Section::Asked, "a"),
        text(Section::Asked, "b"),
        text(Section::Layout, "k"),
        text(Section::Layout, "l"),
    ];
    let own = compared(&[first, second]);
    let ids: Vec<&str> = own.rows.iter().map(|row| row.id.as_str()).collect();
    assert_eq!(ids, ["a", "b", "k", "l"]);
    assert!(row(&own.rows, "b").differs, "one says nothing that the other says");
    assert!(!row(&own.rows, "a").differs);
}

#[test]
fn a_column_that_says_nothing_differs_from_none() {
    let asked = fact(Section::Asked, "model", "m");
    // The first cannot be read, the second does not fit, the others do.
    let columns = [
        vec![],
        vec![asked.clone()],
        vec![asked.clone(), cost(8.0, None)],
        vec![asked, cost(4.0, None)],
    ];
    let own = compared(&columns);
    assert_eq!(own.base, Some(1));
    assert!(!row(&own.rows, "model").differs);
    let cost = row(&own.rows, "run_cost");
    assert!(cost.differs);
    assert_eq!(ratios(cost), [None, None, None, None], "the base has no cost");
    assert_eq!(bests(cost), [false, false, false, true]);
    assert!(compared(&[vec![], vec![]]).rows.is_empty());
}

fn worked(links: &[&str]) -> autoparallel::api::CompareView {
    let links: Vec<String> = links.iter().map(|link| (*link).to_owned()).collect();
    let mut columns = Columns::default();
    let mut known = 0;
    for _ in &links {
        let now = columns.work(&links);
        assert!(now > known || now == links.len(), "one more each time");
        known = now;
    }
    assert_eq!(known, links.len());
    columns.view(&links)
}

const LLAMA: &str = "1;m=meta-llama/Llama-2-7b-hf;n=8;b=64;s=4096;t=1T;c=2";

#[test]
fn half_the_price_is_half_the_cost_and_nothing_else_differs() {
    let cheap = LLAMA.replace("c=2", "c=1");
    let view = worked(&[LLAMA, &cheap]);
    let differ: Vec<&str> =
        view.rows.iter().filter(|row| row.differs).map(|row| row.id.as_str()).collect();
    assert_eq!(differ, ["price", "run_cost", "cost"]);
    let cost = view.rows.iter().find(|row| row.id == "cost").unwrap();
    assert_eq!(cost.cells[1].ratio.as_ref().unwrap().value, 0.5);
    assert_eq!(cost.cells[1].ratio.as_ref().unwrap().text, "0.50\u{d7}");
    assert!(cost.cells[1].best && !cost.cells[0].best);
    assert!(cost.cells[0].range.is_some(), "a prediction has a range");
    // The total is the sum of its parts in every column.
    for i in 0..2 {
        let value = |row: &&autoparallel::api::CompareRow| row.cells[i].shown.value;
        let parts: f64 = view
            .rows
            .iter()
            .filter(|row| row.id.starts_with("memory."))
            .map(|row| value(&row))
            .sum();
        let total = view.rows.iter().find(|row| row.id == "memory").map(|row| value(&row)).unwrap();
        assert_eq!(parts, total);
    }
    let text = comparison_markdown(&view, &view.rows.iter().collect::<Vec<_>>());
    // The link in it opens the same columns, each with the figures that it has.
    let made = text.split("`#").nth(1).and_then(|rest| rest.split('`').next()).expect("a link");
    let split = autoparallel::link::split(made).expect("a comparison");
    assert_eq!(split.links, [LLAMA, &cheap]);
    assert!(split.promises.iter().all(Option::is_some), "{made}");
    assert!(text.contains("\u{2260} Cost |"), "{text}");
}

#[test]
fn what_is_wrong_with_a_column_is_said_and_the_others_are_shown() {
    let view =
        worked(&["2;n=8", "1;m=nosuch", "1;m=meta-llama/Llama-3.1-405B;n=8;g=rtx-4090", LLAMA]);
    let [later, unknown, stuck, good] = view.columns.as_slice() else { panic!("four columns") };
    assert!(later.problems[0].contains("version 2") && !later.opens, "{later:?}");
    assert!(unknown.problems[0].contains("nosuch") && unknown.opens, "{unknown:?}");
    assert!(!stuck.problems.is_empty() && stuck.opens && !stuck.title.is_empty(), "{stuck:?}");
    assert!(good.problems.is_empty() && good.title == "Llama-2-7b-hf", "{good:?}");
    assert_eq!(view.base, "C");
    let model = view.rows.iter().find(|row| row.id == "model").unwrap();
    assert_eq!(model.cells[0].shown.text, "\u{2013}");
    let step = view.rows.iter().find(|row| row.id == "step_time").unwrap();
    assert!(step.cells[3].shown.value > 0.0);
}

#[test]
fn only_what_is_asked_about_is_kept_and_only_what_is_new_is_worked_out() {
    let links = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    let (two, other) = (links(&[LLAMA, "1;m=nosuch"]), links(&["1;m=nosuch", "1;m=x"]));
    let mut columns = Columns::default();
    assert_eq!(columns.work(&two), 1);
    let half = columns.view(&two);
    assert!(half.columns[0].done && !half.columns[1].done);
    assert_eq!(columns.work(&two), 2);
    assert_eq!(columns.work(&other), 2, "one was known");
    assert_eq!(columns.work(&two), 2, "the other had been forgotten");
}

#[test]
fn a_comparison_survives_its_travels() {
    let link = "+1;n=64;m=Qwen/Qwen3-30B-A3B+1;g=h200-sxm;n=128";
    let links = split(link).unwrap().links;
    assert_eq!(links, ["1;m=Qwen/Qwen3-30B-A3B;n=64", "1;g=h200-sxm;n=128"]);
    let once = "%2B1%3Bn%3D64%3Bm%3DQwen%2FQwen3-30B-A3B%2B1%3Bg%3Dh200-sxm%3Bn%3D128";
    for form in [
        format!("#{link}"),
        format!("https://example.org/plan/index.html#{link}"),
        once.to_owned(),
        format!("https://example.org/plan/%23{once}"),
        format!("https://example.org/plan/#{}", once.replace('%', "%25")),
        link.replace(';', "&amp;"),
        format!("  {link}. "),
        format!("<{link}>,"),
        link.replace("+1;g", "\n+1;g"),
        format!("{link}+"),
        // Forms write blanks as `+`, and read `+` as a blank.
        link.replace('+', " "),
        format!("https://example.org/#{}", link.replace('+', "%20")),
        link.replace("+1;g", "%201;g"),
        link.replace('+', "&#43;"),
    ] {
        assert_eq!(split(&form).unwrap().links, links, "{form}");
    }
    assert_eq!(join(&links), "+1;m=Qwen/Qwen3-30B-A3B;n=64+1;g=h200-sxm;n=128");
}

#[test]
fn no_plan_is_taken_for_a_comparison() {
    for text in ["", "1", "1;n=8", "1;t=1e+12;n=8", "1;n=8+1;n=16", "plan", "x#1;n=8", "2+1"] {
        assert_eq!(split(text), None, "{text}");
    }
    // What such a text says as a plan is as it always was.
    assert_eq!(decode("1;t=1e+12;n=8").inputs.get(Key::Tokens), "1e+12");
}

#[test]
fn columns_beyond_the_most_are_counted() {
    let many = "+1;n=8".repeat(6);
    let columns = split(&many).unwrap();
    assert_eq!((columns.links.len(), columns.beyond), (COLUMNS_MAX, 2));
    assert_eq!(split("+").unwrap(), link::Columns::default());
    assert_eq!(split(&"+1".repeat(1 << 20)), None, "longer than any link");
}

#[test]
fn every_comparison_of_the_corpus_opens() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/links/columns");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut n = 0;
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let all = |name: &str| -> Vec<String> {
            let lines = text.lines().filter_map(|line| line.split_once(": "));
            lines.filter(|(own, _)| *own == name).map(|(_, value)| value.to_owned()).collect()
        };
        let shown = file.display();
        let columns = split(&all("link")[0]).unwrap();
        assert_eq!(columns.links, all("column"), "{shown}");
        assert_eq!(vec![join(&columns.links)], all("canonical"), "{shown}");
        let beyond = all("beyond").first().map_or(0, |n| n.parse().unwrap());
        assert_eq!(columns.beyond, beyond, "{shown}");
        let lost = columns.links.into_iter().filter(|link| decode(link).is_lost());
        assert_eq!(lost.collect::<Vec<_>>(), all("lost"), "{shown}");
        n += 1;
    }
    assert!(n >= 6, "the corpus only grows");
}

fn any_columns() -> impl Strategy<Value = Vec<Inputs>> {
    let text = prop_oneof!["[ -~]{0,12}", "1e\\+[0-9]{1,2}", any::<String>()];
    let key = proptest::sample::select(Key::ALL);
    let typed = proptest::collection::vec((key, text), 0..6);
    let inputs = typed.prop_map(|typed| {
        typed.into_iter().fold(Inputs::default(), |inputs, (key, text)| inputs.with(key, text))
    });
    proptest::collection::vec(inputs, 1..=COLUMNS_MAX)
}

proptest! {
    #[test]
    fn what_is_joined_comes_apart_as_it_was(all in any_columns()) {
        let links: Vec<String> = all.iter().map(encode).collect();
        let text = join(&links);
        let columns = split(&text).unwrap();
        prop_assert_eq!(&columns.links, &links);
        prop_assert_eq!(columns.beyond, 0);
        for (link, inputs) in columns.links.iter().zip(&all) {
            prop_assert_eq!(decode(link).inputs, inputs.canonical());
        }
    }

    #[test]
    fn any_text_at_all_comes_apart(text in "\\PC{0,40}", tail in "[+12z;=a-z0-9~%&#.]{0,80}") {
        for text in [text, format!("+{tail}")] {
            if let Some(columns) = split(&text).filter(|own| !own.links.is_empty()) {
                prop_assert!(columns.links.len() <= COLUMNS_MAX);
                // What could not be read stays, so that nothing is lost on the way back.
                let again = split(&join(&columns.links)).unwrap();
                prop_assert_eq!(again.links, columns.links);
            }
        }
    }
}

#[test]
fn what_the_loader_asks_is_what_the_page_would() {
    let of = |link: &str| Request::of(1, link.to_owned());
    let plan = |link: &str| Request::Plan { run: 1, link: link.to_owned() };
    assert_eq!(of("1;n=64"), plan("1;n=64"));
    assert_eq!(of(""), plan(""));
    let serve = Request::Serve { run: 1, link: "1;do=serve".to_owned() };
    assert_eq!(of("1;do=serve"), serve);
    let links = vec!["1;n=8".to_owned(), "1;do=serve".to_owned()];
    let both = Request::Compare { run: 1, links };
    assert_eq!(of("+1;n=8;r=0.1.0-a3f9c2,1s,1GB+1;do=serve"), both);
    // One column, or none that can be read, is a plan.
    assert_eq!(of("+1;n=8"), plan("1;n=8"));
    assert_eq!(of("+2;n=8+3;n=8"), plan("2;n=8"));
}
