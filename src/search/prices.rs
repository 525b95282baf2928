//! Prices of layers already worked out: many nodes share their mixers or their experts.

use crate::estimate::{Book, Cost, Load, Sheet, SheetKey, Whole};
use crate::layout::space::Split;
use std::collections::BTreeMap;

/// What the price of the rest depends on: its tokens as bits, and how tensor parallelism splits them.
type TokenKey = (u64, u32, bool);

/// Prices by what they depend on, for each kind of layer, and their sum over the model.
pub(super) struct Prices {
    mixers: Vec<Mixers>,
    /// For each split of the layers met so far, the index of the mixers by micro-batch.
    mixers_at: Vec<(Split, Vec<(u32, u32)>)>,
    tokens: Vec<Tokens>,
    tokens_at: BTreeMap<TokenKey, u32>,
    /// Splits of the experts met so far.
    splits: Vec<(u32, u32)>,
}

/// Prices that no split of the experts changes, under some split of the layers and a micro-batch.
struct Mixers {
    key: SheetKey,
    costs: Vec<Cost>,
    /// Work of all mixers and both ends.
    work: Load,
    /// What the same and at most the rest take.
    least: Whole,
    /// Whether the accelerator never waits for its host.
    keeps_busy: bool,
    /// Index of the rest.
    tokens: u32,
    /// What all take, by the index of the experts' split.
    wholes: Vec<Option<Whole>>,
}

/// Prices of the ends and of feed-forward parts for some tokens.
struct Tokens {
    ends: [Cost; 2],
    ends_work: Load,
    /// Feed-forward parts that no split of the experts changes; of the others, at most what they take.
    rest: Vec<Cost>,
    least: Load,
    /// By the index of the experts' split.
    ffns: Vec<Option<Layers>>,
}

/// Prices of feed-forward parts, and the work of all.
struct Layers {
    costs: Vec<Cost>,
    work: Load,
}

impl Prices {
    pub(super) const fn new() -> Self {
        Self {
            mixers: Vec::new(),
            mixers_at: Vec::new(),
            tokens: Vec::new(),
            tokens_at: BTreeMap::new(),
            splits: Vec::new(),
        }
    }

    /// Index of a split of the experts.
    pub(super) fn experts(&mut self, experts: (u32, u32)) -> u32 {
        let found = self.splits.iter().position(|known| *known == experts);
        let at = found.unwrap_or_else(|| {
            self.splits.push(experts);
            self.splits.len() - 1
        });
        at as u32
    }

    /// Index of a split of the layers, to ask [`Self::shape`] with.
    pub(super) fn split(&mut self, split: &Split) -> u32 {
        let found = self.mixers_at.iter().rposition(|(known, _)| known == split);
        let at = found.unwrap_or_else(|| {
            self.mixers_at.push((*split, Vec::new()));
            self.mixers_at.len() - 1
        });
        at as u32
    }

    /// Index of the prices of a split of the layers and a micro-batch.
    pub(super) fn shape(&mut self, book: &Book<'_>, split: u32, micro_batch: u32) -> u32 {
        let Some((Split { tp, sp, cp, cp_kind }, known)) = self.mixers_at.get(split as usize)
        else {
            return u32::MAX;
        };
        if let Some((_, at)) = known.iter().find(|(size, _)| *size == micro_batch) {
            return *at;
        }
        let (tp, sp, cp, cp_kind) = (*tp, *sp, *cp, *cp_kind);
        let key = SheetKey { tp, sp, cp, cp_kind, ep: 1, etp: 1, micro_batch };
        let tokens = self.tokens(book, &key);
        let costs = book.mixers(&book.shape(&key), cp_kind);
        let mut work = book.layers_work(&costs);
        let mut least = work;
        if let Some(rest) = self.tokens.get(tokens as usize) {
            work = work.with(&rest.ends_work);
            least = work.with(&rest.least);
        }
        let at = self.mixers.len() as u32;
        let keeps_busy = least.waits() <= 0.0;
        let (least, wholes) = (book.whole(&least), Vec::new());
        self.mixers.push(Mixers { key, costs, work, least, keeps_busy, tokens, wholes });
        if let Some((_, known)) = self.mixers_at.get_mut(split as usize) {
            known.push((micro_batch, at));
        }
        at
    }

    fn tokens(&mut self, book: &Book<'_>, key: &SheetKey) -> u32 {
        let shape = book.shape(key);
        let tokens_key = (shape.tokens.to_bits(), key.tp, key.sp);
        if let Some(at) = self.tokens_at.get(&tokens_key) {
            return *at;
        }
        let ends = [book.embedding(&shape), book.head(&shape)];
        let ends_work = book.ends_work(&ends);
        let rest = book.least_ffns(&shape);
        let least = book.least_ffn_work(&rest);
        let at = self.tokens.len() as u32;
        self.tokens.push(Tokens { ends, ends_work, rest, least, ffns: Vec::new() });
        self.tokens_at.insert(tokens_key, at);
        at
    }

    /// At most what all layers and both ends take under any split of the experts.
    pub(super) fn least_whole(&self, shape: u32) -> Whole {
        self.mixers.get(shape as usize).map(|mixers| mixers.least).unwrap_or_default()
    }

    /// Whether the accelerator never waits for its host.
    pub(super) fn keeps_busy(&self, shape: u32) -> bool {
        self.mixers.get(shape as usize).is_some_and(|mixers| mixers.keeps_busy)
    }

    /// What all layers and both ends take under a split of the experts.
    pub(super) fn whole(&mut self, book: &Book<'_>, shape: u32, experts: u32) -> Whole {
        let Some(mixers) = self.mixers.get(shape as usize) else {
            return Whole::default();
        };
        if let Some(Some(known)) = mixers.wholes.get(experts as usize) {
            return *known;
        }
        let (mut work, key, tokens) = (mixers.work, mixers.key, mixers.tokens);
        if let Some(layers) = self.layers(book, &key, tokens, experts) {
            work = work.with(&layers.work);
        }
        let whole = book.whole(&work);
        let n = self.splits.len();
        if let Some(mixers) = self.mixers.get_mut(shape as usize) {
            if mixers.wholes.len() < n {
                mixers.wholes.resize(n, None);
            }
            if let Some(place) = mixers.wholes.get_mut(experts as usize) {
                *place = Some(whole);
            }
        }
        whole
    }

    /// Prices of every kind of layer for some degrees, and what all take.
    pub(super) fn priced(
        &mut self,
        book: &Book<'_>,
        shape: u32,
        experts: u32,
    ) -> Option<(Sheet, Whole)> {
        Some((self.sheet(book, shape, experts)?, self.whole(book, shape, experts)))
    }

    fn sheet(&mut self, book: &Book<'_>, shape: u32, experts: u32) -> Option<Sheet> {
        let mixers = self.mixers.get(shape as usize)?;
        let (key, tokens) = (mixers.key, mixers.tokens);
        self.layers(book, &key, tokens, experts)?;
        let (ep, etp) = self.splits.get(experts as usize).copied()?;
        let mixers = self.mixers.get(shape as usize)?;
        let tokens = self.tokens.get(tokens as usize)?;
        let layers = tokens.ffns.get(experts as usize)?.as_ref()?;
        let sums = mixers.costs.iter().zip(&layers.costs).map(|(mixer, ffn)| *mixer + *ffn);
        Some(book.sheet_with(book.shape(&SheetKey { ep, etp, ..key }), sums.collect(), tokens.ends))
    }

    fn layers(
        &mut self,
        book: &Book<'_>,
        key: &SheetKey,
        tokens: u32,
        experts: u32,
    ) -> Option<&Layers> {
        let (ep, etp) = self.splits.get(experts as usize).copied()?;
        let n = self.splits.len();
        let Tokens { ffns, rest, .. } = self.tokens.get_mut(tokens as usize)?;
        if ffns.len() < n {
            ffns.resize_with(n, || None);
        }
        let place = ffns.get_mut(experts as usize)?;
        Some(place.get_or_insert_with(|| {
            let shape = book.shape(&SheetKey { ep, etp, ..*key });
            let kinds = book.case().model.kinds.iter().zip(rest);
            let costs: Vec<Cost> = kinds
                .map(|(kind, rest)| match kind.ffn.moe() {
                    Some(_) => book.ffn(&kind.ffn, &shape),
                    None => *rest,
                })
                .collect();
            let work = book.layers_work(&costs);
            Layers { costs, work }
        }))
    }
}
