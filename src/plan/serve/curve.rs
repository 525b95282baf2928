//! Latency against throughput: what nothing beats, on each kind of machine, whatever the goals.

use crate::estimate::serve::{Sequences, Serving};
use crate::plan::budget::figure;
use crate::plan::{Amount, Derivation, Figure};
use crate::search::deploy::{self, Candidate, sequences_most};
use crate::search::serve::{Offer, Point, Question, frontier};
use crate::serving::{Ask, Demand, Goals};
use crate::units::text::fine;
use crate::units::{DollarsPerHour, PerSecond, Ratio, Seconds, Tokens};

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
        degrees: kind.degrees.clone(),
        speculation: ask.speculation,
        traffic: ask.traffic,
        goals: Goals::default(),
    };
    let found = frontier(&question).points;
    let mut line: Vec<TradePoint> = Vec::new();
    for point in &found {
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

/// Where a point's times and rate come from; nothing for one of another question.
#[must_use]
pub fn trade_figures(ask: &Ask, point: &TradePoint) -> Vec<Figure> {
    let Some(service) = deploy::service(ask, &point.at, None) else { return Vec::new() };
    let serving = Serving::new(&service, &point.at.instance);
    let running = Sequences(f64::from(point.batch));
    let answer = serving.loaded(&ask.traffic, running);
    let context = Tokens::new((ask.traffic.prompt + ask.traffic.output / 2.0) as u64);
    let alone = serving.writing(running, context);
    let number = |value: f64| fine::number(Ratio::new(value));
    let mean = format!(
        "{} + {} = {}",
        fine::time(alone),
        fine::time(answer.per_token.less(alone)),
        fine::time(answer.per_token)
    );
    let source = "under full load, as the answer's own figure (estimate/serve/flow)";
    let mut per_token =
        Derivation::of("a step of decoding + what prompts of others add to it", mean, source);
    if point.per_token != answer.per_token {
        let factor = point.per_token.get() / answer.per_token.get().max(1e-12);
        let text = format!(
            "{} × {} = {}",
            fine::time(answer.per_token),
            number(factor),
            fine::time(point.per_token)
        );
        let parts = vec![figure("mean", "Mean", Amount::Time(answer.per_token), per_token)];
        let formula = "mean over answers × factor of the share asked for";
        per_token = Derivation::of(formula, text, "estimate/serve/pace").with(parts);
    }
    let least = answer.first_token.less(answer.waiting);
    let first = format!(
        "{} + {} = {}",
        fine::time(least),
        fine::time(answer.waiting),
        fine::time(answer.first_token)
    );
    let ranks = point.at.instance.ranks().max(1) as f64;
    let rate = format!(
        "{} × {} tokens/s / {} = {} tokens/s",
        number(answer.request_rate.get()),
        number(ask.traffic.output),
        number(ranks),
        number(point.rate.get())
    );
    vec![
        figure("per_token", "Further token", Amount::Time(point.per_token), per_token),
        figure(
            "first_token",
            "First token",
            Amount::Time(point.first_token),
            Derivation::of("handling and reading + mean wait", first, source),
        ),
        figure(
            "rate",
            "Of one accelerator",
            Amount::TokenRate(Ratio::new(point.rate.get())),
            Derivation::of(
                "requests a second of an instance × tokens of an answer / its accelerators",
                rate,
                "Little's law over reading and writing (estimate/serve/flow)",
            ),
        ),
    ]
}
