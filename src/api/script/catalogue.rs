//! What the catalogue has, for those who want to choose from it.

use crate::catalogue::constants::{Constant, Form, SERVING, TRAINING};
use crate::catalogue::{
    accelerators as machines, engines as servers, models as all_models, presets as runs,
    stacks as software, support,
};
use crate::stack::Technique;
use serde::Serialize;

/// One model.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ModelEntry {
    /// Hub id or name, as `model.name` takes it.
    pub name: &'static str,
    /// Other names that `model.name` takes.
    pub aliases: Vec<&'static str>,
    /// Family, as its configuration names it.
    pub family: &'static str,
    /// Layers.
    pub layers: u32,
    /// All parameters but those of multi-token prediction.
    pub parameters: f64,
    /// Those that one token uses.
    pub active_parameters: f64,
    /// Routed experts of a layer; 0 for none.
    pub routed_experts: u32,
    /// Longest sequence that it was made for, where that is stated.
    pub positions_max: Option<u32>,
    /// Where its shape was read.
    pub sources: Vec<&'static str>,
    /// When.
    pub as_of: &'static str,
}

/// One accelerator.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AcceleratorEntry {
    /// Key, as `cluster.accelerator` takes it.
    pub accelerator: &'static str,
    /// Name for people.
    pub label: &'static str,
    /// Other names that `cluster.accelerator` takes.
    pub aliases: &'static [String],
    /// `available` or `announced`.
    pub status: &'static str,
    /// Memory.
    pub memory_bytes: f64,
    /// Its bandwidth.
    pub memory_bytes_per_s: f64,
    /// Accelerators in one machine.
    pub accelerators_per_node: u32,
    /// Accelerators that the scale-up link joins.
    pub scale_up_domain_accelerators: u32,
    /// That link, each way.
    pub scale_up_bytes_per_s: f64,
    /// Network of one accelerator, each way.
    pub network_bits_per_s: f64,
    /// Rated power, where it is known.
    pub power_watts: Option<f64>,
    /// Usual price on demand, where one is known.
    pub usd_per_accelerator_hour: Option<f64>,
    /// Whether every figure was confirmed.
    pub verified: bool,
    /// Where the figures were read.
    pub source: &'static str,
    /// Date of the row.
    pub date: &'static str,
}

/// One stack.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StackEntry {
    /// Key, as `stack` takes it.
    pub name: &'static str,
    /// Name for people.
    pub label: &'static str,
    /// Version described.
    pub version: &'static str,
    /// Date of that version.
    pub date: &'static str,
    /// What it can run, as `constraints.forbidden_techniques` names it.
    pub techniques: Vec<&'static str>,
    /// Where that was read.
    pub source: &'static str,
}

/// One serving engine.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct EngineEntry {
    /// Key, as `serving.engine` takes it.
    pub name: &'static str,
    /// Name for people.
    pub label: &'static str,
    /// Version described.
    pub version: &'static str,
    /// Date of that version.
    pub date: &'static str,
    /// Keys of the accelerators that it runs on, as `serving.accelerators` takes them.
    pub accelerators: Vec<&'static str>,
    /// Where it was read.
    pub source: &'static str,
}

/// One run to start from.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PresetEntry {
    /// Stable name.
    pub name: &'static str,
    /// The model.
    pub title: &'static str,
    /// The machines.
    pub machines: &'static str,
    /// What is special about it.
    pub story: &'static str,
    /// Its link, without `#`.
    pub link: &'static str,
    /// Where it was read.
    pub source: &'static str,
}

/// All models.
#[must_use]
pub fn models() -> Vec<ModelEntry> {
    let entry = |row: &'static all_models::ModelRow| {
        let params = row.model.params();
        ModelEntry {
            name: row.key,
            aliases: row.aliases.clone(),
            family: row.family,
            layers: row.model.n_layers(),
            parameters: params.total as f64,
            active_parameters: params.active as f64,
            routed_experts: row.model.experts(),
            positions_max: row.model.max_positions,
            sources: row.sources.clone(),
            as_of: row.as_of,
        }
    };
    all_models::all().iter().map(entry).collect()
}

/// All accelerators that train; all of them serve as well.
#[must_use]
pub fn accelerators() -> Vec<AcceleratorEntry> {
    machines::all().iter().map(accelerator).collect()
}

/// Machines that only serve: laptops, phones, processors, cards without a network.
#[must_use]
pub fn edge_accelerators() -> Vec<AcceleratorEntry> {
    machines::edge().iter().map(accelerator).collect()
}

fn accelerator(row: &'static machines::MachineRow) -> AcceleratorEntry {
    AcceleratorEntry {
        accelerator: &row.key,
        label: &row.label,
        aliases: &row.aliases,
        status: &row.status,
        memory_bytes: row.accelerator.memory.as_f64(),
        memory_bytes_per_s: row.accelerator.memory_bandwidth.get(),
        accelerators_per_node: row.node_size,
        scale_up_domain_accelerators: row.domain,
        scale_up_bytes_per_s: row.link.get(),
        network_bits_per_s: row.nic.get() * 8.0,
        power_watts: row.accelerator.power.map(|power| power.get()),
        usd_per_accelerator_hour: row.price.map(|price| price.get()),
        verified: row.verified,
        source: &row.source,
        date: &row.date,
    }
}

/// All stacks.
#[must_use]
pub fn stacks() -> Vec<StackEntry> {
    let entry = |row: &'static crate::stack::Stack| StackEntry {
        name: &row.key,
        label: &row.name,
        version: &row.version,
        date: &row.date,
        techniques: row.techniques.iter().map(Technique::key).collect(),
        source: &row.source,
    };
    software::all().iter().map(entry).collect()
}

/// One constant that a stack or engine of one's own may have.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ConstantEntry {
    /// `stack` or `engine`.
    pub of: &'static str,
    /// Name, as `stack.your_changes` and `serving.your_engine_changes` take it.
    pub name: &'static str,
    /// Name for people.
    pub label: &'static str,
    /// What it is counted in; empty for shares and factors.
    pub unit: &'static str,
    /// `number`, `integer` or `boolean`.
    pub kind: &'static str,
    /// Smallest value.
    pub min: f64,
    /// Largest value.
    pub max: f64,
}

/// All constants of stacks, then those of engines.
#[must_use]
pub fn constants() -> Vec<ConstantEntry> {
    let entry = |of: &'static str| {
        move |own: &Constant| ConstantEntry {
            of,
            name: own.field,
            label: own.label,
            unit: own.unit,
            kind: match own.form {
                Form::Number => "number",
                Form::Whole => "integer",
                Form::Switch => "boolean",
            },
            min: own.min,
            max: own.max,
        }
    };
    let engines = SERVING.iter().map(entry("engine"));
    TRAINING.iter().map(entry("stack")).chain(engines).collect()
}

/// All serving engines, each era on its own.
#[must_use]
pub fn engines() -> Vec<EngineEntry> {
    let entry = |engine: &'static crate::serving::Engine| {
        let known = machines::all().iter().chain(machines::edge());
        let runs = |row: &&machines::MachineRow| {
            support::find(&engine.key, &row.accelerator.generation).is_some()
        };
        EngineEntry {
            name: &engine.key,
            label: &engine.name,
            version: &engine.version,
            date: &engine.date,
            accelerators: known.filter(runs).map(|row| row.key.as_str()).collect(),
            source: &engine.source,
        }
    };
    servers::all().iter().map(entry).collect()
}

/// All runs to start from, published ones first.
#[must_use]
pub fn presets() -> Vec<PresetEntry> {
    let entry = |row: &'static runs::Preset| PresetEntry {
        name: &row.key,
        title: &row.title,
        machines: &row.note,
        story: &row.story,
        link: &row.link,
        source: &row.source,
    };
    runs::all().iter().map(entry).collect()
}
