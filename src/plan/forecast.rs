//! F6: what has been spent by which day, when it ends, and when a budget is used up. No clock: the start is an
//! input.

use crate::units::{Day, Dollars, Moment, Seconds};

/// Most points of a curve of spending.
pub const POINTS_MAX: u32 = 200;

/// An amount that is paid evenly from one time after the start to another; at once where they are the same.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Flow {
    /// From then on.
    pub from: Seconds,
    /// Until then.
    pub until: Seconds,
    /// In all.
    pub amount: Dollars,
}

/// What is paid for in a [`Course`], in this order.
pub const FLOWS: [&str; 4] = ["Machines", "Storage", "Moving data in", "Taking weights away"];

/// One course that a run may take.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Course {
    /// What is paid for, by part.
    pub flows: [Flow; FLOWS.len()],
}

/// A run in the calendar, as expected and at both ends of its range.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Forecast {
    /// When it begins: the first byte that is moved, or the first step.
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

impl Flow {
    /// Spent that long after the start.
    #[must_use]
    pub fn spent(&self, after: Seconds) -> Dollars {
        if after >= self.until {
            return self.amount;
        }
        if after <= self.from {
            return Dollars::ZERO;
        }
        let (gone, whole) = (after.less(self.from).get(), self.until.less(self.from).get());
        self.amount * (gone / whole)
    }
}

impl Course {
    /// Everything.
    #[must_use]
    pub fn cost(&self) -> Dollars {
        self.flows.iter().map(|flow| flow.amount).sum()
    }

    /// Until the last of it is paid.
    #[must_use]
    pub fn time(&self) -> Seconds {
        self.flows.iter().map(|flow| flow.until).max().unwrap_or_default()
    }

    /// Spent that long after the start.
    #[must_use]
    pub fn spent(&self, after: Seconds) -> Dollars {
        self.flows.iter().map(|flow| flow.spent(after)).sum()
    }

    /// When a budget is used up, counted from the start; nothing where it lasts.
    #[must_use]
    pub fn exhausts(&self, budget: Dollars) -> Option<Seconds> {
        if budget >= self.cost() {
            return None;
        }
        // Between two of these times spending grows evenly.
        let ends = |flow: &Flow| [flow.from, flow.until];
        let mut times: Vec<Seconds> = self.flows.iter().flat_map(ends).collect();
        times.push(Seconds::ZERO);
        crate::units::order::sort_by_key(&mut times, |time| *time);
        let above = times.iter().position(|time| self.spent(*time) > budget)?;
        let high = *times.get(above)?;
        let Some(low) = above.checked_sub(1).and_then(|i| times.get(i)) else { return Some(high) };
        // Just below a time at which something is paid at once.
        let before: Dollars = self
            .flows
            .iter()
            .map(|flow| if flow.from == high { Dollars::ZERO } else { flow.spent(high) })
            .sum();
        let (grows, wanted) = (before.less(self.spent(*low)), budget.less(self.spent(*low)));
        if wanted >= grows || grows == Dollars::ZERO {
            return Some(high);
        }
        Some(*low + high.less(*low) * (wanted.get() / grows.get()))
    }
}

impl Forecast {
    /// When each course ends.
    #[must_use]
    pub fn ends(&self) -> [Moment; 3] {
        self.courses.map(|course| self.start.after(course.time()))
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

    /// Spent on machines, and on storage and transfer, by the end of a day, as expected.
    #[must_use]
    pub fn parts(&self, day: Day) -> [Dollars; 2] {
        let after = self.until(day);
        let [_, course, _] = &self.courses;
        let spent = |flows: &[Flow]| flows.iter().map(|flow| flow.spent(after)).sum();
        [spent(&course.flows[..1]), spent(&course.flows[1..])]
    }

    fn until(&self, day: Day) -> Seconds {
        self.start.until(Moment::new(day, Seconds::days(1.0)))
    }

    fn at(&self, first: Day, days: u32) -> Spending {
        let days = i32::try_from(days).unwrap_or(i32::MAX);
        let day = Day::from_epoch(first.epoch_days().saturating_add(days));
        let after = self.until(day);
        Spending { day, spent: self.courses.map(|course| course.spent(after)) }
    }
}
