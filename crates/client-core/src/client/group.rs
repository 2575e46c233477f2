//! The part of the facade that is about groups and rooms.

use super::Client;
use crate::conversation::{create, intent, knock, leave, member, room, terms};
use crate::error::ClientError;
use crate::view::{
    self, BannedView, Intent, IntentNumber, IntentView, JoinedView, KnockView, MemberView, RoomDoorView,
    RoomLinkView, RoomOptions, StatePatch, TermsPatch,
};
use undertone_wire::group::Role;
use undertone_wire::{ConversationId, DeviceId, UserId};

impl Client {
    /// Makes a group with these people and this device's user as its owner.
    pub async fn create_group(&self, title: &str, members: &[UserId]) -> Result<ConversationId, ClientError> {
        create::group(self.core(), title, members).await
    }

    /// Makes a room with this device's user as its owner.
    pub async fn create_room(&self, options: RoomOptions) -> Result<ConversationId, ClientError> {
        create::room(self.core(), options).await
    }

    /// The current link of a room, where this device has it.
    pub fn room_link(&self, conversation: ConversationId) -> Result<Option<RoomLinkView>, ClientError> {
        room::link(self.core(), conversation)
    }

    /// What stands on the door of a room. Needs no session.
    pub async fn look_at_room(&self, link_or_code: &str) -> Result<RoomDoorView, ClientError> {
        room::look(self.core(), link_or_code).await
    }

    /// Comes into a room, or knocks where somebody inside lets people in.
    pub async fn join_room(&self, link_or_code: &str) -> Result<JoinedView, ClientError> {
        room::join(self.core(), link_or_code).await
    }

    /// Adds people with all their devices.
    pub async fn add_members(
        &self,
        conversation: ConversationId,
        users: &[UserId],
    ) -> Result<(), ClientError> {
        member::add(self.core(), conversation, users).await
    }

    /// Puts a person out; they may be added again, or come in again by a link that they get.
    pub async fn remove_member(&self, conversation: ConversationId, user: UserId) -> Result<(), ClientError> {
        member::remove(self.core(), conversation, user).await
    }

    /// Puts a person out for good.
    pub async fn ban_member(&self, conversation: ConversationId, user: UserId) -> Result<(), ClientError> {
        member::ban(self.core(), conversation, user).await
    }

    /// Lets a person who was banned come back.
    pub async fn unban_member(&self, conversation: ConversationId, user: UserId) -> Result<(), ClientError> {
        member::unban(self.core(), conversation, user).await
    }

    /// Whom it was said of that they do not come back.
    pub fn banned(&self, conversation: ConversationId) -> Result<Vec<BannedView>, ClientError> {
        view::banned(self.core(), conversation)
    }

    /// Gives a person a role. Whoever is read-only is muted.
    pub async fn set_role(
        &self,
        conversation: ConversationId,
        user: UserId,
        role: Role,
    ) -> Result<(), ClientError> {
        member::set_role(self.core(), conversation, user, role).await
    }

    /// Leaves with all of the user's devices. What was read stays on this one.
    pub async fn leave(&self, conversation: ConversationId) -> Result<(), ClientError> {
        leave::leave(self.core(), conversation).await
    }

    /// Changes title, topic, picture, timer or the sharing of history.
    pub async fn set_state(
        &self,
        conversation: ConversationId,
        patch: StatePatch,
    ) -> Result<(), ClientError> {
        terms::set_state(self.core(), conversation, patch).await
    }

    /// Changes the terms.
    pub async fn set_terms(
        &self,
        conversation: ConversationId,
        patch: TermsPatch,
    ) -> Result<(), ClientError> {
        terms::set_terms(self.core(), conversation, patch).await
    }

    /// Replaces the link of a room: the one before lets nobody in any more.
    pub async fn rotate_link(&self, conversation: ConversationId) -> Result<RoomLinkView, ClientError> {
        room::rotate(self.core(), conversation).await
    }

    /// Changes something that can be taken back for a few seconds: it waits so long, and is carried out then,
    /// or at the next start.
    pub fn intend(&self, conversation: ConversationId, intent: Intent) -> Result<IntentView, ClientError> {
        intent::intend(self.core(), conversation, intent)
    }

    /// Takes it back; gives whether that was in time.
    pub fn undo(&self, number: IntentNumber) -> Result<bool, ClientError> {
        intent::undo(self.core(), number)
    }

    /// Gives it its whole time again; gives whether that was in time.
    pub fn hold(&self, number: IntentNumber) -> Result<bool, ClientError> {
        intent::hold(self.core(), number)
    }

    /// Resolves when it is carried out or was taken back.
    pub async fn fulfilled(&self, number: IntentNumber) -> Result<(), ClientError> {
        intent::fulfilled(self.core(), number).await
    }

    /// Who stands at the door of a room; for admins and owners.
    pub async fn knocks(&self, conversation: ConversationId) -> Result<Vec<KnockView>, ClientError> {
        knock::list(self.core(), conversation).await
    }

    /// Lets a device in that knocked.
    pub async fn admit(&self, conversation: ConversationId, device: DeviceId) -> Result<(), ClientError> {
        knock::admit(self.core(), conversation, device).await
    }

    /// Does not let a device in that knocked.
    pub async fn refuse_knock(
        &self,
        conversation: ConversationId,
        device: DeviceId,
    ) -> Result<(), ClientError> {
        knock::refuse(self.core(), conversation, device).await
    }

    /// For tests: equal on all devices that are in the same group.
    #[cfg(any(test, feature = "testing"))]
    pub fn epoch_authenticator(&self, conversation: ConversationId) -> Result<Vec<u8>, ClientError> {
        self.core()
            .groups
            .with(conversation, |group, _| Ok(group.epoch_authenticator()))
    }

    /// Everybody in a conversation.
    pub fn members(&self, conversation: ConversationId) -> Result<Vec<MemberView>, ClientError> {
        view::members(self.core(), conversation)
    }
}
