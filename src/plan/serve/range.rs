//! How far measured runs lay from what is said, by the engine's own ranges.

use super::Deployed;
use crate::estimate::serve::ServeMemoryPart;
use crate::plan::{Amount, Basis, Range};
use crate::serving::{Demand, ServeRange};
use crate::units::text::show;
use crate::units::{Bytes, Ratio};

/// Nine of eleven pools in logs of vLLM 0.2 to 0.19, SGLang 0.4 and TensorRT-LLM 0.5 lie within this of what is said
/// (`tests/serve_memory.rs`, `examples/validate_serve`).
const CACHE_OFF: Bytes = Bytes::mib(768);

/// The range of a figure; none for what is counted rather than predicted.
#[must_use]
pub fn range(own: &Deployed<'_>, id: &str, amount: Amount) -> Option<Range> {
    if id == "cache" {
        return cache(own, amount);
    }
    let found = kind(own, id)?;
    let (low, high) = found.1.factor;
    let (low, high) = if found.0 { (inverse(high)?, inverse(low)?) } else { (low, high) };
    Some(Range { low: amount.times(low), high: amount.times(high) })
}

/// The pool of the cache, as far off as the engines' own logs lay from what is said of them: it is what the others leave,
/// so bytes are missed rather than shares.
fn cache(own: &Deployed<'_>, amount: Amount) -> Option<Range> {
    let pool = own.serving().memory().get(ServeMemoryPart::Cache);
    let off = (CACHE_OFF.as_f64() / pool.as_f64().max(1.0)).min(1.0);
    // What rounds to the figure itself is no range.
    if off < 0.01 {
        return None;
    }
    let (low, high) = (Ratio::checked(1.0 - off)?, Ratio::checked(1.0 + off)?);
    Some(Range { low: amount.times(low), high: amount.times(high) })
}

/// On which runs the ranges rest.
#[must_use]
pub fn basis(own: &Deployed<'_>) -> Option<Basis> {
    let (first, further) = (kind(own, "ttft").map(|own| own.1), kind(own, "tpot")?.1);
    let told = |range: &ServeRange| {
        let engine = if range.engine.is_empty() { "any engine" } else { &own.ask.engine.name };
        let machine = if range.generation.is_empty() { "any hardware" } else { &range.generation };
        format!("{} runs of {engine} on {machine}", show::grouped(range.rows.into()))
    };
    let all = match first {
        Some(first) if told(first) != told(further) => {
            format!("{} (time a token) and {} (first token)", told(further), told(first))
        }
        _ => told(further),
    };
    let engine = &own.ask.engine;
    let unseen = match further.engine.is_empty() && engine.own.is_some() {
        true => format!("No run of {} was measured, so ranges are those of any: ", engine.told()),
        false => String::new(),
    };
    let text = format!(
        "{unseen}80% of {all} lay within these ranges of what was said before they were seen \
         (docs/accuracy_serve.md)."
    );
    Some(Basis { text, measured: !further.engine.is_empty() })
}

/// The range that a figure goes by, and whether it is one of its reciprocal.
fn kind<'a>(own: &Deployed<'a>, id: &str) -> Option<(bool, &'a ServeRange)> {
    let engine = &own.ask.engine;
    let generation = &own.machine.cluster.accelerator.generation;
    let of = |figure: &str, mode: &str| engine.range(figure, generation, mode);
    let alone = own.own.batch <= 1;
    let loaded = if own.ask.demand == Demand::Most { "offline" } else { "closed" };
    match id {
        "ttft" => Some((false, of("ttft", "closed")?)),
        // Of single streams, tokens a second were measured more often than the time of one.
        "tpot" if alone => Some((true, of("tok_s", "single")?)),
        "tpot" => Some((false, of("tpot", "closed")?)),
        "full" | "speed" => Some((false, of("tok_s", loaded)?)),
        "tokens_per_s" | "tokens_per_gpu" if own.ask.demand == Demand::Most => {
            Some((false, of("tok_s", loaded)?))
        }
        "whole_price" | "input_price" | "output_price" | "all_price"
            if own.ask.demand == Demand::Most =>
        {
            Some((true, of("tok_s", loaded)?))
        }
        _ => None,
    }
}

fn inverse(factor: Ratio) -> Option<Ratio> {
    Ratio::checked(1.0 / factor.get())
}
