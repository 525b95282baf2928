//! From a row to a question: a service, how it is spread, and what is asked of it.

use super::run::ServeRun;
use super::{recipe, shape, software};
use crate::catalogue::{datasets, engines};
use crate::estimate::serve::{Sequences, Serving};
use crate::serving::{Engine, Goals, Instance, Mode, Service, Speculation, Traffic};
use crate::units::{Bytes, PerSecond, Ratio, Seconds, Tokens, halved};

/// Spread of lengths drawn evenly from 0.8 to 1 of a nominal one: `0.2 / sqrt(12) / 0.9`.
const EVEN_SPREAD: f64 = 0.064;
/// Spread of the answers to people's questions (ShareGPT, arXiv 2309.06180, figure 11).
const PEOPLE_SPREAD: f64 = 0.7;
/// Accelerators of an instance of which a source only says that its expert parallelism is wide: two nodes.
const WIDE: u32 = 16;
/// Guesses and their acceptance where a source only says that it speculates with the model's own head: one guess
/// accepted 85 to 90 % of the time (DeepSeek-V3, arXiv 2412.19437, section 5.4.3); deeper heads less.
const ACCEPTANCE: f64 = 0.85;
/// The same of several guesses, each of which builds on the one before.
const ACCEPTANCE_DEEP: f64 = 0.7;
/// Sequences that submitters of MLPerf let decode together at most (NVIDIA's and AMD's configurations, 5.1 and 6.0:
/// 1,024 to 4,096).
const SUBMITTED: u32 = 2048;
/// Requests of a run that does not say: as many as those that do (LLMServingSim, 300).
const REQUESTS: u32 = 300;
/// What NCCL kept in each rank of vLLM 0.2 with several: 31,615 blocks of 16 tokens and 80 KiB before it was counted,
/// 20,865 after (Llama-2-70B, TP 4: vllm-project/vllm pull 2031, 2023-12).
const COMMUNICATORS_EARLY: f64 = 10_750.0 * 16.0 * 81_920.0;
/// Tokens of a prompt that engines of TensorRT-LLM 0.5 were built for unless told (examples/llama/build.py,
/// `--max_input_len`); they keep activations for as many in each sequence of the largest batch, and replay no graphs.
const BUILT_INPUT: f64 = 2048.0;
/// Cost of one such guess: one layer of sixty and the output head.
const GUESS_COST: f64 = 0.03;

/// Halvings in which the number of sequences is found that decode at a known pace.
pub(super) const HALVINGS: u32 = 20;

/// What is asked of a service.
#[derive(Clone, Debug, PartialEq)]
pub enum Asked {
    /// What users see in a mode.
    Mode(Mode),
    /// Throughput under goals: running sequences are fewer than fit.
    Limited(Goals),
    /// Prompts only: the rate at which they are read, so many at once.
    Prompts(f64),
    /// Answers only: the rate at which so many sequences are written.
    Answers(f64),
    /// Prompts and answers on instances of their own.
    Split {
        /// Instances that read, and how they are spread.
        readers: (u32, Instance),
        /// Instances that write.
        writers: (u32, Instance),
        /// Requests in flight.
        concurrency: u32,
    },
    /// Memory only.
    Memory,
}

/// A row made ready.
#[derive(Clone, Debug)]
pub struct ServeSetup {
    /// The service.
    pub service: Service,
    /// One instance.
    pub instance: Instance,
    /// Instances beside one another.
    pub replicas: f64,
    /// Requests.
    pub traffic: Traffic,
    /// The question.
    pub asked: Asked,
    /// Kind of mode, for ranges and summaries.
    pub kind: &'static str,
    /// What the source did not state, and what was taken instead.
    pub remarks: Vec<String>,
}

/// The question that a row asks, under fitted constants.
///
/// # Errors
/// What is missing.
pub fn setup(run: &ServeRun) -> Result<ServeSetup, String> {
    setup_with(run, |key| engines::find(key).cloned())
}

/// The same under the constants as stated, before any fit.
///
/// # Errors
/// What is missing.
pub fn setup_stated(run: &ServeRun) -> Result<ServeSetup, String> {
    setup_with(run, engines::stated)
}

fn setup_with(
    run: &ServeRun,
    engine: impl Fn(&str) -> Option<Engine>,
) -> Result<ServeSetup, String> {
    let mut remarks = Vec::new();
    let run = &recipe::meant(run, &mut remarks);
    let model = shape::model(run, &mut remarks)?;
    let key = software::engine(run);
    let mut engine = engine(key).ok_or_else(|| format!("no profile of {key}"))?;
    recipe::apply(run, &mut engine);
    engine.keeps_chunk = true;
    if let Some(most) = run.max_batch.filter(|most| *most >= 1.0) {
        engine.sequences = most as u32;
        engine.memory.drawn_for(engine.sequences);
    }
    if let Some(batch) = after(&run.notes, "compiled batch ").filter(|batch| *batch >= 1.0) {
        engine.sequences = batch as u32;
    }
    if run.mode.starts_with("mlperf") {
        // Submitters set what fits: no default holds.
        engine.sequences = engine.sequences.max(SUBMITTED);
    }
    of_release(run, &mut engine);
    let weights = software::weights(run, &mut remarks);
    let stated = software::cache(run).or_else(|| recipe::cache(run));
    let cache = stated.unwrap_or_else(|| engine.usual_cache(weights));
    let count = accelerators(run);
    let cluster = shape::cluster(run, count, &mut remarks)?;
    let speculation = speculation(run);
    let mut service = Service { model, cluster, engine, weights, cache, speculation };
    let traffic = traffic(run, &mut remarks)?;
    let instance = instance(run, count);
    let asked = asked(run, &service, &traffic, &instance)?;
    if let Asked::Prompts(prompts) = asked {
        // What only reads draws a token for each prompt of a step, no more.
        let each = (prompts / f64::from(instance.dp.max(1))).ceil().max(1.0);
        service.engine.memory.drawn_for(each as u32);
    }
    let mut setup = ServeSetup {
        replicas: 1.0,
        kind: kind(&run.mode),
        service,
        instance,
        traffic,
        asked,
        remarks,
    };
    spread(run, &mut setup);
    setup.service.check(&setup.instance).map_err(|error| error.to_string())?;
    Ok(setup)
}

/// What single releases keep in memory unlike the rest of their era.
fn of_release(run: &ServeRun, engine: &mut Engine) {
    if engine.key == "vllm-2024" && run.version.starts_with("0.2") {
        engine.memory.communicators = Bytes::from_f64(COMMUNICATORS_EARLY);
    }
    if let (Some(batch), "trtllm-2024") = (after(&run.notes, "max_batch_size "), &*engine.key) {
        let rows = batch * BUILT_INPUT;
        engine.sequences = batch.clamp(1.0, 1e6) as u32;
        engine.memory.activations = Ratio::new(rows / f64::from(engine.chunk.clamp(1, 8192)));
        engine.memory.graphs = Bytes::ZERO;
    }
}

/// Accelerators of the whole system.
fn accelerators(run: &ServeRun) -> u32 {
    let cores = software::cores(run);
    let (tp, pp) = (run.tp.unwrap_or(1), run.pp.unwrap_or(1));
    let degrees = tp.saturating_mul(pp).max(1).div_ceil(cores);
    if let Some((readers, writers, _)) = halves(&run.notes) {
        let all =
            u64::from(readers.0) * readers.1.ranks() + u64::from(writers.0) * writers.1.ranks();
        return u32::try_from(all).unwrap_or(u32::MAX).max(run.count.unwrap_or(1));
    }
    let wide = run.dp.or(run.ep).unwrap_or(1);
    if run.count.is_none() && run.tp.is_none() && run.notes.contains("wide EP") {
        return WIDE;
    }
    run.count.unwrap_or(degrees.max(if run.tp.is_some() { degrees } else { wide })).max(1)
}

/// How one instance lies on what there is.
fn instance(run: &ServeRun, count: u32) -> Instance {
    let cores = software::cores(run);
    let pp = run.pp.unwrap_or(1).min(count);
    let layered = run.engine.starts_with("llama.cpp");
    if layered && run.tp.is_none_or(|tp| tp == 1) {
        return Instance { pp: run.pp.unwrap_or(count).clamp(1, count), ..Instance::ONE };
    }
    let mut dp = run.dp.unwrap_or(1).clamp(1, count);
    let ep = run.ep.unwrap_or(1);
    let tp = match run.tp {
        Some(tp) => tp.div_ceil(cores),
        None if run.ep.is_some_and(|ep| ep > 1) && run.dp.is_none() => 1,
        None => (count / pp / dp).max(1),
    };
    let mut tp = tp.clamp(1, count);
    // A batch of one rank next to more requests in flight: attention is data parallel.
    if let (Some(batch), Some(all), None) = (run.batch, run.concurrency, run.dp) {
        let groups = if batch >= 1.0 { (all / batch).round().min(1e6) as u32 } else { 1 };
        if groups > 1 && tp.is_multiple_of(groups) {
            (tp, dp) = (tp / groups, groups);
        }
    }
    if run.dp.is_none() && tp == 1 && ep > 1 && run.mode.starts_with("disagg") {
        dp = count;
    }
    // SGLang counts the ranks of attention groups into its tensor-parallel degree.
    while u64::from(tp) * u64::from(pp) * u64::from(dp) > u64::from(count) && tp > 1 {
        tp = tp.div_ceil(2);
    }
    let ep = ep.clamp(1, tp * dp);
    // Replicas that share no experts are instances of their own.
    let together = if ep > 1 || dp == 1 { dp } else { 1 };
    Instance { tp, pp, dp: together, ep }
}

/// Sets replicas, and the degrees where a source does not state them.
fn spread(run: &ServeRun, setup: &mut ServeSetup) {
    let count = setup.service.cluster.count;
    let whole_domain = run.mode.starts_with("mlperf") && run.tp.is_none();
    let groups = run.dp.is_none()
        && setup.service.model.experts() > 0
        && setup.instance.tp > 1
        && (run.mode.starts_with("mlperf") || run.notes.contains("MoE runs enable attention DP"));
    if whole_domain || groups {
        let least = if groups { setup.instance.tp } else { 1 };
        let most = if groups { least } else { u32::MAX };
        setup.instance = best_instance(setup, least, most);
        let found = &setup.instance;
        setup.remarks.push(format!(
            "layout not stated: TP {} attention DP {} EP {}",
            found.tp, found.dp, found.ep
        ));
    }
    let ranks = setup.instance.ranks().max(1) as f64;
    let whole = run.mode.starts_with("mlperf") || run.dp.is_some();
    if whole && !matches!(setup.asked, Asked::Split { .. }) {
        setup.replicas = (f64::from(count) / ranks).max(1.0);
    }
}

/// The layout with the highest throughput of those that fit: degrees of two within a domain.
fn best_instance(setup: &ServeSetup, least: u32, most: u32) -> Instance {
    let count = setup.service.cluster.count;
    let domain = setup.service.cluster.domain().max(setup.service.cluster.node_size).min(8);
    let experts = setup.service.model.experts() > 0;
    let pp = setup.instance.pp.max(1);
    let mut best = (0.0, Instance { tp: domain.min(count / pp).max(1), pp, ..Instance::ONE });
    let mut ranks = least.max(1);
    while ranks <= domain.min(count / pp).min(most) {
        let plain = Instance { tp: ranks, pp, ..Instance::ONE };
        let split = Instance { tp: 1, dp: ranks, ep: ranks, pp };
        for instance in [plain, split].into_iter().filter(|at| at.dp == 1 || experts) {
            let serving = Serving::new(&setup.service, &instance);
            if serving.memory().too_full {
                continue;
            }
            let answer = serving.answer(&setup.traffic, Mode::Offline);
            let each = answer.output_rate.get() / instance.ranks() as f64;
            if each > best.0 {
                best = (each, instance);
            }
        }
        ranks *= 2;
    }
    best.1
}

fn kind(mode: &str) -> &'static str {
    match mode {
        "single-stream" => "single",
        "static-batch" => "static",
        "offline-max" => "offline",
        "closed-loop" => "closed",
        "open-loop" => "open",
        "memory" => "memory",
        mode if mode.starts_with("mlperf") => "mlperf",
        mode if mode.starts_with("disagg") => "disagg",
        _ => "closed",
    }
}

fn traffic(run: &ServeRun, remarks: &mut Vec<String>) -> Result<Traffic, String> {
    let even = run.notes.contains("[0.8,1.0]");
    let share = if even { 0.9 } else { 1.0 };
    if run.mode.starts_with("mlperf") {
        let mut traffic = datasets::mlperf(&run.model).ok_or_else(|| {
            format!("the lengths of MLPerf's requests to {} are not known", run.model)
        })?;
        traffic.output = run.output.unwrap_or(traffic.output);
        return Ok(traffic);
    }
    let people = run.notes.contains("ShareGPT");
    let spread = if even {
        EVEN_SPREAD
    } else if people {
        PEOPLE_SPREAD
    } else {
        0.0
    };
    let mut lengths = (run.prompt, run.output);
    if run.mode != "memory" && lengths == (None, None) {
        remarks.push("lengths not stated: 2,048 and 128 tokens".to_owned());
        lengths = (Some(2048.0), Some(128.0));
    }
    Ok(Traffic {
        prompt: lengths.0.unwrap_or(0.0) * share,
        output: lengths.1.unwrap_or(1.0) * share,
        spread,
        prompt_spread: 0.0,
        cached: recipe::cached(run),
    })
}

fn asked(
    run: &ServeRun,
    service: &Service,
    traffic: &Traffic,
    instance: &Instance,
) -> Result<Asked, String> {
    let whole = |n: f64| n.clamp(1.0, 1e9) as u32;
    let batch = run.batch.or(run.concurrency);
    if let Some((readers, writers, per_rank)) = halves(&run.notes) {
        let ranks = f64::from(writers.0) * writers.1.dp as f64;
        let concurrency = run.concurrency.or(per_rank.map(|n| n * ranks)).unwrap_or(1.0);
        let concurrency = whole(concurrency);
        return Ok(Asked::Split { readers, writers, concurrency });
    }
    let groups = f64::from(instance.dp.max(1));
    Ok(match run.mode.as_str() {
        "memory" => Asked::Memory,
        "offline-max" => Asked::Mode(match recipe::requests(run) {
            // All at once.
            Some(all) => Mode::Open { rate: PerSecond::new(1e9), requests: Some(all) },
            None => Mode::Offline,
        }),
        "disagg-prefill" => {
            let each = f64::from(service.engine.chunk) / traffic.prompt.max(1.0);
            Asked::Prompts((each * groups).max(1.0))
        }
        "disagg-decode" => {
            let serving = Serving::new(service, instance);
            let stated = batch.filter(|batch| *batch < 1e5).map(|batch| batch * groups);
            let most = stated.unwrap_or_else(|| serving.most_running(traffic).0);
            let speed = pace_of_users(&run.notes);
            Asked::Answers(speed.map_or(most, |each| running_at(&serving, traffic, each, most)))
        }
        "single-stream" | "static-batch" => one_batch(run, traffic, batch.unwrap_or(1.0)),
        "mlperf-offline" => Asked::Mode(Mode::Offline),
        "mlperf-server" | "mlperf-interactive" => Asked::Limited(goals(&run.notes)),
        "open-loop" => {
            // GuideLLM's sweep offers rates between one request after another and all at once, as it measured both: no
            // more than the engine answers.
            let most = Serving::new(service, instance).full(traffic).rate.get();
            let swept = after(&run.notes, "asynchronous@").map(|rate| rate.min(most));
            let offered = swept.or(run.rate);
            let requests = before(&run.notes, " requests at").map(whole);
            let requests =
                requests.or(before(&run.notes, " prompts").map(whole)).or(Some(REQUESTS));
            match offered {
                Some(rate) if rate > 0.0 => {
                    Asked::Mode(Mode::Open { rate: PerSecond::new(rate), requests })
                }
                _ => match run.concurrency {
                    Some(n) => Asked::Mode(Mode::Closed { concurrency: whole(n) }),
                    None => return Err("the rate of requests is not stated".to_owned()),
                },
            }
        }
        "closed-loop" | "disagg" => {
            let n = run.concurrency.or(run.batch).ok_or("requests in flight are not stated")?;
            Asked::Mode(Mode::Closed { concurrency: whole(n) })
        }
        other => return Err(format!("the mode {other} is not known")),
    })
}

/// Seconds a token that users see, in words such as `20-22 tok/s per user`: the middle of the two.
fn pace_of_users(notes: &str) -> Option<f64> {
    let words = notes.split_once(" tok/s per user")?.0.rsplit([' ', ';']).next()?;
    let ends: Vec<f64> = words.split('-').filter_map(|end| end.parse().ok()).collect();
    let mean = ends.iter().sum::<f64>() / ends.len().max(1) as f64;
    (mean > 0.0).then(|| 1.0 / mean)
}

/// Sequences, at most so many, that decode together where a token takes that long.
fn running_at(serving: &Serving<'_>, traffic: &Traffic, each: f64, most: f64) -> f64 {
    let context = Tokens::new(traffic.context().get() as u64);
    let within = |running| serving.writing(Sequences(running), context).get() <= each;
    halved((1.0_f64.min(most), most), HALVINGS, within).1
}

fn one_batch(run: &ServeRun, traffic: &Traffic, batch: f64) -> Asked {
    let no_output = run.output.is_none_or(|output| output < 1.0);
    let no_prompt = run.prompt.is_none_or(|prompt| prompt < 1.0);
    match run.kind.as_str() {
        "prefill" if run.output.is_none() || no_output => Asked::Prompts(batch),
        "decode" if no_prompt && traffic.prompt < 1.0 => Asked::Answers(batch),
        _ => Asked::Mode(Mode::Static { batch: batch.clamp(1.0, 1e9) as u32 }),
    }
}

/// Goals in words such as `p99 TTFT 450 ms, TPOT 40 ms`.
fn goals(notes: &str) -> Goals {
    let ms = |label: &str| after(notes, label).map(|ms| Seconds::new(ms / 1e3));
    Goals { first_token: ms("TTFT "), per_token: ms("TPOT ") }
}

/// Guessing ahead, where the notes say that it was on.
fn speculation(run: &ServeRun) -> Option<Speculation> {
    let notes = run.notes.as_str();
    let on = notes.contains("speculative decoding ON")
        || notes.contains("MTP on")
        || notes.contains("speculative decoding 1 step ON")
        || notes.contains("EAGLE");
    if !on || notes.contains("no MTP") {
        return None;
    }
    let guesses = after(notes, "MTP=").unwrap_or(1.0).clamp(1.0, 16.0) as u32;
    Some(Speculation {
        guesses,
        acceptance: Ratio::new(if guesses > 1 { ACCEPTANCE_DEEP } else { ACCEPTANCE }),
        cost: Ratio::new(GUESS_COST),
    })
}

type Workers = (u32, Instance);

/// Both halves in words such as `1 prefill workers x (TP1 attnDP16 moeTP1 moeEP16), 3 decode workers x (...), decode
/// batch 3 per worker rank`.
fn halves(notes: &str) -> Option<(Workers, Workers, Option<f64>)> {
    let at = notes.find("disaggregated: ")?;
    let words = notes.get(at..)?;
    let half = |label: &str| {
        let count = before(words, label)?;
        let inside = words.split_once(label)?.1.split_once('(')?.1.split(')').next()?;
        let degree = |name: &str| {
            inside.split_whitespace().find_map(|word| word.strip_prefix(name)?.parse::<u32>().ok())
        };
        let (tp, dp) = (degree("TP")?.max(1), degree("attnDP").unwrap_or(1).max(1));
        let ep = degree("moeEP").unwrap_or(1).clamp(1, tp.saturating_mul(dp));
        Some((count.max(1.0) as u32, Instance { tp, pp: 1, dp, ep }))
    };
    let readers = half(" prefill workers")?;
    let writers = half(" decode workers")?;
    Some((readers, writers, after(words, "decode batch ")))
}

/// The number right after a label.
fn after(words: &str, label: &str) -> Option<f64> {
    let rest = words.split_once(label)?.1;
    let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
    rest.get(..end)?.trim_end_matches('.').parse().ok()
}

/// The number right before a label.
fn before(words: &str, label: &str) -> Option<f64> {
    let head = words.split_once(label)?.0;
    let start = head.rfind(|c: char| !c.is_ascii_digit() && c != '.').map_or(0, |at| at + 1);
    head.get(start..)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn workers_are_read_from_notes() {
        let notes = "x; disaggregated: 1 prefill workers x (TP1 attnDP16 moeTP1 moeEP16), 3 decode \
                     workers x (TP16 attnDP1 moeTP1 moeEP16), decode batch 3 per worker rank; y";
        let read = Instance { tp: 1, pp: 1, dp: 16, ep: 16 };
        let write = Instance { tp: 16, pp: 1, dp: 1, ep: 16 };
        assert_eq!(halves(notes), Some(((1, read), (3, write), Some(3.0))));
        assert_eq!(halves("no such thing"), None);
    }

    #[test]
    fn numbers_beside_words() {
        assert_eq!(after("p99 TTFT 450 ms, TPOT 40 ms", "TPOT "), Some(40.0));
        assert_eq!(before("ShareGPT-derived 300 requests at 10/s", " requests at"), Some(300.0));
        assert_eq!(after("MTP on", "MTP="), None);
        let users = "average KV length 4,989; 20-22 tok/s per user; EP144 on 18 nodes; MTP on";
        assert_eq!(pace_of_users(users), Some(1.0 / 21.0));
        assert_eq!(pace_of_users("tokens"), None);
    }
}
