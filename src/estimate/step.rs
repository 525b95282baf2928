//! F4: one training step put together.

use super::least::Load;
use super::memory::Elements;
use super::replica::{Owed, Replicas};
use super::schedule::{Way, bubble, waits};
use super::stage::{Sheet, Stage, Stages};
use super::work::Work;
use super::{Book, Time, TimePart as P};
use crate::layout::{Layout, Schedule, ZeroStage};

/// Seconds of one micro-batch on one stage, with what hides behind what already settled.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct StageTime {
    pub total: f64,
    pub forward: f64,
    pub backward: f64,
    /// The part of `backward` that may be put off.
    pub weight: f64,
    /// What a chunk takes longer, forward and backward, where no other hides its experts' exchange (DualPipe).
    pub alone: [f64; 2],
    /// What each kind of communication could hide behind.
    pub covers: Covers,
    matmul: f64,
    attention: f64,
    experts: f64,
    pointwise: f64,
    /// The part of `pointwise` that adds gradients to their sums.
    sums: f64,
    launch: f64,
    recompute: f64,
    straggler: f64,
    tensor: f64,
    context: f64,
    expert: f64,
    pipeline: f64,
    gradients: f64,
    parameters: f64,
    offload: f64,
}

/// Work that is left to hide behind, in seconds: products alone, as pointwise work wants the memory
/// for itself, and none that is done twice, so that doing more never saves time; and what the
/// accelerator waits for its host, so that faster products never cost more than they save. Each kind
/// of communication takes its part before the next: tensor parallelism hides behind products, context
/// parallelism behind attention, both then behind waiting, the others behind what these leave and the
/// experts' products.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Covers {
    pub tensor: f64,
    pub context: f64,
    pub expert: f64,
    pub parameters: f64,
    pub gradients: f64,
    pub offload: f64,
    left: f64,
}

/// Seconds of one micro-batch on one stage, as far as other stages wait for them.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Pace {
    pub total: f64,
    pub backward: f64,
    /// The part of `backward` that may be put off.
    pub weight: f64,
    /// What a chunk alone takes longer, forward and backward.
    pub alone: [f64; 2],
}

/// What follows the micro-batches, in seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Finish {
    gradients: f64,
    parameters: f64,
    update: f64,
    moved: f64,
}

impl Pace {
    /// Of a stage that does `n` times as much: every time is a sum, a maximum or a minimum of times.
    pub(crate) fn times(&self, n: f64) -> Self {
        let Self { total, backward, weight, alone: [forward, back] } = *self;
        let alone = [forward * n, back * n];
        Self { total: total * n, backward: backward * n, weight: weight * n, alone }
    }
}

impl Finish {
    pub(crate) fn total(&self) -> f64 {
        self.gradients + self.parameters + self.update + self.moved
    }
}

/// Index of the stage that takes longest, the first of equals.
pub(crate) fn slowest(times: &[StageTime]) -> u32 {
    let mut slowest = 0;
    let mut most = 0.0;
    for (i, time) in times.iter().enumerate() {
        if time.total > most {
            (slowest, most) = (i as u32, time.total);
        }
    }
    slowest
}

/// What is left of `time` when a share `hidden` of it may run behind at most `cover`.
#[inline(always)]
fn exposed(time: f64, hidden: f64, cover: f64) -> f64 {
    (time * (1.0 - hidden)).max(time - cover)
}

/// Elements of which one's share is told.
const MANY: u64 = 1 << 40;

/// Seconds of one element that a micro-batch takes longer at least: gradients and parameters that replicas owe, sums.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Open {
    dense: [f64; 3],
    experts: [f64; 3],
}

impl Open {
    /// Seconds of a stage, of which a micro-batch visits that share.
    fn least(&self, elements: &Elements, visited: f64) -> f64 {
        let (trained, all) = (elements.trained(), (elements.dense(), elements.experts));
        let of = |[gradients, parameters, sums]: [f64; 3], trained: u64, all: u64| {
            trained as f64 * (gradients + sums * visited) + all as f64 * parameters
        };
        of(self.dense, trained.0, all.0) + of(self.experts, trained.1, all.1)
    }
}

/// Share of a micro-batch's time that parameters gathered once a step may hide behind: nine tenths
/// of a third.
const FORWARD_COVER: f64 = 0.3;
/// The same for gradients: nine tenths of two thirds.
const BACKWARD_COVER: f64 = 0.6;

/// The same, using up what it hides behind: two transfers never hide behind the same work, so that
/// faster work never makes a step longer.
#[inline(always)]
fn hide(time: f64, hidden: f64, cover: &mut f64) -> f64 {
    hide_first(time, hidden, cover, &mut 0.0)
}

/// The same behind `cover`, and what does not fit there behind `rest`.
#[inline(always)]
fn hide_first(time: f64, hidden: f64, cover: &mut f64, rest: &mut f64) -> f64 {
    let (before, after) = (*cover + *rest, *cover - time * hidden);
    *cover = after.max(0.0);
    *rest = (*rest + after.min(0.0)).max(0.0);
    exposed(time, hidden, before)
}

impl Book<'_> {
    /// The slowest stage and the critical path of a step.
    pub(crate) fn time(
        &self,
        layout: &Layout,
        sheet: &Sheet,
        stages: &Stages<'_>,
        replicas: &Replicas,
    ) -> (u32, Time) {
        let send = self.send(layout, sheet);
        let price = |stage: &Stage<'_>| {
            let owed = Self::owed(replicas, &stage.elements);
            self.stage_time(layout, sheet, stage, &owed, send)
        };
        let times: Vec<StageTime> = stages.classes.iter().map(price).collect();
        let slow = slowest(&times);
        let m = f64::from(layout.n_micro_batches(self.case.training.global_batch).max(1));
        let last = self.finish(layout, stages, &times, replicas);
        let mut time = Time::ZERO;
        let Some(slow_time) = times.get(slow as usize) else {
            return (0, time);
        };
        slow_time.write(&mut time, m);
        time.set(P::Bubble, bubble(layout, stages, &times));
        time.set(P::Gradients, slow_time.gradients * m + last.gradients);
        time.set(P::Parameters, slow_time.parameters * m + last.parameters);
        time.set(P::Optimizer, last.update);
        time.set(P::Offload, slow_time.offload * m + last.moved);
        time.set(P::Overhead, self.case.stack.profile.step_overhead.get());
        (stages.classes.get(slow as usize).map_or(0, |stage| stage.class.first), time)
    }

    /// At most the seconds of a step that recomputes no fewer layers than `few` and no more than `many`, alike but
    /// for these: the work of the first and the transfers of the second.
    pub(crate) fn least_between(
        &self,
        (few, many): (&Layout, &Layout),
        sheet: &Sheet,
        stages: &Stages<'_>,
        replicas: &Replicas,
    ) -> f64 {
        let send = self.send(few, sheet);
        let price = |stage: &Stage<'_>| {
            let owed = Self::owed(replicas, &stage.elements);
            let transfers = self.transfers(many, sheet, stage);
            self.stage_time_moving(few, sheet, stage, (&owed, send), transfers)
        };
        let times: Vec<StageTime> = stages.classes.iter().map(price).collect();
        let last = self.finish(few, stages, &times, replicas);
        self.quick_total(few, stages, &times) + last.total()
    }

    /// What is left to do when the micro-batches are done, by the stage that has most of each.
    pub(crate) fn finish(
        &self,
        layout: &Layout,
        stages: &Stages<'_>,
        times: &[StageTime],
        replicas: &Replicas,
    ) -> Finish {
        let overlap = &self.case.stack.profile.overlap;
        let mut most = Finish::default();
        // Behind the last micro-batch backward, and the next one forward, of the slowest stage: two
        // thirds and a third of its time, but for the layers whose gradients come last or whose
        // parameters are wanted first.
        let slow = times.get(slowest(times) as usize).map_or(0.0, |slow| slow.total);
        let (f_cover, b_cover) = (FORWARD_COVER * slow, BACKWARD_COVER * slow);
        for stage in &stages.classes {
            let owed = Self::owed(replicas, &stage.elements);
            let behind = exposed(owed.gradients, overlap.gradients.get(), b_cover);
            most.gradients = most.gradients.max(behind);
            let ahead = exposed(owed.parameters, overlap.parameters.get(), f_cover);
            most.parameters = most.parameters.max(ahead);
            let (math, moving) = self.update(layout, replicas, &stage.elements);
            most.update = most.update.max(math);
            most.moved = most.moved.max(moving);
        }
        most
    }

    /// The step in one number, to bound with: the parts in another order than [`Time`] sums them.
    pub(crate) fn quick_total(
        &self,
        layout: &Layout,
        stages: &Stages<'_>,
        times: &[StageTime],
    ) -> f64 {
        let m = f64::from(layout.n_micro_batches(self.case.training.global_batch).max(1));
        let Some(slow) = times.get(slowest(times) as usize) else {
            return 0.0;
        };
        let overhead = self.case.stack.profile.step_overhead.get();
        m * slow.total + bubble(layout, stages, times) + overhead
    }

    /// The same for stages told by their number and their time, `m` being the number of micro-batches.
    pub(crate) fn plain_total(&self, way: &Way, m: u32, stages: &[(f64, Pace)]) -> f64 {
        let slow = stages.iter().map(|(_, pace)| pace.total).fold(0.0, f64::max);
        let waiting = waits(way, stages.iter().copied());
        f64::from(m) * slow + waiting + self.case.stack.profile.step_overhead.get()
    }

    /// At most what follows the micro-batches and what replicas owe with each of `m`, of stages of which the
    /// average owes that much, works `busy` more with each micro-batch, updates, and the slowest takes at least `slow`.
    ///
    /// What more the slowest takes hides at most nine tenths of itself behind it, and takes all of itself.
    pub(crate) fn least_dues(
        &self,
        owed: &Owed,
        (busy, update): (f64, f64),
        slow: f64,
        (m_each, m_busy): (f64, f64),
    ) -> f64 {
        let each = self.open_each(owed);
        self.least_once(owed, update, slow + each + busy) + m_each * each + m_busy * busy
    }

    /// The same of what follows the micro-batches alone, the slowest stage taking `slow` with each.
    pub(crate) fn least_once(&self, owed: &Owed, update: f64, slow: f64) -> f64 {
        let overlap = &self.case.stack.profile.overlap;
        exposed(owed.gradients, overlap.gradients.get(), BACKWARD_COVER * slow)
            + exposed(owed.parameters, overlap.parameters.get(), FORWARD_COVER * slow)
            + update
    }

    /// Seconds at least by which the slowest stage takes longer with each micro-batch than the slowest of `times`, which
    /// owe nothing and sum no gradients, under a choice of ZeRO-2 or 3: each stage takes what nothing hides of what it
    /// owes, and sums its share.
    pub(crate) fn least_owing(stages: &Stages<'_>, times: &[StageTime], open: &Open) -> f64 {
        let (mut plain, mut most) = (0.0_f64, 0.0_f64);
        for (stage, time) in stages.classes.iter().zip(times) {
            plain = plain.max(time.total);
            most = most.max(time.total + open.least(&stage.elements, stage.visited));
        }
        most - plain
    }

    /// What each element adds under a choice of ZeRO.
    pub(crate) fn open(&self, layout: &Layout, replicas: &Replicas) -> Open {
        let one = |dense, experts| {
            let elements = Elements { mixer: dense, experts, ..Elements::default() };
            let owed = Self::least_owed(replicas, &elements, 1.0);
            let parameters = self.open_each(&Owed { gradients_each: 0.0, ..owed });
            let gradients = self.open_each(&Owed { parameters_each: 0.0, ..owed });
            let sums = self.accumulate(layout, &elements);
            [gradients, parameters, sums].map(|seconds| seconds / MANY as f64)
        };
        Open { dense: one(MANY, 0), experts: one(0, MANY) }
    }

    /// Seconds that a micro-batch takes longer at least for what replicas owe and sum of these elements. Under DualPipe
    /// what is owed counts for nothing: a third of it is forward work, which there does not wait as backward work does.
    pub(crate) fn least_each(
        &self,
        layout: &Layout,
        replicas: &Replicas,
        elements: &Elements,
    ) -> f64 {
        let sums = self.accumulate(layout, elements);
        if layout.schedule == Schedule::DualPipe {
            return sums;
        }
        sums + self.open_each(&Self::least_owed(replicas, elements, 1.0))
    }

    /// What nothing hides of what is owed with each micro-batch.
    fn open_each(&self, owed: &Owed) -> f64 {
        let overlap = &self.case.stack.profile.overlap;
        owed.gradients_each * (1.0 - overlap.gradients.get())
            + 2.0 * owed.parameters_each * (1.0 - overlap.parameters.get())
    }

    /// Seconds to send one micro-batch's activations to the next stage.
    pub(crate) fn send(&self, layout: &Layout, sheet: &Sheet) -> f64 {
        use crate::layout::Placement;
        if layout.pp <= 1 {
            return 0.0;
        }
        let inside = u64::from(layout.tp) * u64::from(layout.cp);
        let stride = match layout.placement {
            Placement::PipelineOutside => inside * u64::from(layout.dp),
            Placement::PipelineInside => inside,
        };
        let extent = self.network.line(stride, u64::from(layout.pp));
        // Each tensor-parallel rank sends its share; without sequence parallelism the receivers gather the whole
        // (arXiv 2104.04473, section 4.1).
        let whole = 2.0 * sheet.shape.tokens * self.hidden;
        let pass = self.network.pass(&extent, whole / sheet.shape.tp, 1.0);
        if layout.sp || layout.tp <= 1 {
            return pass;
        }
        pass + self.network.gather(&self.network.line(1, u64::from(layout.tp)), whole)
    }

    /// One micro-batch on one stage.
    pub(crate) fn stage_time(
        &self,
        layout: &Layout,
        sheet: &Sheet,
        stage: &Stage<'_>,
        owed: &Owed,
        send: f64,
    ) -> StageTime {
        let transfers = self.transfers(layout, sheet, stage);
        self.stage_time_moving(layout, sheet, stage, (owed, send), transfers)
    }

    /// The same, with transfers to and from the host of that many seconds.
    fn stage_time_moving(
        &self,
        layout: &Layout,
        sheet: &Sheet,
        stage: &Stage<'_>,
        (owed, send): (&Owed, f64),
        transfers: f64,
    ) -> StageTime {
        let own = self.stage_alone(layout, sheet, stage, send);
        self.stage_owing(&own, layout, stage, owed, transfers)
    }

    /// What does not depend on ZeRO of it: its own work and its sends, not summed up.
    pub(crate) fn stage_alone(
        &self,
        layout: &Layout,
        sheet: &Sheet,
        stage: &Stage<'_>,
        send: f64,
    ) -> StageTime {
        let again = self.recompute(layout, sheet, stage);
        let mut t = self.work_time(layout.schedule, &stage.forward, &stage.backward, &again);
        t.weight = stage.weight;
        let Layout { schedule, vpp, .. } = *layout;
        t.pipeline = self.sends(send, (schedule, vpp), stage.n_chunks as f64 * stage.visited);
        t
    }

    /// The rest of it: the sums of gradients, what replicas owe with each micro-batch, transfers.
    pub(crate) fn stage_owing(
        &self,
        own: &StageTime,
        layout: &Layout,
        stage: &Stage<'_>,
        owed: &Owed,
        transfers: f64,
    ) -> StageTime {
        let overlap = &self.case.stack.profile.overlap;
        let mut t = *own;
        t.sums = self.accumulate(layout, &stage.elements) * stage.visited;
        t.pointwise += t.sums;
        // Parameters come with each forward, and again with each backward.
        t.covers.parameters = t.covers.left;
        let both = 2.0 * owed.parameters_each;
        t.parameters = hide(both, overlap.parameters.get(), &mut t.covers.left);
        t.covers.gradients = t.covers.left;
        let each = owed.gradients_each;
        t.gradients = hide(each, overlap.gradients.get(), &mut t.covers.left);
        t.covers.offload = t.covers.left;
        t.offload = hide(transfers, overlap.offload.get(), &mut t.covers.left);
        t.finish(stage.forward.busy())
    }

    /// Adding a micro-batch's gradients to the sum: to a share of it where ZeRO-2 and 3 reduce them first.
    pub(crate) fn accumulate(&self, layout: &Layout, elements: &Elements) -> f64 {
        let (dense, experts) = elements.trained();
        if layout.zero < ZeroStage::Two {
            let n = (dense + experts) as f64;
            return self.kernels.stream(n * self.case.stack.profile.accumulate_bytes.get());
        }
        let shards = Self::shards(layout);
        let n = dense as f64 / shards.dense as f64 + experts as f64 / shards.experts as f64;
        self.kernels.stream(n * self.case.stack.profile.accumulate_bytes.get())
    }

    /// Pace of a stage that owes no more to others than its load says and does nothing twice, `sends` being the seconds
    /// of its sends: about the same bits.
    pub(crate) fn plain_pace(&self, schedule: Schedule, load: &Load, sends: f64) -> Pace {
        let mut t = self.work_time(schedule, &load.work, &Work::default(), &Again::default());
        // Forward and backward exchange the same bytes.
        t.alone = [0.5 * t.alone[0]; 2];
        t.weight = load.weight;
        t.pointwise += load.each;
        t.pipeline = sends;
        t.finish(load.forward).pace()
    }

    /// Seconds of all sends of a micro-batch that nothing hides, from those of one.
    pub(crate) fn sends(&self, send: f64, way: (Schedule, u32), visited: f64) -> f64 {
        // Plain 1F1B waits for each send; interleaving has other chunks to work on meanwhile, DualPipe those of the
        // other direction (arXiv 2412.19437, section 3.2.1).
        let hides = way.1 > 1 || way.0 == Schedule::DualPipe;
        let hidden = if hides { self.case.stack.profile.overlap.pipeline.get() } else { 0.0 };
        send * (2.0 * visited) * (1.0 - hidden)
    }

    /// Share of the experts' exchange that may hide.
    pub(super) fn hidden_exchange(&self, schedule: Schedule) -> f64 {
        let dual = schedule == Schedule::DualPipe;
        if dual { 1.0 } else { self.case.stack.profile.overlap.expert.get() }
    }

    /// A stage's own work, and the communication within its layers.
    #[inline(always)]
    fn work_time(&self, schedule: Schedule, f: &Work, b: &Work, again: &Again) -> StageTime {
        let overlap = &self.case.stack.profile.overlap;
        let mut t = StageTime {
            matmul: f.matmul + b.matmul,
            attention: f.attention + b.attention,
            experts: f.experts + b.experts,
            pointwise: f.pointwise + b.pointwise,
            launch: f.launch + b.launch,
            recompute: again.busy,
            ..StageTime::default()
        };
        let busy = f.busy() + b.busy() + again.busy;
        t.straggler = busy * (self.case.stack.profile.straggler.get() - 1.0).max(0.0);
        let (mut matmul, mut attention) = (t.matmul, t.attention);
        let mut wait = f.wait + b.wait;
        t.covers.tensor = matmul + wait;
        let tensor = f.tensor + b.tensor + again.tensor;
        t.tensor = hide_first(tensor, overlap.tensor.get(), &mut matmul, &mut wait);
        t.covers.context = attention + wait;
        let context = f.context + b.context + again.context;
        t.context = hide_first(context, overlap.context.get(), &mut attention, &mut wait);
        let expert = f.expert + b.expert + again.expert;
        let hidden = self.hidden_exchange(schedule);
        t.covers.left = matmul + attention + wait + t.experts;
        t.covers.expert = t.covers.left;
        t.expert = hide(expert, hidden, &mut t.covers.left);
        if schedule == Schedule::DualPipe && expert > 0.0 {
            let alone = (expert - t.expert) / expert;
            t.alone = [alone * f.expert, alone * (b.expert + again.expert)];
        }
        t
    }

    /// Forward work done again: whole layers, and the cheap operations of the others.
    fn recompute(&self, layout: &Layout, sheet: &Sheet, stage: &Stage<'_>) -> Again {
        let mut again = Again::default();
        let k = layout.recompute.full_layers;
        if k == 0 && !layout.recompute.selective {
            return again;
        }
        for (cost, count, whole) in stage.layers(self, sheet, k) {
            let n = f64::from(whole) * stage.visited;
            again.busy += cost.again() * n;
            again.tensor += cost.forward.tensor * n;
            again.context += cost.forward.context * n;
            again.expert += cost.forward.expert * n;
            if layout.recompute.selective {
                again.busy += cost.selective * f64::from(count - whole) * stage.visited;
            }
        }
        again
    }

    /// Transfers to and from the host with each micro-batch, all of their time.
    fn transfers(&self, layout: &Layout, sheet: &Sheet, stage: &Stage<'_>) -> f64 {
        let offload = &layout.offload;
        if !offload.activations && !offload.parameters {
            return 0.0;
        }
        let mut bytes = 0.0;
        if offload.activations {
            let k = layout.recompute.full_layers;
            for (cost, count, whole) in stage.layers(self, sheet, k) {
                let kept = if layout.recompute.selective { cost.kept_selective } else { cost.kept };
                let checkpoint = cost.kept_checkpoint.min(kept);
                let all = f64::from(count - whole) * kept + f64::from(whole) * checkpoint;
                bytes += all * stage.visited;
            }
        }
        if offload.parameters {
            let all = (stage.elements.dense() + stage.elements.experts) as f64;
            bytes += all * f64::from(self.case.stack.profile.weights.gathered);
        }
        2.0 * bytes / self.case.cluster.host.link.get()
    }
}

/// Forward work done again in the backward pass.
#[derive(Clone, Copy, Default)]
struct Again {
    busy: f64,
    tensor: f64,
    context: f64,
    expert: f64,
}

impl StageTime {
    /// The same, had the gradients not to be summed on this rank.
    pub(crate) fn without_sums(&self) -> Self {
        let Self { total, backward, pointwise, sums, .. } = *self;
        let less = |time: f64| time - sums;
        let (total, backward, pointwise) = (less(total), less(backward), less(pointwise));
        Self { total, backward, pointwise, sums: 0.0, ..*self }
    }

    /// What others wait for of it.
    #[inline(always)]
    pub(crate) const fn pace(&self) -> Pace {
        let Self { total, backward, weight, alone, .. } = *self;
        Pace { total, backward, weight, alone }
    }

    /// Sums up; a third of what is not work counts as forward, beside `forward` seconds of work.
    #[inline(always)]
    fn finish(mut self, forward: f64) -> Self {
        let busy = self.matmul + self.attention + self.experts + self.pointwise + self.launch;
        let rest = self.tensor
            + self.context
            + self.expert
            + self.pipeline
            + self.gradients
            + self.parameters
            + self.offload;
        self.total = busy + self.recompute + self.straggler + rest;
        self.forward = forward + (self.straggler + rest) / 3.0;
        self.backward = self.total - self.forward;
        self
    }

    fn write(&self, time: &mut Time, m: f64) {
        let parts = [
            (P::Matmul, self.matmul),
            (P::Attention, self.attention),
            (P::Experts, self.experts),
            (P::Pointwise, self.pointwise),
            (P::Launch, self.launch),
            (P::Recompute, self.recompute),
            (P::Straggler, self.straggler),
            (P::Tensor, self.tensor),
            (P::Context, self.context),
            (P::Expert, self.expert),
            (P::Pipeline, self.pipeline),
        ];
        for (part, seconds) in parts {
            time.set(part, seconds * m);
        }
    }
}
