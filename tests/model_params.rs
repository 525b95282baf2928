//! The catalogue's shapes, counted by the closed formula, against the counts published for them.
//!
//! The columns `total`, `active` and `published` of `src/catalogue/data/models.csv` were copied
//! from outside (the Hub's safetensors totals; a table computed by another program), so each test
//! sets our formula against a number that it did not make.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used)]

use autoparallel::catalogue::models::{Grade, ModelRow, all, find};
use autoparallel::model::{Ffn, LayerKind, Mixer, Model, limits};
use autoparallel::units::Params;

const TABLE: &str = include_str!("../src/catalogue/data/models.csv");

/// Totals of famous models, typed by hand from their Hub pages (safetensors metadata).
const FAMOUS: [(&str, u64); 12] = [
    ("llama-3.1-405b", 405_853_388_800),
    ("llama-3.1-70b", 70_553_706_496),
    ("llama-3.1-8b", 8_030_261_248),
    ("mixtral-8x7b", 46_702_792_704),
    ("qwen3-30b-a3b", 30_532_122_624),
    ("qwen3-235b-a22b", 235_093_634_560),
    ("deepseek-v2", 235_741_434_880),
    ("gpt-oss-120b", 116_829_156_672),
    ("gemma-2-27b", 27_227_128_320),
    ("bloom", 176_247_271_424),
    ("jamba-v0.1", 51_570_323_328),
    ("nemotron-h-56b", 56_324_350_464),
];

#[test]
fn every_line_of_the_table_is_read() {
    let lines = TABLE.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).count();
    assert_eq!(all().len(), lines - 1);
    assert!(all().len() >= 100, "{} models", all().len());
    for row in all() {
        assert!(!row.sources.is_empty() && !row.agreement.is_empty(), "{}", row.key);
        assert_eq!(row.as_of.len(), "2026-10".len(), "{}", row.key);
    }
}

#[test]
fn totals_and_active_counts_agree_to_the_unit() {
    for row in all() {
        let params = row.model.params();
        if let Some(total) = row.total {
            assert_eq!(params.total, total.get(), "total of {}", row.key);
        }
        if let Some(active) = row.active {
            assert_eq!(params.active, active.get(), "active of {}", row.key);
        }
    }
}

#[test]
fn published_counts_agree_to_the_unit_or_to_the_stated_remainder() {
    let (mut plain, mut explained) = (0, 0);
    for row in all() {
        let Some(published) = row.published else {
            assert_eq!(row.grade, Grade::Agreeing, "{}", row.key);
            continue;
        };
        let ours = i128::from(row.model.params().total) + i128::from(row.remainder);
        assert_eq!(ours, i128::from(published.get()), "{}: {}", row.key, row.agreement);
        if row.remainder == 0 {
            plain += 1;
        } else {
            assert_ne!(row.agreement, "exact", "{} has a remainder", row.key);
            explained += 1;
        }
    }
    assert!(plain >= 60, "{plain} models agree without any remainder");
    assert!(explained >= 35, "{explained} models agree with a stated remainder");
}

#[test]
fn famous_models_have_their_published_totals() {
    for (name, published) in FAMOUS {
        assert_eq!(find(name).unwrap().model.params().total, published, "{name}");
    }
}

/// gpt-oss model card (arXiv 2508.10925, table 1): active 3.61B and 5.13B, the embedding table
/// left out.
#[test]
fn gpt_oss_active_counts_are_those_of_its_card() {
    for (name, card) in [("gpt-oss-20b", 361), ("gpt-oss-120b", 513)] {
        let params = find(name).unwrap().model.params();
        let active = params.active - params.embedding;
        assert_eq!((active + 5_000_000) / 10_000_000, card, "{name}: {active}");
    }
}

/// DeepSeek-V3 (arXiv 2412.19437): 671B in total, 37B active a token; its Hub page counts 14B for
/// the multi-token-prediction module, of which 2 x 129,280 x 7,168 are copies.
#[test]
fn deepseek_v3_counts_are_those_of_its_report() {
    let params = find("deepseek-v3").unwrap().model.params();
    assert_eq!(params.total / 1_000_000_000, 671);
    assert_eq!((params.active - params.embedding) / 1_000_000_000, 36);
    assert_eq!(params.active / 1_000_000_000, 37);
    assert_eq!((params.mtp + 2 * 129_280 * 7_168 + 500_000_000) / 1_000_000_000, 13);
}

/// Narayanan et al. (arXiv 2104.04473, equation 2): 12 l h^2 (1 + 13/(12 h) + (V + s)/(12 l h));
/// ours also counts the final LayerNorm, 2 h. Shapes: Korthikanti et al. (arXiv 2205.05198,
/// table 3).
#[test]
fn gpt_models_of_the_papers_follow_their_formula() {
    let shapes = [
        ("Megatron 22B", 48u64, 6144u64, 64, 22),
        ("GPT-3 175B", 96, 12288, 96, 175),
        ("MT-NLG 530B", 105, 20480, 128, 530),
        ("Megatron 1T", 128, 25600, 160, 1008),
    ];
    for (name, layers, hidden, heads, billions) in shapes {
        let row = find(name).unwrap();
        let paper = 12 * layers * hidden * hidden + 13 * layers * hidden + (51200 + 2048) * hidden;
        assert_eq!(row.model.params().total, paper + 2 * hidden, "{name}");
        assert_eq!((paper + 500_000_000) / 1_000_000_000, billions, "{name}");
        let kind = row.model.kinds.first().unwrap();
        assert_eq!((row.model.n_layers(), kind.mixer.heads()), (layers as u32, heads), "{name}");
    }
}

#[test]
fn every_model_is_consistent() {
    for row in all() {
        check_model(row);
        for kind in &row.model.kinds {
            check_kind(row.key, &row.model, kind);
        }
    }
}

fn check_model(row: &ModelRow) {
    let (name, model) = (row.key, &row.model);
    assert_eq!(model.name, name);
    assert!(!model.pattern.is_empty() && model.n_layers() <= limits::LAYERS_MAX, "{name}");
    assert!(model.kinds.len() <= limits::KINDS_MAX as usize, "{name}");
    assert!(model.hidden > 0 && model.hidden <= limits::WIDTH_MAX, "{name}");
    assert!(model.vocab > 0 && model.vocab <= limits::VOCAB_MAX, "{name}");
    assert!(model.max_positions.is_some(), "{name}");
    let mut highest = 0;
    for (layer, &index) in model.pattern.iter().enumerate() {
        assert!(usize::from(index) < model.kinds.len(), "{name}: layer {layer}");
        assert!(index <= highest, "{name}: kinds stand in the order of first use");
        highest = highest.max(index + 1);
    }
    assert_eq!(usize::from(highest), model.kinds.len(), "{name}: every kind is used");
    let params = model.params();
    assert!(params.active <= params.total && params.total <= limits::PARAMS_MAX, "{name}");
    let parts = params.layers + params.embedding + params.head + params.other;
    assert_eq!(params.total, parts, "{name}");
    assert_eq!(params.mtp > 0, model.mtp_layers > 0, "{name}");
    assert!(model.other_params >= Params::new(u64::from(model.hidden)), "{name}: final norm");
}

fn check_kind(name: &str, model: &Model, kind: &LayerKind) {
    assert!(kind.norm_params >= model.hidden, "{name}: each layer has a norm");
    match &kind.mixer {
        Mixer::Attention(a) => {
            assert!(a.heads > 0 && a.kv_heads > 0 && a.head_dim > 0 && a.v_head_dim > 0, "{name}");
            assert_eq!(a.heads % a.kv_heads, 0, "{name}: whole groups of heads");
        }
        Mixer::Mla(m) => assert!(m.heads > 0 && m.kv_rank > 0 && m.v_head_dim > 0, "{name}"),
        Mixer::Linear(l) => {
            assert!(l.heads > 0 && l.params > 0 && l.state_per_head > 0, "{name}");
            let matrices = u64::from(model.hidden) * u64::from(l.in_width + l.out_width);
            assert!(u64::from(l.params) >= matrices, "{name}: projections are among the weights");
        }
        Mixer::None => assert_ne!(kind.ffn, Ffn::None, "{name}: a layer does something"),
    }
    match &kind.ffn {
        Ffn::Dense(dense) => assert!(dense.width > 0, "{name}"),
        Ffn::Moe(moe) => {
            assert!(moe.top_k > 0 && moe.top_k <= moe.experts && moe.width > 0, "{name}");
            assert!(moe.extra_active <= moe.extra_params, "{name}");
        }
        Ffn::None => {}
    }
}
