//! Where to train the case of a link, as text: `cargo run --release --example fleet -- LINK [PRICES.csv] [DAY]`.
//!
//! The list of prices is `public/prices-v1.csv` unless another is named; the day (in days from 1970-01-01) tells how
//! old prices are.

use autoparallel::api::fleet::{FleetRow, FleetSession, SLICE};

const LIST: &str = "public/prices-v1.csv";

fn main() {
    let mut words = std::env::args().skip(1);
    let Some(link) = words.next() else {
        eprintln!("usage: fleet LINK [PRICES.csv] [DAY]");
        std::process::exit(2);
    };
    let path = words.next().unwrap_or_else(|| LIST.to_owned());
    let today = words.next().and_then(|day| day.parse().ok());
    let list = std::fs::read_to_string(&path).unwrap_or_else(|error| {
        eprintln!("{path}: {error}; expected a list of prices with the columns of {LIST}");
        std::process::exit(2);
    });
    let mut session = match FleetSession::new(0, link.trim_start_matches('#'), &list, today) {
        Ok(session) => session,
        Err(answer) => {
            eprintln!("{answer:?}");
            std::process::exit(1);
        }
    };
    while !session.advance(SLICE) {}
    let view = session.view();
    println!("{} sizes of cluster, {} searches", view.pairs, view.searches);
    for answer in &view.answers {
        println!("{}: {}", answer.question, answer.text);
        if let Some(row) = &answer.row {
            println!("  {}", line(row));
        }
    }
    println!("frontier, fastest first:");
    for row in &view.rows {
        println!("  {}; {}", line(row), row.layout);
    }
}

fn line(row: &FleetRow) -> String {
    let place = [row.provider.as_str(), row.region.as_str()].join(" ");
    format!(
        "{} {} at {}, {}, {}/h each: {}, {}, goodput {}",
        row.count,
        row.accelerator,
        place.trim(),
        row.terms,
        row.rate.text,
        row.days.text,
        row.cost.text,
        row.goodput.text
    )
}
