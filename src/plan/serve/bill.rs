//! What a deployment costs by the hour, the month and the token.

use super::Deployed;
use crate::search::deploy;
use crate::units::{Dollars, DollarsPerHour, Ratio, Seconds};

/// Hours of a month: 8,760 of a year over 12, as clouds count them.
pub(super) const MONTH_HOURS: f64 = 730.0;

/// What a deployment costs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bill {
    /// All accelerators.
    pub hourly: DollarsPerHour,
    /// A month of them.
    pub monthly: Dollars,
    /// A million tokens of prompts.
    pub input: Dollars,
    /// A million tokens of answers.
    pub output: Dollars,
    /// A million tokens of answers, all included: they bear the prompts as well.
    pub alone: Dollars,
    /// Share of the instances' time that goes to reading prompts.
    pub reading: Ratio,
    /// Requests in an hour.
    pub requests: Ratio,
}

/// From where on a deployment of one's own is cheaper than paying by the token.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BreakEven {
    /// What the same tokens cost by the hour where they are paid by the token.
    pub api: DollarsPerHour,
    /// Share of the demand from which on the deployment is cheaper; above one: it never is.
    pub share: Ratio,
}

/// The bill; none where no price is known.
#[must_use]
pub fn bill(own: &Deployed<'_>) -> Option<Bill> {
    let hourly = deploy::hourly(own.ask, &own.own)?;
    let reading = reading(own);
    let traffic = &own.ask.traffic;
    let requests = hourly_requests(own);
    let million = |share: f64, tokens: f64| {
        Dollars::new(hourly.get() * share / (requests * tokens).max(1e-12) * 1e6)
    };
    Some(Bill {
        hourly,
        monthly: hourly * Seconds::hours(MONTH_HOURS),
        input: million(reading.get(), traffic.prompt),
        output: million(1.0 - reading.get(), traffic.output),
        alone: million(1.0, traffic.output),
        reading,
        requests: Ratio::new(requests),
    })
}

/// Against the user's price of a million tokens; nothing where none is typed, or all are free.
#[must_use]
pub fn break_even(own: &Deployed<'_>, bill: &Bill) -> Option<BreakEven> {
    let api = &own.ask.api;
    let price = |own: Option<Dollars>| own.map_or(0.0, |price| price.get());
    let traffic = &own.ask.traffic;
    let request = (price(api.input) * traffic.prompt + price(api.output) * traffic.output) / 1e6;
    if request <= 0.0 {
        return None;
    }
    let api = DollarsPerHour::new(request * hourly_requests(own));
    Some(BreakEven { api, share: Ratio::new(bill.hourly.get() / api.get().max(1e-12)) })
}

/// Share of an instance's time that goes to reading prompts: requests a second times the time of one.
pub(super) fn reading(own: &Deployed<'_>) -> Ratio {
    own.own.now.reading_share(&own.ask.traffic)
}

/// Requests of all instances in an hour.
pub(super) fn hourly_requests(own: &Deployed<'_>) -> f64 {
    own.own.now.request_rate.get() * f64::from(own.own.replicas) * 3600.0
}
