//! Prompts read on some machines, answers written on others (DistServe, arXiv 2401.09670).

use super::batch::{Sequences, rate};
use super::{Answer, Serving};
use crate::serving::Traffic;
use crate::units::{BytesPerSecond, PerSecond, Ratio, Seconds, Tokens};

/// Share of the time that reading may take before an instance counts as full.
const BUSY: f64 = 0.98;

/// Instances that do one half of the work.
#[derive(Clone, Debug)]
pub struct Half<'a> {
    /// One of them.
    pub serving: Serving<'a>,
    /// How many there are.
    pub workers: u32,
}

/// Both halves, and the link that caches travel on.
#[derive(Clone, Debug)]
pub struct Pair<'a> {
    /// Those that read prompts.
    pub prompts: Half<'a>,
    /// Those that write answers.
    pub answers: Half<'a>,
    /// From one accelerator to one of the other half.
    pub link: BytesPerSecond,
}

impl Pair<'_> {
    /// What users see with a fixed number of requests in flight.
    #[must_use]
    pub fn closed(&self, traffic: &Traffic, concurrency: u32) -> Answer {
        let fresh = traffic.prompt * (1.0 - traffic.cached.get());
        let (readers, writers) =
            (f64::from(self.prompts.workers.max(1)), f64::from(self.answers.workers.max(1)));
        let reader = &self.prompts.serving;
        let full = reader.read(reader.prompts_most(fresh), fresh, 0.0, 0.0).each;
        let alone = reader.prefill(1.0, fresh);
        let moved = self.moved(traffic);
        let output = (traffic.output - 1.0).max(1.0);
        let context = traffic.prompt + traffic.output / 2.0;
        let all = f64::from(concurrency.max(1));
        let most = self.answers.serving.most(traffic) * writers;
        let handling = self.prompts.serving.handling(traffic);
        let (mut low, mut high) = (0.0, all.min(most));
        let (mut per_token, mut wait, mut throughput) = (0.0, 0.0, 0.0);
        for _ in 0..24 {
            let decode = 0.5 * (low + high);
            per_token = self.answers.serving.decode((decode / writers).max(1.0), context);
            throughput = decode / (output * per_token);
            // Few at a time are read alone, many in full steps.
            let few = (1.0 - throughput * full / readers).max(0.0);
            let cost = full + few * few * (alone - full).max(0.0);
            let busy = (throughput * cost / readers).min(0.98);
            // At the start all come at once; ten turns make a benchmark.
            let crowd = (all / readers - 1.0).max(0.0) * cost;
            wait = crowd / 20.0 + (busy * cost / (2.0 * (1.0 - busy))).min(crowd / 2.0);
            let reading = handling + alone + moved + wait;
            let bound = readers / full.max(1e-12);
            if decode + throughput * reading > all || throughput > bound {
                high = decode;
            } else {
                low = decode;
            }
        }
        let first = handling + alone + moved + wait;
        let whole = first + output * per_token;
        Answer {
            first_token: Seconds::new(first),
            waiting: Seconds::new(wait),
            delayed: Ratio::ONE,
            reading: Seconds::new(alone),
            prompt_spread: Ratio::new(traffic.prompt_spread),
            per_token: Seconds::new(per_token),
            whole: Seconds::new(whole),
            output_rate: rate(throughput * traffic.output, 1.0),
            prompt_rate: rate(fresh * readers, full),
            decode_rate: rate(0.5 * (low + high), per_token),
            request_rate: rate(throughput, 1.0),
            running: Sequences(0.5 * (low + high)),
            saturated: all > most,
        }
    }

    /// Time in which the cache of a prompt moves: see [`Reader::moved`].
    fn moved(&self, traffic: &Traffic) -> f64 {
        let bytes = self.prompts.serving.sequence_bytes(traffic.prompt);
        bytes / self.link.get().max(1.0)
    }
}

/// One instance that only reads prompts, ready to be asked at any rate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reader {
    /// Time of a prompt outside all steps.
    handling: f64,
    /// Seconds of one prompt read alone.
    alone: f64,
    /// Seconds of the instance's time for each prompt of full steps.
    full: f64,
    /// Bytes that one rank sends for a prompt, and prompts that are sent side by side.
    bytes: f64,
    lanes: f64,
}

/// One instance that only writes answers.
#[derive(Clone, Debug)]
pub struct Writer<'a> {
    serving: &'a Serving<'a>,
    traffic: Traffic,
    most: f64,
}

/// What a writer does at some load.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Written {
    /// Sequences that it decodes.
    pub running: Sequences,
    /// Time between tokens.
    pub per_token: Seconds,
    /// Requests a second.
    pub rate: PerSecond,
}

impl Reader {
    /// An instance that reads that traffic's prompts.
    #[must_use]
    pub fn new(serving: &Serving<'_>, traffic: &Traffic) -> Self {
        let fresh = traffic.prompt * (1.0 - traffic.cached.get());
        Self {
            handling: serving.handling(traffic),
            alone: serving.prefill(1.0, fresh),
            full: serving.read(serving.prompts_most(fresh), fresh, 0.0, 0.0).each,
            bytes: serving.sequence_bytes(traffic.prompt),
            lanes: f64::from(serving.instance.dp.max(1)),
        }
    }

    /// Time in which the cache of a prompt moves over a link: every rank sends its share on its own, and the ranks that
    /// take it are no slower than those that send unless each holds more of it.
    #[must_use]
    pub fn moved(&self, link: BytesPerSecond, taken: &Writer<'_>) -> Seconds {
        let taken = taken.serving.sequence_bytes(taken.traffic.prompt);
        Seconds::new(self.bytes.max(taken) / link.get().max(1.0))
    }

    /// The most prompts a second: the reading itself, or the links.
    #[must_use]
    pub fn most(&self, moved: Seconds) -> PerSecond {
        let sent = self.lanes / moved.get().max(1e-12);
        PerSecond::new((BUSY / self.full.max(1e-12)).min(sent))
    }

    /// Time to the first token at a rate of prompts, and what of it is waiting: prompts come at random and take one
    /// time each (Pollaczek-Khinchine, Kleinrock 1975, section 5.6). Few at a time are read alone, many in full steps.
    #[must_use]
    pub fn first_token(&self, rate: PerSecond, moved: Seconds) -> (Seconds, Seconds) {
        let few = (1.0 - rate.get() * self.full).max(0.0);
        let cost = self.full + few * few * (self.alone - self.full).max(0.0);
        let busy = (rate.get() * cost).min(BUSY);
        let wait = busy * cost / (2.0 * (1.0 - busy));
        let first = self.handling + self.alone + moved.get() + wait;
        (Seconds::new(first), Seconds::new(wait))
    }
}

impl<'a> Writer<'a> {
    /// An instance that writes that traffic's answers.
    #[must_use]
    pub fn new(serving: &'a Serving<'a>, traffic: &Traffic) -> Self {
        Self { serving, traffic: *traffic, most: serving.most(traffic) }
    }

    /// Sequences that it holds at most.
    #[must_use]
    pub const fn most(&self) -> Sequences {
        Sequences(self.most)
    }

    /// What it does with so many sequences.
    #[must_use]
    pub fn with(&self, running: Sequences) -> Written {
        let running = Sequences(running.0.clamp(1.0, self.most));
        let context = Tokens::new((self.traffic.prompt + self.traffic.output / 2.0) as u64);
        let per_token = self.serving.writing(running, context);
        let output = (self.traffic.output - 1.0).max(1.0);
        let each = rate(running.0, output * per_token.get());
        Written { running, per_token, rate: each }
    }
}
