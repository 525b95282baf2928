//! The smallest changes that lead to a plan, each tried.

use super::Remedy;
use crate::case::Case;
use crate::catalogue::accelerators::{self, MachineRow};
use crate::catalogue::stacks;
use crate::cluster::ACCELERATORS_MAX;
use crate::inputs::software::OWN_STACK;
use crate::inputs::{Inputs, Key, LAYOUT, Value, read};
use crate::link;
use crate::plan::{self, Finding};
use crate::stack::{Technique, Techniques};
use crate::units::order;
use crate::units::text::show;

/// Most remedies that are offered.
const REMEDIES_MAX: usize = 8;
/// Most times that the cluster is doubled.
const DOUBLINGS: u32 = 10;
/// A count is round that a power of two divides into no more parts than this.
const ROUNDNESS: u32 = 16;
/// A change to try; of those of one family, the first that works is enough.
struct Change {
    family: &'static str,
    text: String,
    inputs: Inputs,
}

/// Changes that lead to a plan, smallest first. Nothing when told to stop.
pub(super) fn remedies(
    inputs: &Inputs,
    case: &Case,
    keep_going: &mut dyn FnMut() -> bool,
) -> Option<Vec<Remedy>> {
    let mut all: Vec<Remedy> = Vec::new();
    let mut settled: Vec<&'static str> = Vec::new();
    for change in changes(inputs, case) {
        if all.len() >= REMEDIES_MAX {
            break;
        }
        if settled.contains(&change.family) {
            continue;
        }
        if !keep_going() {
            return None;
        }
        if let Some(result) = result(&change.inputs) {
            settled.push(change.family);
            let link = link::encode(&change.inputs);
            all.push(Remedy { text: change.text, result, link });
        }
    }
    Some(all)
}

/// What follows from the changed inputs; nothing if that is no plan.
fn result(inputs: &Inputs) -> Option<String> {
    let case = inputs.resolve().case?;
    let Finding::Plan(plan) = plan::find(&case) else {
        return None;
    };
    Some(format!(
        "Then {} fits with {} to spare, {} a step.",
        plan::layout_text(&case, &plan.layout),
        show::bytes(plan.headroom(&case)),
        show::time(plan.step())
    ))
}

fn changes(inputs: &Inputs, case: &Case) -> Vec<Change> {
    let mut all = unfixed(inputs);
    all.extend(allowed(inputs));
    all.extend(batches(inputs, case));
    all.extend(near_counts(inputs, case));
    all.extend(lighter(inputs, case));
    all.extend(larger(inputs, case));
    all.extend(other_machines(inputs, case));
    all.extend(other_stacks(inputs, case));
    all
}

fn change(family: &'static str, text: impl Into<String>, inputs: Inputs) -> Change {
    Change { family, text: text.into(), inputs }
}

/// Degrees let vary, one at a time, then all.
fn unfixed(inputs: &Inputs) -> Vec<Change> {
    let fixed: Vec<Key> =
        LAYOUT.iter().copied().filter(|key| inputs.typed(*key).is_some()).collect();
    let free = |keys: &[Key]| {
        let mut inputs = inputs.clone();
        for key in keys {
            inputs.clear(*key);
        }
        inputs
    };
    let one = |key: &Key| {
        let name = key.label();
        let text = format!("Let \u{201c}{name}\u{201d} vary; {} is fixed.", inputs.get(*key));
        change(key.link_name(), text, free(&[*key]))
    };
    let mut all: Vec<Change> = fixed.iter().map(one).collect();
    if fixed.len() > 1 {
        all.push(change("all degrees", "Let every degree vary.", free(&fixed)));
    }
    all
}

/// Techniques allowed again, and the memory that is kept free used.
fn allowed(inputs: &Inputs) -> Vec<Change> {
    let mut all = Vec::new();
    if let Ok(Value::Techniques(forbidden)) = read(Key::Forbid, inputs.get(Key::Forbid)) {
        for technique in forbidden.iter() {
            let rest = forbidden.without(Techniques::of(&[technique]));
            let names: Vec<&str> = rest.iter().map(Technique::key).collect();
            let inputs = inputs.clone().with(Key::Forbid, names.join(","));
            all.push(change(technique.key(), format!("Allow {}.", technique.label()), inputs));
        }
        if forbidden.iter().count() > 1 {
            let mut inputs = inputs.clone();
            inputs.clear(Key::Forbid);
            all.push(change("everything", "Allow everything that is forbidden.", inputs));
        }
    }
    let keeps = inputs.resolve().case.is_some_and(|c| c.constraints.headroom_thousandths > 0);
    if keeps {
        let inputs = inputs.clone().with(Key::Headroom, "0");
        all.push(change("headroom", "Keep no memory free.", inputs));
    }
    all
}

/// Batches near the user's that more numbers divide.
fn batches(inputs: &Inputs, case: &Case) -> Vec<Change> {
    let own = case.training.global_batch;
    let fixed = &case.constraints.fixed;
    let product: u32 = [fixed.tp, fixed.cp, fixed.pp]
        .iter()
        .flatten()
        .fold(1_u32, |product, degree| product.saturating_mul((*degree).max(1)));
    let replicas = (case.cluster.count / product).max(1);
    let each = fixed.micro_batch.unwrap_or(1).max(1);
    let mut near: Vec<u32> = [replicas.saturating_mul(each), each, replicas]
        .into_iter()
        .flat_map(|unit| {
            let below = own / unit * unit;
            [below, below.saturating_add(unit)]
        })
        .chain([own.next_power_of_two()])
        .filter(|n| *n > 0 && *n != own)
        .collect();
    order::sort_by_key(&mut near, |n| (n.abs_diff(own), *n));
    near.dedup();
    let batch = |n: u32| {
        let text = format!(
            "Use a global batch of {} sequences instead of {}.",
            show::grouped(n.into()),
            show::grouped(own.into())
        );
        change("batch", text, inputs.clone().with(Key::Batch, n.to_string()))
    };
    near.into_iter().map(batch).collect()
}

/// Less to keep: narrower state, shorter sequences.
fn lighter(inputs: &Inputs, case: &Case) -> Vec<Change> {
    let with = |key, text: &str| inputs.clone().with(key, text);
    let mut all = Vec::new();
    if !case.training.fused_attention {
        all.push(change("fused", "Use fused attention.", with(Key::FusedAttention, "on")));
    }
    let optimizer = &case.training.optimizer;
    if optimizer.gradients.bytes() > 2 {
        let text = "Keep gradients in bf16.";
        all.push(change("gradients", text, with(Key::Gradients, "bf16")));
    }
    if optimizer.moments.bytes() > 2 && optimizer.kind.key() != "adamw8" {
        let text = "Keep the optimizer's moments in bf16.";
        all.push(change("moments", text, with(Key::Moments, "bf16")));
    }
    if optimizer.kind.key() == "adamw" {
        let text = "Use AdamW with 8-bit moments.";
        all.push(change("optimizer", text, with(Key::Optimizer, "adamw8")));
    }
    let half = case.training.sequence / 2;
    if half > 0 {
        let text = format!("Halve the sequence to {} tokens.", show::grouped(half.into()));
        all.push(change("sequence", text, with(Key::Sequence, &half.to_string())));
    }
    all
}

/// The nearest rounder numbers of accelerators, fewer and more.
fn near_counts(inputs: &Inputs, case: &Case) -> Vec<Change> {
    let own = case.cluster.count;
    let units = (0..u32::BITS).rev().map(|bits| 1 << bits);
    let units: Vec<u32> =
        units.filter(|unit| *unit <= own && unit.saturating_mul(ROUNDNESS) >= own).collect();
    let mut fewer: Vec<u32> = units.iter().map(|unit| own / unit * unit).collect();
    let more = |unit: &u32| (own / unit + 1).checked_mul(*unit);
    let mut more: Vec<u32> = units.iter().filter_map(more).collect();
    order::sort_by_key(&mut fewer, |n| std::cmp::Reverse(*n));
    order::sort_by(&mut more, Ord::cmp);
    fewer.dedup();
    more.dedup();
    let fewer = fewer.into_iter().filter(|n| *n < own).map(|n| count(inputs, own, ("fewer", n)));
    let more = more.into_iter().filter(|n| *n <= ACCELERATORS_MAX);
    fewer.chain(more.map(|n| count(inputs, own, ("count", n)))).collect()
}

/// Twice as many accelerators, and more.
fn larger(inputs: &Inputs, case: &Case) -> Vec<Change> {
    let own = case.cluster.count;
    let counts = (1..=DOUBLINGS).filter_map(|k| own.checked_mul(1 << k));
    let counts = counts.filter(|n| *n <= ACCELERATORS_MAX);
    counts.map(|n| count(inputs, own, ("count", n))).collect()
}

fn count(inputs: &Inputs, own: u32, (family, n): (&'static str, u32)) -> Change {
    let (n, own) = (u64::from(n), u64::from(own));
    let (grouped, noun) = (show::grouped(n), show::plural(n, "accelerator"));
    let text = format!("Use {grouped} {noun} instead of {}.", show::grouped(own));
    change(family, text, inputs.clone().with(Key::Count, n.to_string()))
}

/// Accelerators of the same family with more memory, the smallest first.
fn other_machines(inputs: &Inputs, case: &Case) -> Vec<Change> {
    let Some(own) = accelerators::find(&case.cluster.accelerator.name) else {
        return Vec::new();
    };
    if inputs.typed(Key::Memory).is_some() {
        return Vec::new();
    }
    let family = |row: &MachineRow| row.key.split('-').next().unwrap_or_default().to_owned();
    let related = |row: &&MachineRow| row.kernels == own.kernels || family(row) == family(own);
    let more = |row: &&MachineRow| row.accelerator.memory > own.accelerator.memory;
    let mut rows: Vec<&MachineRow> =
        accelerators::all().iter().filter(related).filter(more).collect();
    order::sort_by_key(&mut rows, |row| (row.accelerator.memory, row.domain != own.domain));
    let machine = |row: &MachineRow| {
        let memory = show::bytes(row.accelerator.memory);
        let text = format!("Use {} with {memory} each.", row.label);
        change("machine", text, inputs.clone().with(Key::Accelerator, row.key.clone()))
    };
    rows.into_iter().map(machine).collect()
}

/// Stacks that can do more, such as offloading.
fn other_stacks(inputs: &Inputs, case: &Case) -> Vec<Change> {
    let own = case.stack.own.is_some();
    let others = stacks::all()
        .iter()
        .filter(|stack| (own || stack.key != case.stack.key) && stack.key != stacks::UNCONSTRAINED);
    let stack = |stack: &crate::stack::Stack| {
        let text = format!("Use {} instead of {}.", stack.name, case.stack.name);
        let mut other = inputs.clone().with(Key::Stack, stack.key.clone());
        OWN_STACK.iter().for_each(|key| other.clear(*key));
        change("stack", text, other)
    };
    others.map(stack).collect()
}
