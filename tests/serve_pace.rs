//! Percentiles of the time between tokens against a simulation of an engine, step by step, written from what an engine
//! does and not from the formulas: requests come at random, wait for a place, are read in pieces and answered token by
//! token. Only the time of one step is the estimate's own.

use autoparallel::catalogue::{accelerators, engines, models};
use autoparallel::estimate::serve::{Arrivals, Load, Serving};
use autoparallel::serving::{Instance, KvFormat, Mode, Service, Traffic, WeightFormat};
use autoparallel::units::{PerSecond, Ratio};

/// Numbers between 0 and 1, the same every time (Marsaglia's xorshift, 2003).
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Time to the next of events that come at random.
    fn wait(&mut self, rate: f64) -> f64 {
        -(1.0 - self.roll()).ln() / rate
    }
}

/// A request on its way.
#[derive(Clone, Copy)]
struct Request {
    came: f64,
    unread: f64,
    written: u32,
    first: f64,
    last: f64,
}

/// What a run of the simulation saw.
struct Seen {
    per_token: Vec<f64>,
    gaps: Vec<f64>,
}

/// How requests come.
#[derive(Clone, Copy)]
enum Come {
    Random(f64),
    InFlight(usize),
}

fn simulate(service: &Service, at: &Instance, traffic: &Traffic, come: Come, n: usize) -> Seen {
    let serving = Serving::new(service, at);
    let engine = &service.engine;
    let (chunk, places) = (f64::from(engine.chunk), engine.sequences as usize);
    let output = traffic.output as u32;
    let mut dice = Dice(0x9E37_79B9_7F4A_7C15);
    let (mut now, mut next) = (0.0, 0.0);
    let mut waiting: std::collections::VecDeque<Request> = std::collections::VecDeque::new();
    let mut running: Vec<Request> = Vec::new();
    let mut done: Vec<Request> = Vec::new();
    let mut gaps = Vec::new();
    let fresh =
        |came: f64| Request { came, unread: traffic.prompt, written: 0, first: 0.0, last: 0.0 };
    if let Come::InFlight(all) = come {
        waiting.extend((0..all).map(|_| fresh(0.0)));
    }
    let warm = n / 5;
    while done.len() < n + warm {
        if let Come::Random(rate) = come {
            if waiting.is_empty() && running.is_empty() {
                now = f64::max(now, next);
            }
            while next <= now {
                waiting.push_back(fresh(next));
                next += dice.wait(rate);
            }
        }
        while running.len() < places {
            let Some(request) = waiting.pop_front() else { break };
            running.push(request);
        }
        let decoding = running.iter().filter(|r| r.unread <= 0.0).count();
        let reads = running.iter().any(|r| r.unread > 0.0);
        let decodes = engine.mixes || !reads;
        let mut budget = if decodes { chunk - decoding as f64 } else { chunk };
        let held: f64 = running
            .iter()
            .filter(|r| r.unread <= 0.0)
            .map(|r| traffic.prompt + f64::from(r.written))
            .sum();
        let (mut prompt, mut reach, mut ended) = (0.0, 0.0, 0.0);
        let mut pieces: Vec<(usize, f64)> = Vec::new();
        for (i, request) in running.iter().enumerate().filter(|(_, r)| r.unread > 0.0) {
            let piece = request.unread.min(budget);
            if piece <= 0.0 {
                break;
            }
            budget -= piece;
            let read = traffic.prompt - request.unread;
            reach += piece * (read + piece / 2.0);
            prompt += piece;
            ended += f64::from(u8::from(piece >= request.unread));
            pieces.push((i, piece));
        }
        let load = Load {
            decode: if decodes { decoding as f64 } else { 0.0 },
            context: held / (decoding as f64).max(1.0),
            rows: 1.0,
            prompt,
            readers: if prompt > 0.0 { 1.0 } else { 0.0 },
            reach: reach / prompt.max(1.0),
            ended,
        };
        now += serving.step(&load).total().get();
        for request in running.iter_mut().filter(|r| decodes && r.unread <= 0.0) {
            request.written += 1;
            if done.len() >= warm {
                gaps.push(now - request.last);
            }
            request.last = now;
        }
        for (i, piece) in pieces {
            let request = &mut running[i];
            request.unread -= piece;
            if request.unread <= 0.0 {
                (request.written, request.first, request.last) = (1, now, now);
            }
        }
        let (ended, left): (Vec<Request>, Vec<Request>) =
            running.into_iter().partition(|r| r.written >= output);
        running = left;
        if let Come::InFlight(_) = come {
            waiting.extend(ended.iter().map(|_| fresh(now)));
        }
        done.extend(ended);
    }
    let seen = done.iter().skip(warm);
    let per_token = seen.map(|r| {
        assert!(r.came <= r.first, "nobody is answered before asking");
        (r.last - r.first) / f64::from(output - 1)
    });
    Seen { per_token: per_token.collect(), gaps }
}

fn at(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[((sorted.len() - 1) as f64 * share) as usize]
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn service(model: &str, mixes: bool, chunk: u32) -> Service {
    let row = accelerators::find("h100-sxm").expect("a machine");
    let mut engine = engines::find("vllm").expect("an engine").clone();
    engine.mixes = mixes;
    engine.chunk = chunk;
    engine.sequences = 256;
    Service {
        model: models::find(model).expect("a model").model.clone(),
        cluster: accelerators::cluster(row, 8),
        engine,
        weights: WeightFormat::Bf16,
        cache: KvFormat::Wide,
        speculation: None,
    }
}

fn traffic(prompt: f64, output: f64) -> Traffic {
    Traffic { prompt, output, spread: 0.0, cached: Ratio::ZERO }
}

const SHARES: [f64; 3] = [0.5, 0.9, 0.99];

/// Requests at random, from a third to four fifths of what the instance can take: percentiles over the simulated mean
/// against percentiles over the estimated mean, and the means against one another.
#[test]
fn random_arrivals_spread_the_time_a_token_as_simulated() {
    let cases = [
        ("Llama-3.1-8B", true, 8192, traffic(2000.0, 200.0), 0.35),
        ("Llama-3.1-8B", true, 8192, traffic(2000.0, 200.0), 0.6),
        ("Llama-3.1-8B", true, 8192, traffic(2000.0, 200.0), 0.8),
        ("Llama-3.1-8B", true, 1024, traffic(2000.0, 200.0), 0.6),
        ("Llama-3.1-8B", true, 8192, traffic(500.0, 500.0), 0.6),
        ("Llama-3.1-8B", false, 8192, traffic(2000.0, 200.0), 0.35),
        ("Llama-3.1-8B", false, 8192, traffic(2000.0, 200.0), 0.6),
        ("Qwen2.5-7B", false, 4096, traffic(4000.0, 400.0), 0.5),
    ];
    let mut worst = [0.0f64; 4];
    for (model, mixes, chunk, traffic, load) in cases {
        let service = service(model, mixes, chunk);
        let one = Instance::ONE;
        let serving = Serving::new(&service, &one);
        let rate = load * serving.full(&traffic).rate.get();
        let seen = simulate(&service, &one, &traffic, Come::Random(rate), 2500);
        let open = Mode::Open { rate: PerSecond::new(rate), requests: None };
        let answer = serving.answer(&traffic, open);
        let pace = serving.pace(&traffic, &answer, Arrivals::Random);
        let (simulated, said) = (mean(&seen.per_token), answer.per_token.get());
        let off = said / simulated - 1.0;
        worst[3] = worst[3].max(off.abs());
        println!(
            "{model} mixes {mixes} chunk {chunk} load {load}: mean {:.2} ms {:+.1} %",
            1e3 * simulated,
            100.0 * off
        );
        for (i, share) in SHARES.into_iter().enumerate() {
            let found = pace.per_token_at(Ratio::new(share)).get();
            let exact = at(&seen.per_token, share);
            let off = (found / said) / (exact / simulated) - 1.0;
            worst[i] = worst[i].max(off.abs());
            println!(
                "   p{:.0}: {:.2} ms, simulated {:.2}: over the mean {:+.1} %",
                100.0 * share,
                1e3 * found,
                1e3 * exact,
                100.0 * off
            );
            let gap = pace.gap_at(Ratio::new(share)).get();
            println!(
                "   gap p{:.0}: {:.2} ms, simulated {:.2}",
                100.0 * share,
                1e3 * gap,
                1e3 * at(&seen.gaps, share)
            );
        }
    }
    println!("worst {worst:?}");
    assert!(worst[0] < 0.05 && worst[1] < 0.10 && worst[2] < 0.20, "{worst:?}");
}

/// A fixed number in flight and answers of one length: nothing is at random, and the time a token hardly spreads.
#[test]
fn answers_of_one_length_in_flight_hardly_spread() {
    let service = service("Llama-3.1-8B", true, 8192);
    let traffic = traffic(2000.0, 200.0);
    let seen = simulate(&service, &Instance::ONE, &traffic, Come::InFlight(32), 1000);
    let spread = at(&seen.per_token, 0.9) / at(&seen.per_token, 0.5) - 1.0;
    assert!(spread < 0.1, "simulated: {spread}");
    let serving = Serving::new(&service, &Instance::ONE);
    let answer = serving.answer(&traffic, Mode::Closed { concurrency: 32 });
    let pace = serving.pace(&traffic, &answer, Arrivals::Answered);
    let said = pace.per_token_at(Ratio::new(0.9)).get() / pace.per_token_at(Ratio::new(0.5)).get();
    assert!(said - 1.0 < 0.1, "said: {said}");
}

/// Whatever the load: higher shares are no lower, the middle lies near the mean, and no gap is shorter than a step.
#[test]
fn percentiles_are_in_order() {
    let service = service("Llama-3.1-8B", true, 2048);
    let traffic = traffic(3000.0, 150.0);
    let serving = Serving::new(&service, &Instance::ONE);
    let full = serving.full(&traffic).rate.get();
    let mut before = 0.0;
    for tenth in 1..10 {
        let rate = PerSecond::new(full * f64::from(tenth) / 10.0);
        let answer = serving.answer(&traffic, Mode::Open { rate, requests: None });
        let pace = serving.pace(&traffic, &answer, Arrivals::Random);
        let [half, most, all] = SHARES.map(|share| pace.per_token_at(Ratio::new(share)).get());
        assert!(half <= most && most <= all);
        assert!((half / answer.per_token.get() - 1.0).abs() < 0.35);
        let [first, second, third] = SHARES.map(|share| pace.gap_at(Ratio::new(share)).get());
        assert!(pace.alone.get() <= first && first <= second && second <= third);
        assert!(all >= before, "more load never makes the slowest answers faster");
        before = all;
    }
}
