//! Reads a Hugging Face config.json: the only place that knows its keys.
//!
//! A reading never fails as a whole: it gives the model where the fields suffice, and always the
//! account of what was read, what was assumed and why, what was left aside, and what was wrong.

mod attention;
mod blocks;
mod decoder;
mod families;
mod feedforward;
mod fields;
mod hub;
mod json;
mod linear;
mod modules;
mod parts;
mod placement;
mod stored;
mod text;
mod trim;

use super::Model;
pub use hub::hub_id;
pub use trim::trimmed;

/// What a configuration gave.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reading {
    /// The model, where the fields suffice.
    pub model: Option<Model>,
    /// Name of the format of the stored weights, where `quantization_config` says one.
    pub stored: Option<&'static str>,
    /// Fields that were used, in the order of use.
    pub read: Vec<FieldRead>,
    /// Fields that were absent, what was assumed for them, and why.
    pub defaulted: Vec<FieldDefault>,
    /// Fields that nothing asked for, in the order of the text.
    pub ignored: Vec<String>,
    /// What was wrong or doubtful; with a model, it was read all the same.
    pub problems: Vec<Problem>,
}

/// A field that was used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldRead {
    /// Its name, with the objects it stands in (`text_config.hidden_size`).
    pub key: String,
    /// Its value as it was understood.
    pub value: String,
    /// What it stands for.
    pub meaning: &'static str,
}

/// A field that was absent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldDefault {
    /// Its usual name.
    pub key: String,
    /// What was assumed.
    pub value: String,
    /// Why.
    pub reason: String,
}

/// Something wrong with the text or a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The field; empty where the text as a whole is meant.
    pub key: String,
    /// What was given.
    pub given: String,
    /// What was expected.
    pub expected: String,
    /// What to do.
    pub hint: String,
}

/// Reads the text of a config.json.
#[must_use]
pub fn read(text: &str) -> Reading {
    match text::document(text) {
        Ok(document) => decoder::read(&document),
        Err(problem) => Reading { problems: vec![problem], ..Reading::default() },
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        write!(f, "{} was given, {} was expected. {}", self.given, self.expected, self.hint)
    }
}
