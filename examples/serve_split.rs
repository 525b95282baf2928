//! Pools that read and pools that write against instances that do both, for two models on up to 64 H200:
//! `cargo run --release --example serve_split`.

use autoparallel::catalogue::{accelerators, engines, models};
use autoparallel::search::serve::Offer;
use autoparallel::search::serve::split::{SplitQuestion, compare};
use autoparallel::serving::{FixedServing, Goals, KvFormat, Room, Traffic, WeightFormat};
use autoparallel::units::{DollarsPerHour, Ratio, Seconds};
use std::time::Instant;

fn main() {
    for (model, engine) in [("Llama-3.3-70B-Instruct", "vllm"), ("DeepSeek-R1", "sglang")] {
        for (prompt, output, each) in
            [(1000.0, 1000.0, 0.03), (4000.0, 500.0, 0.03), (8000.0, 250.0, 0.015)]
        {
            let Some(question) = question((model, engine), (prompt, output), each) else {
                eprintln!("{model} or {engine} is not in the catalogue");
                continue;
            };
            let start = Instant::now();
            let found = compare(&question);
            let ms = start.elapsed().as_secs_f64() * 1e3;
            println!("{model}, {prompt} in, {output} out, {} ms a token: {ms:.0} ms", each * 1e3);
            println!(
                "  {:?}, pairs {:?}, pools at least {:?}",
                found.why, found.pairs, found.apart_least
            );
            println!("  {:?}", found.together);
            println!("  {:?}", found.apart);
        }
    }
}

fn question(
    (model, engine): (&str, &str),
    (prompt, output): (f64, f64),
    each: f64,
) -> Option<SplitQuestion> {
    let machine = accelerators::find("h200-sxm")?;
    Some(SplitQuestion {
        model: models::find(model)?.model.clone(),
        engine: engines::find(engine)?.clone(),
        offer: Offer {
            cluster: accelerators::cluster(machine, 64),
            price: machine.price.unwrap_or(DollarsPerHour::new(3.0)),
        },
        formats: (WeightFormat::Fp8, KvFormat::Wide),
        speculation: None,
        traffic: Traffic { prompt, output, spread: 0.7, prompt_spread: 0.0, cached: Ratio::ZERO },
        goals: Goals { first_token: Some(Seconds::new(2.0)), per_token: Some(Seconds::new(each)) },
        room: Room::NONE,
        share: Some(Ratio::new(0.9)),
        rate: None,
        ranks_max: 32,
        degrees: ["tp", "pp", "dp", "ep"].map(str::to_owned).to_vec(),
        fixed: FixedServing::default(),
        further_share: None,
        spares: 0,
        machine_size: 1,
    })
}
