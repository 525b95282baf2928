//! F6: why a case has no plan.

use super::certificate::blame;
use super::choice::find_within;
use super::{Finding, Plan, Removed, layout_text};
use crate::case::Case;
use crate::estimate::Book;
use crate::search::Tally;
use crate::units::Bytes;
use crate::units::text::show;

/// The smallest memory is searched for down to this part of the accelerator's.
const RESOLUTION: u64 = 128;
/// Most searches for it.
const SEARCHES_MAX: u32 = 24;

/// What stands in the way.
#[derive(Clone, Debug, PartialEq)]
pub enum Obstacle {
    /// No layout is legal; which rules refuse.
    Rules(Vec<Removed>),
    /// Every legal layout is too large for the accelerator.
    Memory {
        /// The smallest layout found.
        nearest: Box<Plan>,
        /// What it needs beyond what may be used.
        missing: Bytes,
    },
    /// Layouts fit the accelerator only if more waits on the host than that can hold, or not at
    /// all.
    Unbounded,
}

/// Why nothing fits, given where the layouts went. Nothing when told to stop.
pub fn obstacle(
    case: &Case,
    tally: &Tally,
    keep_going: &mut dyn FnMut() -> bool,
) -> Option<Obstacle> {
    if tally.space == 0 {
        return Some(Obstacle::Rules(blame(case)));
    }
    let capacity = Book::new(case).capacity();
    let Some(start) = first_that_fits(case, capacity, keep_going)? else {
        return Some(Obstacle::Unbounded);
    };
    let (mut low, mut nearest) = start;
    let mut searches = 0;
    loop {
        let high = nearest.estimate.memory.total();
        let gap = high.less(low);
        if gap <= capacity.shared(RESOLUTION) || searches >= SEARCHES_MAX {
            let missing = high.less(capacity);
            return Some(Obstacle::Memory { nearest: Box::new(nearest), missing });
        }
        if !keep_going() {
            return None;
        }
        searches += 1;
        let middle = Bytes::new(low.get() + gap.get() / 2);
        match find_within(case, middle) {
            Finding::Plan(plan) => nearest = *plan,
            Finding::Nothing(_) => low = middle,
        }
    }
}

/// A memory in which nothing fits, and a layout that fits in twice as much; nothing inside if none
/// fits at all.
fn first_that_fits(
    case: &Case,
    capacity: Bytes,
    keep_going: &mut dyn FnMut() -> bool,
) -> Option<Option<(Bytes, Plan)>> {
    let mut low = capacity;
    while low < Bytes::new(1 << 60) {
        if !keep_going() {
            return None;
        }
        let high = low.times(2).max(Bytes::mib(1));
        if let Finding::Plan(plan) = find_within(case, high) {
            return Some(Some((low, *plan)));
        }
        low = high;
    }
    Some(None)
}

/// That nothing fits, before it is known why.
#[must_use]
pub fn nothing_fits(case: &Case, tally: &Tally) -> String {
    if tally.space == 0 {
        return "No layout is legal with what is fixed.".to_owned();
    }
    let capacity = show::bytes(Book::new(case).capacity());
    format!("None of {} layouts fits in {capacity}.", show::count(tally.space))
}

/// The obstacle in a sentence.
#[must_use]
pub fn headline(case: &Case, obstacle: &Obstacle) -> String {
    match obstacle {
        Obstacle::Rules(rules) => match rules.first() {
            Some(first) => format!("No layout is legal. {}", first.reason),
            None => "No layout is legal with what is fixed.".to_owned(),
        },
        Obstacle::Memory { nearest, missing } => format!(
            "The smallest layout ({}) needs {}; {} may be used, so {} are missing.",
            layout_text(case, &nearest.layout),
            show::bytes(nearest.estimate.memory.total()),
            show::bytes(Book::new(case).capacity()),
            show::bytes(*missing)
        ),
        Obstacle::Unbounded => {
            let host = show::bytes(case.cluster.host.memory);
            format!("Every legal layout keeps more on the host than its {host} an accelerator.")
        }
    }
}
