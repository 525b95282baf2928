//! House rules that no compiler checks: floors, sizes, and what must not be in the core.

use autoparallel::catalogue::table::Table;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

const FILE_LINES_MAX: usize = 800;
const FUNCTION_LINES_MAX: usize = 70;
const LINE_COLUMNS_MAX: usize = 100;

/// A source file, as written and with comments, texts and tests blanked out.
struct Source {
    path: PathBuf,
    text: String,
    code: String,
}

/// What breaks a rule, one line each.
#[derive(Default)]
struct Breaches(String);

impl Breaches {
    fn add(&mut self, source: &Source, line: usize, what: &str) {
        let _ = writeln!(self.0, "{}:{line}: {what}", source.path.display());
    }

    fn check(self) {
        let n = self.0.lines().count();
        assert!(n == 0, "{n} to tidy:\n{}", self.0);
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn files(folder: &Path, extension: &str, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    for path in paths {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() && name != "node_modules" && name != "target" {
            files(&path, extension, found);
        } else if path.extension().is_some_and(|e| e == extension) {
            found.push(path);
        }
    }
}

fn sources(folders: &[&str]) -> Vec<Source> {
    let mut paths = Vec::new();
    for folder in folders {
        files(&root().join(folder), "rs", &mut paths);
    }
    assert!(paths.len() >= 10, "too few files in {folders:?}");
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).expect("a readable file");
        let code = without_tests(&blanked(&text));
        let path = path.strip_prefix(root()).unwrap_or(&path).to_path_buf();
        Source { path, text, code }
    };
    paths.into_iter().map(read).collect()
}

/// The text with comments and the insides of texts and characters turned into spaces.
fn blanked(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut i = 0;
    while i < chars.len() {
        let end = end_of_blank(&chars, i);
        if end == i {
            out.push(chars[i]);
            i += 1;
            continue;
        }
        out.extend(chars[i..end].iter().map(|c| if *c == '\n' { '\n' } else { ' ' }));
        i = end;
    }
    out
}

/// Where the comment, text or character that starts at `i` ends; `i` itself if none does.
fn end_of_blank(chars: &[char], i: usize) -> usize {
    let at = |j: usize| chars.get(j).copied().unwrap_or('\0');
    let find = |from: usize, wanted: &[char]| {
        let rest = &chars[from.min(chars.len())..];
        let hit = rest.windows(wanted.len()).position(|window| window == wanted);
        hit.map_or(chars.len(), |hit| from + hit + wanted.len())
    };
    let named = i > 0 && (chars[i - 1].is_alphanumeric() || chars[i - 1] == '_');
    match at(i) {
        '/' if at(i + 1) == '/' => find(i, &['\n']).saturating_sub(1).max(i + 2),
        '/' if at(i + 1) == '*' => find(i, &['*', '/']),
        'r' if !named && (at(i + 1) == '"' || at(i + 1) == '#') => {
            let hashes = (i + 1..).take_while(|j| at(*j) == '#').count();
            if at(i + 1 + hashes) != '"' {
                return i;
            }
            let mut close = vec!['"'];
            close.extend(std::iter::repeat_n('#', hashes));
            find(i + 2 + hashes, &close)
        }
        '"' => end_of_text(chars, i + 1, '"'),
        '\'' if at(i + 1) == '\\' => end_of_text(chars, i + 1, '\''),
        '\'' if at(i + 2) == '\'' => i + 3,
        _ => i,
    }
}

fn end_of_text(chars: &[char], mut i: usize, close: char) -> usize {
    while i < chars.len() && chars[i] != close {
        i += if chars[i] == '\\' { 2 } else { 1 };
    }
    (i + 1).min(chars.len())
}

/// The end of the block that opens at or after `from`.
fn end_of_block(code: &str, from: usize) -> usize {
    let mut depth = 0;
    for (i, c) in code[from..].char_indices() {
        match c {
            '{' => depth += 1,
            '}' => {
                depth -= 1;
                if depth == 0 {
                    return from + i + 1;
                }
            }
            _ => {}
        }
    }
    code.len()
}

/// The code without its `#[cfg(test)]` modules, lines kept.
fn without_tests(code: &str) -> String {
    let mut code = code.to_owned();
    while let Some(start) = code.find("#[cfg(test)]").or_else(|| code.find("#[cfg(all(test,")) {
        let end = end_of_block(&code, start);
        let blank: String =
            code[start..end].chars().map(|c| if c == '\n' { '\n' } else { ' ' }).collect();
        code.replace_range(start..end, &blank);
    }
    code
}

fn line_of(code: &str, at: usize) -> usize {
    code[..at].matches('\n').count() + 1
}

/// Where `word` stands alone in the code.
fn words<'c>(code: &'c str, word: &'c str) -> impl Iterator<Item = usize> + 'c {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(word).map(|(at, _)| at).filter(move |at| {
        let before = code[..*at].chars().next_back().is_some_and(part);
        let after = code[at + word.len()..].chars().next().is_some_and(part);
        !before && !after
    })
}

/// The floors: each module's number, and the floors that each floor may import.
struct Floors {
    floor_of: BTreeMap<String, u32>,
    allowed: BTreeMap<u32, Vec<u32>>,
}

impl Floors {
    /// Reads the table at the head of `src/lib.rs`.
    fn read() -> Self {
        let lib = std::fs::read_to_string(root().join("src/lib.rs")).expect("src/lib.rs");
        let mut floors = Self { floor_of: BTreeMap::new(), allowed: BTreeMap::new() };
        let number = |text: &str| text.trim().strip_prefix('F').and_then(|n| n.parse().ok());
        for line in lib.lines().filter_map(|line| line.strip_prefix("//! |")) {
            let cells: Vec<&str> = line.split('|').map(str::trim).collect();
            let (Some(floor), 4) = (number(cells[0]), cells.len()) else { continue };
            let all = (0..=floor).collect();
            let some = cells[2].split_whitespace().filter_map(number).collect();
            floors.allowed.insert(floor, if cells[2] == "all" { all } else { some });
            for module in cells[1].split(',') {
                floors.floor_of.insert(module.trim().to_owned(), floor);
            }
        }
        floors
    }

    fn may(&self, from: &str, to: &str) -> bool {
        let (Some(from), Some(to)) = (self.floor_of.get(from), self.floor_of.get(to)) else {
            return false;
        };
        self.allowed.get(from).is_some_and(|allowed| allowed.contains(to))
    }
}

impl Source {
    /// The module under `src` that the file belongs to, and how deep in it the file lies.
    fn module(&self) -> Option<(String, usize)> {
        let inside = self.path.strip_prefix("src").ok()?.with_extension("");
        let parts: Vec<String> =
            inside.iter().map(|part| part.to_string_lossy().into_owned()).collect();
        let depth = parts.len() - usize::from(parts.last().is_some_and(|part| part == "mod"));
        (depth > 0).then(|| (parts[0].clone(), depth))
    }

    fn floor(&self, floors: &Floors) -> Option<u32> {
        floors.floor_of.get(&self.module()?.0).copied()
    }
}

/// The first names of the paths that start with `crate::` at `at`.
fn names_after(code: &str, at: usize) -> Vec<String> {
    let rest = &code[at..];
    let name = |text: &str| {
        text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
    };
    let Some(group) = rest.strip_prefix('{') else { return vec![name(rest)] };
    let (mut depth, mut names, mut start) = (0, vec![name(group)], 0);
    for (i, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => start = i + 1,
            _ => {}
        }
        if start == i + 1 {
            names.push(name(&group[start..]));
        }
    }
    names.retain(|name: &String| !name.is_empty());
    names
}

#[test]
fn every_module_has_a_floor() {
    let floors = Floors::read();
    assert!(floors.floor_of.len() >= 12, "{:?}", floors.floor_of);
    let lib = std::fs::read_to_string(root().join("src/lib.rs")).expect("src/lib.rs");
    let declared = |line: &str| {
        // What is further in is a part of a module whose other parts are compiled apart.
        let name = line.strip_prefix("pub mod ")?.strip_suffix(';')?;
        Some(name.to_owned())
    };
    for module in lib.lines().filter_map(declared) {
        assert!(floors.floor_of.contains_key(&module), "{module} is not in the table of floors");
    }
    for module in floors.floor_of.keys() {
        let src = root().join("src");
        let exists = src.join(module).is_dir() || src.join(format!("{module}.rs")).is_file();
        assert!(exists, "{module} is in the table of floors, but not in src");
    }
}

#[test]
fn no_arrow_points_upward() {
    let floors = Floors::read();
    let mut breaches = Breaches::default();
    for source in sources(&["src"]) {
        let Some((module, depth)) = source.module() else { continue };
        // The page and the interface for JavaScript are packages of their own, above everything.
        if ["lib", "main", "ui", "js"].contains(&module.as_str()) {
            continue;
        }
        for (at, found) in source.code.match_indices("crate::") {
            for name in names_after(&source.code, at + found.len()) {
                let other = name != module && floors.floor_of.contains_key(&name);
                if other && !floors.may(&module, &name) {
                    let line = line_of(&source.code, at);
                    breaches.add(&source, line, &format!("{module} may not import {name}"));
                }
            }
        }
        let out = "super::".repeat(depth);
        for (at, _) in source.code.match_indices(&out) {
            breaches.add(&source, line_of(&source.code, at), "leaves its module by super");
        }
        for at in words(&source.code, "autoparallel") {
            breaches.add(&source, line_of(&source.code, at), "names the crate from within");
        }
    }
    breaches.check();
}

#[test]
fn files_and_lines_are_short() {
    let mut breaches = Breaches::default();
    for source in sources(&["src", "tests", "examples", "xtask", "benches"]) {
        let n = source.text.lines().count();
        if n > FILE_LINES_MAX {
            breaches.add(&source, n, "more than 800 lines");
        }
        for (i, line) in source.text.lines().enumerate() {
            // The formatter leaves comments and the page's markup as they are.
            let left = ["//", "<"].iter().any(|start| line.trim_start().starts_with(start));
            if line.chars().count() > LINE_COLUMNS_MAX && !left {
                breaches.add(&source, i + 1, "more than 100 columns");
            }
        }
    }
    breaches.check();
}

/// Every function with a body: where it starts and ends in the code.
fn functions(code: &str) -> Vec<(usize, usize)> {
    let body = |at: usize| {
        // The body opens before any `;` that is not inside the signature's brackets.
        let mut depth = 0;
        for (i, c) in code[at..].char_indices() {
            match c {
                '(' | '[' => depth += 1,
                ')' | ']' => depth -= 1,
                '{' if depth == 0 => return Some(at + i),
                ';' if depth == 0 => return None,
                _ => {}
            }
        }
        None
    };
    let mut all = Vec::new();
    for at in words(code, "fn") {
        let named =
            code[at + 2..].trim_start().starts_with(|c: char| c.is_alphabetic() || c == '_');
        if let Some(open) = body(at).filter(|_| named) {
            all.push((at, end_of_block(code, open)));
        }
    }
    all
}

#[test]
fn functions_are_short() {
    let mut breaches = Breaches::default();
    let mut found = 0;
    for source in sources(&["src", "tests", "examples", "xtask", "benches"]) {
        let code = blanked(&source.text);
        for (start, end) in functions(&code) {
            found += 1;
            let lines = line_of(&code, end) - line_of(&code, start) + 1;
            if lines > FUNCTION_LINES_MAX {
                let what = format!("a function of {lines} lines");
                breaches.add(&source, line_of(&code, start), &what);
            }
        }
    }
    assert!(found > 500, "{found} functions");
    breaches.check();
}

#[test]
fn every_file_says_what_it_is() {
    let mut breaches = Breaches::default();
    for source in sources(&["src", "tests", "examples", "xtask", "benches"]) {
        if !source.text.starts_with("//!") {
            breaches.add(&source, 1, "no module documentation");
        }
    }
    breaches.check();
}

/// Names that the core has no use for: what depends on a seed, a clock or a platform's mathematics.
const UNWANTED: [(&str, &str); 5] = [
    ("HashMap", "its order changes from run to run"),
    ("HashSet", "its order changes from run to run"),
    ("Instant", "the core knows no clock"),
    ("SystemTime", "the core knows no clock"),
    ("thread", "the core runs on one thread"),
];

/// Functions whose last bits differ between platforms.
const INEXACT: [&str; 22] = [
    "exp", "exp2", "exp_m1", "ln", "ln_1p", "log", "log2", "log10", "pow", "powf", "powi", "sin",
    "cos", "tan", "asin", "acos", "atan", "atan2", "sinh", "cosh", "tanh", "cbrt",
];

/// Calls that end the page.
const FATAL: [&str; 6] = ["unwrap", "expect", "panic", "todo", "unreachable", "unimplemented"];

fn is_core(source: &Source, floors: &Floors) -> bool {
    source.floor(floors).is_some_and(|floor| floor < 8)
}

#[test]
fn the_core_is_the_same_everywhere() {
    let floors = Floors::read();
    let mut breaches = Breaches::default();
    for source in sources(&["src"]).iter().filter(|source| is_core(source, &floors)) {
        for (name, why) in UNWANTED {
            for at in words(&source.code, name) {
                breaches.add(source, line_of(&source.code, at), &format!("{name}: {why}"));
            }
        }
        // Charts draw for one screen and need no equal bits.
        if source.module().is_some_and(|(module, _)| module == "chart") {
            continue;
        }
        for name in INEXACT {
            for at in words(&source.code, name) {
                let method =
                    source.code[..at].ends_with('.') || source.code[..at].ends_with("f64::");
                let called = source.code[at + name.len()..].starts_with('(');
                // Integers have exact powers.
                let whole = name == "pow" && !source.code[..at].ends_with("f64::");
                if method && called && !whole {
                    let what = format!("{name} differs between platforms");
                    breaches.add(source, line_of(&source.code, at), &what);
                }
            }
        }
    }
    breaches.check();
}

#[test]
fn nothing_in_the_core_panics_on_purpose() {
    let floors = Floors::read();
    let mut breaches = Breaches::default();
    for source in sources(&["src"]).iter().filter(|source| is_core(source, &floors)) {
        for name in FATAL {
            for at in words(&source.code, name) {
                let rest = &source.code[at + name.len()..];
                let method = source.code[..at].ends_with('.') && rest.starts_with('(');
                if method || rest.starts_with('!') {
                    breaches.add(source, line_of(&source.code, at), name);
                }
            }
        }
    }
    breaches.check();
}

/// Readers of text, which give numbers for others to make quantities of.
const READERS: [&str; 1] = ["src/catalogue/table.rs"];

/// Signatures of public functions, each with where it starts; operators' are not public by name.
fn public_signatures(code: &str) -> Vec<(usize, &str)> {
    let mut all = Vec::new();
    for (at, _) in code.match_indices("pub ") {
        let rest = &code[at + 4..];
        let function = ["fn ", "const fn "].iter().any(|start| rest.starts_with(start));
        let end = rest.find(['{', ';']).unwrap_or(rest.len());
        if function {
            all.push((at, &rest[..end]));
        }
    }
    all
}

#[test]
fn public_functions_take_quantities() {
    let floors = Floors::read();
    let mut breaches = Breaches::default();
    let mut found = 0;
    for source in sources(&["src"]) {
        let below = source.floor(&floors).is_some_and(|floor| (1..=6).contains(&floor));
        if !below || READERS.iter().any(|reader| source.path == Path::new(reader)) {
            continue;
        }
        for (at, signature) in public_signatures(&source.code) {
            found += 1;
            let line = line_of(&source.code, at);
            for bare in ["f64", "f32"] {
                if words(signature, bare).next().is_some() {
                    breaches.add(&source, line, &format!("a bare {bare} in a public function"));
                }
            }
            let counts = ["bytes: usize", "tokens: usize", "params: usize"];
            if counts.iter().any(|count| signature.contains(count)) {
                breaches.add(&source, line, "usize has 32 bits in a browser");
            }
        }
    }
    assert!(found > 100, "{found} public functions");
    breaches.check();
}

#[test]
fn every_row_has_a_source_and_a_date() {
    let mut paths = Vec::new();
    files(&root().join("src/catalogue"), "csv", &mut paths);
    assert!(paths.len() >= 5, "{paths:?}");
    for path in paths {
        let text = std::fs::read_to_string(&path).expect("a readable table");
        let table = Table::read(&text);
        assert!(table.is_even(), "{}: rows of unequal length", path.display());
        let n = table.rows().count();
        assert!(n > 0, "{} is empty", path.display());
        let dated = text.lines().next().is_some_and(|head| {
            head.split(',').any(|column| column == "date" || column == "as_of")
        });
        for (i, row) in table.rows().enumerate() {
            let line = format!("{}, row {}", path.display(), i + 1);
            let source = format!("{}{}", row.text("source"), row.text("sources"));
            assert!(!source.trim().is_empty(), "{line}: no source");
            let date = format!("{}{}", row.text("date"), row.text("as_of"));
            assert!(!dated || date.starts_with("20"), "{line}: no date, but {date:?}");
        }
        if !dated {
            every_group_is_dated(&path, &table);
        }
    }
}

/// Stacks tell their date once, in a row of its own.
fn every_group_is_dated(path: &Path, table: &Table) {
    let mut dates: BTreeMap<String, bool> = BTreeMap::new();
    for row in table.rows() {
        let dated = dates.entry(row.text("stack").to_owned()).or_default();
        *dated |= row.text("field") == "date" && row.text("value").starts_with("20");
    }
    for (stack, dated) in dates {
        assert!(dated, "{}: {stack} has no date", path.display());
    }
}

#[test]
fn nothing_is_left_to_do() {
    // In two halves, or this file would be the first to break the rule.
    let marks = ["TO", "FIX", "XX", "HA"].iter().zip(["DO", "ME", "X", "CK"]);
    let marks: Vec<String> = marks.map(|(a, b)| format!("{a}{b}")).collect();
    let conflict = ["<".repeat(7), ">".repeat(7)];
    let mut breaches = Breaches::default();
    let folders = ["src", "tests", "examples", "xtask", "benches", "docs", "style", ".github"];
    for extension in ["rs", "md", "mjs", "css", "html", "toml", "yml", "csv", "txt"] {
        let mut paths = Vec::new();
        folders.iter().for_each(|folder| files(&root().join(folder), extension, &mut paths));
        for path in paths {
            let Ok(text) = std::fs::read_to_string(&path) else { continue };
            let source = Source { path, text: String::new(), code: String::new() };
            for (i, line) in text.lines().enumerate() {
                let marked = marks.iter().any(|mark| words(line, mark).next().is_some());
                if marked || conflict.iter().any(|mark| line.starts_with(mark.as_str())) {
                    breaches.add(&source, i + 1, line.trim());
                }
            }
        }
    }
    breaches.check();
}

#[test]
fn the_reader_of_sources_sees_what_it_should() {
    let text = concat!(
        "let a = \"crate::x // \\\" }\"; // fn b() {\n",
        "let c = 'x'; let d: &'static str = r#\"}\"#;\n",
        "#[cfg(test)]\nmod tests { fn e() { } }\n",
        "fn f() {\n}\n",
    );
    let code = without_tests(&blanked(text));
    assert!(!code.contains("crate") && !code.contains("fn b") && !code.contains("fn e"), "{code}");
    assert_eq!(code.lines().count(), text.lines().count());
    assert_eq!(functions(&code).len(), 1);
    assert!(code.contains("&'static str"));
    let group = "use crate::{a::{b, c}, d::E, f};";
    assert_eq!(names_after(group, 11), ["a", "d", "f"]);
}
