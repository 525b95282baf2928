//! Every parser against mutated inputs, on stable Rust: a smoke run of what `fuzz/` does guided by coverage.
//!
//! `cargo xtask fuzz --seconds 600 link` goes on for that long; each failure names its input.
#![cfg(not(target_arch = "wasm32"))]

#[path = "../fuzz/bodies.rs"]
mod bodies;

use autoparallel::api::packed::pack;
use autoparallel::api::{self, Answer, Request};
use autoparallel::link;
use bodies::BODIES;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::{Duration, Instant};

/// Inputs of a smoke run, of each parser.
const SMOKE: u64 = 2_000;
/// Largest input.
const BYTES_MAX: usize = 16 << 10;
/// Mutations of one input at most.
const CHANGES_MAX: u64 = 8;

/// What parsers look for.
const WORDS: [&str; 24] = [
    "1;",
    "1z",
    "+1",
    ";n=",
    "%3B",
    "~3B",
    "&amp;",
    "&#x3D;",
    "=3D",
    "\\u003d",
    "#",
    "\"",
    "{",
    "[",
    "\n",
    ",",
    "-1",
    "0",
    "1e999",
    "18446744073709551616",
    "\u{200b}",
    "\u{e9}",
    "\0",
    "NaN",
];

/// Numbers that depend on a seed alone (Marsaglia, Xorshift RNGs, 2003).
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % n.max(1) as u64) as usize
    }

    /// One seed changed in a few places, or two of them joined.
    fn input(&mut self, seeds: &[Vec<u8>]) -> Vec<u8> {
        let mut input = seeds[self.below(seeds.len())].clone();
        for _ in 0..=self.below(CHANGES_MAX as usize) {
            let at = self.below(input.len() + 1);
            let end = (at + self.below(9)).min(input.len());
            match self.below(7) {
                0 => drop(input.splice(at..end, [])),
                1 => drop(input.splice(at..at, [self.below(256) as u8])),
                2 => drop(input.splice(at..end, WORDS[self.below(WORDS.len())].bytes())),
                3 => {
                    let again = input[at..end].repeat(1 + self.below(64));
                    drop(input.splice(at..at, again));
                }
                4 => {
                    let other = &seeds[self.below(seeds.len())];
                    let from = self.below(other.len() + 1);
                    drop(input.splice(at.., other[from..].iter().copied()));
                }
                5 if at < input.len() => input[at] ^= 1 << self.below(8),
                _ => input.truncate(at),
            }
            input.truncate(BYTES_MAX);
        }
        input
    }
}

fn read_all(folder: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let entries = fs::read_dir(&folder).unwrap_or_else(|_| panic!("{}", folder.display()));
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    paths.iter().map(|path| fs::read(path).expect("a readable seed")).collect()
}

/// Every link ever released.
fn links() -> Vec<String> {
    let files = ["tests/links/v1", "tests/links/columns"].into_iter().flat_map(read_all);
    let link = |file: Vec<u8>| {
        let text = String::from_utf8(file).expect("a text");
        text.lines().find_map(|line| line.strip_prefix("link: ")).map(str::to_owned)
    };
    files.filter_map(link).collect()
}

/// What the page says to its workers about a link.
fn requests(link: String) -> [Request; 4] {
    let (list, today, minute) = (String::new(), Some(20_000), Some(61));
    let parts = ["ways", "forecast"].map(str::to_owned).to_vec();
    [
        Request::of(7, link.clone()),
        Request::Fleet { run: 300, link: link.clone(), list, today, minute, share: Some((1, 2)) },
        Request::Budget { run: 2, link: link.clone(), parts, list: None, today: None },
        Request::Moved { run: 1, link, by: vec![1.0, 0.5] },
    ]
}

/// Messages of the page, and what its workers answer to the first of them; of large ones the beginning of use.
fn messages() -> Vec<Vec<u8>> {
    let mut all: Vec<Vec<u8>> = links().into_iter().flat_map(requests).map(bytes_of).collect();
    let mut say = |answer: Answer| all.push(bytes_of(answer));
    for link in ["1;n=8", "1;n=1", "1;n=soon"] {
        api::answer(1, link, &|| 0.5, &mut || true, &mut say);
    }
    api::serve(2, "1;do=serve", &|| 0.5, &mut say);
    api::serve_study(2, "1;do=serve", &mut say);
    all.retain(|message| message.len() <= BYTES_MAX);
    all
}

fn bytes_of<T: serde::Serialize>(message: T) -> Vec<u8> {
    pack(&message).expect("a message of the wire")
}

/// The files of a parser, and what is made of the links and messages that there are.
fn seeds(name: &str) -> Vec<Vec<u8>> {
    let about = |serving: bool| {
        let own = move |link: &String| link::decode(link).inputs.is_serving() == serving;
        links().into_iter().filter(own).map(String::into_bytes)
    };
    let mut all =
        if name == "packed" { messages() } else { read_all(&format!("fuzz/seeds/{name}")) };
    match name {
        "link" => all.extend(links().into_iter().map(String::into_bytes)),
        "plan" => all.extend(about(false)),
        "serve" => all.extend(about(true)),
        _ => {}
    }
    assert!(!all.is_empty(), "{name} has no seeds");
    all
}

/// How long each runs; none for a smoke run.
fn time_wanted() -> Option<Duration> {
    let seconds = std::env::var("AUTOPARALLEL_FUZZ_SECONDS").ok()?;
    Some(Duration::from_secs(seconds.parse().expect("a number of seconds")))
}

fn withstands(name: &str) {
    let (_, body) = BODIES.iter().find(|(own, _)| *own == name).expect("a body");
    let (seeds, wanted, start) = (seeds(name), time_wanted(), Instant::now());
    for seed in &seeds {
        body(seed);
    }
    // A long run looks at other inputs each time, and says which.
    let mut dice = Dice(match wanted {
        None => 0x9e37_79b9_7f4a_7c15,
        Some(_) => u64::from(std::process::id()) << 20 | 1,
    });
    let mut n = 0;
    while wanted.map_or(n < SMOKE, |wanted| start.elapsed() < wanted) {
        let input = dice.input(&seeds);
        if catch_unwind(AssertUnwindSafe(|| body(&input))).is_err() {
            panic!("{name} does not withstand {:?}", String::from_utf8_lossy(&input));
        }
        n += 1;
    }
    println!("{name}: {n} inputs in {:.0} s, none failed", start.elapsed().as_secs_f64());
}

#[test]
fn link() {
    withstands("link");
}

#[test]
fn config() {
    withstands("config");
}

#[test]
fn prices() {
    withstands("prices");
}

#[test]
fn runs() {
    withstands("runs");
}

#[test]
fn file() {
    withstands("file");
}

#[test]
fn quantity() {
    withstands("quantity");
}

#[test]
fn plan() {
    withstands("plan");
}

#[test]
fn serve() {
    withstands("serve");
}

#[test]
fn trace() {
    withstands("trace");
}

#[test]
fn packed() {
    withstands("packed");
}

/// `cargo test --test fuzz -- --ignored`: all seeds into `fuzz/corpus`, where libFuzzer looks.
#[test]
#[ignore = "writes files"]
fn corpus_is_written() {
    for (name, _) in BODIES {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(name);
        fs::create_dir_all(&folder).expect("a folder");
        for (n, seed) in seeds(name).iter().enumerate() {
            fs::write(folder.join(format!("seed-{n}")), seed).expect("a file");
        }
    }
}

#[test]
fn every_body_is_driven() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (name, _) in BODIES {
        assert!(root.join(format!("fuzz/fuzz_targets/{name}.rs")).is_file(), "{name}");
        let own = fs::read_to_string(root.join("tests/fuzz.rs")).expect("this file");
        assert!(own.contains(&format!("withstands(\"{name}\")")), "{name}");
    }
}
