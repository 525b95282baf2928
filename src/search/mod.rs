//! F5: the best layout of the declared space, with proof.
//!
//! Best first over partial layouts. A node fixes how layers are split (tensor, context), the stages and the
//! micro-batch; then the experts' split; then everything else is solved at once, because memory and time part
//! there: recompute only ever trades time for memory, so the smallest number of recomputed layers that fits is
//! the best one (all are tried where activations move to the host, as each takes from what moves), and offloading
//! never saves time, so it is tried only where memory asks for it. Every node has a
//! lower bound on the step time, proven in `bound`; the search ends when the least bound left exceeds the best
//! layout found, so that layout is the optimum. Nothing here knows the clock: a [`Budget`] counts candidates and bounds.
//!
//! Order of layouts: step time, then how many kinds of state are offloaded, then what is recomputed, then memory,
//! then the layout's own order ([`Rank`]): nothing is moved or done twice for memory that is not needed.

mod axes;
mod bound;
mod cell;
mod census;
pub mod deploy;
mod dues;
pub mod enough;
pub mod fleet;
mod prices;
pub mod serve;
mod solve;

pub use census::{Census, Signature};

use crate::estimate::{Book, Estimate};
use crate::layout::{Layout, Recompute};
use crate::units::{Bytes, Seconds};

/// What to look for.
#[derive(Clone, Debug, PartialEq)]
pub struct Goal {
    /// Memory that a layout may use.
    pub capacity: Bytes,
    /// Degrees that are not to be found again.
    pub avoid: Vec<Kind>,
    /// Layouts whose step takes longer are not wanted.
    pub cutoff: Seconds,
    /// When to stop.
    pub budget: Budget,
}

/// How much work the search may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Layouts that may be estimated in full.
    pub candidates: u64,
    /// Bounds that may be worked out: of nodes, and of each step from an opened one to a layout.
    pub bounds: u64,
}

/// What makes two layouts different in kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Kind {
    /// Tensor parallel.
    pub tp: u32,
    /// Context parallel.
    pub cp: u32,
    /// Pipeline parallel.
    pub pp: u32,
    /// Expert parallel.
    pub ep: u32,
}

/// Why the search ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Stop {
    /// Every layout was looked at or proven to be no better.
    Complete,
    /// The budget ran out; no layout is faster than `bound`.
    Budget {
        /// Least step time that any layout left could have.
        bound: Seconds,
    },
}

/// The place of a layout among others: smaller is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rank {
    step: Seconds,
    n_offloads: u32,
    recompute: Recompute,
    memory: Bytes,
    layout: Layout,
}

/// A layout with its estimate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Candidate {
    /// The layout.
    pub layout: Layout,
    /// What it costs.
    pub estimate: Estimate,
}

/// Where the layouts of the space went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// All layouts of the space.
    pub space: u64,
    /// Not even their least memory fits.
    pub memory_bound: u64,
    /// Their least time exceeds the best found, or what was wanted at most.
    pub time_bound: u64,
    /// Like one that was looked at, but without sequence parallelism: no faster and no smaller.
    pub sequence_dominated: u64,
    /// In a group that was solved at once: looked at, or no better than one that was.
    pub solved: u64,
    /// Left alone as asked, or left when the budget ran out.
    pub skipped: u64,
    /// Of the solved ones, estimated in full.
    pub estimated: u64,
    /// Nodes whose bound was computed.
    pub nodes: u64,
}

/// The answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// The best layout that fits, if any does.
    pub best: Option<Candidate>,
    /// Where the space went.
    pub tally: Tally,
    /// Why the search ended.
    pub stop: Stop,
}

impl Budget {
    /// Enough for every case met so far, and a bound on hostile ones.
    pub const DEFAULT: Self = Self { candidates: 20_000_000, bounds: 20_000_000 };
}

impl Goal {
    /// The fastest layout within the accelerator's memory.
    #[must_use]
    pub fn fastest(book: &Book<'_>) -> Self {
        Self {
            capacity: book.capacity(),
            avoid: Vec::new(),
            cutoff: Seconds::UNBOUNDED,
            budget: Budget::DEFAULT,
        }
    }
}

impl Kind {
    /// The kind of a layout.
    #[must_use]
    pub const fn of(layout: &Layout) -> Self {
        Self { tp: layout.tp, cp: layout.cp, pp: layout.pp, ep: layout.ep }
    }
}

impl Rank {
    /// The place of a candidate.
    #[must_use]
    pub fn of(candidate: &Candidate) -> Self {
        let offload = &candidate.layout.offload;
        Self {
            step: candidate.estimate.step(),
            n_offloads: u32::from(offload.optimizer)
                + u32::from(offload.activations)
                + u32::from(offload.parameters),
            recompute: candidate.layout.recompute,
            memory: candidate.estimate.memory.total(),
            layout: candidate.layout,
        }
    }
}

/// Finds the best layout of the declared space for `goal`.
#[must_use]
pub fn search(book: &Book<'_>, goal: &Goal) -> Outcome {
    bound::Search::new(book, goal).run()
}
