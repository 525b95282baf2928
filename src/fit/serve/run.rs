//! One measured run of inference, as a table of runs states it; what was measured is kept apart.

use crate::catalogue::table::{Row, Table};
use crate::fit::run::COUNT_MAX;
use crate::model::limits;

/// Most rows of one table.
pub const ROWS_MAX: usize = 200_000;

/// What was run. Empty texts and `None`: the source does not say.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ServeRun {
    /// Name of the row.
    pub id: String,
    /// Source: the unit of averaging.
    pub source: String,
    /// Rows that are split together.
    pub group: String,
    /// In the scoring set.
    pub core: bool,
    /// How complete the row is: `A`, `B`, `C`.
    pub tier: String,
    /// Date of the source.
    pub date: String,
    /// Engine, as named by the source.
    pub engine: String,
    /// Its release.
    pub version: String,
    /// The model, as named by the source.
    pub model: String,
    /// What is special about its shape, in words.
    pub arch: String,
    /// The model's numbers.
    pub numbers: ServeNumbers,
    /// Format of the weights, of activations and of the cache, in words.
    pub weights: String,
    /// Format of activations.
    pub activations: String,
    /// Format of the cache.
    pub cache: String,
    /// Accelerator, as named by the source.
    pub accelerator: String,
    /// Class of hardware.
    pub class: String,
    /// Memory of one accelerator in decimal gigabytes.
    pub memory_gb: Option<f64>,
    /// Accelerators.
    pub count: Option<u32>,
    /// Degrees.
    pub tp: Option<u32>,
    /// Pipeline stages.
    pub pp: Option<u32>,
    /// Expert parallelism.
    pub ep: Option<u32>,
    /// Attention data parallelism, or replicas.
    pub dp: Option<u32>,
    /// `single-stream`, `static-batch`, `offline-max` and so on.
    pub mode: String,
    /// Tokens of prompts and answers.
    pub prompt: Option<f64>,
    /// Tokens of answers.
    pub output: Option<f64>,
    /// Sequences of a batch.
    pub batch: Option<f64>,
    /// Requests in flight.
    pub concurrency: Option<f64>,
    /// Requests a second.
    pub rate: Option<f64>,
    /// Which tokens a second the source counts, and over what.
    pub kind: String,
    /// Over the system, one accelerator, or eight.
    pub scope: String,
    /// The engine's limit on sequences.
    pub max_batch: Option<f64>,
    /// Where in the source it stands.
    pub table: String,
    /// What the compiler of the table noted.
    pub notes: String,
}

/// A model's numbers; `None`: not stated.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ServeNumbers {
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
    /// Inner width of the feed-forward part.
    pub ffn: Option<u32>,
    /// Rows of the embedding table.
    pub vocab: Option<u32>,
    /// Routed experts.
    pub experts: Option<u32>,
    /// Experts of a token.
    pub top_k: Option<u32>,
    /// Inner width of an expert.
    pub expert_width: Option<u32>,
}

/// What was measured; nothing that predicts sees it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ServeMeasured {
    /// Milliseconds to the first token.
    pub ttft_ms: Option<f64>,
    /// Milliseconds a token.
    pub tpot_ms: Option<f64>,
    /// Tokens a second, of the row's kind and scope.
    pub tok_s: Option<f64>,
    /// Milliseconds of the whole.
    pub whole_ms: Option<f64>,
    /// Cached tokens.
    pub kv_tokens: Option<f64>,
    /// Memory in the source's own unit of 10^9 or 2^30 bytes.
    pub memory: Option<f64>,
}

/// Reads a table; rows without an id are left out.
#[must_use]
pub fn read(text: &str) -> Vec<(ServeRun, ServeMeasured)> {
    let table = Table::read(text);
    let rows = table.rows().filter(|row| !row.text("id").is_empty()).take(ROWS_MAX);
    rows.map(|row| (run(row), measured(row))).collect()
}

fn run(row: Row<'_>) -> ServeRun {
    let text = |column: &str| row.text(column).to_owned();
    let count = |column: &str| whole(row, column);
    let above = |column: &str| row.number(column);
    ServeRun {
        id: text("id"),
        source: text("source_id"),
        table: text("source_table"),
        group: text("split_group"),
        core: row.text("core") == "1",
        tier: text("tier"),
        date: text("source_date"),
        engine: text("engine"),
        version: text("engine_version"),
        model: text("model"),
        arch: text("arch"),
        numbers: numbers(row),
        weights: text("weight_prec"),
        activations: text("act_prec"),
        cache: text("kv_prec"),
        accelerator: text("accelerator"),
        class: text("hw_class"),
        memory_gb: above("mem_gb_per_acc"),
        count: count("count"),
        tp: count("tp"),
        pp: count("pp"),
        ep: count("ep"),
        dp: count("dp"),
        mode: text("mode"),
        prompt: above("isl"),
        output: above("osl"),
        batch: above("batch"),
        concurrency: above("concurrency"),
        rate: above("request_rate"),
        kind: text("tok_s_kind"),
        scope: text("tok_s_scope"),
        max_batch: above("max_batch"),
        notes: text("notes"),
    }
}

fn numbers(row: Row<'_>) -> ServeNumbers {
    let up_to = |column: &str, max: u32| whole(row, column).filter(|n| *n <= max);
    ServeNumbers {
        layers: up_to("layers", limits::LAYERS_MAX),
        hidden: up_to("hidden", limits::WIDTH_MAX),
        heads: up_to("heads", limits::HEADS_MAX),
        kv_heads: up_to("kv_heads", limits::HEADS_MAX),
        head_dim: up_to("head_dim", limits::WIDTH_MAX),
        ffn: up_to("ffn", limits::WIDTH_MAX),
        vocab: up_to("vocab", limits::VOCAB_MAX),
        experts: up_to("n_experts", limits::EXPERTS_MAX),
        top_k: up_to("experts_per_tok", limits::EXPERTS_MAX),
        expert_width: up_to("moe_ffn", limits::WIDTH_MAX),
    }
}

/// A whole number above zero, written as such or with a decimal point.
fn whole(row: Row<'_>, column: &str) -> Option<u32> {
    row.number(column).map(|n| n as u32).filter(|n| (1..=COUNT_MAX).contains(n))
}

fn measured(row: Row<'_>) -> ServeMeasured {
    let above = |column: &str| row.number(column).filter(|value| *value > 0.0);
    ServeMeasured {
        ttft_ms: above("ttft_ms"),
        tpot_ms: above("tpot_ms"),
        tok_s: above("tok_s"),
        whole_ms: above("e2e_latency_ms"),
        kv_tokens: above("kv_tokens"),
        memory: above("mem_gb"),
    }
}
