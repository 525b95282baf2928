//! Tables that lie in files beside the page.

use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

/// The text of the file of that name; `what` begins the sentence that says why it could not be had.
pub async fn text(name: &str, what: &str) -> Result<String, String> {
    let lost = |_: JsValue| {
        format!(
            "{what} in a file beside the page, {name}, which could not be fetched: is there a \
             connection, and does the page come from a server rather than from a file? All else \
             works without it."
        )
    };
    let asked = window().fetch_with_str(&format!("./{name}"));
    let response = JsFuture::from(asked).await.map_err(lost)?;
    let response: web_sys::Response = response.dyn_into().map_err(lost)?;
    if !response.ok() {
        return Err(format!("The server answered {} for {name}.", response.status()));
    }
    let body = JsFuture::from(response.text().map_err(lost)?).await.map_err(lost)?;
    Ok(body.as_string().unwrap_or_default())
}
