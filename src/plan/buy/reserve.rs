//! How much to commit to when demand changes from month to month: a baseline for the whole time, and bursts by the
//! hour or from the spot market.
//!
//! The cost of a baseline of `n` is convex in `n`: one more is worth it as long as the share of the time for which
//! demand exceeds `n` is at least the price ratio. This is the newsvendor's rule (Arrow, Harris and Marschak, "Optimal
//! inventory policy", Econometrica 19, 1951) on the demand that is forecast; nothing is approximated.

use super::Tariff;
use crate::units::{Dollars, Ratio, Seconds, order};

/// Demand is looked at again when it moves that much: down and up.
const MOVES: [f64; 2] = [0.7, 1.3];
/// Most pieces of a demand curve: the months of a century.
pub const PIECES_MAX: usize = 1200;

/// Accelerators wanted for a while, counted as if all of their time were useful.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Demand {
    /// How long.
    pub time: Seconds,
    /// How many.
    pub accelerators: u32,
}

/// How much to commit to, and what follows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reserve {
    /// Accelerators of the baseline, counted as demand is.
    pub baseline: u32,
    /// The same as machines are bought: more, as not all of their time is useful.
    pub bought: u32,
    /// Which of the commitments it is; none where nothing is committed to.
    pub commitment: Option<usize>,
    /// Which of the bursts' tariffs.
    pub burst: usize,
    /// Share of the time for which an accelerator must be used to be worth a commitment.
    pub break_even: Ratio,
    /// For the baseline.
    pub committed: Dollars,
    /// For bursts above it.
    pub bursts: Dollars,
    /// What all by the hour would cost.
    pub uncommitted: Dollars,
    /// What becomes of it when demand moves by 30 % down or up.
    pub moved: [Moved; 2],
}

/// Demand other than planned.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moved {
    /// Demand over what was planned.
    pub factor: Ratio,
    /// What is paid with the baseline that was planned.
    pub cost: Dollars,
    /// Of that, what another baseline would have saved.
    pub regret: Dollars,
}

impl Reserve {
    /// Baseline and bursts.
    #[must_use]
    pub fn cost(&self) -> Dollars {
        self.committed + self.bursts
    }
}

/// The cheapest baseline and bursts for a demand curve; nothing where there is no demand or no way to burst.
///
/// Only the cheapest commitment for the whole time and the cheapest tariff of bursts matter; a commitment is renewed
/// until the time is over, and its last term is paid in full.
#[must_use]
pub fn reserve(demand: &[Demand], commitments: &[Tariff], bursts: &[Tariff]) -> Option<Reserve> {
    let curve = Curve::new(demand, 1.0)?;
    let (burst, by_hour) = cheapest(bursts, |tariff| tariff.per_useful().get())?;
    // Dollars of one useful accelerator: for the whole time, and for an hour.
    let whole = |tariff: &Tariff| terms(tariff, curve.time) * tariff.per_useful().get() / 3600.0;
    let each = by_hour.per_useful().get() / 3600.0;
    let best = cheapest(commitments, whole);
    let price = best.map_or(f64::MAX, |(_, tariff)| whole(tariff));
    let baseline = curve.baseline(price, each);
    let goodput = best.map_or(1.0, |(_, tariff)| tariff.goodput.get());
    let moved = |factor: f64| {
        let curve = Curve::new(demand, factor)?;
        let cost = curve.cost(baseline, price, each);
        let least = curve.cost(curve.baseline(price, each), price, each);
        let regret = Dollars::new(cost).less(Dollars::new(least));
        Some(Moved { factor: Ratio::new(factor), cost: Dollars::new(cost), regret })
    };
    Some(Reserve {
        baseline,
        bought: (f64::from(baseline) / goodput).ceil() as u32,
        commitment: best.filter(|_| baseline > 0).map(|(i, _)| i),
        burst,
        break_even: Ratio::new(price / (each * curve.time)),
        committed: Dollars::new(committed(baseline, price)),
        bursts: Dollars::new(curve.above(baseline) * each),
        uncommitted: Dollars::new(curve.above(0) * each),
        moved: [moved(MOVES[0])?, moved(MOVES[1])?],
    })
}

/// The tariff of least price, and its place.
pub(super) fn cheapest(
    tariffs: &[Tariff],
    price: impl Fn(&Tariff) -> f64,
) -> Option<(usize, &Tariff)> {
    tariffs.iter().enumerate().min_by(|a, b| price(a.1).total_cmp(&price(b.1)))
}

/// Seconds paid for so that a commitment lasts for that time.
fn terms(tariff: &Tariff, time: f64) -> f64 {
    let term = tariff.least.get();
    // What rounding adds to a sum of months is no further term.
    if term > 0.0 { (time / term * (1.0 - 1e-9)).ceil() * term } else { time }
}

fn committed(baseline: u32, price: f64) -> f64 {
    // What cannot be bought costs nothing while none of it is.
    if baseline == 0 { 0.0 } else { f64::from(baseline) * price }
}

/// Demand, most first.
struct Curve {
    pieces: Vec<(f64, f64)>,
    time: f64,
}

impl Curve {
    fn new(demand: &[Demand], factor: f64) -> Option<Self> {
        let moved = |n: u32| (f64::from(n) * factor + 0.5).floor();
        let mut pieces: Vec<(f64, f64)> = demand
            .iter()
            .take(PIECES_MAX)
            .map(|piece| (moved(piece.accelerators), piece.time.get()))
            .collect();
        order::sort_by(&mut pieces, |a, b| b.0.total_cmp(&a.0));
        let time: f64 = pieces.iter().map(|piece| piece.1).sum();
        (time > 0.0 && time < f64::MAX).then_some(Self { pieces, time })
    }

    /// Accelerator-seconds above a baseline.
    fn above(&self, baseline: u32) -> f64 {
        let over = |(n, time): &(f64, f64)| (n - f64::from(baseline)).max(0.0) * time;
        self.pieces.iter().map(over).sum()
    }

    fn cost(&self, baseline: u32, price: f64, each: f64) -> f64 {
        committed(baseline, price) + self.above(baseline) * each
    }

    /// The largest demand that is reached or exceeded for so long that a commitment costs no more than bursts.
    fn baseline(&self, price: f64, each: f64) -> u32 {
        let mut reached = 0.0;
        for (n, time) in &self.pieces {
            reached += time;
            if reached * each >= price {
                return *n as u32;
            }
        }
        0
    }
}
