//! F4: lower bounds for the search, beside the formulas that they bound.

use super::Book;
use super::memory::Elements;
use super::schedule::Way;
use super::stage::{Sheet, SheetKey};
use super::step::Pace;
use super::work::{Cost, Shape, Work};
use crate::layout::Schedule;
use crate::layout::split::{Cut, StageClass};
use crate::model::Ffn;

/// Work of one micro-batch, forward and backward together.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Load {
    pub(super) work: Work,
    /// Seconds of the forward pass in it, communication aside.
    pub(super) forward: f64,
    /// Seconds that may be put off.
    pub(super) weight: f64,
    /// Seconds of what replicas owe and sum.
    pub(super) each: f64,
}

/// Seconds that every micro-batch takes longer at least for what replicas owe and sum of a layer of each kind, of the
/// embedding and of the head, in this order.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Each(Vec<f64>);

impl Each {
    /// The least of all choices, each of which tells the seconds of some elements.
    pub(crate) fn least<F: Fn(&Elements) -> f64>(
        pieces: &[Elements],
        choices: impl Iterator<Item = F>,
    ) -> Self {
        let mut least = vec![f64::INFINITY; pieces.len()];
        for seconds in choices {
            for (least, piece) in least.iter_mut().zip(pieces) {
                *least = least.min(seconds(piece));
            }
        }
        Self(least)
    }

    fn of(&self, piece: usize) -> f64 {
        self.0.get(piece).copied().unwrap_or(0.0)
    }
}

impl Load {
    pub(crate) fn of(cost: &Cost) -> Self {
        let work = cost.forward + cost.backward;
        Self { work, forward: cost.forward.busy(), weight: cost.weight, each: 0.0 }
    }

    fn add(&mut self, other: &Self, n: f64) {
        self.work += other.work.times(n);
        self.forward += other.forward * n;
        self.weight += other.weight * n;
        self.each += other.each * n;
    }

    /// Seconds that the accelerator waits for its host.
    pub(crate) const fn waits(&self) -> f64 {
        self.work.wait
    }

    /// Both.
    pub(crate) fn with(&self, other: &Self) -> Self {
        let mut both = *self;
        both.add(other, 1.0);
        both
    }
}

/// Pace of one stage that did the work of all, doing nothing twice, owing and sending nothing.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Whole {
    plain: Pace,
    /// Under DualPipe, which hides the experts' exchange.
    dual: Pace,
}

impl Whole {
    /// Of the average of `pp` stages.
    pub(crate) fn average(&self, schedule: Schedule, pp: u32) -> Pace {
        let whole = if schedule == Schedule::DualPipe { &self.dual } else { &self.plain };
        whole.times(1.0 / f64::from(pp))
    }
}

/// Loads of one layer of each kind, and of both ends.
#[derive(Clone, Debug)]
pub(crate) struct Loads {
    kinds: Vec<Load>,
    embedding: Load,
    head: Load,
}

impl Loads {
    /// Of priced layers.
    pub(crate) fn of(sheet: &Sheet) -> Self {
        Self {
            kinds: sheet.kinds.iter().map(Load::of).collect(),
            embedding: Load::of(&sheet.embedding),
            head: Load::of(&sheet.head),
        }
    }

    /// Load of one stage, of which a micro-batch visits that share, and `each` at least is owed.
    fn stage(&self, class: &StageClass, visited: f64, each: Option<&Each>) -> Load {
        let mut all = Load::default();
        let owed = |piece| each.map_or(0.0, |each| each.of(piece));
        for (i, (load, count)) in self.kinds.iter().zip(&class.counts).enumerate() {
            if *count > 0 {
                all.add(load, f64::from(*count) * visited);
                all.each += owed(i) * f64::from(*count) * visited;
            }
        }
        let ends = [(class.embedding, &self.embedding), (class.head, &self.head)];
        for (i, (there, load)) in ends.into_iter().enumerate() {
            if there {
                all.add(load, visited);
                all.each += owed(self.kinds.len() + i) * visited;
            }
        }
        all
    }
}

impl Book<'_> {
    /// Work of all layers, given what each kind costs.
    pub(crate) fn layers_work(&self, kinds: &[Cost]) -> Load {
        let mut all = Load::default();
        let last = self.case.model.pattern.last().map(|kind| usize::from(*kind));
        for (kind, cost) in kinds.iter().enumerate() {
            let mtp = if last == Some(kind) { self.case.model.mtp_layers } else { 0 };
            let n = self.count_in(kind, 0..self.case.model.n_layers()) + mtp;
            all.add(&Load::of(cost), f64::from(n));
        }
        all
    }

    /// Work of both ends, multi-token prediction's heads included.
    pub(crate) fn ends_work(&self, [embedding, head]: &[Cost; 2]) -> Load {
        let mut all = Load::default();
        all.add(&Load::of(embedding), 1.0);
        all.add(&Load::of(head), f64::from(1 + self.case.model.mtp_layers));
        all
    }

    /// What each kind's feed-forward part costs at most under any split of the experts: their products at the peak of
    /// their curve, their exchanges free.
    pub(crate) fn least_ffns(&self, shape: &Shape) -> Vec<Cost> {
        let price = |kind: &crate::model::LayerKind| match &kind.ffn {
            Ffn::Moe(moe) => self.least_moe(moe, shape),
            other => self.ffn(other, shape),
        };
        self.case.model.kinds.iter().map(price).collect()
    }

    /// The work of all of these.
    pub(crate) fn least_ffn_work(&self, kinds: &[Cost]) -> Load {
        let mut all = self.layers_work(kinds);
        if self.case.model.experts() > 0 {
            // How much of an expert's work may be put off depends on its split: all of it, to be safe.
            all.weight = all.work.busy();
        }
        all
    }

    /// Pace of one stage that did the `work` of all.
    pub(crate) fn whole(&self, work: &Load) -> Whole {
        let pace = |schedule| self.plain_pace(schedule, work, 0.0);
        Whole { plain: pace(Schedule::OneFOneB), dual: pace(Schedule::DualPipe) }
    }

    /// Seconds of a micro-batch on the slowest stage of a cut, doing nothing twice, moving nothing and owing `each`;
    /// `send` is the seconds of one send.
    pub(crate) fn plain_slowest(
        &self,
        (loads, each): (&Loads, &Each),
        cut: &Cut,
        way: &Way,
        send: f64,
    ) -> f64 {
        let visits = f64::from(cut.chunks_visited);
        let sends = self.sends(send, (way.schedule, way.vpp), visits);
        let stage = |class: &StageClass| {
            let visited = f64::from(cut.chunks_visited) / class.chunks.len().max(1) as f64;
            self.plain_pace(way.schedule, &loads.stage(class, visited, Some(each)), sends).total
        };
        cut.classes.iter().map(stage).fold(0.0, f64::max)
    }

    /// About what a step takes whose stages do nothing twice, move nothing and owe no more than `each`, and what the
    /// slowest takes of it with each micro-batch; `send` is the seconds of one send.
    pub(crate) fn plain_step(
        &self,
        (loads, each): (&Loads, Option<&Each>),
        cut: &Cut,
        way: &Way,
        m: u32,
        send: f64,
        scratch: &mut Vec<(f64, Pace)>,
    ) -> (f64, f64) {
        let visits = f64::from(cut.chunks_visited);
        let sends = self.sends(send, (way.schedule, way.vpp), visits);
        scratch.clear();
        scratch.extend(cut.classes.iter().map(|class| {
            let visited = f64::from(cut.chunks_visited) / class.chunks.len().max(1) as f64;
            let pace = self.plain_pace(way.schedule, &loads.stage(class, visited, each), sends);
            (f64::from(class.count), pace)
        }));
        let slow = scratch.iter().map(|(_, pace)| pace.total).fold(0.0, f64::max);
        (self.plain_total(way, m, scratch), slow)
    }

    /// Parameters of all layers and tables on the ranks that share them, together: at most what all stages hold.
    pub(crate) fn least_elements(&self, tp: u32, expert_ranks: u64) -> Elements {
        let tp = u64::from(tp);
        let adapters = self.adapter_rank.map(|_| 0);
        let mut elements = Elements { adapters, ..Elements::default() };
        for kind in 0..self.kinds.len() {
            let n = self.count_in(kind, 0..self.case.model.n_layers());
            self.add_layers(&mut elements, kind, u64::from(n), tp, expert_ranks);
        }
        elements.embedding = self.vocabulary_rows(tp) * u64::from(self.case.model.hidden);
        elements.head = if self.case.model.tied { 0 } else { elements.embedding };
        elements
    }

    /// What a layer of each kind holds on one rank, and what the embedding and the head hold, wherever they stand.
    pub(crate) fn pieces(&self, tp: u32, expert_ranks: u64) -> Vec<Elements> {
        let tp = u64::from(tp);
        let model = &self.case.model;
        let none = Elements { adapters: self.adapter_rank.map(|_| 0), ..Elements::default() };
        let layers = |kind, n| {
            let mut elements = none;
            self.add_layers(&mut elements, kind, n, tp, expert_ranks);
            elements
        };
        let table = self.vocabulary_rows(tp) * u64::from(model.hidden);
        let last = model.pattern.last().map_or(0, |kind| usize::from(*kind));
        let head = if model.tied { 0 } else { table };
        let mut pieces: Vec<Elements> = (0..self.kinds.len()).map(|kind| layers(kind, 1)).collect();
        pieces.push(Elements { embedding: table, ..none });
        pieces.push(Elements { head, ..layers(last, u64::from(model.mtp_layers)) });
        pieces
    }

    /// Seconds of all layers and both ends on the average of `pp` stages.
    pub(crate) fn average_each(&self, each: &Each, pp: u32) -> f64 {
        let kinds = self.kinds.len();
        let layers = 0..self.case.model.n_layers();
        let of = |kind| each.of(kind) * f64::from(self.count_in(kind, layers.clone()));
        let all = (0..kinds).map(of).sum::<f64>() + each.of(kinds) + each.of(kinds + 1);
        all / f64::from(pp)
    }

    /// Seconds that any layout whose average stage takes `t` with each micro-batch, `weight` of it to be put off, and
    /// whose slowest at least `slow`, takes at least under a schedule.
    ///
    /// With `t_max` the slowest stage's time, at least both, interleaving takes
    /// `m t_max + (sum t - t_max) / vpp >= (m - 1 / vpp) t_max + (pp / vpp) t`; a zero-bubble schedule
    /// `m t_max + sum (t - c W)+ - max (t - c W)+ >= (m - 1) t_max + pp (t - c W)+`.
    pub(crate) fn least_time(&self, (t, weight): (f64, f64), slow: f64, way: &Way, m: u32) -> f64 {
        let Way { schedule, pp, vpp } = *way;
        let (p, m, v) = (f64::from(pp), f64::from(m), f64::from(vpp));
        let slow = slow.max(t);
        let waiting = |c: f64| (m - 1.0) * slow + p * (t - c * weight).max(0.0);
        let pipeline = match schedule {
            Schedule::OneFOneB | Schedule::GPipe => (m - 1.0) * slow + p * t,
            Schedule::Interleaved | Schedule::BreadthFirst => (m - 1.0 / v) * slow + p / v * t,
            Schedule::ZeroBubble => waiting(2.0).max(m * slow),
            Schedule::ZeroBubbleV => waiting(3.0).max(m * slow),
            Schedule::DualPipe => m * slow,
        };
        pipeline + self.case.stack.profile.step_overhead.get()
    }

    /// Bytes of one checkpoint a layer, on the average of `pp` stages.
    pub(crate) fn least_checkpoints(&self, key: &SheetKey, pp: u32) -> f64 {
        let shape: Shape = self.shape(key);
        2.0 * shape.tokens_split * self.hidden * f64::from(self.n_mixers) / f64::from(pp)
    }
}
