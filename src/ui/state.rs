//! What the page holds: the inputs as typed, and the latest answers.

use std::collections::BTreeSet;
use std::sync::Arc;

use leptos::prelude::*;

use crate::api::{Answer, PlanView, ScalePoint, StuckView, StudyView};
use crate::inputs::{Inputs, Key, Resolution};
use crate::link;

/// The whole state, cheap to copy.
#[derive(Clone, Copy)]
pub struct State {
    /// The inputs as typed.
    pub inputs: RwSignal<Inputs>,
    /// How they are understood.
    pub reading: Memo<Resolution>,
    /// Their link.
    pub link: Memo<String>,
    /// Inputs that are too long for the link.
    pub left_out: Memo<Vec<Key>>,
    /// What could not be read of the link that the page was opened with.
    pub link_problems: RwSignal<Vec<String>>,
    /// The last good plan.
    pub plan: RwSignal<Option<Arc<PlanView>>>,
    /// Milliseconds that its search took.
    pub search_ms: RwSignal<f64>,
    /// Runners-up and frontier of the last good plan.
    pub study: RwSignal<Option<Arc<StudyView>>>,
    /// The scaling curve, as far as it is known.
    pub scaling: RwSignal<Arc<Vec<ScalePoint>>>,
    /// Points of it done, and in all.
    pub progress: RwSignal<(u32, u32)>,
    /// What the latest inputs came to.
    pub verdict: RwSignal<Verdict>,
    /// Whether an answer has been awaited long enough to say so.
    pub slow: RwSignal<bool>,
    /// `starting`, `ready`, `broken`, for tests and styles.
    pub worker: RwSignal<&'static str>,
    /// The latest run.
    pub run: RwSignal<u32>,
    /// The latest run that was answered.
    pub answered: RwSignal<u32>,
    /// The degree or figure of the headline that is open.
    pub opened: RwSignal<Option<String>>,
    /// The parts of the page that are unfolded.
    pub unfolded: RwSignal<BTreeSet<String>>,
    /// Counts the times that the search of models was called for.
    pub searches: RwSignal<u32>,
    /// Counts the links that were opened.
    pub visits: RwSignal<u32>,
    /// Changes whenever colours do.
    pub theme: RwSignal<u32>,
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

impl Verdict {
    fn is_wrong(&self) -> bool {
        !matches!(self, Self::Waiting | Self::Good)
    }
}

impl State {
    /// From the link in the address bar.
    pub fn new(link: &str) -> Self {
        let decoded = link::decode(link);
        let problems = decoded.problems.iter().map(ToString::to_string).collect();
        let inputs = RwSignal::new(decoded.inputs);
        let encoded = Memo::new(move |_| inputs.with(link::encode_whole));
        Self {
            inputs,
            reading: Memo::new(move |_| inputs.with(Inputs::resolve)),
            link: Memo::new(move |_| encoded.with(|encoded| encoded.text.clone())),
            left_out: Memo::new(move |_| encoded.with(|encoded| encoded.left_out.clone())),
            link_problems: RwSignal::new(problems),
            plan: RwSignal::new(None),
            search_ms: RwSignal::new(0.0),
            study: RwSignal::new(None),
            scaling: RwSignal::new(Arc::default()),
            progress: RwSignal::new((0, 0)),
            verdict: RwSignal::new(Verdict::Waiting),
            slow: RwSignal::new(false),
            worker: RwSignal::new("starting"),
            run: RwSignal::new(0),
            answered: RwSignal::new(0),
            opened: RwSignal::new(None),
            unfolded: RwSignal::new(BTreeSet::new()),
            searches: RwSignal::new(0),
            visits: RwSignal::new(0),
            theme: RwSignal::new(0),
        }
    }

    /// The text of one input.
    pub fn text(self, key: Key) -> Memo<String> {
        Memo::new(move |_| self.inputs.with(|inputs| inputs.get(key).to_owned()))
    }

    /// Changes one input.
    pub fn set(self, key: Key, text: String) {
        if self.inputs.with_untracked(|inputs| inputs.get(key) != text) {
            self.inputs.update(|inputs| inputs.set(key, text));
        }
    }

    /// Whether one input has a problem.
    pub fn has_problem(self, key: Key) -> Memo<bool> {
        Memo::new(move |_| self.reading.with(|reading| reading.problem(key).is_some()))
    }

    /// Whether the answer shown is not for the inputs as they are.
    pub fn is_stale(self) -> bool {
        self.verdict.with(Verdict::is_wrong)
    }

    /// The same, without following it.
    pub fn is_stale_untracked(self) -> bool {
        self.verdict.with_untracked(Verdict::is_wrong)
    }

    /// Takes in one answer of the latest run.
    pub fn accept(self, answer: Answer) {
        match answer {
            Answer::Plan {
                plan, search_ms, ..
            } => {
                self.search_ms.set(search_ms);
                self.plan.set(Some(Arc::new(*plan)));
                self.settle(Verdict::Good);
            }
            Answer::Stuck { stuck, .. } => self.settle(Verdict::Stuck(Arc::new(stuck))),
            Answer::Invalid { problems, .. } => self.settle(Verdict::Invalid(problems)),
            Answer::Study { study, .. } => self.study.set(Some(Arc::new(study))),
            Answer::Scaling {
                point, done, of, ..
            } => self.accept_point(point, done, of),
        }
    }

    /// The search itself failed.
    pub fn fail(self, reason: String) {
        self.settle(Verdict::Broken(reason));
    }

    fn settle(self, verdict: Verdict) {
        self.answered.set(self.run.get_untracked());
        self.slow.set(false);
        self.progress.set((0, 0));
        if self.verdict.with_untracked(|now| *now != verdict) {
            self.verdict.set(verdict);
        }
    }

    /// The old curve stays until a new one has begun.
    fn accept_point(self, point: ScalePoint, done: u32, of: u32) {
        self.scaling.update(|points| {
            let points = Arc::make_mut(points);
            if done <= 1 {
                points.clear();
            }
            points.push(point);
            points.sort_by_key(|point| point.count);
        });
        self.progress.set((done, of));
    }
}

/// The state, anywhere in the page.
pub fn state() -> State {
    expect_context()
}
