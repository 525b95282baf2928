//! Serving engines by era: one line for each fact (`data/engines.csv`), what a fit found in its place
//! (`data/engines_fitted.csv`), and the ranges of their figures (`data/engine_ranges.csv`).

use super::table::{Row, Table};
use crate::serving::{Admission, Engine, Factor, FactorOf, Fills, MemoryRule, ServeRange};
use crate::units::{Bytes, BytesPerSecond, Ratio, Seconds};
use std::sync::OnceLock;

/// One fact about an engine, with its source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EngineFact {
    /// Key of the engine; `*`: every engine.
    pub engine: String,
    /// A constant, or a factor such as `stream@hopper/fp8`.
    pub field: String,
    /// The value, as written.
    pub value: String,
    /// Where it was read, or the reasoning.
    pub source: String,
}

/// All engines, in the order of the table, with what the fit found.
#[must_use]
pub fn all() -> &'static [Engine] {
    static ENGINES: OnceLock<Vec<Engine>> = OnceLock::new();
    ENGINES.get_or_init(|| keys().into_iter().filter_map(|key| FITTED.engine(key)).collect())
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
    STATED.engine(key)
}

/// Keys of the engines in the table, whether or not their facts make an engine.
#[must_use]
pub fn keys() -> Vec<&'static str> {
    let mut keys: Vec<&'static str> = facts().iter().map(|fact| fact.engine.as_str()).collect();
    keys.dedup();
    keys
}

/// Everything the table states.
#[must_use]
pub fn facts() -> &'static [EngineFact] {
    static FACTS: OnceLock<Vec<EngineFact>> = OnceLock::new();
    FACTS.get_or_init(|| read(include_str!("data/engines.csv")))
}

/// What the fit found: read before what the table states.
#[must_use]
pub fn fitted() -> &'static [EngineFact] {
    static FACTS: OnceLock<Vec<EngineFact>> = OnceLock::new();
    FACTS.get_or_init(|| read(include_str!("data/engines_fitted.csv")))
}

/// The fact that holds for an engine: what a fit found, else what is stated of it or of the one it follows.
#[must_use]
pub fn holds(key: &str, field: &str) -> Option<&'static EngineFact> {
    FITTED.holds(key, field)
}

/// The engine that one takes what it does not state from; an engine only follows those above it.
#[must_use]
pub fn base(key: &str) -> Option<&'static str> {
    let at = facts().iter().position(|fact| fact.engine == key && fact.field == "base")?;
    let base = facts().get(at)?.value.as_str();
    let above = facts().iter().take(at).any(|fact| fact.engine == base);
    above.then_some(base)
}

fn read(text: &str) -> Vec<EngineFact> {
    let fact = |row: Row<'_>| EngineFact {
        engine: row.text("engine").to_owned(),
        field: row.text("field").to_owned(),
        value: row.text("value").to_owned(),
        source: row.text("source").to_owned(),
    };
    Table::read(text).rows().map(fact).collect()
}

/// How the constants of engines are read.
struct Reader {
    /// What the fit found, if it counts.
    fitted: fn() -> &'static [EngineFact],
}

const FITTED: Reader = Reader { fitted };
const STATED: Reader = Reader { fitted: || &[] };

impl Reader {
    fn holds(&self, key: &str, field: &str) -> Option<&'static EngineFact> {
        let of_field = |fact: &&EngineFact| fact.engine == key && fact.field == field;
        let own = (self.fitted)().iter().find(of_field).or_else(|| facts().iter().find(of_field));
        own.or_else(|| self.holds(base(key)?, field))
    }

    fn text(&self, key: &str, field: &str) -> Option<String> {
        self.holds(key, field).map(|fact| fact.value.clone())
    }

    fn number(&self, key: &str, field: &str) -> Option<f64> {
        let value: f64 = self.holds(key, field)?.value.parse().ok()?;
        (value.is_finite() && value >= 0.0).then_some(value)
    }

    fn ratio(&self, key: &str, field: &str) -> Option<Ratio> {
        self.number(key, field).map(Ratio::new)
    }

    fn count(&self, key: &str, field: &str) -> Option<u32> {
        self.holds(key, field)?.value.parse().ok()
    }

    fn engine(&self, key: &'static str) -> Option<Engine> {
        let name = facts().iter().find(|fact| fact.engine == key && fact.field == "name")?;
        let us = |field: &str| self.number(key, field).map(Seconds::us);
        Some(Engine {
            key: key.to_owned(),
            name: name.value.clone(),
            version: self.text(key, "version")?,
            date: self.text(key, "date")?,
            source: name.source.clone(),
            compute: self.ratio(key, "compute")?,
            stream: self.ratio(key, "stream")?,
            unit_stream: BytesPerSecond::gb(self.number(key, "unit_gb_s")?),
            unpack: self.ratio(key, "unpack")?,
            cache: self.ratio(key, "cache")?,
            attention: self.ratio(key, "attention")?,
            experts: self.ratio(key, "experts")?,
            expert_stream: self.ratio(key, "expert_stream")?,
            gap: us("gap_us")?,
            launch: us("launch_us")?,
            graphs: self.count(key, "graphs")? == 1,
            kernels: self.ratio(key, "kernels")?,
            expert_kernels: self.ratio(key, "expert_kernels")?,
            expert_starts: self.ratio(key, "expert_starts")?,
            step: us("step_us")?,
            sequence: us("sequence_us")?,
            request: Seconds::us(self.number(key, "request_ms")? * 1e3),
            token: us("token_us")?,
            collective: us("collective_us")?,
            link_inside: self.ratio(key, "link_inside")?,
            link_outside: self.ratio(key, "link_outside")?,
            dispatch_bytes: self.count(key, "dispatch_bytes")?,
            imbalance: self.ratio(key, "imbalance")?,
            dispatches_once: self.count(key, "dispatches_once")? == 1,
            overlaps: self.count(key, "overlaps")? == 1,
            mixes: self.count(key, "mixes")? == 1,
            padded: self.count(key, "padded")? == 1,
            chunk: self.count(key, "chunk")?,
            sequences: self.count(key, "sequences")?,
            admission: Admission::AtOnce,
            memory: self.memory(key)?,
            factors: self.factors(key),
            ranges: ranges(key),
        })
    }

    fn memory(&self, key: &str) -> Option<MemoryRule> {
        let gib = |field: &str| {
            self.number(key, field).map(|gib| Bytes::from_f64(gib * (1u64 << 30) as f64))
        };
        Some(MemoryRule {
            fraction: self.ratio(key, "fraction")?,
            fills: self.fills(key)?,
            context: gib("context_gib")?,
            communicators: gib("communicators_gib")?,
            graphs: gib("graphs_gib")?,
            block: self.count(key, "block")?,
            reserves: self.count(key, "reserves")? == 1,
            activations: self.ratio(key, "activations")?,
            sampled: self.count(key, "sampled")?,
            sampled_large: self.count(key, "sampled_large")?,
            host_table: self.count(key, "host_table")? == 1,
        })
    }

    fn fills(&self, key: &str) -> Option<Fills> {
        let name = self.text(key, "fills")?;
        Fills::ALL.into_iter().find(|(_, known)| *known == name).map(|(fills, _)| fills)
    }

    /// Factors of every engine, then of the family from its root on, then its own.
    fn factors(&self, key: &str) -> Vec<Factor> {
        let mut line = vec![key];
        while let Some(base) = line.last().and_then(|key| base(key)) {
            line.push(base);
        }
        line.push("*");
        let of = |key: &&str| {
            let key = (*key).to_owned();
            (self.fitted)().iter().filter(move |fact| fact.engine == key).filter_map(factor)
        };
        line.iter().rev().flat_map(of).collect()
    }
}

/// A factor out of a field such as `stream@hopper/fp8`.
fn factor(fact: &EngineFact) -> Option<Factor> {
    let (of, place) = fact.field.split_once('@')?;
    let (machine, format) = place.split_once('/')?;
    let of = FactorOf::ALL.into_iter().find(|known| known.key() == of)?;
    let value = Ratio::checked(fact.value.parse().ok()?)?;
    Some(Factor { of, machine: machine.to_owned(), format: format.to_owned(), value })
}

/// Ranges of an engine, then those of any.
fn ranges(key: &str) -> Vec<ServeRange> {
    let table = Table::read(include_str!("data/engine_ranges.csv"));
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
    let of = |engine: &str| -> Vec<ServeRange> {
        table.rows().filter(|row| row.text("engine") == engine).filter_map(range).collect()
    };
    let mut all = of(key);
    all.extend(of(""));
    all
}
