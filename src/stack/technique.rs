//! The techniques of parallel training, each by its field's name.

use std::ops::BitOr;

macro_rules! techniques {
    ($($(#[$doc:meta])* $name:ident = $key:literal, $label:literal;)*) => {
        /// One technique that a stack may be able to run.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum Technique {
            $($(#[$doc])* $name,)*
        }

        impl Technique {
            /// All of them, in a fixed order.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// Name in links and tables.
            #[must_use]
            pub const fn key(self) -> &'static str {
                match self { $(Self::$name => $key,)* }
            }

            /// Name for people.
            #[must_use]
            pub const fn label(self) -> &'static str {
                match self { $(Self::$name => $label,)* }
            }
        }
    };
}

techniques! {
    /// Tensor parallel (arXiv 1909.08053).
    TensorParallel = "tp", "tensor parallel";
    /// Norms and dropout split along the sequence within the tensor-parallel group (arXiv 2205.05198).
    SequenceParallel = "sp", "sequence parallel";
    /// Pipeline parallel: layers on successive stages.
    PipelineParallel = "pp", "pipeline parallel";
    /// All forwards, then all backwards (arXiv 1811.06965).
    GPipe = "gpipe", "GPipe schedule";
    /// One forward, one backward (arXiv 1806.03377).
    OneFOneB = "1f1b", "1F1B schedule";
    /// Several chunks of layers on each stage (arXiv 2104.04473).
    Interleaved = "interleaved", "interleaved 1F1B schedule";
    /// ZB-H1: weight gradients fill the bubble at the memory of 1F1B (arXiv 2401.10241).
    ZeroBubble = "zb", "zero-bubble ZB-H1 schedule";
    /// ZB-V: two chunks a stage in a V (arXiv 2405.15362).
    ZeroBubbleV = "zbv", "zero-bubble V schedule";
    /// DualPipe: two directions, experts' exchange hidden (arXiv 2412.19437).
    DualPipe = "dualpipe", "DualPipe schedule";
    /// Breadth-first interleaving (arXiv 2211.05953).
    BreadthFirst = "bf", "breadth-first schedule";
    /// Stages with unequal numbers of layers.
    UnevenStages = "uneven", "uneven pipeline stages";
    /// The embedding counts as a layer when stages are cut.
    EmbeddingSlot = "slot-embed", "embedding as a pipeline slot";
    /// The output head counts as one or more layers when stages are cut.
    HeadSlot = "slot-head", "output head as pipeline slots";
    /// Context parallel by passing keys and values around a ring (arXiv 2310.01889).
    ContextRing = "cp-ring", "ring context parallel";
    /// Context parallel by gathering keys and values (arXiv 2407.21783).
    ContextGather = "cp-gather", "all-gather context parallel";
    /// Context parallel by exchanging heads for tokens (DeepSpeed-Ulysses, arXiv 2309.14509).
    Ulysses = "cp-ulysses", "Ulysses context parallel";
    /// Expert parallel (arXiv 2006.16668).
    ExpertParallel = "ep", "expert parallel";
    /// Experts split by tensor parallelism of their own degree (parallel folding, arXiv 2504.14960).
    ExpertTensor = "etp", "expert tensor parallel";
    /// Expert groups may span data and context ranks freely (parallel folding, arXiv 2504.14960).
    ExpertFolding = "ep-fold", "folded expert groups";
    /// Optimizer state split over replicas (arXiv 1910.02054).
    Zero1 = "zero1", "ZeRO stage 1";
    /// Gradients split too.
    Zero2 = "zero2", "ZeRO stage 2";
    /// Parameters split too (FSDP).
    Zero3 = "zero3", "ZeRO stage 3";
    /// The split covers a part of the replicas, and is copied over the others (HSDP).
    HybridShard = "hybrid", "hybrid sharding";
    /// Cheap operations are computed again in the backward pass (arXiv 2205.05198).
    SelectiveRecompute = "recompute-selective", "selective recompute";
    /// Whole layers are computed again.
    FullRecompute = "recompute-full", "full recompute";
    /// Only the first k layers of each chunk are computed again.
    BlockRecompute = "recompute-block", "recompute of the first k layers";
    /// Optimizer state and step on the host.
    OffloadOptimizer = "offload-optimizer", "optimizer offload";
    /// Activations wait on the host between forward and backward.
    OffloadActivations = "offload-activations", "activation offload";
    /// Parameters wait on the host between their uses.
    OffloadParameters = "offload-parameters", "parameter offload";
    /// Pipeline stages are placed inside data-parallel groups.
    PipelineInside = "place-pp-inside", "pipeline inside data parallel";
    /// 8-bit matrix products.
    Fp8 = "fp8", "FP8";
    /// 8-bit matrix products with block scales of 32.
    Mxfp8 = "mxfp8", "MXFP8";
    /// 4-bit matrix products with block scales of 16.
    Nvfp4 = "nvfp4", "NVFP4";
}

/// A set of techniques.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Techniques(u64);

impl Technique {
    /// The technique of that name in links and tables.
    #[must_use]
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|technique| technique.key() == key)
    }
}

impl Techniques {
    /// None of them.
    pub const NONE: Self = Self(0);

    /// The set of those in `list`.
    #[must_use]
    pub const fn of(list: &[Technique]) -> Self {
        let mut bits = 0;
        let mut i = 0;
        while i < list.len() {
            bits |= 1 << list[i] as u8;
            i += 1;
        }
        Self(bits)
    }

    /// Whether `technique` is in the set.
    #[must_use]
    pub const fn has(self, technique: Technique) -> bool {
        self.0 & (1 << technique as u8) != 0
    }

    /// The set with `technique`.
    #[must_use]
    pub const fn with(self, technique: Technique) -> Self {
        Self(self.0 | (1 << technique as u8))
    }

    /// The set without those of `others`.
    #[must_use]
    pub const fn without(self, others: Self) -> Self {
        Self(self.0 & !others.0)
    }

    /// Its members, in the order of [`Technique::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Technique> {
        Technique::ALL.iter().copied().filter(move |technique| self.has(*technique))
    }
}

impl BitOr for Techniques {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}
