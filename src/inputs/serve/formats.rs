//! Which formats may be used where: what was typed, as far as engine and hardware have it.

use super::super::names::{self, CONFIG};
use super::super::resolve::Reader;
use super::super::{Inputs, Key, Value, read};
use super::words::machine_of;
use crate::catalogue::accelerators::MachineRow;
use crate::catalogue::support::{self, Support};
use crate::catalogue::{engines, formats as rows, models};
use crate::model::config;
use crate::serving::{Ask, AskedMachine, Engine, KvFormat, WeightFormat};

/// Others read such files as well, but are made for other formats.
const GGUF_ENGINE: &str = "llamacpp";
/// Formats that are taken on a machine where none is typed: the widest, and 8 bits where the hardware multiplies
/// them; of GGUF kinds the usual ones.
const USUAL_GGUF: [WeightFormat; 3] = [WeightFormat::Q8_0, WeightFormat::Q4Km, WeightFormat::Q4_0];

/// Pairs of weights and cache that may be used on a machine.
pub(super) fn allowed(
    reader: &Reader,
    (engine, stored): (&Engine, Option<WeightFormat>),
    row: &MachineRow,
    can: &Support,
) -> Vec<(WeightFormat, KvFormat)> {
    let weights = match reader.list(Key::Weights) {
        Some(typed) => typed.into_iter().filter_map(WeightFormat::of_key).collect(),
        None => match stored.filter(|own| can.weights.contains(own)) {
            Some(own) => vec![own],
            None => usual(engine, row, can),
        },
    };
    let cache = |format: WeightFormat| -> Vec<KvFormat> {
        match reader.list(Key::Cache) {
            Some(typed) => typed.into_iter().filter_map(cache_of_key).collect(),
            None => {
                let usual = engine.usual_cache(format);
                let known = can.cache.contains(&usual);
                vec![if known { usual } else { KvFormat::Wide }]
            }
        }
    };
    let mut all = Vec::new();
    for format in weights.into_iter().filter(|format| can.weights.contains(format)) {
        for kept in cache(format).into_iter().filter(|kept| can.cache.contains(kept)) {
            all.push((format, kept));
        }
    }
    all
}

/// The format in which the model's weights are published, where it is not of 16 bits.
pub(super) fn stored(reader: &Reader) -> Option<WeightFormat> {
    match reader.name(Key::Model)? {
        CONFIG => WeightFormat::of_key(reader.config.as_ref()?.stored?),
        name => names::model(name)?.stored,
    }
}

/// Where it is said that the checkpoint brings code of its own.
pub(super) fn custom_code(reader: &Reader) -> Option<String> {
    match reader.name(Key::Model)? {
        CONFIG => {
            reader.config.as_ref()?.custom_code.then(|| "auto_map of its config.json".to_owned())
        }
        name => models::custom_code(names::model(name)?.key).map(str::to_owned),
    }
}

/// What the engine's rows say of formats before they are taken (`data/engine_formats.csv`).
fn echo_said(reader: &mut Reader, ask: &Ask) {
    let mut all: Vec<String> = Vec::new();
    for machine in &ask.machines {
        let generation = &machine.cluster.accelerator.generation;
        for (format, _) in &machine.formats {
            let Some(row) = rows::said(&ask.engine.key, generation, *format) else { continue };
            let text = format!("{} is {}", format.key(), row.said);
            if !all.contains(&text) {
                all.push(text);
            }
        }
    }
    all.into_iter().for_each(|text| reader.note(Key::Weights, text));
}

/// Says what is tried where nothing is typed: the format of the checkpoint, or why not.
pub(super) fn echo(reader: &mut Reader, ask: &Ask) {
    echo_said(reader, ask);
    let (None, Some(stored)) = (reader.list(Key::Weights), ask.stored) else { return };
    let has = |machine: &AskedMachine| machine.formats.iter().any(|own| own.0 == stored);
    if ask.machines.iter().any(has) {
        reader.echo(Key::Weights, format!("{}, as the checkpoint", stored.key()));
    }
    let without: Vec<&str> = ask
        .machines
        .iter()
        .filter(|machine| !has(machine))
        .map(|machine| machine.label.as_str())
        .collect();
    if !without.is_empty() {
        let text = format!(
            "the checkpoint is in {}, which {} has not on {}: it is converted first",
            stored.key(),
            ask.engine.name,
            without.join(", ")
        );
        reader.note(Key::Weights, text);
    }
}

fn usual(engine: &Engine, row: &MachineRow, can: &Support) -> Vec<WeightFormat> {
    if engine.key.starts_with(GGUF_ENGINE) {
        let usual = USUAL_GGUF.into_iter().filter(|format| can.weights.contains(format));
        return usual.take(2).collect();
    }
    let native = row.accelerator.peak.fp8.is_some();
    let fits = |format: &WeightFormat| {
        *format == WeightFormat::Bf16 || native && *format == WeightFormat::Fp8
    };
    can.weights.iter().copied().filter(fits).collect()
}

fn stored_of(inputs: &Inputs) -> Option<WeightFormat> {
    match inputs.get(Key::Model).trim() {
        name if name.eq_ignore_ascii_case(CONFIG) => {
            WeightFormat::of_key(config::read(inputs.typed(Key::Config)?).stored?)
        }
        name => names::model(name)?.stored,
    }
}

/// Pairs that are looked at on any machine of a market that has them.
pub fn of_market(inputs: &Inputs, engine: &Engine) -> Vec<(WeightFormat, KvFormat)> {
    let typed = |key: Key| match inputs.typed(key).map(|text| read(key, text)) {
        Some(Ok(Value::Words(words))) => words,
        _ => String::new(),
    };
    let words = typed(Key::Weights);
    let mut weights: Vec<WeightFormat> =
        words.split(',').filter_map(WeightFormat::of_key).collect();
    if weights.is_empty() {
        weights = match (engine.key.starts_with(GGUF_ENGINE), stored_of(inputs)) {
            (true, Some(WeightFormat::Mxfp4)) => vec![WeightFormat::Mxfp4],
            (true, _) => USUAL_GGUF[..2].to_vec(),
            (false, None) => vec![WeightFormat::Bf16, WeightFormat::Fp8],
            // Machines without kernels for it serve a copy in 16 bits.
            (false, Some(stored)) => vec![stored, WeightFormat::Bf16],
        };
    }
    let words = typed(Key::Cache);
    let caches: Vec<KvFormat> = words.split(',').filter_map(cache_of_key).collect();
    let mut all = Vec::new();
    for format in weights {
        let usual = [engine.usual_cache(format)];
        let own = if caches.is_empty() { &usual[..] } else { &caches };
        all.extend(own.iter().map(|cache| (format, *cache)));
    }
    all
}

/// Says which typed formats nothing of what was chosen can run, and what can be run instead.
pub(super) fn complain(
    reader: &mut Reader,
    (engine, stored): (&Engine, Option<WeightFormat>),
    kinds: &[String],
    machines: &[AskedMachine],
) {
    for key in [Key::Weights, Key::Cache] {
        let typed: Vec<String> =
            reader.list(key).unwrap_or_default().into_iter().map(str::to_owned).collect();
        for word in typed {
            lack(reader, (engine, stored), kinds, (key, &word));
        }
    }
    // Each alone runs on some of them, and no one of them has both.
    let clear = !reader.problems.iter().any(|own| matches!(own.key, Key::Weights | Key::Cache));
    let runs = kinds.iter().any(|kind| support::find(&engine.key, generation(kind)).is_some());
    if machines.is_empty() && clear && runs {
        let hint =
            "no one of these accelerators has both what is typed for weights and for the cache";
        reader.problem(Key::Weights, "formats that one accelerator has together", hint);
    }
}

/// The generation of a kind; of one's own that from which its kernels are taken.
fn generation(kind: &str) -> &'static str {
    machine_of(kind).map_or("hopper", |row| row.accelerator.generation.as_str())
}

/// Whether an engine has the format there.
fn has(can: &Support, key: Key, word: &str) -> bool {
    match key {
        Key::Weights => can.weights.iter().any(|own| own.key() == word),
        _ => can.cache.iter().any(|own| own.key() == word),
    }
}

fn lack(
    reader: &mut Reader,
    (engine, stored): (&Engine, Option<WeightFormat>),
    kinds: &[String],
    (key, word): (Key, &str),
) {
    let lacks = |kind: &&String| {
        !support::find(&engine.key, generation(kind)).is_some_and(|can| has(&can, key, word))
    };
    let lacking: Vec<&String> = kinds.iter().filter(lacks).collect();
    if lacking.is_empty() {
        return;
    }
    let labels: Vec<&str> = lacking
        .iter()
        .map(|kind| machine_of(kind).map_or(kind.as_str(), |row| row.label.as_str()))
        .collect();
    let noun = if key == Key::Cache { " cache" } else { "" };
    let nearest = nearest((engine, stored), &lacking, key, word);
    let others = having(&lacking, key, word);
    let text =
        format!("{} has no {word}{noun} on {}{nearest}{others}", engine.name, labels.join(", "));
    if lacking.len() == kinds.len() {
        reader.problem(key, "a format that engine and accelerator have", text);
    } else {
        reader.note(key, text);
    }
}

/// What runs there instead: the format whose width is nearest, of those that any model may be stored in.
fn nearest(
    (engine, stored): (&Engine, Option<WeightFormat>),
    kinds: &[&String],
    key: Key,
    word: &str,
) -> String {
    let can = kinds.first().and_then(|kind| support::find(&engine.key, generation(kind)));
    let Some(can) = can else { return String::new() };
    let near = |bits: f64, all: Vec<(f64, &'static str)>| {
        let far = |own: &(f64, &str)| (own.0 - bits).abs();
        let best = all.into_iter().min_by(|a, b| far(a).total_cmp(&far(b)));
        best.map_or_else(String::new, |(_, name)| format!("; nearest that runs: {name}"))
    };
    if key == Key::Weights {
        let bits = WeightFormat::of_key(word).map_or(16.0, |format| format.bits().get());
        let all = can.weights.iter().filter(|own| support::is_usual(**own, &engine.key, stored));
        return near(bits, all.map(|own| (own.bits().get(), own.key())).collect());
    }
    let bits = cache_of_key(word).map_or(16.0, |format| format.bits().get());
    near(bits, can.cache.iter().map(|own| (own.bits().get(), own.key())).collect())
}

/// Generations on which vLLM converts caches of 8-bit floats in software (vllm-project/vllm pull 2279).
const CONVERTED: [&str; 4] = ["volta", "turing", "ampere", "ampere-rtx"];

/// Engines that have the format on one of those kinds.
fn having(kinds: &[&String], key: Key, word: &str) -> String {
    let some = |engine: &&str| {
        kinds.iter().any(|kind| {
            support::find(engine, generation(kind)).is_some_and(|can| has(&can, key, word))
        })
    };
    let all = support::engines().iter().copied().filter(some);
    let names: Vec<&str> =
        all.filter_map(engines::find).map(|engine| engine.name.as_str()).collect();
    let converted = kinds.iter().any(|kind| CONVERTED.contains(&generation(kind)));
    if !names.is_empty() {
        format!("; engines that have it there: {}", names.join(", "))
    } else if key == Key::Cache && word == KvFormat::Fp8.key() && converted {
        "; it has no such units: vLLM converts there in software, which is left out here, as no \
         run says what that costs"
            .to_owned()
    } else {
        "; no engine here has it there".to_owned()
    }
}

/// Engines that run on some of those kinds.
pub(super) fn engines_for(kinds: &[String]) -> String {
    let generations: Vec<&str> = kinds
        .iter()
        .filter_map(|kind| machine_of(kind))
        .map(|row| row.accelerator.generation.as_str())
        .collect();
    let runs = |engine: &&str| {
        generations.iter().any(|generation| support::find(engine, generation).is_some())
    };
    let all = support::engines().iter().copied().filter(runs);
    let names: Vec<&str> =
        all.filter_map(engines::find).map(|engine| engine.name.as_str()).collect();
    if names.is_empty() {
        "no engine of the catalogue runs there".to_owned()
    } else {
        format!("on these run {}", names.join(", "))
    }
}

fn cache_of_key(key: &str) -> Option<KvFormat> {
    KvFormat::ALL.into_iter().find(|format| format.key() == key)
}
