//! What an answer that is not a success looks like: one code, one sentence, one status. Causes stay
//! on the server: they are logged once, here, and never sent.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::error::Error;
use std::time::Duration;
use undertone_wire::error::ErrorResponse;
use undertone_wire::{ConversationId, ErrorBody, ErrorCode, UserName};

use crate::blob::BlobError;
use crate::store::StoreError;

/// Why a request is refused.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// The caller's doing, or nobody's: it is sent as it stands.
    #[error("{0}")]
    Refused(ErrorBody),
    /// The database failed; which way is logged.
    #[error("the database failed")]
    Store(#[from] StoreError),
    /// The place of the blobs failed; how is logged.
    #[error("the place of the blobs failed")]
    Blobs(#[from] BlobError),
    /// A mistake of this program; it is logged.
    #[error("internal error")]
    Internal(#[source] Box<dyn Error + Send + Sync>),
}

impl ApiError {
    /// Refuses with a sentence for people.
    pub fn new(code: ErrorCode, message: &'static str) -> Self {
        Self::Refused(ErrorBody::new(code, message))
    }

    /// Refuses with the code's usual sentence.
    pub fn of(code: ErrorCode) -> Self {
        Self::Refused(body(code))
    }

    /// Refuses until `wait` has passed.
    pub fn rate_limited(wait: Duration) -> Self {
        Self::waiting(ErrorCode::RateLimited, wait)
    }

    /// Refuses for a reason that passes: what may be tried again after `wait`.
    pub fn waiting(code: ErrorCode, wait: Duration) -> Self {
        Self::Refused(waiting(code, wait))
    }

    /// Refuses a second conversation of the same two people.
    pub fn conversation_exists(conversation: ConversationId) -> Self {
        Self::Refused(ErrorBody {
            conversation: Some(conversation),
            ..body(ErrorCode::ConversationExists)
        })
    }

    /// A mistake of this program.
    pub fn internal(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Internal(cause.into())
    }

    /// What is sent. Logs what is not.
    pub fn into_body(self) -> ErrorBody {
        match self {
            Self::Refused(body) => body,
            Self::Store(error) => {
                tracing::error!(error = &error as &dyn Error, "the database failed");
                body(error.code())
            }
            Self::Blobs(error) => {
                tracing::error!(error = &error as &dyn Error, "the place of the blobs failed");
                body(ErrorCode::Unavailable)
            }
            Self::Internal(error) => {
                tracing::error!(error = error.as_ref() as &dyn Error, "a request failed");
                body(ErrorCode::Internal)
            }
        }
    }
}

impl From<ErrorBody> for ApiError {
    fn from(body: ErrorBody) -> Self {
        Self::Refused(body)
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let error = self.into_body();
        let status = StatusCode::from_u16(error.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let retry_after_s = error
            .retry_after_ms
            .map(|milliseconds| milliseconds.div_ceil(1000).max(1));
        let mut response = (status, axum::Json(ErrorResponse { error })).into_response();
        if let Some(seconds) = retry_after_s {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

/// The body of [`ApiError::rate_limited`].
pub(crate) fn rate_limited(wait: Duration) -> ErrorBody {
    waiting(ErrorCode::RateLimited, wait)
}

fn waiting(code: ErrorCode, wait: Duration) -> ErrorBody {
    let milliseconds = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX).max(1);
    ErrorBody {
        retry_after_ms: Some(milliseconds),
        ..body(code)
    }
}

/// A code with its usual sentence.
pub(crate) fn body(code: ErrorCode) -> ErrorBody {
    ErrorBody::new(code, sentence(code))
}

const fn sentence(code: ErrorCode) -> &'static str {
    match code {
        ErrorCode::BadRequest => "The request is not of the documented form.",
        ErrorCode::TooLarge => "This is too large.",
        ErrorCode::Unauthorized => "Sign in first.",
        ErrorCode::SessionRevoked => "This session has ended. Sign in again.",
        ErrorCode::Forbidden => "You may not do this.",
        ErrorCode::NotFound => "There is no such thing.",
        ErrorCode::NameInvalid => "This is not a valid name.",
        ErrorCode::NameTaken => "Someone has this name, or one that looks like it.",
        ErrorCode::WrongCredentials => "Name and password do not fit together.",
        ErrorCode::InvitationRequired => "This server takes new people by invitation only.",
        ErrorCode::InvitationInvalid => "This invitation is wrong, used or expired.",
        ErrorCode::RegistrationClosed => "This server takes no new people.",
        ErrorCode::SetupTokenInvalid => {
            "This is not the set-up token that the server printed, or it was used."
        }
        ErrorCode::RateLimited => "Too fast. Wait a moment.",
        ErrorCode::EpochStale => "The conversation has moved on.",
        ErrorCode::ConversationExists => "You have a conversation with this person already.",
        ErrorCode::CounterConflict => "This counter was used before, or leaves a gap.",
        ErrorCode::CommitInvalid => "This change to the conversation breaks a rule.",
        ErrorCode::GroupInfoInvalid => "The group information does not belong to the change.",
        ErrorCode::WelcomeInvalid => "The welcome does not cover exactly the added devices.",
        ErrorCode::MessageInvalid => "This is not an encrypted message of the conversation.",
        ErrorCode::KeyPackageInvalid => "This key package cannot be used.",
        ErrorCode::CertificateInvalid => "This device certificate is not valid.",
        ErrorCode::NoDevice => "This person has no device that can be added.",
        ErrorCode::LimitReached => "There are too many of these.",
        ErrorCode::ReadOnly => "Your role does not let you write here.",
        ErrorCode::RoomLocked => "This room is locked: nobody comes in.",
        ErrorCode::RoomFull => "This room is full.",
        ErrorCode::KnockRequired => "Somebody inside has to let you in: knock.",
        ErrorCode::LinkReplaced => "This link was replaced by another.",
        ErrorCode::RoomClosed => "This room has ended.",
        ErrorCode::Banned => "You were put out of this room for good.",
        ErrorCode::JoinQueued => "Others are coming in. Wait a moment.",
        ErrorCode::ProofRequired => "Many people are arriving. Some work is needed first.",
        ErrorCode::GuestsRefused => "This server takes no guests: an account is needed.",
        ErrorCode::VersionUnsupported => "Client and server speak different versions.",
        ErrorCode::OriginRefused => "The request comes from another site.",
        ErrorCode::Unavailable => "The server cannot store anything at the moment. Nothing was changed.",
        ErrorCode::Internal => "The server made a mistake. Nothing was changed.",
    }
}

/// A JSON body, as request or as answer.
#[derive(Debug, Clone, Copy)]
pub struct Json<T>(pub T);

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let media_type = request
            .headers()
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok());
        if !media_type.is_some_and(is_json) {
            return Err(ApiError::new(
                ErrorCode::BadRequest,
                "The body must be application/json.",
            ));
        }
        let bytes = Bytes::from_request(request, state)
            .await
            .map_err(|rejection| too_large(&rejection))?;
        parse_json(&bytes).map(Self)
    }
}

fn is_json(media_type: &str) -> bool {
    media_type
        .split(';')
        .next()
        .is_some_and(|essence| essence.trim().eq_ignore_ascii_case("application/json"))
}

/// A body that was not taken.
pub(crate) fn too_large(rejection: &BytesRejection) -> ApiError {
    if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
        ApiError::of(ErrorCode::TooLarge)
    } else {
        ApiError::new(ErrorCode::BadRequest, "The body ended early.")
    }
}

fn parse_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    serde_json::from_slice(bytes).map_err(|error| {
        if let Some(words) = name_problem(bytes) {
            return ApiError::Refused(ErrorBody::new(ErrorCode::NameInvalid, words));
        }
        tracing::debug!(
            line = error.line(),
            column = error.column(),
            "a body could not be read"
        );
        ApiError::of(ErrorCode::BadRequest)
    })
}

/// If the body's `name` is what is wrong with it: the words to show beside the field.
fn name_problem(bytes: &[u8]) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Named {
        name: String,
    }
    let Named { name } = serde_json::from_slice(bytes).ok()?;
    name.parse::<UserName>().err().map(|problem| problem.to_string())
}

/// The query of an address.
#[derive(Debug, Clone, Copy)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        match axum::extract::Query::from_request_parts(parts, state).await {
            Ok(axum::extract::Query(query)) => Ok(Self(query)),
            Err(_) => Err(ApiError::of(ErrorCode::BadRequest)),
        }
    }
}

/// The variable parts of an address. What is not of the documented form does not exist.
#[derive(Debug, Clone, Copy)]
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        match axum::extract::Path::from_request_parts(parts, state).await {
            Ok(axum::extract::Path(path)) => Ok(Self(path)),
            Err(_) => Err(ApiError::of(ErrorCode::NotFound)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use undertone_wire::account::StartRegistrationRequest;

    #[test]
    fn the_status_is_the_codes_and_waiting_is_said_twice() {
        let response = ApiError::rate_limited(Duration::from_millis(1_200)).into_response();
        assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(response.headers()[header::RETRY_AFTER], "2");
        for code in ErrorCode::ALL {
            assert_eq!(
                ApiError::of(*code).into_response().status().as_u16(),
                code.status()
            );
        }
    }

    #[test]
    fn causes_are_not_sent() {
        let error = ApiError::internal("the secret reason");
        let body = serde_json::to_string(&error.into_body()).unwrap();
        assert!(!body.contains("secret"));
    }

    #[test]
    fn a_wrong_name_is_told_from_a_wrong_body() {
        let code = |text: &str| match parse_json::<StartRegistrationRequest>(text.as_bytes()) {
            Ok(_) => None,
            Err(error) => Some(error.into_body()),
        };
        let refused = code(r#"{"name":"a@b","request":""}"#).unwrap();
        assert_eq!(refused.code, ErrorCode::NameInvalid);
        assert_eq!(
            refused.message,
            "a name has only letters, digits and single . - _ between them"
        );
        assert_eq!(
            code(r#"{"name":"ada","request":"%"}"#).unwrap().code,
            ErrorCode::BadRequest
        );
        assert_eq!(
            code(r#"{"name":"ada","request":""#).unwrap().code,
            ErrorCode::BadRequest
        );
        assert!(code(r#"{"name":"ada","request":""}"#).is_none());
    }
}
