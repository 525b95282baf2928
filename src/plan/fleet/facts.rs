//! What layout searches proved: facts of a pair of machines and a count, whoever searched and whatever was asked.
//!
//! A fact holds for the training and the machines alone, so it passes from one worker to another, from dollars to
//! carbon, and from one question about a market to the next.

use super::Fleet;
use crate::units::Seconds;

/// The layout of the fastest step of one pair.
#[derive(Clone, Debug, PartialEq)]
pub struct Best {
    /// Time of one step.
    pub step: Seconds,
    /// Complete copies of the state on machines of their own: see [`crate::reliability::Job`].
    pub replicas: u32,
    /// Accelerators that hold different parts of one copy.
    pub holders: u32,
    /// The layout in short.
    pub text: String,
}

/// What is known of the best layout of one pair.
#[derive(Clone, Debug, PartialEq)]
pub struct Fact {
    /// Index of the kind of machine.
    pub kind: u32,
    /// Index of the size.
    pub size: u32,
    /// The best layout; nothing where none was found.
    pub best: Option<Best>,
    /// Where none was found: no layout that fits steps as fast as this.
    pub slower: Seconds,
}

/// Facts by pair, in order.
#[derive(Clone, Debug, Default)]
pub(super) struct Facts(Vec<Fact>);

impl Facts {
    /// What is known of a pair.
    pub(super) fn get(&self, kind: u32, size: u32) -> Option<&Fact> {
        let at = self.0.binary_search_by_key(&(kind, size), |fact| (fact.kind, fact.size));
        at.ok().and_then(|at| self.0.get(at))
    }

    /// Takes a fact in unless more is known already; whether it was news.
    pub(super) fn add(&mut self, fact: Fact) -> bool {
        let place = (fact.kind, fact.size);
        match self.0.binary_search_by_key(&place, |fact| (fact.kind, fact.size)) {
            Ok(at) => {
                let Some(known) = self.0.get_mut(at) else { return false };
                let more = fact.best.is_some() || fact.slower > known.slower;
                let news = known.best.is_none() && more;
                if news {
                    *known = fact;
                }
                news
            }
            Err(at) => {
                self.0.insert(at, fact);
                true
            }
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Fact> {
        self.0.iter()
    }
}

impl Fleet {
    /// Takes in what another fleet knows of the same machines. The caller sees to it that both are about the same
    /// model, training, constraints, stack and network: facts hold for these.
    pub fn learn(&mut self, other: &Self) {
        for fact in other.facts.iter() {
            let Some((kind, size)) = self.place(other, fact) else { continue };
            self.facts.add(Fact { kind, size, ..fact.clone() });
        }
        self.tell_known();
    }

    /// Where the pair of another fleet's fact is here.
    fn place(&self, other: &Self, fact: &Fact) -> Option<(u32, u32)> {
        let shape = other.market.shapes.get(fact.kind as usize)?;
        let sizes = &other.market.kinds.get(fact.kind as usize)?.sizes;
        let count = sizes.get(fact.size as usize)?.count;
        let kind = self.market.shapes.iter().position(|own| own.row == shape.row)?;
        let sizes = &self.market.kinds.get(kind)?.sizes;
        let size = sizes.binary_search_by_key(&count, |size| size.count).ok()?;
        Some((kind as u32, size as u32))
    }
}
