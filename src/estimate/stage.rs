//! F4: layers priced for some degrees, and summed over the stages of a cut.

use super::Book;
use super::memory::Elements;
use super::work::{Cost, Shape, Work};
use crate::layout::split::{Cut, StageClass};
use crate::layout::{ContextKind, Layout};

/// The degrees that shape a layer's cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct SheetKey {
    pub tp: u32,
    pub sp: bool,
    pub cp: u32,
    pub cp_kind: ContextKind,
    pub ep: u32,
    pub etp: u32,
    pub micro_batch: u32,
}

/// Prices of each kind of layer, and of the ends, for some degrees.
#[derive(Clone, Debug, PartialEq)]
pub struct Sheet {
    pub(crate) shape: Shape,
    /// One for each kind of layer.
    pub(crate) kinds: Vec<Cost>,
    pub(crate) embedding: Cost,
    /// Head, and multi-token-prediction layers with theirs.
    pub(crate) head: Cost,
    /// Bytes of logits.
    pub(crate) logits: f64,
}

/// The work of each distinct stage of a cut, before any recompute.
#[derive(Clone, Debug)]
pub(crate) struct Stages<'c> {
    pub classes: Vec<Stage<'c>>,
}

/// One distinct stage.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stage<'c> {
    pub class: &'c StageClass,
    pub count: f64,
    pub n_chunks: u64,
    /// Share of the stage's chunks that one micro-batch visits.
    pub visited: f64,
    pub forward: Work,
    pub backward: Work,
    pub weight: f64,
    /// Elements that a rank holds, by how they are replicated.
    pub elements: Elements,
}

impl SheetKey {
    pub(crate) const fn of(layout: &Layout) -> Self {
        Self {
            tp: layout.tp,
            sp: layout.sp,
            cp: layout.cp,
            cp_kind: layout.cp_kind,
            ep: layout.ep,
            etp: layout.etp,
            micro_batch: layout.micro_batch,
        }
    }
}

impl Book<'_> {
    /// Shape of the work under some degrees.
    pub(crate) fn shape(&self, key: &SheetKey) -> Shape {
        let tokens = f64::from(key.micro_batch) * self.sequence / f64::from(key.cp);
        let tp = f64::from(key.tp);
        let tokens_split = if key.sp { tokens / tp } else { tokens };
        let (ep, etp) = (f64::from(key.ep), f64::from(key.etp));
        let tensor_round = self.tensor_round(key.tp, key.sp, tokens);
        Shape { tp, cp: f64::from(key.cp), tokens, tokens_split, ep, etp, tensor_round }
    }

    /// Prices every kind of layer for some degrees.
    pub(crate) fn sheet(&self, key: &SheetKey) -> Sheet {
        let shape = self.shape(key);
        let mut kinds = self.mixers(&shape, key.cp_kind);
        for (cost, kind) in kinds.iter_mut().zip(&self.case.model.kinds) {
            *cost = *cost + self.ffn(&kind.ffn, &shape);
        }
        self.sheet_of(shape, kinds)
    }

    /// Prices the mixer of every kind of layer.
    pub(crate) fn mixers(&self, shape: &Shape, kind: ContextKind) -> Vec<Cost> {
        let kinds = &self.case.model.kinds;
        let mut costs: Vec<Cost> = Vec::with_capacity(kinds.len());
        for (i, layer) in kinds.iter().enumerate() {
            let first = self.mixer_first.get(i).and_then(|first| costs.get(*first));
            let known = first.copied();
            costs.push(known.unwrap_or_else(|| self.mixer(&layer.mixer, shape, kind)));
        }
        costs
    }

    /// Completes priced layers with the ends of the pipeline.
    pub(crate) fn sheet_of(&self, shape: Shape, kinds: Vec<Cost>) -> Sheet {
        let ends = [self.embedding(&shape), self.head(&shape)];
        self.sheet_with(shape, kinds, ends)
    }

    /// The same, with the embedding and the head priced.
    pub(crate) fn sheet_with(&self, shape: Shape, kinds: Vec<Cost>, ends: [Cost; 2]) -> Sheet {
        let [embedding, one_head] = ends;
        let mut head = one_head;
        let last = self.case.model.pattern.last().and_then(|kind| kinds.get(usize::from(*kind)));
        if let Some(layer) = last {
            for _ in 0..self.case.model.mtp_layers {
                head = head + *layer + one_head;
            }
        }
        let logits = self.logits(&shape);
        Sheet { shape, kinds, embedding, head, logits }
    }

    /// Layers of kind `kind` among `layers`.
    pub(crate) fn count_in(&self, kind: usize, layers: std::ops::Range<u32>) -> u32 {
        self.layers.of(kind, layers)
    }
}

impl<'c> Stages<'c> {
    pub(crate) fn new(book: &Book<'_>, sheet: &Sheet, cut: &'c Cut) -> Self {
        let pipelined = cut.classes.iter().map(|class| class.count).sum::<u32>() > 1;
        let stage = |class: &'c StageClass| {
            let n_chunks = class.chunks.len().max(1) as u64;
            let mut stage = Stage {
                class,
                count: f64::from(class.count),
                n_chunks,
                visited: f64::from(cut.chunks_visited) / n_chunks as f64,
                forward: Work::default(),
                backward: Work::default(),
                weight: 0.0,
                elements: book.elements(sheet, class, pipelined),
            };
            stage.add_work(sheet);
            stage
        };
        Self { classes: cut.classes.iter().map(stage).collect() }
    }
}

impl Stage<'_> {
    fn add_work(&mut self, sheet: &Sheet) {
        for (cost, count) in sheet.kinds.iter().zip(&self.class.counts) {
            if *count > 0 {
                self.add(cost, f64::from(*count) * self.visited);
            }
        }
        if self.class.embedding {
            self.add(&sheet.embedding, self.visited);
        }
        if self.class.head {
            self.add(&sheet.head, self.visited);
        }
    }

    fn add(&mut self, cost: &Cost, n: f64) {
        self.forward += cost.forward.times(n);
        self.backward += cost.backward.times(n);
        self.weight += cost.weight * n;
    }

    /// Layers of each kind on the stage, with how many of them are recomputed when the first `k` of each chunk
    /// are.
    pub(crate) fn layers<'s>(
        &'s self,
        book: &'s Book<'_>,
        sheet: &'s Sheet,
        k: u32,
    ) -> impl Iterator<Item = (&'s Cost, u32, u32)> {
        let kinds = sheet.kinds.iter().zip(&self.class.counts).enumerate();
        kinds.filter(|(_, (_, count))| **count > 0).map(move |(kind, (cost, count))| {
            (cost, *count, if k == 0 { 0 } else { self.recomputed(book, kind, k) })
        })
    }

    fn recomputed(&self, book: &Book<'_>, kind: usize, k: u32) -> u32 {
        let first = |chunk: &std::ops::Range<u32>| {
            let end = chunk.end.min(chunk.start.saturating_add(k));
            book.count_in(kind, chunk.start..end)
        };
        self.class.chunks.iter().map(first).sum()
    }
}
