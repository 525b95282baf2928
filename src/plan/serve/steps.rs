//! Time of one step of decoding and of reading one prompt, by part, each with what it does.

use super::Deployed;
use crate::estimate::serve::{Load, PartCount, ServePart as P, Serving, StepTime};
use crate::plan::part::{Group, Leaf, tree};
use crate::plan::{Derivation, Part};
use crate::units::text::fine;
use crate::units::{Bytes, BytesPerSecond, Flops, FlopsPerSecond, Ratio, Seconds};

/// One token of every running answer: a step of decoding, by part.
#[must_use]
pub fn decode(own: &Deployed<'_>) -> Part {
    let serving = own.serving();
    let load = serving.decode_load(own.running(), own.context());
    step("decode", "One token of every answer", &serving, &load, serving.steps_a_token())
}

/// One prompt read alone, by part.
#[must_use]
pub fn prefill(own: &Deployed<'_>) -> Part {
    let serving = own.serving();
    let (load, steps) = serving.prompt_load(own.fresh());
    step("prefill", "One prompt read", &serving, &load, steps)
}

fn step(
    id: &'static str,
    label: &'static str,
    serving: &Serving<'_>,
    load: &Load,
    times: Ratio,
) -> Part {
    let time = serving.step(load);
    let counts = serving.part_counts(load);
    let leaf = |(part, count): (&P, &PartCount)| Leaf {
        id: format!("time.{id}.{}", key(*part)),
        label: name(*part),
        amount: time.get(*part) * times.get(),
        derivation: derivation(*part, &time, count, times),
        children: Vec::new(),
    };
    let leaves: Vec<Leaf<Seconds>> = P::ALL.iter().zip(&counts).map(leaf).collect();
    tree(id, label, vec![Group { id: "", label: "", leaves }])
}

fn derivation(part: P, time: &StepTime, count: &PartCount, times: Ratio) -> Derivation {
    let seconds = time.get(part);
    let (formula, constants): (&str, &[&str]) = match part {
        P::Products => (
            "each product: the longer of arithmetic and reading, and a fifth of the \
             shorter",
            &["compute", "stream"],
        ),
        P::Attention => (
            "the longer of arithmetic and reading the cache, and a fifth of the \
             shorter",
            &["attention", "cache"],
        ),
        P::Experts => (
            "each expert's products: the longer of arithmetic and reading, and a fifth \
             of the shorter",
            &["experts", "compute", "stream", "imbalance"],
        ),
        P::Head => ("the product with the vocabulary", &["compute", "stream"]),
        P::Pointwise => ("bytes of activations / memory bandwidth", &[]),
        P::Network => (
            "collectives × (start + bytes / rate of the link)",
            &["collective", "link_inside", "link_outside"],
        ),
        P::Kernels => ("kernels × time that each adds", &["kernels", "gap_us"]),
        P::Host => ("time of the host that the accelerator waits for", &["step_us", "launch_us"]),
    };
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
        if count.sent > Bytes::ZERO {
            said.push(read(count.sent));
        }
        if count.starts.get() > 0.0 && part != P::Network {
            let each = Seconds::new(seconds.get() / count.starts.get());
            said.push(format!("{} × {} = {s}", fine::number(count.starts), fine::time(each)));
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
        constants: constants.iter().map(|name| (*name).to_owned()).collect(),
        parts: Vec::new(),
    }
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
