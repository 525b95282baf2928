//! Questions that a fleet answers.

use super::{Fleet, Question};
use crate::estimate::{Cargo, Outlay, outlay, span, wall};
use crate::reliability::Job;
use crate::search::fleet::Point;
use crate::units::{Bytes, Dollars, KilogramsCo2, Seconds, Tokens, order};

/// The cheapest run that ends by a deadline: the last point of the frontier within it.
#[must_use]
pub fn cheapest_by(fleet: &Fleet, deadline: Seconds) -> Option<&Point> {
    let within = fleet.frontier().iter().filter(|point| point.time <= deadline);
    within.min_by_key(|point| (point.cost, point.time))
}

/// The fastest run within a budget.
#[must_use]
pub fn fastest_within(fleet: &Fleet, budget: Dollars) -> Option<&Point> {
    let within = fleet.frontier().iter().filter(|point| point.cost <= budget);
    within.min_by_key(|point| (point.time, point.cost))
}

/// The run of least carbon that takes no longer than a given one.
///
/// Exact where the fleet's aim has carbon in it: see [`crate::search::fleet::Aim`].
#[must_use]
pub fn least_carbon(fleet: &Fleet, at_most: Seconds) -> Option<&Point> {
    let known = |point: &&Point| point.carbon != KilogramsCo2::UNBOUNDED;
    let within = fleet.frontier().iter().filter(|point| point.time <= at_most).filter(known);
    within.min_by_key(|point| (point.carbon, point.cost, point.time))
}

/// What a budget buys.
#[derive(Clone, Debug, PartialEq)]
pub struct MostTokens {
    /// Where.
    pub point: Point,
    /// Tokens of the run.
    pub tokens: Tokens,
    /// Money then, by part.
    pub outlay: Outlay,
    /// Time from start to end then.
    pub time: Seconds,
}

/// The most tokens that a budget and a deadline buy on a point of the frontier.
///
/// Exact where money grows in proportion to tokens. Terms that are paid whole, and data that moves once, are reckoned
/// in full for each point, but a point that the frontier has not for the tokens of the question is not looked at.
#[must_use]
pub fn most_tokens(fleet: &Fleet, budget: Dollars, deadline: Seconds) -> Option<MostTokens> {
    let points = fleet.frontier().iter();
    let most = points.filter_map(|point| tokens_at(fleet, point, budget, deadline));
    most.max_by_key(|most| (most.tokens, std::cmp::Reverse(most.outlay.total())))
}

/// The data of a question with other tokens: of the data set in proportion.
fn cargo_for(fleet: &Fleet, tokens: Tokens) -> Cargo {
    let Question { case, cargo, .. } = fleet.question();
    let share = tokens.as_f64() / case.training.tokens.as_f64().max(1.0);
    Cargo { data_set: Bytes::from_f64(cargo.data_set.as_f64() * share), ..*cargo }
}

/// The same market about that many tokens, and the same machines in it.
#[must_use]
pub fn with_tokens(fleet: &Fleet, point: &Point, tokens: Tokens) -> Option<(Fleet, Point)> {
    let mut question = fleet.question().clone();
    question.cargo = cargo_for(fleet, tokens);
    question.case.training.tokens = tokens;
    let other = fleet.asked(question);
    let busy = other.best(point)?.step * other.n_steps();
    let point = other.point(point.kind, point.size, point.lot, busy)?;
    Some((other, point))
}

fn tokens_at(
    fleet: &Fleet,
    point: &Point,
    budget: Dollars,
    deadline: Seconds,
) -> Option<MostTokens> {
    /// Halvings of the range of tokens.
    const HALVINGS: u32 = 60;
    /// Most tokens, in runs of the question.
    const RUNS_MAX: u64 = 1 << 20;
    let training = &fleet.question().case.training;
    let kind = fleet.market().kinds.get(point.kind as usize)?;
    let purchase = &kind.lots.get(point.lot as usize)?.purchase;
    let machines = point.count.checked_div(kind.machine_size)?;
    let (step, job) = (fleet.best(point)?.step, fleet.job_of(point)?);
    let each = training.step_tokens().get().max(1);
    let tried = |n_steps: u64| {
        let busy = step * n_steps as f64;
        let cargo = cargo_for(fleet, Tokens::new(n_steps.saturating_mul(each)));
        let uptime = fleet.uptime_of(point, &Job { work: busy, ..job });
        let money = outlay(purchase, &cargo, machines, busy, uptime);
        (money, span(&purchase.routes, &cargo, wall(busy, uptime)))
    };
    let fits = |n_steps: u64| {
        let (outlay, time) = tried(n_steps);
        outlay.total() <= budget && time <= deadline
    };
    let (mut low, mut high) = (0, training.n_steps().max(1).saturating_mul(RUNS_MAX));
    for _ in 0..HALVINGS {
        let middle = low + (high - low) / 2;
        if fits(middle) { low = middle } else { high = middle }
    }
    if low == 0 {
        return None;
    }
    let (outlay, time) = tried(low);
    let tokens = Tokens::new(low.saturating_mul(each));
    Some(MostTokens { point: point.clone(), tokens, outlay, time })
}

/// The smallest cluster that is done by then, on any kind of machine; of equally small ones the cheapest.
#[must_use]
pub fn smallest(fleet: &mut Fleet, deadline: Seconds) -> Option<Point> {
    let kinds = &fleet.market().kinds;
    let sizes = kinds.iter().flat_map(|kind| kind.sizes.iter());
    let mut counts: Vec<[u64; 3]> = sizes.map(|size| [u64::from(size.count), 0, 0]).collect();
    order::sort_keys(&mut counts);
    counts.dedup();
    let n_kinds = kinds.len() as u32;
    counts.into_iter().find_map(|[count, ..]| {
        let count = count as u32;
        let points = (0..n_kinds).filter_map(|kind| cheapest_on(fleet, kind, count, deadline));
        points.min_by_key(|point| (point.cost, point.time))
    })
}

/// The cheapest way to buy that many of a kind of machine that is done by then, under its best layout.
fn cheapest_on(fleet: &mut Fleet, kind: u32, count: u32, deadline: Seconds) -> Option<Point> {
    let at = fleet.market().kinds.get(kind as usize)?;
    let size = at.sizes.iter().position(|size| size.count == count)? as u32;
    let machines = count.checked_div(at.machine_size)?;
    let lots = at.lots.iter().zip(0..).filter(|(lot, _)| lot.machines_max >= machines);
    let lots: Vec<u32> = lots.map(|(_, lot)| lot).collect();
    if lots.is_empty() || at.sizes.get(size as usize)?.least > deadline {
        return None;
    }
    let busy = fleet.step(kind, size, deadline)? * fleet.n_steps();
    let points = lots.into_iter().filter_map(|lot| fleet.point(kind, size, lot, busy));
    let in_time = points.filter(|point| point.time <= deadline);
    in_time.min_by_key(|point| (point.cost, point.time))
}
