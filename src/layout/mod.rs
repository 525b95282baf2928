//! F3: how a model is spread over a cluster: the degrees, and the knobs of each layer and step.
//!
//! A [`Layout`] only says; [`rules`] says whether it may, [`space`] lists those that may.

pub mod rules;
pub mod space;
pub mod split;

/// One way to run a training step on a cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Layout {
    /// Tensor parallel: ranks that share each matrix.
    pub tp: u32,
    /// Sequence parallel: norms and dropout split along the sequence within the TP group.
    pub sp: bool,
    /// Context parallel: ranks that share each sequence.
    pub cp: u32,
    /// How context-parallel ranks exchange keys and values (no matter at `cp = 1`).
    pub cp_kind: ContextKind,
    /// Pipeline parallel: stages.
    pub pp: u32,
    /// Order in which a stage works through micro-batches.
    pub schedule: Schedule,
    /// Virtual stages: chunks of layers on each stage.
    pub vpp: u32,
    /// What counts as a layer, beside layers, when stages are cut.
    pub slots: Slots,
    /// Data parallel: replicas. `tp * cp * pp * dp` is the number of accelerators.
    pub dp: u32,
    /// Expert parallel: ranks that share the experts of a layer.
    pub ep: u32,
    /// Expert tensor parallel: ranks that share each expert.
    pub etp: u32,
    /// Sequences in one micro-batch of one replica.
    pub micro_batch: u32,
    /// What ZeRO splits.
    pub zero: ZeroStage,
    /// Ranks over which ZeRO splits, out of `dp * cp`.
    pub shard: u32,
    /// What the backward pass computes again.
    pub recompute: Recompute,
    /// What waits on the host.
    pub offload: Offload,
    /// Which dimension's ranks are neighbours on the network.
    pub placement: Placement,
}

/// How context-parallel ranks see one another's tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ContextKind {
    /// Blocks of keys and values travel around a ring.
    Ring,
    /// Keys and values are gathered before attention.
    Gather,
    /// Heads are exchanged for tokens before and after attention.
    Ulysses,
}

/// Pipeline schedules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Schedule {
    /// One forward, one backward; the plain one also stands for no pipeline.
    OneFOneB,
    /// All forwards, then all backwards.
    GPipe,
    /// 1F1B over several chunks a stage, depth first.
    Interleaved,
    /// The same, breadth first.
    BreadthFirst,
    /// ZB-H1.
    ZeroBubble,
    /// ZB-V: two chunks a stage.
    ZeroBubbleV,
    /// DualPipe: two directions, two copies of the parameters.
    DualPipe,
}

/// Places in the pipeline that the embedding and the head take, counted in layers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slots {
    /// Before the first layer: 0 or 1.
    pub embedding: u8,
    /// After the last layer: 0 to 2 (head and loss, multi-token prediction).
    pub head: u8,
}

/// What ZeRO splits over replicas (arXiv 1910.02054).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ZeroStage {
    /// Nothing.
    Zero,
    /// Optimizer state.
    One,
    /// Gradients too.
    Two,
    /// Parameters too.
    Three,
}

/// What the backward pass computes again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Recompute {
    /// Cheap operations of every layer that is not recomputed whole.
    pub selective: bool,
    /// Layers recomputed whole, the first ones of each chunk.
    pub full_layers: u32,
}

/// What waits on the host while it is not needed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Offload {
    /// Optimizer state, and with it the optimizer's step.
    pub optimizer: bool,
    /// Activations kept for the backward pass.
    pub activations: bool,
    /// Parameters.
    pub parameters: bool,
}

/// Order of the dimensions on the network, innermost (nearest neighbours) first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Placement {
    /// Tensor, context, data, pipeline: Megatron-Core's `tp-cp-ep-dp-pp`.
    PipelineOutside,
    /// Tensor, context, pipeline, data: Megatron-Core's `--use-tp-pp-dp-mapping`.
    PipelineInside,
}

impl Layout {
    /// One rank that does everything.
    pub const SINGLE: Self = Self {
        tp: 1,
        sp: false,
        cp: 1,
        cp_kind: ContextKind::Ring,
        pp: 1,
        schedule: Schedule::OneFOneB,
        vpp: 1,
        slots: Slots { embedding: 0, head: 0 },
        dp: 1,
        ep: 1,
        etp: 1,
        micro_batch: 1,
        zero: ZeroStage::Zero,
        shard: 1,
        recompute: Recompute { selective: false, full_layers: 0 },
        offload: Offload { optimizer: false, activations: false, parameters: false },
        placement: Placement::PipelineOutside,
    };

    /// Accelerators that the layout takes.
    #[must_use]
    pub const fn n_ranks(&self) -> u64 {
        self.tp as u64 * self.cp as u64 * self.pp as u64 * self.dp as u64
    }

    /// Micro-batches that one replica works through in a step (gradient accumulation), or 0 if `global_batch`
    /// does not divide.
    #[must_use]
    pub const fn n_micro_batches(&self, global_batch: u32) -> u32 {
        let per_round = self.dp as u64 * self.micro_batch as u64;
        if per_round == 0 || !(global_batch as u64).is_multiple_of(per_round) {
            return 0;
        }
        (global_batch as u64 / per_round) as u32
    }
}

impl ZeroStage {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Zero, Self::One, Self::Two, Self::Three];

    /// The number of the stage.
    #[must_use]
    pub const fn number(self) -> u32 {
        self as u32
    }
}
