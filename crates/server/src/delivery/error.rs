//! Why a send, a commit or a new conversation was refused.

use crate::error::ApiError;
use crate::store::StoreError;
use crate::store::conversation::Refusal;
use std::time::Duration;
use undertone_mls::{CommitError, MessageError};
use undertone_wire::{ConversationId, ErrorBody, ErrorCode};

/// It was refused, and nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum DeliveryError {
    /// By the rules of the log.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The message is not one of this group.
    #[error(transparent)]
    Message(#[from] MessageError),
    /// The message was made for another conversation or epoch than the request says.
    #[error("the message is for another conversation or epoch than the request")]
    Mislabelled,
    /// The commit, or what came with it, is not valid.
    #[error(transparent)]
    Commit(#[from] CommitError),
    /// The time after which the server is to forget the message is too short.
    #[error("the message would expire at once")]
    Expiry,
    /// A room's link came without a new rotation, or a new rotation without a link, or it is no link.
    #[error("the room's link and its rotation do not go together")]
    Rotation,
    /// Guests are for rooms.
    #[error("guests come into rooms only")]
    Guest,
    /// Commits follow each other too fast.
    #[error("commits follow each other too fast: wait {0:?}")]
    Paced(Duration),
    /// Another commit was first.
    #[error("another commit was first: the next one in {0:?}")]
    Overtaken(Duration),
    /// Another device is coming in.
    #[error("it is another device's turn to join: wait {0:?}")]
    Queued(Duration),
    /// The door is closed to the caller.
    #[error("the door is closed to the caller")]
    Door(ErrorCode),
    /// The group is for others than the two people, or of another kind.
    #[error("the group is not one of these two people")]
    Membership,
    /// A leaf has another certificate than the one that is registered for its device.
    #[error("a device is not the one that is registered")]
    Certificate,
    /// A device that could be added is left out, or one is there twice.
    #[error("the devices are not all that the people have, once each")]
    Devices,
    /// The other person has no device that can be added.
    #[error("the other person has no device that can be added")]
    NoDevice,
    /// There is no such person.
    #[error("there is no such person")]
    NoPerson,
    /// The two people have this conversation already.
    #[error("the two people have a conversation")]
    Exists(ConversationId),
    /// Another conversation has this id.
    #[error("the id is taken")]
    IdTaken,
    /// Larger than a limit.
    #[error("larger than the limit")]
    TooLarge,
    /// The library that checks outside bytes panicked on these.
    #[error("the check panicked")]
    Panicked,
    /// The database failed.
    #[error("the database failed")]
    Store(#[from] StoreError),
    /// The database failed for the whole batch; the cause is logged there.
    #[error("the batch was not stored")]
    NotStored(ErrorCode),
}

impl DeliveryError {
    const fn code(&self) -> Option<ErrorCode> {
        Some(match self {
            Self::Refused(Refusal::SlowMode(_))
            | Self::Paced(_)
            | Self::Overtaken(_)
            | Self::Queued(_)
            | Self::Commit(_)
            | Self::Exists(_)
            | Self::Store(_) => return None,
            Self::Refused(refusal) => refusal.code(),
            Self::Message(MessageError::TooLarge) | Self::TooLarge => ErrorCode::TooLarge,
            Self::Message(_) | Self::Mislabelled => ErrorCode::MessageInvalid,
            Self::Membership | Self::Devices | Self::Rotation | Self::Panicked => ErrorCode::CommitInvalid,
            Self::Certificate => ErrorCode::CertificateInvalid,
            Self::Guest => ErrorCode::Forbidden,
            Self::NoDevice => ErrorCode::NoDevice,
            Self::NoPerson => ErrorCode::NotFound,
            Self::Expiry | Self::IdTaken => ErrorCode::BadRequest,
            Self::Door(code) | Self::NotStored(code) => *code,
        })
    }

    /// What the client is told.
    pub fn into_body(self) -> ErrorBody {
        ApiError::from(self).into_body()
    }
}

impl From<DeliveryError> for ApiError {
    fn from(error: DeliveryError) -> Self {
        if let Some(code) = error.code() {
            return Self::of(code);
        }
        match error {
            DeliveryError::Refused(Refusal::SlowMode(wait)) | DeliveryError::Paced(wait) => {
                Self::rate_limited(wait)
            }
            DeliveryError::Overtaken(wait) => Self::waiting(ErrorCode::EpochStale, wait),
            DeliveryError::Queued(wait) => Self::waiting(ErrorCode::JoinQueued, wait),
            DeliveryError::Exists(conversation) => Self::conversation_exists(conversation),
            DeliveryError::Store(error) => Self::Store(error),
            DeliveryError::Commit(error) if error.code() == ErrorCode::Internal => Self::internal(error),
            DeliveryError::Commit(error) => Self::of(error.code()),
            other => Self::internal(other),
        }
    }
}
