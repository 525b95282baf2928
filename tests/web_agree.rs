//! The same bits natively and in every browser: see `tests/agree.rs`.
#![cfg(target_arch = "wasm32")]

mod support;

use support::corpus;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

#[wasm_bindgen_test]
fn answers_are_those_of_the_file() {
    corpus::compare(&corpus::digests());
}
