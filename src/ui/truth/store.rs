//! What the section holds: the runs once they are read, what the reader chose, and what follows.

use leptos::prelude::*;

use crate::api::truth::{Choice, Kind, Of, Order, Run, Runs};
use crate::ui::plot::NOWHERE;
use crate::ui::state::State;

/// Runs that count as near to the user's case.
const NEAREST: usize = 8;

/// How far the reading of the runs has come.
#[derive(Clone, Debug, PartialEq)]
pub enum Loaded {
    /// Nobody asked for them.
    Not,
    /// They are on their way.
    Reading,
    /// They could not be had.
    Failed(String),
    /// They are there.
    Ready,
}

/// The whole of it, cheap to copy.
#[derive(Clone, Copy)]
pub struct Truth {
    store: StoredValue<Store, LocalStorage>,
    loading: RwSignal<u32>,
    changed: RwSignal<u32>,
    /// Place in the chart of the run that is pointed at.
    pub at: RwSignal<u32>,
    /// Page of the table.
    pub page: RwSignal<u32>,
    /// Place of the table's order among those on offer.
    pub order: RwSignal<u32>,
    /// Place among what can be compared.
    pub of: RwSignal<u32>,
    /// Whether the runs are of models in service.
    pub serves: bool,
}

struct Store {
    loaded: Loaded,
    measured: Runs,
    choice: Choice,
    kind: Kind,
    /// What the choice lets through, the least measured first.
    rows: Vec<u32>,
    /// The same, the most like the user's case first.
    nearest: Vec<u32>,
}

impl Truth {
    /// Nothing read yet.
    pub fn new(state: State) -> Self {
        let serves = state.serves_now();
        let of = if serves { Of::PerToken } else { Of::Step };
        let store = Store {
            loaded: Loaded::Not,
            measured: Runs::default(),
            choice: Choice { of, ..Choice::default() },
            kind: Kind::default(),
            rows: Vec::new(),
            nearest: Vec::new(),
        };
        let number = |value: u32| RwSignal::new(value);
        let truth = Self {
            store: StoredValue::new_local(store),
            loading: number(0),
            changed: number(0),
            at: number(NOWHERE),
            page: number(0),
            order: number(0),
            of: number(0),
            serves,
        };
        Effect::new(move |_| {
            let kind = state.reading(|reading| {
                let case = reading.case.as_ref().map(Kind::of);
                case.or_else(|| reading.ask.as_ref().map(Kind::of_ask))
            });
            let Some(kind) = kind else { return };
            if truth.store.with_value(|store| store.kind != kind) {
                truth.store.update_value(|store| store.kind = kind);
                truth.sort();
            }
        });
        truth
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

    /// Takes in the table.
    pub fn take(self, text: &str) {
        match Runs::read(text) {
            Ok(measured) => {
                self.store.try_update_value(|store| store.measured = measured);
                self.sort();
                self.load(Loaded::Ready);
            }
            Err(reason) => self.load(Loaded::Failed(reason)),
        }
    }

    /// Changes what is shown.
    pub fn choose(self, change: impl FnOnce(&mut Choice)) {
        self.store.update_value(|store| change(&mut store.choice));
        self.sort();
    }

    /// Looks at the runs and what was chosen of them.
    pub fn look<T>(self, look: impl FnOnce(&View<'_>) -> T) -> T {
        self.changed.track();
        self.store.with_value(|store| {
            look(&View {
                measured: &store.measured,
                choice: &store.choice,
                kind: &store.kind,
                rows: &store.rows,
                nearest: &store.nearest,
            })
        })
    }

    fn sort(self) {
        self.store.try_update_value(|store| {
            let Store { measured, choice, kind, .. } = store;
            let chosen = measured.choose(choice);
            let rows = measured.ordered(&chosen, choice.of, Order::Measured, kind);
            let nearest = measured.ordered(&chosen, choice.of, Order::Nearest, kind);
            (store.rows, store.nearest) = (rows, nearest);
        });
        self.at.try_set(NOWHERE);
        self.page.try_set(0);
        self.changed.try_update(|n| *n = n.wrapping_add(1));
    }
}

/// The runs and what was chosen of them.
pub struct View<'a> {
    /// All runs.
    pub measured: &'a Runs,
    /// What the reader chose.
    pub choice: &'a Choice,
    /// The user's case.
    pub kind: &'a Kind,
    /// Chosen runs, the least measured first.
    pub rows: &'a [u32],
    nearest: &'a [u32],
}

impl View<'_> {
    /// What is compared.
    pub fn of(&self) -> Of {
        self.choice.of
    }

    /// Whether a run is among the nearest to the user's case.
    pub fn is_near(&self, run: u32) -> bool {
        !self.kind.stack.is_empty() && self.nearest.iter().take(NEAREST).any(|near| *near == run)
    }

    /// Chosen runs, the most like the user's case first.
    pub fn nearest(&self) -> &[u32] {
        self.nearest
    }

    /// The run at a place of the chart.
    pub fn run_at(&self, place: u32) -> Option<&Run> {
        self.measured.run(*self.rows.get(place as usize)?)
    }
}
