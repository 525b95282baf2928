//! F6: the search for the plan of a case.

use crate::case::Case;
use crate::estimate::outage::{Outage, predict};
use crate::estimate::{Bill, Book, Estimate, bill};
use crate::layout::Layout;
use crate::reliability::Reliability;
use crate::search::{Goal, Kind, Outcome, Stop, Tally, search};
use crate::units::{Bytes, Seconds};

/// The best layout of a case, with its proof.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Plan {
    /// The layout.
    pub layout: Layout,
    /// What it costs.
    pub estimate: Estimate,
    /// The whole run.
    pub bill: Bill,
    /// Where the layouts of the space went.
    pub tally: Tally,
    /// Why the search ended.
    pub stop: Stop,
}

/// What a search found.
#[derive(Clone, Debug, PartialEq)]
pub enum Finding {
    /// A plan.
    Plan(Box<Plan>),
    /// No layout fits; where they went.
    Nothing(Tally),
}

/// Memory of one accelerator that may be used.
#[must_use]
pub fn capacity(case: &Case) -> Bytes {
    Book::new(case).capacity()
}

/// The fastest layout that fits.
#[must_use]
pub fn find(case: &Case) -> Finding {
    let book = Book::new(case);
    find_with(&book, &Goal::fastest(&book))
}

/// The fastest layout in that much memory, whatever the accelerator has.
#[must_use]
pub fn find_within(case: &Case, capacity: Bytes) -> Finding {
    let book = Book::new(case);
    find_with(&book, &Goal { capacity, ..Goal::fastest(&book) })
}

/// The fastest layout of none of those kinds.
#[must_use]
pub(super) fn find_other(book: &Book<'_>, avoid: &[Kind]) -> Finding {
    find_with(book, &Goal { avoid: avoid.to_vec(), ..Goal::fastest(book) })
}

fn find_with(book: &Book<'_>, goal: &Goal) -> Finding {
    let Outcome { best, tally, stop } = search(book, goal);
    match best {
        None => Finding::Nothing(tally),
        Some(best) => {
            let bill = bill(book.case(), &best.estimate);
            let (layout, estimate) = (best.layout, best.estimate);
            Finding::Plan(Box::new(Plan { layout, estimate, bill, tally, stop }))
        }
    }
}

impl Finding {
    /// The plan, if there is one.
    #[must_use]
    pub fn plan(self) -> Option<Plan> {
        match self {
            Self::Plan(plan) => Some(*plan),
            Self::Nothing(_) => None,
        }
    }
}

impl Plan {
    /// Time of one step.
    #[must_use]
    pub fn step(&self) -> Seconds {
        self.estimate.step()
    }

    /// Whether it is proven to be the best of its space.
    #[must_use]
    pub fn is_proven(&self) -> bool {
        self.stop == Stop::Complete
    }

    /// What it takes when machines fail as `reliability` says.
    #[must_use]
    pub fn with_failures(&self, case: &Case, reliability: &Reliability) -> Outage {
        predict(&Book::new(case).job(&self.layout, &self.estimate), reliability)
    }

    /// Memory of one accelerator that stays free on the fullest stage.
    #[must_use]
    pub fn headroom(&self, case: &Case) -> Bytes {
        case.cluster.accelerator.memory.less(self.estimate.memory.total())
    }
}
