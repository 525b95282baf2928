//! The same bits natively and in every browser: this side computes the digests of the corpus
//! natively, `tests/web_agree.rs` in a browser, and both must find those of
//! `tests/agree/digests.txt`.
#![cfg(not(target_arch = "wasm32"))]

mod support;

use support::corpus;

#[test]
fn answers_are_those_of_the_file() {
    let computed = corpus::digests();
    if std::env::var_os("AUTOPARALLEL_BLESS").is_some() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/agree/digests.txt");
        std::fs::write(path, &computed).expect("the digests can be written");
        return;
    }
    corpus::compare(&computed);
}

#[test]
fn digests_tell_cases_apart() {
    let mut digests: Vec<&str> =
        corpus::DIGESTS.lines().filter_map(|line| line.split(' ').nth(1)).collect();
    let n = digests.len();
    digests.sort_unstable();
    digests.dedup();
    assert!(n >= corpus::CASES_MIN && digests.len() * 10 > n * 9, "{} of {n}", digests.len());
}
