//! What is fitted: constants of engines, and factors for machines and formats, each as a distance from what is stated
//! beforehand in units of how far it may plausibly lie from that.

use autoparallel::catalogue::engines;
use autoparallel::fit::serve::ServeSetup;
use autoparallel::serving::{Engine, Factor, FactorOf};
use autoparallel::units::{BytesPerSecond, Ratio, Seconds};
use std::sync::Arc;

/// One constant of an engine.
#[derive(Clone, Copy, Debug)]
pub struct Constant {
    /// Its field in the table of engines.
    pub field: &'static str,
    /// Plausible distance of its logarithm from the stated value.
    pub spread: f64,
    /// Its value, in the table's unit.
    pub get: fn(&Engine) -> f64,
    /// Sets it.
    pub set: fn(&mut Engine, f64),
}

const fn constant(
    field: &'static str,
    spread: f64,
    get: fn(&Engine) -> f64,
    set: fn(&mut Engine, f64),
) -> Constant {
    Constant { field, spread, get, set }
}

/// The constants, with how well each is known beforehand.
pub const CONSTANTS: [Constant; 22] = [
    constant("compute", 0.25, |e| e.compute.get(), |e, x| e.compute = Ratio::new(x)),
    constant("stream", 0.2, |e| e.stream.get(), |e, x| e.stream = Ratio::new(x)),
    constant(
        "unit_gb_s",
        0.25,
        |e| e.unit_stream.get() / 1e9,
        |e, x| e.unit_stream = BytesPerSecond::gb(x),
    ),
    constant("unpack", 0.25, |e| e.unpack.get(), |e, x| e.unpack = Ratio::new(x)),
    constant("cache", 0.35, |e| e.cache.get(), |e, x| e.cache = Ratio::new(x)),
    constant("attention", 0.35, |e| e.attention.get(), |e, x| e.attention = Ratio::new(x)),
    constant("experts", 0.35, |e| e.experts.get(), |e, x| e.experts = Ratio::new(x)),
    constant(
        "expert_stream",
        0.25,
        |e| e.expert_stream.get(),
        |e, x| e.expert_stream = Ratio::new(x),
    ),
    constant("gap_us", 0.6, |e| e.gap.get() * 1e6, |e, x| e.gap = Seconds::us(x)),
    constant("launch_us", 0.6, |e| e.launch.get() * 1e6, |e, x| e.launch = Seconds::us(x)),
    constant(
        "expert_kernels",
        0.6,
        |e| e.expert_kernels.get(),
        |e, x| e.expert_kernels = Ratio::new(x),
    ),
    constant(
        "expert_starts",
        1.0,
        |e| e.expert_starts.get(),
        |e, x| e.expert_starts = Ratio::new(x),
    ),
    constant("step_us", 0.8, |e| e.step.get() * 1e6, |e, x| e.step = Seconds::us(x)),
    constant("sequence_us", 0.8, |e| e.sequence.get() * 1e6, |e, x| e.sequence = Seconds::us(x)),
    constant("scan_us", 0.8, |e| e.scan.get() * 1e6, |e, x| e.scan = Seconds::us(x)),
    constant("request_ms", 0.9, |e| e.request.get() * 1e3, |e, x| e.request = Seconds::us(x * 1e3)),
    constant("token_us", 0.9, |e| e.token.get() * 1e6, |e, x| e.token = Seconds::us(x)),
    constant(
        "collective_us",
        0.5,
        |e| e.collective.get() * 1e6,
        |e, x| e.collective = Seconds::us(x),
    ),
    constant("link_inside", 0.25, |e| e.link_inside.get(), |e, x| e.link_inside = Ratio::new(x)),
    constant("link_outside", 0.35, |e| e.link_outside.get(), |e, x| e.link_outside = Ratio::new(x)),
    constant("imbalance", 0.15, |e| e.imbalance.get(), |e, x| e.imbalance = Ratio::new(x.max(1.0))),
    constant(
        "activations",
        0.4,
        |e| e.memory.activations.get(),
        |e, x| e.memory.activations = Ratio::new(x),
    ),
];

/// Plausible spreads of the logarithm of factors: of a generation for all engines, of one of its accelerators, of a
/// generation for one family of engines, of a class of formats for a family, and of that on a generation. Their size as
/// a whole was chosen among 0.7, 1, 1.4 and 2 times their first guess by the errors of groups unseen: 1.4.
fn spread(of: FactorOf, level: Level) -> Option<f64> {
    let by_level = |all: [f64; 5]| Some(all[level as usize]).filter(|spread| *spread > 0.0);
    match of {
        FactorOf::Compute => by_level([0.28, 0.14, 0.28, 0.28, 0.17]),
        FactorOf::Stream => by_level([0.21, 0.085, 0.21, 0.21, 0.11]),
        FactorOf::Cache => by_level([0.28, 0.0, 0.28, 0.0, 0.0]),
        FactorOf::Attention => by_level([0.35, 0.0, 0.35, 0.0, 0.0]),
        FactorOf::Experts => by_level([0.28, 0.0, 0.28, 0.28, 0.17]),
        FactorOf::Overhead => by_level([0.35, 0.0, 0.35, 0.0, 0.0]),
        FactorOf::Start => by_level([0.42, 0.0, 0.84, 0.0, 0.0]),
        FactorOf::Network => by_level([0.42, 0.14, 0.42, 0.0, 0.0]),
    }
}

/// What a factor holds for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Generation,
    Accelerator,
    Family,
    Format,
    FormatOnGeneration,
}

const LEVELS: [Level; 5] = [
    Level::Generation,
    Level::Accelerator,
    Level::Family,
    Level::Format,
    Level::FormatOnGeneration,
];

/// What one parameter is.
#[derive(Clone, Debug, PartialEq)]
pub enum Scope {
    /// A constant of an engine, by number.
    Constant(String, usize),
    /// A factor of an engine (`*`: of all).
    Factor {
        /// The engine.
        engine: String,
        /// What on.
        of: FactorOf,
        /// Machine or generation.
        machine: String,
        /// Class of formats.
        format: String,
        /// Plausible spread of its logarithm.
        spread: f64,
    },
}

/// All parameters.
#[derive(Debug, Default)]
pub struct Parameters {
    /// One for each number.
    pub scopes: Vec<Scope>,
}

impl Parameters {
    /// Number of the parameter of that scope, new if need be.
    fn at(&mut self, scope: Scope) -> usize {
        if let Some(at) = self.scopes.iter().position(|known| *known == scope) {
            return at;
        }
        self.scopes.push(scope);
        self.scopes.len() - 1
    }

    /// Parameters that a row depends on.
    pub fn uses(&mut self, setup: &ServeSetup) -> Vec<usize> {
        let service = &setup.service;
        let engine = service.engine.key.clone();
        let family = engines::family(&engine).to_owned();
        let accelerator = &service.cluster.accelerator;
        let mut uses = Vec::new();
        for (i, constant) in CONSTANTS.iter().enumerate() {
            let free = service.engine.unit_stream.get() > 1e12
                && matches!(constant.field, "unit_gb_s" | "unpack");
            if (constant.get)(&service.engine) > 0.0 && !free {
                for one in engines::followed(&engine, constant.field) {
                    uses.push(self.at(Scope::Constant(one.to_owned(), i)));
                }
            }
        }
        let class = service.class().to_owned();
        for of in FactorOf::ALL {
            for level in LEVELS {
                let Some(spread) = spread(of, level) else { continue };
                let generation = accelerator.generation.clone();
                let (who, machine, format) = match level {
                    Level::Generation => ("*".to_owned(), generation, String::new()),
                    Level::Accelerator => ("*".to_owned(), accelerator.name.clone(), String::new()),
                    Level::Family => (family.clone(), generation, String::new()),
                    Level::Format => (family.clone(), String::new(), class.clone()),
                    Level::FormatOnGeneration => ("*".to_owned(), generation, class.clone()),
                };
                uses.push(self.at(Scope::Factor { engine: who, of, machine, format, spread }));
            }
        }
        uses
    }

    /// The row's engine with constants and factors as `x` has them.
    pub fn apply(&self, setup: &mut ServeSetup, uses: &[usize], x: &dyn Fn(usize) -> f64) {
        let engine = &mut setup.service.engine;
        let mut factors = Vec::new();
        for &at in uses {
            let distance = x(at);
            match &self.scopes[at] {
                Scope::Constant(_, i) => {
                    let constant = &CONSTANTS[*i];
                    let value = (constant.get)(engine) * (distance * constant.spread).exp();
                    (constant.set)(engine, value);
                }
                Scope::Factor { of, machine, format, spread, .. } => {
                    let value = Ratio::new((distance * spread).exp());
                    let (machine, format) = (machine.clone(), format.clone());
                    factors.push(Factor { of: *of, machine, format, value });
                }
            }
        }
        engine.factors = Arc::new(factors);
    }

    /// What a constant is under `x`, and what it was stated to be.
    pub fn constant(&self, engine: &str, i: usize, x: &[f64]) -> Option<(f64, f64)> {
        let stated = (CONSTANTS[i].get)(&engines::stated(engine)?);
        let line = engines::followed(engine, CONSTANTS[i].field);
        let own = |scope: &Scope| match scope {
            Scope::Constant(key, constant) => *constant == i && line.contains(&key.as_str()),
            Scope::Factor { .. } => false,
        };
        let distance: f64 =
            self.scopes.iter().zip(x).filter(|(scope, _)| own(scope)).map(|(_, x)| x).sum();
        Some((stated * (distance * CONSTANTS[i].spread).exp(), stated))
    }
}
