//! F6: full estimates of many layouts, to measure how fast they are.

use crate::case::Case;
use crate::estimate::Book;
use crate::layout::space::{self, Pipeline, Split};
use crate::layout::{Layout, ZeroStage, rules};
use crate::units::Seconds;

/// Legal layouts of a case, no two alike, spread over its degrees and micro-batches; at most `n`.
#[must_use]
pub fn sample(case: &Case, n: usize) -> Vec<Layout> {
    let mut all = Vec::new();
    for split in space::splits(case) {
        for (pp, dp) in space::stages(case, split.tp, split.cp) {
            let pipelines = space::pipelines(case, pp);
            let mut turn = pipelines.iter().cycle();
            for (ep, etp) in space::experts(case, split.tp, split.cp, dp) {
                for (micro_batch, _) in space::micro_batches(case, dp) {
                    let Some(pipeline) = turn.next() else { continue };
                    let plain = Layout { pp, dp, ep, etp, micro_batch, ..of(&split, pipeline) };
                    let sharded = Layout { zero: ZeroStage::One, shard: dp * split.cp, ..plain };
                    let both = [sharded, plain];
                    all.extend(both.into_iter().find(|one| rules::check(case, one).is_ok()));
                }
            }
        }
    }
    let step = all.len().div_ceil(n.max(1)).max(1);
    all.into_iter().step_by(step).collect()
}

const fn of(split: &Split, pipeline: &Pipeline) -> Layout {
    let Split { tp, sp, cp, cp_kind } = *split;
    let Pipeline { schedule, vpp, slots, .. } = *pipeline;
    Layout { tp, sp, cp, cp_kind, schedule, vpp, slots, ..Layout::SINGLE }
}

/// Memory and time of each of these layouts in full; the sum of their steps, so that none can be left out. They share
/// what follows from the case alone (parameters of each kind of layer, rates, network), and nothing else: every price
/// and stage is worked out anew.
#[must_use]
pub fn estimate_all(case: &Case, layouts: &[Layout]) -> Seconds {
    let book = Book::new(case);
    layouts.iter().map(|layout| book.estimate(layout).step()).sum()
}
