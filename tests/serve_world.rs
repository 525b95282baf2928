//! What is said of serving against the world: formats of checkpoints, memory as the engines' commands allocate it,
//! physics, names as people type them. Expected values are arithmetic by hand or published.

#![cfg(not(target_arch = "wasm32"))]

use autoparallel::api::{Answer, PartView, ServeView, StuckView};
use autoparallel::catalogue::{engines, models};
use autoparallel::link::decode;
use autoparallel::model::config;
use autoparallel::serving::{Ask, WeightFormat};

fn answer(link: &str) -> Answer {
    let mut found = None;
    autoparallel::api::serve(1, link, &|| 0.0, &mut |answer| found = Some(answer));
    found.unwrap_or_else(|| panic!("{link}: no answer"))
}

fn served(link: &str) -> ServeView {
    match answer(link) {
        Answer::Served { serve, .. } => *serve,
        Answer::Stuck { stuck, .. } => panic!("{link}: {}", stuck.headline),
        other => panic!("{link}: {other:?}"),
    }
}

fn stuck(link: &str) -> StuckView {
    match answer(link) {
        Answer::Stuck { stuck, .. } => stuck,
        _ => panic!("{link} is not stuck"),
    }
}

fn ask(link: &str) -> Ask {
    let resolution = decode(link).inputs.resolve();
    resolution.ask.unwrap_or_else(|| panic!("{link}: {:?}", resolution.problems))
}

fn degree(view: &ServeView, key: &str) -> String {
    view.degrees.iter().find(|degree| degree.key == key).expect("a degree").value.clone()
}

fn part<'a>(view: &'a ServeView, id: &str) -> Option<&'a PartView> {
    view.memory.children.iter().find(|part| part.id == id)
}

fn figure(view: &ServeView, id: &str) -> (f64, Option<(f64, f64)>) {
    let found = view.figures.iter().find(|figure| figure.id == id);
    let found = found.unwrap_or_else(|| panic!("no figure {id}"));
    (found.shown.value, found.range.as_ref().map(|range| (range.low, range.high)))
}

const GIB: f64 = (1u64 << 30) as f64;
const OSS: &str =
    "1;m=openai/gpt-oss-120b;do=serve;sg=h100-sxm;sn=1;si=1000;so=1000;sf=none;st=none";

/// gpt-oss-120b: experts of 36 layers x 128 x 3 x 2880 x 2880 weights at 4.25 bits are 60.9 GB = 56.7 GiB, and
/// 2.1 billion other weights at 16 bits are 4.3 GB: it was made for one accelerator of 80 GB (its model card). Hopper's
/// kernels pad 2,880 rows to 3,072.
#[test]
fn gpt_oss_is_served_as_its_checkpoint_is_stored() {
    let view = served(&format!("{OSS};sc=1"));
    assert_eq!(degree(&view, "sw"), "mxfp4");
    assert!(view.summary.contains("mxfp4 (as the checkpoint)"), "{}", view.summary);
    let weights = part(&view, "memory.weights").expect("weights").figure.shown.value / GIB;
    let experts = 36.0 * 128.0 * 3.0 * 2880.0 * 2880.0;
    let padded = experts * 3072.0 / 2880.0;
    let by_hand = (padded * 4.25 / 8.0 + (116.829e9 - experts) * 2.0) / GIB;
    assert!((weights / by_hand - 1.0).abs() < 0.02, "{weights} against {by_hand}");
}

/// 64 requests of 2,000 tokens: 18 layers keep all of them, 18 a window of 128, each token 2 x 8 x 64 x 2 bytes:
/// 64 x 18 x 2,128 x 2 KiB = 4.7 GiB of a pool of 6.
#[test]
fn what_the_cache_holds_is_served_by_one_accelerator() {
    let view = served(&format!("{OSS};sw=mxfp4;sc=64"));
    assert_eq!(figure(&view, "accelerators").0, 1.0);
    assert_eq!(degree(&view, "sb"), "64");
    let pool = part(&view, "memory.cache").expect("a cache").figure.shown.value;
    assert!(pool > 64.0 * 18.0 * 2128.0 * 2048.0, "{pool}");
    // A number that is no power of two is a limit like any other.
    assert_eq!(degree(&served(&format!("{OSS};sw=mxfp4;sc=50")), "sb"), "50");
}

/// Far more in flight than the cache holds: they wait for a place, as engines let them, where no goal forbids it.
#[test]
fn those_beyond_the_cache_wait_where_no_goal_is_set() {
    let link = format!("{OSS};sc=2000");
    let view = served(&link);
    let running = figure(&view, "running").0;
    assert!(running < 2000.0 && figure(&view, "ttft").0 > 1.0, "{running}");
    let strict = stuck(&link.replace("sf=none", "sf=1s"));
    assert!(strict.headline.contains("within the goals"), "{}", strict.headline);
    let rate = stuck("1;m=meta-llama/Llama-3.3-70B-Instruct;do=serve;sn=8;sr=1k/s;sf=none;st=none");
    assert!(!rate.headline.contains("goal"), "{}", rate.headline);
}

#[test]
fn formats_of_checkpoints_are_read_from_their_configuration() {
    let of = |text: &str| {
        let head = r#"{"model_type": "llama", "hidden_size": 4096, "num_hidden_layers": 32,
            "num_attention_heads": 32, "num_key_value_heads": 8, "intermediate_size": 14336,
            "vocab_size": 128256, "tie_word_embeddings": false"#;
        let reading = config::read(&format!("{head}{text}}}"));
        assert!(reading.model.is_some(), "{}", reading.message());
        reading.stored
    };
    assert_eq!(of(""), None);
    let quantized = |text: &str| of(&format!(r#", "quantization_config": {text}"#));
    assert_eq!(quantized(r#"{"quant_method": "mxfp4"}"#), Some("mxfp4"));
    let block = r#"{"quant_method": "fp8", "fmt": "e4m3", "weight_block_size": [128, 128]}"#;
    assert_eq!(quantized(block), Some("fp8"));
    assert_eq!(quantized(r#"{"quant_method": "awq", "bits": 4}"#), Some("int4-awq"));
    assert_eq!(quantized(r#"{"quant_method": "gptq", "bits": 4}"#), Some("int4-gptq"));
    assert_eq!(quantized(r#"{"quant_method": "gptq", "bits": 3}"#), None);
    assert_eq!(quantized(r#"{"quant_method": "modelopt", "quant_algo": "NVFP4"}"#), Some("nvfp4"));
    let group = |weights: &str, format: &str, inputs: &str| {
        quantized(&format!(
            r#"{{"quant_method": "compressed-tensors", "format": "{format}", "config_groups":
            {{"group_0": {{"weights": {weights}, "input_activations": {inputs}}}}}}}"#
        ))
    };
    let int4 = r#"{"num_bits": 4, "type": "int", "group_size": 32}"#;
    assert_eq!(group(int4, "pack-quantized", "null"), Some("int4-gptq"));
    let eight = r#"{"num_bits": 8, "type": "int"}"#;
    assert_eq!(group(eight, "int-quantized", r#"{"num_bits": 8}"#), Some("int8"));
    assert_eq!(group(eight, "pack-quantized", "null"), None, "weights alone");
    let float = r#"{"num_bits": 8, "type": "float"}"#;
    assert_eq!(group(float, "float-quantized", "null"), Some("fp8"));
}

#[test]
fn published_checkpoints_are_served_in_their_own_formats() {
    for (model, format) in [
        ("deepseek-ai/DeepSeek-R1", WeightFormat::Fp8),
        ("deepseek-ai/DeepSeek-V3", WeightFormat::Fp8),
        ("openai/gpt-oss-20b", WeightFormat::Mxfp4),
    ] {
        let ask = ask(&format!("1;m={model};do=serve;sg=h200-sxm"));
        assert_eq!(ask.stored, Some(format));
        assert!(ask.machines[0].formats.iter().all(|own| own.0 == format), "{model}");
    }
    let plain = ask("1;m=meta-llama/Llama-3.3-70B-Instruct;do=serve;sg=h200-sxm");
    assert_eq!((plain.stored, plain.machines[0].formats.len()), (None, 2));
    // 8 bits that an engine has not on a generation are converted.
    let ampere = ask("1;m=deepseek-ai/DeepSeek-R1;do=serve;se=sglang;sg=a100-80g");
    assert!(ampere.machines[0].formats.iter().all(|own| own.0 == WeightFormat::Bf16));
}

/// Requests of 2,048 + 512 tokens whose lengths deviate by 0.7 of their means: the sum deviates by
/// sqrt(1433.6^2 + 358.4^2) = 1477.7, 0.5772 of 2,560. A lognormal of that: width sqrt(ln(1.3332)) = 0.5363, middle
/// 2560 / sqrt(1.3332) = 2217.2; 999 of 1,000 lie below 2217.2 x exp(3.090 x 0.5363) = 11,629.
#[test]
fn commands_let_in_nearly_every_request() {
    let view = served("1;m=meta-llama/Llama-3.3-70B-Instruct;do=serve;sr=1/s");
    let command = view.launch.expect("a command").command;
    assert!(command.contains("--max-model-len 12288"), "{command}");
    // 4,096 positions are all that the model has.
    let small = served("1;m=meta-llama/Llama-2-7b-hf;do=serve;sr=1/s");
    let command = small.launch.expect("a command").command;
    assert!(command.contains("--max-model-len 4096"), "{command}");
}

#[test]
fn requests_beyond_a_models_positions_are_told() {
    let link = "1;m=meta-llama/Llama-3.3-70B-Instruct;do=serve;si=200k;sf=none;st=none";
    let view = served(link);
    let notes = view.launch.expect("a command").notes.join(" ");
    assert!(notes.contains("131\u{202f}072 positions") && notes.contains("YaRN"), "{notes}");
    let notes = decode(link).inputs.resolve().notes;
    assert!(notes.iter().any(|note| note.text.contains("refuse")), "{notes:?}");
}

const MAC: &str = "1;m=meta-llama/Llama-3.1-8B;do=serve;se=llamacpp;sg=m4-max;sn=1;sf=none;st=none";

/// llama.cpp allocates its context: 32 layers x 2 x 8 x 128 x 2 bytes = 128 KiB a token, and 4.57 GiB of weights
/// (8.03 billion at 4.89 bits).
#[test]
fn memory_on_a_laptop_is_what_the_command_allocates() {
    for slots in [1.0, 4.0] {
        let view = served(&format!("{MAC};sw=q4_k_m;sc={slots};si=512;so=256"));
        let command = &view.launch.as_ref().expect("a command").command;
        let asked = command.split("--ctx-size ").nth(1).and_then(|rest| rest.split(' ').next());
        let asked: f64 = asked.expect("a context").parse().expect("a number");
        let cache = part(&view, "memory.cache").expect("a cache").figure.shown.value;
        assert_eq!(cache, asked * 128.0 * 1024.0, "{command}");
        assert_eq!(figure(&view, "cache").0, asked);
        let used = view.memory.figure.shown.value / GIB;
        let by_hand = 4.57 + asked / 8192.0;
        assert!(used > by_hand && used < by_hand + 1.0, "{used} against {by_hand}");
        let sum = view.memory_free.value + view.memory.figure.shown.value;
        assert!((sum / view.memory_capacity.value - 1.0).abs() < 1e-9, "free is free");
    }
}

/// 5.2 GB of an Orin Nano's 8 are left for programs (a user's report; data/usable.csv).
#[test]
fn the_system_keeps_its_part_of_a_small_machine() {
    let link =
        MAC.replace("m4-max", "orin-nano-8g").replace("8B", "8B;sw=q4_k_m;sc=1;si=256;so=128");
    let view = served(&link);
    let kept = part(&view, "memory.kept").expect("the system's").figure.shown.value / GIB;
    assert!((7500.0 / 1024.0 - kept - 5.2).abs() < 0.01, "{kept}");
    assert!(part(&served(&format!("{MAC};sc=1")), "memory.kept").is_none(), "edge.csv counts it");
}

/// A laptop at 70 W uses no more than 70 W x 730 h = 51.1 kWh a month.
#[test]
fn a_laptop_draws_no_more_than_its_own_power() {
    let view = served(&format!("{MAC};sc=1"));
    let month = figure(&view, "energy").0;
    assert!(month <= 0.07 * 730.0 && month > 0.2 * 0.07 * 730.0, "{month}");
    // A PUE that is typed counts.
    let typed = figure(&served(&format!("{MAC};sc=1;fpu=1.5")), "energy").0;
    assert!((typed / month - 1.5).abs() < 1e-9, "{typed}");
    // Eight H100 of 700 W are a machine of 10.2 kW.
    let server =
        served("1;m=meta-llama/Llama-3.1-8B;do=serve;sg=h100-sxm;sn=1;sf=none;st=none;fpu=1.2");
    let by_hand = 10.2 / 8.0 * 0.76 * 730.0 * 1.2;
    assert!((figure(&server, "energy").0 / by_hand - 1.0).abs() < 0.01);
}

/// One answer reads every weight for each token: an RTX 4090 reads 1,008 GB/s, and Llama-3.1-8B has 7.5 billion weights
/// beside its table of embeddings.
#[test]
fn no_range_passes_the_memorys_rate() {
    for (format, bytes) in [("bf16", 2.0), ("fp8", 1.0)] {
        let view = served(&format!(
            "1;m=meta-llama/Llama-3.1-8B;do=serve;sg=rtx-4090;sw={format};sn=1;sc=1;sf=none;st=none"
        ));
        let most = 1008e9 / (6.98e9 * bytes + 0.525e9 * 2.0);
        let (speed, range) = figure(&view, "speed");
        let (low, high) = range.expect("a range");
        assert!(speed <= most && high <= most, "{format}: {high} of {most}");
        let (time, range) = figure(&view, "tpot");
        let (least, longest) = range.expect("a range");
        assert!(
            (1.0 / least / high - 1.0).abs() < 1e-9 && (1.0 / longest / low - 1.0).abs() < 1e-9
        );
        assert!(least <= time && time <= longest);
    }
}

#[test]
fn every_range_holds_its_figure() {
    for link in [
        format!("{OSS};sc=8"),
        "1;m=meta-llama/Llama-3.1-8B;do=serve;sg=a10g;sn=1".to_owned(),
        "1;m=meta-llama/Llama-3.3-70B-Instruct;do=serve;sr=4/s".to_owned(),
        format!("{MAC};sc=1"),
    ] {
        for figure in served(&link).figures {
            let Some(range) = figure.range else { continue };
            let value = figure.shown.value;
            let holds = range.low <= value * (1.0 + 1e-9) && value <= range.high * (1.0 + 1e-9);
            assert!(holds, "{link} {}: {value} {range:?}", figure.id);
            if figure.id == "cache" {
                assert!(range.low < value && value < range.high, "{range:?}");
            }
        }
    }
}

#[test]
fn models_are_found_by_what_their_authors_call_tuned_copies() {
    let key = |text: &str| models::find(text).map(|row| row.key);
    for (text, row) in [
        ("meta-llama/Llama-3.1-8B-Instruct", "meta-llama/Llama-3.1-8B"),
        ("Llama-3.1-8B-Instruct", "meta-llama/Llama-3.1-8B"),
        ("meta-llama/Meta-Llama-3.1-70B-Instruct", "meta-llama/Llama-3.1-70B"),
        ("meta-llama/Llama-2-7b-chat-hf", "meta-llama/Llama-2-7b-hf"),
        ("google/gemma-2-9b-it", "google/gemma-2-9b"),
        ("Qwen/Qwen2.5-7B-Instruct", "Qwen/Qwen2.5-7B"),
        ("deepseek-ai/DeepSeek-V3-0324", "deepseek-ai/DeepSeek-V3"),
        ("DeepSeek-R1-0528", "deepseek-ai/DeepSeek-R1"),
        ("Qwen/Qwen3-235B-A22B-Instruct-2507", "Qwen/Qwen3-235B-A22B"),
    ] {
        assert_eq!(key(text), Some(row), "{text}");
    }
    for nothing in ["someone/Llama-3.1-8B-Instruct", "Llama-Instruct", "-instruct", "meta-llama/"] {
        assert_eq!(key(nothing), None, "{nothing}");
    }
}

#[test]
fn engines_have_the_names_people_use_and_unknown_names_get_the_nearest() {
    let engine = |name: &str| {
        ask(&format!(
            "1;m=Qwen/Qwen3-8B;do=serve;se={name};sg={}",
            match name {
                "neuron" => "trn2",
                "tpu" => "v6e",
                _ => "h100-sxm",
            }
        ))
    };
    assert_eq!(engine("neuron").engine.key, "vllm-neuron");
    assert_eq!(engine("tpu").engine.key, "vllm-tpu");
    assert_eq!(engine("TensorRT-LLM").engine.key, "trtllm");
    let wrong = decode("1;m=Lama-3.1-8B;do=serve").inputs.resolve();
    let told = wrong.problems.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    assert!(told.contains("meta-llama/Llama-3.1-8B"), "{told}");
    let wrong = decode("1;m=Qwen/Qwen3-8B;do=serve;sg=h10-sxm").inputs.resolve();
    let told = wrong.problems.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    assert!(told.contains("h100-sxm"), "{told}");
}

#[test]
fn what_others_compile_captures_no_graphs_and_has_its_own_command() {
    let tpu = served("1;m=meta-llama/Llama-3.1-8B;do=serve;se=vllm-tpu;sg=v6e;sn=8;sr=1/s");
    assert!(part(&tpu, "memory.graphs").is_none_or(|part| part.figure.shown.value == 0.0));
    assert_eq!(degree(&tpu, "sk"), "bf16");
    let left_out = |view: &ServeView| {
        view.assumptions.iter().any(|taken| taken.text.contains("energy and carbon are left out"))
    };
    assert!(left_out(&tpu));
    let link = "1;m=meta-llama/Llama-3.1-8B;do=serve;se=neuron;sg=trn2;sn=16;sr=1/s";
    let neuron = served(link);
    assert!(left_out(&neuron));
    let tp: u32 = degree(&neuron, "stp").parse().expect("a degree");
    // Four logical cores a chip.
    let command = neuron.launch.expect("a command").command;
    assert!(command.contains(&format!("--tensor-parallel-size {} ", 4 * tp)), "{command}");
    assert!(engines::find("vllm-neuron").expect("an engine").memory.graphs.as_f64() == 0.0);
}

/// What phones say of themselves: 64 bits of LPDDR5X at 9.6 GT/s are 76.8 GB/s, so 4.5 GB of an 8B model in 4 bits are read
/// no more than 17 times a second; 10 GB of one in 8 bits fit into no phone.
#[test]
fn phones_serve_small_models_no_faster_than_their_memory() {
    let link = |m: &str, format: &str, phone: &str| {
        format!(
            "1;m={m};do=serve;se=llamacpp;sg={phone};sn=1;sc=1;sw={format};\
             si=128;so=64;sf=none;st=none"
        )
    };
    for phone in ["snapdragon-8-gen-3", "snapdragon-8-elite"] {
        let view = served(&link("meta-llama/Llama-3.1-8B", "q4_0", phone));
        let (speed, range) = figure(&view, "speed");
        assert!(
            speed < 85e9 / 4.2e9 && range.is_none_or(|range| range.1 < 85e9 / 4.2e9),
            "{speed}"
        );
        assert!(part(&view, "memory.kept").is_some(), "the system keeps some");
    }
    for phone in ["iphone-15-pro", "iphone-16-pro", "dimensity-9400"] {
        let view = served(&link("meta-llama/Llama-3.2-3B", "q4_k_m", phone));
        assert!(figure(&view, "energy").0 <= 0.008 * 730.0, "no more than the chip's own power");
    }
    stuck(&link("meta-llama/Llama-3.1-8B", "q8_0", "iphone-16-pro"));
}

/// An 8B model in 4 bits reads 0.5 to 1.5 thousand tokens a second on the largest Xeon, and writes 40 to 60 (the
/// judgement of an expert: no run is in the table).
#[test]
fn processors_are_no_accelerators() {
    let link = "1;m=meta-llama/Llama-3.1-8B;do=serve;se=llamacpp;sg=xeon-6980p;sn=1;sc=1;\
                sw=q4_0;si=512;so=128;\
                sf=none;st=none";
    let view = served(link);
    let reading = 512.0 / view.prefill.figure.shown.value;
    assert!((500.0..1_600.0).contains(&reading), "{reading}");
    let speed = figure(&view, "speed").0;
    assert!((38.0..65.0).contains(&speed), "{speed}");
}
