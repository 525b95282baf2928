//! Random small cases made from a list of numbers, the same natively and in a browser.
//!
//! Every choice takes one number and 0 is always the plainest, so that a list that shrinks towards
//! zeros (as proptest's do) shrinks the case with it.

use autoparallel::case::{Case, CaseError};
use autoparallel::catalogue::{accelerators, stacks};
use autoparallel::cluster::{Cluster, Host, Level};
use autoparallel::layout::rules;
use autoparallel::layout::{
    ContextKind, Layout, Offload, Placement, Recompute, Schedule, Slots, ZeroStage,
};
use autoparallel::model::{Attention, Dense, Ffn, LayerKind, Linear, Mixer, Mla, Model, Moe};
use autoparallel::prices::Offer;
use autoparallel::stack::{
    Exclusion, Overlap, Pace, Profile, Stack, Technique, Techniques, WeightCopies,
};
use autoparallel::units::{Bytes, BytesPerSecond, DollarsPerHour, Params, Ratio, Seconds, Tokens};
use autoparallel::workload::{
    Constraints, Fixed, Optimizer, OptimizerKind, Precision, StateType, Training,
};

/// Numbers that one case takes at most.
pub const GENES: usize = 224;

/// How large the cases may become.
#[derive(Clone, Copy)]
pub struct Limits {
    /// Most layers.
    pub layers: u32,
    /// Most accelerators.
    pub count: u32,
    /// Whether degrees may be fixed and techniques forbidden.
    pub constrained: bool,
}

/// Small enough to list every layout.
pub const SMALL: Limits = Limits { layers: 6, count: 16, constrained: true };

/// Too large to list.
pub const LARGE: Limits = Limits { layers: 48, count: 64, constrained: false };

/// A reader of choices.
pub struct Genes<'a> {
    values: &'a [u32],
    at: usize,
}

/// Numbers for one case from a seed: splitmix64 (Steele et al., OOPSLA 2014).
pub fn of_seed(seed: u64) -> Vec<u32> {
    let mut state = seed;
    let next = |_| {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) as u32
    };
    (0..GENES).map(next).map(|value| value % 256).collect()
}

/// The case that these numbers stand for.
pub fn case(values: &[u32], limits: Limits) -> Result<Case, CaseError> {
    let mut genes = Genes { values, at: 0 };
    let g = &mut genes;
    let cluster = cluster(g, limits);
    let training = training(g, &cluster);
    let model = model(g, limits);
    let stack = stack(g);
    let constraints = constraints(g, limits);
    let offer = Offer { rate: DollarsPerHour::new(g.of(&[2.0, 0.5, 10.0])), source: "test".into() };
    Case::new(model, cluster, training, constraints, stack, offer)
}

impl Genes<'_> {
    /// A number below `n`.
    pub fn below(&mut self, n: u32) -> u32 {
        let value = self.values.get(self.at).copied().unwrap_or(0);
        self.at += 1;
        value % n.max(1)
    }

    /// One of a list, the first when the number is 0.
    pub fn of<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.below(list.len() as u32) as usize]
    }

    /// One of a list, starting over when the numbers are used up: each round another choice.
    fn wrapping<T: Copy>(&mut self, list: &[T]) -> T {
        let round = (self.at / GENES) as u32;
        let value = self.values.get(self.at % GENES).copied().unwrap_or(0);
        self.at += 1;
        let mixed = value.wrapping_mul(2_654_435_761).wrapping_add(round * 40_503);
        let index = if round == 0 { value } else { mixed >> 8 };
        list[(index % list.len() as u32) as usize]
    }

    /// True `k` times out of `n`, false when the number is 0.
    pub fn chance(&mut self, k: u32, n: u32) -> bool {
        self.below(n) >= n - k
    }
}

fn cluster(g: &mut Genes<'_>, limits: Limits) -> Cluster {
    let machine = g.of(&["h100-sxm", "a100-80g", "v100-32g", "b200", "rtx-4090", "mi300x"]);
    let row = accelerators::find(machine).expect("a catalogued accelerator");
    let counts = [1, 2, 4, 8, 16, 3, 6, 12, 5, 9, 10, 15, 32, 64];
    let fitting = counts.iter().filter(|count| **count <= limits.count).count();
    let count = g.of(&counts[..fitting]);
    let mut accelerator = row.accelerator.clone();
    accelerator.memory_bandwidth = accelerator.memory_bandwidth * g.of(&[1.0, 0.5, 2.0, 0.1, 8.0]);
    accelerator.units = g.of(&[accelerator.units, 1, 16, 300]);
    accelerator.kernels.matmul.k_half = g.of(&[accelerator.kernels.matmul.k_half, 0.0, 1000.0]);
    Cluster {
        accelerator,
        count,
        node_size: g.of(&[1, 2, 4, 8]).min(count),
        levels: levels(g, count),
        host: Host {
            memory: g.of(&[Bytes::gib(200), Bytes::mib(100), Bytes::gib(2), Bytes::mib(1)]),
            link: BytesPerSecond::gb(g.of(&[50.0, 1.0, 450.0, 8000.0])),
            memory_bandwidth: BytesPerSecond::gb(g.of(&[50.0, 5.0, 400.0, 8000.0])),
        },
    }
}

/// From one to four levels; outer ones need not be slower.
fn levels(g: &mut Genes<'_>, count: u32) -> Vec<Level> {
    let mut levels = Vec::new();
    let n = 1 + g.below(4);
    let mut span = 1;
    for i in 0..4 {
        let (factor, bandwidth) = (g.of(&[1, 2, 3, 4, 8]), g.of(&[100.0, 900.0, 25.0, 2.0, 0.1]));
        let latency = Seconds::us(g.of(&[0.0, 1.0, 5.0, 20.0, 500.0]));
        if i < n {
            span = if i + 1 == n { count.max(span) } else { span * factor };
            levels.push(Level { span, bandwidth: BytesPerSecond::gb(bandwidth), latency });
        }
    }
    levels
}

fn training(g: &mut Genes<'_>, cluster: &Cluster) -> Training {
    let batches = [1, 2, 4, 8, 16, 32, 64, 96, 6, 12, 10, 15, 30, 36, 7];
    let wanted = g.of(&Precision::ALL);
    let peak = &cluster.accelerator.peak;
    let has = match wanted {
        Precision::Fp32 => peak.fp32.is_some(),
        Precision::Fp16 => peak.fp16.is_some(),
        Precision::Bf16 => peak.bf16.is_some(),
        Precision::Fp8 | Precision::Mxfp8 => peak.fp8.is_some(),
        Precision::Nvfp4 => peak.fp4.is_some(),
    };
    Training {
        precision: if has { wanted } else { Precision::Fp16 },
        global_batch: g.of(&batches),
        sequence: g.of(&[256, 512, 1024, 2048, 4096, 96, 100, 1000, 16_384]),
        tokens: Tokens::new(1_000_000_000),
        optimizer: Optimizer {
            kind: g.of(&OptimizerKind::ALL),
            moments: g.of(&[StateType::Fp32, StateType::Bf16]),
            gradients: g.of(&[StateType::Fp32, StateType::Bf16]),
            master: !g.chance(1, 3),
        },
        fused_attention: !g.chance(1, 4),
        dropout: g.chance(1, 4),
        expert_imbalance: Ratio::new(g.of(&[1.0, 1.0, 1.3])),
        causal: !g.chance(1, 4),
        adapter_rank: g.of(&[None, None, None, None, None, Some(16)]),
    }
}

fn model(g: &mut Genes<'_>, limits: Limits) -> Model {
    let hidden = g.of(&[64, 128, 256, 512, 1024, 4096, 96]);
    let n_layers = 1 + g.below(limits.layers);
    let kinds = [kind(g, hidden), kind(g, hidden), kind(g, hidden)];
    let n_kinds = g.of(&[1, 1, 1, 2, 3]);
    let pattern: Vec<u32> = (0..12).map(|_| g.below(n_kinds)).collect();
    let layers = (0..n_layers as usize).map(|i| kinds[pattern[i % 12] as usize].clone()).collect();
    let mut model = Model::of_layers("random", hidden, layers).expect("few kinds");
    model.vocab = g.of(&[256, 1000, 32_000, 50_257, 128_256, 1]);
    model.tied = g.chance(1, 3);
    model.mtp_layers = g.of(&[0, 0, 0, 0, 1, 2]);
    model.other_params = Params::new(g.of(&[0, 64, 1_000_000]));
    model
}

fn kind(g: &mut Genes<'_>, hidden: u32) -> LayerKind {
    LayerKind { mixer: mixer(g, hidden), ffn: ffn(g, hidden), norm_params: 2 * hidden }
}

fn mixer(g: &mut Genes<'_>, hidden: u32) -> Mixer {
    let heads: u32 = g.of(&[4, 1, 2, 8, 16, 6, 12, 3]);
    let (shrink, width, value) =
        (g.of(&[1, 1, 2, 4, 8]), g.of(&[16, 64, 128]), g.of(&[16, 64, 128]));
    let flags = [g.chance(1, 4), g.chance(1, 8), g.chance(1, 8)];
    let window = g.of(&[None, None, Some(128), Some(1), Some(4096)]);
    let sort = g.of(&[0, 0, 0, 0, 1, 1, 2, 3]);
    let kv_heads = if heads.is_multiple_of(shrink) { heads / shrink } else { 1 };
    let attention = Attention {
        heads,
        kv_heads,
        head_dim: width,
        v_head_dim: if flags[0] { value } else { width },
        window,
        qkv_bias: flags[0],
        out_bias: flags[1],
        qk_norm_params: if flags[2] { 2 * width } else { 0 },
        output_gate: flags[1],
        values_are_keys: flags[2],
        extra_params: 0,
    };
    let mla = Mla {
        heads,
        q_rank: flags[0].then_some(96),
        kv_rank: 64,
        qk_nope: width,
        qk_rope: 16,
        v_head_dim: value,
        extra_params: 7,
        sparse_top_k: window,
    };
    let linear = Linear {
        params: 4 * hidden * heads * 16,
        in_width: 3 * heads * 16,
        out_width: heads * 16,
        heads,
        state_per_head: 16 * width,
    };
    match sort {
        0 => Mixer::Attention(attention),
        1 => Mixer::Mla(mla),
        2 => Mixer::Linear(linear),
        _ => Mixer::None,
    }
}

fn ffn(g: &mut Genes<'_>, hidden: u32) -> Ffn {
    let width = g.of(&[4 * hidden, 192, 1024, 96, 33]);
    let (gated, bias) = (g.chance(1, 2), g.chance(1, 4));
    let experts = g.of(&[4, 8, 2, 6, 16, 1, 64]);
    let top_k = g.of(&[1, 2, 4]).min(experts);
    let (shared, beside, latent) = (g.chance(1, 3), g.chance(1, 8), g.chance(1, 8));
    let moe = Moe {
        experts,
        top_k,
        groups: g.chance(1, 4).then_some((4, 2)),
        width,
        gated,
        shared_width: if shared { width } else { 0 },
        latent: latent.then_some(48),
        dense_width: if beside { width } else { 0 },
        // A bias for each expert, of which a token meets those of its own.
        extra_params: if bias { experts } else { 0 },
        extra_active: if bias { top_k } else { 0 },
    };
    match g.of(&[0, 0, 0, 1, 1, 1, 2]) {
        0 => Ffn::Dense(Dense { width, gated, bias }),
        1 => Ffn::Moe(moe),
        _ => Ffn::None,
    }
}

fn stack(g: &mut Genes<'_>) -> Stack {
    let all = stacks::all();
    let mut stack = all[g.below(all.len() as u32) as usize].clone();
    let (own_techniques, own_profile) = (g.chance(2, 3), g.chance(2, 3));
    let keep = g.of(&[1, 2, 3, 4, 6]);
    let mut chosen = Techniques::NONE;
    for technique in Technique::ALL {
        if !g.chance(1, keep) || keep == 1 {
            chosen = chosen.with(*technique);
        }
    }
    let profile = profile(g);
    let exclusions = exclusions(g);
    let pace = |accelerator: &str, precision: &str, ratio: f64, attention: f64| Pace {
        accelerator: accelerator.into(),
        precision: precision.into(),
        ratio: Ratio::new(ratio),
        attention: Ratio::new(attention),
    };
    if g.chance(1, 4) {
        stack.paces = vec![
            pace("h100-sxm", "bf16", 0.9, 0.8),
            pace("h100-sxm", "fp8", 0.7, 1.1),
            pace("b200", "bf16", 1.1, 0.5),
        ];
    }
    if own_techniques {
        stack.techniques = chosen;
        stack.exclusions = exclusions;
    }
    // Numbers that a case may need to be a case at all.
    for technique in [Technique::Fp8, Technique::Mxfp8, Technique::Nvfp4] {
        stack.techniques = stack.techniques.with(technique);
    }
    if own_profile {
        stack.profile = profile;
    }
    stack
}

fn exclusions(g: &mut Genes<'_>) -> Vec<Exclusion> {
    let n = g.of(&[0, 0, 1, 2, 4]);
    let mut all = Vec::new();
    for i in 0..4 {
        let (first, second) = (g.of(Technique::ALL), g.of(Technique::ALL));
        if i < n && first != second {
            all.push(Exclusion { first, second, reason: "at random".into() });
        }
    }
    all
}

fn profile(g: &mut Genes<'_>) -> Profile {
    let share = [0.0, 0.2, 0.5, 0.9, 1.0];
    Profile {
        matmul: Ratio::new(g.of(&[1.0, 0.5])),
        attention: Ratio::new(g.of(&[1.0, 0.5])),
        pointwise_passes: Ratio::new(g.of(&[0.0, 13.0, 40.0])),
        pointwise_ffn_passes: Ratio::new(g.of(&[0.0, 3.0])),
        cast_bytes: Ratio::new(g.of(&[0.0, 4.0])),
        kernels_per_layer: Ratio::new(g.of(&[0.0, 16.0])),
        kernels_per_moe: Ratio::new(g.of(&[0.0, 40.0])),
        kernels_per_expert: Ratio::new(g.of(&[0.0, 4.0])),
        kernels_per_chunk: Ratio::new(g.of(&[0.0, 50.0])),
        accumulate_bytes: Ratio::new(g.of(&[0.0, 4.0, 100.0])),
        launch: Seconds::us(g.of(&[0.0, 2.0, 20.0, 200.0])),
        collective: Seconds::us(g.of(&[0.0, 5.0, 100.0])),
        step_overhead: Seconds::us(g.of(&[0.0, 20_000.0])),
        link_inside: Ratio::new(g.of(&[1.0, 0.7])),
        link_outside: Ratio::new(g.of(&[1.0, 0.4])),
        overlap: Overlap {
            tensor: Ratio::new(g.of(&share)),
            context: Ratio::new(g.of(&share)),
            expert: Ratio::new(g.of(&share)),
            pipeline: Ratio::new(g.of(&share)),
            gradients: Ratio::new(g.of(&share)),
            parameters: Ratio::new(g.of(&share)),
            offload: Ratio::new(g.of(&share)),
        },
        weights: WeightCopies {
            working: g.of(&[2, 4]),
            gathered: g.of(&[2, 1]),
            gathered_by_matrix: g.chance(1, 4),
            quantised: g.of(&[0, 2]),
            wire_gradient: g.of(&[4, 2]),
            working_is_master: g.chance(1, 3),
            working_narrow: g.of(&[0, 2]),
            update: g.of(&[0, 6]),
        },
        experts_deduplicated: g.chance(1, 2),
        gathers_in_rings: g.chance(1, 2),
        dispatch_bytes: g.of(&[2, 1]),
        logit_bytes: g.of(&[6, 0, 12]),
        context: g.of(&[Bytes::ZERO, Bytes::mib(1), Bytes::gib(3)]),
        slack: Ratio::new(g.of(&[0.0, 0.05, 0.3])),
        straggler: Ratio::new(g.of(&[1.0, 1.01, 1.2])),
        products_again: g.chance(1, 2),
        stops_early: g.chance(1, 2),
        eager_norm_bytes: g.of(&[0, 6]),
        narrow_matmul: Ratio::new(g.of(&[1.0, 0.8])),
        narrow_weight_gradient: Ratio::new(g.of(&[1.0, 0.7])),
        expert_outputs_kept: g.chance(1, 2),
    }
}

fn constraints(g: &mut Genes<'_>, limits: Limits) -> Constraints {
    let (some, forbids) = (g.chance(1, 3), g.chance(1, 4));
    let fix = |g: &mut Genes<'_>, list: &[u32]| {
        let (value, on) = (g.of(list), g.chance(1, 4));
        (on && some && limits.constrained).then_some(value)
    };
    let fixed = Fixed {
        tp: fix(g, &[1, 2, 4]),
        cp: fix(g, &[1, 2]),
        pp: fix(g, &[1, 2, 3, 4]),
        vpp: fix(g, &[1, 2, 3]),
        ep: fix(g, &[1, 2, 4]),
        etp: fix(g, &[1, 2]),
        micro_batch: fix(g, &[1, 2, 4]),
        zero: fix(g, &[0, 1, 2, 3, 4]),
        shard: fix(g, &[1, 2, 4]),
        recompute_layers: fix(g, &[0, 1, 2, 3]),
    };
    let mut forbidden = Techniques::NONE;
    for technique in Technique::ALL {
        let narrow = [Technique::Fp8, Technique::Mxfp8, Technique::Nvfp4].contains(technique);
        if g.chance(1, 8) && forbids && limits.constrained && !narrow {
            forbidden = forbidden.with(*technique);
        }
    }
    Constraints { fixed, forbidden, headroom_thousandths: g.of(&[0, 100]) }
}

/// A legal layout of the case, if some tries find one.
pub fn layout(values: &[u32], case: &Case) -> Option<Layout> {
    let mut tries = 0..200;
    let mut genes = Genes { values, at: GENES / 2 };
    tries.find_map(|_| {
        let layout = draw(&mut genes, case);
        rules::check(case, &layout).is_ok().then_some(layout)
    })
}

fn draw(g: &mut Genes<'_>, case: &Case) -> Layout {
    let divisor = |g: &mut Genes<'_>, n: u32| {
        let all: Vec<u32> = (1..=n).filter(|d| n.is_multiple_of(*d)).collect();
        g.wrapping(&all)
    };
    let count = case.cluster.count;
    let tp = divisor(g, count);
    let cp = divisor(g, count / tp);
    let pp = divisor(g, count / tp / cp);
    let dp = count / tp / cp / pp;
    let ep = divisor(g, case.model.experts().max(1));
    let zero = g.wrapping(&ZeroStage::ALL);
    let shard = if zero == ZeroStage::Zero { 1 } else { divisor(g, dp * cp) };
    let schedules = [
        Schedule::OneFOneB,
        Schedule::Interleaved,
        Schedule::GPipe,
        Schedule::ZeroBubble,
        Schedule::ZeroBubbleV,
        Schedule::DualPipe,
        Schedule::BreadthFirst,
    ];
    let kinds = [ContextKind::Ring, ContextKind::Gather, ContextKind::Ulysses];
    let piped = pp > 1;
    let slots = Slots { embedding: g.wrapping(&[0, 1]), head: g.wrapping(&[0, 1, 2]) };
    let vpp = g.wrapping(&[1, 2, 3, 4]);
    let schedule = g.wrapping(&schedules);
    let offload = g.wrapping(&[0, 0, 0, 1, 2, 4, 7]);
    let inside = g.wrapping(&[false, true]);
    Layout {
        tp,
        sp: tp > 1 && g.wrapping(&[true, false]),
        cp,
        cp_kind: if cp > 1 { g.wrapping(&kinds) } else { ContextKind::Ring },
        pp,
        schedule: if piped { schedule } else { Schedule::OneFOneB },
        vpp: if piped { vpp } else { 1 },
        slots: if piped { slots } else { Slots::default() },
        dp,
        ep,
        etp: if ep > 1 { g.wrapping(&[tp, 1]) } else { 1 },
        micro_batch: g.wrapping(&[1, 2, 4, 3]),
        zero,
        shard,
        recompute: Recompute {
            selective: g.wrapping(&[false, true]),
            full_layers: g.wrapping(&[0, 0, 1, 2, 3]),
        },
        offload: Offload {
            optimizer: offload & 1 != 0,
            activations: offload & 2 != 0,
            parameters: offload & 4 != 0,
        },
        placement: if piped && dp > 1 && inside {
            Placement::PipelineInside
        } else {
            Placement::PipelineOutside
        },
    }
}
