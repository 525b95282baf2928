//! Memory of one accelerator, by part, each with where it comes from.

use super::{Deployed, allocated, longest_text};
use crate::catalogue::accelerators;
use crate::estimate::serve::{ServeMemoryPart as M, Serving};
use crate::plan::part::{Group, Leaf, tree};
use crate::plan::{Derivation, Part};
use crate::serving::{Service, WeightFormat};
use crate::units::text::{fine, show};
use crate::units::{Bytes, Params, Ratio};

/// Whether the accelerators of an instance hold the weights in 16 bits, as they do until an engine has made 8 of them
/// (vllm-project/vllm pull 31914 of 2026-01 ended that for vLLM).
#[must_use]
pub fn holds_wide(own: &Deployed<'_>) -> bool {
    let wide = Service { weights: WeightFormat::Bf16, ..own.service.clone() };
    let memory = Serving::new(&wide, &own.own.at.instance).memory();
    let needs = memory.get(M::Weights) + memory.get(M::Context);
    let accelerator = &own.machine.cluster.accelerator;
    needs.as_f64() < accelerator.memory.as_f64() * accelerator.usable.get()
}

/// Memory that is taken on the fullest accelerator, as the engine fills it.
#[must_use]
pub fn memory(own: &Deployed<'_>) -> Part {
    let serving = own.serving();
    let memory = serving.memory();
    let leaf = |part: M, id: &str, label: &'static str| Leaf {
        id: format!("memory.{id}"),
        label,
        amount: memory.get(part),
        derivation: derivation(own, part, memory.get(part), memory.tokens.as_f64()),
        children: Vec::new(),
    };
    let mut leaves: Vec<Leaf<Bytes>> = vec![
        leaf(M::Weights, "weights", "Weights"),
        cache(own).unwrap_or_else(|| leaf(M::Cache, "cache", "Keys and values")),
        leaf(M::Activations, "activations", "Activations"),
        leaf(M::Graphs, "graphs", "Captured graphs"),
        leaf(M::Context, "context", "Driver and runtime"),
    ];
    leaves.extend(kept(own));
    tree("memory", "Memory of one accelerator", vec![Group { id: "", label: "", leaves }])
}

/// The cache as llama.cpp allocates it: what its command asks for, whether or not anybody comes.
fn cache(own: &Deployed<'_>) -> Option<Leaf<Bytes>> {
    let tokens = allocated(own)?;
    let slots = own.own.batch.max(1);
    let amount = own.serving().slots(slots, tokens);
    let each = fine::bytes(Bytes::from_f64(amount.as_f64() / tokens.as_f64().max(1.0)));
    let text = format!("{} × {each} = {}", fine::count(tokens.get()), fine::bytes(amount));
    let source = format!(
        "llama.cpp allocates the whole context at its start (--ctx-size), shared by {slots} {}. {}",
        show::plural(slots.into(), "slot"),
        longest_text(own)
    );
    let formula = "tokens of context × bytes of one, the mean over layers with windows and without";
    Some(Leaf {
        id: "memory.cache".to_owned(),
        label: "Keys and values",
        amount,
        derivation: Derivation::of(formula, text, &source),
        children: Vec::new(),
    })
}

/// Share of a memory above which what programs do not get is a part of its own.
const KEPT: f64 = 0.05;

/// What the system keeps where processor and accelerator share one memory.
fn kept(own: &Deployed<'_>) -> Option<Leaf<Bytes>> {
    let accelerator = &own.machine.cluster.accelerator;
    let share = 1.0 - accelerator.usable.get();
    let amount = Bytes::from_f64(accelerator.memory.as_f64() * share);
    let text = format!(
        "{} × {} = {}",
        fine::bytes(accelerator.memory),
        fine::percent(Ratio::new(share)),
        fine::bytes(amount)
    );
    let formula = "memory × share that programs do not get";
    let source = accelerators::usable_source(&own.machine.key, &accelerator.generation);
    (share > KEPT).then(|| Leaf {
        id: "memory.kept".to_owned(),
        label: "Kept by the system",
        amount,
        derivation: Derivation::of(formula, text, &source),
        children: Vec::new(),
    })
}

fn derivation(own: &Deployed<'_>, part: M, amount: Bytes, tokens: f64) -> Derivation {
    let of = |formula: &str, substituted: String, source: &str, constants: &[&str]| Derivation {
        formula: formula.to_owned(),
        substituted,
        source: source.to_owned(),
        constants: constants.iter().map(|name| (*name).to_owned()).collect(),
        parts: Vec::new(),
    };
    let engine = &own.service.engine;
    let is = fine::bytes(amount);
    match part {
        M::Weights => {
            let params = own.ask.model.params().total as f64;
            let ranks = own.own.at.instance.ranks().max(1) as f64;
            let bits = amount.as_f64() * 8.0 * ranks / params.max(1.0);
            let (params, ranks) =
                (fine::count(Params::new(params as u64).get()), fine::number(Ratio::new(ranks)));
            let bits = fine::number(Ratio::new(bits));
            of(
                "parameters × mean bits / 8 / accelerators of an instance",
                format!("{params} × {bits} bits / 8 / {ranks} = {is}"),
                "each matrix in its own format: tables, norms and router in 16 bits, and what is \
                 held more than once counted as often (estimate/serve/memory)",
                &[],
            )
        }
        M::Cache => {
            let groups = f64::from(own.own.at.instance.dp.max(1));
            let (tokens, groups) = (fine::count(tokens as u64), fine::number(Ratio::new(groups)));
            let each = fine::bytes(own.serving().token_bytes());
            of(
                "cached tokens / attention groups × bytes of one token, to the next whole block",
                format!("{tokens} / {groups} × {each} = {is}"),
                "the engine gives the cache what its share of the memory leaves, in whole blocks",
                &["fraction", "fills", "block"],
            )
        }
        M::Activations => {
            let rows = f64::from(engine.chunk).min(8192.0);
            let each = Bytes::from_f64(amount.as_f64() / rows.max(1.0));
            let rows = fine::number(Ratio::new(rows));
            of(
                "rows of the largest step × bytes of one row, its share of the logits with it",
                format!("{rows} × {} = {is}", fine::bytes(each)),
                "what the engine's own trial run of its largest step keeps alive",
                &["chunk", "activations"],
            )
        }
        M::Graphs => of(
            "graphs that replay steps of decoding",
            format!("{is} = {is}"),
            "measured at start-up",
            &["graphs_gib"],
        ),
        _ => of(
            "driver, runtime and communicators",
            format!("{is} = {is}"),
            "measured at start-up",
            &["context_gib", "communicators_gib"],
        ),
    }
}
