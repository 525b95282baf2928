//! Running properties over random cases: how many, from which seed, and how to see one again.

use super::genes::GENES;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};
use std::cell::Cell;

/// The numbers of one case; printed on one line, to be given again as `AUTOPARALLEL_GENES`.
#[derive(Clone)]
pub struct Values(pub Vec<u32>);

impl std::fmt::Debug for Values {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let used = self.0.iter().rposition(|value| *value != 0).map_or(0, |last| last + 1);
        let words: Vec<String> = self.0[..used].iter().map(u32::to_string).collect();
        f.write_str(&words.join(","))
    }
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|text| text.parse().ok())
}

/// How many times as many cases as usual: `AUTOPARALLEL_CASES`.
pub fn times() -> u32 {
    number("AUTOPARALLEL_CASES").and_then(|n| u32::try_from(n).ok()).unwrap_or(1).max(1)
}

/// Holds a property against `usual` cases, or as many times more as asked for. The same cases every
/// time; `AUTOPARALLEL_SEED` gives others, `AUTOPARALLEL_GENES` one alone.
pub fn hold(usual: u32, property: impl Fn(&[u32]) -> Result<(), TestCaseError>) {
    let config = Config {
        cases: usual * times(),
        max_global_rejects: u32::MAX,
        max_shrink_iters: 4000,
        failure_persistence: None,
        ..Config::default()
    };
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&number("AUTOPARALLEL_SEED").unwrap_or(0).to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let again = std::env::var("AUTOPARALLEL_GENES").ok();
    let fixed: Option<Vec<u32>> =
        again.map(|text| text.split(',').filter_map(|word| word.parse().ok()).collect());
    let random = proptest::collection::vec(any::<u8>().prop_map(u32::from), GENES);
    let genes = random.prop_map(move |values| Values(fixed.clone().unwrap_or(values)));
    let (held, rejected) = (Cell::new(0_u64), Cell::new(0_u64));
    let result = TestRunner::new_with_rng(config, rng).run(&genes, |Values(values)| {
        let verdict = property(&values);
        let place =
            if matches!(verdict, Err(TestCaseError::Reject(_))) { &rejected } else { &held };
        place.set(place.get() + 1);
        verdict
    });
    eprintln!("{} cases, {} set aside", held.get(), rejected.get());
    if let Err(error) = result {
        panic!("{error}");
    }
}

/// A case that the property says nothing about.
pub fn aside(why: &'static str) -> TestCaseError {
    TestCaseError::reject(why)
}

/// A case that breaks the property.
pub fn broken(why: impl Into<String>) -> TestCaseError {
    TestCaseError::fail(why.into())
}
