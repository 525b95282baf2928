//! F6: where and how to serve: every offer of a market, the machines of a day, the places near users.

mod market;

pub use market::{Market, Offer, Question, open};
