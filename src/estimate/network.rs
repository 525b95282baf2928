//! F4: time of collectives on the links that they really cross.
//!
//! A group is known by how many of its members lie within one group of each network level. A collective is
//! pipelined: the slowest level decides, and the members inside a level share the links that leave it (rails).
//! A sum over all (tree) takes what the members inside have in common across only once; gathering and scattering
//! too where the library is hierarchical, but NCCL's go round in flat rings, so that all but a member's own share
//! crosses (NVIDIA/nccl issues 530, 2021, and 1473, 2024). What goes further than a level crosses that level's links too: those of the innermost level
//! carry what its members pass on to one another, those of every other level all that leaves the one inside it. Bandwidth terms follow Thakur et al., "Optimization of collective communication operations
//! in MPICH" (2005), section 4; latency is one message a member inside the innermost level (ring), and one a
//! doubling across the others (tree).

use crate::case::Case;
use crate::cluster::LEVELS_MAX;

const LEVELS: usize = LEVELS_MAX as usize;

/// The network of a case, ready for use: bytes/s and seconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Network {
    n_levels: usize,
    span: [f64; LEVELS],
    rate: [f64; LEVELS],
    latency: [f64; LEVELS],
    /// Seconds that starting a collective adds.
    start: f64,
    /// Gathering and scattering go round in flat rings.
    rings: bool,
}

/// Members of a group within one group of each level; the last entry is the size of the group.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Extent {
    members: [f64; LEVELS],
    size: f64,
}

/// What a collective costs: nothing for nothing, else so much a byte and so much at once.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Toll {
    per_byte: f64,
    latency: f64,
}

impl Toll {
    pub(crate) const FREE: Self = Self { per_byte: 0.0, latency: 0.0 };

    /// The toll of one element of which `bytes` travel.
    pub(crate) const fn of_elements(&self, bytes: f64) -> Self {
        Self { per_byte: self.per_byte * bytes, latency: self.latency }
    }

    /// Both, one after the other.
    pub(crate) const fn then(&self, other: &Self) -> Self {
        let latency = self.latency + other.latency;
        Self { per_byte: self.per_byte + other.per_byte, latency }
    }

    /// Twice, one after the other.
    pub(crate) const fn twice(&self) -> Self {
        self.then(self)
    }

    /// At most the seconds for that many bytes (or elements), in proportion to them.
    pub(crate) fn least(&self, bytes: f64) -> f64 {
        bytes * self.per_byte
    }

    /// Seconds for that many bytes (or elements).
    pub(crate) fn time(&self, bytes: f64) -> f64 {
        if bytes > 0.0 { bytes * self.per_byte + self.latency } else { 0.0 }
    }
}

/// The level that decides how long a collective takes: `bytes (1 - from / to) / (split rate) + latency`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Crossing {
    pub level: usize,
    pub from: f64,
    pub to: f64,
    pub split: f64,
    pub rate: f64,
    pub latency: f64,
}

impl Crossing {
    /// A group of one.
    const NONE: Self = Self { level: 0, from: 1.0, to: 1.0, split: 1.0, rate: 1.0, latency: 0.0 };
}

impl Network {
    pub(crate) fn new(case: &Case) -> Self {
        let profile = &case.stack.profile;
        let mut network = Self {
            n_levels: case.cluster.levels.len().min(LEVELS),
            span: [1.0; LEVELS],
            rate: [1.0; LEVELS],
            latency: [0.0; LEVELS],
            start: profile.collective.get(),
            rings: profile.gathers_in_rings,
        };
        for (i, level) in case.cluster.levels.iter().take(LEVELS).enumerate() {
            let share = if i == 0 { profile.link_inside } else { profile.link_outside };
            network.span[i] = f64::from(level.span);
            network.rate[i] = level.bandwidth.get() * share.get();
            network.latency[i] = level.latency.get();
        }
        network
    }

    /// Where the members of a group lie: `inner` ranks at stride `stride`, repeated `outer` times at stride
    /// `outer_stride`.
    pub(crate) fn extent(&self, stride: u64, inner: u64, outer_stride: u64, outer: u64) -> Extent {
        let (stride, outer_stride) = (stride.max(1) as f64, outer_stride.max(1) as f64);
        let (inner, outer) = (inner as f64, outer as f64);
        let mut members = [inner * outer; LEVELS];
        for (i, members) in members.iter_mut().enumerate().take(self.n_levels.saturating_sub(1)) {
            let near = (self.span[i] / stride).floor().max(1.0).min(inner);
            let far = (self.span[i] / outer_stride).floor().max(1.0).min(outer);
            *members = if near < inner { near } else { inner * far };
        }
        Extent { members, size: inner * outer }
    }

    /// A group of `size` ranks at stride `stride`.
    pub(crate) fn line(&self, stride: u64, size: u64) -> Extent {
        self.extent(stride, size, stride * size, 1)
    }

    /// Members among which what crosses a level's links lies when a group is gathered.
    fn reached(extent: &Extent, level: usize) -> f64 {
        if level == 0 { extent.members[0] } else { extent.size }
    }

    /// What gathering over a group costs: each member holds its share (or all are reduced and scattered).
    pub(crate) fn gathering(&self, extent: &Extent) -> Toll {
        self.round(extent, self.rings)
    }

    /// What each half of a sum over all of a group costs.
    pub(crate) fn summing(&self, extent: &Extent) -> Toll {
        self.round(extent, false)
    }

    /// Whether gathering over the first `size` ranks costs what half a sum does.
    pub(crate) fn sums_as_it_gathers(&self, size: u64) -> bool {
        let extent = self.line(1, size);
        self.gathering(&extent) == self.summing(&extent)
    }

    fn round(&self, extent: &Extent, rings: bool) -> Toll {
        let mut toll = Toll::FREE;
        let mut inside = 1.0;
        for i in 0..self.n_levels {
            let here = extent.members[i];
            if here > inside {
                let own = if rings { 1.0 } else { inside };
                let per_byte = (1.0 - own / Self::reached(extent, i)) / (inside * self.rate[i]);
                toll.per_byte = toll.per_byte.max(per_byte);
                let messages = if i == 0 { here - 1.0 } else { doublings(here / inside) };
                toll.latency += messages * self.latency[i];
                inside = here;
            }
        }
        if inside > 1.0 {
            toll.latency += self.start;
        }
        toll
    }

    /// Seconds to gather `bytes` in all.
    pub(crate) fn gather(&self, extent: &Extent, bytes: f64) -> f64 {
        self.gathering(extent).time(bytes)
    }

    /// Seconds of an exchange in which each member sends `bytes` in all, evenly to every member.
    pub(crate) fn exchange(&self, extent: &Extent, bytes: f64) -> f64 {
        if extent.size <= 1.0 || bytes <= 0.0 {
            return 0.0;
        }
        let mut slowest = 0.0_f64;
        let mut latency = self.start;
        let mut inside = 1.0;
        for i in 0..self.n_levels {
            let here = extent.members[i];
            if here > inside {
                slowest = slowest.max(bytes * (1.0 - inside / extent.size) / self.rate[i]);
                latency += doublings(here / inside) * self.latency[i];
                inside = here;
            }
        }
        slowest + latency
    }

    /// Seconds to pass `bytes` from each member to the next, `steps` times.
    pub(crate) fn pass(&self, extent: &Extent, bytes: f64, steps: f64) -> f64 {
        if extent.size <= 1.0 || bytes <= 0.0 {
            return 0.0;
        }
        let level = self.widest(extent);
        steps * (bytes / self.rate[level] + self.latency[level] + self.start)
    }

    /// The level that decides how long gathering over a group takes, for those who explain it.
    pub(crate) fn gather_crossing(&self, extent: &Extent) -> Crossing {
        self.round_crossing(extent, self.rings)
    }

    /// The same of each half of a sum over all.
    pub(crate) fn sum_crossing(&self, extent: &Extent) -> Crossing {
        self.round_crossing(extent, false)
    }

    fn round_crossing(&self, extent: &Extent, rings: bool) -> Crossing {
        let mut crossing = Crossing { latency: self.gathering(extent).latency, ..Crossing::NONE };
        let (mut inside, mut slowest) = (1.0, 0.0);
        for i in 0..self.n_levels {
            let here = extent.members[i];
            if here > inside {
                let to = Self::reached(extent, i);
                let own = if rings { 1.0 } else { inside };
                let per_byte = (1.0 - own / to) / (inside * self.rate[i]);
                if per_byte > slowest {
                    slowest = per_byte;
                    let rate = self.rate[i];
                    crossing =
                        Crossing { level: i, from: own, to, split: inside, rate, ..crossing };
                }
                inside = here;
            }
        }
        crossing
    }

    /// The same of an exchange.
    pub(crate) fn exchange_crossing(&self, extent: &Extent) -> Crossing {
        let mut crossing = Crossing { latency: self.start, ..Crossing::NONE };
        let (mut inside, mut slowest) = (1.0, 0.0);
        for i in 0..self.n_levels {
            let here = extent.members[i];
            if here > inside {
                let latency = crossing.latency + doublings(here / inside) * self.latency[i];
                let per_byte = (1.0 - inside / extent.size) / self.rate[i];
                crossing.latency = latency;
                if per_byte > slowest {
                    slowest = per_byte;
                    let (to, rate) = (extent.size, self.rate[i]);
                    crossing = Crossing { level: i, from: inside, to, split: 1.0, rate, latency };
                }
                inside = here;
            }
        }
        crossing
    }

    /// The same of passing to the next member.
    pub(crate) fn pass_crossing(&self, extent: &Extent) -> Crossing {
        if extent.size <= 1.0 {
            return Crossing::NONE;
        }
        let level = self.widest(extent);
        let (rate, latency) = (self.rate[level], self.latency[level] + self.start);
        Crossing { level, from: 0.0, to: extent.size, split: 1.0, rate, latency }
    }

    /// Members of the group that share the innermost level (one machine or scale-up domain).
    pub(crate) fn domain_members(extent: &Extent) -> f64 {
        extent.members[0]
    }

    /// The outermost level that the group crosses.
    pub(crate) fn widest(&self, extent: &Extent) -> usize {
        let mut inside = 1.0;
        let mut widest = 0;
        for i in 0..self.n_levels {
            if extent.members[i] > inside {
                widest = i;
                inside = extent.members[i];
            }
        }
        widest
    }
}

/// Least number of doublings that reach `n`.
fn doublings(n: f64) -> f64 {
    let mut reached = 1.0;
    let mut count = 0.0;
    while reached < n {
        reached *= 2.0;
        count += 1.0;
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two machines of 8 that share 8 links of 50 GB/s, as NVIDIA/nccl issue 530 tells: a flat ring brings 15 of 16
    /// shares across, a tree one half.
    #[test]
    fn rings_cross_machines_with_all_but_one_share() {
        let network = Network {
            n_levels: 2,
            span: [8.0, 1024.0, 1.0, 1.0, 1.0],
            rate: [900e9, 50e9, 1.0, 1.0, 1.0],
            latency: [0.0; LEVELS],
            start: 0.0,
            rings: true,
        };
        let (bytes, across) = (16e9, network.line(1, 16));
        let near = |seconds: f64, wanted: f64| (seconds / wanted - 1.0).abs() < 1e-12;
        assert!(near(network.gather(&across, bytes), 15e9 / 8.0 / 50e9));
        assert!(near(network.summing(&across).time(bytes), 8e9 / 8.0 / 50e9));
        assert!(!network.sums_as_it_gathers(16) && network.sums_as_it_gathers(8));
        let inside = network.line(1, 8);
        assert!(near(network.gather(&inside, bytes), 14e9 / 900e9));
    }
}
