//! What users see where requests come all at once: one fixed batch, or everything there is.

use super::{Load, Serving};
use crate::serving::{Mode, Traffic};
use crate::units::chance::deviations;
use crate::units::{PerSecond, Ratio, Seconds, Tokens, halved};

/// What users see.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Answer {
    /// Time to the first token, on the mean.
    pub first_token: Seconds,
    /// What of it is spent waiting for other requests.
    pub waiting: Seconds,
    /// Share of requests that wait: the others find nobody before them.
    pub delayed: Ratio,
    /// What of it reads the request's own prompt, on the mean.
    pub reading: Seconds,
    /// Standard deviation of prompts' lengths over their mean.
    pub prompt_spread: Ratio,
    /// How far reading with others swings.
    pub company: Company,
    /// Time between tokens of one answer, on the mean.
    pub per_token: Seconds,
    /// Time from a request to its last token.
    pub whole: Seconds,
    /// Tokens of answers a second, of the whole instance.
    pub output_rate: PerSecond,
    /// Tokens of prompts a second while prompts are read.
    pub prompt_rate: PerSecond,
    /// Tokens of answers a second while answers are written.
    pub decode_rate: PerSecond,
    /// Requests a second.
    pub request_rate: PerSecond,
    /// Sequences that run together.
    pub running: Sequences,
    /// More comes in than can be answered.
    pub saturated: bool,
}

/// How the time of reading a prompt swings with how many are read in the same step.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Company {
    /// Standard deviation over prompts.
    pub deviation: Seconds,
    /// The most over the mean: no step takes more prompts than fit.
    pub most: Seconds,
}

impl Company {
    /// What a share of the prompts stays within over the mean, numbers of prompts taken as normal.
    #[must_use]
    pub fn at(&self, share: Ratio) -> Seconds {
        if self.deviation <= Seconds::ZERO {
            return Seconds::ZERO;
        }
        Seconds::new((self.deviation.get() * deviations(share)).min(self.most.get()))
    }
}

/// Time of reading prompts together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Read {
    /// Seconds until the last is read.
    pub whole: f64,
    /// Seconds of the instance's time that each takes.
    pub each: f64,
}

/// Sequences, on the mean.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sequences(pub f64);

impl Answer {
    /// Share of an instance's time in which it reads prompts: each takes the time between two of the rate at which
    /// prompts are read.
    #[must_use]
    pub fn reading_share(&self, traffic: &Traffic) -> Ratio {
        let tokens = self.request_rate.get() * traffic.prompt;
        let read = self.prompt_rate.get();
        if read > 0.0 { Ratio::new((tokens / read).min(1.0)) } else { Ratio::ZERO }
    }

    /// The value below which a share of the times to the first token lie: handling is the same for all, reading goes
    /// with the prompt's length (a lognormal), the waits of those that wait fall off exponentially (the tail of an
    /// M/G/1 queue, Kleinrock 1975, section 5.7), and the two are independent; where many are read in a step, the longest
    /// waits end in the fullest steps ([`Company`]).
    #[must_use]
    pub fn first_token_at(&self, share: Ratio) -> Seconds {
        let least = self.first_token.less(self.waiting).get() + self.company.at(share).get();
        let above = (1.0 - share.get()).max(1e-6);
        let Some(own) = Reading::of(self) else {
            return Seconds::new(least + self.waiting.get() * self.waits_at(share).get());
        };
        let (_, high) = halved((0.0, own.most(above)), STEPS, |time| own.later(time) > above);
        Seconds::new(least - own.mean + high)
    }

    /// Whether [`Self::first_token_at`] is no longer than that, from one look: at the last of the values between which it
    /// halves that lies within.
    #[must_use]
    pub fn first_token_within(&self, share: Ratio, time: Seconds) -> bool {
        let Some(own) = Reading::of(self) else { return self.first_token_at(share) <= time };
        let least = self.first_token.less(self.waiting).get() + self.company.at(share).get();
        let above = (1.0 - share.get()).max(1e-6);
        let most = own.most(above);
        let (room, step) = (time.get() - (least - own.mean), most / (1u64 << STEPS) as f64);
        room >= most || own.later((room / step).floor() * step) <= above
    }

    /// Mean waits below which a share of the waits lie.
    #[must_use]
    pub fn waits_at(&self, share: Ratio) -> Ratio {
        let delayed = self.delayed.get().clamp(1e-6, 1.0);
        let above = (1.0 - share.get()).max(1e-6);
        Ratio::new((libm::log(delayed / above) / delayed).max(0.0))
    }
}

/// Halvings in which a percentile is found.
const STEPS: u32 = 30;
/// Pieces of the spread of prompts.
const PIECES: usize = 32;
/// Deviations of a lognormal that are looked at, each way.
const REACH: f64 = 4.0;

/// Reading of prompts that differ in length, and what some of them wait for before.
struct Reading {
    lengths: Lengths,
    /// Seconds that a mean prompt takes.
    mean: f64,
    /// Seconds that one that waits does so, on the mean.
    wait: f64,
    /// Share of those that wait.
    delayed: f64,
}

impl Reading {
    /// Nothing where all prompts are of one length, take no time, or wait without end.
    fn of(answer: &Answer) -> Option<Self> {
        let least = answer.first_token.less(answer.waiting).get();
        let (wait, spread) = (answer.waiting.get(), answer.prompt_spread.get());
        let mean = answer.reading.get().min(least);
        if spread <= 0.0 || mean <= 0.0 || !wait.is_finite() {
            return None;
        }
        let delayed = answer.delayed.get().clamp(1e-6, 1.0);
        Some(Self { lengths: Lengths::of(spread), mean, wait: wait / delayed, delayed })
    }

    /// Seconds that all but such a share stay within by far.
    fn most(&self, above: f64) -> f64 {
        self.mean * self.lengths.longest() - self.wait * libm::log(above)
    }

    /// Share of requests for which reading and waiting together take longer than that many seconds.
    fn later(&self, time: f64) -> f64 {
        let waited = self.lengths.later(time, self.mean, self.wait);
        let at_once = self.lengths.later(time, self.mean, 0.0);
        self.delayed * waited + (1.0 - self.delayed) * at_once
    }
}

/// Lengths of prompts over their mean at the ends of pieces, and the share of prompts in each piece.
struct Lengths([(f64, f64); PIECES + 1]);

impl Lengths {
    /// A lognormal of mean 1 and that deviation.
    fn of(spread: f64) -> Self {
        let width = libm::log(1.0 + spread * spread).sqrt();
        let step = 2.0 * REACH / PIECES as f64;
        let mut all = [(0.0, 0.0); PIECES + 1];
        let mut sum = 0.0;
        for (i, (length, share)) in all.iter_mut().enumerate() {
            let at = step * i as f64 - REACH;
            *length = libm::exp(width * at - width * width / 2.0);
            let middle = at + step / 2.0;
            *share = if i < PIECES { libm::exp(-middle * middle / 2.0) } else { 0.0 };
            sum += *share;
        }
        all.iter_mut().for_each(|(_, share)| *share /= sum);
        Self(all)
    }

    fn longest(&self) -> f64 {
        self.0[PIECES].0
    }

    /// Share of requests for which reading and waiting together take longer than `time`: over each piece the mean of
    /// `exp(-(time - reading) / wait)`, or of 1 where reading alone takes longer.
    fn later(&self, time: f64, reading: f64, wait: f64) -> f64 {
        // The integral of that from far below.
        let under = |x: f64| {
            if x >= time {
                wait + x - time
            } else if wait > 0.0 {
                wait * libm::exp((x - time) / wait)
            } else {
                0.0
            }
        };
        let mut sum = 0.0;
        let mut before = (reading * self.0[0].0, under(reading * self.0[0].0));
        for two in self.0.windows(2) {
            let [(_, share), (length, _)] = two else { continue };
            let next = (reading * length, under(reading * length));
            sum += share * (next.1 - before.1) / (next.0 - before.0).max(1e-300);
            before = next;
        }
        sum
    }
}

impl Serving<'_> {
    /// What users see of that traffic.
    #[must_use]
    pub fn answer(&self, traffic: &Traffic, mode: Mode) -> Answer {
        match mode {
            Mode::Static { batch } => self.fixed(traffic, f64::from(batch.max(1))),
            Mode::Offline => self.offline(traffic),
            Mode::Closed { concurrency } => self.closed(traffic, f64::from(concurrency.max(1))),
            Mode::Open { rate, requests } => self.open(traffic, rate.get(), requests),
        }
    }

    /// Rows that each decoding sequence brings to a step, and tokens that it gets out of it.
    pub(super) fn guessed(&self) -> (f64, f64, f64) {
        self.service.speculation.as_ref().map_or((1.0, 1.0, 0.0), |s| {
            (1.0 + f64::from(s.guesses), s.yielded().get(), f64::from(s.guesses) * s.cost.get())
        })
    }

    /// Seconds a token of decoding with `batch` sequences that each hold `context` tokens.
    pub(super) fn decode(&self, batch: f64, context: f64) -> f64 {
        let (rows, yielded, cost) = self.guessed();
        // Stages work on different sequences: each pass takes its share of them.
        let pp = f64::from(self.instance.pp.max(1));
        let decode = if pp > 1.0 { (batch / pp).ceil().min(batch) } else { batch };
        let engine = &self.service.engine;
        let decode = if engine.padded { decode.max(f64::from(engine.sequences)) } else { decode };
        let load = Load { decode, context, rows, ..Load::default() };
        self.seconds(&load) * (1.0 + cost) / yielded
    }

    /// Seconds of reading `prompts` prompts of `tokens` each while nothing decodes, first to last.
    pub(super) fn prefill(&self, prompts: f64, tokens: f64) -> f64 {
        self.read(prompts, tokens, 0.0, 0.0).whole
    }

    /// Most prompts of that length that one step reads.
    pub(super) fn prompts_most(&self, tokens: f64) -> f64 {
        let chunk = f64::from(self.rows_most());
        let groups = f64::from(self.instance.dp.max(1));
        groups * (chunk / tokens.max(1.0)).floor().max(1.0)
    }

    /// Most prompts of that length that are read in the time of one token of every sequence: where they share steps with
    /// decoding, no more than fit in those steps.
    pub(super) fn prompts_beside(&self, tokens: f64) -> f64 {
        let engine = &self.service.engine;
        if !engine.mixes || tokens <= 0.0 {
            return f64::INFINITY;
        }
        let groups = f64::from(self.instance.dp.max(1));
        let most = self.prompts_most(tokens);
        self.stages_at_once() * most / self.steps_of(most / groups * tokens)
    }

    /// Steps that one attention group takes to read so many tokens.
    pub(super) fn steps_of(&self, tokens: f64) -> f64 {
        (tokens / f64::from(self.rows_most())).ceil().max(1.0)
    }

    /// Stages whose reading goes on at once.
    pub(super) fn stages_at_once(&self) -> f64 {
        let pp = f64::from(self.instance.pp.max(1));
        let limit = self.service.engine.in_flight;
        if limit > 0 { pp.min(f64::from(limit)) } else { pp }
    }

    /// What reading `prompts` prompts of `tokens` each adds to an instance with `decode` decoding sequences.
    pub(super) fn read(&self, prompts: f64, tokens: f64, decode: f64, context: f64) -> Read {
        if tokens <= 0.0 || prompts <= 0.0 {
            return Read { whole: 0.0, each: 0.0 };
        }
        let (both, alone, steps) = self.reading_steps(prompts, tokens, decode, context);
        let step = (both - alone).max(0.0);
        let whole = step * self.passes(Ratio::new(steps)).get();
        Read { whole, each: step * steps / self.stages_at_once() / prompts }
    }

    /// A step that reads, the same without what it reads (nothing where reading has steps of its own), and how many of
    /// them prompts of that length take.
    pub(super) fn reading_steps(
        &self,
        prompts: f64,
        tokens: f64,
        decode: f64,
        context: f64,
    ) -> (f64, f64, f64) {
        let engine = &self.service.engine;
        let groups = f64::from(self.instance.dp.max(1));
        let pp = f64::from(self.instance.pp.max(1));
        // A prompt is read by one attention group.
        let fullest = if groups > 1.0 { (prompts / groups).ceil() } else { prompts };
        let steps = self.steps_of(fullest * tokens);
        let load = Load {
            prompt: prompts * tokens / steps,
            readers: prompts.min(groups).max(1.0),
            reach: tokens / 2.0,
            ended: (prompts / steps).max(1.0),
            rows: 1.0,
            ..Load::default()
        };
        if engine.mixes && decode > 0.0 {
            let alone = Load { decode: decode / pp, context, rows: 1.0, ..Load::default() };
            let both = Load { decode: decode / pp, context, ..load };
            (self.seconds(&both), self.seconds(&alone), steps)
        } else {
            (self.seconds(&load), 0.0, steps)
        }
    }

    /// Time of one request outside all steps.
    pub(super) fn handling(&self, traffic: &Traffic) -> f64 {
        let engine = &self.service.engine;
        self.rates.request + engine.token.get() * traffic.prompt
    }

    fn fixed(&self, traffic: &Traffic, batch: f64) -> Answer {
        let fresh = traffic.prompt * (1.0 - traffic.cached.get());
        let context = traffic.prompt + traffic.output / 2.0;
        let most = f64::from(self.service.engine.sequences.max(1)) * f64::from(self.instance.dp);
        let room = self.held(traffic.prompt + traffic.output).max(1.0).min(most);
        let running = batch.min(room);
        let turns = batch / running;
        let read = self.prefill(running, fresh);
        let first_token = self.handling(traffic) + read;
        let per_token = self.decode(running, context);
        let whole = first_token + (traffic.output - 1.0).max(0.0) * per_token;
        let all = whole * turns;
        Answer {
            first_token: Seconds::new(first_token),
            waiting: Seconds::ZERO,
            delayed: Ratio::ONE,
            reading: Seconds::new(read),
            // A batch is read as one, whose prompts are padded or packed.
            prompt_spread: Ratio::ZERO,
            company: Company::default(),
            per_token: Seconds::new(per_token),
            whole: Seconds::new(all),
            output_rate: rate(batch * traffic.output, all),
            prompt_rate: rate(running * traffic.prompt, first_token),
            decode_rate: rate(running, per_token),
            request_rate: rate(batch, all),
            running: Sequences(running),
            saturated: false,
        }
    }

    /// Sequences that run together where there are enough.
    pub(super) fn most(&self, traffic: &Traffic) -> f64 {
        let engine = &self.service.engine;
        let held = if engine.memory.reserves { traffic.under_way() } else { traffic.context() };
        let each = engine.sequences.clamp(1, self.rows_most());
        let limit = f64::from(each) * f64::from(self.instance.dp.max(1));
        self.held(held.get()).min(limit).max(1.0)
    }

    /// Seconds in which so many prompts of that many tokens are read together.
    #[must_use]
    pub fn reading(&self, prompts: Sequences, tokens: Tokens) -> Seconds {
        Seconds::new(self.prefill(prompts.0, tokens.as_f64()))
    }

    /// Seconds between tokens where so many sequences are written that each hold that many tokens.
    #[must_use]
    pub fn writing(&self, sequences: Sequences, context: Tokens) -> Seconds {
        Seconds::new(self.decode(sequences.0, context.as_f64()))
    }

    /// Sequences that run together where there are enough.
    #[must_use]
    pub fn most_running(&self, traffic: &Traffic) -> Sequences {
        Sequences(self.most(traffic))
    }

    /// Throughput alone: as many sequences as fit, a prompt read whenever an answer ends.
    fn offline(&self, traffic: &Traffic) -> Answer {
        self.steady(traffic, Sequences(self.most(traffic)))
    }

    /// Throughput with so many sequences at any time.
    #[must_use]
    pub fn steady(&self, traffic: &Traffic, running: Sequences) -> Answer {
        let fresh = traffic.prompt * (1.0 - traffic.cached.get());
        let context = traffic.context().get();
        let output = traffic.output.max(1.0);
        let running = running.0.min(self.prompts_beside(fresh) * output);
        let together = running.min(self.prompts_most(fresh));
        let cost = self.read(together, fresh, running, context).each;
        let alone = self.decode(running, context);
        let per_token = alone + running * cost / output;
        let first_token = self.handling(traffic) + cost;
        Answer {
            first_token: Seconds::new(first_token),
            waiting: Seconds::ZERO,
            delayed: Ratio::ONE,
            reading: Seconds::new(cost),
            prompt_spread: Ratio::new(traffic.prompt_spread),
            company: Company::default(),
            per_token: Seconds::new(per_token),
            whole: Seconds::new(first_token + output * per_token),
            output_rate: rate(running, per_token),
            prompt_rate: rate(fresh, cost),
            decode_rate: rate(running, alone),
            request_rate: rate(running, per_token * output),
            running: Sequences(running),
            saturated: false,
        }
    }
}

/// So many in that time; none where it takes none.
pub(super) fn rate(n: f64, seconds: f64) -> PerSecond {
    if seconds > 0.0 { PerSecond::new(n / seconds) } else { PerSecond::ZERO }
}
