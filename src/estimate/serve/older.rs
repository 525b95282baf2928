//! Memory of programs that size their buffers for one batch, as their sources allocate it.

use super::Serving;
use crate::model::{Ffn, Mixer, WeightPart};
use crate::units::Bytes;

/// Buffers grow to a fifth more than what is asked for (FasterTransformer, `isValidBatchSize` and its like in
/// src/fastertransformer/models/multi_gpu_gpt/ParallelGpt.cc).
const GROWN: f64 = 1.2;
/// Rows as wide as the model that stay allocated: input and output of the context decoder, and three of its own
/// (ParallelGptContextDecoder.cc, `allocateBuffer`).
const ROWS: f64 = 5.0;
/// Words of 4 bytes for each sequence and word of the vocabulary: logits twice, and the sampler's ids, offsets and
/// sorted copies (TopPSamplingLayer): what its tables of memory show.
const WORDS: f64 = 7.4;
/// Bytes of each score of attention at the peak: 16 bits, then 32 bits before and after the softmax (AutoAWQ 0.1.8,
/// awq/modules/fused/attn.py).
const SCORE: f64 = 10.0;
/// Rows of 16 bits as wide as the model beside them: the input, query, key and value in one and apart, the output.
const BESIDE: f64 = 9.0;

impl Serving<'_> {
    /// FasterTransformer: weights with two tables, cache and buffers for a batch and lengths a fifth above those asked.
    pub(super) fn used_by_batch(&self, sequences: f64, (prompt, output): (f64, f64)) -> Bytes {
        let model = &self.service.model;
        let tp = f64::from(self.instance.tp.max(1));
        let batch = (sequences * GROWN).floor().max(1.0);
        let reach = ((prompt + output + 1.0) * GROWN).floor();
        let rows = batch * (prompt * GROWN).floor();
        let (cache, state) = self.cache_of(reach);
        let mask = 2.0 * batch * reach * reach;
        let drawn = 4.0 * WORDS * batch * f64::from(model.vocab);
        let held = ROWS * rows * f64::from(model.hidden) * 2.0 + mask + drawn;
        let params = model.params();
        let second = if params.head == 0 { 2.0 * params.embedding as f64 / tp } else { 0.0 };
        let weights = self.weight_bytes() + second;
        Bytes::from_f64(weights + self.context_bytes() + batch * (cache + state) + held)
    }

    /// AutoAWQ: the most that PyTorch held at once, while layers were fused (query, key and value twice), or while the
    /// prompt's scores of one layer were alive, whichever is more; the cache is as long as the answer.
    pub(super) fn used_by_window(&self, sequences: f64, (prompt, output): (f64, f64)) -> Bytes {
        let model = &self.service.model;
        let (cache, state) = self.cache_of(output);
        let fixed = self.weight_bytes() + sequences * (cache + state);
        let share = self.bytes_of(WeightPart::Attention);
        let mut fused = 0.0;
        let mut heads = 0.0f64;
        for index in &model.pattern {
            let Some(kind) = model.kinds.get(usize::from(*index)) else { continue };
            let Mixer::Attention(attention) = &kind.mixer else { continue };
            heads = heads.max(f64::from(attention.heads));
            let apart = matches!(&kind.ffn, Ffn::Dense(dense) if dense.gated);
            let width = f64::from(attention.head_dim);
            let columns = f64::from(attention.heads) + 2.0 * f64::from(attention.kv_heads);
            fused += if apart { f64::from(model.hidden) * columns * width * share } else { 0.0 };
        }
        let scores = SCORE * heads * prompt * prompt;
        let rows = 2.0 * BESIDE * prompt * f64::from(model.hidden);
        let peak = sequences * (scores + rows);
        Bytes::from_f64(fixed + fused.max(peak).max(self.context_bytes()))
    }
}
