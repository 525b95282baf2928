//! How many kernels a layer takes, by what it is made of: each adds a fixed time of its own.
//!
//! An engine's `kernels` counts those of grouped attention with a dense network, which other layers are counted by: an
//! engine that joins some of these joins as many of theirs.

use crate::model::{Ffn, LayerKind, Mixer, WeightPart};
use crate::serving::{Engine, Held, Instance, ProductFormat};

/// What `kernels` counts: 6 of grouped attention and 5 of a dense network.
const COUNTED: f64 = 11.0;
/// Norm, product into, rotary, cache write, attention, product out of it.
const ATTENTION: f64 = 6.0;
/// Over these: a norm of the latent, products that take its up-projections into query and output (DeepSeek-V2, arXiv
/// 2405.04434, section 2.1.2; `forward_absorb` of SGLang's `deepseek_v2.py`).
const LATENT: f64 = ATTENTION + 3.0;
/// Where the query is a latent as well: its norm and its second product.
const QUERY: f64 = 2.0;
/// Norm, two products into, their parting, convolution, recurrence, gated norm, product out (Gated DeltaNet: vLLM
/// `qwen3_next.py`; other recurrences take about as many).
const LINEAR: f64 = 8.0;
/// Where attention's output has a gate: its parting from the query, its sigmoid, its product (SGLang `qwen3_next.py`).
const GATE: f64 = 3.0;
/// Sum of what shared experts make with what routed ones do.
const SUM: f64 = 1.0;
/// Where a shared expert has a gate: product into one number, sigmoid, product (TensorRT-LLM pull 14306 makes these two
/// and the sum one: 0.45 ms less of 16.5 in 60 layers).
const SHARED_GATE: f64 = 3.0;
/// Norm and residual of any network.
const AROUND: f64 = 2.0;
/// Product into, activation, product out of a dense network, or of experts that every token visits.
const DENSE: f64 = 3.0;
/// Experts of the models whose shared one SGLang makes one more of them (DeepSeek-V3's: `deepseek_v2.py`,
/// `determine_num_fused_shared_experts`, which refuses others, and expert parallelism).
const FUSED: u32 = 256;

/// Kernels of a layer on the accelerator, and how many its host starts where no graph is replayed.
pub(super) fn of_layer(
    kind: &LayerKind,
    hidden: u32,
    engine: &Engine,
    held: &Held,
    instance: &Instance,
) -> (f64, f64) {
    // Inputs of products with blocks are cast by 128 numbers, each by a kernel (SGLang `per_token_group_quant_8bit`,
    // TensorRT-LLM `fp8_quantize_1x128`); other casts are part of the kernel before.
    let cast = |part| {
        let eight = matches!(held.of(part).1, ProductFormat::Eight);
        if held.in_blocks() && eight { 1.0 } else { 0.0 }
    };
    let [into, out] = [WeightPart::Attention, WeightPart::Output].map(cast);
    let mut norms = 0.0;
    let mut plain = match &kind.mixer {
        Mixer::Attention(attention) => {
            if attention.qk_norm_params > 0 {
                norms = engine.norm_kernels.get();
            }
            let gate = if attention.output_gate { GATE } else { 0.0 };
            ATTENTION + gate + into + out
        }
        Mixer::Mla(mla) => {
            let query = if mla.q_rank.is_some() { QUERY + into } else { 0.0 };
            LATENT + query + into + out
        }
        Mixer::Linear(_) => LINEAR + 2.0 * cast(WeightPart::Linear),
        Mixer::None => 0.0,
    };
    let (mut routed, mut started) = (0.0, 0.0);
    match &kind.ffn {
        Ffn::Dense(_) => plain += AROUND + DENSE + 2.0 * cast(WeightPart::Dense),
        Ffn::Moe(moe) => {
            plain += AROUND;
            let fused = engine.fuses_shared
                && instance.ep <= 1
                && moe.experts == FUSED
                && matches!(kind.mixer, Mixer::Mla(_))
                && moe.shared_width == moe.width;
            if moe.shared_width + moe.dense_width > 0 && !fused {
                let gate = if moe.gates_shared(hidden) { SHARED_GATE } else { 0.0 };
                plain += DENSE + SUM + gate + 2.0 * cast(WeightPart::Shared);
            }
            // One cast is among those that an engine counts.
            plain += cast(WeightPart::Routed);
            (routed, started) = (engine.expert_kernels.get(), engine.expert_starts.get());
        }
        Ffn::None => {}
    }
    let plain = plain * engine.kernels.get() / COUNTED + norms;
    (plain + routed, plain + started)
}
