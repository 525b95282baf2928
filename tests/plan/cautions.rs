//! What a plan warns of, and what whoever is stuck is told.

use super::support::{ask, case_of, plan_of, stuck_of};
use autoparallel::api::Answer;
use autoparallel::inputs::{Inputs, Key};
use autoparallel::link;

/// What is noted at an input of a link.
fn noted(link: &str, key: Key) -> String {
    let resolution = link::decode(link).inputs.resolve();
    let notes = resolution.notes.iter().filter(|note| note.key == key);
    notes.map(|note| note.text.as_str()).collect::<Vec<_>>().join("; ")
}

#[test]
fn a_stack_without_code_for_the_accelerator_is_named() {
    let said = [
        ("tpu-v5p", "megatron", "Megatron-Core has no code for TPU v5p", "MaxText"),
        ("gaudi3", "megatron", "Megatron-Core has no code for", "DeepSpeed"),
        ("trn2", "deepspeed", "DeepSpeed has no code for", "Neuron"),
    ];
    for (machine, stack, what, other) in said {
        let link = format!("1;m=llama-2-7b;g={machine};n=64;b=256;s=4096;t=1T;k={stack}");
        let note = noted(&link, Key::Stack);
        assert!(
            note.contains(what) && note.contains(other) && note.ends_with(" has"),
            "{link}: {note}"
        );
        let plan = plan_of(&link).expect("a plan all the same");
        let taken = plan.assumptions.iter().find(|one| one.text.starts_with(what));
        assert!(taken.is_some_and(|one| !one.verified), "{link}");
    }
    for (machine, stack) in [("h100", "megatron"), ("tpu-v5p", "maxtext"), ("gaudi3", "own")] {
        let link = format!("1;m=llama-2-7b;g={machine};n=64;k={stack}");
        assert_eq!(noted(&link, Key::Stack), "", "{link}");
    }
}

#[test]
fn a_plan_whose_range_passes_the_memory_says_so() {
    let mut told = [0, 0];
    for (model, keep) in [("llama-2-7b", 0), ("meta-llama/Llama-3.1-70B", 0), ("llama-2-7b", 60)] {
        let link = format!("1;m={model};n=64;b=256;s=4096;t=1T;hr=0.{keep:02}");
        let plan = plan_of(&link).expect("a plan");
        let high = plan.memory_range.expect("a range").high;
        let passes = high > plan.memory_capacity.value;
        assert_eq!(plan.memory_doubt.is_some(), passes, "{link}: {high}");
        told[usize::from(passes)] += 1;
        if let Some(text) = plan.memory_doubt {
            assert!(text.contains("may not fit") && text.contains("GiB"), "{text}");
        }
    }
    assert!(told.iter().all(|n| *n > 0), "{told:?}");
}

#[test]
fn an_awkward_count_leads_to_the_nearest_that_works() {
    // Neither 513 = 3^3 * 19 nor 100 000 = 2^5 * 5^5 leaves a number of replicas that divides 2^10.
    for (count, near) in [(513, 512), (100_000, 98_304)] {
        let link = format!("1;m=meta-llama/Llama-3.1-70B;n={count};b=1024;s=8192;t=1T");
        let stuck = stuck_of(&link).expect("no plan");
        let text = &stuck.headline;
        assert!(text.contains("replicas cannot share a batch of"), "{text}");
        let counts = stuck.remedies.iter().map(|remedy| case_of(&remedy.link).cluster.count);
        let counts: Vec<u32> = counts.filter(|n| *n != count).collect();
        assert!(counts.contains(&near), "{link}: {counts:?}");
        assert!(counts.iter().any(|n| *n > count), "{link}: {counts:?}");
    }
}

#[test]
fn a_micro_batch_that_does_not_divide_is_named() {
    // 2048 sequences over 1024 / 8 / 4 = 32 replicas are 64 each.
    let link = "1;m=meta-llama/Llama-3.1-70B;n=1024;b=2048;s=8192;tp=8;pp=4;cp=1;v=1;mbs=3;t=1T";
    let text = stuck_of(link).expect("no plan").headline;
    assert!(text.contains("64 sequences per replica do not divide by 3"), "{text}");
}

#[test]
fn what_is_fixed_can_be_freed_and_costs_what_is_said() {
    let link = "1;m=llama-2-7b;n=64;b=256;s=4096;t=1T";
    let inputs = |link: &str| link::decode(link).inputs;
    assert!(!inputs(link).is_bound() && inputs(&format!("{link};x=sp")).is_bound());
    let bound = format!("{link};tp=8;pp=4;mbs=1;sched=1f1b;x=recompute-selective");
    assert_eq!(link::encode(&inputs(&bound).freed()), link::encode(&inputs(link)));
    let said = |link: &str| {
        let studies = ask(link).into_iter().filter_map(|answer| match answer {
            Answer::Study { study, .. } => Some(study.bound),
            _ => None,
        });
        studies.fold(None, |_, one| Some(one)).expect("a study")
    };
    assert_eq!(said(link), None);
    let step = |link: &str| plan_of(link).expect("a plan").time.figure.shown.value;
    let slower = (step(&bound) / step(link) - 1.0) * 100.0;
    let text = said(&bound).expect("what it loses");
    assert!(slower > 1.0 && text.contains(&format!("+{slower:.1}%")), "{slower}: {text}");
}

#[test]
fn a_format_that_the_accelerator_lacks_leads_to_those_it_has() {
    let problem = |link: &str| {
        let problems = link::decode(link).inputs.resolve().problems;
        problems.first().expect("a problem").to_string()
    };
    // NVIDIA A100 data sheet: TF32, bf16 and fp16; H100 data sheet: fp8 and no fp4.
    let text = problem("1;g=a100-80g;p=fp8");
    assert!(text.contains("no matrix units for fp8, but for fp32, fp16, bf16"), "{text}");
    let text = problem("1;g=h100;p=nvfp4");
    assert!(text.contains("fp32, fp16, bf16, fp8, mxfp8"), "{text}");
}

#[test]
fn thousands_and_sequences_that_may_be_meant_otherwise_are_questioned() {
    // 2 000 000 sequences of 8192 tokens are 16.4 B tokens; 2048 of them 16.8 M.
    let text = noted("1;b=2M;s=8192", Key::Batch).replace('\u{a0}', " ");
    assert!(text.contains("16.4 B tokens a step; did you mean 2 M tokens?"), "{text}");
    assert_eq!(noted("1;b=2097152 tokens;s=8192", Key::Batch), "");
    assert_eq!(noted("1;b=2048;s=8192", Key::Batch), "");
    let text = Inputs::default().with(Key::Sequence, "8k").resolve().notes;
    assert!(text.iter().any(|note| note.text.contains("8Ki is 8\u{202f}192")), "{text:?}");
    let text = noted("1;s=8192", Key::Sequence);
    assert!(!text.contains("Ki"), "{text}");
}

#[test]
fn nodes_times_accelerators_are_a_count() {
    assert_eq!(case_of("1;n=64x8").cluster.count, 512);
    let problems = Inputs::default().with(Key::Count, "64 nodes").resolve().problems;
    assert!(problems.iter().any(|problem| problem.hint.contains("64x8")), "{problems:?}");
}

#[test]
fn one_is_singular() {
    let echo = |key, text: &str| {
        let resolution = Inputs::default().with(key, text).resolve();
        resolution.echo(key).expect("an echo").meaning.replace('\u{a0}', " ")
    };
    assert_eq!(echo(Key::Count, "1"), "1 accelerator in one node");
    assert_eq!(echo(Key::Sequence, "1"), "1 token");
    assert!(echo(Key::Batch, "1").starts_with("1 sequence = "));
    assert!(echo(Key::Tokens, "1").starts_with("1 token = 1 step"));
}

#[test]
fn the_markdown_says_what_was_asked() {
    let link = "1;m=llama-2-7b;n=64;b=256;s=4096;t=1T;p=fp8;c=2.5";
    let text = plan_of(link).expect("a plan").markdown;
    for row in [
        "| Global batch | 256 sequences |",
        "| Sequence length | 4 096 |",
        "| Tokens | 1 T tokens |",
        "| Precision | fp8 |",
        "| Price | $2.50/h an accelerator |",
        "| Stack | Megatron-Core ",
    ] {
        assert!(text.contains(row), "{row}: {text}");
    }
}
