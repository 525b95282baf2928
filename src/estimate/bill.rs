//! F4: what a whole run takes: days, dollars, energy, and how well the hardware is used.

use super::Estimate;
use super::kernel::Kernels;
use crate::case::Case;
use crate::model::{Ffn, Mixer};
use crate::units::{Dollars, Flops, Ratio, Seconds};

/// A whole training run under one layout.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bill {
    /// Optimizer steps.
    pub n_steps: u64,
    /// Time of all steps, with no failure.
    pub time: Seconds,
    /// Accelerator-hours.
    pub accelerator_hours: Ratio,
    /// Dollars at the offer's rate.
    pub cost: Dollars,
    /// Model FLOPs utilisation: model FLOPs over what the accelerators could have done.
    pub mfu: Ratio,
    /// Model FLOPs a second and accelerator.
    pub flops_each: Flops,
    /// Tokens a second and accelerator.
    pub tokens_each: Ratio,
    /// Kilowatt-hours of the accelerators alone at their rated power, where it is known.
    pub energy_kwh: Option<Ratio>,
}

/// FLOPs that the model needs for one step, forward and backward, without any recompute.
///
/// `6` for each active matrix parameter and token (arXiv 2001.08361, section 2.1), and attention's two products
/// over the tokens that a query sees: `6 (d_qk + d_v) heads reach` a token and layer. Causal attention counts half
/// the square. Frozen weights count `4`: they have no gradients.
#[must_use]
pub fn model_flops(case: &Case) -> Flops {
    let model = &case.model;
    let tokens = case.training.step_tokens().as_f64();
    let s = f64::from(case.training.sequence);
    let mut matrices = 0.0;
    let mut pairs = 0.0;
    for kind in &model.pattern {
        let index = usize::from(*kind);
        let params = model.kind_params(index);
        matrices += params.active.saturating_sub(params.norms) as f64;
        let Some(kind) = model.kinds.get(index) else {
            continue;
        };
        let _: &Ffn = &kind.ffn;
        pairs += match &kind.mixer {
            Mixer::Attention(a) => {
                let reach = reach(s, a.window, case.training.causal);
                f64::from(a.heads) * f64::from(a.head_dim + a.v_head_dim) * reach
            }
            Mixer::Mla(m) => {
                let reach = reach(s, m.sparse_top_k, case.training.causal);
                f64::from(m.heads) * f64::from(m.qk_nope + m.qk_rope + m.v_head_dim) * reach
            }
            Mixer::Linear(l) => f64::from(l.heads) * f64::from(l.state_per_head),
            Mixer::None => 0.0,
        };
    }
    matrices += f64::from(model.vocab) * f64::from(model.hidden);
    let each = if case.training.adapter_rank.is_some() { 4.0 } else { 6.0 };
    Flops::new(tokens * (each * matrices + 6.0 * pairs))
}

fn reach(s: f64, window: Option<u32>, causal: bool) -> f64 {
    let window = window.map_or(s, |w| f64::from(w).min(s));
    if causal { window * (1.0 - window / (2.0 * s)) } else { window }
}

/// What one step takes at least under any layout, from the case alone: the model's FLOPs at the tops of the
/// accelerators' curves, on all of them at once, and the stack's own time.
#[must_use]
pub fn least_step(case: &Case) -> Seconds {
    /// Bounds are shrunk by this much, so that rounding never lifts one above what it bounds.
    const SAFE: f64 = 1.0 - 1e-9;
    let rate = Kernels::new(case).fastest() * f64::from(case.cluster.count);
    let overhead = case.stack.profile.step_overhead.get();
    Seconds::new((model_flops(case).get() / rate + overhead) * SAFE)
}

/// What the whole run takes under a layout with that estimate.
#[must_use]
pub fn bill(case: &Case, estimate: &Estimate) -> Bill {
    let step = estimate.step();
    let n = f64::from(case.cluster.count);
    let n_steps = case.training.n_steps();
    let time = step * n_steps as f64;
    let hours = time.get() / 3600.0 * n;
    let flops = model_flops(case).get();
    let rate = flops / (step.get() * n);
    Bill {
        n_steps,
        time,
        accelerator_hours: Ratio::new(hours),
        cost: Dollars::new(hours * case.offer.rate.get()),
        mfu: Ratio::new(rate / case.peak().get()),
        flops_each: Flops::new(rate),
        tokens_each: Ratio::new(case.training.step_tokens().as_f64() / (step.get() * n)),
        energy_kwh: case
            .cluster
            .accelerator
            .power
            .map(|power| Ratio::new(hours * power.get() / 1000.0)),
    }
}
