//! What is asked of the market.

use leptos::prelude::*;

use super::fetched::take_file;
use super::store::Fleet;
use crate::inputs::Key;
use crate::ui::form::fields;
use crate::ui::live::words;

const MAIN: &[(Key, &str, &str)] = &[
    (Key::Deadline, "Time to finish", "30 days"),
    (Key::Budget, "Budget", "$2M"),
    (Key::Terms, "Ways to buy", "demand, spot, 1y"),
    (Key::Families, "Accelerators", "h100, blackwell"),
    (Key::Providers, "Providers", "aws, lambda"),
    (Key::Regions, "Regions", "us-east-1"),
    (Key::Jurisdictions, "Must stand in", "EU, CH"),
    (Key::Machines, "Machines at most", "no limit"),
    (Key::DataSet, "Data set", "by its tokens"),
    (Key::Discounts, "Discounts", "aws:30%"),
    (Key::PrivateOffers, "Offers of your own", "acme:h100:8:16.5"),
];

const FAILURES: &[(Key, &str, &str)] = &[
    (Key::Failures, "Failures of machines", ""),
    (Key::Saving, "Checkpoints", ""),
    (Key::Zone, "Spot market", ""),
    (Key::Spares, "Spare machines beside them", ""),
];

/// The questions, and the list of prices.
pub fn questions(fleet: Fleet) -> AnyView {
    let list = move || {
        let Some(view) = fleet.view() else {
            return String::new();
        };
        let prices = &view.prices;
        let age = prices.age_days.map(|days| format!(", {days} days old")).unwrap_or_default();
        format!("{} offers, the newest of {}{age}.", prices.rows, prices.newest)
    };
    view! {
        <div class="columns three fleet-questions">{fields(MAIN)}</div>
        <div class="columns three fleet-questions">{fields(FAILURES)}</div>
        <p class="fleet-list">
            <label for="fleet-file">"A price list of your own (CSV): "</label>
            <input
                id="fleet-file"
                type="file"
                accept=".csv,text/csv"
                on:change=move |ev| take_file(fleet, &event_target(&ev))
            />
            <span class="quiet">{words(move || list())}</span>
        </p>
    }
    .into_any()
}
