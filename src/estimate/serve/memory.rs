//! Memory of one accelerator in service, and how much cache is left.

use super::{LatentForm, Load, Serving};
use crate::model::{Ffn, LayerKind, Mixer, Model, WeightPart};
use crate::serving::{Fills, Traffic, WeightFormat};
use crate::units::{Bytes, Ratio, Seconds, Tokens};

/// What a process holds before it has anything: the context of CUDA on one device.
const CONTEXT_LEAST: f64 = 0.5 * 1_073_741_824.0;
/// Share of the memory that allocators leave in pieces too small for anything: less than that is no room.
const PIECES: f64 = 0.0075;
/// Rows of the smallest steps where memory is scarce.
const ROWS_FEW: f64 = 512.0;
/// A pool smaller than this share of the memory is enlarged as far as it goes.
const SCARCE: f64 = 0.02;
/// Bytes of a trial draw for each sequence and word: logits in 16 and 32 bits, sorted values and their places,
/// probabilities, sums. vLLM logs 1.26 GiB for 256 sequences of 128,256 words, whatever the tensor-parallel degree
/// (vllm-project/vllm pull 10511).
const DRAW: f64 = 41.2;
/// Accelerators with at least so much memory draw for more sequences, but for A100 (vllm/engine/arg_utils.py).
const LARGE: f64 = 70.0 * 1_073_741_824.0;

/// What takes memory on one accelerator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ServeMemoryPart {
    /// Weights of the fullest stage.
    Weights,
    /// Activations of the largest step, and its logits.
    Activations,
    /// Captured graphs.
    Graphs,
    /// Runtime, driver and communicators.
    Context,
    /// The pool of keys and values.
    Cache,
    /// What the engine leaves alone.
    Free,
}

impl ServeMemoryPart {
    /// All, in order.
    pub const ALL: [Self; 6] =
        [Self::Weights, Self::Activations, Self::Graphs, Self::Context, Self::Cache, Self::Free];
}

/// Memory of one accelerator, by part; all parts together are what it has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ServeMemory {
    parts: [Bytes; ServeMemoryPart::ALL.len()],
    /// Cached tokens of the whole instance, in blocks.
    pub tokens: Tokens,
    /// The weights alone, or with what every step needs, leave no room for one block.
    pub too_full: bool,
    /// The share of the memory that the engine must be given for this: its usual one, or more where memory is scarce.
    pub share: Ratio,
}

impl ServeMemory {
    /// Bytes of one part.
    #[must_use]
    pub const fn get(&self, part: ServeMemoryPart) -> Bytes {
        self.parts[part as usize]
    }

    /// What is taken, the pool of the cache included.
    #[must_use]
    pub fn taken(&self) -> Bytes {
        let free = self.get(ServeMemoryPart::Free);
        self.parts.iter().copied().sum::<Bytes>().less(free)
    }
}

impl Serving<'_> {
    /// Memory of the fullest accelerator as the engine would fill it.
    #[must_use]
    pub fn memory(&self) -> ServeMemory {
        *self.memory.get_or_init(|| self.filled())
    }

    fn filled(&self) -> ServeMemory {
        let engine = &self.service.engine;
        let rule = &engine.memory;
        let all = self.usable();
        let weights = self.weight_bytes();
        let activations = self.activation_bytes();
        let graphs = if engine.graphs { rule.graphs.as_f64() } else { 0.0 };
        let context = self.context_bytes();
        let used = weights + activations + context;
        let share = self.share().get();
        // Engines that take a share of everything capture their graphs outside of it.
        let pool = match rule.fills {
            Fills::Free => (all - used - graphs) * share,
            Fills::Static => ((all - context) * share - weights).min(all - used - graphs),
            _ => (all * share - used).min(all - used - graphs),
        };
        // Where the usual share leaves next to nothing, people raise it, read prompts in smaller pieces, and let
        // communicators do with little: DeepSeek-R1 in 4 bits was served on two GB200 each (vLLM's and LMSYS's blogs,
        // 2025-09 and 2026-02).
        let context_least = rule.context.as_f64().max(CONTEXT_LEAST);
        let needed = self.least_weights(weights) + context_least + self.layers(ROWS_FEW);
        let raised = (all - needed).min(SCARCE * all);
        let raised = if raised < PIECES * all { 0.0 } else { raised };
        let (per_token, state) = self.cache_of(1.0);
        let scarce = pool < SCARCE * all && raised > pool;
        let pool = if scarce { raised } else { pool };
        let given = match rule.fills {
            Fills::Free => 1.0,
            Fills::Static => (weights + pool) / (all - context).max(1.0),
            _ => (needed + pool) / all.max(1.0),
        };
        let share = if scarce { given.min(1.0) } else { share };
        let pool = (pool - state).max(0.0);
        let groups = f64::from(self.instance.dp.max(1));
        let block = f64::from(rule.block.max(1));
        let blocks = (pool / (per_token * block).max(1e-9)).floor().min(1e15);
        let too_full = blocks < 1.0;
        let mut memory = ServeMemory {
            tokens: Tokens::new((blocks * block * groups) as u64),
            too_full,
            share: Ratio::new(share),
            ..ServeMemory::default()
        };
        let free = (all - used - graphs - pool).max(0.0);
        let parts = [weights, activations, graphs, context, pool, free];
        for (part, bytes) in memory.parts.iter_mut().zip(parts) {
            *part = Bytes::from_f64(bytes.min(1e18));
        }
        memory
    }

    /// Memory that a program finds on one accelerator.
    fn usable(&self) -> f64 {
        let accelerator = &self.service.cluster.accelerator;
        accelerator.memory.as_f64() * accelerator.usable.get()
    }

    /// Runtime, driver, and communicators where the instance has several ranks.
    pub(super) fn context_bytes(&self) -> f64 {
        let rule = &self.service.engine.memory;
        let several = self.instance.ranks() > 1;
        rule.context.as_f64() + if several { rule.communicators.as_f64() } else { 0.0 }
    }

    /// The share of memory that the engine takes. SGLang works it out where none is given
    /// (srt/arg_groups/memory_hook.py 0.5.23): all but 0.5 GiB, 1.5 MiB for each token of the largest step, an eighth
    /// of a GiB for each rank, and 2 MiB for each sequence that graphs are captured for (more under attention data
    /// parallelism), at least 10 GiB on accelerators above 60.
    #[must_use]
    pub fn share(&self) -> Ratio {
        let engine = &self.service.engine;
        if engine.memory.fraction.get() > 0.0 {
            return engine.memory.fraction;
        }
        let mib = self.service.cluster.accelerator.memory.as_f64() / (1u64 << 20) as f64;
        let few = self.instance.tp * self.instance.dp < 4;
        let (chunk, captured) = match mib / 1024.0 {
            small if small < 20.0 => (2048.0, 8.0),
            small if small < 35.0 => (4096.0, if few { 48.0 } else { 160.0 }),
            small if small < 60.0 => (4096.0, if few { 32.0 } else { 160.0 }),
            large if large < 160.0 => (8192.0, if few { 256.0 } else { 512.0 }),
            _ => (16384.0, 512.0),
        };
        let ranks = self.instance.ranks() as f64;
        let groups = f64::from(self.instance.dp.max(1));
        let apart = if groups > 1.0 { captured * groups * 4.5 } else { 0.0 };
        let kept = 512.0 + chunk * 1.5 + ranks * 128.0 + captured * 2.0 + apart;
        let kept = if mib > 61_440.0 { kept.max(10_240.0) } else { kept };
        Ratio::new(((mib - kept) / mib.max(1.0)).clamp(0.05, 0.99))
    }

    /// Whether the pool holds one request of that traffic to its end.
    #[must_use]
    pub fn holds_one(&self, traffic: &Traffic) -> bool {
        self.held(traffic.prompt + traffic.output) >= 1.0
    }

    /// Sequences of that many tokens (at the fullest) that the pool of the instance holds.
    pub(super) fn held(&self, tokens: f64) -> f64 {
        let memory = self.memory();
        if memory.too_full {
            return 0.0;
        }
        let (cache, state) = self.cache_of(tokens);
        let pool = memory.get(ServeMemoryPart::Cache).as_f64();
        pool / (cache + state).max(1.0) * f64::from(self.instance.dp.max(1))
    }

    /// Bytes of cache and state of one sequence on one accelerator.
    pub(super) fn sequence_bytes(&self, tokens: f64) -> f64 {
        let (cache, state) = self.cache_of(tokens);
        cache + state
    }

    /// Bytes of cache on one accelerator where so many slots share that many tokens evenly, as llama.cpp allocates them.
    #[must_use]
    pub fn slots(&self, slots: u32, tokens: Tokens) -> Bytes {
        let slots = f64::from(slots.max(1));
        let (cache, state) = self.cache_of(tokens.as_f64() / slots);
        Bytes::from_f64(slots * (cache + state))
    }

    /// The least time of a step: its bytes at the memory's full rate, or its operations at the highest peak.
    #[must_use]
    pub fn least_step(&self, load: &Load) -> Seconds {
        let accelerator = &self.service.cluster.accelerator;
        let peak = &accelerator.peak;
        let wide = [peak.fp32, peak.fp16, peak.bf16].into_iter().flatten();
        // GGUF kinds multiply 8-bit integers, at twice the rate of 16 bits where no rate of 8 bits is known.
        let wide = wide.map(|rate| 2.0 * rate.get()).fold(0.0, f64::max);
        let narrow = [peak.fp8, peak.fp4, peak.int8, peak.half].into_iter().flatten();
        let most = narrow.map(|rate| rate.get()).fold(wide, f64::max);
        let bandwidth = accelerator.memory_bandwidth.get();
        let least = [LatentForm::Absorbed, LatentForm::Rebuilt].map(|form| {
            let counts = super::counts(self.service, &self.instance, load, form);
            let read = counts.bytes.as_f64() / bandwidth.max(1.0);
            read.max(counts.flops.get() / most.max(1.0))
        });
        Seconds::new(least[0].min(least[1]))
    }

    /// What the instance has in use when so many sequences of those lengths run, on one accelerator.
    #[must_use]
    pub fn used(&self, sequences: u32, prompt: Tokens, output: Tokens) -> Bytes {
        let engine = &self.service.engine;
        let lengths = (prompt.as_f64(), output.as_f64());
        match engine.memory.fills {
            Fills::Batch => return self.used_by_batch(f64::from(sequences), lengths),
            Fills::Window => return self.used_by_window(f64::from(sequences), lengths),
            _ => {}
        }
        let tokens = lengths.0 + lengths.1;
        let (cache, state) = self.cache_of(tokens);
        let groups = f64::from(self.instance.dp.max(1));
        let running = (f64::from(sequences) / groups).ceil();
        let fixed = self.weight_bytes() + self.context_bytes();
        let rows = (running * tokens).min(f64::from(engine.chunk));
        Bytes::from_f64(fixed + self.layers(rows) + running * (cache + state))
    }

    /// Bytes of the cache of one sequence on one accelerator of the fullest stage: keys and values of its tokens, and
    /// state that does not grow.
    pub(super) fn cache_of(&self, tokens: f64) -> (f64, f64) {
        let tp = f64::from(self.instance.tp.max(1));
        let bytes = self.service.cache.bits().get() / 8.0;
        let of = |kind: &LayerKind| match &kind.mixer {
            Mixer::Attention(a) => {
                let heads = (f64::from(a.kv_heads) / tp).ceil();
                let values = if a.values_are_keys { 0 } else { a.v_head_dim };
                let width = f64::from(a.head_dim) + f64::from(values);
                let held = a.window.map_or(tokens, |window| tokens.min(f64::from(window)));
                [held * heads * width * bytes, 0.0]
            }
            Mixer::Mla(m) => [tokens * (f64::from(m.kv_rank) + f64::from(m.qk_rope)) * bytes, 0.0],
            Mixer::Linear(linear) => {
                let heads = (f64::from(linear.heads) / tp).ceil();
                [0.0, heads * f64::from(linear.state_per_head) * 4.0]
            }
            Mixer::None => [0.0; 2],
        };
        let (mut cache, mut state) = (0.0, 0.0);
        for [held, own] in each_layer(&self.service.model, |_, kind| of(kind)) {
            cache += held;
            state += own;
        }
        let share = self.stage_share();
        (cache * share, state * share)
    }

    /// Layers of the fullest stage over all layers.
    pub(super) fn stage_share(&self) -> f64 {
        let layers = self.service.model.n_layers().max(1);
        let pp = self.instance.pp.max(1);
        if self.service.engine.memory.host_table {
            // llama.cpp deals layers and head out as equal units: the fullest holds one more than the least.
            return f64::from((layers + 1).div_ceil(pp).min(layers)) / f64::from(layers);
        }
        if layers.is_multiple_of(pp) {
            return 1.0 / f64::from(pp);
        }
        // Uneven stages leave the fullest without tables; where there are many, they even out by bytes.
        (1.0 / f64::from(pp)).max(1.0 / f64::from(layers))
    }

    /// Weights on one accelerator of the fullest stage.
    pub(super) fn weight_bytes(&self) -> f64 {
        let model = &self.service.model;
        let bytes = |part| self.bytes_of(part);
        let tp = f64::from(self.instance.tp.max(1));
        let ranks = tp * f64::from(self.instance.dp.max(1));
        let of = |index: usize, kind: &LayerKind| {
            let params = model.kind_params(index);
            let (into, out, kv) = match &kind.mixer {
                Mixer::Attention(a) => {
                    let kv = tp.min(f64::from(a.kv_heads.max(1)));
                    (WeightPart::Attention, self.output(a.heads, a.v_head_dim), kv)
                }
                Mixer::Mla(m) => (WeightPart::Attention, self.output(m.heads, m.v_head_dim), 1.0),
                _ => (WeightPart::Linear, 0.0, 1.0),
            };
            let (into, heads) = (bytes(into), params.heads as f64 - out);
            let beside = match &kind.ffn {
                Ffn::Moe(_) => WeightPart::Shared,
                _ => WeightPart::Dense,
            };
            let routed = bytes(WeightPart::Routed) * params.experts as f64 / ranks;
            [
                (into * heads + bytes(WeightPart::Output) * out) / tp
                    + into * params.kv as f64 / kv,
                into * params.mixer_whole as f64,
                bytes(beside) * params.ffn as f64 / tp + routed,
                2.0 * (params.router as f64 + params.norms as f64),
            ]
        };
        let layers = each_layer(model, of).flatten().fold(0.0, |sum, part| sum + part);
        layers * self.stage_share() + self.table_bytes(model) / tp
    }

    /// Bytes of one weight of a part.
    pub(super) fn bytes_of(&self, part: WeightPart) -> f64 {
        self.held.of(part).0.get() / 8.0
    }

    /// Weights of the projection out of attention.
    fn output(&self, heads: u32, width: u32) -> f64 {
        f64::from(heads) * f64::from(width) * f64::from(self.service.model.hidden)
    }

    /// Embedding and head: the whole of both where there is one stage, else the larger; where the table of embeddings
    /// stays with the host and the head is dealt out as one more layer, what it is above a layer.
    fn table_bytes(&self, model: &Model) -> f64 {
        let params = model.params();
        let bytes = self.held.table().get() / 8.0;
        // The head in so many weights of the table.
        let head = self.bytes_of(WeightPart::Head) / bytes;
        let (embedding, head) = (params.embedding as f64, params.head as f64 * head);
        let many = self.instance.pp > 1;
        let both = if many && self.service.engine.memory.host_table {
            let head = if head > 0.0 { head } else { embedding };
            let layers = params.total as f64 - embedding - head;
            (head - layers / f64::from(model.n_layers().max(1))).max(0.0)
        } else if many {
            embedding.max(head)
        } else {
            embedding + head
        };
        bytes * both + 2.0 * params.other as f64
    }

    /// Weights where attention over a latent is kept in 8 bits beside experts in 4, its output in 4, as some
    /// checkpoints do (nvidia/DeepSeek-R1-0528-NVFP4-v2), and tables are shared out among all ranks.
    fn least_weights(&self, all: f64) -> f64 {
        let model = &self.service.model;
        if self.service.weights != WeightFormat::Nvfp4 {
            return all;
        }
        let tp = f64::from(self.instance.tp.max(1));
        let groups = f64::from(self.instance.dp.max(1));
        let narrow = self.service.weights.bits().get() / 8.0;
        let above = |part, bytes: f64| (self.bytes_of(part) - bytes).max(0.0);
        let latent = model.pattern.iter().map(|index| {
            let params = model.kind_params(usize::from(*index));
            let kind = model.kinds.get(usize::from(*index));
            let Some(Mixer::Mla(mla)) = kind.map(|kind| &kind.mixer) else { return 0.0 };
            let output = self.output(mla.heads, mla.v_head_dim);
            let into = (params.heads as f64 - output) / tp + params.mixer_whole as f64;
            into * above(WeightPart::Attention, 1.0)
                + output / tp * above(WeightPart::Output, narrow)
        });
        let shared = self.table_bytes(model) / tp * (1.0 - 1.0 / groups);
        all - latent.sum::<f64>() * self.stage_share() - shared
    }

    /// What the engine's trial run of its largest step keeps alive at most: a layer, or the draw of next tokens after
    /// the last.
    fn activation_bytes(&self) -> f64 {
        let layers = self.layers(f64::from(self.service.engine.chunk).min(8192.0));
        layers.max(self.draw_bytes())
    }

    /// Every rank draws from the whole vocabulary.
    fn draw_bytes(&self) -> f64 {
        let rule = &self.service.engine.memory;
        let accelerator = &self.service.cluster.accelerator;
        let large = accelerator.memory.as_f64() >= LARGE && !accelerator.name.starts_with("a100");
        let sampled = if large { rule.sampled_large } else { rule.sampled };
        f64::from(sampled) * f64::from(self.service.model.vocab) * DRAW
    }

    /// Activations of a layer in a step of so many rows.
    fn layers(&self, rows: f64) -> f64 {
        let engine = &self.service.engine;
        let model = &self.service.model;
        let tp = f64::from(self.instance.tp.max(1));
        let wide = model.kinds.iter().map(|kind| match &kind.ffn {
            Ffn::Dense(dense) => f64::from(dense.width) * 2.0,
            Ffn::Moe(moe) => {
                f64::from(moe.width) * f64::from(moe.top_k) * 2.0 + f64::from(moe.shared_width)
            }
            Ffn::None => 0.0,
        });
        let wide = wide.fold(0.0, f64::max) / tp;
        engine.memory.activations.get() * rows * (2.0 * f64::from(model.hidden) + wide) * 2.0
    }
}

/// What is so of each layer, layer by layer, found once for each kind.
fn each_layer<T: Copy>(
    model: &Model,
    of: impl Fn(usize, &LayerKind) -> T,
) -> impl Iterator<Item = T> {
    let kinds: Vec<T> = model.kinds.iter().enumerate().map(|(i, kind)| of(i, kind)).collect();
    model.pattern.iter().filter_map(move |index| kinds.get(usize::from(*index)).copied())
}
