//! Links in a browser: the same random plans as in `tests/links.rs`.
#![cfg(target_arch = "wasm32")]

#[path = "support/plans.rs"]
mod plans;

use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

#[wasm_bindgen_test]
fn ten_thousand_plans_come_back() {
    plans::all_come_back();
}
