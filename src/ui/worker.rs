//! The search worker: the same module as the page, started a second time without a download.

use js_sys::Array;
use wasm_bindgen::prelude::*;
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent, Worker};

#[wasm_bindgen]
extern "C" {
    type ImportMeta;

    #[wasm_bindgen(method, getter)]
    fn url(this: &ImportMeta) -> String;

    #[wasm_bindgen(thread_local_v2, js_namespace = import, js_name = meta)]
    static IMPORT_META: ImportMeta;
}

fn scope() -> Option<DedicatedWorkerGlobalScope> {
    js_sys::global().dyn_into().ok()
}

pub fn is_worker() -> bool {
    scope().is_some()
}

/// Worker side: answers until the page ends it.
pub fn serve() {
    let Some(scope) = scope() else { return };
    let answer = Closure::<dyn FnMut(MessageEvent)>::new({
        let scope = scope.clone();
        move |event: MessageEvent| drop(scope.post_message(&event.data()))
    });
    scope.set_onmessage(Some(answer.as_ref().unchecked_ref()));
    answer.forget();
    // Messages that arrive before this one are lost, so the page waits for it.
    drop(scope.post_message(&JsValue::from_str("ready")));
}

/// Page side: a new worker; `on_reply` first gets the string "ready".
pub fn spawn(mut on_reply: impl FnMut(JsValue) + 'static) -> Result<Worker, JsValue> {
    let glue = IMPORT_META.with(ImportMeta::url);
    let script = web_sys::Url::new_with_base("worker.js", &glue)?.href();
    let worker = Worker::new(&script)?;
    let listener =
        Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| on_reply(event.data()));
    worker.set_onmessage(Some(listener.as_ref().unchecked_ref()));
    listener.forget();
    worker.post_message(&Array::of2(
        &JsValue::from_str(&glue),
        &wasm_bindgen::module(),
    ))?;
    Ok(worker)
}
