//! One run of so many requests: what a benchmark with a rate sees, which begins empty and ends empty.
//!
//! Requests come at random (evenly where their lengths are all the same: a generator that varies nothing), each is
//! followed through reading and writing, on the mean of some runs. While a prompt is read nothing is written, and what is
//! written takes the step of as many as run at that moment. Where more comes than goes, waiting grows for as long as
//! requests come: how long they wait hangs on their number.

use super::batch::{Company, Read, Sequences, rate};
use super::{Answer, Serving};
use crate::serving::Traffic;
use crate::units::{Ratio, Seconds};

/// Most requests that are followed; a longer run counts as that many.
const FOLLOWED: u32 = 4096;
/// Runs that are followed.
const RUNS: u32 = 8;
/// Numbers of sequences at which steps are timed, each twice the one before.
const DOUBLINGS: u32 = 12;

/// Seconds of steps by how many run.
struct Steps {
    most: f64,
    /// At 1, 2, 4 and so on up to `most`.
    alone: Vec<(f64, f64)>,
    /// Of reading one prompt, and as many as one step takes, until they are read; what each takes of a stage's time.
    one: Read,
    full: Read,
    together: f64,
}

/// A request: when it comes, and the tokens of its answer after the first.
struct Request {
    comes: f64,
    length: f64,
}

/// A request that is written.
struct Writing {
    /// Tokens written for every sequence until it ends.
    ends: f64,
    length: f64,
    began: f64,
}

impl Steps {
    fn token(&self, running: f64) -> f64 {
        let above = self.alone.iter().position(|(n, _)| *n >= running);
        match above.map(|i| (i.checked_sub(1).and_then(|i| self.alone.get(i)), self.alone.get(i))) {
            Some((Some((n, low)), Some((m, high)))) => {
                low + (high - low) * (running - n) / (m - n).max(1e-9)
            }
            Some((None, Some((_, first)))) => *first,
            _ => self.alone.last().map_or(0.0, |(_, time)| *time),
        }
    }

    /// Seconds until so many prompts are read together, and seconds in which a stage reads nothing else.
    fn reading(&self, prompts: f64) -> (f64, f64) {
        let (one, full) = (self.one, self.full);
        if self.together <= 1.0 {
            return (one.whole * prompts, one.each * prompts);
        }
        let share = (prompts - 1.0) / (self.together - 1.0);
        let between = |one: f64, full: f64| one + (full - one) * share;
        let busy = between(one.each, full.each * self.together);
        let whole = between(one.whole, full.whole);
        (whole.max(busy), busy)
    }
}

impl Serving<'_> {
    fn steps(&self, traffic: &Traffic) -> Steps {
        let fresh = traffic.prompt * (1.0 - traffic.cached.get());
        let context = traffic.context().get();
        let most = self.most(traffic).floor().max(1.0);
        let mut alone = Vec::new();
        for i in 0..=DOUBLINGS {
            let n = f64::from(1u32 << i).min(most);
            alone.push((n, self.decode(n, context)));
            if n >= most {
                break;
            }
        }
        let together = self.prompts_most(fresh).min(most);
        let beside = most / 2.0;
        let one = self.read(1.0, fresh, beside, context);
        let full = self.read(together, fresh, beside, context);
        Steps { most, alone, one, full, together }
    }

    /// What users see in the mean of runs of so many requests.
    pub(super) fn run(&self, traffic: &Traffic, arrivals: f64, requests: u32) -> Answer {
        let steps = self.steps(traffic);
        let n = requests.clamp(1, FOLLOWED);
        let mut numbers = Numbers(0);
        let mut sums = [0.0; 4];
        for _ in 0..RUNS {
            let come = numbers.requests(traffic, arrivals, n);
            for (sum, own) in sums.iter_mut().zip(follow(&steps, &come)) {
                *sum += own / f64::from(RUNS);
            }
        }
        self.of_run(traffic, &steps, sums, f64::from(n))
    }

    fn of_run(&self, traffic: &Traffic, steps: &Steps, run: [f64; 4], all: f64) -> Answer {
        let [waited, per_token, busy, clock] = run;
        let running = (busy / clock.max(1e-12)).max(1.0);
        // A request comes in the midst of a step.
        let first = self.handling(traffic) + waited + 0.5 * per_token.min(steps.one.whole);
        let output = (traffic.output - 1.0).max(0.0);
        let waiting = (waited - steps.one.whole).max(0.0);
        Answer {
            first_token: Seconds::new(first),
            waiting: Seconds::new(waiting),
            delayed: Ratio::ONE,
            reading: Seconds::new(steps.one.whole.min(first)),
            prompt_spread: Ratio::new(traffic.prompt_spread),
            company: Company::default(),
            per_token: Seconds::new(per_token),
            whole: Seconds::new(first + output * per_token),
            output_rate: rate(all * traffic.output, clock),
            prompt_rate: rate(traffic.prompt, steps.full.each),
            decode_rate: rate(running, steps.token(running)),
            request_rate: rate(all, clock),
            running: Sequences(running),
            saturated: waiting > per_token * output,
        }
    }
}

/// Seconds that a request waits until it is read, seconds a token (both on the mean of requests), seconds that all are
/// written, and seconds of the whole run.
fn follow(steps: &Steps, come: &[Request]) -> [f64; 4] {
    let (mut clock, mut written, mut next) = (0.0, 0.0, 0);
    // Of the last that were read: through the stages that others read in meanwhile.
    let mut rest_of_way = 0.0;
    let mut running: Vec<Writing> = Vec::new();
    let (mut waited, mut paced, mut busy) = (0.0, 0.0, 0.0);
    while next < come.len() || !running.is_empty() {
        let rest = come.get(next..).unwrap_or_default();
        let most = (steps.most - running.len() as f64).min(steps.together).max(0.0) as usize;
        let there = rest.iter().take(most).take_while(|one| one.comes <= clock).count();
        if there > 0 {
            let (read, taken) = steps.reading(there as f64);
            clock += taken;
            rest_of_way = read - taken;
            for one in rest.iter().take(there) {
                waited += clock - one.comes + rest_of_way;
                let (ends, length) = (written + one.length, one.length);
                running.push(Writing { ends, length, began: clock });
            }
            next += there;
            continue;
        }
        let token = steps.token(running.len() as f64).max(1e-12);
        let first = running.iter().map(|one| one.ends).fold(f64::INFINITY, f64::min);
        let until_end = (first - written) * token;
        let until_next = match rest.first() {
            Some(one) if one.comes > clock => one.comes - clock,
            _ => f64::INFINITY,
        };
        let step = until_end.min(until_next).max(0.0);
        busy += step * running.len() as f64;
        clock += step;
        if until_next < until_end {
            written += step / token;
            continue;
        }
        written = first;
        running.retain(|one| {
            let runs = one.ends > written;
            paced += if runs { 0.0 } else { (clock - one.began) / one.length };
            runs
        });
    }
    let all = come.len().max(1) as f64;
    [waited / all, paced / all, busy, clock + rest_of_way]
}

/// Numbers that look random and are always the same: a linear congruence (Knuth 1997, section 3.3.4, table 1, line 26).
pub(super) struct Numbers(pub(super) u64);

impl Numbers {
    /// Between 0 and 1, both excluded.
    pub(super) fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        ((self.0 >> 33) as f64 + 0.5) / f64::from(1u32 << 31)
    }

    /// Requests that come at random; lengths of their answers are spread evenly about the mean, so that a run ends (data
    /// sets and engines cut the longest).
    fn requests(&mut self, traffic: &Traffic, arrivals: f64, n: u32) -> Vec<Request> {
        let mean = (traffic.output - 1.0).max(1.0);
        let half = (traffic.spread.max(0.0) * 3.0_f64.sqrt()).min(1.0);
        let mut comes = 0.0;
        let mut all = Vec::new();
        for _ in 0..n {
            let length = (mean * (1.0 + half * (2.0 * self.next() - 1.0))).max(1.0);
            all.push(Request { comes, length });
            let gap = if half > 0.0 { -libm::log(self.next()) } else { 1.0 };
            comes += gap / arrivals.max(1e-9);
        }
        all
    }
}
