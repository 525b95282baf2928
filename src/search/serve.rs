//! F5: deployments that meet latency goals: machines, formats, layout and batch limit, as an exact Pareto frontier of
//! time a token, tokens a second and dollars a million tokens.
//!
//! The declared space is listed in a fixed order; nothing is looked at twice, and what is cut is cut by a bound that
//! holds: with `b` sequences a step takes no less time than decoding `b` alone, which never falls in `b` (every
//! operation's time is non-decreasing in its rows), so no token comes sooner and no more than `b` come in that time.

pub mod fleet;
pub mod near;
pub mod split;

use crate::cluster::Cluster;
use crate::estimate::serve::{Answer, Sequences, Serving};
use crate::model::Model;
use crate::serving::{
    Engine, Goals, Instance, KvFormat, Service, Speculation, Traffic, WeightFormat,
};
use crate::units::{Dollars, DollarsPerHour, PerSecond, Ratio, Seconds, Tokens};

/// Most batch limits that are tried on one layout.
pub const BATCHES_MAX: usize = 64;
/// Most points of a frontier; what comes later is dropped and said so.
pub const POINTS_MAX: usize = 4096;
/// Bounds are shrunk by this before they cut, so that rounding loses nothing.
const SHRINK: f64 = 1.0 - 1e-9;

/// Machines that may be taken.
#[derive(Clone, Debug, PartialEq)]
pub struct Offer {
    /// One kind of accelerator in its machines; as many as there may be.
    pub cluster: Cluster,
    /// Price of one accelerator.
    pub price: DollarsPerHour,
}

/// What is asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// What is served.
    pub model: Model,
    /// By which software.
    pub engine: Engine,
    /// On which machines.
    pub offers: Vec<Offer>,
    /// In which formats.
    pub formats: Vec<(WeightFormat, KvFormat)>,
    /// Tokens guessed ahead.
    pub speculation: Option<Speculation>,
    /// Requests.
    pub traffic: Traffic,
    /// What must be kept to.
    pub goals: Goals,
}

/// One deployment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// Number of the offer.
    pub offer: usize,
    /// Number of the formats.
    pub format: usize,
    /// How one instance lies.
    pub instance: Instance,
    /// Instances.
    pub replicas: u32,
    /// Sequences that decode together in one instance at most.
    pub batch: u32,
    /// Time to the first token under full load.
    pub first_token: Seconds,
    /// Time between tokens under full load.
    pub per_token: Seconds,
    /// Tokens of answers a second of all instances.
    pub rate: PerSecond,
    /// Dollars a million tokens of answers.
    pub cost: Dollars,
}

/// Where the space went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Deployments of the space.
    pub all: u64,
    /// Of these, those whose weights or cache do not fit.
    pub too_full: u64,
    /// Looked at in full.
    pub priced: u64,
    /// Cut because no time a token within the goal is possible.
    pub too_slow: u64,
    /// Cut because a deployment already found is at least as good in everything.
    pub dominated: u64,
    /// Priced, but outside the goals.
    pub missed: u64,
}

/// What was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Frontier {
    /// No one of these is worse than another in everything; by time a token.
    pub points: Vec<Point>,
    /// Where the space went.
    pub tally: Tally,
    /// Where nothing meets the goals: what misses them least.
    pub nearest: Option<Point>,
    /// The frontier was cut short.
    pub short: bool,
}

/// Layouts of one instance on at most that many accelerators: tensor parallel in powers of two within a scale-up domain
/// (or machine) where heads divide, stages in powers of two up to four, attention groups in powers of two where there
/// are experts, which are then split over all ranks or, in one group, not at all.
#[must_use]
pub fn instances(model: &Model, cluster: &Cluster) -> Vec<Instance> {
    let near = cluster.domain().max(cluster.node_size).min(cluster.count).min(64);
    let experts = model.experts();
    let mut all = Vec::new();
    for tp in powers(near).filter(|tp| splits(model, *tp)) {
        for pp in powers(4.min(model.n_layers())) {
            for dp in powers(if experts > 0 { 256 } else { 1 }) {
                let ranks = tp.saturating_mul(dp);
                let fits = Instance { tp, pp, dp, ep: 1 }.ranks() <= u64::from(cluster.count);
                if !fits {
                    continue;
                }
                if dp == 1 {
                    all.push(Instance { tp, pp, dp, ep: 1 });
                }
                if ranks > 1 && ranks <= experts {
                    all.push(Instance { tp, pp, dp, ep: ranks });
                }
            }
        }
    }
    all
}

/// Batch limits that are tried: one, two, three, four, six, eight, twelve and so on.
#[must_use]
pub fn batches(most: Sequences) -> Vec<u32> {
    let mut all = Vec::new();
    let mut power = 1u32;
    while all.len() < BATCHES_MAX && f64::from(power) <= most.0 && power < 1 << 24 {
        all.push(power);
        let half = power / 2 + power;
        if power > 1 && f64::from(half) <= most.0 {
            all.push(half);
        }
        power *= 2;
    }
    all
}

/// The frontier of a question.
#[must_use]
pub fn frontier(question: &Question) -> Frontier {
    let mut found = Finder { question, best: Vec::new(), tally: Tally::default(), nearest: None };
    for offer in 0..question.offers.len() {
        for format in 0..question.formats.len() {
            found.look(offer, format);
        }
    }
    let Finder { mut best, tally, nearest, .. } = found;
    crate::units::order::sort_by(&mut best, |a: &Point, b: &Point| {
        a.per_token.cmp(&b.per_token).then(a.cost.cmp(&b.cost))
    });
    let short = best.len() > POINTS_MAX;
    best.truncate(POINTS_MAX);
    let nearest = if best.is_empty() { nearest.map(|(_, point)| point) } else { None };
    Frontier { points: best, tally, nearest, short }
}

/// The service that a question's offer and formats make; nothing for numbers out of range.
#[must_use]
pub fn service(question: &Question, offer: usize, format: usize) -> Option<Service> {
    let (weights, cache) = *question.formats.get(format)?;
    Some(Service {
        model: question.model.clone(),
        cluster: question.offers.get(offer)?.cluster.clone(),
        engine: question.engine.clone(),
        weights,
        cache,
        speculation: question.speculation,
    })
}

/// One deployment, priced in full.
#[must_use]
pub fn point(
    question: &Question,
    (offer, format): (usize, usize),
    serving: &Serving<'_>,
    batch: u32,
) -> Option<Point> {
    let instance = serving.instance();
    let answer = serving.loaded(&question.traffic, Sequences(f64::from(batch)));
    let taken = question.offers.get(offer)?;
    let (replicas, rate, cost) = scale(taken, &instance, answer.output_rate);
    let Answer { first_token, per_token, .. } = answer;
    Some(Point { offer, format, instance, replicas, batch, first_token, per_token, rate, cost })
}

/// Instances that fit, tokens a second of all of them, and dollars a million tokens.
fn scale(offer: &Offer, instance: &Instance, each: PerSecond) -> (u32, PerSecond, Dollars) {
    let ranks = u32::try_from(instance.ranks()).unwrap_or(u32::MAX).max(1);
    let replicas = offer.cluster.count / ranks;
    let rate = PerSecond::new(each.get() * f64::from(replicas));
    let hour = offer.price.get() * f64::from(ranks);
    let cost = Dollars::new(hour / (each.get() * 3600.0) * 1e6);
    (replicas, rate, cost)
}

impl Point {
    /// At least as good in all three, and not the same.
    #[must_use]
    pub fn beats(&self, other: &Self) -> bool {
        self.covers(other.per_token, other.rate, other.cost) && !other.equals(self)
    }

    fn covers(&self, per_token: Seconds, rate: PerSecond, cost: Dollars) -> bool {
        self.per_token <= per_token && self.rate >= rate && self.cost <= cost
    }

    fn equals(&self, other: &Self) -> bool {
        self.per_token == other.per_token && self.rate == other.rate && self.cost == other.cost
    }

    /// Whether it keeps to goals.
    #[must_use]
    pub fn keeps(&self, goals: &Goals) -> bool {
        goals.kept_by(self.first_token, self.per_token)
    }
}

struct Finder<'a> {
    question: &'a Question,
    best: Vec<Point>,
    tally: Tally,
    nearest: Option<(Ratio, Point)>,
}

impl Finder<'_> {
    fn look(&mut self, offer: usize, format: usize) {
        let question = self.question;
        let Some(service) = service(question, offer, format) else { return };
        for instance in instances(&question.model, &service.cluster) {
            if service.check(&instance).is_err() {
                continue;
            }
            let serving = Serving::new(&service, &instance);
            let most = serving.most_running(&question.traffic);
            let limits = batches(most);
            self.tally.all += limits.len() as u64;
            if serving.memory().too_full || !serving.holds_one(&question.traffic) {
                self.tally.too_full += limits.len() as u64;
                continue;
            }
            self.climb((offer, format), &serving, &limits);
        }
    }

    /// Batch limits of one layout, small ones first: once decoding alone takes too long, it does for all after.
    fn climb(&mut self, at: (usize, usize), serving: &Serving<'_>, limits: &[u32]) {
        let traffic = &self.question.traffic;
        let context = Tokens::new(traffic.context().get() as u64);
        let Some(offer) = self.question.offers.get(at.0) else { return };
        for (i, batch) in limits.iter().enumerate() {
            let running = Sequences(f64::from(*batch));
            let least = Seconds::new(serving.writing(running, context).get() * SHRINK);
            if self.question.goals.per_token.is_some_and(|most| least > most) {
                self.tally.too_slow += (limits.len() - i) as u64;
                // What comes nearest is among the smallest batches: the first of these is looked at.
                if i == 0 && self.best.is_empty() {
                    self.price(at, serving, *batch);
                }
                return;
            }
            // The first token of an answer takes no step of decoding.
            let tokens = traffic.output / (traffic.output - 1.0).max(1.0);
            let bound = PerSecond::new(f64::from(*batch) * tokens / least.get());
            let (_, rate, cost) = scale(offer, &serving.instance(), bound);
            if self.best.iter().any(|point| point.covers(least, rate, cost)) {
                self.tally.dominated += 1;
                continue;
            }
            self.tally.priced += 1;
            self.price(at, serving, *batch);
        }
    }

    fn price(&mut self, at: (usize, usize), serving: &Serving<'_>, batch: u32) {
        let Some(point) = point(self.question, at, serving, batch) else { return };
        if !point.keeps(&self.question.goals) {
            self.tally.missed += 1;
            let excess = self.question.goals.excess(point.first_token, point.per_token);
            if self.nearest.is_none_or(|(least, _)| excess < least) {
                self.nearest = Some((excess, point));
            }
            return;
        }
        if self.best.iter().any(|known| known.covers(point.per_token, point.rate, point.cost)) {
            return;
        }
        self.best.retain(|known| !point.beats(known));
        self.best.push(point);
    }
}

fn powers(most: u32) -> impl Iterator<Item = u32> {
    (0..31).map(|power| 1u32 << power).take_while(move |power| *power <= most.max(1))
}

/// Whether every layer's heads divide over that many ranks.
fn splits(model: &Model, tp: u32) -> bool {
    model.kinds.iter().all(|kind| {
        let heads = kind.mixer.heads();
        heads == 0 || heads.is_multiple_of(tp)
    })
}
