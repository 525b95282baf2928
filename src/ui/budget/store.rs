//! What the section holds: a worker of its own, the list of prices, and the latest answers.

use std::rc::Rc;
use std::sync::Arc;

use leptos::prelude::*;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;

use super::asks::{Ask, today};
use super::fold_id;
use crate::api::budget::SheetView;
use crate::api::fleet::PriceList;
use crate::api::{Answer, Request};
use crate::ui::state::State;
use crate::ui::worker::{Handle, READY, heard};
use crate::ui::{dom, prices};

/// Typing is left to pause for this long before it is answered.
const PAUSE_MS: u32 = 120;

/// The whole of it, cheap to copy.
#[derive(Clone, Copy)]
pub struct Budget {
    store: StoredValue<Store, LocalStorage>,
    state: State,
    changed: RwSignal<u32>,
    /// Whether it is about a model in service.
    serves: bool,
}

#[derive(Default)]
struct Store {
    asks: Vec<&'static Ask>,
    opened: bool,
    /// The list of prices, until the worker has it.
    list: Option<String>,
    worker: Option<Handle>,
    hears: bool,
    asked: Option<Request>,
    moved: Option<Request>,
    /// Whether sliders stand elsewhere than the link says, and whether the worker is at work on where they stand.
    drags: bool,
    moving: bool,
    run: u32,
    sheets: Vec<Arc<SheetView>>,
    /// What went wrong, by what it is about.
    faults: Vec<(&'static str, Vec<String>)>,
    prices: Option<PriceList>,
}

impl Store {
    /// Takes note of what went wrong; of nothing where nothing did.
    fn fault(&mut self, about: &'static str, lines: Vec<String>) {
        self.faults.retain(|fault| fault.0 != about);
        if !lines.is_empty() {
            self.faults.push((about, lines));
        }
    }
}

impl Budget {
    /// Nothing asked yet.
    pub fn new(state: State, serves: bool) -> Self {
        let store = StoredValue::new_local(Store::default());
        let budget = Self { store, state, changed: RwSignal::new(0), serves };
        let again = dom::debounced(PAUSE_MS, move || budget.ask());
        Effect::new(move |_| {
            state.run.track();
            again();
        });
        // A list that another section took is in use here as well.
        Effect::new(move |last: Option<Option<Rc<str>>>| {
            let list = prices::current();
            let opened = budget.store.try_with_value(|store| store.opened).unwrap_or_default();
            if let (Some(Some(_)), Some(text), true) = (last, list.clone(), opened) {
                budget.take(Ok(text));
            }
            list
        });
        budget
    }

    /// Parts that it answers.
    pub fn asks(self, own: &'static [Ask]) {
        self.store.update_value(|store| store.asks.extend(own));
    }

    /// A part was opened: the list of prices is fetched with the first one.
    pub fn open(self) {
        let first =
            self.store.try_update_value(|store| !std::mem::replace(&mut store.opened, true));
        if first == Some(true) {
            self.hire();
            spawn_local(async move { self.take(prices::fetched().await) });
        }
        // Not before the fold is known to be open.
        dom::later(0, move || self.ask());
    }

    fn take(self, read: Result<Rc<str>, String>) {
        self.store.try_update_value(|store| match read {
            Ok(text) => store.list = Some(text.to_string()),
            Err(reason) => store.fault("list", vec![reason]),
        });
        self.ask();
        self.tell();
    }

    /// Asks what the open parts ask; whatever was asked before no longer matters.
    fn ask(self) {
        let opened = self.store.try_with_value(|store| store.opened).unwrap_or_default();
        if !opened || self.state.serves_now() != self.serves {
            return;
        }
        let link = untrack(|| self.state.link_now());
        let open = |id: &str| untrack(|| self.state.unfolded(&fold_id(id)).get());
        let asks = self.store.with_value(|store| store.asks.clone());
        let parts = asks.iter().filter(|ask| open(ask.id)).flat_map(|ask| ask.sheets);
        let parts: Vec<String> =
            parts.filter(|id| **id != "moved").map(|id| (*id).to_owned()).collect();
        if parts.is_empty() {
            return;
        }
        self.store.update_value(|store| {
            store.run = store.run.wrapping_add(1);
            let (run, list) = (store.run, None);
            store.asked = Some(Request::Budget { run, link, parts, list, today: Some(today()) });
        });
        self.serve();
    }

    /// Asks what becomes of the plan when inputs are moved by these factors.
    pub fn moved(self, by: Vec<f64>) {
        let link = untrack(|| self.state.link_now());
        self.store.update_value(|store| {
            store.run = store.run.wrapping_add(1);
            store.drags = true;
            store.moved = Some(Request::Moved { run: store.run, link, by });
        });
        self.serve();
    }

    /// Where the sliders stand goes into the link.
    pub fn rest(self) {
        self.store.update_value(|store| store.drags = false);
    }

    /// The latest answer to one question.
    pub fn sheet(self, id: &str) -> Option<Arc<SheetView>> {
        self.changed.track();
        self.store.with_value(|store| store.sheets.iter().find(|sheet| sheet.id == id).cloned())
    }

    /// What went wrong.
    pub fn faults(self) -> Vec<String> {
        self.changed.track();
        self.store
            .with_value(|store| store.faults.iter().flat_map(|fault| fault.1.clone()).collect())
    }

    /// The list of prices, once the worker has read it.
    pub fn prices(self) -> Option<PriceList> {
        self.changed.track();
        self.store.with_value(|store| store.prices.clone())
    }

    fn hire(self) {
        let worker =
            Handle::start(move |message| self.receive(&message), move |reason| self.crash(reason));
        match worker {
            Ok(worker) => self.store.update_value(|store| store.worker = Some(worker)),
            Err(_) => self.crash("this browser did not start a worker".into()),
        }
    }

    /// One question at a time; sliders come first.
    fn serve(self) {
        self.store.update_value(|store| {
            let Some(worker) = store.worker.as_ref().filter(|_| store.hears) else { return };
            store.moving = store.moved.is_some();
            let Some(mut request) = store.moved.take().or_else(|| store.asked.take()) else {
                return;
            };
            if let Request::Budget { list, .. } = &mut request {
                *list = store.list.take();
            }
            store.hears = false;
            drop(worker.post(&request));
        });
    }

    fn receive(self, message: &JsValue) {
        if message.as_string().is_some_and(|word| word != READY) {
            return;
        }
        let answer = heard(message);
        self.store.try_update_value(|store| {
            store.hears = true;
            match answer {
                Some(Answer::Budget { budget, .. }) => {
                    store.fault("plan", Vec::new());
                    let rows = budget.list.as_ref().map(|list| list.problems.clone());
                    store.fault("rows", rows.unwrap_or_default());
                    store.prices = budget.list;
                    // What the link says of sliders is not what they show while they are dragged.
                    let late = store.drags && !store.moving;
                    for sheet in budget.sheets {
                        if late && sheet.id == "moved" {
                            continue;
                        }
                        store.sheets.retain(|known| known.id != sheet.id);
                        store.sheets.push(Arc::new(sheet));
                    }
                }
                Some(Answer::Invalid { problems, .. }) => {
                    store.fault("plan", problems);
                }
                _ => {}
            }
        });
        self.serve();
        self.tell();
    }

    fn crash(self, reason: String) {
        self.store.try_update_value(|store| store.fault("worker", vec![reason]));
        self.tell();
        // Not from within the dying worker's own message.
        dom::later(0, move || {
            self.store.try_update_value(|store| {
                store.worker = None;
                store.hears = false;
                store.opened = false;
            });
        });
    }

    fn tell(self) {
        self.changed.try_update(|n| *n = n.wrapping_add(1));
    }
}
