//! Deployments as wire objects.

use super::launch::{launch, raised};
use super::markdown::markdown;
use super::{
    FitView, GoalView, LatencyView, RoofPointView, RoofView, ServeRivalView, ServeStudyView,
    ServeView, TradeView,
};
use crate::api::promise::promising_service;
use crate::api::view::{cut, plain_figure, range, shown};
use crate::api::{Assumption, Degree, Figure, PartView, Shown, Trust, WIRE_VERSION};
use crate::catalogue::facts::YOURS;
use crate::catalogue::{accelerators, engines, kernels};
use crate::inputs::{DayShape, Inputs, Key};
use crate::link;
use crate::model::Kept;
use crate::plan::budget;
use crate::plan::serve::{self, Deployed};
use crate::plan::serve::{Candidate, Survey};
use crate::plan::{Amount, Derivation, Part};
use crate::serving::{self, Ask, Demand, WeightFormat};
use crate::units::text::show;
use crate::units::{FlopsPerSecond, Params, Ratio, Seconds};
use std::fmt::Write as _;

/// Rivals that cost more by less are told as of the same cost.
const EQUAL: f64 = 5e-4;

/// The whole answer.
pub(in crate::api) fn serve_view(
    inputs: &Inputs,
    own: &Deployed<'_>,
    survey: &Survey,
) -> ServeView {
    let figures: Vec<Figure> = serve::figures(own).iter().map(|one| figure(own, one)).collect();
    let memory = serve::memory(own);
    let (decode, prefill) = (serve::decode(own), serve::prefill(own));
    let roof = serve::roofline(own);
    let capacity = own.machine.cluster.accelerator.memory;
    let free = match memory.amount {
        Amount::Bytes(taken) => capacity.less(taken),
        _ => capacity,
    };
    let summary = summary(own, &figures);
    let pinned_link = link::encode(&pinned(inputs, own.ask, &own.own.at, Some(own.own.batch)));
    let even = serve::bill(own).and_then(|bill| serve::even(own, &bill)).unwrap_or_default();
    let link = promising_service(inputs, own);
    let degrees = degrees(inputs, own);
    let peak = peak(inputs, own);
    ServeView {
        version: WIRE_VERSION,
        title: title(own),
        goals: goals(own),
        sure: sure(own.ask),
        peak: peak.clone(),
        trust: serve::basis(own).map(|basis| Trust { text: basis.text, measured: basis.measured }),
        memory: part(own, &memory),
        memory_capacity: shown(Amount::Bytes(capacity)),
        memory_free: shown(Amount::Bytes(free)),
        binds: serve::binds(own, &roof, &decode),
        why: why(own, &roof, &figures),
        decode: part(own, &decode),
        prefill: part(own, &prefill),
        roof: roof_view(&roof),
        space: shown(Amount::Count(survey.space)),
        lost: serve::losses(survey).iter().map(cut).collect(),
        even: even.figures.iter().map(plain_figure).collect(),
        break_even: even.text,
        launch: Some(launch(own)),
        assumptions: assumptions(own),
        markdown: markdown(own, (&summary, &peak), (&figures, &degrees), &link),
        link,
        pinned_link,
        summary,
        doubts: doubts(own).into_iter().chain(serve::narrowed_told(own, survey)).collect(),
        degrees,
        figures,
    }
}

/// The numbers of the sentences that say what binds.
fn why(own: &Deployed<'_>, roof: &serve::Roof, figures: &[Figure]) -> Vec<Figure> {
    let mut all: Vec<Figure> = Vec::new();
    if let Some(step) = roof.points.get(1) {
        all.extend(roof.figures(step).iter().take(1).map(plain_figure));
        all.push(plain_figure(&roof.bend()));
    }
    let reading = serve::reading(own);
    all.extend(reading.iter().map(plain_figure));
    all.extend(figures.iter().filter(|figure| figure.id == "used").cloned());
    all
}

/// Rivals and the trade of latency against throughput.
pub(super) fn study_view(
    inputs: &Inputs,
    ask: &Ask,
    own: &Deployed<'_>,
    survey: &Survey,
) -> ServeStudyView {
    let rivals = serve::rivals(ask, survey, own);
    let pools = serve::pools(own);
    let (guessing, guessing_hurts) = serve::guessing(own).unwrap_or_default();
    let chosen = serve::traded(own);
    let line = |points: Vec<serve::TradePoint>| {
        let view = |point: &serve::TradePoint| {
            let is_own = (point.at, point.batch) == (chosen.at, chosen.batch);
            trade(inputs, ask, point, is_own)
        };
        points.iter().map(view).collect()
    };
    let [first, further] = serve::goal_names(ask);
    let latency = |(name, goal): (&str, Option<Seconds>)| LatencyView {
        name: name.to_owned(),
        goal: goal.map(|goal| shown(Amount::Time(goal))),
    };
    ServeStudyView {
        rivals: rivals.iter().map(|rival| rival_view(inputs, ask, rival)).collect(),
        sure: sure(ask),
        lines: serve::tradeoff(ask).map(line),
        own: trade(inputs, ask, &chosen, true),
        latencies: [(further, ask.goals.per_token), (first, ask.goals.first_token)].map(latency),
        machines: ask.machines.iter().map(|machine| machine.label.clone()).collect(),
        fits: fit_views(inputs, ask),
        pools: crate::api::budget::sheet_view(&pools.sheet),
        pools_launch: super::apart::launch(ask, pools.pair.as_ref()),
        guessing,
        guessing_hurts,
        apart: pools.headline,
        apart_wins: pools.win,
        of: link::encode(&pinned(inputs, ask, &own.own.at, Some(own.own.batch))),
        unserved: serve::unserved(inputs, ask, survey),
    }
}

/// What fits where, for whoever serves and for whoever cannot.
pub(super) fn fit_views(inputs: &Inputs, ask: &Ask) -> Vec<FitView> {
    let view = |fit: &serve::Fit| {
        let machine = ask.machines.get(fit.machine)?;
        let mut link = inputs.clone().with(Key::Weights, fit.weights.key());
        link.set(Key::ServeOn, machine.key.clone());
        Some(FitView {
            machine: machine.label.clone(),
            weights: fit.weights.key().to_owned(),
            accelerators: fit.ranks.map(|n| shown(Amount::Count(n))),
            bytes: shown(Amount::Bytes(fit.bytes)),
            longest: shown(Amount::Count(fit.longest.get())),
            speed: shown(Amount::TokenRate(fit.speed)),
            range: fit.range.as_ref().map(range),
            first_token: shown(Amount::Time(fit.first_token)),
            usual: fit.weights == WeightFormat::Q4Km && fit.said.is_empty(),
            doubted: fit.doubted,
            said: fit.said.to_owned(),
            figures: fit.figures.iter().map(plain_figure).collect(),
            link: link::encode(&link),
        })
    };
    serve::fits(ask).iter().filter_map(view).collect()
}

fn trade(inputs: &Inputs, ask: &Ask, point: &serve::TradePoint, chosen: bool) -> TradeView {
    TradeView {
        machine: point.at.machine as u32,
        per_token: shown(Amount::Time(point.per_token)),
        first_token: shown(Amount::Time(point.first_token)),
        rate: shown(Amount::TokenRate(Ratio::new(point.rate.get()))),
        figures: serve::trade_figures(ask, point).iter().map(plain_figure).collect(),
        misses: point.misses,
        chosen,
        layout: format!("{}, batch {}", serve::layout_text(ask, &point.at), point.batch),
        link: link::encode(&pinned(inputs, ask, &point.at, Some(point.batch))),
    }
}

fn rival_view(inputs: &Inputs, ask: &Ask, rival: &serve::Rival<'_>) -> ServeRivalView {
    let own = &rival.own;
    let told = serve::figures(own);
    let told = told.iter().filter(|one| matches!(one.id, "accelerators" | "ttft" | "tpot"));
    let mut figures: Vec<Figure> = told.map(|one| figure(own, one)).collect();
    let mut dearer = shown(Amount::Excess(rival.dearer));
    if rival.dearer.get() < EQUAL {
        dearer.text = "same cost".to_owned();
    }
    // Where no price is known, accelerators are what is compared: of different kinds, nothing.
    if ask.machines.iter().any(|machine| machine.price.is_none()) {
        "no price".clone_into(&mut dearer.text);
    }
    let label = "Dearer";
    let told = derived(own, "dearer", label, Amount::Excess(rival.dearer), &rival.derivation);
    figures.push(Figure { shown: dearer.clone(), ..told });
    ServeRivalView {
        layout: serve::layout_text(ask, &own.own.at),
        accelerators: shown(Amount::Count(own.accelerators())),
        first_token: shown(Amount::Time(own.own.first_token)),
        per_token: shown(Amount::Time(own.own.per_token)),
        dearer,
        figures,
        loses: rival.text.clone(),
        link: link::encode(&pinned(inputs, ask, &own.own.at, None)),
    }
}

/// The inputs with a layout fixed.
pub(in crate::api) fn pinned(
    inputs: &Inputs,
    ask: &Ask,
    at: &Candidate,
    batch: Option<u32>,
) -> Inputs {
    let mut pinned = inputs.clone();
    let instance = &at.instance;
    for (key, n) in [
        (Key::ServeTp, instance.tp),
        (Key::ServePp, instance.pp),
        (Key::ServeDp, instance.dp),
        (Key::ServeEp, instance.ep),
    ] {
        pinned.set(key, n.to_string());
    }
    if let Some(batch) = batch {
        pinned.set(Key::BatchMax, batch.to_string());
    }
    if let Some(machine) = ask.machines.get(at.machine) {
        if ask.machines.len() > 1 {
            pinned.set(Key::ServeOn, machine.key.clone());
        }
        if let Some((weights, cache)) = machine.formats.get(at.format) {
            pinned.set(Key::Weights, weights.key());
            pinned.set(Key::Cache, cache.key());
        }
    }
    pinned
}

/// Name of the model without its organisation.
pub(in crate::api) fn name(ask: &Ask) -> &str {
    let name = ask.model.name.as_str();
    match name {
        "custom" => "Own numbers",
        "config" => "Pasted config.json",
        _ => name.rsplit('/').next().unwrap_or(name),
    }
}

fn title(own: &Deployed<'_>) -> String {
    let params = show::params(Params::new(own.ask.model.params().total));
    let count = own.paid_text();
    format!(
        "{} \u{b7} {params} parameters on {count}{}{} with {}",
        name(own.ask),
        show::GAP,
        own.machine.label,
        engine_text(own.ask)
    )
}

fn summary(own: &Deployed<'_>, figures: &[Figure]) -> String {
    let text = |id: &str| {
        figures.iter().find(|figure| figure.id == id).map(|figure| figure.shown.text.clone())
    };
    let mut all = format!(
        "Serve {} on {} {} with {}: {} of {}, {} weights and {} cache, at most {} \
         sequences at once; first token in {}, each further one in {}, {} in all",
        name(own.ask),
        own.paid_text(),
        own.machine.label,
        engine_text(own.ask),
        own.instances_text(),
        serve::instance_text(&own.own.at.instance),
        as_stored(own),
        serve::cache_name(&own.ask.engine.key, own.formats.1),
        own.own.batch,
        text("ttft").unwrap_or_default(),
        text("tpot").unwrap_or_default(),
        text("tokens_per_s").unwrap_or_default(),
    );
    if let Some(price) = text("whole_price") {
        let _ = write!(all, ", {price} a million answer tokens, prompts included");
    }
    all.push('.');
    all
}

/// The format of the weights, and whether the checkpoint has it.
fn as_stored(own: &Deployed<'_>) -> String {
    let format = own.formats.0.key();
    match own.ask.stored {
        Some(stored) if stored == own.formats.0 => format!("{format} (as the checkpoint)"),
        stored => match serve::narrowed(own) {
            Some(_) => {
                let stored = stored.unwrap_or(WeightFormat::Bf16).key();
                format!("{format} (the checkpoint has {stored})")
            }
            None => format.to_owned(),
        },
    }
}

/// The engine's name; of one's own, what it is made of.
fn engine_text(ask: &Ask) -> String {
    let engine = &ask.engine;
    if engine.own.is_some() { engine.told() } else { engine.name.clone() }
}

/// A peak of the day, typed or read of a trace, that is more than the instances hold: they are sized for the mean.
fn peak(inputs: &Inputs, own: &Deployed<'_>) -> String {
    let (Demand::Rate(mean), Some(day)) = (own.ask.demand, inputs.operation().day) else {
        return String::new();
    };
    let most = match day {
        DayShape::Wave { peak, .. } => peak,
        DayShape::Slots(slots) => slots.into_iter().max().unwrap_or(mean),
    };
    // Few enough at random never wait too long: what the goals leave is found only where more than the mean comes.
    let held = (most > mean).then(|| own.each_held()).flatten();
    let held = held.unwrap_or_default() * f64::from(own.own.replicas);
    if most <= mean.max(held) {
        return String::new();
    }
    format!(
        "This is sized for {} and holds {} at most within the goals: at the peak of {}, {} the \
         mean, requests wait and the goals are not kept. \u{201c}Over the day\u{201d} sizes for \
         the peak; type it as the requests to keep the goals then.",
        show::frequency(mean),
        show::frequency(held),
        show::frequency(most),
        show::factor(Ratio::new(most.get() / mean.get().max(1e-12)))
    )
}

/// The chance that is wanted of each goal.
fn sure(ask: &Ask) -> String {
    ask.sure.map(show::percent_typed).unwrap_or_default()
}

fn goals(own: &Deployed<'_>) -> Vec<GoalView> {
    let goal = |goal: serve::Goal| {
        let chance = |own: &crate::plan::Figure| budget::chance_text(own.amount.value());
        let text = goal.chance.as_ref().map(chance).unwrap_or_default();
        let mut figure = goal.chance.as_ref().map(plain_figure);
        if let Some(figure) = &mut figure {
            let short = text.replace("about ", "\u{2248}").replace("over ", ">");
            figure.shown.text = short.replace("under ", "<");
        }
        GoalView {
            label: goal.label.to_owned(),
            reached: shown(goal.reached),
            goal: shown(goal.goal),
            chance: text,
            figure,
        }
    };
    serve::goals(own).into_iter().map(goal).collect()
}

/// What a degree is for.
const HELP: [&str; 8] = [
    "Instances: copies of the engine behind one router, each with all weights, spare ones \
     included.",
    "Tensor parallel: ranks that share every matrix and answer together.",
    "Pipeline parallel: stages of layers, each at work on other sequences.",
    "Attention data parallel: groups of ranks that hold sequences of their own while the experts \
     are shared.",
    "Expert parallel: ranks over which a layer's experts are spread.",
    "Batch: sequences that decode together in one instance at most.",
    "Weights: number format that they are stored in.",
    "Cache: number format of keys and values.",
];

fn degrees(inputs: &Inputs, own: &Deployed<'_>) -> Vec<Degree> {
    let at = own.own.at.instance;
    let n = |n: u32| show::grouped(n.into());
    let weights = own.formats.0.key();
    let cache = serve::cache_name(&own.ask.engine.key, own.formats.1);
    let all = [
        ("sl", "Instances", n(own.instances()), true),
        ("stp", "TP", n(at.tp), true),
        ("spp", "PP", n(at.pp), at.pp > 1),
        ("sdp", "DP", n(at.dp), at.dp > 1),
        ("sep", "EP", n(at.ep), at.ep > 1),
        ("sb", "Batch", n(own.own.batch), true),
        ("sw", "Weights", weights.to_owned(), true),
        ("sk", "Cache", cache.to_owned(), true),
    ];
    let one = |((key, label, value, main), help): ((&str, &str, String, bool), &str)| Degree {
        key: key.to_owned(),
        label: label.to_owned(),
        value,
        help: help.to_owned(),
        fixed: Key::from_link_name(key)
            .is_some_and(|key| inputs.typed(key).is_some_and(|text| !text.is_empty())),
        main,
    };
    all.into_iter().zip(HELP).map(one).collect()
}

fn figure(own: &Deployed<'_>, one: &crate::plan::Figure) -> Figure {
    let figure = derived(own, one.id, one.label, one.amount, &one.derivation);
    Figure { range: serve::range(own, one.id, one.amount).as_ref().map(range), ..figure }
}

fn part(own: &Deployed<'_>, one: &Part) -> PartView {
    PartView {
        id: one.id.clone(),
        figure: derived(own, &one.id, one.label, one.amount, &one.derivation),
        share: one.share.get(),
        children: one.children.iter().map(|child| part(own, child)).collect(),
    }
}

/// A number with where it comes from; constants of the engine carry the source of the catalogue.
fn derived(
    own: &Deployed<'_>,
    id: &str,
    label: &str,
    amount: Amount,
    derivation: &Derivation,
) -> Figure {
    let plain = derivation.constants.is_empty();
    let source = derivation.source.as_str();
    let mut sources = vec![if plain { source } else { source.trim_end_matches('.') }.to_owned()];
    let engine = &own.ask.engine;
    for name in &derivation.constants {
        for fact in engines::of_factor(&engine.key, name).into_iter().filter(|_| name.contains('@'))
        {
            sources.push(format!("{name} {}: {}", fact.value, fact.source));
        }
        if name.contains('@') {
            continue;
        }
        if let Some(fact) = engines::in_engine(engine, name) {
            let yours = fact.source.starts_with(YOURS);
            let of = if yours { &engine.name } else { engine.base_name() };
            sources.push(format!("{of}, {name} {}: {}", fact.value, fact.source));
        }
    }
    Figure {
        id: id.to_owned(),
        label: label.to_owned(),
        shown: shown(amount),
        formula: derivation.formula.clone(),
        substituted: derivation.substituted.clone(),
        source: sources.join(". "),
        range: None,
        parts: derivation
            .parts
            .iter()
            .map(|part| derived(own, part.id, part.label, part.amount, &part.derivation))
            .collect(),
    }
}

fn roof_view(roof: &serve::Roof) -> RoofView {
    let plain = |value: f64, unit: &str, text: String| Shown { value, unit: unit.to_owned(), text };
    let point = |point: &serve::RoofPoint| {
        let at = point.intensity.get();
        let allowed = roof.allowed(point).get();
        RoofPointView {
            figures: roof.figures(point).iter().map(plain_figure).collect(),
            label: point.label.clone(),
            intensity: plain(at, "flops_per_byte", show::rounded(at)),
            reached: shown(Amount::FlopRate(point.reached)),
            share: shown(Amount::Share(Ratio::new(point.reached.get() / allowed))),
        }
    };
    RoofView {
        bandwidth: plain(roof.bandwidth.get(), "bytes_per_s", show::bandwidth(roof.bandwidth)),
        peak: shown(Amount::FlopRate(FlopsPerSecond::new(roof.peak.get()))),
        points: roof.points.iter().map(point).collect(),
    }
}

pub(in crate::api) fn assumptions(own: &Deployed<'_>) -> Vec<Assumption> {
    let taken =
        |text: String, source: String, verified: bool| Assumption { text, source, verified };
    let engine = &own.ask.engine;
    let mut all = of_machine(own);
    all.extend(told(own));
    let text = match engine.own {
        Some(_) => format!("Engine: {}.", engine.told()),
        None => format!("{} as of {} ({}).", engine.name, engine.version, engine.date),
    };
    all.push(taken(text, engine.source.clone(), true));
    let traffic = &own.ask.traffic;
    all.push(taken(
        format!(
            "Prompts of {} and answers of {} tokens on the mean, {}; requests come at random.",
            show::grouped(traffic.prompt as u64),
            show::grouped(traffic.output as u64),
            match traffic.prompt_spread > 0.0 {
                true => format!(
                    "prompts deviate by {}",
                    show::percent(Ratio::new(traffic.prompt_spread))
                ),
                false => "prompts all of one length".to_owned(),
            }
        ),
        "typed".to_owned(),
        true,
    ));
    match own.machine.price {
        Some(rate) => {
            let text = format!("One accelerator costs {}.", show::price(rate));
            all.push(taken(text, own.machine.price_source.clone(), true));
        }
        None => {
            let text = "No price is known, so costs are left out; type one.".to_owned();
            all.push(taken(text, "catalogue".to_owned(), false));
        }
    }
    let spare = match own.ask.spares {
        0 => "No spare instance".to_owned(),
        n => format!("{n} spare {}", show::plural(n.into(), "instance")),
    };
    all.push(taken(
        format!(
            "{spare}, no failures, an even load; the engine's own default settings but for the \
             ones shown."
        ),
        "stated".to_owned(),
        false,
    ));
    crate::units::order::sort_by_key(&mut all, |assumption| assumption.verified);
    all
}

/// What is known of the machine itself, and of its memory.
fn of_machine(own: &Deployed<'_>) -> Vec<Assumption> {
    let taken =
        |text: String, source: String, verified: bool| Assumption { text, source, verified };
    let mut all = Vec::new();
    if let Some(row) = accelerators::find_serving(&own.machine.key) {
        let sheet = format!("{}; {}", row.source, row.date);
        let (text, verified) = row.confirmed(&own.machine.cluster.accelerator.unverified);
        all.push(taken(text, sheet, verified));
        if row.verification == "assumed" && !row.note.is_empty() {
            all.push(taken(format!("{}: {}.", row.label, row.note), row.date.clone(), false));
        }
        let memory = accelerators::usable_source(&row.key, &row.accelerator.generation);
        if memory.starts_with("assumed") {
            let text = "What the system leaves of the memory to programs is assumed.".to_owned();
            all.push(taken(text, memory, false));
        }
        if let (false, Some(kernels)) = (row.kernels_measured, kernels::find(&row.kernels)) {
            let text = format!("Its kernels were not measured: taken from {}.", row.kernels);
            all.push(taken(text, kernels.source.clone(), false));
        }
    }
    all
}

/// What stands beside the headline: that requests are refused, formats that may not run, what to know of them.
fn doubts(own: &Deployed<'_>) -> Vec<String> {
    let refused = serve::longest(own).beyond.map(|_| serve::longest_text(own));
    refused.into_iter().chain(serve::doubts(own).into_iter().map(|(text, _)| text)).collect()
}

/// What to know of checkpoint, length and energy.
fn told(own: &Deployed<'_>) -> Vec<Assumption> {
    let taken = |text: String, source: &str, verified: bool| Assumption {
        text,
        source: source.to_owned(),
        verified,
    };
    let mut all: Vec<Assumption> =
        serve::doubts(own).into_iter().map(|(text, source)| taken(text, source, false)).collect();
    all.extend(serve::narrowed(own).map(|(text, source)| taken(text, source, false)));
    if own.machine.cluster.accelerator.power.is_none() {
        let text = format!(
            "No power of the {} is published: energy and carbon are left out.",
            own.machine.label
        );
        all.push(taken(text, "catalogue", false));
    }
    if let Some(stored) = own.ask.stored {
        let parts = serving::parts(stored, &own.ask.model);
        let mut text = format!("The checkpoint stores its weights in {}", stored.key());
        for (kept, bits) in [(Kept::Eight, 8), (Kept::Wide, 16)] {
            let names = parts.told(kept, &own.ask.model);
            if !names.is_empty() {
                let _ = write!(text, "; in {bits} bits: {names}");
            }
        }
        text.push('.');
        all.push(taken(text, "quantization_config of its config.json", true));
    }
    if let Some(text) = raised(own) {
        all.push(taken(text, "the engine's own settings would leave no room", false));
    }
    if let Some(beyond) = serve::longest(own).beyond {
        let text = format!(
            "The model was made for {} positions: longer requests are refused unless it is \
             stretched.",
            show::grouped(beyond.get())
        );
        all.push(taken(text, "max_position_embeddings", false));
    }
    all
}
