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

/// The engine that one is built like: factors that a fit found of it hold for both.
#[must_use]
pub fn family(key: &str) -> &str {
    let stated = facts().iter().find(|fact| fact.engine == key && fact.field == "family");
    stated.map_or(key, |fact| fact.value.as_str())
}

/// The engine of which one is another era: what a fit found of its constants holds where one states nothing else. Of
/// other engines one takes only what they state.
fn era_of(key: &str) -> Option<&'static str> {
    let is_era = facts().iter().any(|fact| fact.engine == key && fact.field == "era");
    base(key).filter(|_| is_era)
}

/// The engines whose fitted constant holds for one, its own last: those that it is an era of, up to the first that
/// states the constant itself.
#[must_use]
pub fn followed<'a>(key: &'a str, field: &str) -> Vec<&'a str> {
    let mut line = vec![key];
    let states = |key: &str| facts().iter().any(|fact| fact.engine == key && fact.field == field);
    while let Some(last) = line.last().filter(|last| !states(last)) {
        match era_of(last) {
            Some(base) => line.push(base),
            None => break,
        }
    }
    line.reverse();
    line
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

/// What is known of an engine, what counts first: its own facts, as fitted and as stated, then those of the engine
/// that it follows.
struct Known(Vec<&'static EngineFact>);

impl Known {
    fn holds(&self, field: &str) -> Option<&'static EngineFact> {
        self.0.iter().copied().find(|fact| fact.field == field)
    }

    fn text(&self, field: &str) -> Option<String> {
        self.holds(field).map(|fact| fact.value.clone())
    }

    fn number(&self, field: &str) -> Option<f64> {
        let value: f64 = self.holds(field)?.value.parse().ok()?;
        (value.is_finite() && value >= 0.0).then_some(value)
    }

    fn ratio(&self, field: &str) -> Option<Ratio> {
        self.number(field).map(Ratio::new)
    }

    fn count(&self, field: &str) -> Option<u32> {
        self.holds(field)?.value.parse().ok()
    }

    fn fills(&self) -> Option<Fills> {
        let name = self.text("fills")?;
        Fills::ALL.into_iter().find(|(_, known)| *known == name).map(|(fills, _)| fills)
    }

    fn memory(&self) -> Option<MemoryRule> {
        let gib =
            |field: &str| self.number(field).map(|gib| Bytes::from_f64(gib * (1u64 << 30) as f64));
        Some(MemoryRule {
            fraction: self.ratio("fraction")?,
            fills: self.fills()?,
            context: gib("context_gib")?,
            communicators: gib("communicators_gib")?,
            graphs: gib("graphs_gib")?,
            block: self.count("block")?,
            reserves: self.count("reserves")? == 1,
            activations: self.ratio("activations")?,
            sampled: self.count("sampled")?,
            sampled_large: self.count("sampled_large")?,
            host_table: self.count("host_table")? == 1,
        })
    }
}

impl Reader {
    fn known(&self, key: &str) -> Known {
        let mut all = Vec::new();
        let (mut at, mut same) = (Some(key), true);
        while let Some(key) = at {
            let lists = [if same { (self.fitted)() } else { &[] }, facts()].into_iter().flatten();
            all.extend(lists.filter(|fact| fact.engine == key));
            same = same && era_of(key).is_some();
            at = base(key);
        }
        Known(all)
    }

    fn holds(&self, key: &str, field: &str) -> Option<&'static EngineFact> {
        self.known(key).holds(field)
    }

    fn engine(&self, key: &'static str) -> Option<Engine> {
        let name = facts().iter().find(|fact| fact.engine == key && fact.field == "name")?;
        let own = self.known(key);
        let us = |field: &str| own.number(field).map(Seconds::us);
        Some(Engine {
            key: key.to_owned(),
            name: name.value.clone(),
            version: own.text("version")?,
            date: own.text("date")?,
            source: name.source.clone(),
            compute: own.ratio("compute")?,
            stream: own.ratio("stream")?,
            unit_stream: BytesPerSecond::gb(own.number("unit_gb_s")?),
            unpack: own.ratio("unpack")?,
            cache: own.ratio("cache")?,
            attention: own.ratio("attention")?,
            experts: own.ratio("experts")?,
            expert_stream: own.ratio("expert_stream")?,
            gap: us("gap_us")?,
            launch: us("launch_us")?,
            graphs: own.count("graphs")? == 1,
            kernels: own.ratio("kernels")?,
            expert_kernels: own.ratio("expert_kernels")?,
            expert_starts: own.ratio("expert_starts")?,
            step: us("step_us")?,
            sequence: us("sequence_us")?,
            request: Seconds::us(own.number("request_ms")? * 1e3),
            token: us("token_us")?,
            collective: us("collective_us")?,
            link_inside: own.ratio("link_inside")?,
            link_outside: own.ratio("link_outside")?,
            dispatch_bytes: own.count("dispatch_bytes")?,
            imbalance: own.ratio("imbalance")?,
            dispatches_once: own.count("dispatches_once")? == 1,
            overlaps: own.count("overlaps")? == 1,
            mixes: own.count("mixes")? == 1,
            padded: own.count("padded")? == 1,
            chunk: own.count("chunk")?,
            sequences: own.count("sequences")?,
            admission: Admission::AtOnce,
            memory: own.memory()?,
            factors: self.factors(key),
            ranges: ranges(key),
        })
    }

    /// Factors of every engine, then of the family.
    fn factors(&self, key: &str) -> Vec<Factor> {
        let of = |key: &str| -> Vec<Factor> {
            let own = (self.fitted)().iter().filter(|fact| fact.engine == key);
            own.filter_map(factor).collect()
        };
        let mut all = of("*");
        all.extend(of(family(key)));
        all
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
    let of = |engine: &str| -> Vec<ServeRange> {
        table.rows().filter(|row| row.text("engine") == engine).filter_map(range).collect()
    };
    let mut all = of(key);
    all.extend(of(""));
    all
}
