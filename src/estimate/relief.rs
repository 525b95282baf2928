//! F4: what it costs at least to make a layout fit that does not: lower bounds for the search.

use super::room::{Thrift, stays};
use super::stage::{Sheet, Stage};
use super::step::StageTime;
use super::work::Cost;
use super::{Book, Memory, MemoryPart as P, Replicas};
use crate::layout::{Layout, Offload, Schedule};
use crate::units::Bytes;

/// A stage that does not fit.
pub(crate) struct TooFull<'s> {
    pub stage: &'s Stage<'s>,
    /// Its states, by part.
    pub states: Memory,
    /// Its time with nothing recomputed or offloaded.
    pub time: StageTime,
    /// The slowest stage and its time.
    pub slow: &'s Stage<'s>,
    pub slow_time: StageTime,
    /// Bytes too many.
    pub excess: Bytes,
}

/// What could be taken from a stage that does not fit, and at what cost.
pub(crate) struct Relief {
    m: f64,
    visited: f64,
    /// Micro-batches in flight, in the whole stage's worth.
    chunks: f64,
    /// Its time, and that of the slowest stage.
    total: f64,
    slow_total: f64,
    /// Layers of its chunks, and the least seconds of one of them.
    slow_chunks: Vec<u32>,
    slow_layer: f64,
    slow: [Vertex; 3],
    excess: f64,
    optimizer_bytes: f64,
    optimizer_time: f64,
    weight_bytes: f64,
    weight_moved: f64,
    /// The fullest stage with nothing recomputed, every layer selectively, every layer whole.
    fullest: [Vertex; 3],
    /// Seconds of a micro-batch for each byte that recomputing a layer frees, of the kind where that is
    /// cheapest, without and with selective recompute: the first layers of each chunk may be of it.
    price: [f64; 2],
    /// Least seconds to recompute or move what the fullest and the slowest stage keep, kind by kind.
    fullest_moved: [f64; 2],
    slow_moved: [f64; 2],
    /// Bytes of the layer that is being recomputed, and of the two that are on their way to or from the host, without
    /// and with selective recompute.
    workspace: [f64; 2],
    near: [f64; 2],
    /// The same of two layers that are recomputed whole.
    near_whole: f64,
    /// Most bytes that one more recomputed layer of each chunk frees, without and with selective recompute.
    layer_frees: [f64; 2],
    slack: f64,
    /// Least share of a transfer that nothing hides.
    way: f64,
    /// Bytes a second to the host.
    link: f64,
}

/// Bytes that rounding each part to whole ones may have added.
const ROUNDING: f64 = 8.0;

/// An extreme choice of recompute: bytes kept of a micro-batch, and seconds that it adds.
#[derive(Clone, Copy, Default)]
struct Vertex {
    bytes: f64,
    seconds: f64,
}

/// States that the optimizer's offload moves, and that of parameters.
const OPTIMIZER: [P; 3] = [P::Master, P::Moments, P::Update];
const WEIGHTS: [P; 5] =
    [P::WeightsMixer, P::WeightsFfn, P::WeightsExperts, P::WeightsEmbedding, P::WeightsHead];

fn sum(states: &Memory, parts: &[P]) -> Bytes {
    parts.iter().map(|part| states.get(*part)).sum()
}

impl Relief {
    /// Bytes of states that an offload moves.
    pub(crate) fn states_moved(states: &Memory, offload: &Offload) -> Bytes {
        let optimizer = if offload.optimizer { sum(states, &OPTIMIZER) } else { Bytes::ZERO };
        let weights = if offload.parameters { sum(states, &WEIGHTS) } else { Bytes::ZERO };
        optimizer + weights
    }

    /// What could be taken from `full`.
    pub(crate) fn new(
        book: &Book<'_>,
        layout: &Layout,
        sheet: &Sheet,
        replicas: &Replicas,
        full: &TooFull<'_>,
    ) -> Self {
        let TooFull { stage, states, time, slow, slow_time, excess } = full;
        let profile = &book.case.stack.profile;
        let way = 1.0 - profile.overlap.offload.get();
        let away = Layout { offload: Offload { optimizer: true, ..layout.offload }, ..*layout };
        let (stays, _) = book.update(layout, replicas, &stage.elements);
        let (math, moved) = book.update(&away, replicas, &stage.elements);
        let n = (stage.elements.dense() + stage.elements.experts) as f64;
        let mut relief = Self {
            m: f64::from(layout.n_micro_batches(book.case.training.global_batch).max(1)),
            visited: stage.visited,
            chunks: book.chunks_in_flight(layout, stage.class),
            total: time.total,
            slow_total: slow_time.total,
            slow_chunks: slow.class.chunks.iter().map(|chunk| chunk.len() as u32).collect(),
            slow_layer: f64::MAX,
            slow: vertices(book, layout.schedule, sheet, slow),
            excess: excess.as_f64(),
            optimizer_bytes: sum(states, &OPTIMIZER).as_f64(),
            optimizer_time: (math + moved * way - stays).max(0.0),
            weight_bytes: sum(states, &WEIGHTS).as_f64(),
            weight_moved: n * f64::from(profile.weights.gathered),
            fullest: vertices(book, layout.schedule, sheet, stage),
            price: [f64::MAX; 2],
            fullest_moved: [0.0; 2],
            slow_moved: [0.0; 2],
            layer_frees: [0.0; 2],
            workspace: [0.0; 2],
            near: [0.0; 2],
            near_whole: 0.0,
            slack: 1.0 + profile.slack.get(),
            way,
            link: book.case.cluster.host.link.get(),
        };
        let schedule = layout.schedule;
        relief.set_layers(book, schedule, sheet, (stage, slow));
        relief.set_prices(book, schedule, sheet, stage);
        let per_byte = 2.0 * way / relief.link;
        relief.fullest_moved = moved_kinds(book, schedule, sheet, stage, per_byte);
        relief.slow_moved = moved_kinds(book, schedule, sheet, slow, per_byte);
        relief
    }

    fn set_prices(
        &mut self,
        book: &Book<'_>,
        schedule: Schedule,
        sheet: &Sheet,
        stage: &Stage<'_>,
    ) {
        for (cost, ..) in stage.layers(book, sheet, 0) {
            let to = cost.kept_checkpoint.min(cost.kept_selective);
            let again = book.least_again(schedule, cost);
            let price = |old: f64, kept: f64, selective: f64| {
                let added = (again - book.straggling(selective)).max(0.0) * stage.visited;
                let freed = (kept - to) * self.chunks * self.slack;
                if freed > 0.0 { old.min(added / freed) } else { old }
            };
            let [plain, selective] = self.price;
            self.price = [
                price(plain, cost.kept, 0.0),
                price(selective, cost.kept_selective, cost.selective),
            ];
        }
    }

    fn set_layers(
        &mut self,
        book: &Book<'_>,
        schedule: Schedule,
        sheet: &Sheet,
        (stage, slow): (&Stage<'_>, &Stage<'_>),
    ) {
        for (cost, ..) in stage.layers(book, sheet, 0) {
            let to = cost.kept_checkpoint.min(cost.kept_selective);
            let most = |old: f64, from: f64| old.max(from - to);
            let [plain, selective] = self.layer_frees;
            self.layer_frees = [most(plain, cost.kept), most(selective, cost.kept_selective)];
        }
        let scale = stage.n_chunks as f64 * self.chunks * self.slack;
        self.layer_frees = self.layer_frees.map(|bytes| bytes * scale);
        let (workspace, near, near_whole) = staying(book, sheet, stage);
        self.near_whole = near_whole * self.slack;
        self.workspace = workspace.map(|bytes| bytes * self.slack);
        self.near = near.map(|bytes| bytes * self.slack);
        for (cost, ..) in slow.layers(book, sheet, 0) {
            let again = book.least_again(schedule, cost) * slow.visited;
            self.slow_layer = self.slow_layer.min(again);
        }
    }

    /// Seconds that the slowest stage's own recompute adds at least: as many layers of each chunk as free
    /// `excess` bytes from the fullest one.
    fn slow_seconds(&self, excess: f64, selective: bool) -> f64 {
        let frees = self.layer_frees[usize::from(selective)];
        let k = if excess > 0.0 { (excess / frees - 1e-6).ceil().max(1.0) } else { 0.0 };
        let layers = self.slow_chunks.iter().map(|n| f64::from(*n).min(k)).sum::<f64>();
        let whole = if layers > 0.0 { layers * self.slow_layer } else { 0.0 };
        // A layer recomputed whole does not recompute selectively as well.
        if selective { whole.max(self.slow[1].seconds) } else { whole }
    }

    /// Seconds that a stage adds at least to a micro-batch by moving its activations out and in: `least` if all
    /// that may hide does, and no less than what is left when all that the stage does hides it.
    fn moved(&self, least: f64, full: &Vertex, total: f64) -> f64 {
        least.max(2.0 * full.bytes / self.link - total)
    }

    /// Seconds that a step takes at least beyond its plain form, when this is offloaded and selective recompute
    /// is on or off, and `whole` layers may be recomputed or not; none if no number of recomputed layers makes it fit.
    ///
    /// What offloading frees comes off the excess; the rest must come from recomputing layers, at best each byte at
    /// the price of the cheapest kind. The slowest stage recomputes and moves its share as well.
    pub(crate) fn least(&self, offload: &Offload, selective: bool, whole: bool) -> Option<f64> {
        let [none, some, full] = &self.fullest;
        let from = if selective { some } else { none };
        let scale = self.chunks * self.slack;
        let kept = |v: &Vertex| v.bytes / self.visited * scale;
        let mut excess = self.excess - (kept(none) - kept(from));
        let (mut once, mut each) = (0.0, 0.0);
        if offload.optimizer {
            excess -= self.optimizer_bytes;
            once += self.optimizer_time;
        }
        if offload.parameters {
            excess -= self.weight_bytes;
            each += 2.0 * self.weight_moved / self.link * self.way;
        }
        let slow;
        if offload.activations {
            // What is on its way stays, and so does a layer that is recomputed.
            let near = self.near[usize::from(selective)];
            let again = self.workspace[usize::from(selective)] + self.near_whole.min(kept(full));
            let again = if whole { again } else { f64::INFINITY };
            let stays = near.min(kept(from)).min(again);
            if excess - ROUNDING > kept(from) - stays {
                return None;
            }
            let least = self.fullest_moved[usize::from(selective)];
            each += self.moved(least, full, self.total);
            let least = self.slow_moved[usize::from(selective)];
            slow = self.moved(least, &self.slow[2], self.slow_total);
        } else {
            excess -= ROUNDING;
            if excess > 0.0 {
                excess += self.workspace[usize::from(selective)];
                if !whole || excess > kept(from) - kept(full) {
                    return None;
                }
                each += excess * self.price[usize::from(selective)];
            }
            slow = self.slow_seconds(excess, selective);
            each += from.seconds;
        }
        let fullest = (self.total + each - self.slow_total).max(0.0);
        Some(once + (self.m - 1.0) * fullest.max(slow.max(0.0)))
    }
}

/// Bytes of the largest layer that is recomputed, and of the two largest on their way to or from the host, without and
/// with selective recompute; and of the two largest that are recomputed whole.
fn staying(book: &Book<'_>, sheet: &Sheet, stage: &Stage<'_>) -> ([f64; 2], [f64; 2], f64) {
    let (mut workspace, mut near, mut whole) = ([0.0_f64; 2], [0.0_f64; 2], 0.0_f64);
    for (cost, ..) in stage.layers(book, sheet, 0) {
        for (i, kept) in [cost.kept, cost.kept_selective].into_iter().enumerate() {
            let again = cost.kept - cost.kept_checkpoint.min(kept);
            workspace[i] = workspace[i].max(again);
            near[i] = near[i].max(2.0 * kept);
        }
        whole = whole.max(2.0 * cost.kept_checkpoint.min(cost.kept_selective));
    }
    (workspace, near, whole)
}

impl Book<'_> {
    /// Seconds that recomputing a layer whole adds at least: its work, behind which nothing hides, and the part of its
    /// collectives that is never hidden.
    fn least_again(&self, schedule: Schedule, cost: &Cost) -> f64 {
        let overlap = &self.case.stack.profile.overlap;
        let open = |time: f64, hidden: f64| time * (1.0 - hidden);
        self.straggling(cost.again())
            + open(cost.forward.tensor, overlap.tensor.get())
            + open(cost.forward.context, overlap.context.get())
            + open(cost.forward.expert, self.hidden_exchange(schedule))
    }

    /// Seconds of work with the wait for the slowest rank.
    fn straggling(&self, busy: f64) -> f64 {
        busy * self.case.stack.profile.straggler.get().max(1.0)
    }

    /// Most bytes of a stage that these could free.
    pub(crate) fn most_freed(
        &self,
        layout: &Layout,
        sheet: &Sheet,
        stage: &Stage<'_>,
        thrift: Thrift,
    ) -> f64 {
        let chunks = self.chunks_in_flight(layout, stage.class);
        let layers = sheet.kinds.iter().zip(stage.class.counts.iter().map(|n| f64::from(*n)));
        let all: f64 = layers.clone().map(|(cost, n)| n * cost.kept).sum();
        let freed = all * chunks - stays(layers, chunks, thrift);
        freed * (1.0 + self.case.stack.profile.slack.get()) + ROUNDING
    }
}

/// What a stage keeps of a micro-batch that visits it, and adds, with nothing recomputed, every layer selectively,
/// every layer whole.
fn vertices(book: &Book<'_>, schedule: Schedule, sheet: &Sheet, stage: &Stage<'_>) -> [Vertex; 3] {
    let [mut none, mut selective, mut full] = [Vertex::default(); 3];
    for (cost, count, _) in stage.layers(book, sheet, 0) {
        let n = f64::from(count) * stage.visited;
        none.bytes += n * cost.kept;
        selective.bytes += n * cost.kept_selective;
        selective.seconds += n * book.straggling(cost.selective);
        full.bytes += n * cost.kept_checkpoint.min(cost.kept_selective);
        full.seconds += n * book.least_again(schedule, cost);
    }
    [none, selective, full]
}

/// Least seconds to recompute or move what a stage keeps of a micro-batch, at so many seconds a byte, each kind of
/// layer as is cheaper for it; without and with selective recompute of those that are moved.
fn moved_kinds(
    book: &Book<'_>,
    schedule: Schedule,
    sheet: &Sheet,
    stage: &Stage<'_>,
    per_byte: f64,
) -> [f64; 2] {
    let mut least = [0.0; 2];
    for (cost, count, _) in stage.layers(book, sheet, 0) {
        let n = f64::from(count) * stage.visited;
        let to = cost.kept_checkpoint.min(cost.kept_selective);
        let whole = book.least_again(schedule, cost) + to * per_byte;
        least[0] += n * whole.min(cost.kept * per_byte);
        let selective = book.straggling(cost.selective) + cost.kept_selective * per_byte;
        least[1] += n * whole.min(selective);
    }
    least
}
