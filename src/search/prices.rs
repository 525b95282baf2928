//! Prices of layers already worked out: many nodes share their mixers or their experts.

use crate::estimate::{Book, Cost, Sheet, SheetKey};
use crate::layout::ContextKind;
use std::collections::BTreeMap;

/// What a mixer's price depends on.
type MixerKey = (u32, bool, u32, ContextKind, u32);
/// What a feed-forward part's price depends on: its tokens as bits, and the splits of its weights.
type FfnKey = (u64, u32, bool, u32, u32);

/// Prices by what they depend on, for each kind of layer.
pub(super) struct Prices {
    mixers: BTreeMap<MixerKey, Vec<Cost>>,
    ffns: BTreeMap<FfnKey, Vec<Cost>>,
    ends: BTreeMap<(u64, u32, bool), [Cost; 2]>,
}

impl Prices {
    pub(super) const fn new() -> Self {
        Self { mixers: BTreeMap::new(), ffns: BTreeMap::new(), ends: BTreeMap::new() }
    }

    /// Prices every kind of layer for some degrees.
    pub(super) fn sheet(&mut self, book: &Book<'_>, key: &SheetKey) -> Sheet {
        let SheetKey { tp, sp, cp, cp_kind, ep, etp, micro_batch } = *key;
        let shape = book.shape(key);
        let kinds = &book.case().model.kinds;
        let mixers = self.mixers.entry((tp, sp, cp, cp_kind, micro_batch)).or_insert_with(|| {
            kinds.iter().map(|kind| book.mixer(&kind.mixer, &shape, cp_kind)).collect()
        });
        let ffn_key = (shape.tokens.to_bits(), tp, sp, ep, etp);
        let ffns = self.ffns.entry(ffn_key).or_insert_with(|| {
            kinds.iter().map(|kind| book.ffn(&kind.ffn, &shape)).collect()
        });
        let sums = mixers.iter().zip(ffns).map(|(mixer, ffn)| *mixer + *ffn).collect();
        let ends = self.ends.entry((shape.tokens.to_bits(), tp, sp));
        let ends = ends.or_insert_with(|| [book.embedding(&shape), book.head(&shape)]);
        book.sheet_with(shape, sums, *ends)
    }
}
