//! The software that answers: what it can run, how it fills memory, and a few physical constants of how well it runs.

use super::{KvFormat, WeightFormat};
use crate::stack::Own;
use crate::units::{Bytes, BytesPerSecond, Ratio, Seconds};
use std::sync::Arc;

/// A serving engine of one era. Constants are data (`catalogue/data/engines.csv`), fitted ones too.
#[derive(Clone, Debug, PartialEq)]
pub struct Engine {
    /// Name in links.
    pub key: String,
    /// Name for people.
    pub name: String,
    /// Releases that it stands for.
    pub version: String,
    /// Date of these.
    pub date: String,
    /// Where it was read.
    pub source: String,
    /// Rate of products in the engine over the accelerator's kernel curve.
    pub compute: Ratio,
    /// Rate of reading weights over what streaming kernels reach.
    pub stream: Ratio,
    /// Most that one processor of the accelerator streams in the engine's kernels of few rows.
    pub unit_stream: BytesPerSecond,
    /// Share of that for weights of 4 bits and GGUF kinds, which must be unpacked.
    pub unpack: Ratio,
    /// The same as `stream`, of reading the key-value cache.
    pub cache: Ratio,
    /// Rate of attention over prompts, over the accelerator's fused attention.
    pub attention: Ratio,
    /// Rate of experts' grouped products, over plain ones.
    pub experts: Ratio,
    /// Rate at which experts' weights are read, over those of plain products.
    pub expert_stream: Ratio,
    /// Time that each kernel adds on the accelerator.
    pub gap: Seconds,
    /// Time of the host to start one kernel where no graph is replayed.
    pub launch: Seconds,
    /// Most rows of which products with quantised weights are of 8-bit integers, whatever the weights' format (llama.cpp's
    /// `mmq` and `mmvq`); for more the weights are widened to 16 bits first. None: the format says it.
    pub integer_rows: u32,
    /// Peak of products with GGUF weights over the accelerator's vector rate, where such kernels use no matrix units; 0:
    /// they do. Where rows are multiplied as integers ([`Self::integer_rows`]) it says nothing.
    pub integer_vector: Ratio,
    /// Products of 16 bits are summed in 16 bits.
    pub half_sums: bool,
    /// Attention over prompts never writes its scores to memory.
    pub fused: bool,
    /// Steps of reading that are under way in the stages at once; none: as many as stages.
    pub in_flight: u32,
    /// Steps of decoding replay a graph.
    pub graphs: bool,
    /// Kernels of a layer of grouped attention and a dense network, by which those of others are counted.
    pub kernels: Ratio,
    /// Kernels that norms of queries and keys take, where a model has them.
    pub norm_kernels: Ratio,
    /// Further kernels of a layer of experts.
    pub expert_kernels: Ratio,
    /// Kernels that the host starts for a layer of experts where no graph is replayed.
    pub expert_starts: Ratio,
    /// Host time of one step that the accelerator waits for.
    pub step: Seconds,
    /// The same for each sequence in the step.
    pub sequence: Seconds,
    /// Time of one prompt token in a recurrent layer whose tokens pass one after another; none: they pass in chunks.
    pub scan: Seconds,
    /// Time of one request outside all steps, before its first token.
    pub request: Seconds,
    /// The same for each token of the prompt.
    pub token: Seconds,
    /// Time that one collective adds, whatever its size.
    pub collective: Seconds,
    /// Share of a link's rate that collectives reach within the scale-up domain.
    pub link_inside: Ratio,
    /// The same across the network.
    pub link_outside: Ratio,
    /// 8-bit floats in blocks are multiplied as such; else a scale a tensor or a channel is taken.
    pub blocks: bool,
    /// Copies in 8 bits are the engine's makers' own, with a scale a tensor, unless the model itself lies in blocks.
    pub own_copies: bool,
    /// The shared expert of DeepSeek-V3 and its like is one more of the routed ones, without expert parallelism
    /// (`estimate/serve/kernels`).
    pub fuses_shared: bool,
    /// Bytes of one activation as it crosses to its expert.
    pub dispatch_bytes: u32,
    /// Share of the busiest expert rank over the mean at many tokens.
    pub imbalance: Ratio,
    /// A row crosses to a group of ranks once, however many of its experts they hold (DeepEP).
    pub dispatches_once: bool,
    /// Two halves of a step take turns, so that exchanges of one hide behind the work of the other.
    pub overlaps: bool,
    /// Prompt tokens and decoding sequences share a step (chunked prefill).
    pub mixes: bool,
    /// Every step of decoding works on as many sequences as there may be (compiled for one batch).
    pub padded: bool,
    /// Most prompt tokens of one step.
    pub chunk: u32,
    /// Steps keep that size even where memory is scarce: those of measured runs, which nobody planned to be small.
    pub keeps_chunk: bool,
    /// Most sequences that decode together.
    pub sequences: u32,
    /// When prompts that came are taken up.
    pub admission: Admission,
    /// How memory is filled.
    pub memory: MemoryRule,
    /// Factors on the constants for machines and formats, most general first.
    pub factors: Arc<Vec<Factor>>,
    /// Ranges of its figures, nearest kind first.
    pub ranges: Arc<Vec<ServeRange>>,
    /// Where it is the user's own: what it is made of.
    pub own: Option<Own>,
}

/// When an engine takes up the prompts that came while it was decoding.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Admission {
    /// In the next step.
    #[default]
    AtOnce,
    /// It looks every so many steps (SGLang, `--scheduler-recv-interval`).
    Polls(u32),
    /// The first of them waits so many steps for others (TensorRT-LLM, `batch_wait_timeout_iters`).
    Gathers(u32),
}

/// How an engine fills an accelerator's memory.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MemoryRule {
    /// Share that it takes.
    pub fraction: Ratio,
    /// What the share is of, and what comes out of it.
    pub fills: Fills,
    /// Runtime and driver.
    pub context: Bytes,
    /// What communicators hold in each rank of an instance that has several.
    pub communicators: Bytes,
    /// Graphs that are kept.
    pub graphs: Bytes,
    /// Tokens of one block of the cache.
    pub block: u32,
    /// Room for the longest answer is kept from the start: nothing is ever thrown out.
    pub reserves: bool,
    /// Copies of one activation row that are alive at the peak.
    pub activations: Ratio,
    /// Sequences whose next tokens the engine's trial run draws together; 0: as large as none.
    pub sampled: u32,
    /// Accelerators of at least 70 GiB (but A100) draw for so many.
    pub sampled_large: u32,
    /// Bytes that the draw keeps for each sequence and word.
    pub drawn: Ratio,
    /// The table of embeddings stays with the host.
    pub host_table: bool,
    /// Experts in 4-bit floats are padded to whole tiles.
    pub pads_experts: bool,
    /// Every rank keeps room for the rows of all attention groups at all their experts.
    pub gathers_rows: bool,
    /// The cache is what is asked for, allocated whole at the start.
    pub allocates: bool,
    /// Every core of an accelerator is a rank, with heads of its own.
    pub splits_cores: bool,
}

impl MemoryRule {
    /// Told so many sequences at most, the trial run draws for no more.
    pub fn drawn_for(&mut self, sequences: u32) {
        (self.sampled, self.sampled_large) =
            (self.sampled.min(sequences), self.sampled_large.min(sequences));
    }
}

/// How an engine finds the room for its cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fills {
    /// A share of the whole memory less all that its trial run took (vLLM).
    Whole,
    /// A share of what is free before weights come, less the weights: the rest is for everything else (SGLang).
    Static,
    /// A share of what its trial run left free (TensorRT-LLM).
    Free,
    /// Buffers for one batch, grown by a fifth (FasterTransformer).
    Batch,
    /// One window of cache that is as long as prompt and answer (AutoAWQ).
    Window,
}

impl Fills {
    /// All, with their names in tables.
    pub const ALL: [(Self, &'static str); 5] = [
        (Self::Whole, "whole"),
        (Self::Static, "static"),
        (Self::Free, "free"),
        (Self::Batch, "batch"),
        (Self::Window, "window"),
    ];
}

/// What a factor acts on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FactorOf {
    /// Rate of products.
    Compute,
    /// Rate of reading weights.
    Stream,
    /// Rate of reading the cache.
    Cache,
    /// Rate of attention over prompts.
    Attention,
    /// Rate of experts.
    Experts,
    /// Time of kernels, and of the host between steps.
    Overhead,
    /// Time of the host to start kernels one by one, and to take a request in.
    Start,
    /// Time of collectives, start and bytes.
    Network,
}

/// A factor on what the constants say, for a machine, a generation or a class of formats; empty: any.
#[derive(Clone, Debug, PartialEq)]
pub struct Factor {
    /// What it acts on.
    pub of: FactorOf,
    /// Key of the accelerator, or the generation.
    pub machine: String,
    /// Class of weight formats.
    pub format: String,
    /// The factor.
    pub value: Ratio,
}

/// How far measured figures lay from what was said of them unseen: the range that holds 80 %, as factors.
#[derive(Clone, Debug, PartialEq)]
pub struct ServeRange {
    /// Key of the engine; empty: any.
    pub engine: String,
    /// Figure: `ttft`, `tpot` or `tok_s`.
    pub figure: String,
    /// Generation of accelerators; empty: any.
    pub generation: String,
    /// Kind of mode: `single`, `static`, `offline`, `closed`, `open`, `disagg`; empty: any.
    pub mode: String,
    /// Factors on the figure.
    pub factor: (Ratio, Ratio),
    /// Rows that it was found on.
    pub rows: u32,
}

impl Factor {
    /// A pace: all that an engine does on a machine in `1 / pace` of the time.
    #[must_use]
    pub fn of_pace(machine: &str, pace: Ratio) -> Vec<Self> {
        // A rate of experts is one over that of plain products.
        let of = FactorOf::ALL.into_iter().filter(|of| *of != FactorOf::Experts);
        let factor = |of: FactorOf| Self {
            of,
            machine: machine.to_owned(),
            format: String::new(),
            value: if of.is_of_time() { Ratio::new(1.0 / pace.get()) } else { pace },
        };
        of.map(factor).collect()
    }
}

impl FactorOf {
    /// All, in a fixed order.
    pub const ALL: [Self; 8] = [
        Self::Compute,
        Self::Stream,
        Self::Cache,
        Self::Attention,
        Self::Experts,
        Self::Overhead,
        Self::Start,
        Self::Network,
    ];

    /// Whether it multiplies a time rather than a rate.
    const fn is_of_time(self) -> bool {
        matches!(self, Self::Overhead | Self::Start | Self::Network)
    }

    /// Name in tables.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Compute => "compute",
            Self::Stream => "stream",
            Self::Cache => "cache",
            Self::Attention => "attention",
            Self::Experts => "experts",
            Self::Overhead => "overhead",
            Self::Start => "start",
            Self::Network => "network",
        }
    }
}

impl Engine {
    /// Name of the software whose facts hold where the user says nothing.
    #[must_use]
    pub fn base_name(&self) -> &str {
        self.own.as_ref().map_or(&self.name, |own| &own.base)
    }

    /// Name and version for people; of one's own, what it is made of.
    #[must_use]
    pub fn told(&self) -> String {
        crate::stack::told(&self.name, &self.version, self.own.as_ref())
    }

    /// The factors that hold for a machine and a class of formats.
    pub fn factors_on<'a>(
        &'a self,
        of: FactorOf,
        (accelerator, generation): (&'a str, &'a str),
        class: &'a str,
    ) -> impl Iterator<Item = &'a Factor> {
        self.factors.iter().filter(move |factor| {
            let machine = factor.machine.as_str();
            factor.of == of
                && (machine.is_empty() || machine == accelerator || machine == generation)
                && (factor.format.is_empty() || factor.format == class)
        })
    }

    /// The range of a figure, of the nearest kind of runs.
    #[must_use]
    pub fn range(&self, figure: &str, generation: &str, mode: &str) -> Option<&ServeRange> {
        let own = self.key.as_str();
        let kinds = [(own, generation, mode), (own, "", mode), (own, "", "")];
        let wider = [("", generation, mode), ("", "", mode), ("", "", "")];
        kinds.into_iter().chain(wider).find_map(|(engine, generation, mode)| {
            self.ranges.iter().find(|range| {
                range.figure == figure
                    && range.engine == engine
                    && range.generation == generation
                    && range.mode == mode
            })
        })
    }

    /// The range of a figure of pools of their own, of runs of all engines: on that generation, else on any.
    #[must_use]
    pub fn range_apart(&self, figure: &str, generation: &str) -> Option<&ServeRange> {
        let of = |generation: &str| {
            self.ranges.iter().find(|range| {
                range.figure == figure
                    && range.mode == "disagg"
                    && range.engine.is_empty()
                    && range.generation == generation
            })
        };
        of(generation).or_else(|| of(""))
    }

    /// The cache format where nothing is said: with 8- or 4-bit products TensorRT-LLM's checkpoints and submissions to
    /// MLPerf keep the cache in 8 bits, all others follow the activations.
    #[must_use]
    pub fn usual_cache(&self, weights: WeightFormat) -> KvFormat {
        let narrow = matches!(
            weights,
            WeightFormat::Fp8 | WeightFormat::Nvfp4 | WeightFormat::Mxfp4 | WeightFormat::Mxfp8
        );
        if narrow && (self.key.starts_with("trtllm") || self.key.starts_with("mlperf")) {
            KvFormat::Fp8
        } else {
            KvFormat::Wide
        }
    }
}
