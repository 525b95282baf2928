//! The declared space: the values that each axis may take, in a fixed order.
//!
//! The space of a case is the set of layouts made of these values that [`super::rules::check`] accepts.

use super::rules::{
    HEAD_SLOTS_MAX, TP_MAX, check_context, check_cut, check_expert_split, check_tensor,
    schedule_takes_batches, schedule_takes_chunks, schedule_technique,
};
use super::split::{CutKey, Deal};
use super::{ContextKind, Offload, Placement, Schedule, Slots, ZeroStage};
use crate::case::Case;
use crate::stack::Technique as T;

/// Tensor and context parallelism together: how a layer's own work is split.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Split {
    /// Tensor parallel.
    pub tp: u32,
    /// Sequence parallel.
    pub sp: bool,
    /// Context parallel.
    pub cp: u32,
    /// How keys and values are exchanged.
    pub cp_kind: ContextKind,
}

/// One way to run a pipeline of a given number of stages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pipeline {
    /// Order of work.
    pub schedule: Schedule,
    /// Chunks on a stage.
    pub vpp: u32,
    /// Slots beside layers.
    pub slots: Slots,
    /// Layers of the longest chunk.
    pub chunk_layers_max: u32,
}

/// All schedules, in order.
pub const SCHEDULES: [Schedule; 7] = [
    Schedule::OneFOneB,
    Schedule::GPipe,
    Schedule::Interleaved,
    Schedule::BreadthFirst,
    Schedule::ZeroBubble,
    Schedule::ZeroBubbleV,
    Schedule::DualPipe,
];

/// Divisors of `n`, ascending.
#[must_use]
pub fn divisors(n: u32) -> Vec<u32> {
    let mut low = Vec::new();
    let mut high = Vec::new();
    let mut d: u32 = 1;
    while u64::from(d) * u64::from(d) <= u64::from(n) {
        if n.is_multiple_of(d) {
            low.push(d);
            if n / d != d {
                high.push(n / d);
            }
        }
        d += 1;
    }
    low.extend(high.into_iter().rev());
    low
}

fn fixed(wanted: Option<u32>, value: u32) -> bool {
    wanted.is_none_or(|wanted| wanted == value)
}

/// Every legal split of the layers' own work.
#[must_use]
pub fn splits(case: &Case) -> Vec<Split> {
    let mut all = Vec::new();
    let degrees = divisors(case.cluster.count);
    let wanted = &case.constraints.fixed;
    for tp in degrees.iter().copied().filter(|tp| *tp <= TP_MAX && fixed(wanted.tp, *tp)) {
        if check_tensor(case, tp).is_err() {
            continue;
        }
        for cp in degrees.iter().copied().filter(|cp| fixed(wanted.cp, *cp)) {
            if !u64::from(case.cluster.count).is_multiple_of(u64::from(tp) * u64::from(cp)) {
                continue;
            }
            for cp_kind in [ContextKind::Ring, ContextKind::Gather, ContextKind::Ulysses] {
                if check_context(case, tp, cp, cp_kind).is_ok() {
                    let split = |sp| Split { tp, sp, cp, cp_kind };
                    all.extend(sequence_choices(case, tp, cp).iter().map(|sp| split(*sp)));
                }
            }
        }
    }
    all
}

/// Whether sequence parallelism may be off, on, or either.
fn sequence_choices(case: &Case, tp: u32, cp: u32) -> &'static [bool] {
    let parts = u64::from(tp) * u64::from(cp);
    let whole = u64::from(case.training.sequence).is_multiple_of(parts);
    let allowed = case.allowed().has(T::SequenceParallel);
    if tp > 1 && whole && allowed { &[false, true] } else { &[false] }
}

/// Pipeline degrees that leave a whole number of replicas, each with a whole number of sequences.
#[must_use]
pub fn stages(case: &Case, tp: u32, cp: u32) -> Vec<(u32, u32)> {
    let ranks = case.cluster.count / tp / cp;
    let most = case.model.n_layers() + 1 + u32::from(HEAD_SLOTS_MAX);
    let pipelines = case.allowed().has(T::PipelineParallel);
    divisors(ranks)
        .into_iter()
        .filter(|pp| *pp <= most && (*pp == 1 || pipelines))
        .filter(|pp| fixed(case.constraints.fixed.pp, *pp))
        .map(|pp| (pp, ranks / pp))
        .filter(|(_, dp)| case.training.global_batch.is_multiple_of(*dp))
        .collect()
}

/// Micro-batches of `dp` replicas: sizes that divide, ascending, each with their number.
#[must_use]
pub fn micro_batches(case: &Case, dp: u32) -> Vec<(u32, u32)> {
    let each = case.training.global_batch / dp;
    divisors(each)
        .into_iter()
        .filter(|size| fixed(case.constraints.fixed.micro_batch, *size))
        .map(|size| (size, each / size))
        .collect()
}

/// Every legal way to run a pipeline of `pp` stages, whatever the number of micro-batches.
#[must_use]
pub fn pipelines(case: &Case, pp: u32) -> Vec<Pipeline> {
    let n_layers = case.model.n_layers();
    let vpp_wanted = case.constraints.fixed.vpp;
    if pp == 1 {
        let (schedule, slots) = (Schedule::OneFOneB, Slots::default());
        let only = Pipeline { schedule, vpp: 1, slots, chunk_layers_max: n_layers };
        return if fixed(vpp_wanted, 1) { vec![only] } else { Vec::new() };
    }
    let mut all = Vec::new();
    let vpp_most = (n_layers + 1 + u32::from(HEAD_SLOTS_MAX)) / pp;
    for vpp in (1..=vpp_most).filter(|vpp| fixed(vpp_wanted, *vpp)) {
        for schedule in SCHEDULES {
            let allowed = case.allowed().has(schedule_technique(schedule));
            if !allowed || !schedule_takes_chunks(schedule, pp, vpp) {
                continue;
            }
            for slots in all_slots() {
                let deal = match schedule {
                    Schedule::ZeroBubbleV => Deal::V,
                    Schedule::DualPipe => Deal::Both,
                    _ => Deal::Round,
                };
                let key = CutKey { pp, vpp, slots, deal };
                if check_cut(case, key).is_ok() {
                    let chunk_layers_max = key.chunk_layers_max(n_layers);
                    all.push(Pipeline { schedule, vpp, slots, chunk_layers_max });
                }
            }
        }
    }
    all
}

fn all_slots() -> impl Iterator<Item = Slots> {
    (0..=1).flat_map(|embedding| (0..=HEAD_SLOTS_MAX).map(move |head| Slots { embedding, head }))
}

/// Whether a pipeline can run with `m` micro-batches.
#[must_use]
pub const fn takes_batches(pipeline: &Pipeline, pp: u32, m: u32) -> bool {
    pp == 1 || schedule_takes_batches(pipeline.schedule, pp, m)
}

/// Every legal split of the experts over the ranks of a stage.
#[must_use]
pub fn experts(case: &Case, tp: u32, cp: u32, dp: u32) -> Vec<(u32, u32)> {
    let wanted = &case.constraints.fixed;
    let n_experts = case.model.experts();
    if n_experts == 0 {
        let one = fixed(wanted.ep, 1) && fixed(wanted.etp, 1);
        return if one { vec![(1, 1)] } else { Vec::new() };
    }
    let ranks = u64::from(tp) * u64::from(cp) * u64::from(dp);
    let folding = case.allowed().has(T::ExpertFolding);
    let width = case.model.kinds.iter().find_map(|kind| kind.ffn.moe()).map_or(1, |moe| moe.width);
    let mut widths = divisors(width);
    widths.retain(|etp| *etp <= TP_MAX);
    let mut all = Vec::new();
    for ep in divisors(n_experts).into_iter().filter(|ep| fixed(wanted.ep, *ep)) {
        for etp in widths.iter().copied().filter(|etp| fixed(wanted.etp, *etp)) {
            let folded = u64::from(ep) * u64::from(etp);
            let inside = etp == tp && dp.is_multiple_of(ep);
            let whole = ranks.is_multiple_of(folded) && (folding || inside);
            if whole && check_expert_split(case, tp, ep, etp).is_ok() {
                all.push((ep, etp));
            }
        }
    }
    all
}

/// Every ZeRO stage with every group that it may split over, of `dp * cp` replicas.
#[must_use]
pub fn shards(case: &Case, replicas: u32) -> Vec<(ZeroStage, u32)> {
    let wanted = &case.constraints.fixed;
    let allowed = case.allowed();
    let divisors = divisors(replicas);
    let mut all = Vec::new();
    for zero in ZeroStage::ALL.into_iter().filter(|zero| fixed(wanted.zero, zero.number())) {
        let technique = match zero {
            ZeroStage::Zero => {
                if fixed(wanted.shard, 1) {
                    all.push((zero, 1));
                }
                continue;
            }
            ZeroStage::One => T::Zero1,
            ZeroStage::Two => T::Zero2,
            ZeroStage::Three => T::Zero3,
        };
        if !allowed.has(technique) {
            continue;
        }
        let groups = divisors.iter().copied().filter(|group| {
            let hybrid = *group < replicas;
            *group > 1 && (!hybrid || allowed.has(T::HybridShard)) && fixed(wanted.shard, *group)
        });
        all.extend(groups.map(|group| (zero, group)));
    }
    all
}

/// What may wait on the host, the least first.
#[must_use]
pub fn offloads(case: &Case) -> Vec<Offload> {
    let allowed = case.allowed();
    let mut all = Vec::new();
    for bits in 0..8_u32 {
        let on = |bit: u32| bits & bit != 0;
        let offload = Offload { optimizer: on(1), activations: on(2), parameters: on(4) };
        let legal = (!offload.optimizer || allowed.has(T::OffloadOptimizer))
            && (!offload.activations || allowed.has(T::OffloadActivations))
            && (!offload.parameters || allowed.has(T::OffloadParameters));
        if legal {
            all.push(offload);
        }
    }
    all
}

/// Numbers of layers of a chunk of `most` that may be recomputed whole, but for none: an inclusive range.
#[must_use]
pub fn recomputed_layers(case: &Case, most: u32) -> Option<(u32, u32)> {
    let allowed = case.allowed();
    if most == 0 || !allowed.has(T::FullRecompute) {
        return None;
    }
    let (low, high) = if allowed.has(T::BlockRecompute) { (1, most) } else { (most, most) };
    match case.constraints.fixed.recompute_layers {
        Some(k) => (low..=high).contains(&k).then_some((k, k)),
        None => Some((low, high)),
    }
}

/// Whether recomputing no layer whole is among the choices.
#[must_use]
pub fn may_recompute_none(case: &Case) -> bool {
    fixed(case.constraints.fixed.recompute_layers, 0)
}

/// Placements that differ for these degrees.
#[must_use]
pub fn placements(case: &Case, pp: u32, dp: u32, folds_alike: bool) -> &'static [Placement] {
    let inside = pp > 1 && dp > 1 && folds_alike && case.allowed().has(T::PipelineInside);
    if inside {
        &[Placement::PipelineOutside, Placement::PipelineInside]
    } else {
        &[Placement::PipelineOutside]
    }
}

#[cfg(test)]
mod tests {
    use super::divisors;

    #[test]
    fn divisors_are_complete_and_ascending() {
        assert_eq!(divisors(1), [1]);
        assert_eq!(divisors(36), [1, 2, 3, 4, 6, 9, 12, 18, 36]);
        assert_eq!(divisors(16_384).len(), 15);
    }
}
