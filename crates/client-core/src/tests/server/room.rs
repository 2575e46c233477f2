//! The doors of rooms on the server in memory, and what external commits are made from.

use super::super::ledger::{Conversation, refusal};
use super::{Answer, FakeServer};
use sha2::{Digest, Sha256};
use undertone_wire::conversation::{Accepted, ConversationsResponse, JoinRequest, SubmitProposalRequest};
use undertone_wire::group::{GroupProfile, GroupResponse, ReplaceGroupInfoRequest};
use undertone_wire::room::{
    EndedResponse, Knock, KnockRequest, KnocksResponse, ReplaceSealedStateRequest, RoomDoor, RoomRequest,
};
use undertone_wire::stream::ServerFrame;
use undertone_wire::{Bytes, ConversationId, DeviceId, ErrorCode, RoomId, Timestamp};

impl FakeServer {
    pub(in super::super) fn heads_of_user(&self, device: DeviceId) -> ConversationsResponse {
        let state = self.0.borrow();
        let user = state.devices[&device].user;
        let is_in = |known: &Conversation| known.members.iter().any(|member| member.user == user);
        let mine = state.conversations.iter().filter(|(_, known)| is_in(known));
        ConversationsResponse {
            conversations: mine.map(|(id, known)| known.head(*id, device)).collect(),
        }
    }

    pub(in super::super) fn look(&self, request: &RoomRequest) -> Answer<RoomDoor> {
        self.at_door(request.room, &request.admission_token, |id, known| {
            let door = known.profile.room.unwrap();
            RoomDoor {
                conversation: id,
                sealed_state: known.link.as_ref().unwrap().sealed_state.clone(),
                people: known.people(),
                capacity: known.profile.capacity,
                locked: door.locked,
                knock: door.knock,
                slow_mode_seconds: known.profile.slow_mode_seconds,
                retention_seconds: known.profile.retention_seconds.unwrap_or(2_592_000),
                expires_at: door.expires_at,
            }
        })
    }

    pub(in super::super) fn enter(&self, request: &RoomRequest) -> Answer<GroupResponse> {
        let door = self.look(request)?;
        if door.locked {
            return Err(refusal(ErrorCode::RoomLocked));
        }
        if door.knock {
            return Err(refusal(ErrorCode::KnockRequired));
        }
        self.at_door(request.room, &request.admission_token, group_of)
    }

    pub(in super::super) fn group(
        &self,
        device: DeviceId,
        conversation: ConversationId,
    ) -> Answer<GroupResponse> {
        let state = self.0.borrow();
        let user = state.devices[&device].user;
        let known = state.conversations.get(&conversation);
        let known = known.filter(|known| known.members.iter().any(|member| member.user == user));
        known
            .map(|known| group_of(conversation, known))
            .ok_or_else(|| refusal(ErrorCode::NotFound))
    }

    pub(in super::super) fn join(&self, device: DeviceId, request: &JoinRequest) -> Answer<Accepted> {
        self.0.borrow_mut().join(device, request)
    }

    pub(in super::super) fn propose(
        &self,
        device: DeviceId,
        request: &SubmitProposalRequest,
    ) -> Answer<Accepted> {
        self.0.borrow_mut().propose(device, request)
    }

    pub(in super::super) fn replace_group_info(
        &self,
        conversation: ConversationId,
        request: ReplaceGroupInfoRequest,
    ) -> Answer<()> {
        let mut state = self.0.borrow_mut();
        let known = state.conversations.get_mut(&conversation);
        known.ok_or_else(|| refusal(ErrorCode::NotFound))?.group_info = request.group_info;
        Ok(())
    }

    pub(in super::super) fn replace_sealed_state(
        &self,
        conversation: ConversationId,
        request: ReplaceSealedStateRequest,
    ) -> Answer<()> {
        let mut state = self.0.borrow_mut();
        let known = state.conversations.get_mut(&conversation);
        let link = known.and_then(|known| known.link.as_mut());
        link.ok_or_else(|| refusal(ErrorCode::NotFound))?.sealed_state = request.sealed_state;
        Ok(())
    }

    pub(in super::super) fn knock(&self, device: DeviceId, request: KnockRequest) -> Answer<()> {
        let conversation = self.at_door(request.room, &request.admission_token, |id, _| id)?;
        let mut state = self.0.borrow_mut();
        let known = state.conversations.get_mut(&conversation).unwrap();
        known.knocks.retain(|knock| knock.device != device);
        known.knocks.push(Knock {
            device,
            key_package: request.key_package,
            knocked_at: Timestamp::default(),
        });
        let told: Vec<_> = known.members.iter().map(|member| member.device).collect();
        for device in told {
            state.push(device, ServerFrame::Knock(conversation));
        }
        Ok(())
    }

    pub(in super::super) fn stands_at_door(
        &self,
        device: DeviceId,
        conversation: ConversationId,
    ) -> Answer<()> {
        let state = self.0.borrow();
        let known = &state.conversations[&conversation];
        let waits = known.knocks.iter().any(|knock| knock.device == device);
        if waits || known.members.iter().any(|member| member.device == device) {
            Ok(())
        } else {
            Err(refusal(ErrorCode::NotFound))
        }
    }

    pub(in super::super) fn knocks(&self, conversation: ConversationId) -> KnocksResponse {
        KnocksResponse {
            knocks: self.0.borrow().conversations[&conversation].knocks.clone(),
        }
    }

    /// From now on the server says that this one has ended.
    pub(in super::super) fn end(&self, device: DeviceId) {
        self.0.borrow_mut().ended.push(device);
    }

    pub(in super::super) fn ended(&self, conversation: ConversationId) -> EndedResponse {
        let state = self.0.borrow();
        let inside = state.conversations[&conversation].members.iter();
        EndedResponse {
            devices: inside
                .map(|member| member.device)
                .filter(|device| state.ended.contains(device))
                .collect(),
        }
    }

    pub(in super::super) fn refuse_knock(&self, conversation: ConversationId, device: DeviceId) {
        let mut state = self.0.borrow_mut();
        let known = state.conversations.get_mut(&conversation).unwrap();
        known.knocks.retain(|knock| knock.device != device);
        state.push(device, ServerFrame::KnockRefused(conversation));
    }

    /// What anybody with the database has.
    pub(in super::super) fn group_as_server(&self, conversation: ConversationId) -> GroupResponse {
        group_of(conversation, &self.0.borrow().conversations[&conversation])
    }

    /// What the members of a conversation agree on.
    pub(in super::super) fn profile(&self, conversation: ConversationId) -> GroupProfile {
        self.0.borrow().conversations[&conversation].profile.clone()
    }

    /// Gives those who come in from outside another group from now on.
    pub(in super::super) fn show_group(&self, conversation: ConversationId, group: GroupResponse) {
        let mut state = self.0.borrow_mut();
        let known = state.conversations.get_mut(&conversation).unwrap();
        known.group_info = group.group_info;
        known.ratchet_tree = group.ratchet_tree;
    }

    /// Tells a device something.
    pub(in super::super) fn tell(&self, device: DeviceId, frame: ServerFrame) {
        self.0.borrow().push(device, frame);
    }

    fn at_door<T>(
        &self,
        room: RoomId,
        token: &Bytes,
        look: impl FnOnce(ConversationId, &Conversation) -> T,
    ) -> Answer<T> {
        let state = self.0.borrow();
        let hash = Sha256::digest(token.as_slice());
        let fits = |known: &Conversation| {
            known
                .link
                .as_ref()
                .is_some_and(|link| link.room == room && link.admission_hash.as_slice() == hash.as_slice())
        };
        let found = state.conversations.iter().find(|(_, known)| fits(known));
        found
            .map(|(id, known)| look(*id, known))
            .ok_or_else(|| refusal(ErrorCode::NotFound))
    }
}

fn group_of(id: ConversationId, known: &Conversation) -> GroupResponse {
    GroupResponse {
        conversation: id,
        group_info: known.group_info.clone(),
        ratchet_tree: known.ratchet_tree.clone(),
        turn_ms: 2000,
    }
}
