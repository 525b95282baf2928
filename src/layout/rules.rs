//! Named rules: each says yes to a layout, or no and why.

use super::split::CutKey;
use super::{ContextKind, Layout, Placement, Schedule, ZeroStage};
use crate::case::Case;
use crate::model::{Ffn, Mixer, Model};
use crate::stack::Technique as T;

/// Largest tensor-parallel degree.
pub const TP_MAX: u32 = 64;
/// Most slots that the head may take when stages are cut.
pub const HEAD_SLOTS_MAX: u8 = 2;

/// A rule that a layout breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// `tp * cp * pp * dp` is not the number of accelerators.
    Ranks,
    /// The user fixed another value.
    Fixed,
    /// The stack cannot run it, or the user forbade it.
    Technique(T),
    /// The stack cannot run these two together.
    Exclusion(T, T),
    /// Tensor parallelism does not divide the attention heads.
    TensorHeads,
    /// Tensor parallelism neither divides the key-value heads nor is a multiple of them.
    TensorKvHeads,
    /// Tensor parallelism does not divide a feed-forward width.
    TensorWidth,
    /// Tensor parallelism is larger than [`TP_MAX`].
    TensorMax,
    /// Sequence parallelism does not divide the sequence of one rank, or has no tensor parallelism.
    SequenceSplit,
    /// Context parallelism does not divide the sequence into the chunks that it needs.
    ContextSequence,
    /// Ulysses does not divide the heads of a tensor-parallel rank.
    ContextHeads,
    /// Context parallelism needs attention in every mixing layer.
    ContextMixer,
    /// More chunks than slots.
    PipelineSlots,
    /// Slots for the embedding or head without a pipeline, or too many.
    PipelineEnds,
    /// The schedule does not allow that number of stages or chunks.
    ScheduleChunks,
    /// The schedule does not allow that number of micro-batches.
    ScheduleBatches,
    /// Replicas and micro-batch do not divide the global batch.
    Batch,
    /// Expert parallelism does not divide the experts, or there are none.
    Experts,
    /// Expert tensor parallelism does not divide the experts' width.
    ExpertWidth,
    /// `ep * etp` does not divide the ranks of a stage.
    ExpertRanks,
    /// The stack keeps experts' groups inside data-parallel ones.
    ExpertFolding,
    /// With the pipeline placed inside, `ep * etp` must equal `tp * cp`.
    ExpertPlacement,
    /// ZeRO's group does not divide the replicas, or its stage has none.
    Shard,
    /// More layers to recompute than a chunk has, or a number that the stack cannot choose.
    RecomputeLayers,
    /// A placement that differs from the default in name only.
    Placement,
}

impl Rule {
    /// Short stable name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ranks => "ranks",
            Self::Fixed => "fixed by you",
            Self::Technique(_) => "not in the stack",
            Self::Exclusion(..) => "not together in the stack",
            Self::TensorHeads => "tp divides heads",
            Self::TensorKvHeads => "tp and kv heads divide",
            Self::TensorWidth => "tp divides ffn width",
            Self::TensorMax => "tp at most 64",
            Self::SequenceSplit => "sp divides sequence",
            Self::ContextSequence => "cp divides sequence",
            Self::ContextHeads => "ulysses divides heads",
            Self::ContextMixer => "cp needs attention",
            Self::PipelineSlots => "chunks at most slots",
            Self::PipelineEnds => "slots of the ends",
            Self::ScheduleChunks => "chunks of the schedule",
            Self::ScheduleBatches => "micro-batches of the schedule",
            Self::Batch => "batch divides",
            Self::Experts => "ep divides experts",
            Self::ExpertWidth => "etp divides expert width",
            Self::ExpertRanks => "ep x etp divides ranks",
            Self::ExpertFolding => "expert groups inside dp",
            Self::ExpertPlacement => "expert groups and placement",
            Self::Shard => "shard group divides replicas",
            Self::RecomputeLayers => "layers to recompute",
            Self::Placement => "placement differs",
        }
    }
}

/// The first rule that `layout` breaks, in a fixed order.
///
/// # Errors
/// That rule.
pub fn check(case: &Case, layout: &Layout) -> Result<(), Rule> {
    check_ranks(case, layout)?;
    check_fixed(case, layout)?;
    check_tensor(case, layout.tp)?;
    check_sequence(case, layout)?;
    check_context(case, layout.tp, layout.cp, layout.cp_kind)?;
    check_pipeline(case, layout)?;
    check_batch(case, layout)?;
    check_experts(case, layout)?;
    check_shard(case, layout)?;
    check_recompute(case, layout)?;
    check_offload(case, layout)?;
    check_placement(case, layout)?;
    check_exclusions(case, layout)
}

fn need(case: &Case, technique: T) -> Result<(), Rule> {
    if case.allowed().has(technique) { Ok(()) } else { Err(Rule::Technique(technique)) }
}

fn hold(yes: bool, rule: Rule) -> Result<(), Rule> {
    if yes { Ok(()) } else { Err(rule) }
}

fn check_ranks(case: &Case, layout: &Layout) -> Result<(), Rule> {
    let degrees = [layout.tp, layout.cp, layout.pp, layout.dp, layout.vpp, layout.micro_batch];
    let some = degrees.iter().all(|degree| *degree > 0) && layout.ep > 0 && layout.etp > 0;
    hold(some && layout.n_ranks() == u64::from(case.cluster.count), Rule::Ranks)
}

fn check_fixed(case: &Case, layout: &Layout) -> Result<(), Rule> {
    let fixed = &case.constraints.fixed;
    let pairs = [
        (fixed.tp, layout.tp),
        (fixed.cp, layout.cp),
        (fixed.pp, layout.pp),
        (fixed.vpp, layout.vpp),
        (fixed.ep, layout.ep),
        (fixed.etp, layout.etp),
        (fixed.micro_batch, layout.micro_batch),
        (fixed.zero, layout.zero.number()),
        (fixed.shard, layout.shard),
        (fixed.recompute_layers, layout.recompute.full_layers),
    ];
    let all = pairs.iter().all(|(wanted, given)| wanted.is_none_or(|wanted| wanted == *given));
    hold(all, Rule::Fixed)
}

/// Whether the model can be split over `tp` ranks.
///
/// # Errors
/// The rule that says no.
pub fn check_tensor(case: &Case, tp: u32) -> Result<(), Rule> {
    if tp == 1 {
        return Ok(());
    }
    need(case, T::TensorParallel)?;
    hold(tp <= TP_MAX, Rule::TensorMax)?;
    for kind in &case.model.kinds {
        let heads = kind.mixer.heads();
        hold(heads % tp == 0, Rule::TensorHeads)?;
        if let Mixer::Attention(attention) = &kind.mixer {
            let kv = attention.kv_heads.max(1);
            hold(kv.is_multiple_of(tp) || tp.is_multiple_of(kv), Rule::TensorKvHeads)?;
        }
        let widths = match &kind.ffn {
            Ffn::Dense(dense) => [dense.width, 0],
            Ffn::Moe(moe) => [moe.shared_width, moe.dense_width],
            Ffn::None => [0, 0],
        };
        hold(widths.iter().all(|width| width.is_multiple_of(tp)), Rule::TensorWidth)?;
    }
    Ok(())
}

fn check_sequence(case: &Case, layout: &Layout) -> Result<(), Rule> {
    if !layout.sp {
        return Ok(());
    }
    need(case, T::SequenceParallel)?;
    let parts = u64::from(layout.tp) * u64::from(layout.cp);
    let whole = u64::from(case.training.sequence).is_multiple_of(parts);
    hold(layout.tp > 1 && whole, Rule::SequenceSplit)
}

/// Whether sequences can be split over `cp` ranks in that way.
///
/// # Errors
/// The rule that says no.
pub fn check_context(case: &Case, tp: u32, cp: u32, kind: ContextKind) -> Result<(), Rule> {
    if cp == 1 {
        return hold(kind == ContextKind::Ring, Rule::ContextSequence);
    }
    let (technique, parts) = match kind {
        ContextKind::Ring => (T::ContextRing, 2 * u64::from(cp)),
        ContextKind::Gather => (T::ContextGather, 2 * u64::from(cp)),
        ContextKind::Ulysses => (T::Ulysses, u64::from(cp)),
    };
    need(case, technique)?;
    let whole = u64::from(case.training.sequence).is_multiple_of(parts);
    hold(whole, Rule::ContextSequence)?;
    let linear = |model: &Model| model.kinds.iter().any(|k| matches!(k.mixer, Mixer::Linear(_)));
    hold(!linear(&case.model), Rule::ContextMixer)?;
    if kind == ContextKind::Ulysses {
        let split = u64::from(tp) * u64::from(cp);
        let whole = |k: &crate::model::LayerKind| u64::from(k.mixer.heads()).is_multiple_of(split);
        hold(case.model.kinds.iter().all(whole), Rule::ContextHeads)?;
    }
    Ok(())
}

/// The technique behind a schedule.
#[must_use]
pub const fn schedule_technique(schedule: Schedule) -> T {
    match schedule {
        Schedule::OneFOneB => T::OneFOneB,
        Schedule::GPipe => T::GPipe,
        Schedule::Interleaved => T::Interleaved,
        Schedule::BreadthFirst => T::BreadthFirst,
        Schedule::ZeroBubble => T::ZeroBubble,
        Schedule::ZeroBubbleV => T::ZeroBubbleV,
        Schedule::DualPipe => T::DualPipe,
    }
}

fn check_pipeline(case: &Case, layout: &Layout) -> Result<(), Rule> {
    if layout.pp == 1 {
        hold(layout.slots == super::Slots::default(), Rule::PipelineEnds)?;
        let plain = layout.vpp == 1 && layout.schedule == Schedule::OneFOneB;
        return hold(plain, Rule::ScheduleChunks);
    }
    need(case, T::PipelineParallel)?;
    need(case, schedule_technique(layout.schedule))?;
    check_cut(case, CutKey::of(layout))?;
    hold(schedule_takes_chunks(layout.schedule, layout.pp, layout.vpp), Rule::ScheduleChunks)
}

/// Whether the model can be cut so.
///
/// # Errors
/// The rule that says no.
pub fn check_cut(case: &Case, key: CutKey) -> Result<(), Rule> {
    hold(key.slots.embedding <= 1 && key.slots.head <= HEAD_SLOTS_MAX, Rule::PipelineEnds)?;
    if key.slots.embedding > 0 {
        need(case, T::EmbeddingSlot)?;
    }
    if key.slots.head > 0 {
        need(case, T::HeadSlot)?;
    }
    let n_slots = u64::from(key.n_slots(case.model.n_layers()));
    let n_chunks = u64::from(key.pp) * u64::from(key.vpp);
    hold(n_chunks <= n_slots, Rule::PipelineSlots)?;
    if !n_slots.is_multiple_of(n_chunks) {
        need(case, T::UnevenStages)?;
    }
    Ok(())
}

/// Whether a schedule works with that many stages and chunks a stage.
#[must_use]
pub const fn schedule_takes_chunks(schedule: Schedule, pp: u32, vpp: u32) -> bool {
    match schedule {
        Schedule::OneFOneB | Schedule::GPipe | Schedule::ZeroBubble => vpp == 1,
        Schedule::Interleaved | Schedule::BreadthFirst => vpp > 1,
        Schedule::ZeroBubbleV => vpp == 2,
        Schedule::DualPipe => vpp == 1 && pp.is_multiple_of(2),
    }
}

/// Whether a schedule works with `m` micro-batches on `pp` stages: depth-first interleaving takes whole rounds
/// of `pp` (Megatron-Core), breadth-first at least one round, DualPipe pairs and at least two rounds.
#[must_use]
pub const fn schedule_takes_batches(schedule: Schedule, pp: u32, m: u32) -> bool {
    match schedule {
        Schedule::Interleaved => m.is_multiple_of(pp),
        Schedule::BreadthFirst | Schedule::ZeroBubbleV => m >= pp,
        Schedule::DualPipe => m.is_multiple_of(2) && m / 2 >= pp,
        _ => true,
    }
}

fn check_batch(case: &Case, layout: &Layout) -> Result<(), Rule> {
    let m = layout.n_micro_batches(case.training.global_batch);
    hold(m > 0, Rule::Batch)?;
    let ok = layout.pp == 1 || schedule_takes_batches(layout.schedule, layout.pp, m);
    hold(ok, Rule::ScheduleBatches)
}

fn check_experts(case: &Case, layout: &Layout) -> Result<(), Rule> {
    check_expert_split(case, layout.tp, layout.ep, layout.etp)?;
    let ranks = u64::from(layout.tp) * u64::from(layout.cp) * u64::from(layout.dp);
    let group = u64::from(layout.ep) * u64::from(layout.etp);
    if case.model.experts() == 0 {
        return Ok(());
    }
    hold(ranks.is_multiple_of(group), Rule::ExpertRanks)?;
    if !case.allowed().has(T::ExpertFolding) {
        let inside = layout.etp == layout.tp && layout.dp.is_multiple_of(layout.ep);
        hold(inside, Rule::ExpertFolding)?;
    }
    Ok(())
}

/// Whether the experts can be split so, whatever the other degrees.
///
/// # Errors
/// The rule that says no.
pub fn check_expert_split(case: &Case, tp: u32, ep: u32, etp: u32) -> Result<(), Rule> {
    if case.model.experts() == 0 {
        return hold(ep == 1 && etp == 1, Rule::Experts);
    }
    if ep > 1 {
        need(case, T::ExpertParallel)?;
    }
    if etp > 1 && etp != tp {
        need(case, T::ExpertTensor)?;
    }
    for moe in case.model.kinds.iter().filter_map(|kind| kind.ffn.moe()) {
        hold(moe.experts.is_multiple_of(ep), Rule::Experts)?;
        hold(moe.width.is_multiple_of(etp) && etp <= TP_MAX, Rule::ExpertWidth)?;
    }
    Ok(())
}

fn check_shard(case: &Case, layout: &Layout) -> Result<(), Rule> {
    let replicas = u64::from(layout.dp) * u64::from(layout.cp);
    let technique = match layout.zero {
        ZeroStage::Zero => return hold(layout.shard == 1, Rule::Shard),
        ZeroStage::One => T::Zero1,
        ZeroStage::Two => T::Zero2,
        ZeroStage::Three => T::Zero3,
    };
    need(case, technique)?;
    let shard = u64::from(layout.shard);
    hold(shard > 1 && replicas.is_multiple_of(shard), Rule::Shard)?;
    if shard < replicas { need(case, T::HybridShard) } else { Ok(()) }
}

fn check_recompute(case: &Case, layout: &Layout) -> Result<(), Rule> {
    if layout.recompute.selective {
        need(case, T::SelectiveRecompute)?;
    }
    let k = layout.recompute.full_layers;
    if k == 0 {
        return Ok(());
    }
    need(case, T::FullRecompute)?;
    let most = CutKey::of(layout).chunk_layers_max(case.model.n_layers());
    hold(k <= most, Rule::RecomputeLayers)?;
    if k < most { need(case, T::BlockRecompute) } else { Ok(()) }
}

fn check_offload(case: &Case, layout: &Layout) -> Result<(), Rule> {
    let asked = [
        (layout.offload.optimizer, T::OffloadOptimizer),
        (layout.offload.activations, T::OffloadActivations),
        (layout.offload.parameters, T::OffloadParameters),
    ];
    asked.iter().filter(|(on, _)| *on).try_for_each(|(_, technique)| need(case, *technique))
}

fn check_placement(case: &Case, layout: &Layout) -> Result<(), Rule> {
    if layout.placement == Placement::PipelineOutside {
        return Ok(());
    }
    need(case, T::PipelineInside)?;
    hold(layout.pp > 1 && layout.dp > 1, Rule::Placement)?;
    let folded = u64::from(layout.ep) * u64::from(layout.etp);
    let fits = folded == u64::from(layout.tp) * u64::from(layout.cp);
    hold(case.model.experts() == 0 || fits, Rule::ExpertPlacement)
}

fn check_exclusions(case: &Case, layout: &Layout) -> Result<(), Rule> {
    let used = uses(layout);
    for exclusion in &case.stack.exclusions {
        if used.has(exclusion.first) && used.has(exclusion.second) {
            return Err(Rule::Exclusion(exclusion.first, exclusion.second));
        }
    }
    Ok(())
}

/// The techniques that a layout uses, as far as exclusions may name them.
#[must_use]
pub fn uses(layout: &Layout) -> crate::stack::Techniques {
    let mut used = crate::stack::Techniques::NONE;
    let mut add = |on: bool, technique| {
        if on {
            used = used.with(technique);
        }
    };
    add(layout.tp > 1, T::TensorParallel);
    add(layout.sp, T::SequenceParallel);
    add(layout.pp > 1, T::PipelineParallel);
    add(layout.pp > 1, schedule_technique(layout.schedule));
    add(layout.cp > 1 && layout.cp_kind == ContextKind::Ring, T::ContextRing);
    add(layout.cp > 1 && layout.cp_kind == ContextKind::Gather, T::ContextGather);
    add(layout.cp > 1 && layout.cp_kind == ContextKind::Ulysses, T::Ulysses);
    add(layout.ep > 1, T::ExpertParallel);
    add(layout.etp > 1, T::ExpertTensor);
    add(layout.zero == ZeroStage::One, T::Zero1);
    add(layout.zero == ZeroStage::Two, T::Zero2);
    add(layout.zero == ZeroStage::Three, T::Zero3);
    add(layout.shard > 1 && layout.shard < layout.dp * layout.cp, T::HybridShard);
    add(layout.recompute.selective, T::SelectiveRecompute);
    add(layout.recompute.full_layers > 0, T::FullRecompute);
    add(layout.offload.optimizer, T::OffloadOptimizer);
    add(layout.offload.activations, T::OffloadActivations);
    add(layout.offload.parameters, T::OffloadParameters);
    add(layout.placement == Placement::PipelineInside, T::PipelineInside);
    used
}
