//! F2: what the user typed, resolved against the catalogue into a [`Case`](crate::case::Case).
//!
//! Every input is kept as typed, whether or not it can be read; [`Inputs::resolve`] reads them all
//! and answers with the case, or with what stands in its way, and with an echo of each value.
//! What is not typed follows a fixed default, or the catalogue's value for what was chosen: change
//! the accelerator, and its node size, network and price change with it.

mod budget;
mod cluster;
mod echo;
mod fleet;
mod key;
pub mod limits;
mod model;
mod names;
mod operation;
mod own;
mod problem;
mod resolve;
mod run;
mod serve;
pub mod software;
pub mod trace;
mod value;

pub use budget::{BudgetInputs, Demanded, Egress, Moves, Trials};
pub use fleet::FleetInputs;
pub use key::{Group, Key, Kind};
pub use operation::{AreaUsers, DayShape, OperationInputs, Share};
pub use own::Capacity;
pub use problem::{Echo, Note, Origin, Problem};
pub use resolve::Resolution;
pub use value::{Value, read};

use crate::catalogue::presets::Published;
use crate::serving::{Engine, KvFormat, WeightFormat};
use std::collections::BTreeMap;

/// Inputs that fix a degree or knob of the layout.
pub const LAYOUT: [Key; 11] = [
    Key::Tp,
    Key::Cp,
    Key::Pp,
    Key::Vpp,
    Key::Ep,
    Key::Etp,
    Key::MicroBatch,
    Key::Zero,
    Key::Shard,
    Key::Recompute,
    Key::Schedule,
];

/// The texts of all inputs, in the order of [`Key::ALL`].
///
/// `Inputs::default()` has nothing typed: Llama-3.1-405B on 16,384 H100 with Megatron-Core.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Inputs {
    typed: BTreeMap<Key, String>,
    unknown: Vec<(String, String)>,
}

impl Inputs {
    /// What the input shows: what was typed, else its fixed default, else nothing.
    #[must_use]
    pub fn get(&self, key: Key) -> &str {
        self.typed(key).or(key.default_text()).unwrap_or("")
    }

    /// What was typed, if anything was.
    #[must_use]
    pub fn typed(&self, key: Key) -> Option<&str> {
        self.typed.get(&key).map(String::as_str)
    }

    /// Types a text. An empty one takes the input back to its default.
    pub fn set(&mut self, key: Key, text: impl Into<String>) {
        let text = text.into();
        // An input with a fixed default stays empty while its user is about to type something else.
        if text.is_empty() && key.default_text().is_none() {
            self.typed.remove(&key);
        } else {
            self.typed.insert(key, text);
        }
    }

    /// Takes the input back to its default.
    pub fn clear(&mut self, key: Key) {
        self.typed.remove(&key);
    }

    /// With a text typed.
    #[must_use]
    pub fn with(mut self, key: Key, text: impl Into<String>) -> Self {
        self.set(key, text);
        self
    }

    /// What was typed, in the order of [`Key::ALL`].
    pub fn iter(&self) -> impl Iterator<Item = (Key, &str)> {
        self.typed.iter().map(|(key, text)| (*key, text.as_str()))
    }

    /// Parts of a link that this version does not know, kept to be written back.
    #[must_use]
    pub fn unknown(&self) -> &[(String, String)] {
        &self.unknown
    }

    /// Keeps parts of a link that this version does not know; one without a value says nothing.
    pub fn set_unknown(&mut self, mut unknown: Vec<(String, String)>) {
        unknown.retain(|(_, text)| !text.is_empty());
        self.unknown = unknown;
    }

    /// The same inputs in their shortest spelling: what can be read is rewritten, what equals its
    /// default or has no effect is dropped, what cannot be read stays as it is.
    #[must_use]
    pub fn canonical(&self) -> Self {
        let mut typed = BTreeMap::new();
        for (key, text) in &self.typed {
            let short = canonical_text(*key, text);
            if !short.is_empty() && Some(short.as_str()) != key.default_text() {
                typed.insert(*key, short);
            }
        }
        if typed.get(&Key::Model).is_none_or(|model| model != names::CONFIG) {
            typed.remove(&Key::Config);
        }
        let unknown = self.unknown.clone();
        Self { typed, unknown }
    }

    /// The same inputs with a published layout fixed, as far as it was published.
    #[must_use]
    pub fn with_layout(&self, layout: &Published) -> Self {
        let mut inputs = self.clone();
        for (key, degree) in [
            (Key::Tp, layout.tp),
            (Key::Cp, layout.cp),
            (Key::Pp, layout.pp),
            (Key::Vpp, layout.vpp),
            (Key::Ep, layout.ep),
            (Key::MicroBatch, layout.micro_batch),
            (Key::Zero, layout.zero),
        ] {
            if let Some(degree) = degree {
                inputs.set(key, degree.to_string());
            }
        }
        let unused = match layout.recompute.as_str() {
            "none" => "recompute-selective,recompute-full,recompute-block",
            "selective" => "recompute-full,recompute-block",
            "full" => "recompute-selective",
            _ => return inputs,
        };
        let forbidden = match inputs.get(Key::Forbid) {
            "" => unused.to_owned(),
            before => format!("{before},{unused}"),
        };
        inputs.with(Key::Forbid, forbidden)
    }

    /// The same inputs with no degree fixed and no technique forbidden.
    #[must_use]
    pub fn freed(&self) -> Self {
        let mut inputs = self.clone();
        LAYOUT.iter().chain(&[Key::Forbid]).for_each(|key| inputs.clear(*key));
        inputs
    }

    /// Whether a degree is fixed or a technique forbidden.
    #[must_use]
    pub fn is_bound(&self) -> bool {
        let typed = |key: &Key| self.typed(*key).is_some_and(|text| !text.is_empty());
        LAYOUT.iter().chain(&[Key::Forbid]).any(typed)
    }

    /// What they ask of a fleet; what cannot be read is as if it were not typed.
    #[must_use]
    pub fn fleet(&self) -> FleetInputs {
        fleet::resolve(self)
    }

    /// Formats of weights and cache that are looked at on machines of a market.
    #[must_use]
    pub fn market_formats(&self, engine: &Engine) -> Vec<(WeightFormat, KvFormat)> {
        serve::of_market(self, engine)
    }

    /// What they ask of buying and planning; what cannot be read is as if it were not typed.
    #[must_use]
    pub fn budget(&self) -> BudgetInputs {
        budget::resolve(self)
    }

    /// What they say of how a service is run; what cannot be read is as if it were not typed.
    #[must_use]
    pub fn operation(&self) -> OperationInputs {
        operation::resolve(self)
    }

    /// Whether they are about a model in service.
    #[must_use]
    pub fn is_serving(&self) -> bool {
        self.typed(Key::Purpose)
            .is_some_and(|text| text.trim().eq_ignore_ascii_case(resolve::SERVE))
    }

    /// The case that the inputs describe, or what stands in its way.
    #[must_use]
    pub fn resolve(&self) -> Resolution {
        resolve::resolve(self)
    }
}

/// The shortest spelling of a text that can be read; any other text trimmed.
fn canonical_text(key: Key, text: &str) -> String {
    match read(key, text) {
        Ok(value) => value.link_text(key),
        Err(_) => text.trim().to_owned(),
    }
}
