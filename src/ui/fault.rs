//! What becomes of a fault: a worker tells the page before it ends, the page keeps the words for its loader.

use js_sys::Reflect;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::DedicatedWorkerGlobalScope;

/// What a worker's message of a fault begins with.
const MARK: &str = "fault: ";
/// Name under which the page keeps the words; `boot.js` shows them.
const WORDS: &str = "autoparallelFault";

/// In a link of a test build, makes the worker fail.
pub const WORKER: &str = "zzfault=worker";
/// In a link of a test build, makes the page fail.
pub const PAGE: &str = "zzfault=page";

/// Watches for faults from here on, in the page or in a worker.
pub fn watch() {
    std::panic::set_hook(Box::new(|info| {
        console_error_panic_hook::hook(info);
        let words = info.to_string();
        let global = js_sys::global();
        if let Some(scope) = global.dyn_ref::<DedicatedWorkerGlobalScope>() {
            drop(scope.post_message(&format!("{MARK}{words}").into()));
        } else {
            drop(Reflect::set(&global, &WORDS.into(), &words.into()));
        }
    }));
}

/// The words of a worker's fault, if that is what a message is.
pub fn told(message: &JsValue) -> Option<String> {
    message.as_string()?.strip_prefix(MARK).map(str::to_owned)
}

/// Fails where a test build is told to by a link.
pub fn planted(place: &str, link: &str) {
    if cfg!(feature = "planted-fault") && link.contains(place) {
        panic!("a fault planted for a test: {place}");
    }
}
