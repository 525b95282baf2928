//! F7: the inputs as the fragment of a link, and back.
//!
//! A link is readable, versioned and canonical: `1;m=Qwen/Qwen3-30B-A3B;n=64;b=512`. Defaults are
//! left out, keys stand in a fixed order, numbers in their shortest form. Every link ever released
//! opens for ever: each version has one codec file, which is never edited once released, and the
//! corpus in `tests/links/` only grows.
//!
//! A link that is copied may also promise the figures of its plan (`r=`), which is no input: the
//! canonical form is without it, and a page whose figures differ says so.
//!
//! A link with a config.json is packed (`1z...`): the same text, deflated, in base64url.

mod base64url;
mod clean;
mod columns;
pub mod limits;
mod pack;
mod promise;
mod v1;

pub use columns::{Columns, join, split};
pub use promise::{Promise, Promised};

use crate::inputs::{Inputs, Key};
use std::fmt;

/// What a link says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Decoded {
    /// The inputs; what could not be read is as if it were not there.
    pub inputs: Inputs,
    /// What could not be read, and why.
    pub problems: Vec<LinkProblem>,
    /// Keys that this version does not know, kept and written back.
    pub unknown: Vec<(String, String)>,
    /// The figures that the plan had where the link was made.
    pub promise: Option<Promise>,
}

/// A link, and what it could not carry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Encoded {
    /// The link, without `#`.
    pub text: String,
    /// Inputs that are too long for a link.
    pub left_out: Vec<Key>,
}

/// What is wrong with a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkProblem {
    /// It does not begin with a version number.
    NotALink(String),
    /// It was made by a version that this one does not know.
    UnknownVersion(String),
    /// It is longer than any link.
    TooLong,
    /// It has more parts than any link; those beyond are dropped.
    TooManyParts,
    /// A part has no `=`.
    NoValue(String),
    /// A key stands in it twice; the first one counts.
    Twice(String),
    /// An escape (`~41`) is broken; the value is taken as it stands.
    Escape(String),
    /// The packed part is damaged.
    Packed(&'static str),
    /// What the link promises cannot be read.
    Promise(String),
}

/// The link of the inputs, without `#`.
#[must_use]
pub fn encode(inputs: &Inputs) -> String {
    encode_whole(inputs).text
}

/// The link of the inputs, and what it could not carry.
#[must_use]
pub fn encode_whole(inputs: &Inputs) -> Encoded {
    v1::encode(&inputs.canonical(), None)
}

/// The link of the inputs with the figures of their plan.
#[must_use]
pub fn encode_promising(inputs: &Inputs, promise: &Promise) -> String {
    v1::encode(&inputs.canonical(), Some(promise)).text
}

/// The link in a text, without what was added to it on its way; something else where there is none.
#[must_use]
pub fn cleaned(text: &str) -> String {
    if text.len() > limits::ARRIVING_BYTES_MAX { String::new() } else { clean::clean(text) }
}

/// Reads a link, in whatever state it arrives: with or without an address or `#` before it, escaped
/// once or more, wrapped over lines, with punctuation after it. Never guesses, never panics.
#[must_use]
pub fn decode(link: &str) -> Decoded {
    if link.len() > limits::ARRIVING_BYTES_MAX {
        return failed(LinkProblem::TooLong);
    }
    let text = clean::clean(link);
    if text.len() > limits::LINK_BYTES_MAX {
        return failed(LinkProblem::TooLong);
    }
    if text.is_empty() {
        return Decoded::default();
    }
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    match text.split_at(digits) {
        ("", _) => failed(LinkProblem::NotALink(excerpt(&text))),
        ("1", rest) => v1::decode(rest),
        (version, _) => failed(LinkProblem::UnknownVersion(excerpt(version))),
    }
}

impl Decoded {
    /// What could not be read and what is not known, in words.
    #[must_use]
    pub fn told(&self) -> Vec<String> {
        let problems = self.problems.iter().map(ToString::to_string);
        let unknown = self.unknown.iter().map(|(name, _)| {
            let name = excerpt(name);
            format!(
                "\"{name}\" is nothing that this version knows; it was kept in the link as it is"
            )
        });
        problems.chain(unknown).collect()
    }

    /// Whether nothing of the link could be read: the inputs are not what it meant.
    #[must_use]
    pub fn is_lost(&self) -> bool {
        self.problems.iter().any(|problem| {
            matches!(
                problem,
                LinkProblem::NotALink(_)
                    | LinkProblem::UnknownVersion(_)
                    | LinkProblem::TooLong
                    | LinkProblem::Packed(_)
            )
        })
    }
}

impl fmt::Display for LinkProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotALink(text) => write!(
                f,
                "\"{text}\" is not a plan: a link begins with its version, as in \"1;n=64\""
            ),
            Self::UnknownVersion(version) => write!(
                f,
                "the link is of version {version}, which this page does not know; reload the page"
            ),
            Self::TooLong => write!(
                f,
                "the link is longer than {} bytes; none that this page makes is",
                limits::LINK_BYTES_MAX
            ),
            Self::TooManyParts => {
                write!(f, "only the first {} parts of the link were read", limits::PARTS_MAX)
            }
            Self::NoValue(part) => {
                write!(f, "\"{part}\" has no value; parts look like \"n=64\"")
            }
            Self::Twice(key) => write!(f, "\"{key}\" stands in the link twice; the first counts"),
            Self::Escape(key) => {
                write!(f, "the value of \"{key}\" has a broken escape; it is taken as it stands")
            }
            Self::Packed(why) => write!(f, "the packed part of the link cannot be read: {why}"),
            Self::Promise(text) => write!(
                f,
                "\"r={text}\" does not say what the plan was; it looks like \
                 \"r=0.1.0-a3f9c2,5.02s,74.3GB\""
            ),
        }
    }
}

fn failed(problem: LinkProblem) -> Decoded {
    Decoded { problems: vec![problem], ..Decoded::default() }
}

/// The beginning of a text, for a message.
fn excerpt(text: &str) -> String {
    const KEPT: usize = 40;
    let mut kept: String = text.chars().take(KEPT).collect();
    if text.chars().nth(KEPT).is_some() {
        kept.push('…');
    }
    kept
}
