//! Where the time of a run goes that is stopped now and then.

use crate::estimate::parts::parts;
use crate::units::Seconds;

parts! {
    /// Parts of the time of a whole run.
    OutagePart {
        /// Steps that count.
        Useful = "useful",
        /// What slow machines add to them.
        Stragglers = "stragglers",
        /// Training that waits for checkpoints.
        Checkpoint = "checkpoint",
        /// Work done again after stops.
        Lost = "lost",
        /// Restarts, and stalls of elastic replicas.
        Restart = "restart",
        /// Machines that wait for another to stand in: paid for.
        Waiting = "waiting",
        /// Spot machines that are away: not paid for.
        Away = "away",
    }
}

/// Time of a whole run by part.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RunTime([Seconds; OutagePart::ALL.len()]);

impl RunTime {
    /// Nothing of anything.
    pub const ZERO: Self = Self([Seconds::ZERO; OutagePart::ALL.len()]);

    /// One part.
    #[must_use]
    pub const fn get(&self, part: OutagePart) -> Seconds {
        self.0[part as u8 as usize]
    }

    /// Sets one part.
    pub(super) const fn set(&mut self, part: OutagePart, time: Seconds) {
        self.0[part as u8 as usize] = time;
    }

    /// The sum of all parts, in their order: from the first step to the last.
    #[must_use]
    pub fn total(&self) -> Seconds {
        self.0.iter().copied().sum()
    }

    /// The same without what is not paid for.
    #[must_use]
    pub fn paid(&self) -> Seconds {
        let paid = |part: &&OutagePart| **part != OutagePart::Away;
        OutagePart::ALL.iter().filter(paid).map(|part| self.get(*part)).sum()
    }
}
