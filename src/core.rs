//! What computes: quantities, the checked question, layouts, estimates and the search.
pub mod case;
pub mod cluster;
pub mod estimate;
pub mod layout;
pub mod model;
pub mod prices;
pub mod reliability;
pub mod search;
pub mod serving;
pub mod stack;
pub mod units;
pub mod workload;
