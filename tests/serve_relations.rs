//! What any estimate of serving must obey, on random services.

use autoparallel::catalogue::{accelerators, engines, models};
use autoparallel::estimate::serve::{
    Answer, Half, LatentForm, Load, Pair, Sequences, ServeMemoryPart, ServePart, Serving, counts,
};
use autoparallel::serving::{
    Instance, KvFormat, Mode, Service, Speculation, Traffic, WeightFormat,
};
use autoparallel::units::{BytesPerSecond, PerSecond, Ratio, Seconds, Tokens};
use proptest::prelude::*;

const MODELS: [&str; 6] = [
    "Llama-3.1-8B",
    "Llama-3.3-70B-Instruct",
    "Qwen3-30B-A3B",
    "DeepSeek-V3",
    "gemma-3-27b",
    "Qwen3-Next-80B-A3B-Instruct",
];
const MACHINES: [&str; 6] = ["h100-sxm", "b200", "l40s", "mi300x", "a100-80g", "m3-max"];

fn machine(name: &str, count: u32) -> autoparallel::cluster::Cluster {
    let row = accelerators::find_serving(name).unwrap_or_else(|| panic!("{name}"));
    accelerators::cluster(row, count)
}

prop_compose! {
    fn services()(
        model in 0..MODELS.len(),
        place in 0..MACHINES.len(),
        engine in 0..engines::all().len(),
        weights in 0..WeightFormat::ALL.len(),
        cache in 0..KvFormat::ALL.len(),
        tp in 0u32..4,
        pp in 0u32..2,
        dp in 0u32..4,
    ) -> (Service, Instance) {
        let model = models::find(MODELS[model]).expect("a model").model.clone();
        let dp = if model.experts() > 0 { 1 << dp } else { 1 };
        let (tp, pp) = (1 << tp, 1 << pp);
        let instance = Instance { tp, pp, dp, ep: if dp > 1 { tp * dp } else { 1 } };
        let service = Service {
            model,
            cluster: machine(MACHINES[place], tp * pp * dp),
            engine: engines::all()[engine].clone(),
            weights: WeightFormat::ALL[weights],
            cache: KvFormat::ALL[cache],
            speculation: None,
        };
        (service, instance)
    }
}

prop_compose! {
    fn traffics()(
        prompt in 1.0..30_000.0f64,
        output in 2.0..4000.0f64,
        spread in 0.0..1.0f64,
        cached in 0.0..0.9f64,
    ) -> Traffic {
        Traffic { prompt, output, spread, prompt_spread: 0.0, cached: Ratio::new(cached) }
    }
}

fn cases() -> u32 {
    let more = std::env::var("AUTOPARALLEL_CASES").ok().and_then(|n| n.parse::<u32>().ok());
    96 * more.unwrap_or(1)
}

fn finite(answer: &Answer) -> bool {
    [answer.first_token, answer.per_token, answer.whole]
        .iter()
        .all(|time| time.get() > 0.0 && *time < Seconds::UNBOUNDED)
}

/// Alone, a request is never held up by another: it writes at the pace of one sequence, and one follows the other.
#[test]
fn one_in_flight_meets_no_other() {
    let (cluster, instance) = (machine("m4-max", 1), Instance { tp: 1, pp: 1, dp: 1, ep: 1 });
    let service = Service {
        model: models::find("Llama-3.1-8B").expect("a model").model.clone(),
        cluster,
        engine: engines::find("llamacpp").expect("an engine").clone(),
        weights: WeightFormat::ALL[0],
        cache: KvFormat::ALL[0],
        speculation: None,
    };
    let serving = Serving::new(&service, &instance);
    let traffic = Traffic {
        prompt: 8192.0,
        output: 256.0,
        spread: 0.5,
        prompt_spread: 0.0,
        cached: Ratio::new(0.0),
    };
    let one = serving.answer(&traffic, Mode::Closed { concurrency: 1 });
    // A quarter more than half of the answer: 160 tokens.
    let alone = serving.writing(Sequences(1.0), Tokens::new(8192 + 160));
    assert_eq!(one.per_token, alone);
    let whole = one.first_token.get() + 255.0 * one.per_token.get();
    assert!((one.request_rate.get() * whole - 1.0).abs() < 1e-9);
    // Of two, each meets the other's prompts only: between one alone and what a stream of prompts adds.
    let two = serving.answer(&traffic, Mode::Closed { concurrency: 2 });
    let prompt = serving.reading(Sequences(1.0), Tokens::new(8192)).get();
    let added = two.per_token.get() - serving.writing(Sequences(2.0), Tokens::new(8320)).get();
    assert!(added < prompt / 255.0, "{added} of {prompt}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), ..ProptestConfig::default() })]

    /// Every total is the sum of its parts; all memory is somewhere.
    #[test]
    fn totals_are_sums(
        (service, instance) in services(),
        decode in 0u32..300,
        prompt in 0u32..9000,
    ) {
        let serving = Serving::new(&service, &instance);
        let load = Load {
            decode: f64::from(decode),
            context: 1000.0,
            rows: 1.0,
            prompt: f64::from(prompt),
            readers: 1.0,
            reach: 500.0,
            ended: 1.0,
        };
        let step = serving.step(&load);
        let sum: f64 = ServePart::ALL.iter().map(|part| step.get(*part).get()).sum();
        prop_assert!((sum / step.total().get() - 1.0).abs() < 1e-12);
        let memory = serving.memory();
        if !memory.too_full {
            let parts = ServeMemoryPart::ALL.iter().map(|part| memory.get(*part).as_f64());
            let all = service.cluster.accelerator.memory.as_f64();
            let sum: f64 = parts.sum();
            prop_assert!(sum <= all * 1.1, "{sum} of {all}");
        }
    }

    /// More sequences never take less time for a step, and never lower throughput by more than a step of tiles.
    #[test]
    fn more_sequences_are_never_faster((service, instance) in services(), batch in 1u32..500) {
        let serving = Serving::new(&service, &instance);
        let at = |n: u32| serving.writing(Sequences(f64::from(n)), Tokens::new(2000)).get();
        prop_assert!(at(batch + 1) >= at(batch) * (1.0 - 1e-12));
        prop_assert!(at(batch) >= at(1) * (1.0 - 1e-12));
    }

    /// Longer contexts are never faster, and hold fewer sequences.
    #[test]
    fn longer_is_never_faster((service, instance) in services(), context in 1u32..60_000) {
        let serving = Serving::new(&service, &instance);
        let at = |n: u32| serving.writing(Sequences(8.0), Tokens::new(n.into())).get();
        prop_assert!(at(context * 2) >= at(context) * (1.0 - 1e-12));
        let traffic = |prompt| Traffic {
            prompt,
            output: 2.0,
            spread: 0.5,
            prompt_spread: 0.0,
            cached: Ratio::ZERO,
        };
        let held = |n: u32| serving.most_running(&traffic(f64::from(n))).0;
        prop_assert!(held(context * 2) <= held(context));
    }

    /// More bandwidth of memory or of links is never slower.
    #[test]
    fn faster_parts_are_never_slower((service, instance) in services(), batch in 1u32..200) {
        let at = |service: &Service| {
            let serving = Serving::new(service, &instance);
            serving.writing(Sequences(f64::from(batch)), Tokens::new(3000)).get()
        };
        let mut quick = service.clone();
        let memory = &mut quick.cluster.accelerator.memory_bandwidth;
        *memory = BytesPerSecond::new(memory.get() * 1.7);
        for level in &mut quick.cluster.levels {
            level.bandwidth = BytesPerSecond::new(level.bandwidth.get() * 1.7);
        }
        prop_assert!(at(&quick) <= at(&service) * (1.0 + 1e-12));
    }

    /// Every mode answers every service with finite times; Little's law holds between requests, their time and their
    /// number; a closed loop answers no more than an offline run whose batch is not bounded by it.
    #[test]
    fn answers_are_finite_and_keep_to_littles_law(
        (service, instance) in services(),
        traffic in traffics(),
        n in 1u32..400,
        rate in 0.01..50.0f64,
    ) {
        let serving = Serving::new(&service, &instance);
        let open = Mode::Open { rate: PerSecond::new(rate), requests: Some(300) };
        let closed = Mode::Closed { concurrency: n };
        for mode in [Mode::Static { batch: n }, Mode::Offline, closed, open] {
            let answer = serving.answer(&traffic, mode);
            prop_assert!(finite(&answer), "{mode:?} {answer:?}");
        }
        let closed = serving.answer(&traffic, Mode::Closed { concurrency: n });
        let inside = closed.request_rate.get() * closed.whole.get();
        prop_assert!(inside <= f64::from(n) * 1.001 + 1e-6, "{inside} of {n}");
        prop_assert!(inside >= f64::from(n) * 0.5, "{inside} of {n}");
        let answer = serving.answer(&traffic, open);
        prop_assert!(answer.request_rate.get() <= rate * (1.0 + 1e-9));
    }

    /// What a prefix cache holds need not be read. Other chunks fill other tiles, which may cost a few per cent (and
    /// where there are stages, one chunk alone fills one stage at a time: a single stage is looked at).
    #[test]
    fn a_prefix_cache_is_never_slower((service, instance) in services(), traffic in traffics()) {
        let instance = Instance { pp: 1, ..instance };
        let serving = Serving::new(&service, &instance);
        let none = Traffic { cached: Ratio::ZERO, ..traffic };
        let at = |traffic: &Traffic| {
            serving.answer(traffic, Mode::Static { batch: 4 }).first_token.get()
        };
        let (some, all) = (at(&traffic), at(&none));
        prop_assert!(some <= all * 1.05, "{some} of {all}");
    }

    /// Fewer bits are never more bytes.
    #[test]
    fn fewer_bits_are_fewer_bytes((service, instance) in services()) {
        let load = Load { decode: 4.0, context: 100.0, rows: 1.0, ..Load::default() };
        let mut four = service.clone();
        four.weights = WeightFormat::Int4Awq;
        let mut wide = service;
        wide.weights = WeightFormat::Bf16;
        let bytes = |s: &Service| counts(s, &instance, &load, LatentForm::Absorbed).bytes;
        prop_assert!(bytes(&four) < bytes(&wide));
        let held = |s: &Service| Serving::new(s, &instance).memory().get(ServeMemoryPart::Weights);
        prop_assert!(held(&four) < held(&wide));
    }
}

/// One guess accepted nine times of ten yields 1.9 tokens a step; three at 0.7 yield 1 + 0.7 + 0.49 + 0.343.
#[test]
fn guesses_yield_a_geometric_sum() {
    let guess = |guesses, acceptance| Speculation {
        guesses,
        acceptance: Ratio::new(acceptance),
        cost: Ratio::ZERO,
    };
    assert!((guess(1, 0.9).yielded().get() - 1.9).abs() < 1e-12);
    assert!((guess(3, 0.7).yielded().get() - 2.533).abs() < 1e-12);
}

/// Guessing pays where steps wait for weights: one sequence of Llama-3.3-70B, and a guess accepted 85 % of the time.
#[test]
fn guesses_pay_at_batch_one() {
    let mut service = Service {
        model: models::find("Llama-3.3-70B-Instruct").expect("a model").model.clone(),
        cluster: machine("h100-sxm", 8),
        engine: engines::find("vllm").expect("an engine").clone(),
        weights: WeightFormat::Fp8,
        cache: KvFormat::Wide,
        speculation: None,
    };
    let instance = Instance { tp: 8, ..Instance::ONE };
    let each = |service: &Service| {
        Serving::new(service, &instance).writing(Sequences(1.0), Tokens::new(1000)).get()
    };
    let plain = each(&service);
    service.speculation =
        Some(Speculation { guesses: 1, acceptance: Ratio::new(0.85), cost: Ratio::new(0.03) });
    let gain = plain / each(&service);
    assert!((1.5..1.85).contains(&gain), "{gain}");
}

/// Caches travel: a prompt of 8,192 tokens of Llama-3.3-70B is 8,192 x 80 x 2 x 8 x 128 x 2 bytes = 2.68 GB; over 8
/// ranks at 50 GB/s each, 6.7 ms later.
#[test]
fn a_moved_cache_takes_its_bytes_over_the_link() {
    let service = Service {
        model: models::find("Llama-3.3-70B-Instruct").expect("a model").model.clone(),
        cluster: machine("h100-sxm", 16),
        engine: engines::find("vllm").expect("an engine").clone(),
        weights: WeightFormat::Fp8,
        cache: KvFormat::Wide,
        speculation: None,
    };
    let instance = Instance { tp: 8, ..Instance::ONE };
    let traffic = Traffic {
        prompt: 8192.0,
        output: 256.0,
        spread: 0.5,
        prompt_spread: 0.0,
        cached: Ratio::ZERO,
    };
    let first = |link: f64| {
        let half = || Half { serving: Serving::new(&service, &instance), workers: 1 };
        let link = BytesPerSecond::gb(link);
        Pair { prompts: half(), answers: half(), link }.closed(&traffic, 1).first_token.get()
    };
    let moved = 8192.0 * 80.0 * 2.0 * 8.0 * 128.0 * 2.0 / 8.0 / 50e9;
    assert!((first(50.0) - first(1e6) - moved).abs() < 0.02 * moved);
}
