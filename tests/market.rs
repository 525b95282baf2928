//! Price lists: read strictly, doubted by named rules, never hidden; and what the embedded one holds.

use autoparallel::catalogue::offers::{self, BYTES_MAX, PROBLEMS_MAX, aged, read_listings};
use autoparallel::catalogue::places;
use autoparallel::prices::{Currency, Flag, Terms};
use autoparallel::units::{Day, DollarsPerHour};
use proptest::prelude::*;

const HEAD: &str = "provider,region,instance,accelerator,count,demand,spot,currency,as_of,remarks";

fn list(rows: &[&str]) -> String {
    let mut text = HEAD.to_owned();
    for row in rows {
        text.push('\n');
        text.push_str(row);
    }
    text
}

#[test]
fn good_rows_are_kept_and_bad_ones_named_by_line() {
    let text = list(&[
        "acme,fin,big,H100 SXM5,8,16.5,,eur,2026-01-31,",
        "acme,fin,big,h1000,8,16.5,,,,",
        "acme,fin,big,h100,8,\"16,5\",,,,",
        "acme,fin,big,h100,0,16.5,,,,",
        "acme,fin,big,h100,8,,,,,",
        "acme,fin,big,h100,8,16.5,,,2026-02-30,",
        "acme,fin,big,h100,8,16.5,,,,bargain",
        "acme,fin,big,h100,8,-1,,,,",
        ",fin,big,h100,8,1,,,,",
        "acme,fin,big,h100,8",
        "acme,fin,big,h100,8,inf,,,,",
        "acme,fin,big,h100,8,16.5,,dollars,,",
        "acme,fin,small,t4,1,0.5,,,2026-01-31,",
    ]);
    let (listings, problems) = read_listings(&text);
    assert_eq!(listings.len(), 2);
    assert_eq!(listings[0].accelerator, "h100-sxm");
    assert_eq!(Some(listings[0].currency), Currency::read("EUR"));
    assert_eq!(listings[0].rate_each(Terms::OnDemand), Some(DollarsPerHour::new(16.5 / 8.0)));
    let said: Vec<String> = problems.iter().map(ToString::to_string).collect();
    let expected = [
        "line 3, accelerator: \"h1000\" is not an accelerator of the catalogue",
        "line 4, demand: \"16,5\" is not a number above 0",
        "line 5, count: \"0\" is not a number above 0",
        "line 6, demand: \"\" is not a rate",
        "line 7, as_of: \"2026-02-30\" is not a date",
        "line 8, remarks: \"bargain\" is not one of the remarks",
        "line 9, demand: \"-1\"",
        "line 10, provider: \"\" is not a name",
        "line 11: \"5 fields\" is not 10 fields",
        "line 12, demand: \"inf\"",
        "line 13, currency: \"dollars\" is not a currency",
    ];
    assert_eq!(said.len(), expected.len(), "{said:#?}");
    for (said, expected) in said.iter().zip(expected) {
        assert!(said.starts_with(expected), "{said}");
    }
}

#[test]
fn a_list_without_its_columns_is_refused_and_a_strange_column_named() {
    let (listings, problems) = read_listings("name,price\nacme,3");
    assert!(listings.is_empty());
    assert_eq!(problems.len(), 5 + 2, "{problems:?}");
    let (listings, problems) =
        read_listings("provider,instance,accelerator,count,demand,colour\na,b,h100,8,3,red");
    assert_eq!((listings.len(), problems.len()), (1, 1));
    assert_eq!(problems[0].column, "colour");
}

#[test]
fn lists_have_limits() {
    let (listings, problems) = read_listings(&"x".repeat(BYTES_MAX + 1));
    assert!(listings.is_empty() && problems.len() == 1);
    let bad = "acme,fin,big,h1000,8,16.5,,,,";
    let (_, problems) = read_listings(&list(&vec![bad; 1000]));
    assert_eq!(problems.len(), PROBLEMS_MAX + 1);
}

#[test]
fn doubts_are_flags_and_remove_nothing() {
    let text = list(&[
        "a,r,x,h100,8,20,2,,2026-01-31,",
        "b,r,x,h100,8,20,20,,2026-01-31,",
        "c,r,x,h100,8,20,10,,2026-01-31,",
        "d,r,x,h100,8,3.9,,,2024-01-31,",
        "e,r,x,h100,8,101,,,2026-01-31,estimate each part market",
        "f,r,x,h100,0.5,1,,,,",
    ]);
    let (listings, problems) = read_listings(&text);
    assert_eq!(problems, []);
    let flags = |i: usize| {
        let listing = &listings[i];
        let own = listing.flags.iter().filter(|flag| *flag != Flag::NetworkAssumed);
        own.collect::<Vec<_>>()
    };
    assert_eq!(flags(0), [Flag::SpotFloor]);
    assert_eq!(flags(1), [Flag::SpotNotBelow]);
    assert_eq!(flags(2), []);
    assert_eq!(flags(3), [Flag::Outlier]);
    let marked = [Flag::SpotEstimated, Flag::Outlier, Flag::PartOnly, Flag::Market, Flag::SoldEach];
    assert_eq!(flags(4), marked);
    assert_eq!(flags(5), [Flag::Undated, Flag::Fraction]);
    let today = Day::read("2026-03-31").expect("a day");
    let old: Vec<usize> = aged(&listings, today, 12)
        .iter()
        .enumerate()
        .filter(|(_, listing)| listing.flags.has(Flag::Stale))
        .map(|(i, _)| i)
        .collect();
    assert_eq!(old, [3, 5], "what has no date counts as old");
}

/// List prices per accelerator as the sellers state them, and rows known to be doubtful.
#[test]
fn the_embedded_list_says_what_its_sources_say() {
    let each = |provider: &str, region: &str, accelerator: &str, size: f64, terms: Terms| {
        let found = offers::all().iter().find(|listing| {
            listing.provider == provider
                && listing.region == region
                && listing.accelerator == accelerator
                && listing.accelerators.get() == size
                && listing.rate(terms).is_some()
        });
        let found = found.expect("a listing");
        (found.rate_each(terms).expect("a price").get(), found.stamp(terms).day)
    };
    // What a refresh brought up to date since then has another price.
    let collected = Day::read("2026-08-20").expect("a day");
    let near = |(a, day): (f64, Day), b: f64| {
        assert!((a - b).abs() < 0.005 || day > collected, "{a} {b}");
    };
    near(each("aws", "us-east-1", "h100-sxm", 8.0, Terms::OnDemand), 6.88);
    near(each("gcp", "us-central1", "h100-sxm", 8.0, Terms::ThreeYears), 4.86);
    near(each("lambda", "us-east-1", "h100-sxm", 8.0, Terms::OnDemand), 3.99);
    near(each("oci", "", "gb200", 4.0, Terms::OnDemand), 16.00);
    near(each("aws", "", "h200-sxm", 8.0, Terms::Block), 39.80 / 8.0);
    let flagged = |flag: Flag| offers::all().iter().filter(|l| l.flags.has(flag)).count();
    for flag in [Flag::SpotFloor, Flag::SpotNotBelow, Flag::SpotEstimated, Flag::PartOnly] {
        assert!(flagged(flag) > 0, "{flag:?}");
    }
    // 60 rows of prices.csv are shares of one accelerator.
    assert_eq!(flagged(Flag::Fraction), 60);
    assert!(offers::newest(offers::all()).expect("a day") >= collected);
}

#[test]
fn the_served_list_is_the_embedded_one() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |file: &str| std::fs::read_to_string(root.join(file)).expect("a readable file");
    let list = read("public/prices-v1.csv");
    assert_eq!(list, read("src/catalogue/data/offers.csv"));
    // And the version knows which one that is.
    assert_eq!(read("src/catalogue/data/offers_built.txt"), offers::line_of(&list));
    // What is carried of it by way to buy is of it, too.
    let ways = root.join("src/catalogue/data/ways.txt");
    let made = offers::ways_of(offers::all());
    if std::env::var_os("AUTOPARALLEL_BLESS").is_some() {
        std::fs::write(&ways, &made).expect("a writable file");
    }
    assert_eq!(read("src/catalogue/data/ways.txt"), made);
    assert_eq!(offers::built().rows as usize, offers::all().len());
    // FNV-1a of 64 bits of "a" and a line feed, by hand: ((offset ^ 97) prime ^ 10) prime modulo 2^64.
    let by_hand = ((0xaf63_dc4c_8601_ec8c_u64 ^ 10) as u128 * 0x100_0000_01b3) as u64;
    assert_eq!(offers::hash("a"), format!("{by_hand:016x}"));
}

#[test]
fn every_source_of_a_region_is_known() {
    for place in places::all() {
        for key in place.source.split_whitespace().filter(|key| !key.starts_with("20")) {
            let known = offers::sources().iter().any(|source| source.key == key);
            assert!(known || key == "/", "{key}");
        }
        assert!(!offers::sources_text(&place.source).is_empty());
    }
}

proptest! {
    #[test]
    fn any_text_is_a_list(
        text in any::<String>(),
        rows in proptest::collection::vec("[ -~]{0,60}", 0..8),
    ) {
        let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
        for text in [text, list(&rows)] {
            let (listings, problems) = read_listings(&text);
            prop_assert!(problems.len() <= PROBLEMS_MAX + 1);
            for listing in &listings {
                for (_, rate) in listing.rates.iter() {
                    prop_assert!(rate.get() > 0.0 && rate.get().is_finite());
                }
            }
        }
    }
}
