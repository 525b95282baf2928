//! The table of measured runs, from beside the page and only when asked for.

use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};

use super::store::{Loaded, Truth};
use crate::api::truth::MEASURED_BYTES_MAX;

const TABLE: &str = "./measured-v1.csv";

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
    let lost = |_: JsValue| {
        "They lie in a file beside the page, measured-v1.csv, which could not be fetched: is \
         there a connection, and does the page come from a server rather than from a file? All \
         else works without it."
            .to_owned()
    };
    let response = JsFuture::from(window().fetch_with_str(TABLE)).await.map_err(lost)?;
    let response: web_sys::Response = response.dyn_into().map_err(lost)?;
    if !response.ok() {
        return Err(format!("The server answered {} for measured-v1.csv.", response.status()));
    }
    let body = JsFuture::from(response.text().map_err(lost)?).await.map_err(lost)?;
    let text = body.as_string().unwrap_or_default();
    if text.len() as u64 > u64::from(MEASURED_BYTES_MAX) {
        return Err("The file measured-v1.csv is larger than 1 MiB; it was not read.".to_owned());
    }
    Ok(text)
}
