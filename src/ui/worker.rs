//! The search worker: the same module as the page, started a second time without a download.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use js_sys::{Array, Uint8Array};
use wasm_bindgen::prelude::*;
use web_sys::{DedicatedWorkerGlobalScope, MessageChannel, MessageEvent, MessagePort, Worker};

use super::dom::later;
use super::{bench, fault};
use crate::api::fleet::{self, Asked, Prices, Session};
use crate::api::packed::{Unpackable, pack, unpack};
use crate::api::{self, Answer, Request};
use crate::units::{Day, Moment, Seconds};

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

/// Run of what the loader asks: the first that the page counts.
const FIRST_RUN: u32 = 1;
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
        prices: RefCell::default(),
        fleet: RefCell::default(),
        sliced: Cell::new(false),
        tick: RefCell::default(),
    });
    desk.listen_to_itself();
    let answer = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
        if event.data().as_string().is_some_and(|word| word == bench::ASK) {
            drop(desk.scope.post_message(&bench::rows(&desk.clock())));
        } else if let Some(request) = asked(&event.data()) {
            desk.take(request);
        }
    });
    scope.set_onmessage(Some(answer.as_ref().unchecked_ref()));
    answer.forget();
    // Messages that arrive before this one are lost, so the page waits for it.
    drop(scope.post_message(&JsValue::from_str(READY)));
}

/// The first request is the loader's, which knows no wire: what stands in the address behind its `#`.
fn asked(message: &JsValue) -> Option<Request> {
    match message.dyn_ref::<Array>() {
        Some(told) => Some(Request::of(FIRST_RUN, told.get(0).as_string()?)),
        None => unpack(&bytes(message)?).ok(),
    }
}

/// A message, and what of it need not be copied.
fn message(packed: Result<Vec<u8>, Unpackable>) -> Option<(Uint8Array, Array)> {
    let bytes = Uint8Array::from(packed.ok()?.as_slice());
    let parts = Array::of1(&bytes.buffer());
    Some((bytes, parts))
}

fn bytes(message: &JsValue) -> Option<Vec<u8>> {
    Some(message.dyn_ref::<Uint8Array>()?.to_vec())
}

/// The answer that a worker's message is; nothing where it is a word.
pub fn heard(message: &JsValue) -> Option<Answer> {
    unpack(&bytes(message)?).ok()
}

/// Where requests arrive.
struct Desk {
    scope: DedicatedWorkerGlobalScope,
    latest: RefCell<u32>,
    columns: RefCell<api::Columns>,
    budget: RefCell<api::BudgetDesk>,
    /// The list of prices that was read last.
    prices: RefCell<Prices>,
    /// The fleet that is being searched, or was last.
    fleet: RefCell<Option<Box<dyn Session>>>,
    /// Whether its next slice is on its way.
    sliced: Cell<bool>,
    /// Where a message is put that comes back after those that have arrived by then.
    tick: RefCell<Option<MessagePort>>,
}

impl Desk {
    fn take(self: &Rc<Self>, request: Request) {
        match request {
            Request::Plan { run, link } => {
                fault::planted(fault::WORKER, &link);
                self.latest.replace(run);
                self.answer(run, &link, false);
                self.say(IDLE);
                self.rest_later(run, link);
            }
            Request::Serve { run, link } => {
                self.latest.replace(run);
                api::serve(run, &link, &self.clock(), &mut |answer| self.send(&answer));
                self.say(IDLE);
                let desk = self.clone();
                self.later(PAUSE_MS, run, move || {
                    api::serve_study(run, &link, &mut |answer| desk.send(&answer));
                });
            }
            Request::Fleet { run, link, list, today, minute, share } => {
                self.latest.replace(run);
                if !list.is_empty() {
                    self.prices.replace(Prices::read(&list));
                }
                let after = Seconds::new(60.0 * f64::from(minute.unwrap_or(0)));
                let now = today.map(|day| Moment::new(Day::from_epoch(day), after));
                let share = share.unwrap_or((0, 1));
                self.search_fleet(Asked { run, link: &link, now, share });
            }
            Request::Prices { list } => drop(self.prices.replace(Prices::read(&list))),
            Request::FleetNews { run, news } => {
                let own = &mut *self.fleet.borrow_mut();
                if let Some(session) = own.as_mut().filter(|session| session.run() == run) {
                    session.hear(&news);
                    if session.leads() {
                        self.slice_later();
                    }
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

    /// Begins a fleet search with what the last one found.
    fn search_fleet(&self, asked: Asked<'_>) {
        let mut own = self.fleet.borrow_mut();
        match fleet::open(&self.prices.borrow(), asked, own.as_deref()) {
            Ok(session) => {
                *own = Some(session);
                self.slice_later();
            }
            Err(answer) => self.send(&answer),
        }
    }

    /// The next slice of a fleet search, after what comes in between. Not by a timer: those wait for 4 ms.
    fn slice_later(&self) {
        if !self.sliced.replace(true)
            && let Some(tick) = &*self.tick.borrow()
        {
            drop(tick.post_message(&JsValue::NULL));
        }
    }

    fn listen_to_itself(self: &Rc<Self>) {
        let Ok(channel) = MessageChannel::new() else { return };
        let desk = self.clone();
        let slice = Closure::<dyn FnMut(MessageEvent)>::new(move |_| desk.slice());
        channel.port1().set_onmessage(Some(slice.as_ref().unchecked_ref()));
        slice.forget();
        self.tick.replace(Some(channel.port2()));
    }

    fn slice(&self) {
        self.sliced.set(false);
        let own = &mut *self.fleet.borrow_mut();
        let Some(session) = own.as_mut().filter(|own| own.run() == *self.latest.borrow()) else {
            return;
        };
        let done = session.advance();
        if let Some(news) = session.news() {
            self.send(&news);
        }
        if session.leads()
            && let Some(answer) = session.fresh()
        {
            self.send(&answer);
        }
        if done {
            self.say(IDLE);
        } else {
            self.slice_later();
        }
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
        if let Some((message, parts)) = message(pack(answer)) {
            drop(self.scope.post_message_with_transfer(&message, &parts));
        }
    }

    fn say(&self, word: &str) {
        drop(self.scope.post_message(&JsValue::from_str(word)));
    }
}

/// Name under which the page keeps the address of the worker's script.
const SCRIPT: &str = "autoparallelWorker";

/// The address of the worker's script: where the page says, else beside the glue.
fn script(glue: &str) -> Result<String, JsValue> {
    let named = js_sys::Reflect::get(&js_sys::global(), &SCRIPT.into()).ok();
    match named.and_then(|named| named.as_string()) {
        Some(address) => Ok(address),
        None => Ok(web_sys::Url::new_with_base("worker.js", glue)?.href()),
    }
}

/// A worker that has been told where the module is.
fn started() -> Result<Worker, JsValue> {
    let glue = IMPORT_META.with(ImportMeta::url);
    let worker = Worker::new(&script(&glue)?)?;
    worker.post_message(&Array::of2(&JsValue::from_str(&glue), &wasm_bindgen::module()))?;
    Ok(worker)
}

/// What a worker dies of that never ran.
pub const UNLOADED: &str = "The script of the worker could not be loaded: something blocks it, \
    or the connection is gone. Loading the page again may help.";

/// A worker as the page holds it; it ends when this is dropped.
pub struct Handle {
    worker: Worker,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
    _on_error: Closure<dyn FnMut(web_sys::Event)>,
}

/// Name under which the page's loader keeps the first worker, and what that has said.
const FIRST: &str = "autoparallelFirst";

/// The worker that the loader started, and the events that were for whoever takes it; once.
fn first() -> Option<(Worker, Array)> {
    let global = js_sys::global();
    let own = js_sys::Reflect::get(&global, &FIRST.into()).ok().filter(|own| own.is_object())?;
    drop(js_sys::Reflect::delete_property(&global, &FIRST.into()));
    let part = |name: &str| js_sys::Reflect::get(&own, &name.into()).ok();
    Some((part("worker")?.dyn_into().ok()?, part("heard")?.dyn_into().ok()?))
}

impl Handle {
    /// Starts a worker. `on_reply` gets its messages, [`READY`] first; `on_error` what it dies of.
    pub fn start(
        on_reply: impl Fn(JsValue) + 'static,
        on_error: impl Fn(String) + 'static,
    ) -> Result<Self, JsValue> {
        let (worker, heard) = match first() {
            Some((worker, heard)) => (worker, Some(heard)),
            None => (started()?, None),
        };
        // A fault comes as words, from where it happened, and then as the worker's end.
        let said = Rc::new(RefCell::new(String::new()));
        let on_message = Closure::<dyn FnMut(MessageEvent)>::new({
            let said = said.clone();
            move |event: MessageEvent| match fault::told(&event.data()) {
                Some(fault) => drop(said.replace(fault)),
                None => on_reply(event.data()),
            }
        });
        let on_error = Closure::<dyn FnMut(web_sys::Event)>::new(move |event: web_sys::Event| {
            let error = event.dyn_ref::<web_sys::ErrorEvent>();
            let ended = error.map(web_sys::ErrorEvent::message).unwrap_or_default();
            let said = [said.take(), ended].into_iter().find(|words| !words.is_empty());
            // An end without a word is that of a script which never ran.
            on_error(said.unwrap_or_else(|| UNLOADED.to_owned()));
        });
        worker.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        worker.set_onerror(Some(on_error.as_ref().unchecked_ref()));
        if let Some(heard) = heard {
            let worker = worker.clone();
            // Once it has its place.
            later(0, move || {
                heard.iter().for_each(|event| drop(worker.dispatch_event(event.unchecked_ref())));
            });
        }
        Ok(Self { worker, _on_message: on_message, _on_error: on_error })
    }

    /// Whether the loader has started a worker, which is at work on what the address asks.
    pub fn is_first_there() -> bool {
        js_sys::Reflect::has(&js_sys::global(), &FIRST.into()).unwrap_or(false)
    }

    /// Sends it a word.
    pub fn say(&self, word: &str) -> Result<(), JsValue> {
        self.worker.post_message(&JsValue::from_str(word))
    }

    /// Asks it something.
    pub fn post(&self, request: &Request) -> Result<(), JsValue> {
        let (message, parts) = message(pack(request)).ok_or(JsValue::NULL)?;
        self.worker.post_message_with_transfer(&message, &parts)
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.worker.set_onmessage(None);
        self.worker.set_onerror(None);
        self.worker.terminate();
    }
}
