//! What comes in, and what must be kept to.

use crate::units::{PerSecond, Ratio, Seconds};

/// Requests as they come: lengths in tokens.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Traffic {
    /// Mean length of a prompt, what a prefix cache already holds included.
    pub prompt: f64,
    /// Mean length of an answer.
    pub output: f64,
    /// Relative spread (standard deviation over mean) of the answers' lengths.
    pub spread: f64,
    /// The same of the prompts' lengths; 0: all of one length, as benchmarks send them.
    pub prompt_spread: f64,
    /// Share of prompt tokens whose keys and values a prefix cache already holds.
    pub cached: Ratio,
}

impl Traffic {
    /// Mean tokens that a sequence holds while it is answered. Long answers are met more often than short ones, each in
    /// proportion to its length, and half way through on the mean: `E[n^2] / (2 E[n])` (residual life; Kleinrock 1975,
    /// section 5.2).
    #[must_use]
    pub fn context(&self) -> Ratio {
        Ratio::new(self.prompt + self.output * self.met() / 2.0)
    }

    /// Mean tokens of the requests that are under way, prompt and whole answer.
    #[must_use]
    pub fn under_way(&self) -> Ratio {
        Ratio::new(self.prompt + self.output * self.met())
    }

    /// Mean length of the answers under way over that of all.
    fn met(&self) -> f64 {
        1.0 + self.spread * self.spread
    }
}

/// How requests arrive.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Mode {
    /// One fixed batch, all at once, in step with one another.
    Static {
        /// Sequences in the batch.
        batch: u32,
    },
    /// Everything is there from the start; only throughput counts.
    Offline,
    /// A fixed number of requests in flight, each followed by the next.
    Closed {
        /// Requests in flight.
        concurrency: u32,
    },
    /// Requests arrive at random at a fixed mean rate.
    Open {
        /// Requests a second.
        rate: PerSecond,
        /// Requests of the whole run; none: for ever.
        requests: Option<u32>,
    },
}

/// Tokens guessed ahead and checked in one step (arXiv 2211.17192).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Speculation {
    /// Tokens guessed.
    pub guesses: u32,
    /// Probability that a guess is right.
    pub acceptance: Ratio,
    /// Time of one guess over the time of one step of the model: 0 for guesses looked up in the text.
    pub cost: Ratio,
}

/// What the user asks for; none: no goal.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Goals {
    /// Longest time to the first token.
    pub first_token: Option<Seconds>,
    /// Longest time between tokens.
    pub per_token: Option<Seconds>,
}

impl Goals {
    /// Whether such times keep to all of them.
    #[must_use]
    pub fn kept_by(&self, first_token: Seconds, per_token: Seconds) -> bool {
        self.first_token.is_none_or(|most| first_token <= most)
            && self.per_token.is_none_or(|most| per_token <= most)
    }

    /// The largest of such times over what is allowed.
    #[must_use]
    pub fn excess(&self, first_token: Seconds, per_token: Seconds) -> Ratio {
        let over = |time: Seconds, goal: Option<Seconds>| {
            goal.map_or(0.0, |most| time.get() / most.get().max(1e-12))
        };
        let first = over(first_token, self.first_token);
        Ratio::new(first.max(over(per_token, self.per_token)))
    }
}

impl Speculation {
    /// Tokens that one step yields on the mean: `(1 - a^(k+1)) / (1 - a)` (arXiv 2211.17192, equation 1).
    #[must_use]
    pub fn yielded(&self) -> Ratio {
        let a = self.acceptance.get().min(1.0);
        let mut sum = 1.0;
        let mut power = 1.0;
        for _ in 0..self.guesses.min(64) {
            power *= a;
            sum += power;
        }
        Ratio::new(sum)
    }
}
