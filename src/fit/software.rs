//! The software of a run: which stack profile it ran on, and what that stack does where the source is silent.

use super::run::Run;
use crate::model::Model;
use crate::workload::{Optimizer, OptimizerKind, Precision, StateType};

/// What a stack does unless told otherwise, where it bears on time or memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Habits {
    /// Key of the stack.
    pub stack: &'static str,
    /// Fused attention (FlashAttention or cuDNN).
    pub fused: bool,
    /// Attention skips masked pairs.
    pub causal: bool,
    /// Dropout in the model.
    pub dropout: bool,
    /// Sequence parallelism wherever there is tensor parallelism.
    pub sequence_parallel: bool,
    /// ZeRO stage.
    pub zero: u32,
    /// Gradients are summed in 16 bits (`grad_reduce_in_fp32=False` of NVIDIA's performance recipes).
    pub narrow_gradients: bool,
}

/// What is made again in the backward pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Policy {
    /// Nothing.
    Nothing,
    /// What is cheap: selective recompute.
    Cheap,
    /// Whole layers, but for the projections of attention.
    KeepProjections,
    /// Whole layers.
    Whole,
    /// As little as fits.
    Least,
}

impl Policy {
    /// In words.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Nothing => "none",
            Self::Cheap => "selective",
            Self::KeepProjections => "whole layers but for attention's projections",
            Self::Whole => "full",
            Self::Least => "the least that fits",
        }
    }
}

const MEGATRON_2021: Habits = Habits {
    stack: "megatron-2021",
    fused: false,
    causal: true,
    dropout: true,
    sequence_parallel: false,
    zero: 0,
    narrow_gradients: true,
};
const NEMO_2024: Habits = Habits {
    stack: "nemo-2024",
    fused: true,
    causal: true,
    dropout: false,
    sequence_parallel: true,
    zero: 1,
    narrow_gradients: true,
};
const FSDP: Habits = Habits {
    stack: "torchtitan",
    fused: true,
    causal: true,
    dropout: false,
    sequence_parallel: true,
    zero: 3,
    narrow_gradients: false,
};

/// Words of a framework's name, the release it is read from, and its habits; the first that fits counts.
///
/// MLPerf logs name containers; their round dates the release.
const STACKS: &[(&[&str], Habits)] = &[
    (&["megatron-deepspeed"], Habits { stack: "megatron-deepspeed", ..MEGATRON_2021 }),
    (&["llm-foundry"], Habits { stack: "llm-foundry", sequence_parallel: false, ..FSDP }),
    (&["composer"], Habits { stack: "llm-foundry", sequence_parallel: false, ..FSDP }),
    (&["automodel"], Habits { stack: "automodel", ..FSDP }),
    (&["torchtitan"], FSDP),
    (&["fsdp"], Habits { stack: "fms-fsdp", ..FSDP }),
    (&["internevo"], Habits { stack: "internevo", zero: 1, narrow_gradients: true, ..FSDP }),
    (&["neuron"], Habits { stack: "neuronx", ..NEMO_2024 }),
    (&["jax", "gpu"], Habits { stack: "maxtext-gpu", ..FSDP }),
    (&["llmboost"], Habits { stack: "rocm", ..NEMO_2024 }),
    (&["rocm"], Habits { stack: "rocm", ..NEMO_2024 }),
    (&["primus"], Habits { stack: "rocm", ..NEMO_2024 }),
    (&["megatron-bridge"], Habits { stack: "megatron", ..NEMO_2024 }),
    (&["nemo"], NEMO_2024),
    (&["nvidia"], NEMO_2024),
    (&["ngc"], NEMO_2024),
    (&["merlin"], NEMO_2024),
    (&["megatron"], MEGATRON_2021),
    (&["deepspeed"], Habits { stack: "deepspeed", ..FSDP }),
    (&["colossal"], Habits { stack: "deepspeed", ..FSDP }),
    (&["nanotron"], Habits { stack: "nemo-2024", ..NEMO_2024 }),
    (&["torch"], FSDP),
    (&["litgpt"], Habits { stack: "litgpt", zero: 0, ..FSDP }),
];

/// Year and half of the release from which NVIDIA's stack counts as the next generation.
const NEMO_2025: f64 = 2025.0;
/// From Megatron-Core 0.11 (2025-03) recipes set experts' tensor parallelism apart from the rest; before it is the same.
const FOLDING: f64 = 2025.2;
/// Release from which torchtitan compiles its loss.
const TORCHTITAN_2025: f64 = 2025.2;
const BRIDGE_2025: f64 = 2025.65;
const BRIDGE_2026: f64 = 2026.35;

/// The habits of the software that a run used.
///
/// # Errors
/// When no profile is near the software.
pub(super) fn habits(run: &Run, remarks: &mut Vec<String>) -> Result<Habits, String> {
    let words = run.framework.to_ascii_lowercase();
    let jax = words.contains("jax");
    if jax && (run.accelerator.starts_with("TPU")) {
        return Ok(Habits { stack: "maxtext", ..FSDP });
    }
    if words.contains("pax") {
        // Transformer Engine brings fused attention; the recipes of DGX Cloud turn it on (paxml/configure.sh).
        let engine = run.precision.contains("(TE)") || run.version.starts_with("dgxc");
        return Ok(Habits { stack: "pax", fused: engine, ..FSDP });
    }
    if jax {
        return Ok(Habits { stack: "maxtext-gpu", ..FSDP });
    }
    let amd = run.accelerator.starts_with("MI");
    let known = STACKS.iter().find(|(all, _)| all.iter().all(|word| words.contains(word)));
    // Megatron-DeepSpeed without ZeRO runs Megatron-LM's own pipeline, not DeepSpeed's engine.
    // Megatron-Turing NLG ran on that engine (arXiv 2201.11990, section 3.2).
    let engine = run.zero.starts_with(['1', '2', '3']) || run.model.starts_with("MT-NLG");
    let plain = words.contains("megatron-deepspeed") && !engine;
    let habits = match known {
        _ if plain => MEGATRON_2021,
        _ if amd => Habits { stack: "rocm", ..NEMO_2024 },
        Some((_, habits)) => *habits,
        None => {
            remarks.push(format!("no profile of {}: the nearest is taken", run.framework));
            if run.framework.is_empty() { NEMO_2024 } else { FSDP }
        }
    };
    if plain { Ok(habits) } else { Ok(of_release(run, habits)) }
}

/// Expert tensor parallelism of a run that does not state it.
pub(super) fn expert_tensor(run: &Run, tp: u32) -> u32 {
    let words = run.framework.to_ascii_lowercase();
    // MaxText's tensor axis splits the width of experts as well (its logical_axis_rules of mlp).
    if words.contains("jax") {
        return tp;
    }
    let megatron = words.contains("megatron");
    if megatron && release(run) < FOLDING { tp } else { 1 }
}

/// NVIDIA's stack by its release, Megatron-LM by its year.
fn of_release(run: &Run, habits: Habits) -> Habits {
    let date = release(run);
    let stack = match habits.stack {
        "nemo-2024" | "megatron" if date >= BRIDGE_2026 => "megatron",
        "nemo-2024" | "megatron" if date >= BRIDGE_2025 => "megatron-2025",
        "torchtitan" if date < TORCHTITAN_2025 => "torchtitan-2024",
        "nemo-2024" if date >= NEMO_2025 => "nemo-2025",
        "megatron-2021" if date >= NEMO_2025 => "nemo-2025",
        "megatron-2021" if date >= 2023.0 => return Habits { stack: "nemo-2024", ..NEMO_2024 },
        stack => stack,
    };
    Habits { stack, ..habits }
}

/// Date of the software in years: `NeMo 25.09`, `dgxc v25.02`, an MLPerf round, else the date of the source.
fn release(run: &Run) -> f64 {
    let digits = |c: char| c.is_ascii_digit() || c == '.';
    let start = run.version.find(|c: char| c.is_ascii_digit()).unwrap_or(run.version.len());
    let version = run.version.get(start..).unwrap_or("");
    let end = version.find(|c: char| !digits(c)).unwrap_or(version.len());
    let mut parts = version.get(..end).unwrap_or("").split('.');
    let mut next = || parts.next().and_then(|part| part.parse::<f64>().ok());
    let (major, minor) = (next(), next().unwrap_or(0.0));
    match major {
        // Rounds of MLPerf Training: v3.0 in June 2023, two a year; v4.0 and v5.0 in June.
        Some(round) if run.source.contains("MLPerf") => 2020.4 + round + 0.45 * minor,
        Some(year) if (20.0..40.0).contains(&year) => 2000.0 + year + (minor - 1.0) / 12.0,
        _ => dated(&run.date),
    }
}

/// A date such as `2025-06` in years.
fn dated(date: &str) -> f64 {
    let mut parts = date.split('-');
    let year = parts.next().and_then(|year| year.parse().ok()).unwrap_or(0.0);
    let month = parts.next().and_then(|month| month.parse().ok()).filter(|m| *m <= 12.0);
    year + month.map_or(0.0, |month: f64| (month - 1.0) / 12.0)
}

/// Parameters of the largest model that AutoModel's recipes run without checkpoints.
const AUTOMODEL_SMALL: u64 = 20_000_000_000;
/// The same of Pax's recipes that keep every product.
const PAX_SMALL: u64 = 20_000_000_000;

/// What recipes of a software recompute unless told otherwise, and where it was read.
pub(super) fn policy(run: &Run, model: &Model) -> Option<(Policy, &'static str)> {
    let words = run.framework.to_ascii_lowercase();
    let has = |word: &str| words.contains(word);
    let params = model.params().total;
    if has("automodel") {
        let small = params <= AUTOMODEL_SMALL || run.model.starts_with("GPT-OSS");
        let policy = if small { Policy::Nothing } else { Policy::Whole };
        return Some((policy, "its recipes' activation_checkpointing"));
    }
    if has("pax") {
        let small = params <= PAX_SMALL;
        let policy = if small { Policy::Cheap } else { Policy::KeepProjections };
        return Some((policy, "as NVIDIA/dgxc-benchmarking paxml_mod_configs.py"));
    }
    if has("maxtext") && !run.accelerator.starts_with("TPU") {
        return Some((Policy::KeepProjections, "as NVIDIA/dgxc-benchmarking maxtext/configure.sh"));
    }
    if has("litgpt") {
        // Its fine-tuning scripts recompute nothing on one accelerator.
        return Some((Policy::Nothing, "the stack's default"));
    }
    None
}

/// The number format of the matrix products.
pub(super) fn precision(run: &Run, remarks: &mut Vec<String>) -> Precision {
    let words = run.precision.to_ascii_lowercase();
    let found = [
        ("mxfp8", Precision::Mxfp8),
        ("nvfp4", Precision::Nvfp4),
        ("fp8", Precision::Fp8),
        ("fp16", Precision::Fp16),
        ("bf16", Precision::Bf16),
        ("16-bit", Precision::Fp16),
        ("fp32", Precision::Fp32),
    ];
    let known = found.iter().find(|(word, _)| words.contains(word));
    known.map_or_else(
        || {
            remarks.push("number format not stated: bf16".to_owned());
            Precision::Bf16
        },
        |(_, precision)| *precision,
    )
}

/// The update rule and the types of its state.
pub(super) fn optimizer(run: &Run, habits: &Habits) -> Optimizer {
    let pure = run.precision.contains("bf16-true");
    let kind = if run.notes.contains("Muon") { OptimizerKind::Muon } else { OptimizerKind::AdamW };
    let narrow = |yes| if yes { StateType::Bf16 } else { StateType::Fp32 };
    let gradients = narrow(pure || habits.narrow_gradients);
    Optimizer { kind, moments: narrow(pure), gradients, master: !pure }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stack_of(framework: &str, version: &str, source: &str, date: &str) -> &'static str {
        let text = |text: &str| text.to_owned();
        let run = Run {
            framework: text(framework),
            version: text(version),
            source: text(source),
            date: text(date),
            ..Run::default()
        };
        habits(&run, &mut Vec::new()).map_or("", |habits| habits.stack)
    }

    #[test]
    fn software_by_name_and_date() {
        for (framework, version, source, date, expected) in [
            ("Megatron-LM", "", "Korthikanti", "2022-05", "megatron-2021"),
            ("Megatron-LM", "mcore r0.8.0", "README", "2024-07", "nemo-2024"),
            ("Megatron-DeepSpeed", "", "vTrain", "2024-09", "megatron-2021"),
            ("NeMo 1.x / Megatron-Core", "NeMo 24.05", "", "2024-05", "nemo-2024"),
            ("NeMo / Megatron-Core", "dgxc v25.02", "", "2025-02", "nemo-2025"),
            (
                "NVIDIA NeMo Framework Release 24.09",
                "v4.1",
                "MLPerf Training v4.1",
                "",
                "nemo-2024",
            ),
            (
                "NVIDIA NeMo Framework Release 25.04",
                "v5.0",
                "MLPerf Training v5.0",
                "",
                "nemo-2025",
            ),
            ("PyTorch NVIDIA Release 25.09", "v5.1", "MLPerf Training v5.1", "", "megatron-2025"),
            ("Megatron-Bridge / Megatron-Core", "NeMo 26.02", "", "2026-02", "megatron-2025"),
            ("Megatron-Bridge / Megatron-Core", "NeMo 26.06", "", "2026-06", "megatron"),
            ("Composer/llm-foundry FSDP", "", "", "2023-11", "llm-foundry"),
            ("PyTorch FSDP + torch.compile", "", "", "2024", "fms-fsdp"),
            ("PaxML (JAX)", "", "", "2024", "pax"),
        ] {
            assert_eq!(
                stack_of(framework, version, source, date),
                expected,
                "{framework} {version}"
            );
        }
    }
}
