//! The network between machines: how switches are joined, and what of its bandwidth is left.

use super::Level;
use crate::units::{BytesPerSecond, Ratio, Seconds};

/// How the network above the scale-up domain is built.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fabric {
    /// Accelerators under one leaf switch, or, with rails, under one set of them.
    pub leaf: u32,
    /// Bandwidth into the leaves over that between them.
    pub oversubscription: Ratio,
    /// Share of the bandwidth between leaves that traffic reaches: all where switches route adaptively, less where
    /// flows are hashed onto links and collide.
    pub congestion: Ratio,
    /// Places that the cluster is spread over, where there are several.
    pub sites: Option<Site>,
}

/// One place of a cluster that is spread over several.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Site {
    /// Accelerators of one place.
    pub span: u32,
    /// What one place sends and at the same time receives.
    pub bandwidth: BytesPerSecond,
    /// Time of one message to another place.
    pub latency: Seconds,
}

impl Fabric {
    /// A full fat tree in one place whose switches route adaptively.
    #[must_use]
    pub const fn full(leaf: u32) -> Self {
        Self { leaf, oversubscription: Ratio::ONE, congestion: Ratio::ONE, sites: None }
    }

    /// Accelerators under one leaf whose switch has `ports` ports, half of them down.
    ///
    /// With rails, the i-th accelerators of all machines meet at one switch, so that a set of `rails` switches joins
    /// as many machines as one has ports down (NVIDIA DGX SuperPOD H100 reference architecture, 2023: 32 machines of
    /// eight under eight switches of 64 ports); without, each switch takes all network cards of fewer machines.
    #[must_use]
    pub const fn leaf_span(ports: u32, rails: Option<u32>) -> u32 {
        let down = ports / 2;
        match rails {
            Some(rails) => down.saturating_mul(rails),
            None => down,
        }
    }

    /// The level between places for `count` accelerators; none where one place holds them all.
    #[must_use]
    pub fn between_sites(&self, count: u32) -> Option<Level> {
        let site = self.sites.filter(|site| site.span > 0 && site.span < count)?;
        // All accelerators of a place share its way out.
        let bandwidth = BytesPerSecond::new(site.bandwidth.get() / f64::from(site.span));
        Some(Level { span: count, bandwidth, latency: site.latency })
    }
}
