//! The declared space listed by nested loops over every field of a layout, filtered by the rules
//! alone. Nothing here knows how the search lists or counts: that is its worth.

use autoparallel::case::Case;
use autoparallel::estimate::{Book, Estimate};
use autoparallel::layout::rules::{self, Rule};
use autoparallel::layout::split::CutKey;
use autoparallel::layout::{
    ContextKind, Layout, Offload, Placement, Recompute, Schedule, Slots, ZeroStage,
};
use autoparallel::search::{Candidate, Goal, Kind, Rank};
use autoparallel::units::{Bytes, Seconds};
use autoparallel::workload::Fixed;

const CONTEXTS: [ContextKind; 3] = [ContextKind::Ring, ContextKind::Gather, ContextKind::Ulysses];

const SCHEDULES: [Schedule; 7] = [
    Schedule::DualPipe,
    Schedule::ZeroBubbleV,
    Schedule::ZeroBubble,
    Schedule::BreadthFirst,
    Schedule::Interleaved,
    Schedule::GPipe,
    Schedule::OneFOneB,
];

/// One legal layout and what it costs.
#[derive(Clone, Copy, Debug)]
pub struct Priced {
    pub rank: Rank,
    pub layout: Layout,
    pub step: Seconds,
    pub memory: Bytes,
    pub host: Bytes,
}

/// Whether more than `most` layouts are legal, or all of them.
pub enum Listed {
    All(Vec<Priced>),
    TooMany,
}

impl Priced {
    pub fn new(layout: &Layout, estimate: &Estimate) -> Self {
        Self {
            rank: Rank::of(&Candidate { layout: *layout, estimate: *estimate }),
            layout: *layout,
            step: estimate.time.total(),
            memory: estimate.memory.total(),
            host: estimate.host_memory,
        }
    }

    pub fn fits(&self, case: &Case, goal: &Goal) -> bool {
        self.memory <= goal.capacity && self.host <= case.cluster.host.memory
    }
}

/// The least of those that fit and are not of a kind to avoid.
pub fn best<'l>(case: &Case, goal: &Goal, listed: &'l [Priced]) -> Option<&'l Priced> {
    let wanted = |priced: &&Priced| {
        priced.fits(case, goal) && !goal.avoid.contains(&Kind::of(&priced.layout))
    };
    listed.iter().filter(wanted).min_by_key(|priced| priced.rank)
}

/// Every legal layout, priced.
pub fn list(book: &Book<'_>, most: usize) -> Listed {
    let case = book.case();
    let mut all = Vec::new();
    let mut free = case.clone();
    free.constraints.fixed = Fixed::default();
    degrees(case, &mut |outer| {
        // What the outer fields alone break, no inner field mends.
        let hopeless = rules::check(&free, outer).is_err_and(|r| !matches!(r, Rule::Exclusion(..)));
        if hopeless || all.len() > most {
            return;
        }
        inner(case, outer, &mut |layout| {
            if all.len() <= most && rules::check(case, layout).is_ok() {
                all.push(Priced::new(layout, &book.estimate(layout)));
            }
        });
    });
    if all.len() > most { Listed::TooMany } else { Listed::All(all) }
}

/// Degrees, micro-batch and pipeline, the rest at its mildest.
fn degrees(case: &Case, visit: &mut impl FnMut(&Layout)) {
    let count = case.cluster.count;
    let divisors = |n: u32| (1..=n).filter(move |d| n.is_multiple_of(*d));
    for tp in divisors(count).filter(|tp| rules::check_tensor(case, *tp).is_ok()) {
        for cp in divisors(count / tp) {
            for pp in divisors(count / tp / cp) {
                let dp = count / tp / cp / pp;
                let base = Layout { tp, cp, pp, dp, ..Layout::SINGLE };
                splits(case, &base, visit);
            }
        }
    }
}

fn splits(case: &Case, base: &Layout, visit: &mut impl FnMut(&Layout)) {
    let ranks = base.tp * base.cp * base.dp;
    for sp in [true, false] {
        for cp_kind in CONTEXTS {
            if rules::check_context(case, base.tp, base.cp, cp_kind).is_err() {
                continue;
            }
            for ep in (1..=ranks).filter(|ep| ranks.is_multiple_of(*ep)) {
                for etp in (1..=ranks / ep).filter(|etp| ranks.is_multiple_of(ep * etp)) {
                    if rules::check_expert_split(case, base.tp, ep, etp).is_ok() {
                        pipelines(case, &Layout { sp, cp_kind, ep, etp, ..*base }, visit);
                    }
                }
            }
        }
    }
}

fn pipelines(case: &Case, base: &Layout, visit: &mut impl FnMut(&Layout)) {
    let batch = case.training.global_batch;
    for schedule in SCHEDULES {
        for vpp in 1..=case.model.n_layers() + 3 {
            for (embedding, head) in [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2)] {
                let slots = Slots { embedding, head };
                for micro_batch in (1..=batch).filter(|size| batch.is_multiple_of(*size)) {
                    visit(&Layout { micro_batch, schedule, vpp, slots, ..*base });
                }
            }
        }
    }
}

/// ZeRO, placement, recompute and offload.
fn inner(case: &Case, outer: &Layout, visit: &mut impl FnMut(&Layout)) {
    let most = CutKey::of(outer).chunk_layers_max(case.model.n_layers());
    let replicas = outer.dp * outer.cp;
    for zero in ZeroStage::ALL {
        for shard in (1..=replicas).filter(|n| replicas.is_multiple_of(*n)) {
            for placement in [Placement::PipelineInside, Placement::PipelineOutside] {
                for selective in [true, false] {
                    for full_layers in 0..=most {
                        let recompute = Recompute { selective, full_layers };
                        let layout = Layout { zero, shard, placement, recompute, ..*outer };
                        offloads(&layout, visit);
                    }
                }
            }
        }
    }
}

fn offloads(layout: &Layout, visit: &mut impl FnMut(&Layout)) {
    for bits in 0..8 {
        let offload = Offload {
            optimizer: bits & 4 != 0,
            activations: bits & 2 != 0,
            parameters: bits & 1 != 0,
        };
        visit(&Layout { offload, ..*layout });
    }
}

/// A coarse grid: powers of two, whole groups, nothing, the cheap part or everything recomputed,
/// nothing offloaded; every `stride`-th layout of it, legal or not.
pub fn coarse(case: &Case, stride: u32, visit: &mut impl FnMut(&Layout)) {
    let count = case.cluster.count;
    let mut turn = 0_u32;
    for tp in powers(64) {
        for cp in powers(64).filter(|cp| count.is_multiple_of(tp * cp)) {
            for pp in powers(128).filter(|pp| count.is_multiple_of(tp * cp * pp)) {
                let dp = count / tp / cp / pp;
                let base = Layout { tp, cp, pp, dp, ..Layout::SINGLE };
                coarse_experts(case, &base, &mut |layout| {
                    coarse_pipelines(case, layout, &mut |layout| {
                        turn = (turn + 1) % stride;
                        if turn == 0 {
                            coarse_states(case, layout, visit);
                        }
                    });
                });
            }
        }
    }
}

fn powers(most: u32) -> impl Iterator<Item = u32> + Clone {
    (0..32).map(|i| 1_u32 << i).take_while(move |n| *n <= most)
}

fn coarse_experts(case: &Case, base: &Layout, visit: &mut impl FnMut(&Layout)) {
    let most = case.model.experts().max(1);
    for ep in powers(most) {
        for etp in powers(if most > 1 { 8 } else { 1 }) {
            for sp in [false, true] {
                for cp_kind in CONTEXTS {
                    let layout = Layout { ep, etp, sp, cp_kind, ..*base };
                    if rules::check_context(case, base.tp, base.cp, cp_kind).is_ok() {
                        visit(&layout);
                    }
                }
            }
        }
    }
}

fn coarse_pipelines(case: &Case, base: &Layout, visit: &mut impl FnMut(&Layout)) {
    for micro_batch in powers(16) {
        for schedule in SCHEDULES {
            for vpp in powers(16) {
                for (embedding, head) in [(0, 0), (1, 1), (0, 2)] {
                    let slots = Slots { embedding, head };
                    let layout = Layout { micro_batch, schedule, vpp, slots, ..*base };
                    if rules::check(case, &layout).is_ok() {
                        visit(&layout);
                    }
                }
            }
        }
    }
}

fn coarse_states(case: &Case, base: &Layout, visit: &mut impl FnMut(&Layout)) {
    let most = CutKey::of(base).chunk_layers_max(case.model.n_layers());
    for zero in [ZeroStage::Zero, ZeroStage::One, ZeroStage::Three] {
        let shard = if zero == ZeroStage::Zero { 1 } else { base.dp * base.cp };
        for (selective, full_layers) in [(false, 0), (true, 0), (false, most)] {
            let recompute = Recompute { selective, full_layers };
            visit(&Layout { zero, shard, recompute, ..*base });
        }
    }
}
