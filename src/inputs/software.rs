//! Software of one's own: one of the catalogue, and what differs from it.
//!
//! `matmul:0.8,overlap_tensor:0,pace@h100-sxm/bf16:0.93,-zero3,dualpipe`: constants by their names in the tables, paces
//! of accelerators, techniques that are added or (with a minus) taken away.

use super::key::Kind;
use super::limits::{LABEL_CHARS_MAX, PHRASE_CHARS_MAX};
use super::resolve::Reader;
use super::{Key, Problem, Value};
use crate::catalogue::constants::{self, Constant, Form, PACE, PACE_AT};
use crate::catalogue::stacks::{OFF, ON};
use crate::catalogue::{accelerators, engines, stacks};
use crate::serving::Engine;
use crate::stack::{Change, Own, Stack, Technique};
use crate::units::text::{Noun, read as texts, show};
use crate::workload::Precision;

/// What differs, as typed: name and value of each; the value of a technique is `on` or `off`.
pub type Items = Vec<(String, String)>;

/// The inputs of a stack of one's own.
pub const OWN_STACK: [Key; 3] = [Key::OwnStack, Key::OwnStackName, Key::OwnStackVersion];
/// The inputs of an engine of one's own.
pub const OWN_ENGINE: [Key; 3] = [Key::OwnEngine, Key::OwnEngineName, Key::OwnEngineVersion];

/// The constants that software of a kind has.
#[must_use]
pub const fn constants_of(key: Key) -> &'static [Constant] {
    match key {
        Key::OwnEngine => &constants::SERVING,
        _ => &constants::TRAINING,
    }
}

/// The items of a text, whether or not they can be read. A comma within a number is no end of an item.
#[must_use]
pub fn items(text: &str) -> Items {
    let mut words: Vec<String> = Vec::new();
    for piece in text.split([',', '\n']) {
        let goes_on = piece.starts_with(|c: char| c.is_ascii_digit());
        match words.last_mut().filter(|word| goes_on && word.contains(':')) {
            Some(word) => {
                word.push(',');
                word.push_str(piece);
            }
            None => words.push(piece.to_owned()),
        }
    }
    let words = words.iter().map(|word| word.trim()).filter(|word| !word.is_empty());
    words.map(item).collect()
}

fn item(word: &str) -> (String, String) {
    if let Some((field, value)) = word.split_once([':', '=']) {
        return (field.trim().to_owned(), value.trim().to_owned());
    }
    let (name, value) = match (word.strip_prefix(['-', '\u{2212}']), word.strip_prefix('+')) {
        (Some(name), _) => (name, OFF),
        (_, name) => (name.unwrap_or(word), ON),
    };
    (name.trim().to_owned(), value.to_owned())
}

/// The text of items, in their order.
#[must_use]
pub fn text_of(items: &[(String, String)]) -> String {
    let word = |(field, value): &(String, String)| {
        let known = Technique::from_key(field).is_some();
        match (known, value.as_str()) {
            (true, ON) => field.clone(),
            (true, OFF) => format!("-{field}"),
            _ => format!("{field}:{value}"),
        }
    };
    items.iter().map(word).collect::<Vec<_>>().join(",")
}

/// The text of a list with one item changed; taken away where nothing is typed for it.
#[must_use]
pub fn with(text: &str, field: &str, value: &str) -> String {
    let mut all = items(text);
    match (all.iter_mut().find(|(own, _)| own == field), value.trim()) {
        (_, "") => all.retain(|(own, _)| own != field),
        (Some((_, own)), value) => value.clone_into(own),
        (None, value) => all.push((field.to_owned(), value.to_owned())),
    }
    text_of(&all)
}

/// What is said of software of one's own: its name or version, or a list of what differs.
pub(super) fn value(key: Key, text: &str) -> Result<Value, Problem> {
    match key.kind() {
        Kind::Label => label(key, text).map(Value::Name),
        _ => read(key, text).map(Value::Words),
    }
}

/// The canonical spelling of a list.
fn read(key: Key, text: &str) -> Result<String, Problem> {
    if text.chars().nth(PHRASE_CHARS_MAX).is_some() {
        return Err(Problem::new(key, text, expected(key), "the text is too long"));
    }
    let mut all: Items = Vec::new();
    for (field, value) in items(text) {
        let own = canonical(key, &field, &value)?;
        if all.iter().any(|(known, _)| *known == own.0) {
            return Err(Problem::new(key, &field, "each name once", "it stands there twice"));
        }
        all.push(own);
    }
    if all.is_empty() {
        let hint = "write for example matmul:0.8, -zero3, or leave it empty";
        return Err(Problem::new(key, text, expected(key), hint));
    }
    crate::units::order::sort_by_key(&mut all, |(field, _)| place(key, field));
    Ok(text_of(&all))
}

/// Where a name stands: constants as in their table, paces, techniques.
fn place(key: Key, field: &str) -> (usize, String) {
    let constants = constants_of(key);
    let of = constants.iter().position(|own| own.field == field).or_else(|| {
        let technique = Technique::ALL.iter().position(|own| own.key() == field)?;
        Some(constants.len() + 1 + technique)
    });
    (of.unwrap_or(constants.len()), field.to_owned())
}

/// One item in its canonical spelling.
///
/// # Errors
/// When the name is none, or the value is not what it asks for.
pub fn canonical(key: Key, field: &str, value: &str) -> Result<(String, String), Problem> {
    let lower = field.to_ascii_lowercase();
    if let Some(place) = lower.strip_prefix(PACE_AT) {
        let name = format!("{PACE_AT}{}", pace_place(key, place)?);
        return Ok((name, pace(key, field, value)?));
    }
    let named = |own: &&Constant| own.field == lower.replace([' ', '-'], "_");
    if let Some(constant) = constants_of(key).iter().find(named) {
        let value = number(key, constant, field, value)?;
        return Ok((constant.field.to_owned(), value));
    }
    let technique = Technique::from_key(&lower).filter(|_| key == Key::OwnStack);
    let Some(technique) = technique else { return Err(unknown(key, field)) };
    let on = match value.to_ascii_lowercase().as_str() {
        ON | "1" | "yes" | "true" => ON,
        OFF | "0" | "no" | "false" => OFF,
        _ => {
            let hint = "a technique has no value; write its name, or a minus and its name";
            return Err(Problem::new(key, &format!("{field}:{value}"), "on or off", hint));
        }
    };
    Ok((technique.key().to_owned(), on.to_owned()))
}

fn expected(key: Key) -> &'static str {
    match key {
        Key::OwnEngine => "constants of an engine and their values",
        _ => "constants of a stack and their values, or techniques",
    }
}

fn unknown(key: Key, field: &str) -> Problem {
    let constants = constants_of(key).iter().map(|constant| constant.field);
    let techniques = Technique::ALL.iter().map(|technique| technique.key());
    let techniques = techniques.filter(|_| key == Key::OwnStack);
    let names = constants.chain(techniques).chain(["pace@h100-sxm"]);
    let wanted = field.to_ascii_lowercase();
    let near = names.min_by_key(|name| distance(&wanted, name)).unwrap_or_default();
    Problem::new(key, field, expected(key), format!("none is called so; near it: {near}"))
}

/// Letters to change, add or take away between two names (Levenshtein 1966).
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.chars().take(LABEL_CHARS_MAX).enumerate() {
        let mut before = i;
        let mut left = i + 1;
        for (cell, b) in row.iter_mut().skip(1).zip(&other) {
            let here = (before + usize::from(a != *b)).min(left + 1).min(*cell + 1);
            before = *cell;
            (*cell, left) = (here, here);
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}

/// A number within the bounds of its constant, in its shortest spelling.
fn number(key: Key, own: &Constant, field: &str, text: &str) -> Result<String, Problem> {
    let range = format!("{} of {} to {}", own.field, plain(own.min), plain(own.max));
    let unit = if own.unit.is_empty() { "" } else { " " };
    let expected = match own.form {
        Form::Switch => format!("{} of 1 (yes) or 0 (no)", own.field),
        _ => format!("{range}{unit}{}", own.unit),
    };
    let fail = |hint: String| Problem::new(key, &format!("{field}:{text}"), &expected, hint);
    let bare = bare(text, own.unit);
    let value = match own.form {
        Form::Number => texts::ratio(bare).map(|ratio| ratio.get()).map_err(|own| own.fault),
        Form::Whole => texts::count(bare, Noun::Plain).map(|n| n as f64).map_err(|own| own.fault),
        Form::Switch => match bare.to_ascii_lowercase().as_str() {
            "1" | "on" | "yes" | "true" => Ok(1.0),
            "0" | "off" | "no" | "false" => Ok(0.0),
            _ => return Err(fail("it is neither".to_owned())),
        },
    };
    let value = value.map_err(|fault| fail(fault.to_string()))?;
    if value < own.min {
        return Err(fail("it is too small".to_owned()));
    }
    if value > own.max {
        return Err(fail("it is too large".to_owned()));
    }
    Ok(plain(value))
}

/// A number without the unit that its constant is counted in anyway.
fn bare<'a>(text: &'a str, unit: &str) -> &'a str {
    let text = text.trim();
    let names = [unit, if unit == "\u{b5}s" { "us" } else { unit }];
    let cut = names.into_iter().filter(|name| !name.is_empty()).find_map(|name| {
        let at = text.len().checked_sub(name.len())?;
        let (number, own) = text.split_at_checked(at)?;
        own.eq_ignore_ascii_case(name).then_some(number.trim_end())
    });
    cut.unwrap_or(text)
}

/// The shortest text that reads back as the same number.
fn plain(value: f64) -> String {
    value.to_string()
}

/// `0.93`, or `0.93:0.85` with the pace of attention on top; tables set the two apart by a blank.
fn pace(key: Key, field: &str, text: &str) -> Result<String, Problem> {
    let (all, attention) = match text.split_once([':', ' ']) {
        Some((all, attention)) if key == Key::OwnStack => (all, Some(attention)),
        _ => (text, None),
    };
    let all = number(key, &PACE, field, all)?;
    Ok(match attention {
        Some(attention) => format!("{all}:{}", number(key, &PACE, field, attention)?),
        None => all,
    })
}

/// Of which accelerator a pace is, and in which number format on a training stack.
fn pace_place(key: Key, text: &str) -> Result<String, Problem> {
    let (name, format) = match key {
        Key::OwnStack => text.rsplit_once('/').unwrap_or((text, "bf16")),
        _ => (text, ""),
    };
    let fail = |expected: &str, hint: String| Problem::new(key, text, expected, hint);
    let name = name.trim();
    let all = accelerators::all().iter().chain(accelerators::edge());
    let mut generations = all.map(|row| row.accelerator.generation.as_str());
    // A generation first: accelerators may be called so as well.
    let named = generations.find(|own| *own == name).filter(|own| !own.is_empty());
    let row = || accelerators::find_serving(name).map(|row| row.key.as_str());
    let custom = super::names::CUSTOM;
    let Some(machine) = named.or_else(row).or((name == custom).then_some(custom)) else {
        let hint = "none is called so; write for example pace@h100-sxm/bf16:0.93".to_owned();
        return Err(fail("an accelerator of the catalogue, or a generation", hint));
    };
    if key != Key::OwnStack {
        return Ok(machine.to_owned());
    }
    let format = Precision::ALL.iter().find(|own| own.key() == format.trim());
    let Some(format) = format else {
        let formats: Vec<&str> = Precision::ALL.iter().map(|own| own.key()).collect();
        return Err(fail("a number format", format!("write one of {}", formats.join(", "))));
    };
    Ok(format!("{machine}/{}", format.key()))
}

/// A name or version of one's own: a line of text.
fn label(key: Key, text: &str) -> Result<String, Problem> {
    let tidy = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let fail = |hint: &str| Err(Problem::new(key, text, "a short text", hint));
    if tidy.chars().nth(LABEL_CHARS_MAX).is_some() {
        return fail("it is too long");
    }
    if tidy.chars().any(char::is_control) {
        return fail("it has signs that cannot be shown");
    }
    Ok(tidy)
}

/// The user's own stack over the one chosen; that one where nothing is said of it.
pub(super) fn stack(reader: &mut Reader) -> Option<Stack> {
    let base = stacks::find(reader.name(Key::Stack)?)?;
    let Some((own, name, version)) = said(reader, OWN_STACK, &base.name, "your stack") else {
        return Some(base.clone());
    };
    let holds = |field: &str| stacks::holds(&base.key, field).map(|fact| fact.value.clone());
    let meaning = meaning(&own, &holds);
    reader.echo(Key::OwnStack, meaning);
    for change in &own.changes {
        let has = Technique::from_key(&change.field).map(|own| base.techniques.has(own));
        if has == Some(change.value == ON) {
            let state = if change.value == ON { "already has" } else { "never had" };
            reader.note(Key::OwnStack, format!("{} {state} {}", base.name, change.field));
        }
    }
    stacks::with_own(base, own, &name, &version)
}

/// The same of an engine.
pub(super) fn engine(reader: &mut Reader) -> Option<Engine> {
    let base = engines::find(reader.name(Key::Engine)?)?;
    let Some((own, name, version)) = said(reader, OWN_ENGINE, &base.name, "your engine") else {
        return Some(base.clone());
    };
    let holds = |field: &str| engines::holds(&base.key, field).map(|fact| fact.value.clone());
    let meaning = meaning(&own, &holds);
    reader.echo(Key::OwnEngine, meaning);
    engines::with_own(base, own, &name, &version)
}

/// What is said of software of one's own; nothing where nothing is.
fn said(
    reader: &Reader,
    [changes, name, version]: [Key; 3],
    base: &str,
    unnamed: &str,
) -> Option<(Own, String, String)> {
    let listed = match reader.value(changes) {
        Some(Value::Words(words)) => items(words),
        _ => Vec::new(),
    };
    let label = |key: Key| reader.name(key).unwrap_or_default().to_owned();
    let (name, version) = (label(name), label(version));
    if listed.is_empty() && name.is_empty() && version.is_empty() {
        return None;
    }
    let name = if name.is_empty() { unnamed.to_owned() } else { name };
    let changes = listed.into_iter().map(|(field, value)| Change {
        words: words(&field, &value),
        // As tables have it: the pace, and that of attention.
        value: value.replace(':', " "),
        field,
    });
    Some((Own { base: base.to_owned(), changes: changes.collect() }, name, version))
}

/// One change for people.
fn words(field: &str, value: &str) -> String {
    if let Some(technique) = Technique::from_key(field).filter(|_| matches!(value, ON | OFF)) {
        let with = if value == ON { "with" } else { "without" };
        return format!("{with} {}", technique.label());
    }
    if let Some(place) = field.strip_prefix(PACE_AT) {
        return format!("pace {} of {}", value.replace(':', ", "), place.replace('/', " in "));
    }
    format!("{} {value}", field.replace('_', " "))
}

/// All changes for people, with the values in whose place they stand.
fn meaning(own: &Own, of_base: &dyn Fn(&str) -> Option<String>) -> String {
    let text = |change: &Change| match of_base(&change.field) {
        Some(before) => format!("{} (not {})", change.words, shortened(&before)),
        None => change.words.clone(),
    };
    own.changes.iter().map(text).collect::<Vec<_>>().join(", ")
}

/// A number of a table in few digits.
fn shortened(value: &str) -> String {
    value.parse().map_or_else(|_| value.to_owned(), show::rounded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_apart() {
        for table in [&constants::TRAINING[..], &constants::SERVING] {
            for (i, own) in table.iter().enumerate() {
                assert!(table.iter().skip(i + 1).all(|other| other.field != own.field));
                assert!(Technique::from_key(own.field).is_none(), "{}", own.field);
                assert!(own.min < own.max, "{}", own.field);
            }
        }
        for (one, other, far) in [("", "", 0), ("matmul", "matmul", 0), ("mat_mul", "matmul", 1)] {
            assert_eq!(distance(one, other), far);
        }
        assert_eq!(distance("kitten", "sitting"), 3);
    }

    #[test]
    fn lists_in_their_shortest_spelling() {
        for (typed, short) in [
            ("matmul: 80%, -zero3", "matmul:0.8,-zero3"),
            ("+dualpipe\nMATMUL=0.80", "matmul:0.8,dualpipe"),
            ("launch us: 6 us, stops-early: yes", "launch_us:6,stops_early:1"),
            ("pace@H100/bf16: 0.93", "pace@h100-sxm/bf16:0.93"),
            ("pace@hopper/fp8:0.9 0.8", "pace@hopper/fp8:0.9:0.8"),
            ("zero3:off,sp:on", "sp,-zero3"),
            ("context_gib:1.5GiB", "context_gib:1.5"),
            ("overlap_tensor:0,link_outside:.7", "link_outside:0.7,overlap_tensor:0"),
        ] {
            assert_eq!(read(Key::OwnStack, typed).as_deref(), Ok(short), "{typed}");
            assert_eq!(read(Key::OwnStack, short).as_deref(), Ok(short), "{short}");
        }
        // Whole numbers are written out.
        let engine = read(Key::OwnEngine, "chunk:8k,fraction:90%,pace@h200-sxm:1.1");
        assert_eq!(engine.as_deref(), Ok("chunk:8000,fraction:0.9,pace@h200-sxm:1.1"));
    }

    #[test]
    fn what_cannot_be_read_says_what_would_be() {
        for (typed, expected, hint) in [
            ("mat_mul:0.8", "constants of a stack", "near it: matmul"),
            ("zero_3", "or techniques", "near it: zero3"),
            ("matmul:5", "matmul of 0.01 to 2", "too large"),
            ("link_outside:0", "link_outside of 0.01 to 1", "too small"),
            ("matmul:inf", "matmul of", "finite"),
            ("matmul:-1", "matmul of", "below zero"),
            ("matmul:", "matmul of", "nothing"),
            ("matmul:0,8", "matmul of", "comma"),
            ("working:2.5", "working of 1 to 8 bytes", "whole"),
            ("stops_early:maybe", "1 (yes) or 0 (no)", "neither"),
            ("zero3:0.5", "on or off", "has no value"),
            ("matmul:0.8,matmul:0.9", "each name once", "twice"),
            ("pace@nothing/bf16:1", "an accelerator", "none is called so"),
            ("pace@h100-sxm/bf17:1", "a number format", "bf16"),
            (" , ", "constants of a stack", "for example"),
        ] {
            let problem = read(Key::OwnStack, typed).expect_err(typed);
            assert!(problem.expected.contains(expected), "{typed}: {problem}");
            assert!(problem.hint.to_lowercase().contains(hint), "{typed}: {problem}");
        }
    }

    #[test]
    fn one_item_is_changed_at_a_time() {
        assert_eq!(with("", "matmul", "0.8"), "matmul:0.8");
        assert_eq!(with("matmul:0.8,-zero3", "matmul", "0."), "matmul:0.,-zero3");
        assert_eq!(with("matmul:0.8,-zero3", "matmul", ""), "-zero3");
        assert_eq!(with("-zero3", "zero3", ON), "zero3");
        assert_eq!(with("matmul:0,8,sp", "attention", "1"), "matmul:0,8,sp,attention:1");
    }
}
