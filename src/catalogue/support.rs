//! What each engine that one can start has on each generation of accelerators: formats ([`formats`]) and ways to split a
//! model (`degrees` in `data/engines.csv`).

use super::{engines, formats};
use crate::serving::{KvFormat, WeightFormat};

/// Engines to choose from: the others of the table are profiles of submissions, of houses and of papers.
const OFFERED: [&str; 11] = [
    "vllm",
    "sglang",
    "sglang-ep",
    "trtllm",
    "llamacpp",
    "vllm-tpu",
    "jetstream",
    "vllm-neuron",
    "neuronx",
    "vllm-2024",
    "trtllm-2024",
];

/// What an engine can do on a generation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Support {
    /// Formats of weights, the widest first.
    pub weights: Vec<WeightFormat>,
    /// Formats of the key-value cache, the widest first.
    pub cache: Vec<KvFormat>,
    /// Ways to split a model: `tp`, `pp`, `dp` or `dp-all` (`serving::DP_ALL`), `ep`.
    pub degrees: Vec<String>,
}

/// What an engine can do on a generation; none where it does not run there.
#[must_use]
pub fn find(engine: &str, generation: &str) -> Option<Support> {
    let weights = WeightFormat::ALL.into_iter();
    // Nobody serves in 32 bits, which kernels of 16 would do as well.
    let weights = weights.filter(|format| *format != WeightFormat::Fp32);
    let weights: Vec<WeightFormat> =
        weights.filter(|own| formats::weights(engine, generation, *own).is_some()).collect();
    let cache = KvFormat::ALL.into_iter();
    let cache: Vec<KvFormat> =
        cache.filter(|own| formats::cache(engine, generation, *own).is_some()).collect();
    let degrees = degrees(engine);
    (!weights.is_empty() && !cache.is_empty()).then_some(Support { weights, cache, degrees })
}

/// Whether people store any model so for that engine: files of GGUF for llama.cpp alone, and MXFP4 only where the
/// checkpoint is published in it (gpt-oss).
#[must_use]
pub fn is_usual(format: WeightFormat, engine: &str, stored: Option<WeightFormat>) -> bool {
    let mxfp4 = format == WeightFormat::Mxfp4 && stored != Some(format);
    let gguf = engine.starts_with("llamacpp");
    !format.is_sparse() && !mxfp4 && (gguf || !format.is_gguf())
}

/// Ways to split a model that an engine has.
#[must_use]
pub fn degrees(engine: &str) -> Vec<String> {
    let degrees = engines::holds(engine, "degrees").map(|fact| fact.value.as_str());
    degrees.unwrap_or_default().split_whitespace().map(str::to_owned).collect()
}

/// Engines to choose from.
#[must_use]
pub const fn engines() -> &'static [&'static str] {
    &OFFERED
}

/// Whether an engine is one to choose.
#[must_use]
pub fn is_offered(engine: &str) -> bool {
    OFFERED.contains(&engine)
}
