//! Searches deployments of two models on up to 64 H200 and prints the frontier and how long it took:
//! `cargo run --release --example serve_plan`.

use autoparallel::catalogue::{accelerators, engines, models, support};
use autoparallel::search::serve::{Frontier, Offer, Question, frontier};
use autoparallel::serving::{Goals, KvFormat, Traffic, WeightFormat};
use autoparallel::units::{DollarsPerHour, Ratio, Seconds};
use std::time::{Duration, Instant};

/// Times each search is run; the least counts on a busy machine.
const RUNS: usize = 15;
/// Points that are printed of a frontier.
const SHOWN: usize = 12;

fn main() {
    for (model, engine) in [("Llama-3.3-70B-Instruct", "vllm"), ("DeepSeek-R1", "sglang")] {
        let Some(question) = question(model, engine) else {
            eprintln!("{model} or {engine} is not in the catalogue");
            continue;
        };
        let mut times: Vec<Duration> = Vec::new();
        let mut found = None;
        for _ in 0..RUNS {
            let start = Instant::now();
            found = Some(frontier(&question));
            times.push(start.elapsed());
        }
        times.sort();
        if let Some(found) = found {
            print(model, &question, &found, &times);
        }
    }
}

/// Up to 64 H200, TTFT within 2 s and a token within 50 ms, prompts of 2,048 and answers of 512 tokens.
fn question(model: &str, engine: &str) -> Option<Question> {
    let machine = accelerators::find("h200-sxm")?;
    let price = machine.price.unwrap_or(DollarsPerHour::new(3.0));
    Some(Question {
        model: models::find(model)?.model.clone(),
        engine: engines::find(engine)?.clone(),
        offers: vec![Offer { cluster: accelerators::cluster(machine, 64), price }],
        formats: vec![
            (WeightFormat::Bf16, KvFormat::Wide),
            (WeightFormat::Fp8, KvFormat::Wide),
            (WeightFormat::Fp8, KvFormat::Fp8),
        ],
        degrees: support::degrees(engine),
        speculation: None,
        traffic: Traffic {
            prompt: 2048.0,
            output: 512.0,
            spread: 0.7,
            prompt_spread: 0.0,
            cached: Ratio::ZERO,
        },
        goals: Goals { first_token: Some(Seconds::new(2.0)), per_token: Some(Seconds::new(0.05)) },
    })
}

fn print(model: &str, question: &Question, found: &Frontier, times: &[Duration]) {
    let ms = |at: usize| times.get(at).map_or(0.0, |time| time.as_secs_f64() * 1e3);
    println!(
        "{model} on up to 64 H200 under {}: least {:.1} ms, median {:.1} ms; {:?}",
        question.engine.name,
        ms(0),
        ms(times.len() / 2),
        found.tally
    );
    for point in found.points.iter().step_by(found.points.len().div_ceil(SHOWN).max(1)) {
        let (weights, cache) = question.formats[point.format];
        println!(
            "  TP {} PP {} attention DP {} EP {} x {}, {} / {}, batch {:4}: TTFT {:6.0} ms, \
             TPOT {:5.1} ms, {:8.0} tokens/s, {:.3} $/M",
            point.instance.tp,
            point.instance.pp,
            point.instance.dp,
            point.instance.ep,
            point.replicas,
            weights.key(),
            cache.key(),
            point.batch,
            point.first_token.get() * 1e3,
            point.per_token.get() * 1e3,
            point.rate.get(),
            point.cost.get()
        );
    }
}
