//! The search worker: the same module as the page, started a second time without a download.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::Array;
use wasm_bindgen::prelude::*;
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent, Worker};

use crate::api::{Answer, Request};

#[wasm_bindgen]
extern "C" {
    type ImportMeta;

    #[wasm_bindgen(method, getter)]
    fn url(this: &ImportMeta) -> String;

    #[wasm_bindgen(thread_local_v2, js_namespace = import, js_name = meta)]
    static IMPORT_META: ImportMeta;
}

/// First message of a worker that can take requests.
pub const READY: &str = "ready";

fn scope() -> Option<DedicatedWorkerGlobalScope> {
    js_sys::global().dyn_into().ok()
}

/// Whether this is a worker and not the page.
pub fn is_worker() -> bool {
    scope().is_some()
}

/// Worker side: answers until the page ends it.
pub fn serve() {
    let Some(scope) = scope() else { return };
    let answer = Closure::<dyn FnMut(MessageEvent)>::new({
        let scope = scope.clone();
        move |event: MessageEvent| {
            if let Ok(request) = serde_wasm_bindgen::from_value(event.data()) {
                take(&scope, request);
            }
        }
    });
    scope.set_onmessage(Some(answer.as_ref().unchecked_ref()));
    answer.forget();
    // Messages that arrive before this one are lost, so the page waits for it.
    drop(scope.post_message(&JsValue::from_str(READY)));
}

fn take(scope: &DedicatedWorkerGlobalScope, request: Request) {
    match request {
        Request::Plan { run, link } => {
            post(scope, &JsValue::from_f64(f64::from(run)));
            let inputs = crate::link::decode(&link).inputs;
            for answer in super::sample::answer(run, &inputs) {
                send(scope, &answer);
            }
        }
        Request::Cancel { .. } => {}
    }
}

fn send(scope: &DedicatedWorkerGlobalScope, answer: &Answer) {
    if let Ok(value) = serde_wasm_bindgen::to_value(answer) {
        post(scope, &value);
    }
}

fn post(scope: &DedicatedWorkerGlobalScope, value: &JsValue) {
    drop(scope.post_message(value));
}

/// A worker as the page holds it; it ends when this is dropped.
pub struct Handle {
    worker: Worker,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
    _on_error: Closure<dyn FnMut(web_sys::Event)>,
}

impl Handle {
    /// Starts a worker. `on_reply` gets its messages, [`READY`] first; `on_error` what it dies of.
    pub fn start(
        on_reply: impl FnMut(JsValue) + 'static,
        on_error: impl FnMut(String) + 'static,
    ) -> Result<Self, JsValue> {
        let glue = IMPORT_META.with(ImportMeta::url);
        let script = web_sys::Url::new_with_base("worker.js", &glue)?.href();
        let worker = Worker::new(&script)?;
        let on_reply = Rc::new(RefCell::new(on_reply));
        let on_error = Rc::new(RefCell::new(on_error));
        let on_message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            if let Ok(mut reply) = on_reply.try_borrow_mut() {
                reply(event.data());
            }
        });
        let on_error = Closure::<dyn FnMut(web_sys::Event)>::new(move |event: web_sys::Event| {
            let message = event
                .dyn_ref::<web_sys::ErrorEvent>()
                .map(web_sys::ErrorEvent::message);
            if let Ok(mut report) = on_error.try_borrow_mut() {
                report(message.unwrap_or_default());
            }
        });
        worker.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        worker.set_onerror(Some(on_error.as_ref().unchecked_ref()));
        worker.post_message(&Array::of2(
            &JsValue::from_str(&glue),
            &wasm_bindgen::module(),
        ))?;
        Ok(Self {
            worker,
            _on_message: on_message,
            _on_error: on_error,
        })
    }

    /// Asks it something.
    pub fn post(&self, request: &Request) -> Result<(), JsValue> {
        let value = serde_wasm_bindgen::to_value(request)?;
        self.worker.post_message(&value)
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.worker.set_onmessage(None);
        self.worker.set_onerror(None);
        self.worker.terminate();
    }
}
