//! Memory of one accelerator, by part, each with where it comes from.

use super::{Deployed, allocated, longest_text};
use crate::catalogue::accelerators;
use crate::estimate::serve::{Bound, ServeMemoryPart as M, Serving, cores};
use crate::plan::part::{Group, Leaf, tree};
use crate::plan::{Amount, Derivation, Figure, Part};
use crate::serving::{Fills, Service, WeightFormat};
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
        derivation: derivation(own, part, memory.get(part)),
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

/// The cache as engines allocate it that make room for what their command asks for, whether or not anybody comes.
fn cache(own: &Deployed<'_>) -> Option<Leaf<Bytes>> {
    let tokens = allocated(own)?;
    let slots = own.own.batch.max(1);
    let amount = own.serving().slots(slots, tokens);
    let each = fine::bytes(Bytes::from_f64(amount.as_f64() / tokens.as_f64().max(1.0)));
    let text = format!("{} × {each} = {}", fine::count(tokens.get()), fine::bytes(amount));
    let by = match own.ask.engine.key.starts_with("llamacpp") {
        true => "llama.cpp allocates the whole context at its start (--ctx-size), shared by",
        false => "The cache is allocated whole at the start, for one length in each of",
    };
    let source =
        format!("{by} {slots} {}. {}", show::plural(slots.into(), "slot"), longest_text(own));
    let formula = "tokens of context × bytes of one, the mean over layers with windows and without";
    let mut derivation = Derivation::of(formula, text, &source);
    derivation.constants = vec!["allocates".to_owned(), "splits_cores".to_owned()];
    derivation.parts = vec![token(own), room(own)];
    Some(Leaf {
        id: "memory.cache".to_owned(),
        label: "Keys and values",
        amount,
        derivation,
        children: Vec::new(),
    })
}

/// Ranks that the engine makes of one accelerator.
#[must_use]
pub fn ranks_each(own: &Deployed<'_>) -> u32 {
    cores(&own.service)
}

/// What weights, activations and runtime leave of the memory, as the engine works it out.
pub(super) fn room(own: &Deployed<'_>) -> Figure {
    let memory = own.serving().memory();
    let left = &memory.left;
    let engine = &own.service.engine;
    let part = |part: M| fine::bytes(memory.get(part));
    let [weights, activations, graphs, context] =
        [M::Weights, M::Activations, M::Graphs, M::Context].map(part);
    let (all, room) = (fine::bytes(left.usable), fine::bytes(left.room));
    let share = fine::number(memory.share);
    let bare = format!("{all} − {weights} − {activations} − {context} − {graphs}");
    let (formula, text) = match (left.bound, engine.memory.fills) {
        (Bound::Little, _) => (
            "2% of the memory, the share raised so far as that takes",
            format!("{all} × 2% = {room}"),
        ),
        (Bound::Few, _) => (
            "memory that programs find × share − what weights, runtime and steps of 512 rows \
             take at least",
            format!("{all} × {share} − {} = {room}", fine::bytes(left.needed)),
        ),
        (Bound::Raised, _) => (
            "memory that programs find − what weights, runtime and steps of 512 rows take at least",
            format!("{all} − {} = {room}", fine::bytes(left.needed)),
        ),
        (Bound::Memory, _) => {
            ("memory that programs find − weights − activations − runtime − captured graphs", bare)
        }
        (_, Fills::Free) => (
            "(memory that programs find − weights − activations − runtime − captured graphs) × \
             share of what is free",
            format!("({bare}) × {share}"),
        ),
        (_, Fills::Static) => (
            "(memory that programs find − runtime) × share − weights",
            format!("({all} − {context}) × {share} − {weights}"),
        ),
        _ => (
            "memory that programs find × share − weights − activations − runtime",
            format!("{all} × {share} − {weights} − {activations} − {context}"),
        ),
    };
    let text = if text.contains('=') { text } else { format!("{text} = {room}") };
    let short = left.room == Bytes::ZERO;
    let text = if short { format!("{room} = {room}") } else { text };
    let source = "memory that programs find: catalogue, usable.csv; the parts open below the \
        memory of one accelerator (estimate/serve/memory)";
    let mut derivation = Derivation::of(formula, text, source);
    derivation.constants = ["fraction", "fills"].map(str::to_owned).to_vec();
    Figure { id: "room", label: "Room for the cache", amount: Amount::Bytes(left.room), derivation }
}

/// Bytes that one more token takes, kind by kind of layer.
pub(super) fn token(own: &Deployed<'_>) -> Figure {
    let serving = own.serving();
    let bytes = Ratio::new(own.formats.1.bits().get() / 8.0);
    // Kinds of layers that hold the same are one.
    let mut kinds: Vec<(Ratio, Ratio, Ratio)> = Vec::new();
    for (layers, heads, width) in serving.token_kinds() {
        match kinds.iter_mut().find(|own| (own.1, own.2) == (heads, width)) {
            Some(own) => own.0 = Ratio::new(own.0.get() + layers.get()),
            None => kinds.push((layers, heads, width)),
        }
    }
    let term = |(layers, heads, width)| [layers, heads, width, bytes].map(fine::number).join(" × ");
    let terms: Vec<String> = kinds.into_iter().map(term).collect();
    let each = serving.memory().left.token;
    let text = match terms.is_empty() {
        true => format!("{} = {}", fine::bytes(each), fine::bytes(each)),
        false => format!("{} = {}", terms.join(" + "), fine::bytes(each)),
    };
    let source = "layers of the fullest stage; heads are split over tensor-parallel ranks, each \
        held once at least by every rank; a latent is one head that every rank holds";
    let formula = "layers × heads that one accelerator holds × numbers of a head, keys and \
        values × bytes of a number";
    let mut derivation = Derivation::of(formula, text, source);
    if cores(&own.service) > 1 {
        derivation.constants = vec!["splits_cores".to_owned()];
    }
    Figure { id: "token", label: "One token", amount: Amount::Bytes(each), derivation }
}

/// Cached tokens of an instance: whole blocks of the room.
pub(super) fn tokens(own: &Deployed<'_>) -> Derivation {
    let memory = own.serving().memory();
    let left = &memory.left;
    let groups = fine::count(own.own.at.instance.dp.max(1).into());
    let (block, blocks) = (fine::count(left.block.into()), fine::count(left.blocks));
    let state = match left.state {
        Bytes::ZERO => fine::bytes(left.room),
        state => format!("({} − {})", fine::bytes(left.room), fine::bytes(state)),
    };
    let mut text = format!("{state} / ({block} × {}) = {blocks}", fine::bytes(left.token));
    text = format!("{blocks} × {block} × {groups} = {}; {text}", fine::count(memory.tokens.get()));
    let mut derivation = Derivation::of(
        "blocks × tokens of a block × attention groups; blocks: room / bytes of one, rounded down",
        text,
        "as the engine computes it at start-up (estimate/serve/memory)",
    );
    derivation.constants = vec!["block".to_owned()];
    derivation.parts = vec![room(own), token(own)];
    derivation
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

fn derivation(own: &Deployed<'_>, part: M, amount: Bytes) -> Derivation {
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
            let guessing = own.serving().guessing_weights();
            let bits = amount.less(guessing).as_f64() * 8.0 * ranks / params.max(1.0);
            let (params, ranks) =
                (fine::count(Params::new(params as u64).get()), fine::number(Ratio::new(ranks)));
            let bits = fine::number(Ratio::new(bits));
            let formula = "parameters × mean bits / 8 / accelerators of an instance";
            let text = format!("{params} × {bits} bits / 8 / {ranks}");
            let source = "each matrix in its own format: tables, norms and router in 16 bits, and \
                what is held more than once counted as often (estimate/serve/memory)";
            if guessing == Bytes::ZERO {
                return of(formula, format!("{text} = {is}"), source, &[]);
            }
            let guesses = match own.ask.model.mtp_layers > 0 {
                true => "its own layers for further tokens",
                false => {
                    "the draft: in 16 bits a layer as one token uses it, a projection and a head \
                     of 32,000 words, as EAGLE-3 has them"
                }
            };
            of(
                &format!("{formula} + what guesses ahead"),
                format!("{text} + {} = {is}", fine::bytes(guessing)),
                &format!("{source}; what guesses ahead is {guesses}, whose cache is counted too"),
                &[],
            )
        }
        M::Cache => pool(own, amount),
        M::Activations => activations(own, amount),
        M::Graphs => of(
            "graphs that replay steps of decoding",
            format!("{is} = {is}"),
            "measured at start-up",
            &["graphs_gib"],
        ),
        _ => {
            let rule = &engine.memory;
            let beside = Bytes::from_f64(amount.as_f64() - rule.context.as_f64());
            let text = format!("{} + {} = {is}", fine::bytes(rule.context), fine::bytes(beside));
            let several = own.own.at.instance.ranks() > 1;
            let constants: &[&str] =
                if several { &["context_gib", "communicators_gib"] } else { &["context_gib"] };
            of(
                "runtime and driver + communicators of several ranks",
                text,
                "measured at start-up",
                constants,
            )
        }
    }
}

/// The pool of the cache: its room, less states that do not grow.
fn pool(own: &Deployed<'_>, amount: Bytes) -> Derivation {
    let left = own.serving().memory().left;
    let (room_is, state) = (fine::bytes(left.room), fine::bytes(left.state));
    let mut derivation = if left.state == Bytes::ZERO {
        room(own).derivation
    } else {
        let text = format!("{room_is} − {state} = {}", fine::bytes(amount));
        let formula = "room for the cache − states of one sequence that do not grow";
        let mut own_text = Derivation::of(formula, text, "estimate/serve/memory");
        own_text.parts = vec![room(own)];
        own_text
    };
    derivation.parts.push(Figure {
        id: "cache_tokens",
        label: "Tokens of the instance",
        amount: Amount::Count(own.serving().memory().tokens.get()),
        derivation: tokens(own),
    });
    derivation
}

/// The most that is alive in the engine's trial run.
fn activations(own: &Deployed<'_>, amount: Bytes) -> Derivation {
    let peak = own.serving().peak();
    let is = fine::bytes(amount);
    let number = |value: f64| fine::number(Ratio::new(value));
    let (rows, each) = peak.layer;
    let (sequences, words, drawn) = peak.draw;
    let layer =
        format!("{} × {}", fine::count(rows.get()), fine::bytes(Bytes::from_f64(each.get())));
    let draw = format!(
        "{} × {} × {}",
        fine::count(sequences.into()),
        fine::count(words.into()),
        number(drawn.get())
    );
    let (text, constants): (String, &[&str]) = if sequences == 0 {
        (format!("{layer} = {is}"), &["chunk", "activations", "gathers_rows"])
    } else {
        let field = match own.service.engine.memory.sampled_large == sequences {
            true => "sampled_large",
            false => "sampled",
        };
        let all: &[&str] = match field {
            "sampled" => &["chunk", "activations", "gathers_rows", "sampled", "drawn_bytes"],
            _ => &["chunk", "activations", "gathers_rows", "sampled_large", "drawn_bytes"],
        };
        (format!("max({layer}, {draw}) = {is}"), all)
    };
    let mut derivation = Derivation::of(
        "the larger of: rows of the largest step × bytes of one row; sequences that are drawn for \
         × words of the vocabulary × bytes of each",
        text,
        "what the engine's own trial run keeps alive: a layer, its experts' buffers with it, or \
         the draw of next tokens (estimate/serve/memory); a batch limit bounds the draw",
    );
    derivation.constants = constants.iter().map(|name| (*name).to_owned()).collect();
    derivation
}
