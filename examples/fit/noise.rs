//! Numbers that look like chance and are the same every time.

/// A linear congruential generator (Knuth, MMIX), as good as a simulation of noise needs.
pub struct Noise(u64);

impl Noise {
    /// The one stream.
    pub const fn new() -> Self {
        Self(20_261_128)
    }

    /// Uniform between 0 and 1.
    fn uniform(&mut self) -> f64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Normal with a mean of 0 and a standard deviation of 1, nearly: twelve uniform ones less six.
    pub fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.uniform()).sum::<f64>() - 6.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Mean 0 and variance 1 within five standard errors of 10,000 draws.
    #[test]
    fn noise_is_normal() {
        let mut noise = Noise::new();
        let drawn: Vec<f64> = (0..10_000).map(|_| noise.normal()).collect();
        let mean = drawn.iter().sum::<f64>() / 1e4;
        let variance = drawn.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / 1e4;
        assert!(mean.abs() < 0.05 && (variance - 1.0).abs() < 0.07, "{mean} {variance}");
    }
}
