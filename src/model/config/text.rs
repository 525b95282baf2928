//! Whether a pasted text is JSON at all, and if not, what it seems to be.

use super::Problem;
use super::json::{self, Document, Fault, Json};
use crate::model::limits::CONFIG_BYTES_MAX;

/// The document in the text, an object, or what is wrong with the text.
pub(super) fn document(text: &str) -> Result<Document, Problem> {
    if text.len() > CONFIG_BYTES_MAX as usize {
        let given = format!("{} KiB of text", text.len() / 1024);
        let limit = CONFIG_BYTES_MAX / 1024;
        let hint = "A config.json has a few KiB; this may be weights, a tokenizer or an index.";
        return Err(problem(given, &format!("at most {limit} KiB"), hint));
    }
    let text = text.trim_start_matches('\u{feff}').trim();
    if let Some(problem) = not_json(text) {
        return Err(problem);
    }
    let document = json::parse(text).map_err(fault)?;
    if let Json::Object(_) = document.value {
        return Ok(document);
    }
    let hint = "Paste the whole file, from the first brace to the last.";
    Err(problem(document.value.brief(), "a JSON object in braces", hint))
}

fn not_json(text: &str) -> Option<Problem> {
    let lower: String = text.chars().take(300).collect::<String>().to_ascii_lowercase();
    let looks = |starts: &[&str]| starts.iter().any(|start| lower.starts_with(start));
    let (given, hint) = if text.is_empty() {
        ("an empty text", "Paste the contents of config.json.")
    } else if looks(&["<!doctype", "<html", "<?xml", "<head"]) {
        ("a web page", "Open config.json on the Hub, choose \"raw\", and copy that text.")
    } else if looks(&["gguf"]) {
        ("a GGUF file", "Use the config.json of the original model; GGUF is not read here.")
    } else if looks(&["version https://git-lfs", "oid sha256"]) {
        ("a Git LFS pointer", "Download the file itself, not its pointer.")
    } else if looks(&["access to model", "invalid username", "entry not found", "not found"]) {
        ("an error of the Hub", "The model may be gated; paste its config.json instead.")
    } else if looks(&["{'"]) {
        ("a Python dictionary", "Print it with json.dumps, or copy config.json itself.")
    } else if !text.starts_with(['{', '[', '"']) && text.contains(": ") && text.contains('\n') {
        ("what looks like YAML or plain text", "Paste the JSON of config.json.")
    } else {
        return None;
    };
    Some(problem(given.to_owned(), "the JSON text of a config.json", hint))
}

fn fault(fault: Fault) -> Problem {
    let Fault { line, column, expected, found } = fault;
    let given = format!("{found:?} in line {line}, column {column}");
    let hint = if found.starts_with("the end") {
        "The text was cut off; copy it whole."
    } else {
        "Mend the text there, or copy the file again."
    };
    problem(given, expected, hint)
}

fn problem(given: String, expected: &str, hint: &str) -> Problem {
    let (expected, hint) = (expected.to_owned(), hint.to_owned());
    Problem { key: String::new(), given, expected, hint }
}
