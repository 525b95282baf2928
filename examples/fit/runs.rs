//! The runs as the page shows them.

use crate::Judged;
use crate::ranges::Ranges;
use autoparallel::catalogue::models;
use autoparallel::fit::{Run, Setup};
use autoparallel::inputs::{Inputs, Key};
use autoparallel::link;
use std::fmt::Write;

/// One line for each run: what it was, what was measured, what was said of it unseen.
pub fn table(judged: &[Judged], ranges: &Ranges) -> String {
    let mut text = "id,group,source,date,model,accelerator,generation,count,stack,precision,\
                    measured_s,predicted_s,\
                    low_s,high_s,measured_gib,predicted_gib,low_gib,high_gib,memory_kind,link,\
                    remarks\n"
        .to_owned();
    for row in judged {
        let setup = &row.sample.setup;
        let case = &setup.case;
        let generation = &case.cluster.accelerator.generation;
        let range = ranges.range(&case.stack.key, generation, &row.run.group);
        let measured = row.measured.step_s.unwrap_or(0.0);
        let said = measured * row.unseen.exp();
        let gib = row.memory_unseen.zip(row.measured.memory_gib);
        let gib = gib.map(|(error, measured)| measured * error.exp());
        let width = ranges.memory(&case.stack.key, &row.run.group);
        let gib_text =
            |factor: f64| gib.map(|gib| format!("{:.1}", gib * factor)).unwrap_or_default();
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
            gib_text(1.0),
            gib_text((-width).exp()),
            gib_text(width.exp()),
            row.measured.memory_kind.clone(),
            link_of(&row.run, setup).unwrap_or_default(),
            setup.remarks.join("; "),
        ];
        let quoted: Vec<String> = fields.iter().map(|field| quote(field)).collect();
        writeln!(text, "{}", quoted.join(",")).unwrap_or_default();
    }
    text
}

/// The plan's link: the case with the layout's degrees fixed; none where links cannot say what the model is.
fn link_of(run: &Run, setup: &Setup) -> Option<String> {
    let (case, layout) = (&setup.case, &setup.layout);
    let mut inputs = model_of(run, setup)?;
    let mut set = |key: Key, text: String| inputs.set(key, text);
    set(Key::Accelerator, case.cluster.accelerator.name.clone());
    set(Key::Count, case.cluster.count.to_string());
    set(Key::NodeSize, case.cluster.node_size.to_string());
    if let Some(level) = case.cluster.levels.get(1) {
        set(Key::Nic, format!("{} Gbit/s", level.bandwidth.get() * 8.0 / 1e9));
    }
    set(Key::Batch, case.training.global_batch.to_string());
    set(Key::Sequence, case.training.sequence.to_string());
    set(Key::Tokens, "1T".to_owned());
    set(Key::Precision, case.training.precision.key().to_owned());
    set(Key::Gradients, case.training.optimizer.gradients.key().to_owned());
    set(Key::Stack, case.stack.key.clone());
    set(Key::Headroom, "0".to_owned());
    for (key, on) in [
        (Key::FusedAttention, case.training.fused_attention),
        (Key::Dropout, case.training.dropout),
        (Key::Causal, case.training.causal),
    ] {
        set(key, if on { "on" } else { "off" }.to_owned());
    }
    for (key, degree) in [
        (Key::Tp, layout.tp),
        (Key::Cp, layout.cp),
        (Key::Pp, layout.pp),
        (Key::Vpp, layout.vpp),
        (Key::Ep, layout.ep),
        (Key::Etp, layout.etp),
        (Key::MicroBatch, layout.micro_batch),
        (Key::Zero, layout.zero.number()),
        (Key::Shard, layout.shard),
        (Key::Recompute, layout.recompute.full_layers),
    ] {
        set(key, degree.to_string());
    }
    if let Some(rank) = case.training.adapter_rank {
        inputs.set(Key::Adapters, rank.to_string());
    }
    let usable = inputs.resolve().case.is_some();
    usable.then(|| link::encode(&inputs))
}

/// The model in words of links: by its name where the catalogue's is the same, else by its numbers.
fn model_of(run: &Run, setup: &Setup) -> Option<Inputs> {
    let model = &setup.case.model;
    let known = models::find(&run.model).filter(|row| {
        let other = &row.model;
        (other.n_layers(), other.hidden, other.vocab)
            == (model.n_layers(), model.hidden, model.vocab)
    });
    if let Some(row) = known {
        return Some(Inputs::default().with(Key::Model, row.key));
    }
    let numbers = &run.numbers;
    if numbers.kv_rank.is_some() {
        return None;
    }
    let mut inputs = Inputs::default().with(Key::Model, "custom");
    let gated = if numbers.gated.unwrap_or(false) { "on" } else { "off" };
    for (key, value) in [
        (Key::Layers, numbers.layers),
        (Key::Hidden, numbers.hidden),
        (Key::Heads, numbers.heads),
        (Key::KvHeads, numbers.kv_heads),
        (Key::HeadDim, numbers.head_dim),
        (Key::FfnWidth, numbers.ffn),
        (Key::Vocab, Some(model.vocab)),
        (Key::Experts, numbers.experts),
        (Key::TopK, numbers.top_k),
        (Key::ExpertWidth, numbers.experts.and(numbers.expert_width.or(numbers.ffn))),
        (Key::SharedExperts, numbers.shared_experts),
        (Key::DenseLayers, numbers.dense_layers),
    ] {
        if let Some(value) = value {
            inputs.set(key, value.to_string());
        }
    }
    inputs.set(Key::Gated, gated);
    inputs.set(Key::Tied, if model.tied { "on" } else { "off" });
    Some(inputs)
}

fn quote(field: &str) -> String {
    let plain = !field.contains([',', '"', '\n']);
    if plain { field.to_owned() } else { format!("\"{}\"", field.replace('"', "\"\"")) }
}
