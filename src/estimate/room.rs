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

/// What parameters need at least.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Held {
    /// Bytes of states at their furthest split.
    pub bytes: f64,
}

/// What the parameters of a layer of each kind, and of both ends, need at least.
#[derive(Clone, Debug, Default)]
pub(crate) struct LeastStates {
    pub kinds: Vec<Held>,
    pub embedding: Held,
    /// Where the table is one with the embedding's, and where it is not.
    head: (Held, Held),
    /// Whether there is but one table.
    tied: bool,
    /// The average stage, with the runtime's memory.
    pub average: Held,
}

/// What may be done to keep less of the activations.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Thrift {
    pub selective: bool,
    pub whole: bool,
    /// They may wait on the host.
    pub moved: bool,
}

impl Held {
    /// Both, the other `n` times.
    fn and(&self, other: &Self, n: f64) -> Self {
        Self { bytes: self.bytes + other.bytes * n }
    }
}

impl LeastStates {
    /// The head and what predicts further tokens, where the embedding's table is beside it and `shared` or not.
    const fn head(&self, shared: bool) -> &Held {
        if shared { &self.head.0 } else { &self.head.1 }
    }

    /// The same, wherever it stands.
    pub(super) const fn least_head(&self) -> &Held {
        self.head(self.tied)
    }
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

    /// What layers and ends need at least.
    pub(crate) fn least_states(&self, (tp, pp): (u32, u32), least: &LeastMemory) -> LeastStates {
        let tp = u64::from(tp);
        let none = Elements { adapters: self.adapter_rank.map(|_| 0), ..Elements::default() };
        let held = |elements: &Elements| Held { bytes: self.least_bytes(elements, least) };
        let layers = |kind, n| {
            let mut elements = none;
            self.add_layers(&mut elements, kind, n, tp, least.expert_ranks);
            elements
        };
        let model = &self.case.model;
        let table = self.vocabulary_rows(tp) * u64::from(model.hidden);
        let last = model.pattern.last().map_or(0, |kind| usize::from(*kind));
        let beyond = layers(last, u64::from(model.mtp_layers));
        let other = model.other_params.get();
        let head = |head| held(&Elements { head, ..beyond });
        let mut states = LeastStates {
            kinds: (0..self.kinds.len()).map(|kind| held(&layers(kind, 1))).collect(),
            embedding: held(&Elements { embedding: table, ..none }),
            head: (head(other), head(other + table)),
            tied: model.tied,
            average: Held::default(),
        };
        let mut all = states.embedding.and(states.least_head(), 1.0);
        for (kind, held) in states.kinds.iter().enumerate() {
            all = all.and(held, f64::from(self.count_in(kind, 0..model.n_layers())));
        }
        let context = self.case.stack.profile.context.as_f64();
        let share = Held::default().and(&all, 1.0 / f64::from(pp));
        states.average = Held { bytes: share.bytes + context };
        states
    }

    /// Bytes that the fullest of `pp` stages needs at least however layers are cut: some stage holds at least its share
    /// of the layers of a kind, rounded up.
    pub(crate) fn least_fullest(
        &self,
        states: &LeastStates,
        sheet: &Sheet,
        pp: u32,
        thrift: Thrift,
    ) -> f64 {
        let layers = self.case.model.n_layers();
        let mut most = 0.0_f64;
        for (kind, (held, cost)) in states.kinds.iter().zip(&sheet.kinds).enumerate() {
            let n = f64::from(self.count_in(kind, 0..layers).div_ceil(pp));
            // Whatever the schedule, a stage holds the activations of one micro-batch.
            let kept = stays([(cost, n)].into_iter(), 1.0, thrift);
            most = most.max(n * held.bytes + self.loose(kept));
        }
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
            for (kind, n) in states.kinds.iter().zip(&class.counts) {
                held += kind.bytes * f64::from(*n);
            }
            if class.embedding {
                held += states.embedding.bytes;
                loose += sheet.embedding.kept * chunks;
            }
            if class.head {
                held += states.head(states.tied && (class.embedding || way.pp == 1)).bytes;
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
