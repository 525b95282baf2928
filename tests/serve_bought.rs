//! What a deployment is priced at by way to buy and region: the list's own rows, by hand; what is said where there is none.

#![cfg(not(target_arch = "wasm32"))]

#[path = "support/told.rs"]
mod told;

use autoparallel::api::{Answer, budget::BudgetDesk};
use autoparallel::catalogue::offers;
use autoparallel::inputs::Key;
use autoparallel::link::decode;
use autoparallel::prices::{Listing, Terms};
use autoparallel::serving::AskedMachine;
use told::{served, study, value};

const LLAMA: &str = "1;m=meta-llama/Llama-3.3-70B-Instruct;do=serve;sr=10/s";

fn machine(link: &str) -> AskedMachine {
    decode(link).inputs.resolve().ask.expect("a question").machines.remove(0)
}

fn note(link: &str, key: Key) -> Option<String> {
    let all = decode(link).inputs.resolve().notes;
    all.into_iter().find(|own| own.key == key).map(|own| own.text)
}

/// The least of the list for one accelerator, in usual machines of that size or sold by the accelerator.
fn least(
    accelerator: &str,
    size: u32,
    terms: Terms,
    there: impl Fn(&Listing) -> bool,
) -> Option<f64> {
    let each = |own: &&Listing| own.flags.has(autoparallel::prices::Flag::SoldEach);
    let part = |own: &&Listing| own.flags.has(autoparallel::prices::Flag::PartOnly);
    let all = offers::all().iter().filter(|own| own.accelerator == accelerator && there(own));
    let all = all.filter(|own| !part(own) && (each(own) || own.machine_size() == Some(size)));
    all.filter_map(|own| own.rate_each(terms)).min().map(|rate| rate.get())
}

fn near(what: &str, found: f64, wanted: f64) {
    // Four digits are carried.
    assert!((found / wanted - 1.0).abs() < 5.1e-4, "{what}: {found}, not {wanted}");
}

#[test]
fn a_way_to_buy_has_the_price_of_the_list() {
    let anywhere = |_: &Listing| true;
    for (link, key, terms, word) in [
        (LLAMA.to_owned(), "h200-sxm", Terms::Spot, "spot"),
        (format!("{LLAMA};sg=h100-sxm"), "h100-sxm", Terms::Year, "1y"),
        (format!("{LLAMA};sg=h100-sxm"), "h100-sxm", Terms::ThreeYears, "3y"),
    ] {
        let own = machine(&format!("{link};by={word}"));
        let wanted = least(key, 8, terms, anywhere).expect("an offer");
        near(word, own.price.expect("a price").get(), wanted);
        assert_eq!(own.by_hour, machine(&link).by_hour, "{word}");
        assert!(own.price_source.contains(terms.label()), "{}", own.price_source);
        assert!(own.price_source.contains("202"), "its day: {}", own.price_source);
        assert_eq!(note(&format!("{link};by={word}"), Key::Bought), None);
        // The headline's month is of that price.
        let view = served(&format!("{link};by={word}")).expect("a deployment");
        let month = value(&view, "accelerators") * own.price.expect("a price").get() * 730.0;
        near("a month", value(&view, "monthly"), month);
    }
}

/// aws eu-north-1 has 8 H200 for $67.72672 on demand and $12.8963 on the spot market, and no commitment.
#[test]
fn a_region_has_its_own_prices() {
    let there = format!("{LLAMA};bs=aws:eu-north-1");
    for (link, price) in [
        (there.clone(), 67.72672 / 8.0),
        (format!("{there};by=demand"), 67.72672 / 8.0),
        (format!("{there};by=spot"), 12.8963 / 8.0),
        (format!("{there};by=1y"), 67.72672 / 8.0),
    ] {
        let own = machine(&link);
        near(&link, own.price.expect("a price").get(), price);
        near(&link, own.by_hour.0.expect("a price").get(), 67.72672 / 8.0);
        assert!(own.price_source.starts_with("aws eu-north-1, "), "{}", own.price_source);
        let own = |own: &Listing| own.provider == "aws" && own.region == "eu-north-1";
        let terms = if link.ends_with("spot") { Terms::Spot } else { Terms::OnDemand };
        near("the list", least("h200-sxm", 8, terms, own).expect("an offer"), price);
    }
    let told = note(&format!("{there};by=1y"), Key::Bought).expect("a note");
    assert!(
        told.contains("1-year") && told.contains("$8.47") && told.contains("is used"),
        "{told}"
    );
    // Nobody sells them there: the catalogue's price, and that is said.
    let told = note(&format!("{LLAMA};bs=aws:eu-west-3"), Key::Stands).expect("a note");
    assert!(told.contains("$7.91") && told.contains("is used"), "{told}");
    assert_eq!(machine(&format!("{LLAMA};bs=aws:eu-west-3")).price, machine(LLAMA).price);
    // A price that is typed comes before all.
    let typed = format!("{there};by=spot;sd=3");
    assert_eq!(machine(&typed).price.map(|rate| rate.get()), Some(3.0));
    assert!(note(&typed, Key::Bought).expect("a note").contains("typed"));
    assert_eq!(
        machine(&format!("{there};by=spot;bp=spot:2")).price.map(|own| own.get()),
        Some(2.0)
    );
}

/// The day, the commitment and the pools count with the headline's prices.
#[test]
fn other_sections_have_the_same_price() {
    let link = format!("{LLAMA};sg=h100-sxm;by=1y");
    let rate = machine(&link).price.expect("a price").get();
    let mut desk = BudgetDesk::default();
    desk.take(include_str!("../public/prices-v1.csv"), Some(20_785));
    let parts = ["day".to_owned(), "commit".to_owned()];
    let Answer::Budget { budget, .. } = desk.answer(1, &link, &parts) else { panic!("no sheets") };
    let said = budget.sheets[0].says.join(" ");
    assert!(said.contains("bought at $7.67") && said.contains("paid by the hour"), "{said}");
    let table = &budget.sheets[1].tables[0];
    let row = table.rows.iter().find(|row| row.cells[0].shown.text.ends_with("1-year commitment"));
    let cells = &row.unwrap_or_else(|| panic!("{table:?}")).cells;
    near("a year", cells[2].shown.value, cells[1].shown.value * rate * 8760.0);
    // Pools, of accelerators at that price: 10 requests of 512 answer tokens a second.
    let table = study(&link).pools.tables.remove(0);
    let of = |name: &str, column: usize| {
        let row = table.rows.iter().find(|row| row.cells[0].shown.text == name);
        row.unwrap_or_else(|| panic!("no {name}")).cells[column].shown.value
    };
    for column in [1, 2] {
        let wanted = of("Accelerators", column) * rate / (10.0 * 512.0 * 3600.0) * 1e6;
        near("pools", of("1M answer tokens, prompts included", column), wanted);
    }
}
