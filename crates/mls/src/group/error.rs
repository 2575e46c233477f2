//! Why an operation on a group failed.

use crate::commit::CommitRefused;
use crate::key_package::KeyPackageError;
use crate::member::LeafError;
use crate::message::MessageError;
use undertone_wire::codec;

/// Why an operation on a group failed. The group is unchanged, unless the store failed.
#[derive(Debug, thiserror::Error)]
pub enum GroupError {
    /// Bytes are not an MLS message.
    #[error("the message is malformed")]
    Malformed(#[source] tls_codec::Error),
    /// An MLS message of another kind than expected.
    #[error("an MLS message of another kind")]
    Kind,
    /// It is for another conversation.
    #[error("for another conversation")]
    Conversation,
    /// Not a group of this protocol version.
    #[error("not a group of this protocol version")]
    Profile,
    /// A leaf is not certified.
    #[error(transparent)]
    Leaf(#[from] LeafError),
    /// A commit is not allowed.
    #[error(transparent)]
    Refused(#[from] CommitRefused),
    /// A key package cannot be used.
    #[error(transparent)]
    KeyPackage(#[from] KeyPackageError),
    /// The authenticated data is not ours.
    #[error(transparent)]
    AuthenticatedData(#[from] MessageError),
    /// The authenticated data of a commit is not ours.
    #[error("the commit's authenticated data is malformed")]
    CommitData(#[source] codec::DecodeError),
    /// Something could not be written as CBOR.
    #[error("cannot be encoded")]
    Encode(#[from] codec::EncodeError),
    /// There is no commit of ours to merge.
    #[error("there is no pending commit")]
    NoPendingCommit,
    /// OpenMLS refused, or its store failed.
    #[error("{operation} failed")]
    Mls {
        /// What was tried.
        operation: &'static str,
        /// Why it failed.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

pub(super) fn failed<E: std::error::Error + Send + Sync + 'static>(
    operation: &'static str,
) -> impl FnOnce(E) -> GroupError {
    move |source| GroupError::Mls {
        operation,
        source: Box::new(source),
    }
}
