//! Each value in words: unit, meaning, and what follows from it.

use super::resolve::Reader;
use super::{Key, Value};
use crate::catalogue::accelerators::LEAF_SPAN;
use crate::cluster::{Accelerator, Cluster};
use crate::model::{Ffn, Model};
use crate::prices::Offer;
use crate::stack::Technique;
use crate::units::text::{Batch, show};
use crate::units::{Bytes, BytesPerSecond, Params};
use crate::workload::Training;

pub(super) fn echo_all(
    reader: &mut Reader,
    model: Option<&Model>,
    cluster: Option<&Cluster>,
    training: Option<&Training>,
    offer: &Offer,
) {
    let plain: Vec<(Key, String)> = reader
        .values()
        .filter_map(|(key, value, _)| Some((key, plain(key, value)?)))
        .collect();
    for (key, meaning) in plain {
        reader.echo(key, meaning);
    }
    if let Some(model) = model {
        reader.echo(Key::Model, describe_model(model));
    }
    if let Some(config) = &reader.config {
        let (read, assumed) = (config.read.len(), config.defaulted.len());
        reader.echo(
            Key::Config,
            format!("{read} fields read, {assumed} assumed"),
        );
    }
    if let Some(cluster) = cluster {
        echo_cluster(reader, cluster);
        let all = offer.rate * f64::from(cluster.count);
        let text = format!(
            "{} for one, {} for all",
            show::price(offer.rate),
            show::price(all)
        );
        reader.echo(Key::Price, text);
    }
    if let Some(training) = training {
        echo_training(reader, training);
    }
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
    let experts = moe.map_or_else(String::new, |moe| {
        format!(", {} of {} experts", moe.top_k, moe.experts)
    });
    let none = model.kinds.iter().all(|kind| matches!(kind.ffn, Ffn::None));
    let kind = if none { ", no feed-forward" } else { "" };
    format!(
        "{total} parameters{active}, {} layers{experts}{kind}",
        model.n_layers()
    )
}

fn echo_cluster(reader: &mut Reader, cluster: &Cluster) {
    reader.echo(Key::Accelerator, describe_accelerator(&cluster.accelerator));
    let nodes = cluster.count.div_ceil(cluster.node_size.max(1));
    let count = show::grouped(cluster.count.into());
    let each = show::grouped(cluster.node_size.into());
    let nodes = match (
        nodes,
        cluster.count.is_multiple_of(cluster.node_size.max(1)),
    ) {
        (1, _) => "in one node".to_owned(),
        (n, true) => format!("in {} nodes of {each}", show::grouped(n.into())),
        (n, false) => {
            format!(
                "in {} nodes of {each}, the last not full",
                show::grouped(n.into())
            )
        }
    };
    reader.echo(Key::Count, format!("{count} accelerators {nodes}"));
    reader.echo(Key::NodeSize, format!("{each} in a node"));
    if let Some(inner) = cluster.levels.first() {
        reader.echo(
            Key::Domain,
            format!("{} joined", show::grouped(inner.span.into())),
        );
        reader.echo(
            Key::Link,
            format!("{} each way", show::bandwidth(inner.bandwidth)),
        );
    }
    let host = &cluster.host;
    reader.echo(Key::HostMemory, show::bytes(host.memory));
    reader.echo(
        Key::HostLink,
        format!("{} each way", show::bandwidth(host.link)),
    );
    if reader.value(Key::Leaf).is_none() {
        reader.echo(Key::Leaf, format!("{LEAF_SPAN} under one leaf"));
    }
}

fn describe_accelerator(accelerator: &Accelerator) -> String {
    let peak = &accelerator.peak;
    let rates = [
        ("bf16", peak.bf16),
        ("fp8", peak.fp8),
        ("fp16", peak.fp16),
        ("fp32", peak.fp32),
    ];
    let best = rates.iter().find_map(|(name, rate)| Some((name, (*rate)?)));
    let rate = best.map_or_else(String::new, |(name, rate)| {
        format!(", {} {name}", show::flop_rate(rate))
    });
    let memory = show::bytes(accelerator.memory);
    format!(
        "{memory} at {}{rate}",
        show::bandwidth(accelerator.memory_bandwidth)
    )
}

fn echo_training(reader: &mut Reader, training: &Training) {
    let sequences = show::grouped(training.global_batch.into());
    let step = show::tokens(training.step_tokens());
    reader.echo(Key::Batch, format!("{sequences} sequences = {step} a step"));
    let steps = show::grouped(training.n_steps());
    reader.echo(
        Key::Tokens,
        format!("{} = {steps} steps", show::tokens(training.tokens)),
    );
    reader.echo(Key::Precision, training.precision.key());
}

/// The value by itself, without the others.
fn plain(key: Key, value: &Value) -> Option<String> {
    let grouped = |n: u64| show::grouped(n);
    Some(match value {
        Value::Name(_) | Value::Json(_) => return None,
        Value::Count(n) => match key {
            Key::Sequence => format!("{} tokens", grouped(*n)),
            Key::Layers | Key::DenseLayers | Key::Recompute => format!("{} layers", grouped(*n)),
            Key::MicroBatch => format!("{} sequences", grouped(*n)),
            Key::Leaf => format!("{} under one leaf", grouped(*n)),
            _ => grouped(*n),
        },
        Value::Tokens(tokens) | Value::Batch(Batch::Tokens(tokens)) => show::tokens(*tokens),
        Value::Batch(Batch::Sequences(n)) => format!("{} sequences", grouped(*n)),
        Value::Bytes(bytes) => memory_text(*bytes),
        Value::Bandwidth(rate) => both_rates(*rate),
        Value::FlopRate(rate) => show::flop_rate(*rate),
        Value::Price(rate) => show::price(*rate),
        Value::Power(power) => show::power(*power),
        Value::Ratio(ratio) if key == Key::Headroom => {
            format!("{} of the memory stays free", show::percent(*ratio))
        }
        Value::Ratio(ratio) => show::factor(*ratio),
        Value::Switch(on) => if *on { "on" } else { "off" }.to_owned(),
        Value::Word(word) => (*word).to_owned(),
        Value::Techniques(set) => {
            let names: Vec<&str> = set.iter().map(Technique::label).collect();
            format!("without {}", names.join(", "))
        }
    })
}

/// Binary and decimal together, since people mix them up: `80.0 GiB = 85.9 GB`.
fn memory_text(bytes: Bytes) -> String {
    let decimal = show::fixed(bytes.as_f64() / 1e9, 1);
    format!("{} = {decimal}{}GB", show::bytes(bytes), show::GAP)
}

/// Bytes and bits together: `50 GB/s = 400 Gbit/s`.
fn both_rates(rate: BytesPerSecond) -> String {
    format!(
        "{} = {} each way",
        show::bandwidth(rate),
        show::bandwidth_bits(rate)
    )
}
