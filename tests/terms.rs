//! Terms of a step worked out by hand, one at a time, on a machine of round numbers.

#![cfg(not(target_arch = "wasm32"))]

mod support;

use autoparallel::case::Case;
use autoparallel::cluster::Level;
use autoparallel::estimate::{Basis, Book, MemoryPart as M, TimePart as T};
use autoparallel::layout::{Layout, Recompute, ZeroStage};
use autoparallel::model::{Attention, Dense, Ffn, LayerKind, Mixer, Model, Moe};
use autoparallel::stack::{Overlap, Pace};
use autoparallel::units::{BytesPerSecond, FlopsPerSecond, Ratio, Seconds};
use autoparallel::workload::StateType;
use support::{LLAMA_7B, Wanted, case};

const HIDDEN: u32 = 256;
const TOKENS: f64 = 1024.0;

/// Two layers; 1 TFLOP/s with square tiles of 128 and one unit, 1 TB/s of memory, 1 GB/s of links; a gap of 1 us
/// between kernels. The stack loses nothing, hides nothing and takes no time of its own.
fn machine(count: u32, ffn: &Ffn) -> Case {
    let mut case = case(&Wanted { count, global_batch: 8, sequence: TOKENS as u32, ..LLAMA_7B });
    let attention = Attention {
        heads: 2,
        kv_heads: 2,
        head_dim: 128,
        v_head_dim: 128,
        window: None,
        qkv_bias: false,
        out_bias: false,
        qk_norm_params: 0,
        output_gate: false,
        values_are_keys: false,
        extra_params: 0,
    };
    let kind =
        LayerKind { mixer: Mixer::Attention(attention), ffn: ffn.clone(), norm_params: 2 * HIDDEN };
    case.model = Model::of_layers("round", HIDDEN, vec![kind; 2]).expect("one kind");
    case.model.vocab = 128;
    let accelerator = &mut case.cluster.accelerator;
    accelerator.peak.bf16 = Some(FlopsPerSecond::new(1e12));
    accelerator.memory_bandwidth = BytesPerSecond::new(1e12);
    accelerator.units = 1;
    let kernels = &mut accelerator.kernels;
    kernels.matmul.top = Ratio::ONE;
    kernels.matmul.k_half = 0.0;
    kernels.attention_forward = Ratio::ONE;
    kernels.attention_backward = Ratio::ONE;
    kernels.attention_half = 0.0;
    kernels.memory = Ratio::ONE;
    kernels.launch = Seconds::us(1.0);
    let latency = Seconds::us(2.0);
    let bandwidth = BytesPerSecond::new(1e9);
    case.cluster.levels = vec![Level { span: count, bandwidth, latency }];
    case.stack.paces.clear();
    let none = Ratio::ZERO;
    let profile = &mut case.stack.profile;
    profile.matmul = Ratio::ONE;
    profile.attention = Ratio::ONE;
    for value in [
        &mut profile.pointwise_passes,
        &mut profile.pointwise_ffn_passes,
        &mut profile.cast_bytes,
        &mut profile.accumulate_bytes,
        &mut profile.kernels_per_layer,
        &mut profile.kernels_per_moe,
        &mut profile.kernels_per_expert,
        &mut profile.kernels_per_chunk,
    ] {
        *value = none;
    }
    profile.launch = Seconds::ZERO;
    profile.collective = Seconds::ZERO;
    profile.step_overhead = Seconds::ZERO;
    profile.straggler = Ratio::ONE;
    profile.link_inside = Ratio::ONE;
    profile.overlap = Overlap {
        tensor: none,
        context: none,
        expert: none,
        pipeline: none,
        gradients: none,
        parameters: none,
        offload: none,
    };
    case
}

const DENSE: Ffn = Ffn::Dense(Dense { width: 1024, gated: false, bias: false });

/// Eight experts of which a token visits one.
fn experts() -> Ffn {
    Ffn::Moe(Moe {
        experts: 8,
        top_k: 1,
        groups: None,
        width: 256,
        gated: false,
        shared_width: 0,
        latent: None,
        dense_width: 0,
        extra_params: 0,
        extra_active: 0,
    })
}

/// Eight micro-batches of one sequence.
fn single() -> Layout {
    Layout::SINGLE
}

fn part(case: &Case, layout: &Layout, part: T) -> f64 {
    Book::new(case).estimate(layout).time.get(part).get()
}

fn basis(case: &Case, layout: &Layout) -> Basis {
    Book::new(case).basis(layout, 0).expect("a stage")
}

#[track_caller]
fn near(given: f64, wanted: f64) {
    let off = (given - wanted).abs();
    assert!(off <= 1e-9 * wanted.abs().max(1e-12), "{given} for {wanted}");
}

/// Forward and backward work of one layer, starts included.
fn layer(case: &Case) -> [f64; 2] {
    let work = basis(case, &single()).layers[0].work;
    let all = [work.matmul, work.attention, work.experts, work.pointwise, work.launch];
    let sum = |pass: fn(&(Seconds, Seconds)) -> Seconds| -> f64 {
        all.iter().map(|pair| pass(pair).get()).sum()
    };
    [sum(|pair| pair.0), sum(|pair| pair.1)]
}

#[test]
fn kernels_add_their_gaps_or_wait_for_the_host() {
    let mut case = machine(1, &DENSE);
    let [forward, backward] = layer(&case);
    // 16 kernels forward and 32 backward, 1 us between them.
    case.stack.profile.kernels_per_layer = Ratio::new(16.0);
    case.stack.profile.launch = Seconds::us(0.5);
    let [with_gaps, with_gaps_back] = layer(&case);
    near(with_gaps, forward + 16e-6);
    near(with_gaps_back, backward + 32e-6);
    // A host that takes 1 ms for each: 8 kernels in each half, twice as many backward, whatever they do.
    case.stack.profile.launch = Seconds::us(1000.0);
    let [paced, paced_back] = layer(&case);
    near(paced, 16e-3);
    near(paced_back, 32e-3);
    near(part(&case, &single(), T::Launch), 8.0 * 2.0 * (48e-3 - forward - backward));
}

#[test]
fn experts_are_started_while_the_accelerator_waits() {
    let mut case = machine(2, &experts());
    let layout = Layout { dp: 2, ep: 2, ..single() };
    let before = part(&case, &layout, T::Launch);
    near(before, 0.0);
    let profile = &mut case.stack.profile;
    profile.kernels_per_moe = Ratio::new(40.0);
    profile.kernels_per_expert = Ratio::new(4.0);
    profile.kernels_per_chunk = Ratio::new(2.0);
    profile.launch = Seconds::us(5.0);
    // Four of eight experts on each rank; twice as many kernels backward; 2 layers, 4 micro-batches.
    let stall = (40.0 + 4.0 * 4.0 + 2.0 * 8.0) * 5e-6;
    near(part(&case, &layout, T::Launch), 4.0 * 2.0 * 3.0 * stall);
}

#[test]
fn faster_products_never_cost_what_they_hid() {
    // The host sets the pace and all of the exchange may hide, but for what nothing covers.
    let mut case = machine(2, &DENSE);
    case.stack.profile.kernels_per_layer = Ratio::new(16.0);
    case.stack.profile.launch = Seconds::us(1000.0);
    case.stack.profile.overlap.tensor = Ratio::ONE;
    case.cluster.levels[0].bandwidth = BytesPerSecond::new(1e6);
    let layout = Layout { tp: 2, ..single() };
    let covers = basis(&case, &layout).covers.tensor.get();
    let work = basis(&case, &layout).layers[0].work;
    let busy = work.attention.0 + work.attention.1;
    // 96 starts of 1 ms in two layers, less their gaps and attention; and the head's product.
    let head = basis(&case, &layout).head.expect("a head").work.matmul;
    near(covers, 96e-3 - 96e-6 - 2.0 * busy.get() + (head.0 + head.1).get());
    let before = Book::new(&case).estimate(&layout).step().get();
    case.stack.profile.matmul = Ratio::new(2.0);
    let after = Book::new(&case).estimate(&layout).step().get();
    assert!(after <= before, "{after} after {before}");
}

#[test]
fn sums_of_gradients_move_bytes() {
    let mut case = machine(1, &DENSE);
    let before = part(&case, &single(), T::Pointwise);
    case.stack.profile.accumulate_bytes = Ratio::new(10.0);
    // Attention 4 h^2, feed-forward 8 h^2, norms 2 h, for each of two layers; a table and a head of 128 rows.
    let h = f64::from(HIDDEN);
    let params = 2.0 * (12.0 * h * h + 2.0 * h) + 2.0 * 128.0 * h;
    near(part(&case, &single(), T::Pointwise) - before, 8.0 * params * 10.0 / 1e12);
    // Of half of them where ZeRO-2 has reduced them over two ranks; four micro-batches are left.
    case.cluster.count = 2;
    case.cluster.levels[0].span = 2;
    let split = Layout { dp: 2, zero: ZeroStage::Two, shard: 2, ..single() };
    near(part(&case, &split, T::Pointwise) - before / 2.0, 4.0 * params / 2.0 * 10.0 / 1e12);
}

#[test]
fn each_rank_sends_its_share_and_gathers_the_whole() {
    let mut case = machine(4, &DENSE);
    case.stack.profile.collective = Seconds::us(7.0);
    let whole = 2.0 * TOKENS * f64::from(HIDDEN);
    let layout = Layout { tp: 2, sp: true, pp: 2, ..single() };
    let sent = whole / 2.0 / 1e9 + 2e-6 + 7e-6;
    near(part(&case, &layout, T::Pipeline), 8.0 * 2.0 * sent);
    let plain = Layout { sp: false, ..layout };
    let gathered = whole * 0.5 / 1e9 + 2e-6 + 7e-6;
    near(part(&case, &plain, T::Pipeline), 8.0 * 2.0 * (sent + gathered));
}

#[test]
fn every_collective_starts() {
    let mut case = machine(2, &DENSE);
    let layout = Layout { tp: 2, ..single() };
    let before = part(&case, &layout, T::Tensor);
    case.stack.profile.collective = Seconds::us(7.0);
    // Two halves of two layers with two rounds each way, and one at each end each way.
    let rounds = 2.0 * 2.0 * 2.0 * 2.0 + 2.0 * 2.0;
    near(part(&case, &layout, T::Tensor) - before, 8.0 * rounds * 7e-6);
}

#[test]
fn attention_is_slower_over_short_sequences() {
    let mut case = machine(1, &DENSE);
    let before = part(&case, &single(), T::Attention);
    // Half the square, two heads of 128 wide both ways, 3.5 times with the backward pass; two layers.
    let flops = 2.0 * 2.0 * TOKENS * (TOKENS / 2.0) * 256.0;
    near(before, 8.0 * 2.0 * 3.5 * flops / 1e12);
    case.cluster.accelerator.kernels.attention_half = 3.0 * TOKENS;
    near(part(&case, &single(), T::Attention), 4.0 * before);
}

#[test]
fn a_pace_slows_everything_that_the_accelerator_does() {
    let mut case = machine(1, &DENSE);
    case.stack.profile.pointwise_passes = Ratio::new(8.0);
    let at = |case: &Case, of: T| part(case, &single(), of);
    let before = [T::Matmul, T::Attention, T::Pointwise].map(|of| at(&case, of));
    let name = case.cluster.accelerator.name.clone();
    let pace = |precision: &str, ratio: f64, attention: f64| Pace {
        accelerator: name.clone(),
        precision: precision.into(),
        ratio: Ratio::new(ratio),
        attention: Ratio::new(attention),
    };
    case.stack.paces = vec![pace("fp8", 0.1, 0.1), pace("bf16", 0.5, 0.8)];
    let after = [T::Matmul, T::Attention, T::Pointwise].map(|of| at(&case, of));
    near(after[0], before[0] / 0.5);
    near(after[1], before[1] / 0.4);
    near(after[2], before[2] / 0.5);
}

#[test]
fn adapters_alone_are_trained() {
    let mut case = machine(1, &DENSE);
    let full = basis(&case, &single()).layers[0].work.matmul;
    // Backward makes the gradients of inputs and weights: two products for each.
    near(full.1.get(), 2.0 * full.0.get());
    case.training.adapter_rank = Some(128);
    let (h, r, t) = (f64::from(HIDDEN), 128.0, TOKENS);
    let frozen = basis(&case, &single()).layers[0].work.matmul;
    let product = |n: f64, k: f64| 2.0 * t * n * k / 1e12;
    // Beside the projections to queries, keys and values, and to the output.
    let down_up = product(r, h) + product(3.0 * h, r) + product(r, h) + product(h, r);
    let added = 3.0 * 2.0 * t * (3.0 * h + h) / 1e12;
    near(frozen.0.get(), full.0.get() + down_up + added);
    near(frozen.1.get(), full.0.get() + 2.0 * down_up + added);
    // 32-bit gradients of r (in + out) parameters for each projection; nothing else has any.
    let params = 2.0 * r * ((h + 3.0 * h) + (h + h));
    let memory = Book::new(&case).estimate(&single()).memory;
    near(memory.get(M::Gradients).as_f64(), 4.0 * params);
    near(memory.get(M::Moments).as_f64(), 8.0 * params);
}

#[test]
fn gradients_kept_in_16_bits_cross_in_16_bits() {
    let mut case = machine(2, &DENSE);
    case.stack.profile.weights.wire_gradient = 4;
    case.cluster.levels[0].latency = Seconds::ZERO;
    let layout = Layout { dp: 2, ..single() };
    let before = part(&case, &layout, T::Gradients);
    case.training.optimizer.gradients = StateType::Bf16;
    near(part(&case, &layout, T::Gradients), before / 2.0);
    // Nor do they grow on the way.
    case.stack.profile.weights.wire_gradient = 2;
    near(part(&case, &layout, T::Gradients), before / 2.0);
}

#[test]
fn early_stop_leaves_the_last_product_out() {
    let mut case = machine(1, &DENSE);
    let recompute = Recompute { selective: false, full_layers: 2 };
    let layout = Layout { recompute, ..single() };
    let again = |case: &Case| part(case, &layout, T::Recompute);
    case.stack.profile.stops_early = false;
    let whole = again(&case);
    case.stack.profile.stops_early = true;
    // Width 1,024 back to 256, of 1,024 tokens; 2 layers, 8 micro-batches.
    let last = 2.0 * TOKENS * 1024.0 * f64::from(HIDDEN) / 1e12;
    near(whole - again(&case), 8.0 * 2.0 * last);
}

#[test]
fn a_token_goes_once_to_each_place_that_holds_its_experts() {
    let of = |groups, top_k| {
        let Ffn::Moe(moe) = experts() else { unreachable!("experts are experts") };
        let mut case = machine(4, &Ffn::Moe(Moe { top_k, groups, ..moe }));
        case.stack.profile.dispatch_bytes = 2;
        case.stack.profile.experts_deduplicated = true;
        case.cluster.levels[0].latency = Seconds::ZERO;
        part(&case, &Layout { dp: 4, ep: 4, ..single() }, T::Expert)
    };
    // Four ranks: one draw is on one of them, two on 4 (1 - (3/4)^2) = 1.75, three on 2.3125.
    let one = of(None, 1);
    near(of(None, 2), 1.75 * one);
    near(of(None, 3), 2.3125 * one);
    // One of four groups is one rank; two of eight (of one expert each) are on 1.75 of four ranks at most.
    near(of(Some((4, 1)), 2), one);
    near(of(Some((8, 2)), 1), one);
    near(of(Some((8, 2)), 2), one * 1.75 * (1.0 - (1.0 - 1.0 / 1.75_f64).powi(2)));
    // A dispatch and a combine, forward and backward, 2 bytes of 256 numbers of 1,024 tokens, three quarters leave
    // at 1 GB/s; 2 layers, 2 micro-batches.
    near(one, 2.0 * 2.0 * 4.0 * 0.75 * 2.0 * 256.0 * TOKENS / 1e9);
}

#[test]
fn weights_are_gathered_by_layer_or_by_matrix() {
    let mut case = machine(2, &DENSE);
    let layout = Layout { dp: 2, zero: ZeroStage::Three, shard: 2, ..single() };
    case.stack.profile.weights.gathered = 2;
    let gathered =
        |case: &Case| Book::new(case).estimate(&layout).memory.get(M::WeightsGathered).as_f64();
    case.stack.profile.weights.gathered_by_matrix = false;
    // Four projections of 256 x 256, two matrices of 256 x 1,024, two norms; both ends of 128 entries.
    let h = f64::from(HIDDEN);
    let layer = 4.0 * h * h + 2.0 * 1024.0 * h + 2.0 * h;
    near(gathered(&case), 2.0 * (2.0 * layer + 2.0 * 128.0 * h));
    case.stack.profile.weights.gathered_by_matrix = true;
    near(gathered(&case), 2.0 * (2.0 * (layer / 3.0).ceil() + 128.0 * h));
}
