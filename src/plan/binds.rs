//! F6: what binds a plan.

use super::Plan;
use super::tree::time_label;
use crate::case::Case;
use crate::estimate::TimePart as T;
use crate::layout::{Layout, Schedule, ZeroStage};
use crate::units::order;
use crate::units::text::show;
use crate::units::{Bytes, Ratio, Seconds};

/// Smallest share of the step that is worth a sentence.
const WORTH: f64 = 0.02;
/// Memory is short when less than this share of what may be used is left.
const SHORT: f64 = 0.1;

/// What binds the plan, most important first.
#[must_use]
pub fn binds(case: &Case, plan: &Plan) -> Vec<String> {
    let mut all = vec![compute(plan)];
    all.extend(memory(case, plan));
    all.extend(network(case, plan));
    all.extend(bubble(case, plan));
    all.extend(rest(plan));
    order::sort_by(&mut all, |a, b| b.0.total_cmp(&a.0));
    all.into_iter().map(|(_, text)| text).collect()
}

fn share(plan: &Plan, parts: &[T]) -> f64 {
    let sum: Seconds = parts.iter().map(|part| plan.estimate.time.get(*part)).sum();
    sum.get() / plan.step().get()
}

fn percent(share: f64) -> String {
    show::percent(Ratio::new(share))
}

fn compute(plan: &Plan) -> (f64, String) {
    let products = share(plan, &[T::Matmul, T::Experts, T::Attention]);
    let other = share(plan, &[T::Pointwise, T::Launch, T::Straggler]);
    let text = format!(
        "Compute: matrix products and attention take {} of the step, other work of the layers {}.",
        percent(products),
        percent(other)
    );
    (products + other, text)
}

/// Memory binds where little is left, and where time was spent to save it.
fn memory(case: &Case, plan: &Plan) -> Option<(f64, String)> {
    let free = plan.headroom(case);
    let all = case.cluster.accelerator.memory;
    let keep = all.times(case.constraints.headroom_thousandths.into()).shared(1000);
    let short = free.less(keep).as_f64() < SHORT * all.as_f64();
    let spent = spent_on_memory(plan);
    let cost = share(plan, &[T::Recompute, T::Offload, T::Parameters]);
    if !short && cost < WORTH {
        return None;
    }
    let mut text = format!("Memory: {} of {} stay free", show::bytes(free), show::bytes(all));
    if keep > Bytes::ZERO {
        text.push_str(&format!(", {} of them as you asked", show::bytes(keep)));
    }
    if spent.is_empty() {
        text.push_str(&format!("; it takes {} to fit", split_text(&plan.layout)));
    } else {
        text.push_str(&format!("; to fit, {}", spent.join(", ")));
    }
    text.push('.');
    Some((cost.max(if short { SHORT } else { 0.0 }), text))
}

/// What the plan pays for memory, in words.
fn spent_on_memory(plan: &Plan) -> Vec<String> {
    let layout = &plan.layout;
    let mut all = Vec::new();
    let mut add = |on: bool, what: &str, part: T| {
        if on {
            all.push(format!("{what} costs {}", percent(share(plan, &[part]))));
        }
    };
    let recompute = layout.recompute;
    let whole = recompute.full_layers > 0;
    add(whole, "recomputing layers", T::Recompute);
    add(recompute.selective && !whole, "selective recompute", T::Recompute);
    let offload = layout.offload;
    add(offload.activations || offload.parameters || offload.optimizer, "offloading", T::Offload);
    add(layout.zero == ZeroStage::Three, "gathering split weights", T::Parameters);
    all
}

fn split_text(layout: &Layout) -> String {
    let mut words = Vec::new();
    for (name, n) in [("TP", layout.tp), ("CP", layout.cp), ("PP", layout.pp), ("EP", layout.ep)] {
        if n > 1 {
            words.push(format!("{name}{}{}", show::GAP, show::grouped(n.into())));
        }
    }
    if layout.zero != ZeroStage::Zero {
        let group = show::grouped(layout.shard.into());
        words.push(format!("ZeRO-{} over {group}", layout.zero.number()));
    }
    if words.is_empty() { "nothing".to_owned() } else { words.join(", ") }
}

/// Communication, by what crosses which link.
fn network(case: &Case, plan: &Plan) -> Vec<(f64, String)> {
    let layout = &plan.layout;
    let (tp, cp) = (u64::from(layout.tp), u64::from(layout.cp));
    let stage = match layout.placement {
        crate::layout::Placement::PipelineOutside => tp * cp * u64::from(layout.dp),
        crate::layout::Placement::PipelineInside => tp * cp,
    };
    let experts = u64::from(layout.ep) * u64::from(layout.etp);
    let replicas = tp * cp * u64::from(layout.dp);
    let kinds: [(&[T], &str, u64); 5] = [
        (&[T::Tensor], "Tensor-parallel communication takes", tp),
        (&[T::Context], "Context-parallel communication takes", tp * cp),
        (&[T::Expert], "Expert-parallel communication takes", experts),
        (&[T::Pipeline], "Pipeline sends take", stage + 1),
        (
            &[T::Gradients, T::Parameters],
            "Gradient reduction and parameter gathering take",
            replicas,
        ),
    ];
    let mut all = Vec::new();
    for (parts, name, span) in kinds {
        let share = share(plan, parts);
        if share >= WORTH {
            let text = format!(
                "{name} {} of the step that nothing hides, {}.",
                percent(share),
                link_text(case, span)
            );
            all.push((share, text));
        }
    }
    all
}

/// The slowest link that a group of `span` neighbouring ranks crosses.
fn link_text(case: &Case, span: u64) -> String {
    let levels = &case.cluster.levels;
    let crossed = levels.iter().position(|level| u64::from(level.span) >= span);
    let index = crossed.unwrap_or(levels.len().saturating_sub(1));
    let rate = levels.get(index).map(|level| show::bandwidth(level.bandwidth)).unwrap_or_default();
    match index {
        0 => format!("within the scale-up domain at {rate} each way"),
        _ => format!("across the network at {rate} an accelerator"),
    }
}

fn bubble(case: &Case, plan: &Plan) -> Option<(f64, String)> {
    let share = share(plan, &[T::Bubble]);
    if share < WORTH {
        return None;
    }
    let layout = &plan.layout;
    let m = layout.n_micro_batches(case.training.global_batch);
    let chunks = match layout.vpp {
        1 => String::new(),
        v => format!(" of {v} chunks"),
    };
    let name = super::schedule_name(layout.schedule);
    let with = match layout.schedule {
        Schedule::OneFOneB => String::new(),
        _ => format!(" with {name}"),
    };
    let text = format!(
        "Pipeline bubble: {} stages{chunks} wait {} of the step for their first and last of {} \
         micro-batches{with}.",
        show::grouped(layout.pp.into()),
        percent(share),
        show::grouped(m.into())
    );
    Some((share, text))
}

fn rest(plan: &Plan) -> Vec<(f64, String)> {
    let mut all = Vec::new();
    for part in [T::Optimizer, T::Overhead] {
        let share = share(plan, &[part]);
        if share >= WORTH {
            all.push((share, format!("{}: {} of the step.", time_label(part), percent(share))));
        }
    }
    all
}
