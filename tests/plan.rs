//! The answer to a link, end to end: every number follows from what stands beside it, every total
//! is the sum of its parts, every link opens to what it promises, and whoever is stuck is told what
//! would help.

#![cfg(not(target_arch = "wasm32"))]

#[path = "plan/cautions.rs"]
mod cautions;
#[path = "plan/equations.rs"]
mod equations;
#[path = "plan/golden.rs"]
mod golden;
#[path = "plan/pipeline.rs"]
mod pipeline;
#[path = "plan/support.rs"]
mod support;

use autoparallel::api::{Answer, Figure, PartView, PlanView, StuckView};
use autoparallel::catalogue::presets;
use autoparallel::link;
use autoparallel::plan::{self, Finding};
use std::collections::BTreeMap;
use std::sync::OnceLock;
use support::{REAL, ask, case_of, plan_of, resolved, stuck_of};

/// Links whose plans are looked at in full: the real inputs, all presets, and corners.
fn links() -> Vec<String> {
    let mut all: Vec<String> = REAL.iter().map(|(_, link)| (*link).to_owned()).collect();
    all.extend(presets::all().iter().map(|preset| preset.link.clone()));
    let corners = [
        "1;m=Qwen/Qwen3-0.6B;n=1;b=8;s=2048;t=1B",
        "1;m=meta-llama/Llama-3.1-70B;n=64;b=256;s=32768;t=1T;k=deepspeed;g=a100-80g",
        "1;m=meta-llama/Llama-3.1-8B;n=32;b=128;s=8192;t=1T;k=torchtitan;tp=4;zero=3;rc=4",
        "1;m=deepseek-ai/DeepSeek-V3;n=1024;b=4096;s=4096;t=1T;k=unconstrained;g=h200;sched=zbv",
        "1;m=deepseek-v3;n=1024;b=4096;s=4096;t=1T;k=unconstrained;g=h200;sched=dualpipe",
        "1;m=meta-llama/Llama-3.1-70B;n=256;b=512;s=8192;t=1T;k=unconstrained;sched=zb;pp=8",
        "1;m=meta-llama/Llama-3.1-70B;n=256;b=512;s=8192;t=1T;k=unconstrained;sched=bf;pp=8",
        "1;m=meta-llama/Llama-3.1-70B;n=256;b=512;s=8192;t=1T;k=unconstrained;sched=gpipe;pp=8",
        "1;m=meta-llama/Llama-3.1-70B;n=64;b=64;s=8192;t=1T;o=muon;dr=on;fa=off",
        "1;m=Qwen/Qwen3-30B-A3B;n=64;b=1024;s=4096;t=1T;p=fp8;og=bf16;om=bf16;o=adamw8;ei=1.3",
        "1;m=mistralai/Mixtral-8x22B-Instruct-v0.1;n=64;b=512;s=8192;t=1T;etp=2;k=unconstrained",
        "1;m=meta-llama/Llama-2-7b-hf;g=a100-40g;n=2;b=64;s=4096;t=10B;k=unconstrained",
        "1;m=meta-llama/Llama-3.1-70B;n=8;b=64;s=8192;t=1B;lo=16",
        "1;m=meta-llama/Llama-3.1-70B;n=8;b=64;s=8192;t=1B;lo=16;p=fp8;k=unconstrained",
        "1;m=Qwen/Qwen3-30B-A3B;n=8;b=64;s=4096;t=1B;lo=32;k=unconstrained",
        "1;m=meta-llama/Llama-3.1-8B;n=8;b=8;s=512;t=1B;k=nemo-2024;tp=8",
        "1;m=Qwen/Qwen3-30B-A3B;n=64;b=256;s=1024;t=1B;k=nemo-2025;ep=8",
    ];
    all.extend(corners.iter().map(|link| (*link).to_owned()));
    all
}

fn plans() -> &'static [(String, PlanView)] {
    static PLANS: OnceLock<Vec<(String, PlanView)>> = OnceLock::new();
    PLANS.get_or_init(|| {
        let found = links().into_iter().filter_map(|link| Some((link.clone(), plan_of(&link)?)));
        let all: Vec<(String, PlanView)> = found.collect();
        assert!(all.len() >= 24, "only {} of the links have a plan", all.len());
        all
    })
}

/// Everything that is answered to the real inputs.
fn answers() -> impl Iterator<Item = (&'static str, &'static [Answer])> {
    static ANSWERS: OnceLock<Vec<(&'static str, Vec<Answer>)>> = OnceLock::new();
    let all = ANSWERS.get_or_init(|| REAL.iter().map(|(name, link)| (*name, ask(link))).collect());
    all.iter().map(|(name, answers)| (*name, answers.as_slice()))
}

fn parts(root: &PartView) -> Vec<&PartView> {
    let below = root.children.iter().flat_map(parts);
    std::iter::once(root).chain(below).collect()
}

fn figures(plan: &PlanView) -> Vec<&Figure> {
    let trees = [&plan.memory, &plan.time].into_iter().flat_map(parts).map(|part| &part.figure);
    plan.figures.iter().chain(trees).collect()
}

#[test]
fn every_total_is_the_sum_of_its_parts_exactly() {
    for (link, plan) in plans() {
        for root in [&plan.memory, &plan.time] {
            for part in parts(root).into_iter().filter(|part| !part.children.is_empty()) {
                let sum = |parts: &mut dyn Iterator<Item = &PartView>| -> f64 {
                    parts.map(|part| part.figure.shown.value).sum()
                };
                let forward = sum(&mut part.children.iter());
                let backward = sum(&mut part.children.iter().rev());
                assert_eq!(forward, part.figure.shown.value, "{link}: {}", part.id);
                assert_eq!(backward, part.figure.shown.value, "{link}: {}", part.id);
            }
        }
        let step = plan.figures.iter().find(|figure| figure.id == "step_time");
        assert_eq!(step.map(|step| step.shown.value), Some(plan.time.figure.shown.value));
        let free = plan.memory_capacity.value - plan.memory.figure.shown.value;
        assert_eq!(free, plan.memory_headroom.value, "{link}");
    }
}

#[test]
fn every_number_follows_from_its_derivation() {
    let mut n = 0;
    let mut wrong = Vec::new();
    for (link, plan) in plans() {
        for figure in figures(plan) {
            for text in [&figure.formula, &figure.substituted, &figure.source] {
                assert!(!text.trim().is_empty(), "{link}: {} has no derivation", figure.id);
            }
            let name = format!("{link}: {}: {}", figure.id, figure.substituted);
            match equations::check(&figure.substituted) {
                Ok(equations) => n += equations,
                Err(why) => wrong.push(format!("{name}\n  {why}")),
            }
            let last = equations::result(&figure.substituted);
            if !last.meets(equations::amount(&figure.shown)) {
                wrong.push(format!("{name}\n  is shown as {}", figure.shown.text));
            }
        }
    }
    assert!(wrong.is_empty(), "{} are wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(n > 500, "only {n} equations were found");
}

#[test]
fn every_number_is_finite_and_every_part_has_its_own_name() {
    for (link, plan) in plans() {
        for figure in figures(plan) {
            let value = figure.shown.value;
            assert!(value.is_finite() && value >= 0.0, "{link}: {} is {value}", figure.id);
            assert!(!figure.shown.text.is_empty() && !figure.shown.unit.is_empty());
        }
        let mut ids: Vec<&str> = figures(plan).iter().map(|figure| figure.id.as_str()).collect();
        ids.sort_unstable();
        let n = ids.len();
        ids.dedup();
        assert_eq!(n, ids.len(), "{link}");
        assert!(plan.degrees.iter().all(|degree| !degree.help.is_empty()));
        assert!(!plan.binds.is_empty() && !plan.assumptions.is_empty());
    }
}

#[test]
fn the_certificate_accounts_for_the_whole_space() {
    for (link, plan) in plans() {
        let proof = &plan.certificate;
        assert_eq!(proof.stop, "complete", "{link}");
        let sum: f64 = proof.cuts.iter().map(|cut| cut.count.value).sum();
        assert_eq!(sum, proof.space.value, "{link}");
        assert!(proof.cuts.iter().chain(&proof.refusals).all(|cut| !cut.reason.is_empty()));
    }
}

#[test]
fn the_stages_hold_every_layer_and_the_largest_memory() {
    for (link, plan) in plans() {
        let case = case_of(link);
        let copies = if plan.degrees.iter().any(|d| d.key == "sched" && d.value == "DualPipe") {
            2
        } else {
            1
        };
        let layers: u32 = plan.stages.iter().map(|stage| stage.layers).sum();
        assert_eq!(layers, copies * case.model.n_layers(), "{link}");
        let most = plan.stages.iter().map(|stage| stage.memory.value).fold(0.0, f64::max);
        assert_eq!(most, plan.memory.figure.shown.value, "{link}");
    }
}

#[test]
fn an_answer_is_the_same_each_time() {
    for (name, link) in REAL {
        let Some(first) = plan_of(link) else { panic!("{name} has no plan") };
        let again = plan_of(&link::encode(&link::decode(&resolved(link)).inputs));
        assert_eq!(Some(first), again, "{name}");
    }
}

#[test]
fn every_link_of_an_answer_opens_to_what_it_promises() {
    for (name, answers) in answers() {
        for answer in answers {
            match answer {
                Answer::Plan { plan, .. } => {
                    let step = plan.time.figure.shown.value;
                    same_step(&plan.pinned_link, step, name);
                    let pinned = plan_of(&plan.pinned_link).expect("a plan");
                    let degrees = |plan: &PlanView| -> BTreeMap<String, String> {
                        let all = plan.degrees.iter();
                        all.map(|degree| (degree.key.clone(), degree.value.clone())).collect()
                    };
                    let pinned = degrees(&pinned);
                    for (key, value) in degrees(plan) {
                        assert_eq!(Some(&value), pinned.get(&key), "{name}: {key}");
                    }
                }
                Answer::Study { study, .. } => {
                    for other in &study.runners_up {
                        same_step(&other.link, other.step.value, name);
                    }
                    for point in &study.frontier {
                        same_step(&point.link, point.step.value, name);
                    }
                    let pairs = study.frontier.windows(2);
                    for pair in pairs {
                        assert!(pair[0].step.value < pair[1].step.value, "{name}");
                        assert!(pair[0].headroom.value < pair[1].headroom.value, "{name}");
                    }
                }
                Answer::Scaling { point, .. } if point.stuck.is_none() => {
                    same_step(&point.link, point.step.value, name);
                }
                _ => {}
            }
        }
    }
}

fn same_step(link: &str, step: f64, name: &str) {
    let Finding::Plan(found) = plan::find(&case_of(link)) else {
        panic!("{name}: {link} has no plan");
    };
    assert_eq!(found.step().get(), step, "{name}: {link}");
}

#[test]
fn a_study_tells_what_others_lose_and_never_better_ones() {
    for (name, answers) in answers() {
        let study = answers.iter().rev().find_map(|answer| match answer {
            Answer::Study { study, .. } => Some(study),
            _ => None,
        });
        let Some(study) = study else { panic!("{name} has no study") };
        for other in &study.runners_up {
            assert!(!other.loses.is_empty() && other.slower.value >= 0.0, "{name}");
        }
        for lever in &study.levers {
            assert!(lever.saves.value > 0.0 && lever.saves.value < 1.0, "{name}: {}", lever.text);
        }
        let scaled =
            answers.iter().filter(|answer| matches!(answer, Answer::Scaling { .. })).count();
        assert!(scaled >= 4, "{name}: {scaled} points");
    }
}

/// Questions that have no plan, with a word that the headline must say.
const STUCK: [(&str, &str); 6] = [
    ("1;m=meta-llama/Llama-3.1-70B;n=1;b=8;t=1T", "missing"),
    ("1;m=meta-llama/Llama-3.1-70B;n=8;b=7;tp=4;pp=1;cp=1;t=1T", "batch of 7"),
    ("1;m=meta-llama/Llama-3.1-70B;n=96;tp=3;t=1T", "3 does not divide 64"),
    ("1;n=64;g=a100-40g;b=64;t=1T;x=offload-optimizer,offload-activations", "missing"),
    ("1;m=Qwen/Qwen3-30B-A3B;n=64;ep=7;b=64;s=4096;t=1T", "128 experts"),
    ("1;m=meta-llama/Llama-3.1-8B;n=64;tp=8;pp=16;b=64;t=1T", "does not divide"),
];

#[test]
fn whoever_is_stuck_is_told_why_and_what_would_help() {
    for (link, word) in STUCK {
        let stuck: StuckView = stuck_of(link).unwrap_or_else(|| panic!("{link} is not stuck"));
        assert!(stuck.headline.contains(word), "{link}: {}", stuck.headline);
        assert!(!stuck.details.is_empty(), "{link}");
        assert!(!stuck.remedies.is_empty(), "{link}: no remedy");
        for remedy in &stuck.remedies {
            let found = plan::find(&case_of(&remedy.link));
            assert!(matches!(found, Finding::Plan(_)), "{link}: {}", remedy.text);
        }
    }
}

#[test]
fn a_published_run_stands_beside_its_plan() {
    // arXiv 2407.21783, table 4: TP 8, PP 16, DP 128 at 400 TFLOP/s.
    let plan = plan_of("1").expect("a plan");
    let text = plan.published.expect("a published run");
    assert!(text.contains("TP\u{a0}8") && text.contains("400\u{a0}TFLOP/s"), "{text}");
    let theirs = plan_of(&plan.published_link.expect("a link")).expect("a plan");
    let tp = theirs.degrees.iter().find(|degree| degree.key == "tp").expect("a degree");
    assert!(tp.value == "8" && tp.fixed);
    let without = plan_of("1;b=1024").expect("a plan");
    assert_eq!((without.published, without.published_link), (None, None));
}

#[test]
fn a_plan_reads_as_markdown() {
    let plan = plan_of("1;n=64;m=llama-2-7b;b=256;s=4096;t=1T").expect("a plan");
    let text = plan.markdown;
    assert!(
        text.starts_with(&format!("**{}**", plan.summary.replace(['\u{a0}', '\u{202f}'], " ")))
    );
    let step = plan.time.figure.shown.text.replace('\u{a0}', " ");
    assert!(text.contains(&format!("| Step time | {step} (")), "{text}");
    assert!(text.contains("`#1;m=meta-llama/Llama-2-7b-hf;n=64;b=256;s=4096;t=1T;r="), "{text}");
}

#[test]
fn what_has_no_price_costs_nothing_that_is_shown() {
    let plan = plan_of("1;m=llama-2-7b;g=h800;n=64;b=256;s=4096;t=1T").expect("a plan");
    assert!(plan.figures.iter().all(|figure| figure.id != "cost"));
    assert!(!plan.summary.contains('$'), "{}", plan.summary);
    let priced = plan_of("1;m=llama-2-7b;g=h800;n=64;b=256;s=4096;t=1T;c=2").expect("a plan");
    assert!(priced.figures.iter().any(|figure| figure.id == "cost"));
}

#[test]
fn inputs_that_are_no_case_are_told_back() {
    for link in ["1;n=0", "1;m=no-such-model", "1;b=1.5", "1;p=nvfp4"] {
        let answers = ask(link);
        let [Answer::Invalid { problems, .. }] = answers.as_slice() else {
            panic!("{link}: {answers:?}");
        };
        assert!(!problems.is_empty(), "{link}");
    }
}

#[test]
fn an_answer_stops_when_told_to() {
    let mut asked = 0;
    let mut got = Vec::new();
    let now = || 0.0;
    let mut keep_going = || {
        asked += 1;
        asked < 3
    };
    autoparallel::api::answer(7, "1;n=64;b=64", &now, &mut keep_going, &mut |answer| {
        got.push(answer);
    });
    assert_eq!(got.len(), 1, "a study was sent after the stop");
}
