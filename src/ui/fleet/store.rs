//! What the section holds: the list, workers of its own, and what they have found.

use std::sync::Arc;

use leptos::prelude::*;
use wasm_bindgen::JsValue;

use super::FOLD;
use super::crew::Crew;
use crate::api::{Answer, FleetView, Request};
use crate::inputs::Inputs;
use crate::ui::state::State;
use crate::ui::worker::{Handle, READY, heard};
use crate::ui::{dom, prices};
use crate::units::{Day, Seconds};

/// Typing is left to pause for this long before the market is searched again.
const PAUSE_MS: u32 = 200;
/// This long after the first plan, the list is read and a worker made ready.
const IDLE_MS: u32 = 800;
/// From one part to the next: a frame, in which what was made is laid out and painted.
const FRAME_MS: u32 = 16;
const DAY_MS: f64 = 86_400_000.0;
const MINUTE_MS: f64 = 60_000.0;

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

/// Parts of what was found, each made in a task of its own, in this order: together they would keep the page from
/// hearing a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// Answers to questions.
    Answers,
    /// The table of the frontier.
    Rows,
    /// Its picture.
    Picture,
    /// All else; what says that the search is complete comes last.
    Rest,
}

impl Turn {
    const ALL: [Self; 4] = [Self::Answers, Self::Rows, Self::Picture, Self::Rest];
}

/// The whole of it, cheap to copy.
#[derive(Clone, Copy)]
pub struct Fleet {
    store: StoredValue<Store, LocalStorage>,
    state: State,
    open: Memo<bool>,
    serves: Memo<bool>,
    loading: RwSignal<u32>,
    /// For each turn.
    changed: [RwSignal<u32>; Turn::ALL.len()],
    /// Row of the frontier whose bill is shown; that of the first answer where none was chosen.
    pub row: RwSignal<Option<u32>>,
    /// Whether the search was stopped.
    pub stopped: RwSignal<bool>,
    /// Whether what is shown was found for other inputs, or from another list.
    pub behind: RwSignal<bool>,
}

struct Store {
    loaded: Loaded,
    list: String,
    /// Number of the list; another one each time that one is taken.
    number: u32,
    crew: Crew,
    run: u32,
    /// Link and number of the list that were asked about.
    asked: (String, u32),
    view: Option<Arc<FleetView>>,
    /// What came while the parts of that one are being made.
    next: Option<Arc<FleetView>>,
    /// The run that the latter is of.
    heard: u32,
    /// Whether its parts are being made, and whether something newer came meanwhile.
    showing: (bool, bool),
    /// Whether that is about a model in service.
    serves: bool,
    fault: String,
}

impl Fleet {
    /// Nothing read yet.
    pub fn new(state: State) -> Self {
        let store = Store {
            loaded: Loaded::Not,
            list: String::new(),
            number: 0,
            crew: Crew::default(),
            run: 0,
            asked: Default::default(),
            view: None,
            next: None,
            heard: 0,
            showing: Default::default(),
            serves: false,
            fault: String::new(),
        };
        let number = || RwSignal::new(0u32);
        let (loading, row) = (number(), RwSignal::new(None));
        let changed = Turn::ALL.map(|_| number());
        let (store, open) = (StoredValue::new_local(store), state.unfolded(FOLD));
        let (stopped, behind) = (RwSignal::new(false), RwSignal::new(false));
        let serves = Memo::new(move |_| state.inputs(Inputs::is_serving));
        let fleet = Self { store, state, open, serves, loading, changed, row, stopped, behind };
        let again = dom::debounced(PAUSE_MS, move || fleet.ask());
        Effect::new(move |_| {
            state.run.track();
            behind.set(fleet.store.with_value(|store| store.view.is_some()));
            again();
        });
        Effect::new(move |warm: Option<bool>| {
            let some = state.plan().is_some() || state.served().is_some();
            let first = some && warm != Some(true);
            if first {
                dom::later(IDLE_MS, move || {
                    if !fleet.is_gone() {
                        super::fetched::fetch(fleet);
                    }
                });
            }
            first || warm == Some(true)
        });
        fleet
    }

    /// Whether the section was left since, as a comparison or another kind of plan has none.
    fn is_gone(self) -> bool {
        self.store.try_with_value(|_| ()).is_none()
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

    /// Takes a list of prices, and has a worker read it.
    pub fn take(self, list: String) {
        if self.is_gone() {
            return;
        }
        prices::put(&list);
        self.store.try_update_value(|store| {
            store.list = list;
            store.number = store.number.wrapping_add(1);
            store.fault.clear();
        });
        if self.store.with_value(|store| store.loaded != Loaded::Ready) {
            self.load(Loaded::Ready);
        }
        self.hire(1);
        self.store.try_update_value(|store| store.crew.give(store.number, &store.list));
        self.ask();
    }

    /// Whether this is the list in use.
    pub fn uses(self, list: &str) -> bool {
        self.store.try_with_value(|store| store.list == list).unwrap_or_default()
    }

    /// Day of its newest price.
    pub fn newest(self) -> Option<Day> {
        let list = self.store.try_with_value(|store| store.list.clone()).unwrap_or_default();
        prices::newest(&list)
    }

    /// Says why a file was not taken.
    pub fn refuse(self, reason: String) {
        self.store.try_update_value(|store| store.fault = reason);
        self.tell();
    }

    /// Asks if the section is open and something has changed; whatever was asked before no longer matters.
    pub fn ask(self) {
        let link = untrack(|| self.state.link_now());
        let ready = self.store.with_value(|store| {
            store.loaded == Loaded::Ready && store.asked != (link.clone(), store.number)
        });
        let valid = self.state.reading_now(|reading| match self.state.serves_now() {
            true => reading.ask.is_some(),
            false => reading.case.is_some(),
        });
        let open = self.open.try_get_untracked() == Some(true);
        if ready && valid && open {
            self.search(link);
        } else if self.is_of_now() {
            self.behind.try_set(false);
        }
    }

    /// Stops the search, or goes on with it.
    pub fn stop(self) {
        let stop = !self.stopped.get_untracked();
        if stop {
            self.store.try_update_value(|store| {
                store.crew.stop(store.run);
                store.asked = Default::default();
            });
            self.stopped.set(true);
        } else {
            self.ask();
        }
    }

    fn search(self, link: String) {
        let wanted = self.store.with_value(|store| store.crew.wanted());
        self.hire(wanted);
        self.stopped.set(false);
        self.behind.set(self.store.with_value(|store| store.view.is_some()));
        self.row.set(None);
        let serves = self.state.serves_now();
        let other = self.store.with_value(|store| store.serves != serves);
        if other {
            self.store.update_value(|store| {
                (store.view, store.next, store.serves) = (None, None, serves);
            });
            self.tell();
        }
        let (day, minute) = local_time();
        self.store.update_value(|store| {
            store.run = store.run.wrapping_add(1);
            store.asked = (link.clone(), store.number);
            store.crew.give(store.number, &store.list);
            let run = store.run;
            store.crew.ask(|share| Request::Fleet {
                run,
                link: link.clone(),
                list: String::new(),
                today: Some(day),
                minute: Some(minute),
                share,
            });
        });
    }

    /// Whether what is shown was found for the inputs as they are.
    fn is_of_now(self) -> bool {
        let link = untrack(|| self.state.link_now());
        let is = |store: &Store| store.heard == store.run && store.asked == (link, store.number);
        self.store.try_with_value(is).unwrap_or_default()
    }

    /// What was found so far, as of that turn.
    pub fn view(self, turn: Turn) -> Option<Arc<FleetView>> {
        self.changed[turn as usize].track();
        self.store.with_value(|store| store.view.clone())
    }

    /// Whether the question is about a model in service.
    pub fn serves(self) -> bool {
        self.serves.get()
    }

    /// The goals of that question: for a further token and for the first.
    pub fn goals(self) -> [Option<Seconds>; 2] {
        self.state.reading(|reading| {
            let goals = reading.ask.as_ref().map(|ask| ask.goals).unwrap_or_default();
            [goals.per_token, goals.first_token]
        })
    }

    /// What went wrong, if anything did.
    pub fn fault(self) -> String {
        self.changed[Turn::Rest as usize].track();
        self.store.with_value(|store| store.fault.clone())
    }

    /// Starts workers until there are so many.
    fn hire(self, wanted: usize) {
        for i in self.store.with_value(|store| store.crew.len())..wanted {
            let worker = Handle::start(
                move |message| self.receive(i, &message),
                move |reason| self.crash(i, reason),
            );
            match worker {
                Ok(worker) => self.store.update_value(|store| store.crew.seat(worker)),
                Err(_) if i == 0 => {
                    self.refuse("this browser did not start a worker for the search".into());
                    return;
                }
                Err(_) => return,
            }
        }
    }

    fn receive(self, i: usize, message: &JsValue) {
        if let Some(word) = message.as_string() {
            if word == READY {
                self.store.try_update_value(|store| store.crew.ready(i));
            }
            return;
        }
        let mut news = false;
        let answer = heard(message);
        self.store.try_update_value(|store| match answer {
            Some(Answer::Fleet { run, fleet }) if run == store.run => {
                store.next = Some(Arc::from(fleet));
                store.heard = run;
                news = true;
            }
            Some(Answer::FleetNews { run, news }) if run == store.run => {
                store.crew.tell_others(i, run, &news);
            }
            _ => {}
        });
        if news {
            self.show();
        }
    }

    /// Has the parts made one by one, all of them before those of anything newer.
    fn show(self) {
        let mut starts = false;
        self.store.try_update_value(|store| {
            starts = !store.showing.0;
            store.showing = (true, !starts);
        });
        if starts {
            self.show_from(0);
        }
    }

    fn show_from(self, turn: usize) {
        dom::later(if turn == 0 { 0 } else { FRAME_MS }, move || {
            let mut next = turn + 1;
            if turn == 0 {
                // All parts are those of one view.
                self.store.try_update_value(|store| {
                    if let Some(view) = store.next.take() {
                        store.view = Some(view);
                    }
                });
            }
            if let Some(changed) = self.changed.get(turn) {
                changed.try_update(|n| *n = n.wrapping_add(1));
            } else {
                let mut newer = false;
                self.store.try_update_value(|store| {
                    newer = store.showing.1;
                    store.showing = (newer, false);
                });
                if !newer {
                    if self.is_of_now() {
                        self.behind.try_set(false);
                    }
                    return;
                }
                next = 0;
            }
            self.show_from(next);
        });
    }

    /// Where a helper died, the leader goes on alone.
    fn crash(self, i: usize, reason: String) {
        // Not from within the dying worker's own message.
        dom::later(0, move || {
            let mut left = false;
            self.store.try_update_value(|store| {
                left = store.crew.bury(i);
                store.asked = Default::default();
            });
            if left {
                self.ask();
            } else {
                self.refuse(reason);
            }
        });
    }

    fn tell(self) {
        for changed in self.changed {
            changed.try_update(|n| *n = n.wrapping_add(1));
        }
    }
}

/// Today in days from 1970-01-01 and minutes since midnight, where the browser is.
fn local_time() -> (i32, u32) {
    let now = js_sys::Date::new_0();
    let local = now.get_time() - now.get_timezone_offset() * MINUTE_MS;
    let day = (local / DAY_MS).floor();
    (day as i32, ((local - day * DAY_MS) / MINUTE_MS) as u32)
}
