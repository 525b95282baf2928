//! What published checkpoints quantise of a model, and what they leave wide.

use super::{Ffn, LayerKind, Mixer, Model};
use crate::units::Ratio;

/// Matrices that checkpoints quantise, or leave as they are, together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum WeightPart {
    /// Projections into softmax attention: queries, keys, values, and those of a latent.
    Attention,
    /// Projection out of it.
    Output,
    /// Linear-time mixers.
    Linear,
    /// Dense feed-forward networks.
    Dense,
    /// Experts that every token visits, and dense networks beside routed ones.
    Shared,
    /// Routed experts.
    Routed,
    /// The output head. Tables of embeddings and routers are quantised by none but GGUF.
    Head,
}

/// In which of a checkpoint's formats a part lies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kept {
    /// In its format.
    #[default]
    Quantised,
    /// In 8-bit floats beside narrower experts.
    Eight,
    /// In 16 bits.
    Wide,
}

/// Where each part lies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Parts([Kept; WeightPart::ALL.len()]);

/// Whether 8-bit floats have a scale for each block of 128 x 128 (DeepSeek-V3, arXiv 2412.19437, section 3.3.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Blocks {
    /// One for a tensor or a channel.
    #[default]
    None,
    /// In a copy that its makers publish beside wider weights.
    Copy,
    /// In the model itself.
    Own,
}

/// A published checkpoint.
#[derive(Clone, Debug, PartialEq)]
pub struct Stored {
    /// Name of its format, as serving names formats of weights.
    pub format: &'static str,
    /// What it quantises.
    pub parts: Parts,
    /// Bits of one quantised weight with its share of scales, where they are not the usual ones of the format.
    pub bits: Option<Ratio>,
    /// Whether its 8-bit floats lie in blocks.
    pub blocks: Blocks,
}

impl WeightPart {
    /// All, in order.
    pub const ALL: [Self; 7] = [
        Self::Attention,
        Self::Output,
        Self::Linear,
        Self::Dense,
        Self::Shared,
        Self::Routed,
        Self::Head,
    ];

    /// Name in tables.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Attention => "attention",
            Self::Output => "output",
            Self::Linear => "linear",
            Self::Dense => "dense",
            Self::Shared => "shared",
            Self::Routed => "routed",
            Self::Head => "head",
        }
    }

    /// Name for people.
    #[must_use]
    pub const fn told(self) -> &'static str {
        match self {
            Self::Attention => "attention",
            Self::Output => "attention output",
            Self::Linear => "linear mixers",
            Self::Dense => "dense layers",
            Self::Shared => "shared experts",
            Self::Routed => "routed experts",
            Self::Head => "output head",
        }
    }

    /// The part of that name.
    #[must_use]
    pub fn of_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|part| part.key() == key)
    }
}

impl Parts {
    /// Every matrix of the layers, not the head: what a recipe that says no more quantises.
    #[must_use]
    pub fn layers() -> Self {
        Self::default().with(WeightPart::Head, Kept::Wide)
    }

    /// Routed experts alone.
    #[must_use]
    pub fn routed() -> Self {
        Self([Kept::Wide; WeightPart::ALL.len()]).with(WeightPart::Routed, Kept::Quantised)
    }

    /// Where a part lies.
    #[must_use]
    pub const fn get(&self, part: WeightPart) -> Kept {
        self.0[part as usize]
    }

    /// The same with one part elsewhere.
    #[must_use]
    pub const fn with(mut self, part: WeightPart, kept: Kept) -> Self {
        self.0[part as usize] = kept;
        self
    }

    /// The parts that lie there.
    pub fn of(self, kept: Kept) -> impl Iterator<Item = WeightPart> {
        WeightPart::ALL.into_iter().filter(move |part| self.get(*part) == kept)
    }

    /// Names of the parts of a model that lie there, for people; empty where none does.
    #[must_use]
    pub fn told(self, kept: Kept, model: &Model) -> String {
        let mut all = String::new();
        for part in self.of(kept).filter(|part| model.has_part(*part)) {
            // Said of attention as a whole where both lie in the same.
            if part == WeightPart::Output && self.get(WeightPart::Attention) == kept {
                continue;
            }
            let comma = if all.is_empty() { "" } else { ", " };
            all.push_str(comma);
            all.push_str(part.told());
        }
        all
    }
}

impl Model {
    /// Whether it has matrices of that part.
    #[must_use]
    pub fn has_part(&self, part: WeightPart) -> bool {
        let head = part == WeightPart::Head && !self.tied;
        head || self.kinds.iter().any(|kind| kind.has_part(part))
    }
}

impl LayerKind {
    /// Whether such layers have matrices of that part.
    #[must_use]
    pub fn has_part(&self, part: WeightPart) -> bool {
        let moe = self.ffn.moe();
        match part {
            WeightPart::Attention | WeightPart::Output => {
                matches!(self.mixer, Mixer::Attention(_) | Mixer::Mla(_))
            }
            WeightPart::Linear => matches!(self.mixer, Mixer::Linear(_)),
            WeightPart::Dense => matches!(self.ffn, Ffn::Dense(_)),
            WeightPart::Shared => moe.is_some_and(|moe| moe.shared_width + moe.dense_width > 0),
            WeightPart::Routed => moe.is_some(),
            WeightPart::Head => false,
        }
    }
}
