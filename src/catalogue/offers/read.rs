//! Reading a list, row by row and strictly.

use super::ListProblem;
use super::doubts;
use crate::catalogue::table::{Row, Table};
use crate::catalogue::{accelerators, places};
use crate::prices::{Currency, Flag, Flags, Listing, Rates, Stamp, Terms};
use crate::units::{BytesPerSecond, Day, DollarsPerHour, Ratio};

/// Longest list that is read, in bytes.
pub const BYTES_MAX: usize = 4 << 20;
/// Most rows that are read.
pub const ROWS_MAX: usize = 20_000;
/// Most problems that are reported.
pub const PROBLEMS_MAX: usize = 200;
/// Dearest machine, in the list's currency an hour.
const RATE_MAX: f64 = 1e6;
/// Most accelerators in one machine.
const COUNT_MAX: f64 = 1024.0;
/// Fastest network of one machine, in Gbit/s.
const NETWORK_MAX: f64 = 1e6;
/// Longest name or source, in characters.
const TEXT_CHARS_MAX: usize = 200;

/// Words of the column `remarks`, with the flags that they set.
pub const REMARKS: [(&str, Flag); 8] = [
    ("estimate", Flag::SpotEstimated),
    ("market", Flag::Market),
    ("part", Flag::PartOnly),
    ("each", Flag::SoldEach),
    ("undated", Flag::Undated),
    ("spot-undated", Flag::Undated),
    ("network-unverified", Flag::NetworkUnverified),
    ("burst", Flag::NetworkBurst),
];

/// Columns of rates, in the order of [`Terms::ALL`].
const RATES: [(&str, Terms); 6] = [
    ("demand", Terms::OnDemand),
    ("spot", Terms::Spot),
    ("spot_min", Terms::SpotLowest),
    ("year", Terms::Year),
    ("three_years", Terms::ThreeYears),
    ("block", Terms::Block),
];

/// The other columns.
const COLUMNS: [&str; 11] = [
    "provider",
    "region",
    "country",
    "instance",
    "accelerator",
    "count",
    "network_gbit_s",
    "currency",
    "as_of",
    "as_of_spot",
    "source",
];

/// Columns that must be there.
const NEEDED: [&str; 4] = ["provider", "instance", "accelerator", "count"];

/// Reads a list: the rows that can be used, with their doubts, and what is wrong with the others.
#[must_use]
pub fn read_listings(text: &str) -> (Vec<Listing>, Vec<ListProblem>) {
    let mut problems = Vec::new();
    if text.len() > BYTES_MAX {
        let given = format!("{} bytes", text.len());
        let expected = format!("a list of at most {BYTES_MAX} bytes");
        return (Vec::new(), vec![problem(1, "", &given, &expected)]);
    }
    let table = Table::read(text);
    if !check_header(table.header(), &mut problems) {
        return (Vec::new(), problems);
    }
    let mut listings = Vec::new();
    let mut memory: Vec<(String, Option<String>)> = Vec::new();
    for (i, row) in table.rows().enumerate() {
        if i == ROWS_MAX || problems.len() >= PROBLEMS_MAX {
            let expected =
                format!("read: the list goes on after {ROWS_MAX} rows or {PROBLEMS_MAX} problems");
            problems.push(problem(row.line(), "", row.text("instance"), &expected));
            break;
        }
        match read(row, table.header().len(), &mut memory) {
            Ok(listing) => listings.push(listing),
            Err(problem) => problems.push(problem),
        }
    }
    doubts::mark(&mut listings);
    (listings, problems)
}

fn check_header(header: &[String], problems: &mut Vec<ListProblem>) -> bool {
    let has = |column: &str| header.iter().any(|name| name == column);
    for column in NEEDED {
        if !has(column) {
            problems.push(problem(1, column, "", "there: the list needs this column"));
        }
    }
    if !RATES.iter().any(|(column, _)| has(column)) {
        let names: Vec<&str> = RATES.iter().map(|(column, _)| *column).collect();
        let expected = format!("there: one of the columns {}", names.join(", "));
        problems.push(problem(1, "", "a rate", &expected));
    }
    let usable = problems.is_empty();
    for (i, name) in header.iter().enumerate().take(64) {
        let known = COLUMNS.contains(&name.as_str()) || RATES.iter().any(|(rate, _)| rate == name);
        if !known && name != "remarks" {
            problems.push(problem(1, name, name, "a column of price lists; it is not read"));
        }
        if header.iter().take(i).any(|before| before == name) {
            problems.push(problem(1, name, name, "there once; the first one counts"));
        }
    }
    usable
}

fn problem(line: u32, column: &str, given: &str, expected: &str) -> ListProblem {
    let given = given.chars().take(TEXT_CHARS_MAX).collect();
    let column = column.chars().take(TEXT_CHARS_MAX).collect();
    ListProblem { line, column, given, expected: expected.to_owned() }
}

/// One row; `memory` remembers what names of accelerators meant before.
fn read(
    row: Row<'_>,
    columns: usize,
    memory: &mut Vec<(String, Option<String>)>,
) -> Result<Listing, ListProblem> {
    let wrong = |column, expected: &str| problem(row.line(), column, row.text(column), expected);
    if row.len() != columns {
        let (given, expected) = (format!("{} fields", row.len()), format!("{columns} fields"));
        return Err(problem(row.line(), "", &given, &expected));
    }
    let text = |column| {
        let text = row.text(column);
        match text.chars().nth(TEXT_CHARS_MAX) {
            None => Ok(text.to_owned()),
            Some(_) => Err(wrong(column, "a text of at most 200 characters")),
        }
    };
    let needed = |column| {
        let text = text(column)?;
        if text.is_empty() { Err(wrong(column, "a name: it is empty")) } else { Ok(text) }
    };
    let (provider, region) = (needed("provider")?, text("region")?);
    let place = places::find(&provider, &region);
    let mut guessed = false;
    let country = match text("country")? {
        country if country.is_empty() => {
            guessed = place.as_ref().is_some_and(|place| place.source.contains("unverified"));
            place.map_or(String::new(), |place| place.country)
        }
        country if country.len() == 2 && country.bytes().all(|b| b.is_ascii_alphabetic()) => {
            country.to_ascii_uppercase()
        }
        _ => return Err(wrong("country", "a country of two letters")),
    };
    let flags = flags(row)?
        .with_if(Flag::PlaceUnknown, region.is_empty())
        .with_if(Flag::CountryUnverified, guessed)
        .with_if(Flag::NetworkAssumed, row.text("network_gbit_s").is_empty());
    let count = amount(row, "count", COUNT_MAX)?.ok_or_else(|| wrong("count", "a number"))?;
    let network = amount(row, "network_gbit_s", NETWORK_MAX)?;
    let as_of = stamp(row, "as_of", "undated")?;
    let as_of_spot = stamp(row, "as_of_spot", "spot-undated")?;
    let fraction = count < 1.0 || count.floor() != count;
    Ok(Listing {
        instance: needed("instance")?,
        accelerator: accelerator(&needed("accelerator")?, memory)
            .ok_or_else(|| wrong("accelerator", "an accelerator of the catalogue"))?,
        accelerators: Ratio::new(count),
        network: network.map(BytesPerSecond::gbit),
        rates: rates(row)?,
        currency: Currency::read(row.text("currency"))
            .ok_or_else(|| wrong("currency", "a currency of three letters"))?,
        as_of,
        as_of_spot: if row.text("as_of_spot").is_empty() { as_of } else { as_of_spot },
        source: text("source")?,
        flags: flags.with_if(Flag::Fraction, fraction),
        provider,
        region,
        country,
    })
}

fn accelerator(name: &str, memory: &mut Vec<(String, Option<String>)>) -> Option<String> {
    if let Some((_, key)) = memory.iter().find(|(known, _)| known == name) {
        return key.clone();
    }
    let key = accelerators::find(name).map(|row| row.key.clone());
    memory.push((name.to_owned(), key.clone()));
    key
}

fn rates(row: Row<'_>) -> Result<Rates, ListProblem> {
    let mut rates = Rates::NONE;
    for (column, terms) in RATES {
        let rate = amount(row, column, RATE_MAX)?;
        rates = rates.with(terms, rate.map(DollarsPerHour::new));
    }
    if rates == Rates::NONE {
        return Err(problem(row.line(), "demand", "", "a rate: the row has none"));
    }
    Ok(rates)
}

/// A number above 0 and up to `max`, or nothing where the field is empty.
fn amount(row: Row<'_>, column: &str, max: f64) -> Result<Option<f64>, ListProblem> {
    let text = row.text(column);
    if text.is_empty() {
        return Ok(None);
    }
    match row.number(column) {
        Some(value) if value > 0.0 && value <= max => Ok(Some(value)),
        _ => {
            let expected = format!("a number above 0 and up to {max}, with a point and no sign");
            Err(problem(row.line(), column, text, &expected))
        }
    }
}

fn stamp(row: Row<'_>, column: &str, undated: &str) -> Result<Stamp, ListProblem> {
    let text = row.text(column);
    let stated = !row.list("remarks", ' ').contains(&undated);
    match Day::read(text) {
        Some(day) => Ok(Stamp { day, stated }),
        None if text.is_empty() => Ok(Stamp::default()),
        None => Err(problem(row.line(), column, text, "a date such as 2026-07-30")),
    }
}

fn flags(row: Row<'_>) -> Result<Flags, ListProblem> {
    let mut flags = Flags::NONE;
    for word in row.list("remarks", ' ') {
        let Some((_, flag)) = REMARKS.iter().find(|(known, _)| *known == word) else {
            let words: Vec<&str> = REMARKS.iter().map(|(word, _)| *word).collect();
            let expected = format!("one of the remarks {}", words.join(", "));
            return Err(problem(row.line(), "remarks", word, &expected));
        };
        // An undated spot price says nothing of the others: see `Stamp`.
        flags = flags.with_if(*flag, word != "spot-undated");
    }
    let no_day = row.text("as_of").is_empty();
    Ok(flags.with_if(Flag::Undated, no_day))
}
