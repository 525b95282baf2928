//! What the section holds: the list, a worker of its own, and what it has found.

use std::sync::Arc;

use leptos::prelude::*;
use wasm_bindgen::JsValue;

use crate::api::{Answer, FleetView, Request};
use crate::ui::dom;
use crate::ui::state::State;
use crate::ui::worker::{Handle, READY};

/// Typing is left to pause for this long before the market is searched again.
const PAUSE_MS: u32 = 500;
const DAY_MS: f64 = 86_400_000.0;

/// How far the reading of the list has come.
#[derive(Clone, Debug, PartialEq)]
pub enum Loaded {
    /// Nobody asked for it.
    Not,
    /// It is on its way.
    Reading,
    /// It could not be had.
    Failed(String),
    /// It is there.
    Ready,
}

/// The whole of it, cheap to copy.
#[derive(Clone, Copy)]
pub struct Fleet {
    store: StoredValue<Store, LocalStorage>,
    state: State,
    loading: RwSignal<u32>,
    changed: RwSignal<u32>,
    /// Row of the frontier whose bill is shown.
    pub row: RwSignal<u32>,
}

struct Store {
    loaded: Loaded,
    list: String,
    worker: Option<Handle>,
    hears: bool,
    wanted: Option<Request>,
    run: u32,
    view: Option<Arc<FleetView>>,
    fault: String,
}

impl Fleet {
    /// Nothing read yet.
    pub fn new(state: State) -> Self {
        let store = Store {
            loaded: Loaded::Not,
            list: String::new(),
            worker: None,
            hears: false,
            wanted: None,
            run: 0,
            view: None,
            fault: String::new(),
        };
        let number = || RwSignal::new(0u32);
        let (loading, changed, row) = (number(), number(), number());
        let fleet = Self { store: StoredValue::new_local(store), state, loading, changed, row };
        let again = dom::debounced(PAUSE_MS, move || fleet.ask());
        Effect::new(move |_| {
            state.run.track();
            again();
        });
        fleet
    }

    /// How far the reading has come.
    pub fn loaded(self) -> Loaded {
        self.loading.track();
        self.store.with_value(|store| store.loaded.clone())
    }

    /// Takes note of it.
    pub fn load(self, loaded: Loaded) {
        self.store.try_update_value(|store| store.loaded = loaded);
        self.loading.try_update(|n| *n = n.wrapping_add(1));
    }

    /// Takes a list of prices.
    pub fn take(self, list: String) {
        self.store.try_update_value(|store| {
            store.list = list;
            store.fault.clear();
        });
        if self.store.with_value(|store| store.loaded != Loaded::Ready) {
            self.load(Loaded::Ready);
        }
        self.ask();
    }

    /// Says why a file was not taken.
    pub fn refuse(self, reason: String) {
        self.store.try_update_value(|store| store.fault = reason);
        self.tell();
    }

    /// Asks again; whatever was asked before no longer matters. Nothing before the section was opened.
    pub fn ask(self) {
        let link = untrack(|| self.state.link_now());
        let today = Some((js_sys::Date::now() / DAY_MS).floor() as i32);
        let open = self.store.with_value(|store| store.loaded == Loaded::Ready);
        let valid = untrack(|| self.state.reading_now(|reading| reading.case.is_some()));
        if !open || !valid {
            return;
        }
        self.store.update_value(|store| {
            store.run = store.run.wrapping_add(1);
            let (run, list) = (store.run, store.list.clone());
            store.wanted = Some(Request::Fleet { run, link, list, today });
        });
        if self.store.with_value(|store| store.worker.is_none()) {
            self.hire();
        }
        self.serve();
    }

    /// What was found so far.
    pub fn view(self) -> Option<Arc<FleetView>> {
        self.changed.track();
        self.store.with_value(|store| store.view.clone())
    }

    /// What went wrong, if anything did.
    pub fn fault(self) -> String {
        self.changed.track();
        self.store.with_value(|store| store.fault.clone())
    }

    fn hire(self) {
        let worker =
            Handle::start(move |message| self.receive(&message), move |reason| self.crash(reason));
        match worker {
            Ok(worker) => self.store.update_value(|store| store.worker = Some(worker)),
            Err(_) => self.refuse("this browser did not start a worker for the search".into()),
        }
    }

    fn serve(self) {
        self.store.update_value(|store| {
            let Some(worker) = store.worker.as_ref().filter(|_| store.hears) else {
                return;
            };
            if let Some(request) = store.wanted.take() {
                drop(worker.post(&request));
            }
        });
    }

    fn receive(self, message: &JsValue) {
        if let Some(word) = message.as_string() {
            if word == READY {
                self.store.try_update_value(|store| store.hears = true);
                self.serve();
            }
            return;
        }
        let answer = serde_wasm_bindgen::from_value::<Answer>(message.clone());
        let Ok(Answer::Fleet { run, fleet }) = answer else {
            return;
        };
        let mut news = false;
        self.store.try_update_value(|store| {
            news = store.run == run;
            if news {
                store.view = Some(Arc::from(fleet));
            }
        });
        if news {
            self.tell();
        }
    }

    fn crash(self, reason: String) {
        self.store.try_update_value(|store| store.fault = reason);
        self.tell();
        // Not from within the dying worker's own message.
        dom::later(0, move || {
            self.store.try_update_value(|store| {
                store.worker = None;
                store.hears = false;
            });
        });
    }

    fn tell(self) {
        self.changed.try_update(|n| *n = n.wrapping_add(1));
    }
}
