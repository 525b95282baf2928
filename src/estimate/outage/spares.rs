//! Machines that wait to stand in for failed ones.

use crate::reliability::SPARES_MAX;
use crate::units::{Frequency, Ratio, Seconds};

/// Share of the time for which one machine is broken: `R / (1 / rate + R)`, repaired in `R` on average.
#[must_use]
pub fn broken_share(failures: Frequency, repair: Seconds) -> Ratio {
    let broken = failures * repair;
    Ratio::new(broken.get() / (1.0 + broken.get()))
}

/// Chance that more than `at_most` of `n` machines are broken, each by itself with chance `p`: the upper tail of the
/// binomial distribution.
#[must_use]
pub fn more_broken_than(n: u32, at_most: u32, p: Ratio) -> Ratio {
    let p = p.get().min(1.0);
    if at_most >= n {
        return Ratio::ZERO;
    }
    if p >= 1.0 {
        return Ratio::ONE;
    }
    // From the first term beyond, so that small tails keep their digits; terms fall once they are past the mean.
    let (n, first) = (f64::from(n), f64::from(at_most) + 1.0);
    let odds = p / (1.0 - p);
    let mean = n * p;
    if first > mean {
        return Ratio::new(upward(n, first, p, odds).min(1.0));
    }
    Ratio::ONE.less(Ratio::new(downward(n, first - 1.0, p, odds)))
}

/// The fewest spares with which `n` machines are whole for that share of the time: least `s` with
/// `P(Binomial(n + s, p) > s) <= 1 - share`; none where no number up to the limit suffices.
#[must_use]
pub fn spares_least(n: u32, p: Ratio, share: Ratio) -> Option<u32> {
    let short = Ratio::ONE.less(share);
    (0..=SPARES_MAX).find(|s| more_broken_than(n.saturating_add(*s), *s, p) <= short)
}

/// Chance that a machine that breaks finds no spare: that of the others, at least `spares` are broken.
#[must_use]
pub fn none_free(n: u32, spares: u32, p: Ratio) -> Ratio {
    match spares.checked_sub(1) {
        None => Ratio::ONE,
        Some(at_most) => more_broken_than(n.saturating_add(at_most), at_most, p),
    }
}

fn upward(n: f64, first: f64, p: f64, odds: f64) -> f64 {
    let mut term = libm::exp(log_term(n, first, p));
    let (mut sum, mut k) = (0.0, first);
    while k <= n && term > 0.0 {
        sum += term;
        term *= (n - k) / (k + 1.0) * odds;
        if term < sum * 1e-17 {
            break;
        }
        k += 1.0;
    }
    sum
}

fn downward(n: f64, last: f64, p: f64, odds: f64) -> f64 {
    let mut term = libm::exp(log_term(n, last, p));
    let (mut sum, mut k) = (0.0, last);
    while k >= 0.0 && term > 0.0 {
        sum += term;
        term *= k / ((n - k + 1.0) * odds);
        if term < sum * 1e-17 {
            break;
        }
        k -= 1.0;
    }
    sum
}

/// Logarithm of the chance that exactly `k` of `n` are broken.
fn log_term(n: f64, k: f64, p: f64) -> f64 {
    let choose = libm::lgamma(n + 1.0) - libm::lgamma(k + 1.0) - libm::lgamma(n - k + 1.0);
    let broken = if k > 0.0 { k * libm::log(p) } else { 0.0 };
    choose + broken + (n - k) * libm::log1p(-p)
}
