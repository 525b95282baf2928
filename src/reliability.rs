//! F1: how often the machines of a run fail or are taken away, and what is done about it.

use crate::units::{Bytes, BytesPerSecond, Frequency, Ratio, Seconds};

/// Most spare nodes of one job.
pub const SPARES_MAX: u32 = 4096;
/// Most zones that one job is spread over.
pub const ZONES_MAX: u32 = 16;

/// Failures and remedies of one run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reliability {
    /// Failures of one node that stop the job.
    pub failures: Frequency,
    /// Stops of the whole job by people: a change of code or data, maintenance.
    pub interventions: Frequency,
    /// From a stop to the next step, the machines being there, without reading the checkpoint.
    pub restart: Seconds,
    /// Until another machine stands in for a failed one where no spare is free.
    pub replacement: Seconds,
    /// Until a failed machine is whole again, as a spare.
    pub repair: Seconds,
    /// How the state is saved.
    pub checkpoint: Checkpointing,
    /// Machines that wait to stand in, paid for like the others.
    pub spares: Spares,
    /// Machines that are slower than the others.
    pub stragglers: Stragglers,
    /// Where replicas go on without one that failed: how long all of them stall for each failure, and for each zone
    /// of the spot market that comes or goes.
    pub elastic: Option<Seconds>,
    /// How machines of the spot market come and go.
    pub spot: Option<Spot>,
}

/// How the state of the run is saved and read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Checkpointing {
    /// What training waits for.
    pub way: Way,
    /// What one node writes to storage.
    pub write: BytesPerSecond,
    /// What one node reads from storage.
    pub read: BytesPerSecond,
    /// Time between two checkpoints, where it is fixed; otherwise the best is taken.
    pub interval: Option<Seconds>,
}

/// What training waits for while a checkpoint is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Way {
    /// Until all of it is in storage.
    Blocking,
    /// Until it is copied to the hosts; it is written while training goes on.
    Asynchronous,
    /// The same, and a second copy lies in the memory of another host, from which a failed one is restored
    /// (Gemini, SOSP 2023; ByteRobust, arXiv 2509.16293).
    Memory,
}

/// How many machines stand by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Spares {
    /// That many nodes.
    Nodes(u32),
    /// The fewest that suffice for that share of the time.
    Enough(Ratio),
}

/// Slow machines that everyone waits for: the more there are, the surer one of them is slow.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stragglers {
    /// Time of a step over that of good machines alone, where some machine is always slow.
    pub factor: Ratio,
    /// Chance that one machine is slow at a time.
    pub chance: Ratio,
}

/// A zone of the spot market: there for a while, then away for a while, for all machines of the job at once.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spot {
    /// Mean time for which the machines are there.
    pub available: Seconds,
    /// Half of the times are shorter, where that is known: bursts make it less than 0.69 of the mean.
    pub median: Option<Seconds>,
    /// Mean time for which they are away.
    pub away: Seconds,
    /// Warning before they go.
    pub notice: Seconds,
    /// Zones that the job is spread over; more than one only helps where replicas are elastic.
    pub zones: u32,
}

/// What of a job matters to its failures.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Job {
    /// Accelerators.
    pub accelerators: u32,
    /// Accelerators in one machine.
    pub node_size: u32,
    /// All steps, with no failure.
    pub work: Seconds,
    /// One step.
    pub step: Seconds,
    /// Complete copies of the state on machines of their own.
    pub replicas: u32,
    /// Bytes of one checkpoint.
    pub state: Bytes,
    /// Accelerators that hold different parts of one copy.
    pub holders: u32,
    /// Link between one accelerator and its host.
    pub host_link: BytesPerSecond,
    /// Network of one accelerator.
    pub network: BytesPerSecond,
    /// Model FLOPs utilisation while steps are made.
    pub mfu: Ratio,
    /// What a step waits for its slowest rank already, over the mean of all ranks.
    pub waited: Ratio,
}

impl Way {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Blocking, Self::Asynchronous, Self::Memory];

    /// Name in links and tables.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Blocking => "blocking",
            Self::Asynchronous => "async",
            Self::Memory => "memory",
        }
    }
}

impl Stragglers {
    /// What slow machines make of a step of a job of so many machines, which waits as long as `waited` says already:
    /// `1 + (factor - 1) (1 - (1 - chance)^n)` over that, at least 1. Machines are slow independently of one another
    /// (arXiv 2505.05713: GPU-hours lost; GREYHOUND, ATC 2025: jobs hit).
    #[must_use]
    pub fn slowdown(&self, nodes: u32, waited: Ratio) -> Ratio {
        let one = self.chance.get().clamp(0.0, 1.0 - f64::EPSILON);
        let some = -libm::expm1(f64::from(nodes) * libm::log1p(-one));
        let whole = 1.0 + (self.factor.get() - 1.0).max(0.0) * some;
        Ratio::new(whole / waited.get().max(1.0)).max(Ratio::ONE)
    }
}

impl Job {
    /// Machines.
    #[must_use]
    pub fn nodes(&self) -> u32 {
        self.accelerators.div_ceil(self.node_size.max(1)).max(1)
    }

    /// Machines that hold different parts of one copy of the state, and so write it.
    #[must_use]
    pub fn writers(&self) -> u32 {
        self.holders.div_ceil(self.node_size.max(1)).clamp(1, self.nodes())
    }
}

impl Spot {
    /// Share of the time for which the machines are there.
    #[must_use]
    pub fn availability(&self) -> Ratio {
        let there = self.available.get().max(1e-9);
        Ratio::new(there / (there + self.away.get()))
    }
}
