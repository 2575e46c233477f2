//! Errors as they leave the core: a stable code for programs and a sentence for people. What the
//! server refused keeps the server's code.

use crate::account::AccountError;
use crate::conversation::RoomCodeError;
use crate::file::FileError;
use crate::json::JsonError;
use crate::people::InvalidProfile;
use crate::store::StoreError;
use crate::store::message::Failure;
use crate::testing::Killed;
use crate::transport::TransportError;
use crate::transport::api::ApiError;
use undertone_mls::{GroupError, KeyPackageError};
use undertone_wire::codec::{DecodeError, EncodeError};
use undertone_wire::{ErrorBody, ErrorCode, UserName};

/// Why something could not be done.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Nobody is signed in on this device.
    #[error("you are not signed in on this device")]
    SignedOut,
    /// The server ended the session.
    #[error("your session on this device was ended; sign in again")]
    SessionRevoked,
    /// The guest who was signed in has ended.
    #[error("your time as a guest is over; nothing of it is left on this device")]
    GuestEnded,
    /// The text of a message is empty.
    #[error("a message needs some text")]
    EmptyMessage,
    /// The text of a message is longer than 64 KiB.
    #[error("this message is too long to be sent in one piece")]
    MessageTooLong,
    /// A reaction is no emoji.
    #[error("a reaction is one emoji")]
    NoEmoji,
    /// There are as many reactions or pins already as there may be.
    #[error("there are as many here already as there can be")]
    TooMany,
    /// A timer would end before anybody could read.
    #[error("a message stays for at least 5 seconds")]
    TimerTooShort,
    /// There is no such conversation on this device.
    #[error("there is no such conversation on this device")]
    UnknownConversation,
    /// There is no such message on this device.
    #[error("there is no such message on this device")]
    UnknownMessage,
    /// There is no such person on this server.
    #[error("there is nobody of that name on this server")]
    UnknownPerson,
    /// A conversation with oneself.
    #[error("a conversation needs another person")]
    OwnPerson,
    /// The other person has no device that can be added.
    #[error("this person has no device that can be reached yet")]
    NoDevice,
    /// An entry of its log could not be processed, or this device was removed.
    #[error("nothing more can be sent in this conversation; what you have read stays")]
    ConversationBlocked,
    /// Someone's identity key is not the one that was pinned.
    #[error("the identity of {name} has changed; nothing was sent")]
    KeyChanged {
        /// Whose.
        name: UserName,
    },
    /// The server gave a key package of somebody else, or one that is not to be believed.
    #[error("the server answered with keys of somebody else; nothing was sent")]
    ForeignKeys,
    /// The server shows another group than the one that this device knew, or nobody vouches for it.
    #[error("the server shows a group that nobody whom you know vouches for; it was not joined")]
    ForeignGroup,
    /// A message was not sent.
    #[error("{}", .0.message)]
    NotSent(Failure),
    /// A change of a conversation was not made.
    #[error("{}", .0.message)]
    NotDone(Failure),
    /// The user's role does not let them do this.
    #[error("you cannot do this here")]
    NotAllowed,
    /// A title, topic, picture, timer or history setting is beyond its limits.
    #[error("this title, topic, picture or timer cannot be used")]
    StateInvalid,
    /// A text is not the link or code of a room.
    #[error(transparent)]
    RoomCode(#[from] RoomCodeError),
    /// This device does not have the current link of the room.
    #[error("this device does not know the room's present link; ask for it")]
    LinkNeeded,
    /// A profile is beyond its limits.
    #[error(transparent)]
    Profile(#[from] InvalidProfile),
    /// A conversation is no request.
    #[error("this conversation is no request")]
    NoRequest,
    /// Quiet hours begin and end at different minutes of a day.
    #[error("quiet hours begin and end at different times of the day")]
    QuietHoursInvalid,
    /// Nobody with that device stands at the door.
    #[error("nobody with this device is waiting at the door any more")]
    NobodyKnocks,
    /// A file cannot be sent, read or saved.
    #[error(transparent)]
    File(#[from] FileError),
    /// Something did not happen in time.
    #[error("the server did not answer in time; it will be tried again")]
    TimedOut,
    /// The client was stopped while something waited for it.
    #[error("the client was stopped")]
    Stopped,
    /// The server said something that it must not say.
    #[error("the server does not follow the protocol")]
    Protocol(#[source] Option<DecodeError>),
    /// The server closed the connection, and said why.
    #[error("{}", .0.message)]
    Disconnected(#[source] ErrorBody),
    /// The server did not do what was asked, or was not reached.
    #[error(transparent)]
    Api(#[from] ApiError),
    /// The network failed.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// Registration, login or vault.
    #[error("{0}")]
    Account(#[source] AccountError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A group could not do what was asked.
    #[error("the conversation's keys could not be used")]
    Group(#[from] GroupError),
    /// A key package could not be used.
    #[error("a device's keys could not be used")]
    KeyPackage(#[from] KeyPackageError),
    /// Something could not be written as CBOR.
    #[error("a message could not be encoded")]
    Encode(#[from] EncodeError),
    /// A message could not be written as JSON: a mistake of this program.
    #[error("a message could not be written down")]
    Export(#[source] JsonError),
    /// Something that this device wrote could not be read.
    #[error("something stored on this device could not be read")]
    Decode(#[from] DecodeError),
}

impl ClientError {
    /// The stable word that programs may rely on.
    pub fn code(&self) -> &str {
        match self {
            Self::SignedOut => "signed_out",
            Self::SessionRevoked => ErrorCode::SessionRevoked.as_str(),
            Self::GuestEnded => "guest_ended",
            Self::EmptyMessage => "empty_message",
            Self::MessageTooLong => "message_too_long",
            Self::TooMany => ErrorCode::LimitReached.as_str(),
            Self::TimerTooShort => "timer_too_short",
            Self::UnknownConversation => "unknown_conversation",
            Self::UnknownMessage => "unknown_message",
            Self::UnknownPerson => "unknown_person",
            Self::OwnPerson => "own_person",
            Self::NoDevice => ErrorCode::NoDevice.as_str(),
            Self::ConversationBlocked => "conversation_blocked",
            Self::KeyChanged { .. } => "key_changed",
            Self::ForeignKeys => "foreign_keys",
            Self::ForeignGroup => "foreign_group",
            Self::NotSent(failure) | Self::NotDone(failure) => &failure.code,
            Self::NotAllowed => ErrorCode::Forbidden.as_str(),
            Self::StateInvalid | Self::NoEmoji | Self::QuietHoursInvalid => ErrorCode::BadRequest.as_str(),
            Self::RoomCode(_) => "link_malformed",
            Self::LinkNeeded => "link_needed",
            Self::Profile(why) => why.code(),
            Self::NoRequest => "no_request",
            Self::NobodyKnocks => ErrorCode::NotFound.as_str(),
            Self::File(error) => error.code(),
            Self::TimedOut => "timed_out",
            Self::Stopped => "stopped",
            Self::Protocol(_) => "protocol",
            Self::Disconnected(body) => body.code.as_str(),
            Self::Api(error) => api_code(error),
            Self::Transport(error) => error.code(),
            Self::Account(error) => error.code().unwrap_or(ErrorCode::Internal.as_str()),
            Self::Store(error) => store_code(error),
            Self::Group(_) => "group",
            Self::KeyPackage(_) => ErrorCode::KeyPackageInvalid.as_str(),
            Self::Encode(_) | Self::Decode(_) | Self::Export(_) => "codec",
        }
    }

    /// A sentence for people.
    pub fn message(&self) -> String {
        self.to_string()
    }

    /// How long the server asked to wait.
    pub fn retry_after_ms(&self) -> Option<u64> {
        match self {
            Self::Disconnected(body) | Self::Api(ApiError::Refused(body)) => body.retry_after_ms,
            _ => None,
        }
    }

    /// Whether the store failed: then a step was undone, and may succeed later.
    pub(crate) const fn is_of_store(&self) -> bool {
        matches!(self, Self::Store(_))
    }

    /// Whether nobody is signed in any more.
    pub(crate) const fn ends_session(&self) -> bool {
        matches!(self, Self::SignedOut | Self::SessionRevoked | Self::GuestEnded)
    }

    /// Whether a test ended the client.
    pub(crate) const fn is_killed(&self) -> bool {
        matches!(self, Self::Store(StoreError::Killed(_)))
    }
}

impl From<Killed> for ClientError {
    fn from(killed: Killed) -> Self {
        Self::Store(killed.into())
    }
}

impl From<AccountError> for ClientError {
    fn from(error: AccountError) -> Self {
        match error {
            AccountError::SignedOut => Self::SignedOut,
            AccountError::SessionEnded => Self::SessionRevoked,
            AccountError::GuestEnded => Self::GuestEnded,
            AccountError::Api(error) => Self::Api(error),
            AccountError::Store(error) => Self::Store(error),
            error => Self::Account(error),
        }
    }
}

fn api_code(error: &ApiError) -> &'static str {
    match error {
        ApiError::Transport(error) => error.code(),
        error => error.code().map_or("unreachable", ErrorCode::as_str),
    }
}

const fn store_code(error: &StoreError) -> &'static str {
    match error {
        StoreError::WrongKey(_) => "store_wrong_key",
        StoreError::InUse(_) => "profile_in_use",
        StoreError::Full(_) | StoreError::NoRoom(_) => "disk_full",
        StoreError::TooNew { .. } => "store_too_new",
        StoreError::NoSalt
        | StoreError::File(_)
        | StoreError::BadRow { .. }
        | StoreError::Database(_)
        | StoreError::Killed(_) => "store",
    }
}
