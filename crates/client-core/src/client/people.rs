//! The part of the facade that is about people: profiles, requests of strangers, who is blocked.

use super::Client;
use crate::error::ClientError;
use crate::people::{block, profile, request, tell};
use crate::view::{PersonProfileView, PersonView, ProfileInput, ProfileView, Strangers};
use undertone_wire::{ConversationId, UserId};

impl Client {
    /// What the user tells of themselves.
    pub fn profile(&self) -> Result<ProfileView, ClientError> {
        profile::own(self.core())
    }

    /// Tells something else. Conversations of few people hear of it soon, larger ones never.
    pub fn set_profile(&self, input: ProfileInput) -> Result<(), ClientError> {
        profile::set(self.core(), input)
    }

    /// Tells conversations at once that would be told in a good moment: for programs that end soon.
    pub fn tell_profile(&self) -> Result<(), ClientError> {
        tell::now(self.core())
    }

    /// The card of a person whom this device knows.
    pub fn profile_of(&self, user: UserId) -> Result<PersonProfileView, ClientError> {
        profile::card(self.core(), user)
    }

    /// The user does not want to hear somebody, or wants to again. They are not told.
    pub fn block(&self, user: UserId, on: bool) -> Result<(), ClientError> {
        block::set(self.core(), user, on)
    }

    /// Whom the user does not want to hear.
    pub fn blocked(&self) -> Result<Vec<PersonView>, ClientError> {
        block::all(self.core())
    }

    /// Accepts what a stranger began. To write into it does the same.
    pub fn accept(&self, conversation: ConversationId) -> Result<(), ClientError> {
        request::accept(self.core(), conversation)
    }

    /// Does not want what a stranger began: it is deleted here, and nothing that comes in it is kept.
    pub fn ignore(&self, conversation: ConversationId, block: bool) -> Result<(), ClientError> {
        request::ignore(self.core(), conversation, block)
    }

    /// What happens when strangers write.
    pub fn strangers(&self) -> Result<Strangers, ClientError> {
        Ok(self.core().store.strangers()?)
    }

    /// Chooses what happens when strangers write from now on.
    pub fn set_strangers(&self, strangers: Strangers) -> Result<(), ClientError> {
        self.core().store.save_strangers(strangers)?;
        // What wakes this device depends on it.
        self.core().signal.notify();
        Ok(())
    }
}
