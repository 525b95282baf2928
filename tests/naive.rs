//! The search against a second, deliberately naive one: every layout of small random cases, and a
//! coarse grid of the two cases everybody knows.
//!
//! `AUTOPARALLEL_CASES=100 cargo test --release --test naive` looks at a hundred times as many.

mod support;

use autoparallel::case::Case;
use autoparallel::estimate::Book;
use autoparallel::layout::rules;
use autoparallel::search::{Budget, Goal, Kind, Outcome, Stop, search};
use autoparallel::units::Bytes;
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use std::cell::Cell;
use support::genes::{self, SMALL};
use support::naive::{self, Listed, Priced};
use support::runs::{aside, broken, hold, times};
use support::{DEEPSEEK_V3, LLAMA_405B, Wanted, case};

/// Layouts of one case that are listed at most.
const LAYOUTS_MAX: usize = 60_000;

/// Steps down the ladder of capacities for one case.
const RUNGS: u32 = 12;

#[test]
fn the_search_finds_what_listing_everything_finds() {
    let (layouts, rungs) = (Cell::new(0_u64), Cell::new(0_u64));
    hold(300, |values| {
        let case = genes::case(values, SMALL).map_err(|_| aside("no case"))?;
        let book = Book::new(&case);
        let everything = Goal { capacity: Bytes::MAX, ..Goal::fastest(&book) };
        let first = search(&book, &everything);
        if first.tally.space > LAYOUTS_MAX as u64 {
            return Err(aside("too many layouts"));
        }
        let Listed::All(listed) = naive::list(&book, 2 * LAYOUTS_MAX) else {
            return Err(broken(format!("more layouts than {}", first.tally.space)));
        };
        layouts.set(layouts.get() + listed.len() as u64);
        rungs.set(rungs.get() + u64::from(ladder(&book, &listed)?));
        stopped_early(&book, &listed, u64::from(values[0] % 64))
    });
    eprintln!("{} layouts, {} searches", layouts.get(), rungs.get());
}

/// Searches with everything allowed, then with one byte less than the last answer took, and so on:
/// each rung makes the search spend time on memory in another way.
fn ladder(book: &Book<'_>, listed: &[Priced]) -> Result<u32, TestCaseError> {
    let mut goal = Goal { capacity: Bytes::MAX, ..Goal::fastest(book) };
    let own = Goal::fastest(book);
    compare(book, &own, listed)?;
    for rung in 1..=RUNGS {
        let Some(best) = compare(book, &goal, listed)? else {
            return Ok(1 + rung);
        };
        if rung == 2 {
            let avoid = vec![Kind::of(&best.layout)];
            compare(book, &Goal { avoid, ..goal.clone() }, listed)?;
        }
        let keep = if rung % 2 == 0 { best.memory.get() / 10 } else { 1 };
        goal.capacity = best.memory.less(Bytes::new(keep));
    }
    Ok(2 + RUNGS)
}

/// The search's answer is the list's, to the last bit, and no layout is unaccounted for.
fn compare(
    book: &Book<'_>,
    goal: &Goal,
    listed: &[Priced],
) -> Result<Option<Priced>, TestCaseError> {
    let outcome = search(book, goal);
    let case = book.case();
    prop_assert_eq!(outcome.stop, Stop::Complete);
    prop_assert_eq!(outcome.tally.space, listed.len() as u64, "layouts of the space: {:#?}", case);
    check_tally(&outcome)?;
    let wanted = naive::best(case, goal, listed).copied();
    let Some(found) = outcome.best else {
        prop_assert!(wanted.is_none(), "nothing found, but {:#?} fits {:#?}", wanted, case);
        return Ok(None);
    };
    let found_priced = Priced::new(&found.layout, &found.estimate);
    let Some(wanted) = wanted else {
        return Err(broken(format!("{found:#?} found, but nothing is legal and fits {case:#?}")));
    };
    prop_assert!(
        found_priced.rank == wanted.rank,
        "found  {:?} {:?} {:?}\nwanted {:?} {:?} {:?}\n{:?}",
        found_priced.step,
        found_priced.memory,
        found_priced.layout,
        wanted.step,
        wanted.memory,
        wanted.layout,
        describe(case)
    );
    let again = book.estimate(&found.layout);
    prop_assert_eq!(again, found.estimate, "estimated alone and in the search");
    Ok(Some(wanted))
}

fn describe(case: &Case) -> impl std::fmt::Debug {
    let techniques: Vec<_> = case.stack.techniques.iter().map(|t| t.key()).collect();
    let exclusions: Vec<_> =
        case.stack.exclusions.iter().map(|e| (e.first.key(), e.second.key())).collect();
    (case.clone(), techniques, exclusions)
}

fn check_tally(outcome: &Outcome) -> Result<(), TestCaseError> {
    let tally = &outcome.tally;
    let parts = tally.memory_bound
        + tally.time_bound
        + tally.sequence_dominated
        + tally.solved
        + tally.skipped;
    prop_assert_eq!(parts, tally.space, "the parts of the space: {:?}", tally);
    Ok(())
}

/// A search that stops early says so, and no layout beats the bound that it states.
fn stopped_early(book: &Book<'_>, listed: &[Priced], candidates: u64) -> Result<(), TestCaseError> {
    let bounds = candidates * candidates;
    stopped_within(book, listed, Budget { candidates, ..Budget::DEFAULT })?;
    stopped_within(book, listed, Budget { bounds, ..Budget::DEFAULT })
}

fn stopped_within(book: &Book<'_>, listed: &[Priced], budget: Budget) -> Result<(), TestCaseError> {
    let goal = Goal { budget, ..Goal::fastest(book) };
    let outcome = search(book, &goal);
    check_tally(&outcome)?;
    let best = naive::best(book.case(), &goal, listed);
    let found = outcome.best.map(|best| best.estimate.step());
    match outcome.stop {
        Stop::Complete => prop_assert_eq!(found, best.map(|best| best.step), "said to be complete"),
        Stop::Budget { bound } => {
            if let Some(best) = best {
                let ok = bound <= best.step || found.is_some_and(|found| found <= best.step);
                prop_assert!(ok, "bound {:?}, found {:?}, best {:?}", bound, found, best);
            }
        }
    }
    Ok(())
}

/// The optimum is at least as good as every layout of a coarse grid of the whole space.
fn beats_the_coarse_grid(wanted: &Wanted, stride: u32, legal_least: u32) {
    let case = case(wanted);
    let book = Book::new(&case);
    let goal = Goal::fastest(&book);
    let outcome = search(&book, &goal);
    assert_eq!(outcome.stop, Stop::Complete);
    let best = outcome.best.expect("a layout that fits").estimate.step();
    let (mut legal, mut fitting) = (0_u32, 0_u32);
    naive::coarse(&case, stride, &mut |layout| {
        if rules::check(&case, layout).is_err() {
            return;
        }
        legal += 1;
        let estimate = book.estimate(layout);
        if book.fits(&estimate) {
            fitting += 1;
            assert!(best <= estimate.step(), "{layout:?}: {:?} < {best:?}", estimate.step());
        }
    });
    eprintln!("{}: {legal} legal layouts, {fitting} fit", wanted.model);
    assert!(legal >= legal_least && fitting > 0, "{legal} legal, {fitting} fit");
}

#[test]
fn llama_405b_beats_the_coarse_grid() {
    beats_the_coarse_grid(&LLAMA_405B, 1, 100_000);
}

#[test]
fn deepseek_v3_beats_the_coarse_grid() {
    let stride = if times() > 1 { 1 } else { 101 };
    beats_the_coarse_grid(&DEEPSEEK_V3, stride, 10_000);
    beats_the_coarse_grid(&Wanted { stack: "unconstrained", ..DEEPSEEK_V3 }, 7 * stride, 10_000);
}
