//! F4: lower bounds for the search, beside the formulas that they bound.

use super::stage::{Sheet, SheetKey, Stage};
use super::step::StageTime;
use super::work::{Shape, Work};
use super::{Book, Memory, MemoryPart as P, Replicas};
use crate::units::Bytes;
use crate::layout::{Layout, Offload, Schedule, ZeroStage};
use crate::model::Ffn;

/// Work of one micro-batch over all stages.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct AllWork {
    forward: Work,
    backward: Work,
    weight: f64,
}

/// A stage that is too full, and what could be taken from it.
pub(crate) struct Relief<'s> {
    pub layout: &'s Layout,
    pub sheet: &'s Sheet,
    pub stage: &'s Stage<'s>,
    /// Share of the stage's chunks that one micro-batch visits.
    pub visited: f64,
    /// Micro-batches in flight, in stages' worth.
    pub chunks: f64,
    /// Its time, and that of the slowest stage.
    pub time: StageTime,
    pub slowest: f64,
    /// Bytes too many.
    pub excess: f64,
    pub optimizer_bytes: f64,
    pub optimizer_time: f64,
    pub weight_bytes: f64,
}

impl<'s> Relief<'s> {
    /// What could be taken from a stage whose states are `memory`.
    #[allow(clippy::too_many_arguments)]
    pub(crate) fn new(
        book: &Book<'_>,
        layout: &'s Layout,
        sheet: &'s Sheet,
        stage: &'s Stage<'s>,
        replicas: &Replicas,
        memory: &Memory,
        time: StageTime,
        slowest: f64,
        excess: Bytes,
    ) -> Self {
        let offload = Offload { optimizer: true, ..Offload::default() };
        let (_, moved) =
            book.update(&Layout { offload, ..*layout }, replicas, &stage.elements);
        let weights = [P::WeightsMixer, P::WeightsFfn, P::WeightsExperts];
        let ends = [P::WeightsEmbedding, P::WeightsHead];
        let sum = |parts: &[P]| parts.iter().map(|part| memory.get(*part)).sum::<Bytes>().as_f64();
        Self {
            layout,
            sheet,
            stage,
            visited: stage.visited,
            chunks: book.chunks_in_flight(layout, stage),
            time,
            slowest,
            excess: excess.as_f64(),
            optimizer_bytes: sum(&[P::Master, P::Moments]),
            optimizer_time: moved,
            weight_bytes: sum(&weights) + sum(&ends),
        }
    }
}

/// An extreme choice of recompute.
#[derive(Clone, Copy)]
struct Vertex {
    bytes: f64,
    seconds: f64,
}

impl Book<'_> {
    /// Work of all layers and both ends.
    pub(crate) fn all_work(&self, sheet: &Sheet) -> AllWork {
        let mut all = AllWork::default();
        for (kind, cost) in sheet.kinds.iter().enumerate() {
            let n = f64::from(self.count_in(kind, 0..self.case.model.n_layers()));
            all.forward += cost.forward.times(n);
            all.backward += cost.backward.times(n);
            all.weight += cost.weight * n;
        }
        for cost in [&sheet.embedding, &sheet.head] {
            all.forward += cost.forward;
            all.backward += cost.backward;
            all.weight += cost.weight;
        }
        all
    }

    /// At most the work under any split of the experts: their products at the peak of their curve, their
    /// exchanges free.
    pub(crate) fn least_work(&self, key: &SheetKey) -> AllWork {
        let shape = self.shape(key);
        let price = |kind: &crate::model::LayerKind| {
            let mixer = self.mixer(&kind.mixer, &shape, key.cp_kind);
            match &kind.ffn {
                Ffn::Moe(moe) => mixer + self.least_moe(moe, &shape),
                other => mixer + self.ffn(other, &shape),
            }
        };
        let kinds = self.case.model.kinds.iter().map(price).collect();
        let mut all = self.all_work(&self.sheet_of(shape, kinds));
        if self.case.model.experts() > 0 {
            // How much of an expert's work may be put off depends on its split: all of it, to be safe.
            all.weight = all.forward.busy() + all.backward.busy();
        }
        all
    }

    /// Time of a micro-batch on a stage with that share of all work.
    fn average_time(&self, work: &AllWork, schedule: Schedule, share: f64) -> StageTime {
        let (forward, backward) = (work.forward.times(share), work.backward.times(share));
        let mut time = self.own_time(schedule, &forward, &backward);
        time.weight = work.weight * share;
        time
    }

    /// Seconds that any layout with that work takes at least under a schedule, `vpp` being the most chunks.
    ///
    /// With `t` the time of the average stage, at most that of the slowest: interleaving takes
    /// `m t_max + (sum t - t_max) / vpp >= (m + (pp - 1) / vpp) t`; a zero-bubble schedule
    /// `(m - 1) t_max + sum (t - c W)+ >= (m - 1) t + pp (t - c W)+`.
    pub(crate) fn least_time(
        &self,
        work: &AllWork,
        schedule: Schedule,
        pp: u32,
        vpp: u32,
        m: u32,
    ) -> f64 {
        let (p, m) = (f64::from(pp), f64::from(m));
        let stage = self.average_time(work, schedule, 1.0 / p);
        let t = stage.total;
        let waiting = |c: f64| (m - 1.0) * t + p * (t - c * stage.weight).max(0.0);
        let pipeline = match schedule {
            Schedule::OneFOneB | Schedule::GPipe => (m + p - 1.0) * t,
            Schedule::Interleaved | Schedule::BreadthFirst => {
                (m + (p - 1.0) / f64::from(vpp)) * t
            }
            Schedule::ZeroBubble => waiting(2.0).max(m * t),
            Schedule::ZeroBubbleV => waiting(3.0).max(m * t),
            Schedule::DualPipe => m * t,
        };
        pipeline + self.case.stack.profile.step_overhead.get()
    }

    /// Seconds that a pipeline takes at least beyond `free` when its fullest stage holds `excess` bytes too many
    /// with ZeRO at its furthest, `free` being its time with nothing recomputed or offloaded; none if nothing
    /// helps.
    ///
    /// For each set of things to offload: what they free comes off `excess` at their cost; the rest must come
    /// from recompute, at the best ratio of bytes to seconds that it has. Activations on the host are dear at
    /// both ends (all kept, all recomputed), so at every mixture between.
    pub(crate) fn least_relief(&self, relief: &Relief<'_>, offloads: &[Offload]) -> Option<f64> {
        let m = f64::from(relief.layout.n_micro_batches(self.case.training.global_batch).max(1));
        let profile = &self.case.stack.profile;
        let way = 1.0 - profile.overlap.offload.get();
        let link = self.case.cluster.host.link.get();
        let slack = 1.0 + profile.slack.get();
        let [none, selective, full] = self.vertices(relief);
        let chunks = relief.chunks;
        let slower = |seconds: f64| {
            let added = relief.time.total + seconds - relief.time.idle();
            (m - 1.0) * (added - relief.slowest).max(0.0)
        };
        let mut least: Option<f64> = None;
        for offload in offloads {
            let mut excess = relief.excess;
            let mut cost = 0.0;
            if offload.optimizer {
                excess -= relief.optimizer_bytes;
                cost += relief.optimizer_time * way;
            }
            if offload.parameters {
                excess -= relief.weight_bytes;
            }
            let seconds = if offload.activations {
                let all = none.bytes * chunks * slack;
                if excess > all {
                    continue;
                }
                let at = |v: &Vertex| v.seconds + 2.0 * v.bytes * relief.visited / link * way;
                at(&none).min(at(&selective)).min(at(&full))
            } else if excess > 0.0 {
                let most = (none.bytes - full.bytes.min(selective.bytes)) * chunks * slack;
                if excess > most {
                    continue;
                }
                let per_byte = |v: &Vertex| v.seconds / ((none.bytes - v.bytes) * chunks * slack);
                excess * per_byte(&full).min(per_byte(&selective))
            } else {
                0.0
            };
            let total = cost + slower(seconds);
            if least.is_none_or(|least| total < least) {
                least = Some(total);
            }
        }
        least
    }

    /// Bytes that a stage keeps of one micro-batch, and seconds that it adds, with nothing recomputed, every
    /// layer selectively, every layer whole.
    fn vertices(&self, relief: &Relief<'_>) -> [Vertex; 3] {
        let mut none = Vertex { bytes: 0.0, seconds: 0.0 };
        let (mut selective, mut full) = (none, none);
        for (cost, count, _) in relief.stage.layers(self, relief.sheet, 0) {
            let (n, visits) = (f64::from(count), f64::from(count) * relief.visited);
            none.bytes += n * cost.kept;
            selective.bytes += n * cost.kept_selective;
            selective.seconds += visits * cost.selective;
            full.bytes += n * cost.kept_checkpoint.min(cost.kept_selective);
            full.seconds += visits * cost.forward.busy();
        }
        [none, selective, full]
    }

    /// Bytes that any layout with these degrees needs at least on its fullest stage, which holds at least the
    /// average: weights, gradients and state at their furthest split, one checkpoint a layer, the runtime.
    pub(crate) fn least_memory(&self, key: &SheetKey, least: &LeastMemory) -> f64 {
        let shape: Shape = self.shape(key);
        let tp = u64::from(key.tp);
        let mut elements = super::memory::Elements::default();
        for kind in 0..self.kinds.len() {
            let n = self.count_in(kind, 0..self.case.model.n_layers());
            self.add_layers(&mut elements, kind, u64::from(n), tp, least.expert_ranks);
        }
        let table = (self.vocabulary_rows(tp) * u64::from(self.case.model.hidden)) as f64;
        let tables = if self.case.model.tied { table } else { 2.0 * table };
        let layers = elements.dense() as f64;
        let (dense, experts) = (layers + tables, elements.experts as f64);
        let copies = &self.case.stack.profile.weights;
        let optimizer = &self.case.training.optimizer;
        let split = |stage: ZeroStage| {
            if least.zero >= stage {
                dense / least.replicas + experts / least.expert_replicas
            } else {
                dense + experts
            }
        };
        let state = optimizer.moment_quarter_bytes() as f64 / 4.0
            + if optimizer.master && !copies.working_is_master { 4.0 } else { 0.0 };
        let mut bytes = split(ZeroStage::Two) * optimizer.gradients.bytes() as f64;
        if !least.offload.parameters {
            bytes += split(ZeroStage::Three) * f64::from(copies.working);
        }
        if !least.offload.optimizer {
            bytes += split(ZeroStage::One) * state;
        }
        if self.narrow && least.zero < ZeroStage::Three {
            bytes += (layers + experts) * f64::from(copies.quantised);
        }
        if !least.offload.activations {
            bytes += 2.0 * shape.tokens_split * self.hidden * f64::from(self.n_mixers);
        }
        bytes / least.stages + self.case.stack.profile.context.as_f64()
    }
}

/// How far the states of a layout could be split at most.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LeastMemory {
    /// Pipeline stages.
    pub stages: f64,
    /// Ranks over which ZeRO could split what is not experts, and experts.
    pub replicas: f64,
    pub expert_replicas: f64,
    /// Ranks that share the experts of a layer.
    pub expert_ranks: u64,
    pub zero: ZeroStage,
    pub offload: Offload,
}
