//! Training stacks: what each can run, what it cannot run together, and how well it runs.
//!
//! The table has one line for each fact, so that every constant carries its own source.

use super::accelerators;
use super::constants::PACE_AT;
use super::facts::{Book, Known, in_force, read, said};
use super::table::{Row, Table};
use crate::stack::{
    Exclusion, Overlap, Own, Pace, Profile, Spread, Stack, Technique, Techniques, WeightCopies,
};
use crate::units::{Bytes, Ratio, Seconds};
use std::sync::OnceLock;

pub use super::facts::Fact;

/// The stack that can run everything: for study, no software does.
pub const UNCONSTRAINED: &str = "unconstrained";

/// All stacks, in the order of the table.
#[must_use]
pub fn all() -> &'static [Stack] {
    static STACKS: OnceLock<Vec<Stack>> = OnceLock::new();
    STACKS.get_or_init(|| keys().into_iter().filter_map(|key| stack(FITTED, key)).collect())
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
    FACTS.get_or_init(|| read(include_str!("data/stacks.csv")))
}

/// What the table says about one stack.
pub fn facts_of(key: &str) -> impl Iterator<Item = &'static Fact> {
    facts().iter().filter(move |fact| fact.of == key)
}

/// Keys of the stacks in the table, whether or not their facts make a stack.
#[must_use]
pub fn keys() -> Vec<&'static str> {
    FITTED.keys()
}

/// What the fit found: read before what the table states.
#[must_use]
pub fn fitted() -> &'static [Fact] {
    static FACTS: OnceLock<Vec<Fact>> = OnceLock::new();
    FACTS.get_or_init(|| read(include_str!("data/fitted.csv")))
}

/// The fact that holds for a field: as fitted, as stated, else that of the stack that it is based on.
#[must_use]
pub fn holds(key: &str, field: &str) -> Option<&'static Fact> {
    FITTED.holds(key, field)
}

/// The same of a stack that may be the user's own.
#[must_use]
pub fn in_stack(stack: &Stack, field: &str) -> Option<Fact> {
    in_force(stack.own.as_ref(), &stack.key, field, holds(&stack.key, field))
}

/// The stack of that key as stated, before any fit.
#[must_use]
pub fn stated(key: &str) -> Option<Stack> {
    let key = keys().into_iter().find(|known| *known == key)?;
    stack(STATED, key)
}

/// The stack of that key with what the user says of it, named as said there. No run of it was measured, unless
/// nothing but its name is new.
#[must_use]
pub fn with_own(base: &Stack, own: Own, name: &str, version: &str) -> Option<Stack> {
    let key = keys().into_iter().find(|known| *known == base.key)?;
    let said = said(key, &own);
    let known = FITTED.known(key, &said);
    let on = |technique: Technique| match own.value(technique.key()) {
        Some(value) => value == ON,
        None => base.techniques.has(technique),
    };
    let techniques = Technique::ALL.iter().copied().filter(|technique| on(*technique));
    let techniques = techniques.fold(Techniques::NONE, Techniques::with);
    let mut paces: Vec<Pace> = said.iter().filter_map(|fact| pace(fact, Some(base))).collect();
    paces.extend(base.paces.iter().cloned());
    Some(Stack {
        name: name.to_owned(),
        version: version.to_owned(),
        date: String::new(),
        techniques,
        exclusions: exclusions(key, techniques)?,
        profile: profile(&known)?,
        paces,
        spreads: if own.changes.is_empty() { base.spreads.clone() } else { spreads_of("") },
        own: Some(own),
        ..base.clone()
    })
}

/// The value of a technique that the user's own stack has.
pub const ON: &str = "on";
/// The value of one that it lacks.
pub const OFF: &str = "off";

const FITTED: Book = Book { stated: facts, fitted };
const STATED: Book = Book { stated: facts, fitted: || &[] };

/// The stack that one takes what it does not state from.
fn base(key: &str) -> Option<&'static str> {
    FITTED.base(key)
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

fn profile(known: &Known<'_>) -> Option<Profile> {
    let mebi = known.number("context_gib")? * 1024.0;
    Some(Profile {
        matmul: known.ratio("matmul")?,
        narrow_matmul: known.ratio("narrow_matmul")?,
        narrow_weight_gradient: known.ratio("narrow_weight_gradient")?,
        attention: known.ratio("attention")?,
        pointwise_passes: known.ratio("pointwise_passes")?,
        pointwise_ffn_passes: known.ratio("pointwise_ffn_passes")?,
        kernels_per_layer: known.ratio("kernels_per_layer")?,
        kernels_per_moe: known.ratio("kernels_per_moe")?,
        accumulate_bytes: known.ratio("accumulate_bytes")?,
        cast_bytes: known.ratio("cast_bytes")?,
        kernels_per_chunk: known.ratio("kernels_per_chunk")?,
        kernels_per_expert: known.ratio("kernels_per_expert")?,
        launch: Seconds::us(known.number("launch_us")?),
        collective: Seconds::us(known.number("collective_us")?),
        step_overhead: Seconds::us(known.number("step_overhead_ms")? * 1e3),
        link_inside: known.ratio("link_inside")?,
        link_outside: known.ratio("link_outside")?,
        overlap: overlap(known)?,
        weights: weights(known)?,
        experts_deduplicated: known.is("experts_deduplicated")?,
        expert_outputs_kept: known.is("expert_outputs_kept")?,
        gathers_in_rings: known.is("gathers_in_rings")?,
        dispatch_bytes: known.count("dispatch_bytes")?,
        eager_norm_bytes: known.count("eager_norm_bytes")?,
        products_again: known.is("products_again")?,
        stops_early: known.is("stops_early")?,
        logit_bytes: known.count("logit_bytes")?,
        context: Bytes::mib(mebi as u64),
        slack: known.ratio("slack")?,
        straggler: known.ratio("straggler")?,
    })
}

fn overlap(known: &Known<'_>) -> Option<Overlap> {
    let share = |kind: &str| known.ratio(&format!("overlap_{kind}"));
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

fn weights(known: &Known<'_>) -> Option<WeightCopies> {
    Some(WeightCopies {
        working: known.count("working")?,
        working_narrow: known.count("working_narrow")?,
        gathered: known.count("gathered")?,
        gathered_by_matrix: known.is("gathered_by_matrix")?,
        quantised: known.count("quantised")?,
        wire_gradient: known.count("wire_gradient")?,
        update: known.count("update")?,
        working_is_master: known.is("working_is_master")?,
    })
}

fn stack(book: Book, key: &'static str) -> Option<Stack> {
    let name = facts_of(key).find(|fact| fact.field == "name")?;
    let techniques = techniques(key)?;
    let known = book.known(key, &[]);
    Some(Stack {
        key: key.to_owned(),
        name: name.value.clone(),
        version: known.text("version")?.to_owned(),
        date: known.text("date")?.to_owned(),
        source: name.source.clone(),
        techniques,
        exclusions: exclusions(key, techniques)?,
        profile: profile(&known)?,
        paces: paces(book, key),
        spreads: spreads(key),
        own: None,
    })
}

/// Paces of accelerators: its own, then those of the stack it is based on.
fn paces(book: Book, key: &str) -> Vec<Pace> {
    let own = (book.fitted)().iter().filter(|fact| fact.of == key);
    let mut all: Vec<Pace> = own.filter_map(|fact| pace(fact, None)).collect();
    all.extend(base(key).map(|base| paces(book, base)).unwrap_or_default());
    all
}

/// A field such as `pace@h100-sxm/fp8` with the pace and that of attention; where the latter is not said, it is that
/// of the base.
fn pace(fact: &Fact, base: Option<&Stack>) -> Option<Pace> {
    let (accelerator, precision) = fact.field.strip_prefix(PACE_AT)?.split_once('/')?;
    let (ratio, attention) = fact.value.split_once(' ').unwrap_or((&fact.value, ""));
    let of_base = || {
        let row = accelerators::find(accelerator);
        let generation = row.map_or("", |row| &row.accelerator.generation);
        let pace = base?.pace(accelerator, generation, precision);
        Some(pace.map_or(Ratio::ONE, |pace| pace.attention))
    };
    Some(Pace {
        accelerator: accelerator.to_owned(),
        precision: precision.to_owned(),
        ratio: Ratio::checked(ratio.parse().ok()?)?,
        attention: attention.parse().ok().and_then(Ratio::checked).or_else(of_base)?,
    })
}

/// Ranges of a stack (`data/ranges.csv`): its own by generation, then those of any stack, then the widest.
fn spreads(key: &str) -> Vec<Spread> {
    let mut all = spreads_of(key);
    if all.is_empty() {
        all = base(key).map(spreads).unwrap_or_default();
    } else {
        all.extend(spreads_of(""));
    }
    if all.is_empty() { spreads_of("") } else { all }
}

/// The lines of one stack; of none: of any.
fn spreads_of(key: &str) -> Vec<Spread> {
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
    table.rows().filter(|row| row.text("stack") == key).filter_map(spread).collect()
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
