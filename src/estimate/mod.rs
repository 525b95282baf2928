//! F4: what a layout costs: memory, and time of a step. Pure functions of a case and a layout.
//!
//! [`Book`] holds what follows from the case alone. [`Book::sheet`] prices the layers for the degrees that shape
//! them (tensor, context, expert parallelism, micro-batch); [`Book::estimate`] puts a step together. Memory and
//! time are tables of named parts ([`Memory`], [`Time`]) and every total is the sum of its table.

mod basis;
mod bill;
pub mod capacity;
mod ffn;
mod kernel;
mod least;
mod memory;
mod mixer;
mod network;
pub mod outage;
mod outlay;
mod parts;
mod relief;
mod replica;
mod report;
mod room;
mod schedule;
pub mod serve;
pub mod sites;
mod stage;
mod step;
mod vocabulary;
mod work;

pub use basis::{
    Basis, Collective, CollectiveKind, CoversBasis, Crossed, EndBasis, Exchange, ExchangeKind,
    Kept, KeptKind, LaunchBasis, LayersBasis, OwedBasis, SendBasis, StageParams, Stalled,
    WorkBasis,
};
pub use bill::{Bill, bill, least_step, model_flops};
pub(crate) use least::{Each, Load, Loads, Whole};
pub use outlay::{
    Cargo, Draw, MONTH, Purchase, Routes, Source, Uptime, carbon, energy, moving, outlay, paid,
    span, wall,
};
pub use parts::{Memory, MemoryPart, Outlay, OutlayPart, Time, TimePart};
pub(crate) use relief::{Relief, TooFull};
pub(crate) use replica::{Owed, Replicas};
pub use report::StageReport;
pub(crate) use room::{LeastMemory, LeastStates, Thrift};
pub(crate) use schedule::Way;
pub use schedule::{ideal_bubble, in_flight_chunks};
pub use stage::Sheet;
pub(crate) use stage::{SheetKey, Stage, Stages};
pub(crate) use step::{Open, Pace, StageTime, slowest};
pub(crate) use work::Cost;

use crate::case::Case;
use crate::layout::Layout;
use crate::layout::split::{Counts, Cut, CutKey};
use crate::model::{KindParams, LayerKind, Model};
use crate::units::{Bytes, Seconds};
use kernel::Kernels;
use network::Network;

/// What one layout costs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// Memory of the fullest stage, by part.
    pub memory: Memory,
    /// Number of the fullest stage.
    pub fullest_stage: u32,
    /// Host memory that one accelerator's share takes.
    pub host_memory: Bytes,
    /// Critical path of one step, by part, seen from the slowest stage.
    pub time: Time,
    /// Number of the slowest stage.
    pub slowest_stage: u32,
}

/// Everything about a case that no layout changes.
#[derive(Clone, Debug)]
pub struct Book<'a> {
    pub(crate) case: &'a Case,
    pub(crate) kernels: Kernels,
    pub(crate) network: Network,
    pub(crate) hidden: f64,
    pub(crate) sequence: f64,
    pub(crate) fused: bool,
    pub(crate) causal: bool,
    pub(crate) dropout: bool,
    pub(crate) imbalance: f64,
    /// Matrix products run in 8 or 4 bits.
    pub(crate) narrow: bool,
    /// Bytes of an activation kept as the input of a product.
    pub(crate) linear_bytes: f64,
    /// Bytes that casting one element of a narrow product's operand moves; none for wide products.
    pub(crate) cast_bytes: f64,
    /// Bytes that an unfused norm keeps for each number.
    pub(crate) eager_norm_bytes: f64,
    /// Selective recompute makes every second product again.
    pub(crate) products_again: bool,
    /// Recompute of a whole layer leaves its last product out.
    pub(crate) stops_early: bool,
    /// Bytes of the inputs of a layer's products.
    pub(crate) inputs: InputBytes,
    pub(crate) pointwise_passes: f64,
    pub(crate) pointwise_ffn_passes: f64,
    pub(crate) kernels_per_layer: f64,
    pub(crate) update: replica::Update,
    pub(crate) experts_deduplicated: bool,
    /// Bytes kept of a token at its expert: as it comes, and as it leaves where that is kept.
    pub(crate) expert_token_bytes: f64,
    pub(crate) dispatch_bytes: f64,
    /// Rank of adapters, where only they are trained.
    pub(crate) adapter_rank: Option<u32>,
    /// Parameters of each kind of layer.
    pub(crate) kinds: Vec<KindParams>,
    /// For each kind of layer, the first that has the same mixer.
    pub(crate) mixer_first: Vec<usize>,
    /// Most experts that a token visits in a layer.
    pub(crate) top_k: f64,
    /// Layers that have a mixer.
    pub(crate) n_mixers: u32,
    /// Layers by kind.
    pub(crate) layers: Counts,
}

/// Bytes kept of an activation that a product reads, by product.
///
/// A weight that is trained needs its input for its gradient. A frozen one does not, but adapters beside the
/// attention's products need theirs: after their dropout, with its mask (arXiv 2106.09685, section 4; MLPerf's
/// LoRA task and PEFT drop a tenth). Attention itself keeps its output (arXiv 2205.14135), which serves a trained
/// product as its input.
#[derive(Clone, Copy, Debug)]
pub(crate) struct InputBytes {
    pub mixer: f64,
    pub mixer_last: f64,
    pub ffn: f64,
}

impl InputBytes {
    fn new(case: &Case) -> Self {
        let trained = input_bytes(case);
        match case.training.adapter_rank {
            None => Self { mixer: trained, mixer_last: trained, ffn: trained },
            Some(_) => Self { mixer: 3.0, mixer_last: 5.0, ffn: 0.0 },
        }
    }
}

/// Bytes of an activation kept for the gradient of a trained weight: as narrow as the product read it where the
/// stack keeps narrow copies at all, else in 16 bits, to be cast again (torchao's dynamic casts).
fn input_bytes(case: &Case) -> f64 {
    if case.quantised_bytes() > 0 { 1.0 } else { 2.0 }
}

impl Estimate {
    /// Time of one step.
    #[must_use]
    pub fn step(&self) -> Seconds {
        self.time.total()
    }
}

impl<'a> Book<'a> {
    /// Works out what follows from the case alone.
    #[must_use]
    pub fn new(case: &'a Case) -> Self {
        let profile = &case.stack.profile;
        let model = &case.model;
        let narrow = case.training.precision.is_narrow();
        let kernels = Kernels::new(case);
        let top_k = |kind: &LayerKind| kind.ffn.moe().map_or(0, |moe| moe.top_k);
        Self {
            case,
            update: replica::Update::new(case, &kernels),
            kernels,
            network: Network::new(case),
            hidden: f64::from(model.hidden),
            sequence: f64::from(case.training.sequence),
            fused: case.training.fused_attention,
            causal: case.training.causal,
            dropout: case.training.dropout,
            imbalance: case.training.expert_imbalance.get().max(1.0),
            narrow,
            cast_bytes: if narrow { profile.cast_bytes.get() } else { 0.0 },
            linear_bytes: input_bytes(case),
            eager_norm_bytes: f64::from(profile.eager_norm_bytes),
            products_again: profile.products_again && case.training.fused_attention,
            stops_early: profile.stops_early,
            inputs: InputBytes::new(case),
            pointwise_passes: profile.pointwise_passes.get(),
            pointwise_ffn_passes: profile.pointwise_ffn_passes.get(),
            kernels_per_layer: profile.kernels_per_layer.get(),
            experts_deduplicated: profile.experts_deduplicated,
            expert_token_bytes: input_bytes(case)
                + if profile.expert_outputs_kept { 2.0 } else { 0.0 },
            adapter_rank: case.training.adapter_rank,
            dispatch_bytes: f64::from(profile.dispatch_bytes),
            kinds: (0..model.kinds.len()).map(|i| model.kind_params(i)).collect(),
            mixer_first: model.kinds.iter().map(|kind| mixer_first(model, kind)).collect(),
            top_k: f64::from(model.kinds.iter().map(top_k).max().unwrap_or(0)),
            n_mixers: n_mixers(model),
            layers: Counts::new(model),
        }
    }

    /// Whether tensor-parallel ranks gather their activations in the time of half a sum over them.
    pub(crate) fn sums_as_it_gathers(&self, tp: u32) -> bool {
        self.network.sums_as_it_gathers(u64::from(tp))
    }

    /// The case.
    #[must_use]
    pub const fn case(&self) -> &'a Case {
        self.case
    }

    /// What `layout` costs; it need not be legal, only have no degree of zero.
    #[must_use]
    pub fn estimate(&self, layout: &Layout) -> Estimate {
        let cut = Cut::new(&self.case.model, &self.layers, CutKey::of(layout));
        let sheet = self.sheet(&SheetKey::of(layout));
        let stages = Stages::new(self, &sheet, &cut);
        self.estimate_with(layout, &sheet, &stages)
    }

    /// The same, with the priced layers and summed stages at hand.
    pub(crate) fn estimate_with(
        &self,
        layout: &Layout,
        sheet: &Sheet,
        stages: &Stages<'_>,
    ) -> Estimate {
        let (fullest_stage, memory, host_memory) = self.memory(layout, sheet, stages);
        let replicas = self.replicas(layout);
        let (slowest_stage, time) = self.time(layout, sheet, stages, &replicas);
        Estimate { memory, fullest_stage, host_memory, time, slowest_stage }
    }

    /// Whether an estimate fits the accelerator and its host, with the headroom that the user wants.
    #[must_use]
    pub fn fits(&self, estimate: &Estimate) -> bool {
        estimate.memory.total() <= self.capacity()
            && estimate.host_memory <= self.case.cluster.host.memory
    }

    /// Memory that a plan may use on one accelerator.
    #[must_use]
    pub fn capacity(&self) -> Bytes {
        let all = self.case.cluster.accelerator.memory;
        let keep = u64::from(self.case.constraints.headroom_thousandths.min(1000));
        all.less(all.times(keep).shared(1000))
    }
}

fn mixer_first(model: &Model, kind: &LayerKind) -> usize {
    model.kinds.iter().position(|other| other.mixer == kind.mixer).unwrap_or(0)
}

fn n_mixers(model: &Model) -> u32 {
    let mixes = |kind: &&u8| {
        let kind = model.kinds.get(usize::from(**kind));
        kind.is_some_and(|kind| kind.mixer != crate::model::Mixer::None)
    };
    model.pattern.iter().filter(mixes).count() as u32
}
