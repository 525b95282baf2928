//! In what each part of a checkpoint lies, against the recipes that are cited, and the names of parts.

#![cfg(not(target_arch = "wasm32"))]

use autoparallel::catalogue::{accelerators, engines, models};
use autoparallel::model::{Blocks, Kept, Model, Parts, Stored, WeightPart};
use autoparallel::serving::{KvFormat, ProductFormat, Service, WeightFormat, parts};
use autoparallel::units::Ratio;

/// DeepSeek-R1: latent attention, dense layers, shared and routed experts, a head of its own.
const LATENT: &str = "deepseek-ai/DeepSeek-R1";
/// Softmax attention and dense layers.
const DENSE: &str = "meta-llama/Llama-3.3-70B-Instruct";

fn model(name: &str, stored: Vec<Stored>) -> Model {
    let found = models::find(name).unwrap_or_else(|| panic!("{name}"));
    Model { stored, ..found.model.clone() }
}

fn held(model: Model, weights: WeightFormat) -> impl Fn(WeightPart) -> (f64, ProductFormat) {
    let row = accelerators::find("b200").expect("a machine");
    let service = Service {
        model,
        cluster: accelerators::cluster(row, 8),
        engine: engines::find("vllm").expect("an engine").clone(),
        weights,
        cache: KvFormat::Wide,
        speculation: None,
    };
    let held = service.held();
    move |part| {
        let (bits, product) = held.of(part);
        (bits.get(), product)
    }
}

/// 4 bits and an 8-bit scale for 16 of them; 8-bit floats; 16 bits. Logits are computed in 16 bits whatever the head lies
/// in.
#[test]
fn parts_lie_and_are_multiplied_in_what_the_checkpoint_has() {
    let own = Parts::default()
        .with(WeightPart::Shared, Kept::Eight)
        .with(WeightPart::Attention, Kept::Wide);
    let stored = |bits| vec![Stored { format: "nvfp4", parts: own, bits, blocks: Blocks::None }];
    let of = held(model(LATENT, stored(None)), WeightFormat::Nvfp4);
    assert_eq!(of(WeightPart::Shared), (8.0, ProductFormat::Eight));
    assert_eq!(of(WeightPart::Attention), (16.0, ProductFormat::Wide));
    assert_eq!(of(WeightPart::Routed), (4.0 + 8.0 / 16.0, ProductFormat::Four));
    assert_eq!(of(WeightPart::Head), (4.5, ProductFormat::Wide));
    let of = held(model(LATENT, stored(Some(Ratio::new(5.0)))), WeightFormat::Nvfp4);
    assert_eq!((of(WeightPart::Routed).0, of(WeightPart::Shared).0), (5.0, 8.0));
    // Another format of the same model is not that checkpoint's.
    let of = held(model(LATENT, stored(None)), WeightFormat::Fp8);
    assert_eq!(of(WeightPart::Attention), (8.0, ProductFormat::Eight));
    assert_eq!(of(WeightPart::Head), (16.0, ProductFormat::Wide));
}

#[test]
fn weights_of_32_bits_are_wide_in_32() {
    let wide = vec![Stored {
        format: "fp32",
        parts: Parts::default().with(WeightPart::Dense, Kept::Wide),
        bits: None,
        blocks: Blocks::None,
    }];
    for stored in [Vec::new(), wide] {
        let of = held(model(DENSE, stored), WeightFormat::Fp32);
        for part in [WeightPart::Dense, WeightPart::Attention, WeightPart::Head] {
            assert_eq!(of(part), (32.0, ProductFormat::Wide), "{part:?}");
        }
    }
}

/// nvidia/DeepSeek-V3-0324-NVFP4 leaves all of latent attention wide, others of NVFP4 do not; MXFP4 takes the routed
/// experts alone, and all layers where there are none.
#[test]
fn recipes_quantise_what_they_are_said_to() {
    let of = |name: &str, format| {
        let own = parts(format, &model(name, Vec::new()));
        own.of(Kept::Wide).map(WeightPart::key).collect::<Vec<_>>()
    };
    assert_eq!(of(LATENT, WeightFormat::Nvfp4), ["attention", "output", "head"]);
    assert_eq!(of(DENSE, WeightFormat::Nvfp4), ["head"]);
    assert_eq!(
        of(LATENT, WeightFormat::Mxfp4),
        ["attention", "output", "linear", "dense", "shared", "head"]
    );
    assert_eq!(of(DENSE, WeightFormat::Mxfp4), ["head"]);
    assert_eq!(of(LATENT, WeightFormat::Q4Km), Vec::<&str>::new());
}

/// Names are those of parts that a model has, attention once where all of it lies in the same.
#[test]
fn parts_are_told_by_name_where_a_model_has_them() {
    let wide = Parts::routed();
    let told = |parts: Parts, model: &Model| parts.told(Kept::Wide, model);
    let latent = model(LATENT, Vec::new());
    assert_eq!(told(wide, &latent), "attention, dense layers, shared experts, output head");
    assert_eq!(wide.told(Kept::Quantised, &latent), "routed experts");
    let half = wide.with(WeightPart::Attention, Kept::Eight);
    assert_eq!(told(half, &latent), "attention output, dense layers, shared experts, output head");
    let dense = model(DENSE, Vec::new());
    assert_eq!(told(wide, &dense), "attention, dense layers, output head");
    assert_eq!(told(Parts::default(), &dense), "");
    // Its head is its table of embeddings.
    let tied = Model { tied: true, ..dense };
    assert_eq!(told(wide, &tied), "attention, dense layers");
    // Experts without shared ones; a dense network beside routed ones counts as one.
    let mut plain = model("mistralai/Mixtral-8x7B-v0.1", Vec::new());
    assert_eq!(told(wide, &plain), "attention, output head");
    for kind in &mut plain.kinds {
        if let autoparallel::model::Ffn::Moe(moe) = &mut kind.ffn {
            moe.dense_width = 1024;
        }
    }
    assert_eq!(told(wide, &plain), "attention, shared experts, output head");
}
