//! Deployments in words.

use super::Deployed;
use crate::catalogue::formats::{self, FormatRow};
use crate::search::deploy::Candidate;
use crate::serving::{Ask, Demand, Instance, KvFormat};
use crate::units::Ratio;
use crate::units::text::{fine, show};

/// How one instance lies: `TP 4 · PP 2`; `1 accelerator` where nothing is split.
#[must_use]
pub fn instance_text(instance: &Instance) -> String {
    let named =
        [("TP", instance.tp), ("PP", instance.pp), ("DP", instance.dp), ("EP", instance.ep)];
    let parts: Vec<String> =
        named.iter().filter(|(_, n)| *n > 1).map(|(name, n)| format!("{name} {n}")).collect();
    if parts.is_empty() { "one accelerator".to_owned() } else { parts.join(" \u{b7} ") }
}

/// A layout with machine and formats: `TP 4 · fp8, cache fp16 · H200 SXM`.
#[must_use]
pub fn layout_text(ask: &Ask, at: &Candidate) -> String {
    let instance = instance_text(&at.instance);
    let Some(machine) = ask.machines.get(at.machine) else { return instance };
    let formats = machine.formats.get(at.format);
    let formats = formats.map_or_else(String::new, |(weights, cache)| {
        format!("{}, cache {}", weights.key(), cache_name(&ask.engine.key, *cache))
    });
    format!("{instance} \u{b7} {formats} \u{b7} {}", machine.label)
}

/// That the engine has formats on an accelerator, where no source confirms it, what to know of them, and what was read.
#[must_use]
pub fn doubts(own: &Deployed<'_>) -> Vec<(String, &'static str)> {
    let (engine, generation) = (&own.ask.engine, &own.machine.cluster.accelerator.generation);
    let [weights, cache] = formats::doubted(&engine.key, generation, own.formats);
    let said = |what: String, row: &'static FormatRow| {
        let (engine, label) = (&engine.name, &own.machine.label);
        (format!("Not verified: that {engine} has {what} on {label}."), row.source.as_str())
    };
    let weights = weights.map(|row| said(format!("{} weights", own.formats.0.key()), row));
    let cache = cache.map(|row| said(format!("an {} cache", own.formats.1.key()), row));
    let said = formats::said(&engine.key, generation, own.formats.0).map(|row| {
        let text = format!("{} under {} is {}.", own.formats.0.key(), engine.name, row.said);
        (text, row.source.as_str())
    });
    weights.into_iter().chain(cache).chain(said).collect()
}

/// Name of a cache format for people: 16 bits are the activations' own, which llama.cpp alone keeps as fp16.
#[must_use]
pub fn cache_name(engine: &str, cache: KvFormat) -> &'static str {
    match cache {
        KvFormat::Wide if !engine.starts_with("llamacpp") => "bf16",
        _ => cache.key(),
    }
}

/// What is asked of the deployment: `10 requests/s`.
#[must_use]
pub fn load_text(own: &Deployed<'_>) -> String {
    match own.ask.demand {
        Demand::Most => "as much as it can".to_owned(),
        Demand::Rate(rate) => show::frequency(rate),
        Demand::InFlight(n) => format!("{} requests in flight", show::grouped(n.into())),
    }
}

/// A number in a derivation.
pub(super) fn number(value: f64) -> String {
    let text = fine::number(Ratio::new(value));
    // Four digits that show no fraction where there is one would say that there is none.
    let whole = value >= 1e5 || (value - value.floor()).abs() < 1e-9 || text.contains('.');
    if whole { text } else { show::fixed(value, 2) }
}
