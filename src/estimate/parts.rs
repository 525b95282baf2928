//! F4: what the totals are made of. A total is the sum of its parts in this fixed order, exactly.

use crate::units::{Bytes, Dollars, Seconds};

macro_rules! parts {
    ($(#[$doc:meta])* $name:ident { $($(#[$part_doc:meta])* $part:ident = $key:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum $name {
            $($(#[$part_doc])* $part,)*
        }

        impl $name {
            /// All of them, in the order in which they are summed.
            pub const ALL: &[Self] = &[$(Self::$part),*];

            /// Stable name.
            #[must_use]
            pub const fn key(self) -> &'static str {
                match self { $(Self::$part => $key,)* }
            }
        }
    };
}
pub(super) use parts;

parts! {
    /// Parts of one accelerator's memory at its peak.
    MemoryPart {
        /// Working weights of mixers.
        WeightsMixer = "weights.mixer",
        /// Working weights of feed-forward networks, routers and norms.
        WeightsFfn = "weights.ffn",
        /// Working weights of routed experts.
        WeightsExperts = "weights.experts",
        /// Working weights of the embedding.
        WeightsEmbedding = "weights.embedding",
        /// Working weights of the output head.
        WeightsHead = "weights.head",
        /// Further copies for 8-bit and 4-bit products.
        WeightsQuantised = "weights.quantised",
        /// The layers whose split weights are gathered at one time (ZeRO-3).
        WeightsGathered = "weights.gathered",
        /// Gradients.
        Gradients = "gradients",
        /// The 32-bit master copy.
        Master = "optimizer.master",
        /// Moments of the optimizer.
        Moments = "optimizer.moments",
        /// Copies of the gradients that the update makes.
        Update = "optimizer.update",
        /// Activations that layers keep for the backward pass.
        Activations = "activations.layers",
        /// What the embedding and the head keep.
        ActivationsEnds = "activations.ends",
        /// Activations of the one layer that is being recomputed.
        Workspace = "activations.recomputed",
        /// Logits of one micro-batch.
        Logits = "activations.logits",
        /// Buffers of collectives and pipeline sends.
        Buffers = "buffers",
        /// Driver, runtime and communicators.
        Context = "context",
        /// What the allocator loses.
        Slack = "slack",
    }
}

parts! {
    /// Parts of the critical path of one step.
    TimePart {
        /// Matrix products of mixers, feed-forward networks, shared experts, router and head.
        Matmul = "compute.matmul",
        /// Attention scores and their use.
        Attention = "compute.attention",
        /// Matrix products of routed experts.
        Experts = "compute.experts",
        /// Norms, activations, residuals, permutations, loss.
        Pointwise = "compute.pointwise",
        /// Starting kernels.
        Launch = "compute.launch",
        /// Forward work done again in the backward pass.
        Recompute = "compute.recompute",
        /// Waiting for the slowest rank.
        Straggler = "compute.straggler",
        /// Tensor-parallel collectives that nothing hides.
        Tensor = "network.tensor",
        /// Context-parallel exchanges that nothing hides.
        Context = "network.context",
        /// Experts' exchanges that nothing hides.
        Expert = "network.expert",
        /// Pipeline sends that nothing hides.
        Pipeline = "network.pipeline",
        /// Gradient reduction that nothing hides.
        Gradients = "network.gradients",
        /// Parameter gathering that nothing hides.
        Parameters = "network.parameters",
        /// Stages waiting for their first work or after their last.
        Bubble = "bubble",
        /// The optimizer's own work.
        Optimizer = "optimizer",
        /// Transfers to and from the host that nothing hides.
        Offload = "offload",
        /// Data loading, logging, synchronisation.
        Overhead = "overhead",
    }
}

parts! {
    /// Parts of the money that a whole run takes.
    OutlayPart {
        /// Machines while they do work that is kept.
        Machines = "machines.work",
        /// Machines while work is lost, written down, read back or waited for.
        Lost = "machines.lost",
        /// Machines that are paid for longer than the run lasts.
        Unused = "machines.unused",
        /// Own machines' loss of worth.
        Purchase = "own.purchase",
        /// Power of own machines.
        Power = "own.power",
        /// Space for own machines.
        Space = "own.space",
        /// People who keep own machines running.
        Staff = "own.staff",
        /// Keeping the data set while the run lasts.
        DataSet = "storage.data",
        /// Keeping checkpoints while the run lasts.
        Checkpoints = "storage.checkpoints",
        /// Bringing the data set to the machines.
        MovingIn = "transfer.in",
        /// Taking the trained weights away.
        MovingOut = "transfer.out",
    }
}

/// Memory by part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Memory([Bytes; MemoryPart::ALL.len()]);

/// Time by part.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Time([Seconds; TimePart::ALL.len()]);

/// Money by part.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outlay([Dollars; OutlayPart::ALL.len()]);

impl Outlay {
    /// The parts by what they are for: rented machines, own ones, storage, transfer.
    pub const GROUPS: [&'static [OutlayPart]; 4] = {
        use OutlayPart as P;
        [
            &[P::Machines, P::Lost, P::Unused],
            &[P::Purchase, P::Power, P::Space, P::Staff],
            &[P::DataSet, P::Checkpoints],
            &[P::MovingIn, P::MovingOut],
        ]
    };

    /// Nothing for anything.
    pub const ZERO: Self = Self([Dollars::ZERO; OutlayPart::ALL.len()]);

    /// One part.
    #[must_use]
    pub const fn get(&self, part: OutlayPart) -> Dollars {
        self.0[part as u8 as usize]
    }

    /// Sets one part.
    pub(crate) const fn set(&mut self, part: OutlayPart, dollars: Dollars) {
        self.0[part as u8 as usize] = dollars;
    }

    /// The sum of the groups' sums, in their order.
    #[must_use]
    pub fn total(&self) -> Dollars {
        let group =
            |parts: &[OutlayPart]| parts.iter().map(|part| self.get(*part)).sum::<Dollars>();
        Self::GROUPS.iter().map(|parts| group(parts)).sum()
    }
}

impl Memory {
    /// Nothing of anything.
    pub const ZERO: Self = Self([Bytes::ZERO; MemoryPart::ALL.len()]);

    /// One part.
    #[must_use]
    pub const fn get(&self, part: MemoryPart) -> Bytes {
        self.0[part as u8 as usize]
    }

    /// Sets one part.
    pub(crate) const fn set(&mut self, part: MemoryPart, bytes: Bytes) {
        self.0[part as u8 as usize] = bytes;
    }

    /// The sum of all parts.
    #[must_use]
    pub fn total(&self) -> Bytes {
        self.0.iter().copied().sum()
    }
}

impl Time {
    /// Nothing of anything.
    pub const ZERO: Self = Self([Seconds::ZERO; TimePart::ALL.len()]);

    /// One part.
    #[must_use]
    pub const fn get(&self, part: TimePart) -> Seconds {
        self.0[part as u8 as usize]
    }

    /// Sets one part.
    pub(crate) const fn set(&mut self, part: TimePart, seconds: f64) {
        self.0[part as u8 as usize] = Seconds::new(seconds);
    }

    /// The sum of all parts, in their order.
    #[must_use]
    pub fn total(&self) -> Seconds {
        self.0.iter().copied().sum()
    }
}
