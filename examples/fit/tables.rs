//! The fitted constants as lines of the catalogue.

use crate::parameters::{CONSTANTS, PaceKey, Parameters, family};
use crate::{Judged, TODAY};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// The source of a pace.
const PACE: &str = "fitted (docs/accuracy.md): pace, and pace of attention";
/// Distances below this many spreads say nothing: the stated value stays.
const SILENT: f64 = 0.02;

/// `stack,field,value,source`, in the order of stacks, then constants, then paces.
pub fn fitted(parameters: &Parameters, judged: &[Judged], x: &[f64]) -> String {
    let mut text = "stack,field,value,source,date\n".to_owned();
    let mut seen: BTreeMap<&str, (usize, BTreeSet<&str>)> = BTreeMap::new();
    let mut cells: BTreeSet<[&str; 4]> = BTreeSet::new();
    for row in judged {
        let case = &row.sample.setup.case;
        let accelerator = &case.cluster.accelerator;
        let entry = seen.entry(&case.stack.key).or_default();
        entry.0 += 1;
        entry.1.insert(&row.run.group);
        let precision = case.training.precision.key();
        cells.insert([&case.stack.key, &accelerator.name, &accelerator.generation, precision]);
        // What a generation's precision is worth to a family is worth it to each of its stacks.
        for stack in parameters.stacks() {
            if family(&stack.key) == family(&case.stack.key) {
                cells.insert([&stack.key, "", &accelerator.generation, precision]);
            }
        }
    }
    for stack in parameters.stacks() {
        let (rows, groups) = seen.get(stack.key.as_str()).cloned().unwrap_or_default();
        let basis = format!("fitted on {rows} runs of {} groups (docs/accuracy.md)", groups.len());
        let distances = parameters.distances(&stack.key, x);
        for (at, (constant, distance)) in CONSTANTS.iter().zip(distances).enumerate() {
            let stated = (constant.get)(&stack.profile);
            if distance.abs() < SILENT || stated == 0.0 {
                continue;
            }
            let value = parameters.value(&stack.key, at, distance);
            let field = constant.field;
            writeln!(
                text,
                "{},{field},{value:.4},\"{basis}; stated before: {stated:.4}\",{TODAY}",
                stack.key
            )
            .unwrap_or_default();
        }
    }
    for [stack, accelerator, generation, precision] in cells {
        let key = PaceKey { stack, accelerator, generation, precision };
        let (pace, attention) = parameters.paces(&key, x);
        let name = if accelerator.is_empty() { generation } else { accelerator };
        writeln!(
            text,
            "{stack},pace@{name}/{precision},{pace:.4} {attention:.4},\"{PACE}\",{TODAY}"
        )
        .unwrap_or_default();
    }
    text
}
