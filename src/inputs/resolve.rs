//! From typed texts to a case.

use super::{
    Echo, Inputs, Key, Note, Origin, Problem, Value, cluster, echo, model, read, run, serve,
    software,
};
use crate::case::{Case, CaseError};
use crate::catalogue::accelerators::MachineRow;
use crate::cluster::Cluster;
use crate::model::Model;
use crate::model::config;
use crate::prices::Offer;
use crate::serving::Ask;
use crate::stack::Stack;
use crate::units::order;
use crate::units::text::show;
use crate::units::{Bytes, BytesPerSecond, FlopsPerSecond, Ratio, Watts};
use crate::workload::Training;
use std::collections::BTreeMap;

/// The word of [`Key::Purpose`] for serving.
pub(super) const SERVE: &str = "serve";

/// What the inputs come to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Resolution {
    /// The case, when nothing stands in its way.
    pub case: Option<Case>,
    /// The question about serving, when that is what the inputs are for and nothing stands in its way.
    pub ask: Option<Ask>,
    /// How each input was understood, in the order of [`Key::ALL`].
    pub echoes: Vec<Echo>,
    /// What stands in the way, in the order of [`Key::ALL`].
    pub problems: Vec<Problem>,
    /// What else to know.
    pub notes: Vec<Note>,
    /// What became of the config.json, where the model comes from one.
    pub config: Option<config::Reading>,
}

impl Resolution {
    /// The echo of an input.
    #[must_use]
    pub fn echo(&self, key: Key) -> Option<&Echo> {
        self.echoes.iter().find(|echo| echo.key == key)
    }

    /// The problem of an input.
    #[must_use]
    pub fn problem(&self, key: Key) -> Option<&Problem> {
        self.problems.iter().find(|problem| problem.key == key)
    }
}

/// All inputs as values, and what is found out on the way.
#[derive(Debug, Default)]
pub(super) struct Reader {
    values: BTreeMap<Key, (Value, Origin)>,
    typed: BTreeMap<Key, String>,
    pub(super) problems: Vec<Problem>,
    pub(super) notes: Vec<Note>,
    pub(super) config: Option<config::Reading>,
    meanings: BTreeMap<Key, (String, Origin)>,
}

/// What the values come to, as far as they do.
#[derive(Clone, Copy)]
pub(super) struct Parts<'a> {
    pub(super) model: Option<&'a Model>,
    pub(super) machine: Option<&'a MachineRow>,
    pub(super) cluster: Option<&'a Cluster>,
    pub(super) training: Option<&'a Training>,
    pub(super) stack: Option<&'a Stack>,
    pub(super) offer: &'a Offer,
}

/// Reads, resolves and checks everything.
pub(super) fn resolve(inputs: &Inputs) -> Resolution {
    let mut reader = Reader::read(inputs);
    let model = model::resolve(&mut reader);
    let machine = cluster::machine(&mut reader);
    let cluster = machine.as_ref().and_then(|machine| cluster::resolve(&mut reader, machine));
    let training = run::training(&mut reader, machine.as_ref());
    let stack = software::stack(&mut reader);
    let offer = run::offer(&mut reader, machine.as_ref());
    let constraints = run::constraints(&mut reader);
    let parts = Parts {
        model: model.as_ref(),
        machine: machine.as_ref(),
        cluster: cluster.as_ref(),
        training: training.as_ref(),
        stack: stack.as_ref(),
        offer: &offer,
    };
    echo::echo_all(&mut reader, parts);
    run::remark(&mut reader, parts);
    if reader.name(Key::Purpose) == Some(SERVE) {
        let ask = model.and_then(|model| serve::resolve(&mut reader, model, machine.as_ref()));
        return reader.finish(None, ask);
    }
    let mut case = None;
    let clear = reader.problems.iter().all(|problem| problem.key.group().is_aside());
    if clear
        && let (Some(model), Some(cluster), Some(training), Some(stack)) =
            (model, cluster, training, stack)
    {
        match Case::new(model, cluster, training, constraints, stack, offer) {
            Ok(whole) => case = Some(whole),
            Err(error) => reader.problems.push(problem_of(&error)),
        }
    }
    reader.finish(case, None)
}

impl Reader {
    fn read(inputs: &Inputs) -> Self {
        let mut reader = Self::default();
        for key in Key::ALL.iter().copied() {
            let typed = inputs.typed(key).filter(|text| !text.trim().is_empty());
            let (text, origin) = match (typed, key.default_text()) {
                (Some(text), _) => (text, Origin::Typed),
                (None, Some(text)) => (text, Origin::Default),
                (None, None) => continue,
            };
            if origin == Origin::Typed {
                reader.typed.insert(key, text.to_owned());
            }
            match read(key, text) {
                Ok(value) => drop(reader.values.insert(key, (value, origin))),
                Err(problem) => reader.problems.push(problem),
            }
        }
        reader
    }

    pub(super) fn is_typed(&self, key: Key) -> bool {
        self.typed.contains_key(&key)
    }

    /// What was typed, or nothing.
    pub(super) fn given(&self, key: Key) -> &str {
        self.typed.get(&key).map_or("", String::as_str)
    }

    pub(super) fn value(&self, key: Key) -> Option<&Value> {
        self.values.get(&key).map(|(value, _)| value)
    }

    pub(super) fn values(&self) -> impl Iterator<Item = (Key, &Value, Origin)> {
        self.values.iter().map(|(key, (value, origin))| (*key, value, *origin))
    }

    pub(super) fn name(&self, key: Key) -> Option<&str> {
        match self.value(key)? {
            Value::Name(text) | Value::Json(text) => Some(text),
            Value::Word(word) => Some(word),
            _ => None,
        }
    }

    /// A count; every range of a count ends below 2^32.
    pub(super) fn count(&self, key: Key) -> Option<u32> {
        match self.value(key)? {
            Value::Count(n) => u32::try_from(*n).ok(),
            _ => None,
        }
    }

    pub(super) fn bytes(&self, key: Key) -> Option<Bytes> {
        match self.value(key)? {
            Value::Bytes(bytes) => Some(*bytes),
            _ => None,
        }
    }

    pub(super) fn bandwidth(&self, key: Key) -> Option<BytesPerSecond> {
        match self.value(key)? {
            Value::Bandwidth(rate) => Some(*rate),
            _ => None,
        }
    }

    pub(super) fn flop_rate(&self, key: Key) -> Option<FlopsPerSecond> {
        match self.value(key)? {
            Value::FlopRate(rate) => Some(*rate),
            _ => None,
        }
    }

    pub(super) fn power(&self, key: Key) -> Option<Watts> {
        match self.value(key)? {
            Value::Power(power) => Some(*power),
            _ => None,
        }
    }

    pub(super) fn ratio(&self, key: Key) -> Option<Ratio> {
        match self.value(key)? {
            Value::Ratio(ratio) => Some(*ratio),
            _ => None,
        }
    }

    pub(super) fn is_on(&self, key: Key) -> bool {
        matches!(self.value(key), Some(Value::Switch(true)))
    }

    pub(super) fn problem(&mut self, key: Key, expected: &str, hint: impl Into<String>) {
        let problem = Problem::new(key, self.given(key), expected, hint);
        self.problems.push(problem);
    }

    pub(super) fn note(&mut self, key: Key, text: impl Into<String>) {
        self.notes.push(Note { key, text: text.into() });
    }

    /// Says what an input means.
    pub(super) fn echo(&mut self, key: Key, meaning: impl Into<String>) {
        let origin = match self.values.get(&key) {
            Some((_, origin)) => *origin,
            None => Origin::Catalogue,
        };
        self.meanings.insert(key, (meaning.into(), origin));
    }

    fn finish(mut self, case: Option<Case>, ask: Option<Ask>) -> Resolution {
        let wrong = |key: &Key| self.problems.iter().any(|problem| problem.key == *key);
        let meanings = self.meanings.iter().filter(|(key, _)| !wrong(key));
        let echoes = meanings.map(|(key, (meaning, origin))| Echo {
            key: *key,
            typed: self.typed.get(key).cloned().unwrap_or_default(),
            meaning: meaning.clone(),
            origin: *origin,
        });
        let echoes = echoes.collect();
        order::sort_by_key(&mut self.problems, |problem| problem.key);
        let Self { problems, notes, config, .. } = self;
        Resolution { case, ask, echoes, problems, notes, config }
    }
}

/// The input to change when the parts do not fit together, and how.
fn problem_of(error: &CaseError) -> Problem {
    match error {
        CaseError::OutOfRange { input, given, min, max } => {
            let expected = format!("{} to {}", show::grouped(*min), show::grouped(*max));
            let hint = format!("the {input} are out of range");
            Problem::new(key_of(input), &show::grouped(*given), &expected, hint)
        }
        CaseError::NoSuchRate { accelerator, precision, formats } => {
            let has: Vec<&str> = formats.iter().map(|format| format.key()).collect();
            let (lacks, has) = (precision.key(), has.join(", "));
            let hint = format!("{accelerator} has no matrix units for {lacks}, but for {has}");
            Problem::new(Key::Precision, lacks, "a number format that the accelerator has", hint)
        }
        CaseError::StackLacks { stack, technique } => Problem::new(
            Key::Precision,
            technique.key(),
            "a number format that the stack can train in",
            format!("{stack} cannot train with {}", technique.label()),
        ),
        CaseError::Levels => Problem::new(
            Key::Leaf,
            "",
            "network levels that nest",
            "each level must span at least the one within it",
        ),
    }
}

fn key_of(input: &str) -> Key {
    match input {
        "layers" => Key::Layers,
        "hidden size" => Key::Hidden,
        "vocabulary" => Key::Vocab,
        "accelerators" => Key::Count,
        "accelerators per node" => Key::NodeSize,
        "sequence" => Key::Sequence,
        "global batch" => Key::Batch,
        "tokens" => Key::Tokens,
        _ => Key::Model,
    }
}
