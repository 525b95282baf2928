//! The page's side of the search. Workers are disposable: one that is deaf to a newer request is
//! thrown away, and a spare one that stands ready takes its place.

use std::cell::RefCell;
use std::rc::Rc;

use leptos::prelude::*;
use wasm_bindgen::JsValue;

use super::dom::later;
use super::state::State;
use super::worker::{BUSY, Handle, IDLE, READY, heard};
use crate::api::{Answer, Request};

/// A worker may finish a plan for this long before it is replaced by one that listens.
const GRACE_MS: u32 = 60;
/// After this long without an answer the page says that it is searching.
const SLOW_MS: u32 = 250;

/// The run that the loader asks for.
pub const FIRST_RUN: u32 = 1;

/// Asks for plans.
#[derive(Clone)]
pub struct Engine(Rc<RefCell<Inner>>);

struct Inner {
    state: State,
    working: Option<Seat>,
    spare: Option<Seat>,
    /// Number of the last worker that was started.
    started: u32,
    /// What no worker has been asked yet.
    wanted: Option<Request>,
}

/// A worker and what is known of it.
struct Seat {
    number: u32,
    handle: Handle,
    hears: Hearing,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hearing {
    /// Not started yet.
    Starting,
    /// It takes requests.
    Ready,
    /// It finds a plan, which is soon done.
    Planning,
    /// It does what may take long.
    Deaf,
}

impl Engine {
    /// Starts the first worker. Where the loader has done so already, that one is at work on run [`FIRST_RUN`].
    pub fn start(state: State) -> Self {
        let early = Handle::is_first_there();
        let inner = Inner { state, working: None, spare: None, started: 0, wanted: None };
        let engine = Self(Rc::new(RefCell::new(inner)));
        let mut first = engine.hire();
        if let (true, Some(seat)) = (early, &mut first) {
            seat.hears = Hearing::Planning;
            state.run.set(FIRST_RUN);
            engine.watch(FIRST_RUN);
        }
        engine.0.borrow_mut().working = first;
        engine
    }

    /// Asks for a plan or a comparison; whatever was asked before no longer matters.
    pub fn ask(&self, run: u32, request: Request) {
        self.0.borrow_mut().wanted = Some(request);
        self.serve();
        self.watch(run);
    }

    /// Says that the page is searching, where that takes long.
    fn watch(&self, run: u32) {
        let state = self.0.borrow().state;
        later(SLOW_MS, move || {
            let latest = state.run.try_get_untracked() == Some(run);
            if latest && state.answered.try_get_untracked() != Some(run) {
                state.slow.set(true);
            }
        });
    }

    /// Gives what is wanted to a worker that hears.
    fn serve(&self) {
        let hears = self.0.borrow().working.as_ref().map(|seat| seat.hears);
        match hears {
            None => {
                let seat = self.hire();
                self.0.borrow_mut().working = seat;
            }
            Some(Hearing::Starting) => {}
            Some(Hearing::Ready) => self.0.borrow_mut().send(),
            Some(Hearing::Deaf) => self.replace(),
            Some(Hearing::Planning) => {
                let engine = self.clone();
                later(GRACE_MS, move || {
                    if engine.0.borrow().wanted.is_some() {
                        engine.replace();
                    }
                });
            }
        }
    }

    /// Puts the spare worker in the place of one that does not hear.
    fn replace(&self) {
        let spare = self.0.borrow_mut().spare.take();
        let Some(spare) = spare.or_else(|| self.hire()) else {
            return;
        };
        let old = self.0.borrow_mut().working.replace(spare);
        drop(old);
        let ready = self.0.borrow().working.as_ref().is_some_and(|s| s.hears == Hearing::Ready);
        if ready {
            self.0.borrow_mut().send();
        }
    }

    fn hire(&self) -> Option<Seat> {
        let (number, state) = {
            let mut inner = self.0.borrow_mut();
            inner.started += 1;
            (inner.started, inner.state)
        };
        let (reply, error) = (self.clone(), self.clone());
        let handle = Handle::start(
            move |message| reply.receive(number, &message),
            move |reason| error.crash(number, reason),
        );
        match handle {
            Ok(handle) => Some(Seat { number, handle, hears: Hearing::Starting }),
            Err(_) => {
                state.worker.set("broken".into());
                state.fail("this browser did not start a worker for the search".into());
                None
            }
        }
    }

    fn receive(&self, number: u32, message: &JsValue) {
        if let Some(word) = message.as_string() {
            self.hear(number, &word);
            return;
        }
        let state = self.0.borrow().state;
        let working = self.0.borrow().working.as_ref().is_some_and(|seat| seat.number == number);
        let answer = heard(message);
        if let (true, Some(answer)) = (working, answer)
            && run_of(&answer) == state.run.get_untracked()
        {
            state.accept(answer);
        }
    }

    fn hear(&self, number: u32, word: &str) {
        let hears = match word {
            READY | IDLE => Hearing::Ready,
            BUSY => Hearing::Deaf,
            _ => return,
        };
        let (working, wanted, state) = {
            let inner = &mut *self.0.borrow_mut();
            let seats = [&mut inner.working, &mut inner.spare];
            for seat in seats.into_iter().flatten().filter(|seat| seat.number == number) {
                seat.hears = hears;
            }
            let working = inner.working.as_ref().is_some_and(|seat| seat.number == number);
            (working, inner.wanted.is_some(), inner.state)
        };
        if !working {
            return;
        }
        if word == READY {
            state.worker.set("ready".into());
        }
        if wanted {
            self.serve();
        } else if word == BUSY && self.0.borrow().spare.is_none() {
            let spare = self.hire();
            self.0.borrow_mut().spare = spare;
        }
    }

    /// A worker that died is replaced, but what it died of is not asked again.
    fn crash(&self, number: u32, reason: String) {
        let state = self.0.borrow().state;
        let working = self.0.borrow().working.as_ref().is_some_and(|seat| seat.number == number);
        // Not from within the dying worker's own message.
        let engine = self.clone();
        later(0, move || {
            let mut inner = engine.0.borrow_mut();
            let dead = if working { inner.working.take() } else { inner.spare.take() };
            if working {
                inner.working = inner.spare.take();
            }
            drop(inner);
            drop(dead);
        });
        if working {
            state.fail(reason);
        }
    }
}

impl Inner {
    fn send(&mut self) {
        let (Some(seat), Some(request)) = (&mut self.working, self.wanted.take()) else {
            return;
        };
        if seat.handle.post(&request).is_ok() {
            seat.hears = Hearing::Planning;
        }
    }
}

fn run_of(answer: &Answer) -> u32 {
    match answer {
        Answer::Plan { run, .. }
        | Answer::Served { run, .. }
        | Answer::ServeStudied { run, .. }
        | Answer::Stuck { run, .. }
        | Answer::Invalid { run, .. }
        | Answer::Study { run, .. }
        | Answer::Fleet { run, .. }
        | Answer::Budget { run, .. }
        | Answer::FleetNews { run, .. }
        | Answer::Scaling { run, .. }
        | Answer::Compared { run, .. } => *run,
    }
}
