//! What one step of serving does on one accelerator, operation by operation.
//!
//! A step takes decoding sequences and prompt tokens together. Every operation is listed once for each kind of layer,
//! with how often it is done; counting and timing walk the same list.

use super::kernels;
use crate::model::{Attention, Ffn, LayerKind, Linear, Mixer, Mla, Model, Moe, WeightPart};
use crate::serving::{Held, Instance, ProductFormat, Service};

/// Bytes that pass for one score where attention is not fused: written in 32 bits, read and written by the softmax, read
/// and written in 16 bits, read for the values (llama.cpp ggml-cuda.cu of 2024-05).
const SCORE_BYTES: f64 = 20.0;

/// Variance of the popularity of experts over their mean squared, where no bias evens it out while a model is trained
/// (arXiv 2408.15664): of Qwen3-30B-A3B on prose, code and mathematics 51 % of the experts take 90 % of the tokens and the
/// entropy is 11 % below that of even shares; a gamma distribution of 1.3 has about both (53 %, 11 %). On one language alone 1.9
/// (mcp-tool-shop-org/gpu-container, handbook, routing measured by llama-imatrix, 2026).
const POPULARITY: f64 = 1.3;
/// Experts up to which they take about even shares, bias or none: Mixtral's eight 0.08 to 0.18 of the tokens, whose mean is
/// 0.125 (arXiv 2401.04088, figure 7).
const EVEN_EXPERTS: u32 = 16;

/// What one step works on, over the whole instance.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Load {
    /// Sequences that decode.
    pub decode: f64,
    /// Tokens of cache that each of them reads.
    pub context: f64,
    /// Rows that each of them brings: one, and one for each guess.
    pub rows: f64,
    /// Prompt tokens.
    pub prompt: f64,
    /// Attention groups that read prompts: each prompt is one group's.
    pub readers: f64,
    /// Tokens that each prompt token attends to, on the mean.
    pub reach: f64,
    /// Prompts that end in this step and need logits.
    pub ended: f64,
}

impl Load {
    /// One of `n` equal parts of it.
    pub(super) fn over(&self, n: f64) -> Self {
        Self { decode: self.decode / n, prompt: self.prompt / n, ended: self.ended / n, ..*self }
    }
}

/// How the attention over a latent cache is counted (MLA).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LatentForm {
    /// Decoding works on the latent itself, the up-projections moved to query and output (DeepSeek-V2, arXiv
    /// 2405.04434, section 2.1.2).
    Absorbed,
    /// Keys and values count as rebuilt, as vLLM's analytic model has it.
    Rebuilt,
}

/// Where an operation counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ServePart {
    /// Products of attention, dense layers, shared experts and router.
    Products,
    /// Attention over cache and prompts, recurrent states.
    Attention,
    /// Routed experts.
    Experts,
    /// The output head.
    Head,
    /// Norms, residuals and activations: reads and writes of activations.
    Pointwise,
    /// Collectives of tensor and expert parallelism, sends between stages.
    Network,
    /// Fixed time of kernels on the accelerator.
    Kernels,
    /// Time in which the accelerator waits for its host.
    Host,
}

impl ServePart {
    /// All, in order.
    pub const ALL: [Self; 8] = [
        Self::Products,
        Self::Attention,
        Self::Experts,
        Self::Head,
        Self::Pointwise,
        Self::Network,
        Self::Kernels,
        Self::Host,
    ];
}

/// One operation of one layer on one accelerator.
#[derive(Clone, Copy, Debug)]
pub(super) enum Op {
    /// `groups` products of `m x k` by `k x n`, weights of `bits` each.
    Product { m: f64, n: f64, k: f64, groups: f64, bits: f64, format: ProductFormat },
    /// Attention of prompt tokens.
    Prompt { flops: f64, reach: f64 },
    /// Prompt tokens that pass a recurrence one after another, those of all prompts of a step.
    Scan { tokens: f64 },
    /// Attention of decoding sequences.
    Decode { flops: f64, bytes: f64 },
    /// Activations read and written.
    Pass { bytes: f64 },
    /// An all-reduce of that many bytes over the tensor-parallel ranks.
    Reduce { bytes: f64 },
    /// Each rank sends its rows of that many bytes in all to the ranks that hold the `top` experts of each; `gathered`
    /// is what all of them hold together.
    Exchange { bytes: f64, top: f64, gathered: f64 },
    /// Kernels on the accelerator, and how many the host starts where no graph is replayed.
    Kernels { n: f64, started: f64 },
}

/// Rows of a step as one accelerator sees them.
#[derive(Clone, Copy, Debug)]
struct Rows {
    /// Decoding sequences, and all their rows.
    sequences: f64,
    decode: f64,
    prompt: f64,
    all: f64,
    /// Rows of all attention groups together.
    everywhere: f64,
}

/// The shape of a service on an instance.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape<'a> {
    pub service: &'a Service,
    pub instance: Instance,
    pub form: LatentForm,
    /// Layers of each kind.
    pub layers: &'a [f64],
    /// What each part of the weights lies in.
    pub held: Held,
}

/// Layers of each kind of a model.
pub(super) fn layers(model: &Model) -> Vec<f64> {
    let of = |kind| model.pattern.iter().filter(|at| usize::from(**at) == kind).count() as f64;
    (0..model.kinds.len()).map(of).collect()
}

impl Shape<'_> {
    /// Calls `see` with every operation of the step and how often it is done.
    pub(super) fn each(&self, load: &Load, see: &mut dyn FnMut(ServePart, Op, f64)) {
        let model = &self.service.model;
        let rows = self.rows(load);
        for (kind, &layers) in model.kinds.iter().zip(self.layers) {
            if layers > 0.0 {
                self.mixer(kind, load, &rows, &mut |part, op| see(part, op, layers));
                self.ffn(kind, &rows, &mut |part, op| see(part, op, layers));
            }
        }
        self.head(load, &rows, &mut |part, op| see(part, op, 1.0));
    }

    fn rows(&self, load: &Load) -> Rows {
        let dp = f64::from(self.instance.dp.max(1));
        // Attention groups step together: the fullest one decides.
        let sequences = if dp > 1.0 { (load.decode / dp).ceil() } else { load.decode };
        let readers = load.readers.max(1.0).min(dp);
        let (decode, prompt) = (sequences * load.rows.max(1.0), load.prompt / readers);
        let everywhere = load.decode * load.rows.max(1.0) + load.prompt;
        Rows { sequences, decode, prompt, all: decode + prompt, everywhere }
    }

    fn tp(&self) -> f64 {
        f64::from(self.instance.tp.max(1))
    }

    fn share(&self, n: u32) -> f64 {
        (f64::from(n) / self.tp()).ceil()
    }

    /// Bits of the weights of a part, and number format of products with them.
    fn format(&self, part: WeightPart) -> (f64, ProductFormat) {
        let (bits, product) = self.held.of(part);
        (bits.get(), product)
    }

    fn product(m: f64, n: f64, k: f64, (bits, format): (f64, ProductFormat)) -> Op {
        Op::Product { m, n, k, groups: 1.0, bits, format }
    }

    fn mixer(
        &self,
        kind: &LayerKind,
        load: &Load,
        rows: &Rows,
        see: &mut dyn FnMut(ServePart, Op),
    ) {
        match &kind.mixer {
            Mixer::Attention(attention) => self.attention(attention, load, rows, see),
            Mixer::Mla(mla) => self.latent(mla, load, rows, see),
            Mixer::Linear(linear) => self.linear(linear, rows, see),
            Mixer::None => return,
        }
        self.reduce(rows, see);
    }

    fn attention(
        &self,
        a: &Attention,
        load: &Load,
        rows: &Rows,
        see: &mut dyn FnMut(ServePart, Op),
    ) {
        let hidden = f64::from(self.service.model.hidden);
        let kv = super::memory::held_heads(self.service, &self.instance, a.kv_heads);
        let heads = self.share(a.heads);
        let (d, v) = (f64::from(a.head_dim), f64::from(a.v_head_dim));
        let query = heads * d * if a.output_gate { 2.0 } else { 1.0 };
        let values = if a.values_are_keys { 0.0 } else { kv * v };
        let [into, out] = [WeightPart::Attention, WeightPart::Output].map(|part| self.format(part));
        let into = Self::product(rows.all, query + kv * d + values, hidden, into);
        see(ServePart::Products, into);
        see(ServePart::Products, Self::product(rows.all, hidden, heads * v, out));
        let window = a.window.map_or(f64::INFINITY, f64::from);
        let each = heads * 2.0 * (d + v);
        if rows.prompt > 0.0 {
            let reach = load.reach.min(window);
            let flops = rows.prompt * reach * each;
            see(ServePart::Attention, Op::Prompt { flops, reach });
            if !self.service.engine.fused {
                let bytes = rows.prompt * reach * heads * SCORE_BYTES;
                see(ServePart::Attention, Op::Pass { bytes });
            }
        }
        if rows.sequences > 0.0 {
            let context = load.context.min(window);
            let cached = kv * (d + values / kv);
            let bytes = rows.sequences * context * cached * self.cache_bytes();
            see(ServePart::Attention, Op::Decode { flops: rows.decode * context * each, bytes });
        }
    }

    fn cache_bytes(&self) -> f64 {
        self.service.cache.bits().get() / 8.0
    }

    fn latent(&self, m: &Mla, load: &Load, rows: &Rows, see: &mut dyn FnMut(ServePart, Op)) {
        let hidden = f64::from(self.service.model.hidden);
        let heads = self.share(m.heads);
        let [rank, nope, rope, v] = [m.kv_rank, m.qk_nope, m.qk_rope, m.v_head_dim].map(f64::from);
        let [format, out] =
            [WeightPart::Attention, WeightPart::Output].map(|part| self.format(part));
        let mut product = |m, n, k| see(ServePart::Products, Self::product(m, n, k, format));
        let query_in = m.q_rank.map_or(hidden, f64::from);
        if m.q_rank.is_some() {
            product(rows.all, query_in, hidden);
        }
        product(rows.all, rank + rope, hidden);
        product(rows.all, heads * (nope + rope), query_in);
        // Up-projections of keys and values: of the latent (rebuilt), or of query and output (absorbed); the same
        // weights and the same operations a row.
        product(rows.all, heads * (nope + v), rank);
        see(ServePart::Products, Self::product(rows.all, hidden, heads * v, out));
        let most = m.sparse_top_k.map_or(f64::INFINITY, f64::from);
        let rebuilt = heads * 2.0 * (nope + rope + v);
        if rows.prompt > 0.0 {
            let reach = load.reach.min(most);
            let flops = rows.prompt * reach * rebuilt;
            see(ServePart::Attention, Op::Prompt { flops, reach });
        }
        if rows.sequences > 0.0 {
            let context = load.context.min(most);
            let each = match self.form {
                LatentForm::Absorbed => heads * 2.0 * (2.0 * rank + rope),
                LatentForm::Rebuilt => rebuilt,
            };
            let bytes = rows.sequences * context * (rank + rope) * self.cache_bytes();
            see(ServePart::Attention, Op::Decode { flops: rows.decode * context * each, bytes });
        }
    }

    fn linear(&self, linear: &Linear, rows: &Rows, see: &mut dyn FnMut(ServePart, Op)) {
        let hidden = f64::from(self.service.model.hidden);
        let format = self.format(WeightPart::Linear);
        let (into, out) = (self.share(linear.in_width), self.share(linear.out_width));
        see(ServePart::Products, Self::product(rows.all, into, hidden, format));
        see(ServePart::Products, Self::product(rows.all, hidden, out, format));
        let state = self.share(linear.heads) * f64::from(linear.state_per_head);
        // The state is kept in 32 bits, read and written once a token; prompts go in chunks that touch it by products
        // (decay, update, read-out: three multiply-adds an element).
        let flops = 6.0 * state;
        if rows.prompt > 0.0 {
            see(ServePart::Attention, Op::Prompt { flops: rows.prompt * flops, reach: 64.0 });
            see(ServePart::Attention, Op::Scan { tokens: rows.prompt });
        }
        if rows.sequences > 0.0 {
            let bytes = rows.sequences * state * 8.0;
            see(ServePart::Attention, Op::Decode { flops: rows.decode * flops, bytes });
        }
    }

    fn reduce(&self, rows: &Rows, see: &mut dyn FnMut(ServePart, Op)) {
        if self.instance.tp > 1 {
            let bytes = rows.all * f64::from(self.service.model.hidden) * 2.0;
            see(ServePart::Network, Op::Reduce { bytes });
        }
    }

    fn ffn(&self, kind: &LayerKind, rows: &Rows, see: &mut dyn FnMut(ServePart, Op)) {
        let hidden = f64::from(self.service.model.hidden);
        // Of a layer: residual and norm read and written twice.
        let mut passed = 8.0 * hidden;
        match &kind.ffn {
            Ffn::Dense(dense) => {
                let width = self.share(dense.width);
                let into = if dense.gated { 2.0 * width } else { width };
                let format = self.format(WeightPart::Dense);
                see(ServePart::Products, Self::product(rows.all, into, hidden, format));
                see(ServePart::Products, Self::product(rows.all, hidden, width, format));
                passed += into + width;
                self.reduce(rows, see);
            }
            Ffn::Moe(moe) => {
                passed += self.experts(moe, rows, see);
            }
            Ffn::None => {}
        }
        see(ServePart::Pointwise, Op::Pass { bytes: rows.all * passed * 2.0 });
        let (n, started) = kernels::of_layer(
            kind,
            self.service.model.hidden,
            &self.service.engine,
            &self.held,
            &self.instance,
        );
        see(ServePart::Kernels, Op::Kernels { n, started });
    }

    /// Router, shared and routed experts; returns the numbers that pointwise work passes for a row.
    fn experts(&self, moe: &Moe, rows: &Rows, see: &mut dyn FnMut(ServePart, Op)) -> f64 {
        let hidden = f64::from(self.service.model.hidden);
        let (experts, top) = (f64::from(moe.experts.max(1)), f64::from(moe.top_k));
        let router = Self::product(rows.all, experts, hidden, (16.0, ProductFormat::Wide));
        see(ServePart::Products, router);
        let beside = moe.shared_width + moe.dense_width;
        let into = if moe.gated { 2.0 } else { 1.0 };
        if beside > 0 {
            let (width, format) = (self.share(beside), self.format(WeightPart::Shared));
            see(ServePart::Products, Self::product(rows.all, into * width, hidden, format));
            see(ServePart::Products, Self::product(rows.all, hidden, width, format));
        }
        let ranks = f64::from(self.instance.tp.max(1)) * f64::from(self.instance.dp.max(1));
        let ep = f64::from(self.instance.ep.max(1)).min(ranks);
        let width = (f64::from(moe.width) * ep / ranks).ceil();
        let inner = moe.latent.map_or(hidden, f64::from);
        let chance = (top / experts).min(1.0);
        // Copies share the tokens of their expert.
        let held = f64::from(moe.held_by(ep as u32).max(1));
        let share = touched(chance * experts / (held * ep).max(experts), rows.everywhere, moe);
        // Ranks wait for the one to which chance gives most rows; that it gives that one more experts as well is not
        // counted.
        let most = unlucky(ep);
        let touched = held * share;
        let busiest = 1.0 + (self.service.engine.imbalance.get() - 1.0) * (1.0 - 1.0 / ep);
        let routed = rows.everywhere * top / ep;
        let routed = routed * busiest + most * routed.sqrt();
        if touched > 0.0 {
            let m = routed / touched;
            let (bits, format) = self.format(WeightPart::Routed);
            let mut grouped = |n, k| {
                let op = Op::Product { m, n, k, groups: touched, bits, format };
                see(ServePart::Experts, op);
            };
            grouped(into * width, inner);
            grouped(inner, width);
        }
        if self.instance.dp > 1 {
            let sent = rows.all * inner;
            let dispatch = f64::from(self.service.engine.dispatch_bytes);
            let gathered = rows.everywhere * hidden;
            for bytes in [dispatch, 2.0] {
                let (bytes, gathered) = (sent * bytes, gathered * bytes);
                let op = Op::Exchange { bytes, top, gathered };
                see(ServePart::Network, op);
            }
        } else {
            self.reduce(rows, see);
        }
        into * self.share(beside) + routed / rows.all.max(1.0) * (into + 1.0) * width + top * inner
    }

    fn head(&self, load: &Load, rows: &Rows, see: &mut dyn FnMut(ServePart, Op)) {
        let model = &self.service.model;
        let (hidden, vocab) = (f64::from(model.hidden), self.share(model.vocab));
        let ended = load.ended / f64::from(self.instance.dp.max(1));
        let (bits, _) = self.format(WeightPart::Head);
        let logits = rows.decode + ended;
        if logits > 0.0 {
            let op = Self::product(logits, vocab, hidden, (bits, ProductFormat::Wide));
            see(ServePart::Head, op);
            if self.instance.tp > 1 {
                see(ServePart::Network, Op::Reduce { bytes: logits * vocab * 2.0 });
            }
        }
        see(ServePart::Pointwise, Op::Pass { bytes: rows.all * hidden * 2.0 * 2.0 });
    }
}

/// Share of the experts that some token of `tokens` visits, each token an expert with `chance` on the mean.
///
/// Tokens leave an expert of popularity `w` alone with `exp(-w l)`, `l = -tokens ln(1 - chance)`; over popularities that
/// follow a gamma distribution of mean 1 and variance `c` that is `(1 + c l)^(-1/c)`, and `(1 - chance)^tokens` where all
/// are alike. One token visits as many as it is sent to.
fn touched(chance: f64, tokens: f64, moe: &Moe) -> f64 {
    let few = -tokens * libm::log(1.0 - chance.min(0.999_999));
    let idle = if moe.has_router_bias() || moe.experts <= EVEN_EXPERTS {
        libm::exp(-few)
    } else {
        libm::pow(1.0 + POPULARITY * few, -1.0 / POPULARITY)
    };
    (1.0 - idle).max(chance * tokens.min(1.0))
}

/// Standard deviations by which the largest of `n` draws lies above the mean: about 0.7 of the bound `sqrt(2 ln n)` for
/// 4 to 64 normal draws (1.03, 1.42, 1.77, 2.07, 2.34; Harter 1961, table 1).
fn unlucky(n: f64) -> f64 {
    if n > 1.0 { 0.7 * (2.0 * libm::log(n)).sqrt() } else { 0.0 }
}
