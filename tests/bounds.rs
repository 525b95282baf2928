//! The search's proof, attacked from outside where spaces are too large to list: no layout that
//! anyone comes across, at random or by climbing, may fit and beat the one that it calls best.
//!
//! A lower bound above the time of some layout, or a least memory above its need, cuts that layout
//! off; this is how it shows. `AUTOPARALLEL_CASES=100` looks at a hundred times as many cases.

mod support;

use autoparallel::case::Case;
use autoparallel::estimate::Book;
use autoparallel::search::{Budget, Goal, Stop, search};
use autoparallel::stack::Technique;
use autoparallel::units::{Bytes, Ratio, Seconds};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use std::cell::Cell;
use support::climb::climb;
use support::genes::{self, LARGE};
use support::naive::Priced;
use support::runs::{aside, hold};
use support::{DEEPSEEK_V3, LLAMA_405B, QWEN_30B, Wanted, case};

/// Rounds of climbing.
const STEPS: u32 = 12;

/// Holds the answer of one search against climbers from `starts`; returns what was priced.
fn attack(book: &Book<'_>, goal: &Goal, starts: &[Vec<u32>]) -> Result<u64, TestCaseError> {
    let case = book.case();
    let outcome = search(book, goal);
    prop_assert_eq!(outcome.stop, Stop::Complete);
    let best = outcome.best.map(|best| Priced::new(&best.layout, &best.estimate));
    let mut priced = 0;
    let random = starts.iter().filter_map(|values| genes::layout(values, case));
    for start in random.chain(best.map(|best| best.layout)) {
        let (found, n) = climb(book, goal, &start, STEPS);
        priced += n;
        if !found.fits(case, goal) {
            continue;
        }
        let Some(best) = best else {
            return Err(TestCaseError::fail(format!("nothing found, but {found:?} fits")));
        };
        prop_assert!(
            best.rank <= found.rank,
            "{goal:?}\nfound {:?} {:?}\nbest  {:?} {:?}",
            found.step,
            found.layout,
            best.step,
            best.layout
        );
    }
    Ok(priced)
}

/// Some capacities between what everything and what little takes.
fn goals(book: &Book<'_>, turn: u32) -> Vec<Goal> {
    let own = Goal::fastest(book);
    let free = Goal { capacity: Bytes::MAX, ..own.clone() };
    let Some(best) = search(book, &free).best else {
        return vec![own];
    };
    let memory = best.estimate.memory.total();
    let less = |share: u64| Goal { capacity: memory.times(share).shared(100), ..own.clone() };
    let shares = [99, 85, 70, 50, 35, 20];
    vec![less(shares[turn as usize % 6]), less(shares[(turn as usize + 2) % 6]), own]
}

#[test]
fn no_climber_beats_the_best_layout() {
    let priced = Cell::new(0);
    hold(25, |values| {
        let case = genes::case(values, LARGE).map_err(|_| aside("no case"))?;
        let book = Book::new(&case);
        let starts: Vec<Vec<u32>> =
            (0..4).map(|i| genes::of_seed(u64::from(values[0]) * 977 + i)).collect();
        for goal in goals(&book, values[1]) {
            priced.set(priced.get() + attack(&book, &goal, &starts)?);
        }
        Ok(())
    });
    eprintln!("{} layouts priced", priced.get());
}

fn attack_published(wanted: &Wanted, share: u64) {
    attack_changed(wanted, share, "as published", |_| {});
}

fn attack_changed(wanted: &Wanted, share: u64, what: &str, change: impl FnOnce(&mut Case)) {
    let mut case = case(wanted);
    change(&mut case);
    let book = Book::new(&case);
    let own = Goal::fastest(&book);
    let goal = Goal { capacity: own.capacity.times(share).shared(100), ..own };
    let starts: Vec<Vec<u32>> = (0..3).map(genes::of_seed).collect();
    let priced = attack(&book, &goal, &starts).expect("no better layout");
    eprintln!("{} {what}, {share} % of the memory: {priced} layouts priced", wanted.model);
}

type Change = fn(&mut Case);

/// A host that sets the pace, gradients that cost much to sum, no sequence parallelism, frozen
/// weights, ZeRO that gathers and reduces with each micro-batch: where what a bound leaves out, or counts, weighs most.
const HARD: [(&str, Change); 8] = [
    ("with ZeRO-2 in the open", |case| {
        case.constraints.fixed.zero = Some(2);
        case.stack.profile.overlap.gradients = Ratio::ZERO;
        case.stack.profile.accumulate_bytes = Ratio::new(50.0);
    }),
    ("with ZeRO-3 half hidden", |case| {
        case.constraints.fixed.zero = Some(3);
        case.stack.profile.overlap.gradients = Ratio::new(0.5);
        case.stack.profile.overlap.parameters = Ratio::new(0.5);
    }),
    ("with adapters as large as what is frozen, and ZeRO-3", |case| {
        case.constraints.fixed.zero = Some(3);
        case.training.adapter_rank = Some(4096);
        case.stack.profile.overlap.parameters = Ratio::ZERO;
    }),
    ("paced by the host", |case| {
        case.stack.profile.launch = Seconds::us(300.0);
        case.stack.profile.kernels_per_expert = Ratio::new(20.0);
    }),
    ("with dear sums", |case| case.stack.profile.accumulate_bytes = Ratio::new(200.0)),
    ("without sequence parallelism", |case| {
        let forbidden = &mut case.constraints.forbidden;
        *forbidden = forbidden.with(Technique::SequenceParallel);
        case.stack.profile.collective = Seconds::us(200.0);
    }),
    ("with adapters", |case| case.training.adapter_rank = Some(16)),
    ("with all of it", |case| {
        case.training.adapter_rank = Some(64);
        let profile = &mut case.stack.profile;
        profile.launch = Seconds::us(100.0);
        profile.accumulate_bytes = Ratio::new(1000.0);
        profile.collective = Seconds::us(50.0);
    }),
];

#[test]
fn no_climber_beats_the_best_layout_of_hard_cases() {
    let dense = Wanted { count: 64, global_batch: 256, ..LLAMA_405B };
    for (what, change) in HARD {
        for share in [100, 60] {
            attack_changed(&QWEN_30B, share, what, change);
            attack_changed(&Wanted { stack: "unconstrained", ..QWEN_30B }, share, what, change);
            attack_changed(&Wanted { model: "llama-3.1-70b", ..dense }, share, what, change);
            let stack = "torchtitan";
            attack_changed(&Wanted { stack, model: "qwen3-8b", ..dense }, share, what, change);
        }
    }
}

#[test]
fn no_climber_beats_the_best_layout_of_published_cases() {
    attack_published(&LLAMA_405B, 100);
    attack_published(&LLAMA_405B, 60);
    attack_published(&QWEN_30B, 100);
    attack_published(&QWEN_30B, 50);
    attack_published(&DEEPSEEK_V3, 100);
    attack_published(&Wanted { count: 256, global_batch: 3840, ..DEEPSEEK_V3 }, 100);
}

/// The more may be looked at, the better the answer; and a bound once stated holds.
#[test]
fn more_budget_is_never_worse() {
    hold(60, |values| {
        let case: Case = genes::case(values, LARGE).map_err(|_| aside("no case"))?;
        let book = Book::new(&case);
        let whole = search(&book, &Goal::fastest(&book));
        let best = whole.best.map(|best| best.estimate.step());
        let whole_budget = Budget::DEFAULT;
        let by_candidates =
            [1, 4, 16, 64, 1024].map(|candidates| Budget { candidates, ..whole_budget });
        let by_bounds = [1, 64, 1024, 4096, 65_536].map(|bounds| Budget { bounds, ..whole_budget });
        let mut before = None;
        for budget in by_candidates.into_iter().chain(by_bounds) {
            if budget == by_bounds[0] {
                before = None;
            }
            let goal = Goal { budget, ..Goal::fastest(&book) };
            let outcome = search(&book, &goal);
            let found = outcome.best.map(|best| best.estimate.step());
            let worse = matches!((before, found), (Some(b), Some(f)) if f > b);
            prop_assert!(!worse && (before.is_none() || found.is_some()), "{before:?} {found:?}");
            match outcome.stop {
                Stop::Complete => prop_assert_eq!(found, best, "said to be complete"),
                Stop::Budget { bound } => {
                    let held = best.is_none_or(|best| bound <= best || found == Some(best));
                    prop_assert!(held, "bound {bound:?}, found {found:?}, best {best:?}");
                }
            }
            before = found;
        }
        Ok(())
    });
}

/// However large the space, no more bounds are worked out than the budget allows, but for those of one last step.
#[test]
fn bounds_are_counted_too() {
    let case = case(&Wanted { stack: "unconstrained", ..DEEPSEEK_V3 });
    let book = Book::new(&case);
    for bounds in [100, 10_000, 40_000] {
        let goal = Goal { budget: Budget { bounds, ..Budget::DEFAULT }, ..Goal::fastest(&book) };
        let outcome = search(&book, &goal);
        let tally = outcome.tally;
        let Stop::Budget { bound } = outcome.stop else {
            panic!("{bounds} bounds were enough");
        };
        let parts = [tally.memory_bound, tally.time_bound, tally.sequence_dominated];
        let all = parts.into_iter().sum::<u64>() + tally.solved + tally.skipped;
        assert_eq!(all, tally.space, "{tally:?}");
        assert!(tally.nodes <= bounds + 100 && tally.skipped > 0, "{tally:?}");
        assert!(bound > Seconds::ZERO && outcome.best.is_none_or(|b| bound <= b.estimate.step()));
    }
}
