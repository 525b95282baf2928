//! F5: how many accelerators a demand takes with its goals where any number may be had, and what rate those that may be
//! had hold with their goals.
//!
//! Both are found among layouts that [`deploy::survey`] looked at, the most promising first: a layout takes no fewer than
//! under full load, goals aside, and holds no more.

use super::deploy::{self, Candidate, Looked, Sizing};
use crate::estimate::serve::Serving;
use crate::serving::{Ask, Mode};
use crate::units::order::sort_keys;
use crate::units::{PerSecond, Seconds, halved};

/// Halvings of the range of rates.
const HALVINGS: u32 = 30;
/// An instance that is asked for all that it answers has a queue without end.
const BELOW_FULL: f64 = 1.0 - 1e-6;

/// The fewest accelerators that are paid for where the goals are kept under the demand, and the layout; nothing where no
/// number of any layout keeps them.
#[must_use]
pub fn fewest(ask: &Ask, looked: &[Looked]) -> Option<(u64, Candidate)> {
    let mut free = ask.clone();
    free.machines.iter_mut().for_each(|machine| machine.most = u32::MAX);
    let least = |own: &Looked| deploy::paid(&free, &own.at, own.least);
    let mut order: Vec<[u64; 3]> = (0..)
        .zip(looked)
        .filter(|(_, own)| own.limit.is_some())
        .map(|(i, own)| [least(own), i, 0])
        .collect();
    sort_keys(&mut order);
    let mut best: Option<(u64, Candidate)> = None;
    for [least, i, _] in order {
        let Some(own) = looked.get(i as usize) else { continue };
        if best.is_some_and(|(most, _)| least >= most) {
            break;
        }
        let Ok(found) = deploy::settle(&free, &Looked { loss: None, ..*own }) else { continue };
        let taken = deploy::paid(&free, &own.at, found.replicas);
        if best.is_none_or(|(most, _)| taken < most) {
            best = Some((taken, own.at));
        }
    }
    best
}

/// The most requests a second that the accelerators that may be had hold with the goals; nothing where none is held.
#[must_use]
pub fn held(ask: &Ask, looked: &[Looked]) -> Option<PerSecond> {
    let most = |own: &Looked| {
        let (_, full) = own.limit?;
        let n = f64::from(deploy::most(ask, &own.at));
        (n > 0.0).then_some((full.request_rate.get() * n, n))
    };
    // The highest first.
    let mut order: Vec<[u64; 3]> =
        (0..).zip(looked).filter_map(|(i, own)| Some([!most(own)?.0.to_bits(), i, 0])).collect();
    sort_keys(&mut order);
    let mut best: Option<PerSecond> = None;
    for [_, i, _] in order {
        let Some(own) = looked.get(i as usize) else { continue };
        let Some((bound, n)) = most(own) else { continue };
        if best.is_some_and(|best| bound <= best.get()) {
            break;
        }
        let Some((batch, full)) = own.limit else { continue };
        let Some(service) = deploy::service(ask, &own.at, Some(batch)) else { continue };
        let sizing = Sizing::new(ask, &service, own, (batch, full));
        let least = best.map(|best| PerSecond::new(best.get() / n));
        let of = (sizing.serving(), own.at.machine, batch);
        let each = each(ask, of, (least, full.request_rate));
        best = each.map(|each| each * n).or(best);
    }
    best
}

/// The most requests a second that come at random and that one instance answers with the goals, up to what it answers
/// under full load; nothing where that is none, or no more than what is known already.
#[must_use]
pub fn each(
    ask: &Ask,
    (serving, machine, batch): (&Serving<'_>, usize, u32),
    (known, full): (Option<PerSecond>, PerSecond),
) -> Option<PerSecond> {
    let kept = |rate: f64| {
        let mode = Mode::Open { rate: PerSecond::new(rate), requests: None };
        let answer = serving.answer(&ask.traffic, mode);
        deploy::keeps_from(ask, (serving, machine, batch), &answer, Seconds::ZERO)
    };
    let most = full.get() / ask.room(machine).rate.get();
    let (first, high) = (known.map_or(0.0, PerSecond::get), most * BELOW_FULL);
    if first >= high || (first > 0.0 && !kept(first)) {
        return None;
    }
    if kept(high) {
        return Some(PerSecond::new(high));
    }
    let (low, _) = halved((first, high), HALVINGS, kept);
    (low > first).then_some(PerSecond::new(low))
}
