//! Operations and bytes of one step, part by part, for those who explain its time.

use super::work::Op;
use super::{Answer, Load, Sequences, ServePart, Serving};
use crate::serving::Traffic;
use crate::units::{Bytes, BytesPerSecond, Flops, Ratio, Seconds, halved};

/// Share of the time that reading may take before an instance counts as full, as in `flow`.
const FULL: f64 = 0.98;
/// Halvings of the number of prompts.
const STEPS: u32 = 24;

/// What one part of a step does on one accelerator.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct PartCount {
    /// Operations.
    pub flops: Flops,
    /// Bytes of weights, cache or activations that are read and written.
    pub bytes: Bytes,
    /// Bytes that an accelerator hands to collectives.
    pub sent: Bytes,
    /// Kernels, or collectives.
    pub starts: Ratio,
}

/// What a step's communication is made of.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct NetworkParts {
    /// Collectives, and the mean time that starts one.
    pub starts: (Ratio, Seconds),
    /// Bytes that cross links for them, and the mean rate.
    pub crossing: (Bytes, BytesPerSecond),
    /// Sends between stages.
    pub sends: Seconds,
    /// What of all that hides behind the other half of the step.
    pub hidden: Seconds,
}

/// What the host does in a step.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct HostParts {
    /// Kernels that it starts one by one; none where a graph is replayed.
    pub started: Ratio,
    /// What the accelerator and its links take, in which it starts them.
    pub busy: Seconds,
    /// Sequences that it schedules.
    pub sequences: Sequences,
}

/// What the first token of a request that comes at random, or follows another, takes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct FirstParts {
    /// The host's work on the request.
    pub handling: Seconds,
    /// The steps that read its prompt, with those that are read beside it.
    pub reading: Seconds,
    /// What one prompt adds to the instance's time, and in how many prompts at once.
    pub each: (Seconds, Ratio),
    /// A step that reads them, the same without them, and how many such steps; none where the engine's own rule holds
    /// prompts back for a time that cannot be told from reading.
    pub steps: Option<(Seconds, Seconds, Ratio)>,
    /// Share of the instance's time that reading takes.
    pub busy: Ratio,
    /// Mean wait for the prompts of others.
    pub queue: Seconds,
}

impl Serving<'_> {
    /// What a first token takes, part by part, of an answer of [`Serving::answer`] or [`Serving::loaded`].
    #[must_use]
    pub fn first_parts(&self, traffic: &Traffic, answer: &Answer) -> FirstParts {
        let fresh = traffic.prompt * (1.0 - traffic.cached.get());
        let context = traffic.context().get();
        let running = answer.running.0;
        let each = traffic.prompt / answer.prompt_rate.get().max(1e-12);
        let handling = self.handling(traffic);
        let reading = (answer.first_token.less(answer.waiting).get() - handling).max(0.0);
        // The number that is read at once is the one whose time is so long.
        let most = self.prompts_most(fresh);
        let sooner = |n| self.read(n, fresh, running, context).whole < reading;
        let (_, high) = halved((1.0, most.max(1.0)), STEPS, sooner);
        let (both, alone, steps) = self.reading_steps(high, fresh, running, context);
        let told = self.read(high, fresh, running, context).whole;
        let exact = (told / reading.max(1e-12) - 1.0).abs() < 1e-4;
        let steps = (Seconds::new(both), Seconds::new(alone), Ratio::new(steps));
        let busy = (answer.request_rate.get() * each).min(FULL);
        FirstParts {
            handling: Seconds::new(handling),
            reading: Seconds::new(reading),
            each: (Seconds::new(each), Ratio::new(high)),
            steps: exact.then_some(steps),
            busy: Ratio::new(busy),
            queue: Seconds::new(
                busy * each * (1.0 + traffic.prompt_spread * traffic.prompt_spread)
                    / (2.0 * (1.0 - busy)),
            ),
        }
    }

    /// What a step's communication is made of.
    #[must_use]
    pub fn network_parts(&self, load: &Load) -> NetworkParts {
        let halves = if self.service.engine.overlaps { 2.0 } else { 1.0 };
        let [mut n, mut start, mut bytes, mut seconds] = [0.0f64; 4];
        self.shape().each(&load.over(halves), &mut |_, op, times| {
            let [one, crossing, takes] = self.rates.crossing(&op);
            let times = halves * times;
            n += if one > 0.0 { times } else { 0.0 };
            start += times * one;
            bytes += times * crossing;
            seconds += times * takes;
        });
        let pp = f64::from(self.instance.pp.max(1));
        let rows = load.decode * load.rows.max(1.0) + load.prompt;
        let sent = rows * f64::from(self.service.model.hidden) * 2.0;
        let sends = if pp > 1.0 { (pp - 1.0) * self.rates.send(sent) } else { 0.0 };
        let told = self.step(load).get(ServePart::Network).get();
        NetworkParts {
            starts: (Ratio::new(n), Seconds::new(start / n.max(1e-12))),
            crossing: (Bytes::from_f64(bytes), BytesPerSecond::new(bytes / seconds.max(1e-15))),
            sends: Seconds::new(sends),
            hidden: Seconds::new((start + seconds + sends - told).max(0.0)),
        }
    }

    /// What each part of a step does, in the order of [`ServePart::ALL`].
    #[must_use]
    pub fn part_counts(&self, load: &Load) -> [PartCount; ServePart::ALL.len()] {
        let shape = self.shape();
        let halves = if self.service.engine.overlaps { 2.0 } else { 1.0 };
        let mut sums = [[0.0f64; 4]; ServePart::ALL.len()];
        shape.each(&load.over(halves), &mut |part, op, times| {
            let [flops, bytes, sent, starts] = amounts(&op);
            let Some(sum) = sums.get_mut(part as usize) else { return };
            for (own, more) in sum.iter_mut().zip([flops, bytes, sent, starts]) {
                *own += halves * times * more;
            }
        });
        sums.map(|[flops, bytes, sent, starts]| PartCount {
            flops: Flops::new(flops),
            bytes: Bytes::from_f64(bytes),
            sent: Bytes::from_f64(sent),
            starts: Ratio::new(starts),
        })
    }
}

/// Operations, bytes read and written, bytes sent, starts.
fn amounts(op: &Op) -> [f64; 4] {
    match *op {
        Op::Product { m, n, k, groups, bits, .. } => {
            let weights = groups * n * k * bits / 8.0;
            [groups * 2.0 * m * n * k, weights + groups * m * (n + k) * 2.0, 0.0, 0.0]
        }
        Op::Prompt { flops, .. } => [flops, 0.0, 0.0, 0.0],
        Op::Decode { flops, bytes } => [flops, bytes, 0.0, 0.0],
        Op::Scan { .. } => [0.0; 4],
        Op::Pass { bytes } => [0.0, bytes, 0.0, 0.0],
        Op::Reduce { bytes } | Op::Exchange { bytes, .. } => [0.0, 0.0, bytes, 1.0],
        Op::Kernels { n, .. } => [0.0, 0.0, 0.0, n],
    }
}
