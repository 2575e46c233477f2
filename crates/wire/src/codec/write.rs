//! Writes values as CBOR by serde. What depends on no type is kept out of what is made anew for each type, since the
//! page downloads every copy.

use super::EncodeError;
use serde::Serialize;
use serde::ser::{
    self, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant,
};

/// Room for most frames but for what they carry, so that a buffer seldom grows more than once.
const ROOM: usize = 256;
/// Ends what was begun without a length.
const BREAK: u8 = 0xff;

/// CBOR in the making.
pub(super) struct Writer {
    pub(super) out: Vec<u8>,
    readable: bool,
}

impl Writer {
    pub(super) fn new(readable: bool) -> Self {
        let out = Vec::with_capacity(ROOM);
        Self { out, readable }
    }

    fn encoder(&mut self) -> minicbor::Encoder<&mut Vec<u8>> {
        minicbor::Encoder::new(&mut self.out)
    }

    #[inline(never)]
    fn unsigned(&mut self, number: u64) -> Result<(), EncodeError> {
        self.encoder().u64(number).map_err(written)?;
        Ok(())
    }

    #[inline(never)]
    fn signed(&mut self, number: i64) -> Result<(), EncodeError> {
        self.encoder().i64(number).map_err(written)?;
        Ok(())
    }

    #[inline(never)]
    fn text(&mut self, text: &str) -> Result<(), EncodeError> {
        self.encoder().str(text).map_err(written)?;
        Ok(())
    }

    #[inline(never)]
    fn null(&mut self) -> Result<(), EncodeError> {
        self.encoder().null().map_err(written)?;
        Ok(())
    }

    #[inline(never)]
    fn array(&mut self, length: Option<usize>) -> Result<(), EncodeError> {
        match length {
            Some(length) => self.encoder().array(length as u64).map_err(written)?,
            None => self.encoder().begin_array().map_err(written)?,
        };
        Ok(())
    }

    #[inline(never)]
    fn map(&mut self, length: Option<usize>) -> Result<(), EncodeError> {
        match length {
            Some(length) => self.encoder().map(length as u64).map_err(written)?,
            None => self.encoder().begin_map().map_err(written)?,
        };
        Ok(())
    }

    /// A variant with a value: a map with one entry.
    #[inline(never)]
    fn variant(&mut self, name: &str) -> Result<(), EncodeError> {
        self.map(Some(1))?;
        self.text(name)
    }
}

/// A buffer in memory takes everything.
fn written(_never: minicbor::encode::Error<core::convert::Infallible>) -> EncodeError {
    EncodeError
}

impl ser::Error for EncodeError {
    fn custom<T: core::fmt::Display>(_: T) -> Self {
        Self
    }
}

impl<'a> ser::Serializer for &'a mut Writer {
    type Ok = ();
    type Error = EncodeError;
    type SerializeSeq = Parts<'a>;
    type SerializeTuple = Parts<'a>;
    type SerializeTupleStruct = Parts<'a>;
    type SerializeTupleVariant = Parts<'a>;
    type SerializeMap = Parts<'a>;
    type SerializeStruct = Parts<'a>;
    type SerializeStructVariant = Parts<'a>;

    fn is_human_readable(&self) -> bool {
        self.readable
    }

    fn serialize_bool(self, value: bool) -> Result<(), EncodeError> {
        self.encoder().bool(value).map_err(written)?;
        Ok(())
    }

    fn serialize_u8(self, value: u8) -> Result<(), EncodeError> {
        self.unsigned(value.into())
    }

    fn serialize_u16(self, value: u16) -> Result<(), EncodeError> {
        self.unsigned(value.into())
    }

    fn serialize_u32(self, value: u32) -> Result<(), EncodeError> {
        self.unsigned(value.into())
    }

    fn serialize_u64(self, value: u64) -> Result<(), EncodeError> {
        self.unsigned(value)
    }

    fn serialize_i8(self, value: i8) -> Result<(), EncodeError> {
        self.signed(value.into())
    }

    fn serialize_i16(self, value: i16) -> Result<(), EncodeError> {
        self.signed(value.into())
    }

    fn serialize_i32(self, value: i32) -> Result<(), EncodeError> {
        self.signed(value.into())
    }

    fn serialize_i64(self, value: i64) -> Result<(), EncodeError> {
        self.signed(value)
    }

    fn serialize_f32(self, value: f32) -> Result<(), EncodeError> {
        self.encoder().f32(value).map_err(written)?;
        Ok(())
    }

    fn serialize_f64(self, value: f64) -> Result<(), EncodeError> {
        self.encoder().f64(value).map_err(written)?;
        Ok(())
    }

    fn serialize_char(self, value: char) -> Result<(), EncodeError> {
        if self.readable {
            self.text(value.encode_utf8(&mut [0; 4]))
        } else {
            self.unsigned(u32::from(value).into())
        }
    }

    fn serialize_str(self, value: &str) -> Result<(), EncodeError> {
        self.text(value)
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<(), EncodeError> {
        if self.readable {
            // As JSON has them where a type does not say otherwise.
            self.array(Some(value.len()))?;
            return value.iter().try_for_each(|byte| self.unsigned((*byte).into()));
        }
        self.encoder().bytes(value).map_err(written)?;
        Ok(())
    }

    fn serialize_none(self) -> Result<(), EncodeError> {
        self.null()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), EncodeError> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), EncodeError> {
        if self.readable {
            self.null()
        } else {
            self.array(Some(0))
        }
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), EncodeError> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, name: &'static str) -> Result<(), EncodeError> {
        self.text(name)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), EncodeError> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        name: &'static str,
        value: &T,
    ) -> Result<(), EncodeError> {
        self.variant(name)?;
        value.serialize(self)
    }

    fn serialize_seq(self, length: Option<usize>) -> Result<Parts<'a>, EncodeError> {
        self.array(length)?;
        Ok(Parts::new(self, length.is_none()))
    }

    fn serialize_tuple(self, length: usize) -> Result<Parts<'a>, EncodeError> {
        self.serialize_seq(Some(length))
    }

    fn serialize_tuple_struct(self, _: &'static str, length: usize) -> Result<Parts<'a>, EncodeError> {
        self.serialize_seq(Some(length))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        name: &'static str,
        length: usize,
    ) -> Result<Parts<'a>, EncodeError> {
        self.variant(name)?;
        self.serialize_seq(Some(length))
    }

    fn serialize_map(self, length: Option<usize>) -> Result<Parts<'a>, EncodeError> {
        self.map(length)?;
        Ok(Parts::new(self, length.is_none()))
    }

    fn serialize_struct(self, _: &'static str, length: usize) -> Result<Parts<'a>, EncodeError> {
        self.serialize_map(Some(length))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        name: &'static str,
        length: usize,
    ) -> Result<Parts<'a>, EncodeError> {
        self.variant(name)?;
        self.serialize_map(Some(length))
    }
}

/// The parts of an array or a map, one after the other.
pub(super) struct Parts<'a> {
    writer: &'a mut Writer,
    open: bool,
}

impl<'a> Parts<'a> {
    fn new(writer: &'a mut Writer, open: bool) -> Self {
        Self { writer, open }
    }

    fn part<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EncodeError> {
        value.serialize(&mut *self.writer)
    }

    fn field<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> Result<(), EncodeError> {
        self.writer.text(name)?;
        value.serialize(&mut *self.writer)
    }

    fn close(self) {
        if self.open {
            self.writer.out.push(BREAK);
        }
    }
}

/// All kinds of parts that have no name are written the same.
macro_rules! parts {
    ($($kind:ident $method:ident),*) => {$(
        impl $kind for Parts<'_> {
            type Ok = ();
            type Error = EncodeError;
            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EncodeError> {
                self.part(value)
            }
            fn end(self) -> Result<(), EncodeError> {
                self.close();
                Ok(())
            }
        }
    )*};
}

/// And all that have one.
macro_rules! fields {
    ($($kind:ident),*) => {$(
        impl $kind for Parts<'_> {
            type Ok = ();
            type Error = EncodeError;
            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                name: &'static str,
                value: &T,
            ) -> Result<(), EncodeError> {
                self.field(name, value)
            }
            fn end(self) -> Result<(), EncodeError> {
                self.close();
                Ok(())
            }
        }
    )*};
}

parts!(SerializeSeq serialize_element, SerializeTuple serialize_element);
parts!(SerializeTupleStruct serialize_field, SerializeTupleVariant serialize_field);
fields!(SerializeStruct, SerializeStructVariant);

impl SerializeMap for Parts<'_> {
    type Ok = ();
    type Error = EncodeError;
    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), EncodeError> {
        self.part(key)
    }
    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EncodeError> {
        self.part(value)
    }
    fn end(self) -> Result<(), EncodeError> {
        self.close();
        Ok(())
    }
}
