//! The wire types, version 1. Fields are only ever added.

use super::{CompareView, PoolsView};
use crate::link;
use serde::{Deserialize, Serialize};

/// Version of these objects.
pub const WIRE_VERSION: u32 = 1;

/// What the page asks of the worker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Request {
    /// Find the best plan for the case that this link describes; answers come as they are ready:
    /// first [`Answer::Plan`], then [`Answer::Study`] (runners-up, frontier), then
    /// [`Answer::Scaling`] point by point.
    Plan {
        /// Number of the run; answers carry it, and a later run makes earlier ones stale.
        run: u32,
        /// The link text, without `#`.
        link: String,
    },
    /// Look where to train the case of this link: [`Answer::Fleet`] comes again and again until it is complete.
    Fleet {
        /// Number of the run.
        run: u32,
        /// The link text, without `#`.
        link: String,
        /// The text of a list of prices; empty for the one read last.
        list: String,
        /// Today, in days from 1970-01-01, where it is known.
        today: Option<i32>,
        /// Minutes since midnight of local time, where they are known.
        #[serde(default)]
        minute: Option<u32>,
        /// Which of how many workers this one is; the first leads, alone where there is no other.
        #[serde(default)]
        share: Option<(u32, u32)>,
    },
    /// Read this list of prices; a [`Request::Fleet`] with an empty one means it.
    Prices {
        /// The text of the list.
        list: String,
    },
    /// Take in what another worker on the same run found.
    FleetNews {
        /// Number of the run.
        run: u32,
        /// What it found.
        news: String,
    },
    /// Find the cheapest deployment for the question of this link: [`Answer::Served`], then [`Answer::ServeStudied`].
    Serve {
        /// Number of the run, as for a plan.
        run: u32,
        /// The link text, without `#`.
        link: String,
    },
    /// Answer questions about money for the plan of this link: [`Answer::Budget`] comes once.
    Budget {
        /// Number of the run.
        run: u32,
        /// The link text, without `#`.
        link: String,
        /// Names of the questions: [`super::budget::PARTS`].
        parts: Vec<String>,
        /// The text of a list of prices, where it is another than before.
        list: Option<String>,
        /// Today, in days from 1970-01-01, where it is known.
        today: Option<i32>,
    },
    /// The same with inputs moved by factors, in the order of `inputs::Moves::NAMES`: the sheet `moved` comes.
    Moved {
        /// Number of the run.
        run: u32,
        /// The link text, without `#`.
        link: String,
        /// The factors.
        by: Vec<f64>,
    },
    /// Compare the plans of these links; [`Answer::Compared`] comes as each column is worked out.
    Compare {
        /// Number of the run, as for a plan.
        run: u32,
        /// The links, without `#`.
        links: Vec<String>,
    },
    /// Stop what is running.
    Cancel {
        /// Number of the run to stop.
        run: u32,
    },
}

impl Request {
    /// What a link in whatever state asks.
    #[must_use]
    pub fn of(run: u32, link: String) -> Self {
        match link::split(&link) {
            Some(columns) if columns.is_comparison() => Self::Compare { run, links: columns.links },
            Some(columns) => {
                Self::of_plan(run, columns.links.into_iter().next().unwrap_or_default())
            }
            None => Self::of_plan(run, link),
        }
    }

    fn of_plan(run: u32, link: String) -> Self {
        match link::decode(&link).inputs.is_serving() {
            true => Self::Serve { run, link },
            false => Self::Plan { run, link },
        }
    }
}

/// What the worker answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// The best layout, in full.
    Plan {
        /// The run this belongs to.
        run: u32,
        /// The plan.
        plan: Box<PlanView>,
        /// Milliseconds that the search took in the worker.
        search_ms: f64,
    },
    /// The cheapest deployment, in full.
    Served {
        /// The run this belongs to.
        run: u32,
        /// The deployment.
        serve: Box<super::ServeView>,
        /// Milliseconds that the search took in the worker.
        search_ms: f64,
    },
    /// Rivals of a deployment, and latency against throughput.
    ServeStudied {
        /// The run this belongs to.
        run: u32,
        /// The study.
        study: Box<super::ServeStudyView>,
    },
    /// No layout fits.
    Stuck {
        /// The run this belongs to.
        run: u32,
        /// Why, and what would help.
        stuck: StuckView,
    },
    /// The inputs do not make a case; the page shows the problems that it has itself.
    Invalid {
        /// The run this belongs to.
        run: u32,
        /// What is wrong.
        problems: Vec<String>,
    },
    /// Runners-up and the frontier.
    Study {
        /// The run this belongs to.
        run: u32,
        /// The study.
        study: StudyView,
    },
    /// A fleet search so far.
    Fleet {
        /// The run this belongs to.
        run: u32,
        /// What was found.
        fleet: Box<super::FleetView>,
    },
    /// What was asked about money.
    Budget {
        /// The run this belongs to.
        run: u32,
        /// The answers.
        budget: Box<super::BudgetView>,
    },
    /// What one of several workers on a fleet has found, for the others.
    FleetNews {
        /// The run this belongs to.
        run: u32,
        /// What it found.
        news: String,
    },
    /// One more point of the scaling curve.
    Scaling {
        /// The run this belongs to.
        run: u32,
        /// The point.
        point: ScalePoint,
        /// Points done so far.
        done: u32,
        /// Points in all.
        of: u32,
    },
    /// Plans side by side, as far as they are worked out.
    Compared {
        /// The run this belongs to.
        run: u32,
        /// The comparison.
        view: CompareView,
        /// Whether all columns are worked out.
        done: bool,
    },
}

/// A number as a value and as text.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Shown {
    /// The value, in the unit that `unit` names.
    pub value: f64,
    /// `s`, `bytes`, `usd`, `ratio`, `tokens_per_s`, `flops_per_s`, `count`, `days`.
    pub unit: String,
    /// For people: `7.31 s`.
    pub text: String,
}

/// One named figure of the plan that opens to its derivation.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    /// Stable id: `step_time`, `mfu`, `tokens_per_gpu`, `run_days` and `run_cost` (failures included), `days` and
    /// `cost` (of the steps alone), `gpu_hours`, `energy`, ...
    pub id: String,
    /// For people: `Step time`.
    pub label: String,
    /// The number.
    pub shown: Shown,
    /// The formula in symbols.
    pub formula: String,
    /// The formula with this case's values.
    pub substituted: String,
    /// Paper and equation, or document and date.
    pub source: String,
    /// Where 80 % of measured runs of this kind lay; none for what is counted rather than predicted.
    #[serde(default)]
    pub range: Option<Range>,
    /// Numbers that it follows from and that are told nowhere else.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<Figure>,
}

/// From the least to the greatest, in the unit of the figure that it is about.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Range {
    /// Least.
    pub low: f64,
    /// Greatest.
    pub high: f64,
    /// For people: `4.3 to 5.3 s`.
    pub text: String,
}

/// On which measured runs the ranges rest.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Trust {
    /// In a sentence or two.
    pub text: String,
    /// Whether runs like it were measured.
    pub measured: bool,
}

/// A part of a total; children sum to it exactly.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PartView {
    /// Stable id: `memory.weights`, `time.bubble`, ...
    pub id: String,
    /// The amount, its derivation and its source.
    pub figure: Figure,
    /// Share of the whole, 0 to 1.
    pub share: f64,
    /// What it is made of; empty for a leaf.
    pub children: Vec<PartView>,
}

/// One degree or knob of the layout.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Degree {
    /// Link key: `tp`, `pp`, `dp`, `cp`, `ep`, `etp`, `mbs`, `v`, `zero`, `shard`, `rc`, `sched`,
    /// `sp`, ...
    pub key: String,
    /// Short: `TP`.
    pub label: String,
    /// `8`, `first 2 of 8 layers`.
    pub value: String,
    /// One sentence for a newcomer.
    pub help: String,
    /// Whether the user fixed it.
    pub fixed: bool,
    /// Whether it is worth showing among the first (not a degree of 1 or a feature that is off).
    pub main: bool,
}

/// The answer, ready to show.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PlanView {
    /// Version of these objects.
    pub version: u32,
    /// The model in a line: `Llama-3.1-405B · 405.9 B parameters`.
    pub title: String,
    /// Sentence that can be read aloud: what to run and what it gives.
    pub summary: String,
    /// The layout.
    pub degrees: Vec<Degree>,
    /// Step time, MFU, tokens a second and accelerator, days, dollars, accelerator-hours, energy,
    /// ...
    pub figures: Vec<Figure>,
    /// Memory of the fullest stage, by part.
    pub memory: PartView,
    /// Memory of one accelerator.
    pub memory_capacity: Shown,
    /// What stays free.
    pub memory_headroom: Shown,
    /// Where 80 % of measured runs of this kind lay, for memory as it is measured.
    #[serde(default)]
    pub memory_range: Option<Range>,
    /// That it may not fit, where that range passes the accelerator's memory.
    #[serde(default)]
    pub memory_doubt: Option<String>,
    /// On which measured runs the ranges rest.
    #[serde(default)]
    pub trust: Option<Trust>,
    /// Critical path of one step, by part.
    pub time: PartView,
    /// What binds the plan, most important first.
    pub binds: Vec<String>,
    /// Facts that the estimate rests on, unverified figures included.
    pub assumptions: Vec<Assumption>,
    /// Work of the pipeline over time.
    pub timeline: Timeline,
    /// Proof that it is the optimum.
    pub certificate: Certificate,
    /// Layers, embedding and head on each stage.
    pub stages: Vec<StageView>,
    /// What the authors of this run did, where the case is a published one.
    pub published: Option<String>,
    /// Link that fixes the degrees of those authors.
    #[serde(default)]
    pub published_link: Option<String>,
    /// Link of this plan with the figures that it has now, to be passed on.
    #[serde(default)]
    pub link: String,
    /// Link that fixes every degree of this layout.
    pub pinned_link: String,
    /// The plan as Markdown, to be pasted elsewhere.
    #[serde(default)]
    pub markdown: String,
}

/// Something taken as given.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Assumption {
    /// What is assumed.
    pub text: String,
    /// Where it comes from.
    pub source: String,
    /// Whether a primary source confirmed it.
    pub verified: bool,
}

/// One pipeline stage.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StageView {
    /// Number, from 0.
    pub index: u32,
    /// Layers on it.
    pub layers: u32,
    /// `embedding`, `head`, `MTP`, joined.
    pub extras: String,
    /// Time of one micro-batch, forward and backward.
    pub time: Shown,
    /// Peak memory.
    pub memory: Shown,
}

/// Blocks of work of some stages over the time of one step (or its beginning and end).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Timeline {
    /// Length of the time axis in seconds.
    pub span_s: f64,
    /// One lane a stage.
    pub lanes: Vec<Lane>,
    /// What was left out, if anything: `64 micro-batches; 12 drawn`.
    pub note: String,
}

/// One stage of a timeline.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Lane {
    /// `Stage 0`.
    pub label: String,
    /// Its blocks, in time order.
    pub blocks: Vec<Block>,
}

/// One block of work.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Block {
    /// Start, in seconds.
    pub start_s: f64,
    /// End, in seconds.
    pub end_s: f64,
    /// `forward`, `backward`, `weight`, `communication`, `optimizer`.
    pub kind: String,
    /// Micro-batch number, from 0.
    pub micro_batch: u32,
    /// Chunk on the stage, from 0.
    pub chunk: u32,
}

/// How the search knows that it found the optimum.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Certificate {
    /// Layouts in the declared space: `1.2 billion`.
    pub space: Shown,
    /// Where they went; sums to the space.
    pub cuts: Vec<Cut>,
    /// `complete`, or the budget that stopped it and how far the bound is.
    pub stop: String,
    /// Combinations of degrees that named rules refused, with the reason.
    pub refusals: Vec<Cut>,
}

/// Layouts that one rule, bound or dominance took out.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Cut {
    /// Name: `memory bound`.
    pub name: String,
    /// How it works, in a sentence.
    pub reason: String,
    /// How many.
    pub count: Shown,
}

/// The best few others, and the trade of time against memory.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StudyView {
    /// What the plan loses by what is fixed or forbidden; none where nothing is.
    #[serde(default)]
    pub bound: Option<String>,
    /// Best layouts that differ in kind from the plan and from one another.
    pub runners_up: Vec<RunnerUp>,
    /// Fastest layout for each amount of memory left free.
    pub frontier: Vec<FrontierPoint>,
    /// Single changes that would make the step shorter, the best first.
    #[serde(default)]
    pub levers: Vec<Lever>,
}

/// One figure changed, and what follows.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Lever {
    /// `20% more memory`.
    pub name: String,
    /// `20% more memory would save 3.1% of the step.`
    pub text: String,
    /// Step time then.
    pub step: Shown,
    /// Share of the step that it saves.
    pub saves: Shown,
    /// The layout then.
    pub layout: String,
}

/// A layout that lost.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RunnerUp {
    /// `TP 8 · PP 8 · DP 256 · full recompute`.
    pub layout: String,
    /// Step time.
    pub step: Shown,
    /// `+4.2 %`.
    pub slower: Shown,
    /// Memory left free.
    pub headroom: Shown,
    /// What it loses on: `bubble +0.3 s; tensor-parallel communication +0.2 s`.
    pub loses: String,
    /// Link that pins it.
    pub link: String,
}

/// One point of the frontier.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FrontierPoint {
    /// Memory left free.
    pub headroom: Shown,
    /// Step time.
    pub step: Shown,
    /// The layout in short.
    pub layout: String,
    /// Link that pins it.
    pub link: String,
}

/// The best plan at one cluster size.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ScalePoint {
    /// Accelerators.
    pub count: u32,
    /// Nothing fits, or no layout is legal: why.
    pub stuck: Option<String>,
    /// Step time.
    pub step: Shown,
    /// Days of the whole run, failures included.
    pub days: Shown,
    /// Dollars of the whole run, failures included.
    pub cost: Shown,
    /// Model FLOPs utilisation.
    pub mfu: Shown,
    /// Tokens a second, whole cluster.
    pub tokens_per_s: Shown,
    /// The layout in short.
    pub layout: String,
    /// Whether this is the user's own cluster size.
    pub current: bool,
    /// Link with that count.
    pub link: String,
}

/// Why there is no plan.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StuckView {
    /// One sentence: `The smallest layout needs 92.1 GiB of 79.6 GiB.`
    pub headline: String,
    /// The rules that refused and how often, or the parts of memory that are too large.
    pub details: Vec<Cut>,
    /// Memory of the layout that comes nearest, by part.
    pub memory: Option<PartView>,
    /// Smallest changes that would make it fit.
    pub remedies: Vec<Remedy>,
    /// Pools that read and pools that write, where these serve.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pools: Option<Box<PoolsView>>,
}

/// One change that helps.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Remedy {
    /// `Use 16 accelerators instead of 8.`
    pub text: String,
    /// What follows: `then TP 8 · PP 2 fits with 3.1 GiB to spare, 412 ms a step`.
    pub result: String,
    /// Link with the change made.
    pub link: String,
}
