//! What an answer takes as given, and what the authors of a published run did.

use super::Assumption;
use super::summary::{machine, text_of};
use crate::case::Case;
use crate::catalogue::constants;
use crate::catalogue::facts::{Fact, YOURS};
use crate::catalogue::presets::{self, Preset, Published};
use crate::catalogue::{accelerators, platforms, reliability, stacks};
use crate::inputs::{Inputs, Key, Value, read};
use crate::link;
use crate::plan::{self, Finding};
use crate::reliability::Way;
use crate::units::order;
use crate::units::text::show;
use crate::units::{DollarsPerHour, Ratio};

/// Facts that the estimate rests on, the shakiest first.
pub(super) fn assumptions(inputs: &Inputs, case: &Case) -> Vec<Assumption> {
    let mut all = hardware(case);
    all.extend(stack(case));
    all.extend(network(inputs, case));
    all.extend(run(inputs, case));
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
    let (text, verified) = row.confirmed(&own.unverified);
    all.push(taken(text, sheet, verified));
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

/// The constants of the stack that nobody measured, and those that were fitted to measured runs.
fn stack(case: &Case) -> Vec<Assumption> {
    let stack = &case.stack;
    let pace = case.pace().map(|pace| format!("pace@{}/{}", pace.accelerator, pace.precision));
    let fields = constants::TRAINING.iter().map(|own| own.field.to_owned()).chain(pace);
    let mut all = Vec::new();
    let generation = &case.cluster.accelerator.generation;
    if let Some(text) = platforms::caution(&stack.key, machine(case), generation) {
        let source = platforms::source(&stack.key).unwrap_or_default();
        all.push(taken(format!("{text}: the plan is as if it had."), source, false));
    }
    for fact in fields.filter_map(|field| stacks::in_stack(stack, &field)) {
        let yours = fact.source.starts_with(YOURS);
        let fitted = yours || stacks::fitted().contains(&fact);
        if fitted || fact.source.contains("assumed") {
            let name = if yours { "Your stack" } else { stack.base_name() };
            all.push(taken(format!("{name}: {}.", constant_text(&fact)), fact.source, fitted));
        }
    }
    let text = match stack.own {
        Some(_) => format!("The plan is for {}.", stack.told()),
        None => format!("{} ({}) runs the plan.", stack.told(), stack.date),
    };
    let ran = platforms::source(&stack.key).unwrap_or("by hand");
    all.push(taken(text, format!("{}; hardware: {ran}", stack.source), true));
    all
}

/// A constant of a stack's profile in words.
fn constant_text(fact: &Fact) -> String {
    let number = fact.value.parse().ok().and_then(Ratio::checked);
    let (share, value) = match number {
        Some(ratio) => (show::percent(ratio), show::rounded(ratio.get())),
        None => (fact.value.clone(), fact.value.clone()),
    };
    let is = |yes: &str, no: &str| if fact.value == "1" { yes.to_owned() } else { no.to_owned() };
    let field = fact.field.as_str();
    if let Some(kind) = field.strip_prefix("overlap_") {
        return format!("{share} of {} hides behind computation", overlap(kind));
    }
    if let Some(pace) = field.strip_prefix("pace@") {
        return pace_text(pace, &fact.value);
    }
    match field {
        "matmul" => format!("matrix kernels reach {share} of their rate alone"),
        "narrow_matmul" => format!("8-bit products reach {share} of their curve"),
        "narrow_weight_gradient" => {
            format!("weight gradients in 8 bits run at {share} of other products' rate")
        }
        "attention" => format!("attention reaches {share} of its rate alone"),
        "pointwise_passes" => {
            format!("a layer's norms, residuals and rotary make {value} passes over its tokens")
        }
        "pointwise_ffn_passes" => format!("an activation function makes {value} passes"),
        "cast_bytes" => format!("casting a number for an 8-bit product moves {value} bytes"),
        "accumulate_bytes" => {
            format!("adding a gradient to its sum moves {value} bytes with each micro-batch")
        }
        "kernels_per_layer" => format!("a layer starts {value} kernels forward"),
        "kernels_per_moe" => {
            format!("a layer of experts waits for its host to start {value} kernels")
        }
        "kernels_per_expert" => {
            format!("that wait grows by {value} kernels for each expert that a rank holds")
        }
        "kernels_per_chunk" => {
            format!("that wait grows by {value} kernels for each expert of the layer")
        }
        "launch_us" => format!("the host takes {value} \u{b5}s to start a kernel"),
        "collective_us" => format!("starting a collective takes {value} \u{b5}s"),
        other => rest_text(other, &share, &value, &is),
    }
}

/// The same of constants of a whole step and of memory.
fn rest_text(field: &str, share: &str, value: &str, is: &dyn Fn(&str, &str) -> String) -> String {
    match field {
        "step_overhead_ms" => format!("{value} ms of every step are fixed overhead"),
        "straggler" => format!("the slowest rank takes {value} times the mean"),
        "link_inside" => format!("collectives reach {share} of the scale-up link"),
        "link_outside" => format!("collectives reach {share} of the network"),
        "experts_deduplicated" => is(
            "a token crosses once to each machine that holds some of its experts",
            "a token crosses once to each of its experts",
        ),
        "expert_outputs_kept" => is(
            "what experts put out is kept for the gradient of its weight",
            "the weight of an expert goes into its activation, so that its output is not kept",
        ),
        "gathers_in_rings" => is(
            "gathers across machines go round in flat rings",
            "gathers across machines go machine by machine",
        ),
        "dispatch_bytes" => format!("a number takes {value} bytes on its way to an expert"),
        "eager_norm_bytes" => format!("norms keep {value} bytes a number beside their input"),
        "products_again" => is(
            "selective recompute makes every second product again",
            "selective recompute makes no product again",
        ),
        "stops_early" => is(
            "recompute of a whole layer leaves its last product out",
            "recompute of a whole layer makes all of it again",
        ),
        "working" => format!("a weight takes {value} bytes through the step"),
        "working_narrow" => format!("beside its 8-bit copies a weight takes {value} bytes"),
        "working_is_master" => is(
            "working weights are the 32-bit masters",
            "32-bit masters are kept beside working weights",
        ),
        "gathered" => format!("a gathered weight takes {value} bytes"),
        "gathered_by_matrix" => is(
            "weights are gathered one matrix after the other",
            "weights are gathered one layer after the other",
        ),
        "quantised" => format!("8-bit copies of a weight take {value} bytes"),
        "wire_gradient" => format!("a gradient crosses the network in {value} bytes"),
        "update" => format!("the update makes copies of {value} bytes a gradient"),
        "logit_bytes" => format!("a logit takes {value} bytes at its peak"),
        "context_gib" => format!("driver, runtime and communicators take {value} GiB"),
        "slack" => format!("the allocator loses {share} of activations and buffers"),
        other => format!("{} is {value}", other.replace('_', " ")),
    }
}

/// `hopper/fp8` at `0.93 0.9`.
fn pace_text(pace: &str, value: &str) -> String {
    let (accelerator, precision) = pace.split_once('/').unwrap_or((pace, ""));
    let mut shares = value.split(' ').map(|share| {
        let ratio = share.parse().ok().and_then(Ratio::checked);
        ratio.map_or_else(|| share.to_owned(), show::percent)
    });
    let all = shares.next().unwrap_or_default();
    let attention = shares.next().map(|own| format!(", its attention at {own} of that"));
    format!(
        "{accelerator} in {precision} runs at {all} of the pace that kernels and stack say{}",
        attention.unwrap_or_default()
    )
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
    all.extend(routing(inputs, case));
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

/// How flows share the links between leaves.
fn routing(inputs: &Inputs, case: &Case) -> Option<Assumption> {
    if case.cluster.levels.len() < 3 {
        return None;
    }
    if matches!(
        read(Key::AdaptiveRouting, inputs.get(Key::AdaptiveRouting)),
        Ok(Value::Switch(true))
    ) {
        let text = "Switches route adaptively: flows between leaves reach all of the bandwidth.";
        return Some(taken(text, "assumed; switch adaptive routing off to change it", false));
    }
    let fact = reliability::find("congestion")?;
    let left = show::percent(fact.value);
    let text = format!("Flows between leaves collide: {left} of the bandwidth is left.");
    Some(taken(text, format!("{}; {}", fact.source, fact.date), false))
}

fn run(inputs: &Inputs, case: &Case) -> Vec<Assumption> {
    let mut all = Vec::new();
    if case.model.experts() > 0 && case.training.expert_imbalance.get() <= 1.0 {
        let text = "Every expert gets the same number of tokens.";
        all.push(taken(text, "assumed; type an imbalance to change it", false));
    }
    let own = inputs.fleet().reliability;
    let level = format!("failures_{}", inputs.get(Key::Failures));
    let fleet = reliability::find(&level);
    let text = format!(
        "Machines fail {} times in 1,000 days of one, and checkpoints are {}: time to finish and \
         cost reckon with both; what is said of the steps alone does not.",
        show::rounded(fleet.map_or(0.0, |fact| fact.value.get())),
        match own.checkpoint.way {
            Way::Blocking => "waited for",
            Way::Asynchronous => "written while training goes on",
            Way::Memory => "written while training goes on, with a copy in another host",
        }
    );
    let source = fleet.map_or_else(String::new, |fact| format!("{}; {}", fact.source, fact.date));
    all.push(taken(text, source, false));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_constant_has_a_sentence() {
        for stack in stacks::all() {
            for field in constants::TRAINING.map(|own| own.field) {
                let Some(fact) = stacks::holds(&stack.key, field) else {
                    panic!("{} has no {field}", stack.key);
                };
                let text = constant_text(fact);
                let plain = field.replace('_', " ");
                assert!(!text.starts_with(&format!("{plain} is ")), "{field}: {text}");
                assert!(!text.contains('_') && !text.contains("@"), "{text}");
            }
        }
        let fact = |field: &str, value: &str| Fact {
            of: "s".into(),
            field: field.into(),
            value: value.into(),
            source: "fitted".into(),
        };
        assert_eq!(
            constant_text(&fact("kernels_per_expert", "4.0513")),
            "that wait grows by 4.05 kernels for each expert that a rank holds"
        );
        assert_eq!(
            constant_text(&fact("pace@hopper/fp8", "0.93 0.9")),
            "hopper in fp8 runs at 93.0% of the pace that kernels and stack say, its attention at \
             90.0% of that"
        );
    }

    #[test]
    fn every_constant_of_the_tables_is_told() {
        let about = ["name", "version", "date", "base", "techniques", "exclude"];
        for fact in stacks::facts().iter().chain(stacks::fitted()) {
            let field = fact.field.as_str();
            let known =
                about.contains(&field) || constants::find(&constants::TRAINING, field).is_some();
            assert!(known || field.starts_with("pace@"), "{field}");
        }
    }
}
