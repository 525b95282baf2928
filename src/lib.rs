//! AutoParallel: which parallel layout to run, on which machines, and what it will take.
//!
//! | floor | modules | may import |
//! |---|---|---|
//! | F0 | units | |
//! | F1 | model, cluster, workload, stack, prices, reliability, serving, case | F0 F1 |
//! | F2 | catalogue, inputs | F0 F1 F2 |
//! | F3 | layout | F0 F1 F3 |
//! | F4 | estimate | F0 F1 F3 F4 |
//! | F5 | search | F0 F1 F3 F4 F5 |
//! | F6 | plan, fit | F0 F1 F2 F3 F4 F5 F6 |
//! | F7 | link, api, chart | F0 F1 F2 F3 F6 F7 |
//! | F8 | ui | all |
pub mod api;
pub mod catalogue;
pub mod chart;
pub mod fit;
pub mod inputs;
pub mod link;
pub mod plan;

// The floors below, compiled apart (src/core).
pub use autoparallel_core::{
    case, cluster, estimate, layout, prices, reliability, search, serving, stack, workload,
};

/// F1: models, and what reads them out of published configurations.
pub mod model {
    pub mod config;
    pub use autoparallel_core::model::*;
}

/// F0: quantities, and their texts.
pub mod units {
    pub mod deadline;
    pub mod text;
    pub use autoparallel_core::units::*;
    pub use deadline::Deadline;
}
