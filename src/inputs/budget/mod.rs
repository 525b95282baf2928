//! What is asked of buying and planning: prices by way to buy, demand by month, dates, what-ifs, trials, places.

mod demand;
mod phrase;

pub use demand::Demanded;
pub use phrase::{Egress, Moves};
pub(super) use phrase::{meaning, phrase};

use super::fleet::list;
use super::resolve::Reader;
use super::{FleetInputs, Inputs, Key, Value, own, read};
use crate::cluster::{Federation, OuterSteps, Wan};
use crate::prices::Terms;
use crate::units::{
    BytesPerSecond, Deadline, Dollars, DollarsPerGb, DollarsPerHour, Moment, Ratio, Seconds, Tokens,
};

/// What the inputs ask of buying and planning.
#[derive(Clone, Debug, PartialEq)]
pub struct BudgetInputs {
    /// Provider and region where the machines stand, empty for machines of one's own; none where nothing is said.
    pub stands: Option<(String, String)>,
    /// How the run is bought; none at the plan's own price by the hour.
    pub bought: Option<Terms>,
    /// Prices of one accelerator by way to buy.
    pub prices: Vec<(Terms, DollarsPerHour)>,
    /// Demand, piece by piece; empty for that of the run alone.
    pub demand: Vec<Demanded>,
    /// The first step.
    pub start: Option<Moment>,
    /// When it must be done.
    pub deadline: Option<Deadline>,
    /// Most that it may cost.
    pub budget: Option<Dollars>,
    /// What is moved by how much.
    pub moves: Moves,
    /// A search over hyper-parameters, where there is one.
    pub trials: Option<Trials>,
    /// From one training to the next, where it is trained again.
    pub retrain: Option<Seconds>,
    /// How far ahead is looked.
    pub horizon: Seconds,
    /// Averaging between places.
    pub outer: OuterSteps,
    /// The way between them.
    pub wan: Wan,
    /// The places are of one provider.
    pub own_regions: bool,
    /// Where the price of data that leaves was read.
    pub egress: Egress,
    /// Edge clients, and the tokens of one of their steps.
    pub federation: Option<(Federation, Tokens)>,
}

/// A search over hyper-parameters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Trials {
    /// How many.
    pub count: u32,
    /// A whole trial over the run.
    pub share: Ratio,
    /// Of each rung one in that many goes on; none where every trial is whole.
    pub survivors: Option<u32>,
    /// Trials at one time, each on a cluster of its own.
    pub at_a_time: u32,
}

/// Reads values of inputs that are typed or have a default.
pub(super) struct Values<'a>(pub(super) &'a Inputs);

impl Values<'_> {
    pub(super) fn get(&self, key: Key) -> Option<Value> {
        let text = self.0.get(key);
        read(key, if text.trim().is_empty() { key.default_text()? } else { text })
            .ok()
            .or_else(|| read(key, key.default_text()?).ok())
    }

    pub(super) fn count(&self, key: Key) -> Option<u32> {
        match self.get(key)? {
            Value::Count(n) => u32::try_from(n).ok(),
            _ => None,
        }
    }

    pub(super) fn span(&self, key: Key) -> Option<Seconds> {
        match self.get(key)? {
            Value::Span(time) => Some(time),
            _ => None,
        }
    }

    pub(super) fn ratio(&self, key: Key) -> Ratio {
        match self.get(key) {
            Some(Value::Ratio(ratio)) => ratio,
            _ => Ratio::ONE,
        }
    }

    pub(super) fn rate(&self, key: Key) -> BytesPerSecond {
        match self.get(key) {
            Some(Value::Bandwidth(rate)) => rate,
            _ => BytesPerSecond::ZERO,
        }
    }

    pub(super) fn word(&self, key: Key) -> &'static str {
        match self.get(key) {
            Some(Value::Word(word)) => word,
            _ => "",
        }
    }

    pub(super) fn phrase(&self, key: Key) -> String {
        match self.get(key) {
            Some(Value::Words(words)) => words,
            _ => String::new(),
        }
    }
}

pub(super) fn resolve(inputs: &Inputs) -> BudgetInputs {
    let values = Values(inputs);
    let own_regions = values.word(Key::Between) == "regions";
    let fleet = inputs.fleet();
    let stands = stands(inputs, &fleet);
    let near = stands.clone().unwrap_or_default();
    let egress = Egress::of(&values.phrase(Key::Egress), &near, own_regions);
    BudgetInputs {
        stands,
        bought: Terms::from_key(values.word(Key::Bought)),
        prices: phrase::prices(&values.phrase(Key::WayPrices)).unwrap_or_default(),
        demand: demand::read(&values.phrase(Key::Months)).unwrap_or_default(),
        start: Moment::read(&values.phrase(Key::Start)),
        deadline: fleet.deadline,
        budget: fleet.budget,
        moves: phrase::moves(&values.phrase(Key::WhatIf)).unwrap_or_default(),
        trials: trials(&values),
        retrain: values.span(Key::Retrain),
        horizon: values.span(Key::Horizon).unwrap_or(Seconds::days(365.0)),
        outer: outer(&values),
        wan: Wan {
            bandwidth: values.rate(Key::Wan),
            latency: values.span(Key::Latency).unwrap_or_default(),
            price: egress.price,
        },
        own_regions,
        federation: federation(&values, egress.price),
        egress,
    }
}

/// What was typed; else the only provider that is asked of the market, in its only region.
fn stands(inputs: &Inputs, fleet: &FleetInputs) -> Option<(String, String)> {
    let typed = list(&inputs.canonical(), Key::Stands).first().and_then(|word| own::stands(word));
    typed.or_else(|| match (&*fleet.providers, &*fleet.regions) {
        ([provider], [region]) => Some((provider.clone(), region.clone())),
        ([provider], _) => Some((provider.clone(), String::new())),
        _ => None,
    })
}

/// The way to buy that was chosen and its typed price, which is the plan's own where no other is typed.
pub(super) fn bought(reader: &Reader) -> Option<(Terms, DollarsPerHour)> {
    let terms = match reader.value(Key::Bought) {
        Some(Value::Word(word)) => Terms::from_key(word)?,
        _ => return None,
    };
    let Some(Value::Words(words)) = reader.value(Key::WayPrices) else { return None };
    let known = phrase::prices(words)?;
    known.into_iter().find(|(own, _)| *own == terms)
}

fn trials(values: &Values<'_>) -> Option<Trials> {
    Some(Trials {
        count: values.count(Key::Trials)?,
        share: values.ratio(Key::TrialShare),
        survivors: values.count(Key::Survivors),
        at_a_time: values.count(Key::AtATime).unwrap_or(1),
    })
}

fn outer(values: &Values<'_>) -> OuterSteps {
    let bits = values.word(Key::WireBits).parse().unwrap_or(32.0);
    OuterSteps {
        sites: values.count(Key::Sites).unwrap_or(2),
        every: values.count(Key::Every).unwrap_or(1),
        bytes: Ratio::new(bits / 8.0),
        fragments: values.count(Key::Pieces).unwrap_or(1),
        overlap: values.count(Key::Meanwhile).unwrap_or(0),
    }
}

fn federation(values: &Values<'_>, price: DollarsPerGb) -> Option<(Federation, Tokens)> {
    let latency = values.span(Key::Latency).unwrap_or_default();
    let bits = values.word(Key::WireBits).parse().unwrap_or(32.0);
    let own = Federation {
        clients: values.count(Key::Clients)?,
        participation: values.ratio(Key::Participation),
        goal: values.count(Key::Goal)?,
        dropout: values.ratio(Key::ClientDropout),
        steps: values.count(Key::ClientSteps)?,
        step: values.span(Key::ClientStep)?,
        straggler: values.ratio(Key::ClientStraggler),
        down: Wan { bandwidth: values.rate(Key::ClientDown), latency, price },
        // What arrives at a data centre costs nothing.
        up: Wan { bandwidth: values.rate(Key::ClientUp), latency, price: DollarsPerGb::ZERO },
        bytes: Ratio::new(bits / 8.0),
    };
    let Some(Value::Count(tokens)) = values.get(Key::ClientTokens) else { return None };
    Some((own, Tokens::new(tokens)))
}
