//! What an answer takes as given, and what the authors of a published run did.

use super::Assumption;
use super::summary::text_of;
use crate::case::Case;
use crate::catalogue::presets::{self, Preset, Published};
use crate::catalogue::stacks::Fact;
use crate::catalogue::{accelerators, stacks};
use crate::inputs::{Inputs, Key};
use crate::link;
use crate::plan::{self, Finding};
use crate::units::order;
use crate::units::text::show;
use crate::units::{DollarsPerHour, Ratio};

/// Facts that the estimate rests on, the shakiest first.
pub(super) fn assumptions(inputs: &Inputs, case: &Case) -> Vec<Assumption> {
    let mut all = hardware(case);
    all.extend(stack(case));
    all.extend(network(inputs, case));
    all.extend(run(case));
    all.push(price(case));
    order::sort_by_key(&mut all, |assumption| assumption.verified);
    all
}

fn taken(text: impl Into<String>, source: impl Into<String>, verified: bool) -> Assumption {
    Assumption { text: text.into(), source: source.into(), verified }
}

fn hardware(case: &Case) -> Vec<Assumption> {
    let own = &case.cluster.accelerator;
    let Some(row) = accelerators::find(&own.name) else {
        return vec![taken("The accelerator's figures are your own.", "typed", true)];
    };
    let mut all = Vec::new();
    let sheet = format!("{}; {}", row.source, row.date);
    if own.unverified.is_empty() {
        let text = format!("Data sheet of the {}: every figure used was confirmed.", row.label);
        all.push(taken(text, sheet, true));
    } else {
        let fields = own.unverified.join(", ");
        let text = format!("{}: no primary source confirmed its {fields}.", row.label);
        all.push(taken(text, sheet, false));
    }
    let kernels = crate::catalogue::kernels::find(&row.kernels);
    if let Some(kernels) = kernels {
        let top = show::percent(kernels.kernels.matmul.top);
        let text = match row.kernels_measured {
            true => format!("Large 16-bit matrix products reach {top} of the data sheet's rate."),
            false => format!(
                "Large 16-bit matrix products reach {top} of the data sheet's rate, taken from {}.",
                row.kernels
            ),
        };
        all.push(taken(
            text,
            format!("{}; {}", kernels.source, kernels.date),
            row.kernels_measured,
        ));
    }
    all
}

/// The constants of the stack that nobody measured.
fn stack(case: &Case) -> Vec<Assumption> {
    let stack = &case.stack;
    let assumed = stacks::facts_of(&stack.key).filter(|fact| fact.source.contains("assumed"));
    let mut all: Vec<Assumption> = assumed
        .map(|fact| {
            let text = format!("{}: {}.", stack.name, constant_text(fact));
            taken(text, fact.source.clone(), false)
        })
        .collect();
    let text = format!("{} {} ({}) runs the plan.", stack.name, stack.version, stack.date);
    all.push(taken(text, stack.source.clone(), true));
    all
}

/// A constant of a stack's profile in words.
fn constant_text(fact: &Fact) -> String {
    let value = &fact.value;
    let share = || match fact.value.parse().ok().and_then(Ratio::checked) {
        Some(ratio) => show::percent(ratio),
        None => fact.value.clone(),
    };
    match fact.field.as_str() {
        "matmul" => format!("matrix kernels reach {} of their rate alone", share()),
        "attention" => format!("attention reaches {} of its rate alone", share()),
        "step_overhead_ms" => format!("{value} ms of every step are fixed overhead"),
        "link_inside" => format!("collectives reach {} of the scale-up link", share()),
        "link_outside" => format!("collectives reach {} of the network", share()),
        "context_gib" => format!("driver, runtime and communicators take {value} GiB"),
        "slack" => format!("the allocator loses {} of activations and buffers", share()),
        "straggler" => format!("the slowest rank takes {value} times the mean"),
        "launch_us" => format!("starting a kernel takes {value} \u{b5}s"),
        other => match other.strip_prefix("overlap_") {
            Some(kind) => format!("{} of {} hides behind computation", share(), overlap(kind)),
            None => format!("{} is {value}", other.replace('_', " ")),
        },
    }
}

fn overlap(kind: &str) -> &str {
    match kind {
        "tensor" => "tensor-parallel communication",
        "context" => "context-parallel communication",
        "expert" => "expert-parallel communication",
        "pipeline" => "interleaved pipeline sends",
        "gradients" => "gradient reduction",
        "parameters" => "parameter gathering",
        "offload" => "transfers to the host",
        other => other,
    }
}

fn network(inputs: &Inputs, case: &Case) -> Vec<Assumption> {
    let mut all = Vec::new();
    if case.cluster.levels.len() > 1 && inputs.typed(Key::Oversubscription).is_none() {
        let text = "The network above the machines is not oversubscribed and shared with nobody.";
        all.push(taken(text, "assumed; type an oversubscription to change it", false));
    }
    let own = accelerators::find(&case.cluster.accelerator.name);
    let usual = case.cluster.levels.len() > 1 && inputs.typed(Key::Nic).is_none();
    if let Some(row) = own.filter(|_| usual) {
        {
            let rate = show::bandwidth_bits(row.nic);
            let text = format!(
                "Each accelerator has {rate} of network, as machines of this kind usually do."
            );
            all.push(taken(text, format!("{}; {}", row.source, row.date), row.verified));
        }
    }
    all
}

fn run(case: &Case) -> Vec<Assumption> {
    let mut all = Vec::new();
    if case.model.experts() > 0 && case.training.expert_imbalance.get() <= 1.0 {
        let text = "Every expert gets the same number of tokens.";
        all.push(taken(text, "assumed; type an imbalance to change it", false));
    }
    let text =
        "Nothing fails and no time goes into checkpoints: days and cost are of the steps alone.";
    all.push(taken(text, "not modelled yet", false));
    all
}

fn price(case: &Case) -> Assumption {
    if case.offer.rate == DollarsPerHour::ZERO {
        let text = "No price is known for this accelerator; type one to see what the run costs.";
        return taken(text, case.offer.source.clone(), false);
    }
    let rate = show::price(case.offer.rate);
    let typed = case.offer.source == "typed";
    let text = format!("One accelerator costs {rate}, storage and network included.");
    taken(text, case.offer.source.clone(), typed)
}

/// What the authors of a published run did, and the link that fixes their degrees.
pub(super) struct Precedent {
    pub text: String,
    pub link: String,
}

/// What the authors did, where the inputs are those of a published run.
pub(super) fn published(inputs: &Inputs, figures: &[plan::Figure]) -> Option<Precedent> {
    let own = inputs.canonical();
    let same = |preset: &&Preset| link::decode(&preset.link).inputs.canonical() == own;
    let preset = presets::all().iter().find(|preset| preset.is_published() && same(preset))?;
    let mut text = format!("Its authors ran {}", published_layout(&preset.layout));
    let step = preset.step.map(|step| format!("{} a step", show::time(step)));
    let rate = preset.rate.map(|rate| format!("{} an accelerator", show::flop_rate(rate)));
    let mfu = preset.mfu.map(|mfu| format!("{} MFU by their count", show::percent(mfu)));
    let results: Vec<String> = [step, rate, mfu].into_iter().flatten().collect();
    if !results.is_empty() {
        text.push_str(&format!(": {}", results.join(", ")));
    }
    let theirs = with_degrees(inputs, &preset.layout);
    let own = |id| text_of(figures, id);
    text.push_str(&format!(
        ". This plan: {} a step, {} an accelerator, {} MFU. {} ({})",
        own("step_time"),
        own("flops_each"),
        own("mfu"),
        outcome(&theirs),
        preset.source
    ));
    Some(Precedent { text, link: link::encode(&theirs) })
}

/// The inputs with the degrees of a published layout fixed.
fn with_degrees(inputs: &Inputs, layout: &Published) -> Inputs {
    let degrees = [
        (Key::Tp, layout.tp),
        (Key::Cp, layout.cp),
        (Key::Pp, layout.pp),
        (Key::Vpp, layout.vpp),
        (Key::Ep, layout.ep),
        (Key::MicroBatch, layout.micro_batch),
    ];
    let mut inputs = inputs.clone();
    for (key, degree) in degrees {
        if let Some(degree) = degree {
            inputs.set(key, degree.to_string());
        }
    }
    inputs
}

/// What the degrees of the authors come to here.
fn outcome(inputs: &Inputs) -> String {
    let found = inputs.resolve().case.map(|case| (plan::find(&case), case));
    let Some((Finding::Plan(plan), case)) = found else {
        return "Their degrees do not fit here.".to_owned();
    };
    let figures = plan::explain(&case, &plan).figures;
    let (step, mfu) = (text_of(&figures, "step_time"), text_of(&figures, "mfu"));
    format!("Their degrees here: {step} a step, {mfu} MFU.")
}

fn published_layout(layout: &Published) -> String {
    let mut words = Vec::new();
    let degrees = [
        ("TP", layout.tp),
        ("CP", layout.cp),
        ("PP", layout.pp),
        ("VP", layout.vpp),
        ("DP", layout.dp),
        ("EP", layout.ep),
        ("MBS", layout.micro_batch),
    ];
    for (name, degree) in degrees {
        if let Some(n) = degree.filter(|n| *n > 1 || name == "TP") {
            words.push(format!("{name}{}{}", show::GAP, show::grouped(n.into())));
        }
    }
    if let Some(zero) = layout.zero {
        words.push(format!("ZeRO-{zero}"));
    }
    match layout.recompute.as_str() {
        "" => {}
        "none" => words.push("no recompute".to_owned()),
        kind => words.push(format!("{kind} recompute")),
    }
    words.join(" \u{b7} ")
}
