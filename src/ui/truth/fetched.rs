//! The table of measured runs, from beside the page and only when asked for.

use wasm_bindgen_futures::spawn_local;

use super::store::{Loaded, Truth};
use crate::api::truth::MEASURED_BYTES_MAX;
use crate::ui::fetched;

const TABLE: &str = "measured-v1.csv";

/// Fetches the table unless it is there or on its way.
pub fn fetch(truth: Truth) {
    if matches!(truth.loaded(), Loaded::Reading | Loaded::Ready) {
        return;
    }
    truth.load(Loaded::Reading);
    spawn_local(async move {
        match read().await {
            Ok(text) => truth.take(&text),
            Err(reason) => truth.load(Loaded::Failed(reason)),
        }
    });
}

async fn read() -> Result<String, String> {
    let text = fetched::text(TABLE, "They lie").await?;
    if text.len() as u64 > u64::from(MEASURED_BYTES_MAX) {
        return Err("The file measured-v1.csv is larger than 1 MiB; it was not read.".to_owned());
    }
    Ok(text)
}
