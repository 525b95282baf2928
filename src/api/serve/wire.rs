//! What the page is told of a deployment. Fields are only ever added.

use crate::api::{Assumption, Cut, Degree, Figure, PartView, Range, Shown, Trust};
use serde::{Deserialize, Serialize};

/// The deployment that answers a question about serving.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ServeView {
    /// Version of these objects.
    pub version: u32,
    /// `Llama-3.3-70B · 70.6 B parameters on 4 H200 SXM with vLLM (V1)`.
    pub title: String,
    /// What to run and what it gives, to be read aloud.
    pub summary: String,
    /// Layout, number of instances, limits and formats.
    pub degrees: Vec<Degree>,
    /// What of its formats no source confirms, and what is to be known of weights in fewer bits than the checkpoint's.
    #[serde(default)]
    pub doubts: Vec<String>,
    /// Latencies, rates, money, capacity.
    pub figures: Vec<Figure>,
    /// Whether the goals are kept, one a goal.
    pub goals: Vec<GoalView>,
    /// The chance that is wanted of each: `90%`; empty where goals are compared with the prediction itself.
    #[serde(default)]
    pub sure: String,
    /// A peak that these instances do not hold; empty where none is told or they do.
    #[serde(default)]
    pub peak: String,
    /// On which measured runs the ranges rest.
    pub trust: Option<Trust>,
    /// Memory of one accelerator, by part.
    pub memory: PartView,
    /// All of it.
    pub memory_capacity: Shown,
    /// What stays free.
    pub memory_free: Shown,
    /// One step of decoding, by part.
    pub decode: PartView,
    /// One prompt read, by part.
    pub prefill: PartView,
    /// Both under the accelerator's roof.
    pub roof: RoofView,
    /// What binds, the most important first.
    pub binds: Vec<String>,
    /// The numbers of these sentences.
    #[serde(default)]
    pub why: Vec<Figure>,
    /// Pairs of a layout and a batch limit that were looked at.
    pub space: Shown,
    /// Where the layouts went.
    pub lost: Vec<Cut>,
    /// Against a price by the token; empty where none is typed.
    pub break_even: String,
    /// The numbers of that.
    #[serde(default)]
    pub even: Vec<Figure>,
    /// The engine's command, if it is known.
    pub launch: Option<LaunchView>,
    /// What is taken as given.
    pub assumptions: Vec<Assumption>,
    /// Link with the figures that it has now, to be passed on.
    #[serde(default)]
    pub link: String,
    /// Link that fixes the layout.
    pub pinned_link: String,
    /// All of it as Markdown.
    pub markdown: String,
}

/// One goal and what is reached.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct GoalView {
    /// `First token (TTFT), p90`.
    pub label: String,
    /// Reached.
    pub reached: Shown,
    /// Asked for.
    pub goal: Shown,
    /// Chance that it is kept, by the range of measured runs: `about 70%`; empty where no range is known.
    pub chance: String,
    /// Where that comes from.
    #[serde(default)]
    pub figure: Option<Figure>,
}

/// The accelerator's roof and what runs under it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RoofView {
    /// Bytes a second.
    pub bandwidth: Shown,
    /// Operations a second.
    pub peak: Shown,
    /// Steps.
    pub points: Vec<RoofPointView>,
}

/// One kind of step.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RoofPointView {
    /// Name.
    pub label: String,
    /// Operations a byte.
    pub intensity: Shown,
    /// Operations a second.
    pub reached: Shown,
    /// Share of what the roof allows there.
    pub share: Shown,
    /// Where the numbers come from, in that order.
    #[serde(default)]
    pub figures: Vec<Figure>,
}

/// How to start the engine.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LaunchView {
    /// The command of one instance.
    pub command: String,
    /// What else to know.
    pub notes: Vec<String>,
}

/// What comes after the answer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ServeStudyView {
    /// The chance that is wanted of each goal; empty where goals are compared with the prediction itself.
    #[serde(default)]
    pub sure: String,
    /// Best deployments of other kinds.
    pub rivals: Vec<ServeRivalView>,
    /// What nothing beats in throughput and in each of the `latencies`.
    pub lines: [Vec<TradeView>; 2],
    /// The answer as such a point.
    pub own: TradeView,
    /// The latencies that throughput is held against: of a further token, of the first.
    pub latencies: [LatencyView; 2],
    /// Names of the kinds of machine, in the order of `points.machine`.
    pub machines: Vec<String>,
    /// What fits where in which format, one answer at a time.
    pub fits: Vec<FitView>,
    /// Prompts and answers on machines of their own, against both on the same.
    #[serde(default)]
    pub pools: crate::api::budget::SheetView,
    /// How the pools are started.
    #[serde(default)]
    pub pools_launch: LaunchView,
    /// The same in one sentence; empty where there are no pools.
    #[serde(default)]
    pub apart: String,
    /// Pools cost less.
    #[serde(default)]
    pub apart_wins: bool,
    /// Guessing ahead against not guessing; empty where none is asked for.
    #[serde(default)]
    pub guessing: String,
    /// Guessing makes it dearer or slower.
    #[serde(default)]
    pub guessing_hurts: bool,
    /// Link of the layout that all of this stands beside.
    #[serde(default)]
    pub of: String,
    /// Kinds of machine that were asked for and on which nothing serves, with what stands in the way.
    #[serde(default)]
    pub unserved: Vec<String>,
}

/// Pools that serve where no instance that does both does.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PoolsView {
    /// In one sentence.
    pub says: String,
    /// In full.
    pub sheet: crate::api::budget::SheetView,
    /// How they are started.
    #[serde(default)]
    pub launch: LaunchView,
}

/// One format on one kind of machine, for one user alone.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FitView {
    /// The machine.
    pub machine: String,
    /// Format of the weights.
    pub weights: String,
    /// Accelerators of the smallest instance; none where nothing fits.
    pub accelerators: Option<Shown>,
    /// Weights on one of them.
    pub bytes: Shown,
    /// Longest request that its cache holds, in tokens.
    pub longest: Shown,
    /// Tokens a second of one answer alone, and the range of measured runs.
    pub speed: Shown,
    /// Where 80 % of measured runs lay.
    pub range: Option<Range>,
    /// Whether it is what people run of its kind.
    #[serde(default)]
    pub usual: bool,
    /// No source confirms that the engine has the format there.
    #[serde(default)]
    pub doubted: bool,
    /// What to know of the format under the engine there, its first words before a colon.
    #[serde(default)]
    pub said: String,
    /// Where the numbers come from: `speed`, `first_token`, `bytes`, `longest`, `ranks`.
    #[serde(default)]
    pub figures: Vec<Figure>,
    /// Time to read a prompt.
    pub first_token: Shown,
    /// Link that asks for it.
    pub link: String,
}

/// A deployment that lost.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ServeRivalView {
    /// Layout, formats and machine.
    pub layout: String,
    /// Accelerators of all instances.
    pub accelerators: Shown,
    /// Time to the first token.
    pub first_token: Shown,
    /// Time of a further token.
    pub per_token: Shown,
    /// How much dearer.
    pub dearer: Shown,
    /// Where the numbers come from: `accelerators`, `ttft`, `tpot`, `dearer`.
    #[serde(default)]
    pub figures: Vec<Figure>,
    /// What it loses on.
    pub loses: String,
    /// Link that fixes it.
    pub link: String,
}

/// A latency that throughput is held against.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LatencyView {
    /// What it is, and of which requests: `First token (TTFT), p90`.
    pub name: String,
    /// Longest that it may be, where there is a goal.
    pub goal: Option<Shown>,
}

/// A point of latency against throughput.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TradeView {
    /// Number of the kind of machine.
    pub machine: u32,
    /// Time of a further token, of the share of answers that the goal is about.
    pub per_token: Shown,
    /// Time to the first token, of the share of requests that the goal is about.
    pub first_token: Shown,
    /// Tokens of answers a second of one accelerator.
    pub rate: Shown,
    /// Where the numbers come from: `per_token`, `first_token`, `rate`.
    #[serde(default)]
    pub figures: Vec<Figure>,
    /// Whether it misses the goals, in the order of `latencies`.
    pub misses: [bool; 2],
    /// Whether it is the layout of the answer.
    pub chosen: bool,
    /// Layout and batch.
    pub layout: String,
    /// Link that fixes it.
    pub link: String,
}
