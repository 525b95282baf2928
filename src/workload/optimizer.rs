//! Optimizers and the memory their state takes.

/// The update rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OptimizerKind {
    /// Adam or AdamW: two moments (arXiv 1711.05101).
    AdamW,
    /// AdamW with moments quantised to 8 bits in blocks (arXiv 2110.02861).
    AdamW8bit,
    /// Adafactor: row and column means instead of the second moment, no first one (arXiv 1804.04235).
    Adafactor,
    /// Muon: one momentum, orthogonalised by Newton-Schulz steps (Kimi K2, arXiv 2507.20534).
    Muon,
    /// Stochastic gradient descent with momentum.
    SgdMomentum,
    /// Lion: one momentum (arXiv 2302.06675).
    Lion,
}

/// The type of one piece of state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StateType {
    /// 32-bit floats.
    Fp32,
    /// bfloat16.
    Bf16,
}

/// An optimizer with the types of its state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Optimizer {
    /// The update rule.
    pub kind: OptimizerKind,
    /// Type of the moments (8-bit kinds ignore it).
    pub moments: StateType,
    /// Type of the gradients that are summed over micro-batches and replicas.
    pub gradients: StateType,
    /// Whether a 32-bit master copy of the weights is kept.
    pub master: bool,
}

impl StateType {
    /// Bytes of one number.
    #[must_use]
    pub const fn bytes(self) -> u64 {
        match self {
            Self::Fp32 => 4,
            Self::Bf16 => 2,
        }
    }

    /// Name in links and tables.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Fp32 => "fp32",
            Self::Bf16 => "bf16",
        }
    }
}

impl OptimizerKind {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::AdamW, Self::AdamW8bit, Self::Adafactor, Self::Muon, Self::SgdMomentum, Self::Lion];

    /// Name in links and tables.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::AdamW => "adamw",
            Self::AdamW8bit => "adamw8",
            Self::Adafactor => "adafactor",
            Self::Muon => "muon",
            Self::SgdMomentum => "sgdm",
            Self::Lion => "lion",
        }
    }
}

impl Optimizer {
    /// AdamW as Megatron-Core and most others run it: fp32 master weights, moments and gradients.
    pub const ADAMW: Self = Self {
        kind: OptimizerKind::AdamW,
        moments: StateType::Fp32,
        gradients: StateType::Fp32,
        master: true,
    };

    /// Bytes of moments for one parameter, in quarters of a byte (block scales are fractions).
    ///
    /// Adafactor's rows and columns are `2 / sqrt(n)` of a matrix, counted as a quarter byte; 8-bit moments
    /// carry one fp32 scale for 256 values each (arXiv 2110.02861), counted as a quarter byte together.
    #[must_use]
    pub const fn moment_quarter_bytes(&self) -> u64 {
        match self.kind {
            OptimizerKind::AdamW => 8 * self.moments.bytes(),
            OptimizerKind::AdamW8bit => 9,
            OptimizerKind::Adafactor => 1,
            OptimizerKind::Muon | OptimizerKind::SgdMomentum | OptimizerKind::Lion => {
                4 * self.moments.bytes()
            }
        }
    }
}
