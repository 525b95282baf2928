//! Stands in for the core until it is written.

use crate::api::*;
use crate::inputs::{Inputs, Key};

fn shown(value: f64, unit: &str, text: &str) -> Shown {
    Shown {
        value,
        unit: unit.into(),
        text: text.into(),
    }
}

fn figure(id: &str, label: &str, value: f64, text: &str) -> Figure {
    Figure {
        id: id.into(),
        label: label.into(),
        shown: shown(value, "s", text),
        formula: "6 · active parameters · tokens per step / (step time · accelerators · peak)"
            .into(),
        substituted: "6 · 405.9e9 · 16.8e6 / (5.23 s · 16,384 · 989 TFLOP/s) = 0.482".into(),
        source:
            "Narayanan et al., arXiv 2104.04473, section 5.1; peak: NVIDIA H100 data sheet 2023"
                .into(),
    }
}

fn part(
    id: &str,
    label: &str,
    value: f64,
    text: &str,
    total: f64,
    children: Vec<PartView>,
) -> PartView {
    PartView {
        id: id.into(),
        figure: figure(id, label, value, text),
        share: value / total,
        children,
    }
}

pub fn answer(run: u32, inputs: &Inputs) -> Vec<Answer> {
    if inputs.get(Key::Count) == "1" {
        return vec![Answer::Stuck {
            run,
            stuck: StuckView {
                headline: "The smallest layout needs 6.1 TiB of 79.6 GiB.".into(),
                details: vec![Cut {
                    name: "memory".into(),
                    reason: "Optimizer state alone is 4.4 TiB.".into(),
                    count: shown(12.0, "count", "12"),
                }],
                memory: Some(memory()),
                remedies: vec![Remedy {
                    text: "Use 128 accelerators instead of 1.".into(),
                    result: "then TP 8 · PP 16 fits with 3.1 GiB to spare, 412 s a step".into(),
                    link: "1;m=Llama-3.1-405B;gpu=H100+SXM;n=128".into(),
                }],
            },
        }];
    }
    let mut out = vec![Answer::Plan {
        run,
        plan: Box::new(plan()),
        search_ms: 11.3,
    }];
    out.push(Answer::Study {
        run,
        study: study(),
    });
    for i in 0..8u32 {
        let count = 1024 << i;
        let stuck = (i == 0).then(|| "needs 92 GiB of 79.6 GiB".to_owned());
        out.push(Answer::Scaling {
            run,
            done: i + 1,
            of: 8,
            point: ScalePoint {
                count,
                stuck,
                step: shown(85.0 / f64::from(1 << i), "s", "5.2 s"),
                days: shown(
                    900.0 / f64::from(1 << i) * (1.0 + 0.05 * f64::from(i)),
                    "days",
                    &format!(
                        "{:.1} days",
                        900.0 / f64::from(1 << i) * (1.0 + 0.05 * f64::from(i))
                    ),
                ),
                cost: shown(
                    5e7 * (1.0 + 0.05 * f64::from(i)),
                    "usd",
                    &format!("${:.1} M", 50.0 * (1.0 + 0.05 * f64::from(i))),
                ),
                mfu: shown(
                    0.46 - 0.02 * f64::from(i),
                    "ratio",
                    &format!("{:.1} %", 46.0 - 2.0 * f64::from(i)),
                ),
                tokens_per_s: shown(2e5 * f64::from(1 << i), "tokens_per_s", "3.2 M"),
                layout: "TP 8 · PP 16 · DP 128".into(),
                current: count == 16384,
                link: format!("1;m=Llama-3.1-405B;n={count}"),
            },
        });
    }
    out
}

fn memory() -> PartView {
    let t = 62.1;
    part(
        "memory",
        "Memory",
        t,
        "62.1 GiB",
        t,
        vec![
            part("memory.weights", "Weights", 6.4, "6.40 GiB", t, vec![]),
            part("memory.gradients", "Gradients", 12.7, "12.7 GiB", t, vec![]),
            part(
                "memory.optimizer",
                "Optimizer state",
                1.6,
                "1.60 GiB",
                t,
                vec![
                    part(
                        "memory.optimizer.master",
                        "Master weights",
                        0.5,
                        "0.50 GiB",
                        t,
                        vec![],
                    ),
                    part(
                        "memory.optimizer.moments",
                        "Moments",
                        1.1,
                        "1.10 GiB",
                        t,
                        vec![],
                    ),
                ],
            ),
            part(
                "memory.activations",
                "Activations",
                34.2,
                "34.2 GiB",
                t,
                vec![
                    part(
                        "memory.activations.attention",
                        "Attention",
                        11.2,
                        "11.2 GiB",
                        t,
                        vec![],
                    ),
                    part(
                        "memory.activations.ffn",
                        "Feed-forward",
                        19.0,
                        "19.0 GiB",
                        t,
                        vec![],
                    ),
                    part(
                        "memory.activations.norms",
                        "Norms",
                        4.0,
                        "4.00 GiB",
                        t,
                        vec![],
                    ),
                ],
            ),
            part(
                "memory.logits",
                "Logits and loss",
                2.9,
                "2.90 GiB",
                t,
                vec![],
            ),
            part(
                "memory.buffers",
                "Communication buffers",
                1.2,
                "1.20 GiB",
                t,
                vec![],
            ),
            part(
                "memory.context",
                "Driver and allocator",
                3.1,
                "3.10 GiB",
                t,
                vec![],
            ),
        ],
    )
}

fn plan() -> PlanView {
    let t = 5.23;
    let d = |key: &str, label: &str, value: &str, help: &str, fixed, main| Degree {
        key: key.into(),
        label: label.into(),
        value: value.into(),
        help: help.into(),
        fixed,
        main,
    };
    let mut lanes = Vec::new();
    for s in 0..16u32 {
        let mut blocks = Vec::new();
        for m in 0..32u32 {
            let f = f64::from(m) * 0.15 + f64::from(s) * 0.03;
            blocks.push(Block {
                start_s: f,
                end_s: f + 0.05,
                kind: "forward".into(),
                micro_batch: m,
                chunk: 0,
            });
            blocks.push(Block {
                start_s: f + 0.05,
                end_s: f + 0.145,
                kind: "backward".into(),
                micro_batch: m,
                chunk: 0,
            });
        }
        lanes.push(Lane {
            label: format!("Stage {s}"),
            blocks,
        });
    }
    PlanView {
        version: 1,
        title: "Llama-3.1-405B · 405.9 B parameters on 16,384 H100 SXM".into(),
        summary: "Best plan for Llama-3.1-405B on 16,384 H100: TP 8, PP 16, DP 128; 5.23 s a step, 41 % MFU, 56 days, 55 million dollars.".into(),
        degrees: vec![
            d("tp", "TP", "8", "Tensor parallel: 8 accelerators share each matrix.", false, true),
            d("cp", "CP", "1", "Context parallel: each sequence on one rank.", false, false),
            d("pp", "PP", "16", "Pipeline parallel: the layers stand on 16 successive stages.", true, true),
            d("dp", "DP", "128", "Data parallel: 128 replicas work on different sequences.", false, true),
            d("v", "Virtual stages", "4", "Each stage holds 4 chunks of layers, which shrinks the bubble.", false, true),
            d("mbs", "Micro-batch", "1", "Sequences that one replica works on at a time.", false, true),
            d("zero", "ZeRO", "1", "Optimizer state is split over replicas.", false, true),
            d("sp", "Sequence parallel", "on", "Norms and dropout are split along the sequence.", false, true),
            d("rc", "Recompute", "none", "Nothing is computed twice.", false, false),
            d("sched", "Schedule", "interleaved 1F1B", "Order in which a stage takes micro-batches.", false, true),
        ],
        figures: vec![
            figure("step_time", "Step time", 5.23, "5.23 s"), figure("mfu", "MFU", 0.412, "41.2 %"),
            figure("tokens_per_gpu", "Tokens/s per GPU", 196.0, "196"),
            figure("days", "Time to finish", 56.3, "56.3 days"), figure("cost", "Cost", 5.53e7, "$55.3 M"),
            figure("gpu_hours", "GPU hours", 2.2e7, "22.1 M"), figure("energy", "Energy", 1.0, "15.5 GWh"),
        ],
        memory: memory(),
        memory_capacity: shown(79.6, "bytes", "79.6 GiB"),
        memory_headroom: shown(17.5, "bytes", "17.5 GiB"),
        time: part("time", "Step time", t, "5.23 s", t, vec![
            part("time.matmul", "Matrix products", 3.1, "3.10 s", t, vec![]),
            part("time.attention", "Attention", 0.45, "450 ms", t, vec![]),
            part("time.memory", "Bandwidth-bound work", 0.38, "380 ms", t, vec![]),
            part("time.tensor", "Tensor-parallel communication", 0.52, "520 ms", t, vec![]),
            part("time.pipeline", "Pipeline sends", 0.08, "80 ms", t, vec![]),
            part("time.bubble", "Pipeline bubble", 0.42, "420 ms", t, vec![]),
            part("time.data", "Gradient reduction", 0.18, "180 ms", t, vec![]),
            part("time.optimizer", "Optimizer step", 0.10, "100 ms", t, vec![]),
        ]),
        binds: vec!["Matrix products take 59 % of the step: compute binds.".into(), "Tensor-parallel communication over NVLink takes 10 %.".into(), "The pipeline bubble takes 8 %.".into()],
        assumptions: vec![
            Assumption { text: "Large matrix products reach 78 % of the data sheet's rate.".into(), source: "kernel_efficiency: H100 SXM, bf16, 2024-11".into(), verified: true },
            Assumption { text: "Host memory bandwidth of 50 GB/s per accelerator.".into(), source: "assumed".into(), verified: false },
        ],
        timeline: Timeline { span_s: 5.3, lanes, note: "64 micro-batches; the first 32 drawn".into() },
        certificate: Certificate {
            space: shown(1.15e9, "count", "1.15 billion"),
            cuts: vec![
                Cut { name: "memory".into(), reason: "weights and state alone exceed the accelerator".into(), count: shown(8e8, "count", "800 M") },
                Cut { name: "time bound".into(), reason: "a lower bound of the step time already exceeds the best".into(), count: shown(3.4e8, "count", "340 M") },
                Cut { name: "dominated".into(), reason: "another layout is no slower and no larger".into(), count: shown(1e7, "count", "10 M") },
                Cut { name: "evaluated".into(), reason: "memory and time worked out in full".into(), count: shown(12345.0, "count", "12,345") },
            ],
            stop: "complete".into(),
            refusals: vec![Cut { name: "tp-heads".into(), reason: "tensor parallel must divide the heads".into(), count: shown(42.0, "count", "42") }],
        },
        stages: (0..16).map(|i| StageView { index: i, layers: if i == 0 || i == 15 { 7 } else { 8 }, extras: if i == 0 { "embedding".into() } else if i == 15 { "head".into() } else { String::new() }, time: shown(0.1, "s", "145 ms"), memory: shown(60.0, "bytes", "60.2 GiB") }).collect(),
        published: Some("Meta ran TP 8, PP 16, DP 128 at 43 % MFU (arXiv 2407.21783, Table 4).".into()),
        pinned_link: "1;m=Llama-3.1-405B;gpu=H100+SXM;n=16384;tp=8;pp=16".into(),
    }
}

fn study() -> StudyView {
    let r = |layout: &str, step: f64, slower: &str, room: f64, loses: &str| RunnerUp {
        layout: layout.into(),
        step: shown(step, "s", &format!("{step} s")),
        slower: shown(0.0, "ratio", slower),
        headroom: shown(room, "bytes", &format!("{room} GiB")),
        loses: loses.into(),
        link: "1;m=Llama-3.1-405B;tp=8;pp=8".into(),
    };
    let f = |layout: &str, step: f64, room: f64| FrontierPoint {
        headroom: shown(room, "bytes", &format!("{room} GiB")),
        step: shown(step, "s", &format!("{step} s")),
        layout: layout.into(),
        link: "1;m=Llama-3.1-405B;tp=8".into(),
    };
    StudyView {
        runners_up: vec![
            r(
                "TP 8 · PP 8 · DP 256 · full recompute",
                5.41,
                "+3.4 %",
                9.1,
                "recompute +0.3 s; bubble −0.2 s",
            ),
            r(
                "TP 4 · PP 16 · DP 256",
                5.52,
                "+5.5 %",
                2.2,
                "pipeline bubble +0.2 s",
            ),
            r(
                "TP 8 · CP 2 · PP 16 · DP 64",
                5.71,
                "+9.2 %",
                31.0,
                "context-parallel communication +0.4 s",
            ),
        ],
        frontier: vec![
            f("TP 8 · PP 16", 5.23, 17.5),
            f("TP 8 · PP 16 · rc 2", 5.31, 25.0),
            f("TP 8 · PP 16 · full", 6.5, 44.0),
        ],
    }
}
