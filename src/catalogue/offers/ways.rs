//! What an accelerator costs by way to buy and region: as much of the list as the answer to a link carries with it.
//!
//! `ways.txt` is made of the list ([`ways_of`], which a test compares): whole usual machines and what is sold by the
//! accelerator, from Ampere on. A line `@provider,region,...` names the columns of the lines below it, each of an
//! accelerator on some terms from one source and day: dollars an hour of one accelerator to four digits.

use super::source_text;
use crate::catalogue::accelerators;
use crate::prices::{Currency, Flag, Listing, Terms};
use crate::units::DollarsPerHour;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Terms that are carried, and their letters.
const WAYS: [(Terms, &str); 4] =
    [(Terms::OnDemand, "d"), (Terms::Spot, "s"), (Terms::Year, "y"), (Terms::ThreeYears, "t")];
/// Generations before Ampere, which few engines still run on.
const OLD: [&str; 2] = ["volta", "turing"];
/// What makes a price doubtful, after its day.
const DOUBTS: [(Flag, char, &str); 3] = [
    (Flag::Undated, '?', " or later, undated"),
    (Flag::SpotEstimated, '~', ", estimated"),
    (Flag::Market, '*', ", from a market of sellers"),
];

/// The least that one accelerator costs on those terms with a provider, in a region of it (empty: any), and who sells
/// it where, how, and where and when that was read; nothing where nothing is carried.
#[must_use]
pub fn sold(
    accelerator: &str,
    (provider, region): (&str, &str),
    terms: Terms,
) -> Option<(DollarsPerHour, String)> {
    let way = WAYS.iter().find(|(own, _)| *own == terms)?.1;
    let is = |asked: &str, own: &str| asked.is_empty() || asked.eq_ignore_ascii_case(own);
    let mut places: Vec<&str> = Vec::new();
    let mut best: Option<(DollarsPerHour, [&str; 4])> = None;
    for line in include_str!("../data/ways.txt").lines() {
        if let Some(header) = line.strip_prefix('@') {
            places = header.split(',').collect();
            continue;
        }
        let mut cells = line.split(',');
        let mut cell = || cells.next().unwrap_or_default();
        let (own, on, source, day) = (cell(), cell(), cell(), cell());
        let seller = places.first().copied().unwrap_or_default();
        if (own, on) != (accelerator, way) || !is(provider, seller) {
            continue;
        }
        for (place, price) in places.iter().skip(1).zip(cells) {
            let rate = price.parse().ok().and_then(DollarsPerHour::checked);
            let rate = rate.filter(|_| is(region, place));
            if let Some(rate) = rate.filter(|rate| best.is_none_or(|best| *rate < best.0)) {
                best = Some((rate, [seller, place, source, day]));
            }
        }
    }
    let (rate, [seller, place, source, day]) = best?;
    let doubts = DOUBTS.iter().filter(|own| day.contains(own.1)).map(|own| own.2);
    let doubts: String = doubts.collect();
    let day = day.trim_end_matches(DOUBTS.map(|own| own.1));
    let place = format!("{seller} {place}");
    let (place, source) = (place.trim_end(), source_text(source));
    Some((rate, format!("{place}, {}, {day}{doubts}: {source}", terms.label())))
}

/// `ways.txt` of a list.
#[must_use]
pub fn ways_of(listings: &[Listing]) -> String {
    type Line<'a> = (&'a str, usize, &'a str, String);
    let mut least: BTreeMap<(&str, &str, usize, &str), (DollarsPerHour, Line<'_>)> =
        BTreeMap::new();
    for listing in listings {
        let Some(row) = accelerators::find(&listing.accelerator) else { continue };
        let has = |flag: Flag| listing.flags.has(flag);
        let whole = has(Flag::SoldEach) || listing.machine_size() == Some(row.node_size);
        let sound = !has(Flag::PartOnly) && !has(Flag::Outlier);
        let old = OLD.contains(&&*row.accelerator.generation);
        if !whole || !sound || old || listing.currency != Currency::USD {
            continue;
        }
        for (way, (terms, _)) in WAYS.iter().enumerate() {
            let Some(rate) = listing.rate_each(*terms) else { continue };
            let stamp = listing.stamp(*terms);
            let doubted = |own: &&(Flag, char, &str)| match own.0 {
                Flag::Undated => !stamp.stated,
                flag => has(flag) && (terms.is_spot() || !flag.is_of_spot()),
            };
            let doubts: String = DOUBTS.iter().filter(doubted).map(|own| own.1).collect();
            let day = format!("{}{doubts}", stamp.day);
            let line = (&*row.key, way, &*listing.source, day);
            let at = (&*listing.provider, &*row.key, way, &*listing.region);
            let known = least.entry(at).or_insert_with(|| (rate, line.clone()));
            if rate < known.0 {
                *known = (rate, line);
            }
        }
    }
    let mut sellers: BTreeMap<&str, BTreeMap<Line<'_>, BTreeMap<&str, DollarsPerHour>>> =
        BTreeMap::new();
    for ((seller, .., region), (rate, line)) in least {
        let lines = sellers.entry(seller).or_default();
        lines.entry(line).or_default().insert(region, rate);
    }
    let mut all = String::new();
    for (seller, lines) in sellers {
        let mut places: Vec<&str> = lines.values().flat_map(BTreeMap::keys).copied().collect();
        crate::units::order::sort_by(&mut places, |a, b| a.cmp(b));
        places.dedup();
        let _ = writeln!(all, "@{seller},{}", places.join(","));
        for ((key, way, source, day), prices) in lines {
            let price = |place: &&str| prices.get(place).map(|rate| four(rate.get()));
            let cells: Vec<String> =
                places.iter().map(|place| price(place).unwrap_or_default()).collect();
            let cells = cells.join(",");
            let letter = WAYS[way].1;
            let cells = cells.trim_end_matches(',');
            let _ = writeln!(all, "{key},{letter},{source},{day},{cells}");
        }
    }
    all
}

/// Four digits.
fn four(value: f64) -> String {
    let before = [1.0, 10.0, 100.0, 1000.0].iter().filter(|unit| value >= **unit).count();
    let text = format!("{value:.*}", 4 - before.min(4));
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}
