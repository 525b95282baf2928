//! Which engine a run of inference ran on, and in which number formats.

use super::run::ServeRun;
use crate::serving::{KvFormat, WeightFormat};

/// Key of the engine's profile.
pub(super) fn engine(run: &ServeRun) -> &'static str {
    let name = run.engine.to_ascii_lowercase();
    let has = |part: &str| name.contains(part);
    let early = year(&run.date).is_some_and(|year| year < 2025) && !run.date.starts_with("2024-12");
    let release = release(&run.version);
    if run.mode.starts_with("mlperf") && (has("tensorrt") || name.is_empty() && is_nvidia(run)) {
        return if year(&run.date).is_some_and(|year| year < 2026) {
            "mlperf-2025"
        } else {
            "mlperf"
        };
    }
    if run.mode.starts_with("mlperf") && run.class != "cpu" {
        return "mlperf-vllm";
    }
    if has("tensorrt") {
        // Releases of 2025 on that are numbered like old ones are Dynamo's (0.5.1, 0.8.1.post) and hold TensorRT-LLM 1.x.
        let old = release.is_none_or(|at| at < 19.0) && early;
        return if old { "trtllm-2024" } else { "trtllm" };
    }
    if has("neuron") {
        return if has("vllm") { "vllm-neuron" } else { "neuronx" };
    }
    if has("vllm") {
        if has("tpu") || run.class == "google-tpu" {
            return "vllm-tpu";
        }
        let old = release.is_some_and(|at| at < 8.0) || release.is_none() && early;
        return if old { "vllm-2024" } else { "vllm" };
    }
    if has("sglang") {
        let wide = run.mode.starts_with("disagg") && run.dp.or(run.ep).is_some_and(|n| n > 1);
        // 0.5.10 of 2026-04 replays graphs for prompts too.
        let newest = run.version.starts_with("0.5.1") && !run.version.starts_with("0.5.1.");
        return match (wide, newest || run.date.as_str() >= "2026-04") {
            (true, _) => "sglang-ep",
            (false, true) => "sglang",
            (false, false) => "sglang-2025",
        };
    }
    let table = [
        ("llama.cpp", if early { "llamacpp-2024" } else { "llamacpp" }),
        ("fastertransformer", "ft"),
        ("megatron", "megatron"),
        ("mlc", "mlc"),
        ("exllama", "exllama"),
        ("autoawq", "autoawq"),
        ("gaudi", "deepspeed-gaudi"),
        ("mii", "deepspeed-mii"),
        ("deepspeed", "deepspeed-mii"),
        ("sambaflow", "sambaflow"),
        ("lmdeploy", "lmdeploy"),
        ("turbomind", "lmdeploy"),
        ("deepseek", "deepseek"),
        ("jetstream", "jetstream"),
        ("maxtext", "jetstream"),
    ];
    table.into_iter().find(|(part, _)| has(part)).map_or("other", |(_, key)| key)
}

fn is_nvidia(run: &ServeRun) -> bool {
    run.class.starts_with("nv")
}

fn year(date: &str) -> Option<u32> {
    date.get(..4)?.parse().ok()
}

/// `0.14` as 14, `1.0` as 100: minor releases before and after the first.
fn release(version: &str) -> Option<f64> {
    let version = version.trim_start_matches('~');
    let mut parts = version.split(['.', '-', '+']);
    let major: f64 = parts.next()?.parse().ok()?;
    let minor: f64 = parts.next().and_then(|part| {
        let digits: String = part.chars().take_while(char::is_ascii_digit).collect();
        digits.parse().ok()
    })?;
    Some(major * 100.0 + minor)
}

/// Format of the weights.
pub(super) fn weights(run: &ServeRun, remarks: &mut Vec<String>) -> WeightFormat {
    let words = run.weights.to_ascii_lowercase();
    let table = [
        ("nvfp4", WeightFormat::Nvfp4),
        ("mxfp4", WeightFormat::Mxfp4),
        ("fp4", if is_nvidia(run) { WeightFormat::Nvfp4 } else { WeightFormat::Mxfp4 }),
        ("mxfp8", WeightFormat::Mxfp8),
        ("fp8", WeightFormat::Fp8),
        ("int8", WeightFormat::Int8),
        ("gptq", WeightFormat::Int4Gptq),
        ("int4", WeightFormat::Int4Awq),
        ("w4", WeightFormat::Int4Awq),
        ("awq", WeightFormat::Int4Awq),
        ("q8", WeightFormat::Q8_0),
        ("q6", WeightFormat::Q6K),
        ("q5", WeightFormat::Q5Km),
        ("q4_0", WeightFormat::Q4_0),
        ("q4", WeightFormat::Q4Km),
        ("q3", WeightFormat::Q3Km),
        ("q2", WeightFormat::Q2K),
        ("fp32", WeightFormat::Fp32),
    ];
    if let Some((_, format)) = table.into_iter().find(|(part, _)| words.contains(part)) {
        return format;
    }
    if !words.contains("16") {
        remarks.push("weights not stated: 16 bits".to_owned());
    }
    WeightFormat::Bf16
}

/// Format of the cache, where it is stated.
pub(super) fn cache(run: &ServeRun) -> Option<KvFormat> {
    let words = run.cache.to_ascii_lowercase();
    if words.contains("fp8") {
        Some(KvFormat::Fp8)
    } else if words.contains("int8") || words.contains("q8") {
        Some(KvFormat::Int8)
    } else if words.contains("fp4") || words.contains("q4") {
        Some(KvFormat::Fp4)
    } else if words.contains("16") {
        Some(KvFormat::Wide)
    } else {
        None
    }
}

/// Cores that one accelerator of the catalogue has where a source counts degrees in cores: two physical ones in
/// Trainium1 and Inferentia2, four logical ones in Trainium2 (AWS Neuron documentation, logical core configuration).
pub(super) fn cores(run: &ServeRun) -> u32 {
    if run.class != "aws-neuron" {
        return 1;
    }
    if run.accelerator.starts_with("Trainium2") || run.accelerator.starts_with("Trainium3") {
        4
    } else {
        2
    }
}
