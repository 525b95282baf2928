//! F5: prompts and answers on pools of their own, against both on the same instances: the cheapest of each on one kind
//! of machine, and why one of them wins.
//!
//! A layout that reads is worth the rate `x` at which its first tokens keep to the goal, one that writes the rate `y`
//! at which its tokens do; both on `a` and `b` accelerators. `R` readers and `W` writers answer `min(R x, W y)` requests
//! a second on `R a + W b` accelerators, so a request takes at least `a / x + b / y` accelerator-seconds. Pairs of
//! layouts are looked at in order of that bound, and the search ends when it exceeds the best pair in whole numbers:
//! what is found is the optimum of all layouts and numbers.

use super::{Offer, instances};
use crate::estimate::capacity::{held_while, replicas};
use crate::estimate::serve::{Answer, Arrivals, Reader, Sequences, Serving, Writer, Written};
use crate::model::Model;
use crate::search::deploy::{allowed, comes_first_within, is_held};
use crate::serving::{
    Engine, FixedServing, Goals, Instance, KvFormat, Room, Service, Speculation, Traffic,
    WeightFormat,
};
use crate::units::order::sort_keys;
use crate::units::{BytesPerSecond, Dollars, PerSecond, Ratio, Seconds, halved};

/// Bounds are shrunk by this before they cut, so that rounding loses nothing.
const SHRINK: f64 = 1.0 - 1e-9;
/// Halvings of the range of loads.
const HALVINGS: u32 = 40;

/// What is asked.
#[derive(Clone, Debug, PartialEq)]
pub struct SplitQuestion {
    /// What is served.
    pub model: Model,
    /// By which software.
    pub engine: Engine,
    /// On which machines, and how many of their accelerators there are.
    pub offer: Offer,
    /// In which formats.
    pub formats: (WeightFormat, KvFormat),
    /// Tokens guessed ahead.
    pub speculation: Option<Speculation>,
    /// Requests.
    pub traffic: Traffic,
    /// What must be kept to.
    pub goals: Goals,
    /// What the wanted chance asks for on these machines.
    pub room: Room,
    /// Share of first tokens that must; none: the mean.
    pub share: Option<Ratio>,
    /// Share of answers whose time a token must; none: the mean.
    pub further_share: Option<Ratio>,
    /// Requests a second of all users; none: as many as the accelerators answer for the least each.
    pub rate: Option<PerSecond>,
    /// Most accelerators of one instance.
    pub ranks_max: u32,
    /// Ways to split a model that the engine has there.
    pub degrees: Vec<String>,
    /// What is decided already.
    pub fixed: FixedServing,
    /// Instances that stand by: of those that do both, or of each pool.
    pub spares: u32,
    /// Accelerators that are paid for together.
    pub machine_size: u32,
}

/// Both on the same instances.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Together {
    /// How one lies.
    pub instance: Instance,
    /// Instances: those that the rate needs, or one; spare ones aside.
    pub replicas: u32,
    /// Requests a second of one within the goals.
    pub rate: PerSecond,
    /// Sequences that decode in it.
    pub running: Sequences,
    /// Time to the first token then, at the share that is asked for or on the mean.
    pub first_token: Seconds,
    /// Time between tokens then, at the share that is asked for or on the mean.
    pub per_token: Seconds,
    /// Dollars a million tokens of answers.
    pub cost: Dollars,
}

/// Pools of their own.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Apart {
    /// How a reader lies.
    pub reader: Instance,
    /// Readers, spare ones aside.
    pub readers: u32,
    /// How a writer lies.
    pub writer: Instance,
    /// Writers, spare ones aside.
    pub writers: u32,
    /// Requests a second of all.
    pub rate: PerSecond,
    /// Share of what the readers could take within the goals.
    pub readers_busy: Ratio,
    /// Share of what the writers could take within the goals.
    pub writers_busy: Ratio,
    /// Share of a reader's time in which it reads.
    pub reading: Ratio,
    /// Sequences that decode in a writer.
    pub running: Sequences,
    /// Time in which the cache of a prompt moves.
    pub moved: Seconds,
    /// Time to the first token, at the share that is asked for or on the mean.
    pub first_token: Seconds,
    /// Time between tokens, on the mean.
    pub mean: Seconds,
    /// Time between tokens, at the share that is asked for or on the mean.
    pub per_token: Seconds,
    /// Dollars a million tokens of answers.
    pub cost: Dollars,
}

/// Why one of them wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// Neither keeps to the goals.
    Neither,
    /// Instances that do both never keep to the goals.
    OnlyApart,
    /// No pair keeps to the goals, or none fits.
    OnlyTogether,
    /// Reading holds up those who write: apart, more sequences decode within the same goal, or each pool has the layout
    /// that suits it.
    Interference,
    /// In any ratio of pools, they take more accelerator time.
    Work,
    /// In the right ratio pools would be cheaper, but there are too few accelerators for it.
    Ratio,
}

/// Both, and why one wins.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SplitAnswer {
    /// The cheapest that does both.
    pub together: Option<Together>,
    /// The cheapest pools.
    pub apart: Option<Apart>,
    /// What pools would cost if any ratio could be had.
    pub apart_least: Option<Dollars>,
    /// Why one wins.
    pub why: Why,
    /// Pairs of layouts, and of these those looked at in whole numbers.
    pub pairs: (u64, u64),
}

/// A layout that writes.
#[derive(Clone, Copy)]
struct Pool {
    instance: Instance,
    ranks: f64,
    written: Written,
}

/// A pair of layouts, and what it is worth at best.
#[derive(Clone, Copy)]
struct Pairing {
    least: f64,
    reader: usize,
    writer: usize,
}

impl SplitQuestion {
    /// The service that is asked about.
    #[must_use]
    pub fn service(&self) -> Service {
        Service {
            model: self.model.clone(),
            cluster: self.offer.cluster.clone(),
            engine: self.engine.clone(),
            weights: self.formats.0,
            cache: self.formats.1,
            speculation: self.speculation,
        }
    }

    /// Layouts that are looked at: those of [`instances`] that fit and hold a request.
    #[must_use]
    pub fn layouts(&self, service: &Service) -> Vec<Instance> {
        let fits = |instance: &Instance| {
            let serving = Serving::new(service, instance);
            instance.ranks() <= u64::from(self.ranks_max)
                && allowed(instance, &self.degrees, &self.fixed)
                && service.check(instance).is_ok()
                && !serving.memory().too_full
                && serving.holds_one(&self.traffic)
        };
        instances(&self.model, &self.offer.cluster).into_iter().filter(fits).collect()
    }

    /// Dollars a million tokens of answers where a request takes so much time of an accelerator.
    #[must_use]
    pub fn cost(&self, accelerator_time: Seconds) -> Dollars {
        let dollars = self.offer.price.get() * accelerator_time.get() / 3600.0;
        Dollars::new(dollars / self.traffic.output.max(1.0) * 1e6)
    }

    /// The first token at the share that is asked for.
    #[must_use]
    pub fn said(&self, answer: &Answer) -> Seconds {
        self.share.map_or(answer.first_token, |share| answer.first_token_at(share))
    }

    /// The link between instances of so many accelerators in all, the level of the network that holds them, and the
    /// share of it that the engine reaches there.
    #[must_use]
    pub fn link(&self, all: u32) -> (BytesPerSecond, Ratio) {
        let levels = (0..).zip(&self.offer.cluster.levels);
        let holds = levels.clone().find(|(_, level)| level.span >= all).or(levels.last());
        holds.map_or((BytesPerSecond::gb(25.0), Ratio::ONE), |(i, level): (u32, _)| {
            let share = if i == 0 { self.engine.link_inside } else { self.engine.link_outside };
            (level.bandwidth, share.min(Ratio::ONE))
        })
    }

    /// Bytes a second that the engine moves over that link.
    fn rate_between(&self, all: u32) -> BytesPerSecond {
        let (link, share) = self.link(all);
        link * share.get()
    }

    /// The time a token of a writer at the share that is asked for: its batch swings as requests come at random.
    fn further(&self, serving: &Serving<'_>, written: &Written) -> Seconds {
        let Some(share) = self.further_share else { return written.per_token };
        let answer = Answer {
            delayed: Ratio::ONE,
            per_token: written.per_token,
            whole: written.per_token * self.traffic.output,
            output_rate: written.rate * self.traffic.output,
            decode_rate: written.rate * self.traffic.output,
            request_rate: written.rate,
            running: written.running,
            ..Answer::default()
        };
        serving.pace(&self.traffic, &answer, Arrivals::Random).per_token_at(share)
    }

    /// So many accelerators in what is paid for together.
    #[must_use]
    pub fn paid(&self, accelerators: u32) -> u32 {
        let size = self.machine_size.max(1);
        accelerators.div_ceil(size).saturating_mul(size)
    }

    /// The highest rate at which a reader's first tokens keep to the goal; nothing where none does. They come no sooner
    /// at a higher rate, so it is found by halving.
    #[must_use]
    pub fn read_rate(&self, reader: &Reader, moved: Seconds) -> Option<PerSecond> {
        let kept = |rate: f64| {
            let answer = reader.at(PerSecond::new(rate), moved).answer;
            let in_time =
                |goal| comes_first_within(self.share, &self.room, &answer, (goal, Seconds::ZERO));
            self.goals.first_token.is_none_or(in_time)
        };
        let most = reader.most(moved).get() / self.room.rate.get();
        if kept(most) {
            return Some(PerSecond::new(most));
        }
        let (low, _) = halved((0.0, most), HALVINGS, kept);
        (low > 0.0).then_some(PerSecond::new(low))
    }

    /// The load at which a writer's tokens keep to the goal; nothing where none does.
    #[must_use]
    pub fn write_rate(&self, (serving, writer): (&Serving<'_>, &Writer<'_>)) -> Option<Written> {
        let most = writer.most().0;
        let full = writer.with(Sequences(most)).rate;
        let told = |running: f64| {
            let written = writer.with(Sequences(running));
            let further = self.further(serving, &written) * self.room.further.get();
            let held = self.room.rate <= Ratio::ONE || written.rate * self.room.rate.get() <= full;
            (held && self.goals.per_token.is_none_or(|goal| further <= goal)).then_some(written)
        };
        told(1.0)?;
        told(most)
            .or_else(|| told(halved((1.0, most), HALVINGS, |running| told(running).is_some()).0))
    }

    /// Batch limits of readers and writers: the prompts that one step reads, in every stage; as many sequences as keep the
    /// goal on the mean when all of them decode, no more than the cache holds, no fewer than decode at that load, and whole
    /// parts of them in each attention group.
    #[must_use]
    pub fn limits(&self, own: &Apart) -> [u32; 2] {
        let service = self.service();
        let serving = Serving::new(&service, &own.reader);
        let each = PerSecond::new(own.rate.get() / f64::from(own.readers.max(1)));
        let prompts = Reader::new(&serving, &self.traffic).at(each, own.moved).most.0;
        let serving = Serving::new(&service, &own.writer);
        let writer = Writer::new(&serving, &self.traffic);
        let keeps = |running: f64| {
            let further = writer.with(Sequences(running)).per_token * self.room.further.get();
            self.goals.per_token.is_none_or(|goal| further <= goal)
        };
        let most = writer.most().0;
        let kept = if keeps(most) { most } else { halved((1.0, most), HALVINGS, keeps).0 };
        // In whole parts of its attention groups.
        let groups = f64::from(own.writer.dp.max(1));
        let least = (own.running.0 / groups).ceil();
        let kept = (kept / groups).floor().max(least).max(1.0) * groups;
        [prompts * f64::from(own.reader.pp.max(1)), kept].map(|limit| (limit as u32).max(1))
    }
}

/// The cheapest of both kinds, and why one wins.
#[must_use]
pub fn compare(question: &SplitQuestion) -> SplitAnswer {
    let service = question.service();
    let layouts = question.layouts(&service);
    let serving = |instance: &Instance| both(question, &Serving::new(&service, instance));
    let together = layouts.iter().filter_map(serving);
    against(question, together.min_by_key(|found| (found.cost, found.instance)))
}

/// The cheapest pools against instances that do both, and why one wins.
#[must_use]
pub fn against(question: &SplitQuestion, together: Option<Together>) -> SplitAnswer {
    let service = question.service();
    let layouts = question.layouts(&service);
    let servings: Vec<Serving<'_>> =
        layouts.iter().map(|instance| Serving::new(&service, instance)).collect();
    let mut finder = Finder::new(question, &servings);
    let apart_least = finder.pairings.first().map(|pair| question.cost(Seconds::new(pair.least)));
    let apart = finder.find();
    let why = why(together.as_ref(), apart.as_ref(), apart_least);
    let pairs = (finder.pairings.len() as u64, finder.looked);
    SplitAnswer { together, apart, apart_least, why, pairs }
}

fn why(together: Option<&Together>, apart: Option<&Apart>, least: Option<Dollars>) -> Why {
    match (together, apart) {
        (None, None) => Why::Neither,
        (None, Some(_)) => Why::OnlyApart,
        (Some(both), Some(apart)) if apart.cost < both.cost => Why::Interference,
        (Some(both), _) if least.is_some_and(|least| least < both.cost) => Why::Ratio,
        (Some(_), Some(_)) => Why::Work,
        (Some(_), None) => Why::OnlyTogether,
    }
}

/// One layout that does both, at the rate that it holds.
fn both(question: &SplitQuestion, serving: &Serving<'_>) -> Option<Together> {
    let said = |answer: &Answer| {
        let first = question.said(answer);
        let pace = || serving.pace(&question.traffic, answer, Arrivals::Random);
        let share = question.further_share;
        let further = share.map_or(answer.per_token, |share| pace().per_token_at(share));
        let room = &question.room;
        let (first, further) = room.worse((first, further), Room::MANY);
        !answer.saturated
            && question.goals.kept_by(first, further)
            && is_held(room, serving, &question.traffic, answer)
    };
    let found = held_while(serving, &question.traffic, &said)?;
    let instance = serving.instance();
    let one = instance.ranks() as f64;
    // Of a whole number of instances, each with its share of what is asked.
    let (replicas, ranks) = match question.rate {
        Some(rate) => {
            let n = replicas(rate, found.rate);
            let all = question.paid((one as u32).saturating_mul(n.saturating_add(question.spares)));
            (n, f64::from(all) * found.rate.get() / rate.get())
        }
        None => (1, one),
    };
    let most = f64::from(question.offer.cluster.count);
    if one * f64::from(replicas.saturating_add(question.spares)) > most {
        return None;
    }
    Some(Together {
        instance,
        replicas,
        rate: found.rate,
        running: found.answer.running,
        first_token: question.said(&found.answer),
        per_token: match question.further_share {
            Some(share) => {
                let pace = serving.pace(&question.traffic, &found.answer, Arrivals::Random);
                pace.per_token_at(share)
            }
            None => found.answer.per_token,
        },
        cost: question.cost(Seconds::new(ranks / found.rate.get())),
    })
}

struct Finder<'q, 's> {
    question: &'q SplitQuestion,
    servings: &'s [Serving<'s>],
    readers: Vec<Reader>,
    writers: Vec<Writer<'s>>,
    pools: Vec<Option<Pool>>,
    pairings: Vec<Pairing>,
    looked: u64,
}

impl<'q, 's> Finder<'q, 's> {
    fn new(question: &'q SplitQuestion, servings: &'s [Serving<'s>]) -> Self {
        let traffic = &question.traffic;
        let writers: Vec<Writer<'s>> =
            servings.iter().map(|serving| Writer::new(serving, traffic)).collect();
        let pool = |(serving, writer): (&Serving<'s>, &Writer<'s>)| {
            let written = question.write_rate((serving, writer))?;
            let instance = serving.instance();
            Some(Pool { instance, ranks: instance.ranks() as f64, written })
        };
        let mut finder = Self {
            question,
            servings,
            readers: servings.iter().map(|serving| Reader::new(serving, traffic)).collect(),
            pools: servings.iter().zip(&writers).map(pool).collect(),
            writers,
            pairings: Vec::new(),
            looked: 0,
        };
        finder.pair();
        finder
    }

    /// All pairs of layouts that may be had together, by their bound.
    fn pair(&mut self) {
        let count = u64::from(self.question.offer.cluster.count);
        let mut all: Vec<[u64; 3]> = Vec::new();
        for reader in 0..self.servings.len() {
            for writer in 0..self.servings.len() {
                let ranks = |at: usize| self.servings[at].instance().ranks();
                if ranks(reader) + ranks(writer) > count {
                    continue;
                }
                let Some(pool) = self.pools[writer] else { continue };
                // The nearest link is the quickest.
                let both = (ranks(reader) + ranks(writer)) as u32;
                let Some((x, _)) = self.read(reader, writer, both) else { continue };
                let least = ranks(reader) as f64 / x.get() + pool.ranks / pool.written.rate.get();
                all.push([least.to_bits(), reader as u64, writer as u64]);
            }
        }
        sort_keys(&mut all);
        let pair = |[least, reader, writer]: [u64; 3]| Pairing {
            least: f64::from_bits(least),
            reader: reader as usize,
            writer: writer as usize,
        };
        self.pairings = all.into_iter().map(pair).collect();
    }

    /// The rate of a reader that sends to a writer within so many accelerators, and the time of moving.
    fn read(&self, reader: usize, writer: usize, all: u32) -> Option<(PerSecond, Seconds)> {
        let taken = self.writers.get(writer)?;
        let reader = self.readers.get(reader)?;
        let moved = reader.moved(self.question.rate_between(all), taken);
        Some((self.question.read_rate(reader, moved)?, moved))
    }

    fn find(&mut self) -> Option<Apart> {
        let mut best: Option<(f64, Apart)> = None;
        for pair in self.pairings.clone() {
            if best.is_some_and(|(least, _)| pair.least * SHRINK > least) {
                break;
            }
            self.looked += 1;
            self.numbers(&pair, &mut best);
        }
        best.map(|(_, apart)| apart)
    }

    /// With the times at the load that each pool has.
    fn settled(&self, (reader, writer): (usize, usize), apart: Apart) -> Apart {
        let each = |n: u32| PerSecond::new(apart.rate.get() / f64::from(n));
        let taken = self.readers[reader].at(each(apart.readers), apart.moved);
        let target = each(apart.writers);
        let slower = |running| self.writers[writer].with(Sequences(running)).rate < target;
        let (_, high) = halved((1.0, apart.running.0), HALVINGS, slower);
        let written = self.writers[writer].with(Sequences(high));
        Apart {
            first_token: self.question.said(&taken.answer),
            reading: taken.busy,
            running: written.running,
            mean: written.per_token,
            per_token: self.question.further(&self.servings[writer], &written),
            ..apart
        }
    }

    /// All numbers of readers and writers of two layouts.
    fn numbers(&self, pair: &Pairing, best: &mut Option<(f64, Apart)>) {
        let Some(pool) = self.pools[pair.writer] else { return };
        let reader = self.servings[pair.reader].instance();
        let count = self.question.offer.cluster.count;
        let (a, b) = (reader.ranks() as u32, pool.instance.ranks() as u32);
        let mut told: Option<((BytesPerSecond, Ratio), _)> = None;
        let spares = self.question.spares;
        // Those that stand by in both pools.
        let still = spares.saturating_mul(a + b);
        let Some(count) = count.checked_sub(still) else { return };
        for readers in 1..=count / a {
            for writers in 1..=(count - readers * a) / b {
                let all = readers * a + writers * b + still;
                let link = self.question.link(all);
                let known = told.filter(|(at, _)| *at == link).map(|(_, read)| read);
                let read = match known {
                    Some(read) => read,
                    None => self.read(pair.reader, pair.writer, all),
                };
                told = Some((link, read));
                let Some((x, moved)) = read else { continue };
                let (can_read, can_write) =
                    (x.get() * f64::from(readers), pool.written.rate.get() * f64::from(writers));
                let most = can_read.min(can_write);
                let rate = self.question.rate.map_or(most, |rate| rate.get());
                if rate > most {
                    continue;
                }
                let seconds = f64::from(self.question.paid(all)) / rate;
                if best.is_some_and(|(least, _)| seconds >= least) {
                    continue;
                }
                let apart = Apart {
                    reader,
                    readers,
                    writer: pool.instance,
                    writers,
                    rate: PerSecond::new(rate),
                    readers_busy: Ratio::new(rate / can_read),
                    writers_busy: Ratio::new(rate / can_write),
                    running: pool.written.running,
                    reading: Ratio::ZERO,
                    moved,
                    first_token: Seconds::ZERO,
                    mean: pool.written.per_token,
                    per_token: pool.written.per_token,
                    cost: self.question.cost(Seconds::new(seconds)),
                };
                // What is judged is the rate that is asked for, not what the pools could take.
                let apart = self.settled((pair.reader, pair.writer), apart);
                let (first, further) = (apart.first_token * SHRINK, apart.per_token * SHRINK);
                let (first, further) = self.question.room.worse((first, further), Room::MANY);
                if self.question.goals.kept_by(first, further) {
                    *best = Some((seconds, apart));
                }
            }
        }
    }
}
