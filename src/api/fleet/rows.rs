//! One point of a frontier as a row.

use super::{FleetRow, FleetSession};
use crate::api::PartView;
use crate::api::view::{part, plain_figure, range, shown};
use crate::catalogue::accelerators::{self, MachineRow};
use crate::catalogue::offers;
use crate::inputs::{Inputs, Key};
use crate::link;
use crate::plan::fleet::{Fleet, Origin, Point, carbon_figure, money};
use crate::plan::{self, Amount};
use crate::prices::{Listing, Terms};
use crate::units::text::short;
use crate::units::{Dollars, DollarsPerHour, Moment};

/// The row of a point.
pub(super) fn row(session: &FleetSession, fleet: &Fleet, point: &Point) -> Option<FleetRow> {
    let shape = fleet.market().shapes.get(point.kind as usize)?;
    let kind = fleet.market().kinds.get(point.kind as usize)?;
    let case = fleet.case(point.kind, point.count)?;
    let layout = fleet.best(point).map(|best| best.text.clone());
    let mut row = FleetRow {
        accelerator: shape.row.label.clone(),
        count: point.count,
        machines: point.count.checked_div(kind.machine_size)?,
        days: shown(Amount::Days(point.time)),
        cost: shown(Amount::Dollars(point.cost)),
        goodput: shown(Amount::Share(fleet.uptime(point)?.useful)),
        carbon: carbon_figure(fleet, point).map(|own| plain_figure(&own)),
        layout: layout.unwrap_or_default(),
        // Bills are long: they come with the whole frontier.
        bill: if session.complete() {
            part(&case, &money(fleet, point)?)
        } else {
            PartView::default()
        },
        ..FleetRow::default()
    };
    if let Some([low, _, high]) = fleet.ends(point) {
        let between = |low, high| (low != high).then(|| range(&plan::Range { low, high }));
        row.days_range = between(Amount::Days(low.0), Amount::Days(high.0));
        row.cost_range = between(Amount::Dollars(low.1), Amount::Dollars(high.1));
    }
    let each = fleet.rate_each(point).unwrap_or(DollarsPerHour::ZERO);
    row.rate = shown(Amount::Dollars(Dollars::new(each.get())));
    let (stands, terms) = match fleet.origin(point)? {
        Origin::Listing(i, terms) => {
            let listing = fleet.question().listings.get(i as usize)?;
            describe(session.now, listing, terms, &mut row);
            ([&*listing.provider, &*listing.region].join(":"), terms)
        }
        Origin::Own(_) => {
            row.provider = "own machines".to_owned();
            row.terms = "owned".to_owned();
            row.source = "typed".to_owned();
            ("own".to_owned(), Terms::OnDemand)
        }
    };
    let mut inputs = opened(session, &shape.row, point.count, (stands, terms, each));
    let (question, usual) = (fleet.question(), session.fleet.question());
    if question.case.training.tokens != usual.case.training.tokens {
        inputs.set(Key::Tokens, question.case.training.tokens.get().to_string());
        if session.asked.data_set.is_some() {
            inputs.set(Key::DataSet, short::bytes(question.cargo.data_set));
        }
    }
    row.link = link::encode(&inputs);
    Some(row)
}

/// Who sells it, when that was read and where, and what makes it doubtful.
pub(in crate::api) fn describe(
    now: Option<Moment>,
    listing: &Listing,
    terms: Terms,
    row: &mut FleetRow,
) {
    row.provider.clone_from(&listing.provider);
    row.region.clone_from(&listing.region);
    row.country.clone_from(&listing.country);
    row.instance.clone_from(&listing.instance);
    row.terms = terms.label().to_owned();
    row.source = offers::source_text(&listing.source).to_owned();
    let stamp = listing.stamp(terms);
    if stamp.day.epoch_days() > 0 {
        row.as_of = stamp.day.to_string();
        row.age_days = now.map(|now| now.day().days_since(stamp.day));
    }
    let flags = listing.flags.iter().filter(|flag| terms.is_spot() || !flag.is_of_spot());
    row.flags = flags.map(|flag| flag.text().to_owned()).collect();
    if !stamp.stated && row.flags.is_empty() {
        row.flags.push(crate::prices::Flag::Undated.text().to_owned());
    }
}

/// The user's inputs on these machines, bought there in that way at that price.
fn opened(
    session: &FleetSession,
    row: &MachineRow,
    count: u32,
    (stands, terms, each): (String, Terms, DollarsPerHour),
) -> Inputs {
    let mut opened = session.inputs.clone();
    for key in [Key::NodeSize, Key::Domain, Key::Nic, Key::Link, Key::Price, Key::Bought] {
        opened.clear(key);
    }
    // A leaf holds at least one domain, whatever was typed for the others.
    let inner = row.domain.max(row.node_size);
    if opened.typed(Key::Leaf).is_some() && session.asked.fabric.leaf < inner {
        opened.set(Key::Leaf, inner.to_string());
    }
    opened.set(Key::Accelerator, row.key.clone());
    opened.set(Key::Count, count.to_string());
    opened.clear(Key::WayPrices);
    opened.set(Key::Stands, stands.trim_end_matches(':'));
    let price = short::price(each);
    if terms == Terms::OnDemand {
        opened.set(Key::Price, price);
    } else {
        let way = if terms.is_spot() { Terms::Spot } else { terms }.key();
        opened.set(Key::WayPrices, format!("{way}:{price}"));
        opened.set(Key::Bought, way);
    }
    if let Some(usual) = accelerators::find(&row.key) {
        if usual.node_size != row.node_size {
            opened.set(Key::NodeSize, row.node_size.to_string());
        }
        if usual.domain != row.domain {
            opened.set(Key::Domain, row.domain.to_string());
        }
        if usual.nic != row.nic {
            opened.set(Key::Nic, short::bandwidth_bits(row.nic));
        }
    }
    opened
}
