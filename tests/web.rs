//! Tests in a real browser, of the code that is shipped: `cargo xtask test wasm`.
#![cfg(target_arch = "wasm32")]

use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

#[wasm_bindgen_test]
fn sizes_are_32_bits() {
    assert_eq!(usize::BITS, 32);
}
