//! How well a stack runs: few physical constants, each with a meaning of its own.
//!
//! These are data (see `catalogue/data/stacks.csv`): first principles and published figures to begin with, and
//! the place where a fit on measured runs puts its results. No formula holds a fitted constant.

use crate::units::{Bytes, Ratio, Seconds};

/// The constants of one stack.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Profile {
    /// Matrix kernels in the stack over the same kernels alone (clock, power and cache effects).
    pub matmul: Ratio,
    /// 8- and 4-bit products of the stack over the curve of such products, beside `matmul`: block scales, and sums in
    /// registers that hold more bits.
    pub narrow_matmul: Ratio,
    /// Weight gradients in 8 and 4 bits over the other products: both operands scaled in rows.
    pub narrow_weight_gradient: Ratio,
    /// Fused attention in the stack over the same kernel alone.
    pub attention: Ratio,
    /// Passes over a `tokens x hidden` array that one layer's pointwise work makes forward (reads and writes).
    pub pointwise_passes: Ratio,
    /// The same for a `tokens x width` array of the feed-forward part.
    pub pointwise_ffn_passes: Ratio,
    /// Bytes that casting one element of an operand of an 8- or 4-bit product moves.
    pub cast_bytes: Ratio,
    /// Kernels that one layer starts forward (backward starts twice as many).
    pub kernels_per_layer: Ratio,
    /// Further kernels of a layer of experts that the host starts while the accelerator waits: it reads back how many
    /// tokens each expert gets before it can start permutation and exchange.
    pub kernels_per_moe: Ratio,
    /// The same for each expert that a rank holds.
    pub kernels_per_expert: Ratio,
    /// The same for each expert of the layer, wherever it is held: chunks that are sorted one by one.
    pub kernels_per_chunk: Ratio,
    /// Bytes that adding a micro-batch's gradient to the sum moves for each parameter, beside the product that makes it.
    pub accumulate_bytes: Ratio,
    /// Time that the host takes to start one kernel: where kernels are shorter, it sets the pace.
    pub launch: Seconds,
    /// Time that starting one collective adds, whatever its size and reach.
    pub collective: Seconds,
    /// Fixed host-side time of one optimizer step: data loading, logging, synchronisation.
    pub step_overhead: Seconds,
    /// Share of a link's rate that collectives reach within the scale-up domain.
    pub link_inside: Ratio,
    /// Share of a link's rate that collectives reach across the network.
    pub link_outside: Ratio,
    /// What of communication runs behind computation.
    pub overlap: Overlap,
    /// How many copies of the weights and gradients a rank holds, and in what type.
    pub weights: WeightCopies,
    /// A token crosses the network once for each machine that holds some of its experts, not once for each
    /// expert (DeepEP).
    pub experts_deduplicated: bool,
    /// What an expert puts out is kept for the gradient of its weight in the sum; not where that weight goes into the
    /// activation before the last product.
    pub expert_outputs_kept: bool,
    /// All-gathers and reduce-scatters go round in flat rings over all members (NCCL), not machine by machine.
    pub gathers_in_rings: bool,
    /// Bytes of one activation as it crosses to its expert (combining always takes two).
    pub dispatch_bytes: u32,
    /// Bytes that an unfused norm keeps for each number beside its input; where there are any, an unfused gate
    /// keeps its activation as well.
    pub eager_norm_bytes: u32,
    /// Selective recompute makes every second product of a layer again, not only what is cheap.
    pub products_again: bool,
    /// Recompute of a whole layer stops when all that the backward pass wants is there: what the layer puts out, and
    /// so its last product, is not made again.
    pub stops_early: bool,
    /// Bytes kept for one logit of the micro-batch at its peak.
    pub logit_bytes: u32,
    /// Driver, runtime and communicator memory on each accelerator.
    pub context: Bytes,
    /// Memory lost to the allocator, as a share of activations and buffers.
    pub slack: Ratio,
    /// Slowest rank over the mean, on each micro-batch.
    pub straggler: Ratio,
}

/// How fast an accelerator's own work runs on a stack in one number format, over what its kernels and the profile
/// say: sustained clocks, and how well that generation's kernels are used.
#[derive(Clone, Debug, PartialEq)]
pub struct Pace {
    /// Key of the accelerator, or the generation that it stands for.
    pub accelerator: String,
    /// Number format of the matrix products: its key, as `stack` knows nothing of workloads.
    pub precision: String,
    /// The factor on every rate.
    pub ratio: Ratio,
    /// A further factor on the rate of fused attention: kernels made for one generation are not the next one's.
    pub attention: Ratio,
}

/// How far step times and memory of measured runs lay from what was said of them before they were seen: the range
/// that holds 80 % of them, as factors on the estimate.
#[derive(Clone, Debug, PartialEq)]
pub struct Spread {
    /// Stack whose runs these are, or are like; empty: of whatever stack.
    pub stack: String,
    /// Generation of accelerators; empty: any.
    pub generation: String,
    /// Factors on the step time.
    pub time: (Ratio, Ratio),
    /// Factors on peak memory.
    pub memory: (Ratio, Ratio),
    /// Groups of runs that it was found on.
    pub groups: u32,
    /// Runs in them.
    pub rows: u32,
    /// Which runs these are, for people.
    pub basis: String,
}

/// Share of each kind of communication that can hide behind computation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Overlap {
    /// Tensor-parallel all-gathers and reduce-scatters.
    pub tensor: Ratio,
    /// Context-parallel rings.
    pub context: Ratio,
    /// Experts' exchanges.
    pub expert: Ratio,
    /// Pipeline sends.
    pub pipeline: Ratio,
    /// Gradient reduction behind the last backward.
    pub gradients: Ratio,
    /// Parameter gathering behind the next forward.
    pub parameters: Ratio,
    /// Transfers to and from the host.
    pub offload: Ratio,
}

/// The copies of weights and gradients that a stack keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WeightCopies {
    /// Bytes of one working weight that lives through the step.
    pub working: u32,
    /// The same where products run in 8 or 4 bits: none where the narrow copies are the weights.
    pub working_narrow: u32,
    /// Bytes of one working weight that exists only while its layer is gathered (ZeRO-3).
    pub gathered: u32,
    /// Weights are gathered one matrix after the other, not one layer after the other.
    pub gathered_by_matrix: bool,
    /// Bytes of a further 8-bit copy kept for 8-bit products.
    pub quantised: u32,
    /// Bytes of one gradient as it crosses the network.
    pub wire_gradient: u32,
    /// Bytes of the copies of one gradient that the update makes, split as the optimizer's state.
    pub update: u32,
    /// The working weight itself is the fp32 master copy (FSDP with fp32 parameters).
    pub working_is_master: bool,
}
