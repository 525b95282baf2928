//! Links between places: data centres, regions, clouds, homes.

use crate::units::{BytesPerSecond, DollarsPerGb, Ratio, Seconds};

/// Most places of one run.
pub const SITES_MAX: u32 = 1 << 16;

/// The way from one place to another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Wan {
    /// What one place sends and at the same time receives.
    pub bandwidth: BytesPerSecond,
    /// Time of one message.
    pub latency: Seconds,
    /// For what leaves a place.
    pub price: DollarsPerGb,
}

/// Replicas in several places that are averaged now and then: the outer steps of DiLoCo (arXiv 2311.08105).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OuterSteps {
    /// Places, each with a replica of its own.
    pub sites: u32,
    /// Steps that each makes between two averages: 500 in DiLoCo, 100 in Streaming DiLoCo.
    pub every: u32,
    /// Bytes of one parameter on the way: 4 in DiLoCo, 1 in INTELLECT-1 (arXiv 2412.01152), 0.5 in Streaming DiLoCo.
    pub bytes: Ratio,
    /// Pieces of the model that are averaged at different times (Streaming DiLoCo, arXiv 2501.18512).
    pub fragments: u32,
    /// Steps for which training goes on while a piece is under way; none waits for it.
    pub overlap: u32,
}

/// Edge clients that train where their data lies: federated averaging (arXiv 1602.05629).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Federation {
    /// Clients that exist.
    pub clients: u32,
    /// Share of them that can take part at one time.
    pub participation: Ratio,
    /// Clients whose updates a round needs.
    pub goal: u32,
    /// Share of those chosen that never answer: 6 to 10 % in arXiv 1902.01046, which therefore chooses 130 %.
    pub dropout: Ratio,
    /// Steps of one client in a round.
    pub steps: u32,
    /// One step of a usual client.
    pub step: Seconds,
    /// The slowest client that a round waits for, over the usual one.
    pub straggler: Ratio,
    /// From the server to a client, and what the server pays for it.
    pub down: Wan,
    /// From a client to the server.
    pub up: Wan,
    /// Bytes of one parameter on the way.
    pub bytes: Ratio,
}
