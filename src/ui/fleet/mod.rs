//! "Where to train it": every offer of a list of prices, every useful size of cluster, the best layout on each.

mod crew;
mod fetched;
mod questions;
mod results;
mod served;
mod store;

use leptos::prelude::*;

use super::answer::{fold, notice};
use super::live::live;
use super::state::state;
use store::{Fleet, Loaded};

const SECTION: &str = "fleet";
const FOLD: &str = "fleet-search";

const SERVE_LEAD: &str = "For a service rather than a cluster: every offer of the price list, \
    every layout, format and load on its machines, and of these the deployments that nothing \
    beats in both time and dollars a million tokens.";
const LEAD: &str = "For a budget or a date rather than a cluster: every offer of the price list, \
    every useful number of accelerators and the best layout on each, and of these the runs that \
    nothing beats in both days and dollars.";
const AGAIN: &str = "Fold this part and open it again to try once more.";

/// The section. The list of prices comes from beside the page once the first plan is there; nothing is searched before
/// the section is opened.
#[component]
pub fn FleetPane() -> AnyView {
    let fleet = Fleet::new(state());
    view! {
        <section class="part fleet" id=SECTION tabindex="-1" aria-labelledby="fleet-title">
            {live(move || whole(fleet, fleet.serves()))}
        </section>
    }
    .into_any()
}

fn whole(fleet: Fleet, serves: bool) -> AnyView {
    let body = move || {
        untrack(|| fetched::fetch(fleet));
        live(move || content(fleet, serves))
    };
    let (title, lead, fold_title) = if serves {
        ("Where to serve it, and for how much", SERVE_LEAD, "Every offer, every layout")
    } else {
        ("Where to train it, and for how much", LEAD, "Every offer, every useful size")
    };
    view! {
        <h2 id="fleet-title">{title}</h2>
        <p class="lead">{lead}</p>
        {fold(FOLD, fold_title, body)}
    }
    .into_any()
}

fn content(fleet: Fleet, serves: bool) -> AnyView {
    match fleet.loaded() {
        Loaded::Not | Loaded::Reading => {
            view! { <p class="quiet">"Reading the price list…"</p> }.into_any()
        }
        Loaded::Failed(reason) => {
            let title = "The price list could not be read.";
            notice("notice", title, vec![reason], AGAIN)
        }
        Loaded::Ready => {
            vec![questions::questions(fleet, serves), results::results(fleet, serves)].into_any()
        }
    }
}
