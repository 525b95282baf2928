//! Brings a list of prices up to date from public ones:
//! `cargo run --release --example refresh -- public/prices-v1.csv 2026-11-28 nebius=vms.csv lambda=vms.csv ...`
//!
//! Each source is a table of the SkyPilot catalogue (columns `InstanceType`, `AcceleratorName`, `AcceleratorCount`,
//! `Price`, `Region`, `SpotPrice`). Its provider's rows get the new on-demand and spot prices and the day given; a
//! machine that the list has in another region is added. Nothing is written where the result looks wrong: a row that
//! cannot be read, or more than a tenth of a provider's known prices moved by more than three times. Else the list, the
//! copy that the next version is built with, and the line that tells that version which list it was are written.

use autoparallel::catalogue::offers::{line_of, read_listings, source_text, ways_of};
use autoparallel::catalogue::table::{Row, Table};
use autoparallel::prices::{Listing, Terms};
use autoparallel::units::Day;

/// Share of a provider's prices that may move far in one step.
const FAR_SHARE: f64 = 0.1;
/// What moving far is.
const FAR: f64 = 3.0;

fn main() {
    let mut words = std::env::args().skip(1);
    let path = words.next().expect("the path of the list");
    let day = words.next().expect("today, such as 2026-11-28");
    assert!(Day::read(&day).is_some(), "{day} is not a date such as 2026-11-28");
    let text = std::fs::read_to_string(&path).expect("a readable list");
    let mut rows = Rows::read(&text);
    for word in words {
        let (provider, file) = word.split_once('=').expect("provider=file");
        let table = std::fs::read_to_string(file).expect("a readable table");
        let changed = rows.update(provider, &table, &day);
        println!("{provider}: {changed} rows");
    }
    let out = rows.text();
    let (before, _) = read_listings(&text);
    let (after, problems) = read_listings(&out);
    for problem in &problems {
        eprintln!("{problem}");
    }
    assert!(problems.is_empty(), "every row can be read");
    check_moves(&before, &after);
    std::fs::write(&path, &out).expect("a writable list");
    let data = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/catalogue/data");
    std::fs::write(data.join("offers.csv"), &out).expect("a writable copy");
    std::fs::write(data.join("ways.txt"), ways_of(&after)).expect("writable ways");
    std::fs::write(data.join("offers_built.txt"), line_of(&out)).expect("a writable line");
}

/// A list as lines of fields.
struct Rows {
    header: Vec<String>,
    lines: Vec<Vec<String>>,
}

impl Rows {
    fn read(text: &str) -> Self {
        let table = Table::read(text);
        let header = table.header().to_vec();
        let fields = |row: Row<'_>| header.iter().map(|name| row.text(name).to_owned()).collect();
        let lines = table.rows().map(fields).collect();
        Self { header, lines }
    }

    fn at(&self, name: &str) -> usize {
        self.header.iter().position(|column| column == name).expect("a column of the list")
    }

    /// Rows of a provider that a table gave new prices.
    fn update(&mut self, provider: &str, table: &str, day: &str) -> usize {
        let column = |name: &str| self.at(name);
        let [owner, region, instance, count] =
            ["provider", "region", "instance", "count"].map(column);
        let [demand, spot, spot_min] = ["demand", "spot", "spot_min"].map(column);
        let [as_of, as_of_spot, remarks] = ["as_of", "as_of_spot", "remarks"].map(column);
        let mut changed = 0;
        for row in Table::read(table).rows() {
            let (name, place) = (row.text("InstanceType"), row.text("Region"));
            let known = |line: &&mut Vec<String>| {
                line[owner] == provider && line[instance] == name && line[region] == place
            };
            let same = |line: &&Vec<String>| line[owner] == provider && line[instance] == name;
            let elsewhere = self.lines.iter().find(same).cloned();
            let line = match self.lines.iter_mut().find(known) {
                Some(line) => line,
                None => {
                    let Some(mut line) = elsewhere else { continue };
                    line[region] = place.to_owned();
                    self.lines.push(line);
                    let Some(line) = self.lines.last_mut() else { continue };
                    line
                }
            };
            if row.number("AcceleratorCount") != line[count].parse().ok() {
                continue;
            }
            let Some(price) = row.number("Price").filter(|price| *price > 0.0) else { continue };
            line[demand] = price.to_string();
            line[as_of] = day.to_owned();
            let cheap = row.number("SpotPrice").filter(|price| *price > 0.0);
            line[spot] = cheap.map(|price| price.to_string()).unwrap_or_default();
            line[spot_min].clear();
            line[as_of_spot] = if cheap.is_some() { day.to_owned() } else { String::new() };
            let stale = ["undated", "spot-undated", "estimate"];
            let kept = line[remarks].split(' ').filter(|word| !stale.contains(word));
            line[remarks] = kept.collect::<Vec<_>>().join(" ");
            changed += 1;
        }
        changed
    }

    fn text(&self) -> String {
        let line = |fields: &Vec<String>| {
            fields.iter().map(|field| quoted(field)).collect::<Vec<_>>().join(",")
        };
        let mut out = self.header.join(",");
        for fields in &self.lines {
            out.push('\n');
            out.push_str(&line(fields));
        }
        out.push('\n');
        out
    }
}

fn quoted(text: &str) -> String {
    let special = text.contains([',', '"', '\n']);
    if special { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}

/// Stops where too many prices of a provider moved far at once.
fn check_moves(before: &[Listing], after: &[Listing]) {
    let mut providers: Vec<&str> = before.iter().map(|listing| &*listing.provider).collect();
    providers.sort_unstable();
    providers.dedup();
    for provider in providers {
        let (mut all, mut far) = (0.0, 0.0);
        for old in before.iter().filter(|listing| listing.provider == provider) {
            let same = |new: &&Listing| {
                (&new.provider, &new.region, &new.instance, &new.source)
                    == (&old.provider, &old.region, &old.instance, &old.source)
            };
            let new = after.iter().find(same).and_then(|new| new.rate(Terms::OnDemand));
            if let (Some(old), Some(new)) = (old.rate(Terms::OnDemand), new) {
                let moved = new.get() / old.get();
                all += 1.0;
                far += f64::from(u8::from(!(1.0 / FAR..=FAR).contains(&moved)));
            }
        }
        let source = before.iter().find(|listing| listing.provider == provider);
        let source = source.map_or("", |listing| source_text(&listing.source));
        assert!(far <= all * FAR_SHARE, "{provider}: {far} of {all} prices moved far ({source})");
    }
}
