//! F6: a layout in words.

use crate::case::Case;
use crate::layout::split::CutKey;
use crate::layout::{ContextKind, Layout, Placement, Recompute, Schedule, ZeroStage};
use crate::units::text::show;

/// One degree or knob of a layout, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DegreeText {
    /// Name in links, or of the knob.
    pub key: &'static str,
    /// Short name.
    pub label: &'static str,
    /// Its value.
    pub value: String,
    /// What it means here, for a newcomer.
    pub help: String,
    /// Whether the user fixed it.
    pub fixed: bool,
    /// Whether it does anything here.
    pub main: bool,
}

/// The layout in a line: `TP 8 · PP 16 · DP 128`.
#[must_use]
pub fn layout_text(case: &Case, layout: &Layout) -> String {
    let mut words = Vec::new();
    let mut degree = |name: &str, n: u32| {
        if n > 1 {
            words.push(format!("{name}{}{}", show::GAP, show::grouped(n.into())));
        }
    };
    degree("TP", layout.tp);
    degree("CP", layout.cp);
    degree("PP", layout.pp);
    degree("VP", layout.vpp);
    degree("DP", layout.dp);
    degree("EP", layout.ep);
    if layout.ep > 1 {
        degree("ETP", layout.etp);
    }
    degree("MBS", layout.micro_batch);
    match layout.zero {
        ZeroStage::Zero => {}
        zero => words.push(format!("ZeRO-{}", zero.number())),
    }
    if !matches!(layout.schedule, Schedule::OneFOneB | Schedule::Interleaved) {
        words.push(schedule_name(layout.schedule).to_owned());
    }
    let most = CutKey::of(layout).chunk_layers_max(case.model.n_layers());
    match (layout.recompute.full_layers, layout.recompute.selective) {
        (0, false) => {}
        (0, true) => words.push("selective recompute".to_owned()),
        (k, _) if k >= most => words.push("full recompute".to_owned()),
        (k, _) => words.push(format!("recompute {k} of {most} layers")),
    }
    let offload = &layout.offload;
    let kinds = [
        (offload.optimizer, "optimizer offload"),
        (offload.activations, "activation offload"),
        (offload.parameters, "parameter offload"),
    ];
    words.extend(kinds.iter().filter(|(on, _)| *on).map(|(_, text)| (*text).to_owned()));
    if words.is_empty() { "one accelerator".to_owned() } else { words.join(" \u{b7} ") }
}

/// Every degree and knob of the layout.
#[must_use]
pub fn degrees(case: &Case, layout: &Layout) -> Vec<DegreeText> {
    let mut all = splits(case, layout);
    all.extend(pipeline(case, layout));
    all.extend(states(case, layout));
    all
}

fn count(n: u32) -> String {
    show::grouped(n.into())
}

fn entry(key: &'static str, label: &'static str, value: String, help: String) -> DegreeText {
    DegreeText { key, label, value, help, fixed: false, main: true }
}

/// Tensor, context, data and expert parallelism.
fn splits(case: &Case, layout: &Layout) -> Vec<DegreeText> {
    let fixed = &case.constraints.fixed;
    let degree = |key, label, n: u32, fixed: Option<u32>, help: String| DegreeText {
        fixed: fixed.is_some(),
        main: n > 1,
        ..entry(key, label, count(n), help)
    };
    let tp = match layout.tp {
        1 => "Tensor parallel: no matrix is split; each accelerator holds whole ones.".to_owned(),
        n => {
            format!("Tensor parallel: {} accelerators each hold a slice of every matrix.", count(n))
        }
    };
    let cp = match layout.cp {
        1 => "Context parallel: every sequence stays whole.".to_owned(),
        n => format!(
            "Context parallel: each sequence is cut into pieces on {} accelerators, which {}.",
            count(n),
            context_verb(layout.cp_kind)
        ),
    };
    let dp = format!(
        "Data parallel: {} copies of the model work on different sequences of the batch.",
        count(layout.dp)
    );
    let mut all = vec![degree("tp", "TP", layout.tp, fixed.tp, tp)];
    if layout.cp > 1 || fixed.cp.is_some() || case.training.sequence > 8192 {
        all.push(degree("cp", "CP", layout.cp, fixed.cp, cp));
    }
    all.push(degree("dp", "DP", layout.dp, None, dp));
    if case.model.experts() > 0 {
        let ep = format!(
            "Expert parallel: the {} experts of a layer are shared out over {} accelerators; \
             tokens travel to their experts and back.",
            count(case.model.experts()),
            count(layout.ep)
        );
        let etp = match layout.etp {
            1 => "Expert tensor parallel: every expert is whole on its accelerator.".to_owned(),
            n => format!(
                "Expert tensor parallel: each expert is sliced over {} accelerators.",
                count(n)
            ),
        };
        all.push(degree("ep", "EP", layout.ep, fixed.ep, ep));
        all.push(degree("etp", "ETP", layout.etp, fixed.etp, etp));
    }
    let on = |on: bool| if on { "on" } else { "off" }.to_owned();
    let help = "Sequence parallel: norms and residuals are split along the sequence over the \
                tensor-parallel group, so that none of them is kept twice.";
    let sp = entry("sp", "Sequence parallel", on(layout.sp), help.to_owned());
    all.push(DegreeText { main: layout.sp, ..sp });
    all
}

/// Stages, chunks, schedule, micro-batches.
fn pipeline(case: &Case, layout: &Layout) -> Vec<DegreeText> {
    let fixed = &case.constraints.fixed;
    let m = layout.n_micro_batches(case.training.global_batch);
    let pp = match layout.pp {
        1 => "Pipeline parallel: every accelerator group holds all layers.".to_owned(),
        n => format!(
            "Pipeline parallel: the layers stand on {} successive stages, and micro-batches pass \
             through them.",
            count(n)
        ),
    };
    let stages = entry("pp", "PP", count(layout.pp), pp);
    let mut all = vec![DegreeText { fixed: fixed.pp.is_some(), main: layout.pp > 1, ..stages }];
    if layout.pp > 1 {
        let help = match layout.vpp {
            1 => "Virtual stages: each stage holds one run of layers.".to_owned(),
            n => format!(
                "Virtual stages: each stage holds {n} shorter runs of layers, so that it waits \
                 less at the ends of a step and sends more often."
            ),
        };
        let chunks = entry("v", "Virtual stages", count(layout.vpp), help);
        all.push(DegreeText { fixed: fixed.vpp.is_some(), main: layout.vpp > 1, ..chunks });
        let help = format!("Schedule: {}.", schedule_help(layout.schedule));
        all.push(entry("sched", "Schedule", schedule_name(layout.schedule).to_owned(), help));
    }
    let help = format!(
        "Micro-batch: sequences that one replica works on at a time; it takes {} of them for a \
         step.",
        count(m)
    );
    let size = entry("mbs", "Micro-batch", count(layout.micro_batch), help);
    all.push(DegreeText { fixed: fixed.micro_batch.is_some(), ..size });
    let help = "Gradient accumulation: micro-batches that each replica adds up before it updates \
                the weights.";
    let accumulated = entry("ga", "Micro-batches a step", count(m), help.to_owned());
    all.push(DegreeText { main: false, ..accumulated });
    if layout.pp > 1 {
        all.push(slots(layout));
        all.push(placement(layout));
    }
    all
}

fn slots(layout: &Layout) -> DegreeText {
    let value = match (layout.slots.embedding, layout.slots.head) {
        (0, 0) => "none".to_owned(),
        (0, h) => format!("head {h}"),
        (e, 0) => format!("embedding {e}"),
        (e, h) => format!("embedding {e}, head {h}"),
    };
    let help = "Slots of the ends: the embedding and the output head count as that many layers \
                when the stages are cut, so that the first and last stage get fewer layers.";
    let main = layout.slots != crate::layout::Slots::default();
    DegreeText { main, ..entry("slots", "Slots of the ends", value, help.to_owned()) }
}

/// Which ranks are neighbours on the network, in short.
#[must_use]
pub const fn placement_text(layout: &Layout) -> &'static str {
    match layout.placement {
        Placement::PipelineOutside => "pipeline outermost",
        Placement::PipelineInside => "pipeline inside data parallel",
    }
}

fn placement(layout: &Layout) -> DegreeText {
    let value = placement_text(layout);
    let help = "Placement: which ranks are neighbours on the network. Tensor parallel always \
                stands innermost, where links are fastest.";
    let main = layout.placement == Placement::PipelineInside;
    DegreeText { main, ..entry("place", "Placement", value.to_owned(), help.to_owned()) }
}

/// ZeRO, recompute, offload.
fn states(case: &Case, layout: &Layout) -> Vec<DegreeText> {
    let fixed = &case.constraints.fixed;
    let what = match layout.zero {
        ZeroStage::Zero => "every replica holds all weights, gradients and optimizer state",
        ZeroStage::One => "each replica holds a share of the optimizer state",
        ZeroStage::Two => "each replica holds a share of the optimizer state and gradients",
        ZeroStage::Three => {
            "each replica holds a share of the weights, gradients and optimizer state"
        }
    };
    let zero =
        entry("zero", "ZeRO", layout.zero.number().to_string(), format!("ZeRO stage: {what}."));
    let main = layout.zero != ZeroStage::Zero;
    let mut all = vec![DegreeText { fixed: fixed.zero.is_some(), main, ..zero }];
    if layout.zero != ZeroStage::Zero {
        let replicas = layout.dp * layout.cp;
        let help = format!(
            "Shard group: that share is split over {} of the {} ranks that hold the same weights.",
            count(layout.shard),
            count(replicas)
        );
        let shard = entry("shard", "Shard group", count(layout.shard), help);
        let main = layout.shard < replicas;
        all.push(DegreeText { fixed: fixed.shard.is_some(), main, ..shard });
    }
    let most = CutKey::of(layout).chunk_layers_max(case.model.n_layers());
    let help =
        "Recompute: what the backward pass computes a second time instead of keeping it in memory.";
    let recompute =
        entry("rc", "Recompute", recompute_text(layout.recompute, most), help.to_owned());
    let main = layout.recompute.selective || layout.recompute.full_layers > 0;
    all.push(DegreeText { fixed: fixed.recompute_layers.is_some(), main, ..recompute });
    all.push(offload(layout));
    all
}

fn offload(layout: &Layout) -> DegreeText {
    let offload = &layout.offload;
    let kinds = [
        (offload.optimizer, "optimizer"),
        (offload.activations, "activations"),
        (offload.parameters, "parameters"),
    ];
    let on: Vec<&str> = kinds.iter().filter(|(on, _)| *on).map(|(_, name)| *name).collect();
    let main = !on.is_empty();
    let value = if main { on.join(", ") } else { "none".to_owned() };
    let help = "Offload: what waits in the host's memory while the accelerator does not need it.";
    DegreeText { main, ..entry("offload", "Offload", value, help.to_owned()) }
}

fn recompute_text(recompute: Recompute, most: u32) -> String {
    match (recompute.full_layers, recompute.selective) {
        (0, false) => "none".to_owned(),
        (0, true) => "selective".to_owned(),
        (k, false) if k >= most => "all layers".to_owned(),
        (k, false) => format!("{k} of {most} layers a chunk"),
        (k, true) => format!("{k} of {most} layers a chunk, the rest selective"),
    }
}

const fn context_verb(kind: ContextKind) -> &'static str {
    match kind {
        ContextKind::Ring => "pass keys and values around a ring",
        ContextKind::Gather => "gather one another's keys and values",
        ContextKind::Ulysses => "swap heads for tokens around attention",
    }
}

/// Name of a schedule for people.
#[must_use]
pub const fn schedule_name(schedule: Schedule) -> &'static str {
    match schedule {
        Schedule::OneFOneB => "1F1B",
        Schedule::GPipe => "GPipe",
        Schedule::Interleaved => "interleaved 1F1B",
        Schedule::BreadthFirst => "breadth-first",
        Schedule::ZeroBubble => "ZB-H1",
        Schedule::ZeroBubbleV => "ZB-V",
        Schedule::DualPipe => "DualPipe",
    }
}

const fn schedule_help(schedule: Schedule) -> &'static str {
    match schedule {
        Schedule::OneFOneB => {
            "after a warm-up, each stage takes one forward, then one backward, in turn"
        }
        Schedule::GPipe => "all forwards of a step, then all backwards",
        Schedule::Interleaved => {
            "one forward, one backward in turn, over the stage's chunks depth first"
        }
        Schedule::BreadthFirst => "each chunk takes all micro-batches before the next chunk begins",
        Schedule::ZeroBubble => {
            "weight gradients are put off to fill the waits of 1F1B, at its memory"
        }
        Schedule::ZeroBubbleV => "two chunks a stage in a V; weight gradients fill the waits",
        Schedule::DualPipe => {
            "micro-batches enter from both ends, and communication hides behind the other direction"
        }
    }
}
