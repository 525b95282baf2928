//! F4: lower bounds for the search, beside the formulas that they bound.

use super::Book;
use super::stage::SheetKey;
use super::step::StageTime;
use super::work::{Cost, Shape, Work};
use crate::layout::{Offload, Schedule, ZeroStage};
use crate::model::Ffn;

/// Work of one micro-batch over all stages.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct AllWork {
    forward: Work,
    backward: Work,
    weight: f64,
}

impl AllWork {
    fn add(&mut self, cost: &Cost, n: f64) {
        self.forward += cost.forward.times(n);
        self.backward += cost.backward.times(n);
        self.weight += cost.weight * n;
    }

    /// Seconds that the accelerator waits for its host.
    pub(crate) const fn waits(&self) -> f64 {
        self.forward.wait + self.backward.wait
    }

    /// Both.
    pub(crate) fn with(&self, other: &Self) -> Self {
        Self {
            forward: self.forward + other.forward,
            backward: self.backward + other.backward,
            weight: self.weight + other.weight,
        }
    }
}

impl Book<'_> {
    /// Work of all layers, given what each kind costs.
    pub(crate) fn layers_work(&self, kinds: &[Cost]) -> AllWork {
        let mut all = AllWork::default();
        let last = self.case.model.pattern.last().map(|kind| usize::from(*kind));
        for (kind, cost) in kinds.iter().enumerate() {
            let mtp = if last == Some(kind) { self.case.model.mtp_layers } else { 0 };
            let n = self.count_in(kind, 0..self.case.model.n_layers()) + mtp;
            all.add(cost, f64::from(n));
        }
        all
    }

    /// Work of both ends, multi-token prediction's heads included.
    pub(crate) fn ends_work(&self, [embedding, head]: &[Cost; 2]) -> AllWork {
        let mut all = AllWork::default();
        all.add(embedding, 1.0);
        all.add(head, f64::from(1 + self.case.model.mtp_layers));
        all
    }

    /// At most the work of the feed-forward parts under any split of the experts: their products at the peak of
    /// their curve, their exchanges free.
    pub(crate) fn least_ffn_work(&self, shape: &Shape) -> AllWork {
        let price = |kind: &crate::model::LayerKind| match &kind.ffn {
            Ffn::Moe(moe) => self.least_moe(moe, shape),
            other => self.ffn(other, shape),
        };
        let kinds: Vec<Cost> = self.case.model.kinds.iter().map(price).collect();
        let mut all = self.layers_work(&kinds);
        if self.case.model.experts() > 0 {
            // How much of an expert's work may be put off depends on its split: all of it, to be safe.
            all.weight = all.forward.busy() + all.backward.busy();
        }
        all
    }

    /// Time of a micro-batch on the average of `pp` stages.
    pub(crate) fn average_time(&self, work: &AllWork, schedule: Schedule, pp: u32) -> StageTime {
        let share = 1.0 / f64::from(pp);
        let (forward, backward) = (work.forward.times(share), work.backward.times(share));
        let mut time = self.own_time(schedule, &forward, &backward);
        time.weight = work.weight * share;
        time
    }

    /// Seconds that any layout with that average stage takes at least under a schedule, `vpp` being the most
    /// chunks.
    ///
    /// With `t` the time of the average stage, at most that of the slowest: interleaving takes
    /// `m t_max + (sum t - t_max) / vpp >= (m + (pp - 1) / vpp) t`; a zero-bubble schedule
    /// `(m - 1) t_max + sum (t - c W)+ >= (m - 1) t + pp (t - c W)+`.
    pub(crate) fn least_time(
        &self,
        stage: &StageTime,
        schedule: Schedule,
        pp: u32,
        vpp: u32,
        m: u32,
    ) -> f64 {
        let (p, m) = (f64::from(pp), f64::from(m));
        let t = stage.total;
        let waiting = |c: f64| (m - 1.0) * t + p * (t - c * stage.weight).max(0.0);
        let pipeline = match schedule {
            Schedule::OneFOneB | Schedule::GPipe => (m + p - 1.0) * t,
            Schedule::Interleaved | Schedule::BreadthFirst => (m + (p - 1.0) / f64::from(vpp)) * t,
            Schedule::ZeroBubble => waiting(2.0).max(m * t),
            Schedule::ZeroBubbleV => waiting(3.0).max(m * t),
            Schedule::DualPipe => m * t,
        };
        pipeline + self.case.stack.profile.step_overhead.get()
    }

    /// Bytes that any layout with these degrees needs at least on its fullest stage, which holds at least the
    /// average: weights, gradients and state at their furthest split, one checkpoint a layer, the runtime.
    ///
    /// This is the part that no split of the tokens changes; the rest is [`Book::least_checkpoints`].
    pub(crate) fn least_states(&self, tp: u32, least: &LeastMemory) -> f64 {
        let tp = u64::from(tp);
        let adapters = self.adapter_rank.map(|_| 0);
        let mut elements = super::memory::Elements { adapters, ..Default::default() };
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
        bytes / least.stages + self.case.stack.profile.context.as_f64()
    }

    /// Bytes of one checkpoint a layer, on the average of `pp` stages.
    pub(crate) fn least_checkpoints(&self, key: &SheetKey, pp: u32) -> f64 {
        let shape: Shape = self.shape(key);
        2.0 * shape.tokens_split * self.hidden * f64::from(self.n_mixers) / f64::from(pp)
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
