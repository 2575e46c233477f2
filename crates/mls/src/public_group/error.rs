//! Why the server refuses a group, a commit or a proposal.

use crate::commit::CommitRefused;
use crate::member::LeafError;
use crate::storage::{SnapshotError, StorageError};
use openmls::prelude::{CreationFromExternalError, PublicProcessMessageError};
use undertone_wire::{ErrorCode, codec};

/// Why a group or a commit is refused.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// A part is larger than its limit.
    #[error("larger than the limit")]
    TooLarge,
    /// A part is not what it should be.
    #[error("malformed")]
    Malformed(#[source] tls_codec::Error),
    /// The MLS message is of another kind than it should be.
    #[error("not an MLS message of the right kind")]
    Kind,
    /// It is for another conversation.
    #[error("for another conversation")]
    Conversation,
    /// The group is not of our suite, or has no profile of ours.
    #[error("not a group of this protocol version")]
    Profile,
    /// The founding is not one: more than the creator's leaf, or not epoch 0.
    #[error("a group begins with its creator alone")]
    Founding,
    /// It is for another epoch than the current one.
    #[error("for epoch {sent}, the group is in epoch {current}")]
    EpochStale {
        /// The epoch it was made for.
        sent: u64,
        /// The group's.
        current: u64,
    },
    /// `GroupInfo` and tree do not fit together.
    #[error("the GroupInfo does not fit the tree")]
    External(#[source] CreationFromExternalError<StorageError>),
    /// The commit is not valid MLS.
    #[error("the commit is not valid")]
    Process(#[source] PublicProcessMessageError),
    /// It was signed by another device than the one that sent it.
    #[error("committed by another device than the sender")]
    Sender,
    /// Its authenticated data is not ours.
    #[error("the commit's authenticated data is malformed")]
    AuthenticatedData(#[source] codec::DecodeError),
    /// A leaf is not certified.
    #[error(transparent)]
    Leaf(#[from] LeafError),
    /// It is not allowed.
    #[error(transparent)]
    Refused(#[from] CommitRefused),
    /// The `GroupInfo` is not the committer's for the new epoch.
    #[error("the GroupInfo does not belong to the commit")]
    GroupInfo,
    /// The device asked to be let go already.
    #[error("asked already in this epoch")]
    Repeated,
    /// The Welcome does not cover exactly the added devices.
    #[error("the Welcome does not cover exactly the added devices")]
    Welcome,
    /// The stored state cannot be read: a mistake of the server.
    #[error("the stored state is damaged")]
    State(#[from] SnapshotError),
    /// The same, within OpenMLS.
    #[error("the stored state is damaged")]
    Storage(#[from] StorageError),
    /// OpenMLS could not merge: a mistake of the server.
    #[error("the commit could not be merged")]
    Merge(#[source] openmls::prelude::MergeCommitError<StorageError>),
    /// OpenMLS failed where it must not.
    #[error("the group state is missing")]
    StateMissing,
}

impl CommitError {
    /// The code under which it leaves the server.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::TooLarge => ErrorCode::TooLarge,
            Self::EpochStale { .. } => ErrorCode::EpochStale,
            Self::GroupInfo | Self::External(_) => ErrorCode::GroupInfoInvalid,
            Self::Welcome => ErrorCode::WelcomeInvalid,
            Self::Malformed(_)
            | Self::Kind
            | Self::Conversation
            | Self::Profile
            | Self::Founding
            | Self::Process(_)
            | Self::Sender
            | Self::AuthenticatedData(_)
            | Self::Leaf(_)
            | Self::Repeated => ErrorCode::CommitInvalid,
            Self::Refused(refused) => refused.code(),
            Self::State(_) | Self::Storage(_) | Self::Merge(_) | Self::StateMissing => ErrorCode::Internal,
        }
    }
}
