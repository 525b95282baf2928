//! Bytes to values. Bytes that end too soon, and what no message holds, are errors; nothing is trusted to be long or deep.

use super::Unpackable;
use serde::de::{self, DeserializeSeed, Deserializer, IntoDeserializer, Visitor};

/// Lists within lists at most; a breakdown of memory or time has about ten.
const DEPTH_MAX: u8 = 64;

/// Bytes still to be read, and how many lists lie around them.
pub(super) struct Unpacker<'a> {
    bytes: &'a [u8],
    depth: u8,
}

impl<'a> Unpacker<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, depth: 0 }
    }

    pub(super) const fn is_done(&self) -> bool {
        self.bytes.is_empty()
    }

    fn take(&mut self, n: usize) -> Result<&'a [u8], Unpackable> {
        let (own, rest) = self.bytes.split_at_checked(n).ok_or(Unpackable)?;
        self.bytes = rest;
        Ok(own)
    }

    fn number(&mut self) -> Result<u64, Unpackable> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let (&byte, rest) = self.bytes.split_first().ok_or(Unpackable)?;
            self.bytes = rest;
            number |= u64::from(byte & 127) << shift;
            if byte < 128 {
                return Ok(number);
            }
        }
        Err(Unpackable)
    }

    fn small(&mut self) -> Result<u32, Unpackable> {
        u32::try_from(self.number()?).map_err(|_| Unpackable)
    }

    fn text(&mut self) -> Result<String, Unpackable> {
        let n = self.small()? as usize;
        let text = std::str::from_utf8(self.take(n)?).map_err(|_| Unpackable)?;
        Ok(text.to_owned())
    }

    /// Length of a list that begins here.
    fn list(&mut self) -> Result<usize, Unpackable> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(Unpackable);
        }
        Ok(self.small()? as usize)
    }

    fn is_there(&mut self) -> Result<bool, Unpackable> {
        match self.number()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(Unpackable),
        }
    }
}

/// Methods that read nothing.
macro_rules! refused {
    ($($method:ident)*) => {
        $(fn $method<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Unpackable> {
            Err(Unpackable)
        })*
    };
}

impl<'de> Deserializer<'de> for &mut Unpacker<'_> {
    type Error = Unpackable;

    refused! {
        deserialize_any deserialize_i8 deserialize_i16 deserialize_i64 deserialize_f32
        deserialize_char deserialize_bytes deserialize_byte_buf deserialize_map
        deserialize_identifier deserialize_ignored_any
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unpackable> {
        visitor.visit_bool(self.is_there()?)
    }

    fn deserialize_i32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unpackable> {
        let number = self.small()?;
        visitor.visit_i32((number >> 1) as i32 ^ -((number & 1) as i32))
    }

    fn deserialize_u8<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unpackable> {
        visitor.visit_u64(self.number()?)
    }

    fn deserialize_u16<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unpackable> {
        visitor.visit_u64(self.number()?)
    }

    fn deserialize_u32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unpackable> {
        visitor.visit_u32(self.small()?)
    }

    fn deserialize_u64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unpackable> {
        visitor.visit_u64(self.number()?)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unpackable> {
        let bytes = self.take(8)?.try_into().map_err(|_| Unpackable)?;
        visitor.visit_f64(f64::from_le_bytes(bytes))
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unpackable> {
        visitor.visit_string(self.text()?)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unpackable> {
        visitor.visit_string(self.text()?)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unpackable> {
        if self.is_there()? { visitor.visit_some(self) } else { visitor.visit_none() }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unpackable> {
        visitor.visit_unit()
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Unpackable> {
        visitor.visit_unit()
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Unpackable> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unpackable> {
        let left = self.list()?;
        let list = visitor.visit_seq(InTurn { from: &mut *self, left });
        self.depth -= 1;
        list
    }

    fn deserialize_tuple<V: Visitor<'de>>(
        self,
        left: usize,
        visitor: V,
    ) -> Result<V::Value, Unpackable> {
        visitor.visit_seq(InTurn { from: self, left })
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        left: usize,
        visitor: V,
    ) -> Result<V::Value, Unpackable> {
        visitor.visit_seq(InTurn { from: self, left })
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unpackable> {
        visitor.visit_seq(InTurn { from: self, left: fields.len() })
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unpackable> {
        visitor.visit_enum(self)
    }

    fn is_human_readable(&self) -> bool {
        false
    }
}

/// So many values, one after another.
struct InTurn<'a, 'b> {
    from: &'a mut Unpacker<'b>,
    left: usize,
}

impl<'de> de::SeqAccess<'de> for InTurn<'_, '_> {
    type Error = Unpackable;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Unpackable> {
        let Some(left) = self.left.checked_sub(1) else { return Ok(None) };
        self.left = left;
        seed.deserialize(&mut *self.from).map(Some)
    }

    fn size_hint(&self) -> Option<usize> {
        // No list is longer than the bytes that are left, whatever it says.
        Some(self.left.min(self.from.bytes.len()))
    }
}

impl<'de> de::EnumAccess<'de> for &mut Unpacker<'_> {
    type Error = Unpackable;
    type Variant = Self;

    fn variant_seed<T: DeserializeSeed<'de>>(
        self,
        seed: T,
    ) -> Result<(T::Value, Self), Unpackable> {
        let index: de::value::U32Deserializer<Unpackable> = self.small()?.into_deserializer();
        Ok((seed.deserialize(index)?, self))
    }
}

impl<'de> de::VariantAccess<'de> for &mut Unpacker<'_> {
    type Error = Unpackable;

    fn unit_variant(self) -> Result<(), Unpackable> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(
        self,
        seed: T,
    ) -> Result<T::Value, Unpackable> {
        seed.deserialize(self)
    }

    fn tuple_variant<V: Visitor<'de>>(
        self,
        left: usize,
        visitor: V,
    ) -> Result<V::Value, Unpackable> {
        visitor.visit_seq(InTurn { from: self, left })
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unpackable> {
        visitor.visit_seq(InTurn { from: self, left: fields.len() })
    }
}
