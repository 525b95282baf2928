//! Lists of what may be used in service: kinds of accelerator, formats, prices by kind.

use super::super::limits::{KINDS_MAX, PRICE_MAX, WORDS_CHARS_MAX};
use super::super::{Key, Problem};
use crate::catalogue::accelerators::{self, MachineRow};
use crate::serving::{KvFormat, WeightFormat};
use crate::units::text::{read as texts, short};
use crate::units::{DollarsPerHour, order};

/// The accelerator that is described by its numbers.
pub(super) const OWN: &str = "custom";

/// What people call weights of which a share is zero.
const PRUNED: [&str; 5] = ["pruned", "sparse", "unstructured", "wanda", "sparsegpt"];

/// The words of a list in their canonical spelling, between commas.
pub fn words(key: Key, text: &str) -> Result<String, Problem> {
    let expected = expected(key);
    if text.chars().nth(WORDS_CHARS_MAX).is_some() {
        return Err(Problem::new(key, text, expected, "the text is too long"));
    }
    let words = text.split([',', '\n']).map(str::trim).filter(|word| !word.is_empty());
    let words: Vec<&str> = words.take(KINDS_MAX + 1).collect();
    if words.is_empty() || words.len() > KINDS_MAX {
        let hint = format!("write 1 to {KINDS_MAX} of them, with commas between");
        return Err(Problem::new(key, text, expected, hint));
    }
    let mut all: Vec<String> = Vec::new();
    for word in words {
        let own =
            word_of(key, word).ok_or_else(|| Problem::new(key, word, expected, hint(key, word)))?;
        if !all.contains(&own) {
            all.push(own);
        }
    }
    Ok(all.join(","))
}

/// The machine of that key.
pub(super) fn machine_of(key: &str) -> Option<&'static MachineRow> {
    accelerators::find_serving(key)
}

/// A price, and of which kind; of any where it stands alone.
pub(super) fn price_of(word: &str) -> Option<(Option<&str>, DollarsPerHour)> {
    let (kind, rate) = match word.rsplit_once(':') {
        Some((kind, rate)) => (Some(kind.trim()), rate),
        None => (None, word),
    };
    let rate = texts::price(rate.trim()).ok().filter(|rate| rate.get() <= PRICE_MAX)?;
    Some((kind, rate))
}

fn word_of(key: Key, word: &str) -> Option<String> {
    match key {
        Key::ServeOn if word.eq_ignore_ascii_case(OWN) => Some(OWN.to_owned()),
        Key::ServeOn => machine_of(word).map(|row| row.key.clone()),
        Key::Weights => weights_of(word).map(|format| format.key().to_owned()),
        Key::Cache => cache_of(word).map(|format| format.key().to_owned()),
        _ => {
            let (kind, rate) = price_of(word)?;
            let rate = short::price(rate);
            match kind {
                Some(kind) => Some(format!("{}:{rate}", machine_of(kind)?.key)),
                None => Some(rate),
            }
        }
    }
}

/// The format that people call so.
fn weights_of(word: &str) -> Option<WeightFormat> {
    let plain = squeezed(word);
    let same = |format: &WeightFormat| squeezed(format.key()) == plain;
    let other = match plain.as_str() {
        "fp16" | "16bit" | "float16" | "half" | "f16" => Some(WeightFormat::Bf16),
        "awq" | "int4" | "w4a16" | "4bit" => Some(WeightFormat::Int4Awq),
        "gptq" => Some(WeightFormat::Int4Gptq),
        "fp4" => Some(WeightFormat::Nvfp4),
        "w8a8" => Some(WeightFormat::Int8),
        "q8" => Some(WeightFormat::Q8_0),
        "q6" => Some(WeightFormat::Q6K),
        "q5" => Some(WeightFormat::Q5Km),
        "q4" => Some(WeightFormat::Q4Km),
        "q3" => Some(WeightFormat::Q3Km),
        "q2" => Some(WeightFormat::Q2K),
        _ => None,
    };
    WeightFormat::ALL.into_iter().find(same).or(other)
}

fn cache_of(word: &str) -> Option<KvFormat> {
    let plain = squeezed(word);
    let same = |format: &KvFormat| squeezed(format.key()) == plain;
    let other = match plain.as_str() {
        "bf16" | "16bit" | "f16" => Some(KvFormat::Wide),
        "fp8e4m3" | "fp8e5m2" => Some(KvFormat::Fp8),
        "q80" => Some(KvFormat::Int8),
        "fp4" => Some(KvFormat::Fp4),
        _ => None,
    };
    KvFormat::ALL.into_iter().find(same).or(other)
}

fn squeezed(word: &str) -> String {
    word.chars().filter(|c| c.is_ascii_alphanumeric()).map(|c| c.to_ascii_lowercase()).collect()
}

const fn expected(key: Key) -> &'static str {
    match key {
        Key::ServeOn => "accelerators of the catalogue",
        Key::Weights => "formats of weights",
        Key::Cache => "formats of the cache",
        _ => "a price, or prices by accelerator",
    }
}

fn hint(key: Key, word: &str) -> String {
    match key {
        Key::ServeOn => {
            let near: Vec<&str> = nearest(word);
            if near.is_empty() {
                return "write for example h200-sxm, b200, rtx-4090, m4-max".to_owned();
            }
            format!("none is called so; near it: {}", near.join(", "))
        }
        Key::Weights if PRUNED.iter().any(|start| squeezed(word).starts_with(start)) => {
            "zeros strewn over the weights save nothing: no engine here skips them, so they run as \
             dense weights do; write a format with two of four (fp8-2of4, int8-2of4, int4-2of4), \
             which the hardware skips, or choose a smaller model"
                .to_owned()
        }
        Key::Weights => {
            let keys = WeightFormat::ALL.map(WeightFormat::key);
            format!("the formats are {}", keys.join(", "))
        }
        Key::Cache => format!("the formats are {}", KvFormat::ALL.map(KvFormat::key).join(", ")),
        _ => "write for example 2.50, or h200-sxm:2.50, b200:4".to_owned(),
    }
}

/// Accelerators in whose names the word occurs.
fn nearest(word: &str) -> Vec<&'static str> {
    let edge = squeezed(word);
    let edge = accelerators::edge().iter().filter(|row| squeezed(&row.label).contains(&edge));
    let found = accelerators::search(word).into_iter().chain(edge);
    let mut keys: Vec<&str> = found.take(3).map(|row| row.key.as_str()).collect();
    if keys.is_empty() {
        let wanted = word.to_ascii_lowercase();
        let all = accelerators::all().iter().chain(accelerators::edge());
        let far = all.map(|row| (order::edits(&wanted, &row.key), row.key.as_str()));
        let mut far: Vec<_> = far.filter(|(far, _)| 2 * far <= wanted.len()).collect();
        order::sort_by_key(&mut far, |(far, _)| *far);
        keys = far.into_iter().take(3).map(|(_, key)| key).collect();
    }
    keys
}
