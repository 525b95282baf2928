//! A deployment of the market as a row.

use super::MarketSession;
use crate::api::PartView;
use crate::api::fleet::{FleetRow, ServedRow, describe};
use crate::api::view::{plain_figure, plain_part, shown};
use crate::catalogue::accelerators;
use crate::cluster::ACCELERATORS_MAX;
use crate::inputs::{Inputs, Key};
use crate::link;
use crate::plan::Amount;
use crate::plan::serve::market_search::Deployment;
use crate::plan::serve::{Hired, instance_text};
use crate::prices::Terms;
use crate::serving::Demand;
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
    let each = own.kind.machine.price.unwrap_or_default();
    let tokens = at.served.get() * session.ask.traffic.output / n.max(1) as f64;
    let (weights, cache) = own.kind.machine.formats.get(at.format)?;
    let spare = match own.ask.spares {
        0 => String::new(),
        n => format!(" + {n} spare"),
    };
    let emissions = own.emissions(session.ask.pue);
    let mut served = ServedRow {
        first_token: shown(Amount::Time(at.first_token)),
        per_token: shown(Amount::Time(at.per_token)),
        each: shown(Amount::TokenRate(Ratio::new(tokens))),
        price: shown(Amount::Million(at.cost)),
        replicas: own.instances(),
        power: Vec::new(),
        keeps: session.search.keeps(at),
        lost,
    };
    let mut bill = PartView::default();
    // Of those that lost nobody sees them.
    if session.complete() && served.lost.is_empty() {
        bill = plain_part(&own.bill());
        served.power = own.figures().iter().chain(&emissions).map(plain_figure).collect();
    }
    let mut row = FleetRow {
        accelerator: own.offer.row.label.clone(),
        count: u32::try_from(n).unwrap_or(u32::MAX),
        machines: at.machines,
        cost: shown(Amount::Dollars(own.month())),
        carbon: emissions.iter().find(|own| own.id == "carbon").map(plain_figure),
        layout: format!(
            "{}{spare} \u{d7} {}, {} and {} cache",
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

/// The user's inputs on these machines, bought there in that way at that price, split in this way.
fn opened(session: &MarketSession, own: &Hired<'_>, each: DollarsPerHour) -> Inputs {
    let mut opened = session.inputs.clone();
    let (at, row) = (own.at, &own.offer.row);
    for (key, n) in [
        (Key::ServeTp, at.instance.tp),
        (Key::ServePp, at.instance.pp),
        (Key::ServeDp, at.instance.dp),
        (Key::ServeEp, at.instance.ep),
        (Key::ServeNode, row.node_size),
    ] {
        opened.set(key, n.to_string());
    }
    for key in [Key::ServeNic, Key::ServePrice, Key::Bought, Key::WayPrices, Key::ServeLeast] {
        opened.clear(key);
    }
    opened.set(Key::ServeOn, row.key.clone());
    if accelerators::find(&row.key).is_none_or(|usual| usual.nic != row.nic) {
        opened.set(Key::ServeNic, short::bandwidth_bits(row.nic));
    }
    // By the hour it costs what the same row costs so, as far as it is sold so.
    let terms = own.offer.terms;
    let paid = own.listing.rate(terms).unwrap_or_default();
    if let Some(rate) = own.listing.rate(Terms::OnDemand) {
        let by_hour = DollarsPerHour::new(rate.get() * (each.get() / paid.get()));
        opened.set(Key::ServePrice, short::price(by_hour));
    }
    if terms == Terms::OnDemand {
        opened.set(Key::ServePrice, short::price(each));
    } else {
        let way = if terms.is_spot() { Terms::Spot } else { terms }.key();
        opened.set(Key::WayPrices, format!("{way}:{}", short::price(each)));
        opened.set(Key::Bought, way);
    }
    if let Some((weights, cache)) = own.kind.machine.formats.get(at.format) {
        opened.set(Key::Weights, weights.key());
        opened.set(Key::Cache, cache.key());
    }
    let most = session.ask.machines.iter().map(|machine| machine.cluster.count).max();
    let n = own.accelerators();
    let wanted = (2 * n).next_power_of_two().min(ACCELERATORS_MAX.into());
    if session.ask.demand == Demand::Most {
        // One machine, or one instance, as full as it is here.
        opened.set(Key::ServeMost, n.to_string());
        opened.set(Key::BatchMax, at.batch.to_string());
    } else {
        if wanted > most.unwrap_or(0).into() {
            opened.set(Key::ServeMost, wanted.to_string());
        }
        // At least as many, where that is more than the goals need.
        opened.set(Key::ServeLeast, own.instances().to_string());
    }
    let place = format!("{}:{}", own.listing.provider, own.listing.region);
    opened.set(Key::Stands, place.trim_end_matches(':'));
    opened
}
