//! How far measured runs lay from what is said, by the engine's own ranges.

use super::{Deployed, allocated};
use crate::estimate::serve::{Sequences, ServeMemoryPart};
use crate::plan::{Amount, Basis, Range};
use crate::serving::{Demand, ServeRange};
use crate::units::text::show;
use crate::units::{Bytes, Ratio, Seconds};

/// Nine of eleven pools in logs of vLLM 0.2 to 0.19, SGLang 0.4 and TensorRT-LLM 0.5 lie within this of what is said
/// (`tests/serve_memory.rs`, `examples/validate_serve`).
const CACHE_OFF: Bytes = Bytes::mib(768);

/// The range of a figure; none for what is counted rather than predicted.
#[must_use]
pub fn range(own: &Deployed<'_>, id: &str, amount: Amount) -> Option<Range> {
    if id == "cache" {
        return cache(own, amount);
    }
    if id == "speed" {
        return speed(own);
    }
    let found = kind(own, id)?;
    let (low, high) = found.1.factor;
    let (low, high) = if found.0 { (inverse(high)?, inverse(low)?) } else { (low, high) };
    // No run beats the memory's rate and the peak.
    let (low, high) = match bound(own, id) {
        Bound::Time(least) => {
            let least = Ratio::new((least.get() / amount.value().get().max(1e-12)).min(1.0));
            (low.max(least), high.max(least))
        }
        Bound::Share(least) if found.0 || id == "tpot" => (low.max(least), high.max(least)),
        Bound::Share(least) => {
            let most = inverse(least)?;
            (low.min(most), high.min(most))
        }
    };
    Some(Range { low: amount.times(low), high: amount.times(high) })
}

/// The range of the speed of one answer: that of its time a token, turned over, so that the two agree.
fn speed(own: &Deployed<'_>) -> Option<Range> {
    let range = range(own, "tpot", Amount::Time(own.own.now.per_token))?;
    let over = |time: Amount| Ratio::checked(1.0 / time.value().get()).map(Amount::TokenRate);
    Some(Range { low: over(range.high)?, high: over(range.low)? })
}

/// What physics leaves of a figure.
enum Bound {
    /// It takes at least so long.
    Time(Seconds),
    /// A token takes at least this share of the time that is said.
    Share(Ratio),
}

fn bound(own: &Deployed<'_>, id: &str) -> Bound {
    let serving = own.serving();
    let least = |running: Sequences| {
        let load = serving.decode_load(running, own.context());
        serving.least_step(&load).get() * serving.steps_a_token().get()
    };
    match id {
        "ttft" => {
            let (load, steps) = serving.prompt_load(own.fresh());
            Bound::Time(serving.least_step(&load) * steps.get())
        }
        "tpot" => Bound::Time(Seconds::new(least(own.running()))),
        _ => {
            let full = &own.own.full;
            let share = least(full.running) / full.per_token.get().max(1e-12);
            Bound::Share(Ratio::new(share.clamp(1e-6, 1.0)))
        }
    }
}

/// The pool of the cache, as far off as the engines' own logs lay from what is said of them: it is what the others leave,
/// so bytes are missed rather than shares.
fn cache(own: &Deployed<'_>, amount: Amount) -> Option<Range> {
    if allocated(own).is_some() {
        return None;
    }
    let pool = own.serving().memory().get(ServeMemoryPart::Cache);
    let off = (CACHE_OFF.as_f64() / pool.as_f64().max(1.0)).min(1.0);
    // What rounds to the figure itself, of two digits as ranges are shown, is no range.
    if off < 0.03 {
        return None;
    }
    let count = |share: f64| Amount::Count((amount.value().get() * share) as u64);
    Some(Range { low: count(1.0 - off), high: count(1.0 + off) })
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
    let loaded = if own.ask.demand == Demand::Most { "offline" } else { "closed" };
    match id {
        "ttft" | "tpot" => engine.range_of(id, generation, own.own.batch),
        "full" => Some((false, of("tok_s", loaded)?)),
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
