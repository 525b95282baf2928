//! Which parts of a model the names in a `quantization_config` mean: module paths, globs, expressions (`re:`).

use crate::model::{Model, WeightPart as P};

/// A module that stands for each part, in the order of [`P::ALL`].
pub(super) const STANDS: [&str; P::ALL.len()] = [
    "self_attn.q_proj",
    "self_attn.o_proj",
    "linear_attn",
    "mlp.down_proj",
    "shared_experts",
    "mlp.experts",
    "lm_head",
];

const ATTENTION: u8 = bit(P::Attention);
const OUTPUT: u8 = bit(P::Output);
const LINEAR: u8 = bit(P::Linear);
const LAYER: u8 = bit(P::Head) - 1;

/// Words of a name and the parts that it then means; the first that fits. Tables, routers, norms and other towers are
/// none, and of a key or a value alone nothing is said.
const WORDS: [(&str, u8); 14] = [
    (
        "norm bias e_score index conv1d embed vision visual audio projector router mtp rotary \
         a_log dt_ shared_head",
        0,
    ),
    ("lm_head", bit(P::Head)),
    ("shared_expert shared_mlp", bit(P::Shared)),
    ("experts", bit(P::Routed)),
    ("linear_attn mamba mixer.in_proj mixer.out_proj ssm", LINEAR),
    ("(q", ATTENTION | OUTPUT),
    ("kv_ mqa", 0),
    ("o_proj out_proj", OUTPUT),
    ("q_proj q_a_proj q_b_proj qkv", ATTENTION),
    ("k_proj v_proj", 0),
    ("attn attention", ATTENTION | OUTPUT | LINEAR),
    ("mlp", bit(P::Dense)),
    ("feed_forward ffn", bit(P::Dense)),
    ("up_proj down_proj", bit(P::Dense)),
];

const fn bit(part: P) -> u8 {
    1 << part as u8
}

/// Parts that names cover: a bit for each part, layer by layer, and in all of them.
pub(super) struct Cover {
    layers: Vec<u8>,
    all: u8,
    /// Whether a dense network runs beside the experts, of the same name.
    beside: bool,
}

impl Cover {
    pub fn new(model: &Model) -> Self {
        let moe = model.kinds.iter().filter_map(|kind| kind.ffn.moe()).next();
        let beside = moe.is_some_and(|moe| moe.dense_width > 0);
        Self { layers: vec![0; model.pattern.len()], all: 0, beside }
    }

    /// Counts a name in.
    pub fn add(&mut self, name: &str) {
        let name = name.trim_start_matches("re:").replace('\\', "").to_ascii_lowercase();
        let name = name.trim_matches(is_sign);
        if name.ends_with("gate") {
            return;
        }
        let numbered = name.split_once("layers.").map(|(_, rest)| rest);
        let (list, tail) = numbered.map_or(("", name), numbers);
        let whole = !list.is_empty() && tail.trim_matches(is_sign).is_empty();
        let mut parts = if name == "head" { bit(P::Head) } else { 0 };
        for (words, meant) in WORDS {
            if words.split(' ').any(|word| name.contains(word)) {
                parts = meant;
                break;
            }
            if whole {
                parts = LAYER;
            }
        }
        if self.beside && parts == bit(P::Dense) {
            parts |= bit(P::Shared);
        }
        if list.is_empty() {
            self.all |= parts;
        }
        for number in list.split('|') {
            let at = number.parse::<usize>().unwrap_or(usize::MAX);
            if let Some(layer) = self.layers.get_mut(at) {
                *layer |= parts;
            }
        }
    }

    /// Whether a part is covered in most of the layers that have it.
    pub fn has(&self, model: &Model, part: P) -> bool {
        let (mut having, mut covered) = (0, 0);
        for (kind, own) in model.pattern.iter().zip(&self.layers) {
            let kind = model.kinds.get(usize::from(*kind));
            if kind.is_some_and(|kind| kind.has_part(part)) {
                having += 1;
                covered += u32::from(own & bit(part) != 0);
            }
        }
        self.all & bit(part) != 0 || 2 * covered > having
    }
}

fn is_sign(letter: char) -> bool {
    matches!(letter, '.' | '*' | '$' | '(' | ')' | '?' | '^')
}

/// The numbers of layers at the start of a text (`12`, `(0|1|2)`), and what follows; none means all layers.
fn numbers(text: &str) -> (&str, &str) {
    let several = text.strip_prefix('(').and_then(|rest| rest.split_once(')'));
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    several.unwrap_or_else(|| text.split_at(digits))
}
