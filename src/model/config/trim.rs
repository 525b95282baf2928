//! A configuration without what the reader leaves aside, for links: tables of labels, towers of vision, and the lists of
//! modules in `quantization_config`, which are cut to the parts that they mean.

use super::json::Json;
use super::modules::STANDS;
use super::stored::{GROUPS, LAYERED, algorithm_of, main};
use super::{Reading, decoder, fields, text};
use crate::model::{Kept, Stored, WeightPart};
use std::collections::BTreeSet;

/// A text that nothing asked for is kept up to this many bytes: what it says may matter to a person.
const WORD_BYTES_MAX: usize = 64;
/// Of a group of compressed-tensors: what its format and its bits are read from.
const OF_WEIGHTS: [&str; 4] = ["num_bits", "type", "group_size", "symmetric"];

/// The configuration with the fields that are read, and small ones beside them; none where it describes no model, or
/// where the shorter text would be read otherwise.
#[must_use]
pub fn trimmed(config: &str) -> Option<String> {
    let document = text::document(config).ok()?;
    let (reading, used) = decoder::account(&document);
    let stored = reading.model.as_ref()?.stored.first();
    let kept = pruned("", &document.value, &used, stored);
    let mut short = String::new();
    write(&kept, &mut short);
    let Reading { model, stored, .. } = super::read(&short);
    (model == reading.model && stored == reading.stored).then_some(short)
}

fn pruned(path: &str, object: &Json, used: &BTreeSet<String>, stored: Option<&Stored>) -> Json {
    let mut kept = Vec::new();
    for (key, value) in object.entries() {
        let own = fields::joined(path, key);
        let inside = format!("{own}.");
        let value = if key == "quantization_config" && !value.entries().is_empty() {
            quantization(value, stored)
        } else if used.iter().any(|used| used.starts_with(&inside)) {
            pruned(&own, value, used, stored)
        } else if used.contains(&own) || is_small(value) {
            value.clone()
        } else {
            continue;
        };
        kept.push((key.clone(), value));
    }
    Json::Object(kept)
}

fn is_small(value: &Json) -> bool {
    match value {
        Json::Null | Json::Bool(_) => true,
        Json::Number(text) | Json::Text(text) => text.len() <= WORD_BYTES_MAX,
        Json::List(_) | Json::Object(_) => false,
    }
}

/// The same meaning with one module for each part.
fn quantization(config: &Json, stored: Option<&Stored>) -> Json {
    let small = config.entries().iter().filter(|(_, value)| is_small(value));
    let mut kept: Vec<(String, Json)> = small.cloned().collect();
    let Some(stored) = stored else { return Json::Object(kept) };
    let text = |text: &str| Json::Text(text.to_owned());
    if let Some(group) = main(config) {
        kept.push((GROUPS.to_owned(), Json::Object(vec![("group_0".to_owned(), one(group))])));
    }
    let names = |kept| stored.parts.of(kept).map(|part| STANDS[part as usize]);
    let head = stored.parts.get(WeightPart::Head) != Kept::Wide;
    if head || stored.parts.of(Kept::Eight).next().is_some() {
        let mut layers = Vec::new();
        for (kept, format) in [(Kept::Quantised, stored.format), (Kept::Eight, "fp8")] {
            let how = vec![("quant_algo".to_owned(), text(algorithm_of(format)))];
            layers.extend(names(kept).map(|name| (name.to_owned(), Json::Object(how.clone()))));
        }
        kept.push((LAYERED.to_owned(), Json::Object(layers)));
    } else {
        let wide = names(Kept::Wide).map(text).collect();
        kept.push(("modules_to_not_convert".to_owned(), Json::List(wide)));
    }
    Json::Object(kept)
}

/// A group of compressed-tensors that takes every linear layer.
fn one(group: &Json) -> Json {
    let weights = group.get("weights").map_or(&[][..], Json::entries);
    let weights = weights.iter().filter(|(key, _)| OF_WEIGHTS.contains(&key.as_str()));
    let mut kept = vec![("weights".to_owned(), Json::Object(weights.cloned().collect()))];
    if let Some(inputs) = group.get("input_activations") {
        let some = if *inputs == Json::Null { Json::Null } else { Json::Object(Vec::new()) };
        kept.push(("input_activations".to_owned(), some));
    }
    Json::Object(kept)
}

/// JSON without blanks.
fn write(value: &Json, out: &mut String) {
    match value {
        Json::Null => out.push_str("null"),
        Json::Bool(flag) => out.push_str(if *flag { "true" } else { "false" }),
        Json::Number(spelled) => out.push_str(spelled),
        Json::Text(text) => quoted(text, out),
        Json::List(items) => {
            for (n, item) in items.iter().enumerate() {
                out.push(if n == 0 { '[' } else { ',' });
                write(item, out);
            }
            out.push_str(if items.is_empty() { "[]" } else { "]" });
        }
        Json::Object(entries) => {
            for (n, (key, value)) in entries.iter().enumerate() {
                out.push(if n == 0 { '{' } else { ',' });
                quoted(key, out);
                out.push(':');
                write(value, out);
            }
            out.push_str(if entries.is_empty() { "{}" } else { "}" });
        }
    }
}

fn quoted(text: &str, out: &mut String) {
    out.push('"');
    for letter in text.chars() {
        match letter {
            '"' | '\\' => out.extend(['\\', letter]),
            '\0'..='\u{1f}' => out.push_str(&format!("\\u{:04x}", u32::from(letter))),
            _ => out.push(letter),
        }
    }
    out.push('"');
}
