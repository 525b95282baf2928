//! F1: model, cluster, workload, prices and stack together: checked once, then never changed.

use crate::cluster::{Cluster, Peak};
use crate::model::Model;
use crate::prices::Offer;
use crate::stack::{Pace, Stack, Technique, Techniques};
use crate::units::FlopsPerSecond;
use crate::workload::{Constraints, Precision, Training};

/// One question, complete and checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// What is trained.
    pub model: Model,
    /// On what.
    pub cluster: Cluster,
    /// How.
    pub training: Training,
    /// What is fixed or forbidden.
    pub constraints: Constraints,
    /// With which software.
    pub stack: Stack,
    /// At which price.
    pub offer: Offer,
}

/// Why the parts do not make a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CaseError {
    /// A quantity lies outside its range.
    OutOfRange {
        /// Which input.
        input: &'static str,
        /// What was given.
        given: u64,
        /// Smallest value accepted.
        min: u64,
        /// Largest value accepted.
        max: u64,
    },
    /// The accelerator has no matrix units for that number format.
    NoSuchRate {
        /// The accelerator.
        accelerator: String,
        /// The number format asked for.
        precision: Precision,
        /// Those that it has.
        formats: Vec<Precision>,
    },
    /// The stack cannot train in that number format.
    StackLacks {
        /// The stack.
        stack: String,
        /// What it cannot do.
        technique: Technique,
    },
    /// The network levels are not nested from small to whole.
    Levels,
}

impl Case {
    /// Checks the parts against one another.
    ///
    /// # Errors
    /// The first thing that does not hold, as a [`CaseError`].
    pub fn new(
        model: Model,
        cluster: Cluster,
        training: Training,
        constraints: Constraints,
        stack: Stack,
        offer: Offer,
    ) -> Result<Self, CaseError> {
        let case = Self { model, cluster, training, constraints, stack, offer };
        case.check_ranges()?;
        case.check_network()?;
        case.check_precision()?;
        Ok(case)
    }

    /// What the stack can run and the user has not forbidden.
    #[must_use]
    pub fn allowed(&self) -> Techniques {
        self.stack.techniques.without(self.constraints.forbidden)
    }

    /// How fast this accelerator runs on this stack, where runs of it or its kind were measured.
    #[must_use]
    pub fn pace(&self) -> Option<&Pace> {
        let own = &self.cluster.accelerator;
        self.stack.pace(&own.name, &own.generation, self.training.precision.key())
    }

    /// Matrix rate of the data sheet for the run's number format.
    #[must_use]
    pub fn peak(&self) -> FlopsPerSecond {
        rate(&self.cluster.accelerator.peak, self.training.precision)
            .unwrap_or(FlopsPerSecond::ZERO)
    }

    /// Matrix rate for what always runs in 16 bits (attention, output head).
    #[must_use]
    pub fn peak_16(&self) -> FlopsPerSecond {
        let peak = &self.cluster.accelerator.peak;
        let wide = if self.training.precision == Precision::Fp32 { peak.fp32 } else { None };
        wide.or(peak.bf16).or(peak.fp16).or(peak.fp32).unwrap_or(FlopsPerSecond::ZERO)
    }

    /// Bytes of one weight of the embedding or the head, which no narrow product reads; what is frozen needs no
    /// 32-bit form.
    #[must_use]
    pub fn table_bytes(&self) -> u32 {
        let working = self.stack.profile.weights.working;
        if self.training.adapter_rank.is_some() { working.min(2) } else { working }
    }

    /// Bytes of one working weight of a layer beside its narrow copies: none where it is frozen, few where the
    /// stack trains the copies themselves.
    #[must_use]
    pub fn working_bytes(&self) -> u32 {
        match self.training.adapter_rank {
            _ if self.quantised_bytes() == 0 => self.table_bytes(),
            Some(_) => 0,
            None => self.stack.profile.weights.working_narrow.min(self.table_bytes()),
        }
    }

    /// Bytes of one weight of a layer in the shards of ZeRO-3: the working weight, or what narrow products read if
    /// that is less.
    #[must_use]
    pub fn sharded_bytes(&self) -> u32 {
        self.table_bytes().min(self.working_bytes() + self.quantised_bytes())
    }

    /// Bytes of the narrow copies of one weight: with one scale a tensor, accelerators that multiply in every
    /// layout (those with 4-bit products) need no transpose; 4-bit copies are half as large.
    #[must_use]
    pub fn quantised_bytes(&self) -> u32 {
        let frozen = self.training.adapter_rank.is_some();
        // Frozen weights are cast once, and their transpose is made when it is wanted.
        let both = if frozen { 1 } else { self.stack.profile.weights.quantised };
        match self.training.precision {
            Precision::Fp8 if self.cluster.accelerator.peak.fp4.is_some() => both.min(1),
            Precision::Nvfp4 => both.div_ceil(2),
            precision if precision.is_narrow() => both,
            _ => 0,
        }
    }

    fn check_ranges(&self) -> Result<(), CaseError> {
        use crate::{cluster, model::limits, workload};
        let within = |input, given: u64, min: u64, max: u64| {
            let ok = (min..=max).contains(&given);
            if ok { Ok(()) } else { Err(CaseError::OutOfRange { input, given, min, max }) }
        };
        let model = &self.model;
        within("layers", u64::from(model.n_layers()), 1, u64::from(limits::LAYERS_MAX))?;
        within("kinds of layer", model.kinds.len() as u64, 1, u64::from(limits::KINDS_MAX))?;
        within("hidden size", u64::from(model.hidden), 1, u64::from(limits::WIDTH_MAX))?;
        within("vocabulary", u64::from(model.vocab), 1, u64::from(limits::VOCAB_MAX))?;
        within("parameters", model.params().total, 1, limits::PARAMS_MAX)?;
        let count = u64::from(self.cluster.count);
        within("accelerators", count, 1, u64::from(cluster::ACCELERATORS_MAX))?;
        within("accelerators per node", u64::from(self.cluster.node_size), 1, count.max(1 << 14))?;
        within("sequence", u64::from(self.training.sequence), 1, workload::SEQUENCE_MAX.into())?;
        within("global batch", self.training.global_batch.into(), 1, workload::BATCH_MAX.into())?;
        within("tokens", self.training.tokens.get(), 1, 1 << 60)
    }

    fn check_network(&self) -> Result<(), CaseError> {
        let levels = &self.cluster.levels;
        let nested = levels.windows(2).all(|pair| pair[0].span <= pair[1].span);
        let whole = levels.last().is_some_and(|level| level.span >= self.cluster.count);
        let some = levels.iter().all(|level| level.span > 0 && level.bandwidth.get() > 0.0);
        let few = levels.len() <= crate::cluster::LEVELS_MAX as usize;
        if nested && whole && some && few { Ok(()) } else { Err(CaseError::Levels) }
    }

    fn check_precision(&self) -> Result<(), CaseError> {
        let precision = self.training.precision;
        if rate(&self.cluster.accelerator.peak, precision).is_none_or(|rate| rate.get() <= 0.0) {
            let accelerator = self.cluster.accelerator.name.clone();
            let formats = formats(&self.cluster.accelerator.peak);
            return Err(CaseError::NoSuchRate { accelerator, precision, formats });
        }
        let needs = match precision {
            Precision::Fp8 => Some(Technique::Fp8),
            Precision::Mxfp8 => Some(Technique::Mxfp8),
            Precision::Nvfp4 => Some(Technique::Nvfp4),
            _ => None,
        };
        match needs {
            Some(technique) if !self.stack.techniques.has(technique) => {
                Err(CaseError::StackLacks { stack: self.stack.name.clone(), technique })
            }
            _ => Ok(()),
        }
    }
}

/// Number formats in which an accelerator has matrix units, the widest first.
#[must_use]
pub fn formats(peak: &Peak) -> Vec<Precision> {
    let has = |format: &Precision| rate(peak, *format).is_some_and(|rate| rate.get() > 0.0);
    Precision::ALL.iter().copied().filter(has).collect()
}

fn rate(peak: &Peak, precision: Precision) -> Option<FlopsPerSecond> {
    match precision {
        Precision::Fp32 => peak.fp32,
        Precision::Fp16 => peak.fp16,
        Precision::Bf16 => peak.bf16,
        Precision::Fp8 | Precision::Mxfp8 => peak.fp8,
        Precision::Nvfp4 => peak.fp4,
    }
}
