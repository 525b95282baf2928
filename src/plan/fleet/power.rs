//! What a machine draws while it trains.

use crate::units::{Ratio, Watts};

/// Rated power of a whole machine over that of its accelerators: DGX H100, 10.2 kW with eight of 700 W (NVIDIA DGX
/// H100 user guide).
pub const RATED_OVER: Ratio = Ratio::new(10_200.0 / 5600.0);
/// Share of the rated power that training draws: "even computationally intensive workloads operate at only 76% of the
/// 10.2 kW TDP rating" (H100 nodes, arXiv 2506.14551, abstract).
pub const LOAD: Ratio = Ratio::new(0.76);

/// Power of a machine of `n` accelerators of that rated power under a training load, host included.
#[must_use]
pub fn machine_power(accelerator: Watts, n: u32) -> Watts {
    accelerator * (f64::from(n) * RATED_OVER.get() * LOAD.get())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eight_h100_draw_what_was_measured() {
        // 76 % of 10.2 kW.
        let machine = machine_power(Watts::new(700.0), 8);
        assert!((machine.get() - 7752.0).abs() < 1e-6);
    }
}
