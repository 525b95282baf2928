//! Prompts read on some machines, answers written on others (DistServe, arXiv 2401.09670).

use super::batch::{Company, Read, Sequences, rate};
use super::{Answer, Serving};
use crate::serving::Traffic;
use crate::units::{BytesPerSecond, PerSecond, Ratio, Seconds, Tokens, halved};

/// Halvings of the number that decodes.
const STEPS: u32 = 24;
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
        // What a prompt read alone takes of every stage, and how long it is under way through all.
        let single = reader.read(1.0, fresh, 0.0, 0.0);
        let alone = single.whole;
        let moved = self.moved(traffic);
        let output = (traffic.output - 1.0).max(1.0);
        let context = traffic.context().get();
        let all = f64::from(concurrency.max(1));
        let most = self.answers.serving.most(traffic) * writers;
        let handling = self.prompts.serving.handling(traffic);
        let (mut per_token, mut wait, mut throughput) = (0.0, 0.0, 0.0);
        let (low, high) = halved((0.0, all.min(most)), STEPS, |decode| {
            per_token = self.answers.serving.decode((decode / writers).max(1.0), context);
            throughput = decode / (output * per_token);
            // Few at a time are read alone, many in full steps.
            let few = (1.0 - throughput * full / readers).max(0.0);
            let cost = full + few * few * (single.each - full).max(0.0);
            let busy = (throughput * cost / readers).min(0.98);
            // At the start all come at once; ten turns make a benchmark.
            let crowd = (all / readers - 1.0).max(0.0) * cost;
            wait = crowd / 20.0 + (busy * cost / (2.0 * (1.0 - busy))).min(crowd / 2.0);
            let reading = handling + alone + moved + wait;
            let bound = readers / full.max(1e-12);
            decode + throughput * reading <= all && throughput <= bound
        });
        let first = handling + alone + moved + wait;
        let whole = first + output * per_token;
        Answer {
            first_token: Seconds::new(first),
            waiting: Seconds::new(wait),
            delayed: Ratio::ONE,
            reading: Seconds::new(alone),
            prompt_spread: Ratio::new(traffic.prompt_spread),
            company: Company::default(),
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
    /// Time of a prompt outside all steps, and what of it goes with the prompt's length.
    handling: f64,
    worded: f64,
    /// One prompt alone: until it is read, and what it takes of the time of every stage.
    one: Read,
    /// As many prompts as a step takes, and the same of them.
    most: f64,
    full: Read,
    /// Deviation of prompts' lengths over their mean.
    spread: f64,
    /// Bytes that one rank sends for a prompt, and prompts that are sent side by side.
    bytes: f64,
    lanes: f64,
}

/// A reader at some rate of prompts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Taken {
    /// Times to the first token; what is said of further tokens means nothing.
    pub answer: Answer,
    /// Share of the time in which a step is under way.
    pub busy: Ratio,
    /// Share of the time that the prompts would take in steps as large as can be.
    pub filled: Ratio,
    /// What a step takes of the time of a stage, on the mean over steps.
    pub step: Seconds,
    /// What a prompt takes of it, in such a step and in one as large as can be.
    pub each: Seconds,
    /// See `each`.
    pub least: Seconds,
    /// Prompts of a step on the mean over prompts, and at most.
    pub together: Sequences,
    /// See `together`.
    pub most: Sequences,
    /// Time from the start of a prompt's step until it is read through all stages.
    pub read: Seconds,
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
        let most = serving.prompts_most(fresh);
        let read = |prompts: f64| serving.read(prompts, fresh, 0.0, 0.0);
        let full = read(most);
        let one = read(1.0);
        Self {
            handling: serving.handling(traffic),
            worded: serving.service.engine.token.get() * traffic.prompt,
            // A prompt never takes less of the reader for being alone.
            one: Read { each: one.each.max(full.each), ..one },
            most,
            full,
            spread: traffic.prompt_spread,
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
        PerSecond::new((BUSY / self.full.each.max(1e-12)).min(sent))
    }

    /// Seconds of one of two times of reading for so many prompts together: straight between one and as many as a step
    /// takes.
    fn between(&self, [one, most]: [f64; 2], prompts: f64) -> f64 {
        let share = if self.most > 1.0 { (prompts - 1.0) / (self.most - 1.0) } else { 0.0 };
        one + (most - one) * share
    }

    /// Time to the first token at a rate of prompts that come at random, and what they take of the reader. It never
    /// falls with the rate, and has no bound beyond what the reader can take.
    ///
    /// A step reads what waits when it begins. What it takes of the time of a stage, `s(n) = a + b n`, is what the next
    /// step waits for; through how many stages a prompt goes delays it alone. With `x` prompts a second, steps follow one
    /// another without a gap once `x s(1) > 1`; then `n = x s(n)` come during one. A prompt waits half of the step under
    /// way, and where steps are filled for those before it as in a queue that takes them one by one (Pollaczek-Khinchine,
    /// Kleinrock 1975, section 5.6, exact where a step reads one; a simulation is in tests/serve_split.rs).
    #[must_use]
    pub fn at(&self, rate: PerSecond, moved: Seconds) -> Taken {
        let (x, full) = (rate.get(), self.full.each);
        let step = |n: f64| self.between([self.one.each, self.most * full], n);
        let more = if self.most > 1.0 { step(2.0) - step(1.0) } else { 0.0 };
        let fixed = (self.one.each - more).max(0.0);
        let n = match x * self.one.each > 1.0 {
            true if x * more < 1.0 => (x * fixed / (1.0 - x * more)).clamp(1.0, self.most),
            true => self.most,
            false => 1.0,
        };
        let filled = x * full;
        let busy = (x * step(n) / n).min(1.0);
        let second = 1.0 + self.spread * self.spread;
        let wait = match filled < 1.0 {
            true => (busy * step(n) + filled * filled * full / (1.0 - filled)) / 2.0 * second,
            false => f64::INFINITY,
        };
        // It is read with those that come during the step before, more of whom meet a long one: `E[s^2] / E[s]`, where the
        // variance of steps without a gap follows from that of arrivals.
        let grown = x * more * x * more;
        let together = match grown < 1.0 {
            true => (1.0 + busy * x * step(n) + grown / (1.0 - grown)).min(self.most),
            false => self.most,
        };
        let read = |n: f64| self.between([self.one.whole, self.full.whole], n);
        let reading = read(together);
        // Arrivals vary as their number does, more so where steps that were long before them are.
        let swing = if grown < 1.0 { (busy * x * step(n) / (1.0 - grown)).sqrt() } else { 0.0 };
        let company = Company {
            deviation: Seconds::new((read(together + swing) - reading).max(0.0)),
            most: Seconds::new((read(self.most) - reading).max(0.0)),
        };
        let first = self.handling + reading + moved.get() + wait;
        let answer = Answer {
            first_token: Seconds::new(first),
            waiting: Seconds::new(wait),
            delayed: Ratio::new(busy),
            reading: Seconds::new(reading + self.worded),
            prompt_spread: Ratio::new(self.spread),
            company,
            ..Answer::default()
        };
        Taken {
            answer,
            busy: Ratio::new(busy),
            filled: Ratio::new(filled),
            step: Seconds::new(step(n)),
            each: Seconds::new(step(n) / n),
            least: Seconds::new(full),
            together: Sequences(together),
            most: Sequences(self.most),
            read: Seconds::new(reading),
        }
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
        let context = Tokens::new(self.traffic.context().get() as u64);
        let per_token = self.serving.writing(running, context);
        let output = (self.traffic.output - 1.0).max(1.0);
        let each = rate(running.0, output * per_token.get());
        Written { running, per_token, rate: each }
    }
}
