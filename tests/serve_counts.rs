//! Operations and bytes of a step against vLLM's own analytic model and against hand arithmetic.

use autoparallel::catalogue::{accelerators, engines, models};
use autoparallel::estimate::serve::{Counts, LatentForm, Load, counts};
use autoparallel::serving::{Instance, KvFormat, Service, WeightFormat};

/// One sequence that decodes at that context.
fn decode(context: f64) -> Load {
    Load { decode: 1.0, context, rows: 1.0, ..Load::default() }
}

fn service(model: &str, weights: WeightFormat) -> Service {
    let machine = accelerators::find("h100-sxm").expect("a machine");
    Service {
        model: models::find(model).unwrap_or_else(|| panic!("{model}")).model.clone(),
        cluster: accelerators::cluster(machine, 8),
        engine: engines::find("vllm").expect("an engine").clone(),
        weights,
        cache: KvFormat::Wide,
        speculation: None,
    }
}

fn count(model: &str, weights: WeightFormat, tp: u32, form: LatentForm) -> Counts {
    let instance = Instance { tp, ..Instance::ONE };
    counts(&service(model, weights), &instance, &decode(4096.0), form)
}

/// How far `found` lies from `expected`.
fn apart(found: f64, expected: f64) -> f64 {
    (found / expected - 1.0).abs()
}

/// vLLM ModelMetrics on CPU, TP 8, decode at context 4,096 (`ux.md`, section 6b): operations a GPU to the unit but for
/// the router, which it leaves out; bytes without activations, which it adds (0.03 to 0.2 %).
#[test]
fn vllm_counts_the_same() {
    let cases = [
        ("Llama-3.1-70B", WeightFormat::Bf16, 18_717_605_888.0, 17_547_886_592.0, 0.0),
        (
            "DeepSeek-V3",
            WeightFormat::Fp8,
            13_304_135_680.0,
            5_787_481_600.0,
            58.0 * 256.0 * 7168.0,
        ),
        (
            "Qwen3-235B-A22B",
            WeightFormat::Bf16,
            7_055_212_544.0,
            5_683_476_480.0,
            94.0 * 128.0 * 4096.0,
        ),
    ];
    for (model, weights, flops, bytes, router) in cases {
        let found = count(model, weights, 8, LatentForm::Rebuilt);
        let without = found.flops.get() - 2.0 * router;
        assert!(apart(without, flops) < 1e-9, "{model}: {without} operations");
        let read = found.bytes.as_f64() - 2.0 * router;
        assert!(apart(read, bytes) < 0.01, "{model}: {read} bytes");
    }
}

/// Absorbed, decoding reads the same latent but multiplies by its full rank: 16 heads x 2 x (2 x 512 + 64) operations
/// a cached token and layer instead of 16 x 2 x (192 + 128).
#[test]
fn an_absorbed_latent_costs_more_operations_and_no_more_bytes() {
    let rebuilt = count("DeepSeek-V3", WeightFormat::Fp8, 8, LatentForm::Rebuilt);
    let absorbed = count("DeepSeek-V3", WeightFormat::Fp8, 8, LatentForm::Absorbed);
    let more = 61.0 * 4096.0 * 16.0 * 2.0 * f64::from(2 * 512 + 64 - 192 - 128);
    assert!(apart(absorbed.flops.get() - rebuilt.flops.get(), more) < 1e-9);
    assert_eq!(absorbed.bytes, rebuilt.bytes);
}

/// A dense decoder by hand: layers, width, heads, key-value heads, head width, inner width, matrices of the
/// feed-forward part, vocabulary.
struct Plain(&'static str, [f64; 8]);

/// Shapes from the models' own config.json, one accelerator, one sequence at 4,096 tokens, 16 bits.
const PLAIN: [Plain; 8] = [
    Plain("Llama-2-7b-hf", [32.0, 4096.0, 32.0, 32.0, 128.0, 11008.0, 3.0, 32000.0]),
    Plain("Llama-2-70b-hf", [80.0, 8192.0, 64.0, 8.0, 128.0, 28672.0, 3.0, 32000.0]),
    Plain("Llama-3.1-8B", [32.0, 4096.0, 32.0, 8.0, 128.0, 14336.0, 3.0, 128_256.0]),
    Plain("Llama-3.1-405B", [126.0, 16384.0, 128.0, 8.0, 128.0, 53248.0, 3.0, 128_256.0]),
    Plain("Qwen2.5-7B", [28.0, 3584.0, 28.0, 4.0, 128.0, 18944.0, 3.0, 152_064.0]),
    Plain("Qwen3-32B", [64.0, 5120.0, 64.0, 8.0, 128.0, 25600.0, 3.0, 151_936.0]),
    Plain("Mistral-Nemo-Instruct-2407", [40.0, 5120.0, 32.0, 8.0, 128.0, 14336.0, 3.0, 131_072.0]),
    Plain("GPT-3 175B", [96.0, 12288.0, 96.0, 96.0, 128.0, 49152.0, 2.0, 50257.0]),
];

#[test]
fn dense_decoders_by_hand() {
    for Plain(name, [layers, hidden, heads, kv, head, inner, matrices, vocab]) in PLAIN {
        let found = count(name, WeightFormat::Bf16, 1, LatentForm::Absorbed);
        let attention = hidden * head * (2.0 * heads + 2.0 * kv);
        let weights = layers * (attention + matrices * hidden * inner) + hidden * vocab;
        let flops = 2.0 * weights + layers * 4.0 * 4096.0 * heads * head;
        let bytes = 2.0 * weights + layers * 2.0 * 4096.0 * kv * head * 2.0;
        // The table of GPT-3 is padded to a multiple of 128 in the catalogue.
        assert!(apart(found.flops.get(), flops) < 1e-3, "{name}: {} {flops}", found.flops.get());
        assert!(apart(found.bytes.as_f64(), bytes) < 1e-3, "{name}");
    }
}

/// Experts by hand: layers, dense ones first, width, heads, kv heads, head width, experts, of a token, inner width,
/// shared width, dense width, vocabulary.
struct Mixed(&'static str, [f64; 12]);

const MIXED: [Mixed; 3] = [
    Mixed(
        "Mixtral-8x7B-Instruct-v0.1",
        [32.0, 0.0, 4096.0, 32.0, 8.0, 128.0, 8.0, 2.0, 14336.0, 0.0, 0.0, 32000.0],
    ),
    Mixed(
        "Qwen3-30B-A3B",
        [48.0, 0.0, 2048.0, 32.0, 4.0, 128.0, 128.0, 8.0, 768.0, 0.0, 0.0, 151_936.0],
    ),
    Mixed(
        "GLM-4.5",
        [92.0, 3.0, 5120.0, 96.0, 8.0, 128.0, 160.0, 8.0, 1536.0, 1536.0, 12288.0, 151_552.0],
    ),
];

#[test]
fn experts_by_hand() {
    for Mixed(name, shape) in MIXED {
        let [layers, first, hidden, heads, kv, head, experts, top, inner, shared, dense, vocab] =
            shape;
        let found = count(name, WeightFormat::Bf16, 1, LatentForm::Absorbed);
        let attention = hidden * head * (2.0 * heads + 2.0 * kv);
        let routed = 3.0 * hidden * (top * inner + shared) + hidden * experts;
        let weights = layers * attention
            + (layers - first) * routed
            + first * 3.0 * hidden * dense
            + hidden * vocab;
        let flops = 2.0 * weights + layers * 4.0 * 4096.0 * heads * head;
        let bytes = 2.0 * weights + layers * 2.0 * 4096.0 * kv * head * 2.0;
        assert!(apart(found.flops.get(), flops) < 1e-3, "{name}: {} {flops}", found.flops.get());
        assert!(apart(found.bytes.as_f64(), bytes) < 1e-3, "{name}");
    }
}

/// Gemma-3-27B: 52 of 62 layers see the last 1,024 tokens only (its config.json: one global layer after five local
/// ones), so at 32,768 tokens its cache is 10 x 32,768 + 52 x 1,024 tokens of 2 x 16 x 128 numbers.
#[test]
fn windows_bound_what_is_read() {
    let service = service("gemma-3-27b", WeightFormat::Bf16);
    let at = |context| {
        counts(&service, &Instance::ONE, &decode(context), LatentForm::Absorbed).bytes.as_f64()
    };
    let seen = 10.0 * 32768.0 + 52.0 * 1024.0 - 62.0 * 512.0;
    assert!(apart(at(32768.0) - at(512.0), seen * 2.0 * 16.0 * 128.0 * 2.0) < 1e-9);
}

/// Expected experts of a layer under a batch: all 128 drawn 8 at a time, 64 times, leave `(1 - 8/128)^64` of them alone.
#[test]
fn a_batch_touches_the_experts_that_chance_says() {
    let service = service("Qwen3-30B-A3B", WeightFormat::Bf16);
    let bytes = |decode: f64| {
        let load = Load { decode, context: 0.0, rows: 1.0, ..Load::default() };
        counts(&service, &Instance::ONE, &load, LatentForm::Absorbed).bytes.as_f64()
    };
    let one = 48.0 * 3.0 * 2048.0 * 768.0 * 2.0;
    let drawn = 128.0 * (1.0 - (1.0_f64 - 8.0 / 128.0).powi(64));
    assert!(apart(bytes(64.0) - bytes(1.0), one * (drawn - 8.0)) < 1e-6);
}

/// AWQ's four bits with a 16-bit scale and a 4-bit zero for 128: the layers of Llama-3.1-8B shrink to 0.26 of 16 bits,
/// the head stays.
#[test]
fn four_bits_and_their_scales() {
    let wide = count("Llama-3.1-8B", WeightFormat::Bf16, 1, LatentForm::Absorbed).bytes.as_f64();
    let four = count("Llama-3.1-8B", WeightFormat::Int4Awq, 1, LatentForm::Absorbed).bytes.as_f64();
    let layers = 32.0 * (4096.0 * 128.0 * 80.0 + 3.0 * 4096.0 * 14336.0);
    assert!(apart(wide - four, layers * (16.0 - 4.15625) / 8.0) < 1e-9);
}
