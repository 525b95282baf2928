//! F6: where every number of a plan comes from: the formula, this case's values in it, and the
//! source.
//!
//! A substituted text is one or more equations, parted by `; `, each `expression = result`; every
//! number in it has its unit. Tests read them all and work them out again.

mod activations;
mod figures;
mod memory;
mod network;
mod outage;
mod rates;
mod time;

pub(super) use figures::figures;
pub use outage::{OutageExplanation, explain_outage};

use super::{Derivation, Plan};
use crate::case::Case;
use crate::estimate::{Basis, Book, StageReport};
use crate::units::text::fine;
use crate::units::{Ratio, Seconds};

const TIMES: &str = "\u{d7}";

/// What the derivations of one plan are made from.
pub(super) struct Explained<'a> {
    pub case: &'a Case,
    pub plan: &'a Plan,
    /// Every stage.
    pub stages: Vec<StageReport>,
    /// The stage with most memory.
    pub fullest: Option<Basis>,
    /// The stage that takes longest.
    pub slowest: Option<Basis>,
    /// One of each kind of stage.
    pub kinds: Vec<Basis>,
}

impl<'a> Explained<'a> {
    pub fn new(case: &'a Case, plan: &'a Plan) -> Self {
        let book = Book::new(case);
        let stages = book.stages_report(&plan.layout);
        let mut seen: Vec<(u32, bool, bool, Seconds, Seconds)> = Vec::new();
        let mut kinds = Vec::new();
        for stage in &stages {
            let (forward, backward) = (stage.forward, stage.backward);
            let kind = (stage.layers, stage.embedding, stage.head, forward, backward);
            if !seen.contains(&kind) {
                seen.push(kind);
                kinds.extend(book.basis(&plan.layout, stage.stage));
            }
        }
        Self {
            case,
            plan,
            fullest: book.basis(&plan.layout, plan.estimate.fullest_stage),
            slowest: book.basis(&plan.layout, plan.estimate.slowest_stage),
            stages,
            kinds,
        }
    }
}

/// A derivation without constants of the stack.
fn derived(formula: &str, substituted: String, source: &str) -> Derivation {
    Derivation {
        formula: formula.to_owned(),
        substituted,
        source: source.to_owned(),
        ..Derivation::default()
    }
}

/// The same with the constants that it rests on.
fn with(mut derivation: Derivation, constants: &[&str]) -> Derivation {
    derivation.constants = constants.iter().map(|name| (*name).to_owned()).collect();
    derivation
}

/// `a + b`, in brackets where there is more than one.
fn sum(terms: &[String]) -> String {
    match terms {
        [] => "0".to_owned(),
        [one] => one.clone(),
        more => format!("({})", more.join(" + ")),
    }
}

/// `a + b` by itself.
fn plain_sum(terms: &[String]) -> String {
    if terms.is_empty() { "0".to_owned() } else { terms.join(" + ") }
}

/// ` / 8`, or nothing where nothing is shared.
fn over(n: u64) -> String {
    if n == 1 { String::new() } else { format!(" / {}", fine::count(n)) }
}

/// `8 layers`, or `3.5 layers` where a micro-batch passes only a part of them.
fn layers(count: u32, visited: Ratio) -> String {
    let n = f64::from(count) * visited.get();
    let word = if n == 1.0 { "layer" } else { "layers" };
    format!("{} {word}", fine::number(Ratio::new(n)))
}
