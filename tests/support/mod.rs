//! Cases that several tests share, built from the catalogue.

#![allow(dead_code)]

#[cfg(not(target_arch = "wasm32"))]
pub mod climb;
pub mod corpus;
pub mod dice;
pub mod genes;
pub mod naive;
#[cfg(not(target_arch = "wasm32"))]
pub mod runs;

use autoparallel::case::Case;
use autoparallel::catalogue::{accelerators, models, stacks};
use autoparallel::prices::Offer;
use autoparallel::units::{DollarsPerHour, Ratio, Tokens};
use autoparallel::workload::{Constraints, Optimizer, Precision, Training};

/// What a test wants to train, on what, with what.
#[derive(Clone, Copy)]
pub struct Wanted {
    pub model: &'static str,
    pub machine: &'static str,
    pub count: u32,
    pub stack: &'static str,
    pub global_batch: u32,
    pub sequence: u32,
    pub tokens: u64,
    pub precision: Precision,
}

/// Llama-3.1-405B as its authors trained it (arXiv 2407.21783, table 4).
pub const LLAMA_405B: Wanted = Wanted {
    model: "llama-3.1-405b",
    machine: "h100-sxm",
    count: 16_384,
    stack: "megatron",
    global_batch: 2048,
    sequence: 8192,
    tokens: 15_600_000_000_000,
    precision: Precision::Bf16,
};

/// DeepSeek-V3 as its authors trained it (arXiv 2412.19437, section 4.2), on another stack.
pub const DEEPSEEK_V3: Wanted = Wanted {
    model: "deepseek-v3",
    machine: "h800",
    count: 2048,
    stack: "megatron",
    global_batch: 15_360,
    sequence: 4096,
    tokens: 14_800_000_000_000,
    precision: Precision::Fp8,
};

/// Qwen3-30B-A3B on 64 H100.
pub const QWEN_30B: Wanted = Wanted {
    model: "qwen3-30b-a3b",
    machine: "h100-sxm",
    count: 64,
    stack: "megatron",
    global_batch: 1024,
    sequence: 4096,
    tokens: 1_000_000_000_000,
    precision: Precision::Bf16,
};

/// A 7B on one machine of small A100s.
pub const LLAMA_7B: Wanted = Wanted {
    model: "llama-2-7b",
    machine: "a100-40g",
    count: 8,
    stack: "torchtitan",
    global_batch: 256,
    sequence: 4096,
    tokens: 100_000_000_000,
    precision: Precision::Bf16,
};

/// A training run with the field's usual settings.
pub fn training(wanted: &Wanted) -> Training {
    Training {
        global_batch: wanted.global_batch,
        sequence: wanted.sequence,
        tokens: Tokens::new(wanted.tokens),
        precision: wanted.precision,
        optimizer: Optimizer::ADAMW,
        fused_attention: true,
        dropout: false,
        expert_imbalance: Ratio::ONE,
        causal: true,
        adapter_rank: None,
    }
}

/// The case, free of constraints.
pub fn case(wanted: &Wanted) -> Case {
    let model = models::find(wanted.model).expect("a catalogued model").model.clone();
    let row = accelerators::find(wanted.machine).expect("a catalogued accelerator");
    let cluster = accelerators::cluster(row, wanted.count);
    let stack = stacks::find(wanted.stack).expect("a catalogued stack").clone();
    let offer = Offer { rate: DollarsPerHour::new(2.0), source: "test".into() };
    Case::new(model, cluster, training(wanted), Constraints::default(), stack, offer)
        .expect("a case")
}
