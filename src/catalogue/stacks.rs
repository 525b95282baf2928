//! Training stacks: what each can run, what it cannot run together, and how well it runs.
//!
//! The table has one line for each fact, so that every constant carries its own source.

use super::table::{Row, Table};
use crate::stack::{
    Exclusion, Overlap, Pace, Profile, Spread, Stack, Technique, Techniques, WeightCopies,
};
use crate::units::{Bytes, Ratio, Seconds};
use std::sync::OnceLock;

/// The stack that can run everything: for study, no software does.
pub const UNCONSTRAINED: &str = "unconstrained";

/// Fields of the constants of a profile, in the order in which they are told.
pub const CONSTANTS: [&str; 43] = [
    "matmul",
    "narrow_matmul",
    "narrow_weight_gradient",
    "attention",
    "pointwise_passes",
    "pointwise_ffn_passes",
    "cast_bytes",
    "accumulate_bytes",
    "kernels_per_layer",
    "kernels_per_moe",
    "kernels_per_expert",
    "kernels_per_chunk",
    "launch_us",
    "collective_us",
    "step_overhead_ms",
    "straggler",
    "link_inside",
    "link_outside",
    "overlap_tensor",
    "overlap_context",
    "overlap_expert",
    "overlap_pipeline",
    "overlap_gradients",
    "overlap_parameters",
    "overlap_offload",
    "experts_deduplicated",
    "expert_outputs_kept",
    "gathers_in_rings",
    "dispatch_bytes",
    "eager_norm_bytes",
    "products_again",
    "stops_early",
    "working",
    "working_narrow",
    "working_is_master",
    "gathered",
    "gathered_by_matrix",
    "quantised",
    "wire_gradient",
    "update",
    "logit_bytes",
    "context_gib",
    "slack",
];

/// One fact about a stack, with its source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// Key of the stack.
    pub stack: String,
    /// What it is about: a constant of the profile, or `techniques`, `exclude`, `name`, `version`,
    /// `date`.
    pub field: String,
    /// The value, as written in the table.
    pub value: String,
    /// Where it was read, or the reasoning.
    pub source: String,
}

/// All stacks, in the order of the table.
#[must_use]
pub fn all() -> &'static [Stack] {
    static STACKS: OnceLock<Vec<Stack>> = OnceLock::new();
    STACKS.get_or_init(|| keys().into_iter().filter_map(|key| FITTED.stack(key)).collect())
}

/// The stack of that key or name, whatever its case.
#[must_use]
pub fn find(key: &str) -> Option<&'static Stack> {
    let wanted = key.trim().to_ascii_lowercase();
    let named = |stack: &&Stack| stack.key == wanted || stack.name.to_ascii_lowercase() == wanted;
    all().iter().find(named)
}

/// Everything the table says, with sources.
#[must_use]
pub fn facts() -> &'static [Fact] {
    static FACTS: OnceLock<Vec<Fact>> = OnceLock::new();
    FACTS.get_or_init(|| {
        let table = Table::read(include_str!("data/stacks.csv"));
        table.rows().map(fact).collect()
    })
}

/// What the table says about one stack.
pub fn facts_of(key: &str) -> impl Iterator<Item = &'static Fact> {
    facts().iter().filter(move |fact| fact.stack == key)
}

/// Keys of the stacks in the table, whether or not their facts make a stack.
#[must_use]
pub fn keys() -> Vec<&'static str> {
    let mut keys: Vec<&'static str> = facts().iter().map(|fact| fact.stack.as_str()).collect();
    keys.dedup();
    keys
}

fn fact(row: Row<'_>) -> Fact {
    Fact {
        stack: row.text("stack").to_owned(),
        field: row.text("field").to_owned(),
        value: row.text("value").to_owned(),
        source: row.text("source").to_owned(),
    }
}

/// What the fit found: read before what the table states.
#[must_use]
pub fn fitted() -> &'static [Fact] {
    static FACTS: OnceLock<Vec<Fact>> = OnceLock::new();
    FACTS.get_or_init(|| {
        let table = Table::read(include_str!("data/fitted.csv"));
        table.rows().map(fact).collect()
    })
}

/// The fact that holds for a field: as fitted, as stated, else that of the stack that it is based on.
#[must_use]
pub fn holds(key: &str, field: &str) -> Option<&'static Fact> {
    FITTED.holds(key, field)
}

/// The stack of that key as stated, before any fit.
#[must_use]
pub fn stated(key: &str) -> Option<Stack> {
    let key = keys().into_iter().find(|known| *known == key)?;
    STATED.stack(key)
}

/// How the constants of stacks are read.
struct Reader {
    /// What the fit found, if it counts.
    fitted: fn() -> &'static [Fact],
}

const FITTED: Reader = Reader { fitted };
const STATED: Reader = Reader { fitted: || &[] };

/// The stack that one takes what it does not state from; a stack only follows those above it.
fn base(key: &str) -> Option<&'static str> {
    let at = facts().iter().position(|fact| fact.stack == key && fact.field == "base")?;
    let base = facts().get(at)?.value.as_str();
    let above = facts().iter().take(at).any(|fact| fact.stack == base);
    above.then_some(base)
}

/// Whether two stacks are built on the same one, or one on the other.
#[must_use]
pub fn are_kin(one: &str, other: &str) -> bool {
    root(one) == root(other)
}

/// The stack at the bottom of what a stack is based on.
fn root(key: &str) -> &str {
    base(key).map_or(key, root)
}

/// Lines of a field that may have several, of the stack or the one it is based on.
fn lines(key: &str, field: &str) -> Vec<&'static Fact> {
    let own: Vec<_> = facts_of(key).filter(|fact| fact.field == field).collect();
    match base(key) {
        Some(base) if own.is_empty() => lines(base, field),
        _ => own,
    }
}

/// What is known of a stack, what counts first: its own facts, as fitted and as stated, then those of the stack that it
/// is based on.
struct Known(Vec<&'static Fact>);

impl Known {
    fn holds(&self, field: &str) -> Option<&'static Fact> {
        self.0.iter().copied().find(|fact| fact.field == field)
    }

    /// The one value of a field.
    fn text(&self, field: &str) -> Option<&'static str> {
        self.holds(field).map(|fact| fact.value.as_str())
    }

    fn number(&self, field: &str) -> Option<f64> {
        let value: f64 = self.text(field)?.parse().ok()?;
        (value.is_finite() && value >= 0.0).then_some(value)
    }

    fn ratio(&self, field: &str) -> Option<Ratio> {
        self.number(field).map(Ratio::new)
    }

    fn count(&self, field: &str) -> Option<u32> {
        self.text(field)?.parse().ok()
    }

    fn profile(&self) -> Option<Profile> {
        let mebi = self.number("context_gib")? * 1024.0;
        Some(Profile {
            matmul: self.ratio("matmul")?,
            narrow_matmul: self.ratio("narrow_matmul")?,
            narrow_weight_gradient: self.ratio("narrow_weight_gradient")?,
            attention: self.ratio("attention")?,
            pointwise_passes: self.ratio("pointwise_passes")?,
            pointwise_ffn_passes: self.ratio("pointwise_ffn_passes")?,
            kernels_per_layer: self.ratio("kernels_per_layer")?,
            kernels_per_moe: self.ratio("kernels_per_moe")?,
            accumulate_bytes: self.ratio("accumulate_bytes")?,
            cast_bytes: self.ratio("cast_bytes")?,
            kernels_per_chunk: self.ratio("kernels_per_chunk")?,
            kernels_per_expert: self.ratio("kernels_per_expert")?,
            launch: Seconds::us(self.number("launch_us")?),
            collective: Seconds::us(self.number("collective_us")?),
            step_overhead: Seconds::us(self.number("step_overhead_ms")? * 1e3),
            link_inside: self.ratio("link_inside")?,
            link_outside: self.ratio("link_outside")?,
            overlap: self.overlap()?,
            weights: self.weights()?,
            experts_deduplicated: self.count("experts_deduplicated")? == 1,
            expert_outputs_kept: self.count("expert_outputs_kept")? == 1,
            gathers_in_rings: self.count("gathers_in_rings")? == 1,
            dispatch_bytes: self.count("dispatch_bytes")?,
            eager_norm_bytes: self.count("eager_norm_bytes")?,
            products_again: self.count("products_again")? == 1,
            stops_early: self.count("stops_early")? == 1,
            logit_bytes: self.count("logit_bytes")?,
            context: Bytes::mib(mebi as u64),
            slack: self.ratio("slack")?,
            straggler: self.ratio("straggler")?,
        })
    }

    fn overlap(&self) -> Option<Overlap> {
        let share = |kind: &str| self.ratio(&format!("overlap_{kind}"));
        Some(Overlap {
            tensor: share("tensor")?,
            context: share("context")?,
            expert: share("expert")?,
            pipeline: share("pipeline")?,
            gradients: share("gradients")?,
            parameters: share("parameters")?,
            offload: share("offload")?,
        })
    }

    fn weights(&self) -> Option<WeightCopies> {
        Some(WeightCopies {
            working: self.count("working")?,
            working_narrow: self.count("working_narrow")?,
            gathered: self.count("gathered")?,
            gathered_by_matrix: self.count("gathered_by_matrix")? == 1,
            quantised: self.count("quantised")?,
            wire_gradient: self.count("wire_gradient")?,
            update: self.count("update")?,
            working_is_master: self.count("working_is_master")? == 1,
        })
    }
}

impl Reader {
    fn known(&self, key: &str) -> Known {
        let mut all = Vec::new();
        let mut at = Some(key);
        while let Some(key) = at {
            let lists = [(self.fitted)(), facts()].into_iter().flatten();
            all.extend(lists.filter(|fact| fact.stack == key));
            at = base(key);
        }
        Known(all)
    }

    fn holds(&self, key: &str, field: &str) -> Option<&'static Fact> {
        self.known(key).holds(field)
    }

    fn stack(&self, key: &'static str) -> Option<Stack> {
        let name = facts_of(key).find(|fact| fact.field == "name")?;
        let techniques = techniques(key)?;
        let own = self.known(key);
        Some(Stack {
            key: key.to_owned(),
            name: name.value.clone(),
            version: own.text("version")?.to_owned(),
            date: own.text("date")?.to_owned(),
            source: name.source.clone(),
            techniques,
            exclusions: exclusions(key, techniques)?,
            profile: own.profile()?,
            paces: self.paces(key),
            spreads: spreads(key),
        })
    }

    /// Paces of accelerators, in fields such as `pace@h100-sxm/fp8` with the pace and that of attention: its own, then
    /// those of the stack it is based on.
    fn paces(&self, key: &str) -> Vec<Pace> {
        let pace = |fact: &Fact| {
            let (accelerator, precision) = fact.field.strip_prefix("pace@")?.split_once('/')?;
            let (ratio, attention) = fact.value.split_once(' ')?;
            let ratio = Ratio::checked(ratio.parse().ok()?)?;
            let attention = Ratio::checked(attention.parse().ok()?)?;
            let (accelerator, precision) = (accelerator.to_owned(), precision.to_owned());
            Some(Pace { accelerator, precision, ratio, attention })
        };
        let own = (self.fitted)().iter().filter(|fact| fact.stack == key).filter_map(pace);
        let mut all: Vec<Pace> = own.collect();
        all.extend(base(key).map(|base| self.paces(base)).unwrap_or_default());
        all
    }
}

/// Ranges of a stack (`data/ranges.csv`): its own by generation, then those of any stack, then the widest.
fn spreads(key: &str) -> Vec<Spread> {
    static TABLE: OnceLock<Table> = OnceLock::new();
    let table = TABLE.get_or_init(|| Table::read(include_str!("data/ranges.csv")));
    let spread = |row: Row<'_>| {
        let ratio = |column: &str| Ratio::checked(row.number(column)?);
        Some(Spread {
            stack: row.text("stack").to_owned(),
            generation: row.text("generation").to_owned(),
            time: (ratio("time_low")?, ratio("time_high")?),
            memory: (ratio("memory_low")?, ratio("memory_high")?),
            groups: row.count("groups")?,
            rows: row.count("rows")?,
            basis: row.text("basis").to_owned(),
        })
    };
    let of = |stack: &str| {
        table.rows().filter(|row| row.text("stack") == stack).filter_map(spread).collect::<Vec<_>>()
    };
    let mut all = of(key);
    if all.is_empty() {
        all = base(key).map(spreads).unwrap_or_default();
    } else {
        all.extend(of(""));
    }
    if all.is_empty() { of("") } else { all }
}

fn techniques(key: &str) -> Option<Techniques> {
    let lines = lines(key, "techniques");
    let mut names = lines.iter().flat_map(|fact| fact.value.split_whitespace());
    names.try_fold(Techniques::NONE, |all, name| Some(all.with(Technique::from_key(name)?)))
}

/// Pairs that a stack cannot run together, of those that it can run alone.
fn exclusions(key: &str, own: Techniques) -> Option<Vec<Exclusion>> {
    let lines = lines(key, "exclude");
    let exclusion = |fact: &'static Fact| {
        let (pair, reason) = fact.value.split_once(':')?;
        let (first, second) = pair.split_once('+')?;
        Some(Exclusion {
            first: Technique::from_key(first.trim())?,
            second: Technique::from_key(second.trim())?,
            reason: reason.trim().to_owned(),
        })
    };
    let mut all: Vec<Exclusion> = lines.into_iter().map(exclusion).collect::<Option<_>>()?;
    all.retain(|pair| own.has(pair.first) && own.has(pair.second));
    Some(all)
}
