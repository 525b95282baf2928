//! F6: the rates that work runs at: data sheet, kernel, stack, pace; and what starting kernels adds.

use super::{Explained, TIMES, derived, sum, with};
use crate::estimate::{Basis, LayersBasis, TimePart as P};
use crate::plan::Derivation;
use crate::units::text::fine;
use crate::units::{BytesPerSecond, FlopsPerSecond, Params, Ratio, Seconds};
use crate::workload::Precision;

impl Explained<'_> {
    /// The constant behind the pace of the accelerator.
    fn pace_field(&self) -> Option<String> {
        self.case.pace().map(|pace| format!("pace@{}/{}", pace.accelerator, pace.precision))
    }

    /// The constants behind the rate of products in the run's number format.
    pub(super) fn product_constants(&self) -> Vec<&'static str> {
        let narrow = self.case.training.precision.is_narrow();
        let all = ["matmul", "narrow_matmul", "narrow_weight_gradient"];
        all.into_iter().take(if narrow { 3 } else { 1 }).collect()
    }

    /// A derivation with the pace among its constants.
    pub(super) fn with_pace(&self, derivation: Derivation, constants: &[&str]) -> Derivation {
        let mut derivation = with(derivation, constants);
        derivation.constants.extend(self.pace_field());
        derivation
    }

    /// ` x 93% pace`, and that as a factor.
    fn pace_text(&self) -> (String, f64) {
        match self.case.pace() {
            Some(pace) => (factor_text(pace.ratio, "pace"), pace.ratio.get()),
            None => (String::new(), 1.0),
        }
    }

    /// `989.5 TFLOP/s x 86.9% x 87%`, and what that comes to.
    fn reached(
        &self,
        sheet: FlopsPerSecond,
        kernel: Ratio,
        stack: Ratio,
    ) -> (String, FlopsPerSecond) {
        let (pace, ratio) = self.pace_text();
        let text = format!(
            "{} {TIMES} {} {TIMES} {}{pace}",
            fine::flop_rate(sheet),
            fine::percent(kernel),
            fine::percent(stack)
        );
        (text, sheet * kernel.get() * stack.get() * ratio)
    }

    /// The rate of large products in the run's number format.
    pub(super) fn rate_text(&self) -> String {
        let kernels = &self.case.cluster.accelerator.kernels;
        let (top, sheet) = match self.case.training.precision {
            Precision::Fp8 | Precision::Mxfp8 => (kernels.matmul_fp8.top, self.case.peak()),
            Precision::Nvfp4 => (kernels.matmul_fp4.top, self.case.peak()),
            _ => (kernels.matmul.top, self.case.peak_16()),
        };
        let profile = &self.case.stack.profile;
        let (mut text, mut reached) = self.reached(sheet, top, profile.matmul);
        let narrow = self.case.training.precision.is_narrow();
        if narrow && profile.narrow_matmul != Ratio::ONE {
            text.push_str(&factor_text(profile.narrow_matmul, "of narrow ones"));
            reached = reached * profile.narrow_matmul.get();
        }
        let rate = fine::flop_rate(reached);
        let text = format!("largest products at {text} = {rate}");
        if !narrow || profile.narrow_weight_gradient == Ratio::ONE {
            return text;
        }
        let slower = fine::flop_rate(reached * profile.narrow_weight_gradient.get());
        let share = fine::percent(profile.narrow_weight_gradient);
        format!("{text}; those of weight gradients at {rate} {TIMES} {share} = {slower}")
    }

    /// The same of products that stay in 16 bits.
    pub(super) fn wide_rate(&self) -> FlopsPerSecond {
        let top = self.case.cluster.accelerator.kernels.matmul.top;
        self.reached(self.case.peak_16(), top, self.case.stack.profile.matmul).1
    }

    /// The rate of fused attention forward, at this length and heads of 128.
    pub(super) fn attention_rate_text(&self) -> String {
        let kernels = &self.case.cluster.accelerator.kernels;
        let (sheet, stack) = (self.case.peak_16(), self.case.stack.profile.attention);
        let (mut text, mut reached) = self.reached(sheet, kernels.attention_forward, stack);
        if let Some(pace) = self.case.pace() {
            text.push_str(&factor_text(pace.attention, "of its own"));
            reached = reached * pace.attention.get();
        }
        let s = f64::from(self.case.training.sequence);
        let half = kernels.attention_half;
        text.push_str(&format!(
            " {TIMES} {} / ({} + {})",
            fine::number(Ratio::new(s)),
            fine::number(Ratio::new(s)),
            fine::number(Ratio::new(half))
        ));
        format!("attention forward at {text} = {}", fine::flop_rate(reached * (s / (s + half))))
    }

    /// What streams through memory in a second.
    pub(super) fn memory_rate(&self) -> BytesPerSecond {
        let accelerator = &self.case.cluster.accelerator;
        accelerator.memory_bandwidth * accelerator.kernels.memory.get() * self.pace_text().1
    }

    /// The same as an equation.
    pub(super) fn memory_rate_text(&self) -> String {
        let accelerator = &self.case.cluster.accelerator;
        format!(
            "memory streams at {} {TIMES} {}{} = {}",
            fine::bandwidth(accelerator.memory_bandwidth),
            fine::percent(accelerator.kernels.memory),
            self.pace_text().0,
            fine::bandwidth(self.memory_rate())
        )
    }

    pub(super) fn launch(&self, basis: &Basis) -> Derivation {
        let mut text = self.work_text(basis, P::Launch, |work| work.launch);
        for (i, kind) in basis.layers.iter().enumerate() {
            let name = if i == 0 { "a layer" } else { "another layer" };
            let (forward, backward) = kind.work.launch;
            for (pass, times, time) in [("forward", 1.0, forward), ("backward", 2.0, backward)] {
                if time > Seconds::ZERO {
                    let starts = self.starts_text(kind, times);
                    text.push_str(&format!("; {name} {pass} {starts} = {}", fine::time(time)));
                }
            }
        }
        let formula = "m \u{d7} \u{3a3} layers \u{d7} (forward + backward). Starting the n kernels \
                       of half a layer adds max(n \u{d7} gap, n \u{d7} host \u{2212} its work): \
                       the gap between kernels of the accelerator, or what the host takes longer \
                       to start them than they run. A layer of experts reads back how many tokens \
                       each expert gets, and waits while the host starts the kernels that need \
                       it. Backward starts twice as many";
        let mut constants = vec!["kernels_per_layer", "launch_us"];
        if basis.layers.iter().any(|kind| kind.launch.stalled.is_some()) {
            constants.extend(["kernels_per_moe", "kernels_per_expert", "kernels_per_chunk"]);
        }
        let source = "the stack's profile; gaps fitted to measured kernels (docs/kernels.md)";
        with(derived(formula, text, source), &constants)
    }

    /// `(max(8 x 1.1 us, 8 x 5 us - 603 us) + ... + (40 + 4 x 16 + 0 x 128) x 5 us)`.
    fn starts_text(&self, kind: &LayersBasis, times: f64) -> String {
        let profile = &self.case.stack.profile;
        let gap = fine::time(self.case.cluster.accelerator.kernels.launch);
        let host = fine::time(profile.launch);
        let n = fine::number(Ratio::new(kind.launch.kernels.get() * times));
        let half = |(forward, backward): &(Seconds, Seconds)| {
            let work = fine::time(if times > 1.0 { *backward } else { *forward });
            format!("max({n} {TIMES} {gap}, {n} {TIMES} {host} \u{2212} {work})")
        };
        let mut terms: Vec<String> = kind.launch.halves.iter().map(half).collect();
        if let Some(stalled) = &kind.launch.stalled {
            terms.push(format!(
                "{} {TIMES} ({} + {} {TIMES} {} + {} {TIMES} {}) {TIMES} {host}",
                fine::number(Ratio::new(times)),
                fine::number(profile.kernels_per_moe),
                fine::number(profile.kernels_per_expert),
                fine::number(stalled.held),
                fine::number(profile.kernels_per_chunk),
                fine::count(stalled.experts.into())
            ));
        }
        sum(&terms)
    }
}

/// ` x 93% pace`.
fn factor_text(ratio: Ratio, word: &str) -> String {
    format!(" {TIMES} {} {word}", fine::percent(ratio))
}

/// `dense / z + experts / ze`: trained parameters of a rank, as far as they are split.
pub(super) fn trained_terms(basis: &Basis, by: (u64, u64)) -> Vec<String> {
    let (dense, experts) = basis.params.trained;
    let mut terms = vec![format!("{}{}", fine::count(dense.get()), super::over(by.0))];
    if experts > Params::ZERO {
        terms.push(format!("{}{}", fine::count(experts.get()), super::over(by.1)));
    }
    terms
}
