//! How a checkpoint's weights are stored: `quantization_config`, by the method that wrote it.

use super::fields::Fields;
use super::json::Json;
use super::modules::Cover;
use crate::model::{Blocks, Kept, Model, Parts, Stored, WeightPart};
use crate::units::Ratio;

/// Where methods name the modules that they leave alone.
const LEFT: [&str; 5] =
    ["ignore", "modules_to_not_convert", "exclude_modules", "ignored_layers", "exclude"];
/// Layers and what each is quantised to (NVIDIA Model Optimizer).
pub(super) const LAYERED: &str = "quantized_layers";
/// Rows and columns that share a scale (DeepSeek).
pub(super) const BLOCK: &str = "weight_block_size";
/// Groups of modules with a format each (compressed-tensors).
pub(super) const GROUPS: &str = "config_groups";

/// What the checkpoint holds; none where the field is absent or says something else.
pub(super) fn stored(fields: &mut Fields<'_>, model: Option<&Model>) -> Option<Stored> {
    let (path, config) = fields.peek("quantization_config")?;
    let format = format(config)?;
    let parts = model.map_or_else(Parts::layers, |model| parts(config, format, model));
    fields.take(&["quantization_config"]);
    let mut value = format.to_owned();
    for (kept, bits) in [(Kept::Eight, 8), (Kept::Wide, 16)] {
        let names = model.map_or_else(String::new, |model| parts.told(kept, model));
        if !names.is_empty() {
            value.push_str(&format!("; {names} in {bits} bits"));
        }
    }
    fields.note(&path, value, "format of the stored weights");
    Some(Stored { format, parts, bits: bits(config, format), blocks: blocks(config) })
}

/// Whether 8-bit floats lie in blocks: the field of DeepSeek's own method, a strategy of compressed-tensors, an algorithm
/// of Model Optimizer.
fn blocks(config: &Json) -> Blocks {
    let weights = main(config).and_then(|group| group.get("weights"));
    let block = config.get(BLOCK).is_some_and(|size| *size != Json::Null)
        || weights.is_some_and(|own| word(own, "strategy") == "block")
        || word(config, "quant_algo") == "FP8_PB_WO";
    if block { Blocks::Own } else { Blocks::None }
}

/// A field's text, nothing where it has none.
fn word<'a>(config: &'a Json, key: &str) -> &'a str {
    config.get(key).and_then(Json::text).unwrap_or_default()
}

fn format(config: &Json) -> Option<&'static str> {
    let text = |key| word(config, key);
    let bits = number(config, "bits").unwrap_or(4);
    if let Some(format) = layered(config) {
        return Some(format);
    }
    match text("quant_method") {
        "mxfp4" => Some("mxfp4"),
        "mxfp8" => Some("mxfp8"),
        "fp8" | "fbgemm_fp8" => Some("fp8"),
        "awq" if bits == 4 => Some("int4-awq"),
        "gptq" if bits == 4 => Some("int4-gptq"),
        "modelopt" | "modelopt_fp4" | "" => algorithm(text("quant_algo")),
        "compressed-tensors" => group(main(config)?, text("format")),
        _ => None,
    }
}

/// Model Optimizer's name of a format.
pub(super) fn algorithm_of(format: &str) -> &'static str {
    let names = ["FP8", "NVFP4", "MXFP8", "MXFP4", "W4A16_AWQ", "INT4"];
    names.into_iter().find(|name| algorithm(name) == Some(format)).unwrap_or_default()
}

/// NVIDIA Model Optimizer's names, and two of the same kind.
fn algorithm(name: &str) -> Option<&'static str> {
    match name {
        "FP8" | "FP8_PB_WO" => Some("fp8"),
        "NVFP4" | "W4A16_NVFP4" => Some("nvfp4"),
        "MXFP8" => Some("mxfp8"),
        "MXFP4" => Some("mxfp4"),
        "W4A16_AWQ" => Some("int4-awq"),
        "INT4" => Some("int4-gptq"),
        _ => None,
    }
}

/// The narrowest format of layers that are listed one by one.
fn layered(config: &Json) -> Option<&'static str> {
    let mut found = None;
    for (_, how) in config.get(LAYERED)?.entries() {
        let own = how.get("quant_algo").and_then(Json::text).and_then(algorithm);
        let narrow = own.is_some_and(|own| !own.ends_with('8'));
        if narrow || found.is_none() {
            found = own.or(found);
        }
    }
    found
}

/// The group of the fewest bits: the first of them.
pub(super) fn main(config: &Json) -> Option<&Json> {
    let groups = config.get(GROUPS)?.entries().iter().map(|(_, group)| group);
    groups.min_by_key(|group| width(group).unwrap_or(u64::MAX))
}

fn width(group: &Json) -> Option<u64> {
    number(group.get("weights")?, "num_bits")
}

/// A group of compressed-tensors; integers of 4 bits run by the kernels of GPTQ (Marlin).
fn group(group: &Json, format: &str) -> Option<&'static str> {
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

/// Bits of an integer with its share of a 16-bit scale and, unless groups are symmetric, a zero of its own width.
fn bits(config: &Json, format: &str) -> Option<Ratio> {
    if !format.starts_with("int4") {
        return None;
    }
    let weights = main(config).and_then(|group| group.get("weights"));
    let size =
        number(weights.unwrap_or(config), "group_size").filter(|n| (8..=4096).contains(n))?;
    let symmetric = weights.and_then(|own| own.get("symmetric")) == Some(&Json::Bool(true));
    let scales = if symmetric { 16.0 } else { 20.0 };
    Some(Ratio::new(4.0 + scales / size as f64))
}

fn parts(config: &Json, format: &str, model: &Model) -> Parts {
    let list = |object: &'_ Json, key: &str| object.get(key).map_or(&[][..], Json::items).to_vec();
    let object = |key: &str| config.get(key).map_or(&[][..], Json::entries);
    let method = config.get("quant_method").and_then(Json::text).unwrap_or_default();
    // What is named in the format, in 8 bits beside it, and left alone; and where the rest lies.
    let mut named = [Cover::new(model), Cover::new(model), Cover::new(model)];
    let mut rest = Kept::Wide;
    for (name, how) in object(LAYERED) {
        let own = how.get("quant_algo").and_then(Json::text).and_then(algorithm);
        named[usize::from(own != Some(format))].add(name);
        // Files in 8 bits stay so where nothing else is listed.
        rest = if method == "fp8" { Kept::Eight } else { Kept::Wide };
    }
    let mut listed = !object(LAYERED).is_empty();
    let words = config.get("format").and_then(Json::text).unwrap_or_default();
    for (_, own) in object(GROUPS) {
        let how = group(own, words);
        for target in list(own, "targets") {
            let name = target.text().unwrap_or_default();
            if name != "Linear" && object(LAYERED).is_empty() {
                listed = true;
                named[usize::from(how != Some(format))].add(name);
            }
        }
    }
    if !listed {
        rest = if method == "mxfp4" { Kept::Wide } else { Kept::Quantised };
        named[0].add(if method == "mxfp4" { "experts" } else { "" });
        for key in LEFT {
            for name in list(config, key) {
                named[2].add(name.text().unwrap_or_default());
            }
        }
        // GPTQModel's rules: those with a minus leave out.
        for (rule, _) in object("dynamic") {
            named[2].add(rule.strip_prefix("-:").unwrap_or_default());
        }
        if config.get("lm_head") == Some(&Json::Bool(true)) {
            named[0].add("lm_head");
        }
    }
    let mut parts = Parts::layers();
    for part in WeightPart::ALL {
        let has = |at: usize| named[at].has(model, part);
        let head = part == WeightPart::Head;
        // Of what the model has not, nothing is said.
        let kept = if !head && !model.has_part(part) {
            Kept::Quantised
        } else if has(2) {
            Kept::Wide
        } else if has(1) {
            Kept::Eight
        } else if has(0) {
            Kept::Quantised
        } else if head {
            Kept::Wide
        } else {
            rest
        };
        parts = parts.with(part, kept);
    }
    parts
}

fn number(object: &Json, key: &str) -> Option<u64> {
    match object.get(key)? {
        Json::Number(text) => text.parse().ok(),
        _ => None,
    }
}
