//! F5: the cheapest deployment for a demand: machines, formats, layout, batch limit and replicas, each looked at.
//!
//! Every layout of every kind of machine is tried with every batch limit, but for limits beyond one at which decoding
//! alone takes too long already. Of the limits that keep the goals under
//! full load the one that answers most requests counts; from it follows the least number of instances. Whether that
//! many keep the goals under the demand is found in the order of what they cost, so the first that does is the best.
//! More instances never make a request wait longer, so the least number that does is found by halving.

use super::serve::{batches, instances};
use crate::estimate::serve::{Answer, Arrivals, Pace, Sequences, Serving};
use crate::serving::{Ask, AskedMachine, Demand, Engine, FixedServing, Instance, Mode, Service};
use crate::units::{DollarsPerHour, PerSecond, Ratio, Seconds, Tokens};

/// Most sequences that one attention group decodes together: the largest batches of published settings (DeepSeek-R1 on
/// wide expert parallelism, 2025), whatever an engine takes where it is told nothing.
pub const SEQUENCES_MAX: u32 = 1024;
/// Bounds are shrunk by this before they cut, so that rounding loses nothing.
const SHRINK: f64 = 1.0 - 1e-9;
/// Most deployments of other kinds that are worked out beside the best, but for one on each kind of accelerator.
pub const OTHERS_MAX: usize = 6;

/// One layout on one kind of machine in one pair of formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Candidate {
    /// Number of the kind of machine.
    pub machine: usize,
    /// Number of its pair of formats.
    pub format: usize,
    /// How one instance lies.
    pub instance: Instance,
}

/// A deployment that keeps the goals.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Deployment {
    /// Layout, machine and formats.
    pub at: Candidate,
    /// Sequences that run together in one instance at most.
    pub batch: u32,
    /// Instances.
    pub replicas: u32,
    /// One instance under all that it can take.
    pub full: Answer,
    /// One instance under its share of the demand.
    pub now: Answer,
    /// Time to the first token that the asked share of requests stays within.
    pub first_token: Seconds,
    /// Time a token that the asked share of answers stays within.
    pub per_token: Seconds,
}

/// Why a layout does not serve.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Loss {
    /// Weights and what every step needs leave no room for a cache.
    Full,
    /// The cache does not hold one request to its end.
    Short,
    /// Even few sequences wait longer than allowed between tokens.
    Slow(Seconds),
    /// Even few requests wait longer than allowed for their first token.
    Late(Seconds),
    /// It takes more accelerators than there may be.
    Few(u64),
    /// It serves, but another costs less.
    Dearer,
}

/// A layout and what became of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Looked {
    /// The layout.
    pub at: Candidate,
    /// The batch limit that answers most within the goals, and one instance under it.
    pub limit: Option<(u32, Answer)>,
    /// Accelerators that the demand takes at least.
    pub least: u64,
    /// Why it lost; none: it was chosen, or was not looked at further.
    pub loss: Option<Loss>,
}

/// What was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Survey {
    /// The best, if any serves.
    pub best: Option<Deployment>,
    /// Every layout.
    pub looked: Vec<Looked>,
    /// Pairs of a layout and a batch limit.
    pub space: u64,
}

/// The service of a candidate with its batch limit in the engine.
#[must_use]
pub fn service(ask: &Ask, at: &Candidate, batch: Option<u32>) -> Option<Service> {
    let machine = ask.machines.get(at.machine)?;
    let (weights, cache) = *machine.formats.get(at.format)?;
    let mut engine = ask.engine.clone();
    engine.sequences = match batch {
        Some(batch) => batch.div_ceil(at.instance.dp.max(1)).max(1),
        None => sequences_most(&engine),
    };
    if batch.is_some() {
        engine.memory.drawn_for(engine.sequences);
    }
    Some(Service {
        model: ask.model.clone(),
        cluster: machine.cluster.clone(),
        engine,
        weights,
        cache,
        speculation: ask.speculation,
    })
}

/// Most sequences of one attention group that are tried: what is compiled for one batch keeps it.
#[must_use]
pub fn sequences_most(engine: &Engine) -> u32 {
    if engine.padded { engine.sequences } else { engine.sequences.max(SEQUENCES_MAX) }
}

/// Looks at every layout and finds the cheapest that serves.
#[must_use]
pub fn survey(ask: &Ask) -> Survey {
    let mut survey = Survey { best: None, looked: Vec::new(), space: 0 };
    for (machine, kind) in ask.machines.iter().enumerate() {
        for format in 0..kind.formats.len() {
            look(ask, (machine, kind), format, &mut survey);
        }
    }
    for i in by_price(ask, &survey.looked) {
        let Some(looked) = survey.looked.get(i).copied() else { continue };
        if let Some(best) = &survey.best
            && price(ask, &looked, looked.least) > worth(ask, best)
        {
            break;
        }
        match settle(ask, &looked) {
            Ok(own) => {
                let better = |best: &Deployment| {
                    let (mine, least) = (worth(ask, &own), worth(ask, best));
                    mine < least || mine == least && own.now.per_token < best.now.per_token
                };
                if survey.best.as_ref().is_none_or(better) {
                    survey.best = Some(own);
                }
            }
            Err(loss) => {
                if let Some(looked) = survey.looked.get_mut(i) {
                    looked.loss = Some(loss);
                }
            }
        }
    }
    let best = survey.best.map(|best| best.at);
    for looked in &mut survey.looked {
        if looked.loss.is_none() && Some(looked.at) != best {
            looked.loss = Some(Loss::Dearer);
        }
    }
    survey
}

/// The best of other kinds: every other accelerator that was asked for first, then other formats and other ways to split
/// the model.
#[must_use]
pub fn others(ask: &Ask, survey: &Survey) -> Vec<Deployment> {
    let Some(best) = survey.best else { return Vec::new() };
    let order = by_price(ask, &survey.looked);
    let mut kinds = vec![kind(&best.at)];
    let mut all = Vec::new();
    let machines = (0..ask.machines.len()).filter(|own| *own != best.at.machine).map(Some);
    for machine in machines.chain([None]) {
        let most = if machine.is_some() { all.len() + 1 } else { OTHERS_MAX };
        for looked in order.iter().filter_map(|i| survey.looked.get(*i)) {
            let own = kind(&looked.at);
            let other = machine.is_some_and(|machine| looked.at.machine != machine);
            if all.len() >= most || other || kinds.contains(&own) {
                continue;
            }
            if let Ok(other) = settle(ask, looked) {
                kinds.push(own);
                all.push(other);
            }
        }
    }
    all
}

/// The deployment of a layout for the demand.
///
/// # Errors
/// Why it does not serve.
pub fn settle(ask: &Ask, looked: &Looked) -> Result<Deployment, Loss> {
    let lost = looked.loss.filter(|loss| *loss != Loss::Dearer);
    let (Some((batch, full)), None) = (looked.limit, lost) else {
        return Err(lost.unwrap_or(Loss::Full));
    };
    let machine = ask.machines.get(looked.at.machine).ok_or(Loss::Full)?;
    let ranks = looked.at.instance.ranks().max(1);
    let most = u32::try_from(u64::from(machine.cluster.count) / ranks).unwrap_or(u32::MAX);
    let least = u32::try_from(looked.least / ranks).unwrap_or(u32::MAX);
    let service = service(ask, &looked.at, Some(batch)).ok_or(Loss::Full)?;
    let serving = Serving::new(&service, &looked.at.instance);
    let made = |replicas: u32, now: Answer| Deployment {
        at: looked.at,
        batch,
        replicas,
        full,
        now,
        first_token: first_token(ask, &now),
        per_token: per_token(ask, &serving, &now),
    };
    if ask.demand == Demand::Most {
        return Ok(made(most, full));
    }
    if least > most {
        return Err(Loss::Few(looked.least));
    }
    let tried = |replicas: u32| made(replicas, shared(ask, &serving, replicas));
    let first = tried(least);
    if first.keeps(ask) {
        return Ok(first);
    }
    let last = tried(most);
    if !last.keeps(ask) {
        let slow = ask.goals.per_token.is_some_and(|most| last.per_token > most);
        return Err(if slow { Loss::Slow(last.per_token) } else { Loss::Late(last.first_token) });
    }
    let (mut low, mut high) = (least, most);
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if tried(middle).keeps(ask) {
            high = middle;
        } else {
            low = middle;
        }
    }
    Ok(tried(high))
}

/// What a deployment is compared by: dollars an hour, or of a token where machines are all used; accelerators where
/// no price is known.
#[must_use]
pub fn worth(ask: &Ask, own: &Deployment) -> Ratio {
    let accelerators = own.at.instance.ranks().saturating_mul(u64::from(own.replicas));
    weighed(ask, &own.at, own.full.output_rate, accelerators)
}

/// Price of all accelerators of a deployment, where one is known.
#[must_use]
pub fn hourly(ask: &Ask, own: &Deployment) -> Option<DollarsPerHour> {
    let each = ask.machines.get(own.at.machine)?.price?;
    let n = own.at.instance.ranks() as f64 * f64::from(own.replicas);
    Some(DollarsPerHour::new(each.get() * n))
}

impl Deployment {
    /// Whether what users see keeps to the goals.
    fn keeps(&self, ask: &Ask) -> bool {
        !self.now.saturated && ask.goals.kept_by(self.first_token, self.per_token)
    }
}

/// How evenly tokens come in an answer to what is asked.
#[must_use]
pub fn pace(ask: &Ask, serving: &Serving<'_>, answer: &Answer) -> Pace {
    let random = matches!(ask.demand, Demand::Rate(_));
    let arrivals = if random { Arrivals::Random } else { Arrivals::Answered };
    serving.pace(&ask.traffic, answer, arrivals)
}

/// The time a token that the asked share of answers stays within.
#[must_use]
pub fn per_token(ask: &Ask, serving: &Serving<'_>, answer: &Answer) -> Seconds {
    let share = ask.further_share.filter(|_| answer.per_token < Seconds::new(1e6));
    share.map_or(answer.per_token, |share| pace(ask, serving, answer).per_token_at(share))
}

/// Whether what users see that are so far away keeps to the goals, where requests come at random.
#[must_use]
pub fn keeps_from(ask: &Ask, serving: &Serving<'_>, answer: &Answer, way: Seconds) -> bool {
    let pace = || serving.pace(&ask.traffic, answer, Arrivals::Random);
    let share = ask.further_share.filter(|_| answer.per_token < Seconds::new(1e6));
    let further = share.map_or(answer.per_token, |share| pace().per_token_at(share));
    !answer.saturated && ask.goals.kept_by(first_token(ask, answer) + way, further)
}

fn first_token(ask: &Ask, answer: &Answer) -> Seconds {
    ask.share.map_or(answer.first_token, |share| answer.first_token_at(share))
}

/// One of so many instances under its share of the demand.
fn shared(ask: &Ask, serving: &Serving<'_>, replicas: u32) -> Answer {
    let n = f64::from(replicas.max(1));
    let mode = match ask.demand {
        Demand::Rate(rate) => Mode::Open { rate: PerSecond::new(rate.get() / n), requests: None },
        Demand::InFlight(all) => Mode::Closed { concurrency: all.div_ceil(replicas.max(1)) },
        Demand::Most => Mode::Offline,
    };
    serving.answer(&ask.traffic, mode)
}

fn look(ask: &Ask, (machine, kind): (usize, &AskedMachine), format: usize, survey: &mut Survey) {
    for instance in instances(&ask.model, &kind.cluster) {
        if !allowed(&instance, &kind.degrees, &ask.fixed) {
            continue;
        }
        let at = Candidate { machine, format, instance };
        let Some(service) = service(ask, &at, None) else { continue };
        if service.check(&instance).is_err() {
            continue;
        }
        let serving = Serving::new(&service, &instance);
        let mut looked = Looked { at, limit: None, least: u64::MAX, loss: None };
        if serving.memory().too_full {
            looked.loss = Some(Loss::Full);
        } else if !serving.holds_one(&ask.traffic) {
            looked.loss = Some(Loss::Short);
        } else {
            survey.space += climb(ask, &serving, &mut looked);
        }
        survey.looked.push(looked);
    }
}

/// Tries every batch limit; returns how many.
fn climb(ask: &Ask, serving: &Serving<'_>, looked: &mut Looked) -> u64 {
    let most = serving.most_running(&ask.traffic);
    let most = ask.fixed.batch.map_or(most, |own| Sequences(most.0.min(f64::from(own))));
    // No more run together than there are in flight.
    let most = match ask.demand {
        Demand::InFlight(n) => Sequences(most.0.min(f64::from(n))),
        _ => most,
    };
    let limits = batches(most);
    let mut nearest: Option<(Answer, Seconds)> = None;
    let context = Tokens::new((ask.traffic.prompt + ask.traffic.output / 2.0) as u64);
    for batch in &limits {
        // Decoding alone never gets faster with more sequences, and prompts only add to it.
        let least = serving.writing(Sequences(f64::from(*batch)), context).get() * SHRINK;
        let slow = ask.goals.per_token.is_some_and(|most| least > most.get());
        if slow && (nearest.is_some() || looked.limit.is_some()) {
            break;
        }
        let answer = serving.loaded(&ask.traffic, Sequences(f64::from(*batch)));
        let further = per_token(ask, serving, &answer);
        let kept = ask.goals.kept_by(first_token(ask, &answer), further);
        if kept && !answer.saturated {
            let more = |(_, best): &(u32, Answer)| answer.request_rate > best.request_rate;
            if looked.limit.as_ref().is_none_or(more) {
                looked.limit = Some((*batch, answer));
            }
        } else if nearest.is_none() {
            nearest = Some((answer, further));
        }
    }
    looked.least = match (looked.limit, nearest) {
        (Some((batch, answer)), _) => least(ask, &looked.at.instance, batch, &answer),
        (None, Some((answer, further))) => {
            let slow = ask.goals.per_token.is_some_and(|most| further > most);
            let loss = Loss::Late(first_token(ask, &answer));
            looked.loss = Some(if slow { Loss::Slow(further) } else { loss });
            u64::MAX
        }
        (None, None) => {
            looked.loss = Some(Loss::Short);
            u64::MAX
        }
    };
    limits.len() as u64
}

/// Accelerators that the demand takes at least.
fn least(ask: &Ask, instance: &Instance, batch: u32, full: &Answer) -> u64 {
    let replicas = match ask.demand {
        Demand::Most => 1.0,
        Demand::Rate(rate) => (rate.get() / full.request_rate.get().max(1e-12)).ceil().max(1.0),
        Demand::InFlight(n) => (f64::from(n) / f64::from(batch.max(1))).ceil().max(1.0),
    };
    let fewest = f64::from(ask.fixed.least.unwrap_or(1));
    (replicas.max(fewest).min(1e15) as u64).saturating_mul(instance.ranks().max(1))
}

/// Layouts by what they cost at least, the cheapest first; those that cannot serve are left out.
fn by_price(ask: &Ask, all: &[Looked]) -> Vec<usize> {
    let serves = |looked: &Looked| looked.limit.is_some();
    let mut order: Vec<(Ratio, usize)> = all
        .iter()
        .enumerate()
        .filter(|(_, looked)| serves(looked))
        .map(|(i, looked)| (price(ask, looked, looked.least), i))
        .collect();
    crate::units::order::sort_by(&mut order, |a, b| a.0.cmp(&b.0).then(a.1.cmp(&b.1)));
    order.into_iter().map(|(_, i)| i).collect()
}

fn price(ask: &Ask, looked: &Looked, accelerators: u64) -> Ratio {
    let rate = looked.limit.map_or(PerSecond::ZERO, |(_, full)| full.output_rate);
    weighed(ask, &looked.at, rate, accelerators)
}

fn weighed(ask: &Ask, at: &Candidate, rate: PerSecond, accelerators: u64) -> Ratio {
    let known = ask.machines.iter().all(|machine| machine.price.is_some());
    let own = ask.machines.get(at.machine).and_then(|machine| machine.price);
    let each = own.filter(|_| known).map_or(1.0, |price| price.get());
    if ask.demand == Demand::Most {
        return Ratio::new(each * at.instance.ranks() as f64 / rate.get().max(1e-12));
    }
    Ratio::new(each * accelerators as f64)
}

/// Whether the engine can split the model so, and the user lets it.
#[must_use]
pub fn allowed(instance: &Instance, degrees: &[String], fixed: &FixedServing) -> bool {
    let splits = |degree: &str| degrees.iter().any(|known| known == degree);
    let free = [
        (instance.tp, fixed.tp, "tp"),
        (instance.pp, fixed.pp, "pp"),
        (instance.dp, fixed.dp, "dp"),
        (instance.ep, fixed.ep, "ep"),
    ];
    free.iter().all(|(own, asked, degree)| {
        asked.is_none_or(|asked| asked == *own) && (*own == 1 || splits(degree))
    })
}

/// What makes two deployments alike: accelerator, formats, and which degrees split the model.
fn kind(at: &Candidate) -> (usize, usize, [bool; 4]) {
    let Instance { tp, pp, dp, ep } = at.instance;
    (at.machine, at.format, [tp > 1, pp > 1, dp > 1, ep > 1])
}
