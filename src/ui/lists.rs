//! What there is to choose from, as the page shows it.

use crate::case;
use crate::catalogue::{accelerators, engines, models, presets, reliability, stacks, support};
use crate::cluster::Cluster;
use crate::inputs::software::items;
use crate::inputs::{Inputs, Key, Kind};
use crate::model::{Ffn, Mixer, Model};
use crate::stack::Technique;
use crate::units::Params;
use crate::units::text::{short, show};
use crate::workload::Precision;

/// Text of the model input when a config.json stands for it.
pub const CONFIG: &str = "config";
/// Text of the model or accelerator input when numbers stand for it.
pub const CUSTOM: &str = "custom";

/// One row of a list to choose from.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Choice {
    /// What the input holds when it is chosen.
    pub key: String,
    /// For people.
    pub label: String,
    /// Beside the label, quieter.
    pub note: String,
    /// Some of its figures no primary source confirmed.
    pub unverified: bool,
}

impl Choice {
    /// A row without a note.
    pub fn plain(key: &str, label: &str) -> Self {
        Self { key: key.to_owned(), label: label.to_owned(), ..Self::default() }
    }
}

/// Models in which the words of a text occur, best first; all for an empty text.
pub fn search_models(text: &str) -> Vec<Choice> {
    let rows: Vec<&models::ModelRow> =
        if text.trim().is_empty() { models::all().iter().collect() } else { models::search(text) };
    rows.into_iter().map(model_choice).collect()
}

fn model_choice(row: &models::ModelRow) -> Choice {
    Choice {
        key: row.key.to_owned(),
        label: row.short_name().to_owned(),
        note: describe(&row.model),
        unverified: false,
    }
}

/// `671.0 B, 37.6 B active · MoE, MLA`.
fn describe(model: &Model) -> String {
    let params = model.params();
    let mut text = show::params(Params::new(params.total));
    if params.active < params.total {
        text.push_str(&format!(", {} active", show::params(Params::new(params.active))));
    }
    let any = |test: &dyn Fn(&Mixer) -> bool| model.kinds.iter().any(|kind| test(&kind.mixer));
    let kinds = [
        (model.experts() > 0, "MoE"),
        (any(&|mixer| matches!(mixer, Mixer::Mla(_))), "MLA"),
        (any(&|mixer| matches!(mixer, Mixer::Linear(_))), "hybrid"),
        (any(&|mixer| matches!(mixer, Mixer::Attention(a) if a.window.is_some())), "windows"),
    ];
    let kinds: Vec<&str> = kinds.iter().filter(|(is, _)| *is).map(|(_, name)| *name).collect();
    if kinds.is_empty() { text } else { format!("{text} · {}", kinds.join(", ")) }
}

/// What the model input shows.
pub fn model_name(text: &str) -> String {
    match text {
        CONFIG => "Pasted config.json".to_owned(),
        CUSTOM => "Own numbers".to_owned(),
        _ => models::find(text).map_or_else(|| text.to_owned(), |row| row.short_name().to_owned()),
    }
}

/// Accelerators in which the words of a text occur, and one's own.
pub fn search_accelerators(text: &str) -> Vec<Choice> {
    let rows: Vec<&accelerators::MachineRow> = if text.trim().is_empty() {
        accelerators::all().iter().collect()
    } else {
        accelerators::search(text)
    };
    let own =
        Choice { note: "by its numbers".to_owned(), ..Choice::plain(CUSTOM, "Own accelerator") };
    rows.into_iter().map(machine_choice).chain([own]).collect()
}

fn machine_choice(row: &accelerators::MachineRow) -> Choice {
    let peak = &row.accelerator.peak;
    let rates = [("bf16", peak.bf16), ("fp16", peak.fp16), ("fp32", peak.fp32)];
    let best = rates.iter().find_map(|(name, rate)| Some((name, (*rate)?)));
    let rate = best
        .map_or_else(String::new, |(name, rate)| format!(" · {} {name}", show::flop_rate(rate)));
    Choice {
        key: row.key.clone(),
        label: row.label.clone(),
        note: format!("{}{rate}", show::bytes(row.accelerator.memory)),
        unverified: !row.verified,
    }
}

/// What the accelerator input shows.
pub fn accelerator_name(text: &str) -> String {
    if text == CUSTOM {
        return "Own accelerator".to_owned();
    }
    accelerators::find(text).map_or_else(|| text.to_owned(), |row| row.label.clone())
}

/// The stacks, with version and date.
pub fn stack_choices() -> Vec<Choice> {
    let choice = |stack: &crate::stack::Stack| Choice {
        key: stack.key.clone(),
        label: if stack.version.is_empty() {
            stack.name.clone()
        } else {
            format!("{} {}", stack.name, stack.version)
        },
        note: stack.date.clone(),
        unverified: false,
    };
    stacks::all().iter().map(choice).collect()
}

/// The engines of models in service, with version and date.
pub fn engine_choices() -> Vec<Choice> {
    let engines = support::engines().iter().filter_map(|key| engines::find(key));
    engines
        .map(|engine| Choice {
            key: engine.key.clone(),
            label: format!("{} {}", engine.name, engine.version),
            note: engine.date.clone(),
            unverified: false,
        })
        .collect()
}

/// The words of an input that takes one of a few.
pub fn words(key: Key) -> Vec<Choice> {
    match key.kind() {
        Kind::Choice(words) => {
            words.iter().map(|word| Choice::plain(word, &name_in(key, word))).collect()
        }
        _ => Vec::new(),
    }
}

/// The name of a word among the choices of an input.
fn name_in(key: Key, word: &'static str) -> String {
    let label = match key {
        Key::Zone => reliability::zone(word).map(|zone| zone.label.clone()),
        Key::Failures => reliability::find(&format!("failures_{word}")).map(|fact| {
            format!("{}: {} {}", fact.label, show::rounded(fact.value.get()), fact.unit)
        }),
        _ => None,
    };
    label.unwrap_or_else(|| name_of(word).to_owned())
}

/// Number formats, those named that the accelerator has no matrix units for.
pub fn precisions(inputs: &Inputs) -> Vec<Choice> {
    let machine = accelerators::find(inputs.get(Key::Accelerator));
    let has = machine.map(|machine| case::formats(&machine.accelerator.peak));
    let own = |key| inputs.typed(key).is_some_and(|rate| !rate.is_empty());
    let mut all = vec![Choice::plain("", "automatic")];
    for mut choice in words(Key::Precision) {
        let format = Precision::ALL.iter().find(|format| format.key() == choice.key);
        let lacks = has.as_ref().zip(format).is_some_and(|(has, format)| !has.contains(format));
        if lacks && !own(peak_of(&choice.key)) {
            choice.note = "not on this accelerator".to_owned();
        }
        all.push(choice);
    }
    all
}

/// The input by which an accelerator is given that format.
fn peak_of(format: &str) -> Key {
    match format {
        "fp32" => Key::PeakFp32,
        "fp16" => Key::PeakFp16,
        "bf16" => Key::PeakBf16,
        "nvfp4" => Key::PeakFp4,
        _ => Key::PeakFp8,
    }
}

fn name_of(word: &'static str) -> &'static str {
    match word {
        "adamw" => "AdamW",
        "adamw8" => "AdamW, 8-bit moments",
        "adafactor" => "Adafactor",
        "muon" => "Muon",
        "sgdm" => "SGD with momentum",
        "lion" => "Lion",
        "mean" => "the mean",
        "p50" => "half (p50)",
        "p90" => "90% (p90)",
        "p95" => "95% (p95)",
        "p99" => "99% (p99)",
        "blocking" => "training waits for each",
        "async" => "written while training goes on",
        "memory" => "also in another host's memory",
        "own" => "by the hour, at the plan's price",
        "demand" => "on demand",
        "1y" => "1-year commitment",
        "3y" => "3-year commitment",
        "block" => "capacity blocks",
        "clouds" => "of several providers",
        "regions" => "regions of one provider",
        "term" => "the whole term",
        "hours" => "the hours of the run",
        _ => Technique::from_key(word).map_or(word, |technique| match technique {
            Technique::OneFOneB => "1F1B",
            Technique::GPipe => "GPipe",
            Technique::Interleaved => "interleaved 1F1B",
            Technique::ZeroBubble => "zero bubble, ZB-H1",
            Technique::ZeroBubbleV => "zero bubble, ZB-V",
            Technique::DualPipe => "DualPipe",
            Technique::BreadthFirst => "breadth first",
            _ => word,
        }),
    }
}

/// Words that a list of the serving inputs may hold: accelerators that the engine runs on, and formats that it has on one
/// of those that stand there.
pub fn suggested(key: Key, inputs: &Inputs) -> Vec<Choice> {
    if key == Key::Sure {
        return [("80%", "four in five"), ("90%", "nine in ten")]
            .map(|(share, words)| Choice::plain(share, words))
            .into();
    }
    let engine = inputs.get(Key::Engine);
    let rows = || accelerators::all().iter().chain(accelerators::edge());
    let can = |row: &accelerators::MachineRow| support::find(engine, &row.accelerator.generation);
    if key == Key::ServeOn {
        let all = rows().filter(|row| can(row).is_some());
        return all.map(|row| Choice::plain(&row.key, &row.label)).collect();
    }
    let mut names: Vec<&str> = Vec::new();
    for word in inputs.get(Key::ServeOn).split(',') {
        let Some(can) = accelerators::find_serving(word.trim()).and_then(can) else { continue };
        match key {
            Key::Weights => names.extend(can.weights.iter().map(|own| own.key())),
            _ => names.extend(can.cache.iter().map(|own| own.key())),
        }
    }
    let mut once: Vec<Choice> = Vec::new();
    for name in names {
        if once.iter().all(|own| own.key != name) {
            once.push(Choice::plain(name, ""));
        }
    }
    once
}

/// The runs to open with one click.
pub fn preset_rows() -> &'static [presets::Preset] {
    presets::all()
}

/// Techniques that the stack of the inputs can run.
pub fn techniques(inputs: &Inputs) -> Vec<Technique> {
    let own = items(inputs.get(Key::OwnStack));
    let has = |technique: &Technique| {
        let own = own.iter().find(|(name, _)| name == technique.key());
        own.map_or_else(|| base_has(inputs, *technique), |(_, value)| value == "on")
    };
    Technique::ALL.iter().copied().filter(has).collect()
}

/// Whether the stack that is chosen can run a technique, whatever is changed about it.
pub fn base_has(inputs: &Inputs, technique: Technique) -> bool {
    let base = stacks::find(inputs.get(Key::Stack));
    base.is_none_or(|base| base.techniques.has(technique))
}

/// The name of the stack or engine that is chosen, whatever is changed about it.
pub fn software_name(key: Key, inputs: &Inputs) -> String {
    let name = match key {
        Key::OwnEngine => engines::find(inputs.get(Key::Engine)).map(|own| &own.name),
        _ => stacks::find(inputs.get(Key::Stack)).map(|own| &own.name),
    };
    name.cloned().unwrap_or_default()
}

/// A model's numbers as inputs, as far as inputs by hand can say them.
pub fn numbers_of(model: &Model) -> Vec<(Key, String)> {
    let attention = model.kinds.iter().find_map(|kind| match &kind.mixer {
        Mixer::Attention(attention) => {
            Some((attention.heads, attention.kv_heads, attention.head_dim))
        }
        Mixer::Mla(mla) => Some((mla.heads, mla.heads, mla.v_head_dim)),
        _ => None,
    });
    let dense = model.kinds.iter().find_map(|kind| match &kind.ffn {
        Ffn::Dense(dense) => Some(dense.width),
        _ => None,
    });
    let moe = model.kinds.iter().find_map(|kind| kind.ffn.moe());
    let is_dense = |kind: &u8| {
        model.kinds.get(usize::from(*kind)).is_some_and(|kind| matches!(kind.ffn, Ffn::Dense(_)))
    };
    let dense_first = model.pattern.iter().take_while(|kind| is_dense(kind)).count();
    let (heads, kv_heads, head_dim) = attention.unwrap_or((32, 8, 128));
    let mut numbers: Vec<(Key, u32)> = vec![
        (Key::Layers, model.n_layers()),
        (Key::Hidden, model.hidden),
        (Key::Heads, heads),
        (Key::KvHeads, kv_heads),
        (Key::HeadDim, head_dim),
        (Key::Vocab, model.vocab),
    ];
    numbers.extend(dense.map(|width| (Key::FfnWidth, width)));
    if let Some(moe) = moe {
        numbers.push((Key::Experts, moe.experts));
        numbers.push((Key::TopK, moe.top_k));
        numbers.push((Key::ExpertWidth, moe.width));
        if let Some(shared) = moe.shared_width.checked_div(moe.width) {
            numbers.push((Key::SharedExperts, shared));
        }
        if dense.is_some() {
            numbers.push((Key::DenseLayers, u32::try_from(dense_first).unwrap_or(0)));
        }
    }
    let mut texts: Vec<(Key, String)> =
        numbers.into_iter().map(|(key, n)| (key, n.to_string())).collect();
    if model.tied {
        texts.push((Key::Tied, "on".to_owned()));
    }
    texts
}

/// A machine's numbers as inputs.
pub fn numbers_of_machine(cluster: &Cluster) -> Vec<(Key, String)> {
    let accelerator = &cluster.accelerator;
    let peak = &accelerator.peak;
    let mut texts = vec![
        (Key::Memory, short::bytes(accelerator.memory)),
        (Key::MemoryBandwidth, short::bandwidth(accelerator.memory_bandwidth)),
    ];
    let rates = [(Key::PeakBf16, peak.bf16.or(peak.fp16)), (Key::PeakFp8, peak.fp8)];
    texts.extend(rates.into_iter().filter_map(|(key, rate)| Some((key, short::flop_rate(rate?)))));
    texts
}
