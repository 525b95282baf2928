//! Looks keys up under all their spellings and keeps account of what was read, defaulted, refused.

use super::json::Json;
use super::{FieldDefault, FieldRead, Problem};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

/// Keys that the authors of a configuration may nest the language model under.
const WRAPPERS: [&str; 6] = [
    "thinker_config",
    "text_config",
    "llm_config",
    "language_config",
    "language_model_config",
    "decoder_config",
];

/// Items of a list that are kept.
const ITEMS_MAX: usize = crate::model::limits::LAYERS_MAX as usize;

/// An object of the configuration, with the path to it and its keys in order.
struct Scope<'a> {
    path: String,
    value: &'a Json,
    index: BTreeMap<&'a str, &'a Json>,
}

impl<'a> Scope<'a> {
    fn new(path: String, value: &'a Json) -> Self {
        let entries = value.entries().iter();
        // Not collected: that would sort first, by code of its own.
        let mut index = BTreeMap::new();
        index.extend(entries.map(|(key, value)| (key.as_str(), value)));
        Self { path, value, index }
    }
}

/// One configuration, the innermost language model first, and the account of its reading.
pub(super) struct Fields<'a> {
    /// The language model's own object, then those around it.
    scopes: Vec<Scope<'a>>,
    pub used: BTreeSet<String>,
    pub read: Vec<FieldRead>,
    pub defaulted: Vec<FieldDefault>,
    pub problems: Vec<Problem>,
    /// A field that the model cannot do without is missing or useless.
    pub failed: bool,
}

impl<'a> Fields<'a> {
    pub fn new(root: &'a Json) -> Self {
        let mut scopes = vec![Scope::new(String::new(), root)];
        let mut used = BTreeSet::new();
        let mut inner = root;
        let mut path = String::new();
        for _ in 0..4 {
            let nested = WRAPPERS.iter().find_map(|key| Some((key, inner.get(key)?)));
            let Some((key, value)) = nested.filter(|(_, value)| !value.entries().is_empty()) else {
                break;
            };
            path = joined(&path, key);
            used.insert(path.clone());
            scopes.insert(0, Scope::new(path.clone(), value));
            inner = value;
        }
        let (read, defaulted, problems) = (Vec::new(), Vec::new(), Vec::new());
        Self { scopes, used, read, defaulted, problems, failed: false }
    }

    /// Whether the language model stands inside a wrapper.
    pub fn is_nested(&self) -> bool {
        self.scopes.len() > 1
    }

    /// The value of a key in the innermost object that has it; `null` counts as absent. A dot
    /// leads into a nested object.
    pub fn peek(&self, key: &str) -> Option<(String, &'a Json)> {
        let mut parts = key.split('.');
        let first = parts.next()?;
        self.scopes.iter().find_map(|scope| {
            let top = scope.index.get(first).copied()?;
            let value = parts.clone().try_fold(top, |value, part| value.get(part))?;
            (*value != Json::Null).then(|| (joined(&scope.path, key), value))
        })
    }

    /// Whether any of the keys is given.
    pub fn has(&self, keys: &[&str]) -> bool {
        keys.iter().any(|key| self.peek(key).is_some())
    }

    /// The first of the spellings that is given.
    pub fn take(&mut self, keys: &[&str]) -> Option<(String, &'a Json)> {
        let found = keys.iter().find_map(|key| self.peek(key));
        if let Some((path, _)) = &found {
            self.used.insert(path.clone());
        }
        found
    }

    /// A whole number in a range; a value that is none is a problem, and then as good as absent.
    pub fn count(
        &mut self,
        keys: &[&str],
        meaning: &'static str,
        range: RangeInclusive<u32>,
    ) -> Option<u32> {
        let (key, value) = self.take(keys)?;
        let value = uniform(value);
        match whole(value) {
            Ok(n) if range.contains(&n) => {
                if let Json::Text(text) = value {
                    self.warn(&key, text, "a number without quotes", "It was read as a number.");
                }
                self.note(&key, n.to_string(), meaning);
                Some(n)
            }
            Ok(_) | Err(()) => {
                let (low, high) = (range.start(), range.end());
                let expected = format!("a whole number from {low} to {high}");
                self.refuse(&key, value.brief(), expected, hint(value));
                None
            }
        }
    }

    /// A whole number, or `default` where it is not given.
    pub fn count_or(
        &mut self,
        keys: &[&str],
        meaning: &'static str,
        range: RangeInclusive<u32>,
        default: (u32, &str),
    ) -> u32 {
        let given = self.has(keys);
        let count = self.count(keys, meaning, range);
        if !given && let Some(key) = keys.first() {
            self.assume(key, default.0.to_string(), default.1);
        }
        count.unwrap_or(default.0)
    }

    /// A yes or no, or `default` where it is not given.
    pub fn flag(&mut self, keys: &[&str], meaning: &'static str, default: (bool, &str)) -> bool {
        let Some((key, value)) = self.take(keys) else {
            if let Some(key) = keys.first() {
                self.assume(key, default.0.to_string(), default.1);
            }
            return default.0;
        };
        let flag = match value {
            Json::Bool(flag) => Some(*flag),
            Json::Number(n) if n == "1" || n == "0" => Some(n == "1"),
            _ => None,
        };
        match flag {
            Some(flag) => self.note(&key, flag.to_string(), meaning),
            None => self.refuse(&key, value.brief(), "true or false".to_owned(), "Mend the value."),
        }
        flag.unwrap_or(default.0)
    }

    /// A yes or no where absence means no and needs no mention.
    pub fn is_set(&mut self, keys: &[&str], meaning: &'static str) -> bool {
        self.has(keys) && self.flag(keys, meaning, (false, ""))
    }

    /// A word.
    pub fn word(&mut self, keys: &[&str], meaning: &'static str) -> Option<String> {
        let (key, value) = self.take(keys)?;
        if let Some(text) = value.text() {
            self.note(&key, value.brief(), meaning);
            return Some(text.to_owned());
        }
        self.warn(&key, &value.brief(), "a text in double quotes", "The value was left out.");
        None
    }

    /// A list, at most as long as a model may have layers.
    pub fn list(&mut self, keys: &[&str], meaning: &'static str) -> Option<Vec<&'a Json>> {
        let (key, value) = self.take(keys)?;
        if let Json::List(items) = value {
            self.note(&key, value.brief(), meaning);
            return Some(items.iter().take(ITEMS_MAX).collect());
        }
        self.refuse(&key, value.brief(), "a list".to_owned(), "Mend the value.");
        None
    }

    /// The whole numbers of a list.
    pub fn numbers(&mut self, key: &str, meaning: &'static str) -> Option<BTreeSet<u32>> {
        let items = self.list(&[key], meaning)?;
        let mut numbers = BTreeSet::new();
        numbers.extend(items.into_iter().filter_map(|item| whole(item).ok()));
        Some(numbers)
    }

    /// Records a value that was used, once.
    pub fn note(&mut self, key: &str, value: String, meaning: &'static str) {
        if self.read.iter().any(|field| field.key == key) {
            return;
        }
        self.read.push(FieldRead { key: key.to_owned(), value, meaning });
    }

    /// Records a value that was not given, once.
    pub fn assume(&mut self, key: &str, value: String, reason: &str) {
        if self.defaulted.iter().any(|field| field.key == key) {
            return;
        }
        let reason = reason.to_owned();
        self.defaulted.push(FieldDefault { key: key.to_owned(), value, reason });
    }

    /// Records something odd that does not stop the reading.
    pub fn warn(&mut self, key: &str, given: &str, expected: &str, hint: &str) {
        let [key, given, expected, hint] = [key, given, expected, hint].map(str::to_owned);
        self.problems.push(Problem { key, given, expected, hint });
    }

    /// Records something without which there is no model.
    pub fn refuse(&mut self, key: &str, given: String, expected: String, hint: &str) {
        let (key, hint) = (key.to_owned(), hint.to_owned());
        self.problems.push(Problem { key, given, expected, hint });
        self.failed = true;
    }

    /// Keys that nothing asked for.
    pub fn ignored(&self) -> Vec<String> {
        let mut ignored = Vec::new();
        for Scope { path, value, .. } in self.scopes.iter().rev() {
            for (key, value) in value.entries() {
                let key = joined(path, key);
                if self.used.contains(&key) {
                    continue;
                }
                let inside = format!("{key}.");
                if self.used.iter().any(|used| used.starts_with(&inside)) {
                    let parts = value.entries().iter().map(|(part, _)| joined(&key, part));
                    ignored.extend(parts.filter(|part| !self.used.contains(part)));
                } else {
                    ignored.push(key);
                }
            }
        }
        ignored
    }
}

/// A whole number out of a JSON value: also `4096.0`, `1e3` and `"4096"`.
pub(super) fn whole(value: &Json) -> Result<u32, ()> {
    let (Json::Number(text) | Json::Text(text)) = value else {
        return Err(());
    };
    let text = text.trim();
    if let Ok(n) = text.parse::<u32>() {
        return Ok(n);
    }
    let n: f64 = text.parse().map_err(|_| ())?;
    let fits = n >= 0.0 && n <= f64::from(u32::MAX) && n.floor() == n;
    if fits { Ok(n as u32) } else { Err(()) }
}

/// The one value of a list that holds it for every layer (Hunyuan-A13B: `moe_topk`).
fn uniform(value: &Json) -> &Json {
    match value.items() {
        [first, second, rest @ ..] if rest.iter().chain([second]).all(|item| item == first) => {
            first
        }
        _ => value,
    }
}

fn hint(value: &Json) -> &'static str {
    match value {
        Json::Number(n) if n.starts_with('-') => "A count cannot be negative.",
        Json::Number(n) if n == "0" => "A model needs at least one.",
        Json::Number(n) if n.contains('.') => "A count has no fraction.",
        Json::Number(n) if n == "NaN" || n == "Infinity" => "Write the number itself.",
        Json::Number(_) => "That is outside the range of any model; check the digits.",
        Json::Text(_) => "Write the number itself, without quotes.",
        Json::List(_) => "One number for all layers is expected, or a list of equal ones.",
        _ => "Write a plain number.",
    }
}

pub(super) fn joined(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}
