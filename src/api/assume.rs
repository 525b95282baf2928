//! What an answer takes as given, and what the authors of a published run did.

use super::Assumption;
use crate::case::Case;
use crate::catalogue::presets::{self, Preset, Published};
use crate::catalogue::{accelerators, stacks};
use crate::inputs::{Inputs, Key};
use crate::link;
use crate::plan::{self, Amount};
use crate::units::DollarsPerHour;
use crate::units::text::show;

/// Facts that the estimate rests on, the shakiest first.
pub(super) fn assumptions(inputs: &Inputs, case: &Case) -> Vec<Assumption> {
    let mut all = hardware(case);
    all.extend(stack(case));
    all.extend(network(inputs, case));
    all.extend(run(case));
    all.push(price(case));
    all.sort_by_key(|assumption| assumption.verified);
    all
}

fn taken(text: impl Into<String>, source: impl Into<String>, verified: bool) -> Assumption {
    Assumption {
        text: text.into(),
        source: source.into(),
        verified,
    }
}

fn hardware(case: &Case) -> Vec<Assumption> {
    let own = &case.cluster.accelerator;
    let Some(row) = accelerators::find(&own.name) else {
        return vec![taken(
            "The accelerator's figures are your own.",
            "typed",
            true,
        )];
    };
    let mut all = Vec::new();
    let sheet = format!("{}; {}", row.source, row.date);
    if own.unverified.is_empty() {
        let text = format!(
            "Data sheet of the {}: every figure used was confirmed.",
            row.label
        );
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
            let name = constant_name(&fact.field);
            taken(
                format!("{}: {name} {}.", stack.name, fact.value),
                fact.source.clone(),
                false,
            )
        })
        .collect();
    let text = format!(
        "{} {} ({}) runs the plan.",
        stack.name, stack.version, stack.date
    );
    all.push(taken(text, stack.source.clone(), true));
    all
}

/// A constant of the stack profile in words.
pub(super) fn constant_name(field: &str) -> String {
    match field {
        "matmul" => "matrix kernels in the stack over the kernels alone".to_owned(),
        "attention" => "attention in the stack over the kernel alone".to_owned(),
        "pointwise_passes" => "passes of a layer's pointwise work".to_owned(),
        "pointwise_ffn_passes" => "passes of the activation function".to_owned(),
        "kernels_per_layer" => "kernels started for a layer".to_owned(),
        "launch_us" => "microseconds to start a kernel".to_owned(),
        "step_overhead_ms" => "milliseconds of fixed overhead a step".to_owned(),
        "link_inside" => "share of the scale-up link that collectives reach".to_owned(),
        "link_outside" => "share of the network that collectives reach".to_owned(),
        "context_gib" => "GiB of driver, runtime and communicators".to_owned(),
        "slack" => "share of activations and buffers lost to the allocator".to_owned(),
        "straggler" => "slowest rank over the mean".to_owned(),
        "logit_bytes" => "bytes kept for a logit".to_owned(),
        other => match other.strip_prefix("overlap_") {
            Some(kind) => format!("share of {kind} communication that hides behind computation"),
            None => other.replace('_', " "),
        },
    }
}

fn network(inputs: &Inputs, case: &Case) -> Vec<Assumption> {
    let mut all = Vec::new();
    if case.cluster.levels.len() > 1 && inputs.typed(Key::Oversubscription).is_none() {
        let text = "The network above the machines is not oversubscribed and shared with nobody.";
        all.push(taken(
            text,
            "assumed; type an oversubscription to change it",
            false,
        ));
    }
    let own = accelerators::find(&case.cluster.accelerator.name);
    let usual = case.cluster.levels.len() > 1 && inputs.typed(Key::Nic).is_none();
    if let Some(row) = own.filter(|_| usual) {
        {
            let rate = show::bandwidth_bits(row.nic);
            let text = format!(
                "Each accelerator has {rate} of network, as machines of this kind usually do."
            );
            all.push(taken(
                text,
                format!("{}; {}", row.source, row.date),
                row.verified,
            ));
        }
    }
    all
}

fn run(case: &Case) -> Vec<Assumption> {
    let mut all = Vec::new();
    if case.model.experts() > 0 && case.training.expert_imbalance.get() <= 1.0 {
        let text = "Every expert gets the same number of tokens.";
        all.push(taken(
            text,
            "assumed; type an imbalance to change it",
            false,
        ));
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

/// What the authors did, where the inputs are those of a published run.
pub(super) fn published(inputs: &Inputs, figures: &[plan::Figure]) -> Option<String> {
    let own = inputs.canonical();
    let same = |preset: &&Preset| link::decode(&preset.link).inputs.canonical() == own;
    let preset = presets::all()
        .iter()
        .find(|preset| preset.is_published() && same(preset))?;
    let mut text = format!("Its authors ran {}", published_layout(&preset.layout));
    let mut results = Vec::new();
    if let Some(step) = preset.step {
        results.push(format!("{} a step", show::time(step)));
    }
    if let Some(rate) = preset.rate {
        results.push(format!("{} an accelerator", show::flop_rate(rate)));
    }
    if let Some(mfu) = preset.mfu {
        results.push(format!("{} MFU by their count", show::percent(mfu)));
    }
    if !results.is_empty() {
        text.push_str(&format!(": {}", results.join(", ")));
    }
    let own = |id: &str| {
        let figure = figures.iter().find(|figure| figure.id == id);
        figure
            .map(|figure| figure.amount)
            .map(Amount::text)
            .unwrap_or_default()
    };
    let (step, rate, mfu) = (own("step_time"), own("flops_each"), own("mfu"));
    text.push_str(&format!(
        ". This plan: {step} a step, {rate} an accelerator, {mfu} MFU."
    ));
    text.push_str(&format!(" ({})", preset.source));
    Some(text)
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
