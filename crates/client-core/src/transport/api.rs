//! Every call of the server's HTTP interface, typed, and how an answer becomes a value or an error.
//! It keeps no session: calls of a signed-in device take the access token first, which
//! [`crate::account::Account::authorized`] provides.

mod blob;
mod group;
mod push;

use super::call::{Call, with_query};
use super::{HttpResponse, Method, Transport, TransportError};
use crate::json::{self, JsonError};
use serde::de::DeserializeOwned;
use std::rc::Rc;
use undertone_wire::account::{
    FinishRegistrationRequest, InvitationResponse, PeopleQuery, PeopleResponse, PersonDetails,
    StartRegistrationRequest, StartRegistrationResponse,
};
use undertone_wire::conversation::{
    Accepted, ConversationsResponse, CreateConversationRequest, LogPage, SubmitCommitRequest,
};
use undertone_wire::error::ErrorResponse;
use undertone_wire::guest::{BecomeAccountRequest, CreateGuestRequest};
use undertone_wire::key_package::{ClaimKeyPackagesResponse, KeyPackageStock, UploadKeyPackagesRequest};
use undertone_wire::limits::BODY_BYTES_MAX;
use undertone_wire::message::SendMessageRequest;
use undertone_wire::recovery::{
    FinishRecoveryRequest, ProveRecoveryRequest, ProveRecoveryResponse, StartRecoveryRequest,
    StartRecoveryResponse,
};
use undertone_wire::server_info::{CheckSetupTokenRequest, ServerInfo};
use undertone_wire::session::{
    AddDeviceRequest, FinishLoginRequest, FinishLoginResponse, RefreshRequest, SessionGrant, SessionResponse,
    StartLoginRequest, StartLoginResponse,
};
use undertone_wire::stream::FetchLog;
use undertone_wire::{DeviceId, ErrorBody, ErrorCode, UserId};

/// Why a call gave nothing.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// The server said no, and why.
    #[error("{}", .0.message)]
    Refused(#[source] ErrorBody),
    /// The server could not be asked, or its answer did not arrive.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// The request is larger than the server takes; it was not sent.
    #[error("this is too large to send")]
    TooLarge,
    /// A request could not be written, or an answer is not of the documented form.
    #[error("the server answers in a form that this client does not know")]
    Malformed(#[source] JsonError),
    /// An answer without a documented body: a proxy in between, or not our server.
    #[error("the server answers in a form that this client does not know (HTTP status {0})")]
    UnexpectedStatus(u16),
}

impl ApiError {
    /// The server's error, if it gave one.
    pub fn refusal(&self) -> Option<&ErrorBody> {
        match self {
            Self::Refused(body) => Some(body),
            _ => None,
        }
    }

    /// The server's code, if it gave one.
    pub fn code(&self) -> Option<ErrorCode> {
        self.refusal().map(|body| body.code)
    }

    /// How long the server asks to wait before the next try.
    pub fn retry_after_ms(&self) -> Option<u64> {
        self.refusal().and_then(|body| body.retry_after_ms)
    }

    /// True when the same call may succeed later: nobody refused what was asked.
    pub fn is_temporary(&self) -> bool {
        match self {
            Self::Refused(body) => {
                matches!(
                    body.code,
                    ErrorCode::RateLimited | ErrorCode::Unavailable | ErrorCode::Internal
                )
            }
            Self::Transport(error) => !matches!(error, TransportError::Address(_) | TransportError::Trust(_)),
            Self::UnexpectedStatus(status) => *status >= 500,
            Self::TooLarge | Self::Malformed(_) => false,
        }
    }
}

/// The server's HTTP interface for who has no session yet.
#[derive(Clone)]
pub struct Api {
    transport: Rc<dyn Transport>,
}

impl Api {
    /// Over this transport.
    pub fn new(transport: Rc<dyn Transport>) -> Self {
        Self { transport }
    }

    /// The way to the server.
    pub fn transport(&self) -> &Rc<dyn Transport> {
        &self.transport
    }

    /// What the server says about itself.
    pub async fn server_info(&self) -> Result<ServerInfo, ApiError> {
        self.call(Call::get("/api/v1/server")).await
    }

    /// Whether a set-up token is the right one.
    pub async fn check_setup_token(&self, request: &CheckSetupTokenRequest) -> Result<(), ApiError> {
        self.call_empty(Call::post("/api/v1/setup/check", request)?).await
    }

    /// The first half of a registration.
    pub async fn start_registration(
        &self,
        request: &StartRegistrationRequest,
    ) -> Result<StartRegistrationResponse, ApiError> {
        self.call(Call::post("/api/v1/registration/start", request)?)
            .await
    }

    /// The second half of a registration.
    pub async fn finish_registration(
        &self,
        request: &FinishRegistrationRequest,
    ) -> Result<SessionGrant, ApiError> {
        self.call(Call::post("/api/v1/registration/finish", request)?)
            .await
    }

    /// The first half of a login.
    pub async fn start_login(&self, request: &StartLoginRequest) -> Result<StartLoginResponse, ApiError> {
        self.call(Call::post("/api/v1/login/start", request)?).await
    }

    /// The second half of a login.
    pub async fn finish_login(&self, request: &FinishLoginRequest) -> Result<FinishLoginResponse, ApiError> {
        self.call(Call::post("/api/v1/login/finish", request)?).await
    }

    /// Registers a device with the ticket of a login.
    pub async fn add_device(&self, request: &AddDeviceRequest) -> Result<SessionGrant, ApiError> {
        self.call(Call::post("/api/v1/devices", request)?).await
    }

    /// Makes a guest.
    pub async fn create_guest(&self, request: &CreateGuestRequest) -> Result<SessionGrant, ApiError> {
        self.call(Call::post("/api/v1/guests", request)?).await
    }

    /// Makes an account of the calling guest.
    pub async fn become_account(
        &self,
        token: &str,
        request: &BecomeAccountRequest,
    ) -> Result<SessionGrant, ApiError> {
        self.call(Call::post("/api/v1/guests/account", request)?.by(token))
            .await
    }

    /// Asks for what the recovery key is to sign.
    pub async fn start_recovery(
        &self,
        request: &StartRecoveryRequest,
    ) -> Result<StartRecoveryResponse, ApiError> {
        self.call(Call::post("/api/v1/recovery/start", request)?).await
    }

    /// Shows the recovery key.
    pub async fn prove_recovery(
        &self,
        request: &ProveRecoveryRequest,
    ) -> Result<ProveRecoveryResponse, ApiError> {
        self.call(Call::post("/api/v1/recovery/prove", request)?).await
    }

    /// Sets the new password, and registers a device.
    pub async fn finish_recovery(&self, request: &FinishRecoveryRequest) -> Result<SessionGrant, ApiError> {
        self.call(Call::post("/api/v1/recovery/finish", request)?).await
    }

    /// Changes a refresh token for the next grant.
    pub async fn refresh(&self, request: &RefreshRequest) -> Result<SessionGrant, ApiError> {
        self.call(Call::post("/api/v1/session/refresh", request)?).await
    }

    /// Who the caller is.
    pub async fn session(&self, token: &str) -> Result<SessionResponse, ApiError> {
        self.call(Call::get("/api/v1/session").by(token)).await
    }

    /// Retires one of the caller's devices for good: its sessions end, its key packages are gone.
    pub async fn revoke_device(&self, token: &str, device: DeviceId) -> Result<(), ApiError> {
        self.call_empty(Call::new(Method::Delete, format!("/api/v1/devices/{device}")).by(token))
            .await
    }

    /// Makes an invitation; for administrators.
    pub async fn create_invitation(&self, token: &str) -> Result<InvitationResponse, ApiError> {
        self.call(Call::new(Method::Post, "/api/v1/invitations".to_owned()).by(token))
            .await
    }

    /// Accounts by name.
    pub async fn people(&self, token: &str, query: &PeopleQuery) -> Result<PeopleResponse, ApiError> {
        let limit = query.limit.map(|limit| limit.to_string());
        let pairs = [
            ("query", query.query.as_deref()),
            ("after", query.after.as_deref()),
            ("limit", limit.as_deref()),
        ];
        self.call(Call::get(with_query("/api/v1/people", &pairs)).by(token))
            .await
    }

    /// Someone's identity key and devices.
    pub async fn person(&self, token: &str, user: UserId) -> Result<PersonDetails, ApiError> {
        self.call(Call::get(format!("/api/v1/people/{user}")).by(token))
            .await
    }

    /// One key package of each device of someone.
    pub async fn claim_key_packages(
        &self,
        token: &str,
        user: UserId,
    ) -> Result<ClaimKeyPackagesResponse, ApiError> {
        let path = format!("/api/v1/people/{user}/key-packages");
        self.call(Call::new(Method::Post, path).by(token)).await
    }

    /// What the server holds of the caller's key packages.
    pub async fn key_package_stock(&self, token: &str) -> Result<KeyPackageStock, ApiError> {
        self.call(Call::get("/api/v1/key-packages").by(token)).await
    }

    /// Adds to the stock of key packages.
    pub async fn upload_key_packages(
        &self,
        token: &str,
        request: &UploadKeyPackagesRequest,
    ) -> Result<KeyPackageStock, ApiError> {
        self.call(Call::post("/api/v1/key-packages", request)?.by(token))
            .await
    }

    /// Where the caller's conversations stand.
    pub async fn conversations(&self, token: &str) -> Result<ConversationsResponse, ApiError> {
        self.call(Call::get("/api/v1/conversations").by(token)).await
    }

    /// Begins a conversation.
    pub async fn create_conversation(
        &self,
        token: &str,
        request: &CreateConversationRequest,
    ) -> Result<Accepted, ApiError> {
        self.call(Call::post("/api/v1/conversations", request)?.by(token))
            .await
    }

    /// Changes a conversation's group.
    pub async fn submit_commit(
        &self,
        token: &str,
        request: &SubmitCommitRequest,
    ) -> Result<Accepted, ApiError> {
        let path = format!("/api/v1/conversations/{}/commits", request.conversation);
        self.call(Call::post(path, request)?.by(token)).await
    }

    /// Sends a message without a WebSocket.
    pub async fn send_message(
        &self,
        token: &str,
        request: &SendMessageRequest,
    ) -> Result<Accepted, ApiError> {
        let path = format!("/api/v1/conversations/{}/messages", request.conversation);
        self.call(Call::post(path, request)?.by(token)).await
    }

    /// A part of a conversation's log.
    pub async fn log(&self, token: &str, fetch: FetchLog) -> Result<LogPage, ApiError> {
        let FetchLog {
            conversation,
            after,
            limit,
        } = fetch;
        let path = format!("/api/v1/conversations/{conversation}/log?after={after}&limit={limit}");
        self.call(Call::get(path).by(token)).await
    }

    /// Makes a call and reads its answer.
    async fn call<T: DeserializeOwned>(&self, call: Call) -> Result<T, ApiError> {
        let response = self.exchange(call).await?;
        json::from_slice(&response.body).map_err(ApiError::Malformed)
    }

    /// Makes a call whose answer has no content.
    async fn call_empty(&self, call: Call) -> Result<(), ApiError> {
        self.exchange(call).await.map(drop)
    }

    async fn exchange(&self, call: Call) -> Result<HttpResponse, ApiError> {
        if call
            .request()
            .body
            .as_ref()
            .is_some_and(|body| body.len() > BODY_BYTES_MAX)
        {
            return Err(ApiError::TooLarge);
        }
        let response = self.transport.request(call.into_request()).await?;
        if (200..300).contains(&response.status) {
            return Ok(response);
        }
        match json::from_slice::<ErrorResponse>(&response.body) {
            Ok(answer) => Err(ApiError::Refused(answer.error)),
            // The status says more than how the body fails to be ours.
            Err(_not_ours) => Err(ApiError::UnexpectedStatus(response.status)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::{Connection, HttpRequest};
    use async_trait::async_trait;

    /// Answers everything the same.
    struct Fixed(HttpResponse);

    #[async_trait(?Send)]
    impl Transport for Fixed {
        async fn request(&self, _: HttpRequest) -> Result<HttpResponse, TransportError> {
            Ok(self.0.clone())
        }
        async fn connect(&self) -> Result<Connection, TransportError> {
            Err(TransportError::Closed)
        }
        fn origin(&self) -> &'static str {
            "https://test"
        }
    }

    async fn answer(status: u16, body: &str) -> Result<ServerInfo, ApiError> {
        let response = HttpResponse {
            status,
            body: body.as_bytes().to_vec(),
        };
        Api::new(Rc::new(Fixed(response))).server_info().await
    }

    #[tokio::test(flavor = "current_thread")]
    async fn a_refusal_keeps_its_code_and_the_time_to_wait() {
        let body = r#"{"error":{"code":"rate_limited","message":"Too fast","retry_after_ms":1500}}"#;
        let error = answer(429, body).await.unwrap_err();
        assert_eq!(error.code(), Some(ErrorCode::RateLimited));
        assert_eq!(error.retry_after_ms(), Some(1500));
        assert!(error.is_temporary());
        assert_eq!(error.to_string(), "Too fast");
    }

    #[tokio::test(flavor = "current_thread")]
    async fn answers_of_another_form_are_named() {
        assert!(matches!(
            answer(502, "<html>").await,
            Err(ApiError::UnexpectedStatus(502))
        ));
        assert!(matches!(answer(200, "<html>").await, Err(ApiError::Malformed(_))));
        assert!(matches!(answer(200, "{}").await, Err(ApiError::Malformed(_))));
        assert!(!answer(404, "").await.unwrap_err().is_temporary());
    }

    #[tokio::test(flavor = "current_thread")]
    async fn what_the_server_would_refuse_for_its_size_is_not_sent() {
        let api = Api::new(Rc::new(Fixed(HttpResponse {
            status: 200,
            body: Vec::new(),
        })));
        let call = Call::post("/api/v1/key-packages", &"x".repeat(BODY_BYTES_MAX)).unwrap();
        assert!(matches!(api.call_empty(call).await, Err(ApiError::TooLarge)));
    }
}
