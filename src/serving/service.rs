//! One question about serving, complete and checked, and one way to run it.

use super::{Engine, KvFormat, Speculation, WeightFormat};
use crate::cluster::Cluster;
use crate::model::Model;
use crate::units::PerSecond;

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

    /// Requests a second at which instances of that rate would fill the cluster.
    #[must_use]
    pub fn fleet_rate(&self, instance: &Instance, rate: PerSecond) -> PerSecond {
        let replicas = u64::from(self.cluster.count) / instance.ranks().max(1);
        PerSecond::new(rate.get() * replicas as f64)
    }
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
