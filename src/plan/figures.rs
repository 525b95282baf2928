//! F6: the key figures of a plan.

use super::{Amount, Derivation, Figure, Plan};
use crate::case::Case;
use crate::units::{FlopsPerSecond, Ratio};

/// Step time, utilisation, speed, time to finish, cost, energy.
#[must_use]
pub fn figures(case: &Case, plan: &Plan) -> Vec<Figure> {
    let bill = &plan.bill;
    let figure = |id, label, amount| Figure {
        id,
        label,
        amount,
        derivation: Derivation::default(),
    };
    let all = Ratio::new(bill.tokens_each.get() * f64::from(case.cluster.count));
    let mut all_figures = vec![
        figure("step_time", "Step time", Amount::Time(plan.step())),
        figure("mfu", "MFU", Amount::Share(bill.mfu)),
        figure(
            "tokens_per_gpu",
            "Per accelerator",
            Amount::TokenRate(bill.tokens_each),
        ),
        figure("days", "Time to finish", Amount::Days(bill.time)),
        figure("cost", "Cost", Amount::Dollars(bill.cost)),
        figure("tokens_per_s", "Whole cluster", Amount::TokenRate(all)),
        figure(
            "flops_each",
            "Model FLOP/s per accelerator",
            Amount::FlopRate(FlopsPerSecond::new(bill.flops_each.get())),
        ),
        figure(
            "gpu_hours",
            "Accelerator-hours",
            Amount::Count(bill.accelerator_hours.get().ceil() as u64),
        ),
        figure("steps", "Steps", Amount::Count(bill.n_steps)),
    ];
    if let Some(energy) = bill.energy_kwh {
        all_figures.push(figure("energy", "Energy", Amount::Energy(energy)));
    }
    all_figures
}
