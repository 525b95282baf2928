//! The catalogue of accelerators, kernel constants and stacks: whole, sourced, physically possible.

use autoparallel::catalogue::{accelerators, kernels, stacks};
use autoparallel::cluster::{Fabric, LEVELS_MAX, Level, MatmulCurve};
use autoparallel::stack::{Technique, Techniques};
use autoparallel::units::{BytesPerSecond, FlopsPerSecond, Ratio, Seconds};
use std::collections::BTreeSet;

#[test]
fn every_line_of_the_tables_is_read() {
    assert_eq!(accelerators::all().len(), accelerators::n_lines());
    assert_eq!(kernels::all().len(), kernels::n_lines());
    assert_eq!(stacks::all().len(), stacks::keys().len());
    assert!(accelerators::all().len() >= 55);
}

#[test]
fn keys_and_names_lead_to_one_row() {
    let mut seen = BTreeSet::new();
    for row in accelerators::all() {
        for name in row.names() {
            let squeezed: String =
                name.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect();
            assert!(
                seen.insert(squeezed.clone())
                    || row
                        .names()
                        .filter(|n| {
                            n.to_lowercase()
                                .chars()
                                .filter(|c| c.is_alphanumeric())
                                .collect::<String>()
                                == squeezed
                        })
                        .count()
                        > 1,
                "{name} names two rows"
            );
            assert_eq!(accelerators::find(name).map(|found| &found.key), Some(&row.key), "{name}");
        }
    }
    let stacks: BTreeSet<_> = stacks::all().iter().map(|stack| &stack.key).collect();
    assert_eq!(stacks.len(), stacks::all().len());
    let kernels: BTreeSet<_> = kernels::all().iter().map(|row| &row.key).collect();
    assert_eq!(kernels.len(), kernels::all().len());
}

#[test]
fn names_that_people_type_are_found() {
    for (typed, key) in [
        ("H100", "h100-sxm"),
        ("h100 80GB SXM", "h100-sxm"),
        ("A100-80GB-SXM", "a100-80g"),
        ("a100 40gb", "a100-40g"),
        ("GB200 NVL72", "gb200"),
        ("TPU v5p", "tpu-v5p"),
        ("Trillium", "tpu-v6e"),
        ("mi300x", "mi300x"),
        ("Gaudi 3", "gaudi3"),
        ("trn2", "trainium2"),
        ("RTX-4090", "rtx-4090"),
    ] {
        assert_eq!(accelerators::find(typed).map(|row| row.key.as_str()), Some(key), "{typed}");
    }
    assert_eq!(accelerators::find("no such chip"), None);
    assert_eq!(accelerators::search("h200").first().map(|row| row.key.as_str()), Some("h200-sxm"));
    assert_eq!(accelerators::search("").len(), accelerators::all().len());
    for word in ["v100", "mi2", "tpu", "gaudi", "trainium", "rtx", "blackwell"] {
        assert!(!accelerators::search(word).is_empty(), "{word}");
    }
}

#[test]
fn accelerators_are_physically_possible() {
    for row in accelerators::all() {
        let (key, accelerator) = (&row.key, &row.accelerator);
        let peak = &accelerator.peak;
        let wide = peak.bf16.or(peak.fp16).map_or(0.0, |rate| rate.get());
        assert!((4e13..1e16).contains(&wide), "{key}: 16-bit rate {wide}");
        for faster in [peak.fp8, peak.fp4].into_iter().flatten() {
            assert!(faster.get() >= wide, "{key}: fewer bits, no slower");
        }
        let gib = accelerator.memory.as_gib();
        assert!((16.0..=512.0).contains(&gib.ceil()), "{key}: {gib} GiB");
        let stream = accelerator.memory_bandwidth.get();
        assert!((3e11..3e13).contains(&stream), "{key}: memory {stream}");
        assert!(row.link.get() > 1e9 && row.link.get() <= stream, "{key}: link");
        assert!(row.nic.get() > 5e8 && row.nic <= row.link.max(row.nic), "{key}: network");
        assert!(row.link_latency > Seconds::ZERO && row.link_latency < Seconds::us(10.0), "{key}");
        assert!(row.host.link.get() > 1e9 && row.host.memory.get() > 1_000_000_000, "{key}: host");
        assert!(row.node_size >= 1 && row.domain >= 1 && accelerator.units >= 1, "{key}");
        if let Some(price) = row.price {
            assert!((0.1..50.0).contains(&price.get()), "{key}: {} dollars", price.get());
            assert!(!row.price_source.is_empty(), "{key}: price without a source");
        }
    }
}

/// Rates beside those of floats (`data/rates.csv`): of every line, and none slower than the wider ones that it replaces.
#[test]
fn rates_of_integers_and_half_sums_are_physically_possible() {
    let lines = include_str!("../src/catalogue/data/rates.csv").lines().skip(1);
    for line in lines {
        let key = line.split(',').next().unwrap_or_default();
        let row = accelerators::find_serving(key).expect(key);
        assert_eq!(row.key, key);
        let peak = row.accelerator.peak;
        let rate = |rate: Option<FlopsPerSecond>| rate.map_or(0.0, |rate| rate.get());
        let (wide, int8) = (rate(peak.bf16.or(peak.fp16)), rate(peak.int8));
        assert!((wide..=4.1 * wide).contains(&int8), "{key}: {int8} over {wide}");
        assert!(peak.int8_warp.is_none_or(|warp| warp.get() < int8), "{key}");
        // Half sums of GeForce cards run at half the rate of integers, and twice that of whole sums.
        if let Some(half) = peak.half {
            assert!((half.get() / int8 - 0.5).abs() < 0.01, "{key}: {half:?}");
            assert!((half.get() / wide - 2.0).abs() < 0.02, "{key}: {half:?}");
        }
        assert!(peak.vector.is_none_or(|vector| vector.get() <= wide), "{key}");
    }
}

/// What is said of a row is what its columns say: confirmed only where a column says by what and none names a doubt, and
/// every doubt is named.
#[test]
fn what_is_said_of_every_row_is_what_its_columns_say() {
    let mut kinds = std::collections::BTreeSet::new();
    for row in accelerators::all().iter().chain(accelerators::edge()) {
        let doubted = &row.accelerator.unverified;
        let (text, verified) = row.confirmed(doubted);
        assert!(text.starts_with(&row.label) && text.ends_with('.'), "{text}");
        let kind = row.verification.as_str();
        let sure = doubted.is_empty() && (kind == "vendor-doc" || kind == "secondary");
        assert_eq!((row.verified, verified), (sure, sure), "{}", row.key);
        // Only what is sure is told without a "not", a "no" or an assumption.
        let told = text.strip_prefix(&row.label).expect("the label first");
        let doubts = ["not every figure", "no primary source", "assumed"];
        assert_eq!(doubts.iter().any(|word| told.contains(word)), !sure, "{text}");
        assert_eq!(
            told.contains("every figure used was read in its maker's"),
            sure && kind == "vendor-doc"
        );
        assert_eq!(told.contains("secondary sources agree"), sure && kind == "secondary", "{text}");
        for field in doubted.iter().filter(|field| *field != "all") {
            assert!(told.contains(&field.replace('_', " ")), "{field}: {text}");
        }
        assert!(!told.contains("its all"), "{text}");
        assert_eq!(told.contains("assumed"), kind == "assumed" && !doubted.is_empty(), "{text}");
        kinds.insert((kind, doubted.is_empty()));
    }
    // Of every kind there is, and one that was told wrongly before: some figures, and nobody wrote which.
    assert!(kinds.contains(&("partial", true)) && kinds.len() >= 6, "{kinds:?}");
    // What is typed is in no doubt.
    let a800 = accelerators::find("a800").expect("a row");
    assert!(!a800.verified && a800.confirmed(&[]).1);
}

#[test]
fn every_row_has_a_source_and_a_date() {
    let dated = |date: &str| date.starts_with("20") && date.len() >= 7;
    for row in accelerators::all() {
        assert!(!row.source.is_empty() && dated(&row.date), "{}", row.key);
        assert!(!row.verification.is_empty(), "{}", row.key);
    }
    for row in kernels::all() {
        assert!(!row.source.is_empty() && dated(&row.date) && !row.basis.is_empty(), "{}", row.key);
    }
    for fact in stacks::facts() {
        assert!(!fact.source.is_empty(), "{} {}", fact.of, fact.field);
    }
}

#[test]
fn kernel_constants_stay_below_the_data_sheet() {
    let share = |ratio: Ratio| ratio > Ratio::ZERO && ratio <= Ratio::ONE;
    let curve = |curve: &MatmulCurve| {
        share(curve.top) && (0.0..4000.0).contains(&curve.k_half) && curve.tile_m * curve.tile_n > 0
    };
    for row in kernels::all() {
        let k = &row.kernels;
        assert!(curve(&k.matmul) && curve(&k.matmul_fp8) && curve(&k.matmul_fp4), "{}", row.key);
        assert!(share(k.attention_forward) && share(k.memory), "{}", row.key);
        assert!(k.attention_backward < k.attention_forward, "{}", row.key);
        assert!(k.launch <= Seconds::us(3.0), "{}", row.key);
        let measured = row.basis == "measured";
        assert_eq!(measured, row.fits[0].rows > 0, "{}", row.key);
        if let Some(error) = row.fits[0].error_large {
            assert!(error.get() < 0.12, "{}: off by {}", row.key, error.get());
        }
    }
}

/// Best products that stas00/ml-engineering (2026-08-22) found by search, tera-operations a second,
/// with their shapes. A curve of typical products may exceed such a maximum by its own error only.
#[test]
fn curves_agree_with_the_best_products_found() {
    for (key, best, [m, n, k]) in [
        ("a100-80g", 271.2, [1024.0, 10240.0, 5120.0]),
        ("h100-sxm", 794.5, [2048.0, 2048.0, 13312.0]),
        ("b200", 1745.0, [1792.0, 16128.0, 3072.0]),
        ("gb200", 1822.0, [4096.0, 9728.0, 2048.0]),
        ("mi300x", 668.4, [10240.0, 15360.0, 8192.0]),
        ("gaudi2", 418.7, [14336.0, 15360.0, 2048.0]),
    ] {
        let Some(row) = accelerators::find(key) else { panic!("{key}") };
        let accelerator = &row.accelerator;
        let curve = accelerator.kernels.matmul;
        let peak = accelerator.peak.bf16.map_or(0.0, |rate| rate.get());
        let tile = [f64::from(curve.tile_m), f64::from(curve.tile_n)];
        let units = f64::from(accelerator.units);
        let full: f64 = (m / tile[0]).ceil() * (n / tile[1]).ceil() / units;
        let waves = f64::midpoint(full.max(1.0), full.ceil());
        let flops = waves * units * tile[0] * tile[1] * 2.0 * (k + curve.k_half);
        let seconds = flops / (peak * curve.top.get());
        let rate = 2.0 * m * n * k / seconds / 1e12;
        assert!((rate / best).ln().abs() < 0.13, "{key}: {rate:.0} against {best}");
    }
}

#[test]
fn clusters_are_nested_and_reach_everything() {
    for row in accelerators::all() {
        for count in [1, 7, 8, 72, 512, 16_384] {
            let cluster = accelerators::cluster(row, count);
            assert_eq!(cluster.count, count);
            assert!(cluster.levels.len() <= LEVELS_MAX as usize, "{}", row.key);
            assert!(cluster.levels.windows(2).all(|pair| pair[0].span < pair[1].span));
            assert!(cluster.levels.last().is_some_and(|level| level.span >= count));
            assert!(cluster.levels.iter().all(|level| level.bandwidth.get() > 0.0));
            assert_eq!(cluster.domain(), row.domain);
        }
    }
    // Eight to a box, 400 Gbit/s: 50 GB/s to the leaf, half of that above a spine of 2 to 1.
    let link = Level { span: 8, bandwidth: BytesPerSecond::gb(450.0), latency: Seconds::us(1.0) };
    let nic = BytesPerSecond::gbit(400.0);
    let over = |ratio: f64| Fabric { oversubscription: Ratio::new(ratio), ..Fabric::full(256) };
    let levels = accelerators::network(link, nic, &over(2.0), 1024);
    let rates: Vec<(u32, f64)> =
        levels.iter().map(|level| (level.span, level.bandwidth.get())).collect();
    assert_eq!(rates, [(8, 450e9), (256, 50e9), (1024, 25e9)]);
    assert_eq!(accelerators::network(link, nic, &over(2.0), 8).len(), 1);
    // A spine is never faster than the network cards, and none is needed within one leaf.
    assert_eq!(accelerators::network(link, nic, &over(0.5), 1024)[2].bandwidth, nic);
    assert_eq!(accelerators::network(link, nic, &over(1.0), 256).len(), 2);
}

#[test]
fn stacks_run_what_they_exclude_and_their_constants_are_shares() {
    let needed = ["megatron", "torchtitan", "deepspeed", "maxtext", "hai-llm", "unconstrained"];
    assert!(needed.iter().all(|key| stacks::find(key).is_some()));
    for stack in stacks::all() {
        for pair in &stack.exclusions {
            assert!(stack.techniques.has(pair.first), "{}: {:?}", stack.key, pair);
            assert!(stack.techniques.has(pair.second), "{}: {:?}", stack.key, pair);
            assert!(!pair.reason.is_empty() && pair.first != pair.second);
        }
        let p = &stack.profile;
        let o = &p.overlap;
        let shares = [p.matmul, p.attention, p.link_inside, p.link_outside];
        assert!(shares.iter().all(|share| *share > Ratio::ZERO && *share <= Ratio::ONE));
        let hidden = [o.tensor, o.context, o.expert, o.pipeline, o.gradients, o.parameters];
        assert!(hidden.iter().all(|share| *share < Ratio::ONE), "{}", stack.key);
        assert!(p.straggler >= Ratio::ONE && p.slack < Ratio::new(0.5));
        assert!(p.launch < Seconds::us(20.0) && p.step_overhead < Seconds::new(1.0));
        assert!((1..=4).contains(&p.weights.gathered) && (2..=4).contains(&p.weights.working));
        assert!(p.context.as_gib() < 16.0 && p.logit_bytes <= 16);
    }
}

#[test]
fn well_known_abilities_hold() {
    let has = |key: &str, technique| {
        stacks::find(key).is_some_and(|stack| stack.techniques.has(technique))
    };
    let excludes = |key: &str, one, other| {
        stacks::find(key).is_some_and(|stack| {
            stack.exclusions.iter().any(|pair| {
                (pair.first, pair.second) == (one, other)
                    || (pair.second, pair.first) == (one, other)
            })
        })
    };
    // arXiv 2412.19437, section 3.2: pipeline, experts and ZeRO-1, no tensor parallel.
    assert!(has("hai-llm", Technique::DualPipe) && has("hai-llm", Technique::ExpertParallel));
    assert!(!has("hai-llm", Technique::TensorParallel));
    // deepspeedai/DeepSpeed issue 1629.
    assert!(excludes("deepspeed", Technique::Zero3, Technique::PipelineParallel));
    assert!(!has("torchtitan", Technique::Zero1) && has("torchtitan", Technique::Zero3));
    assert!(has("megatron", Technique::Interleaved) && !has("megatron", Technique::DualPipe));
    assert!(!has("maxtext", Technique::OneFOneB));
    let all = stacks::find(stacks::UNCONSTRAINED).map(|stack| stack.techniques);
    assert_eq!(all, Some(Techniques::of(Technique::ALL)));
}
