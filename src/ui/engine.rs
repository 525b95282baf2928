//! The page's side of the search: one worker at a time, thrown away when it does not listen.

use std::cell::RefCell;
use std::rc::Rc;

use leptos::prelude::*;
use wasm_bindgen::JsValue;

use super::dom::{later, now_ms};
use super::state::State;
use super::worker::{Handle, READY};
use crate::api::{Answer, Request};

/// A worker that has not taken up a newer request after this long is replaced.
const DEAF_MS: u32 = 150;
/// After this long without an answer the page says that it is searching.
const SLOW_MS: u32 = 250;

/// Asks for plans.
#[derive(Clone)]
pub struct Engine(Rc<RefCell<Inner>>);

struct Inner {
    state: State,
    worker: Option<Handle>,
    ready: bool,
    /// Number of the worker, so that a late message of an earlier one is known.
    generation: u32,
    /// What to ask next, or what was asked last.
    wanted: Option<Request>,
    /// When a request was sent that has not been taken up.
    deaf_since: Option<f64>,
}

impl Engine {
    /// Starts the first worker.
    pub fn start(state: State) -> Self {
        let engine = Self(Rc::new(RefCell::new(Inner {
            state,
            worker: None,
            ready: false,
            generation: 0,
            wanted: None,
            deaf_since: None,
        })));
        engine.respawn();
        engine
    }

    /// Asks for the plan of a link; whatever was asked before no longer matters.
    pub fn ask(&self, run: u32, link: String) {
        let mut inner = self.0.borrow_mut();
        inner.wanted = Some(Request::Plan { run, link });
        if inner.worker.is_none() {
            drop(inner);
            self.respawn();
        } else if inner.ready {
            inner.send();
            drop(inner);
            self.watch();
        } else {
            drop(inner);
        }
        let state = self.0.borrow().state;
        later(SLOW_MS, move || {
            let waiting = state.run.try_get_untracked() == Some(run);
            if waiting && state.answered.try_get_untracked() != Some(run) {
                state.slow.set(true);
            }
        });
    }

    fn watch(&self) {
        let engine = self.clone();
        later(DEAF_MS, move || {
            let since = engine.0.borrow().deaf_since;
            if since.is_some_and(|since| now_ms() - since >= f64::from(DEAF_MS) - 10.0) {
                engine.respawn();
            }
        });
    }

    fn respawn(&self) {
        let generation = {
            let mut inner = self.0.borrow_mut();
            inner.worker = None;
            inner.ready = false;
            inner.deaf_since = None;
            inner.generation += 1;
            inner.generation
        };
        let (reply, error) = (self.clone(), self.clone());
        let worker = Handle::start(
            move |message| reply.receive(generation, &message),
            move |reason| error.crash(generation, reason),
        );
        let state = self.0.borrow().state;
        match worker {
            Ok(worker) => self.0.borrow_mut().worker = Some(worker),
            Err(_) => {
                state.worker.set("broken");
                state.fail("This browser did not start a worker for the search.".into());
            }
        }
    }

    fn receive(&self, generation: u32, message: &JsValue) {
        if self.0.borrow().generation != generation {
            return;
        }
        if message.as_string().is_some_and(|text| text == READY) {
            let mut inner = self.0.borrow_mut();
            inner.ready = true;
            inner.send();
            let state = inner.state;
            drop(inner);
            state.worker.set("ready");
        } else if message.as_f64().is_some() {
            self.0.borrow_mut().deaf_since = None;
        } else if let Ok(answer) = serde_wasm_bindgen::from_value::<Answer>(message.clone()) {
            let state = self.0.borrow().state;
            if run_of(&answer) == state.run.get_untracked() {
                state.accept(answer);
            }
        }
    }

    /// A worker that died is replaced, but what it died of is not asked again.
    fn crash(&self, generation: u32, reason: String) {
        let mut inner = self.0.borrow_mut();
        if inner.generation != generation {
            return;
        }
        inner.wanted = None;
        inner.ready = false;
        let state = inner.state;
        drop(inner);
        state.fail(reason);
        // Not from within the dying worker's own message.
        let engine = self.clone();
        later(0, move || engine.respawn());
    }
}

fn run_of(answer: &Answer) -> u32 {
    match answer {
        Answer::Plan { run, .. }
        | Answer::Stuck { run, .. }
        | Answer::Invalid { run, .. }
        | Answer::Study { run, .. }
        | Answer::Scaling { run, .. } => *run,
    }
}

impl Inner {
    fn send(&mut self) {
        let (Some(worker), Some(request)) = (&self.worker, &self.wanted) else {
            return;
        };
        if worker.post(request).is_ok() && self.deaf_since.is_none() {
            self.deaf_since = Some(now_ms());
        }
    }
}
