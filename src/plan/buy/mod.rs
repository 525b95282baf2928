//! F6: ways to buy machines: by the hour, of the spot market, for years, in blocks; and what each makes of a run.
//!
//! Prices are plain rates of one accelerator, so nothing here knows where they came from. What is compared is dollars
//! for useful time: a rate over its own goodput.

mod reserve;
mod staged;

pub use reserve::{Demand, Moved, Reserve, reserve};
pub use staged::{STAGES_MAX, Signing, Staged, staged};

use crate::units::{Dollars, DollarsPerHour, Ratio, Seconds};

/// One way to buy an accelerator.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tariff {
    /// For one accelerator.
    pub rate: DollarsPerHour,
    /// Share of the paid time that is useful under these terms: machines that are taken away have less.
    pub goodput: Ratio,
    /// Useful time over all time, also that for which nothing is paid.
    pub pace: Ratio,
    /// Time that is paid for at least: the term of a commitment.
    pub least: Seconds,
    /// Paid time is rounded up to whole pieces of this length: the days of a capacity block; none for zero.
    pub piece: Seconds,
    /// Longest time that can be bought, where there is an end.
    pub most: Option<Seconds>,
}

/// What a run costs when bought one way.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Purchase {
    /// Place among the tariffs asked for.
    pub tariff: usize,
    /// From the first step to the last.
    pub time: Seconds,
    /// Time that is paid for.
    pub paid: Seconds,
    /// Of that, time after the run: a commitment that nothing else uses.
    pub idle: Seconds,
    /// For all accelerators.
    pub cost: Dollars,
    /// For one accelerator and useful hour.
    pub per_useful: DollarsPerHour,
}

impl Tariff {
    /// By the hour, and never taken away.
    #[must_use]
    pub const fn by_the_hour(rate: DollarsPerHour, goodput: Ratio) -> Self {
        let none = Seconds::ZERO;
        Self { rate, goodput, pace: goodput, least: none, piece: none, most: None }
    }

    /// For a term that is paid whether or not it is used.
    #[must_use]
    pub const fn for_term(rate: DollarsPerHour, goodput: Ratio, term: Seconds) -> Self {
        Self { least: term, ..Self::by_the_hour(rate, goodput) }
    }

    /// In whole days, up to 182 of them: AWS Capacity Blocks (EC2 user guide, read 2026-01).
    #[must_use]
    pub const fn in_blocks(rate: DollarsPerHour, goodput: Ratio) -> Self {
        let (day, most) = (Seconds::days(1.0), Some(Seconds::days(182.0)));
        Self { least: day, piece: day, most, ..Self::by_the_hour(rate, goodput) }
    }

    /// Price of a useful hour while there is work.
    #[must_use]
    pub fn per_useful(&self) -> DollarsPerHour {
        DollarsPerHour::new(self.rate.get() / self.goodput.get())
    }

    /// Time that is paid for when that much is used.
    #[must_use]
    pub fn paid(&self, used: Seconds) -> Seconds {
        let time = used.max(self.least);
        let piece = self.piece.get();
        if piece > 0.0 { Seconds::new((time.get() / piece).ceil() * piece) } else { time }
    }

    /// What `accelerators` with that much useful work each cost; nothing where so long a time cannot be bought.
    #[must_use]
    pub fn buy(&self, accelerators: u32, work: Seconds) -> Option<Purchase> {
        let used = Seconds::new(work.get() / self.goodput.get());
        let paid = self.paid(used);
        if self.most.is_some_and(|most| paid > most) {
            return None;
        }
        let cost = self.rate * paid * f64::from(accelerators);
        let useful = work.get() / 3600.0 * f64::from(accelerators);
        Some(Purchase {
            tariff: 0,
            time: Seconds::new(work.get() / self.pace.get()),
            paid,
            idle: paid.less(used),
            cost,
            per_useful: DollarsPerHour::new(cost.get() / useful),
        })
    }

    /// Share of a term that has to be used, by this run or others, for a commitment to cost no more than `other` by
    /// the hour: above one it never does.
    #[must_use]
    pub fn break_even(&self, other: &Self) -> Ratio {
        Ratio::new(self.per_useful().get() / other.per_useful().get())
    }
}

/// All ways to buy a run that are open to it, the cheapest first.
#[must_use]
pub fn purchases(tariffs: &[Tariff], accelerators: u32, work: Seconds) -> Vec<Purchase> {
    let bought = tariffs.iter().enumerate().filter_map(|(i, tariff)| {
        tariff.buy(accelerators, work).map(|bought| Purchase { tariff: i, ..bought })
    });
    let mut all: Vec<Purchase> = bought.collect();
    crate::units::order::sort_by_key(&mut all, |purchase| purchase.cost);
    all
}
