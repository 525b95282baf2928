//! Whatever is typed or pasted: a clear message, nothing lost, no panic.

use autoparallel::catalogue::{accelerators, models, presets, stacks};
use autoparallel::inputs::{Group, Inputs, Key, Kind, Origin};
use autoparallel::link::{decode, encode};
use autoparallel::stack::Technique;
use autoparallel::workload::{OptimizerKind, Precision, StateType};
use proptest::prelude::*;

/// What is said about one input typed over the defaults.
fn said(key: Key, text: &str) -> String {
    let inputs = Inputs::default().with(key, text);
    let resolution = inputs.resolve();
    let stands = !key.group().is_aside();
    assert_eq!(resolution.case.is_none(), stands, "{key:?} and {text:?}");
    // Nothing typed is lost.
    assert_eq!(inputs.get(key), text);
    resolution.problem(key).map(ToString::to_string).unwrap_or_default()
}

fn accepts(key: Key, text: &str) -> bool {
    let resolution = Inputs::default().with(key, text).resolve();
    resolution.case.is_some() && resolution.problem(key).is_none()
}

#[test]
fn the_defaults_make_a_case() {
    let resolution = Inputs::default().resolve();
    let case = resolution.case.unwrap();
    // arXiv 2407.21783: 16,384 H100, 16M tokens a step, 15.6T tokens.
    assert_eq!(case.cluster.count, 16_384);
    assert_eq!(case.training.step_tokens().get(), 16_777_216);
    assert_eq!(case.training.n_steps(), 929_833);
    assert_eq!(case.model.params().total, 405_853_388_800);
    assert_eq!(resolution.problems, []);
    assert!(resolution.echoes.iter().all(|echo| echo.origin != Origin::Typed));
}

/// An input, what is typed, and a part of the message.
const REFUSED: &[(Key, &str, &str)] = &[
    (Key::Budget, "-5", "below zero"),
    (Key::Budget, "5 GB", "that is bytes"),
    (Key::Deadline, "soon", "write for example 30 days, Friday 18:00"),
    (Key::Deadline, "30 parsecs", "; write for example 30 days"),
    (Key::Deadline, "fri 25:00", "a day of the week"),
    (Key::OwnMachines, "h100:64", "such as h100-sxm:64:$300k"),
    (Key::OwnMachines, "h100:0:$300k", "such as h100-sxm:64:$300k"),
    (Key::Capacity, "aws:many", "write for example 64, aws:32"),
    (Key::Home, "aws:mars-1", "such as aws:us-east-1"),
    (Key::Home, "aws:us-east-1,aws:us-east-2", "write 1 to 1 of them"),
    (Key::Pue, "0.9", "too small"),
    (Key::Deadline, "1e20 days", "too large"),
    (Key::Terms, "spot, lease", "the ways to buy are demand, spot, spotmin, 1y, 3y, block"),
    (Key::Jurisdictions, "Europe", "write for example EU, CH"),
    (Key::Families, "h1000", "write for example h100-sxm, blackwell"),
    (Key::Discounts, "aws:130%", "write for example aws:30%"),
    (Key::Discounts, "aws", "write for example aws:30%"),
    (Key::PrivateOffers, "acme:h100:8", "write name:accelerator:count"),
    (Key::PrivateOffers, "acme:h100:8:0", "write name:accelerator:count"),
    (Key::Providers, "a<b", "a name has letters"),
    (Key::Regions, ",,", "write 1 to 64 of them"),
    (Key::Count, "0", "Accelerators: \"0\" was given, expected 1 to 2\u{202f}097\u{202f}152"),
    (Key::Count, "1e12", "too large"),
    (Key::Count, "-8", "below zero"),
    (Key::Count, "2.5", "not a whole number"),
    (Key::Count, "NaN", "not a finite number"),
    (Key::Count, "126 layers", "that is layers"),
    (Key::Tokens, "0", "too small"),
    (Key::Tokens, "1e30", "too large"),
    (Key::Tokens, "inf", "not a finite number"),
    (Key::Tokens, "1,5", "the comma may be a decimal point or may group digits"),
    (Key::Tokens, "15 GB/s", "that is bandwidth"),
    (Key::Batch, "0", "1 to 16\u{202f}777\u{202f}216 sequences"),
    (Key::Batch, "3 tokens", "it comes to 0 sequences"),
    (Key::Batch, "1e18", "it comes to"),
    (Key::Sequence, "0", "too small"),
    (Key::Sequence, "99999999999", "too large"),
    (Key::Memory, "80", "the unit is missing"),
    (Key::Memory, "80G", "write GB (10^9 bytes) or GiB (2^30 bytes)"),
    (Key::Memory, "1 B", "too small"),
    (Key::Memory, "1e9 TB", "too large"),
    (Key::Nic, "0 Gb/s", "too small"),
    (Key::Nic, "400 gb/s", "write GB/s for bytes or Gbit/s for bits"),
    (Key::PeakBf16, "989", "the unit is missing"),
    (Key::Price, "\u{20ac}3", "a currency other than the US dollar"),
    (Key::Price, "1e9", "too large"),
    (Key::Oversubscription, "0.5", "too small"),
    (Key::Imbalance, "0", "too small"),
    (Key::Headroom, "100%", "too large"),
    (Key::Precision, "int8", "one of fp32, fp16, bf16, fp8, mxfp8, nvfp4"),
    (Key::Precision, "nvfp4", "h100-sxm has no matrix units for nvfp4"),
    (Key::Optimizer, "adabelief", "one of adamw"),
    (Key::Zero, "4", "0 to 3"),
    (Key::Schedule, "fifo", "one of 1f1b"),
    (Key::Forbid, "tp,magic", "the techniques are tp, sp"),
    (Key::Master, "maybe", "\"on\" or \"off\""),
    (Key::Model, "Llama-9-9000B", "none is called so"),
    (Key::Model, "someone/their-model", "fetch or paste its config.json"),
    (Key::Accelerator, "H9000", "none is called so"),
    (Key::Stack, "excel", "megatron"),
    (Key::Leaf, "2", "at least the 8 accelerators"),
    (Key::Purpose, "bake", "one of train, serve"),
    (Key::Engine, "nginx", "vllm, sglang"),
    (Key::Engine, "mlperf", "vllm, sglang"),
    (Key::ServeOn, "h9000", "none is called so"),
    (Key::ServeOn, "h200-sxm,,rtx", "near it: rtx"),
    (Key::ServeMost, "0", "too small"),
    (Key::Weights, "int3", "the formats are fp32, bf16, fp8"),
    (Key::Cache, "q9", "the formats are fp16, fp8, int8, nvfp4"),
    (Key::Prompt, "0", "too small"),
    (Key::Answer, "2 layers", "that is layers"),
    (Key::Spread, "501%", "too large"),
    (Key::Cached, "100%", "too large"),
    (Key::Rate, "-1/s", "below zero"),
    (Key::Rate, "10 GB", "that is bytes"),
    (Key::Rate, "10/m", "min for minutes or months"),
    (Key::Rate, "1e12/s", "too large"),
    (Key::Rate, "0/s", "too small"),
    (Key::InFlight, "0", "too small"),
    (Key::FirstToken, "2", "the unit is missing"),
    (Key::FirstToken, "0 s", "too small"),
    (Key::PerToken, "fast", "does not begin with a number"),
    (Key::PerToken, "3 days", "too large"),
    (Key::Percentile, "p42", "one of mean, p50, p90"),
    (Key::Guesses, "99", "too large"),
    (Key::ServePrice, "h200:", "write for example 2.50"),
    (Key::ServePrice, "h9000:2", "write for example 2.50"),
    (Key::ApiOutput, "3 s", "that is time"),
    (Key::ServeTp, "0", "too small"),
    (Key::BatchMax, "-3", "below zero"),
];

#[test]
fn numbers_out_of_range_are_refused_by_name() {
    for (key, text, expected) in REFUSED {
        let said = said(*key, text);
        assert!(said.contains(expected), "{key:?} {text:?}: {said}");
        assert!(said.starts_with(key.label()) && said.len() < 600, "{said}");
    }
}

#[test]
fn every_range_holds_at_its_ends() {
    for key in Key::ALL {
        if let Kind::Count(_, min, max) = key.kind() {
            let fits = |n: u64| {
                let resolution = Inputs::default().with(*key, n.to_string()).resolve();
                resolution.problem(*key).is_none_or(|problem| {
                    *key == Key::Leaf && n == min || { !problem.hint.contains("too") }
                })
            };
            assert!(fits(min) && fits(max), "{key:?}");
            assert!(max < u64::from(u32::MAX), "{key:?}");
            assert!(!accepts(*key, &(max + 1).to_string()), "{key:?}");
        }
    }
}

#[test]
fn an_enormous_paste_is_refused_at_once() {
    let paste = "9".repeat(10 << 20);
    for key in Key::ALL {
        let inputs = Inputs::default().with(*key, paste.clone());
        let resolution = inputs.resolve();
        assert_eq!(inputs.get(*key).len(), paste.len());
        if *key != Key::Config {
            let said = resolution.problem(*key).map(ToString::to_string).unwrap_or_default();
            assert!(!said.is_empty() && said.len() < 700, "{key:?}: {said}");
        }
        // A link stays a link.
        assert_eq!(encode(&inputs), "1");
    }
    let config = Inputs::default().with(Key::Model, "config").with(Key::Config, paste);
    let resolution = config.resolve();
    assert!(resolution.case.is_none() && resolution.problem(Key::Config).is_some());
    assert_eq!(encode(&config), "1;m=config");
    assert!(!decode(&"1;n=8".repeat(10 << 20)).problems.is_empty());
}

#[test]
fn a_model_by_hand_is_asked_for_what_it_lacks() {
    let custom = Inputs::default().with(Key::Model, "custom");
    let missing: Vec<Key> = custom.resolve().problems.iter().map(|problem| problem.key).collect();
    assert_eq!(missing, [Key::Layers, Key::Hidden, Key::Heads, Key::FfnWidth, Key::Vocab]);
    let llama = custom
        .with(Key::Layers, "32")
        .with(Key::Hidden, "4096")
        .with(Key::Heads, "32")
        .with(Key::FfnWidth, "11008")
        .with(Key::Vocab, "32,000");
    // The published count of Llama-2-7B without its stored rotary buffers.
    assert_eq!(llama.resolve().case.unwrap().model.params().total, 6_738_415_616);
    let odd = llama.clone().with(Key::Heads, "33");
    assert!(
        odd.resolve()
            .problem(Key::HeadDim)
            .unwrap()
            .hint
            .contains("33 attention heads do not divide 4\u{202f}096")
    );
    let odd = llama.clone().with(Key::KvHeads, "5");
    assert!(odd.resolve().problem(Key::KvHeads).is_some());
    let moe = llama.clone().with(Key::Experts, "8");
    let missing: Vec<Key> = moe.resolve().problems.iter().map(|problem| problem.key).collect();
    assert_eq!(missing, [Key::TopK, Key::ExpertWidth]);
    let moe = moe.with(Key::TopK, "9").with(Key::ExpertWidth, "14336");
    assert!(moe.resolve().problem(Key::TopK).unwrap().expected.contains("1 to 8"));
    // Mixtral-8x7B by hand: 46,702,792,704 parameters, 12,879,925,248 active (the Hub's count).
    let mixtral = moe.with(Key::TopK, "2").with(Key::KvHeads, "8");
    let params = mixtral.resolve().case.unwrap().model.params();
    assert_eq!((params.total, params.active), (46_702_792_704, 12_879_925_248));
    let too_deep = mixtral.with(Key::DenseLayers, "33");
    assert!(too_deep.resolve().problem(Key::DenseLayers).is_some());
}

#[test]
fn what_is_not_typed_follows_the_accelerator() {
    let on = |name: &str| Inputs::default().with(Key::Accelerator, name).resolve().case.unwrap();
    assert_eq!(on("h100").cluster.domain(), 8);
    assert_eq!(on("gb300").cluster.domain(), 72);
    // No bfloat16 on V100: half precision is taken.
    assert_eq!(on("v100").training.precision, Precision::Fp16);
    assert_eq!(on("a100").training.precision, Precision::Bf16);
    assert_ne!(on("h100").offer.rate, on("a100").offer.rate);
    let typed = Inputs::default().with(Key::Domain, "16").with(Key::NodeSize, "16");
    for name in ["h100", "b200"] {
        let case = typed.clone().with(Key::Accelerator, name).resolve().case.unwrap();
        assert_eq!((case.cluster.domain(), case.cluster.node_size), (16, 16));
    }
    let slow = Inputs::default().with(Key::Oversubscription, "4:1").resolve().case.unwrap();
    let rates: Vec<f64> = slow.cluster.levels.iter().map(|level| level.bandwidth.get()).collect();
    assert_eq!(rates, [450e9, 50e9, 12.5e9]);
    // Without adaptive routing flows collide above the leaf: 50 to 75 % was lost (arXiv 2410.21680).
    let hashed = Inputs::default().with(Key::AdaptiveRouting, "off").resolve().case.unwrap();
    let rates: Vec<f64> = hashed.cluster.levels.iter().map(|level| level.bandwidth.get()).collect();
    assert_eq!(rates[..2], [450e9, 50e9]);
    assert!((12.5e9..=25e9).contains(&rates[2]), "{rates:?}");
    // Without rails a leaf of 64 ports has 32 accelerators under it, with them 32 machines of eight.
    let spans = |inputs: Inputs| {
        let levels = inputs.resolve().case.unwrap().cluster.levels;
        levels.iter().map(|level| level.span).collect::<Vec<_>>()
    };
    assert_eq!(spans(Inputs::default()), [8, 256, 16_384]);
    assert_eq!(spans(Inputs::default().with(Key::Rails, "off")), [8, 32, 16_384]);
    assert_eq!(spans(Inputs::default().with(Key::Rails, "off").with(Key::Leaf, "64"))[1], 64);
    // One domain of 72 does not fit under a leaf of 32: the leaf grows.
    let racks = Inputs::default().with(Key::Accelerator, "gb200").with(Key::Rails, "off");
    assert_eq!(spans(racks)[0], 72);
    let on = Inputs::default().with(Key::AdaptiveRouting, "on").resolve().case.unwrap();
    assert_eq!(on, Inputs::default().resolve().case.unwrap());
}

#[test]
fn an_accelerator_by_hand_stands_on_equal_footing() {
    let custom = Inputs::default().with(Key::Accelerator, "custom");
    let missing: Vec<Key> = custom.resolve().problems.iter().map(|problem| problem.key).collect();
    assert_eq!(missing, [Key::Memory, Key::MemoryBandwidth, Key::PeakBf16]);
    let whole = custom
        .with(Key::Memory, "192 GiB")
        .with(Key::MemoryBandwidth, "8 TB/s")
        .with(Key::PeakBf16, "2.5 PFLOPS")
        .with(Key::Price, "$4");
    let case = whole.resolve().case.unwrap();
    assert_eq!(case.cluster.accelerator.memory.get(), 192 << 30);
    assert_eq!(case.peak().get(), 2.5e15);
    assert_eq!(case.offer.rate.get(), 4.0);
}

#[test]
fn a_schedule_that_is_fixed_forbids_the_others() {
    let case = Inputs::default().with(Key::Schedule, "1f1b").resolve().case.unwrap();
    assert!(case.allowed().has(Technique::OneFOneB));
    assert!(!case.allowed().has(Technique::Interleaved));
    let headroom = Inputs::default().with(Key::Headroom, "7.5%").resolve().case.unwrap();
    assert_eq!(headroom.constraints.headroom_thousandths, 75);
    // 0.07 * 1000 is a little more than 70 in binary.
    let headroom = Inputs::default().with(Key::Headroom, "7%").resolve().case.unwrap();
    assert_eq!(headroom.constraints.headroom_thousandths, 70);
}

#[test]
fn words_of_inputs_are_the_keys_of_their_types() {
    let words = |key: Key| match key.kind() {
        Kind::Choice(words) => words,
        _ => &[],
    };
    assert_eq!(words(Key::Precision), Precision::ALL.map(Precision::key));
    assert_eq!(words(Key::Optimizer), OptimizerKind::ALL.map(OptimizerKind::key));
    for key in [Key::Moments, Key::Gradients] {
        assert_eq!(words(key), [StateType::Fp32, StateType::Bf16].map(StateType::key));
    }
    assert!(words(Key::Schedule).iter().all(|word| Technique::from_key(word).is_some()));
}

#[test]
fn every_row_of_the_catalogue_is_reached_by_its_own_name() {
    for row in models::all() {
        let inputs = Inputs::default().with(Key::Model, row.key);
        let case = inputs.resolve().case.unwrap();
        assert_eq!(case.model, row.model, "{}", row.key);
        let again = decode(&encode(&inputs)).inputs.resolve().case.unwrap();
        assert_eq!(again.model, row.model, "{}", row.key);
    }
    for row in accelerators::all() {
        let resolution = Inputs::default().with(Key::Accelerator, row.key.clone()).resolve();
        let case = resolution.case.unwrap_or_else(|| panic!("{:?}", resolution.problems));
        assert_eq!(case.cluster.accelerator, row.accelerator, "{}", row.key);
    }
    for stack in stacks::all() {
        let inputs = Inputs::default().with(Key::Stack, stack.key.clone());
        assert_eq!(&inputs.resolve().case.unwrap().stack, stack, "{}", stack.key);
    }
}

#[test]
fn published_layouts_can_be_fixed() {
    for preset in presets::all().iter().filter(|preset| preset.is_published()) {
        let inputs = decode(&preset.link).inputs.with_layout(&preset.layout);
        let case = inputs.resolve().case.unwrap();
        assert_eq!(case.constraints.fixed.tp, preset.layout.tp, "{}", preset.key);
        assert_eq!(case.constraints.fixed.micro_batch, preset.layout.micro_batch);
        assert_eq!(decode(&encode(&inputs)).inputs, inputs.canonical());
    }
}

proptest! {
    #[test]
    fn any_text_in_any_input_is_answered(
        key in proptest::sample::select(Key::ALL),
        other in proptest::sample::select(Key::ALL),
        text in any::<String>(),
        number in "[0-9.,]{1,12} ?[a-zA-Z/%$]{0,6}",
    ) {
        let inputs = Inputs::default().with(key, &text).with(other, &number);
        let resolution = inputs.resolve();
        // Either there is a case, or it is said what stands in its way.
        let clear = resolution.problems.iter().all(|problem| problem.key.group().is_aside());
        prop_assert_eq!(resolution.case.is_some(), clear && !inputs.is_serving());
        // The same where the model is to be served.
        let served = Inputs::default().with(Key::Purpose, "serve");
        let inputs = served.with(key, text).with(other, number);
        if inputs.is_serving() {
            let resolution = inputs.resolve();
            let stands = |key: Key| matches!(key.group(), Group::Model | Group::Serving);
            let clear = !resolution.problems.iter().any(|problem| stands(problem.key));
            prop_assert_eq!(resolution.ask.is_some(), clear);
            prop_assert!(resolution.case.is_none());
        }
    }
}
