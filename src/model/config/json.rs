//! A small JSON reader for pasted text: never panics, keeps the spelling of numbers and the order
//! of keys, and names the line of a fault.
//!
//! Beyond RFC 8259 it takes what Python writes and transformers therefore ships: `NaN`,
//! `Infinity`, `-Infinity` (Nemotron-H: `"time_step_limit": [0.0, Infinity]`). A key that stands
//! twice is kept with its last value, as Python does, and reported.

use std::collections::BTreeMap;

/// Nesting beyond which text is refused.
pub(super) const DEPTH_MAX: usize = 64;

/// Keys standing twice that are reported.
const REPEATED_MAX: usize = 8;

/// A JSON value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Json {
    Null,
    Bool(bool),
    /// A number as it was spelled.
    Number(String),
    Text(String),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
}

/// A value and the keys that stood twice.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Document {
    pub value: Json,
    pub repeated: Vec<String>,
}

/// Where and why reading stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub line: usize,
    pub column: usize,
    pub expected: &'static str,
    /// What stood there, a few characters.
    pub found: String,
}

/// Reads one value and nothing after it.
pub(super) fn parse(text: &str) -> Result<Document, Fault> {
    let mut reader = Reader { text, at: 0, repeated: Vec::new() };
    let value = reader.value(0)?;
    reader.blanks();
    if reader.at < text.len() {
        return Err(reader.fault("nothing after the closing bracket"));
    }
    Ok(Document { value, repeated: reader.repeated })
}

impl Json {
    /// The value under `key`, if this is an object that has it.
    pub fn get(&self, key: &str) -> Option<&Json> {
        self.entries().iter().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    /// Keys and values of an object; nothing for anything else.
    pub fn entries(&self) -> &[(String, Json)] {
        if let Self::Object(entries) = self { entries } else { &[] }
    }

    /// Items of a list; nothing for anything else.
    pub fn items(&self) -> &[Json] {
        if let Self::List(items) = self { items } else { &[] }
    }

    /// A text's letters.
    pub fn text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    /// For show, cut to a few characters.
    pub fn brief(&self) -> String {
        match self {
            Self::Null => "null".to_owned(),
            Self::Bool(value) => value.to_string(),
            Self::Number(spelled) => shortened(spelled),
            Self::Text(text) => format!("\"{}\"", shortened(text)),
            Self::List(items) => format!("a list of {}", items.len()),
            Self::Object(entries) => format!("an object of {}", entries.len()),
        }
    }
}

/// The first 40 characters.
pub(super) fn shortened(text: &str) -> String {
    let mut short: String = text.chars().take(40).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    repeated: Vec<String>,
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn fault(&self, expected: &'static str) -> Fault {
        let before = self.text.get(..self.at).unwrap_or(self.text);
        let line = before.matches('\n').count() + 1;
        let column = before.chars().rev().take_while(|&c| c != '\n').count() + 1;
        let found: String = self.rest().chars().take(20).collect();
        let found = if found.is_empty() { "the end of the text".to_owned() } else { found };
        Fault { line, column, expected, found }
    }

    fn value(&mut self, depth: usize) -> Result<Json, Fault> {
        if depth > DEPTH_MAX {
            return Err(self.fault("at most 64 levels of nesting"));
        }
        self.blanks();
        match self.peek() {
            Some(b'{') => self.object(depth),
            Some(b'[') => self.list(depth),
            Some(b'"') => self.string().map(Json::Text),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => self.word(),
        }
    }

    fn word(&mut self) -> Result<Json, Fault> {
        let words = [
            ("null", Json::Null),
            ("true", Json::Bool(true)),
            ("false", Json::Bool(false)),
            ("NaN", Json::Number("NaN".to_owned())),
            ("Infinity", Json::Number("Infinity".to_owned())),
        ];
        for (word, value) in words {
            if self.rest().starts_with(word) {
                self.at += word.len();
                return Ok(value);
            }
        }
        Err(self.fault("a value"))
    }

    fn object(&mut self, depth: usize) -> Result<Json, Fault> {
        self.at += 1;
        let mut entries: Vec<(String, Json)> = Vec::new();
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        self.blanks();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(Json::Object(entries));
        }
        loop {
            self.blanks();
            if self.peek() != Some(b'"') {
                return Err(self.fault("a key in double quotes"));
            }
            let key = self.string()?;
            self.blanks();
            if self.peek() != Some(b':') {
                return Err(self.fault("a colon after the key"));
            }
            self.at += 1;
            let value = self.value(depth + 1)?;
            if let Some(&first) = seen.get(&key) {
                if let Some(entry) = entries.get_mut(first) {
                    entry.1 = value;
                }
                if self.repeated.len() < REPEATED_MAX && !self.repeated.contains(&key) {
                    self.repeated.push(key);
                }
            } else {
                seen.insert(key.clone(), entries.len());
                entries.push((key, value));
            }
            if self.separator(b'}', "a comma or a closing brace")? {
                return Ok(Json::Object(entries));
            }
        }
    }

    fn list(&mut self, depth: usize) -> Result<Json, Fault> {
        self.at += 1;
        let mut items = Vec::new();
        self.blanks();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(Json::List(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            if self.separator(b']', "a comma or a closing bracket")? {
                return Ok(Json::List(items));
            }
        }
    }

    /// Passes a comma (false) or the closing bracket (true).
    fn separator(&mut self, close: u8, expected: &'static str) -> Result<bool, Fault> {
        self.blanks();
        match self.peek() {
            Some(b',') => self.at += 1,
            Some(byte) if byte == close => {
                self.at += 1;
                return Ok(true);
            }
            _ => return Err(self.fault(expected)),
        }
        Ok(false)
    }

    fn digits(&mut self) -> usize {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        self.at - start
    }

    fn number(&mut self) -> Result<Json, Fault> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
            if self.rest().starts_with("Infinity") {
                self.at += "Infinity".len();
                return Ok(Json::Number("-Infinity".to_owned()));
            }
        }
        let leading_zero = self.peek() == Some(b'0');
        let whole = self.digits();
        if whole == 0 || (leading_zero && whole > 1) {
            return Err(self.fault("a number"));
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            if self.digits() == 0 {
                return Err(self.fault("digits after the point"));
            }
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            if self.digits() == 0 {
                return Err(self.fault("digits of an exponent"));
            }
        }
        Ok(Json::Number(self.text.get(start..self.at).unwrap_or("").to_owned()))
    }

    fn string(&mut self) -> Result<String, Fault> {
        self.at += 1;
        let mut text = String::new();
        loop {
            let Some(letter) = self.rest().chars().next() else {
                return Err(self.fault("a closing quote"));
            };
            match letter {
                '"' => {
                    self.at += 1;
                    return Ok(text);
                }
                '\\' => text.push(self.escape()?),
                '\0'..='\u{1f}' => return Err(self.fault("a closing quote on the same line")),
                _ => {
                    self.at += letter.len_utf8();
                    text.push(letter);
                }
            }
        }
    }

    fn escape(&mut self) -> Result<char, Fault> {
        self.at += 1;
        let plain = match self.peek() {
            Some(letter @ (b'"' | b'\\' | b'/')) => char::from(letter),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                self.at += 1;
                let code = self.code_point();
                return code.ok_or_else(|| self.fault("four hexadecimal digits"));
            }
            _ => return Err(self.fault("an escape such as \\n or \\u00e9")),
        };
        self.at += 1;
        Ok(plain)
    }

    /// Four hexadecimal digits, or a surrogate pair; half a pair becomes U+FFFD.
    fn code_point(&mut self) -> Option<char> {
        let first = self.hex()?;
        if (0xd800..0xdc00).contains(&first) && self.rest().starts_with("\\u") {
            let mark = self.at;
            self.at += 2;
            let second = self.hex()?;
            if (0xdc00..0xe000).contains(&second) {
                let code = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
                return Some(char::from_u32(code).unwrap_or('\u{fffd}'));
            }
            self.at = mark;
        }
        Some(char::from_u32(first).unwrap_or('\u{fffd}'))
    }

    fn hex(&mut self) -> Option<u32> {
        let digits = self.text.get(self.at..self.at + 4)?;
        if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        self.at += 4;
        u32::from_str_radix(digits, 16).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(text: &str) -> Fault {
        match parse(text) {
            Ok(document) => panic!("{text} was read as {document:?}"),
            Err(fault) => fault,
        }
    }

    #[test]
    fn values_of_every_kind_are_read() {
        let document = parse(r#" {"a": [1, -2.5e3, true, null, "x\n\u00e9\ud83d\ude00"]} "#);
        let items = [
            Json::Number("1".into()),
            Json::Number("-2.5e3".into()),
            Json::Bool(true),
            Json::Null,
            Json::Text("x\né😀".into()),
        ];
        let value = document.map(|document| document.value);
        assert_eq!(value, Ok(Json::Object(vec![("a".into(), Json::List(items.into()))])));
    }

    #[test]
    fn what_python_writes_is_read() {
        let document = parse(r#"[0.0, Infinity, -Infinity, NaN]"#);
        assert_eq!(document.map(|document| document.value.items().len()), Ok(4));
    }

    #[test]
    fn a_fault_is_placed() {
        assert_eq!((fault("{\n  \"a\": 1,\n}").line, fault("{\n  \"a\": 1,\n}").column), (3, 1));
        assert_eq!(fault("{\"a\" 1}").expected, "a colon after the key");
        assert_eq!(fault("[1, 2").found, "the end of the text");
        assert_eq!(fault("").expected, "a value");
        for text in ["[01]", "[1.]", "[.5]", "[+1]", "[1e]", "\"a\nb\"", "\"\\x\"", "{} {}", "tru"]
        {
            fault(text);
        }
        assert_eq!(fault(&"[".repeat(1_000_000)).expected, "at most 64 levels of nesting");
    }

    #[test]
    fn the_last_of_two_equal_keys_counts_and_is_told() {
        let document = parse(r#"{"a": 1, "b": 2, "a": 3}"#);
        let entry = |name: &str, n: &str| (name.to_owned(), Json::Number(n.to_owned()));
        let value = Json::Object(vec![entry("a", "3"), entry("b", "2")]);
        assert_eq!(document, Ok(Document { value, repeated: vec!["a".to_owned()] }));
    }
}
