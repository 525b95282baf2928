//! F4: time of single kernels by shape.

use crate::case::Case;
use crate::cluster::MatmulCurve;
use crate::workload::Precision;

/// Rates of one accelerator under one stack, ready for use: plain numbers in base units (FLOP/s, bytes/s, s).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kernels {
    /// Large products in the run's number format.
    pub linear: Rate,
    /// The same that make weight gradients.
    pub gradient: Rate,
    /// Large products that stay in 16 bits (output head, router).
    pub wide: Rate,
    attention_forward: f64,
    attention_backward: f64,
    stream: f64,
    /// Fixed time of a kernel on the accelerator, and on the host that starts it.
    gap: f64,
    host: f64,
}

/// A matrix rate with its shape curve.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rate {
    flops: f64,
    k_half: f64,
    tile_m: f64,
    tile_n: f64,
    units: f64,
    stream: f64,
    element_bytes: f64,
}

/// One matrix product, `groups` times over (the experts of one rank).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Product {
    pub m: f64,
    pub n: f64,
    pub k: f64,
    pub groups: f64,
}

impl Product {
    pub(crate) const fn new(m: f64, n: f64, k: f64) -> Self {
        Self { m, n, k, groups: 1.0 }
    }

    /// The product that gives the gradient of the left factor.
    pub(crate) const fn input_gradient(self) -> Self {
        Self { m: self.m, n: self.k, k: self.n, groups: self.groups }
    }

    /// The product that gives the gradient of the weights.
    pub(crate) const fn weight_gradient(self) -> Self {
        Self { m: self.k, n: self.n, k: self.m, groups: self.groups }
    }
}

impl Rate {
    /// Seconds of that many FLOPs at the top of the curve: no product takes less.
    pub(crate) fn ideal(&self, flops: f64) -> f64 {
        flops / self.flops
    }

    /// Seconds of one product: output tiles taken in waves by the units, the inner loop paying a fixed prologue
    /// (`k_half`), or the time to read and write the operands, whichever is longer.
    ///
    /// The last wave is charged half way between what it holds and a full one: persistent and stream-K kernels
    /// (arXiv 2301.03598) fill it in part (see docs/kernels.md). A product never takes less than one wave.
    pub(crate) fn time(&self, product: Product) -> f64 {
        let Product { m, n, k, groups } = product;
        if m <= 0.0 || n <= 0.0 || k <= 0.0 || groups <= 0.0 {
            return 0.0;
        }
        let tiles = groups * (m / self.tile_m).ceil() * (n / self.tile_n).ceil();
        let waves = (tiles / self.units).max(1.0);
        let waves = 0.5 * (waves + waves.ceil());
        let work = waves * self.units * self.tile_m * self.tile_n * 2.0 * (k + self.k_half);
        let bytes = groups * ((m * k + k * n) * self.element_bytes + m * n * 2.0);
        (work / self.flops).max(bytes / self.stream)
    }
}

impl Kernels {
    pub(crate) fn new(case: &Case) -> Self {
        let accelerator = &case.cluster.accelerator;
        let kernels = &accelerator.kernels;
        let profile = &case.stack.profile;
        let found = case.pace();
        let (pace, narrow) = found.map_or((1.0, 1.0), |at| (at.ratio.get(), at.attention.get()));
        let stream = accelerator.memory_bandwidth.get() * kernels.memory.get() * pace;
        let rate = |curve: &MatmulCurve, peak: f64, element_bytes: f64| Rate {
            flops: peak * curve.top.get() * profile.matmul.get() * pace,
            k_half: curve.k_half,
            tile_m: f64::from(curve.tile_m.max(1)),
            tile_n: f64::from(curve.tile_n.max(1)),
            units: f64::from(accelerator.units.max(1)),
            stream,
            element_bytes,
        };
        let wide_bytes = if case.training.precision == Precision::Fp32 { 4.0 } else { 2.0 };
        let wide = rate(&kernels.matmul, case.peak_16().get(), wide_bytes);
        let linear = match case.training.precision {
            Precision::Fp8 | Precision::Mxfp8 => rate(&kernels.matmul_fp8, case.peak().get(), 1.0),
            Precision::Nvfp4 => rate(&kernels.matmul_fp4, case.peak().get(), 0.5),
            _ => wide,
        };
        let slower = |rate: Rate, share: f64| Rate { flops: rate.flops * share, ..rate };
        let (linear, gradient) = if case.training.precision.is_narrow() {
            let linear = slower(linear, profile.narrow_matmul.get());
            (linear, slower(linear, profile.narrow_weight_gradient.get()))
        } else {
            (linear, linear)
        };
        let sequence = f64::from(case.training.sequence);
        let long = sequence / (sequence + kernels.attention_half);
        let attention = case.peak_16().get() * profile.attention.get() * pace * narrow * long;
        Self {
            linear,
            gradient,
            wide,
            attention_forward: attention * kernels.attention_forward.get(),
            attention_backward: attention * kernels.attention_backward.get(),
            stream,
            gap: kernels.launch.get(),
            host: profile.launch.get(),
        }
    }

    /// FLOP/s that nothing exceeds: the tops of all curves.
    pub(crate) fn fastest(&self) -> f64 {
        let attention = self.attention_forward.max(self.attention_backward);
        self.linear.flops.max(self.gradient.flops).max(self.wide.flops).max(attention)
    }

    /// Seconds of fused attention forward, `flops` at head width `head_dim`.
    ///
    /// Narrow heads leave the matrix units waiting for the softmax: the rate falls as `d / (d + 32)`, which
    /// fits the head widths 64 and 128 of FlashAttention-2 (arXiv 2307.08691, figure 4); 128 is the reference.
    pub(crate) fn attention_forward(&self, flops: f64, head_dim: f64) -> f64 {
        flops / (self.attention_forward * head_factor(head_dim))
    }

    /// The same, backward.
    pub(crate) fn attention_backward(&self, flops: f64, head_dim: f64) -> f64 {
        flops / (self.attention_backward * head_factor(head_dim))
    }

    /// Seconds to stream that many bytes through memory.
    pub(crate) fn stream(&self, bytes: f64) -> f64 {
        bytes / self.stream
    }

    /// Seconds that starting `n` kernels adds to their work of `busy` seconds: the fixed time of each, and how long
    /// the accelerator waits because the host takes longer to start them than it takes to run them.
    pub(crate) fn launches(&self, n: f64, busy: f64) -> (f64, f64) {
        let gaps = n * self.gap;
        (gaps, (n * self.host - busy - gaps).max(0.0))
    }

    /// Seconds by which the host is ahead of `n` kernels that work for `busy` seconds.
    pub(crate) fn ahead(&self, n: f64, busy: f64) -> f64 {
        (busy + n * self.gap - n * self.host).max(0.0)
    }

    /// Seconds in which the host starts `n` kernels while the accelerator waits.
    pub(crate) fn stall(&self, n: f64) -> f64 {
        n * self.host
    }
}

fn head_factor(head_dim: f64) -> f64 {
    (1.25 * head_dim / (head_dim + 32.0)).min(1.0)
}
