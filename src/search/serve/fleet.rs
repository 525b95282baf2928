//! F5: a model served on any machine of a market: kind of machine, accelerators of an instance, layout, formats, batch
//! limit and instances, as a Pareto frontier of time to the first token, time between tokens and dollars a million
//! tokens.
//!
//! Each kind is a question of its own to [`deploy`](crate::search::deploy), so what is found of it is what that search
//! finds on these machines alone: the cheapest of a kind is exact, and a deployment of the market is the one that its
//! layout, formats and number of instances make there. What costs more and is quicker has more machines
//! ([`STEPS`] times as many), filled with instances; where as much as can be is asked for, smaller batches. A number of
//! instances is not worked out where its layout under the least possible load is beaten already: bounds hold, so the
//! frontier is that of all.

use crate::estimate::serve::{Sequences, Serving};
use crate::search::deploy::{self, Candidate, Looked, Loss, Sizing, Survey};
use crate::search::serve::batches;
use crate::serving::{Ask, AskedMachine, Demand, Instance, Room};
use crate::units::order::sort_by;
use crate::units::{Dollars, DollarsPerHour, PerSecond, Ratio, Seconds, Tokens};

/// Most points of a frontier; what comes later is dropped and said so.
pub const FRONTIER_MAX: usize = 8192;
/// What costs this much as much as the cheapest is looked for no further.
pub const DEAREST: f64 = 10.0;
/// Machines over the fewest that hold the goals, as numerator and denominator.
pub const STEPS: [(u32, u32); 8] =
    [(5, 4), (3, 2), (2, 1), (3, 1), (4, 1), (6, 1), (8, 1), (10, 1)];
/// Bounds are shrunk by this before they cut, so that rounding and the steps of a bisection lose nothing.
const SHRINK: f64 = 1.0 - 1e-5;

/// A kind of machine at its cheapest.
#[derive(Clone, Debug, PartialEq)]
pub struct Kind {
    /// It, with the formats that hardware and engine have, and the price of one of its accelerators.
    pub machine: AskedMachine,
    /// Most machines there are.
    pub machines_max: u32,
}

impl Kind {
    /// Price of one machine.
    #[must_use]
    pub fn rate(&self) -> DollarsPerHour {
        self.machine.price.unwrap_or_default() * f64::from(self.machine.size())
    }
}

/// One way to serve.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Deployment {
    /// Number of the kind.
    pub kind: usize,
    /// Number of the formats among those of the kind.
    pub format: usize,
    /// How one instance lies.
    pub instance: Instance,
    /// Sequences that decode together in one instance at most.
    pub batch: u32,
    /// Instances that share the demand, spare ones aside.
    pub replicas: u32,
    /// Time to the first token under the demand: at the share that is asked for, or on the mean.
    pub first_token: Seconds,
    /// Time between tokens under the demand: at the share that is asked for, or on the mean.
    pub per_token: Seconds,
    /// Requests a second that one instance answers at its batch limit.
    pub each: PerSecond,
    /// Requests a second that all answer.
    pub served: PerSecond,
    /// Machines that hold them and the spare ones.
    pub machines: u32,
    /// For all machines.
    pub hour: DollarsPerHour,
    /// Dollars a million tokens of answers, all machines paid for by them.
    pub cost: Dollars,
}

/// What became of one kind of machine.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Outcome {
    /// Layouts in formats.
    pub all: u64,
    /// Of these, those whose weights or cache do not fit.
    pub too_full: u64,
    /// Those whose tokens take longer than the goal with the fewest sequences at once.
    pub too_slow: u64,
    /// Those whose first token does, or that miss a goal under the demand.
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
    ask: Ask,
    kinds: Vec<Kind>,
    /// Kinds still to be looked at, the next one last.
    left: Vec<usize>,
    outcomes: Vec<Option<Outcome>>,
    frontier: Vec<Deployment>,
    short: bool,
    /// Kinds that were looked at since it was last asked.
    news: Vec<usize>,
    /// The kind whose cheapest deployment is known and nothing else yet.
    begun: Option<Begun>,
}

/// A kind whose layouts were surveyed.
#[derive(Clone, Debug)]
struct Begun {
    kind: usize,
    ask: Ask,
    survey: Survey,
    settled: Vec<(usize, deploy::Deployment)>,
    outcome: Outcome,
}

impl ServeFleet {
    /// A search over those kinds, whatever machines the question names; nothing is looked at yet.
    #[must_use]
    pub fn new(ask: Ask, mut kinds: Vec<Kind>) -> Self {
        for kind in &mut kinds {
            kind.machine.room = ask.room_on(&kind.machine.cluster.accelerator.generation);
        }
        let mut left: Vec<usize> = (0..kinds.len()).collect();
        // Reading memory is what most tokens wait for: those that do it cheaply come first, which finds good points
        // early and changes nothing else.
        let worth = |at: &usize| {
            let machine = &kinds[*at].machine;
            let price = machine.price.map_or(f64::INFINITY, |price| price.get());
            price / machine.cluster.accelerator.memory_bandwidth.get()
        };
        sort_by(&mut left, |a, b| worth(b).total_cmp(&worth(a)).then(b.cmp(a)));
        let outcomes = vec![None; kinds.len()];
        let ask = Ask { machines: Vec::new(), ..ask };
        let (frontier, news, begun) = (Vec::new(), Vec::new(), None);
        Self { ask, kinds, left, outcomes, frontier, short: false, news, begun }
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
            if self.begun.is_none() && !self.begin() {
                break;
            }
            self.finish();
        }
        self.left.is_empty() && self.begun.is_none()
    }

    /// Finds the cheapest deployment of one more kind, which [`Self::advance`] goes on with; whether there was one
    /// to begin with.
    pub fn begin(&mut self) -> bool {
        self.finish();
        let Some(kind) = self.left.pop() else { return false };
        self.begun = self.ask_of(kind).map(|ask| self.look(kind, ask));
        true
    }

    /// What no other deployment beats, cheapest first, up to [`DEAREST`] times the cheapest.
    #[must_use]
    pub fn frontier(&self) -> &[Deployment] {
        let most = self.dearest();
        &self.frontier[..self.frontier.partition_point(|at| at.cost <= most)]
    }

    fn dearest(&self) -> Dollars {
        self.frontier.first().map_or(Dollars::UNBOUNDED, |at| at.cost * DEAREST)
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

    /// The times of a deployment, made worse by what the wanted chance asks for.
    #[must_use]
    pub fn worse(&self, at: &Deployment) -> (Seconds, Seconds) {
        let room = self.kinds.get(at.kind).map_or(Room::NONE, |kind| kind.machine.room);
        room.worse((at.first_token, at.per_token), at.batch)
    }

    /// Whether a deployment keeps to the goals, with the wanted chance.
    #[must_use]
    pub fn keeps(&self, at: &Deployment) -> bool {
        let (first, further) = self.worse(at);
        self.ask.goals.kept_by(first, further)
    }

    /// By which factor a deployment misses the goals.
    #[must_use]
    pub fn excess(&self, at: &Deployment) -> Ratio {
        let (first, further) = self.worse(at);
        self.ask.goals.excess(first, further)
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
    pub const fn ask(&self) -> &Ask {
        &self.ask
    }

    /// The question to one kind.
    #[must_use]
    pub fn ask_of(&self, kind: usize) -> Option<Ask> {
        Some(asked_of(&self.ask, self.kinds.get(kind)?))
    }

    /// Kinds that are still to be looked at, here or elsewhere.
    #[must_use]
    pub fn n_left(&self) -> u32 {
        self.outcomes.iter().filter(|outcome| outcome.is_none()).count() as u32
    }

    fn look(&mut self, kind: usize, ask: Ask) -> Begun {
        let (survey, settled) = deploy::survey_settled(&ask);
        let mut outcome = tally(&survey);
        let priced = |at: &deploy::Deployment| self.priced(kind, at);
        outcome.cheapest = survey.best.as_ref().and_then(priced);
        if outcome.cheapest.is_none() {
            outcome.nearest = self.missed(kind, &ask, &survey);
        }
        outcome.cheapest.into_iter().for_each(|found| self.keep(found));
        Begun { kind, ask, survey, settled, outcome }
    }

    /// What costs more on the kind that was begun, and is quicker.
    fn finish(&mut self) {
        let Some(Begun { kind, ask, survey, settled, outcome }) = self.begun.take() else { return };
        for number in deploy::by_price(&ask, &survey.looked) {
            let Some(looked) = survey.looked.get(number) else { continue };
            let known = settled.iter().find(|(own, _)| *own == number).map(|(_, own)| *own);
            match ask.demand {
                Demand::Most => self.batches(kind, &ask, looked),
                _ => self.numbers(kind, &ask, looked, known),
            }
        }
        self.outcomes[kind] = Some(outcome);
        self.news.push(kind);
    }

    /// Where nothing keeps to the goals: of the layouts with the fewest sequences at once, what misses them least.
    fn missed(&self, kind: usize, ask: &Ask, survey: &Survey) -> Option<(Ratio, Deployment)> {
        let all = survey.looked.iter().filter_map(|looked| {
            let (batch, full, _) = looked.missed?;
            let service = deploy::service(ask, &looked.at, Some(batch))?;
            let sizing = Sizing::new(ask, &service, looked, (batch, full));
            let found = self.priced(kind, &sizing.under_all())?;
            Some((self.excess(&found), found))
        });
        all.min_by_key(|(excess, at)| (*excess, at.cost))
    }

    /// A layout with one machine full of it, at every batch that keeps to the goals.
    fn batches(&mut self, kind: usize, ask: &Ask, looked: &Looked) {
        let Some((most, _)) = looked.limit else { return };
        let Some(service) = deploy::service(ask, &looked.at, None) else { return };
        let serving = Serving::new(&service, &looked.at.instance);
        for batch in batches(Sequences(f64::from(most))) {
            let full = serving.loaded(&ask.traffic, Sequences(f64::from(batch)));
            let sizing = Sizing::new(ask, &service, looked, (batch, full));
            let found = sizing.of(deploy::most(ask, &looked.at).max(1));
            if found.keeps(ask) {
                self.priced(kind, &found).into_iter().for_each(|found| self.keep(found));
            }
        }
    }

    /// A layout at the fewest instances that keep to the goals, and at more of them.
    fn numbers(
        &mut self,
        kind: usize,
        ask: &Ask,
        looked: &Looked,
        known: Option<deploy::Deployment>,
    ) {
        // No number of instances serves where the survey found that none does.
        let lost = looked.loss.is_some_and(|loss| loss != Loss::Dearer);
        let Some(limit) = looked.limit.filter(|_| !lost) else { return };
        let Some(service) = deploy::service(ask, &looked.at, Some(limit.0)) else { return };
        let sizing = Sizing::new(ask, &service, looked, limit);
        let light = Light::new(ask, &sizing);
        let rules_out =
            |own: &Self, replicas: u32| own.is_beaten(&light.bound(ask, looked, replicas));
        if rules_out(self, looked.least) {
            return;
        }
        let settled = known.map_or_else(|| sizing.settle(looked), Ok);
        let Ok(fewest) = settled else { return };
        let packing = deploy::packing(ask, &looked.at);
        let least = packing.machines(fewest.replicas.saturating_add(ask.spares));
        let mut all = vec![fewest.replicas];
        for (times, over) in STEPS {
            let machines = least.saturating_mul(times).div_ceil(over);
            let replicas = packing.instances(machines).saturating_sub(ask.spares);
            if machines > least && all.last().is_some_and(|last| replicas > *last) {
                all.push(replicas);
            }
        }
        for replicas in all {
            if !rules_out(self, replicas) {
                let found = match replicas == fewest.replicas {
                    true => fewest,
                    false => sizing.of(replicas),
                };
                let kept = if found.keeps(ask) { self.priced(kind, &found) } else { None };
                kept.into_iter().for_each(|found| self.keep(found));
            }
        }
    }

    /// A deployment with its money; nothing where it takes more machines than there are.
    fn priced(&self, kind: usize, own: &deploy::Deployment) -> Option<Deployment> {
        self.with_money(Deployment {
            kind,
            format: own.at.format,
            instance: own.at.instance,
            batch: own.batch,
            replicas: own.replicas,
            first_token: own.first_token,
            per_token: own.per_token,
            each: own.full.request_rate,
            served: own.served(&self.ask),
            machines: 0,
            hour: DollarsPerHour::ZERO,
            cost: Dollars::ZERO,
        })
    }

    /// The same with machines and money as they follow from the rest; nothing where it takes more machines than there
    /// are.
    #[must_use]
    pub fn with_money(&self, own: Deployment) -> Option<Deployment> {
        let kind = self.kinds.get(own.kind)?;
        let size = kind.machine.size();
        let packing = crate::estimate::capacity::Packing::new(size, &own.instance);
        let machines = packing.machines(own.replicas.saturating_add(self.ask.spares));
        let n = f64::from(machines) * f64::from(size);
        let hour = kind.machine.price? * n;
        let cost = self.million(hour, own.served);
        (machines <= kind.machines_max).then_some(Deployment { machines, hour, cost, ..own })
    }

    /// A million tokens of answers at so many dollars an hour for so many requests a second.
    fn million(&self, hour: DollarsPerHour, served: PerSecond) -> Dollars {
        let tokens = served.get() * self.ask.traffic.output.max(1.0) * 3600.0;
        Dollars::new(hour.get() / tokens.max(1e-12) * 1e6)
    }

    /// Whether another is as good in everything, or it is too dear.
    fn is_beaten(&self, bound: &Bound) -> bool {
        let cost = self.million(bound.hour, bound.served) * SHRINK;
        let end = self.frontier.partition_point(|known| known.cost <= cost);
        let quicker = |known: &Deployment| {
            known.first_token <= bound.first_token && known.per_token <= bound.per_token
        };
        cost > self.dearest() || self.frontier.iter().take(end).any(quicker)
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

/// What a number of instances can be at best.
struct Bound {
    hour: DollarsPerHour,
    served: PerSecond,
    first_token: Seconds,
    per_token: Seconds,
}

/// A layout under the least load: one sequence that decodes.
struct Light<'a> {
    serving: &'a Serving<'a>,
    context: Tokens,
    first_token: Seconds,
    per_token: Seconds,
}

impl<'a> Light<'a> {
    fn new(ask: &Ask, sizing: &'a Sizing<'a>) -> Self {
        let serving = sizing.serving();
        let traffic = &ask.traffic;
        let context = Tokens::new(traffic.context().get() as u64);
        let one = serving.loaded(traffic, Sequences(1.0));
        // No prompt is read sooner than beside one sequence; no token comes sooner than one sequence's alone.
        let first_token = one.first_token.less(one.waiting) * SHRINK;
        Self { serving, context, first_token, per_token: serving.writing(Sequences(1.0), context) }
    }

    /// At best: with as many sequences as Little's law puts into an instance where each token takes its least time, no
    /// token comes sooner.
    fn bound(&self, ask: &Ask, looked: &Looked, replicas: u32) -> Bound {
        let output = (ask.traffic.output - 1.0).max(1.0);
        let n = f64::from(replicas.max(1));
        let (served, per_token) = match ask.demand {
            Demand::Rate(rate) => {
                let running = rate.get() / n * output * self.per_token.get() * SHRINK;
                (rate, self.serving.writing(Sequences(running.max(1.0)), self.context))
            }
            Demand::InFlight(all) => {
                let whole = self.first_token.get() + output * self.per_token.get();
                (PerSecond::new(f64::from(all) / (whole * SHRINK)), self.per_token)
            }
            Demand::Most => (PerSecond::UNBOUNDED, self.per_token),
        };
        let price = ask.machines.first().and_then(|machine| machine.price).unwrap_or_default();
        let hour = price * deploy::paid(ask, &looked.at, replicas) as f64;
        Bound { hour, served, first_token: self.first_token, per_token: per_token * SHRINK }
    }
}

/// The question to one kind.
#[must_use]
pub fn asked_of(ask: &Ask, kind: &Kind) -> Ask {
    let mut machine = kind.machine.clone();
    machine.most = match ask.demand {
        // One machine, or one instance.
        Demand::Most => machine.size(),
        _ => kind.machines_max.saturating_mul(machine.size()),
    };
    Ask { machines: vec![machine], ..ask.clone() }
}

/// What became of the layouts.
fn tally(survey: &Survey) -> Outcome {
    let count = |is: fn(&Loss) -> bool| {
        survey.looked.iter().filter(|own| own.loss.as_ref().is_some_and(is)).count() as u64
    };
    Outcome {
        all: survey.looked.len() as u64,
        too_full: count(|loss| matches!(loss, Loss::Full | Loss::Short)),
        too_slow: count(|loss| matches!(loss, Loss::Slow(_))),
        missed: count(|loss| matches!(loss, Loss::Late(_))),
        too_many: count(|loss| matches!(loss, Loss::Few)),
        ..Outcome::default()
    }
}

/// Where a deployment lies in the question to its kind.
#[must_use]
pub const fn candidate(at: &Deployment) -> Candidate {
    Candidate { machine: 0, format: at.format, instance: at.instance }
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

    const fn listed(&self) -> (usize, usize, Instance, u32) {
        (self.kind, self.format, self.instance, self.batch)
    }

    const fn order(&self) -> (Dollars, Seconds, Seconds) {
        (self.cost, self.per_token, self.first_token)
    }
}
