//! F6: derivations of the parts of memory.

use super::{Explained, derived, over, plain_sum, sum, with};
use crate::estimate::{Basis, MemoryPart as P};
use crate::layout::ZeroStage;
use crate::plan::Derivation;
use crate::units::text::{fine, show};
use crate::units::{Bytes, Params, Ratio};

const SHARDING: &str = "ZeRO, arXiv 1910.02054, section 5 and figure 1";

/// Parameters of one kind of a stage's weights, and how they are told.
struct Weights {
    total: Params,
    /// Of one layer of each kind; nothing for the ends.
    layer: Option<usize>,
    experts: bool,
}

impl Explained<'_> {
    /// Where one part of memory comes from.
    pub fn memory(&self, part: P) -> Derivation {
        let Some(basis) = &self.fullest else {
            return Derivation::default();
        };
        match part {
            P::WeightsMixer
            | P::WeightsFfn
            | P::WeightsExperts
            | P::WeightsEmbedding
            | P::WeightsHead => self.weights(basis, part),
            P::WeightsQuantised => self.quantised(basis, part),
            P::WeightsGathered => self.gathered(basis, part),
            P::Gradients => self.gradients(basis, part),
            P::Master => self.master(basis, part),
            P::Moments => self.moments(basis, part),
            P::Update => self.update(basis, part),
            P::Activations => self.activations(basis),
            P::ActivationsEnds => self.ends(basis),
            P::Workspace => self.workspace(basis),
            P::Logits => self.logits(basis),
            P::Buffers => self.buffers(basis),
            P::Context => self.context(),
            P::Slack => self.slack(),
        }
    }

    /// The amount of a part, in words of derivations.
    pub(super) fn memory_text(&self, part: P) -> String {
        fine::bytes(self.plan.estimate.memory.get(part))
    }

    /// Ranks that a ZeRO stage splits over: of all but experts, and of experts.
    pub(super) fn split(&self, basis: &Basis, stage: ZeroStage) -> (u64, u64) {
        if self.plan.layout.zero >= stage { basis.shards } else { (1, 1) }
    }

    fn weights(&self, basis: &Basis, part: P) -> Derivation {
        let own = weights_of(basis, part);
        let table = matches!(part, P::WeightsEmbedding | P::WeightsHead);
        let bytes = match self.plan.layout.zero {
            _ if table => self.case.table_bytes(),
            ZeroStage::Three => self.case.sharded_bytes(),
            _ => self.case.working_bytes(),
        };
        let (dense, experts) = self.split(basis, ZeroStage::Three);
        let by = if own.experts { experts } else { dense };
        let count = params_text(basis, &own);
        let result = self.memory_text(part);
        let substituted = format!("{count} \u{d7} {bytes} bytes{} = {result}", over(by));
        let (formula, source) = match part {
            P::WeightsMixer => (
                "parameters on a rank \u{d7} bytes / z3. Query and output projections are split \
                 over t, key and value projections over min(t, key-value heads); z3: ranks that \
                 ZeRO-3 splits over",
                "arXiv 1909.08053, section 3",
            ),
            P::WeightsFfn => (
                "parameters on a rank \u{d7} bytes / z3. Matrices are split over t by their inner \
                 width; routers and norms are whole on every rank",
                "arXiv 1909.08053, section 3",
            ),
            P::WeightsExperts => (
                "experts' parameters / (ep \u{d7} etp) \u{d7} bytes / z3",
                "arXiv 2006.16668; arXiv 2504.14960 for etp beside tp",
            ),
            P::WeightsEmbedding => (
                "rows on a rank \u{d7} h \u{d7} bytes / z3. The vocabulary is padded to a \
                 multiple of 128 t and split over t",
                "arXiv 1909.08053, section 3; Megatron-Core, make-vocab-size-divisible-by",
            ),
            _ => (
                "rows on a rank \u{d7} h \u{d7} bytes / z3, with the final norm; a tied head on \
                 another stage than the embedding is a copy",
                "arXiv 1909.08053, section 3; Megatron-Core, make-vocab-size-divisible-by",
            ),
        };
        with(derived(formula, substituted, source), &["working", "working_narrow"])
    }

    fn quantised(&self, basis: &Basis, part: P) -> Derivation {
        let own = &basis.params;
        let terms = params_terms(&[own.mixer, own.ffn, own.experts]);
        let bytes = self.case.quantised_bytes();
        let substituted =
            format!("{} \u{d7} {bytes} bytes = {}", sum(&terms), self.memory_text(part));
        let formula =
            "(mixer + feed-forward + experts) \u{d7} bytes of the copies that narrow products need";
        with(derived(formula, substituted, "the stack's profile"), &["quantised"])
    }

    fn gathered(&self, basis: &Basis, part: P) -> Derivation {
        let own = &basis.params;
        let weights = &self.case.stack.profile.weights;
        let bytes = weights.gathered;
        if weights.gathered_by_matrix {
            return self.gathered_by_matrix(basis, part);
        }
        let ends = own.embedding + own.head;
        let substituted = format!(
            "(2 layers \u{d7} {} + {}) \u{d7} {bytes} bytes = {}",
            fine::count(own.layer_max.get()),
            fine::count(ends.get()),
            self.memory_text(part)
        );
        let formula = "(2 layers + embedding + head) \u{d7} bytes: the layer at work and the one \
                       fetched ahead of it; the ends stay whole through the step";
        with(derived(formula, substituted, "FSDP, arXiv 2304.11277, section 3"), &["gathered"])
    }

    fn gathered_by_matrix(&self, basis: &Basis, part: P) -> Derivation {
        let own = &basis.params;
        let bytes = self.case.stack.profile.weights.gathered;
        let third = Params::new(own.layer_max.get().div_ceil(3));
        let substituted = format!(
            "(2 matrices \u{d7} {} + {}) \u{d7} {bytes} bytes = {}",
            fine::count(third.get()),
            fine::count(own.embedding.max(own.head).get()),
            self.memory_text(part)
        );
        let formula = "(2 matrices + the larger of embedding and head) \u{d7} bytes: the matrix at \
                       work, a third of a layer, and the one fetched ahead of it; the end at work";
        let fields = ["gathered", "gathered_by_matrix"];
        with(derived(formula, substituted, "FSDP, arXiv 2304.11277, section 3"), &fields)
    }

    fn gradients(&self, basis: &Basis, part: P) -> Derivation {
        let bytes = self.case.training.optimizer.gradients.bytes();
        let by = self.split(basis, ZeroStage::Two);
        let substituted = self.state_text(basis, &format!("{bytes} bytes"), by, part);
        let formula = "parameters \u{d7} bytes / z2; z2: ranks that ZeRO-2 and 3 split over, of \
                       experts only as far as copies of them lie in that group";
        derived(formula, substituted, SHARDING)
    }

    fn master(&self, basis: &Basis, part: P) -> Derivation {
        let by = self.split(basis, ZeroStage::One);
        let substituted = self.state_text(basis, "4 bytes", by, part);
        let formula = "parameters \u{d7} 4 bytes / z1; z1: ranks that ZeRO-1, 2 and 3 split over";
        derived(formula, substituted, SHARDING)
    }

    fn moments(&self, basis: &Basis, part: P) -> Derivation {
        let optimizer = &self.case.training.optimizer;
        let quarters = optimizer.moment_quarter_bytes() as f64;
        let bytes = format!("{} bytes", fine::number(Ratio::new(quarters / 4.0)));
        let by = self.split(basis, ZeroStage::One);
        let substituted = self.state_text(basis, &bytes, by, part);
        let (formula, source) = match optimizer.kind.key() {
            "adamw" => (
                "parameters \u{d7} 2 moments / z1; z1: ranks that ZeRO-1, 2 and 3 split over",
                "AdamW, arXiv 1711.05101; ZeRO, arXiv 1910.02054, section 5",
            ),
            "adamw8" => (
                "parameters \u{d7} 2 moments of 8 bits, with one scale for 256 values each / z1",
                "8-bit optimizers, arXiv 2110.02861; ZeRO, arXiv 1910.02054, section 5",
            ),
            "adafactor" => (
                "parameters \u{d7} a quarter byte, for the means of rows and columns / z1",
                "Adafactor, arXiv 1804.04235; ZeRO, arXiv 1910.02054, section 5",
            ),
            _ => ("parameters \u{d7} 1 momentum / z1", SHARDING),
        };
        derived(formula, substituted, source)
    }

    fn update(&self, basis: &Basis, part: P) -> Derivation {
        let bytes = self.case.stack.profile.weights.update;
        let by = self.split(basis, ZeroStage::One);
        let substituted = self.state_text(basis, &format!("{bytes} bytes"), by, part);
        let formula = "parameters \u{d7} bytes / z1; z1: ranks that ZeRO-1, 2 and 3 split over";
        with(derived(formula, substituted, "the stack's profile"), &["update"])
    }

    /// `dense x bytes / z + experts x bytes / ze = result`.
    fn state_text(&self, basis: &Basis, bytes: &str, by: (u64, u64), part: P) -> String {
        let own = &basis.params;
        let (trained, experts) = own.trained;
        let dense = match self.case.training.adapter_rank {
            Some(_) => format!("{} of adapters", fine::count(trained.get())),
            None => sum(&params_terms(&[own.mixer, own.ffn, own.embedding, own.head])),
        };
        let mut text = format!("{dense} \u{d7} {bytes}{}", over(by.0));
        if experts > Params::ZERO {
            let experts = fine::count(experts.get());
            text.push_str(&format!(" + {experts} \u{d7} {bytes}{}", over(by.1)));
        }
        format!("{text} = {}", self.memory_text(part))
    }

    fn logits(&self, basis: &Basis) -> Derivation {
        let substituted = format!(
            "{} bytes \u{d7} {} tokens \u{d7} {} rows = {}",
            self.case.stack.profile.logit_bytes,
            fine::number(basis.tokens),
            fine::count(basis.vocabulary_rows),
            self.memory_text(P::Logits)
        );
        let formula =
            "bytes of a logit at its peak \u{d7} b s / c \u{d7} V / t, of one micro-batch";
        with(derived(formula, substituted, "arXiv 2205.05198, section 4.3"), &["logit_bytes"])
    }

    fn buffers(&self, basis: &Basis) -> Derivation {
        let terms: Vec<String> = basis
            .buffers
            .iter()
            .filter(|bytes| **bytes > Bytes::ZERO)
            .map(|bytes| fine::bytes(*bytes))
            .collect();
        let substituted = format!("{} = {}", plain_sum(&terms), self.memory_text(P::Buffers));
        let formula = "2 b s h / c of gathered hidden states with tensor parallelism; 4 \u{d7} 2 \
                       b s h / (c t) of sends with a pipeline; 2 \u{d7} 2 b s h \u{d7} top-k / (c \
                       t) of tokens on their way to experts";
        derived(formula, substituted, "counted")
    }

    fn context(&self) -> Derivation {
        let text = show::bytes(self.case.stack.profile.context);
        let formula = "a constant of the stack: driver, libraries' workspaces, communicators";
        with(derived(formula, text, "the stack's profile"), &["context_gib"])
    }

    fn slack(&self) -> Derivation {
        let parts = [P::Activations, P::ActivationsEnds, P::Workspace, P::Logits, P::Buffers];
        let memory = &self.plan.estimate.memory;
        let some = parts.iter().filter(|part| memory.get(**part) > Bytes::ZERO);
        let terms: Vec<String> = some.map(|part| self.memory_text(*part)).collect();
        let share = fine::percent(self.case.stack.profile.slack);
        let substituted =
            format!("{} \u{d7} {share} = {}", sum(&terms), self.memory_text(P::Slack));
        let formula = "(activations + logits + buffers) \u{d7} share that the allocator loses";
        with(derived(formula, substituted, "the stack's profile"), &["slack"])
    }
}

fn weights_of(basis: &Basis, part: P) -> Weights {
    let own = &basis.params;
    let (total, layer) = match part {
        P::WeightsMixer => (own.mixer, Some(0)),
        P::WeightsFfn => (own.ffn, Some(1)),
        P::WeightsExperts => (own.experts, Some(2)),
        P::WeightsEmbedding => (own.embedding, None),
        _ => (own.head, None),
    };
    Weights { total, layer, experts: part == P::WeightsExperts }
}

/// `(3 layers x 101.2 M + 5 layers x 88 M)`, or one number.
fn params_text(basis: &Basis, weights: &Weights) -> String {
    let Some(index) = weights.layer else {
        return fine::count(weights.total.get());
    };
    let mut terms = Vec::new();
    let mut told = Params::ZERO;
    for kind in &basis.layers {
        let one = kind.params.get(index).copied().unwrap_or_default();
        if one > Params::ZERO {
            let word = if kind.count == 1 { "layer" } else { "layers" };
            terms.push(format!("{} {word} \u{d7} {}", kind.count, fine::count(one.get())));
            told += one.times(kind.count.into());
        }
    }
    let rest = weights.total.less(told);
    if rest > Params::ZERO {
        terms.push(format!("{} for multi-token prediction", fine::count(rest.get())));
    }
    sum(&terms)
}

fn params_terms(all: &[Params]) -> Vec<String> {
    let some = all.iter().filter(|params| **params > Params::ZERO);
    some.map(|params| fine::count(params.get())).collect()
}
