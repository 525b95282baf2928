//! A deployment of the market as a row.

use super::MarketSession;
use crate::api::PartView;
use crate::api::fleet::{FleetRow, ServedRow, describe};
use crate::api::view::{plain_figure, plain_part, shown};
use crate::cluster::ACCELERATORS_MAX;
use crate::inputs::{Inputs, Key};
use crate::link;
use crate::plan::Amount;
use crate::plan::serve::market_search::Deployment;
use crate::plan::serve::{Hired, instance_text};
use crate::units::text::short;
use crate::units::{Dollars, DollarsPerHour, Ratio};

/// The row of a deployment; its bill and what it draws come once all is known.
pub(super) fn row(session: &MarketSession, at: &Deployment, lost: String) -> Option<FleetRow> {
    row_of(session, &session.hired(at)?, lost)
}

/// The same on any offer.
pub(super) fn row_of(session: &MarketSession, own: &Hired<'_>, lost: String) -> Option<FleetRow> {
    let at = own.at;
    let n = own.accelerators();
    let each = DollarsPerHour::new(own.kind.rate.get() / f64::from(own.kind.machine_size.max(1)));
    let tokens = own.rate().get() * session.ask.traffic.output / n.max(1) as f64;
    let (weights, cache) = own.asked.formats.get(at.format)?;
    let emissions = own.emissions(session.ask.pue);
    let mut served = ServedRow {
        first_token: shown(Amount::Time(at.first_token)),
        per_token: shown(Amount::Time(at.per_token)),
        each: shown(Amount::TokenRate(Ratio::new(tokens))),
        price: shown(Amount::Million(at.cost)),
        replicas: at.replicas,
        power: Vec::new(),
        keeps: at.keeps(&session.ask.goals),
        lost,
    };
    let mut bill = PartView::default();
    // Of those that lost nobody sees them.
    if session.complete() && served.lost.is_empty() {
        bill = plain_part(&own.bill());
        served.power = emissions.iter().map(plain_figure).collect();
    }
    let mut row = FleetRow {
        accelerator: own.offer.row.label.clone(),
        count: u32::try_from(n).unwrap_or(u32::MAX),
        machines: at.machines,
        cost: shown(Amount::Dollars(own.month())),
        carbon: emissions.iter().find(|own| own.id == "carbon").map(plain_figure),
        layout: format!(
            "{} \u{d7} {}, {} and {} cache",
            at.replicas,
            instance_text(&at.instance),
            weights.key(),
            cache.key()
        ),
        rate: shown(Amount::Dollars(Dollars::new(each.get()))),
        link: link::encode(&opened(session, own, each)),
        bill,
        served: Some(served),
        ..FleetRow::default()
    };
    describe(session.now, own.listing, own.offer.terms, &mut row);
    Some(row)
}

/// The user's inputs on these machines at this price, split in this way.
fn opened(session: &MarketSession, own: &Hired<'_>, each: DollarsPerHour) -> Inputs {
    let mut opened = session.inputs.clone();
    let at = own.at;
    for (key, n) in [
        (Key::ServeTp, at.instance.tp),
        (Key::ServePp, at.instance.pp),
        (Key::ServeDp, at.instance.dp),
        (Key::ServeEp, at.instance.ep),
    ] {
        opened.set(key, n.to_string());
    }
    opened.set(Key::ServeOn, own.offer.row.key.clone());
    opened.set(Key::ServePrice, short::price(each));
    if let Some((weights, cache)) = own.asked.formats.get(at.format) {
        opened.set(Key::Weights, weights.key());
        opened.set(Key::Cache, cache.key());
    }
    let most = session.ask.machines.iter().map(|machine| machine.cluster.count).max();
    let n = own.accelerators();
    let wanted = (2 * n).next_power_of_two().min(ACCELERATORS_MAX.into());
    if own.asked.rate.is_none() {
        // One machine, or one instance, as full as it is here.
        opened.set(Key::ServeMost, n.to_string());
        opened.set(Key::BatchMax, at.batch.to_string());
    } else if wanted > most.unwrap_or(0).into() {
        opened.set(Key::ServeMost, wanted.to_string());
    }
    // More instances than the goals need: as many.
    let outcome = session.search.outcomes().get(at.kind).and_then(Option::as_ref);
    let best = outcome.and_then(|own| own.cheapest);
    let more = own.asked.rate.is_some() && at.keeps(&session.ask.goals);
    if more && best.is_some_and(|best| best.batch != at.batch) {
        opened.set(Key::ServeLeast, at.replicas.to_string());
    }
    let place = format!("{}:{}", own.listing.provider, own.listing.region);
    opened.set(Key::Stands, place.trim_end_matches(':'));
    opened
}
