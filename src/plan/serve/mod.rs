//! F6: where and how to serve: every offer of a market, the machines of a day, the places near users.

mod market;
mod month;
mod near;

pub use market::{Market, Offer, Question, open};
pub use month::{DayQuestion, MonthPlan, month};
pub use near::{Group, NearPlan, Stand, near};
