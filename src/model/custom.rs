//! A model from numbers entered by hand.

use super::limits::{EXPERTS_MAX, HEADS_MAX, LAYERS_MAX, PARAMS_MAX, VOCAB_MAX, WIDTH_MAX};
use super::{Attention, Dense, Ffn, LayerKind, Mixer, Model, Moe};
use crate::units::Params;

/// What a person states about a decoder: grouped-query attention, two norms a layer, no biases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Numbers {
    /// Layers.
    pub layers: u32,
    /// Model width.
    pub hidden: u32,
    /// Query heads.
    pub heads: u32,
    /// Key-value heads.
    pub kv_heads: u32,
    /// Width of a head; none: the model's width over the heads.
    pub head_dim: Option<u32>,
    /// Inner width of the dense feed-forward network; 0 where every layer holds experts.
    pub intermediate: u32,
    /// Rows of the embedding table.
    pub vocab: u32,
    /// The output head reuses the embedding table.
    pub tied: bool,
    /// Gated feed-forward networks: three matrices instead of two.
    pub gated: bool,
    /// Routed experts of a layer; 0: a dense model.
    pub experts: u32,
    /// Routed experts that each token visits.
    pub top_k: u32,
    /// Inner width of a routed expert.
    pub moe_intermediate: u32,
    /// Shared experts, each as wide as a routed one.
    pub shared_experts: u32,
    /// Dense layers before the first one with experts.
    pub first_k_dense: u32,
}

/// Why numbers do not make a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NumbersError {
    /// A number lies outside its range.
    OutOfRange {
        /// Which.
        field: &'static str,
        /// What was given.
        given: u64,
        /// Smallest value accepted.
        min: u64,
        /// Largest value accepted.
        max: u64,
    },
    /// One number should divide another.
    Uneven {
        /// Which should divide.
        divisor: &'static str,
        /// Its value.
        by: u32,
        /// What it should divide.
        field: &'static str,
        /// Its value.
        given: u32,
    },
}

/// A dense model; the fields about experts play no part.
///
/// # Errors
/// A number outside its range, or heads that do not divide.
pub fn dense(numbers: Numbers) -> Result<Model, NumbersError> {
    let numbers = Numbers { experts: 0, first_k_dense: numbers.layers, ..numbers };
    in_range("intermediate", numbers.intermediate, 1, WIDTH_MAX)?;
    let network = dense_network(&numbers);
    assemble(&numbers, network.clone(), network)
}

/// A mixture of experts, dense in its first layers where asked for.
///
/// # Errors
/// A number outside its range, heads that do not divide, or more experts a token than there are.
pub fn moe(numbers: Numbers) -> Result<Model, NumbersError> {
    in_range("experts", numbers.experts, 1, EXPERTS_MAX)?;
    in_range("top_k", numbers.top_k, 1, numbers.experts)?;
    in_range("moe_intermediate", numbers.moe_intermediate, 1, WIDTH_MAX)?;
    in_range("first_k_dense", numbers.first_k_dense, 0, numbers.layers)?;
    in_range("shared_experts", numbers.shared_experts, 0, WIDTH_MAX / numbers.moe_intermediate)?;
    let least = if numbers.first_k_dense > 0 { 1 } else { 0 };
    in_range("intermediate", numbers.intermediate, least, WIDTH_MAX)?;
    let experts = Ffn::Moe(Moe {
        experts: numbers.experts,
        top_k: numbers.top_k,
        groups: None,
        width: numbers.moe_intermediate,
        gated: numbers.gated,
        shared_width: numbers.shared_experts * numbers.moe_intermediate,
        latent: None,
        dense_width: 0,
        extra_params: 0,
        extra_active: 0,
    });
    assemble(&numbers, dense_network(&numbers), experts)
}

fn dense_network(numbers: &Numbers) -> Ffn {
    Ffn::Dense(Dense { width: numbers.intermediate, gated: numbers.gated, bias: false })
}

/// The first layers with one network, the rest with another.
fn assemble(numbers: &Numbers, first: Ffn, rest: Ffn) -> Result<Model, NumbersError> {
    in_range("layers", numbers.layers, 1, LAYERS_MAX)?;
    in_range("hidden", numbers.hidden, 1, WIDTH_MAX)?;
    in_range("vocab", numbers.vocab, 1, VOCAB_MAX)?;
    let mixer = Mixer::Attention(attention(numbers)?);
    let norm_params = 2 * numbers.hidden;
    let layers = (0..numbers.layers).map(|n| {
        let ffn = if n < numbers.first_k_dense { first.clone() } else { rest.clone() };
        LayerKind { mixer: mixer.clone(), ffn, norm_params }
    });
    let kinds = || NumbersError::OutOfRange { field: "layers", given: 0, min: 1, max: 1 };
    let mut model =
        Model::of_layers("custom", numbers.hidden, layers.collect()).ok_or_else(kinds)?;
    model.vocab = numbers.vocab;
    model.tied = numbers.tied;
    model.other_params = Params::new(u64::from(numbers.hidden));
    let total = model.params().total;
    if total > PARAMS_MAX {
        let (given, max) = (total, PARAMS_MAX);
        return Err(NumbersError::OutOfRange { field: "parameters", given, min: 1, max });
    }
    Ok(model)
}

fn attention(numbers: &Numbers) -> Result<Attention, NumbersError> {
    let (heads, kv_heads) = (numbers.heads, numbers.kv_heads);
    in_range("heads", heads, 1, HEADS_MAX)?;
    in_range("kv_heads", kv_heads, 1, heads)?;
    divides("kv_heads", kv_heads, "heads", heads)?;
    let head_dim = if let Some(dim) = numbers.head_dim {
        in_range("head_dim", dim, 1, WIDTH_MAX)?;
        dim
    } else {
        divides("heads", heads, "hidden", numbers.hidden)?;
        numbers.hidden / heads
    };
    Ok(Attention {
        heads,
        kv_heads,
        head_dim,
        v_head_dim: head_dim,
        window: None,
        qkv_bias: false,
        out_bias: false,
        qk_norm_params: 0,
        output_gate: false,
        values_are_keys: false,
        extra_params: 0,
    })
}

fn in_range(field: &'static str, given: u32, min: u32, max: u32) -> Result<(), NumbersError> {
    if (min..=max).contains(&given) {
        return Ok(());
    }
    let [given, min, max] = [given, min, max].map(u64::from);
    Err(NumbersError::OutOfRange { field, given, min, max })
}

fn divides(
    divisor: &'static str,
    by: u32,
    field: &'static str,
    given: u32,
) -> Result<(), NumbersError> {
    if given.is_multiple_of(by) {
        return Ok(());
    }
    Err(NumbersError::Uneven { divisor, by, field, given })
}

impl std::fmt::Display for NumbersError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::OutOfRange { field, given, min, max } => {
                write!(f, "{field} is {given}; it must lie between {min} and {max}.")
            }
            Self::Uneven { divisor, by, field, given } => {
                write!(f, "{divisor} ({by}) must divide {field} ({given}).")
            }
        }
    }
}

impl std::error::Error for NumbersError {}

#[cfg(test)]
mod tests {
    use super::*;

    const LLAMA_8B: Numbers = Numbers {
        layers: 32,
        hidden: 4096,
        heads: 32,
        kv_heads: 8,
        head_dim: None,
        intermediate: 14336,
        vocab: 128_256,
        tied: false,
        gated: true,
        experts: 0,
        top_k: 0,
        moe_intermediate: 0,
        shared_experts: 0,
        first_k_dense: 0,
    };

    fn total(model: Result<Model, NumbersError>) -> Result<u64, NumbersError> {
        model.map(|model| model.params().total)
    }

    /// Published: Llama-3.1-8B 8,030,261,248; Mixtral-8x7B 46,702,792,704, 12,879,925,248 active.
    #[test]
    fn published_models_come_out_of_their_numbers() {
        assert_eq!(total(dense(LLAMA_8B)), Ok(8_030_261_248));
        let experts = Numbers { experts: 8, top_k: 2, moe_intermediate: 14336, ..LLAMA_8B };
        let mixtral = moe(Numbers { vocab: 32_000, intermediate: 0, ..experts });
        let params = mixtral.map(|model| (model.params().total, model.params().active));
        assert_eq!(params, Ok((46_702_792_704, 12_879_925_248)));
    }

    #[test]
    fn dense_layers_stand_first() {
        let numbers = Numbers { experts: 4, top_k: 1, moe_intermediate: 512, ..LLAMA_8B };
        let model = moe(Numbers { first_k_dense: 3, shared_experts: 2, ..numbers });
        let Ok(model) = model else { panic!("{model:?}") };
        assert_eq!(model.pattern.get(..5), Some(&[0, 0, 0, 1, 1][..]));
        let ffn = model.kinds.get(1).and_then(|kind| kind.ffn.moe()).map(|moe| moe.shared_width);
        assert_eq!(ffn, Some(1024));
    }

    #[test]
    fn each_wrong_number_is_named() {
        let cases = [
            (Numbers { layers: 0, ..LLAMA_8B }, "layers is 0; it must lie between 1 and 10000."),
            (Numbers { heads: 0, ..LLAMA_8B }, "heads is 0; it must lie between 1 and 65536."),
            (Numbers { kv_heads: 33, ..LLAMA_8B }, "kv_heads is 33; it must lie between 1 and 32."),
            (Numbers { kv_heads: 5, ..LLAMA_8B }, "kv_heads (5) must divide heads (32)."),
            (Numbers { hidden: 4097, ..LLAMA_8B }, "heads (32) must divide hidden (4097)."),
            (
                Numbers { vocab: u32::MAX, ..LLAMA_8B },
                "vocab is 4294967295; it must lie between 1 and 16777216.",
            ),
        ];
        for (numbers, message) in cases {
            assert_eq!(dense(numbers).map_err(|error| error.to_string()), Err(message.to_owned()));
        }
        let experts = Numbers { experts: 8, top_k: 9, moe_intermediate: 64, ..LLAMA_8B };
        let error = moe(experts).map_err(|error| error.to_string());
        assert_eq!(error, Err("top_k is 9; it must lie between 1 and 8.".to_owned()));
        let huge = Numbers { layers: 10_000, hidden: 1 << 20, head_dim: Some(1 << 20), ..LLAMA_8B };
        assert!(matches!(dense(huge), Err(NumbersError::OutOfRange { field: "parameters", .. })));
    }
}
