//! Memory of one accelerator in service, and how much cache is left.

use super::{LatentForm, Load, Serving};
use crate::model::{Ffn, LayerKind, Mixer, Model, Moe, WeightPart};
use crate::serving::{Fills, Instance, Service, Traffic, WeightFormat};
use crate::units::{Bytes, Ratio, Seconds, Tokens};

/// What a process holds before it has anything: the context of CUDA on one device.
const CONTEXT_LEAST: f64 = 0.5 * 1_073_741_824.0;
/// Share of the memory that allocators leave in pieces too small for anything: less than that is no room.
const PIECES: f64 = 0.0075;
/// Rows of the largest step where memory is scarce.
const ROWS_FEW: f64 = 512.0;
/// A pool smaller than this share of the memory is enlarged as far as it goes.
const SCARCE: f64 = 0.02;
/// Accelerators with at least so much memory draw for more sequences, but for A100 (vllm/engine/arg_utils.py).
const LARGE: f64 = 70.0 * 1_073_741_824.0;

/// Words of a draft's head (yuhuili's and lmsys's EAGLE-3 heads: draft_vocab_size).
const DRAFT_WORDS: u32 = 32_000;

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
    /// What the room of the cache is what is left of.
    pub left: Left,
}

/// What the room of the cache is what is left of, on one accelerator.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Left {
    /// Memory that programs find.
    pub usable: Bytes,
    /// What bounds the room.
    pub bound: Bound,
    /// What it takes at least beside the cache, where memory is scarce.
    pub needed: Bytes,
    /// The room, before states that do not grow.
    pub room: Bytes,
    /// States of one sequence that do not grow.
    pub state: Bytes,
    /// Keys and values of one token.
    pub token: Bytes,
    /// Tokens of one block.
    pub block: u32,
    /// Whole blocks of the room.
    pub blocks: u64,
}

/// What bounds the room of the cache.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Bound {
    /// The engine's usual share.
    #[default]
    Share,
    /// All memory: what is taken outside of the share leaves less.
    Memory,
    /// The usual share leaves next to nothing, so it is raised: all but what it takes at least.
    Raised,
    /// The same, and no more than is needed of it.
    Little,
    /// The usual share suffices for steps of few rows.
    Few,
}

/// The most that is alive in the largest step of the engine's trial run: a layer, or the draw after the last.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Peak {
    /// Rows of the largest step, and bytes that a layer keeps alive of each.
    pub layer: (Tokens, Ratio),
    /// Sequences that are drawn for, words of the vocabulary, and bytes of each.
    pub draw: (u32, u32, Ratio),
}

impl Peak {
    /// Bytes of the layer.
    #[must_use]
    pub fn of_layer(&self) -> Bytes {
        Bytes::from_f64(self.layer.0.as_f64() * self.layer.1.get())
    }

    /// Bytes of the draw.
    #[must_use]
    pub fn of_draw(&self) -> Bytes {
        let (sequences, words, each) = self.draw;
        Bytes::from_f64(f64::from(sequences) * f64::from(words) * each.get())
    }
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
        let peak = self.peak();
        let activations = peak.of_layer().max(peak.of_draw()).as_f64();
        let graphs = if engine.graphs { rule.graphs.as_f64() } else { 0.0 };
        let context = self.context_bytes();
        let used = weights + activations + context;
        let share = self.share().get();
        // Engines that take a share of everything capture their graphs outside of it.
        let bare = all - used - graphs;
        let usual = match rule.fills {
            Fills::Free => bare * share,
            Fills::Static => (all - context) * share - weights,
            _ => all * share - used,
        };
        let pool = usual.min(bare);
        let (bound, needed, pool) = self.scarce(pool, usual > bare, weights, &peak);
        let given = match rule.fills {
            Fills::Free => 1.0,
            Fills::Static => (weights + pool) / (all - context).max(1.0),
            _ => (needed + pool) / all.max(1.0),
        };
        let usually = matches!(bound, Bound::Share | Bound::Memory);
        let share = if usually { share } else { given.min(1.0) };
        let (per_token, state) = self.cache_of(1.0);
        let room = pool;
        let pool = (pool - state).max(0.0);
        let groups = f64::from(self.instance.dp.max(1));
        let block = f64::from(rule.block.max(1));
        let blocks = (pool / (per_token * block).max(1e-9)).floor().min(1e15);
        let too_full = blocks < 1.0;
        let mut memory = ServeMemory {
            tokens: Tokens::new((blocks * block * groups) as u64),
            too_full,
            share: Ratio::new(share),
            left: Left {
                usable: Bytes::from_f64(all),
                bound,
                needed: Bytes::from_f64(needed),
                room: Bytes::from_f64(room.min(1e18)),
                state: Bytes::from_f64(state),
                token: Bytes::from_f64(per_token),
                block: rule.block.max(1),
                blocks: blocks as u64,
            },
            ..ServeMemory::default()
        };
        let free = (all - used - graphs - pool).max(0.0);
        let parts = [weights, activations, graphs, context, pool, free];
        for (part, bytes) in memory.parts.iter_mut().zip(parts) {
            *part = Bytes::from_f64(bytes.min(1e18));
        }
        memory
    }

    /// The room of the cache where the usual share leaves next to nothing: people read prompts in smaller pieces, raise
    /// it, and let communicators do with little. DeepSeek-R1 in 4 bits was served on two GB200 each (vLLM's and LMSYS's
    /// blogs, 2025-09 and 2026-02), gpt-oss-120b on one H100 (vLLM's recipe: 0.95 and steps of 1,024 tokens). A step of
    /// few rows draws for no more sequences.
    fn scarce(&self, pool: f64, outside: bool, weights: f64, peak: &Peak) -> (Bound, f64, f64) {
        let rule = &self.service.engine.memory;
        let all = self.usable();
        let (sequences, words, each) = peak.draw;
        let drawn = f64::from(sequences).min(ROWS_FEW) * f64::from(words) * each.get();
        let context = rule.context.as_f64().max(CONTEXT_LEAST);
        let needed = self.least_weights(weights) + context + self.layers(ROWS_FEW).max(drawn);
        let whole = rule.fills == Fills::Whole;
        let few = if whole { all * self.share().get() - needed } else { 0.0 };
        let raised = (all - needed).min(few.max(SCARCE * all));
        let raised = if raised < PIECES * all { 0.0 } else { raised };
        if pool >= SCARCE * all || raised <= pool {
            let bound = if outside { Bound::Memory } else { Bound::Share };
            return (bound, needed, pool.max(0.0));
        }
        let bound = match raised < all - needed {
            true if few >= SCARCE * all => Bound::Few,
            true => Bound::Little,
            false => Bound::Raised,
        };
        (bound, needed, raised)
    }

    /// Rows of the largest step: the engine's, or few where its usual share leaves no room for a cache.
    #[must_use]
    pub fn rows_most(&self) -> u32 {
        let engine = &self.service.engine;
        let usual =
            engine.keeps_chunk || matches!(self.memory().left.bound, Bound::Share | Bound::Memory);
        engine.chunk.min(if usual { u32::MAX } else { ROWS_FEW as u32 }).max(1)
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
                let heads = self.held_heads(a.kv_heads);
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
        let (index, layers) = self.guessing();
        let guessed = self.service.model.kinds.get(index).map_or([0.0; 2], of);
        (cache * share + layers * guessed[0], state * share + layers * guessed[1])
    }

    /// Layers that guess ahead beside the model, on its last stage, and the kind that they are of: the model's own for
    /// further tokens, as its last; else a draft of one layer of attention (EAGLE, arXiv 2401.15077). None for guesses
    /// that take no time: they are looked up.
    fn guessing(&self) -> (usize, f64) {
        let model = &self.service.model;
        let costs = self.service.speculation.is_some_and(|own| own.cost.get() > 0.0);
        let attends = |index: &&u8| {
            let kind = model.kinds.get(usize::from(**index)).map(|kind| &kind.mixer);
            matches!(kind, Some(Mixer::Attention(_) | Mixer::Mla(_)))
        };
        let own = model.mtp_layers > 0;
        let last = model.pattern.iter().rev().find(|index| own || attends(index));
        let layers = if own { f64::from(model.mtp_layers) } else { 1.0 };
        let index = last.map_or(0, |index| usize::from(*index));
        (index, if costs && last.is_some() { layers } else { 0.0 })
    }

    /// Weights of what guesses ahead on one accelerator of the last stage. The model's own layers share its embedding and
    /// head, and join hidden state and embedding by a projection (arXiv 2412.19437, section 2.2). Of a draft nothing is
    /// said: in 16 bits a layer as one token uses it, a projection of three hidden states, and a head of at most
    /// [`DRAFT_WORDS`] words (EAGLE-3, arXiv 2503.01840, section 3).
    #[must_use]
    pub fn guessing_weights(&self) -> Bytes {
        let model = &self.service.model;
        let (index, layers) = self.guessing();
        let Some(kind) = model.kinds.get(index).filter(|_| layers > 0.0) else {
            return Bytes::ZERO;
        };
        let hidden = f64::from(model.hidden);
        if model.mtp_layers > 0 {
            let layer = self.layer_bytes(index, kind).iter().sum::<f64>();
            return Bytes::from_f64(layers * (layer + 2.0 * (2.0 * hidden + 3.0) * hidden));
        }
        let tp = f64::from(self.instance.tp.max(1));
        let head = f64::from(model.vocab.min(DRAFT_WORDS)) * hidden;
        let split = model.kind_params(index).active as f64 + head;
        Bytes::from_f64(2.0 * (split / tp + 3.0 * hidden * hidden))
    }

    /// Heads of keys and values that one accelerator holds: ranks beyond the heads hold copies.
    pub(super) fn held_heads(&self, heads: u32) -> f64 {
        held_heads(self.service, &self.instance, heads)
    }

    /// Keys and values of one token on one accelerator of the fullest stage, by kind of layer: layers, heads that it
    /// holds, and numbers of each (of a latent: one head).
    #[must_use]
    pub fn token_kinds(&self) -> Vec<(Ratio, Ratio, Ratio)> {
        let share = self.stage_share();
        let (guessing, guessed) = self.guessing();
        let of = |(index, (kind, layers)): (usize, (&LayerKind, &f64))| {
            let (heads, width) = match &kind.mixer {
                Mixer::Attention(a) => {
                    let values = if a.values_are_keys { 0 } else { a.v_head_dim };
                    (self.held_heads(a.kv_heads), f64::from(a.head_dim + values))
                }
                Mixer::Mla(m) => (1.0, f64::from(m.kv_rank + m.qk_rope)),
                _ => return None,
            };
            let own = if index == guessing { guessed } else { 0.0 };
            let layers = layers * share + own;
            (layers > 0.0).then(|| (Ratio::new(layers), Ratio::new(heads), Ratio::new(width)))
        };
        self.service.model.kinds.iter().zip(self.layers.iter()).enumerate().filter_map(of).collect()
    }

    /// Layers of the fullest stage over all layers: layers that do not go even are dealt out one by one
    /// (vllm/distributed/utils.py, `get_pp_indices`), and the fullest stage has the least cache.
    pub(super) fn stage_share(&self) -> f64 {
        let layers = self.service.model.n_layers().max(1);
        let pp = self.instance.pp.max(1);
        // llama.cpp deals layers and head out as equal units: the fullest holds one more than the least.
        let units = if self.service.engine.memory.host_table { layers + 1 } else { layers };
        f64::from(units.div_ceil(pp).min(layers)) / f64::from(layers)
    }

    /// Weights on one accelerator of the fullest stage.
    pub(super) fn weight_bytes(&self) -> f64 {
        let model = &self.service.model;
        let tp = f64::from(self.instance.tp.max(1));
        let of = |index: usize, kind: &LayerKind| self.layer_bytes(index, kind);
        let layers = each_layer(model, of).flatten().fold(0.0, |sum, part| sum + part);
        let (fullest, tables) = (layers * self.stage_share(), self.table_bytes(model) / tp);
        let ends = tables + self.guessing_weights().as_f64();
        let (count, pp) = (model.n_layers().max(1), self.instance.pp.max(1));
        if self.service.engine.memory.host_table || count.is_multiple_of(pp) {
            return fullest + ends;
        }
        // The last stage has the head and none of the layers that are left over.
        fullest.max(layers * f64::from(count / pp) / f64::from(count) + ends)
    }

    /// Weights of one layer on one accelerator.
    fn layer_bytes(&self, index: usize, kind: &LayerKind) -> [f64; 4] {
        let bytes = |part| self.bytes_of(part);
        let tp = f64::from(self.instance.tp.max(1));
        let ranks = tp * f64::from(self.instance.dp.max(1));
        let params = self.service.model.kind_params(index);
        let (into, out, kv) = match &kind.mixer {
            Mixer::Attention(a) => {
                let ranks = tp * f64::from(cores(self.service));
                let kv = ranks.min(f64::from(a.kv_heads.max(1))) * tp / ranks;
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
        let whole = kind.ffn.moe().map_or(1.0, |moe| {
            let ep = f64::from(self.instance.ep.max(1)).min(ranks);
            f64::from(moe.held_by(ep as u32)) * ep / f64::from(moe.experts.max(1))
        });
        let routed = bytes(WeightPart::Routed) * params.experts as f64 / ranks * whole;
        [
            (into * heads + bytes(WeightPart::Output) * out) / tp + into * params.kv as f64 / kv,
            into * params.mixer_whole as f64,
            bytes(beside) * params.ffn as f64 / tp + routed * self.padding(kind),
            2.0 * (params.router as f64 + params.norms as f64),
        ]
    }

    /// Numbers that an engine keeps of an expert's matrices in 4-bit floats over those that the model has: it pads
    /// them to whole tiles of its kernels.
    fn padding(&self, kind: &LayerKind) -> f64 {
        let service = self.service;
        let padded = service.engine.memory.pads_experts && service.weights == WeightFormat::Mxfp4;
        let Ffn::Moe(moe) = &kind.ffn else { return 1.0 };
        if !padded {
            return 1.0;
        }
        let rows = f64::from(moe.latent.unwrap_or(service.model.hidden).max(1));
        let width = self.expert_width(moe).max(1.0);
        let (row_tile, width_tile) = tiles(&service.cluster.accelerator.generation);
        let whole = |n: f64, tile: f64| (n / tile).ceil() * tile / n;
        whole(rows, row_tile) * whole(width, width_tile)
    }

    /// Width of what one accelerator holds of an expert.
    fn expert_width(&self, moe: &Moe) -> f64 {
        let ranks = f64::from(self.instance.tp.max(1)) * f64::from(self.instance.dp.max(1));
        let ep = f64::from(self.instance.ep.max(1)).min(ranks);
        (f64::from(moe.width) * ep / ranks).ceil()
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

    /// What the engine's trial run of its largest step keeps alive at most.
    #[must_use]
    pub fn peak(&self) -> Peak {
        let service = self.service;
        let rule = &service.engine.memory;
        let accelerator = &service.cluster.accelerator;
        let large = accelerator.memory.as_f64() >= LARGE && !accelerator.name.starts_with("a100");
        // Every rank draws from the whole vocabulary.
        let sequences = if large { rule.sampled_large } else { rule.sampled };
        Peak {
            layer: (
                Tokens::new(service.engine.chunk.min(8192).into()),
                Ratio::new(self.layers(1.0)),
            ),
            draw: (sequences, service.model.vocab, rule.drawn),
        }
    }

    /// Activations of a layer in a step of so many rows: what it reads, the sum that is carried on, and what the widest
    /// product leaves.
    fn layers(&self, rows: f64) -> f64 {
        let engine = &self.service.engine;
        let model = &self.service.model;
        let tp = f64::from(self.instance.tp.max(1));
        let wide = model.kinds.iter().map(|kind| match &kind.ffn {
            Ffn::Dense(dense) => f64::from(dense.width) * 2.0 / tp,
            Ffn::Moe(moe) => self.routed(moe) + f64::from(moe.shared_width) / tp,
            Ffn::None => 0.0,
        });
        let wide = wide.fold(0.0, f64::max);
        engine.memory.activations.get() * rows * (2.0 * f64::from(model.hidden) + wide) * 2.0
    }

    /// Numbers that the experts of one row keep alive: the products into each expert or those out of it, which share a
    /// buffer, and what lies between (vllm/model_executor/layers/fused_moe/fused_moe.py, `intermediate_cache13` and
    /// `intermediate_cache2`).
    fn routed(&self, moe: &Moe) -> f64 {
        let width = self.expert_width(moe);
        let into = if moe.gated { 2.0 * width } else { width };
        let inner = f64::from(moe.latent.unwrap_or(self.service.model.hidden));
        let (dp, ep) = (f64::from(self.instance.dp.max(1)), f64::from(self.instance.ep.max(1)));
        // Attention groups send each expert's rows to the ranks that hold it.
        let met = match self.service.engine.memory.gathers_rows {
            true => dp.min(GATHERED),
            false if dp > 1.0 => dp / ep.max(dp),
            false => 1.0,
        };
        f64::from(moe.top_k) * met * (into.max(inner) + width)
    }
}

/// Attention groups whose rows a rank keeps room for at most: those of a machine; wide expert parallelism takes pieces.
const GATHERED: f64 = 8.0;

/// Heads of keys and values that one accelerator holds.
pub(super) fn held_heads(service: &Service, instance: &Instance, heads: u32) -> f64 {
    let cores = f64::from(cores(service));
    (f64::from(heads) / (f64::from(instance.tp.max(1)) * cores)).ceil() * cores
}

/// Ranks that an engine makes of one accelerator: two physical cores of a Neuron chip are one from Trainium2 on (LNC 2,
/// the default there).
#[must_use]
pub fn cores(service: &Service) -> u32 {
    match service.cluster.accelerator.units {
        _ if !service.engine.memory.splits_cores => 1,
        few @ 0..=2 => few.max(1),
        many => many / 2,
    }
}

/// Multiples to which rows and width of an expert's matrices in MXFP4 are padded on a generation. vLLM's Marlin kernels
/// take 256 and 128, FlashInfer's of Blackwell 256 and 256 (model_executor/layers/quantization/mxfp4.py,
/// `create_weights`): gpt-oss-120b takes 65.97 GiB with the former on H100 (vllm-project/vllm issue 23278). Hopper's
/// Triton kernels lay rows out in tiles of 256: 64.38 GiB (issue 33155).
fn tiles(generation: &str) -> (f64, f64) {
    match generation {
        "hopper" => (256.0, 64.0),
        "blackwell" | "rubin" | "cdna4" => (256.0, 256.0),
        "cdna3" => (128.0, 128.0),
        _ => (256.0, 128.0),
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
