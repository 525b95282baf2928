//! A configuration without what the reader leaves aside, for links: tables of labels, towers of vision, and the lists of
//! modules in `quantization_config`, which are cut to the parts that they mean.

use super::json::Json;
use super::modules::STANDS;
use super::stored::{BLOCK, GROUPS, LAYERED, algorithm_of, main};
use super::{Reading, decoder, fields, text};
use crate::model::{Kept, Stored, WeightPart};
use std::collections::BTreeSet;

/// A text that nothing asked for is kept up to this many bytes: what it says may matter to a person.
const WORD_BYTES_MAX: usize = 64;

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
        // What lost all that it held is left aside like what held nothing.
        if !matches!(&value, Json::Object(left) if left.is_empty()) {
            kept.push((key.clone(), value));
        }
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
    let mut kept = small(config);
    let Some(stored) = stored else { return Json::Object(kept) };
    if let Some(group) = main(config) {
        let inputs = match group.get("input_activations") {
            None | Some(Json::Null) => Json::Null,
            Some(_) => Json::Object(Vec::new()),
        };
        let weights = group.get("weights").map(small).unwrap_or_default();
        let group = vec![pair("weights", Json::Object(weights)), pair("input_activations", inputs)];
        kept.push(pair(GROUPS, Json::Object(vec![pair("group_0", Json::Object(group))])));
    }
    kept.extend(config.get(BLOCK).and_then(sizes).map(|size| pair(BLOCK, size)));
    let (mut wide, mut layers, mut several) = (Vec::new(), Vec::new(), false);
    for part in WeightPart::ALL {
        let (name, own) = (STANDS[part as usize], stored.parts.get(part));
        let format = if own == Kept::Eight { "fp8" } else { stored.format };
        several |= own == Kept::Eight || part == WeightPart::Head && own != Kept::Wide;
        if own == Kept::Wide {
            wide.push(Json::Text(name.to_owned()));
        } else {
            let how = pair("quant_algo", Json::Text(algorithm_of(format).to_owned()));
            layers.push(pair(name, Json::Object(vec![how])));
        }
    }
    kept.push(if several {
        pair(LAYERED, Json::Object(layers))
    } else {
        pair("modules_to_not_convert", Json::List(wide))
    });
    Json::Object(kept)
}

/// Rows and columns of a block, or a word for anything else that is not kept as it is.
fn sizes(value: &Json) -> Option<Json> {
    match value {
        value if is_small(value) => None,
        Json::List(sizes) if sizes.len() == 2 && sizes.iter().all(is_small) => Some(value.clone()),
        _ => Some(Json::Bool(true)),
    }
}

fn pair(key: &str, value: Json) -> (String, Json) {
    (key.to_owned(), value)
}

/// The fields of an object that are neither lists nor objects nor long.
fn small(object: &Json) -> Vec<(String, Json)> {
    object.entries().iter().filter(|(_, value)| is_small(value)).cloned().collect()
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
