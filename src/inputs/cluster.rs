//! The machines: a row of the catalogue, with whatever the user typed over it.

use super::Key;
use super::names::CUSTOM;
use super::resolve::Reader;
use crate::catalogue::accelerators::{self, LEAF_SPAN, MachineRow};
use crate::catalogue::reliability;
use crate::cluster::{Cluster, Fabric, Level, Peak};
use crate::units::{Ratio, Seconds};

/// The row that an accelerator by hand takes its kernels, links and host from.
const MODEL_OF_CUSTOM: &str = "h100-sxm";

/// The machine that was chosen, with the user's figures in place of the catalogue's.
pub(super) fn machine(reader: &mut Reader) -> Option<MachineRow> {
    let name = reader.name(Key::Accelerator)?.to_owned();
    let custom = name == CUSTOM;
    let row = accelerators::find(if custom { MODEL_OF_CUSTOM } else { &name })?;
    let mut machine = row.clone();
    if custom {
        for (key, expected) in [
            (Key::Memory, "an amount of memory, such as 80 GiB"),
            (Key::MemoryBandwidth, "a bandwidth, such as 3.35 TB/s"),
            (Key::PeakBf16, "a rate of operations, such as 989 TFLOPS"),
        ] {
            if reader.value(key).is_none() && !reader.is_typed(key) {
                reader.problem(key, expected, "an accelerator by hand needs it");
            }
        }
        start_custom(&mut machine);
        let text = format!("what is not typed is taken from {}", row.label);
        reader.note(Key::Accelerator, text);
    }
    override_figures(reader, &mut machine);
    Some(machine)
}

/// The cluster of such machines.
pub(super) fn resolve(reader: &mut Reader, machine: &MachineRow) -> Option<Cluster> {
    let count = reader.count(Key::Count)?;
    let mut cluster = accelerators::cluster(machine, count);
    let fabric = fabric(
        reader.count(Key::Leaf),
        reader.is_on(Key::Rails),
        reader.ratio(Key::Oversubscription),
        reader.is_on(Key::AdaptiveRouting),
    );
    let typed = reader.is_typed(Key::Leaf) || reader.is_typed(Key::Oversubscription);
    if typed || fabric != Fabric::full(LEAF_SPAN) {
        let leaf = fabric.leaf;
        let inner = machine.domain.max(machine.node_size);
        if reader.is_typed(Key::Leaf) && leaf < inner {
            let expected = format!("at least the {inner} accelerators of a node or domain");
            reader.problem(Key::Leaf, &expected, "it is too small");
            return None;
        }
        let link =
            Level { span: machine.domain, bandwidth: machine.link, latency: machine.link_latency };
        let fabric = Fabric { leaf: leaf.max(inner), ..fabric };
        let outer = accelerators::network(link, machine.nic, &fabric, count);
        cluster.levels.retain(|level| level.span <= inner);
        cluster.levels.extend(outer.into_iter().filter(|level| level.span > inner));
        if cluster.levels.last().is_none_or(|level| level.span < count) {
            reader.problem(Key::Leaf, "more accelerators than a node holds", "it is too small");
            return None;
        }
    }
    Some(cluster)
}

/// The network above the domain: accelerators under one leaf where they are typed, whether machines meet by rails,
/// oversubscription, and whether switches route adaptively.
pub(super) fn fabric(
    leaf: Option<u32>,
    rails: bool,
    over: Option<Ratio>,
    adaptive: bool,
) -> Fabric {
    /// Ports of a leaf switch: NVIDIA DGX SuperPOD H100 reference architecture, 2023.
    const PORTS: u32 = 64;
    let usual = if rails { LEAF_SPAN } else { Fabric::leaf_span(PORTS, None) };
    Fabric {
        oversubscription: over.unwrap_or(Ratio::ONE),
        congestion: if adaptive { Ratio::ONE } else { reliability::congestion() },
        ..Fabric::full(leaf.unwrap_or(usual))
    }
}

fn start_custom(machine: &mut MachineRow) {
    machine.key = CUSTOM.to_owned();
    machine.label = "Own accelerator".to_owned();
    machine.accelerator.name = CUSTOM.to_owned();
    machine.accelerator.generation.clear();
    machine.accelerator.peak = Peak::default();
    machine.accelerator.power = None;
    machine.accelerator.gap = Seconds::ZERO;
    machine.accelerator.k_quants = None;
    machine.accelerator.unverified.clear();
    machine.price = None;
    machine.price_source.clear();
    machine.note.clear();
}

fn override_figures(reader: &Reader, machine: &mut MachineRow) {
    let accelerator = &mut machine.accelerator;
    set(&mut accelerator.memory, reader.bytes(Key::Memory));
    set(&mut accelerator.memory_bandwidth, reader.bandwidth(Key::MemoryBandwidth));
    let mut peak = accelerator.peak;
    for (rate, key) in [
        (&mut peak.fp32, Key::PeakFp32),
        (&mut peak.fp16, Key::PeakFp16),
        (&mut peak.bf16, Key::PeakBf16),
        (&mut peak.fp8, Key::PeakFp8),
        (&mut peak.fp4, Key::PeakFp4),
    ] {
        *rate = reader.flop_rate(key).or(*rate);
    }
    if peak != accelerator.peak {
        // Rates that nobody types follow from those that were typed.
        let Peak { fp32, fp16, bf16, fp8, fp4, .. } = peak;
        accelerator.peak = Peak { fp32, fp16, bf16, fp8, fp4, ..Peak::default() };
    }
    accelerator.power = reader.power(Key::Power).or(accelerator.power);
    set(&mut machine.node_size, reader.count(Key::NodeSize));
    set(&mut machine.domain, reader.count(Key::Domain));
    set(&mut machine.link, reader.bandwidth(Key::Link));
    set(&mut machine.nic, reader.bandwidth(Key::Nic));
    set(&mut machine.host.memory, reader.bytes(Key::HostMemory));
    set(&mut machine.host.link, reader.bandwidth(Key::HostLink));
}

fn set<T>(place: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *place = value;
    }
}
