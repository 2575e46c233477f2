//! One request in the making: method, path, query, token and JSON. Which requests there are is
//! [`super::api`]'s business.

use super::api::ApiError;
use super::{BodyKind, HttpRequest, Method};
use crate::json;
use serde::Serialize;
use undertone_wire::alphabet::HEX;

/// One request in the making.
pub(super) struct Call(HttpRequest);

impl Call {
    pub(super) fn get(path: impl Into<String>) -> Self {
        Self::new(Method::Get, path.into())
    }

    pub(super) fn post<B: Serialize>(path: impl Into<String>, body: &B) -> Result<Self, ApiError> {
        Self::with_body(Method::Post, path.into(), body)
    }

    pub(super) fn put<B: Serialize>(path: impl Into<String>, body: &B) -> Result<Self, ApiError> {
        Self::with_body(Method::Put, path.into(), body)
    }

    fn with_body<B: Serialize>(method: Method, path: String, body: &B) -> Result<Self, ApiError> {
        let mut call = Self::new(method, path);
        call.0.body = Some(json::to_string(body).map_err(ApiError::Malformed)?.into_bytes());
        Ok(call)
    }

    pub(super) fn new(method: Method, path: String) -> Self {
        Self(HttpRequest {
            method,
            path,
            bearer: None,
            body: None,
            kind: BodyKind::default(),
            range: None,
        })
    }

    /// With bytes that are no JSON.
    pub(super) fn with_bytes(mut self, bytes: &[u8]) -> Self {
        self.0.body = Some(bytes.to_vec());
        self.0.kind = BodyKind::Bytes;
        self
    }

    /// For a part of the answer alone.
    pub(super) fn in_range(mut self, range: (u64, u64)) -> Self {
        self.0.range = Some(range);
        self
    }

    /// What is to be sent.
    pub(super) fn request(&self) -> &HttpRequest {
        &self.0
    }

    /// To send it.
    pub(super) fn into_request(self) -> HttpRequest {
        self.0
    }

    /// Made by the holder of an access token.
    pub(super) fn by(mut self, token: &str) -> Self {
        self.0.bearer = Some(token.to_owned());
        self
    }
}

/// Appends those pairs that have a value, percent-encoded.
pub(super) fn with_query(path: &str, pairs: &[(&str, Option<&str>)]) -> String {
    let mut out = path.to_owned();
    let mut separator = '?';
    for (name, value) in pairs {
        let Some(value) = value else { continue };
        out.push(separator);
        separator = '&';
        out.push_str(name);
        out.push('=');
        for byte in value.bytes() {
            if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                out.push(char::from(byte));
            } else {
                out.push('%');
                out.push_str(&HEX.encode(&[byte]).to_ascii_uppercase());
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_typed_stays_one_value_of_the_query() {
        let pairs = [("query", Some("a&b=ü ?")), ("after", None), ("limit", Some("5"))];
        assert_eq!(with_query("/p", &pairs), "/p?query=a%26b%3D%C3%BC%20%3F&limit=5");
        assert_eq!(with_query("/p", &[("query", None)]), "/p");
    }
}
