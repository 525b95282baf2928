//! F4: what serving takes over a day and a month: instances for a curve of traffic, scaled or not, of the spot market
//! in part; money by part, per token and per user; energy and carbon.
//!
//! A day is looked at minute by minute ([`DayCurve`]). One instance answers so many requests a second within the goals
//! ([`held_while`]); [`scale`] says how many are wanted, paid for and ready in each minute; [`spend`] turns these into
//! machine-hours by what they are for, and prices them.

mod day;
mod held;
mod scale;
mod spend;
mod spot;

pub use day::{DayCurve, MINUTES, SLOTS_MAX};
pub use held::{Held, held_while};
pub use scale::{Minute, Policy, Scaled, fixed, load_time, replicas, scale};
pub use spend::{
    Grid, Month, MonthPart, Packing, PowerCurve, Prices, Requests, Spend, TokenPrice, break_even,
    spend,
};
pub use spot::{SpotShare, SpotTold};
