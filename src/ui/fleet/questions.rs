//! What is asked of the market.

use leptos::prelude::*;

use super::fetched::{fetch_anew, take_file};
use super::store::{Fleet, Turn};
use crate::inputs::Key;
use crate::ui::form::{fields, more};
use crate::ui::live::words;
use crate::ui::prices::TABLE;
use crate::ui::reader::address_beside;
use crate::units::text::show;

const MAIN: &[(Key, &str, &str)] = &[
    (Key::Deadline, "Done within, or by", "30 days, Friday 18:00"),
    (Key::Budget, "Budget", "$2M"),
    (Key::Terms, "Ways to buy", "demand, spot, 1y"),
    (Key::Charge, "A commitment is charged for", ""),
    (Key::Families, "Accelerators", "h100, blackwell"),
    (Key::Providers, "Providers", "aws, lambda"),
    (Key::Regions, "Regions", "us-east-1"),
    (Key::Jurisdictions, "Must stand in", "EU, CH"),
    (Key::Machines, "Machines at most", "no limit"),
    (Key::Capacity, "Machines to be had", "aws:32, h100-sxm:64"),
    (Key::DataSet, "Data set", "by its tokens"),
    (Key::Home, "Where it lies", "aws:us-east-1"),
    (Key::Wan, "Way out of there", "10 or 50 Gbit/s"),
    (Key::Discounts, "Discounts", "aws:30%"),
    (Key::PrivateOffers, "Offers of your own", "acme:h100:8:16.5"),
    (Key::PriceAge, "Prices no older than", "any age; 90d"),
];

const OWN: &[(Key, &str, &str)] = &[
    (Key::OwnMachines, "Machines", "h100-sxm:64:$300k"),
    (Key::OwnYears, "Worth nothing after, years", ""),
    (Key::OwnUse, "In use for", ""),
    (Key::PowerPrice, "Price of a kWh", ""),
    (Key::Pue, "Power of the building, PUE", ""),
    (Key::Space, "Space of a machine", ""),
    (Key::Staff, "Staff of a machine", ""),
];

const FAILURES: &[(Key, &str, &str)] = &[
    (Key::Failures, "Failures of machines", ""),
    (Key::Saving, "Checkpoints", ""),
    (Key::Zone, "Spot market", ""),
    (Key::Spares, "Spare machines beside them", ""),
];

/// Of [`MAIN`], what a service is asked as well.
const SERVED: [std::ops::Range<usize>; 3] = [2..3, 4..10, 13..16];

/// The questions, and the list of prices.
pub fn questions(fleet: Fleet, serves: bool) -> AnyView {
    let list = move || {
        let Some(view) = fleet.view(Turn::Rest) else {
            return String::new();
        };
        let prices = &view.prices;
        let age = prices.age_days.map(|days| format!(", {days} days old")).unwrap_or_default();
        let rows = show::grouped(prices.rows.into());
        format!("{rows} offers, the newest of {}{age}. {}", prices.newest, prices.against_built)
    };
    let columns =
        |rows| view! { <div class="columns three fleet-questions">{fields(rows)}</div> }.into_any();
    let keys = |rows: &[(Key, &str, &str)]| rows.iter().map(|row| row.0).collect();
    let main = if serves {
        SERVED.into_iter().filter_map(|rows| MAIN.get(rows)).map(fields).collect_view().into_any()
    } else {
        fields(MAIN)
    };
    let mores = (!serves).then(|| {
        view! {
            <div class="mores">
                {more("Failures and spot markets", keys(FAILURES), move || columns(FAILURES))}
                {more("Machines of your own", keys(OWN), move || columns(OWN))}
            </div>
        }
        .into_any()
    });
    view! {
        <div class="columns three fleet-questions">{main}</div>
        {mores}
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
        {refresh(fleet)}
    }
    .into_any()
}

/// The list once more, on a click, from an address that is shown before.
fn refresh(fleet: Fleet) -> AnyView {
    let Some(address) = address_beside(TABLE) else { return ().into_any() };
    let said = RwSignal::new(String::new());
    let note = move || match said.get() {
        none if none.is_empty() => format!("Reads {address}"),
        said => said,
    };
    view! {
        <p class="fleet-list">
            <button type="button" class="button" on:click=move |_| fetch_anew(fleet, said)>
                "Look for a newer list"
            </button>
            <span id="fleet-anew-note" class="quiet" aria-live="polite">{words(note)}</span>
        </p>
    }
    .into_any()
}
