//! All that is asked of a deployment, complete and checked.

use super::{Engine, Goals, KvFormat, Room, Speculation, Traffic, WeightFormat};
use crate::cluster::Cluster;
use crate::model::Model;
use crate::prices::Place;
use crate::units::{Dollars, DollarsPerHour, PerSecond, Ratio, Seconds};

/// A question about serving: what, by which software, on what, for whom and how fast.
#[derive(Clone, Debug, PartialEq)]
pub struct Ask {
    /// What is served.
    pub model: Model,
    /// Format of the published weights, where it is not of 16 bits.
    pub stored: Option<WeightFormat>,
    /// Where it is said that the checkpoint brings Python code of its own, which the engine must be let run.
    pub custom_code: Option<String>,
    /// By which software.
    pub engine: Engine,
    /// On which kinds of machine, any one of them.
    pub machines: Vec<AskedMachine>,
    /// Tokens guessed ahead.
    pub speculation: Option<Speculation>,
    /// Requests.
    pub traffic: Traffic,
    /// How many of them.
    pub demand: Demand,
    /// Instances that stand by beside those that a rate needs (N+1: one): the goals hold without them.
    pub spares: u32,
    /// What must be kept to.
    pub goals: Goals,
    /// Chance that is wanted that each of them is kept, by the ranges of measured runs; none: goals are compared with
    /// the prediction itself.
    pub sure: Option<Ratio>,
    /// Share of requests whose first token must come in time; none: the mean of all.
    pub share: Option<Ratio>,
    /// Share of answers whose time a token must keep to its goal; none: the mean of all.
    pub further_share: Option<Ratio>,
    /// What is decided already.
    pub fixed: FixedServing,
    /// What a service that is paid by the token asks.
    pub api: ApiPrice,
    /// Where it stands, if that is said.
    pub place: Option<Place>,
    /// Power of the building over power of its machines, where the place does not tell it.
    pub pue: Ratio,
    /// Whether that was typed.
    pub pue_typed: bool,
}

/// One kind of accelerator in its machines.
#[derive(Clone, Debug, PartialEq)]
pub struct AskedMachine {
    /// Key of the accelerator.
    pub key: String,
    /// Name for people.
    pub label: String,
    /// As many as one instance may take.
    pub cluster: Cluster,
    /// As many as all instances may take.
    pub most: u32,
    /// Whether machines are paid for whole; else accelerators are paid for one by one.
    pub whole: bool,
    /// Price of one accelerator in the way that it is bought, where one is known.
    pub price: Option<DollarsPerHour>,
    /// Where that price is from.
    pub price_source: String,
    /// Price of one by the hour, whichever way it is bought, and where it is from.
    pub by_hour: (Option<DollarsPerHour>, String),
    /// Formats of weights and cache that may be used on it.
    pub formats: Vec<(WeightFormat, KvFormat)>,
    /// Ways to split a model that the engine has there.
    pub degrees: Vec<String>,
    /// What the wanted chance asks for on it.
    pub room: Room,
}

impl Ask {
    /// What the wanted chance asks for on accelerators of a generation.
    #[must_use]
    pub fn room_on(&self, generation: &str) -> Room {
        self.sure.map_or(Room::NONE, |wanted| Room::of(&self.engine, generation, wanted))
    }

    /// What the wanted chance asks for on a kind of machine.
    #[must_use]
    pub fn room(&self, machine: usize) -> Room {
        self.machines.get(machine).map_or(Room::NONE, |machine| machine.room)
    }

    /// Whether such times of an instance that runs so many sequences at once on a kind of machine keep the goals, with the
    /// wanted chance.
    #[must_use]
    #[inline(never)]
    pub fn kept(
        &self,
        (machine, batch): (usize, u32),
        first_token: Seconds,
        per_token: Seconds,
    ) -> bool {
        let (first, further) = self.room(machine).worse((first_token, per_token), batch);
        self.goals.kept_by(first, further)
    }
}

impl AskedMachine {
    /// Accelerators that are paid for together.
    #[must_use]
    pub fn size(&self) -> u32 {
        if self.whole { self.cluster.node_size.max(1) } else { 1 }
    }
}

/// How many requests there are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Demand {
    /// As many as the machines can answer.
    Most,
    /// So many a second, at random.
    Rate(PerSecond),
    /// So many in flight, each followed by the next.
    InFlight(u32),
}

/// Degrees and limits that the user fixed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FixedServing {
    /// Tensor parallel.
    pub tp: Option<u32>,
    /// Pipeline parallel.
    pub pp: Option<u32>,
    /// Attention data parallel.
    pub dp: Option<u32>,
    /// Expert parallel.
    pub ep: Option<u32>,
    /// Most sequences that run together in one instance.
    pub batch: Option<u32>,
    /// Fewest instances, spare ones among them.
    pub least: Option<u32>,
}

/// Dollars of a million tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ApiPrice {
    /// Of prompts.
    pub input: Option<Dollars>,
    /// Of answers.
    pub output: Option<Dollars>,
}
