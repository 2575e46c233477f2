//! What travels between client and server: ids, requests, events, errors, limits and the codec.
//!
//! It is not a place for I/O, async or cryptography, and it knows no database. Nothing is sent
//! that is not a type of this crate: JSON on HTTP (for people and scripts), CBOR on the WebSocket.
//!
//! # Layout
//! - [`id`], [`number`], [`bytes`], [`timestamp`], [`text`]: the small parsed types
//! - [`account`], [`session`], [`recovery`], [`device`], [`key_package`], [`server_info`]: requests over HTTP
//! - [`guest`], [`room`]: people without an account, and rooms by link
//! - [`blob`], [`push`]: sealed files, and how devices are woken
//! - [`conversation`], [`message`], [`stream`], [`signal`]: the conversation log and the WebSocket
//! - [`group`]: what stands in the GroupContext: roles and terms
//! - [`content`]: what is inside an encrypted message; the server never sees it
//! - [`error`], [`limits`], [`codec`], [`alphabet`]

pub mod account;
pub mod alphabet;
pub mod blob;
pub mod bytes;
pub mod codec;
pub mod content;
pub mod conversation;
pub mod device;
pub mod error;
pub mod group;
pub mod guest;
pub mod id;
pub mod key_package;
pub mod limits;
pub mod message;
pub mod number;
pub mod push;
pub mod recovery;
pub mod room;
pub mod server_info;
pub mod session;
pub mod signal;
pub mod stream;
pub mod text;
pub mod timestamp;

pub use bytes::Bytes;
pub use error::{ErrorBody, ErrorCode};
pub use id::{BlobId, ConversationId, DeviceId, IdentityHash, LoginId, MessageId, RoomId, UserId};
pub use number::{Counter, Epoch, Sequence};
pub use text::UserName;
pub use timestamp::Timestamp;

/// The version of the protocol that both sides must speak. It travels in the first WebSocket frame
/// and in the GroupContext of every group, so that groups can be re-initialised under a later one.
pub const PROTOCOL_VERSION: u16 = 1;
