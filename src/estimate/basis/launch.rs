//! F4: what starting kernels follows from, half a layer at a time.

use crate::estimate::Book;
use crate::estimate::work::{Cost, Shape};
use crate::layout::Layout;
use crate::model::{Ffn, Mixer};
use crate::units::{Ratio, Seconds};

/// What starting the kernels of one layer takes, and why.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LaunchBasis {
    /// Work of each half of the layer but its starts, forward and backward: mixer, feed-forward.
    pub halves: Vec<(Seconds, Seconds)>,
    /// Kernels that each half starts forward; backward starts twice as many.
    pub kernels: Ratio,
    /// Kernels that are started while the accelerator waits.
    pub stalled: Option<Stalled>,
}

/// Kernels of a layer of experts that are started after it has read back how many tokens each gets.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stalled {
    /// Experts that a rank holds.
    pub held: Ratio,
    /// Experts of the layer.
    pub experts: u32,
}

impl Book<'_> {
    /// Starts of one layer of a kind.
    pub(super) fn launch_basis(&self, layout: &Layout, kind: usize, shape: &Shape) -> LaunchBasis {
        let Some(kind) = self.case.model.kinds.get(kind) else {
            return LaunchBasis::default();
        };
        let work = |cost: &Cost| {
            let [forward, backward] = [cost.forward, cost.backward];
            let own = |work: crate::estimate::work::Work| Seconds::new(work.busy() - work.launch);
            (own(forward), own(backward))
        };
        let mut halves = Vec::new();
        if kind.mixer != Mixer::None {
            halves.push(work(&self.mixer(&kind.mixer, shape, layout.cp_kind)));
        }
        if kind.ffn != Ffn::None {
            halves.push(work(&self.ffn(&kind.ffn, shape)));
        }
        let stalled = kind.ffn.moe().map(|moe| Stalled {
            held: Ratio::new((f64::from(moe.experts) / shape.ep).max(1.0)),
            experts: moe.experts,
        });
        LaunchBasis { halves, kernels: Ratio::new(0.5 * self.kernels_per_layer), stalled }
    }
}
