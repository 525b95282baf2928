//! What the weights of a service lie in, part by part.

use super::{ProductFormat, Service, WeightFormat};
use crate::model::{Kept, Mixer, Model, Parts, Stored, WeightPart};
use crate::units::Ratio;

/// Bits of one weight, its share of scales included, and number format of products with it, for each part of a model.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Held {
    parts: [(Ratio, ProductFormat); WeightPart::ALL.len()],
    table: Ratio,
    blocks: bool,
}

impl Held {
    /// Bits of one weight of a part, and number format of products with it.
    #[must_use]
    pub const fn of(&self, part: WeightPart) -> (Ratio, ProductFormat) {
        self.parts[part as usize]
    }

    /// Bits of one number of the table of embeddings.
    #[must_use]
    pub const fn table(&self) -> Ratio {
        self.table
    }

    /// Whether 8-bit weights lie in blocks ([`Service::in_blocks`]).
    #[must_use]
    pub const fn in_blocks(&self) -> bool {
        self.blocks
    }
}

impl Service {
    /// What its weights lie in: as the model's checkpoint of that format has them, else as published recipes do.
    #[must_use]
    pub fn held(&self) -> Held {
        let own = self.weights;
        let published = published(own, &self.model);
        let parts = parts(own, &self.model);
        let bits = published.and_then(|stored| stored.bits).unwrap_or(own.bits());
        let wide = if own == WeightFormat::Fp32 { bits } else { WeightFormat::Bf16.bits() };
        let of = |part| {
            let (bits, product) = match parts.get(part) {
                Kept::Quantised => (bits, own.product()),
                Kept::Eight => (WeightFormat::Fp8.bits(), ProductFormat::Eight),
                Kept::Wide => (wide, ProductFormat::Wide),
            };
            // Logits are computed in 16 bits whatever the head lies in.
            (bits, if part == WeightPart::Head { ProductFormat::Wide } else { product })
        };
        let table = if own.is_gguf() { bits } else { wide };
        Held { parts: WeightPart::ALL.map(of), table, blocks: self.in_blocks() }
    }
}

/// What a model's checkpoint of that format quantises: what is known of it, else what is usual of the format.
#[must_use]
pub fn parts(format: WeightFormat, model: &Model) -> Parts {
    published(format, model).map_or_else(|| usual(format, model), |stored| stored.parts)
}

/// A model's checkpoint of that format, where one is known.
pub(super) fn published(format: WeightFormat, model: &Model) -> Option<&Stored> {
    model.stored.iter().find(|stored| stored.format == format.key())
}

/// What published recipes of a format quantise: GGUF every matrix; MXFP4 of models with experts those alone (gpt-oss,
/// Kimi-K3); NVFP4 of latent attention all but it (nvidia/DeepSeek-V3-0324-NVFP4, nvidia/GLM-5-NVFP4; config.json and
/// hf_quant_config.json in ai-dynamo/aiconfigurator 0.12.0, 2026-09); others all layers.
fn usual(format: WeightFormat, model: &Model) -> Parts {
    let latent = model.kinds.iter().any(|kind| matches!(kind.mixer, Mixer::Mla(_)));
    match format {
        _ if format.is_gguf() => Parts::default(),
        WeightFormat::Mxfp4 if model.experts() > 0 => Parts::routed(),
        WeightFormat::Nvfp4 if latent => Parts::layers()
            .with(WeightPart::Attention, Kept::Wide)
            .with(WeightPart::Output, Kept::Wide),
        _ => Parts::layers(),
    }
}
