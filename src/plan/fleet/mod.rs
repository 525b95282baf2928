//! F6: where to train: every offer of a market, every useful count, the best layout on each.
//!
//! [`Fleet`] holds a question and works through it in slices; [`Fleet::frontier`] is at any time the frontier of what
//! was looked at so far, and exact when [`Progress::done`]. The questions in [`choice`] read the answer off it.

pub mod choice;
mod machines;
mod parts;
mod power;
mod question;
mod refusal;
mod uptime;

pub use crate::search::fleet::{Aim, Point};
pub use machines::{Market, Origin, Shape, UptimeOf, case_at, counts};
pub(super) use machines::{narrowed, of_family, refused_terms, sized};
pub use parts::{carbon_figure, money};
pub use power::{LOAD, RATED_OVER, machine_power};
pub use question::{COUNT_MAX, COUNT_MIN, Limits, Own, Question, cargo};
pub use refusal::Refusal;
pub use uptime::Outages;

use crate::case::Case;
use crate::estimate::{Book, Outlay, Source, Uptime, outlay};
use crate::search::fleet::{Ask, FleetSearch, FleetTally};
use crate::search::{Candidate, Goal, search};
use crate::units::{DollarsPerHour, Seconds};

/// A question with what was found so far.
#[derive(Clone, Debug)]
pub struct Fleet {
    question: Question,
    market: Market,
    search: FleetSearch,
    /// Best layouts, by kind of machine and size, in the order in which they were found.
    layouts: Vec<((u32, u32), Candidate)>,
    /// Layout searches so far.
    searches: u32,
}

/// How far a search has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Pairs of a kind of machine and a count, in all.
    pub pairs: u32,
    /// Of these, still to be looked at.
    pub left: u32,
    /// Layout searches so far.
    pub searches: u32,
    /// Whether the frontier is exact.
    pub done: bool,
}

impl Fleet {
    /// Takes a question; nothing is searched yet.
    #[must_use]
    pub fn new(question: Question, uptime: UptimeOf<'_>) -> Self {
        let market = Market::new(&question, uptime);
        let search = FleetSearch::new(market.kinds.clone(), question.cargo, question.aim);
        Self { question, market, search, layouts: Vec::new(), searches: 0 }
    }

    /// The `i`th of `n` shares of the work, for one of `n` workers.
    #[must_use]
    pub fn share(mut self, i: u32, n: u32) -> Self {
        self.search.keep_share(i, n);
        self
    }

    /// Works on, for that many layout searches at most.
    pub fn advance(&mut self, searches: u32) -> Progress {
        let end = self.searches.saturating_add(searches);
        let mut done = false;
        while self.searches < end && !done {
            match self.search.ask() {
                Some(ask) => self.answer(&ask),
                None => done = true,
            }
        }
        self.progress(done)
    }

    fn answer(&mut self, ask: &Ask) {
        self.searches += 1;
        let best = self.layout(ask.kind, ask.count, ask.cutoff);
        let n_steps = self.question.case.training.n_steps() as f64;
        let busy = best.as_ref().map(|best| best.estimate.step() * n_steps);
        self.search.tell(ask, busy);
        if let Some(best) = best {
            self.layouts.push(((ask.kind, ask.size), best));
        }
    }

    /// The best layout on that many machines of a kind, if the run then takes no longer than the cutoff.
    fn layout(&self, kind: u32, count: u32, cutoff: Seconds) -> Option<Candidate> {
        /// Steps that round to the cutoff are kept.
        const MORE: f64 = 1.0 + 1e-9;
        let case = self.case(kind, count)?;
        let book = Book::new(&case);
        let n_steps = case.training.n_steps().max(1) as f64;
        let cutoff = Seconds::new(cutoff.get() / n_steps * MORE);
        search(&book, &Goal { cutoff, ..Goal::fastest(&book) }).best
    }

    fn progress(&self, done: bool) -> Progress {
        let left = self.search.n_left();
        let done = done || left == 0;
        Progress { pairs: self.search.tally().pairs, left, searches: self.searches, done }
    }

    /// The case of that many machines of a kind.
    #[must_use]
    pub fn case(&self, kind: u32, count: u32) -> Option<Case> {
        case_at(&self.question.case, &self.market.shapes.get(kind as usize)?.row, count)
    }

    /// The question.
    #[must_use]
    pub const fn question(&self) -> &Question {
        &self.question
    }

    /// The market in order.
    #[must_use]
    pub const fn market(&self) -> &Market {
        &self.market
    }

    /// What was found so far that nothing beats, by time.
    #[must_use]
    pub fn frontier(&self) -> &[Point] {
        self.search.frontier()
    }

    /// Where the pairs went.
    #[must_use]
    pub const fn tally(&self) -> &FleetTally {
        self.search.tally()
    }

    /// Takes what another worker found.
    pub fn merge(&mut self, other: &Self) {
        self.search.take(other.frontier());
        self.layouts.extend(other.layouts.iter().copied());
    }

    /// The layout of a point.
    #[must_use]
    pub fn candidate(&self, point: &Point) -> Option<&Candidate> {
        let place = (point.kind, point.size);
        self.layouts.iter().find(|(known, _)| *known == place).map(|(_, candidate)| candidate)
    }

    /// Where a point's machines come from.
    #[must_use]
    pub fn origin(&self, point: &Point) -> Option<Origin> {
        self.market.shapes.get(point.kind as usize)?.origins.get(point.lot as usize).copied()
    }

    /// What a run of `busy` on that size of cluster comes to; see [`FleetSearch::point`].
    #[must_use]
    pub fn point(&self, kind: u32, size: u32, lot: u32, busy: Seconds) -> Option<Point> {
        self.search.point(kind, size, lot, busy)
    }

    /// The money of a point, by part; its total is [`Point::cost`].
    #[must_use]
    pub fn outlay(&self, point: &Point) -> Option<Outlay> {
        let kind = self.market.kinds.get(point.kind as usize)?;
        let lot = kind.lots.get(point.lot as usize)?;
        let machines = point.count.checked_div(kind.machine_size)?;
        let uptime = self.uptime(point)?;
        Some(outlay(&lot.purchase, &self.question.cargo, machines, point.busy, uptime))
    }

    /// Rate of one accelerator of a point, after discounts; nothing for own machines.
    #[must_use]
    pub fn rate_each(&self, point: &Point) -> Option<DollarsPerHour> {
        let kind = self.market.kinds.get(point.kind as usize)?;
        match &kind.lots.get(point.lot as usize)?.purchase.source {
            Source::Rented { rate, .. } => {
                let n = f64::from(kind.machine_size.max(1));
                Some(DollarsPerHour::new(rate.get() / n))
            }
            Source::Owned(_) => None,
        }
    }

    /// What of the time of a point is useful and paid for.
    #[must_use]
    pub fn uptime(&self, point: &Point) -> Option<Uptime> {
        let kind = self.market.kinds.get(point.kind as usize)?;
        let class = kind.lots.get(point.lot as usize)?.class as usize;
        kind.sizes.get(point.size as usize)?.uptime.get(class).copied()
    }
}
