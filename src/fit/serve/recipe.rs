//! What a row leaves out but its source's published launch scripts say.

use super::run::ServeRun;
use super::software;
use crate::serving::{Admission, Engine, KvFormat};
use crate::units::Ratio;

/// Prompts and answers of the short scenario, in tokens.
const SHORT: f64 = 1024.0;

/// The row as its source means it.
///
/// `InferenceX` states the degree of tensor parallelism (with attention data parallelism: of groups) as the number of
/// accelerators, whatever its expert parallelism (`.github/configs/nvidia-master.yaml`: `dsr1-fp4-b200-sglang` has
/// `tp: 4, ep: 4` and `tp: 8, ep: 8` on one node of eight); the table multiplied both. Its run of Qwen3.5 at 4 and 4
/// stands there twice, once with 16 accelerators and once with 4.
#[must_use]
pub(super) fn meant(run: &ServeRun, remarks: &mut Vec<String>) -> ServeRun {
    let mut run = run.clone();
    let (Some(count), Some(ep)) = (run.count, run.ep) else { return run };
    let product = run.tp.unwrap_or(1).saturating_mul(run.dp.unwrap_or(1));
    if ours(&run) && run.mode == "closed-loop" && ep > 1 && product == count && count % ep == 0 {
        run.count = Some(count / ep);
        if run.tp == Some(count) {
            run.tp = run.count;
        } else {
            run.dp = run.count;
        }
        remarks.push(format!("{count} accelerators read as {} with EP {ep}", count / ep));
    }
    run
}

fn ours(run: &ServeRun) -> bool {
    run.source == "inferencex"
}

/// Sets what the scripts of the source set (SemiAnalysisAI/InferenceX, `benchmarks/*.sh`, 2025-10 to 2026-04).
pub(super) fn apply(run: &ServeRun, engine: &mut Engine) {
    if of_makers(run) {
        engine.own_copies = false;
    }
    // llama-bench reads 512 tokens at a time unless told (`--ubatch-size`).
    if run.engine.starts_with("llama.cpp") && !run.notes.contains("n_ubatch") {
        engine.chunk = 512;
    }
    // NVIDIA's gap analysis of SGLang repeats runs of InferenceX.
    if run.mode != "closed-loop" || !(ours(run) || run.source == "aic-gap-analysis") {
        return;
    }
    let many = run.concurrency.unwrap_or(1.0);
    let blackwell = run.class == "nv-blackwell";
    match software::engine(run) {
        "sglang" | "sglang-2025" => {
            // `--chunked-prefill-size`: 16,384 for DeepSeek in 4 bits and Qwen3.5 in 8 on B300, 32,768 else; polls on
            // Blackwell only, of the latter every 10 steps whatever is in flight.
            let has =
                |model: &str, bits: &str| run.model.contains(model) && run.weights.contains(bits);
            let late = has("qwen3.5", "fp8") && run.accelerator.starts_with("B300");
            engine.chunk = if late || has("deepseek", "fp4") { 16_384 } else { 32_768 };
            if blackwell {
                let rare = many >= 16.0 && !late;
                engine.admission = Admission::Polls(if rare { 30 } else { 10 });
            }
        }
        "trtllm" => {
            let short = run.prompt == Some(SHORT) && run.output == Some(SHORT);
            let dense = run.numbers.experts.is_none();
            if short && dense && run.tp.is_some_and(|tp| tp < 8) {
                engine.admission = Admission::Gathers(20);
            } else if short && !dense && blackwell && run.weights.contains("fp8") && many >= 64.0 {
                engine.admission = Admission::Gathers(40);
            }
        }
        _ => {}
    }
}

/// Prompts that NVIDIA's load generator draws from where it is not told how many (AIPerf, `--num-dataset-entries`).
const ENTRIES: f64 = 100.0;

/// Share of prompts that the engine has read before: vLLM keeps what it read unless it is told not to.
///
/// Inferred, not stated: in NVIDIA's runs of Llama-3.1-8B under vLLM one H200 would read 118,000 new tokens a second
/// beside its answers, nine tenths of its peak; with as many requests as the source's runner sends
/// (aiconfigurator, `genai_perf_runner.py`: ten times those in flight) over so few prompts, times come out.
pub(super) fn cached(run: &ServeRun) -> Ratio {
    let sent = 10.0 * run.concurrency.unwrap_or(0.0);
    let kept = run.source == "aic-nvidia-runs" && software::engine(run) == "vllm";
    if kept && sent > ENTRIES { Ratio::new(1.0 - ENTRIES / sent) } else { Ratio::ZERO }
}

/// Requests of one run of TensorRT-LLM's performance overview, by lengths of prompt and answer, but 30,000 of 128 and 128
/// tokens, which are as good as any number, and lengths of which none is stated (NVIDIA/TensorRT-LLM
/// docs/source/performance/perf-overview.md of 0.11 to 1.0, docs/source/developer-guide/perf-overview.md of 1.2,
/// `num_requests`).
const OVERVIEW: [(f64, f64, u32); 14] = [
    (128.0, 2048.0, 3_000),
    (128.0, 4096.0, 1_500),
    (500.0, 2000.0, 3_000),
    (1000.0, 1000.0, 3_000),
    (1000.0, 2000.0, 1_500),
    (1024.0, 1024.0, 3_000),
    (1024.0, 8192.0, 1_500),
    (1024.0, 32_768.0, 1_000),
    (2048.0, 128.0, 3_000),
    (2048.0, 2048.0, 1_500),
    (5000.0, 500.0, 1_500),
    (8192.0, 1024.0, 1_500),
    (20_000.0, 2000.0, 1_000),
    (32_768.0, 1024.0, 1_000),
];

fn of_overview(run: &ServeRun) -> bool {
    run.source.starts_with("trtllm-")
}

/// Requests that a run of all at once sends, where its source says how many: those that fit run together, and what is
/// left at the end runs alone.
pub(super) fn requests(run: &ServeRun) -> Option<u32> {
    let ours = run.mode == "offline-max" && of_overview(run);
    let lengths = (run.prompt?, run.output?);
    let found = OVERVIEW.iter().find(|(prompt, output, _)| (*prompt, *output) == lengths);
    found.filter(|_| ours).map(|(_, _, requests)| *requests)
}

/// Whether a run's table is named by the makers' own copy of a model, whatever the engine's makers publish: NVIDIA's runs
/// are named by the checkpoint (`qwen_qwen3_235b_a22b_fp8_...`, `nvidia_llama_3_1_8b_instruct_fp8_...`).
fn of_makers(run: &ServeRun) -> bool {
    run.table.starts_with("qwen_")
}

/// Format of the cache that a source does not state but its runs show.
///
/// Inferred, not stated: TensorRT-LLM keeps the cache as the checkpoint says unless it is told otherwise. Qwen's own copies
/// have no scales for it. Of NVIDIA's copies in its performance overview, which sets 8 bits for DeepSeek-R1 and gpt-oss
/// alone, long answers of Qwen3 and Llama-4 would with 8 bits be written half as fast again as measured on H100 and H200,
/// short ones as fast; with 16 both come out.
pub(super) fn cache(run: &ServeRun) -> Option<KvFormat> {
    let copies = ["qwen3", "llama-4"].iter().any(|name| run.model.starts_with(name));
    let overview = of_overview(run) && copies;
    let ours = software::engine(run) == "trtllm" && run.weights.contains("fp8");
    (ours && (overview || of_makers(run))).then_some(KvFormat::Wide)
}
