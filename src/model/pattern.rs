//! Layers in their order, reduced to distinct kinds and a pattern over them.

use super::limits::KINDS_MAX;
use super::{LayerKind, Model};
use crate::units::Params;

impl Model {
    /// A model of these layers, equal ones sharing one kind; nothing when more than
    /// [`KINDS_MAX`] differ.
    #[must_use]
    pub fn of_layers(name: &str, hidden: u32, layers: Vec<LayerKind>) -> Option<Self> {
        let mut kinds: Vec<LayerKind> = Vec::new();
        let mut pattern = Vec::with_capacity(layers.len());
        for layer in layers {
            let known = kinds.iter().position(|kind| *kind == layer);
            let index = known.unwrap_or(kinds.len());
            if known.is_none() {
                kinds.push(layer);
            }
            if kinds.len() > KINDS_MAX as usize {
                return None;
            }
            pattern.push(u8::try_from(index).ok()?);
        }
        Some(Self {
            name: name.to_owned(),
            hidden,
            vocab: 0,
            tied: false,
            kinds,
            pattern,
            mtp_layers: 0,
            other_params: Params::ZERO,
            max_positions: None,
            stored: Vec::new(),
        })
    }
}
