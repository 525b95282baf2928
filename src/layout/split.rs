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
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cut {
    /// Distinct stages, by their first occurrence along the pipeline.
    pub classes: Vec<StageClass>,
    /// Layers of the longest chunk.
    pub chunk_layers_max: u32,
    /// Chunks on one stage that each micro-batch visits (DualPipe visits one of its two).
    pub chunks_visited: u32,
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

    /// Layers of chunk `i`.
    #[must_use]
    pub fn chunk(&self, i: u32, n_layers: u32) -> Range<u32> {
        let slots = u64::from(self.n_slots(n_layers));
        let chunks = u64::from(self.n_chunks()).max(1);
        let ends_at = |n: u32| {
            let slot = u64::from(n) * slots / chunks;
            (slot.saturating_sub(u64::from(self.slots.embedding)) as u32).min(n_layers)
        };
        ends_at(i)..ends_at(i + 1)
    }

    /// Layers of the longest chunk, without listing the chunks.
    #[must_use]
    pub fn chunk_layers_max(&self, n_layers: u32) -> u32 {
        (0..self.n_chunks()).map(|i| self.chunk(i, n_layers).len() as u32).max().unwrap_or(0)
    }

    /// The chunks on stage `stage`, in the order in which a micro-batch meets them.
    fn chunks_of(&self, stage: u32, n_layers: u32) -> Vec<Range<u32>> {
        match self.deal {
            Deal::Round => {
                (0..self.vpp).map(|v| self.chunk(v * self.pp + stage, n_layers)).collect()
            }
            Deal::V => {
                vec![self.chunk(stage, n_layers), self.chunk(2 * self.pp - 1 - stage, n_layers)]
            }
            Deal::Both => {
                vec![self.chunk(stage, n_layers), self.chunk(self.pp - 1 - stage, n_layers)]
            }
        }
    }

    /// One stage, its kinds of layer not yet counted.
    fn stage(&self, stage: u32, n_layers: u32) -> StageClass {
        let (embedding, head) = self.ends(stage);
        let chunks = self.chunks_of(stage, n_layers);
        StageClass { count: 1, first: stage, chunks, counts: Vec::new(), embedding, head }
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
    /// Cuts `model` as `key` says.
    #[must_use]
    pub fn new(model: &Model, key: CutKey) -> Self {
        let n_layers = model.n_layers();
        let mut classes: Vec<StageClass> = Vec::new();
        for stage in 0..key.pp {
            let mut class = key.stage(stage, n_layers);
            match classes.iter_mut().rev().find(|old| old.same_work(&class, model)) {
                Some(old) => old.count += 1,
                None => {
                    class.count_kinds(model);
                    classes.push(class);
                }
            }
        }
        let chunks_visited = key.chunks_visited();
        Self { classes, chunk_layers_max: key.chunk_layers_max(n_layers), chunks_visited }
    }

    /// The same with every stage told by itself.
    #[must_use]
    pub fn by_stage(model: &Model, key: CutKey) -> Self {
        let n_layers = model.n_layers();
        let stage = |stage| {
            let mut class = key.stage(stage, n_layers);
            class.count_kinds(model);
            class
        };
        Self {
            classes: (0..key.pp).map(stage).collect(),
            chunk_layers_max: key.chunk_layers_max(n_layers),
            chunks_visited: key.chunks_visited(),
        }
    }
}

impl StageClass {
    /// Layers on the stage.
    #[must_use]
    pub fn n_layers(&self) -> u32 {
        self.chunks.iter().map(|chunk| chunk.len() as u32).sum()
    }

    fn count_kinds(&mut self, model: &Model) {
        self.counts = vec![0; model.kinds.len()];
        for chunk in &self.chunks {
            let layers = model.pattern.get(chunk.start as usize..chunk.end as usize);
            for kind in layers.unwrap_or_default() {
                if let Some(count) = self.counts.get_mut(usize::from(*kind)) {
                    *count += 1;
                }
            }
        }
    }

    fn same_work(&self, other: &Self, model: &Model) -> bool {
        let kinds =
            |chunk: &Range<u32>| model.pattern.get(chunk.start as usize..chunk.end as usize);
        self.embedding == other.embedding
            && self.head == other.head
            && self.chunks.len() == other.chunks.len()
            && self.chunks.iter().zip(&other.chunks).all(|(a, b)| kinds(a) == kinds(b))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sizes(pp: u32, vpp: u32, slots: Slots, n_layers: u32) -> Vec<usize> {
        let key = CutKey { pp, vpp, slots, deal: Deal::Round };
        (0..key.n_chunks()).map(|i| key.chunk(i, n_layers).len()).collect()
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
