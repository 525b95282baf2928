//! How many layouts the space holds, without listing them: products of the lengths of its axes, corrected for
//! techniques that exclude one another.

use super::axes::Pipes;
use crate::case::Case;
use crate::estimate::Thrift;
use crate::layout::rules::schedule_technique;
use crate::layout::space::{self, Split};
use crate::layout::{ContextKind, Offload, Placement, Schedule, ZeroStage};
use crate::stack::{Technique as T, Techniques};
use std::cell::RefCell;
use std::collections::BTreeMap;

/// Categories of ZeRO choices: none, then whole and hybrid groups of each stage.
const ZERO_KINDS: u32 = 7;

/// Choices of ZeRO of each category.
pub(super) type ZeroCounts = [u64; ZERO_KINDS as usize];

/// What decides which combinations of the remaining axes are legal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signature {
    used: Techniques,
    pipelined: bool,
}

/// The axes of a case that no degree changes.
#[derive(Clone, Debug)]
pub struct Census<'a> {
    case: &'a Case,
    offloads: Vec<Offload>,
    selective: &'static [bool],
    /// Legal combinations of offload and selective recompute beside some techniques, for each kind of ZeRO.
    beside: RefCell<BTreeMap<Techniques, [u64; ZERO_KINDS as usize]>>,
}

impl Signature {
    /// The techniques that the degrees themselves use.
    #[must_use]
    pub fn new(split: &Split, pp: u32, ep: u32, etp: u32) -> Self {
        let mut used = Techniques::NONE;
        let mut add = |on: bool, technique| {
            if on {
                used = used.with(technique);
            }
        };
        add(split.tp > 1, T::TensorParallel);
        add(split.sp, T::SequenceParallel);
        add(split.cp > 1 && split.cp_kind == ContextKind::Ring, T::ContextRing);
        add(split.cp > 1 && split.cp_kind == ContextKind::Gather, T::ContextGather);
        add(split.cp > 1 && split.cp_kind == ContextKind::Ulysses, T::Ulysses);
        add(pp > 1, T::PipelineParallel);
        add(ep > 1, T::ExpertParallel);
        add(etp > 1, T::ExpertTensor);
        Self { used, pipelined: pp > 1 }
    }

    /// What every layout of `pp` stages uses.
    #[must_use]
    pub fn of_pipeline(pp: u32) -> Self {
        let pipelined = pp > 1;
        let used =
            if pipelined { Techniques::of(&[T::PipelineParallel]) } else { Techniques::NONE };
        Self { used, pipelined }
    }

    /// The same with a schedule, a placement and a choice of ZeRO.
    #[must_use]
    pub fn beside(
        &self,
        schedule: Schedule,
        placement: Placement,
        zero: ZeroStage,
        hybrid: bool,
    ) -> Techniques {
        let mut used = self.used;
        if self.pipelined {
            used = used.with(schedule_technique(schedule));
        }
        if placement == Placement::PipelineInside {
            used = used.with(T::PipelineInside);
        }
        let kind = (2 * zero.number()).saturating_sub(1);
        let hybrid = u32::from(hybrid && zero != ZeroStage::Zero);
        used | zero_techniques(kind + hybrid)
    }
}

impl<'a> Census<'a> {
    /// Reads the axes of a case.
    #[must_use]
    pub fn new(case: &'a Case) -> Self {
        let selective: &[bool] =
            if case.allowed().has(T::SelectiveRecompute) { &[false, true] } else { &[false] };
        Self { case, offloads: space::offloads(case), selective, beside: RefCell::default() }
    }

    /// The case.
    #[must_use]
    pub const fn case(&self) -> &'a Case {
        self.case
    }

    /// What may wait on the host, the least first.
    #[must_use]
    pub fn offloads(&self) -> &[Offload] {
        &self.offloads
    }

    /// Everything that may wait on the host, together or not.
    #[must_use]
    pub fn most_offloaded(&self) -> Offload {
        self.offloads.last().copied().unwrap_or_default()
    }

    /// What may be done to keep less of the activations, together or not.
    pub(crate) fn thrift(&self) -> Thrift {
        Thrift {
            selective: self.selective.contains(&true),
            whole: self.case.allowed().has(T::FullRecompute),
            moved: self.most_offloaded().activations,
        }
    }

    /// Whether selective recompute may be off or on.
    #[must_use]
    pub const fn selective(&self) -> &'static [bool] {
        self.selective
    }

    /// Whether no two of these techniques exclude one another.
    #[must_use]
    pub fn together(&self, used: Techniques) -> bool {
        let clash = |e: &crate::stack::Exclusion| used.has(e.first) && used.has(e.second);
        !self.case.stack.exclusions.iter().any(clash)
    }

    /// The furthest that ZeRO may go beside the techniques of `signature`.
    #[must_use]
    pub fn zero_most(&self, signature: &Signature, shards: &[(ZeroStage, u32)]) -> ZeroStage {
        let legal = |zero: &ZeroStage| {
            self.together(signature.used | zero_techniques((2 * zero.number()).saturating_sub(1)))
        };
        shards.iter().map(|(zero, _)| *zero).filter(legal).max().unwrap_or(ZeroStage::Zero)
    }

    /// Layouts that share these degrees, micro-batch number, choices of ZeRO and placements.
    pub(super) fn count(
        &self,
        signature: &Signature,
        pipes: &Pipes,
        mask: u32,
        groups: &ZeroCounts,
        placements: &[Placement],
    ) -> u64 {
        let mut total = 0_u64;
        for (schedule, _) in pipes.chosen(mask) {
            let recomputes = pipes.recomputes.get(schedule as u8 as usize);
            let (none, some) = recomputes.copied().unwrap_or_default();
            for placement in placements {
                let ways = |whole| self.ways(signature, schedule, *placement, whole, groups);
                total = total.saturating_add(none.saturating_mul(ways(false)));
                total = total.saturating_add(some.saturating_mul(ways(true)));
            }
        }
        total
    }

    /// Combinations of ZeRO, offload and selective recompute that are legal.
    fn ways(
        &self,
        signature: &Signature,
        schedule: Schedule,
        placement: Placement,
        whole: bool,
        groups: &ZeroCounts,
    ) -> u64 {
        let mut used = signature.beside(schedule, placement, ZeroStage::Zero, false);
        if whole {
            used = used.with(T::FullRecompute);
        }
        let beside = self.ways_beside(used);
        groups.iter().zip(beside).fold(0, |total, (n, ways)| total + n * ways)
    }

    /// Combinations of offload and selective recompute that are legal beside `used`, for each kind of ZeRO.
    fn ways_beside(&self, used: Techniques) -> [u64; ZERO_KINDS as usize] {
        if let Some(ways) = self.beside.borrow().get(&used) {
            return *ways;
        }
        let mut all = [0; ZERO_KINDS as usize];
        for (kind, ways) in all.iter_mut().enumerate() {
            let used = used | zero_techniques(kind as u32);
            for selective in self.selective {
                let used = if *selective { used.with(T::SelectiveRecompute) } else { used };
                let legal = |offload: &&Offload| self.together(used | offload_techniques(offload));
                *ways += self.offloads.iter().filter(legal).count() as u64;
            }
        }
        self.beside.borrow_mut().insert(used, all);
        all
    }
}

/// The techniques of an offload.
#[must_use]
pub fn offload_techniques(offload: &Offload) -> Techniques {
    let mut used = Techniques::NONE;
    if offload.optimizer {
        used = used.with(T::OffloadOptimizer);
    }
    if offload.activations {
        used = used.with(T::OffloadActivations);
    }
    if offload.parameters {
        used = used.with(T::OffloadParameters);
    }
    used
}

fn zero_techniques(kind: u32) -> Techniques {
    let stages = [T::Zero1, T::Zero2, T::Zero3];
    let Some(index) = kind.checked_sub(1) else {
        return Techniques::NONE;
    };
    let used = stages.get((index / 2) as usize).map_or(Techniques::NONE, |t| Techniques::of(&[*t]));
    if index % 2 == 1 { used.with(T::HybridShard) } else { used }
}

/// How many of these choices of ZeRO are of each category.
pub(super) fn zero_counts(shards: &[(ZeroStage, u32)], replicas: u32) -> ZeroCounts {
    let mut groups = [0; ZERO_KINDS as usize];
    for (zero, group) in shards {
        let hybrid = u32::from(*group < replicas);
        let kind = match zero {
            ZeroStage::Zero => 0,
            _ => 2 * zero.number() - 1 + hybrid,
        };
        if let Some(n) = groups.get_mut(kind as usize) {
            *n += 1;
        }
    }
    groups
}
