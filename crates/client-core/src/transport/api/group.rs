//! Calls about groups and rooms: coming in, the door, and what keeps it usable.

use super::{Api, ApiError};
use crate::transport::Method;
use crate::transport::call::Call;
use undertone_wire::conversation::{Accepted, ConversationsResponse, JoinRequest, SubmitProposalRequest};
use undertone_wire::group::{GroupResponse, ReplaceGroupInfoRequest};
use undertone_wire::room::{
    EndedResponse, KnockRequest, KnocksResponse, ReplaceSealedStateRequest, RoomDoor, RoomRequest,
};
use undertone_wire::{ConversationId, DeviceId};

impl Api {
    /// The conversations of the caller's user, whichever of their devices is a member.
    pub async fn conversations_of_user(&self, token: &str) -> Result<ConversationsResponse, ApiError> {
        self.call(Call::get("/api/v1/conversations?scope=user").by(token))
            .await
    }

    /// What stands on the door of a room. Needs no session.
    pub async fn look_at_room(&self, request: &RoomRequest) -> Result<RoomDoor, ApiError> {
        self.call(Call::post("/api/v1/rooms/look", request)?).await
    }

    /// What an external commit into a room is made from.
    pub async fn enter_room(&self, token: &str, request: &RoomRequest) -> Result<GroupResponse, ApiError> {
        self.call(Call::post("/api/v1/rooms/enter", request)?.by(token))
            .await
    }

    /// Asks to be let into a room.
    pub async fn knock(&self, token: &str, request: &KnockRequest) -> Result<(), ApiError> {
        self.call_empty(Call::post("/api/v1/rooms/knock", request)?.by(token))
            .await
    }

    /// Whether this device still stands at the door of a room, or was let in; `not_found`: neither.
    pub async fn stands_at_door(&self, token: &str, conversation: ConversationId) -> Result<(), ApiError> {
        let path = format!("/api/v1/conversations/{conversation}/knock");
        self.call_empty(Call::get(path).by(token)).await
    }

    /// Who stands at the door of a room.
    pub async fn knocks(
        &self,
        token: &str,
        conversation: ConversationId,
    ) -> Result<KnocksResponse, ApiError> {
        let path = format!("/api/v1/conversations/{conversation}/knocks");
        self.call(Call::get(path).by(token)).await
    }

    /// `GET /conversations/{id}/ended`.
    pub async fn ended(&self, token: &str, conversation: ConversationId) -> Result<EndedResponse, ApiError> {
        let path = format!("/api/v1/conversations/{conversation}/ended");
        self.call(Call::get(path).by(token)).await
    }

    /// Does not let a device in.
    pub async fn refuse_knock(
        &self,
        token: &str,
        conversation: ConversationId,
        device: DeviceId,
    ) -> Result<(), ApiError> {
        let path = format!("/api/v1/conversations/{conversation}/knocks/{device}");
        self.call_empty(Call::new(Method::Delete, path).by(token)).await
    }

    /// Replaces what stands on the door of a room.
    pub async fn replace_sealed_state(
        &self,
        token: &str,
        conversation: ConversationId,
        request: &ReplaceSealedStateRequest,
    ) -> Result<(), ApiError> {
        let path = format!("/api/v1/conversations/{conversation}/sealed-state");
        self.call_empty(Call::put(path, request)?.by(token)).await
    }

    /// What an external commit of a member's device is made from.
    pub async fn group(&self, token: &str, conversation: ConversationId) -> Result<GroupResponse, ApiError> {
        let path = format!("/api/v1/conversations/{conversation}/group");
        self.call(Call::get(path).by(token)).await
    }

    /// Replaces a `GroupInfo` by which nobody can join.
    pub async fn replace_group_info(
        &self,
        token: &str,
        conversation: ConversationId,
        request: &ReplaceGroupInfoRequest,
    ) -> Result<(), ApiError> {
        let path = format!("/api/v1/conversations/{conversation}/group-info");
        self.call_empty(Call::put(path, request)?.by(token)).await
    }

    /// Comes into a conversation by an external commit.
    pub async fn join(&self, token: &str, request: &JoinRequest) -> Result<Accepted, ApiError> {
        let path = format!("/api/v1/conversations/{}/join", request.conversation);
        self.call(Call::post(path, request)?.by(token)).await
    }

    /// Asks to be let go, without a WebSocket.
    pub async fn submit_proposal(
        &self,
        token: &str,
        request: &SubmitProposalRequest,
    ) -> Result<Accepted, ApiError> {
        let path = format!("/api/v1/conversations/{}/proposals", request.conversation);
        self.call(Call::post(path, request)?.by(token)).await
    }
}
