//! F6: a total and what it is made of.

use super::{Amount, Derivation};
use crate::units::{Bytes, Dollars, Ratio, Seconds};

/// A part of a total; its children, if it has any, sum to it exactly.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// Stable name: `memory.weights`.
    pub id: String,
    /// Name for people.
    pub label: &'static str,
    /// How much.
    pub amount: Amount,
    /// Share of the whole.
    pub share: Ratio,
    /// Where it comes from.
    pub derivation: Derivation,
    /// What it is made of; empty for a leaf.
    pub children: Vec<Part>,
}

/// Quantities that a tree can be summed over.
pub(super) trait Summed: Copy {
    const NONE: Self;
    fn plus(self, other: Self) -> Self;
    fn of(self, whole: Self) -> Ratio;
    fn amount(self) -> Amount;
    fn is_some(self) -> bool;
}

impl Summed for Bytes {
    const NONE: Self = Self::ZERO;
    fn plus(self, other: Self) -> Self {
        self + other
    }
    fn of(self, whole: Self) -> Ratio {
        Ratio::new(self.as_f64() / whole.as_f64().max(1.0))
    }
    fn amount(self) -> Amount {
        Amount::Bytes(self)
    }
    fn is_some(self) -> bool {
        self > Self::ZERO
    }
}

macro_rules! summed {
    ($quantity:ident, $amount:ident) => {
        impl Summed for $quantity {
            const NONE: Self = Self::ZERO;
            fn plus(self, other: Self) -> Self {
                self + other
            }
            fn of(self, whole: Self) -> Ratio {
                Ratio::new(if whole.get() > 0.0 { self.get() / whole.get() } else { 0.0 })
            }
            fn amount(self) -> Amount {
                Amount::$amount(self)
            }
            fn is_some(self) -> bool {
                self > Self::ZERO
            }
        }
    };
}

summed!(Seconds, Time);
summed!(Dollars, Dollars);

/// A leaf before the whole is known.
pub(super) struct Leaf<Q> {
    pub id: String,
    pub label: &'static str,
    pub amount: Q,
    pub derivation: Derivation,
    /// What it is made of in turn; sums to it exactly.
    pub children: Vec<Leaf<Q>>,
}

/// A group of leaves; one without a name of its own stands for its only leaf.
pub(super) struct Group<Q> {
    pub id: &'static str,
    pub label: &'static str,
    pub leaves: Vec<Leaf<Q>>,
}

/// The tree of some groups; what is nothing is left out.
pub(super) fn tree<Q: Summed>(
    id: &'static str,
    label: &'static str,
    groups: Vec<Group<Q>>,
) -> Part {
    let sum = |leaves: &[Leaf<Q>]| leaves.iter().fold(Q::NONE, |sum, leaf| sum.plus(leaf.amount));
    let whole = groups.iter().fold(Q::NONE, |all, group| all.plus(sum(&group.leaves)));
    let mut children = Vec::new();
    for group in groups {
        let amount = sum(&group.leaves);
        if !amount.is_some() {
            continue;
        }
        let leaves = group.leaves.into_iter().filter(|leaf| leaf.amount.is_some());
        let mut parts: Vec<Part> = leaves.map(|leaf| leaf_part(leaf, whole)).collect();
        if group.label.is_empty() {
            children.append(&mut parts);
        } else {
            children.push(Part {
                id: group.id.to_owned(),
                label: group.label,
                amount: amount.amount(),
                share: amount.of(whole),
                derivation: sum_of(&parts, amount.amount()),
                children: parts,
            });
        }
    }
    let id = id.to_owned();
    let amount = whole.amount();
    let derivation = sum_of(&children, amount);
    Part { id, label, amount, share: Ratio::ONE, derivation, children }
}

fn leaf_part<Q: Summed>(leaf: Leaf<Q>, whole: Q) -> Part {
    Part {
        id: leaf.id,
        label: leaf.label,
        amount: leaf.amount.amount(),
        share: leaf.amount.of(whole),
        derivation: leaf.derivation,
        children: leaf.children.into_iter().map(|child| leaf_part(child, whole)).collect(),
    }
}

/// That a total is the sum of its parts.
fn sum_of(parts: &[Part], whole: Amount) -> Derivation {
    let names: Vec<&str> = parts.iter().map(|part| part.label).collect();
    let terms: Vec<String> = parts.iter().map(|part| part.amount.fine_text()).collect();
    Derivation {
        formula: names.join(" + "),
        substituted: format!("{} = {}", terms.join(" + "), whole.fine_text()),
        source: "the sum of its parts".to_owned(),
        ..Derivation::default()
    }
}
