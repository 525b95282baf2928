//! The command that starts one instance, in the engine's own words.

use super::LaunchView;
use crate::catalogue::{checkpoints, formats};
use crate::model::Blocks;
use crate::plan::serve::{self, Deployed, allocated, longest, longest_text, ranks_each};
use crate::serving::{KvFormat, WeightFormat};
use crate::units::text::show;
use std::fmt::Write as _;

/// What an instance does.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// It reads prompts and writes answers.
    Both,
    /// It only reads, and hands the cache on.
    Reads,
    /// It only writes.
    Writes,
}

/// The command; empty, with a note that says so, for engines without one here.
pub(in crate::api) fn launch(own: &Deployed<'_>) -> LaunchView {
    let command = match own.ask.engine.key.as_str() {
        "vllm" | "vllm-2024" | "vllm-tpu" => vllm(own, Role::Both),
        "sglang" | "sglang-2025" | "sglang-ep" => sglang(own, Role::Both),
        "trtllm" => trtllm(own, Role::Both),
        "llamacpp" => llamacpp(own),
        "vllm-neuron" | "neuronx" => neuron(own),
        _ => String::new(),
    };
    let notes = match command.is_empty() {
        true => vec![format!(
            "No command of {} is known here: set the numbers of this plan in its own \
             configuration.",
            own.ask.engine.base_name()
        )],
        false => notes(own),
    };
    LaunchView { command, notes }
}

/// Tokens guessed ahead, and whether the model guesses them itself.
fn guessing(own: &Deployed<'_>) -> Option<(u32, bool)> {
    own.ask.speculation.as_ref().map(|own_guess| (own_guess.guesses, own.ask.model.mtp_layers > 0))
}

/// Where the weights that the plan counts on come from.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Weights {
    /// The published checkpoint has them, or a file is named by its format.
    Published,
    /// A copy of the model has them.
    Copy(&'static str),
    /// The engine makes them of the published ones while it loads.
    Loaded,
    /// A checkpoint of another kind has to be found or made.
    Other,
}

fn stored(own: &Deployed<'_>) -> WeightFormat {
    own.ask.stored.unwrap_or(WeightFormat::Bf16)
}

/// Whether the engine is vLLM on GPUs or SGLang, which make 8-bit floats of 16-bit weights while they load
/// (docs.vllm.ai, features/quantization/fp8; docs.sglang.io, advanced_features/quantization).
fn quantises(own: &Deployed<'_>) -> bool {
    let key = own.ask.engine.key.as_str();
    let gaudi = own.machine.cluster.accelerator.generation == "gaudi";
    (matches!(key, "vllm" | "vllm-2024") || key.starts_with("sglang")) && !gaudi
}

/// A copy of the model in that format by its own makers, where the engine runs it as it is: others may be of a later model.
fn copy(own: &Deployed<'_>) -> Option<&'static str> {
    let row = checkpoints::find(&own.ask.checkpoint, own.formats.0)?;
    let makers = |name: &'static str| name.split_once('/').map(|(makers, _)| makers);
    let theirs = makers(&row.model) == makers(&row.checkpoint);
    let as_is = row.stored.blocks == Blocks::None || own.service.in_blocks();
    (theirs && as_is).then_some(row.checkpoint.as_str())
}

fn weights(own: &Deployed<'_>) -> Weights {
    if own.formats.0 == stored(own) || own.ask.engine.key.starts_with("llamacpp") {
        return Weights::Published;
    }
    if let Some(copy) = copy(own) {
        return Weights::Copy(copy);
    }
    let made = (stored(own), own.formats.0) == (WeightFormat::Bf16, WeightFormat::Fp8);
    // What is made while it loads has a scale a tensor or a channel.
    let plain = !own.service.in_blocks();
    match made && plain && quantises(own) && serve::holds_wide(own) {
        true => Weights::Loaded,
        false => Weights::Other,
    }
}

/// What to know of the weights.
pub(super) fn weights_note(own: &Deployed<'_>) -> Option<String> {
    let (format, stored) = (own.formats.0.key(), stored(own).key());
    match weights(own) {
        Weights::Published => None,
        Weights::Copy(name) => Some(format!(
            "The published checkpoint has {stored}; {name} is a copy in {format}, which the plan \
             counts on."
        )),
        Weights::Loaded => Some(format!(
            "--quantization {format} makes {format} of the published {stored} weights while they \
             load; until then they lie on the accelerators in {stored}, where they fit. A \
             checkpoint in {format} loads sooner and needs no such flag."
        )),
        Weights::Other => {
            let wide = match (quantises(own), own.formats.0, own.service.in_blocks()) {
                (true, WeightFormat::Fp8, true) => {
                    " Its makers publish copies with a scale for each block of 128 x 128, on \
                     which the plan counts; --quantization fp8 makes others."
                }
                (true, WeightFormat::Fp8, false) => {
                    " The engine cannot make them while it loads, as the 16-bit weights do not fit \
                     (newer vLLM converts layer by layer: vllm-project/vllm pull 31914)."
                }
                _ => "",
            };
            Some(format!(
                "Replace {}: the plan counts on weights in {format}, the published checkpoint has \
                 {stored}. Find one in {format} or make it; with the published one the memory and \
                 times above do not hold.{wide}",
                model(own)
            ))
        }
    }
}

/// What to know where next to no cache would be left at the engine's usual share of the memory.
pub(super) fn raised(own: &Deployed<'_>) -> Option<String> {
    let flag = match own.ask.engine.key.as_str() {
        key if key.starts_with("sglang") => "--mem-fraction-static",
        "trtllm" => "free_gpu_memory_fraction",
        "vllm" | "vllm-2024" | "vllm-tpu" => "--gpu-memory-utilization",
        _ => return None,
    };
    let serving = own.serving();
    let usual = serving.share();
    let shown = |share: f64| format!("{}", (share * 1e3 + 0.5).floor() / 1e3);
    (serving.memory().share > usual).then(|| {
        format!(
            "{flag} is raised to {} from {}, at which next to no cache would be left beside the \
             weights: nothing else may run on these accelerators.",
            share(own),
            shown(usual.get())
        )
    })
}

fn notes(own: &Deployed<'_>) -> Vec<String> {
    let mut all: Vec<String> = weights_note(own).into_iter().collect();
    let key = own.ask.engine.key.as_str();
    let at = own.own.at.instance;
    let generation = &own.machine.cluster.accelerator.generation;
    if let Some(row) = formats::said(key, generation, own.formats.0) {
        all.push(format!("{} is {}.", own.formats.0.key(), row.said));
    }
    all.extend(nodes_note(own));
    let n = own.instances();
    if n > 1 {
        all.push(format!("{n} such instances stand behind one router."));
    }
    all.push(longest_text(own));
    all.extend(raised(own));
    if let (Some(source), true) = (&own.ask.custom_code, takes_code(own)) {
        all.push(format!(
            "The checkpoint brings Python code of its own, which the engine runs only when told \
             to trust it: read it first ({source})."
        ));
    }
    if matches!(key, "vllm-neuron" | "neuronx") {
        all.extend(neuron_notes(own));
    }
    if own.ask.speculation.is_some() {
        all.push(if own.ask.model.mtp_layers > 0 {
            "Guesses come from the model's own head for further tokens (MTP).".to_owned()
        } else {
            format!(
                "For path/to/draft put the draft model, such as an EAGLE head of this model; {} \
                 are counted for it on each accelerator, and a layer's cache.",
                show::bytes(own.serving().guessing_weights())
            )
        });
    }
    if key.starts_with("sglang") && at.dp > 1 {
        all.push(format!(
            "SGLang shares --chunked-prefill-size out among the {} attention groups \
             (server_args.py): {} tokens each, as counted here.",
            at.dp,
            own.serving().rows_most()
        ));
    }
    if key.starts_with("sglang") && at.pp > 1 {
        all.push(
            "With stages SGLang schedules without overlap (server_args.py), so the host's time \
             between steps shows; it is not in these times."
                .to_owned(),
        );
    }
    if key == "trtllm" && own.formats.1 != KvFormat::Wide {
        all.push(
            "The cache's format stands under kv_cache_config from release 1.0 on; whether 0.20 \
             and 0.21 take it there is not verified."
                .to_owned(),
        );
    }
    all
}

/// Machines that one instance spans, where these are several.
fn nodes(own: &Deployed<'_>) -> Option<u64> {
    let node = u64::from(own.machine.cluster.node_size.max(1));
    Some(own.own.at.instance.ranks().div_ceil(node)).filter(|n| *n > 1)
}

/// How vLLM joins machines (docs.vllm.ai, serving/parallelism_scaling and data_parallel_deployment, 2026): by processes, an
/// attention group on one machine; else, and before V1, by Ray.
fn vllm_nodes(own: &Deployed<'_>) -> Vec<Flag> {
    let Some(n) = nodes(own) else { return Vec::new() };
    let at = own.own.at.instance;
    let groups = own.machine.cluster.node_size.max(1) / at.tp.saturating_mul(at.pp).max(1);
    let told = |name, value: &str| (name, Some(value.to_owned()));
    match (own.ask.engine.key == "vllm", at.dp > 1) {
        (false, _) => vec![told("--distributed-executor-backend", "ray")],
        (true, true) if groups == 0 => vec![told("--data-parallel-backend", "ray")],
        (true, true) => vec![
            told("--data-parallel-size-local", &groups.to_string()),
            told("--data-parallel-start-rank", &format!("$((RANK * {groups}))")),
            told("--data-parallel-address", "$HEAD"),
            told("--data-parallel-rpc-port", "13345"),
        ],
        (true, false) => vec![
            told("--nnodes", &n.to_string()),
            told("--node-rank", "$RANK"),
            told("--master-addr", "$HEAD"),
        ],
    }
}

/// How an instance of several machines is started.
fn nodes_note(own: &Deployed<'_>) -> Option<String> {
    let n = nodes(own)?;
    let key = own.ask.engine.key.as_str();
    let ray = vllm_nodes(own).iter().any(|(_, value)| value.as_deref() == Some("ray"));
    let each = "start it on each, with HEAD the address of the first, and RANK 0 there, 1 on the \
                next and so on";
    let how = match key {
        key if key.starts_with("sglang") => format!("{each} (docs.sglang.io, multi-node)"),
        "vllm" | "vllm-2024" | "vllm-tpu" if ray => {
            "join them to one Ray cluster and start it on the first alone (docs.vllm.ai, \
             parallelism and scaling)"
                .to_owned()
        }
        "vllm" => format!(
            "{each}; all but the first take --headless as well. Releases without such flags start \
             on Ray (docs.vllm.ai, parallelism and scaling)"
        ),
        "trtllm" => "Slurm starts it on all, where config.yml and weights must lie; mpirun -n \
                     does the same (NVIDIA/TensorRT-LLM, trtllm-serve)"
            .to_owned(),
        _ => "start it on each as the engine's guide to several nodes says".to_owned(),
    };
    Some(format!("The instance spans {n} machines: {how}."))
}

fn neuron_notes(own: &Deployed<'_>) -> Vec<String> {
    let cores = ranks_each(own);
    let mut all = vec![format!(
        "Neuron counts cores: {cores} a chip. It compiles for these sizes at its first start, \
         which takes tens of minutes. The command is that of AWS's plugin for vLLM; it has not \
         been tried."
    )];
    if cap(own).is_some() {
        all.push(format!(
            "{CAP} lets the plugin keep this cache: by itself it gives the cache {PLUGIN_CACHE} of \
             what it takes (AWS Neuron 2.33), as its compiler may refuse more."
        ));
    }
    all
}

/// Whether the engine runs Python code of checkpoints at all.
fn takes_code(own: &Deployed<'_>) -> bool {
    !own.ask.engine.key.starts_with("llamacpp")
}

/// The published checkpoint.
fn published(own: &Deployed<'_>) -> String {
    let name = &own.ask.checkpoint;
    if name.contains('/') { name.clone() } else { format!("path/to/{}", name.replace(' ', "-")) }
}

/// The checkpoint to serve; where the plan counts on another than the published one, a path that exists nowhere.
fn model(own: &Deployed<'_>) -> String {
    match weights(own) {
        Weights::Copy(name) => name.to_owned(),
        Weights::Other => {
            let name = &own.ask.checkpoint;
            let last = name.rsplit('/').next().unwrap_or_default().replace(' ', "-");
            let end = if own.formats.0.is_gguf() { ".gguf" } else { "" };
            format!("path/to/{last}-{}{end}", own.formats.0.key())
        }
        Weights::Published | Weights::Loaded => published(own),
    }
}

/// Flags about the weights, each engine in its own spelling of the second.
fn weights_flags(own: &Deployed<'_>, trust: &'static str) -> Vec<Flag> {
    let mut all = Vec::new();
    if weights(own) == Weights::Loaded {
        all.push(("--quantization", Some(own.formats.0.key().to_owned())));
    }
    if own.ask.custom_code.is_some() {
        all.push((trust, None));
    }
    all
}

/// Name and value.
type Flag = (&'static str, Option<String>);

/// Longest request that is let in.
pub(super) fn length(own: &Deployed<'_>) -> u64 {
    longest(own).tokens.get()
}

/// Flags after a command, those without a value left alone, one a line.
fn flags(start: String, all: Vec<Flag>) -> String {
    all.into_iter().fold(start, |mut text, (name, value)| {
        let _ = write!(text, " \\\n  {name}");
        if let Some(value) = value {
            let _ = write!(text, " {value}");
        }
        text
    })
}

pub(super) fn vllm(own: &Deployed<'_>, role: Role) -> String {
    let at = own.own.at.instance;
    let engine = &own.service.engine;
    let mut all = weights_flags(own, "--trust-remote-code");
    if own.formats.0.is_gguf() {
        // docs.vllm.ai, features/quantization/gguf: that of the base model, as conversion is slow and unstable.
        all.push(("--tokenizer", Some(published(own))));
    }
    all.push(("--tensor-parallel-size", Some(at.tp.to_string())));
    if at.pp > 1 {
        all.push(("--pipeline-parallel-size", Some(at.pp.to_string())));
    }
    if at.dp > 1 {
        all.push(("--data-parallel-size", Some(at.dp.to_string())));
    }
    if at.ep > 1 {
        all.push(("--enable-expert-parallel", None));
    }
    all.extend(vllm_nodes(own));
    let rows = own.serving().rows_most();
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
    if role == Role::Both {
        return flags(format!("vllm serve {}", model(own)), all);
    }
    // docs.vllm.ai, features/nixl_connector_usage.
    let role = if role == Role::Reads { "kv_producer" } else { "kv_consumer" };
    let text = format!("'{{\"kv_connector\": \"NixlConnector\", \"kv_role\": \"{role}\"}}'");
    all.push(("--kv-transfer-config", Some(text)));
    let host = "VLLM_NIXL_SIDE_CHANNEL_HOST=$(hostname -i)";
    flags(format!("{host} vllm serve {}", model(own)), all)
}

/// The share of memory that the engine is given, to three digits.
fn share(own: &Deployed<'_>) -> String {
    let share = own.serving().memory().share.get();
    ((share * 1e3).ceil().min(1e3) / 1e3).to_string()
}

/// What AWS's plugin for vLLM takes of an accelerator (vLLM's default, `--gpu-memory-utilization`), and how much of that for the
/// cache unless told otherwise (AWS Neuron documentation 2.33, determine_available_memory design, 2026-10-07). optimum-neuron
/// has no such limit: its cache is the compiled program's (optimum/neuron/vllm/worker.py, 2026).
const PLUGIN_SHARE: f64 = 0.9;
const PLUGIN_CACHE: f64 = 0.3;
const CAP: &str = "VLLM_NEURON_KV_GMU_BUDGET_CAP_FRACTION";

/// The share of what the plugin takes that this cache needs, in hundredths, where that is more than it gives by itself.
fn cap(own: &Deployed<'_>) -> Option<f64> {
    let cache = own.serving().slots(own.own.batch.max(1), allocated(own)?).as_f64();
    let taken = PLUGIN_SHARE * own.machine.cluster.accelerator.memory.as_f64();
    let share = (cache / taken.max(1.0) * 100.0).ceil() / 100.0;
    (share > PLUGIN_CACHE).then_some(share)
}

/// AWS's plugin for vLLM (github.com/vllm-project/vllm-neuron, README): static batches and lengths, as compiled.
fn neuron(own: &Deployed<'_>) -> String {
    let ranks = own.own.at.instance.tp.saturating_mul(ranks_each(own));
    let mut all = weights_flags(own, "--trust-remote-code");
    all.extend([
        ("--tensor-parallel-size", Some(ranks.to_string())),
        ("--max-num-seqs", Some(own.service.engine.sequences.to_string())),
        ("--max-model-len", Some(length(own).to_string())),
        ("--no-enable-prefix-caching", None),
    ]);
    let allowed = cap(own).map_or_else(String::new, |share| format!("{CAP}={share} "));
    flags(format!("{allowed}vllm serve {}", model(own)), all)
}

pub(super) fn sglang(own: &Deployed<'_>, role: Role) -> String {
    let at = own.own.at.instance;
    let engine = &own.service.engine;
    // SGLang counts all ranks of a stage as tensor parallel and splits attention out of them. Short names are beginnings
    // of several flags (--pp-max-micro-batch-size, --pp-async-batch-depth), which argparse refuses.
    let mut all = weights_flags(own, "--trust-remote-code");
    all.push(("--tp-size", Some((at.tp * at.dp).to_string())));
    if at.pp > 1 {
        all.push(("--pp-size", Some(at.pp.to_string())));
    }
    if at.dp > 1 {
        all.push(("--dp-size", Some(at.dp.to_string())));
        all.push(("--enable-dp-attention", None));
    }
    if at.ep > 1 {
        all.push(("--ep-size", Some(at.ep.to_string())));
    }
    if let Some(n) = nodes(own) {
        all.push(("--nnodes", Some(n.to_string())));
        all.push(("--node-rank", Some("$RANK".to_owned())));
        all.push(("--dist-init-addr", Some("$HEAD:20000".to_owned())));
    }
    if engine.dispatches_once {
        all.push(("--moe-a2a-backend", Some("deepep".to_owned())));
    }
    if engine.overlaps {
        // Off unless told (server_args.py 0.5.2 to 0.5.23).
        all.push(("--enable-two-batch-overlap", None));
    }
    // All groups' together: each takes its whole part of it (tp_worker.py, model_runner.py; sgl-project/sglang issue 10868
    // of 2025-09, pull 20063 of 2026-03), so that a remainder would let in fewer than the plan counts on.
    let requests = own.own.batch.next_multiple_of(at.dp.max(1));
    all.push(("--max-running-requests", Some(requests.to_string())));
    // server_args.py 0.5.2 to 0.5.23 divide it by the attention groups.
    let chunk = u64::from(own.serving().rows_most()) * u64::from(at.dp.max(1));
    all.push(("--chunked-prefill-size", Some(chunk.to_string())));
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
    // docs.sglang.io, advanced_features/pd_disaggregation.
    if role != Role::Both {
        let role = if role == Role::Reads { "prefill" } else { "decode" };
        all.push(("--disaggregation-mode", Some(role.to_owned())));
        all.push(("--host", Some("0.0.0.0".to_owned())));
    }
    flags(format!("python -m sglang.launch_server --model-path {}", model(own)), all)
}

pub(super) fn trtllm(own: &Deployed<'_>, role: Role) -> String {
    let at = own.own.at.instance;
    let engine = &own.service.engine;
    let mut text = String::new();
    let mut config = Vec::new();
    if at.dp > 1 {
        config.push("enable_attention_dp: true".to_owned());
    }
    // Until 2026-06 the file's entries replaced those of flags (`llm_args | llm_args_dict` in llm_args.py), from then on flags
    // that are typed win (NVIDIA/TensorRT-LLM pull 14812): nothing is said in both places, so that either rule does.
    let mut cache = format!("kv_cache_config:\n  free_gpu_memory_fraction: {}", share(own));
    match own.formats.1 {
        KvFormat::Fp8 => cache.push_str("\n  dtype: fp8"),
        KvFormat::Fp4 => cache.push_str("\n  dtype: nvfp4"),
        _ => {}
    }
    config.push(cache);
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
    // NVIDIA/TensorRT-LLM, examples/disaggregated; its buffer holds the longest request.
    if role == Role::Reads {
        config.push("disable_overlap_scheduler: true".to_owned());
    }
    if role != Role::Both {
        let n = length(own);
        config.push(format!(
            "cache_transceiver_config:\n  backend: UCX\n  max_tokens_in_buffer: {n}"
        ));
    }
    let _ = write!(text, "cat > config.yml <<EOF\n{}\nEOF\n", config.join("\n"));
    let mut all = weights_flags(own, "--trust_remote_code");
    all.push(("--tp_size", Some((at.tp * at.dp).to_string())));
    if at.pp > 1 {
        all.push(("--pp_size", Some(at.pp.to_string())));
    }
    if at.ep > 1 {
        all.push(("--ep_size", Some(at.ep.to_string())));
    }
    // Each attention group's own, not all groups' together (_util.py; ai-dynamo/dynamo pull 11982 of 2026-07).
    all.push(("--max_batch_size", Some(engine.sequences.to_string())));
    all.push(("--max_num_tokens", Some(own.serving().rows_most().to_string())));
    all.push(("--max_seq_len", Some(length(own).to_string())));
    // `--config` is another name of it from 2025-11 on (NVIDIA/TensorRT-LLM pull 9104, release 1.2).
    all.push(("--extra_llm_api_options", Some("config.yml".to_owned())));
    if role != Role::Both {
        all.push(("--host", Some("0.0.0.0".to_owned())));
    }
    let node = own.machine.cluster.node_size;
    let start = nodes(own).map_or_else(String::new, |n| {
        format!("srun -N {n} --ntasks-per-node {node} --mpi=pmix trtllm-llmapi-launch ")
    });
    text + &flags(format!("{start}trtllm-serve {}", model(own)), all)
}

fn llamacpp(own: &Deployed<'_>) -> String {
    let batch = u64::from(own.own.batch);
    let format = own.formats.0.key().to_ascii_uppercase();
    let name = own.ask.checkpoint.rsplit('/').next().unwrap_or_default();
    let mut all = vec![
        ("--n-gpu-layers", Some("99".to_owned())),
        ("--parallel", Some(batch.to_string())),
        ("--ctx-size", allocated(own).map(|tokens| tokens.get().to_string())),
        ("--ubatch-size", Some(own.serving().rows_most().to_string())),
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
