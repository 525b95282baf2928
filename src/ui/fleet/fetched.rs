//! The list of prices, from beside the page, or from a file of the user's.

use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::HtmlInputElement;

use super::store::{Fleet, Loaded};
use crate::api::fleet::LIST_BYTES_MAX;

const TABLE: &str = "./prices-v1.csv";

/// Fetches the list unless it is there or on its way.
pub fn fetch(fleet: Fleet) {
    match untrack(|| fleet.loaded()) {
        Loaded::Reading => {}
        Loaded::Ready => fleet.ask(),
        Loaded::Not | Loaded::Failed(_) => {
            fleet.load(Loaded::Reading);
            spawn_local(async move {
                match read().await {
                    Ok(text) => fleet.take(text),
                    Err(reason) => fleet.load(Loaded::Failed(reason)),
                }
            });
        }
    }
}

async fn read() -> Result<String, String> {
    let lost = |_: JsValue| {
        "It lies in a file beside the page, prices-v1.csv, which could not be fetched: is there a \
         connection, and does the page come from a server rather than from a file? All else works \
         without it."
            .to_owned()
    };
    let response = JsFuture::from(window().fetch_with_str(TABLE)).await.map_err(lost)?;
    let response: web_sys::Response = response.dyn_into().map_err(lost)?;
    if !response.ok() {
        return Err(format!("The server answered {} for prices-v1.csv.", response.status()));
    }
    let body = JsFuture::from(response.text().map_err(lost)?).await.map_err(lost)?;
    Ok(body.as_string().unwrap_or_default())
}

/// Takes the list that the user chose in place of the one beside the page.
pub fn take_file(fleet: Fleet, input: &HtmlInputElement) {
    let Some(file) = input.files().and_then(|files| files.get(0)) else {
        return;
    };
    let name = file.name();
    if file.size() > f64::from(LIST_BYTES_MAX) {
        fleet.refuse(format!("{name} is larger than 4 MiB; it was not read."));
        return;
    }
    spawn_local(async move {
        match JsFuture::from(file.text()).await.ok().and_then(|text| text.as_string()) {
            Some(text) => fleet.take(text),
            None => fleet.refuse(format!("{name} could not be read.")),
        }
    });
}
