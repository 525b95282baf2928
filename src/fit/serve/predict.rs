//! What the estimate says of a row, in the row's own terms, with the range that such rows lie in.

use super::run::ServeRun;
use super::setup::{Asked, HALVINGS, ServeSetup, setup};
use crate::estimate::serve::{Answer, Half, Pair, Sequences, Serving};
use crate::serving::{Goals, Mode, Traffic};
use crate::units::{Bytes, PerSecond, Seconds, Tokens, halved};

/// What is said of a row; none: the row's question has no such figure.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Said {
    /// Time to the first token.
    pub first_token: Option<Seconds>,
    /// Time between tokens.
    pub per_token: Option<Seconds>,
    /// Tokens a second in the row's own kind and scope.
    pub rate: Option<PerSecond>,
    /// Time of the whole batch or answer.
    pub whole: Option<Seconds>,
    /// Memory in use on one accelerator.
    pub memory: Bytes,
    /// Weights alone.
    pub weights: Bytes,
    /// Cached tokens of one instance.
    pub cached: Tokens,
    /// Whether it can be loaded.
    pub fits: bool,
}

/// A prediction with its ranges: low, expected, high.
#[derive(Clone, Debug, PartialEq)]
pub struct ServePrediction {
    /// What is said.
    pub said: Said,
    /// Factors of the range of the time to the first token, of the time between tokens, of tokens a second.
    pub ranges: [(f64, f64); 3],
    /// Key of the engine's profile.
    pub profile: String,
    /// Kind of mode.
    pub kind: &'static str,
    /// What the source did not state.
    pub remarks: Vec<String>,
}

/// Predicts a row.
///
/// # Errors
/// Why it cannot be predicted.
pub fn predict(run: &ServeRun) -> Result<ServePrediction, String> {
    let setup = setup(run)?;
    let said = of_setup(&setup, run);
    let engine = &setup.service.engine;
    let generation = &setup.service.cluster.accelerator.generation;
    let range = |figure: &str| {
        let found = engine.range(figure, generation, setup.kind);
        found.map_or((1.0, 1.0), |range| (range.factor.0.get(), range.factor.1.get()))
    };
    Ok(ServePrediction {
        said,
        ranges: [range("ttft"), range("tpot"), range("tok_s")],
        profile: engine.key.clone(),
        kind: setup.kind,
        remarks: setup.remarks,
    })
}

/// What the estimate says of a question.
#[must_use]
pub fn of_setup(setup: &ServeSetup, run: &ServeRun) -> Said {
    let serving = Serving::new(&setup.service, &setup.instance);
    let traffic = &setup.traffic;
    let mut said = match &setup.asked {
        Asked::Mode(mode) => {
            // Requests in flight go to all instances alike.
            let each = shared(*mode, setup.replicas);
            of_answer(&serving.answer(traffic, each), traffic, run, setup.replicas)
        }
        Asked::Limited(goals) => {
            of_answer(&limited(&serving, traffic, goals), traffic, run, setup.replicas)
        }
        Asked::Prompts(prompts) => {
            let time = serving.reading(Sequences(*prompts), Tokens::new(traffic.prompt as u64));
            let rate = prompts * traffic.prompt / time.get().max(1e-12);
            Said {
                first_token: Some(time),
                rate: Some(PerSecond::new(rate * setup.replicas)),
                whole: Some(time),
                ..Said::default()
            }
        }
        Asked::Answers(sequences) => {
            let context = Tokens::new(traffic.context().get() as u64);
            let time = serving.writing(Sequences(*sequences), context);
            Said {
                per_token: Some(time),
                rate: Some(PerSecond::new(sequences / time.get().max(1e-12) * setup.replicas)),
                ..Said::default()
            }
        }
        Asked::Split { readers, writers, concurrency } => {
            let half = |(workers, instance): &(u32, crate::serving::Instance)| Half {
                serving: Serving::new(&setup.service, instance),
                workers: *workers,
            };
            let level = setup.service.cluster.levels.last();
            let link = level.map_or(crate::units::BytesPerSecond::gb(25.0), |l| l.bandwidth);
            let pair = Pair { prompts: half(readers), answers: half(writers), link };
            of_answer(&pair.closed(traffic, *concurrency), traffic, run, 1.0)
        }
        Asked::Memory => Said::default(),
    };
    scope(&mut said, setup, run);
    let memory = serving.memory();
    said.fits = !memory.too_full;
    said.cached = memory.tokens;
    said.weights = memory.get(crate::estimate::serve::ServeMemoryPart::Weights);
    said.memory = match &setup.asked {
        Asked::Mode(Mode::Static { batch }) => {
            let tokens = |n: f64| Tokens::new(n as u64);
            serving.used(*batch, tokens(traffic.prompt), tokens(traffic.output))
        }
        _ => memory.taken(),
    };
    said
}

fn shared(mode: Mode, replicas: f64) -> Mode {
    match mode {
        Mode::Closed { concurrency } => {
            let each = (f64::from(concurrency) / replicas).max(1.0) as u32;
            Mode::Closed { concurrency: each }
        }
        Mode::Open { rate, requests } => {
            let requests = requests.map(|n| (f64::from(n) / replicas).max(1.0) as u32);
            Mode::Open { rate: PerSecond::new(rate.get() / replicas), requests }
        }
        other => other,
    }
}

/// Mean time between tokens over its 99th percentile, which MLPerf bounds: requests come at random and their lengths
/// differ widely. Not published; chosen on the open rows, where 0.5 to 0.7 do nearly as well and 1 is out by a quarter.
const MEAN_OF_TAIL: f64 = 0.6;

/// The most that an instance answers while it keeps its goals: fewer sequences run until a token takes no longer than
/// allowed.
fn limited(serving: &Serving<'_>, traffic: &Traffic, goals: &Goals) -> Answer {
    let whole = serving.answer(traffic, Mode::Offline);
    let (Some(tail), most) = (goals.per_token, whole.running.0) else { return whole };
    let per_token = Seconds::new(MEAN_OF_TAIL * tail.get());
    if whole.per_token <= per_token {
        return whole;
    }
    let running = |n| serving.steady(traffic, Sequences(n));
    running(halved((1.0, most), HALVINGS, |n| running(n).per_token <= per_token).0)
}

fn of_answer(answer: &Answer, traffic: &Traffic, run: &ServeRun, replicas: f64) -> Said {
    let per_request = match run.kind.as_str() {
        "total" => traffic.prompt + traffic.output,
        _ => traffic.output,
    };
    let rate = match run.kind.as_str() {
        "prefill" => answer.prompt_rate.get(),
        "decode" => answer.decode_rate.get(),
        _ => answer.request_rate.get() * per_request,
    };
    Said {
        first_token: Some(answer.first_token),
        per_token: Some(answer.per_token),
        rate: Some(PerSecond::new(rate * replicas)),
        whole: Some(answer.whole),
        ..Said::default()
    }
}

/// Puts a rate into the scope that the row counts in.
fn scope(said: &mut Said, setup: &ServeSetup, run: &ServeRun) {
    let count = f64::from(setup.service.cluster.count.max(1));
    let ranks = setup.instance.ranks() as f64 * setup.replicas;
    let per = match run.scope.as_str() {
        "per_gpu" => 1.0 / ranks.min(count).max(1.0),
        "per_node8" => 8.0 / ranks.min(count).max(1.0),
        _ => 1.0,
    };
    said.rate = said.rate.map(|rate| PerSecond::new(rate.get() * per));
}
