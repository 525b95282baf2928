//! What users see where requests keep coming: a fixed number in flight, or a rate.
//!
//! An instance alternates between decoding and prompts. With `x` requests a second, each of which costs `s` seconds of
//! reading, decoding gets the share `1 - x s` of the time, so a token takes `d / (1 - x s)` where `d` is the step of
//! decoding alone. The fixed point of Little's law over both is found by bisection in the number that decodes.
//!
//! One of `n` in flight meets the prompts of the other `n - 1` only: a request sees the system with one request less
//! (arrival theorem; Reiser and Lavenberg, J. ACM 27(2), 1980). One that comes at random meets all others.

use super::batch::{Company, Sequences, rate};
use super::{Answer, Serving};
use crate::serving::{Admission, Traffic};
use crate::units::{PerSecond, Ratio, Seconds, halved};

/// Requests of a benchmark over those in flight: what InferenceX sends (utils/bench_serving, `num_prompts` is ten
/// times the concurrency), and the default of others that follow it.
const TURNS: u32 = 10;
/// Steps of the fixed points: errors shrink by half or better in each.
const STEPS: u32 = 24;
/// Share of the time that reading prompts may take before an instance counts as full.
const FULL: f64 = 0.98;

/// Rates of an instance with so many sequences that decode.
#[derive(Clone, Copy, Debug)]
struct Balance {
    /// Seconds a token.
    per_token: f64,
    /// Seconds of the instance's time that one prompt takes.
    cost: f64,
    /// Seconds of the step (or steps) that read a prompt, with those read beside it.
    read: f64,
    /// Requests a second.
    rate: f64,
    /// Sequences that decode: no more than the prompts that fit in steps keep busy.
    decode: f64,
    /// As many prompts are read as fit in steps.
    crowded: bool,
    /// Share of the prompts that one which decodes meets.
    others: f64,
}

/// Share of the prompts of so many in flight that one of them meets.
fn share_of_others(running: f64) -> f64 {
    1.0 - 1.0 / running.max(1.0)
}

/// The most that an instance answers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Full {
    /// Sequences that run together at most.
    pub running: Sequences,
    /// Requests a second with as many.
    pub rate: PerSecond,
}

/// Mean wait of a request that comes at random, for the prompts of others, for a place, and for the step under way.
///
/// Reading is a queue with arrivals at random (Pollaczek-Khinchine, Kleinrock 1975, section 5.6); the place for an
/// answer is one of many, and waited for only near the limit.
fn random_wait(traffic: &Traffic, balance: &Balance, arrivals: f64, full: &Full) -> Wait {
    let busy = (arrivals * balance.cost).min(FULL);
    let reading = queued(traffic, balance, busy);
    let filled = (arrivals / full.rate.get()).min(FULL);
    let places = (2.0 * (full.running.0 + 1.0)).sqrt();
    let place = libm::pow(filled, places) / (1.0 - filled) / full.rate.get();
    Wait::of(reading, busy, place + 0.5 * balance.per_token.min(balance.cost))
}

/// A mean wait, and the share of requests that wait.
#[derive(Clone, Copy, Debug)]
struct Wait {
    mean: f64,
    delayed: f64,
}

impl Wait {
    /// A queue that a share of requests meet, and what all wait; both by what they bring to the mean.
    fn of(queue: f64, met: f64, all: f64) -> Self {
        let mean = queue + all;
        Self { mean, delayed: (met * queue + all) / mean.max(1e-300) }
    }

    /// All wait so long in addition.
    fn and(self, all: f64) -> Self {
        Self::of(self.mean, self.delayed, all)
    }
}

/// Mean wait for the prompts of others where reading takes that share of the time: Pollaczek-Khinchine, with the second
/// moment of the prompts' lengths.
fn queued(traffic: &Traffic, balance: &Balance, busy: f64) -> f64 {
    let second = 1.0 + traffic.prompt_spread * traffic.prompt_spread;
    busy * balance.cost * second / (2.0 * (1.0 - busy))
}

impl Serving<'_> {
    /// The balance in which `decode` sequences decode all the time, each of which meets that share of the prompts.
    fn balance(&self, traffic: &Traffic, decode: f64, others: f64) -> Balance {
        let fresh = traffic.prompt * (1.0 - traffic.cached.get());
        let context = traffic.context().get();
        let output = (traffic.output - 1.0).max(1.0);
        let kept_busy = self.prompts_beside(fresh) * output;
        let crowded = decode > kept_busy;
        let decode = decode.min(kept_busy);
        let alone = self.decode(decode, context);
        let most = self.prompts_most(fresh).min(decode.max(1.0));
        let balance = |together: f64| {
            let read = self.read(together, fresh, decode, context);
            // per token = alone + others' decode / output * cost; requests a second = decode / (output * per token).
            let per_token = alone + others * decode / output * read.each;
            let rate = decode / (output * per_token);
            Balance { per_token, cost: read.each, read: read.whole, rate, decode, crowded, others }
        };
        // Those that come while a step reads are read by the next.
        let one = balance(1.0);
        let random = balance((1.0 + one.rate * one.read).min(most).max(1.0));
        if traffic.spread > 0.0 {
            return random;
        }
        // Answers of one length that were begun together end together, until something staggers them: what reading
        // takes of the instance's time lies half way between at random and all at once.
        let together = (1.0 + one.rate * one.read).min(most).max(1.0);
        Balance { read: random.read, ..balance((together * most).sqrt()) }
    }

    /// Mean wait of a request for the prompts of others.
    ///
    /// At the start all come at once and are read one after another; from then on their answers end one after another
    /// as well, and reading is a queue with arrivals at random and one length (Pollaczek-Khinchine, Kleinrock 1975,
    /// section 5.6), in which no more than all can wait.
    fn crowd(&self, traffic: &Traffic, balance: &Balance, together: f64) -> Wait {
        let queue = (together - 1.0).max(0.0) * balance.cost;
        let first = queue / 2.0 / f64::from(TURNS);
        let busy = (balance.rate * balance.cost * balance.others).min(FULL);
        Wait::of(queued(traffic, balance, busy).min(queue / 2.0), busy, first)
    }

    /// Mean time that a prompt is held back by the engine's own rule while others decode.
    fn held_back(&self, balance: &Balance) -> f64 {
        let step = balance.per_token * self.guessed().1;
        let time = match self.service.engine.admission {
            Admission::AtOnce => 0.0,
            Admission::Polls(steps) => 0.5 * f64::from(steps) * step,
            Admission::Gathers(steps) => {
                // The first waits all of it, those that come meanwhile half of it on the mean.
                let window = f64::from(steps) * step;
                let company = balance.rate * window;
                window * (1.0 + 0.5 * company) / (1.0 + company)
            }
        };
        // Where nothing decodes, steps pass in no time.
        time * (1.0 - 1.0 / balance.decode.max(1.0))
    }

    /// What users see where so many sequences decode at any time, as many as a batch limit lets.
    #[must_use]
    pub fn loaded(&self, traffic: &Traffic, running: Sequences) -> Answer {
        let places = self.balance(traffic, running.0.max(1e-3), 1.0);
        let busy = (places.rate * places.cost).min(FULL);
        let wait = Wait::of(queued(traffic, &places, busy), busy, 0.0);
        let first = self.handling(traffic) + places.read + wait.mean;
        // A place is taken while its prompt is read as well, which its own answer never meets.
        let own = places.cost / (traffic.output - 1.0).max(1.0);
        let balance = Balance { per_token: places.per_token - own * running.0.min(1.0), ..places };
        self.told(traffic, &balance, (first, wait), balance.rate, false)
    }

    /// The most that the instance answers, on the mean.
    #[must_use]
    pub fn full(&self, traffic: &Traffic) -> Full {
        let most = self.most(traffic);
        Full { running: Sequences(most), rate: rate(self.balance(traffic, most, 1.0).rate, 1.0) }
    }

    /// What users see where requests come at random, at the rate at which so many sequences decode on the mean: the
    /// answer to [`Mode::Open`](crate::serving::Mode) at that rate, without looking for it.
    #[must_use]
    pub fn arriving(&self, traffic: &Traffic, running: Sequences, full: &Full) -> Answer {
        let balance = self.balance(traffic, running.0.max(1.0), 1.0);
        let wait = random_wait(traffic, &balance, balance.rate, full);
        let first = self.handling(traffic) + balance.read + wait.mean;
        self.told(traffic, &balance, (first, wait), balance.rate, false)
    }

    /// A fixed number of requests in flight.
    pub(super) fn closed(&self, traffic: &Traffic, concurrency: f64) -> Answer {
        let running = concurrency.min(self.most(traffic));
        let output = (traffic.output - 1.0).max(1.0);
        // The number that decodes, so that those and the ones being read make up what runs.
        let (mut low, mut high) = (0.0, running);
        let others = share_of_others(running);
        let mut balance = self.balance(traffic, running, others);
        let least = self.handling(traffic);
        for _ in 0..STEPS {
            let decode = 0.5 * (low + high);
            balance = self.balance(traffic, decode.max(1e-3), others);
            let held = self.held_back(&balance);
            let reading = least + held + balance.read + self.crowd(traffic, &balance, running).mean;
            if decode + balance.rate * reading > running {
                high = decode;
            } else {
                low = decode;
            }
            if high - low < 1e-3 * running {
                break;
            }
        }
        // At least the one that is looked at decodes.
        if balance.decode < 1.0 {
            balance = self.balance(traffic, 1.0_f64.min(running), others);
        }
        let half = 0.5 * balance.per_token.min(balance.cost);
        let wait = self.crowd(traffic, &balance, running).and(half);
        let own = least + self.held_back(&balance) + balance.read;
        // Those that do not decode wait to be read, whatever the queue would be at random.
        let crowd = running / balance.rate - output * balance.per_token - own - wait.mean;
        let wait = if balance.crowded { wait.and(crowd.max(0.0)) } else { wait };
        let read = own + wait.mean;
        let cycle = read + output * balance.per_token;
        let throughput = running / cycle;
        // What does not fit waits for a place.
        let queued = (concurrency - running).max(0.0) / throughput.max(1e-12);
        self.told(traffic, &balance, (read + queued, wait.and(queued)), throughput, queued > 0.0)
    }

    fn told(
        &self,
        traffic: &Traffic,
        balance: &Balance,
        (first_token, wait): (f64, Wait),
        throughput: f64,
        saturated: bool,
    ) -> Answer {
        let whole = first_token + (traffic.output - 1.0).max(0.0) * balance.per_token;
        Answer {
            first_token: Seconds::new(first_token),
            waiting: Seconds::new(wait.mean),
            delayed: Ratio::new(wait.delayed.clamp(0.0, 1.0)),
            reading: Seconds::new(balance.read + self.service.engine.token.get() * traffic.prompt),
            prompt_spread: Ratio::new(traffic.prompt_spread),
            company: Company::default(),
            per_token: Seconds::new(balance.per_token),
            whole: Seconds::new(whole),
            output_rate: rate(throughput * traffic.output, 1.0),
            prompt_rate: rate(traffic.prompt, balance.cost),
            decode_rate: rate(balance.decode, balance.per_token),
            request_rate: rate(throughput, 1.0),
            running: Sequences(balance.decode),
            saturated,
        }
    }

    /// Requests at a mean rate.
    pub(super) fn open(&self, traffic: &Traffic, arrivals: f64, requests: Option<u32>) -> Answer {
        if let Some(requests) = requests {
            return self.run(traffic, arrivals, requests);
        }
        let most = self.most(traffic);
        let full = self.balance(traffic, most, 1.0);
        let least = self.handling(traffic);
        if arrivals < full.rate {
            let mut balance = full;
            let _ = halved((0.0, most), STEPS, |decode| {
                balance = self.balance(traffic, decode.max(1e-3), 1.0);
                balance.rate <= arrivals
            });
            if balance.decode < 1.0 {
                // Seldom does another come while one decodes.
                let others = (arrivals / self.balance(traffic, 1.0, 1.0).rate).min(1.0);
                balance = self.balance(traffic, 1.0, others);
            }
            let limit = Full { running: Sequences(most), rate: rate(full.rate, 1.0) };
            let wait = random_wait(traffic, &balance, arrivals, &limit);
            let first = least + balance.read + wait.mean;
            return self.told(traffic, &balance, (first, wait), arrivals, false);
        }
        // Without an end, waiting grows without bound.
        self.told(traffic, &full, (1e9, Wait::of(0.0, 0.0, 1e9)), full.rate, true)
    }
}
