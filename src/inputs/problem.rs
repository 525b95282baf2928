//! What is wrong with an input, and what is worth knowing about it.

use super::Key;
use std::fmt;

/// An input that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Which.
    pub key: Key,
    /// What was typed, shortened if long.
    pub given: String,
    /// What was asked for.
    pub expected: String,
    /// Why it is not that, and what would be.
    pub hint: String,
}

/// How an input was understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Echo {
    /// Which.
    pub key: Key,
    /// What was typed; empty where it follows from a default or the catalogue.
    pub typed: String,
    /// Its value with unit and meaning, for people.
    pub meaning: String,
    /// Where the value comes from.
    pub origin: Origin,
}

/// Where the value of an input comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The user typed it.
    Typed,
    /// Nothing was typed: the fixed default.
    Default,
    /// Nothing was typed: the catalogue's value for what was chosen.
    Catalogue,
}

/// Something worth knowing that does not stand in the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// Which input it is about.
    pub key: Key,
    /// The note.
    pub text: String,
}

impl Problem {
    pub(super) fn new(key: Key, given: &str, expected: &str, hint: impl Into<String>) -> Self {
        const KEPT: usize = 40;
        let given = given.trim();
        let mut kept: String = given.chars().take(KEPT).collect();
        if given.chars().nth(KEPT).is_some() {
            kept.push('…');
        }
        Self { key, given: kept, expected: expected.to_owned(), hint: hint.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key, given, expected, hint } = self;
        let label = key.label();
        if given.is_empty() {
            return write!(f, "{label}: expected {expected}; {hint}.");
        }
        write!(f, "{label}: \"{given}\" was given, expected {expected}; {hint}.")
    }
}
