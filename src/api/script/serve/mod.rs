//! The same questions about a model in service.

mod wire;
mod work;

pub use wire::*;
pub(super) use work::{Service, comparison};
