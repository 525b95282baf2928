//! Prices of layers already worked out: many nodes share their mixers or their experts.

use crate::estimate::{AllWork, Book, Cost, Sheet, SheetKey};
use crate::layout::ContextKind;
use std::collections::BTreeMap;

/// What a mixer's price depends on.
type MixerKey = (u32, bool, u32, ContextKind, u32);
/// What the price of the rest depends on: its tokens as bits, and how tensor parallelism splits them.
type TokenKey = (u64, u32, bool);

/// Prices by what they depend on, for each kind of layer, and their sum over the model.
pub(super) struct Prices {
    mixers: BTreeMap<MixerKey, (Vec<Cost>, AllWork)>,
    ffns: BTreeMap<(TokenKey, u32, u32), (Vec<Cost>, AllWork)>,
    least: BTreeMap<TokenKey, AllWork>,
    ends: BTreeMap<TokenKey, ([Cost; 2], AllWork)>,
}

impl Prices {
    pub(super) const fn new() -> Self {
        Self {
            mixers: BTreeMap::new(),
            ffns: BTreeMap::new(),
            least: BTreeMap::new(),
            ends: BTreeMap::new(),
        }
    }

    /// Prices every kind of layer for some degrees.
    pub(super) fn sheet(&mut self, book: &Book<'_>, key: &SheetKey) -> Sheet {
        let shape = book.shape(key);
        let (mixers, _) = self.mixers(book, key);
        let mixers = mixers.clone();
        let (ends, _) = self.ends(book, key);
        let ends = *ends;
        let (ffns, _) = self.ffns(book, key);
        let sums = mixers.iter().zip(ffns).map(|(mixer, ffn)| *mixer + *ffn).collect();
        book.sheet_with(shape, sums, ends)
    }

    /// Work of all layers and both ends.
    pub(super) fn work(&mut self, book: &Book<'_>, key: &SheetKey) -> AllWork {
        let mixers = self.mixers(book, key).1;
        let ends = self.ends(book, key).1;
        mixers.with(&ends).with(&self.ffns(book, key).1)
    }

    /// At most that work under any split of the experts.
    pub(super) fn least_work(&mut self, book: &Book<'_>, key: &SheetKey) -> AllWork {
        let mixers = self.mixers(book, key).1;
        let ends = self.ends(book, key).1;
        let shape = book.shape(key);
        let least = self.least.entry((shape.tokens.to_bits(), key.tp, key.sp));
        mixers.with(&ends).with(least.or_insert_with(|| book.least_ffn_work(&shape)))
    }

    /// Whether the accelerator never waits for its host with sequence parallelism: only then does that never take
    /// longer, to the last bit, as elsewhere what it saves is waited for.
    pub(super) fn keeps_busy(&mut self, book: &Book<'_>, key: &SheetKey) -> bool {
        self.least_work(book, &SheetKey { sp: true, ..*key }).waits() <= 0.0
    }

    fn mixers(&mut self, book: &Book<'_>, key: &SheetKey) -> &(Vec<Cost>, AllWork) {
        let SheetKey { tp, sp, cp, cp_kind, micro_batch, .. } = *key;
        self.mixers.entry((tp, sp, cp, cp_kind, micro_batch)).or_insert_with(|| {
            let shape = book.shape(key);
            let kinds = &book.case().model.kinds;
            let mut costs: Vec<Cost> = Vec::with_capacity(kinds.len());
            for (i, kind) in kinds.iter().enumerate() {
                let twin = kinds.iter().take(i).position(|other| other.mixer == kind.mixer);
                let known = twin.and_then(|at| costs.get(at).copied());
                costs.push(known.unwrap_or_else(|| book.mixer(&kind.mixer, &shape, cp_kind)));
            }
            let work = book.layers_work(&costs);
            (costs, work)
        })
    }

    fn ffns(&mut self, book: &Book<'_>, key: &SheetKey) -> &(Vec<Cost>, AllWork) {
        let shape = book.shape(key);
        let tokens = (shape.tokens.to_bits(), key.tp, key.sp);
        self.ffns.entry((tokens, key.ep, key.etp)).or_insert_with(|| {
            let kinds = &book.case().model.kinds;
            let costs: Vec<Cost> = kinds.iter().map(|kind| book.ffn(&kind.ffn, &shape)).collect();
            let work = book.layers_work(&costs);
            (costs, work)
        })
    }

    fn ends(&mut self, book: &Book<'_>, key: &SheetKey) -> &([Cost; 2], AllWork) {
        let shape = book.shape(key);
        self.ends.entry((shape.tokens.to_bits(), key.tp, key.sp)).or_insert_with(|| {
            let ends = [book.embedding(&shape), book.head(&shape)];
            (ends, book.ends_work(&ends))
        })
    }
}
