//! People of the facade: profiles, requests of strangers, who is blocked. Conversions only, as in `client`.

use crate::client::{Client, each};
use crate::convert::{ToCore, ToPage};
use crate::failure::Failure;
use crate::input::{ConversationIdText, UserIdText, parse};
use tsify::Ts;
use undertone_client_core::view::{PersonProfileView, PersonView, ProfileInput, ProfileView, Strangers};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
impl Client {
    /// What the user tells of themselves.
    pub fn profile(&self) -> Result<Ts<ProfileView>, Failure> {
        self.core.profile()?.to_page()
    }

    /// Tells something else.
    #[wasm_bindgen(js_name = setProfile)]
    pub fn set_profile(&self, input: &Ts<ProfileInput>) -> Result<(), Failure> {
        Ok(self.core.set_profile(input.to_core()?)?)
    }

    /// The card of a person whom this device knows.
    #[wasm_bindgen(js_name = profileOf)]
    pub fn profile_of(&self, user: &UserIdText) -> Result<Ts<PersonProfileView>, Failure> {
        self.core.profile_of(parse(user)?)?.to_page()
    }

    /// The user does not want to hear somebody, or wants to again.
    pub fn block(&self, user: &UserIdText, on: bool) -> Result<(), Failure> {
        Ok(self.core.block(parse(user)?, on)?)
    }

    /// Whom the user does not want to hear.
    pub fn blocked(&self) -> Result<Vec<Ts<PersonView>>, Failure> {
        each(self.core.blocked()?)
    }

    /// Accepts what a stranger began.
    pub fn accept(&self, conversation: &ConversationIdText) -> Result<(), Failure> {
        Ok(self.core.accept(parse(conversation)?)?)
    }

    /// Does not want what a stranger began.
    pub fn ignore(&self, conversation: &ConversationIdText, block: bool) -> Result<(), Failure> {
        Ok(self.core.ignore(parse(conversation)?, block)?)
    }

    /// What happens when strangers write.
    pub fn strangers(&self) -> Result<Ts<Strangers>, Failure> {
        self.core.strangers()?.to_page()
    }

    /// Chooses what happens when strangers write.
    #[wasm_bindgen(js_name = setStrangers)]
    pub fn set_strangers(&self, strangers: &Ts<Strangers>) -> Result<(), Failure> {
        Ok(self.core.set_strangers(strangers.to_core()?)?)
    }
}
