//! One question about serving, complete and checked, and one way to run it.

use super::held::published;
use super::{Engine, Factor, FactorOf, KvFormat, ProductFormat, Speculation, WeightFormat};
use crate::cluster::Cluster;
use crate::model::{Blocks, Model};
use crate::units::{FlopsPerSecond, PerSecond, Ratio};

/// A model on machines under an engine in its number formats.
#[derive(Clone, Debug, PartialEq)]
pub struct Service {
    /// What is served.
    pub model: Model,
    /// On what.
    pub cluster: Cluster,
    /// By which software.
    pub engine: Engine,
    /// Format of the weights.
    pub weights: WeightFormat,
    /// Format of the cache.
    pub cache: KvFormat,
    /// Tokens guessed ahead.
    pub speculation: Option<Speculation>,
}

/// How one instance of the engine is spread over accelerators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instance {
    /// Tensor parallel: ranks that share each matrix of attention and of dense layers.
    pub tp: u32,
    /// Pipeline parallel: stages.
    pub pp: u32,
    /// Attention data parallel: groups of `tp` ranks that each hold their own sequences.
    pub dp: u32,
    /// Expert parallel: ranks that share the experts of a layer, out of `tp * dp`; the rest splits each expert.
    pub ep: u32,
}

/// Why parts do not make a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServiceError {
    /// No accelerator, or more than the cluster has.
    Ranks {
        /// Accelerators that the instance needs.
        needed: u64,
        /// Accelerators there are.
        given: u32,
    },
    /// The accelerator has no matrix units at all.
    NoRate {
        /// The accelerator.
        accelerator: String,
    },
    /// More stages than layers.
    Stages {
        /// Stages asked for.
        stages: u32,
        /// Layers there are.
        layers: u32,
    },
}

impl Instance {
    /// One accelerator.
    pub const ONE: Self = Self { tp: 1, pp: 1, dp: 1, ep: 1 };

    /// Accelerators of the instance.
    #[must_use]
    pub const fn ranks(&self) -> u64 {
        (self.tp as u64).saturating_mul(self.pp as u64).saturating_mul(self.dp as u64)
    }
}

impl Service {
    /// Checks an instance against the service.
    ///
    /// # Errors
    /// The first thing that does not hold.
    pub fn check(&self, instance: &Instance) -> Result<(), ServiceError> {
        let (needed, given) = (instance.ranks(), self.cluster.count);
        if needed == 0 || needed > u64::from(given) {
            return Err(ServiceError::Ranks { needed, given });
        }
        let layers = self.model.n_layers();
        if instance.pp > layers {
            return Err(ServiceError::Stages { stages: instance.pp, layers });
        }
        let peak = &self.cluster.accelerator.peak;
        if peak.bf16.or(peak.fp16).or(peak.fp32).is_none_or(|rate| rate.get() <= 0.0) {
            let accelerator = self.cluster.accelerator.name.clone();
            return Err(ServiceError::NoRate { accelerator });
        }
        Ok(())
    }

    /// Whether 8-bit weights have a scale for each block of 128 x 128, as the engine runs them: inputs are cast by kernels
    /// of their own, and sums are scaled outside the matrix units (DeepSeek-V3, arXiv 2412.19437, section 3.5.2).
    #[must_use]
    pub fn in_blocks(&self) -> bool {
        let own = self.weights;
        let stored = published(own, &self.model);
        let blocks = stored.map_or(Blocks::None, |stored| stored.blocks);
        // Without units for 8-bit floats, weights are widened as they are read: nothing is cast (Marlin).
        own == WeightFormat::Fp8
            && self.engine.blocks
            && self.cluster.accelerator.peak.fp8.is_some()
            && match blocks {
                Blocks::None => false,
                Blocks::Copy => !self.engine.own_copies,
                Blocks::Own => true,
            }
    }

    /// Class of the weights' format, as tables of factors name it.
    #[must_use]
    pub fn class(&self) -> &'static str {
        if self.in_blocks() { "fp8-block" } else { self.weights.class() }
    }

    /// The engine's factors that hold here.
    pub fn factors(&self, of: FactorOf) -> impl Iterator<Item = &Factor> {
        let accelerator = &self.cluster.accelerator;
        self.engine.factors_on(of, (&accelerator.name, &accelerator.generation), self.class())
    }

    /// Their product.
    #[must_use]
    pub fn factor(&self, of: FactorOf) -> Ratio {
        Ratio::new(self.factors(of).fold(1.0, |all, factor| all * factor.value.get()))
    }

    /// Dense matrix rate of products in that format, as the engine makes them.
    #[must_use]
    pub fn peak(&self, format: ProductFormat) -> FlopsPerSecond {
        let (peak, engine) = (&self.cluster.accelerator.peak, &self.engine);
        let wide = peak.bf16.or(peak.fp16).or(peak.fp32).unwrap_or(FlopsPerSecond::new(1.0));
        let integers = engine.integer_rows > 0;
        // 8-bit integers run at twice the 16-bit rate where nothing else is known (Turing, Ampere, Xe); the kernels of
        // llama.cpp use the instructions of one warp.
        let whole = peak.int8.or(peak.fp8).unwrap_or(wide * 2.0);
        let vector =
            peak.vector.filter(|_| self.weights.is_gguf() && engine.integer_vector.get() > 0.0);
        let eight = if integers {
            scaled(peak.int8_warp.unwrap_or(whole), peak.vector)
        } else if let Some(vector) = vector {
            vector * engine.integer_vector.get()
        } else if matches!(self.weights.class(), "int8" | "gguf") {
            whole
        } else {
            // Where a format has no matrix units, its weights are widened and multiplied in the next one that has.
            peak.fp8.unwrap_or(wide)
        };
        match format {
            ProductFormat::Wide if engine.half_sums => peak.half.unwrap_or(wide),
            ProductFormat::Wide => wide,
            ProductFormat::Eight => eight,
            // Without units for them, 4-bit floats are widened to 16 bits (Marlin: vllm-project/vllm pull 17687).
            ProductFormat::Four => peak.fp4.unwrap_or(if integers { eight } else { wide }),
        }
    }

    /// Requests a second at which instances of that rate would fill the cluster.
    #[must_use]
    pub fn fleet_rate(&self, instance: &Instance, rate: PerSecond) -> PerSecond {
        let replicas = u64::from(self.cluster.count) / instance.ranks().max(1);
        PerSecond::new(rate.get() * replicas as f64)
    }
}

/// Rate of products of integers in blocks of 32 that share a scale: each sum of a block is made a float, multiplied and
/// added, three instructions outside the matrix units that wait for it (llama.cpp ggml-cuda/mmq.cuh,
/// `vec_dot_q8_0_q8_1_mma`). An A100 has half as many lanes for that as other GPUs of its time.
fn scaled(peak: FlopsPerSecond, vector: Option<FlopsPerSecond>) -> FlopsPerSecond {
    const INSTRUCTIONS: f64 = 3.0 / 32.0;
    let slower = vector.map_or(0.0, |vector| INSTRUCTIONS * peak.get() / vector.get().max(1.0));
    FlopsPerSecond::new(peak.get() / (1.0 + slower))
}

impl std::fmt::Display for ServiceError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Ranks { needed, given } => {
                write!(f, "the instance needs {needed} accelerators; there are {given}.")
            }
            Self::NoRate { accelerator } => {
                write!(f, "no matrix rate is known of {accelerator}.")
            }
            Self::Stages { stages, layers } => {
                write!(f, "{stages} stages for {layers} layers: use at most one a layer.")
            }
        }
    }
}

impl std::error::Error for ServiceError {}
