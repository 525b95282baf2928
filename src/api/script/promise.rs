//! The figures that a plan had where its link was made, for other programs.

use super::{Plain, Wrong};
use crate::api::promise::broken_promise;
use crate::link::{self, Promise, Promised};
use crate::units::{Bytes, Seconds};
use serde::Serialize;

/// Figures and the version of the model that found them.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum PromiseOut {
    /// Of a training run.
    Run {
        /// Version of the model.
        model_version: String,
        /// One step.
        step_seconds: f64,
        /// Memory of the fullest accelerator.
        memory_bytes: f64,
    },
    /// Of a model in service.
    Service {
        /// Version of the model.
        model_version: String,
        /// To the first token.
        first_token_seconds: f64,
        /// Each further one.
        per_token_seconds: f64,
        /// Of all instances.
        accelerators: f64,
    },
}

/// What a link promised and what is found now, where they differ.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Changed {
    /// In words: why, both figures, both versions.
    pub message: String,
    /// Where the link was made.
    pub then: PromiseOut,
    /// Now; none where nothing fits any more.
    pub now: Option<PromiseOut>,
}

/// What became of a promise; `now` is the link with the figures of today, none where nothing fits.
pub(super) fn changed(promise: Option<&Promise>, now: Option<&str>) -> Option<Changed> {
    let then = promise?;
    let message = broken_promise(then, now)?.join(" ");
    let now = now.and_then(|now| link::decode(now).promise);
    Some(Changed { message, then: PromiseOut::of(then), now: now.as_ref().map(PromiseOut::of) })
}

impl PromiseOut {
    pub(super) fn of(promise: &Promise) -> Self {
        let model_version = promise.version.clone();
        match promise.figures {
            Promised::Run { step, memory } => {
                Self::Run { model_version, step_seconds: step.get(), memory_bytes: memory.as_f64() }
            }
            Promised::Service { first_token, per_token, accelerators } => Self::Service {
                model_version,
                first_token_seconds: first_token.get(),
                per_token_seconds: per_token.get(),
                accelerators: accelerators as f64,
            },
        }
    }
}

/// Reads what a program promises; nothing where it promises nothing.
pub(super) fn promised(promise: &Plain) -> Result<Option<Promise>, Wrong> {
    let Plain::Object(members) = promise else {
        let wrong = || Wrong::new("wrong_type", "promise", "an object", promise.kind());
        return if *promise == Plain::Nothing { Ok(None) } else { Err(wrong()) };
    };
    let find = |name: &str| members.iter().find(|own| own.0 == name).map(|own| &own.1);
    let number = |name: &str| match find(name) {
        Some(Plain::Number(n)) if n.is_finite() && *n > 0.0 => Some(*n),
        _ => None,
    };
    let time = |name: &str| number(name).and_then(Seconds::checked);
    let Some(Plain::Text(version)) = find("model_version") else { return Err(unread()) };
    let made = match number("accelerators") {
        Some(count) => time("first_token_seconds")
            .zip(time("per_token_seconds"))
            .and_then(|times| Promise::service(version, times, count as u64)),
        None => time("step_seconds")
            .zip(number("memory_bytes"))
            .and_then(|(step, memory)| Promise::run(version, step, Bytes::new(memory as u64))),
    };
    // What cannot be read again is no promise.
    let kept = |own: &Promise| link::decode(&format!("1;r={}", own.text())).promise.is_some();
    made.filter(kept).map(Some).ok_or_else(unread)
}

fn unread() -> Wrong {
    let expected = "model_version with step_seconds and memory_bytes, or with \
                    first_token_seconds, per_token_seconds and accelerators";
    Wrong::new("bad_value", "promise", expected, "another object")
}
