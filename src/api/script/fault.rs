//! What is wrong with what another program asked.

use super::fields;
use crate::inputs::Problem;
use serde::{Deserialize, Serialize};

/// The first thing that is wrong, and all of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// The first.
    #[serde(flatten)]
    pub first: Box<Wrong>,
    /// All of them, the first included.
    pub problems: Vec<Wrong>,
}

/// One thing that is wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wrong {
    /// Stable name of its kind: `not_plain`, `unsupported_version`, `unknown_field`, `wrong_type`, `given_twice`,
    /// `bad_value`, `bad_link`, `too_many`.
    pub code: String,
    /// For people, in a sentence.
    pub message: String,
    /// Which field: `cluster.accelerators`.
    pub field: Option<String>,
    /// What would be right.
    pub expected: Option<String>,
    /// What was given, shortened if long.
    pub given: Option<String>,
}

impl From<Wrong> for Fault {
    fn from(first: Wrong) -> Self {
        Self { problems: vec![first.clone()], first: Box::new(first) }
    }
}

impl Fault {
    /// Of several; nothing where there is none.
    pub(super) fn of(problems: Vec<Wrong>) -> Option<Self> {
        Some(Self { first: Box::new(problems.first()?.clone()), problems })
    }

    /// Of one of several questions, at that place: `models[1]`.
    pub(super) fn within(mut self, place: &str) -> Self {
        let own = |wrong: &mut Wrong| {
            wrong.message = format!("{place}: {}", wrong.message);
            if list_of(wrong) {
                wrong.field = Some(place.to_owned());
            }
        };
        own(&mut self.first);
        self.problems.iter_mut().for_each(own);
        self
    }
}

/// Whether it is about the model's name, which a list of models holds itself.
fn list_of(wrong: &Wrong) -> bool {
    wrong.field.as_deref() == Some("model.name")
}

impl Wrong {
    pub(super) fn new(code: &str, field: &str, expected: &str, given: &str) -> Self {
        const KEPT: usize = 60;
        let short: String = given.chars().take(KEPT).collect();
        let place = if field.is_empty() { String::new() } else { format!("{field}: ") };
        Self {
            code: code.to_owned(),
            message: format!("{place}{short} was given, expected {expected}."),
            field: (!field.is_empty()).then(|| field.to_owned()),
            expected: Some(expected.to_owned()),
            given: Some(short),
        }
    }

    /// An object that is none: too deep, too long, or of another kind.
    #[must_use]
    pub fn not_plain(message: &str) -> Self {
        Self {
            code: "not_plain".to_owned(),
            message: format!("What was given is not a plain object: {message}."),
            expected: Some("an object of texts, numbers, booleans and lists".to_owned()),
            ..Self::default()
        }
    }

    pub(super) fn link(message: String, given: &str) -> Self {
        let expected = "a link of a plan: \"1;n=64\"";
        Self { message, ..Self::new("bad_link", "link", expected, given) }
    }

    pub(super) fn input(problem: &Problem) -> Self {
        Self {
            code: "bad_value".to_owned(),
            message: problem.to_string(),
            field: Some(fields::path(problem.key)),
            expected: Some(problem.expected.clone()),
            given: Some(problem.given.clone()),
        }
    }
}
