//! What workers that share a search for where to serve tell one another, as lines that only they read: for each kind
//! `k kind all too_full too_slow missed too_many`, then its deployments, `c` the cheapest, `n` the nearest, `f` those of
//! the frontier: `letter format tp pp dp ep batch replicas first_token per_token each served`, times and rates as their
//! bits.

use super::MarketSession;
use crate::api::Answer;
use crate::plan::serve::market_search::{Deployment, Outcome};
use crate::serving::Instance;
use crate::units::{Dollars, DollarsPerHour, PerSecond, Seconds};
use std::fmt::Write as _;

/// What was found since this was last called.
pub(super) fn told(session: &mut MarketSession) -> Option<Answer> {
    let mut news = String::new();
    for (kind, outcome, points) in session.search.news() {
        let Outcome { all, too_full, too_slow, missed, too_many, cheapest, nearest } = outcome;
        // Into memory, which does not fail.
        let _ = writeln!(news, "k {kind} {all} {too_full} {too_slow} {missed} {too_many}");
        let nearest = nearest.map(|(_, at)| at);
        for (letter, at) in [('c', cheapest), ('n', nearest)] {
            at.iter().for_each(|at| line(letter, at, &mut news));
        }
        points.iter().for_each(|at| line('f', at, &mut news));
    }
    (!news.is_empty()).then_some(Answer::FleetNews { run: session.run, news })
}

fn line(letter: char, at: &Deployment, news: &mut String) {
    let Instance { tp, pp, dp, ep } = at.instance;
    let bits = [at.first_token.get(), at.per_token.get(), at.each.get(), at.served.get()];
    let [first, further, each, served] = bits.map(f64::to_bits);
    let (format, batch, replicas) = (at.format, at.batch, at.replicas);
    let _ = writeln!(
        news,
        "{letter} {format} {tp} {pp} {dp} {ep} {batch} {replicas} {first} {further} {each} {served}"
    );
}

/// Takes in what another worker found; a line that cannot be read is as good as none.
pub(super) fn hear(session: &mut MarketSession, news: &str) {
    for own in news.split("k ").skip(1) {
        let mut lines = own.lines();
        let head = numbers(lines.next().unwrap_or_default());
        let [kind, all, too_full, too_slow, missed, too_many] = *head else { continue };
        let mut outcome =
            Outcome { all, too_full, too_slow, missed, too_many, ..Outcome::default() };
        let mut points = Vec::new();
        for line in lines {
            let (letter, rest) = line.split_at_checked(1).unwrap_or_default();
            let Some(at) = read(session, kind as usize, &numbers(rest)) else { continue };
            match letter {
                "c" => outcome.cheapest = Some(at),
                "n" => {
                    outcome.nearest = Some((session.search.excess(&at), at));
                }
                _ => points.push(at),
            }
        }
        session.search.hear(kind as usize, outcome, &points);
    }
}

fn read(session: &MarketSession, number: usize, line: &[u64]) -> Option<Deployment> {
    let [format, tp, pp, dp, ep, batch, replicas, first, further, each, served] = *line else {
        return None;
    };
    session.search.with_money(Deployment {
        kind: number,
        format: format as usize,
        instance: Instance { tp: tp as u32, pp: pp as u32, dp: dp as u32, ep: ep as u32 },
        batch: batch as u32,
        replicas: replicas as u32,
        first_token: Seconds::new(f64::from_bits(first)),
        per_token: Seconds::new(f64::from_bits(further)),
        each: PerSecond::new(f64::from_bits(each)),
        served: PerSecond::new(f64::from_bits(served)),
        machines: 0,
        hour: DollarsPerHour::ZERO,
        cost: Dollars::ZERO,
    })
}

fn numbers(line: &str) -> Vec<u64> {
    line.split_whitespace().map_while(|n| n.parse().ok()).collect()
}
