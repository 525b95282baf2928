//! How a checkpoint's weights are stored: `quantization_config`, by the method that wrote it.

use super::fields::Fields;
use super::json::Json;

/// The name of the format, as serving names formats of weights; none where the field is absent or says something else.
pub(super) fn stored(fields: &mut Fields<'_>) -> Option<&'static str> {
    let (path, config) = fields.peek("quantization_config")?;
    let found = format(config)?;
    fields.take(&["quantization_config"]);
    fields.note(&path, found.to_owned(), "format of the stored weights");
    Some(found)
}

fn format(config: &Json) -> Option<&'static str> {
    let text = |key: &str| config.get(key).and_then(Json::text).unwrap_or_default();
    let bits = number(config, "bits").unwrap_or(4);
    match text("quant_method") {
        "mxfp4" => Some("mxfp4"),
        "fp8" | "fbgemm_fp8" => Some("fp8"),
        "awq" if bits == 4 => Some("int4-awq"),
        "gptq" if bits == 4 => Some("int4-gptq"),
        "modelopt" | "modelopt_fp4" => algorithm(text("quant_algo")),
        "compressed-tensors" => groups(config, text("format")),
        _ => None,
    }
}

/// NVIDIA Model Optimizer's names.
fn algorithm(name: &str) -> Option<&'static str> {
    match name {
        "FP8" | "FP8_PB_WO" => Some("fp8"),
        "NVFP4" | "W4A16_NVFP4" => Some("nvfp4"),
        "MXFP8" => Some("mxfp8"),
        "W4A16_AWQ" => Some("int4-awq"),
        _ => None,
    }
}

/// The first group of compressed-tensors; integers of 4 bits run by the kernels of GPTQ (Marlin).
fn groups(config: &Json, format: &str) -> Option<&'static str> {
    let (_, group) = config.get("config_groups")?.entries().first()?;
    let weights = group.get("weights")?;
    let floats = weights.get("type").and_then(Json::text) == Some("float");
    match (number(weights, "num_bits")?, floats) {
        (8, true) if format.starts_with("mxfp8") => Some("mxfp8"),
        (8, true) => Some("fp8"),
        (8, false) if group.get("input_activations").is_some_and(|own| *own != Json::Null) => {
            Some("int8")
        }
        (4, true) if format.starts_with("mxfp4") => Some("mxfp4"),
        (4, true) => Some("nvfp4"),
        (4, false) => Some("int4-gptq"),
        _ => None,
    }
}

fn number(object: &Json, key: &str) -> Option<u64> {
    match object.get(key)? {
        Json::Number(text) => text.parse().ok(),
        _ => None,
    }
}
