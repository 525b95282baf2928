//! Files for the user to keep.

use js_sys::{Array, Uint8Array};
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Blob, BlobPropertyBag, HtmlAnchorElement, Url};

use crate::ui::dom;

/// A browser that was slow to begin has done so by then.
const KEPT_MS: u32 = 30_000;

/// Saves a file, and tells its name.
pub fn save(bytes: &[u8], media_type: &str, name: &str, extension: &str) -> Option<String> {
    let name = format!("{name}.{extension}");
    let options = BlobPropertyBag::new();
    options.set_type(media_type);
    let parts = Array::of1(&Uint8Array::from(bytes));
    let blob = Blob::new_with_u8_array_sequence_and_options(&parts, &options).ok()?;
    let url = Url::create_object_url_with_blob(&blob).ok()?;
    let anchor: HtmlAnchorElement = document().create_element("a").ok()?.dyn_into().ok()?;
    anchor.set_href(&url);
    anchor.set_download(&name);
    anchor.click();
    dom::later(KEPT_MS, move || drop(Url::revoke_object_url(&url)));
    Some(name)
}

/// What is said of it.
pub fn told(saved: Option<String>) -> String {
    match saved {
        Some(name) => format!("Saved as {name}."),
        None => "This browser could not make the file.".to_owned(),
    }
}
