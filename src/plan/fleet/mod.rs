//! F6: where to train: every offer of a market, every useful count, the best layout on each.
//!
//! [`Fleet`] holds a question and works through it in slices; [`Fleet::frontier`] is at any time the frontier of what
//! was looked at so far, and exact when [`Progress::done`]. The questions in [`choice`] read the answer off it.

pub mod choice;
mod facts;
mod machines;
mod parts;
mod power;
mod question;
mod refusal;
mod uptime;

pub use crate::search::fleet::{Aim, FleetTally, Point};
pub use facts::{Best, Fact};
pub use machines::{Market, Origin, Shape, case_at, counts};
pub(super) use machines::{moving as moving_of, narrowed, of_family, refused_terms};
pub use parts::{carbon_figure, money};
pub use power::{LOAD, RATED_OVER, machine_power};
pub use question::{COUNT_MAX, COUNT_MIN, Limits, Own, Question, cargo};
pub use refusal::Refusal;
pub use uptime::{Outages, uptime};

use crate::case::Case;
use crate::estimate::{Book, Outlay, OutlayPart as Part, Source, Uptime, outlay, span, wall};
use crate::plan::budget::ends;
use crate::plan::{layout_text, placement_text};
use crate::prices::Terms;
use crate::reliability::Job;
use crate::search::fleet::{Ask, FleetSearch};
use crate::search::{Goal, search};
use crate::units::{Dollars, DollarsPerHour, Seconds};
use facts::Facts;
use machines::uptimes;

/// A question with what was found so far.
#[derive(Clone, Debug)]
pub struct Fleet {
    question: Question,
    market: Market,
    search: FleetSearch,
    /// What is known of pairs, whoever found it.
    facts: Facts,
    /// What was found here since it was last asked for.
    news: Vec<Fact>,
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
    pub fn new(question: Question) -> Self {
        let market = Market::new(&question, None);
        Self::over(question, market, Facts::default())
    }

    fn over(question: Question, market: Market, facts: Facts) -> Self {
        let (cargo, aim, within) = (question.cargo, question.aim, question.within);
        let search = FleetSearch::new(market.kinds.clone(), cargo, aim, within);
        let mut fleet = Self { question, market, search, facts, news: Vec::new(), searches: 0 };
        fleet.tell_known();
        fleet
    }

    /// The same question with another aim, about runs that take no longer than that, and what is known already.
    #[must_use]
    pub fn aimed(&self, aim: Aim, within: Seconds) -> Self {
        let question = Question { aim, within, ..self.question.clone() };
        self.asked(question)
    }

    /// Another question about the same machines, and what is known already.
    fn asked(&self, question: Question) -> Self {
        let market = Market::new(&question, Some(&self.market));
        Self::over(question, market, self.facts.clone())
    }

    /// Gives the search every best layout that is known, so that it cuts from the start.
    fn tell_known(&mut self) {
        let facts = std::mem::take(&mut self.facts);
        facts.iter().for_each(|fact| self.tell(fact));
        self.facts = facts;
    }

    fn tell(&mut self, fact: &Fact) {
        if let Some(best) = &fact.best {
            self.settle(fact.kind, fact.size, best);
            self.search.found(fact.kind, fact.size, best.step * self.n_steps());
        }
    }

    /// From now on a pair has the uptime of its best layout.
    fn settle(&mut self, kind: u32, size: u32, best: &Best) {
        let job = self.job(kind, size, best);
        let uptime = job.map(|job| uptimes(&self.question.outages, &job, &|_| true));
        self.search.settle(kind, size, uptime.unwrap_or_default());
    }

    /// What of the best layout of a pair matters to failures; the same as [`Book::job`].
    fn job(&self, kind: u32, size: u32, best: &Best) -> Option<Job> {
        let count = self.market.kinds.get(kind as usize)?.sizes.get(size as usize)?.count;
        let job = Book::new(&self.case(kind, count)?).job_at_best(best.step * self.n_steps());
        let &Best { replicas, holders, .. } = best;
        Some(Job { replicas, holders, ..job })
    }

    /// The same of a point.
    #[must_use]
    pub fn job_of(&self, point: &Point) -> Option<Job> {
        self.job(point.kind, point.size, self.best(point)?)
    }

    /// The `i`th of `n` shares of the work, for one of `n` workers.
    #[must_use]
    pub fn share(mut self, i: u32, n: u32) -> Self {
        self.search.keep_share(i, n);
        self
    }

    /// Works on, for that many layout searches at most.
    #[inline(never)] // Once in the module is enough.
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

    /// Works on until something is known to show, for that many layout searches at most.
    pub fn advance_first(&mut self, searches: u32) -> Progress {
        /// Points that make a first picture.
        const POINTS: usize = 2;
        loop {
            let progress = self.advance(1);
            let shown = self.frontier().len() >= POINTS;
            if shown || progress.done || progress.searches >= searches {
                return progress;
            }
        }
    }

    fn answer(&mut self, ask: &Ask) {
        let step = self.step(ask.kind, ask.size, ask.cutoff);
        self.search.tell(ask, step.map(|step| step * self.n_steps()));
    }

    /// Time of one step under the best layout of a pair, if the run then takes no longer than the cutoff: from what
    /// is known, or else by a search.
    #[inline(never)]
    fn step(&mut self, kind: u32, size: u32, cutoff: Seconds) -> Option<Seconds> {
        /// Steps that round to the cutoff are kept.
        const MORE: f64 = 1.0 + 1e-9;
        let cutoff = Seconds::new(cutoff.get() / self.n_steps() * MORE);
        match self.facts.get(kind, size) {
            Some(Fact { best: Some(best), .. }) => return Some(best.step),
            Some(fact) if fact.slower >= cutoff => return None,
            _ => {}
        }
        self.searches += 1;
        let fact = Fact { kind, size, best: self.searched(kind, size, cutoff), slower: cutoff };
        if let Some(best) = &fact.best {
            self.settle(kind, size, best);
        }
        let step = fact.best.as_ref().map(|best| best.step);
        self.facts.add(fact.clone());
        self.news.push(fact);
        step
    }

    fn searched(&self, kind: u32, size: u32, cutoff: Seconds) -> Option<Best> {
        let count = self.market.kinds.get(kind as usize)?.sizes.get(size as usize)?.count;
        let case = self.case(kind, count)?;
        let book = Book::new(&case);
        let best = search(&book, &Goal { cutoff, ..Goal::fastest(&book) }).best?;
        let mut text = layout_text(&case, &best.layout);
        if best.layout.pp > 1 && best.layout.dp > 1 {
            text.push_str(" \u{b7} ");
            text.push_str(placement_text(&best.layout));
        }
        let Job { replicas, holders, .. } = book.job(&best.layout, &best.estimate);
        Some(Best { step: best.estimate.step(), replicas, holders, text })
    }

    fn n_steps(&self) -> f64 {
        self.question.case.training.n_steps().max(1) as f64
    }

    fn progress(&self, done: bool) -> Progress {
        let left = self.search.n_left();
        let done = done || left == 0;
        Progress { pairs: self.search.tally().pairs, left, searches: self.searches, done }
    }

    /// The case of that many machines of a kind.
    #[must_use]
    pub fn case(&self, kind: u32, count: u32) -> Option<Case> {
        let row = &self.market.shapes.get(kind as usize)?.row;
        case_at(&self.question.case, row, &self.question.fabric, count)
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

    /// Pairs of a kind of machine and a count, whoever looks at them.
    #[must_use]
    pub fn n_pairs(&self) -> u32 {
        self.market.kinds.iter().map(|kind| kind.sizes.len() as u32).sum()
    }

    /// Where the pairs went.
    #[must_use]
    pub const fn tally(&self) -> &FleetTally {
        self.search.tally()
    }

    /// What was found here since this was last called, for other workers to hear.
    pub fn news(&mut self) -> Vec<Fact> {
        std::mem::take(&mut self.news)
    }

    /// Takes in what another worker on the same question found.
    pub fn hear(&mut self, fact: Fact) {
        self.tell(&fact);
        self.facts.add(fact);
    }

    /// Takes in all that another worker on the same question knows.
    pub fn merge(&mut self, other: &Self) {
        other.facts.iter().for_each(|fact| self.hear(fact.clone()));
    }

    /// The layout of a point.
    #[must_use]
    pub fn best(&self, point: &Point) -> Option<&Best> {
        self.facts.get(point.kind, point.size)?.best.as_ref()
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

    /// Rate of one accelerator of a point, after discounts; of own machines, what they lose and take in an hour.
    #[must_use]
    pub fn rate_each(&self, point: &Point) -> Option<DollarsPerHour> {
        let kind = self.market.kinds.get(point.kind as usize)?;
        match &kind.lots.get(point.lot as usize)?.purchase.source {
            Source::Rented { rate, .. } => {
                let n = f64::from(kind.machine_size.max(1));
                Some(DollarsPerHour::new(rate.get() / n))
            }
            Source::Owned(_) => {
                let outlay = self.outlay(point)?;
                let own = [Part::Purchase, Part::Power, Part::Space, Part::Staff];
                let dollars: f64 = own.iter().map(|part| outlay.get(*part).get()).sum();
                let lasts = wall(point.busy, self.uptime(point)?);
                let hours = lasts.get() / 3600.0 * f64::from(point.count);
                Some(DollarsPerHour::new(dollars / hours.max(f64::MIN_POSITIVE)))
            }
        }
    }

    /// Time and money of a point at the better end of its range, as expected and at the worse end: those of the plan
    /// that it opens ([`crate::plan::budget::Run::plain_ends`]).
    #[must_use]
    pub fn ends(&self, point: &Point) -> Option<[(Seconds, Dollars); 3]> {
        let kind = self.market.kinds.get(point.kind as usize)?;
        let lot = kind.lots.get(point.lot as usize)?;
        let machines = point.count.checked_div(kind.machine_size)?;
        let (case, job) = (self.case(point.kind, point.count)?, self.job_of(point)?);
        let (cargo, outages) = (&self.question.cargo, &self.question.outages);
        let spot = outages.spot.filter(|_| lot.class > 0);
        let ends = ends(&case, &job, &outages.reliability, &|own| own.spot = spot);
        let purchase = &lot.purchase;
        Some(ends.map(|end| {
            let uptime = uptime(&end.outage, &end.job);
            let money = outlay(purchase, cargo, machines, end.job.work, uptime);
            (span(&purchase.routes, cargo, end.time()), money.total())
        }))
    }

    /// The same of another job on these machines.
    fn uptime_of(&self, point: &Point, job: &Job) -> Uptime {
        let lot = self.market.kinds.get(point.kind as usize);
        let lot = lot.and_then(|kind| kind.lots.get(point.lot as usize));
        let spot = lot.is_some_and(|lot| lot.class > 0);
        self.question.outages.uptime(if spot { Terms::Spot } else { Terms::OnDemand }, job)
    }

    /// What of the time of a point is useful and paid for.
    #[must_use]
    pub fn uptime(&self, point: &Point) -> Option<Uptime> {
        let kind = self.search.kinds().get(point.kind as usize)?;
        let class = kind.lots.get(point.lot as usize)?.class as usize;
        kind.sizes.get(point.size as usize)?.uptime.get(class).copied()
    }
}
