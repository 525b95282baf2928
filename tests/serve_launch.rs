//! Commands as the engines' own parsers read them, refusals of formats, and what helps where two things stand in the
//! way. What engines take is from their sources (sglang 0.5.2 to 0.5.23, `server_args.py`; documentation of the others).

#![cfg(not(target_arch = "wasm32"))]

#[path = "support/told.rs"]
mod told;

use autoparallel::api::{LaunchView, ServeView, StuckView};
use autoparallel::catalogue::{engines, models};
use autoparallel::estimate::serve::{Sequences, Serving};
use autoparallel::inputs::Key;
use autoparallel::link::{decode, encode};
use autoparallel::model::config;
use autoparallel::plan::serve;
use autoparallel::search::deploy;
use autoparallel::units::Tokens;
use told::{served, stuck, study, value};

const LLAMA: &str = "1;m=meta-llama/Llama-3.3-70B-Instruct;do=serve";

fn view(link: &str) -> ServeView {
    served(link).unwrap_or_else(|| panic!("{link} has no deployment"))
}

fn launch(link: &str) -> LaunchView {
    view(link).launch.unwrap_or_else(|| panic!("{link} says nothing of its start"))
}

fn problems(link: &str) -> String {
    let resolution = decode(link).inputs.resolve();
    resolution.problems.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

/// Flags of a command, with their values.
fn flag<'a>(command: &'a str, name: &str) -> Option<&'a str> {
    let mut words = command.split_whitespace().filter(|word| *word != "\\");
    words.find(|word| *word == name)?;
    words.next()
}

/// `argparse` takes a beginning of one flag alone: all flags of sglang 0.5.10 that begin as those of parallelism do.
#[test]
fn sglang_is_told_its_degrees_by_whole_names() {
    const KNOWN: [&str; 13] = [
        "--tensor-parallel-size",
        "--tp-size",
        "--pipeline-parallel-size",
        "--pp-size",
        "--pp-max-micro-batch-size",
        "--pp-async-batch-depth",
        "--data-parallel-size",
        "--dp-size",
        "--expert-parallel-size",
        "--ep-size",
        "--ep",
        "--ep-num-redundant-experts",
        "--ep-dispatch-algorithm",
    ];
    let link = "1;m=deepseek-ai/DeepSeek-R1;do=serve;se=sglang;sn=32;stp=2;spp=2;sdp=4;sep=8";
    let command = launch(link).command;
    for (name, n) in
        [("--tp-size", "8"), ("--pp-size", "2"), ("--dp-size", "4"), ("--ep-size", "8")]
    {
        assert_eq!(flag(&command, name), Some(n), "{name} in {command}");
    }
    let starts = ["--tp", "--pp", "--dp", "--ep", "--tensor", "--pipeline", "--data", "--expert"];
    for word in command.split_whitespace() {
        if starts.iter().any(|start| word.starts_with(start)) {
            assert!(KNOWN.contains(&word), "{word} is no whole name");
        }
    }
}

/// Several machines are told of one another in the engine's own words.
#[test]
fn commands_over_several_machines_join_them() {
    let told = |link: &str, wanted: &[(&str, &str)]| {
        let own = launch(link);
        for (name, value) in wanted {
            assert_eq!(flag(&own.command, name), Some(*value), "{name} in {}", own.command);
        }
        assert!(own.notes.iter().any(|note| note.contains("spans 2 machines")), "{:?}", own.notes);
        own.command
    };
    let r1 = "1;m=deepseek-ai/DeepSeek-R1;do=serve;sg=h100-sxm;sn=16;sf=none;st=none";
    let head = [("--nnodes", "2"), ("--node-rank", "$RANK")];
    let command = told(&format!("{r1};se=sglang;stp=8;spp=1;sdp=2;sep=16"), &head);
    assert_eq!(flag(&command, "--dist-init-addr"), Some("$HEAD:20000"));
    let command = told(&format!("{r1};se=vllm;stp=8;spp=2;sdp=1;sep=1"), &head);
    assert_eq!(flag(&command, "--master-addr"), Some("$HEAD"));
    // Sixteen groups of one rank, eight on a machine.
    let groups = [("--data-parallel-size", "16"), ("--data-parallel-size-local", "8")];
    let command = told(&format!("{r1};se=vllm;stp=1;spp=1;sdp=16;sep=16"), &groups);
    assert!(command.contains("--data-parallel-start-rank $((RANK * 8))"), "{command}");
    let slurm = [("-N", "2"), ("--ntasks-per-node", "8"), ("--pp_size", "2")];
    let command = told(&format!("{r1};se=trtllm;stp=8;spp=2;sdp=1;sep=8"), &slurm);
    assert!(command.contains("trtllm-llmapi-launch trtllm-serve deepseek-ai/DeepSeek-R1"));
    let one = "1;m=deepseek-ai/DeepSeek-R1;do=serve;se=sglang;sn=8;stp=8;spp=1;sdp=1;sep=8";
    assert_eq!(flag(&launch(one).command, "--nnodes"), None);
}

/// Requests that the engine refuses are no footnote: 4,000 and 200 tokens, a model of 4,096 positions.
#[test]
fn requests_beyond_the_positions_are_said_beside_the_headline() {
    let long = "1;m=microsoft/Phi-3-mini-4k-instruct;do=serve;sr=5/s;so=200;si=";
    let refused = |prompt: u32| {
        let doubts = view(&format!("{long}{prompt}")).doubts;
        doubts.iter().any(|text| text.contains("positions") && text.contains("refuses"))
    };
    assert!(refused(4000) && !refused(3000));
}

/// What the plan of SGLang with DeepEP counts on is off unless told (server_args.py, `enable_two_batch_overlap`).
#[test]
fn halves_that_take_turns_are_told() {
    let deep =
        "1;m=deepseek-ai/DeepSeek-R1;do=serve;se=sglang-ep;sg=h100-sxm;sn=96;sf=none;st=none";
    let plain = "1;m=deepseek-ai/DeepSeek-R1;do=serve;se=sglang;sn=16;sr=2/s";
    let takes = |link: &str| launch(link).command.contains("--enable-two-batch-overlap");
    assert!(takes(deep) && !takes(plain));
}

/// The checkpoint that was named is served, not the one whose shape it has; a link keeps its name.
#[test]
fn the_checkpoint_that_was_named_is_served() {
    for (typed, served) in [
        ("meta-llama/Llama-3.1-8B-Instruct", "meta-llama/Llama-3.1-8B-Instruct"),
        ("Qwen2.5-7B-Instruct", "Qwen/Qwen2.5-7B-Instruct"),
        ("qwen/qwen3-8b-base", "qwen/qwen3-8b-base"),
        ("mistralai/Mixtral-8x7B-v0.1", "mistralai/Mixtral-8x7B-v0.1"),
        ("mixtral-8x7b", "mistralai/Mixtral-8x7B-Instruct-v0.1"),
        ("llama-3.1-8b", "meta-llama/Llama-3.1-8B"),
        ("meta-llama/Meta-Llama-3.1-8B", "meta-llama/Meta-Llama-3.1-8B"),
    ] {
        assert_eq!(models::checkpoint(typed).as_deref(), Some(served));
        let link = format!("1;m={typed};do=serve;sr=1/s;sw=bf16");
        let start = format!("vllm serve {served} ");
        assert!(launch(&link).command.starts_with(&start), "{typed}");
        let kept = encode(&decode(&link).inputs);
        assert!(launch(&kept).command.starts_with(&start), "{kept}");
    }
    assert_eq!(models::checkpoint("no such model"), None);
}

/// GGUF under vLLM: measured 2.52 s to read a prompt for which AWQ takes 0.29 (Qwen3-14B, 925 tokens, RTX 4060 Ti;
/// vllm-project/vllm issue 35987), and 4.03 s for 1,927 tokens of Llama-3.1-8B with the same kernels on an RTX 3090
/// (dphnAI/sonar pull 1395). It is asked for by name alone, with what to know and what to take instead.
#[test]
fn gguf_under_vllm_is_slow_and_said_to_be() {
    let time = |link: &str, name: &str| {
        let fits = study(link).fits;
        let own = fits.iter().find(|own| own.weights == name).expect("a format").clone();
        (own.first_token.value, own.said)
    };
    let card = "1;m=Qwen/Qwen3-14B;do=serve;sg=rtx-4090;sn=1;si=925;so=64;sc=1;sf=none;st=none";
    let ((slow, said), (fast, plain)) = (time(card, "q4_k_m"), time(card, "int4-awq"));
    assert!((4.0..16.0).contains(&(slow / fast)), "{slow} s against {fast} s; measured 8.7");
    assert!(said.starts_with("experimental:") && plain.is_empty(), "{said}, {plain}");
    let old = "1;m=llama-3.1-8b;do=serve;sg=rtx-3090;sn=1;si=1927;so=64;sc=1;sf=none;st=none";
    let (read, _) = time(old, "q4_k_m");
    assert!((3.0..5.4).contains(&read), "{read} s; measured 4.03");
    // llama.cpp reads the same file with kernels of its own.
    let (own, said) = time(&format!("{old};se=llamacpp"), "q4_k_m");
    assert!(own < read / 3.0 && said.is_empty(), "{own}");

    let typed = format!("{LLAMA};sn=4;sc=4;sf=none;st=none;sw=q4_k_m");
    let told = view(&typed);
    let says = |text: &String| text.contains("experimental") && text.contains("int4-awq");
    assert!(told.doubts.iter().any(says), "{:?}", told.doubts);
    let notes = decode(&typed).inputs.resolve().notes;
    assert!(notes.iter().any(|own| own.key == Key::Weights && says(&own.text)), "{notes:?}");
    let own = told.launch.expect("a command");
    assert!(own.command.starts_with("vllm serve path/to/Llama-3.3-70B-Instruct-q4_k_m.gguf "));
    let tokenizer = flag(&own.command, "--tokenizer");
    assert_eq!(tokenizer, Some("meta-llama/Llama-3.3-70B-Instruct"), "{}", own.command);
    // Under the usual goals it does not serve at all, and what does is named.
    helped(&format!("{LLAMA};sr=10/s;sw=q4_k_m"), &["Store the weights in"]);
}

/// `dp_size` is `tp_size` with `enable_attention_dp`, else 1 (TensorRT-LLM, mapping.py): no groups of two ranks, whether
/// chosen or typed, in the plan, beside it and in its curve.
#[test]
fn tensorrt_llm_groups_attention_by_one_rank_or_not_at_all() {
    let r1 = "1;m=deepseek-ai/DeepSeek-R1;do=serve;se=trtllm;sr=20/s";
    for link in [r1, "1;m=deepseek-ai/DeepSeek-V3;do=serve;se=trtllm;sg=b200;sw=nvfp4;sr=10/s"] {
        let ask = decode(link).inputs.resolve().ask.expect("a question");
        let looked = serve::find(&ask).looked.into_iter().map(|own| own.at.instance);
        let drawn = serve::tradeoff(&ask).into_iter().flatten().map(|own| own.at.instance);
        let all: Vec<_> = looked.chain(drawn).collect();
        assert!(all.iter().any(|own| own.dp > 1) && all.iter().any(|own| own.tp > 1));
        for own in all {
            assert!(own.dp == 1 || own.tp == 1, "{link}: {own:?}");
        }
    }
    let typed = decode(&format!("{r1};stp=4;sdp=2")).inputs.resolve();
    let said = typed.notes.iter().filter(|own| own.key == Key::ServeDp).map(|own| &own.text);
    let told: Vec<_> = said.collect();
    assert!(told.iter().any(|text| text.contains("each rank of a stage")), "{told:?}");
}

/// `chunked_prefill_size // dp_size` is what a rank gets.
#[test]
fn sglang_with_attention_groups_is_told_the_chunk_of_all_of_them() {
    let one = launch("1;m=deepseek-ai/DeepSeek-R1;do=serve;se=sglang;sn=8;stp=8;spp=1;sdp=1;sep=8");
    let four =
        launch("1;m=deepseek-ai/DeepSeek-R1;do=serve;se=sglang;sn=8;stp=2;spp=1;sdp=4;sep=8");
    let chunk = |own: &LaunchView| -> u32 {
        let text = flag(&own.command, "--chunked-prefill-size").expect("a chunk");
        text.parse().expect("a number")
    };
    let of_engine = engines::find("sglang").expect("an engine").chunk;
    assert_eq!((chunk(&one), chunk(&four)), (of_engine, 4 * of_engine));
    assert!(four.notes.iter().any(|note| note.contains("shares --chunked-prefill-size")));
    assert!(!one.notes.iter().any(|note| note.contains("--chunked-prefill-size")));
}

/// `max_running_requests // dp_size` is what a rank lets in: 3 of 13 on each of four would be one too few.
#[test]
fn sglang_with_attention_groups_lets_in_the_batch_of_the_plan() {
    let link = "1;m=deepseek-ai/DeepSeek-R1;do=serve;se=sglang;sn=8;stp=2;spp=1;sdp=4;sep=8";
    for (batch, told) in [(13, 16), (16, 16), (1, 4)] {
        let command = launch(&format!("{link};sb={batch};sf=none;st=none")).command;
        let found = flag(&command, "--max-running-requests").and_then(|n| n.parse::<u32>().ok());
        assert_eq!(found, Some(told), "{batch}: {command}");
    }
    let one = "1;m=deepseek-ai/DeepSeek-R1;do=serve;se=sglang;sn=8;stp=8;spp=1;sdp=1;sep=8;sb=13";
    let command = launch(&format!("{one};sf=none;st=none")).command;
    assert_eq!(flag(&command, "--max-running-requests"), Some("13"), "{command}");
}

/// Which of both wins has changed with releases of TensorRT-LLM: no entry of the file is a flag of the command as well.
#[test]
fn trtllm_is_told_nothing_twice() {
    let command = launch(&format!("{LLAMA};sr=2/s;se=trtllm;sw=bf16;sk=fp8;sq=2")).command;
    let (file, flags) = command.split_once("\nEOF\n").expect("a file and a command");
    let entries: Vec<&str> =
        file.lines().skip(1).filter_map(|line| Some(line.split_once(':')?.0.trim())).collect();
    assert!(entries.contains(&"free_gpu_memory_fraction"), "{entries:?}");
    assert!(entries.contains(&"speculative_config"), "{entries:?}");
    for entry in entries {
        assert!(!flags.contains(&format!("--{entry} ")), "{entry} stands twice in {command}");
    }
}

/// AWS's plugin gives the cache 0.3 of 0.9 of the memory unless told otherwise: 25.9 of the 96 GB of a Trainium2.
#[test]
fn neurons_plugin_is_let_keep_the_cache_of_the_plan() {
    let name = "VLLM_NEURON_KV_GMU_BUDGET_CAP_FRACTION=";
    let link = "1;m=meta-llama/Llama-3.3-70B-Instruct;do=serve;se=vllm-neuron;sg=trainium2;sn=16";
    let share = |batch: u32| {
        let own = view(&format!("{link};sb={batch};sf=none;st=none;stp=4;si=3000;so=1000"));
        let cache = own.memory.children.iter().find(|part| part.id == "memory.cache");
        let cache = cache.expect("a cache").figure.shown.value;
        let launch = own.launch.expect("a command");
        let told = launch.command.strip_prefix(name).map(|rest| {
            let number = rest.split_whitespace().next().expect("a number");
            number.parse::<f64>().expect("a number")
        });
        assert_eq!(launch.notes.iter().any(|note| note.starts_with(&name[..38])), told.is_some());
        (cache / (0.9 * own.memory_capacity.value), told)
    };
    let (few, told) = share(1);
    assert!(few < 0.3 && told.is_none(), "{few} {told:?}");
    let (many, told) = share(48);
    let told = told.expect("more than the plugin gives");
    assert!(many > 0.3 && told >= many && told < many + 0.01, "{many} {told}");
}

/// gpt-oss-120b fills an H100 so far that SGLang's usual share leaves no cache: steps are told to be small, and the
/// times are those of such steps, each of which reads the experts anew.
#[test]
fn small_steps_that_are_told_are_small_steps_that_are_timed() {
    let link = "1;m=openai/gpt-oss-120b;do=serve;se=sglang;sg=h100-sxm;sn=1;sc=4;si=8192;so=256";
    let command = launch(&format!("{link};sf=none;st=none")).command;
    assert_eq!(flag(&command, "--chunked-prefill-size"), Some("512"), "{command}");
    let ask = decode(&format!("{link};sf=none;st=none")).inputs.resolve().ask.expect("a question");
    let best = serve::find(&ask).best.expect("a deployment");
    let told = deploy::service(&ask, &best.at, Some(best.batch)).expect("a service");
    let mut large = told.clone();
    large.engine.keeps_chunk = true;
    let serving = |service| Serving::new(service, &best.at.instance);
    let prompt = Tokens::new(8192);
    let steps = |service| serving(service).prompt_load(prompt).1.get();
    assert_eq!((steps(&told), steps(&large)), (16.0, 1.0));
    let reading = |service| serving(service).reading(Sequences(1.0), prompt);
    assert!(reading(&told) > reading(&large));
    // The same from the other end: no engine that has room is told to take small steps.
    let roomy = link.replace("sg=h100-sxm", "sg=b200");
    let command = launch(&format!("{roomy};sf=none;st=none")).command;
    let usual = engines::find("sglang").expect("an engine").chunk.to_string();
    assert_eq!(flag(&command, "--chunked-prefill-size"), Some(usual.as_str()), "{command}");
}

/// The command serves the weights that the plan counts on, or what cannot be run by mistake.
#[test]
fn commands_serve_the_weights_of_the_plan() {
    let name = "meta-llama/Llama-3.3-70B-Instruct";
    for engine in ["vllm", "sglang"] {
        let own = launch(&format!("{LLAMA};sr=10/s;se={engine};sw=fp8;stp=4;spp=1"));
        assert!(own.command.contains(name), "{}", own.command);
        assert_eq!(flag(&own.command, "--quantization"), Some("fp8"), "{}", own.command);
        assert!(own.notes[0].starts_with("--quantization fp8"), "{:?}", own.notes);
        let wide = launch(&format!("{LLAMA};sr=1/s;se={engine};sw=bf16;stp=4;spp=1"));
        assert_eq!(flag(&wide.command, "--quantization"), None, "{}", wide.command);
    }
    // Where 141 GB of 16-bit weights do not fit while they load: 2 x 80 GB, less the cache's place, do; one does not.
    let small = launch(&format!("{LLAMA};sg=h100-sxm;sw=fp8;sc=1;si=200;so=50;stp=1;spp=1;sn=1"));
    assert!(!small.command.contains(name) && !small.command.contains("--quantization"));
    assert!(small.notes[0].contains("do not fit"), "{:?}", small.notes);
    for link in [
        format!("{LLAMA};sr=2/s;se=trtllm;sw=fp8"),
        format!("{LLAMA};sr=2/s;sw=int4-awq"),
        "1;m=deepseek-ai/DeepSeek-R1;do=serve;sg=a100-80g;sn=64;sc=1;sw=bf16;sf=none;st=none"
            .to_owned(),
        "1;m=meta-llama/Llama-3.1-8B;do=serve;se=neuron;sg=trn2;sn=16;sr=1/s;sw=int8".to_owned(),
    ] {
        let own = launch(&link);
        let first = own.command.split_whitespace().find(|word| word.starts_with("path/to/"));
        assert!(first.is_some(), "{}", own.command);
        assert!(own.notes[0].starts_with("Replace path/to/"), "{:?}", own.notes);
    }
    // A copy by the model's own makers is served by its name: Qwen's in blocks under vLLM.
    let qwen = "1;m=Qwen/Qwen3-235B-A22B;do=serve;sg=h200-sxm;sn=8;sr=1/s;sw=fp8;sf=none;st=none";
    let own = launch(qwen);
    assert!(own.command.contains("vllm serve Qwen/Qwen3-235B-A22B-FP8 "), "{}", own.command);
    assert_eq!(flag(&own.command, "--quantization"), None, "{}", own.command);
    assert!(own.notes[0].contains("Qwen/Qwen3-235B-A22B-FP8 is a copy"), "{:?}", own.notes);
    // TensorRT-LLM is measured with NVIDIA's own, whose name is not known here.
    let own = launch(&format!("{qwen};se=trtllm"));
    assert!(own.command.contains("path/to/Qwen3-235B-A22B-fp8"), "{}", own.command);
    // A tuned model of that shape has copies of its own, and what the engine makes has no blocks.
    let own = launch(&qwen.replace("A22B;", "A22B-Instruct-2507;"));
    assert!(own.command.contains("path/to/Qwen3-235B-A22B-Instruct-2507-fp8"), "{}", own.command);
    assert!(own.notes[0].contains("a scale for each block"), "{:?}", own.notes);
    // NVIDIA's copies in 4 bits are of later models, or may be.
    let own = launch("1;m=deepseek-ai/DeepSeek-V3;do=serve;se=trtllm;sg=b200;sr=1/s;sw=nvfp4");
    assert!(own.command.contains("path/to/DeepSeek-V3-nvfp4"), "{}", own.command);
    // As published: nothing to be said.
    let own = launch("1;m=deepseek-ai/DeepSeek-R1;do=serve;sn=16;sr=1/s");
    assert!(own.command.contains("vllm serve deepseek-ai/DeepSeek-R1 "), "{}", own.command);
    assert!(!own.command.contains("--quantization"), "{}", own.command);
}

#[test]
fn code_of_a_checkpoint_is_run_only_where_it_is_needed_and_said() {
    for (engine, flag) in [
        ("vllm", "--trust-remote-code"),
        ("sglang", "--trust-remote-code"),
        ("trtllm", "--trust_remote_code"),
    ] {
        let own = launch(&format!("1;m=moonshotai/Kimi-K2-Instruct;do=serve;se={engine};sn=32"));
        assert!(own.command.contains(flag), "{}", own.command);
        assert!(own.notes.iter().any(|note| note.contains("code of its own")), "{:?}", own.notes);
        let plain = launch(&format!("{LLAMA};sr=1/s;se={engine}"));
        assert!(!plain.command.contains(flag), "{}", plain.command);
    }
    for row in models::all().iter().filter(|row| row.key.contains("Kimi")) {
        assert!(models::custom_code(row.key).is_some(), "{}", row.key);
    }
    let head = r#"{"model_type": "llama", "hidden_size": 4096, "num_hidden_layers": 32,
        "num_attention_heads": 32, "num_key_value_heads": 8, "intermediate_size": 14336,
        "vocab_size": 128256, "tie_word_embeddings": false"#;
    assert!(!config::read(&format!("{head}}}")).custom_code);
    let own = config::read(&format!(r#"{head}, "auto_map": {{"AutoConfig": "a.B"}}}}"#));
    assert!(own.custom_code && own.model.is_some());
}

/// `--config` came in 2025-11 (pull 9104, release 1.2): its other name works in all that the era covers. What the file says
/// of the cache replaces the flags' whole object.
#[test]
fn tensorrt_llm_is_told_by_what_all_its_releases_take() {
    let own = launch(&format!("{LLAMA};sr=2/s;se=trtllm;sw=bf16;sk=fp8"));
    assert_eq!(flag(&own.command, "--extra_llm_api_options"), Some("config.yml"));
    assert!(!own.command.contains("--config") && !own.command.contains("gpu_memory_fraction "));
    let config = own.command.split("EOF").nth(1).expect("a file");
    for line in ["kv_cache_config:", "  free_gpu_memory_fraction: 0.", "  dtype: fp8"] {
        assert!(config.contains(line), "{line} in {config}");
    }
}

#[test]
fn an_engine_without_a_command_says_so() {
    let own = launch("1;m=meta-llama/Llama-3.1-8B;do=serve;se=jetstream;sg=v6e;sn=8;sr=1/s");
    assert!(own.command.is_empty());
    assert!(own.notes[0].contains("No command of JetStream"), "{:?}", own.notes);
    let markdown =
        view("1;m=meta-llama/Llama-3.1-8B;do=serve;se=jetstream;sg=v6e;sn=8;sr=1/s").markdown;
    assert!(!markdown.contains("```") && markdown.contains("No command of"), "{markdown}");
}

/// 141 GB of 140 GiB: at 0.9 of them no cache is left.
#[test]
fn a_share_of_the_memory_that_is_raised_is_told() {
    let tight = view(&format!("{LLAMA};sw=bf16;sn=1;sc=1;sf=none;st=none"));
    let own = tight.launch.as_ref().expect("a command");
    let share: f64 =
        flag(&own.command, "--gpu-memory-utilization").expect("a share").parse().expect("a number");
    assert!(share > 0.9, "{}", own.command);
    let told = |text: &str| text.contains("raised to") && text.contains("from 0.9");
    assert!(own.notes.iter().any(|note| told(note)), "{:?}", own.notes);
    assert!(tight.assumptions.iter().any(|own| told(&own.text)));
    let wide = view(&format!("{LLAMA};sw=fp8;sn=1;sc=1;sf=none;st=none"));
    assert!(!wide.assumptions.iter().any(|own| told(&own.text)));
}

#[test]
fn releases_without_kernels_for_two_of_four_are_told() {
    let link = format!("{LLAMA};sr=1/s;sw=fp8-2of4");
    let notes = decode(&link).inputs.resolve().notes;
    let told = |text: &str| text.contains("0.18") && text.contains("36799");
    assert!(notes.iter().any(|own| own.key == Key::Weights && told(&own.text)), "{notes:?}");
    assert!(launch(&link).notes.iter().any(|note| told(note)));
    assert!(!decode(LLAMA).inputs.resolve().notes.iter().any(|own| told(&own.text)));
}

#[test]
fn what_is_refused_is_what_is_lacking() {
    let text = problems("1;m=openai/gpt-oss-120b;do=serve;sg=a100-80g;sw=nvfp4;sk=fp8;sr=10/s");
    assert!(!text.contains("nvfp4 on"), "the weights run there: {text}");
    assert!(text.contains("no fp8 cache on A100") && text.contains("in software"), "{text}");
    let text = problems(&format!("{LLAMA};se=trtllm;sw=nvfp4;sr=10/s"));
    assert!(text.contains("no nvfp4 on H200") && text.contains("runs: int4-awq"), "{text}");
    // One published in MXFP4 runs in it.
    let text = problems("1;m=openai/gpt-oss-120b;do=serve;se=trtllm;sw=nvfp4;sr=10/s");
    assert!(text.contains("runs: mxfp4"), "{text}");
    // Weights on one kind and cache on the other: no kind has both.
    let text = problems(&format!("{LLAMA};sg=a100-80g,b200;sw=int8;sk=fp8"));
    assert!(text.contains("no one of these"), "{text}");
}

/// Every remedy serves, and one of them has all those words.
fn helped(link: &str, words: &[&str]) -> StuckView {
    let own = stuck(link);
    for remedy in &own.remedies {
        assert!(served(&remedy.link).is_some(), "{link}: {}", remedy.text);
    }
    let has = |text: &str| words.iter().all(|word| text.contains(word));
    let texts: Vec<&str> = own.remedies.iter().map(|remedy| remedy.text.as_str()).collect();
    assert!(texts.iter().any(|text| has(text)), "{link}: {words:?} in {texts:#?}");
    own
}

/// 1.03 TB of weights on cards of 24 GB, and a spare instance beside the one that serves: no one change does.
#[test]
fn two_changes_are_offered_where_one_does_not_do() {
    let link = "1;m=moonshotai/Kimi-K2-Instruct;do=serve;sg=rtx-4090;sn=8;sr=5/s";
    helped(link, &["Serve on ", ", and ", "accelerators"]);
}

#[test]
fn prompts_beyond_a_models_positions_are_what_stands_in_the_way() {
    let own = helped(
        &format!("{LLAMA};sr=10/s;si=200k;so=1000"),
        &["Prompts of 130\u{202f}072 tokens", "first token", "lower the rate"],
    );
    assert!(own.headline.contains("201\u{202f}000 tokens"), "{}", own.headline);
    assert!(own.headline.contains("131\u{202f}072 positions"), "{}", own.headline);
    assert!(own.remedies.iter().all(|remedy| remedy.text.starts_with("Prompts of")));
}

/// What is faster than the machine that was chosen is tried with a looser goal, and is nearer to what was asked.
#[test]
fn goals_that_none_keeps_are_met_nearer_by_other_machines_formats_and_guesses() {
    let own = stuck(&format!("{LLAMA};sr=10/s;st=2ms"));
    let time = |link: &str| {
        let ask = decode(link).inputs.resolve().ask.expect("a question");
        ask.goals.per_token.expect("a goal").get() * 1e3
    };
    let alone = own.remedies.iter().find(|remedy| remedy.text.starts_with("Allow"));
    let alone = alone.unwrap_or_else(|| panic!("{:?}", own.remedies));
    // A tenth less does not serve any more.
    let tighter = format!("{LLAMA};sr=10/s;st={}ms", 0.9 * time(&alone.link));
    assert!(served(&tighter).is_none(), "{}", alone.text);
    let pairs: Vec<_> = own.remedies.iter().filter(|own| own.text.contains(", and ")).collect();
    assert!(!pairs.is_empty(), "{:?}", own.remedies);
    for pair in pairs {
        assert!(time(&pair.link) < time(&alone.link), "{}", pair.text);
        assert!(value(&view(&pair.link), "tpot") * 1e3 <= time(&pair.link) * 1.001);
    }
    assert!(own.remedies.iter().all(|own| !own.text.contains("q6_k")), "vLLM reads no such files");
}

#[test]
fn phones_are_not_joined_and_macs_can_be_told_to_give_more() {
    let phone = "1;m=meta-llama/Llama-3.1-8B;do=serve;se=llamacpp;sg=a18-pro;sn=1;sw=q6_k;sc=1;\
        sf=none;st=none";
    let own = helped(phone, &["Take a smaller model, meta-llama/Llama-3.2-3B"]);
    let has = |text: &str| own.remedies.iter().any(|remedy| remedy.text.contains(text));
    assert!(has("Store the weights") && has("Serve on") && !has("accelerators"), "{own:?}");
    // 671e9 x 4.89 bits are 382 GiB of the 384 that Metal lets programs have of 512.
    let mac = "1;m=deepseek-ai/DeepSeek-R1;do=serve;se=llamacpp;sg=m3-ultra;sn=1;sc=1;\
        sf=none;st=none";
    let own = helped(mac, &["sudo sysctl iogpu.wired_limit_mb=458752"]);
    let wired = own.remedies.iter().find(|own| own.text.contains("sysctl")).expect("a remedy");
    let view = view(&wired.link);
    let speed = value(&view, "speed");
    // 17 to 18 tokens a second were measured with short prompts.
    assert!((9.0..27.0).contains(&speed), "{speed}");
    let inputs = decode(&wired.link).inputs;
    assert_eq!(inputs.get(Key::ServeMemory), "448GiB");
    // More than the machine has is cut, and told.
    let much = decode(&format!("{mac};smem=2TiB")).inputs.resolve();
    let machine = &much.ask.expect("a question").machines[0].cluster.accelerator;
    assert_eq!(machine.memory.as_f64(), 512.0 * (1u64 << 30) as f64);
    assert!(much.notes.iter().any(|note| note.key == Key::ServeMemory));
    // A phone's row states all of its 8 GB: no share is kept back that could be given.
    let phone = decode(&format!("{phone};smem=9GiB")).inputs.resolve();
    let machine = &phone.ask.expect("a question").machines[0].cluster.accelerator;
    assert_eq!(machine.memory.as_f64(), 8.0 * (1u64 << 30) as f64);
    assert!(phone.notes.iter().any(|note| note.key == Key::ServeMemory));
}

/// What is too large for a machine at home is first tried on the smallest larger one of those at home.
#[test]
fn larger_machines_at_home_are_suggested_for_machines_at_home() {
    let laptop = "1;m=meta-llama/Llama-3.3-70B-Instruct;do=serve;se=llamacpp;sg=m1;sn=1;sc=1;\
        sw=q4_k_m;sf=none;st=none";
    let own = stuck(laptop);
    let served =
        own.remedies.iter().find(|own| own.text.starts_with("Serve on")).expect("a remedy");
    // 70.6e9 x 4.89 bits are 40 GiB: more than 27 and 32, less than 48.
    assert!(served.text.contains("M4 Max (40 core; 64 GB)"), "{}", served.text);
    // 671 GB in 8 bits on eight of 80: in data centres, others of data centres.
    let centre = stuck("1;m=deepseek-ai/DeepSeek-R1;do=serve;sg=h100-sxm;sn=8");
    let served = centre.remedies.iter().find(|own| own.text.starts_with("Serve on"));
    assert!(served.is_some_and(|own| own.text.contains("H200 SXM")), "{centre:?}");
}

/// Sized for 10 a second; the peak of 400 is more than is held.
#[test]
fn a_peak_that_is_not_held_is_told_at_the_headline() {
    let own = view(&format!("{LLAMA};sr=10/s;dt=400/s"));
    assert!(own.peak.contains("40\u{d7} the mean") && own.peak.contains("wait"), "{}", own.peak);
    assert!(own.markdown.contains("requests wait"));
    assert!(view(&format!("{LLAMA};sr=10/s")).peak.is_empty());
    assert!(view(&format!("{LLAMA};sr=10/s;dt=10.01/s")).peak.is_empty());
}

#[test]
fn versions_are_told_in_words() {
    for engine in engines::all() {
        assert!(!engine.version.ends_with('-'), "{} {}", engine.name, engine.version);
    }
}
