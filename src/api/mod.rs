//! F7: plain objects for other programs and for the page: versioned, with every number both as a
//! value in a named unit and as text. The page shows these and computes nothing.

mod answer;
mod assume;
pub mod budget;
mod compare;
pub mod fleet;
mod links;
mod measure;
pub mod own;
pub mod packed;
mod promise;
mod remedies;
pub mod script;
mod serve;
mod share;
mod summary;
pub mod truth;
mod view;
mod wire;

pub use answer::answer;
pub use budget::{BudgetDesk, BudgetView};
pub use compare::{
    Columns, CompareCell, CompareColumn, CompareRow, CompareView, comparison_markdown,
};
pub use fleet::{FleetSession, FleetView};
pub use measure::{Measured, measure};
pub use promise::broken_promise;
pub use serve::{
    FitView, GoalView, LatencyView, LaunchView, OPERATION_PARTS, PoolsView, RoofPointView,
    RoofView, ServeRivalView, ServeStudyView, ServeView, TradeView, serve, serve_study,
};
pub use share::{CardColours, Carried, card, embed_markup, plan_in, plan_table, png_with};
pub use wire::*;
