//! F4: feed-forward networks and experts: time and kept activations of one layer on one rank for one
//! micro-batch.

use super::Book;
use super::kernel::Product;
use super::network::{Extent, Network};
use super::work::{Cost, Shape};
use crate::model::{Ffn, Moe};

/// What the routed experts of one rank work on.
struct Held {
    /// Tokens, each counted once for each expert here that it visits.
    tokens: f64,
    /// Width of a token.
    inner: f64,
    /// Width of an expert on this rank.
    width: f64,
    /// Matrices into the expert: two when gated.
    ups: f64,
}

impl Held {
    /// Without sequence parallelism every tensor-parallel rank holds all tokens; each sends its share.
    fn new(book: &Book<'_>, shape: &Shape, moe: &Moe) -> Self {
        Self {
            tokens: shape.tokens / shape.tp * f64::from(moe.top_k) * shape.etp * book.imbalance,
            inner: moe.latent.map_or(book.hidden, f64::from),
            width: f64::from(moe.width) / shape.etp,
            ups: if moe.gated { 2.0 } else { 1.0 },
        }
    }

    /// Columns and inner length of the products into an expert and out of it.
    const fn products(&self) -> [(f64, f64); 2] {
        [(self.ups * self.width, self.inner), (self.inner, self.width)]
    }
}

impl Book<'_> {
    /// Cost of the feed-forward part; the norm before it and the residual are included.
    pub(crate) fn ffn(&self, ffn: &Ffn, shape: &Shape) -> Cost {
        let mut cost = Cost::default();
        match ffn {
            Ffn::None => return cost,
            Ffn::Dense(dense) => {
                self.add_dense(&mut cost, shape, f64::from(dense.width), dense.gated);
                self.add_ffn_kept(&mut cost, shape);
                self.add_pointwise(&mut cost, shape);
                self.add_launches(&mut cost, 0.0);
            }
            Ffn::Moe(moe) => {
                self.add_router(&mut cost, shape, moe);
                self.add_experts(&mut cost, shape, moe);
                self.add_beside_experts(&mut cost, shape, moe);
                let held = (f64::from(moe.experts) / shape.ep).max(1.0);
                self.add_launches(&mut cost, self.kernels_of_experts(moe, held));
            }
        }
        cost
    }

    /// At most the cost of a layer of experts under any split of them: products at the top of their curve,
    /// exchanges free. Only the work counts, not the kept bytes.
    pub(crate) fn least_moe(&self, moe: &Moe, shape: &Shape) -> Cost {
        let mut cost = Cost::default();
        let whole = Shape { etp: 1.0, ..*shape };
        self.add_router(&mut cost, &whole, moe);
        let held = Held::new(self, &whole, moe);
        let matrices = if moe.gated { 3.0 } else { 2.0 };
        let flops = 2.0 * held.tokens * held.inner * f64::from(moe.width) * matrices;
        let time = self.kernels.linear.ideal(flops);
        cost.forward.experts = time;
        let weight = self.kernels.gradient.ideal(flops);
        cost.backward.experts = time + if self.adapter_rank.is_some() { 0.0 } else { weight };
        for (n, k) in held.products() {
            let product = Product { m: held.tokens, n, k, groups: 1.0 };
            self.add_casts(&mut cost, product);
        }
        self.add_held(&mut cost, &held);
        self.add_beside_experts(&mut cost, &whole, moe);
        self.add_launches(&mut cost, self.kernels_of_experts(moe, 1.0));
        cost
    }

    /// Kernels that a layer of experts starts after it has read back how many tokens each expert gets.
    fn kernels_of_experts(&self, moe: &Moe, held: f64) -> f64 {
        let profile = &self.case.stack.profile;
        profile.kernels_per_moe.get()
            + profile.kernels_per_expert.get() * held
            + profile.kernels_per_chunk.get() * f64::from(moe.experts)
    }

    /// What every token meets in a layer of experts, whatever their split.
    fn add_beside_experts(&self, cost: &mut Cost, shape: &Shape, moe: &Moe) {
        self.add_ffn_kept(cost, shape);
        let whole = f64::from(moe.shared_width) + f64::from(moe.dense_width);
        self.add_pointwise(cost, shape);
        if whole > 0.0 {
            self.add_dense(cost, shape, whole, moe.gated);
        } else {
            // Only shared experts need the gathered tokens: routed ones leave from where they are.
            cost.forward.tensor = 0.0;
            cost.backward.tensor = 0.0;
        }
    }

    /// One network that every token uses, split by width.
    fn add_dense(&self, cost: &mut Cost, shape: &Shape, width: f64, gated: bool) {
        let width = width / shape.tp;
        let ups = if gated { 2.0 } else { 1.0 };
        self.add_product(cost, Product::new(shape.tokens, ups * width, self.hidden));
        let last = Product::new(shape.tokens, self.hidden, width);
        self.add_product(cost, last);
        if self.stops_early {
            cost.last += self.kernels.linear.time(last);
        }
        self.add_activation(cost, shape.tokens, ups * width, width);
        if self.products_again && gated {
            // Of three products, the second; the output of the third is kept in place of the block's input.
            self.add_again(cost, Product::new(shape.tokens, width, self.hidden));
            cost.kept_selective -= self.linear_bytes * shape.tokens * width;
        }
    }

    /// The activation function between the products: its input and output are kept, or its output made again.
    fn add_activation(&self, cost: &mut Cost, tokens: f64, input: f64, output: f64) {
        let passes = self.pointwise_ffn_passes * 2.0 * tokens * (input + output);
        let time = self.kernels.stream(passes);
        cost.forward.pointwise += time;
        cost.backward.pointwise += 2.0 * time;
        let before = 2.0 * tokens * input;
        let gate = if self.eager_norm_bytes > 0.0 { 2.0 * (input - output) } else { 0.0 };
        let after = tokens * (self.inputs.ffn * output + gate);
        cost.kept += before + after;
        // Narrow runs that make the output again keep the input in 8 bits (arXiv 2412.19437, section 3.3.3).
        let narrowed = self.linear_bytes * tokens * input;
        cost.kept_selective += if self.fused { narrowed } else { before + after };
        if self.fused {
            cost.selective += time;
        }
    }

    /// Norm input and output, and a dropout mask.
    fn add_ffn_kept(&self, cost: &mut Cost, shape: &Shape) {
        let residual = 2.0 * shape.tokens_split * self.hidden;
        let norm = (self.inputs.ffn + self.eager_norm_bytes) * shape.tokens_split * self.hidden;
        let mask = if self.dropout { shape.tokens_split * self.hidden } else { 0.0 };
        cost.kept += residual + norm + mask;
        cost.kept_selective += residual + mask + if self.fused { 0.0 } else { norm };
        if self.fused {
            cost.selective += self.kernels.stream(2.0 * residual);
        }
    }

    fn add_router(&self, cost: &mut Cost, shape: &Shape, moe: &Moe) {
        let experts = f64::from(moe.experts);
        let product = Product::new(shape.tokens_split, experts, self.hidden);
        let rate = &self.kernels.wide;
        let weight = self.weight_time(rate, product);
        // Too small to hide anything behind, or to fill a bubble with.
        cost.forward.pointwise += rate.time(product);
        cost.backward.pointwise += rate.time(product.input_gradient()) + weight;
        // Scores and probabilities in 32 bits.
        let scores = 8.0 * shape.tokens_split * experts;
        cost.kept += scores;
        cost.kept_selective += scores;
    }

    /// Routed experts: tokens leave for their experts, are worked on, and come back.
    fn add_experts(&self, cost: &mut Cost, shape: &Shape, moe: &Moe) {
        let held = Held::new(self, shape, moe);
        let experts = (f64::from(moe.experts) / shape.ep).max(1.0);
        let rows = held.tokens / experts;
        for ((n, k), out) in held.products().into_iter().zip([false, true]) {
            let product = Product { m: rows, n, k, groups: experts };
            let rate = &self.kernels.linear;
            let weight = self.weight_time(&self.kernels.gradient, product);
            cost.forward.experts += rate.time(product);
            cost.backward.experts += rate.time(product.input_gradient()) + weight;
            cost.weight += weight;
            self.add_casts(cost, product);
            if self.stops_early && out {
                cost.last += rate.time(product);
            }
        }
        self.add_held(cost, &held);
        self.add_exchange(cost, shape, moe, held.inner);
    }

    /// Activation and permutation of the tokens that a rank's experts hold.
    fn add_held(&self, cost: &mut Cost, held: &Held) {
        self.add_activation(cost, held.tokens, held.ups * held.width, held.width);
        // Permuted inputs of the experts, and what they put out where the router weights that.
        let array = held.tokens * held.inner;
        let kept = self.expert_token_bytes * array;
        cost.kept += kept;
        cost.kept_selective += kept;
        let permute = self.kernels.stream(4.0 * 2.0 * array);
        cost.forward.pointwise += permute;
        cost.backward.pointwise += permute;
    }

    /// Copies of a token that leave for its experts. Where the stack sends it once to each place that holds some of
    /// them, the expected number of distinct places: machines where experts are spread over several, else ranks.
    pub(super) fn copies(&self, moe: &Moe, extent: &Extent, ranks: f64) -> f64 {
        let top_k = f64::from(moe.top_k);
        if !self.experts_deduplicated {
            return top_k;
        }
        let machines = (ranks / Network::domain_members(extent)).max(1.0);
        let places = if machines > 1.0 { machines } else { ranks };
        distinct(near(moe, places), top_k)
    }

    /// Dispatch and combine.
    fn add_exchange(&self, cost: &mut Cost, shape: &Shape, moe: &Moe, width: f64) {
        let (tokens, top_k) = (shape.tokens / shape.tp, f64::from(moe.top_k));
        let extent = self.network.line(shape.etp as u64, shape.ep as u64);
        let copies = self.copies(moe, &extent, shape.ep);
        let dispatch =
            self.network.exchange(&extent, tokens * copies * width * self.dispatch_bytes);
        let combine = self.network.exchange(&extent, tokens * copies * width * 2.0);
        cost.forward.expert += dispatch + combine;
        cost.backward.expert += dispatch + combine;
        if shape.etp > 1.0 {
            let group = self.network.line(1, shape.etp as u64);
            let bytes = 2.0 * tokens * top_k * self.imbalance * shape.etp * width;
            let round = 2.0 * self.network.gather(&group, bytes);
            cost.forward.expert += round;
            cost.backward.expert += round;
        }
    }
}

/// The places, of all that hold experts, that a token's groups of experts lie on.
fn near(moe: &Moe, places: f64) -> f64 {
    let Some((groups, near)) = moe.groups else {
        return places;
    };
    let (groups, near) = (f64::from(groups.max(1)), f64::from(near));
    // A group takes several places, or a place holds several groups.
    if places < groups { distinct(places, near) } else { (places * near / groups).max(1.0) }
}

/// Expected number of distinct places among `draws` uniform draws from `n`: `n (1 - (1 - 1/n)^draws)`.
fn distinct(n: f64, draws: f64) -> f64 {
    let mut missed = 1.0;
    let mut i = 0.0;
    while i < draws {
        missed *= 1.0 - 1.0 / n;
        i += 1.0;
    }
    n * (1.0 - missed)
}
