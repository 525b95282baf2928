//! F4: the tensors that a layer keeps for its backward pass, one by one.
//!
//! The same list as `mixer` and `ffn` sum up, after Korthikanti et al. (arXiv 2205.05198), section
//! 4.1, for any head counts, gated networks, latent attention and experts; with fused attention one
//! 32-bit number a row stands for the scores (arXiv 2205.14135).

use crate::estimate::Book;
use crate::estimate::work::Shape;
use crate::layout::Layout;
use crate::model::{Ffn, Mixer};
use crate::units::Ratio;

/// One tensor that a layer keeps: `bytes x tokens x width`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Kept {
    /// What it is.
    pub kind: KeptKind,
    /// Bytes of one number.
    pub bytes: Ratio,
    /// Tokens on the rank.
    pub tokens: Ratio,
    /// Numbers for each token.
    pub width: Ratio,
    /// Kept with selective recompute too.
    pub selective: bool,
    /// Kept when the layer is recomputed whole.
    pub checkpoint: bool,
}

/// What a kept tensor is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum KeptKind {
    /// Input of the mixer block.
    MixerInput,
    /// Input of the feed-forward block.
    FfnInput,
    /// Outputs of norms, inputs of products.
    NormOutput,
    /// Dropout masks.
    DropoutMask,
    /// Queries, keys and values.
    Projections,
    /// Latent vectors of multi-head latent attention.
    Latent,
    /// What attention puts out.
    AttentionOutput,
    /// One number for each row of scores.
    SoftmaxRows,
    /// Scores after softmax, and with dropout their mask and result.
    Scores,
    /// Inner values of a linear mixer.
    LinearInner,
    /// Feed-forward values before the activation function.
    BeforeActivation,
    /// The same after it.
    AfterActivation,
    /// Scores and probabilities of the router.
    RouterScores,
    /// Tokens as they reach and leave their experts.
    ExpertTokens,
}

impl Kept {
    /// Bytes of it for one layer and micro-batch.
    #[must_use]
    pub fn amount(&self) -> Ratio {
        Ratio::new(self.bytes.get() * self.tokens.get() * self.width.get())
    }
}

/// The tensors that one layer of a kind keeps for one micro-batch.
#[must_use]
pub(super) fn kept(book: &Book<'_>, kind: usize, shape: &Shape, layout: &Layout) -> Vec<Kept> {
    // What makes the activation's output again keeps its input as narrow as other inputs.
    let again = layout.recompute.selective && book.fused;
    let before = if again { book.linear_bytes } else { 2.0 };
    let mut list = List { book, shape, before, all: Vec::new() };
    if let Some(kind) = book.case().model.kinds.get(kind) {
        list.add_mixer(&kind.mixer);
        list.add_ffn(&kind.ffn);
    }
    list.all
}

struct List<'a> {
    book: &'a Book<'a>,
    shape: &'a Shape,
    /// Bytes of a value before the activation function.
    before: f64,
    all: Vec<Kept>,
}

/// When a tensor is kept.
#[derive(Clone, Copy)]
enum When {
    /// Also when the layer is recomputed whole.
    Always,
    /// Also with selective recompute.
    Selective,
    /// Only when nothing is recomputed.
    Plain,
}

impl List<'_> {
    fn add(&mut self, kind: KeptKind, bytes: f64, tokens: f64, width: f64, when: When) {
        self.all.push(Kept {
            kind,
            bytes: Ratio::new(bytes),
            tokens: Ratio::new(tokens),
            width: Ratio::new(width),
            selective: matches!(when, When::Always | When::Selective),
            checkpoint: matches!(when, When::Always),
        });
    }

    /// What cheap operations make again, where attention is fused.
    fn cheap(&self) -> When {
        if self.book.fused { When::Plain } else { When::Selective }
    }

    /// Input, norm and dropout mask of a block.
    fn add_block(&mut self, input: KeptKind, narrow: f64, when: When) {
        let (split, h) = (self.shape.tokens_split, self.book.hidden);
        self.add(input, 2.0, split, h, when);
        let norm = narrow + self.book.eager_norm_bytes;
        self.add(KeptKind::NormOutput, norm, split, h, self.cheap());
        if self.book.dropout {
            self.add(KeptKind::DropoutMask, 1.0, split, h, When::Selective);
        }
    }

    fn add_mixer(&mut self, mixer: &Mixer) {
        let (t, tp) = (self.shape.tokens, self.shape.tp);
        match mixer {
            Mixer::None => return,
            Mixer::Attention(a) => {
                let heads = f64::from(a.heads) / tp;
                let kv = (f64::from(a.kv_heads) / tp).max(1.0);
                let (qk, v) = (f64::from(a.head_dim), f64::from(a.v_head_dim));
                let wide = heads * qk + kv * (qk + v);
                let keys = if self.book.products_again { kv * qk } else { 0.0 };
                self.add(KeptKind::Projections, 2.0, t, wide - keys, When::Selective);
                if keys > 0.0 {
                    self.add(KeptKind::Projections, 2.0, t, keys, When::Plain);
                }
                self.add_core(heads, v, a.window);
            }
            Mixer::Mla(m) => {
                let heads = f64::from(m.heads) / tp;
                let qk = f64::from(m.qk_nope) + f64::from(m.qk_rope);
                let v = f64::from(m.v_head_dim);
                let rank = f64::from(m.kv_rank) + f64::from(m.qk_rope);
                let narrow = rank + m.q_rank.map_or(0.0, f64::from);
                self.add(KeptKind::Latent, 2.0, t, narrow, When::Selective);
                let wide = 2.0 * heads * qk + heads * v;
                self.add(KeptKind::Projections, 2.0, t, wide, self.cheap());
                self.add_core(heads, v, m.sparse_top_k);
            }
            Mixer::Linear(l) => {
                let (input, output) = (f64::from(l.in_width) / tp, f64::from(l.out_width) / tp);
                let inner = 2.0 * input + output;
                self.add(KeptKind::LinearInner, 2.0, t, inner, When::Selective);
                let narrow = self.book.inputs.mixer_last;
                self.add(KeptKind::AttentionOutput, narrow, t, output, When::Selective);
            }
        }
        self.add_block(KeptKind::MixerInput, self.book.inputs.mixer, When::Always);
    }

    fn add_core(&mut self, heads: f64, v: f64, window: Option<u32>) {
        let t = self.shape.tokens;
        let narrow = self.book.inputs.mixer_last;
        self.add(KeptKind::AttentionOutput, narrow, t, heads * v, When::Selective);
        if self.book.fused {
            self.add(KeptKind::SoftmaxRows, 4.0, t, heads, When::Selective);
            return;
        }
        let _ = window;
        let bytes = if self.book.dropout { 5.0 } else { 2.0 };
        self.add(KeptKind::Scores, bytes, t, heads * self.book.sequence, When::Plain);
    }

    fn add_ffn(&mut self, ffn: &Ffn) {
        let (t, tp) = (self.shape.tokens, self.shape.tp);
        match ffn {
            Ffn::None => return,
            Ffn::Dense(dense) => self.add_dense(t, f64::from(dense.width) / tp, dense.gated),
            Ffn::Moe(moe) => {
                let split = self.shape.tokens_split;
                let router = f64::from(moe.experts);
                self.add(KeptKind::RouterScores, 8.0, split, router, When::Selective);
                let etp = self.shape.etp;
                let held = t / tp * f64::from(moe.top_k) * etp * self.book.imbalance;
                self.add_activation(held, f64::from(moe.width) / etp, moe.gated);
                let inner = moe.latent.map_or(self.book.hidden, f64::from);
                let bytes = self.book.expert_token_bytes;
                self.add(KeptKind::ExpertTokens, bytes, held, inner, When::Selective);
                let whole = f64::from(moe.shared_width) + f64::from(moe.dense_width);
                if whole > 0.0 {
                    self.add_dense(t, whole / tp, moe.gated);
                }
            }
        }
        self.add_block(KeptKind::FfnInput, self.book.inputs.ffn, When::Selective);
    }

    fn add_dense(&mut self, tokens: f64, width: f64, gated: bool) {
        if !(self.book.products_again && gated) {
            return self.add_activation(tokens, width, gated);
        }
        self.add(KeptKind::BeforeActivation, self.before, tokens, width, When::Plain);
        self.add_activation(tokens, width, false);
        self.add_gate(tokens, width);
    }

    fn add_activation(&mut self, tokens: f64, width: f64, gated: bool) {
        let ups = if gated { 2.0 } else { 1.0 };
        self.add(KeptKind::BeforeActivation, self.before, tokens, ups * width, When::Selective);
        let narrow = self.book.inputs.ffn;
        self.add(KeptKind::AfterActivation, narrow, tokens, width, self.cheap());
        if gated {
            self.add_gate(tokens, width);
        }
    }

    /// The activation before it is gated, where that is not fused.
    fn add_gate(&mut self, tokens: f64, width: f64) {
        if self.book.eager_norm_bytes > 0.0 {
            self.add(KeptKind::AfterActivation, 2.0, tokens, width, self.cheap());
        }
    }
}
