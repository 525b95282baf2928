//! A corpus of cases whose answers must have the same bits natively and in a browser.
//!
//! `tests/agree/digests.txt` holds one digest a case. A changed model changes digests; this writes
//! them anew: `AUTOPARALLEL_BLESS=1 cargo test --test agree`.

use super::genes::{self, LARGE, SMALL};
use super::{Wanted, case};
use autoparallel::case::Case;
use autoparallel::catalogue::{accelerators, engines, models, stacks, support};
use autoparallel::estimate::{Book, Estimate, MemoryPart, TimePart, bill};
use autoparallel::layout::Layout;
use autoparallel::link::decode;
use autoparallel::plan::serve::find;
use autoparallel::search::{Goal, search};
use autoparallel::units::Bytes;
use autoparallel::workload::Precision;
use std::fmt::Write as _;

/// The digests in force.
pub const DIGESTS: &str = include_str!("../agree/digests.txt");

/// Fewest cases that make a corpus.
pub const CASES_MIN: usize = 200;

/// Fewest questions about serving among them.
const SERVED_MIN: usize = 20;

/// Seeds of random cases of each size.
const RANDOM: u64 = 220;

/// Models, machines and how many of them: small enough to run in seconds, unlike one another.
const KNOWN: [(&str, &str, u32); 12] = [
    ("llama-2-7b", "a100-40g", 8),
    ("llama-3.1-8b", "h100-sxm", 16),
    ("llama-3.1-70b", "h100-sxm", 64),
    ("llama-3.1-405b", "b200", 256),
    ("gpt-3", "a100-80g", 64),
    ("deepseek-v3", "h800", 128),
    ("qwen3-30b-a3b", "h100-sxm", 16),
    ("mixtral-8x22b", "mi300x", 32),
    ("gpt-oss-20b", "h200", 8),
    ("gpt-2-xl", "v100-32g", 12),
    ("pythia-12b", "rtx-4090", 24),
    ("bloom", "a100-80g", 48),
];

/// A digest: FNV-1a with 64 bits (Fowler, Noll and Vo).
struct Digest(u64);

impl Digest {
    const fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    fn bytes(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    fn number(&mut self, number: u64) {
        self.bytes(&number.to_le_bytes());
    }

    fn layout(&mut self, layout: &Layout) {
        self.bytes(format!("{layout:?}").as_bytes());
    }

    fn estimate(&mut self, estimate: &Estimate) {
        for part in TimePart::ALL {
            self.number(estimate.time.get(*part).get().to_bits());
        }
        self.number(estimate.step().get().to_bits());
        for part in MemoryPart::ALL {
            self.number(estimate.memory.get(*part).get());
        }
        self.number(estimate.host_memory.get());
        self.number(u64::from(estimate.fullest_stage));
        self.number(u64::from(estimate.slowest_stage));
    }
}

/// Every case of the corpus, by name.
pub fn cases() -> Vec<(String, Case)> {
    let mut all = Vec::new();
    for seed in 0..RANDOM {
        for (size, limits) in [("small", SMALL), ("large", LARGE)] {
            let values = genes::of_seed(seed);
            let Ok(case) = genes::case(&values, limits) else { continue };
            // Some cases leave no layout at all, and would all be alike.
            if genes::layout(&values, &case).is_some() {
                all.push((format!("{size}-{seed}"), case));
            }
        }
    }
    for (model, machine, count) in KNOWN {
        let known = models::find(model).is_some() && accelerators::find(machine).is_some();
        assert!(known, "{model} or {machine} is not in the catalogue");
        for (i, stack) in stacks::all().iter().enumerate() {
            let fp16 = machine.starts_with("v100");
            let wanted = Wanted {
                model,
                machine,
                count,
                stack: &stack.key,
                global_batch: count * [4, 3, 2][i % 3],
                sequence: if model.starts_with("gpt-2") { 1024 } else { 2048 },
                tokens: 1_000_000_000,
                precision: if fp16 { Precision::Fp16 } else { Precision::Bf16 },
            };
            all.push((format!("{model}-{count}-{machine}-{}", stack.key), case(&wanted)));
        }
    }
    all
}

/// The digest of everything that is answered about a case.
fn digest(case: &Case, seed: u64) -> u64 {
    let mut digest = Digest::new();
    let book = Book::new(case);
    let own = Goal::fastest(&book);
    let free = Goal { capacity: Bytes::MAX, ..own.clone() };
    for goal in [own, free] {
        let outcome = search(&book, &goal);
        digest.bytes(format!("{:?} {:?}", outcome.tally, outcome.stop).as_bytes());
        let Some(best) = outcome.best else { continue };
        digest.layout(&best.layout);
        digest.estimate(&best.estimate);
        let bill = bill(case, &best.estimate);
        for value in [bill.mfu, bill.tokens_each, bill.accelerator_hours] {
            digest.number(value.get().to_bits());
        }
        digest.number(bill.cost.get().to_bits());
    }
    for i in 0..4 {
        if let Some(layout) = genes::layout(&genes::of_seed(7919 * seed + i), case) {
            digest.layout(&layout);
            digest.estimate(&book.estimate(&layout));
        }
    }
    digest.0
}

/// Questions about serving: every engine on some of what it runs on, with a dense model and one of experts.
fn served() -> Vec<String> {
    const MACHINES: [&str; 8] =
        ["h100-sxm", "b200", "a100-80g", "mi300x", "v6e", "trn2", "m4-max", "rtx-4090"];
    const ASKED: [&str; 2] = [
        "m=Qwen/Qwen3-8B;sn=8;sr=2/s",
        "m=deepseek-ai/DeepSeek-R1;sn=32;sc=64;st=80ms;sf=none;sh=0.3;sq=1",
    ];
    let mut all = Vec::new();
    for (i, engine) in engines::all().iter().enumerate() {
        let runs = |key: &&&str| {
            let row = accelerators::find_serving(key).expect("a machine of the catalogue");
            support::find(&engine.key, &row.accelerator.generation).is_some()
        };
        // Others for each era, so that few questions see most of what there is.
        let known: Vec<&&str> = MACHINES.iter().filter(runs).collect();
        for k in 0..known.len().min(4) {
            let machine = known[(i + k) % known.len()];
            let (engine, asked) = (&engine.key, ASKED[k % 2]);
            all.push(format!("1;do=serve;se={engine};sg={machine};{asked}"));
        }
    }
    // Some eras have no format that the machine runs.
    all.retain(|link| decode(link).inputs.resolve().ask.is_some());
    assert!(all.len() >= SERVED_MIN, "{} questions about serving", all.len());
    all
}

/// The digest of every layout that was looked at, and of the one that was chosen.
fn served_digest(link: &str) -> u64 {
    let ask = decode(link).inputs.resolve().ask;
    let ask = ask.unwrap_or_else(|| panic!("{link} asks nothing"));
    let mut digest = Digest::new();
    digest.bytes(format!("{:?}", find(&ask)).as_bytes());
    digest.0
}

/// One line for each case: its name and its digest.
pub fn digests() -> String {
    let mut text = String::new();
    for (i, (name, case)) in cases().iter().enumerate() {
        let _ = writeln!(text, "{name} {:016x}", digest(case, i as u64));
    }
    for link in served() {
        let _ = writeln!(text, "{link} {:016x}", served_digest(&link));
    }
    text
}

/// Holds what is computed here against the digests in force.
pub fn compare(computed: &str) {
    let wanted: Vec<&str> = DIGESTS.lines().collect();
    assert!(wanted.len() >= CASES_MIN, "{} digests are too few", wanted.len());
    let found: Vec<&str> = computed.lines().collect();
    let apart: Vec<String> = found
        .iter()
        .zip(&wanted)
        .filter(|(found, wanted)| found != wanted)
        .map(|(found, wanted)| format!("{found}, in the file {wanted}"))
        .collect();
    assert!(
        apart.is_empty() && found.len() == wanted.len(),
        "{} cases, {} in the file, {} differ; if the model changed, run\n  AUTOPARALLEL_BLESS=1 \
         cargo test --test agree\n{}",
        found.len(),
        wanted.len(),
        apart.len(),
        apart.join("\n")
    );
}
