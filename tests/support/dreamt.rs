//! Any value of any type that reads itself: a deserializer that makes up what it is asked for, by the bytes of a seed.
//!
//! It knows nothing of how values are packed, so what it makes holds a codec to both of its directions.

use serde::de::{self, DeserializeOwned, DeserializeSeed, Deserializer, IntoDeserializer, Visitor};

/// Deepest value: below that lists are empty and nothing optional is there.
const DEPTH_MAX: u32 = 12;

/// Texts, among them those that are many bytes a letter, and fractions that round.
const TEXTS: [&str; 8] =
    ["", "a", "1;n=64", "\u{b5}s", "\u{1f680}\u{202f}GB", "\0", "line\n\"quoted\"", "\u{e9}"];
const FRACTIONS: [f64; 8] =
    [0.0, -0.0, 0.1, -1.5e300, f64::MAX, f64::MIN_POSITIVE, 5e-324, f64::INFINITY];

/// Why a value could not be made up: it asks for what no message has.
#[derive(Debug)]
pub struct Undreamt(String);

impl std::fmt::Display for Undreamt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Undreamt {}

impl de::Error for Undreamt {
    fn custom<T: std::fmt::Display>(text: T) -> Self {
        Self(text.to_string())
    }
}

/// The value of a seed; an empty one gives zeros.
pub fn dreamt<T: DeserializeOwned>(seed: &[u8]) -> T {
    T::deserialize(&mut Dream { seed, depth: 0 }).expect("a type of the wire")
}

struct Dream<'a> {
    seed: &'a [u8],
    depth: u32,
}

impl Dream<'_> {
    fn byte(&mut self) -> u8 {
        let Some((byte, rest)) = self.seed.split_first() else { return 0 };
        self.seed = rest;
        *byte
    }

    /// A number of up to eight bytes, small ones as often as large ones.
    fn number(&mut self) -> u64 {
        let n = self.byte() % 9;
        (0..n).fold(0, |all, _| all << 8 | u64::from(self.byte()))
    }

    fn text(&mut self) -> String {
        (0..self.byte() % 4).map(|_| TEXTS[usize::from(self.byte()) % TEXTS.len()]).collect()
    }
}

/// Numbers of one size, cut to it.
macro_rules! numbers {
    ($($method:ident $visit:ident $kind:ty;)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Undreamt> {
            visitor.$visit(self.number() as $kind)
        })*
    };
}

/// What is one after another.
macro_rules! in_turn {
    ($($method:ident ($($other:ty),*) $left:ident $kind:ty;)*) => {
        $(fn $method<V: Visitor<'de>>(
            self,
            $(_: $other,)*
            $left: $kind,
            visitor: V,
        ) -> Result<V::Value, Undreamt> {
            visitor.visit_seq(InTurn { of: self, left: $left.count() })
        })*
    };
}

trait Count {
    fn count(self) -> usize;
}

impl Count for usize {
    fn count(self) -> usize {
        self
    }
}

impl Count for &[&str] {
    fn count(self) -> usize {
        self.len()
    }
}

impl<'de> Deserializer<'de> for &mut Dream<'_> {
    type Error = Undreamt;

    numbers! {
        deserialize_i8 visit_i8 i8;
        deserialize_i16 visit_i16 i16;
        deserialize_i32 visit_i32 i32;
        deserialize_i64 visit_i64 i64;
        deserialize_u8 visit_u8 u8;
        deserialize_u16 visit_u16 u16;
        deserialize_u32 visit_u32 u32;
        deserialize_u64 visit_u64 u64;
    }

    in_turn! {
        deserialize_tuple () left usize;
        deserialize_tuple_struct (&'static str) left usize;
        deserialize_struct (&'static str) left &'static [&'static str];
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Undreamt> {
        visitor.visit_bool(self.byte() & 1 == 1)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Undreamt> {
        let named = FRACTIONS[usize::from(self.byte()) % FRACTIONS.len()];
        let any = f64::from_bits(self.number());
        visitor.visit_f64(if any.is_nan() || any == 0.0 { named } else { any })
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Undreamt> {
        visitor.visit_string(self.text())
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Undreamt> {
        if self.byte().is_multiple_of(2) || self.depth > DEPTH_MAX {
            return visitor.visit_none();
        }
        self.depth += 1;
        let value = visitor.visit_some(&mut *self);
        self.depth -= 1;
        value
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Undreamt> {
        let left = if self.depth > DEPTH_MAX { 0 } else { usize::from(self.byte() % 4) };
        self.depth += 1;
        let value = visitor.visit_seq(InTurn { of: &mut *self, left });
        self.depth -= 1;
        value
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Undreamt> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Undreamt> {
        let index = usize::from(self.byte()) % variants.len();
        visitor.visit_enum(Variant { of: self, name: variants[index] })
    }

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Undreamt> {
        Err(de::Error::custom("a message says what it holds"))
    }

    serde::forward_to_deserialize_any! {
        f32 char str bytes byte_buf map unit unit_struct identifier ignored_any
    }
}

struct InTurn<'a, 'b> {
    of: &'a mut Dream<'b>,
    left: usize,
}

impl<'de> de::SeqAccess<'de> for InTurn<'_, '_> {
    type Error = Undreamt;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Undreamt> {
        let Some(left) = self.left.checked_sub(1) else { return Ok(None) };
        self.left = left;
        seed.deserialize(&mut *self.of).map(Some)
    }
}

struct Variant<'a, 'b> {
    of: &'a mut Dream<'b>,
    name: &'static str,
}

impl<'de> de::EnumAccess<'de> for Variant<'_, '_> {
    type Error = Undreamt;
    type Variant = Self;

    fn variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<(T::Value, Self), Undreamt> {
        let name: de::value::StrDeserializer<'_, Undreamt> = self.name.into_deserializer();
        Ok((seed.deserialize(name)?, self))
    }
}

impl<'de> de::VariantAccess<'de> for Variant<'_, '_> {
    type Error = Undreamt;

    fn unit_variant(self) -> Result<(), Undreamt> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Undreamt> {
        seed.deserialize(self.of)
    }

    fn tuple_variant<V: Visitor<'de>>(self, left: usize, own: V) -> Result<V::Value, Undreamt> {
        own.visit_seq(InTurn { of: self.of, left })
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        own: V,
    ) -> Result<V::Value, Undreamt> {
        own.visit_seq(InTurn { of: self.of, left: fields.len() })
    }
}
