//! F4: what an estimate consists of, stage by stage, for those who explain it.

use super::stage::{SheetKey, Stages};
use super::{Book, Memory};
use crate::layout::Layout;
use crate::layout::split::{Cut, CutKey};
use crate::units::Seconds;

/// One stage of a pipeline.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StageReport {
    /// Its number, from 0.
    pub stage: u32,
    /// Layers on it.
    pub layers: u32,
    /// Chunks that those layers make.
    pub chunks: u32,
    /// Whether the embedding is on it.
    pub embedding: bool,
    /// Whether the head, and what predicts further tokens, is on it.
    pub head: bool,
    /// Memory of one rank at its peak.
    pub memory: Memory,
    /// Time of one micro-batch forward, with what nothing hides.
    pub forward: Seconds,
    /// Time of one micro-batch backward, recompute and weight gradients included.
    pub backward: Seconds,
    /// The part of `backward` that makes weight gradients and may be put off.
    pub weight: Seconds,
    /// What a chunk takes longer, forward and backward, where no other hides its experts' exchange (DualPipe).
    pub alone: (Seconds, Seconds),
}

impl StageReport {
    /// Time of one micro-batch.
    #[must_use]
    pub fn time(&self) -> Seconds {
        self.forward + self.backward
    }
}

impl Book<'_> {
    /// Every stage of a layout, in order.
    #[must_use]
    pub fn stages_report(&self, layout: &Layout) -> Vec<StageReport> {
        let cut = Cut::by_stage(&self.case.model, &self.layers, CutKey::of(layout));
        let sheet = self.sheet(&SheetKey::of(layout));
        let stages = Stages::new(self, &sheet, &cut);
        let replicas = self.replicas(layout);
        let send = self.send(layout, &sheet);
        let report = |stage: &super::stage::Stage<'_>| {
            let mut memory = Memory::ZERO;
            self.states(layout, &stage.elements, &mut memory);
            self.work_memory(layout, &sheet, stage, &mut memory);
            let owed = Self::owed(&replicas, &stage.elements);
            let time = self.stage_time(layout, &sheet, stage, &owed, send);
            StageReport {
                stage: stage.class.first,
                layers: stage.class.n_layers(),
                chunks: stage.class.chunks.len() as u32,
                embedding: stage.class.embedding,
                head: stage.class.head,
                memory,
                forward: Seconds::new(time.forward),
                backward: Seconds::new(time.backward),
                weight: Seconds::new(time.weight.min(time.backward)),
                alone: (Seconds::new(time.alone[0]), Seconds::new(time.alone[1])),
            }
        };
        stages.classes.iter().map(report).collect()
    }
}
