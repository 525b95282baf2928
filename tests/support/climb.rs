//! A local search that knows nothing of bounds: from some layout to ever better neighbours.

use super::naive::Priced;
use autoparallel::estimate::Book;
use autoparallel::layout::split::CutKey;
use autoparallel::layout::{
    ContextKind, Layout, Offload, Placement, Recompute, Schedule, Slots, ZeroStage, rules,
};
use autoparallel::search::Goal;

/// Whether it fits, then its place.
type Worth = (bool, autoparallel::search::Rank);

const SCHEDULES: [Schedule; 7] = [
    Schedule::OneFOneB,
    Schedule::GPipe,
    Schedule::Interleaved,
    Schedule::BreadthFirst,
    Schedule::ZeroBubble,
    Schedule::ZeroBubbleV,
    Schedule::DualPipe,
];

/// The best that `steps` rounds of steepest descent from `from` find, and how many layouts were
/// priced.
pub fn climb(book: &Book<'_>, goal: &Goal, from: &Layout, steps: u32) -> (Priced, u64) {
    let mut best = price(book, from);
    let mut priced = 1;
    for _ in 0..steps {
        let mut better = best;
        for neighbour in neighbours(book, &best.layout) {
            if rules::check(book.case(), &neighbour).is_ok() {
                priced += 1;
                let one = price(book, &neighbour);
                if worth(book, goal, &one) < worth(book, goal, &better) {
                    better = one;
                }
            }
        }
        if better.layout == best.layout {
            break;
        }
        best = better;
    }
    (best, priced)
}

fn price(book: &Book<'_>, layout: &Layout) -> Priced {
    Priced::new(layout, &book.estimate(layout))
}

fn worth(book: &Book<'_>, goal: &Goal, priced: &Priced) -> Worth {
    (!priced.fits(book.case(), goal), priced.rank)
}

/// Layouts that differ in one decision.
pub fn neighbours(book: &Book<'_>, layout: &Layout) -> Vec<Layout> {
    let mut all = Vec::new();
    add_degrees(layout, &mut all);
    add_pipelines(book, layout, &mut all);
    add_states(book, layout, &mut all);
    all
}

/// A factor of one degree given to another; the micro-batch and the experts changed by a factor.
fn add_degrees(layout: &Layout, all: &mut Vec<Layout>) {
    let degrees = [layout.tp, layout.cp, layout.pp, layout.dp];
    for factor in [2, 3, 5] {
        for from in 0..4 {
            for to in (0..4).filter(|to| *to != from && degrees[from].is_multiple_of(factor)) {
                let mut new = degrees;
                new[from] /= factor;
                new[to] *= factor;
                let [tp, cp, pp, dp] = new;
                all.extend(repaired(&Layout { tp, cp, pp, dp, ..*layout }));
            }
        }
        for micro_batch in [layout.micro_batch * factor, layout.micro_batch / factor] {
            all.push(Layout { micro_batch, ..*layout });
        }
        for ep in [layout.ep * factor, layout.ep / factor] {
            all.push(Layout { ep, ..*layout });
            all.push(Layout { ep, etp: layout.tp, ..*layout });
        }
        for etp in [layout.etp * factor, layout.etp / factor] {
            all.push(Layout { etp, ..*layout });
        }
    }
    for cp_kind in [ContextKind::Ring, ContextKind::Gather, ContextKind::Ulysses] {
        all.push(Layout { cp_kind, ..*layout });
    }
    all.push(Layout { sp: !layout.sp, ..*layout });
}

/// What else must change with the degrees for a layout to stay legal.
fn repaired(layout: &Layout) -> Vec<Layout> {
    let mut fixed = *layout;
    let replicas = fixed.dp * fixed.cp;
    if fixed.zero != ZeroStage::Zero {
        if replicas == 1 {
            (fixed.zero, fixed.shard) = (ZeroStage::Zero, 1);
        } else if !replicas.is_multiple_of(fixed.shard) || fixed.shard == 1 {
            fixed.shard = replicas;
        }
    }
    if fixed.cp == 1 {
        fixed.cp_kind = ContextKind::Ring;
    }
    if fixed.tp == 1 {
        fixed.sp = false;
    }
    if fixed.pp == 1 {
        fixed.slots = Slots::default();
        fixed.vpp = 1;
        fixed.schedule = Schedule::OneFOneB;
        fixed.placement = Placement::PipelineOutside;
    }
    if fixed.dp == 1 {
        fixed.placement = Placement::PipelineOutside;
    }
    let whole = Layout { shard: replicas, ..fixed };
    let split = if fixed.zero == ZeroStage::Zero { fixed } else { whole };
    let experts = Layout { etp: split.tp, ..split };
    let halved = Layout { micro_batch: (split.micro_batch / 2).max(1), ..split };
    vec![fixed, split, experts, halved, Layout { sp: split.tp > 1, ..split }]
}

fn add_pipelines(book: &Book<'_>, layout: &Layout, all: &mut Vec<Layout>) {
    let most = (book.case().model.n_layers() + 3) / layout.pp.max(1);
    for schedule in SCHEDULES {
        for vpp in 1..=most.clamp(1, 16) {
            all.push(Layout { schedule, vpp, ..*layout });
        }
    }
    for (embedding, head) in [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2)] {
        all.push(Layout { slots: Slots { embedding, head }, ..*layout });
    }
    for placement in [Placement::PipelineInside, Placement::PipelineOutside] {
        all.push(Layout { placement, ..*layout });
    }
}

fn add_states(book: &Book<'_>, layout: &Layout, all: &mut Vec<Layout>) {
    let replicas = layout.dp * layout.cp;
    for zero in ZeroStage::ALL {
        for shard in (1..=replicas).filter(|n| replicas.is_multiple_of(*n)) {
            all.push(Layout { zero, shard, ..*layout });
        }
    }
    let most = CutKey::of(layout).chunk_layers_max(book.case().model.n_layers());
    for selective in [false, true] {
        for full_layers in 0..=most {
            all.push(Layout { recompute: Recompute { selective, full_layers }, ..*layout });
        }
    }
    for bits in 0..8 {
        let offload = Offload {
            optimizer: bits & 1 != 0,
            activations: bits & 2 != 0,
            parameters: bits & 4 != 0,
        };
        all.push(Layout { offload, ..*layout });
    }
}
