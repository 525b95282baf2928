//! F4: attention and other mixers: time and kept activations of one layer on one rank for one micro-batch.
//!
//! Kept activations follow Korthikanti et al. (arXiv 2205.05198), section 4.1, tensor by tensor, for any head
//! counts; fused attention keeps its output and one number a row instead of the scores (arXiv 2205.14135).

use super::Book;
use super::kernel::{Product, Rate};
use super::network::Network;
use super::work::{Cost, Shape};
use crate::layout::ContextKind;
use crate::model::{Attention, Linear, Mixer, Mla};

/// Widths of an attention layer on one tensor-parallel rank.
#[derive(Clone, Copy)]
struct Widths {
    /// Query heads.
    heads: f64,
    /// Key and value heads, at least one.
    kv_heads: f64,
    /// Width of a query or key head.
    qk: f64,
    /// Width of a value head.
    v: f64,
    /// Tokens that a query attends to, on average.
    reach: f64,
}

impl Book<'_> {
    /// Cost of the mixer of layer kind `mixer`; the norm before it and the residual are included.
    pub(crate) fn mixer(&self, mixer: &Mixer, shape: &Shape, kind: ContextKind) -> Cost {
        match mixer {
            Mixer::Attention(attention) => self.attention(attention, shape, kind),
            Mixer::Mla(mla) => self.mla(mla, shape, kind),
            Mixer::Linear(linear) => self.linear_mixer(linear, shape),
            Mixer::None => Cost::default(),
        }
    }

    fn attention(&self, attention: &Attention, shape: &Shape, kind: ContextKind) -> Cost {
        let widths = Widths {
            heads: f64::from(attention.heads) / shape.tp,
            kv_heads: (f64::from(attention.kv_heads) / shape.tp).max(1.0),
            qk: f64::from(attention.head_dim),
            v: f64::from(attention.v_head_dim),
            reach: self.reach(attention.window),
        };
        let gate = if attention.output_gate { 2.0 } else { 1.0 };
        let values = if attention.values_are_keys { 0.0 } else { widths.v };
        let qkv = gate * widths.heads * widths.qk + widths.kv_heads * (widths.qk + values);
        let out = widths.heads * widths.v;
        let mut cost = Cost::default();
        self.add_projection(&mut cost, Product::new(shape.tokens, qkv, self.hidden));
        self.add_projection(&mut cost, Product::new(shape.tokens, self.hidden, out));
        self.add_core(&mut cost, &widths, shape, kind);
        let projected = widths.heads * widths.qk + widths.kv_heads * (widths.qk + widths.v);
        let inner = 2.0 * shape.tokens * projected + self.core_output(&widths, shape);
        // Of four products, those of the keys and of the output are made again.
        let keys = if self.products_again { widths.kv_heads * widths.qk } else { 0.0 };
        self.add_kept(&mut cost, shape, inner, 2.0 * shape.tokens * keys);
        self.add_again(&mut cost, Product::new(shape.tokens, keys, self.hidden));
        self.add_again(&mut cost, Product::new(shape.tokens, self.hidden, out));
        self.add_pointwise(&mut cost, shape);
        self.add_launches(&mut cost, 0.0);
        cost
    }

    /// Bytes kept of what attention puts out: the input of the output projection, and with fused attention one
    /// 32-bit number for each row of scores.
    fn core_output(&self, widths: &Widths, shape: &Shape) -> f64 {
        let rows = shape.tokens * widths.heads;
        rows * (widths.v * self.inputs.mixer_last + if self.fused { 4.0 } else { 0.0 })
    }

    /// Multi-head latent attention as trained: keys and values are rebuilt for every head (arXiv 2405.04434,
    /// equations 9 to 19).
    fn mla(&self, mla: &Mla, shape: &Shape, kind: ContextKind) -> Cost {
        let heads = f64::from(mla.heads) / shape.tp;
        let qk = f64::from(mla.qk_nope) + f64::from(mla.qk_rope);
        let v = f64::from(mla.v_head_dim);
        let rank = f64::from(mla.kv_rank);
        let t = shape.tokens;
        let reach = self.reach(None);
        let reach = mla.sparse_top_k.map_or(reach, |top_k| reach.min(f64::from(top_k)));
        let widths = Widths { heads, kv_heads: heads, qk, v, reach };
        let mut cost = Cost::default();
        let mut narrow = rank + f64::from(mla.qk_rope);
        match mla.q_rank {
            Some(q_rank) => {
                let q_rank = f64::from(q_rank);
                narrow += q_rank;
                self.add_projection(&mut cost, Product::new(t, heads * qk, q_rank));
            }
            None => self.add_projection(&mut cost, Product::new(t, heads * qk, self.hidden)),
        }
        self.add_projection(&mut cost, Product::new(t, narrow, self.hidden));
        let up = heads * (f64::from(mla.qk_nope) + v);
        self.add_projection(&mut cost, Product::new(t, up, rank));
        self.add_projection(&mut cost, Product::new(t, self.hidden, heads * v));
        self.add_core(&mut cost, &widths, shape, kind);
        // Up-projected queries, keys and values can be made again from the narrow vectors.
        let wide = 2.0 * t * (2.0 * heads * qk + heads * v);
        let inner = 2.0 * t * narrow + wide + self.core_output(&widths, shape);
        self.add_kept(&mut cost, shape, inner, wide);
        if self.fused {
            cost.selective += self.kernels.linear.time(Product::new(t, up, rank));
            if let Some(q_rank) = mla.q_rank {
                let product = Product::new(t, heads * qk, f64::from(q_rank));
                cost.selective += self.kernels.linear.time(product);
            }
        }
        self.add_pointwise(&mut cost, shape);
        self.add_launches(&mut cost, 0.0);
        cost
    }

    /// A linear-time mixer: two projections and a scan that streams its state.
    fn linear_mixer(&self, linear: &Linear, shape: &Shape) -> Cost {
        let (input, output) =
            (f64::from(linear.in_width) / shape.tp, f64::from(linear.out_width) / shape.tp);
        let t = shape.tokens;
        let mut cost = Cost::default();
        self.add_projection(&mut cost, Product::new(t, input, self.hidden));
        self.add_projection(&mut cost, Product::new(t, self.hidden, output));
        // Chunked scans (arXiv 2405.21060, section 6): about six operations an element of state and token.
        let state = f64::from(linear.heads) / shape.tp * f64::from(linear.state_per_head);
        let scan = 6.0 * t * state;
        cost.forward.attention += self.kernels.attention_forward(scan, 128.0);
        cost.backward.attention += self.kernels.attention_backward(2.5 * scan, 128.0);
        let inner = 2.0 * t * (2.0 * input + output) + self.inputs.mixer_last * t * output;
        self.add_kept(&mut cost, shape, inner, 0.0);
        self.add_pointwise(&mut cost, shape);
        self.add_launches(&mut cost, 0.0);
        cost
    }

    /// Tokens that a query attends to, on average: half the sequence when causal, less with a window
    /// (`w - w^2 / 2s`); unfused attention computes and masks the whole square.
    fn reach(&self, window: Option<u32>) -> f64 {
        let s = self.sequence;
        if !self.fused {
            return s;
        }
        let window = window.map_or(s, |w| f64::from(w).min(s));
        if self.causal { window * (1.0 - window / (2.0 * s)) } else { window }
    }

    /// Time of the gradient of the weights of a product, where they are trained.
    pub(super) fn weight_time(&self, rate: &Rate, product: Product) -> f64 {
        if self.adapter_rank.is_some() { 0.0 } else { rate.time(product.weight_gradient()) }
    }

    /// A product of a mixer, with its adapter where it has one.
    fn add_projection(&self, cost: &mut Cost, product: Product) {
        self.add_product(cost, product);
        self.add_adapter(cost, product);
    }

    /// Adapters beside a product: down to their rank and up again, and the gradients of both.
    fn add_adapter(&self, cost: &mut Cost, product: Product) {
        let Some(rank) = self.adapter_rank else {
            return;
        };
        let rank = f64::from(rank);
        let rate = &self.kernels.wide;
        let time =
            rate.time(Product { n: rank, ..product }) + rate.time(Product { k: rank, ..product });
        // The result is added to that of the product: two arrays read, one written.
        let sum = self.kernels.stream(3.0 * 2.0 * product.m * product.n);
        cost.forward.matmul += time + sum;
        cost.backward.matmul += 2.0 * time + sum;
    }

    /// What selective recompute takes for a product that it makes again, where the stack's does.
    pub(super) fn add_again(&self, cost: &mut Cost, product: Product) {
        if self.products_again {
            cost.selective += self.kernels.linear.time(product);
        }
    }

    /// Forward and backward time of one product.
    pub(super) fn add_product(&self, cost: &mut Cost, product: Product) {
        let rate = &self.kernels.linear;
        let weight = self.weight_time(&self.kernels.gradient, product);
        cost.forward.matmul += rate.time(product);
        cost.backward.matmul += rate.time(product.input_gradient()) + weight;
        cost.weight += weight;
        self.add_casts(cost, product);
    }

    /// Casts of a narrow product's operands: its input forward, the gradient of its output backward, read in 16 bits
    /// and written for both passes.
    pub(super) fn add_casts(&self, cost: &mut Cost, product: Product) {
        let Product { m, n, k, groups } = product;
        cost.forward.pointwise += self.kernels.stream(self.cast_bytes * groups * m * k);
        cost.backward.pointwise += self.kernels.stream(self.cast_bytes * groups * m * n);
    }

    /// Scores, softmax and weighted values: two products forward, five backward when fused (arXiv 2307.08691,
    /// section 3.1), four when not; and the exchange of keys and values.
    fn add_core(&self, cost: &mut Cost, widths: &Widths, shape: &Shape, kind: ContextKind) {
        let pairs = widths.heads * shape.tokens * widths.reach;
        let flops = 2.0 * pairs * (widths.qk + widths.v);
        let head = widths.qk.min(widths.v);
        if self.fused {
            cost.forward.attention += self.kernels.attention_forward(flops, head);
            cost.backward.attention += self.kernels.attention_backward(2.5 * flops, head);
        } else {
            self.add_unfused(cost, widths, shape, pairs);
        }
        self.add_context(cost, widths, shape, kind);
    }

    /// Attention that writes its scores: the products, and streaming them through softmax and dropout.
    ///
    /// Kept: softmax output and, with dropout, its mask and result: `5 a s^2 b` (arXiv 2205.05198, 4.1).
    fn add_unfused(&self, cost: &mut Cost, widths: &Widths, shape: &Shape, pairs: f64) {
        let rate = &self.kernels.wide;
        let groups = pairs / (self.sequence * self.sequence / shape.cp);
        let (rows, s) = (self.sequence / shape.cp, self.sequence);
        let scores = Product { m: rows, n: s, k: widths.qk, groups };
        let values = Product { m: rows, n: widths.v, k: s, groups };
        let products = rate.time(scores) + rate.time(values);
        // Scores written and read by softmax, its result written and read: 8 bytes an element; a mask and its
        // result with dropout: 5 more. Backward reads and writes them again.
        let passes = if self.dropout { 13.0 } else { 8.0 };
        let softmax = self.kernels.stream(pairs * passes);
        cost.forward.attention += products + softmax;
        cost.backward.attention += 2.0 * products + softmax;
        let kept = pairs * if self.dropout { 5.0 } else { 2.0 };
        cost.kept += kept;
        cost.selective += products + softmax;
    }

    /// Context parallelism: keys and values of the other ranks, or heads for tokens.
    fn add_context(&self, cost: &mut Cost, widths: &Widths, shape: &Shape, kind: ContextKind) {
        if shape.cp <= 1.0 {
            return;
        }
        let extent = self.network.line(shape.tp as u64, shape.cp as u64);
        let block = 2.0 * shape.tokens * widths.kv_heads * (widths.qk + widths.v);
        match kind {
            ContextKind::Ring => {
                let time = |bytes| self.network.pass(&extent, bytes, shape.cp - 1.0);
                cost.forward.context += time(block);
                cost.backward.context += time(2.0 * block);
            }
            ContextKind::Gather => {
                let time = self.network.gather(&extent, block * shape.cp);
                cost.forward.context += time;
                cost.backward.context += 2.0 * time;
            }
            ContextKind::Ulysses => {
                let heads = widths.heads * (widths.qk + widths.v);
                let kv = (widths.kv_heads.max(shape.cp.min(widths.heads))) * (widths.qk + widths.v);
                let bytes = 2.0 * shape.tokens * (heads + kv);
                let time = self.network.exchange(&extent, bytes);
                cost.forward.context += time;
                cost.backward.context += time;
            }
        }
    }

    /// What the mixer keeps: norm input and output, `inner` bytes between the projections (of which
    /// `again` can be made again), the input of the output projection, a dropout mask.
    fn add_kept(&self, cost: &mut Cost, shape: &Shape, inner: f64, again: f64) {
        let residual = 2.0 * shape.tokens_split * self.hidden;
        let norm = (self.inputs.mixer + self.eager_norm_bytes) * shape.tokens_split * self.hidden;
        let mask = if self.dropout { shape.tokens_split * self.hidden } else { 0.0 };
        let kept = residual + norm + inner + mask;
        cost.kept += kept;
        cost.kept_selective += if self.fused { kept - norm - again } else { kept };
        cost.kept_checkpoint += residual;
        if self.fused {
            cost.selective += self.kernels.stream(2.0 * residual);
        }
    }

    /// Half a layer's norm, rotary embedding, residual and dropout, by the stack's passes.
    pub(super) fn add_pointwise(&self, cost: &mut Cost, shape: &Shape) {
        let bytes = 0.5 * self.pointwise_passes * 2.0 * shape.tokens_split * self.hidden;
        let time = self.kernels.stream(bytes);
        for (pass, times) in [(&mut cost.forward, 1.0), (&mut cost.backward, 2.0)] {
            pass.pointwise += times * time;
            pass.tensor += shape.tensor_round;
        }
    }

    /// Starts the kernels of half a layer, twice as many backward; and `stalled` more that nothing runs beside,
    /// because the host waits for the accelerator before it can start them.
    pub(super) fn add_launches(&self, cost: &mut Cost, stalled: f64) {
        let n = 0.5 * self.kernels_per_layer;
        let stall = self.kernels.stall(stalled);
        // What is not made again saves nothing where the host sets the pace.
        cost.last = cost.last.min(self.kernels.ahead(n, cost.forward.busy()));
        for (pass, times) in [(&mut cost.forward, 1.0), (&mut cost.backward, 2.0)] {
            let (gaps, wait) = self.kernels.launches(times * n, pass.busy());
            pass.launch = gaps + wait + times * stall;
            pass.wait = wait;
        }
    }

    /// One gather and one reduce-scatter of the hidden states over the tensor-parallel group; without sequence
    /// parallelism an all-reduce, which moves the same bytes within a machine (arXiv 2205.05198, section 4.2.2).
    pub(super) fn tensor_round(&self, tp: u32, sequence: bool, tokens: f64) -> f64 {
        if tp <= 1 {
            return 0.0;
        }
        let extent = self.network.line(1, u64::from(tp));
        let toll = if sequence { Network::gathering } else { Network::summing };
        2.0 * toll(&self.network, &extent).time(2.0 * tokens * self.hidden)
    }
}
