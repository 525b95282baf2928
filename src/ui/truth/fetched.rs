//! The table of measured runs, from beside the page and only when asked for.

use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};

use super::store::{Loaded, Truth};
use crate::api::truth::MEASURED_BYTES_MAX;

const TRAINED: &str = "measured-v1.csv";
const SERVED: &str = "served-v1.csv";

/// Fetches the table unless it is there or on its way.
pub fn fetch(truth: Truth) {
    if matches!(truth.loaded(), Loaded::Reading | Loaded::Ready) {
        return;
    }
    truth.load(Loaded::Reading);
    spawn_local(async move {
        match read(if truth.serves { SERVED } else { TRAINED }).await {
            Ok(text) => truth.take(&text),
            Err(reason) => truth.load(Loaded::Failed(reason)),
        }
    });
}

async fn read(table: &str) -> Result<String, String> {
    let lost = |_: JsValue| {
        format!(
            "They lie in a file beside the page, {table}, which could not be fetched: is there a \
             connection, and does the page come from a server rather than from a file? All else \
             works without it."
        )
    };
    let address = format!("./{table}");
    let response = JsFuture::from(window().fetch_with_str(&address)).await.map_err(lost)?;
    let response: web_sys::Response = response.dyn_into().map_err(lost)?;
    if !response.ok() {
        return Err(format!("The server answered {} for {table}.", response.status()));
    }
    let body = JsFuture::from(response.text().map_err(lost)?).await.map_err(lost)?;
    let text = body.as_string().unwrap_or_default();
    if text.len() as u64 > u64::from(MEASURED_BYTES_MAX) {
        return Err(format!("The file {table} is larger than 1 MiB; it was not read."));
    }
    Ok(text)
}
