//! Which experts the tokens of a step visit, against draws that know nothing of the formula; prompts that pass a recurrence.

use autoparallel::catalogue::{accelerators, engines, models};
use autoparallel::estimate::serve::{LatentForm, Load, Serving, counts};
use autoparallel::serving::{Instance, KvFormat, Service, WeightFormat};
use autoparallel::units::Seconds;
use support::dice::Dice;

mod support;

fn service(model: &str, engine: &str) -> Service {
    let row = accelerators::find("h200-sxm").expect("a machine");
    Service {
        model: models::find(model).unwrap_or_else(|| panic!("{model}")).model.clone(),
        cluster: accelerators::cluster(row, 8),
        engine: engines::find(engine).expect("an engine").clone(),
        weights: WeightFormat::Bf16,
        cache: KvFormat::Wide,
        speculation: None,
    }
}

/// Experts of a layer that so many tokens visit, by the bytes of weights that a step reads more than one of one token.
fn visited(model: &str, tokens: f64) -> f64 {
    let service = service(model, "vllm");
    let moe = service.model.kinds.iter().find_map(|kind| kind.ffn.moe()).expect("experts").clone();
    let layers = service.model.pattern.iter().filter(|at| {
        service.model.kinds.get(usize::from(**at)).is_some_and(|kind| kind.ffn.moe().is_some())
    });
    let bytes = |tokens: f64| {
        let load = Load { decode: tokens, context: 0.0, rows: 1.0, ..Load::default() };
        counts(&service, &Instance::ONE, &load, LatentForm::Absorbed).bytes.get() as f64
    };
    let matrices = if moe.gated { 3.0 } else { 2.0 };
    let each = matrices * f64::from(moe.width) * f64::from(service.model.hidden) * 2.0;
    // All other weights are read by a step of any size.
    (bytes(tokens) - bytes(f64::MIN_POSITIVE)) / (layers.count() as f64 * each)
}

fn normal(dice: &mut Dice) -> f64 {
    let (u, v) = (dice.roll().max(1e-12), dice.roll());
    (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos()
}

/// Of mean 1 and that variance (Marsaglia and Tsang 2000, with their way for shapes below one).
fn popularity(dice: &mut Dice, variance: f64) -> f64 {
    let shape = 1.0 / variance;
    let d = shape + 1.0 - 1.0 / 3.0;
    let c = 1.0 / (9.0 * d).sqrt();
    loop {
        let x = normal(dice);
        let v = (1.0 + c * x).powi(3);
        let u = dice.roll().max(1e-12);
        if v > 0.0 && u.ln() < 0.5 * x * x + d - d * v + d * v.ln() {
            return d * v * dice.roll().max(1e-12).powf(1.0 / shape) / shape;
        }
    }
}

/// Mean number of experts that `tokens` visit, each `top` different ones, drawn one after another by popularity.
fn drawn(experts: usize, top: usize, tokens: usize, variance: f64) -> f64 {
    const RUNS: usize = 200;
    let mut dice = Dice(0x9E37_79B9_7F4A_7C15);
    let mut sum = 0;
    for _ in 0..RUNS {
        let popular: Vec<f64> = (0..experts)
            .map(|_| if variance > 0.0 { popularity(&mut dice, variance) } else { 1.0 })
            .collect();
        let mut seen = vec![false; experts];
        for _ in 0..tokens {
            let mut left = popular.clone();
            for _ in 0..top {
                let mut at = dice.roll() * left.iter().sum::<f64>();
                let found = left.iter().position(|w| {
                    at -= w;
                    at < 0.0
                });
                let one = found.unwrap_or(experts - 1);
                (seen[one], left[one]) = (true, 0.0);
            }
        }
        sum += seen.iter().filter(|seen| **seen).count();
    }
    sum as f64 / RUNS as f64
}

/// DeepSeek's router has a bias that evens out and Mixtral's eight are even anyway; Qwen's has none: popularities of variance 1.3, as measured of
/// Qwen3-30B-A3B (the source beside `POPULARITY`). Tokens that draw one expert after another without putting it back visit
/// somewhat more than the formula, which takes each expert by itself.
#[test]
fn tokens_visit_the_experts_that_draws_visit() {
    for (model, experts, top, variance) in [
        ("DeepSeek-V3", 256, 8, 0.0),
        ("Qwen3-30B-A3B", 128, 8, 1.3),
        ("Mixtral-8x7B-v0.1", 8, 2, 0.0),
    ] {
        assert!((visited(model, 1.0) - top as f64).abs() < 1e-6, "{model}");
        for tokens in [4, 16, 64, 256] {
            let (said, draws) =
                (visited(model, tokens as f64), drawn(experts, top, tokens, variance));
            let off = said / draws - 1.0;
            println!(
                "{model} {tokens} tokens: said {said:.1}, drawn {draws:.1}, {:+.1} %",
                100.0 * off
            );
            let bounds = if variance > 0.0 { -0.04..0.02 } else { -0.02..0.02 };
            assert!(bounds.contains(&off), "{model} {tokens}: {said} {draws}");
        }
    }
}

/// The draws are those of the source: 51 % of the experts take 90 % of the tokens, entropy 11 % below that of even shares.
#[test]
fn popularities_are_as_uneven_as_measured() {
    let mut dice = Dice(1);
    let mut all: Vec<f64> = (0..100_000).map(|_| popularity(&mut dice, 1.3)).collect();
    all.sort_by(|a, b| b.total_cmp(a));
    let sum: f64 = all.iter().sum();
    let mut held = 0.0;
    let most = all
        .iter()
        .take_while(|w| {
            held += **w;
            held < 0.9 * sum
        })
        .count() as f64
        / 1e5;
    let entropy = all.iter().map(|w| w * 1e5 / sum).filter(|w| *w > 0.0).map(|w| w * w.ln());
    let below = entropy.sum::<f64>() / 1e5 / 128f64.ln();
    assert!((0.50..0.55).contains(&most), "{most}");
    assert!((0.105..0.115).contains(&below), "{below}");
}

/// llama.cpp takes the tokens of a prompt through a recurrent layer one after another; vLLM takes them in chunks.
#[test]
fn prompts_pass_recurrent_layers_token_by_token() {
    let reading = |engine: &str, scan: Option<f64>| {
        let mut service = service("Qwen3.5-35B-A3B", engine);
        if let Some(us) = scan {
            service.engine.scan = Seconds::us(us);
        }
        let serving = Serving::new(&service, &Instance::ONE);
        let load = Load { prompt: 500.0, readers: 1.0, reach: 250.0, ..Load::default() };
        (service.engine.scan.get(), serving.step(&load).total().get())
    };
    // Thirty of its forty layers are recurrent.
    let (each, whole) = reading("llamacpp", None);
    let (_, without) = reading("llamacpp", Some(0.0));
    assert!(each > 0.0);
    let added = whole - without;
    assert!((added / (30.0 * 500.0 * each) - 1.0).abs() < 1e-9, "{added}");
    assert_eq!(reading("vllm", None), reading("vllm", Some(0.0)));
}
