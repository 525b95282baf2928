//! The first token where prompts are of many lengths: percentiles against a simulation of one reader, and against the
//! quantile of a lognormal where nobody waits.

#![cfg(not(target_arch = "wasm32"))]

use autoparallel::catalogue::{accelerators, engines, models};
use autoparallel::estimate::serve::{Answer, Serving};
use autoparallel::inputs::trace::trace;
use autoparallel::inputs::{Inputs, Key};
use autoparallel::serving::{Instance, KvFormat, Mode, Service, Traffic, WeightFormat};
use autoparallel::units::{PerSecond, Ratio, Seconds};

/// Numbers evenly in (0, 1): SplitMix64.
struct Dice(u64);

impl Dice {
    fn even(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64 + 1e-17
    }

    /// A lognormal of mean 1 and that deviation (Box and Muller 1958).
    fn length(&mut self, spread: f64) -> f64 {
        let width = (1.0 + spread * spread).ln().sqrt();
        let normal = (-2.0 * self.even().ln()).sqrt() * (std::f64::consts::TAU * self.even()).cos();
        (width * normal - width * width / 2.0).exp()
    }
}

fn answer(reading: f64, (waiting, delayed): (f64, f64), spread: f64) -> Answer {
    let row = accelerators::find("h100-sxm").expect("a machine");
    let service = Service {
        model: models::find("Llama-3.1-8B").expect("a model").model.clone(),
        cluster: accelerators::cluster(row, 1),
        engine: engines::find("vllm").expect("an engine").clone(),
        weights: WeightFormat::Bf16,
        cache: KvFormat::Wide,
        speculation: None,
    };
    let traffic = Traffic {
        prompt: 1000.0,
        output: 100.0,
        spread: 0.0,
        prompt_spread: spread,
        cached: Ratio::ZERO,
    };
    let open = Mode::Open { rate: PerSecond::new(0.1), requests: None };
    let answer = Serving::new(&service, &Instance::ONE).answer(&traffic, open);
    Answer {
        first_token: Seconds::new(reading + waiting),
        waiting: Seconds::new(waiting),
        delayed: Ratio::new(delayed),
        reading: Seconds::new(reading),
        ..answer
    }
}

/// Where nobody waits, the first token comes when the prompt is read: its percentiles are those of a lognormal, whose
/// deviations from the middle are 1.2816, 1.6449 and 2.3263 (tables of the normal distribution).
#[test]
fn alone_the_first_token_spreads_as_the_prompts_do() {
    let spread = 0.8_f64;
    let width = (1.0 + spread * spread).ln().sqrt();
    let own = answer(0.5, (0.0, 1.0), spread);
    for (share, deviations) in [(0.5, 0.0), (0.9, 1.281_552), (0.95, 1.644_854), (0.99, 2.326_348)]
    {
        let exact = 0.5 * (width * deviations - width * width / 2.0).exp();
        let found = own.first_token_at(Ratio::new(share)).get();
        assert!((found / exact - 1.0).abs() < 0.02, "{share}: {found} against {exact}");
    }
}

/// One length: where all wait, `reading + wait * ln 10` at nine of ten; where half of them do, each twice as long, that
/// is passed by one of five: `reading + 2 * wait * ln 5`; where one of twenty does, nine of ten wait for nobody.
#[test]
fn prompts_of_one_length_wait_exponentially() {
    let at = |delayed: f64| answer(0.2, (0.1, delayed), 0.0).first_token_at(Ratio::new(0.9)).get();
    assert!((at(1.0) - (0.2 + 0.1 * 10.0_f64.ln())).abs() < 1e-9);
    assert!((at(0.5) - (0.2 + 0.2 * 5.0_f64.ln())).abs() < 1e-9);
    assert!((at(0.05) - 0.2).abs() < 1e-9);
}

/// A reader that takes prompts one after another, which come at random: waits and readings as they happen (Lindley's
/// recursion) against the percentiles that follow from the mean wait of Pollaczek and Khinchine.
#[test]
fn percentiles_are_near_those_of_a_simulated_reader() {
    const REQUESTS: usize = 400_000;
    for (spread, busy) in [(0.5, 0.3), (0.8, 0.3), (0.8, 0.6), (1.5 / 2.0, 0.8)] {
        let mut dice = Dice(7);
        let (mut wait, mut seen) = (0.0f64, Vec::with_capacity(REQUESTS));
        for _ in 0..REQUESTS {
            let reading = dice.length(spread);
            seen.push(wait + reading);
            let until = -dice.even().ln() / busy;
            wait = (wait + reading - until).max(0.0);
        }
        seen.sort_by(f64::total_cmp);
        let mean_wait = busy * (1.0 + spread * spread) / (2.0 * (1.0 - busy));
        let own = answer(1.0, (mean_wait, busy), spread);
        for share in [0.5, 0.9, 0.99] {
            let exact = seen[(REQUESTS as f64 * share) as usize];
            let found = own.first_token_at(Ratio::new(share)).get();
            println!("spread {spread} busy {busy} share {share}: {found:.3}, simulated {exact:.3}");
            let most = if share < 0.95 { 0.05 } else { 0.12 };
            assert!((found / exact - 1.0).abs() < most, "{spread} {busy} {share}: {found} {exact}");
        }
    }
}

/// One look tells what the value that is closed in upon tells, on either side of it.
#[test]
fn a_share_lies_within_what_its_percentile_says() {
    for (spread, wait, busy) in [(0.0, 2.0, 0.7), (0.5, 1.0, 0.5), (0.8, 0.0, 0.3), (1.5, 4.0, 0.9)]
    {
        let own = answer(1.0, (wait, busy), spread);
        for share in [0.5, 0.9, 0.99].map(Ratio::new) {
            let at = own.first_token_at(share);
            assert!(own.first_token_within(share, at * (1.0 + 1e-9)), "{spread} {share:?}");
            assert!(!own.first_token_within(share, at * (1.0 - 1e-9)), "{spread} {share:?}");
        }
    }
    // All that take less than nothing: none.
    assert!(!answer(1.0, (1.0, 0.5), 0.5).first_token_within(Ratio::new(0.5), Seconds::ZERO));
}

/// Prompts of 100 and 300 tokens: mean 200, standard deviation 100, so half of the mean.
#[test]
fn a_trace_tells_the_spread_of_prompts() {
    let text = "TIMESTAMP,ContextTokens,GeneratedTokens\n\
        2023-11-16 18:15:46,100,50\n2023-11-16 18:15:47,300,50\n";
    let read = trace(text);
    assert_eq!((read.rows, read.prompt), (2, Ratio::new(200.0)));
    assert!((read.prompt_spread.get() - 0.5).abs() < 1e-12 && read.spread.get() < 1e-12);
    let mut inputs = Inputs::default();
    read.type_into(&mut inputs);
    assert_eq!(inputs.get(Key::PromptSpread), "0.5");
}
