//! The model and the machines of a run of inference.

use super::run::ServeRun;
use crate::catalogue::accelerators::{self, MachineRow};
use crate::catalogue::models;
use crate::cluster::Cluster;
use crate::model::{Attention, Dense, Ffn, LayerKind, Mixer, Mla, Model, Moe};
use crate::units::{Bytes, Params};

/// Head widths of every published model with latent attention of rank 512 (DeepSeek-V3, arXiv 2412.19437, section
/// 4.2; Kimi K2): without position, rotary, value; and the query's rank.
const MLA_WIDTHS: (u32, u32, u32, u32) = (128, 64, 128, 1536);
/// Rank of their key-value compression.
const MLA_RANK: u32 = 512;
/// Dense layers before the experts of those.
const MLA_DENSE: u32 = 3;
/// Vocabulary where none is stated: Llama-3's.
const VOCAB: u32 = 128_256;
/// Memory that differs from the catalogue's by more than this share is another variant of the card.
const SAME_MEMORY: f64 = 0.15;

/// The model: of the catalogue where its name and shape are those of the row, else from the row's numbers.
///
/// # Errors
/// What is missing.
pub(super) fn model(run: &ServeRun, remarks: &mut Vec<String>) -> Result<Model, String> {
    let numbers = &run.numbers;
    let known = models::find(&run.model).or_else(|| models::find(relative(&run.model)));
    if let Some(row) = known {
        let same = |stated: Option<u32>, known: u32| stated.is_none_or(|n| n == known);
        if same(numbers.layers, row.model.n_layers()) && same(numbers.hidden, row.model.hidden) {
            return Ok(row.model.clone());
        }
    }
    let (Some(layers), Some(hidden)) = (numbers.layers, numbers.hidden) else {
        return Err(format!("the shape of {} is not stated and not in the catalogue", run.model));
    };
    let mixer = mixer(run, hidden)?;
    let dense = if matches!(mixer, Mixer::Mla(_)) { MLA_DENSE } else { 0 };
    let kinds = (0..layers).map(|at| {
        let ffn = ffn(run, hidden, at < dense)?;
        Ok(LayerKind { mixer: mixer.clone(), ffn, norm_params: 2 * hidden })
    });
    let kinds = kinds.collect::<Result<Vec<_>, String>>()?;
    let mut model = Model::of_layers(&run.model, hidden, kinds)
        .ok_or_else(|| "it has too many kinds of layer".to_owned())?;
    model.vocab = numbers.vocab.unwrap_or_else(|| {
        remarks.push(format!("vocabulary not stated: {VOCAB}"));
        VOCAB
    });
    model.other_params = Params::new(u64::from(hidden));
    // MPT's head is its table of embeddings (mosaicml/llm-foundry, models/mpt/modeling_mpt.py).
    model.tied = run.model.starts_with("mpt");
    Ok(model)
}

/// The model whose shape a name shares.
fn relative(name: &str) -> &str {
    match name {
        "llama-7b" => "llama-2-7b",
        "llama-13b" => "llama-2-13b",
        "deepseek-v3.1" | "deepseek-v3-0324" | "deepseek-r1-0528" => "deepseek-v3",
        other => other,
    }
}

fn mixer(run: &ServeRun, hidden: u32) -> Result<Mixer, String> {
    let numbers = &run.numbers;
    let heads = numbers.heads.ok_or("the number of heads is not stated")?;
    if run.arch.contains("mla") {
        let (qk_nope, qk_rope, v_head_dim, rank) = MLA_WIDTHS;
        return Ok(Mixer::Mla(Mla {
            heads,
            q_rank: Some(rank),
            kv_rank: MLA_RANK,
            qk_nope,
            qk_rope,
            v_head_dim,
            extra_params: 0,
            sparse_top_k: None,
        }));
    }
    let head_dim = numbers.head_dim.unwrap_or((hidden / heads).max(1));
    Ok(Mixer::Attention(Attention {
        heads,
        kv_heads: numbers.kv_heads.unwrap_or(heads),
        head_dim,
        v_head_dim: head_dim,
        window: None,
        qkv_bias: false,
        out_bias: false,
        qk_norm_params: 0,
        output_gate: false,
        values_are_keys: false,
        extra_params: 0,
    }))
}

fn ffn(run: &ServeRun, hidden: u32, dense: bool) -> Result<Ffn, String> {
    let numbers = &run.numbers;
    match numbers.experts {
        Some(experts) if !dense => {
            let width = numbers.expert_width.or(numbers.ffn).ok_or("expert width is not stated")?;
            let shared = if run.arch.contains("shared") { width } else { 0 };
            Ok(Ffn::Moe(Moe {
                experts,
                top_k: numbers.top_k.ok_or("experts of a token are not stated")?,
                groups: None,
                width,
                gated: true,
                shared_width: shared,
                latent: None,
                dense_width: 0,
                extra_params: 0,
                extra_active: 0,
            }))
        }
        _ => {
            let width = numbers.ffn.ok_or("the feed-forward width is not stated")?;
            // The models of GPT's kind have two matrices of four times the width.
            let gated = u64::from(width) != 4 * u64::from(hidden);
            Ok(Ffn::Dense(Dense { width, gated, bias: !gated }))
        }
    }
}

/// The machines that hold `count` accelerators, memory as the row states it.
///
/// # Errors
/// What is missing.
pub(super) fn cluster(
    run: &ServeRun,
    count: u32,
    remarks: &mut Vec<String>,
) -> Result<Cluster, String> {
    let mut row = machine(run)
        .ok_or_else(|| format!("the catalogue has no accelerator {}", run.accelerator))?
        .clone();
    if let Some(stated) = run.memory_gb {
        let known = row.accelerator.memory.as_f64() / 1e9;
        if stated > 0.0 && (known / stated - 1.0).abs() > SAME_MEMORY {
            remarks.push(format!("memory of {stated} GB instead of the catalogue's {known:.0}"));
            row.accelerator.memory = Bytes::from_f64(stated * 1e9);
        }
    }
    if run.notes.contains("on PCIe, not NVLink") {
        row.domain = 1;
    }
    Ok(accelerators::cluster(&row, count))
}

/// The catalogue's row for a name in a table of runs.
fn machine(run: &ServeRun) -> Option<&'static MachineRow> {
    let name = run.accelerator.as_str();
    let plain = name.split('(').next().unwrap_or(name).trim();
    let short = plain.rsplit_once('-').map_or(plain, |(head, _)| head);
    let bare = short.trim_end_matches("-SXM").trim_end_matches("-BSE");
    let special = match plain {
        // Argonne's Polaris has A100 of 40 GB (docs.alcf.anl.gov, 2024).
        "A100" if run.memory_gb.is_none() && run.source.starts_with("argonne") => "a100-40g",
        "GH200-120GB" | "GH200" => "gh200-96g",
        "H100-80GB" => "h100-sxm",
        // Eight hold 671 GB of weights and the caches of 100 requests at once (vllm-project/recipes, DeepSeek-V3_2.md,
        // peak concurrent requests): not of 96 GB.
        "H20" if run.model.starts_with("deepseek-v3") => "h20-141g",
        "B300-SXM" => "b300",
        "MI250" => "mi250-card",
        "Trainium2" => "trainium2",
        other if other.starts_with("unnamed 80GB NVIDIA") => "h100-sxm",
        other if other.starts_with("TPU7x") => "tpu7x",
        other if other.starts_with("Intel-Max-1550") => "max-1550",
        other if other.starts_with("Gaudi2") => "gaudi2",
        other if other.starts_with("Gaudi3") => "gaudi3",
        _ => "",
    };
    [special, name, plain, short, bare]
        .into_iter()
        .filter(|name| !name.is_empty())
        .find_map(accelerators::find_serving)
}
