//! What is fitted: constants of stacks, and paces of accelerators on them, each as a distance from what is stated
//! beforehand in units of how far it may plausibly lie from that.

use autoparallel::fit::Setup;
use autoparallel::stack::{Pace, Profile, Stack};
use autoparallel::units::{Ratio, Seconds};

/// One constant of a stack that runs can tell something about.
#[derive(Clone, Copy, Debug)]
pub struct Constant {
    /// Its field in the table of stacks.
    pub field: &'static str,
    /// Plausible distance from the stated value: of its logarithm, or of its log-odds where it is a share.
    pub spread: f64,
    /// A share between 0 and 1.
    pub share: bool,
    /// Its value.
    pub get: fn(&Profile) -> f64,
    /// Sets it.
    pub set: fn(&mut Profile, f64),
}

const fn factor(
    field: &'static str,
    spread: f64,
    get: fn(&Profile) -> f64,
    set: fn(&mut Profile, f64),
) -> Constant {
    Constant { field, spread, share: false, get, set }
}

const fn share(
    field: &'static str,
    spread: f64,
    get: fn(&Profile) -> f64,
    set: fn(&mut Profile, f64),
) -> Constant {
    Constant { field, spread, share: true, get, set }
}

/// The constants, with how well each is known beforehand.
pub const CONSTANTS: &[Constant] = &[
    factor("matmul", 0.12, |p| p.matmul.get(), |p, x| p.matmul = Ratio::new(x)),
    factor("attention", 0.35, |p| p.attention.get(), |p, x| p.attention = Ratio::new(x)),
    factor(
        "pointwise_passes",
        0.3,
        |p| p.pointwise_passes.get(),
        |p, x| p.pointwise_passes = Ratio::new(x),
    ),
    factor("cast_bytes", 0.4, |p| p.cast_bytes.get(), |p, x| p.cast_bytes = Ratio::new(x)),
    factor("launch_us", 0.4, |p| p.launch.get() * 1e6, |p, x| p.launch = Seconds::us(x)),
    factor(
        "kernels_per_moe",
        1.2,
        |p| p.kernels_per_moe.get(),
        |p, x| p.kernels_per_moe = Ratio::new(x),
    ),
    factor(
        "kernels_per_expert",
        0.8,
        |p| p.kernels_per_expert.get(),
        |p, x| p.kernels_per_expert = Ratio::new(x),
    ),
    factor(
        "accumulate_bytes",
        1.0,
        |p| p.accumulate_bytes.get(),
        |p, x| p.accumulate_bytes = Ratio::new(x),
    ),
    factor(
        "collective_us",
        0.5,
        |p| p.collective.get() * 1e6,
        |p, x| p.collective = Seconds::us(x),
    ),
    factor(
        "step_overhead_ms",
        0.7,
        |p| p.step_overhead.get() * 1e3,
        |p, x| p.step_overhead = Seconds::us(x * 1e3),
    ),
    factor("link_inside", 0.2, |p| p.link_inside.get(), |p, x| p.link_inside = Ratio::new(x)),
    factor("link_outside", 0.25, |p| p.link_outside.get(), |p, x| p.link_outside = Ratio::new(x)),
    share(
        "overlap_tensor",
        0.7,
        |p| p.overlap.tensor.get(),
        |p, x| p.overlap.tensor = Ratio::new(x),
    ),
    share(
        "overlap_expert",
        0.7,
        |p| p.overlap.expert.get(),
        |p, x| p.overlap.expert = Ratio::new(x),
    ),
    share(
        "overlap_gradients",
        0.7,
        |p| p.overlap.gradients.get(),
        |p, x| p.overlap.gradients = Ratio::new(x),
    ),
    share(
        "overlap_parameters",
        0.7,
        |p| p.overlap.parameters.get(),
        |p, x| p.overlap.parameters = Ratio::new(x),
    ),
];

/// Plausible spread of the logarithm of what paces are made of, each within the one before.
const SPREADS: Spreads = Spreads {
    generation: 0.12,
    format: 0.10,
    family: 0.15,
    accelerator: 0.04,
    stack: 0.06,
    attention_family: 0.4,
    attention_stack: 0.15,
};
/// Share of a constant's spread that all stacks have in common.
const COMMON: f64 = 0.6;
/// The share that is a stack's own: the squares of both make one.
const OWN: f64 = 0.8;

/// See [`SPREADS`].
struct Spreads {
    generation: f64,
    format: f64,
    family: f64,
    accelerator: f64,
    stack: f64,
    attention_family: f64,
    attention_stack: f64,
}
/// Shares stay this far from 0 and 1.
const SHARE_EDGE: f64 = 0.02;

/// Where a parameter applies.
#[derive(Clone, Debug, PartialEq)]
pub enum Scope {
    /// A constant of every stack.
    Common { at: usize },
    /// A constant of one stack.
    Constant { stack: String, at: usize },
    /// The pace of a generation of accelerators.
    Generation(String),
    /// The same in one number format.
    Format(String, String),
    /// The same on one family of stacks.
    Family(String, &'static str),
    /// The pace of one accelerator of a generation.
    Accelerator(String),
    /// The same on one stack and in one format.
    Stack { stack: String, accelerator: String, precision: String },
    /// The rate of attention of a generation on a family of stacks.
    AttentionFamily(String, &'static str),
    /// The rate of attention of an accelerator on a stack.
    AttentionStack { stack: String, accelerator: String },
}

/// Stacks that use the same kernels.
pub fn family(stack: &str) -> &'static str {
    match stack {
        "megatron" | "megatron-2025" | "nemo-2025" | "nemo-2024" | "rocm" | "neuronx" => {
            "megatron-core"
        }
        "megatron-2021" | "megatron-deepspeed" | "internevo" => "megatron-lm",
        "maxtext" | "maxtext-gpu" | "pax" => "xla",
        _ => "pytorch",
    }
}

/// What a pace is asked for.
#[derive(Clone, Copy, Debug)]
pub struct PaceKey<'a> {
    /// Key of the stack.
    pub stack: &'a str,
    /// Key of the accelerator; empty for its generation.
    pub accelerator: &'a str,
    /// Its generation.
    pub generation: &'a str,
    /// Number format.
    pub precision: &'a str,
}

/// All parameters that some runs bear on.
#[derive(Clone, Debug, Default)]
pub struct Parameters {
    /// What each is.
    pub scopes: Vec<Scope>,
    /// The stacks as stated beforehand.
    stated: Vec<Stack>,
}

/// Names by which a run's parameters are found.
fn names(setup: &Setup) -> (String, String, String) {
    let case = &setup.case;
    (
        case.stack.key.clone(),
        case.cluster.accelerator.name.clone(),
        case.training.precision.key().to_owned(),
    )
}

impl Parameters {
    /// The parameters of runs, and for each run which of them it depends on.
    pub fn of(setups: &[Setup]) -> (Self, Vec<Vec<usize>>) {
        let mut parameters = Self::default();
        let mut uses = Vec::new();
        for setup in setups {
            let (stack, accelerator, precision) = names(setup);
            if !parameters.stated.iter().any(|known| known.key == stack) {
                parameters.stated.push(setup.case.stack.clone());
            }
            let (of, by) = (setup.case.cluster.accelerator.generation.clone(), family(&stack));
            let common = (0..CONSTANTS.len()).map(|at| Scope::Common { at });
            let constants =
                (0..CONSTANTS.len()).map(|at| Scope::Constant { stack: stack.clone(), at });
            let paces = [
                Scope::Generation(of.clone()),
                Scope::Format(of.clone(), precision.clone()),
                Scope::Family(of.clone(), by),
                Scope::Accelerator(accelerator.clone()),
                Scope::AttentionFamily(of, by),
                Scope::AttentionStack { stack: stack.clone(), accelerator: accelerator.clone() },
                Scope::Stack { stack: stack.clone(), accelerator, precision },
            ];
            let list = common.chain(constants).chain(paces).map(|scope| parameters.index(scope));
            uses.push(list.collect());
        }
        (parameters, uses)
    }

    fn index(&mut self, scope: Scope) -> usize {
        let known = self.scopes.iter().position(|other| *other == scope);
        known.unwrap_or_else(|| {
            self.scopes.push(scope);
            self.scopes.len() - 1
        })
    }

    /// Distances of the constants of a stack, in the order of [`CONSTANTS`], in units of their spreads.
    pub fn distances(&self, stack: &str, x: &[f64]) -> [f64; CONSTANTS.len()] {
        let mut distances = [0.0; CONSTANTS.len()];
        for (scope, x) in self.scopes.iter().zip(x) {
            match scope {
                Scope::Common { at } => distances[*at] += COMMON * x,
                Scope::Constant { stack: of, at } if of == stack => distances[*at] += OWN * x,
                _ => {}
            }
        }
        distances
    }

    /// The pace of an accelerator (or, with none, of its generation) on a stack, and that of its attention.
    pub fn paces(&self, key: &PaceKey<'_>, x: &[f64]) -> (f64, f64) {
        let (mut pace, mut attention) = (0.0, 0.0);
        let by = family(key.stack);
        for (scope, x) in self.scopes.iter().zip(x) {
            let of = |generation: &str| generation == key.generation;
            match scope {
                Scope::Generation(g) if of(g) => pace += SPREADS.generation * x,
                Scope::Format(g, p) if of(g) && p == key.precision => pace += SPREADS.format * x,
                Scope::Family(g, f) if of(g) && *f == by => pace += SPREADS.family * x,
                Scope::Accelerator(a) if a == key.accelerator => pace += SPREADS.accelerator * x,
                Scope::Stack { stack, accelerator, precision }
                    if (stack.as_str(), accelerator.as_str(), precision.as_str())
                        == (key.stack, key.accelerator, key.precision) =>
                {
                    pace += SPREADS.stack * x;
                }
                Scope::AttentionFamily(g, f) if of(g) && *f == by => {
                    attention += SPREADS.attention_family * x;
                }
                Scope::AttentionStack { stack, accelerator }
                    if stack == key.stack && accelerator == key.accelerator =>
                {
                    attention += SPREADS.attention_stack * x;
                }
                _ => {}
            }
        }
        (pace.exp(), attention.exp())
    }

    /// Keys of the stacks that some run used, with the stack as stated.
    pub fn stacks(&self) -> &[Stack] {
        &self.stated
    }

    /// The value of a constant at a distance `x` from its stated value.
    pub fn value(&self, stack: &str, at: usize, x: f64) -> f64 {
        let constant = &CONSTANTS[at];
        let stated = self.stated.iter().find(|known| known.key == stack);
        let stated = stated.map_or(1.0, |known| (constant.get)(&known.profile));
        if constant.share {
            let stated = stated.clamp(SHARE_EDGE, 1.0 - SHARE_EDGE);
            let odds = (stated / (1.0 - stated)).ln() + constant.spread * x;
            1.0 / (1.0 + (-odds).exp())
        } else {
            stated * (constant.spread * x).exp()
        }
    }

    /// Sets the stack of a run to parameters `x`, of which it depends on `uses`.
    pub fn apply(&self, setup: &mut Setup, uses: &[usize], x: &dyn Fn(usize) -> f64) {
        let (stack, accelerator, precision) = names(setup);
        let mut distance = [0.0; CONSTANTS.len()];
        let (mut pace, mut attention) = (0.0, 0.0);
        for &i in uses {
            match &self.scopes[i] {
                Scope::Common { at } => distance[*at] += COMMON * x(i),
                Scope::Constant { at, .. } => distance[*at] += OWN * x(i),
                Scope::Generation(_) => pace += SPREADS.generation * x(i),
                Scope::Format(..) => pace += SPREADS.format * x(i),
                Scope::Family(..) => pace += SPREADS.family * x(i),
                Scope::Accelerator(_) => pace += SPREADS.accelerator * x(i),
                Scope::Stack { .. } => pace += SPREADS.stack * x(i),
                Scope::AttentionFamily(..) => attention += SPREADS.attention_family * x(i),
                Scope::AttentionStack { .. } => attention += SPREADS.attention_stack * x(i),
            }
        }
        for (at, distance) in distance.iter().enumerate() {
            let value = self.value(&stack, at, *distance);
            (CONSTANTS[at].set)(&mut setup.case.stack.profile, value);
        }
        let (ratio, attention) = (Ratio::new(pace.exp()), Ratio::new(attention.exp()));
        setup.case.stack.paces = vec![Pace { accelerator, precision, ratio, attention }];
    }
}
