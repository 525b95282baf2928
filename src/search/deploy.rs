//! F5: the cheapest deployment for a demand: machines, formats, layout, batch limit and replicas, each looked at.
//!
//! Every layout of every kind of machine is tried with every batch limit, but for limits beyond one at which decoding
//! alone takes too long already, and those that would not answer more than another even if prompts took no time. Of the
//! limits that keep the goals under full load the one that answers most requests counts; from it follows the least
//! number of instances. Whether that many keep the goals under the demand is found in the order of what they cost, so
//! the first that does is the best. More instances never make a request wait longer, so the least number that does is
//! found by halving.

use super::serve::{batches, instances};
use crate::estimate::capacity::Packing;
use crate::estimate::serve::{Answer, Arrivals, Pace, Sequences, Serving};
use crate::serving::{
    Ask, AskedMachine, DP_ALL, Demand, Engine, FixedServing, Instance, Mode, Room, Service, Traffic,
};
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
    /// Instances that share the demand; spare ones stand by beside them.
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
    /// Even few sequences wait longer than allowed between tokens: so long, with the room that the wanted chance asks for.
    Slow(Seconds),
    /// Even few requests wait longer than allowed for their first token, in the same way.
    Late(Seconds),
    /// It takes more accelerators than there may be, goals aside.
    Few,
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
    /// Where no limit keeps the goals: the smallest that was tried, one instance under it, and its time a token.
    pub missed: Option<(u32, Answer, Seconds)>,
    /// Instances that the demand takes at least, spare ones aside.
    pub least: u32,
    /// Why it lost; none: it was chosen, or was not looked at further.
    pub loss: Option<Loss>,
}

/// A layout under its batch limit, ready to be asked for any number of instances.
pub struct Sizing<'a> {
    ask: &'a Ask,
    serving: Serving<'a>,
    at: Candidate,
    batch: u32,
    full: Answer,
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
    let mut service = Service {
        model: ask.model.clone(),
        cluster: machine.cluster.clone(),
        engine: ask.engine.clone(),
        weights,
        cache,
        speculation: ask.speculation,
    };
    limit(ask, &mut service, at.instance.dp, batch);
    Some(service)
}

/// Tells the engine of a service its batch limit, or that it has none of its own.
pub fn limit(ask: &Ask, service: &mut Service, groups: u32, batch: Option<u32>) {
    let engine = &mut service.engine;
    (engine.sequences, engine.memory) = (sequences_most(&ask.engine), ask.engine.memory);
    if let Some(batch) = batch {
        engine.sequences = batch.div_ceil(groups.max(1)).max(1);
        engine.memory.drawn_for(engine.sequences);
    }
}

/// Most sequences of one attention group that are tried: what is compiled for one batch keeps it.
#[must_use]
pub fn sequences_most(engine: &Engine) -> u32 {
    if engine.padded { engine.sequences } else { engine.sequences.max(SEQUENCES_MAX) }
}

/// Looks at every layout and finds the cheapest that serves.
#[must_use]
pub fn survey(ask: &Ask) -> Survey {
    survey_settled(ask).0
}

/// The same, and every deployment that was worked out for it, by the number of its layout.
#[must_use]
pub fn survey_settled(ask: &Ask) -> (Survey, Vec<(usize, Deployment)>) {
    let mut survey = Survey { best: None, looked: Vec::new(), space: 0 };
    let mut settled = Vec::new();
    for (machine, kind) in ask.machines.iter().enumerate() {
        for format in 0..kind.formats.len() {
            look(ask, (machine, kind), format, &mut survey);
        }
    }
    for i in by_price(ask, &survey.looked) {
        let Some(looked) = survey.looked.get(i).copied() else { continue };
        if let Some(best) = &survey.best
            && !best.now.saturated
            && price(ask, &looked, looked.least) > worth(ask, best)
        {
            break;
        }
        match settle(ask, &looked) {
            Ok(own) => {
                settled.push((i, own));
                // What makes nobody wait for a place goes first.
                let rank = |of: &Deployment| (of.now.saturated, worth(ask, of), of.now.per_token);
                let better = |best: &Deployment| rank(&own) < rank(best);
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
    (survey, settled)
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
    let (Some(limit), None) = (looked.limit, lost) else {
        return Err(lost.unwrap_or(Loss::Full));
    };
    let service = service(ask, &looked.at, Some(limit.0)).ok_or(Loss::Full)?;
    Sizing::new(ask, &service, looked, limit).settle(looked)
}

impl<'a> Sizing<'a> {
    /// Of a layout with the limit that was found for it; the service is that with this limit.
    #[must_use]
    pub fn new(
        ask: &'a Ask,
        service: &'a Service,
        looked: &Looked,
        (batch, full): (u32, Answer),
    ) -> Self {
        Self {
            ask,
            serving: Serving::new(service, &looked.at.instance),
            at: looked.at,
            batch,
            full,
        }
    }

    /// One instance.
    #[must_use]
    pub const fn serving(&self) -> &Serving<'a> {
        &self.serving
    }

    /// The fewest instances that keep the goals under the demand.
    ///
    /// # Errors
    /// Why none do.
    pub fn settle(&self, looked: &Looked) -> Result<Deployment, Loss> {
        let ask = self.ask;
        let most = most(ask, &self.at);
        if ask.demand == Demand::Most {
            // Not even the machines of one instance.
            let short = most == 0 && paid(ask, &self.at, 1) > allowed_of(ask, &self.at);
            return if short { Err(Loss::Few) } else { Ok(self.of(most.max(1))) };
        }
        if looked.least > most {
            // Those in flight beyond what all instances hold wait for a place, if the goals let them.
            let waits = matches!(ask.demand, Demand::InFlight(_)) && most > 0;
            let last = waits.then(|| self.of(most));
            let kept = last.filter(|own| own.keeps_times(ask));
            return kept.ok_or(Loss::Few);
        }
        let first = self.of(looked.least);
        if first.keeps(ask) {
            return Ok(first);
        }
        // Mostly one more does.
        let next = (most - looked.least > 1).then(|| self.of(looked.least + 1));
        if let Some(next) = next.filter(|next| next.keeps(ask)) {
            return Ok(next);
        }
        let last = self.of(most);
        if !last.keeps(ask) {
            return Err(missing(ask, &self.at, self.batch, (last.first_token, last.per_token)));
        }
        Ok(match next {
            Some(next) => self.least(next.replicas, last),
            None => last,
        })
    }

    /// As many instances as the demand takes at least, at the limit that was found, goals or not.
    #[must_use]
    pub fn under_all(&self) -> Deployment {
        let replicas = least(self.ask, (self.at.machine, self.batch), &self.full);
        let now = self.full;
        let times = (first_token(self.ask, &now), per_token(self.ask, &self.serving, &now));
        self.told(replicas, now, times)
    }

    /// That many instances under the demand.
    #[must_use]
    pub fn of(&self, replicas: u32) -> Deployment {
        let Self { ask, serving, .. } = self;
        let now = match ask.demand {
            Demand::Most => self.full,
            _ => shared(ask, serving, replicas),
        };
        self.told(replicas, now, (first_token(ask, &now), per_token(ask, serving, &now)))
    }

    fn told(
        &self,
        replicas: u32,
        now: Answer,
        (first_token, per_token): (Seconds, Seconds),
    ) -> Deployment {
        let Self { at, batch, full, .. } = *self;
        Deployment { at, batch, replicas, full, now, first_token, per_token }
    }

    /// The fewest instances that keep the goals, where `low` do not and `last` does: twice as many each time, then by
    /// halving.
    fn least(&self, mut low: u32, last: Deployment) -> Deployment {
        let (mut best, mut step) = (last, 2);
        while best.replicas - low > step {
            let next = self.of(low + step);
            if next.keeps(self.ask) {
                best = next;
                break;
            }
            low = next.replicas;
            step = step.saturating_mul(2);
        }
        while best.replicas - low > 1 {
            let middle = self.of(low + (best.replicas - low) / 2);
            if middle.keeps(self.ask) {
                best = middle;
            } else {
                low = middle.replicas;
            }
        }
        best
    }
}

/// How instances of a layout lie in what is paid for together.
#[must_use]
pub fn packing(ask: &Ask, at: &Candidate) -> Packing {
    Packing::new(ask.machines.get(at.machine).map_or(1, AskedMachine::size), &at.instance)
}

/// Accelerators that so many instances and the spare ones beside them are paid for.
#[must_use]
pub fn paid(ask: &Ask, at: &Candidate, replicas: u32) -> u64 {
    let size = ask.machines.get(at.machine).map_or(1, AskedMachine::size);
    u64::from(packing(ask, at).machines(replicas.saturating_add(ask.spares))) * u64::from(size)
}

/// Most instances of a layout that there may be, spare ones aside: of whole machines, where these are paid for whole.
#[must_use]
pub fn most(ask: &Ask, at: &Candidate) -> u32 {
    let Some(machine) = ask.machines.get(at.machine) else { return 0 };
    let machines = machine.most / machine.size();
    packing(ask, at).instances(machines).saturating_sub(ask.spares)
}

/// Accelerators of one instance, or of all, whichever may be more.
fn allowed_of(ask: &Ask, at: &Candidate) -> u64 {
    ask.machines.get(at.machine).map_or(0, |own| own.most.max(own.cluster.count).into())
}

/// What a deployment is compared by: dollars an hour, or of a token where machines are all used; accelerators where
/// no price is known.
#[must_use]
pub fn worth(ask: &Ask, own: &Deployment) -> Ratio {
    weighed(ask, &own.at, own.full.output_rate, own.replicas)
}

/// Price of all accelerators that a deployment is paid for, where one is known.
#[must_use]
pub fn hourly(ask: &Ask, own: &Deployment) -> Option<DollarsPerHour> {
    let each = ask.machines.get(own.at.machine)?.price?;
    Some(each * paid(ask, &own.at, own.replicas) as f64)
}

impl Deployment {
    /// Requests a second of all instances.
    #[must_use]
    pub fn served(&self, ask: &Ask) -> PerSecond {
        match ask.demand {
            Demand::Rate(rate) => rate,
            _ => self.now.request_rate * f64::from(self.replicas),
        }
    }

    /// Whether what users see keeps to the goals.
    #[must_use]
    pub fn keeps(&self, ask: &Ask) -> bool {
        !self.now.saturated && self.keeps_times(ask)
    }

    fn keeps_times(&self, ask: &Ask) -> bool {
        ask.kept((self.at.machine, self.batch), self.first_token, self.per_token)
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

/// Whether what users see that are so far away keeps to the goals, where requests come at random to an instance of that
/// kind of machine and batch limit.
#[must_use]
pub fn keeps_from(
    ask: &Ask,
    (serving, machine, batch): (&Serving<'_>, usize, u32),
    answer: &Answer,
    way: Seconds,
) -> bool {
    let room = ask.room(machine);
    let first = |goal| comes_first_within(ask.share, &room, answer, (goal, way));
    let pace = || serving.pace(&ask.traffic, answer, Arrivals::Random);
    let share = ask.further_share.filter(|_| answer.per_token < Seconds::new(1e6));
    let further = || share.map_or(answer.per_token, |share| pace().per_token_at(share));
    let per_token = |goal: Seconds| further() * room.of_batch(batch).get() <= goal;
    !answer.saturated
        && ask.goals.first_token.is_none_or(first)
        && ask.goals.per_token.is_none_or(per_token)
        && is_held(&room, serving, &ask.traffic, answer)
}

/// Whether the first token of the asked share of requests, or of the mean one, comes in time to those that are so far away,
/// with room to spare.
#[must_use]
pub fn comes_first_within(
    share: Option<Ratio>,
    room: &Room,
    answer: &Answer,
    (goal, way): (Seconds, Seconds),
) -> bool {
    let first = room.first.get();
    match share {
        Some(share) => answer.first_token_within(share, goal.less(way) * (1.0 / first)),
        None => answer.first_token * first + way <= goal,
    }
}

/// Whether an instance answers as many requests as that with room to spare.
#[must_use]
pub fn is_held(room: &Room, serving: &Serving<'_>, traffic: &Traffic, answer: &Answer) -> bool {
    let most = || serving.full(traffic).rate;
    room.rate <= Ratio::ONE || answer.request_rate * room.rate.get() <= most()
}

/// The time to the first token that the asked share of requests stays within.
#[must_use]
pub fn first_token(ask: &Ask, answer: &Answer) -> Seconds {
    ask.share.map_or(answer.first_token, |share| answer.first_token_at(share))
}

/// One of so many instances under its share of the demand.
#[must_use]
pub fn shared(ask: &Ask, serving: &Serving<'_>, replicas: u32) -> Answer {
    let n = f64::from(replicas.max(1));
    let mode = match ask.demand {
        Demand::Rate(rate) => Mode::Open { rate: PerSecond::new(rate.get() / n), requests: None },
        Demand::InFlight(all) => Mode::Closed { concurrency: all.div_ceil(replicas.max(1)) },
        Demand::Most => Mode::Offline,
    };
    serving.answer(&ask.traffic, mode)
}

fn look(ask: &Ask, (machine, kind): (usize, &AskedMachine), format: usize, survey: &mut Survey) {
    // One service for all layouts: how an instance lies does not change it.
    let any = Candidate { machine, format, instance: Instance::ONE };
    let Some(service) = service(ask, &any, None) else { return };
    // The same under limits that are tried.
    let mut told = service.clone();
    for instance in instances(&ask.model, &kind.cluster) {
        if !allowed(&instance, &kind.degrees, &ask.fixed) || service.check(&instance).is_err() {
            continue;
        }
        let at = Candidate { instance, ..any };
        let serving = Serving::new(&service, &instance);
        let mut looked = Looked { at, limit: None, missed: None, least: u32::MAX, loss: None };
        // An engine that is told to run one sequence at a time needs least beside its weights.
        limit(ask, &mut told, 1, Some(1));
        let alone = serving.limited(&told);
        let (full, short) = (alone.memory().too_full, !alone.holds_one(&ask.traffic));
        if full {
            looked.loss = Some(Loss::Full);
        } else if short {
            looked.loss = Some(Loss::Short);
        } else {
            let most = held(ask, &serving, &at, &mut told);
            survey.space += climb(ask, &serving, &mut told, most, &mut looked);
        }
        survey.looked.push(looked);
    }
}

/// Sequences that run together at most: an engine that is told a limit draws next tokens for no more in its trial run,
/// which leaves more room for their cache.
fn held(ask: &Ask, serving: &Serving<'_>, at: &Candidate, told: &mut Service) -> Sequences {
    let untold = serving.most_running(&ask.traffic);
    let most = f64::from(sequences_most(&ask.engine)) * f64::from(at.instance.dp.max(1));
    let asked = ask.fixed.batch.map_or(most, f64::from);
    let asked = match ask.demand {
        Demand::InFlight(n) => asked.min(f64::from(n)),
        _ => asked,
    };
    let most = most.min(asked);
    let mut holds = |batch: u32| {
        limit(ask, told, at.instance.dp, Some(batch));
        serving.limited(told).most_running(&ask.traffic).0 >= f64::from(batch)
    };
    let (mut low, mut high) = (untold.0 as u32, most as u32 + 1);
    if untold.0 >= most || !holds(low + 1) {
        return untold;
    }
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if holds(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    Sequences(f64::from(low))
}

/// The batch limits that are tried where so many sequences run together at most.
fn limits(ask: &Ask, most: Sequences) -> Vec<u32> {
    let most = ask.fixed.batch.map_or(most, |own| Sequences(most.0.min(f64::from(own))));
    // No more run together than there are in flight.
    let most = match ask.demand {
        Demand::InFlight(n) => Sequences(most.0.min(f64::from(n))),
        _ => most,
    };
    let mut limits = batches(most);
    // What was fixed, or all that are in flight, is a limit as well.
    let whole = most.0.min(f64::from(u32::MAX)) as u32;
    let fixed = matches!(ask.demand, Demand::InFlight(_)) || ask.fixed.batch.is_some();
    if fixed && limits.last().is_some_and(|last| *last < whole) {
        limits.push(whole);
    }
    limits
}

/// Tries every batch limit; returns how many. `told` is a service of that kind, to be told limits.
fn climb(
    ask: &Ask,
    serving: &Serving<'_>,
    told: &mut Service,
    most: Sequences,
    looked: &mut Looked,
) -> u64 {
    // Where steps are small for want of memory, a limit may leave room for larger ones.
    let small = serving.rows_most() < ask.engine.chunk;
    let limits = limits(ask, most);
    let mut nearest: Option<(u32, Answer)> = None;
    let context = Tokens::new(ask.traffic.context().get() as u64);
    let goal = ask.goals.per_token.map_or(f64::INFINITY, |most| most.get());
    let room = ask.room(looked.at.machine);
    let machine = looked.at.machine;
    // Decoding alone never gets faster with more sequences, and prompts only add to it. The first limit is always
    // looked at: where none keeps the goals, it comes nearest.
    let alone = |batch: &u32| serving.writing(Sequences(f64::from(*batch)), context).get();
    let timed = limits.iter().map(|batch| (*batch, alone(batch)));
    let kept = |(i, (_, time)): &(usize, (u32, f64))| {
        // One sequence alone, to which another range belongs, can only be the first.
        *i == 0 || time * room.further.get() * SHRINK <= goal
    };
    let tried: Vec<(u32, f64)> = timed.enumerate().take_while(kept).map(|(_, at)| at).collect();
    let output = (ask.traffic.output - 1.0).max(1.0);
    // Large ones first: they answer most, and what answers no more than `batch` tokens in the time of decoding alone
    // need not be looked at further. Of equals the smallest is taken.
    for (batch, alone) in tried.into_iter().rev() {
        let batch_most = f64::from(batch) / (output * alone * SHRINK);
        if looked.limit.is_some_and(|(_, best)| batch_most < best.request_rate.get()) {
            continue;
        }
        if small {
            limit(ask, told, looked.at.instance.dp, Some(batch));
        }
        let limited = small.then(|| serving.limited(told));
        let serving = limited.as_ref().unwrap_or(serving);
        let answer = serving.loaded(&ask.traffic, Sequences(f64::from(batch)));
        let keeps = || {
            let further = per_token(ask, serving, &answer);
            ask.kept((machine, batch), Seconds::ZERO, further)
                && ask.kept((machine, batch), first_token(ask, &answer), further)
        };
        if !answer.saturated && !is_beyond(ask, (machine, batch), &answer) && keeps() {
            // Of those in flight, what does not run waits: the most that may run together are let.
            let all = matches!(ask.demand, Demand::InFlight(_));
            let more = |(_, best): &(u32, Answer)| !all && answer.request_rate >= best.request_rate;
            if looked.limit.as_ref().is_none_or(more) {
                looked.limit = Some((batch, answer));
            }
        } else {
            nearest = Some((batch, answer));
        }
    }
    looked.least = match (looked.limit, nearest) {
        (Some((batch, answer)), _) => least(ask, (machine, batch), &answer),
        (None, Some((batch, answer))) => {
            let further = per_token(ask, serving, &answer);
            looked.missed = Some((batch, answer, further));
            let times = (first_token(ask, &answer), further);
            looked.loss = Some(missing(ask, &looked.at, batch, times));
            u32::MAX
        }
        (None, None) => {
            looked.loss = Some(Loss::Short);
            u32::MAX
        }
    };
    limits.len() as u64
}

/// Whether the mean alone misses the goal for further tokens, and with it each percentile that lies above the mean
/// whatever the deviation ([`Pace::per_token_at`]: from 0.86 on).
fn is_beyond(ask: &Ask, of: (usize, u32), answer: &Answer) -> bool {
    let above = ask.further_share.is_none_or(|share| share.get() >= 0.9);
    above && !ask.kept(of, Seconds::ZERO, answer.per_token)
}

/// Which goal is missed, and by which time, made worse by what the wanted chance asks for.
fn missing(ask: &Ask, at: &Candidate, batch: u32, times: (Seconds, Seconds)) -> Loss {
    let (first, further) = ask.room(at.machine).worse(times, batch);
    match ask.goals.per_token.is_some_and(|most| further > most) {
        true => Loss::Slow(further),
        false => Loss::Late(first),
    }
}

/// Time to the first token and of each further one of a layout that misses a goal, with the room that the wanted chance
/// asks for, where least is asked of one instance: alone with its request, or as one of more than there may be; nothing of
/// a layout that was lost for its memory.
#[must_use]
pub fn missed_by(ask: &Ask, looked: &Looked) -> Option<[Seconds; 2]> {
    if !matches!(looked.loss, Some(Loss::Slow(_) | Loss::Late(_) | Loss::Few)) {
        return None;
    }
    let (batch, [first, further]) = match (looked.missed, looked.limit) {
        (Some((batch, answer, further)), _) => (batch, [first_token(ask, &answer), further]),
        (None, limit) => {
            let limit = limit?;
            let service = service(ask, &looked.at, Some(limit.0))?;
            let sizing = Sizing::new(ask, &service, looked, limit);
            let own = sizing.of(u32::MAX);
            (limit.0, [own.first_token, own.per_token])
        }
    };
    let (first, further) = ask.room(looked.at.machine).worse((first, further), batch);
    Some([first, further])
}

/// Instances that the demand takes at least, spare ones aside.
fn least(ask: &Ask, (machine, batch): (usize, u32), full: &Answer) -> u32 {
    let replicas = match ask.demand {
        Demand::Most => 1.0,
        Demand::Rate(rate) => {
            let asked = rate.get() * ask.room(machine).rate.get();
            (asked / full.request_rate.get().max(1e-12)).ceil().max(1.0)
        }
        Demand::InFlight(n) => (f64::from(n) / f64::from(batch.max(1))).ceil().max(1.0),
    };
    let fewest = ask.fixed.least.unwrap_or(1).saturating_sub(ask.spares);
    // No more than 32 bits hold.
    (replicas.min(f64::from(u32::MAX)) as u32).max(fewest)
}

/// Layouts by what they cost at least, the cheapest first; those that cannot serve are left out.
#[must_use]
pub fn by_price(ask: &Ask, all: &[Looked]) -> Vec<usize> {
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

fn price(ask: &Ask, looked: &Looked, replicas: u32) -> Ratio {
    let rate = looked.limit.map_or(PerSecond::ZERO, |(_, full)| full.output_rate);
    weighed(ask, &looked.at, rate, replicas)
}

fn weighed(ask: &Ask, at: &Candidate, rate: PerSecond, replicas: u32) -> Ratio {
    let known = ask.machines.iter().all(|machine| machine.price.is_some());
    let own = ask.machines.get(at.machine).and_then(|machine| machine.price);
    let each = own.filter(|_| known).map_or(1.0, |price| price.get());
    if ask.demand == Demand::Most {
        // What is not filled is paid for as well.
        let replicas = most(ask, at).max(1);
        let all = rate.get().max(1e-12) * f64::from(replicas);
        return Ratio::new(each * paid(ask, at, replicas) as f64 / all);
    }
    Ratio::new(each * paid(ask, at, replicas) as f64)
}

/// Whether the engine can split the model so, and the user lets it.
#[must_use]
pub fn allowed(instance: &Instance, degrees: &[String], fixed: &FixedServing) -> bool {
    let knows = |degree: &str| degrees.iter().any(|known| known == degree);
    let splits =
        |degree: &str| knows(degree) || degree == "dp" && instance.tp == 1 && knows(DP_ALL);
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
