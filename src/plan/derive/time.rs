//! F6: derivations of the parts of a step.

use super::rates::trained_terms;
use super::{Explained, TIMES, derived, layers, sum, with};
use crate::estimate::{Basis, StageReport, TimePart as P, WorkBasis};
use crate::layout::{Schedule, ZeroStage};
use crate::plan::Derivation;
use crate::units::order;
use crate::units::text::{fine, show};
use crate::units::{Ratio, Seconds};
use crate::workload::OptimizerKind;

/// Seconds of one kind of work, forward and backward.
pub(super) type Pass = fn(&WorkBasis) -> (Seconds, Seconds);

impl Explained<'_> {
    /// Where one part of the step comes from.
    pub fn time(&self, part: P) -> Derivation {
        let Some(basis) = &self.slowest else {
            return Derivation::default();
        };
        match part {
            P::Matmul => self.matmul(basis),
            P::Experts => self.expert_products(basis),
            P::Attention => self.attention(basis),
            P::Pointwise => self.pointwise(basis),
            P::Launch => self.launch(basis),
            P::Recompute => self.recompute(basis),
            P::Straggler => self.straggler(),
            P::Tensor => self.tensor(basis),
            P::Context => self.context_parallel(basis),
            P::Expert => self.expert_parallel(basis),
            P::Pipeline => self.pipeline(basis),
            P::Gradients => self.gradient_reduction(basis),
            P::Parameters => self.parameter_gathering(basis),
            P::Bubble => self.bubble(),
            P::Optimizer => self.optimizer(),
            P::Offload => self.offload(basis),
            P::Overhead => self.overhead(),
        }
    }

    /// The amount of a part, in words of derivations.
    pub(super) fn time_text(&self, part: P) -> String {
        fine::time(self.plan.estimate.time.get(part))
    }

    /// `32 micro-batches`.
    pub(super) fn micro_batches(&self, basis: &Basis) -> String {
        let word = if basis.micro_batches == 1 { "micro-batch" } else { "micro-batches" };
        format!("{} {word}", fine::count(basis.micro_batches.into()))
    }

    /// `32 micro-batches x (8 layers x (3.9 ms + 7.8 ms) + ...) = 3.0 s`.
    pub(super) fn work_text(&self, basis: &Basis, part: P, pass: Pass) -> String {
        let terms = pass_terms(basis, pass);
        let result = self.time_text(part);
        format!("{} {TIMES} {} = {result}", self.micro_batches(basis), sum(&terms))
    }

    fn matmul(&self, basis: &Basis) -> Derivation {
        let text = self.work_text(basis, P::Matmul, |work| work.matmul);
        let formula = "m \u{d7} \u{3a3} layers \u{d7} (forward + backward). A product of m \u{d7} \
                       k by k \u{d7} n takes tiles / units waves, at least one, of units \u{d7} \
                       tile \u{d7} 2 (k + k\u{bd}) operations at the reached rate, or the time to \
                       stream its operands if that is longer; backward is two products";
        let source = "tiles and waves as in arXiv 2301.03598; top and k\u{bd} fitted to measured \
                      kernels (docs/kernels.md)";
        let substituted = format!("{text}; {}", self.rate_text());
        self.with_pace(derived(formula, substituted, source), &self.product_constants())
    }

    fn expert_products(&self, basis: &Basis) -> Derivation {
        let text = self.work_text(basis, P::Experts, |work| work.experts);
        let formula = "m \u{d7} \u{3a3} layers \u{d7} (forward + backward). Grouped products of \
                       top-k \u{d7} tokens / (ep experts) rows for each expert of the rank, waves \
                       as for other products";
        let source = "grouped products; curve fitted to measured kernels (docs/kernels.md)";
        self.with_pace(derived(formula, text, source), &self.product_constants())
    }

    fn attention(&self, basis: &Basis) -> Derivation {
        let mut text = self.work_text(basis, P::Attention, |work| work.attention);
        if self.case.training.fused_attention {
            text.push_str(&format!("; {}", self.attention_rate_text()));
        }
        let formula = "m \u{d7} \u{3a3} layers \u{d7} (forward + backward). Forward 2 b s / c \
                       \u{d7} reach \u{d7} heads / t \u{d7} (d_qk + d_v) operations, reach s / 2 \
                       when causal; backward 2.5 times as many when fused. Short sequences run at \
                       s / (s + s\u{bd}) of the rate, narrow heads at d / (d + 32) of 0.8";
        let source = "FlashAttention-2, arXiv 2307.08691, section 3.1 and figure 4; s\u{bd} \
                      fitted to measured kernels (docs/kernels.md)";
        self.with_pace(derived(formula, text, source), &["attention"])
    }

    fn pointwise(&self, basis: &Basis) -> Derivation {
        let mut terms = pass_terms(basis, |work| work.pointwise);
        let mut rates = format!("; {}", self.memory_rate_text());
        let mut constants = vec!["pointwise_passes", "pointwise_ffn_passes"];
        if self.case.training.precision.is_narrow() {
            constants.push("cast_bytes");
        }
        if basis.sums > Seconds::ZERO {
            terms.push(format!("sums of gradients {}", fine::time(basis.sums)));
            rates.push_str(&format!("; {}", self.sums_text(basis)));
            constants.push("accumulate_bytes");
        }
        let result = self.time_text(P::Pointwise);
        let text = format!("{} {TIMES} {} = {result}", self.micro_batches(basis), sum(&terms));
        let formula = "m \u{d7} (\u{3a3} layers \u{d7} (forward + backward) + sums of \
                       gradients). Norms, residuals, rotary embedding and activation functions \
                       read and write their arrays a number of times, casts for 8- and 4-bit \
                       products their operands; backward counts double. Adding a micro-batch's \
                       gradients moves some bytes for each trained parameter, of its share with \
                       ZeRO-2 and 3";
        self.with_pace(derived(formula, format!("{text}{rates}"), "passes counted"), &constants)
    }

    /// `sums of gradients 3.2 B x 4 bytes / 2.747 TB/s = 4.7 ms`.
    fn sums_text(&self, basis: &Basis) -> String {
        let by = self.split(basis, ZeroStage::Two);
        let part = match basis.visited == Ratio::ONE {
            true => String::new(),
            false => format!("{} {TIMES} ", fine::number(basis.visited)),
        };
        format!(
            "sums of gradients {part}{} {TIMES} {} bytes / {} = {}",
            sum(&trained_terms(basis, by)),
            fine::number(self.case.stack.profile.accumulate_bytes),
            fine::bandwidth(self.memory_rate()),
            fine::time(basis.sums)
        )
    }

    fn recompute(&self, basis: &Basis) -> Derivation {
        let mut terms = Vec::new();
        let selective = self.plan.layout.recompute.selective;
        for kind in &basis.layers {
            if kind.recomputed > 0 {
                let n = layers(kind.recomputed, basis.visited);
                terms.push(format!("{n} {TIMES} {}", fine::time(kind.work.again)));
            }
            let rest = kind.count - kind.recomputed;
            if selective && rest > 0 {
                let n = layers(rest, basis.visited);
                terms.push(format!("{n} {TIMES} {}", fine::time(kind.work.selective)));
            }
        }
        let substituted = format!(
            "{} {TIMES} {} = {}",
            self.micro_batches(basis),
            sum(&terms),
            self.time_text(P::Recompute)
        );
        let formula = "m \u{d7} (forward of the layers that are recomputed whole, less their last \
                       product where the stack stops before it, + norms and activation functions \
                       of the others where recompute is selective)";
        with(derived(formula, substituted, "arXiv 2205.05198, section 5"), &["stops_early"])
    }

    fn straggler(&self) -> Derivation {
        let parts = [P::Matmul, P::Attention, P::Experts, P::Pointwise, P::Launch, P::Recompute];
        let time = &self.plan.estimate.time;
        let some = parts.iter().filter(|part| time.get(**part) > Seconds::ZERO);
        let terms: Vec<String> = some.map(|part| self.time_text(*part)).collect();
        let ratio = self.case.stack.profile.straggler;
        let substituted = format!(
            "{} {TIMES} ({} \u{2212} 1) = {}",
            sum(&terms),
            fine::number(ratio),
            self.time_text(P::Straggler)
        );
        let formula = "work \u{d7} (slowest rank / mean \u{2212} 1)";
        with(derived(formula, substituted, "the stack's profile"), &["straggler"])
    }

    fn bubble(&self) -> Derivation {
        let (pp, vpp) = (self.plan.layout.pp, self.plan.layout.vpp);
        let result = self.time_text(P::Bubble);
        let total: fn(&StageReport) -> Seconds = StageReport::time;
        let (formula, source, text) = match self.plan.layout.schedule {
            Schedule::OneFOneB | Schedule::GPipe => (
                "\u{3a3} (forward + backward) of a micro-batch over all stages but the longest; \
                 (p \u{2212} 1) (F + B) for equal stages",
                "arXiv 2104.04473, section 2.2.1",
                self.others(total),
            ),
            Schedule::Interleaved | Schedule::BreadthFirst => (
                "\u{3a3} (forward + backward) of a micro-batch over all stages but the longest / \
                 v; (p \u{2212} 1) (F + B) / v for equal stages",
                "arXiv 2104.04473, section 2.2.2; breadth first: arXiv 2211.05953",
                format!("{} / {vpp}", self.others(total)),
            ),
            Schedule::ZeroBubble => (
                "\u{3a3} (F + B \u{2212} 2 W) over all stages but the longest wait, W the weight \
                 gradients that fill it",
                "ZB-H1, arXiv 2401.10241, table 2",
                self.others(|stage| stage.time().less(stage.weight * 2.0)),
            ),
            Schedule::ZeroBubbleV => (
                "\u{3a3} (F + B \u{2212} 3 W) over all stages but the longest wait, W the weight \
                 gradients that fill it",
                "ZB-V, arXiv 2405.15362, table 1",
                self.others(|stage| stage.time().less(stage.weight * 3.0)),
            ),
            Schedule::DualPipe => (
                "max(2 h F + 3 h B \u{2212} 3 (h \u{2212} 1) W, 3 h F + (2 h + 1) B \u{2212} \
                 2 (h \u{2212} 1) W) \u{2212} (h + 2) F&B; h = p / 2, F and B an average chunk \
                 that runs alone, its experts' exchange in the open, W its weight gradients, F&B \
                 two chunks that hide each other's exchange, on the slowest stage",
                "the longest way through the order of DualPipe's code (deepseek-ai/DualPipe, \
                 dualpipe.py @bb214e8); arXiv 2412.19437, table 2",
                self.dual_text(pp),
            ),
        };
        derived(formula, format!("{text} = {result}"), source)
    }

    fn dual_text(&self, pp: u32) -> String {
        let mean = |of: fn(&StageReport) -> Seconds| {
            fine::time(self.stages.iter().map(of).sum::<Seconds>() * (1.0 / f64::from(pp)))
        };
        let forward = mean(|stage| stage.forward + stage.alone.0);
        let backward = mean(|stage| stage.backward + stage.alone.1);
        let weight = mean(|stage| stage.weight);
        let slowest = self.stages.iter().map(StageReport::time).fold(Seconds::ZERO, Seconds::max);
        let h = pp / 2;
        let way = |f: u32, b: u32, w: u32| {
            let back = format!("{b} {TIMES} {backward} \u{2212} {w} {TIMES} {weight}");
            format!("{f} {TIMES} {forward} + {back}")
        };
        format!(
            "max({}, {}) \u{2212} {} {TIMES} {}",
            way(2 * h, 3 * h, 3 * h.saturating_sub(1)),
            way(3 * h, 2 * h + 1, 2 * h.saturating_sub(1)),
            h + 2,
            fine::time(slowest)
        )
    }

    /// Waits of all stages but the longest, equal ones told together.
    fn others(&self, wait: fn(&StageReport) -> Seconds) -> String {
        let mut waits: Vec<Seconds> = self.stages.iter().map(wait).collect();
        order::sort_by(&mut waits, Ord::cmp);
        waits.pop();
        let mut told: Vec<(u32, Seconds)> = Vec::new();
        for one in waits.into_iter().rev() {
            match told.last_mut() {
                Some((n, same)) if fine::time(*same) == fine::time(one) => *n += 1,
                _ => told.push((1, one)),
            }
        }
        let term = |(n, time): &(u32, Seconds)| {
            let word = if *n == 1 { "stage" } else { "stages" };
            format!("{n} {word} {TIMES} {}", fine::time(*time))
        };
        let terms: Vec<String> = told.iter().map(term).collect();
        sum(&terms)
    }

    /// The stage whose update takes longest.
    fn optimizer(&self) -> Derivation {
        let Some(basis) = self.kinds.iter().max_by_key(|basis| basis.update.0) else {
            return Derivation::default();
        };
        let optimizer = &self.case.training.optimizer;
        let terms = trained_terms(basis, basis.shards);
        let moments = optimizer.moment_quarter_bytes() as f64 / 4.0;
        let master = if optimizer.master { 4 } else { 0 };
        let touched = format!(
            "({} bytes + 2 {TIMES} ({} + {master}) bytes + {} bytes)",
            optimizer.gradients.bytes(),
            fine::number(Ratio::new(moments)),
            self.case.stack.profile.weights.working
        );
        let rate = self.memory_rate();
        let (sum, result) = (sum(&terms), self.time_text(P::Optimizer));
        let stream = format!("{sum} {TIMES} {touched} / {}", fine::bandwidth(rate));
        if optimizer.kind == OptimizerKind::Muon {
            return self.muon(&sum, &stream, &result);
        }
        let formula = "trained parameters of a rank / z1 \u{d7} (gradient read + \
                       moments and master read and written + weight written) / rate of memory";
        self.with_pace(derived(formula, format!("{stream} = {result}"), "counted"), &[])
    }

    /// Muon's products beside the streaming pass.
    fn muon(&self, params: &str, stream: &str, result: &str) -> Derivation {
        let rate = self.wide_rate();
        let hidden = fine::count(self.case.model.hidden.into());
        let math = format!(
            "{params} {TIMES} 2 {TIMES} 5 {TIMES} 6 {TIMES} {hidden} / {}",
            fine::flop_rate(rate)
        );
        let formula = "parameters of a rank / z1 \u{d7} (bytes read and written / rate of memory \
                       + five Newton-Schulz steps of 6 h products / rate of the largest 16-bit \
                       products)";
        let text = format!("{stream} + {math} = {result}");
        self.with_pace(derived(formula, text, "Muon, arXiv 2502.16982"), &["matmul"])
    }

    fn overhead(&self) -> Derivation {
        let text = show::time(self.case.stack.profile.step_overhead);
        let formula = "a constant of the stack: data loading, logging, synchronisation";
        with(derived(formula, text, "the stack's profile"), &["step_overhead_ms"])
    }
}

/// `8 layers x (3.9 ms + 7.8 ms)` for each kind of layer, and for the ends.
pub(super) fn pass_terms(basis: &Basis, pass: Pass) -> Vec<String> {
    let mut terms = Vec::new();
    let both = |work: &WorkBasis| {
        let (forward, backward) = pass(work);
        let some = forward + backward > Seconds::ZERO;
        some.then(|| format!("({} + {})", fine::time(forward), fine::time(backward)))
    };
    for kind in &basis.layers {
        if let Some(text) = both(&kind.work) {
            terms.push(format!("{} {TIMES} {text}", layers(kind.count, basis.visited)));
        }
    }
    for (end, name) in [(&basis.embedding, "embedding"), (&basis.head, "head")] {
        if let Some(text) = end.as_ref().and_then(|end| both(&end.work)) {
            terms.push(match basis.visited == Ratio::ONE {
                true => format!("{name} {text}"),
                false => format!("{name} {} {TIMES} {text}", fine::number(basis.visited)),
            });
        }
    }
    terms
}
