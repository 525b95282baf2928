//! F5: a model served on any machine of a market: kind of machine, accelerators of an instance, layout, formats and
//! batch, as an exact Pareto frontier of time to the first token, time between tokens and dollars a million tokens.
//!
//! Every deployment of the declared space is looked at: the layouts of [`instances`], every format that a kind has,
//! the batches of [`batches`]. Once decoding alone takes longer than the goal allows, it does for all larger batches
//! of a layout (a step's time is non-decreasing in its rows), and these are cut. Nothing else is, so that what is said
//! of each kind ([`Outcome`]) is exact as well. Machines are paid for whole.

use super::{batches, instances};
use crate::cluster::Cluster;
use crate::estimate::capacity::{Packing, replicas};
use crate::estimate::serve::{Answer, Arrivals, Full, Sequences, Serving};
use crate::model::Model;
use crate::search::deploy::{allowed, sequences_most};
use crate::serving::{
    Ask, Engine, FixedServing, Goals, Instance, KvFormat, Service, Speculation, Traffic,
    WeightFormat,
};
use crate::units::order::sort_by;
use crate::units::{Dollars, DollarsPerHour, PerSecond, Ratio, Seconds, Tokens};

/// Most points of a frontier; what comes later is dropped and said so.
pub const FRONTIER_MAX: usize = 8192;
/// Bounds are shrunk by this before they cut, so that rounding loses nothing.
const SHRINK: f64 = 1.0 - 1e-9;

/// A kind of machine at its cheapest.
#[derive(Clone, Debug, PartialEq)]
pub struct Kind {
    /// As many of its accelerators as one instance may take.
    pub cluster: Cluster,
    /// Accelerators in one machine.
    pub machine_size: u32,
    /// For one machine.
    pub rate: DollarsPerHour,
    /// Numbers of the formats that hardware and engine have.
    pub formats: Vec<usize>,
    /// Ways to split a model that the engine has there: `tp`, `pp`, `dp`, `ep`.
    pub degrees: Vec<String>,
    /// Most machines there are.
    pub machines_max: u32,
}

/// What is asked of every kind.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    /// What is served.
    pub model: Model,
    /// By which software.
    pub engine: Engine,
    /// In which formats.
    pub formats: Vec<(WeightFormat, KvFormat)>,
    /// Tokens guessed ahead.
    pub speculation: Option<Speculation>,
    /// Requests.
    pub traffic: Traffic,
    /// What must be kept to.
    pub goals: Goals,
    /// Share of requests whose first token comes within what is said; none: the mean is said.
    pub share: Option<Ratio>,
    /// Requests a second of all users; none: as many as fill whole machines.
    pub rate: Option<PerSecond>,
    /// Instances beside those that the rate needs (N+1: one).
    pub spares: u32,
    /// What is decided already.
    pub fixed: FixedServing,
    /// Share of answers whose time a token must keep to its goal; none: the mean of all.
    pub further_share: Option<Ratio>,
}

impl Asked {
    /// What a question asks of every kind, in those formats, with no spare instance.
    #[must_use]
    pub fn of(ask: &Ask, formats: Vec<(WeightFormat, KvFormat)>, rate: Option<PerSecond>) -> Self {
        let mut engine = ask.engine.clone();
        engine.sequences = sequences_most(&engine);
        Self {
            model: ask.model.clone(),
            engine,
            formats,
            speculation: ask.speculation,
            traffic: ask.traffic,
            goals: ask.goals,
            share: ask.share,
            rate,
            spares: 0,
            fixed: ask.fixed,
            further_share: ask.further_share,
        }
    }
}

/// One way to serve.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Deployment {
    /// Number of the kind.
    pub kind: usize,
    /// Number of the formats.
    pub format: usize,
    /// How one instance lies.
    pub instance: Instance,
    /// Sequences that decode together in one instance, on the mean.
    pub batch: u32,
    /// Time to the first token at that load: at the share that is asked for, or on the mean.
    pub first_token: Seconds,
    /// Time between tokens at that load: at the share that is asked for, or on the mean.
    pub per_token: Seconds,
    /// Requests a second that one instance answers so.
    pub each: PerSecond,
    /// Instances, spare ones included.
    pub replicas: u32,
    /// Machines that hold them.
    pub machines: u32,
    /// For all machines.
    pub hour: DollarsPerHour,
    /// Dollars a million tokens of answers, all machines paid for by them.
    pub cost: Dollars,
}

/// What became of one kind of machine.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Outcome {
    /// Deployments of its space.
    pub all: u64,
    /// Of these, those whose weights or cache do not fit.
    pub too_full: u64,
    /// Cut, as no token comes within the goal.
    pub too_slow: u64,
    /// Looked at, but outside the goals.
    pub missed: u64,
    /// Of more machines than there are.
    pub too_many: u64,
    /// The cheapest that keeps to the goals.
    pub cheapest: Option<Deployment>,
    /// Where none does: what misses them least, and by which factor.
    pub nearest: Option<(Ratio, Deployment)>,
}

/// A search that works through its kinds in slices.
#[derive(Clone, Debug)]
pub struct ServeFleet {
    asked: Asked,
    kinds: Vec<Kind>,
    /// Kinds still to be looked at, the next one last.
    left: Vec<usize>,
    outcomes: Vec<Option<Outcome>>,
    frontier: Vec<Deployment>,
    short: bool,
    /// Kinds that were looked at since it was last asked.
    news: Vec<usize>,
}

impl ServeFleet {
    /// A search over those kinds; nothing is looked at yet.
    #[must_use]
    pub fn new(asked: Asked, kinds: Vec<Kind>) -> Self {
        let mut left: Vec<usize> = (0..kinds.len()).collect();
        // Reading memory is what most tokens wait for: those that do it cheaply come first, which finds good points
        // early and changes nothing else.
        let worth = |at: &usize| {
            let kind = &kinds[*at];
            let bytes = kind.cluster.accelerator.memory_bandwidth.get();
            kind.rate.get() / (bytes * f64::from(kind.machine_size.max(1)))
        };
        sort_by(&mut left, |a, b| worth(b).total_cmp(&worth(a)).then(b.cmp(a)));
        let outcomes = vec![None; kinds.len()];
        Self { asked, kinds, left, outcomes, frontier: Vec::new(), short: false, news: Vec::new() }
    }

    /// One of `of` equal shares of it: what the others find is heard from them.
    #[must_use]
    pub fn share(mut self, part: u32, of: u32) -> Self {
        let (part, of) = (part as usize, of.max(1) as usize);
        let mut at = self.left.len();
        self.left.retain(|_| {
            at -= 1;
            at % of == part
        });
        self
    }

    /// What was found of kinds since this was last asked: kind, outcome, and its deployments that nothing found here
    /// beats.
    pub fn news(&mut self) -> Vec<(usize, Outcome, Vec<Deployment>)> {
        let told = |kind: usize| {
            let points = self.frontier.iter().filter(|at| at.kind == kind).copied().collect();
            Some((kind, self.outcomes[kind]?, points))
        };
        let news = self.news.iter().filter_map(|kind| told(*kind)).collect();
        self.news.clear();
        news
    }

    /// Takes in what was found of a kind elsewhere.
    pub fn hear(&mut self, kind: usize, outcome: Outcome, points: &[Deployment]) {
        if let Some(known) = self.outcomes.get_mut(kind) {
            *known = Some(outcome);
            points.iter().for_each(|found| self.keep(*found));
        }
    }

    /// Looks at that many more kinds; whether all are done.
    pub fn advance(&mut self, kinds: u32) -> bool {
        for _ in 0..kinds {
            let Some(kind) = self.left.pop() else { break };
            let outcome = self.look(kind);
            self.outcomes[kind] = Some(outcome);
            self.news.push(kind);
        }
        self.left.is_empty()
    }

    /// What no other deployment beats, cheapest first.
    #[must_use]
    pub fn frontier(&self) -> &[Deployment] {
        &self.frontier
    }

    /// Whether points were dropped for want of room.
    #[must_use]
    pub const fn is_short(&self) -> bool {
        self.short
    }

    /// The cheapest of all that keeps to the goals; of equals the one with the quickest tokens.
    #[must_use]
    pub fn cheapest(&self) -> Option<&Deployment> {
        self.frontier.first()
    }

    /// Where nothing keeps to the goals: what misses them least, and by which factor.
    #[must_use]
    pub fn nearest(&self) -> Option<(Ratio, Deployment)> {
        if !self.frontier.is_empty() {
            return None;
        }
        let all = self.outcomes.iter().flatten().filter_map(|outcome| outcome.nearest);
        all.min_by_key(|(excess, at)| (*excess, at.cost))
    }

    /// What became of each kind; none of those not looked at yet.
    #[must_use]
    pub fn outcomes(&self) -> &[Option<Outcome>] {
        &self.outcomes
    }

    /// The kinds of machine.
    #[must_use]
    pub fn kinds(&self) -> &[Kind] {
        &self.kinds
    }

    /// What is asked.
    #[must_use]
    pub const fn asked(&self) -> &Asked {
        &self.asked
    }

    /// Kinds that are still to be looked at, here or elsewhere.
    #[must_use]
    pub fn n_left(&self) -> u32 {
        self.outcomes.iter().filter(|outcome| outcome.is_none()).count() as u32
    }

    fn look(&mut self, kind: usize) -> Outcome {
        let mut outcome = Outcome::default();
        for format in self.kinds[kind].formats.clone() {
            let Some(service) = service(&self.asked, &self.kinds[kind], format) else { continue };
            for instance in instances(&self.asked.model, &service.cluster) {
                if !allowed(&instance, &self.kinds[kind].degrees, &self.asked.fixed)
                    || service.check(&instance).is_err()
                {
                    continue;
                }
                let serving = Serving::new(&service, &instance);
                self.climb((kind, format), &serving, &mut outcome);
            }
        }
        if outcome.cheapest.is_some() {
            outcome.nearest = None;
        }
        outcome
    }

    /// Batches of one layout, small ones first.
    fn climb(&mut self, at: (usize, usize), serving: &Serving<'_>, outcome: &mut Outcome) {
        let traffic = self.asked.traffic;
        let most = serving.most_running(&traffic);
        let own = self.asked.fixed.batch.map_or(f64::INFINITY, f64::from);
        let limits = batches(Sequences(most.0.min(own)));
        outcome.all += limits.len() as u64;
        if serving.memory().too_full || !serving.holds_one(&traffic) {
            outcome.too_full += limits.len() as u64;
            return;
        }
        let full = serving.full(&traffic);
        let context = Tokens::new((traffic.prompt + traffic.output / 2.0) as u64);
        for (i, batch) in limits.iter().enumerate() {
            if let Some(most) = self.asked.goals.per_token {
                let alone = serving.writing(Sequences(f64::from(*batch)), context);
                // Of those that take too long, the first is the nearest to the goal.
                if i > 0 && alone.get() * SHRINK > most.get() {
                    outcome.too_slow += (limits.len() - i) as u64;
                    return;
                }
            }
            let kind = &self.kinds[at.0];
            match deployment(&self.asked, kind, at, serving, &full, *batch) {
                Some(found) => self.take(found, outcome),
                None => outcome.too_many += 1,
            }
        }
    }

    fn take(&mut self, found: Deployment, outcome: &mut Outcome) {
        if !found.keeps(&self.asked.goals) {
            outcome.missed += 1;
            let excess = self.asked.goals.excess(found.first_token, found.per_token);
            if outcome.nearest.is_none_or(|(least, _)| excess < least) {
                outcome.nearest = Some((excess, found));
            }
            return;
        }
        if outcome.cheapest.is_none_or(|best| found.order() < best.order()) {
            outcome.cheapest = Some(found);
        }
        self.keep(found);
    }

    /// Puts a deployment on the frontier unless another is as good in everything.
    fn keep(&mut self, found: Deployment) {
        // Only what is no dearer can be as good in everything.
        let end = self.frontier.partition_point(|known| known.cost <= found.cost);
        // Of equals the one that is listed first stays, whoever finds it when.
        let stays = |known: &Deployment| {
            known.covers(&found) && !(found.covers(known) && found.listed() < known.listed())
        };
        if self.frontier.iter().take(end).any(stays) {
            return;
        }
        self.frontier.retain(|known| !found.covers(known));
        let at = self.frontier.partition_point(|known| known.order() <= found.order());
        self.frontier.insert(at, found);
        self.short |= self.frontier.len() > FRONTIER_MAX;
        self.frontier.truncate(FRONTIER_MAX);
    }
}

/// The service that a kind makes in one of the formats.
#[must_use]
pub fn service(asked: &Asked, kind: &Kind, format: usize) -> Option<Service> {
    let (weights, cache) = *asked.formats.get(format)?;
    Some(Service {
        model: asked.model.clone(),
        cluster: kind.cluster.clone(),
        engine: asked.engine.clone(),
        weights,
        cache,
        speculation: asked.speculation,
    })
}

/// One deployment, priced; nothing where it takes more machines than there are.
#[must_use]
pub fn deployment(
    asked: &Asked,
    kind: &Kind,
    (number, format): (usize, usize),
    serving: &Serving<'_>,
    full: &Full,
    batch: u32,
) -> Option<Deployment> {
    let traffic = &asked.traffic;
    let answer = serving.arriving(traffic, Sequences(f64::from(batch)), full);
    let Answer { request_rate: each, .. } = answer;
    let per_token = match asked.further_share {
        Some(share) => serving.pace(traffic, &answer, Arrivals::Random).per_token_at(share),
        None => answer.per_token,
    };
    let first_token = match asked.share {
        Some(share) => answer.first_token_at(share),
        None => answer.first_token,
    };
    let instance = serving.instance();
    priced(asked, kind, &Found { number, format, instance, batch, first_token, per_token, each })
}

/// A deployment before it is known how many there are of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Found {
    /// Number of the kind.
    pub number: usize,
    /// Number of the formats.
    pub format: usize,
    /// How one instance lies.
    pub instance: Instance,
    /// Sequences that decode together.
    pub batch: u32,
    /// Time to the first token.
    pub first_token: Seconds,
    /// Time between tokens.
    pub per_token: Seconds,
    /// Requests a second of one instance.
    pub each: PerSecond,
}

/// As many of it as are asked for, and what they cost; nothing where it takes more machines than there are.
#[must_use]
pub fn priced(asked: &Asked, kind: &Kind, found: &Found) -> Option<Deployment> {
    let Found { number, format, instance, batch, first_token, per_token, each } = *found;
    let traffic = &asked.traffic;
    let packing = Packing::new(kind.machine_size, &instance);
    let replicas = match asked.rate {
        Some(rate) => replicas(rate, each).saturating_add(asked.spares),
        None => packing.per_machine.max(1),
    };
    let replicas = replicas.max(asked.fixed.least.unwrap_or(1));
    let machines = packing.machines(replicas);
    if machines > kind.machines_max {
        return None;
    }
    let hour = kind.rate * f64::from(machines);
    let served = asked.rate.unwrap_or(each * f64::from(replicas));
    let tokens = served.get() * traffic.output.max(1.0) * 3600.0;
    let cost = Dollars::new(hour.get() / tokens * 1e6);
    Some(Deployment {
        kind: number,
        format,
        instance,
        batch,
        first_token,
        per_token,
        each,
        replicas,
        machines,
        hour,
        cost,
    })
}

/// Those of a frontier that no other beats in one time and in dollars alone, cheapest first.
#[must_use]
pub fn staircase(
    frontier: &[Deployment],
    time: impl Fn(&Deployment) -> Seconds,
) -> Vec<&Deployment> {
    let mut best = Seconds::UNBOUNDED;
    let mut kept: Vec<&Deployment> = Vec::new();
    for at in frontier {
        if time(at) < best {
            best = time(at);
            // Of equal cost only the quicker stays.
            if kept.last().is_some_and(|last| last.cost == at.cost) {
                kept.pop();
            }
            kept.push(at);
        }
    }
    kept
}

impl Deployment {
    /// The same on machines of another rate.
    #[must_use]
    pub fn at_rate(self, from: DollarsPerHour, to: DollarsPerHour) -> Self {
        let times = to.get() / from.get();
        Self { hour: self.hour * times, cost: self.cost * times, ..self }
    }

    /// At least as good in all three.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        self.first_token <= other.first_token
            && self.per_token <= other.per_token
            && self.cost <= other.cost
    }

    /// Whether it keeps to goals.
    #[must_use]
    pub fn keeps(&self, goals: &Goals) -> bool {
        goals.kept_by(self.first_token, self.per_token)
    }

    const fn listed(&self) -> (usize, usize, Instance, u32) {
        (self.kind, self.format, self.instance, self.batch)
    }

    const fn order(&self) -> (Dollars, Seconds, Seconds) {
        (self.cost, self.per_token, self.first_token)
    }
}
