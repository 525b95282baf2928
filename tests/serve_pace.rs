//! Percentiles of the time between tokens against a simulation of an engine, step by step, written from what an engine
//! does and not from the formulas: requests come at random, wait for a place, are read in pieces and answered token by
//! token. Only the time of one step is the estimate's own.

use autoparallel::catalogue::{accelerators, engines, models};
use autoparallel::estimate::serve::{Arrivals, Load, Serving};
use autoparallel::serving::{Instance, KvFormat, Mode, Service, Traffic, WeightFormat};
use autoparallel::units::{PerSecond, Ratio};
use std::collections::VecDeque;
use support::dice::Dice;

mod support;

/// A request on its way.
#[derive(Clone, Copy)]
struct Request {
    came: f64,
    unread: f64,
    length: u32,
    written: u32,
    first: f64,
    last: f64,
}

/// What a run of the simulation saw.
struct Seen {
    per_token: Vec<f64>,
    gaps: Vec<f64>,
    /// Tokens that a decoding sequence holds, over all steps and sequences.
    held: f64,
    /// Tokens of the answers.
    lengths: Vec<f64>,
    /// Answers a second.
    rate: f64,
}

/// How requests come.
#[derive(Clone, Copy)]
enum Come {
    Random(f64),
    InFlight(usize),
}

/// An engine at work.
struct Engine<'a> {
    serving: Serving<'a>,
    service: &'a Service,
    traffic: &'a Traffic,
    come: Come,
    dice: Dice,
    now: f64,
    next: f64,
    waiting: VecDeque<Request>,
    running: Vec<Request>,
    gaps: Vec<f64>,
    /// Tokens held and sequences that held them, step by step.
    held: (f64, f64),
}

impl<'a> Engine<'a> {
    fn new(service: &'a Service, at: &Instance, traffic: &'a Traffic, come: Come) -> Self {
        let mut engine = Self {
            serving: Serving::new(service, at),
            service,
            traffic,
            come,
            dice: Dice(0x9E37_79B9_7F4A_7C15),
            now: 0.0,
            next: 0.0,
            waiting: VecDeque::new(),
            running: Vec::new(),
            gaps: Vec::new(),
            held: (0.0, 0.0),
        };
        if let Come::InFlight(all) = come {
            for _ in 0..all {
                let request = engine.fresh(0.0);
                engine.waiting.push_back(request);
            }
        }
        engine
    }

    fn fresh(&mut self, came: f64) -> Request {
        let unread = self.traffic.prompt;
        Request { came, unread, length: self.length(), written: 0, first: 0.0, last: 0.0 }
    }

    /// Tokens of an answer: a lognormal of the traffic's mean and spread (Box and Muller 1958).
    fn length(&mut self) -> u32 {
        let square = 1.0 + self.traffic.spread * self.traffic.spread;
        if square <= 1.0 {
            return self.traffic.output as u32;
        }
        let far = (-2.0 * (1.0 - self.dice.roll()).ln()).sqrt();
        let normal = far * (std::f64::consts::TAU * self.dice.roll()).cos();
        let mean = self.traffic.output / square.sqrt();
        ((mean * (normal * square.ln().sqrt()).exp()).round() as u32).max(2)
    }

    /// Those that have come by now wait; those for whom there is a place run.
    fn admit(&mut self) {
        if let Come::Random(rate) = self.come {
            if self.waiting.is_empty() && self.running.is_empty() {
                self.now = self.now.max(self.next);
            }
            while self.next <= self.now {
                let request = self.fresh(self.next);
                self.waiting.push_back(request);
                self.next += self.dice.wait(rate);
            }
        }
        while self.running.len() < self.service.engine.sequences as usize {
            let Some(request) = self.waiting.pop_front() else { break };
            self.running.push(request);
        }
    }

    /// Pieces of prompts that the next step reads, in the order in which they came: whom, and tokens.
    fn pieces(&self, mut budget: f64) -> Vec<(usize, f64)> {
        let mut pieces = Vec::new();
        for (i, request) in self.running.iter().enumerate().filter(|(_, r)| r.unread > 0.0) {
            let piece = request.unread.min(budget);
            if piece <= 0.0 {
                break;
            }
            budget -= piece;
            pieces.push((i, piece));
        }
        pieces
    }

    /// One step; those whose answer it ends.
    fn step(&mut self) -> Vec<Request> {
        let engine = &self.service.engine;
        let held: Vec<f64> = self
            .running
            .iter()
            .filter(|r| r.unread <= 0.0)
            .map(|r| self.traffic.prompt + f64::from(r.written))
            .collect();
        let n = held.len() as f64;
        self.held = (self.held.0 + held.iter().sum::<f64>(), self.held.1 + n);
        let decodes = engine.mixes || held.len() == self.running.len();
        let budget = f64::from(engine.chunk) - if decodes { n } else { 0.0 };
        let pieces = self.pieces(budget);
        let prompt: f64 = pieces.iter().map(|(_, piece)| piece).sum();
        let reach: f64 = pieces
            .iter()
            .map(|(i, piece)| {
                let read = self.traffic.prompt - self.running[*i].unread;
                piece * (read + piece / 2.0)
            })
            .sum();
        let ended = pieces.iter().filter(|(i, piece)| *piece >= self.running[*i].unread).count();
        let load = Load {
            decode: if decodes { n } else { 0.0 },
            context: held.iter().sum::<f64>() / n.max(1.0),
            rows: 1.0,
            prompt,
            readers: if prompt > 0.0 { 1.0 } else { 0.0 },
            reach: reach / prompt.max(1.0),
            ended: ended as f64,
        };
        self.now += self.serving.step(&load).total().get();
        for request in self.running.iter_mut().filter(|r| decodes && r.unread <= 0.0) {
            request.written += 1;
            self.gaps.push(self.now - request.last);
            request.last = self.now;
        }
        for (i, piece) in pieces {
            let request = &mut self.running[i];
            request.unread -= piece;
            if request.unread <= 0.0 {
                (request.written, request.first, request.last) = (1, self.now, self.now);
            }
        }
        let all = std::mem::take(&mut self.running);
        let (ended, left) = all.into_iter().partition(|r: &Request| r.written >= r.length);
        self.running = left;
        ended
    }
}

fn simulate(service: &Service, at: &Instance, traffic: &Traffic, come: Come, n: usize) -> Seen {
    let mut engine = Engine::new(service, at, traffic, come);
    let (mut per_token, mut lengths, mut began) = (Vec::new(), Vec::new(), 0.0);
    let (mut left, warm) = (n + n / 5, n);
    while left > 0 {
        engine.admit();
        for request in engine.step() {
            assert!(request.came <= request.first, "nobody is answered before asking");
            left = left.saturating_sub(1);
            if left < warm {
                per_token.push((request.last - request.first) / f64::from(request.length - 1));
                lengths.push(f64::from(request.length));
            } else {
                began = engine.now;
                engine.held = (0.0, 0.0);
                engine.gaps.clear();
            }
            if matches!(come, Come::InFlight(_)) {
                let next = engine.fresh(engine.now);
                engine.waiting.push_back(next);
            }
        }
    }
    let rate = lengths.len() as f64 / (engine.now - began);
    Seen { per_token, gaps: engine.gaps, held: engine.held.0 / engine.held.1, lengths, rate }
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
    Traffic { prompt, output, spread: 0.0, prompt_spread: 0.0, cached: Ratio::ZERO }
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

/// Long answers are met more often than short ones: what a sequence holds on the mean, and the time a token with it.
#[test]
fn answers_that_differ_are_met_by_their_length() {
    for (spread, load) in [(0.0, 0.5), (0.7, 0.5), (1.5, 0.6)] {
        let service = service("Llama-3.1-8B", true, 8192);
        let traffic = Traffic { spread, ..traffic(500.0, 500.0) };
        let serving = Serving::new(&service, &Instance::ONE);
        let rate = load * serving.full(&traffic).rate.get();
        let seen = simulate(&service, &Instance::ONE, &traffic, Come::Random(rate), 4000);
        // The spread of those that were drawn: a few of the longest make much of it.
        let output = mean(&seen.lengths);
        let square: Vec<f64> = seen.lengths.iter().map(|n| (n - output) * (n - output)).collect();
        let drawn = Traffic { output, spread: mean(&square).sqrt() / output, ..traffic };
        let off = drawn.context().get() / seen.held - 1.0;
        println!("spread {:.2}: held {:.0}, said {:+.1} %", drawn.spread, seen.held, 100.0 * off);
        assert!(off.abs() < 0.03, "{spread}: {off}");
        let open = Mode::Open { rate: PerSecond::new(rate), requests: None };
        let said = serving.answer(&traffic, open).per_token.get();
        let off = said / mean(&seen.per_token) - 1.0;
        println!("   a token {:+.1} %", 100.0 * off);
        assert!(off.abs() < 0.1, "{spread}: {off}");
    }
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

/// Prompts that share steps with tokens are read as fast as steps have room for them, whoever waits: 6,000 tokens in
/// steps of 1,024 are six steps, each a token of all that are written, so answers of 60 tokens are written ten at a time.
#[test]
fn no_more_is_read_beside_tokens_than_steps_hold() {
    let service = service("Llama-3.1-8B", true, 1024);
    let traffic = traffic(6000.0, 60.0);
    let serving = Serving::new(&service, &Instance::ONE);
    let answer = serving.answer(&traffic, Mode::Closed { concurrency: 64 });
    assert!((answer.running.0 - 59.0 / 6.0).abs() < 1e-6, "{:?}", answer.running);
    let seen = simulate(&service, &Instance::ONE, &traffic, Come::InFlight(64), 400);
    let off = answer.per_token.get() / mean(&seen.per_token) - 1.0;
    let rate = answer.request_rate.get() / seen.rate - 1.0;
    println!("a token {:+.1} %, requests {:+.1} %", 100.0 * off, 100.0 * rate);
    assert!(off.abs() < 0.1 && rate.abs() < 0.1, "{off} {rate}");
    // Everybody is somewhere: those that are written and those that wait to be (Little's law).
    let inside = answer.request_rate.get() * answer.whole.get();
    assert!((inside / 64.0 - 1.0).abs() < 1e-6, "{inside}");
}
