//! Serving engines by era: one line for each fact (`data/engines.csv`), what a fit found in its place
//! (`data/engines_fitted.csv`), and the ranges of their figures (`data/engine_ranges.csv`).

use super::constants::PACE_AT;
use super::facts::{Book, Fact, Known, in_force, read, said};
use super::table::{Row, Table};
use crate::serving::{Admission, Engine, Factor, FactorOf, Fills, MemoryRule, ServeRange};
use crate::stack::{Change, Own};
use crate::units::{Bytes, BytesPerSecond, Ratio, Seconds};
use std::sync::{Arc, OnceLock};

/// All engines, in the order of the table, with what the fit found.
#[must_use]
pub fn all() -> &'static [Engine] {
    static ENGINES: OnceLock<Vec<Engine>> = OnceLock::new();
    ENGINES.get_or_init(|| keys().into_iter().filter_map(|key| engine(FITTED, key, &[])).collect())
}

/// The engine of that key or name, whatever its case.
#[must_use]
pub fn find(key: &str) -> Option<&'static Engine> {
    let wanted = key.trim().to_ascii_lowercase();
    let named =
        |engine: &&Engine| engine.key == wanted || engine.name.to_ascii_lowercase() == wanted;
    all().iter().find(named)
}

/// The engine of that key as stated, before any fit.
#[must_use]
pub fn stated(key: &str) -> Option<Engine> {
    let key = keys().into_iter().find(|known| *known == key)?;
    engine(STATED, key, &[])
}

/// Keys of the engines in the table, whether or not their facts make an engine.
#[must_use]
pub fn keys() -> Vec<&'static str> {
    FITTED.keys()
}

/// Everything the table states.
#[must_use]
pub fn facts() -> &'static [Fact] {
    static FACTS: OnceLock<Vec<Fact>> = OnceLock::new();
    FACTS.get_or_init(|| read(include_str!("data/engines.csv")))
}

/// What the fit found: read before what the table states.
#[must_use]
pub fn fitted() -> &'static [Fact] {
    static FACTS: OnceLock<Vec<Fact>> = OnceLock::new();
    FACTS.get_or_init(|| read(include_str!("data/engines_fitted.csv")))
}

/// The fact that holds for an engine: what a fit found, else what is stated of it or of the one it follows.
#[must_use]
pub fn holds(key: &str, field: &str) -> Option<&'static Fact> {
    FITTED.holds(key, field)
}

/// The same of an engine that may be the user's own.
#[must_use]
pub fn in_engine(engine: &Engine, field: &str) -> Option<Fact> {
    in_force(engine.own.as_ref(), &engine.key, field, holds(&engine.key, field))
}

/// The engine that one takes what it does not state from; an engine only follows those above it.
#[must_use]
pub fn base(key: &str) -> Option<&'static str> {
    FITTED.base(key)
}

/// The engine that one is built like: factors that a fit found of it hold for both.
#[must_use]
pub fn family(key: &str) -> &str {
    let stated = facts().iter().find(|fact| fact.of == key && fact.field == "family");
    stated.map_or(key, |fact| fact.value.as_str())
}

/// Whether an engine is another era of the one that it follows: what a fit found of its constants holds where it states
/// nothing else. Of other engines one takes only what they state.
fn is_era(key: &str) -> bool {
    facts().iter().any(|fact| fact.of == key && fact.field == "era")
}

/// The engines whose fitted constant holds for one, its own last: those that it is an era of, up to the first that
/// states the constant itself.
#[must_use]
pub fn followed<'a>(key: &'a str, field: &str) -> Vec<&'a str> {
    let mut line = vec![key];
    let states = |key: &str| facts().iter().any(|fact| fact.of == key && fact.field == field);
    while let Some(last) = line.last().filter(|last| !states(last)) {
        match base(last).filter(|_| is_era(last)) {
            Some(base) => line.push(base),
            None => break,
        }
    }
    line.reverse();
    line
}

/// An engine with what the user says of it, named as said there. No run of it was measured, unless nothing but its name
/// is new.
#[must_use]
pub fn with_own(base: &Engine, own: Own, name: &str, version: &str) -> Option<Engine> {
    let said = said(&base.key, &own);
    let changed = !own.changes.is_empty();
    let mut factors = base.factors.clone();
    Arc::make_mut(&mut factors).extend(own.changes.iter().flat_map(paced));
    Some(Engine {
        name: name.to_owned(),
        version: version.to_owned(),
        date: String::new(),
        factors,
        ranges: if changed { Arc::new(ranges_of("")) } else { base.ranges.clone() },
        own: Some(own),
        ..engine(FITTED, &base.key, &said)?
    })
}

/// A pace of one's own as factors.
fn paced(change: &Change) -> Vec<Factor> {
    let machine = change.field.strip_prefix(PACE_AT);
    let pace = change.value.parse().ok().and_then(Ratio::checked);
    machine.zip(pace).map(|(machine, pace)| Factor::of_pace(machine, pace)).unwrap_or_default()
}

const FITTED: Book = Book { stated: facts, fitted, follows: is_era };
const STATED: Book = Book { fitted: || &[], ..FITTED };

fn fills(known: &Known<'_>) -> Option<Fills> {
    let name = known.text("fills")?;
    Fills::ALL.into_iter().find(|(_, known)| *known == name).map(|(fills, _)| fills)
}

fn memory(known: &Known<'_>) -> Option<MemoryRule> {
    let gib =
        |field: &str| known.number(field).map(|gib| Bytes::from_f64(gib * (1u64 << 30) as f64));
    Some(MemoryRule {
        fraction: known.ratio("fraction")?,
        fills: fills(known)?,
        context: gib("context_gib")?,
        communicators: gib("communicators_gib")?,
        graphs: gib("graphs_gib")?,
        block: known.count("block")?,
        reserves: known.is("reserves")?,
        activations: known.ratio("activations")?,
        sampled: known.count("sampled")?,
        sampled_large: known.count("sampled_large")?,
        drawn: known.ratio("drawn_bytes")?,
        host_table: known.is("host_table")?,
        pads_experts: known.is("pads_experts")?,
        gathers_rows: known.is("gathers_rows")?,
        allocates: known.is("allocates")?,
        splits_cores: known.is("splits_cores")?,
    })
}

fn engine(book: Book, key: &str, said: &[Fact]) -> Option<Engine> {
    let name = facts().iter().find(|fact| fact.of == key && fact.field == "name")?;
    let known = book.known(key, said);
    let us = |field: &str| known.number(field).map(Seconds::us);
    Some(Engine {
        key: key.to_owned(),
        name: name.value.clone(),
        version: known.text("version")?.to_owned(),
        date: known.text("date")?.to_owned(),
        source: name.source.clone(),
        compute: known.ratio("compute")?,
        stream: known.ratio("stream")?,
        unit_stream: BytesPerSecond::gb(known.number("unit_gb_s")?),
        unpack: known.ratio("unpack")?,
        cache: known.ratio("cache")?,
        attention: known.ratio("attention")?,
        experts: known.ratio("experts")?,
        expert_stream: known.ratio("expert_stream")?,
        gap: us("gap_us")?,
        launch: us("launch_us")?,
        integer_rows: known.count("integer_rows")?,
        integer_vector: known.ratio("integer_vector")?,
        half_sums: known.is("half_sums")?,
        fused: known.is("fused")?,
        in_flight: known.count("in_flight")?,
        graphs: known.is("graphs")?,
        kernels: known.ratio("kernels")?,
        norm_kernels: known.ratio("norm_kernels")?,
        expert_kernels: known.ratio("expert_kernels")?,
        expert_starts: known.ratio("expert_starts")?,
        step: us("step_us")?,
        sequence: us("sequence_us")?,
        scan: us("scan_us")?,
        request: Seconds::us(known.number("request_ms")? * 1e3),
        token: us("token_us")?,
        collective: us("collective_us")?,
        link_inside: known.ratio("link_inside")?,
        link_outside: known.ratio("link_outside")?,
        blocks: known.is("blocks")?,
        own_copies: known.is("own_copies")?,
        fuses_shared: known.is("fuses_shared")?,
        dispatch_bytes: known.count("dispatch_bytes")?,
        imbalance: known.ratio("imbalance")?,
        dispatches_once: known.is("dispatches_once")?,
        overlaps: known.is("overlaps")?,
        mixes: known.is("mixes")?,
        padded: known.is("padded")?,
        chunk: known.count("chunk")?,
        keeps_chunk: false,
        sequences: known.count("sequences")?,
        admission: Admission::AtOnce,
        memory: memory(&known)?,
        factors: Arc::new(factors(book, key)),
        ranges: Arc::new(ranges(key)),
        own: None,
    })
}

/// The facts of a factor that hold for an engine: those of every engine, then those of its family.
#[must_use]
pub fn of_factor(key: &str, field: &str) -> Vec<&'static Fact> {
    let all = ["*", family(key)].into_iter().flat_map(|of| {
        let known = facts().iter().chain(fitted());
        known.filter(move |fact| fact.of == of && fact.field == field)
    });
    all.collect()
}

/// Factors of every engine, then of the family; of each those that are stated (machines of which there is no run to fit),
/// then those that a fit found.
fn factors(book: Book, key: &str) -> Vec<Factor> {
    let of = |key: &str| -> Vec<Factor> {
        let all = facts().iter().chain((book.fitted)());
        all.filter(|fact| fact.of == key).filter_map(factor).collect()
    };
    let mut all = of("*");
    all.extend(of(family(key)));
    all
}

/// A factor out of a field such as `stream@hopper/fp8`.
fn factor(fact: &Fact) -> Option<Factor> {
    let (of, place) = fact.field.split_once('@')?;
    let (machine, format) = place.split_once('/')?;
    let of = FactorOf::ALL.into_iter().find(|known| known.key() == of)?;
    let value = Ratio::checked(fact.value.parse().ok()?)?;
    Some(Factor { of, machine: machine.to_owned(), format: format.to_owned(), value })
}

/// Ranges of an engine, then those of any.
fn ranges(key: &str) -> Vec<ServeRange> {
    let mut all = ranges_of(key);
    all.extend(ranges_of(""));
    all
}

/// The lines of one engine; of none: of any.
fn ranges_of(key: &str) -> Vec<ServeRange> {
    static TABLE: OnceLock<Table> = OnceLock::new();
    let table = TABLE.get_or_init(|| Table::read(include_str!("data/engine_ranges.csv")));
    let range = |row: Row<'_>| {
        Some(ServeRange {
            engine: row.text("engine").to_owned(),
            figure: row.text("figure").to_owned(),
            generation: row.text("generation").to_owned(),
            mode: row.text("mode").to_owned(),
            factor: (Ratio::checked(row.number("low")?)?, Ratio::checked(row.number("high")?)?),
            rows: row.count("rows")?,
        })
    };
    table.rows().filter(|row| row.text("engine") == key).filter_map(range).collect()
}
