//! F4: what the memory and time of one stage follow from, in amounts, for those who explain them.
//!
//! Nothing here is used by the estimate; tests hold the two together.

mod collectives;
mod kept;
mod launch;

pub use collectives::{Collective, CollectiveKind, Crossed, Exchange, ExchangeKind, SendBasis};
use kept::kept;
pub use kept::{Kept, KeptKind};
pub use launch::{LaunchBasis, Stalled};

use super::stage::{SheetKey, Stage, Stages};
use super::work::{Cost, Shape, Work};
use super::{Book, schedule};
use crate::layout::Layout;
use crate::layout::split::{Cut, CutKey};
use crate::units::{Bytes, Params, Ratio, Seconds};

/// What one stage's memory and time follow from.
#[derive(Clone, Debug, PartialEq)]
pub struct Basis {
    /// Number of the stage, from 0.
    pub stage: u32,
    /// Micro-batches of a step.
    pub micro_batches: u32,
    /// Tokens of a micro-batch on a context-parallel rank.
    pub tokens: Ratio,
    /// The same, split over tensor-parallel ranks where sequence parallelism is on.
    pub tokens_split: Ratio,
    /// Parameters on one rank before ZeRO splits them.
    pub params: StageParams,
    /// Ranks that ZeRO splits over: of all but experts, and of experts.
    pub shards: (u64, u64),
    /// Chunks of activations alive at the peak.
    pub in_flight: u64,
    /// Chunks on the stage.
    pub n_chunks: u64,
    /// Share of the chunks that one micro-batch visits.
    pub visited: Ratio,
    /// Its layers, by kind.
    pub layers: Vec<LayersBasis>,
    /// The embedding, where it is here.
    pub embedding: Option<EndBasis>,
    /// The head, with multi-token prediction, where it is here.
    pub head: Option<EndBasis>,
    /// Rows of the vocabulary on one rank.
    pub vocabulary_rows: u64,
    /// Buffers of tensor-parallel collectives, pipeline sends and experts' exchanges.
    pub buffers: [Bytes; 3],
    /// One round of each kind of communication within its layers.
    pub exchanges: Vec<Exchange>,
    /// One send to the next stage.
    pub send: SendBasis,
    /// Sends with each micro-batch.
    pub sends: Ratio,
    /// Adding one micro-batch's gradients to their sums.
    pub sums: Seconds,
    /// What replicas owe one another.
    pub collectives: Vec<Collective>,
    /// Work of one micro-batch that communication may hide behind.
    pub covers: CoversBasis,
    /// All of the time of what replicas owe one another.
    pub owed: OwedBasis,
    /// The update of the optimizer on the accelerator, and what the host adds to it.
    pub update: (Seconds, Seconds),
    /// Bytes of an element that move to the host and back, and that its update touches there.
    pub host_update: (Ratio, Ratio),
    /// One micro-batch forward.
    pub forward: Seconds,
    /// One micro-batch backward.
    pub backward: Seconds,
    /// Weight gradients among it.
    pub weight: Seconds,
}

/// Products of one micro-batch that communication may hide behind: for each kind, what those before
/// it leave.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct CoversBasis {
    /// For tensor parallelism: products, and waits for the host.
    pub tensor: Seconds,
    /// For context parallelism: attention, and what tensor parallelism leaves of the waits.
    pub context: Seconds,
    /// For experts' exchanges: what tensor and context parallelism leave.
    pub expert: Seconds,
    /// For parameters.
    pub parameters: Seconds,
    /// For gradients.
    pub gradients: Seconds,
    /// For transfers to and from the host.
    pub offload: Seconds,
}

/// Seconds of what replicas owe one another, hidden or not.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct OwedBasis {
    /// Gradients once a step.
    pub gradients: Seconds,
    /// Parameters once a step.
    pub parameters: Seconds,
    /// Gradients with each micro-batch.
    pub gradients_each: Seconds,
    /// Parameters with each forward, and again with each backward.
    pub parameters_each: Seconds,
}

/// Parameters that one rank of a stage holds before ZeRO splits them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StageParams {
    /// Mixers.
    pub mixer: Params,
    /// Feed-forward networks, routers, norms.
    pub ffn: Params,
    /// Routed experts.
    pub experts: Params,
    /// Embedding table.
    pub embedding: Params,
    /// Output head.
    pub head: Params,
    /// The largest layer.
    pub layer_max: Params,
    /// What has gradients and optimizer state: all but routed experts, and these.
    pub trained: (Params, Params),
}

/// Layers of one kind on a stage.
#[derive(Clone, Debug, PartialEq)]
pub struct LayersBasis {
    /// Index of the kind in the model.
    pub kind: usize,
    /// How many.
    pub count: u32,
    /// How many of them are recomputed whole.
    pub recomputed: u32,
    /// Parameters of one on a rank: mixer, feed-forward, experts.
    pub params: [Params; 3],
    /// Tensors that one keeps for one micro-batch when nothing is recomputed.
    pub kept: Vec<Kept>,
    /// Bytes that one keeps that is not recomputed whole.
    pub kept_bytes: Bytes,
    /// Bytes that one keeps that is.
    pub checkpoint: Bytes,
    /// Bytes that one takes while it is recomputed, beyond the checkpoint.
    pub workspace: Bytes,
    /// Work of one.
    pub work: WorkBasis,
    /// What starting its kernels follows from.
    pub launch: LaunchBasis,
}

/// The embedding or the head.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EndBasis {
    /// Bytes kept for one micro-batch.
    pub kept: Bytes,
    /// Its work.
    pub work: WorkBasis,
}

/// Seconds of work for one micro-batch, forward and backward.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct WorkBasis {
    /// Matrix products but those of experts.
    pub matmul: (Seconds, Seconds),
    /// Attention scores and their use.
    pub attention: (Seconds, Seconds),
    /// Matrix products of routed experts.
    pub experts: (Seconds, Seconds),
    /// Pointwise work.
    pub pointwise: (Seconds, Seconds),
    /// Kernels started.
    pub launch: (Seconds, Seconds),
    /// Tensor-parallel collectives, all of their time.
    pub tensor: (Seconds, Seconds),
    /// Context-parallel exchanges, all of their time.
    pub context: (Seconds, Seconds),
    /// Experts' exchanges, all of their time.
    pub expert: (Seconds, Seconds),
    /// What selective recompute adds.
    pub selective: Seconds,
    /// What recomputing the layer whole adds: everything forward, or all but the last product.
    pub again: Seconds,
}

impl WorkBasis {
    fn of(cost: &Cost) -> Self {
        let pair = |part: fn(&Work) -> f64| {
            (Seconds::new(part(&cost.forward)), Seconds::new(part(&cost.backward)))
        };
        Self {
            matmul: pair(|work| work.matmul),
            attention: pair(|work| work.attention),
            experts: pair(|work| work.experts),
            pointwise: pair(|work| work.pointwise),
            launch: pair(|work| work.launch),
            tensor: pair(|work| work.tensor),
            context: pair(|work| work.context),
            expert: pair(|work| work.expert),
            selective: Seconds::new(cost.selective),
            again: Seconds::new(cost.again()),
        }
    }
}

impl Book<'_> {
    /// What the memory and time of one stage of a layout follow from.
    #[must_use]
    pub fn basis(&self, layout: &Layout, stage: u32) -> Option<Basis> {
        let cut = Cut::by_stage(&self.case.model, &self.layers, CutKey::of(layout));
        let sheet = self.sheet(&SheetKey::of(layout));
        let stages = Stages::new(self, &sheet, &cut);
        let own = stages.classes.get(stage as usize)?;
        let replicas = self.replicas(layout);
        let send = self.send(layout, &sheet);
        let owed = Self::owed(&replicas, &own.elements);
        let time = self.stage_time(layout, &sheet, own, &owed, send);
        let (update, moved) = self.update(layout, &replicas, &own.elements);
        let shards = Self::shards(layout);
        let m = layout.n_micro_batches(self.case.training.global_batch).max(1);
        let Layout { schedule, pp, vpp, .. } = *layout;
        let end =
            |cost: &Cost| EndBasis { kept: Bytes::from_f64(cost.kept), work: WorkBasis::of(cost) };
        let shape = &sheet.shape;
        Some(Basis {
            stage,
            micro_batches: m,
            tokens: Ratio::new(shape.tokens),
            tokens_split: Ratio::new(shape.tokens_split),
            params: stage_params(own),
            shards: (shards.dense, shards.experts),
            in_flight: schedule::in_flight_chunks(schedule, pp, vpp, m, stage).max(1),
            n_chunks: own.n_chunks,
            visited: Ratio::new(own.visited),
            layers: self.layers_basis(layout, own, &sheet.kinds, shape),
            embedding: own.class.embedding.then(|| end(&sheet.embedding)),
            head: own.class.head.then(|| end(&sheet.head)),
            vocabulary_rows: self.vocabulary_rows(u64::from(layout.tp)),
            buffers: self.buffers_basis(layout, shape),
            exchanges: self.exchanges(layout, shape),
            send: self.send_basis(layout, shape, send),
            sends: Ratio::new(2.0 * own.n_chunks as f64 * own.visited),
            sums: Seconds::new(self.accumulate(layout, &own.elements) * own.visited),
            collectives: self.collectives(layout, &own.elements),
            covers: CoversBasis {
                tensor: Seconds::new(time.covers.tensor),
                context: Seconds::new(time.covers.context),
                expert: Seconds::new(time.covers.expert),
                parameters: Seconds::new(time.covers.parameters),
                gradients: Seconds::new(time.covers.gradients),
                offload: Seconds::new(time.covers.offload),
            },
            owed: OwedBasis {
                gradients: Seconds::new(owed.gradients),
                parameters: Seconds::new(owed.parameters),
                gradients_each: Seconds::new(owed.gradients_each),
                parameters_each: Seconds::new(owed.parameters_each),
            },
            update: (Seconds::new(update), Seconds::new(moved)),
            host_update: self.host_update_bytes(),
            forward: Seconds::new(time.forward),
            backward: Seconds::new(time.backward),
            weight: Seconds::new(time.weight),
        })
    }

    fn layers_basis(
        &self,
        layout: &Layout,
        stage: &Stage<'_>,
        costs: &[Cost],
        shape: &Shape,
    ) -> Vec<LayersBasis> {
        let k = layout.recompute.full_layers;
        let tp = u64::from(layout.tp);
        let expert_ranks = u64::from(layout.ep) * u64::from(layout.etp);
        let mut all = Vec::new();
        for (kind, (cost, count)) in costs.iter().zip(&stage.class.counts).enumerate() {
            if *count == 0 {
                continue;
            }
            let first = |chunk: &std::ops::Range<u32>| {
                self.count_in(kind, chunk.start..chunk.end.min(chunk.start.saturating_add(k)))
            };
            let mut one = super::memory::Elements::default();
            self.add_layers(&mut one, kind, 1, tp, expert_ranks);
            let selective = layout.recompute.selective;
            let kept_bytes = if selective { cost.kept_selective } else { cost.kept };
            let checkpoint = cost.kept_checkpoint.min(kept_bytes);
            all.push(LayersBasis {
                kind,
                count: *count,
                recomputed: stage.class.chunks.iter().map(first).sum(),
                params: [one.mixer, one.ffn, one.experts].map(Params::new),
                kept: kept(self, kind, shape, layout),
                kept_bytes: Bytes::from_f64(kept_bytes),
                checkpoint: Bytes::from_f64(checkpoint),
                workspace: Bytes::from_f64(cost.kept - checkpoint),
                work: WorkBasis::of(cost),
                launch: self.launch_basis(layout, kind, shape),
            });
        }
        all
    }

    fn buffers_basis(&self, layout: &Layout, shape: &Shape) -> [Bytes; 3] {
        let on = |on: bool, bytes: f64| {
            if on { Bytes::from_f64(bytes) } else { Bytes::ZERO }
        };
        let sent = 2.0 * 2.0 * shape.tokens / shape.tp * self.top_k * self.hidden;
        [
            on(layout.tp > 1, 2.0 * shape.tokens * self.hidden),
            on(layout.pp > 1, 4.0 * 2.0 * shape.tokens_split * self.hidden),
            on(layout.ep > 1, sent),
        ]
    }
}

fn stage_params(stage: &Stage<'_>) -> StageParams {
    let own = &stage.elements;
    let (dense, experts) = own.trained();
    StageParams {
        mixer: Params::new(own.mixer),
        ffn: Params::new(own.ffn),
        experts: Params::new(own.experts),
        embedding: Params::new(own.embedding),
        head: Params::new(own.head),
        layer_max: Params::new(own.layer_max),
        trained: (Params::new(dense), Params::new(experts)),
    }
}
