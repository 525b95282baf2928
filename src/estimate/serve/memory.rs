//! Memory of one accelerator in service, and how much cache is left.

use super::Serving;
use crate::model::{Mixer, Model};
use crate::serving::{Traffic, WeightFormat};
use crate::units::{Bytes, Tokens};

/// Share of an accelerator's memory that can be taken at most, and rows of the smallest steps that are used to.
const RAISED: f64 = 0.99;
const ROWS_FEW: f64 = 512.0;
/// A pool smaller than this share of the memory is enlarged as far as it goes.
const SCARCE: f64 = 0.02;

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
        let engine = &self.service.engine;
        let rule = &engine.memory;
        let all = self.service.cluster.accelerator.memory.as_f64();
        let weights = self.weight_bytes();
        let activations = self.activation_bytes();
        let graphs = if engine.graphs { rule.graphs.as_f64() } else { 0.0 };
        let context = rule.context.as_f64();
        let used = weights + activations + context;
        let share = rule.fraction.get();
        // Engines that take a share of everything capture their graphs outside of it.
        let pool = if rule.of_free {
            (all - used - graphs) * share
        } else {
            (all * share - used).min(all - used - graphs)
        };
        // Where the usual share leaves next to nothing, people raise it and read prompts in smaller pieces.
        let raised = all * RAISED - self.least_weights() - context - self.activations(ROWS_FEW);
        let (_, state) = self.cache_of(1.0);
        let scarce = pool < SCARCE * all;
        let pool = if scarce { pool.max(raised.min(SCARCE * all)) } else { pool };
        let pool = (pool - state).max(0.0);
        let (per_token, _) = self.cache_of(1.0);
        let groups = f64::from(self.instance.dp.max(1));
        let block = f64::from(rule.block.max(1));
        let blocks = (pool / (per_token * block).max(1e-9)).floor().min(1e15);
        let too_full = blocks < 1.0;
        let mut memory = ServeMemory {
            tokens: Tokens::new((blocks * block * groups) as u64),
            too_full,
            ..ServeMemory::default()
        };
        let free = (all - used - graphs - pool).max(0.0);
        let parts = [weights, activations, graphs, context, pool, free];
        for (part, bytes) in memory.parts.iter_mut().zip(parts) {
            *part = Bytes::from_f64(bytes.min(1e18));
        }
        memory
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

    /// What the instance has in use when that many sequences of that many tokens run, on one accelerator.
    #[must_use]
    pub fn used(&self, sequences: u32, tokens: Tokens) -> Bytes {
        let (cache, state) = self.cache_of(tokens.as_f64());
        let groups = f64::from(self.instance.dp.max(1));
        let running = (f64::from(sequences) / groups).ceil();
        let engine = &self.service.engine;
        let fixed = self.weight_bytes() + engine.memory.context.as_f64();
        let rows = (running * tokens.as_f64()).min(f64::from(engine.chunk));
        Bytes::from_f64(fixed + self.activations(rows) + running * (cache + state))
    }

    /// Bytes of the cache of one sequence on one accelerator of the fullest stage: keys and values of its tokens, and
    /// state that does not grow.
    fn cache_of(&self, tokens: f64) -> (f64, f64) {
        let tp = f64::from(self.instance.tp.max(1));
        let bytes = self.service.cache.bits().get() / 8.0;
        let model = &self.service.model;
        let (mut cache, mut state) = (0.0, 0.0);
        for index in &model.pattern {
            let Some(kind) = model.kinds.get(usize::from(*index)) else { continue };
            match &kind.mixer {
                Mixer::Attention(a) => {
                    let heads = (f64::from(a.kv_heads) / tp).ceil();
                    let values = if a.values_are_keys { 0 } else { a.v_head_dim };
                    let width = f64::from(a.head_dim) + f64::from(values);
                    let held = a.window.map_or(tokens, |window| tokens.min(f64::from(window)));
                    cache += held * heads * width * bytes;
                }
                Mixer::Mla(m) => {
                    cache += tokens * (f64::from(m.kv_rank) + f64::from(m.qk_rope)) * bytes;
                }
                Mixer::Linear(linear) => {
                    let heads = (f64::from(linear.heads) / tp).ceil();
                    state += heads * f64::from(linear.state_per_head) * 4.0;
                }
                Mixer::None => {}
            }
        }
        let share = self.stage_share();
        (cache * share, state * share)
    }

    /// Layers of the fullest stage over all layers.
    fn stage_share(&self) -> f64 {
        let layers = self.service.model.n_layers().max(1);
        let pp = self.instance.pp.max(1);
        if layers.is_multiple_of(pp) {
            return 1.0 / f64::from(pp);
        }
        // Uneven stages leave the fullest without tables; where there are many, they even out by bytes.
        (1.0 / f64::from(pp)).max(1.0 / f64::from(layers))
    }

    /// Weights on one accelerator of the fullest stage.
    pub(super) fn weight_bytes(&self) -> f64 {
        let model = &self.service.model;
        let weights = self.service.weights;
        let narrow = weights.bits().get() / 8.0;
        let tp = f64::from(self.instance.tp.max(1));
        let ranks = tp * f64::from(self.instance.dp.max(1));
        let mut layers = 0.0;
        for index in &model.pattern {
            let index = usize::from(*index);
            let params = model.kind_params(index);
            let Some(kind) = model.kinds.get(index) else { continue };
            let latent = matches!(kind.mixer, Mixer::Mla(_));
            let mixer = match weights {
                WeightFormat::Mxfp4 if model.experts() > 0 => 2.0,
                WeightFormat::Nvfp4 if latent => 2.0,
                _ => narrow,
            };
            let kv = match &kind.mixer {
                Mixer::Attention(a) => tp.min(f64::from(a.kv_heads.max(1))),
                _ => 1.0,
            };
            let wide = weights == WeightFormat::Mxfp4 && model.experts() > 0;
            let ffn = if wide { 2.0 } else { narrow };
            layers += mixer * (params.heads as f64 / tp + params.kv as f64 / kv);
            layers += mixer * params.mixer_whole as f64;
            layers += ffn * params.ffn as f64 / tp + narrow * params.experts as f64 / ranks;
            layers += 2.0 * (params.router as f64 + params.norms as f64);
        }
        layers * self.stage_share() + self.table_bytes(model) / tp
    }

    /// Embedding and head: the whole of both where there is one stage, else the larger.
    fn table_bytes(&self, model: &Model) -> f64 {
        let weights = self.service.weights;
        let bytes = if weights.is_gguf() { weights.bits().get() / 8.0 } else { 2.0 };
        let params = model.params();
        let (embedding, head) = (params.embedding as f64, params.head as f64);
        let both = if self.instance.pp > 1 { embedding.max(head) } else { embedding + head };
        bytes * both + 2.0 * params.other as f64
    }

    /// Weights where attention over a latent is kept in 8 bits beside experts in 4, as some checkpoints do.
    fn least_weights(&self) -> f64 {
        let model = &self.service.model;
        let all = self.weight_bytes();
        if self.service.weights != WeightFormat::Nvfp4 {
            return all;
        }
        let tp = f64::from(self.instance.tp.max(1));
        let latent = model.pattern.iter().map(|index| {
            let params = model.kind_params(usize::from(*index));
            let kind = model.kinds.get(usize::from(*index));
            let is_latent = kind.is_some_and(|kind| matches!(kind.mixer, Mixer::Mla(_)));
            let held = params.heads as f64 / tp + params.mixer_whole as f64;
            if is_latent { held } else { 0.0 }
        });
        all - latent.sum::<f64>() * self.stage_share()
    }

    /// Activations of the largest step that the engine plans for.
    fn activation_bytes(&self) -> f64 {
        self.activations(f64::from(self.service.engine.chunk).min(8192.0))
    }

    /// Activations of a step of so many rows, and logits in 32 bits twice.
    fn activations(&self, rows: f64) -> f64 {
        let engine = &self.service.engine;
        let model = &self.service.model;
        let tp = f64::from(self.instance.tp.max(1));
        let wide = model.kinds.iter().map(|kind| match &kind.ffn {
            crate::model::Ffn::Dense(dense) => f64::from(dense.width) * 2.0,
            crate::model::Ffn::Moe(moe) => {
                f64::from(moe.width) * f64::from(moe.top_k) * 2.0 + f64::from(moe.shared_width)
            }
            crate::model::Ffn::None => 0.0,
        });
        let wide = wide.fold(0.0, f64::max) / tp;
        let copies = engine.memory.activations.get();
        let logits = f64::from(engine.sequences.min(256)) * f64::from(model.vocab) * 8.0 / tp;
        copies * rows * (2.0 * f64::from(model.hidden) + wide) * 2.0 + logits
    }
}
