//! F6: derivations of activations, tensor by tensor.

use super::{Explained, derived, sum};
use crate::estimate::{Basis, Kept, KeptKind, LayersBasis, MemoryPart as P};
use crate::layout::Schedule;
use crate::plan::Derivation;
use crate::plan::part::Leaf;
use crate::units::Bytes;
use crate::units::order;
use crate::units::text::fine;

const PER_LAYER: &str = "arXiv 2205.05198, section 4.1, for these head counts and widths";

impl Explained<'_> {
    /// `16 chunks in flight / 8 chunks`: how often what one micro-batch keeps on the stage is
    /// there.
    fn in_flight(&self, basis: &Basis) -> String {
        let alive = fine::count(basis.in_flight);
        match basis.n_chunks {
            1 => format!("{alive} in flight"),
            n => format!("{alive} chunks in flight / {} chunks", fine::count(n)),
        }
    }

    /// What decides how many micro-batches are in flight.
    fn in_flight_rule(&self) -> (&'static str, &'static str) {
        match self.plan.layout.schedule {
            Schedule::OneFOneB => {
                ("min(p \u{2212} stage, m) micro-batches", "arXiv 2104.04473, section 2.2.1")
            }
            Schedule::GPipe => ("m micro-batches", "GPipe, arXiv 1811.06965"),
            Schedule::Interleaved => (
                "2 (p \u{2212} stage \u{2212} 1) + (v \u{2212} 1) p + 1 chunks",
                "arXiv 2104.04473, section 2.2.2, and Megatron-Core's warm-up",
            ),
            Schedule::BreadthFirst => ("all chunks of m micro-batches", "arXiv 2211.05953"),
            Schedule::ZeroBubble => {
                ("min(p \u{2212} stage, m) micro-batches", "ZB-H1, arXiv 2401.10241, table 2")
            }
            Schedule::ZeroBubbleV => ("2 p half-stages", "ZB-V, arXiv 2405.15362, table 1"),
            Schedule::DualPipe => ("p + 1 chunks", "DualPipe, arXiv 2412.19437, table 2"),
        }
    }

    pub(super) fn activations(&self, basis: &Basis) -> Derivation {
        let terms = kept_terms(basis);
        let (rule, rule_source) = self.in_flight_rule();
        let result = self.memory_text(P::Activations);
        if self.plan.layout.offload.activations {
            let most = basis.layers.iter().map(|kind| kind.kept_bytes).max();
            let substituted = format!(
                "min(2 layers \u{d7} {}, {} \u{d7} {}) = {result}",
                fine::bytes(most.unwrap_or_default()),
                self.in_flight(basis),
                sum(&terms)
            );
            let formula = "min(2 layers, all that is in flight): the rest waits on the host";
            return derived(formula, substituted, "counted");
        }
        let substituted = format!("{} \u{d7} {} = {result}", self.in_flight(basis), sum(&terms));
        let formula = format!(
            "in flight \u{d7} \u{3a3} layers \u{d7} bytes that one keeps for a micro-batch. In \
             flight at the peak of this stage: {rule}"
        );
        let source = format!("{PER_LAYER}; in flight: {rule_source}");
        derived(&formula, substituted, &source)
    }

    /// What layers keep, tensor by tensor; nothing where that is not how they add up.
    pub fn kept(&self) -> Vec<Leaf<Bytes>> {
        let Some(basis) = self.fullest.as_ref() else {
            return Vec::new();
        };
        if self.plan.layout.offload.activations {
            return Vec::new();
        }
        let selective = self.plan.layout.recompute.selective;
        let mut kinds: Vec<KeptKind> =
            basis.layers.iter().flat_map(|kind| kind.kept.iter().map(|kept| kept.kind)).collect();
        order::sort_by(&mut kinds, Ord::cmp);
        kinds.dedup();
        let times = basis.in_flight as f64 / basis.n_chunks as f64;
        let mut leaves = Vec::new();
        for kind in kinds {
            let mut all = Tensors::default();
            for layers in &basis.layers {
                for kept in layers.kept.iter().filter(|kept| kept.kind == kind) {
                    all.add(layers, kept, selective);
                }
            }
            let amount = Bytes::new((all.bytes * times) as u64);
            if amount == Bytes::ZERO {
                continue;
            }
            let substituted = format!(
                "{} \u{d7} {} = {}",
                self.in_flight(basis),
                sum(&all.terms),
                fine::bytes(amount)
            );
            let (label, formula) = told(kind);
            let formula = format!("in flight \u{d7} \u{3a3} layers \u{d7} {formula}");
            leaves.push(Leaf {
                id: format!("memory.activations.layers.{}", key(kind)),
                label,
                amount,
                derivation: derived(&formula, substituted, PER_LAYER),
                children: Vec::new(),
            });
        }
        settle(&mut leaves, self.plan.estimate.memory.get(P::Activations));
        leaves
    }

    pub(super) fn ends(&self, basis: &Basis) -> Derivation {
        let ends = [&basis.embedding, &basis.head];
        let terms: Vec<String> =
            ends.iter().filter_map(|end| end.as_ref()).map(|end| fine::bytes(end.kept)).collect();
        let substituted = format!(
            "{} \u{d7} {} = {}",
            self.in_flight(basis),
            sum(&terms),
            self.memory_text(P::ActivationsEnds)
        );
        let formula = "in flight \u{d7} what the embedding (dropout mask), the head (inputs of \
                       its norm and product, 4 b s h / (c t)) and multi-token prediction keep";
        derived(formula, substituted, "arXiv 2205.05198, section 4.3")
    }

    pub(super) fn workspace(&self, basis: &Basis) -> Derivation {
        let again = basis.layers.iter().filter(|kind| kind.workspace > Bytes::ZERO);
        let Some(most) = again.max_by_key(|kind| kind.workspace) else {
            return Derivation::default();
        };
        let substituted = format!(
            "{} \u{2212} {} = {}",
            fine::bytes(most.workspace + most.checkpoint),
            fine::bytes(most.checkpoint),
            self.memory_text(P::Workspace)
        );
        let formula = "what the layer that is being recomputed keeps, beyond its input";
        derived(formula, substituted, "arXiv 2205.05198, section 5")
    }
}

/// One kind of tensor over all layers of a stage, for one micro-batch.
#[derive(Default)]
struct Tensors {
    bytes: f64,
    terms: Vec<String>,
}

impl Tensors {
    /// Layers that are recomputed whole keep only checkpoints.
    fn add(&mut self, layers: &LayersBasis, kept: &Kept, selective: bool) {
        let plain = if !selective || kept.selective { layers.count - layers.recomputed } else { 0 };
        let count = plain + if kept.checkpoint { layers.recomputed } else { 0 };
        if count == 0 {
            return;
        }
        self.bytes += f64::from(count) * kept.amount().get();
        let word = if count == 1 { "layer" } else { "layers" };
        self.terms.push(format!(
            "{count} {word} \u{d7} {} bytes \u{d7} {} tokens \u{d7} {} wide",
            fine::number(kept.bytes),
            fine::number(kept.tokens),
            fine::number(kept.width)
        ));
    }
}

/// The largest tensor takes up what rounding left.
fn settle(leaves: &mut [Leaf<Bytes>], whole: Bytes) {
    let told: Bytes = leaves.iter().map(|leaf| leaf.amount).sum();
    if let Some(most) = leaves.iter_mut().max_by_key(|leaf| leaf.amount) {
        most.amount = (most.amount + whole).less(told);
    }
}

/// `(7 layers x 1.05 GiB + 1 layer x 128 MiB)`.
fn kept_terms(basis: &Basis) -> Vec<String> {
    let mut terms = Vec::new();
    for kind in &basis.layers {
        let word = |n: u32| if n == 1 { "layer" } else { "layers" };
        let plain = kind.count - kind.recomputed;
        if plain > 0 {
            let bytes = fine::bytes(kind.kept_bytes);
            terms.push(format!("{plain} {} \u{d7} {bytes}", word(plain)));
        }
        if kind.recomputed > 0 {
            let n = kind.recomputed;
            let bytes = fine::bytes(kind.checkpoint);
            terms.push(format!("{n} recomputed {} \u{d7} {bytes}", word(n)));
        }
    }
    terms
}

/// Name for people, and the formula of one layer.
const fn told(kind: KeptKind) -> (&'static str, &'static str) {
    match kind {
        KeptKind::MixerInput => {
            ("Inputs of attention blocks", "2 b s h / (c t), the t with sequence parallelism")
        }
        KeptKind::FfnInput => {
            ("Inputs of feed-forward blocks", "2 b s h / (c t), the t with sequence parallelism")
        }
        KeptKind::NormOutput => {
            ("Outputs of norms", "bytes \u{d7} b s h / (c t), for each of two norms")
        }
        KeptKind::DropoutMask => ("Dropout masks", "b s h / (c t), for each of two"),
        KeptKind::Projections => (
            "Queries, keys and values",
            "2 b s / c \u{d7} (heads \u{d7} d_qk + kv heads \u{d7} (d_qk + d_v)), heads of one \
             rank",
        ),
        KeptKind::Latent => {
            ("Latent vectors", "2 b s / c \u{d7} (ranks of the compressions + rotary width)")
        }
        KeptKind::AttentionOutput => (
            "Outputs of attention",
            "bytes \u{d7} b s / c \u{d7} heads \u{d7} d_v, heads of one rank",
        ),
        KeptKind::SoftmaxRows => {
            ("Softmax statistics", "4 b s / c \u{d7} heads of one rank (arXiv 2205.14135)")
        }
        KeptKind::Scores => {
            ("Attention scores", "2 (5 with dropout) b s\u{b2} / c \u{d7} heads of one rank")
        }
        KeptKind::LinearInner => {
            ("Inner values of linear mixers", "2 b s / c \u{d7} (2 input width + output width) / t")
        }
        KeptKind::BeforeActivation => (
            "Feed-forward, before the activation",
            "bytes \u{d7} tokens \u{d7} width, twice the width when gated",
        ),
        KeptKind::AfterActivation => {
            ("Feed-forward, after the activation", "bytes \u{d7} tokens \u{d7} width")
        }
        KeptKind::RouterScores => ("Router scores", "8 b s / (c t) \u{d7} experts, in 32 bits"),
        KeptKind::ExpertTokens => (
            "Tokens at their experts",
            "(bytes in + 2 out where the router weights that) \u{d7} b s / (c t) \u{d7} top-k \
             \u{d7} h",
        ),
    }
}

const fn key(kind: KeptKind) -> &'static str {
    match kind {
        KeptKind::MixerInput => "mixer_input",
        KeptKind::FfnInput => "ffn_input",
        KeptKind::NormOutput => "norms",
        KeptKind::DropoutMask => "masks",
        KeptKind::Projections => "qkv",
        KeptKind::Latent => "latent",
        KeptKind::AttentionOutput => "attention_output",
        KeptKind::SoftmaxRows => "softmax",
        KeptKind::Scores => "scores",
        KeptKind::LinearInner => "linear",
        KeptKind::BeforeActivation => "ffn_before",
        KeptKind::AfterActivation => "ffn_after",
        KeptKind::RouterScores => "router",
        KeptKind::ExpertTokens => "expert_tokens",
    }
}
