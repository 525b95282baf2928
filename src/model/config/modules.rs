//! Which parts of a model the names in a `quantization_config` mean: module paths, globs, expressions (`re:`).

use crate::model::limits::LAYERS_MAX;
use crate::model::{LayerKind, Model, WeightPart};
use std::collections::BTreeSet;

/// Names of modules that are no part of what is quantised: tables, routers, norms, other towers.
const ASIDE: [&str; 16] = [
    "norm",
    "bias",
    "e_score",
    "index",
    "conv1d",
    "embed",
    "vision",
    "visual",
    "audio",
    "projector",
    "router",
    "mtp",
    "rotary",
    "a_log",
    "dt_",
    "shared_head",
];

/// A module that stands for each part, in the order of [`WeightPart::ALL`].
pub(super) const STANDS: [&str; WeightPart::ALL.len()] = [
    "self_attn.q_proj",
    "self_attn.o_proj",
    "linear_attn",
    "mlp.down_proj",
    "shared_experts",
    "mlp.experts",
    "lm_head",
];

/// Parts that names cover, layer by layer.
pub(super) struct Cover<'a> {
    model: &'a Model,
    layers: [BTreeSet<u32>; WeightPart::ALL.len()],
    whole: [bool; WeightPart::ALL.len()],
}

impl<'a> Cover<'a> {
    pub fn new(model: &'a Model) -> Self {
        Self { model, layers: Default::default(), whole: Default::default() }
    }

    /// Counts a name in.
    pub fn add(&mut self, name: &str) {
        let (parts, layers) = self.meant(name);
        for part in parts {
            match &layers {
                Some(layers) => self.layers[part as usize].extend(layers),
                None => self.whole[part as usize] = true,
            }
        }
    }

    /// Whether a part is covered in most of the layers that have it.
    pub fn has(&self, part: WeightPart) -> bool {
        let all = self.model.pattern.iter().zip(0u32..);
        let (mut having, mut covered) = (0u32, 0u32);
        for (kind, at) in all {
            let Some(kind) = self.model.kinds.get(usize::from(*kind)) else { continue };
            if kind.has_part(part) {
                having += 1;
                covered += u32::from(self.layers[part as usize].contains(&at));
            }
        }
        let whole = self.whole[part as usize];
        if having > 0 { whole || 2 * covered > having } else { whole && part == WeightPart::Head }
    }

    /// The parts that a name means, and the layers; none: all of them.
    fn meant(&self, name: &str) -> (Vec<WeightPart>, Option<Vec<u32>>) {
        use WeightPart as P;
        let name = name.trim_start_matches("re:").replace('\\', "").to_ascii_lowercase();
        let end = |c: char| matches!(c, '.' | '*' | '$' | '(' | ')' | '?' | '^');
        let name = name.trim_matches(end);
        if ASIDE.iter().any(|word| name.contains(word)) || name.ends_with("gate") {
            return (Vec::new(), None);
        }
        let (layers, tail) = match name.split_once("layers.") {
            Some((_, rest)) => numbers(rest),
            None => (None, name),
        };
        let has = |words: &[&str]| words.iter().any(|word| tail.contains(word));
        let parts: &[P] = if tail.trim_matches(end).is_empty() && layers.is_some() {
            &P::ALL[..P::Head as usize]
        } else if has(&["lm_head"]) || name == "head" {
            &[P::Head]
        } else if has(&["shared_expert", "shared_mlp"]) {
            &[P::Shared]
        } else if has(&["experts"]) {
            &[P::Routed]
        } else if has(&["linear_attn", "mamba", "mixer.in_proj", "mixer.out_proj", "ssm"]) {
            &[P::Linear]
        } else if has(&["o_proj", "out_proj", "|o"]) {
            if has(&["(q", "|q"]) { &[P::Attention, P::Output] } else { &[P::Output] }
        } else if has(&["q_proj", "q_a_proj", "q_b_proj", "qkv", "(q"]) {
            &[P::Attention]
        } else if has(&["attn", "attention"]) {
            // Of a key or a value alone nothing is said.
            if has(&["_proj"]) { &[] } else { &[P::Attention, P::Output, P::Linear] }
        } else if has(&["mlp", "ffn", "feed_forward", "up_proj", "down_proj"]) {
            if self.beside() { &[P::Dense, P::Shared] } else { &[P::Dense] }
        } else {
            &[]
        };
        (parts.to_vec(), layers)
    }

    /// Whether a dense network runs beside the experts.
    fn beside(&self) -> bool {
        let moe = |kind: &LayerKind| kind.ffn.moe().is_some_and(|moe| moe.dense_width > 0);
        self.model.kinds.iter().any(moe)
    }
}

/// The numbers of layers at the start of a text (`12`, `(0|1|2)`), and what follows; no number means all layers.
fn numbers(text: &str) -> (Option<Vec<u32>>, &str) {
    let several = text.strip_prefix('(').and_then(|rest| rest.split_once(')'));
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (list, rest) = several.unwrap_or_else(|| text.split_at(digits));
    let mut layers = Vec::new();
    for number in list.split('|') {
        match number.parse::<u32>() {
            Ok(n) if n < LAYERS_MAX => layers.push(n),
            _ => return (None, text),
        }
    }
    (Some(layers), rest)
}
