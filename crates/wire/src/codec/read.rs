//! Reads values out of CBOR by serde. It takes one form of each type only: a struct is a map, a field has a name. As
//! in [`super::write`], what depends on no type stands apart.

use super::Fault;
use minicbor::Decoder;
use minicbor::data::Type;
use serde::de::{
    self, DeserializeSeed, EnumAccess, Expected, MapAccess, SeqAccess, Unexpected, VariantAccess, Visitor,
};

/// Ends what was begun without a length.
const BREAK: u8 = 0xff;

/// CBOR that is being read.
pub(super) struct Reader<'de> {
    decoder: Decoder<'de>,
    readable: bool,
}

impl<'de> Reader<'de> {
    pub(super) fn new(bytes: &'de [u8], readable: bool) -> Self {
        let decoder = Decoder::new(bytes);
        Self { decoder, readable }
    }

    /// Whether everything was read.
    pub(super) fn is_at_end(&self) -> bool {
        self.decoder.position() == self.decoder.input().len()
    }

    #[inline(never)]
    fn next_type(&self) -> Result<Type, Fault> {
        self.decoder.datatype().map_err(fault)
    }

    #[inline(never)]
    fn boolean(&mut self) -> Result<bool, Fault> {
        self.decoder.bool().map_err(fault)
    }

    #[inline(never)]
    fn unsigned(&mut self) -> Result<u64, Fault> {
        self.decoder.u64().map_err(fault)
    }

    #[inline(never)]
    fn signed(&mut self) -> Result<i64, Fault> {
        self.decoder.i64().map_err(fault)
    }

    #[inline(never)]
    fn float(&mut self) -> Result<f64, Fault> {
        match self.next_type()? {
            Type::F32 | Type::F64 => self.decoder.f64().map_err(fault),
            #[expect(
                clippy::cast_precision_loss,
                reason = "a whole number where a float belongs, as JSON has it"
            )]
            _ if self.readable => self.signed().map(|number| number as f64),
            _ => Err(Fault::Kind),
        }
    }

    #[inline(never)]
    fn text(&mut self) -> Result<&'de str, Fault> {
        self.decoder.str().map_err(fault)
    }

    #[inline(never)]
    fn bytes(&mut self) -> Result<&'de [u8], Fault> {
        self.decoder.bytes().map_err(fault)
    }

    /// Whether nothing comes next; if so, it is taken.
    #[inline(never)]
    fn take_null(&mut self) -> Result<bool, Fault> {
        if self.next_type()? != Type::Null {
            return Ok(false);
        }
        self.decoder.null().map_err(fault).map(|()| true)
    }

    #[inline(never)]
    fn array(&mut self) -> Result<Option<u64>, Fault> {
        self.decoder.array().map_err(fault)
    }

    #[inline(never)]
    fn array_of(&mut self, length: usize) -> Result<Option<u64>, Fault> {
        let found = self.array()?;
        (found == u64::try_from(length).ok())
            .then_some(found)
            .ok_or(Fault::Length)
    }

    #[inline(never)]
    fn map(&mut self) -> Result<Option<u64>, Fault> {
        self.decoder.map().map_err(fault)
    }

    #[inline(never)]
    fn unit(&mut self) -> Result<(), Fault> {
        if self.readable {
            self.take_null()?.then_some(()).ok_or(Fault::Kind)
        } else {
            self.array_of(0).map(drop)
        }
    }

    /// Whether a variant has a value: it is a map with one entry then.
    #[inline(never)]
    fn variant_has_value(&mut self) -> Result<bool, Fault> {
        match self.next_type()? {
            Type::Map => (self.map()? == Some(1)).then_some(true).ok_or(Fault::Length),
            _ => Ok(false),
        }
    }

    #[inline(never)]
    fn skip(&mut self) -> Result<(), Fault> {
        self.decoder.skip().map_err(fault)
    }
}

#[inline(never)]
#[expect(clippy::needless_pass_by_value, reason = "it is given to map_err")]
fn fault(error: minicbor::decode::Error) -> Fault {
    if error.is_end_of_input() {
        Fault::End
    } else {
        Fault::Kind
    }
}

impl de::Error for Fault {
    fn custom<T: core::fmt::Display>(_: T) -> Self {
        Self::Value
    }
    fn invalid_type(_: Unexpected<'_>, _: &dyn Expected) -> Self {
        Self::Kind
    }
    fn invalid_value(_: Unexpected<'_>, _: &dyn Expected) -> Self {
        Self::Value
    }
    fn invalid_length(_: usize, _: &dyn Expected) -> Self {
        Self::Length
    }
    fn unknown_variant(_: &str, _: &'static [&'static str]) -> Self {
        Self::Variant
    }
    fn unknown_field(_: &str, _: &'static [&'static str]) -> Self {
        Self::Field
    }
    fn missing_field(_: &'static str) -> Self {
        Self::Missing
    }
    fn duplicate_field(_: &'static str) -> Self {
        Self::Field
    }
}

/// Reads something simple, of which all forms are read alike.
macro_rules! simple {
    ($read:ident $visit:ident: $($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
            visitor.$visit(self.$read()?)
        }
    )*};
}

impl<'de> de::Deserializer<'de> for &mut Reader<'de> {
    type Error = Fault;

    fn is_human_readable(&self) -> bool {
        self.readable
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.next_type()? {
            Type::Bool => visitor.visit_bool(self.boolean()?),
            Type::U8 | Type::U16 | Type::U32 | Type::U64 => visitor.visit_u64(self.unsigned()?),
            Type::I8 | Type::I16 | Type::I32 | Type::I64 => visitor.visit_i64(self.signed()?),
            Type::F32 | Type::F64 => visitor.visit_f64(self.float()?),
            Type::Bytes => visitor.visit_borrowed_bytes(self.bytes()?),
            Type::String => visitor.visit_borrowed_str(self.text()?),
            Type::Null => {
                self.take_null()?;
                visitor.visit_none()
            }
            Type::Array | Type::ArrayIndef => self.deserialize_seq(visitor),
            Type::Map | Type::MapIndef => self.deserialize_map(visitor),
            _ => Err(Fault::Kind),
        }
    }

    simple!(boolean visit_bool: deserialize_bool);
    simple!(unsigned visit_u64: deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64);
    simple!(signed visit_i64: deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64);
    simple!(float visit_f64: deserialize_f32 deserialize_f64);
    simple!(text visit_borrowed_str: deserialize_str deserialize_string deserialize_identifier);

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        if self.readable {
            return visitor.visit_borrowed_str(self.text()?);
        }
        let number = u32::try_from(self.unsigned()?).ok();
        visitor.visit_char(number.and_then(char::from_u32).ok_or(Fault::Value)?)
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        if self.readable {
            return self.deserialize_any(visitor);
        }
        visitor.visit_borrowed_bytes(self.bytes()?)
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_bytes(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        if self.take_null()? {
            visitor.visit_none()
        } else {
            visitor.visit_some(self)
        }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.unit()?;
        visitor.visit_unit()
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        let left = self.array()?;
        visitor.visit_seq(Parts { reader: self, left })
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, Fault> {
        let left = self.array_of(length)?;
        visitor.visit_seq(Parts { reader: self, left })
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.deserialize_tuple(length, visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        let left = self.map()?;
        visitor.visit_map(Parts { reader: self, left })
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.deserialize_map(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        let has_value = self.variant_has_value()?;
        visitor.visit_enum(Variant {
            reader: self,
            has_value,
        })
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.skip()?;
        visitor.visit_unit()
    }
}

/// The parts of an array or a map that are left; how many is not known of those that end with a mark.
struct Parts<'a, 'de> {
    reader: &'a mut Reader<'de>,
    left: Option<u64>,
}

impl Parts<'_, '_> {
    /// Whether another comes, which is counted.
    #[inline(never)]
    fn advance(&mut self) -> Result<bool, Fault> {
        if let Some(left) = &mut self.left {
            let more = left.checked_sub(1);
            *left = more.unwrap_or_default();
            return Ok(more.is_some());
        }
        let decoder = &mut self.reader.decoder;
        let next = decoder.input().get(decoder.position()).ok_or(Fault::End)?;
        if *next == BREAK {
            decoder.set_position(decoder.position() + 1);
            self.left = Some(0);
            return Ok(false);
        }
        Ok(true)
    }

    /// How many there are; no more than bytes are left, since each takes one.
    #[inline(never)]
    fn hint(&self) -> Option<usize> {
        let decoder = &self.reader.decoder;
        let room = decoder.input().len().saturating_sub(decoder.position());
        usize::try_from(self.left?).ok().map(|left| left.min(room))
    }
}

impl<'de> SeqAccess<'de> for Parts<'_, 'de> {
    type Error = Fault;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Fault> {
        if self.advance()? {
            seed.deserialize(&mut *self.reader).map(Some)
        } else {
            Ok(None)
        }
    }

    fn size_hint(&self) -> Option<usize> {
        self.hint()
    }
}

impl<'de> MapAccess<'de> for Parts<'_, 'de> {
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Fault> {
        self.next_element_seed(seed)
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Fault> {
        seed.deserialize(&mut *self.reader)
    }

    fn size_hint(&self) -> Option<usize> {
        self.hint()
    }
}

/// A variant, of which the name comes next.
struct Variant<'a, 'de> {
    reader: &'a mut Reader<'de>,
    has_value: bool,
}

impl<'a, 'de> Variant<'a, 'de> {
    fn value(self) -> Result<&'a mut Reader<'de>, Fault> {
        self.has_value.then_some(self.reader).ok_or(Fault::Kind)
    }
}

impl<'de> EnumAccess<'de> for Variant<'_, 'de> {
    type Error = Fault;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), Fault> {
        let name = seed.deserialize(&mut *self.reader)?;
        Ok((name, self))
    }
}

impl<'de> VariantAccess<'de> for Variant<'_, 'de> {
    type Error = Fault;

    fn unit_variant(self) -> Result<(), Fault> {
        if self.has_value { Err(Fault::Kind) } else { Ok(()) }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Fault> {
        seed.deserialize(self.value()?)
    }

    fn tuple_variant<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, Fault> {
        de::Deserializer::deserialize_tuple(self.value()?, length, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        de::Deserializer::deserialize_map(self.value()?, visitor)
    }
}
