//! What fits where: every format that the engine has on every kind of machine asked for, for one user alone.

use crate::catalogue::formats::doubted;
use crate::catalogue::support;
use crate::estimate::serve::{Sequences, ServeMemoryPart, Serving};
use crate::plan::budget::figure;
use crate::plan::{Amount, Derivation, Figure, Range};
use crate::search::serve::instances;
use crate::serving::{Ask, AskedMachine, Instance, Service, WeightFormat};
use crate::units::text::fine;
use crate::units::{Bytes, Ratio, Seconds, Tokens};

/// One format on one kind of machine.
#[derive(Clone, Debug, PartialEq)]
pub struct Fit {
    /// Number of the kind of machine.
    pub machine: usize,
    /// Format of the weights.
    pub weights: WeightFormat,
    /// Accelerators of the smallest instance that holds a request; none where none does.
    pub ranks: Option<u64>,
    /// Weights on one of them, or on one of the largest instance where nothing fits.
    pub bytes: Bytes,
    /// Tokens that its cache holds.
    pub longest: Tokens,
    /// Tokens a second of one answer alone.
    pub speed: Ratio,
    /// Where 80 % of measured runs of single answers lay.
    pub range: Option<Range>,
    /// Time to read a prompt alone.
    pub first_token: Seconds,
    /// No source confirms that the engine has the format there.
    pub doubted: bool,
    /// Where speed, prompt and weights come from.
    pub figures: Vec<Figure>,
}

/// Every format on every kind of machine, in the order asked for and of the engine.
#[must_use]
pub fn fits(ask: &Ask) -> Vec<Fit> {
    let mut all = Vec::new();
    for (machine, kind) in ask.machines.iter().enumerate() {
        let generation = &kind.cluster.accelerator.generation;
        let formats: Vec<WeightFormat> = match support::find(&ask.engine.key, generation) {
            Some(can) => can.weights.clone(),
            None => kind.formats.iter().map(|(weights, _)| *weights).collect(),
        };
        all.extend(formats.into_iter().filter_map(|format| fit(ask, (machine, kind), format)));
    }
    all
}

fn fit(ask: &Ask, (machine, kind): (usize, &AskedMachine), weights: WeightFormat) -> Option<Fit> {
    let service = Service {
        model: ask.model.clone(),
        cluster: kind.cluster.clone(),
        engine: ask.engine.clone(),
        weights,
        cache: kind.formats.first().map(|(_, cache)| *cache)?,
        speculation: ask.speculation,
    };
    let splits = |n: u32, degree: &str| n == 1 || kind.degrees.iter().any(|own| own == degree);
    let mut all = instances(&ask.model, &kind.cluster);
    all.retain(|own| {
        let (tp, pp) = (splits(own.tp, "tp"), splits(own.pp, "pp"));
        tp && pp && splits(own.dp, "dp") && splits(own.ep, "ep")
    });
    let holds =
        |serving: &Serving<'_>| !serving.memory().too_full && serving.holds_one(&ask.traffic);
    let small = all.iter().filter(|own| holds(&Serving::new(&service, own)));
    let small = small.min_by_key(|own| (own.ranks(), own.pp));
    let own = small.or_else(|| all.iter().max_by_key(|own| own.ranks()))?;
    let serving = Serving::new(&service, own);
    let memory = serving.memory();
    let context = Tokens::new(ask.traffic.context().get() as u64);
    let one = Sequences(1.0);
    let speed = Ratio::new(1.0 / serving.writing(one, context).get().max(1e-12));
    let generation = &kind.cluster.accelerator.generation;
    let least = serving.least_step(&serving.decode_load(one, context)).get();
    let most = Ratio::new(1.0 / (least * serving.steps_a_token().get()).max(1e-12));
    let cut = |factor: Ratio| Amount::TokenRate((speed * factor.get()).min(most));
    let range = ask
        .engine
        .range("tok_s", generation, "single")
        .map(|range| Range { low: cut(range.factor.0), high: cut(range.factor.1) });
    let step = serving.writing(one, context);
    let first_token = serving.reading(one, Tokens::new(ask.traffic.prompt as u64));
    let bytes = memory.get(ServeMemoryPart::Weights);
    let figures = vec![
        said_speed(step, speed),
        said_prompt(ask, &serving, first_token),
        said_weights(ask, own, bytes),
        said_longest(&serving, ask.engine.memory.block),
        said_ranks(ask, &service, &all, own),
    ];
    Some(Fit {
        machine,
        weights,
        ranks: small.map(|own| own.ranks()),
        bytes,
        longest: memory.tokens,
        speed,
        range,
        first_token,
        doubted: doubted(&ask.engine.key, generation, (weights, service.cache))[0].is_some(),
        figures,
    })
}

fn said_speed(step: Seconds, speed: Ratio) -> Figure {
    let text = format!("1 / {} = {} tokens/s", fine::time(step), fine::number(speed));
    let source = "roofline of each operation with the engine's fitted shares (estimate/serve)";
    let told = Derivation::of("1 / a step of decoding with one sequence", text, source);
    figure("speed", "One answer", Amount::TokenRate(speed), told)
}

fn said_prompt(ask: &Ask, serving: &Serving<'_>, time: Seconds) -> Figure {
    let (load, steps) = serving.prompt_load(Tokens::new(ask.traffic.prompt as u64));
    let text = format!(
        "{} × {} = {}",
        fine::number(serving.passes(steps)),
        fine::time(serving.step(&load).total()),
        fine::time(time)
    );
    let formula = "steps of at most a chunk of tokens × time of one";
    let told = Derivation::of(formula, text, "estimate/serve/batch; handling is not in it");
    figure("first_token", "Prompt read in", Amount::Time(time), told)
}

fn said_weights(ask: &Ask, own: &Instance, bytes: Bytes) -> Figure {
    let ranks = own.ranks().max(1);
    let all = Bytes::from_f64(bytes.as_f64() * ranks as f64);
    let text = format!("{} / {} = {}", fine::bytes(all), fine::count(ranks), fine::bytes(bytes));
    let params = fine::count(ask.model.params().total);
    let formula =
        "all weights in this format, with what several hold / accelerators of an instance";
    let source = format!(
        "{params} parameters, each matrix in its own format: tables, norms and router in 16 bits \
         (estimate/serve/memory)"
    );
    let told = Derivation::of(formula, text, &source);
    figure("bytes", "Weights on each", Amount::Bytes(bytes), told)
}

fn said_longest(serving: &Serving<'_>, block: u32) -> Figure {
    let (memory, each) = (serving.memory(), serving.token_bytes());
    let groups = u64::from(serving.instance().dp.max(1));
    let block = u64::from(block.max(1));
    let (tokens, blocks) = (memory.tokens.get(), memory.tokens.get() / (block * groups));
    let held = Amount::Count(tokens);
    let factors = [blocks, block, groups].map(fine::count).join(" \u{d7} ");
    let formula = "whole blocks that fit \u{d7} tokens of one \u{d7} attention groups";
    let source = format!(
        "{} are left for the cache, a token takes {} (estimate/serve/memory)",
        fine::bytes(memory.get(ServeMemoryPart::Cache)),
        fine::bytes(each),
    );
    let told = Derivation::of(formula, format!("{factors} = {}", held.text()), &source);
    figure("longest", "Tokens in the cache", held, told)
}

/// Why an instance has no fewer accelerators: what the next smaller one lacks.
fn said_ranks(ask: &Ask, service: &Service, all: &[Instance], own: &Instance) -> Figure {
    let fewer = all.iter().filter(|other| other.ranks() < own.ranks());
    let fewer = fewer.max_by_key(|other| other.ranks());
    let less = fewer.map(|other| {
        let (n, serving) = (fine::count(other.ranks()), Serving::new(service, other));
        let memory = serving.memory();
        let weights = fine::bytes(memory.get(ServeMemoryPart::Weights));
        if memory.too_full {
            return format!("on {n}, {weights} of weights each leave no room for a cache");
        }
        format!("on {n}, the cache holds {} tokens", fine::count(memory.tokens.get()))
    });
    let less = less.unwrap_or_else(|| "there are no fewer".to_owned());
    let degrees = [own.tp, own.pp, own.dp].map(|degree| fine::count(degree.into()));
    let n = Amount::Count(own.ranks());
    let need = fine::count((ask.traffic.prompt + ask.traffic.output) as u64);
    figure(
        "ranks",
        "Accelerators at least",
        n,
        Derivation::of(
            "tensor \u{d7} pipeline \u{d7} data parallel, of the smallest instance whose cache \
             holds a request",
            format!("{} = {}", degrees.join(" \u{d7} "), n.text()),
            &format!("a request takes {need} tokens; {less} (estimate/serve/memory)"),
        ),
    )
}
