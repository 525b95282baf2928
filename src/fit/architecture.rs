//! The model of a run: from its numbers, or from the catalogue where the source gives only a name.

use super::run::{Numbers, Run};
use crate::catalogue::models;
use crate::model::{Attention, Dense, Ffn, LayerKind, Mixer, Mla, Model, Moe};
use crate::units::Params;

/// Rows of the embedding table of GPT models whose source names none: GPT-2's 50,257 padded by Megatron-LM to a
/// multiple of 128 times eight tensor-parallel ranks (its `--make-vocab-size-divisible-by`).
const GPT_VOCAB: u32 = 51_200;
/// The same of BLOOM and its sweep: 250,680 entries padded (bigscience/bloom config.json).
const BLOOM_VOCAB: u32 = 250_880;
/// The same of other JAX models: the SentencePiece vocabulary of MaxText's defaults. NVIDIA's models in Pax have
/// Megatron-LM's (google/paxml paxml/tasks/lm/params/nvidia.py).
const JAX_VOCAB: u32 = 32_000;
/// Head widths of every published model with latent attention of that rank (DeepSeek-V3, arXiv 2412.19437,
/// section 4.2; Kimi K2): without position, rotary, value.
const MLA_WIDTHS: (u32, u32, u32) = (128, 64, 128);
/// Reach of attention where samples of SQuAD are packed into one sequence and none sees another: half of the mean
/// sample, about 160 tokens of context and 15 of question (arXiv 1606.05250, section 3).
const SQUAD_REACH: u32 = 88;
/// Local attention of Llama 4: chunks of 8,192 tokens in three layers of four (its model card).
const CHUNK: u32 = 8192;

/// The model, with a remark for each number that was not stated.
///
/// # Errors
/// What is missing.
pub(super) fn model(run: &Run, remarks: &mut Vec<String>) -> Result<Model, String> {
    let numbers = &run.numbers;
    let (Some(layers), Some(hidden)) = (numbers.layers, numbers.hidden) else {
        return by_name(run, remarks);
    };
    let mixers = mixers(run, hidden)?;
    let kinds = (0..layers).map(|at| {
        let ffn = ffn(run, layers, at)?;
        let mixer = mixers[at as usize % mixers.len()].clone();
        Ok(LayerKind { mixer, ffn, norm_params: 2 * hidden })
    });
    let kinds = kinds.collect::<Result<Vec<_>, String>>()?;
    let mut model = Model::of_layers(&run.model, hidden, kinds)
        .ok_or_else(|| "it has too many kinds of layer".to_owned())?;
    model.vocab = numbers.vocab.unwrap_or_else(|| {
        let vocab = match run {
            run if run.model.contains("BLOOM") => BLOOM_VOCAB,
            run if run.framework.contains("JAX") && !run.framework.contains("Pax") => JAX_VOCAB,
            _ => GPT_VOCAB,
        };
        remarks.push(format!("vocabulary not stated: {vocab}"));
        vocab
    });
    model.tied = numbers.tied.unwrap_or(false);
    model.mtp_layers = numbers.mtp_layers.unwrap_or(0);
    model.other_params = Params::new(u64::from(hidden));
    Ok(model)
}

/// A model of which only the name is known.
fn by_name(run: &Run, remarks: &mut Vec<String>) -> Result<Model, String> {
    let row = models::find(&run.model)
        .ok_or_else(|| format!("the shape of {} is not stated", run.model))?;
    remarks.push("shape from the catalogue".to_owned());
    Ok(row.model.clone())
}

/// NeMo's fine-tuning recipes train on packed SQuAD unless told otherwise.
fn packs_squad(run: &Run) -> bool {
    let tuned = matches!(run.task.as_str(), "sft" | "lora");
    run.notes.contains("packed SQuAD") || tuned && run.framework.starts_with("NeMo / Megatron")
}

/// What mixes tokens, layer after layer, as a pattern that repeats.
fn mixers(run: &Run, hidden: u32) -> Result<Vec<Mixer>, String> {
    let numbers = &run.numbers;
    let heads = numbers.heads.ok_or("the number of heads is not stated")?;
    if let Some(kv_rank) = numbers.kv_rank {
        let (qk_nope, qk_rope, v_head_dim) = MLA_WIDTHS;
        return Ok(vec![Mixer::Mla(Mla {
            heads,
            q_rank: numbers.q_rank,
            kv_rank,
            qk_nope,
            qk_rope,
            v_head_dim,
            extra_params: 0,
            sparse_top_k: None,
        })]);
    }
    let head_dim = numbers.head_dim.unwrap_or((hidden / heads).max(1));
    let global = Attention {
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
    };
    let local = |window| Mixer::Attention(Attention { window: Some(window), ..global.clone() });
    let whole = Mixer::Attention(global.clone());
    let window = run.attention.rsplit_once("sliding window ").map(|(_, size)| size.trim().parse());
    Ok(match window {
        Some(Ok(window)) => vec![local(window), whole],
        _ if packs_squad(run) => vec![local(SQUAD_REACH)],
        _ if run.attention.contains("chunked local") => {
            vec![local(CHUNK), local(CHUNK), local(CHUNK), whole]
        }
        _ => vec![whole],
    })
}

/// The feed-forward part of layer `at`. Where half of the layers hold experts, every second one does
/// (Llama 4 Maverick's model card); else the dense ones come first.
fn ffn(run: &Run, layers: u32, at: u32) -> Result<Ffn, String> {
    let numbers = &run.numbers;
    let gated = numbers.gated.unwrap_or(false);
    let dense_layers = numbers.dense_layers.unwrap_or(0);
    let interleaved = 2 * numbers.dense_layers.unwrap_or(0) >= layers && layers > 1;
    let is_dense = if interleaved { at.is_multiple_of(2) } else { at < dense_layers };
    match numbers.experts {
        Some(experts) if !is_dense => {
            let width = numbers.expert_width.or(numbers.ffn).ok_or("expert width not stated")?;
            Ok(Ffn::Moe(Moe {
                experts,
                top_k: numbers.top_k.ok_or("experts of a token not stated")?,
                groups: groups(run, numbers),
                width,
                gated,
                shared_width: numbers.shared_experts.unwrap_or(0) * width,
                latent: None,
                dense_width: 0,
                extra_params: 0,
                extra_active: 0,
            }))
        }
        _ => {
            let width = numbers.ffn.ok_or("the feed-forward width is not stated")?;
            Ok(Ffn::Dense(Dense { width, gated, bias: !gated }))
        }
    }
}

/// Groups of experts that a token stays within. AutoModel's benchmarks replace the router by one that hands out
/// experts in their order, so that a token's experts are neighbours (NVIDIA-NeMo/Automodel
/// components/moe/layers.py, FakeBalancedGate); DeepSeek-V3 has limits of its own, which the catalogue knows.
fn groups(run: &Run, numbers: &Numbers) -> Option<(u32, u32)> {
    if run.notes.contains("fake balanced gate") {
        return Some((numbers.experts? / numbers.top_k?.max(1), 1))
            .filter(|(groups, _)| *groups > 1);
    }
    let known = models::find(&run.model)?;
    let moe = known.model.kinds.iter().find_map(|kind| kind.ffn.moe())?;
    moe.groups.filter(|_| Some(moe.experts) == numbers.experts)
}
