//! The command that starts one instance, in the engine's own words.

use super::LaunchView;
use crate::plan::serve::{Deployed, allocated, longest, longest_text, ranks_each, rows_most};
use crate::serving::{KvFormat, WeightFormat};
use std::fmt::Write as _;

/// The command; none for engines without one here.
pub(in crate::api) fn launch(own: &Deployed<'_>) -> Option<LaunchView> {
    let key = own.ask.engine.key.as_str();
    let command = match key {
        "vllm" | "vllm-2024" | "vllm-tpu" => vllm(own),
        "sglang" | "sglang-2025" | "sglang-ep" => sglang(own),
        "trtllm" => trtllm(own),
        "llamacpp" => llamacpp(own),
        "vllm-neuron" | "neuronx" => neuron(own),
        _ => return None,
    };
    Some(LaunchView { command, notes: notes(own) })
}

/// Tokens guessed ahead, and whether the model guesses them itself.
fn guessing(own: &Deployed<'_>) -> Option<(u32, bool)> {
    own.ask.speculation.as_ref().map(|own_guess| (own_guess.guesses, own.ask.model.mtp_layers > 0))
}

fn notes(own: &Deployed<'_>) -> Vec<String> {
    let mut all = Vec::new();
    let key = own.ask.engine.key.as_str();
    let node = own.machine.cluster.node_size.max(1);
    if own.own.at.instance.ranks() > u64::from(node) {
        all.push(
            "The instance spans several machines: start it on each as the engine's guide to \
            several nodes says."
                .to_owned(),
        );
    }
    let n = own.instances();
    if n > 1 {
        all.push(format!("{n} such instances stand behind one router."));
    }
    all.push(longest_text(own));
    if own.formats.0 != own.ask.stored.unwrap_or(WeightFormat::Bf16)
        && own.ask.engine.key != "llamacpp"
    {
        let format = own.formats.0.key();
        all.push(format!("Point it to a checkpoint in {format}; it is read from there."));
    }
    if matches!(own.ask.engine.key.as_str(), "vllm-neuron" | "neuronx") {
        let cores = ranks_each(own);
        all.push(format!(
            "Neuron counts cores: {cores} a chip. It compiles for these sizes at its first start, \
             which takes tens of minutes. The command is that of AWS's plugin for vLLM; it has not \
             been tried."
        ));
    }
    if own.ask.speculation.is_some() {
        all.push(if own.ask.model.mtp_layers > 0 {
            "Guesses come from the model's own head for further tokens (MTP).".to_owned()
        } else {
            "For path/to/draft put the draft model, such as an EAGLE head of this model.".to_owned()
        });
    }
    if key.starts_with("sglang") && own.own.at.instance.pp > 1 {
        all.push(
            "With stages SGLang schedules without overlap (server_args.py), so the host's time \
             between steps shows; it is not in these times."
                .to_owned(),
        );
    }
    all
}

fn model(own: &Deployed<'_>) -> String {
    let name = &own.ask.model.name;
    if name.contains('/') { name.clone() } else { format!("path/to/{}", name.replace(' ', "-")) }
}

/// Longest request that is let in.
fn length(own: &Deployed<'_>) -> u64 {
    longest(own).tokens.get()
}

/// Flags after a command, those without a value left alone, one a line.
fn flags(start: String, all: Vec<(&str, Option<String>)>) -> String {
    all.into_iter().fold(start, |mut text, (name, value)| {
        let _ = write!(text, " \\\n  {name}");
        if let Some(value) = value {
            let _ = write!(text, " {value}");
        }
        text
    })
}

fn vllm(own: &Deployed<'_>) -> String {
    let at = own.own.at.instance;
    let engine = &own.service.engine;
    let mut all = vec![("--tensor-parallel-size", Some(at.tp.to_string()))];
    if at.pp > 1 {
        all.push(("--pipeline-parallel-size", Some(at.pp.to_string())));
    }
    if at.dp > 1 {
        all.push(("--data-parallel-size", Some(at.dp.to_string())));
    }
    if at.ep > 1 {
        all.push(("--enable-expert-parallel", None));
    }
    let rows = rows_most(own);
    all.push(("--max-num-seqs", Some(engine.sequences.min(rows).to_string())));
    all.push(("--max-num-batched-tokens", Some(rows.to_string())));
    all.push(("--max-model-len", Some(length(own).to_string())));
    all.push(("--gpu-memory-utilization", Some(share(own))));
    if own.formats.1 == KvFormat::Fp8 {
        all.push(("--kv-cache-dtype", Some("fp8".to_owned())));
    }
    // docs.vllm.ai, features/speculative_decoding: 0.17 for V1, 0.6.3 for what came before.
    match guessing(own) {
        Some((n, _)) if own.ask.engine.key == "vllm-2024" => {
            all.push(("--speculative-model", Some("path/to/draft".to_owned())));
            all.push(("--num-speculative-tokens", Some(n.to_string())));
        }
        Some((n, inner)) => {
            let by = match inner {
                true => "\"method\": \"mtp\"",
                false => "\"method\": \"eagle3\", \"model\": \"path/to/draft\"",
            };
            let text = format!("'{{{by}, \"num_speculative_tokens\": {n}}}'");
            all.push(("--speculative-config", Some(text)));
        }
        None => {}
    }
    flags(format!("vllm serve {}", model(own)), all)
}

/// The share of memory that the engine is given, to three digits.
fn share(own: &Deployed<'_>) -> String {
    let share = own.serving().memory().share.get();
    ((share * 1e3).ceil().min(1e3) / 1e3).to_string()
}

/// AWS's plugin for vLLM (github.com/vllm-project/vllm-neuron, README): static batches and lengths, as compiled.
fn neuron(own: &Deployed<'_>) -> String {
    let ranks = own.own.at.instance.tp.saturating_mul(ranks_each(own));
    let all = vec![
        ("--tensor-parallel-size", Some(ranks.to_string())),
        ("--max-num-seqs", Some(own.service.engine.sequences.to_string())),
        ("--max-model-len", Some(length(own).to_string())),
        ("--no-enable-prefix-caching", None),
    ];
    flags(format!("vllm serve {}", model(own)), all)
}

fn sglang(own: &Deployed<'_>) -> String {
    let at = own.own.at.instance;
    let engine = &own.service.engine;
    // SGLang counts all ranks of a stage as tensor parallel and splits attention out of them.
    let mut all = vec![("--tp", Some((at.tp * at.dp).to_string()))];
    if at.pp > 1 {
        all.push(("--pp", Some(at.pp.to_string())));
    }
    if at.dp > 1 {
        all.push(("--dp", Some(at.dp.to_string())));
        all.push(("--enable-dp-attention", None));
    }
    if at.ep > 1 {
        all.push(("--ep", Some(at.ep.to_string())));
    }
    if engine.dispatches_once {
        all.push(("--moe-a2a-backend", Some("deepep".to_owned())));
    }
    all.push(("--max-running-requests", Some(own.own.batch.to_string())));
    all.push(("--chunked-prefill-size", Some(engine.chunk.to_string())));
    all.push(("--context-length", Some(length(own).to_string())));
    all.push(("--mem-fraction-static", Some(share(own))));
    if own.formats.1 == KvFormat::Fp8 {
        all.push(("--kv-cache-dtype", Some("fp8_e4m3".to_owned())));
    }
    // docs.sglang.io, advanced_features/speculative_decoding: MTP heads run under EAGLE without a draft model.
    if let Some((n, inner)) = guessing(own) {
        let kind = if inner { "EAGLE" } else { "EAGLE3" };
        all.push(("--speculative-algorithm", Some(kind.to_owned())));
        if !inner {
            all.push(("--speculative-draft-model-path", Some("path/to/draft".to_owned())));
        }
        all.push(("--speculative-num-steps", Some(n.to_string())));
        all.push(("--speculative-eagle-topk", Some("1".to_owned())));
        all.push(("--speculative-num-draft-tokens", Some((n + 1).to_string())));
    }
    flags(format!("python -m sglang.launch_server --model-path {}", model(own)), all)
}

fn trtllm(own: &Deployed<'_>) -> String {
    let at = own.own.at.instance;
    let engine = &own.service.engine;
    let mut text = String::new();
    let mut config = Vec::new();
    if at.dp > 1 {
        config.push("enable_attention_dp: true".to_owned());
    }
    let dtype = match own.formats.1 {
        KvFormat::Fp8 => "fp8",
        KvFormat::Fp4 => "nvfp4",
        _ => "auto",
    };
    config.push(format!("kv_cache_config:\n  dtype: {dtype}"));
    // examples/llm_speculative_decoding of 1.0: MTPDecodingConfig and EagleDecodingConfig by their fields.
    match guessing(own) {
        Some((n, true)) => config.push(format!(
            "speculative_config:\n  decoding_type: MTP\n  num_nextn_predict_layers: {n}"
        )),
        Some((n, false)) => config.push(format!(
            "speculative_config:\n  decoding_type: Eagle\n  max_draft_len: {n}\n  \
             speculative_model_dir: path/to/draft"
        )),
        None => {}
    }
    let _ = write!(text, "cat > config.yml <<EOF\n{}\nEOF\n", config.join("\n"));
    let mut all = vec![("--tp_size", Some((at.tp * at.dp).to_string()))];
    if at.pp > 1 {
        all.push(("--pp_size", Some(at.pp.to_string())));
    }
    if at.ep > 1 {
        all.push(("--ep_size", Some(at.ep.to_string())));
    }
    all.push(("--max_batch_size", Some(engine.sequences.to_string())));
    all.push(("--max_num_tokens", Some(engine.chunk.to_string())));
    all.push(("--max_seq_len", Some(length(own).to_string())));
    all.push(("--kv_cache_free_gpu_memory_fraction", Some(share(own))));
    all.push(("--config", Some("config.yml".to_owned())));
    text + &flags(format!("trtllm-serve {}", model(own)), all)
}

fn llamacpp(own: &Deployed<'_>) -> String {
    let batch = u64::from(own.own.batch);
    let format = own.formats.0.key().to_ascii_uppercase();
    let name = own.ask.model.name.rsplit('/').next().unwrap_or_default();
    let mut all = vec![
        ("--n-gpu-layers", Some("99".to_owned())),
        ("--parallel", Some(batch.to_string())),
        ("--ctx-size", allocated(own).map(|tokens| tokens.get().to_string())),
        ("--ubatch-size", Some(own.service.engine.chunk.to_string())),
    ];
    if own.formats.1 == KvFormat::Int8 {
        all.push(("--cache-type-k", Some("q8_0".to_owned())));
        all.push(("--cache-type-v", Some("q8_0".to_owned())));
    }
    if let Some((n, _)) = guessing(own) {
        all.push(("--model-draft", Some("path/to/draft.gguf".to_owned())));
        all.push(("--draft-max", Some(n.to_string())));
    }
    flags(format!("llama-server --model {name}-{format}.gguf"), all)
}
