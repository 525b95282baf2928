//! Layers in one line of text, the form of `data/models.csv`.
//!
//! Kinds stand between `;`, the parts of a kind between `|`, the words of a part between blanks:
//! `attn 128/8x128 | glu 53248 | norm 2*h`. Heads/key-value heads x head width; a number may be a
//! sum of products, in which `h` is the model's width and `v` its vocabulary. The pattern names
//! the kinds by letter in order of the list: `3a58b`, or `12(3ab)` for a repeated group.

use crate::model::linear::{GatedDeltaNet, KimiDelta, Mamba1, Mamba2, lightning};
use crate::model::{Attention, Dense, Ffn, LayerKind, Linear, Mixer, Mla, Moe};

/// What the letters of a sum stand for.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Scope {
    /// `h`: the model's width.
    pub hidden: u64,
    /// `v`: rows of the embedding table.
    pub vocab: u64,
    /// `mtp`: parameters of the multi-token-prediction layers.
    pub mtp: u64,
}

/// The kinds of a model; nothing where a word is not understood.
pub(super) fn kinds(text: &str, scope: Scope) -> Option<Vec<LayerKind>> {
    text.split(';').map(|kind| layer_kind(kind, scope)).collect()
}

/// The pattern over the kinds, as indices.
pub(super) fn pattern(text: &str) -> Option<Vec<u8>> {
    let mut layers = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (count, after) = rest.split_at(digits);
        let count: usize = if count.is_empty() { 1 } else { count.parse().ok()? };
        let (group, after) = if let Some(inner) = after.strip_prefix('(') {
            let (inner, after) = inner.split_once(')')?;
            (pattern(inner)?, after)
        } else {
            let letter = after.chars().next().filter(char::is_ascii_alphabetic)?;
            (vec![letter_index(letter)], after.get(1..)?)
        };
        for _ in 0..count {
            layers.extend_from_slice(&group);
        }
        rest = after;
    }
    Some(layers)
}

/// A sum of products such as `2*v*h+41540496`, or a difference such as `mtp-23*128`.
pub(super) fn amount(text: &str, scope: Scope) -> Option<i64> {
    let separate = text.replace('-', "+-");
    separate.split('+').filter(|term| !term.is_empty()).try_fold(0i64, |sum, term| {
        let (sign, term) = term.strip_prefix('-').map_or((1, term), |term| (-1, term));
        let product = term.split('*').try_fold(sign, |product: i64, factor| {
            let factor = match factor.trim() {
                "h" => scope.hidden,
                "v" => scope.vocab,
                "mtp" => scope.mtp,
                digits => digits.parse().ok()?,
            };
            product.checked_mul(i64::try_from(factor).ok()?)
        })?;
        sum.checked_add(product)
    })
}

/// `a` to `z`, then `A` to `Z`.
fn letter_index(letter: char) -> u8 {
    let letter = letter as u8;
    if letter.is_ascii_lowercase() { letter - b'a' } else { letter - b'A' + 26 }
}

fn layer_kind(text: &str, scope: Scope) -> Option<LayerKind> {
    let mut kind = LayerKind { mixer: Mixer::None, ffn: Ffn::None, norm_params: 0 };
    for part in text.split('|') {
        let words = Words { words: part.split_whitespace().collect(), scope };
        match words.at(0)? {
            "attn" => kind.mixer = Mixer::Attention(attention(&words)?),
            "mla" => kind.mixer = Mixer::Mla(mla(&words)?),
            "delta" | "kda" | "mamba1" | "mamba2" | "lightning" => {
                kind.mixer = Mixer::Linear(linear(&words)?);
            }
            "glu" | "mlp" => kind.ffn = Ffn::Dense(dense(&words)?),
            "moe" => kind.ffn = Ffn::Moe(moe(&words)?),
            "norm" => kind.norm_params = words.number(words.at(1)?)?,
            _ => return None,
        }
    }
    Some(kind)
}

/// The words of one part: a name, a shape, then flags and `key=number` pairs.
struct Words<'a> {
    words: Vec<&'a str>,
    scope: Scope,
}

impl<'a> Words<'a> {
    fn at(&self, index: usize) -> Option<&'a str> {
        self.words.get(index).copied()
    }

    fn has(&self, flag: &str) -> bool {
        self.words.contains(&flag)
    }

    fn number(&self, text: &str) -> Option<u32> {
        amount(text, self.scope).and_then(|n| u32::try_from(n).ok())
    }

    /// The number after `key=`; nothing where the key is absent, a failure where it is no number.
    fn get(&self, key: &str) -> Option<Option<u32>> {
        let value = self.words.iter().find_map(|word| word.strip_prefix(key)?.strip_prefix('='));
        match value {
            None => Some(None),
            Some(text) => self.number(text).map(Some),
        }
    }

    fn or_none(&self, key: &str) -> Option<u32> {
        Some(self.get(key)?.unwrap_or(0))
    }

    fn need(&self, key: &str) -> Option<u32> {
        self.get(key)?
    }
}

fn attention(words: &Words<'_>) -> Option<Attention> {
    let (heads, rest) = words.at(1)?.split_once('/')?;
    let (kv_heads, dims) = rest.split_once('x')?;
    let (head_dim, v_head_dim) = dims.split_once(':').unwrap_or((dims, dims));
    Some(Attention {
        heads: words.number(heads)?,
        kv_heads: words.number(kv_heads)?,
        head_dim: words.number(head_dim)?,
        v_head_dim: words.number(v_head_dim)?,
        window: words.get("window")?,
        qkv_bias: words.has("bias"),
        out_bias: words.has("obias"),
        qk_norm_params: words.or_none("qk")?,
        output_gate: words.has("gate"),
        values_are_keys: words.has("k=v"),
        extra_params: words.or_none("extra")?,
    })
}

fn mla(words: &Words<'_>) -> Option<Mla> {
    Some(Mla {
        heads: words.number(words.at(1)?)?,
        q_rank: words.get("q")?,
        kv_rank: words.need("kv")?,
        qk_nope: words.need("nope")?,
        qk_rope: words.need("rope")?,
        v_head_dim: words.need("v")?,
        extra_params: words.or_none("extra")?,
        sparse_top_k: words.get("top")?,
    })
}

fn linear(words: &Words<'_>) -> Option<Linear> {
    let hidden = u32::try_from(words.scope.hidden).ok()?;
    let heads = words.need("heads")?;
    let taps = words.or_none("taps")?;
    Some(match words.at(0)? {
        "delta" => GatedDeltaNet {
            key_heads: words.need("keys")?,
            value_heads: heads,
            key_dim: words.need("dim")?,
            value_dim: words.need("dim")?,
            taps,
        }
        .mixer(hidden),
        "kda" => {
            let full_rank_gate = words.has("full");
            KimiDelta { heads, head_dim: words.need("dim")?, taps, full_rank_gate }.mixer(hidden)
        }
        "mamba2" => Mamba2 {
            heads,
            head_dim: words.need("dim")?,
            groups: words.need("groups")?,
            state: words.need("state")?,
            taps,
        }
        .mixer(hidden),
        "mamba1" => Mamba1 {
            inner: heads,
            state: words.need("state")?,
            step_rank: words.need("rank")?,
            taps,
            inner_norms: words.has("norms"),
        }
        .mixer(hidden),
        _ => lightning(hidden, heads, words.need("dim")?),
    })
}

fn dense(words: &Words<'_>) -> Option<Dense> {
    let width = words.number(words.at(1)?)?;
    Some(Dense { width, gated: words.at(0) == Some("glu"), bias: words.has("bias") })
}

/// `groups=8 near=4`: eight groups of experts, of which a token visits four.
fn groups(words: &Words<'_>) -> Option<Option<(u32, u32)>> {
    Some(words.get("groups")?.zip(words.get("near")?))
}

fn moe(words: &Words<'_>) -> Option<Moe> {
    let (top_k, rest) = words.at(1)?.split_once('/')?;
    let (experts, width) = rest.split_once('x')?;
    let extra_params = words.or_none("extra")?;
    Some(Moe {
        experts: words.number(experts)?,
        top_k: words.number(top_k)?,
        groups: groups(words)?,
        width: words.number(width)?,
        gated: !words.has("ungated"),
        shared_width: words.or_none("shared")?,
        latent: words.get("latent")?,
        dense_width: words.or_none("dense")?,
        extra_params,
        extra_active: words.get("used")?.unwrap_or(extra_params),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCOPE: Scope = Scope { hidden: 4096, vocab: 32000, mtp: 7 };

    #[test]
    fn patterns_repeat_letters_and_groups() {
        assert_eq!(pattern("2a3b"), Some(vec![0, 0, 1, 1, 1]));
        assert_eq!(pattern("a2(bc)A"), Some(vec![0, 1, 2, 1, 2, 26]));
        for wrong in ["3", "(ab", "a)", "2(3)", "a,b", "\u{e9}"] {
            assert_eq!(pattern(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn amounts_are_sums_of_products() {
        assert_eq!(amount("2*v*h+64", SCOPE), Some(2 * 32000 * 4096 + 64));
        assert_eq!(amount("mtp-23*128", SCOPE), Some(7 - 23 * 128));
        assert_eq!(amount("-h", SCOPE), Some(-4096));
        assert_eq!(amount("", SCOPE), Some(0));
        for wrong in ["x", "2**3", "1.5", "9223372036854775807*2"] {
            assert_eq!(amount(wrong, SCOPE), None, "{wrong}");
        }
    }

    #[test]
    fn a_kind_is_read_part_by_part() {
        let read = kinds("attn 32/8x128 window=512 bias | moe 2/8x64 shared=h extra=8", SCOPE);
        let Some([kind]) = read.as_deref() else { panic!("{read:?}") };
        let Mixer::Attention(attention) = &kind.mixer else { panic!("{kind:?}") };
        assert_eq!((attention.kv_heads, attention.window), (8, Some(512)));
        assert!(attention.qkv_bias && !attention.out_bias);
        let moe = kind.ffn.moe().map(|moe| (moe.top_k, moe.shared_width, moe.extra_active));
        assert_eq!(moe, Some((2, 4096, 8)));
        for wrong in ["", "attn 32x128", "attn 32/8x128 window=x", "glu", "gqa 1/1x1"] {
            assert_eq!(kinds(wrong, SCOPE), None, "{wrong}");
        }
    }
}
