//! Latency against throughput: what nothing beats, on each kind of machine, whatever the goals.

use super::Deployed;
use super::figures::first_token_of;
use crate::estimate::serve::{Answer, Sequences, Serving};
use crate::plan::budget::figure;
use crate::plan::{Amount, Derivation, Figure};
use crate::search::deploy::{self, Candidate};
use crate::search::serve::{batches, instances};
use crate::serving::{Ask, AskedMachine, FixedServing, Instance};
use crate::units::text::fine;
use crate::units::{PerSecond, Ratio, Seconds, Tokens, order};

/// Most points of a line.
const POINTS_MAX: usize = 40;

/// A deployment under full load.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TradePoint {
    /// Layout, machine and formats.
    pub at: Candidate,
    /// Sequences at once.
    pub batch: u32,
    /// Time a token: of the asked share of answers, else the mean.
    pub per_token: Seconds,
    /// Time to the first token: of the asked share of requests, else the mean.
    pub first_token: Seconds,
    /// Tokens of answers a second of one accelerator.
    pub rate: PerSecond,
    /// Whether its time a further token, and that to the first, is longer than the goal.
    pub misses: [bool; 2],
}

/// What nothing beats in a latency and in tokens a second of one accelerator, under full load, machine by machine and the
/// soonest first: by time of a further token, and by time to the first.
#[must_use]
pub fn tradeoff(ask: &Ask) -> [Vec<TradePoint>; 2] {
    let mut lines = [Vec::new(), Vec::new()];
    for kind in ask.machines.iter().enumerate() {
        let mut all = of_machine(ask, kind);
        lines[0].extend(line(&mut all, |point| point.per_token));
        lines[1].extend(line(&mut all, |point| point.first_token));
    }
    lines
}

/// The answer itself as such a point.
#[must_use]
pub fn traded(own: &Deployed<'_>) -> TradePoint {
    trade(own.ask, (own.own.at, own.own.batch), (&own.serving(), &own.own.full))
}

fn of_machine(ask: &Ask, (machine, kind): (usize, &AskedMachine)) -> Vec<TradePoint> {
    let mut all = Vec::new();
    for format in 0..kind.formats.len() {
        let any = Candidate { machine, format, instance: Instance::ONE };
        let Some(service) = deploy::service(ask, &any, None) else { continue };
        let mut told = service.clone();
        for instance in instances(&ask.model, &kind.cluster) {
            let serving = Serving::new(&service, &instance);
            let splits = deploy::allowed(&instance, &kind.degrees, &FixedServing::default())
                && service.check(&instance).is_ok();
            if !splits || serving.memory().too_full || !serving.holds_one(&ask.traffic) {
                continue;
            }
            let at = Candidate { instance, ..any };
            for batch in batches(serving.most_running(&ask.traffic)) {
                let answer = serving.loaded(&ask.traffic, Sequences(f64::from(batch)));
                deploy::limit(ask, &mut told, instance.dp, Some(batch));
                all.push(trade(ask, (at, batch), (&serving.limited(&told), &answer)));
            }
        }
    }
    all
}

fn trade(
    ask: &Ask,
    (at, batch): (Candidate, u32),
    (serving, answer): (&Serving<'_>, &Answer),
) -> TradePoint {
    let per_token = deploy::per_token(ask, serving, answer);
    let first_token = deploy::first_token(ask, answer);
    let over = |time: Seconds, goal: Option<Seconds>| goal.is_some_and(|most| time > most);
    let (first, further) = ask.room(at.machine).worse((first_token, per_token), batch);
    TradePoint {
        at,
        batch,
        per_token,
        first_token,
        rate: PerSecond::new(answer.output_rate.get() / at.instance.ranks().max(1) as f64),
        misses: [over(further, ask.goals.per_token), over(first, ask.goals.first_token)],
    }
}

/// Sorts points by a latency and takes those that nothing beats in it, thinned out.
fn line(all: &mut Vec<TradePoint>, time: fn(&TradePoint) -> Seconds) -> Vec<TradePoint> {
    // Of equals the one that came first.
    let key = |(point, i): (&TradePoint, u64)| {
        [time(point).get().to_bits(), !point.rate.get().to_bits(), i]
    };
    let mut keys: Vec<[u64; 3]> = all.iter().zip(0..).map(key).collect();
    order::sort_keys(&mut keys);
    *all = keys.iter().filter_map(|key| all.get(key[2] as usize).copied()).collect();
    let mut line: Vec<TradePoint> = Vec::new();
    for point in all.iter().filter(|point| time(point) < Seconds::UNBOUNDED) {
        if line.last().is_none_or(|last| point.rate > last.rate) {
            line.push(*point);
        }
    }
    let step = line.len().div_ceil(POINTS_MAX).max(1);
    let last = line.len().saturating_sub(1);
    let kept = line.iter().enumerate().filter(|(i, _)| i % step == 0 || *i == last);
    kept.map(|(_, point)| *point).collect()
}

/// Where a point's times and rate come from; nothing for one of another question.
#[must_use]
pub fn trade_figures(ask: &Ask, point: &TradePoint) -> Vec<Figure> {
    let Some(service) = deploy::service(ask, &point.at, None) else { return Vec::new() };
    let serving = Serving::new(&service, &point.at.instance);
    let running = Sequences(f64::from(point.batch));
    let answer = serving.loaded(&ask.traffic, running);
    let context = Tokens::new(ask.traffic.context().get() as u64);
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
        Figure { id: "first_token", label: "First token", ..first_token_of(ask.share, &answer) },
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
