//! One column of a comparison: what was asked of a deployment, and what it gives.

use super::text::{cache_name, instance_text, load_text};
use super::{Deployed, bill, break_even, decode, figures, memory, range};
use crate::plan::Amount;
use crate::plan::compare::{Better, Fact, Section};
use crate::plan::compare::{measured, parts, said};
use crate::units::text::{fine, show};

/// All that is said of a deployment, in the order of the table; `model` is its name for people.
#[must_use]
pub fn facts(own: &Deployed<'_>, model: &str) -> Vec<Fact> {
    let mut all = asked(own, model);
    all.extend(figures(own).iter().map(|figure| Fact {
        range: range(own, figure.id, figure.amount),
        better: better(figure.id),
        ..measured(Section::Figures, figure.id, figure.label, figure.amount)
    }));
    all.extend(by_the_token(own));
    all.extend(layout(own));
    all.extend(parts(Section::Memory, &memory(own)));
    all.extend(parts(Section::Time, &decode(own)));
    all
}

/// What it costs over what the typed price by the token asks for the same tokens.
fn by_the_token(own: &Deployed<'_>) -> Option<Fact> {
    let even = break_even(own, &bill(own)?)?;
    let share = Amount::Share(even.share);
    let fact = measured(Section::Figures, "break_even", "Of the price by the token", share);
    Some(Fact { better: Better::Less, ..fact })
}

fn better(id: &str) -> Better {
    match id {
        "ttft" | "tpot" | "accelerators" | "whole_price" | "input_price" | "output_price"
        | "monthly" | "monthly_whole" | "whole" => Better::Less,
        "tokens_per_s" | "tokens_per_gpu" | "speed" | "full" => Better::More,
        _ => Better::Neither,
    }
}

fn asked(own: &Deployed<'_>, model: &str) -> Vec<Fact> {
    let text = |id: &str, label: &str, text: String| said(Section::Asked, id, label, text);
    let (ask, traffic) = (own.ask, &own.ask.traffic);
    let tokens = |n: f64| format!("{} tokens", show::grouped(n as u64));
    let goal = |time: Option<_>| time.map_or("none".to_owned(), show::time);
    let params = ask.model.params().total;
    let size = Fact {
        text: fine::count(params),
        ..measured(Section::Asked, "params", "Parameters", Amount::Count(params))
    };
    let sure = ask.sure.map_or("as predicted".to_owned(), show::percent_typed);
    let price = own.machine.price.map_or("not known".to_owned(), show::price);
    vec![
        text("model", "Model", model.to_owned()),
        size,
        text("engine", "Engine", ask.engine.told()),
        text("accelerator", "Accelerator", own.machine.label.clone()),
        text("demand", "Requests", load_text(own)),
        text("prompt", "Prompt", tokens(traffic.prompt)),
        text("answer", "Answer", tokens(traffic.output)),
        text("first_goal", "First token (TTFT) within", goal(ask.goals.first_token)),
        text("further_goal", "Each further (TPOT) within", goal(ask.goals.per_token)),
        text("sure", "Chance that each goal is kept", sure),
        text("price", "Price of one accelerator", price),
    ]
}

fn layout(own: &Deployed<'_>) -> Vec<Fact> {
    let text = |id: &str, label: &str, text: String| said(Section::Layout, id, label, text);
    vec![
        text("layout.instance", "One instance", instance_text(&own.own.at.instance)),
        text("layout.replicas", "Instances", own.instances_text()),
        text("layout.batch", "Batch", show::grouped(own.own.batch.into())),
        text("layout.weights", "Weights", own.formats.0.key().to_owned()),
        text("layout.cache", "Cache", cache_name(&own.ask.engine.key, own.formats.1).to_owned()),
    ]
}
