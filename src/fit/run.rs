//! One measured run, as a table of runs states it.
//!
//! What was measured ([`Measured`]) is kept apart from what was run ([`Run`]), so that nothing that predicts can
//! see it.

use crate::catalogue::table::{Row, Table};
use crate::model::limits;

/// Most rows of one table.
pub const ROWS_MAX: usize = 100_000;
/// Largest count of anything; one beyond it is as if it were not stated.
pub const COUNT_MAX: u32 = 1 << 24;

/// What was run. Empty texts and `None`: the source does not say.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Run {
    /// Name of the row.
    pub id: String,
    /// Rows that share model, machine and software: the unit of splitting and of averaging.
    pub group: String,
    /// In the recommended scoring set.
    pub core: bool,
    /// Where it was read.
    pub source: String,
    /// Date of the source: a year, month or day.
    pub date: String,
    /// Software, as named by the source.
    pub framework: String,
    /// Its release, as named by the source.
    pub version: String,
    /// `pretrain`, `sft`, `lora` and the like.
    pub task: String,
    /// The model, as named by the source.
    pub model: String,
    /// What is special about its attention.
    pub attention: String,
    /// Its numbers.
    pub numbers: Numbers,
    /// Accelerator, as named by the source.
    pub accelerator: String,
    /// Accelerators.
    pub count: Option<u32>,
    /// Accelerators in a machine.
    pub node_size: Option<u32>,
    /// Link within a machine, in words.
    pub link: String,
    /// Network between machines, in words.
    pub network: String,
    /// Number format, in words.
    pub precision: String,
    /// Degrees of the layout.
    pub degrees: Degrees,
    /// `y`, `n` or empty.
    pub sequence_parallel: String,
    /// What ZeRO or FSDP splits, in words.
    pub zero: String,
    /// Sequences in one optimizer step.
    pub global_batch: Option<u32>,
    /// Tokens in one sequence.
    pub sequence: Option<u32>,
    /// What is recomputed, in words.
    pub recompute: String,
    /// Pipeline schedule, in words.
    pub schedule: String,
    /// What overlaps, in words.
    pub overlap: String,
    /// Other settings, in words.
    pub flags: String,
    /// What the compiler of the table noted.
    pub notes: String,
}

/// A model's numbers; `None`: not stated.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Numbers {
    /// Layers.
    pub layers: Option<u32>,
    /// Model width.
    pub hidden: Option<u32>,
    /// Query heads.
    pub heads: Option<u32>,
    /// Key and value heads.
    pub kv_heads: Option<u32>,
    /// Width of a head.
    pub head_dim: Option<u32>,
    /// Inner width of the dense feed-forward part.
    pub ffn: Option<u32>,
    /// Three matrices instead of two.
    pub gated: Option<bool>,
    /// Rows of the embedding table.
    pub vocab: Option<u32>,
    /// The head reuses the embedding.
    pub tied: Option<bool>,
    /// Routed experts.
    pub experts: Option<u32>,
    /// Experts that a token visits.
    pub top_k: Option<u32>,
    /// Shared experts.
    pub shared_experts: Option<u32>,
    /// Inner width of an expert.
    pub expert_width: Option<u32>,
    /// Layers without experts.
    pub dense_layers: Option<u32>,
    /// Rank of the query compression (MLA).
    pub q_rank: Option<u32>,
    /// Rank of the key-value compression (MLA).
    pub kv_rank: Option<u32>,
    /// Multi-token-prediction layers.
    pub mtp_layers: Option<u32>,
}

/// Degrees as stated; `None`: not stated.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Degrees {
    /// Tensor parallel.
    pub tp: Option<u32>,
    /// Pipeline parallel.
    pub pp: Option<u32>,
    /// Virtual stages.
    pub vpp: Option<u32>,
    /// Data parallel.
    pub dp: Option<u32>,
    /// Context parallel.
    pub cp: Option<u32>,
    /// Expert parallel.
    pub ep: Option<u32>,
    /// Expert tensor parallel.
    pub etp: Option<u32>,
    /// Sequences in a micro-batch.
    pub micro_batch: Option<u32>,
}

/// What was measured.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Measured {
    /// Seconds of one optimizer step.
    pub step_s: Option<f64>,
    /// Peak memory of the fullest accelerator, in GiB.
    pub memory_gib: Option<f64>,
    /// How memory was measured, in words.
    pub memory_kind: String,
    /// Whether the run went out of memory; none where the source does not say and no time was measured.
    pub out_of_memory: Option<bool>,
}

/// Every row of a table of runs, with what was measured.
#[must_use]
pub fn read(text: &str) -> Vec<(Run, Measured)> {
    let table = Table::read(text);
    table.rows().take(ROWS_MAX).map(|row| (run(row), measured(row))).collect()
}

fn run(row: Row<'_>) -> Run {
    let text = |column: &str| row.text(column).to_owned();
    Run {
        id: text("id"),
        group: text("group"),
        core: row.text("core") == "y",
        source: text("source"),
        date: text("source_date"),
        framework: text("framework"),
        version: text("sw_version"),
        task: text("task"),
        model: text("model"),
        attention: text("attention"),
        numbers: numbers(row),
        accelerator: text("accel"),
        count: positive(row, "num_accel"),
        node_size: positive(row, "accel_per_node"),
        link: text("intra_link"),
        network: text("inter_net"),
        precision: text("precision"),
        degrees: degrees(row),
        sequence_parallel: text("seq_parallel"),
        zero: text("zero_stage"),
        global_batch: positive(row, "gbs"),
        sequence: positive(row, "seq_len"),
        recompute: text("recompute"),
        schedule: text("pp_schedule"),
        overlap: text("overlap"),
        flags: text("other_flags"),
        notes: text("notes"),
    }
}

fn numbers(row: Row<'_>) -> Numbers {
    let yes = |column: &str| match row.text(column) {
        "y" => Some(true),
        "n" => Some(false),
        _ => None,
    };
    Numbers {
        layers: up_to(row, "layers", limits::LAYERS_MAX),
        hidden: up_to(row, "hidden", limits::WIDTH_MAX),
        heads: up_to(row, "heads", limits::HEADS_MAX),
        kv_heads: up_to(row, "kv_heads", limits::HEADS_MAX),
        head_dim: up_to(row, "head_dim", limits::WIDTH_MAX),
        ffn: up_to(row, "ffn", limits::WIDTH_MAX),
        gated: yes("gated"),
        vocab: positive(row, "vocab").or_else(|| thousands(row.text("vocab"))),
        tied: yes("tied_emb"),
        experts: up_to(row, "experts", limits::EXPERTS_MAX),
        top_k: up_to(row, "topk", limits::EXPERTS_MAX),
        shared_experts: at_most(row.count("shared_experts"), limits::EXPERTS_MAX),
        expert_width: up_to(row, "moe_ffn", limits::WIDTH_MAX),
        dense_layers: at_most(row.count("dense_layers"), limits::LAYERS_MAX),
        q_rank: up_to(row, "mla_q_rank", limits::WIDTH_MAX),
        kv_rank: up_to(row, "mla_kv_rank", limits::WIDTH_MAX),
        mtp_layers: at_most(row.count("mtp_layers"), limits::LAYERS_MAX),
    }
}

fn degrees(row: Row<'_>) -> Degrees {
    Degrees {
        tp: positive(row, "tp"),
        pp: positive(row, "pp"),
        vpp: positive(row, "vpp"),
        dp: positive(row, "dp"),
        cp: positive(row, "cp"),
        ep: positive(row, "ep"),
        etp: positive(row, "etp"),
        micro_batch: positive(row, "mbs"),
    }
}

fn measured(row: Row<'_>) -> Measured {
    let kind = row.text("mem_kind");
    let positive = |column: &str| row.number(column).filter(|value| *value > 0.0);
    let ran = positive("step_target_s").or_else(|| positive("tok_s_accel_target")).is_some();
    Measured {
        step_s: positive("step_target_s"),
        memory_gib: positive("mem_gb"),
        memory_kind: kind.to_owned(),
        out_of_memory: match row.text("oom") {
            "y" => Some(true),
            "n" => Some(false),
            _ => ran.then_some(false),
        },
    }
}

/// The number that words such as `~250k` round.
fn thousands(words: &str) -> Option<u32> {
    let number: u32 = words.strip_prefix('~')?.strip_suffix('k')?.parse().ok()?;
    number.checked_mul(1000)
}

/// A whole number of at least 1; tables write some of them with a decimal point.
fn positive(row: Row<'_>, column: &str) -> Option<u32> {
    up_to(row, column, COUNT_MAX)
}

fn up_to(row: Row<'_>, column: &str, max: u32) -> Option<u32> {
    let value = row.number(column)?;
    let whole = value >= 1.0 && value <= f64::from(max) && value.floor() == value;
    whole.then_some(value as u32)
}

fn at_most(count: Option<u32>, max: u32) -> Option<u32> {
    count.filter(|count| *count <= max)
}
