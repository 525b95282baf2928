//! The runs of the scoring set beside what was said of each with its group left out, for the page.

use crate::Judged;
use autoparallel::catalogue::table::Table;
use autoparallel::catalogue::{models, support};
use autoparallel::fit::serve::{Asked, ServeSetup};
use autoparallel::inputs::{Inputs, Key};
use autoparallel::link;
use autoparallel::serving::Mode;
use std::collections::BTreeMap;
use std::fmt::Write;

const HEAD: &str = "id,group,source,date,model,accelerator,generation,count,stack,precision,\
measured_ttft_ms,predicted_ttft_ms,low_ttft_ms,high_ttft_ms,\
measured_tpot_ms,predicted_tpot_ms,low_tpot_ms,high_tpot_ms,\
measured_tok_s,predicted_tok_s,low_tok_s,high_tok_s,link,remarks\n";

/// All of them; `text` is the table that they were read from.
pub fn table(judged: &[Judged], text: &str) -> String {
    let table = Table::read(text);
    let sources: BTreeMap<&str, &str> =
        table.rows().map(|row| (row.text("id"), row.text("source"))).collect();
    let mut out = HEAD.to_owned();
    for row in judged.iter().filter(|row| row.sample.run.core) {
        let run = &row.sample.run;
        let setup = &row.sample.setup;
        let accelerator = &setup.service.cluster.accelerator;
        let name = sources.get(run.id.as_str()).copied().unwrap_or(run.source.as_str());
        let model = run.model.rsplit('/').next().unwrap_or_default();
        let fields = [
            run.id.as_str(),
            &run.group,
            name,
            run.date.get(..7).unwrap_or(&run.date),
            model,
            &accelerator.name,
            &accelerator.generation,
            &(setup.instance.ranks() as f64 * setup.replicas).to_string(),
            &setup.service.engine.key,
            setup.service.weights.key(),
        ];
        let mut line: Vec<String> = fields.iter().map(|field| quoted(field)).collect();
        for (i, figure) in ["ttft", "tpot", "tok_s"].iter().enumerate() {
            line.extend(pair(row, i, figure));
        }
        line.push(quoted(&link_of(row).unwrap_or_default()));
        let mut remarks = vec![setup.kind.to_owned()];
        remarks.extend(setup.remarks.iter().cloned());
        line.push(quoted(&remarks.join("; ")));
        writeln!(out, "{}", line.join(",")).unwrap_or_default();
    }
    out
}

/// Measured, said unseen, and the range about that.
fn pair(row: &Judged, i: usize, figure: &str) -> [String; 4] {
    let (Some(measured), Some(error)) = (row.sample.log_measured[i], row.unseen[i]) else {
        return [const { String::new() }; 4];
    };
    let setup = &row.sample.setup;
    let generation = &setup.service.cluster.accelerator.generation;
    let range = setup.service.engine.range(figure, generation, setup.kind);
    let said = (measured + error).exp();
    let (low, high) = range.map_or((1.0, 1.0), |own| (own.factor.0.get(), own.factor.1.get()));
    [measured.exp(), said, said * low, said * high].map(digits)
}

/// Four digits.
fn digits(value: f64) -> String {
    let places = (3.0 - value.abs().log10().floor()).clamp(0.0, 6.0) as usize;
    format!("{value:.places$}")
}

/// The link that asks the page for the same: where it can say all of it.
fn link_of(row: &Judged) -> Option<String> {
    let ServeSetup { service, instance, traffic, asked, .. } = &row.sample.setup;
    let model = models::find(&row.sample.run.model)?;
    support::find(&service.engine.key, &service.cluster.accelerator.generation)?;
    let mut inputs = Inputs::default()
        .with(Key::Purpose, "serve")
        .with(Key::Model, model.key)
        .with(Key::Engine, &service.engine.key)
        .with(Key::ServeOn, &service.cluster.accelerator.name)
        .with(Key::ServeMost, service.cluster.count.to_string())
        .with(Key::Weights, service.weights.key())
        .with(Key::Cache, service.cache.key())
        .with(Key::Prompt, (traffic.prompt.round().max(1.0) as u64).to_string())
        .with(Key::Answer, (traffic.output.round().max(1.0) as u64).to_string())
        .with(Key::FirstToken, "none")
        .with(Key::PerToken, "none");
    for (key, n) in [
        (Key::ServeTp, instance.tp),
        (Key::ServePp, instance.pp),
        (Key::ServeDp, instance.dp),
        (Key::ServeEp, instance.ep),
    ] {
        inputs.set(key, n.to_string());
    }
    if traffic.cached.get() > 0.0 {
        inputs.set(Key::Cached, format!("{:.3}", traffic.cached.get()));
    }
    match asked {
        Asked::Mode(Mode::Closed { concurrency: n } | Mode::Static { batch: n }) => {
            inputs.set(Key::InFlight, n.to_string());
        }
        Asked::Mode(Mode::Open { rate, .. }) => inputs.set(Key::Rate, format!("{}/s", rate.get())),
        _ => {}
    }
    let ask = inputs.resolve().ask?;
    autoparallel::plan::serve::find(&ask).best?;
    Some(link::encode(&inputs))
}

fn quoted(field: &str) -> String {
    if field.contains([',', '"', '\n']) {
        format!("\"{}\"", field.replace('"', "\"\""))
    } else {
        field.to_owned()
    }
}
