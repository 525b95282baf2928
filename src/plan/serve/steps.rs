//! Time of one step of decoding and of reading one prompt, by part, each with what it does.

use super::Deployed;
use super::nested::machine_factor;
use crate::estimate::serve::{HostParts, Load, NetworkParts, PartCount, ServePart as P, StepTime};
use crate::model::{LayerKind, Mixer};
use crate::plan::part::{Group, Leaf, tree};
use crate::plan::{Derivation, Part};
use crate::serving::FactorOf;
use crate::units::text::fine;
use crate::units::{Bytes, BytesPerSecond, Flops, FlopsPerSecond, Ratio, Seconds};

/// One token of every running answer: a step of decoding, by part.
#[must_use]
pub fn decode(own: &Deployed<'_>) -> Part {
    let serving = own.serving();
    let load = serving.decode_load(own.running(), own.context());
    step("decode", "One token of every answer", own, &load, serving.steps_a_token())
}

/// One prompt read alone, by part.
#[must_use]
pub fn prefill(own: &Deployed<'_>) -> Part {
    let serving = own.serving();
    let (load, steps) = serving.prompt_load(own.fresh());
    step("prefill", "One prompt read", own, &load, steps)
}

fn step(
    id: &'static str,
    label: &'static str,
    own: &Deployed<'_>,
    load: &Load,
    times: Ratio,
) -> Part {
    let serving = &own.serving();
    let (host, network) = (serving.host_parts(load), serving.network_parts(load));
    let time = serving.step(load);
    let counts = serving.part_counts(load);
    let leaf = |(part, count): (&P, &PartCount)| Leaf {
        id: format!("time.{id}.{}", key(*part)),
        label: name(*part),
        amount: time.get(*part) * times.get(),
        derivation: derivation(own, *part, &time, (count, &host, &network), times),
        children: Vec::new(),
    };
    let leaves: Vec<Leaf<Seconds>> = P::ALL.iter().zip(&counts).map(leaf).collect();
    tree(id, label, vec![Group { id: "", label: "", leaves }])
}

fn derivation(
    own: &Deployed<'_>,
    part: P,
    time: &StepTime,
    (count, host, network): (&PartCount, &HostParts, &NetworkParts),
    times: Ratio,
) -> Derivation {
    let seconds = time.get(part);
    let mut cited: Vec<String> = Vec::new();
    let (formula, constants) = told(part);
    let mut said = Vec::new();
    let s = fine::time(seconds);
    let over = |value: f64| value / seconds.get().max(1e-15);
    if seconds > Seconds::ZERO {
        if count.flops > Flops::ZERO {
            let rate = fine::flop_rate(FlopsPerSecond::new(over(count.flops.get())));
            said.push(format!("{} / {s} = {rate}", fine::flops(count.flops)));
        }
        let read = |bytes: Bytes| {
            let rate = fine::bandwidth(BytesPerSecond::new(over(bytes.as_f64())));
            format!("{} / {s} = {rate}", fine::bytes(bytes))
        };
        if count.bytes > Bytes::ZERO {
            said.push(read(count.bytes));
        }
        match part {
            P::Kernels => {
                let (factor, facts) = machine_factor(own, FactorOf::Overhead);
                let each = format!("{} × {factor}", fine::time(own.service.engine.gap));
                // On a phone or laptop the device itself takes longer between kernels.
                let each = match own.machine.cluster.accelerator.gap {
                    Seconds::ZERO => each,
                    least => format!("max({each}, {})", fine::time(least)),
                };
                said.push(format!("{} × {each} = {s}", fine::number(count.starts)));
                cited.extend(facts);
            }
            P::Network => said.push(format!("{} = {s}", crossed(own, network, &mut cited))),
            P::Attention => {
                said.extend(streamed(own, part, &mut cited));
                let scan = own.service.engine.scan;
                let recurrent = |kind: &LayerKind| matches!(kind.mixer, Mixer::Linear(_));
                if scan > Seconds::ZERO && own.service.model.kinds.iter().any(recurrent) {
                    let each = fine::time(scan);
                    said.push(format!("a prompt token adds {each} in each recurrent layer"));
                    cited.push("scan_us".to_owned());
                }
            }
            P::Host => said.push(format!("{} = {s}", waited(own, host, &mut cited))),
            _ => said.extend(streamed(own, part, &mut cited)),
        }
    }
    if times != Ratio::ONE {
        said.push(format!("{s} × {} = {}", fine::number(times), fine::time(seconds * times.get())));
    }
    let source = "roofline of each operation (Williams et al. 2009) with the kernel curve of the \
        accelerator and the engine's fitted shares (estimate/serve)";
    Derivation {
        formula: formula.to_owned(),
        substituted: said.join("; "),
        source: source.to_owned(),
        constants: constants.iter().map(|name| (*name).to_owned()).chain(cited).collect(),
        parts: Vec::new(),
    }
}

/// Formula of a part, and the constants that it rests on.
const fn told(part: P) -> (&'static str, &'static [&'static str]) {
    match part {
        P::Products => (
            "each product: the longer of arithmetic and reading, and a fifth of the \
             shorter",
            &["compute", "stream", "blocks", "own_copies"],
        ),
        P::Attention => (
            "the longer of arithmetic and reading the cache, and a fifth of the \
             shorter",
            &["attention", "cache"],
        ),
        P::Experts => (
            "each expert's products: the longer of arithmetic and reading, and a fifth \
             of the shorter",
            &["experts", "compute", "stream", "imbalance", "blocks", "own_copies"],
        ),
        P::Head => {
            ("the product with the vocabulary", &["compute", "stream", "blocks", "own_copies"])
        }
        P::Pointwise => ("bytes of activations / memory bandwidth", &[]),
        P::Network => (
            "collectives × (start × factor of the machine on it + hops) + bytes that cross links / \
             rate that they reach, and sends between stages",
            &["collective_us", "link_inside", "link_outside"],
        ),
        P::Kernels => (
            "kernels × time that each adds × factor of the machine on it, or what the device \
                 itself takes between kernels; a layer of plain attention and a dense network has \
                 the engine's number, others by what they are made of (estimate/serve/kernels)",
            &[
                "kernels",
                "norm_kernels",
                "expert_kernels",
                "gap_us",
                "blocks",
                "own_copies",
                "fuses_shared",
            ],
        ),
        P::Host => (
            "(time of a step + sequences × time of each) × factor of the machine on it, and what \
             starting kernels one by one takes longer than they run",
            &["step_us", "sequence_us"],
        ),
    }
}

/// The rate at which weights or cache stream, by its factors.
fn streamed(own: &Deployed<'_>, part: P, cited: &mut Vec<String>) -> Option<String> {
    let engine = &own.service.engine;
    let accelerator = &own.machine.cluster.accelerator;
    let (of, share) = match part {
        P::Products | P::Head | P::Experts => (FactorOf::Stream, engine.stream),
        P::Attention => (FactorOf::Cache, engine.cache),
        _ => return None,
    };
    let bandwidth = accelerator.memory_bandwidth;
    let units = f64::from(accelerator.units.max(1)) * engine.unit_stream.get();
    // Where each processor streams so little that it limits as well, the rate is no product.
    if of == FactorOf::Stream && units < 5.0 * bandwidth.get() {
        return None;
    }
    let (factor, facts) = machine_factor(own, of);
    cited.extend(facts);
    let on = own.service.factor(of);
    let memory = accelerator.kernels.memory;
    let mut rate = bandwidth.get() * memory.get() * share.get() * on.get();
    let mut text = format!(
        "streams at {} × {} × {} × {factor}",
        fine::bandwidth(bandwidth),
        fine::number(memory),
        fine::number(share)
    );
    if part == P::Experts {
        rate *= engine.expert_stream.get();
        cited.push("expert_stream".to_owned());
        text = format!("{text} × {}", fine::number(engine.expert_stream));
    }
    Some(format!("{text} = {}", fine::bandwidth(BytesPerSecond::new(rate))))
}

/// What a step's communication takes, as a sum.
fn crossed(own: &Deployed<'_>, network: &NetworkParts, cited: &mut Vec<String>) -> String {
    let (factor, facts) = machine_factor(own, FactorOf::Network);
    cited.extend(facts);
    let engine = &own.service.engine;
    let value = own.service.factor(FactorOf::Network);
    let (starts, start) = network.starts;
    let hops = Seconds::new((start.get() - engine.collective.get() * value.get()).max(0.0));
    let (bytes, rate) = network.crossing;
    let mut text = format!(
        "{} × ({} × {factor} + {}) + {} / {}",
        fine::number(starts),
        fine::time(engine.collective),
        fine::time(hops),
        fine::bytes(bytes),
        fine::bandwidth(rate.max(BytesPerSecond::new(1.0)))
    );
    if network.sends > Seconds::ZERO {
        text = format!("{text} + {}", fine::time(network.sends));
    }
    if network.hidden.get() > 1e-9 {
        text = format!("{text} − {}", fine::time(network.hidden));
    }
    text
}

/// What the accelerator waits for its host in a step, as a sum.
fn waited(own: &Deployed<'_>, host: &HostParts, cited: &mut Vec<String>) -> String {
    let engine = &own.service.engine;
    let (factor, facts) = machine_factor(own, FactorOf::Overhead);
    cited.extend(facts);
    let fixed = format!(
        "({} + {} × {}) × {factor}",
        fine::time(engine.step),
        fine::number(Ratio::new(host.sequences.0)),
        fine::time(engine.sequence)
    );
    if host.started <= Ratio::ZERO {
        return fixed;
    }
    let (factor, facts) = machine_factor(own, FactorOf::Start);
    cited.push("launch_us".to_owned());
    cited.extend(facts);
    let started =
        format!("{} × {} × {factor}", fine::number(host.started), fine::time(engine.launch));
    format!("max({started} − {}, 0 ms) + {fixed}", fine::time(host.busy))
}

const fn key(part: P) -> &'static str {
    match part {
        P::Products => "matmul",
        P::Attention => "attention",
        P::Experts => "experts",
        P::Head => "head",
        P::Pointwise => "pointwise",
        P::Network => "tensor",
        P::Kernels => "kernels",
        P::Host => "host",
    }
}

const fn name(part: P) -> &'static str {
    match part {
        P::Products => "Matrix products",
        P::Attention => "Attention",
        P::Experts => "Experts",
        P::Head => "Output head",
        P::Pointwise => "Norms and activations",
        P::Network => "Communication",
        P::Kernels => "Kernel gaps",
        P::Host => "Host",
    }
}
