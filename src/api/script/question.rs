//! From a question to inputs and back.

use super::fields::{FIELDS, OTHER, PURPOSE, find, path};
use super::{Fault, Plain, SCRIPT_VERSION, Wrong};
use crate::inputs::{Group, Inputs, Key, read};
use crate::link;
use serde::Serialize;

/// What a link asks.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DecodedLink {
    /// Version of this object.
    pub version: u32,
    /// The question, without what follows defaults.
    pub question: Plain,
    /// The same link in its shortest spelling.
    pub link: String,
    /// What of the link could not be read; it is as if it were not there.
    pub problems: Vec<String>,
}

/// A link that asks a question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EncodedLink {
    /// Version of this object.
    pub version: u32,
    /// The link, without `#`.
    pub link: String,
    /// Fields that are too long for a link.
    pub left_out: Vec<String>,
}

/// The question of a link, in whatever state it arrives.
///
/// # Errors
/// When nothing of it can be read.
pub fn decode_link(text: &str) -> Result<DecodedLink, Fault> {
    let decoded = link::decode(text);
    let problems = decoded.told();
    if decoded.is_lost() {
        return Err(Wrong::link(problems.join("; "), text).into());
    }
    let link = link::encode(&decoded.inputs);
    let question = question_of(&decoded.inputs);
    Ok(DecodedLink { version: SCRIPT_VERSION, question, link, problems })
}

/// The link of a question.
///
/// # Errors
/// When it is not a question; what its values come to is not looked at.
pub fn encode_link(question: &Plain) -> Result<EncodedLink, Fault> {
    let encoded = link::encode_whole(&inputs_of(question)?);
    let left_out = encoded.left_out.into_iter().map(path).collect();
    Ok(EncodedLink { version: SCRIPT_VERSION, link: encoded.text, left_out })
}

/// The value of a field as a person types it: `64x8` for `cluster.accelerators`.
///
/// # Errors
/// When there is no such field, or the text is none of its values.
pub fn read_field(field: &str, text: &str) -> Result<Plain, Fault> {
    let known = find(field).ok_or_else(|| unknown(field))?;
    read(known.key, text).map_err(|problem| Wrong::input(&problem))?;
    let same = |other: &&super::fields::Field| other.key == known.key;
    let value = FIELDS.iter().filter(same).find_map(|field| field.value(text));
    value.ok_or_else(|| Wrong::new("bad_value", field, "a value of the field", text).into())
}

/// The inputs that a question types.
pub(super) fn inputs_of(question: &Plain) -> Result<Inputs, Fault> {
    let mut reader = Reader::default();
    match question {
        Plain::Nothing => {}
        Plain::Object(groups) => reader.groups(groups),
        other => reader.problems.push(Wrong::not_plain(&format!("it is {}", other.kind()))),
    }
    reader.choose_model();
    reader.choose_purpose();
    match Fault::of(reader.problems) {
        Some(fault) => Err(fault),
        None => Ok(reader.inputs),
    }
}

#[derive(Default)]
struct Reader {
    inputs: Inputs,
    given: Vec<Key>,
    problems: Vec<Wrong>,
}

impl Reader {
    fn groups(&mut self, groups: &[(String, Plain)]) {
        // A link comes first, wherever it stands: the fields change what it says.
        if let Some((_, Plain::Text(text))) = groups.iter().find(|(name, _)| name == "link") {
            let decoded = link::decode(text);
            self.problems.extend(
                decoded.problems.iter().map(|problem| Wrong::link(problem.to_string(), text)),
            );
            self.inputs = decoded.inputs;
        }
        for (name, value) in groups {
            match (name.as_str(), value) {
                (_, Plain::Nothing) | ("link", Plain::Text(_)) => {}
                ("version", Plain::Number(n)) if *n == f64::from(SCRIPT_VERSION) => {}
                ("version", other) => {
                    let given = match other {
                        Plain::Number(n) => n.to_string(),
                        other => other.kind().to_owned(),
                    };
                    let expected = SCRIPT_VERSION.to_string();
                    let wrong = Wrong::new("unsupported_version", "version", &expected, &given);
                    self.problems.push(wrong);
                }
                ("model" | "stack" | PURPOSE, Plain::Text(_)) => self.field(name, "name", value),
                (OTHER, Plain::Object(members)) => self.others(members),
                (group, Plain::Object(members)) if is_group(group) => {
                    members.iter().for_each(|(field, value)| self.field(group, field, value));
                }
                (group, other) if is_group(group) || group == OTHER || group == "link" => {
                    let expected = if group == "link" { "a text" } else { "an object" };
                    self.problems.push(Wrong::new("wrong_type", group, expected, other.kind()));
                }
                (unknown_group, _) => self.problems.push(unknown(unknown_group)),
            }
        }
    }

    fn field(&mut self, group: &str, name: &str, value: &Plain) {
        let whole = format!("{group}.{name}");
        let Some(field) = find(&whole) else {
            self.problems.push(unknown(&whole));
            return;
        };
        if *value == Plain::Nothing {
            return;
        }
        match field.typed(value) {
            Ok(text) => self.give(field.key, text, &whole),
            Err(wrong) => self.problems.push(wrong),
        }
    }

    fn others(&mut self, members: &[(String, Plain)]) {
        let mut strange = self.inputs.unknown().to_vec();
        for (name, value) in members {
            let whole = format!("{OTHER}.{name}");
            match (Key::from_link_name(name), value) {
                (Some(key), Plain::Text(text)) => self.give(key, text.clone(), &whole),
                (None, Plain::Text(text)) => {
                    strange.retain(|(known, _)| known != name);
                    strange.push((name.clone(), text.clone()));
                }
                (_, Plain::Nothing) => {}
                (_, other) => {
                    self.problems.push(Wrong::new("wrong_type", &whole, "a text", other.kind()));
                }
            }
        }
        self.inputs.set_unknown(strange);
    }

    fn give(&mut self, key: Key, text: String, whole: &str) {
        if self.given.contains(&key) {
            let expected = "one field of each kind";
            self.problems.push(Wrong::new("given_twice", whole, expected, &text));
        }
        self.given.push(key);
        self.inputs.set(key, text);
    }

    /// A shape or a config without a name is a model of its own.
    fn choose_model(&mut self) {
        let named = |group: &str, keys: &[Key]| {
            let own = |key: &&Key| FIELDS.iter().any(|f| f.key == **key && f.group == group);
            keys.iter().filter(own).any(|key| !matches!(key, Key::Model | Key::Config))
        };
        if self.given.contains(&Key::Model) {
            return;
        }
        if self.given.contains(&Key::Config) {
            self.inputs.set(Key::Model, "config");
        } else if named("model", &self.given) {
            self.inputs.set(Key::Model, "custom");
        }
    }

    /// Whoever says how a model is served asks about that.
    fn choose_purpose(&mut self) {
        let serving = |key: &Key| key.group() == Group::Serving;
        if !self.given.contains(&Key::Purpose) && self.given.iter().any(serving) {
            self.inputs.set(Key::Purpose, "serve");
        }
    }
}

fn is_group(name: &str) -> bool {
    FIELDS.iter().any(|field| field.group == name)
}

fn unknown(field: &str) -> Wrong {
    let group = field.split('.').next().unwrap_or_default();
    let inside = |f: &&super::fields::Field| f.group == group;
    let fields: Vec<&str> = FIELDS.iter().filter(inside).map(|field| field.name).collect();
    let expected = if fields.is_empty() {
        "one of version, link, purpose, model, cluster, training, stack, price, constraints, \
         serving, other"
            .to_owned()
    } else {
        format!("one of {}", fields.join(", "))
    };
    let wrong = Wrong::new("unknown_field", field, &expected, field);
    Wrong { message: format!("There is no field \"{field}\"; {expected}."), ..wrong }
}

/// The question that asks what these inputs ask: what is typed, each in its field; as typed where it has none or
/// cannot be read.
pub(super) fn question_of(inputs: &Inputs) -> Plain {
    let inputs = inputs.canonical();
    let mut groups: Vec<(String, Plain)> =
        vec![("version".to_owned(), Plain::Number(f64::from(SCRIPT_VERSION)))];
    let mut whole: Vec<(String, Plain)> = Vec::new();
    let mut put = |group: &str, name: &str, value: Plain| {
        let member = (name.to_owned(), value);
        match groups.iter_mut().find(|(own, _)| own == group) {
            Some((_, Plain::Object(members))) => members.push(member),
            _ => groups.push((group.to_owned(), Plain::Object(vec![member]))),
        }
    };
    for (key, text) in inputs.iter() {
        let fields = FIELDS.iter().filter(|field| field.key == key);
        let mut values = fields.filter_map(|field| Some((field, field.value(text)?)));
        match values.next() {
            Some((field, value)) if field.group == PURPOSE => {
                whole.push((PURPOSE.to_owned(), value));
            }
            Some((field, value)) => put(field.group, field.name, value),
            None => put(OTHER, key.link_name(), Plain::Text(text.to_owned())),
        }
    }
    for (name, text) in inputs.unknown() {
        put(OTHER, name, Plain::Text(text.clone()));
    }
    // Said where it is no default, and where the fields of serving would say the other.
    if whole.is_empty() && groups.iter().any(|(name, _)| name == "serving") {
        whole.push((PURPOSE.to_owned(), Plain::Text("train".to_owned())));
    }
    groups.splice(1..1, whole);
    Plain::Object(groups)
}
