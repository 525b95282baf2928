//! F6: every number of a plan, explained.

use super::derive::{self, Explained};
use super::tree::{memory_of, time_of};
use super::{Figure, Part, Plan};
use crate::case::Case;

/// The numbers of a plan.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// Step time, utilisation, time to finish, cost and others.
    pub figures: Vec<Figure>,
    /// Memory of the fullest stage, by part.
    pub memory: Part,
    /// Critical path of one step, by part.
    pub time: Part,
}

/// Every number of a plan, with its derivation.
#[must_use]
pub fn explain(case: &Case, plan: &Plan) -> Explanation {
    let own = Explained::new(case, plan);
    let time = time_of(&own);
    Explanation { figures: derive::figures(&own, &time), memory: memory_of(&own), time }
}
