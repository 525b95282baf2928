//! "Budget and buying": how to buy the run, how much to commit, when it is paid for, what moves it, and what trials
//! and several places make of it.

mod asks;
mod sheet;
mod sliders;
mod store;

pub use sheet::{figures, sheet as sheet_view};

use leptos::prelude::*;

use super::answer::{fold, notice};
use super::live::{live, words};
use super::state::state;
use crate::units::text::show;
use asks::ASKS;
pub use asks::{Ask, Row, three, wide};
pub use store::Budget;

const MONEY: Section = Section {
    id: "budget",
    title: "Budget and buying",
    lead: "For those who pay: the plan above with its failures, bought in every way that is for \
        sale, over months and over the calendar, with the range that it may take.",
    asks: ASKS,
};

/// A section of parts that are worked out once they are opened.
pub struct Section {
    /// Stable name.
    pub id: &'static str,
    /// Its title.
    pub title: &'static str,
    /// What it is about.
    pub lead: &'static str,
    /// Its parts.
    pub asks: &'static [Ask],
}

/// The section on money; no price is fetched and nothing is worked out before a part of it is opened.
#[component]
pub fn BudgetPane() -> AnyView {
    section(Budget::new(state(), false), &MONEY)
}

/// A section whose answers come from `budget`.
pub fn section(budget: Budget, own: &'static Section) -> AnyView {
    budget.asks(own.asks);
    open_what_is_asked(own.asks);
    let parts: Vec<AnyView> = own.asks.iter().map(|ask| part(budget, ask)).collect();
    let title = format!("{}-title", own.id);
    view! {
        <section class="part budget" id=own.id tabindex="-1" aria-labelledby=title.clone()>
            <h2 id=title.clone()>{own.title}</h2>
            <p class="lead">{own.lead}</p>
            {parts}
        </section>
    }
    .into_any()
}

fn part(budget: Budget, ask: &'static Ask) -> AnyView {
    let body = move || {
        untrack(|| budget.open());
        let above = (ask.fields)();
        let sheets = ask.sheets.iter().map(|id| {
            live(move || match budget.sheet(id) {
                Some(own) => sheet::sheet(&own),
                None => ().into_any(),
            })
        });
        let sheets: Vec<AnyView> = sheets.collect();
        let list = ask.listed.then(|| {
            view! { <p class="quiet budget-today">{words(move || listed(budget))}</p> }
        });
        let sliders = (ask.id == "whatif").then(|| sliders::sliders(budget));
        view! {
            <div class="budget-part" id=format!("budget-{}", ask.id)>
                <p class="quiet budget-lead">{ask.lead}</p>
                {above}
                {list}
                <div role="status">{live(move || faults(budget))}</div>
                {sliders}
                {sheets}
            </div>
        }
        .into_any()
    };
    fold(&fold_id(ask.id), ask.title, body)
}

/// Which prices these are.
fn listed(budget: Budget) -> String {
    let Some(list) = budget.prices() else {
        let lost = !budget.faults().is_empty();
        return if lost { String::new() } else { "Reading the price list…".to_owned() };
    };
    let age = list.age_days.map(|days| format!(", {days} days old")).unwrap_or_default();
    let rows = show::grouped(list.rows.into());
    format!("{rows} offers on the list, the newest of {}{age}.", list.newest)
}

/// The id of a part's fold.
pub fn fold_id(id: &str) -> String {
    format!("budget-{id}")
}

/// What went wrong; a list of prices that is missing leaves the plan's own price.
fn faults(budget: Budget) -> AnyView {
    let lines = budget.faults();
    if lines.is_empty() {
        return ().into_any();
    }
    notice("notice", "Not everything could be worked out.", lines, "")
}

/// A link that asks something of a part opens it.
fn open_what_is_asked(asks: &'static [Ask]) {
    let state = state();
    Effect::new(move |_| {
        state.visits.track();
        for ask in asks {
            let asked = ask
                .keys
                .iter()
                .any(|key| untrack(|| state.inputs(|inputs| inputs.typed(*key).is_some())));
            if asked {
                state.unfold(&fold_id(ask.id), true);
            }
        }
    });
}
