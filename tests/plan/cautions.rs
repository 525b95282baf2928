//! What a plan warns of, and what whoever is stuck is told.

use super::support::{case_of, plan_of, stuck_of};
use autoparallel::inputs::Key;
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
