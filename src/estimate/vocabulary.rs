//! F4: the two ends of the pipeline: embedding, output head, loss, multi-token prediction.

use super::Book;
use super::kernel::Product;
use super::work::{Cost, Shape};

impl Book<'_> {
    /// Rows of the vocabulary on one tensor-parallel rank: padded to a multiple of `128 tp`, as Megatron-Core's
    /// `make-vocab-size-divisible-by` does.
    pub(crate) fn vocabulary_rows(&self, tp: u64) -> u64 {
        let multiple = 128 * tp;
        u64::from(self.case.model.vocab).div_ceil(multiple) * multiple / tp
    }

    /// The embedding: a look-up, and the sum over the tensor-parallel group.
    pub(crate) fn embedding(&self, shape: &Shape) -> Cost {
        let mut cost = Cost::default();
        let bytes = 2.0 * shape.tokens * self.hidden;
        let half_round = shape.tensor_round / 2.0;
        cost.forward.pointwise = self.kernels.stream(2.0 * bytes);
        cost.backward.pointwise = self.kernels.stream(3.0 * bytes);
        cost.forward.tensor = half_round;
        cost.backward.tensor = half_round;
        let mask = if self.dropout { shape.tokens_split * self.hidden } else { 0.0 };
        cost.kept = mask;
        cost.kept_selective = mask;
        cost.kept_checkpoint = mask;
        cost
    }

    /// Final norm, head and loss. Only one micro-batch's logits exist at a time: [`Book::logits`].
    pub(crate) fn head(&self, shape: &Shape) -> Cost {
        let mut cost = Cost::default();
        let rows = self.vocabulary_rows(shape.tp as u64) as f64;
        let product = Product::new(shape.tokens, rows, self.hidden);
        let rate = &self.kernels.wide;
        let weight = self.weight_time(rate, product);
        cost.forward.matmul = rate.time(product);
        cost.backward.matmul = rate.time(product.input_gradient()) + weight;
        cost.weight = weight;
        // The loss reads and writes the logits about three times in 32 bits.
        cost.forward.pointwise = self.kernels.stream(12.0 * shape.tokens * rows);
        cost.backward.pointwise = self.kernels.stream(6.0 * shape.tokens * rows);
        let half_round = shape.tensor_round / 2.0;
        cost.forward.tensor = half_round;
        cost.backward.tensor = half_round;
        let kept = 4.0 * shape.tokens_split * self.hidden;
        cost.kept = kept;
        cost.kept_selective = kept;
        cost.kept_checkpoint = kept;
        cost
    }

    /// Bytes of the logits of one micro-batch at their peak.
    pub(crate) fn logits(&self, shape: &Shape) -> f64 {
        let rows = self.vocabulary_rows(shape.tp as u64) as f64;
        f64::from(self.case.stack.profile.logit_bytes) * shape.tokens * rows
    }
}
