//! F6: the answer to a case: the chosen layout, what it is made of, why it won, what else there is.
//!
//! [`find`] searches once. [`explain`] derives every number of what it found, [`binds`] says why it
//! won, [`cuts`] that it is the optimum; [`runners_up`], [`frontier`] and [`levers`] compare it with
//! what else there is; [`obstacle`] says what stands in the way where nothing was found. Nothing
//! here knows links, the catalogue or the page.

mod amount;
mod binds;
pub mod budget;
pub mod buy;
mod certificate;
mod choice;
pub mod compare;
mod degrees;
mod derive;
mod explain;
pub mod fleet;
pub mod forecast;
mod levers;
mod part;
mod range;
mod sample;
pub mod serve;
mod stages;
mod stuck;
mod study;
pub mod sweep;
mod timeline;
pub mod tornado;
mod tree;
mod version;

pub use amount::{Amount, Derivation, Figure};
pub use binds::binds;
pub use certificate::{Removed, cuts, refusals, stop_text};
pub use choice::{Finding, Plan, find, find_within};
pub use degrees::{DegreeText, degrees, layout_text, placement_text, schedule_name};
pub use derive::{OutageExplanation, explain_outage};
pub use explain::{Explanation, explain};
pub use levers::{Lever, levers};
pub use part::Part;
pub use range::{Basis, Range, basis, memory_doubt, memory_range, range};
pub use sample::{estimate_all, sample};
pub use stages::{StageRow, stages};
pub use stuck::{Obstacle, headline, nothing_fits, obstacle};
pub use study::{FrontierPoint, RunnerUp, frontier, runners_up};
pub use timeline::{Block, BlockKind, Lane, Played, Task, Timeline, Work, play, timeline};
pub use tree::memory;
pub use version::model_version;
