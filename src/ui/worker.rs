//! The search worker: the same module as the page, started a second time without a download.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::Array;
use wasm_bindgen::prelude::*;
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent, Worker};

use super::bench;
use crate::api::fleet::{FIRST_SLICE, SLICE};
use crate::api::{self, Answer, FleetSession, Request};

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
/// A worker says that it will be deaf for a while.
pub const BUSY: &str = "busy";
/// A worker says that it can hear again.
pub const IDLE: &str = "idle";

/// The plan comes at once; all else waits until typing pauses, so that no key waits for it.
const PAUSE_MS: i32 = 120;

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
    let desk = Rc::new(Desk {
        scope: scope.clone(),
        latest: RefCell::new(0),
        columns: RefCell::default(),
        budget: RefCell::default(),
    });
    let answer = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
        if event.data().as_string().is_some_and(|word| word == bench::ASK) {
            drop(desk.scope.post_message(&bench::rows(&desk.clock())));
        } else if let Ok(request) = serde_wasm_bindgen::from_value(event.data()) {
            desk.take(request);
        }
    });
    scope.set_onmessage(Some(answer.as_ref().unchecked_ref()));
    answer.forget();
    // Messages that arrive before this one are lost, so the page waits for it.
    drop(scope.post_message(&JsValue::from_str(READY)));
}

/// Where requests arrive.
struct Desk {
    scope: DedicatedWorkerGlobalScope,
    latest: RefCell<u32>,
    columns: RefCell<api::Columns>,
    budget: RefCell<api::BudgetDesk>,
}

impl Desk {
    fn take(self: &Rc<Self>, request: Request) {
        match request {
            Request::Plan { run, link } => {
                self.latest.replace(run);
                self.answer(run, &link, false);
                self.say(IDLE);
                self.rest_later(run, link);
            }
            Request::Fleet { run, link, list, today } => {
                self.latest.replace(run);
                match FleetSession::new(run, &link, &list, today) {
                    Ok(session) => self.slice_later(run, session, FIRST_SLICE),
                    Err(answer) => self.send(&answer),
                }
            }
            Request::Budget { run, link, parts, list, today } => {
                let mut budget = self.budget.borrow_mut();
                if let Some(list) = list {
                    budget.take(&list, today);
                }
                self.send(&budget.answer(run, &link, &parts));
            }
            Request::Moved { run, link, by } => {
                self.send(&self.budget.borrow_mut().moved(run, &link, &by));
            }
            Request::Compare { run, links } => {
                self.latest.replace(run);
                self.compare(run, links);
            }
            Request::Cancel { .. } => drop(self.latest.replace(0)),
        }
    }

    /// One slice of a fleet search after another, hearing what comes in between.
    fn slice_later(self: &Rc<Self>, run: u32, mut session: FleetSession, searches: u32) {
        let desk = self.clone();
        let slice = Closure::once_into_js(move || {
            if *desk.latest.borrow() != run {
                return;
            }
            let done = session.advance(searches);
            desk.send(&session.answer());
            if done {
                desk.say(IDLE);
            } else {
                desk.slice_later(run, session, SLICE);
            }
        });
        let set = self
            .scope
            .set_timeout_with_callback_and_timeout_and_arguments_0(slice.unchecked_ref(), 0);
        drop(set);
    }

    /// Runners-up, frontier and scaling, unless something newer has arrived by then.
    fn rest_later(self: &Rc<Self>, run: u32, link: String) {
        let desk = self.clone();
        self.later(PAUSE_MS, run, move || {
            desk.say(BUSY);
            desk.answer(run, &link, true);
            desk.say(IDLE);
        });
    }

    /// One column, and the next unless something newer has arrived by then.
    fn compare(self: &Rc<Self>, run: u32, links: Vec<String>) {
        let done = self.columns.borrow_mut().work(&links) == links.len();
        let view = self.columns.borrow().view(&links);
        self.send(&Answer::Compared { run, view, done });
        self.say(IDLE);
        if !done {
            let desk = self.clone();
            self.later(0, run, move || desk.compare(run, links));
        }
    }

    /// Acts after a pause, unless something newer has arrived by then.
    fn later(self: &Rc<Self>, ms: i32, run: u32, act: impl FnOnce() + 'static) {
        let desk = self.clone();
        let act = Closure::once_into_js(move || {
            if *desk.latest.borrow() == run {
                act();
            }
        });
        let act = act.unchecked_ref();
        drop(self.scope.set_timeout_with_callback_and_timeout_and_arguments_0(act, ms));
    }

    /// Only the plan, or only the rest. The rest begins by finding the plan again, which is cheap.
    fn answer(&self, run: u32, link: &str, rest: bool) {
        let mut sink = |answer: Answer| {
            let first = !matches!(answer, Answer::Study { .. } | Answer::Scaling { .. });
            // Why nothing fits comes at once, what would help with the rest.
            if first != rest || matches!(answer, Answer::Stuck { .. }) {
                self.send(&answer);
            }
        };
        api::answer(run, link, &self.clock(), &mut || rest, &mut sink);
    }

    /// Milliseconds since the worker was started.
    fn clock(&self) -> impl Fn() -> f64 {
        let performance = self.scope.performance();
        move || performance.as_ref().map_or(0.0, web_sys::Performance::now)
    }

    fn send(&self, answer: &Answer) {
        if let Ok(value) = serde_wasm_bindgen::to_value(answer) {
            drop(self.scope.post_message(&value));
        }
    }

    fn say(&self, word: &str) {
        drop(self.scope.post_message(&JsValue::from_str(word)));
    }
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
        on_reply: impl Fn(JsValue) + 'static,
        on_error: impl Fn(String) + 'static,
    ) -> Result<Self, JsValue> {
        let glue = IMPORT_META.with(ImportMeta::url);
        let script = web_sys::Url::new_with_base("worker.js", &glue)?.href();
        let worker = Worker::new(&script)?;
        let on_message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            on_reply(event.data());
        });
        let on_error = Closure::<dyn FnMut(web_sys::Event)>::new(move |event: web_sys::Event| {
            let error = event.dyn_ref::<web_sys::ErrorEvent>();
            on_error(error.map(web_sys::ErrorEvent::message).unwrap_or_default());
        });
        worker.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        worker.set_onerror(Some(on_error.as_ref().unchecked_ref()));
        worker.post_message(&Array::of2(&JsValue::from_str(&glue), &wasm_bindgen::module()))?;
        Ok(Self { worker, _on_message: on_message, _on_error: on_error })
    }

    /// Sends it a word.
    pub fn say(&self, word: &str) -> Result<(), JsValue> {
        self.worker.post_message(&JsValue::from_str(word))
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
