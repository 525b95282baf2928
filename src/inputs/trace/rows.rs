//! Rows of a trace: tables parted by commas, semicolons or tabs, and JSON; what cannot be read is named with its line.

use super::{DAY, HOUR, MINUTE, Request, TRACE_ROWS_MAX};
use crate::catalogue::table::Table;
use crate::units::Day;
use crate::units::text::show;
use std::borrow::Cow;
use std::collections::BTreeSet;

/// Rows that are named when they cannot be used.
const FAULTS_MAX: usize = 5;
/// Longest prompt or answer of a row.
const TOKENS_MAX: f64 = crate::workload::SEQUENCE_MAX as f64;

const PROMPTS: [&str; 10] = [
    "prompt",
    "prompttokens",
    "input",
    "inputtokens",
    "inputlength",
    "isl",
    "contexttokens",
    "requesttokens",
    "numprefilltokens",
    "promptlen",
];
const ANSWERS: [&str; 11] = [
    "output",
    "outputtokens",
    "outputlength",
    "osl",
    "generatedtokens",
    "responsetokens",
    "numdecodetokens",
    "completiontokens",
    "answer",
    "answertokens",
    "outputlen",
];
const TIMES: [&str; 18] = [
    "timestamp",
    "time",
    "arrival",
    "arrivaltime",
    "arrivedat",
    "t",
    "timestampms",
    "arrivalms",
    "arrivaltimems",
    "arrivaltimestamp",
    "created",
    "createdat",
    "requesttime",
    "requesttimestamp",
    "starttime",
    "datetime",
    "ts",
    "tms",
];
/// Blocks that a prompt's tokens are told by in traces of Mooncake's kind (arXiv 2407.00079, section 4: 512 tokens; 6,758
/// tokens are 14 of them in its published trace).
const BLOCKS: [&str; 1] = ["hashids"];
pub(super) const BLOCK_TOKENS: f64 = 512.0;
/// Numbers above this are milliseconds since 1970, not seconds.
const EPOCH_MS_MIN: f64 = 1e11;

/// What could not be used, the first few by their lines.
#[derive(Default)]
pub(super) struct Faults {
    named: Vec<String>,
    more: u32,
}

impl Faults {
    pub(super) fn add(&mut self, line: u32, what: &str) {
        if self.named.len() < FAULTS_MAX {
            let at = if line > 0 { format!("line {line}: ") } else { String::new() };
            self.named.push(format!("{at}{what}"));
        } else {
            self.more += 1;
        }
    }

    pub(super) fn told(mut self) -> Vec<String> {
        if self.more > 0 {
            let (more, rows) = (self.more.into(), show::plural(self.more.into(), "row"));
            self.named.push(format!("and {} more {rows}", show::grouped(more)));
        }
        self.named
    }
}

/// The rows that could be read.
pub(super) fn requests(text: &str, faults: &mut Faults) -> Vec<Request> {
    if let Some(what) = other_kind(text) {
        faults.add(0, what);
        return Vec::new();
    }
    match text.trim_start().chars().next() {
        Some('{') => of_json(text, faults),
        Some('[') => of_json(&one_a_line(text), faults),
        _ => of_csv(text, faults),
    }
}

/// The text with commas between columns, and a head: where the first line holds only numbers and times, the columns are
/// prompts and answers, or times before them.
fn tabled(text: &str) -> (Cow<'_, str>, u32) {
    let line = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let parted = [';', '\t'].into_iter().find(|sign| line.contains(*sign));
    let text = match parted {
        Some(sign) if !line.contains(',') => Cow::Owned(text.replace(sign, ",")),
        _ => Cow::Borrowed(text),
    };
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let fields: Vec<&str> = first.split(',').map(|own| own.trim().trim_matches('"')).collect();
    let head = match fields.len() {
        2 => "prompt,output\n",
        3 => "timestamp,prompt,output\n",
        _ => return (text, 0),
    };
    if fields.iter().any(|own| seconds(own).is_none()) {
        return (text, 0);
    }
    (Cow::Owned(format!("{head}{text}")), 1)
}

fn of_csv(text: &str, faults: &mut Faults) -> Vec<Request> {
    let (text, added) = tabled(text);
    let table = Table::read(&text);
    let head = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let names: Vec<&str> = head.split(',').map(|name| name.trim().trim_matches('"')).collect();
    let find = |all: &[&str]| names.iter().copied().find(|name| all.contains(&&*plain(name)));
    let (Some(prompt), Some(answer)) = (find(&PROMPTS), find(&ANSWERS)) else {
        faults.add(
            1,
            "the head must name the tokens of prompts and answers, such as \
            timestamp,prompt,output; without a head, write two columns of numbers or three with \
            the time first",
        );
        return Vec::new();
    };
    let time = find(&TIMES);
    let scale = time.map_or(1.0, unit);
    let mut all = Vec::new();
    for row in table.rows() {
        let line = row.line().saturating_sub(added);
        if all.len() >= TRACE_ROWS_MAX {
            faults.add(line, "rows from here on are left out");
            break;
        }
        let at = time.map(|name| row.text(name)).filter(|text| !text.is_empty());
        let at = match at.map(|text| (text, moment(text, scale))) {
            Some((text, None)) => {
                faults.add(line, &format!("\"{}\" is no time", short(text)));
                continue;
            }
            Some((_, at)) => at,
            None => None,
        };
        match request(Some(row.text(prompt)), Some(row.text(answer)), at) {
            Ok(own) => all.push(own),
            Err(why) => faults.add(line, &why),
        }
    }
    all
}

/// What a text is that is no trace, and what to make of it.
fn other_kind(text: &str) -> Option<&'static str> {
    let start: String = text.trim_start().chars().take(20_000).collect();
    if text.starts_with("PAR1") {
        return Some(
            "this is a Parquet file: write its columns of prompt tokens, answer tokens and times \
             as CSV first, such as with pandas: read_parquet(...).to_csv(...)",
        );
    }
    if text.starts_with("PK\u{3}\u{4}") || text.starts_with("\u{1f}") || start.contains('\u{0}') {
        return Some("this is no text (compressed, or a binary table): unpack it to CSV or JSON");
    }
    let json = start.starts_with(['[', '{']);
    let names = ["conversations", "messages"];
    let talks = names.iter().any(|name| start.contains(&format!("\"{name}\"")));
    let counted = PROMPTS.iter().any(|name| field(&start, &[name]).is_some());
    (json && talks && !counted).then_some(
        "these are conversations in words (as ShareGPT's): count their tokens with the model's \
         tokenizer first, and write one row each, with prompt and output in tokens",
    )
}

/// Seconds of one unit of a column of times.
fn unit(name: &str) -> f64 {
    if plain(name).ends_with("ms") { 1e-3 } else { 1.0 }
}

/// The objects of a JSON array, one a line.
fn one_a_line(text: &str) -> String {
    let mut all = String::with_capacity(text.len());
    let (mut depth, mut quoted, mut escaped) = (0u32, false, false);
    for c in text.chars() {
        if quoted {
            quoted = escaped || c != '"';
            escaped = c == '\\' && !escaped;
        } else {
            match c {
                '"' => quoted = true,
                '{' => depth = depth.saturating_add(1),
                '}' => depth = depth.saturating_sub(1),
                _ => {}
            }
        }
        let ends = c == '}' && depth == 0 && !quoted;
        if depth > 0 || ends {
            all.push(if c == '\n' || c == '\r' { ' ' } else { c });
        }
        if ends {
            all.push('\n');
        }
    }
    all
}

fn of_json(text: &str, faults: &mut Faults) -> Vec<Request> {
    let mut all = Vec::new();
    let mut blocks: BTreeSet<u64> = BTreeSet::new();
    for (line, row) in (1u32..).zip(text.lines()) {
        let row = row.trim();
        if row.is_empty() {
            continue;
        }
        if all.len() >= TRACE_ROWS_MAX {
            faults.add(line, "rows from here on are left out");
            break;
        }
        if !row.starts_with('{') || !row.ends_with('}') || !is_closed(row) {
            faults.add(line, "it is no JSON object from its first brace to its last: one a line");
            continue;
        }
        let hashed = field(row, &BLOCKS);
        let find = |names: &[&str]| field(row, names).map(|(_, text)| text);
        let at = field(row, &TIMES).and_then(|(name, text)| {
            // Mooncake's times are milliseconds, and are not called so.
            let scale = if hashed.is_some() { 1e-3 } else { unit(name) };
            moment(text, scale)
        });
        match request(find(&PROMPTS), find(&ANSWERS), at) {
            Ok(own) => {
                let seen = hashed.map(|(_, list)| begun(list, own.prompt, &mut blocks));
                all.push(Request { seen, ..own });
            }
            Err(why) => faults.add(line, &why),
        }
    }
    all
}

/// Whether quotes and braces of a line end as they begin, so that a value follows each name.
fn is_closed(row: &str) -> bool {
    let (mut open, mut quoted, mut escaped) = (Vec::new(), false, false);
    for c in row.chars() {
        if quoted {
            quoted = escaped || c != '"';
            escaped = c == '\\' && !escaped;
            continue;
        }
        match c {
            '"' => quoted = true,
            '{' | '[' => open.push(c),
            '}' if open.pop() != Some('{') => return false,
            ']' if open.pop() != Some('[') => return false,
            _ => {}
        }
    }
    !quoted && open.is_empty()
}

/// Tokens at the beginning of a prompt whose blocks were seen before; the others are from now on.
fn begun(list: &str, prompt: f64, blocks: &mut BTreeSet<u64>) -> f64 {
    let ids = list.trim_start_matches('[').split(',').filter_map(|id| id.trim().parse().ok());
    let mut seen = 0.0;
    let mut known = true;
    for id in ids {
        known = known && blocks.contains(&id);
        if known {
            seen += BLOCK_TOKENS;
        } else {
            blocks.insert(id);
        }
    }
    f64::min(seen, prompt)
}

fn request(prompt: Option<&str>, answer: Option<&str>, at: Option<f64>) -> Result<Request, String> {
    let (prompt, answer) = (tokens(prompt, "prompt")?, tokens(answer, "answer")?);
    Ok(Request { prompt, answer, at, seen: None })
}

/// Tokens of a field, or what is wrong with it.
fn tokens(text: Option<&str>, of: &str) -> Result<f64, String> {
    let expected = "a whole number from 1 to 16,777,216 is expected";
    let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) else {
        return Err(format!("it has no tokens of the {of}: {expected}"));
    };
    let good = |tokens: &f64| (1.0..=TOKENS_MAX).contains(tokens);
    let number = text.parse::<f64>().ok().filter(good);
    number.ok_or_else(|| format!("\"{}\" as tokens of the {of}: {expected}", short(text)))
}

/// Name and text of the first of those fields in a flat JSON object; of a list, what stands in it.
fn field<'a>(row: &'a str, names: &[&str]) -> Option<(&'a str, &'a str)> {
    let mut rest = row;
    while let Some(open) = rest.find('"') {
        let after = rest.get(open + 1..)?;
        let close = closing(after)?;
        let name = after.get(..close)?;
        rest = after.get(close + 1..)?;
        let value = rest.trim_start();
        let Some(value) = value.strip_prefix(':') else { continue };
        if names.contains(&&*plain(name)) {
            let value = value.trim_start();
            let text = match value.strip_prefix('"') {
                Some(quoted) => quoted.split('"').next()?,
                None if value.starts_with('[') => value.split(']').next()?,
                None => value.split([',', '}', ']']).next()?.trim(),
            };
            return Some((name, text));
        }
    }
    None
}

/// Where a quoted text ends that began before.
fn closing(text: &str) -> Option<usize> {
    let mut escaped = false;
    text.find(|c| {
        let ends = c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        ends
    })
}

/// Seconds of a time in a column of such units; numbers that are milliseconds since 1970 show it by their size.
fn moment(text: &str, unit: f64) -> Option<f64> {
    match text.parse::<f64>() {
        Ok(number) if number > EPOCH_MS_MIN => Some(seconds(text)? * 1e-3),
        Ok(_) => Some(seconds(text)? * unit),
        Err(_) => seconds(text),
    }
}

/// Seconds since some beginning: a number, or a day and a time of it.
fn seconds(text: &str) -> Option<f64> {
    if let Ok(number) = text.parse::<f64>() {
        return (number.is_finite() && number >= 0.0).then_some(number);
    }
    let (day, clock) = text.split_once([' ', 'T'])?;
    let day = f64::from(Day::read(day)?.epoch_days());
    let clock = clock.trim_end_matches('Z').split(['+', '-']).next()?;
    let mut parts = clock.split(':').map(|part| part.parse::<f64>().ok());
    let (hours, minutes) = (parts.next()??, parts.next()??);
    let rest = parts.next().unwrap_or(Some(0.0))?;
    let all = day * DAY + hours * HOUR + minutes * MINUTE + rest;
    (all.is_finite() && all >= 0.0).then_some(all)
}

fn plain(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

fn short(text: &str) -> String {
    text.chars().take(30).collect()
}
