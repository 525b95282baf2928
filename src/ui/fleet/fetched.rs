//! The list of prices, from beside the page, or from a file of the user's.

use leptos::prelude::{RwSignal, Set, untrack};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::HtmlInputElement;

use super::store::{Fleet, Loaded};
use crate::api::fleet::LIST_BYTES_MAX;
use crate::ui::prices::{self, TABLE};
use crate::ui::reader::beside_anew;

/// Fetches the list unless it is there or on its way.
pub fn fetch(fleet: Fleet) {
    match untrack(|| fleet.loaded()) {
        Loaded::Reading => {}
        Loaded::Ready => fleet.ask(),
        Loaded::Not | Loaded::Failed(_) => {
            fleet.load(Loaded::Reading);
            spawn_local(async move {
                match prices::fetched().await {
                    Ok(text) => fleet.take(text.to_string()),
                    Err(reason) => fleet.load(Loaded::Failed(reason)),
                }
            });
        }
    }
}

/// Asks the server for the list once more; `said` tells what came of it.
pub fn fetch_anew(fleet: Fleet, said: RwSignal<String>) {
    said.set("Reading…".to_owned());
    spawn_local(async move {
        let said_last = match beside_anew(TABLE, LIST_BYTES_MAX as usize).await {
            Ok(text) if fleet.uses(&text) => "The list there is the one in use.".to_owned(),
            Ok(text) => {
                fleet.take(text);
                "The list there is another one and is in use now.".to_owned()
            }
            Err(reason) => reason,
        };
        said.try_set(said_last);
    });
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
