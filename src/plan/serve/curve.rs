//! Latency against throughput: what nothing beats, on each kind of machine, whatever the goals.

use crate::estimate::serve::{Sequences, Serving};
use crate::search::deploy::{self, Candidate, sequences_most};
use crate::search::serve::{Offer, Point, Question, frontier};
use crate::serving::{Ask, Demand, Goals, Instance};
use crate::units::{DollarsPerHour, PerSecond, Seconds};

/// Most points that are kept of one kind of machine.
const POINTS_MAX: usize = 40;

/// A deployment on the frontier.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TradePoint {
    /// Layout, machine and formats.
    pub at: Candidate,
    /// Sequences at once.
    pub batch: u32,
    /// Time a token: of the asked share of answers, else the mean.
    pub per_token: Seconds,
    /// Time to the first token, on the mean.
    pub first_token: Seconds,
    /// Tokens of answers a second of one accelerator.
    pub rate: PerSecond,
    /// Whether it keeps all goals.
    pub keeps: bool,
}

/// The frontier of time a token and tokens a second of one accelerator under full load, machine by machine.
#[must_use]
pub fn tradeoff(ask: &Ask) -> Vec<TradePoint> {
    let mut all = Vec::new();
    for machine in 0..ask.machines.len() {
        all.extend(of_machine(ask, machine));
    }
    all
}

fn of_machine(ask: &Ask, machine: usize) -> Vec<TradePoint> {
    let Some(kind) = ask.machines.get(machine) else { return Vec::new() };
    let splits = |degree: &str| kind.degrees.iter().any(|known| known == degree);
    let offer = Offer {
        cluster: kind.cluster.clone(),
        price: kind.price.unwrap_or(DollarsPerHour::new(1.0)),
    };
    let mut engine = ask.engine.clone();
    engine.sequences = sequences_most(&engine);
    let question = Question {
        model: ask.model.clone(),
        engine,
        offers: vec![offer],
        formats: kind.formats.clone(),
        speculation: ask.speculation,
        traffic: ask.traffic,
        goals: Goals::default(),
    };
    let allowed = |Instance { tp, pp, dp, ep }: Instance| {
        (tp == 1 || splits("tp"))
            && (pp == 1 || splits("pp"))
            && (dp == 1 || splits("dp"))
            && (ep == 1 || splits("ep"))
    };
    let found = frontier(&question).points;
    let mut line: Vec<TradePoint> = Vec::new();
    for point in found.iter().filter(|point| allowed(point.instance)) {
        let own = trade(ask, machine, point);
        // By time a token; what is slower must give more.
        if line.last().is_none_or(|last| own.rate > last.rate) {
            line.push(own);
        }
    }
    let step = line.len().div_ceil(POINTS_MAX).max(1);
    let last = line.len().saturating_sub(1);
    let kept = line.iter().enumerate().filter(|(i, _)| i % step == 0 || *i == last);
    kept.map(|(_, point)| *point).collect()
}

fn trade(ask: &Ask, machine: usize, point: &Point) -> TradePoint {
    let ranks = point.instance.ranks().max(1) as f64 * f64::from(point.replicas.max(1));
    let fits = ask.demand != Demand::Most || point.replicas > 0;
    let at = Candidate { machine, format: point.format, instance: point.instance };
    let per_token = further(ask, &at, point).unwrap_or(point.per_token);
    TradePoint {
        at,
        batch: point.batch,
        per_token,
        first_token: point.first_token,
        rate: PerSecond::new(point.rate.get() / ranks),
        keeps: fits && ask.goals.kept_by(point.first_token, per_token),
    }
}

/// The time a token of the asked share of answers, where one is asked.
fn further(ask: &Ask, at: &Candidate, point: &Point) -> Option<Seconds> {
    ask.further_share?;
    let service = deploy::service(ask, at, Some(point.batch))?;
    let serving = Serving::new(&service, &at.instance);
    let answer = serving.loaded(&ask.traffic, Sequences(f64::from(point.batch)));
    Some(deploy::per_token(ask, &serving, &answer))
}
