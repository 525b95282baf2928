//! F4: memory that a stage needs at least, whatever is split, moved or recomputed: bounds for the search, beside the
//! formulas of `memory`.

use super::Book;
use super::memory::Elements;
use super::schedule::Way;
use super::stage::Sheet;
use super::work::Cost;
use crate::layout::split::Cut;
use crate::layout::{Offload, ZeroStage};

/// How far the states of a layout could be split at most.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LeastMemory {
    /// Ranks over which ZeRO could split what is not experts, and experts.
    pub replicas: f64,
    pub expert_replicas: f64,
    /// Ranks that share the experts of a layer.
    pub expert_ranks: u64,
    pub zero: ZeroStage,
    pub offload: Offload,
}

/// Bytes of states at their furthest split: of a layer of each kind, and of both ends.
#[derive(Clone, Debug, Default)]
pub(crate) struct LeastStates {
    kinds: Vec<f64>,
    embedding: f64,
    /// Where the table is one with the embedding's, and where it is not.
    head: (f64, f64),
    /// Multi-token-prediction layers.
    beyond: f64,
}

/// What may be done to keep less of the activations.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Thrift {
    pub selective: bool,
    pub whole: bool,
    /// They may wait on the host.
    pub moved: bool,
}

impl Book<'_> {
    /// Bytes of these elements' states at their furthest split: weights, gradients, optimizer.
    fn least_bytes(&self, elements: &Elements, least: &LeastMemory) -> f64 {
        let layers = (elements.mixer + elements.ffn) as f64;
        let (dense, experts) = (elements.dense() as f64, elements.experts as f64);
        let copies = &self.case.stack.profile.weights;
        let optimizer = &self.case.training.optimizer;
        let part = |stage: ZeroStage, dense: f64, experts: f64| {
            if least.zero >= stage {
                dense / least.replicas + experts / least.expert_replicas
            } else {
                dense + experts
            }
        };
        let trained = |stage| match self.adapter_rank {
            Some(_) => part(stage, elements.trained().0 as f64, 0.0),
            None => part(stage, dense, experts),
        };
        let state = optimizer.moment_quarter_bytes() as f64 / 4.0
            + if optimizer.master && !copies.working_is_master { 4.0 } else { 0.0 }
            + f64::from(copies.update);
        let mut bytes = trained(ZeroStage::Two) * optimizer.gradients.bytes() as f64;
        if !least.offload.parameters {
            bytes += part(ZeroStage::Three, dense, experts) * f64::from(self.case.working_bytes());
        }
        if !least.offload.optimizer {
            bytes += trained(ZeroStage::One) * state;
        }
        if self.narrow && least.zero < ZeroStage::Three {
            bytes += (layers + experts) * f64::from(self.case.quantised_bytes());
        }
        bytes
    }

    /// Bytes of states that layers and ends need at least.
    pub(crate) fn least_states(&self, tp: u32, least: &LeastMemory) -> LeastStates {
        let tp = u64::from(tp);
        let none = Elements { adapters: self.adapter_rank.map(|_| 0), ..Elements::default() };
        let layers = |kind, n| {
            let mut elements = none;
            self.add_layers(&mut elements, kind, n, tp, least.expert_ranks);
            self.least_bytes(&elements, least)
        };
        let model = &self.case.model;
        let table = self.vocabulary_rows(tp) * u64::from(model.hidden);
        let head = |head| self.least_bytes(&Elements { head, ..none }, least);
        let last = model.pattern.last().map_or(0, |kind| usize::from(*kind));
        let other = model.other_params.get();
        LeastStates {
            kinds: (0..self.kinds.len()).map(|kind| layers(kind, 1)).collect(),
            embedding: self.least_bytes(&Elements { embedding: table, ..none }, least),
            head: (head(other), head(other + table)),
            beyond: layers(last, u64::from(model.mtp_layers)),
        }
    }

    /// Bytes of states that the fullest of `pp` stages needs at least: the average, and the runtime.
    pub(crate) fn least_average(&self, states: &LeastStates, pp: u32) -> f64 {
        let layers = self.case.model.n_layers();
        let of = |(kind, bytes): (usize, &f64)| f64::from(self.count_in(kind, 0..layers)) * bytes;
        let all: f64 = states.kinds.iter().enumerate().map(of).sum();
        let head = if self.case.model.tied { states.head.0 } else { states.head.1 };
        let all = all + states.embedding + head + states.beyond;
        all / f64::from(pp) + self.case.stack.profile.context.as_f64()
    }

    /// Bytes that the fullest of `pp` stages needs at least however layers are cut: some stage holds at least its share
    /// of the layers of a kind, rounded up, and the one with the head at least those `beside` it.
    pub(crate) fn least_fullest(
        &self,
        states: &LeastStates,
        sheet: &Sheet,
        (pp, beside): (u32, &[u32]),
        thrift: Thrift,
    ) -> f64 {
        let layers = self.case.model.n_layers();
        let mut most = 0.0_f64;
        for (kind, (bytes, cost)) in states.kinds.iter().zip(&sheet.kinds).enumerate() {
            let n = f64::from(self.count_in(kind, 0..layers).div_ceil(pp));
            // Whatever the schedule, a stage holds the activations of one micro-batch.
            most = most.max(n * bytes + self.loose(stays([(cost, n)].into_iter(), 1.0, thrift)));
        }
        let head = if self.case.model.tied { states.head.0 } else { states.head.1 };
        let layers = sheet.kinds.iter().zip(beside.iter().map(|n| f64::from(*n)));
        let loose = stays(layers, 1.0, thrift) + sheet.head.kept + sheet.logits;
        let held = states.kinds.iter().zip(beside).map(|(bytes, n)| bytes * f64::from(*n));
        most = most.max(held.sum::<f64>() + head + states.beyond + self.loose(loose));
        let buffers = self.buffer_bytes((pp, sheet.shape.ep as u32), &sheet.shape);
        most + self.loose(buffers) + self.case.stack.profile.context.as_f64()
    }

    /// Bytes with what the allocator loses.
    fn loose(&self, bytes: f64) -> f64 {
        bytes * (1.0 + self.case.stack.profile.slack.get())
    }

    /// Whether a stage of a cut, run that way with `m` micro-batches, needs more than `capacity` at least.
    pub(crate) fn overflows(
        &self,
        (cut, way): (&Cut, &Way),
        m: u32,
        states: &LeastStates,
        sheet: &Sheet,
        (thrift, capacity): (Thrift, f64),
    ) -> bool {
        let buffers = self.buffer_bytes((way.pp, sheet.shape.ep as u32), &sheet.shape);
        let room = capacity - self.case.stack.profile.context.as_f64();
        cut.classes.iter().any(|class| {
            let chunks = way.chunks_in_flight(m, class);
            let layers = sheet.kinds.iter().zip(class.counts.iter().map(|n| f64::from(*n)));
            let mut loose = buffers + stays(layers, chunks, thrift);
            let mut held = 0.0;
            for (bytes, n) in states.kinds.iter().zip(&class.counts) {
                held += bytes * f64::from(*n);
            }
            if class.embedding {
                held += states.embedding;
                loose += sheet.embedding.kept * chunks;
            }
            if class.head {
                let shared = self.case.model.tied && (class.embedding || way.pp == 1);
                held += if shared { states.head.0 } else { states.head.1 } + states.beyond;
                loose += sheet.head.kept * chunks + sheet.logits;
            }
            held + self.loose(loose) > room
        })
    }
}

/// Bytes of the activations of so many layers that stay on a stage at its peak, however little is kept, of `chunks`
/// micro-batches in the whole stage's worth.
pub(super) fn stays<'s>(
    layers: impl Iterator<Item = (&'s Cost, f64)>,
    chunks: f64,
    thrift: Thrift,
) -> f64 {
    let (mut all, mut near, mut workspace) = ([0.0_f64; 2], [0.0_f64; 2], [0.0_f64; 2]);
    let (mut whole, mut near_whole) = (0.0, 0.0_f64);
    for (cost, n) in layers.filter(|(_, n)| *n > 0.0) {
        for (i, kept) in [cost.kept, cost.kept_selective].into_iter().enumerate() {
            all[i] += n * kept;
            near[i] = near[i].max(2.0 * kept);
            workspace[i] = workspace[i].max(cost.kept - cost.kept_checkpoint.min(kept));
        }
        let to = cost.kept_checkpoint.min(cost.kept_selective);
        whole += n * to;
        near_whole = near_whole.max(2.0 * to);
    }
    let at_once = |all: f64, near: f64| {
        let all = all * chunks;
        if thrift.moved { all.min(near) } else { all }
    };
    let mut least = f64::INFINITY;
    for i in 0..1 + usize::from(thrift.selective) {
        least = least.min(at_once(all[i], near[i]));
        if thrift.whole {
            least = least.min(workspace[i] + at_once(whole, near_whole));
        }
    }
    least
}
