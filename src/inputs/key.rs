//! The inputs by name: how each is read, its range and its default.

use crate::units::text::Noun;
use crate::{cluster, model, workload};

/// How the text of an input is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A name of the catalogue, or a word.
    Name,
    /// The text of a config.json.
    Json,
    /// A whole number of something within a range.
    Count(Noun, u64, u64),
    /// Tokens of a run.
    Tokens,
    /// A global batch in sequences or tokens.
    Batch,
    /// Memory.
    Bytes,
    /// Bandwidth, counted in bytes.
    Bandwidth,
    /// Bandwidth, counted in bits.
    BandwidthBits,
    /// Arithmetic.
    FlopRate,
    /// Dollars an hour.
    Price,
    /// Watts.
    Power,
    /// A factor from 1 up.
    Factor,
    /// A share from 0 up to, but not including, 1.
    Share,
    /// `on` or `off`.
    Switch,
    /// One of a few words.
    Choice(&'static [&'static str]),
    /// A list of techniques.
    Techniques,
    /// An amount of money.
    Money,
    /// A length of time, a moment, or a day of the week.
    Deadline,
    /// Words between commas; what a word may be depends on the input.
    Words,
    /// A length of time.
    Span,
    /// A short time: of a message or a step.
    Delay,
    /// A share above 0, up to all.
    Part,
    /// A text of a grammar of its own: see `budget`.
    Phrase,
    /// How often something comes.
    Frequency,
    /// A short time, or `none`.
    Latency,
    /// What differs from software of the catalogue: see `software`.
    Changes,
    /// A line of text.
    Label,
}

/// Where an input belongs on the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// What is trained.
    Model,
    /// On what.
    Cluster,
    /// How.
    Training,
    /// With which software, at which price.
    Stack,
    /// What is fixed or forbidden.
    Constraints,
    /// Where it may be trained, by when and for how much.
    Fleet,
    /// Whether the model is trained or served.
    Purpose,
    /// What is asked of a model in service.
    Serving,
    /// How it is bought, planned and paid for.
    Budget,
    /// How a service is run: over a day, near its users.
    Operation,
}

impl Group {
    /// Whether what is asked there stands in no plan's way.
    #[must_use]
    pub const fn is_aside(self) -> bool {
        matches!(self, Self::Fleet | Self::Serving | Self::Budget | Self::Operation)
    }
}

impl Key {
    /// The input of that name in links.
    #[must_use]
    pub fn from_link_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|key| key.link_name() == name)
    }
}

macro_rules! keys {
    ($($group:ident {
        $($name:ident = $link:literal, $label:literal, $kind:expr, $default:expr;)*
    })*) => {
        /// One input.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[allow(missing_docs)]
        pub enum Key {
            $($($name,)*)*
        }

        impl Key {
            /// All of them, in the order of links.
            pub const ALL: &[Self] = &[$($(Self::$name),*),*];

            /// Name in links; frozen with the first release.
            #[must_use]
            pub const fn link_name(self) -> &'static str {
                match self { $($(Self::$name => $link,)*)* }
            }

            /// Name for people.
            #[must_use]
            pub const fn label(self) -> &'static str {
                match self { $($(Self::$name => $label,)*)* }
            }

            /// How its text is read.
            #[must_use]
            pub const fn kind(self) -> Kind {
                match self { $($(Self::$name => $kind,)*)* }
            }

            /// What stands for it when nothing is typed; none where that follows from other inputs.
            #[must_use]
            pub const fn default_text(self) -> Option<&'static str> {
                match self { $($(Self::$name => $default,)*)* }
            }

            /// Where it belongs on the page.
            #[must_use]
            pub const fn group(self) -> Group {
                match self { $($(Self::$name => Group::$group,)*)* }
            }
        }
    };
}

const fn count(noun: Noun, min: u64, max: u64) -> Kind {
    Kind::Count(noun, min, max)
}

const fn width(min: u64) -> Kind {
    Kind::Count(Noun::Plain, min, model::limits::WIDTH_MAX as u64)
}

const fn heads() -> Kind {
    Kind::Count(Noun::Heads, 1, model::limits::HEADS_MAX as u64)
}

const fn experts() -> Kind {
    Kind::Count(Noun::Experts, 0, model::limits::EXPERTS_MAX as u64)
}

const fn ranks() -> Kind {
    Kind::Count(Noun::Accelerators, 1, cluster::ACCELERATORS_MAX as u64)
}

const fn degree() -> Kind {
    Kind::Count(Noun::Plain, 1, cluster::ACCELERATORS_MAX as u64)
}

const LAYERS: u64 = model::limits::LAYERS_MAX as u64;
const SEQUENCE: u64 = workload::SEQUENCE_MAX as u64;
const BATCH: u64 = workload::BATCH_MAX as u64;
const RANK: u64 = workload::ADAPTER_RANK_MAX as u64;
const FORMATS: Kind = Kind::Choice(&["fp32", "bf16"]);
const PRECISIONS: Kind = Kind::Choice(&["fp32", "fp16", "bf16", "fp8", "mxfp8", "nvfp4"]);
const OPTIMIZERS: Kind = Kind::Choice(&["adamw", "adamw8", "adafactor", "muon", "sgdm", "lion"]);
const SCHEDULES: Kind =
    Kind::Choice(&["1f1b", "gpipe", "interleaved", "bf", "zb", "zbv", "dualpipe"]);

/// Names of [`crate::catalogue::reliability::LEVELS`], without what they share.
const FLEETS: Kind = Kind::Choice(&["good", "usual", "young"]);
/// Names of [`crate::catalogue::reliability::zones`].
const ZONES: Kind =
    Kind::Choice(&["calm", "usual", "busy", "oregon", "ohio", "virginia", "virginia8"]);
/// Which hours of a commitment are charged: the whole term, or those of the run.
const CHARGES: Kind = Kind::Choice(&["term", "hours"]);
const YEARS: Kind = Kind::Count(Noun::Plain, 1, 30);
/// Names of [`crate::reliability::Way`].
const SAVING: Kind = Kind::Choice(&["blocking", "async", "memory"]);
/// The plan's own price by the hour, or names of [`crate::prices::Terms`].
const BOUGHT: Kind = Kind::Choice(&["own", "demand", "spot", "1y", "3y", "block"]);
const BITS: Kind = Kind::Choice(&["32", "16", "8", "4"]);
const BETWEEN: Kind = Kind::Choice(&["clouds", "regions"]);
const TRIALS: u64 = 1 << 20;
const SITES: u64 = 64;
const CLIENTS: u64 = 1_000_000_000;

const fn positive(noun: Noun) -> Kind {
    Kind::Count(noun, 1, workload::SEQUENCE_MAX as u64)
}

const PURPOSES: Kind = Kind::Choice(&["train", "serve"]);
/// Share of requests that must be within the goals; `mean`: the mean of all.
const SHARES: Kind = Kind::Choice(&["mean", "p50", "p90", "p95", "p99"]);
const GUESSES: u64 = 16;
const INSTANCES: u64 = 1_000_000;
const USERS: u64 = 4_000_000_000;

keys! {
    Model {
        Model = "m", "Model", Kind::Name, Some("meta-llama/Llama-3.1-405B");
        Config = "mc", "config.json", Kind::Json, None;
        Layers = "ml", "Layers", count(Noun::Layers, 1, LAYERS), None;
        Hidden = "mh", "Hidden size", width(1), None;
        Heads = "ma", "Attention heads", heads(), None;
        KvHeads = "mk", "Key-value heads", heads(), None;
        HeadDim = "md", "Head width", width(1), None;
        FfnWidth = "mf", "Feed-forward width", width(1), None;
        Vocab = "mv", "Vocabulary", count(Noun::Tokens, 1, model::limits::VOCAB_MAX as u64), None;
        Experts = "me", "Routed experts", experts(), None;
        TopK = "mt", "Experts a token visits", experts(), None;
        ExpertWidth = "mw", "Expert width", width(1), None;
        SharedExperts = "ms", "Shared experts", experts(), None;
        DenseLayers = "mz", "Dense layers first", count(Noun::Layers, 0, LAYERS), None;
        Gated = "mg", "Gated feed-forward", Kind::Switch, Some("on");
        Tied = "mi", "Tied embeddings", Kind::Switch, Some("off");
    }
    Cluster {
        Accelerator = "g", "Accelerator", Kind::Name, Some("h100-sxm");
        Count = "n", "Accelerators", ranks(), Some("16384");
        NodeSize = "nn", "Accelerators in a node", ranks(), None;
        Domain = "dom", "Scale-up domain", ranks(), None;
        Nic = "nic", "Network of one accelerator", Kind::BandwidthBits, None;
        Leaf = "leaf", "Accelerators under one leaf", ranks(), None;
        Oversubscription = "over", "Oversubscription above the leaf", Kind::Factor, Some("1");
        AdaptiveRouting = "ar", "Adaptive routing above the leaf", Kind::Switch, Some("on");
        Rails = "ra", "Rails", Kind::Switch, Some("on");
        Memory = "gm", "Memory", Kind::Bytes, None;
        MemoryBandwidth = "gb", "Memory bandwidth", Kind::Bandwidth, None;
        PeakBf16 = "gp", "Peak bf16", Kind::FlopRate, None;
        PeakFp16 = "gh", "Peak fp16", Kind::FlopRate, None;
        PeakFp8 = "g8", "Peak fp8", Kind::FlopRate, None;
        PeakFp4 = "g4", "Peak fp4", Kind::FlopRate, None;
        PeakFp32 = "gt", "Peak fp32 or TF32", Kind::FlopRate, None;
        Link = "gl", "Scale-up link, each way", Kind::Bandwidth, None;
        Power = "gw", "Power", Kind::Power, None;
        HostMemory = "hm", "Host memory of one accelerator", Kind::Bytes, None;
        HostLink = "hl", "Link to the host, each way", Kind::Bandwidth, None;
    }
    Training {
        Batch = "b", "Global batch", Kind::Batch, Some("2048");
        Sequence = "s", "Sequence length", count(Noun::Tokens, 1, SEQUENCE), Some("8192");
        Tokens = "t", "Tokens", Kind::Tokens, Some("15.6T");
        Precision = "p", "Precision", PRECISIONS, None;
        Optimizer = "o", "Optimizer", OPTIMIZERS, Some("adamw");
        Moments = "om", "Type of the moments", FORMATS, Some("fp32");
        Gradients = "og", "Type of the gradients", FORMATS, Some("fp32");
        Master = "ow", "fp32 master weights", Kind::Switch, Some("on");
        Imbalance = "ei", "Busiest expert over the mean", Kind::Factor, Some("1");
        Dropout = "dr", "Dropout", Kind::Switch, Some("off");
        FusedAttention = "fa", "Fused attention", Kind::Switch, Some("on");
        Causal = "ca", "Causal attention", Kind::Switch, Some("on");
        Adapters = "lo", "Rank of adapters (LoRA)", count(Noun::Plain, 1, RANK), None;
    }
    Stack {
        Stack = "k", "Stack", Kind::Name, Some("megatron");
        Price = "c", "Price of one accelerator", Kind::Price, None;
        OwnStack = "ko", "Your own stack", Kind::Changes, None;
        OwnStackName = "kn", "Name of your stack", Kind::Label, None;
        OwnStackVersion = "kv", "Version of your stack", Kind::Label, None;
    }
    Constraints {
        Headroom = "hr", "Memory to keep free", Kind::Share, Some("0.05");
        Tp = "tp", "Tensor parallel", degree(), None;
        Cp = "cp", "Context parallel", degree(), None;
        Pp = "pp", "Pipeline parallel", degree(), None;
        Vpp = "v", "Virtual stages", count(Noun::Plain, 1, LAYERS), None;
        Ep = "ep", "Expert parallel", degree(), None;
        Etp = "etp", "Expert tensor parallel", degree(), None;
        MicroBatch = "mbs", "Micro-batch", count(Noun::Sequences, 1, BATCH), None;
        Zero = "zero", "ZeRO stage", count(Noun::Plain, 0, 3), None;
        Shard = "shard", "Ranks that ZeRO splits over", degree(), None;
        Recompute = "rc", "Layers recomputed in each chunk", count(Noun::Layers, 0, LAYERS), None;
        Schedule = "sched", "Pipeline schedule", SCHEDULES, None;
        Forbid = "x", "Techniques not to use", Kind::Techniques, None;
    }
    Fleet {
        Budget = "fb", "Budget", Kind::Money, None;
        Deadline = "fd", "Time to finish", Kind::Deadline, None;
        DataSet = "fs", "Size of the data set", Kind::Bytes, None;
        Terms = "ft", "Ways to buy", Kind::Words, None;
        Providers = "fp", "Providers", Kind::Words, None;
        Regions = "fr", "Regions", Kind::Words, None;
        Jurisdictions = "fj", "Countries, or EU", Kind::Words, None;
        Families = "ff", "Accelerators or generations", Kind::Words, None;
        Machines = "fn", "Machines at most", ranks(), None;
        Discounts = "fx", "Discounts by provider", Kind::Words, None;
        PrivateOffers = "fo", "Offers of your own", Kind::Words, None;
        Failures = "fq", "Failures of machines", FLEETS, Some("usual");
        Saving = "fc", "Checkpoints", SAVING, Some("async");
        Spares = "fk", "Spare machines", Kind::Switch, Some("off");
        Zone = "fz", "Spot market", ZONES, Some("oregon");
        Home = "fh", "Where the data set lies", Kind::Words, None;
        Capacity = "fcap", "Machines to be had", Kind::Words, None;
        Charge = "fw", "Hours of a commitment", CHARGES, Some("term");
        OwnMachines = "fm", "Machines of your own", Kind::Words, None;
        OwnYears = "fy", "Years until they are worth nothing", YEARS, Some("5");
        OwnUse = "fu", "Share of that time in use", Kind::Share, Some("0.8");
        PowerPrice = "fe", "Price of a kWh", Kind::Money, Some("0.08");
        Pue = "fpu", "Power of the building over its machines", Kind::Factor, Some("1.56");
        Space = "fsp", "Space of one machine", Kind::Price, Some("0");
        Staff = "fst", "Staff of one machine", Kind::Price, Some("0");
        PriceAge = "fage", "Prices no older than", Kind::Span, None;
    }
    Purpose {
        Purpose = "do", "Purpose", PURPOSES, Some("train");
    }
    Serving {
        Engine = "se", "Engine", Kind::Name, Some("vllm");
        ServeOn = "sg", "Accelerators to serve on", Kind::Words, Some("h200-sxm");
        ServeMost = "sn", "Accelerators at most", ranks(), Some("64");
        Weights = "sw", "Weights", Kind::Words, None;
        Cache = "sk", "Key-value cache", Kind::Words, None;
        Prompt = "si", "Prompt", positive(Noun::Tokens), Some("2048");
        Answer = "so", "Answer", positive(Noun::Tokens), Some("512");
        Spread = "sv", "Spread of the answers' lengths", Kind::Share, Some("0.7");
        PromptSpread = "svp", "Spread of the prompts' lengths", Kind::Share, Some("0");
        Cached = "sh", "Found in the prefix cache", Kind::Share, Some("0");
        Rate = "sr", "Requests", Kind::Frequency, None;
        InFlight = "sc", "Requests in flight", positive(Noun::Plain), None;
        FirstToken = "sf", "First token (TTFT) within", Kind::Latency, Some("2s");
        PerToken = "st", "Each further token (TPOT) within", Kind::Latency, Some("50ms");
        Percentile = "sp", "Goals hold for", SHARES, Some("p90");
        FurtherPercentile = "spt", "Further tokens keep their goal for", SHARES, Some("mean");
        Guesses = "sq", "Speculative tokens, guessed", count(Noun::Plain, 0, GUESSES), Some("0");
        Acceptance = "sy", "Acceptance of guesses", Kind::Share, Some("0.7");
        ServePrice = "sd", "Price of one accelerator in service", Kind::Words, None;
        ApiInput = "sx", "API price of a million prompt tokens", Kind::Money, None;
        ApiOutput = "sz", "API price of a million answer tokens", Kind::Money, None;
        ServeTp = "stp", "Tensor parallel in service", degree(), None;
        ServePp = "spp", "Pipeline parallel in service", degree(), None;
        ServeDp = "sdp", "Attention data parallel", degree(), None;
        ServeEp = "sep", "Expert parallel in service", degree(), None;
        BatchMax = "sb", "Sequences at once, at most", positive(Noun::Sequences), None;
        ServeLeast = "sl", "Instances in service, at least", degree(), None;
        OwnEngine = "seo", "Your own engine", Kind::Changes, None;
        OwnEngineName = "sen", "Name of your engine", Kind::Label, None;
        OwnEngineVersion = "sev", "Version of your engine", Kind::Label, None;
        ServeNode = "snn", "Accelerators in a machine that is paid for whole", ranks(), None;
        ServeMemory = "smem", "Memory of one accelerator for programs", Kind::Bytes, None;
        Sure = "sure", "Chance that each goal is kept", Kind::Share, None;
        ServeNic = "snic", "Network of one accelerator in service", Kind::BandwidthBits, None;
    }
    Budget {
        Bought = "by", "Bought", BOUGHT, Some("own");
        WayPrices = "bp", "Prices by way to buy", Kind::Phrase, None;
        Months = "bm", "Demand by month", Kind::Phrase, None;
        Start = "bd", "Begins", Kind::Phrase, None;
        WhatIf = "bw", "What if", Kind::Phrase, None;
        Trials = "bn", "Trials", count(Noun::Plain, 1, TRIALS), None;
        TrialShare = "bt", "Length of a whole trial", Kind::Part, Some("0.05");
        Survivors = "bh", "Of each rung goes on one in", count(Noun::Plain, 2, 64), None;
        AtATime = "ba", "Trials at a time", count(Noun::Plain, 1, 4096), Some("1");
        Retrain = "bc", "Trained anew every", Kind::Span, None;
        Horizon = "bo", "Looked at for", Kind::Span, Some("365d");
        Sites = "bl", "Places", count(Noun::Plain, 2, SITES), Some("2");
        Wan = "bb", "Way out of one place", Kind::BandwidthBits, Some("10Gbps");
        Latency = "bj", "Latency between places", Kind::Delay, Some("50ms");
        Every = "bk", "Steps between averages", count(Noun::Plain, 1, 1_000_000), Some("100");
        WireBits = "bz", "Bits of a number on the way", BITS, Some("32");
        Pieces = "bf", "Pieces sent at different times", count(Noun::Plain, 1, 4096), Some("1");
        Meanwhile = "bv", "Steps that go on meanwhile", count(Noun::Plain, 0, 100_000), Some("0");
        Between = "bx", "The places are", BETWEEN, Some("clouds");
        Egress = "bg", "Price of what leaves a place", Kind::Phrase, None;
        Stands = "bs", "Where the machines stand", Kind::Words, None;
        Clients = "ec", "Edge clients", count(Noun::Plain, 1, CLIENTS), None;
        Goal = "eg", "Answers that a round needs", count(Noun::Plain, 1, CLIENTS), Some("1k");
        ClientSteps = "es", "Steps of a client", count(Noun::Plain, 1, 1_000_000), Some("100");
        ClientStep = "et", "Time of one", Kind::Delay, Some("2s");
        ClientTokens = "en", "Tokens of one", count(Noun::Tokens, 1, 1 << 30), Some("2048");
        ClientDown = "eb", "Way to a client", Kind::BandwidthBits, Some("100Mbps");
        ClientUp = "eu", "Way from a client", Kind::BandwidthBits, Some("20Mbps");
        Participation = "ea", "Share that can take part at one time", Kind::Part, Some("0.1");
        ClientDropout = "eo", "Share that never answers", Kind::Share, Some("0.08");
        ClientStraggler = "ew", "Slowest waited for, over the usual", Kind::Factor, Some("2");
    }
    Operation {
        Busiest = "dt", "Requests at the peak", Kind::Frequency, None;
        Quietest = "dq", "Requests at the quietest", Kind::Frequency, None;
        PeakHour = "dh", "Time of the peak", Kind::Phrase, Some("15:00");
        Hourly = "dv", "Requests hour by hour", Kind::Phrase, None;
        StandBy = "ds", "Spare instances", count(Noun::Plain, 0, 1000), Some("1");
        Fewest = "dl", "Instances at least", count(Noun::Plain, 1, INSTANCES), Some("1");
        Greatest = "dm", "Instances at most", count(Noun::Plain, 1, INSTANCES), None;
        Hold = "dk", "Kept when not wanted for", Kind::Latency, Some("300s");
        Ahead = "df", "Ordered ahead by", Kind::Latency, Some("none");
        MachineStart = "dw", "Start of a machine", Kind::Latency, Some("180s");
        EngineStart = "de", "Start of the engine", Kind::Latency, Some("60s");
        ReadRate = "db", "Weights are read at", Kind::Bandwidth, Some("5GB/s");
        SpotShare = "dx", "Share on the spot market", Kind::Part, None;
        Users = "du", "Users", count(Noun::Plain, 1, USERS), None;
        Areas = "dg", "Users by area", Kind::Phrase, None;
        Access = "da", "From users to the nearest region and back", Kind::Delay, Some("20ms");
    }
}
