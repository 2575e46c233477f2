//! Errors as JavaScript catches them: an `Error` with a stable `code`, and `retryAfterMs` where the
//! server asked for a pause.

use std::error::Error as _;
use undertone_client_core::ClientError;
use undertone_client_core::account::AccountError;
use undertone_wire::text::InvalidUserName;
use wasm_bindgen::JsValue;

/// Why a call failed.
#[derive(Debug)]
pub struct Failure {
    code: String,
    message: String,
    retry_after_ms: Option<u64>,
}

impl Failure {
    pub(crate) fn new(code: &str, message: impl Into<String>) -> Self {
        Self {
            code: code.to_owned(),
            message: message.into(),
            retry_after_ms: None,
        }
    }
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        Self {
            retry_after_ms: error.retry_after_ms(),
            ..Self::new(error.code(), with_causes(&error))
        }
    }
}

impl From<AccountError> for Failure {
    fn from(error: AccountError) -> Self {
        ClientError::from(error).into()
    }
}

impl From<InvalidUserName> for Failure {
    fn from(error: InvalidUserName) -> Self {
        let code = match error {
            InvalidUserName::TooShort => "name_too_short",
            InvalidUserName::TooLong => "name_too_long",
            InvalidUserName::Alphabet => "name_alphabet",
            InvalidUserName::MixedScripts => "name_mixed_scripts",
            InvalidUserName::Spaces => "name_spaces",
        };
        Self::new(code, error.to_string())
    }
}

impl From<undertone_client_core::account::InvalidPassword> for Failure {
    fn from(error: undertone_client_core::account::InvalidPassword) -> Self {
        Self::new("password_invalid", error.to_string())
    }
}

impl From<Failure> for JsValue {
    fn from(failure: Failure) -> Self {
        let error = js_sys::Error::new(&failure.message);
        set(&error, "code", &Self::from_str(&failure.code));
        if let Some(pause) = failure.retry_after_ms {
            // Milliseconds of a pause are far below 2^53.
            let pause = u32::try_from(pause).unwrap_or(u32::MAX);
            set(&error, "retryAfterMs", &Self::from_f64(f64::from(pause)));
        }
        error.into()
    }
}

/// The sentence of an error and of all that it came from, each once.
fn with_causes(error: &ClientError) -> String {
    let mut message = error.message();
    let mut cause = error.source();
    while let Some(error) = cause {
        let words = error.to_string();
        if !message.contains(&words) {
            message = format!("{message}: {words}");
        }
        cause = error.source();
    }
    message
}

fn set(error: &js_sys::Error, name: &str, value: &JsValue) {
    // Setting a property of an object that was just made cannot fail.
    drop(js_sys::Reflect::set(error, &JsValue::from_str(name), value));
}
