//! Groups and rooms of the facade: conversions only, as in `client`.

use crate::client::{Client, each};
use crate::convert::{ToCore, ToPage};
use crate::failure::Failure;
use crate::input::{ConversationIdText, DeviceIdText, UserIdText, parse, parse_each};
use tsify::Ts;
use undertone_client_core::view::{
    BannedView, JoinedView, KnockView, MemberView, RoomDoorView, RoomLinkView, RoomOptions, StatePatch,
    TermsPatch,
};
use undertone_wire::group::Role;
use undertone_wire::{ConversationId, UserId};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;

fn id_text(conversation: ConversationId) -> ConversationIdText {
    JsValue::from(conversation.to_string()).unchecked_into()
}

#[wasm_bindgen]
impl Client {
    /// Makes a group with these people.
    #[wasm_bindgen(js_name = createGroup)]
    pub async fn create_group(
        &self,
        title: String,
        members: Vec<UserIdText>,
    ) -> Result<ConversationIdText, Failure> {
        let members: Vec<UserId> = parse_each(&members)?;
        Ok(id_text(self.core.create_group(&title, &members).await?))
    }

    /// Makes a room.
    #[wasm_bindgen(js_name = createRoom)]
    pub async fn create_room(&self, options: Ts<RoomOptions>) -> Result<ConversationIdText, Failure> {
        Ok(id_text(self.core.create_room(options.to_core()?).await?))
    }

    /// Link and code of a room, where this device knows them.
    #[wasm_bindgen(js_name = roomLink)]
    pub fn room_link(&self, conversation: &ConversationIdText) -> Result<Option<Ts<RoomLinkView>>, Failure> {
        let link = self.core.room_link(parse(conversation)?)?;
        link.map(|link| link.to_page()).transpose()
    }

    /// What stands on the door that a link or code leads to.
    #[wasm_bindgen(js_name = lookAtRoom)]
    pub async fn look_at_room(&self, link_or_code: String) -> Result<Ts<RoomDoorView>, Failure> {
        self.core.look_at_room(&link_or_code).await?.to_page()
    }

    /// Comes in, or knocks.
    #[wasm_bindgen(js_name = joinRoom)]
    pub async fn join_room(&self, link_or_code: String) -> Result<Ts<JoinedView>, Failure> {
        self.core.join_room(&link_or_code).await?.to_page()
    }

    /// Adds people to a group.
    #[wasm_bindgen(js_name = addMembers)]
    pub async fn add_members(
        &self,
        conversation: ConversationIdText,
        users: Vec<UserIdText>,
    ) -> Result<(), Failure> {
        let users: Vec<UserId> = parse_each(&users)?;
        Ok(self.core.add_members(parse(&conversation)?, &users).await?)
    }

    /// Puts somebody out.
    #[wasm_bindgen(js_name = removeMember)]
    pub async fn remove_member(
        &self,
        conversation: ConversationIdText,
        user: UserIdText,
    ) -> Result<(), Failure> {
        Ok(self
            .core
            .remove_member(parse(&conversation)?, parse(&user)?)
            .await?)
    }

    /// Puts somebody out for good.
    #[wasm_bindgen(js_name = banMember)]
    pub async fn ban_member(
        &self,
        conversation: ConversationIdText,
        user: UserIdText,
    ) -> Result<(), Failure> {
        Ok(self.core.ban_member(parse(&conversation)?, parse(&user)?).await?)
    }

    /// Lets somebody come back who was banned.
    #[wasm_bindgen(js_name = unbanMember)]
    pub async fn unban_member(
        &self,
        conversation: ConversationIdText,
        user: UserIdText,
    ) -> Result<(), Failure> {
        Ok(self
            .core
            .unban_member(parse(&conversation)?, parse(&user)?)
            .await?)
    }

    /// Who was put out for good.
    pub fn banned(&self, conversation: &ConversationIdText) -> Result<Vec<Ts<BannedView>>, Failure> {
        each(self.core.banned(parse(conversation)?)?)
    }

    /// Gives somebody a role.
    #[wasm_bindgen(js_name = setRole)]
    pub async fn set_role(
        &self,
        conversation: ConversationIdText,
        user: UserIdText,
        role: Ts<Role>,
    ) -> Result<(), Failure> {
        let role: Role = role.to_core()?;
        Ok(self
            .core
            .set_role(parse(&conversation)?, parse(&user)?, role)
            .await?)
    }

    /// Leaves a group or room.
    pub async fn leave(&self, conversation: ConversationIdText) -> Result<(), Failure> {
        Ok(self.core.leave(parse(&conversation)?).await?)
    }

    /// Changes what the members agree on and the server does not know.
    #[wasm_bindgen(js_name = setState)]
    pub async fn set_state(
        &self,
        conversation: ConversationIdText,
        patch: Ts<StatePatch>,
    ) -> Result<(), Failure> {
        Ok(self
            .core
            .set_state(parse(&conversation)?, patch.to_core()?)
            .await?)
    }

    /// Changes the terms.
    #[wasm_bindgen(js_name = setTerms)]
    pub async fn set_terms(
        &self,
        conversation: ConversationIdText,
        patch: Ts<TermsPatch>,
    ) -> Result<(), Failure> {
        Ok(self
            .core
            .set_terms(parse(&conversation)?, patch.to_core()?)
            .await?)
    }

    /// Replaces link and code of a room.
    #[wasm_bindgen(js_name = rotateLink)]
    pub async fn rotate_link(&self, conversation: ConversationIdText) -> Result<Ts<RoomLinkView>, Failure> {
        self.core.rotate_link(parse(&conversation)?).await?.to_page()
    }

    /// Who stands at the door of a room.
    pub async fn knocks(&self, conversation: ConversationIdText) -> Result<Vec<Ts<KnockView>>, Failure> {
        each(self.core.knocks(parse(&conversation)?).await?)
    }

    /// Lets a device in.
    pub async fn admit(&self, conversation: ConversationIdText, device: DeviceIdText) -> Result<(), Failure> {
        Ok(self.core.admit(parse(&conversation)?, parse(&device)?).await?)
    }

    /// Does not let a device in.
    #[wasm_bindgen(js_name = refuseKnock)]
    pub async fn refuse_knock(
        &self,
        conversation: ConversationIdText,
        device: DeviceIdText,
    ) -> Result<(), Failure> {
        Ok(self
            .core
            .refuse_knock(parse(&conversation)?, parse(&device)?)
            .await?)
    }

    /// Who is in a conversation.
    pub fn members(&self, conversation: &ConversationIdText) -> Result<Vec<Ts<MemberView>>, Failure> {
        each(self.core.members(parse(conversation)?)?)
    }
}
