//! Each value in words: unit, meaning, and what follows from it.

use super::cluster::fabric;
use super::names::CUSTOM;
use super::resolve::{Parts, Reader};
use super::{Group, Key, Kind, Value, budget, operation};
use crate::catalogue::accelerators::MachineRow;
use crate::catalogue::stacks;
use crate::cluster::{Accelerator, Cluster};
use crate::model::{Ffn, Model};
use crate::prices::Offer;
use crate::stack::Technique;
use crate::units::text::{Batch, show};
use crate::units::{Bytes, BytesPerSecond, Dollars, Params};
use crate::workload::Training;

pub(super) fn echo_all(reader: &mut Reader, parts: Parts<'_>) {
    let values = reader.values();
    let plain: Vec<(Key, String)> =
        values.filter_map(|(key, value, _)| Some((key, plain(key, value)?))).collect();
    for (key, meaning) in plain {
        reader.echo(key, meaning);
    }
    if let Some(model) = parts.model {
        let name = if model.name == CUSTOM { "by hand" } else { &model.name };
        reader.echo(Key::Model, format!("{name}: {}", describe_model(model)));
    }
    if let Some(config) = &reader.config {
        let (read, assumed) = (config.read.len(), config.defaulted.len());
        reader.echo(Key::Config, format!("{read} fields read, {assumed} assumed"));
    }
    if let Some(machine) = parts.machine {
        echo_machine(reader, machine);
    }
    if let Some(cluster) = parts.cluster {
        echo_cluster(reader, cluster);
        if let Some(text) = describe_price(parts.offer, cluster.count) {
            reader.echo(Key::Price, text);
        }
    }
    if let Some(training) = parts.training {
        echo_training(reader, training);
    }
    if let Some(base) = parts.stack.and_then(|stack| stacks::find(&stack.key)) {
        reader.echo(Key::Stack, format!("{}, {}", base.told(), base.date));
    }
}

/// What one accelerator costs in an hour, and all of them; nothing where no price is known.
fn describe_price(offer: &Offer, count: u32) -> Option<String> {
    let all = Dollars::new(offer.rate.get() * f64::from(count));
    let known = offer.rate.get() > 0.0 || offer.source == super::run::TYPED;
    known.then(|| format!("{} for one, {}/h for all", show::price(offer.rate), show::dollars(all)))
}

/// `405.9 B parameters, 126 layers`.
fn describe_model(model: &Model) -> String {
    let params = model.params();
    let total = show::params(Params::new(params.total));
    let active = if params.active < params.total {
        format!(", {} active", show::params(Params::new(params.active)))
    } else {
        String::new()
    };
    let moe = model.kinds.iter().find_map(|kind| kind.ffn.moe());
    let experts =
        moe.map_or_else(String::new, |moe| format!(", {} of {} experts", moe.top_k, moe.experts));
    let none = model.kinds.iter().all(|kind| matches!(kind.ffn, Ffn::None));
    let kind = if none { ", no feed-forward" } else { "" };
    format!("{total} parameters{active}, {} layers{experts}{kind}", model.n_layers())
}

/// The figures of the machine, whether typed or of the catalogue.
fn echo_machine(reader: &mut Reader, machine: &MachineRow) {
    let accelerator = &machine.accelerator;
    let needed = [Key::Memory, Key::MemoryBandwidth, Key::PeakBf16];
    if !reader.problems.iter().any(|problem| needed.contains(&problem.key)) {
        let text = format!("{}: {}", machine.label, describe_accelerator(accelerator));
        reader.echo(Key::Accelerator, text);
    }
    reader.echo(Key::NodeSize, format!("{} in a node", show::grouped(machine.node_size.into())));
    reader.echo(Key::Domain, format!("{} joined", show::grouped(machine.domain.into())));
    reader.echo(Key::Memory, both_sizes(accelerator.memory));
    let peak = &accelerator.peak;
    for (key, rate) in [
        (Key::PeakBf16, peak.bf16),
        (Key::PeakFp16, peak.fp16),
        (Key::PeakFp8, peak.fp8),
        (Key::PeakFp4, peak.fp4),
        (Key::PeakFp32, peak.fp32),
    ] {
        if let Some(rate) = rate {
            reader.echo(key, show::flop_rate(rate));
        }
    }
    if let Some(power) = accelerator.power {
        reader.echo(Key::Power, show::power(power));
    }
    reader.echo(Key::MemoryBandwidth, show::bandwidth(accelerator.memory_bandwidth));
    for (key, rate) in
        [(Key::Link, machine.link), (Key::Nic, machine.nic), (Key::HostLink, machine.host.link)]
    {
        reader.echo(key, both_rates(rate));
    }
    reader.echo(Key::HostMemory, both_sizes(machine.host.memory));
    if reader.value(Key::Leaf).is_none() {
        let leaf = fabric(None, reader.is_on(Key::Rails), None, true).leaf;
        reader.echo(Key::Leaf, format!("{} under one leaf", show::grouped(leaf.into())));
    }
}

fn echo_cluster(reader: &mut Reader, cluster: &Cluster) {
    let node = cluster.node_size.max(1);
    let nodes = cluster.count.div_ceil(node);
    let in_nodes = format!("in {} nodes of {node}", show::grouped(nodes.into()));
    let nodes = match (nodes, cluster.count.is_multiple_of(node)) {
        (1, _) => "in one node".to_owned(),
        (_, true) => in_nodes,
        (_, false) => format!("{in_nodes}, the last not full"),
    };
    let count = show::grouped(cluster.count.into());
    let noun = show::plural(cluster.count.into(), "accelerator");
    reader.echo(Key::Count, format!("{count} {noun} {nodes}"));
}

fn describe_accelerator(accelerator: &Accelerator) -> String {
    let peak = &accelerator.peak;
    let rates = [("bf16", peak.bf16), ("fp8", peak.fp8), ("fp16", peak.fp16), ("fp32", peak.fp32)];
    let best = rates.iter().find_map(|(name, rate)| Some((name, (*rate)?)));
    let rate =
        best.map_or_else(String::new, |(name, rate)| format!(", {} {name}", show::flop_rate(rate)));
    let memory = show::bytes(accelerator.memory);
    format!("{memory} at {}{rate}", show::bandwidth(accelerator.memory_bandwidth))
}

fn echo_training(reader: &mut Reader, training: &Training) {
    let sequences = counted(training.global_batch.into(), "sequence");
    let step = show::tokens(training.step_tokens());
    reader.echo(Key::Batch, format!("{sequences} = {step} a step"));
    let steps = counted(training.n_steps(), "step");
    reader.echo(Key::Tokens, format!("{} = {steps}", show::tokens(training.tokens)));
    reader.echo(Key::Precision, training.precision.key());
}

/// The value by itself, without the others.
fn plain(key: Key, value: &Value) -> Option<String> {
    let grouped = |n: u64| show::grouped(n);
    Some(match value {
        Value::Name(_) | Value::Json(_) => return None,
        Value::Count(n) => match key {
            Key::Sequence => counted(*n, "token"),
            Key::Layers | Key::DenseLayers | Key::Recompute => counted(*n, "layer"),
            Key::MicroBatch => counted(*n, "sequence"),
            Key::Leaf => format!("{} under one leaf", grouped(*n)),
            _ => grouped(*n),
        },
        Value::Tokens(tokens) | Value::Batch(Batch::Tokens(tokens)) => show::tokens(*tokens),
        Value::Batch(Batch::Sequences(n)) => counted(*n, "sequence"),
        Value::Bytes(bytes) => both_sizes(*bytes),
        Value::Bandwidth(rate) => both_rates(*rate),
        Value::FlopRate(rate) => show::flop_rate(*rate),
        Value::Price(rate) => show::price(*rate),
        Value::Power(power) => show::power(*power),
        Value::Ratio(ratio) if key == Key::Headroom => {
            format!("{} of the memory stays free", show::percent(*ratio))
        }
        Value::Ratio(ratio) if matches!(key.kind(), Kind::Part | Kind::Share) => {
            show::percent(*ratio)
        }
        Value::Ratio(ratio) => show::factor(*ratio),
        Value::Switch(on) => if *on { "on" } else { "off" }.to_owned(),
        Value::Word(word) => (*word).to_owned(),
        Value::Money(dollars) => show::dollars(*dollars),
        Value::Span(time) => show::time(*time),
        Value::Words(words) if key.group() == Group::Operation => operation::meaning(key, words)?,
        Value::Words(words) if key.kind() == Kind::Phrase => budget::meaning(key, words)?,
        // Told beside what it changes.
        Value::Words(_) if key.kind() == Kind::Changes => return None,
        Value::Frequency(rate) => show::frequency(*rate),
        Value::Deadline(deadline) => deadline.text(),
        Value::Words(words) => words.replace(',', ", "),
        Value::Techniques(set) => {
            let names: Vec<&str> = set.iter().map(Technique::label).collect();
            format!("without {}", names.join(", "))
        }
    })
}

/// `1 layer`, `126 layers`.
fn counted(n: u64, noun: &str) -> String {
    format!("{} {}", show::grouped(n), show::plural(n, noun))
}

/// Binary and decimal together, since people mix them up: `80.0 GiB = 85.9 GB`.
fn both_sizes(bytes: Bytes) -> String {
    let decimal = show::fixed(bytes.as_f64() / 1e9, 1);
    format!("{} = {decimal}{}GB", show::bytes(bytes), show::GAP)
}

/// Bytes and bits together: `50 GB/s = 400 Gbit/s`.
fn both_rates(rate: BytesPerSecond) -> String {
    format!("{} = {} each way", show::bandwidth(rate), show::bandwidth_bits(rate))
}
