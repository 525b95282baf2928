//! What the page holds: the inputs as typed, and the latest answers.
//!
//! Large values live in one store; what follows them follows a counter that changes with them.

mod compare;
mod serve;

use std::collections::BTreeSet;
use std::sync::Arc;

use leptos::prelude::*;

use crate::api::{
    self, Answer, PlanView, ScalePoint, ServeStudyView, ServeView, StuckView, StudyView,
};
use crate::inputs::{Inputs, Key, Resolution};
use crate::link::{self, Encoded, Promise};
use crate::ui::fault;
use crate::units::order;

/// The whole state, cheap to copy.
#[derive(Clone, Copy)]
pub struct State {
    store: StoredValue<Store, LocalStorage>,
    changed: RwSignal<u32>,
    planned: RwSignal<u32>,
    studied: RwSignal<u32>,
    scaled: RwSignal<u32>,
    judged: RwSignal<u32>,
    folded: RwSignal<u32>,
    arranged: RwSignal<u32>,
    compared: RwSignal<u32>,
    /// The latest run.
    pub run: RwSignal<u32>,
    /// The latest run that was answered.
    pub answered: RwSignal<u32>,
    /// Whether an answer has been awaited long enough to say so.
    pub slow: RwSignal<bool>,
    /// `starting`, `ready`, `broken`, for tests and styles.
    pub worker: RwSignal<String>,
    /// The degree or figure of the headline that is open; empty for none.
    pub opened: RwSignal<String>,
    /// Why a text or file was not taken as a config.json; empty where it was.
    pub refused: RwSignal<String>,
    /// Why what was dropped on the page was not taken; empty where it was.
    pub dropped: RwSignal<String>,
    /// The latency that throughput is held against: 0 that of a further token, 1 that of the first.
    pub latency: RwSignal<u32>,
    /// Counts the times that the search of models was called for.
    pub searches: RwSignal<u32>,
    /// Counts the links that were opened.
    pub visits: RwSignal<u32>,
    /// Changes whenever colours do.
    pub theme: RwSignal<u32>,
    /// Whether the first answer has been painted, after which the rest of the page is made.
    pub painted: RwSignal<bool>,
}

struct Store {
    inputs: Inputs,
    reading: Resolution,
    encoded: Encoded,
    link_problems: Vec<String>,
    /// The link that was opened, where nothing of it could be read.
    unread: String,
    promise: Option<Promise>,
    plan: Option<Arc<PlanView>>,
    search_ms: f64,
    study: Option<Arc<StudyView>>,
    points: Arc<Vec<ScalePoint>>,
    progress: (u32, u32),
    serve: Option<Arc<ServeView>>,
    serve_study: Option<Arc<ServeStudyView>>,
    verdict: Verdict,
    unfolded: BTreeSet<String>,
    side: compare::Side,
}

/// What the latest inputs came to.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// No answer yet.
    Waiting,
    /// The plan shown is for them.
    Good,
    /// Nothing fits.
    Stuck(Arc<StuckView>),
    /// They do not make a question.
    Invalid(Vec<String>),
    /// The search itself failed.
    Broken(String),
}

impl Store {
    fn new(link: &str) -> Self {
        let (side, own) = compare::arrived(link);
        let decoded = link::decode(own.as_deref().unwrap_or(link));
        Self {
            reading: decoded.inputs.resolve(),
            encoded: link::encode_whole(&decoded.inputs),
            link_problems: decoded.told(),
            unread: if decoded.is_lost() { link.to_owned() } else { String::new() },
            inputs: decoded.inputs,
            promise: decoded.promise,
            plan: None,
            search_ms: 0.0,
            study: None,
            points: Arc::default(),
            progress: (0, 0),
            serve: None,
            serve_study: None,
            verdict: Verdict::Waiting,
            unfolded: BTreeSet::new(),
            side,
        }
    }
}

/// The inputs.
impl State {
    /// From the link in the address bar.
    pub fn new(link: &str) -> Self {
        let count = || RwSignal::new(0u32);
        Self {
            store: StoredValue::new_local(Store::new(link)),
            changed: count(),
            planned: count(),
            studied: count(),
            scaled: count(),
            judged: count(),
            folded: count(),
            arranged: count(),
            compared: count(),
            run: count(),
            answered: count(),
            slow: RwSignal::new(false),
            worker: RwSignal::new("starting".to_owned()),
            opened: RwSignal::new(String::new()),
            refused: RwSignal::new(String::new()),
            dropped: RwSignal::new(String::new()),
            latency: count(),
            searches: count(),
            visits: count(),
            theme: count(),
            painted: RwSignal::new(false),
        }
    }

    /// Something of the inputs.
    pub fn inputs<T>(self, look: impl FnOnce(&Inputs) -> T) -> T {
        self.changed.track();
        self.store.with_value(|store| look(&store.inputs))
    }

    /// The same, without following them.
    pub fn inputs_now<T>(self, look: impl FnOnce(&Inputs) -> T) -> T {
        self.store.with_value(|store| look(&store.inputs))
    }

    /// Something of how the inputs are understood.
    pub fn reading<T>(self, look: impl FnOnce(&Resolution) -> T) -> T {
        self.changed.track();
        self.store.with_value(|store| look(&store.reading))
    }

    /// The same, without following it.
    pub fn reading_now<T>(self, look: impl FnOnce(&Resolution) -> T) -> T {
        self.store.with_value(|store| look(&store.reading))
    }

    /// The link of the inputs, without `#`.
    pub fn link(self) -> String {
        self.changed.track();
        self.link_now()
    }

    /// The same, without following it.
    pub fn link_now(self) -> String {
        self.store.with_value(|store| store.encoded.text.clone())
    }

    /// Inputs that are too long for the link.
    pub fn left_out(self) -> Vec<Key> {
        self.changed.track();
        self.store.with_value(|store| store.encoded.left_out.clone())
    }

    /// What could not be read of the link that was opened.
    pub fn link_problems(self) -> Vec<String> {
        self.changed.track();
        self.store.with_value(|store| store.link_problems.clone())
    }

    /// The link that was opened, while nothing of it could be read; else empty.
    pub fn unread(self) -> String {
        self.changed.track();
        self.store.with_value(|store| store.unread.clone())
    }

    /// What is to be said where the link that was opened promised other figures than its plans have.
    pub fn broken_promises(self) -> Vec<Vec<String>> {
        self.changed.track();
        if self.is_comparing() {
            return self.broken_columns();
        }
        let promise = self.store.with_value(|store| store.promise.clone());
        let told = promise.and_then(|own| match self.verdict() {
            Verdict::Stuck(_) => api::broken_promise(&own, None),
            _ => api::broken_promise(&own, Some(self.settled()?.link())),
        });
        told.into_iter().collect()
    }

    /// The text of one input.
    pub fn text(self, key: Key) -> Memo<String> {
        Memo::new(move |_| self.inputs(|inputs| inputs.get(key).to_owned()))
    }

    /// Whether one input has a problem.
    pub fn has_problem(self, key: Key) -> Memo<bool> {
        Memo::new(move |_| self.reading(|reading| reading.problem(key).is_some()))
    }

    /// Changes one input.
    pub fn set(self, key: Key, text: String) {
        self.change(|inputs| inputs.set(key, text));
    }

    /// Changes the inputs.
    pub fn change(self, act: impl FnOnce(&mut Inputs)) {
        let before = self.store.with_value(|store| store.inputs.clone());
        let mut inputs = before.clone();
        act(&mut inputs);
        if inputs != before {
            fault::planted(fault::PAGE, &link::encode(&inputs));
            self.store.update_value(|store| {
                store.reading = inputs.resolve();
                store.encoded = link::encode_whole(&inputs);
                store.inputs = inputs;
                store.link_problems.clear();
                store.unread.clear();
                store.promise = None;
            });
            bump(self.changed);
        }
    }

    /// Takes the inputs of another link, or its comparison.
    pub fn visit(self, link: &str) {
        self.settle();
        let mut next = Store::new(link);
        let side = std::mem::take(&mut next.side);
        self.arrange(|own| own.turn(side));
        self.take(next);
    }

    fn take(self, next: Store) {
        self.store.update_value(|store| {
            store.reading = next.reading;
            store.encoded = next.encoded;
            store.inputs = next.inputs;
            store.link_problems = next.link_problems;
            store.unread = next.unread;
            store.promise = next.promise;
        });
        bump(self.changed);
        bump(self.visits);
    }
}

/// The answers.
impl State {
    /// The last good plan.
    pub fn plan(self) -> Option<Arc<PlanView>> {
        self.planned.track();
        self.plan_now()
    }

    /// The same, without following it.
    pub fn plan_now(self) -> Option<Arc<PlanView>> {
        self.store.with_value(|store| store.plan.clone())
    }

    /// Milliseconds that its search took.
    pub fn search_ms(self) -> f64 {
        self.planned.track();
        self.store.with_value(|store| store.search_ms)
    }

    /// Runners-up and frontier of the last good plan.
    pub fn study(self) -> Option<Arc<StudyView>> {
        self.studied.track();
        self.store.with_value(|store| store.study.clone())
    }

    /// The scaling curve, as far as it is known.
    pub fn points(self) -> Arc<Vec<ScalePoint>> {
        self.scaled.track();
        self.store.with_value(|store| store.points.clone())
    }

    /// Points of it done, and in all.
    pub fn progress(self) -> (u32, u32) {
        self.scaled.track();
        self.store.with_value(|store| store.progress)
    }

    /// What the latest inputs came to.
    pub fn verdict(self) -> Verdict {
        self.judged.track();
        self.verdict_now()
    }

    /// The same, without following it.
    pub fn verdict_now(self) -> Verdict {
        self.store.with_value(|store| store.verdict.clone())
    }

    /// Whether the answer shown is not for the inputs as they are.
    pub fn is_stale(self) -> bool {
        !matches!(self.verdict(), Verdict::Waiting | Verdict::Good)
    }

    /// Takes in one answer of the latest run.
    pub fn accept(self, answer: Answer) {
        match answer {
            Answer::Plan { plan, search_ms, .. } => {
                self.store.update_value(|store| {
                    store.plan = Some(Arc::new(*plan));
                    store.search_ms = search_ms;
                });
                self.judge(Verdict::Good);
                bump(self.planned);
            }
            Answer::Served { serve, search_ms, .. } => self.accept_serve(*serve, search_ms),
            Answer::ServeStudied { study, .. } => self.accept_serve_study(*study),
            Answer::Stuck { stuck, .. } => self.judge(Verdict::Stuck(Arc::new(stuck))),
            // The sections on fleets and on money have workers of their own.
            Answer::Fleet { .. } | Answer::FleetNews { .. } | Answer::Budget { .. } => {}
            Answer::Invalid { problems, .. } => self.judge(Verdict::Invalid(problems)),
            Answer::Study { study, .. } => {
                self.store.update_value(|store| store.study = Some(Arc::new(study)));
                bump(self.studied);
            }
            Answer::Scaling { point, done, of, .. } => self.accept_point(point, (done, of)),
            Answer::Compared { view, done, .. } => self.accept_comparison(view, done),
        }
    }

    /// The search itself failed.
    pub fn fail(self, reason: String) {
        self.judge(Verdict::Broken(reason));
    }

    fn judge(self, verdict: Verdict) {
        self.answered.set(self.run.get_untracked());
        self.slow.set(false);
        let changed = self.store.with_value(|store| store.verdict != verdict);
        self.store.update_value(|store| store.progress = (0, 0));
        if changed {
            self.store.update_value(|store| store.verdict = verdict);
            bump(self.judged);
        }
    }

    /// The old curve stays until a new one has begun.
    fn accept_point(self, point: ScalePoint, progress: (u32, u32)) {
        self.store.update_value(|store| {
            let points = Arc::make_mut(&mut store.points);
            if progress.0 <= 1 {
                points.clear();
            }
            points.push(point);
            order::sort_by_key(points, |point| point.count);
            store.progress = progress;
        });
        bump(self.scaled);
    }
}

/// What is unfolded; it stays so while answers come and go.
impl State {
    /// Whether a part of the page is unfolded.
    pub fn unfolded(self, id: &str) -> Memo<bool> {
        let id = id.to_owned();
        Memo::new(move |_| {
            self.folded.track();
            self.store.with_value(|store| store.unfolded.contains(&id))
        })
    }

    /// Unfolds a part of the page, or folds it.
    pub fn unfold(self, id: &str, now: bool) {
        self.store.update_value(|store| {
            if now {
                store.unfolded.insert(id.to_owned());
            } else {
                store.unfolded.remove(id);
            }
        });
        bump(self.folded);
    }
}

fn bump(counter: RwSignal<u32>) {
    counter.update(|n| *n = n.wrapping_add(1));
}

/// The state, anywhere in the page.
pub fn state() -> State {
    expect_context()
}
