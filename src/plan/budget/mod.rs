//! F6: what a budget-holder asks of a plan: how to buy it, how much to commit to, when it is paid for, what moves it,
//! what trials and several places make of it. Each answer is a [`Sheet`].

mod course;
mod deal;
mod forecast;
mod headline;
mod months;
mod places;
mod prices;
mod sheet;
mod sweep;
mod ways;
mod whatif;

pub use course::{End, Run, chance_text, ends};
pub use deal::{Deal, Money};
pub use forecast::{Asked as ForecastAsked, sheet as forecast_sheet};
pub use headline::{Ranged, ranged};
pub use months::sheet as months_sheet;
pub use places::{clients as clients_sheet, sheet as places_sheet};
pub use prices::{Price, prices, prices_of};
pub use sheet::{Cell, Chart, Grid, Line, Mark, Sheet};
pub(in crate::plan) use sheet::{derived, figure, less};
pub use sweep::sheet as sweep_sheet;
pub use ways::{Limits, Way, sheet as ways_sheet, ways};
pub use whatif::{changed, moved, sheet as whatif_sheet};
