//! How a service is run, as sheets: its day, what to commit to, and sites near its users.

use crate::api::budget::SheetView;
use crate::api::budget::sheet_view;
use crate::catalogue::reliability;
use crate::inputs::{Group, Inputs, Key};
use crate::plan::budget::{self, Price, Sheet};
use crate::plan::serve::day::{self, Day};
use crate::plan::serve::users::{self, Users};
use crate::plan::serve::{self, Deployed};
use crate::prices::{Listing, Offer};

/// Questions by their stable names, in the order of the page.
pub const OPERATION_PARTS: [&str; 3] = ["day", "commit", "near"];

/// Whether an offer is of the provider and region where the machines are said to stand.
fn stands_there(inputs: &Inputs, own: &Listing) -> bool {
    let same = |asked: &str, own: &str| asked.is_empty() || asked.eq_ignore_ascii_case(own);
    let asked = inputs.get(Key::Stands);
    let (provider, region) = asked.split_once(':').unwrap_or((asked, ""));
    let (provider, region) = (provider.trim(), region.trim());
    provider == "own" || (same(provider, &own.provider) && same(region, &own.region))
}

/// Answers the questions of these names about the deployment of the inputs.
///
/// # Errors
/// What stands in the way of a deployment, in sentences.
pub(in crate::api) fn operation(
    inputs: &Inputs,
    listings: &[Listing],
    parts: &[String],
) -> Result<Vec<SheetView>, Vec<String>> {
    let resolution = inputs.resolve();
    let known = OPERATION_PARTS.into_iter().filter(|part| parts.iter().any(|own| own == part));
    let of_operation = resolution.problems.iter().filter(|own| own.key.group() == Group::Operation);
    let (areas, wrong): (Vec<_>, Vec<_>) = of_operation.partition(|own| own.key == Key::Areas);
    let Some(ask) = &resolution.ask else {
        return Err(resolution.problems.iter().map(ToString::to_string).collect());
    };
    // Where users are matters to the sites near them alone.
    let faults = |part: &str| {
        let own = wrong.iter().chain(areas.iter().filter(|_| part == "near"));
        own.map(ToString::to_string).collect::<Vec<_>>()
    };
    let faulty = |id| sheet_view(&Sheet { id, says: faults(id), ..Sheet::default() });
    if !wrong.is_empty() {
        return Ok(known.map(faulty).collect());
    }
    let survey = serve::find(ask);
    let Some(own) = survey.best.as_ref().and_then(|best| Deployed::new(ask, best)) else {
        return Err(vec![
            "Nothing serves within the goals, so there is no day to plan.".to_owned(),
        ]);
    };
    let (asked, fleet, bought) = (inputs.operation(), inputs.fleet(), inputs.budget());
    let offer = Offer {
        rate: own.machine.by_hour.0.unwrap_or_default(),
        source: own.machine.by_hour.1.clone(),
    };
    let cluster = &own.machine.cluster;
    let there = |own: &&Listing| stands_there(inputs, own);
    let near_by: Vec<Listing> = listings.iter().filter(there).cloned().collect();
    let mut prices = budget::prices_of((cluster, Some(&offer)), &near_by, &fleet, &bought.prices);
    // The deployment's own price is that of its way to buy here as well.
    if let Some(rate) = own.machine.price.filter(|rate| *rate != offer.rate) {
        let same = |price: &&mut Price| price.terms.is_some() && price.terms == bought.bought;
        for price in prices.iter_mut().filter(same).filter(|price| price.rate != rate) {
            let source = own.machine.price_source.clone();
            let seller = source.split(',').next().unwrap_or_default().to_owned();
            *price =
                Price { terms: price.terms, rate, seller, source, day: None, doubts: Vec::new() };
        }
    }
    let about = Day {
        own: &own,
        asked: &asked,
        zone: reliability::zone(inputs.get(Key::Zone)),
        prices: &prices,
        horizon: bought.horizon,
    };
    let near = || Users { own: &own, survey: &survey, asked: &asked, listings, fleet: &fleet };
    let sheet = |part| {
        let own = match part {
            "day" => day::sheet(&about),
            "commit" => day::commit_sheet(&about),
            id if !areas.is_empty() => return faulty(id),
            _ => users::sheet(&near()),
        };
        sheet_view(&own)
    };
    Ok(known.map(sheet).collect())
}
