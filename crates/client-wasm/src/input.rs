//! Ids and keys as JavaScript hands them over: branded text, parsed here.

use crate::failure::Failure;
use std::str::FromStr;
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// A [`undertone_wire::UserId`].
    #[wasm_bindgen(typescript_type = "UserId")]
    pub type UserIdText;
    /// A [`undertone_wire::ConversationId`].
    #[wasm_bindgen(typescript_type = "ConversationId")]
    pub type ConversationIdText;
    /// A [`undertone_wire::DeviceId`].
    #[wasm_bindgen(typescript_type = "DeviceId")]
    pub type DeviceIdText;
    /// A [`undertone_client_core::MessageKey`].
    #[wasm_bindgen(typescript_type = "MessageKey")]
    pub type MessageKeyText;
    /// What is called when something changed.
    #[wasm_bindgen(typescript_type = "(change: Change) => void")]
    pub type ChangeListener;
    /// What judges a password; the words are what a guesser tries first.
    #[wasm_bindgen(
        typescript_type = "(password: string, known: string[]) => Promise<{ readonly score: number; readonly hint?: string | undefined }>"
    )]
    pub type PasswordEstimator;
}

/// Reads ids.
pub(crate) fn parse_each<T: FromStr, J: AsRef<JsValue>>(texts: &[J]) -> Result<Vec<T>, Failure> {
    texts.iter().map(|text| parse(text.as_ref())).collect()
}

/// Reads an id or a key.
pub(crate) fn parse<T: FromStr>(text: &JsValue) -> Result<T, Failure> {
    let parsed = text.as_string().and_then(|text| text.parse().ok());
    parsed.ok_or_else(|| Failure::new("bad_request", "not a valid id"))
}
