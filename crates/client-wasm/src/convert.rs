//! Views as JavaScript's values, and inputs back, by way of the one format for which every type is made in any case
//! (`undertone_wire::codec`). Nothing is `undefined`; what JavaScript leaves out is nothing.

use crate::failure::Failure;
use js_sys::{Array, JSON, Object, Reflect};
use serde::de::{DeserializeOwned, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use std::fmt;
use tsify::{Ts, Tsify};
use undertone_client_core::json;
use undertone_wire::codec;
use wasm_bindgen::JsValue;

/// To JavaScript.
pub(crate) trait ToPage: Tsify + Serialize {
    fn to_page(&self) -> Result<Ts<Self>, Failure>
    where
        Self: Sized,
    {
        let cbor = codec::to_readable(self).map_err(|error| unfit(&error))?;
        page_value(&cbor).map(Ts::new_unchecked)
    }
}

impl<T: Tsify + Serialize> ToPage for T {}

/// From JavaScript.
pub(crate) trait ToCore<T> {
    fn to_core(&self) -> Result<T, Failure>;
}

impl<T: Tsify + DeserializeOwned> ToCore<T> for Ts<T> {
    fn to_core(&self) -> Result<T, Failure> {
        json::from_javascript(&json_of(&self.js_value())?).map_err(|error| unfit(&error))
    }
}

/// One of these for all types: each type's part ends with the CBOR.
#[inline(never)]
fn page_value(cbor: &[u8]) -> Result<JsValue, Failure> {
    let value: PageValue = codec::from_readable(cbor).map_err(|error| unfit(&error))?;
    Ok(value.0)
}

fn json_of(value: &JsValue) -> Result<String, Failure> {
    let text = JSON::stringify(value).ok().and_then(|text| text.as_string());
    text.ok_or_else(|| Failure::new("bad_request", "not a value of the wanted type"))
}

fn unfit(error: &dyn std::error::Error) -> Failure {
    let cause = error.source().map(|cause| format!(": {cause}"));
    Failure::new("bad_request", format!("{error}{}", cause.unwrap_or_default()))
}

/// A value of JavaScript's, read as serde reads anything.
struct PageValue(JsValue);

impl<'de> Deserialize<'de> for PageValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Maker).map(Self)
    }
}

struct Maker;

impl<'de> Visitor<'de> for Maker {
    type Value = JsValue;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    fn visit_bool<E>(self, value: bool) -> Result<JsValue, E> {
        Ok(JsValue::from_bool(value))
    }

    #[expect(clippy::cast_precision_loss, reason = "no number of a view comes near 2^53")]
    fn visit_u64<E>(self, value: u64) -> Result<JsValue, E> {
        Ok(JsValue::from_f64(value as f64))
    }

    #[expect(clippy::cast_precision_loss, reason = "no number of a view comes near 2^53")]
    fn visit_i64<E>(self, value: i64) -> Result<JsValue, E> {
        Ok(JsValue::from_f64(value as f64))
    }

    fn visit_f64<E>(self, value: f64) -> Result<JsValue, E> {
        Ok(JsValue::from_f64(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<JsValue, E> {
        Ok(JsValue::from_str(value))
    }

    fn visit_none<E>(self) -> Result<JsValue, E> {
        Ok(JsValue::UNDEFINED)
    }

    fn visit_unit<E>(self) -> Result<JsValue, E> {
        Ok(JsValue::UNDEFINED)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<JsValue, A::Error> {
        let array = Array::new();
        while let Some(PageValue(value)) = parts.next_element()? {
            array.push(&value);
        }
        Ok(array.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut parts: A) -> Result<JsValue, A::Error> {
        let object = Object::new();
        while let Some((PageValue(name), PageValue(value))) = parts.next_entry()? {
            // Setting a property of an object that was just made cannot fail.
            drop(Reflect::set(&object, &name, &value));
        }
        Ok(object.into())
    }
}
