//! What a link promised of its plan, held against what the plan comes to now.

use crate::inputs::Inputs;
use crate::link::{self, Promise, Promised};
use crate::plan::serve::Deployed;
use crate::plan::{self, Plan};
use crate::units::Ratio;
use crate::units::text::show;

/// Differences below this are not told as a percentage.
const SMALL: f64 = 0.0005;

/// The link of a plan with its figures.
pub(super) fn promising(inputs: &Inputs, plan: &Plan) -> String {
    let memory = plan.estimate.memory.total();
    with(inputs, Promise::run(&plan::model_version(), plan.step(), memory))
}

/// The same of a deployment.
pub(super) fn promising_service(inputs: &Inputs, own: &Deployed<'_>) -> String {
    let times = (own.own.first_token, own.own.now.per_token);
    with(inputs, Promise::service(&plan::model_version(), times, own.accelerators()))
}

fn with(inputs: &Inputs, promise: Option<Promise>) -> String {
    match promise {
        Some(promise) => link::encode_promising(inputs, &promise),
        None => link::encode(inputs),
    }
}

/// What is to be said where a link promised other figures than its plan has: why in a title, then both with
/// the versions of the model that found them, and how far they lie apart. `now` is the link with the figures of
/// today, or none where nothing answers any more. Nothing where they agree.
#[must_use]
pub fn broken_promise(promise: &Promise, now: Option<&str>) -> Option<Vec<String>> {
    let version = plan::model_version();
    let now = match now {
        Some(now) => Some(link::decode(now).promise?.figures),
        None => None,
    };
    if now.as_ref() == Some(&promise.figures) {
        return None;
    }
    let title = if version == promise.version {
        "The figures in this link are not those of its plan: one of the two was changed by hand."
    } else {
        "The model has changed since this link was made, and so has its result."
    };
    let then = told(&promise.figures);
    let before = |of: &str| then.iter().find(|own| own.1 == of).map(|own| own.2);
    let moved = |(text, of, value): &(String, &str, f64)| match before(of) {
        Some(before) => format!("{text} ({})", off(*value, before)),
        None => text.clone(),
    };
    let was: Vec<String> = then.iter().map(|own| own.0.clone()).collect();
    let is: Vec<String> = match &now {
        Some(now) => told(now).iter().map(moved).collect(),
        None => vec!["nothing that fits".to_owned()],
    };
    Some(vec![
        title.to_owned(),
        format!("Then, model {}: {}.", promise.version, was.join(", ")),
        format!("Now, model {version}: {}.", is.join(", ")),
    ])
}

/// Each figure in words, what it is of, and as a number.
fn told(figures: &Promised) -> Vec<(String, &'static str, f64)> {
    match *figures {
        Promised::Run { step, memory } => vec![
            (format!("{} a step", show::time(step)), "step", step.get()),
            (format!("{} of memory", show::bytes(memory)), "memory", memory.as_gib()),
        ],
        Promised::Service { first_token, per_token, accelerators } => {
            let noun = show::plural(accelerators, "accelerator");
            let count = format!("{} {noun}", show::grouped(accelerators));
            let first = format!("{} to the first token", show::time(first_token));
            let further = format!("{} each further one", show::time(per_token));
            vec![
                (first, "first", first_token.get()),
                (further, "further", per_token.get()),
                (count, "accelerators", accelerators as f64),
            ]
        }
    }
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
