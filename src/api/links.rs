//! Inputs that differ from the user's in what an answer offers to open.

use crate::case::Case;
use crate::inputs::{Inputs, Key};
use crate::layout::{ContextKind, Layout, Placement, Schedule, ZeroStage};
use crate::stack::{Technique as T, Techniques};

/// The inputs with every degree of the layout fixed, and what it leaves alone forbidden.
pub(super) fn pinned(inputs: &Inputs, case: &Case, layout: &Layout) -> Inputs {
    let mut pinned = inputs.clone();
    let mut set = |key, n: u32| pinned.set(key, n.to_string());
    set(Key::Tp, layout.tp);
    set(Key::Cp, layout.cp);
    set(Key::Pp, layout.pp);
    set(Key::Vpp, layout.vpp);
    set(Key::MicroBatch, layout.micro_batch);
    set(Key::Zero, layout.zero.number());
    set(Key::Recompute, layout.recompute.full_layers);
    if case.model.experts() > 0 {
        set(Key::Ep, layout.ep);
        set(Key::Etp, layout.etp);
    }
    if layout.zero != ZeroStage::Zero {
        set(Key::Shard, layout.shard);
    }
    if layout.pp > 1 {
        pinned.set(Key::Schedule, schedule_key(layout.schedule));
    }
    let typed = crate::inputs::read(Key::Forbid, inputs.get(Key::Forbid));
    let mut forbidden = match typed {
        Ok(crate::inputs::Value::Techniques(set)) => set,
        _ => Techniques::NONE,
    };
    for technique in unused(layout) {
        if case.stack.techniques.has(technique) {
            forbidden = forbidden.with(technique);
        }
    }
    let names: Vec<&str> = forbidden.iter().map(T::key).collect();
    pinned.set(Key::Forbid, names.join(","));
    pinned
}

/// The inputs with that much memory kept free.
pub(super) fn within(inputs: &Inputs, keep_thousandths: u32) -> Inputs {
    let percent = f64::from(keep_thousandths) / 10.0;
    inputs.clone().with(Key::Headroom, format!("{percent}%"))
}

/// Techniques without a degree of their own that the layout leaves alone.
fn unused(layout: &Layout) -> Vec<T> {
    let mut all = Vec::new();
    let mut add = |unused: bool, technique| {
        if unused {
            all.push(technique);
        }
    };
    add(layout.tp > 1 && !layout.sp, T::SequenceParallel);
    let other = |kind: ContextKind| layout.cp > 1 && layout.cp_kind != kind;
    add(other(ContextKind::Ring), T::ContextRing);
    add(other(ContextKind::Gather), T::ContextGather);
    add(other(ContextKind::Ulysses), T::Ulysses);
    add(layout.pp > 1 && layout.slots.embedding == 0, T::EmbeddingSlot);
    add(layout.pp > 1 && layout.slots.head == 0, T::HeadSlot);
    add(!layout.recompute.selective, T::SelectiveRecompute);
    add(!layout.offload.optimizer, T::OffloadOptimizer);
    add(!layout.offload.activations, T::OffloadActivations);
    add(!layout.offload.parameters, T::OffloadParameters);
    let outside = layout.placement == Placement::PipelineOutside;
    add(layout.pp > 1 && layout.dp > 1 && outside, T::PipelineInside);
    all
}

/// Name of a schedule in links.
pub(super) const fn schedule_key(schedule: Schedule) -> &'static str {
    match schedule {
        Schedule::OneFOneB => "1f1b",
        Schedule::GPipe => "gpipe",
        Schedule::Interleaved => "interleaved",
        Schedule::BreadthFirst => "bf",
        Schedule::ZeroBubble => "zb",
        Schedule::ZeroBubbleV => "zbv",
        Schedule::DualPipe => "dualpipe",
    }
}
