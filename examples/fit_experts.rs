//! What timed kernels of experts say of the constants of serving that are stated before any fit:
//! `cargo run --release --example fit_experts -- kernel_efficiency.csv` prints the table of `docs/kernels.md`.
//!
//! Each kernel on each accelerator is followed by three numbers: a fixed time, a share of the arithmetic of a plain product
//! and a rate of reading, over what copies reach. The grid is the same for all, without random numbers.

use autoparallel::catalogue::table::{Row, Table};
use autoparallel::catalogue::{accelerators, engines};
use autoparallel::estimate::serve::{Load, ServePart, Serving};
use autoparallel::model::{Ffn, LayerKind, Mixer, Model, Moe};
use autoparallel::serving::{Engine, Instance, KvFormat, Service, WeightFormat};
use autoparallel::units::{Ratio, Seconds};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Names in the table and in the catalogue.
const DEVICES: [[&str; 2]; 6] = [
    ["A100-SXM-80GB", "a100-80g"],
    ["H100-SXM-80GB", "h100-sxm"],
    ["H200-SXM-141GB", "h200-sxm"],
    ["B200-SXM-180GB", "b200"],
    ["GB200", "gb200"],
    ["L40S-48GB", "l40s"],
];
/// Fixed time, in microseconds.
const FIXED: [f64; 12] = [2.0, 5.0, 10.0, 15.0, 20.0, 25.0, 30.0, 35.0, 40.0, 50.0, 60.0, 80.0];
/// Share of the arithmetic of plain products.
const SHARES: [f64; 9] = [0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.85, 1.0, 1.2];
/// Rate of reading over that of copies.
const RATES: [f64; 8] = [0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2];
/// Least logarithm at which an error counts no more.
const OUTLIER: f64 = 0.5;
/// Even routing and the even shares of the kernels' inputs touch as many experts within this.
const SAME: f64 = 0.03;

fn main() {
    let Some(path) = std::env::args().nth(1) else {
        eprintln!("usage: fit_experts KERNELS.csv");
        return;
    };
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) => {
            eprintln!("{path}: {error}");
            return;
        }
    };
    println!(
        "| device | format | kernel | rows | fixed, us | arithmetic | reading | median error |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    for (key, rows) in timed(&text) {
        let [fixed, share, rate, error] = best(&rows);
        println!("| {key} | {} | {fixed} | {share} | {rate} | {error:.3} |", rows.len());
    }
}

/// One timed layer: its seconds, and what is asked of it.
struct Timed {
    seconds: f64,
    service: Service,
    tokens: f64,
}

fn timed(text: &str) -> BTreeMap<String, Vec<Timed>> {
    let mut found: BTreeMap<String, Vec<Timed>> = BTreeMap::new();
    for row in Table::read(text).rows() {
        if let Some((key, one)) = layer(&row) {
            found.entry(key).or_default().push(one);
        }
    }
    found
}

/// A layer of experts whose tokens were shared out evenly, on one accelerator.
fn layer(row: &Row<'_>) -> Option<(String, Timed)> {
    let number = |name: &str| row.number(name);
    let balanced = row.text("op") == "moe_ffn" && row.text("distribution") == "balanced";
    if !balanced || number("moe_tp")? > 1.0 || number("moe_ep")? > 1.0 {
        return None;
    }
    let name = row.text("accelerator");
    let device = DEVICES.iter().find(|device| device[0] == name)?[1];
    let format = row.text("precision");
    let weights = match format {
        "bf16" => WeightFormat::Bf16,
        "fp8" | "fp8-block" => WeightFormat::Fp8,
        "nvfp4" => WeightFormat::Nvfp4,
        _ => return None,
    };
    let whole = |name: &str| row.count(name);
    let (experts, top_k, tokens) = (whole("n_experts")?, whole("topk")?, number("num_tokens")?);
    let chance = f64::from(top_k) / f64::from(experts);
    let even = 1.0 - (1.0 - chance).powf(tokens);
    if ((chance * tokens).min(1.0) / even - 1.0).abs() > SAME {
        return None;
    }
    let moe = Moe {
        experts,
        top_k,
        groups: None,
        width: whole("inter")?,
        gated: true,
        shared_width: 0,
        latent: None,
        dense_width: 0,
        // A bias for each: routing is even.
        extra_params: experts,
        extra_active: experts,
    };
    let kind = LayerKind { mixer: Mixer::None, ffn: Ffn::Moe(moe), norm_params: 0 };
    let service = Service {
        model: Model::of_layers("one layer", whole("hidden")?, vec![kind])?,
        cluster: accelerators::cluster(accelerators::find(device)?, 1),
        engine: engines::stated("vllm")?,
        weights,
        cache: KvFormat::Wide,
        speculation: None,
    };
    let kernel = row.text("kernel");
    let short = kernel.rsplit("moe_").next().unwrap_or(kernel);
    let seconds = number("latency_us")? * 1e-6;
    Some((format!("{name} | {format} | {short}"), Timed { seconds, service, tokens }))
}

fn set(engine: &mut Engine, share: f64, rate: f64) {
    engine.factors = Arc::new(Vec::new());
    (engine.compute, engine.stream) = (Ratio::ONE, Ratio::ONE);
    (engine.experts, engine.expert_stream) = (Ratio::new(share), Ratio::new(rate));
    (engine.gap, engine.step) = (Seconds::ZERO, Seconds::ZERO);
}

/// Fixed time, share, rate and the median error that they leave.
fn best(rows: &[Timed]) -> [f64; 4] {
    let mut best = (f64::INFINITY, [0.0; 4]);
    for share in SHARES {
        for rate in RATES {
            let times: Vec<f64> = rows.iter().map(|one| time(one, share, rate)).collect();
            for fixed in FIXED {
                let errors = rows
                    .iter()
                    .zip(&times)
                    .map(|(one, time)| ((time + fixed * 1e-6) / one.seconds).ln().abs());
                let mut errors: Vec<f64> = errors.collect();
                let cost: f64 = errors.iter().map(|error| error.min(OUTLIER).powi(2)).sum();
                if cost < best.0 {
                    errors.sort_by(f64::total_cmp);
                    let middle = errors.get(errors.len() / 2).copied().unwrap_or_default();
                    best = (cost, [fixed, share, rate, middle]);
                }
            }
        }
    }
    best.1
}

fn time(one: &Timed, share: f64, rate: f64) -> f64 {
    let mut service = one.service.clone();
    set(&mut service.engine, share, rate);
    let load = Load { decode: one.tokens, context: 1.0, rows: 1.0, ..Load::default() };
    Serving::new(&service, &Instance::ONE).step(&load).get(ServePart::Experts).get()
}
