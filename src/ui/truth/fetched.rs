//! The table of measured runs, from beside the page and only when asked for.

use wasm_bindgen_futures::spawn_local;

use super::store::{Loaded, Truth};
use crate::api::truth::MEASURED_BYTES_MAX;
use crate::ui::reader::beside;

const TRAINED: &str = "measured-v1.csv";
const SERVED: &str = "served-v1.csv";

/// Fetches the table unless it is there or on its way.
pub fn fetch(truth: Truth) {
    if matches!(truth.loaded(), Loaded::Reading | Loaded::Ready) {
        return;
    }
    truth.load(Loaded::Reading);
    spawn_local(async move {
        let table = if truth.serves { SERVED } else { TRAINED };
        match beside(table, MEASURED_BYTES_MAX as usize).await {
            Ok(text) => truth.take(&text),
            Err(failure) => truth.load(Loaded::Failed(failure.beside(table))),
        }
    });
}
