//! How layers are cut into pipeline stages.
//!
//! Slots stand in a row: perhaps one for the embedding, one for each layer, perhaps one or two for the head. They
//! are shared out evenly over `pp * vpp` chunks, chunk `i` ending after slot `floor((i + 1) * slots / chunks)`;
//! this is Megatron-Core's `account_for_embedding_in_pipeline_split` and `account_for_loss_in_pipeline_split`,
//! and where slots do not divide, the even spread that its `pipeline_model_parallel_layout` can write down.
//! Multi-token-prediction layers always go with the head.

use super::{Layout, Schedule, Slots};
use crate::model::Model;
use std::ops::Range;

/// The cut of a model into stages, equal stages told once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cut {
    /// Distinct stages, by their first occurrence along the pipeline.
    pub classes: Vec<StageClass>,
    /// Layers of the longest chunk.
    pub chunk_layers_max: u32,
    /// Chunks on one stage that each micro-batch visits (DualPipe visits one of its two).
    pub chunks_visited: u32,
}

/// For each kind of layer, how many of the first `i` layers are of it.
#[derive(Clone, Debug)]
pub struct Counts(Vec<Vec<u32>>);

impl Counts {
    /// Counts the layers of a model.
    #[must_use]
    pub fn new(model: &Model) -> Self {
        let mut before = vec![vec![0]; model.kinds.len()];
        for kind in &model.pattern {
            for (i, counts) in before.iter_mut().enumerate() {
                let last = counts.last().copied().unwrap_or(0);
                counts.push(last + u32::from(usize::from(*kind) == i));
            }
        }
        Self(before)
    }

    /// Layers of kind `kind` among `layers`.
    #[must_use]
    pub fn of(&self, kind: usize, layers: Range<u32>) -> u32 {
        self.0.get(kind).map_or(0, |before| among(before, layers))
    }
}

fn among(before: &[u32], layers: Range<u32>) -> u32 {
    let at = |i: u32| before.get(i as usize).copied().unwrap_or(0);
    at(layers.end).saturating_sub(at(layers.start))
}

/// Stages that hold the same work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StageClass {
    /// How many such stages.
    pub count: u32,
    /// Number of the first of them, from 0.
    pub first: u32,
    /// Layers of each chunk on the stage.
    pub chunks: Vec<Range<u32>>,
    /// Layers of each of the model's kinds on the stage.
    pub counts: Vec<u32>,
    /// Holds the embedding.
    pub embedding: bool,
    /// Holds the head and the multi-token-prediction layers.
    pub head: bool,
}

/// The parameters of a cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CutKey {
    /// Stages.
    pub pp: u32,
    /// Chunks on a stage.
    pub vpp: u32,
    /// Slots beside layers.
    pub slots: Slots,
    /// How chunks are dealt to stages.
    pub deal: Deal,
}

/// How chunks are dealt to stages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Deal {
    /// Chunk `i` to stage `i mod pp`.
    Round,
    /// Chunk `i` to stage `i`, then back again (ZB-V).
    V,
    /// Stage `d` holds chunks `d` and `pp - 1 - d` (DualPipe).
    Both,
}

impl CutKey {
    /// The cut that a layout asks for.
    #[must_use]
    pub const fn of(layout: &Layout) -> Self {
        Self {
            pp: layout.pp,
            vpp: layout.vpp,
            slots: layout.slots,
            deal: match layout.schedule {
                Schedule::ZeroBubbleV => Deal::V,
                Schedule::DualPipe => Deal::Both,
                _ => Deal::Round,
            },
        }
    }

    /// All slots of a model of `n_layers` layers.
    #[must_use]
    pub const fn n_slots(&self, n_layers: u32) -> u32 {
        n_layers + self.slots.embedding as u32 + self.slots.head as u32
    }

    /// All chunks.
    #[must_use]
    pub const fn n_chunks(&self) -> u32 {
        self.pp * self.vpp
    }

    /// Where each chunk ends, in layers, after a 0: the next chunk begins there.
    fn bounds(&self, n_layers: u32) -> impl Iterator<Item = u32> {
        let slots = u64::from(self.n_slots(n_layers));
        let chunks = u64::from(self.n_chunks()).max(1);
        // `n * slots / chunks` without a division for each.
        let (whole, part) = (slots / chunks, slots % chunks);
        let (mut slot, mut left) = (0, 0);
        let before = u64::from(self.slots.embedding);
        (0..=chunks).map(move |_| {
            let at = slot;
            (slot, left) = (slot + whole, left + part);
            if left >= chunks {
                (slot, left) = (slot + 1, left - chunks);
            }
            (at.saturating_sub(before) as u32).min(n_layers)
        })
    }

    fn all_bounds(&self, n_layers: u32) -> Vec<u32> {
        let mut all = Vec::with_capacity(self.n_chunks() as usize + 1);
        all.extend(self.bounds(n_layers));
        all
    }

    /// Layers of the longest chunk, without listing the chunks.
    #[must_use]
    pub fn chunk_layers_max(&self, n_layers: u32) -> u32 {
        let mut from = 0;
        let mut most = 0;
        for to in self.bounds(n_layers) {
            (from, most) = (to, most.max(to - from));
        }
        most
    }

    /// Puts the chunks on stage `stage` into `chunks`, in the order in which a micro-batch meets them.
    fn deal_to(&self, stage: u32, bounds: &[u32], chunks: &mut Vec<Range<u32>>) {
        let chunk = |i: u32| match bounds.get(i as usize..).unwrap_or_default() {
            [from, to, ..] => *from..*to,
            _ => 0..0,
        };
        chunks.clear();
        match self.deal {
            Deal::Round => chunks.extend((0..self.vpp).map(|v| chunk(v * self.pp + stage))),
            Deal::V => chunks.extend([chunk(stage), chunk(2 * self.pp - 1 - stage)]),
            Deal::Both => chunks.extend([chunk(stage), chunk(self.pp - 1 - stage)]),
        }
    }

    /// One stage with these chunks.
    fn stage(&self, stage: u32, chunks: Vec<Range<u32>>, layers: &Counts) -> StageClass {
        let (embedding, head) = self.ends(stage);
        let of = |before: &Vec<u32>| chunks.iter().map(|chunk| among(before, chunk.clone())).sum();
        let counts = layers.0.iter().map(of).collect();
        StageClass { count: 1, first: stage, chunks, counts, embedding, head }
    }

    /// Chunks on one stage that each micro-batch visits.
    const fn chunks_visited(&self) -> u32 {
        match self.deal {
            Deal::Both => 1,
            Deal::Round | Deal::V => self.vpp,
        }
    }

    /// Stages that hold the first and the last chunk.
    const fn ends(&self, stage: u32) -> (bool, bool) {
        let (first, last) = (stage == 0, stage + 1 == self.pp);
        match self.deal {
            Deal::Round => (first, last),
            Deal::V => (first, first),
            Deal::Both => (first || last, first || last),
        }
    }
}

impl Cut {
    /// Cuts `model`, whose `layers` are counted, as `key` says.
    #[must_use]
    pub fn new(model: &Model, layers: &Counts, key: CutKey) -> Self {
        let bounds = key.all_bounds(model.n_layers());
        let mut chunks = Vec::with_capacity(key.vpp as usize);
        let mut classes: Vec<StageClass> = Vec::new();
        for stage in 0..key.pp {
            key.deal_to(stage, &bounds, &mut chunks);
            let ends = key.ends(stage);
            match classes.iter_mut().rev().find(|old| old.same_work(&chunks, ends, model)) {
                Some(old) => old.count += 1,
                None => classes.push(key.stage(stage, chunks.clone(), layers)),
            }
        }
        Self::of(key, &bounds, classes)
    }

    /// The same with every stage told by itself.
    #[must_use]
    pub fn by_stage(model: &Model, layers: &Counts, key: CutKey) -> Self {
        let bounds = key.all_bounds(model.n_layers());
        let stage = |stage| {
            let mut chunks = Vec::new();
            key.deal_to(stage, &bounds, &mut chunks);
            key.stage(stage, chunks, layers)
        };
        Self::of(key, &bounds, (0..key.pp).map(stage).collect())
    }

    fn of(key: CutKey, bounds: &[u32], classes: Vec<StageClass>) -> Self {
        let longest = bounds.iter().zip(bounds.iter().skip(1)).map(|(from, to)| to - from).max();
        let chunk_layers_max = longest.unwrap_or(0);
        Self { classes, chunk_layers_max, chunks_visited: key.chunks_visited() }
    }
}

impl StageClass {
    /// Layers on the stage.
    #[must_use]
    pub fn n_layers(&self) -> u32 {
        self.chunks.iter().map(|chunk| chunk.len() as u32).sum()
    }

    /// The least of two: no more layers of any kind than either holds, the ends that both hold.
    #[must_use]
    pub fn less(&self, other: &Self) -> Self {
        let counts = self.counts.iter().zip(&other.counts).map(|(a, b)| *a.min(b));
        Self {
            counts: counts.collect(),
            embedding: self.embedding && other.embedding,
            head: self.head && other.head,
            ..self.clone()
        }
    }

    fn same_work(&self, chunks: &[Range<u32>], ends: (bool, bool), model: &Model) -> bool {
        let kinds =
            |chunk: &Range<u32>| model.pattern.get(chunk.start as usize..chunk.end as usize);
        let one_kind = model.kinds.len() == 1;
        let size = |chunk: &Range<u32>| chunk.end.saturating_sub(chunk.start);
        (self.embedding, self.head) == ends
            && self.chunks.len() == chunks.len()
            && self.chunks.iter().zip(chunks).all(|(a, b)| size(a) == size(b))
            && (one_kind || self.chunks.iter().zip(chunks).all(|(a, b)| kinds(a) == kinds(b)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sizes(pp: u32, vpp: u32, slots: Slots, n_layers: u32) -> Vec<usize> {
        let key = CutKey { pp, vpp, slots, deal: Deal::Round };
        let bounds: Vec<u32> = key.bounds(n_layers).collect();
        bounds.windows(2).map(|pair| (pair[1] - pair[0]) as usize).collect()
    }

    #[test]
    fn llama_405b_has_one_layer_less_on_the_first_and_last_stage() {
        // arXiv 2407.21783, section 3.3.2: 126 layers on 16 stages, one fewer at either end.
        let cut = sizes(16, 1, Slots { embedding: 1, head: 1 }, 126);
        assert_eq!(cut[0], 7);
        assert_eq!(cut[15], 7);
        assert!(cut[1..15].iter().all(|n| *n == 8));
    }

    #[test]
    fn every_layer_is_on_one_chunk_whatever_the_cut() {
        for n_layers in [1, 7, 61, 126] {
            for pp in 1..20 {
                for head in 0..3 {
                    let slots = Slots { embedding: u8::from(pp % 2 == 0), head };
                    let cut = sizes(pp, 1, slots, n_layers);
                    assert_eq!(cut.iter().sum::<usize>(), n_layers as usize);
                }
            }
        }
    }
}
