//! How a service is run, as sheets: its day, what to commit to, and sites near its users.

use crate::api::budget::SheetView;
use crate::api::budget::sheet_view;
use crate::catalogue::reliability;
use crate::inputs::{Group, Inputs, Key};
use crate::plan::budget::{self, Sheet};
use crate::plan::serve::day::{self, Day};
use crate::plan::serve::users::{self, Users};
use crate::plan::serve::{self, Deployed};
use crate::prices::{Listing, Offer};

/// Questions by their stable names, in the order of the page.
pub const OPERATION_PARTS: [&str; 3] = ["day", "commit", "near"];

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
    let wrong: Vec<String> = of_operation.map(ToString::to_string).collect();
    let Some(ask) = &resolution.ask else {
        return Err(resolution.problems.iter().map(ToString::to_string).collect());
    };
    if !wrong.is_empty() {
        let sheet = |id| sheet_view(&Sheet { id, says: wrong.clone(), ..Sheet::default() });
        return Ok(known.map(sheet).collect());
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
    let prices = budget::prices_of((cluster, Some(&offer)), listings, &fleet, &bought.prices);
    let about = Day {
        own: &own,
        asked: &asked,
        zone: reliability::zone(inputs.get(Key::Zone)),
        prices: &prices,
        horizon: bought.horizon,
    };
    let near = || Users { own: &own, survey: &survey, asked: &asked, listings, fleet: &fleet };
    let sheet = |part| match part {
        "day" => day::sheet(&about),
        "commit" => day::commit_sheet(&about),
        _ => users::sheet(&near()),
    };
    Ok(known.map(|part| sheet_view(&sheet(part))).collect())
}
