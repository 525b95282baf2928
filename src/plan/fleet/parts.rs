//! The bill of a point as a tree of parts, each with its formula, values and source.

use super::{Fleet, LOAD, Origin, RATED_OVER};
use crate::catalogue::{offers, places};
use crate::estimate::{
    Cargo, MONTH, Outlay, OutlayPart as P, Purchase, Source, Uptime, carbon, energy, paid, wall,
};
use crate::plan::part::{Group, Leaf, tree};
use crate::plan::{Amount, Derivation, Figure, Part};
use crate::prices::OnPremises;
use crate::search::fleet::Point;
use crate::units::text::{fine, show};
use crate::units::{Bytes, Dollars, DollarsPerGb, DollarsPerHour, Ratio, Seconds};

/// Where figures of one's own machines come from.
const OWN: &str = "typed; where nothing is: $0.08/kWh (industry in the United States, 2023: EIA \
    Electric Power Annual, 2024-10), PUE 1.56 (Uptime Institute Global Data Center Survey 2024), \
    in use for 80 % of five years (assumed)";

/// What the parts of one bill are worked out from.
struct Own<'a> {
    purchase: &'a Purchase,
    cargo: &'a Cargo,
    outlay: Outlay,
    machines: u32,
    busy: Seconds,
    uptime: Uptime,
    source: String,
    tariff_source: String,
    home_source: String,
}

/// The money of a point by part; the parts sum to its cost.
#[must_use]
pub fn money(fleet: &Fleet, point: &Point) -> Option<Part> {
    let own = Own::new(fleet, point)?;
    let group = |id, label, parts: &[P]| Group::<Dollars> {
        id,
        label,
        leaves: parts.iter().map(|part| own.leaf(*part)).collect(),
    };
    let names = [
        ("cost.machines", "Machines"),
        ("cost.own", "Own machines"),
        ("cost.storage", "Storage"),
        ("cost.transfer", "Transfer"),
    ];
    let groups = names.into_iter().zip(Outlay::GROUPS);
    let groups = groups.map(|((id, label), parts)| group(id, label, parts)).collect();
    Some(tree("cost", "Cost of the run", groups))
}

/// Energy and carbon of a point, where both are known.
#[must_use]
pub fn carbon_figure(fleet: &Fleet, point: &Point) -> Option<Figure> {
    let own = Own::new(fleet, point)?;
    let draw = &own.purchase.draw;
    let wall = wall(own.busy, own.uptime) * own.uptime.paid.get();
    let (kwh, grid) = (energy(draw, own.machines, wall)?, draw.grid?);
    let pue = draw.pue.unwrap_or(Ratio::ONE);
    let substituted = format!(
        "{} \u{d7} {} \u{d7} {} \u{d7} {} \u{d7} {}{}g/kWh = {}",
        fine::count(own.machines.into()),
        show::power(draw.machine?),
        fine::number(pue),
        fine::time(wall),
        fine::number(Ratio::new(grid.get())),
        show::GAP,
        show::carbon(carbon(draw, own.machines, wall)?)
    );
    let load = format!("rated power of the accelerators \u{d7} {} (DGX H100 over eight H100)", {
        fine::number(RATED_OVER)
    });
    let derivation = Derivation {
        formula: "machines \u{d7} power of one \u{d7} PUE \u{d7} time that they run, spares \
                  included \u{d7} carbon of the grid"
            .to_owned(),
        substituted,
        source: format!(
            "{load} \u{d7} {} of it (arXiv 2506.14551); {}. Energy {}",
            fine::percent(LOAD),
            own.tariff_source,
            Amount::Energy(Ratio::new(kwh.get())).text()
        ),
        ..Derivation::default()
    };
    let amount = Amount::Carbon(point.carbon);
    Some(Figure { id: "carbon", label: "Carbon", amount, derivation })
}

impl<'a> Own<'a> {
    fn new(fleet: &'a Fleet, point: &Point) -> Option<Self> {
        let kind = fleet.market().kinds.get(point.kind as usize)?;
        let purchase = &kind.lots.get(point.lot as usize)?.purchase;
        let (source, tariff_source) = match fleet.origin(point)? {
            Origin::Listing(i, terms) => {
                let listing = fleet.question().listings.get(i as usize)?;
                let day = listing.stamp(terms).day;
                let source = offers::source_text(&listing.source);
                let place = places::tariff(&listing.provider, &listing.region).1;
                (format!("{source}, {day}"), offers::sources_text(&place))
            }
            Origin::Own(_) => (OWN.to_owned(), OWN.to_owned()),
        };
        Some(Self {
            purchase,
            cargo: &fleet.question().cargo,
            outlay: fleet.outlay(point)?,
            machines: point.count.checked_div(kind.machine_size)?,
            busy: point.busy,
            uptime: fleet.uptime(point)?,
            source,
            tariff_source,
            home_source: home_source(fleet),
        })
    }

    fn leaf(&self, part: P) -> Leaf<Dollars> {
        Leaf {
            id: format!("cost.{}", part.key()),
            label: label(part),
            amount: self.outlay.get(part),
            derivation: self.derivation(part),
            children: Vec::new(),
        }
    }

    fn derivation(&self, part: P) -> Derivation {
        match (&self.purchase.source, part) {
            (Source::Rented { rate, .. }, P::Machines | P::Lost | P::Unused) => {
                self.rented(part, *rate)
            }
            (Source::Owned(own), P::Purchase | P::Power | P::Space | P::Staff) => {
                self.owned(part, own)
            }
            _ => self.data(part),
        }
    }

    fn rented(&self, part: P, rate: DollarsPerHour) -> Derivation {
        let wall = wall(self.busy, self.uptime);
        let share = self.uptime.paid.get();
        let run = wall * share;
        let (formula, time) = match part {
            P::Machines => ("machines \u{d7} rate \u{d7} time of all steps", self.busy.min(run)),
            P::Lost => (
                "machines \u{d7} rate \u{d7} (time of all steps / goodput \u{d7} share that is \
                 paid for \u{2212} time of all steps)",
                run.less(self.busy),
            ),
            _ => (
                "machines \u{d7} rate \u{d7} (term \u{2212} time of the run)",
                (paid(&self.purchase.source, wall) * share).less(run),
            ),
        };
        let hours = Ratio::new(time.get() / 3600.0);
        let at = if part == P::Lost {
            let (useful, paid) = (self.uptime.useful, self.uptime.paid);
            let (useful, paid) = (fine::percent(useful), fine::percent(paid));
            format!(" at goodput {useful}, {paid} of it paid for")
        } else {
            String::new()
        };
        self.derived(
            part,
            formula,
            format!(
                "{} \u{d7} {} \u{d7} {}{}h{at}",
                fine::count(self.machines.into()),
                show::price(rate),
                fine::number(hours),
                show::GAP
            ),
            self.source.clone(),
        )
    }

    fn owned(&self, part: P, own: &OnPremises) -> Derivation {
        let wall = wall(self.busy, self.uptime);
        let n = fine::count(self.machines.into());
        let hours = |rate: DollarsPerHour| {
            let hours = fine::number(Ratio::new(wall.get() / 3600.0));
            format!("{n} \u{d7} {} \u{d7} {hours}{}h", show::price(rate), show::GAP)
        };
        let (formula, text) = match part {
            P::Purchase => (
                "machines \u{d7} price \u{d7} time / (lifetime \u{d7} share put to use)",
                format!(
                    "{n} \u{d7} {} \u{d7} {} / ({} \u{d7} {})",
                    show::dollars(own.purchase),
                    fine::time(wall),
                    fine::time(own.lifetime),
                    fine::percent(own.utilisation)
                ),
            ),
            P::Power => {
                let kwh = energy(&self.purchase.draw, self.machines, wall).unwrap_or_default();
                let (kwh, price) = (Ratio::new(kwh.get()), Ratio::new(own.power.get()));
                let (kwh, price) = (fine::number(kwh), fine::number(price));
                let gap = show::GAP;
                ("energy \u{d7} price of power", format!("{kwh}{gap}kWh \u{d7} ${price}/kWh"))
            }
            P::Space => ("machines \u{d7} space \u{d7} time", hours(own.space)),
            _ => ("machines \u{d7} staff \u{d7} time", hours(own.staff)),
        };
        self.derived(part, formula, text, self.source.clone())
    }

    fn data(&self, part: P) -> Derivation {
        let tariff = &self.purchase.tariff;
        let wall = wall(self.busy, self.uptime);
        let months = Ratio::new(wall.get() / MONTH.get());
        let gb = |bytes: Bytes, rate: Option<DollarsPerGb>| {
            let (size, gap) = (fine::number(Ratio::new(bytes.as_f64() / 1e9)), show::GAP);
            let rate = fine::number(Ratio::new(rate.unwrap_or_default().get()));
            format!("{size}{gap}GB \u{d7} ${rate}/GB")
        };
        let kept = |bytes| {
            let (text, gap) = (gb(bytes, tariff.storage), show::GAP);
            format!("{text} a month \u{d7} {}{gap}months of 730{gap}h", fine::number(months))
        };
        let (formula, text) = match part {
            P::DataSet => ("data set \u{d7} object storage \u{d7} time", kept(self.cargo.data_set)),
            P::Checkpoints => {
                ("checkpoints kept \u{d7} object storage \u{d7} time", kept(self.cargo.checkpoints))
            }
            P::MovingIn => (
                "data set \u{d7} price of bringing it here",
                gb(self.cargo.data_set, Some(self.purchase.moving_in)),
            ),
            P::MovingOut => ("trained weights \u{d7} egress", gb(self.cargo.result, tariff.egress)),
            _ => ("none", String::new()),
        };
        let source = if part == P::MovingIn { &self.home_source } else { &self.tariff_source };
        self.derived(part, formula, text, source.clone())
    }

    fn derived(&self, part: P, formula: &str, text: String, source: String) -> Derivation {
        let amount = show::dollars(self.outlay.get(part));
        Derivation {
            formula: formula.to_owned(),
            substituted: format!("{text} = {amount}"),
            source,
            ..Derivation::default()
        }
    }
}

/// Where the price of taking the data set out of its home comes from.
fn home_source(fleet: &Fleet) -> String {
    let home = fleet.question().home.as_ref();
    let place = home.and_then(|(provider, region)| places::find(provider, region));
    place.map_or("where the data set lies was not said".to_owned(), |place| {
        offers::sources_text(&place.source)
    })
}

const fn label(part: P) -> &'static str {
    match part {
        P::Machines => "Work that is kept",
        P::Lost => "Time lost to failures",
        P::Unused => "Paid for and not used",
        P::Purchase => "Loss of worth",
        P::Power => "Power",
        P::Space => "Space",
        P::Staff => "Staff",
        P::DataSet => "Data set",
        P::Checkpoints => "Checkpoints",
        P::MovingIn => "Bringing the data set",
        P::MovingOut => "Taking the weights away",
    }
}
