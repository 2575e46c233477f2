//! What can be taken back for some seconds: conversions only, as in `client`.

use crate::client::Client;
use crate::convert::{ToCore, ToPage};
use crate::failure::Failure;
use crate::input::{ConversationIdText, parse};
use tsify::Ts;
use undertone_client_core::view::{Intent, IntentNumber, IntentView};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
impl Client {
    /// Changes something that can be taken back; it is carried out after some seconds, or at the next start.
    pub fn intend(
        &self,
        conversation: &ConversationIdText,
        intent: Ts<Intent>,
    ) -> Result<Ts<IntentView>, Failure> {
        self.core
            .intend(parse(conversation)?, intent.to_core()?)?
            .to_page()
    }

    /// Takes it back; gives whether that was in time.
    pub fn undo(&self, number: Ts<IntentNumber>) -> Result<bool, Failure> {
        Ok(self.core.undo(number.to_core()?)?)
    }

    /// Gives it its whole time again; gives whether that was in time.
    pub fn hold(&self, number: Ts<IntentNumber>) -> Result<bool, Failure> {
        Ok(self.core.hold(number.to_core()?)?)
    }

    /// Resolves when it is carried out or was taken back.
    pub async fn fulfilled(&self, number: Ts<IntentNumber>) -> Result<(), Failure> {
        Ok(self.core.fulfilled(number.to_core()?).await?)
    }
}
