//! Errors as they leave the server: a stable code, words for people, and what to do next.

use crate::ConversationId;
use crate::guest::ProofChallenge;
use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! error_codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal, $status:literal;)*) => {
        /// What went wrong, as a stable word that programs may rely on.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        #[serde(rename_all = "snake_case")]
        pub enum ErrorCode { $($(#[$doc])* $name,)* }

        impl ErrorCode {
            /// All codes, in the order of the documentation.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The word that stands in JSON.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// The HTTP status that goes with it.
            pub const fn status(self) -> u16 {
                match self { $(Self::$name => $status,)* }
            }
        }
    };
}

error_codes! {
    /// The request is not of the documented form: malformed, truncated, or out of the documented range.
    BadRequest = "bad_request", 400;
    /// Larger than a limit of [`crate::limits`].
    TooLarge = "too_large", 413;
    /// No valid access token, or it has expired: refresh and try again.
    Unauthorized = "unauthorized", 401;
    /// The session was revoked: log in again.
    SessionRevoked = "session_revoked", 401;
    /// The caller may not do this.
    Forbidden = "forbidden", 403;
    /// There is no such thing, or the caller may not know whether there is.
    NotFound = "not_found", 404;
    /// The user name is not a valid one.
    NameInvalid = "name_invalid", 400;
    /// Someone has that name, or one that looks like it.
    NameTaken = "name_taken", 409;
    /// The name and the password do not fit together, or there is no such name.
    WrongCredentials = "wrong_credentials", 401;
    /// The server takes new accounts by invitation only.
    InvitationRequired = "invitation_required", 403;
    /// The invitation is wrong, used or expired.
    InvitationInvalid = "invitation_invalid", 403;
    /// The server takes no new accounts.
    RegistrationClosed = "registration_closed", 403;
    /// The set-up token is wrong, or the server is set up already.
    SetupTokenInvalid = "setup_token_invalid", 403;
    /// Too fast: try again after `retry_after_ms`.
    RateLimited = "rate_limited", 429;
    /// The group has moved to a later epoch: read the log, encrypt again, send again.
    EpochStale = "epoch_stale", 409;
    /// These two people have a conversation already: `conversation` names it.
    ConversationExists = "conversation_exists", 409;
    /// The counter was used before for something else, or leaves a gap.
    CounterConflict = "counter_conflict", 409;
    /// The commit breaks a rule, or does not fit the group.
    CommitInvalid = "commit_invalid", 422;
    /// The `GroupInfo` does not belong to the commit.
    GroupInfoInvalid = "group_info_invalid", 422;
    /// The Welcome does not cover exactly the devices that the commit adds.
    WelcomeInvalid = "welcome_invalid", 422;
    /// The message is not an encrypted message of this group.
    MessageInvalid = "message_invalid", 422;
    /// A key package is malformed, expired, of another suite, or not of this device.
    KeyPackageInvalid = "key_package_invalid", 422;
    /// The certificate is malformed, not signed by the user's identity key, or of another device.
    CertificateInvalid = "certificate_invalid", 422;
    /// The user has no device that can be added to a conversation.
    NoDevice = "no_device", 409;
    /// Too many of something: devices, members, connections.
    LimitReached = "limit_reached", 409;
    /// The caller's role does not let them write here.
    ReadOnly = "read_only", 403;
    /// The room is locked: nobody comes in.
    RoomLocked = "room_locked", 403;
    /// The room is full.
    RoomFull = "room_full", 409;
    /// Coming in needs somebody inside who opens: knock.
    KnockRequired = "knock_required", 403;
    /// The link was right once and has been replaced.
    LinkReplaced = "link_replaced", 410;
    /// The room has ended.
    RoomClosed = "room_closed", 410;
    /// Who was banned from a room does not come back.
    Banned = "banned", 403;
    /// Others are coming in: try again after `retry_after_ms`.
    JoinQueued = "join_queued", 429;
    /// The server is under load: solve `proof` and send again.
    ProofRequired = "proof_required", 428;
    /// The server takes no guests.
    GuestsRefused = "guests_refused", 403;
    /// Client and server speak different versions of the protocol.
    VersionUnsupported = "version_unsupported", 426;
    /// The request comes from a page of another origin.
    OriginRefused = "origin_refused", 403;
    /// The database does not answer or the disk is full. Nothing was stored; try again.
    Unavailable = "unavailable", 503;
    /// A mistake of the server. Nothing was stored.
    Internal = "internal", 500;
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An error as it travels: in HTTP answers under the key `error`, in WebSocket frames as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ErrorBody {
    /// The stable code.
    pub code: ErrorCode,
    /// A sentence for people.
    pub message: String,
    /// With `rate_limited` and `join_queued`, and with `epoch_stale` for a commit: milliseconds to wait.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
    /// With `conversation_exists`: the conversation that exists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversation: Option<ConversationId>,
    /// With `proof_required`: what to solve.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proof: Option<ProofChallenge>,
}

impl ErrorBody {
    /// An error without particulars.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            retry_after_ms: None,
            conversation: None,
            proof: None,
        }
    }
}

impl fmt::Display for ErrorBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.message, self.code)
    }
}

impl std::error::Error for ErrorBody {}

/// The JSON body of every HTTP answer that is not a success.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ErrorResponse {
    /// What went wrong.
    pub error: ErrorBody,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_spelt_in_json_as_documented() {
        for code in ErrorCode::ALL {
            assert_eq!(serde_json::to_string(code).unwrap(), format!("\"{code}\""));
            assert!((400..600).contains(&code.status()));
        }
    }

    #[test]
    fn every_code_is_documented_with_its_status() {
        let document = include_str!("../../../docs/protocol.md");
        for code in ErrorCode::ALL {
            let row = format!("| `{code}` | {} |", code.status());
            assert!(document.contains(&row), "docs/protocol.md has no row {row}");
        }
    }
}
