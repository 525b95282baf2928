//! F4: lower bounds for the search, beside the formulas that they bound.

use super::stage::{Sheet, SheetKey, Stages};
use super::step::StageTime;
use super::work::{Shape, Work};
use super::{Book, replica::Owed};
use crate::layout::{Layout, Offload, Schedule, ZeroStage};
use crate::model::Ffn;

/// Work of one micro-batch over all stages.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct AllWork {
    forward: Work,
    backward: Work,
    weight: f64,
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

    /// Time of a step without anything owed between replicas, any send or any recompute.
    pub(crate) fn least_pipeline_time(
        &self,
        layout: &Layout,
        sheet: &Sheet,
        stages: &Stages<'_>,
    ) -> f64 {
        let m = f64::from(layout.n_micro_batches(self.case.training.global_batch).max(1));
        let mut each: Vec<(f64, StageTime)> = Vec::with_capacity(stages.classes.len());
        let mut slow = StageTime::default();
        for stage in &stages.classes {
            let time = self.stage_time(layout, sheet, stage, &Owed::default(), 0.0);
            if time.total > slow.total {
                slow = time;
            }
            each.push((stage.count, time));
        }
        let wait = super::schedule::bubble(layout.schedule, layout.pp, layout.vpp, &each, &slow);
        m * slow.total + wait + self.case.stack.profile.step_overhead.get()
    }

    /// Bytes that any layout with these degrees needs at least on its fullest stage, which holds at least the
    /// average: weights, gradients and state at their furthest split, one checkpoint a layer, the runtime.
    pub(crate) fn least_memory(
        &self,
        key: &SheetKey,
        pp: u32,
        replicas: u32,
        folded_most: u64,
        zero: ZeroStage,
        offload: Offload,
    ) -> f64 {
        let shape: Shape = self.shape(key);
        let tp = u64::from(key.tp);
        let mut elements = super::memory::Elements::default();
        for kind in 0..self.kinds.len() {
            let n = self.count_in(kind, 0..self.case.model.n_layers());
            self.add_layers(&mut elements, kind, u64::from(n), tp, folded_most);
        }
        let table = (self.vocabulary_rows(tp) * u64::from(self.case.model.hidden)) as f64;
        let tables = if self.case.model.tied { table } else { 2.0 * table };
        let n = (elements.dense() + elements.experts) as f64 + tables;
        let copies = &self.case.stack.profile.weights;
        let optimizer = &self.case.training.optimizer;
        let all = f64::from(replicas);
        let split = |stage: ZeroStage| if zero >= stage { all } else { 1.0 };
        let state = optimizer.moment_quarter_bytes() as f64 / 4.0
            + if optimizer.master && !copies.working_is_master { 4.0 } else { 0.0 };
        let mut bytes = n * optimizer.gradients.bytes() as f64 / split(ZeroStage::Two);
        if !offload.parameters {
            bytes += n * f64::from(copies.working) / split(ZeroStage::Three);
        }
        if !offload.optimizer {
            bytes += n * state / split(ZeroStage::One);
        }
        if !offload.activations {
            bytes += 2.0 * shape.tokens_split * self.hidden * f64::from(self.n_mixers);
        }
        bytes / f64::from(pp) + self.case.stack.profile.context.as_f64()
    }
}
