//! What other programs ask and get: plain objects, numbers in the unit that their name ends with.
//!
//! A [`question`] is an object of groups (`model`, `cluster`, `training`, `stack`, `price`, `constraints`, `serving`),
//! all optional, or a link with changes; an answer is one of the types of `wire`, about a training run or about a model
//! in service. What is wrong is a [`Fault`]. The texts
//! of an answer are apart, in [`describe`]: the view that the page shows.

mod catalogue;
mod fault;
mod fields;
mod plain;
mod question;
mod serve;
mod wire;
mod work;

pub use catalogue::{accelerators, constants, edge_accelerators, engines, models, presets, stacks};
pub use fault::{Fault, Wrong};
pub use plain::Plain;
pub use question::{DecodedLink, EncodedLink, decode_link, encode_link, read_field};
pub use serve::{
    DeploymentOut, FormatOut, Latency, NothingServes, ServingAnalysis, ServingAsked,
    ServingComparison, ServingConfig, ServingCost, ServingCostEstimate, ServingDescription,
    ServingLayout, ServingMemory, ServingMemoryCheck, ServingRow, ServingSearch, Throughput,
};
pub use wire::*;
pub use work::{
    Either, analyze, best_config, check_memory, compare_models, describe, estimate_cost,
};

/// Version of what is asked and answered.
pub const SCRIPT_VERSION: u32 = 1;

/// Limits on what a program may hand over.
pub mod limits {
    /// Deepest nesting of an object.
    pub const DEPTH_MAX: u32 = 6;
    /// Most members of an object or a list.
    pub const MEMBERS_MAX: usize = 256;
    /// Longest text: a config.json that fits a link.
    pub const TEXT_BYTES_MAX: usize = 1 << 20;
    /// Most models that one call compares.
    pub const MODELS_MAX: usize = 64;
}
