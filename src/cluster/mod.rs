//! F1: the machines. Accelerators, and the network levels that join them.

mod fabric;
mod wan;

pub use fabric::{Fabric, Site};
pub use wan::{Federation, OuterSteps, SITES_MAX, Wan};

use crate::units::{Bytes, BytesPerSecond, FlopsPerSecond, Ratio, Seconds, Watts};

/// Largest number of network levels: scale-up domain, machine of bridged cards, leaf, spine, between places.
pub const LEVELS_MAX: u32 = 5;
/// Largest cluster.
pub const ACCELERATORS_MAX: u32 = 1 << 21;

/// The machines of one plan.
#[derive(Clone, Debug, PartialEq)]
pub struct Cluster {
    /// What computes.
    pub accelerator: Accelerator,
    /// How many of them.
    pub count: u32,
    /// Accelerators in one machine.
    pub node_size: u32,
    /// Network levels, innermost first; the last one spans everything.
    pub levels: Vec<Level>,
    /// The machine's own memory and the way to it.
    pub host: Host,
}

/// One level of the network: what joins groups of `span` accelerators.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Level {
    /// Accelerators within one group of this level.
    pub span: u32,
    /// What one accelerator can send and at the same time receive across this level, each way.
    pub bandwidth: BytesPerSecond,
    /// Time of one message, whatever its size.
    pub latency: Seconds,
}

/// The host beside the accelerators, for offloading.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Host {
    /// Host memory that one accelerator's share may use.
    pub memory: Bytes,
    /// Link between one accelerator and its host, each way.
    pub link: BytesPerSecond,
    /// Host memory bandwidth that one accelerator's share may use.
    pub memory_bandwidth: BytesPerSecond,
}

/// An accelerator: figures of its data sheet, and how near its kernels come to them.
#[derive(Clone, Debug, PartialEq)]
pub struct Accelerator {
    /// Catalogue key or the user's own name.
    pub name: String,
    /// Architecture that it shares with others (`hopper`); empty for one by hand.
    pub generation: String,
    /// Memory as the driver reports it.
    pub memory: Bytes,
    /// Share of it that a program finds: error correction and the driver keep the rest.
    pub usable: Ratio,
    /// Memory bandwidth of the data sheet.
    pub memory_bandwidth: BytesPerSecond,
    /// Dense matrix rates of the data sheet.
    pub peak: Peak,
    /// Power of one accelerator, where known.
    pub power: Option<Watts>,
    /// Processors that take output tiles (streaming multiprocessors, compute units, cores).
    pub units: u32,
    /// How near its matrix kernels come to the peak, by number format and shape.
    pub kernels: Kernels,
    /// Least time between two kernels of which one needs the other, where its system makes that long (Metal, OpenCL).
    pub gap: Seconds,
    /// Most that one processor streams of K-quants, where unpacking them is slow.
    pub k_quants: Option<BytesPerSecond>,
    /// Figures here that no primary source confirmed.
    pub unverified: Vec<String>,
}

/// Dense matrix rates by number format; none where the hardware lacks it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Peak {
    /// IEEE single precision, or TF32 where there is one.
    pub fp32: Option<FlopsPerSecond>,
    /// Half precision.
    pub fp16: Option<FlopsPerSecond>,
    /// bfloat16.
    pub bf16: Option<FlopsPerSecond>,
    /// 8-bit floats.
    pub fp8: Option<FlopsPerSecond>,
    /// 4-bit floats.
    pub fp4: Option<FlopsPerSecond>,
    /// 8-bit integers.
    pub int8: Option<FlopsPerSecond>,
    /// The same by the instructions of one warp (`mma.sync`), where these fall short of it.
    pub int8_warp: Option<FlopsPerSecond>,
    /// Half precision summed in half precision, where that is faster.
    pub half: Option<FlopsPerSecond>,
    /// Single precision outside the matrix units.
    pub vector: Option<FlopsPerSecond>,
}

impl Peak {
    /// All rates that are known.
    pub fn rates(&mut self) -> impl Iterator<Item = &mut FlopsPerSecond> {
        let floats = [&mut self.fp32, &mut self.fp16, &mut self.bf16, &mut self.fp8, &mut self.fp4];
        let others = [&mut self.int8, &mut self.int8_warp, &mut self.half, &mut self.vector];
        floats.into_iter().chain(others).flatten()
    }
}

/// How near an accelerator's kernels come to its data sheet.
///
/// A matrix product of `m x k` by `k x n` takes
/// `launch + max(tiles_padded / (peak * matmul.top * k / (k + matmul.k_half)), bytes / (bandwidth * memory))`
/// where the output is cut into `tile x tile` tiles that the `units` take in waves.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Kernels {
    /// 16-bit (and 32-bit) products.
    pub matmul: MatmulCurve,
    /// 8-bit products.
    pub matmul_fp8: MatmulCurve,
    /// 4-bit products.
    pub matmul_fp4: MatmulCurve,
    /// Share of the 16-bit peak that fused attention reaches forward, at head width 128.
    pub attention_forward: Ratio,
    /// The same, backward.
    pub attention_backward: Ratio,
    /// Sequence length at which fused attention reaches half of these: blocks of keys run out sooner.
    pub attention_half: f64,
    /// Share of the memory bandwidth that streaming kernels reach.
    pub memory: Ratio,
    /// Time that starting one kernel adds when the queue is full.
    pub launch: Seconds,
}

/// Efficiency of matrix products by shape.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MatmulCurve {
    /// Share of the peak reached by large products.
    pub top: Ratio,
    /// Inner length at which half of `top` would be reached.
    pub k_half: f64,
    /// Rows of an output tile.
    pub tile_m: u32,
    /// Columns of an output tile.
    pub tile_n: u32,
}

impl Cluster {
    /// Accelerators joined by the innermost level (NVLink domain, torus, machine).
    #[must_use]
    pub fn domain(&self) -> u32 {
        self.levels.first().map_or(1, |level| level.span)
    }
}
