//! What a link promised of its plan, held against what the plan comes to now.

use super::PlanView;
use crate::inputs::Inputs;
use crate::link::{self, Promise};
use crate::plan::{self, Plan};
use crate::units::Ratio;
use crate::units::text::show;

/// Differences below this are not told as a percentage.
const SMALL: f64 = 0.0005;

/// The link of a plan with its figures.
pub(super) fn promising(inputs: &Inputs, plan: &Plan) -> String {
    let memory = plan.estimate.memory.total();
    match Promise::new(&plan::model_version(), plan.step(), memory) {
        Some(promise) => link::encode_promising(inputs, &promise),
        None => link::encode(inputs),
    }
}

/// What is to be said where a link promised other figures than its plan has: why in a title, then both with
/// the versions of the model that found them, and how far they lie apart. Nothing where they agree.
#[must_use]
pub fn broken_promise(promise: &Promise, plan: &PlanView) -> Option<Vec<String>> {
    let now = link::decode(&plan.link).promise?;
    if (now.step, now.memory) == (promise.step, promise.memory) {
        return None;
    }
    let title = if now.version == promise.version {
        "The figures in this link are not those of its plan: one of the two was changed by hand."
    } else {
        "The model has changed since this link was made, and so has its result."
    };
    let step = off(now.step.get(), promise.step.get());
    let memory = off(now.memory.as_gib(), promise.memory.as_gib());
    let said = |promise: &Promise| (show::time(promise.step), show::bytes(promise.memory));
    let (then, here) = (said(promise), said(&now));
    Some(vec![
        title.to_owned(),
        format!("Then, model {}: {} a step, {} of memory.", promise.version, then.0, then.1),
        format!("Now, model {}: {} a step ({step}), {} ({memory}).", now.version, here.0, here.1),
    ])
}

/// How far a figure moved: `+1.2%`.
fn off(now: f64, before: f64) -> String {
    let share = now / before - 1.0;
    let sign = if share < 0.0 { '\u{2212}' } else { '+' };
    match Ratio::checked(share.abs()) {
        Some(ratio) if ratio.get() >= SMALL => format!("{sign}{}", show::percent(ratio)),
        Some(ratio) if ratio.get() > 0.0 => "by less than 0.1%".to_owned(),
        _ => "the same".to_owned(),
    }
}
