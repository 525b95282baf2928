//! F6: what has been spent by which day, when it ends, and when a budget is used up. No clock: the start is an
//! input.

use crate::estimate::outage::Outage;
use crate::units::{Day, Dollars, DollarsPerHour, Moment, Ratio, Seconds};

/// Most points of a curve of spending.
pub const POINTS_MAX: u32 = 200;

/// One course that a run may take.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Course {
    /// From the first step to the last.
    pub time: Seconds,
    /// Paid before the first step: commitments, blocks, moving the data.
    pub upfront: Dollars,
    /// Paid evenly while it runs.
    pub running: Dollars,
}

/// A run in the calendar, as expected and at both ends of its range.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Forecast {
    /// First step.
    pub start: Moment,
    /// Least time, as expected, greatest time.
    pub courses: [Course; 3],
}

/// What has been spent by the end of a day: of the quick, the expected and the slow course.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spending {
    /// The day.
    pub day: Day,
    /// In the order of [`Forecast::courses`].
    pub spent: [Dollars; 3],
}

impl Course {
    /// A run that fails as foreseen, its machines paid by the hour at that price of one accelerator.
    #[must_use]
    pub fn of(outage: &Outage, rate: DollarsPerHour, upfront: Dollars) -> Self {
        Self { time: outage.time.total(), upfront, running: outage.cost(rate) }
    }

    /// The same with steps that take so much longer or shorter.
    #[must_use]
    pub fn times(self, factor: Ratio) -> Self {
        let factor = factor.get();
        Self { time: self.time * factor, running: self.running * factor, ..self }
    }

    /// Everything.
    #[must_use]
    pub fn cost(&self) -> Dollars {
        self.upfront + self.running
    }

    /// Spent that long after the first step.
    #[must_use]
    pub fn spent(&self, after: Seconds) -> Dollars {
        if after >= self.time {
            return self.cost();
        }
        self.upfront + self.running * (after.get() / self.time.get())
    }

    /// When a budget is used up, counted from the first step; nothing where it lasts.
    #[must_use]
    pub fn exhausts(&self, budget: Dollars) -> Option<Seconds> {
        if budget >= self.cost() {
            return None;
        }
        let left = budget.less(self.upfront).get();
        Some(if left > 0.0 { self.time * (left / self.running.get()) } else { Seconds::ZERO })
    }
}

impl Forecast {
    /// The expected course and its range: the factors on the time of a step, and the outage at the better and the worse
    /// rate of failures.
    #[must_use]
    pub fn new(
        start: Moment,
        outages: [&Outage; 3],
        step: (Ratio, Ratio),
        rate: DollarsPerHour,
        upfront: Dollars,
    ) -> Self {
        let factors = [step.0, Ratio::ONE, step.1];
        let [quick, usual, slow] = outages.map(|outage| Course::of(outage, rate, upfront));
        let [a, b, c] = factors;
        Self { start, courses: [quick.times(a), usual.times(b), slow.times(c)] }
    }

    /// When each course ends.
    #[must_use]
    pub fn ends(&self) -> [Moment; 3] {
        self.courses.map(|course| self.start.after(course.time))
    }

    /// When each course has used a budget up.
    #[must_use]
    pub fn crossings(&self, budget: Dollars) -> [Option<Moment>; 3] {
        self.courses.map(|course| course.exhausts(budget).map(|time| self.start.after(time)))
    }

    /// Spending by day, from the first to the last of the slowest course; of long runs every so many days, and always
    /// the last.
    #[must_use]
    pub fn spending(&self) -> Vec<Spending> {
        let first = self.start.day();
        let last = self.ends().iter().map(|end| end.day()).max().unwrap_or(first);
        let n = last.days_since(first);
        let every = (n / POINTS_MAX).saturating_add(1);
        let mut all = Vec::new();
        let mut at = 0;
        while at < n {
            all.push(self.at(first, at));
            at = at.saturating_add(every);
        }
        all.push(self.at(first, n));
        all
    }

    fn at(&self, first: Day, days: u32) -> Spending {
        let days = i32::try_from(days).unwrap_or(i32::MAX);
        let day = Day::from_epoch(first.epoch_days().saturating_add(days));
        let midnight = Moment::new(day, Seconds::days(1.0));
        let after = self.start.until(midnight);
        Spending { day, spent: self.courses.map(|course| course.spent(after)) }
    }
}
