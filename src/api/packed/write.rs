//! Values to bytes.

use super::Unpackable;
use serde::ser::{self, Serialize, Serializer};

type Done = Result<(), Unpackable>;

/// Bytes so far.
#[derive(Default)]
pub(super) struct Packer(Vec<u8>);

impl Packer {
    pub(super) fn bytes(self) -> Vec<u8> {
        self.0
    }

    fn number(&mut self, mut number: u64) -> Done {
        while number >= 128 {
            self.0.push(number as u8 | 128);
            number >>= 7;
        }
        self.0.push(number as u8);
        Ok(())
    }
}

impl Serializer for &mut Packer {
    type Ok = ();
    type Error = Unpackable;
    type SerializeSeq = Self;
    type SerializeTuple = Self;
    type SerializeTupleStruct = Self;
    type SerializeTupleVariant = Self;
    type SerializeMap = ser::Impossible<(), Unpackable>;
    type SerializeStruct = Self;
    type SerializeStructVariant = Self;

    fn serialize_bool(self, value: bool) -> Done {
        self.number(u64::from(value))
    }

    fn serialize_i8(self, _: i8) -> Done {
        Err(Unpackable)
    }

    fn serialize_i16(self, _: i16) -> Done {
        Err(Unpackable)
    }

    fn serialize_i32(self, value: i32) -> Done {
        self.number(u64::from(((value << 1) ^ (value >> 31)) as u32))
    }

    fn serialize_i64(self, _: i64) -> Done {
        Err(Unpackable)
    }

    fn serialize_u8(self, value: u8) -> Done {
        self.number(u64::from(value))
    }

    fn serialize_u16(self, value: u16) -> Done {
        self.number(u64::from(value))
    }

    fn serialize_u32(self, value: u32) -> Done {
        self.number(u64::from(value))
    }

    fn serialize_u64(self, value: u64) -> Done {
        self.number(value)
    }

    fn serialize_f32(self, _: f32) -> Done {
        Err(Unpackable)
    }

    fn serialize_f64(self, value: f64) -> Done {
        self.0.extend_from_slice(&value.to_le_bytes());
        Ok(())
    }

    fn serialize_char(self, _: char) -> Done {
        Err(Unpackable)
    }

    fn serialize_str(self, value: &str) -> Done {
        self.serialize_bytes(value.as_bytes())
    }

    fn serialize_bytes(self, value: &[u8]) -> Done {
        self.number(value.len() as u64)?;
        self.0.extend_from_slice(value);
        Ok(())
    }

    fn serialize_none(self) -> Done {
        self.number(0)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Done {
        self.number(1)?;
        value.serialize(self)
    }

    fn serialize_unit(self) -> Done {
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Done {
        Ok(())
    }

    fn serialize_unit_variant(self, _: &'static str, index: u32, _: &'static str) -> Done {
        self.serialize_u32(index)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Done {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        index: u32,
        _: &'static str,
        value: &T,
    ) -> Done {
        self.number(u64::from(index))?;
        value.serialize(self)
    }

    fn serialize_seq(self, len: Option<usize>) -> Result<Self, Unpackable> {
        self.number(len.ok_or(Unpackable)? as u64)?;
        Ok(self)
    }

    fn serialize_tuple(self, _: usize) -> Result<Self, Unpackable> {
        Ok(self)
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self, Unpackable> {
        Ok(self)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        index: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self, Unpackable> {
        self.number(u64::from(index))?;
        Ok(self)
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Self::SerializeMap, Unpackable> {
        Err(Unpackable)
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self, Unpackable> {
        Ok(self)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        index: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self, Unpackable> {
        self.number(u64::from(index))?;
        Ok(self)
    }

    fn is_human_readable(&self) -> bool {
        false
    }
}

/// What several fields or elements go through: each in its turn, nothing between and nothing at the end.
macro_rules! in_turn {
    ($($of:ident $one:ident;)*) => {
        $(impl ser::$of for &mut Packer {
            type Ok = ();
            type Error = Unpackable;

            fn $one<T: Serialize + ?Sized>(&mut self, value: &T) -> Done {
                value.serialize(&mut **self)
            }

            fn end(self) -> Done {
                Ok(())
            }
        })*
    };
    (named $($of:ident)*) => {
        $(impl ser::$of for &mut Packer {
            type Ok = ();
            type Error = Unpackable;

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                _: &'static str,
                value: &T,
            ) -> Done {
                value.serialize(&mut **self)
            }

            /// Left out where it is empty.
            fn skip_field(&mut self, _: &'static str) -> Done {
                self.number(0)
            }

            fn end(self) -> Done {
                Ok(())
            }
        })*
    };
}

in_turn! {
    SerializeSeq serialize_element;
    SerializeTuple serialize_element;
    SerializeTupleStruct serialize_field;
    SerializeTupleVariant serialize_field;
}
in_turn!(named SerializeStruct SerializeStructVariant);
