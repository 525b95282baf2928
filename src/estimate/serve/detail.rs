//! Operations and bytes of one step, part by part, for those who explain its time.

use super::work::Op;
use super::{Load, ServePart, Serving};
use crate::units::{Bytes, Flops, Ratio};

/// What one part of a step does on one accelerator.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct PartCount {
    /// Operations.
    pub flops: Flops,
    /// Bytes of weights, cache or activations that are read and written.
    pub bytes: Bytes,
    /// Bytes that an accelerator hands to collectives.
    pub sent: Bytes,
    /// Kernels, or collectives.
    pub starts: Ratio,
}

impl Serving<'_> {
    /// What each part of a step does, in the order of [`ServePart::ALL`].
    #[must_use]
    pub fn part_counts(&self, load: &Load) -> [PartCount; ServePart::ALL.len()] {
        let shape = self.shape();
        let halves = if self.service.engine.overlaps { 2.0 } else { 1.0 };
        let mut sums = [[0.0f64; 4]; ServePart::ALL.len()];
        shape.each(&load.over(halves), &mut |part, op, times| {
            let [flops, bytes, sent, starts] = amounts(&op);
            let Some(sum) = sums.get_mut(part as usize) else { return };
            for (own, more) in sum.iter_mut().zip([flops, bytes, sent, starts]) {
                *own += halves * times * more;
            }
        });
        sums.map(|[flops, bytes, sent, starts]| PartCount {
            flops: Flops::new(flops),
            bytes: Bytes::from_f64(bytes),
            sent: Bytes::from_f64(sent),
            starts: Ratio::new(starts),
        })
    }
}

/// Operations, bytes read and written, bytes sent, starts.
fn amounts(op: &Op) -> [f64; 4] {
    match *op {
        Op::Product { m, n, k, groups, bits, .. } => {
            let weights = groups * n * k * bits / 8.0;
            [groups * 2.0 * m * n * k, weights + groups * m * (n + k) * 2.0, 0.0, 0.0]
        }
        Op::Prompt { flops, .. } => [flops, 0.0, 0.0, 0.0],
        Op::Decode { flops, bytes } => [flops, bytes, 0.0, 0.0],
        Op::Pass { bytes } => [0.0, bytes, 0.0, 0.0],
        Op::Reduce { bytes } | Op::Exchange { bytes, .. } => [0.0, 0.0, bytes, 1.0],
        Op::Kernels { n, .. } => [0.0, 0.0, 0.0, n],
    }
}
