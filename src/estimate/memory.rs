//! F4: memory of one accelerator: states, activations, buffers. The fullest stage decides.
//!
//! States follow ZeRO (arXiv 1910.02054, section 3 and figure 1); activations in flight follow each schedule's
//! paper (see `schedule`).

use super::schedule::Way;
use super::stage::{Sheet, Stage, Stages};
use super::work::Shape;
use super::{Book, Memory, MemoryPart as P};
use crate::layout::split::StageClass;
use crate::layout::{Layout, ZeroStage};
use crate::model::Mixer;
use crate::units::Bytes;

/// Parameters that one rank of a stage holds before ZeRO splits them, by kind.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Elements {
    pub mixer: u64,
    pub ffn: u64,
    pub experts: u64,
    pub embedding: u64,
    pub head: u64,
    /// The largest layer.
    pub layer_max: u64,
    /// What is trained, where all of the above is frozen.
    pub adapters: Option<u64>,
}

impl Elements {
    /// All but routed experts.
    pub(crate) const fn dense(&self) -> u64 {
        self.mixer + self.ffn + self.embedding + self.head
    }

    /// What has gradients and optimizer state: all but routed experts, and these.
    pub(crate) const fn trained(&self) -> (u64, u64) {
        match self.adapters {
            Some(adapters) => (adapters, 0),
            None => (self.dense(), self.experts),
        }
    }
}

/// How ZeRO splits the states of a layout.
#[derive(Clone, Copy)]
pub(super) struct Shards {
    pub dense: u64,
    pub experts: u64,
}

impl Book<'_> {
    /// Parameters of one layer of a kind on one rank: mixer, feed-forward, experts.
    fn layer_elements(&self, kind: usize, tp: u64, expert_ranks: u64) -> (u64, u64, u64) {
        let Some(params) = self.kinds.get(kind) else {
            return (0, 0, 0);
        };
        let kv_heads = match self.case.model.kinds.get(kind).map(|kind| &kind.mixer) {
            Some(Mixer::Attention(attention)) => u64::from(attention.kv_heads.max(1)),
            _ => tp,
        };
        let mixer = params.heads.div_ceil(tp) + params.kv.div_ceil(tp.min(kv_heads));
        (
            mixer + params.mixer_whole,
            params.ffn.div_ceil(tp) + params.router + params.norms,
            params.experts.div_ceil(expert_ranks),
        )
    }

    /// Parameters that one rank of a stage holds.
    pub(crate) fn elements(&self, sheet: &Sheet, class: &StageClass, pipelined: bool) -> Elements {
        let tp = sheet.shape.tp as u64;
        let expert_ranks = (sheet.shape.ep * sheet.shape.etp) as u64;
        let mut sum = Elements { adapters: self.adapter_rank.map(|_| 0), ..Elements::default() };
        for (kind, count) in class.counts.iter().enumerate() {
            self.add_layers(&mut sum, kind, u64::from(*count), tp, expert_ranks);
        }
        let model = &self.case.model;
        let table = self.vocabulary_rows(tp) * u64::from(model.hidden);
        if class.embedding {
            sum.embedding = table;
        }
        if class.head {
            // Tied models keep a second copy of the table where the head is not beside the embedding.
            let shared = model.tied && (class.embedding || !pipelined);
            sum.head = if shared { 0 } else { table };
            sum.head += model.other_params.get();
            if let Some(kind) = model.pattern.last().filter(|_| model.mtp_layers > 0) {
                let n = u64::from(model.mtp_layers);
                self.add_layers(&mut sum, usize::from(*kind), n, tp, expert_ranks);
                let width = u64::from(model.hidden);
                sum.ffn += n * (2 * width * width).div_ceil(tp);
            }
        }
        sum
    }

    pub(crate) fn add_layers(
        &self,
        sum: &mut Elements,
        kind: usize,
        n: u64,
        tp: u64,
        expert_ranks: u64,
    ) {
        if n == 0 {
            return;
        }
        let (mixer, ffn, experts) = self.layer_elements(kind, tp, expert_ranks);
        sum.mixer += n * mixer;
        sum.ffn += n * ffn;
        sum.experts += n * experts;
        sum.layer_max = sum.layer_max.max(mixer + ffn + experts);
        if let Some(adapters) = &mut sum.adapters {
            *adapters += n * self.adapter_elements(kind, tp);
        }
    }

    /// Adapters of one layer on one rank: a matrix down from what each projection of the mixer reads and one up to
    /// what it makes, of which tensor parallelism splits the one that meets the split side.
    pub(super) fn adapter_elements(&self, kind: usize, tp: u64) -> u64 {
        let rank = u64::from(self.adapter_rank.unwrap_or(0));
        let hidden = u64::from(self.case.model.hidden);
        let wide = |heads: u32, width: u32| u64::from(heads) * u64::from(width);
        let Some(kind) = self.case.model.kinds.get(kind) else {
            return 0;
        };
        let (split, whole) = match &kind.mixer {
            Mixer::Attention(a) => {
                let gate = if a.output_gate { 2 } else { 1 };
                let values = if a.values_are_keys { 0 } else { a.v_head_dim };
                let queries = gate * wide(a.heads, a.head_dim);
                let keys = wide(a.kv_heads, a.head_dim) + wide(a.kv_heads, values);
                (queries + keys + wide(a.heads, a.v_head_dim), 2 * hidden)
            }
            Mixer::Mla(m) => {
                let queries = wide(m.heads, m.qk_nope) + wide(m.heads, m.qk_rope);
                let keys = wide(m.heads, m.qk_nope) + wide(m.heads, m.v_head_dim);
                let compressed = 2 * u64::from(m.kv_rank) + u64::from(m.qk_rope);
                // From the compressed queries, and to them.
                let read = m.q_rank.map_or(hidden, |rank| 2 * u64::from(rank));
                let split = queries + keys + wide(m.heads, m.v_head_dim);
                (split, read + compressed + 2 * hidden)
            }
            Mixer::Linear(l) => (u64::from(l.in_width) + u64::from(l.out_width), 2 * hidden),
            Mixer::None => return 0,
        };
        rank * (split.div_ceil(tp) + whole)
    }

    /// The fullest stage, its memory, and the most host memory that a stage takes.
    pub(crate) fn memory(
        &self,
        layout: &Layout,
        sheet: &Sheet,
        stages: &Stages<'_>,
    ) -> (u32, Memory, Bytes) {
        let mut fullest = (0, Memory::ZERO);
        let mut most = Bytes::ZERO;
        let mut host_most = Bytes::ZERO;
        for stage in &stages.classes {
            let mut memory = Memory::ZERO;
            let states_host = self.states(layout, &stage.elements, &mut memory);
            let activations_host = self.work_memory(layout, sheet, stage, &mut memory);
            let total = memory.total();
            host_most = host_most.max(states_host + activations_host);
            if total > most {
                most = total;
                fullest = (stage.class.first, memory);
            }
        }
        (fullest.0, fullest.1, host_most)
    }

    /// Whether every stage stays within `capacity`, and its share of the host within the host's memory.
    pub(crate) fn within(
        &self,
        layout: &Layout,
        sheet: &Sheet,
        stages: &Stages<'_>,
        capacity: Bytes,
    ) -> bool {
        stages.classes.iter().all(|stage| {
            let mut memory = Memory::ZERO;
            let states_host = self.states(layout, &stage.elements, &mut memory);
            let activations_host = self.work_memory(layout, sheet, stage, &mut memory);
            memory.total() <= capacity
                && states_host + activations_host <= self.case.cluster.host.memory
        })
    }

    pub(super) fn shards(layout: &Layout) -> Shards {
        let shard = u64::from(layout.shard);
        let ranks = u64::from(layout.tp) * u64::from(layout.cp) * u64::from(layout.dp);
        let replicas = (ranks / (u64::from(layout.ep) * u64::from(layout.etp))).max(1);
        Shards { dense: shard, experts: gcd(replicas, shard) }
    }

    /// Weights, gradients and optimizer state; returns what the host holds.
    pub(crate) fn states(
        &self,
        layout: &Layout,
        elements: &Elements,
        memory: &mut Memory,
    ) -> Bytes {
        let shards = Self::shards(layout);
        let copies = &self.case.stack.profile.weights;
        let optimizer = &self.case.training.optimizer;
        let whole = Shards { dense: 1, experts: 1 };
        let at = |stage: ZeroStage| if layout.zero >= stage { shards } else { whole };
        let working = u64::from(match layout.zero {
            ZeroStage::Three => self.case.sharded_bytes(),
            _ => self.case.working_bytes(),
        });
        let tables = u64::from(self.case.table_bytes());
        let split = |n: u64, bytes: u64, by: u64| Bytes::new(n.saturating_mul(bytes)).shared(by);
        let mut host = Bytes::ZERO;

        let by = at(ZeroStage::Three);
        let layers = [
            (P::WeightsMixer, elements.mixer, working, by.dense),
            (P::WeightsFfn, elements.ffn, working, by.dense),
            (P::WeightsExperts, elements.experts, working, by.experts),
            (P::WeightsEmbedding, elements.embedding, tables, by.dense),
            (P::WeightsHead, elements.head, tables, by.dense),
        ];
        for (part, n, bytes, by) in layers {
            let bytes = split(n, bytes, by);
            if layout.offload.parameters {
                host += bytes;
            } else {
                memory.set(part, bytes);
            }
        }
        self.weight_copies(layout, elements, memory);

        let by = at(ZeroStage::Two);
        let bytes = optimizer.gradients.bytes();
        let (dense, experts) = elements.trained();
        let gradients = split(dense, bytes, by.dense) + split(experts, bytes, by.experts);
        memory.set(P::Gradients, gradients);

        let by = at(ZeroStage::One);
        let state = |quarters: u64| {
            split(dense, quarters, 4 * by.dense) + split(experts, quarters, 4 * by.experts)
        };
        let master =
            if optimizer.master && !copies.working_is_master { state(16) } else { state(0) };
        let moments = state(optimizer.moment_quarter_bytes());
        let update = state(4 * u64::from(copies.update));
        if layout.offload.optimizer {
            return host + master + moments + update;
        }
        memory.set(P::Master, master);
        memory.set(P::Moments, moments);
        memory.set(P::Update, update);
        host
    }

    /// Copies of weights beside the working ones: for narrow products, and gathered or fetched layers.
    fn weight_copies(&self, layout: &Layout, elements: &Elements, memory: &mut Memory) {
        let copies = &self.case.stack.profile.weights;
        if self.narrow && layout.zero < ZeroStage::Three {
            let layers = elements.mixer + elements.ffn + elements.experts;
            let bytes = Bytes::new(layers).times(u64::from(self.case.quantised_bytes()));
            memory.set(P::WeightsQuantised, bytes);
        }
        if layout.zero == ZeroStage::Three || layout.offload.parameters {
            // The layer at work and the one fetched ahead of it; the ends stay whole through the step.
            let gathered = if copies.gathered_by_matrix {
                // Two of a layer's three matrices, and the end at work.
                2 * elements.layer_max.div_ceil(3) + elements.embedding.max(elements.head)
            } else {
                2 * elements.layer_max + elements.embedding + elements.head
            };
            let bytes = Bytes::new(gathered).times(u64::from(copies.gathered));
            memory.set(P::WeightsGathered, bytes);
        }
    }

    /// Micro-batches whose activations a stage holds at its peak, in the whole stage's worth.
    pub(crate) fn chunks_in_flight(&self, layout: &Layout, class: &StageClass) -> f64 {
        let m = layout.n_micro_batches(self.case.training.global_batch);
        let Layout { schedule, pp, vpp, .. } = *layout;
        Way { schedule, pp, vpp }.chunks_in_flight(m, class)
    }

    /// Everything but states; returns what the host holds.
    pub(crate) fn work_memory(
        &self,
        layout: &Layout,
        sheet: &Sheet,
        stage: &Stage<'_>,
        memory: &mut Memory,
    ) -> Bytes {
        let host = self.activations(layout, sheet, stage, memory);
        self.buffers(layout, sheet, memory);
        host
    }

    /// Activations kept for the backward pass; returns what the host holds.
    fn activations(
        &self,
        layout: &Layout,
        sheet: &Sheet,
        stage: &Stage<'_>,
        memory: &mut Memory,
    ) -> Bytes {
        let chunks = self.chunks_in_flight(layout, stage.class);
        let k = layout.recompute.full_layers;
        let (mut layers, mut largest, mut recomputed_most) = (0.0, 0.0_f64, 0.0_f64);
        for (cost, count, again) in stage.layers(self, sheet, k) {
            let kept = if layout.recompute.selective { cost.kept_selective } else { cost.kept };
            let checkpoint = cost.kept_checkpoint.min(kept);
            layers += f64::from(count - again) * kept + f64::from(again) * checkpoint;
            largest = largest.max(if again < count { kept } else { checkpoint });
            recomputed_most = recomputed_most.max(cost.kept - checkpoint);
        }
        let mut ends = 0.0;
        if stage.class.embedding {
            ends += sheet.embedding.kept;
        }
        if stage.class.head {
            ends += sheet.head.kept;
            memory.set(P::Logits, Bytes::from_f64(sheet.logits));
        }
        if k > 0 {
            memory.set(P::Workspace, Bytes::from_f64(recomputed_most));
        }
        // The ends work on one chunk of the stage: they are in flight as often as that chunk.
        memory.set(P::ActivationsEnds, Bytes::from_f64(ends * chunks));
        let layers = layers * chunks;
        if layout.offload.activations {
            let near = (2.0 * largest).min(layers);
            memory.set(P::Activations, Bytes::from_f64(near));
            return Bytes::from_f64(layers - near);
        }
        memory.set(P::Activations, Bytes::from_f64(layers));
        Bytes::ZERO
    }

    /// Bytes of the buffers of collectives.
    pub(super) fn buffer_bytes(&self, (pp, ep): (u32, u32), shape: &Shape) -> f64 {
        let mut bytes = 0.0;
        if shape.tp > 1.0 {
            bytes += 2.0 * shape.tokens * self.hidden;
        }
        if pp > 1 {
            bytes += 4.0 * 2.0 * shape.tokens_split * self.hidden;
        }
        if ep > 1 {
            bytes += 2.0 * 2.0 * shape.tokens / shape.tp * self.top_k * self.hidden;
        }
        bytes
    }

    /// Buffers of collectives, the runtime's own memory, and what the allocator loses.
    fn buffers(&self, layout: &Layout, sheet: &Sheet, memory: &mut Memory) {
        let profile = &self.case.stack.profile;
        let bytes = self.buffer_bytes((layout.pp, layout.ep), &sheet.shape);
        memory.set(P::Buffers, Bytes::from_f64(bytes));
        memory.set(P::Context, profile.context);
        let parts = [P::Activations, P::ActivationsEnds, P::Workspace, P::Logits, P::Buffers];
        let loose: Bytes = parts.iter().map(|part| memory.get(*part)).sum();
        memory.set(P::Slack, Bytes::from_f64(loose.as_f64() * profile.slack.get()));
    }
}

/// Greatest common divisor.
pub(crate) const fn gcd(a: u64, b: u64) -> u64 {
    let (mut a, mut b) = (a, b);
    while b > 0 {
        (a, b) = (b, a % b);
    }
    a
}
