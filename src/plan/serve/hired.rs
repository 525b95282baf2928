//! A deployment on machines of a market: what a month of it costs by part, what it draws and emits.

use super::bill::MONTH_HOURS;
use super::power::{Drawn, over, site};
use super::{Deployed, Offer, figures};
use crate::catalogue::{offers, places};
use crate::estimate::capacity::{MonthPart, Packing};
use crate::estimate::serve::{Sequences, Serving};
use crate::plan::budget::figure;
use crate::plan::part::{Group, Leaf, tree};
use crate::plan::{Amount, Derivation, Figure, Part};
use crate::prices::Listing;
use crate::search::deploy::{self, Candidate, Looked, Sizing};
use crate::search::serve::fleet::{Deployment, Kind, asked_of};
use crate::serving::Ask;
use crate::units::text::{fine, show};
use crate::units::{Dollars, Ratio, Seconds};

/// A deployment, and all that its money follows from.
#[derive(Clone, Copy, Debug)]
pub struct Hired<'a> {
    /// What was asked.
    pub ask: &'a Ask,
    /// The kind of machine.
    pub kind: &'a Kind,
    /// Where its price comes from.
    pub offer: &'a Offer,
    /// The row of the market.
    pub listing: &'a Listing,
    /// The deployment.
    pub at: &'a Deployment,
}

impl Hired<'_> {
    /// Accelerators of all its machines.
    #[must_use]
    pub fn accelerators(&self) -> u64 {
        u64::from(self.at.machines) * u64::from(self.kind.machine.size())
    }

    /// Instances, spare ones included.
    #[must_use]
    pub const fn instances(&self) -> u32 {
        self.at.replicas.saturating_add(self.ask.spares)
    }

    /// Money of a month.
    #[must_use]
    pub fn month(&self) -> Dollars {
        self.at.hour * Seconds::hours(MONTH_HOURS)
    }

    /// The same by what machines are for; the parts sum to it.
    #[must_use]
    pub fn bill(&self) -> Part {
        let at = self.at;
        let packing = Packing::new(self.kind.machine.size(), &at.instance);
        let each = packing.each().get();
        let all = f64::from(at.replicas);
        let busy = (at.served.get() / at.each.get()).min(all);
        let held = f64::from(self.instances()) * each;
        let parts = [
            (MonthPart::Traffic, "Answering", busy * each),
            (MonthPart::Rounding, "Room that the goals leave", (all - busy) * each),
            (MonthPart::Spare, "Instances that stand by", f64::from(self.ask.spares) * each),
            (MonthPart::Packing, "Empty places", f64::from(at.machines) - held),
        ];
        let leaf = |(part, label, machines): (MonthPart, &'static str, f64)| Leaf::<Dollars> {
            id: format!("month.{}", part.key()),
            label,
            amount: self.kind.rate() * (Seconds::hours(MONTH_HOURS) * machines.max(0.0)),
            derivation: self.derivation(part, machines, each),
            children: Vec::new(),
        };
        let leaves = parts.into_iter().map(leaf).collect();
        tree("month", "A month", vec![Group { id: "month.machines", label: "", leaves }])
    }

    fn derivation(&self, part: MonthPart, machines: f64, each: f64) -> Derivation {
        let formula = match part {
            MonthPart::Traffic => {
                "requests / the most that one instance answers \u{d7} machines of one \u{d7} \
                 rate \u{d7} hours"
            }
            MonthPart::Rounding => {
                "the rest of the instances that share the requests, in the same way"
            }
            MonthPart::Spare => "instances beside those that the rate needs, in the same way",
            _ => "machines \u{2212} instances \u{d7} machines of one, at the rate for the hours",
        };
        let number = |value: f64| fine::number(Ratio::new(value));
        let month = self.kind.rate() * (Seconds::hours(MONTH_HOURS) * machines.max(0.0));
        let many = match part {
            MonthPart::Packing => {
                let (all, held) = (self.at.machines, self.instances());
                format!("({all} \u{2212} {held} \u{d7} {})", number(each))
            }
            _ => format!("{} \u{d7} {}", number(machines / each), number(each)),
        };
        let rate = show::price(self.kind.rate());
        let stamp = self.listing.stamp(self.offer.terms).day;
        let text =
            format!("{many} \u{d7} {rate} \u{d7} {MONTH_HOURS} h = {}", show::dollars(month));
        let source = format!("{}, {stamp}", offers::source_text(&self.listing.source));
        Derivation::of(formula, text, &source)
    }

    /// Its times, rate and price.
    #[must_use]
    pub fn figures(&self) -> Vec<Figure> {
        let at = self.at;
        let mut all = self.times().unwrap_or_default();
        let number = |value: f64| fine::number(Ratio::new(value));
        let (n, output) = (self.accelerators(), self.ask.traffic.output);
        let tokens = at.served.get() * output;
        let each = Ratio::new(tokens / n.max(1) as f64);
        let text = format!(
            "{} \u{d7} {} / {n} = {}",
            number(at.served.get()),
            number(output),
            number(each.get())
        );
        let told = Derivation::of(
            "requests a second \u{d7} tokens of an answer / accelerators of all machines",
            text,
            "the demand, or what the machines hold",
        );
        all.push(figure(
            "tokens_per_gpu",
            "Each accelerator answers",
            Amount::TokenRate(each),
            told,
        ));
        let rate = show::price(self.kind.rate());
        let text = format!(
            "{} \u{d7} {rate} / ({} \u{d7} {} tokens/s) \u{d7} {} = {}",
            at.machines,
            number(at.served.get()),
            number(output),
            show::grouped(1_000_000),
            show::million(at.cost)
        );
        let told = Derivation::of(
            "machines \u{d7} rate of one / tokens of answers a second \u{d7} a million",
            text,
            "answers bear the whole price, prompts included",
        );
        all.push(figure("whole_price", "1M answer tokens", Amount::Million(at.cost), told));
        all
    }

    /// Both times, as a plan of the same layout tells them.
    fn times(&self) -> Option<Vec<Figure>> {
        let ask = asked_of(self.ask, self.kind);
        let own = self.at;
        let at = Candidate { machine: 0, format: own.format, instance: own.instance };
        let service = deploy::service(&ask, &at, Some(own.batch))?;
        let serving = Serving::new(&service, &own.instance);
        let batch = Sequences(f64::from(own.batch));
        let limit = (own.batch, serving.loaded(&ask.traffic, batch));
        let (missed, loss, least) = (None, None, own.replicas);
        let looked = Looked { at, limit: Some(limit), missed, least, loss };
        let found = Sizing::new(&ask, &service, &looked, limit).of(own.replicas);
        let own = Deployed::new(&ask, &found)?;
        Some(vec![figures::first_token(&own), figures::per_token(&own)])
    }

    /// What it draws and emits; nothing where its power is not known.
    #[must_use]
    pub fn emissions(&self, pue: Ratio) -> Vec<Figure> {
        self.drawn(pue).map_or_else(Vec::new, |drawn| drawn.figures())
    }

    /// The same to be worked with.
    #[must_use]
    pub fn drawn(&self, pue: Ratio) -> Option<Drawn> {
        let machine = &self.kind.machine;
        let rated = machine.cluster.accelerator.power?;
        let place = places::find(&self.listing.provider, &self.listing.region);
        let (pue, grid) = site(place.as_ref(), pue);
        let most = self.at.each * f64::from(self.instances());
        Some(Drawn {
            accelerators: self.accelerators(),
            rated,
            over: over(&machine.key, &machine.cluster.accelerator.generation),
            load: Ratio::new(self.at.served.get() / most.get().max(1e-12)),
            tokens: self.at.served * self.ask.traffic.output,
            pue,
            grid,
        })
    }
}
