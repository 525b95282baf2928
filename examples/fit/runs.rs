//! The runs as the page shows them.

use crate::Judged;
use crate::ranges::Ranges;
use autoparallel::fit::of_setup;
use std::fmt::Write;

/// One line for each run: what it was, what was measured, what was said of it unseen.
pub fn table(judged: &[Judged], ranges: &Ranges) -> String {
    let mut text = "id,group,source,date,model,accelerator,generation,count,stack,precision,measured_s,predicted_s,\
                    low_s,high_s,measured_gib,predicted_gib,memory_kind,link,remarks\n"
        .to_owned();
    for row in judged {
        let setup = &row.sample.setup;
        let case = &setup.case;
        let generation = &case.cluster.accelerator.generation;
        let range = ranges.range(&case.stack.key, generation, &row.run.group);
        let measured = row.measured.step_s.unwrap_or(0.0);
        let said = measured * row.unseen.exp();
        let gib =
            of_setup(setup, &row.measured.memory_kind).memory[1].as_f64() / (1u64 << 30) as f64;
        let fields = [
            row.run.id.clone(),
            row.run.group.clone(),
            row.run.source.clone(),
            row.run.date.clone(),
            row.run.model.clone(),
            case.cluster.accelerator.name.clone(),
            generation.clone(),
            case.cluster.count.to_string(),
            case.stack.key.clone(),
            case.training.precision.key().to_owned(),
            format!("{measured:.4}"),
            format!("{said:.4}"),
            format!("{:.4}", said * (-range.width).exp()),
            format!("{:.4}", said * range.width.exp()),
            row.measured.memory_gib.map(|gib| format!("{gib:.1}")).unwrap_or_default(),
            row.measured.memory_gib.map(|_| format!("{gib:.1}")).unwrap_or_default(),
            row.measured.memory_kind.clone(),
            String::new(),
            setup.remarks.join("; "),
        ];
        let quoted: Vec<String> = fields.iter().map(|field| quote(field)).collect();
        writeln!(text, "{}", quoted.join(",")).unwrap_or_default();
    }
    text
}

fn quote(field: &str) -> String {
    let plain = !field.contains([',', '"', '\n']);
    if plain { field.to_owned() } else { format!("\"{}\"", field.replace('"', "\"\"")) }
}
