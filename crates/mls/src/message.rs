//! What the server reads of an encrypted message: its header and authenticated data.

use openmls::prelude::tls_codec::Deserialize as _;
use openmls::prelude::{ContentType, MlsMessageBodyIn, MlsMessageIn};
use undertone_wire::limits::MESSAGE_BYTES_MAX;
use undertone_wire::message::MessageAuthenticatedData;
use undertone_wire::{ConversationId, Epoch, PROTOCOL_VERSION, codec};

/// The clear part of an MLS `PrivateMessage` (RFC 9420 section 6.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MessageHeader {
    /// The group id.
    pub conversation: ConversationId,
    /// The epoch under which it is encrypted.
    pub epoch: Epoch,
    /// From the authenticated data.
    pub franking_tag: [u8; 32],
}

/// Bytes are not an application message of ours.
#[derive(Debug, thiserror::Error)]
pub enum MessageError {
    /// Longer than [`MESSAGE_BYTES_MAX`].
    #[error("the message is too large")]
    TooLarge,
    /// Not an MLS message.
    #[error("the message is malformed")]
    Malformed(#[source] tls_codec::Error),
    /// An MLS message of another kind than an encrypted application message.
    #[error("the message is not an encrypted application message")]
    Kind,
    /// The group id is not one of ours.
    #[error("the group id is not a conversation")]
    GroupId,
    /// The authenticated data is not ours.
    #[error("the authenticated data is malformed")]
    AuthenticatedData(#[source] codec::DecodeError),
    /// The authenticated data is of another protocol version, or its tag of another length.
    #[error("the authenticated data is of another version")]
    Version,
}

/// Reads the header of an encrypted application message.
pub fn message_header(message: &[u8]) -> Result<MessageHeader, MessageError> {
    if message.len() > MESSAGE_BYTES_MAX {
        return Err(MessageError::TooLarge);
    }
    let parsed = MlsMessageIn::tls_deserialize_exact(message).map_err(MessageError::Malformed)?;
    let MlsMessageBodyIn::PrivateMessage(private) = parsed.extract() else {
        return Err(MessageError::Kind);
    };
    if private.content_type() != ContentType::Application {
        return Err(MessageError::Kind);
    }
    let conversation =
        ConversationId::try_from(private.group_id().as_slice()).map_err(|_| MessageError::GroupId)?;
    Ok(MessageHeader {
        conversation,
        epoch: Epoch(private.epoch().as_u64()),
        franking_tag: read_authenticated_data(private.aad())?,
    })
}

/// Reads the franking tag out of a message's authenticated data.
pub(crate) fn read_authenticated_data(bytes: &[u8]) -> Result<[u8; 32], MessageError> {
    let data: MessageAuthenticatedData = codec::from_cbor(bytes).map_err(MessageError::AuthenticatedData)?;
    if data.version != PROTOCOL_VERSION {
        return Err(MessageError::Version);
    }
    data.franking_tag
        .as_slice()
        .try_into()
        .map_err(|_| MessageError::Version)
}
