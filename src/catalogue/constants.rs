//! The constants of stacks and engines that may be one's own: name, unit and bounds of each.
//!
//! Bounds are those of what is physically sensible, drawn wide: every value of the catalogue lies within them.

use std::fmt;

/// One constant of a stack or engine.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Constant {
    /// Name in tables and links.
    pub field: &'static str,
    /// Name for people.
    pub label: &'static str,
    /// What it is counted in; empty: a share or factor.
    pub unit: &'static str,
    /// What it is about.
    pub part: Part,
    /// How it is written.
    pub form: Form,
    /// Smallest value.
    pub min: f64,
    /// Largest value.
    pub max: f64,
}

/// How a constant is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// With a decimal point.
    Number,
    /// Whole.
    Whole,
    /// 1 or 0: yes or no.
    Switch,
}

/// What constants are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Work of the accelerator.
    Kernels,
    /// Work of the host.
    Host,
    /// What crosses links, and what of it hides.
    Network,
    /// What memory holds.
    Memory,
    /// How requests share steps.
    Schedule,
}

impl Part {
    /// All, in the order of the page.
    pub const ALL: [Self; 5] =
        [Self::Kernels, Self::Host, Self::Network, Self::Schedule, Self::Memory];
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Kernels => "Kernels",
            Self::Host => "Host and starts",
            Self::Network => "Communication",
            Self::Memory => "Memory",
            Self::Schedule => "Batches",
        })
    }
}

/// The constant that a field names, in a table of them.
#[must_use]
pub fn find(table: &'static [Constant], field: &str) -> Option<&'static Constant> {
    table.iter().find(|constant| constant.field == field)
}

/// A factor on the pace of an accelerator: see [`crate::stack::Pace`].
pub const PACE: Constant = of(Part::Kernels, "pace", "Pace", "", 0.02, 20.0);
/// What the name of a pace begins with: `pace@h100-sxm/bf16`.
pub const PACE_AT: &str = "pace@";

const fn of(
    part: Part,
    field: &'static str,
    label: &'static str,
    unit: &'static str,
    min: f64,
    max: f64,
) -> Constant {
    Constant { field, label, unit, part, form: Form::Number, min, max }
}

const fn whole(
    part: Part,
    field: &'static str,
    label: &'static str,
    unit: &'static str,
    min: f64,
    max: f64,
) -> Constant {
    Constant { form: Form::Whole, ..of(part, field, label, unit, min, max) }
}

const fn switch(part: Part, field: &'static str, label: &'static str) -> Constant {
    Constant { form: Form::Switch, ..of(part, field, label, "", 0.0, 1.0) }
}

const US: &str = "\u{b5}s";
const MS: &str = "ms";
const GIB: &str = "GiB";
const BYTES: &str = "bytes";

use Part::{Host, Kernels, Memory, Network, Schedule};

/// Constants of a training stack ([`crate::stack::Profile`]), in the order in which they are told.
pub const TRAINING: [Constant; 43] = [
    of(Kernels, "matmul", "Products, over the kernel alone", "", 0.01, 2.0),
    of(Kernels, "narrow_matmul", "8-bit products, over their curve", "", 0.01, 2.0),
    of(Kernels, "narrow_weight_gradient", "8-bit weight gradients, over products", "", 0.01, 2.0),
    of(Kernels, "attention", "Attention, over the kernel alone", "", 0.01, 2.0),
    of(Kernels, "pointwise_passes", "Pointwise work of a layer", "passes", 0.0, 200.0),
    of(Kernels, "pointwise_ffn_passes", "Pointwise work of feed-forward", "passes", 0.0, 200.0),
    of(Kernels, "cast_bytes", "Casting a number to 8 bits moves", BYTES, 0.0, 64.0),
    of(Kernels, "accumulate_bytes", "Adding up a gradient moves", BYTES, 0.0, 256.0),
    of(Host, "kernels_per_layer", "Kernels of a layer, forward", "", 0.0, 1000.0),
    of(Host, "kernels_per_moe", "Further kernels of experts", "", 0.0, 10_000.0),
    of(Host, "kernels_per_expert", "Kernels for each expert held", "", 0.0, 1000.0),
    of(Host, "kernels_per_chunk", "Kernels for each expert of the layer", "", 0.0, 1000.0),
    of(Host, "launch_us", "Start of a kernel", US, 0.0, 1000.0),
    of(Host, "collective_us", "Start of a collective", US, 0.0, 10_000.0),
    of(Host, "step_overhead_ms", "Fixed time of a step", MS, 0.0, 100_000.0),
    of(Host, "straggler", "Slowest rank over the mean", "", 1.0, 10.0),
    of(Network, "link_inside", "Scale-up link, share reached", "", 0.01, 1.0),
    of(Network, "link_outside", "Network, share reached", "", 0.01, 1.0),
    of(Network, "overlap_tensor", "Tensor parallel, share hidden", "", 0.0, 1.0),
    of(Network, "overlap_context", "Context parallel, share hidden", "", 0.0, 1.0),
    of(Network, "overlap_expert", "Expert parallel, share hidden", "", 0.0, 1.0),
    of(Network, "overlap_pipeline", "Pipeline sends, share hidden", "", 0.0, 1.0),
    of(Network, "overlap_gradients", "Gradient reduction, share hidden", "", 0.0, 1.0),
    of(Network, "overlap_parameters", "Parameter gathering, share hidden", "", 0.0, 1.0),
    of(Network, "overlap_offload", "Transfers to the host, share hidden", "", 0.0, 1.0),
    switch(Network, "experts_deduplicated", "A token crosses once to each machine"),
    switch(Memory, "expert_outputs_kept", "Experts' outputs kept"),
    switch(Network, "gathers_in_rings", "Gathers go in flat rings"),
    whole(Network, "dispatch_bytes", "A number on its way to an expert", BYTES, 1.0, 8.0),
    whole(Memory, "eager_norm_bytes", "Norms keep beside their input", BYTES, 0.0, 32.0),
    switch(Memory, "products_again", "Selective recompute makes products again"),
    switch(Memory, "stops_early", "Full recompute leaves the last product out"),
    whole(Memory, "working", "A weight through the step", BYTES, 1.0, 8.0),
    whole(Memory, "working_narrow", "A weight beside its 8-bit copies", BYTES, 0.0, 8.0),
    switch(Memory, "working_is_master", "Working weights are the masters"),
    whole(Memory, "gathered", "A gathered weight", BYTES, 1.0, 8.0),
    switch(Memory, "gathered_by_matrix", "Weights gathered matrix by matrix"),
    whole(Memory, "quantised", "8-bit copies of a weight", BYTES, 0.0, 8.0),
    whole(Network, "wire_gradient", "A gradient on the network", BYTES, 1.0, 8.0),
    whole(Memory, "update", "Copies that the update makes", BYTES, 0.0, 16.0),
    whole(Memory, "logit_bytes", "A logit at its peak", BYTES, 2.0, 64.0),
    of(Memory, "context_gib", "Driver and communicators", GIB, 0.0, 64.0),
    of(Memory, "slack", "Lost to the allocator", "", 0.0, 2.0),
];

/// Constants of a serving engine ([`crate::serving::Engine`]), in the order in which they are told.
pub const SERVING: [Constant; 54] = [
    of(Kernels, "compute", "Products, over the kernel alone", "", 0.01, 4.0),
    of(Kernels, "stream", "Reading weights, over streaming", "", 0.01, 4.0),
    of(Kernels, "unit_gb_s", "Most that one processor streams", "GB/s", 0.1, 100_000.0),
    of(Kernels, "unpack", "Of that, for 4-bit weights", "", 0.01, 4.0),
    of(Kernels, "cache", "Reading the cache, over streaming", "", 0.01, 4.0),
    of(Kernels, "attention", "Attention over prompts", "", 0.01, 4.0),
    of(Kernels, "experts", "Experts' products, over plain ones", "", 0.01, 4.0),
    of(Kernels, "expert_stream", "Reading experts' weights", "", 0.01, 4.0),
    whole(Kernels, "integer_rows", "Rows multiplied as integers", "", 0.0, 16_777_216.0),
    of(Kernels, "integer_vector", "GGUF products, over the vector rate", "", 0.0, 4.0),
    switch(Kernels, "half_sums", "16-bit products summed in 16 bits"),
    switch(Kernels, "fused", "Attention over prompts is fused"),
    of(Kernels, "gap_us", "Added by each kernel", US, 0.0, 1000.0),
    of(Kernels, "scan_us", "A prompt token in a recurrent layer", US, 0.0, 1000.0),
    of(Kernels, "kernels", "Kernels of a plain layer", "", 0.0, 1000.0),
    of(Kernels, "norm_kernels", "Kernels of query and key norms", "", 0.0, 1000.0),
    of(Kernels, "expert_kernels", "Further kernels of experts", "", 0.0, 1000.0),
    switch(Kernels, "fuses_shared", "A shared expert is one of the routed"),
    switch(Kernels, "blocks", "8-bit blocks multiplied as they are"),
    switch(Kernels, "own_copies", "8-bit copies are its makers' own"),
    of(Host, "launch_us", "Start of a kernel without a graph", US, 0.0, 1000.0),
    switch(Host, "graphs", "Decoding replays graphs"),
    of(Host, "expert_starts", "Kernels started for experts", "", 0.0, 10_000.0),
    of(Host, "step_us", "Host time of a step", US, 0.0, 1e6),
    of(Host, "sequence_us", "Host time of a sequence", US, 0.0, 1e5),
    of(Host, "request_ms", "Taking a request in", MS, 0.0, 1e5),
    of(Host, "token_us", "Taking a prompt token in", US, 0.0, 1e4),
    of(Network, "collective_us", "Start of a collective", US, 0.0, 10_000.0),
    of(Network, "link_inside", "Scale-up link, share reached", "", 0.01, 2.0),
    of(Network, "link_outside", "Network, share reached", "", 0.01, 2.0),
    whole(Network, "dispatch_bytes", "A number on its way to an expert", BYTES, 1.0, 8.0),
    of(Network, "imbalance", "Busiest expert rank over the mean", "", 1.0, 100.0),
    switch(Network, "dispatches_once", "A row crosses once to a group"),
    switch(Network, "overlaps", "Halves of a step take turns"),
    switch(Schedule, "mixes", "Prompts share steps (chunked prefill)"),
    switch(Schedule, "padded", "Steps padded to the largest batch"),
    whole(Schedule, "chunk", "Prompt tokens of one step at most", "", 16.0, 16_777_216.0),
    whole(Schedule, "in_flight", "Prompt steps under way in stages", "", 0.0, 65_536.0),
    whole(Schedule, "sequences", "Sequences at once at most", "", 1.0, 65_536.0),
    of(Memory, "fraction", "Share of memory taken", "", 0.0, 1.0),
    of(Memory, "context_gib", "Runtime and driver", GIB, 0.0, 64.0),
    of(Memory, "communicators_gib", "Communicators", GIB, 0.0, 64.0),
    of(Memory, "graphs_gib", "Graphs", GIB, 0.0, 64.0),
    whole(Memory, "block", "Tokens of one cache block", "", 1.0, 4096.0),
    switch(Memory, "reserves", "Room for the longest answer kept"),
    of(Memory, "activations", "Copies of an activation row", "", 0.0, 100.0),
    whole(Memory, "sampled", "Sequences drawn in the trial run", "", 0.0, 65_536.0),
    whole(Memory, "sampled_large", "Sequences drawn, from 70 GiB on", "", 0.0, 65_536.0),
    of(Memory, "drawn_bytes", "The draw keeps of a sequence and word", BYTES, 0.0, 1000.0),
    switch(Memory, "host_table", "Embeddings stay with the host"),
    switch(Memory, "pads_experts", "4-bit experts padded to tiles"),
    switch(Memory, "gathers_rows", "Room for the rows of all attention groups"),
    switch(Memory, "allocates", "The cache is allocated as asked for"),
    switch(Memory, "splits_cores", "Every core is a rank"),
];
